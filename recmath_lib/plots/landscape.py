"""The picture of lesson 01: the objective of one rating as a landscape, and how trainers walk down in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.path import Path
from numpy.typing import NDArray

from recmath_lib._arguments import at_least_zero, floats, is_between
from recmath_lib.plots.base import BEHIND, GREY, INK, MARKS, Picture, Scene, still

Floats = NDArray[np.float64]
Loss = Callable[[Any, Any, float], Any]
Paths = Callable[[tuple[float, float], float], Mapping[str, Any]]


@dataclass(frozen=True)
class Walk:
    """Where the trainers start, and under which penalty."""

    reg: float
    start: tuple[float, float]  # p and q


@dataclass(frozen=True)
class Trail:
    """One trainer's way down.

    Attributes:
        points: p and q at the start and after each step, shape (steps + 1, 2).
        above: how far the objective is above its least value there, shape (steps + 1,).
        arrived: the first step from which it stays within a thousandth; None if it never does.
        lost: whether it left all bounds.
    """

    points: Floats
    above: Floats
    arrived: int | None
    lost: bool

    @property
    def end(self) -> Floats:
        """Where the last step leads."""
        return self.points[-1]

    @property
    def told(self) -> str:
        """How many steps it needs, in words."""
        if self.lost or self.stuck:
            return "never"
        return f"over {len(self.points) - 1}" if self.arrived is None else str(self.arrived)

    @property
    def still(self) -> bool:
        """Whether no step moved it."""
        return bool(np.abs(self.points - self.points[0]).max() < 1e-9)

    @property
    def stuck(self) -> bool:
        """Whether it stopped where the objective is not least."""
        moves = np.abs(np.diff(self.points[-3:], axis=0))
        return self.arrived is None and not self.lost and bool(moves.max(initial=0) < 1e-6)


@dataclass(frozen=True)
class Sight:
    """All there is to see in one state.

    Attributes:
        minima: the points where the objective is least, shape (s, 2); many if a whole curve is.
        curve: whether they make up a curve.
        least: the objective there.
        saddle: whether 0 is a stationary point that is no minimum.
        trails: the ways down, by the trainer's name.
    """

    minima: Floats
    curve: bool
    least: float
    saddle: bool
    trails: Mapping[str, Trail]

    @property
    def only_0(self) -> bool:
        """Whether the one minimum is 0: the penalty has won."""
        return not self.curve and not self.minima.any()


class Terrain:
    """A landscape and those who walk in it.

    Args:
        loss: objective from p, q (arrays) and reg; quadratic in p and in q.
        paths: points from start (p, q) and reg, an array (steps + 1, 2) for each trainer.
        reach: the picture shows -reach to reach in both directions.
    """

    def __init__(self, loss: Loss, paths: Paths, reach: float) -> None:
        if not is_between(reach, 0, np.inf):
            raise ValueError(f"reach must be a finite number > 0, got {reach!r}")
        self.loss, self.paths, self.reach = loss, paths, float(reach)
        self.ground = lru_cache(maxsize=None)(self._ground)
        self.look = lru_cache(maxsize=8)(self._look)

    @property
    def frame(self) -> float:
        """Where the picture ends: a start on the edge is seen whole."""
        return 1.05 * self.reach

    def height(self, points: Floats, reg: float) -> Floats:
        """The objective at points, shape (..., 2)."""
        return np.asarray(self.loss(points[..., 0], points[..., 1], reg), dtype=float)

    def _ground(self, reg: float) -> tuple[Floats, bool, float]:
        """Where the objective is least, whether that is a curve, and its value there."""
        p = np.linspace(-self.reach, self.reach, 801)
        points, heights = self._valley(p, reg)
        if np.ptp(heights) < FLAT * (1 + heights.max()):
            return points, True, float(heights.mean())
        lowest = 1 + np.flatnonzero((heights[1:-1] <= heights[:-2]) & (heights[1:-1] < heights[2:]))
        if not lowest.size:
            raise ValueError(f"reach must hold a point where the loss is least, got {self.reach:g} at reg = {reg:g}")
        found = np.array([self._refined(points[place, 0], p[1] - p[0], reg) for place in lowest])
        values = self.height(found, reg)
        return np.round(found[values <= values.min() + FLAT], 3) + 0.0, False, float(values.min())

    def _valley(self, p: Floats, reg: float) -> tuple[Floats, Floats]:
        """The best q for each p, from the parabola through three points, and the height there."""
        low, middle, high = (np.asarray(self.loss(p, np.full_like(p, q), reg), dtype=float) for q in (-1, 0, 1))
        bend, slope = (low + high) / 2 - middle, (high - low) / 2
        bent = bend > FLAT
        points = np.stack([p[bent], -slope[bent] / (2 * bend[bent])], axis=1)
        return points, self.height(points, reg)

    def _refined(self, p: float, step: float, reg: float) -> Floats:
        """The lowest point of the valley near p, by ever finer steps."""
        for _ in range(4):
            points, heights = self._valley(np.linspace(p - step, p + step, 41), reg)
            (p, q), step = points[np.argmin(heights)], step / 20
        return np.array([p, q])

    def _look(self, walk: Walk) -> Sight:
        minima, curve, least = self.ground(walk.reg)
        with np.errstate(all="ignore"):  # a step that is too long may lead beyond all numbers
            walked = {name: floats(path, f"paths[{name!r}]") for name, path in self._walked(walk).items()}
            trails = {name: self._trail(name, path, walk.reg, least) for name, path in walked.items()}
        return Sight(minima, curve, least, self._is_saddle(walk.reg, least), trails)

    def _walked(self, walk: Walk) -> Mapping[str, Any]:
        walked = self.paths(walk.start, walk.reg)
        if not 1 <= len(walked) <= len(MARKS):
            raise ValueError(f"paths must give one to {len(MARKS)} paths, got {len(walked)}")
        return walked

    def _trail(self, name: str, path: Floats, reg: float, least: float) -> Trail:
        if path.ndim != 2 or path.shape[1] != 2 or len(path) < 2:
            raise ValueError(f"paths[{name!r}] must have shape (steps + 1, 2), got {path.shape}")
        inside = np.isfinite(path).all(axis=1) & (np.abs(path).max(axis=1) < BEYOND)
        kept = path if inside.all() else path[: max(int(np.argmin(inside)), 1)]
        above = np.maximum(self.height(kept, reg) - least, 0)
        far = np.flatnonzero(above > THERE)
        arrived = 0 if not far.size else int(far[-1]) + 1
        lost = not inside.all()
        return Trail(kept, above, None if lost or arrived == len(kept) else arrived, lost)

    def _is_saddle(self, reg: float, least: float) -> bool:
        """Whether the slope at 0 is 0 and lower ground exists."""
        sides = self.height(np.array([(1e-3, 0), (-1e-3, 0), (0, 1e-3), (0, -1e-3), (0, 0)]), reg)
        return bool(abs(sides[0] - sides[1]) + abs(sides[2] - sides[3]) < FLAT and sides[4] > least + FLAT)


BEYOND = 1e6  # whoever gets so far away will not come back
FLAT = 1e-9  # heights that differ by rounding only
THERE = 1e-3  # so close to the least objective is close enough to count steps


def walk_of(reg: float, start: tuple[float, float], reach: float) -> Walk:
    """A start and a penalty, ready to draw.

    Raises:
        ValueError: a negative reg, or a start that is no pair of numbers within ±reach.
    """
    place = floats(start, "start")
    if place.shape != (2,) or not (np.abs(place) <= reach).all():
        raise ValueError(f"start must be two numbers from {-reach:g} to {reach:g}, got {start!r}")
    return Walk(at_least_zero(reg, "reg"), (float(place[0]), float(place[1])))


def loss_landscape(
    loss: Loss, paths: Paths, *, reg: float = 0.2, start: tuple[float, float] = (-0.5, 2.0), reach: float = 2.5
) -> Picture:
    """The objective of one rating over p and q, with the ways down from a start, and how fast they are.

    Args:
        loss: objective from p, q and reg, on arrays; quadratic in p and in q, as (r - p q)² + reg (p² + q²) is.
        paths: points (p, q) from a start and a reg: for each trainer's name an array (steps + 1, 2), the start first.
            It is called as `paths((p, q), reg)`. One point per half-step shows alternating minimization best.
        reg: penalty weight >= 0.
        start: p and q to start from, within ±reach.
        reach: the picture shows -reach to reach in both directions.

    Raises:
        ValueError: a negative reg, a start outside, or paths of another shape.
    """
    terrain, walk = Terrain(loss, paths, reach), walk_of(reg, start, reach)
    return still(landscape_scene(terrain, [reg], walk), walk)


def landscape_scene(terrain: Terrain, regs: list[float], start: Walk) -> Scene[Walk]:
    """Hills and ways; the state is where they start, and under which penalty."""
    return Scene((8.3, 4.5), lambda figure: LandscapeStage(figure, terrain, regs, start))


class LandscapeStage:
    """The landscape, the ways down in it, and beside it their heights by step."""

    def __init__(self, figure: Figure, terrain: Terrain, regs: list[float], start: Walk) -> None:
        self.terrain, trails = terrain, terrain.look(start).trails
        land, heights = figure.subplots(1, 2, width_ratios=(WIDER, 1))
        _land_frame(land, terrain.frame)
        n_steps = max(len(trail.above) for trail in trails.values()) - 1
        _heights_frame(heights, n_steps)
        self.hills = Hills(land, terrain, regs)
        self.title = land.set_title("", loc="left")
        (self.curve,) = land.plot([], [], color=INK, linewidth=1.4, linestyle=":")
        self.minima = _spots(land, "*", 13, "minimum")
        self.saddle = _spots(land, "X", 9, "saddle")
        self.start = _spots(land, "o", 9, "start", markerfacecolor="white", markeredgecolor=INK, markeredgewidth=1.8)
        self.ways = {
            name: WayMarks(land, heights, name, n_steps, *mark) for name, mark in zip(trails, MARKS, strict=False)
        }
        spots = (self.curve, self.minima, self.saddle, self.start)
        marks = [mark for way in self.ways.values() for mark in way.moving]
        self.moving: Sequence[Artist] = (self.hills, *spots, *marks, self.title)
        handles = [*(way.line for way in self.ways.values()), self.start, self.minima, self.saddle]
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)

    def draw(self, walk: Walk) -> str:
        """Show a start and a penalty; return the alt text."""
        sight = self.terrain.look(walk)
        self.hills.show(walk.reg)
        self.title.set_text(landscape_message(sight, walk))
        self.curve.set_data(*_broken_at_0(sight.minima).T if sight.curve else ([], []))
        self.minima.set_data(*([], []) if sight.curve else sight.minima.T)
        self.saddle.set_data(*([0], [0]) if sight.saddle else ([], []))
        self.start.set_data([walk.start[0]], [walk.start[1]])
        for name, way in self.ways.items():
            way.show(sight.trails[name])
        return _landscape_alt(sight, walk)


BANDS = 17


class Hills(PathCollection):
    """The landscape as bands of equal height. They take long to draw, so each penalty's are drawn once and then copied.

    Args:
        axes: where.
        terrain: what to draw.
        regs: the penalties that will be shown; the bands reach up to the highest ground of all.
    """

    def __init__(self, axes: Axes, terrain: Terrain, regs: list[float]) -> None:
        super().__init__([], facecolors=_pale(BANDS), edgecolors=GREY, linewidths=0.35, zorder=BEHIND)
        axes.add_collection(self, autolim=False)
        self.land, self.terrain, self.reg = axes, terrain, max(regs)
        self.side = np.linspace(-terrain.frame, terrain.frame, 161)
        low, high = terrain.ground(0.0)[2], self._heights(self.reg).max()
        self.levels = low - FLAT + (high - low) * 1.001 * np.linspace(0, 1, BANDS + 1) ** 4  # close where it is flat
        self._easel = Figure().subplots()  # making axes takes longer than making contours
        self.bands = lru_cache(maxsize=None)(self._bands)
        for reg in regs:
            self.bands(reg)  # now, not when a slider waits for it
        self._drawn: dict[tuple[float, ...], NDArray[np.uint8]] = {}

    def show(self, reg: float) -> None:
        """Put up the hills of a penalty."""
        self.reg = reg

    def draw(self, renderer: Any) -> None:
        """Copy the hills onto a canvas, after drawing them on one of their own the first time."""
        box = self.land.bbox
        key = (self.reg, renderer.width, renderer.height, renderer.dpi, *box.extents)
        if key not in self._drawn:
            self._drawn[key] = self._draw_apart(renderer, box)
        renderer.draw_image(renderer.new_gc(), int(box.x0), int(box.y0), self._drawn[key])

    def _draw_apart(self, renderer: Any, box: Any) -> NDArray[np.uint8]:
        self.set_paths(self.bands(self.reg))
        canvas = RendererAgg(int(renderer.width), int(renderer.height), renderer.dpi)
        super().draw(canvas)
        pixels = np.asarray(canvas.buffer_rgba())
        rows = slice(int(box.y0), int(np.ceil(box.y1)) + 1)
        return pixels[::-1][rows, int(box.x0) : int(np.ceil(box.x1)) + 1].copy()  # as draw_image wants it: upside down

    def _heights(self, reg: float) -> Floats:
        return self.terrain.height(np.stack(np.meshgrid(self.side, self.side), axis=-1), reg)

    def _bands(self, reg: float) -> list[Path]:
        contours = self._easel.contourf(self.side, self.side, self._heights(reg), self.levels)
        contours.remove()
        return list(contours.get_paths())


def _pale(n: int) -> Floats:
    """Colours from low ground to high ground, so light that lines can be seen on all of them."""
    return 1 - 0.5 * (1 - colormaps["cividis"](np.linspace(1, 0.15, n)) * [1, 1, 1, 1])


class WayMarks:
    """One trainer's way on the map, and its heights by step."""

    def __init__(self, land: Axes, heights: Axes, name: str, n_steps: int, colour: str, marker: str, dash: str) -> None:
        self.n_steps = n_steps
        style: dict[str, Any] = {"color": colour, "marker": marker, "markersize": 3.6, "linewidth": 1.5}
        (self.line,) = land.plot([], [], linestyle=dash, label=name, **style)
        (self.falling,) = heights.plot([], [], linestyle=dash, **style)
        self.moving = (self.line, self.falling)

    def show(self, trail: Trail) -> None:
        """Draw a way."""
        self.line.set_data(*trail.points.T)
        above = np.maximum(trail.above[: self.n_steps + 1], FLOOR)
        above[1:][above[:-1] == FLOOR] = np.nan  # on the floor there is nothing more to see
        self.falling.set_data(np.arange(len(above)), above)


WIDER = 1.25  # the map than the heights beside it, which are as high
FLOOR = 1e-6  # heights below it are drawn on it


def _land_frame(axes: Axes, frame: float) -> None:
    axes.set(xlim=(-frame, frame), ylim=(-frame, frame), aspect="equal", xlabel="p", ylabel="q")


def _heights_frame(axes: Axes, n_steps: int) -> None:
    room = 0.02 * n_steps
    axes.set(xlim=(-room, n_steps + room), yscale="log", ylim=(0.6 * FLOOR, 200), xlabel="step")
    axes.set(ylabel="objective above its least value", box_aspect=WIDER)
    axes.set_yticks([1e-6, 1e-4, THERE, 1e-2, 1, 100], ["0.000001", "0.0001", "arrived", "0.01", "1", "100"])
    axes.minorticks_off()
    axes.axhline(THERE, color=GREY, linewidth=1.4, linestyle=":", zorder=BEHIND)
    axes.grid(axis="y")


def _spots(axes: Axes, marker: str, size: float, name: str, **style: Any) -> Any:
    look = {"markeredgecolor": "white", "color": INK, **style}
    return axes.plot([], [], marker, markersize=size, linestyle="none", label=name, zorder=3, **look)[0]


def _broken_at_0(curve: Floats) -> Floats:
    """A curve over p in its two branches."""
    return np.insert(curve, int(np.searchsorted(curve[:, 0], 0)), np.nan, axis=0)


# ---- what happens, in words ------------------------------------------------------------------------------------------


def landscape_message(sight: Sight, walk: Walk) -> str:
    """What happens on the way down, in one line."""
    trails = sight.trails
    kinds: tuple[tuple[str, list[str]], ...] = (
        ("{} leaves the picture: its steps are too long here", [name for name, trail in trails.items() if trail.lost]),
        ("{} stops at the saddle", [name for name, trail in trails.items() if trail.stuck]),
        ("{} has not arrived yet", [name for name, trail in trails.items() if trail.arrived is None]),
    )
    if all(trail.still and trail.stuck for trail in trails.values()):
        return f"Slope 0 at the start ({walk.start[0]:g}, {walk.start[1]:g}), a saddle: nothing moves"
    if sight.only_0 and not kinds[0][1]:
        return f"reg = {walk.reg:g}: only 0 is left. Steps: {_steps_needed(trails)}"
    for words, names in kinds:
        if names:
            return _upper(_told_with_others(words, names, trails))
    return _arrival_message(sight, walk)


def _told_with_others(words: str, names: list[str], trails: Mapping[str, Trail]) -> str:
    others = [f"{name} needs {_steps(trail.arrived)}" for name, trail in trails.items() if trail.arrived is not None]
    return "; ".join([words.format(" and ".join(names)), *others])


def _arrival_message(sight: Sight, walk: Walk) -> str:
    together, needed = ends_together(sight), _steps_needed(sight.trails)
    if sight.curve:
        where = "the ways end together" if together else "each way ends elsewhere"
        return f"reg = {walk.reg:g}: a whole curve of minima, and {where} on it"
    return f"The same minimum for all. Steps: {needed}" if together else f"Two minima, one for each. Steps: {needed}"


def _steps_needed(trails: Mapping[str, Trail]) -> str:
    return ", ".join(f"{name} {trail.told}" for name, trail in trails.items())


def ends_together(sight: Sight) -> bool:
    """Whether all ways end at the same minimum, or at one place of a curve of minima."""
    ends = np.array([trail.end for trail in sight.trails.values()])
    if sight.curve:
        return bool(np.ptp(ends, axis=0).max() < 0.05)
    gaps = np.linalg.norm(ends[:, None] - sight.minima, axis=-1)
    return len(set(np.argmin(gaps, axis=1).tolist())) == 1


def _steps(n: int) -> str:
    return f"{n} step" if n == 1 else f"{n} steps"


def _upper(words: str) -> str:
    return words[:1].upper() + words[1:]


def _landscape_alt(sight: Sight, walk: Walk) -> str:
    ways = "; ".join(f"{name} {_way_told(trail)}" for name, trail in sight.trails.items())
    return (
        f"Contour map of the objective over p and q at reg = {walk.reg:g}, low ground pale, and its height by step. "
        f"Whoever stays within {THERE:g} of the least value has arrived. "
        f"{_lowest_told(sight)} From p = {walk.start[0]:g}, q = {walk.start[1]:g}: {ways}. "
        f"{landscape_message(sight, walk)}."
    )


def _lowest_told(sight: Sight) -> str:
    saddle = " The point 0 is a saddle." if sight.saddle else ""
    if sight.curve:
        return f"The least value {sight.least:.4f} is taken all along a curve of two branches.{saddle}"
    points = " and ".join(f"({p:.2f}, {q:.2f})" for p, q in sight.minima)
    return f"The least value {sight.least:.4f} is taken at {points}.{saddle}"


def _way_told(trail: Trail) -> str:
    if trail.lost:
        return "leaves the picture"
    p, q = np.round(trail.end, 2) + 0.0  # no -0.00
    steps = "does not arrive" if trail.arrived is None else f"arrives after {_steps(trail.arrived)}"
    return f"{steps}, its {len(trail.points) - 1} steps end at ({p:.2f}, {q:.2f})"
