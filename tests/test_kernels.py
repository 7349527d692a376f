"""The fast half-steps of ALS against a least-squares problem per row, the fast step of BPR against its triples."""

import threading
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from recmath_lib import bpr, kernels, kernels_bpr
from recmath_lib.kernels import prepare, solve_confident_rows, solve_rows
from recmath_lib.kernels_bpr import step_in_place

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


# ---- implicit feedback: all cells count ------------------------------------------------------------------------------


def confident_problem(m, n, k, counts, seed=0, largest=50.0):
    """Confidences from 1 (a third of them exactly) to largest, and factors."""
    pattern, factors, _ = sparse_problem(m, n, k, counts, seed)
    rng = np.random.default_rng(seed + 1)
    values = np.where(rng.random(pattern.nnz) < 1 / 3, 1.0, rng.uniform(1, largest, pattern.nnz))
    return csr_array((values, pattern.indices, pattern.indptr), shape=(m, n)), factors


def from_all_cells(confidence, factors, reg):
    """Each row from all n cells: 1 with its confidence where an entry is stored, 0 with confidence 1 elsewhere."""
    stored = np.zeros(confidence.shape)
    for u in range(confidence.shape[0]):
        stored[u, confidence.indices[slice(*confidence.indptr[u : u + 2])]] = 1
    weights = np.where(stored == 1, confidence.toarray(), 1)
    systems = np.einsum("nk,un,nl->ukl", factors, weights, factors) + reg * np.eye(factors.shape[1])
    return np.linalg.solve(systems, np.einsum("nk,un->uk", factors, weights * stored)[:, :, None])[:, :, 0]


def confident(confidence, factors, reg, dtype=np.float64):
    return solve_confident_rows(prepare(confidence, factors.shape[1], dtype), factors, reg)


EVERY_LENGTH = np.minimum(np.arange(150), 120)  # shorter and longer than any number of factors below


@pytest.mark.parametrize("k", [1, 2, 8, 9, 33, 64])
@pytest.mark.parametrize("dtype, agreement", [(np.float64, WIDE), (np.float32, NARROW)])
def test_every_confident_row_is_its_weighted_regression_over_all_cells(k, dtype, agreement):
    problem = confident_problem(150, 120, k, EVERY_LENGTH, k)
    solutions = confident(*problem, 0.3, dtype)
    assert solutions.dtype == dtype
    np.testing.assert_allclose(solutions, from_all_cells(*problem, 0.3), **agreement)


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 20), st.integers(0, 2**32 - 1))
def test_small_confident_problems_of_every_shape(m, n, k, seed):
    problem = confident_problem(m, n, k, np.random.default_rng(seed).integers(0, n + 1, m), seed)
    np.testing.assert_allclose(confident(*problem, 0.3), from_all_cells(*problem, 0.3), **WIDE)


@pytest.mark.parametrize("largest", [1.0, 1 + 1e-9, 1e5])
@pytest.mark.parametrize("k", [4, 40])
def test_the_smallest_and_the_largest_confidences_keep_their_digits(k, largest):
    problem = confident_problem(150, 120, k, EVERY_LENGTH, k, largest)
    np.testing.assert_allclose(confident(*problem, 0.3), from_all_cells(*problem, 0.3), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("largest", [4e3, 4e4])
def test_float32_keeps_its_digits_beside_large_confidences(largest):
    """As many as a float64 solution of the rounded problem has: in float32 alone none would be left."""
    problem = confident_problem(30, 60, 20, [3, 9, 15, 20, 60] * 6, 1, largest)
    matrix, factors = problem[0].astype(np.float32), problem[1].astype(np.float32)
    found = solve_confident_rows(prepare(matrix, 20, np.float32), factors, 0.1)
    wanted = from_all_cells(matrix.astype(float), factors.astype(float), 0.1)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)


def test_confident_rows_longer_than_a_bucket(monkeypatch):
    problem = confident_problem(6, 700, 5, [700, 699, 450, 7, 3, 1])
    monkeypatch.setattr(kernels, "TOY", 0)
    monkeypatch.setattr(kernels, "GATHERED", 64)
    np.testing.assert_allclose(confident(*problem, 0.3), from_all_cells(*problem, 0.3), **WIDE)


def test_confident_rows_without_stored_entries_get_zeros():
    problem = confident_problem(5, 9, 3, [0, 4, 0, 5, 0])
    np.testing.assert_array_equal(confident(*problem, 0.3)[[0, 2, 4]], 0)


def test_inputs_of_confident_rows_are_unchanged_and_digits_do_not_depend_on_threads(large, monkeypatch):
    pattern, factors, _ = large
    confidence = csr_array((1 + np.abs(pattern.data), pattern.indices, pattern.indptr), shape=pattern.shape)
    plan, copies = prepare(confidence, 12, np.float32), [confidence.copy(), factors.copy()]
    values = [bucket.values.copy() for bucket in plan.buckets]
    two = solve_confident_rows(plan, factors, 0.3)
    for threads in (1, 3):
        monkeypatch.setattr(kernels, "THREADS", threads)
        np.testing.assert_array_equal(solve_confident_rows(plan, factors, 0.3), two)
    np.testing.assert_array_equal(confidence.data, copies[0].data)
    np.testing.assert_array_equal(factors, copies[1])
    for bucket, before in zip(plan.buckets, values, strict=True):
        np.testing.assert_array_equal(bucket.values, before)


# ---- BPR: a batch of triples in place --------------------------------------------------------------------------------


def batch_problem(m, n, k, b, seed=0, dtype=np.float64):
    """Few rows and many triples, so that rows occur several times, also a film as the clicked and as the other one."""
    rng = np.random.default_rng(seed)
    P, Q = rng.normal(size=(m, k)).astype(dtype), rng.normal(size=(n, k)).astype(dtype)
    return P, Q, np.column_stack([rng.integers(0, size, b) for size in (m, n, n)])


def one_triple_after_another(P, Q, triples, lr, reg):
    """The gradients of all triples at the old tables, added up one by one."""
    new_P, new_Q = P.astype(float), Q.astype(float)
    for u, i, j in triples:
        p, q_i, q_j = P[u].astype(float), Q[i].astype(float), Q[j].astype(float)
        pushed = 1 / (1 + np.exp(p @ (q_i - q_j)))
        new_P[u] += lr * (pushed * (q_i - q_j) - 2 * reg * p)
        new_Q[i] += lr * (pushed * p - 2 * reg * q_i)
        new_Q[j] += lr * (-pushed * p - 2 * reg * q_j)
    return new_P, new_Q


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_a_batch_in_place_is_the_sum_of_its_triples(m, n, k, b, seed):
    P, Q, triples = batch_problem(m, n, k, b, seed)
    expected = one_triple_after_another(P, Q, triples, 0.1, 0.2)
    step_in_place(P, Q, *triples.T, 0.1, 0.2)
    for table, wanted in zip((P, Q), expected, strict=True):
        np.testing.assert_allclose(table, wanted, **WIDE)


@pytest.mark.parametrize("dtype, agreement", [(np.float64, WIDE), (np.float32, NARROW)])
def test_a_batch_in_place_is_the_plain_step(dtype, agreement):
    P, Q, triples = batch_problem(300, 90, 32, 1024, dtype=dtype)
    copies, expected = triples.copy(), bpr.sgd_step(P, Q, triples, 0.05, 0.01)
    step_in_place(P, Q, *triples.T, 0.05, 0.01)
    np.testing.assert_array_equal(triples, copies)
    for table, wanted in zip((P, Q), expected, strict=True):
        assert table.dtype == dtype
        np.testing.assert_allclose(table, wanted, **agreement)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_batches_moved_by_two_threads_have_the_same_digits(monkeypatch, dtype):
    rng = np.random.default_rng(3)
    given = tuple(rng.normal(size=(size, 4)).astype(dtype) for size in (30, 20))
    triples = rng.integers(0, 30, 500), rng.integers(0, 20, 500), rng.integers(0, 20, 500)
    ends = []
    for large in (1, 1000):
        monkeypatch.setattr(kernels_bpr, "LARGE", large)
        P, Q = (table.copy() for table in given)
        kernels_bpr.steps_in_place(P, Q, triples, 64, 0.1, 0.2)
        ends.append((P, Q))
    one_by_one = tuple(table.copy() for table in given)
    for start in range(0, 500, 64):
        step_in_place(*one_by_one, *(rows[start : start + 64] for rows in triples), 0.1, 0.2)
    for side in range(2):
        np.testing.assert_array_equal(ends[0][side], ends[1][side])
        np.testing.assert_array_equal(ends[0][side], one_by_one[side])


def test_a_batch_leaves_all_other_rows_alone():
    P, Q, _ = batch_problem(50, 60, 4, 1)
    before = P.copy(), Q.copy()
    step_in_place(P, Q, np.array([3, 3]), np.array([5, 7]), np.array([8, 5]), 0.1, 0.2)
    for table, old, moved in zip((P, Q), before, ([3], [5, 7, 8]), strict=True):
        assert np.flatnonzero((table != old).any(axis=1)).tolist() == moved
