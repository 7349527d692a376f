"""The pictures of lesson 05: one triple in the plane, and the epochs of a ranking model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from recmath_lib._arguments import above_zero, at_least_zero, floats, is_whole, whole
from recmath_lib.plots.base import BEHIND, BLUE, GREEN, GREY, INK, PALE, PURPLE, VERMILLION, Picture, Scene, still
from recmath_lib.plots.film_map import ALONG, place_labels

Floats = NDArray[np.float64]
Gradient = Callable[[Floats, Floats, Floats, float], Sequence[ArrayLike]]
Starts = Mapping[str, Any]

NAMES = ("p_u", "q_i", "q_j")


@dataclass(frozen=True)
class Triple:
    """Where a triple stands: so many steps from a start, at a learning rate."""

    step: int
    start: str
    lr: float


@dataclass(frozen=True, eq=False)
class Way:
    """A triple's way: p_u, q_i and q_j at the start, after each step, and after one step more.

    Attributes:
        points: shape (steps + 2, 3, 2).
        margins: x = p · (q_i − q_j) at each of them, shape (steps + 2,).
    """

    points: Floats
    margins: Floats

    @property
    def pushes(self) -> Floats:
        """How hard the triple pushes, 1 − σ(x), shape (steps + 2,)."""
        return np.asarray(expit(-self.margins))


class Triples:
    """All ways of a picture; each is walked when it is first asked for. Arguments and errors as `triple_step`."""

    def __init__(self, gradient: Gradient, starts: Starts, reg: float, n_steps: int) -> None:
        self.gradient, self.reg, self.n_steps = gradient, at_least_zero(reg, "reg"), whole(n_steps, "n_steps")
        if not starts:
            raise ValueError("starts must hold at least one start, got none")
        self.starts = {name: _three_arrows(start, f"starts[{name!r}]") for name, start in starts.items()}
        self.way = lru_cache(maxsize=None)(self._walk)

    def state(self, step: int, start: str | None, lr: float) -> Triple:
        """A state that exists; None is the first start."""
        name = next(iter(self.starts)) if start is None else start
        if name not in self.starts:
            raise ValueError(f"start must be one of {list(self.starts)}, got {start!r}")
        if not is_whole(step) or step > self.n_steps:
            raise ValueError(f"step must be an integer from 0 to {self.n_steps}, got {step!r}")
        return Triple(int(step), name, learning_rate(lr))

    def _gradient(self, triple: Floats) -> Floats:
        p, q_i, q_j = triple
        return _three_arrows(self.gradient(p, q_i, q_j, self.reg), "gradient")

    def _walk(self, start: str, lr: float) -> Way:
        points = [self.starts[start]]
        for _ in range(self.n_steps + 1):
            points.append(points[-1] - lr * self._gradient(points[-1]))
        way = np.array(points)
        return Way(way, np.sum(way[:, 0] * (way[:, 1] - way[:, 2]), axis=1))


def learning_rate(lr: float) -> float:
    """A learning rate that is one."""
    above_zero(lr, "lr")
    return float(lr)


def _three_arrows(start: Any, name: str) -> Floats:
    arrows = floats(start, name)
    if arrows.shape != (3, 2) or not np.isfinite(arrows).all():
        raise ValueError(f"{name} must be three finite vectors of length 2, got shape {arrows.shape}")
    return arrows


def triple_step(
    gradient: Gradient,
    starts: Starts,
    *,
    lr: float = 0.2,
    reg: float = 0.0,
    n_steps: int = 20,
    start: str | None = None,
    step: int = 0,
) -> Picture:
    """One triple in the plane: p_u, q_i and q_j as arrows, how the next step moves each, and the push that does it.

    Args:
        gradient: `gradient(p, q_i, q_j, reg)` gives the three gradients of one triple's loss, to be subtracted.
        starts: by name the three vectors (p_u, q_i, q_j) to start from, each of length 2.
        lr: learning rate > 0.
        reg: penalty weight >= 0, passed on to `gradient`.
        n_steps: how many steps there are.
        start: the name of the start; None for the first.
        step: how many steps have been made, 0 to n_steps.

    Raises:
        ValueError: no start, vectors of another length, a start or step that does not exist, or lr or reg out of range.
    """
    triples = Triples(gradient, starts, reg, n_steps)
    state = triples.state(step, start, lr)
    return still(triple_scene(triples, [state.lr]), state)


def triple_scene(triples: Triples, lrs: Sequence[float]) -> Scene[Triple]:
    """The plane, and beside it the logistic function. The axes hold every start at every one of these rates."""
    return Scene((8.3, 4.2), lambda figure: TripleStage(figure, triples, lrs))


class TripleStage:
    """Three arrows in the plane, and their margin on the curve that turns it into a probability."""

    def __init__(self, figure: Figure, triples: Triples, lrs: Sequence[float]) -> None:
        self.triples = triples
        ways = [triples.way(name, lr) for name in triples.starts for lr in lrs]
        reach = ROOM * max(float(np.abs(way.points).max()) for way in ways) or 1.0
        plane, curve = figure.subplots(1, 2, width_ratios=(1, 1.1))
        self.title = figure.suptitle("", x=0.01, ha="left", fontsize=11.5, weight="bold")
        self.arrows = ArrowMarks(plane, reach)
        self.order = OrderMarks(curve, ROOM * max([4.0, *(float(np.abs(way.margins).max()) for way in ways)]))
        self.moving: Sequence[Artist] = (*self.arrows.moving, *self.order.moving, self.title)

    def draw(self, state: Triple) -> str:
        """Show a triple; return the alt text."""
        way = self.triples.way(state.start, state.lr)
        self.title.set_text(triple_message(way, state.step))
        self.arrows.show(way.points, state.step)
        self.order.show(float(way.margins[state.step]))
        return _triple_alt(way, state)


ARROWS = (BLUE, GREEN, VERMILLION)  # p_u, q_i, q_j; each also has its name beside it


class ArrowMarks:
    """The three vectors, the way their tips have come, and the next step of each tip."""

    def __init__(self, axes: Axes, reach: float) -> None:
        self.reach, self.per_point = reach, 2 * reach / PAPER
        axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
        axes.set(xlabel="first factor", ylabel="second factor")
        for line in (axes.axhline, axes.axvline):
            line(0, color=PALE, linewidth=0.8, zorder=BEHIND)
        zeros = np.zeros(3)
        style: dict[str, Any] = {"angles": "xy", "scale_units": "xy", "scale": 1}
        (self.between,) = axes.plot([], [], color=GREY, linestyle="--", linewidth=1.2, label="$q_i - q_j$")
        (self.trail,) = axes.plot([], [], color=GREY, linestyle=":", linewidth=1.4, label="path so far")
        self.vectors: Any = axes.quiver(zeros, zeros, zeros, zeros, color=ARROWS, width=0.011, zorder=2.5, **style)
        small: dict[str, Any] = {"width": 0.007, "headwidth": 3.6, "headlength": 4, "headaxislength": 3.6, "zorder": 3}
        self.steps: Any = axes.quiver(zeros, zeros, zeros, zeros, color=INK, label="next step", **small, **style)
        words = [f"${name}$" for name in NAMES]
        look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 13, "parse_math": True, "zorder": 4}
        self.names = [axes.text(0, 0, word, color=ink, **look) for word, ink in zip(words, ARROWS, strict=True)]
        for name in self.names:
            name.set_in_layout(False)
        axes.legend(**ABOVE).get_texts()[0].set_parse_math(True)
        self.moving: Sequence[Artist] = (self.between, self.trail, self.vectors, self.steps, *self.names)

    def show(self, points: Floats, step: int) -> None:
        """Move to a step of a way."""
        now, move = points[step], points[step + 1] - points[step]
        self.vectors.set_UVC(*now.T)
        self.steps.set_offsets(now)
        self.steps.set_UVC(*move.T)
        self.between.set_data(*now[[2, 1]].T)
        gaps = np.full((1, 3, 2), np.nan)  # between one tip's way and the next one's
        self.trail.set_data(*np.concatenate([points[: step + 1], gaps]).transpose(2, 1, 0).reshape(2, -1))
        for name, place in zip(self.names, self._places(now, now + move), strict=True):
            name.set_position(tuple(place))

    def _places(self, tips: Floats, ends: Floats) -> Floats:
        """Free places for the names, near the tips."""
        shafts = (tips[:, None] * ALONG[:, None]).reshape(-1, 2)
        anchors, lines = ((points + self.reach) / self.per_point for points in (tips, np.concatenate([shafts, ends])))
        centres = place_labels(anchors, np.full((3, 2), NAME_SIZE), lines, np.full(2, PAPER))
        return np.asarray(centres * self.per_point - self.reach)


ROOM = 1.08  # how much wider than what is farthest
PAPER = 260.0  # width of the plane in points, near enough to place names
ABOVE: Mapping[str, Any] = MappingProxyType(
    {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "ncols": 3, "frameon": False, "fontsize": 9.5}
)
NAME_SIZE = (17, 14)  # of a name, in points


class OrderMarks:
    """The probability σ of the right order over the margin x; from its mark up to 1 is the push."""

    def __init__(self, axes: Axes, reach: float) -> None:
        x = np.linspace(-reach, reach, 121)
        axes.plot(x, expit(x), color=PURPLE, zorder=1)
        axes.set(xlim=(-reach, reach), ylim=(-0.04, 1.04), xlabel="margin x, below 0 the wrong order")
        axes.set_ylabel("σ(x): probability that i comes first")
        axes.axvline(0, color=PALE, linewidth=0.8, zorder=BEHIND)
        (self.probability,) = axes.plot([], [], color=PURPLE, linestyle=":", label="σ(x)")
        (self.push,) = axes.plot([], [], color=INK, linewidth=3.5, label="push, 1 − σ(x)", solid_capstyle="butt")
        (self.mark,) = axes.plot([], [], "o", color=PURPLE, markersize=9, markeredgecolor="white")
        axes.legend(**ABOVE)
        self.moving: Sequence[Artist] = (self.probability, self.push, self.mark)

    def show(self, x: float) -> None:
        """Move to a margin."""
        height = float(expit(x))
        self.probability.set_data([x, x], [0, height])
        self.push.set_data([x, x], [height, 1])
        self.mark.set_data([x], [height])


# ---- in words --------------------------------------------------------------------------------------------------------


def triple_message(way: Way, step: int) -> str:
    """What the margin says, and how hard the triple pushes."""
    x, push = float(way.margins[step]), float(way.pushes[step])
    told = signed(x)
    if abs(x) < TIE:
        return f"Step {step}: x = {told}, a tie. The push is {push:.2f}"
    if x < 0:
        return f"Step {step}: x = {told}, the wrong order. The push is strong, {push:.2f}"
    if push > SETTLED:
        return f"Step {step}: x = {told}, the right order, and still a push of {push:.2f}"
    return f"Step {step}: x = {told}, settled. The push is down to {push:.2f}"


TIE = 0.005  # a margin below it is shown as 0.00
SETTLED = 0.1  # a push below it moves little


def signed(value: float, digits: int = 2) -> str:
    """A number with a true minus, and no −0."""
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def _triple_alt(way: Way, state: Triple) -> str:
    now, move = way.points[state.step], way.points[state.step + 1] - way.points[state.step]
    arrows = "; ".join(
        f"{name} ends at {_pair(tip)}, its next step goes by {_pair(by)}"
        for name, tip, by in zip(NAMES, now, move, strict=True)
    )
    x = float(way.margins[state.step])
    return (
        f"Three arrows from 0 in the plane after {state.step} steps from the start {state.start!r} at lr {state.lr:g}: "
        f"{arrows}. Beside them the logistic curve with a mark at x = {signed(x, 4)}, σ(x) = {expit(x):.4f}; "
        f"the push 1 − σ(x) = {way.pushes[state.step]:.4f} is the gap above it. {triple_message(way, state.step)}."
    )


def _pair(point: Floats) -> str:
    return f"({signed(point[0])}, {signed(point[1])})"
