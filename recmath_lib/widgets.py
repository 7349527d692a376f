"""Things to move: a figure that redraws in a few milliseconds, panels of controls around it, and the course's widgets.

A widget is a state, a scene that draws it (`recmath_lib.plots`), a caption, and controls that turn one state into the
next. Errors of a control are shown where you look; Jupyter would hide them in a log.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Generic

import ipywidgets  # type: ignore[import-untyped]
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imsave

from recmath_lib.plots import CSS_PIXELS_PER_INCH, Picture, Scene, State, css_width, house, image, still

LIVE_SHARPNESS = 1.25  # pixels per CSS pixel: 10 ms to encode; 2 would take 25


class LiveFigure(Generic[State]):
    """A scene on the screen: the frame is drawn once, each state only adds what moves.

    Args:
        scene: what to draw.
        state: the state to begin with. The layout makes room for it and is then fixed.
    """

    def __init__(self, scene: Scene[State], state: State) -> None:
        self.scene = scene
        self.figure = Figure(figsize=scene.size, dpi=LIVE_SHARPNESS * CSS_PIXELS_PER_INCH, layout="constrained")
        self.canvas = FigureCanvasAgg(self.figure)
        self.view = ipywidgets.HTML()
        with house():
            self.axes = list(scene.frame(self.figure))
            self._fix_layout(state)
        self.canvas.draw()
        self.background = self.canvas.copy_from_bbox(self.figure.bbox)
        self.show(state)

    def show(self, state: State) -> None:
        """Draw a state into `view`; an error leaves the last picture standing."""
        kept = _artists(self.axes)
        try:
            with house():
                alt = self.scene.draw(self.axes, state)
            self.canvas.restore_region(self.background)
            for artist in sorted(_artists(self.axes) - kept, key=Artist.get_zorder):
                self.figure.draw_artist(artist)
            for axes in self.axes:
                self.figure.draw_artist(_title(axes))
            png = _png(np.asarray(self.canvas.buffer_rgba()))
        finally:
            self._clear(kept)
        self.view.value = image(png, alt, css_width(self.figure))
        self.state, self.alt = state, alt

    def still(self) -> Picture:
        """The picture of the present state, sharp."""
        return still(self.scene, self.state)

    def _fix_layout(self, state: State) -> None:
        """Lay out with everything in place, titles too, then never again: a moving layout would move the frame."""
        kept = _artists(self.axes)
        self.scene.draw(self.axes, state)
        self.figure.draw_without_rendering()
        self.figure.set_layout_engine("none")
        self._clear(kept)

    def _clear(self, kept: set[Artist]) -> None:
        for artist in _artists(self.axes) - kept:
            artist.remove()
        for axes in self.axes:
            axes.set_title("", loc="left")


def _artists(every: Sequence[Axes]) -> set[Artist]:
    return {artist for axes in every for artist in axes.get_children()}


def _title(axes: Axes) -> Artist:
    return axes.set_title(axes.get_title(loc="left"), loc="left")


def _png(pixels: np.ndarray) -> bytes:
    buffer = BytesIO()
    imsave(buffer, pixels, format="png", pil_kwargs={"compress_level": 1})
    return buffer.getvalue()
