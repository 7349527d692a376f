"""The pictures of lesson 06: which way a step goes, and where the forces of two methods lead a list of films."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from recmath_lib import metrics
from recmath_lib._arguments import floats, is_between, is_whole, whole
from recmath_lib.plots.base import BLUE, GREY, INK, VERMILLION, Picture, Scene, one_axes, short_title, still
from recmath_lib.plots.metrics import rank_ink

Floats = NDArray[np.float64]
Force = Callable[[Floats, Floats, float, int], ArrayLike]
Measure = Callable[[Floats, Floats, int], float]


@dataclass(frozen=True, eq=False)
class Films:
    """One list of films to rank.

    Attributes:
        scores: by film, shape (n,).
        labels: grades >= 0 by film, shape (n,).
        titles: by film.
    """

    scores: Floats
    labels: Floats
    titles: tuple[str, ...]

    def told(self, film: int) -> str:
        """A film with its grade."""
        return f"{short_title(self.titles[film], 22)} ({self.labels[film]:g})"


def films_of(scores: ArrayLike, labels: ArrayLike, titles: Sequence[str]) -> Films:
    """Films ready to draw.

    Raises:
        ValueError: unequal lengths, fewer than two films, or numbers that are not finite.
    """
    s, y = floats(scores, "scores"), floats(labels, "labels")
    if s.shape != y.shape or s.shape != (len(titles),) or s.size < 2:
        shapes = f"{s.shape}, {y.shape} and {len(titles)} titles"
        raise ValueError(f"scores, labels and titles must be equally long, two films or more, got {shapes}")
    if not np.isfinite(s).all() or not np.isfinite(y).all():
        raise ValueError("scores and labels must be finite")
    return Films(s, y, tuple(titles))


def checked_cut(films: Films, k: Any) -> int:
    """A cut-off that the list has."""
    if not is_whole(k, 1) or k > len(films.titles):
        raise ValueError(f"k must be an integer from 1 to {len(films.titles)}, got {k!r}")
    return int(k)


# ---- one pair --------------------------------------------------------------------------------------------------------

REACH = 2.0  # how far the scores go to both sides


def pair_push(loss: Callable[[float], float], gradient: Callable[[float], float], score: float) -> Picture:
    """The loss of one pair by the better film's score, with its derivative at one place and the step against it.

    Args:
        loss: `loss(s)` of a pair whose better film has the score s and whose other film has 0.
        gradient: `gradient(s)`, its derivative, to be subtracted.
        score: of the better film, between -2 and 2.

    Raises:
        ValueError: a score out of range.
    """
    if not is_between(score, -REACH, REACH):
        raise ValueError(f"score must be a number between {-REACH:g} and {REACH:g}, got {score!r}")
    return one_axes((6.6, 3.4), lambda axes: _draw_push(axes, loss, float(score), float(gradient(score))))


def _draw_push(axes: Axes, loss: Callable[[float], float], score: float, slope: float) -> str:
    line = np.linspace(-REACH, REACH, 121)
    costs, here = np.array([loss(place) for place in line]), loss(score)
    axes.plot(line, costs, color=BLUE)
    near = np.array([score - 1, score + 1])
    axes.plot(near, here + slope * (near - score), color=VERMILLION, linestyle="--")
    arrow = {"arrowstyle": "-|>", "color": INK, "linewidth": 2, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", (score - slope, here), (score, here), arrowprops=arrow)
    axes.plot(score, here, "o", color=INK)
    above = here + 0.04 * float(np.ptp(costs))
    axes.text(score, above, f"  minus the derivative: {-slope:+.2f}", color=INK, va="bottom")
    beside: dict[str, Any] = {"ha": "right", "va": "top", "color": VERMILLION}
    axes.text(score - 0.15, here - 0.02 * float(np.ptp(costs)), f"derivative: {slope:+.2f}", **beside)
    axes.set(xlabel="score of the better film (the other one has 0)", ylabel="loss of the pair")
    axes.set_ylim(min(0.0, float(costs.min())) - 0.08 * float(np.ptp(costs)))
    told = "lifts" if slope < 0 else "lowers"
    title = f"The derivative is {'below' if slope < 0 else 'above'} 0: subtracting it {told} the better film"
    axes.set_title(title)
    return (
        f"The loss of one pair by the score of its better film, from {costs[0]:.2f} at {-REACH:g} to {costs[-1]:.2f} "
        f"at {REACH:g}. At the score {score:.2f} a dashed tangent has the slope {slope:+.2f}, and an arrow for minus "
        f"the derivative goes {abs(slope):.2f} to the {'right' if slope < 0 else 'left'}. {title}."
    )


# ---- forces ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pushed:
    """So many steps, each under the same slope and cut-off."""

    step: int
    slope: float
    k: int


@dataclass(frozen=True, eq=False)
class Race:
    """One method's way under one slope and cut-off.

    Attributes:
        scores: at the start, after each step, and after one step more, shape (steps + 2, n).
        values: NDCG of each, shape (steps + 2,).
    """

    scores: Floats
    values: Floats


class Races:
    """All ways of a picture; each is made when it is first asked for. Arguments and errors as `ranking_forces`."""

    def __init__(
        self,
        films: Films,
        forces: Mapping[str, Force],
        ndcg: Measure,
        lr: Mapping[str, float] | None,
        n_steps: int,
        begin: tuple[float, int],
    ) -> None:
        if len(forces) != 2:
            raise ValueError(f"forces must be two, got {list(forces)}")
        self.films, self.forces, self.ndcg = films, dict(forces), ndcg
        self.n_steps, state = whole(n_steps, "n_steps"), self.state(0, *begin, last=0)
        self.lr = self._rates(state) if lr is None else _checked_rates(lr, forces)
        self.of = lru_cache(maxsize=None)(self._run)

    def state(self, step: int, slope: float, k: int, last: int | None = None) -> Pushed:
        """A state that exists."""
        last = self.n_steps if last is None else last
        if not is_whole(step) or step > last:
            raise ValueError(f"step must be an integer from 0 to {last}, got {step!r}")
        if not is_between(slope, 0, np.inf):
            raise ValueError(f"slope must be a finite number > 0, got {slope!r}")
        return Pushed(int(step), float(slope), checked_cut(self.films, k))

    def _gradient(self, name: str, scores: Floats, slope: float, k: int) -> Floats:
        return floats(self.forces[name](scores, self.films.labels, slope, k), f"forces[{name!r}]")

    def _rates(self, state: Pushed) -> dict[str, float]:
        """A round learning rate for each method, so that its first step is long enough to be seen."""
        return {name: self._rate(name, state) for name in self.forces}

    def _rate(self, name: str, state: Pushed) -> float:
        hardest = float(np.abs(self._gradient(name, self.films.scores, state.slope, state.k)).max())
        wanted = STRIDE * float(np.ptp(self.films.scores) or 1.0) / (hardest or 1.0)
        power = 10.0 ** np.floor(np.log10(wanted))
        return float(max(round(stop * power, 9) for stop in (1, 2, 5) if stop * power <= wanted * (1 + 1e-9)))

    def _run(self, name: str, slope: float, k: int) -> Race:
        scores = [self.films.scores]
        for _ in range(self.n_steps + 1):
            scores.append(scores[-1] - self.lr[name] * self._gradient(name, scores[-1], slope, k))
        return Race(np.array(scores), np.array([self.ndcg(now, self.films.labels, k) for now in scores]))


STRIDE = 0.12  # the longest first step, as a share of the range of the scores


def _checked_rates(lr: Mapping[str, float], forces: Mapping[str, Force]) -> dict[str, float]:
    if set(lr) != set(forces) or not all(is_between(rate, 0, np.inf) for rate in lr.values()):
        raise ValueError(f"lr must give a finite number > 0 for each of {list(forces)}, got {dict(lr)}")
    return {name: float(lr[name]) for name in forces}


def ranking_forces(
    scores: ArrayLike,
    labels: ArrayLike,
    titles: Sequence[str],
    forces: Mapping[str, Force],
    ndcg: Measure,
    *,
    slope: float = 1.0,
    k: int | None = None,
    lr: Mapping[str, float] | None = None,
    n_steps: int = 20,
    step: int = 0,
) -> Picture:
    """Films on a score line, once for each of two methods, with arrows to where the next step moves each film.

    An arrow points the way a film moves: minus the gradient, four times as long as the next step.

    Args:
        scores: to start from, by film, shape (n,).
        labels: grades >= 0, shape (n,).
        titles: the films, shape (n,); keep to about ten.
        forces: two gradients by the method's name, `forces[name](scores, labels, slope, k)`, to be subtracted.
        ndcg: `ndcg(scores, labels, k)` judges an order.
        slope: beta > 0.
        k: how many places count; None for all.
        lr: learning rate by the method's name, > 0; None for a round number that makes the first step visible.
        n_steps: how many steps there are.
        step: how many steps each method has made, 0 to n_steps.

    Raises:
        ValueError: unequal lengths, forces that are not two, or a slope, k, lr or step out of range.
    """
    films = films_of(scores, labels, titles)
    setting = (slope, len(films.titles) if k is None else k)
    races = Races(films, forces, ndcg, lr, n_steps, setting)
    state = races.state(step, *setting)
    return still(forces_scene(races, [(state.slope, state.k)]), state)


def forces_scene(races: Races, settings: Sequence[tuple[float, int]]) -> Scene[Pushed]:
    """Two score lines and NDCG by step; the axes hold every pair of slope and cut-off."""
    height = min(1.75 + 0.3 * len(races.films.titles), 4.3)
    return Scene((8.3, max(height, 3.2)), lambda figure: ForcesStage(figure, races, settings))


LONGER = 4  # an arrow than the step: so it can be seen
ARROWS_TOLD = (
    f"Arrows: {LONGER} × the next step, minus learning rate × gradient. Compare within a panel. Hollow: beyond K."
)
METHODS = ((BLUE, "o", "-"), (VERMILLION, "s", "--"))


class ForcesStage:
    """A score line for each method, and how good each order is by step."""

    def __init__(self, figure: Figure, races: Races, settings: Sequence[tuple[float, int]]) -> None:
        self.races = races
        runs = [races.of(name, *setting) for name in races.forces for setting in settings]
        limits = min(float(run.scores.min()) for run in runs), max(float(run.scores.max()) for run in runs)
        *lines, right = figure.subplots(1, 3, width_ratios=(1.25, 1.25, 0.9))
        self.title = figure.suptitle("", x=0.01, ha="left", fontsize=11.5, weight="bold")
        parts = zip(races.forces, lines, METHODS, strict=True)
        self.lines = {name: ScoreLine(axes, races.films, limits, mark[0]) for name, axes, mark in parts}
        lines[1].tick_params(labelleft=False)
        figure.supxlabel(ARROWS_TOLD, fontsize=9.5)
        self.judged = JudgedSteps(right, races, min(float(run.values.min()) for run in runs))
        marks = [mark for line in self.lines.values() for mark in line.moving]
        self.moving: Sequence[Artist] = (*marks, *self.judged.moving, self.title)

    def draw(self, state: Pushed) -> str:
        """Show a step under a slope and a cut-off; return the alt text."""
        runs = {name: self.races.of(name, state.slope, state.k) for name in self.races.forces}
        self.title.set_text(forces_message(self.races.films, runs, state))
        for name, line in self.lines.items():
            run = runs[name]
            line.show(run.scores[state.step], run.scores[state.step + 1], state.k)
            line.title.set_text(
                f"{name}, learning rate {self.races.lr[name]:g}\nNDCG@{state.k} {run.values[state.step]:.4f}"
            )
        self.judged.show(runs, state.step)
        return _forces_alt(self.races, runs, state)


class ScoreLine:
    """Films in rows, the best grade on top; each stands at its score, with its rank in it and an arrow from it."""

    def __init__(self, axes: Axes, films: Films, limits: tuple[float, float], colour: str) -> None:
        n, room = len(films.titles), 0.08 * (limits[1] - limits[0] or 1.0)
        self.rows = np.argsort(np.argsort(-films.labels, kind="stable")).astype(float)
        axes.set(xlim=(limits[0] - room, limits[1] + room), ylim=(n - 0.4, -0.6))
        axes.set_xlabel("score")
        axes.set_yticks(self.rows, [films.told(film) for film in range(n)])
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y")
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
        self.title = axes.set_title("", color=colour, fontsize=9.5, pad=16)
        self.colours = colormaps["cividis"](films.labels / (films.labels.max() or 1.0))
        self.dots: Any = axes.scatter(np.zeros(n), self.rows, s=64, linewidths=1.8, zorder=2)
        zeros = np.zeros(n)
        style: dict[str, Any] = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.013, "zorder": 3}
        self.arrows: Any = axes.quiver(zeros, self.rows, zeros, zeros, color=colour, minlength=0.3, **style)
        beside: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "ha": "right", "va": "center", "fontsize": 9}
        axes.text(1.11, -0.8, "rank", color=GREY, **beside)
        self.ranks = [axes.text(1.08, row, "", **beside) for row in self.rows]
        self.moving: Sequence[Artist] = (self.dots, self.arrows, *self.ranks, self.title)

    def show(self, now: Floats, then: Floats, k: int) -> None:
        """Put films at their scores, with arrows the way they go next; places beyond K are hollow."""
        places, where = metrics.ranks(now), np.column_stack([now, self.rows])
        self.dots.set_offsets(where)
        self.dots.set_facecolors(np.where((places <= k)[:, None], self.colours, 1.0))
        self.dots.set_edgecolors(self.colours)
        self.arrows.set_offsets(where)
        self.arrows.set_UVC(LONGER * (then - now), np.zeros(len(now)))
        for text, place in zip(self.ranks, places, strict=True):
            text.set_text(str(place))
            text.set_color(rank_ink(int(place), k))


class JudgedSteps:
    """NDCG by step of both methods, with a mark on the present one."""

    def __init__(self, axes: Axes, races: Races, low: float) -> None:
        self.steps = np.arange(races.n_steps + 1)
        room = 0.06 * races.n_steps
        axes.set(xlim=(-room, races.n_steps + room), ylim=(low - 0.06 * (1.02 - low), 1.02 + 0.04 * (1.02 - low)))
        axes.set(xlabel="step", ylabel="NDCG@K")
        axes.grid(axis="y")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
        self.here = axes.axvline(0, color=INK, linewidth=1)
        parts = list(zip(races.forces, METHODS, strict=True))
        self.lines = [axes.plot([], [], color=c, linestyle=dash, label=name)[0] for name, (c, _, dash) in parts]
        style: dict[str, Any] = {"linestyle": "none", "markeredgecolor": "white", "markersize": 8}
        self.marks = [axes.plot([], [], marker, color=c, **style)[0] for _, (c, marker, _) in parts]
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), frameon=False, fontsize=9.5)
        self.moving: Sequence[Artist] = (self.here, *self.lines, *self.marks)

    def show(self, runs: Mapping[str, Race], step: int) -> None:
        """Draw both curves and point at a step."""
        self.here.set_xdata([step, step])
        for line, mark, run in zip(self.lines, self.marks, runs.values(), strict=True):
            line.set_data(self.steps, run.values[:-1])
            mark.set_data([step], [run.values[step]])


def forces_message(films: Films, runs: Mapping[str, Race], state: Pushed) -> str:
    """Which film each method lifts most."""
    told = {name: _lifted(films, run, state.step) for name, run in runs.items()}
    if len(set(told.values())) == 1:
        return f"{' and '.join(told)} both {next(iter(told.values())).replace('lifts', 'lift', 1)}"
    return ", ".join(f"{name} {words}" for name, words in told.items())


def _lifted(films: Films, run: Race, step: int) -> str:
    move = run.scores[step + 1] - run.scores[step]
    if move.max() <= STILL:
        return "lifts nothing"
    return f"lifts {short_title(films.titles[int(np.argmax(move))], 20)} most"


STILL = 1e-9  # a move below it is none


def _forces_alt(races: Races, runs: Mapping[str, Race], state: Pushed) -> str:
    lines = " ".join(_line_told(races, name, run, state) for name, run in runs.items())
    return (
        f"Two score lines with {len(races.films.titles)} films after {state.step} steps, slope {state.slope:g}, "
        f"K = {state.k}; arrows show how the next step moves each film. {lines} Beside them NDCG@{state.k} by step. "
        f"{forces_message(races.films, runs, state)}."
    )


def _line_told(races: Races, name: str, run: Race, state: Pushed) -> str:
    now, then = run.scores[state.step], run.scores[state.step + 1]
    films = "; ".join(
        f"{rank} {races.films.titles[film]}, grade {races.films.labels[film]:g}, score {now[film]:.2f}, "
        f"moves {then[film] - now[film]:+.3f}"
        for rank, film in enumerate(np.argsort(-now, kind="stable"), start=1)
    )
    return f"{name} (lr {races.lr[name]:g}), NDCG {run.values[state.step]:.4f}: {films}."
