"""The widget of lesson 00: rate a few films, see your taste."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Any

import ipywidgets  # type: ignore[import-untyped]
import numpy as np

from recmath_lib.plots.taste import (
    Taste,
    taste_scene,
)
from recmath_lib.widgets.panel import (
    Panel,
    part_of,
    prediction_told,
)

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
    scene = part_of(taste_scene(axis_names, n_recommended, model.reach()), taste)
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
    return f"<p>{told} since you began.</p>{prediction_told(widget_id)}"
