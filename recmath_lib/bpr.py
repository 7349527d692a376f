"""Lesson 05: Bayesian personalized ranking. Of two films, the one a person clicked should score higher.

A triple (u, i, j) is a user, a film i that u clicked and a film j that u did not. First the loss and its three
gradients for one triple, then a step on a batch of them, then a trainer: `epochs` yields one state per epoch, `fit`
runs it to the end. Clicks are a csr_array: a stored entry is a click, whatever its number.
"""

from collections.abc import Iterable, Iterator
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csc_array, csr_array
from scipy.special import expit
from tqdm.auto import tqdm

from recmath_lib import kernels_bpr, metrics
from recmath_lib._arguments import above_zero, at_least_zero, floats, generator, ids, integers, rank, whole
from recmath_lib.factorization import START_SCALE, Factors, factor_pair, last
from recmath_lib.ratings import checked, rows_of

Floats = NDArray[np.floating]
Ints = NDArray[np.intp]
Negatives = Literal["uniform", "popular", "unchecked"]

ROUNDS = 64  # of drawing again, before the rest is drawn by the law
JUDGED = 1 << 14  # triples, drawn once, on which every epoch's objective is taken


# ---- one triple ------------------------------------------------------------------------------------------------------


def triple_shares(clicks: csr_array) -> Floats:
    """Share of all triples that are each user's, Eq. (5.1).

    A user with n_u clicks of n films is in n_u (n - n_u) triples.

    Args:
        clicks: csr_array, shape (m, n).

    Returns:
        Shares that sum to 1, shape (m,).

    Raises:
        TypeError: clicks is no csr_array.
        ValueError: nobody has both clicked a film and left one out.
    """
    counts = np.diff(_trainable(clicks).indptr).astype(float)
    of_user = counts * (clicks.shape[1] - counts)
    return of_user / of_user.sum()


def margins(user_factors: ArrayLike, item_factors: ArrayLike, triples: ArrayLike) -> Floats:
    """By how much the clicked film of each triple outscores the other one, Eq. (5.2).

    Args:
        user_factors: P, shape (m, k).
        item_factors: Q, shape (n, k).
        triples: user, clicked film and other film in each row, integers, shape (T, 3).

    Returns:
        x_uij = p_u · (q_i − q_j), shape (T,).

    Raises:
        TypeError: triples are not integers.
        ValueError: a number out of range, a shape that does not fit, or factors that are not finite.
    """
    P, Q = factor_pair(user_factors, item_factors)
    users, positives, negatives = _columns(triples, len(P), len(Q))
    return np.sum(P[users] * (Q[positives] - Q[negatives]), axis=1)


def order_probability(margin: ArrayLike) -> Floats:
    """Probability that the user prefers i to j, the logistic function of the margin, Eq. (5.3).

    Args:
        margin: x_uij, numbers of any shape.

    Returns:
        Probabilities in [0, 1], in the same shape; exact at ±800 and beyond.
    """
    return expit(floats(margin, "margin"))


def loss(user_factors: ArrayLike, item_factors: ArrayLike, triples: ArrayLike, reg: float) -> float:
    """Minus the log posterior, up to a constant: −Σ ln σ(x) plus a penalty of both tables, Eq. (5.4).

    Args:
        user_factors, item_factors, triples: as in `margins`.
        reg: penalty weight lambda >= 0, 1 / (2 τ²) for a prior of variance τ².

    Raises:
        TypeError, ValueError: as `margins`, or a negative reg.

    Source: Rendle et al. (2009), BPR: Bayesian personalized ranking from implicit feedback.
    """
    x = margins(user_factors, item_factors, triples)
    size = np.sum(np.asarray(user_factors, float) ** 2) + np.sum(np.asarray(item_factors, float) ** 2)
    return float(np.logaddexp(0, -x).sum() + at_least_zero(reg, "reg") * size)


def push(margin: ArrayLike) -> Floats:
    """The derivative of ln σ at the margin, 1 − σ(x) = σ(−x): how hard a triple pushes, Eq. (5.5).

    Args:
        margin: x_uij, numbers of any shape.

    Returns:
        Numbers in [0, 1], in the same shape: near 1 for a triple in the wrong order, near 0 for one that is settled.
    """
    return expit(-floats(margin, "margin"))


def gradient(
    user_factor: ArrayLike, positive_factor: ArrayLike, negative_factor: ArrayLike, reg: float
) -> tuple[Floats, Floats, Floats]:
    """Gradient of one triple's loss by p_u, Eq. (5.6), by q_i, Eq. (5.7), and by q_j, Eq. (5.8).

    It is also the gradient of T triples, each by its own three vectors.

    Args:
        user_factor, positive_factor, negative_factor: p_u, q_i and q_j, shape (k,) or (T, k).
        reg: penalty weight lambda >= 0, on each of the three.

    Returns:
        (dp, dq_i, dq_j), in the same shapes; a descent step subtracts them.

    Raises:
        ValueError: vectors of different shapes, nan or infinity in them, or a negative reg.

    Source: Rendle et al. (2009), BPR: Bayesian personalized ranking from implicit feedback.
    """
    p, q_i, q_j = (_finite(part) for part in (user_factor, positive_factor, negative_factor))
    if not p.shape == q_i.shape == q_j.shape:
        raise ValueError(f"the three vectors must have one shape, got {p.shape}, {q_i.shape} and {q_j.shape}")
    pull = 2 * at_least_zero(reg, "reg")
    pushed = expit(-np.sum(p * (q_i - q_j), axis=-1, keepdims=True))
    return pull * p - pushed * (q_i - q_j), pull * q_i - pushed * p, pull * q_j + pushed * p


def sgd_step(
    user_factors: ArrayLike, item_factors: ArrayLike, triples: ArrayLike, lr: float, reg: float
) -> tuple[Floats, Floats]:
    """Both tables after one step on a batch of triples, Eq. (5.9).

    All gradients are taken at the old tables. A row that occurs in several triples moves by the sum.

    Args:
        user_factors, item_factors, triples: as in `margins`.
        lr: learning rate > 0.
        reg: penalty weight lambda >= 0, on the three vectors of each triple.

    Returns:
        (P, Q), new arrays.

    Raises:
        TypeError, ValueError: as `margins`, or lr or reg out of range.
    """
    P, Q = factor_pair(user_factors, item_factors)
    lr, reg = above_zero(lr, "lr"), at_least_zero(reg, "reg")
    users, positives, negatives = _columns(triples, len(P), len(Q))
    by_user, by_positive, by_negative = gradient(P[users], Q[positives], Q[negatives], reg)
    by_item = _sums(positives, by_positive, len(Q)) + _sums(negatives, by_negative, len(Q))
    return P - lr * _sums(users, by_user, len(P)), Q - lr * by_item


# ---- what the loss promises ------------------------------------------------------------------------------------------


def misordered_bound(margin: ArrayLike) -> float:
    """Mean loss of the triples over ln 2: the share of triples in the wrong order is never above it, Eq. (5.10).

    Over all triples of one user that share is 1 − AUC.

    Args:
        margin: x_uij of at least one triple, shape (T,).

    Raises:
        ValueError: no triple.
    """
    x = floats(margin, "margin")
    if not x.size:
        raise ValueError("margin must have at least one entry, got none")
    return float(np.logaddexp(0, -x).mean() / np.log(2))


def sampled_objective(user_factors: ArrayLike, item_factors: ArrayLike, triples: ArrayLike, reg: float) -> float:
    """What SGD minimizes: the mean over triples of −ln σ(x) plus a penalty of the three vectors, Eq. (5.11).

    A vector is penalized once per triple, so a busy user's is penalized more.

    Args:
        user_factors, item_factors, triples: as in `margins`; at least one triple.
        reg: penalty weight lambda >= 0.

    Raises:
        TypeError, ValueError: as `margins`, a negative reg, or no triple.
    """
    P, Q = factor_pair(user_factors, item_factors)
    users, positives, negatives = _columns(triples, len(P), len(Q))
    if not users.size:
        raise ValueError("triples must hold at least one row, got none")
    sizes = [np.sum(np.asarray(rows, float) ** 2) for rows in (P[users], Q[positives], Q[negatives])]
    lost = np.logaddexp(0, -margins(P, Q, triples)).sum()
    return float((lost + at_least_zero(reg, "reg") * sum(sizes)) / users.size)


# ---- which other film ------------------------------------------------------------------------------------------------


def negative_probabilities(clicks: csr_array, user: int, negatives: Negatives = "uniform") -> Floats:
    """How likely each film is drawn as the other film of one user's triple, Eq. (5.12).

    Args:
        clicks: csr_array, shape (m, n).
        user: user number, 0 to m - 1.
        negatives: "uniform", films that the user has not clicked, all alike; "popular", the same films in proportion
            to their clicks; "unchecked", all films alike, clicked ones too.

    Returns:
        Probabilities, shape (n,).

    Raises:
        TypeError: clicks is no csr_array.
        ValueError: a user that does not exist, unknown negatives, or no film that can be drawn.
    """
    clicks = checked(clicks, "clicks")
    weights = _weights(clicks, _one_of(negatives))
    (row,) = ids([user], "user", clicks.shape[0])
    if negatives != "unchecked":
        weights[clicks.indices[clicks.indptr[row] : clicks.indptr[row + 1]]] = 0
    if not weights.any():
        raise ValueError(f"clicks must leave user {row} a film to draw, got none")
    return weights / weights.sum()


def draw_triples(
    clicks: csr_array, n_triples: int, negatives: Negatives = "uniform", seed: int | np.random.Generator = 0
) -> Ints:
    """Triples to learn from: clicks drawn with replacement, each with another film; for its law see Eq. (5.12).

    Args:
        clicks: csr_array, shape (m, n).
        n_triples: how many, at least 1.
        negatives: as in `negative_probabilities`.
        seed: an integer, or a Generator to draw from.

    Returns:
        User, clicked film and other film in each row, shape (n_triples, 3).

    Raises:
        TypeError: clicks is no csr_array.
        ValueError: unknown negatives, or no click of a user to whom another film can be drawn.
    """
    clicks, rng = _trainable(clicks, negatives), generator(seed)
    chosen = rng.choice(_usable(clicks, negatives), whole(n_triples, "n_triples"))
    users = rows_of(clicks)[chosen]
    return np.column_stack([users, clicks.indices[chosen], draw_negatives(clicks, users, negatives, rng)])


def draw_negatives(clicks: csr_array, users: Ints, negatives: Negatives, rng: np.random.Generator) -> Ints:
    """One other film for each of these users; for its law see Eq. (5.12).

    Args:
        clicks: csr_array, shape (m, n).
        users: user numbers, shape (T,); each of them has a film to draw.
        negatives: as in `negative_probabilities`.
        rng: to draw from.

    Returns:
        Film numbers, shape (T,).

    Raises:
        ValueError: unknown negatives, or a user to whom no film can be drawn.
    """
    without = users[~_drawable(clicks, _one_of(negatives))[users]]
    if without.size:
        raise ValueError(f"clicks must leave user {without[0]} a film to draw, got none")
    n = clicks.shape[1]
    if negatives == "unchecked":
        return rng.integers(0, n, users.size)
    if negatives == "popular":
        return _redrawn(clicks, users, rng)
    free = n - np.diff(clicks.indptr)
    return _nth_free(clicks, users, rng.integers(0, free[users]))


# ---- training --------------------------------------------------------------------------------------------------------


def epochs(
    clicks: csr_array,
    n_factors: int,
    reg: float,
    lr: float,
    *,
    n_epochs: int = 20,
    batch_size: int = 1024,
    seed: int | np.random.Generator | None = None,
    negatives: Negatives = "uniform",
    average: bool = False,
    progress: bool = False,
) -> Iterator[Factors]:
    """Stochastic gradient descent, one state before it and one after each epoch; for a step see Eq. (5.9).

    An epoch takes every click once, in a new random order, each with a newly drawn other film.

    Args:
        clicks: csr_array, shape (m, n), at least one stored entry; float32 is computed in float32.
        n_factors: k, from 1 to min(m, n).
        reg: penalty weight lambda >= 0, on the three vectors of each triple.
        lr: learning rate > 0; 0.01 to 0.2 suits a start from small numbers.
        n_epochs: how many, at least 1.
        batch_size: triples whose gradients are taken at the same tables; 1 is the textbook's step.
        seed: of start, order and other films, an integer or a Generator; None draws a different one each time.
        negatives: as in `negative_probabilities`.
        average: True yields the mean of the tables of all epochs so far, that of epoch t weighing t (t + 1). The steps
            go on from the last tables all the same. Single epochs jump about, their mean does not (Shamir and Zhang,
            2013, Stochastic gradient descent for non-smooth optimization).
        progress: True shows a bar.

    Yields:
        `Factors` with step 0, 1, ..., n_epochs. Its objective is that of `sampled_objective` on the same triples,
        drawn once, for all epochs.

    Raises:
        TypeError: clicks is no csr_array.
        ValueError: an argument out of range, or factors that grow beyond all numbers (lr is too large).

    Source: Rendle et al. (2009), BPR: Bayesian personalized ranking from implicit feedback.
    """
    clicks = _trainable(clicks, negatives)
    n_factors, reg, lr = rank(n_factors, clicks.shape), at_least_zero(reg, "reg"), above_zero(lr, "lr")
    n_epochs, batch_size = whole(n_epochs, "n_epochs"), whole(batch_size, "batch_size")
    rng = np.random.default_rng() if seed is None else generator(seed)
    steps = tqdm(range(1, n_epochs + 1), disable=not progress)
    return _epochs(clicks, n_factors, reg, lr, batch_size, negatives, average, steps, rng)


def fit(
    clicks: csr_array,
    n_factors: int,
    reg: float,
    lr: float,
    *,
    n_epochs: int = 20,
    batch_size: int = 1024,
    seed: int | np.random.Generator | None = None,
    negatives: Negatives = "uniform",
    average: bool = False,
    progress: bool = False,
) -> Factors:
    """The last state of `epochs`; arguments and errors as there."""
    return last(
        epochs(
            clicks,
            n_factors,
            reg,
            lr,
            n_epochs=n_epochs,
            batch_size=batch_size,
            seed=seed,
            negatives=negatives,
            average=average,
            progress=progress,
        )
    )


# ---- judging ---------------------------------------------------------------------------------------------------------


def held_out_scores(scores: ArrayLike, seen: csr_array, hidden: csr_array, k: int = 10) -> dict[str, Floats]:
    """How well scores find the hidden films of each user among the films not seen: AUC and NDCG@k.

    Args:
        scores: one finite number for each user and film, shape (m, n), or for each film, shape (n,).
        seen: what was learned from, csr_array (m, n); these films are not ranked.
        hidden: what is to be found, csr_array (m, n), labels 0 or 1 alike: each stored entry counts as relevant.
        k: cut-off of NDCG.

    Returns:
        {"AUC": ..., f"NDCG@{k}": ...}, one value for each user who has a hidden film, in the order of users. The AUC of
        a user whose unseen films are all hidden is 0.5: there is no pair.

    Raises:
        TypeError: seen or hidden is no csr_array.
        ValueError: shapes that do not fit, scores that are not finite, nobody with a hidden film, a hidden film that
            has been seen, or a k that is no integer >= 1.
    """
    whole(k, "k")
    seen, hidden = checked(seen, "seen"), checked(hidden, "hidden")
    users = np.flatnonzero(np.diff(hidden.indptr))
    if seen.shape != hidden.shape or not users.size:
        raise ValueError(f"hidden must have shape {seen.shape} and a stored entry, got {hidden.shape}, {hidden.nnz}")
    table = _score_table(scores, seen.shape)[users]
    relevant, excluded = _stored(hidden)[users], _stored(seen)[users]
    if (relevant & excluded).any():
        user, film = np.argwhere(relevant & excluded)[0]
        raise ValueError(f"hidden must share no entry with seen, got user {users[user]}, film {film}")
    ranked = np.where(excluded, -np.inf, table)
    pairs = zip(relevant, excluded, table, strict=True)
    areas = [metrics.auc(labels[~known], row[~known]) for labels, known, row in pairs]
    return {"AUC": np.array(areas), f"NDCG@{k}": metrics.ndcg_scores(relevant, ranked, k=k)}


# ---------------------------------------------------------------- how it is done


def _trainable(clicks: csr_array, negatives: Negatives = "uniform") -> csr_array:
    """The clicks, checked; somebody has clicked a film and left one that can be drawn."""
    clicks = checked(clicks, "clicks")
    if not _usable(clicks, _one_of(negatives)).size:
        raise ValueError(f"clicks must hold a click to which a film can be drawn as {negatives!r}, got none")
    return clicks


def _usable(clicks: csr_array, negatives: Negatives) -> Ints:
    """Places of the clicks to which another film can be drawn."""
    return np.flatnonzero(np.repeat(_drawable(clicks, negatives), np.diff(clicks.indptr)))


def _drawable(clicks: csr_array, negatives: Negatives) -> NDArray[np.bool_]:
    """Whether another film can be drawn for each user, shape (m,)."""
    counts = np.diff(clicks.indptr)
    if negatives == "unchecked":
        return np.ones(counts.size, dtype=bool)
    return counts < (np.unique(clicks.indices).size if negatives == "popular" else clicks.shape[1])


def _columns(triples: ArrayLike, m: int, n: int) -> tuple[Ints, Ints, Ints]:
    rows = integers(triples, "triples")
    rows = rows.reshape(-1, 3) if not rows.size else rows
    if rows.ndim != 2 or rows.shape[1] != 3:
        raise ValueError(f"triples must have shape (T, 3), got {rows.shape}")
    users, positives, negatives = rows.T
    return (
        ids(users, "users of triples", m),
        ids(positives, "films of triples", n),
        ids(negatives, "films of triples", n),
    )


def _finite(vector: ArrayLike) -> Floats:
    given = np.asarray(vector)
    if not np.isfinite(given).all():
        raise ValueError(f"the three vectors must be finite, got {given[~np.isfinite(given)][0]}")
    return given


def _one_of(negatives: Negatives) -> Negatives:
    if negatives not in get_args(Negatives):
        raise ValueError(f"negatives must be one of {get_args(Negatives)}, got {negatives!r}")
    return negatives


def _weights(clicks: csr_array, negatives: Negatives) -> Floats:
    if negatives == "popular":
        return np.bincount(clicks.indices, minlength=clicks.shape[1]).astype(float)
    return np.ones(clicks.shape[1])


def _nth_free(clicks: csr_array, users: Ints, places: Ints) -> Ints:
    """The film at each place, from 0 on, among the films that the user has not clicked.

    Before film f_t, the t-th click of a user (films in rising order), lie f_t − t free films. So place r is moved on by
    the number of clicks with f_t − t <= r, found for all users at once by one binary search.
    """
    starts, n = clicks.indptr[:-1], clicks.shape[1]
    rows = rows_of(clicks)
    free_before = clicks.indices - (np.arange(clicks.nnz) - starts[rows])
    moved = np.searchsorted(rows * np.intp(n + 1) + free_before, users * np.intp(n + 1) + places, side="right")
    return places + moved - starts[users]


def _redrawn(clicks: csr_array, users: Ints, rng: np.random.Generator) -> Ints:
    """Films in proportion to their clicks: that of a random click, drawn again while the user has clicked it.

    Who has clicked nearly all that is popular would draw again and again; after some rounds the law itself is used.
    """
    n = np.intp(clicks.shape[1])
    known = rows_of(clicks) * n + clicks.indices
    drawn = clicks.indices[rng.integers(0, clicks.nnz, users.size)].astype(np.intp)
    wrong = np.flatnonzero(_contains(known, users * n + drawn))
    for _ in range(ROUNDS):
        drawn[wrong] = clicks.indices[rng.integers(0, clicks.nnz, wrong.size)]
        wrong = wrong[_contains(known, users[wrong] * n + drawn[wrong])]
    for user in np.unique(users[wrong]):
        own = wrong[users[wrong] == user]
        drawn[own] = rng.choice(n, own.size, p=negative_probabilities(clicks, user, "popular"))
    return drawn


def _contains(rising: Ints, numbers: Ints) -> NDArray[np.bool_]:
    places = np.minimum(np.searchsorted(rising, numbers), rising.size - 1)
    return rising[places] == numbers


def _score_table(scores: ArrayLike, shape: tuple[int, int]) -> Floats:
    """Finite scores of all users and films; scores of films alone are those of every user."""
    table = floats(scores, "scores")
    if table.shape not in (shape, shape[1:]):
        raise ValueError(f"scores must have shape {shape} or {shape[1:]}, got {table.shape}")
    if not np.isfinite(table).all():
        raise ValueError(f"scores must be finite, got {table[~np.isfinite(table)][0]}")
    return np.broadcast_to(table, shape)


def _stored(matrix: csr_array) -> NDArray[np.bool_]:
    mask = np.zeros(matrix.shape, dtype=bool)
    mask[rows_of(matrix), matrix.indices] = True
    return mask


def _sums(rows: Ints, values: Floats, size: int) -> Floats:
    """Row r of the result is the sum of the values whose row is r. A sparse product, because np.add.at is slow."""
    places = csc_array((np.ones(rows.size, values.dtype), rows, np.arange(rows.size + 1)), shape=(size, rows.size))
    return places @ values


def _epochs(
    clicks: csr_array,
    n_factors: int,
    reg: float,
    lr: float,
    batch_size: int,
    negatives: Negatives,
    average: bool,
    steps: Iterable[int],
    rng: np.random.Generator,
) -> Iterator[Factors]:
    dtype = np.float32 if clicks.dtype == np.float32 else np.float64
    P: Floats = rng.normal(0, START_SCALE, (clicks.shape[0], n_factors)).astype(dtype)
    Q: Floats = rng.normal(0, START_SCALE, (clicks.shape[1], n_factors)).astype(dtype)
    usable = _usable(clicks, negatives)
    judged = draw_triples(clicks, min(JUDGED, clicks.nnz), negatives, rng)
    yield Factors(0, sampled_objective(P, Q, judged, reg), P, Q)
    told = P, Q
    for step in steps:
        P, Q = _epoch(clicks, usable, P, Q, lr, reg, batch_size, negatives, rng)
        if not np.isfinite(_squared_size(P, Q)):
            raise ValueError(f"lr must be smaller: with {lr!r} the factors grow beyond all numbers in epoch {step}")
        told = (_mean(told[0], P, step), _mean(told[1], Q, step)) if average else (P, Q)
        yield Factors(step, sampled_objective(*told, judged, reg), *told)


def _mean(before: Floats, now: Floats, step: int) -> Floats:
    """The mean with weights 1·2, 2·3, ..., t (t + 1): the last has the share 3 / (t + 2) of it."""
    return before + (now - before) * now.dtype.type(3 / (step + 2))


def _squared_size(P: Floats, Q: Floats) -> float:
    """Sum of all squares, not finite where a factor is not or where its square is too large for a float."""
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.sum(P**2) + np.sum(Q**2))


def _epoch(
    clicks: csr_array,
    usable: Ints,
    P: Floats,
    Q: Floats,
    lr: float,
    reg: float,
    batch_size: int,
    negatives: Negatives,
    rng: np.random.Generator,
) -> tuple[Floats, Floats]:
    users, positives = rows_of(clicks)[usable], clicks.indices[usable]
    # The other films are drawn before the clicks are shuffled: in the order of users the search stays in the cache.
    drawn = draw_negatives(clicks, users, negatives, rng)
    order = rng.permutation(users.size)
    triples = users[order], positives[order].astype(np.intp), drawn[order]
    P, Q = P.copy(), Q.copy()
    kernels_bpr.steps_in_place(P, Q, triples, batch_size, lr, reg)
    return P, Q
