"""The fast half-step of ALS: the ridge systems of all rows, in batches that keep the processor busy.

`als` shows the formula and one user at a time; here the same systems are solved many at once. What makes it fast:

* rows with about equally many ratings share a bucket, so that one NumPy call serves hundreds of them;
* a row with fewer ratings than factors is solved through its dual, a smaller system (`_dual`);
* the systems of a bucket are eliminated side by side (`_eliminate`): LAPACK, made for one large matrix, spends most of
  its time on the way in and out of a small one;
* implicit feedback, where all cells count, comes down to the same systems (`solve_confident_rows`);
* two threads share the buckets, and BLAS is held to one thread: its own threads cost more than they bring here.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import DTypeLike, NDArray
from scipy.sparse import csr_array
from threadpoolctl import ThreadpoolController

THREADS = 2
GATHERED = 1 << 17  # numbers gathered for a bucket: half a MB in float32, what a core's L2 cache holds
SURE = 1000  # confidences above it are worked with in float64
SYSTEMS = 1 << 21  # numbers in the systems of a bucket: 8 MB in float32
ROWS = 1024  # more rows in a bucket bring nothing
PADDING = 0.25  # the longest row of a bucket may have so much more ratings than the shortest
TOY = 4096  # ratings that are not worth a bucket of their own, nor a thread
DUAL_BELOW = 0.7  # ratings per factor up to which the dual is the cheaper one
ROUNDING = 4  # errors that an unknown may suffer for each other one, in units of the last digit
DOUBT = 1000  # a system that misses its right side by so many units of its last digit is solved again
LEAF = 8  # systems up to this size are eliminated entry by entry


@dataclass(frozen=True, eq=False)
class Bucket:
    """Rows with about equally many ratings, at most w, laid out as one rectangle.

    Attributes:
        rows: their row numbers, shape (b,).
        columns: the columns of their ratings, shape (b, w); padded with n, where the factors get a row of zeros.
        values: their ratings, shape (b, w); padded with 0.
    """

    rows: NDArray[np.intp]
    columns: NDArray[np.integer]
    values: NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Plan:
    """What is prepared once per matrix: its ratings in buckets.

    Attributes:
        shape: (m, n) of the matrix.
        n_factors: k, for which the buckets were cut.
        dtype: of ratings, factors and solutions.
        counts: number of ratings in each row, shape (m,).
        buckets: the rows that have a rating, longest first.
    """

    shape: tuple[int, int]
    n_factors: int
    dtype: np.dtype
    counts: NDArray[np.intp]
    buckets: tuple[Bucket, ...]


def prepare(ratings: csr_array, n_factors: int, dtype: DTypeLike = np.float64) -> Plan:
    """Sort the rows by their number of ratings and cut them into buckets.

    Args:
        ratings: csr_array, shape (m, n); a stored 0 is a rating.
        n_factors: k >= 1.
        dtype: float32 or float64, in which `solve_rows` will compute.

    Returns:
        A `Plan`. Its time and memory grow with the number of ratings: at most 16 bytes for each in float64 (at most 10
        in float32), and 16 for each row.
    """
    dtype, counts = np.dtype(dtype), np.diff(ratings.indptr).astype(np.intp)
    order = np.argsort(-counts, kind="stable")
    buckets = (_bucket(ratings, order[rows], counts, dtype) for rows in _cuts(counts[order], n_factors))
    return Plan(ratings.shape, n_factors, dtype, counts, tuple(buckets))


def solve_rows(plan: Plan, factors: NDArray, penalties: NDArray) -> NDArray:
    """For each row u the ridge solution (F_u^T F_u + penalties[u] I)^-1 F_u^T r_u.

    F_u are the factors of the columns that row u has rated, r_u its ratings.

    Args:
        plan: of the ratings, shape (m, n), from `prepare`.
        factors: one row of k finite numbers per column of the ratings, shape (n, k).
        penalties: >= 0, one per row, shape (m,).

    Returns:
        The solutions, shape (m, k), in the dtype of the plan; zeros for a row without ratings. They do not depend on
        the number of threads.

    Raises:
        numpy.linalg.LinAlgError: a penalty is 0, or so small that rounding swallows it, and its row has no unique
            solution without.
    """
    penalties = np.asarray(penalties, plan.dtype)
    short = (penalties == 0) & (plan.counts > 0) & (plan.counts < plan.n_factors)
    if short.any():
        raise _singular(np.flatnonzero(short)[0])
    padded = np.concatenate([factors, np.zeros((1, plan.n_factors))], dtype=plan.dtype)
    solutions = np.zeros((plan.shape[0], plan.n_factors), plan.dtype)

    def solve(bucket: Bucket) -> None:
        solutions[bucket.rows] = _solve_bucket(bucket, padded, penalties[bucket.rows])

    _share(solve, plan)
    return solutions


def solve_confident_rows(plan: Plan, factors: NDArray, reg: float) -> NDArray:
    """For each row u the solution of (F^T F + F_u^T (C_u - I) F_u + reg I) p = F_u^T c_u.

    F has the factors of all columns, F_u those of the columns that row u has stored, c_u the stored values.
    With G = F^T F + reg I = L L^T and factors measured in L, F L^-T, the system is I + F_u^T (C_u - I) F_u. With
    s = sqrt(c - 1) for each stored value, it is a ridge system as `solve_rows` has them, with penalty 1: factors
    times s, ratings c / s.

    Args:
        plan: of the confidences, all >= 1, shape (m, n), from `prepare`.
        factors: one row of k finite numbers per column, shape (n, k).
        reg: > 0.

    Returns:
        The solutions, shape (m, k), in the dtype of the plan; zeros for a row without stored entries.

    Raises:
        numpy.linalg.LinAlgError: reg is so small that rounding swallows it, and F^T F is singular.
    """
    wide = np.asarray(factors, float)
    # The inverse, once: two products with it are faster than SciPy's triangular solver at every size tried.
    inverse = np.linalg.inv(np.linalg.cholesky(wide.T @ wide + reg * np.eye(plan.n_factors)))
    padded = np.concatenate([wide @ inverse.T, np.zeros((1, plan.n_factors))])
    solutions = np.zeros((plan.shape[0], plan.n_factors), plan.dtype)

    narrow = padded.astype(plan.dtype, copy=False)

    def solve(bucket: Bucket) -> None:
        # Beside a large c, float32 leaves too few digits for the directions that no confident cell determines.
        solutions[bucket.rows] = _solve_confident(bucket, padded if bucket.values.max() > SURE else narrow)

    _share(solve, plan)
    return (solutions @ inverse).astype(plan.dtype)


# ---- cutting into buckets --------------------------------------------------------------------------------------------


def _cuts(counts: NDArray[np.intp], n_factors: int) -> Iterator[slice]:
    """Slices of rows sorted by falling count; rows without ratings are in none."""
    end, falling = 0, -counts[counts > 0]
    rated = falling.size
    while end < rated:
        start, widest = end, int(counts[end])
        fit = min(ROWS, SYSTEMS // (widest if _is_short(widest, n_factors) else n_factors) ** 2)
        similar = int(np.searchsorted(falling, -widest / (1 + PADDING), side="right")) - start
        rest = rated - start
        end = start + (rest if rest * widest <= TOY else max(1, min(fit, similar)))
        yield slice(start, end)


def _bucket(ratings: csr_array, rows: NDArray[np.intp], counts: NDArray[np.intp], dtype: np.dtype) -> Bucket:
    filled = np.arange(counts[rows[0]]) < counts[rows, None]
    entries = (ratings.indptr[rows, None] + np.arange(counts[rows[0]]))[filled]
    columns = np.full(filled.shape, ratings.shape[1], np.int32 if ratings.shape[1] < 2**31 else np.int64)
    values = np.zeros(filled.shape, dtype)
    columns[filled], values[filled] = ratings.indices[entries], ratings.data[entries]
    return Bucket(rows, columns, values)


# ---- one bucket ------------------------------------------------------------------------------------------------------


def _solve_bucket(bucket: Bucket, factors: NDArray, penalties: NDArray) -> NDArray:
    build = _dual if _is_short(bucket.columns.shape[1], factors.shape[1]) else _primal
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            solutions = build(bucket, factors, penalties)
    except np.linalg.LinAlgError as error:
        raise _singular(bucket.rows[error.args[0]]) from None
    lost = ~np.isfinite(solutions).all(axis=1)
    if lost.any():
        raise _singular(bucket.rows[np.argmax(lost)])
    return solutions


def _solve_confident(bucket: Bucket, factors: NDArray) -> NDArray:
    """(I + F_u^T (C_u - I) F_u)^-1 F_u^T c_u for each row of the bucket."""
    values = bucket.values.astype(factors.dtype, copy=False)
    # At c = 1 there is no c / s. An s of one unit in the last digit changes c by its square, which rounding swallows.
    scales = np.sqrt(np.maximum(values - 1, np.finfo(factors.dtype).eps ** 2))
    weighted = Bucket(bucket.rows, bucket.columns, values / scales)
    build = _dual if _is_short(bucket.columns.shape[1], factors.shape[1]) else _primal
    return build(weighted, factors, np.ones(bucket.rows.size, factors.dtype), scales)


def _is_short(n_ratings: int, n_factors: int) -> bool:
    return n_ratings <= DUAL_BELOW * n_factors


def _primal(bucket: Bucket, factors: NDArray, penalties: NDArray, scales: NDArray | None = None) -> NDArray:
    """k equations for the k factors of each row: [F^T F + penalty I | F^T r]."""
    k = factors.shape[1]
    equations = np.empty((bucket.rows.size, k, k + 1), factors.dtype)
    for rows, places in _tiles(bucket, k):
        rated = _gathered(bucket, factors, scales, rows, places).transpose(0, 2, 1)
        continued = places.start > 0
        _gram(rated, equations[rows, :, :k], continued)
        _product(rated, bucket.values[rows, places, None], equations[rows, :, k:], continued)
    return _solve_ridge(equations, penalties)


def _dual(bucket: Bucket, factors: NDArray, penalties: NDArray, scales: NDArray | None = None) -> NDArray:
    """w equations, one per rating, [F F^T + penalty I | r]; F^T times their solution is the same vector."""
    b, w = bucket.columns.shape
    k = factors.shape[1]
    equations = np.empty((b, w, w + 1), factors.dtype)
    equations[:, :, w] = bucket.values
    for rows, places in _tiles(bucket, k):
        _gram(_gathered(bucket, factors, scales, rows, places), equations[rows, :, :w])
    weights = _solve_ridge(equations, penalties)
    if scales is not None:
        weights *= scales
    solutions = np.empty((b, k), factors.dtype)
    for rows, _ in _tiles(bucket, k):
        solutions[rows] = (weights[rows, None] @ factors.take(bucket.columns[rows], axis=0))[:, 0]
    return solutions


def _gathered(bucket: Bucket, factors: NDArray, scales: NDArray | None, rows: slice, places: slice) -> NDArray:
    """Factors of the columns in a part of the rectangle, each times its scale."""
    rated = factors.take(bucket.columns[rows, places], axis=0)
    if scales is not None:
        rated *= scales[rows, places, None]
    return rated


def _tiles(bucket: Bucket, n_factors: int) -> Iterator[tuple[slice, slice]]:
    """Parts of the rectangle whose factors fit into the cache; a long row is a tile of its own, or several."""
    b, w = bucket.columns.shape
    tall, wide = max(1, GATHERED // (n_factors * w)), max(1, GATHERED // n_factors)
    for row in range(0, b, tall):
        for place in range(0, w, wide):
            yield slice(row, row + tall), slice(place, place + wide)


def _gram(left: NDArray, out: NDArray, continued: bool = False) -> None:
    """left left^T for each matrix of the batch."""
    half = left.shape[1] // 2
    # In two halves, because NumPy is slow at the product of an array with its own transpose.
    for part in (slice(half), slice(half, None)):
        _product(left[:, part], left.transpose(0, 2, 1), out[:, part], continued)


def _product(left: NDArray, right: NDArray, out: NDArray, continued: bool) -> None:
    """left right, added to what is there if it is the continuation of a long row."""
    if continued:
        out += left @ right
    else:
        np.matmul(left, right, out=out)


# ---- many small systems side by side ---------------------------------------------------------------------------------


def _solve_ridge(equations: NDArray, penalties: NDArray) -> NDArray:
    """Solutions x of (A + penalty I) x = y, shape (b, s), the equations being [A | y]. It adds to A in place."""
    b, size, _ = equations.shape
    diagonal = np.einsum("bii->bi", equations[:, :, :size])
    diagonal += penalties[:, None]
    # A pivot of A + penalty I is never below the penalty, but rounding can bring one there, or below 0.
    rounding = ROUNDING * size * np.finfo(equations.dtype).eps
    least = np.maximum(penalties[:, None], rounding * diagonal)
    solutions = np.empty((b, size, 1), equations.dtype)
    _eliminate(equations, solutions, least, penalties == 0)
    doubtful = _residuals(equations, solutions) > DOUBT * np.finfo(equations.dtype).eps
    if doubtful.any():
        diagonal[doubtful] *= 1 + rounding  # what rounding has done to them already; it keeps them invertible
        solutions[doubtful] = np.linalg.solve(equations[doubtful, :, :size], equations[doubtful, :, size:])
    return solutions[:, :, 0]


def _residuals(equations: NDArray, solutions: NDArray) -> NDArray:
    """By how much each system misses its right side, as a share of it; inf where the solution is not finite.

    Elimination by blocks is fast, but loses more digits than LAPACK where a system is nearly singular.
    """
    size = equations.shape[1]
    missed = np.abs(equations[:, :, :size] @ solutions - equations[:, :, size:]).max(axis=(1, 2))
    shares = missed / np.maximum(np.abs(equations[:, :, size:]).max(axis=(1, 2)), np.finfo(equations.dtype).tiny)
    return np.where(np.isfinite(solutions).all(axis=(1, 2)), shares, np.inf)


def _eliminate(equations: NDArray, solutions: NDArray, least: NDArray, free: NDArray[np.bool_]) -> None:
    """Solve [A | Y], shape (b, s, s + r), into solutions: the first half of the unknowns through the second."""
    size = equations.shape[1]
    if size <= LEAF:
        np.matmul(_inverse(equations[:, :, :size], least, free), equations[:, :, size:], out=solutions)
        return
    half, rest = size // 2, size - size // 2
    first = np.empty((len(equations), half, equations.shape[2] - half), equations.dtype)
    _eliminate(equations[:, :half], first, least[:, :half], free)
    schur = equations[:, half:, half:] - equations[:, half:, :half] @ first
    _eliminate(schur, solutions[:, half:], least[:, half:], free)
    np.subtract(first[:, :, rest:], first[:, :, :rest] @ solutions[:, half:], out=solutions[:, :half])


def _inverse(matrices: NDArray, least: NDArray, free: NDArray[np.bool_]) -> NDArray:
    """Gauss-Jordan inverses, shape (b, s, s), of positive definite matrices; the batch is the fast axis."""
    work = matrices.transpose(1, 2, 0).copy()
    for j in range(len(work)):
        singular = free & (work[j, j] <= least[:, j])
        if singular.any():
            raise np.linalg.LinAlgError(np.argmax(singular))
        pivot = np.maximum(work[j, j], least[:, j])
        row, column = work[j] / pivot, work[:, j].copy()
        row[j], column[j], work[:, j] = 1 / pivot, 0, 0
        work -= column[:, None] * row
        work[j] = row
    return np.ascontiguousarray(work.transpose(2, 0, 1))


def _singular(row: int) -> np.linalg.LinAlgError:
    return np.linalg.LinAlgError(f"reg must be > 0: at 0 the ratings of row {row} leave some factors open")


# ---- threads ---------------------------------------------------------------------------------------------------------


def _share(solve: Callable[[Bucket], None], plan: Plan) -> None:
    """Every bucket is solved whole by one thread, so the number of threads changes no digit."""
    if len(plan.buckets) < 2 or plan.counts.sum() <= TOY:
        for bucket in plan.buckets:
            solve(bucket)
        return
    with _blas().limit(limits=1, user_api="blas"), ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(solve, plan.buckets))


@cache
def _blas() -> ThreadpoolController:
    """Found once: the search through the loaded libraries takes a millisecond."""
    return ThreadpoolController()
