"""The picture that every trainer shares: what is measured, by step, with a marker on one step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from recmath_lib._arguments import floats, is_whole
from recmath_lib.plots.base import INK, MARKS, Picture, Scene, still

ABOVE_GRID = 1  # and below what moves


@dataclass(frozen=True)
class Curves:
    """What a trainer measured after each step."""

    values: Mapping[str, tuple[float, ...]]  # by the curve's name, all equally long
    watched: str  # the curve whose lowest point counts
    label: str
    unit: str  # what a step is called
    first: int  # the number of the first step

    @property
    def last(self) -> int:
        """The number of the last step."""
        return self.first + len(self.values[self.watched]) - 1

    @property
    def best(self) -> int:
        """The step where the watched curve is lowest; the first of several."""
        return self.first + int(np.argmin(self.values[self.watched]))

    @property
    def other(self) -> str | None:
        """The curve that the watched one is compared with: the first of the others; None if it is alone."""
        return next((name for name in self.values if name != self.watched), None)

    def at(self, step: int) -> dict[str, float]:
        """All values of a step, by curve."""
        return {name: values[step - self.first] for name, values in self.values.items()}


def curves_of(
    curves: Mapping[str, Sequence[float]],
    *,
    label: str = "RMSE, stars",
    watched: str | None = None,
    unit: str = "step",
    first: int = 0,
) -> Curves:
    """Curves ready to draw; arguments and errors as `training_curves`."""
    values = {name: tuple(floats(curve, f"curves[{name!r}]").tolist()) for name, curve in curves.items()}
    lengths = {len(curve) for curve in values.values()}
    if not 1 <= len(values) <= len(MARKS) or len(lengths) != 1 or lengths < {1}:
        raise ValueError(f"curves must be one to {len(MARKS)} curves of equal length, got lengths {sorted(lengths)}")
    if min(lengths) < 2:
        raise ValueError(f"curves must have two steps or more, got {min(lengths)}")
    for name, curve in values.items():
        if not np.isfinite(curve).all():
            raise ValueError(f"curves[{name!r}] must be finite numbers, got {next(v for v in curve if v - v != 0)}")
    if watched is not None and watched not in values:
        raise ValueError(f"watched must be one of the curves {list(values)}, got {watched!r}")
    if not is_whole(first):
        raise ValueError(f"first must be an integer >= 0, got {first!r}")
    return Curves(values, watched or list(values)[-1], label, unit, int(first))


def checked_step(curves: Curves, step: int | None) -> int:
    """A step of these curves; None is the last one."""
    if step is None:
        return curves.last
    if not is_whole(step, curves.first) or step > curves.last:
        raise ValueError(f"step must be an integer from {curves.first} to {curves.last}, got {step!r}")
    return int(step)


def training_curves(
    curves: Mapping[str, Sequence[float]],
    *,
    step: int | None = None,
    label: str = "RMSE, stars",
    watched: str | None = None,
    unit: str = "step",
    first: int = 0,
) -> Picture:
    """What a trainer measured after each step; the title tells where one curve is lowest, and how far from another.

    Args:
        curves: values by step, under the curve's name: one to six curves of equal length, two steps or more.
        step: where the marker stands; None for the last step.
        label: what is measured, with its unit.
        watched: the curve whose lowest point the title tells; None for the last one.
        unit: what a step is called, "epoch" or "sweep".
        first: number of the first step: 0 where the start is measured too, as `sgd_epochs` does, else 1.

    Raises:
        ValueError: no curve, more than six, unequal lengths, a value that is not finite, or a step, a first or a
            watched curve that does not exist.
    """
    measured = curves_of(curves, label=label, watched=watched, unit=unit, first=first)
    return still(training_scene(measured), checked_step(measured, step))


def training_scene(curves: Curves) -> Scene[int]:
    """The curves stay, the marker moves. The state is its step."""
    return Scene((8.3, 3.7), lambda figure: TrainingStage(figure, curves))


class TrainingStage:
    """Curves by step, and a marker."""

    def __init__(self, figure: Figure, curves: Curves) -> None:
        self.curves, axes = curves, figure.subplots()
        draw_curves(axes, curves)
        self.title = axes.set_title("", loc="left")
        self.marker = StepMarker(axes, curves)
        self.moving: Sequence[Artist] = (*self.marker.moving, self.title)

    def draw(self, step: int) -> str:
        """Put the marker on a step; return the alt text."""
        self.title.set_text(training_message(self.curves, step))
        self.marker.show(step)
        return _training_alt(self.curves, step)


class StepMarker:
    """A line through all curves at a step, and a mark on each."""

    def __init__(self, axes: Axes, curves: Curves, looks: Sequence[tuple[str, str, str]] = MARKS) -> None:
        self.curves = curves
        self.here = axes.axvline(curves.first, color=INK, linewidth=1)
        style: dict[str, Any] = {"linestyle": "none", "markeredgecolor": "white", "markersize": 9}
        self.marks = [axes.plot([], [], m, color=c, **_seen(m, style))[0] for c, m, _ in looks[: len(curves.values)]]
        self.moving: Sequence[Artist] = (self.here, *self.marks)

    def show(self, step: int) -> None:
        """Move to a step."""
        self.here.set_xdata([step, step])
        for mark, value in zip(self.marks, self.curves.at(step).values(), strict=True):
            mark.set_data([step], [value])


def _seen(marker: str, style: dict[str, Any]) -> dict[str, Any]:
    """A cross is all edge: a white one would not be seen."""
    return {**style, "markeredgecolor": None, "markeredgewidth": 2} if marker == "x" else style


def draw_curves(axes: Axes, curves: Curves) -> None:
    """What stays: the curves with their names at the right end, a ring where the watched one is lowest."""
    steps = range(curves.first, curves.last + 1)
    for values, (colour, _, dash) in zip(curves.values.values(), MARKS, strict=False):
        axes.plot(steps, values, color=colour, linestyle=dash, zorder=ABOVE_GRID)
    lowest = curves.at(curves.best)[curves.watched]
    axes.plot(curves.best, lowest, "o", markersize=13, markerfacecolor="none", markeredgecolor=INK, zorder=ABOVE_GRID)
    ends = np.array(list(curves.values.values()))
    room = (np.ptp(ends) or abs(ends[0, 0]) or 1.0) * 0.08
    axes.set(xlabel=curves.unit, ylabel=curves.label, ylim=(ends.min() - room, ends.max() + room))
    axes.set_xlim(curves.first - 0.02 * len(steps), curves.last + 0.02 * len(steps))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.grid(axis="y")
    heights = spread(ends[:, -1].tolist(), 0.9 * room)
    for name, height, (colour, *_) in zip(curves.values, heights, MARKS, strict=False):
        axes.annotate(
            name, (1.01, height), xycoords=("axes fraction", "data"), va="center", color=colour, weight="bold"
        )


def spread(heights: Sequence[float], gap: float) -> list[float]:
    """Heights moved apart as little as a bottom-up walk needs, so that none is closer to the next than `gap`."""
    low, moved = -np.inf, list(heights)
    for place in np.argsort(heights, kind="stable"):
        moved[place] = low = max(moved[place], low + gap)
    return [float(height) for height in moved]


def training_message(curves: Curves, step: int) -> str:
    """Where the watched curve is lowest, and how far it is from another here."""
    watched, unit, best = _sentence(curves.watched), curves.unit, curves.best
    if step == best:
        return f"{watched} is lowest here, at {unit} {step}{_gap_told(curves, step, ': ')}"
    end = f"falls to the last {unit}, {best}" if best == curves.last else f"is lowest at {unit} {best}"
    return f"{watched} {end}. {_sentence(unit)} {step}{_gap_told(curves, step, ': ') or _above_best(curves, step)}"


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _gap_told(curves: Curves, step: int, before: str) -> str:
    if curves.other is None:
        return ""
    gap = curves.at(step)[curves.watched] - curves.at(step)[curves.other]
    return f"{before}{number(abs(gap))} {'above' if gap >= 0 else 'below'} {curves.other}"


def _above_best(curves: Curves, step: int) -> str:
    above = curves.at(step)[curves.watched] - curves.at(curves.best)[curves.watched]
    return f": {number(above)} above that"


def number(value: float) -> str:
    """Four decimals for what is small, one for sums of thousands."""
    return f"{value:.4f}" if abs(value) < 100 else f"{value:,.1f}"


def _training_alt(curves: Curves, step: int) -> str:
    told = "; ".join(_curve_told(curves, name) for name in curves.values)
    here = ", ".join(f"{name} = {number(value)}" for name, value in curves.at(step).items())
    return (
        f"{curves.label} by {curves.unit}, {curves.first} to {curves.last}. {told}. "
        f"The marker stands at {curves.unit} {step}: {here}. {training_message(curves, step)}."
    )


def _curve_told(curves: Curves, name: str) -> str:
    values = curves.values[name]
    low = int(np.argmin(values))
    lowest = f"lowest {number(values[low])} at {curves.unit} {curves.first + low}"
    return f"{name} from {number(values[0])} to {number(values[-1])}, {lowest}"
