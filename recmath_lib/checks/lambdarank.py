"""The tasks of lesson 06: from RankNet's gradient to lambdas for average precision.

A wrong answer is the right one with one part replaced: `gradient_with(force=...)` gathers another force of each pair,
`change_with(gain=...)` is `delta_ndcg` with another gain. So each line shows one idea and no other.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial, wraps
from math import exp, inf, log2, nan
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, log_softmax, softmax, xlogy

from recmath_lib import lambdarank, metrics
from recmath_lib.checks.base import (
    Carried,
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

Floats = NDArray[np.floating]
Ints = NDArray[np.intp]
Mask = NDArray[np.bool_]
Answer = Callable[..., Any]
Force = Callable[[Floats, float], Floats]  # s_i − s_j, slope -> dC/ds_i of each pair
Change = Callable[[Floats, Floats, int | None], Floats | float]  # scores, labels, k -> what each pair weighs


# ---- what several tasks share: pairs, forces, and how they are gathered ----------------------------------------------


def better(s: Floats, y: Floats) -> Mask:
    """Which films deserve to stand above which."""
    return y[:, None] > y


def every_pair(s: Floats, y: Floats) -> Mask:
    """All pairs, whatever their labels."""
    return np.full((s.size, s.size), True)


def unequal(s: Floats, y: Floats) -> Mask:
    """The pairs of different labels, each in both directions."""
    return y[:, None] != y


def relevant_above_irrelevant(s: Floats, y: Floats) -> Mask:
    """The pairs of two groups: grades above 0, and 0."""
    return (y[:, None] > 0) & (y <= 0)


def both_ends(forces: Floats, chosen: Mask) -> Floats:
    """Each force as it is for the better film, turned for the other one."""
    return forces.sum(axis=1) - forces.sum(axis=0)


def same_weight(s: Floats, y: Floats, k: int | None) -> float:
    """RankNet: each pair counts once."""
    return 1.0


def chosen_only(chosen: Mask, forces: Floats) -> Floats:
    """The forces of these pairs, 0 elsewhere."""
    return np.where(chosen, forces, 0.0)


def gradient_with(
    change: Change,
    *,
    pairs: Callable[[Floats, Floats], Mask] = better,
    force: Force = lambdarank.pair_gradient,
    masked: Callable[[Mask, Floats], Floats] = chosen_only,
    gather: Callable[[Floats, Mask], Any] = both_ends,
) -> Answer:
    """Forces of the chosen pairs, each times its weight, gathered; one part replaced."""

    def gradient(scores: Floats, labels: Ints, slope: float = 1.0, k: int | None = None) -> Any:
        s, y = np.asarray(scores, dtype=float), np.asarray(labels, dtype=float)
        chosen = pairs(s, y)
        return gather(masked(chosen, force(s[:, None] - s, slope)) * change(s, y, k), chosen)

    return gradient


def by_hand(change: Change, force: Callable[[float, float], float]) -> Answer:
    """The same in a loop over the pairs, with a force of two plain numbers."""

    def gradient(scores: Floats, labels: Ints, slope: float = 1.0, k: int | None = None) -> Floats:
        s, y = np.asarray(scores, dtype=float), np.asarray(labels, dtype=float)
        weights, sums = np.broadcast_to(change(s, y, k), (s.size, s.size)), np.zeros(s.size)
        for i, j in np.argwhere(better(s, y)):
            pull = force(s[i] - s[j], slope) * weights[i, j]
            sums[i], sums[j] = sums[i] + pull, sums[j] - pull
        return sums

    return gradient


def cut_to_whole(change: Change, turned: bool = False) -> Answer:
    """The pairs added up one by one, in an array that keeps whole numbers only; by column first if turned."""

    def gradient(scores: Floats, labels: Ints, slope: float = 1.0, k: int | None = None) -> Ints:
        s, y = np.asarray(scores, dtype=float), np.asarray(labels, dtype=float)
        forces, sums = lambdarank.pair_gradient(s[:, None] - s, slope) * change(s, y, k), np.zeros_like(labels)
        pairs = np.argwhere(better(s, y))
        for i, j in sorted(pairs.tolist(), key=lambda pair: pair[::-1]) if turned else pairs:
            sums[i], sums[j] = sums[i] + forces[i, j], sums[j] - forces[i, j]
        return sums

    return gradient


def bend(z: Floats) -> Floats:
    """The derivative of the logistic function."""
    return expit(z) * expit(-z)


def averaged(over: Callable[[Mask], float]) -> Callable[[Floats, Mask], Floats]:
    """The sums divided by a count."""
    return lambda forces, chosen: both_ends(forces, chosen) / over(chosen)


# What e^x does in the pair's derivative when a difference is 1000. A learner masks by np.where or by a product.
NAIVE: dict[str, dict[str, Any]] = {
    "e^-x / (1 + e^-x)": {"force": lambda x, slope: -slope * np.exp(-slope * x) / (1 + np.exp(-slope * x))},
    "e^-x / (1 + e^-x), mask as a factor": {
        "force": lambda x, slope: -slope * np.exp(-slope * x) / (1 + np.exp(-slope * x)),
        "masked": lambda chosen, forces: chosen * forces,
    },
    "1 / (1 + e^x) with a warning": {"force": lambda x, slope: -slope / (1 + np.exp(slope * x))},
}
NAIVE_LOOPS: dict[str, Callable[[float, float], float]] = {
    "np.exp of x in a loop": lambda x, slope: float(-slope / (1 + np.exp(slope * x))),
    "np.exp of -x in a loop": lambda x, slope: float(-slope * (1 - 1 / (1 + np.exp(-slope * x)))),
    "math.exp of x": lambda x, slope: -slope / (1 + exp(slope * x)),
    "math.exp of -x": lambda x, slope: -slope * (1 - 1 / (1 + exp(-slope * x))),
}
RAISING = {"overflow: math.exp of x", "overflow: math.exp of -x"}  # mistakes that some inputs turn into an error


EVERY_J = (
    "You sum over all j, whatever the labels say. Then (i, j) and (j, i) both count, and the labels cancel: a film is "
    "pushed away from its own place, good or bad. Only pairs with y_i > y_j belong in the sum."
)

WHOLE_NUMBERS = (
    "Your sums are cut to whole numbers, most of them to 0. np.zeros_like(labels) has the type of the labels, integer, "
    "and a force that is put there loses its digits. Begin with np.zeros(len(scores))."
)


def force_mistakes(change: Change, pair_eq: str, sum_eq: str) -> Iterator[WrongAnswer]:
    """What goes wrong with the force of a pair or with gathering, whatever the pairs weigh."""
    wrong = partial(gradient_with, change)
    yield WrongAnswer(
        "sign turned",
        wrong(force=lambda x, slope: -lambdarank.pair_gradient(x, slope)),
        "Every number has the opposite sign. Asked is the gradient, to SUBTRACT from the scores: a film that should "
        "rise has a negative entry. Software that adds draws the opposite arrow.",
        sum_eq,
    )
    yield WrongAnswer(
        "slope missing in front",
        wrong(force=lambda x, slope: -expit(-slope * x)),
        "The slope is in your exponent and not in front. The derivative of ln(1 + e^(−βx)) by x has the inner "
        "derivative −β as a factor.",
        pair_eq,
    )
    yield WrongAnswer(
        "slope missing in the exponent",
        wrong(force=lambda x, slope: -slope * expit(-x)),
        "The slope is in front and not in your exponent. It stands in both places: −β / (1 + e^(β(s_i − s_j))).",
        pair_eq,
    )
    yield WrongAnswer(
        "slope ignored",
        wrong(force=lambda x, slope: -expit(-x)),
        "Your answer does not depend on the slope. It is right for slope = 1 only; β stands in front and in the "
        "exponent.",
        pair_eq,
    )
    yield WrongAnswer(
        "slope squared",
        wrong(force=lambda x, slope: -(slope**2) * expit(-slope * x)),
        "You have β² in front. One β comes from the inner derivative; the second one comes only with the second "
        "derivative.",
        pair_eq,
    )
    yield from ways(
        "σ′ in place of the slope",
        "You put σ′ where the slope belongs, as a widely copied formula does. Then the push dies out for the worst "
        "mistakes: σ′ goes to 0 on both sides. Burges' σ in that place is a constant, our β.",
        pair_eq,
        {
            "of beta x": wrong(force=lambda x, slope: -bend(slope * x) * expit(-slope * x)),
            "of x": wrong(force=lambda x, slope: -bend(x) * expit(-x)),
            "of x, and beta in the exponent": wrong(force=lambda x, slope: -bend(x) * expit(-slope * x)),
            "and beta": wrong(force=lambda x, slope: -slope * bend(slope * x) * expit(-slope * x)),
        },
    )
    yield from ways(
        "derivative of σ",
        "You differentiate the probability σ, not its logarithm. The loss is −ln σ: its derivative is −σ′/σ, which is "
        "−β(1 − σ). σ(1 − σ) vanishes where the order is most wrong.",
        pair_eq,
        {
            "with beta": wrong(force=lambda x, slope: -slope * bend(slope * x)),
            "without": wrong(force=lambda x, slope: -bend(slope * x)),
        },
    )
    yield WrongAnswer(
        "σ in place of 1 − σ",
        wrong(force=lambda x, slope: -slope * expit(slope * x)),
        "Your push grows as the order gets better: you have σ(x) where 1 − σ(x) belongs. In −β / (1 + e^(βx)) the "
        "exponent is positive, so a pair in the right order is left alone.",
        pair_eq,
    )
    yield WrongAnswer(
        "pairs counted twice",
        wrong(gather=lambda forces, chosen: 2 * both_ends(forces, chosen)),
        "Every number is twice what it should be: each pair is in your sum as (i, j) and as (j, i). A pair with "
        "y_i > y_j counts once.",
        sum_eq,
    )
    yield from ways(
        "all pairs",
        EVERY_J,
        sum_eq,
        {
            "both ends": wrong(pairs=every_pair),
            "the first end": wrong(
                pairs=lambda s, y: ~np.eye(s.size, dtype=bool), gather=lambda forces, chosen: forces.sum(axis=1)
            ),
        },
    )
    yield WrongAnswer(
        "only the better film",
        wrong(gather=lambda forces, chosen: forces.sum(axis=1)),
        "You push the better film of each pair and leave the other one alone. dC/ds_j is the opposite of dC/ds_i, so "
        "the numbers of a query sum to 0.",
        sum_eq,
    )
    yield WrongAnswer(
        "only the worse film",
        wrong(gather=lambda forces, chosen: -forces.sum(axis=0)),
        "You push the worse film of each pair and leave the better one alone. dC/ds_i is the opposite of dC/ds_j, so "
        "the numbers of a query sum to 0.",
        sum_eq,
    )
    yield WrongAnswer(
        "both films alike",
        wrong(gather=lambda forces, chosen: forces.sum(axis=1) + forces.sum(axis=0)),
        "Both films of a pair get the same sign. s_i and s_j enter as s_i − s_j, so the derivatives are opposite: one "
        "is pushed up, the other down.",
        sum_eq,
    )
    yield WrongAnswer(
        "lower label better",
        wrong(pairs=lambda s, y: y[:, None] < y),
        "You push the film with the LOWER label up. In a pair (i, j) film i is the one with y_i > y_j.",
        sum_eq,
    )
    yield WrongAnswer(
        "pairs by score",
        wrong(pairs=lambda s, y: s[:, None] > s),
        "You choose the pairs by their scores. Which film of a pair should stand above is for the labels to say: "
        "y_i > y_j. The scores only say how wrong the pair is.",
        sum_eq,
    )
    yield from ways(
        "misordered pairs only",
        "You leave out the pairs that are in the right order. The logistic loss never is 0: these pairs push too, less "
        "and less as they move apart.",
        sum_eq,
        {
            "equal scores left out": wrong(pairs=lambda s, y: better(s, y) & (s[:, None] < s)),
            "equal scores kept": wrong(pairs=lambda s, y: better(s, y) & (s[:, None] <= s)),
        },
    )
    yield from ways(
        "the same push for every mistake",
        "Your push does not depend on how wrong a pair is: every misordered pair gets the whole slope. The logistic "
        "loss pushes by slope times 1 − σ, little where the order is nearly right.",
        pair_eq,
        {
            "equal scores left out": wrong(force=lambda x, slope: np.where(x < 0, -slope, 0.0)),
            "equal scores kept": wrong(force=lambda x, slope: np.where(x <= 0, -slope, 0.0)),
        },
    )
    yield WrongAnswer(
        "absolute difference of the scores",
        wrong(force=lambda x, slope: lambdarank.pair_gradient(np.abs(x), slope)),
        "You take the absolute difference of the scores. Then a pair in the wrong order is pushed as little as one in "
        "the right order. The sign of s_i − s_j tells them apart.",
        pair_eq,
    )
    yield from ways(
        "mean over pairs",
        "You divide by the number of pairs. The loss is a sum over pairs, so the gradient is one too.",
        sum_eq,
        {
            "nan of nothing": wrong(gather=averaged(lambda chosen: int(chosen.sum()) or nan)),
            "zero of nothing": wrong(gather=averaged(lambda chosen: max(int(chosen.sum()), 1))),
        },
    )
    yield WrongAnswer(
        "mean over films",
        wrong(gather=averaged(len)),
        "You divide by the number of films: a mean where the sum belongs.",
        sum_eq,
    )
    yield WrongAnswer(
        "whole numbers: by row",
        cut_to_whole(change),
        WHOLE_NUMBERS,
        sum_eq,
    )
    yield WrongAnswer(
        "not gathered",
        wrong(gather=lambda forces, chosen: forces),
        "You return the table of pairs. Gather it: film i gets the sum of its row minus the sum of its column.",
        sum_eq,
    )
    yield from ways(
        "overflow",
        "e^1000 is too large for a float. NumPy then warns, inf/inf or 0/0 is nan, and math.exp raises an error. "
        "scipy.special.expit(−βx) is 1 / (1 + e^(βx)) without overflow.",
        pair_eq,
        {
            **{name: wrong(**parts) for name, parts in NAIVE.items()},
            **{name: by_hand(change, force) for name, force in NAIVE_LOOPS.items()},
        },
    )


def arrays(scores: Sequence[float], labels: Sequence[int]) -> tuple[Floats, Ints]:
    """Scores and labels as a case hands them over."""
    return np.array(scores, dtype=float), np.array(labels, dtype=int)


def case(kind: str, scores: Sequence[float], labels: Sequence[int], **options: Any) -> Case:
    """One call, typed short."""
    return Case(kind, arrays(scores, labels), options)


def drawn(rng: Generator, n: int, ties: bool = False) -> tuple[Floats, Ints]:
    """Scores and labels from 0 to 3 in any order, two films to a score with ties=True; the first one is no zero."""
    scores = rng.permutation(n) // 2 / 2 if ties else rng.permutation(n) / 5
    labels = rng.permutation([0, 3, 1, 2, 0, 1][:n])
    first = np.argmax(scores)
    labels[first] = max(labels[first], 1)
    return scores, labels


# Seventeen films, two scores: up to sixteen NumPy's own sort is stable, from here on it shows itself.
LONG = ([0.5, 1.0] * 8 + [0.5], ([0, 1, 2, 0, 3] * 4)[:17])


# ---- 06.1 ranknet_gradient -------------------------------------------------------------------------------------------


def ranknet_cases(seed: int) -> list[Case]:
    """Small inputs first; three drawn ones last."""
    rng = np.random.default_rng(seed)
    return [
        case("two films", [0.5, 1], [1, 0]),
        case("a slope other than 1", [0.5, 1], [1, 0], slope=2.0),
        case("three grades", [0, 1, 0.5], [2, 0, 1]),
        case("equal labels", [0.5, 1, 0], [1, 1, 0]),
        case("equal scores", [1, 1, 0], [0, 1, 2]),
        case("the right order", [1.5, 0.5, 0], [2, 1, 0]),
        case("a difference of 1000, wrong order", [0, 1000], [1, 0]),
        case("a difference of 1000, right order", [1000, 0, 0.5], [2, 0, 1]),
        case("a difference of -1000", [-1000, 0, 0.5], [0, 2, 1]),
        case("no two labels differ", [0.5, 1], [1, 1]),
        case("no two labels differ", [0.5], [2]),
        Case("three grades or more", drawn(rng, 5)),
        Case("a slope other than 1", drawn(rng, 5), {"slope": 2.0}),
        Case("equal scores", drawn(rng, 6, ties=True), {"slope": 0.5}),
    ]


def ranknet_by_loop(scores: Floats, labels: Ints, slope: float = 1.0) -> Floats:
    """Right: pair by pair."""
    sums = [0.0] * len(scores)
    for i in range(len(scores)):
        for j in range(len(scores)):
            if labels[i] > labels[j]:
                push = slope * float(expit(slope * (scores[j] - scores[i])))
                sums[i] -= push
                sums[j] += push
    return np.array(sums)


def ranknet_by_sign(scores: Floats, labels: Ints, slope: float = 1.0) -> Floats:
    """Right: the sign of y_i − y_j turns the push, each film by its own row."""
    sign = np.sign(np.subtract.outer(labels, labels))
    return -np.sum(sign * slope * expit(-slope * sign * np.subtract.outer(scores, scores)), axis=1)


def ranknet_by_tanh(scores: Floats, labels: Ints, slope: float = 1.0) -> Floats:
    """Right: 1 / (1 + e^x) as a hyperbolic tangent."""
    i, j = np.nonzero(labels[:, None] > labels[None, :])
    push = slope * (1 - np.tanh(slope * (scores[i] - scores[j]) / 2)) / 2
    gradient: Floats = np.array(np.bincount(j, push, len(scores)) - np.bincount(i, push, len(scores)), dtype=float)
    return gradient


def ranknet_clipped(scores: Floats, labels: Ints, slope: float = 1.0) -> Floats:
    """Right: the exponent is cut where e^x would overflow."""
    x = np.clip(slope * (scores[:, None] - scores), -500, 500)
    table = np.where(labels[:, None] > labels, -slope / (1 + np.exp(x)), 0)
    return np.sum(table - table.T, axis=1)


RANKNET_WRONG = (
    *force_mistakes(same_weight, "lesson 06, Eq. (6.3)", "lesson 06, Eq. (6.4)"),
    WrongAnswer(
        "in bits",
        gradient_with(same_weight, gather=lambda forces, chosen: both_ends(forces, chosen) / np.log(2)),
        "Every number is 1.4427 times too large: 1 / ln 2. The loss has the natural logarithm; bits come in only with "
        "the bound.",
        "lesson 06, Eq. (6.3)",
    ),
    *ways(
        "all pairs",
        EVERY_J,
        "lesson 06, Eq. (6.4)",
        {
            "the first end, itself too": gradient_with(
                same_weight, pairs=every_pair, gather=lambda forces, chosen: forces.sum(axis=1)
            )
        },
    ),
    *ways(
        "whole numbers",
        WHOLE_NUMBERS,
        "lesson 06, Eq. (6.4)",
        {
            "by column": cut_to_whole(same_weight, turned=True),
            "at the end": lambda scores, labels, slope=1.0: gradient_with(same_weight)(scores, labels, slope).astype(
                labels.dtype
            ),
        },
    ),
    *ways(
        "every unequal pair",
        "Your mask asks whether two labels differ: y_i != y_j. Then a pair counts as (i, j) and as (j, i), the labels "
        "cancel, and whatever stands higher is pushed down, good or bad. The mask is y_i > y_j.",
        "lesson 06, Eq. (6.4)",
        {
            "both ends": gradient_with(same_weight, pairs=unequal),
            "the first end": gradient_with(
                same_weight, pairs=unequal, gather=lambda forces, chosen: forces.sum(axis=1)
            ),
        },
    ),
    WrongAnswer(
        "equal labels counted",
        gradient_with(same_weight, pairs=lambda s, y: y[:, None] >= y),
        "You count pairs with equal labels too, in both directions. Such a pair has no order to be wrong: the contract "
        "asks for y_i > y_j.",
        "lesson 06, Eq. (6.2)",
    ),
    WrongAnswer(
        "equal labels pulled together",
        lambda scores, labels, slope=1.0: (
            gradient_with(same_weight)(scores, labels, slope)
            + gradient_with(same_weight, pairs=lambda s, y: y[:, None] == y)(scores, labels, slope) / 2
        ),
        "You give pairs with equal labels the target ½, as Burges' general formula does, so their scores are pulled "
        "together. This loss has only the pairs with y_i > y_j.",
        "lesson 06, Eq. (6.2)",
    ),
    *ways(
        "labels as weights",
        "Your pairs weigh more the further their labels are apart. RankNet counts each pair once, whether the grades "
        "are 1 and 0 or 3 and 0.",
        "lesson 06, Eq. (6.2)",
        {
            "difference of labels": gradient_with(lambda s, y, k: np.abs(y[:, None] - y)),
            "difference of gains": gradient_with(lambda s, y, k: np.abs(2 ** y[:, None] - 2**y)),
        },
    ),
    WrongAnswer(
        "lambdas",
        gradient_with(lambdarank.delta_ndcg),
        "Your pairs are weighed with |ΔNDCG|: this is LambdaRank, task 06.3. RankNet counts each pair once.",
        "lesson 06, Eq. (6.4)",
    ),
    WrongAnswer(
        "grades made binary",
        gradient_with(same_weight, pairs=relevant_above_irrelevant),
        "You compare relevant films with irrelevant ones only. Grades 2 and 1 make a pair too: every y_i > y_j.",
        "lesson 06, Eq. (6.2)",
    ),
    WrongAnswer(
        "the loss",
        lambda scores, labels, slope=1.0: lambdarank.ranknet_loss(scores, labels, slope),
        "You return the loss, one number. Asked is its gradient, a number for each film.",
        "lesson 06, Eq. (6.4)",
    ),
)

RANKNET = FunctionTask(
    id="06.1",
    title="RankNet's gradient",
    name="ranknet_gradient",
    objectives=("O6.1",),
    contract="ranknet_gradient(scores, labels, slope=1.0) → array of shape (n,), Eq. (6.4): dC/ds, where C is the sum "
    "of ln(1 + e^(−slope·(s_i − s_j))) over the pairs with y_i > y_j, each pair once. scores: array (n,) of finite "
    "numbers; labels: array (n,) of grades 0, 1, 2, ...; slope > 0. Finite, and without a warning, at differences of "
    "±1000.",
    points=6,
    hints=(
        "Take one pair, i better than j. What is the derivative of ln(1 + e^(−βx)) by x, and what are those of x by "
        "s_i and by s_j?",
        "The pair gives film i the number −β / (1 + e^(β(s_i − s_j))), and film j its opposite. Put them into an n × n "
        "table with 0 where y_i > y_j does not hold.",
        "With x = scores[:, None] - scores: table = np.where(labels[:, None] > labels, -slope * expit(-slope * x), 0), "
        "then table.sum(axis=1) - table.sum(axis=0). expit is in scipy.special.",
    ),
    reference=lambda scores, labels, slope=1.0: lambdarank.ranknet_gradient(scores, labels, slope),
    cases=ranknet_cases,
    wrong=RANKNET_WRONG,
    right=(ranknet_by_loop, ranknet_by_sign, ranknet_by_tanh, ranknet_clipped),
)


# ---- 06.2 delta_ndcg -------------------------------------------------------------------------------------------------


def exp_gain(y: Floats) -> Floats:
    """2^y − 1."""
    return np.exp2(y) - 1


def up_to_k(place: NDArray[Any], k: int | None) -> Floats:
    """1 / log2(rank + 1), 0 beyond k."""
    return np.where(place <= (k or inf), 1 / np.log2(place + 1), 0.0)


def never_cut(place: NDArray[Any], k: int | None) -> Floats:
    """1 / log2(rank + 1), however far down."""
    return 1 / np.log2(place + 1)


def late(place: NDArray[Any], k: int | None) -> Floats:
    """The discount of the next rank, 0 beyond k."""
    return np.where(place <= (k or inf), 1 / np.log2(place + 2), 0.0)


def older(place: NDArray[Any], k: int | None) -> Floats:
    """1, 1, then 1 / log2(rank), 0 beyond k."""
    return np.where(place <= (k or inf), 1 / np.log2(np.maximum(place, 2)), 0.0)


def best_of_all(place: Floats, y: Floats, k: int | None) -> float:
    """DCG@k of the best order of all films."""
    return metrics.dcg_at_k(np.sort(y)[::-1], k)


def of_this_order(place: Floats, y: Floats, k: int | None) -> float:
    """DCG@k of the order that there is."""
    return metrics.dcg_at_k(y[np.argsort(place)], k)


def ideal_of(
    gain: Callable[[Floats], Floats], discount: Callable[[NDArray[Any], int | None], Floats] = up_to_k
) -> Callable[[Any, Floats, int | None], float]:
    """DCG@k of the labels sorted, with another gain or discount; where no film has a gain it is 0."""
    return lambda place, y, k: float(gain(np.sort(y)[::-1]) @ discount(np.arange(1, y.size + 1), k)) if y.any() else 0.0


def product(gains: Floats, discounts: Floats, place: Floats, k: int | None) -> Floats:
    """|g_i − g_j| times |D_i − D_j|."""
    return np.abs((gains[:, None] - gains) * (discounts[:, None] - discounts))


def change_with(
    *,
    places: Callable[[Floats], Any] = metrics.ranks,
    gain: Callable[[Floats], Floats] = exp_gain,
    discount: Callable[[Any, int | None], Floats] = up_to_k,
    ideal: Callable[[Any, Floats, int | None], float] = best_of_all,
    combined: Callable[[Floats, Floats, Any, int | None], Floats] = product,
    no_gain: float = 0.0,
) -> Callable[..., Floats]:
    """`delta_ndcg` with one part replaced; `no_gain` is the entry where the ideal is 0."""

    def delta_ndcg(scores: Floats, labels: Ints, k: int | None = None) -> Floats:
        s, y = np.asarray(scores, dtype=float), np.asarray(labels, dtype=float)
        place = places(s)
        table = combined(gain(y), discount(place, k), place, k)
        best = ideal(place, y, k)
        return table / best if best else np.full_like(table, no_gain)

    return delta_ndcg


def by_swapping(swap: Callable[[Floats, Floats, int, int], tuple[Floats, Floats]], **parts: Any) -> Callable[..., Any]:
    """|ΔNDCG| by brute force: scores and labels of each pair after the swap, ranked and measured anew."""

    def delta_ndcg(scores: Floats, labels: Ints, k: int | None = None) -> Floats:
        s, y = np.asarray(scores, dtype=float), np.asarray(labels, dtype=float)
        before, table = metrics.ndcg_from_scores(y, s, k), np.zeros((s.size, s.size))
        for i in range(s.size):
            for j in range(s.size):
                s_after, y_after = swap(s.copy(), y.copy(), i, j)
                table[i, j] = abs(metrics.ndcg_from_scores(y_after, s_after, k) - before)
        return table

    return delta_ndcg


def exchanged(values: NDArray[Any], i: int, j: int) -> NDArray[Any]:
    """Two entries in each other's place."""
    values[[i, j]] = values[[j, i]]
    return values


def in_the_top(together: Callable[[Mask, Mask], Mask]) -> Callable[..., Floats]:
    """Full discounts, and only pairs of which one or both stand in the top k."""

    def combined(gains: Floats, discounts: Floats, place: Floats, k: int | None) -> Floats:
        top = place <= (k or inf)
        return np.where(together(top[:, None], top[None, :]), product(gains, discounts, place, k), 0.0)

    return combined


def by_distance(closeness: Callable[[Floats], Floats]) -> Callable[..., Floats]:
    """A discount of the distance of two ranks in place of the difference of two discounts."""

    def combined(gains: Floats, discounts: Floats, place: Floats, k: int | None) -> Floats:
        apart = np.maximum(np.abs(place[:, None] - place), 1.0)
        return np.abs(gains[:, None] - gains) * closeness(apart)

    return combined


def signed(sign: int) -> Callable[..., Floats]:
    """The product without its absolute value."""
    return lambda gains, discounts, place, k: sign * (gains[:, None] - gains) * (discounts[:, None] - discounts) + 0.0


def above(s: Floats) -> Ints:
    """How many films have a higher score, for each film."""
    count: Ints = np.sum(s > s[:, None], axis=1)
    return count


def placed(order: Ints) -> Ints:
    """The rank of each film, from the film at each rank."""
    place = np.empty(order.size, dtype=np.intp)
    place[order] = np.arange(1, order.size + 1)
    return place


# NumPy's own sort may exchange equal scores, and how depends on the machine.
ARGSORTS: dict[str, Callable[[Floats], Any]] = {
    "argsort": lambda s: np.argsort(-s) + 1,
    "stable argsort": lambda s: np.argsort(-s, kind="stable") + 1,
    "argsort turned": lambda s: np.argsort(s)[::-1] + 1,
}
TURNED: dict[str, Callable[[Floats], Any]] = {
    "stable": lambda s: placed(np.argsort(s, kind="stable")[::-1]),
    "as NumPy sorts": lambda s: placed(np.argsort(s)[::-1]),
}
ANY_ORDER = (
    "NumPy's default sort may exchange equal scores; on short lists you do not see it, on the one of 17 films you do. "
    'Ask for kind="stable".'
)
BESIDE_A_WARNING = f"{ANY_ORDER} (If the case shown leaves a warning, that is a second fault: np.exp overflows.)"
PLACES = "lesson 06, Eq. (6.5), the ranks"
IDEAL = "lesson 06, Eq. (6.5), the ideal DCG@K"


def change_mistakes(any_order: str = ANY_ORDER) -> Iterator[tuple[str, str, str, Mapping[str, Callable[..., Floats]]]]:
    """Mistakes with |ΔNDCG|: name, misconception, where to read, and each way to make it."""
    yield (
        "difference of labels",
        "You take the difference of the labels. A film of grade y is worth 2^y − 1: from 0 to 1 it gains 1, from 2 to "
        "3 it gains 4.",
        "lesson 06, Eq. (6.5)",
        {
            "ideal of gains": change_with(gain=lambda y: y),
            "ideal of labels": change_with(
                gain=lambda y: y, ideal=lambda place, y, k: metrics.dcg_at_k(np.sort(y)[::-1], k, gain="linear")
            ),
        },
    )
    yield (
        "gain of the difference",
        "You take 2 to the difference of the labels. It is the difference of two gains: (2^y_i − 1) − (2^y_j − 1).",
        "lesson 06, Eq. (6.5)",
        {
            "less 1": change_with(
                gain=lambda y: y,
                combined=lambda y, discounts, place, k: (
                    (np.exp2(np.abs(y[:, None] - y)) - 1) * np.abs(discounts[:, None] - discounts)
                ),
            ),
        },
    )
    yield (
        "^ for a power",
        "In Python ^ is no power: 2 ^ y flips bits. Write 2.0**y.",
        "the contract of task 06.2: the gain",
        {
            "(2 ^ y) − 1": change_with(gain=lambda y: (2 ^ y.astype(int)) - 1.0),
            "2 ^ y − 1": change_with(gain=lambda y: (2 ^ (y.astype(int) - 1)) * 1.0),
            "(2 ^ y) − 1 in the ideal too": change_with(
                gain=lambda y: (2 ^ y.astype(int)) - 1.0, ideal=ideal_of(lambda y: (2 ^ y.astype(int)) - 1.0)
            ),
            "2 ^ y − 1 in the ideal too": change_with(
                gain=lambda y: (2 ^ (y.astype(int) - 1)) * 1.0,
                ideal=ideal_of(lambda y: (2 ^ (y.astype(int) - 1)) * 1.0),
            ),
            "(2 ^ y) − 1, its largest first": change_with(
                gain=lambda y: (2 ^ y.astype(int)) - 1.0,
                ideal=ideal_of(lambda y: np.sort((2 ^ y.astype(int)) - 1.0)[::-1]),
            ),
            "2 ^ y − 1, its largest first": change_with(
                gain=lambda y: (2 ^ (y.astype(int) - 1)) * 1.0,
                ideal=ideal_of(lambda y: np.sort((2 ^ (y.astype(int) - 1)) * 1.0)[::-1]),
            ),
        },
    )
    yield (
        "ideal without − 1",
        "In the difference of two gains the − 1 cancels, in the ideal DCG it does not: there each gain is 2^y − 1.",
        IDEAL,
        {
            "2^y": change_with(
                ideal=lambda place, y, k: float(np.exp2(np.sort(y)[::-1]) @ up_to_k(np.arange(1, y.size + 1), k))
            ),
        },
    )
    yield (
        "input order taken for ranks",
        "Your discounts go by the place in the input. A film's rank comes from its score: the highest score has rank "
        "1. On lists that come sorted you do not see it.",
        PLACES,
        {"as it is": change_with(places=lambda s: np.arange(1, s.size + 1))},
    )
    yield (
        "argsort taken for ranks",
        "np.argsort(-scores) says which film stands at each rank. You use it as the rank of each film. These are "
        "inverse to each other: ranks[order] = 1, 2, 3, ...",
        PLACES,
        {way: change_with(places=places) for way, places in ARGSORTS.items()},
    )
    yield (
        "lowest score first",
        "Your rank 1 has the lowest score. Films are ranked by descending score.",
        PLACES,
        {
            "ties in input order": change_with(places=lambda s: metrics.ranks(-s)),
            "ties reversed": change_with(places=lambda s: s.size + 1 - metrics.ranks(s)),
        },
    )
    yield (
        "ties reversed",
        "Equal scores come out in reversed input order, as np.argsort(scores)[::-1] has them. Sort −scores with "
        'kind="stable": then the earlier film keeps the better rank.',
        "the contract of task 06.2: equal scores",
        {way: change_with(places=places) for way, places in TURNED.items()},
    )
    yield (
        "ties in any order",
        any_order,
        "the contract of task 06.2: equal scores",
        {"argsort": change_with(places=lambda s: placed(np.argsort(-s)))},
    )
    yield (
        "equal scores share a rank",
        "Your films with equal scores share a rank. The contract gives each its own, in input order: somebody has to "
        "stand first.",
        "the contract of task 06.2: equal scores",
        {
            "the best": change_with(places=lambda s: 1.0 + above(s)),
            "the mean": change_with(places=lambda s: (above(s) + s.size - above(-s) + 1) / 2),
            "one more for the next score": change_with(places=lambda s: 1.0 + np.unique(-s, return_inverse=True)[1]),
        },
    )
    yield (
        "scores swapped",
        "You swap two scores and rank anew. Where scores are equal that moves other films, or none. Swap the two "
        "places, that is the labels at them, and leave the ranking alone.",
        "lesson 06, Eq. (6.5)",
        {"scores": by_swapping(lambda s, y, i, j: (exchanged(s, i, j), y))},
    )
    yield (
        "ranks from 0",
        "Your ranks begin at 0 and the formula's at 1. The first discount is 1 / log2(2) = 1; 1 / log2(1) would be "
        "1/0.",
        PLACES,
        {
            "from 0": change_with(places=lambda s: metrics.ranks(s) - 1.0),
        },
    )
    yield (
        "one place late",
        "Your discount of rank r is that of rank r + 1. With ranks from 1 it is 1 / log2(r + 1), so the first film "
        "counts whole; log2(r + 2) belongs to ranks from 0.",
        "lesson 06, Eq. (6.5)",
        {
            "the ideal right": change_with(discount=late),
            "in the ideal too": change_with(discount=late, ideal=ideal_of(exp_gain, late)),
        },
    )
    yield (
        "1 / log2(rank)",
        "Your discounts are 1, 1, 1 / log2(3), ...: 1 / log2(r) from rank 2 on, the older form of DCG. Eq. (6.5) has "
        "1 / log2(r + 1), so rank 2 already counts less than rank 1.",
        "lesson 06, Eq. (6.5)",
        {
            "the ideal right": change_with(discount=older),
            "in the ideal too": change_with(discount=older, ideal=ideal_of(exp_gain, older)),
        },
    )
    yield (
        "cut in input order",
        "You cut the first k films of the INPUT: once the discounts are in the order of the input, D[k:] is no longer "
        "what stands beyond rank k. Cut while they are in rank order, or where rank > k.",
        "lesson 06, Eq. (6.5), the cut-off K",
        {
            "D[k:] = 0": change_with(
                discount=lambda place, k: np.where(np.arange(place.size) < (k or inf), never_cut(place, k), 0.0)
            )
        },
    )
    yield (
        "last place of the top k left out",
        "Your discount is 0 at rank k already. Rank k belongs to the top k.",
        "lesson 06, Eq. (6.5), the cut-off K",
        {"cut at k − 1": change_with(discount=lambda place, k: up_to_k(place, k) * (place < (k or inf)))},
    )
    yield (
        "signed",
        "Your change has a sign. Asked is its absolute value: which way a pair is pushed is for the labels to say.",
        "lesson 06, Eq. (6.5)",
        {"gains times discounts": change_with(combined=signed(1)), "after − before": change_with(combined=signed(-1))},
    )
    yield (
        "not divided by the ideal",
        "This is |ΔDCG|. Divide by the ideal DCG@k, and a query with many good films weighs as much as one with few.",
        IDEAL,
        {
            "by 1": change_with(ideal=lambda place, y, k: 1.0),
        },
    )
    yield (
        "ideal of the current order",
        "You divide by the DCG of the order that there is. The ideal is the DCG of the best order: labels sorted, "
        "largest first.",
        IDEAL,
        {"as ranked": change_with(ideal=of_this_order)},
    )
    yield (
        "ideal of the input order",
        "You divide by the DCG of the films as they come in. The ideal is the DCG of the best order: labels sorted, "
        "largest first.",
        IDEAL,
        {"as given": change_with(ideal=lambda place, y, k: metrics.dcg_at_k(y, k))},
    )
    yield (
        "ideal not cut",
        "Your ideal adds up the whole list. NDCG@k divides by the ideal DCG@k: the best k films, sorted.",
        IDEAL,
        {"not cut": change_with(ideal=lambda place, y, k: best_of_all(place, y, None))},
    )
    yield (
        "ideal from the ranked top k",
        "Your ideal sorts the k films that stand in front. The ideal takes the best k of ALL films, wherever they "
        "stand now.",
        IDEAL,
        {"top k": change_with(ideal=lambda place, y, k: metrics.dcg_at_k(np.sort(y[np.argsort(place)][:k])[::-1], k))},
    )
    yield (
        "discount not cut",
        "Your discounts go on beyond k. NDCG@k does not see these places: D = 0 there, so swapping two films beyond k "
        "changes nothing.",
        "lesson 06, Eq. (6.5), the cut-off K",
        {"all pairs": change_with(discount=never_cut)},
    )
    yield (
        "truncated as LightGBM does",
        "You take pairs with a film in the top k, and full discounts for both, as LightGBM and XGBoost do. What "
        "NDCG@k loses is more: beyond k the discount is 0, not 1 / log2(r + 1).",
        "lesson 06, Eq. (6.5), the cut-off K",
        {"one in the top": change_with(discount=never_cut, combined=in_the_top(np.logical_or))},
    )
    yield (
        "both in the top k",
        "You take only pairs with both films in the top k. A good film beyond k that comes in changes NDCG@k the most: "
        "one film in the top k is enough.",
        "lesson 06, Eq. (6.5), the cut-off K",
        {"both": change_with(combined=in_the_top(np.logical_and))},
    )
    yield (
        "k ignored",
        "Your answer does not depend on k. It cuts the discounts, D = 0 beyond rank k, and the ideal.",
        "lesson 06, Eq. (6.5), the cut-off K",
        {
            "k": lambda scores, labels, k=None: change_with()(scores, labels),
        },
    )
    yield (
        "distance of the ranks",
        "You discount the distance of the two ranks. Places 1 and 2 differ by more than places 9 and 10: take the "
        "difference of two discounts, D(r_i) − D(r_j).",
        "lesson 06, Eq. (6.5)",
        {
            "1 / log2(distance + 1)": change_with(combined=by_distance(lambda apart: 1 / np.log2(apart + 1))),
            "LambdaLoss": change_with(
                combined=by_distance(lambda apart: 1 / np.log2(apart + 1) - 1 / np.log2(apart + 2))
            ),
            "1 / log2(1 + r_i − r_j) by k": change_with(
                combined=lambda gains, discounts, place, k: (
                    np.abs(gains[:, None] - gains) * up_to_k(np.maximum(np.abs(place[:, None] - place), 1.0), k)
                )
            ),
            "1 / log2(distance + 1), no cut": change_with(
                combined=by_distance(lambda apart: 1 / np.log2(apart + 1)),
                ideal=lambda place, y, k: best_of_all(place, y, None),
            ),
        },
    )


def ndcg_case(kind: str, scores: Sequence[float], labels: Sequence[int], k: int | None = None) -> Case:
    """One call, k by position."""
    return Case(kind, (*arrays(scores, labels), k) if k else arrays(scores, labels))


def change_cases(seed: int) -> list[Case]:
    """Small inputs first; three drawn ones last."""
    rng = np.random.default_rng(seed)
    return [
        ndcg_case("the whole list", [1, 0.5], [0, 2]),
        ndcg_case("scores not sorted", [0.5, 0.1, 0.9], [1, 3, 0]),
        ndcg_case("equal scores", [1, 0.5, 1], [1, 0, 2]),
        ndcg_case("equal scores", [0, 0, 0, 0], [0, 3, 1, 2]),
        ndcg_case("equal scores", *LONG),
        ndcg_case("k below n", [0.2, 0.9, 0.5], [2, 1, 0], 1),
        ndcg_case("k below n", [0.2, 0.9, 0.5, 0.7], [3, 1, 2, 1], 2),
        ndcg_case("k above n", [0.1, 0.9, 0.5], [2, 1, 0], 5),
        ndcg_case("the best order", [0.9, 0.5, 0.1], [3, 2, 0]),
        ndcg_case("no film with a gain", [0.5, 0.1, 0.9], [0, 0, 0]),
        ndcg_case("no film with a gain", [0.5, 0.1, 0.9], [0, 0, 0], 2),
        Case("scores not sorted", drawn(rng, 5)),
        Case("equal scores", drawn(rng, 6, ties=True)),
        Case("k below n", (*drawn(rng, 6), 3)),
    ]


def change_by_lists(scores: Floats, labels: Ints, k: int | None = None) -> list[list[float]]:
    """Right: plain Python, rank by counting who stands above."""
    s, n = list(scores), len(scores)
    rank = [1 + sum(s[j] > s[i] or (s[j] == s[i] and j < i) for j in range(n)) for i in range(n)]
    cut = n if k is None else k
    worth = [1 / log2(r + 1) if r <= cut else 0.0 for r in rank]
    best = sum((2.0**y - 1) / log2(r + 1) for r, y in enumerate(sorted(labels, reverse=True)[:cut], 1))
    if best == 0:
        return [[0.0] * n for _ in range(n)]
    return [
        [abs((2.0 ** labels[i] - 2.0 ** labels[j]) * (worth[i] - worth[j])) / best for j in range(n)] for i in range(n)
    ]


def change_by_natural_log(scores: Floats, labels: Ints, k: int | None = None) -> Floats:
    """Right: natural logarithms in both parts, argsort twice, outer differences."""
    n = len(scores)
    ranks = np.argsort(np.argsort(-scores, kind="stable"), kind="stable")
    worth = 1 / np.log(np.arange(n) + 2.0)
    worth[k if k is not None else n :] = 0
    gains = 2.0**labels
    ideal = np.sort(gains - 1)[::-1] @ worth
    table = np.abs(np.subtract.outer(gains, gains) * np.subtract.outer(worth[ranks], worth[ranks]))
    return table / (ideal or np.inf)


LOGS_MIXED: dict[str, Callable[..., Floats]] = {
    "natural discount": change_with(discount=lambda place, k: up_to_k(place, k) / np.log(2)),
    "natural ideal": change_with(ideal=lambda place, y, k: best_of_all(place, y, k) / np.log(2)),
}

CHANGE_WRONG = (
    *(mistake for name, why, where, answers in change_mistakes() for mistake in ways(name, why, where, answers)),
    *ways(
        "logarithms mixed",
        "A factor ln 2 is in every number: your discounts have one logarithm and your ideal another. The base cancels "
        "in |ΔNDCG| if it is the same in both parts.",
        IDEAL,
        LOGS_MIXED,
    ),
    WrongAnswer(
        "nan without a gain",
        change_with(no_gain=nan),
        "Without a film of label above 0 the ideal DCG is 0, and 0/0 is nan. The contract asks for zeros: no swap "
        "changes anything.",
        "the contract of task 06.2: an ideal of 0",
    ),
    *ways(
        "half of the table",
        "You fill in each pair once. The table is symmetric: swapping i and j is the same as swapping j and i.",
        "the contract of task 06.2: symmetric",
        {
            "above the diagonal": lambda scores, labels, k=None: np.triu(change_with()(scores, labels, k)),
            "where y_i > y_j": lambda scores, labels, k=None: np.where(
                better(scores, labels), change_with()(scores, labels, k), 0.0
            ),
        },
    ),
    WrongAnswer(
        "counted for both films",
        lambda scores, labels, k=None: 2 * change_with()(scores, labels, k),
        "Every entry is twice what it should be. One product holds what both films contribute: one gains what the "
        "other loses.",
        "lesson 06, Eq. (6.5)",
    ),
    WrongAnswer(
        "in rank order",
        lambda scores, labels, k=None: change_with()(
            np.sort(scores)[::-1], labels[np.argsort(-scores, kind="stable")], k
        ),
        "Rows and columns of your table are in rank order. Entry [i, j] belongs to the films i and j of the input.",
        "the contract of task 06.2: by item",
    ),
    WrongAnswer(
        "sum over partners",
        lambda scores, labels, k=None: change_with()(scores, labels, k).sum(axis=1),
        "You return one number per film. Asked is a table with an entry for each pair, shape (n, n).",
        "the contract of task 06.2",
    ),
    WrongAnswer(
        "NDCG after the swap",
        lambda scores, labels, k=None: after_swapping(scores, labels, k),
        "Your table holds NDCG after each swap. Subtract it from NDCG before, and take the absolute value.",
        "lesson 06, Eq. (6.5)",
    ),
)


def after_swapping(scores: Floats, labels: Ints, k: int | None = None) -> Floats:
    """NDCG after each swap of two places."""
    n = len(scores)
    return np.array(
        [[metrics.ndcg_from_scores(exchanged(labels.copy(), i, j), scores, k) for j in range(n)] for i in range(n)]
    )


def change_by_swaps(scores: Floats, labels: Ints, k: int | None = None) -> Floats:
    """Right: by brute force, swapping the labels at two places."""
    return np.abs(after_swapping(scores, labels, k) - metrics.ndcg_from_scores(labels, scores, k))


CHANGE = FunctionTask(
    id="06.2",
    title="What a swap changes",
    name="delta_ndcg",
    objectives=("O6.2",),
    contract="delta_ndcg(scores, labels, k=None) → array of shape (n, n), Eq. (6.5): the absolute change of NDCG@k "
    "when films i and j swap their places in the ranking. scores: array (n,); labels: array (n,) of grades 0, 1, 2, "
    "...; k: an integer ≥ 1, None for the whole list. Films are ranked by descending score, equal scores in input "
    "order. Gain 2^y − 1, discount 1 / log2(r + 1), 0 beyond rank k; the ideal is over all films, cut at k. Entry [i, "
    "j] belongs to the films i and j of the input, so the table is symmetric. Ideal 0: zeros.",
    points=6,
    hints=(
        "Swap films at ranks 1 and 3 of a list. Which terms of the DCG change, and what stays of the difference?",
        "(2^y_i − 2^y_j) · (D(r_i) − D(r_j)), absolute, over the ideal DCG@k. First find each film's rank; "
        "np.argsort(-scores) gives the film at each rank, which is not the same.",
        'order = np.argsort(-scores, kind="stable"); D = np.zeros(n); D[order[:k]] = 1 / np.log2(np.arange(n) + '
        "2)[:k]; "
        "gains = 2.0**labels - 1; ideal: np.sort(gains)[::-1] times the same discounts, first k. Then outer "
        "differences.",
    ),
    reference=lambda scores, labels, k=None: lambdarank.delta_ndcg(scores, labels, k),
    cases=change_cases,
    wrong=CHANGE_WRONG,
    right=(change_by_lists, change_by_natural_log, change_by_swaps),
)


# ---- 06.3 lambda_gradients -------------------------------------------------------------------------------------------


def lambda_cases(seed: int) -> list[Case]:
    """Small inputs first; four drawn ones last."""
    rng = np.random.default_rng(seed)
    return [
        case("the whole list", [0.5, 1], [2, 0]),
        case("a slope other than 1", [0.5, 1], [2, 0], slope=2.0),
        case("three grades", [0, 1, 0.5], [2, 0, 1]),
        case("equal labels", [0.5, 1, 0], [1, 1, 0]),
        case("equal scores", [1, 0.5, 1], [1, 0, 2]),
        case("equal scores", *LONG),
        case("k below n", [0.2, 0.9, 0.5], [2, 1, 0], k=1),
        case("k above n", [0.1, 0.9, 0.5], [2, 1, 0], k=5),
        case("a difference of 1000, wrong order", [0, 1000], [1, 0]),
        case("a difference of 1000, right order", [1000, 0, 0.5], [2, 0, 1]),
        case("a difference of -1000", [-1000, 0, 0.5], [0, 2, 1]),
        case("no two labels differ", [0.5, 1], [1, 1]),
        case("no film with a gain", [0.5, 0.1, 0.9], [0, 0, 0]),
        Case("three grades or more", drawn(rng, 5)),
        Case("a slope other than 1", drawn(rng, 5), {"slope": 2.0}),
        Case("k below n", drawn(rng, 6), {"slope": 0.5, "k": 3}),
        Case("equal scores", drawn(rng, 6, ties=True), {"k": 2}),
    ]


def lambdas_by_loop(scores: Floats, labels: Ints, slope: float = 1.0, k: int | None = None) -> list[float]:
    """Right: pair by pair, |ΔNDCG| by swapping."""
    change, sums = change_by_swaps(scores, labels, k), [0.0] * len(scores)
    for i in range(len(scores)):
        for j in range(len(scores)):
            if labels[i] > labels[j]:
                pull = slope * change[i, j] * float(expit(slope * (scores[j] - scores[i])))
                sums[i], sums[j] = sums[i] - pull, sums[j] + pull
    return sums


def lambdas_by_sign(scores: Floats, labels: Ints, slope: float = 1.0, k: int | None = None) -> Floats:
    """Right: each film by its own row, the sign of y_i − y_j turns the push."""
    sign, x = np.sign(labels[:, None] - labels), scores[:, None] - scores
    return -slope * np.sum(sign * expit(-slope * sign * x) * change_by_natural_log(scores, labels, k), axis=1)


def lambdas_in_rank_order(scores: Floats, labels: Ints, slope: float = 1.0, k: int | None = None) -> Floats:
    """Right: sorted first, put back at the end; pairs with equal labels are in it and weigh nothing."""
    order = np.argsort(-scores, kind="stable")
    s, y, n = scores[order], labels[order], len(scores)
    worth = np.where(np.arange(n) < (n if k is None else k), 1 / np.log2(np.arange(n) + 2), 0)
    ideal = (2.0 ** np.sort(labels)[::-1] - 1) @ worth
    table = np.abs(np.subtract.outer(2.0**y, 2.0**y) * np.subtract.outer(worth, worth)) / max(ideal, 1e-300)
    pull = np.where(y[:, None] >= y, slope * expit(slope * (s - s[:, None])) * table, 0)
    gradient = np.empty(n)
    gradient[order] = pull.sum(axis=0) - pull.sum(axis=1)
    return gradient


def put_in_rank_order(change: Change) -> Change:
    """The table of weights with rows and columns by rank."""

    def by_rank(s: Floats, y: Floats, k: int | None) -> Floats:
        order = np.argsort(-s, kind="stable")
        return np.asarray(change(s[order], y[order], k))

    return by_rank


def in_rank_order(change: Change) -> Iterator[WrongAnswer]:
    """Films sorted by score, and not put back."""

    def sorted_first(scores: Floats, labels: Ints, slope: float = 1.0, k: int | None = None) -> Any:
        order = np.argsort(-scores, kind="stable")
        return gradient_with(change)(scores[order], labels[order], slope, k)

    return ways(
        "in rank order",
        "You sort the films by score and do not put them back. What you compute for rank r belongs to film order[r]; "
        "the answer is in the order of the input.",
        "the contract of task 06.3: by item",
        {"all of it": sorted_first, "the weights only": gradient_with(put_in_rank_order(change))},
    )


def lightgbm_norm(forces: Floats, chosen: Mask) -> Floats:
    """LightGBM's last step with lambdarank_norm: log2(1 + S) / S, S twice the sum of all forces."""
    total = 2 * np.abs(forces).sum()
    return both_ends(forces, chosen) * (np.log2(1 + total) / total if total > 0 else 1.0)


def closer_pairs_more(s: Floats, y: Floats, k: int | None) -> Floats:
    """LightGBM's and XGBoost's other normalization: |ΔNDCG| over 0.01 plus the difference of the scores."""
    return lambdarank.delta_ndcg(s, y, k) / (0.01 + np.abs(s[:, None] - s))


LAMBDAS_WRONG = (
    *force_mistakes(lambdarank.delta_ndcg, "lesson 06, Eq. (6.6)", "lesson 06, Eq. (6.7)"),
    *(
        mistake
        for name, why, where, answers in change_mistakes(BESIDE_A_WARNING)
        for mistake in ways(name, why, where, {way: gradient_with(change) for way, change in answers.items()})
    ),
    *in_rank_order(lambdarank.delta_ndcg),
    *ways(
        "a factor ln 2",
        "A factor ln 2 is in every number. Either this is the gradient of the frozen surrogate, whose loss is in bits: "
        "λ / ln 2. Or your discounts have one logarithm and your ideal another. The contract's force is the natural "
        "one, and in |ΔNDCG| the base cancels.",
        "lesson 06, Eq. (6.10) and (6.5)",
        {way: gradient_with(change) for way, change in LOGS_MIXED.items()},
    ),
    *ways(
        "no weights",
        "Your pairs all weigh the same: this is RankNet's gradient, task 06.1. Multiply each pair's force by its "
        "|ΔNDCG| before you add up.",
        "lesson 06, Eq. (6.6)",
        {"ranknet_gradient": gradient_with(same_weight)},
    ),
    WrongAnswer(
        "weighed after gathering",
        lambda scores, labels, slope=1.0, k=None: (
            gradient_with(same_weight)(scores, labels, slope) * change_with()(scores, labels, k).sum(axis=1)
        ),
        "You gather RankNet's forces first and multiply each film's sum by its |ΔNDCG|. Each PAIR has its own weight: "
        "multiply in the table, then gather.",
        "lesson 06, Eq. (6.6)",
    ),
    WrongAnswer(
        "nan without a gain",
        gradient_with(change_with(no_gain=nan)),
        "Without a film of label above 0 the ideal DCG is 0, and 0/0 is nan. Then no swap changes anything: zeros.",
        "the contract of task 06.3: an ideal of 0",
    ),
    WrongAnswer(
        "grades made binary",
        gradient_with(lambdarank.delta_ndcg, pairs=relevant_above_irrelevant),
        "You pair relevant films with irrelevant ones only. Grades 2 and 1 make a pair too: every y_i > y_j.",
        "lesson 06, Eq. (6.7)",
    ),
    WrongAnswer(
        "gains made binary",
        gradient_with(lambda s, y, k: change_with()(s, np.minimum(y, 1), k)),
        "Your |ΔNDCG| knows only relevant and irrelevant. The gain 2^y − 1 is 1, 3, 7 for the grades 1, 2, 3.",
        "lesson 06, Eq. (6.5)",
    ),
    WrongAnswer(
        "better film in the top k",
        gradient_with(lambda s, y, k: change_with()(s, y, k) * (metrics.ranks(s) <= (k or inf))[:, None]),
        "You look only at pairs whose BETTER film stands in the top k. The pairs that matter most have it below: the "
        "film that should come in. One film of the two in the top k is enough, whichever it is.",
        "lesson 06, Eq. (6.5), the cut-off K",
    ),
    WrongAnswer(
        "weights squared",
        gradient_with(lambda s, y, k: change_with()(s, y, k) ** 2),
        "|ΔNDCG| enters squared. It multiplies each pair's force once.",
        "lesson 06, Eq. (6.6)",
    ),
    *ways(
        "normalized as LightGBM does",
        "You normalize as LightGBM and XGBoost do by default. That is not in Burges' formula, nor in the contract: a "
        "pair's force is RankNet's times |ΔNDCG|, and no more.",
        "lesson 06, Eq. (6.6)",
        {
            "by the difference of scores": gradient_with(closer_pairs_more),
            "by the sum": gradient_with(lambdarank.delta_ndcg, gather=lightgbm_norm),
            "both": gradient_with(closer_pairs_more, gather=lightgbm_norm),
        },
    ),
)

LAMBDAS = FunctionTask(
    id="06.3",
    title="LambdaRank's gradients",
    name="lambda_gradients",
    objectives=("O6.3",),
    contract="lambda_gradients(scores, labels, slope=1.0, k=None) → array of shape (n,), Eq. (6.7): what to SUBTRACT "
    "from the scores, so a film that should rise has a negative entry. Each pair with y_i > y_j counts once, with the "
    "force −slope / (1 + e^(slope·(s_i − s_j))) times |ΔNDCG@k| of task 06.2; film i gets it, film j its opposite, so "
    "the numbers sum to 0. Arguments as in tasks 06.1 and 06.2. Ideal 0: zeros. Finite, and without a warning, at "
    "differences of ±1000. No further normalization. By item, in the order of the input.",
    points=6,
    hints=(
        "It is task 06.1 with a weight for each pair. At which point does the weight come in: in the table of pairs, "
        "or after gathering?",
        "Multiply the n × n table of RankNet's forces by delta_ndcg(scores, labels, k), entry by entry. Then gather as "
        "before: rows minus columns.",
        "table = np.where(labels[:, None] > labels, -slope * expit(-slope * (scores[:, None] - scores)), 0) * "
        "delta_ndcg(scores, labels, k), then table.sum(axis=1) - table.sum(axis=0).",
    ),
    reference=lambda scores, labels, slope=1.0, k=None: lambdarank.lambda_gradients(scores, labels, slope, k),
    cases=lambda_cases,
    wrong=LAMBDAS_WRONG,
    right=(lambdas_by_loop, lambdas_by_sign, lambdas_in_rank_order),
)


# ---- 06.4 softmax_loss -----------------------------------------------------------------------------------------------


def by_their_sum(y: Floats) -> Floats:
    """y / Σy."""
    return y / y.sum()


def cross_entropy(shares: Floats, logs: Floats) -> float:
    """−Σ shares · ln softmax(s)."""
    return -float(shares @ logs)


def softmax_with(
    *,
    shares: Callable[[Floats], Floats] = by_their_sum,
    logs: Callable[[Floats], Floats] = log_softmax,
    total: Callable[[Floats, Floats], float] = cross_entropy,
    nothing: float | None = 0.0,
) -> Answer:
    """`softmax_loss` with one part replaced; None for `nothing`: no rule of its own without a positive label."""

    def softmax_loss(scores: Floats, labels: Ints) -> float:
        s, y = np.asarray(scores, dtype=float), np.asarray(labels, dtype=float)
        if nothing is not None and not y.any():
            return nothing
        return float(total(shares(y), logs(s)))

    return softmax_loss


def bare_softmax(s: Floats) -> Floats:
    """e^s / Σe^s as it is written."""
    powers = np.exp(s)
    return powers / powers.sum()


def log_plus(small: float) -> Callable[[Floats], Floats]:
    """The logarithm of softmax and a little."""
    return lambda s: np.log(softmax(s) + small)


def log_above(least: float) -> Callable[[Floats], Floats]:
    """The logarithm of softmax, held above a little."""
    return lambda s: np.log(np.maximum(softmax(s), least))


def rivals_only(shares: Floats, s: Floats) -> float:
    """Each relevant film against itself and the irrelevant ones."""
    losses = [np.logaddexp.reduce(np.append(s[shares <= 0], score)) - score for score in s]
    return float(shares @ losses)


def softmax_case(kind: str, scores: Sequence[float], labels: Sequence[int]) -> Case:
    """One call."""
    return Case(kind, arrays(scores, labels))


def softmax_cases(seed: int) -> list[Case]:
    """Small inputs first; three drawn ones last."""
    rng = np.random.default_rng(seed)
    return [
        softmax_case("one relevant film", [1, 0], [0, 1]),
        softmax_case("one relevant film of a grade above 1", [0.5, 1, 0], [0, 3, 0]),
        softmax_case("several relevant films", [1, 0, 2], [1, 0, 1]),
        softmax_case("several grades", [1, 0, 2], [2, 0, 1]),
        softmax_case("equal scores", [1, 1, 0, 0], [0, 2, 1, 1]),
        softmax_case("scores of ±1000", [1000, 0], [0, 1]),
        softmax_case("scores of ±1000", [1000, 1001, 999], [1, 0, 2]),
        softmax_case("scores of ±1000", [-1000, -1001], [0, 1]),
        softmax_case("scores of ±1000", [1000, -1000, 0], [2, 1, 0]),
        softmax_case("no positive label", [1, 0, 2], [0, 0, 0]),
        softmax_case("one film", [3], [2]),
        Case("several grades", drawn(rng, 4)),
        Case("several grades", drawn(rng, 5)),
        Case("equal scores", drawn(rng, 6, ties=True)),
    ]


def softmax_by_loop(scores: Floats, labels: Ints) -> float:
    """Right: the largest score taken off, film by film."""
    top, weight = max(scores), sum(labels)
    if weight == 0:
        return 0.0
    log_sum = np.log(sum(exp(score - top) for score in scores))
    return sum(y * (top + log_sum - s) for s, y in zip(scores, labels, strict=True)) / weight


def softmax_by_logaddexp(scores: Floats, labels: Ints) -> float:
    """Right: log of the sum less the weighted mean score."""
    if not np.any(labels > 0):
        return 0.0
    return float(np.logaddexp.reduce(scores) - np.average(scores, weights=labels))


def softmax_by_odds(scores: Floats, labels: Ints) -> float:
    """Right: −ln softmax(s)_i is the log of a sum of e^(s_j − s_i)."""
    losses = np.logaddexp.reduce(scores[None, :] - scores[:, None], axis=1)
    return float(losses @ labels / max(int(labels.sum()), 1))


NOTHING = {"zero of nothing": 0.0, "no rule for nothing": None}

SOFTMAX_WRONG = (
    *ways(
        "softmax of the labels",
        "You put softmax(y) where the labels' shares y / Σy belong. That is Cao's ListNet. There a film of grade 0 has "
        "a share too: e^0 over the sum.",
        "lesson 06, Eq. (6.11)",
        {way: softmax_with(shares=softmax, nothing=nothing) for way, nothing in NOTHING.items()},
    ),
    *ways(
        "labels not divided by their sum",
        "You multiply by the labels themselves. Their shares y / Σy sum to 1; without that a query with many good "
        "films weighs more.",
        "lesson 06, Eq. (6.11)",
        {"y": softmax_with(shares=lambda y: y)},
    ),
    WrongAnswer(
        "mean over films",
        softmax_with(shares=lambda y: y / y.size),
        "You divide by the number of films. The weights are the labels' shares: divide by Σy.",
        "lesson 06, Eq. (6.11)",
    ),
    WrongAnswer(
        "mean over relevant films",
        softmax_with(shares=lambda y: y / np.count_nonzero(y)),
        "You divide by the number of relevant films. With grades that is not Σy: a film of grade 3 counts three times "
        "in it.",
        "lesson 06, Eq. (6.11)",
    ),
    WrongAnswer(
        "labels made binary",
        softmax_with(shares=lambda y: (y > 0) / np.count_nonzero(y)),
        "Every relevant film has the same share in your loss. A film of grade 3 has three times the share of one of "
        "grade 1.",
        "lesson 06, Eq. (6.11)",
    ),
    WrongAnswer(
        "gains in place of labels",
        softmax_with(shares=lambda y: exp_gain(y) / exp_gain(y).sum()),
        "Your shares come from the gains 2^y − 1. This loss takes the labels themselves: y / Σy.",
        "lesson 06, Eq. (6.11)",
    ),
    WrongAnswer(
        "the best film only",
        softmax_with(total=lambda shares, logs: -float(logs[np.argmax(shares)])),
        "Only the film with the largest label is in your loss, as in classification. Here every film with a label "
        "above 0 has its share.",
        "lesson 06, Eq. (6.11)",
    ),
    WrongAnswer(
        "sign turned",
        softmax_with(total=lambda shares, logs: float(shares @ logs)),
        "Your number is negative: the log likelihood. A loss is to be minimized, so it has a minus in front.",
        "lesson 06, Eq. (6.11)",
    ),
    WrongAnswer(
        "in bits",
        softmax_with(logs=lambda s: log_softmax(s) / np.log(2)),
        "Your logarithm has base 2. The loss has the natural one.",
        "lesson 06, Eq. (6.11)",
    ),
    WrongAnswer(
        "logarithm to base 10",
        softmax_with(logs=lambda s: log_softmax(s) / np.log(10)),
        "Your logarithm has base 10. The loss has the natural one, np.log.",
        "lesson 06, Eq. (6.11)",
    ),
    WrongAnswer(
        "labels divided by the largest",
        softmax_with(shares=lambda y: y / y.max()),
        "You divide the labels by the largest of them. Shares sum to 1: divide by Σy.",
        "lesson 06, Eq. (6.11)",
    ),
    WrongAnswer(
        "no logarithm",
        softmax_with(logs=softmax),
        "You weigh the probabilities themselves. The loss weighs their logarithms.",
        "lesson 06, Eq. (6.11)",
    ),
    WrongAnswer(
        "logarithm of the sum",
        softmax_with(
            total=lambda shares, logs: -float(np.logaddexp.reduce(np.log(shares[shares > 0]) + logs[shares > 0]))
        ),
        "You take the logarithm of the weighted sum. The loss is the weighted sum of logarithms; by Jensen it is the "
        "larger one where several films are relevant.",
        "lesson 06, Eq. (6.11)",
    ),
    WrongAnswer(
        "each film alone",
        softmax_with(logs=lambda s: -np.logaddexp(0, -s)),
        "You have the logistic function σ(s_i) of each score. Softmax compares the films of a query: e^s_i over the "
        "sum of all e^s_j.",
        "lesson 06, Eq. (6.11)",
    ),
    WrongAnswer(
        "less the entropy",
        softmax_with(total=lambda shares, logs: float(np.sum(xlogy(shares, shares)) - shares @ logs)),
        "You have subtracted the entropy of the shares: the Kullback-Leibler divergence. Its gradient is the same, its "
        "value is not; asked is the cross-entropy.",
        "lesson 06, Eq. (6.11)",
    ),
    WrongAnswer(
        "other relevant films left out",
        softmax_with(logs=np.asarray, total=rivals_only),
        "Your sum of e^s runs over a film and the irrelevant ones. Softmax sums over ALL films of the query, relevant "
        "ones too.",
        "lesson 06, Eq. (6.11)",
    ),
    WrongAnswer(
        "itself left out",
        softmax_with(
            logs=lambda s: (
                np.array([s[i] - np.logaddexp.reduce(np.delete(s, i)) for i in range(s.size)])
                if s.size > 1
                else np.zeros(1)
            )
        ),
        "Your sum of e^s leaves out the film itself: these are odds, not a probability. Softmax sums over all films.",
        "lesson 06, Eq. (6.11)",
    ),
    WrongAnswer(
        "relevant films alone",
        softmax_with(logs=np.asarray, total=lambda shares, s: -float(shares[shares > 0] @ log_softmax(s[shares > 0]))),
        "Your sum of e^s runs over the relevant films only. Then irrelevant films may have any score. Softmax sums "
        "over all films of the query.",
        "lesson 06, Eq. (6.11)",
    ),
    *ways(
        "overflow",
        "e^1000 is too large for a float, e^(−1000) is 0, and inf/inf, 0/0 or 0 · ln 0 is nan. Take the largest score "
        "off first and use logarithms: s − max − ln Σ e^(s − max).",
        "lesson 06, Eq. (6.11)",
        {
            "log of softmax": softmax_with(logs=lambda s: np.log(bare_softmax(s))),
            "log of softmax of the relevant": softmax_with(
                logs=bare_softmax, total=lambda shares, p: -float(shares[shares > 0] @ np.log(p[shares > 0]))
            ),
            "max off, then log of softmax": softmax_with(logs=lambda s: np.log(bare_softmax(s - s.max()))),
            "max off, log of the relevant": softmax_with(
                logs=softmax, total=lambda shares, p: -float(shares[shares > 0] @ np.log(p[shares > 0]))
            ),
        },
    ),
    *ways(
        "a small number in the logarithm",
        "You keep the logarithm from 0 by a small number. That caps the loss where it should be largest: a relevant "
        "film 1000 below costs 1000. Use ln softmax = s − max − ln Σ e^(s − max).",
        "lesson 06, Eq. (6.11)",
        {
            **{f"{small:g} added": softmax_with(logs=log_plus(small)) for small in (1e-12, 1e-10, 1e-9, 1e-8)},
            **{f"at least {small:g}": softmax_with(logs=log_above(small)) for small in (1e-15, 1e-12, 1e-10)},
        },
    ),
    WrongAnswer(
        "the gradient",
        lambda scores, labels: softmax(scores) - labels / max(int(labels.sum()), 1),
        "You return softmax(s) − y / Σy, the gradient: a number for each film. Asked is the loss itself, one number.",
        "lesson 06, Eq. (6.11) and (6.12)",
    ),
    WrongAnswer(
        "max not put back",
        softmax_with(logs=lambda s: s - np.log(np.exp(s - s.max()).sum())),
        "You take the largest score off inside the sum and forget it outside: ln softmax = (s − max) − ln Σ e^(s − "
        "max).",
        "lesson 06, Eq. (6.11)",
    ),
    *ways(
        "no positive label",
        "Without a positive label Σy is 0, and nothing can be divided by it. The contract asks for 0.0.",
        "the contract of task 06.4: no positive label",
        {
            "nan": softmax_with(shares=lambda y: y / y.sum() if y.any() else np.full(y.size, nan), nothing=None),
            "equal shares": softmax_with(
                shares=lambda y: y / y.sum() if y.any() else np.full(y.size, 1 / y.size), nothing=None
            ),
        },
    ),
)

SOFTMAX = FunctionTask(
    id="06.4",
    title="The softmax loss",
    name="softmax_loss",
    objectives=("O6.5",),
    contract="softmax_loss(scores, labels) → a number, Eq. (6.11): −(1/Σy) Σ y_i ln softmax(s)_i, natural logarithm, "
    "softmax over all films. scores: array (n,) of finite numbers; labels: array (n,) of grades 0, 1, 2, ... (Cao's "
    "ListNet puts softmax(y) where this has y / Σy.) No positive label: 0.0. Exact, and without a warning, at scores "
    "of ±1000.",
    points=5,
    hints=(
        "Two lists of n numbers that sum to 1: the labels' shares and softmax(s). The loss is the cross-entropy of one "
        "by the other.",
        "ln softmax(s)_i = s_i − ln Σ e^s_j. Nothing changes when you subtract the same number from all scores: take "
        "the largest off, and no e^ is too large.",
        "scipy.special.log_softmax(scores) has all the logarithms, exact. Then -(labels @ them) / labels.sum(), and "
        "0.0 where labels.sum() is 0.",
    ),
    reference=lambda scores, labels: lambdarank.softmax_loss(scores, labels) + 0.0,  # 0 for one film, not −0
    cases=softmax_cases,
    wrong=SOFTMAX_WRONG,
    right=(softmax_by_loop, softmax_by_logaddexp, softmax_by_odds),
)


# ---- 06.5 transfer: lambdas for average precision --------------------------------------------------------------------

Term = Callable[[Floats, int, int], float]  # relevance in rank order, two places from 0 -> what the pair weighs


def hit_sum(hits: Floats) -> float:
    """Precision at each hit, added up; graded labels weigh it."""
    return float(hits @ (np.cumsum(hits > 0) / _ranks_of(hits)))


def graded_sum(labels: Floats) -> float:
    """The same with grades in the place of hits, in the count above a film as well."""
    return float(labels @ (np.cumsum(labels) / _ranks_of(labels)))


def _ranks_of(hits: Floats) -> Floats:
    """1, 2, 3, ..."""
    return np.arange(1.0, hits.size + 1)


def swap_term(measure: Callable[[Floats], float], sign: int = 0) -> Term:
    """The absolute change of a measure when two places swap; with a sign, sign times (after − before)."""

    def term(hits: Floats, a: int, b: int) -> float:
        change = measure(exchanged(hits.copy(), a, b)) - measure(hits)
        return sign * change if sign else abs(change)

    return term


def mean_precision(hits: Floats) -> float:
    """Average precision of 0s and 1s."""
    return hit_sum(hits) / max(int(np.count_nonzero(hits)), 1)


def closed_form(hits: Floats, a: int, b: int) -> float:
    """|ΔAP| without a swap: what the higher place earns and the lower one loses, and a hit more for those between."""
    high, low = min(a, b), max(a, b)
    found, between = np.cumsum(hits), hits[high + 1 : low] @ (1 / np.arange(high + 2, low + 1))
    earned = (found[high] + 1 - hits[high]) / (high + 1) - found[low] / (low + 1) + between
    return float(earned / found[-1])


def unless_alike(term: Term) -> Term:
    """0 where both films are relevant, or neither."""
    return lambda hits, a, b: 0.0 if hits[a] == hits[b] else term(hits, a, b)


def precisions_apart(hits: Floats, a: int, b: int) -> float:
    """The difference of the precisions at both ranks, as they are."""
    precision = np.cumsum(hits) / _ranks_of(hits)
    return float(abs(precision[a] - precision[b]) / hits.sum())


def own_terms(hits: Floats, a: int, b: int) -> float:
    """The relevant film's precision before and after, the films between left out."""
    high, low = min(a, b), max(a, b)
    found = np.cumsum(hits)
    return float(((found[high] + 1 - hits[high]) / (high + 1) - found[low] / (low + 1)) / hits.sum())


def between(hits: Floats, a: int, b: int) -> float:
    """What the hits between two places gain or lose by one hit more or less above them."""
    high, low = min(a, b), max(a, b)
    return float(hits[high + 1 : low] @ (1 / np.arange(high + 2, low + 1)) / hits.sum())


def own_count_kept(hits: Floats, a: int, b: int) -> float:
    """The moved film's hits over both ranks, the same number of hits at both."""
    found = np.cumsum(hits)[a if hits[a] else b]
    return float(found * abs(1 / (a + 1) - 1 / (b + 1)) / hits.sum())


def as_if_higher(hits: Floats, a: int, b: int) -> float:
    """The films between counted, but not among the moved film's hits at the lower place."""
    high = min(a, b)
    found = np.cumsum(hits)[high] + 1 - hits[high]
    return float(found * abs(1 / (a + 1) - 1 / (b + 1)) / hits.sum()) + between(hits, a, b)


def not_shifted(hits: Floats, a: int, b: int) -> float:
    """The films between counted, but the hit at the higher place with the number of hits before the swap."""
    high, low = min(a, b), max(a, b)
    found, between = np.cumsum(hits), hits[high + 1 : low] @ (1 / np.arange(high + 2, low + 1))
    return float(abs(found[high] / (high + 1) - found[low] / (low + 1) + between) / hits.sum())


def is_relevant(y: Floats) -> Floats:
    """1 for a label above 0, else 0."""
    return (y > 0).astype(float)


def ap_change(
    term: Term,
    *,
    places: Callable[[Floats], Any] = metrics.ranks,
    relevant: Callable[[Floats], Floats] = is_relevant,
) -> Change:
    """The table of |ΔAP| with one part replaced."""

    def change(s: Floats, y: Floats, k: int | None = None) -> Floats:
        place = places(s)
        hits = relevant(y)[np.argsort(place, kind="stable")]
        return np.array([[term(hits, a - 1, b - 1) for b in place] for a in place])

    return change


RIGHT_AP = ap_change(unless_alike(closed_form))


def ap_by_swapped_scores(s: Floats, y: Floats, k: int | None = None) -> Floats:
    """|ΔAP| when two scores are swapped and all films ranked anew."""

    def measured(scores: Floats) -> float:
        return mean_precision(is_relevant(y)[np.argsort(-scores, kind="stable")])

    everyone = range(s.size)
    return np.array([[abs(measured(exchanged(s.copy(), i, j)) - measured(s)) for j in everyone] for i in everyone])


def average_of_hits(hits: Floats, a: int, b: int) -> float:
    """The right term, and nan where nothing is relevant."""
    return nan if not hits.any() else unless_alike(closed_form)(hits, a, b)


def ap_lambdas(scores: Floats, labels: Ints, slope: float = 1.0) -> Floats:
    """The reference: RankNet's forces times |ΔAP| in closed form."""
    sums: Floats = gradient_with(RIGHT_AP)(scores, labels, slope)
    return sums


def ap_cases(seed: int) -> list[Case]:
    """Small inputs first; three drawn ones last."""
    rng = np.random.default_rng(seed)
    return [
        case("two films", [0.5, 1], [1, 0]),
        case("a slope other than 1", [0.5, 1], [1, 0], slope=2.0),
        case("several relevant films", [0.9, 0.7, 0.5, 0.3], [0, 1, 1, 0]),
        case("several relevant films", [0.9, 0.7, 0.5, 0.3], [1, 1, 0, 1]),
        case("scores not sorted", [0.5, 0.1, 0.9], [0, 1, 0]),
        case("grades above 1", [0.5, 1, 0], [2, 0, 1]),
        case("equal scores", [1, 0.5, 1], [0, 0, 1]),
        case("equal scores", *LONG),
        case("a difference of 1000, wrong order", [0, 1000], [1, 0]),
        case("a difference of 1000, right order", [1000, 0, 0.5], [1, 0, 1]),
        case("a difference of -1000", [-1000, 0, 0.5], [0, 1, 0]),
        case("all films relevant", [0.5, 1], [1, 2]),
        case("no relevant film", [0.5, 0.1, 0.9], [0, 0, 0]),
        Case("grades above 1", drawn(rng, 5)),
        Case("a slope other than 1", drawn(rng, 6), {"slope": 0.5}),
        Case("equal scores", drawn(rng, 6, ties=True)),
    ]


def ap_lambdas_by_swaps(scores: Floats, labels: Ints, slope: float = 1.0) -> Floats:
    """Right: by brute force, the average precision of each swapped list."""
    order = np.argsort(-scores, kind="stable")
    ranked, gradient = labels[order], np.zeros(len(scores))
    for a in range(len(order)):
        for b in range(len(order)):
            if ranked[a] > 0 and ranked[b] == 0:
                change = metrics.average_precision(exchanged(ranked.copy(), a, b)) - metrics.average_precision(ranked)
                push = slope * abs(change) * expit(slope * (scores[order[b]] - scores[order[a]]))
                gradient[order[a]] -= push
                gradient[order[b]] += push
    return gradient


def ap_lambdas_by_running_sums(scores: Floats, labels: Ints, slope: float = 1.0) -> Floats:
    """Right: |ΔAP| of all pairs from two running sums, of hits and of hits over rank."""
    order = np.argsort(-scores, kind="stable")
    hit, rank = (labels[order] > 0).astype(float), np.arange(1, len(scores) + 1)
    found, early = np.cumsum(hit), np.cumsum(hit / rank)
    up = (found + 1 - hit) / rank  # what a hit at this rank earns, if the film here is exchanged for it or is one
    table = (up - early)[:, None] - (found / rank - (early - hit / rank))[None, :]
    table = np.triu(table, 1) + np.triu(table, 1).T
    x = scores[order][:, None] - scores[order]
    pull = np.where(hit[:, None] > hit, slope * expit(-slope * x) * table / max(found[-1], 1), 0)
    gradient = np.empty(len(scores))
    gradient[order] = pull.sum(axis=0) - pull.sum(axis=1)
    return gradient


def ap_lambdas_by_lists(scores: Floats, labels: Ints, slope: float = 1.0) -> list[float]:
    """Right: plain Python."""
    order = sorted(range(len(scores)), key=lambda film: -scores[film])

    def precision_sum(films: list[int]) -> float:
        found, total = 0, 0.0
        for rank, film in enumerate(films, 1):
            if labels[film] > 0:
                found, total = found + 1, total + (found + 1) / rank
        return total

    gradient, relevant = [0.0] * len(scores), sum(1 for label in labels if label > 0)
    for i in order:
        for j in order:
            if labels[i] > 0 >= labels[j]:
                swapped = [{i: j, j: i}.get(film, film) for film in order]
                change = abs(precision_sum(swapped) - precision_sum(order)) / relevant
                push = slope * change * float(expit(slope * (scores[j] - scores[i])))
                gradient[i], gradient[j] = gradient[i] - push, gradient[j] + push
    return gradient


AP = "the contract of task 06.5, and lesson 04, Eq. (4.5)"

AP_WRONG = (
    *force_mistakes(RIGHT_AP, "lesson 06, Eq. (6.6)", "lesson 06, Eq. (6.7)"),
    WrongAnswer(
        "in bits",
        gradient_with(RIGHT_AP, gather=lambda forces, chosen: both_ends(forces, chosen) / np.log(2)),
        "Every number is 1.4427 times too large: 1 / ln 2. The loss has the natural logarithm; bits come in only with "
        "the bound.",
        "lesson 06, Eq. (6.3)",
    ),
    *ways(
        "|ΔNDCG|",
        "Your pairs are weighed with |ΔNDCG|. Here the measure is average precision: its change when the two films "
        "swap their places.",
        "the contract of task 06.5",
        {
            "graded": gradient_with(lambdarank.delta_ndcg),
            "binary": gradient_with(lambda s, y, k: lambdarank.delta_ndcg(s, is_relevant(y))),
        },
    ),
    *ways(
        "no weights",
        "Your pairs all weigh the same, as in RankNet. Multiply each pair's force by its |ΔAP|.",
        "lesson 06, Eq. (6.6)",
        {
            "all grades": gradient_with(same_weight),
            "relevant above irrelevant": gradient_with(same_weight, pairs=relevant_above_irrelevant),
        },
    ),
    WrongAnswer(
        "weighed after gathering",
        lambda scores, labels, slope=1.0: (
            gradient_with(same_weight)(scores, labels, slope) * np.sum(RIGHT_AP(scores, labels, None), axis=1)
        ),
        "You gather RankNet's forces first and multiply each film's sum by its |ΔAP|. Each PAIR has its own weight: "
        "multiply in the table, then gather.",
        "lesson 06, Eq. (6.6)",
    ),
    *ways(
        "films between left out",
        "You count what the two films themselves gain and lose. Try the hits (0, 1, 1) with ranks 1 and 3 swapped: AP "
        "goes from 7/12 to 1. Three things change: the moved film's rank, its own hit count, and the hit between, "
        "which finds one more above it.",
        AP,
        {
            "before and after": gradient_with(ap_change(unless_alike(own_terms))),
            "before and after, absolute": gradient_with(
                ap_change(unless_alike(lambda hits, a, b: abs(own_terms(hits, a, b))))
            ),
            "precisions as they are": gradient_with(ap_change(unless_alike(precisions_apart))),
        },
    ),
    *ways(
        "own hits not counted anew",
        "Your moved film keeps its number of hits. Try the hits (0, 1, 1) with ranks 1 and 3 swapped: AP goes from "
        "7/12 to 1. Three things change: the moved film's rank, its own hit count, here from 2 to 1, and the hit "
        "between.",
        AP,
        {
            "films between left out": gradient_with(ap_change(unless_alike(own_count_kept))),
            "films between counted": gradient_with(
                ap_change(unless_alike(lambda hits, a, b: own_count_kept(hits, a, b) + between(hits, a, b)))
            ),
            "as at the higher rank": gradient_with(ap_change(unless_alike(as_if_higher))),
        },
    ),
    WrongAnswer(
        "hits before the swap",
        gradient_with(ap_change(unless_alike(not_shifted))),
        "Your hit that moves up is counted with the precision that its new place had before. There it is one hit more "
        "itself: (hits above + 1) / rank.",
        AP,
    ),
    *ways(
        "a discount of 1/r",
        "You weigh a pair with |1/r_i − 1/r_j|, as if each hit earned 1 over its rank. In average precision a hit "
        "earns the precision there, and that depends on the hits above.",
        AP,
        {
            "over the relevant": gradient_with(
                ap_change(unless_alike(lambda hits, a, b: abs(1 / (a + 1) - 1 / (b + 1)) / hits.sum()))
            ),
            "alone": gradient_with(ap_change(unless_alike(lambda hits, a, b: abs(1 / (a + 1) - 1 / (b + 1))))),
        },
    ),
    WrongAnswer(
        "reciprocal rank",
        gradient_with(ap_change(swap_term(lambda hits: 1 / (1 + int(np.argmax(hits))) if hits.any() else 0.0))),
        "Your measure looks at the first relevant film only: that is the reciprocal rank. Average precision looks at "
        "every relevant film.",
        AP,
    ),
    WrongAnswer(
        "not divided by the relevant films",
        gradient_with(ap_change(swap_term(hit_sum))),
        "Your AP is a sum of precisions. It is their mean: divide by the number of relevant films.",
        AP,
    ),
    WrongAnswer(
        "divided by all films",
        gradient_with(ap_change(swap_term(lambda hits: hit_sum(hits) / hits.size))),
        "Your AP divides by the number of films. It divides by the number of relevant ones.",
        AP,
    ),
    WrongAnswer(
        "precision at every rank",
        gradient_with(ap_change(swap_term(lambda hits: float(np.mean(np.cumsum(hits) / _ranks_of(hits)))))),
        "Your AP averages the precision over all ranks. Only the ranks that hold a relevant film count.",
        AP,
    ),
    *ways(
        "labels as weights",
        "You let grades weigh in the precision. Here relevance is binary: a label above 0 is a hit, and counts once.",
        "the contract of task 06.5: relevant is a label above 0",
        {
            "over the relevant films": gradient_with(
                ap_change(swap_term(lambda y: hit_sum(y) / max(int(np.count_nonzero(y)), 1)), relevant=lambda y: y)
            ),
            "over the sum of labels": gradient_with(
                ap_change(swap_term(lambda y: hit_sum(y) / max(float(y.sum()), 1.0)), relevant=lambda y: y)
            ),
            "in the hits too": gradient_with(
                ap_change(
                    swap_term(
                        lambda y: float(np.sum((y > 0) * np.cumsum(y) / _ranks_of(y))) / max(float(y.sum()), 1.0)
                    ),
                    relevant=lambda y: y,
                )
            ),
            "in both, over the sum of labels": gradient_with(
                ap_change(swap_term(lambda y: graded_sum(y) / max(float(y.sum()), 1.0)), relevant=lambda y: y)
            ),
            "in both, over the relevant films": gradient_with(
                ap_change(swap_term(lambda y: graded_sum(y) / max(int(np.count_nonzero(y)), 1)), relevant=lambda y: y)
            ),
        },
    ),
    *ways(
        "another line between relevant and not",
        "You take other films for relevant. Any label above 0 is, whether it is 1 or 3.",
        "the contract of task 06.5: relevant is a label above 0",
        {
            "1 only": gradient_with(ap_change(swap_term(mean_precision), relevant=lambda y: (y == 1) * 1.0)),
            "above 1": gradient_with(ap_change(swap_term(mean_precision), relevant=lambda y: (y > 1) * 1.0)),
            "the largest label": gradient_with(
                ap_change(swap_term(mean_precision), relevant=lambda y: ((y == y.max()) & (y > 0)) * 1.0)
            ),
        },
    ),
    *ways(
        "signed",
        "Your change has a sign, so pairs in the wrong order and pairs in the right one push in opposite directions. "
        "Take its absolute value: the labels say who should rise.",
        "lesson 06, Eq. (6.6)",
        {
            "after − before": gradient_with(ap_change(swap_term(mean_precision, 1))),
            "before − after": gradient_with(ap_change(swap_term(mean_precision, -1))),
        },
    ),
    WrongAnswer(
        "input order taken for ranks",
        gradient_with(ap_change(unless_alike(closed_form), places=lambda s: np.arange(1, s.size + 1))),
        "Your AP reads the films as they come in. A film's rank comes from its score: the highest score has rank 1.",
        PLACES,
    ),
    *ways(
        "argsort taken for ranks",
        "np.argsort(-scores) says which film stands at each rank. You use it as the rank of each film. These are "
        "inverse to each other.",
        PLACES,
        {way: gradient_with(ap_change(unless_alike(closed_form), places=places)) for way, places in ARGSORTS.items()},
    ),
    *in_rank_order(RIGHT_AP),
    *ways(
        "lowest score first",
        "Your rank 1 has the lowest score. Films are ranked by descending score.",
        PLACES,
        {
            "ties in input order": gradient_with(
                ap_change(unless_alike(closed_form), places=lambda s: metrics.ranks(-s))
            ),
            "ties reversed": gradient_with(
                ap_change(unless_alike(closed_form), places=lambda s: s.size + 1 - metrics.ranks(s))
            ),
        },
    ),
    *ways(
        "ties reversed",
        "Equal scores come out in reversed input order, as np.argsort(scores)[::-1] has them. Sort −scores with "
        'kind="stable": then the earlier film keeps the better rank.',
        "the contract of task 06.5: equal scores",
        {way: gradient_with(ap_change(unless_alike(closed_form), places=places)) for way, places in TURNED.items()},
    ),
    WrongAnswer(
        "ties in any order",
        gradient_with(ap_change(unless_alike(closed_form), places=lambda s: placed(np.argsort(-s)))),
        BESIDE_A_WARNING,
        "the contract of task 06.5: equal scores",
    ),
    *ways(
        "scores swapped",
        "You swap two scores and rank anew. Where scores are equal that moves other films, or none. Swap the two "
        "places, that is the labels at them, and leave the ranking alone.",
        "the contract of task 06.5: equal scores",
        {
            "every y_i > y_j": gradient_with(ap_by_swapped_scores),
            "relevant above irrelevant": gradient_with(ap_by_swapped_scores, pairs=relevant_above_irrelevant),
        },
    ),
    WrongAnswer(
        "nan without a relevant film",
        gradient_with(ap_change(average_of_hits)),
        "Without a relevant film you divide 0 by 0. Then there is no pair and no force: zeros.",
        "the contract of task 06.5: no relevant film",
    ),
    WrongAnswer(
        "weights squared",
        gradient_with(lambda s, y, k: np.square(RIGHT_AP(s, y, k))),
        "|ΔAP| enters squared. It multiplies each pair's force once.",
        "lesson 06, Eq. (6.6)",
    ),
)

AP_LAMBDAS = FunctionTask(
    id="06.5",
    title="Transfer: lambdas for average precision",
    name="lambda_gradients_ap",
    objectives=("O6.7",),
    contract="lambda_gradients_ap(scores, labels, slope=1.0) → array of shape (n,): LambdaRank's gradients as in task "
    "06.3, with |ΔAP| in place of |ΔNDCG|: the absolute change of the average precision of the whole list when the two "
    "films swap their places. Relevant is a label above 0, whatever its grade; AP is the mean over the relevant films "
    "of the precision at their ranks, Eq. (4.5). Films are ranked by descending score, equal scores in input order. No "
    "relevant film: zeros. To SUBTRACT from the scores; finite, and without a warning, at differences of ±1000.",
    points=6,
    hints=(
        "Everything but the weight stays as in task 06.3. What does a swap change for a pair that is both relevant, "
        "and for a pair with one relevant film?",
        "Brute force will do: rank the labels, swap two entries, compute the average precision again, take the "
        "absolute difference. Mind that the weight belongs to films, the swap to ranks.",
        'order = np.argsort(-scores, kind="stable"); hits = labels[order] > 0; for a relevant place a and an '
        "irrelevant place b: swap hits[a] and hits[b] in a copy, and push = slope * |ΔAP| * expit(−slope * (s_a − "
        "s_b)), down at order[a] and up at order[b].",
    ),
    reference=ap_lambdas,
    cases=ap_cases,
    wrong=AP_WRONG,
    right=(ap_lambdas_by_swaps, ap_lambdas_by_running_sums, ap_lambdas_by_lists),
)


# ---- 06.0 three films by hand ----------------------------------------------------------------------------------------

SCORES, LABELS, SLOPE = np.array([0.0, 1.0, 0.5]), np.array([2.0, 0.0, 1.0]), 2.0
A, B, C = 0, 1, 2


def five_numbers(
    force: Force = lambdarank.pair_gradient,
    change: Callable[[Floats, Floats], Floats] = lambdarank.delta_ndcg,
    probability: Callable[[float, float], Any] = lambdarank.order_probability,
) -> dict[str, float]:
    """What task 06.0 asks, with these parts."""
    x = SCORES[:, None] - SCORES
    forces, weights = force(x, SLOPE), change(SCORES, LABELS)
    lambdas = forces * weights
    return {
        "probability": float(probability(x[A, B], SLOPE)),
        "gradient": float(forces[A, B]),
        "change": float(weights[A, B]),
        "lambda_AB": float(lambdas[A, B]),
        "lambda_C": float(lambdas[C, B] - lambdas[A, C]),
    }


HAND = five_numbers()


def differing(numbers: Mapping[str, float]) -> dict[str, float]:
    """Those of the numbers that come out wrong."""
    return {key: value for key, value in numbers.items() if abs(value - HAND[key]) > 5e-4}


def hand_with(**parts: Any) -> dict[str, float]:
    """What comes out wrong with these parts."""
    return differing(five_numbers(**parts))


def number_by_number(
    name: str, misconception: str, read_again: str, numbers: Mapping[str, float]
) -> Iterator[WrongAnswer]:
    """One mistake wherever it shows first, numbers before it right; what comes after it may be anything.

    So a slip is named in one number alone, and beside another slip in other numbers.
    """
    right_before = [{before: HAND[before] for before in list(numbers)[:place]} for place in range(len(numbers))]
    answers = {f"in {key}": {**right, key: numbers[key]} for key, right in zip(numbers, right_before, strict=True)}
    return ways(name, misconception, read_again, answers)


PAIRS = lambdarank.pair_lambdas(SCORES, LABELS, SLOPE)

BY_HAND = NumbersTask(
    id="06.0",
    title="Three films by hand",
    name="answer_06_0",
    objectives=("O6.1", "O6.2", "O6.3"),
    contract="Film A has the score 0 and the grade 2, film B 1 and 0, film C 0.5 and 1. The slope is 2, the whole list "
    "counts. probability: that A should stand above B, Eq. (6.1). gradient: dC/ds_A of the pair (A, B) alone, Eq. "
    "(6.3). change: |ΔNDCG| of A and B, Eq. (6.5). lambda_AB: Eq. (6.6). lambda_C: all that is to be subtracted from "
    "the score of C, Eq. (6.7). Within 0.0005.",
    points=5,
    hints=(
        "First the ranks: who has the highest score? Then the ideal DCG of the grades 2, 1 and 0.",
        "B stands first, C second, A third. The discounts are 1, 0.6309 and 0.5; the gains of A, B, C are 3, 0, 1; the "
        "ideal is 3 + 0.6309. The exponent for (A, B) is 2 · (0 − 1).",
        "C is better than B and worse than A, so lambda_C = λ_CB − λ_AC. In both pairs the exponent is 2 · (−0.5).",
    ),
    expected=HAND,
    carried=(
        Carried("gradient", lambda force: {"lambda_AB": force * HAND["change"]}, "lesson 06, Eq. (6.3)"),
        Carried("change", lambda weight: {"lambda_AB": HAND["gradient"] * weight}, "lesson 06, Eq. (6.5)"),
    ),
    wrong=(
        WrongAnswer(
            "slope missing in the probability",
            {"probability": float(lambdarank.order_probability(SCORES[A] - SCORES[B]))},
            "The slope is missing in the exponent of your probability. It multiplies the difference of the scores: "
            "e^(−2 · (s_A − s_B)).",
            "lesson 06, Eq. (6.1)",
        ),
        WrongAnswer(
            "the other film's probability",
            {"probability": 1 - HAND["probability"]},
            "This is the probability that B should stand above A. A has the lower score, so its own is below ½.",
            "lesson 06, Eq. (6.1)",
        ),
        *number_by_number(
            "slope missing in the exponent",
            "The slope stands in front and is missing in your exponent: −2 / (1 + e^(2 · (s_A − s_B))).",
            "lesson 06, Eq. (6.3)",
            hand_with(force=lambda x, slope: slope * lambdarank.pair_gradient(x)),
        ),
        *number_by_number(
            "slope missing in front",
            "The slope is in your exponent and not in front. The inner derivative of ln(1 + e^(−βx)) brings a factor "
            "β.",
            "lesson 06, Eq. (6.3)",
            hand_with(force=lambda x, slope: lambdarank.pair_gradient(x, slope) / slope),
        ),
        *number_by_number(
            "slope ignored",
            "This is the number for slope 1. The slope is 2, in front of the gradient and in the exponent.",
            "lesson 06, Eq. (6.3)",
            hand_with(force=lambda x, slope: lambdarank.pair_gradient(x)),
        ),
        *number_by_number(
            "sign turned",
            "The sign is that of the push, or of the derivative by s_B. Asked is dC/ds_A, to subtract: more score for "
            "A makes the loss smaller, A should rise, and its entry is negative.",
            "lesson 06, Eq. (6.3)",
            {key: -HAND[key] for key in ("gradient", "lambda_AB")},
        ),
        *number_by_number(
            "σ in place of 1 − σ",
            "Your push is σ(x) where 1 − σ(x) belongs. A and B are in the wrong order, so the push is near its "
            "largest, the slope.",
            "lesson 06, Eq. (6.3)",
            hand_with(force=lambda x, slope: lambdarank.pair_gradient(-x, slope)),
        ),
        *number_by_number(
            "derivative of σ",
            "You differentiate the probability. The loss is minus its logarithm: −β(1 − σ), not −βσ(1 − σ).",
            "lesson 06, Eq. (6.3)",
            hand_with(force=lambda x, slope: -slope * bend(slope * x)),
        ),
        *number_by_number(
            "σ′ in place of the slope",
            "You put σ′ in front, where the slope belongs. What stands in front is a constant.",
            "lesson 06, Eq. (6.3)",
            hand_with(force=lambda x, slope: -bend(slope * x) * expit(-slope * x)),
        ),
        *number_by_number(
            "difference of labels",
            "You take the difference of the grades. The gains are 2² − 1 = 3, 0 and 1.",
            "lesson 06, Eq. (6.5)",
            hand_with(change=change_with(gain=lambda y: y)),
        ),
        *number_by_number(
            "linear gain",
            "Your gain is the grade itself, also in the ideal. The gain is 2^y − 1: 3, 0 and 1.",
            "lesson 06, Eq. (6.5)",
            hand_with(change=change_with(gain=lambda y: y, ideal=ideal_of(lambda y: y))),
        ),
        *number_by_number(
            "1 / log2(rank)",
            "Your discounts are 1, 1 and 1 / log2(3): 1 / log2(r) from rank 2 on, the older form of DCG. Eq. (6.5) has "
            "1 / log2(r + 1): 1, 0.6309 and 0.5.",
            "lesson 06, Eq. (6.5)",
            hand_with(change=change_with(discount=older, ideal=ideal_of(exp_gain, older))),
        ),
        *number_by_number(
            "input order taken for ranks",
            "You discount A, B, C as ranks 1, 2, 3. Ranks come from the scores: B is first, C second, A third.",
            PLACES,
            hand_with(change=change_with(places=lambda s: np.arange(1, s.size + 1))),
        ),
        *number_by_number(
            "not divided by the ideal",
            "This is |ΔDCG|. Divide by the ideal DCG, 3 + 1 / log2(3).",
            IDEAL,
            hand_with(change=change_with(ideal=lambda place, y, k: 1.0)),
        ),
        *number_by_number(
            "ideal of the current order",
            "You divide by the DCG of the order that there is: B, C, A. The ideal order is A, C, B.",
            IDEAL,
            hand_with(change=change_with(ideal=of_this_order)),
        ),
        WrongAnswer(
            "both forces added",
            {"lambda_C": float(PAIRS[C, B] + PAIRS[A, C])},
            "You add the two forces on C. In the pair with A film C is the worse one: that force comes with the "
            "opposite sign.",
            "lesson 06, Eq. (6.7)",
        ),
        WrongAnswer(
            "forces on C exchanged",
            {"lambda_C": -HAND["lambda_C"], "lambda_AB": HAND["lambda_AB"]},
            "Your two forces on C have each other's sign. The pair that C wins, (C, B), counts as it is; the one that "
            "C loses, (A, C), comes with the opposite sign.",
            "lesson 06, Eq. (6.7)",
        ),
        WrongAnswer(
            "only the pair that C wins",
            {"lambda_C": float(PAIRS[C, B])},
            "This is the force of the pair (C, B) alone. A is better than C, and that pair pushes C down.",
            "lesson 06, Eq. (6.7)",
        ),
        WrongAnswer(
            "only the pair that C loses",
            {"lambda_C": float(-PAIRS[A, C])},
            "This is the force of the pair (A, C) alone. C is better than B, and that pair lifts C.",
            "lesson 06, Eq. (6.7)",
        ),
    ),
    right=(dict(HAND), tuple(HAND.values()), [round(value, 4) for value in HAND.values()]),
)


# ---- 06.6 to 06.9 four choices ---------------------------------------------------------------------------------------

OPTIMIZED = ChoiceTask(
    id="06.6",
    title="What LambdaRank optimizes",
    name="answer_06_6",
    objectives=("O6.4",),
    contract="You subtract a small multiple of the lambdas from the scores, rank anew, compute new lambdas, and so on. "
    "What is proved about NDCG?",
    points=3,
    hints=(
        "What is the gradient of NDCG by the scores, between two swaps?",
        "The lambdas are the gradient of a loss in which |ΔNDCG| is a constant. What happens to that loss when two "
        "films have changed places?",
        "A bound at one ranking says how bad things can be there. It promises nothing about the next ranking.",
    ),
    options={
        "a": "It never falls: the lambdas are the gradient of NDCG.",
        "b": "It never falls: each step lowers a bound on 1 − NDCG, and the bound falls until training ends.",
        "c": "Nothing can be said: NDCG is flat between swaps, so no gradient has to do with it.",
        "d": "At each ranking a loss lies above 1 − NDCG, and the lambdas point along its gradient there. That NDCG "
        "rises is not guaranteed.",
    },
    correct="d",
    wrong=(
        WrongAnswer(
            "gradient of NDCG",
            "a",
            "NDCG depends on the order alone. Between two swaps its gradient is zero, and the lambdas are not: they "
            "are made to stand in for it.",
            "lesson 06, section 5, what LambdaRank optimizes",
        ),
        WrongAnswer(
            "the bound falls",
            "b",
            "A small step lowers the loss with |ΔNDCG| frozen. When two films change places all |ΔNDCG| are computed "
            "anew, and the new loss may start higher than the old one ended.",
            "lesson 06, Eq. (6.10)",
        ),
        WrongAnswer(
            "nothing",
            "c",
            "NDCG is flat, yes, but the lambdas are the gradient (times ln 2) of a frozen loss that is proved to lie "
            "above 1 − NDCG at the current ranking. That is less than a guarantee and more than nothing.",
            "lesson 06, Eq. (6.10)",
        ),
    ),
    right=("d", "D"),
)

SIGN = ChoiceTask(
    id="06.7",
    title="Two signs",
    name="answer_06_7",
    objectives=("O6.3",),
    contract="For the same scores and labels Eq. (6.7) gives a film −0.4. A text on LambdaMART gives it +0.4, and fits "
    "trees to that. Where do they move the film?",
    points=3,
    hints=(
        "What does the lesson do with the number it gets: add it, or subtract it?",
        "A tree that is fitted to +0.4 is added to the scores.",
        "s − lr · (−0.4) and s + lr · (+0.4) are the same.",
    ),
    options={
        "a": "Both up: one subtracts a gradient, the other adds what is left to be gained.",
        "b": "Both down: a negative gradient means that the film stands too high.",
        "c": "The lesson down, the text up: −0.4 is a step down.",
        "d": "Nowhere for sure: one of them has the sign wrong.",
    },
    correct="a",
    wrong=(
        WrongAnswer(
            "too high",
            "b",
            "A negative derivative says that the loss falls when the score rises. Such a film stands too low.",
            "lesson 06, Eq. (6.7)",
        ),
        WrongAnswer(
            "a step down",
            "c",
            "−0.4 is the gradient, not the step. The step is minus the learning rate times the gradient: up.",
            "lesson 06, Eq. (6.7)",
        ),
        WrongAnswer(
            "one is wrong",
            "d",
            "Both are right, each with its own step. The lesson subtracts dC/ds; boosting adds a tree that is fitted "
            "to −dC/ds. An error is to mix the number of one with the step of the other.",
            "lesson 06, Eq. (6.7)",
        ),
    ),
    right=("a", "A"),
)

WHICH_PAIRS = ChoiceTask(
    id="06.8",
    title="Which pairs push",
    name="answer_06_8",
    objectives=("O6.2", "O6.3"),
    contract="A query has 1000 films, all with different grades and scores. The metric is NDCG@10, with D = 0 beyond "
    "rank 10. Which pairs have a force that is not 0?",
    points=3,
    hints=(
        "When is D(r_i) − D(r_j) zero?",
        "Take the best film of all at rank 500. Which swap would bring NDCG@10 the most?",
        "Both beyond 10: nothing changes. One of the two in the top 10 is enough for a change.",
    ),
    options={
        "a": "The 45 pairs within the top 10: NDCG@10 sees no other film.",
        "b": "The 9900 pairs across the line: within the top 10 the same ten films stay.",
        "c": "The 9945 pairs with at least one film in the top 10.",
        "d": "All 499,500 pairs: every pair of different grades has a force.",
    },
    correct="c",
    wrong=(
        WrongAnswer(
            "both in the top",
            "a",
            "A swap across the line brings a film into the top 10, which NDCG@10 does see. Without these pairs a good "
            "film at rank 11 is never lifted.",
            "lesson 06, Eq. (6.5), the cut-off K",
        ),
        WrongAnswer(
            "across the line",
            "b",
            "Within the top 10 the films stay and their discounts change: rank 1 counts more than rank 10. These 45 "
            "pairs push too.",
            "lesson 06, Eq. (6.5), the cut-off K",
        ),
        WrongAnswer(
            "all pairs",
            "d",
            "That is RankNet. Here each force is multiplied by |ΔNDCG@10|, and D = 0 at both ranks beyond 10: swapping "
            "ranks 300 and 400 changes nothing.",
            "lesson 06, Eq. (6.5), the cut-off K",
        ),
    ),
    right=("c", "C"),
)

SAME_LEAF = ChoiceTask(
    id="06.9",
    title="The same leaf from two libraries",
    name="answer_06_9",
    objectives=("O6.6",),
    contract="With all normalization off and slope 1, LightGBM's lambdarank and XGBoost's rank:ndcg hand the same "
    "gradients to their trees. LightGBM's second derivatives are those of Eq. (6.8), XGBoost's are twice those. A leaf "
    "moves its films by learning_rate · (−ΣG / (ΣH + reg)). LightGBM has learning_rate 0.1 and lambda_l2 = 1. Which "
    "settings give XGBoost the same steps in the same leaves?",
    points=3,
    hints=(
        "Write down both leaves. XGBoost's has 2ΣH where LightGBM's has ΣH.",
        "−ΣG / (2ΣH + reg) = ½ · (−ΣG / (ΣH + reg/2)).",
        "You need 2ΣH + reg = 2 · (ΣH + 1), and something that makes up for the ½ in front.",
    ),
    options={
        "a": "learning_rate 0.1 and reg_lambda 1: the gradients are the same.",
        "b": "learning_rate 0.2 and reg_lambda 1",
        "c": "learning_rate 0.2 and reg_lambda 2",
        "d": "learning_rate 0.05 and reg_lambda 1",
    },
    correct="c",
    wrong=(
        WrongAnswer(
            "the same settings",
            "a",
            "The gradients are the same, but a Newton step divides by the second derivatives. Twice those make steps "
            "that are about half as long.",
            "lesson 06, Eq. (6.14)",
        ),
        WrongAnswer(
            "learning rate alone",
            "b",
            "−2ΣG / (2ΣH + 1) is −ΣG / (ΣH + ½): the leaf has half the penalty of LightGBM's. Double reg_lambda too.",
            "lesson 06, Eq. (6.14)",
        ),
        WrongAnswer(
            "the wrong way round",
            "d",
            "Twice the second derivatives make XGBoost's steps shorter already. This makes them shorter still.",
            "lesson 06, Eq. (6.14)",
        ),
    ),
    right=("c", "C"),
)


# ---- 06.10 the proof -------------------------------------------------------------------------------------------------

PROOF = OrderTask(
    id="06.10",
    title="1 − NDCG ≤ misordered cost ≤ frozen surrogate",
    name="answer_06_10",
    objectives=("O6.4",),
    contract="Put the ten steps of the proof into an order in which each step comes after those it uses. Several "
    "orders are right. D never rises with the rank; a pair (i, j) with y_i > y_j is misordered if j stands above i; "
    "the ideal DCG is above 0.",
    points=4,
    hints=(
        "Two halves: 1 − NDCG against the misordered cost, and the misordered cost against the surrogate. Which steps "
        "belong to the second half?",
        "First half: a sum over thresholds reduces graded labels to binary ones, and for binary labels films are "
        "matched. The thresholds and the matching do not need each other.",
        "g, then c and i; d, then a, then h; with c, i and h comes e. On the other side b, then j. Last f.",
    ),
    steps={
        "a": "Binary labels: the discount differences of the matched pairs add up to ideal DCG − DCG.",
        "b": "A misordered pair has s_i ≤ s_j, so its log2(1 + e^(−β(s_i − s_j))) is at least 1; every other pair's is "
        "above 0.",
        "c": "Both DCGs are linear in the gains, and one order is ideal for all thresholds: ideal DCG − DCG is the sum "
        "over t of c_t times that of the binary labels [y ≥ t].",
        "d": "Binary labels with R relevant films: match each irrelevant film in the top R with a relevant one below "
        "R. There are as many of one as of the other, and each match is a misordered pair.",
        "e": "Take the inequality of binary labels for each t, times c_t, add up, and divide by the ideal DCG: 1 − "
        "NDCG ≤ misordered cost.",
        "f": "Together: 1 − NDCG ≤ misordered cost ≤ frozen surrogate.",
        "g": "Write each gain as a sum of steps: 2^y − 1 = Σ_t c_t [y ≥ t], with all c_t > 0.",
        "h": "The other misordered pairs add differences that are not negative, as D never rises: for binary labels, "
        "ideal DCG − DCG ≤ the sum of D(r_j) − D(r_i) over all misordered pairs.",
        "i": "The gain difference of a pair is the sum of c_t over the t that part it: the misordered cost times the "
        "ideal DCG is the sum over t of c_t times that of the binary labels.",
        "j": "With the weights |ΔNDCG|, summed over all pairs with y_i > y_j: misordered cost ≤ frozen surrogate.",
    },
    depends_on={  # b, d and g follow from the definitions
        "a": ("d",),
        "c": ("g",),
        "e": ("c", "i", "h"),
        "f": ("e", "j"),
        "h": ("a", "d"),
        "i": ("g",),
        "j": ("b",),
    },
    wrong=(
        WrongAnswer(
            "begins with the claim",
            tuple("fgcidahebj"),
            "You begin with what is to be shown. Both inequalities must be there before they are joined.",
            "lesson 06, Eq. (6.9) and (6.10)",
        ),
        WrongAnswer(
            "added up too early",
            tuple("gciedahbjf"),
            "You add up over the thresholds before the inequality for binary labels is there. So far each side is "
            "split into layers, and no layer has been compared.",
            "lesson 06, Eq. (6.9)",
        ),
        WrongAnswer(
            "shortfall before the matching",
            tuple("gciadhebjf"),
            "You add up the matched pairs before anything has been matched.",
            "lesson 06, Eq. (6.9)",
        ),
        WrongAnswer(
            "one side not split",
            tuple("gcdaheibjf"),
            "Only the left side has been split into thresholds when you add up. The misordered cost must be split in "
            "the same way, or the two sides do not match.",
            "lesson 06, Eq. (6.9)",
        ),
        WrongAnswer(
            "surrogate before the bit",
            tuple("gcidahejbf"),
            "You compare with the surrogate before you know that a misordered pair costs at least one bit there.",
            "lesson 06, Eq. (6.10)",
        ),
    ),
    right=(list("gcidahebjf"), "bjdahgicef", "dgicahbjef", "g, i, d, a, c, b, h, j, e, f"),
)


# ---- 06.11 and 06.12 find the fault ----------------------------------------------------------------------------------
#
# The listings call `swap_changes`, which is printed before them.


def swap_changes(scores: ArrayLike, labels: ArrayLike) -> np.ndarray:
    """|ΔNDCG| of each pair by trying it: swap the places of two films in the ranking, and measure again."""
    gains = 2.0 ** np.array(labels)
    films = np.argsort(-np.array(scores, dtype=float), kind="stable")
    table = np.zeros((len(films), len(films)))
    worth = 1 / np.log2(np.arange(len(films)) + 2)
    for a, i in enumerate(films):
        for b, j in enumerate(films):
            swapped = films.copy()
            swapped[a], swapped[b] = j, i
            table[i, j] = abs(worth @ (gains[swapped] - gains[films]))
    return table / (worth @ (np.sort(gains)[::-1] - 1))


def shy_lambdas_listing(scores: ArrayLike, labels: ArrayLike) -> np.ndarray:
    """LambdaRank's gradients with slope 1, to subtract from the scores."""
    s, y = np.array(scores, dtype=float), np.array(labels)
    x = s[:, None] - s
    sigma = 1 / (1 + np.exp(-x))
    forces = -sigma * (1 - sigma) / (1 + np.exp(x)) * swap_changes(s, y)
    forces = np.where(y[:, None] > y, forces, 0)
    return forces.sum(axis=1) - forces.sum(axis=0)


def all_pairs_listing(scores: ArrayLike, labels: ArrayLike) -> np.ndarray:
    """LambdaRank's gradients with slope 1, to subtract from the scores."""
    s = np.array(scores, dtype=float)
    x = s[:, None] - s
    forces = -1 / (1 + np.exp(x)) * swap_changes(s, labels)
    return forces.sum(axis=1) - forces.sum(axis=0)


def _query_problem(scores: ArrayLike, labels: ArrayLike, widest: float) -> str | None:
    """Why these films are not allowed, or None."""
    s, y = np.array(scores, dtype=float), np.array(labels, dtype=float)
    if s.ndim != 1 or s.shape != y.shape or not 2 <= s.size <= 8:
        return f"scores and labels are two lists of equal length, 2 to 8, got the shapes {s.shape} and {y.shape}"
    if not np.all(np.abs(s) <= widest):
        return f"scores go from −{widest:g} to {widest:g}"
    if not np.all(np.isin(y, range(5))):
        return "labels are 0, 1, 2, 3 or 4"
    return None if y.min() < y.max() else "two labels must differ, or no pair has an order"


# A message about the arguments names the function that the learner sees: the listing.
@wraps(shy_lambdas_listing)
def _right_lambdas(scores: ArrayLike, labels: ArrayLike) -> Floats:
    """What the first listing should give."""
    return lambdarank.lambda_gradients(scores, labels)


@wraps(all_pairs_listing)
def _right_lambdas_again(scores: ArrayLike, labels: ArrayLike) -> Floats:
    """What the second listing should give."""
    return lambdarank.lambda_gradients(scores, labels)


def _most_missed(scores: ArrayLike, labels: ArrayLike) -> tuple[float, float]:
    """The largest lift that is due, 0 if none, and what the first listing gives to that film."""
    due, given = _right_lambdas(scores, labels), shy_lambdas_listing(scores, labels)
    film = int(np.argmin(due))
    return max(-float(due[film]), 0.0), -float(given[film])


def _hardly_lifted(scores: ArrayLike, labels: ArrayLike) -> bool:
    """Whether the film that should rise most gets less than a thousandth of it, and it is not small."""
    due, given = _most_missed(scores, labels)
    return due >= 0.01 and abs(given) < due / 1000


def _share_of_lift(scores: ArrayLike, labels: ArrayLike) -> str:
    """How much the first listing lifts the film that should rise most."""
    due, given = _most_missed(scores, labels)
    if due < 0.01:
        return (
            f"No film should rise by 0.01 or more here, the largest lift that is due is {due:.4f}: the order is right"
        )
    return f"The film that should rise most is due {due:.4f} and gets {given:.4f}, a share of {given / due:.4f}"


def _pushed_down(scores: ArrayLike, labels: ArrayLike) -> bool:
    """Whether a film that should rise is pushed down."""
    due, given = _right_lambdas(scores, labels), all_pairs_listing(scores, labels)
    return bool(np.any((due <= -0.01) & (given >= 0.01)))


def _directions(scores: ArrayLike, labels: ArrayLike) -> str:
    """Where the films that should rise go by the second listing."""
    due, given = _right_lambdas(scores, labels), all_pairs_listing(scores, labels)
    rising = np.flatnonzero(due <= -0.01)
    if not rising.size:
        return "No film should rise by 0.01 or more here: the scores are so far apart that hardly any force is left"
    told = ", ".join(f"film {film} is due {due[film]:.4f} and gets {given[film]:.4f}" for film in rising)
    return f"Counted from 0, {told}"


SHY = CounterExampleTask(
    id="06.11",
    title="No push for the worst",
    name="answer_06_11",
    objectives=("O6.3",),
    contract="The listing puts σ′ where the slope belongs. Find scores and labels for which the film that should rise "
    "most, by 0.01 or more, gets less than a thousandth of it. Rules: 2 to 8 films, scores from −50 to 50, labels 0, "
    '1, 2, 3 or 4, not all equal. The answer is a dict {"scores": ..., "labels": ...}.',
    points=3,
    hints=(
        "Where is σ′ near 0? On one side of x = 0, or on both?",
        "The right force is near 1 where the better film stands far below. What is the listing's there?",
        "Two films, the better one 10 below the other.",
    ),
    listing=shy_lambdas_listing,
    reference=_right_lambdas,
    valid=partial(_query_problem, widest=50.0),
    exposes=_hardly_lifted,
    why_not=_share_of_lift,
    wrong=(
        WrongAnswer(
            "a small mistake",
            {"scores": [0, 1], "labels": [1, 0]},
            "The order is wrong, which is where to look. But the scores are close: there the listing is weak, and not "
            "yet silent. Make the mistake worse.",
            "lesson 06, section 4, two misprints",
        ),
        WrongAnswer(
            "the right order",
            {"scores": [10, 0], "labels": [1, 0]},
            "The scores are far apart, which is where to look. But the better film stands above: nothing should rise, "
            "and both formulas leave it alone.",
            "lesson 06, Eq. (6.3)",
        ),
    ),
    right=(
        {"scores": [0, 10], "labels": [1, 0]},
        ([-5, 5, 4], [3, 0, 1]),
        {"scores": np.array([0.0, 20.0, 21.0]), "labels": np.array([2, 0, 0])},
    ),
)

ALL_PAIRS = CounterExampleTask(
    id="06.12",
    title="Labels that cancel",
    name="answer_06_12",
    objectives=("O6.3",),
    contract="The listing sums over all pairs. Find scores and labels for which a film that should rise (its lambda of "
    "task 06.3 is −0.01 or less) is pushed down (the listing gives it 0.01 or more). Rules: 2 to 8 films, scores from "
    '−50 to 50, labels 0, 1, 2, 3 or 4, not all equal. The answer is a dict {"scores": ..., "labels": ...}.',
    points=3,
    hints=(
        "Add up the forces of (i, j) and (j, i). What is left of them, and where have the labels gone?",
        "The sum is |ΔNDCG| · tanh(x/2): film i goes down if it stands above j, whatever the labels. So where must a "
        "good film stand to be treated badly?",
        "Two films in the right order, close to each other.",
    ),
    listing=all_pairs_listing,
    reference=_right_lambdas_again,
    valid=partial(_query_problem, widest=50.0),
    exposes=_pushed_down,
    why_not=_directions,
    wrong=(
        WrongAnswer(
            "the wrong order",
            {"scores": [0, 1], "labels": [1, 0]},
            "The better film stands below. The listing pushes whatever stands below up, so it looks right here. Try a "
            "list in the right order.",
            "lesson 06, Eq. (6.7)",
        ),
        WrongAnswer(
            "equal scores",
            {"scores": [0, 0], "labels": [1, 0]},
            "At equal scores the two forces cancel and the listing gives 0: no push at all, but not down either. Put "
            "the better film above.",
            "lesson 06, Eq. (6.7)",
        ),
        WrongAnswer(
            "far apart",
            {"scores": [20, 0], "labels": [1, 0]},
            "The listing pushes the better film down, which is where to look. But so far apart it need not rise any "
            "more: its right force is almost 0. Move the films closer.",
            "lesson 06, Eq. (6.7)",
        ),
    ),
    right=(
        {"scores": [1, 0], "labels": [1, 0]},
        ([2, 1, 0], [2, 0, 1]),
        {"scores": np.array([0.5, 0.0]), "labels": np.array([4, 0])},
    ),
)


# ---- 06.13 a choice: the softmax bound -------------------------------------------------------------------------------

FLOOR = ChoiceTask(
    id="06.13",
    title="What a small softmax loss proves",
    name="answer_06_13",
    objectives=("O6.5",),
    contract="Labels are 0 and 1. One query has the softmax loss 0.8, another one 2. What do you know of "
    "NDCG, of the whole list?",
    points=3,
    hints=(
        "Which way does Eq. (6.13) go: does it hold NDCG up, or down?",
        "e^(−0.8) is 0.4493, e^(−2) is 0.1353.",
        "Take three relevant films with the same score, far above all others. What is NDCG, and what is the loss?",
    ),
    options={
        "a": "The first query is ranked better: a smaller loss is a higher NDCG.",
        "b": "The first has at most 0.45, the second at most 0.14.",
        "c": "The first has at least 0.44, the second at least 0.13, and either may have 1.",
        "d": "Nothing: the loss does not know the ranks.",
    },
    correct="c",
    wrong=(
        WrongAnswer(
            "smaller is better",
            "a",
            "Seven relevant films on top, all level, have a loss of ln 7 = 1.95 or more, and NDCG 1. A single one at "
            "rank 2 may have the loss 0.8, and NDCG 0.63. A low floor says nothing about what stands on it.",
            "lesson 06, Eq. (6.13)",
        ),
        WrongAnswer(
            "a ceiling",
            "b",
            "The bound goes the other way: e^(−loss) is a floor under NDCG. A rank is at most 1 / softmax, so its "
            "discount is at least the softmax.",
            "lesson 06, Eq. (6.13)",
        ),
        WrongAnswer(
            "nothing",
            "d",
            "It knows more than it seems: each film ranked above film i adds at least 1 to Σ e^(s_j − s_i), which is 1 "
            "/ softmax(s)_i. So the rank is at most that.",
            "lesson 06, Eq. (6.13)",
        ),
    ),
    right=("c", "C"),
)


TASKS: tuple[Task, ...] = (
    BY_HAND,
    RANKNET,
    CHANGE,
    LAMBDAS,
    SOFTMAX,
    AP_LAMBDAS,
    OPTIMIZED,
    SIGN,
    WHICH_PAIRS,
    SAME_LEAF,
    PROOF,
    SHY,
    ALL_PAIRS,
    FLOOR,
)
