"""Ratings as a `scipy.sparse.csr_array`: a stored entry is observed, a stored 0 is a true 0, all else is unknown."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, csr_array, hstack
from scipy.sparse.linalg import lsqr

from recmath_lib._arguments import array, at_least_zero, floats, generator, ids, integer_list, is_between, is_whole

SPLITS = ("random", "user", "time")


def from_dense(R: ArrayLike, observed: ArrayLike) -> csr_array:
    """Ratings from a full matrix and a mask of what was observed.

    Args:
        R: ratings, shape (m, n). Cells that were not observed may hold anything, nan too.
        observed: True where a rating was given, booleans, shape (m, n).

    Returns:
        csr_array of floats, shape (m, n). An observed 0 is stored.

    Raises:
        TypeError: observed is not boolean.
        ValueError: R is no matrix of numbers, the shapes differ, or an observed rating is nan or infinite.
    """
    dense, mask = floats(R, "R"), _mask(observed)
    if dense.ndim != 2:
        raise ValueError(f"R must have shape (users, items), got {dense.shape}")
    if dense.shape != mask.shape:
        raise ValueError(f"observed must have the shape of R, {dense.shape}, got {mask.shape}")
    users, items = np.nonzero(mask)
    return _assemble(users, items, dense[mask], dense.shape, values_name="R")


def from_triplets(
    users: ArrayLike, items: ArrayLike, values: ArrayLike, shape: tuple[int, int] | None = None
) -> csr_array:
    """Ratings from three equally long lists: who, what, how many stars.

    Args:
        users: user numbers from 0, integers, shape (N,).
        items: item numbers from 0, integers, shape (N,).
        values: ratings, shape (N,). A 0 is stored.
        shape: (m, n); None: one more than the largest numbers.

    Returns:
        csr_array of floats, shape (m, n).

    Raises:
        TypeError: users or items are not integers.
        ValueError: lengths differ, a number is out of range, a value is nan, infinite or no number, or a pair comes
            twice; the message names the first such entry. A shape that is no pair of integers >= 0.
    """
    rows, columns = integer_list(users, "users"), integer_list(items, "items")
    stars = floats(values, "values")
    if not rows.shape == columns.shape == stars.shape:
        raise ValueError(
            f"users, items and values must be equally long, got {rows.shape}, {columns.shape}, {stars.shape}"
        )
    m, n = (_size(rows, "users"), _size(columns, "items")) if shape is None else _pair(shape)
    rows, columns = ids(rows, "users", m), ids(columns, "items", n)
    _refuse_duplicates(rows, columns)
    return _assemble(rows, columns, stars, (m, n), values_name="values")


def split(
    ratings: csr_array,
    test: float = 0.2,
    by: str = "random",
    seed: int | np.random.Generator = 0,
    times: csr_array | None = None,
) -> tuple[csr_array, csr_array]:
    """Observed ratings shared out into a part to learn from and a part to test on.

    Args:
        ratings: csr_array, shape (m, n), with N stored entries.
        test: share to hold out, strictly between 0 and 1; numbers of ratings are rounded to the nearest.
        by: "random" holds out a share of all N; "user" a random share of the ratings of every user; "time" the last
            share of every user. "user" and "time" leave everybody at least one rating to learn from, so a user with one
            rating keeps it in train; "random" promises no such thing.
        seed: of the random choice, an integer or a Generator to draw from; by="time" makes none. Of ratings given at
            the same time, the item with the larger number counts as later.
        times: csr_array with the entries of ratings, for by="time" and only there.

    Returns:
        (train, test), csr_arrays of shape (m, n). Each stored entry of ratings, zeros too, is in exactly one of them.

    Raises:
        TypeError: ratings or times is not a csr_array.
        ValueError: test, by or seed is out of range, a rating is nan, times is missing, misplaced or has other entries.
    """
    ratings = checked(ratings, "ratings")
    if not is_between(test, 0, 1):
        raise ValueError(f"test must lie strictly between 0 and 1, got {test!r}")
    if by not in SPLITS:
        raise ValueError(f"by must be one of {SPLITS}, got {by!r}")
    order = _times_of(ratings, times) if by == "time" else generator(seed).random(ratings.nnz)
    if by != "time" and times is not None:
        raise ValueError(f"times is for by='time' only, got it with by={by!r}")
    held_out = _last_of_all(order, test) if by == "random" else _last_of_each_user(ratings, order, test)
    return _only(ratings, ~held_out), _only(ratings, held_out)


@dataclass(frozen=True, eq=False)
class Biases:
    """What is left of ratings without any taste: a mean, strict and generous users, weak and strong items.

    Attributes:
        mean: mean of the observed ratings.
        user_bias: what each user adds to it, shape (m,); 0 for a user without ratings.
        item_bias: what each item adds to it, shape (n,); 0 for an item without ratings.
    """

    mean: float
    user_bias: NDArray[np.float64]
    item_bias: NDArray[np.float64]

    def predict(self, users: ArrayLike, items: ArrayLike) -> NDArray[np.float64]:
        """mean + user bias + item bias for each pair.

        Args:
            users: user numbers from 0 to m - 1, integers of any shape.
            items: item numbers from 0 to n - 1, integers; users and items broadcast together.

        Raises:
            TypeError: users or items are not integers.
            ValueError: a number is out of range.
        """
        by_user = self.user_bias[ids(users, "users", self.user_bias.size)]
        return self.mean + by_user + self.item_bias[ids(items, "items", self.item_bias.size)]


def remove_biases(ratings: csr_array, damping: float = 5.0) -> tuple[csr_array, Biases]:
    """Ratings minus mean, user bias and item bias.

    The biases are a ridge regression: they minimize the squared residuals plus damping times the squared biases. So
    an item with few ratings is drawn towards 0, as if it had `damping` more ratings equal to the mean.

    Args:
        ratings: csr_array, shape (m, n), at least one stored entry.
        damping: >= 0, in ratings. At 0, biases that the ratings leave open are the ones with the least sum of squares.

    Returns:
        (residuals, biases): a csr_array with exactly the entries of ratings, zeros too, and the `Biases`.

    Raises:
        TypeError: ratings is not a csr_array.
        ValueError: ratings has no stored entry or a nan, or damping is negative.
    """
    ratings = checked(ratings, "ratings")
    if ratings.nnz == 0:
        raise ValueError("ratings must have at least one stored entry, got none")
    damping = at_least_zero(damping, "damping")
    mean = float(ratings.data.mean())
    by_user, by_item = _indicator(rows_of(ratings), ratings.shape[0]), _indicator(ratings.indices, ratings.shape[1])
    solution = lsqr(hstack([by_user, by_item]), ratings.data - mean, damp=damping**0.5, atol=1e-12, btol=1e-12)[0]
    biases = Biases(mean, *np.split(solution, [ratings.shape[0]]))
    residuals = ratings.data - biases.predict(rows_of(ratings), ratings.indices)
    return with_data(ratings, residuals), biases


def checked(matrix: csr_array, name: str = "ratings") -> csr_array:
    """The matrix itself, or a copy with its entries in order; an error if it is not what the course calls ratings.

    Args:
        matrix: what should be a csr_array of finite numbers.
        name: what the caller calls it, for the message.

    Raises:
        TypeError: no csr_array.
        ValueError: an entry stored twice, nan or infinite.
    """
    if not isinstance(matrix, csr_array):
        raise TypeError(f"{name} must be a scipy.sparse.csr_array, got {type(matrix).__name__}")
    if not matrix.has_canonical_format:
        matrix = matrix.sorted_indices()
        _refuse_duplicates(rows_of(matrix), matrix.indices)
    if not np.isfinite(matrix.data).all():
        raise ValueError(f"{name} must be finite, got {matrix.data[~np.isfinite(matrix.data)][0]}")
    return matrix


def rows_of(ratings: csr_array) -> NDArray[np.intp]:
    """The user of each stored entry, shape (N,), in the order of `ratings.indices`."""
    return np.repeat(np.arange(ratings.shape[0]), np.diff(ratings.indptr))


def with_data(ratings: csr_array, data: NDArray) -> csr_array:
    """Other numbers for the same entries, shape (N,); zeros among them stay stored."""
    return csr_array((data, ratings.indices.copy(), ratings.indptr.copy()), shape=ratings.shape)


# ---------------------------------------------------------------- how it is done


def _assemble(
    users: NDArray, items: NDArray, values: NDArray[np.float64], shape: tuple[int, int], values_name: str
) -> csr_array:
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        first = bad[0]
        raise ValueError(
            f"{values_name} must be finite, got {values[first]} for user {users[first]}, item {items[first]}"
        )
    return csr_array(coo_array((values, (users, items)), shape=shape))


def _mask(observed: ArrayLike) -> NDArray[np.bool_]:
    mask = array(observed, "observed")
    if mask.dtype != bool:
        raise TypeError(f"observed must hold booleans, got {mask.dtype}")
    return mask


def _pair(shape: tuple[int, int]) -> tuple[int, int]:
    if not isinstance(shape, tuple | list) or len(shape) != 2 or not all(map(is_whole, shape)):
        raise ValueError(f"shape must be two integers >= 0, (users, items), got {shape!r}")
    return int(shape[0]), int(shape[1])


def _size(numbers: NDArray[np.intp], name: str) -> int:
    if numbers.size == 0:
        raise ValueError(f"shape must be given when {name} is empty")
    return int(numbers.max()) + 1


def _refuse_duplicates(users: NDArray, items: NDArray) -> None:
    order = np.lexsort((items, users))
    repeats = (np.diff(users[order]) == 0) & (np.diff(items[order]) == 0)
    if repeats.any():
        # lexsort is stable: order[1:][repeats] are the entries with an equal one before them.
        again = order[1:][repeats].min()
        raise ValueError(
            f"user {users[again]}, item {items[again]} is given twice, the second time at position {again}"
        )


def _times_of(ratings: csr_array, times: csr_array | None) -> NDArray:
    if times is None:
        raise ValueError("times must be given for by='time', got None")
    times = checked(times, "times")
    same = times.shape == ratings.shape and np.array_equal(times.indptr, ratings.indptr)
    if not (same and np.array_equal(times.indices, ratings.indices)):
        raise ValueError(f"times must have the entries of ratings, {ratings.nnz} of {ratings.shape}, got others")
    return times.data


def _last_of_all(order: NDArray, share: float) -> NDArray[np.bool_]:
    rank = np.argsort(np.argsort(order, kind="stable"), kind="stable")
    return rank >= order.size - round(share * order.size)


def _last_of_each_user(ratings: csr_array, order: NDArray, share: float) -> NDArray[np.bool_]:
    users, counts = rows_of(ratings), np.diff(ratings.indptr)
    held_out = np.minimum(np.rint(share * counts).astype(int), np.maximum(counts - 1, 0))
    place_within_user = np.empty(ratings.nnz, dtype=np.intp)
    place_within_user[np.lexsort((order, users))] = np.arange(ratings.nnz) - ratings.indptr[users]
    return place_within_user >= (counts - held_out)[users]


def _only(ratings: csr_array, keep: NDArray[np.bool_]) -> csr_array:
    # By hand, because arithmetic on sparse arrays would drop the stored zeros.
    kept_before = np.concatenate([[0], np.cumsum(keep)])
    return csr_array((ratings.data[keep], ratings.indices[keep], kept_before[ratings.indptr]), shape=ratings.shape)


def _indicator(numbers: NDArray, size: int) -> csr_array:
    """Row e has a single 1, in column numbers[e]."""
    return csr_array((np.ones(numbers.size), numbers, np.arange(numbers.size + 1)), shape=(numbers.size, size))
