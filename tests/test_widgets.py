"""Widgets: every state of every control draws what it says, and nothing fails in silence."""

import base64
import io
import re
import statistics
import time
from itertools import permutations, product

import matplotlib
import numpy as np
import pytest
from matplotlib.text import Text
from PIL import Image
from scipy.ndimage import uniform_filter
from test_plots import Images, brute_ap, brute_dcg, brute_ndcg

from recmath_lib.datasets import load_cinema
from recmath_lib.plots import metrics as lists
from recmath_lib.teaching import predict
from recmath_lib.widgets import factor_map, metric_staircase, rank_explorer, ranking_playground, taste_panel
from recmath_lib.widgets import metrics as playground

TITLES = ["Beyond the Ninth Moon", "The Long Illness of the Lighthouse", "Runaway Convoy", "The Wrong Llama"]
GRADES = [1, 3, 0, 2]
SCORES = [1.6, 1.2, 0.8, 0.4]
CINEMA = load_cinema()
BASELINE = CINEMA.mean + CINEMA.item_bias
RATED = [0, 4, 5, 7, 9]


def ridge(films, stars):
    """Taste as the minimum of an augmented least-squares problem."""
    rows = np.vstack([CINEMA.item_axes[films], np.eye(3)])
    return np.linalg.lstsq(rows, np.append(stars - BASELINE[films], np.zeros(3)), rcond=None)[0]


def stars_of(taste):
    return BASELINE + CINEMA.item_axes @ taste


TABLE = np.array([[5, np.nan, 1], [4, 2, 1], [np.nan, 5, 5.0], [1, 4, np.nan]])
FILLED = np.where(np.isnan(TABLE), 3.0, TABLE)
LEFT, VALUES, RIGHT = np.linalg.svd(FILLED, full_matrices=False)
BY_RANK = [(LEFT[:, :k] * VALUES[:k]) @ RIGHT[:k] for k in range(4)]
ERRORS = {"observed": [3.4, 1.2, 0.4, 0.0], "held out": [3.3, 1.1, 0.9, 1.4]}
P, Q = LEFT * VALUES**0.5, (RIGHT.T * VALUES**0.5)
AXES = {"up": [0.0, 1.0, 0.0]}


def film_map(**options):
    return factor_map(TITLES, P, Q, [0, 2], directions=AXES, groups={"odd": [1, 3]}, **options)


MADE = {
    "rank": lambda: rank_explorer(TABLE, BY_RANK, VALUES, ERRORS, rank=2),
    "map": film_map,
    "playground": lambda: ranking_playground(TITLES, GRADES, k=3),
    "staircase": lambda: metric_staircase(TITLES, GRADES, SCORES, moving=3, k=3),
    "taste": lambda: taste_panel(CINEMA.titles, RATED, CINEMA.axis_names, ridge, stars_of, stars=[5, 1, None, 2, 4]),
}


@pytest.fixture(params=MADE)
def panel(request):
    return MADE[request.param]()


def shown(panel):
    """The image on the screen: its attributes."""
    (found,) = Images(panel.live.view.value).found
    return found


def pixels(found):
    data = base64.b64decode(found["src"].removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))


# ---- every widget, every state ---------------------------------------------------------------------------------------


def test_every_state_draws_and_describes_itself(panel):
    states = panel.states()
    pictures = set()
    for state in states:
        panel.show(state)
        assert shown(panel)["alt"] == panel.live.alt and len(panel.live.alt.split()) > 8
        assert panel.state == state and not panel.alert
        pictures.add(shown(panel)["src"])
    assert len(pictures) > len(states) / 4  # moving a control moves the picture


def whole_drawing(live):
    """What a full drawing of the figure shows, without stamps and without a kept background."""
    for artist in live.order:
        artist.set_animated(False)
    live.canvas.draw()
    drawn = np.array(live.canvas.buffer_rgba())[..., :3].astype(float)
    for artist in live.order:
        artist.set_animated(True)
    return drawn


def test_what_moves_is_where_a_full_drawing_puts_it(panel):
    for state in panel.states()[::9]:
        panel.show(state)
        seen, whole = pixels(shown(panel))[..., :3].astype(float), whole_drawing(panel.live)
        blurred = uniform_filter(seen, (5, 5, 0)) - uniform_filter(whole, (5, 5, 0))
        assert np.abs(blurred).max() < 70, state  # half a pixel off makes up to 35, a lost digit more than 120


def test_the_png_on_the_screen_is_the_canvas(panel):
    off = np.abs(pixels(shown(panel)).astype(int) - panel.live.pixels).max(axis=2)
    assert off.max() <= 32 and (off <= 8).mean() > 0.93  # 256 colours, and the eye does not miss the others


def test_nothing_is_cut_or_small_in_any_state(panel):
    figure = panel.live.figure
    width, height = figure.get_size_inches()
    for state in panel.states()[::13]:
        panel.show(state)
        inked = figure.get_tightbbox()
        assert inked.x0 >= 0 and inked.y0 >= 0 and inked.x1 <= width and inked.y1 <= height, state
    assert min(text.get_fontsize() for text in figure.findobj(Text)) >= 9


def test_a_redraw_takes_little_processor_time(panel):
    def seconds(state):
        start = time.process_time()
        panel.show(state)
        return time.process_time() - start

    states = panel.states()[:30]
    for state in states:
        panel.show(state)  # texts that it meets for the first time take longer, once
    assert statistics.median(map(seconds, states)) < 0.045  # 4 to 16 ms on the machine it was written on, when idle


def test_widgets_leave_the_settings_of_matplotlib_alone():
    before = dict(matplotlib.rcParams)
    for make in MADE.values():
        make()
    assert dict(matplotlib.rcParams) == before


def test_without_a_kernel_there_is_the_same_picture(panel):
    bundle = panel._repr_mimebundle_()
    (found,) = Images(bundle["text/html"]).found
    assert found["alt"] == bundle["text/plain"] == panel.live.alt
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert found["src"].removeprefix("data:image/png;base64,") == base64.b64encode(panel.live.still().png).decode()


def test_every_control_has_a_name_to_be_read(panel):
    for control in panel.controls.values():
        assert control.description.strip()


# ---- errors are seen -------------------------------------------------------------------------------------------------


def test_an_error_is_shown_where_you_look_then_raised(panel):
    before, state = panel.live.view.value, panel.state
    with pytest.raises(ZeroDivisionError):
        panel.act(lambda _: 1 / 0)
    assert '<div role="alert">' in panel.alert and "ZeroDivisionError: division by zero" in panel.alert
    assert panel.live.view.value == before and panel.state == state
    panel.act(lambda same: same)
    assert panel.alert == ""


def test_an_error_while_drawing_reaches_the_reader_through_a_slider(monkeypatch):
    panel = MADE["staircase"]()
    before = panel.live.view.value

    def fail(score):
        raise ValueError("no <b>such</b> score")

    monkeypatch.setattr(panel.live.stage, "draw", fail)
    with pytest.raises(ValueError):
        panel.controls["score"].value = 1.0
    assert 'role="alert"' in panel.alert and "no &lt;b&gt;such&lt;/b&gt; score" in panel.alert
    assert panel.live.view.value == before
    monkeypatch.undo()
    panel.controls["score"].value = 1.05
    assert panel.alert == "" and panel.state == 1.05


def test_an_error_behind_a_button_is_shown_too(monkeypatch, caplog):
    panel = MADE["playground"]()
    monkeypatch.setattr(panel.live.stage, "draw", lambda state: 1 / 0)
    panel.controls["up"].click()  # ipywidgets catches what a button raises, and only logs it
    assert 'role="alert"' in panel.alert and "division by zero" in panel.alert


# ---- the playground --------------------------------------------------------------------------------------------------


def listed(panel):
    """Grades in rank order, as the alt text tells them."""
    return [int(grade) for grade in re.findall(r"grade (\d)", panel.live.alt)]


def test_the_numbers_are_the_metrics_for_every_order_k_and_gain():
    panel = MADE["playground"]()
    for order in permutations(range(4)):
        for k in (1, 3, 4):
            for gain in ("exp", "linear"):
                now = lists.RankedList(tuple(TITLES), tuple(GRADES), order, k, gain, chosen=2)
                panel.show(playground.Playground(now))
                rels = [GRADES[item] for item in order]
                first = next((i for i, y in enumerate(rels[:k], start=1) if y), np.inf)
                wanted = (brute_ndcg(rels, k, gain), brute_ap(rels, k), 1 / first)
                assert listed(panel) == rels
                for name, value in zip(("NDCG", "AP", "RR"), wanted, strict=True):
                    assert f"{name}@{k} = {value:.4f}" in panel.live.alt
                    assert f">{value:.4f}<" in panel.caption
                assert f"DCG {brute_dcg(rels, k, gain):.4f}" in panel.live.alt


def test_buttons_move_the_chosen_film_and_tell_the_change():
    panel = MADE["playground"]()
    panel.controls["film"].value = 1
    assert f"Chosen: {TITLES[1]}, rank 2." in panel.live.alt
    panel.controls["up"].click()
    assert f"Chosen: {TITLES[1]}, rank 1." in panel.live.alt
    assert listed(panel) == [3, 1, 0, 2]
    change = brute_ndcg([3, 1, 0, 2], 3) - brute_ndcg([1, 3, 0, 2], 3)
    assert f"{TITLES[1]}: rank 2 to 1" in panel.caption and f"{change:+.4f}" in panel.caption
    panel.controls["up"].click()
    assert listed(panel) == [3, 1, 0, 2] and "stays at rank 1, the end" in panel.caption
    panel.controls["down"].click()
    assert listed(panel) == [1, 3, 0, 2] and f"{-change:+.4f}" in panel.caption


def test_reset_brings_the_list_back_and_forgets_the_moves():
    panel = MADE["playground"]()
    for _ in range(3):
        panel.controls["down"].click()
    assert listed(panel) == [3, 0, 2, 1]
    panel.controls["reset"].click()
    assert listed(panel) == GRADES and "rank" not in panel.caption


def test_k_and_gain_change_the_judgement_and_forget_moves_made_under_another():
    panel = MADE["playground"]()
    panel.controls["down"].click()
    panel.controls["k"].value = 1
    panel.controls["gain"].value = "linear"
    assert (panel.state.now.k, panel.state.now.gain, panel.state.moves) == (1, "linear", ())
    assert listed(panel) == [3, 1, 0, 2]


def test_moving_does_not_change_the_state_it_starts_from():
    start = MADE["playground"]().state
    playground.moved(start, +1)
    assert start.now.order == (0, 1, 2, 3) and start.moves == ()


def test_the_caption_sets_the_prediction_beside_what_is_seen(capsys):
    predict("99.w9", "it <falls>", ["it <falls>", "it rises"])
    panel = ranking_playground(TITLES, GRADES, k=3, widget_id="99.w9")
    assert "You predicted: <b>it &lt;falls&gt;</b>" in panel.caption
    assert "You predicted" not in ranking_playground(TITLES, GRADES, widget_id="99.never").caption


# ---- the staircase ---------------------------------------------------------------------------------------------------


def test_the_marker_stands_at_the_metric_of_every_score():
    panel = MADE["staircase"]()
    assert set(SCORES) <= set(panel.states())
    for score in panel.states():
        panel.show(score)
        scores = [*SCORES[:3], score]
        rels = [GRADES[item] for item in sorted(range(4), key=lambda item: (-scores[item], item))]
        ndcg, ap = brute_ndcg(rels, 3), brute_ap(rels, 3)
        assert f"NDCG@3 = {ndcg:.4f}, AP@3 = {ap:.4f}" in panel.live.alt
        assert [marker.get_ydata()[0] for marker in panel.live.stage.markers] == pytest.approx([ndcg, ap])
        assert ("no slope at a tie" if score in SCORES[:3] else "slope 0") in panel.caption


def test_the_slider_ties_exactly():
    panel = MADE["staircase"]()
    panel.controls["score"].value = 0.8000000000000002
    assert panel.state == 0.8 and "A tie with C" in panel.live.alt


# ---- your taste ------------------------------------------------------------------------------------------------------


def test_the_taste_is_the_one_the_stars_give():
    panel = MADE["taste"]()
    panel.controls["film 2"].value = 4.5
    assert panel.state == (5, 1, 4.5, 2, 4)
    taste = ridge(np.array(RATED), np.array([5, 1, 4.5, 2, 4]))
    best = next(film for film in np.argsort(-stars_of(taste)).tolist() if film not in RATED)
    for name, value in zip(CINEMA.axis_names, taste, strict=True):
        assert f"{name} {value:+.2f}" in panel.live.alt
    assert f"1 {CINEMA.titles[best]} {stars_of(taste)[best]:.1f}" in panel.live.alt


def test_a_film_not_seen_counts_for_nothing_and_may_be_recommended():
    panel = MADE["taste"]()
    for place in range(5):
        panel.controls[f"film {place}"].value = 0.0
    assert panel.state == (None,) * 5 and "You rated 0 of 5 films" in panel.caption
    assert "No ratings yet" in panel.live.stage.stage.title.get_text()
    favourite = CINEMA.titles[int(np.argmax(BASELINE))]
    assert f"1 {favourite} {BASELINE.max():.1f}" in panel.live.alt


def test_the_caption_counts_the_films_that_are_new():
    panel = MADE["taste"]()
    before = {title for title, _, _ in panel.live.stage.part(panel.state).films}
    panel.controls["film 0"].value = 0.5
    after = {title for title, _, _ in panel.live.stage.part(panel.state).films}
    assert f"Of the 10 films above, {len(after - before)} are new" in panel.caption and after != before


def test_no_bar_leaves_its_axis():
    panel = MADE["taste"]()
    low, high = panel.live.stage.stage.left.axes.get_xlim()
    for stars in product((None, 0.5, 2.5, 5.0), repeat=5):
        vector = panel.live.stage.part(stars).vector
        assert low < min(vector) and max(vector) < high


@pytest.mark.parametrize(
    ("films", "stars", "message"),
    [
        ([], None, "films must be one to six films to rate, got 0"),
        (list(range(7)), None, "films must be one to six films to rate, got 7"),
        ([1, 2], [5.0], "stars must be 2 half stars"),
        ([1, 2], [5.0, 0.7], "stars must be 2 half stars"),
    ],
)
def test_ratings_to_begin_with_must_fit(films, stars, message):
    with pytest.raises(ValueError, match=message):
        taste_panel(CINEMA.titles, films, CINEMA.axis_names, ridge, stars_of, stars=stars)


# ---- the rank and the map --------------------------------------------------------------------------------------------


def test_the_rank_tells_its_errors_and_where_held_out_is_lowest():
    panel = MADE["rank"]()
    kept = np.cumsum(VALUES**2) / np.sum(VALUES**2)
    for rank in panel.states():
        panel.controls["rank"].value = rank
        for name, error in ERRORS.items():
            assert f"{name} {error[rank]:.3f}, at rank 0 {error[0]:.3f}" in panel.live.alt
        told = "the lowest of all ranks" if rank == 2 else "lowest 0.90 at rank 2"
        assert told in panel.live.alt and f"keeps {np.append(0, kept)[rank]:.0%} of the squares" in panel.live.alt


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"predictions": BY_RANK[:3]}, "one entry for each rank from 0 to 3"),
        ({"errors": {}}, "one entry for each rank"),
        ({"predictions": [*BY_RANK[:3], np.zeros((2, 2))]}, "predictions must have the shape of table"),
        ({"rank": 4}, "rank must be an integer from 0 to 3, got 4"),
    ],
)
def test_ranks_that_do_not_fit_are_refused(change, message):
    right = {"table": TABLE, "predictions": BY_RANK, "singular_values": VALUES, "errors": ERRORS}
    with pytest.raises(ValueError, match=message):
        rank_explorer(**{**right, **change})


def test_a_turn_moves_films_and_arrows_and_no_prediction():
    panel = film_map()
    panel.controls["angle"].value = 90
    first, second = P[0, :2]
    assert f"{TITLES[0]} ({-second:+.2f}, {first:+.2f})" in panel.live.alt  # (x, y) turned to (-y, x)
    assert "Arrows: up to (-1.00, +0.00)." in panel.live.alt
    assert "0.0000" in panel.caption and f"{np.hypot(*P[:, :2].T).max() * 2**0.5:.4f}" in panel.caption
    panel.controls["axes"].value = (0, 2)
    assert "directions 1 and 3, turned by 90 degrees" in panel.live.alt


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"item_factors": P[:, :1], "user_factors": Q[:, :1]}, "two or more columns"),
        ({"user_factors": Q[:, :2]}, "two or more columns"),
        ({"item_factors": P[:3]}, r"item_factors must have shape \(4, k\)"),
        ({"labelled": []}, "labelled must hold at least one film"),
        ({"labelled": [4]}, r"labelled must lie in 0\.\.3"),
        ({"directions": {"up": [1.0]}}, "directions must have 3 numbers each"),
        ({"axes": (0, 3)}, "axes must be two different numbers from 0 to 2"),
        ({"axes": (1, 1)}, "axes must be two different numbers from 0 to 2"),
    ],
)
def test_a_map_that_does_not_fit_is_refused(change, message):
    right = {"titles": TITLES, "item_factors": P, "user_factors": Q, "labelled": [0]}
    with pytest.raises(ValueError, match=message):
        factor_map(**{**right, **change})
