"""A widget of lesson 03: a map of films to turn; every film moves, every prediction stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations

import ipywidgets  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import ArrayLike

from recmath_lib.plots.factor_map import Map, View, checked_view, film_factors, map_scene
from recmath_lib.widgets.panel import Panel, prediction_told, value_table

TURN = 5  # degrees between two stops of the slider


def factor_map(
    titles: Sequence[str],
    item_factors: ArrayLike,
    user_factors: ArrayLike,
    labelled: Sequence[int],
    *,
    directions: Mapping[str, ArrayLike] | None = None,
    groups: Mapping[str, Sequence[int]] | None = None,
    axes: tuple[int, int] = (0, 1),
    widget_id: str = "03.w2",
) -> Panel:
    """A map of films with a choice of directions and a slider that turns films and people alike.

    Args:
        titles: by item, shape (n,).
        item_factors: Q, shape (n, k), k >= 2.
        user_factors: P, shape (m, k).
        labelled: the items whose titles are shown, about a dozen; the caption compares the predictions for them.
        directions: arrows by name, vectors of length k; they turn with the films.
        groups: item numbers by the name of the group, up to 8.
        axes: the numbers of the two directions to begin with, from 0.
        widget_id: the prediction that the caption repeats.

    Raises:
        ValueError: shapes that do not fit, fewer than two factors, or a number that names nothing.
    """
    films = film_factors(titles, item_factors, user_factors, labelled, directions, groups)
    pairs = list(combinations(range(films.item_factors.shape[1]), 2))
    view = checked_view(films, View(min(axes), max(axes)))
    caption, states = partial(_caption, films, widget_id), partial(map_states, pairs)
    panel = Panel(map_scene(films), view, caption, states)
    options = [(f"{a + 1} and {b + 1}", (a, b)) for a, b in pairs]
    choice = ipywidgets.Dropdown(options=options, value=(view.first, view.second), description="Directions")
    panel.add("axes", choice, lambda state, pair: View(pair[0], pair[1], state.angle))
    layout = ipywidgets.Layout(width="420px")
    slider = ipywidgets.IntSlider(0, -180, 180, step=TURN, description="Turn, °", layout=layout)
    panel.add("angle", slider, lambda state, angle: replace(state, angle=angle))
    return panel


def map_states(pairs: Sequence[tuple[int, int]]) -> list[View]:
    """Every pair of directions at every stop of the slider."""
    return [View(*pair, angle) for pair in pairs for angle in range(-180, 181, TURN)]


def _caption(films: Map, widget_id: str, view: View) -> str:
    before, now = films.predictions(replace(view, angle=0.0)), films.predictions(view)
    moved = np.linalg.norm(films.item_factors @ films.turn(view) - films.item_factors, axis=1)
    rows = [
        ("farthest that a film has moved", [f"{moved.max():.4f}"]),
        (f"largest change among {before.size:,} predictions, stars", [f"{np.abs(now - before).max():.4f}"]),
    ]
    return value_table([f"turned by {view.angle:g}°"], rows) + prediction_told(widget_id)
