"""BPR against double loops over all triples, finite differences, exact fractions and counted draws."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.stats import chisquare

from recmath_lib import bpr, metrics, ratings

NEGATIVES = ("uniform", "popular", "unchecked")
EVERY_LAW = pytest.mark.parametrize("negatives", NEGATIVES)
CLICKS = ratings.from_dense(
    np.ones((5, 6)),
    np.array([[1, 1, 0, 0, 0, 0], [0, 1, 1, 1, 0, 0], [0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1], [0, 1, 0, 0, 0, 1]]) > 0,
)  # user 2 clicked nothing, user 3 everything


def clicked(clicks):
    """The films of each user, as sets."""
    return [set(clicks.indices[a:b].tolist()) for a, b in zip(clicks.indptr, clicks.indptr[1:], strict=False)]


def all_triples(clicks):
    """D_S, by three nested loops."""
    m, n = clicks.shape
    films = clicked(clicks)
    return [(u, i, j) for u, i, j in product(range(m), range(n), range(n)) if i in films[u] and j not in films[u]]


def tables(seed=0, m=5, n=6, k=3, scale=1.0):
    rng = np.random.default_rng(seed)
    return scale * rng.normal(size=(m, k)), scale * rng.normal(size=(n, k))


def by_loop(P, Q, triples, reg):
    """Minus the log posterior, one triple after another, with the plain penalty."""
    total = reg * (np.sum(P**2) + np.sum(Q**2))
    for u, i, j in triples:
        total -= np.log(1 / (1 + np.exp(-sum(p * (a - b) for p, a, b in zip(P[u], Q[i], Q[j], strict=True)))))
    return total


def slope(function, table, step=1e-5):
    """Gradient by central differences."""
    result = np.empty(table.shape)
    for place in np.ndindex(table.shape):
        up, down = table.astype(float), table.astype(float)
        up[place] += step
        down[place] -= step
        result[place] = (function(up) - function(down)) / (2 * step)
    return result


# ---- (5.1): who is in how many triples ----


@pytest.mark.equation("5.1")
def test_shares_by_counting_all_triples():
    counted = np.bincount([u for u, _, _ in all_triples(CLICKS)], minlength=5)
    assert counted.tolist() == [8, 9, 0, 0, 8]
    np.testing.assert_allclose(bpr.triple_shares(CLICKS), counted / 25, rtol=1e-14)


@pytest.mark.equation("5.1")
@given(st.integers(0, 9999), st.integers(1, 6), st.integers(2, 7))
def test_shares_of_random_clicks(seed, m, n):
    mask = np.random.default_rng(seed).random((m, n)) < 0.5
    mask[0, :2] = True, False
    clicks = ratings.from_dense(np.ones((m, n)), mask)
    triples = all_triples(clicks)
    expected = np.bincount([u for u, _, _ in triples], minlength=m) / len(triples)
    np.testing.assert_allclose(bpr.triple_shares(clicks), expected, rtol=1e-12)


def test_a_stored_entry_is_a_click_whatever_its_number():
    other = ratings.with_data(CLICKS, np.where(np.arange(CLICKS.nnz) % 2, 0.0, -7.0))
    np.testing.assert_array_equal(bpr.triple_shares(other), bpr.triple_shares(CLICKS))
    for negatives in NEGATIVES:
        first, second = (bpr.draw_triples(data, 50, negatives, seed=0) for data in (CLICKS, other))
        np.testing.assert_array_equal(first, second)


# ---- (5.2), (5.3), (5.5): margin, probability, push ----


@pytest.mark.equation("5.2")
def test_margins_in_whole_numbers():
    P, Q = [[1, 2], [3, -1]], [[1, 1], [0, 2], [-2, 5]]
    triples = [[0, 0, 1], [0, 1, 2], [1, 2, 0]]
    assert bpr.margins(P, Q, triples).tolist() == [1 - 2, 2 - 6, -9 - 4]


@pytest.mark.equation("5.2")
@given(st.integers(0, 9999))
def test_a_margin_is_a_difference_of_two_scores(seed):
    P, Q = tables(seed)
    scores = P @ Q.T
    triples = all_triples(CLICKS)
    expected = [scores[u, i] - scores[u, j] for u, i, j in triples]
    np.testing.assert_allclose(bpr.margins(P, Q, triples), expected, rtol=1e-9, atol=1e-12)
    turned = [(u, j, i) for u, i, j in triples]
    np.testing.assert_array_equal(bpr.margins(P, Q, turned), -bpr.margins(P, Q, triples))


@pytest.mark.equation("5.3")
def test_an_order_and_its_reverse_have_odds_of_e_to_the_margin():
    margin = np.array([-30.0, -3.0, -0.1, 0.0, 0.5, 2.0])
    chance = bpr.order_probability(margin)
    np.testing.assert_allclose(chance / (1 - chance), np.exp(margin), rtol=1e-12)
    assert bpr.order_probability(0.0) == 0.5
    assert bpr.order_probability([-800, 800]).tolist() == [0, 1]  # e^-800 is below the smallest float
    assert bpr.order_probability(-700.0) == pytest.approx(np.exp(-700), rel=1e-12)


@pytest.mark.equation("5.5")
@pytest.mark.parametrize("margin", [-40.0, -5.0, -0.3, 0.0, 1.0, 6.0])
def test_push_is_the_slope_of_ln_sigma(margin):
    up, down = (-np.log1p(np.exp(-(margin + step))) for step in (1e-5, -1e-5))
    assert bpr.push(margin) == pytest.approx((up - down) / 2e-5, rel=2e-8)
    assert bpr.push(margin) == pytest.approx(1 / (1 + np.exp(margin)), rel=1e-14)


def test_push_at_800_is_all_or_nothing():
    assert bpr.push([-800, 800]).tolist() == [1, 0]
    assert bpr.push([[0.0], [0.0]]).shape == (2, 1)


# ---- (5.4): the loss ----


@pytest.mark.equation("5.4")
@pytest.mark.parametrize("reg", [0.0, 0.7])
def test_loss_by_a_loop_over_all_triples(reg):
    P, Q = tables(1)
    triples = all_triples(CLICKS)
    assert bpr.loss(P, Q, triples, reg) == pytest.approx(by_loop(P, Q, triples, reg), rel=1e-12)


@pytest.mark.equation("5.4")
def test_loss_is_minus_the_log_posterior_up_to_a_constant():
    triples, variance = all_triples(CLICKS), 0.7**2
    gaps = []
    for seed in range(5):
        P, Q = tables(seed)
        likelihood = np.prod([1 / (1 + np.exp(-(P[u] @ (Q[i] - Q[j])))) for u, i, j in triples])
        numbers = np.concatenate([P.ravel(), Q.ravel()])
        prior = np.sum(np.log(np.exp(-(numbers**2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)))
        gaps.append(bpr.loss(P, Q, triples, 1 / (2 * variance)) + np.log(likelihood) + prior)
    np.testing.assert_allclose(gaps, -33 / 2 * np.log(2 * np.pi * variance), rtol=1e-10)


def test_loss_is_exact_at_800_and_beyond():
    P, Q = [[1.0]], [[800.0], [0.0], [-1000.0]]
    assert bpr.loss(P, Q, [[0, 1, 0]], 0) == 800
    assert bpr.loss(P, Q, [[0, 2, 0]], 0) == 1800
    assert bpr.loss(P, Q, [[0, 0, 1]], 0) == 0
    assert bpr.loss([[1.0]], [[40.0], [0.0]], [[0, 0, 1]], 0) == pytest.approx(np.exp(-40), rel=1e-12)


def test_without_triples_only_the_penalty_is_left():
    P, Q = tables(2)
    assert bpr.loss(P, Q, [], 0.5) == pytest.approx(0.5 * (np.sum(P**2) + np.sum(Q**2)), rel=1e-14)


# ---- (5.6) to (5.8): the gradients ----


def one_triple(p, q_i, q_j, reg):
    x = np.dot(p, q_i - q_j)
    return np.log1p(np.exp(-x)) + reg * (p @ p + q_i @ q_i + q_j @ q_j)


@pytest.mark.equation("5.6")
@pytest.mark.equation("5.7")
@pytest.mark.equation("5.8")
@given(st.integers(0, 9999), st.integers(1, 6), st.floats(0, 3))
def test_gradients_by_finite_differences(seed, k, reg):
    p, q_i, q_j = np.random.default_rng(seed).normal(size=(3, k))
    found = bpr.gradient(p, q_i, q_j, reg)
    expected = (
        slope(lambda p: one_triple(p, q_i, q_j, reg), p),
        slope(lambda q_i: one_triple(p, q_i, q_j, reg), q_i),
        slope(lambda q_j: one_triple(p, q_i, q_j, reg), q_j),
    )
    for part, known in zip(found, expected, strict=True):
        np.testing.assert_allclose(part, known, rtol=1e-7, atol=1e-8)


@pytest.mark.equation("5.6")
@pytest.mark.equation("5.7")
@pytest.mark.equation("5.8")
def test_gradients_at_margin_zero_in_fractions():
    half = Fraction(1, 2)  # the push at margin 0
    p, q_i, q_j, reg = [2, -1], [1, 3], [0, 1], Fraction(1, 4)
    expected = (
        [2 * reg * a - half * (b - c) for a, b, c in zip(p, q_i, q_j, strict=True)],
        [2 * reg * b - half * a for a, b in zip(p, q_i, strict=True)],
        [2 * reg * c + half * a for a, c in zip(p, q_j, strict=True)],
    )
    for part, known in zip(bpr.gradient(p, q_i, q_j, 0.25), expected, strict=True):
        np.testing.assert_allclose(part, np.array(known, float), rtol=1e-14)


def test_gradients_of_many_triples_are_those_of_each():
    parts = np.random.default_rng(3).normal(size=(3, 7, 4))
    together = bpr.gradient(*parts, 0.3)
    for row in range(7):
        for part, alone in zip(together, bpr.gradient(*parts[:, row], 0.3), strict=True):
            np.testing.assert_allclose(part[row], alone, rtol=1e-13)


def test_gradients_are_finite_at_800():
    big, small = np.array([800.0]), np.array([0.0])
    wrong, right = bpr.gradient([1.0], small, big, 0.0), bpr.gradient([1.0], big, small, 0.0)
    assert [part.tolist() for part in wrong] == [[800], [-1], [1]]
    assert [part.tolist() for part in right] == [[0], [0], [0]]


def test_a_descent_step_brings_the_clicked_film_up():
    p, q_i, q_j = np.random.default_rng(4).normal(size=(3, 5))
    moved = [part - 0.1 * by for part, by in zip((p, q_i, q_j), bpr.gradient(p, q_i, q_j, 0.0), strict=True)]
    assert moved[0] @ (moved[1] - moved[2]) > p @ (q_i - q_j)


# ---- (5.9): the step ----


@pytest.mark.equation("5.9")
@pytest.mark.parametrize("reg", [0.0, 0.2])
def test_a_step_follows_the_slope_of_the_summed_objective_at_the_old_tables(reg):
    P, Q = tables(5)
    triples = np.array([(0, 0, 3), (0, 1, 3), (1, 2, 0), (4, 1, 0), (0, 0, 4)])  # user 0 and films 0, 1, 3 come twice
    summed = len(triples)
    expected_P = P - 0.1 * slope(lambda P: summed * sampled(P, Q, triples, reg), P)
    expected_Q = Q - 0.1 * slope(lambda Q: summed * sampled(P, Q, triples, reg), Q)
    new_P, new_Q = bpr.sgd_step(P, Q, triples, lr=0.1, reg=reg)
    np.testing.assert_allclose(new_P, expected_P, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(new_Q, expected_Q, rtol=1e-8, atol=1e-9)
    assert np.array_equal(new_P[[2, 3]], P[[2, 3]]) and np.array_equal(new_Q[5], Q[5])


def test_one_step_by_hand_takes_all_three_at_the_old_values():
    P, Q = bpr.sgd_step([[1.0, 0.0]], [[0.0, 1.0], [0.0, -1.0]], [[0, 0, 1]], lr=1.0, reg=0.0)  # margin 0: push 1/2
    assert P.tolist() == [[1.0, 1.0]]
    assert Q.tolist() == [[0.5, 1.0], [-0.5, -1.0]]  # with the new p, (1, 1), both would have moved along axis 2 too


def test_a_step_changes_no_input_and_keeps_float32():
    P, Q = (table.astype(np.float32) for table in tables(6))
    triples = np.array(all_triples(CLICKS))
    copies = P.copy(), Q.copy(), triples.copy()
    new_P, new_Q = bpr.sgd_step(P, Q, triples, 0.05, 0.01)
    for part, copy in zip((P, Q, triples), copies, strict=True):
        np.testing.assert_array_equal(part, copy)
    assert new_P.dtype == new_Q.dtype == np.float32 and new_P is not P
    wide = bpr.sgd_step(P.astype(float), Q.astype(float), triples, 0.05, 0.01)
    np.testing.assert_allclose(new_P, wide[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(new_Q, wide[1], rtol=1e-5, atol=1e-6)


def test_the_signs_of_the_paper_unlearn_and_grow():
    p, q_i, q_j = np.random.default_rng(7).normal(size=(3, 4))
    found = bpr.gradient(p, q_i, q_j, 0.3)
    data, pull = bpr.gradient(p, q_i, q_j, 0.0), [2 * 0.3 * part for part in (p, q_i, q_j)]
    for part, by_data, by_penalty in zip(found, data, pull, strict=True):
        np.testing.assert_allclose(part, by_data + by_penalty, rtol=1e-12)
    # The paper prints the other sign of each part: one lowers the margin, the other lengthens every vector.
    unlearned = [part + 0.1 * by for part, by in zip((p, q_i, q_j), data, strict=True)]
    assert unlearned[0] @ (unlearned[1] - unlearned[2]) < p @ (q_i - q_j)
    assert all(np.linalg.norm(part + 0.1 * by) > np.linalg.norm(part) for part, by in zip((p, q_i), pull, strict=False))


# ---- (5.10): what the loss promises ----


@pytest.mark.equation("5.10")
def test_bound_in_binary_logarithms():
    margin = np.array([-3.0, -1.0, 0.0, 0.5, 4.0])
    assert bpr.misordered_bound(margin) == pytest.approx(np.mean(np.log2(1 + np.exp(-margin))), rel=1e-13)
    assert bpr.misordered_bound([0.0]) == pytest.approx(1, rel=1e-15)  # a tie costs exactly 1 and counts one half
    assert bpr.misordered_bound([-800.0]) == pytest.approx(800 / np.log(2), rel=1e-14)


@pytest.mark.equation("5.10")
@given(st.lists(st.floats(-900, 900), min_size=1, max_size=30))
def test_no_share_of_misordered_triples_is_above_the_bound(margin):
    x = np.array(margin)
    assert np.mean(x < 0) + np.mean(x == 0) / 2 <= bpr.misordered_bound(x)


@given(st.integers(0, 9999))
def test_over_all_triples_of_a_user_it_bounds_one_minus_auc(seed):
    rng = np.random.default_rng(seed)
    scores, labels = 3 * rng.normal(size=9), np.arange(9) < 4
    margin = (scores[labels][:, None] - scores[~labels]).ravel()
    assert 1 - metrics.auc(labels, scores) == pytest.approx(np.mean(margin < 0), abs=1e-12)
    assert 1 - metrics.auc(labels, scores) <= bpr.misordered_bound(margin)


# ---- (5.11): what sampling minimizes ----


def sampled(P, Q, triples, reg):
    """Each triple with the penalty of its own three vectors, averaged."""
    return np.mean([one_triple(P[u], Q[i], Q[j], reg) for u, i, j in triples])


@pytest.mark.equation("5.11")
def test_sampled_objective_by_a_loop():
    P, Q = tables(8)
    triples = all_triples(CLICKS)[::2]
    assert bpr.sampled_objective(P, Q, triples, 0.4) == pytest.approx(sampled(P, Q, triples, 0.4), rel=1e-12)


@pytest.mark.equation("5.11")
def test_the_sampled_penalty_is_weighted_by_how_often_a_row_occurs():
    P, Q = tables(9)
    triples = np.array(all_triples(CLICKS))
    by_user = np.bincount(triples[:, 0], minlength=5)
    by_film = np.bincount(triples[:, 1:].ravel(), minlength=6)
    weighted = 0.4 * (by_user @ np.sum(P**2, axis=1) + by_film @ np.sum(Q**2, axis=1))
    total = len(triples) * bpr.sampled_objective(P, Q, triples, 0.4)
    assert total == pytest.approx(by_loop(P, Q, triples, 0.0) + weighted, rel=1e-12)


# ---- (5.12): which other film ----


def law(clicks, user, negatives):
    """Chances by the sentence of the docstring, film by film, in fractions."""
    films, n = clicked(clicks), clicks.shape[1]
    popularity = [sum(i in row for row in films) for i in range(n)]
    weights = [Fraction(popularity[i] if negatives == "popular" else 1) for i in range(n)]
    if negatives != "unchecked":
        weights = [Fraction(0) if i in films[user] else w for i, w in enumerate(weights)]
    return [float(w / sum(weights)) for w in weights]


@EVERY_LAW
@pytest.mark.equation("5.12")
@pytest.mark.parametrize("user", [0, 1, 2, 4])
def test_probabilities_in_fractions(negatives, user):
    np.testing.assert_allclose(
        bpr.negative_probabilities(CLICKS, user, negatives), law(CLICKS, user, negatives), rtol=1e-14
    )


def test_a_user_who_clicked_everything_leaves_nothing_to_draw():
    for negatives in ("uniform", "popular"):
        with pytest.raises(ValueError, match="clicks must leave user 3 a film to draw, got none"):
            bpr.negative_probabilities(CLICKS, 3, negatives)
    assert bpr.negative_probabilities(CLICKS, 3, "unchecked").tolist() == pytest.approx([1 / 6] * 6)


@EVERY_LAW
def test_drawn_films_follow_the_law(negatives):
    triples = bpr.draw_triples(CLICKS, 60_000, negatives, seed=0)
    for user in np.unique(triples[:, 0]):
        drawn = triples[triples[:, 0] == user, 2]
        counts, chances = np.bincount(drawn, minlength=6), np.array(law(CLICKS, user, negatives))
        assert not counts[chances == 0].any()
        assert chisquare(counts[chances > 0], drawn.size * chances[chances > 0]).pvalue > 1e-3


@EVERY_LAW
def test_drawn_clicks_are_uniform_over_the_usable_ones(negatives):
    triples = bpr.draw_triples(CLICKS, 30_000, negatives, seed=1)
    pairs, counts = np.unique(triples[:, :2], axis=0, return_counts=True)
    films = clicked(CLICKS)
    expected = [(u, i) for u in range(5) for i in sorted(films[u]) if u != 3 or negatives == "unchecked"]
    assert [tuple(pair) for pair in pairs.tolist()] == expected
    assert chisquare(counts).pvalue > 1e-3


def test_a_user_who_left_out_only_films_that_nobody_clicked_has_no_popular_film_to_draw():
    clicks = ratings.from_dense(np.ones((2, 3)), np.array([[True, True, False], [True, False, False]]))
    assert set(bpr.draw_triples(clicks, 100, "popular", seed=0)[:, 0].tolist()) == {1}
    assert set(bpr.draw_triples(clicks, 100, "uniform", seed=0)[:, 0].tolist()) == {0, 1}
    only = ratings.from_dense(np.ones((1, 2)), np.array([[True, False]]))
    assert bpr.draw_triples(only, 3, "uniform", seed=0).tolist() == [[0, 0, 1]] * 3


@given(st.integers(0, 9999), st.sampled_from(["uniform", "popular"]))
def test_a_drawn_film_was_not_clicked(seed, negatives):
    mask = np.random.default_rng(seed).random((6, 9)) < 0.6
    mask[0], mask[1] = np.arange(9) < 4, np.arange(9) > 2
    clicks = ratings.from_dense(np.ones((6, 9)), mask)
    triples = bpr.draw_triples(clicks, 200, negatives, seed=seed)
    assert mask[triples[:, 0], triples[:, 1]].all() and not mask[triples[:, 0], triples[:, 2]].any()


def test_unchecked_draws_clicked_films_too():
    triples = bpr.draw_triples(CLICKS, 2000, "unchecked", seed=0)
    films = clicked(CLICKS)
    assert any(j in films[u] for u, _, j in triples.tolist())
    assert any(i == j for _, i, j in triples.tolist())


def test_draws_repeat_with_their_seed_and_leave_the_global_state_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002, this is the state that must not change
    first, again, other = (bpr.draw_triples(CLICKS, 20, seed=seed) for seed in (1, 1, 2))
    by_generator = bpr.draw_triples(CLICKS, 20, seed=np.random.default_rng(1))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, by_generator)
    assert not np.array_equal(first, other)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


# ---- training ----


def blocks(m=40, n=24, share=0.5, seed=0):
    """Two tastes: each half of the users clicks in its own half of the films."""
    own = (np.arange(m)[:, None] < m // 2) == (np.arange(n) < n // 2)
    return ratings.from_dense(np.ones((m, n)), own & (np.random.default_rng(seed).random((m, n)) < share)), own


@EVERY_LAW
def test_training_finds_two_tastes(negatives):
    clicks, own = blocks()
    state = bpr.fit(clicks, 2, 0.001, 0.1, n_epochs=60, batch_size=64, seed=0, negatives=negatives)
    scores = state.user_factors @ state.item_factors.T
    hidden = own & (clicks.toarray() == 0)
    found = [metrics.auc(hidden[u][~seen], scores[u][~seen]) for u, seen in enumerate(clicks.toarray() > 0)]
    assert np.mean(found) > 0.95


@EVERY_LAW
def test_the_objective_of_every_state_is_taken_on_the_same_triples(negatives):
    clicks, _ = blocks()
    states = list(bpr.epochs(clicks, 2, 0.01, 0.1, n_epochs=15, batch_size=64, seed=0, negatives=negatives))
    assert [state.step for state in states] == list(range(16))
    assert states[0].objective == pytest.approx(np.log(2), abs=0.02)  # nothing learned: every margin is near 0
    assert states[-1].objective < 0.85 * states[0].objective


def test_tables_that_stand_still_have_one_objective():
    states = bpr.epochs(CLICKS, 2, 0.01, 1e-300, n_epochs=5, seed=0)
    assert len({state.objective for state in states}) == 1  # other triples would have another


def test_a_batch_of_one_is_the_textbooks_step():
    clicks = ratings.from_dense(np.ones((1, 2)), np.array([[True, False]]))  # one triple, (0, 0, 1)
    start, end = bpr.epochs(clicks, 1, 0.1, 0.2, n_epochs=1, batch_size=1, seed=0)
    P, Q = bpr.sgd_step(start.user_factors, start.item_factors, [[0, 0, 1]], 0.2, 0.1)
    np.testing.assert_allclose(end.user_factors, P, rtol=1e-14)
    np.testing.assert_allclose(end.item_factors, Q, rtol=1e-14)
    assert end.objective == pytest.approx(bpr.sampled_objective(P, Q, [[0, 0, 1]], 0.1), rel=1e-14)


def test_an_epoch_takes_every_click_once():
    # With one film per user and one other film all triples are known: a batch that holds them all is one step.
    clicks = ratings.from_dense(np.ones((3, 2)), np.array([[True, False], [False, True], [True, False]]))
    start, end = bpr.epochs(clicks, 2, 0.1, 0.2, n_epochs=1, seed=3)
    P, Q = bpr.sgd_step(start.user_factors, start.item_factors, [[0, 0, 1], [1, 1, 0], [2, 0, 1]], 0.2, 0.1)
    np.testing.assert_allclose(end.user_factors, P, rtol=1e-13)
    np.testing.assert_allclose(end.item_factors, Q, rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_averaged_epochs_are_weighted_means_of_the_plain_ones(dtype):
    options = {"n_factors": 2, "reg": 0.01, "lr": 0.1, "n_epochs": 4, "seed": 0}
    plain = list(bpr.epochs(CLICKS.astype(dtype), **options))[1:]
    for t, state in enumerate(list(bpr.epochs(CLICKS.astype(dtype), **options, average=True))[1:], start=1):
        weights = [step * (step + 1) for step in range(1, t + 1)]
        for side in ("user_factors", "item_factors"):
            mean = np.average([getattr(each, side) for each in plain[:t]], axis=0, weights=weights)
            assert getattr(state, side).dtype == dtype
            np.testing.assert_allclose(getattr(state, side), mean, rtol=1e-5 if dtype == np.float32 else 1e-12)
    assert bpr.fit(CLICKS, **options, average=True).objective != bpr.fit(CLICKS, **options).objective


def test_who_has_clicked_all_but_one_rare_film_gets_that_one():
    rows = np.ones((2, 2000), dtype=bool)
    rows[0, 7] = rows[1, 1000:] = False
    clicks = ratings.from_dense(np.ones(rows.shape), rows)
    drawn = bpr.draw_negatives(clicks, np.zeros(50, dtype=int), "popular", np.random.default_rng(0))
    assert (drawn == 7).all()


@pytest.mark.parametrize("negatives", ["uniform", "popular"])
def test_nobody_gets_a_film_when_all_are_clicked(negatives):
    clicks = ratings.from_dense(np.ones((2, 2)), np.array([[1, 1], [1, 0]]) > 0)
    with pytest.raises(ValueError, match="clicks must leave user 0 a film to draw"):
        bpr.draw_negatives(clicks, np.array([1, 0]), negatives, np.random.default_rng(0))


def test_popular_films_that_everybody_clicked_cannot_be_drawn():
    clicks = ratings.from_dense(np.ones((2, 3)), np.array([[1, 1, 0], [1, 1, 0]]) > 0)
    for function in (
        lambda: bpr.draw_triples(clicks, 3, "popular"),
        lambda: bpr.epochs(clicks, 1, 0.1, 0.1, negatives="popular"),
    ):
        with pytest.raises(ValueError, match="a film can be drawn as 'popular'"):
            function()


def test_of_all_films_one_can_be_drawn_even_if_all_are_clicked():
    clicks = ratings.from_dense(np.ones((2, 3)), np.ones((2, 3), dtype=bool))
    assert bpr.draw_triples(clicks, 9, "unchecked").shape == (9, 3)


@pytest.mark.parametrize(
    ("vectors", "says"),
    [
        (([1.0, 2.0, 3.0], [1.0, 2.0], [1.0, 2.0]), "must have one shape"),
        (([1.0], [1.0, 2.0], [1.0, 2.0]), "must have one shape"),
        (([1.0, np.nan], [1.0, 2.0], [1.0, 2.0]), "must be finite"),
    ],
)
def test_a_gradient_of_vectors_that_do_not_fit_says_so(vectors, says):
    with pytest.raises(ValueError, match=says):
        bpr.gradient(*vectors, 0.1)


def test_a_hidden_film_that_was_seen_is_refused():
    seen = ratings.from_dense(np.ones((2, 3)), np.array([[1, 1, 0], [1, 0, 0]]) > 0)
    hidden = ratings.from_dense(np.ones((2, 3)), np.array([[0, 0, 1], [1, 0, 0]]) > 0)
    with pytest.raises(ValueError, match="hidden must share no entry with seen, got user 1, film 0"):
        bpr.held_out_scores([1.0, 2.0, 3.0], seen, hidden)


def test_fit_is_the_last_epoch_and_epochs_come_one_by_one():
    clicks, _ = blocks()
    options = {"n_epochs": 3, "batch_size": 32, "seed": 1, "negatives": "popular"}
    *_, last = bpr.epochs(clicks, 2, 0.01, 0.05, **options)
    state = bpr.fit(clicks, 2, 0.01, 0.05, **options)
    assert (state.step, state.objective) == (3, last.objective)
    np.testing.assert_array_equal(state.item_factors, last.item_factors)
    endless = bpr.epochs(clicks, 2, 0.01, 0.05, n_epochs=10**9, seed=0)
    assert [next(endless).step, next(endless).step] == [0, 1]


def test_a_seed_repeats_a_fit_and_touches_no_global_state():
    clicks, _ = blocks()
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first, again, other = (bpr.fit(clicks, 2, 0.01, 0.05, n_epochs=2, seed=seed).item_factors for seed in (1, 1, 2))
    bpr.fit(clicks, 2, 0.01, 0.05, n_epochs=1)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01
    by_generator = bpr.fit(clicks, 2, 0.01, 0.05, n_epochs=2, seed=np.random.default_rng(1)).item_factors
    np.testing.assert_array_equal(by_generator, first)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_a_yielded_state_stays_as_it_was():
    clicks, _ = blocks()
    kept = [(state, state.user_factors.copy()) for state in bpr.epochs(clicks, 2, 0.01, 0.1, n_epochs=4, seed=0)]
    for state, copy in kept:
        np.testing.assert_array_equal(state.user_factors, copy)


def test_training_changes_no_click():
    clicks, _ = blocks()
    parts = (clicks.data, clicks.indices, clicks.indptr)
    copies = [part.copy() for part in parts]
    bpr.fit(clicks, 2, 0.01, 0.05, n_epochs=2, seed=0)
    for part, copy in zip(parts, copies, strict=True):
        np.testing.assert_array_equal(part, copy)


def test_float32_clicks_are_fitted_in_float32():
    clicks, _ = blocks()
    single = bpr.fit(clicks.astype(np.float32), 2, 0.01, 0.05, n_epochs=3, batch_size=16, seed=0)
    double = bpr.fit(clicks, 2, 0.01, 0.05, n_epochs=3, batch_size=16, seed=0)
    assert single.user_factors.dtype == single.item_factors.dtype == np.float32
    assert double.user_factors.dtype == double.item_factors.dtype == np.float64
    assert bpr.fit(clicks.astype(np.int64), 2, 0.01, 0.05, n_epochs=1, seed=0).user_factors.dtype == np.float64
    np.testing.assert_allclose(single.item_factors, double.item_factors, rtol=1e-3, atol=1e-5)


def test_users_without_a_triple_keep_only_their_start():
    states = list(bpr.epochs(CLICKS, 2, 0.1, 0.1, n_epochs=3, seed=0))
    np.testing.assert_array_equal(states[-1].user_factors[[2, 3]], states[0].user_factors[[2, 3]])
    assert np.abs(states[-1].user_factors[[0, 1, 4]] - states[0].user_factors[[0, 1, 4]]).min() > 1e-6


def test_progress_shows_a_bar_and_is_off_at_first(capsys):
    bpr.fit(CLICKS, 2, 0.1, 0.1, n_epochs=2, seed=0)
    assert capsys.readouterr() == ("", "")
    bpr.fit(CLICKS, 2, 0.1, 0.1, n_epochs=2, seed=0, progress=True)
    out, err = capsys.readouterr()
    assert not out and "2/2" in err


@pytest.mark.parametrize("batch_size", [1, 4, 1024])
def test_a_learning_rate_that_is_too_large_says_so(batch_size):
    clicks = ratings.from_dense(np.ones((20, 15)), np.random.default_rng(0).random((20, 15)) < 0.3)
    with pytest.raises(ValueError, match=r"lr must be smaller: with 1e\+200 the factors grow beyond all numbers"):
        bpr.fit(clicks, 2, 0.1, 1e200, n_epochs=9, batch_size=batch_size, seed=0)


# ---- judging ----


def test_held_out_scores_by_sorting_each_user():
    seen = ratings.from_dense(np.ones((3, 5)), np.array([[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [1, 1, 0, 0, 0]]) > 0)
    hidden = ratings.from_dense(np.zeros((3, 5)), np.array([[0, 1, 0, 0, 1], [0, 0, 0, 0, 0], [0, 0, 0, 1, 0]]) > 0)
    scores = np.array([[9, 1, 3, 2, 4], [0, 0, 0, 0, 0], [9, 9, 1, 2, 3]], float)
    found = bpr.held_out_scores(scores, seen, hidden, k=2)
    # User 0 sees films 4, 2, 3, 1: hidden at ranks 1 and 4. User 2 sees 4, 3, 2: hidden at rank 2.
    assert found["AUC"].tolist() == pytest.approx([0.5, 0.5])
    ideal = 1 + 1 / np.log2(3)
    assert found["NDCG@2"].tolist() == pytest.approx([1 / ideal, 1 / np.log2(3)])


def test_held_out_scores_take_one_score_per_film():
    clicks, own = blocks()
    hidden = ratings.from_dense(np.ones(own.shape), own & (clicks.toarray() == 0))
    popularity = np.bincount(clicks.indices, minlength=24)
    wide = np.broadcast_to(popularity, own.shape)
    for name, values in bpr.held_out_scores(popularity, clicks, hidden).items():
        np.testing.assert_array_equal(values, bpr.held_out_scores(wide, clicks, hidden)[name])
        assert values.shape == (np.count_nonzero(np.diff(hidden.indptr)),)


def test_held_out_scores_refuse_what_does_not_fit():
    clicks, own = blocks()
    with pytest.raises(ValueError, match=r"hidden must have shape \(40, 24\) and a stored entry"):
        bpr.held_out_scores(np.zeros(24), clicks, ratings.from_dense(np.zeros((40, 24)), np.zeros((40, 24), bool)))
    with pytest.raises(ValueError, match=r"hidden must have shape \(40, 24\)"):
        bpr.held_out_scores(np.zeros(24), clicks, CLICKS)
    with pytest.raises(TypeError, match=r"seen must be a scipy\.sparse\.csr_array"):
        bpr.held_out_scores(np.zeros(24), own, clicks)
    with pytest.raises(TypeError, match=r"hidden must be a scipy\.sparse\.csr_array"):
        bpr.held_out_scores(np.zeros(24), clicks, own)
    with pytest.raises(ValueError, match="scores must be finite, got nan"):
        bpr.held_out_scores(np.full(24, np.nan), clicks, clicks)
    with pytest.raises(ValueError, match=r"scores must have shape \(40, 24\) or \(24,\), got \(7,\)"):
        bpr.held_out_scores(np.zeros(7), clicks, clicks)
    with pytest.raises(ValueError, match="k must be an integer >= 1, got 0"):
        bpr.held_out_scores(np.zeros(24), clicks, clicks, k=0)


# ---- bad input ----


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"n_factors": 0}, r"n_factors must be an integer from 1 to min\(m, n\) = 5, got 0"),
        ({"n_factors": 6}, r"n_factors must be an integer from 1 to min\(m, n\) = 5, got 6"),
        ({"reg": -1}, "reg must be a finite number >= 0, got -1"),
        ({"reg": np.nan}, "reg must be a finite number >= 0, got nan"),
        ({"lr": 0}, "lr must be a finite number > 0, got 0"),
        ({"lr": np.inf}, "lr must be a finite number > 0, got inf"),
        ({"lr": "fast"}, "lr must be a finite number > 0, got 'fast'"),
        ({"n_epochs": 0}, "n_epochs must be an integer >= 1, got 0"),
        ({"batch_size": 0.5}, "batch_size must be an integer >= 1, got 0.5"),
        ({"seed": -1}, "seed must be an integer >= 0 or a Generator, got -1"),
        ({"negatives": "hard"}, r"negatives must be one of \('uniform', 'popular', 'unchecked'\), got 'hard'"),
    ],
)
def test_epochs_refuse_at_once_and_say_which_argument(changed, says):
    with pytest.raises(ValueError, match=says):
        bpr.epochs(**{"clicks": CLICKS, "n_factors": 2, "reg": 0.1, "lr": 0.1, **changed})


@pytest.mark.parametrize(
    "function",
    [
        bpr.triple_shares,
        lambda clicks: bpr.negative_probabilities(clicks, 0),
        lambda clicks: bpr.draw_triples(clicks, 3),
        lambda clicks: bpr.epochs(clicks, 2, 0.1, 0.1),
        lambda clicks: bpr.fit(clicks, 2, 0.1, 0.1),
    ],
)
def test_clicks_must_be_a_csr_array(function):
    for wrong in (CLICKS.toarray(), coo_array(CLICKS), [[1, 0]]):
        with pytest.raises(TypeError, match=r"clicks must be a scipy\.sparse\.csr_array, got"):
            function(wrong)


@pytest.mark.parametrize("full", [True, False])
def test_somebody_must_have_clicked_a_film_and_left_one_out(full):
    clicks = ratings.from_dense(np.ones((2, 3)), np.full((2, 3), full))
    for function in (bpr.triple_shares, lambda c: bpr.draw_triples(c, 1), lambda c: bpr.epochs(c, 1, 0.1, 0.1)):
        with pytest.raises(ValueError, match="clicks must hold a click to which a film can be drawn"):
            function(clicks)


@pytest.mark.parametrize(
    "function",
    [
        lambda P, Q, triples: bpr.margins(P, Q, triples),
        lambda P, Q, triples: bpr.loss(P, Q, triples, 0.1),
        lambda P, Q, triples: bpr.sampled_objective(P, Q, triples, 0.1),
        lambda P, Q, triples: bpr.sgd_step(P, Q, triples, 0.1, 0.1),
    ],
)
def test_tables_and_triples_must_fit(function):
    P, Q = tables()
    with pytest.raises(ValueError, match=r"triples must have shape \(T, 3\), got \(1, 2\)"):
        function(P, Q, [[0, 1]])
    with pytest.raises(TypeError, match="triples must be integers, got float64"):
        function(P, Q, [[0.0, 1.0, 2.0]])
    with pytest.raises(ValueError, match=r"users of triples must lie in 0\.\.4, got 5 at position 0"):
        function(P, Q, [[5, 1, 2]])
    for row in ([0, 6, 2], [0, 1, 6], [0, -1, 2]):
        with pytest.raises(ValueError, match=r"films of triples must lie in 0\.\.5"):
            function(P, Q, [row])
    with pytest.raises(ValueError, match="user_factors must be finite, got nan"):
        function(np.full_like(P, np.nan), Q, [[0, 1, 2]])
    with pytest.raises(ValueError, match="item_factors"):
        function(P, Q[:, :2], [[0, 1, 2]])


def test_numbers_out_of_range_are_named():
    P, Q = tables()
    for reg in (-0.1, np.nan, np.inf, "0.1", None):
        for call in (bpr.loss, bpr.sampled_objective):
            with pytest.raises(ValueError, match="reg must be a finite number >= 0, got"):
                call(P, Q, [[0, 1, 2]], reg)
        with pytest.raises(ValueError, match="reg must be a finite number >= 0, got"):
            bpr.gradient(P[0], Q[0], Q[1], reg)
        with pytest.raises(ValueError, match="reg must be a finite number >= 0, got"):
            bpr.sgd_step(P, Q, [[0, 1, 2]], 0.1, reg)
    for lr in (0, -1, np.nan):
        with pytest.raises(ValueError, match="lr must be a finite number > 0, got"):
            bpr.sgd_step(P, Q, [[0, 1, 2]], lr, 0.1)
    with pytest.raises(ValueError, match="margin must have at least one entry, got none"):
        bpr.misordered_bound([])
    with pytest.raises(ValueError, match="margin must be numbers, got"):
        bpr.order_probability(["a"])
    with pytest.raises(ValueError, match="margin must be numbers, got"):
        bpr.push(["a"])
    with pytest.raises(ValueError, match="triples must hold at least one row, got none"):
        bpr.sampled_objective(P, Q, [], 0.1)


def test_drawing_names_what_is_out_of_range():
    with pytest.raises(ValueError, match=r"user must lie in 0\.\.4, got 5"):
        bpr.negative_probabilities(CLICKS, 5)
    with pytest.raises(ValueError, match="negatives must be one of"):
        bpr.negative_probabilities(CLICKS, 0, "hard")
    with pytest.raises(ValueError, match="negatives must be one of"):
        bpr.draw_triples(CLICKS, 3, "hard")
    with pytest.raises(ValueError, match="n_triples must be an integer >= 1, got 0"):
        bpr.draw_triples(CLICKS, 0)
    with pytest.raises(ValueError, match="seed must be an integer >= 0 or a Generator, got -1"):
        bpr.draw_triples(CLICKS, 3, seed=-1)
