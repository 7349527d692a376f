"""Alternating least squares against fractions, dense least squares, counted operations and finite differences."""

import json
from fractions import Fraction
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize
from scipy.sparse import coo_array, csr_array

from recmath_lib import als, factorization, kernels, ratings

BOTH = pytest.mark.parametrize("weighted", [False, True], ids=["plain", "weighted"])
HALF_STEPS = [als.half_step_loop, als.half_step_batched, als.half_step]
EVERY_HALF_STEP = pytest.mark.parametrize("half_step", HALF_STEPS, ids=["loop", "batched", "fast"])
EXACT = {"rtol": 1e-9, "atol": 1e-12}

# The matrix of the source note, where 0 stands for a missing rating, and the start of its listing.
R = np.array([[5, 3, 0, 1, 0], [4, 0, 0, 1, 0], [1, 1, 0, 5, 4], [0, 0, 5, 4, 0], [0, 1, 4, 0, 5]], dtype=float)
NOTE = ratings.from_dense(R, R > 0)


def note_start():
    """The second of two draws: the listing draws a user start first and never uses it."""
    rng = np.random.RandomState(42)  # the published numbers come from this generator
    return [0.1 * rng.randn(5, 2) for _ in "PQ"][1]


def problem(seed=0, m=7, n=6, k=3, share=0.6):
    """Random ratings, zeros and negative ones among them, and factors of both sides."""
    rng = np.random.default_rng(seed)
    values = rng.integers(-2, 6, (m, n)).astype(float)
    observed = rng.random((m, n)) < share
    observed[0, 0] = True
    return ratings.from_dense(values, observed), rng.normal(size=(m, k)), rng.normal(size=(n, k))


def dense_of(data):
    """Values and 0/1 mask; a stored zero is observed."""
    mask = csr_array((np.ones(data.nnz), data.indices, data.indptr), shape=data.shape).toarray()
    return data.toarray(), mask


def loss(data, P, Q, reg, weighted):
    """Equation (1.2) or (1.3) over the whole table, with a mask."""
    return dense_loss(*dense_of(data), P, Q, reg, weighted)


def dense_loss(values, mask, P, Q, reg, weighted):
    counts = (mask.sum(axis=1), mask.sum(axis=0)) if weighted else (np.ones(len(P)), np.ones(len(Q)))
    squares = sum(c @ np.sum(table**2, axis=1) for c, table in zip(counts, (P, Q), strict=True))
    return np.sum(mask * (values - P @ Q.T) ** 2) + reg * squares


def slope(function, table, step=1e-4):
    """Gradient by central differences, exact up to rounding for a function that is quadratic in every entry."""
    result = np.empty_like(table)
    for place in np.ndindex(table.shape):
        up, down = table.copy(), table.copy()
        up[place] += step
        down[place] -= step
        result[place] = (function(up) - function(down)) / (2 * step)
    return result


def least_squares(data, Q, reg, weighted):
    """Each row by a dense least-squares solver on the stacked system [Q_u; sqrt(penalty) I], written out here."""
    values, mask = dense_of(data)
    k, rows = Q.shape[1], []
    for value, seen in zip(values, mask.astype(bool), strict=True):
        penalty = reg * (seen.sum() if weighted else 1)
        left = np.vstack([Q[seen], np.sqrt(penalty) * np.eye(k)])
        rows.append(np.linalg.pinv(left) @ np.concatenate([value[seen], np.zeros(k)]))
    return np.array(rows)


def ridge_in_fractions(Q, r, penalty):
    """Cramer's rule for two factors, in exact arithmetic."""
    Q, r, penalty = [[Fraction(x) for x in row] for row in Q], [Fraction(x) for x in r], Fraction(penalty)
    a, b, d = (sum(row[i] * row[j] for row in Q) for i, j in ((0, 0), (0, 1), (1, 1)))
    x, y = (sum(row[i] * rating for row, rating in zip(Q, r, strict=True)) for i in (0, 1))
    a, d = a + penalty, d + penalty
    determinant = a * d - b * b
    return [float((d * x - b * y) / determinant), float((a * y - b * x) / determinant)]


ROWS = [
    ([[1, 2], [3, -1], [0, 1]], [5, 1, 0], "1/2"),
    ([[1, 2]], [4], "1/10"),
    ([[2, 1], [1, 1]], [3, -2], "3"),
    ([[1, 0], [1, 0]], [1, 2], "1/100"),
]
every_row = pytest.mark.parametrize(("Q", "r", "penalty"), ROWS)

# ---- (2.1) to (2.3), (2.9): one row ----


@pytest.mark.equation("2.1")
@every_row
def test_row_loss_in_fractions(Q, r, penalty):
    p = [Fraction(3, 2), Fraction(-1, 4)]
    errors = [rating - sum(x * y for x, y in zip(row, p, strict=True)) for row, rating in zip(Q, r, strict=True)]
    expected = sum(e * e for e in errors) + Fraction(penalty) * sum(x * x for x in p)
    value = als.row_loss([float(x) for x in p], Q, r, float(Fraction(penalty)))
    assert value == pytest.approx(float(expected), rel=1e-14)


@pytest.mark.equation("2.1")
@BOTH
def test_row_losses_and_the_item_penalty_make_the_objective(weighted):
    data, P, Q = problem()
    counts = np.diff(data.indptr) if weighted else np.ones(len(P))
    parts = [data.indices[a:b] for a, b in zip(data.indptr, data.indptr[1:], strict=False)]
    values = np.split(data.data, data.indptr[1:-1])
    rows = [als.row_loss(p, Q[i], r, 0.3 * c) for p, i, r, c in zip(P, parts, values, counts, strict=True)]
    rest = loss(data, np.zeros_like(P), Q, 0.3, weighted) - data.data @ data.data  # no user: only the item penalty
    assert sum(rows) + rest == pytest.approx(loss(data, P, Q, 0.3, weighted), rel=1e-12)


@pytest.mark.equation("2.2")
@pytest.mark.equation("2.3")
@pytest.mark.equation("2.9")
@every_row
@pytest.mark.parametrize("update", [als.update_row, als.update_row_augmented, als.update_row_dual])
def test_an_update_by_cramers_rule(update, Q, r, penalty):
    expected = ridge_in_fractions(Q, r, penalty)
    np.testing.assert_allclose(update(Q, r, float(Fraction(penalty))), expected, rtol=1e-11)


@pytest.mark.equation("2.2")
@pytest.mark.equation("2.3")
@pytest.mark.equation("2.9")
@given(st.integers(1, 6), st.integers(1, 9), st.floats(0.01, 10), st.integers(0, 999))
def test_an_update_is_where_the_loss_is_flat(k, n_rated, penalty, seed):
    rng = np.random.default_rng(seed)
    Q, r = rng.normal(size=(n_rated, k)), rng.normal(size=n_rated)
    for update in (als.update_row, als.update_row_augmented, als.update_row_dual):
        p = update(Q, r, penalty)
        flat = slope(lambda p: np.sum((r - Q @ p) ** 2) + penalty * p @ p, p)
        np.testing.assert_allclose(flat, 0, atol=1e-8)


@pytest.mark.equation("2.3")
def test_an_update_by_a_bounded_least_squares_solver():
    _, _, Q = problem(3)
    r = np.arange(6.0)
    left = np.vstack([Q, 0.7 * np.eye(3)])
    solved = optimize.lsq_linear(left, [*r, 0, 0, 0], method="bvls").x
    np.testing.assert_allclose(als.update_row_augmented(Q, r, 0.49), solved, rtol=1e-9)


def test_every_other_vector_is_worse_by_the_square_of_its_distance():
    _, _, Q = problem(4)
    r, rng = np.arange(6.0), np.random.default_rng(0)
    best = als.update_row(Q, r, 0.5)
    for move in rng.normal(size=(20, 3)):
        rise = als.row_loss(best + move, Q, r, 0.5) - als.row_loss(best, Q, r, 0.5)
        assert rise == pytest.approx(np.sum((Q @ move) ** 2) + 0.5 * move @ move, rel=1e-9)


def test_one_rating_without_a_penalty_leaves_two_factors_open():
    with pytest.raises(ValueError, match="penalty must be > 0 where 1 ratings do not determine 2 factors"):
        als.update_row([[1, 2]], [3], 0)
    with pytest.raises(ValueError, match="penalty must be > 0 where 3 ratings do not determine 2 factors"):
        als.update_row([[0.1, 0.3], [0.2, 0.6], [0.7, 2.1]], [3, 1, 2], 0)  # three films in one direction
    np.testing.assert_allclose(als.update_row_augmented([[1, 2]], [5], 0), [1, 2], rtol=1e-12)  # the shortest one
    np.testing.assert_allclose(als.update_row([[1, 2], [0, 1]], [5, 2], 0), [1, 2], rtol=1e-12)


def test_a_row_without_ratings_gets_zeros():
    assert als.update_row(np.empty((0, 3)), [], 0.1).tolist() == [0, 0, 0]
    assert als.update_row(np.empty((0, 3)), [], 0.0).tolist() == [0, 0, 0]


@pytest.mark.parametrize("penalty", [1e-3, 1e-1, 10.0])
def test_the_condition_number_is_at_most_the_top_value_plus_the_penalty_over_the_penalty(penalty):
    _, _, Q = problem(5, k=4)
    top = np.linalg.norm(Q[:2], 2) ** 2  # two ratings, four factors: the bound is reached
    assert np.linalg.cond(Q[:2].T @ Q[:2] + penalty * np.eye(4)) == pytest.approx((top + penalty) / penalty, rel=1e-9)


# ---- (2.4): all rows, in every version ----


@EVERY_HALF_STEP
@BOTH
@pytest.mark.equation("2.4")
def test_a_half_step_is_a_dense_least_squares_problem_per_row(half_step, weighted):
    data, _, Q = problem(1)
    np.testing.assert_allclose(half_step(data, Q, 0.3, weighted), least_squares(data, Q, 0.3, weighted), **EXACT)


@EVERY_HALF_STEP
@BOTH
@pytest.mark.equation("2.4")
def test_after_a_half_step_the_objective_is_flat_in_all_user_factors(half_step, weighted):
    data, _, Q = problem(2)
    P = half_step(data, Q, 0.3, weighted)
    np.testing.assert_allclose(slope(lambda P: loss(data, P, Q, 0.3, weighted), P), 0, atol=1e-7)


@BOTH
@pytest.mark.equation("2.4")
def test_a_half_step_is_one_least_squares_problem_in_all_user_factors(weighted):
    data, _, Q = problem(3, m=4)
    users, k = ratings.rows_of(data), 3
    fit = np.zeros((data.nnz, 4 * k))
    for row, (user, item) in enumerate(zip(users, data.indices, strict=True)):
        fit[row, k * user : k * user + k] = Q[item]
    counts = np.bincount(users, minlength=4) if weighted else np.ones(4)
    shrink = np.diag(np.sqrt(0.4 * np.repeat(counts, k)))
    together = np.linalg.lstsq(np.vstack([fit, shrink]), np.append(data.data, np.zeros(4 * k)))[0]
    np.testing.assert_allclose(als.half_step(data, Q, 0.4, weighted), together.reshape(4, k), **EXACT)


@given(st.integers(1, 8), st.integers(1, 8), st.integers(1, 12), st.booleans(), st.integers(0, 9999))
def test_loop_batched_fast_and_dense_agree(m, n, k, weighted, seed):
    data, _, Q = problem(seed, m, n, k, share=0.5)
    expected = least_squares(data, Q, 0.2, weighted)
    for half_step in HALF_STEPS:
        np.testing.assert_allclose(half_step(data, Q, 0.2, weighted), expected, rtol=1e-8, atol=1e-11)


@BOTH
def test_loop_batched_and_fast_agree_on_thousands_of_ratings(weighted):
    data, _, Q = problem(0, 300, 200, 12, share=0.2)
    loop = als.half_step_loop(data, Q, 0.1, weighted)
    np.testing.assert_allclose(als.half_step_batched(data, Q, 0.1, weighted), loop, **EXACT)
    np.testing.assert_allclose(als.half_step(data, Q, 0.1, weighted), loop, **EXACT)
    plan = kernels.prepare(data, 12)
    np.testing.assert_array_equal(
        als.half_step(data, Q, 0.1, weighted, plan=plan), als.half_step(data, Q, 0.1, weighted)
    )


@EVERY_HALF_STEP
def test_the_items_are_the_users_of_the_transpose(half_step):
    data, P, _ = problem(6)
    values, mask = dense_of(data)
    turned = ratings.from_dense(values.T, mask.T > 0)
    np.testing.assert_allclose(half_step(data.T.tocsr(), P, 0.3), half_step(turned, P, 0.3), rtol=1e-12)


@EVERY_HALF_STEP
@BOTH
def test_cold_rows_are_zero_and_cold_columns_do_not_matter(half_step, weighted):
    values, mask = dense_of(problem(7)[0])
    mask[2], mask[:, 4] = 0, 0
    data, Q = ratings.from_dense(values, mask > 0), problem(7)[2]
    P = half_step(data, Q, 0.3, weighted)
    assert P[2].tolist() == [0, 0, 0] and np.abs(np.delete(P, 2, axis=0)).min() > 0
    Q[4] = 1e3
    np.testing.assert_array_equal(half_step(data, Q, 0.3, weighted), P)


@EVERY_HALF_STEP
def test_a_true_zero_counts_and_a_missing_rating_does_not(half_step):
    Q = np.array([[1.0], [1.0]])
    stored = ratings.from_triplets([0, 0], [0, 1], [4, 0])
    missing = ratings.from_triplets([0], [0], [4], shape=(1, 2))
    assert half_step(stored, Q, 0.5)[0, 0] == pytest.approx(4 / 2.5, rel=1e-14)
    assert half_step(missing, Q, 0.5)[0, 0] == pytest.approx(4 / 1.5, rel=1e-14)


@EVERY_HALF_STEP
def test_float32_stays_float32_and_integers_become_float64(half_step):
    data, _, Q = problem(8)
    single = half_step(data.astype(np.float32), Q.astype(np.float32), 0.3)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, half_step(data, Q, 0.3), rtol=2e-5, atol=1e-6)
    assert half_step(data.astype(np.int64), Q, 0.3).dtype == np.float64


@EVERY_HALF_STEP
def test_a_half_step_refuses_what_it_cannot_solve(half_step):
    data, _, Q = problem(9)
    broken = ratings.with_data(data, np.where(np.arange(data.nnz) == 3, np.nan, data.data))
    with pytest.raises(TypeError, match=r"ratings must be a scipy\.sparse\.csr_array, got ndarray"):
        half_step(data.toarray(), Q, 0.3)
    with pytest.raises(TypeError, match=r"ratings must be a scipy\.sparse\.csr_array, got coo_array"):
        half_step(coo_array(data), Q, 0.3)
    with pytest.raises(ValueError, match="ratings must be finite, got nan"):
        half_step(broken, Q, 0.3)
    with pytest.raises(ValueError, match=r"factors must have shape \(6, k\), got shape \(5, 3\)"):
        half_step(data, Q[:5], 0.3)
    with pytest.raises(ValueError, match="factors must be finite, got inf"):
        half_step(data, np.vstack([Q[:5], [[np.inf, 0, 0]]]), 0.3)
    for reg in (-0.1, np.nan, np.inf, "0.1", None):
        with pytest.raises(ValueError, match="reg must be a finite number >= 0, got"):
            half_step(data, Q, reg)
    with pytest.raises(ValueError, match="reg must be > 0: at 0 the ratings of row 0 leave some factors open"):
        half_step(ratings.from_triplets([0], [0], [4], shape=(1, 6)), Q, 0)


@EVERY_HALF_STEP
def test_a_half_step_changes_no_input(half_step):
    data, _, Q = problem(10)
    parts = (data.data, data.indices, data.indptr, Q)
    copies = [part.copy() for part in parts]
    half_step(data, Q, 0.3, True)
    for part, copy in zip(parts, copies, strict=True):
        np.testing.assert_array_equal(part, copy)


# ---- (2.5): sweeps ----


@BOTH
@pytest.mark.equation("2.5")
def test_sweeps_solve_users_from_items_and_items_from_the_new_users(weighted):
    data, _, Q = problem(11)
    turned = data.T.tocsr()
    states = list(als.sweeps(data, 3, 0.3, weighted=weighted, n_sweeps=4, init=Q))
    for state in states:
        P = least_squares(data, Q, 0.3, weighted)
        Q = least_squares(turned, P, 0.3, weighted)
        np.testing.assert_allclose(state.user_factors, P, **EXACT)
        np.testing.assert_allclose(state.item_factors, Q, **EXACT)
        assert state.objective == pytest.approx(loss(data, P, Q, 0.3, weighted), rel=1e-10)
    assert [state.step for state in states] == [1, 2, 3, 4]


@pytest.mark.equation("2.5")
@pytest.mark.parametrize(("sweep", "printed"), [(1, 20.8609), (6, 4.0262), (11, 2.2722), (16, 1.6275), (20, 1.3542)])
def test_the_numbers_that_the_source_note_prints_and_its_last_one(sweep, printed):
    *_, state = als.sweeps(NOTE, 2, 0.01, weighted=True, n_sweeps=sweep, init=note_start())
    assert round(loss(NOTE, state.user_factors, state.item_factors, 0.01, False), 4) == printed


def test_fit_is_the_last_sweep():
    options = {"weighted": True, "n_sweeps": 5, "seed": 3}
    *_, last = als.sweeps(NOTE, 2, 0.1, **options)
    state = als.fit(NOTE, 2, 0.1, **options)
    assert (state.step, state.objective) == (5, last.objective)
    np.testing.assert_array_equal(state.item_factors, last.item_factors)
    assert state.predict(0, 2) == pytest.approx(state.user_factors[0] @ state.item_factors[2], rel=1e-12)


def test_sweeps_are_computed_one_by_one():
    states = als.sweeps(NOTE, 2, 0.1, n_sweeps=10**9, seed=0)
    assert [next(states).step, next(states).step] == [1, 2]


def test_tol_ends_after_a_sweep_that_changes_less():
    every = [state.objective for state in als.sweeps(NOTE, 2, 0.5, n_sweeps=300, seed=0)]
    some = [state.objective for state in als.sweeps(NOTE, 2, 0.5, n_sweeps=300, tol=1e-4, seed=0)]
    falls = -np.diff(every) / every[1:]
    assert 3 < len(some) < 300 and some == every[: len(some)]
    assert falls[len(some) - 2] <= 1e-4 < falls[: len(some) - 2].min()


def test_init_is_used_and_not_changed():
    start = note_start()
    by_init = als.fit(NOTE, 2, 0.1, n_sweeps=3, init=start, seed=5)
    np.testing.assert_array_equal(start, note_start())
    np.testing.assert_array_equal(by_init.item_factors, als.fit(NOTE, 2, 0.1, n_sweeps=3, init=start).item_factors)
    assert np.abs(by_init.item_factors - als.fit(NOTE, 2, 0.1, n_sweeps=3, seed=5).item_factors).max() > 0.01


def test_a_seed_repeats_itself_and_touches_no_global_state():
    before = np.random.get_state()[1].copy()  # noqa: NPY002, this is the state that must not change
    first, again, other = (als.fit(NOTE, 2, 0.1, n_sweeps=2, seed=seed).item_factors for seed in (1, 1, 2))
    als.fit(NOTE, 2, 0.1, n_sweeps=1)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    by_generator = als.fit(NOTE, 2, 0.1, n_sweeps=2, seed=np.random.default_rng(1)).item_factors
    np.testing.assert_array_equal(by_generator, first)


def test_progress_shows_a_bar_and_is_off_at_first(capsys):
    als.fit(NOTE, 2, 0.1, n_sweeps=3, seed=0)
    assert capsys.readouterr() == ("", "")
    als.fit(NOTE, 2, 0.1, n_sweeps=3, seed=0, progress=True)
    out, err = capsys.readouterr()
    assert not out and "3/3" in err


def test_float32_ratings_are_fitted_in_float32():
    single = als.fit(NOTE.astype(np.float32), 2, 0.5, n_sweeps=20, seed=0)
    double = als.fit(NOTE, 2, 0.5, n_sweeps=20, seed=0)
    assert single.user_factors.dtype == single.item_factors.dtype == np.float32
    assert double.user_factors.dtype == double.item_factors.dtype == np.float64
    assert single.objective == pytest.approx(double.objective, rel=1e-5)


@BOTH
def test_cold_rows_and_columns_are_zero_in_a_fit(weighted):
    values, mask = dense_of(problem(12, share=0.9)[0])
    mask[3], mask[:, 1] = 0, 0
    state = als.fit(ratings.from_dense(values, mask > 0), 2, 0.1, weighted=weighted, n_sweeps=3, seed=0)
    assert not state.user_factors[3].any() and not state.item_factors[1].any()
    assert np.abs(state.user_factors[[0, 1, 2, 4]]).max(axis=1).min() > 0.01


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"n_factors": 0}, r"n_factors must be an integer from 1 to min\(m, n\) = 5, got 0"),
        ({"n_factors": 6}, r"n_factors must be an integer from 1 to min\(m, n\) = 5, got 6"),
        ({"n_factors": 2.0}, r"n_factors must be an integer from 1 to min\(m, n\) = 5, got 2.0"),
        ({"reg": -1}, "reg must be a finite number >= 0, got -1"),
        ({"reg": np.nan}, "reg must be a finite number >= 0, got nan"),
        ({"n_sweeps": 0}, "n_sweeps must be an integer >= 1, got 0"),
        ({"tol": -1e-3}, "tol must be a finite number >= 0, got -0.001"),
        ({"seed": -1}, "seed must be an integer >= 0 or a Generator, got -1"),
        ({"init": np.ones((4, 2))}, r"init must have shape \(5, k\), got shape \(4, 2\)"),
        ({"init": np.ones((5, 3))}, r"init must have shape \(5, 2\), got \(5, 3\)"),
        ({"init": np.full((5, 2), np.nan)}, "init must be finite, got nan"),
        ({"ratings": csr_array((5, 5))}, "ratings must have at least one stored entry, got none"),
        ({"ratings": ratings.with_data(NOTE, np.full(NOTE.nnz, np.nan))}, "ratings must be finite, got nan"),
    ],
)
def test_sweeps_refuse_at_once_and_say_which_argument(changed, says):
    with pytest.raises(ValueError, match=says):
        als.sweeps(**{"ratings": NOTE, "n_factors": 2, "reg": 0.1, **changed})


def test_ratings_must_be_a_csr_array():
    with pytest.raises(TypeError, match=r"ratings must be a scipy\.sparse\.csr_array, got ndarray"):
        als.fit(R, 2, 0.1)
    with pytest.raises(TypeError, match=r"ratings must be a scipy\.sparse\.csr_array, got list"):
        als.imbalance(R.tolist(), np.ones((5, 2)), np.ones((5, 2)))


def test_without_a_penalty_three_factors_are_too_many_for_the_note():
    with pytest.raises(ValueError, match="reg must be > 0"):
        als.fit(NOTE, 3, 0, seed=0)
    assert als.fit(NOTE, 2, 0, n_sweeps=5, seed=0).objective > 0


# ---- (2.6): no half-step raises its objective ----


@BOTH
@pytest.mark.equation("2.6")
def test_a_half_step_lowers_the_objective_by_a_sum_of_squares(weighted):
    for seed in range(20):
        data, P, Q = problem(seed)
        fell = loss(data, P, Q, 0.3, weighted) - loss(data, least_squares(data, Q, 0.3, weighted), Q, 0.3, weighted)
        assert als.decrease(data, P, Q, 0.3, weighted) == pytest.approx(fell, rel=1e-10)


def test_the_decrease_is_zero_only_after_a_half_step():
    data, P, Q = problem(13)
    best = als.half_step(data, Q, 0.3)
    assert als.decrease(data, best, Q, 0.3) == 0
    assert als.decrease(data, best + 1e-3 * P, Q, 0.3) > 0
    with pytest.raises(ValueError, match=r"before must have shape \(7, k\), got shape \(6, 3\)"):
        als.decrease(data, Q, Q, 0.3)


def random_problem(rng):
    m, n = rng.integers(2, 9, 2)
    observed = rng.random((m, n)) < rng.uniform(0.3, 1)
    observed[0, 0] = True
    k, reg, scale = int(rng.integers(1, min(m, n) + 1)), 10 ** rng.uniform(-3, 1), 10 ** rng.uniform(-2, 1)
    return ratings.from_dense(rng.integers(0, 6, (m, n)), observed), scale * rng.normal(size=(n, k)), reg


def test_in_1000_random_problems_no_half_step_raises_its_objective():
    rng = np.random.default_rng(0)
    rises, most, other_rises = [], 0.0, 0
    for _ in range(1000):
        data, start, reg = random_problem(rng)
        sides, table, k = (data, data.T.tocsr()), dense_of(data), start.shape[1]
        plans = [kernels.prepare(side, k) for side in sides]
        for weighted in (False, True):
            P, Q, before, other = None, start, np.inf, np.inf
            for half in range(6):
                if half % 2 == 0:
                    P = als.half_step(sides[0], Q, reg, weighted, plan=plans[0])
                else:
                    Q = als.half_step(sides[1], P, reg, weighted, plan=plans[1])
                after, also = (dense_loss(*table, P, Q, reg, which) for which in (weighted, not weighted))
                rises += [after - before] if after > before * (1 + 1e-12) else []
                most, other_rises = max(most, before - after if half else 0), other_rises + (also > other)
                before, other = after, also
    assert rises == []
    assert most > 1 and other_rises > 1000  # the runs moved, and the objective that nobody minimizes does rise


@pytest.mark.parametrize(
    ("reg", "sweep", "values"), [(2, (11, 16), (106.8067, 106.8237)), (0.1, (19, 20), (4.70209, 4.70237))]
)
def test_the_printed_loss_of_the_note_rises_and_the_matching_one_does_not(reg, sweep, values):
    states = list(als.sweeps(NOTE, 2, reg, weighted=True, n_sweeps=41, init=note_start()))
    printed = [loss(NOTE, state.user_factors, state.item_factors, reg, False) for state in states]
    assert [printed[step - 1] for step in sweep] == pytest.approx(values, abs=6e-5)
    assert printed[sweep[1] - 1] > printed[sweep[0] - 1]
    assert np.all(np.diff([state.objective for state in states]) <= 0)


def test_both_sides_from_the_old_values_can_raise_the_objective():
    data, P, Q = problem(0, 6, 5, 2)
    values = []
    for _ in range(12):
        P, Q = als.half_step(data, Q, 0.1), als.half_step(data.T.tocsr(), P, 0.1)
        values.append(loss(data, P, Q, 0.1, False))
    assert np.diff(values).max() > 1


# ---- (2.7): where it ends ----


@BOTH
@pytest.mark.equation("2.7")
def test_imbalance_is_made_of_the_two_gradients(weighted):
    data, P, Q = problem(14)
    dP, dQ = (
        slope(lambda P: loss(data, P, Q, 0.3, weighted), P),
        slope(lambda Q: loss(data, P, Q, 0.3, weighted), Q),
    )
    gap = np.linalg.norm(P.T @ dP - (Q.T @ dQ).T) / (2 * 0.3)  # the errors cancel, the penalties stay
    _, mask = dense_of(data)
    size = 0.0
    for table, counts in ((P, mask.sum(axis=1)), (Q, mask.sum(axis=0))):
        size += np.linalg.norm(
            sum((c if weighted else 1) * np.outer(row, row) for row, c in zip(table, counts, strict=True))
        )
    assert als.imbalance(data, P, Q, weighted) == pytest.approx(gap / size, rel=1e-6)


@pytest.mark.equation("2.7")
@pytest.mark.parametrize(("p", "q", "expected"), [(3, 1, 8 / 10), (2, 2, 0), (0, 5, 1), (1, 3, 8 / 10), (0, 0, 0)])
def test_imbalance_of_one_user_and_one_item(p, q, expected):
    one = ratings.from_triplets([0], [0], [1])
    assert als.imbalance(one, [[p]], [[q]]) == als.imbalance(one, [[p]], [[q]], True) == pytest.approx(expected)


def test_imbalance_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match=r"user_factors must have shape \(5, k\), got shape \(4, 2\)"):
        als.imbalance(NOTE, np.ones((4, 2)), np.ones((5, 2)))
    with pytest.raises(ValueError, match="item_factors must be finite, got nan"):
        als.imbalance(NOTE, np.ones((5, 2)), np.full((5, 2), np.nan))


@BOTH
def test_a_converged_fit_is_stationary_and_balanced(weighted):
    state = als.fit(NOTE, 2, 0.3, weighted=weighted, n_sweeps=400, seed=1)
    P, Q = state.user_factors, state.item_factors
    for part in (
        slope(lambda P: loss(NOTE, P, Q, 0.3, weighted), P),
        slope(lambda Q: loss(NOTE, P, Q, 0.3, weighted), Q),
    ):
        np.testing.assert_allclose(part, 0, atol=1e-7)
    assert als.imbalance(NOTE, P, Q, weighted) < 1e-9 and np.abs(P).max() > 0.1
    assert als.imbalance(NOTE, P, Q, not weighted) > 0.04  # the test tells which objective was minimized


def test_after_20_sweeps_the_listing_of_the_note_is_far_from_balanced():
    state = als.fit(NOTE, 2, 0.01, weighted=True, n_sweeps=20, init=note_start())
    assert als.imbalance(NOTE, state.user_factors, state.item_factors, True) > 0.9
    later = als.fit(NOTE, 2, 0.01, weighted=True, n_sweeps=1000, init=note_start())
    assert als.imbalance(NOTE, later.user_factors, later.item_factors, True) < 1e-5


def hessian(data, P, Q, reg, weighted):
    """By central differences of the gradient, both by hand."""
    both, split = np.concatenate([P.ravel(), Q.ravel()]), P.size

    def gradient(x):
        P_, Q_ = x[:split].reshape(P.shape), x[split:].reshape(Q.shape)
        return np.concatenate([part.ravel() for part in factorization.gradient(data, P_, Q_, reg, weighted)])

    step = 1e-5
    columns = [(gradient(both + step * e) - gradient(both - step * e)) / (2 * step) for e in np.eye(both.size)]
    return np.array(columns)


def test_zero_is_a_fixed_point_and_a_saddle():
    zeros, top = np.zeros((5, 2)), np.linalg.norm(R, 2)
    state = als.fit(NOTE, 2, 0.1, n_sweeps=5, init=zeros)
    assert not state.user_factors.any() and not state.item_factors.any()
    assert als.imbalance(NOTE, zeros, zeros) == 0
    assert np.linalg.eigvalsh(hessian(NOTE, zeros, zeros, 0.1, False))[0] == pytest.approx(-2 * (top - 0.1), rel=1e-6)
    assert als.fit(NOTE, 2, 0.1, n_sweeps=50, seed=0).objective < state.objective / 2


def test_several_starts_end_in_several_local_minima():
    values = []
    for seed in range(6):
        start = np.random.default_rng(seed).normal(0, 2 if seed % 2 else 0.1, (5, 2))
        state = als.fit(NOTE, 2, 0.3, n_sweeps=4000, tol=1e-15, init=start)
        curvature = np.linalg.eigvalsh(hessian(NOTE, state.user_factors, state.item_factors, 0.3, False))
        assert als.imbalance(NOTE, state.user_factors, state.item_factors) < 1e-6
        assert np.abs(curvature[0]) < 1e-5 and curvature[1] > 1e-3  # flat only along the one rotation
        values.append(state.objective)
    assert len(set(np.round(values, 6))) > 1


@BOTH
def test_above_its_threshold_a_penalty_leaves_nothing(weighted):
    counts = (R > 0).sum(axis=1)[:, None] * (R > 0).sum(axis=0)
    threshold = np.linalg.norm(R / np.sqrt(counts) if weighted else R, 2)
    assert round(threshold, 4) == (3.6190 if weighted else 9.3717)
    for factor, kept in ((0.98, True), (1.02, False)):
        state = als.fit(NOTE, 2, factor * threshold, weighted=weighted, n_sweeps=700, seed=0)
        largest = np.abs(state.user_factors @ state.item_factors.T).max()
        assert largest > 0.05 if kept else largest < 1e-9


# ---- (2.8): what it costs ----


def counted_gram(k, n_rated):
    """Multiplications and additions of one half of Q_u^T Q_u, diagonal included."""
    return sum(2 for _ in range(n_rated) for i in range(k) for j in range(i + 1))


def counted_cholesky(k):
    """Multiplications, subtractions, divisions and roots of a factorization, entry by entry."""
    return sum(2 * j + 1 for i in range(k) for j in range(i + 1))


@pytest.mark.equation("2.8")
@pytest.mark.parametrize("k", [1, 2, 5, 10])
def test_flops_of_the_products_by_counting(k):
    counts = [3, 1, 4]
    both_sides = 2 * sum(counted_gram(k, n_rated) for n_rated in counts)
    assert als.flops(sum(counts), 0, k) == both_sides


@pytest.mark.equation("2.8")
def test_flops_of_the_solutions_by_counting():
    # The third differences of a cubic are six times its leading coefficient; the lower terms cancel.
    for count in (counted_cholesky, lambda k: als.flops(0, 1, k)):
        assert np.diff([count(k) for k in range(12)], n=3) == pytest.approx(np.full(9, 6 / 3), rel=1e-12)
    assert als.flops(0, 7, 3) == pytest.approx(7 * 9, rel=1e-15)


def test_flops_are_linear_in_the_ratings():
    assert als.flops(2000, 0, 8) == 2 * als.flops(1000, 0, 8) > 0


# ---- (2.9): the dual ----


@pytest.mark.equation("2.9")
def test_the_dual_of_one_rating_is_a_multiple_of_its_film():
    q, rating, penalty = np.array([1.0, 2.0, -1.0]), 5.0, 0.5
    np.testing.assert_allclose(als.update_row_dual([q], [rating], penalty), rating * q / (q @ q + penalty), rtol=1e-13)


# ---- other libraries, as `benchmarks/record_factorization.py` recorded them ----


@pytest.fixture(scope="module")
def peers():
    return json.loads(files("recmath_lib").joinpath("data/factorization_peers.json").read_text(encoding="utf-8"))


def peer_ratings(peers):
    return ratings.from_triplets(*(peers["ratings"][name] for name in ("users", "items", "values")))


@EVERY_HALF_STEP
@BOTH
def test_a_half_step_equals_scikit_learns_ridge(peers, half_step, weighted):
    recorded = peers["ridge"]["weighted" if weighted else "plain"]
    P = half_step(peer_ratings(peers), peers["item_factors"], peers["ridge"]["reg"], weighted)
    np.testing.assert_allclose(P, recorded, rtol=1e-9)


@BOTH
def test_lenskit_solves_the_weighted_problem_in_float32(peers, weighted):
    recorded = np.array(peers["lenskit"]["user_factors"])
    P = als.half_step(peer_ratings(peers), peers["item_factors"], peers["lenskit"]["reg"], weighted)
    assert np.allclose(P, recorded, rtol=1e-4, atol=1e-5) is weighted


def test_spark_ends_where_the_weighted_gradient_is_zero(peers):
    spark = peers["spark"]
    P, Q = np.array(spark["user_factors"]), np.array(spark["item_factors"])
    weighted, plain = (
        max(np.abs(part).max() for part in factorization.gradient(peer_ratings(peers), P, Q, spark["reg"], which))
        for which in (True, False)
    )
    assert weighted < 1e-4 < 1 < plain
    assert als.imbalance(peer_ratings(peers), P, Q, True) < 1e-5 < 0.1 < als.imbalance(peer_ratings(peers), P, Q, False)


# ---- (5.13) to (5.16): implicit feedback, every cell counts ----

IMPLICIT_STEPS = [als.implicit_half_step_loop, als.implicit_half_step]
EVERY_IMPLICIT_STEP = pytest.mark.parametrize("half_step", IMPLICIT_STEPS, ids=["loop", "fast"])


def confident(seed=0, m=7, n=6, k=3, share=0.4):
    """Random confidences, factors of both sides; user 1 and film 2 without a click."""
    rng = np.random.default_rng(seed)
    stored = rng.random((m, n)) < share
    stored[0, 0] = True
    stored[1:2], stored[:, 2:3] = False, False
    return ratings.from_dense(1 + rng.exponential(3, (m, n)), stored), rng.normal(size=(m, k)), rng.normal(size=(n, k))


def every_cell(confidence):
    """Preference 0 or 1 and confidence of all m n cells, as dense tables."""
    values, mask = dense_of(confidence)
    return mask, np.where(mask > 0, values, 1.0)


def implicit_loss(confidence, P, Q, reg):
    """All cells, one after another."""
    wanted, weight = every_cell(confidence)
    total = reg * (np.sum(P**2) + np.sum(Q**2))
    for u, i in np.ndindex(wanted.shape):
        total += weight[u, i] * (wanted[u, i] - sum(p * q for p, q in zip(P[u], Q[i], strict=True))) ** 2
    return total


def weighted_least_squares(confidence, Q, reg):
    """Each row by a dense solver on all n cells, each scaled by the root of its confidence."""
    rows, k = [], Q.shape[1]
    for wanted, weight in zip(*every_cell(confidence), strict=True):
        left = np.vstack([np.sqrt(weight)[:, None] * Q, np.sqrt(reg) * np.eye(k)])
        rows.append(np.linalg.pinv(left) @ np.concatenate([np.sqrt(weight) * wanted, np.zeros(k)]))
    return np.array(rows)


@pytest.mark.equation("5.13")
def test_confidence_in_whole_numbers_with_a_stored_zero():
    plays = ratings.from_triplets([0, 0, 1], [0, 2, 1], [3, 0, 10], shape=(2, 3))
    sure = als.confidence(plays, 40)
    assert every_cell(sure)[1].tolist() == [[121, 1, 1], [1, 401, 1]]
    assert dense_of(sure)[1].tolist() == [[1, 0, 1], [0, 1, 0]]  # watched 0 times is a stored entry still
    assert als.confidence(plays, 0).data.tolist() == [1, 1, 1]


def test_confidence_keeps_float32_and_its_input():
    plays = ratings.from_triplets([0, 1], [0, 1], [2, 5])
    before = plays.data.copy()
    assert als.confidence(plays.astype(np.float32), 0.5).dtype == np.float32
    assert als.confidence(plays.astype(np.int64), 0.5).data.tolist() == [2, 3.5]
    np.testing.assert_array_equal(plays.data, before)


def test_confidence_refuses_what_is_out_of_range():
    plays = ratings.from_triplets([0, 1], [0, 1], [2, -5])
    with pytest.raises(ValueError, match=r"plays must be >= 0, got -5\.0"):
        als.confidence(plays, 1)
    with pytest.raises(ValueError, match="plays must be finite, got nan"):
        als.confidence(ratings.with_data(plays, np.array([1, np.nan])), 1)
    for alpha in (-1, np.nan, np.inf, "40"):
        with pytest.raises(ValueError, match="alpha must be a finite number >= 0, got"):
            als.confidence(NOTE, alpha)
    with pytest.raises(TypeError, match=r"plays must be a scipy\.sparse\.csr_array, got ndarray"):
        als.confidence(R, 1)


@pytest.mark.equation("5.14")
@given(st.integers(0, 9999), st.integers(1, 5), st.floats(0, 5))
def test_implicit_objective_by_a_loop_over_all_cells(seed, k, reg):
    data, P, Q = confident(seed, k=k)
    assert als.implicit_objective(data, P, Q, reg) == pytest.approx(implicit_loss(data, P, Q, reg), rel=1e-11)


def test_implicit_objective_of_zero_factors_is_the_sum_of_the_stored_confidences():
    data, P, Q = confident()
    assert als.implicit_objective(data, 0 * P, 0 * Q, 1.0) == pytest.approx(data.data.sum(), rel=1e-14)


@pytest.mark.equation("5.15")
def test_an_implicit_update_by_cramers_rule():
    Q, wanted, weight, reg = [[1, 2], [3, -1], [0, 1]], [1, 0, 1], [4, 1, 2], Fraction(1, 2)
    repeated = [row for row, c in zip(Q, weight, strict=True) for _ in range(c)]  # confidence 4: four cells alike
    expected = ridge_in_fractions(repeated, np.repeat(wanted, weight).tolist(), reg)
    np.testing.assert_allclose(als.implicit_update_row(Q, wanted, weight, 0.5), expected, rtol=1e-12)


@pytest.mark.equation("5.15")
@given(st.integers(0, 9999), st.integers(1, 5), st.floats(0.01, 10))
def test_an_implicit_update_is_where_its_part_of_the_objective_is_flat(seed, k, reg):
    data, _, Q = confident(seed, k=k)
    for wanted, weight in zip(*every_cell(data), strict=True):
        p = als.implicit_update_row(Q, wanted, weight, reg)
        flat = slope(lambda p, w=wanted, c=weight: c @ (w - Q @ p) ** 2 + reg * p @ p, p)
        np.testing.assert_allclose(flat, 0, atol=1e-7)


@EVERY_IMPLICIT_STEP
@pytest.mark.equation("5.16")
def test_an_implicit_half_step_is_weighted_least_squares_over_all_cells(half_step):
    for seed in range(5):
        data, _, Q = confident(seed)
        np.testing.assert_allclose(half_step(data, Q, 0.3), weighted_least_squares(data, Q, 0.3), **EXACT)


@pytest.mark.equation("5.16")
@given(st.integers(1, 8), st.integers(1, 8), st.integers(1, 12), st.floats(0.01, 20), st.integers(0, 9999))
def test_implicit_loop_fast_and_dense_agree(m, n, k, reg, seed):
    data, _, Q = confident(seed, m, n, k)
    expected = weighted_least_squares(data, Q, reg)
    for half_step in IMPLICIT_STEPS:
        np.testing.assert_allclose(half_step(data, Q, reg), expected, rtol=1e-7, atol=1e-10)


@EVERY_IMPLICIT_STEP
def test_after_an_implicit_half_step_the_objective_is_flat_in_all_user_factors(half_step):
    data, _, Q = confident(2)
    P = half_step(data, Q, 0.3)
    np.testing.assert_allclose(slope(lambda P: implicit_loss(data, P, Q, 0.3), P), 0, atol=1e-6)


def test_implicit_loop_and_fast_agree_on_thousands_of_clicks():
    data, _, Q = confident(0, 300, 200, 12)
    loop = als.implicit_half_step_loop(data, Q, 0.5)
    np.testing.assert_allclose(als.implicit_half_step(data, Q, 0.5), loop, rtol=1e-9, atol=1e-12)
    plan = kernels.prepare(data, 12)
    np.testing.assert_array_equal(als.implicit_half_step(data, Q, 0.5, plan=plan), als.implicit_half_step(data, Q, 0.5))


@EVERY_IMPLICIT_STEP
def test_a_film_without_a_click_counts_as_not_wanted_and_a_cold_user_is_zero(half_step):
    data, _, Q = confident(3)
    P = half_step(data, Q, 0.3)
    assert P[1].tolist() == [0, 0, 0]
    Q[2] *= 10  # nobody clicked film 2, and still it moves everybody else: all cells count
    assert np.abs(half_step(data, Q, 0.3) - P)[0].max() > 1e-3


@EVERY_IMPLICIT_STEP
def test_with_confidence_one_everywhere_it_is_ridge_regression_on_zeros_and_ones(half_step):
    data, _, Q = confident(4)
    sure, wanted = ratings.with_data(data, np.ones(data.nnz)), every_cell(data)[0]
    ridge = np.linalg.solve(Q.T @ Q + 0.3 * np.eye(3), Q.T @ wanted.T).T
    np.testing.assert_allclose(half_step(sure, Q, 0.3), ridge, **EXACT)


@EVERY_IMPLICIT_STEP
def test_implicit_float32_stays_float32_and_inputs_stay_as_they_were(half_step):
    data, _, Q = confident(5)
    parts = (data.data, data.indices, data.indptr, Q)
    copies = [part.copy() for part in parts]
    single = half_step(data.astype(np.float32), Q.astype(np.float32), 0.3)
    assert single.dtype == np.float32 and half_step(data, Q, 0.3).dtype == np.float64
    np.testing.assert_allclose(single, half_step(data, Q, 0.3), rtol=1e-4, atol=1e-5)
    for part, copy in zip(parts, copies, strict=True):
        np.testing.assert_array_equal(part, copy)


@EVERY_IMPLICIT_STEP
def test_an_implicit_half_step_refuses_what_it_cannot_solve(half_step):
    data, _, Q = confident(6)
    with pytest.raises(TypeError, match=r"confidence must be a scipy\.sparse\.csr_array, got ndarray"):
        half_step(data.toarray(), Q, 0.3)
    with pytest.raises(ValueError, match=r"confidence must be >= 1 where it is stored, got 0\.5"):
        half_step(ratings.with_data(data, np.full(data.nnz, 0.5)), Q, 0.3)
    with pytest.raises(ValueError, match="confidence must be finite, got nan"):
        half_step(ratings.with_data(data, np.full(data.nnz, np.nan)), Q, 0.3)
    with pytest.raises(ValueError, match=r"factors must have shape \(6, k\), got shape \(5, 3\)"):
        half_step(data, Q[:5], 0.3)
    with pytest.raises(ValueError, match="factors must be finite, got inf"):
        half_step(data, np.full_like(Q, np.inf), 0.3)
    for reg in (0, -0.1, np.nan, np.inf, "0.1", None):
        with pytest.raises(ValueError, match="reg must be a finite number > 0, got"):
            half_step(data, Q, reg)


def test_implicit_objective_refuses_what_does_not_fit():
    data, P, Q = confident()
    with pytest.raises(TypeError, match=r"confidence must be a scipy\.sparse\.csr_array, got ndarray"):
        als.implicit_objective(data.toarray(), P, Q, 0.3)
    with pytest.raises(ValueError, match="confidence must be >= 1"):
        als.implicit_objective(ratings.with_data(data, np.zeros(data.nnz)), P, Q, 0.3)
    with pytest.raises(ValueError, match="user_factors must have shape"):
        als.implicit_objective(data, P[:3], Q, 0.3)
    with pytest.raises(ValueError, match="item_factors must be finite"):
        als.implicit_objective(data, P, np.full_like(Q, np.nan), 0.3)
    with pytest.raises(ValueError, match="reg must be a finite number >= 0"):
        als.implicit_objective(data, P, Q, -1)


def test_implicit_sweeps_solve_users_from_items_and_items_from_the_new_users():
    data, _, Q = confident(7)
    states = list(als.implicit_sweeps(data, 3, 0.3, n_sweeps=4, init=Q))
    for state in states:
        P = weighted_least_squares(data, Q, 0.3)
        Q = weighted_least_squares(data.T.tocsr(), P, 0.3)
        np.testing.assert_allclose(state.user_factors, P, **EXACT)
        np.testing.assert_allclose(state.item_factors, Q, **EXACT)
        assert state.objective == pytest.approx(implicit_loss(data, P, Q, 0.3), rel=1e-10)
    assert [state.step for state in states] == [1, 2, 3, 4]
    last = als.implicit_fit(data, 3, 0.3, n_sweeps=4, init=confident(7)[2])
    np.testing.assert_array_equal(last.item_factors, states[-1].item_factors)


def test_in_1000_implicit_half_steps_none_raises_its_objective():
    rng = np.random.default_rng(0)
    rises, falls = [], []
    for trial in range(125):
        m, n = rng.integers(2, 9, 2)
        k, reg = int(rng.integers(1, min(m, n) + 1)), 10 ** rng.uniform(-2, 1)
        data, P, Q = confident(trial, m, n, k, share=rng.uniform(0.2, 0.9))
        sides, scale, before = (data, data.T.tocsr()), 10 ** rng.uniform(-1, 1), np.inf
        P, Q = scale * P, scale * Q
        before = implicit_loss(data, P, Q, reg)
        for half in range(8):
            if half % 2 == 0:
                P = als.implicit_half_step(sides[0], Q, reg)
            else:
                Q = als.implicit_half_step(sides[1], P, reg)
            after = implicit_loss(data, P, Q, reg)
            (rises if after > before * (1 + 1e-12) else falls).append(before - after)
            before = after
    assert rises == [] and len(falls) == 1000 and max(falls) > 1


def test_implicit_fits_repeat_with_their_seed_and_touch_no_global_state():
    data, _, _ = confident(8)
    before = np.random.get_state()[1].copy()  # noqa: NPY002, this is the state that must not change
    first, again, other = (als.implicit_fit(data, 2, 0.1, n_sweeps=2, seed=seed).item_factors for seed in (1, 1, 2))
    by_generator = als.implicit_fit(data, 2, 0.1, n_sweeps=2, seed=np.random.default_rng(1)).item_factors
    als.implicit_fit(data, 2, 0.1, n_sweeps=1)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, by_generator)
    assert np.abs(first - other).max() > 1e-6
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_implicit_sweeps_come_one_by_one_with_a_bar_on_demand(capsys):
    states = als.implicit_sweeps(confident()[0], 2, 0.1, n_sweeps=10**9, seed=0)
    assert [next(states).step, next(states).step] == [1, 2]
    als.implicit_fit(confident()[0], 2, 0.1, n_sweeps=3, seed=0)
    assert capsys.readouterr() == ("", "")
    als.implicit_fit(confident()[0], 2, 0.1, n_sweeps=3, seed=0, progress=True)
    out, err = capsys.readouterr()
    assert not out and "3/3" in err


def test_implicit_float32_is_fitted_in_float32():
    data = confident(9)[0]
    single = als.implicit_fit(data.astype(np.float32), 2, 0.5, n_sweeps=10, seed=0)
    double = als.implicit_fit(data, 2, 0.5, n_sweeps=10, seed=0)
    assert single.user_factors.dtype == single.item_factors.dtype == np.float32
    assert double.user_factors.dtype == double.item_factors.dtype == np.float64
    assert single.objective == pytest.approx(double.objective, rel=1e-4)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"n_factors": 0}, r"n_factors must be an integer from 1 to min\(m, n\) = 6, got 0"),
        ({"n_factors": 7}, r"n_factors must be an integer from 1 to min\(m, n\) = 6, got 7"),
        ({"reg": 0}, "reg must be a finite number > 0, got 0"),
        ({"reg": np.nan}, "reg must be a finite number > 0, got nan"),
        ({"n_sweeps": 0}, "n_sweeps must be an integer >= 1, got 0"),
        ({"seed": -1}, "seed must be an integer >= 0 or a Generator, got -1"),
        ({"init": np.ones((4, 2))}, r"init must have shape \(6, k\), got shape \(4, 2\)"),
        ({"init": np.ones((6, 3))}, r"init must have shape \(6, 2\), got \(6, 3\)"),
        ({"init": np.full((6, 2), np.nan)}, "init must be finite, got nan"),
        ({"confidence": csr_array((7, 6))}, "confidence must have at least one stored entry, got none"),
        ({"confidence": ratings.with_data(NOTE, np.zeros(NOTE.nnz))}, r"confidence must be >= 1 where it is stored"),
    ],
)
def test_implicit_sweeps_refuse_at_once_and_say_which_argument(changed, says):
    with pytest.raises(ValueError, match=says):
        als.implicit_sweeps(**{"confidence": confident()[0], "n_factors": 2, "reg": 0.1, **changed})


def test_a_plan_of_another_matrix_is_refused():
    plan = kernels.prepare(csr_array(np.ones((5, 3))), 2)
    for half_step in (als.half_step, als.implicit_half_step):
        for shape, k in (((2, 3), 2), ((5, 3), 1)):
            with pytest.raises(ValueError, match=r"plan must be of a matrix of shape"):
                half_step(csr_array(np.ones(shape)), np.ones((3, k)), 0.1, plan=plan)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"preference": [1, 0]}, "preference must be 3 finite numbers"),
        ({"confidence": [1, 2, np.nan]}, "confidence must be 3 finite numbers"),
        ({"confidence": [1, 0.5, 2]}, "confidence must be >= 1"),
        ({"item_factors": [1.0, 2.0]}, "item_factors must have two dimensions"),
        ({"reg": 0}, "reg must be a finite number > 0"),
        ({"reg": -1.0}, "reg must be a finite number > 0"),
    ],
)
def test_an_implicit_update_says_which_argument_is_wrong(changed, says):
    given = {"item_factors": np.eye(3)[:, :2], "preference": [1, 0, 1], "confidence": [2, 1, 3], "reg": 0.1}
    with pytest.raises(ValueError, match=says):
        als.implicit_update_row(**{**given, **changed})
