"""Still pictures of lesson 03: singular values side by side, and the films at both ends of a direction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike, NDArray

from recmath_lib._arguments import factor_table, floats, ids, is_whole
from recmath_lib.plots.base import BLUE, GREY, MARKS, VERMILLION, Picture, one_axes, one_figure

Floats = NDArray[np.floating]


# ---- singular values side by side ------------------------------------------------------------------------------------


def scree(spectra: Mapping[str, ArrayLike], *, n_values: int = 12) -> Picture:
    """Singular values in falling order, each table's as a share of its largest.

    Args:
        spectra: falling singular values by the (short) name of their table, up to six; the title looks for the widest
            step in the first one.
        n_values: how many of each to show, from 2 to the shortest spectrum.

    Raises:
        ValueError: no table or more than six, values that do not fall, a largest of 0, or n_values out of range.
    """
    curves = {name: _shares(values, name) for name, values in spectra.items()}
    if not 1 <= len(curves) <= len(MARKS):
        raise ValueError(f"spectra must hold 1 to {len(MARKS)} tables, got {len(curves)}")
    shortest = min(map(len, curves.values()))
    if not is_whole(n_values, 2) or n_values > shortest:
        raise ValueError(f"n_values must be an integer from 2 to {shortest}, got {n_values!r}")
    cut = {name: shares[:n_values] for name, shares in curves.items()}
    return one_axes((7.2, 3.4), lambda axes: _draw_scree(axes, cut))


def _shares(values: ArrayLike, name: str) -> Floats:
    s = floats(values, f"spectra[{name!r}]")
    if s.ndim != 1 or s.size < 2 or not s[0] > 0 or not np.all(np.diff(s) <= 0) or not np.all(s >= 0):
        raise ValueError(f"spectra[{name!r}] must be two or more falling numbers >= 0, the first > 0")
    return s / s[0]


def _draw_scree(axes: Axes, curves: Mapping[str, Floats]) -> str:
    for (name, shares), (colour, marker, dash) in zip(curves.items(), MARKS, strict=False):
        places = range(1, len(shares) + 1)
        axes.plot(places, shares, marker=marker, linestyle=dash, color=colour, markersize=6, label=name)
    axes.set(xlabel="place of the singular value", ylabel="share of the largest", ylim=(0, 1.06), xticks=places)
    axes.legend(frameon=False)
    message = _step_message(curves)
    axes.set_title(message)
    lines = "; ".join(f"{name}: {', '.join(f'{x:.2f}' for x in shares)}" for name, shares in curves.items())
    return f"{message}. Singular values as shares of the largest, in falling order. {lines}."


def _step_message(curves: Mapping[str, Floats]) -> str:
    """Where the first table has its widest step, and how wide each table's step is there."""
    first = next(iter(curves.values()))
    place = int(np.argmax(first[:-1] / np.maximum(first[1:], 1e-12)))
    steps = (f"{_ratio(shares[place], shares[place + 1])} ({name})" for name, shares in curves.items())
    return f"Value {place + 1} over value {place + 2}: {', '.join(steps)}"


def _ratio(above: float, below: float) -> str:
    return f"{above / below:.1f}" if below > 1e-12 * above else "∞"


# ---- films at both ends of a direction -------------------------------------------------------------------------------


def direction_ends(
    titles: Sequence[str], item_vectors: ArrayLike, *, directions: Sequence[int] = (0, 1, 2), n_films: int = 6
) -> Picture:
    """The films with the largest and the smallest entries of some directions.

    Args:
        titles: by item, shape (n,).
        item_vectors: B or Q, shape (n, k).
        directions: numbers of columns from 0, one to three of them.
        n_films: how many at each end, from 1 to n / 2.

    Raises:
        ValueError: shapes that do not fit, a direction that does not exist, or n_films out of range.
    """
    vectors = factor_table(item_vectors, "item_vectors", len(titles))
    columns = ids(directions, "directions", vectors.shape[1]).tolist()
    if not 1 <= len(columns) <= 3:
        raise ValueError(f"directions must be one to three numbers, got {len(columns)}")
    if not is_whole(n_films, 1) or 2 * n_films > len(titles):
        raise ValueError(f"n_films must be an integer from 1 to {len(titles) // 2}, got {n_films!r}")
    return one_figure(
        (8.3, 0.95 + 0.62 * n_films), lambda figure: _draw_panels(figure, titles, vectors, columns, n_films)
    )


def _draw_panels(figure: Figure, titles: Sequence[str], vectors: Floats, columns: Sequence[int], n_films: int) -> str:
    panels = figure.subplots(1, len(columns), squeeze=False)[0]
    figure.suptitle("The films at both ends: which names would you give?", x=0.01, ha="left", fontweight="bold")
    return " ".join(
        _draw_ends(axes, titles, vectors[:, column], column, n_films)
        for axes, column in zip(panels, columns, strict=True)
    )


def _draw_ends(axes: Axes, titles: Sequence[str], values: Floats, direction: int, n_films: int) -> str:
    order = np.argsort(-values, kind="stable")
    ends = np.concatenate([order[:n_films], order[-n_films:]])
    rows = np.append(np.arange(n_films), np.arange(n_films) + n_films + 0.6)
    axes.barh(rows, values[ends], height=0.62, color=[BLUE if value > 0 else VERMILLION for value in values[ends]])
    reach, gap = 1.1 * float(np.abs(values).max()), 0.04 * float(np.abs(values).max())
    for row, item in zip(rows, ends, strict=True):
        side = -1 if values[item] > 0 else 1
        words = "\n".join(wrap(titles[item], 18, max_lines=2, placeholder="…"))
        where: dict[str, Any] = {"ha": "right" if side < 0 else "left", "va": "center"}
        axes.text(side * gap, row, words, fontsize=9, linespacing=0.9, **where).set_in_layout(False)
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set(yticks=[], xlim=(-1.1 * reach, 1.1 * reach), ylim=(rows[-1] + 0.7, -0.7))
    axes.set_xlabel(f"entry of direction {direction + 1}")
    axes.spines["left"].set_visible(False)
    highest, lowest = ("; ".join(titles[item] for item in end) for end in (order[:n_films], order[::-1][:n_films]))
    return f"Direction {direction + 1}: positive end: {highest}. Negative end: {lowest}."
