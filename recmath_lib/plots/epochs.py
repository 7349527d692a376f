"""The picture of lesson 05's training: a film map by epoch, beside the loss and the measures of the ranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from recmath_lib._arguments import factor_table, ids
from recmath_lib.plots.base import INK, MARKS, Picture, Scene, still
from recmath_lib.plots.film_map import MapMarks, flat_positions
from recmath_lib.plots.training import ABOVE_GRID, Curves, StepMarker, checked_step, curves_of, number

Floats = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Epochs:
    """A training of a ranking model, ready to draw.

    Attributes:
        points: items in the two leading directions by epoch, turned to the last one, shape (epochs, n, 2).
        curves: what was measured by epoch; the first is the loss, the lower the better, of the others the higher.
        titles: by item.
        labelled: the items whose titles are shown.
    """

    points: Floats
    curves: Curves
    titles: tuple[str, ...]
    labelled: tuple[int, ...]

    @property
    def loss(self) -> str:
        """Name of the curve that should fall."""
        return next(iter(self.curves.values))

    def best(self, name: str) -> int:
        """The epoch where a curve is best; the first of several."""
        values = self.curves.values[name]
        return self.curves.first + int(np.argmin(values) if name == self.loss else np.argmax(values))

    def behind(self, name: str, step: int) -> float:
        """How far a curve is from its best value at an epoch, >= 0."""
        return abs(self.curves.at(step)[name] - self.curves.at(self.best(name))[name])


def epochs_of(
    positions: Sequence[ArrayLike],
    curves: Mapping[str, Sequence[float]],
    titles: Sequence[str],
    labelled: Sequence[int],
    unit: str = "epoch",
    first: int = 0,
) -> Epochs:
    """A training ready to draw; arguments and errors as `ranking_epochs`."""
    if not 2 <= len(curves) <= 4:
        raise ValueError(f"curves must be two to four, the loss first, got {list(curves)}")
    measured = curves_of(curves, unit=unit, first=first)
    tables = [factor_table(table, "positions", len(titles)) for table in positions]
    if len(tables) != measured.last - measured.first + 1:
        raise ValueError(f"positions must be as many as the curves are long, got {len(tables)}")
    shown = ids(labelled, "labelled", len(titles)).tolist()
    return Epochs(flat_positions(tables), measured, tuple(titles), tuple(shown))


def ranking_epochs(
    positions: Sequence[ArrayLike],
    curves: Mapping[str, Sequence[float]],
    titles: Sequence[str],
    labelled: Sequence[int],
    *,
    unit: str = "epoch",
    first: int = 0,
    step: int | None = None,
) -> Picture:
    """Where the films are after an epoch, and what loss and ranking have done: each curve has a scale of its own.

    Args:
        positions: item factors by epoch, each of shape (n, k); the map turns them onto the last.
        curves: values by epoch under the curve's name, two to four of equal length: first the loss, the lower the
            better, then measures of the ranking, the higher the better. The title tells of the last one.
        titles: by item, shape (n,).
        labelled: the items whose titles are shown, up to eight or so.
        unit: what a step is called.
        first: number of the first epoch: 0 where the start is measured too.
        step: the epoch shown; None for the last.

    Raises:
        ValueError: curves or positions of other shapes, values that are not finite, or an epoch or an item that does
            not exist.
    """
    epochs = epochs_of(positions, curves, titles, labelled, unit, first)
    return still(epochs_scene(epochs), checked_step(epochs.curves, step))


def epochs_scene(epochs: Epochs) -> Scene[int]:
    """Map and curves; the state is the epoch."""
    return Scene((8.3, 4.2), lambda figure: EpochsStage(figure, epochs))


class EpochsStage:
    """A film map beside curves, one above the other; only points and markers move."""

    def __init__(self, figure: Figure, epochs: Epochs) -> None:
        self.epochs, names = epochs, list(epochs.curves.values)
        grid = figure.add_gridspec(len(names), 2, width_ratios=(1.3, 1))
        land = figure.add_subplot(grid[:, 0])
        self.title = figure.suptitle("", x=0.01, ha="left", fontsize=11.5, weight="bold")
        labels = {item: epochs.titles[item] for item in epochs.labelled}
        self.map = MapMarks(land, len(epochs.titles), labels, 1.08 * float(np.abs(epochs.points).max()) or 1.0)
        land.set(xlabel="first direction", ylabel="second direction")
        axes = [figure.add_subplot(grid[row, 1]) for row in range(len(names))]
        parts = zip(axes, names, MARKS, strict=False)
        self.markers = [_measure(place, name, epochs, look) for place, name, look in parts]
        for above in axes[:-1]:
            above.tick_params(labelbottom=False)
        axes[-1].set_xlabel(epochs.curves.unit)
        marks = [mark for marker in self.markers for mark in marker.moving]
        self.moving: Sequence[Artist] = (*self.map.moving, *marks, self.title)

    def draw(self, step: int) -> str:
        """Show an epoch; return the alt text."""
        self.title.set_text(epochs_message(self.epochs, step))
        self.map.show(self.epochs.points[step - self.epochs.curves.first])
        for marker in self.markers:
            marker.show(step)
        return _epochs_alt(self.epochs, step)


def _measure(axes: Axes, name: str, epochs: Epochs, look: tuple[str, str, str]) -> StepMarker:
    """Draw one curve on a scale of its own, with a ring where it is best; return its marker."""
    curves, best, (colour, _, dash) = epochs.curves, epochs.best(name), look
    values = np.array(curves.values[name])
    room = 0.16 * (float(np.ptp(values)) or abs(float(values[0])) or 1.0)
    axes.plot(range(curves.first, curves.last + 1), values, color=colour, linestyle=dash, zorder=ABOVE_GRID)
    axes.plot(best, curves.at(best)[name], "o", markersize=13, markerfacecolor="none", markeredgecolor=INK, zorder=1)
    side = 0.03 * len(values)
    axes.set(xlim=(curves.first - side, curves.last + side), ylim=(values.min() - room, values.max() + room))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=3))
    axes.grid(axis="y")
    way = "lowest" if name == epochs.loss else "highest"
    axes.set_title(f"{name}, {way} at {curves.unit} {best}", fontsize=9.5, color=colour, pad=4)
    return StepMarker(axes, replace(curves, values={name: curves.values[name]}, watched=name), [look])


# ---- in words --------------------------------------------------------------------------------------------------------


def epochs_message(epochs: Epochs, step: int) -> str:
    """How far the loss and the last curve are from their best here."""
    unit, ranked = epochs.curves.unit, list(epochs.curves.values)[-1]
    best, loss = epochs.best(ranked), epochs.loss
    here = f"{unit[:1].upper()}{unit[1:]} {step}"
    if step == best:
        return f"{here}: {ranked} is highest here, {loss} {_above(epochs, step)}"
    gap = f"{number(epochs.behind(ranked, step))} below its best at {unit} {best}"
    return f"{here}: {loss} {_above(epochs, step)}, {ranked} {gap}"


def _above(epochs: Epochs, step: int) -> str:
    behind = epochs.behind(epochs.loss, step)
    return f"{number(behind)} above its lowest" if behind else "is lowest"


def _epochs_alt(epochs: Epochs, step: int) -> str:
    curves = epochs.curves
    rounded = np.round(epochs.points[step - curves.first], 2) + 0.0  # no -0.00
    places = [f"{epochs.titles[i]} ({rounded[i, 0]:.2f}, {rounded[i, 1]:.2f})" for i in epochs.labelled]
    told = "; ".join(
        f"{name} {number(curves.at(step)[name])}, best {number(curves.at(epochs.best(name))[name])} "
        f"at {curves.unit} {epochs.best(name)}"
        for name in curves.values
    )
    return (
        f"Map of {len(epochs.titles)} films in the two leading directions after {curves.unit} {step} of {curves.last}: "
        f"{', '.join(places)}. Beside it curves by {curves.unit}, each with a ring where it is best and a marker at "
        f"{curves.unit} {step}: {told}. {epochs_message(epochs, step)}."
    )
