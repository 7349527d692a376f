"""Each equation of lesson 01 a second way: loops over ratings, finite differences, one rating at a time, counting."""

import json
import re
import weakref
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from recmath_lib import factorization
from recmath_lib.factorization import BiasedFactors, Factors
from recmath_lib.ratings import from_dense, from_triplets, remove_biases

STEP = 1e-6  # of a finite difference

seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 6)
regs = st.sampled_from([0.0, 0.01, 0.3, 2.0])
weightings = st.booleans()


@dataclass
class Problem:
    """Some ratings, one of them a true 0, rows and columns without any, and factors of every sign."""

    ratings: csr_array
    P: np.ndarray
    Q: np.ndarray

    @property
    def triplets(self):
        """(user, item, stars) of every stored entry, read off the arrays of the matrix."""
        r = self.ratings
        ends = enumerate(pairwise(r.indptr))
        return [(u, int(i), float(x)) for u, (a, b) in ends for i, x in zip(r.indices[a:b], r.data[a:b], strict=True)]


def problem(seed, m=5, n=4, k=2, density=0.6, dtype=float):
    rng = np.random.default_rng(seed)
    observed = rng.random((m, n)) < density
    observed[0, 0] = True
    if m > 2 and n > 2:
        observed[1, :] = observed[:, 2] = False  # nobody rated item 2, user 1 rated nothing
    R = rng.uniform(1, 5, (m, n))
    R[0, 0] = 0  # a true 0
    ratings = from_dense(R, observed).astype(dtype)
    assert ratings.nnz == observed.sum() and ratings.data[0] == 0
    return Problem(ratings, rng.normal(size=(m, k)).astype(dtype), rng.normal(size=(n, k)).astype(dtype))


problems = st.builds(problem, seeds, sizes, sizes, st.integers(1, 3), st.floats(0, 1))


def biased(seed, task):
    """A state with biases, for the ratings of a problem."""
    rng = np.random.default_rng(seed)
    m, n = task.ratings.shape
    return BiasedFactors(0, 0.0, task.P, task.Q, 3.1, rng.normal(size=m), rng.normal(size=n))


def dot(p, q):
    return sum(float(a) * float(b) for a, b in zip(p, q, strict=True))


def slope(function, table):
    """Central differences of a function of a table, entry by entry; the table is left as it was."""
    found = np.empty(table.shape)
    for place in np.ndindex(table.shape):
        moved = [table.copy(), table.copy()]
        moved[0][place] += STEP
        moved[1][place] -= STEP
        found[place] = (function(moved[0]) - function(moved[1])) / (2 * STEP)
    return found


# ---- (1.1) to (1.3): the model and its objective ----


@pytest.mark.equation("1.1")
@given(problems)
def test_a_prediction_is_a_sum_of_products(task):
    m, n = task.ratings.shape
    users, items = np.indices((m, n))
    by_hand = [[dot(task.P[u], task.Q[i]) for i in range(n)] for u in range(m)]
    assert np.allclose(factorization.predict(task.P, task.Q, users, items), by_hand, rtol=1e-12, atol=1e-12)
    assert np.allclose(factorization.predict(task.P, task.Q, users, items), task.P @ task.Q.T, rtol=1e-12, atol=1e-12)


@pytest.mark.equation("1.1")
def test_pairs_may_be_numbers_lists_or_a_grid():
    P, Q = np.array([[1.0, 2.0], [0.0, -1.0]]), np.array([[3.0, 1.0], [0.5, 0.0], [1.0, 1.0]])
    assert factorization.predict(P, Q, 0, 0) == 5
    assert np.array_equal(factorization.predict(P, Q, [0, 1], [2, 0]), [3, -1])
    assert np.array_equal(factorization.predict(P, Q, [[0], [1]], [0, 1, 2]), [[5, 0.5, 3], [-1, 0, -1]])
    assert factorization.predict(P, Q, [], []).shape == (0,)
    assert np.array_equal(Factors(1, 0.0, P, Q).predict([0, 1], [2, 0]), [3, -1])


def objective_by_loops(task, reg, weighted):
    """The square of every rating, then the penalty: row by row, or once at every rating that the row takes part in."""
    total = sum((r - dot(task.P[u], task.Q[i])) ** 2 for u, i, r in task.triplets)
    if weighted:
        return total + reg * sum(dot(task.P[u], task.P[u]) + dot(task.Q[i], task.Q[i]) for u, i, _ in task.triplets)
    return total + reg * (sum(dot(p, p) for p in task.P) + sum(dot(q, q) for q in task.Q))


@pytest.mark.equation("1.2")
@given(problems, regs)
def test_the_plain_objective_penalizes_each_row_once(task, reg):
    value = factorization.objective(task.ratings, task.P, task.Q, reg)
    assert value == pytest.approx(objective_by_loops(task, reg, False), rel=1e-12)


@pytest.mark.equation("1.3")
@given(problems, regs)
def test_the_weighted_objective_penalizes_a_row_at_each_of_its_ratings(task, reg):
    value = factorization.objective(task.ratings, task.P, task.Q, reg, weighted=True)
    assert value == pytest.approx(objective_by_loops(task, reg, True), rel=1e-12)


@pytest.mark.equation("1.2")
@pytest.mark.equation("1.3")
def test_the_two_objectives_by_hand():
    ratings = from_triplets([0, 0, 1], [0, 1, 1], [4.0, 2.0, 1.0])
    P, Q = [[2.0], [1.0]], [[1.0], [1.0]]
    # Errors 2, 0, 0. Rows: 2² + 1² + 1² + 1²; rows by number of ratings: 2·2² + 1 + 1 + 2·1.
    assert factorization.objective(ratings, P, Q, 0.5) == 4 + 0.5 * 7
    assert factorization.objective(ratings, P, Q, 0.5, weighted=True) == 4 + 0.5 * 12


@given(problems, regs)
def test_the_penalty_counts_the_stored_entries_of_a_row(task, reg):
    by_user, by_item = factorization.penalty_counts(task.ratings, weighted=True)
    users, items = [u for u, _, _ in task.triplets], [i for _, i, _ in task.triplets]
    assert by_user.tolist() == [users.count(u) for u in range(task.ratings.shape[0])]
    assert by_item.tolist() == [items.count(i) for i in range(task.ratings.shape[1])]
    plain = factorization.penalty_counts(task.ratings, weighted=False)
    assert [set(part.tolist()) for part in plain] == [{1.0}, {1.0}]


@given(problems, regs, weightings, seeds)
def test_a_rotation_leaves_the_objective_and_any_other_change_of_basis_leaves_the_predictions(
    task, reg, weighted, seed
):
    k = task.P.shape[1]
    G = np.random.default_rng(seed).normal(size=(k, k)) + 3 * np.eye(k)
    rotation = np.linalg.qr(G)[0]
    before = factorization.objective(task.ratings, task.P, task.Q, reg, weighted)
    turned = factorization.objective(task.ratings, task.P @ rotation, task.Q @ rotation, reg, weighted)
    assert turned == pytest.approx(before, rel=1e-9)
    m, n = task.ratings.shape
    users, items = np.indices((m, n))
    other = factorization.predict(task.P @ G, task.Q @ np.linalg.inv(G).T, users, items)
    size = np.abs(G).max() * np.abs(np.linalg.inv(G)).max() * np.abs(task.P).max() * np.abs(task.Q).max()
    assert np.allclose(other, factorization.predict(task.P, task.Q, users, items), atol=1e-10 * max(1, size))


@given(problems, regs, weightings, st.floats(0, 1), seeds)
def test_convex_in_each_block(task, reg, weighted, share, seed):
    rng = np.random.default_rng(seed)
    P2, Q2 = rng.normal(size=task.P.shape), rng.normal(size=task.Q.shape)

    def at(P, Q):
        return factorization.objective(task.ratings, P, Q, reg, weighted)

    between = at(share * task.P + (1 - share) * P2, task.Q)
    assert between <= share * at(task.P, task.Q) + (1 - share) * at(P2, task.Q) + 1e-9
    between = at(task.P, share * task.Q + (1 - share) * Q2)
    assert between <= share * at(task.P, task.Q) + (1 - share) * at(task.P, Q2) + 1e-9


def test_not_convex_in_both_blocks_together():
    one = from_triplets([0], [0], [1.0])
    for reg in (0.0, 0.4):
        ends = [factorization.objective(one, [[x]], [[x]], reg) for x in (1.0, -1.0)]
        assert factorization.objective(one, [[0.0]], [[0.0]], reg) > np.mean(ends)


# ---- (1.4) and (1.5): gradients ----


@pytest.mark.equation("1.4")
@pytest.mark.equation("1.5")
@given(problems, regs, weightings)
def test_the_gradient_is_the_slope_of_the_objective(task, reg, weighted):
    dP, dQ = factorization.gradient(task.ratings, task.P, task.Q, reg, weighted)

    def at(P, Q):
        return factorization.objective(task.ratings, P, Q, reg, weighted)

    assert np.allclose(dP, slope(lambda P: at(P, task.Q), task.P), rtol=1e-6, atol=1e-6)
    assert np.allclose(dQ, slope(lambda Q: at(task.P, Q), task.Q), rtol=1e-6, atol=1e-6)


@pytest.mark.equation("1.4")
@pytest.mark.equation("1.5")
@given(problems, regs, weightings)
def test_the_gradient_is_a_sum_over_ratings(task, reg, weighted):
    users, items = [u for u, _, _ in task.triplets], [i for _, i, _ in task.triplets]
    dP = np.array([2 * reg * (users.count(u) if weighted else 1) * p for u, p in enumerate(task.P)])
    dQ = np.array([2 * reg * (items.count(i) if weighted else 1) * q for i, q in enumerate(task.Q)])
    for u, i, r in task.triplets:
        error = r - dot(task.P[u], task.Q[i])
        dP[u] -= 2 * error * task.Q[i]
        dQ[i] -= 2 * error * task.P[u]
    found = factorization.gradient(task.ratings, task.P, task.Q, reg, weighted)
    assert np.allclose(found[0], dP, rtol=1e-11, atol=1e-11) and np.allclose(found[1], dQ, rtol=1e-11, atol=1e-11)


@given(problems, weightings)
def test_without_penalty_an_unrated_row_has_no_slope(task, weighted):
    dP, dQ = factorization.gradient(task.ratings, task.P, task.Q, 0.0, weighted)
    by_user, by_item = factorization.penalty_counts(task.ratings, weighted=True)
    assert not dP[by_user == 0].any() and not dQ[by_item == 0].any()


# ---- (1.6) and (1.7): biases ----


@pytest.mark.equation("1.6")
@given(problems, seeds)
def test_a_biased_prediction_adds_four_things(task, seed):
    state = biased(seed, task)
    m, n = task.ratings.shape
    by_hand = [
        [3.1 + state.user_bias[u] + state.item_bias[i] + dot(task.P[u], task.Q[i]) for i in range(n)] for u in range(m)
    ]
    users, items = np.indices((m, n))
    assert np.allclose(factorization.predict_biased(state, users, items), by_hand, rtol=1e-12, atol=1e-12)
    assert np.array_equal(state.predict(users, items), factorization.predict_biased(state, users, items))


@pytest.mark.equation("1.7")
@given(problems, seeds, regs)
def test_the_biased_objective_penalizes_what_a_rating_touches(task, seed, reg):
    state, total = biased(seed, task), 0.0
    b, c, P, Q = state.user_bias, state.item_bias, task.P, task.Q
    for u, i, r in task.triplets:
        error = r - (3.1 + b[u] + c[i] + dot(P[u], Q[i]))
        total += error**2 + reg * (b[u] ** 2 + c[i] ** 2 + dot(P[u], P[u]) + dot(Q[i], Q[i]))
    assert factorization.biased_objective(task.ratings, state, reg) == pytest.approx(total, rel=1e-12)


@pytest.mark.equation("1.7")
@given(problems, regs)
def test_without_biases_it_is_the_weighted_objective(task, reg):
    m, n = task.ratings.shape
    state = BiasedFactors(0, 0.0, task.P, task.Q, 0.0, np.zeros(m), np.zeros(n))
    value = factorization.biased_objective(task.ratings, state, reg)
    assert value == pytest.approx(factorization.objective(task.ratings, task.P, task.Q, reg, weighted=True), rel=1e-12)


# ---- (1.8) and (1.9): one step ----

one_rating = st.tuples(seeds, st.integers(1, 4), st.sampled_from([0.001, 0.1, 1.0]), regs)


def step_inputs(seed, k):
    rng = np.random.default_rng(seed)
    return 3.1, rng.normal(), rng.normal(), rng.normal(size=k), rng.normal(size=k), rng.uniform(0.5, 5)


@pytest.mark.equation("1.8")
@pytest.mark.equation("1.9")
@given(one_rating)
def test_a_step_goes_down_the_slope_of_one_ratings_part(case):
    """The rating's part of Eq. (1.7) has a slope, by finite differences; the step is -lr / 2 times it."""
    seed, k, lr, reg = case
    mean, b, c, p, q, r = step_inputs(seed, k)
    before = np.concatenate([[b, c], p, q])

    def part(x):
        error = r - (mean + x[0] + x[1] + dot(x[2 : 2 + k], x[2 + k :]))
        return error**2 + reg * dot(x, x)

    after = np.concatenate([np.atleast_1d(x) for x in factorization.sgd_step(mean, b, c, p, q, r, lr, reg)])
    assert np.allclose(after - before, -lr / 2 * slope(part, before), rtol=1e-6, atol=1e-7 * lr)


@pytest.mark.equation("1.8")
@pytest.mark.equation("1.9")
def test_a_step_by_hand():
    b, c, p, q = factorization.sgd_step(3.0, 0.5, -0.5, [1.0, 2.0], [0.5, 0.0], 4.5, lr=0.1, reg=0.2)
    # The error is 4.5 - (3 + 0.5 - 0.5 + 0.5) = 1; q moves by the OLD p.
    assert (b, c) == (pytest.approx(0.5 + 0.1 * (1 - 0.1)), pytest.approx(-0.5 + 0.1 * (1 + 0.1)))
    assert p == pytest.approx([1 + 0.1 * (0.5 - 0.2), 2 + 0.1 * (0 - 0.4)])
    assert q == pytest.approx([0.5 + 0.1 * (1 - 0.1), 0.1 * 2])


@given(one_rating, st.integers(2, 5))
def test_many_ratings_at_once_are_many_steps(case, size):
    seed, k, lr, reg = case
    rng = np.random.default_rng(seed)
    b, c, P, Q = rng.normal(size=size), rng.normal(size=size), rng.normal(size=(size, k)), rng.normal(size=(size, k))
    r = rng.uniform(0.5, 5, size)
    together = factorization.sgd_step(3.0, b, c, P, Q, r, lr, reg)
    for e in range(size):
        alone = factorization.sgd_step(3.0, b[e], c[e], P[e], Q[e], r[e], lr, reg)
        assert all(np.allclose(part[e], one, rtol=1e-13) for part, one in zip(together, alone, strict=True))


def test_a_step_leaves_its_arguments_as_they_were():
    p, q, b = np.array([1.0, 2.0]), np.array([0.5, 0.0]), np.array(0.5)
    parts = factorization.sgd_step(3.0, b, -0.5, p, q, 4.5, 0.1, 0.2)
    assert (p.tolist(), q.tolist(), b.tolist()) == ([1, 2], [0.5, 0], 0.5)
    assert not any(np.shares_memory(new, old) for new in parts for old in (p, q, b))


# ---- (1.10) RMSE ----


class Constant:
    def __init__(self, stars):
        self.stars = stars

    def predict(self, users, items):
        return np.full(np.shape(users), self.stars)


@pytest.mark.equation("1.10")
@given(problems)
def test_rmse_is_the_root_of_a_mean_of_squares(task):
    squares = [(r - dot(task.P[u], task.Q[i])) ** 2 for u, i, r in task.triplets]
    value = factorization.rmse(task.ratings, Factors(0, 0.0, task.P, task.Q))
    assert value == pytest.approx((sum(squares) / len(squares)) ** 0.5, rel=1e-12)


@pytest.mark.equation("1.10")
def test_rmse_of_a_constant():
    ratings = from_triplets([0, 0, 2], [0, 1, 1], [4.0, 0.0, 2.0])  # the stored 0 counts
    assert factorization.rmse(ratings, Constant(2.0)) == pytest.approx((8 / 3) ** 0.5)
    assert factorization.rmse(ratings, Constant(4.0)) == pytest.approx((20 / 3) ** 0.5)
    _, biases = remove_biases(ratings)
    assert factorization.rmse(ratings, biases) < factorization.rmse(ratings, Constant(2.0))


# ---- epochs ----


def cinema(seed=3, m=12, n=9):
    """Ratings of a planted rank-1 taste with biases, four of five observed, one of them a true 0."""
    rng = np.random.default_rng(seed)
    truth = 3 + rng.normal(0, 0.5, (m, 1)) + rng.normal(0, 0.5, n) + np.outer(rng.normal(size=m), rng.normal(size=n))
    observed = rng.random((m, n)) < 0.8
    truth[0, 0], observed[0, 0], observed[4] = 0, True, False
    return from_dense(truth, observed)


def one_by_one(ratings, n_factors, reg, lr, n_epochs, seed, biases=True):
    """Every rating in its turn, each written out in plain numbers: what `sgd_epochs` promises to give."""
    rng = np.random.default_rng(seed)
    m, n = ratings.shape
    P, Q = rng.normal(0, 0.1, (m, n_factors)), rng.normal(0, 0.1, (n, n_factors))
    b, c, mean = np.zeros(m), np.zeros(n), ratings.data.mean() if biases else 0.0
    users = [u for u, (a, z) in enumerate(pairwise(ratings.indptr)) for _ in range(a, z)]
    for _ in range(n_epochs):
        for place in rng.permutation(ratings.nnz):
            u, i = users[place], ratings.indices[place]
            e = ratings.data[place] - (mean + b[u] + c[i] + dot(P[u], Q[i]))
            if biases:
                b[u], c[i] = b[u] + lr * (e - reg * b[u]), c[i] + lr * (e - reg * c[i])
            P[u], Q[i] = P[u] + lr * (e * Q[i] - reg * P[u]), Q[i] + lr * (e * P[u] - reg * Q[i])
    return mean, b, c, P, Q


@pytest.mark.parametrize("biases", [True, False])
@pytest.mark.parametrize("n_factors", [1, 3])
def test_epochs_equal_one_step_after_another(n_factors, biases):
    ratings = cinema()
    last = factorization.fit(ratings, n_factors, 0.05, 0.03, biases=biases, n_epochs=4, seed=8)
    expected = one_by_one(ratings, n_factors, 0.05, 0.03, 4, 8, biases)
    found = (last.mean, last.user_bias, last.item_bias, last.user_factors, last.item_factors)
    assert all(np.allclose(a, b, rtol=1e-10, atol=1e-12) for a, b in zip(found, expected, strict=True))


def test_epochs_yield_a_start_and_one_state_after_each():
    ratings = cinema()
    states = list(factorization.sgd_epochs(ratings, 2, 0.05, 0.02, n_epochs=5, seed=0))
    assert [state.step for state in states] == [0, 1, 2, 3, 4, 5]
    assert not states[0].user_bias.any() and states[0].mean == pytest.approx(ratings.data.mean())
    for state in states:
        assert state.objective == pytest.approx(factorization.biased_objective(ratings, state, 0.05), rel=1e-12)
        assert state.user_factors.shape == (12, 2) and state.item_factors.shape == (9, 2)
    assert states[-1].objective < 0.7 * states[0].objective


def test_earlier_states_are_not_overwritten():
    states = list(factorization.sgd_epochs(cinema(), 2, 0.05, 0.02, n_epochs=2, seed=0))
    again = next(factorization.sgd_epochs(cinema(), 2, 0.05, 0.02, n_epochs=2, seed=0))
    assert np.array_equal(states[0].user_factors, again.user_factors)
    assert not np.array_equal(states[0].user_factors, states[1].user_factors)
    with pytest.raises(AttributeError):
        states[0].step = 7


def test_fit_is_the_last_epoch():
    *_, last = factorization.sgd_epochs(cinema(), 2, 0.05, 0.02, n_epochs=3, seed=1)
    fitted = factorization.fit(cinema(), 2, 0.05, 0.02, n_epochs=3, seed=1)
    assert fitted.step == 3 and fitted.objective == last.objective
    assert np.array_equal(fitted.item_factors, last.item_factors)


def test_a_row_without_ratings_keeps_its_start_and_a_bias_of_zero():
    start, *_, last = factorization.sgd_epochs(cinema(), 2, 0.05, 0.02, n_epochs=3, seed=1)
    assert np.array_equal(last.user_factors[4], start.user_factors[4]) and last.user_bias[4] == 0
    assert not np.array_equal(last.user_factors[3], start.user_factors[3]) and last.user_bias[3] != 0


def test_without_biases_there_is_no_mean_and_no_bias():
    last = factorization.fit(cinema(), 2, 0.05, 0.02, biases=False, n_epochs=3, seed=1)
    assert last.mean == 0 and not last.user_bias.any() and not last.item_bias.any()


def test_small_steps_reach_a_point_where_the_slope_of_the_objective_is_small():
    """SGD decays only what a rating touches: it goes down the objective that counts the penalty once per rating."""
    ratings = cinema(m=6, n=5)
    last = factorization.fit(ratings, 1, 0.3, 0.01, biases=False, n_epochs=150, seed=0)
    sizes = [
        np.linalg.norm(np.vstack(factorization.gradient(ratings, last.user_factors, last.item_factors, 0.3, weighted)))
        for weighted in (True, False)
    ]
    assert sizes[0] < sizes[1] / 20


def test_float32_ratings_give_what_float64_ratings_give():
    ratings = cinema()
    ratings = csr_array((np.round(ratings.data * 2) / 2, ratings.indices, ratings.indptr), shape=ratings.shape)
    same = factorization.fit(ratings, 2, 0.05, 0.02, n_epochs=3, seed=1)
    small = factorization.fit(ratings.astype(np.float32), 2, 0.05, 0.02, n_epochs=3, seed=1)
    assert np.allclose(small.user_factors, same.user_factors, rtol=1e-5, atol=1e-6)
    assert small.objective == pytest.approx(same.objective, rel=1e-5)


@pytest.mark.parametrize("weighted", [False, True])
def test_float32_factors_keep_their_type_and_the_value(weighted):
    task = problem(2, dtype=np.float32)
    exact = Problem(task.ratings.astype(float), task.P.astype(float), task.Q.astype(float))
    value = factorization.objective(task.ratings, task.P, task.Q, 0.3, weighted)
    assert value == pytest.approx(objective_by_loops(exact, 0.3, weighted), rel=1e-5)
    found = factorization.gradient(task.ratings, task.P, task.Q, 0.3, weighted)
    for single, double in zip(
        found, factorization.gradient(exact.ratings, exact.P, exact.Q, 0.3, weighted), strict=True
    ):
        assert np.allclose(single, double, rtol=1e-4, atol=1e-5)
    assert factorization.predict(task.P, task.Q, [0], [1]).dtype == np.float32


def test_integer_ratings_and_lists_of_factors_are_numbers_too():
    ratings = from_triplets([0, 1], [1, 0], [4, 2])
    whole_stars = csr_array((ratings.data.astype(int), ratings.indices, ratings.indptr), shape=ratings.shape)
    P, Q = [[1, 2], [0, 1]], [[1, 1], [2, 0]]
    assert factorization.objective(whole_stars, P, Q, 1) == factorization.objective(ratings, P, Q, 1.0) == 4 + 1 + 12
    last = factorization.fit(whole_stars, 1, 0.1, 0.01, n_epochs=2, seed=0)
    assert last.objective == factorization.fit(ratings, 1, 0.1, 0.01, n_epochs=2, seed=0).objective


def test_the_same_seed_gives_the_same_and_a_generator_goes_on():
    ratings = cinema()
    one, two = (factorization.fit(ratings, 2, 0.05, 0.02, n_epochs=2, seed=5).user_factors for _ in range(2))
    assert np.array_equal(one, two)
    rng = np.random.default_rng(5)
    first, second = (factorization.fit(ratings, 2, 0.05, 0.02, n_epochs=2, seed=rng).user_factors for _ in range(2))
    assert np.array_equal(first, one) and not np.array_equal(second, one)
    unseeded = [factorization.fit(ratings, 2, 0.05, 0.02, n_epochs=1).user_factors for _ in range(2)]
    assert not np.array_equal(*unseeded)


def test_nothing_changes_its_arguments_or_the_global_random_state():
    ratings, task = cinema(), problem(1)
    kept = [part.copy() for part in (ratings.data, ratings.indices, ratings.indptr, task.P, task.Q)]
    state = np.random.get_state()[1].copy()  # noqa: NPY002, this is the state that must not change
    factorization.fit(ratings, 2, 0.05, 0.02, n_epochs=2, seed=0)
    factorization.fit(ratings, 2, 0.05, 0.02, n_epochs=1)
    for weighted in (False, True):
        factorization.objective(task.ratings, task.P, task.Q, 0.1, weighted)
        factorization.gradient(task.ratings, task.P, task.Q, 0.1, weighted)
    now = (ratings.data, ratings.indices, ratings.indptr, task.P, task.Q)
    assert all(np.array_equal(a, b) for a, b in zip(kept, now, strict=True))
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_a_bar_is_shown_when_asked_for(capfd):
    factorization.fit(cinema(), 1, 0.05, 0.02, n_epochs=2, seed=0)
    assert capfd.readouterr().err == ""
    factorization.fit(cinema(), 1, 0.05, 0.02, n_epochs=2, seed=0, progress=True)
    assert "2/2" in capfd.readouterr().err


# ---- what other libraries find (benchmarks/record_factorization.py) ----


@pytest.fixture
def peers():
    return json.loads(files("recmath_lib").joinpath("data/factorization_peers.json").read_text(encoding="utf-8"))


@pytest.mark.equation("1.4")
@pytest.mark.equation("1.5")
def test_sparks_factors_are_stationary_for_the_weighted_objective_only(peers):
    ratings, spark = from_triplets(**peers["ratings"]), peers["spark"]
    factors = np.array(spark["user_factors"]), np.array(spark["item_factors"])
    weighted, plain = (factorization.gradient(ratings, *factors, spark["reg"], reading) for reading in (True, False))
    assert np.abs(np.vstack(weighted)).max() < 1e-4 < 1 < np.abs(np.vstack(plain)).max()


@pytest.mark.equation("1.9")
def test_an_epoch_of_surprise_step_by_step(peers):
    ratings, surprise = from_triplets(**peers["ratings"]), peers["surprise"]
    P, Q = (np.array(surprise["before"][side]) for side in ("user_factors", "item_factors"))
    for u, i, r in Problem(ratings, P, Q).triplets:
        *_, P[u], Q[i] = factorization.sgd_step(0, 0, 0, P[u], Q[i], r, surprise["lr"], surprise["reg"])
    assert np.allclose(P, surprise["after"]["user_factors"], rtol=1e-12, atol=1e-13)
    assert np.allclose(Q, surprise["after"]["item_factors"], rtol=1e-12, atol=1e-13)


# ---- rounds ----

pairs = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=40, unique=True)


@given(pairs)
def test_rounds_hold_every_place_once_and_no_user_or_item_twice(ratings):
    users, items = np.array(ratings).T
    found = factorization.rounds(users, items)
    assert sorted(np.concatenate(found).tolist()) == list(range(len(ratings)))
    for now in found:
        assert len(set(users[now])) == len(set(items[now])) == len(now) > 0


@given(pairs)
def test_ratings_that_share_a_user_or_an_item_keep_their_turn(ratings):
    users, items = np.array(ratings).T
    turn = {place: number for number, now in enumerate(factorization.rounds(users, items)) for place in now.tolist()}
    for later in range(len(ratings)):
        for earlier in range(later):
            if users[earlier] == users[later] or items[earlier] == items[later]:
                assert turn[earlier] < turn[later]


@given(pairs)
def test_no_rating_waits_longer_than_it_must(ratings):
    users, items = np.array(ratings).T
    found = factorization.rounds(users, items)
    for before, now in pairwise(found):
        for place in now:
            assert any(users[place] == users[other] or items[place] == items[other] for other in before)


def test_rounds_by_hand():
    assert [now.tolist() for now in factorization.rounds([0, 1, 0, 2], [0, 1, 1, 0])] == [[0, 1], [2, 3]]
    assert factorization.rounds([], []) == []


# ---- early stopping ----


def counting(errors, seen):
    for error in errors:
        seen.append(error)
        yield error


def test_last_keeps_one_state_and_lets_the_others_go():
    alive = []

    def states():
        for step in range(5):
            state = Factors(step, 0.0, np.zeros((1, 1)), np.zeros((1, 1)))
            alive.append(weakref.ref(state))
            yield state
            del state
            assert sum(reference() is not None for reference in alive) <= 2

    assert factorization.last(states()).step == 4


def test_last_of_nothing_is_an_error():
    with pytest.raises(ValueError, match="states must hold at least one state"):
        factorization.last([])


def test_an_objective_in_blocks_is_the_sum_over_all_ratings(monkeypatch):
    rng = np.random.default_rng(0)
    observed = rng.random((9, 7)) < 0.5
    observed[3] = False
    R, P, Q = rng.normal(size=(9, 7)), rng.normal(size=(9, 2)), rng.normal(size=(7, 2))
    wanted = np.sum((R - P @ Q.T)[observed] ** 2)
    for size in (1, 2, 5, 1000):
        monkeypatch.setattr(factorization, "BLOCK", size)
        assert factorization.objective(from_dense(R, observed), P, Q, 0) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(
    ("errors", "patience", "best", "looked_at"),
    [
        ([5, 3, 4, 2, 9, 8, 7, 1], 3, 2, 7),  # the 1 comes too late
        ([5, 3, 4, 2, 9, 8, 7, 1], 4, 1, 8),
        ([5, 6], 1, 5, 2),
        ([4, 4, 4, 4], 2, 4, 3),  # not smaller: still waiting
        ([3, 2, 1], 1, 1, 3),
    ],
)
def test_early_stop_waits_and_then_looks_no_further(errors, patience, best, looked_at):
    seen = []
    assert factorization.early_stop(counting(errors, seen), float, patience) == best
    assert len(seen) == looked_at


@given(st.lists(st.integers(0, 20), min_size=1, max_size=30), st.integers(1, 5))
def test_early_stop_finds_the_first_least_of_what_it_saw(errors, patience):
    seen = []
    place, best = factorization.early_stop(enumerate(counting(errors, seen)), lambda state: state[1], patience)
    assert best == min(seen) and place == seen.index(best)
    assert seen == errors or len(seen) == place + 1 + patience


def test_early_stop_never_computes_the_epochs_it_does_not_need():
    ratings, held_out = cinema(seed=3), cinema(seed=4)  # another truth: every epoch makes it worse or soon will
    steps = []

    def error(state):
        steps.append(state.step)
        return factorization.rmse(held_out, state)

    epochs = factorization.sgd_epochs(ratings, 2, 0.0, 0.05, n_epochs=200, seed=0)
    best = factorization.early_stop(epochs, error)
    assert steps[-1] == best.step + 3 < 200


def test_early_stop_takes_what_is_infinite_but_not_what_is_nan():
    assert factorization.early_stop([np.inf], float) == np.inf
    with pytest.raises(ValueError, match="error must be a number, got nan"):
        factorization.early_stop([1.0, np.nan], float)
    with pytest.raises(ValueError, match="states must hold at least one state, got none"):
        factorization.early_stop([], float)
    with pytest.raises(ValueError, match="patience must be an integer >= 1, got 0"):
        factorization.early_stop([1.0], float, patience=0)


# ---- what is refused ----

R = from_triplets([0, 0, 1, 2], [0, 1, 1, 2], [4.0, 0.0, 1.0, 3.0])
P3, Q3 = np.ones((3, 2)), np.ones((3, 2))
NAN = from_triplets([0], [0], [1.0])
NAN.data[0] = np.nan
EMPTY = csr_array((3, 3))


def says(text):
    return re.escape(text)


@pytest.mark.parametrize("function", [factorization.objective, factorization.gradient])
@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((R.toarray(), P3, Q3, 0.1), TypeError, "ratings must be a scipy.sparse.csr_array, got ndarray"),
        ((R.tocsc(), P3, Q3, 0.1), TypeError, "ratings must be a scipy.sparse.csr_array, got csc_array"),
        ((NAN, np.ones((1, 2)), np.ones((1, 2)), 0.1), ValueError, "ratings must be finite, got nan"),
        ((R, np.ones((2, 2)), Q3, 0.1), ValueError, "user_factors must have shape (3, k), got shape (2, 2)"),
        ((R, P3, np.ones((4, 2)), 0.1), ValueError, "item_factors must have shape (3, k), got shape (4, 2)"),
        ((R, P3, np.ones((3, 1)), 0.1), ValueError, "item_factors must have 2 columns like user_factors, got 1"),
        ((R, np.ones(3), Q3, 0.1), ValueError, "user_factors must have shape (3, k), got shape (3,)"),
        ((R, P3, np.full((3, 2), np.nan), 0.1), ValueError, "item_factors must be finite, got nan"),
        ((R, [[1.0], [1.0, 2.0], [1.0]], Q3, 0.1), ValueError, "user_factors must have rows of equal length"),
        ((R, P3, Q3, -0.1), ValueError, "reg must be a finite number >= 0, got -0.1"),
        ((R, P3, Q3, np.nan), ValueError, "reg must be a finite number >= 0, got nan"),
        ((R, P3, Q3, "0.1"), ValueError, "reg must be a finite number >= 0, got '0.1'"),
    ],
)
def test_objective_and_gradient_name_the_argument(function, arguments, error, message):
    with pytest.raises(error, match=says(message)):
        function(*arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((P3, Q3, [3], [0]), ValueError, "users must lie in 0..2, got 3 at position 0"),
        ((P3, Q3, [0, 0], [0, -1]), ValueError, "items must lie in 0..2, got -1 at position 1"),
        ((P3, Q3, [0.5], [0]), TypeError, "users must be integers, got float64"),
        ((P3, Q3, [0], [True]), TypeError, "items must be integers, got bool"),
        ((P3, np.ones((3, 3)), [0], [0]), ValueError, "item_factors must have 2 columns like user_factors, got 3"),
        ((np.ones(3), Q3, [0], [0]), ValueError, "user_factors must have two dimensions, a row for each vector, got"),
        ((np.full((3, 2), np.inf), Q3, [0], [0]), ValueError, "user_factors must be finite, got inf"),
    ],
)
def test_predict_names_the_argument(arguments, error, message):
    with pytest.raises(error, match=says(message)):
        factorization.predict(*arguments)


def test_a_biased_prediction_names_the_argument():
    state = BiasedFactors(0, 0.0, P3, Q3, 3.0, np.zeros(3), np.zeros(3))
    with pytest.raises(ValueError, match=says("users must lie in 0..2, got -1 at position 0")):
        factorization.predict_biased(state, -1, 0)
    with pytest.raises(TypeError, match="items must be integers"):
        state.predict(0, 1.0)


def test_the_biased_objective_names_the_argument():
    state = BiasedFactors(0, 0.0, P3, Q3, 3.0, np.zeros(3), np.zeros(3))
    with pytest.raises(TypeError, match="ratings must be a scipy"):
        factorization.biased_objective(R.toarray(), state, 0.1)
    with pytest.raises(ValueError, match="reg must be a finite"):
        factorization.biased_objective(R, state, -1)
    with pytest.raises(ValueError, match=says("user_factors must have shape (1, k), got shape (3, 2)")):
        factorization.biased_objective(from_triplets([0], [0], [1.0], shape=(1, 3)), state, 0.1)


def test_rmse_names_the_argument():
    with pytest.raises(TypeError, match="ratings must be a scipy"):
        factorization.rmse(R.toarray(), Constant(3.0))
    with pytest.raises(ValueError, match="ratings must have at least one stored entry, got none"):
        factorization.rmse(EMPTY, Constant(3.0))
    with pytest.raises(ValueError, match="ratings must be finite, got nan"):
        factorization.rmse(NAN, Constant(3.0))


@pytest.mark.parametrize("function", [factorization.sgd_epochs, factorization.fit])
@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"ratings": R.toarray()}, TypeError, "ratings must be a scipy.sparse.csr_array, got ndarray"),
        ({"ratings": EMPTY}, ValueError, "ratings must have at least one stored entry, got none"),
        ({"ratings": NAN}, ValueError, "ratings must be finite, got nan"),
        ({"n_factors": 0}, ValueError, "n_factors must be an integer from 1 to min(m, n) = 3, got 0"),
        ({"n_factors": 4}, ValueError, "n_factors must be an integer from 1 to min(m, n) = 3, got 4"),
        ({"n_factors": 1.5}, ValueError, "n_factors must be an integer from 1 to min(m, n) = 3, got 1.5"),
        ({"reg": -1}, ValueError, "reg must be a finite number >= 0, got -1"),
        ({"reg": np.nan}, ValueError, "reg must be a finite number >= 0, got nan"),
        ({"lr": 0}, ValueError, "lr must be a finite number > 0, got 0"),
        ({"lr": np.inf}, ValueError, "lr must be a finite number > 0, got inf"),
        ({"lr": "0.1"}, ValueError, "lr must be a finite number > 0, got '0.1'"),
        ({"n_epochs": 0}, ValueError, "n_epochs must be an integer >= 1, got 0"),
        ({"n_epochs": 2.0}, ValueError, "n_epochs must be an integer >= 1, got 2.0"),
        ({"seed": -1}, ValueError, "seed must be an integer >= 0 or a Generator, got -1"),
        ({"seed": "7"}, ValueError, "seed must be an integer >= 0 or a Generator, got '7'"),
    ],
)
def test_training_names_the_argument_before_it_starts(function, changed, error, message):
    with pytest.raises(error, match=says(message)):
        function(**{"ratings": R, "n_factors": 2, "reg": 0.1, "lr": 0.01, **changed})


def test_a_learning_rate_that_is_too_large_is_named():
    message = says("lr must be smaller: with 5.0 the factors grow beyond all numbers in epoch ")
    with pytest.raises(ValueError, match=message + r"\d"):
        factorization.fit(cinema(), 2, 0.05, 5.0, n_epochs=50, seed=0)


@pytest.mark.parametrize(
    ("users", "items", "error", "message"),
    [
        ([0, 1], [0], ValueError, "users and items must be equally long, got (2,) and (1,)"),
        ([0.5], [0], TypeError, "users must be integers, got float64"),
        ([0], [-1], ValueError, "items must be >= 0, got -1"),
        ([[0]], [[0]], ValueError, "users must be a list of numbers, got shape (1, 1)"),
    ],
)
def test_rounds_name_the_argument(users, items, error, message):
    with pytest.raises(error, match=says(message)):
        factorization.rounds(users, items)
