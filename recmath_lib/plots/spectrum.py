"""A picture of lesson 03: what each rank keeps of a table of ratings, and what that costs on ratings it did not see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike, NDArray

from recmath_lib._arguments import floats, is_whole
from recmath_lib.plots.base import BEHIND, BLUE, GREY, INK, MARKS, PALE, Picture, Scene, bar_marks, still


@dataclass(frozen=True, eq=False)
class Ranks:
    """A table of ratings and what each rank makes of it.

    Attributes:
        table: ratings, nan where there is none, shape (m, n).
        predictions: the table predicted at rank 0, 1, ..., r, each of shape (m, n).
        singular_values: s, falling, shape (r,).
        errors: RMSE in stars at rank 0, 1, ..., r by what it is measured on; the last is the one to choose by.
    """

    table: NDArray[np.float64]
    predictions: tuple[NDArray[np.float64], ...]
    singular_values: NDArray[np.float64]
    errors: Mapping[str, tuple[float, ...]]

    @property
    def best(self) -> int:
        """The rank with the smallest error of the last kind."""
        *_, last = self.errors.values()
        return int(np.argmin(last))

    def energy(self, rank: int) -> float:
        """Share of the squared singular values that a rank keeps, 0 to 1."""
        squares = self.singular_values**2
        return float(squares[:rank].sum() / squares.sum())


def ranks(
    table: ArrayLike,
    predictions: Sequence[ArrayLike],
    singular_values: ArrayLike,
    errors: Mapping[str, Sequence[float]],
) -> Ranks:
    """What `rank_explorer` shows, checked.

    Raises:
        ValueError: a table that is no matrix, predictions of another shape, or as many of anything as there are not
            ranks.
    """
    ratings, values = floats(table, "table"), floats(singular_values, "singular_values")
    tables = tuple(floats(prediction, "predictions") for prediction in predictions)
    if ratings.ndim != 2 or any(prediction.shape != ratings.shape for prediction in tables):
        raise ValueError(f"predictions must have the shape of table, {ratings.shape}, got {[t.shape for t in tables]}")
    lengths = {len(tables), values.size + 1, *map(len, errors.values())}
    if len(lengths) != 1 or not errors or len(tables) < 2:
        raise ValueError(f"predictions and errors must have one entry for each rank from 0 to {values.size}")
    return Ranks(ratings, tables, values, {name: tuple(map(float, error)) for name, error in errors.items()})


def rank_explorer(
    table: ArrayLike,
    predictions: Sequence[ArrayLike],
    singular_values: ArrayLike,
    errors: Mapping[str, Sequence[float]],
    *,
    rank: int = 1,
) -> Picture:
    """A table of ratings before and after, the spectrum, and the error by rank.

    Args:
        table: ratings, nan where there is none, shape (m, n).
        predictions: the table predicted at rank 0, 1, ..., r, each of shape (m, n).
        singular_values: s, falling, shape (r,).
        errors: RMSE in stars at rank 0, 1, ..., r by what it is measured on, such as "observed" and "held out"; one to
            six of them. The last is the one to choose by.
        rank: which rank to show, 0 to r.

    Raises:
        ValueError: shapes or lengths that do not fit, or a rank out of range.
    """
    shown = ranks(table, predictions, singular_values, errors)
    return still(rank_scene(shown), checked_rank(shown, rank))


def checked_rank(shown: Ranks, rank: int) -> int:
    """A rank that can be shown.

    Raises:
        ValueError: no integer from 0 to r.
    """
    if not is_whole(rank) or rank > shown.singular_values.size:
        raise ValueError(f"rank must be an integer from 0 to {shown.singular_values.size}, got {rank!r}")
    return int(rank)


def rank_scene(shown: Ranks) -> Scene[int]:
    """The table and its spectrum stay, the prediction and the markers move. The state is the rank."""
    return Scene((8.3, 4.3), lambda figure: RankStage(figure, shown))


class RankStage:
    """A table beside its prediction, the spectrum and the errors."""

    def __init__(self, figure: Figure, shown: Ranks) -> None:
        self.shown = shown
        grid = figure.add_gridspec(2, 3, width_ratios=(1, 1, 1.25))
        before, after = (figure.add_subplot(grid[:, column]) for column in (0, 1))
        spectrum, errors = (figure.add_subplot(grid[row, 2]) for row in (0, 1))
        low, high = np.nanmin(shown.table), np.nanmax(shown.table)
        _heat(before, shown.table, low, high).axes.set_title("ratings; white: unknown", fontweight="normal")
        self.after = _heat(after, shown.predictions[0], low, high)
        self.head = after.set_title("", fontweight="normal")
        figure.colorbar(
            self.after, ax=[before, after], location="bottom", label="stars", shrink=0.8, aspect=40, pad=0.02
        )
        self.values, (self.cut,) = _spectrum(spectrum, shown.singular_values), spectrum.plot([], [], color=INK, lw=1)
        self.markers = _error_curves(errors, shown)
        self.title = figure.text(0.012, 0.975, "", fontsize=11.5, fontweight="bold", va="top")
        figure.set_layout_engine("constrained", rect=(0, 0, 1, 0.93))
        self.moving: Sequence[Artist] = (self.after, self.head, self.values, self.cut, self.title, *self.markers)

    def draw(self, rank: int) -> str:
        """Show a rank; return the alt text."""
        self.after.set_data(self.shown.predictions[rank])
        self.head.set_text(f"prediction, rank {rank}")
        kept = np.arange(self.shown.singular_values.size) < rank
        self.values.set_facecolor([BLUE if keep else PALE for keep in kept])
        self.cut.set_data([rank + 0.5] * 2, [0, 1.05 * self.shown.singular_values[0]])
        for marker, error in zip(self.markers, self.shown.errors.values(), strict=True):
            marker.set_data([rank], [error[rank]])
        self.title.set_text(rank_message(self.shown, rank))
        return _rank_alt(self.shown, rank)


def _heat(axes: Axes, table: NDArray[np.float64], low: float, high: float) -> AxesImage:
    axes.set_facecolor("white")
    axes.set(xticks=[], yticks=[], xlabel=f"{table.shape[1]} films", ylabel=f"{table.shape[0]} people")
    return axes.imshow(table, cmap="cividis", vmin=low, vmax=high, aspect="auto", interpolation="nearest")


def _spectrum(axes: Axes, values: NDArray[np.float64]) -> PolyCollection:
    bars = bar_marks(axes, edgecolor=GREY, linewidth=0.6)
    sides = [((x - 0.4, 0), (x - 0.4, s), (x + 0.4, s), (x + 0.4, 0)) for x, s in enumerate(values, start=1)]
    bars.set_verts(sides)
    axes.set(xlim=(0.2, len(values) + 0.8), ylim=(0, 1.08 * values[0]), ylabel="singular value")
    axes.set_xticks([1, *range(5, len(values) + 1, 5)])
    return bars


def _error_curves(axes: Axes, shown: Ranks) -> list[Line2D]:
    markers = []
    for (name, error), (colour, shape, dash) in zip(shown.errors.items(), MARKS, strict=False):
        axes.plot(range(len(error)), error, color=colour, linestyle=dash, linewidth=1.8, zorder=BEHIND, label=name)
        style: dict[str, Any] = {"marker": shape, "color": colour, "markeredgecolor": "white", "markersize": 9}
        markers += axes.plot([], [], linestyle="none", **style)
    axes.set(xlim=(-0.3, len(shown.predictions) - 0.5), xlabel="rank", ylabel="RMSE, stars")
    axes.set_ylim(0, 1.12 * max(max(error) for error in shown.errors.values()))
    axes.set_xticks([0, *range(5, len(shown.predictions), 5)])
    axes.legend(frameon=False, fontsize=9)
    return markers


def rank_message(shown: Ranks, rank: int) -> str:
    """What this rank costs, in one line."""
    *_, (name, error) = shown.errors.items()
    told = f"Rank {rank} keeps {shown.energy(rank):.0%} of the squares; {name} RMSE {error[rank]:.2f}"
    if rank == shown.best:
        return f"{told}, the lowest of all ranks"
    return f"{told}, lowest {error[shown.best]:.2f} at rank {shown.best}"


def _rank_alt(shown: Ranks, rank: int) -> str:
    m, n = shown.table.shape
    curves = "; ".join(
        f"{name} {error[rank]:.3f}, at rank 0 {error[0]:.3f}, at rank {len(error) - 1} {error[-1]:.3f}"
        for name, error in shown.errors.items()
    )
    values = ", ".join(f"{value:.2f}" for value in shown.singular_values[:8])
    return (
        f"A heat map of {np.isfinite(shown.table).sum()} ratings in a table of {m} people and {n} films beside its "
        f"prediction at rank {rank}. Singular values {values}{', ...' if shown.singular_values.size > 8 else ''}; the "
        f"first {rank} are kept. RMSE in stars: {curves}. {rank_message(shown, rank)}."
    )
