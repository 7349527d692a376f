"""Lesson 06: ranking losses, from RankNet's pairs to LambdaRank, the softmax loss and LambdaMART.

Every gradient here is by the scores and is to be SUBTRACTED from them: a negative entry pushes a film up. First the
equations on one query, as n × n tables; `pairs` has the fast version for many queries, and the tests hold them equal.
Then two scorers that turn features into scores: a linear one, and a sum of small trees.

Conventions, as in `metrics`: labels are finite and >= 0, the gain is 2**label − 1, films are ranked by descending
score, equal scores keep their input order, `k=None` is the whole list, and a list without a gain has NDCG 0.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, log_softmax, softmax
from tqdm.auto import tqdm

from recmath_lib import metrics, pairs
from recmath_lib._arguments import above_zero, at_least_zero, floats, offset_list, whole
from recmath_lib.factorization import last

Floats = NDArray[np.floating]
Ints = NDArray[np.intp]
Loss = Literal["pointwise", "ranknet", "lambdarank", "softmax"]


# ---- RankNet: one query ----------------------------------------------------------------------------------------------


def order_probability(difference: ArrayLike, slope: float = 1.0) -> Floats:
    """Probability that film i should stand above film j, from s_i − s_j, Eq. (6.1).

    Args:
        difference: s_i − s_j, numbers of any shape.
        slope: beta > 0; Burges calls it sigma.

    Returns:
        Probabilities in [0, 1], in the same shape.

    Source: Burges (2010), From RankNet to LambdaRank to LambdaMART: an overview.
    """
    return expit(above_zero(slope, "slope") * floats(difference, "difference"))


def ranknet_loss(scores: ArrayLike, labels: ArrayLike, slope: float = 1.0) -> float:
    """Cross-entropy of the order of each pair with y_i > y_j, each pair once, Eq. (6.2).

    Args:
        scores: s, shape (n,).
        labels: y >= 0, shape (n,).
        slope: beta > 0.

    Raises:
        ValueError: nan, infinite scores, negative labels, unequal lengths, or a slope that is not > 0.

    Source: Burges et al. (2005), Learning to rank using gradient descent.
    """
    s, y = _query(scores, labels)
    better = y[:, None] > y
    return float(np.logaddexp(0, -above_zero(slope, "slope") * (s[:, None] - s))[better].sum())


def pair_gradient(difference: ArrayLike, slope: float = 1.0) -> Floats:
    """Derivative of one pair's loss by s_i, −beta / (1 + e^(beta (s_i − s_j))); by s_j it is the opposite, Eq. (6.3).

    Args:
        difference: s_i − s_j with y_i > y_j, numbers of any shape.
        slope: beta > 0.

    Returns:
        Numbers in [−beta, 0], in the same shape; finite at differences of 1000.
    """
    beta = above_zero(slope, "slope")
    return -beta * expit(-beta * floats(difference, "difference"))


def ranknet_gradient(scores: ArrayLike, labels: ArrayLike, slope: float = 1.0) -> Floats:
    """Gradient of RankNet's loss by the scores, the pairs gathered for each film, Eq. (6.4).

    Args:
        scores, labels, slope: as in `ranknet_loss`.

    Returns:
        dC/ds, shape (n,); it sums to 0.

    Raises:
        ValueError: as `ranknet_loss`.

    Source: Burges (2010), From RankNet to LambdaRank to LambdaMART: an overview.
    """
    s, y = _query(scores, labels)
    return _gathered(np.where(y[:, None] > y, pair_gradient(s[:, None] - s, slope), 0))


# ---- LambdaRank: one query -------------------------------------------------------------------------------------------


def delta_ndcg(scores: ArrayLike, labels: ArrayLike, k: int | None = None) -> Floats:
    """By how much NDCG@k changes when two films swap their places, Eq. (6.5).

    Args:
        scores: s, shape (n,).
        labels: y >= 0, shape (n,).
        k: how many places count; None for all.

    Returns:
        The absolute change for each pair of films, in input order, shape (n, n): symmetric, with zeros on the diagonal
        and everywhere if no film has a gain.

    Raises:
        ValueError: nan, infinite scores, negative labels, unequal lengths, or a k that is no integer >= 1.

    Source: Burges, Ragno and Le (2006), Learning to rank with nonsmooth cost functions.
    """
    s, y = _query(scores, labels)
    ideal = metrics.dcg_at_k(np.sort(y)[::-1], k)
    gains, discounts = np.exp2(y) - 1, _discounts(metrics.ranks(s), k)
    change = np.abs((gains[:, None] - gains) * (discounts[:, None] - discounts))
    return change / ideal if ideal else np.zeros_like(change)


def pair_lambdas(scores: ArrayLike, labels: ArrayLike, slope: float = 1.0, k: int | None = None) -> Floats:
    """LambdaRank's force in each pair: RankNet's, times |ΔNDCG|, Eq. (6.6).

    Args:
        scores, labels, k: as in `delta_ndcg`.
        slope: beta > 0.

    Returns:
        lambda_ij <= 0 where y_i > y_j, else 0, shape (n, n).

    Raises:
        ValueError: as `delta_ndcg`, or a slope that is not > 0.

    Source: Burges (2010), From RankNet to LambdaRank to LambdaMART: an overview.
    """
    s, y = _query(scores, labels)
    return np.where(y[:, None] > y, pair_gradient(s[:, None] - s, slope), 0) * delta_ndcg(s, y, k)


def lambda_gradients(scores: ArrayLike, labels: ArrayLike, slope: float = 1.0, k: int | None = None) -> Floats:
    """What LambdaRank subtracts from the scores: for each film the forces of its pairs, Eq. (6.7).

    Args:
        scores, labels, slope, k: as in `pair_lambdas`.

    Returns:
        lambda_i, shape (n,); negative lifts a film. They sum to 0.

    Raises:
        ValueError: as `pair_lambdas`.

    Source: Burges (2010), From RankNet to LambdaRank to LambdaMART: an overview.
    """
    return _gathered(pair_lambdas(scores, labels, slope, k))


def lambda_hessians(scores: ArrayLike, labels: ArrayLike, slope: float = 1.0, k: int | None = None) -> Floats:
    """Second derivatives by each score, |ΔNDCG| held fixed: beta² rho (1 − rho) |ΔNDCG|, summed over pairs, Eq. (6.8).

    Args:
        scores, labels, slope, k: as in `pair_lambdas`.

    Returns:
        Numbers >= 0, shape (n,). LightGBM uses these, XGBoost twice these.

    Raises:
        ValueError: as `pair_lambdas`.

    Source: Burges (2010), From RankNet to LambdaRank to LambdaMART: an overview.
    """
    s, y = _query(scores, labels)
    rho = expit(-above_zero(slope, "slope") * (s[:, None] - s))
    bends = np.where(y[:, None] > y, slope**2 * rho * (1 - rho), 0) * delta_ndcg(s, y, k)
    return bends.sum(axis=1) + bends.sum(axis=0)


def lambda_gradients_batch(
    scores: ArrayLike, labels: ArrayLike, queries: ArrayLike, slope: float = 1.0, k: int | None = None
) -> Floats:
    """The lambdas of many queries at once, Eq. (6.7).

    Args:
        scores: s of all films, one query after another, shape (N,).
        labels: y >= 0, shape (N,).
        queries: offsets: query q holds the films queries[q] to queries[q + 1] − 1, shape (q + 1,), from 0 to N.
        slope: beta > 0.
        k: how many places count; None for all.

    Returns:
        lambda_i, shape (N,); those of each query sum to 0.

    Raises:
        TypeError: offsets that are not integers.
        ValueError: as `pair_lambdas`, or offsets that do not rise from 0 to N.
    """
    s, y = _query(scores, labels)
    offsets, beta, cut = offset_list(queries, "queries", s.size), above_zero(slope, "slope"), _cut(k)
    return pairs.pair_sums(s, y, offsets, beta, cut, by_ndcg=True, loss=False, hessians=False)[1]


# ---- what is bounded -------------------------------------------------------------------------------------------------


def misordered_cost(scores: ArrayLike, labels: ArrayLike, k: int | None = None) -> float:
    """|ΔNDCG| summed over the pairs in the wrong order, Eq. (6.9).

    If any film has a gain, 1 − NDCG is never above it.

    Args:
        scores, labels, k: as in `delta_ndcg`.

    Raises:
        ValueError: as `delta_ndcg`.
    """
    s, y = _query(scores, labels)
    place = metrics.ranks(s)
    wrong = (y[:, None] > y) & (place[:, None] > place)
    return float(delta_ndcg(s, y, k)[wrong].sum())


def frozen_surrogate(
    scores: ArrayLike,
    labels: ArrayLike,
    slope: float = 1.0,
    k: int | None = None,
    *,
    at: ArrayLike | None = None,
) -> float:
    """RankNet's loss in bits, each pair times |ΔNDCG| of one fixed ranking, Eq. (6.10).

    At that ranking it is above the misordered cost, so above 1 − NDCG. Its gradient there is the lambdas over ln 2.

    Args:
        scores, labels, slope, k: as in `pair_lambdas`.
        at: scores whose ranking the |ΔNDCG| are taken at, shape (n,); None for `scores` themselves.

    Raises:
        ValueError: as `pair_lambdas`, or an `at` that is no list of as many finite numbers.

    Source: Wang et al. (2018), The LambdaLoss framework for ranking metric optimization.
    """
    s, y = _query(scores, labels)
    weights = delta_ndcg(s if at is None else _place_to_freeze(at, s.size), y, k)
    bits = np.logaddexp(0, -above_zero(slope, "slope") * (s[:, None] - s)) / np.log(2)
    return float((weights * bits)[y[:, None] > y].sum())


def softmax_loss(scores: ArrayLike, labels: ArrayLike) -> float:
    """Cross-entropy between the labels' shares and the softmax of the scores, Eq. (6.11).

    Args:
        scores: s, shape (n,).
        labels: y >= 0, shape (n,). Cao's ListNet puts softmax(y) where this has y / Σy.

    Returns:
        A float >= 0; 0.0 without a positive label. Exact at scores of ±1000.

    Raises:
        ValueError: nan, infinite scores, negative labels, or unequal lengths.

    Source: Bruch et al. (2019), An analysis of the softmax cost function for learning to rank.
    """
    s, y = _query(scores, labels)
    return float(-(_shares(y) @ log_softmax(s))) if y.any() else 0.0


def softmax_gradient(scores: ArrayLike, labels: ArrayLike) -> Floats:
    """Gradient of the softmax loss by the scores: softmax(s) − y / Σy, Eq. (6.12).

    Args:
        scores, labels: as in `softmax_loss`.

    Returns:
        Shape (n,); zeros without a positive label. It sums to 0.

    Raises:
        ValueError: as `softmax_loss`.
    """
    s, y = _query(scores, labels)
    return softmax(s) - _shares(y) if y.any() else np.zeros(s.size)


def ndcg_floor(scores: ArrayLike, labels: ArrayLike) -> float:
    """exp(−softmax loss): a floor of NDCG (whole list) and of RR for labels 0 and 1, Eq. (6.13).

    Args:
        scores: s, shape (n,).
        labels: 0 or 1, at least one 1, shape (n,).

    Raises:
        ValueError: as `softmax_loss`, other labels, or no 1.

    Source: Bruch et al. (2019), An analysis of the softmax cost function for learning to rank.
    """
    s, y = _query(scores, labels)
    if not np.isin(y, (0, 1)).all() or not y.any():
        raise ValueError(f"labels must be 0 or 1 with at least one 1, got {y}")
    return float(np.exp(-softmax_loss(s, y)))


def ndcg_loss2_weights(scores: ArrayLike, labels: ArrayLike) -> Floats:
    """LambdaLoss' weights in place of |ΔNDCG|, from the distance of two ranks alone, Eq. (6.16).

    Summed over the films above it, they say how much a film loses by its rank. With them, too, the misordered pairs
    cost at least 1 − NDCG of the whole list. Both hold at the ranking they are taken at, like |ΔNDCG|.

    Args:
        scores, labels: as in `delta_ndcg`.

    Returns:
        Shape (n, n), symmetric.

    Raises:
        ValueError: as `delta_ndcg`.

    Source: Wang et al. (2018), The LambdaLoss framework for ranking metric optimization.
    """
    s, y = _query(scores, labels)
    ideal = metrics.dcg_at_k(np.sort(y)[::-1])
    place, gains = metrics.ranks(s), np.exp2(y) - 1
    apart = np.abs(place[:, None] - place)
    drop = np.where(apart > 0, 1 / np.log2(np.maximum(apart, 1) + 1) - 1 / np.log2(apart + 2), 0)
    return drop * np.abs(gains[:, None] - gains) / ideal if ideal else np.zeros_like(drop)


# ---- a linear scorer -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Linear:
    """One step of a scorer s = X w.

    Attributes:
        step: 0 at the start, then 1, 2, ... epochs.
        objective: mean over queries of its loss; of LambdaRank, of the frozen surrogate, see Eq. (6.10).
        weights: w, one per feature, shape (d,).
    """

    step: int
    objective: float
    weights: Floats

    def predict(self, features: ArrayLike) -> Floats:
        """Scores of films with features of shape (N, d), shape (N,)."""
        return floats(features, "features") @ self.weights


def epochs(
    features: ArrayLike,
    labels: ArrayLike,
    queries: ArrayLike,
    *,
    loss: Loss = "lambdarank",
    slope: float = 1.0,
    k: int | None = None,
    reg: float = 0.0,
    lr: float = 0.1,
    n_epochs: int = 100,
    progress: bool = False,
) -> Iterator[Linear]:
    """Gradient descent on the weights of a linear scorer, one state before it and one after each epoch.

    An epoch is one step with the mean gradient of all queries. It starts from zeros, so nothing is random.

    Args:
        features: X, one row for each film of each query, finite, shape (N, d).
        labels: y >= 0, shape (N,).
        queries: offsets of the queries, shape (q + 1,), as in `lambda_gradients_batch`.
        loss: "pointwise" (squared error of the label), "ranknet", "lambdarank" or "softmax".
        slope: beta > 0, of ranknet and lambdarank.
        k: cut-off of |ΔNDCG|, of lambdarank.
        reg: penalty weight >= 0 of ‖w‖².
        lr: learning rate > 0.
        n_epochs: how many, at least 1.
        progress: True shows a bar.

    Yields:
        `Linear` with step 0, 1, ..., n_epochs.

    Raises:
        TypeError: offsets that are not integers.
        ValueError: an argument out of range, or weights that grow beyond all numbers (lr is too large).
    """
    data = _data(features, labels, queries)
    if loss not in get_args(Loss):
        raise ValueError(f"loss must be one of {get_args(Loss)}, got {loss!r}")
    slope, k, reg = above_zero(slope, "slope"), _cut(k), at_least_zero(reg, "reg")
    steps = tqdm(range(1, whole(n_epochs, "n_epochs") + 1), disable=not progress)
    return _epochs(*data, loss, slope, k, reg, above_zero(lr, "lr"), steps)


def fit(
    features: ArrayLike,
    labels: ArrayLike,
    queries: ArrayLike,
    *,
    loss: Loss = "lambdarank",
    slope: float = 1.0,
    k: int | None = None,
    reg: float = 0.0,
    lr: float = 0.1,
    n_epochs: int = 100,
    progress: bool = False,
) -> Linear:
    """The last state of `epochs`; arguments and errors as there."""
    options: dict[str, Any] = {"slope": slope, "k": k, "reg": reg, "lr": lr, "n_epochs": n_epochs}
    return last(epochs(features, labels, queries, loss=loss, progress=progress, **options))


# ---- LambdaMART: a sum of small trees --------------------------------------------------------------------------------


def newton_leaf(gradients: ArrayLike, hessians: ArrayLike, reg: float = 1.0) -> float:
    """The value of a leaf: one Newton step for all films in it, −Σλ_i / (Σh_i + reg), Eq. (6.14).

    Args:
        gradients: of the films in the leaf, shape (b,).
        hessians: of the same films, >= 0, shape (b,).
        reg: penalty weight lambda > 0 of the value.

    Raises:
        ValueError: a reg that is not > 0, unequal lengths, nan, or a negative second derivative.

    Source: Burges (2010), From RankNet to LambdaRank to LambdaMART: an overview.
    """
    lambdas, bends = floats(gradients, "gradients"), floats(hessians, "hessians")
    if lambdas.shape != bends.shape:
        raise ValueError(f"hessians must have shape {lambdas.shape} like gradients, got {bends.shape}")
    if not (np.isfinite(lambdas).all() and (bends >= 0).all()):
        raise ValueError(f"gradients must be finite and hessians >= 0, got {lambdas} and {bends}")
    return float(-lambdas.sum() / (bends.sum() + above_zero(reg, "reg")))


@dataclass(frozen=True, eq=False)
class Trees:
    """One step of a scorer that adds up small trees.

    Attributes:
        step: number of trees.
        objective: mean over queries of the frozen surrogate, see Eq. (6.10).
        trees: each with the values of its leaves by node number, times the learning rate.
    """

    step: int
    objective: float
    trees: tuple[tuple[Any, Floats], ...]

    def predict(self, features: ArrayLike) -> Floats:
        """Scores of films with features of shape (N, d), the sum of their leaves, see Eq. (6.15); shape (N,)."""
        return boosted_scores(self.trees, features)


def boosted_scores(trees: Iterable[tuple[Any, Floats]], features: ArrayLike) -> Floats:
    """The sum over trees of the value of the leaf that each film falls into, Eq. (6.15).

    Args:
        trees: of a `Trees`.
        features: X, shape (N, d).

    Returns:
        Scores, shape (N,).
    """
    X = floats(features, "features")
    return sum((values[tree.apply(X)] for tree, values in trees), np.zeros(len(X)))


def boosting_rounds(
    features: ArrayLike,
    labels: ArrayLike,
    queries: ArrayLike,
    *,
    n_trees: int = 100,
    n_leaves: int = 8,
    min_leaf: int = 20,
    slope: float = 1.0,
    k: int | None = None,
    reg: float = 1.0,
    lr: float = 0.1,
    progress: bool = False,
) -> Iterator[Trees]:
    """LambdaMART: each tree is fitted to the lambdas, and its leaves take Newton steps; one state per tree.

    Args:
        features: X, one row for each film of each query, finite, shape (N, d).
        labels: y >= 0, shape (N,).
        queries: offsets of the queries, shape (q + 1,), as in `lambda_gradients_batch`.
        n_trees: how many, at least 1.
        n_leaves: most leaves of a tree, at least 2.
        min_leaf: fewest films in a leaf, at least 1.
        slope: beta > 0.
        k: cut-off of |ΔNDCG|.
        reg: penalty weight > 0 of a leaf's value.
        lr: share of each Newton step that is taken, > 0.
        progress: True shows a bar.

    Yields:
        `Trees` with step 0, 1, ..., n_trees.

    Raises:
        TypeError: offsets that are not integers.
        ValueError: an argument out of range.

    Source: Burges (2010), From RankNet to LambdaRank to LambdaMART: an overview.
    """
    data = _data(features, labels, queries)
    shape = {"max_leaf_nodes": whole(n_leaves, "n_leaves", 2), "min_samples_leaf": whole(min_leaf, "min_leaf")}
    steps = tqdm(range(1, whole(n_trees, "n_trees") + 1), disable=not progress)
    return _boosting(
        *data, shape, above_zero(slope, "slope"), _cut(k), above_zero(reg, "reg"), above_zero(lr, "lr"), steps
    )


def fit_trees(
    features: ArrayLike,
    labels: ArrayLike,
    queries: ArrayLike,
    *,
    n_trees: int = 100,
    n_leaves: int = 8,
    min_leaf: int = 20,
    slope: float = 1.0,
    k: int | None = None,
    reg: float = 1.0,
    lr: float = 0.1,
    progress: bool = False,
) -> Trees:
    """The last state of `boosting_rounds`; arguments and errors as there."""
    shape: dict[str, Any] = {"n_trees": n_trees, "n_leaves": n_leaves, "min_leaf": min_leaf}
    step: dict[str, Any] = {"slope": slope, "k": k, "reg": reg, "lr": lr}
    return last(boosting_rounds(features, labels, queries, **shape, **step, progress=progress))


# ---------------------------------------------------------------- how it is done


def _query(scores: ArrayLike, labels: ArrayLike) -> tuple[Floats, Floats]:
    s, y = floats(scores, "scores"), floats(labels, "labels")
    if s.ndim != 1 or s.shape != y.shape:
        raise ValueError(f"scores and labels must be two lists of equal length, got shapes {s.shape} and {y.shape}")
    if not np.isfinite(s).all():
        raise ValueError(f"scores must be finite, got {s[~np.isfinite(s)][0]}")
    bad = ~((y >= 0) & (y <= metrics.LARGEST["exp"]))
    if bad.any():
        raise ValueError(f"labels must be numbers from 0 to {metrics.LARGEST['exp']:g}, got {y[bad][0]}")
    return s, y


def _data(features: ArrayLike, labels: ArrayLike, queries: ArrayLike) -> tuple[Floats, Floats, Ints]:
    X = floats(features, "features")
    if X.ndim != 2 or not X.size:
        raise ValueError(f"features must be a table with a row and a column, got shape {X.shape}")
    if not np.abs(X).max() <= np.finfo(np.float32).max:  # trees compare in float32
        raise ValueError(f"features must be finite and within the range of float32, got {X[np.abs(X).argmax()]}")
    _, y = _query(np.zeros(len(X)), labels)
    offsets = offset_list(queries, "queries", y.size)
    return X, y, offsets


def _place_to_freeze(at: ArrayLike, size: int) -> Floats:
    given = floats(at, "at")
    if given.shape != (size,) or not np.isfinite(given).all():
        raise ValueError(f"at must be {size} finite scores, of equal length with scores, got {given}")
    return given


def _cut(k: int | None) -> int | None:
    return None if k is None else whole(k, "k")


def _discounts(places: Ints, k: int | None) -> Floats:
    return np.where(places <= (_cut(k) or places.size), 1 / np.log2(places + 1), 0)


def _gathered(forces: Floats) -> Floats:
    """Each pair's derivative goes to the better film as it is and to the other one with the opposite sign."""
    return forces.sum(axis=1) - forces.sum(axis=0)


def _shares(labels: Floats) -> Floats:
    # By the largest first: the sum of huge labels would be infinite.
    scaled = labels / labels.max()
    return scaled / scaled.sum()


def _judged(s: Floats, y: Floats, offsets: Ints, loss: Loss, slope: float, k: int | None) -> tuple[float, Floats]:
    """The mean over queries of the loss, and the gradient of its sum by the scores, shape (N,)."""
    n_queries = offsets.size - 1
    if loss == "pointwise":
        return float(np.sum((s - y) ** 2) / n_queries), 2 * (s - y)
    if loss == "softmax":
        total, by_score = _softmax_sums(s, y, offsets)
        return total / n_queries, by_score
    by_ndcg = loss == "lambdarank"
    total, by_score, _ = pairs.pair_sums(s, y, offsets, slope, k, by_ndcg, hessians=False)
    unit = np.log(2) if by_ndcg else 1  # the frozen surrogate is in bits
    return total / (unit * n_queries), by_score


def _softmax_sums(s: Floats, y: Floats, offsets: Ints) -> tuple[float, Floats]:
    """The softmax loss summed over queries and its gradient, all queries at once."""
    sizes = np.diff(offsets)
    starts = offsets[:-1][sizes > 0]  # reduceat takes an empty query for one of a single film
    sizes = sizes[sizes > 0]

    def of_query(reduce: np.ufunc, values: Floats) -> Floats:
        return np.repeat(reduce.reduceat(values, starts), sizes) if starts.size else values

    shift = s - of_query(np.maximum, s)
    logs = shift - np.log(of_query(np.add, np.exp(shift)))
    largest = of_query(np.maximum, y)
    # By the largest first: the sum of huge labels would be infinite.
    scaled = np.divide(y, largest, out=np.zeros_like(y), where=largest > 0)
    shares = np.divide(scaled, of_query(np.add, scaled), out=np.zeros_like(y), where=largest > 0)
    return float(-(shares * logs).sum()), np.where(largest > 0, np.exp(logs), 0) - shares


def _epochs(
    X: Floats,
    y: Floats,
    offsets: Ints,
    loss: Loss,
    slope: float,
    k: int | None,
    reg: float,
    lr: float,
    steps: Iterable[int],
) -> Iterator[Linear]:
    w, n_queries = np.zeros(X.shape[1]), offsets.size - 1
    objective, by_score = _judged(X @ w, y, offsets, loss, slope, k)
    yield Linear(0, objective, w)
    for step in steps:
        with np.errstate(over="ignore", invalid="ignore"):
            w = w - lr * (X.T @ by_score / n_queries + 2 * reg * w)
            scores = X @ w
        if not np.isfinite(scores).all() or np.abs(scores).max() > 1e100:
            raise ValueError(f"lr must be smaller: with {lr!r} the weights grow beyond all numbers in epoch {step}")
        objective, by_score = _judged(scores, y, offsets, loss, slope, k)
        yield Linear(step, objective, w)


def _boosting(
    X: Floats,
    y: Floats,
    offsets: Ints,
    shape: dict[str, int],
    slope: float,
    k: int | None,
    reg: float,
    lr: float,
    steps: Iterable[int],
) -> Iterator[Trees]:
    scores, bits = np.zeros(y.size), np.log(2) * (offsets.size - 1)
    trees: tuple[tuple[Any, Floats], ...] = ()
    total, first, second = pairs.pair_sums(scores, y, offsets, slope, k, by_ndcg=True)
    yield Trees(0, total / bits, trees)
    for step in steps:
        tree, values = _newton_tree(X, first, second, shape, reg)
        trees = (*trees, (tree, lr * values))
        scores = scores + lr * values[tree.apply(X)]
        total, first, second = pairs.pair_sums(scores, y, offsets, slope, k, by_ndcg=True)
        yield Trees(step, total / bits, trees)


def _newton_tree(X: Floats, first: Floats, second: Floats, shape: dict[str, int], reg: float) -> tuple[Any, Floats]:
    """A tree that splits the films by their gradients, and the Newton step of each leaf by node number."""
    from sklearn.tree import DecisionTreeRegressor  # here: it takes a second, and only boosting needs it

    tree = DecisionTreeRegressor(random_state=0, **shape).fit(X, -first)
    leaves = tree.apply(X)
    values = np.zeros(tree.tree_.node_count)
    for leaf in np.unique(leaves):
        values[leaf] = newton_leaf(first[leaves == leaf], second[leaves == leaf], reg)
    return tree, values
