"""A picture of lesson 03: films in two directions of a factorization, turned by an angle that no rating can see."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from recmath_lib._arguments import factor_table, floats, ids, is_whole
from recmath_lib.plots.base import GREY, Picture, Scene, still
from recmath_lib.plots.film_map import MapMarks, map_reach

Floats = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Map:
    """Films and people as vectors, and what to say of them.

    Attributes:
        titles: by item.
        item_factors: Q, shape (n, k).
        user_factors: P, shape (m, k).
        labelled: the items whose titles are shown.
        directions: arrows by name, each a vector of length k.
        groups: item numbers by the name of the group.
    """

    titles: tuple[str, ...]
    item_factors: Floats
    user_factors: Floats
    labelled: tuple[int, ...]
    directions: Mapping[str, Floats]
    groups: Mapping[str, Sequence[int]]

    def predictions(self, view: View) -> Floats:
        """What all people would give the labelled films, from the turned vectors of both."""
        turn = self.turn(view)
        return (self.user_factors @ turn) @ (self.item_factors[list(self.labelled)] @ turn).T

    def turn(self, view: View) -> Floats:
        """The rotation of a view, shape (k, k)."""
        turn = np.eye(self.item_factors.shape[1])
        cosine, sine = math.cos(math.radians(view.angle)), math.sin(math.radians(view.angle))
        turn[np.ix_([view.first, view.second], [view.first, view.second])] = [[cosine, sine], [-sine, cosine]]
        return turn


@dataclass(frozen=True)
class View:
    """Which two directions are shown, and how far they are turned."""

    first: int = 0
    second: int = 1
    angle: float = 0.0  # degrees, against the clock


def film_factors(
    titles: Sequence[str],
    item_factors: ArrayLike,
    user_factors: ArrayLike,
    labelled: Sequence[int],
    directions: Mapping[str, ArrayLike] | None = None,
    groups: Mapping[str, Sequence[int]] | None = None,
) -> Map:
    """What `factor_map` shows, checked.

    Raises:
        ValueError: shapes that do not fit, fewer than two factors, no labelled film or one that does not exist.
    """
    Q, P = factor_table(item_factors, "item_factors", len(titles)), factor_table(user_factors, "user_factors", None)
    if Q.shape[1] < 2 or P.shape[1] != Q.shape[1]:
        raise ValueError(f"factors must have the same two or more columns, got {P.shape} and {Q.shape}")
    chosen = ids(labelled, "labelled", len(titles)).tolist()
    if not chosen:
        raise ValueError("labelled must hold at least one film")
    arrows = {name: floats(arrow, "directions") for name, arrow in (directions or {}).items()}
    if any(arrow.shape != (Q.shape[1],) for arrow in arrows.values()):
        raise ValueError(f"directions must have {Q.shape[1]} numbers each, got {[a.shape for a in arrows.values()]}")
    return Map(tuple(titles), Q, P, tuple(chosen), arrows, groups or {})


def factor_map(
    titles: Sequence[str],
    item_factors: ArrayLike,
    user_factors: ArrayLike,
    labelled: Sequence[int],
    *,
    directions: Mapping[str, ArrayLike] | None = None,
    groups: Mapping[str, Sequence[int]] | None = None,
    axes: tuple[int, int] = (0, 1),
    angle: float = 0.0,
) -> Picture:
    """Films as points in two directions of a factorization, turned by an angle.

    Args:
        titles: by item, shape (n,).
        item_factors: Q, shape (n, k), k >= 2.
        user_factors: P, shape (m, k).
        labelled: the items whose titles are shown, about a dozen.
        directions: arrows by name, vectors of length k: where a planted axis points, say. They turn with the films.
        groups: item numbers by the name of the group, up to 8; a group has a colour and a marker.
        axes: the numbers of the two directions, from 0.
        angle: by how much both films and people are turned in this plane, in degrees.

    Raises:
        ValueError: shapes that do not fit, fewer than two factors, or a number that names nothing.
    """
    films = film_factors(titles, item_factors, user_factors, labelled, directions, groups)
    return still(map_scene(films), checked_view(films, View(*axes, angle)))


def checked_view(films: Map, view: View) -> View:
    """A view that can be shown.

    Raises:
        ValueError: axes that do not exist, or twice the same.
    """
    k = films.item_factors.shape[1]
    if not all(is_whole(axis) and axis < k for axis in (view.first, view.second)) or view.first == view.second:
        raise ValueError(f"axes must be two different numbers from 0 to {k - 1}, got {(view.first, view.second)}")
    return view


def map_scene(films: Map) -> Scene[View]:
    """The axes stay, films and arrows move. The state is the view."""
    return Scene((8.3, 5.2), lambda figure: MapStage(figure, films))


class MapStage:
    """Films in two directions."""

    def __init__(self, figure: Figure, films: Map) -> None:
        self.films = films
        axes = figure.subplots()
        labels = {item: films.titles[item] for item in films.labelled}
        everything = np.concatenate([films.item_factors, *(arrow[None] for arrow in films.directions.values())])
        reach = max(map_reach(everything[:, [a, b]]) for a in range(everything.shape[1]) for b in range(a))
        self.marks = MapMarks(axes, len(films.titles), labels, reach, groups=films.groups, arrows=[*films.directions])
        if films.groups:
            axes.legend(handles=self.marks.groups, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
        self.title = axes.set_title("", loc="left")
        style: dict[str, Any] = {"transform": axes.transAxes, "color": GREY, "fontsize": 10}
        self.labels = (
            axes.text(0.99, 0.01, "", ha="right", va="bottom", **style),
            axes.text(0.01, 0.99, "", ha="left", va="top", **style),
        )
        self.moving: Sequence[Artist] = (*self.marks.moving, self.title, *self.labels)

    def draw(self, view: View) -> str:
        """Show a view; return the alt text."""
        films, turn = self.films, self.films.turn(view)
        pair = [view.first, view.second]
        tips = np.array(list(films.directions.values())).reshape(-1, len(turn)) @ turn[:, pair]
        self.marks.show(films.item_factors @ turn[:, pair], tips)
        self.title.set_text(map_message(view))
        for label, axis, way in zip(self.labels, pair, "→↑", strict=True):
            label.set_text(f"direction {axis + 1}{', turned' if view.angle else ''} {way}")
        return _map_alt(films, view, films.item_factors @ turn)


def map_message(view: View) -> str:
    """What the picture says, in one line."""
    pair = f"directions {view.first + 1} and {view.second + 1}"
    if not view.angle:
        return f"Films in {pair}: neighbours please the same people"
    # The same text at all angles: a new one would have to be drawn letter by letter.
    return f"{pair[0].upper()}{pair[1:]}, turned: each film moves, no prediction does"


def _map_alt(films: Map, view: View, turned: Floats) -> str:
    places = "; ".join(
        f"{films.titles[item]} ({turned[item, view.first]:+.2f}, {turned[item, view.second]:+.2f})"
        for item in films.labelled
    )
    arrows = ", ".join(
        f"{name} to ({tip[view.first]:+.2f}, {tip[view.second]:+.2f})"
        for name, tip in ((name, arrow @ films.turn(view)) for name, arrow in films.directions.items())
    )
    return (
        f"{len(films.titles)} films as points in directions {view.first + 1} and {view.second + 1}, turned by "
        f"{view.angle:g} degrees. {places}.{f' Arrows: {arrows}.' if arrows else ''} {map_message(view)}."
    )
