"""A map of items in two directions: points, titles beside some of them, arrows from 0; `show` moves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.layout_engine import ConstrainedLayoutEngine
from numpy.typing import ArrayLike, NDArray

from recmath_lib._arguments import floats, ids, is_between
from recmath_lib.plots.base import BEHIND, GREY, INK, MARKS, PALE, SKY, VERMILLION, short_title

Floats = NDArray[np.floating]
Points = NDArray[np.float64]

GROUP_MARKS = (*((colour, marker) for colour, marker, _ in MARKS), (SKY, "P"), (GREY, "*"))
POINTS_PER_INCH = 72  # distances on paper are in these points, so a layout holds at any sharpness


def map_reach(points: ArrayLike, room: float = 1.12) -> float:
    """Limits ±reach that hold all points however they turn around 0; 1 if all lie at 0.

    Args:
        points: any number of points, shape (..., 2).
        room: how much wider than the farthest point.
    """
    return room * float(np.linalg.norm(floats(points, "points"), axis=-1).max(initial=0)) or 1.0


class MapMarks:
    """Items as points on axes of yours; `show(points)` moves them, and finds free places for the titles.

    Args:
        axes: where. Its limits become ±reach, with the same scale both ways.
        n_items: how many points, n.
        labels: titles by item number; keep to about a dozen.
        reach: the largest coordinate shown, > 0, or one for each direction; `map_reach` finds one.
        groups: item numbers by the group's name, up to 8 groups told apart by colour and marker; other items are grey.
            `axes.legend(handles=marks.groups)` names them.
        arrows: names of arrows from 0; `show` is told where they point.

    Attributes:
        moving: what `show` changes, for `Stage.moving`.
        groups: one handle for each group, for a legend.

    Raises:
        ValueError: more than 8 groups, a number that is no item's, or a reach that is not > 0.
    """

    def __init__(
        self,
        axes: Axes,
        n_items: int,
        labels: Mapping[int, str],
        reach: float | tuple[float, float],
        *,
        groups: Mapping[str, Sequence[int]] | None = None,
        arrows: Sequence[str] = (),
    ) -> None:
        self.axes, self.n_items = axes, n_items
        self.labelled, sets = ids(list(labels), "labels", n_items), _group_sets(groups or {}, n_items)
        _map_frame(axes, reach)
        style: dict[str, Any] = {"linestyle": "none", "markersize": 4.5, "markeredgewidth": 0}
        self.rest = np.setdiff1d(np.arange(n_items), np.concatenate([[], *sets.values()]))
        self._sets = [self.rest, *sets.values()]
        (others,) = axes.plot([], [], "o", color=GREY, alpha=0.45, **style)
        style |= {"markersize": 5.5, "markeredgewidth": 0.8}
        self.groups = [
            axes.plot([], [], marker=marker, color=colour, label=name, **style)[0]
            for name, (colour, marker) in zip(sets, GROUP_MARKS, strict=False)
        ]
        (self.rings,) = axes.plot([], [], "o", markersize=8, markerfacecolor="none", markeredgecolor=INK)
        (self.leaders,) = axes.plot([], [], color=INK, linewidth=0.7)
        self.tips = np.zeros((len(arrows), 2))
        self.arrows = _arrow_marks(axes, len(arrows))
        self.titles = [_label(axes, short_title(title, 30)) for title in labels.values()]
        self.titles += [_label(axes, name, color=VERMILLION, weight="bold") for name in arrows]
        self._sizes = np.array([_size(title, axes) for title in self.titles]).reshape(-1, 2)
        shapes = [others, *self.groups, self.leaders, self.rings, *self.arrows]
        self.dots = [others, *self.groups]
        self.moving: Sequence[Artist] = (*shapes, *self.titles)

    def show(self, points: ArrayLike, tips: ArrayLike = ()) -> None:
        """Move the items, and the arrows.

        Args:
            points: where the items are, shape (n, 2).
            tips: where the arrows end, shape (arrows, 2).

        Raises:
            ValueError: other shapes, or a point that is not finite.
        """
        where = _pairs(points, "points", self.n_items)
        self.tips = _pairs(tips, "tips", len(self.tips))
        for dots, members in zip(self.dots, self._sets, strict=True):
            dots.set_data(*where[members].T)
        self.rings.set_data(*where[self.labelled].T)
        for arrows in self.arrows:
            arrows.set_UVC(*self.tips.T)
        self._place_titles(where)

    def _place_titles(self, where: Points) -> None:
        """Titles beside their points, with a line to those that had to go farther away."""
        low, per_point, frame = self._paper()
        anchors = (np.concatenate([where[self.labelled], self.tips]) - low) / per_point
        shafts = (self.tips[:, None] * ALONG[:, None]).reshape(-1, 2)
        centres = place_labels(anchors, self._sizes, (np.concatenate([where, shafts]) - low) / per_point, frame)
        for title, centre in zip(self.titles, low + centres * per_point, strict=True):
            title.set_position(tuple(centre))
        ends = np.clip(anchors, centres - self._sizes / 2, centres + self._sizes / 2)
        far = np.hypot(*(ends - anchors).T) > 1.5 * RINGS[0]
        lines = np.stack([anchors, ends, np.full_like(ends, np.nan)], axis=1)[far].reshape(-1, 2)
        self.leaders.set_data(*(low + lines * per_point).T)

    def _paper(self) -> tuple[Points, Points, Points]:
        """The lower left corner of the axes, what one point of paper is there, and its width and height in points."""
        figure = self.axes.get_figure(root=True)
        if figure is not None and isinstance(figure.get_layout_engine(), ConstrainedLayoutEngine):
            figure.draw_without_rendering()  # a still has no layout yet
        box, limits = self.axes.get_window_extent(), self.axes.viewLim
        frame = np.array([box.width, box.height]) * POINTS_PER_INCH / self.axes.figure.dpi
        return np.array(limits.min), np.array([limits.width, limits.height]) / frame, frame


# ---- positions by step, without the turns that mean nothing ----------------------------------------------------------


def flat_positions(tables: Sequence[Floats]) -> Floats:
    """Items in the two directions that hold most of the last table, each table first turned to lie closest to the last.

    Args:
        tables: item factors by sweep, each (n, k). Factors are free to turn: only what is left after it is movement.

    Returns:
        Positions, shape (sweeps, n, 2); with k = 1 the second direction is 0.
    """
    last = tables[-1]
    directions = np.linalg.svd(last, full_matrices=False)[2][:2].T
    flat = np.stack([table @ turn_onto(table, last) @ directions for table in tables])
    flat *= _signs(flat[-1])
    return np.pad(flat, ((0, 0), (0, 0), (0, 2 - flat.shape[2])))


def _signs(points: Floats) -> Floats:
    """What makes the farthest item of each direction positive: an SVD leaves signs to chance."""
    farthest = np.argmax(np.abs(points), axis=0)
    return np.where(points[farthest, np.arange(points.shape[1])] < 0, -1.0, 1.0)


def turn_onto(table: Floats, model: Floats) -> Floats:
    """The orthogonal matrix that brings a table closest to another (orthogonal Procrustes), shape (k, k)."""
    left, _, right = np.linalg.svd(table.T @ model)
    return left @ right


def frame_edge(points: Floats) -> float:
    """A round number that no coordinate exceeds, at least 0.1: what is smaller is seen as 0."""
    largest = max(float(np.abs(points).max(initial=0)), 0.1)
    power = 10.0 ** np.floor(np.log10(largest))
    return float(
        next(round(stop * power, 9) for stop in (1, 1.5, 2, 3, 5, 7, 10) if stop * power >= largest * (1 - 1e-9))
    )


# ---- free places for titles ------------------------------------------------------------------------------------------

SIDES = np.array([(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)])
RINGS = (7, 17, 30, 46)  # how far from its point a title may stand, in points
ALONG = np.linspace(0.1, 0.9, 9)  # where an arrow is kept free of titles
WAY = np.array([0, 0.2, 0.4, 0.6, 0.8])[:, None]  # where a line from a title to its point is looked at
COVERED = 5  # half the width of a ring around a labelled point


def place_labels(anchors: Points, sizes: Points, dots: Points, frame: Points) -> Points:
    """Centres of labels that lie near their anchors, within the frame, on no other label and on few dots.

    A greedy search: each label takes the cheapest place that is left, then all may move once more.

    Args:
        anchors: what the labels name, shape (l, 2); all lengths in one unit.
        sizes: width and height of each label, shape (l, 2).
        dots: what should stay visible, shape (n, 2).
        frame: width and height of the paper, shape (2,); its corner is (0, 0).

    Returns:
        Centres, shape (l, 2).
    """
    places, half = _places(anchors, sizes), sizes / 2
    cost = _crowded(places, half, dots, 1) + _outside(places, half, frame) + 0.02 * np.arange(places.shape[1])
    cost += _crowded(places, half + COVERED, anchors, 20)
    centres = np.full_like(anchors, np.nan)
    for label in [*range(len(anchors)), *range(len(anchors))]:
        others = np.delete(np.arange(len(anchors)), label)
        overlap = _overlap(places[label], half[label], centres[others], half[others])
        crossing = _crossing(places[label], half[label], anchors[label], centres[others], half[others], anchors[others])
        centres[label] = places[label][np.argmin(cost[label] + 60 * overlap + 15 * crossing)]
    return centres


def _places(anchors: Points, sizes: Points) -> Points:
    """Where each label may stand: on every side, nearer and farther, shape (labels, places, 2)."""
    rings = np.concatenate([ring * SIDES / np.linalg.norm(SIDES, axis=1)[:, None] for ring in RINGS])
    return anchors[:, None] + rings + np.tile(SIDES, (len(RINGS), 1)) * sizes[:, None] / 2


def _crowded(places: Points, half: Points, dots: Points, price: float) -> Points:
    """A price for each dot under a label, shape (labels, places)."""
    across, up = (
        np.abs(places[:, :, None, way] - dots[:, way]) < half[:, None, None, way] + 1 for way in (0, 1)
    )  # one direction at a time: ten times faster than `all` over an axis of two
    return price * np.count_nonzero(across & up, axis=-1)


def _outside(places: Points, half: Points, frame: Points) -> Points:
    room = half[:, None] + 3
    beyond = np.maximum(room - places, places + room - frame).max(axis=-1)
    return np.where(beyond > 0, 1000 + 100 * beyond, 0)


def _overlap(places: Points, half: Points, centres: Points, halves: Points) -> Points:
    """How many other labels a label would meet, more for those it covers more; shape (places,)."""
    across, up = (np.abs(places[:, None, way] - centres[:, way]) - (half + halves)[:, way] - 1 for way in (0, 1))
    nearest = np.maximum(across, up)
    return np.where(nearest < 0, 1 - nearest, 0).sum(axis=-1)  # nan: not placed yet, no overlap


def _crossing(place: Points, half: Points, anchor: Points, centres: Points, halves: Points, anchors: Points) -> Points:
    """How much of a label's line lies under other labels, and of their lines under it; shape (places,)."""
    own, theirs = (
        to + WAY * (start - to) for to, start in ((place[:, None], anchor), (centres[:, None], anchors[:, None]))
    )
    under = _within(own[:, :, None], centres, halves).sum(axis=(1, 2))
    return under + _within(theirs.reshape(-1, 2), place[:, None], half).sum(axis=1)


def _within(points: Points, centres: Points, halves: Points) -> NDArray[np.bool_]:
    off = np.abs(points - centres) < halves
    return off[..., 0] & off[..., 1]


# ---------------------------------------------------------------- how it is done


def _group_sets(groups: Mapping[str, Sequence[int]], n_items: int) -> dict[str, NDArray[np.intp]]:
    if len(groups) > len(GROUP_MARKS):
        raise ValueError(f"groups must be at most {len(GROUP_MARKS)}, got {len(groups)}")
    return {name: ids(members, f"groups[{name!r}]", n_items) for name, members in groups.items()}


def _map_frame(axes: Axes, reach: float | tuple[float, float]) -> None:
    across, up = reach if isinstance(reach, tuple) else (reach, reach)
    if not is_between(across, 0, np.inf) or not is_between(up, 0, np.inf):
        raise ValueError(f"reach must be a finite number > 0, or two; got {reach!r}")
    axes.set(xlim=(-across, across), ylim=(-up, up), aspect="equal")
    for line in (axes.axhline, axes.axvline):
        line(0, color=PALE, linewidth=0.8, zorder=BEHIND)


def _arrow_marks(axes: Axes, n: int) -> list[Any]:
    if not n:
        return []
    zeros = np.zeros(n)
    style: dict[str, Any] = {"angles": "xy", "scale_units": "xy", "scale": 1, "width": 0.006, "zorder": 2.5}
    return [axes.quiver(zeros, zeros, zeros, zeros, color=VERMILLION, **style)]


def _label(axes: Axes, words: str, **style: Any) -> Any:
    """A title that is no part of the layout: wherever it goes, the axes stay."""
    label = axes.text(0, 0, words, ha="center", va="center", fontsize=9, zorder=4, **style)
    label.set_in_layout(False)
    return label


def _size(label: Any, axes: Axes) -> tuple[float, float]:
    box = label.get_window_extent()
    scale = POINTS_PER_INCH / axes.figure.dpi
    return box.width * scale, box.height * scale


def _pairs(points: ArrayLike, name: str, n: int) -> Points:
    pairs = floats(points, name)
    pairs = pairs.reshape(-1, 2) if not pairs.size else pairs
    if pairs.shape != (n, 2) or not np.isfinite(pairs).all():
        raise ValueError(f"{name} must be finite, shape ({n}, 2), got shape {pairs.shape}")
    return pairs
