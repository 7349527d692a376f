"""The other picture of lesson 06: by how much NDCG@K changes when two films of a list swap their places."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import ArrayLike, NDArray

from recmath_lib._arguments import floats
from recmath_lib.plots.base import GREY, INK, PALE, VERMILLION, Picture, Scene, still
from recmath_lib.plots.ranking import checked_cut, films_of

Floats = NDArray[np.float64]
Delta = Callable[[Floats, Floats, int], ArrayLike]


@dataclass(frozen=True, eq=False)
class Swap:
    """What all swaps change at one cut-off.

    Attributes:
        change: |ΔNDCG| by the ranks of the two films, the worse rank in the row, shape (n, n); 0 on and above the
            diagonal, so each pair is there once.
    """

    change: Floats

    @property
    def counted(self) -> int:
        """How many pairs change anything."""
        return int(np.count_nonzero(self.change > NOTHING))

    @property
    def pairs(self) -> int:
        """How many pairs there are."""
        return len(self.change) * (len(self.change) - 1) // 2

    @property
    def largest(self) -> tuple[int, int]:
        """The two ranks whose swap changes most, from 1, the better one first."""
        worse, better = np.unravel_index(int(np.argmax(self.change)), self.change.shape)
        return int(better) + 1, int(worse) + 1


NOTHING = 1e-12  # a change below it is rounding


class Swaps:
    """The swaps of a list at every cut-off. Arguments and errors as `swap_heat_map`."""

    def __init__(self, scores: ArrayLike, labels: ArrayLike, titles: Sequence[str], delta: Delta) -> None:
        self.films, self.delta = films_of(scores, labels, titles), delta
        self.order = np.argsort(-self.films.scores, kind="stable")
        self.at = lru_cache(maxsize=None)(self._swap)

    def _swap(self, k: int) -> Swap:
        n = len(self.order)
        change = floats(self.delta(self.films.scores, self.films.labels, k), "delta")
        if change.shape != (n, n) or not np.isfinite(change).all():
            raise ValueError(f"delta must give finite numbers of shape ({n}, {n}), got shape {change.shape}")
        return Swap(np.tril(change[np.ix_(self.order, self.order)], -1))


def swap_heat_map(
    scores: ArrayLike, labels: ArrayLike, titles: Sequence[str], delta: Delta, *, k: int | None = None
) -> Picture:
    """By how much NDCG@K changes when two films swap their places, for each pair of ranks.

    Args:
        scores: by film, shape (n,).
        labels: grades >= 0, shape (n,).
        titles: the films, shape (n,); up to eight get numbers in their cells.
        delta: `delta(scores, labels, k)` gives |ΔNDCG@k| of each pair of films, shape (n, n).
        k: how many places count; None for all.

    Raises:
        ValueError: unequal lengths, fewer than two films, a k out of range, or a delta of another shape.
    """
    swaps = Swaps(scores, labels, titles, delta)
    cut = checked_cut(swaps.films, len(titles) if k is None else k)
    return still(swaps_scene(swaps, [cut]), cut)


def swaps_scene(swaps: Swaps, cuts: Sequence[int]) -> Scene[int]:
    """The heat map; the state is K. One scale of colours holds every cut-off."""
    return Scene((8.3, 4.2), lambda figure: SwapsStage(figure, swaps, cuts))


NUMBERED = 8  # films; with more of them the numbers would be too small to read


class SwapsStage:
    """A triangle of cells, a pair of ranks each, and a line before the pairs that lie beyond K altogether."""

    def __init__(self, figure: Figure, swaps: Swaps, cuts: Sequence[int]) -> None:
        self.swaps, n = swaps, len(swaps.order)
        self.most = max(float(swaps.at(k).change.max()) for k in cuts) or 1.0
        axes = figure.subplots()
        self.title = figure.suptitle("", x=0.01, ha="left", fontsize=11.5, weight="bold")
        colours = colormaps["cividis"].with_extremes(bad=(0, 0, 0, 0), under=PALE)
        edges = np.arange(n + 1) - 0.5
        self.cells: Any = axes.pcolormesh(edges, edges, np.zeros((n, n)), vmin=NOTHING, vmax=self.most, cmap=colours)
        figure.colorbar(self.cells, ax=axes, label="|ΔNDCG@K| of the swap", pad=0.02)
        _swap_frame(axes, swaps)
        (self.beyond,) = axes.plot(
            [], [], color=VERMILLION, linestyle="--", linewidth=2, label="right of it: both beyond K"
        )
        handles = [Patch(color=PALE, label="changes nothing"), self.beyond]
        axes.legend(handles=handles, loc="upper right", frameon=False, fontsize=9.5)
        look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 9.5}
        self.below = [(worse, better) for worse in range(n) for better in range(worse)] if n <= NUMBERED else []
        self.numbers = [axes.text(better, worse, "", **look) for worse, better in self.below]
        self.moving: Sequence[Artist] = (self.cells, self.beyond, *self.numbers, self.title)

    def draw(self, k: int) -> str:
        """Show a cut-off; return the alt text."""
        swap, n = self.swaps.at(k), len(self.swaps.order)
        self.title.set_text(swaps_message(swap, k))
        self.cells.set_array(np.ma.masked_array(swap.change, np.triu(np.ones((n, n), bool))))
        self.beyond.set_data([k - 0.5] * 2, [k - 0.5, n - 0.5] if k < n else [np.nan] * 2)
        for number, place in zip(self.numbers, self.below, strict=True):
            change = float(swap.change[place])
            number.set_text(f"{change:.2f}" if change > NOTHING else "0")
            number.set_color("white" if NOTHING < change < 0.55 * self.most else INK)
        return _swaps_alt(self.swaps, swap, k)


def _swap_frame(axes: Axes, swaps: Swaps) -> None:
    n = len(swaps.order)
    axes.set_xticks(range(n), [str(rank) for rank in range(1, n + 1)])
    axes.set_yticks(range(n), [f"{swaps.films.told(film)}  {rank}" for rank, film in enumerate(swaps.order, start=1)])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set(
        xlim=(-0.5, n - 0.5),
        ylim=(n - 0.5, -0.5),
        xlabel="rank of the better placed film",
        ylabel="film (grade) and rank",
    )
    axes.yaxis.label.set_color(GREY)


# ---- in words --------------------------------------------------------------------------------------------------------


def swaps_message(swap: Swap, k: int) -> str:
    """Which swap changes most, and how many count."""
    if not swap.counted:
        return f"K = {k}: no swap changes NDCG@{k}"
    better, worse = swap.largest
    most = f"K = {k}: swapping ranks {better} and {worse} changes most, {swap.change.max():.4f}"
    return f"{most}; {swap.counted} of {swap.pairs} pairs count"


def _swaps_alt(swaps: Swaps, swap: Swap, k: int) -> str:
    films = "; ".join(
        f"{rank} {swaps.films.titles[film]}, grade {swaps.films.labels[film]:g}"
        for rank, film in enumerate(swaps.order, start=1)
    )
    order = np.argsort(-swap.change, axis=None, kind="stable")[: min(swap.counted, TOLD)]
    rows, columns = np.unravel_index(order, swap.change.shape)
    largest = ", ".join(
        f"ranks {better + 1} and {worse + 1} {swap.change[worse, better]:.4f}"
        for worse, better in zip(rows, columns, strict=True)
    )
    beyond = max(len(swaps.order) - k, 0)
    return (
        f"Heat map of |ΔNDCG@{k}| for each pair of ranks of {len(swaps.order)} films: {films}. "
        f"The largest changes: {largest or 'none'}. The {beyond * (beyond - 1) // 2} pairs with both ranks beyond K "
        f"change nothing. {swaps_message(swap, k)}."
    )


TOLD = 5  # how many swaps the alt text tells
