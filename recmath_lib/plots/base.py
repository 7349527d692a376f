"""Pictures: the house style, and scenes that turn a state into marks on axes and the words that describe them.

A scene puts its marks on a stage once; `stage.draw(state)` moves them and returns the alt text. So one scene serves the
still picture, the live widget and the tests.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BytesIO
from itertools import chain, repeat
from types import MappingProxyType
from typing import Any, Generic, Protocol, TypeVar

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

# Okabe and Ito's palette: told apart with every kind of colour vision. A marker, dash or hatch always says it too.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
INK, GREY, PALE = "#222222", "#595959", "#D9D9D9"
MARKS = (
    (BLUE, "o", "-"),
    (VERMILLION, "s", "--"),
    (GREEN, "^", "-."),
    (PURPLE, "D", ":"),
    (ORANGE, "v", "-"),
    (BLACK, "x", "--"),
)

CSS_PIXELS_PER_INCH = 96
SHARP = 2  # pixels per CSS pixel in a still picture, for dense screens

HOUSE: Mapping[Any, Any] = MappingProxyType(
    {
        "font.size": 10,
        "axes.titlesize": 11.5,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titlepad": 10,
        "axes.labelsize": 10,
        "axes.labelcolor": INK,
        "axes.edgecolor": GREY,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "grid.color": PALE,
        "xtick.color": INK,
        "ytick.color": INK,
        "xtick.labelsize": 9.5,
        "ytick.labelsize": 9.5,
        "text.color": INK,
        "text.parse_math": False,  # a film may cost $5 and earn $6
        "lines.linewidth": 2,
        "hatch.linewidth": 0.8,
    }
)

State = TypeVar("State")
Shown = TypeVar("Shown", contravariant=True)


def house() -> AbstractContextManager[None]:
    """The house style for as long as the `with` lasts; nothing global stays changed."""
    return matplotlib.rc_context(dict(HOUSE))


@dataclass(frozen=True)
class Picture:
    """A PNG with the words that say what it shows."""

    png: bytes
    alt: str
    width: int  # CSS pixels

    @property
    def html(self) -> str:
        """An `<img>` that carries the picture and its alt text."""
        return image(self.png, self.alt, self.width)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/html": self.html, "text/plain": self.alt}


def image(png: bytes, alt: str, width: int) -> str:
    """HTML of a PNG, never wider than the page."""
    data = base64.b64encode(png).decode("ascii")
    return f'<img alt="{html.escape(alt)}" width="{width}" style="max-width: 100%" src="data:image/png;base64,{data}">'


def picture(figure: Figure, alt: str) -> Picture:
    """A figure as a still picture.

    Args:
        figure: a `matplotlib.figure.Figure`; pyplot is not needed.
        alt: what to see in it, for those who do not see it.

    Raises:
        ValueError: an alt text without a word in it.
    """
    if not alt.strip():
        raise ValueError(f"alt must say what the figure shows, got {alt!r}")
    figure.set_dpi(SHARP * CSS_PIXELS_PER_INCH)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Picture(_small_png(canvas), alt, css_width(figure))


def _small_png(canvas: FigureCanvasAgg) -> bytes:
    """A PNG of 256 colours: a third of the size, and the eye does not miss the others."""
    buffer = BytesIO()
    Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB").quantize(256).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def css_width(figure: Figure) -> int:
    """Width of a figure in CSS pixels."""
    return round(figure.get_figwidth() * CSS_PIXELS_PER_INCH)


class Stage(Protocol[Shown]):
    """A figure with its marks in place."""

    moving: Sequence[Artist]  # the marks that a state changes; all others stay

    def draw(self, state: Shown) -> str:
        """Set the moving marks to a state; return the alt text."""


@dataclass(frozen=True)
class Scene(Generic[State]):
    """A picture that depends on a state.

    Args:
        size: width and height in inches; one inch is 96 CSS pixels.
        stage: puts all marks into a figure. Limits, ticks and labels belong to what stays.
    """

    size: tuple[float, float]
    stage: Callable[[Figure], Stage[State]]


def still(scene: Scene[State], state: State) -> Picture:
    """The scene's picture of one state."""
    with house():
        figure = Figure(figsize=scene.size, layout="constrained")
        return picture(figure, scene.stage(figure).draw(state))


def one_axes(size: tuple[float, float], draw: Callable[[Axes], str]) -> Picture:
    return one_figure(size, lambda figure: draw(figure.subplots()))


def one_figure(size: tuple[float, float], draw: Callable[[Figure], str]) -> Picture:
    """A still picture; `draw` puts the marks into the figure and returns the alt text."""
    with house():
        figure = Figure(figsize=size, layout="constrained")
        return picture(figure, draw(figure))


def text_column(axes: Axes, x: float, n: int, **style: Any) -> list[Text]:
    """Empty texts, one per row 1..n."""
    return [axes.text(x, row, "", **{**ROW, **style}) for row in range(1, n + 1)]


def fill_column(column: Sequence[Text], words: Sequence[str], colours: Sequence[str] | None = None) -> None:
    """Write a column; what is left of it stays empty."""
    for text, word in zip(column, chain(words, repeat("")), strict=False):
        text.set_text(word)
    for text, colour in zip(column, colours or (), strict=False):
        text.set_color(colour)


def bar_marks(axes: Axes, **style: Any) -> PolyCollection:
    """Horizontal bars, none yet. One collection draws faster than many rectangles."""
    bars = PolyCollection([], **{"linewidth": 0, **style})
    axes.add_collection(bars, autolim=False)
    return bars


def set_bars(bars: PolyCollection, rows: Iterable[float], widths: Iterable[float], half: float) -> None:
    corners = [((0, y - half), (x, y - half), (x, y + half), (0, y + half)) for y, x in zip(rows, widths, strict=False)]
    bars.set_verts(corners)


BEHIND = 0.5  # what stays is drawn first, so it must lie behind what moves
ROW: Mapping[str, Any] = MappingProxyType({"va": "center", "fontsize": 9.5})


def short_title(title: str, length: int = 24) -> str:
    return title if len(title) <= length else title[: length - 1].rstrip() + "…"
