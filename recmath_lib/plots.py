"""Pictures: the house style, and scenes that turn a state into marks on axes and the words that describe them.

A scene has two parts. `frame` draws what never changes and returns the axes; `draw` adds what the state changes and
returns the alt text. So one scene serves the still picture, the live widget and the tests.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from io import BytesIO
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's palette: told apart with every kind of colour vision. A marker, dash or hatch always says it too.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
INK, GREY, PALE = "#222222", "#595959", "#D9D9D9"

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
    """HTML of a PNG, never wider than the page.

    Raises:
        ValueError: an alt text without a word in it.
    """
    if not alt.strip():
        raise ValueError(f"alt must say what the figure shows, got {alt!r}")
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
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=SHARP * CSS_PIXELS_PER_INCH)
    made = Picture(buffer.getvalue(), alt, css_width(figure))
    image(made.png, made.alt, made.width)  # refuses an empty alt text here, not when it is shown
    return made


def css_width(figure: Figure) -> int:
    """Width of a figure in CSS pixels."""
    return round(figure.get_figwidth() * CSS_PIXELS_PER_INCH)


@dataclass(frozen=True)
class Scene(Generic[State]):
    """A picture that depends on a state.

    Args:
        size: width and height in inches; one inch is 96 CSS pixels.
        frame: draws what never changes into a figure and returns its axes.
        draw: adds to the axes what the state changes, sets their left titles, returns the alt text. It sets no limits,
            ticks or labels: those belong to the frame.
    """

    size: tuple[float, float]
    frame: Callable[[Figure], Sequence[Axes]]
    draw: Callable[[Sequence[Axes], State], str]


def still(scene: Scene[State], state: State) -> Picture:
    """The scene's picture of one state."""
    with house():
        figure = Figure(figsize=scene.size, layout="constrained")
        alt = scene.draw(scene.frame(figure), state)
        return picture(figure, alt)
