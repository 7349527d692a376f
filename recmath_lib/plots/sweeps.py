"""The picture of lesson 02: the sweeps of ALS as a film map that moves, beside the two objectives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from recmath_lib._arguments import at_least_zero, factor_table, floats, ids, is_whole, whole
from recmath_lib.plots.base import INK, MARKS, Picture, Scene, still
from recmath_lib.plots.film_map import MapMarks, flat_positions, frame_edge, turn_onto
from recmath_lib.plots.training import number

Floats = NDArray[np.floating]
Run = Callable[[int, float, bool], tuple[Sequence[Any], Mapping[str, Sequence[float]]]]


@dataclass(frozen=True)
class Setting:
    """A sweep of one ALS run."""

    step: int
    n_factors: int
    reg: float
    weighted: bool = False


@dataclass(frozen=True, eq=False)
class Sweeps:
    """One run, ready to draw.

    Attributes:
        points: items in the two leading directions by sweep, turned to the last one, shape (sweeps, n, 2).
        edge: half the width of the map.
        curves: both objectives by their names, first the one that the unweighted penalty minimizes.
        first: number of the first sweep.
    """

    points: Floats
    edge: float
    curves: Mapping[str, Floats]
    first: int

    def rises(self, name: str, step: int | None = None) -> list[int]:
        """The sweeps, up to `step`, that raised an objective; rounding does not count."""
        values = self.curves[name]
        rose = np.diff(values) > 1e-9 * np.abs(values[:-1])
        return [self.first + 1 + int(n) for n in np.flatnonzero(rose) if step is None or self.first + 1 + n <= step]


class Runs:
    """All runs of a widget; each is computed when it is first asked for.

    Args:
        run: gives item factors by sweep, and two objectives by sweep, from n_factors, reg and weighted.
        titles: by item, shape (n,).
        labelled: the items whose titles are shown.
        start: the run that the others are turned to, so that a slider of a setting does not spin the map either.
        first: number of the first sweep.
    """

    def __init__(
        self, run: Run, titles: Sequence[str], labelled: Sequence[int], start: Setting, first: int = 1
    ) -> None:
        self.run, self.titles, self.first = run, tuple(titles), whole(first, "first", 0)
        self.labelled = ids(labelled, "labelled", len(titles)).tolist()
        self.start, self._cached = start, lru_cache(maxsize=None)(self._sweeps)

    def of(self, setting: Setting) -> Sweeps:
        """The run that a setting belongs to."""
        return self._cached(setting.n_factors, setting.reg, setting.weighted)

    @property
    def last(self) -> int:
        """Number of the last sweep; all runs have equally many."""
        return self.first + len(self.of(self.start).points) - 1

    def _sweeps(self, n_factors: int, reg: float, weighted: bool) -> Sweeps:
        tables, curves = self.run(n_factors, reg, weighted)
        points = flat_positions([factor_table(table, "positions", len(self.titles)) for table in tables])
        measured = {name: floats(curve, f"curves[{name!r}]") for name, curve in curves.items()}
        shapes = {curve.shape for curve in measured.values()}
        if len(measured) != 2 or shapes != {(len(points),)} or len(points) < 2:
            raise ValueError(f"run must give two curves as long as its {len(points)} >= 2 positions, got {shapes}")
        if (n_factors, reg, weighted) != (self.start.n_factors, self.start.reg, self.start.weighted):
            points = self._like_the_start(points)
        return Sweeps(points, frame_edge(points), measured, self.first)

    def _like_the_start(self, points: Floats) -> Floats:
        model = self.of(self.start).points
        if len(points) != len(model):
            raise ValueError(f"run must always give equally many sweeps, got {len(points)} after {len(model)}")
        return points @ turn_onto(points[-1], model[-1])


def als_sweeps(
    run: Run,
    titles: Sequence[str],
    labelled: Sequence[int],
    *,
    reg: float,
    n_factors: int,
    weighted: bool = False,
    step: int | None = None,
    first: int = 1,
) -> Picture:
    """Where the items are after a sweep of ALS, and what both objectives have done.

    Args:
        run: `run(n_factors, reg, weighted)` gives (positions, curves): item factors by sweep, each (n, k), and two
            objectives by sweep, {"plain": ..., "weighted": ...}: first the one that weighted=False minimizes.
        titles: by item, shape (n,).
        labelled: the items whose titles are shown, up to eight or so.
        reg, n_factors, weighted: the setting of the run.
        step: the sweep shown; None for the last.
        first: number of the first sweep; 0 if `run` gives the start too.

    Raises:
        ValueError: a setting, a step or an item that does not exist, or a run of another shape.
    """
    start = setting_of(first, n_factors, reg, weighted)
    runs = Runs(run, titles, labelled, start, first)
    return still(sweeps_scene(runs), checked_setting(runs, start, step))


def setting_of(step: int, n_factors: int, reg: float, weighted: bool) -> Setting:
    """A setting of numbers in range."""
    if weighted not in (True, False):
        raise ValueError(f"weighted must be True or False, got {weighted!r}")
    return Setting(step, whole(n_factors, "n_factors"), at_least_zero(reg, "reg"), bool(weighted))


def checked_setting(runs: Runs, start: Setting, step: int | None) -> Setting:
    """The setting at a sweep that its run has; None is the last."""
    step = runs.last if step is None else step
    if not is_whole(step, runs.first) or step > runs.last:
        raise ValueError(f"step must be an integer from {runs.first} to {runs.last}, got {step!r}")
    return Setting(int(step), start.n_factors, start.reg, start.weighted)


def sweeps_scene(runs: Runs) -> Scene[Setting]:
    """The map and the objectives; the state is the run and its sweep."""
    return Scene((8.3, 4.5), lambda figure: SweepsStage(figure, runs))


class SweepsStage:
    """A film map beside two objectives."""

    def __init__(self, figure: Figure, runs: Runs) -> None:
        self.runs = runs
        grid = figure.add_gridspec(2, 2, width_ratios=(1.3, 1))
        land, plain, weighted = (figure.add_subplot(place) for place in (grid[:, 0], grid[0, 1], grid[1, 1]))
        self.title = figure.suptitle("", x=0.01, ha="left", fontsize=11.5, weight="bold")
        labels = {item: runs.titles[item] for item in runs.labelled}
        self.map = MapMarks(land, len(runs.titles), labels, 1.1)
        self.edges = _edge_labels(land)
        marks = zip((plain, weighted), runs.of(runs.start).curves, MARKS, strict=False)
        self.curves = [ObjectiveMarks(axes, name, runs, mark) for axes, name, mark in marks]
        plain.tick_params(labelbottom=False)
        weighted.set_xlabel("sweep")
        moving = [mark for curve in self.curves for mark in curve.moving]
        self.moving: Sequence[Artist] = (*self.map.moving, *moving, *self.edges, self.title)

    def draw(self, setting: Setting) -> str:
        """Show a sweep of a run; return the alt text."""
        run = self.runs.of(setting)
        self.title.set_text(sweeps_message(run, setting))
        self.map.show(run.points[setting.step - run.first] / run.edge)
        for label, sign in zip(self.edges, (-1, 1, -1, 1), strict=True):
            label.set_text(f"{sign * run.edge:g}".replace("-", "−"))
        for curve, minimized in zip(self.curves, (not setting.weighted, setting.weighted), strict=True):
            curve.show(run, setting.step, minimized)
        return _sweeps_alt(self.runs, run, setting)


def _edge_labels(axes: Axes) -> list[Any]:
    """The numbers at the edges of the map; they change with the run."""
    axes.set(xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    axes.set_xticklabels(["", "0", ""])
    axes.set_yticklabels(["", "0", ""])
    axes.set_xlabel("first direction")
    axes.set_ylabel("second direction", labelpad=14)
    across: dict[str, Any] = {"transform": axes.get_xaxis_transform(), "ha": "center", "va": "top", "fontsize": 9.5}
    up: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "ha": "right", "va": "center", "fontsize": 9.5}
    return [
        *(axes.text(x, -0.02, "", **across) for x in (-1, 1)),
        *(axes.text(-0.02, y, "", **up) for y in (-1, 1)),
    ]


class ObjectiveMarks:
    """One objective by sweep, from its least to its largest value, with a mark on a sweep and on each rise."""

    def __init__(self, axes: Axes, name: str, runs: Runs, mark: tuple[str, str, str]) -> None:
        self.name, self.runs, (colour, marker, dash) = name, runs, mark
        steps = np.arange(runs.first, runs.last + 1)
        axes.set(xlim=(steps[0] - 0.5, steps[-1] + 0.5), ylim=(-0.08, 1.12), yticks=[0, 1])
        axes.set_yticklabels(["", ""])
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        self.title = axes.set_title("", loc="left", fontsize=9.5, color=colour, pad=5)
        self.here = axes.axvline(steps[0], color=INK, linewidth=1)
        (self.line,) = axes.plot(steps, np.zeros(len(steps)), color=colour, linestyle=dash)
        (self.rises,) = axes.plot([], [], "^", color=INK, markersize=5, markeredgecolor="white", markeredgewidth=0.6)
        (self.mark,) = axes.plot([], [], marker, color=colour, markersize=9, markeredgecolor="white")
        beside: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "ha": "right", "va": "center", "fontsize": 9}
        self.ends = [axes.text(-0.03, height, "", **beside) for height in (0, 1)]
        lines = (self.here, self.line, self.rises, self.mark)
        self.moving: Sequence[Artist] = (*lines, *self.ends, self.title)

    def show(self, run: Sweeps, step: int, minimized: bool) -> None:
        """Draw the objective of a run, and point at a sweep."""
        values, place = run.curves[self.name], step - run.first
        low, high = float(values.min()), float(values.max())
        heights = (values - low) / ((high - low) or 1.0)
        self.line.set_ydata(heights)
        self.here.set_xdata([step, step])
        self.mark.set_data([step], [heights[place]])
        rises = run.rises(self.name)
        self.rises.set_data(rises, heights[np.array(rises, int) - run.first])
        for end, value in zip(self.ends, (low, high), strict=True):
            end.set_text(number(value))
        role = "minimized" if minimized else "watched"
        told = f"rises {times_told(len(rises))} ▲" if rises else "never rises"
        self.title.set_text(f"{self.name}, {role}: {told}")


# ---- in words --------------------------------------------------------------------------------------------------------


def sweeps_message(run: Sweeps, setting: Setting) -> str:
    """What both objectives have done so far, the one that is minimized first."""
    if np.abs(run.points[setting.step - run.first]).max() < ZERO:
        return f"Sweep {setting.step}: the penalty has won, all items lie at 0"
    names = list(run.curves)[:: -1 if setting.weighted else 1]
    minimized, watched = (_risen(run.rises(name, setting.step)) for name in names)
    return f"Sweep {setting.step}: the minimized objective {minimized}, the other {watched}"


ZERO = 1e-3  # factors below it change no rating that anybody sees


def _risen(rises: Sequence[int]) -> str:
    return f"rose {times_told(len(rises))}" if rises else "never rose"


def times_told(n: int) -> str:
    """How often, in words."""
    return {0: "never", 1: "once", 2: "twice"}.get(n, f"{n} times")


def setting_told(setting: Setting) -> str:
    """The run of a setting, in words."""
    penalty = "once per rating" if setting.weighted else "once per row"
    return f"n_factors {setting.n_factors}, reg {setting.reg:g}, penalty {penalty}"


def _sweeps_alt(runs: Runs, run: Sweeps, setting: Setting) -> str:
    now = setting.step - run.first
    rounded = np.round(run.points[now], 2) + 0.0  # no -0.00
    places = [f"{runs.titles[i]} ({rounded[i, 0]:.2f}, {rounded[i, 1]:.2f})" for i in runs.labelled]
    told = "; ".join(f"{name} {number(float(values[now]))}" for name, values in run.curves.items())
    rises = "; ".join(f"{name} {_when(run.rises(name))}" for name in run.curves)
    return (
        f"Map of {len(runs.titles)} items in the two leading directions after sweep {setting.step} of {runs.last}, "
        f"{setting_told(setting)}: {', '.join(places)}. Edges at {run.edge:g}. Both objectives by sweep: {told}. "
        f"In all {runs.last} sweeps, {rises}. {sweeps_message(run, setting)}."
    )


def _when(rises: Sequence[int]) -> str:
    return f"rises at {', '.join(map(str, rises))}" if rises else "never rises"
