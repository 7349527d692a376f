"""The pictures of lesson 04: a ranked list, the steps of AP, discounts, intervals, the staircase."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from recmath_lib import metrics
from recmath_lib._arguments import floats, is_whole
from recmath_lib.plots.base import (
    BEHIND,
    BLUE,
    GREY,
    INK,
    MARKS,
    ORANGE,
    ROW,
    SKY,
    VERMILLION,
    Picture,
    Scene,
    bar_marks,
    fill_column,
    one_axes,
    set_bars,
    short_title,
    still,
    text_column,
)

# ---- a ranked list: gain x discount beside the ideal, Eq. (4.9) and (4.10) -------------------------------------------


@dataclass(frozen=True)
class RankedList:
    """Films in an order, with their grades, and how the list is judged."""

    titles: tuple[str, ...]  # by item
    relevance: tuple[float, ...]  # by item, grades >= 0
    order: tuple[int, ...]  # the items, best rank first
    k: int
    gain: metrics.Gain = "exp"
    chosen: int | None = None  # the item to point at

    @property
    def rels(self) -> list[float]:
        """Grades in rank order."""
        return [self.relevance[item] for item in self.order]

    @property
    def ideal(self) -> RankedList:
        """The list in the order of its grades; equal grades keep their places."""
        best = sorted(self.order, key=lambda item: -self.relevance[item])
        return replace(self, order=tuple(best))

    @property
    def values(self) -> dict[str, float]:
        """NDCG, AP and RR of the first k places, Eq. (4.10), (4.7) and (4.3), by their names."""
        return {
            f"NDCG@{self.k}": metrics.ndcg_at_k(self.rels, self.k, gain=self.gain),
            f"AP@{self.k}": metrics.average_precision(self.rels, k=self.k),
            f"RR@{self.k}": metrics.reciprocal_rank(self.rels, self.k),
        }


def gain_bars(titles: Sequence[str], relevance: Sequence[float], k: int, gain: metrics.Gain = "exp") -> Picture:
    """A ranked list as bars of gain x discount, beside the ideal order of the same films.

    Args:
        titles: the films, best rank first, shape (n,).
        relevance: their grades >= 0, shape (n,).
        k: how many places count.
        gain: "exp" for 2**grade - 1, "linear" for the grade itself.

    Raises:
        ValueError: titles and relevance of different lengths, or what `metrics.ndcg_at_k` refuses.
    """
    films = ranked_list(titles, relevance, k, gain)
    return still(ranking_scene(films), films)


def ranked_list(titles: Sequence[str], relevance: Sequence[float], k: int, gain: metrics.Gain = "exp") -> RankedList:
    """The films in the order given.

    Raises:
        ValueError: titles and relevance of different lengths, or none at all.
    """
    if len(titles) != len(relevance) or not titles:
        raise ValueError(f"relevance must have one grade per title: got {len(relevance)} for {len(titles)} titles")
    return RankedList(tuple(titles), tuple(map(float, relevance)), tuple(range(len(titles))), k, gain)


NAME, GRADE, TERM = (-3.05, -0.12, 0.06)  # where the columns of a list stand; the longest bar goes from 0 to 1


def ranking_scene(films: RankedList) -> Scene[RankedList]:
    """A list beside its ideal; the states are the same films in any order, with any K and gain."""
    return Scene((8.3, 1.05 + 0.31 * len(films.titles)), lambda figure: RankingStage(figure, films))


class RankingStage:
    """A list beside its ideal."""

    def __init__(self, figure: Figure, films: RankedList) -> None:
        n = len(films.titles)
        mine, best = _list_frame(figure, films.ideal.rels)
        self.title = mine.set_title("", loc="left")
        self.names, self.grades = (text_column(mine, NAME, n), text_column(mine, GRADE, n, ha="right"))
        self.pointer = mine.text(NAME - 0.27, 0, "▸", ha="right", **ROW)
        self.mine = TermBars(mine, n, "{gain:g} × {discount:.3f} = {term:.2f}", color=BLUE)
        self.best = TermBars(best, n, "{term:.2f}", facecolor=ORANGE, hatch="///", edgecolor="white")
        texts = (self.title, self.pointer, *self.names, *self.grades)
        self.moving: Sequence[Artist] = (*self.mine.moving, *self.best.moving, *texts)

    def draw(self, state: RankedList) -> str:
        """Show a list; return the alt text."""
        inks = [rank_ink(rank, state.k) for rank in range(1, len(state.order) + 1)]
        self.title.set_text(_list_message(state))
        fill_column(self.names, [short_title(state.titles[item], 36) for item in state.order], inks)
        fill_column(self.grades, [f"{rel:g}" for rel in state.rels], inks)
        self.pointer.set_visible(state.chosen is not None)
        if state.chosen is not None:
            self.pointer.set_y(state.order.index(state.chosen) + 1)
        self.mine.show(state)
        self.best.show(state.ideal)
        return _list_alt(state)


class TermBars:
    """Gain x discount of the places that count, and a line below them."""

    def __init__(self, axes: Axes, n: int, label: str, **style: Any) -> None:
        self.label = label
        self.bars, self.numbers = bar_marks(axes, **style), text_column(axes, TERM, n)
        (self.line,) = axes.plot(axes.get_xlim(), [0, 0], color=VERMILLION, linestyle="--", linewidth=1.2)
        self.note = axes.text(TERM, 0, "beyond K: not counted", color=GREY, **ROW)
        self.moving = (self.bars, *self.numbers, self.line, self.note)

    def show(self, state: RankedList) -> None:
        """Set bars and numbers to a list."""
        terms = list(_terms(state))
        longest = max(gain for gain, _ in terms) or 1.0
        widths = [gain * discount / longest for gain, discount in terms[: state.k]]
        set_bars(self.bars, range(1, len(widths) + 1), widths, 0.33)
        words = [self.label.format(gain=g, discount=d, term=g * d) for g, d in terms[: state.k]]
        fill_column(self.numbers, words)
        for text, width in zip(self.numbers, widths, strict=False):
            text.set_x(width + TERM)
        self.line.set_ydata([state.k + 0.5] * 2)
        self.note.set_y(state.k + 1)
        for mark in (self.line, self.note):
            mark.set_visible(state.k < len(terms))


def _list_frame(figure: Figure, ideal: Sequence[float]) -> tuple[Axes, Axes]:
    mine, best = figure.subplots(1, 2, width_ratios=(5.55, 2.25))
    mine.text(NAME, 0.25, "the list", color=GREY, **ROW)
    for axes, limits, head in ((mine, (-3.35, 2.2), ""), (best, (-0.6, 1.65), "ideal ")):
        axes.set(xlim=limits, ylim=(len(ideal) + 0.6, -0.1))
        axes.set_axis_off()
        axes.text(GRADE, 0.25, "grade", ha="right", color=GREY, **ROW)
        axes.text(0, 0.25, f"{head}gain × discount", color=GREY, **ROW)
        axes.plot([0, 0], [0.55, len(ideal) + 0.45], color=GREY, linewidth=0.8, zorder=BEHIND)
    for rank, rel in enumerate(ideal, start=1):
        mine.text(NAME - 0.06, rank, str(rank), ha="right", **ROW)
        best.text(GRADE, rank, f"{rel:g}", ha="right", **ROW)
    return mine, best


def rank_ink(rank: int, k: int) -> str:
    return INK if rank <= k else GREY


def _terms(state: RankedList) -> Iterator[tuple[float, float]]:
    """Gain and discount of each place, Eq. (4.9). A list of one film has the discount 1, so its DCG is the gain."""
    for rank, rel in enumerate(state.rels, start=1):
        yield metrics.dcg_at_k([rel], gain=state.gain), 1 / math.log2(rank + 1)


def _list_message(state: RankedList) -> str:
    name, value = next(iter(state.values.items()))
    got, best = _dcg(state), _dcg(state.ideal)
    if not best:
        return f"{name} = 0: nothing here is relevant, so there is nothing to earn"
    return f"{name} = {value:.4f}: the list earns {got:.2f} of the ideal's {best:.2f}"


def _dcg(state: RankedList) -> float:
    return metrics.dcg_at_k(state.rels, state.k, state.gain)


def _list_alt(state: RankedList) -> str:
    places = [
        f"{rank} {state.titles[item]}, grade {state.relevance[item]:g}, "
        + (f"{gain:g} × {discount:.4f} = {gain * discount:.4f}" if rank <= state.k else "beyond K")
        for rank, (item, (gain, discount)) in enumerate(zip(state.order, _terms(state), strict=True), start=1)
    ]
    values = ", ".join(f"{name} = {value:.4f}" for name, value in state.values.items())
    return (
        f"A ranked list with bars of gain times discount beside its ideal order, K = {state.k}, gain {state.gain}. "
        f"{'; '.join(places)}. DCG {_dcg(state):.4f}, ideal {_dcg(state.ideal):.4f}. {values}.{_pointed_at(state)}"
    )


def _pointed_at(state: RankedList) -> str:
    """Where the pointer is, for those who do not see it."""
    if state.chosen is None:
        return ""
    return f" Chosen: {state.titles[state.chosen]}, rank {state.order.index(state.chosen) + 1}."


# ---- average precision as an area, Eq. (4.6) -------------------------------------------------------------------------


def precision_recall_steps(rels: Sequence[float], n_relevant: int | None = None) -> Picture:
    """Precision over recall as a staircase; the area under it is AP, see Eq. (4.6).

    Args:
        rels: labels >= 0 of the ranked films, best rank first, shape (n,); above 0 is relevant.
        n_relevant: how many relevant films exist, ranked or not; None for those in `rels`.

    Raises:
        ValueError: no relevant film, or what `metrics.average_precision` refuses.
    """
    area = metrics.average_precision(rels, n_relevant)
    ranks = [rank for rank, rel in enumerate(rels, start=1) if rel > 0]
    total = len(ranks) if n_relevant is None else n_relevant
    if not total:
        raise ValueError(f"rels must hold a relevant film, or n_relevant be at least 1; got {list(rels)}")
    return one_axes((6.6, 3.2), lambda axes: _draw_steps(axes, ranks, total, area))


def _draw_steps(axes: Axes, ranks: Sequence[int], total: int, area: float) -> str:
    heights = [hit / rank for hit, rank in enumerate(ranks, start=1)] + [0.0] * (total - len(ranks))
    edges = [step / total for step in range(total + 1)]
    axes.stairs(heights, edges, fill=True, color=SKY, alpha=0.45)
    axes.stairs(heights, edges, color=BLUE, linewidth=2)
    for step, height in enumerate(heights):
        text = f"hit at rank {ranks[step]}\n{step + 1}/{ranks[step]}" if step < len(ranks) else "never shown\n0"
        axes.text((step + 0.5) / total, height + 0.03, text, ha="center", va="bottom", fontsize=9.5)
    axes.set(xlim=(0, 1), ylim=(0, 1.25), yticks=[0, 0.25, 0.5, 0.75, 1], xticks=edges)
    axes.set_xticklabels([f"{step}/{total}" for step in range(total + 1)])
    axes.set(xlabel="recall", ylabel="precision at the hit")
    axes.set_title(f"AP is the area under the steps: {area:.4f}")
    return _steps_alt(ranks, total, area)


def _steps_alt(ranks: Sequence[int], total: int, area: float) -> str:
    steps = ", ".join(f"{hit}/{rank} at rank {rank}" for hit, rank in enumerate(ranks, start=1)) or "no hit"
    return (
        f"Precision over recall as a staircase of {total} steps, each 1/{total} wide. Heights: {steps}; "
        f"relevant films never shown, height 0: {total - len(ranks)}. The area under the steps is AP = {area:.4f}."
    )


# ---- discounts and intervals -----------------------------------------------------------------------------------------


def discount_curves(curves: Mapping[str, Sequence[float]]) -> Picture:
    """What each rank is worth under several discounts.

    Args:
        curves: the weights of rank 1, 2, ... by the discount's name, one to six curves of equal length.

    Raises:
        ValueError: no curve, more than six, or curves of different lengths.
    """
    lengths = {len(weights) for weights in curves.values()}
    if len(lengths) != 1 or len(curves) > len(MARKS):
        raise ValueError(f"curves must be one to {len(MARKS)} curves of equal length, got lengths {sorted(lengths)}")
    return one_axes((6.6, 3.2), lambda axes: _draw_curves(axes, curves, lengths.pop()))


def _draw_curves(axes: Axes, curves: Mapping[str, Sequence[float]], n: int) -> str:
    for (name, weights), (colour, marker, dash) in zip(curves.items(), MARKS, strict=False):
        axes.plot(range(1, n + 1), weights, color=colour, marker=marker, linestyle=dash, markersize=4.5, label=name)
    shares = {name: f"{weights[-1]:.0%}" for name, weights in curves.items()}
    high, low = (pick(curves, key=lambda name: curves[name][-1]) for pick in (max, min))
    axes.set(xlabel="rank", ylabel="weight", ylim=(0, 1.05), xticks=[1, *range(5, n + 1, 5)])
    axes.set_title(f"Rank {n} counts {shares[high]} by {high}, {shares[low]} by {low}")
    axes.legend(frameon=False)
    ends = ", ".join(f"{share} by {name}" for name, share in shares.items())
    return f"Weight of the ranks 1 to {n} under {len(curves)} discounts. Rank {n} counts {ends}."


def intervals(
    names: Sequence[str], values: Sequence[float], lows: Sequence[float], highs: Sequence[float], label: str
) -> Picture:
    """Means with their intervals, the best at the top; the title says whether the best stands clear of the second.

    Args:
        names: the methods, shape (n,), two or more.
        values: their means, shape (n,).
        lows: lower ends of the intervals, shape (n,).
        highs: upper ends of the intervals, shape (n,).
        label: what is measured, with its unit.

    Raises:
        ValueError: fewer than two methods or unequal lengths.
    """
    lengths = [len(column) for column in (names, values, lows, highs)]
    if len(set(lengths)) != 1:
        raise ValueError(f"names, values, lows and highs must be equally long, got {lengths}")
    if len(names) < 2:
        raise ValueError(f"names must hold two or more methods, got {list(names)}")
    rows = sorted(zip(values, names, lows, highs, strict=True), reverse=True)
    return one_axes((6.6, 1.2 + 0.42 * len(rows)), lambda axes: _draw_intervals(axes, rows, label))


def _draw_intervals(axes: Axes, rows: Sequence[tuple[float, str, float, float]], label: str) -> str:
    for place, (value, _, low, high) in enumerate(rows):
        axes.plot([low, high], [place, place], color=SKY, solid_capstyle="butt", linewidth=8)
        axes.plot(value, place, "|", color=INK, markeredgewidth=2, markersize=14)
        axes.annotate(f"{value:.4f}", (value, place), (0, 9), textcoords="offset points", ha="center", fontsize=9.5)
    axes.set(xlabel=f"{label}, mean and interval", ylim=(len(rows) - 0.5, -0.7), yticks=range(len(rows)))
    axes.set_yticklabels([name for _, name, _, _ in rows])
    axes.grid(axis="x")
    message = _intervals_message(rows)
    axes.set_title(message)
    each = "; ".join(f"{name} {value:.4f}, from {low:.4f} to {high:.4f}" for value, name, low, high in rows)
    return f"{label}, means with intervals. {message}. {each}."


def _intervals_message(rows: Sequence[tuple[float, str, float, float]]) -> str:
    (_, best, low, _), (_, second, _, high) = rows[:2]
    return f"First comes {best}, {'clear of' if low > high else 'but its interval meets that of'} {second}"


# ---- one score slides: the staircase of a metric ---------------------------------------------------------------------


@dataclass(frozen=True)
class Slide:
    """Films with scores; the score of one of them moves."""

    titles: tuple[str, ...]
    relevance: tuple[float, ...]  # grades >= 0
    scores: tuple[float, ...]  # the moving film's own is where it begins
    moving: int
    k: int

    @property
    def cuts(self) -> list[float]:
        """Scores of the other films, rising, each once: only here can the order change."""
        return sorted({score for item, score in enumerate(self.scores) if item != self.moving})

    @property
    def reach(self) -> tuple[float, float]:
        """How far the score slides: a little beyond all of them."""
        low, high = min(self.scores), max(self.scores)
        room = 0.15 * (high - low) or 1.0
        return low - room, high + room

    @property
    def steps(self) -> list[tuple[float, float]]:
        """The flat steps of the curve, each from one cut to the next."""
        low, high = self.reach
        return list(pairwise([low, *self.cuts, high]))

    def order(self, score: float) -> list[int]:
        """The films by descending score; equal scores keep their input order."""
        scores = self.at(score)
        return sorted(range(len(scores)), key=lambda item: -scores[item])

    def at(self, score: float) -> list[float]:
        """All scores when the moving film has this one."""
        return [score if item == self.moving else other for item, other in enumerate(self.scores)]

    def values(self, score: float) -> dict[str, float]:
        """NDCG and AP of the first k places at this score, Eq. (4.10) and (4.7), by their names."""
        return {f"NDCG@{self.k}": self.ndcg(score), f"AP@{self.k}": self.average_precision(score)}

    def ndcg(self, score: float) -> float:
        """NDCG at this score, Eq. (4.10)."""
        return metrics.ndcg_from_scores(self.relevance, self.at(score), self.k)

    def average_precision(self, score: float) -> float:
        """AP at this score, Eq. (4.7)."""
        return metrics.average_precision([self.relevance[item] for item in self.order(score)], k=self.k)

    def letter(self, item: int) -> str:
        """A, B, C, ... for the films."""
        return chr(ord("A") + item)

    def letters_at(self, score: float) -> str:
        """The other films that have this score."""
        return " ".join(self.letter(i) for i, s in enumerate(self.scores) if s == score and i != self.moving)

    def jump(self, score: float, up: bool) -> tuple[float, float] | None:
        """The nearest place where NDCG changes, going up or down, and by how much; None if it never does."""
        here = self.ndcg(score)
        above = [(low, high) for low, high in self.steps if low >= score]
        below = [(high, low) for low, high in self.steps[::-1] if high <= score]
        for edge, far in above if up else below:
            change = self.ndcg((edge + far) / 2) - here
            if abs(change) > SAME:
                return edge, change
        return None


SAME = 1e-12  # two orders of the same grades differ by rounding only; a real jump is far larger


def slide(titles: Sequence[str], relevance: Sequence[float], scores: Sequence[float], moving: int, k: int) -> Slide:
    """Films with scores, ready to move one.

    Raises:
        ValueError: unequal lengths, fewer than two films, a score that is not finite, or a `moving` that is no index.
    """
    lengths = {len(titles), len(relevance), len(scores)}
    if len(lengths) != 1 or len(titles) < 2:
        raise ValueError(f"titles, relevance and scores must be two or more each, equally many; got {sorted(lengths)}")
    if not is_whole(moving) or moving >= len(titles):
        raise ValueError(f"moving must be a film from 0 to {len(titles) - 1}, got {moving!r}")
    places = floats(scores, "scores")
    if not np.isfinite(places).all():
        raise ValueError(f"scores must be finite numbers, got {places[~np.isfinite(places)][0]}")
    return Slide(tuple(titles), tuple(floats(relevance, "relevance").tolist()), tuple(places.tolist()), moving, k)


def staircase(
    titles: Sequence[str], relevance: Sequence[float], scores: Sequence[float], *, moving: int = 0, k: int = 5
) -> Picture:
    """NDCG and AP as functions of the score of one film: flat steps, and jumps where it passes another.

    Args:
        titles: the films, shape (n,), n >= 2.
        relevance: their grades >= 0, shape (n,).
        scores: their scores, finite, shape (n,); that of the moving film is where the marker stands.
        moving: which film moves.
        k: how many places count.

    Raises:
        ValueError: unequal lengths, fewer than two films, a score that is not finite, a `moving` that is no index, or
            what the metrics refuse.
    """
    films = slide(titles, relevance, scores, moving, k)
    return still(staircase_scene(films), films.scores[moving])


CURVES = ((BLUE, "-", "o"), (VERMILLION, "--", "s"))


def staircase_scene(films: Slide) -> Scene[float]:
    """The metric's curve stays, the marker and the ranking move. The state is the moving film's score."""
    return Scene((8.3, max(3.5, 1.2 + 0.3 * len(films.titles))), lambda figure: SlideStage(figure, films))


class SlideStage:
    """The staircase of a metric beside the ranking."""

    def __init__(self, figure: Figure, films: Slide) -> None:
        self.films, n = films, len(films.titles)
        curve, listed = figure.subplots(1, 2, width_ratios=(1.12, 1))
        _curve_frame(curve, films)
        _ranking_frame(listed, films)
        self.title = curve.set_title("", loc="left")
        self.here = curve.axvline(films.reach[0], color=INK, linewidth=1)
        style: dict[str, Any] = {"linestyle": "none", "markeredgecolor": "white", "markersize": 10}
        self.markers = [curve.plot(0, 0, marker=m, color=c, **style)[0] for c, _, m in CURVES]
        self.names, self.pointer = (text_column(listed, 0.1, n), listed.text(0.03, 0, "▸", ha="right", **ROW))
        self.grades, self.scores = (text_column(listed, 0.84, n, ha="right"), text_column(listed, 1, n, ha="right"))
        lines = (self.here, *self.markers)
        self.moving: Sequence[Artist] = (*lines, self.title, self.pointer, *self.names, *self.grades, *self.scores)

    def draw(self, score: float) -> str:
        """Show the films with this score of the moving one; return the alt text."""
        films, order = self.films, self.films.order(score)
        inks = [rank_ink(rank, films.k) for rank in range(1, len(order) + 1)]
        self.title.set_text(slide_message(films, score))
        self.here.set_xdata([score, score])
        for marker, value in zip(self.markers, films.values(score).values(), strict=True):
            marker.set_data([score], [value])
        self.pointer.set_y(order.index(films.moving) + 1)
        fill_column(
            self.names, [f"{films.letter(item)}  {short_title(films.titles[item], 31)}" for item in order], inks
        )
        fill_column(self.grades, [f"{films.relevance[item]:g}" for item in order], inks)
        fill_column(self.scores, [f"{films.at(score)[item]:.2f}" for item in order], inks)
        return _slide_alt(films, score)


def _curve_frame(axes: Axes, films: Slide) -> None:
    levels = [films.values((low + high) / 2) for low, high in films.steps]
    edges = [films.reach[0], *films.cuts, films.reach[1]]
    for name, (colour, dash, _) in zip(levels[0], CURVES, strict=True):
        heights = [level[name] for level in levels]
        axes.stairs(heights, edges, baseline=None, color=colour, linestyle=dash, linewidth=2, label=name)
    floor = min(min(level.values()) for level in levels)
    axes.set(xlim=films.reach, ylim=(max(0, floor - 0.15), 1.07), xticks=films.cuts, ylabel="value of the metric")
    axes.set_xticklabels([films.letters_at(cut) for cut in films.cuts])
    axes.set_xlabel(f"score of {short_title(films.titles[films.moving])}; letters: other films")
    axes.grid(axis="x")
    axes.legend(frameon=False, loc="lower right", ncols=2)


def _ranking_frame(axes: Axes, films: Slide) -> None:
    n = len(films.titles)
    axes.set(xlim=(0, 1), ylim=(n + 0.6, -0.1))
    axes.set_axis_off()
    for x, text, side in ((0.1, "the ranking now", "left"), (0.84, "grade", "right"), (1, "score", "right")):
        axes.text(x, 0.25, text, ha=side, color=GREY, **ROW)
    for rank in range(1, n + 1):
        axes.text(0.08, rank, str(rank), ha="right", **ROW)
    if films.k < n:
        axes.plot([0, 1], [films.k + 0.5] * 2, color=VERMILLION, linestyle="--", linewidth=1.2)


def slide_message(films: Slide, score: float) -> str:
    """What a step of the score does here, in one line."""
    name, value = next(iter(films.values(score).items()))
    if score in films.cuts:
        return f"A tie with {films.letters_at(score)}: no slope here. By input order {name} is {value:.4f}"
    jump = films.jump(score, up=True)
    ahead = f"up to {films.letters_at(jump[0])}, then {value + jump[1]:.4f}" if jump else "however high it climbs"
    return f"Slope 0: {name} stays {value:.4f} {ahead}"


def _slide_alt(films: Slide, score: float) -> str:
    values = ", ".join(f"{name} = {value:.4f}" for name, value in films.values(score).items())
    listed = ", ".join(f"{rank} {films.titles[item]}" for rank, item in enumerate(films.order(score), start=1))
    steps = "; ".join(f"{low:g} to {high:g}: {films.ndcg((low + high) / 2):.4f}" for low, high in films.steps)
    return (
        f"NDCG and AP as staircases over the score of {films.titles[films.moving]}. NDCG by score, {steps}. "
        f"The marker stands at score {score:.2f}: {values}. {slide_message(films, score)}. Ranking: {listed}."
    )
