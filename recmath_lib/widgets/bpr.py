"""The widgets of lesson 05: one triple in the plane, and the epochs of a ranking model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import product

import ipywidgets  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import ArrayLike

from recmath_lib.plots.bpr import Gradient, Starts, Triple, Triples, learning_rate, signed, triple_scene
from recmath_lib.plots.epochs import Epochs, epochs_of, epochs_scene
from recmath_lib.plots.training import checked_step, number
from recmath_lib.widgets.panel import Panel, prediction_told, value_table

# ---- one triple ------------------------------------------------------------------------------------------------------

RATES = (0.05, 0.1, 0.2, 0.5, 1.0)


def triple_step(
    gradient: Gradient,
    starts: Starts,
    *,
    lr: float = 0.2,
    reg: float = 0.0,
    n_steps: int = 20,
    lrs: Sequence[float] = RATES,
    widget_id: str = "05.w1",
) -> Panel:
    """One triple in the plane, a step at a time: three arrows, how the next step moves each, and the push behind it.

    Args:
        gradient: `gradient(p, q_i, q_j, reg)` gives the three gradients of one triple's loss, to be subtracted.
        starts: by name the three vectors (p_u, q_i, q_j) to start from, each of length 2; it begins with the first.
        lr: learning rate to begin with, > 0, one of `lrs`.
        reg: penalty weight >= 0, passed on to `gradient`.
        n_steps: how many steps the slider has.
        lrs: the stops of the learning rate, > 0.
        widget_id: the prediction that the caption repeats.

    Raises:
        ValueError: no start, vectors of another length, an lr that is not among lrs, or lr or reg out of range.
    """
    triples, rates = Triples(gradient, starts, reg, n_steps), [learning_rate(rate) for rate in lrs]
    if lr not in rates:
        raise ValueError(f"lr must be one of the stops {rates}, got {lr!r}")
    begin = triples.state(0, None, lr)
    states = partial(triple_states, triples, rates)
    panel = Panel(triple_scene(triples, rates), begin, partial(_triple_caption, triples, widget_id), states)
    choice = ipywidgets.Dropdown(options=list(triples.starts), value=begin.start, description="Start")
    panel.add("start", choice, lambda state, start: replace(state, start=start))
    stops = [(f"{rate:g}", rate) for rate in rates]
    rate = ipywidgets.SelectionSlider(options=stops, value=begin.lr, description="lr")
    panel.add("lr", rate, lambda state, lr: replace(state, lr=lr))
    panel.add_steps(triples.n_steps, lambda state, step: replace(state, step=step))
    return panel


def triple_states(triples: Triples, rates: Sequence[float]) -> list[Triple]:
    """Every step from every start at every learning rate."""
    settings = product(triples.starts, rates, range(triples.n_steps + 1))
    return [Triple(step, start, lr) for start, lr, step in settings]


def _triple_caption(triples: Triples, widget_id: str, state: Triple) -> str:
    way, now = triples.way(state.start, state.lr), state.step
    names = ["margin x", "σ(x)", "push 1 − σ(x)", "loss −ln σ(x)"]
    told = {"at the start": 0, f"after step {now}": now, "after one step more": now + 1}
    rows = [(row, _margin_cells(float(way.margins[place]))) for row, place in told.items()]
    return prediction_told(widget_id) + value_table(names, rows)


def _margin_cells(x: float) -> list[str]:
    loss = float(np.logaddexp(0, -x))
    return [signed(x, 4), f"{np.exp(-loss):.4f}", f"{-np.expm1(-loss):.4f}", f"{loss:.4f}"]


# ---- the epochs of a ranking model -----------------------------------------------------------------------------------


def ranking_epochs(
    positions: Sequence[ArrayLike],
    curves: Mapping[str, Sequence[float]],
    titles: Sequence[str],
    labelled: Sequence[int],
    *,
    unit: str = "epoch",
    first: int = 0,
    step: int | None = None,
    widget_id: str = "05.w2",
) -> Panel:
    """Slide through the epochs of a ranking model: the film map moves, the loss falls, the ranking turns.

    Args:
        positions: item factors by epoch, each of shape (n, k); the map turns them onto the last.
        curves: values by epoch under the curve's name, two to four of equal length: first the loss, the lower the
            better, then measures of the ranking, the higher the better. The title tells of the last one.
        titles: by item, shape (n,).
        labelled: the items whose titles are shown, up to eight or so.
        unit: what a step is called.
        first: number of the first epoch: 0 where the start is measured too.
        step: the epoch to begin with; None for the last.
        widget_id: the prediction that the caption repeats.

    Raises:
        ValueError: curves or positions of other shapes, values that are not finite, or an epoch or an item that does
            not exist.
    """
    epochs = epochs_of(positions, curves, titles, labelled, unit, first)
    ends = {"min": epochs.curves.first, "max": epochs.curves.last}
    start, states = checked_step(epochs.curves, step), range(ends["min"], ends["max"] + 1)
    panel = Panel(epochs_scene(epochs), start, partial(_epochs_caption, epochs, widget_id), lambda: states)
    layout = ipywidgets.Layout(width="560px")
    slider = ipywidgets.IntSlider(start, description=unit.capitalize(), layout=layout, **ends)
    panel.add("step", slider, lambda _, chosen: chosen)
    return panel


def _epochs_caption(epochs: Epochs, widget_id: str, step: int) -> str:
    curves, names = epochs.curves, list(epochs.curves.values)
    rows = [
        (f"{curves.unit} {step}", [number(value) for value in curves.at(step).values()]),
        ("best of all", [number(curves.at(epochs.best(name))[name]) for name in names]),
        (f"best at {curves.unit}", [str(epochs.best(name)) for name in names]),
    ]
    return prediction_told(widget_id) + value_table(names, rows)
