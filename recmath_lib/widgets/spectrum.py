"""A widget of lesson 03: the rank slides, and with it what is kept of the ratings and what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import ipywidgets  # type: ignore[import-untyped]
from numpy.typing import ArrayLike

from recmath_lib.plots.spectrum import Ranks, checked_rank, rank_scene, ranks
from recmath_lib.widgets.panel import Panel, prediction_told, value_table


def rank_explorer(
    table: ArrayLike,
    predictions: Sequence[ArrayLike],
    singular_values: ArrayLike,
    errors: Mapping[str, Sequence[float]],
    *,
    rank: int = 1,
    widget_id: str = "03.w1",
) -> Panel:
    """A slider for the rank: the ratings before and after, the spectrum, the errors.

    Args:
        table: ratings, nan where there is none, shape (m, n).
        predictions: the table predicted at rank 0, 1, ..., r, each of shape (m, n).
        singular_values: s, falling, shape (r,).
        errors: RMSE in stars at rank 0, 1, ..., r by what it is measured on, such as "observed" and "held out"; one to
            six of them. The last is the one to choose by.
        rank: the rank to begin with.
        widget_id: the prediction that the caption repeats.

    Raises:
        ValueError: shapes or lengths that do not fit, or a rank out of range.
    """
    shown = ranks(table, predictions, singular_values, errors)
    most = shown.singular_values.size
    caption = partial(_caption, shown, widget_id)
    panel = Panel(rank_scene(shown), checked_rank(shown, rank), caption, lambda: range(most + 1))
    layout = ipywidgets.Layout(width="480px")
    panel.add("rank", ipywidgets.IntSlider(rank, 0, most, description="Rank", layout=layout), lambda _, value: value)
    return panel


def _caption(shown: Ranks, widget_id: str, rank: int) -> str:
    columns = [f"rank {rank}", "rank 0", f"rank {shown.best}", f"rank {shown.singular_values.size}"]
    places = (rank, 0, shown.best, shown.singular_values.size)
    rows = [(f"{name} RMSE", [f"{error[place]:.3f}" for place in places]) for name, error in shown.errors.items()]
    rows += [("squares kept", [f"{shown.energy(place):.0%}" for place in places])]
    return value_table(columns, rows) + prediction_told(widget_id)
