"""The widgets of lesson 06: the forces on a list of films, and what each swap of two films changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import product

import ipywidgets  # type: ignore[import-untyped]
import numpy as np
from numpy.typing import ArrayLike

from recmath_lib.plots.ranking import Force, Measure, Pushed, Race, Races, checked_cut, films_of, forces_scene
from recmath_lib.plots.swaps import Delta, Swaps, swaps_scene
from recmath_lib.widgets.panel import Panel, prediction_told, value_table

# ---- forces ----------------------------------------------------------------------------------------------------------


def ranking_forces(
    scores: ArrayLike,
    labels: ArrayLike,
    titles: Sequence[str],
    forces: Mapping[str, Force],
    ndcg: Measure,
    *,
    slopes: Sequence[float],
    cuts: Sequence[int],
    slope: float | None = None,
    k: int | None = None,
    lr: Mapping[str, float] | None = None,
    n_steps: int = 20,
    widget_id: str = "06.w1",
) -> Panel:
    """Films on a score line, once for each of two methods: step by step, under any slope and K.

    An arrow points the way a film moves: minus the gradient, four times as long as the next step.

    Args:
        scores: to start from, by film, shape (n,).
        labels: grades >= 0, shape (n,).
        titles: the films, shape (n,); keep to about ten.
        forces: two gradients by the method's name, `forces[name](scores, labels, slope, k)`, to be subtracted.
        ndcg: `ndcg(scores, labels, k)` judges an order.
        slopes: the stops of the slope beta, > 0.
        cuts: the stops of K, from 1 to n.
        slope: where it stands to begin with; None for the middle stop.
        k: where K stands to begin with; None for the middle stop.
        lr: learning rate by the method's name, > 0; None for a round number that makes the first step visible.
        n_steps: how many steps the slider has.
        widget_id: the prediction that the caption repeats.

    Raises:
        ValueError: unequal lengths, forces that are not two, or a slope, k or lr out of range.
    """
    films = films_of(scores, labels, titles)
    cuts = [checked_cut(films, cut) for cut in cuts]
    setting = (begin_at(slopes, slope, "slope"), int(begin_at(cuts, k, "k")))
    races = Races(films, forces, ndcg, lr, n_steps, setting)
    pairs = [(races.state(0, *pair).slope, pair[1]) for pair in product(slopes, cuts)]
    begin, states = races.state(0, *setting), partial(forces_states, races, pairs)
    panel = Panel(forces_scene(races, pairs), begin, partial(_forces_caption, races, widget_id), states)
    panel.add_steps(races.n_steps, lambda state, step: replace(state, step=step))
    stops = [(f"{stop:g}", float(stop)) for stop in slopes]
    slider = ipywidgets.SelectionSlider(options=stops, value=begin.slope, description="slope")
    panel.add("slope", slider, lambda state, slope: replace(state, slope=slope))
    cut = ipywidgets.SelectionSlider(options=list(cuts), value=begin.k, description="K")
    panel.add("k", cut, lambda state, k: replace(state, k=k))
    return panel


def begin_at(stops: Sequence[float], value: float | None, name: str) -> float:
    """The stop to begin with; None for the middle one."""
    if not len(stops) or (value is not None and value not in stops):
        raise ValueError(f"{name} must be one of the stops {list(stops)}, got {value!r}")
    return stops[len(stops) // 2] if value is None else value


def forces_states(races: Races, pairs: Sequence[tuple[float, int]]) -> list[Pushed]:
    """Every step under every slope and cut-off."""
    return [Pushed(step, slope, k) for (slope, k), step in product(pairs, range(races.n_steps + 1))]


def _forces_caption(races: Races, widget_id: str, state: Pushed) -> str:
    runs = {name: races.of(name, state.slope, state.k) for name in races.forces}
    names = [f"NDCG@{state.k}", "after one step more", "at the start", "gradient of the film pushed hardest"]
    rows = [
        (f"{name}, lr {races.lr[name]:g}", _race_cells(run, races.lr[name], state.step)) for name, run in runs.items()
    ]
    return prediction_told(widget_id) + value_table(names, rows)


def _race_cells(run: Race, lr: float, step: int) -> list[str]:
    moves = (run.scores[step + 1] - run.scores[step]) / lr
    hardest = float(-moves[int(np.argmax(np.abs(moves)))])
    values = [f"{run.values[place]:.4f}" for place in (step, step + 1, 0)]
    return [*values, f"{hardest + 0.0:+.4f}".replace("-", "−")]


# ---- swaps -----------------------------------------------------------------------------------------------------------


def swap_heat_map(
    scores: ArrayLike,
    labels: ArrayLike,
    titles: Sequence[str],
    delta: Delta,
    *,
    cuts: Sequence[int],
    k: int | None = None,
    widget_id: str = "06.w2",
) -> Panel:
    """By how much NDCG@K changes when two films swap their places: slide K, and see which pairs count.

    Args:
        scores: by film, shape (n,).
        labels: grades >= 0, shape (n,).
        titles: the films, shape (n,); up to eight get numbers in their cells.
        delta: `delta(scores, labels, k)` gives |ΔNDCG@k| of each pair of films, shape (n, n).
        cuts: the stops of K, from 1 to n.
        k: where K stands to begin with; None for the middle stop.
        widget_id: the prediction that the caption repeats.

    Raises:
        ValueError: unequal lengths, fewer than two films, a K out of range, or a delta of another shape.
    """
    swaps = Swaps(scores, labels, titles, delta)
    stops = [checked_cut(swaps.films, cut) for cut in cuts]
    begin, caption = int(begin_at(stops, k, "k")), partial(_swaps_caption, swaps, widget_id)
    panel = Panel(swaps_scene(swaps, stops), begin, caption, lambda: stops)
    panel.add("k", ipywidgets.SelectionSlider(options=stops, value=begin, description="K"), lambda _, cut: cut)
    return panel


def _swaps_caption(swaps: Swaps, widget_id: str, k: int) -> str:
    swap, n = swaps.at(k), len(swaps.order)
    beyond = (n - k) * (n - k - 1) // 2
    names = ["pairs", "both beyond K", "equal grades", "count"]
    cells = [swap.pairs, beyond, swap.pairs - beyond - swap.counted, swap.counted]
    return prediction_told(widget_id) + value_table(names, [(f"K = {k}", [str(cell) for cell in cells])])
