"""Pictures of factorizations: curves by step, a landscape, sweeps, and the map of items that they share."""

import io
import math

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image
from scipy.linalg import orthogonal_procrustes
from test_plots import Images, figures  # noqa: F401

from recmath_lib import plots
from recmath_lib.plots import base, film_map, landscape, sweeps, training

CURVES = {"train": [1.0, 0.8, 0.6, 0.5, 0.45], "held out": [1.1, 0.9, 0.8, 0.85, 0.95]}
TITLES = [f"The Film of the {word} Lighthouse" for word in ("First", "Second", "Third", "Fourth", "Fifth", "Last")]
LABELLED = [0, 2, 5]


def loss(p, q, reg, r=1.0):
    return (r - p * q) ** 2 + reg * (p**2 + q**2)


def paths(start, reg, lr=0.05, n=80):
    """Gradient descent, and alternating minimization by half-steps, of the loss above."""
    p, q = start
    sgd, halves = [start], [start]
    for _ in range(n):
        error = 1 - p * q
        p, q = p + lr * (error * q - reg * p), q + lr * (error * p - reg * q)
        sgd.append((p, q))
    p, q = start
    for _ in range(n // 2):
        p = q / (q * q + reg) if q * q + reg else 0.0
        halves.append((p, q))
        q = p / (p * p + reg) if p * p + reg else 0.0
        halves.append((p, q))
    return {"SGD": np.array(sgd), "alternating minimization": np.array(halves)}


def run(n_factors, reg, weighted, n=6):
    """Items that come to rest, seen from axes that spin; one objective falls, the other one rises once."""
    rng = np.random.default_rng(n_factors)
    rest = rng.normal(size=(len(TITLES), n_factors)) / (1 + reg)
    spin = np.linalg.qr(rng.normal(size=(n_factors, n_factors)))[0]
    tables = [rest * (1 - 0.5**t) @ np.linalg.matrix_power(spin, t) for t in range(1, n + 1)]
    falling, rising = [100 / t + reg for t in range(1, n + 1)], [50.0, 60.0, 55.0, 54.0, 53.5, 53.0]
    return tables, dict(zip(("plain", "weighted"), (rising, falling) if weighted else (falling, rising), strict=True))


STILLS = {
    "curves": lambda: plots.training_curves(CURVES, step=3, unit="epoch"),
    "one curve": lambda: plots.training_curves({"objective": [22000.5, 900.0, 850.0]}, label="objective", first=1),
    "landscape": lambda: plots.loss_landscape(loss, paths),
    "landscape without penalty": lambda: plots.loss_landscape(loss, paths, reg=0, start=(2.0, 2.5)),
    "landscape on the edge": lambda: plots.loss_landscape(loss, paths, reg=1.5, start=(2.5, -2.5)),
    "sweeps": lambda: plots.als_sweeps(run, TITLES, LABELLED, reg=0.1, n_factors=3, step=2),
    "sweeps in one direction": lambda: plots.als_sweeps(run, TITLES, LABELLED, reg=2, n_factors=1, weighted=True),
}


# ---- every picture ---------------------------------------------------------------------------------------------------


@pytest.fixture(params=STILLS)
def make(request):
    return STILLS[request.param]


def test_a_picture_carries_its_words_and_is_sharp(make):
    picture = make()
    (found,) = Images(picture._repr_mimebundle_()["text/html"]).found
    assert found["alt"] == picture.alt and len(picture.alt.split()) > 20
    assert abs(Image.open(io.BytesIO(picture.png)).size[0] - 2 * picture.width) <= 1


def test_no_text_is_cut_or_smaller_than_9_points(make, figures):  # noqa: F811
    make()
    (figure,) = figures
    assert min(text.get_fontsize() for text in figure.findobj(Text)) >= 9
    inked, (width, height) = figure.get_tightbbox(), figure.get_size_inches()
    assert min(inked.x0, inked.y0) >= 0 and inked.x1 <= width and inked.y1 <= height
    for title in figure.findobj(lambda artist: isinstance(artist, Text) and not artist.get_in_layout()):
        box, frame = title.get_window_extent(), title.axes.get_window_extent()  # it takes no part in the layout
        assert frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1


def test_the_same_picture_twice_is_the_same_bytes_and_changes_no_setting(make):
    before = dict(matplotlib.rcParams)
    assert make().png == make().png
    assert dict(matplotlib.rcParams) == before


# ---- the map ---------------------------------------------------------------------------------------------------------


def boxes(centres, sizes):
    return np.concatenate([centres - sizes / 2, centres + sizes / 2], axis=1)


def overlap(a, b):
    return max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))


@pytest.mark.parametrize("seed", range(40))
def test_labels_meet_no_other_label_and_stay_on_the_paper(seed):
    rng = np.random.default_rng(seed)
    frame, sizes = np.array([300.0, 280.0]), np.column_stack([rng.uniform(50, 120, 8), np.full(8, 11.0)])
    anchors, dots = rng.uniform(0, 1, (8, 2)) * frame, rng.uniform(0, 1, (100, 2)) * frame
    placed = boxes(film_map.place_labels(anchors, sizes, dots, frame), sizes)
    assert all(overlap(placed[i], placed[j]) == 0 for i in range(8) for j in range(i))
    assert (placed >= 0).all() and (placed[:, 2:] <= frame).all()
    near = np.clip(anchors, placed[:, :2], placed[:, 2:])
    assert np.linalg.norm(near - anchors, axis=1).max() < film_map.RINGS[-1] + 1


def test_a_label_avoids_the_side_where_points_are():
    anchor, size, frame = np.array([[150.0, 150.0]]), np.array([[80.0, 11.0]]), np.array([300.0, 300.0])
    on_the_right = np.array([[150.0 + step, 150.0] for step in range(10, 90, 5)])
    (x, _) = film_map.place_labels(anchor, size, on_the_right, frame)[0]
    assert x < 150
    assert film_map.place_labels(anchor, size, np.zeros((0, 2)), frame)[0] == pytest.approx([150 + 7 + 40, 150])


def test_many_labels_of_one_point_are_all_readable():
    anchors, sizes = np.full((8, 2), 150.0), np.full((8, 2), (90.0, 11.0))
    placed = boxes(film_map.place_labels(anchors, sizes, anchors, np.array([300.0, 300.0])), sizes)
    assert all(overlap(placed[i], placed[j]) == 0 for i in range(8) for j in range(i))


def on_a_map(n=6, labels=None, reach=2.0, **options):
    figure = Figure(figsize=(5, 5), layout="constrained")
    return film_map.MapMarks(figure.subplots(), n, labels or {1: "one", 3: "three"}, reach, **options)


def test_points_are_where_they_are_told_to_be_and_groups_differ_by_marker_too():
    points = np.random.default_rng(0).normal(size=(6, 2))
    marks = on_a_map(groups={"a": [0, 1], "b": [4]}, arrows=["axis"])
    marks.show(points, [(1.0, -0.5)])
    assert np.array_equal(np.column_stack(marks.groups[0].get_data()), points[[0, 1]])
    assert np.array_equal(np.column_stack(marks.dots[0].get_data()), points[[2, 3, 5]])
    assert np.array_equal(np.column_stack(marks.rings.get_data()), points[[1, 3]])
    assert (marks.arrows[0].U, marks.arrows[0].V) == (1.0, -0.5)
    assert [title.get_text() for title in marks.titles] == ["one", "three", "axis"]
    looks = {(mark.get_marker(), mark.get_color()) for mark in marks.dots}
    assert len(looks) == 3 and len({marker for marker, _ in film_map.GROUP_MARKS}) == len(film_map.GROUP_MARKS)


def test_titles_are_inside_the_axes_and_a_far_title_has_a_line_to_its_point():
    marks = on_a_map(60, {item: f"A Long Title of Film {item}" for item in range(8)}, 3.0)
    points = np.random.default_rng(1).normal(0, 0.2, (60, 2))
    marks.show(points)
    frame = marks.axes.get_window_extent()
    for title in marks.titles:
        box = title.get_window_extent()
        assert frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
    starts = np.column_stack(marks.leaders.get_data())[::3]
    assert len(starts) and np.abs(points[:8, None] - starts).max(axis=2).min(axis=0).max() < 1e-9


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), max_size=6), st.floats(0, 360))
def test_the_reach_holds_all_points_however_they_turn(points, angle):
    turn = math.radians(angle)
    turned = np.reshape(points, (-1, 2)) @ [[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]]
    assert np.abs(turned).max(initial=0) <= film_map.map_reach(np.reshape(points, (-1, 2)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reach": 0.0}, "reach must be a finite number > 0, or two; got 0.0"),
        ({"labels": {6: "six"}}, r"labels must lie in 0\.\.5"),
        ({"groups": {"a": [9]}}, r"groups\['a'\] must lie in 0\.\.5, got 9"),
        ({"groups": {str(n): [] for n in range(9)}}, "groups must be at most 8, got 9"),
    ],
)
def test_a_map_that_cannot_be_drawn_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        on_a_map(**change)


@pytest.mark.parametrize("points", [np.zeros((5, 2)), np.zeros((6, 3)), np.full((6, 2), np.nan)])
def test_points_must_fit_the_map(points):
    with pytest.raises(ValueError, match=r"points must be finite, shape \(6, 2\)"):
        on_a_map().show(points)


# ---- curves by step --------------------------------------------------------------------------------------------------


def test_the_title_tells_where_the_watched_curve_is_lowest_and_the_gap_here():
    curves = training.curves_of(CURVES, unit="epoch")
    assert training.training_message(curves, 2) == "Held out is lowest here, at epoch 2: 0.2000 above train"
    assert training.training_message(curves, 4) == "Held out is lowest at epoch 2. Epoch 4: 0.5000 above train"
    falling = training.curves_of(CURVES, watched="train")
    assert training.training_message(falling, 1) == "Train falls to the last step, 4. Step 1: 0.1000 below held out"
    alone = training.curves_of({"objective": [5000.0, 3.0, 3.0]}, first=1)
    assert training.training_message(alone, 1) == "Objective is lowest at step 2. Step 1: 4,997.0 above that"
    assert training.training_message(alone, 2) == "Objective is lowest here, at step 2"


@settings(max_examples=12)
@given(st.lists(st.tuples(st.floats(-5, 5), st.floats(-5, 5)), min_size=2, max_size=12))
def test_marker_numbers_and_limits_are_those_of_the_curves(pairs):
    curves = training.curves_of(dict(zip(("a", "b"), zip(*pairs, strict=True), strict=True)))
    stage = training.training_scene(curves).stage(Figure(figsize=(8, 4)))
    (low, high), (left, right) = stage.marker.here.axes.get_ylim(), stage.marker.here.axes.get_xlim()
    for step, (a, b) in enumerate(pairs):
        assert f"The marker stands at step {step}: a = {a:.4f}, b = {b:.4f}." in stage.draw(step)
        assert [mark.get_ydata()[0] for mark in stage.marker.marks] == [a, b]
        assert low < min(a, b) and max(a, b) < high and left < step < right
    assert curves.best == min(range(len(pairs)), key=lambda step: pairs[step][1])


def test_curves_are_told_apart_by_more_than_colour(figures):  # noqa: F811
    plots.training_curves({str(n): [n, n + 1] for n in range(6)})
    lines = [line for line in figures[0].axes[0].get_lines() if len(line.get_xdata()) == 2 and line.get_zorder() == 1]
    assert len(lines) == 6 == len({line.get_color() for line in lines})
    marks = {line.get_marker() for line in figures[0].axes[0].get_lines() if line.get_marker() in "os^Dvx"}
    assert len(marks) == 6


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=6), st.floats(0.01, 2))
def test_names_at_the_end_keep_their_order_and_their_distance(heights, gap):
    moved = training.spread(heights, gap)
    order = np.argsort(heights, kind="stable")
    assert (np.diff(np.array(moved)[order]) >= gap - 1e-9).all()
    assert all(new >= old for new, old in zip(moved, heights, strict=True))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"curves": {}}, "curves must be one to 6 curves of equal length"),
        ({"curves": {"a": [1, 2], "b": [1]}}, r"curves must be one to 6 curves of equal length, got lengths \[1, 2\]"),
        ({"curves": {str(n): [1, 2] for n in range(7)}}, "curves must be one to 6"),
        ({"curves": {"a": [1]}}, "curves must have two steps or more, got 1"),
        ({"curves": {"a": [1, math.nan]}}, r"curves\['a'\] must be finite numbers, got nan"),
        ({"curves": {"a": [1, "b"]}}, r"curves\['a'\] must be numbers"),
        ({"step": 5}, "step must be an integer from 0 to 4, got 5"),
        ({"step": 0, "first": 1}, "step must be an integer from 1 to 5, got 0"),
        ({"watched": "test"}, "watched must be one of the curves"),
        ({"first": -1}, "first must be an integer >= 0, got -1"),
    ],
)
def test_curves_that_cannot_be_drawn_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        plots.training_curves(**{"curves": CURVES, **change})


# ---- the landscape ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reg", [0.05, 0.2, 0.5, 0.9, 0.99, 1.0, 1.3])
def test_minima_are_those_of_the_closed_form(reg):
    sight = landscape.Terrain(loss, paths, 2.5).look(landscape.Walk(reg, (1.0, 2.0)))
    side = math.sqrt(max(1 - reg, 0))
    expected = [[-side, -side], [side, side]] if side else [[0, 0]]
    assert sight.minima == pytest.approx(np.array(expected), abs=2e-3 if reg == 1 else 6e-4) and not sight.curve
    assert sight.least == pytest.approx(2 * reg - reg**2 if reg < 1 else 1.0, abs=1e-9)
    assert sight.saddle == (reg < 1) and sight.only_0 == (reg >= 1)


def test_without_a_penalty_a_whole_curve_is_least():
    sight = landscape.Terrain(loss, paths, 2.5).look(landscape.Walk(0.0, (1.0, 2.0)))
    assert sight.curve and sight.minima.prod(axis=1) == pytest.approx(np.ones(len(sight.minima)))
    assert sight.least == pytest.approx(0, abs=1e-12) and sight.saddle


STOPS = st.integers(-25, 25).map(lambda tenths: tenths / 10)


@settings(max_examples=30)
@given(STOPS, STOPS, st.sampled_from([0.0, 0.1, 0.4, 1.2]))
def test_a_way_has_arrived_when_it_stays_within_a_thousandth(p, q, reg):
    terrain = landscape.Terrain(loss, paths, 2.5)
    least = 2 * reg - reg**2 if reg < 1 else 1.0
    for name, trail in terrain.look(landscape.Walk(reg, (p, q))).trails.items():
        heights = [loss(x, y, reg) - least for x, y in paths((p, q), reg)[name]]
        arrived = next((n for n in range(len(heights)) if max(heights[n:]) <= 1e-3), None)
        assert trail.arrived == arrived and trail.above == pytest.approx(np.maximum(heights, 0), abs=1e-8)


MESSAGES = {
    (0.2, (-0.5, 2.0)): "SGD has not arrived yet; alternating minimization needs 7 steps",
    (0.2, (0.0, 0.0)): "Slope 0 at the start (0, 0), a saddle: nothing moves",
    (0.2, (1.5, 0.0)): "Alternating minimization stops at the saddle; SGD needs ",
    (0.4, (2.0, 1.5)): "The same minimum for all. Steps: SGD ",
    (0.4, (-2.5, 1.5)): "Two minima, one for each. Steps: SGD ",
    (0.0, (2.0, 2.0)): "reg = 0: a whole curve of minima, and each way ends elsewhere on it",
    (0.0, (-0.5, 2.0)): "reg = 0: a whole curve of minima, and the ways end together on it",
    (1.2, (0.5, 0.5)): "reg = 1.2: only 0 is left. Steps: SGD ",
}


@pytest.mark.parametrize(("walk", "message"), MESSAGES.items())
def test_the_title_tells_what_happens(walk, message, figures):  # noqa: F811
    reg, start = walk

    def longer(start, reg):
        return paths(start, reg, n=80 if message.startswith("SGD") else 300)

    picture = plots.loss_landscape(loss, longer, reg=reg, start=start)
    (title,) = (text for text in figures[0].findobj(Text) if text.get_text().startswith(message))
    assert title.get_text() in picture.alt


def test_steps_that_are_too_long_leave_the_picture():
    picture = plots.loss_landscape(loss, lambda start, reg: paths(start, reg, lr=0.9), reg=0.1, start=(2.5, -2.5))
    assert "SGD leaves the picture: its steps are too long here; alternating minimization needs" in picture.alt


def test_each_band_of_the_hills_holds_the_heights_it_says():
    terrain = landscape.Terrain(loss, paths, 2.5)
    hills = landscape.Hills(Figure().subplots(), terrain, [0.0, 0.7, 1.5])
    places = np.random.default_rng(0).uniform(-2.4, 2.4, (200, 2))
    for reg in (0.0, 0.7):
        bands, heights = hills.bands(reg), loss(*places.T, reg)
        for place, height in zip(places, heights, strict=True):
            band = int(np.searchsorted(hills.levels, height)) - 1
            close = np.abs(hills.levels - height).min() < 0.02 * (1 + height)
            assert close or bands[band].contains_point(place), (place, height)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reg": -0.1}, "reg must be a finite number >= 0, got -0.1"),
        ({"start": (3.0, 0.0)}, r"start must be two numbers from -2.5 to 2.5, got \(3.0, 0.0\)"),
        ({"start": (1.0,)}, "start must be two numbers"),
        ({"start": (math.nan, 0.0)}, "start must be two numbers"),
        ({"reach": 0}, "reach must be a finite number > 0, got 0"),
        ({"reach": 0.5, "start": (0.1, 0.1)}, "reach must hold a point where the loss is least, got 0.5"),
        ({"paths": lambda start, reg: {}}, "paths must give one to 6 paths, got 0"),
        ({"paths": lambda start, reg: {"a": [1, 2]}}, r"paths\['a'\] must have shape \(steps \+ 1, 2\), got \(2,\)"),
    ],
)
def test_a_landscape_that_cannot_be_drawn_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        plots.loss_landscape(**{"loss": loss, "paths": paths, **change})


# ---- the sweeps of ALS -----------------------------------------------------------------------------------------------


def started(setting=None):
    return sweeps.Runs(run, TITLES, LABELLED, setting or sweeps.Setting(1, 3, 0.1))


def test_a_turn_onto_another_table_is_the_orthogonal_procrustes_solution():
    rng = np.random.default_rng(3)
    for k in (1, 2, 5):
        table, model = rng.normal(size=(9, k)), rng.normal(size=(9, k))
        assert film_map.turn_onto(table, model) == pytest.approx(orthogonal_procrustes(table, model)[0])


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_what_only_spins_stands_still_on_the_map(k):
    tables, _ = run(k, 0.1, False)
    points = film_map.flat_positions(tables)
    for t, flat in enumerate(points, start=1):
        assert flat == pytest.approx(points[-1] * (1 - 0.5**t) / (1 - 0.5**6))


def test_the_two_directions_hold_most_of_the_last_table():
    last = run(5, 0.1, False)[0][-1]
    points = film_map.flat_positions([last])[0]
    values = np.linalg.svd(last, compute_uv=False)
    assert np.sum(points**2, axis=0) == pytest.approx(values[:2] ** 2)
    square = last[:, :2]
    flat = film_map.flat_positions([square])[0]
    gaps = np.linalg.norm(flat[:, None] - flat, axis=2)
    assert gaps == pytest.approx(np.linalg.norm(square[:, None] - square, axis=2))


def test_the_farthest_item_of_each_direction_is_positive_whatever_the_signs_of_the_factors():
    tables, _ = run(3, 0.1, False)
    points = film_map.flat_positions(tables)
    assert (points[-1][np.abs(points[-1]).argmax(axis=0), [0, 1]] > 0).all()
    assert film_map.flat_positions([-table for table in tables]) == pytest.approx(points)


def test_another_setting_is_turned_to_the_one_at_the_start():
    runs = started()
    model, other = runs.of(runs.start).points[-1], runs.of(sweeps.Setting(1, 2, 2.0)).points[-1]
    distance = np.linalg.norm(other - model)
    for angle in np.linspace(0, 2 * np.pi, 60):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        for flip in (1, -1):
            assert np.linalg.norm(other @ turn @ np.diag([1, flip]) - model) >= distance - 1e-9


@given(st.floats(1e-9, 1e6))
def test_the_edge_is_a_round_number_that_holds_all(largest):
    edge = film_map.frame_edge(np.array([[[largest, -largest / 2]]]))
    assert largest <= edge * (1 + 1e-9) and edge <= max(1.7 * largest, 0.1 + 1e-12)
    assert float(f"{edge:.1e}") == pytest.approx(edge)


@given(st.lists(st.floats(0, 10), min_size=2, max_size=9))
def test_rises_are_the_sweeps_that_end_higher(values):
    found = sweeps.Sweeps(np.zeros((len(values), 1, 2)), 1.0, {"plain": np.array(values)}, 1)
    higher = [n + 1 for n in range(1, len(values)) if values[n] - values[n - 1] > 1e-9 * values[n - 1]]
    assert found.rises("plain") == higher
    assert found.rises("plain", 3) == [n for n in higher if n <= 3]


def test_the_title_tells_what_both_objectives_have_done():
    def title(step, reg, weighted):
        runs = started(sweeps.Setting(step, 3, reg, weighted))
        return sweeps.sweeps_message(runs.of(runs.start), runs.start)

    assert title(1, 0.1, False) == "Sweep 1: the minimized objective never rose, the other never rose"
    assert title(4, 0.1, False) == title(4, 0.1, True)
    assert title(4, 0.1, True) == "Sweep 4: the minimized objective never rose, the other rose once"
    assert title(4, 1e6, True) == "Sweep 4: the penalty has won, all items lie at 0"


def test_the_objective_drawn_is_the_one_given_and_rises_are_marked():
    runs = started()
    stage = sweeps.sweeps_scene(runs).stage(Figure(figsize=(8, 4.5), layout="constrained"))
    setting = sweeps.Setting(3, 3, 0.1)
    alt = stage.draw(setting)
    values = np.array(run(3, 0.1, False)[1]["weighted"])
    watched = stage.curves[1]
    assert watched.line.get_ydata() == pytest.approx((values - 50) / 10)
    assert watched.rises.get_xdata() == [2] and watched.mark.get_xdata() == [3]
    assert [end.get_text() for end in watched.ends] == ["50.0000", "60.0000"]
    assert watched.title.get_text() == "weighted, watched: rises once ▲"
    assert stage.curves[0].title.get_text() == "plain, minimized: never rises"
    assert "by sweep: plain 33.4333; weighted 55.0000." in alt
    assert "plain never rises; weighted rises at 2" in alt and "after sweep 3 of 6, n_factors 3, reg 0.1" in alt


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reg": -1}, "reg must be a finite number >= 0, got -1"),
        ({"n_factors": 0}, "n_factors must be an integer >= 1, got 0"),
        ({"weighted": "yes"}, "weighted must be True or False, got 'yes'"),
        ({"step": 7}, "step must be an integer from 1 to 6, got 7"),
        ({"step": 0}, "step must be an integer from 1 to 6, got 0"),
        ({"first": -1}, "first must be an integer >= 0, got -1"),
        ({"labelled": [6]}, r"labelled must lie in 0\.\.5, got 6"),
        ({"titles": TITLES[:5], "labelled": [0]}, r"positions must have shape \(5, k\), got shape \(6, 3\)"),
        ({"run": lambda *_: (run(2, 0, False)[0], {"plain": [1.0] * 6})}, "run must give two curves as long as its 6"),
        ({"run": lambda *_: (run(2, 0, False)[0], {"a": [1.0], "b": [2.0]})}, "run must give two curves as long"),
    ],
)
def test_sweeps_that_cannot_be_drawn_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        plots.als_sweeps(**{"run": run, "titles": TITLES, "labelled": LABELLED, "reg": 0.1, "n_factors": 3, **change})


def test_colours_of_the_house_keep_to_one_meaning_with_a_marker():
    assert len({marker for _, marker, _ in base.MARKS}) == len(base.MARKS)
