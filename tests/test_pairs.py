"""The fast pair sums against the equations: many queries at once equal one query after another."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recmath_lib import lambdarank, pairs

NEAR = {"rtol": 1e-12, "atol": 1e-12}
LEAST = 1e-250  # what a film feels of one that is not there, see pairs.FAR
SIZES = {
    "one film": [1],
    "one and two films": [1, 2, 1, 2, 2],
    "equal": [7] * 30,
    "unequal": [1, 300, 2, 0, 45, 41, 43, 3, 0, 700, 1, 44],
    "alike": [40, 41, 42, 43, 44, 45] * 3,
}
every_size = pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
every_cut = pytest.mark.parametrize("k", [None, 1, 3, 10, 40, 5000])


def drawn(sizes, seed=0, spread=1.0, digits=3):
    rng, offsets = np.random.default_rng(seed), np.concatenate([[0], np.cumsum(sizes)])
    scores = np.round(rng.normal(0, spread, offsets[-1]), digits)
    return scores, rng.integers(0, 5, offsets[-1]).astype(float), offsets


def each(scores, labels, offsets):
    return list(zip(np.split(scores, offsets[1:-1]), np.split(labels, offsets[1:-1]), strict=True))


def by_loop(scores, labels, offsets, slope, k):
    """Loss, gradients and Hessians of LambdaRank, query by query, all n × n pairs."""
    queries = each(scores, labels, offsets)
    loss = np.log(2) * sum(lambdarank.frozen_surrogate(*query, slope, k) for query in queries)
    first = np.concatenate([lambdarank.lambda_gradients(*query, slope, k) for query in queries])
    return loss, first, np.concatenate([lambdarank.lambda_hessians(*query, slope, k) for query in queries])


def assert_equal_sums(given, slope=1.0, k=None):
    expected = by_loop(*given, slope, k)
    for ours, loops in zip(pairs.pair_sums(*given, slope, k, by_ndcg=True), expected, strict=True):
        np.testing.assert_allclose(ours, loops, **NEAR)
    return expected


@every_size
@every_cut
@pytest.mark.equation("6.7")
def test_many_queries_at_once_equal_one_after_another(sizes, k):
    given = drawn(sizes)
    _, first, _ = assert_equal_sums(given, k=k)
    np.testing.assert_allclose(lambdarank.lambda_gradients_batch(*given, k=k), first, **NEAR)
    assert np.abs(first).max() > 0.01 or max(sizes) < 2


@every_size
@pytest.mark.parametrize("slope", [0.5, 3.0])
def test_ranknet_counts_every_pair_once(sizes, slope):
    scores, labels, offsets = drawn(sizes)
    loss, first, second = pairs.pair_sums(scores, labels, offsets, slope, 3, by_ndcg=False)
    queries = each(scores, labels, offsets)
    np.testing.assert_allclose(loss, sum(lambdarank.ranknet_loss(*query, slope) for query in queries), rtol=1e-12)
    expected = np.concatenate([lambdarank.ranknet_gradient(*query, slope) for query in queries])
    np.testing.assert_allclose(first, expected, **NEAR)
    np.testing.assert_allclose(second, np.concatenate([bends(*query, slope) for query in queries]), **NEAR)


def bends(scores, labels, slope):
    sure = lambdarank.order_probability(scores[:, None] - scores, slope)
    return np.where(labels[:, None] != labels, slope**2 * sure * (1 - sure), 0).sum(axis=1)


@pytest.mark.parametrize("spread", [30.0, 1000.0, 1e6])
@pytest.mark.parametrize("by_ndcg", [True, False])
@pytest.mark.parametrize("k", [None, 2])
def test_extreme_scores(spread, by_ndcg, k):
    given = drawn(SIZES["unequal"], spread=spread)
    loss, first, _ = pairs.pair_sums(*given, 2.0, k, by_ndcg)
    queries = each(*given)
    if by_ndcg:
        assert_equal_sums(given, 2.0, k)
    else:
        np.testing.assert_allclose(loss, sum(lambdarank.ranknet_loss(*query, 2.0) for query in queries), rtol=1e-12)
    assert np.isfinite(loss) and np.isfinite(first).all() and np.abs(first).max() > 0.1


@pytest.mark.parametrize("digits", [0, -1])
@every_cut
def test_equal_scores_keep_their_input_order(digits, k):
    given = drawn(SIZES["unequal"], digits=digits)
    assert len(set(given[0])) < 10
    assert_equal_sums(given, k=k)


def test_labels_without_a_gain_push_nothing():
    scores, labels, offsets = drawn(SIZES["equal"])
    for nothing in (0 * labels, 0 * labels + 2):
        loss, first, second = pairs.pair_sums(scores, nothing, offsets, 1.0, 3, by_ndcg=True)
        assert loss < LEAST and np.abs(first).max() < LEAST and np.abs(second).max() < LEAST


def test_a_query_without_a_gain_among_others():
    scores, labels, offsets = drawn([6, 6, 6])
    labels[6:12] = 0
    _, first, _ = assert_equal_sums((scores, labels, offsets), k=2)
    assert not first[6:12].any() and np.abs(first[:6]).max() > 0.01


def test_huge_and_tiny_grades():
    scores, labels, offsets = drawn([5, 30])
    labels[:5], labels[5:] = [1000, 999, 0, 998, 1e-3], labels[5:] * 1e-6
    assert_equal_sums((scores, labels, offsets), k=3)


def test_no_film_at_all():
    loss, first, second = pairs.pair_sums(np.zeros(0), np.zeros(0), np.array([0, 0]), 1.0, None, by_ndcg=True)
    assert loss == 0 and first.shape == second.shape == (0,)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=12),
    st.integers(0, 10**6),
    st.sampled_from([0.3, 1.0, 20.0]),
    st.one_of(st.none(), st.integers(1, 70)),
    st.sampled_from([0.1, 1.0, 4.0]),
)
def test_any_sizes(sizes, seed, spread, k, slope):
    assert_equal_sums(drawn(sizes, seed, spread, digits=1), slope, k)


@pytest.mark.parametrize("k", [4, 50, None])
def test_strips_and_rectangles_of_any_size_give_the_same_sums(k, monkeypatch):
    given = drawn([50, 51, 52, 60, 120, 120])
    expected = by_loop(*given, 1.0, k)
    for name, values in {"CELLS": (1, 100, 4000), "FILMS": (1, 130), "FEW": (0, 10, 100), "PLACES": (1, 7)}.items():
        for value in values:
            with monkeypatch.context() as changed:
                changed.setattr(pairs, name, value)
                for ours, loops in zip(pairs.pair_sums(*given, 1.0, k, by_ndcg=True), expected, strict=True):
                    np.testing.assert_allclose(ours, loops, **NEAR)


def test_what_is_not_asked_for_is_zero_and_changes_nothing_else():
    given = drawn(SIZES["unequal"])
    everything = pairs.pair_sums(*given, 1.0, 10, by_ndcg=True)
    loss, first, second = pairs.pair_sums(*given, 1.0, 10, by_ndcg=True, loss=False, hessians=False)
    assert loss == 0 and not second.any() and second.shape == first.shape
    assert np.array_equal(first, everything[1]) and everything[0] > 0 and everything[2].max() > 0


def test_inputs_stay_as_they_are_and_twice_is_the_same():
    given = drawn(SIZES["unequal"])
    kept = [part.copy() for part in given]
    for part in given:
        part.flags.writeable = False
    first, again = (pairs.pair_sums(*given, 2.0, 5, by_ndcg=True) for _ in range(2))
    assert all(np.array_equal(part, before) for part, before in zip(given, kept, strict=True))
    assert first[0] == again[0] and np.array_equal(first[1:], again[1:])


# ---- the trainers judge all queries in one pass ----

OF_QUERY = {
    "pointwise": lambda s, y: np.sum((s - y) ** 2),
    "ranknet": lambda s, y: lambdarank.ranknet_loss(s, y, 2.0),
    "lambdarank": lambda s, y: lambdarank.frozen_surrogate(s, y, 2.0, 3),
    "softmax": lambdarank.softmax_loss,
}


@pytest.mark.parametrize("loss", OF_QUERY)
def test_the_objective_of_an_epoch_is_the_mean_over_queries(loss):
    _, labels, offsets = drawn([5, 0, 1, 30, 8, 0])
    labels[:5] = 0
    features = np.random.default_rng(1).normal(size=(labels.size, 3))
    options = {"loss": loss, "slope": 2.0, "k": 3, "lr": 0.01, "n_epochs": 3}
    for state in lambdarank.epochs(features, labels, offsets, **options):
        lost = [OF_QUERY[loss](*query) for query in each(state.predict(features), labels, offsets)]
        assert len(lost) == 6
        np.testing.assert_allclose(state.objective, np.mean(lost), rtol=1e-12)


def test_an_epoch_of_the_softmax_loss_follows_the_mean_gradient():
    _, labels, offsets = drawn([5, 0, 1, 30, 8, 0])
    labels[:5], labels[5] = 0, 1000
    features = np.random.default_rng(1).normal(size=(labels.size, 3)) * 50
    first, second, third = lambdarank.epochs(features, labels, offsets, loss="softmax", lr=0.1, n_epochs=2)
    for before, after in ((first, second), (second, third)):
        queries = each(before.predict(features), labels, offsets)
        by_score = np.concatenate([lambdarank.softmax_gradient(*query) for query in queries])
        step = -0.1 * features.T @ by_score / 6
        np.testing.assert_allclose(after.weights - before.weights, step, rtol=1e-9, atol=1e-12)


def test_the_objective_after_a_tree_is_the_mean_surrogate():
    _, labels, offsets = drawn([40, 1, 30, 35])
    features = np.random.default_rng(1).normal(size=(labels.size, 2))
    for state in lambdarank.boosting_rounds(features, labels, offsets, n_trees=3, min_leaf=5, k=4):
        queries = each(state.predict(features), labels, offsets)
        expected = np.mean([lambdarank.frozen_surrogate(*query, k=4) for query in queries])
        np.testing.assert_allclose(state.objective, expected, rtol=1e-12)
