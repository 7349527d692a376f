"""Pictures of ranking losses: a triple in the plane, the epochs, the forces on a list, the swaps."""

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from test_plots import brute_ndcg, figures  # noqa: F401
from test_plots_factors import (  # noqa: F401  (the tests of every picture, here on the pictures made below)
    test_a_picture_carries_its_words_and_is_sharp,
    test_no_text_is_cut_or_smaller_than_9_points,
    test_the_same_picture_twice_is_the_same_bytes_and_changes_no_setting,
)

from recmath_lib import plots
from recmath_lib.plots import base, bpr, epochs, ranking, swaps

TITLES = [
    "Beyond the Ninth Moon",
    "The Long Illness of the Lighthouse",
    "Runaway Convoy",
    "The Wrong Llama",
    "Turbo Payload",
    "The Howling Nursery",
]
SCORES, GRADES = [1.5, 0.9, 0.9, 0.1, -0.4, -1.0], [1, 0, 3, 2, 0, 3]
STARTS = {
    "wrong order": ([1.2, 0.4], [-0.6, 0.8], [0.9, 0.7]),
    "settled": ([1.6, 0.8], [1.5, 1.2], [-0.9, -0.9]),
    "nothing yet": ([0.0, 0.0], [0.5, 0.0], [0.0, 0.5]),
}


def triple_loss(arrows, reg):
    p, qi, qj = arrows
    return math.log1p(math.exp(-(p @ (qi - qj)))) + reg * float(np.sum(arrows**2))


def slopes_of(function, point, h=1e-5):
    """Gradient by central differences."""
    moves = h * np.eye(point.size).reshape(-1, *point.shape)
    return np.reshape([(function(point + move) - function(point - move)) / (2 * h) for move in moves], point.shape)


def triple_gradient(p, qi, qj, reg):
    return slopes_of(lambda arrows: triple_loss(arrows, reg), np.array([p, qi, qj]))


def pair_loss(s, y, slope, weight=lambda i, j: 1.0):
    pairs = [(i, j) for i in range(len(s)) for j in range(len(s)) if y[i] > y[j]]
    return sum(weight(i, j) * math.log1p(math.exp(-slope * (s[i] - s[j]))) for i, j in pairs)


def swapped_ndcg(s, y, k):
    """|ΔNDCG@k| of each pair by really swapping the two films."""
    order = sorted(range(len(s)), key=lambda film: (-s[film], film))
    change = np.zeros((len(s), len(s)))
    for a, b in combinations(range(len(s)), 2):
        other = list(order)
        other[a], other[b] = other[b], other[a]
        moved = brute_ndcg([y[f] for f in other], k) - brute_ndcg([y[f] for f in order], k)
        change[order[a], order[b]] = change[order[b], order[a]] = abs(moved)
    return change


def ranknet(s, y, slope, k):
    return slopes_of(lambda scores: pair_loss(scores, y, slope), np.array(s))


def lambdarank(s, y, slope, k):
    change = swapped_ndcg(s, y, k)
    return slopes_of(lambda scores: pair_loss(scores, y, slope, lambda i, j: change[i, j]), np.array(s))


def judged(s, y, k):
    return brute_ndcg([y[film] for film in sorted(range(len(s)), key=lambda film: (-s[film], film))], k)


FORCES = {"RankNet": ranknet, "LambdaRank": lambdarank}
LEARNT = np.random.default_rng(0).normal(size=(len(TITLES), 3))
TABLES = [LEARNT * share for share in (0.1, 0.4, 0.7, 0.9, 1.0)]
CURVES = {
    "loss": [0.69, 0.5, 0.4, 0.35, 0.32],
    "AUC": [0.5, 0.7, 0.8, 0.82, 0.81],
    "NDCG@10": [0.1, 0.3, 0.28, 0.2, 0.15],
}


def forces(**options):
    return plots.ranking_forces(SCORES, GRADES, TITLES, FORCES, judged, **{"k": 3, "n_steps": 3, **options})


STILLS = {
    "triple": lambda: plots.triple_step(triple_gradient, STARTS, step=4, n_steps=6),
    "settled triple": lambda: plots.triple_step(triple_gradient, STARTS, start="settled", lr=1.0, reg=0.1, n_steps=2),
    "triple at 0": lambda: plots.triple_step(triple_gradient, STARTS, start="nothing yet", n_steps=2),
    "epochs": lambda: plots.ranking_epochs(TABLES, CURVES, TITLES, [0, 2], step=2),
    "forces": lambda: forces(step=2),
    "forces, whole list": lambda: forces(k=None, slope=4.0),
    "one pair": lambda: plots.pair_push(
        lambda s: pair_loss([s, 0], [1, 0], 2.0), lambda s: -2 / (1 + math.exp(2 * s)), 1.0
    ),
    "swaps": lambda: plots.swap_heat_map(SCORES, GRADES, TITLES, swapped_ndcg, k=3),
    "swaps of many": lambda: plots.swap_heat_map(
        np.arange(12.0), np.arange(12) % 4, [f"Film {n}" for n in range(12)], swapped_ndcg, k=5
    ),
}


@pytest.fixture(params=STILLS)
def make(request):
    return STILLS[request.param]


def stage_of(scene):
    return scene.stage(Figure(figsize=scene.size))


# ---- one triple ------------------------------------------------------------------------------------------------------

TIPS = st.lists(st.floats(-2, 2), min_size=6, max_size=6).map(lambda flat: np.reshape(flat, (3, 2)))


@settings(max_examples=15, deadline=None)
@given(TIPS, st.sampled_from([0.05, 0.3, 1.0]), st.sampled_from([0.0, 0.1]))
def test_small_arrows_go_down_the_slope_and_lead_to_the_next_step(tips, lr, reg):
    triples = bpr.Triples(triple_gradient, {"here": tips}, reg, 3)
    stage = stage_of(bpr.triple_scene(triples, [lr]))
    for step in range(4):
        told = stage.draw(bpr.Triple(step, "here", lr))
        marks = stage.arrows
        assert np.column_stack([marks.vectors.U, marks.vectors.V]) == pytest.approx(tips, abs=1e-9)
        assert np.array_equal(marks.steps.get_offsets(), tips)
        move = -lr * slopes_of(lambda arrows: triple_loss(arrows, reg), tips)
        assert np.column_stack([marks.steps.U, marks.steps.V]) == pytest.approx(move, abs=1e-6)
        x = tips[0] @ (tips[1] - tips[2])
        ((left, right), (low, high)) = stage.order.push.get_data()
        assert left == right == pytest.approx(x) and high == 1 and low == pytest.approx(1 / (1 + math.exp(-x)))
        assert f"the push 1 − σ(x) = {1 - low:.4f} is the gap above it" in told
        tips = tips + move
    reach = marks.vectors.axes.get_xlim()[1]
    assert np.abs(tips - move).max() < reach


def test_the_title_tells_the_order_and_how_strong_the_push_is():
    triples = bpr.Triples(triple_gradient, STARTS, 0.0, 2)
    messages = [bpr.triple_message(triples.way(name, 0.2), 0) for name in STARTS]
    assert messages == [
        "Step 0: x = −1.76, the wrong order. The push is strong, 0.85",
        "Step 0: x = 5.52, settled. The push is down to 0.00",
        "Step 0: x = 0.00, a tie. The push is 0.50",
    ]
    on_its_way = bpr.triple_message(triples.way("nothing yet", 1.0), 2)
    assert on_its_way.startswith("Step 2: x = ") and "the right order, and still a push of 0." in on_its_way


def test_the_three_arrows_differ_in_colour_and_have_names():
    marks = stage_of(bpr.triple_scene(bpr.Triples(triple_gradient, STARTS, 0.0, 2), [0.2])).arrows
    assert [name.get_text() for name in marks.names] == ["$p_u$", "$q_i$", "$q_j$"]
    assert len({tuple(colour) for colour in marks.vectors.get_facecolors()}) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"starts": {}}, "starts must hold at least one start, got none"),
        ({"starts": {"a": [[1, 2], [3, 4]]}}, r"starts\['a'\] must be three finite vectors of length 2, got shape"),
        ({"starts": {"a": np.full((3, 2), np.nan)}}, r"starts\['a'\] must be three finite"),
        ({"start": "nowhere"}, r"start must be one of \['wrong order', .* got 'nowhere'"),
        ({"step": 21}, "step must be an integer from 0 to 20, got 21"),
        ({"lr": 0}, "lr must be a finite number > 0, got 0"),
        ({"reg": -1}, "reg must be a finite number >= 0, got -1"),
        ({"n_steps": 0}, "n_steps must be an integer >= 1, got 0"),
        ({"gradient": lambda p, qi, qj, reg: (p, qi)}, "gradient must be three finite vectors"),
    ],
)
def test_triples_that_cannot_be_drawn_are_refused(change, message):
    with pytest.raises(ValueError, match=message):
        plots.triple_step(**{"gradient": triple_gradient, "starts": STARTS, **change})


# ---- the epochs ------------------------------------------------------------------------------------------------------


def test_every_epoch_tells_its_values_and_where_each_curve_is_best():
    shown = epochs.epochs_of(TABLES, CURVES, TITLES, [0, 2])
    stage = stage_of(epochs.epochs_scene(shown))
    for step in range(5):
        told = stage.draw(step)
        for marker, (name, values) in zip(stage.markers, CURVES.items(), strict=True):
            best = min(values) if name == "loss" else max(values)
            assert f"{name} {values[step]:.4f}, best {best:.4f} at epoch {values.index(best)}" in told
            assert [mark.get_ydata()[0] for mark in marker.marks] == [values[step]]
            low, high = marker.here.axes.get_ylim()
            assert low < min(values) and max(values) < high
        assert f"after epoch {step} of 4" in told


def test_the_title_sets_a_falling_loss_beside_a_ranking_that_turns():
    shown = epochs.epochs_of(TABLES, CURVES, TITLES, [])
    messages = [epochs.epochs_message(shown, step) for step in (0, 1, 4)]
    assert messages == [
        "Epoch 0: loss 0.3700 above its lowest, NDCG@10 0.2000 below its best at epoch 1",
        "Epoch 1: NDCG@10 is highest here, loss 0.1800 above its lowest",
        "Epoch 4: loss is lowest, NDCG@10 0.1500 below its best at epoch 1",
    ]


def test_the_map_does_not_follow_turns_that_mean_nothing():
    turns = [np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0] for seed in range(5)]
    still = epochs.epochs_of(TABLES, CURVES, TITLES, []).points
    spun = epochs.epochs_of([t @ turn for t, turn in zip(TABLES, turns, strict=True)], CURVES, TITLES, []).points
    assert spun == pytest.approx(still)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"curves": {"loss": [1.0] * 5}}, r"curves must be two to four, the loss first, got \['loss'\]"),
        ({"positions": TABLES[:4]}, "positions must be as many as the curves are long, got 4"),
        ({"positions": [np.zeros((3, 2))] * 5}, r"positions must have shape \(6, k\)"),
        ({"labelled": [6]}, r"labelled must lie in 0\.\.5"),
        ({"step": 5}, "step must be an integer from 0 to 4, got 5"),
        ({"curves": {"loss": [1, 2], "AUC": [1]}}, "curves must be one to 6 curves of equal length"),
    ],
)
def test_epochs_that_cannot_be_drawn_are_refused(change, message):
    right = {"positions": TABLES, "curves": CURVES, "titles": TITLES, "labelled": [0]}
    with pytest.raises(ValueError, match=message):
        plots.ranking_epochs(**{**right, **change})


# ---- the forces ------------------------------------------------------------------------------------------------------


def races(setting=(1.0, 3), **options):
    films = ranking.films_of(SCORES, GRADES, TITLES)
    return ranking.Races(films, FORCES, judged, options.get("lr"), options.get("n_steps", 4), setting)


@pytest.mark.parametrize("score", [-1.0, math.log(2)])
def test_the_tangent_touches_the_loss_and_the_arrow_goes_against_the_derivative(score):
    def loss(s):
        return math.log1p(math.exp(-2 * s))

    slope = (loss(score + 1e-6) - loss(score - 1e-6)) / 2e-6
    axes = Figure().subplots()
    told = ranking._draw_push(axes, loss, score, slope)
    curve, tangent, _ = axes.lines
    assert (curve.get_ydata() >= [loss(s) - 1e-12 for s in curve.get_xdata()]).all()
    left, right = zip(tangent.get_xdata(), tangent.get_ydata(), strict=True)
    assert (right[1] - left[1]) / (right[0] - left[0]) == pytest.approx(slope, abs=1e-9)
    assert (left[1] + right[1]) / 2 == pytest.approx(loss(score), abs=1e-9)
    arrow = next(text for text in axes.texts if not text.get_text())
    assert arrow.xy == pytest.approx((score - slope, loss(score))) and arrow.xyann == pytest.approx(
        (score, loss(score))
    )
    assert (
        axes.get_title() == "The derivative is below 0: subtracting it lifts the better film" and "to the right" in told
    )


def test_a_pair_pushed_the_wrong_way_is_called_so():
    told = plots.pair_push(lambda s: s**2, lambda s: 2 * s, 1.0).alt
    assert "2.00 to the left. The derivative is above 0: subtracting it lowers the better film." in told


@pytest.mark.parametrize("score", [4.0, math.nan])
def test_a_pair_beyond_the_axis_is_refused(score):
    with pytest.raises(ValueError, match="score must be a number between -2 and 2, got"):
        plots.pair_push(lambda s: s, lambda s: 1.0, score)


@pytest.mark.parametrize(("slope", "k"), [(0.5, 1), (1.0, 3), (2.0, 6)])
def test_arrows_point_down_the_slope_of_each_method_and_steps_follow_them(slope, k):
    drawn = races(lr={"RankNet": 0.3, "LambdaRank": 0.9})
    stage = stage_of(ranking.forces_scene(drawn, [(slope, k)]))
    for name, lr in drawn.lr.items():
        now = np.array(SCORES)
        for step in range(5):
            told, line = stage.draw(ranking.Pushed(step, slope, k)), stage.lines[name]
            assert line.dots.get_offsets()[:, 0] == pytest.approx(now, abs=1e-6)
            move = -lr * FORCES[name](now, GRADES, slope, k)
            assert np.abs(line.arrows.U - ranking.LONGER * move).max() < 1e-5 and not line.arrows.V.any()
            order = sorted(range(6), key=lambda film: (-now[film], film))
            assert [int(line.ranks[film].get_text()) for film in order] == [1, 2, 3, 4, 5, 6]
            filled = {film for film in range(6) if not (line.dots.get_facecolors()[film][:3] == 1).all()}
            assert filled == set(order[:k])
            assert line.title.get_text() == f"{name}, learning rate {lr:g}\nNDCG@{k} {judged(now, GRADES, k):.4f}"
            assert f"{name} (lr {lr:g}), NDCG {judged(now, GRADES, k):.4f}: 1 {TITLES[order[0]]}" in told
            now = now + move
        low, high = line.dots.axes.get_xlim()
        assert low < now.min() and now.max() < high


def test_a_good_film_far_below_is_pushed_up_by_both_and_the_title_tells_the_one_lifted_most():
    drawn = races()
    runs = {name: drawn.of(name, 1.0, 3) for name in FORCES}
    moves = {name: run.scores[1] - run.scores[0] for name, run in runs.items()}
    assert all(move[5] > 0 > move[1] for move in moves.values())  # grade 3 on the last rank, grade 0 on the second
    lifted = {name: TITLES[int(np.argmax(move))] for name, move in moves.items()}
    told = ranking.forces_message(drawn.films, runs, ranking.Pushed(0, 1.0, 3))
    assert lifted == {"RankNet": TITLES[5], "LambdaRank": TITLES[5]}
    assert told == "RankNet and LambdaRank both lift The Howling Nursery most"
    alone = {"LambdaRank": runs["LambdaRank"], "RankNet": ranking.Race(np.zeros((6, 6)), np.zeros(6))}
    told = ranking.forces_message(drawn.films, alone, ranking.Pushed(0, 1.0, 3))
    assert told == "LambdaRank lifts The Howling Nursery most, RankNet lifts nothing"


def test_without_an_lr_the_first_step_is_round_and_seen():
    drawn = races()
    for name, lr in drawn.lr.items():
        longest = lr * np.abs(FORCES[name](np.array(SCORES), GRADES, 1.0, 3)).max() / np.ptp(SCORES)
        assert ranking.STRIDE / 2.5 < longest <= ranking.STRIDE * 1.001
        assert f"{lr:.0e}"[0] in "125" and float(f"{lr:.0e}") == pytest.approx(lr, rel=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scores": SCORES[:5]}, "scores, labels and titles must be equally long, two films or more"),
        ({"scores": [math.inf, *SCORES[1:]]}, "scores and labels must be finite"),
        ({"forces": {"RankNet": ranknet}}, r"forces must be two, got \['RankNet'\]"),
        ({"slope": 0}, "slope must be a finite number > 0, got 0"),
        ({"k": 7}, "k must be an integer from 1 to 6, got 7"),
        ({"k": 0}, "k must be an integer from 1 to 6, got 0"),
        ({"lr": {"RankNet": 0.1}}, "lr must give a finite number > 0 for each of"),
        ({"lr": {"RankNet": 0.1, "LambdaRank": -1}}, "lr must give a finite number > 0 for each of"),
        ({"step": 21}, "step must be an integer from 0 to 20, got 21"),
    ],
)
def test_forces_that_cannot_be_drawn_are_refused(change, message):
    right = {"scores": SCORES, "labels": GRADES, "titles": TITLES, "forces": FORCES, "ndcg": judged}
    with pytest.raises(ValueError, match=message):
        plots.ranking_forces(**{**right, **change})


# ---- the swaps -------------------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 3)), min_size=2, max_size=7))
def test_each_cell_is_the_swap_of_its_two_ranks(films):
    scores, grades = map(list, zip(*films, strict=True))
    n, order = len(films), sorted(range(len(films)), key=lambda film: (-scores[film], film))
    shown = swaps.Swaps(scores, grades, [f"Film {film}" for film in range(n)], swapped_ndcg)
    stage = stage_of(swaps.swaps_scene(shown, range(1, n + 1)))
    for k in range(1, n + 1):
        told, change = stage.draw(k), swapped_ndcg(scores, grades, k)
        cells = stage.cells.get_array()
        pairs = [(worse, better) for worse in range(n) for better in range(worse)]
        wanted = [change[order[worse], order[better]] for worse, better in pairs]
        assert [cells[pair] for pair in pairs] == pytest.approx(wanted) and cells.mask.sum() == n * n - len(pairs)
        assert [text.get_text() for text in stage.numbers] == [f"{w:.2f}" if w > 1e-9 else "0" for w in wanted]
        counted = sum(w > 1e-9 for w in wanted)
        if counted:
            assert f"changes most, {max(wanted):.4f}; {counted} of {len(pairs)} pairs count" in told
        else:
            assert f"no swap changes NDCG@{k}" in told
        beyond = [w for (worse, better), w in zip(pairs, wanted, strict=True) if better >= k]
        assert not any(beyond) and f"The {len(beyond)} pairs with both ranks beyond K" in told


def test_a_pair_that_does_not_count_is_grey_and_many_films_have_no_numbers():
    stage = stage_of(swaps.swaps_scene(swaps.Swaps(SCORES, GRADES, TITLES, swapped_ndcg), [3]))
    stage.draw(3)
    colours = stage.cells.to_rgba(stage.cells.get_array())
    grey = tuple(int(base.PALE[at : at + 2], 16) / 255 for at in (1, 3, 5))
    assert tuple(colours[5, 4][:3]) == pytest.approx(grey) and tuple(colours[5, 0][:3]) != pytest.approx(grey)
    many = swaps.Swaps(np.arange(9.0), [1] * 9, [str(n) for n in range(9)], swapped_ndcg)
    assert not stage_of(swaps.swaps_scene(many, [3])).numbers


def test_a_delta_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"delta must give finite numbers of shape \(6, 6\), got shape \(6,\)"):
        plots.swap_heat_map(SCORES, GRADES, TITLES, lambda s, y, k: s, k=3)
    with pytest.raises(ValueError, match="k must be an integer from 1 to 6, got 9"):
        plots.swap_heat_map(SCORES, GRADES, TITLES, swapped_ndcg, k=9)
