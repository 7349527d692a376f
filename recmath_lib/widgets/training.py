"""The widget that every trainer shares: slide through the steps of a training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import ipywidgets  # type: ignore[import-untyped]

from recmath_lib.plots.training import Curves, checked_step, curves_of, number, training_scene
from recmath_lib.widgets.panel import Panel, prediction_told, value_table


def training_curves(
    curves: Mapping[str, Sequence[float]],
    *,
    step: int | None = None,
    label: str = "RMSE, stars",
    watched: str | None = None,
    unit: str = "step",
    first: int = 0,
    widget_id: str = "01.w2",
) -> Panel:
    """Slide through the steps of a training: the values there, and where the watched curve is lowest.

    Args:
        curves: values by step, under the curve's name: one to six curves of equal length, two steps or more.
        step: where the marker stands to begin with; None for the last step.
        label: what is measured, with its unit.
        watched: the curve whose lowest point the title tells; None for the last one.
        unit: what a step is called, "epoch" or "sweep".
        first: number of the first step: 0 where the start is measured too, as `sgd_epochs` does, else 1.
        widget_id: the prediction that the caption repeats.

    Raises:
        ValueError: no curve, more than six, unequal lengths, a value that is not finite, or a step, a first or a
            watched curve that does not exist.
    """
    measured = curves_of(curves, label=label, watched=watched, unit=unit, first=first)
    start, states = checked_step(measured, step), range(measured.first, measured.last + 1)
    panel = Panel(training_scene(measured), start, partial(_values_caption, measured, widget_id), lambda: states)
    layout = ipywidgets.Layout(width="560px")
    ends = {"min": measured.first, "max": measured.last}
    slider = ipywidgets.IntSlider(start, description=unit.capitalize(), layout=layout, **ends)
    panel.add("step", slider, lambda _, chosen: chosen)
    return panel


def _values_caption(curves: Curves, widget_id: str, step: int) -> str:
    here, best = curves.at(step), curves.at(curves.best)
    rows = [
        (f"{curves.unit} {step}", [number(value) for value in here.values()]),
        (f"{curves.unit} {curves.best}, lowest {curves.watched}", [number(value) for value in best.values()]),
        ("difference", [_signed(here[name] - best[name]) for name in here]),
    ]
    return prediction_told(widget_id) + value_table(list(here), rows)


def _signed(change: float) -> str:
    return f"+{number(change)}" if change >= 0 else number(change).replace("-", "−")
