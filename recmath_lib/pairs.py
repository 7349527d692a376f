"""The fast pair sums of LambdaRank: many queries at once, and only the pairs that can change NDCG@K.

`lambdarank` shows the equations on one query, with all n × n pairs. What makes the same sums fast:

* queries of like length are laid side by side in one rectangle, in rank order. A swap below place K moves no film that
  the metric sees, so only K × n pairs of each query are looked at;
* of two films the upper one leads by some lead >= 0, so t = exp(−lead) lies in [0, 1] and nothing overflows. The share
  of the push is t / (1 + t) if the upper film deserves its place and 1 / (1 + t) if it does not;
* a strip of pairs is small enough that its tables stay in a core's cache, and every strip uses the same tables.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Ints = NDArray[np.intp]
FILMS = 1 << 15  # of one rectangle
CELLS = 1 << 14  # pairs of one strip: 128 KB a table
FEW = 32  # so many top films are found faster one by one than by sorting all
PLACES = 16  # most places of one strip: a strip also holds the lower half of its first square, which counts nothing
FAR = 600  # a lead at which exp(−lead), 1e-261, is nothing beside 1; from 709 on NumPy's exp is five times slower


@dataclass(frozen=True, eq=False)
class Strip:
    """Pairs of an upper film, at one of a few places, with each film from the first of these places on.

    Attributes:
        rows: of the rectangle.
        places: of the upper films.
        lead: minus the upper film's lead, shape (b, places, films).
        change: what the pair weighs, negative if the upper film has the lower label, 0 if it does not count.
        spare: a table of the same shape, to compute in.
    """

    rows: slice
    places: slice
    lead: Floats
    change: Floats
    spare: Floats


def pair_sums(
    scores: Floats,
    labels: Floats,
    offsets: Ints,
    slope: float,
    k: int | None,
    by_ndcg: bool,
    *,
    loss: bool = True,
    hessians: bool = True,
) -> tuple[float, Floats, Floats]:
    """The pairwise loss of all queries, and its first and second derivatives by each score.

    Args:
        scores: of all films of all queries, one query after another, shape (N,).
        labels: their grades >= 0, shape (N,).
        offsets: query q holds the films offsets[q] to offsets[q + 1] - 1, shape (queries + 1,).
        slope: beta > 0.
        k: cut-off of NDCG; None for the whole list. Without by_ndcg all pairs count.
        by_ndcg: True weighs each pair by |ΔNDCG@k| (LambdaRank), False by 1 (RankNet). Weights are held fixed.
        loss, hessians: False saves their time; they are 0 then.

    Returns:
        (loss, gradients, hessians), the latter two of shape (N,).
    """
    total, first, second = 0.0, np.zeros(scores.size + 1), np.zeros(scores.size + 1 if hessians else 1)
    for films, strips in _rectangles(scores, labels, offsets, slope, k, by_ndcg):
        lifts, bends = np.zeros(films.shape), np.zeros(films.shape if hessians else 1)
        for strip in strips:
            total += _late(strip) if loss else 0
            t = np.exp(strip.lead, out=strip.lead)
            total += _unsure(t, strip) if loss else 0
            if hessians:
                _gather(bends, strip, _bends(t, strip), sign=1)
            _gather(lifts, strip, _lifts(t, strip), sign=-1)
        first[films] = lifts
        if hessians:
            second[films] = bends
    first *= slope
    second *= slope**2
    return total, first[:-1], second[:-1] if hessians else np.zeros(scores.size)


# ---- the pairs of a strip: each of these is computed in its spare table ----------------------------------------------


def _late(strip: Strip) -> float:
    """What pairs in the wrong order lose above the others: the lead of the upper film."""
    wrong = np.minimum(strip.change, 0, out=strip.spare)
    wrong *= strip.lead
    return float(wrong.sum())


def _unsure(t: Floats, strip: Strip) -> float:
    """What every pair loses, in the right order or not: ln(1 + t)."""
    losses = np.log1p(t, out=strip.spare)
    losses *= strip.change
    return float(np.abs(losses, out=losses).sum())


def _bends(t: Floats, strip: Strip) -> Floats:
    """|change| · t / (1 + t)²."""
    bends, above_one = np.multiply(strip.change, t, out=strip.spare), 1 + t
    np.abs(bends, out=bends)
    bends /= above_one
    bends /= above_one
    return bends


def _lifts(t: Floats, strip: Strip) -> Floats:
    """change · t / (1 + t) where it is > 0, change / (1 + t) where it is < 0. The table t is used up."""
    lifts = np.multiply(strip.change, t, out=strip.spare)
    np.minimum(lifts, strip.change, out=lifts)  # as t <= 1, this takes the one that is meant
    t += 1
    lifts /= t
    return lifts


def _gather(sums: Floats, strip: Strip, pairs: Floats, sign: int) -> None:
    """Add each pair to its lower film, and to its upper one with this sign."""
    sums[strip.rows, strip.places.start :] += pairs.sum(axis=1)
    sums[strip.rows, strip.places] += sign * pairs.sum(axis=2)


# ---- how films and pairs are laid out --------------------------------------------------------------------------------


def _rectangles(
    scores: Floats, labels: Floats, offsets: Ints, slope: float, k: int | None, by_ndcg: bool
) -> Iterator[tuple[Ints, Iterator[Strip]]]:
    """Film numbers of several queries, shape (b, n), the top films in rank order, and their pairs in strips.

    The number N stands for no film. Every film leads it by so much that no force is felt, so it needs no further care.
    """
    room = np.empty((3, max(CELLS, FEW + int(np.diff(offsets).max(initial=0)))))
    for films, missing in _alike(offsets):
        top = min(k or films.shape[1], films.shape[1]) if by_ndcg else films.shape[1]
        leading, worth = slope * scores[films], labels[films]
        nothing = scores.size, leading.min() - abs(leading.min()) - FAR, 0
        films[missing], leading[missing], worth[missing] = nothing
        if by_ndcg:
            worth = _shares_of_ideal(worth, top)
        if top > FEW:
            order = np.argsort(-leading, axis=1, kind="stable")
            films = np.take_along_axis(films, order, axis=1)
            leading, worth = (np.take_along_axis(table, order, axis=1) for table in (leading, worth))
        else:
            films, leading, worth = _top_first((films, leading, worth), top, nothing)
        yield films, _strips(leading, worth, top, by_ndcg, room)


def _alike(offsets: Ints) -> Iterator[tuple[Ints, NDArray[np.bool_]]]:
    """Film numbers of queries of like length, shape (b, n), and where a query has no more films."""
    sizes = np.diff(offsets)
    by_size = np.argsort(sizes, kind="stable")
    start = int(np.searchsorted(sizes[by_size], 2))  # a query of one film has no pair
    while start < by_size.size:
        n = int(sizes[by_size[start]])
        stop = int(np.searchsorted(sizes[by_size], max(n + 2, n * 9 // 8), side="right"))
        chosen = by_size[start : min(stop, start + max(1, FILMS // n))]
        places = np.arange(sizes[chosen[-1]])
        missing = places >= sizes[chosen, None]
        films = offsets[chosen, None] + places
        films[missing] = 0
        yield films, missing
        start += chosen.size


def _top_first(tables: tuple[Ints, Floats, Floats], top: int, nothing: tuple[int, float, int]) -> Iterator[Any]:
    """Films, scores and worths with the top films in rank order put before them, and struck out where they were.

    Of equal scores the first counts as the higher one. That is faster than to sort and to rearrange whole rows.
    """
    left = tables[1].copy()
    rows, found = np.arange(len(left)), np.empty((len(left), top), dtype=np.intp)
    for place in range(top):
        found[:, place] = left.argmax(axis=1)
        left[rows, found[:, place]] = -np.inf
    for table, none in zip(tables, nothing, strict=True):
        first = table[rows[:, None], found]
        table[rows[:, None], found] = none
        yield np.hstack([first, table])


def _strips(scores: Floats, worth: Floats, top: int, by_ndcg: bool, room: Floats) -> Iterator[Strip]:
    n = scores.shape[1]
    height = max(1, min(PLACES, top, CELLS // n))
    for start in range(0, top, height):
        places = slice(start, min(start + height, top))
        drops = _drops(places, n, top) if by_ndcg else np.triu(np.ones((places.stop - start, n - start)), 1)
        for rows in _blocks(len(scores), max(1, CELLS // drops.size)):
            shape = (rows.stop - rows.start, *drops.shape)
            lead, change, spare = room[:, : shape[0] * drops.size].reshape(3, *shape)
            _fill(lead, change, scores[rows, start:], worth[rows, start:], by_ndcg)
            change *= drops
            yield Strip(rows, places, lead, change, spare)


def _fill(lead: Floats, change: Floats, scores: Floats, worth: Floats, by_ndcg: bool) -> None:
    height = lead.shape[1]
    np.subtract(scores[:, None, :], scores[:, :height, None], out=lead)
    square = lead[:, :, :height]
    np.minimum(square, 0, out=square)  # its lower half does not count, and must not overflow
    np.subtract(worth[:, :height, None], worth[:, None, :], out=change)
    if not by_ndcg:
        np.sign(change, out=change)


def _drops(places: slice, n: int, top: int) -> Floats:
    """How much less a place counts than each of these places above it."""
    discounts = np.where(np.arange(n) < top, 1 / np.log2(np.arange(n) + 2), 0)
    return np.triu(discounts[places, None] - discounts[places.start :], 1)


def _shares_of_ideal(labels: Floats, top: int) -> Floats:
    """Gains as shares of the ideal DCG of their row."""
    gains = np.exp2(labels) - 1
    ideal = np.sort(gains, axis=1)[:, : -top - 1 : -1] @ (1 / np.log2(np.arange(top) + 2))
    return np.divide(gains, ideal[:, None], out=np.zeros_like(gains), where=ideal[:, None] > 0)


def _blocks(size: int, step: int) -> Iterator[slice]:
    return (slice(start, min(start + step, size)) for start in range(0, size, step))
