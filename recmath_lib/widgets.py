"""Things to move: a figure that redraws in a few milliseconds, panels of controls around it, and the course's widgets.

A widget is a state, a scene that draws it (`recmath_lib.plots`), a caption, and controls that turn one state into the
next. Errors of a control are shown where you look; Jupyter would hide them in a log.
"""

from __future__ import annotations

import html
import math
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any, Generic, get_args

import ipywidgets  # type: ignore[import-untyped]
import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import IdentityTransform

from recmath_lib.metrics import Gain
from recmath_lib.plots import (
    CSS_PIXELS_PER_INCH,
    Picture,
    RankedList,
    Scene,
    Slide,
    Stage,
    State,
    Taste,
    css_width,
    house,
    image,
    ranked_list,
    ranking_scene,
    slide,
    staircase_scene,
    still,
    taste_scene,
)
from recmath_lib.teaching import predicted

LIVE_SHARPNESS = 1.25  # pixels per CSS pixel: 10 ms to encode; 2 would take 25


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
        self._stamps = Stamps(RendererAgg(*self.canvas.get_width_height(), self.figure.dpi))
        self.show(state)

    def show(self, state: State) -> None:
        """Draw a state into `view`; an error leaves the last picture standing."""
        alt = self.stage.draw(state)
        self.canvas.restore_region(self.background)
        for artist in self.order:
            self._paint(artist)
        self.view.value = image(_png(self.pixels), alt, css_width(self.figure))
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
        key = (text.get_text(), text.get_fontproperties(), *align)
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


def _png(pixels: np.ndarray) -> bytes:
    """An RGBA picture as PNG, rows unfiltered. Pillow tries five filters on each row and takes three times as long."""
    height, width, _ = pixels.shape
    rows = np.zeros((height, 1 + 4 * width), np.uint8)  # the 0 before each row: no filter
    rows[:, 1:] = pixels.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.data, level=1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name + data) for name, data in parts)


def _chunk(data: bytes) -> bytes:
    return struct.pack(">I", len(data) - 4) + data + struct.pack(">I", zlib.crc32(data))


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


class PartStage(Generic[State]):
    """A stage that shows a part of a larger state."""

    def __init__(self, stage: Stage[State], part: Callable[[Any], State]) -> None:
        self.stage, self.part = stage, part
        self.moving = stage.moving

    def draw(self, state: Any) -> str:
        """Show the part; return the alt text."""
        return self.stage.draw(self.part(state))


def _part(scene: Scene[State], part: Callable[[Any], State]) -> Scene[Any]:
    return Scene(scene.size, lambda figure: PartStage(scene.stage(figure), part))


def _alert(error: Exception) -> str:
    words = html.escape(f"{type(error).__name__}: {error}")
    return f'<div role="alert"><b>This move failed, the picture has not changed.</b> {words}</div>'


# ---- the ranking playground ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Move:
    """One film that changed its place, and what that did."""

    title: str
    start: int  # ranks, from 1
    end: int
    changes: tuple[tuple[str, float], ...]  # by metric


@dataclass(frozen=True)
class Playground:
    """A list to play with, and the latest moves."""

    now: RankedList
    moves: tuple[Move, ...] = ()


MEMORY = 3  # moves kept on the screen


def ranking_playground(
    titles: Sequence[str], relevance: Sequence[float], k: int = 5, *, widget_id: str = "04.w1"
) -> Panel:
    """A ranked list whose films you move: bars of gain x discount beside the ideal, and what each move changes.

    Args:
        titles: the films, best rank first, shape (n,), n >= 2.
        relevance: their grades >= 0, shape (n,).
        k: the cut-off to begin with.
        widget_id: the prediction that the caption repeats.

    Raises:
        ValueError: titles and relevance of different lengths, or what `metrics.ndcg_at_k` refuses.
    """
    start = Playground(replace(ranked_list(titles, relevance, k), chosen=0))
    scene = ranking_scene(start.now)
    caption, states = partial(_moves_caption, widget_id), partial(playground_states, start)
    panel = Panel(_part(scene, lambda state: state.now), start, caption, states)
    _add_playground_controls(panel, start)
    return panel


def _add_playground_controls(panel: Panel, start: Playground) -> None:
    films = [(f"{title} ({grade:g})", item) for item, (title, grade) in enumerate(_films(start.now))]
    panel.add(
        "film",
        ipywidgets.Dropdown(options=films, value=0, description="Film", layout=ipywidgets.Layout(width="400px")),
        choose,
    )
    for name, text, by in (("up", "Move up", -1), ("down", "Move down", +1)):
        button = ipywidgets.Button(description=text, layout=ipywidgets.Layout(width="100px"))
        panel.add_button(name, button, partial(moved, by=by))
    reset = ipywidgets.Button(description="Reset", layout=ipywidgets.Layout(width="80px"))
    panel.add_button("reset", reset, partial(reordered, order=start.now.order))
    slider = ipywidgets.IntSlider(start.now.k, 1, len(films), description="K")
    panel.add("k", slider, lambda state, k: Playground(replace(state.now, k=k)))
    gains = [("2^grade − 1", "exp"), ("grade", "linear")]
    gain = ipywidgets.Dropdown(options=gains, description="Gain", layout=ipywidgets.Layout(width="240px"))
    panel.add("gain", gain, lambda state, name: Playground(replace(state.now, gain=name)))


def _films(state: RankedList) -> Iterator[tuple[str, float]]:
    return zip(state.titles, state.relevance, strict=True)


def choose(state: Playground, item: int) -> Playground:
    """Point at another film."""
    return replace(state, now=replace(state.now, chosen=item))


def moved(state: Playground, by: int) -> Playground:
    """The chosen film changes places with its neighbour above (by = -1) or below (by = +1); at the end it stays."""
    order, place = list(state.now.order), _place(state.now)
    goal = min(max(place + by, 0), len(order) - 1)
    order[place], order[goal] = order[goal], order[place]
    after = replace(state.now, order=tuple(order))
    changes = tuple((name, value - state.now.values[name]) for name, value in after.values.items())
    move = Move(state.now.titles[order[goal]], place + 1, goal + 1, changes)
    return Playground(after, (move, *state.moves)[:MEMORY])


def reordered(state: Playground, order: Sequence[int]) -> Playground:
    """The films in this order again, no move made."""
    return Playground(replace(state.now, order=tuple(order)))


def _place(state: RankedList) -> int:
    return state.order.index(state.chosen if state.chosen is not None else state.order[0])


def playground_states(start: Playground) -> list[Playground]:
    """Every film chosen, every K and gain, each as it is and after a move up and a move down."""
    n = len(start.now.order)
    settings = product(range(n), range(1, n + 1), get_args(Gain))
    chosen = [Playground(replace(start.now, chosen=item, k=k, gain=gain)) for item, k, gain in settings]
    return [after for state in chosen for after in (state, moved(state, -1), moved(state, +1))]


def _moves_caption(widget_id: str, state: Playground) -> str:
    names = list(state.now.values)
    rows = [("now", [f"{value:.4f}" for value in state.now.values.values()])]
    rows += [(_told(move), [f"{change:+.4f}" for _, change in move.changes]) for move in state.moves]
    rows += [("", [""] * len(names))] * (1 + MEMORY - len(rows))  # the page does not jump as moves come
    return _prediction(widget_id) + _table(names, rows)


def _told(move: Move) -> str:
    way = f"rank {move.start} to {move.end}" if move.start != move.end else f"stays at rank {move.end}, the end"
    return f"{move.title}: {way}"


CELL = 'style="text-align: right; padding: 1px 12px; line-height: 1.5"'
LABEL = 'style="text-align: left; padding: 1px 12px; line-height: 1.5; font-weight: normal"'


def _table(names: Sequence[str], rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    head = "".join(f'<th scope="col" {CELL}>{name}</th>' for name in names)
    body = "".join(f"<tr>{_cells(label, values)}</tr>" for label, values in rows)
    return f"<table><tr><td></td>{head}</tr>{body}</table>"


def _cells(label: str, values: Sequence[str]) -> str:
    cells = "".join(f"<td {CELL}>{value}</td>" for value in values)
    return f'<th scope="row" {LABEL}>{html.escape(label) or "&nbsp;"}</th>{cells}'


def _prediction(widget_id: str) -> str:
    choice = predicted(widget_id)
    return f"<p>You predicted: <b>{html.escape(choice)}</b>. Is that what you see?</p>" if choice else ""


# ---- the staircase ---------------------------------------------------------------------------------------------------


def metric_staircase(
    titles: Sequence[str],
    relevance: Sequence[float],
    scores: Sequence[float],
    *,
    moving: int = 0,
    k: int = 5,
    widget_id: str = "04.w2",
) -> Panel:
    """One film's score slides; NDCG and AP stand still, then jump where it passes another film.

    Args:
        titles: the films, shape (n,), n >= 2.
        relevance: their grades >= 0, shape (n,).
        scores: their scores, shape (n,).
        moving: which film moves.
        k: how many places count.
        widget_id: the prediction that the caption repeats.

    Raises:
        ValueError: unequal lengths, fewer than two films, a `moving` that is no index, or what the metrics refuse.
    """
    films = slide(titles, relevance, scores, moving, k)
    stops, caption = slider_stops(films), partial(_slope_caption, films, widget_id)
    panel = Panel(staircase_scene(films), films.scores[moving], caption, lambda: stops)
    layout = ipywidgets.Layout(width="560px")
    ends = {"min": stops[0], "max": stops[-1], "step": STOP}
    slider = ipywidgets.FloatSlider(films.scores[moving], description="Score", layout=layout, **ends)
    panel.add("score", slider, lambda _, score: round(score, 2))  # 0.3, not 0.30000000000000004: ties are exact
    return panel


STOP = 0.05  # the slider stops here and there; scores that are multiples of it can be tied


def slider_stops(films: Slide) -> list[float]:
    """Where the slider can stop."""
    low, high = films.reach
    return [round(stop * STOP, 2) for stop in range(math.ceil(low / STOP), math.floor(high / STOP) + 1)]


def _slope_caption(films: Slide, widget_id: str, score: float) -> str:
    name = html.escape(films.titles[films.moving])
    jumps = "; ".join(_jump_told(films, films.jump(score, up), way) for up, way in ((True, "up"), (False, "down")))
    slope = "no slope at a tie" if score in films.cuts else "slope 0"
    return f"<p><b>{name}</b> at {score:.2f}: {slope}. Going {jumps}.</p>{_prediction(widget_id)}"


def _jump_told(films: Slide, jump: tuple[float, float] | None, way: str) -> str:
    if jump is None:
        return f"{way}, NDCG@{films.k} never changes"
    return f"{way}, NDCG@{films.k} next changes at {jump[0]:.2f} (film {films.letters_at(jump[0])}), by {jump[1]:+.4f}"


# ---- your taste ------------------------------------------------------------------------------------------------------

Stars = tuple[float | None, ...]  # by film to rate; None is not seen
SCALE = (None, *(half / 2 for half in range(1, 11)))


@dataclass(frozen=True)
class Model:
    """What turns stars into a taste and a taste into a list; the functions are the lesson's."""

    titles: Sequence[str]
    films: Sequence[int]
    fold_in: Callable[[np.ndarray, np.ndarray], np.ndarray]
    score: Callable[[np.ndarray], np.ndarray]

    def vector(self, stars: Stars) -> np.ndarray:
        """Taste vector of these stars."""
        seen = [(film, star) for film, star in zip(self.films, stars, strict=True) if star is not None]
        films, given = [film for film, _ in seen], [star for _, star in seen]
        return self.fold_in(np.array(films, int), np.array(given, float))

    def taste(self, stars: Stars, n: int) -> Taste:
        """The vector, and the n films with the highest predictions among those not rated."""
        vector = self.vector(stars)
        mine, anybody = self.score(vector), self.score(np.zeros_like(vector))
        rated = {film for film, star in zip(self.films, stars, strict=True) if star is not None}
        best = [film for film in np.argsort(-mine, kind="stable").tolist() if film not in rated][:n]
        films = tuple((self.titles[film], float(mine[film]), float(anybody[film])) for film in best)
        return Taste(tuple(map(float, vector)), films)

    def reach(self) -> float:
        """The largest value on an axis: a taste is linear in the stars of the films seen, so a corner has it."""
        corners = product((None, SCALE[1], SCALE[-1]), repeat=len(self.films))
        return max(float(np.abs(self.vector(corner)).max()) for corner in corners)


def taste_panel(
    titles: Sequence[str],
    films: Sequence[int],
    axis_names: Sequence[str],
    fold_in: Callable[[np.ndarray, np.ndarray], np.ndarray],
    score: Callable[[np.ndarray], np.ndarray],
    *,
    stars: Sequence[float | None] | None = None,
    n_recommended: int = 10,
    widget_id: str = "00.w1",
) -> Panel:
    """Rate a few films, see your taste vector and the films it chooses.

    Args:
        titles: all films, shape (n,).
        films: the numbers of the films to rate, shape (r,), up to six.
        axis_names: one per taste axis, "left <-> right".
        fold_in: taste vector from the numbers of the rated films and their stars, (j,) and (j,) -> (axes,).
        score: predicted stars of all films from a taste vector, (axes,) -> (n,).
        stars: ratings to begin with, shape (r,): half stars from 0.5 to 5, None for not seen.
        n_recommended: how many films to recommend.
        widget_id: the prediction that the caption repeats.

    Raises:
        ValueError: no film to rate or more than six, as many stars as there are not films, or stars off the scale.
    """
    model, start = Model(titles, films, fold_in, score), _checked_stars(films, stars)
    taste = partial(model.taste, n=n_recommended)
    scene = _part(taste_scene(axis_names, n_recommended, model.reach()), taste)
    panel = Panel(scene, start, partial(_rated_caption, taste, start, widget_id), partial(taste_states, start))
    for place, film in enumerate(films):
        panel.add(f"film {place}", _star_slider(titles[film], start[place]), partial(rate, place))
    return panel


def _checked_stars(films: Sequence[int], stars: Sequence[float | None] | None) -> Stars:
    start = (None,) * len(films) if stars is None else tuple(stars)
    if not 1 <= len(films) <= 6:
        raise ValueError(f"films must be one to six films to rate, got {len(films)}")
    if len(start) != len(films) or not set(start) <= set(SCALE):
        raise ValueError(f"stars must be {len(films)} half stars from 0.5 to 5, or None; got {list(start)}")
    return start


def _star_slider(title: str, stars: float | None) -> Any:
    """A slider whose 0 means not seen: a SelectionSlider cannot hold None."""
    options = [("not seen" if star is None else f"{star:g} stars", star or 0.0) for star in SCALE]
    style, layout = {"description_width": "240px"}, ipywidgets.Layout(width="560px")
    return ipywidgets.SelectionSlider(
        options=options, value=stars or 0.0, description=title, style=style, layout=layout
    )


def rate(place: int, state: Stars, star: float | None) -> Stars:
    """Another rating for one of the films; 0 or None is not seen."""
    return (*state[:place], star or None, *state[place + 1 :])


def taste_states(start: Stars) -> list[Stars]:
    """Every rating of every film with the others as they begin, and all films rated alike."""
    single = [rate(place, start, star) for place in range(len(start)) for star in SCALE]
    return [*single, *((star,) * len(start) for star in SCALE)]


def _rated_caption(taste: Callable[[Stars], Taste], start: Stars, widget_id: str, state: Stars) -> str:
    before, now = ({title for title, _, _ in taste(stars).films} for stars in (start, state))
    rated = sum(star is not None for star in state)
    told = f"You rated {rated} of {len(state)} films. Of the {len(now)} films above, {len(now - before)} are new"
    return f"<p>{told} since you began.</p>{_prediction(widget_id)}"
