"""The widgets of lesson 04: the ranking playground and the staircase."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import get_args

import ipywidgets  # type: ignore[import-untyped]

from recmath_lib.metrics import Gain
from recmath_lib.plots.metrics import (
    RankedList,
    Slide,
    ranked_list,
    ranking_scene,
    slide,
    staircase_scene,
)
from recmath_lib.widgets.panel import (
    Panel,
    part_of,
    prediction_told,
    value_table,
)

# ---- the ranking playground ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Move:
    """One film that changed its place, and what that did."""

    title: str
    start: int  # ranks, from 1
    end: int
    changes: tuple[tuple[str, float], ...]  # by metric


@dataclass(frozen=True)
class Playground:
    """A list to play with, and the latest moves."""

    now: RankedList
    moves: tuple[Move, ...] = ()


MEMORY = 3  # moves kept on the screen


def ranking_playground(
    titles: Sequence[str], relevance: Sequence[float], k: int = 5, *, widget_id: str = "04.w1"
) -> Panel:
    """A ranked list whose films you move: bars of gain x discount beside the ideal, and what each move changes.

    Args:
        titles: the films, best rank first, shape (n,), n >= 2.
        relevance: their grades >= 0, shape (n,).
        k: the cut-off to begin with.
        widget_id: the prediction that the caption repeats.

    Raises:
        ValueError: titles and relevance of different lengths, or what `metrics.ndcg_at_k` refuses.
    """
    start = Playground(replace(ranked_list(titles, relevance, k), chosen=0))
    scene = ranking_scene(start.now)
    caption, states = partial(_moves_caption, widget_id), partial(playground_states, start)
    panel = Panel(part_of(scene, lambda state: state.now), start, caption, states)
    _add_playground_controls(panel, start)
    return panel


def _add_playground_controls(panel: Panel, start: Playground) -> None:
    films = [(f"{title} ({grade:g})", item) for item, (title, grade) in enumerate(_films(start.now))]
    panel.add(
        "film",
        ipywidgets.Dropdown(options=films, value=0, description="Film", layout=ipywidgets.Layout(width="400px")),
        choose,
    )
    for name, text, by in (("up", "Move up", -1), ("down", "Move down", +1)):
        button = ipywidgets.Button(description=text, layout=ipywidgets.Layout(width="100px"))
        panel.add_button(name, button, partial(moved, by=by))
    reset = ipywidgets.Button(description="Reset", layout=ipywidgets.Layout(width="80px"))
    panel.add_button("reset", reset, partial(reordered, order=start.now.order))
    slider = ipywidgets.IntSlider(start.now.k, 1, len(films), description="K")
    panel.add("k", slider, lambda state, k: Playground(replace(state.now, k=k)))
    gains = [("2^grade − 1", "exp"), ("grade", "linear")]
    gain = ipywidgets.Dropdown(options=gains, description="Gain", layout=ipywidgets.Layout(width="240px"))
    panel.add("gain", gain, lambda state, name: Playground(replace(state.now, gain=name)))


def _films(state: RankedList) -> Iterator[tuple[str, float]]:
    return zip(state.titles, state.relevance, strict=True)


def choose(state: Playground, item: int) -> Playground:
    """Point at another film."""
    return replace(state, now=replace(state.now, chosen=item))


def moved(state: Playground, by: int) -> Playground:
    """The chosen film changes places with its neighbour above (by = -1) or below (by = +1); at the end it stays."""
    order, place = list(state.now.order), _place(state.now)
    goal = min(max(place + by, 0), len(order) - 1)
    order[place], order[goal] = order[goal], order[place]
    after = replace(state.now, order=tuple(order))
    changes = tuple((name, value - state.now.values[name]) for name, value in after.values.items())
    move = Move(state.now.titles[order[goal]], place + 1, goal + 1, changes)
    return Playground(after, (move, *state.moves)[:MEMORY])


def reordered(state: Playground, order: Sequence[int]) -> Playground:
    """The films in this order again, no move made."""
    return Playground(replace(state.now, order=tuple(order)))


def _place(state: RankedList) -> int:
    return state.order.index(state.chosen if state.chosen is not None else state.order[0])


def playground_states(start: Playground) -> list[Playground]:
    """Every film chosen, every K and gain, each as it is and after a move up and a move down."""
    n = len(start.now.order)
    settings = product(range(n), range(1, n + 1), get_args(Gain))
    chosen = [Playground(replace(start.now, chosen=item, k=k, gain=gain)) for item, k, gain in settings]
    return [after for state in chosen for after in (state, moved(state, -1), moved(state, +1))]


def _moves_caption(widget_id: str, state: Playground) -> str:
    names = list(state.now.values)
    rows = [("now", [f"{value:.4f}" for value in state.now.values.values()])]
    rows += [(_told(move), [f"{change:+.4f}" for _, change in move.changes]) for move in state.moves]
    rows += [("", [""] * len(names))] * (1 + MEMORY - len(rows))  # the page does not jump as moves come
    return prediction_told(widget_id) + value_table(names, rows)


def _told(move: Move) -> str:
    way = f"rank {move.start} to {move.end}" if move.start != move.end else f"stays at rank {move.end}, the end"
    return f"{move.title}: {way}"


# ---- the staircase ---------------------------------------------------------------------------------------------------


def metric_staircase(
    titles: Sequence[str],
    relevance: Sequence[float],
    scores: Sequence[float],
    *,
    moving: int = 0,
    k: int = 5,
    widget_id: str = "04.w2",
) -> Panel:
    """One film's score slides; NDCG and AP stand still, then jump where it passes another film.

    Args:
        titles: the films, shape (n,), n >= 2.
        relevance: their grades >= 0, shape (n,).
        scores: their scores, shape (n,).
        moving: which film moves.
        k: how many places count.
        widget_id: the prediction that the caption repeats.

    Raises:
        ValueError: unequal lengths, fewer than two films, a `moving` that is no index, or what the metrics refuse.
    """
    films = slide(titles, relevance, scores, moving, k)
    stops, caption = slider_stops(films), partial(_slope_caption, films, widget_id)
    panel = Panel(staircase_scene(films), films.scores[moving], caption, lambda: stops)
    layout = ipywidgets.Layout(width="560px")
    ends = {"min": stops[0], "max": stops[-1], "step": STOP}
    slider = ipywidgets.FloatSlider(films.scores[moving], description="Score", layout=layout, **ends)
    panel.add("score", slider, lambda _, score: round(score, 2))  # 0.3, not 0.30000000000000004: ties are exact
    return panel


STOP = 0.05  # the slider stops here and there; scores that are multiples of it can be tied


def slider_stops(films: Slide) -> list[float]:
    """Where the slider can stop."""
    low, high = films.reach
    return [round(stop * STOP, 2) for stop in range(math.ceil(low / STOP), math.floor(high / STOP) + 1)]


def _slope_caption(films: Slide, widget_id: str, score: float) -> str:
    name = html.escape(films.titles[films.moving])
    jumps = "; ".join(_jump_told(films, films.jump(score, up), way) for up, way in ((True, "up"), (False, "down")))
    slope = "no slope at a tie" if score in films.cuts else "slope 0"
    return f"<p><b>{name}</b> at {score:.2f}: {slope}. Going {jumps}.</p>{prediction_told(widget_id)}"


def _jump_told(films: Slide, jump: tuple[float, float] | None, way: str) -> str:
    if jump is None:
        return f"{way}, NDCG@{films.k} never changes"
    return f"{way}, NDCG@{films.k} next changes at {jump[0]:.2f} (film {films.letters_at(jump[0])}), by {jump[1]:+.4f}"
