"""The still pictures of lesson 03: what the scree says, and that each film stands at its end."""

import matplotlib
import numpy as np
import pytest
from matplotlib.text import Text
from test_plots import Images, figures  # noqa: F401

from recmath_lib import plots

SPECTRA = {"all known": [10.0, 8, 6, 1, 0.9], "filled with 0": [4.0, 3, 2.5, 2, 1.9]}
TITLES = [
    f"The {word} Lighthouse of the Northern Sea" for word in ("First", "Second", "Third", "Fourth", "Fifth", "Last")
]
VECTORS = np.array([[0.6, -0.1], [-0.5, 0.2], [0.3, 0.7], [-0.2, -0.3], [0.1, -0.6], [0.05, 0.1]])

STILLS = {
    "scree": lambda: plots.scree(SPECTRA, n_values=5),
    "scree of rank 2": lambda: plots.scree({"toy": [2, 1, 0]}, n_values=3),
    "ends": lambda: plots.direction_ends(TITLES, VECTORS, directions=(0, 1), n_films=3),
    "three ends": lambda: plots.direction_ends(TITLES, VECTORS, directions=(1, 0, 1), n_films=2),
}


@pytest.mark.parametrize("name", STILLS)
def test_a_picture_carries_its_words(name):
    picture = STILLS[name]()
    (found,) = Images(picture._repr_mimebundle_()["text/html"]).found
    assert found["alt"] == picture.alt and len(picture.alt.split()) > 15


@pytest.mark.parametrize("name", STILLS)
def test_no_text_is_cut_or_smaller_than_9_points(name, figures):  # noqa: F811
    STILLS[name]()
    (figure,) = figures
    assert min(text.get_fontsize() for text in figure.findobj(Text)) >= 9
    inked, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert min(inked.x0, inked.y0) >= 0 and inked.x1 <= width and inked.y1 <= height
    for title in figure.findobj(lambda artist: isinstance(artist, Text) and not artist.get_in_layout()):
        box, paper = title.get_window_extent(), figure.bbox  # it takes no part in the layout
        assert box.x0 >= 0 and box.x1 <= paper.x1 and box.y0 >= 0 and box.y1 <= paper.y1


@pytest.mark.parametrize("name", STILLS)
def test_the_same_picture_twice_is_the_same_bytes_and_changes_no_setting(name):
    before = dict(matplotlib.rcParams)
    assert STILLS[name]().png == STILLS[name]().png
    assert dict(matplotlib.rcParams) == before


def test_the_scree_names_the_widest_step_of_the_first_table():
    alt = plots.scree(SPECTRA, n_values=5).alt
    assert alt.startswith("Value 3 over value 4: 6.0 (all known), 1.2 (filled with 0).")
    assert "all known: 1.00, 0.80, 0.60, 0.10, 0.09; filled with 0: 1.00, 0.75, 0.62, 0.50, 0.47" in alt
    assert plots.scree({"toy": [2, 1, 0]}, n_values=3).alt.startswith("Value 2 over value 3: ∞ (toy)")


def test_films_stand_at_their_ends(figures):  # noqa: F811
    alt = plots.direction_ends(TITLES, VECTORS, directions=(1,), n_films=2).alt
    high, low = ("; ".join(TITLES[item] for item in end) for end in ((2, 1), (4, 3)))
    assert alt == f"Direction 2: positive end: {high}. Negative end: {low}."
    (figure,) = figures
    assert [bar.get_width() for bar in figure.axes[0].patches] == [0.7, 0.2, -0.3, -0.6]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.scree({}), "spectra must hold 1 to 6 tables, got 0"),
        (lambda: plots.scree({"a": [1.0, 2.0]}), r"spectra\['a'\] must be two or more falling numbers"),
        (lambda: plots.scree({"a": [0.0, 0.0]}), r"spectra\['a'\] must be two or more falling numbers"),
        (lambda: plots.scree(SPECTRA), "n_values must be an integer from 2 to 5, got 12"),
        (lambda: plots.scree(SPECTRA, n_values=1), "n_values must be an integer from 2 to 5, got 1"),
        (lambda: plots.direction_ends(TITLES[:5], VECTORS), "item_vectors must have shape"),
        (lambda: plots.direction_ends(TITLES, VECTORS, directions=(2,)), "directions must lie in 0..1, got 2"),
        (lambda: plots.direction_ends(TITLES, VECTORS, directions=()), "directions must be one to three numbers"),
        (
            lambda: plots.direction_ends(TITLES, VECTORS, directions=(0,), n_films=4),
            "n_films must be an integer from 1 to 3",
        ),
    ],
)
def test_says_which_argument_is_wrong(call, message):
    with pytest.raises(ValueError, match=message):
        call()
