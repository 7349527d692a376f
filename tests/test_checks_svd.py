"""The tasks of lesson 03: mistakes as learners write them, and what is special to single tasks."""

from itertools import permutations

import numpy as np
import pytest
from checking import every_seed, judged, mistakes, notebook
from scipy.optimize import minimize
from scipy.sparse.linalg import svds

from recmath_lib import als, checks, factorization, svd
from recmath_lib.checks import svd as tasks
from recmath_lib.grading import grade

MANY_SEEDS = range(40)


# ---- wrong answers ---------------------------------------------------------------------------------------------------


def parts(R, observed):
    """What a learner has after the first step: ratings without nan, the mask and the means as a column."""
    mask = np.array(observed)
    stars = np.where(mask, R, 0.0)
    counts = mask.sum(axis=1)[:, None]
    return stars, mask, np.where(counts > 0, stars.sum(axis=1)[:, None] / np.maximum(counts, 1), stars[mask].mean())


def nearest(table, k):
    U, s, Vt = np.linalg.svd(table)
    return U[:, :k] @ np.diag(s[:k]) @ Vt[:k]


def mean_of_rows(R, observed, n_factors):
    table = np.nan_to_num(R) * observed
    means = np.mean(table, axis=1)[:, None]
    return means + nearest((table - means) * observed, n_factors)


def not_equal_to_zero(R, observed, n_factors):
    rated = R != 0
    stars, mask, means = parts(R, rated)
    return means + nearest(np.where(mask, stars - means, 0), n_factors)


def nanmean(R, observed, n_factors):
    table = np.where(observed, R, np.nan)
    means = np.nanmean(table, axis=1, keepdims=True)
    return means + nearest(np.nan_to_num(table - means), n_factors)


def nanmean_of_all_cells(R, observed, n_factors):
    means = np.nanmean(R, axis=1, keepdims=True)
    return means + nearest(np.where(observed, R - means, 0), n_factors)


def global_mean_first(R, observed, n_factors):
    filled = np.where(observed, R, np.mean(R[observed]))
    means = filled.mean(axis=1)[:, None]
    return means + nearest(filled - means, n_factors)


def flat_means(R, observed, n_factors):
    table = np.where(observed, R, np.nan)
    means = np.nanmean(table, axis=1)
    return means + nearest(np.nan_to_num(table - means), n_factors)


def times_the_mask(R, observed, n_factors):
    means = (R * observed).sum(axis=1) / np.maximum(observed.sum(axis=1), 1)
    means[observed.sum(axis=1) == 0] = R[observed].mean()
    return means[:, None] + nearest((R - means[:, None]) * observed, n_factors)


def centred_everywhere(R, observed, n_factors):
    stars, _, means = parts(R, observed)
    return means + nearest(stars - means, n_factors)


def means_filled_in(R, observed, n_factors):
    stars, mask, means = parts(R, observed)
    return nearest(np.where(mask, stars, means), n_factors)


def first_of_svds(R, observed, n_factors):
    stars, mask, means = parts(R, observed)
    left, values, right = np.linalg.svd(np.where(mask, stars - means, 0), full_matrices=False)
    left, values, right = left[:, ::-1], values[::-1], right[::-1]  # as svds and eigh return them
    return means + (left[:, :n_factors] * values[:n_factors]) @ right[:n_factors]


def first_of_eigh(R, observed, n_factors):
    stars, mask, means = parts(R, observed)
    centred = np.where(mask, stars - means, 0)
    V = np.linalg.eigh(np.dot(centred.T, centred)).eigenvectors[:, :n_factors]
    return means + centred @ V @ V.T


def only_the_values_sorted(R, observed, n_factors):
    stars, mask, means = parts(R, observed)
    table = np.where(mask, stars - means, 0)
    if n_factors == min(table.shape):
        left, values, right = (part[..., ::-1] for part in np.linalg.svd(table, full_matrices=False))
        right = right[::-1, ::-1]
    else:
        left, values, right = svds(table, k=n_factors)
    return means + left @ np.diag(sorted(values, reverse=True)) @ right


def v_transposed(R, observed, n_factors):
    stars, mask, means = parts(R, observed)
    U, s, V = np.linalg.svd(np.where(mask, stars - means, 0))
    return means + U[:, :n_factors] @ np.diag(s[:n_factors]) @ V[:, :n_factors].T


def factors_with_both_values(R, observed, n_factors):
    stars, mask, means = parts(R, observed)
    U, s, Vt = np.linalg.svd(np.where(mask, stars - means, 0), full_matrices=False)
    P, Q = U[:, :n_factors] * s[:n_factors], Vt[:n_factors].T * s[:n_factors]
    return means + P @ Q.T


def last_term_of_the_loop(R, observed, n_factors):
    stars, mask, means = parts(R, observed)
    U, s, Vt = np.linalg.svd(np.where(mask, stars - means, 0))
    predicted = means
    for term in range(n_factors):
        predicted = means + s[term] * np.outer(U[:, term], Vt[term])
    return predicted


def loop_from_one(R, observed, n_factors):
    stars, mask, means = parts(R, observed)
    U, s, Vt = np.linalg.svd(np.where(mask, stars - means, 0))
    return means + sum((s[i - 1] * np.outer(U[:, i - 1], Vt[i - 1]) for i in range(1, n_factors)), np.zeros(mask.shape))


def ridge(X, tau):
    return np.array(X) / (1.0 + tau)


def lasso(X, tau):
    return np.where(np.array(X) > tau, np.array(X) - tau, np.where(np.array(X) < -tau, np.array(X) + tau, 0))


def entries_above_tau(X, tau):
    return np.maximum(np.array(X, float) - tau, 0)


def roots_of_the_gram(X, tau):
    squares, V = np.linalg.eigh(np.array(X, float).T @ X)
    return X @ V @ np.diag([np.sqrt(max(w - tau, 0) / w) if w > 1e-12 else 0 for w in squares]) @ V.T


def subgradient_step(X, tau):
    U, _, Vt = np.linalg.svd(X, full_matrices=False)
    return X - tau * U @ Vt


def filtered(X, tau):
    U, s, Vt = np.linalg.svd(X, full_matrices=False)
    return (U * np.where(s >= tau, s, 0)) @ Vt


def proportional(X, tau):
    U, s, Vt = np.linalg.svd(X, full_matrices=False)
    return (U * np.maximum(s - tau * s.max(), 0)) @ Vt


def unweighted(X, weights, n_factors):
    return nearest(np.array(X, float), n_factors)


def by_the_weights(X, weights, n_factors):
    W = np.diag(weights)
    return np.linalg.inv(W) @ nearest(W @ X, n_factors)


def left_scaled(X, weights, n_factors):
    return nearest(np.diag(np.sqrt(weights)) @ X, n_factors)


def left_weighted(X, weights, n_factors):
    return nearest(np.diag(weights) @ X, n_factors)


def left_normalized(X, weights, n_factors):
    shares = weights / np.sum(weights)
    return nearest(np.sqrt(shares)[:, None] * X, n_factors)


def rows_of_the_heaviest(X, weights, n_factors):
    order = np.argsort(weights)[::-1]
    Z = np.zeros(X.shape)
    for user in order[:n_factors]:
        Z[user] = X[user]
    return Z


def weighted_afterwards(X, weights, n_factors):
    return np.sqrt(weights)[:, None] * nearest(np.array(X, float), n_factors)


def scaled_columns(X, weights, n_factors):
    return nearest(X * np.sqrt(weights), n_factors) / np.sqrt(weights)[:, None]


def repeated_users(X, weights, n_factors):
    people = np.repeat(X, weights.astype(int), axis=0)
    people = people if len(people) else np.zeros((1, X.shape[1]))
    V = np.linalg.svd(people)[2][:n_factors].T
    return X @ V @ V.T


@every_seed
@pytest.mark.parametrize(
    ("task", "mistake", "answer"),
    [
        ("03.1", "missing ratings counted in the mean", mean_of_rows),
        ("03.1", "observed read off R", not_equal_to_zero),
        ("03.1", "a user without ratings gets nan", nanmean),
        ("03.1", "missing cells read for the mean", nanmean_of_all_cells),
        ("03.1", "the global mean filled in first", global_mean_first),
        ("03.1", "means along the wrong axis", flat_means),
        ("03.1", "missing cells left nan", times_the_mask),
        ("03.1", "missing cells centred too", centred_everywhere),
        ("03.1", "not centred, means for the missing", means_filled_in),
        ("03.1", "the smallest singular values", first_of_svds),
        ("03.1", "the smallest singular values", first_of_eigh),
        ("03.1", "values and vectors in opposite orders", only_the_values_sorted),
        ("03.1", "V for its transpose", v_transposed),
        ("03.1", "singular values squared", factors_with_both_values),
        ("03.1", "only the last of the k factors", last_term_of_the_loop),
        ("03.1", "one factor too few", loop_from_one),
        ("03.2", "divided by 1 + tau", ridge),
        ("03.2", "entries instead of singular values", lasso),
        ("03.2", "entries instead of singular values", entries_above_tau),
        ("03.2", "threshold on the squares", roots_of_the_gram),
        ("03.2", "no stop at 0", subgradient_step),
        ("03.2", "hard threshold", filtered),
        ("03.2", "tau as a share of the largest", proportional),
        ("03.3", "weights ignored", unweighted),
        ("03.3", "weights for their roots", by_the_weights),
        ("03.3", "not divided back", left_scaled),
        ("03.3", "not divided back", left_weighted),
        ("03.3", "not divided back", left_normalized),
        ("03.3", "the k heaviest users", rows_of_the_heaviest),
        ("03.3", "weights after the cut", weighted_afterwards),
        ("03.3", "weights along the columns", scaled_columns),
        ("03.3", "weights cut to whole numbers", repeated_users),
        ("03.0", "lengths of the rows", [29**0.5, 29**0.5, 9, 10, 6]),
        ("03.0", "error not squared", [7, 3, 3, 10, 6]),
        ("03.0", "entries of XXᵀ", [29, 20, 9, 10, 6]),
        ("03.0", "entries of XXᵀ", [29**0.5, 20**0.5, 9, 10, 6]),
    ],
)
def test_a_mistake_is_named_as_learners_write_it(task, mistake, answer, seed):
    task = checks.find(task)
    assert judged(task, answer, seed).points < task.points
    assert mistakes(task, answer, seed) == [mistake]


def test_every_mistake_that_may_raise_is_on_a_list():
    assert {wrong.name for task in tasks.TASKS for wrong in task.wrong} >= tasks.RAISING


# ---- cases -----------------------------------------------------------------------------------------------------------


def test_the_nearest_table_of_each_case_is_the_only_one():
    for seed in MANY_SEEDS:
        tables = [
            (tasks.deviations(R * 1.0, observed), k) for R, observed, k in map(args, tasks.prediction_cases(seed))
        ]
        tables += [(np.sqrt(w)[:, None] * X, k) for X, w, k in map(args, tasks.weighted_cases(seed))]
        for table, k in tables:
            values = np.append(np.linalg.svd(table, compute_uv=False), 0)
            assert values[k - 1] > 1.25 * values[k] and values[k - 1] > 0.1


def test_no_singular_value_is_near_tau():
    for seed in MANY_SEEDS:
        for X, tau in map(args, tasks.shrinking_cases(seed)):
            assert np.abs(np.linalg.svd(X, compute_uv=False) - tau).min() > 0.1 or not X.any()


def args(case):
    """The arguments of a case."""
    return case.args


def test_each_sort_of_case_is_what_it_says():
    by_kind = {case.kind: case.args for case in tasks.prediction_cases(0)}
    assert np.isnan(by_kind["missing cells that hold nan"][0]).any()
    R, observed, _ = by_kind["missing cells that hold any number"]
    assert (R[~observed] > 5).all()
    R, observed, _ = by_kind["a true rating of 0"]
    assert (R[observed] == 0).any()
    R, observed, _ = by_kind["a user without ratings"]
    assert not observed.any(axis=1).all()
    R, observed, k = by_kind["the full rank, k = min(m, n)"]
    assert k == min(R.shape) and np.allclose(tasks.PREDICT.reference(R, observed, k)[observed], R[observed])
    predicted = tasks.PREDICT.reference(*by_kind["predictions beyond the scale"])
    assert predicted.min() < 0 and predicted.max() > 5
    assert by_kind["integers"][0].dtype == np.int64


# ---- right answers ---------------------------------------------------------------------------------------------------


def test_svds_as_learners_call_it_keeps_the_rules():
    def svd_predict(R, observed, n_factors):
        stars, mask, means = parts(R, observed)
        table = np.where(mask, stars - means, 0)
        if n_factors == min(table.shape):
            return means + table
        U, s, Vt = svds(table, k=n_factors)
        return means + U * s @ Vt

    assert grade("03.1", svd_predict).points == tasks.PREDICT.points


@every_seed
def test_soft_thresholding_is_the_minimizer(seed):
    """X − Z is tau times a subgradient of the nuclear norm at Z: a certificate, since the objective is convex."""
    for X, tau in map(args, tasks.shrinking_cases(seed)):
        Z = tasks.SHRINK.reference(X, tau)
        assert np.linalg.norm(X - Z, 2) <= tau + 1e-9
        assert np.sum((X - Z) * Z) == pytest.approx(tau * np.linalg.norm(Z, "nuc"), rel=1e-9, abs=1e-9)


@every_seed
def test_no_factors_have_a_lower_weighted_error(seed):
    for X, weights, k in map(args, tasks.weighted_cases(seed)):
        m, n = X.shape
        Z = tasks.row_weighted_low_rank(X, weights, k)
        reached = weights @ np.sum((X - Z) ** 2, axis=1)
        starts = np.random.default_rng(seed).normal(size=(3, (m + n) * k))
        found = min(minimize(weighted_error, start, (X, weights, k), tol=1e-12).fun for start in starts)
        assert np.linalg.matrix_rank(Z, tol=1e-8) <= k
        assert reached == pytest.approx(found, rel=1e-5, abs=1e-7) and reached <= found + 1e-9


def weighted_error(numbers, X, weights, k):
    """What task 03.3 minimizes, as a function of the entries of two factors."""
    P, Q = np.split(numbers, [len(X) * k])
    return weights @ np.sum((X - P.reshape(-1, k) @ Q.reshape(-1, k).T) ** 2, axis=1)


def test_the_transfer_task_is_answered_nowhere_in_the_library():
    assert not any(hasattr(module, tasks.WEIGHTED.name) for module in (svd, als, factorization))


# ---- single tasks ----------------------------------------------------------------------------------------------------


def test_five_numbers_by_hand():
    (a, b), (_, d) = (np.dot(tasks.BY_HAND_TABLE, np.transpose(tasks.BY_HAND_TABLE))).tolist()
    assert a == d  # so the eigenvalues are a + b and a − b
    s, t = (a + b) ** 0.5, (a - b) ** 0.5
    assert tasks.BY_HAND.expected == pytest.approx(
        {"largest": s, "second": t, "error": t**2, "nuclear": s + t, "soft": s - 1}, rel=1e-12
    )


def test_every_order_of_the_proof_that_keeps_the_dependences_is_right():
    task = tasks.NUCLEAR
    orders = ["".join(order) + "if" for order in permutations("abcdeghj")]
    right = [order for order in orders if task.missing(order) is None]
    assert len(right) == 140 + 24 and {order[0] for order in right} == {"e", "g"}  # g is arithmetic, it needs nothing
    assert all(grade(task, order).points == task.points for order in right[::10])


def test_the_options_about_reg_are_what_they_say():
    s, reg = np.array([5.0, 4, 3, 2, 1]), 1.5
    said = {
        "a": s / (1 + reg),
        "b": np.where(s > reg, s, 0),
        "c": np.maximum(s - reg, 0),
        "d": s * s**2 / (s**2 + reg),
    }
    for key, values in said.items():
        printed = [float(number) for number in tasks.ALS_AND_REG.options[key].partition(":")[0].split(",")]
        assert printed == pytest.approx(values, abs=0.005)


def test_als_with_the_plain_penalty_has_the_singular_values_of_the_right_option():
    rng = np.random.default_rng(0)
    A, B = (np.linalg.qr(rng.normal(size=(n, 5)))[0] for n in (8, 6))
    table, items = A @ np.diag([5.0, 4, 3, 2, 1]) @ B.T, rng.normal(size=(6, 5))
    for _ in range(300):
        users = table @ items @ np.linalg.inv(items.T @ items + 1.5 * np.eye(5))
        items = table.T @ users @ np.linalg.inv(users.T @ users + 1.5 * np.eye(5))
    assert np.linalg.svd(users @ items.T, compute_uv=False)[:5] == pytest.approx([3.5, 2.5, 1.5, 0.5, 0], abs=1e-6)


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """What the cells of the solved exercise define."""
    return notebook("03", "solutions")


def test_what_the_first_choice_says_is_shown(shown):
    error = {name: (shown["centred"] - shown[name]) ** 2 for name in ("once", "again")}
    rated = shown["rated"]
    assert error["again"][rated].sum() < error["once"][rated].sum() and error["once"].sum() < error["again"].sum()
    m, n = rated.shape
    assert rated.sum() == 20 and 2 * (m + n - 2) == 18


def test_what_the_second_choice_says_is_shown(shown):
    ratings, seen, held_out, cut = (shown[name] for name in ("ratings", "seen", "held_out", "cut"))
    filled = np.where(seen, ratings, 0)
    rmse = [np.sqrt(np.mean((ratings - cut(filled, k))[held_out] ** 2)) for k in range(61)]
    assert np.argmin(rmse) == 3 and rmse[60] == pytest.approx(rmse[0]) and rmse[3] < rmse[2] < rmse[1]
    squares = np.cumsum(shown["squares"]) / shown["squares"].sum()
    assert squares[19] < 0.8 < squares[58] and rmse[3] < min(rmse[20:])
    assert shown["squares"][2] < 0.55 * shown["squares"][1] and np.mean(seen) == pytest.approx(0.6, abs=0.02)


def test_what_the_third_choice_says_is_shown(shown):
    cosines = np.abs(shown["first"][2][:3] @ shown["second"][2][:3].T)
    assert cosines[1, 2] > 0.9 > 0.5 > cosines[1, 1] and shown["planes"].min() > 0.99
    assert np.sqrt(np.mean((shown["one"] - shown["two"]) ** 2)) < 0.1 * shown["one"].std()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"R": [[5, 1], [1, 5]], "observed": [[True] * 2] * 2, "n_factors": 2}, "below the smaller side, 2"),
        ({"R": [[1] * 7] * 3, "observed": [[True] * 7] * 3, "n_factors": 2}, "at most 6 users and 6 films"),
        ({"R": [[3, 3, 3]] * 3, "observed": [[True] * 3] * 3, "n_factors": 2}, "singular value number 2"),
        ({"R": [[5, np.nan, 1]] * 3, "observed": [[True] * 3] * 3, "n_factors": 2}, "R must be finite"),
        ({"R": [[5, 1, 2]] * 3, "observed": [[1] * 3] * 3, "n_factors": 2}, "observed must hold booleans"),
        ({"R": [[5, 1, 2]] * 3, "observed": [[True] * 3] * 3}, "svd_predict_listing"),  # as the exercise prints it
    ],
)
def test_a_counter_example_keeps_the_rules(answer, said):
    report = grade(tasks.ORDER_OF_VALUES, answer)
    assert report.points == 0 and said in report.findings[0].sentences[0]


@every_seed
def test_the_listing_is_right_with_one_factor_and_wrong_with_two(seed):
    rng = np.random.default_rng(seed)
    R, observed = rng.integers(0, 6, (5, 5)).astype(float), rng.random((5, 5)) < 0.8
    right = tasks.PREDICT.reference
    assert tasks.svd_predict_listing(R, observed, 1) == pytest.approx(right(R, observed, 1), abs=1e-9)
    assert not np.allclose(tasks.svd_predict_listing(R, observed, 2), right(R, observed, 2), atol=1e-3)
