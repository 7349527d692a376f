"""Lesson 01: a rating as a product of two vectors, the objective in its two readings, gradients, biases and SGD.

A trainer is a generator of states: `sgd_epochs` yields one per epoch, `fit` runs it to the end.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from tqdm.auto import tqdm

from recmath_lib._arguments import above_zero, at_least_zero, factor_table, generator, ids, integer_list, rank, whole
from recmath_lib.ratings import checked, rows_of, with_data

Floats = NDArray[np.floating]
START_SCALE = 0.1  # standard deviation of a random start: near the saddle at 0, not on it
BLOCK = 1 << 14  # ratings whose errors are computed together: their factors stay in the cache


@dataclass(frozen=True, eq=False)
class Factors:
    """One step of a model r = p·q.

    Attributes:
        step: 0 at the start, then 1, 2, ... epochs or sweeps.
        objective: what the trainer minimizes, at these factors.
        user_factors: P, shape (m, k).
        item_factors: Q, shape (n, k).
    """

    step: int
    objective: float
    user_factors: Floats
    item_factors: Floats

    def predict(self, users: ArrayLike, items: ArrayLike) -> Floats:
        """Predicted ratings of pairs, see Eq. (1.1); arguments as in `predict`."""
        return predict(self.user_factors, self.item_factors, users, items)


@dataclass(frozen=True, eq=False)
class BiasedFactors(Factors):
    """One step of a model r = mean + user bias + item bias + p·q.

    Attributes:
        mean: mean of the observed ratings.
        user_bias: stars each user adds, shape (m,).
        item_bias: stars each item adds, shape (n,).
    """

    mean: float
    user_bias: Floats = field(repr=False)
    item_bias: Floats = field(repr=False)

    def predict(self, users: ArrayLike, items: ArrayLike) -> Floats:
        """Predicted ratings of pairs, see Eq. (1.6); arguments as in `predict`."""
        return predict_biased(self, users, items)


class Predictor(Protocol):
    """What `rmse` asks of a model."""

    def predict(self, users: ArrayLike, items: ArrayLike) -> Floats:
        """Predicted ratings of pairs."""


# ---- the model and its objective -------------------------------------------------------------------------------------


def predict(user_factors: ArrayLike, item_factors: ArrayLike, users: ArrayLike, items: ArrayLike) -> Floats:
    """Predicted rating of each pair, the inner product of its two vectors, Eq. (1.1).

    Args:
        user_factors: P, shape (m, k).
        item_factors: Q, shape (n, k).
        users: user numbers from 0 to m - 1, integers of any shape.
        items: item numbers from 0 to n - 1, integers; users and items broadcast together.

    Returns:
        Predictions in the shape of the pairs. Nothing keeps them on the scale of the ratings.

    Raises:
        TypeError: users or items are not integers.
        ValueError: a number is out of range, or the two tables have different widths.
    """
    P, Q = factor_pair(user_factors, item_factors, None, None)
    return np.sum(P[ids(users, "users", len(P))] * Q[ids(items, "items", len(Q))], axis=-1)


def objective(
    ratings: csr_array, user_factors: ArrayLike, item_factors: ArrayLike, reg: float, weighted: bool = False
) -> float:
    """Squared error of the observed ratings plus a penalty, per row, Eq. (1.2), or per rating, Eq. (1.3).

    Args:
        ratings: csr_array, shape (m, n); only stored entries count.
        user_factors: P, shape (m, k).
        item_factors: Q, shape (n, k).
        reg: penalty weight lambda >= 0.
        weighted: False: each row of P and Q is penalized once. True: once for each of its ratings (ALS-WR).

    Raises:
        TypeError: ratings is no csr_array.
        ValueError: shapes that do not fit, nan, or a negative reg.

    Source: Zhou et al. (2008), Large-scale parallel collaborative filtering for the Netflix prize (the weighted form).
    """
    ratings, P, Q = _problem(ratings, user_factors, item_factors)
    by_user, by_item = penalty_counts(ratings, weighted)
    squared_error = sum(np.einsum("e,e->", block, block, dtype=float) for block in _error_blocks(ratings, P, Q))
    penalty = by_user @ _squared_lengths(P) + by_item @ _squared_lengths(Q)
    return float(squared_error + at_least_zero(reg, "reg") * penalty)


def gradient(
    ratings: csr_array, user_factors: ArrayLike, item_factors: ArrayLike, reg: float, weighted: bool = False
) -> tuple[Floats, Floats]:
    """Gradient of the objective by all user factors, Eq. (1.4), and all item factors, Eq. (1.5).

    Args:
        ratings, user_factors, item_factors, reg, weighted: as in `objective`.

    Returns:
        (dP, dQ), shapes (m, k) and (n, k); a descent step subtracts them.

    Raises:
        TypeError, ValueError: as `objective`.
    """
    ratings, P, Q = _problem(ratings, user_factors, item_factors)
    by_user, by_item = penalty_counts(ratings, weighted)
    errors, pull = _errors(ratings, P, Q), 2 * at_least_zero(reg, "reg")
    return -2 * (errors @ Q) + pull * by_user[:, None] * P, -2 * (errors.T @ P) + pull * by_item[:, None] * Q


def penalty_counts(ratings: csr_array, weighted: bool) -> tuple[Floats, Floats]:
    """How often each row is penalized, c_u and c_i of the lesson: once, or once per rating.

    Returns:
        (by_user, by_item), shapes (m,) and (n,): ones, or numbers of ratings.
    """
    if not weighted:
        return np.ones(ratings.shape[0]), np.ones(ratings.shape[1])
    return np.diff(ratings.indptr).astype(float), np.bincount(ratings.indices, minlength=ratings.shape[1]).astype(float)


def rmse(ratings: csr_array, model: Predictor) -> float:
    """Root of the mean squared error over the stored ratings, in stars, Eq. (1.10).

    Args:
        ratings: csr_array, shape (m, n), at least one stored entry.
        model: anything with `predict(users, items)`: a state of a trainer, or `ratings.Biases`.

    Raises:
        TypeError: ratings is no csr_array.
        ValueError: ratings has no stored entry.
    """
    ratings = not_empty(ratings)
    return float(np.sqrt(np.mean((ratings.data - model.predict(rows_of(ratings), ratings.indices)) ** 2)))


# ---- biases and stochastic gradient descent --------------------------------------------------------------------------


def predict_biased(state: BiasedFactors, users: ArrayLike, items: ArrayLike) -> Floats:
    """Predicted rating of each pair: mean, user bias, item bias, and taste times item, Eq. (1.6).

    Args:
        state: a `BiasedFactors`.
        users: user numbers from 0 to m - 1, integers of any shape.
        items: item numbers from 0 to n - 1, integers; users and items broadcast together.

    Raises:
        TypeError, ValueError: as `predict`.

    Source: Koren, Bell and Volinsky (2009), Matrix factorization techniques for recommender systems.
    """
    taste = predict(state.user_factors, state.item_factors, users, items)
    return state.mean + state.user_bias[np.asarray(users)] + state.item_bias[np.asarray(items)] + taste


def biased_objective(ratings: csr_array, state: BiasedFactors, reg: float) -> float:
    """Squared error plus the penalty of everything that a rating touches, once per rating, Eq. (1.7).

    Args:
        ratings: csr_array, shape (m, n).
        state: the biases and factors, a `BiasedFactors`.
        reg: penalty weight lambda >= 0.

    Raises:
        TypeError: ratings is no csr_array.
        ValueError: shapes that do not fit, nan, or a negative reg.
    """
    ratings, *_ = _problem(ratings, state.user_factors, state.item_factors)
    by_user, by_item = penalty_counts(ratings, weighted=True)
    errors = ratings.data - state.predict(rows_of(ratings), ratings.indices)
    of_users = state.user_bias**2 + np.sum(state.user_factors**2, axis=1)
    of_items = state.item_bias**2 + np.sum(state.item_factors**2, axis=1)
    return float(errors @ errors + at_least_zero(reg, "reg") * (by_user @ of_users + by_item @ of_items))


def sgd_step(
    mean: float,
    user_bias: ArrayLike,
    item_bias: ArrayLike,
    user_factor: ArrayLike,
    item_factor: ArrayLike,
    rating: ArrayLike,
    lr: float,
    reg: float,
) -> tuple[Floats, Floats, Floats, Floats]:
    """Biases, Eq. (1.8), and factors, Eq. (1.9), after one step on one rating; all right-hand sides are the old values.

    It is also the step on b ratings at once, if no two of them share a user or an item.

    Args:
        mean: mean of all ratings; it is not learned.
        user_bias, item_bias: stars, shape () or (b,).
        user_factor, item_factor: p and q, shape (k,) or (b, k).
        rating: stars, shape () or (b,).
        lr: learning rate > 0; the factor 2 of the gradient is in it.
        reg: penalty weight lambda >= 0.

    Returns:
        (user_bias, item_bias, user_factor, item_factor), new arrays.

    Source: Koren, Bell and Volinsky (2009), Matrix factorization techniques for recommender systems.
    """
    bias, shift, p, q = (np.asarray(part) for part in (user_bias, item_bias, user_factor, item_factor))
    error = np.asarray(rating) - (mean + bias + shift + np.sum(p * q, axis=-1))
    pull = error[..., None]
    return (
        bias + lr * (error - reg * bias),
        shift + lr * (error - reg * shift),
        p + lr * (pull * q - reg * p),
        q + lr * (pull * p - reg * q),
    )


def sgd_epochs(
    ratings: csr_array,
    n_factors: int,
    reg: float,
    lr: float,
    *,
    biases: bool = True,
    n_epochs: int = 20,
    seed: int | np.random.Generator | None = None,
    progress: bool = False,
) -> Iterator[BiasedFactors]:
    """Stochastic gradient descent, one state before it and one after each epoch; for its objective see Eq. (1.7).

    An epoch takes every rating once, in a new random order. Ratings that share no user and no item are taken together,
    which changes nothing (see `rounds`) and is some 20 times faster.

    Args:
        ratings: csr_array, shape (m, n), at least one stored entry.
        n_factors: k, from 1 to min(m, n).
        reg: penalty weight lambda >= 0.
        lr: learning rate > 0; 0.005 to 0.05 suit ratings in stars.
        biases: False leaves mean and biases at 0.
        n_epochs: how many, at least 1.
        seed: of start and order, an integer or a Generator; None draws a different one each time.
        progress: True shows a bar.

    Yields:
        `BiasedFactors` with step 0, 1, ..., n_epochs.

    Raises:
        TypeError: ratings is no csr_array.
        ValueError: an argument out of range, or factors that grow beyond all numbers (lr is too large).
    """
    ratings = not_empty(ratings)
    n_factors, n_epochs, reg = rank(n_factors, ratings.shape), whole(n_epochs, "n_epochs"), at_least_zero(reg, "reg")
    above_zero(lr, "lr")
    rng = np.random.default_rng() if seed is None else generator(seed)
    return _epochs(ratings, n_factors, reg, lr, biases, tqdm(range(1, n_epochs + 1), disable=not progress), rng)


def fit(
    ratings: csr_array,
    n_factors: int,
    reg: float,
    lr: float,
    *,
    biases: bool = True,
    n_epochs: int = 20,
    seed: int | np.random.Generator | None = None,
    progress: bool = False,
) -> BiasedFactors:
    """The last state of `sgd_epochs`; arguments and errors as there."""
    return last(sgd_epochs(ratings, n_factors, reg, lr, biases=biases, n_epochs=n_epochs, seed=seed, progress=progress))


State = TypeVar("State")


def last(states: Iterable[State]) -> State:
    """The last state of a trainer; the ones before it are let go as they come.

    Raises:
        ValueError: no state.
    """
    kept = deque(states, maxlen=1)
    if not kept:
        raise ValueError("states must hold at least one state, got none")
    return kept[0]


def early_stop(states: Iterable[State], error: Callable[[State], float], patience: int = 3) -> State:
    """The state with the smallest error, where the search ends after `patience` states in a row without a smaller one.

    Args:
        states: a trainer's generator; states after the end are never computed.
        error: what to keep small, on ratings the trainer does not see.
        patience: at least 1.

    Raises:
        ValueError: no state, a patience below 1, or an error that is nan.
    """
    whole(patience, "patience")
    best, least, waited = None, np.inf, 0
    for state in states:
        now = error(state)
        if np.isnan(now):
            raise ValueError("error must be a number, got nan")
        best, least, waited = (state, now, 0) if best is None or now < least else (best, least, waited + 1)
        if waited == patience:
            break
    if best is None:
        raise ValueError("states must hold at least one state, got none")
    return best


def rounds(users: ArrayLike, items: ArrayLike) -> list[NDArray[np.intp]]:
    """Places 0..N-1 of ratings in rounds that hold no user and no item twice; ratings that share one keep their turn.

    A step on one rating reads and writes one user and one item. So a step on a whole round at once gives what the steps
    one by one give, and all rounds give what the whole list gives.

    Args:
        users: user of each rating in the order of the steps, integers >= 0, shape (N,).
        items: its item, integers >= 0, shape (N,).

    Returns:
        Index arrays that together hold each place once.

    Raises:
        TypeError: users or items are not integers.
        ValueError: a negative number, or lists of different lengths.
    """
    users, items = _from_zero(users, "users"), _from_zero(items, "items")
    if users.shape != items.shape:
        raise ValueError(f"users and items must be equally long, got {users.shape} and {items.shape}")
    if not users.size:
        return []
    turn = _turns(users.tolist(), items.tolist())
    order = np.argsort(turn, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(turn[order])) + 1)


# ---------------------------------------------------------------- how it is done


def _turns(users: list[int], items: list[int]) -> NDArray[np.intp]:
    """The round of each rating: the first after the last rounds of its user and of its item."""
    free_user, free_item = [0] * (max(users) + 1), [0] * (max(items) + 1)
    turn = []
    for user, item in zip(users, items, strict=True):
        now = max(free_user[user], free_item[item])
        free_user[user] = free_item[item] = now + 1
        turn.append(now)
    return np.array(turn, dtype=np.intp)


def _from_zero(numbers: ArrayLike, name: str) -> NDArray[np.intp]:
    whole_numbers = integer_list(numbers, name)
    if whole_numbers.size and whole_numbers.min() < 0:
        raise ValueError(f"{name} must be >= 0, got {whole_numbers.min()}")
    return whole_numbers


def _epochs(
    ratings: csr_array,
    n_factors: int,
    reg: float,
    lr: float,
    biases: bool,
    epochs: Iterable[int],
    rng: np.random.Generator,
) -> Iterator[BiasedFactors]:
    state = _start(ratings, n_factors, reg, biases, rng)
    yield state
    for epoch in epochs:
        state = _epoch(ratings, state, reg, lr, biases, epoch, rng.permutation(ratings.nnz))
        yield state


def _start(ratings: csr_array, n_factors: int, reg: float, biases: bool, rng: np.random.Generator) -> BiasedFactors:
    m, n = ratings.shape
    P, Q = rng.normal(0, START_SCALE, (m, n_factors)), rng.normal(0, START_SCALE, (n, n_factors))
    mean = float(ratings.data.mean()) if biases else 0.0
    return _with_objective(ratings, reg, 0, mean, np.zeros(m), np.zeros(n), P, Q)


def _epoch(
    ratings: csr_array, state: BiasedFactors, reg: float, lr: float, biases: bool, epoch: int, order: NDArray
) -> BiasedFactors:
    users, items, values = rows_of(ratings)[order], ratings.indices[order], ratings.data[order]
    b, c, P, Q = (part.copy() for part in (state.user_bias, state.item_bias, state.user_factors, state.item_factors))
    with np.errstate(over="ignore", invalid="ignore"):
        for now in rounds(users, items):
            u, i = users[now], items[now]
            b_new, c_new, P[u], Q[i] = sgd_step(state.mean, b[u], c[i], P[u], Q[i], values[now], lr, reg)
            if biases:
                b[u], c[i] = b_new, c_new
        if all(np.isfinite(part).all() for part in (b, c, P, Q)):
            after = _with_objective(ratings, reg, epoch, state.mean, b, c, P, Q)
            if np.isfinite(after.objective):
                return after
    raise ValueError(f"lr must be smaller: with {lr!r} the factors grow beyond all numbers in epoch {epoch}")


def _with_objective(ratings: csr_array, reg: float, step: int, mean: float, *parts: Floats) -> BiasedFactors:
    user_bias, item_bias, P, Q = parts
    unjudged = BiasedFactors(step, np.nan, P, Q, mean, user_bias, item_bias)
    return BiasedFactors(step, biased_objective(ratings, unjudged, reg), P, Q, mean, user_bias, item_bias)


def _errors(ratings: csr_array, P: Floats, Q: Floats) -> csr_array:
    """r − p·q for each stored entry."""
    return with_data(ratings, np.concatenate([ratings.data[:0], *_error_blocks(ratings, P, Q)]))


def _error_blocks(ratings: csr_array, P: Floats, Q: Floats) -> Iterator[Floats]:
    """The same in blocks: copies of both factors of every rating would fill the memory."""
    for start in range(0, ratings.nnz, BLOCK):
        block = slice(start, min(start + BLOCK, ratings.nnz))
        users, items = _rows_of_block(ratings, block), ratings.indices[block]
        yield ratings.data[block] - np.einsum("ek,ek->e", P[users], Q[items])


def _rows_of_block(ratings: csr_array, block: slice) -> NDArray[np.intp]:
    first, last = np.searchsorted(ratings.indptr, (block.start, block.stop - 1), side="right") - 1
    ends = np.clip(ratings.indptr[first : last + 2], block.start, block.stop)
    return np.repeat(np.arange(first, last + 1), np.diff(ends))


def _squared_lengths(table: Floats) -> Floats:
    return np.einsum("rk,rk->r", table, table, dtype=float)


def not_empty(ratings: csr_array) -> csr_array:
    """The ratings, checked, with at least one stored entry; what every trainer asks first."""
    ratings = checked(ratings)
    if ratings.nnz == 0:
        raise ValueError("ratings must have at least one stored entry, got none")
    return ratings


def _problem(ratings: csr_array, user_factors: ArrayLike, item_factors: ArrayLike) -> tuple[csr_array, Floats, Floats]:
    ratings = checked(ratings)
    return ratings, *factor_pair(user_factors, item_factors, *ratings.shape)


def factor_pair(
    user_factors: ArrayLike, item_factors: ArrayLike, m: int | None = None, n: int | None = None
) -> tuple[Floats, Floats]:
    """Both tables, checked: finite, equally wide, with m and n rows where these are given."""
    P, Q = factor_table(user_factors, "user_factors", m), factor_table(item_factors, "item_factors", n)
    if P.shape[1] != Q.shape[1]:
        raise ValueError(f"item_factors must have {P.shape[1]} columns like user_factors, got {Q.shape[1]}")
    return P, Q
