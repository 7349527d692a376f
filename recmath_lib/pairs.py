"""The fast pair sums of LambdaRank: many queries at once, and only the pairs that can change NDCG@K.

`lambdarank` shows the equations on one query, with all n × n pairs. Here queries are laid side by side in one padded
rectangle, ranked together, and only the K × n pairs with a film in the top K are looked at: any other swap moves no
film that the metric sees, so its |ΔNDCG@K| is 0.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.floating]
CELLS = 1 << 16  # pairs worked on together: a few arrays of them stay in the cache


def pair_sums(
    scores: Floats, labels: Floats, offsets: NDArray[np.intp], slope: float, k: int | None, by_ndcg: bool
) -> tuple[Floats, Floats]:
    """First and second derivatives of the pairwise loss by each score, summed over the pairs of its query.

    Args:
        scores: of all films of all queries, one query after another, shape (N,).
        labels: their grades >= 0, shape (N,).
        offsets: query q holds the films offsets[q] to offsets[q + 1] - 1, shape (queries + 1,).
        slope: beta > 0.
        k: cut-off of NDCG; None for the whole list. Without by_ndcg all pairs count.
        by_ndcg: True weighs each pair by |ΔNDCG@k| (LambdaRank), False by 1 (RankNet).

    Returns:
        (gradients, hessians), each of shape (N,).
    """
    gradients, hessians = np.zeros(scores.size), np.zeros(scores.size)
    for films, real in _rectangles(offsets, k if by_ndcg else None):
        order = np.argsort(-np.where(real, scores[films], -np.inf), axis=1, kind="stable")
        ranked = np.take_along_axis(films, order, axis=1)
        present = np.take_along_axis(real, order, axis=1)
        first, second = _ranked_sums(
            np.where(present, scores[ranked], 0), np.where(present, labels[ranked], 0), present, slope, k, by_ndcg
        )
        gradients[ranked[present]], hessians[ranked[present]] = first[present], second[present]
    return gradients, hessians


def _rectangles(offsets: NDArray[np.intp], k: int | None) -> Iterator[tuple[NDArray[np.intp], NDArray[np.bool_]]]:
    """Film numbers of several queries, shape (b, n), and which of them are real; queries of like length together."""
    sizes = np.diff(offsets)
    by_size = np.argsort(sizes, kind="stable")
    end, start = by_size.size, int(np.searchsorted(sizes[by_size], 2))  # a query of one film has no pair
    while start < end:
        n = int(sizes[by_size[start]])
        rows = max(1, CELLS // (min(k or n, n) * n))
        stop = int(np.searchsorted(sizes[by_size], max(n + 2, n * 9 // 8), side="right"))
        chosen = by_size[start : min(stop, start + rows)]
        widest = int(sizes[chosen[-1]])
        places = np.arange(widest)
        real = places < sizes[chosen, None]
        yield np.where(real, offsets[chosen, None] + places, offsets[chosen, None]), real
        start += chosen.size


def _ranked_sums(
    scores: Floats, labels: Floats, present: NDArray[np.bool_], slope: float, k: int | None, by_ndcg: bool
) -> tuple[Floats, Floats]:
    """The sums of films in rank order, shape (b, n)."""
    n = labels.shape[1]
    top = min(k or n, n) if by_ndcg else n
    better = np.sign(labels[:, :top, None] - labels[:, None, :])  # 1: the film above deserves it; −1: the one below
    pairs = (np.arange(top)[:, None] < np.arange(n)) & present[:, :top, None] & present[:, None, :]
    weights = np.where(pairs, np.abs(better), 0)
    if by_ndcg:
        gains, discounts = np.exp2(labels) - 1, _discounts(n, top)
        ideal = np.sort(gains, axis=1)[:, ::-1] @ discounts
        share = np.divide(1, ideal, out=np.zeros_like(ideal), where=ideal > 0)
        weights = weights * np.abs(gains[:, :top, None] - gains[:, None, :])
        weights *= (discounts[:top, None] - discounts) * share[:, None, None]
    wrong = expit(-slope * better * (scores[:, :top, None] - scores[:, None, :]))
    forces = slope * wrong * weights * better
    bends = slope**2 * wrong * (1 - wrong) * weights
    first, second = forces.sum(axis=1), bends.sum(axis=1)
    first[:, :top] -= forces.sum(axis=2)
    second[:, :top] += bends.sum(axis=2)
    return first, second


def _discounts(n: int, top: int) -> Floats:
    """1 / log2(rank + 1) up to the cut, 0 beyond."""
    return np.where(np.arange(n) < top, 1 / np.log2(np.arange(n) + 2), 0)
