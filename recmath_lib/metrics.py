"""Lesson 04: what a ranked list is worth, from precision to NDCG, and how sure a mean over users is.

One list at a time the functions read `rels`: the labels of the ranked films, best rank first. `auc` and the functions
whose names end in `scores` read labels and scores side by side, in any order, and rank by descending score.

The conventions, once for all of them (Lesson 04 shows which library differs, and by how much):
    labels are finite numbers >= 0; where a metric wants yes or no, a film is relevant if its label is above 0;
    the gain 2**label - 1 is exact for whole labels, but of a tiny label y the subtraction leaves only so much: its
        relative error is up to 2e-16 / y, and below 1e-16 it earns nothing;
    scores are numbers or +-inf (-inf is an excluded film), never nan; equal scores keep their input order;
    `k=None` is the whole list, and a `k` beyond the list's end is allowed;
    a list in which nothing is relevant earns 0.0 (`auc`, which has no pair to order then, 0.5).
"""

import reprlib
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from functools import partial
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recmath_lib._arguments import generator, is_between, whole

Floats = NDArray[np.float64]
Gain = Literal["exp", "linear"]
Ties = Literal["order", "average"]

LARGEST: dict[Gain, float] = {"exp": 1000, "linear": 2.0**1000}  # a million such gains still sum to a float64
BLOCK_CELLS = 1 << 16  # (query, item) cells worked on together: about 2 MB, which stays in the cache


# ---- relevant or not: Eq. (4.1) to (4.4) -----------------------------------------------------------------------------


def precision_at_k(rels: ArrayLike, k: int | None = None) -> float:
    """Share of the first k places that hold a relevant film, Eq. (4.1).

    Args:
        rels: labels >= 0 of the ranked films, best rank first, shape (n,).
        k: how many places count; None for all n.

    Returns:
        A float in [0, 1]. It divides by k, so places beyond the list's end count as misses; 0.0 for an empty list.

    Raises:
        ValueError: a label that is negative, nan or infinite, or a k that is no integer >= 1.

    Source: Manning, Raghavan and Schütze (2008), Introduction to Information Retrieval, chapter 8.
    """
    hits = _labels(rels, "rels") > 0
    places = _cut(k) or hits.size
    return float(hits[:places].sum() / max(places, 1))


def recall_at_k(rels: ArrayLike, k: int | None = None, n_relevant: int | None = None) -> float:
    """Share of all relevant films found in the first k places, Eq. (4.2).

    Args:
        rels: labels >= 0 of the ranked films, best rank first, shape (n,).
        k: how many places count; None for all n.
        n_relevant: how many relevant films exist, ranked or not; None for those in `rels`.

    Returns:
        A float in [0, 1]; 0.0 if no film is relevant.

    Raises:
        ValueError: a label that is negative, nan or infinite, a k that is no integer >= 1, or an n_relevant below
            the number of relevant films in `rels`.

    Source: Manning, Raghavan and Schütze (2008), Introduction to Information Retrieval, chapter 8.
    """
    hits = _labels(rels, "rels") > 0
    found = hits[: _cut(k)].sum()
    return float(found / max(_count_relevant(hits, n_relevant), 1))


def reciprocal_rank(rels: ArrayLike, k: int | None = None) -> float:
    """One over the rank of the first relevant film, Eq. (4.3).

    Args:
        rels: labels >= 0 of the ranked films, best rank first, shape (n,).
        k: how many places count; None for all n.

    Returns:
        A float in [0, 1]; 0.0 if no film within the first k places is relevant.

    Raises:
        ValueError: a label that is negative, nan or infinite, or a k that is no integer >= 1.

    Source: Voorhees (1999), The TREC-8 question answering track report.
    """
    ranks = np.flatnonzero(_labels(rels, "rels")[: _cut(k)] > 0) + 1
    return float(1 / ranks[0]) if ranks.size else 0.0


def auc(y_true: ArrayLike, y_score: ArrayLike) -> float:
    """Share of the pairs (relevant, irrelevant) in which the relevant film has the higher score, Eq. (4.4).

    Args:
        y_true: labels >= 0, shape (n,).
        y_score: scores of the same films, shape (n,).

    Returns:
        A float in [0, 1]. A tied pair counts one half. Without a pair (all films relevant, or none) it is 0.5: nothing
        speaks for the order or against it, and `auc(y, -s) == 1 - auc(y, s)` holds there too.

    Raises:
        ValueError: a label that is negative, nan or infinite, a nan score, or unequal lengths.

    Source: Hanley and McNeil (1982), The meaning and use of the area under a receiver operating
        characteristic (ROC) curve.
    """
    labels, scores = _labels_and_scores(y_true, y_score)
    good, bad = scores[labels > 0], np.sort(scores[labels == 0])
    if not good.size or not bad.size:
        return 0.5
    below, not_above = np.searchsorted(bad, good, "left"), np.searchsorted(bad, good, "right")
    return float((below + not_above).sum() / (2 * good.size * bad.size))


# ---- average precision: Eq. (4.5) to (4.8) ---------------------------------------------------------------------------


def average_precision(rels: ArrayLike, n_relevant: int | None = None, k: int | None = None) -> float:
    """Precision at the rank of each relevant film, averaged over the relevant films, Eq. (4.5), cut at k: Eq. (4.7).

    The j-th hit, at rank r, adds j/r: the sum is the area under the steps of precision over recall, Eq. (4.6).

    Args:
        rels: labels >= 0 of the ranked films, best rank first, shape (n,).
        n_relevant: how many relevant films exist, ranked or not; None for those in `rels`.
        k: how many places count; None for all n.

    Returns:
        A float in [0, 1]. It divides by n_relevant, with k by min(k, n_relevant), the most hits k places can hold;
        0.0 if no film is relevant.

    Raises:
        ValueError: a label that is negative, nan or infinite, a k that is no integer >= 1, or an n_relevant below
            the number of relevant films in `rels`.

    Source: Buckley and Voorhees (2000), Evaluating evaluation measure stability.
    """
    hits = _labels(rels, "rels") > 0
    best = _count_relevant(hits, n_relevant)
    top = hits[: _cut(k)]
    precision = np.cumsum(top) / np.arange(1, top.size + 1)
    return float(precision[top].sum() / max(min(best, k or best), 1))


def mean_average_precision(ranked_lists: Sequence[ArrayLike], n_relevants: Sequence[int] | None = None) -> float:
    """Average precision, averaged over the queries that have a relevant film, Eq. (4.8).

    Args:
        ranked_lists: one list of labels >= 0 per query, best rank first; the lengths may differ.
        n_relevants: how many relevant films each query has, ranked or not; None for those in its list.

    Returns:
        A float in [0, 1]. Queries without a relevant film are left out: no ranking of theirs could earn anything.
        0.0 if no query is left.

    Raises:
        ValueError: what `average_precision` refuses, no list of lists, or not as many n_relevants as lists.

    Source: Buckley and Voorhees (2000), Evaluating evaluation measure stability.
    """
    hits = [_labels(rels, "ranked_lists") > 0 for rels in _lists(ranked_lists)]
    given = [None] * len(hits) if n_relevants is None else _each(n_relevants, "n_relevants", "count")
    if len(given) != len(hits):
        raise ValueError(f"n_relevants must have one entry per list, {len(hits)}, got {len(given)}")
    counts = [_count_relevant(*pair, "n_relevants") for pair in zip(hits, given, strict=True)]
    each = [average_precision(ranked, count) for ranked, count in zip(hits, counts, strict=True) if count > 0]
    return float(np.mean(each)) if each else 0.0


def average_precision_scores(
    y_true: ArrayLike, y_score: ArrayLike, k: int | None = None, ties: Ties = "order"
) -> Floats:
    """Average precision of many queries at once, each ranked by its scores, Eq. (4.5) and (4.7).

    Args:
        y_true: labels >= 0 of all judged films, shape (queries, items).
        y_score: scores of the same films, shape (queries, items).
        k: how many places count; None for all items.
        ties: "order", equal scores keep their input order; "average", the mean over all orders of equal scores.

    Returns:
        One float in [0, 1] per query, shape (queries,); 0.0 where no film is relevant.

    Raises:
        ValueError: a label that is negative, nan or infinite, a nan score, unequal shapes, a k that is no
            integer >= 1, or unknown ties.

    Source: McSherry and Najork (2008), Computing information retrieval performance measures efficiently in the
        presence of tied scores.
    """
    return _each_block(_average_precisions, y_true, y_score, k, ties)


# ---- graded relevance: Eq. (4.9) to (4.11) ---------------------------------------------------------------------------


def dcg_at_k(rels: ArrayLike, k: int | None = None, gain: Gain = "exp") -> float:
    """Discounted cumulative gain of the first k places: gain over log2(rank + 1), summed, Eq. (4.9).

    Args:
        rels: labels >= 0 of the ranked films, best rank first, shape (n,); fractions are allowed.
        k: how many places count; None for all n.
        gain: "exp" for 2**label - 1, "linear" for the label itself.

    Returns:
        A float >= 0; 0.0 for an empty list.

    Raises:
        ValueError: a label that is negative, nan, infinite or above 1000 (gain "linear": 2**1000), a k that is no
            integer >= 1, or an unknown gain.

    Source: Järvelin and Kekäläinen (2002), Cumulated gain-based evaluation of IR techniques; the exponential gain:
        Burges et al. (2005), Learning to rank using gradient descent.
    """
    gains = _gains(_graded(_labels(rels, "rels"), "rels", gain)[: _cut(k)], gain)
    return float(gains @ _discounts(gains.size))


def ndcg_at_k(
    ranked_rels: ArrayLike, k: int | None = None, all_rels: ArrayLike | None = None, gain: Gain = "exp"
) -> float:
    """DCG as a share of the best DCG that k places could have, Eq. (4.10).

    Args:
        ranked_rels: labels >= 0 of the ranked films, best rank first, shape (n,).
        k: how many places count; None for all of them, in the list and in the ideal.
        all_rels: labels of all judged films, ranked or not, in any order; None for the ranked ones.
        gain: "exp" for 2**label - 1, "linear" for the label itself.

    Returns:
        A float in [0, 1]. The ideal is the k largest of all_rels, even if the list is shorter than k; an ideal of 0
        gives 0.0.

    Raises:
        ValueError: what `dcg_at_k` refuses, or an all_rels that cannot contain the ranked films.

    Source: Järvelin and Kekäläinen (2002), Cumulated gain-based evaluation of IR techniques.
    """
    ranked = _graded(_labels(ranked_rels, "ranked_rels"), "ranked_rels", gain)
    judged = ranked if all_rels is None else _pool(all_rels, ranked, gain)
    ideal = dcg_at_k(_descending(judged), k, gain)
    return _at_most_one(dcg_at_k(ranked, k, gain) / ideal) if ideal > 0 else 0.0


def ndcg_from_scores(
    y_true: ArrayLike, y_score: ArrayLike, k: int | None = None, gain: Gain = "exp", ties: Ties = "order"
) -> float:
    """NDCG of the films ranked by descending score, Eq. (4.10); its mean over tied orders is Eq. (4.11).

    Args:
        y_true: labels >= 0 of all judged films, shape (n,).
        y_score: scores of the same films, shape (n,).
        k: how many places count; None for all n.
        gain: "exp" for 2**label - 1, "linear" for the label itself.
        ties: "order", equal scores keep their input order; "average", the mean over all orders of equal scores.

    Returns:
        A float in [0, 1]; 0.0 if the ideal DCG is 0.

    Raises:
        ValueError: what `dcg_at_k` refuses, a nan score, unequal lengths, or unknown ties.

    Source: McSherry and Najork (2008), Computing information retrieval performance measures efficiently in the
        presence of tied scores.
    """
    _one_of(ties, "ties", get_args(Ties))
    labels, scores = _labels_and_scores(y_true, y_score)
    order = _by_descending(scores)
    gains = _gains(_graded(labels, "y_true", gain), gain)
    ranked = gains[order] if ties == "order" else _mean_of_ties(gains[order], _tied_groups(scores[order]))
    ideal = dcg_at_k(_descending(gains), k, "linear")
    return _at_most_one(dcg_at_k(ranked, k, "linear") / ideal) if ideal > 0 else 0.0


def ndcg_scores(
    y_true: ArrayLike, y_score: ArrayLike, k: int | None = None, gain: Gain = "exp", ties: Ties = "order"
) -> Floats:
    """NDCG of many queries at once, each ranked by its scores, Eq. (4.10) and (4.11).

    Args:
        y_true: labels >= 0 of all judged films, shape (queries, items).
        y_score: scores of the same films, shape (queries, items).
        k: how many places count; None for all items.
        gain: "exp" for 2**label - 1, "linear" for the label itself.
        ties: "order", equal scores keep their input order; "average", the mean over all orders of equal scores.

    Returns:
        One float in [0, 1] per query, shape (queries,); 0.0 where the ideal DCG is 0.

    Raises:
        ValueError: what `dcg_at_k` refuses, a nan score, unequal shapes, or unknown ties.

    Source: McSherry and Najork (2008), Computing information retrieval performance measures efficiently in the
        presence of tied scores.
    """
    _one_of(gain, "gain", get_args(Gain))
    return _each_block(partial(_ndcgs, gain=gain), y_true, y_score, k, ties)


def ranks(y_score: ArrayLike) -> NDArray[np.intp]:
    """The place of each film in the ranked list, by descending score; equal scores keep their input order.

    Args:
        y_score: scores of the films, shape (n,).

    Returns:
        1 for the first film of the list to n for the last, in input order, shape (n,).

    Raises:
        ValueError: a nan score, or no list of numbers.
    """
    scores = np.asarray(y_score)
    if scores.ndim != 1 or not np.issubdtype(scores.dtype, np.number) or np.isnan(scores).any():
        raise ValueError(f"y_score must be a list of numbers without nan, got {reprlib.repr(y_score)}")
    places = np.empty(scores.size, dtype=np.intp)
    places[_by_descending(scores)] = np.arange(1, scores.size + 1)
    return places


# ---- how sure is a mean over users: Eq. (4.12) -----------------------------------------------------------------------


def bootstrap_interval(
    values: ArrayLike, level: float = 0.95, n_resamples: int = 2000, seed: int | np.random.Generator = 0
) -> tuple[float, float]:
    """Percentile bootstrap interval for the mean of per-user values, Eq. (4.12).

    Args:
        values: one finite number per user, shape (n,), n >= 1.
        level: share of the resampled means inside the interval, in (0, 1).
        n_resamples: how many times n users are drawn with replacement, >= 1.
        seed: an integer, or a Generator to draw from.

    Returns:
        The two ends (low, high), in the unit of the values.

    Raises:
        ValueError: no values or one that is nan or infinite, a level outside (0, 1), an n_resamples that is no
            integer >= 1, or a seed that is neither an integer >= 0 nor a Generator.

    Source: Efron and Tibshirani (1993), An introduction to the bootstrap, chapter 13.
    """
    sample, rng = _sample(values), generator(seed)
    if not is_between(level, 0, 1):
        raise ValueError(f"level must lie in (0, 1), got {level!r}")
    means = np.empty(whole(n_resamples, "n_resamples"))
    for rows in _blocks(means.size, sample.size):
        drawn = rng.integers(0, sample.size, (means[rows].size, sample.size))
        means[rows] = sample[drawn].mean(axis=1)
    low, high = np.percentile(means, [50 * (1 - level), 50 * (1 + level)])
    return float(low), float(high)


# ---- the steps the equations share -----------------------------------------------------------------------------------


def _gains(labels: Floats, gain: Gain) -> Floats:
    """What a label is worth: g(y) of Eq. (4.9). Not expm1(y log 2): that is 1e-15 off for whole labels."""
    return labels if gain == "linear" else np.exp2(labels) - 1


def _discounts(n: int) -> Floats:
    """1 / log2(rank + 1) for the ranks 1..n."""
    return 1 / np.log2(np.arange(2, n + 2))


def _at_most_one(share: float) -> float:
    """A share of the ideal. A rounded tied mean, or the slack of `_pool`, would otherwise lift it a little over 1."""
    return min(share, 1.0)


def _descending(labels: Floats) -> Floats:
    return np.sort(labels, axis=-1)[..., ::-1]


def _by_descending(scores: NDArray[Any]) -> NDArray[np.intp]:
    """Order of descending score; equal scores keep their place. Not argsort(-scores): uint8 has no minus."""
    backwards = np.argsort(scores[..., ::-1], axis=-1, kind="stable")
    return scores.shape[-1] - 1 - backwards[..., ::-1]


def _tied_groups(ranked: NDArray[Any]) -> NDArray[np.intp]:
    """The number of the tied group at each place of scores in rank order; every row begins a new group."""
    begins = np.ones(ranked.shape, dtype=bool)
    begins[..., 1:] = ranked[..., 1:] != ranked[..., :-1]
    return np.cumsum(begins).reshape(ranked.shape) - 1


def _mean_of_ties(gains: NDArray[Any], groups: NDArray[np.intp]) -> Floats:
    """Each gain replaced by the mean of its tied group: what its place earns on average over the tied orders."""
    sums, sizes = np.bincount(groups.ravel(), gains.ravel()), np.bincount(groups.ravel())
    return (sums / sizes)[groups]


# ---- many queries at once: the same equations, a block of rows at a time ---------------------------------------------


def _ndcgs(labels: Floats, scores: NDArray[Any], k: int, ties: Ties, gain: Gain) -> Floats:
    """Eq. (4.10) and (4.11) for each row."""
    ideal, discounts = _gains(_graded(_largest(labels, k), "y_true", gain), gain), _discounts(k)
    places = _top(scores, k if ties == "order" else scores.shape[1])
    gains = _gains(labels.take(places), gain)
    if ties == "average":
        gains = _mean_of_ties(gains, _tied_groups(scores.take(places)))[:, :k]
    return _share(gains @ discounts, ideal @ discounts)


def _average_precisions(labels: Floats, scores: NDArray[Any], k: int, ties: Ties) -> Floats:
    """Eq. (4.5) and (4.7) for each row."""
    places = _top(scores, k if ties == "order" else scores.shape[1])
    hits = (labels > 0).take(places)
    earned = _precisions(hits) if ties == "order" else _precisions_of_ties(hits, scores.take(places))[:, :k]
    return _share(earned.sum(axis=1), np.minimum((labels > 0).sum(axis=1), k))


def _precisions(hits: NDArray[np.bool_]) -> Floats:
    """Precision at every place that holds a hit, 0 elsewhere; hits in rank order."""
    return hits * np.cumsum(hits, axis=1) / np.arange(1, hits.shape[1] + 1)


def _precisions_of_ties(hits: NDArray[np.bool_], scores: NDArray[Any]) -> Floats:
    """What `_precisions` is on average over the orders of equal scores; hits and scores in rank order.

    A place in a tied group of t films, r of them relevant, holds a hit with chance r/t; given that, each other place
    of the group holds one with chance (r - 1)/(t - 1).
    """
    groups = _tied_groups(scores)
    sizes = np.bincount(groups.ravel())
    rank = np.arange(1, hits.shape[1] + 1)
    t, chance = sizes[groups], _mean_of_ties(hits, groups)
    ahead = np.arange(groups.size).reshape(groups.shape) - (np.cumsum(sizes) - sizes)[groups]
    hits_above: NDArray[np.intp] = np.take_along_axis(np.cumsum(hits, axis=1) - hits, rank - 1 - ahead, axis=1)
    return chance * (hits_above + 1 + ahead * (chance * t - 1) / np.maximum(t - 1, 1)) / rank


def _top(scores: NDArray[Any], k: int) -> NDArray[np.intp]:
    """Flat positions of each row's first k films in rank order, shape (rows, k), without sorting the others.

    The k-th largest score is the bar. Who is above it is in; of those who are at it, the first in input order.
    """
    rows, n = scores.shape
    if k < n:
        bar = np.partition(scores, n - k, axis=1)[:, n - k, None]
        chosen = scores >= bar
        if np.count_nonzero(chosen) > rows * k:
            at_bar = scores == bar
            room = k - np.count_nonzero(chosen & ~at_bar, axis=1, keepdims=True)
            chosen &= ~at_bar | (np.cumsum(at_bar, axis=1) <= room)
        found = np.flatnonzero(chosen).reshape(rows, k)
    else:
        found = np.arange(rows * n).reshape(rows, n)
    begins = np.arange(rows)[:, None] * found.shape[1]
    return found.take(begins + _by_descending(scores.take(found)))


def _largest(labels: Floats, k: int) -> Floats:
    """Each row's k largest labels, the largest first."""
    n = labels.shape[1]
    return _descending(np.partition(labels, n - k, axis=1)[:, n - k :] if k < n else labels)


def _share(part: Floats, whole: NDArray[Any]) -> Floats:
    """The part of each whole, 0 of nothing; at most 1, like `_at_most_one`."""
    return np.minimum(np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0), 1)


def _each_block(
    metric: Callable[..., Floats], y_true: ArrayLike, y_score: ArrayLike, k: int | None, ties: Ties
) -> Floats:
    """One value per query; what a metric makes of labels and scores is in memory for one block at a time."""
    _one_of(ties, "ties", get_args(Ties))
    labels, scores = _array(y_true, "y_true", 2), _array(y_score, "y_score", 2)
    _same_shape(labels, scores)
    queries, items = labels.shape
    places = min(_cut(k) or items, items)
    values = np.zeros(queries)
    for rows in _blocks(queries, items):
        values[rows] = metric(_labels(labels[rows], "y_true", 2), _scores(scores[rows], 2), places, ties)
    return values


def _blocks(n_rows: int, n_columns: int) -> Iterator[slice]:
    step = max(1, BLOCK_CELLS // max(n_columns, 1))
    return (slice(start, min(start + step, n_rows)) for start in range(0, n_rows, step))


# ---- what they refuse ------------------------------------------------------------------------------------------------


def _array(values: ArrayLike, name: str, ndim: int = 1) -> NDArray[Any]:
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} must be an array of numbers, got {reprlib.repr(values)}") from error
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} must be an array of numbers, got {reprlib.repr(values)}")
    if array.ndim != ndim:
        raise ValueError(f"{name} must have shape {('(n,)', '(queries, items)')[ndim - 1]}, got {array.shape}")
    return array


def _labels(values: ArrayLike, name: str, ndim: int = 1) -> Floats:
    labels = _array(values, name, ndim).astype(float)
    if labels.size and not (labels.min() >= 0 and labels.max() < np.inf):
        wrong = labels[~((labels >= 0) & (labels < np.inf))]
        raise ValueError(f"{name} must be finite numbers >= 0, got {wrong[0]:g}")
    return labels


def _graded(labels: Floats, name: str, gain: Gain) -> Floats:
    """The labels, if the gain can be taken of them."""
    _one_of(gain, "gain", get_args(Gain))
    if labels.size and labels.max() > LARGEST[gain]:
        raise ValueError(f'{name} must be at most {LARGEST[gain]:g} with gain="{gain}", got {labels.max():g}')
    return labels


def _pool(all_rels: ArrayLike, ranked: Floats, gain: Gain) -> Floats:
    """All judged labels, if they can contain the ranked ones: place by place, their best must not be lower."""
    pool = _graded(_labels(all_rels, "all_rels"), "all_rels", gain)
    have, need = _descending(pool), _descending(ranked[ranked > 0])
    slack = 1e-6  # the same fractions may come as float32 in one list and as float64 in the other
    if need.size > have.size or np.any(need > have[: need.size] * (1 + slack)):
        raise ValueError(f"all_rels must contain the labels of the ranked films, {need.tolist()}, got {have.tolist()}")
    return pool


def _scores(values: ArrayLike, ndim: int = 1) -> NDArray[Any]:
    scores = _array(values, "y_score", ndim)
    if np.isnan(scores).any():
        raise ValueError("y_score must be numbers or +-inf (-inf excludes a film), got nan")
    return scores


def _labels_and_scores(y_true: ArrayLike, y_score: ArrayLike) -> tuple[Floats, NDArray[Any]]:
    labels, scores = _labels(y_true, "y_true"), _scores(y_score)
    _same_shape(labels, scores)
    return labels, scores


def _same_shape(labels: NDArray[Any], scores: NDArray[Any]) -> None:
    if labels.shape != scores.shape:
        raise ValueError(f"y_score must have the shape of y_true, {labels.shape}, got {scores.shape}")


def _sample(values: ArrayLike) -> Floats:
    sample = _array(values, "values").astype(float)
    if not sample.size:
        raise ValueError("values must hold at least one number, got none")
    if not np.isfinite(sample).all():
        raise ValueError(f"values must be finite numbers, got {sample[~np.isfinite(sample)][0]}")
    return sample


def _lists(ranked_lists: Sequence[ArrayLike]) -> list[ArrayLike]:
    lists = _each(ranked_lists, "ranked_lists", "list")
    if not all(isinstance(rels, Sized) for rels in lists):
        raise ValueError(f"ranked_lists must hold one list per query, got {reprlib.repr(ranked_lists)}")
    return lists


def _each(values: Sequence[Any], name: str, what: str) -> list[Any]:
    if not isinstance(values, Iterable):
        raise ValueError(f"{name} must hold one {what} per query, got {values!r}")
    return list(values)


def _cut(k: int | None) -> int | None:
    return None if k is None else whole(k, "k")


def _count_relevant(hits: NDArray[np.bool_], n_relevant: int | None, name: str = "n_relevant") -> int:
    seen = int(hits.sum())
    return seen if n_relevant is None else whole(n_relevant, name, least=seen)


def _one_of(value: str, name: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} must be one of {allowed}, got {value!r}")
