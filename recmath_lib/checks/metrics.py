"""The tasks of lesson 04: from three numbers by hand to a metric that stands in no library.

A wrong answer is the right one with one part replaced: `dcg_with(discount=...)` is `dcg_at_k` with another discount.
So each line below shows the one idea that the answer got wrong, and nothing else.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from itertools import chain, combinations_with_replacement, pairwise, permutations, product
from math import comb, inf, log2, log10, nan
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from recmath_lib import metrics
from recmath_lib.checks.base import (
    Case,
    ChoiceTask,
    CounterExampleTask,
    FunctionTask,
    NumbersTask,
    OrderTask,
    Task,
    WrongAnswer,
    ways,
)

Answer = Callable[..., float]


# ---- what several tasks share ----------------------------------------------------------------------------------------


def gain_of(label: float, gain: str) -> float:
    """What a label is worth, Eq. (4.9)."""
    return 2.0**label - 1 if gain == "exp" else label


def log2_discount(rank: int) -> float:
    """What a place is worth, Eq. (4.9)."""
    return 1 / log2(rank + 1)


def falling(labels: Sequence[float]) -> list[float]:
    """The labels, largest first."""
    return sorted(labels, reverse=True)


def positive(label: float) -> bool:
    """Whether a film with this label is relevant."""
    return bool(label > 0)


def mean(values: Sequence[float]) -> float:
    """The mean; 0.0 of nothing."""
    return float(np.mean(values)) if len(values) else 0.0


def random_labels(rng: Generator, n: int) -> list[float]:
    """Labels 0 to 4 in halves, about one third of them 0."""
    return (rng.integers(1, 9, n) * rng.integers(0, 3, n).clip(0, 1) / 2).tolist()


# ---- 04.1 dcg_at_k ---------------------------------------------------------------------------------------------------


def dcg_with(
    *,
    worth: Callable[[float, str], float] = gain_of,
    discount: Callable[[int], float] = log2_discount,
    top: Callable[[list[float], int | None], list[float]] = lambda rels, k: rels[:k],
) -> Answer:
    """`dcg_at_k` with its gain, its discount or its cut replaced."""

    def dcg_at_k(rels: ArrayLike, k: int | None = None, gain: str = "exp") -> float:
        gains = [worth(label, gain) for label in top(np.asarray(rels, float).tolist(), k)]
        return float(sum(worth * discount(rank) for rank, worth in enumerate(gains, start=1)))

    return dcg_at_k


def dcg_in_the_labels_own_type(rels: ArrayLike, k: int | None = None, gain: str = "exp") -> float:
    """An int8 label of 8 becomes 2**8 - 1 in eight bits."""
    labels = np.asarray(rels)[:k]
    gains = 2**labels - 1 if gain == "exp" else labels
    return float(gains @ (1 / np.log2(np.arange(2, labels.size + 2))))


def dcg_with_ranks_from_zero(rels: ArrayLike, k: int | None = None, gain: str = "exp") -> float:
    """The first film is divided by log2(1) = 0."""
    gains = np.array([gain_of(label, gain) for label in np.asarray(rels, float)[:k]])
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.sum(gains / np.log2(np.arange(gains.size) + 1)))


def dcg_with_xor(labels_of: Callable[[Any], Any], gains_of: Callable[[Any], Any]) -> Answer:
    """`2 ^ y` for 2^y. It raises TypeError for floats, and what is a float depends on how the labels are read."""

    def dcg_at_k(rels: ArrayLike, k: int | None = None, gain: str = "exp") -> float:
        labels = labels_of(rels)[:k]
        gains = labels if gain == "linear" else gains_of(labels)
        return float(sum(worth * log2_discount(rank) for rank, worth in enumerate(gains, start=1)))

    return dcg_at_k


XOR_GAINS = {
    "an array": dcg_with_xor(np.asarray, lambda labels: 2 ^ labels - 1),
    "an array, in brackets": dcg_with_xor(np.asarray, lambda labels: (2 ^ labels) - 1),
    "an array of floats": dcg_with_xor(lambda rels: np.asarray(rels, float), lambda labels: 2 ^ labels - 1),
    "a loop": dcg_with_xor(list, lambda labels: [2 ^ label - 1 for label in labels]),
    "a loop, in brackets": dcg_with_xor(list, lambda labels: [(2 ^ label) - 1 for label in labels]),
    "a loop over floats": dcg_with_xor(
        lambda rels: np.asarray(rels, float), lambda labels: [2 ^ label - 1 for label in labels]
    ),
}
RAISING = {*(f"^ for a power: {way}" for way in XOR_GAINS), "mean over places: an error of nothing"}


def dcg_per_place(at_nothing: float | None) -> Answer:
    """The mean of the discounted gains; None divides 0.0 by 0 where there are none."""

    def dcg_at_k(rels: ArrayLike, k: int | None = None, gain: str = "exp") -> float:
        places = len(np.asarray(rels)[:k])
        return dcg_with()(rels, k, gain) / places if places or at_nothing is None else at_nothing

    return dcg_at_k


def dcg_of_the_first(at_nothing: float | None) -> Callable[..., float | None]:
    """What a return inside the loop leaves: one term, or whatever comes after a loop that never ran."""

    def dcg_at_k(rels: ArrayLike, k: int | None = None, gain: str = "exp") -> float | None:
        labels = np.asarray(rels, float)[:k]
        return dcg_with()(labels, 1, gain) if labels.size else at_nothing

    return dcg_at_k


def dcg_by_loop(rels: ArrayLike, k: int | None = None, gain: str = "exp") -> float:
    """Right, one place after another."""
    total = 0.0
    for index, label in enumerate(np.asarray(rels, float)):
        if k is None or index < k:
            total += (2**label - 1 if gain == "exp" else label) / np.log2(index + 2)
    return total


def dcg_by_dot(rels: ArrayLike, k: int | None = None, gain: str = "exp") -> float:
    """Right, as one product of two arrays."""
    labels = np.array(rels, dtype=np.float64)[:k]
    gains = labels if gain == "linear" else np.expm1(labels * np.log(2))
    return float(np.dot(gains, np.log(2) / np.log(np.arange(labels.size) + 2.0)))


def dcg_from_the_end(rels: ArrayLike, k: int | None = None, gain: str = "exp") -> float:
    """Right, the last place first."""
    labels = np.asarray(rels, float)[: len(np.asarray(rels)) if k is None else k]
    if not labels.size:
        return 0.0
    *above, last = labels
    here = (np.exp2(last) - 1 if gain == "exp" else last) / np.log2(labels.size + 1)
    return dcg_from_the_end(above, None, gain) + float(here)


def dcg_cases(seed: int) -> list[Case]:
    """Small lists first; three drawn ones last."""
    rng = np.random.default_rng(seed)
    return [
        Case("a full list", ([1, 2],)),
        Case("a list of one film", ([2],)),
        Case("k smaller than the list", ([0, 1, 2],), {"k": 2}),
        Case("k beyond the list", ([0, 1],), {"k": 4}),
        Case("the linear gain", ([0, 2, 1],), {"gain": "linear"}),
        Case("the linear gain", ([3, 1, 2],), {"k": 2, "gain": "linear"}),
        Case("fractional labels", ([0.5, 1.5],)),
        Case("labels as int8", (np.array([8, 0, 3], dtype=np.int8),)),
        Case("no relevant film", ([0, 0, 0],)),
        Case("the empty list", ([],)),
        Case("a full list", ([3, 2, 3, 0, 1],)),
        Case("fractional labels", (random_labels(rng, 5),)),
        Case("k smaller than the list", (rng.integers(0, 5, 6),), {"k": int(rng.integers(2, 5))}),
        Case("the linear gain", (random_labels(rng, 6),), {"k": int(rng.integers(2, 5)), "gain": "linear"}),
    ]


DCG_WRONG = (
    WrongAnswer(
        "natural logarithm",
        dcg_with(discount=lambda rank: 1 / np.log(rank + 1)),
        "You divide by the natural logarithm, so the first place counts 1/ln 2 = 1.44 instead of 1. In NDCG the base "
        "cancels; in DCG it does not.",
        "lesson 04, Eq. (4.9)",
    ),
    WrongAnswer(
        "logarithm to base 10",
        dcg_with(discount=lambda rank: 1 / log10(rank + 1)),
        "You divide by the logarithm to base 10, so the first place counts 1/log₁₀ 2 = 3.32 instead of 1. Base 2 makes "
        "rank 1 count in full.",
        "lesson 04, Eq. (4.9)",
    ),
    WrongAnswer(
        "ranks start at 0",
        dcg_with_ranks_from_zero,
        "Your first denominator is log₂(1) = 0. The first film has rank 1, so if you count from index 0, the "
        "denominator is log₂(index + 2).",
        "lesson 04, Eq. (4.9)",
    ),
    WrongAnswer(
        "ranks start at 2",
        dcg_with(discount=lambda rank: 1 / log2(rank + 2)),
        "Your discount is one place too late: rank 1 must count in full, and log₂(1 + 1) = 1. If you count from "
        "index 0, the denominator is log₂(index + 2).",
        "lesson 04, Eq. (4.9)",
    ),
    WrongAnswer(
        "discount 1/rank",
        dcg_with(discount=lambda rank: 1 / rank),
        "You divide by the rank. The logarithm is missing, and without it the list fades much faster: rank 3 keeps "
        "1/3 instead of 1/2.",
        "lesson 04, Eq. (4.9)",
    ),
    WrongAnswer(
        "first two places in full",
        dcg_with(discount=lambda rank: 1 / max(1.0, log2(rank))),
        "You divide by log₂(rank) and leave rank 1 as it is, so ranks 1 and 2 count alike. Järvelin and Kekäläinen "
        "did so in 2002; here the discount is 1/log₂(rank + 1).",
        "lesson 04, Eq. (4.9), and Deeper: other discounts",
    ),
    WrongAnswer(
        "no discount",
        dcg_with(discount=lambda rank: 1.0),
        "You add the gains as they are. That is cumulative gain; each still has to be divided by log₂(rank + 1).",
        "lesson 04, Eq. (4.9)",
    ),
    WrongAnswer(
        "gain 2^(y-1)",
        dcg_with(worth=lambda label, gain: 2.0 ** (label - 1) if gain == "exp" else label),
        "The −1 has slipped into the exponent. The gain is 2^y − 1, so that a label of 0 earns nothing.",
        "lesson 04, Eq. (4.9)",
    ),
    WrongAnswer(
        "gain 2^y",
        dcg_with(worth=lambda label, gain: 2.0**label if gain == "exp" else label),
        "The −1 of the gain is missing, so even an irrelevant film earns 2^0 = 1.",
        "lesson 04, Eq. (4.9)",
    ),
    *ways(
        "^ for a power",
        "In Python 2 ^ y is no power: ^ compares bits (exclusive or), and for floats it raises a TypeError. A power is "
        "written 2**y.",
        "lesson 04, Eq. (4.9)",
        XOR_GAINS,
    ),
    WrongAnswer(
        "gain e^y - 1",
        dcg_with(worth=lambda label, gain: float(np.expm1(label)) if gain == "exp" else label),
        'You raise e to the label. "exp" stands for exponential, and the base is 2: a label y is worth 2^y − 1.',
        "lesson 04, Eq. (4.9)",
    ),
    WrongAnswer(
        "always the exponential gain",
        dcg_with(worth=lambda label, gain: 2.0**label - 1),
        'You take 2^y − 1 whatever `gain` says. With gain="linear" the gain is the label itself.',
        "lesson 04, Eq. (4.9)",
    ),
    WrongAnswer(
        "always the linear gain",
        dcg_with(worth=lambda label, gain: label),
        "You add the labels themselves. Unless the caller asks for the linear gain, a label y is worth 2^y − 1.",
        "lesson 04, Eq. (4.9)",
    ),
    WrongAnswer(
        "relevant or not",
        dcg_with(worth=lambda label, gain: float(label > 0)),
        "You count every relevant film as 1. DCG is graded: a label of 3 earns more than a label of 1.",
        "lesson 04, Eq. (4.9)",
    ),
    WrongAnswer(
        "labels cut to integers",
        dcg_with(worth=lambda label, gain: gain_of(int(label), gain)),
        "A label of 1.5 is treated like 1. Fractional labels are allowed: do not convert to int.",
        "lesson 04, Eq. (4.9)",
    ),
    WrongAnswer(
        "powers overflow",
        dcg_in_the_labels_own_type,
        "Your powers are taken in the labels' own integer type. 2**8 does not fit into an int8 and silently becomes "
        "0: turn the labels into floats first.",
        "the contract of task 04.1: labels of any numeric type",
    ),
    WrongAnswer(
        "k ignored",
        dcg_with(top=lambda rels, k: rels),
        "You sum over the whole list. Only the first k places count.",
        "lesson 04, Eq. (4.9), the upper end of the sum",
    ),
    WrongAnswer(
        "k excluded",
        dcg_with(top=lambda rels, k: rels[: k and k - 1]),
        "You stop one place early: the sum runs from 1 to k, and place k belongs to it. range(1, k) ends at k − 1.",
        "lesson 04, Eq. (4.9), the upper end of the sum",
    ),
    WrongAnswer(
        "sorted first",
        dcg_with(top=lambda rels, k: falling(rels)[:k]),
        "You sort the labels before you sum. That gives the ideal DCG; DCG takes the list in the order it was shown.",
        "lesson 04, Eq. (4.9) and (4.10)",
    ),
    WrongAnswer(
        "irrelevant films take no place",
        dcg_with(top=lambda rels, k: [label for label in rels[:k] if label > 0]),
        "You count ranks among the relevant films only. An irrelevant film earns nothing, but it takes a place and "
        "pushes those below it down.",
        "lesson 04, Eq. (4.9)",
    ),
    *ways(
        "mean over places",
        "You divide by the number of places, as np.mean does. DCG is a sum; what makes lists comparable is the "
        "division by the ideal, later.",
        "lesson 04, Eq. (4.9)",
        {
            "0 of nothing": dcg_per_place(0.0),
            "nan of nothing": dcg_per_place(nan),
            "an error of nothing": dcg_per_place(None),
        },
    ),
    *ways(
        "return inside the loop",
        "Only the first film counts: your function returns before it has seen the second. Is `return` inside the loop? "
        "Take it one indentation to the left.",
        "lesson 04, Eq. (4.9), the sum",
        {"None of nothing": dcg_of_the_first(None), "0 of nothing": dcg_of_the_first(0.0)},
    ),
)

DCG = FunctionTask(
    id="04.1",
    title="DCG",
    name="dcg_at_k",
    objectives=("O4.3",),
    contract='dcg_at_k(rels, k=None, gain="exp") → float, Eq. (4.9). rels: labels ≥ 0 of the ranked films, best rank '
    "first, a list or an array of any numeric type; fractions allowed. The sum over the first k places of "
    'g(label)/log₂(rank + 1), with g(y) = 2^y − 1 for gain="exp" and g(y) = y for gain="linear". k=None, or a k '
    "beyond the list: the whole list. The empty list: 0.0.",
    points=6,
    hints=(
        "What does the film at rank 1 earn? And the film at rank 2? Write down these two terms for [3, 2].",
        "Three steps: cut the list at k, turn labels into gains, divide each gain by log₂(rank + 1), and add up. If "
        "you count from index 0, the rank is index + 1.",
        "With NumPy: labels = np.asarray(rels, float)[:k]. A cut at None is the whole list, and a cut beyond the end "
        "too. The ranks are np.arange(1, labels.size + 1).",
    ),
    reference=metrics.dcg_at_k,
    cases=dcg_cases,
    wrong=DCG_WRONG,
    right=(dcg_by_loop, dcg_by_dot, dcg_from_the_end, dcg_with()),
)


# ---- 04.0 three numbers by hand --------------------------------------------------------------------------------------

GRADES = [3, 2, 3, 0, 1]
BY_HAND_TOLERANCE = {"dcg": 5e-3, "ideal": 5e-3, "ndcg": 5e-4}


def three_numbers(dcg: Answer) -> dict[str, float]:
    """DCG, ideal DCG and their ratio for the grades of task 04.0."""
    got, ideal = dcg(GRADES), dcg(falling(GRADES))
    return {"dcg": got, "ideal": ideal, "ndcg": got / ideal}


RIGHT_NUMBERS = three_numbers(metrics.dcg_at_k)


def wrong_numbers(dcg: Answer) -> dict[str, float]:
    """Those of the three numbers that come out wrong with this DCG."""
    return {
        key: value
        for key, value in three_numbers(dcg).items()
        if abs(value - RIGHT_NUMBERS[key]) > BY_HAND_TOLERANCE[key]
    }


BY_HAND = NumbersTask(
    id="04.0",
    title="DCG, ideal DCG and NDCG by hand",
    name="answer_04_0",
    objectives=("O4.3",),
    contract=f"For the grades {GRADES}, best rank first, with the gain 2^y − 1: DCG, ideal DCG and NDCG@5. Within "
    "0.005 for the two sums and 0.0005 for the ratio.",
    points=3,
    hints=(
        "Five films, five terms. The film at rank 1 has the grade 3, the gain 2³ − 1 = 7, and is divided by log₂ 2 = "
        "1.",
        "For the ideal, sort the grades: [3, 3, 2, 1, 0]. The gains move with them, the five denominators stay.",
        "The denominators are 1, 1.585, 2, 2.322 and 2.585. The gains are 7, 3, 7, 0, 1, sorted 7, 7, 3, 1, 0. NDCG "
        "is the first sum over the second.",
    ),
    expected=RIGHT_NUMBERS,
    tolerance=BY_HAND_TOLERANCE,
    wrong=(
        WrongAnswer(
            "the ideal's sum",
            {"dcg": RIGHT_NUMBERS["ideal"]},
            f"{RIGHT_NUMBERS['ideal']:.2f} is a number of this exercise, but it is the ideal's: the DCG of the sorted "
            "list. The list as it stands has the grade 2 at rank 2 and the grade 3 at rank 3. (A published version "
            "of this exercise prints the ideal's number as the DCG.)",
            "lesson 04, Eq. (4.9)",
        ),
        WrongAnswer(
            "natural logarithm",
            wrong_numbers(dcg_with(discount=lambda rank: 1 / np.log(rank + 1))),
            "This is what the natural logarithm gives. The denominators are logarithms to base 2, so that rank 1 "
            "counts in full.",
            "lesson 04, Eq. (4.9)",
        ),
        WrongAnswer(
            "logarithm to base 10",
            wrong_numbers(dcg_with(discount=lambda rank: 1 / log10(rank + 1))),
            "This is what the logarithm to base 10 gives, the log key of most calculators. The denominators are "
            "logarithms to base 2: log₂ x = log x / log 2.",
            "lesson 04, Eq. (4.9)",
        ),
        WrongAnswer(
            "linear gain",
            wrong_numbers(dcg_with(worth=lambda label, gain: label)),
            "You took the grades themselves as gains. Here a grade y earns 2^y − 1: 7 for a 3, 3 for a 2, 1 for a 1.",
            "lesson 04, Eq. (4.9)",
        ),
        WrongAnswer(
            "gain 2^y",
            wrong_numbers(dcg_with(worth=lambda label, gain: 2.0**label)),
            "You took 2^y as the gain. Take 1 off, so that a grade of 0 earns 0.",
            "lesson 04, Eq. (4.9)",
        ),
        WrongAnswer(
            "no discount",
            wrong_numbers(dcg_with(discount=lambda rank: 1.0)),
            "You added the gains without dividing them. Each is divided by log₂(rank + 1).",
            "lesson 04, Eq. (4.9)",
        ),
        WrongAnswer(
            "ranks start at 2",
            wrong_numbers(dcg_with(discount=lambda rank: 1 / log2(rank + 2))),
            "Your denominators begin with log₂ 3. Rank 1 has log₂(1 + 1) = 1.",
            "lesson 04, Eq. (4.9)",
        ),
        WrongAnswer(
            "discount 1/rank",
            wrong_numbers(dcg_with(discount=lambda rank: 1 / rank)),
            "You divided by the rank. The denominator is its logarithm, log₂(rank + 1).",
            "lesson 04, Eq. (4.9)",
        ),
        WrongAnswer(
            "first two places in full",
            wrong_numbers(dcg_with(discount=lambda rank: 1 / max(1.0, log2(rank)))),
            "You divided by log₂(rank), which leaves ranks 1 and 2 in full. The denominator is log₂(rank + 1).",
            "lesson 04, Eq. (4.9)",
        ),
        WrongAnswer(
            "ideal from the worst order",
            {"ideal": metrics.dcg_at_k(sorted(GRADES))},
            "You sorted the grades upwards. The ideal list begins with the best films.",
            "lesson 04, Eq. (4.10)",
        ),
        WrongAnswer(
            "ratio upside down",
            {"ndcg": 1 / RIGHT_NUMBERS["ndcg"]},
            "NDCG above 1 says that the list beats the ideal. Divide the DCG by the ideal, not the other way round.",
            "lesson 04, Eq. (4.10)",
        ),
    ),
    right=(
        dict(RIGHT_NUMBERS),
        tuple(round(value, 4) for value in RIGHT_NUMBERS.values()),
        [round(value, 2 if value > 1 else 3) for value in RIGHT_NUMBERS.values()],
    ),
)


# ---- 04.2 ndcg_at_k --------------------------------------------------------------------------------------------------

IdealList = Callable[[list[float], list[float], int | None], list[float]]


def ndcg_with(
    *,
    ideal_list: IdealList = lambda ranked, pool, k: falling(pool)[:k],
    dcg: Answer = metrics.dcg_at_k,
    ideal_dcg: Answer = metrics.dcg_at_k,
    at_zero: float = 0.0,
) -> Answer:
    """`ndcg_at_k` with the list behind its ideal, one of its two sums, or the value at an ideal of 0 replaced."""

    def ndcg_at_k(
        ranked_rels: ArrayLike, k: int | None = None, all_rels: ArrayLike | None = None, gain: str = "exp"
    ) -> float:
        ranked = np.asarray(ranked_rels, float).tolist()
        pool = ranked if all_rels is None else np.asarray(all_rels, float).tolist()
        ideal = ideal_dcg(ideal_list(ranked, pool, k), None, gain)
        return dcg(ranked, k, gain) / ideal if ideal > 0 else at_zero

    return ndcg_at_k


def ndcg_in_the_labels_own_type(
    ranked_rels: ArrayLike, k: int | None = None, all_rels: ArrayLike | None = None, gain: str = "exp"
) -> float:
    """An int8 label of 8 becomes 2**8 - 1 in eight bits, above and below the line."""
    pool = np.sort(np.asarray(ranked_rels if all_rels is None else all_rels))[::-1]
    ideal = dcg_in_the_labels_own_type(pool, k, gain)
    return dcg_in_the_labels_own_type(ranked_rels, k, gain) / ideal if ideal > 0 else 0.0


def ndcg_by_loop(
    ranked_rels: ArrayLike, k: int | None = None, all_rels: ArrayLike | None = None, gain: str = "exp"
) -> float:
    """Right; the natural logarithm cancels."""
    ranked = list(np.asarray(ranked_rels, float))
    pool = sorted(ranked if all_rels is None else np.asarray(all_rels, float), key=lambda label: -label)

    def total(labels: list[float]) -> float:
        gains = labels if gain == "linear" else [2**label - 1 for label in labels]
        return sum(gain / np.log(rank + 1) for rank, gain in enumerate(gains[:k], start=1))

    return total(ranked) / total(pool) if total(pool) else 0.0


def ndcg_by_arrays(
    ranked_rels: ArrayLike, k: int | None = None, all_rels: ArrayLike | None = None, gain: str = "exp"
) -> float:
    """Right, both sums with one array of discounts."""
    ranked = np.asarray(ranked_rels, dtype=float)
    pool = ranked if all_rels is None else np.asarray(all_rels, dtype=float)
    if gain == "exp":
        ranked, pool = np.exp2(ranked) - 1, np.exp2(pool) - 1
    ranked, pool = ranked[:k], -np.sort(-pool)[:k]
    discounts = 1 / np.log2(2 + np.arange(max(ranked.size, pool.size)))
    ideal = pool @ discounts[: pool.size]
    return float(ranked @ discounts[: ranked.size] / ideal) if ideal > 0 else 0.0


def ndcg_by_regret(
    ranked_rels: ArrayLike, k: int | None = None, all_rels: ArrayLike | None = None, gain: str = "exp"
) -> float:
    """Right, as 1 minus the share of the ideal that was lost, place by place."""
    ranked = [gain_of(label, gain) for label in np.asarray(ranked_rels, float).tolist()][:k]
    pool = falling([gain_of(y, gain) for y in np.ravel(ranked_rels if all_rels is None else all_rels).astype(float)])
    ideal = [best * log2_discount(rank) for rank, best in enumerate(pool[:k], start=1)]
    if sum(ideal) == 0:
        return 0.0
    shown = ranked + [0.0] * (len(ideal) - len(ranked))
    lost = [best - here * log2_discount(rank) for rank, (best, here) in enumerate(zip(ideal, shown, strict=False), 1)]
    return float(1 - sum(lost) / sum(ideal))


def drawn_list(rng: Generator) -> tuple[list[float], dict[str, Any]]:
    """A pool of six labels, four of them ranked, and a k between 2 and 4."""
    pool = [*random_labels(rng, 5), 2.0]
    return rng.permutation(pool)[:4].tolist(), {"k": int(rng.integers(2, 5)), "all_rels": rng.permutation(pool)}


def ndcg_cases(seed: int) -> list[Case]:
    """Small lists first; three drawn ones last."""
    rng = np.random.default_rng(seed)
    drawn = [drawn_list(rng) for _ in range(3)]
    return [
        Case("a whole list", ([1, 0, 2],)),
        Case("k smaller than the list", ([1, 2, 3],), {"k": 2}),
        Case("a relevant film outside the list", ([1, 0],), {"k": 2, "all_rels": [1, 0, 2]}),
        Case("a relevant film outside the list", ([2, 0],), {"all_rels": [0, 2, 1, 3]}),
        Case("a list shorter than k", ([2],), {"k": 3, "all_rels": [1, 0, 2, 1]}),
        Case("k beyond all films", ([1, 2],), {"k": 10}),
        Case("the linear gain", ([1, 3],), {"gain": "linear"}),
        Case("equal labels", ([2, 3, 3],)),
        Case("fractional labels", ([0.5, 1.5, 0],)),
        Case("labels as int8", (np.array([3, 8], dtype=np.int8),), {"all_rels": np.array([0, 3, 8], dtype=np.int8)}),
        Case("nothing relevant", ([0, 0],)),
        Case("nothing relevant", ([0, 0],), {"k": 1, "all_rels": [0, 0, 0]}),
        Case("an empty list, though films are relevant", ([],), {"k": 2, "all_rels": [1, 2]}),
        Case("a whole list", ([3, 2, 3, 0, 1],)),
        *(Case("a relevant film outside the list", (ranked,), kwargs) for ranked, kwargs in drawn[:2]),
        Case("the linear gain", (drawn[2][0],), {**drawn[2][1], "gain": "linear"}),
    ]


NDCG_WRONG = (
    WrongAnswer(
        "ideal from the retrieved list",
        ndcg_with(ideal_list=lambda ranked, pool, k: falling(ranked)[:k]),
        "Your ideal is sorted from the list that was shown. It must come from all judged films, shown or not: a list "
        "that misses the best film is not perfect.",
        "lesson 04, Eq. (4.10), which films may the ideal use",
    ),
    WrongAnswer(
        "cut first, then sorted",
        ndcg_with(ideal_list=lambda ranked, pool, k: falling(pool if pool is not ranked else ranked[:k])[:k]),
        "Without `all_rels` you cut the list at k and sort what is left. Sort first, then cut: a good film at rank k "
        "+ 1 belongs to the ideal.",
        "lesson 04, Eq. (4.10)",
    ),
    WrongAnswer(
        "pool cut before sorting",
        ndcg_with(ideal_list=lambda ranked, pool, k: falling(pool[:k])),
        "You cut the judged labels at k and sort what is left. They come in any order, so the best film may stand "
        "last: sort first, then cut.",
        "lesson 04, Eq. (4.10)",
    ),
    WrongAnswer(
        "ideal cut at the list's length",
        ndcg_with(ideal_list=lambda ranked, pool, k: falling(pool)[: len(ranked[:k])]),
        "Your ideal is as long as the list that was shown. It has k places, even if the list is shorter: three "
        "places were offered, and one was used.",
        "lesson 04, Eq. (4.10)",
    ),
    WrongAnswer(
        "ideal not cut",
        ndcg_with(ideal_list=lambda ranked, pool, k: falling(pool)),
        "Your ideal is not cut at k. A perfect list of k films would get less than 1.",
        "lesson 04, Eq. (4.10)",
    ),
    WrongAnswer(
        "ideal not sorted",
        ndcg_with(ideal_list=lambda ranked, pool, k: pool[:k]),
        "You take the judged labels in the order in which they come. The ideal has the largest labels first.",
        "lesson 04, Eq. (4.10)",
    ),
    WrongAnswer(
        "ideal sorted upwards",
        ndcg_with(ideal_list=lambda ranked, pool, k: sorted(pool)[:k]),
        "Your ideal begins with the smallest labels. Sorting is upwards by default; the ideal has the largest first.",
        "lesson 04, Eq. (4.10)",
    ),
    WrongAnswer(
        "ideal from a set",
        ndcg_with(ideal_list=lambda ranked, pool, k: falling(list(set(pool)))[:k]),
        "Equal labels are lost in your ideal, as if no two films could be equally good. A set or a dict keeps only "
        "one of each.",
        "lesson 04, Eq. (4.10)",
    ),
    WrongAnswer(
        "shown films counted twice",
        ndcg_with(ideal_list=lambda ranked, pool, k: falling(pool if pool is ranked else ranked + pool)[:k]),
        "You put the ranked films and all judged films into one pool. The ranked ones are already among the judged, "
        "so they count twice.",
        "the contract of task 04.2: all_rels holds the ranked films too",
    ),
    WrongAnswer(
        "ideal from the films not shown",
        ndcg_with(ideal_list=lambda ranked, pool, k: falling(pool if pool is ranked else without(pool, ranked))[:k]),
        "Your ideal is built from the films that were not shown. It is built from all judged films, the shown ones "
        "among them.",
        "lesson 04, Eq. (4.10), which films may the ideal use",
    ),
    WrongAnswer(
        "top grade at every place",
        ndcg_with(ideal_list=lambda ranked, pool, k: [max(pool, default=0.0)] * len(pool[:k])),
        "Your ideal has the best label at every place. It can use each film only once.",
        "lesson 04, Eq. (4.10)",
    ),
    WrongAnswer(
        "k ignored",
        lambda ranked_rels, k=None, all_rels=None, gain="exp": metrics.ndcg_at_k(ranked_rels, None, all_rels, gain),
        "You do not cut at k. Both sums have k places: the list's and the ideal's.",
        "lesson 04, Eq. (4.10)",
    ),
    WrongAnswer(
        "only the ideal is cut",
        ndcg_with(dcg=lambda ranked, k, gain: metrics.dcg_at_k(ranked, None, gain)),
        "You cut the ideal at k but sum the list to its end, so NDCG can exceed 1.",
        "lesson 04, Eq. (4.10)",
    ),
    WrongAnswer(
        "not divided",
        ndcg_with(ideal_dcg=lambda ideal, k, gain: 1.0),
        "This is DCG. Divide it by the DCG of the ideal list.",
        "lesson 04, Eq. (4.10)",
    ),
    WrongAnswer(
        "ideal without a discount",
        ndcg_with(ideal_dcg=dcg_with(discount=lambda rank: 1.0)),
        "You divide by the sum of the gains. The ideal's gains are discounted too, or no list could reach 1.",
        "lesson 04, Eq. (4.10)",
    ),
    WrongAnswer(
        "1 if nothing is relevant",
        ndcg_with(at_zero=1.0),
        "You give 1.0 when nothing is relevant. Some libraries do; here such a list earns 0.0.",
        "lesson 04, Eq. (4.10), what if nothing is relevant",
    ),
    WrongAnswer(
        "always the exponential gain",
        lambda ranked_rels, k=None, all_rels=None, gain="exp": metrics.ndcg_at_k(ranked_rels, k, all_rels),
        'You take 2^y − 1 whatever `gain` says. With gain="linear" both sums use the label itself.',
        "lesson 04, Eq. (4.9)",
    ),
    WrongAnswer(
        "always the linear gain",
        lambda ranked_rels, k=None, all_rels=None, gain="exp": metrics.ndcg_at_k(ranked_rels, k, all_rels, "linear"),
        "You use the labels themselves as gains. Unless the caller asks for the linear gain, a label y is worth 2^y "
        "− 1, in both sums.",
        "lesson 04, Eq. (4.9)",
    ),
    WrongAnswer(
        "gain not passed to the ideal",
        ndcg_with(ideal_dcg=lambda ideal, k, gain: metrics.dcg_at_k(ideal, k)),
        "With the linear gain your list is measured by one gain and the ideal by the other. Pass `gain` on to both "
        "sums.",
        "lesson 04, Eq. (4.10)",
    ),
    WrongAnswer(
        "powers overflow",
        ndcg_in_the_labels_own_type,
        "Your powers are taken in the labels' own integer type. 2**8 does not fit into an int8 and silently becomes "
        "0: turn the labels into floats first.",
        "the contract of task 04.2: labels of any numeric type",
    ),
)


def without(pool: list[float], ranked: list[float]) -> list[float]:
    """The pool after each ranked label has been taken out once."""
    left = list(pool)
    for label in ranked:
        left.remove(label)
    return left


NDCG = FunctionTask(
    id="04.2",
    title="NDCG of a ranked list",
    name="ndcg_at_k",
    objectives=("O4.3", "O4.5"),
    contract='ndcg_at_k(ranked_rels, k=None, all_rels=None, gain="exp") → float, Eq. (4.10). ranked_rels: labels ≥ 0 '
    "of the ranked films, best rank first. all_rels: the labels of all judged films in any order, the ranked ones "
    "among them; None: the ranked ones are all. DCG of the first k ranked films over the DCG of the k largest labels "
    "of all_rels. The ideal has k places even if the list is shorter; k=None: no cut, in the list or in the ideal. "
    "gain as in task 04.1, in both sums. An ideal of 0: 0.0. Labels may be of any numeric type, fractions allowed.",
    points=6,
    hints=(
        "Which list would be the best you could show, if you could pick from all judged films? NDCG compares with "
        "that one.",
        "Sort the pool downwards, then cut it at k. The pool is all_rels, or the ranked list where all_rels is None. "
        "Both sums use the same gain and the same k.",
        "dcg_at_k(ranked_rels, k, gain) divided by dcg_at_k(sorted(pool, reverse=True), k, gain), and 0.0 if the "
        "second is 0. The cut at k inside dcg_at_k does the rest.",
    ),
    reference=metrics.ndcg_at_k,
    cases=ndcg_cases,
    wrong=NDCG_WRONG,
    right=(ndcg_by_loop, ndcg_by_arrays, ndcg_by_regret, ndcg_with()),
)


# ---- 04.3 ndcg_from_scores -------------------------------------------------------------------------------------------

Order = Callable[[list[float], list[float]], Sequence[int]]


def by_score(labels: list[float], scores: list[float]) -> list[int]:
    """Places by descending score; equal scores keep their order."""
    return sorted(range(len(scores)), key=lambda place: -scores[place])


def ndcg_ranked(
    *,
    order: Order = by_score,
    ideal_list: IdealList = lambda ranked, pool, k: falling(pool)[:k],
    dcg: Answer = metrics.dcg_at_k,
    at_zero: float = 0.0,
) -> Answer:
    """`ndcg_from_scores` with its order, the list behind its ideal, its sum or its value at 0 replaced."""

    def ndcg_from_scores(y_true: ArrayLike, y_score: ArrayLike, k: int | None = None) -> float:
        labels, scores = np.asarray(y_true, float).tolist(), np.asarray(y_score, float).tolist()
        ranked = [labels[place] for place in order(labels, scores)]
        ideal = dcg(ideal_list(ranked, labels, k))
        return dcg(ranked, k) / ideal if ideal > 0 else at_zero

    return ndcg_from_scores


def sorted_by(
    order: Callable[[np.ndarray], np.ndarray],
    seen: Callable[[Any, int | None], Any] = lambda values, k: values,
    ranked: Callable[[Any, int | None], Any] = lambda labels, k: labels,
) -> Answer:
    """`ndcg_from_scores` with its sort replaced; `seen` cuts both inputs before it, `ranked` the ranking after it.

    What an unstable sort makes of ties depends on the processor. A learner's answer runs on the same one.
    """

    def ndcg_from_scores(y_true: ArrayLike, y_score: ArrayLike, k: int | None = None) -> float:
        labels, scores = seen(np.asarray(y_true), k), seen(np.asarray(y_score), k)
        return metrics.ndcg_at_k(ranked(labels[order(scores)], k), k)

    return ndcg_from_scores


# How programs sort. "_own" is NumPy's default sort, which may exchange equal scores.
SORTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "right": lambda scores: np.argsort(-scores.astype(float), kind="stable"),
    "upwards": lambda scores: np.argsort(scores, kind="stable"),
    "upwards_own": np.argsort,
    "turned": lambda scores: np.argsort(scores, kind="stable")[::-1],
    "turned_own": lambda scores: np.argsort(scores)[::-1],
    "minus": lambda scores: np.argsort(-scores, kind="stable"),  # minus an unsigned 0 is 0, minus an unsigned 3 is 253
    "minus_own": lambda scores: np.argsort(-scores),
    "minus_float_own": lambda scores: np.argsort(-scores.astype(float)),
}
DOWNWARDS = {name: SORTS[name] for name in ("right", "turned", "turned_own", "minus", "minus_own", "minus_float_own")}


def first(values: Any, k: int | None) -> Any:
    """The first k."""
    return values[:k]


def discounts_in_sort_order(y_true: ArrayLike, y_score: ArrayLike, k: int | None = None) -> float:
    """Takes what argsort returns for the ranks."""
    labels = np.asarray(y_true, float)
    rank = 1 + np.array(by_score([], np.asarray(y_score, float).tolist()), dtype=int)
    dcg = np.sum((2**labels - 1) / np.log2(rank + 1) * (rank <= (k or labels.size)))
    ideal = metrics.dcg_at_k(falling(labels.tolist()), k)
    return float(dcg / ideal) if ideal > 0 else 0.0


def scored_in_the_labels_own_type(y_true: ArrayLike, y_score: ArrayLike, k: int | None = None) -> float:
    """An int8 label of 8 becomes 2**8 - 1 in eight bits."""
    return ndcg_in_the_labels_own_type(np.asarray(y_true)[by_score([], np.asarray(y_score, float).tolist())], k)


def ranked_by_dict(ranking: Callable[[list[float], list[float]], list[float]], from_all: bool) -> Answer:
    """`ndcg_from_scores` of a ranking in which the score stands for the film; the ideal from it, or from all labels."""

    def ndcg_from_scores(y_true: ArrayLike, y_score: ArrayLike, k: int | None = None) -> float:
        labels, scores = np.asarray(y_true, float).tolist(), np.asarray(y_score, float).tolist()
        ranked = ranking(labels, scores)
        return metrics.ndcg_at_k(ranked, k) if not from_all else ndcg_with()(ranked, k, labels)

    return ndcg_from_scores


def one_per_score(labels: list[float], scores: list[float]) -> list[float]:
    """What a dict with the scores as keys keeps."""
    label_of = dict(zip(scores, labels, strict=True))
    return [label_of[score] for score in falling(list(label_of))]


def last_of_equals(labels: list[float], scores: list[float]) -> list[float]:
    """Each score looked up in a dict."""
    label_of = dict(zip(scores, labels, strict=True))
    return [label_of[score] for score in falling(scores)]


def first_of_equals(labels: list[float], scores: list[float]) -> list[float]:
    """Each score looked up with list.index."""
    return [labels[scores.index(score)] for score in falling(scores)]


def scores_from_lexsort(y_true: ArrayLike, y_score: ArrayLike, k: int | None = None) -> float:
    """Right: sorted by score, then by place."""
    labels, scores = np.asarray(y_true, float), np.asarray(y_score, float)
    return ndcg_by_arrays(labels[np.lexsort((np.arange(scores.size), -scores))], k)


def scores_one_by_one(y_true: ArrayLike, y_score: ArrayLike, k: int | None = None) -> float:
    """Right: takes the first film with the highest score out, again and again."""
    left = list(zip(np.asarray(y_score, float).tolist(), np.asarray(y_true, float).tolist(), strict=True))
    ranked = []
    while left:
        best = max(left, key=lambda film: film[0])
        left.remove(best)  # equal films are interchangeable
        ranked.append(best[1])
    return ndcg_by_loop(ranked, k)


def scores_by_counting(y_true: ArrayLike, y_score: ArrayLike, k: int | None = None) -> float:
    """Right: a film's rank is the number of films ahead of it, plus one."""
    labels, scores = np.asarray(y_true, float), np.asarray(y_score, float)
    place = np.arange(scores.size)
    ahead = (scores[None] > scores[:, None]) | ((scores[None] == scores[:, None]) & (place[None] < place[:, None]))
    rank = 1 + ahead.sum(axis=1)
    dcg = np.sum((np.exp2(labels) - 1) / np.log2(rank + 1), where=rank <= (k or labels.size))
    ideal = dcg_by_dot(np.sort(labels)[::-1], k)
    return float(dcg / ideal) if ideal else 0.0


def score_cases(seed: int) -> list[Case]:
    """Small lists first; a long list with many ties last."""
    rng = np.random.default_rng(seed)
    return [
        Case("distinct scores", ([1, 0, 2], [0.5, 0.1, 0.9])),
        Case("distinct scores", ([1, 2, 0], [0.1, 0.5, 0.9])),
        Case("equal scores", ([0, 2, 1], [1, 1, 1])),
        Case("equal scores", ([1, 0, 3, 2], [0.2, 0.7, 0.2, 0.7])),
        Case("k smaller than the list", ([1, 3, 2, 0], [4, 1, 3, 2]), {"k": 2}),
        Case("k beyond the list", ([0, 1], [0.6, 0.4]), {"k": 5}),
        Case("negative scores", ([2, 0, 1], [-3, -1, -2])),
        Case("a score of −inf", ([1, 2, 0], [0.5, -inf, 0.7])),
        Case("scores as unsigned integers", ([0, 1, 2], np.array([0, 5, 3], dtype=np.uint8))),
        Case("labels as int8", (np.array([0, 8, 3], dtype=np.int8), [3, 2, 1])),
        Case("fractional labels", ([0.5, 1.5], [2, 1])),
        Case("a list of one film", ([2], [0.3])),
        Case("nothing relevant", ([0, 0], [1, 2])),
        Case("distinct scores", (rng.integers(0, 5, 5), rng.permutation(5) / 4)),
        Case("equal scores", (rng.permutation([0, 1, 2, 3, 4]), rng.integers(0, 2, 5)), {"k": 3}),
        Case("a long list with many equal scores", (rng.integers(0, 5, 40), rng.integers(0, 3, 40))),
    ]


SCORES_WRONG = (
    *ways(
        "lowest score first",
        "You put the lowest score first. argsort and sorted go upwards; a ranking goes downwards.",
        "lesson 04, Eq. (4.10)",
        {"a stable sort": sorted_by(SORTS["upwards"]), "NumPy's own": sorted_by(SORTS["upwards_own"])},
    ),
    *ways(
        "ties reversed",
        "You sort upwards and turn the result round, as argsort(s)[::-1] does. That turns equal scores round too: the "
        'last comes first. Sort by −s (s as floats) with kind="stable" instead.',
        "the contract of task 04.3: equal scores keep the input order",
        {"a stable sort": sorted_by(SORTS["turned"]), "NumPy's own": sorted_by(SORTS["turned_own"])},
    ),
    WrongAnswer(
        "ties in the model's favour",
        ndcg_ranked(
            order=lambda labels, scores: sorted(range(len(scores)), key=lambda i: (scores[i], labels[i]))[::-1]
        ),
        "Among equal scores you put the better film first. Sorting pairs (score, label) does that unasked, and a "
        "model that gives every film the same score looks perfect.",
        "lesson 04, what do equal scores mean, above Eq. (4.11)",
    ),
    WrongAnswer(
        "ties against the model",
        ndcg_ranked(order=lambda labels, scores: sorted(range(len(scores)), key=lambda i: (-scores[i], labels[i]))),
        "Among equal scores you put the worse film first. Sorting pairs (−score, label) does that unasked; equal "
        "scores keep the input order.",
        "lesson 04, what do equal scores mean, above Eq. (4.11)",
    ),
    WrongAnswer(
        "ties averaged",
        lambda y_true, y_score, k=None: metrics.ndcg_from_scores(y_true, y_score, k, ties="average"),
        "You average over the orders of equal scores. That is a good convention (scikit-learn has it), but this task "
        "asks for another: equal scores keep the input order.",
        "lesson 04, Eq. (4.11)",
    ),
    WrongAnswer(
        "ties in any order",
        sorted_by(SORTS["minus_float_own"]),
        'NumPy\'s default sort may exchange equal scores; on short lists you do not see it. Ask for kind="stable".',
        "the contract of task 04.3: equal scores keep the input order",
    ),
    *ways(
        "one film per score",
        "Films with equal scores disappear from your ranking. A dict with the score as key keeps only the last of "
        "them: sort places, or pairs, instead.",
        "the contract of task 04.3: equal scores keep the input order",
        {
            "the ideal from all": ranked_by_dict(one_per_score, from_all=True),
            "the ideal from the rest": ranked_by_dict(one_per_score, from_all=False),
        },
    ),
    *ways(
        "looked up by score",
        "You look films up by their score, in a dict or with index, so films with equal scores all get the label of "
        "one of them. Sort the films' places instead.",
        "the contract of task 04.3: equal scores keep the input order",
        {
            f"{which}, the ideal from {'all' if from_all else 'the ranking'}": ranked_by_dict(ranking, from_all)
            for which, ranking in (("the last", last_of_equals), ("the first", first_of_equals))
            for from_all in (True, False)
        },
    ),
    WrongAnswer(
        "argsort taken for the ranks",
        discounts_in_sort_order,
        "You use what argsort returns as ranks. It says which film stands at each place, not at which place each "
        "film stands: reorder the labels with it.",
        "lesson 04, Eq. (4.10)",
    ),
    WrongAnswer(
        "scores ignored",
        ndcg_ranked(order=lambda labels, scores: range(len(scores))),
        "You take the labels in the order in which they come. Rank the films by their scores first.",
        "the contract of task 04.3",
    ),
    WrongAnswer(
        "labels and scores exchanged",
        lambda y_true, y_score, k=None: ndcg_ranked(dcg=dcg_with())(y_score, y_true, k),
        "Labels and scores have changed places: you sort by what came true and add up what the model believed.",
        "the contract of task 04.3: y_true comes first",
    ),
    WrongAnswer(
        "minus an unsigned score",
        sorted_by(SORTS["minus"]),
        "You sort by −scores. Unsigned integers have no minus: −0 stays 0 and comes first. Turn the scores into "
        "floats first.",
        "the contract of task 04.3: scores of any numeric type",
    ),
    WrongAnswer(
        "minus an unsigned score, ties in any order",
        sorted_by(SORTS["minus_own"]),
        'np.argsort(-s) has two traps here. The default sort may exchange equal scores (ask for kind="stable"), and '
        "unsigned integers have no minus (turn the scores into floats first).",
        "the contract of task 04.3: equal scores, scores of any numeric type",
    ),
    *ways(
        "ideal from the first k",
        "Your ideal is sorted from the k films that were ranked first. It is taken from all films, then cut at k.",
        "lesson 04, Eq. (4.10), which films may the ideal use",
        {name: sorted_by(order, ranked=first) for name, order in DOWNWARDS.items()},
    ),
    *ways(
        "cut before ranking",
        "You cut both inputs at k and rank what is left. They come in any order, so the best film may stand last: rank "
        "all films, then cut.",
        "lesson 04, Eq. (4.10)",
        {
            **{name: sorted_by(order, seen=first) for name, order in DOWNWARDS.items()},
            "the ideal from all": lambda y_true, y_score, k=None: ndcg_with()(
                ranked_labels(y_true[:k], y_score[:k]), k, y_true
            ),
        },
    ),
    WrongAnswer(
        "ideal not cut",
        ndcg_ranked(ideal_list=lambda ranked, pool, k: falling(pool)),
        "Your ideal is not cut at k. A perfect list of k films would get less than 1.",
        "lesson 04, Eq. (4.10)",
    ),
    WrongAnswer(
        "k ignored",
        lambda y_true, y_score, k=None: metrics.ndcg_from_scores(y_true, y_score),
        "You do not cut at k. Both sums have k places: the list's and the ideal's.",
        "lesson 04, Eq. (4.10)",
    ),
    WrongAnswer(
        "1 if nothing is relevant",
        ndcg_ranked(at_zero=1.0),
        "You give 1.0 when nothing is relevant. Some libraries do; here such a list earns 0.0.",
        "lesson 04, Eq. (4.10), what if nothing is relevant",
    ),
    WrongAnswer(
        "linear gain",
        lambda y_true, y_score, k=None: metrics.ndcg_from_scores(y_true, y_score, k, "linear"),
        "You use the labels themselves as gains (scikit-learn does). Here a label y is worth 2^y − 1.",
        "lesson 04, Eq. (4.9)",
    ),
    WrongAnswer(
        "powers overflow",
        scored_in_the_labels_own_type,
        "Your powers are taken in the labels' own integer type. 2**8 does not fit into an int8 and silently becomes "
        "0: turn the labels into floats first.",
        "the contract of task 04.3: labels of any numeric type",
    ),
)


SCORES = FunctionTask(
    id="04.3",
    title="NDCG from scores",
    name="ndcg_from_scores",
    objectives=("O4.3", "O4.5"),
    contract="ndcg_from_scores(y_true, y_score, k=None) → float, Eq. (4.10). y_true: labels ≥ 0 of all judged films, "
    "y_score: the model's scores of the same films, in any order. Rank by descending score; equal scores keep the "
    "input order. NDCG of the first k, gain 2^y − 1, ideal from all labels, cut at k; k=None, or a k beyond the "
    "list: the whole list. An ideal of 0: 0.0. Labels and scores are lists or arrays of any numeric type, unsigned "
    "integers too; a score may be −inf, never nan.",
    points=6,
    hints=(
        "First a ranking, then a sum. Which film comes first, which second? Try the labels [0, 2, 1] with three "
        "equal scores.",
        'A stable sort keeps equal items in their order: sorted is stable, np.argsort is with kind="stable". Both go '
        "upwards: sort by the negative of the score (as a float).",
        'order = np.argsort(-np.asarray(y_score, float), kind="stable"), then ndcg_at_k(np.asarray(y_true)[order], '
        "k). All judged films are in the list, so it is its own pool.",
    ),
    reference=metrics.ndcg_from_scores,
    cases=score_cases,
    wrong=SCORES_WRONG,
    right=(scores_from_lexsort, scores_one_by_one, scores_by_counting, ndcg_ranked()),
)


# ---- 04.4 average_precision ------------------------------------------------------------------------------------------


def ap_with(
    *,
    relevant: Callable[[float], float] = positive,
    precision: Callable[[list[float], int], float] = lambda hits, rank: sum(hits[:rank]) / rank,
    noted: Callable[[float], bool] = bool,
    divisor: Callable[..., float] = lambda total, k, **_: min(k or total, total),
    at_zero: float = 0.0,
) -> Answer:
    """`average_precision` with what is relevant, what a hit earns, where it is noted or the denominator replaced."""

    def average_precision(rels: ArrayLike, n_relevant: int | None = None, k: int | None = None) -> float:
        hits = [float(relevant(label)) for label in np.asarray(rels, float).tolist()]
        total = sum(hits) if n_relevant is None else n_relevant
        top = hits[:k]
        earned = sum(precision(top, rank) for rank, hit in enumerate(top, start=1) if noted(hit))
        by = divisor(total=total, k=k, n=len(hits), found=sum(top))
        return float(earned / by) if by else at_zero

    return average_precision


def ap_by_hits(rels: ArrayLike, n_relevant: int | None = None, k: int | None = None) -> float:
    """Right: the j-th hit at rank r adds j/r."""
    ranks = [rank for rank, label in enumerate(np.asarray(rels, float), start=1) if label > 0]
    total = len(ranks) if n_relevant is None else n_relevant
    found = [j / rank for j, rank in enumerate(ranks, start=1) if k is None or rank <= k]
    return sum(found) / (total if k is None else min(k, total)) if total else 0.0


def ap_by_area(rels: ArrayLike, n_relevant: int | None = None, k: int | None = None) -> float:
    """Right: the area under the steps of precision over recall."""
    hits = np.greater(rels, 0)
    total = int(hits.sum()) if n_relevant is None else n_relevant
    if total == 0:
        return 0.0
    found = np.cumsum(hits[:k])
    recall = found / (total if k is None else min(k, total))
    return float(np.sum(np.diff(recall, prepend=0.0) * found / np.arange(1, found.size + 1)))


def ap_by_loop(rels: ArrayLike, n_relevant: int | None = None, k: int | None = None) -> float:
    """Right: counts hits on the way down."""
    hits, earned = 0, 0.0
    for rank, label in enumerate(np.asarray(rels), start=1):
        if label > 0:
            hits += 1
            earned += hits / rank if k is None or rank <= k else 0.0
    best = hits if n_relevant is None else n_relevant
    return earned / min(best, k or best) if best else 0.0


def interpolated(hits: list[float], rank: int) -> float:
    """The best precision from this rank on."""
    return max(sum(hits[:r]) / r for r in range(rank, len(hits) + 1))


def ap_by_labels(weight: Callable[[float], float], counted: Callable[[float], float], by_labels: bool) -> Answer:
    """Labels where a yes or no belongs: `weight` at each hit, `counted` in its precision, their sum as denominator."""

    def average_precision(rels: ArrayLike, n_relevant: int | None = None, k: int | None = None) -> float:
        labels = np.asarray(rels, float).tolist()
        total = n_relevant if n_relevant is not None else sum(map(float if by_labels else positive, labels))
        by = min(k or total, total)
        top = labels[:k]
        earned = [weight(y) * sum(map(counted, top[:rank])) / rank for rank, y in enumerate(top, start=1)]
        return float(sum(earned) / by) if by else 0.0

    return average_precision


def ap_by_trapezoids(start: Callable[[list[float]], float | None], only_hits: bool) -> Answer:
    """The area under straight lines from point to point of the precision-recall curve, not under steps.

    `start` gives the precision at recall 0; None: the curve begins at its first point.
    """

    def average_precision(rels: ArrayLike, n_relevant: int | None = None, k: int | None = None) -> float:
        hits = [float(positive(y)) for y in np.asarray(rels, float).tolist()]
        total = sum(hits) if n_relevant is None else n_relevant
        by = min(k or total, total)
        points = [(sum(hits[:rank]), sum(hits[:rank]) / rank) for rank in range(1, len(hits[:k]) + 1)]
        points = [point for point, hit in zip(points, hits, strict=False) if hit or not only_hits]
        before = start([precision for _, precision in points])
        points = points if before is None else [(0.0, before), *points]
        area = sum((found - last) * (high + low) / 2 for (last, high), (found, low) in pairwise(points))
        return float(area / by) if by else 0.0

    return average_precision


TRAPEZOIDS = {
    "from precision 1": ap_by_trapezoids(lambda precisions: 1.0, only_hits=False),
    "from precision 0": ap_by_trapezoids(lambda precisions: 0.0, only_hits=False),
    "from the first place": ap_by_trapezoids(lambda precisions: None, only_hits=False),
    "hits, from precision 1": ap_by_trapezoids(lambda precisions: 1.0, only_hits=True),
    "hits, from precision 0": ap_by_trapezoids(lambda precisions: 0.0, only_hits=True),
    "hits, level before the first": ap_by_trapezoids(lambda precisions: mean(precisions[:1]), only_hits=True),
    "hits, from the first": ap_by_trapezoids(lambda precisions: None, only_hits=True),
}


def drawn_hits(rng: Generator, n: int) -> tuple[list[float], int]:
    """n labels, and a number of relevant films that is one or two larger than what they hold."""
    rels = random_labels(rng, n)
    return rels, int(np.count_nonzero(rels) + rng.integers(1, 3))


def ap_cases(seed: int) -> list[Case]:
    """Small lists first; three drawn ones last."""
    rng = np.random.default_rng(seed)
    (one, one_total), (two, two_total), (three, _) = [drawn_hits(rng, 6) for _ in range(3)]
    return [
        Case("a whole list", ([0, 1],)),
        Case("a whole list", ([1, 0, 1],)),
        Case("a relevant film outside the list", ([1, 0, 1],), {"n_relevant": 4}),
        Case("k smaller than the list", ([1, 0, 1],), {"k": 2}),
        Case("k smaller than the list, more than k relevant films", ([1, 0, 1, 1],), {"n_relevant": 5, "k": 3}),
        Case("k beyond the list", ([0, 1],), {"n_relevant": 3, "k": 4}),
        Case("graded labels", ([0, 3, 1],)),
        Case("graded labels", ([2, 0, 3],), {"n_relevant": 4}),
        Case("fractional labels", ([0, 0.5, 1],)),
        Case("labels as int8", (np.array([0, 1, 1], dtype=np.int8),), {"n_relevant": 2}),
        Case("no relevant film", ([0, 0],)),
        Case("an empty list, though films are relevant", ([],), {"n_relevant": 2, "k": 3}),
        Case("the empty list", ([],)),
        Case("a whole list", ([1, 0, 1, 0, 0, 1],)),
        Case("a relevant film outside the list", (one,), {"n_relevant": one_total}),
        Case("k smaller than the list", (two,), {"n_relevant": two_total, "k": int(rng.integers(2, 5))}),
        Case("k smaller than the list", (three,), {"k": int(rng.integers(2, 5))}),
    ]


AP_WRONG = (
    WrongAnswer(
        "divided by the hits found",
        ap_with(divisor=lambda found, **_: found),
        "You divide by the hits you found. Then one hit at rank 1 and nothing after it is perfect, however many "
        "films were missed; divide by the relevant films there are (with k: by min(k, n_relevant)).",
        "lesson 04, Eq. (4.5) and (4.7)",
    ),
    WrongAnswer(
        "divided by all relevant films, also at k",
        ap_with(divisor=lambda total, **_: total),
        "At a cut-off you still divide by all relevant films, as trec_eval does. Here the denominator at k is min(k, "
        "n_relevant): the most hits that k places can hold.",
        "lesson 04, Eq. (4.7)",
    ),
    WrongAnswer(
        "divided by k",
        ap_with(divisor=lambda total, k, **_: k or total),
        "You divide by k even if fewer films are relevant. Then a perfect list earns less than 1; the denominator is "
        "min(k, n_relevant).",
        "lesson 04, Eq. (4.7)",
    ),
    WrongAnswer(
        "divided by the length of the list",
        ap_with(divisor=lambda n, **_: n),
        "You divide by the length of the list. The mean runs over the relevant films, not over the places.",
        "lesson 04, Eq. (4.5)",
    ),
    WrongAnswer(
        "denominator cut at the list's length",
        ap_with(divisor=lambda total, n, k, **_: min(k or total, total, n)),
        "Your denominator is never larger than the list. A relevant film that a short list leaves out is a miss, and "
        "counts.",
        "lesson 04, Eq. (4.5)",
    ),
    WrongAnswer(
        "n_relevant ignored",
        lambda rels, n_relevant=None, k=None: metrics.average_precision(rels, None, k),
        "You count the relevant films of the list only. `n_relevant` says how many there are in all, and the missing "
        "ones earn 0.",
        "lesson 04, Eq. (4.5)",
    ),
    WrongAnswer(
        "relevant films counted within k",
        lambda rels, n_relevant=None, k=None: metrics.average_precision(rels[:k], n_relevant, k),
        "Without `n_relevant` you count the relevant films among the first k. Those further down are relevant too: "
        "count before you cut.",
        "lesson 04, Eq. (4.7)",
    ),
    WrongAnswer(
        "every place counts",
        ap_with(noted=lambda hit: True),
        "You add the precision at every place. Only places with a relevant film count.",
        "lesson 04, Eq. (4.5), the bracket [y > 0]",
    ),
    WrongAnswer(
        "reciprocal ranks",
        ap_with(precision=lambda hits, rank: 1 / rank),
        "You add 1/rank for each hit. The precision at the j-th hit is j/rank: the hits above it count too.",
        "lesson 04, Eq. (4.6)",
    ),
    WrongAnswer(
        "the hit itself not counted",
        ap_with(precision=lambda hits, rank: sum(hits[: rank - 1]) / rank),
        "Your precision at a hit leaves the hit itself out: hits[:i] ends one before index i.",
        "lesson 04, Eq. (4.5)",
    ),
    WrongAnswer(
        "interpolated precision",
        ap_with(precision=interpolated),
        "You take the best precision from a hit on, as interpolated AP does. Here each hit earns the precision at "
        "its own rank.",
        "lesson 04, Eq. (4.5)",
    ),
    *ways(
        "labels added up",
        "You add up the labels. A film with label 3 is one relevant film, not three: turn the labels into yes or no "
        "first.",
        "the contract of task 04.4: relevant means label > 0",
        {
            "over the labels' sum": ap_by_labels(positive, float, True),
            "over hits": ap_by_labels(positive, float, False),
        },
    ),
    *ways(
        "labels as weights",
        "You multiply the precision at a hit by the film's label, so a label of 3 counts three times. A hit is a hit: "
        "its weight is 1.",
        "lesson 04, Eq. (4.5), the bracket [y > 0]",
        {
            f"{what} counted, over {'the labels' if by_labels else 'hits'}": ap_by_labels(float, counted, by_labels)
            for what, counted in (("hits", positive), ("labels", float))
            for by_labels in (True, False)
        },
    ),
    *ways(
        "trapezoids",
        "You join the points of the precision-recall curve by straight lines, as np.trapezoid does. AP is the area "
        "under its steps: each hit adds its own precision times 1/R.",
        "lesson 04, Eq. (4.6)",
        TRAPEZOIDS,
    ),
    WrongAnswer(
        "relevant means exactly 1",
        ap_with(relevant=lambda label: label == 1),
        "You count only films with the label 1. Every label above 0 is relevant.",
        "the contract of task 04.4: relevant means label > 0",
    ),
    WrongAnswer(
        "relevant means at least 1",
        ap_with(relevant=lambda label: label >= 1),
        "A label of 0.5 does not count with you. Every label above 0 is relevant: no rounding, no conversion to int.",
        "the contract of task 04.4: relevant means label > 0",
    ),
    WrongAnswer(
        "k ignored",
        lambda rels, n_relevant=None, k=None: metrics.average_precision(rels, n_relevant),
        "You go through the whole list. With k, only the first k places count, and the denominator is min(k, "
        "n_relevant).",
        "lesson 04, Eq. (4.7)",
    ),
    WrongAnswer(
        "1 if nothing is relevant",
        ap_with(at_zero=1.0),
        "You give 1.0 when no film is relevant. LightGBM and XGBoost do; here such a list earns 0.0.",
        "the contract of task 04.4: no relevant film, 0.0",
    ),
)


AP = FunctionTask(
    id="04.4",
    title="Average precision",
    name="average_precision",
    objectives=("O4.2",),
    contract="average_precision(rels, n_relevant=None, k=None) → float, Eq. (4.5) and (4.7). rels: labels of the "
    "ranked films, best rank first, list or array of any numeric type; relevant means label > 0. n_relevant: how "
    "many relevant films there are, ranked or not; None: those in rels (all of rels, also beyond k). The precision "
    "at the rank of each relevant film among the first k, added up, divided by n_relevant; with k by min(k, "
    "n_relevant). No relevant film: 0.0. k=None, or a k beyond the list: the whole list.",
    points=6,
    hints=(
        "Walk down [1, 0, 1]. At each relevant film, which share of the films so far was relevant?",
        "The j-th relevant film, at rank r, adds j/r. Count the relevant films before you cut at k, and divide once, "
        "at the end.",
        "hits = np.asarray(rels) > 0; precision = np.cumsum(hits) / np.arange(1, hits.size + 1). Add precision where "
        "hits is True, up to k. The denominator is n_relevant, or min(k, n_relevant); if it is 0, return 0.0.",
    ),
    reference=metrics.average_precision,
    cases=ap_cases,
    wrong=AP_WRONG,
    right=(ap_by_hits, ap_by_area, ap_by_loop, ap_with()),
)


# ---- 04.5 mean_average_precision -------------------------------------------------------------------------------------

Lists = Sequence[ArrayLike]


def map_with(
    *,
    ap: Callable[[list[float], int], float] = metrics.average_precision,
    keep: Callable[[list[float], int], bool] = lambda rels, total: total > 0,
    average: Callable[[list[float], list[int]], float] = lambda values, totals: mean(values),
    relevant: Callable[[float], bool] = positive,
) -> Answer:
    """`mean_average_precision` with the value of a query, the queries that count or the mean replaced."""

    def mean_average_precision(ranked_lists: Lists, n_relevants: Sequence[int] | None = None) -> float:
        lists = [[float(relevant(y)) for y in np.asarray(rels, float).tolist()] for rels in ranked_lists]
        totals = [int(sum(rels)) for rels in lists] if n_relevants is None else list(n_relevants)
        kept = [(rels, total) for rels, total in zip(lists, totals, strict=True) if keep(rels, total)]
        return average([ap(rels, total) for rels, total in kept], [total for _, total in kept])

    return mean_average_precision


def map_by_loop(ranked_lists: Lists, n_relevants: Sequence[int] | None = None) -> float:
    """Right: adds up and counts."""
    total, queries = 0.0, 0
    for number, rels in enumerate(ranked_lists):
        relevant = int(np.count_nonzero(rels)) if n_relevants is None else n_relevants[number]
        if relevant:
            total, queries = total + ap_by_loop(rels, relevant), queries + 1
    return total / queries if queries else 0.0


def map_by_nan(ranked_lists: Lists, n_relevants: Sequence[int] | None = None) -> float:
    """Right: a query without a relevant film is nan, and the nans are left out of the mean."""
    totals = [None] * len(ranked_lists) if n_relevants is None else n_relevants
    empty = [np.count_nonzero(rels) == 0 if n is None else n == 0 for rels, n in zip(ranked_lists, totals, strict=True)]
    values = np.array([ap_by_hits(rels, n) for rels, n in zip(ranked_lists, totals, strict=True)])
    values[np.array(empty, dtype=bool)] = np.nan
    return 0.0 if np.isnan(values).all() else float(np.nanmean(values))


def map_by_weights(ranked_lists: Lists, n_relevants: Sequence[int] | None = None) -> float:
    """Right: a weighted mean with weights 0 and 1."""
    if n_relevants is None:
        n_relevants = [sum(1 for label in np.asarray(rels, float) if label > 0) for rels in ranked_lists]
    weights = [float(n > 0) for n in n_relevants]
    values = [ap_by_area(rels, n) for rels, n in zip(ranked_lists, n_relevants, strict=True)]
    return float(np.average(values, weights=weights)) if sum(weights) else 0.0


def map_cases(seed: int) -> list[Case]:
    """Small sets of lists first; two drawn ones last."""
    rng = np.random.default_rng(seed)
    lengths = (4, 2, 5)
    drawn = [[random_labels(rng, n) for n in lengths] for _ in range(2)]
    more = [int(np.count_nonzero(rels) + extra) for rels, extra in zip(drawn[1], (2, 1, 0), strict=True)]
    return [
        Case("two queries", ([[1, 0, 1], [0, 1, 0]],)),
        Case("one query", ([[0, 1, 1]],)),
        Case("a query without a relevant film", ([[1, 0, 1], [0, 0, 0]],)),
        Case("lists of different lengths", ([[0, 1], [1, 0, 0, 1, 1]],)),
        Case("relevant films outside the lists", ([[1, 0], [0, 1]],), {"n_relevants": [3, 1]}),
        Case("a list without a hit, though films are relevant", ([[1, 0], [0, 0]],), {"n_relevants": [1, 2]}),
        Case("an empty list, though films are relevant", ([[1, 0], []],), {"n_relevants": [1, 2]}),
        Case("a query without a relevant film", ([[0, 1], [0, 0]],), {"n_relevants": [2, 0]}),
        Case("graded labels", ([[0, 2, 1], [0, 3]],)),
        Case("fractional labels", ([[0.5, 0, 1], [0, 1]],)),
        Case("labels as an int8 array", (np.array([[0, 1, 1], [1, 0, 0]], dtype=np.int8),)),
        Case("only queries without a relevant film", ([[0], [0, 0]],)),
        Case("no query", ([],)),
        Case("lists of different lengths", (drawn[0],)),
        Case("relevant films outside the lists", (drawn[1],), {"n_relevants": more}),
    ]


MAP_WRONG = (
    WrongAnswer(
        "mean over all queries",
        map_with(keep=lambda rels, total: True),
        "You average over all queries. One in which nothing is relevant has no AP, and no ranking could earn "
        "anything there: leave it out of the sum and of the count.",
        "lesson 04, Eq. (4.8), the set Q⁺",
    ),
    WrongAnswer(
        "1 for an empty query",
        map_with(keep=lambda rels, total: True, ap=lambda rels, n: metrics.average_precision(rels, n) if n else 1.0),
        "You give a query without a relevant film the value 1, as LightGBM and XGBoost do. Here it is left out.",
        "lesson 04, Eq. (4.8), the set Q⁺",
    ),
    WrongAnswer(
        "queries without a hit left out",
        map_with(keep=lambda rels, total: total > 0 and sum(rels) > 0),
        "You leave out every list without a hit. If relevant films exist and the list missed them all, its AP is 0, "
        "and the 0 counts.",
        "lesson 04, Eq. (4.8), the set Q⁺",
    ),
    WrongAnswer(
        "n_relevants ignored",
        lambda ranked_lists, n_relevants=None: metrics.mean_average_precision(ranked_lists),
        "You do not use `n_relevants`. It says how many relevant films each query has, ranked or not.",
        "lesson 04, Eq. (4.5)",
    ),
    WrongAnswer(
        "each AP divided by its hits",
        map_with(ap=lambda rels, total: metrics.average_precision(rels)),
        "You use `n_relevants` to choose the queries but divide each AP by the hits in its list. Divide by the "
        "relevant films there are.",
        "lesson 04, Eq. (4.5)",
    ),
    WrongAnswer(
        "each AP cut at its list's length",
        map_with(ap=lambda rels, total: metrics.average_precision(rels, total, len(rels) or None)),
        "Your denominators are never larger than the lists. A relevant film that a short list leaves out is a miss, "
        "and counts.",
        "lesson 04, Eq. (4.5)",
    ),
    WrongAnswer(
        "weighted by relevant films",
        map_with(average=lambda values, totals: float(np.average(values, weights=totals)) if totals else 0.0),
        "You pool all relevant films and divide once. Then a person with twenty relevant films weighs twenty times "
        "as much; MAP takes one AP per query, and every query weighs the same.",
        "lesson 04, Eq. (4.8)",
    ),
    WrongAnswer(
        "one long list",
        lambda ranked_lists, n_relevants=None: metrics.average_precision(
            list(chain.from_iterable(ranked_lists)), n_relevants and sum(n_relevants)
        ),
        "You join the lists into one. Ranks begin anew in every query.",
        "lesson 04, Eq. (4.8)",
    ),
    WrongAnswer(
        "precision instead of AP",
        map_with(ap=lambda rels, total: mean(rels)),
        "You average the precision of whole lists. MAP averages AP, which looks at the rank of every hit.",
        "lesson 04, Eq. (4.8)",
    ),
    WrongAnswer(
        "reciprocal rank instead of AP",
        map_with(ap=lambda rels, total: metrics.reciprocal_rank(rels)),
        "You average reciprocal ranks, which see the first hit only. MAP averages AP.",
        "lesson 04, Eq. (4.8)",
    ),
    WrongAnswer(
        "median",
        map_with(average=lambda values, totals: float(np.median(values)) if values else 0.0),
        "You take the median of the APs. MAP is their mean.",
        "lesson 04, Eq. (4.8)",
    ),
    WrongAnswer(
        "relevant means exactly 1",
        map_with(relevant=lambda label: label == 1),
        "You count only films with the label 1. Every label above 0 is relevant.",
        "the contract of task 04.4: relevant means label > 0",
    ),
    WrongAnswer(
        "relevant means at least 1",
        map_with(relevant=lambda label: label >= 1),
        "A label of 0.5 does not count with you. Every label above 0 is relevant.",
        "the contract of task 04.4: relevant means label > 0",
    ),
)


MAP = FunctionTask(
    id="04.5",
    title="Mean average precision",
    name="mean_average_precision",
    objectives=("O4.2", "O4.5"),
    contract="mean_average_precision(ranked_lists, n_relevants=None) → float, Eq. (4.8). ranked_lists: one list of "
    "labels per query, best rank first; lengths may differ. n_relevants: the number of relevant films of each query, "
    "ranked or not; None: those in its list. The mean of average_precision (task 04.4, no cut-off) over the queries "
    "that have a relevant film, found or not. No such query: 0.0.",
    points=6,
    hints=(
        "Two queries: in one, the ranking found everything at once; in the other there was nothing to find. What "
        "should the mean say about the ranking?",
        "Decide for each query whether it counts: by n_relevants if it is given, else by the labels in its list. A "
        "list that missed all its relevant films counts, with AP 0.",
        "Collect average_precision(rels, n) for every query with n > 0, where n comes from n_relevants or is the "
        "number of labels above 0. Return the mean of what you collected, or 0.0 if that is nothing.",
    ),
    reference=metrics.mean_average_precision,
    cases=map_cases,
    wrong=MAP_WRONG,
    right=(map_by_loop, map_by_nan, map_by_weights, map_with()),
)


# ---- 04.6 reciprocal_rank --------------------------------------------------------------------------------------------


def rr_with(
    *,
    relevant: Callable[[float], bool] = positive,
    value: Callable[[list[int]], float] = lambda ranks: 1 / ranks[0],
    top: Callable[[list[float], int | None], list[float]] = lambda rels, k: rels[:k],
    at_none: Callable[[list[float]], float] = lambda top: 0.0,
) -> Answer:
    """`reciprocal_rank` with what is relevant, what the ranks of the hits earn, the cut or a miss replaced."""

    def reciprocal_rank(rels: ArrayLike, k: int | None = None) -> float:
        seen = top(np.asarray(rels, float).tolist(), k)
        ranks = [rank for rank, label in enumerate(seen, start=1) if relevant(label)]
        return float(value(ranks)) if ranks else at_none(seen)

    return reciprocal_rank


def rank_of_the_best(rels: ArrayLike, k: int | None = None) -> float:
    """argmax of the labels finds the best film, not the first relevant one."""
    labels = np.asarray(rels, float)[:k]
    return float(1 / (1 + labels.argmax())) if np.any(labels > 0) else 0.0


def argmax_of_nothing(rels: ArrayLike, k: int | None = None) -> float:
    """argmax of all False is 0, as if the first film were relevant."""
    hits = np.asarray(rels, float)[:k] > 0
    return float(1 / (1 + hits.argmax())) if hits.size else 0.0


def label_over_rank(rels: ArrayLike, k: int | None = None) -> float:
    """Weighs the first hit by its label."""
    hits = [(rank, label) for rank, label in enumerate(np.asarray(rels, float)[:k].tolist(), start=1) if label > 0]
    return hits[0][1] / hits[0][0] if hits else 0.0


def decided_by_the_first(at_nothing: float | None) -> Callable[..., float | None]:
    """What an `else: return 0.0` inside the loop leaves: nobody looks at the second film."""

    def reciprocal_rank(rels: ArrayLike, k: int | None = None) -> float | None:
        labels = np.asarray(rels, float)[:k]
        return float(labels[0] > 0) if labels.size else at_nothing

    return reciprocal_rank


def rr_by_loop(rels: ArrayLike, k: int | None = None) -> float:
    """Right: stops at the first hit."""
    for index, label in enumerate(np.asarray(rels)):
        if label > 0 and (k is None or index < k):
            return 1 / (index + 1)
    return 0.0


def rr_by_maximum(rels: ArrayLike, k: int | None = None) -> float:
    """Right: the largest 1/rank of all hits is the first's."""
    hits = np.greater(rels, 0)[:k]
    return float(np.max(hits / np.arange(1, hits.size + 1), initial=0.0))


def rr_by_counting(rels: ArrayLike, k: int | None = None) -> float:
    """Right: the places at which nothing has been found yet."""
    found = np.cumsum(np.asarray(rels, float)[:k] > 0)
    waiting = int(np.count_nonzero(found == 0))
    return 1.0 / (waiting + 1) if waiting < found.size else 0.0


def rr_cases(seed: int) -> list[Case]:
    """Small lists first; three drawn ones last."""
    rng = np.random.default_rng(seed)
    return [
        Case("a first hit further down", ([0, 0, 1],)),
        Case("the first film relevant", ([1, 0],)),
        Case("several relevant films", ([0, 1, 1],)),
        Case("several relevant films", ([1, 0, 1],)),
        Case("graded labels", ([0, 1, 3],)),
        Case("graded labels", ([0, 2, 1],)),
        Case("fractional labels", ([0, 0.5, 1],)),
        Case("labels as int8", (np.array([0, 0, 2, 0], dtype=np.int8),)),
        Case("the first hit at rank k", ([0, 1, 0],), {"k": 2}),
        Case("the first hit beyond k", ([0, 0, 1],), {"k": 2}),
        Case("k beyond the list", ([0, 1],), {"k": 5}),
        Case("no relevant film", ([0, 0],)),
        Case("no relevant film", ([0, 0, 0],), {"k": 2}),
        Case("the empty list", ([],)),
        Case("several relevant films", ([0, *rng.permutation([0, 0, 1, 1]).tolist()],)),
        Case("graded labels", (rng.permutation([0, 0, 1, 2, 3]),), {"k": 4}),
    ]


RR_WRONG = (
    WrongAnswer(
        "the rank itself",
        rr_with(value=lambda ranks: ranks[0]),
        "You return the rank. Its reciprocal is asked: 1/rank, so that earlier is better.",
        "lesson 04, Eq. (4.3)",
    ),
    WrongAnswer(
        "ranks start at 2",
        rr_with(value=lambda ranks: 1 / (ranks[0] + 1)),
        "Your ranks are one too high: a hit in the first place must earn 1.",
        "lesson 04, Eq. (4.3)",
    ),
    WrongAnswer(
        "the last hit",
        rr_with(value=lambda ranks: 1 / ranks[-1]),
        "You take the last relevant film. The wait ends at the first: leave the loop there.",
        "lesson 04, Eq. (4.3)",
    ),
    WrongAnswer(
        "mean over all hits",
        rr_with(value=lambda ranks: mean([1 / rank for rank in ranks])),
        "You average 1/rank over all relevant films. Only the first counts; with your mean a list of two good films, "
        "perfectly ranked, earns 0.75.",
        "lesson 04, Eq. (4.3)",
    ),
    WrongAnswer(
        "sum over all hits",
        rr_with(value=lambda ranks: sum(1 / rank for rank in ranks)),
        "You add 1/rank over all relevant films. Only the first counts.",
        "lesson 04, Eq. (4.3)",
    ),
    WrongAnswer(
        "logarithmic discount",
        rr_with(value=lambda ranks: log2_discount(ranks[0])),
        "You discount with the logarithm, as DCG does. Reciprocal rank is 1/rank.",
        "lesson 04, Eq. (4.3)",
    ),
    WrongAnswer(
        "label over rank",
        label_over_rank,
        "You divide the film's label by its rank. Reciprocal rank asks only whether the film is relevant: a label of 3 "
        "at rank 2 earns 1/2.",
        "lesson 04, Eq. (4.3)",
    ),
    *ways(
        "the first film decides",
        "You never look past the first film. Is there a `return 0.0` inside the loop? It belongs below the loop: only "
        "then has every film been seen.",
        "lesson 04, Eq. (4.3)",
        {"None of nothing": decided_by_the_first(None), "0 of nothing": decided_by_the_first(0.0)},
    ),
    WrongAnswer(
        "the best film instead of the first relevant one",
        rank_of_the_best,
        "You look for the film with the highest label. Reciprocal rank stops at the first relevant film, however "
        "high its label.",
        "lesson 04, Eq. (4.3)",
    ),
    WrongAnswer(
        "argmax of nothing",
        argmax_of_nothing,
        "With no relevant film you return 1.0. argmax of a list of False is 0, as if the first film were relevant: "
        "ask first whether there is a hit.",
        "the contract of task 04.6: no hit, 0.0",
    ),
    WrongAnswer(
        "a miss counts as the next rank",
        rr_with(at_none=lambda top: 1 / (len(top) + 1)),
        "Without a hit you act as if one stood just below the list. Nothing was found, so the value is 0.0.",
        "the contract of task 04.6: no hit, 0.0",
    ),
    WrongAnswer(
        "relevant means exactly 1",
        rr_with(relevant=lambda label: label == 1),
        "You stop only at films with the label 1. Every label above 0 is relevant.",
        "the contract of task 04.6: relevant means label > 0",
    ),
    WrongAnswer(
        "relevant means at least 1",
        rr_with(relevant=lambda label: label >= 1),
        "You walk past a label of 0.5. Every label above 0 is relevant.",
        "the contract of task 04.6: relevant means label > 0",
    ),
    WrongAnswer(
        "k ignored",
        lambda rels, k=None: metrics.reciprocal_rank(rels),
        "You do not cut at k. A first hit beyond rank k counts as none.",
        "lesson 04, Eq. (4.3)",
    ),
    WrongAnswer(
        "k excluded",
        rr_with(top=lambda rels, k: rels[: k and k - 1]),
        "You stop one place early: rank k itself is within k.",
        "lesson 04, Eq. (4.3)",
    ),
)


RR = FunctionTask(
    id="04.6",
    title="Reciprocal rank",
    name="reciprocal_rank",
    objectives=("O4.1",),
    contract="reciprocal_rank(rels, k=None) → float, Eq. (4.3). rels: labels of the ranked films, best rank first, "
    "list or array of any numeric type; relevant means label > 0. One over the rank of the first relevant film, if "
    "that rank is at most k; else 0.0. The empty list: 0.0. k=None, or a k beyond the list: the whole list.",
    points=4,
    hints=(
        "How far down do you read until you meet the first relevant film?",
        "Cut at k, then look for the first label above 0. Its rank is its index plus 1. Think of the list in which "
        "there is none.",
        "A loop with enumerate(rels[:k], start=1) that returns 1 / rank at the first label > 0, and return 0.0 after "
        "the loop.",
    ),
    reference=metrics.reciprocal_rank,
    cases=rr_cases,
    wrong=RR_WRONG,
    right=(rr_by_loop, rr_by_maximum, rr_by_counting, rr_with()),
)


# ---- 04.7 four numbers by hand ---------------------------------------------------------------------------------------

SHOWN = [0, 0, 1, 1, 0, 1]
SHOWN_SCORES = [9, 7, 7, 5, 3, 2]
SHOWN_CUT, SHOWN_RELEVANT = 4, 5


def auc_with(tie: float) -> float:
    """The AUC of the list of task 04.7 if a tied pair counts `tie`."""
    films = list(zip(SHOWN, SHOWN_SCORES, strict=True))
    pairs = [(s, t) for (y, s), (z, t) in product(films, films) if y > z]
    return mean([float(s > t) + tie * (s == t) for s, t in pairs])


FOUR_NUMBERS = {
    "precision": metrics.precision_at_k(SHOWN, SHOWN_CUT),
    "recall": metrics.recall_at_k(SHOWN, SHOWN_CUT, SHOWN_RELEVANT),
    "reciprocal_rank": metrics.reciprocal_rank(SHOWN),
    "auc": metrics.auc(SHOWN, SHOWN_SCORES),
}

SHOWN_PAIRS = sum(SHOWN) * SHOWN.count(0)
OTHER_COUNTS = {
    comb(len(SHOWN), 2): "which is every pair of the six films, also two relevant ones (or five relevant films times "
    "three)",
    len(SHOWN) * (len(SHOWN) - 1): "which is every ordered pair of the six films",
    len(SHOWN) ** 2: "which is six times six, each film with itself as well",
    len(SHOWN): "the number of films",
    sum(SHOWN): "the number of relevant films shown",
}

FOUR = NumbersTask(
    id="04.7",
    title="Precision, recall, reciprocal rank and AUC by hand",
    name="answer_04_7",
    objectives=("O4.1",),
    contract=f"Six films are shown, with the labels {SHOWN} and the scores {SHOWN_SCORES}, best rank first. There are "
    f"{SHOWN_RELEVANT} relevant films in all. Precision@{SHOWN_CUT}, recall@{SHOWN_CUT}, reciprocal rank, and the AUC "
    "of the six films shown; a tied pair counts one half. Within 0.0005.",
    points=4,
    hints=(
        "How many of the first four films are relevant? Two of the four numbers share this numerator.",
        "Recall divides by the relevant films there are, shown or not. For AUC write down the 3 × 3 pairs of a "
        "relevant and an irrelevant film.",
        "Of the nine pairs, the relevant film with score 7 ties with one and beats one; the one with score 5 beats "
        "one; the one with score 2 beats none.",
    ),
    expected=FOUR_NUMBERS,
    wrong=(
        WrongAnswer(
            "recall over the films shown",
            {"recall": metrics.recall_at_k(SHOWN, SHOWN_CUT)},
            "Your recall divides by the three relevant films that are shown. Two more exist, and recall is the "
            "measure that notices.",
            "lesson 04, Eq. (4.2)",
        ),
        WrongAnswer(
            "precision over the films shown",
            {"precision": sum(SHOWN[:SHOWN_CUT]) / len(SHOWN)},
            "Your precision divides by all six films. At a cut-off of 4 it divides by 4.",
            "lesson 04, Eq. (4.1)",
        ),
        WrongAnswer(
            "precision and recall exchanged",
            {"precision": FOUR_NUMBERS["recall"], "recall": FOUR_NUMBERS["precision"]},
            "Precision and recall have changed places. Precision asks how much of what was shown is good (divide by "
            "K), recall how much of the good was shown (divide by R).",
            "lesson 04, Eq. (4.1) and (4.2)",
        ),
        WrongAnswer(
            "mean reciprocal rank of all hits",
            {"reciprocal_rank": mean([1 / rank for rank, label in enumerate(SHOWN, 1) if label])},
            "You averaged 1/rank over the three hits. Reciprocal rank stops at the first.",
            "lesson 04, Eq. (4.3)",
        ),
        WrongAnswer(
            "rank counted from 0",
            {"reciprocal_rank": 1 / SHOWN.index(1)},
            "You counted the ranks from 0. The first hit stands at rank 3.",
            "lesson 04, Eq. (4.3)",
        ),
        WrongAnswer(
            "tied pairs lost",
            {"auc": auc_with(tie=0.0)},
            "You counted the tied pair as lost. It counts one half.",
            "lesson 04, Eq. (4.4)",
        ),
        WrongAnswer(
            "tied pairs won",
            {"auc": auc_with(tie=1.0)},
            "You counted the tied pair as won. It counts one half.",
            "lesson 04, Eq. (4.4)",
        ),
        WrongAnswer(
            "tied pair left out",
            {"auc": auc_with(tie=0.0) * SHOWN_PAIRS / (SHOWN_PAIRS - 1)},
            "You left the tied pair out. It counts one half above the line and as a whole pair below.",
            "lesson 04, Eq. (4.4)",
        ),
        *(
            WrongAnswer(
                f"AUC over {pairs}",
                {"auc": FOUR_NUMBERS["auc"] * SHOWN_PAIRS / pairs},
                f"Your AUC divides by {pairs}, {what}. It divides by the pairs of a relevant and an irrelevant film "
                "among the six shown: count them.",
                "lesson 04, Eq. (4.4)",
            )
            for pairs, what in OTHER_COUNTS.items()
        ),
        WrongAnswer(
            "AUC upside down",
            {"auc": 1 - FOUR_NUMBERS["auc"]},
            "You counted the pairs in which the irrelevant film is ahead. AUC counts those in which the relevant one "
            "is.",
            "lesson 04, Eq. (4.4)",
        ),
    ),
    right=(
        dict(FOUR_NUMBERS),
        tuple(FOUR_NUMBERS.values()),
        [round(value, 4) for value in FOUR_NUMBERS.values()],
    ),
)


# ---- 04.8 to 04.12 choices -------------------------------------------------------------------------------------------

WHY_LOG2 = ChoiceTask(
    id="04.8",
    title="Why a logarithm?",
    name="answer_04_8",
    objectives=("O4.3",),
    contract="Why does DCG divide the gain at a rank by log₂(rank + 1)?",
    points=2,
    hints=(
        "Put 1/rank in its place and go through the exchange argument again. Which line breaks?",
        "Which properties of NDCG need the logarithm, and which need only a discount that falls?",
        "One of the four says that nothing forces the choice.",
    ),
    options={
        "a": "Because it was measured: attention falls with the logarithm of the rank.",
        "b": "Because only a logarithm makes the order sorted by gain the best one.",
        "c": "It is a convention: it falls slowly and is 1 at rank 1. Other falling discounts have the same bounds "
        "and the same ideal order.",
        "d": "Because the gain is a power of 2, and the logarithm to base 2 undoes it.",
    },
    correct="c",
    wrong=(
        WrongAnswer(
            "a measured law",
            "a",
            "How fast attention falls differs from page to page, and it is no law of the logarithm. The inventors of "
            "DCG wanted a curve that falls, but not as steeply as 1/rank.",
            "lesson 04, Deeper: other discounts",
        ),
        WrongAnswer(
            "needed for the ideal order",
            "b",
            "Look at the exchange argument: it uses only that the discount falls with the rank. 1/rank gives the "
            "same ideal order.",
            "lesson 04, the exchange argument above Eq. (4.10)",
        ),
        WrongAnswer(
            "undoes the gain",
            "d",
            "The two 2s never meet. The gain is a function of the label, the discount a function of the place; with "
            "the linear gain the discount is the same, and in NDCG the base of the logarithm cancels.",
            "lesson 04, Eq. (4.9)",
        ),
    ),
    right=("c", "C", " c "),
)

POOL, TWO_SHOWN = [3, 3, 2, 1, 0], [2, 1]
BEST_TWO = metrics.dcg_at_k(POOL, 2) / metrics.dcg_at_k(POOL)

WHICH_IDEAL = ChoiceTask(
    id="04.9",
    title="Which ideal?",
    name="answer_04_9",
    objectives=("O4.3", "O4.5"),
    contract=f"Five films were judged, with the labels {POOL}. A recommender shows two of them, with the labels "
    f"{TWO_SHOWN}, and reports NDCG@2 = {metrics.ndcg_at_k(TWO_SHOWN, 2):.1f}. What do you say?",
    points=2,
    hints=(
        "Could the recommender have shown two better films?",
        "The ideal is a list somebody could have shown: from all judged films, with as many places as there are.",
        "Two places, so the ideal's labels are 3 and 3.",
    ),
    options={
        "a": "1.0 is right: the two films stand in the best order.",
        "b": "The ideal is all five films in their best order.",
        "c": "It cannot be computed: films nobody judged could be better still.",
        "d": "The ideal is the best two of the five judged films.",
    },
    correct="d",
    wrong=(
        WrongAnswer(
            "ideal from the list shown",
            "a",
            "Measured against itself, every sorted list is perfect, even one that shows two bad films. The ideal may "
            "use all judged films.",
            "lesson 04, Eq. (4.10), which films may the ideal use",
        ),
        WrongAnswer(
            "ideal not cut at K",
            "b",
            f"No list of two films could reach the sum of five: even the two best would get {BEST_TWO:.4f}. Cut the "
            "ideal at K, as you cut the list.",
            "lesson 04, Eq. (4.10)",
        ),
        WrongAnswer(
            "unjudged films",
            "c",
            "A good worry about the judgments. But NDCG is defined relative to them: the ideal is built from the "
            "judged films, and one that nobody judged counts as irrelevant.",
            "lesson 04, Eq. (4.10), which films may the ideal use",
        ),
    ),
    right=("d", "D"),
)

TOP_FIVE, ALL_RELEVANT = [1, 0, 1, 0, 0], 10
COLLECTED = metrics.average_precision(TOP_FIVE, k=5) * sum(TOP_FIVE)
BY_ALL, BY_MOST, BY_FOUND = COLLECTED / ALL_RELEVANT, COLLECTED / 5, COLLECTED / sum(TOP_FIVE)

THREE_DENOMINATORS = ChoiceTask(
    id="04.10",
    title="Three values of AP@5",
    name="answer_04_10",
    objectives=("O4.2", "O4.5"),
    contract=f"Hits at ranks 1 and 3 of five films shown, {ALL_RELEVANT} relevant films in all. AP@5 is {BY_ALL:.4f} "
    f"in trec_eval, {BY_MOST:.4f} in implicit, {BY_FOUND:.4f} in torchmetrics. Why?",
    points=2,
    hints=(
        "Write down the sum of the precisions at the two hits.",
        f"The sum is 1 + 2/3 = {COLLECTED:.4f}. Divide it by each of the three values.",
        "The quotients are 10, 5 and 2. Which numbers of the question are these?",
    ),
    options={
        "a": "The same sum, 1 + 2/3, is divided by all relevant films (10), by min(K, relevant) (5), by the hits "
        "found (2).",
        "b": "They cut the list at different places.",
        "c": "One of them is right, the other two have a bug.",
        "d": "The same sum, 1 + 2/3, is divided by K, by all relevant films, by the hits found, in this order.",
    },
    correct="a",
    wrong=(
        WrongAnswer(
            "different cuts",
            "b",
            "Multiply each value by its denominator: 10, 5, 2. The sum is the same each time, so all three read the "
            "same five places.",
            "lesson 04, Eq. (4.7)",
        ),
        WrongAnswer(
            "bugs",
            "c",
            "Each of the three does what its documentation or its code means to do. AP@K has no single definition; "
            "this course takes min(K, relevant), and says so.",
            "lesson 04, Eq. (4.7)",
        ),
        WrongAnswer(
            "denominators in the wrong order",
            "d",
            f"Divide: {COLLECTED:.4f} / {BY_ALL:.4f} = 10, and 10 is not K. Which number of the question is it?",
            "lesson 04, Eq. (4.7)",
        ),
    ),
    right=("a", "A"),
)

EMPTY_QUERIES = ChoiceTask(
    id="04.11",
    title="Nothing to find",
    name="answer_04_11",
    objectives=("O4.5",),
    contract="For 4,000 of 10,000 visitors no film is relevant. Over the other 6,000 the mean AP is 0.50. What is MAP?",
    points=2,
    hints=(
        "What does Eq. (4.5) say for such a visitor, literally?",
        "0/0. Put 0, put 1, or leave the 4,000 out, and compute the mean three times.",
        "One of the four names all three values.",
    ),
    options={
        "a": "0.30: nothing was found for them, so their AP is 0.",
        "b": "0.30, 0.70 or 0.50: their AP is 0/0, and libraries put 0, put 1 or leave them out. A number without "
        "this convention says little.",
        "c": "0.70: nothing was missed for them, so their AP is 1.",
        "d": "Any of these: every model has the same visitors, so the convention never matters.",
    },
    correct="b",
    wrong=(
        WrongAnswer(
            "0 by nature",
            "a",
            "There was nothing to find, so 'nothing found' is no fault of the ranking. 0 is one convention "
            "(pytrec_eval, scikit-learn); Eq. (4.5) itself says 0/0.",
            "lesson 04, Eq. (4.8), the set Q⁺",
        ),
        WrongAnswer(
            "1 by nature",
            "c",
            "1 is one convention (LightGBM, XGBoost), and it lifts the mean with visitors whom no ranking could "
            "serve well or badly. Eq. (4.5) itself says 0/0.",
            "lesson 04, Eq. (4.8), the set Q⁺",
        ),
        WrongAnswer(
            "never matters",
            "d",
            "On the same visitors the better model stays the better one. But a lead of 0.05 shrinks to 0.03 if 40 % "
            "of the mean are constants, and no number can be compared with one computed by another rule or on other "
            "visitors.",
            "lesson 04, Eq. (4.8), the set Q⁺",
        ),
    ),
    right=("b", "B"),
)

NO_GRADIENT = ChoiceTask(
    id="04.12",
    title="The slope of NDCG",
    name="answer_04_12",
    objectives=("O4.6",),
    contract="Move the score s of one film and hold all other scores. What is the derivative of NDCG with respect to "
    "s?",
    points=2,
    hints=(
        "Take three films with the scores 3, 2, 1. Raise the middle one to 2.0001. What does NDCG do?",
        "NDCG sees the scores only through the order. When does a small step change the order?",
        "Away from ties: no change at all. At a tie of two films with different labels: perhaps a jump.",
    ),
    options={
        "a": "Undefined everywhere, because ranks are whole numbers.",
        "b": "Small, but not 0: with a larger learning rate you can train on it.",
        "c": "Positive for a film that stands below its ideal place, negative for one above it.",
        "d": "0 wherever s equals no other score. At an equal score NDCG may jump; where it jumps, it has no "
        "derivative.",
    },
    correct="d",
    wrong=(
        WrongAnswer(
            "undefined",
            "a",
            "A function with steps has a derivative on each flat piece: 0. It is missing only at the steps, and these "
            "lie at equal scores.",
            "lesson 04, section 5",
        ),
        WrongAnswer(
            "small",
            "b",
            "It is exactly 0, and any learning rate times 0 is 0. No optimizer moves on it.",
            "lesson 04, section 5",
        ),
        WrongAnswer(
            "points to the ideal place",
            "c",
            "That is what one would wish for, and what a smooth stand-in can offer. NDCG itself does not change when "
            "a score moves a little, so it points nowhere.",
            "lesson 04, section 5",
        ),
    ),
    right=("d", "D"),
)


# ---- 04.13 and 04.14 how sure is a mean ------------------------------------------------------------------------------

THREE_USERS = (0.0, 0.0, 1.0)


def resampling_numbers(means: Sequence[float], level: float = 0.95) -> dict[str, float]:
    """What task 04.13 asks, if these means are equally likely."""
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    chance = {
        key: mean([float(np.isclose(value, end)) for value in means]) for key, end in (("all_0", 0.0), ("all_1", 1.0))
    }
    return {**chance, "low": float(low), "high": float(high)}


def from_resampling(means: Sequence[float], level: float = 0.95) -> dict[str, float]:
    """Those of the four numbers that come out wrong with these means, or at this level."""
    numbers = resampling_numbers(means, level)
    return {key: value for key, value in numbers.items() if not np.isclose(value, RESAMPLED[key])}


def normal_interval(ddof: int) -> dict[str, float]:
    """Mean ± 1.96 standard errors."""
    half = 1.96 * float(np.std(THREE_USERS, ddof=ddof)) / len(THREE_USERS) ** 0.5
    return {"low": mean(THREE_USERS) - half, "high": mean(THREE_USERS) + half}


ALL_MEANS = [mean(draw) for draw in product(THREE_USERS, repeat=3)]
UNORDERED_MEANS = [mean(draw) for draw in combinations_with_replacement(THREE_USERS, 3)]
RESAMPLED = resampling_numbers(ALL_MEANS)

THREE_RESAMPLED = NumbersTask(
    id="04.13",
    title="The bootstrap of three users",
    name="answer_04_13",
    objectives=("O4.7",),
    contract="Three users have the NDCG 0, 0 and 1. A bootstrap sample draws three users with replacement: 27 "
    "equally likely draws. all_0 and all_1: the probability that the mean of the sample is 0, and that it is 1. low "
    "and high: the smallest mean whose cumulative probability reaches 2.5 %, and 97.5 %. Within 0.0005.",
    points=4,
    hints=(
        "One draw hits a user with NDCG 0 with probability 2/3. What about three draws in a row?",
        "The mean can be 0, 1/3, 2/3 or 1. In how many of the 27 draws does each occur?",
        "8, 12, 6 and 1 draws. Add up from the left until you reach 2.5 % of 27, and 97.5 % of 27.",
    ),
    expected=RESAMPLED,
    wrong=(
        WrongAnswer(
            "without replacement",
            {"all_0": 0.0, "all_1": 0.0, "low": mean(THREE_USERS), "high": mean(THREE_USERS)},
            "You draw every user once. Then each sample is the same three users, and the interval has no width: draw "
            "with replacement.",
            "lesson 04, Eq. (4.12)",
        ),
        WrongAnswer(
            "unordered draws",
            from_resampling(UNORDERED_MEANS),
            "You count the ten unordered samples as equally likely. Ordered draws are: user 1 three times is 1 draw "
            "of 27, users 1, 2 and 3 once each are 6.",
            "lesson 04, Eq. (4.12)",
        ),
        WrongAnswer(
            "the four means equally likely",
            {"all_0": 1 / 4, "all_1": 1 / 4},
            "You count the four possible means as equally likely. They are not: all_1 takes user 3 three times in a "
            "row, while a mean of 0 comes about in several of the 27 draws.",
            "lesson 04, Eq. (4.12)",
        ),
        WrongAnswer(
            "0 and 1 equally likely",
            {"all_0": 1 / 8, "all_1": 1 / 8},
            "You draw 0 and 1 with the same chance. You draw users, and two of the three have the NDCG 0.",
            "lesson 04, Eq. (4.12)",
        ),
        WrongAnswer(
            "one draw instead of three",
            {"all_0": 2 / 3, "all_1": 1 / 3},
            "These are the chances of one draw. The mean is 0 only if all three draws hit a user with NDCG 0.",
            "lesson 04, Eq. (4.12)",
        ),
        WrongAnswer(
            "five per cent on each side",
            from_resampling(ALL_MEANS, level=0.9),
            "You cut off 5 % on each side, which leaves 90 %. A 95 % interval leaves 2.5 % on each side.",
            "lesson 04, Eq. (4.12)",
        ),
        WrongAnswer(
            "normal interval, n - 1",
            normal_interval(ddof=1),
            "This is the mean ± 1.96 standard errors. It leaves the range of NDCG; the percentile interval is read "
            "off the resampled means and cannot.",
            "lesson 04, Eq. (4.12)",
        ),
        WrongAnswer(
            "normal interval, n",
            normal_interval(ddof=0),
            "This is the mean ± 1.96 standard errors. It falls below 0, where no NDCG can be; the percentile "
            "interval is read off the resampled means.",
            "lesson 04, Eq. (4.12)",
        ),
    ),
    right=(
        dict(RESAMPLED),
        tuple(RESAMPLED.values()),
        [round(value, 4) for value in RESAMPLED.values()],
    ),
)

PAIRED = ChoiceTask(
    id="04.14",
    title="Two intervals overlap",
    name="answer_04_14",
    objectives=("O4.7",),
    contract="Two models rank for the same 400 users. The 95 % intervals of their mean NDCG overlap; the 95 % "
    "interval of the mean difference A − B, taken user by user, lies above 0. What may you say?",
    points=2,
    hints=(
        "Some users are easy for both models, some are hard for both. What does that do to each mean, and what to "
        "the difference?",
        "The interval says what other users of the same kind would change, and nothing else.",
        "The difference user by user is the quantity the question is about; look at its interval only.",
    ),
    options={
        "a": "Nothing: the two intervals overlap.",
        "b": "A is better on average for users like these, as far as the choice of users is concerned.",
        "c": "A is better for at least 95 % of the users.",
        "d": "A will also be better next month, on new films.",
    },
    correct="b",
    wrong=(
        WrongAnswer(
            "overlap means no difference",
            "a",
            "Both means move together when the draw holds many easy users, so both intervals are wide. In the "
            "difference user by user this cancels: its interval answers the question.",
            "lesson 04, Eq. (4.12), and section 8, person by person",
        ),
        WrongAnswer(
            "95 % of the users",
            "c",
            "The interval is about the mean, not about single users. A can be behind for almost half of them and "
            "still be ahead on average: the cell above counts them.",
            "lesson 04, Eq. (4.12)",
        ),
        WrongAnswer(
            "next month",
            "d",
            "Only the users were resampled. Other films, other days or another split are not in the interval.",
            "lesson 04, Deeper: what the 95 % promises",
        ),
    ),
    right=("b", "B"),
)


# ---- 04.15 the exchange argument -------------------------------------------------------------------------------------

EXCHANGE = OrderTask(
    id="04.15",
    title="Why sorting by gain is ideal",
    name="answer_04_15",
    objectives=("O4.4",),
    contract="Put the nine steps of the exchange argument into an order in which each step comes after those it "
    "uses. Several orders are right. D_i is the discount at rank i, g_i the gain of the film there.",
    points=4,
    hints=(
        "Two steps use nothing that comes before: one sets the scene, one is about the number of orders.",
        "The brackets can be discussed only once the swap has produced them, and the swap only once there is a pair.",
        "f, c, then b and h in either order, then e. Step a may stand anywhere before g. Then g, i, d.",
    ),
    steps={
        "a": "There are finitely many orders, so at least one of them has the largest DCG.",
        "b": "The first bracket is positive: of the two films, the lower one has the larger gain.",
        "c": "Swap the two. Only their two terms change, and DCG changes by (g_j − g_i)(D_i − D_j).",
        "d": "Gains are not negative, so DCG lies between 0 and this ideal: if the ideal is above 0, NDCG lies "
        "between 0 and 1.",
        "e": "So the swap raises DCG: the order we took was not the best.",
        "f": "Take an order that is not sorted: there are ranks i < j with g_i < g_j.",
        "g": "So an order with the largest DCG has no such pair: it is sorted by gain.",
        "h": "The second bracket is positive: the discount falls with the rank.",
        "i": "Sorted orders differ only among equal gains, so they all have the same DCG: the ideal.",
    },
    depends_on={
        "c": ("f",),
        "b": ("c",),
        "h": ("c",),
        "e": ("b", "h"),
        "g": ("e", "a"),
        "i": ("g",),
        "d": ("i",),
    },
    wrong=(
        WrongAnswer(
            "begins with the claim",
            tuple("gfcbheaid"),
            "You begin with what is to be shown. That the best order is sorted follows from the swap; before the "
            "swap it is a hope.",
            "lesson 04, the exchange argument above Eq. (4.10)",
        ),
        WrongAnswer(
            "existence forgotten",
            tuple("fcbhegaid"),
            "That every unsorted order can be improved does not yet say that a best one exists: every whole number "
            "can be improved too, by adding 1. Finitely many orders is what you need, before you speak of the best "
            "one.",
            "lesson 04, the exchange argument above Eq. (4.10)",
        ),
        WrongAnswer(
            "brackets before the swap",
            tuple("afbhcegid"),
            "You discuss two brackets that are not there yet. They appear when the two films are swapped.",
            "lesson 04, the exchange argument above Eq. (4.10)",
        ),
        WrongAnswer(
            "bounds before the ideal",
            tuple("afcbhegdi"),
            "The bound compares with the ideal, so first say what the ideal is.",
            "lesson 04, the exchange argument above Eq. (4.10)",
        ),
    ),
    right=(list("afcbhegid"), "fchbaegid", "f, c, a, h, b, e, g, i, d"),
)


# ---- 04.16 and 04.17 find the fault ----------------------------------------------------------------------------------


def ndcg_at_k_listing(ranked_rels: list[float], k: int, all_rels: list[float]) -> float:
    """NDCG@k of a ranked list, all_rels being the labels of all judged films."""

    def dcg(rels: list[float]) -> float:
        return float(sum((2**rel - 1) / np.log2(rank + 1) for rank, rel in enumerate(rels, start=1)))

    shown = ranked_rels[:k]
    ideal = sorted(all_rels, reverse=True)[: len(shown)]
    return dcg(shown) / dcg(ideal) if dcg(ideal) > 0 else 0.0


def ndcg_of_pairs_listing(y_true: list[float], y_score: list[float]) -> float:
    """NDCG of all films, ranked by descending score."""

    def dcg(rels: list[float]) -> float:
        return float(sum((2**rel - 1) / np.log2(rank + 1) for rank, rel in enumerate(rels, start=1)))

    ranked = [rel for score, rel in sorted(zip(y_score, y_true, strict=True), reverse=True)]
    ideal = sorted(y_true, reverse=True)
    return dcg(ranked) / dcg(ideal) if dcg(ideal) > 0 else 0.0


# A message about the arguments names the function that the learner sees: the listing.
@wraps(ndcg_at_k_listing)
def _ndcg_as_printed(ranked_rels: list[float], k: int, all_rels: list[float]) -> float:
    """What the first listing should compute."""
    return metrics.ndcg_at_k(ranked_rels, k, all_rels)


@wraps(ndcg_of_pairs_listing)
def _ndcg_of_scores(y_true: list[float], y_score: list[float]) -> float:
    """What the second listing should compute."""
    return metrics.ndcg_from_scores(y_true, y_score)


def _few(labels: ArrayLike) -> str | None:
    """The sentence for an input too long to look at."""
    return f"at most 20 films, please; you gave {np.size(labels)}" if np.size(labels) > 20 else None


SHORT_LIST = CounterExampleTask(
    id="04.16",
    title="A listing with a fault",
    name="answer_04_16",
    objectives=("O4.3", "O4.5"),
    contract="The listing computes NDCG@k, and most of the time it is right. Find ranked_rels, k and all_rels for "
    "which its value is not that of Eq. (4.10). Rules: labels ≥ 0, k ≥ 1, all_rels contains the ranked films, at "
    'most 20 of them. The answer is a dict {"ranked_rels": ..., "k": ..., "all_rels": ...}.',
    points=3,
    hints=(
        "Read the line that makes the ideal. How many places does it have, and how many should it have?",
        "len(shown) and k are the same as long as the list has k films. When has it fewer?",
        "Show one film, ask for k = 2, and let a second film be relevant.",
    ),
    listing=ndcg_at_k_listing,
    reference=_ndcg_as_printed,
    valid=lambda ranked_rels, k, all_rels: _few(all_rels),
    wrong=(
        WrongAnswer(
            "a list of k films",
            {"ranked_rels": [2, 1], "k": 2, "all_rels": [3, 2, 1]},
            "A film is missing from the list, but the list has k films. There the listing cuts the ideal at the "
            "right place.",
            "lesson 04, Eq. (4.10)",
        ),
        WrongAnswer(
            "nothing relevant left out",
            {"ranked_rels": [1], "k": 3, "all_rels": [1, 0, 0]},
            "The list is shorter than k, which is where to look. But what it leaves out is irrelevant, so the ideal "
            "loses nothing.",
            "lesson 04, Eq. (4.10)",
        ),
        WrongAnswer(
            "a list in the wrong order",
            {"ranked_rels": [0, 1], "k": 2, "all_rels": [0, 1]},
            "A bad order lowers NDCG, and the listing sees that. The fault is in the ideal, not in the list.",
            "lesson 04, Eq. (4.10)",
        ),
    ),
    right=(
        {"ranked_rels": [1], "k": 2, "all_rels": [1, 1]},
        ([2], 3, [0, 1, 2]),
        {"ranked_rels": [3], "k": 5, "all_rels": [3, 0.5]},
    ),
)

SORTED_PAIRS = CounterExampleTask(
    id="04.17",
    title="A listing that is too kind",
    name="answer_04_17",
    objectives=("O4.5",),
    contract="The listing ranks films by score. Find labels and scores for which its value is not the one task 04.3 "
    "asks for (equal scores keep the input order). Rules: labels ≥ 0, as many scores as labels, at most 20 films. "
    'The answer is a dict {"y_true": ..., "y_score": ...}.',
    points=3,
    hints=(
        "How does Python compare the pairs (1, 5) and (1, 7)?",
        "sorted looks at the label as soon as two scores are equal. Which of the two films does it put first?",
        "Two films with one score, the worse film first in the input.",
    ),
    listing=ndcg_of_pairs_listing,
    reference=_ndcg_of_scores,
    valid=lambda y_true, y_score: _few(y_true),
    wrong=(
        WrongAnswer(
            "distinct scores",
            {"y_true": [0, 1], "y_score": [2, 1]},
            "With distinct scores there is one order only, and the listing finds it.",
            "lesson 04, what do equal scores mean, above Eq. (4.11)",
        ),
        WrongAnswer(
            "tied films equally good",
            {"y_true": [1, 1], "y_score": [1, 1]},
            "The scores are equal, and so are the labels: whichever film comes first, the value is the same.",
            "lesson 04, what do equal scores mean, above Eq. (4.11)",
        ),
        WrongAnswer(
            "the better film already first",
            {"y_true": [1, 0], "y_score": [1, 1]},
            "The scores are equal, which is where to look. But the better film comes first in the input too, so both "
            "rules agree.",
            "lesson 04, what do equal scores mean, above Eq. (4.11)",
        ),
    ),
    right=(
        {"y_true": [0, 1], "y_score": [1, 1]},
        ([0, 0, 2], [0.5, 0.5, 0.5]),
        {"y_score": [3, 1, 1], "y_true": [0, 1, 2]},
    ),
)


# ---- 04.18 transfer: reciprocal rank over tied orders ----------------------------------------------------------------


def orders_of_ties(y_true: ArrayLike, y_score: ArrayLike) -> Iterator[list[float]]:
    """The labels in every order that the scores allow."""
    labels, scores = np.asarray(y_true, float), np.asarray(y_score, float)
    blocks = [labels[scores == score].tolist() for score in np.unique(scores)[::-1]]
    return (list(chain.from_iterable(order)) for order in product(*map(permutations, blocks)))


def tie_averaged_reciprocal_rank(y_true: ArrayLike, y_score: ArrayLike, k: int | None = None) -> float:
    """The mean of `reciprocal_rank` over all orders of equal scores, by going through them."""
    return mean([metrics.reciprocal_rank(order, k) for order in orders_of_ties(y_true, y_score)])


def on_first_block(value: Callable[..., float]) -> Answer:
    """A function of the first block of equal scores that holds a relevant film.

    `value` gets, by name: a, the films above the block; t and r, its films and the relevant ones among them; k, the
    cut-off (infinite for None); b, the number of blocks above.
    """

    def tie_averaged_reciprocal_rank(y_true: ArrayLike, y_score: ArrayLike, k: int | None = None) -> float:
        hits, scores = np.asarray(y_true, float) > 0, np.asarray(y_score, float)
        if not hits.any():
            return 0.0
        best = scores[hits].max()
        block, above = scores == best, scores > best
        counts = {"a": int(above.sum()), "t": int(block.sum()), "r": int((hits & block).sum())}
        return float(value(**counts, k=inf if k is None else k, b=np.unique(scores[above]).size))

    return tie_averaged_reciprocal_rank


def summed_over_places(
    worth: Callable[[float], float], discount: Callable[[int], float] = lambda rank: 1 / rank
) -> Answer:
    """Every place earns the discounted mean worth of its block, as Eq. (4.11) does it for DCG."""

    def tie_averaged_reciprocal_rank(y_true: ArrayLike, y_score: ArrayLike, k: int | None = None) -> float:
        labels, scores = np.asarray(y_true, float), np.asarray(y_score, float)
        share = {score: mean([worth(y) for y in labels[scores == score]]) for score in scores.tolist()}
        return float(
            sum(share[score] * discount(rank) for rank, score in enumerate(falling(scores.tolist())[:k], start=1))
        )

    return tie_averaged_reciprocal_rank


def within(k: float, rank: float) -> float:
    """1/rank, or 0.0 beyond the cut-off."""
    return 1 / rank if rank <= k else 0.0


def chances(t: int, r: int) -> Iterator[tuple[int, float]]:
    """Places 1.. of a block of t films, r of them relevant, with the chance that the first hit stands there."""
    return ((j, comb(t - j, r - 1) / comb(t, r)) for j in range(1, t - r + 2))


def tied_by_products(y_true: ArrayLike, y_score: ArrayLike, k: int | None = None) -> float:
    """Right: block by block, place by place, with the chance that nothing has been found so far."""
    films = sorted(zip(np.asarray(y_score, float), np.asarray(y_true, float), strict=True), reverse=True)
    total, nothing_yet, rank = 0.0, 1.0, 0
    for score in dict.fromkeys(score for score, _ in films):
        block = [label > 0 for other, label in films if other == score]
        left, hits = len(block), sum(block)
        for _ in range(len(block)):
            rank += 1
            found = hits / left
            total += nothing_yet * found / rank if k is None or rank <= k else 0.0
            nothing_yet, left = nothing_yet * (1 - found), left - 1
            if not nothing_yet:
                return float(total)
    return float(total)


def tied_by_survival(y_true: ArrayLike, y_score: ArrayLike, k: int | None = None) -> float:
    """Right: sums the chance to wait longer than each place, times what the next place earns less."""
    labels, scores = np.asarray(y_true, float), np.asarray(y_score, float)
    n = labels.size if k is None else min(k, labels.size)
    waiting = [1.0]
    for rank in range(1, n + 1):
        score = np.sort(scores)[::-1][rank - 1]
        above, block = labels[scores > score], labels[scores == score]
        inside, misses = rank - above.size, int((block <= 0).sum())
        chance = comb(misses, inside) / comb(block.size, inside) if inside <= misses else 0.0
        waiting.append(0.0 if (above > 0).any() else chance)
    return float(sum((before - after) / rank for rank, (before, after) in enumerate(pairwise(waiting), 1)))


def tied_cases(seed: int) -> list[Case]:
    """Small lists first; three drawn ones last."""
    rng = np.random.default_rng(seed)
    return [
        Case("no equal scores", ([1, 0, 1], [1, 3, 2])),
        Case("one relevant film in the tied block", ([0, 1], [1, 1])),
        Case("one relevant film in the tied block", ([0, 1, 0], [1, 1, 1])),
        Case("several relevant films in the tied block", ([0, 1, 0, 1], [5, 5, 5, 5])),
        Case("films above the tied block", ([0, 0, 1, 0], [9, 8, 4, 4])),
        Case("films above the tied block", ([1, 0, 1, 0, 0], [4, 9, 4, 9, 4])),
        Case("a second block with relevant films", ([1, 0, 1, 1], [2, 2, 1, 1])),
        Case("k inside the tied block", ([0, 1, 0], [1, 1, 1]), {"k": 2}),
        Case("k inside the tied block", ([0, 0, 1, 1, 0], [9, 4, 4, 4, 4]), {"k": 3}),
        Case("k above the first relevant film", ([0, 1, 1], [3, 1, 1]), {"k": 1}),
        Case("k beyond the list", ([1, 0], [1, 1]), {"k": 5}),
        Case("graded labels", ([0, 3, 0.5], [1, 1, 1])),
        Case("no relevant film", ([0, 0], [1, 1])),
        Case("the empty list", ([], [])),
        Case("several relevant films in the tied block", (rng.permutation([0, 0, 1, 1, 2]), np.full(5, 0.5))),
        Case("films above the tied block", ([0, *rng.permutation([0, 0, 0, 1, 1]).tolist()], [2, 1, 1, 1, 1, 1])),
        Case("k inside the tied block", ([0, *rng.permutation([0, 0, 1, 1]).tolist()], [7, 3, 3, 3, 3]), {"k": 3}),
    ]


TIED_WRONG = (
    WrongAnswer(
        "input order",
        lambda y_true, y_score, k=None: metrics.reciprocal_rank(ranked_labels(y_true, y_score), k),
        "You rank once, with equal scores in input order. Asked is the mean over all orders of equal scores.",
        "the contract of task 04.18",
    ),
    WrongAnswer(
        "the luckiest order",
        on_first_block(lambda a, k, **_: within(k, a + 1)),
        "You take the order that is best for the model: a relevant film first in its block. That is one of the "
        "orders; take the mean over all.",
        "the contract of task 04.18",
    ),
    WrongAnswer(
        "the unluckiest order",
        on_first_block(lambda a, t, r, k, **_: within(k, a + t - r + 1)),
        "You take the order that is worst for the model: all irrelevant films of the block first. That is one of the "
        "orders; take the mean over all.",
        "the contract of task 04.18",
    ),
    WrongAnswer(
        "halfway between luckiest and unluckiest",
        on_first_block(lambda a, t, r, k, **_: (within(k, a + 1) + within(k, a + t - r + 1)) / 2),
        "You average the best and the worst order. The orders in between count too, and there are more of them.",
        "the contract of task 04.18",
    ),
    WrongAnswer(
        "reciprocal of the mean rank",
        on_first_block(lambda a, t, r, k, **_: within(k, a + (t + 1) / (r + 1))),
        "You take 1 over the average rank of the first hit. The mean of 1/rank is larger than 1/(mean rank) as soon "
        "as the rank varies: that is Jensen's inequality.",
        "lesson 00, card 9: Jensen",
    ),
    WrongAnswer(
        "the middle of the block",
        on_first_block(lambda a, t, k, **_: within(k, a + (t + 1) / 2)),
        "You give every film of the block its middle rank. With several relevant films the first of them stands "
        "further up, and the mean of 1/rank is not 1 over a mean rank.",
        "lesson 00, card 9: Jensen",
    ),
    WrongAnswer(
        "shared places",
        on_first_block(lambda b, k, **_: within(k, b + 1)),
        "You let films with equal scores share one place. They stand one below the other, in random order.",
        "the contract of task 04.18",
    ),
    *ways(
        "a sum over places",
        "You give each place the mean relevance of its block and add up, as Eq. (4.11) does. That works for sums like "
        "DCG. Here only the first hit earns, so a place counts only if nothing relevant stands above it.",
        "lesson 04, Eq. (4.3) beside Eq. (4.11)",
        {
            "all blocks": summed_over_places(positive),
            "all blocks, labels": summed_over_places(float),
            "all blocks, gains": summed_over_places(lambda label: gain_of(label, "exp")),
            "all blocks, logarithms": summed_over_places(positive, log2_discount),
            "DCG itself": summed_over_places(lambda label: gain_of(label, "exp"), log2_discount),
            "the first block with a hit": on_first_block(
                lambda a, t, r, k, **_: sum(r / t * within(k, a + j) for j in range(1, t + 1))
            ),
        },
    ),
    WrongAnswer(
        "first hit equally likely at every place",
        on_first_block(lambda a, t, k, **_: sum(within(k, a + j) / t for j in range(1, t + 1))),
        "You let the first hit stand at every place of the block with the same chance. That is true for one relevant "
        "film; with several, the first of them tends to stand early.",
        "the contract of task 04.18",
    ),
    WrongAnswer(
        "drawn with replacement",
        on_first_block(
            lambda a, t, r, k, **_: sum(r / t * (1 - r / t) ** (j - 1) * within(k, a + j) for j in range(1, t + 1))
        ),
        "You give each place the chance r/t anew. After an irrelevant film one film fewer is left: with r relevant "
        "among t, the next place holds a hit with chance r/(t − 1).",
        "the contract of task 04.18",
    ),
    WrongAnswer(
        "films above forgotten",
        on_first_block(lambda t, r, k, **_: sum(chance * within(k, j) for j, chance in chances(t, r))),
        "You count ranks from the top of the block. The films with higher scores stand above it and push it down.",
        "lesson 04, Eq. (4.3)",
    ),
    WrongAnswer(
        "k ignored",
        lambda y_true, y_score, k=None: tie_averaged_reciprocal_rank(y_true, y_score),
        "You do not cut at k. In an order whose first hit stands beyond k, the reciprocal rank is 0, and this 0 "
        "belongs to the mean.",
        "lesson 04, Eq. (4.3)",
    ),
    WrongAnswer(
        "orders without a hit left out",
        on_first_block(
            lambda a, t, r, k, **_: (
                sum(chance * within(k, a + j) for j, chance in chances(t, r))
                / (sum(chance for j, chance in chances(t, r) if a + j <= k) or 1)
            )
        ),
        "You average only over the orders with a hit within k. The others earn 0, and count.",
        "lesson 04, Eq. (4.3)",
    ),
    WrongAnswer(
        "all films shuffled",
        lambda y_true, y_score, k=None: tie_averaged_reciprocal_rank(y_true, np.zeros(len(y_score)), k),
        "You shuffle all films. Only films with equal scores change places; a higher score always stands above.",
        "the contract of task 04.18",
    ),
    WrongAnswer(
        "lowest score first",
        lambda y_true, y_score, k=None: tie_averaged_reciprocal_rank(y_true, -np.asarray(y_score, float), k),
        "You put the lowest score first. A ranking goes downwards.",
        "the contract of task 04.18",
    ),
)


def ranked_labels(y_true: ArrayLike, y_score: ArrayLike) -> list[float]:
    """The labels by descending score, equal scores in input order."""
    labels, scores = np.asarray(y_true, float).tolist(), np.asarray(y_score, float).tolist()
    return [labels[place] for place in by_score(labels, scores)]


TIED = FunctionTask(
    id="04.18",
    title="Transfer: reciprocal rank without luck",
    name="tie_averaged_reciprocal_rank",
    objectives=("O4.1", "O4.5"),
    contract="tie_averaged_reciprocal_rank(y_true, y_score, k=None) → float. y_true: labels (relevant means label > "
    "0), y_score: scores of the same films, in any order. Films are ranked by descending score; all orders of films "
    "with equal scores are equally likely. The mean of the reciprocal rank (task 04.6, cut at k) over these orders. "
    "No relevant film, or the empty list: 0.0. Lists have at most 6 films here, so going through all orders is "
    "allowed; a formula is shorter.",
    points=8,
    hints=(
        "Only one block of equal scores matters: which? And what do the blocks above it contribute?",
        "Write a for the number of films above that block, t for its films, r for the relevant ones among them. The "
        "first hit is at rank a + j, with j from 1 to t − r + 1. With which chance is j = 1? And j = 2?",
        "The first hit is at place j of the block with chance C(t − j, r − 1) / C(t, r): the other r − 1 hits lie "
        "among the t − j places below. Sum chance / (a + j) over the j with a + j ≤ k.",
    ),
    reference=tie_averaged_reciprocal_rank,
    cases=tied_cases,
    wrong=TIED_WRONG,
    right=(
        tied_by_products,
        tied_by_survival,
        on_first_block(lambda a, t, r, k, **_: sum(chance * within(k, a + j) for j, chance in chances(t, r))),
    ),
)


TASKS: tuple[Task, ...] = (
    BY_HAND,
    DCG,
    NDCG,
    SCORES,
    AP,
    MAP,
    RR,
    FOUR,
    WHY_LOG2,
    WHICH_IDEAL,
    THREE_DENOMINATORS,
    EMPTY_QUERIES,
    NO_GRADIENT,
    THREE_RESAMPLED,
    PAIRED,
    EXCHANGE,
    SHORT_LIST,
    SORTED_PAIRS,
    TIED,
)
