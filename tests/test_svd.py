"""The SVD of ratings against second roads: eigenvectors of RᵀR, loops, competitors, optimality conditions, a solver."""

import json
import tracemalloc
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array

from recmath_lib import als, ratings, svd


def with_spectrum(values, m, n, seed=0):
    """A matrix with these singular values and random vectors, and the vectors."""
    rng = np.random.default_rng(seed)
    left, right = (np.linalg.qr(rng.normal(size=(size, len(values))))[0] for size in (m, n))
    return left @ np.diag(values) @ right.T, left, right


def eigen(matrix):
    """Squared singular values, falling, and right vectors, from the eigenvalues of RᵀR alone."""
    values, vectors = np.linalg.eigh(matrix.T @ matrix)
    return np.maximum(values[::-1], 0), vectors[:, ::-1]


def best_by_projection(matrix, k):
    """R_k without an SVD: R projected on the k leading eigenvectors of RᵀR."""
    _, vectors = eigen(matrix)
    return matrix @ vectors[:, :k] @ vectors[:, :k].T


def singular_values(matrix):
    tall = matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T
    return np.sqrt(eigen(tall)[0])


def some_ratings(seed=0, m=9, n=7, share=0.6, empty=False):
    """Stars with a mask; the first user has none if wanted; unobserved cells hold nan."""
    rng = np.random.default_rng(seed)
    R, observed = rng.integers(0, 6, (m, n)).astype(float), rng.random((m, n)) < share
    observed[:, 0] = True
    if empty:
        observed[0] = False
    return np.where(observed, R, np.nan), observed


def means_by_loop(R, observed):
    everything = [R[u, i] for u, i in np.argwhere(observed)]
    rows = [[R[u, i] for i in np.flatnonzero(observed[u])] for u in range(len(R))]
    return np.array([sum(row) / len(row) if row else sum(everything) / len(everything) for row in rows])


def predictions_by_hand(R, observed, k):
    means = means_by_loop(R, observed)
    centred = np.where(observed, R - means[:, None], 0)
    return means[:, None] + best_by_projection(centred, k)


def hidden(state, matrix):
    return np.linalg.norm(state.user_factors @ state.item_factors.T - matrix)


small = st.integers(1, 6)
entry = st.integers(-50, 50).map(lambda x: x / 10)
tables = st.tuples(small, small).flatmap(
    lambda shape: st.lists(st.lists(entry, min_size=shape[1], max_size=shape[1]), min_size=shape[0], max_size=shape[0])
)
matrices = tables.map(np.array)


# ---- (3.1) to (3.3): a full matrix ----


@pytest.mark.equation("3.1")
@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5), (1, 3), (3, 1)])
def test_the_decomposition_gives_back_the_matrix_with_orthonormal_vectors(shape):
    matrix = np.random.default_rng(1).normal(size=shape)
    A, s, B = svd.decompose(matrix)
    r = min(shape)
    assert A.shape == (shape[0], r) and s.shape == (r,) and B.shape == (shape[1], r)
    assert np.allclose(A.T @ A, np.eye(r), atol=1e-13) and np.allclose(B.T @ B, np.eye(r), atol=1e-13)
    assert np.allclose(sum(s[j] * np.outer(A[:, j], B[:, j]) for j in range(r)), matrix, atol=1e-13)


@pytest.mark.equation("3.1")
def test_values_and_vectors_are_those_of_the_eigenvalue_problem():
    matrix = np.random.default_rng(2).normal(size=(7, 5))
    A, s, B = svd.decompose(matrix)
    values, vectors = eigen(matrix)
    assert np.allclose(s**2, values, rtol=1e-12)
    assert np.allclose(np.abs(np.sum(B * vectors, axis=0)), 1, atol=1e-12)
    assert np.allclose(matrix.T @ A, B * s, atol=1e-13) and np.allclose(matrix @ B, A * s, atol=1e-13)


@given(matrices)
def test_values_fall_and_the_largest_entry_of_each_item_vector_is_positive(matrix):
    A, s, B = svd.decompose(matrix)
    assert np.all(np.diff(s) <= 0) and np.all(s >= 0)
    largest = np.abs(B).argmax(axis=0)
    assert np.all(B[largest, np.arange(B.shape[1])] > 0)
    assert np.allclose((A * s) @ B.T, matrix, atol=1e-11)


def test_the_sign_rule_turns_both_vectors_of_a_pair():
    A, s, B = svd.decompose([[-3.0, 0.0], [0.0, 2.0]])
    assert np.allclose(A, [[-1, 0], [0, 1]]) and np.allclose(s, [3, 2]) and np.allclose(B, np.eye(2))
    again = svd.decompose(-np.array([[-3.0, 0.0], [0.0, 2.0]]))
    assert np.allclose(again[0], -A) and np.allclose(again[2], B)


@pytest.mark.equation("3.2")
@pytest.mark.parametrize("k", [0, 1, 2, 3, 4])
def test_truncation_is_the_projection_on_the_leading_eigenvectors(k):
    matrix = np.random.default_rng(3).normal(size=(6, 4))
    assert np.allclose(svd.truncate(matrix, k), best_by_projection(matrix, k), atol=1e-12)


@pytest.mark.equation("3.2")
@pytest.mark.equation("3.3")
@pytest.mark.parametrize("k", [1, 2, 3])
def test_no_competitor_of_the_same_rank_is_nearer(k):
    """Random subspaces, each with its best coefficients; the last ones close to the best one."""
    rng = np.random.default_rng(4)
    matrix = rng.normal(size=(6, 5))
    A, s, _ = svd.decompose(matrix)
    best = np.sum((matrix - svd.truncate(matrix, k)) ** 2)
    assert svd.truncation_error(s, k) == pytest.approx(best, rel=1e-12)
    for size in [10.0] * 200 + [1e-1] * 200 + [1e-3] * 200:
        basis = np.linalg.qr(A[:, :k] + size * rng.normal(size=(6, k)))[0]
        assert np.sum((matrix - basis @ (basis.T @ matrix)) ** 2) >= best * (1 - 1e-12)


@pytest.mark.equation("3.2")
@pytest.mark.equation("3.3")
def test_alternating_minimization_ends_at_the_truncation():
    matrix, _, _ = with_spectrum([5, 4, 3, 2, 1], 8, 6)
    Q = np.random.default_rng(5).normal(size=(6, 2))
    for _ in range(80):
        P = np.linalg.lstsq(Q, matrix.T)[0].T
        Q = np.linalg.lstsq(P, matrix)[0].T
    assert np.allclose(svd.truncate(matrix, 2), P @ Q.T, atol=1e-10)
    assert svd.truncation_error([5, 4, 3, 2, 1], 2) == pytest.approx(np.sum((matrix - P @ Q.T) ** 2), rel=1e-12)


@pytest.mark.equation("3.3")
@given(matrices, st.integers(0, 7))
def test_the_error_is_the_sum_of_the_small_eigenvalues(matrix, k):
    values, _ = eigen(matrix)
    error = svd.truncation_error(svd.decompose(matrix)[1], k)
    assert error == pytest.approx(values[k:].sum(), abs=1e-10 * (1 + values[0]))


def test_truncating_beyond_the_rank_changes_nothing():
    matrix, _, _ = with_spectrum([3, 2], 5, 4)
    assert np.allclose(svd.truncate(matrix, 2), matrix) and np.allclose(svd.truncate(matrix, 4), matrix)
    assert not svd.truncate(matrix, 0).any()


# ---- (3.4) and (3.5): centre, decompose, add back ----


@pytest.mark.equation("3.4")
@pytest.mark.parametrize("empty", [False, True])
def test_user_means_by_a_loop_over_the_observed_ratings(empty):
    R, observed = some_ratings(empty=empty)
    means = svd.user_means(ratings.from_dense(R, observed))
    assert np.allclose(means, means_by_loop(R, observed), rtol=1e-14)


def test_a_stored_zero_counts_in_the_mean():
    stored = ratings.from_triplets([0, 0, 1], [0, 1, 1], [0.0, 4.0, 5.0])
    assert np.array_equal(svd.user_means(stored), [2.0, 5.0])


@pytest.mark.equation("3.5")
@pytest.mark.parametrize("empty", [False, True])
@pytest.mark.parametrize("k", [1, 2, 4, 7])
def test_predictions_by_hand_and_eigenvectors(k, empty):
    R, observed = some_ratings(seed=6, empty=empty)
    wanted, stored = predictions_by_hand(R, observed, k), ratings.from_dense(R, observed)
    model = svd.fit(stored, k)
    users, items = np.indices(R.shape)
    assert np.allclose(svd.predict(model, users, items), wanted, atol=1e-10)
    assert np.allclose(model.predict(users, items), wanted, atol=1e-10)
    assert np.allclose(svd.predict_all(stored, k), wanted, atol=1e-11)


def test_rank_zero_predicts_the_user_means():
    R, observed = some_ratings(empty=True)
    means = means_by_loop(R, observed)
    assert np.allclose(svd.predict_all(ratings.from_dense(R, observed), 0), means[:, None] + np.zeros(R.shape))


def test_a_user_without_ratings_gets_the_mean_of_all_for_every_film():
    R, observed = some_ratings(empty=True)
    model = svd.fit(ratings.from_dense(R, observed), 3)
    assert np.allclose(svd.predict(model, 0, np.arange(7)), R[observed].mean(), atol=1e-12)


def test_predictions_are_not_clipped():
    R = np.array([[5.0, 5, 1], [5, 5, 1], [4.9, 5, 1], [5, 4.9, 1]])
    observed = np.ones(R.shape, dtype=bool)
    observed[0, 2] = observed[1, 1] = False
    assert svd.predict_all(ratings.from_dense(R, observed), 1).max() > 5


@pytest.mark.parametrize("k", [1, 2, 5, 6])
def test_the_sparse_fit_has_the_vectors_of_the_dense_decomposition_with_the_same_signs(k):
    R, observed = some_ratings(seed=7)
    model = svd.fit(ratings.from_dense(R, observed), k)
    centred = np.where(observed, R - means_by_loop(R, observed)[:, None], 0)
    A, s, B = svd.decompose(centred)
    assert np.allclose(model.singular_values, s[:k], rtol=1e-10)
    assert np.allclose(model.user_vectors, A[:, :k], atol=1e-8)
    assert np.allclose(model.item_vectors, B[:, :k], atol=1e-8)


def test_two_fits_are_the_same_to_the_last_bit():
    stored = ratings.from_dense(*some_ratings())
    first, second = svd.fit(stored, 3), svd.fit(stored, 3)
    for name in ("user_means", "user_vectors", "singular_values", "item_vectors"):
        assert np.array_equal(getattr(first, name), getattr(second, name))


def test_pairs_broadcast_and_keep_their_shape():
    model = svd.fit(ratings.from_dense(*some_ratings()), 2)
    assert svd.predict(model, 3, np.arange(7)).shape == (7,)
    assert svd.predict(model, np.arange(9)[:, None], np.arange(7)).shape == (9, 7)
    assert np.shape(svd.predict(model, 1, 2)) == ()


@pytest.mark.parametrize("k", [1, 3, 7])
def test_float32_and_integers_are_computed_like_float64(k):
    stored = ratings.from_dense(*some_ratings())
    wanted = svd.predict_all(stored, k)
    for dtype in (np.float32, np.int64, np.int8):
        model = svd.fit(csr_array(stored, dtype=dtype), k)
        assert np.allclose(model.predict(*np.indices(wanted.shape)), wanted, atol=1e-9)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_equal_ratings_leave_only_the_means(k):
    stored = ratings.from_dense(np.full((4, 5), 3.0), np.ones((4, 5), dtype=bool))
    model = svd.fit(stored, k)
    assert np.allclose(model.singular_values, 0, atol=1e-12)
    assert np.allclose(model.predict(*np.indices((4, 5))), 3)


@pytest.mark.parametrize("k", [2, 3, 4])
def test_more_factors_than_the_rank_change_nothing(k):
    stored = ratings.from_dense(np.outer([1, 2, 3, 1.0], [1, -1, 2, -2, 0]) + 3, np.ones((4, 5), dtype=bool))
    model = svd.fit(stored, k)
    assert np.allclose(model.predict(*np.indices((4, 5))), stored.toarray(), atol=1e-7)
    assert np.isfinite(model.user_vectors).all() and np.isfinite(model.item_vectors).all()


def test_a_fit_makes_no_dense_table():
    shape = (3000, 30_000)
    stored = csr_array(random_array(shape, density=2e-4, rng=np.random.default_rng(8)))
    tracemalloc.start()
    svd.fit(stored, 2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3000 * 30_000 * 8 / 20


# ---- (3.6): fill and repeat ----


@pytest.mark.equation("3.6")
def test_iterated_fill_by_a_loop_over_cells():
    R, observed = some_ratings(seed=9)
    stored, table = ratings.from_dense(R, observed), np.full(R.shape, 2.5)
    for state in svd.iterated_fill(stored, 2, n_steps=6, init=2.5):
        filled = np.array([[R[u, i] if observed[u, i] else table[u, i] for i in range(7)] for u in range(9)])
        table = best_by_projection(filled, 2)
        assert np.allclose(state.table, table, atol=1e-10)
        assert state.objective == pytest.approx(sum((R[u, i] - table[u, i]) ** 2 for u, i in np.argwhere(observed)))


@pytest.mark.equation("3.6")
@pytest.mark.parametrize("seed", range(5))
def test_iterated_fill_never_raises_the_observed_error_and_ends_where_the_gradient_vanishes(seed):
    R, observed = some_ratings(seed=seed, share=0.8)
    stored = ratings.from_dense(R, observed)
    states = list(svd.iterated_fill(stored, 2, n_steps=1500))
    errors = np.array([state.objective for state in states])
    assert [state.step for state in states] == list(range(1, 1501))
    assert np.all(np.diff(errors) <= 1e-12 * errors[:-1])
    A, s, B = svd.decompose(states[-1].table)
    residual = np.where(observed, R - states[-1].table, 0)
    assert np.allclose([np.abs(A[:, :2].T @ residual).max(), np.abs(residual @ B[:, :2]).max()], 0, atol=1e-2)
    assert s[2] < 1e-12 * s[0]


def test_iterated_fill_of_a_full_matrix_is_one_truncation():
    R = np.random.default_rng(10).normal(size=(5, 4))
    stored = ratings.from_dense(R, np.ones(R.shape, dtype=bool))
    first, second = svd.iterated_fill(stored, 2, n_steps=2, init=7.0)
    assert np.allclose(first.table, best_by_projection(R, 2)) and np.allclose(second.table, first.table)


def test_fill_keeps_stored_zeros_and_takes_the_rest_from_the_table():
    stored = ratings.from_triplets([0, 1], [1, 0], [0.0, 5.0])
    assert np.array_equal(svd.fill(stored, [[1.0, 2.0], [3.0, 4.0]]), [[1, 0], [5, 4]])
    assert np.array_equal(svd.fill(stored, 9), [[9, 0], [5, 9]])


# ---- (3.7) and (3.8): the nuclear norm ----


@pytest.mark.equation("3.7")
@given(matrices)
def test_the_nuclear_norm_is_the_sum_of_roots_of_eigenvalues(matrix):
    assert svd.nuclear_norm(matrix) == pytest.approx(singular_values(matrix).sum(), abs=1e-5)


@pytest.mark.equation("3.7")
@pytest.mark.equation("3.8")
@pytest.mark.parametrize("k", [3, 4, 5])
def test_no_factors_of_the_matrix_are_shorter_and_the_balanced_ones_reach_the_norm(k):
    """All factors of X with k columns, once the first three are balanced: P G, Q G⁻ᵀ for an invertible G."""
    matrix, _, _ = with_spectrum([3, 1, 0.5], 6, 5, seed=11)
    P, Q = svd.balanced_factors(matrix, k)
    assert np.allclose(P @ Q.T, matrix, atol=1e-12) and np.allclose(P.T @ P, Q.T @ Q, atol=1e-12)
    assert (np.sum(P**2) + np.sum(Q**2)) / 2 == pytest.approx(4.5, rel=1e-12)
    assert svd.nuclear_norm(matrix) == pytest.approx(4.5, rel=1e-12)
    rng = np.random.default_rng(12)
    for size in [1.0] * 200 + [1e-3] * 200:
        G = np.eye(k) + size * rng.normal(size=(k, k))
        longer, other = P @ G, Q @ np.linalg.inv(G).T
        assert (np.sum(longer**2) + np.sum(other**2)) / 2 >= 4.5 * (1 - 1e-12)


@pytest.mark.equation("3.7")
def test_the_nuclear_norm_is_what_matrices_of_operator_norm_one_can_reach():
    rng = np.random.default_rng(13)
    matrix, left, right = with_spectrum([2, 1, 0.25], 5, 4, seed=13)
    norm = svd.nuclear_norm(matrix)
    assert np.sum(matrix * (left @ right.T)) == pytest.approx(norm, rel=1e-12)
    for _ in range(300):
        other = rng.normal(size=matrix.shape)
        assert np.sum(matrix * other / np.linalg.norm(other, 2)) <= norm * (1 + 1e-12)


@pytest.mark.equation("3.8")
def test_balanced_factors_are_square_roots():
    P, Q = svd.balanced_factors([[9.0, 0.0, 0.0], [0.0, 4.0, 0.0]], 2)
    assert np.allclose(P, [[3, 0], [0, 2]], atol=1e-14) and np.allclose(Q, [[3, 0], [0, 2], [0, 0]], atol=1e-14)


def test_fewer_balanced_factors_give_the_nearest_matrix():
    matrix = np.random.default_rng(14).normal(size=(5, 4))
    P, Q = svd.balanced_factors(matrix, 2)
    assert P.shape == (5, 2) and Q.shape == (4, 2)
    assert np.allclose(P @ Q.T, best_by_projection(matrix, 2), atol=1e-12)


# ---- (3.9) and (3.10): soft thresholds ----


@pytest.mark.equation("3.9")
@pytest.mark.parametrize("threshold", [0.0, 0.3, 1.0, 2.5, 9.0])
def test_soft_thresholding_by_eigenvectors(threshold):
    matrix = np.random.default_rng(15).normal(size=(6, 4))
    values, vectors = eigen(matrix)
    shrink = np.maximum(1 - threshold / np.sqrt(values), 0)
    assert np.allclose(svd.soft_threshold(matrix, threshold), matrix @ (vectors * shrink) @ vectors.T, atol=1e-12)


@pytest.mark.equation("3.9")
@pytest.mark.parametrize("threshold", [0.3, 1.0, 2.5])
def test_soft_thresholding_meets_the_condition_of_a_minimum(threshold):
    """X − Z is τ times a subgradient of the nuclear norm at Z: its norm is at most τ, and ⟨X − Z, Z⟩ = τ ‖Z‖_*."""
    matrix = np.random.default_rng(16).normal(size=(6, 4))
    Z = svd.soft_threshold(matrix, threshold)
    assert np.linalg.norm(matrix - Z, 2) == pytest.approx(threshold, rel=1e-12)
    assert np.sum((matrix - Z) * Z) == pytest.approx(threshold * singular_values(Z).sum(), rel=1e-7)


@given(matrices, st.floats(0, 5), st.integers(0, 2**16))
def test_no_matrix_nearby_has_a_smaller_thresholding_objective(matrix, threshold, seed):
    def value(Z):
        return np.sum((matrix - Z) ** 2) + 2 * threshold * np.linalg.norm(Z, "nuc")

    Z = svd.soft_threshold(matrix, threshold)
    step = np.random.default_rng(seed).normal(size=matrix.shape)
    for size in (1.0, 1e-2):
        # The objective is strongly convex, so a step costs at least the square of its length.
        assert value(Z + size * step) - value(Z) >= size**2 * np.sum(step**2) - 1e-9 * (1 + value(Z))


def objective(R, observed, Z, threshold):
    return np.sum((R - Z)[observed] ** 2) + 2 * threshold * np.linalg.norm(Z, "nuc")


@pytest.mark.equation("3.10")
@pytest.mark.parametrize("threshold", [0.5, 2.0, 5.0])
def test_soft_impute_falls_to_the_minimum_of_its_objective(threshold):
    R, observed = some_ratings(seed=17)
    states = list(svd.soft_impute(ratings.from_dense(R, observed), threshold, n_steps=1500))
    values = np.array([state.objective for state in states])
    assert np.all(np.diff(values) <= 1e-12 * values[:-1])
    for state in states[:3]:
        assert state.objective == pytest.approx(objective(R, observed, state.table, threshold), rel=1e-12)
    Z = states[-1].table  # the condition of a minimum, as for (3.9), with the observed errors alone
    errors = np.where(observed, R - Z, 0)
    assert np.linalg.norm(errors, 2) == pytest.approx(threshold, rel=1e-6)
    assert np.sum(errors * Z) == pytest.approx(threshold * np.linalg.norm(Z, "nuc"), rel=1e-6)


@pytest.mark.equation("3.10")
def test_a_step_of_soft_impute_by_eigenvectors():
    R, observed = some_ratings(seed=18)
    table = np.full(R.shape, 1.5)
    for state in svd.soft_impute(ratings.from_dense(R, observed), 1.2, n_steps=4, init=table):
        filled = np.where(observed, R, table)
        values, vectors = eigen(filled)
        table = filled @ (vectors * np.maximum(1 - 1.2 / np.sqrt(values), 0)) @ vectors.T
        assert np.allclose(state.table, table, atol=1e-10)


@pytest.mark.parametrize("reg", [0.8, 2.0])
def test_soft_impute_ends_where_als_with_enough_factors_ends(reg):
    """The penalty of a plain factorization is the nuclear norm, also with missing ratings: reg is the threshold."""
    R, observed = some_ratings(seed=19)
    stored = ratings.from_dense(R, observed)
    *_, last = svd.soft_impute(stored, reg, n_steps=2000)
    factors = als.fit(stored, 7, reg, n_sweeps=800, seed=0)
    assert factors.objective == pytest.approx(last.objective, rel=1e-8)
    assert np.allclose(factors.user_factors @ factors.item_factors.T, last.table, atol=1e-3)


def test_soft_impute_stops_when_it_stands_still():
    stored = ratings.from_dense(*some_ratings(seed=20))
    states = list(svd.soft_impute(stored, 1.0, n_steps=5000, tol=1e-6))
    before, last = states[-2:]
    assert len(states) < 500 and 0 <= before.objective - last.objective <= 1e-6 * last.objective
    assert states[-3].objective - before.objective > 1e-6 * before.objective
    assert len(list(svd.soft_impute(stored, 1.0, n_steps=700))) == 700  # tol = 0 never stops


def test_a_threshold_above_the_largest_value_leaves_nothing():
    R, observed = some_ratings(seed=21)
    largest = np.linalg.norm(np.where(observed, R, 0), 2)
    stored = ratings.from_dense(R, observed)
    assert not next(svd.soft_impute(stored, 1.0001 * largest)).table.any()
    assert next(svd.soft_impute(stored, 0.9999 * largest)).table.any()


# ---- a convex solver, recorded ----


@pytest.fixture(scope="module")
def solved():
    """Matrix, mask, threshold, value and minimizer of two problems that cvxpy solved; see the recording script."""
    peers = files("recmath_lib").joinpath("data/factorization_peers.json").read_text(encoding="utf-8")
    return json.loads(peers)["nuclear"]


@pytest.mark.equation("3.9")
def test_soft_thresholding_is_what_a_convex_solver_finds(solved):
    full = solved["full"]
    assert np.all(full["observed"])
    Z = svd.soft_threshold(full["matrix"], full["tau"])
    assert np.allclose(Z, full["minimizer"], atol=1e-4)
    value = objective(np.array(full["matrix"]), np.array(full["observed"]), Z, full["tau"])
    assert value == pytest.approx(full["value"], rel=1e-7)


@pytest.mark.equation("3.10")
def test_soft_impute_ends_where_a_convex_solver_ends(solved):
    part = solved["incomplete"]
    assert not np.all(part["observed"])
    stored = ratings.from_dense(part["matrix"], part["observed"])
    *_, last = svd.soft_impute(stored, part["tau"], n_steps=2000)
    assert last.objective == pytest.approx(part["value"], rel=1e-7)
    assert np.allclose(last.table, part["minimizer"], atol=1e-3)
    assert objective(np.array(part["matrix"]), np.array(part["observed"]), last.table, part["tau"]) == pytest.approx(
        part["value"], rel=1e-7
    )


# ---- ALS and the SVD; (3.11) ----


@pytest.mark.equation("3.11")
@pytest.mark.parametrize(("k", "rate"), [(1, 16 / 25), (2, 9 / 16), (3, 4 / 9), (4, 1 / 4)])
def test_als_without_a_penalty_shrinks_its_error_by_the_rate_in_every_sweep(k, rate):
    matrix, _, _ = with_spectrum([5, 4, 3, 2, 1], 8, 6, seed=22)
    stored, best = ratings.from_dense(matrix, np.ones(matrix.shape, dtype=bool)), best_by_projection(matrix, k)
    errors = [hidden(state, best) for state in als.sweeps(stored, k, 0.0, n_sweeps=24, seed=0)]
    assert errors[19] / errors[18] == pytest.approx(rate, rel=1e-3)
    assert svd.convergence_rate([5, 4, 3, 2, 1], k) == pytest.approx(rate, rel=1e-12)


def test_the_rate_of_all_factors_is_zero_and_of_equal_values_one():
    assert svd.convergence_rate([3, 2], 2) == 0 and svd.convergence_rate([2, 2, 1], 1) == 1


@pytest.mark.parametrize("reg", [0.5, 1.5, 3.5, 4.5, 6.0])
def test_als_with_a_penalty_soft_thresholds_a_full_matrix(reg):
    matrix, _, _ = with_spectrum([5, 4, 3, 2, 1], 8, 6, seed=23)
    stored = ratings.from_dense(matrix, np.ones(matrix.shape, dtype=bool))
    state = als.fit(stored, 2, reg, n_sweeps=400, seed=0)
    wanted = svd.truncate(svd.soft_threshold(matrix, reg), 2)
    assert np.allclose(state.user_factors @ state.item_factors.T, wanted, atol=1e-6)
    assert np.allclose(singular_values(wanted)[:2], np.maximum([5 - reg, 4 - reg], 0), atol=1e-6)


# ---- (3.12): what a subspace knows ----


@pytest.mark.equation("3.12")
def test_explained_share_by_the_normal_equations_with_an_intercept():
    rng = np.random.default_rng(24)
    F = rng.normal(size=(30, 3)) + 5
    target = F @ [1, -2, 0.5] + rng.normal(size=30) + 4
    X = np.column_stack([np.ones(30), F])
    errors = target - X @ np.linalg.solve(X.T @ X, X.T @ target)
    wanted = 1 - np.sum(errors**2) / np.sum((target - target.mean()) ** 2)
    assert svd.explained_share(target, F) == pytest.approx(wanted, rel=1e-10)


@pytest.mark.equation("3.12")
def test_explained_share_of_one_factor_is_the_squared_correlation():
    rng = np.random.default_rng(25)
    x, y = rng.normal(size=(2, 40))
    assert svd.explained_share(x + y, y[:, None]) == pytest.approx(np.corrcoef(x + y, y)[0, 1] ** 2, rel=1e-12)


@given(st.integers(0, 2**16))
def test_what_a_subspace_knows_does_not_depend_on_its_axes(seed):
    rng = np.random.default_rng(seed)
    F, target = rng.normal(size=(12, 3)), rng.normal(size=12)
    share = svd.explained_share(target, F)
    turned = F @ rng.normal(size=(3, 3)) + rng.normal(size=3)
    assert 0 <= share <= 1 and svd.explained_share(target, turned) == pytest.approx(share, abs=1e-7)
    assert svd.explained_share(F @ [1, 2, 3], F) == pytest.approx(1, abs=1e-12)


# ---- what holds for all ----


@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_full_matrices_of_other_types_are_computed_in_float64(dtype):
    matrix = np.arange(12).reshape(3, 4) % 5
    for function in (svd.decompose, lambda X: (svd.soft_threshold(X, 0.5),), lambda X: (svd.truncate(X, 1),)):
        for got, wanted in zip(function(matrix.astype(dtype)), function(matrix.astype(float)), strict=True):
            assert np.array_equal(got, wanted) and got.dtype == np.float64


def test_no_argument_is_changed():
    R, observed = some_ratings(empty=True)
    stored, matrix = ratings.from_dense(R, observed), np.random.default_rng(26).normal(size=(9, 7))
    kept = [part.copy() for part in (stored.data, stored.indices, stored.indptr, matrix)]
    for part in (stored.data, stored.indices, stored.indptr, matrix):
        part.flags.writeable = False
    svd.fit(stored, 3)
    svd.predict_all(stored, 3)
    svd.fill(stored, matrix)
    list(svd.iterated_fill(stored, 2, n_steps=2, init=matrix))
    list(svd.soft_impute(stored, 1.0, n_steps=2, init=matrix))
    svd.soft_threshold(matrix, 1.0)
    svd.explained_share(matrix[:, 0], matrix[:, 1:3])
    for part, copy in zip((stored.data, stored.indices, stored.indptr, matrix), kept, strict=True):
        assert np.array_equal(part, copy)


STORED = ratings.from_triplets([0, 0, 1, 2], [0, 1, 2, 0], [1.0, 2.0, 3.0, 4.0], shape=(3, 4))
TABLE = np.eye(3, 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: svd.decompose([1.0, 2.0]), "matrix must be a table .* got shape \\(2,\\)"),
        (lambda: svd.decompose(np.empty((0, 3))), "matrix must be a table .* got shape \\(0, 3\\)"),
        (lambda: svd.decompose([[1.0, np.nan]]), "matrix must be finite, got nan"),
        (lambda: svd.decompose([["a"]]), "matrix must be numbers"),
        (lambda: svd.truncate(TABLE, -1), "n_factors must be an integer from 0 to 3, got -1"),
        (lambda: svd.truncate(TABLE, 4), "n_factors must be an integer from 0 to 3, got 4"),
        (lambda: svd.truncate(TABLE, 1.5), "n_factors must be an integer from 0 to 3, got 1.5"),
        (lambda: svd.truncation_error([2, 1], -1), "n_factors must be an integer >= 0, got -1"),
        (lambda: svd.user_means(csr_array((3, 4))), "ratings must have at least one stored entry, got none"),
        (lambda: svd.fit(csr_array((3, 4)), 1), "ratings must have at least one stored entry, got none"),
        (lambda: svd.fit(STORED, 0), "n_factors must be an integer from 1 to min\\(m, n\\) = 3, got 0"),
        (lambda: svd.fit(STORED, 4), "n_factors must be an integer from 1 to min\\(m, n\\) = 3, got 4"),
        (lambda: svd.fit(STORED, True), "n_factors must be an integer from 1 to min\\(m, n\\) = 3, got True"),
        (lambda: svd.fit(ratings.with_data(STORED, np.full(4, np.nan)), 1), "ratings must be finite, got nan"),
        (lambda: svd.predict(svd.fit(STORED, 1), 3, 0), "users must lie in 0..2, got 3"),
        (lambda: svd.predict(svd.fit(STORED, 1), 0, [1, -1]), "items must lie in 0..3, got -1 at position 1"),
        (lambda: svd.predict_all(STORED, 4), "n_factors must be an integer from 0 to 3, got 4"),
        (lambda: list(svd.iterated_fill(STORED, 0)), "n_factors must be an integer from 1"),
        (lambda: list(svd.iterated_fill(STORED, 1, n_steps=0)), "n_steps must be an integer >= 1, got 0"),
        (lambda: list(svd.iterated_fill(STORED, 1, init=[1.0, 2.0])), "init must be a number or have shape \\(3, 4\\)"),
        (lambda: list(svd.iterated_fill(STORED, 1, init=np.nan)), "init must be finite, got nan"),
        (lambda: svd.fill(STORED, np.eye(3)), "table must be a number or have shape \\(3, 4\\), got \\(3, 3\\)"),
        (lambda: svd.nuclear_norm([[np.inf]]), "matrix must be finite, got inf"),
        (lambda: svd.balanced_factors(TABLE, 4), "n_factors must be an integer from 1 to min\\(m, n\\) = 3, got 4"),
        (lambda: svd.soft_threshold(TABLE, -0.1), "threshold must be a finite number >= 0, got -0.1"),
        (lambda: svd.soft_threshold(TABLE, np.nan), "threshold must be a finite number >= 0, got nan"),
        (lambda: list(svd.soft_impute(STORED, -1)), "threshold must be a finite number >= 0, got -1"),
        (lambda: list(svd.soft_impute(STORED, 1, n_steps=0)), "n_steps must be an integer >= 1, got 0"),
        (lambda: list(svd.soft_impute(STORED, 1, tol=-1)), "tol must be a finite number >= 0, got -1"),
        (lambda: list(svd.soft_impute(STORED, 1, init=[[1.0]])), "init must be a number or have shape \\(3, 4\\)"),
        (lambda: svd.convergence_rate([2, 1], 3), "n_factors must be an integer from 1 to min\\(m, n\\) = 2, got 3"),
        (lambda: svd.convergence_rate([2, 0], 2), "singular_values must be positive up to s_2, got 0"),
        (lambda: svd.explained_share([1, 2], TABLE), "target must have shape \\(3,\\) like the rows of factors"),
        (lambda: svd.explained_share([1, 1, 1], TABLE), "target must not be the same for all items"),
        (lambda: svd.explained_share([1, np.nan, 1], TABLE), "target must be finite, got nan"),
        (lambda: svd.explained_share([1, 2, 3], [1, 2, 3]), "factors must be a table"),
    ],
)
def test_says_which_argument_is_wrong(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda R: svd.user_means(R),
        lambda R: svd.fit(R, 1),
        lambda R: svd.predict_all(R, 1),
        lambda R: svd.fill(R, 0.0),
        lambda R: next(svd.iterated_fill(R, 1)),
        lambda R: next(svd.soft_impute(R, 1.0)),
    ],
)
def test_a_dense_table_is_refused_because_it_does_not_say_what_is_missing(call):
    with pytest.raises(TypeError, match=r"ratings must be a scipy.sparse.csr_array, got ndarray"):
        call(np.eye(3))


@pytest.mark.parametrize("call", [lambda m: svd.predict(m, [0.5], [0]), lambda m: svd.predict(m, [0], [True])])
def test_pairs_must_be_integers(call):
    with pytest.raises(TypeError, match=r"(users|items) must be integers"):
        call(svd.fit(STORED, 1))
