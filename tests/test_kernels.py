"""The fast ALS half-step against one least-squares problem per row."""

import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from recmath_lib import kernels
from recmath_lib.kernels import prepare, solve_rows

WIDE, NARROW = {"rtol": 1e-9, "atol": 1e-12}, {"rtol": 1e-4, "atol": 1e-4}


def sparse_problem(m, n, k, counts, seed=0):
    """Ratings with counts[u] entries in row u, some of them stored zeros; factors and penalties."""
    rng = np.random.default_rng(seed)
    indptr = np.concatenate([[0], np.cumsum(counts)])
    indices = np.concatenate([np.sort(rng.choice(n, count, replace=False)) for count in counts] + [[]]).astype(np.int32)
    values = rng.integers(-2, 3, indices.size).astype(float)
    ratings = csr_array((values, indices, indptr), shape=(m, n))
    return ratings, rng.normal(size=(n, k)), rng.uniform(0.1, 2, m)


def random_problem(m, n, k, seed=0):
    counts = np.minimum(np.random.default_rng(seed).geometric(3 / n, m) - 1, n)
    return sparse_problem(m, n, k, counts, seed)


def row_by_row(ratings, factors, penalties):
    """Each row as ordinary least squares, with sqrt(penalty) times each factor as k more ratings of 0."""
    solutions = np.zeros((ratings.shape[0], factors.shape[1]))
    for u, penalty in enumerate(penalties):
        rated = slice(*ratings.indptr[u : u + 2])
        matrix = np.vstack([factors[ratings.indices[rated]], np.sqrt(penalty) * np.eye(factors.shape[1])])
        target = np.concatenate([ratings.data[rated], np.zeros(factors.shape[1])])
        solutions[u] = np.linalg.lstsq(matrix, target)[0]
    return solutions


def normal_equations(ratings, factors, penalties):
    solutions = np.zeros((ratings.shape[0], factors.shape[1]))
    for u in np.flatnonzero(np.diff(ratings.indptr)):
        rated = slice(*ratings.indptr[u : u + 2])
        own = factors[ratings.indices[rated]]
        matrix = own.T @ own + penalties[u] * np.eye(factors.shape[1])
        solutions[u] = np.linalg.solve(matrix, own.T @ ratings.data[rated])
    return solutions


def solved(ratings, factors, penalties, dtype=np.float64):
    return solve_rows(prepare(ratings, factors.shape[1], dtype), factors, penalties)


@pytest.mark.parametrize("reference", [row_by_row, normal_equations])
@pytest.mark.parametrize("k", [1, 2, 7, 8, 9, 16, 33, 64])
def test_every_row_is_its_ridge_regression(k, reference):
    problem = random_problem(300, 120, k)
    np.testing.assert_allclose(solved(*problem), reference(*problem), **WIDE)


@pytest.mark.parametrize("k", [1, 10, 64])
def test_float32_is_solved_in_float32(k):
    ratings, factors, penalties = random_problem(300, 120, k)
    single = solved(ratings.astype(np.float32), factors.astype(np.float32), penalties.astype(np.float32), np.float32)
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, row_by_row(ratings, factors, penalties), **NARROW)


@given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_small_problems_of_every_shape(m, n, k, seed):
    rng = np.random.default_rng(seed)
    problem = sparse_problem(m, n, k, rng.integers(0, n + 1, m), seed)
    np.testing.assert_allclose(solved(*problem), row_by_row(*problem), **WIDE)


@given(st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_the_gradient_vanishes_in_every_row(k, seed):
    ratings, factors, penalties = random_problem(40, 30, k, seed)
    solutions = solved(ratings, factors, penalties)
    for u in range(40):
        rated = slice(*ratings.indptr[u : u + 2])
        own = factors[ratings.indices[rated]]
        gradient = own.T @ (own @ solutions[u] - ratings.data[rated]) + penalties[u] * solutions[u]
        np.testing.assert_allclose(gradient, 0, atol=1e-10)


@pytest.mark.parametrize("shape", [(3, 0), (0, 3), (0, 0)])
def test_empty_matrices(shape):
    solutions = solved(csr_array(shape), np.ones((shape[1], 2)), np.ones(shape[0]))
    np.testing.assert_array_equal(solutions, np.zeros((shape[0], 2)))


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_rows_without_ratings_get_zeros(penalty):
    ratings, factors, _ = sparse_problem(5, 9, 2, [0, 4, 0, 5, 0])
    solutions = solved(ratings, factors, np.full(5, penalty))
    np.testing.assert_array_equal(solutions[[0, 2, 4]], 0)
    assert np.abs(solutions[[1, 3]]).min() > 0


def test_columns_without_ratings_do_not_matter():
    ratings, factors, penalties = random_problem(60, 40, 3)
    spread = csr_array((ratings.data, ratings.indices * 2, ratings.indptr), shape=(60, 80))
    wide = np.repeat(factors, 2, axis=0)
    wide[1::2] = 1e6
    np.testing.assert_array_equal(solved(spread, wide, penalties), solved(ratings, factors, penalties))


@pytest.mark.parametrize("k", [1, 3, 40])
def test_a_stored_zero_is_a_rating(k):
    ratings, factors, penalties = sparse_problem(1, 6, k, [4])
    ratings.data[:] = [3, 0, 0, 1]
    without = csr_array(ratings.toarray())
    assert without.nnz == 2
    np.testing.assert_allclose(solved(ratings, factors, penalties), row_by_row(ratings, factors, penalties), **WIDE)
    assert np.abs(solved(ratings, factors, penalties) - solved(without, factors, penalties)).max() > 1e-3


def test_rows_longer_than_a_bucket(monkeypatch):
    problem = sparse_problem(6, 700, 5, [700, 699, 450, 7, 3, 1])
    expected = row_by_row(*problem)
    monkeypatch.setattr(kernels, "TOY", 0)
    monkeypatch.setattr(kernels, "GATHERED", 64)
    plan = prepare(problem[0], 5)
    assert plan.buckets[0].columns.size * 5 > 64
    np.testing.assert_allclose(solve_rows(plan, *problem[1:]), expected, **WIDE)


def test_without_a_penalty_rows_with_enough_ratings_are_fitted_exactly():
    ratings, factors, _ = sparse_problem(20, 30, 6, [6] * 10 + [20] * 10)
    np.testing.assert_allclose(
        solved(ratings, factors, np.zeros(20)), row_by_row(ratings, factors, np.zeros(20)), rtol=1e-7, atol=1e-9
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "fault",
    [
        lambda factors: factors[:, 5].__setitem__(slice(None), factors[:, 0] + factors[:, 1]),
        lambda factors: factors[:, 2].__setitem__(slice(None), 0),
        lambda factors: factors.__setitem__(slice(None), 0),
    ],
    ids=["dependent columns", "a column of zeros", "all zeros"],
)
def test_without_a_penalty_a_singular_system_is_refused(fault, dtype):
    ratings, factors, _ = sparse_problem(12, 50, 20, [0, 0] + [40] * 10)
    fault(factors)
    with pytest.raises(np.linalg.LinAlgError, match=r"reg must be > 0.* row 2"):
        solved(ratings, factors, np.zeros(12), dtype)


def test_without_a_penalty_fewer_ratings_than_factors_are_refused():
    ratings, factors, penalties = sparse_problem(3, 9, 5, [0, 6, 4])
    with pytest.raises(np.linalg.LinAlgError, match=r"reg must be > 0.* row 2"):
        solved(ratings, factors, np.zeros(3))
    penalties[:2] = 0
    np.testing.assert_allclose(solved(ratings, factors, penalties)[0], 0)


def test_a_tiny_penalty_never_gives_nan():
    ratings, factors, _ = sparse_problem(10, 50, 20, [3] * 5 + [40] * 5)
    factors[:] = factors[0]
    solutions = solved(ratings, factors, np.full(10, 1e-6), np.float32)
    assert np.isfinite(solutions).all()


@pytest.mark.parametrize("k", [5, 20, 64])
def test_nearly_singular_systems_keep_their_digits(k):
    ratings, factors, _ = sparse_problem(10, 200, k, [3] * 5 + [2 * k] * 5)
    factors = factors[:, :2] @ np.random.default_rng(1).normal(size=(2, k))
    penalties = np.full(10, 1e-6)
    expected = row_by_row(ratings, factors, penalties)
    np.testing.assert_allclose(solved(ratings, factors, penalties), expected, rtol=1e-5, atol=1e-6)


@pytest.fixture
def large():
    return random_problem(3000, 400, 12)


def test_digits_do_not_depend_on_the_number_of_threads(large, monkeypatch):
    plan = prepare(large[0], 12, np.float32)
    assert len(plan.buckets) > 4
    two = solve_rows(plan, *large[1:])
    for threads in (1, 3):
        monkeypatch.setattr(kernels, "THREADS", threads)
        np.testing.assert_array_equal(solve_rows(plan, *large[1:]), two)


def test_two_threads_work_and_none_is_left_behind(large, monkeypatch):
    seen, solve = set(), kernels._solve_bucket

    def watched(*arguments):
        seen.add(threading.get_ident())
        return solve(*arguments)

    monkeypatch.setattr(kernels, "_solve_bucket", watched)
    before = threading.active_count()
    solved(*large)
    assert 1 <= len(seen) <= 2 and threading.get_ident() not in seen
    assert threading.active_count() == before


def test_inputs_are_unchanged(large):
    ratings, factors, penalties = large
    copies = [array.copy() for array in (ratings.data, ratings.indices, ratings.indptr, factors, penalties)]
    plan = prepare(ratings, 12)
    first = solve_rows(plan, factors, penalties)
    for array, copy in zip((ratings.data, ratings.indices, ratings.indptr, factors, penalties), copies, strict=True):
        np.testing.assert_array_equal(array, copy)
    np.testing.assert_array_equal(solve_rows(plan, factors, penalties), first)


def held(plan):
    arrays = [array for bucket in plan.buckets for array in (bucket.rows, bucket.columns, bucket.values)]
    return sum(array.nbytes for array in (plan.counts, *arrays))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("counts", [[1] * 5_000, np.arange(1, 600), np.tile([1, 2, 3, 5, 8, 300], 300)])
def test_the_plan_takes_16_bytes_a_rating(counts, dtype):
    ratings, _, _ = sparse_problem(len(counts), 600, 1, counts)
    assert held(prepare(ratings, 32, dtype)) <= 16 * (ratings.nnz + ratings.shape[0]) + 16 * kernels.TOY


def test_no_dense_matrix_is_ever_made():
    ratings, factors, penalties = sparse_problem(20_000, 30_000, 4, np.tile([1, 3, 9], 6667)[:20_000])
    tracemalloc.start()
    solved(ratings, factors, penalties)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000 * 30_000 / 4, "not even a bit for each cell of the matrix"
