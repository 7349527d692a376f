"""The picture of lesson 00: a taste and the films it chooses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from recmath_lib.plots.base import (
    BEHIND,
    BLUE,
    GREY,
    INK,
    ROW,
    SKY,
    VERMILLION,
    Picture,
    Scene,
    bar_marks,
    fill_column,
    set_bars,
    short_title,
    still,
    text_column,
)

# ---- a taste and the films it chooses --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Taste:
    """Where a visitor stands on the named axes, and what that chooses."""

    vector: tuple[float, ...]  # by axis
    films: tuple[tuple[str, float, float], ...]  # title, predicted stars, stars without any taste; best first


def taste_picture(axis_names: Sequence[str], taste: Taste, reach: float) -> Picture:
    """A taste vector on its named axes, beside the films it chooses.

    Args:
        axis_names: one per axis; "left <-> right" names both ends.
        taste: the vector and the chosen films.
        reach: the largest value an axis can show, > 0.
    """
    return still(taste_scene(axis_names, len(taste.films), reach), taste)


MOST_STARS = 6  # bars end here, a little beyond the scale; the number tells the prediction, wherever it is


def taste_scene(axis_names: Sequence[str], n_films: int, reach: float) -> Scene[Taste]:
    """A taste vector of at most `reach` on each axis, beside n_films chosen films."""
    return Scene((8.3, 0.95 + 0.27 * n_films), lambda figure: TasteStage(figure, axis_names, n_films, reach))


class TasteStage:
    """A taste vector beside the films it chooses."""

    def __init__(self, figure: Figure, axis_names: Sequence[str], n_films: int, reach: float) -> None:
        self.axis_names, self.gap = axis_names, 0.05 * reach
        vector, chosen = figure.subplots(1, 2, width_ratios=(1, 1.35))
        figure.set_layout_engine("constrained", wspace=0.06)
        _vector_frame(vector, axis_names, reach)
        _chosen_frame(chosen, n_films)
        self.title = vector.set_title("", loc="left")
        self.left, self.right = bar_marks(vector, color=BLUE), bar_marks(vector, color=VERMILLION)
        self.values = [vector.text(0, row, "", **ROW) for row in range(len(axis_names))]
        self.stars = bar_marks(chosen, color=SKY)
        (self.anybody,) = chosen.plot([], [], "D", color=INK, markersize=4.5)
        self.names, self.numbers = text_column(chosen, -7.4, n_films), text_column(chosen, 0, n_films)
        texts = (self.title, *self.values, *self.names, *self.numbers)
        self.moving: Sequence[Artist] = (self.left, self.right, self.stars, self.anybody, *texts)

    def draw(self, taste: Taste) -> str:
        """Show a taste; return the alt text."""
        self.title.set_text(taste_message(self.axis_names, taste))
        self._draw_vector(taste.vector)
        stars = [min(stars, MOST_STARS) for _, stars, _ in taste.films]
        anybody = [min(stars, MOST_STARS) for _, _, stars in taste.films]
        ranks = range(1, len(stars) + 1)
        set_bars(self.stars, ranks, stars, 0.31)
        self.anybody.set_data(anybody, ranks)
        fill_column(self.names, [short_title(title, 30) for title, _, _ in taste.films])
        fill_column(self.numbers, [f"{star:.1f}" for _, star, _ in taste.films])
        for text, *ends in zip(self.numbers, stars, anybody, strict=True):
            text.set_x(max(ends) + 0.2)
        return _taste_alt(self.axis_names, taste)

    def _draw_vector(self, vector: Sequence[float]) -> None:
        rows = range(len(vector))
        set_bars(self.left, rows, [min(value, 0) for value in vector], 0.17)
        set_bars(self.right, rows, [max(value, 0) for value in vector], 0.17)
        fill_column(self.values, [f"{value:+.2f}" for value in vector])
        for text, value in zip(self.values, vector, strict=True):
            text.set(x=value + math.copysign(self.gap, value), ha="right" if value < 0 else "left")


def _vector_frame(axes: Axes, axis_names: Sequence[str], reach: float) -> None:
    axes.set(xlim=(-1.35 * reach, 1.35 * reach), ylim=(len(axis_names) - 0.4, -0.6), yticks=[], xlabel="your taste")
    axes.spines["left"].set_visible(False)
    axes.axvline(0, color=GREY, linewidth=0.8, zorder=BEHIND)
    for row, name in enumerate(axis_names):
        left, right = _ends(name)
        axes.text(-1.3 * reach, row - 0.33, left, fontsize=9.5)
        axes.text(1.3 * reach, row - 0.33, right, ha="right", fontsize=9.5)


def _chosen_frame(axes: Axes, n_films: int) -> None:
    axes.set(xlim=(-8.2, 7.2), ylim=(n_films + 0.6, 0.4), yticks=[], xticks=[1, 2, 3, 4, 5])
    axes.set_xlabel("predicted stars (◆ before your ratings)", loc="right")
    axes.spines["left"].set_visible(False)
    for rank in range(1, n_films + 1):
        axes.text(-7.7, rank, str(rank), ha="right", **ROW)


def _ends(name: str) -> tuple[str, str]:
    left, _, right = name.partition("<->")
    return (left.strip(), right.strip()) if right else ("", name)


def taste_message(axis_names: Sequence[str], taste: Taste) -> str:
    """The strongest axis of a taste, and the first film it chooses."""
    title = taste.films[0][0]
    if not any(taste.vector):
        return f"No ratings yet: {title} leads, as it would for anybody"
    axis = max(range(len(taste.vector)), key=lambda a: abs(taste.vector[a]))
    left, right = _ends(axis_names[axis])
    return f"You lean to {left if left and taste.vector[axis] < 0 else right}: begin with {title}"


def _taste_alt(axis_names: Sequence[str], taste: Taste) -> str:
    axes = ", ".join(f"{name} {value:+.2f}" for name, value in zip(axis_names, taste.vector, strict=True))
    films = "; ".join(f"{rank} {title} {stars:.1f}" for rank, (title, stars, _) in enumerate(taste.films, start=1))
    return f"Your taste: {axes}. Your films with predicted stars: {films}. Diamonds: stars without knowing your taste."
