"""Lesson 02: alternating least squares. Each half of a sweep solves one ridge regression per row, exactly.

First the equation for one row, then all rows in a loop, then in one array expression; `kernels` has the fast version,
and the tests hold all of them equal. Users and items are two sides of one function: items are the users of ratings.T.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from tqdm.auto import tqdm

from recmath_lib import kernels
from recmath_lib._arguments import above_zero, at_least_zero, factor_table, floats, generator, rank, whole
from recmath_lib.factorization import (
    START_SCALE,
    Factors,
    factor_pair,
    last,
    not_empty,
    objective,
    penalty_counts,
    predict,
)
from recmath_lib.ratings import checked, rows_of, with_data

Floats = NDArray[np.floating]


# ---- one row ---------------------------------------------------------------------------------------------------------


def row_loss(factor: ArrayLike, rated_factors: ArrayLike, ratings: ArrayLike, penalty: float) -> float:
    """What one user adds to the objective while the item factors stand still, Eq. (2.1).

    Args:
        factor: the user's vector p_u, shape (k,).
        rated_factors: Q_u, a row for each item the user rated, shape (n_u, k).
        ratings: r_u, shape (n_u,).
        penalty: lambda c_u >= 0: reg, or reg times n_u.
    """
    p, Q = np.asarray(factor, dtype=float), np.asarray(rated_factors, dtype=float)
    errors = np.asarray(ratings, dtype=float) - Q @ p
    return float(errors @ errors + penalty * p @ p)


def update_row(rated_factors: ArrayLike, ratings: ArrayLike, penalty: float) -> Floats:
    """The vector that minimizes the row's loss, by its normal equations, Eq. (2.2).

    Args:
        rated_factors: Q_u, a row for each item the user rated, shape (n_u, k).
        ratings: r_u, shape (n_u,).
        penalty: lambda c_u >= 0: reg, or reg times n_u.

    Returns:
        p_u, shape (k,); zeros for a user without ratings.

    Raises:
        ValueError: the rated factors and a penalty of 0 leave p_u open.

    Source: Zhou et al. (2008), Large-scale parallel collaborative filtering for the Netflix prize.
    """
    Q, r = np.asarray(rated_factors), np.asarray(ratings)
    k = Q.shape[1]
    if not len(r):
        return np.zeros(k)
    if not penalty and np.linalg.matrix_rank(Q) < k:
        raise ValueError(f"penalty must be > 0 where {len(r)} ratings do not determine {k} factors")
    return np.linalg.solve(Q.T @ Q + penalty * np.eye(k), Q.T @ r)


def update_row_augmented(rated_factors: ArrayLike, ratings: ArrayLike, penalty: float) -> Floats:
    """The same vector as ordinary least squares with k more rows: sqrt(penalty) times I, rated 0, Eq. (2.3).

    Args:
        rated_factors, ratings, penalty: as in `update_row`.

    Returns:
        p_u, shape (k,); where the data leave it open, the shortest one.
    """
    Q, r = np.asarray(rated_factors), np.asarray(ratings)
    k = Q.shape[1]
    return np.linalg.lstsq(np.vstack([Q, penalty**0.5 * np.eye(k)]), np.append(r, np.zeros(k)))[0]


def update_row_dual(rated_factors: ArrayLike, ratings: ArrayLike, penalty: float) -> Floats:
    """The same vector from a system with one unknown per rating, cheaper where n_u < k, Eq. (2.9).

    Args:
        rated_factors, ratings: as in `update_row`.
        penalty: lambda c_u > 0.

    Returns:
        p_u, shape (k,).
    """
    Q, r = np.asarray(rated_factors), np.asarray(ratings)
    return Q.T @ np.linalg.solve(Q @ Q.T + penalty * np.eye(len(r)), r)


# ---- all rows: half a sweep ------------------------------------------------------------------------------------------


def half_step_loop(ratings: csr_array, factors: ArrayLike, reg: float, weighted: bool = False) -> Floats:
    """All users one after another, see Eq. (2.2); arguments, result and errors as in `half_step`."""
    ratings, Q, penalties = _half_problem(ratings, factors, reg, weighted)
    rows = []
    for user in range(ratings.shape[0]):
        rated = slice(ratings.indptr[user], ratings.indptr[user + 1])
        rows.append(update_row(Q[ratings.indices[rated]], ratings.data[rated], penalties[user]))
    return np.array(rows, dtype=Q.dtype).reshape(-1, Q.shape[1])


def half_step_batched(ratings: csr_array, factors: ArrayLike, reg: float, weighted: bool = False) -> Floats:
    """All users in one array expression, see Eq. (2.2); arguments, result and errors as in `half_step`.

    Row i of `outer` is q_i q_iᵀ, flattened. A sparse product with ones where ratings are stored adds up, for each user,
    those of the rated items: all k × k matrices at once. That takes (m + n) k² numbers, so it is for small k.
    """
    ratings, Q, penalties = _half_problem(ratings, factors, reg, weighted)
    k = Q.shape[1]
    outer = (Q[:, :, None] * Q[:, None, :]).reshape(-1, k * k)
    stored = csr_array((np.ones_like(ratings.data), ratings.indices, ratings.indptr), shape=ratings.shape)
    # A row without ratings has the right side 0: with any penalty but 0 it gets zeros.
    penalties = np.where(np.diff(ratings.indptr), penalties, 1).astype(Q.dtype)
    left = (stored @ outer).reshape(-1, k, k) + penalties[:, None, None] * np.eye(k, dtype=Q.dtype)
    return np.linalg.solve(left, (ratings @ Q)[:, :, None])[:, :, 0]


def half_step(
    ratings: csr_array, factors: ArrayLike, reg: float, weighted: bool = False, *, plan: kernels.Plan | None = None
) -> Floats:
    """Best factors of all users while those of the items stand still, Eq. (2.4). For the items: of `ratings.T.tocsr()`.

    Args:
        ratings: csr_array, shape (m, n), float32 or float64.
        factors: item factors Q, shape (n, k).
        reg: penalty weight lambda >= 0.
        weighted: True multiplies lambda by each row's number of ratings (ALS-WR).
        plan: what `kernels.prepare` made of these ratings, to save that work in every further half-step.

    Returns:
        User factors P, shape (m, k), of the type of the ratings; zeros for a user without ratings.

    Raises:
        TypeError: ratings is no csr_array.
        ValueError: shapes that do not fit, nan, a negative reg, or reg = 0 where ratings leave a vector open.

    Source: Zhou et al. (2008), Large-scale parallel collaborative filtering for the Netflix prize.
    """
    ratings, Q, penalties = _half_problem(ratings, factors, reg, weighted)
    return kernels.solve_rows(_plan_for(ratings, Q, plan), Q, penalties)


# ---- sweeps ----------------------------------------------------------------------------------------------------------


def sweeps(
    ratings: csr_array,
    n_factors: int,
    reg: float,
    *,
    weighted: bool = False,
    n_sweeps: int = 20,
    tol: float = 0.0,
    seed: int | np.random.Generator | None = None,
    init: ArrayLike | None = None,
    progress: bool = False,
) -> Iterator[Factors]:
    """One state per sweep: all users from the items, then all items from the NEW users, Eq. (2.5).

    Args:
        ratings: csr_array, shape (m, n), at least one stored entry; float32 is computed in float32.
        n_factors: k, from 1 to min(m, n).
        reg: penalty weight lambda >= 0; at 0 a row with fewer than k ratings has no unique solution.
        weighted: True multiplies lambda by each row's number of ratings (ALS-WR).
        n_sweeps: at most this many, at least 1.
        tol: ends after a sweep that lowers the objective by no more than this share of it; 0 never does.
        seed: of the random start, an integer or a Generator; None draws a different one each time.
        init: item factors to start from, shape (n, k), instead of random ones. (User factors are never needed.)
        progress: True shows a bar.

    Yields:
        `Factors` with step 1, 2, ...; its objective is the one that these steps minimize.

    Raises:
        TypeError: ratings is no csr_array.
        ValueError: an argument out of range, or reg = 0 where a row's ratings leave its vector open.

    Source: Zhou et al. (2008), Large-scale parallel collaborative filtering for the Netflix prize.
    """
    ratings = not_empty(ratings)
    n_factors, n_sweeps, tol = rank(n_factors, ratings.shape), whole(n_sweeps, "n_sweeps"), at_least_zero(tol, "tol")
    at_least_zero(reg, "reg")
    Q = _start(ratings, n_factors, seed, init)
    return _sweeps(ratings, Q, reg, weighted, tol, tqdm(range(1, n_sweeps + 1), disable=not progress))


def fit(
    ratings: csr_array,
    n_factors: int,
    reg: float,
    *,
    weighted: bool = False,
    n_sweeps: int = 20,
    tol: float = 0.0,
    seed: int | np.random.Generator | None = None,
    init: ArrayLike | None = None,
    progress: bool = False,
) -> Factors:
    """The last state of `sweeps`; arguments and errors as there."""
    options: dict[str, Any] = {"n_sweeps": n_sweeps, "tol": tol, "seed": seed, "init": init, "progress": progress}
    return last(sweeps(ratings, n_factors, reg, weighted=weighted, **options))


# ---- what to check of it ---------------------------------------------------------------------------------------------


def decrease(ratings: csr_array, before: ArrayLike, factors: ArrayLike, reg: float, weighted: bool = False) -> float:
    """By how much a half-step lowers its objective: a sum of squares, never negative, Eq. (2.6).

    Args:
        ratings: csr_array, shape (m, n).
        before: user factors before the half-step, shape (m, k).
        factors: item factors Q, shape (n, k).
        reg, weighted: as in `half_step`.

    Raises:
        TypeError, ValueError: as `half_step`.
    """
    ratings, Q, penalties = _half_problem(ratings, factors, reg, weighted)
    moves = factor_table(before, "before", ratings.shape[0]) - half_step(ratings, Q, reg, weighted)
    stored = csr_array((np.ones_like(ratings.data), ratings.indices, ratings.indptr), shape=ratings.shape)
    seen = np.einsum("ek,ek->e", np.repeat(moves, np.diff(ratings.indptr), axis=0), Q[stored.indices])
    return float(seen @ seen + penalties @ np.sum(moves**2, axis=1))


def imbalance(ratings: csr_array, user_factors: ArrayLike, item_factors: ArrayLike, weighted: bool = False) -> float:
    """How far the factors are from the balance of every stationary point, 0 to 1, Eq. (2.7).

    Args:
        ratings: csr_array, shape (m, n).
        user_factors: P, shape (m, k).
        item_factors: Q, shape (n, k).
        weighted: which of the two objectives was minimized.

    Returns:
        0 at every stationary point (reg > 0), but not only there; 0 also for factors that are all zero.

    Raises:
        TypeError: ratings is no csr_array.
        ValueError: shapes that do not fit, or nan.
    """
    ratings = checked(ratings)
    P = factor_table(user_factors, "user_factors", ratings.shape[0])
    Q = factor_table(item_factors, "item_factors", ratings.shape[1])
    by_user, by_item = penalty_counts(ratings, weighted)
    of_users, of_items = P.T @ (by_user[:, None] * P), Q.T @ (by_item[:, None] * Q)
    size = np.linalg.norm(of_users) + np.linalg.norm(of_items)
    return float(np.linalg.norm(of_users - of_items) / size) if size else 0.0


def flops(n_ratings: int, n_rows: int, n_factors: int) -> float:
    """Floating-point operations of a sweep, additions and multiplications, leading terms, Eq. (2.8).

    Args:
        n_ratings: N, each used once by its user and once by its item.
        n_rows: m + n, the systems to solve.
        n_factors: k.
    """
    k = float(n_factors)
    return 2 * n_ratings * k * (k + 1) + n_rows * k**3 / 3


# ---- implicit feedback (lesson 05) -----------------------------------------------------------------------------------


def confidence(plays: csr_array, alpha: float) -> csr_array:
    """How sure each click is: 1 + alpha r, where a film without a click has confidence 1, Eq. (5.13).

    Args:
        plays: r_ui >= 0, how often or how much, csr_array, shape (m, n).
        alpha: weight of a play >= 0.

    Returns:
        csr_array with the same stored entries, in the type of plays if that is a floating type.

    Raises:
        TypeError: plays is no csr_array.
        ValueError: negative or nan plays, or a negative alpha.

    Source: Hu, Koren and Volinsky (2008), Collaborative filtering for implicit feedback datasets.
    """
    plays, alpha = checked(plays, "plays"), at_least_zero(alpha, "alpha")
    if (plays.data < 0).any():
        raise ValueError(f"plays must be >= 0, got {plays.data.min()}")
    values = plays.data if np.issubdtype(plays.dtype, np.floating) else plays.data.astype(float)
    return with_data(plays, 1 + alpha * values)


def implicit_objective(confidence: csr_array, user_factors: ArrayLike, item_factors: ArrayLike, reg: float) -> float:
    """Squared error of all m n cells, each times its confidence, plus a penalty, Eq. (5.14).

    A stored cell wants 1 with its confidence c, every other cell wants 0 with confidence 1. The sum over all cells is
    taken without them: that of (p·q)² is tr(PᵀP QᵀQ), and stored cells add c (1 − p·q)² − (p·q)².

    Args:
        confidence: csr_array, shape (m, n), stored entries >= 1.
        user_factors: P, shape (m, k).
        item_factors: Q, shape (n, k).
        reg: penalty weight lambda >= 0.

    Raises:
        TypeError: confidence is no csr_array.
        ValueError: shapes that do not fit, nan, a confidence below 1, or a negative reg.

    Source: Hu, Koren and Volinsky (2008), Collaborative filtering for implicit feedback datasets.
    """
    confidence = _confident(confidence)
    P, Q = (table.astype(float) for table in factor_pair(user_factors, item_factors, *confidence.shape))
    scores = predict(P, Q, rows_of(confidence), confidence.indices)
    everywhere = np.sum((P.T @ P) * (Q.T @ Q))
    stored = np.sum(confidence.data.astype(float) * (1 - scores) ** 2 - scores**2)
    return float(everywhere + stored + at_least_zero(reg, "reg") * (np.sum(P**2) + np.sum(Q**2)))


def implicit_update_row(item_factors: ArrayLike, preference: ArrayLike, confidence: ArrayLike, reg: float) -> Floats:
    """The vector that minimizes one user's part of that objective, from all n cells of the user, Eq. (5.15).

    Args:
        item_factors: Q, shape (n, k).
        preference: what each cell wants, 0 or 1, shape (n,).
        confidence: how sure each cell is, >= 1, shape (n,).
        reg: penalty weight lambda > 0.

    Returns:
        p_u = (QᵀCQ + lambda I)⁻¹ QᵀC·preference, shape (k,).

    Raises:
        ValueError: lists that are not as long as Q, nan, a confidence below 1, or a reg that is not > 0.

    Source: Hu, Koren and Volinsky (2008), Collaborative filtering for implicit feedback datasets.
    """
    Q = factor_table(item_factors, "item_factors", None)
    wanted, c = (
        _per_item(values, name, len(Q)) for values, name in ((preference, "preference"), (confidence, "confidence"))
    )
    if (c < 1).any():
        raise ValueError(f"confidence must be >= 1, got {c.min()}")
    return np.linalg.solve(Q.T @ (c[:, None] * Q) + above_zero(reg, "reg") * np.eye(Q.shape[1]), Q.T @ (c * wanted))


def implicit_half_step_loop(confidence: csr_array, factors: ArrayLike, reg: float) -> Floats:
    """All users one after another, each from its stored cells and the Gram matrix of all items, Eq. (5.16).

    QᵀC_uQ = QᵀQ + Q_uᵀ(C_u − I)Q_u: QᵀQ is one matrix for everybody, Q_u has a row for each stored cell of u only.

    Args, Returns and Raises: as in `implicit_half_step`.
    """
    confidence, Q, reg = _implicit_problem(confidence, factors, reg)
    everybody = Q.T @ Q + reg * np.eye(Q.shape[1], dtype=Q.dtype)
    solutions = np.zeros((confidence.shape[0], Q.shape[1]), Q.dtype)
    for user in range(len(solutions)):
        stored = slice(confidence.indptr[user], confidence.indptr[user + 1])
        own, c = Q[confidence.indices[stored]], confidence.data[stored]
        solutions[user] = np.linalg.solve(everybody + own.T @ ((c - 1)[:, None] * own), own.T @ c)
    return solutions


def implicit_half_step(
    confidence: csr_array, factors: ArrayLike, reg: float, *, plan: kernels.Plan | None = None
) -> Floats:
    """Best factors of all users while those of the items stand still, from all cells, Eq. (5.16).

    Args:
        confidence: csr_array, shape (m, n), stored entries >= 1, float32 or float64.
        factors: item factors Q, shape (n, k).
        reg: penalty weight lambda > 0.
        plan: what `kernels.prepare` made of this confidence, to save that work in every further half-step.

    Returns:
        User factors P, shape (m, k), of the type of the confidence; zeros for a user without a stored entry.

    Raises:
        TypeError: confidence is no csr_array.
        ValueError: shapes that do not fit, nan, a confidence below 1, or a reg that is not > 0.

    Source: Hu, Koren and Volinsky (2008), Collaborative filtering for implicit feedback datasets.
    """
    confidence, Q, reg = _implicit_problem(confidence, factors, reg)
    return kernels.solve_confident_rows(_plan_for(confidence, Q, plan), Q, reg)


def implicit_sweeps(
    confidence: csr_array,
    n_factors: int,
    reg: float,
    *,
    n_sweeps: int = 20,
    seed: int | np.random.Generator | None = None,
    init: ArrayLike | None = None,
    progress: bool = False,
) -> Iterator[Factors]:
    """One state per sweep: all users from the items, then all items from the NEW users; for each half see Eq. (5.16).

    Args:
        confidence: csr_array, shape (m, n), stored entries >= 1, at least one; float32 is computed in float32.
        n_factors: k, from 1 to min(m, n).
        reg: penalty weight lambda > 0.
        n_sweeps: how many, at least 1.
        seed: of the random start, an integer or a Generator; None draws a different one each time.
        init: item factors to start from, shape (n, k), instead of random ones.
        progress: True shows a bar.

    Yields:
        `Factors` with step 1, 2, ...; its objective is `implicit_objective`, which no half-step raises.

    Raises:
        TypeError: confidence is no csr_array.
        ValueError: an argument out of range.

    Source: Hu, Koren and Volinsky (2008), Collaborative filtering for implicit feedback datasets.
    """
    confidence = _confident(confidence)
    if confidence.nnz == 0:
        raise ValueError("confidence must have at least one stored entry, got none")
    n_factors, n_sweeps = rank(n_factors, confidence.shape), whole(n_sweeps, "n_sweeps")
    Q = _start(confidence, n_factors, seed, init)
    _implicit_problem(confidence, Q, reg)
    return _implicit_sweeps(confidence, Q, reg, tqdm(range(1, n_sweeps + 1), disable=not progress))


def implicit_fit(
    confidence: csr_array,
    n_factors: int,
    reg: float,
    *,
    n_sweeps: int = 20,
    seed: int | np.random.Generator | None = None,
    init: ArrayLike | None = None,
    progress: bool = False,
) -> Factors:
    """The last state of `implicit_sweeps`; arguments and errors as there."""
    options: dict[str, Any] = {"n_sweeps": n_sweeps, "seed": seed, "init": init, "progress": progress}
    return last(implicit_sweeps(confidence, n_factors, reg, **options))


# ---------------------------------------------------------------- how it is done


def _half_problem(
    ratings: csr_array, factors: ArrayLike, reg: float, weighted: bool
) -> tuple[csr_array, Floats, Floats]:
    """Ratings and factors of one floating type, and lambda c_u for each row."""
    ratings = checked(ratings)
    dtype = np.float32 if ratings.dtype == np.float32 else np.float64
    Q: Floats = factor_table(factors, "factors", ratings.shape[1]).astype(dtype, copy=False)
    n_rated = np.diff(ratings.indptr)  # of this side only: to count the other takes longer than all else here
    penalties = at_least_zero(reg, "reg") * (n_rated if weighted else np.ones(n_rated.size))
    short = np.flatnonzero((penalties == 0) & (n_rated > 0) & (n_rated < Q.shape[1]))
    if short.size:
        raise ValueError(f"reg must be > 0: at 0 the ratings of row {short[0]} leave some factors open")
    return ratings.astype(dtype, copy=False), Q, penalties.astype(dtype)


def _plan_for(matrix: csr_array, Q: Floats, plan: kernels.Plan | None) -> kernels.Plan:
    if plan is None:
        return kernels.prepare(matrix, Q.shape[1], Q.dtype)
    if plan.shape != matrix.shape or plan.n_factors != Q.shape[1]:
        wanted = f"a matrix of shape {matrix.shape} and {Q.shape[1]} factors"
        raise ValueError(f"plan must be of {wanted}, got one of shape {plan.shape} and {plan.n_factors} factors")
    return plan


def _start(
    ratings: csr_array, n_factors: int, seed: int | np.random.Generator | None, init: ArrayLike | None
) -> Floats:
    n = ratings.shape[1]
    if init is None:
        rng = np.random.default_rng() if seed is None else generator(seed)
        return rng.normal(0, START_SCALE, (n, n_factors))
    Q = factor_table(init, "init", n)
    if Q.shape[1] != n_factors:
        raise ValueError(f"init must have shape ({n}, {n_factors}), got {Q.shape}")
    return Q


def _sweeps(
    ratings: csr_array, Q: Floats, reg: float, weighted: bool, tol: float, steps: "tqdm[int]"
) -> Iterator[Factors]:
    by_user, by_item = _plans(ratings, Q.shape[1])
    of_users, of_items = (reg * counts for counts in penalty_counts(ratings, weighted))
    before = np.inf
    for step in steps:
        P = kernels.solve_rows(by_user, Q, of_users)
        Q = kernels.solve_rows(by_item, P, of_items)
        now = objective(ratings, P, Q, reg, weighted)
        yield Factors(step, now, P, Q)
        if tol and before - now <= tol * now:
            return
        before = now


def _plans(ratings: csr_array, n_factors: int) -> tuple[kernels.Plan, kernels.Plan]:
    """Of both sides. The items' comes first, so that the transposed ratings are gone before the other is made."""
    dtype = np.float32 if ratings.dtype == np.float32 else np.float64
    by_item = kernels.prepare(ratings.T.tocsr().astype(dtype, copy=False), n_factors, dtype)
    return kernels.prepare(ratings.astype(dtype, copy=False), n_factors, dtype), by_item


def _per_item(values: ArrayLike, name: str, n: int) -> Floats:
    given = floats(values, name)
    if given.shape != (n,) or not np.isfinite(given).all():
        raise ValueError(f"{name} must be {n} finite numbers, one for each item, got {given}")
    return given


def _confident(confidence: csr_array) -> csr_array:
    confidence = checked(confidence, "confidence")
    if (confidence.data < 1).any():
        raise ValueError(f"confidence must be >= 1 where it is stored, got {confidence.data.min()}")
    return confidence


def _implicit_problem(confidence: csr_array, factors: ArrayLike, reg: float) -> tuple[csr_array, Floats, float]:
    """Confidence and factors of one floating type, and reg."""
    confidence = _confident(confidence)
    dtype = np.float32 if confidence.dtype == np.float32 else np.float64
    Q: Floats = factor_table(factors, "factors", confidence.shape[1]).astype(dtype, copy=False)
    return confidence.astype(dtype, copy=False), Q, above_zero(reg, "reg")


def _implicit_sweeps(confidence: csr_array, Q: Floats, reg: float, steps: "tqdm[int]") -> Iterator[Factors]:
    by_user, by_item = _plans(confidence, Q.shape[1])
    for step in steps:
        P = kernels.solve_confident_rows(by_user, Q, reg)
        Q = kernels.solve_confident_rows(by_item, P, reg)
        yield Factors(step, implicit_objective(confidence, P, Q, reg), P, Q)
