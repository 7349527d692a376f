"""Things to move: a figure that redraws in a few milliseconds, panels of controls around it, and the course's widgets.

A widget is a state, a scene that draws it (`recmath_lib.plots`), a caption, and controls that turn one state into the
next. Errors of a control are shown where you look; Jupyter would hide them in a log.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Generic

import ipywidgets  # type: ignore[import-untyped]
import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import IdentityTransform

from recmath_lib.plots.base import (
    CSS_PIXELS_PER_INCH,
    Picture,
    Scene,
    Stage,
    State,
    css_width,
    house,
    image,
    still,
)
from recmath_lib.teaching import predicted
from recmath_lib.widgets.png import PaletteWriter

LIVE_SHARPNESS = 1.25  # pixels per CSS pixel; with 2 there would be two and a half times as many to draw and send


class LiveFigure(Generic[State]):
    """A scene on the screen: what stays is drawn once, each state only draws what moves.

    Args:
        scene: what to draw.
        state: the state to begin with. The layout makes room for it and is then fixed.
    """

    def __init__(self, scene: Scene[State], state: State) -> None:
        self.scene, self.view = scene, ipywidgets.HTML()
        self.figure = Figure(figsize=scene.size, dpi=LIVE_SHARPNESS * CSS_PIXELS_PER_INCH, layout="constrained")
        self.canvas = FigureCanvasAgg(self.figure)
        with house():
            self.stage = scene.stage(self.figure)
            self.stage.draw(state)
        self._fix_layout()
        self.canvas.draw()
        self.background = self.canvas.copy_from_bbox(self.figure.bbox)
        self.pixels = np.asarray(self.canvas.buffer_rgba())
        self._writer = PaletteWriter(self.pixels)
        self._stamps = Stamps(RendererAgg(*self.canvas.get_width_height(), self.figure.dpi))
        self.show(state)

    def show(self, state: State) -> None:
        """Draw a state into `view`; an error leaves the last picture standing."""
        alt = self.stage.draw(state)
        self.canvas.restore_region(self.background)
        for artist in self.order:
            self._paint(artist)
        self.view.value = image(self._writer.png(self.pixels), alt, css_width(self.figure))
        self.state, self.alt = state, alt

    def still(self) -> Picture:
        """The picture of the present state, sharp."""
        return still(self.scene, self.state)

    def _paint(self, artist: Artist) -> None:
        if type(artist) is Text:
            self._stamps.press(artist, self.pixels)
        else:
            self.figure.draw_artist(artist)

    def _fix_layout(self) -> None:
        """Lay out with everything in place, titles too, then never again: a moving layout would move what stays."""
        self.figure.draw_without_rendering()
        self.figure.set_layout_engine("none")
        self.order = sorted(self.stage.moving, key=Artist.get_zorder)
        for artist in self.order:
            artist.set_animated(True)


class Stamps:
    """Texts drawn once and then copied: a letter takes 0.1 ms to draw, and a list of films has hundreds.

    Args:
        renderer: a canvas to draw on that nobody sees, of the figure's size.
    """

    LIMIT = 2000  # some 10 MB

    def __init__(self, renderer: RendererAgg) -> None:
        self._renderer = renderer
        self._stamps: dict[tuple[Any, ...], tuple[int, int, np.ndarray]] = {}

    def press(self, text: Text, pixels: np.ndarray) -> None:
        """Put a text on an RGBA picture, in place, to the nearest pixel."""
        if not text.get_visible() or not text.get_text():
            return
        right, up = text.get_transform().transform(text.get_unitless_position())
        below, beside, cover = self._stamp(text)
        top, left = round(pixels.shape[0] - up) + below, round(right) + beside
        under = pixels[max(top, 0) : max(top + cover.shape[0], 0), max(left, 0) : max(left + cover.shape[1], 0), :3]
        cover = cover[max(-top, 0) :, max(-left, 0) :][: under.shape[0], : under.shape[1], None]
        ink = np.rint(np.multiply(to_rgb(text.get_color()), 255)).astype(np.uint16)
        under[:] = (under * (255 - cover) + ink * cover + 127) // 255

    def _stamp(self, text: Text) -> tuple[int, int, np.ndarray]:
        """Where the ink of a text begins, below and beside its anchor, and how much of each pixel it covers."""
        align = text.get_horizontalalignment(), text.get_verticalalignment()
        key = (text.get_text(), text.get_fontproperties(), text.get_rotation(), *align)
        if key not in self._stamps:
            if len(self._stamps) >= self.LIMIT:
                self._stamps.clear()
            self._stamps[key] = self._cut(text)
        return self._stamps[key]

    def _cut(self, text: Text) -> tuple[int, int, np.ndarray]:
        """Draw a text on the empty canvas, where it has room, and cut it out."""
        width, height = int(self._renderer.width), int(self._renderer.height)
        anchor = {"left": width // 50, "center": width // 2, "right": width - width // 50}[
            text.get_horizontalalignment()
        ]
        before = text.get_transform(), text.get_position()
        text.set(transform=IdentityTransform(), position=(anchor, height // 2))
        self._renderer.clear()
        text.draw(self._renderer)
        text.set(transform=before[0], position=before[1])
        cover = np.asarray(self._renderer.buffer_rgba())[..., 3]
        rows, columns = _span(cover.max(axis=1)), _span(cover.max(axis=0))
        return rows.start - (height - height // 2), columns.start - anchor, cover[rows, columns].astype(np.uint16)


def _span(inked: np.ndarray) -> slice:
    found = np.flatnonzero(inked)
    return slice(int(found[0]), int(found[-1]) + 1) if found.size else slice(0, 0)


class Panel(ipywidgets.VBox):
    """Controls above a live figure and its caption. Without a kernel it shows the same figure as a still picture.

    Args:
        scene: what to draw.
        state: the state to begin with.
        caption: the HTML below the figure, from the state.
        states: every setting of the controls, for tests.
    """

    def __init__(
        self, scene: Scene[Any], state: Any, caption: Callable[[Any], str], states: Callable[[], Sequence[Any]]
    ) -> None:
        self.live = LiveFigure(scene, state)
        self.controls: dict[str, Any] = {}
        self.states = states
        self._caption, self._caption_view, self._alert = (caption, ipywidgets.HTML(), ipywidgets.HTML())
        wrap = {"flex_flow": "row wrap", "grid_gap": "0 12px", "max_width": f"{css_width(self.live.figure)}px"}
        self._bar = ipywidgets.Box(layout=ipywidgets.Layout(**wrap))
        super().__init__([self._bar, self.live.view, self._caption_view, self._alert])
        self.show(state)

    @property
    def state(self) -> Any:
        """The state on the screen."""
        return self.live.state

    @property
    def caption(self) -> str:
        """The HTML below the figure."""
        return str(self._caption_view.value)

    @property
    def alert(self) -> str:
        """The error on the screen; empty while all is well."""
        return str(self._alert.value)

    def add(self, name: str, control: Any, step: Callable[[Any, Any], Any]) -> None:
        """Put a control above the figure; `step(state, value)` is the state it leads to."""
        self._place(name, control)
        control.observe(lambda change: self.act(lambda state: step(state, change.new)), names="value")

    def add_button(self, name: str, button: Any, step: Callable[[Any], Any]) -> None:
        """Put a button above the figure; `step(state)` is the state it leads to. Buttons stay awake, so focus stays."""
        self._place(name, button)
        button.on_click(lambda _: self.act(step))

    def add_steps(self, last: int, step: Callable[[Any, int], Any]) -> None:
        """Put up a slider of steps from 0 to `last`, a button that makes one step, and one that goes back to the start.

        Args:
            last: number of the last step.
            step: `step(state, number)` is the state after so many steps.
        """
        slider = ipywidgets.IntSlider(self.state.step, 0, last, description="Step")
        self.add("step", slider, step)
        for name, text, goal in (("next", "Step", lambda now: min(now + 1, last)), ("reset", "Reset", lambda _: 0)):
            button = ipywidgets.Button(description=text, layout=ipywidgets.Layout(width="80px"))
            self._place(name, button)
            button.on_click(partial(_slide, slider, goal))

    def act(self, step: Callable[[Any], Any]) -> None:
        """Go to the next state. An error is shown below the figure, then raised: Jupyter itself shows none."""
        try:
            self.show(step(self.state))
        except Exception as error:
            self._alert.value = _alert(error)
            raise

    def show(self, state: Any) -> None:
        """Draw a state and its caption."""
        caption = self._caption(state)
        self.live.show(state)
        self._caption_view.value, self._alert.value = caption, ""

    def _place(self, name: str, control: Any) -> None:
        self.controls[name] = control
        self._bar.children = (*self._bar.children, control)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        still = self.live.still()
        hint = "A still picture. Run this cell to move it."
        twin = {"text/html": f"{still.html}<p><em>{hint}</em></p>", "text/plain": still.alt}
        return {**(super()._repr_mimebundle_(**kwargs) or {}), **twin}


def _slide(slider: Any, goal: Callable[[int], int], _button: Any) -> None:
    """Move a slider; whoever watches it draws."""
    slider.value = goal(slider.value)


class PartStage(Generic[State]):
    """A stage that shows a part of a larger state."""

    def __init__(self, stage: Stage[State], part: Callable[[Any], State]) -> None:
        self.stage, self.part = stage, part
        self.moving = stage.moving

    def draw(self, state: Any) -> str:
        """Show the part; return the alt text."""
        return self.stage.draw(self.part(state))


def part_of(scene: Scene[State], part: Callable[[Any], State]) -> Scene[Any]:
    return Scene(scene.size, lambda figure: PartStage(scene.stage(figure), part))


def _alert(error: Exception) -> str:
    words = html.escape(f"{type(error).__name__}: {error}")
    return f'<div role="alert"><b>This move failed, the picture has not changed.</b> {words}</div>'


CELL = 'style="text-align: right; padding: 1px 12px; line-height: 1.5"'
LABEL = 'style="text-align: left; padding: 1px 12px; line-height: 1.5; font-weight: normal"'


def value_table(names: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    head = "".join(f'<th scope="col" {CELL}>{html.escape(name)}</th>' for name in names)
    body = "".join(f"<tr>{_cells(label, values)}</tr>" for label, values in rows)
    return f"<table><tr><td></td>{head}</tr>{body}</table>"


def _cells(label: str, values: Sequence[str]) -> str:
    cells = "".join(f"<td {CELL}>{value}</td>" for value in values)
    return f'<th scope="row" {LABEL}>{html.escape(label) or "&nbsp;"}</th>{cells}'


def prediction_told(widget_id: str) -> str:
    choice = predicted(widget_id)
    return f"<p>You predicted: <b>{html.escape(choice)}</b>. Is that what you see?</p>" if choice else ""
