"""Lesson 03: the singular value decomposition of ratings: what it is best at, and what missing ratings break.

`fit` needs only the stored ratings, in sparse form. `predict_all`, `iterated_fill` and `soft_impute` fill a whole m × n
table: they are for matrices that fit on a screen.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import svd as dense_svd
from scipy.sparse import csr_array
from scipy.sparse.linalg import svds

from recmath_lib._arguments import at_least_zero, floats, ids, is_whole, rank, whole
from recmath_lib.factorization import not_empty
from recmath_lib.ratings import checked, rows_of, with_data

Floats = NDArray[np.floating]


# ---- a full matrix ---------------------------------------------------------------------------------------------------


def decompose(matrix: ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Singular vectors and values, R = A diag(s) Bᵀ, with fixed signs, Eq. (3.1).

    Args:
        matrix: finite numbers, shape (m, n).

    Returns:
        (A, s, B): shapes (m, r), (r,), (n, r) with r = min(m, n); s falls. The largest entry of each column of B is
        positive: a decomposition leaves the sign of each pair of vectors open.

    Raises:
        ValueError: no table of finite numbers, or an empty one.
    """
    left, values, right = dense_svd(_table(matrix, "matrix"), full_matrices=False)
    signs = _signs(right.T)
    return left * signs, values, right.T * signs


def truncate(matrix: ArrayLike, n_factors: int) -> Floats:
    """The nearest matrix of rank k, the first k terms of the decomposition, Eq. (3.2).

    Args:
        matrix: finite numbers, shape (m, n).
        n_factors: k, from 0 (all zeros) to min(m, n).

    Raises:
        ValueError: no table of finite numbers, or k out of range.

    Source: Eckart and Young (1936), The approximation of one matrix by another of lower rank.
    """
    A, s, B = decompose(matrix)
    if not is_whole(n_factors, 0) or n_factors > s.size:
        raise ValueError(f"n_factors must be an integer from 0 to {s.size}, got {n_factors!r}")
    return (A[:, :n_factors] * s[:n_factors]) @ B[:, :n_factors].T


def truncation_error(singular_values: ArrayLike, n_factors: int) -> float:
    """Squared error of the best matrix of rank k: the squares of the values left out, Eq. (3.3).

    Args:
        singular_values: s, falling, shape (r,).
        n_factors: k >= 0.

    Raises:
        ValueError: a k that is negative or no integer.
    """
    return float(np.sum(floats(singular_values, "singular_values")[whole(n_factors, "n_factors", least=0) :] ** 2))


# ---- ratings: centre, decompose, add back ----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class SVDModel:
    """A truncated decomposition of centred ratings.

    Attributes:
        user_means: mean of each user's ratings, shape (m,); the mean of all ratings for a user without any.
        user_vectors: A, shape (m, k).
        singular_values: s, falling, shape (k,).
        item_vectors: B, shape (n, k); the largest entry of each column is positive.
    """

    user_means: Floats
    user_vectors: Floats
    singular_values: Floats
    item_vectors: Floats

    def predict(self, users: ArrayLike, items: ArrayLike) -> Floats:
        """Predicted ratings of pairs, see Eq. (3.5); arguments as in `predict`."""
        return predict(self, users, items)


def user_means(ratings: csr_array) -> Floats:
    """Mean rating of each user over the OBSERVED ratings, Eq. (3.4); the mean of all ratings for a user without any.

    Args:
        ratings: csr_array, shape (m, n), at least one stored entry.

    Returns:
        Means in stars, shape (m,).

    Raises:
        TypeError: ratings is no csr_array.
        ValueError: ratings has no stored entry.
    """
    ratings = not_empty(ratings)
    counts = np.diff(ratings.indptr)
    totals = np.bincount(rows_of(ratings), weights=ratings.data, minlength=ratings.shape[0])
    return np.where(counts > 0, totals / np.maximum(counts, 1), ratings.data.mean())


def fit(ratings: csr_array, n_factors: int) -> SVDModel:
    """Truncated SVD of the ratings minus user means, where a missing one counts as 0, that is as the mean.

    Args:
        ratings: csr_array, shape (m, n), at least one stored entry. No dense m × n array is made for k < min(m, n).
        n_factors: k, from 1 to min(m, n).

    Raises:
        TypeError: ratings is no csr_array.
        ValueError: ratings has no stored entry, or k out of range.

    Source: Sarwar et al. (2000), Application of dimensionality reduction in recommender system.
    """
    ratings = not_empty(ratings)
    n_factors, means = rank(n_factors, ratings.shape), user_means(ratings)
    centred = with_data(ratings, ratings.data - means[rows_of(ratings)])
    return SVDModel(means, *_largest(centred, n_factors))


def predict(model: SVDModel, users: ArrayLike, items: ArrayLike) -> Floats:
    """Predicted rating of each pair: the user's mean plus the low-rank part, Eq. (3.5). Not clipped to the scale.

    Args:
        model: what `fit` returned.
        users: user numbers from 0 to m - 1, integers of any shape.
        items: item numbers from 0 to n - 1, integers; users and items broadcast together.

    Raises:
        TypeError: users or items are not integers.
        ValueError: a number is out of range.
    """
    u, i = ids(users, "users", len(model.user_vectors)), ids(items, "items", len(model.item_vectors))
    taste = np.sum(model.user_vectors[u] * model.singular_values * model.item_vectors[i], axis=-1)
    return model.user_means[u] + taste


def predict_all(ratings: csr_array, n_factors: int) -> Floats:
    """Predictions for every user and item as a table, see Eq. (3.5); for small matrices, with exact arithmetic.

    Args:
        ratings: csr_array, shape (m, n), at least one stored entry.
        n_factors: k, from 0 (the user means) to min(m, n).

    Returns:
        Predicted ratings, shape (m, n), not clipped.

    Raises:
        TypeError: ratings is no csr_array.
        ValueError: ratings has no stored entry, or k out of range.
    """
    means = user_means(ratings)
    return means[:, None] + truncate(with_data(ratings, ratings.data - means[rows_of(ratings)]).toarray(), n_factors)


# ---- missing ratings: fill and repeat --------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Fill:
    """One step of a method that fills the missing cells with its own prediction.

    Attributes:
        step: 0 at the start, then 1, 2, ...
        objective: what the method lowers: squared error of the observed cells, for `soft_impute` plus the penalty.
        table: the predictions, shape (m, n).
    """

    step: int
    objective: float
    table: Floats


def iterated_fill(ratings: csr_array, n_factors: int, *, n_steps: int = 20, init: ArrayLike = 0.0) -> Iterator[Fill]:
    """Fill the missing cells with the prediction, take the nearest matrix of rank k, and again, Eq. (3.6).

    Args:
        ratings: csr_array, shape (m, n), at least one stored entry; centre it first if the start is 0.
        n_factors: k, from 1 to min(m, n).
        n_steps: how many, at least 1.
        init: what stands in the missing cells at first, a number or shape (m, n).

    Yields:
        `Fill` with step 1, 2, ..., n_steps. Its objective, the squared error of the stored ratings, never rises.

    Raises:
        TypeError: ratings is no csr_array.
        ValueError: an argument out of range.

    Source: Srebro and Jaakkola (2003), Weighted low-rank approximations.
    """
    ratings = not_empty(ratings)
    n_factors = rank(n_factors, ratings.shape)
    return _fills(
        ratings,
        _start(init, ratings),
        lambda full: truncate(full, n_factors),
        lambda table: 0,
        whole(n_steps, "n_steps"),
    )


def fill(ratings: csr_array, table: ArrayLike) -> Floats:
    """The stored ratings where there are any, the table elsewhere.

    Args:
        ratings: csr_array, shape (m, n).
        table: shape (m, n).

    Raises:
        TypeError: ratings is no csr_array.
        ValueError: a table of another shape.
    """
    filled = _filled(table, "table", checked(ratings)).copy()
    filled[rows_of(ratings), ratings.indices] = ratings.data
    return filled


# ---- the nuclear norm: what the penalty of lesson 01 does to singular values -----------------------------------------


def nuclear_norm(matrix: ArrayLike) -> float:
    """The sum of the singular values: the least ½(‖P‖² + ‖Q‖²) of all factors with P Qᵀ = X, Eq. (3.7).

    Args:
        matrix: X, finite numbers, shape (m, n).

    Raises:
        ValueError: no table of finite numbers, or an empty one.

    Source: Srebro, Rennie and Jaakkola (2005), Maximum-margin matrix factorization.
    """
    return float(np.sum(dense_svd(_table(matrix, "matrix"), compute_uv=False)))


def balanced_factors(matrix: ArrayLike, n_factors: int) -> tuple[Floats, Floats]:
    """The factors that reach the nuclear norm: P = A diag(√s), Q = B diag(√s), Eq. (3.8).

    Args:
        matrix: X, finite numbers, shape (m, n).
        n_factors: k, from 1 to min(m, n); below the rank of X, P Qᵀ is the nearest matrix of rank k.

    Returns:
        (P, Q), shapes (m, k) and (n, k), with PᵀP = QᵀQ.

    Raises:
        ValueError: no table of finite numbers, or k out of range.
    """
    A, s, B = decompose(matrix)
    k = rank(n_factors, (len(A), len(B)))
    root = np.sqrt(s[:k])
    return A[:, :k] * root, B[:, :k] * root


def soft_threshold(matrix: ArrayLike, threshold: float) -> Floats:
    """The minimizer Z of ‖X − Z‖² + 2 τ ‖Z‖_*: each singular value τ smaller, or 0, Eq. (3.9).

    Args:
        matrix: X, finite numbers, shape (m, n).
        threshold: tau >= 0, in units of the singular values.

    Raises:
        ValueError: no table of finite numbers, or a negative threshold.

    Source: Cai, Candès and Shen (2010), A singular value thresholding algorithm for matrix completion.
    """
    A, s, B = decompose(matrix)
    return (A * np.maximum(s - at_least_zero(threshold, "threshold"), 0)) @ B.T


def soft_impute(
    ratings: csr_array, threshold: float, *, n_steps: int = 100, tol: float = 0.0, init: ArrayLike = 0.0
) -> Iterator[Fill]:
    """Fill the missing cells with the prediction, soft-threshold, and again, Eq. (3.10).

    Args:
        ratings: csr_array, shape (m, n), at least one stored entry.
        threshold: tau >= 0; the same number as reg of a plain factorization with enough factors.
        n_steps: at most this many, at least 1.
        tol: ends after a step that lowers the objective by no more than this share of it; 0 never does.
        init: what stands in the missing cells at first, a number or shape (m, n).

    Yields:
        `Fill` with step 1, 2, ...; its objective, the squared error of the stored ratings plus 2 tau times the nuclear
        norm, never rises.

    Raises:
        TypeError: ratings is no csr_array.
        ValueError: an argument out of range.

    Source: Mazumder, Hastie and Tibshirani (2010), Spectral regularization algorithms for learning large incomplete
    matrices.
    """
    ratings, tau = not_empty(ratings), at_least_zero(threshold, "threshold")
    return _fills(
        ratings,
        _start(init, ratings),
        lambda full: soft_threshold(full, tau),
        lambda table: 2 * tau * nuclear_norm(table),
        whole(n_steps, "n_steps"),
        at_least_zero(tol, "tol"),
    )


# ---- reading factors -------------------------------------------------------------------------------------------------


def convergence_rate(singular_values: ArrayLike, n_factors: int) -> float:
    """By what the error of ALS shrinks in a sweep on a full matrix at reg = 0, (s_{k+1} / s_k)², Eq. (3.11).

    Args:
        singular_values: s, falling, all of them, shape (r,).
        n_factors: k, from 1 to r.

    Returns:
        A number from 0 (one sweep is enough: the rank is k) to 1 (equal values: no progress).

    Raises:
        ValueError: k out of range, or s_k = 0.
    """
    s = floats(singular_values, "singular_values")
    k = rank(n_factors, (s.size, s.size))
    if not s[k - 1] > 0:
        raise ValueError(f"singular_values must be positive up to s_{k}, got {s[k - 1]}")
    return float((s[k] / s[k - 1]) ** 2) if k < s.size else 0.0


def explained_share(target: ArrayLike, factors: ArrayLike) -> float:
    """R², the share of a target's variance that a linear function of factors explains, Eq. (3.12).

    Rotating, scaling or changing the sign of factors changes nothing, so it asks what a subspace knows.

    Args:
        target: a number for each item, such as its place on a planted axis, shape (n,); not all equal.
        factors: shape (n, k).

    Returns:
        0 to 1.

    Raises:
        ValueError: shapes that do not fit, or a target without variance.
    """
    y, F = floats(target, "target"), _table(factors, "factors")
    if y.shape != (len(F),):
        raise ValueError(f"target must have shape ({len(F)},) like the rows of factors, got {y.shape}")
    _table(y[:, None], "target")
    deviations = y - y.mean()
    if not deviations.any():
        raise ValueError("target must not be the same for all items")
    columns = F - F.mean(axis=0)
    rest = deviations - columns @ np.linalg.lstsq(columns, deviations)[0]
    return float(1 - rest @ rest / (deviations @ deviations))


# ---------------------------------------------------------------- how it is done


def _table(matrix: ArrayLike, name: str) -> Floats:
    table = floats(matrix, name)
    if table.ndim != 2 or not table.size:
        raise ValueError(f"{name} must be a table with at least one row and column, got shape {table.shape}")
    if not np.isfinite(table).all():
        raise ValueError(f"{name} must be finite, got {table[~np.isfinite(table)][0]}")
    return table


def _signs(item_vectors: Floats) -> Floats:
    """+1 or −1 for each column, so that its largest entry becomes positive."""
    largest = np.abs(item_vectors).argmax(axis=0)
    return np.where(item_vectors[largest, np.arange(item_vectors.shape[1])] < 0, -1.0, 1.0)


def _largest(centred: csr_array, n_factors: int) -> tuple[Floats, Floats, Floats]:
    if n_factors == min(centred.shape):  # svds finds all but the last
        A, s, B = decompose(centred.toarray())
        return A, s, B
    if not centred.data.any():  # ARPACK cannot start on zeros
        return np.eye(centred.shape[0], n_factors), np.zeros(n_factors), np.eye(centred.shape[1], n_factors)
    start = np.random.default_rng(0).normal(size=min(centred.shape))  # not ones: centring can put them into the kernel
    left, values, right = svds(centred, k=n_factors, v0=start)
    order = np.argsort(-values, kind="stable")  # svds returns them rising
    signs = _signs(right[order].T)
    return left[:, order] * signs, values[order], right[order].T * signs


def _filled(table: ArrayLike, name: str, ratings: csr_array) -> Floats:
    given = floats(table, name)
    if given.shape not in ((), ratings.shape):
        raise ValueError(f"{name} must be a number or have shape {ratings.shape}, got {given.shape}")
    return np.broadcast_to(given, ratings.shape)


def _start(init: ArrayLike, ratings: csr_array) -> Floats:
    return _table(_filled(init, "init", ratings), "init")


def _fills(
    ratings: csr_array,
    table: Floats,
    shrink: Callable[[Floats], Floats],
    penalty: Callable[[Floats], float],
    n_steps: int,
    tol: float = 0.0,
) -> Iterator[Fill]:
    """Fill and shrink, again and again; what is lowered is the squared error of the stored ratings plus the penalty."""
    last = np.inf
    for step in range(1, n_steps + 1):
        table = shrink(fill(ratings, table))
        state = Fill(step, _squared_error(ratings, table) + penalty(table), table)
        yield state
        if tol and last - state.objective <= tol * state.objective:
            return
        last = state.objective


def _squared_error(ratings: csr_array, table: Floats) -> float:
    errors = ratings.data - table[rows_of(ratings), ratings.indices]
    return float(errors @ errors)
