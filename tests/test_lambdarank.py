"""Ranking losses against written-out pairs, swapped lists, finite differences and all orders of short lists."""

import math
from fractions import Fraction
from itertools import combinations, pairwise, permutations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import optimize

from recmath_lib import factorization, lambdarank, metrics

SLOPES = pytest.mark.parametrize("slope", [0.5, 1.0, 2.5])
CUTS = pytest.mark.parametrize("k", [None, 1, 2, 3, 9])
BY_QUERY = [
    lambdarank.ranknet_loss,
    lambdarank.ranknet_gradient,
    lambdarank.delta_ndcg,
    lambdarank.pair_lambdas,
    lambdarank.lambda_gradients,
    lambdarank.lambda_hessians,
    lambdarank.misordered_cost,
    lambdarank.frozen_surrogate,
    lambdarank.softmax_loss,
    lambdarank.softmax_gradient,
    lambdarank.ndcg_loss2_weights,
]
WITH_SLOPE = [
    lambdarank.ranknet_loss,
    lambdarank.ranknet_gradient,
    lambdarank.pair_lambdas,
    lambdarank.lambda_gradients,
    lambdarank.lambda_hessians,
    lambdarank.frozen_surrogate,
]
WITH_CUT = [
    lambdarank.delta_ndcg,
    lambdarank.pair_lambdas,
    lambdarank.lambda_gradients,
    lambdarank.lambda_hessians,
    lambdarank.misordered_cost,
    lambdarank.frozen_surrogate,
]


def each(functions):
    return pytest.mark.parametrize("function", functions, ids=lambda function: function.__name__)


# Neither sorted by score nor by label, with a tie in each, negative scores and a fractional label.
SCORES = np.array([0.3, -1.2, 2.0, 0.3, 0.9, -0.4])
LABELS = np.array([2.0, 4.0, 0.0, 1.0, 1.0, 0.5])

whole_labels = st.integers(0, 4).map(float)


@st.composite
def queries(draw, labels=whole_labels, most=7, least=1):
    """Scores, ties among them, and labels of one query."""
    n = draw(st.integers(least, most))
    scores = draw(st.lists(st.integers(-12, 12).map(lambda x: x / 4), min_size=n, max_size=n))
    return np.array(scores), np.array(draw(st.lists(labels, min_size=n, max_size=n)))


def winners(labels):
    """All pairs (i, j) of films with y_i > y_j."""
    return [(i, j) for i, j in permutations(range(len(labels)), 2) if labels[i] > labels[j]]


def listed(scores):
    """Films by descending score, equal scores in input order."""
    return sorted(range(len(scores)), key=lambda film: -scores[film])


def dcg(labels, k=None):
    """Of labels in rank order, term by term."""
    return math.fsum((2**y - 1) / math.log2(rank + 1) for rank, y in enumerate(labels[:k], start=1))


def ndcg(order, labels, k=None):
    """Of films in this order."""
    ideal = dcg(sorted(labels, reverse=True), k)
    return dcg([labels[film] for film in order], k) / ideal if ideal else 0.0


def swapped(scores, labels, k=None):
    """What NDCG@k loses or wins when two films swap places in the list: by doing it, pair by pair."""
    order, n = listed(scores), len(scores)
    changes = np.zeros((n, n))
    for i, j in combinations(range(n), 2):
        other = [{i: j, j: i}.get(film, film) for film in order]
        changes[i, j] = changes[j, i] = abs(ndcg(other, labels, k) - ndcg(order, labels, k))
    return changes


def pairs_loss(scores, labels, slope, weights=None):
    """Cross-entropy of all pairs, each with its weight, term by term."""
    weight = np.ones((len(labels),) * 2) if weights is None else weights
    return math.fsum(weight[i, j] * math.log1p(math.exp(-slope * (scores[i] - scores[j]))) for i, j in winners(labels))


def slopes_of(function, point, step=1e-3):
    """Gradient by differences of fourth order: the error is about step**4."""
    axes = step * np.eye(len(point))
    return [
        (8 * (function(point + e) - function(point - e)) - (function(point + 2 * e) - function(point - 2 * e)))
        / (12 * step)
        for e in axes
    ]


def bends_of(function, point, step=1e-2):
    """Second derivatives by each number alone, by differences of sixth order."""
    steps, middle = (1.5, -3 / 20, 1 / 90), function(point)
    return [
        sum(c * (function(point + m * e) - 2 * middle + function(point - m * e)) for m, c in enumerate(steps, start=1))
        / step**2
        for e in step * np.eye(len(point))
    ]


# ---- (6.1) to (6.4): RankNet ----


@pytest.mark.equation("6.1")
@SLOPES
def test_order_probability_has_the_log_odds_slope_times_difference(slope):
    for odds in (Fraction(3), Fraction(1, 7), Fraction(1)):
        difference = math.log(odds) / slope
        assert lambdarank.order_probability(difference, slope) == pytest.approx(float(odds / (1 + odds)), rel=1e-14)


def test_order_probability_of_both_orders_is_one():
    x = np.linspace(-30, 30, 61).reshape(1, 61)
    both = lambdarank.order_probability(x, 0.7) + lambdarank.order_probability(-x, 0.7)
    assert both.shape == (1, 61)
    np.testing.assert_allclose(both, 1, rtol=1e-14)
    assert lambdarank.order_probability([-2000.0, 2000.0]).tolist() == [0, 1]


@pytest.mark.equation("6.2")
@SLOPES
def test_ranknet_loss_pair_by_pair(slope):
    expected = pairs_loss(SCORES, LABELS, slope)
    assert lambdarank.ranknet_loss(SCORES, LABELS, slope) == pytest.approx(expected, rel=1e-13)


@pytest.mark.equation("6.2")
def test_ranknet_loss_is_minus_the_log_likelihood_of_the_order():
    s = np.log([3.0, 1.0])  # odds of three to one
    assert lambdarank.ranknet_loss(s, [1, 0]) == pytest.approx(math.log(4 / 3), rel=1e-14)
    assert lambdarank.ranknet_loss(s, [0, 1]) == pytest.approx(math.log(4), rel=1e-14)
    assert lambdarank.ranknet_loss([-1000.0, 1000.0], [1, 0], slope=0.5) == 1000
    assert lambdarank.ranknet_loss([1000.0, -1000.0], [1, 0]) == 0


@pytest.mark.equation("6.3")
@SLOPES
def test_pair_gradient_is_the_slope_of_the_pairs_loss(slope):
    for x in (-3.0, -0.4, 0.0, 1.7):
        expected = slopes_of(lambda d: math.log1p(math.exp(-slope * d[0])), np.array([x]))
        assert lambdarank.pair_gradient(x, slope) == pytest.approx(expected[0], rel=1e-9)


@pytest.mark.equation("6.3")
def test_pair_gradient_in_fractions():
    assert lambdarank.pair_gradient(math.log(3) / 2.5, 2.5) == pytest.approx(-2.5 / 4, rel=1e-14)
    assert lambdarank.pair_gradient([-1000.0, 0.0, 1000.0], 3.0).tolist() == [-3, -1.5, 0]


@pytest.mark.equation("6.4")
@SLOPES
def test_ranknet_gradient_is_the_slope_of_its_loss(slope):
    expected = slopes_of(lambda s: pairs_loss(s, LABELS, slope), SCORES)
    np.testing.assert_allclose(lambdarank.ranknet_gradient(SCORES, LABELS, slope), expected, rtol=1e-9, atol=1e-10)


def test_ranknet_gradient_by_hand():
    # y = 1, 0, 2: the pairs are (0, 1), (2, 0) and (2, 1); all scores equal, so each pair pulls with slope / 2.
    assert lambdarank.ranknet_gradient([5, 5, 5], [1, 0, 2], slope=3).tolist() == [0, 3, -3]


# ---- (6.5): swapping two films ----


@pytest.mark.equation("6.5")
@CUTS
def test_delta_ndcg_by_swapping(k):
    np.testing.assert_allclose(
        lambdarank.delta_ndcg(SCORES, LABELS, k), swapped(SCORES, LABELS, k), rtol=1e-11, atol=1e-15
    )


@pytest.mark.equation("6.5")
@given(queries(least=2), st.one_of(st.none(), st.integers(1, 9)))
def test_delta_ndcg_by_swapping_any_query(query, k):
    np.testing.assert_allclose(lambdarank.delta_ndcg(*query, k), swapped(*query, k), rtol=1e-9, atol=1e-14)


@pytest.mark.equation("6.5")
def test_delta_ndcg_by_hand():
    # Ranked: label 1, label 2, label 0. The ideal is 3 + 1 / log2(3).
    third, ideal = 1 / math.log2(3), 3 + 1 / math.log2(3)
    expected = np.array(
        [[0, 2 * (1 - third), 0.5], [2 * (1 - third), 0, 3 * (third - 0.5)], [0.5, 3 * (third - 0.5), 0]]
    )
    np.testing.assert_allclose(lambdarank.delta_ndcg([9, 5, 1], [1, 2, 0]), expected / ideal, rtol=1e-14)


@given(queries(), st.integers(1, 9))
def test_beyond_the_cut_a_swap_changes_nothing(query, k):
    outside = metrics.ranks(query[0]) > k
    assert not lambdarank.delta_ndcg(*query, k)[np.ix_(outside, outside)].any()


def test_ties_keep_their_input_order():
    tied, apart = lambdarank.delta_ndcg([1, 1, 1], [0, 2, 1]), lambdarank.delta_ndcg([3, 2, 1], [0, 2, 1])
    assert np.array_equal(tied, apart) and tied[0, 1] > 0


# ---- (6.6) to (6.8): lambdas ----


@pytest.mark.equation("6.6")
@CUTS
@SLOPES
def test_pair_lambdas_pair_by_pair(slope, k):
    weights, expected = swapped(SCORES, LABELS, k), np.zeros((6, 6))
    for i, j in winners(LABELS):
        expected[i, j] = -slope / (1 + math.exp(slope * (SCORES[i] - SCORES[j]))) * weights[i, j]
    np.testing.assert_allclose(lambdarank.pair_lambdas(SCORES, LABELS, slope, k), expected, rtol=1e-11, atol=1e-15)


@pytest.mark.equation("6.7")
@CUTS
@SLOPES
def test_lambdas_are_slopes_of_the_frozen_loss(slope, k):
    weights = swapped(SCORES, LABELS, k)
    expected = slopes_of(lambda s: pairs_loss(s, LABELS, slope, weights), SCORES)
    np.testing.assert_allclose(lambdarank.lambda_gradients(SCORES, LABELS, slope, k), expected, rtol=1e-8, atol=1e-11)
    np.testing.assert_allclose(
        lambdarank.lambda_gradients_batch(SCORES, LABELS, [0, 6], slope, k), expected, rtol=1e-8, atol=1e-11
    )


@pytest.mark.equation("6.7")
def test_lambdas_of_two_films_by_hand():
    # The good film stands below: the swap brings NDCG from 1 / log2(3) to 1.
    push = 2 / (1 + math.exp(2 * -0.5)) * (1 - 1 / math.log2(3))
    assert lambdarank.lambda_gradients([0.5, 0.0], [0, 1], slope=2) == pytest.approx([push, -push], rel=1e-13)


@pytest.mark.equation("6.7")
@pytest.mark.equation("6.8")
@given(queries(), st.floats(0.1, 4), st.one_of(st.none(), st.integers(1, 5)))
def test_lambdas_any_query(query, slope, k):
    (s, y), weights = query, swapped(*query, k)
    first, second = np.zeros(len(y)), np.zeros(len(y))
    for i, j in winners(y):
        rho = 1 / (1 + math.exp(slope * (s[i] - s[j])))
        first[[i, j]] += np.array([-1, 1]) * slope * rho * weights[i, j]
        second[[i, j]] += slope**2 * rho * (1 - rho) * weights[i, j]
    near = {"rtol": 1e-9, "atol": 1e-13}
    np.testing.assert_allclose(lambdarank.lambda_gradients(s, y, slope, k), first, **near)
    np.testing.assert_allclose(lambdarank.lambda_gradients_batch(s, y, [0, len(y)], slope, k), first, **near)
    np.testing.assert_allclose(lambdarank.lambda_hessians(s, y, slope, k), second, **near)


@pytest.mark.equation("6.8")
@CUTS
@SLOPES
def test_lambda_hessians_are_bends_of_the_frozen_loss(slope, k):
    weights = swapped(SCORES, LABELS, k)
    expected = bends_of(lambda s: pairs_loss(s, LABELS, slope, weights), SCORES)
    np.testing.assert_allclose(lambdarank.lambda_hessians(SCORES, LABELS, slope, k), expected, rtol=1e-7, atol=1e-9)


def test_lambda_hessians_by_hand():
    # Equal scores: rho is 1/2, so slope**2 / 4 for both films, times the change by the swap.
    expected = 9 / 4 * (1 - 1 / math.log2(3))
    assert lambdarank.lambda_hessians([2, 2], [0, 1], slope=3) == pytest.approx([expected] * 2, rel=1e-14)


FORCES = [lambdarank.ranknet_gradient, lambdarank.lambda_gradients, lambdarank.softmax_gradient]


@each(FORCES)
@given(query=queries(), shift=st.integers(-3, 3))
def test_forces_balance_and_do_not_see_a_shift(function, query, shift):
    s, y = query
    forces = function(s, y)
    assert abs(forces.sum()) < 1e-12 * max(1, np.abs(forces).sum())
    np.testing.assert_allclose(function(s + shift, y), forces, rtol=1e-9, atol=1e-12)


@each(FORCES)
@given(query=queries(), data=st.data())
def test_forces_move_with_their_films(function, query, data):
    s, y = query
    s = s + np.arange(s.size) / 64  # no ties: their rule goes by input order
    order = np.array(data.draw(st.permutations(range(s.size))))
    np.testing.assert_allclose(function(s[order], y[order]), function(s, y)[order], rtol=1e-9, atol=1e-12)


def test_the_best_film_is_lifted_and_the_worst_pushed_down():
    for function in FORCES:
        forces = function([0.0, 3.0, 1.0], [2, 0, 1])
        assert forces[0] < 0 < forces[1]


def test_a_query_without_two_labels_has_no_forces():
    for labels in ([0, 0, 0], [2, 2, 2]):
        assert not lambdarank.lambda_gradients([1, 2, 3], labels).any()
        assert not lambdarank.lambda_hessians([1, 2, 3], labels).any()
        assert lambdarank.ranknet_loss([1, 2, 3], labels) == 0


# ---- (6.9), (6.10), (6.16): what is bounded ----


def every_ranking(labels):
    """Scores that put the films into each of their orders."""
    return [np.array(order, dtype=float) for order in permutations(range(len(labels)))]


LISTS = [[2, 0, 1], [0, 1, 0, 3], [1, 1, 0, 2, 4], [0, 0, 1, 0, 1], [3, 2, 3, 0, 1]]


@pytest.mark.equation("6.9")
@CUTS
def test_misordered_cost_pair_by_pair(k):
    order, weights = listed(SCORES), swapped(SCORES, LABELS, k)
    expected = math.fsum(weights[i, j] for i, j in winners(LABELS) if order.index(i) > order.index(j))
    assert lambdarank.misordered_cost(SCORES, LABELS, k) == pytest.approx(expected, rel=1e-12)


@pytest.mark.equation("6.9")
def test_one_swap_from_the_ideal_the_cost_is_what_is_missing():
    # Neighbours in the wrong order: one misordered pair, and swapping it gives the ideal.
    assert lambdarank.misordered_cost([3, 2, 1], [1, 2, 0]) == pytest.approx(1 - ndcg([0, 1, 2], [1, 2, 0]), rel=1e-12)
    assert lambdarank.misordered_cost([3, 2, 1], [0, 0, 0]) == 0  # without a gain there is nothing to bound


@CUTS
def test_bounds_hold_in_every_order_of_short_lists(k):
    for labels in LISTS:
        for s in every_ranking(labels):
            missing = 1 - ndcg(listed(s), labels, k)
            cost = lambdarank.misordered_cost(s, labels, k)
            assert missing <= cost + 1e-12
            for slope in (0.3, 1.0, 5.0):
                assert cost <= lambdarank.frozen_surrogate(s, labels, slope, k) + 1e-12


@given(queries(least=2), st.one_of(st.none(), st.integers(1, 9)), st.floats(0.1, 5))
def test_bounds_hold_with_ties(query, k, slope):
    s, y = query
    assume(y.any())
    cost = lambdarank.misordered_cost(s, y, k)
    assert 1 - metrics.ndcg_from_scores(y, s, k) <= cost + 1e-12
    assert cost <= lambdarank.frozen_surrogate(s, y, slope, k) + 1e-12


@pytest.mark.equation("6.10")
@CUTS
@SLOPES
def test_frozen_surrogate_pair_by_pair(slope, k):
    expected = pairs_loss(SCORES, LABELS, slope, swapped(SCORES, LABELS, k)) / math.log(2)
    assert lambdarank.frozen_surrogate(SCORES, LABELS, slope, k) == pytest.approx(expected, rel=1e-12)
    at = SCORES[::-1].copy()
    elsewhere = pairs_loss(SCORES, LABELS, slope, swapped(at, LABELS, k)) / math.log(2)
    assert lambdarank.frozen_surrogate(SCORES, LABELS, slope, k, at=at) == pytest.approx(elsewhere, rel=1e-12)


@pytest.mark.equation("6.10")
def test_a_tied_pair_costs_one_bit():
    assert lambdarank.frozen_surrogate([4, 4], [0, 1]) == pytest.approx(1 - 1 / math.log2(3), rel=1e-14)


def test_the_bound_is_for_the_ranking_it_was_frozen_at():
    labels, at, elsewhere = [2, 1, 0], [1.0, 2.0, 3.0], 50 * np.array([2.0, 3.0, 1.0])
    # At NDCG@1 a swap of films 0 and 1, at ranks 3 and 2, changes nothing; elsewhere film 1 stands first, wrongly.
    assert lambdarank.frozen_surrogate(elsewhere, labels, k=1, at=at) < 1e-12
    assert 1 - ndcg(listed(elsewhere), labels, 1) == pytest.approx(2 / 3)


@pytest.mark.equation("6.16")
def test_ndcg_loss2_weights_pair_by_pair():
    order, ideal = listed(SCORES), dcg(sorted(LABELS, reverse=True))
    expected = np.zeros((6, 6))
    for i, j in permutations(range(6), 2):
        apart = abs(order.index(i) - order.index(j))
        drop = 1 / math.log2(apart + 1) - 1 / math.log2(apart + 2)
        expected[i, j] = drop * abs(2 ** LABELS[i] - 2 ** LABELS[j]) / ideal
    np.testing.assert_allclose(lambdarank.ndcg_loss2_weights(SCORES, LABELS), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.equation("6.16")
def test_ndcg_loss2_weights_add_up_to_what_a_lone_film_loses():
    # One relevant film at rank r, the others above it: the weights telescope to 1 − 1 / log2(1 + r).
    for r in range(1, 8):
        labels = np.eye(8)[r - 1]
        weights = lambdarank.ndcg_loss2_weights(-np.arange(8.0), labels)[r - 1, : r - 1]
        assert weights.sum() == pytest.approx(1 - 1 / math.log2(1 + r), rel=1e-12, abs=1e-15)


def test_ndcg_loss2_weights_bound_too():
    for labels in LISTS:
        for s in every_ranking(labels):
            order, weights = listed(s), lambdarank.ndcg_loss2_weights(s, labels)
            cost = sum(weights[i, j] for i, j in winners(labels) if order.index(i) > order.index(j))
            assert 1 - ndcg(order, labels) <= cost + 1e-12


# ---- (6.11) to (6.13): softmax ----


@pytest.mark.equation("6.11")
def test_softmax_loss_in_fractions():
    s = np.log([1.0, 2.0, 5.0])  # softmax 1/8, 2/8, 5/8
    expected = -(math.log(1 / 8) + 3 * math.log(5 / 8)) / 4
    assert lambdarank.softmax_loss(s, [1, 0, 3]) == pytest.approx(expected, rel=1e-14)


@pytest.mark.equation("6.11")
def test_softmax_loss_of_scores_far_apart_is_their_distance():
    assert lambdarank.softmax_loss([-1000.0, 1000.0], [1, 0]) == 2000
    assert lambdarank.softmax_loss([1000.0, -1000.0], [1, 0]) == 0
    assert lambdarank.softmax_loss([3.0, 1.0], [0, 0]) == 0


@pytest.mark.equation("6.12")
def test_softmax_gradient_is_the_slope_of_its_loss():
    def loss(s):
        return -math.fsum(y * (x - math.log(np.exp(s).sum())) for x, y in zip(s, LABELS, strict=True)) / LABELS.sum()

    np.testing.assert_allclose(
        lambdarank.softmax_gradient(SCORES, LABELS), slopes_of(loss, SCORES), rtol=1e-9, atol=1e-11
    )
    assert lambdarank.softmax_gradient([-1000.0, 1000.0], [1, 0]).tolist() == [-1, 1]
    assert lambdarank.softmax_gradient([3.0, 1.0], [0, 0]).tolist() == [0, 0]


def test_huge_labels_keep_their_shares():
    y = np.array([1000.0, 500.0, 0.0])
    assert lambdarank.softmax_loss([1, 2, 3], y) == pytest.approx(lambdarank.softmax_loss([1, 2, 3], [2, 1, 0]))


@pytest.mark.equation("6.13")
def test_ndcg_floor_is_the_geometric_mean_of_the_shares():
    s = np.log([1.0, 2.0, 5.0])
    assert lambdarank.ndcg_floor(s, [1, 0, 1]) == pytest.approx(math.sqrt(1 / 8 * 5 / 8), rel=1e-14)


@given(queries(labels=st.sampled_from([0.0, 1.0])))
def test_no_metric_falls_below_the_floor(query):
    s, y = query
    assume(y.any())
    floor = lambdarank.ndcg_floor(s, y)
    order = listed(s)
    assert floor <= ndcg(order, y) + 1e-12
    assert floor <= 1 / (1 + [y[film] for film in order].index(1)) + 1e-12


# ---- (6.14), (6.15): leaves and trees ----


@pytest.mark.equation("6.14")
def test_a_leaf_is_the_lowest_point_of_its_parabola():
    G, H, reg = [-1.0, 0.5, -2.0], [0.25, 0.5, 1.0], 0.75
    lowest = optimize.minimize_scalar(lambda v: sum(G) * v + (sum(H) + reg) / 2 * v * v)
    assert lambdarank.newton_leaf(G, H, reg) == pytest.approx(lowest.x, rel=1e-7)
    assert lambdarank.newton_leaf(G, H, reg) == float(Fraction(5, 2) / Fraction(5, 2))
    assert lambdarank.newton_leaf([], []) == 0


def steps_data():
    """Three queries whose labels follow one feature by steps up and down: no line orders them, trees can."""
    rng = np.random.default_rng(3)
    X = rng.random((90, 2))
    return X, np.floor(4 * X[:, 0]) % 2 * 2 + (X[:, 1] > 0.5), np.array([0, 25, 60, 90])


def walk(tree, row):
    """The leaf a film falls into, from node to node."""
    node = 0
    while tree.children_left[node] >= 0:
        goes_left = np.float32(row[tree.feature[node]]) <= tree.threshold[node]
        node = tree.children_left[node] if goes_left else tree.children_right[node]
    return node


@pytest.mark.equation("6.15")
def test_scores_are_sums_of_leaves_found_by_walking():
    X, y, offsets = steps_data()
    state = lambdarank.fit_trees(X, y, offsets, n_trees=4, n_leaves=4, min_leaf=5)
    new = np.random.default_rng(1).random((7, 2))
    expected = [math.fsum(values[walk(tree.tree_, row)] for tree, values in state.trees) for row in new]
    np.testing.assert_allclose(lambdarank.boosted_scores(state.trees, new), expected, rtol=1e-12)
    assert np.array_equal(state.predict(new), lambdarank.boosted_scores(state.trees, new))
    assert lambdarank.boosted_scores((), new).tolist() == [0] * 7


def test_each_leaf_of_the_first_tree_is_a_newton_step():
    X, y, offsets = steps_data()
    state = lambdarank.fit_trees(X, y, offsets, n_trees=1, n_leaves=3, min_leaf=5, slope=2.0, k=4, reg=0.5, lr=0.3)
    parts = list(pairwise(offsets))
    G = np.concatenate([lambdarank.lambda_gradients(np.zeros(b - a), y[a:b], 2.0, 4) for a, b in parts])
    H = np.concatenate([lambdarank.lambda_hessians(np.zeros(b - a), y[a:b], 2.0, 4) for a, b in parts])
    ((tree, _),) = state.trees
    leaf = tree.apply(X)
    expected = [-0.3 * G[leaf == own].sum() / (H[leaf == own].sum() + 0.5) for own in leaf]
    np.testing.assert_allclose(state.predict(X), expected, rtol=1e-10)
    assert len(set(leaf)) == 3 and min(np.bincount(leaf)[list(set(leaf))]) >= 5


# ---- trainers ----

LOSSES = pytest.mark.parametrize("loss", ["pointwise", "ranknet", "lambdarank", "softmax"])


def planted(seed=0, n_queries=40, n=8, noise=0.2):
    """Queries whose labels follow a line: weights 1.5, −1, 0.5 and 0, cut into grades."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_queries * n, 4))
    liking = X @ [1.5, -1.0, 0.5, 0.0] + noise * rng.normal(size=len(X))
    return X, np.clip(np.round(liking + 1), 0, 4), np.arange(0, len(X) + 1, n)


def mean_ndcg(scores, labels, offsets):
    pieces = pairwise(offsets)
    return np.mean([metrics.ndcg_from_scores(labels[a:b], scores[a:b]) for a, b in pieces])


@LOSSES
def test_a_line_recovers_the_planted_order_of_its_weights(loss):
    X, y, offsets = planted()
    state = lambdarank.fit(X, y, offsets, loss=loss, lr=0.02 if loss == "pointwise" else 0.1, n_epochs=60)
    assert np.argsort(state.weights).tolist() == [1, 3, 2, 0]
    assert abs(state.weights[3]) < 0.2 * state.weights[0]
    assert mean_ndcg(state.predict(X), y, offsets) > 0.95


@LOSSES
def test_states_count_from_zero_and_the_objective_falls(loss):
    X, y, offsets = planted(n_queries=6)
    states = list(lambdarank.epochs(X, y, offsets, loss=loss, lr=0.01, n_epochs=5))
    assert [state.step for state in states] == [0, 1, 2, 3, 4, 5]
    assert not states[0].weights.any()
    if loss != "lambdarank":  # a gradient of its objective; lambdas are none
        assert (np.diff([state.objective for state in states]) < 0).all()
    last = lambdarank.fit(X, y, offsets, loss=loss, lr=0.01, n_epochs=5)
    assert np.array_equal(last.weights, states[-1].weights) and last.objective == states[-1].objective


@LOSSES
def test_an_epoch_is_one_step_with_the_mean_gradient(loss):
    X, y, offsets = planted(n_queries=3)
    gradient = {
        "pointwise": lambda s, y: 2 * (s - y),
        "ranknet": lambda s, y: lambdarank.ranknet_gradient(s, y, 2.0),
        "lambdarank": lambda s, y: lambdarank.lambda_gradients(s, y, 2.0, 3),
        "softmax": lambdarank.softmax_gradient,
    }[loss]
    start, first, second = lambdarank.epochs(X, y, offsets, loss=loss, slope=2.0, k=3, reg=0.3, lr=0.05, n_epochs=2)
    s, parts = X @ first.weights, list(pairwise(offsets))
    by_score = np.concatenate([gradient(s[a:b], y[a:b]) for a, b in parts])
    expected = first.weights - 0.05 * (X.T @ by_score / 3 + 2 * 0.3 * first.weights)
    np.testing.assert_allclose(second.weights, expected, rtol=1e-9)
    assert start.objective != second.objective


def test_objectives_are_means_over_queries():
    X, y, offsets = planted(n_queries=3)
    of_query = {
        "pointwise": lambda s, y: np.sum((s - y) ** 2),
        "ranknet": lambda s, y: lambdarank.ranknet_loss(s, y, 2.0),
        "lambdarank": lambda s, y: lambdarank.frozen_surrogate(s, y, 2.0, 3),
        "softmax": lambdarank.softmax_loss,
    }
    for loss, function in of_query.items():
        state = lambdarank.fit(X, y, offsets, loss=loss, slope=2.0, k=3, lr=0.05, n_epochs=2)
        s = state.predict(X)
        expected = np.mean([function(s[a:b], y[a:b]) for a, b in pairwise(offsets)])
        assert state.objective == pytest.approx(expected, rel=1e-10)


def test_trees_beat_a_line_where_no_line_fits():
    X, y, offsets = steps_data()
    line = lambdarank.fit(X, y, offsets, n_epochs=200)
    trees = lambdarank.fit_trees(X, y, offsets, n_trees=30, n_leaves=8, min_leaf=3)
    assert mean_ndcg(trees.predict(X), y, offsets) > 0.98 > 0.9 > mean_ndcg(line.predict(X), y, offsets)


def test_rounds_yield_one_more_tree_each_and_repeat_exactly():
    X, y, offsets = steps_data()
    first, again = (list(lambdarank.boosting_rounds(X, y, offsets, n_trees=3)) for _ in range(2))
    assert [(state.step, len(state.trees)) for state in first] == [(0, 0), (1, 1), (2, 2), (3, 3)]
    assert [state.objective for state in first] == [state.objective for state in again]
    assert np.array_equal(first[-1].predict(X), again[-1].predict(X))
    s = first[-1].predict(X)
    parts = pairwise(offsets)
    expected = np.mean([lambdarank.frozen_surrogate(s[a:b], y[a:b]) for a, b in parts])
    assert first[-1].objective == pytest.approx(expected, rel=1e-10)


def test_early_stopping_takes_the_best_state_of_held_out_queries():
    (X, y, offsets), (X_new, y_new, offsets_new) = planted(noise=1.5), planted(1, 20, noise=1.5)

    def error(state):
        return 1 - mean_ndcg(state.predict(X_new), y_new, offsets_new)

    rounds = list(lambdarank.boosting_rounds(X, y, offsets, n_trees=25, n_leaves=16, min_leaf=2, lr=0.5))
    best = factorization.early_stop(iter(rounds), error, patience=25)
    assert best is min(rounds, key=error) and 0 < best.step < 25


def test_a_bar_changes_nothing(capfd):
    X, y, offsets = steps_data()
    shown = lambdarank.fit(X, y, offsets, n_epochs=3, progress=True)
    assert "3/3" in capfd.readouterr().err
    hidden = lambdarank.fit(X, y, offsets, n_epochs=3)
    assert capfd.readouterr().err == "" and np.array_equal(shown.weights, hidden.weights)
    lambdarank.fit_trees(X, y, offsets, n_trees=2, progress=True)
    assert "2/2" in capfd.readouterr().err


def test_a_learning_rate_that_is_too_large_is_named():
    X, y, offsets = planted(n_queries=3)
    with pytest.raises(
        ValueError, match=r"lr must be smaller: with 100.0 the weights grow beyond all numbers in epoch"
    ):
        lambdarank.fit(X, y, offsets, loss="pointwise", lr=100.0, n_epochs=100)


# ---- far scores, inputs, errors ----


@each(BY_QUERY)
def test_scores_of_a_thousand_leave_finite_numbers_and_no_warning(function):
    values = function([1000.0, -1000.0, 999.0, 0.0], [0, 3, 1, 2])
    assert np.isfinite(values).all()


def test_a_pair_a_thousand_apart_is_pushed_with_the_whole_slope():
    assert lambdarank.ranknet_gradient([-1000, 1000], [1, 0], slope=1.5).tolist() == [-1.5, 1.5]
    weight = 1 - 1 / math.log2(3)
    assert lambdarank.lambda_gradients([-1000, 1000], [1, 0]) == pytest.approx([-weight, weight], rel=1e-14)
    assert lambdarank.lambda_gradients_batch([-1000, 1000], [1, 0], [0, 2]) == pytest.approx([-weight, weight])


@each([*BY_QUERY, lambdarank.ndcg_floor])
def test_inputs_stay_as_they_are(function):
    s, y = np.array([1, -2, 3]), np.array([0, 1, 1])
    function(s, y)
    assert s.tolist() == [1, -2, 3] and y.tolist() == [0, 1, 1]


def test_trainers_leave_their_data_alone():
    data = steps_data()
    copies = [part.copy() for part in data]
    lambdarank.fit(*data, n_epochs=2)
    lambdarank.fit_trees(*data, n_trees=2)
    lambdarank.lambda_gradients_batch(data[0][:, 0], *data[1:])
    assert all(np.array_equal(part, copy) for part, copy in zip(data, copies, strict=True))


@each(BY_QUERY)
@pytest.mark.parametrize(
    ("scores", "labels", "message"),
    [
        ([1, 2], [1], "scores and labels must be two lists of equal length"),
        ([[1, 2]], [[1, 0]], "scores and labels must be two lists of equal length"),
        ([1, np.nan], [1, 0], "scores must be finite, got nan"),
        ([1, np.inf], [1, 0], "scores must be finite, got inf"),
        ([1, 2], [1, -1], "labels must be numbers from 0 to 1000, got -1"),
        ([1, 2], [1, np.nan], "labels must be numbers from 0 to 1000, got nan"),
        ([1, 2], [1, 1001], "labels must be numbers from 0 to 1000, got 1001"),
        (["a", "b"], [1, 0], "scores must be numbers"),
        ([1, 2], ["a", "b"], "labels must be numbers"),
    ],
)
def test_bad_queries_are_named(function, scores, labels, message):
    with pytest.raises(ValueError, match=message):
        function(scores, labels)


@each([*WITH_SLOPE, lambdarank.order_probability, lambdarank.pair_gradient])
@pytest.mark.parametrize("slope", [0, -1.0, np.inf, np.nan, "steep"])
def test_bad_slopes_are_named(function, slope):
    arguments = ([0.5],) if function in (lambdarank.order_probability, lambdarank.pair_gradient) else ([1, 2], [1, 0])
    with pytest.raises(ValueError, match="slope must be a finite number > 0"):
        function(*arguments, slope=slope)


@each(WITH_CUT)
@pytest.mark.parametrize("k", [0, -1, 1.5, True])
def test_bad_cuts_are_named(function, k):
    with pytest.raises(ValueError, match="k must be an integer >= 1"):
        function([1, 2], [1, 0], k=k)


@each([lambdarank.order_probability, lambdarank.pair_gradient])
def test_differences_must_be_numbers(function):
    with pytest.raises(ValueError, match="difference must be numbers"):
        function("near")


def test_a_bad_place_to_freeze_is_named():
    with pytest.raises(ValueError, match="equal length"):
        lambdarank.frozen_surrogate([1, 2], [1, 0], at=[1])


@pytest.mark.parametrize("labels", [[0, 2], [0, 0]])
def test_the_floor_wants_labels_of_zero_and_one(labels):
    with pytest.raises(ValueError, match="labels must be 0 or 1 with at least one 1"):
        lambdarank.ndcg_floor([1, 2], labels)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1], [1, 2]), "hessians must have shape"),
        (([1], [1], 0), "reg must be a finite number > 0"),
        ((["a"], [1]), "gradients must be numbers"),
        (([np.nan], [1]), "gradients must be finite"),
        (([1], [-1]), "hessians >= 0"),
    ],
)
def test_bad_leaves_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        lambdarank.newton_leaf(*arguments)


GIVEN = {"features": [[1.0], [2.0]], "labels": [1, 0], "queries": [0, 2]}


@each([lambdarank.epochs, lambdarank.boosting_rounds])
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"features": [1.0, 2.0]}, "features must be a table with a row and a column"),
        ({"features": [[], []]}, "features must be a table with a row and a column"),
        ({"features": [[1.0], [np.nan]]}, "features must be finite"),
        ({"features": [[1.0], [1e200]]}, "features must be finite and within the range of float32"),
        ({"lr": True}, "lr must be a finite number > 0"),
        ({"features": [[1.0]]}, "equal length"),
        ({"labels": [1, -1]}, "labels must be numbers from 0"),
        ({"queries": [0, 1]}, "queries must be offsets that rise from 0 to 2"),
        ({"queries": [0, 2, 1, 2]}, "queries must be offsets that rise from 0 to 2"),
        ({"queries": []}, "queries must be offsets that rise from 0 to 2"),
        ({"slope": 0}, "slope must be"),
        ({"k": 0}, "k must be an integer"),
        ({"lr": 0}, "lr must be a finite number > 0"),
        ({"lr": np.inf}, "lr must be a finite number > 0"),
    ],
)
def test_bad_arguments_of_trainers_are_named_at_the_call(function, changed, message):
    with pytest.raises(ValueError, match=message):
        function(**{**GIVEN, **changed})


def test_a_trainer_wants_a_query():
    with pytest.raises(ValueError, match=r"features must be a table with a row and a column, got shape \(0, 2\)"):
        lambdarank.epochs(np.empty((0, 2)), [], [0])


@pytest.mark.parametrize("queries", [[0.0, 2.0], [False, True]])
def test_offsets_are_integers(queries):
    for function in (lambdarank.epochs, lambdarank.boosting_rounds):
        with pytest.raises(TypeError, match="queries must be integers"):
            function(**{**GIVEN, "queries": queries})
    with pytest.raises(TypeError, match="queries must be integers"):
        lambdarank.lambda_gradients_batch([1, 2], [1, 0], queries)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"loss": "hinge"}, "loss must be one of"),
        ({"reg": -1}, "reg must be a finite number >= 0"),
        ({"n_epochs": 0}, "n_epochs must be an integer >= 1"),
    ],
)
def test_bad_arguments_of_epochs_are_named(changed, message):
    with pytest.raises(ValueError, match=message):
        lambdarank.epochs(**{**GIVEN, **changed})


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"n_trees": 0}, "n_trees must be an integer >= 1"),
        ({"n_leaves": 1}, "n_leaves must be an integer >= 2"),
        ({"min_leaf": 0}, "min_leaf must be an integer >= 1"),
        ({"reg": 0}, "reg must be a finite number > 0"),
    ],
)
def test_bad_arguments_of_boosting_are_named(changed, message):
    with pytest.raises(ValueError, match=message):
        lambdarank.boosting_rounds(**{**GIVEN, **changed})


@each([lambdarank.Linear, lambdarank.Trees])
def test_states_know_how_to_score_and_refuse_words(function):
    state = function(0, 1.0, np.array([2.0]) if function is lambdarank.Linear else ())
    assert state.predict([[3.0]]).tolist() == ([6.0] if function is lambdarank.Linear else [0.0])
    with pytest.raises(ValueError, match="features must be numbers"):
        state.predict([["a"]])
