"""Pictures say what they show, in their marks and in their alt text."""

import io
import math
from html.parser import HTMLParser

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from matplotlib.text import Text
from PIL import Image

from recmath_lib import plots
from recmath_lib.plots import base
from recmath_lib.plots import metrics as lists
from recmath_lib.plots import taste as tastes

TITLES = [
    "Beyond the Ninth Moon",
    "The Long Illness of the Lighthouse",
    "Runaway Convoy",
    "The Wrong Llama",
    "Turbo Payload",
]
GRADES = [3, 2, 3, 0, 1]
SCORES = [2.0, 1.6, 1.2, 0.8, 0.4]
STAIRS = lists.slide(TITLES, GRADES, SCORES, moving=3, k=3)
TASTE = tastes.Taste((-0.8, 0.0, 1.2), (("Turbo Payload", 5.4, 4.0), ("The Wrong Llama", -0.2, 3.1)))
AXES = ("explosions <-> conversations", "laughter <-> shivers", "close to home <-> far worlds")
BOUNDS = {"log2": [1 / math.log2(i + 1) for i in range(1, 11)], "1/rank": [1 / i for i in range(1, 11)]}

STILLS = {
    "gain bars": lambda: plots.gain_bars(TITLES, GRADES, k=3),
    "gain bars, whole list": lambda: plots.gain_bars(TITLES, GRADES, k=9, gain="linear"),
    "steps": lambda: plots.precision_recall_steps([1, 0, 1, 0, 0, 1], n_relevant=4),
    "staircase": lambda: plots.staircase(TITLES, GRADES, SCORES, moving=3, k=3),
    "discounts": lambda: plots.discount_curves(BOUNDS),
    "intervals": lambda: plots.intervals(["random", "popularity"], [0.1, 0.3], [0.05, 0.25], [0.15, 0.35], "NDCG@10"),
    "taste": lambda: plots.taste_picture(AXES, TASTE, reach=1.3),
}


class Images(HTMLParser):
    """The attributes of every img."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.found.append(dict(attrs))


@pytest.fixture
def figures(monkeypatch):
    """The figures behind the pictures made in this test."""
    made, picture = [], base.picture
    monkeypatch.setattr(base, "picture", lambda figure, alt: made.append(figure) or picture(figure, alt))
    return made


def brute_dcg(rels, k, gain="exp"):
    return sum((2**y - 1 if gain == "exp" else y) / math.log2(i + 2) for i, y in enumerate(rels[:k]))


def brute_ndcg(rels, k, gain="exp"):
    best = brute_dcg(sorted(rels, reverse=True), k, gain)
    return brute_dcg(rels, k, gain) / best if best else 0.0


def brute_ap(rels, k):
    hits = [i for i, y in enumerate(rels[:k], start=1) if y > 0]
    possible = min(k, sum(y > 0 for y in rels))
    return sum((j + 1) / i for j, i in enumerate(hits)) / possible if possible else 0.0


# ---- every picture ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STILLS)
def test_alt_text_travels_with_the_picture(name):
    picture = STILLS[name]()
    bundle = picture._repr_mimebundle_()
    (found,) = Images(bundle["text/html"]).found
    assert found["alt"] == bundle["text/plain"] == picture.alt
    assert len(picture.alt.split()) > 8
    assert found["src"].startswith("data:image/png;base64,")


@pytest.mark.parametrize("name", STILLS)
def test_no_text_is_cut_or_smaller_than_9_points(name, figures):
    STILLS[name]()
    (figure,) = figures
    assert min(text.get_fontsize() for text in figure.findobj(Text)) >= 9
    inked, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert inked.x0 >= 0 and inked.y0 >= 0 and inked.x1 <= width and inked.y1 <= height


@pytest.mark.parametrize("name", STILLS)
def test_the_same_picture_twice_is_the_same_bytes_and_changes_no_setting(name):
    before = dict(matplotlib.rcParams)
    assert STILLS[name]().png == STILLS[name]().png
    assert dict(matplotlib.rcParams) == before


def test_colours_survive_the_small_png(figures):
    png = STILLS["gain bars"]().png
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).reshape(-1, 3).astype(int)
    for colour in (base.BLUE, base.ORANGE):
        wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
        assert np.abs(pixels - wanted).max(axis=1).min() <= 3


def test_alt_text_is_escaped_and_never_empty():
    figure = Figure(figsize=(2, 1))
    made = base.picture(figure, 'a "b" <c> & d')
    assert Images(made.html).found[0]["alt"] == 'a "b" <c> & d'
    with pytest.raises(ValueError, match="alt must say what the figure shows, got '  '"):
        base.picture(figure, "  ")


def test_a_picture_is_as_wide_as_its_figure_and_sharp():
    made = base.picture(Figure(figsize=(3, 1)), "an empty figure")
    assert made.width == 3 * 96
    assert Image.open(io.BytesIO(made.png)).size == (2 * 3 * 96, 2 * 96)


def test_dollars_in_a_title_are_dollars():
    picture = plots.gain_bars(["Gone in $5 and $6", "x^2_3"], [1, 0], k=2)
    assert "Gone in $5 and $6" in picture.alt


# ---- the ranked list -------------------------------------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=6), st.integers(1, 8), st.sampled_from(["exp", "linear"]))
def test_bars_are_gain_times_discount_and_the_alt_text_has_the_numbers(rels, k, gain):
    films = lists.ranked_list([f"film {i}" for i in range(len(rels))], rels, k, gain)
    stage = lists.ranking_scene(films).stage(Figure(figsize=(8, 4)))
    alt = stage.draw(films)
    widths = np.array([path.vertices[:, 0].max() for path in stage.mine.bars.get_paths()])
    terms = np.array([(2**y - 1 if gain == "exp" else y) / math.log2(i + 2) for i, y in enumerate(rels[:k])])
    assert widths * max(1, 2 ** max(rels) - 1 if gain == "exp" else max(rels)) == pytest.approx(terms)
    assert f"NDCG@{k} = {brute_ndcg(rels, k, gain):.4f}" in alt and f"AP@{k} = {brute_ap(rels, k):.4f}" in alt
    assert f"DCG {brute_dcg(rels, k, gain):.4f}" in alt


def test_a_list_without_anything_relevant_says_so():
    assert "nothing here is relevant" in lists._list_message(lists.ranked_list(["a", "b"], [0, 0], 2))


def test_titles_and_grades_must_match():
    with pytest.raises(ValueError, match="relevance must have one grade per title: got 1 for 2 titles"):
        plots.gain_bars(["a", "b"], [1], k=1)


# ---- precision and recall --------------------------------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 1), min_size=1, max_size=8), st.integers(1, 3))
def test_the_area_drawn_is_the_ap_written(rels, missing):
    total = sum(rels) + missing
    axes = Figure(figsize=(6, 3)).subplots()
    ranks = [i for i, y in enumerate(rels, start=1) if y]
    lists._draw_steps(axes, ranks, total, 0.0)
    steps = axes.findobj(StepPatch)[0].get_data()
    area = float(np.diff(steps.edges) @ steps.values)
    assert area == pytest.approx(sum((j + 1) / r for j, r in enumerate(ranks)) / total)
    assert f"AP = {area:.4f}" in plots.precision_recall_steps(rels, total).alt


def test_steps_need_a_relevant_film():
    with pytest.raises(ValueError, match="rels must hold a relevant film"):
        plots.precision_recall_steps([0, 0])


# ---- the staircase ---------------------------------------------------------------------------------------------------


def ranked_grades(films, score):
    scores = films.at(score)
    return [films.relevance[item] for item in sorted(range(len(scores)), key=lambda item: (-scores[item], item))]


@pytest.mark.parametrize("moving", range(5))
@pytest.mark.parametrize("k", [1, 3, 7])
def test_the_curve_is_the_metric_at_every_score(moving, k):
    films = lists.slide(TITLES, GRADES, SCORES, moving, k)
    stage = lists.staircase_scene(films).stage(Figure(figsize=(8, 4)))
    curves = [curve.get_data() for curve in stage.here.axes.findobj(StepPatch)]
    for low, high in films.steps:
        for score in np.linspace(low, high, 7)[1:-1]:
            rels = ranked_grades(films, score)
            drawn = [c.values[np.searchsorted(c.edges, score) - 1] for c in curves]
            assert drawn == pytest.approx([brute_ndcg(rels, k), brute_ap(rels, k)])


@pytest.mark.parametrize("up", [True, False])
@pytest.mark.parametrize("moving", range(5))
def test_a_jump_is_where_a_fine_scan_first_sees_a_change(moving, up):
    films = lists.slide(TITLES, GRADES, SCORES, moving, k=3)
    score = films.scores[moving] + 0.03
    here = brute_ndcg(ranked_grades(films, score), 3)
    scan = np.arange(1, 400) * (0.01 if up else -0.01) + score
    change = [s for s in scan if abs(brute_ndcg(ranked_grades(films, s), 3) - here) > 1e-9]
    jump = films.jump(score, up)
    assert (jump is None) == (not change)
    if jump:
        assert abs(jump[0] - change[0]) <= 0.011
        assert jump[1] == pytest.approx(brute_ndcg(ranked_grades(films, change[0]), 3) - here)


def test_the_message_knows_a_slope_a_tie_and_the_top():
    assert lists.slide_message(STAIRS, 0.7).startswith("Slope 0: NDCG@3 stays")
    assert lists.slide_message(STAIRS, 2.2).endswith("however high it climbs")
    assert lists.slide_message(STAIRS, 1.6).startswith("A tie with B: no slope here")


@pytest.mark.parametrize("score", [-math.inf, math.nan])
def test_a_score_that_slides_is_finite(score):
    with pytest.raises(ValueError, match=f"scores must be finite numbers, got {score}"):
        plots.staircase(["a", "b"], [1, 0], [0.5, score])


@pytest.mark.parametrize("moving", [-1, 5, 1.5, "a"])
def test_the_moving_film_must_exist(moving):
    with pytest.raises(ValueError, match=f"moving must be a film from 0 to 4, got {moving!r}"):
        plots.staircase(TITLES, GRADES, SCORES, moving=moving)


def test_one_film_cannot_pass_another():
    with pytest.raises(ValueError, match="must be two or more each, equally many"):
        plots.staircase(["a"], [1], [0.5])


def test_films_that_all_score_alike_can_still_be_passed():
    films = lists.slide(["a", "b"], [1, 0], [0.5, 0.5], moving=0, k=1)
    assert films.reach == (-0.5, 1.5)
    assert films.ndcg(0.0) == 0.0 and films.ndcg(1.0) == 1.0


# ---- curves, intervals, taste ----------------------------------------------------------------------------------------


def test_discounts_are_told_apart_by_more_than_colour(figures):
    plots.discount_curves(BOUNDS)
    lines = figures[0].axes[0].get_lines()
    assert len({(line.get_marker(), line.get_linestyle()) for line in lines}) == len(BOUNDS)
    assert "Rank 10 counts 29% by log2, 10% by 1/rank" in plots.discount_curves(BOUNDS).alt


@pytest.mark.parametrize("curves", [{}, {"a": [1, 2], "b": [1]}, {str(i): [1] for i in range(7)}])
def test_discounts_must_be_comparable(curves):
    with pytest.raises(ValueError, match="curves must be one to 6 curves of equal length"):
        plots.discount_curves(curves)


@pytest.mark.parametrize(("high", "verdict"), [(0.24, "clear of"), (0.26, "but its interval meets that of")])
def test_intervals_say_whether_the_best_stands_clear(high, verdict):
    made = plots.intervals(["item mean", "popularity"], [0.2, 0.3], [0.15, 0.25], [high, 0.35], "NDCG@10")
    assert f"First comes popularity, {verdict} item mean" in made.alt
    assert f"item mean 0.2000, from 0.1500 to {high:.4f}" in made.alt


def test_every_method_has_a_value_and_an_interval():
    with pytest.raises(ValueError, match=r"names, values, lows and highs must be equally long, got \[2, 2, 2, 1\]"):
        plots.intervals(["a", "b"], [0.1, 0.2], [0.0, 0.1], [0.2], "NDCG@10")


def test_one_method_is_no_comparison():
    with pytest.raises(ValueError, match="names must hold two or more methods"):
        plots.intervals(["alone"], [0.1], [0.0], [0.2], "NDCG@10")


def test_a_taste_names_its_strongest_end_and_its_first_film():
    assert tastes.taste_message(AXES, TASTE) == "You lean to far worlds: begin with Turbo Payload"
    away = tastes.Taste((-2.0, 0.0, 1.2), TASTE.films)
    assert tastes.taste_message(AXES, away) == "You lean to explosions: begin with Turbo Payload"
    nobody = tastes.Taste((0.0, 0.0, 0.0), TASTE.films)
    assert tastes.taste_message(AXES, nobody).startswith("No ratings yet: Turbo Payload leads")


def test_taste_bars_are_as_long_as_the_vector():
    stage = tastes.taste_scene(AXES, 2, reach=1.3).stage(Figure(figsize=(8, 4)))
    alt = stage.draw(TASTE)
    left = [path.vertices[:, 0].min() for path in stage.left.get_paths()]
    right = [path.vertices[:, 0].max() for path in stage.right.get_paths()]
    assert np.add(left, right) == pytest.approx(TASTE.vector)
    assert "explosions <-> conversations -0.80" in alt and "1 Turbo Payload 5.4" in alt
