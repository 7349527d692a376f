"""The tasks of lesson 05: from one triple by hand to the paper's misprints, and one user's update of implicit ALS.

A wrong answer is the right one with one part replaced: `loss_with(term=...)` is `bpr_loss` with another term for each
triple, `gradient_with(push=...)` is `bpr_gradient` with another push. So each line shows one idea and no other.
"""

from collections.abc import Callable
from functools import wraps
from math import exp
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, log_expit

from recmath_lib import als, bpr
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
Ints = NDArray[np.integer]
Answer = Callable[..., Any]
OfMargin = Callable[[Any], Any]  # margin -> push, or margins -> what each triple adds

RAISING = {  # mistakes that some inputs turn into an error
    "overflow at −1000: math",
    "overflow: math, at 1000",
    "overflow: math, at −1000",
    "no penalty: solve",
    "identity of the wrong size",
}


# ---- what several tasks share ----------------------------------------------------------------------------------------


def table(*rows: list[float]) -> Floats:
    """A matrix of floats."""
    return np.array(rows, dtype=float)


def vector(*numbers: float) -> Floats:
    """An array of floats."""
    return np.array(numbers, dtype=float)


def halves(rng: Generator, *shape: int) -> Floats:
    """Numbers in halves, from −2 to 2 and not 0: short to read."""
    numbers: Floats = rng.integers(1, 5, shape) / 2 * rng.choice([-1, 1], shape)
    return numbers


def tenths(rng: Generator) -> float:
    """A penalty weight from 0.1 to 0.9."""
    return int(rng.integers(1, 10)) / 10


def ratio(x: Any) -> Any:
    """σ(−x) as the paper prints it, with e^−x above and below."""
    return np.exp(-x) / (1 + np.exp(-x))


# How programs compute σ(−x), and where that goes wrong.
OVERFLOWING: dict[str, OfMargin] = {
    "inf/inf at −1000": ratio,
    "inf/inf at 1000": lambda x: 1 - np.exp(x) / (1 + np.exp(x)),
    "a warning at 1000": lambda x: 1 / (1 + np.exp(x)),
    "a warning at −1000": lambda x: 1 - 1 / (1 + np.exp(-x)),
    "math, at 1000": lambda x: 1 / (1 + exp(x)),
    "math, at −1000": lambda x: 1 - 1 / (1 + exp(-x)),
}
OVERFLOW = (
    "At a margin of 1000 or −1000 your push needs exp(1000), too large for a float: NumPy warns and goes on with inf "
    "(and inf/inf is nan), math.exp raises an error. scipy.special.expit(-x) is σ(−x) for every x."
)
TURNED = (
    "Your push is σ(x), large for a triple that is in order already. The derivative of ln σ(x) is 1 − σ(x) = σ(−x): a "
    "triple in the wrong order pushes most. (With the margin turned round, p·(q_j − q_i), the same comes out.)"
)
BELL = (
    "Your push is σ′(x) = σ(x)(1 − σ(x)), the derivative of σ. The loss has ln σ: its derivative is 1 − σ(x). With σ′ "
    "the triples that are most wrong hardly push at all."
)
UNLEARNING = (
    "The push has the wrong sign: a step that subtracts this raises the loss. (The paper's formula has it wrong for a "
    "step that adds.) The loss is −ln σ(x), so its derivative by x is −(1 − σ(x))."
)
FACTOR_ENDS = (
    "The chain rule ends one step early: 1/σ(x) is the derivative of ln σ by σ. Times σ′(x) = σ(x)(1 − σ(x)) it gives "
    "1 − σ(x)."
)
ASCENT = (
    "All your signs are turned round: this is what a step adds. Asked is the gradient of the loss, which a step "
    "subtracts: − push · (q_i − q_j) + 2·reg·p for p."
)
GROWING = (
    "Your penalty has a minus. reg‖p‖² grows with p, so its gradient is + 2·reg·p; subtracting that shrinks p. With "
    "the minus the vectors grow, as in the paper's printed update."
)
BRACKET = (
    "This is the bracket of the paper's listing, push · (q_i − q_j) + λ·p, which a step adds: its push is right there, "
    "its penalty not. What a step subtracts has − push · (q_i − q_j) + 2·reg·p. And σ(−x) as printed overflows; expit "
    "does not."
)
PRINTED = (
    "This is the gradient as the paper prints it, − push · (q_i − q_j) − λ·p, for a step that adds. A step that "
    "subtracts it pushes the right way and lets the vectors grow: the penalty's part is + 2·reg·p. And σ(−x) as "
    "printed overflows; expit does not."
)
NO_TWO = "Your penalty lacks the 2: the derivative of reg·p² is 2·reg·p. (Here no learning rate takes it in.)"
NO_SLOPE = (
    "You add a number of the penalty to every entry. Its gradient is a vector: by the first entry of p, reg‖p‖² has "
    "the slope 2·reg·p₁, so all together 2·reg·p."
)


# ---- 05.1 bpr_loss ---------------------------------------------------------------------------------------------------

Penalty = Callable[[Floats, Floats, Ints], float]  # P, Q, triples -> what reg multiplies
Scored = Callable[[Floats, Floats], Floats]  # scores of clicked films, of the others -> what each triple adds


def squares(*tables: Floats) -> float:
    """All entries squared, and added."""
    return float(sum(np.sum(part**2) for part in tables))


def both_tables(P: Floats, Q: Floats, triples: Ints) -> float:
    """‖P‖² + ‖Q‖²."""
    return squares(P, Q)


def rows_named(P: Floats, Q: Floats, triples: Ints) -> float:
    """The rows that occur in a triple, each once."""
    return squares(P[np.unique(triples[:, 0])], Q[np.unique(triples[:, 1:])])


def rows_per_triple(P: Floats, Q: Floats, triples: Ints) -> float:
    """The three rows of each triple."""
    return squares(P[triples[:, 0]], Q[triples[:, 1]], Q[triples[:, 2]])


def lost(x: Any) -> Any:
    """−ln σ(x)."""
    return np.logaddexp(0, -x)


def loss_with(
    *,
    margins: Callable[[Floats, Floats, Ints], Floats] = bpr.margins,
    term: OfMargin = lost,
    gather: Callable[[Floats], Any] = np.sum,
    penalty: Penalty = both_tables,
) -> Answer:
    """`bpr_loss` with another margin, term, way to gather the terms, or penalty."""

    def bpr_loss(P: Floats, Q: Floats, triples: Ints, reg: float) -> float:
        return float(gather(term(margins(P, Q, triples))) + reg * penalty(P, Q, triples))

    return bpr_loss


def loss_of_scores(term: Scored) -> Answer:
    """`bpr_loss` whose terms look at the two scores, not at their difference."""

    def bpr_loss(P: Floats, Q: Floats, triples: Ints, reg: float) -> float:
        users, positives, negatives = triples.T
        scores = (np.sum(P[users] * Q[items], axis=1) for items in (positives, negatives))
        return float(np.sum(term(*scores)) + reg * both_tables(P, Q, triples))

    return bpr_loss


def capped(room: float) -> OfMargin:
    """−ln(σ(x) + room)."""
    return lambda x: -np.log(expit(x) + room)


def cut(far: float) -> OfMargin:
    """The loss of a margin that is held between −far and far."""
    return lambda x: lost(np.clip(x, -far, far))


def by_math(x: Floats) -> Floats:
    """ln(1 + e^−x), one number after another."""
    return np.array([np.log(1 + exp(-one)) for one in x])


def loss_by_loop(P: Floats, Q: Floats, triples: Ints, reg: float) -> float:
    """Right, one triple after another: exp only of what is negative."""
    total = reg * sum(float(value) ** 2 for part in (P, Q) for value in np.ravel(part))
    for u, i, j in triples:
        x = float(np.dot(P[u], Q[i]) - np.dot(P[u], Q[j]))
        total += np.log1p(exp(-x)) if x > 0 else np.log1p(exp(x)) - x
    return float(total)


def loss_by_log_expit(P: Floats, Q: Floats, triples: Ints, reg: float) -> float:
    """Right: SciPy's ln σ of an einsum."""
    users, positives, negatives = np.transpose(triples)
    x = np.einsum("tk,tk->t", P[users], Q[positives] - Q[negatives])
    return float(-log_expit(x).sum() + reg * (np.linalg.norm(P) ** 2 + np.linalg.norm(Q) ** 2))


def loss_by_scores(P: Floats, Q: Floats, triples: Ints, reg: float) -> float:
    """Right: all scores first, and softplus by its larger part."""
    scores, (u, i, j) = P @ Q.T, triples.T
    x = scores[u, i] - scores[u, j]
    softplus = np.maximum(-x, 0) + np.log1p(np.exp(-np.abs(x)))
    return float(softplus.sum() + reg * np.trace(P.T @ P) + reg * np.trace(Q.T @ Q))


def loss_case(kind: str, P: Floats, Q: Floats, triples: list[tuple[int, int, int]], reg: float) -> Case:
    """One call."""
    return Case(kind, (P, Q, np.array(triples), reg))


def drawn_triples(rng: Generator, m: int, n: int, size: int) -> Ints:
    """Triples of a random user and two different films."""
    films = np.array([rng.permutation(n)[:2] for _ in range(size)])
    return np.column_stack([rng.integers(0, m, size), films])


def drawn_loss(rng: Generator, m: int, n: int, k: int) -> tuple[Any, ...]:
    """Tables in halves, four triples, a penalty."""
    return halves(rng, m, k), halves(rng, n, k), drawn_triples(rng, m, n, 4), tenths(rng)


ONE, PAIR = table([2]), table([1], [0.5])
P2, Q2 = table([1, 2], [-1, 0.5]), table([1, 0.5], [0.5, -1], [-1, 1])
FAR, FAR_PAIR = table([100], [0.2]), table([6], [-4])  # margins of 1000 and of 2


def loss_cases(seed: int) -> list[Case]:
    """One triple first; three drawn tables last."""
    rng = np.random.default_rng(seed)
    return [
        loss_case("one triple, no penalty", ONE, PAIR, [(0, 0, 1)], 0.0),
        loss_case("one triple and a penalty", ONE, PAIR, [(0, 0, 1)], 0.1),
        loss_case("a triple in the wrong order", ONE, PAIR, [(0, 1, 0)], 0.1),
        loss_case("a margin of 0", table([1, -1]), table([2, 2], [0.5, 0.5]), [(0, 0, 1)], 0.1),
        loss_case("several triples, no penalty", P2, Q2, [(0, 0, 2), (1, 2, 1)], 0.0),
        loss_case("several triples and a penalty", P2, Q2, [(0, 0, 2), (0, 1, 2), (1, 2, 1)], 0.5),
        loss_case("rows that no triple names", table([2], [3]), table([1], [0.5], [2], [4]), [(0, 0, 1)], 0.1),
        loss_case("rows that no triple names", table([1, 2], [3, 0]), Q2, [(0, 0, 1)], 0.1),
        loss_case("the same triple twice", ONE, PAIR, [(0, 0, 1), (0, 0, 1)], 0.1),
        loss_case("a margin of 1000", FAR, FAR_PAIR, [(0, 0, 1), (1, 0, 1)], 0.0),
        loss_case("a margin of −1000", FAR, FAR_PAIR, [(0, 1, 0), (1, 1, 0)], 0.0),
        Case("several triples and a penalty", drawn_loss(rng, 2, 3, 1)),
        Case("several triples and a penalty", drawn_loss(rng, 2, 4, 2)),
        Case("several triples and a penalty", drawn_loss(rng, 3, 4, 2)),
    ]


LOSS_WRONG = (
    WrongAnswer(
        "the objective to maximize",
        lambda *args: -bpr.loss(*args),
        "This is the paper's objective, which is maximized. The course minimizes: the loss is its negative, "
        "−Σ ln σ(x) + reg(‖P‖² + ‖Q‖²).",
        "lesson 05, Eq. (5.4)",
    ),
    WrongAnswer(
        "logarithms with a plus",
        loss_with(term=lambda x: -lost(x)),
        "ln σ(x) is below 0, and it rises as the order gets better. Your sum has it with a plus; a loss has −ln σ(x), "
        "which falls.",
        "lesson 05, Eq. (5.4)",
    ),
    WrongAnswer(
        "penalty subtracted",
        lambda P, Q, triples, reg: bpr.loss(P, Q, triples, 0) - reg * squares(P, Q),
        "You subtract the penalty. In the objective to maximize it stands with a minus; in the loss, which is the "
        "negative of that, both signs turn.",
        "lesson 05, Eq. (5.4)",
    ),
    WrongAnswer(
        "mean of the triples",
        loss_with(gather=np.mean),
        "You average over the triples. Minus the log posterior is a sum: each triple adds its −ln σ(x), and the "
        "penalty keeps its weight against them.",
        "lesson 05, Eq. (5.4)",
    ),
    WrongAnswer(
        "everything averaged",
        lambda P, Q, triples, reg: bpr.loss(P, Q, triples, reg) / len(triples),
        "You divide sum and penalty by the number of triples. The minimum is at the same place, but the loss asked for "
        "is the sum.",
        "lesson 05, Eq. (5.4)",
    ),
    WrongAnswer(
        "logarithm of base 10",
        loss_with(term=lambda x: lost(x) / np.log(10)),
        "You take the logarithm of base 10. A log likelihood has the natural one, np.log.",
        "lesson 05, Eq. (5.4)",
    ),
    WrongAnswer(
        "logarithm of base 2",
        loss_with(term=lambda x: lost(x) / np.log(2)),
        "You take the logarithm of base 2. A log likelihood has the natural one; ln 2 comes in only when the loss "
        "bounds 1 − AUC.",
        "lesson 05, Eq. (5.4) beside Eq. (5.10)",
    ),
    WrongAnswer(
        "1 − σ instead of −ln σ",
        loss_with(term=lambda x: expit(-x)),
        "Each of your triples adds 1 − σ(x). That is another loss, and never above 1: a triple far in the wrong order "
        "costs no more than one that is a little wrong. BPR has −ln σ(x).",
        "lesson 05, Eq. (5.4)",
    ),
    WrongAnswer(
        "logarithm forgotten",
        loss_with(term=lambda x: -expit(x)),
        "You add up −σ(x). A product of probabilities becomes a sum of their logarithms: ln σ(x).",
        "lesson 05, Eq. (5.3) and (5.4)",
    ),
    WrongAnswer(
        "σ forgotten",
        loss_with(term=lambda x: -x),
        "You add up the margins themselves. Each goes through −ln σ first; else one large margin outweighs all "
        "triples in the wrong order.",
        "lesson 05, Eq. (5.4)",
    ),
    WrongAnswer(
        "hinge",
        loss_with(term=lambda x: np.maximum(0, 1 - x)),
        "Each of your triples adds max(0, 1 − x), the hinge loss. BPR's comes from a probability: −ln σ(x).",
        "lesson 05, Eq. (5.3) and (5.4)",
    ),
    WrongAnswer(
        "hinge at 0",
        loss_with(term=lambda x: np.maximum(0, -x)),
        "Each of your triples adds max(0, −x): nothing once the order is right, however narrowly. BPR's −ln σ(x) is "
        "near that far from 0, and at x = 0 it is ln 2.",
        "lesson 05, Eq. (5.3) and (5.4)",
    ),
    WrongAnswer(
        "clicked and other film exchanged",
        loss_with(margins=lambda P, Q, triples: -bpr.margins(P, Q, triples)),
        "Your margin is the other film's lead. A row of `triples` is (u, i, j) with the clicked film in the middle: "
        "x = p_u·(q_i − q_j).",
        "lesson 05, Eq. (5.2)",
    ),
    WrongAnswer(
        "the other film forgotten",
        loss_with(margins=lambda P, Q, triples: np.sum(P[triples[:, 0]] * Q[triples[:, 1]], axis=1)),
        "Your margin is the clicked film's score alone. BPR compares: x = p_u·(q_i − q_j).",
        "lesson 05, Eq. (5.2)",
    ),
    WrongAnswer(
        "scores added",
        loss_with(
            margins=lambda P, Q, triples: np.sum(P[triples[:, 0]] * (Q[triples[:, 1]] + Q[triples[:, 2]]), axis=1)
        ),
        "You add the two scores. The margin is their difference: p_u·(q_i − q_j).",
        "lesson 05, Eq. (5.2)",
    ),
    WrongAnswer(
        "each score for itself",
        loss_of_scores(lambda clicked, other: lost(clicked) + lost(-other)),
        "Your loss asks the clicked film for a score above 0 and the other one for a score below 0, each for itself "
        "(cross-entropy). BPR has one term per triple, of the difference: −ln σ(p_u·q_i − p_u·q_j).",
        "lesson 05, Eq. (5.2) and (5.4)",
    ),
    WrongAnswer(
        "difference of the logarithms",
        loss_of_scores(lambda clicked, other: lost(clicked) - lost(other)),
        "You take ln σ of each score and subtract afterwards. The difference comes first: ln σ(p_u·q_i − p_u·q_j).",
        "lesson 05, Eq. (5.2) and (5.4)",
    ),
    *ways(
        "one triple only",
        "Only one triple is in your sum. Look at the loop: `total = ...` where `total += ...` belongs, or a return "
        "inside the loop.",
        "lesson 05, Eq. (5.4)",
        {
            "the first": loss_with(gather=lambda terms: terms[0]),
            "the last": loss_with(gather=lambda terms: terms[-1]),
        },
    ),
    WrongAnswer(
        "a repeated triple counted once",
        loss_with(margins=lambda P, Q, triples: bpr.margins(P, Q, np.unique(triples, axis=0))),
        "A triple that occurs twice adds its term twice. A set, or np.unique, keeps it once.",
        "the contract of task 05.1: a triple may occur more than once",
    ),
    WrongAnswer(
        "no penalty",
        loss_with(penalty=lambda P, Q, triples: 0.0),
        "`reg` does nothing in your loss. The prior adds reg(‖P‖² + ‖Q‖²).",
        "lesson 05, Eq. (5.4)",
    ),
    WrongAnswer(
        "only P penalized",
        loss_with(penalty=lambda P, Q, triples: squares(P)),
        "Your penalty is that of the users. The films' vectors have a prior too: + reg‖Q‖².",
        "lesson 05, Eq. (5.4)",
    ),
    WrongAnswer(
        "only Q penalized",
        loss_with(penalty=lambda P, Q, triples: squares(Q)),
        "Your penalty is that of the films. The users' vectors have a prior too: + reg‖P‖².",
        "lesson 05, Eq. (5.4)",
    ),
    WrongAnswer(
        "penalty halved",
        loss_with(penalty=lambda P, Q, triples: squares(P, Q) / 2),
        "Your penalty is half of what is asked. The 1/2 of the Gaussian's exponent is in reg already: reg = 1/(2τ²).",
        "lesson 05, Eq. (5.4)",
    ),
    WrongAnswer(
        "penalty doubled",
        loss_with(penalty=lambda P, Q, triples: 2 * squares(P, Q)),
        "Your penalty is twice what is asked. The 2 comes with the derivative; the loss has reg(‖P‖² + ‖Q‖²).",
        "lesson 05, Eq. (5.4)",
    ),
    *ways(
        "penalty of norms",
        "Your penalty adds norms that are not squared. np.linalg.norm gives a root; Eq. (5.4) has ‖P‖² + ‖Q‖², the "
        "sum of all entries squared.",
        "lesson 05, Eq. (5.4)",
        {
            "of the tables": loss_with(penalty=lambda P, Q, triples: float(np.linalg.norm(P) + np.linalg.norm(Q))),
            "of the rows": loss_with(penalty=lambda P, Q, triples: float(sum(np.linalg.norm(row) for row in (*P, *Q)))),
        },
    ),
    WrongAnswer(
        "sizes of the entries",
        loss_with(penalty=lambda P, Q, triples: float(np.abs(P).sum() + np.abs(Q).sum())),
        "Your penalty adds the sizes of the entries, the L1 norm. ‖P‖² adds their squares.",
        "lesson 05, Eq. (5.4)",
    ),
    WrongAnswer(
        "spectral norm",
        loss_with(penalty=lambda P, Q, triples: float(np.linalg.norm(P, 2) ** 2 + np.linalg.norm(Q, 2) ** 2)),
        "np.linalg.norm(P, 2) of a matrix is its largest singular value. ‖P‖² sums the squares of all entries: "
        "np.linalg.norm(P) ** 2, without the 2 inside.",
        "lesson 05, Eq. (5.4)",
    ),
    WrongAnswer(
        "penalty averaged",
        loss_with(penalty=lambda P, Q, triples: float(np.mean(P**2) + np.mean(Q**2))),
        "You average the squares of the entries. ‖P‖² is their sum.",
        "lesson 05, Eq. (5.4)",
    ),
    WrongAnswer(
        "penalty once per triple",
        loss_with(penalty=rows_per_triple),
        "You penalize the three vectors of each triple, so a vector in ten triples counts ten times. That is what "
        "sampling minimizes; here each row of P and Q counts once.",
        "lesson 05, Eq. (5.4) beside Eq. (5.11)",
    ),
    WrongAnswer(
        "whole tables once per triple",
        loss_with(penalty=lambda P, Q, triples: len(triples) * squares(P, Q)),
        "Your penalty stands inside the sum, so the whole tables count once for each triple. It is added once, after "
        "the sum.",
        "lesson 05, Eq. (5.4)",
    ),
    WrongAnswer(
        "only rows in a triple",
        loss_with(penalty=rows_named),
        "You penalize only the rows that some triple names. Every row of P and Q has its prior, also that of a film "
        "in no triple.",
        "lesson 05, Eq. (5.4)",
    ),
    WrongAnswer(
        "entries added, then squared",
        loss_with(penalty=lambda P, Q, triples: float(P.sum() ** 2 + Q.sum() ** 2)),
        "You add the entries of a table and square the sum. ‖P‖² squares each entry first, then adds.",
        "lesson 05, Eq. (5.4)",
    ),
    WrongAnswer(
        "every triple with every triple",
        loss_with(margins=lambda P, Q, triples: (P[triples[:, 0]] @ (Q[triples[:, 1]] - Q[triples[:, 2]]).T).ravel()),
        "P[u] @ (Q[i] - Q[j]).T multiplies each triple's user with each triple's films: T × T numbers. Each triple has "
        "one margin: np.sum(P[u] * (Q[i] - Q[j]), axis=1).",
        "lesson 05, Eq. (5.2)",
    ),
    WrongAnswer(
        "margins added first",
        loss_with(term=lambda x: lost(np.sum(x))),
        "You add up the margins and take −ln σ of the sum. Then one large margin hides all triples in the wrong order; "
        "each triple has its own −ln σ(x).",
        "lesson 05, Eq. (5.4)",
    ),
    WrongAnswer(
        "entries not summed to a margin",
        loss_with(margins=lambda P, Q, triples: P[triples[:, 0]] * (Q[triples[:, 1]] - Q[triples[:, 2]])),
        "You take −ln σ of each product of entries. A margin is one number per triple, the sum over the factors: "
        "np.sum(..., axis=1).",
        "lesson 05, Eq. (5.2)",
    ),
    WrongAnswer(
        "logarithm of the sum",
        loss_with(term=lambda x: np.logaddexp.reduce(np.append(-x, np.log(x.size)))),
        "You add first and take the logarithm of the sum. The logarithm of a product is a sum of logarithms: take it "
        "for each triple, then add.",
        "lesson 05, Eq. (5.4)",
    ),
    WrongAnswer(
        "terms not summed",
        lambda P, Q, triples, reg: lost(bpr.margins(P, Q, triples)) + reg * squares(P, Q),
        "You return a number for each triple, with the penalty in every one. The loss is one number: np.sum over the "
        "triples, and the penalty added once.",
        "lesson 05, Eq. (5.4)",
    ),
    *ways(
        "rounded",
        "Your value is right and rounded. Return all digits; rounding is for printing.",
        "the contract of task 05.1",
        {f"to {digits}": lambda *args, digits=digits: round(bpr.loss(*args), digits) for digits in (2, 3, 4)},
    ),
    *ways(
        "overflow at −1000",
        "At a margin of −1000 the loss is 1000. Your exp(1000) is too large for a float, or your σ is 0 and its "
        "logarithm −inf. np.logaddexp(0, -x) is ln(1 + e^−x) for every x.",
        "lesson 05, Eq. (5.4)",
        {
            "numpy": loss_with(term=lambda x: np.log(1 + np.exp(-x))),
            "math": loss_with(term=by_math),
            "at 1000 too": loss_with(term=lambda x: -np.log(np.exp(x) / (1 + np.exp(x)))),
        },
    ),
    WrongAnswer(
        "overflow at 1000",
        loss_with(term=lambda x: np.log(1 + np.exp(x)) - x),
        "At a margin of 1000 your exp(1000) is too large for a float, and the loss comes out as inf, not 0. Take exp "
        "of −x only, or np.logaddexp(0, -x), which does it for every x.",
        "lesson 05, Eq. (5.4)",
    ),
    *ways(
        "loss capped",
        "A small number beside σ keeps the logarithm finite, and caps it: −ln(1e-10) is 23.03, however wrong the "
        "order, and past the cap nothing pushes. At a margin of −1000 the loss is 1000: np.logaddexp(0, -x).",
        "lesson 05, Eq. (5.4)",
        {f"{room:g}": loss_with(term=capped(room)) for room in (1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-20)},
    ),
    *ways(
        "margin cut",
        "You cut the margin before σ, which caps the loss. Nothing needs to be cut: np.logaddexp(0, -x) is 1000 at a "
        "margin of −1000.",
        "lesson 05, Eq. (5.4)",
        {f"{far}": loss_with(term=cut(far)) for far in (20, 30, 50, 100, 500, 700)},
    ),
)

LOSS = FunctionTask(
    id="05.1",
    title="The loss",
    name="bpr_loss",
    objectives=("O5.2", "O5.4"),
    contract="bpr_loss(P, Q, triples, reg) → a number, Eq. (5.4). P: array (m, k). Q: array (n, k). triples: integer "
    "array (T, 3), T ≥ 1; a row is (u, i, j): user, clicked film, other film; a triple may occur more than once, and "
    "then counts each time. reg ≥ 0. The sum over the triples of −ln σ(p_u·(q_i − q_j)) plus reg(‖P‖² + ‖Q‖²), the "
    "whole tables, once. Natural logarithm. Exact at margins of ±1000, without a warning.",
    points=6,
    hints=(
        "One margin for each row of `triples`: with u, i, j = triples.T, P[u] and Q[i] have a row for each triple. "
        "Then: what does one triple add, and what is added once?",
        "−ln σ(x) = ln(1 + e^−x), and np.logaddexp(a, b) is ln(e^a + e^b). Which a and b?",
        "x = np.sum(P[u] * (Q[i] - Q[j]), axis=1); the loss is np.logaddexp(0, -x).sum() + reg * (np.sum(P**2) + "
        "np.sum(Q**2)).",
    ),
    reference=lambda P, Q, triples, reg: bpr.loss(P, Q, triples, reg),
    cases=loss_cases,
    wrong=LOSS_WRONG,
    right=(loss_by_loop, loss_by_log_expit, loss_by_scores, loss_with()),
)


# ---- 05.2 bpr_gradient -----------------------------------------------------------------------------------------------

Three = tuple[Any, Any, Any]
Of3 = Callable[[Floats, Floats, Floats], Any]  # p, q_i, q_j -> something
Pull = Callable[[Floats, float, str], Any]  # own vector, reg, "p", "i" or "j" -> the penalty's part


def margin3(p: Floats, qi: Floats, qj: Floats) -> Any:
    """x_uij."""
    return p @ (qi - qj)


def falling(x: Any) -> Any:
    """σ(−x), the right push."""
    return expit(-x)


def twice(own: Floats, reg: float, whose: str) -> Any:
    """2 · reg · own, the right pull."""
    return 2 * reg * own


def pulling(*whose: str) -> Pull:
    """The penalty's part for these vectors only."""
    return lambda own, reg, mine: 2 * reg * own if mine in whose else 0 * own


def gradient_with(
    *,
    margin: Of3 = margin3,
    push: OfMargin = falling,
    pull: Pull = twice,
    for_p: Of3 = lambda p, qi, qj: qi - qj,
    for_i: Of3 = lambda p, qi, qj: p,
    for_j: Of3 = lambda p, qi, qj: -p,
) -> Answer:
    """`bpr_gradient` with another margin, push, penalty, or with other derivatives of the margin."""

    def bpr_gradient(p: Floats, qi: Floats, qj: Floats, reg: float) -> Three:
        pushed = push(margin(p, qi, qj))
        return (
            pull(p, reg, "p") - pushed * for_p(p, qi, qj),
            pull(qi, reg, "i") - pushed * for_i(p, qi, qj),
            pull(qj, reg, "j") - pushed * for_j(p, qi, qj),
        )

    return bpr_gradient


def negated(gradient: Answer) -> Answer:
    """The same with all signs turned."""
    return lambda *args: tuple(-part for part in gradient(*args))


def rearranged(gradient: Answer, *order: int) -> Answer:
    """The right values in another order."""
    return lambda *args: tuple(gradient(*args)[place] for place in order)


def exchanged(p: Floats, qi: Floats, qj: Floats, reg: float) -> Three:
    """As if j had been clicked and i not."""
    dp, dqj, dqi = bpr.gradient(p, qj, qi, reg)
    return dp, dqi, dqj


def penalizing_the_difference(p: Floats, qi: Floats, qj: Floats, reg: float) -> Three:
    """The penalty of ‖q_i − q_j‖² in place of ‖q_i‖² + ‖q_j‖²."""
    dp, dqi, dqj = gradient_with(pull=pulling("p"))(p, qi, qj, reg)
    return dp, dqi + 2 * reg * (qi - qj), dqj - 2 * reg * (qi - qj)


def with_the_penalty_of_qi(p: Floats, qi: Floats, qj: Floats, reg: float) -> Three:
    """q_j's penalty has q_i."""
    dp, dqi, dqj = bpr.gradient(p, qi, qj, reg)
    return dp, dqi, dqj + 2 * reg * (qi - qj)


def with_another_p(written: Callable[[Floats, Floats], Floats]) -> Answer:
    """The films are pushed along what p has become; the push is the old one."""

    def bpr_gradient(p: Floats, qi: Floats, qj: Floats, reg: float) -> Three:
        dp, dqi, dqj = bpr.gradient(p, qi, qj, reg)
        more = falling(margin3(p, qi, qj)) * (written(p, dp) - p)
        return dp, dqi - more, dqj + more

    return bpr_gradient


def gradient_in_place(p: Floats, qi: Floats, qj: Floats, reg: float) -> Three:
    """The right values, but p is overwritten."""
    dp, dqi, dqj = bpr.gradient(p, qi, qj, reg)
    p[:] = dp
    return dp, dqi, dqj


def gradient_by_branches(p: Floats, qi: Floats, qj: Floats, reg: float) -> Three:
    """Right: exp only of what is negative."""
    difference = qi - qj
    x = float(np.dot(p, difference))
    small = exp(-abs(x))
    pushed = small / (1 + small) if x >= 0 else 1 / (1 + small)
    dqi, dqj = -pushed * p + 2 * reg * qi, pushed * p + 2 * reg * qj
    return 2 * reg * p - pushed * difference, dqi, dqj


def gradient_by_tanh(p: Floats, qi: Floats, qj: Floats, reg: float) -> Three:
    """Right: σ(−x) = (1 − tanh(x/2))/2, and a list for a tuple."""
    pushed = (1 - np.tanh(sum(a * (b - c) for a, b, c in zip(p, qi, qj, strict=True)) / 2)) / 2
    along = np.array([qi - qj, p, -p])
    dp, dqi, dqj = 2 * reg * np.array([p, qi, qj]) - pushed * along
    return dp, dqi, dqj


def gradient_by_scores(p: Floats, qi: Floats, qj: Floats, reg: float) -> Three:
    """Right: the derivative of the loss by the margin first, with its minus."""
    by_margin = expit(p @ qi - p @ qj) - 1
    return by_margin * (qi - qj) + reg * (p + p), by_margin * p + reg * (qi + qi), -by_margin * p + reg * (qj + qj)


def drawn_gradient(rng: Generator, k: int) -> tuple[Any, ...]:
    """Three vectors in halves, and a penalty."""
    return halves(rng, k), halves(rng, k), halves(rng, k), tenths(rng)


def gradient_cases(seed: int) -> list[Case]:
    """One factor first; three drawn triples last."""
    rng = np.random.default_rng(seed)
    p, qi, qj = vector(1, 2), vector(0.5, 1), vector(-1, 0.5)
    return [
        Case("no penalty", (vector(2), vector(1), vector(0.5), 0.0)),
        Case("no penalty", (p, qi, qj, 0.0)),
        Case("a penalty", (vector(2), vector(1), vector(0.5), 0.1)),
        Case("a penalty", (p, qi, qj, 0.1)),
        Case("a triple in the wrong order", (vector(2), vector(0.5), vector(1), 0.1)),
        Case("a triple in the wrong order", (p, qj, qi, 0.5)),
        Case("a margin of 0", (vector(1, -1), vector(2, 2), vector(0.5, 0.5), 0.1)),
        Case("two films with the same vector", (vector(1, 2), vector(0.5, 1), vector(0.5, 1), 0.1)),
        Case("a margin of 1000", (vector(100), vector(6), vector(-4), 0.1)),
        Case("a margin of −1000", (vector(100), vector(-4), vector(6), 0.1)),
        Case("two factors, drawn", drawn_gradient(rng, 2)),
        Case("two factors, drawn", drawn_gradient(rng, 2)),
        Case("three factors", drawn_gradient(rng, 3)),
    ]


GRADIENT_WRONG = (
    WrongAnswer("the step instead of the gradient", negated(bpr.gradient), ASCENT, "lesson 05, Eq. (5.6) to (5.9)"),
    WrongAnswer(
        "wrong sign of the push",
        gradient_with(push=lambda x: -falling(x)),
        UNLEARNING,
        "lesson 05, Eq. (5.5) and (5.6)",
    ),
    *ways(
        "the paper's listing",
        BRACKET,
        "lesson 05, Eq. (5.6) and (5.9)",
        {
            "as printed": gradient_with(push=lambda x: -ratio(x), pull=lambda own, reg, whose: reg * own),
            "without overflow": gradient_with(push=lambda x: -falling(x), pull=lambda own, reg, whose: reg * own),
        },
    ),
    *ways(
        "the paper's gradient",
        PRINTED,
        "lesson 05, Eq. (5.6) and (5.9)",
        {
            "as printed": gradient_with(push=ratio, pull=lambda own, reg, whose: -reg * own),
            "without overflow": gradient_with(pull=lambda own, reg, whose: -reg * own),
        },
    ),
    WrongAnswer(
        "the paper's sign of the penalty",
        gradient_with(pull=lambda own, reg, whose: -2 * reg * own),
        GROWING,
        "lesson 05, Eq. (5.6)",
    ),
    WrongAnswer(
        "penalty without the 2", gradient_with(pull=lambda own, reg, whose: reg * own), NO_TWO, "lesson 05, Eq. (5.6)"
    ),
    WrongAnswer(
        "σ′ in place of 1 − σ", gradient_with(push=lambda x: expit(x) * expit(-x)), BELL, "lesson 05, Eq. (5.5)"
    ),
    WrongAnswer("σ(x) in place of 1 − σ(x)", gradient_with(push=expit), TURNED, "lesson 05, Eq. (5.5)"),
    WrongAnswer(
        "chain rule ends at σ",
        gradient_with(push=lambda x: 1 + np.exp(np.minimum(-x, 700))),
        FACTOR_ENDS,
        "lesson 05, Eq. (5.5)",
    ),
    WrongAnswer(
        "push forgotten",
        gradient_with(push=lambda x: 1.0),
        "You have the derivatives of the margin, q_i − q_j, p and −p, but not the push that multiplies them: "
        "1 − σ(x). Without it a triple that is long in order pushes like one in the wrong order.",
        "lesson 05, Eq. (5.5) and (5.6)",
    ),
    WrongAnswer(
        "loss in place of the push",
        gradient_with(push=lost),
        "You multiply by the loss itself, −ln σ(x). The gradient has its derivative: 1 − σ(x).",
        "lesson 05, Eq. (5.5)",
    ),
    WrongAnswer(
        "push doubled",
        gradient_with(push=lambda x: 2 * falling(x)),
        "There is a 2 before your push. The 2 comes from a square, so it belongs to the penalty; ln σ(x) has none.",
        "lesson 05, Eq. (5.5) and (5.6)",
    ),
    *ways(
        "no penalty",
        "The push is right. All three vectors are penalized, p, q_i and q_j, so each gradient has 2·reg times its own "
        "vector.",
        "lesson 05, Eq. (5.6) to (5.8)",
        {
            "anywhere": gradient_with(pull=pulling()),
            "in dp": gradient_with(pull=pulling("i", "j")),
            "in dqi": gradient_with(pull=pulling("p", "j")),
            "in dqj": gradient_with(pull=pulling("p", "i")),
            "in dqi and dqj": gradient_with(pull=pulling("p")),
        },
    ),
    WrongAnswer(
        "the step, without the 2",
        negated(gradient_with(pull=lambda own, reg, whose: reg * own)),
        "This is what a step of many libraries adds: the push less reg times the vector. Asked is the gradient, which "
        "a step subtracts, with the penalty's factor 2.",
        "lesson 05, Eq. (5.6) to (5.9)",
    ),
    WrongAnswer(
        "logarithm of base 2",
        gradient_with(push=lambda x: falling(x) / np.log(2)),
        "Your push is divided by ln 2, as for a logarithm of base 2. The loss has the natural one.",
        "lesson 05, Eq. (5.4) and (5.5)",
    ),
    WrongAnswer(
        "slope of the norm",
        gradient_with(pull=lambda own, reg, whose: reg * own / np.linalg.norm(own)),
        "Your penalty's part is the derivative of reg‖p‖. The penalty is squared: reg‖p‖², with the gradient 2·reg·p.",
        "lesson 05, Eq. (5.4) and (5.6)",
    ),
    WrongAnswer(
        "the difference penalized",
        penalizing_the_difference,
        "You penalize q_i − q_j, as if the two films shared a penalty. It is ‖q_i‖² + ‖q_j‖², each by itself: "
        "2·reg·q_i and 2·reg·q_j.",
        "lesson 05, Eq. (5.7) and (5.8)",
    ),
    WrongAnswer(
        "q_i in the penalty of q_j",
        with_the_penalty_of_qi,
        "In your dqj the penalty has q_i, as a line copied from dqi leaves it. Each vector shrinks by itself: dqj has "
        "2·reg·q_j.",
        "lesson 05, Eq. (5.8)",
    ),
    *ways(
        "p written before the films",
        "Your dp is right, and then p is another vector: dqi and dqj no longer see the p that was handed in. All three "
        "gradients are taken at the same vectors; give dp a name of its own.",
        "lesson 05, Eq. (5.6) to (5.9)",
        {
            "moved by dp": with_another_p(lambda p, dp: p - dp),
            "moved by a tenth": with_another_p(lambda p, dp: p - 0.1 * dp),
            "moved by a hundredth": with_another_p(lambda p, dp: p - 0.01 * dp),
            "dp itself": with_another_p(lambda p, dp: dp),
        },
    ),
    WrongAnswer(
        "written into p",
        gradient_in_place,
        "Your values are right. But p belongs to the caller, and `p *= ...` or `p -= ...` changes it. Write `dp = ...` "
        "with a new array.",
        "the contract of task 05.2: the inputs stay as they were",
    ),
    *ways(
        "penalty itself, not its slope",
        NO_SLOPE,
        "lesson 05, Eq. (5.6)",
        {
            "the square": gradient_with(pull=lambda own, reg, whose: reg * (own @ own)),
            "twice the square": gradient_with(pull=lambda own, reg, whose: 2 * reg * (own @ own)),
            "twice the norm": gradient_with(pull=lambda own, reg, whose: 2 * reg * np.linalg.norm(own)),
        },
    ),
    WrongAnswer(
        "the other film pushed up",
        gradient_with(for_j=lambda p, qi, qj: p),
        "You push q_j the way of q_i. In x = p·(q_i − q_j) it stands with a minus, so its gradient is + push · p: the "
        "other film goes down.",
        "lesson 05, Eq. (5.7) and (5.8)",
    ),
    WrongAnswer(
        "both films pushed down",
        gradient_with(for_i=lambda p, qi, qj: -p),
        "You push q_i the way of q_j. In x = p·(q_i − q_j) it stands with a plus, so its gradient is − push · p: the "
        "clicked film goes up.",
        "lesson 05, Eq. (5.7) and (5.8)",
    ),
    WrongAnswer(
        "the films' pushes exchanged",
        gradient_with(for_i=lambda p, qi, qj: -p, for_j=lambda p, qi, qj: p),
        "Your dp is right, and the pushes of the films have changed their signs: − push · p belongs to q_i, + push · p "
        "to q_j.",
        "lesson 05, Eq. (5.7) and (5.8)",
    ),
    WrongAnswer(
        "clicked and other film exchanged",
        exchanged,
        "This is the gradient for a user who clicked j and not i. The second argument is the clicked film's vector: "
        "x = p·(q_i − q_j).",
        "lesson 05, Eq. (5.2)",
    ),
    WrongAnswer(
        "difference turned in dp",
        gradient_with(for_p=lambda p, qi, qj: qj - qi),
        "In your dp the push has q_j − q_i, which turns the user away from the clicked film. The margin's derivative "
        "by p is q_i − q_j.",
        "lesson 05, Eq. (5.6)",
    ),
    WrongAnswer(
        "dp with q_i alone",
        gradient_with(for_p=lambda p, qi, qj: qi),
        "Your dp has only q_i beside the push. The margin's derivative by p is q_i − q_j.",
        "lesson 05, Eq. (5.6)",
    ),
    WrongAnswer(
        "dp with a sum",
        gradient_with(for_p=lambda p, qi, qj: qi + qj),
        "Your dp has q_i + q_j beside the push. The margin's derivative by p is the difference q_i − q_j.",
        "lesson 05, Eq. (5.6)",
    ),
    WrongAnswer(
        "films pushed along themselves",
        gradient_with(for_i=lambda p, qi, qj: qi, for_j=lambda p, qi, qj: -qj),
        "You push the films along their own vectors. The derivative of p·(q_i − q_j) by q_i is p, and by q_j it is −p.",
        "lesson 05, Eq. (5.7) and (5.8)",
    ),
    WrongAnswer(
        "films pushed along the difference",
        gradient_with(for_i=lambda p, qi, qj: qi - qj, for_j=lambda p, qi, qj: qj - qi),
        "You push the films along q_i − q_j, as p is. The derivative of p·(q_i − q_j) by q_i is p, and by q_j it is "
        "−p.",
        "lesson 05, Eq. (5.7) and (5.8)",
    ),
    WrongAnswer(
        "films not pushed",
        gradient_with(for_i=lambda p, qi, qj: 0 * p, for_j=lambda p, qi, qj: 0 * p),
        "Only p is pushed in your answer. The margin holds q_i and q_j too: dqi has − push · p, dqj has + push · p.",
        "lesson 05, Eq. (5.7) and (5.8)",
    ),
    WrongAnswer(
        "other film not pushed",
        gradient_with(for_j=lambda p, qi, qj: 0 * p),
        "Your dqj holds the penalty only. The margin holds q_j as well, with a minus, so dqj has + push · p.",
        "lesson 05, Eq. (5.8)",
    ),
    WrongAnswer(
        "entries multiplied, not summed",
        gradient_with(margin=lambda p, qi, qj: p * (qi - qj)),
        "p * (qi - qj) multiplies entry by entry, and each entry then has a push of its own. The margin is one number: "
        "p @ (qi - qj).",
        "lesson 05, Eq. (5.2)",
    ),
    WrongAnswer(
        "the other film forgotten",
        gradient_with(margin=lambda p, qi, qj: p @ qi),
        "Your push is taken at the clicked film's score, p·q_i. The margin compares two scores: p·(q_i − q_j).",
        "lesson 05, Eq. (5.2)",
    ),
    WrongAnswer(
        "scores added",
        gradient_with(margin=lambda p, qi, qj: p @ (qi + qj)),
        "Your push is taken at the sum of both scores. The margin is their difference, p·(q_i − q_j).",
        "lesson 05, Eq. (5.2)",
    ),
    WrongAnswer(
        "moved vectors",
        lambda p, qi, qj, reg: tuple(
            own - slope for own, slope in zip((p, qi, qj), bpr.gradient(p, qi, qj, reg), strict=True)
        ),
        "You return the vectors after a step. Asked is the gradient alone; the step, with its learning rate, is task "
        "05.3.",
        "lesson 05, Eq. (5.6) to (5.9)",
    ),
    *ways(
        "another order",
        "The three gradients are right and stand in another order. Return (dp, dqi, dqj): the user, the clicked film, "
        "the other film.",
        "the contract of task 05.2",
        {
            "films exchanged": rearranged(bpr.gradient, 0, 2, 1),
            "user last": rearranged(bpr.gradient, 1, 2, 0),
        },
    ),
    *ways(
        "overflow", OVERFLOW, "lesson 05, Eq. (5.5)", {name: gradient_with(push=f) for name, f in OVERFLOWING.items()}
    ),
)

GRADIENT = FunctionTask(
    id="05.2",
    title="Three gradients",
    name="bpr_gradient",
    objectives=("O5.3", "O5.4"),
    contract="bpr_gradient(p, qi, qj, reg) → (dp, dqi, dqj), arrays of shape (k,), Eq. (5.6) to (5.8). p, qi, qj: "
    "arrays (k,) of floats: the user, the clicked film, the other film; reg ≥ 0. The gradient of −ln σ(p·(qi − qj)) + "
    "reg(‖p‖² + ‖qi‖² + ‖qj‖²) by each of the three: what a descent step subtracts, with every factor 2. At margins of "
    "±1000 it is finite, and no warning is left behind. The inputs stay as they were.",
    points=6,
    hints=(
        "The chain rule: the derivative of −ln σ(x) by x is one number for the whole triple. Then: what is the "
        "derivative of x = p·(qi − qj) by p, by qi, by qj?",
        "The push is 1 − σ(x) = σ(−x), and −ln σ has it with a minus. By p the margin has the derivative qi − qj, by "
        "qi it has p. And each vector's penalty adds 2·reg times that vector.",
        "push = scipy.special.expit(-(p @ (qi - qj))). dp = 2 * reg * p - push * (qi - qj); dqi = 2 * reg * qi - push "
        "* p. And dqj, where p stands with the other sign?",
    ),
    reference=lambda p, qi, qj, reg: bpr.gradient(p, qi, qj, reg),
    cases=gradient_cases,
    returns=("dp", "dqi", "dqj"),
    wrong=GRADIENT_WRONG,
    right=(gradient_by_branches, gradient_by_tanh, gradient_by_scores, gradient_with()),
)


# ---- 05.3 bpr_sgd_step -----------------------------------------------------------------------------------------------

Move = Callable[[Floats, Floats, float, float], Floats]  # own vector, its gradient, lr, reg -> the new vector
Tables = tuple[Floats, Floats]


def down(own: Floats, slope: Floats, lr: float, reg: float) -> Floats:
    """The right move."""
    return own - lr * slope


def step_with(gradient: Answer = bpr.gradient, move: Move = down) -> Answer:
    """`bpr_sgd_step` with another gradient or another move."""

    def bpr_sgd_step(P: Floats, Q: Floats, u: int, i: int, j: int, lr: float, reg: float) -> Tables:
        slopes = gradient(P[u], Q[i], Q[j], reg)
        P, Q = P.copy(), Q.copy()
        P[u], Q[i], Q[j] = (move(*pair, lr, reg) for pair in zip((P[u], Q[i], Q[j]), slopes, strict=True))
        return P, Q

    return bpr_sgd_step


def step_in_turn(order: str, push_anew: bool) -> Answer:
    """Moves one vector after another in this order of p, i and j; each sees those that have moved already."""

    def bpr_sgd_step(P: Floats, Q: Floats, u: int, i: int, j: int, lr: float, reg: float) -> Tables:
        P, Q = P.copy(), Q.copy()
        pushed = expit(-(P[u] @ (Q[i] - Q[j])))
        for whose in order:
            if push_anew:
                pushed = expit(-(P[u] @ (Q[i] - Q[j])))
            if whose == "p":
                P[u] += lr * (pushed * (Q[i] - Q[j]) - 2 * reg * P[u])
            else:
                row, sign = (i, 1) if whose == "i" else (j, -1)
                Q[row] += lr * (sign * pushed * P[u] - 2 * reg * Q[row])
        return P, Q

    return bpr_sgd_step


def step_in_place(which: str) -> Answer:
    """The right values, written into the caller's tables."""

    def bpr_sgd_step(P: Floats, Q: Floats, u: int, i: int, j: int, lr: float, reg: float) -> Tables:
        new_P, new_Q = step_with()(P, Q, u, i, j, lr, reg)
        if "P" in which:
            P[:] = new_P
        if "Q" in which:
            Q[:] = new_Q
        return new_P, new_Q

    return bpr_sgd_step


def step_staying(*rows: str) -> Answer:
    """These of u, i and j do not move."""

    def bpr_sgd_step(P: Floats, Q: Floats, u: int, i: int, j: int, lr: float, reg: float) -> Tables:
        new_P, new_Q = step_with()(P, Q, u, i, j, lr, reg)
        if "u" in rows:
            new_P[u] = P[u]
        for row in [number for name, number in (("i", i), ("j", j)) if name in rows]:
            new_Q[row] = Q[row]
        return new_P, new_Q

    return bpr_sgd_step


def step_decaying_tables(P: Floats, Q: Floats, u: int, i: int, j: int, lr: float, reg: float) -> Tables:
    """The penalty shrinks every row of both tables."""
    new_P, new_Q = step_with()(P, Q, u, i, j, lr, 0)
    return new_P - lr * 2 * reg * P, new_Q - lr * 2 * reg * Q


def step_of_changes(*args: Any) -> Tables:
    """What the step adds to the tables."""
    new_P, new_Q = step_with()(*args)
    return new_P - args[0], new_Q - args[1]


def step_by_one_hot(P: Floats, Q: Floats, u: int, i: int, j: int, lr: float, reg: float) -> Tables:
    """Right: outer products with unit vectors, no assignment."""
    users, films = np.eye(len(P)), np.eye(len(Q))
    pushed = expit(-(P[u] @ (Q[i] - Q[j])))
    dP = np.outer(users[u], 2 * reg * P[u] - pushed * (Q[i] - Q[j]))
    dQ = np.outer(films[j] - films[i], pushed * P[u]) + 2 * reg * (films[i] + films[j])[:, None] * Q
    return P - lr * dP, Q - lr * dQ


def step_by_copies(P: Floats, Q: Floats, u: int, i: int, j: int, lr: float, reg: float) -> Tables:
    """Right: copies of the three rows first, so that no view moves with the tables."""
    p, qi, qj = P[u].copy(), Q[i].copy(), Q[j].copy()
    new_P, new_Q = np.array(P), np.array(Q)
    pushed = 1 - expit(float(p @ qi - p @ qj))
    new_P[u] += lr * (pushed * (qi - qj) - 2 * reg * p)
    new_Q[i] += lr * (pushed * p - 2 * reg * qi)
    new_Q[j] -= lr * (pushed * p + 2 * reg * qj)
    return new_P, new_Q


def step_by_shrinking(P: Floats, Q: Floats, u: int, i: int, j: int, lr: float, reg: float) -> Tables:
    """Right: shrinks the three rows, then adds the pushes of the old ones."""
    keep = 1 - 2 * lr * reg
    pushed = lr * expit(np.sum(P[u] * (Q[j] - Q[i])))
    users = np.where(np.arange(len(P))[:, None] == u, keep * P + pushed * (Q[i] - Q[j]), P)
    films = [
        keep * q + (pushed * P[u] if row == i else -pushed * P[u]) if row in (i, j) else q for row, q in enumerate(Q)
    ]
    return users, np.array(films)


def drawn_step(rng: Generator, m: int, n: int, k: int) -> tuple[Any, ...]:
    """Tables in halves, a triple, a learning rate and a penalty."""
    i, j = rng.permutation(n)[:2].tolist()
    return halves(rng, m, k), halves(rng, n, k), int(rng.integers(m)), i, j, tenths(rng), tenths(rng)


def step_cases(seed: int) -> list[Case]:
    """One user and two films first; three drawn tables last."""
    rng = np.random.default_rng(seed)
    return [
        Case("one user and two films, no penalty", (ONE, PAIR, 0, 0, 1, 0.1, 0.0)),
        Case("one user and two films", (ONE, PAIR, 0, 0, 1, 0.1, 0.5)),
        Case("a triple in the wrong order", (ONE, PAIR, 0, 1, 0, 0.1, 0.5)),
        Case("a triple in the wrong order", (P2, Q2, 1, 0, 2, 0.5, 0.1)),
        Case("two factors, no penalty", (P2[:1], Q2[:2], 0, 0, 1, 0.5, 0.0)),
        Case("rows that the triple does not name", (table([1], [2]), table([3], [1], [0.5]), 1, 2, 1, 0.1, 0.5)),
        Case("rows that the triple does not name", (P2, Q2, 0, 2, 0, 0.1, 0.5)),
        Case("a learning rate of 1", (P2[:1], Q2[:2], 0, 0, 1, 1.0, 0.2)),
        Case("drawn tables", drawn_step(rng, 2, 3, 2)),
        Case("drawn tables", drawn_step(rng, 3, 4, 2)),
        Case("drawn tables", drawn_step(rng, 2, 4, 3)),
    ]


STEP_WRONG = (
    *ways(
        "the new p for the films",
        "Your films move with the p that has moved already; all three gradients are taken at the old vectors. "
        "(`p = P[u]` makes no copy: it is a view, and once P[u] is written, p is new too.)",
        "lesson 05, Eq. (5.9)",
        {"old push": step_in_turn("pij", False), "push anew": step_in_turn("pij", True)},
    ),
    *ways(
        "the new films for p",
        "Your p moves with film vectors that have moved already; all three gradients are taken at the old vectors. "
        "(`q = Q[i]` makes no copy: it is a view, and once Q[i] is written, q is new too.)",
        "lesson 05, Eq. (5.9)",
        {
            "old push": step_in_turn("ijp", False),
            "push anew": step_in_turn("ijp", True),
            "only q_i": step_in_turn("ipj", False),
        },
    ),
    *ways(
        "in place",
        "Your values are right. But the tables belong to the caller, and `P[u] -= ...` writes into them. Begin with "
        "P, Q = P.copy(), Q.copy().",
        "the contract of task 05.3: new arrays",
        {"both": step_in_place("PQ"), "P": step_in_place("P"), "Q": step_in_place("Q")},
    ),
    *ways(
        "step uphill",
        "You add the gradient of the loss, which raises the loss: both signs are wrong, that of the push and that of "
        "the penalty. A descent step subtracts it.",
        "lesson 05, Eq. (5.9)",
        {
            "2 reg": step_with(move=lambda own, slope, lr, reg: own + lr * slope),
            "reg": step_with(gradient_with(push=lambda x: -falling(x), pull=lambda own, reg, whose: -reg * own)),
        },
    ),
    *ways(
        "the paper's sign of the push",
        "Your step pushes the clicked film down and the other one up: it un-learns, as a step that adds the paper's "
        "printed gradient does. Subtracting the gradient of −ln σ(x) adds push · (q_i − q_j) to p; the penalty "
        "subtracts 2·reg·p.",
        "lesson 05, Eq. (5.6) and (5.9)",
        {
            "2 reg": step_with(gradient_with(push=lambda x: -falling(x))),
            "reg": step_with(gradient_with(push=lambda x: -falling(x), pull=lambda own, reg, whose: reg * own)),
        },
    ),
    *ways(
        "the paper's sign of the penalty",
        "Your push is right, and your penalty lets the vectors grow, as the listing printed in the paper does. It "
        "pulls towards 0: the step subtracts lr · 2·reg times the vector.",
        "lesson 05, Eq. (5.9)",
        {
            "2 reg": step_with(gradient_with(pull=lambda own, reg, whose: -2 * reg * own)),
            "reg": step_with(gradient_with(pull=lambda own, reg, whose: -reg * own)),
        },
    ),
    WrongAnswer(
        "penalty without the 2",
        step_with(gradient_with(pull=lambda own, reg, whose: reg * own)),
        NO_TWO,
        "lesson 05, Eq. (5.6)",
    ),
    *ways(
        "no penalty",
        "A penalty is missing from your step. Each of the three vectors, p_u, q_i and q_j, is also pulled towards 0 by "
        "lr · 2·reg times itself.",
        "lesson 05, Eq. (5.6) to (5.9)",
        {
            "anywhere": step_with(gradient_with(pull=pulling())),
            "on p": step_with(gradient_with(pull=pulling("i", "j"))),
            "on q_i": step_with(gradient_with(pull=pulling("p", "j"))),
            "on q_j": step_with(gradient_with(pull=pulling("p", "i"))),
            "on the films": step_with(gradient_with(pull=pulling("p"))),
        },
    ),
    WrongAnswer(
        "whole tables shrunk",
        step_decaying_tables,
        "Your penalty shrinks every row of P and Q. A step moves three rows, p_u, q_i and q_j; all other rows stay as "
        "they are.",
        "lesson 05, Eq. (5.9)",
    ),
    WrongAnswer(
        "penalty after the step",
        step_with(gradient_with(pull=pulling()), lambda own, slope, lr, reg: (own - lr * slope) * (1 - 2 * lr * reg)),
        "You move first and shrink what has moved. The penalty is part of the same gradient, taken at the old vector.",
        "lesson 05, Eq. (5.9)",
    ),
    WrongAnswer(
        "learning rate forgotten",
        step_with(move=lambda own, slope, lr, reg: own - slope),
        "Your step has the full length of the gradient: `lr` is missing.",
        "lesson 05, Eq. (5.9)",
    ),
    WrongAnswer(
        "learning rate on the push only",
        step_with(gradient_with(pull=pulling()), lambda own, slope, lr, reg: own - lr * slope - 2 * reg * own),
        "`lr` multiplies your push and not your penalty. Both are parts of one gradient, and lr multiplies all of it.",
        "lesson 05, Eq. (5.9)",
    ),
    WrongAnswer(
        "twice the learning rate",
        step_with(move=lambda own, slope, lr, reg: own - 2 * lr * slope),
        "Your step is twice as long as it should be. The 2 of the penalty is in its gradient already; nothing else has "
        "one.",
        "lesson 05, Eq. (5.6) and (5.9)",
    ),
    WrongAnswer(
        "every user moved",
        lambda P, Q, u, i, j, lr, reg: (
            P - lr * bpr.gradient(P[u], Q[i], Q[j], reg)[0],
            step_with()(P, Q, u, i, j, lr, reg)[1],
        ),
        "You subtract the user's step from every row of P, as `P -= lr * dp` does. It moves row u alone: P[u] -= lr * "
        "dp.",
        "lesson 05, Eq. (5.9)",
    ),
    WrongAnswer(
        "divided by the learning rate",
        step_with(move=lambda own, slope, lr, reg: own - slope / lr),
        "You divide by `lr`. A small learning rate makes a small step: multiply.",
        "lesson 05, Eq. (5.9)",
    ),
    WrongAnswer(
        "other film stays",
        step_staying("j"),
        "Row j of your Q has not moved. The other film takes part: it is pushed down, and shrunk.",
        "lesson 05, Eq. (5.8) and (5.9)",
    ),
    WrongAnswer(
        "clicked film stays",
        step_staying("i"),
        "Row i of your Q has not moved. The clicked film takes part: it is pushed up, and shrunk.",
        "lesson 05, Eq. (5.7) and (5.9)",
    ),
    WrongAnswer(
        "films stay",
        step_staying("i", "j"),
        "Your Q has not moved. A step moves three vectors: p_u, q_i and q_j.",
        "lesson 05, Eq. (5.7) to (5.9)",
    ),
    WrongAnswer(
        "user stays",
        step_staying("u"),
        "Your P has not moved. A step moves three vectors: p_u, q_i and q_j.",
        "lesson 05, Eq. (5.6) and (5.9)",
    ),
    WrongAnswer(
        "the other film pushed up",
        step_with(gradient_with(for_j=lambda p, qi, qj: p)),
        "You push q_j the way of q_i, so both films rise. The other film goes down: the step subtracts "
        "lr · push · p from it.",
        "lesson 05, Eq. (5.8)",
    ),
    WrongAnswer(
        "clicked and other film exchanged",
        lambda P, Q, u, i, j, lr, reg: step_with()(P, Q, u, j, i, lr, reg),
        "Your step pushes film j up and film i down. In the triple (u, i, j) the clicked film is i.",
        "lesson 05, Eq. (5.2)",
    ),
    WrongAnswer(
        "σ′ in place of 1 − σ",
        step_with(gradient_with(push=lambda x: expit(x) * expit(-x))),
        BELL,
        "lesson 05, Eq. (5.5)",
    ),
    WrongAnswer("σ(x) in place of 1 − σ(x)", step_with(gradient_with(push=expit)), TURNED, "lesson 05, Eq. (5.5)"),
    WrongAnswer(
        "push forgotten",
        step_with(gradient_with(push=lambda x: 1.0)),
        "Your step is as long for a triple in order as for one in the wrong order. Its length is the push, 1 − σ(x).",
        "lesson 05, Eq. (5.5)",
    ),
    WrongAnswer(
        "changes instead of tables",
        step_of_changes,
        "You return the changes. Asked are the tables after the step: old plus change.",
        "the contract of task 05.3",
    ),
    WrongAnswer(
        "tables exchanged",
        lambda *args: step_with()(*args)[::-1],
        "Both tables are right and stand in the wrong order. Return (P, Q): users first.",
        "the contract of task 05.3",
    ),
)

STEP = FunctionTask(
    id="05.3",
    title="One step",
    name="bpr_sgd_step",
    objectives=("O5.3",),
    contract="bpr_sgd_step(P, Q, u, i, j, lr, reg) → (P, Q), Eq. (5.9). P: array (m, k), Q: array (n, k), of floats. "
    "u, i, j: integers, the user, the clicked film, the other film; i ≠ j. lr > 0, reg ≥ 0. One descent step on the "
    "triple's loss of task 05.2: row u of P and rows i and j of Q move by −lr times their gradient, all three "
    "gradients at the OLD vectors. The other rows stay. New arrays; the inputs stay as they were.",
    points=5,
    hints=(
        "Your bpr_gradient of task 05.2 gives all three gradients at once. When does it have to be called: before the "
        "first row is written, or after?",
        "Copy both tables, then write three rows. P[u] is a view into P: what was taken out before the writing must be "
        "a copy, or not be needed any more.",
        "dp, dqi, dqj = bpr_gradient(P[u], Q[i], Q[j], reg), then P, Q = P.copy(), Q.copy(), then P[u] -= lr * dp, and "
        "so on.",
    ),
    reference=lambda P, Q, u, i, j, lr, reg: bpr.sgd_step(P, Q, [[u, i, j]], lr, reg),
    cases=step_cases,
    returns=("P", "Q"),
    wrong=STEP_WRONG,
    right=(step_by_one_hot, step_by_copies, step_by_shrinking, step_with()),
)


# ---- 05.4 ials_user_update -------------------------------------------------------------------------------------------

Weigh = Callable[[Floats, Floats], Floats]  # confidence, preference -> a weight for each film
Ridge = Callable[[Floats, float, Floats, Floats], Floats]  # QᵀCQ, reg, confidence, preference -> the system's matrix


def on_the_diagonal(gram: Floats, reg: float, confidence: Floats, preference: Floats) -> Floats:
    """The right matrix."""
    return gram + reg * np.eye(len(gram))


def times(factor: Callable[[Floats, Floats], float]) -> Ridge:
    """reg times a number on the diagonal."""
    return lambda gram, reg, confidence, preference: gram + reg * factor(confidence, preference) * np.eye(len(gram))


def ials_with(
    *,
    left: Weigh = lambda confidence, preference: confidence,
    right: Weigh = lambda confidence, preference: confidence * preference,
    matrix: Ridge = on_the_diagonal,
    solve: Callable[[Floats, Floats], Floats] = np.linalg.solve,
) -> Answer:
    """`ials_user_update` with other weights in the matrix or in the right side, another penalty, another solver."""

    def ials_user_update(Q: Floats, preference: Floats, confidence: Floats, reg: float) -> Floats:
        gram = Q.T @ (left(confidence, preference)[:, None] * Q)
        return solve(matrix(gram, reg, confidence, preference), Q.T @ right(confidence, preference))

    return ials_user_update


def ials_shaped(weights: Weigh) -> Answer:
    """`ials_user_update` with other weights on both sides."""
    return ials_with(left=weights, right=lambda confidence, preference: weights(confidence, preference) * preference)


def ials_by_rows(Q: Floats, preference: Floats, confidence: Floats, reg: float) -> Floats:
    """Right: least squares of scaled rows, with k more for the penalty."""
    root, k = np.sqrt(confidence), Q.shape[1]
    rows = np.concatenate([root[:, None] * Q, np.sqrt(reg) * np.eye(k)])
    return np.linalg.lstsq(rows, np.concatenate([root * preference, np.zeros(k)]))[0]


def ials_by_gram(Q: Floats, preference: Floats, confidence: Floats, reg: float) -> Floats:
    """Right: QᵀQ first, then what each film adds to it beyond a confidence of 1."""
    left, right = Q.T @ Q + reg * np.identity(Q.shape[1]), np.zeros(Q.shape[1])
    for q, wanted, sure in zip(Q, preference, confidence, strict=True):
        left = left + (sure - 1) * np.outer(q, q)
        right = right + sure * wanted * q
    return np.linalg.inv(left) @ right


def ials_by_diagonal(Q: Floats, preference: Floats, confidence: Floats, reg: float) -> Floats:
    """Right: the formula with C as a matrix."""
    C = np.diag(confidence)
    return np.linalg.solve(Q.T @ C @ Q + reg * np.eye(Q.shape[1]), Q.T @ C @ preference)


def ials_case(kind: str, Q: Any, preference: list[int], confidence: list[float], reg: float) -> Case:
    """One call, typed short: Q with one factor may be a plain list."""
    factors = np.array(Q, dtype=float).reshape(len(preference), -1)
    return Case(kind, (factors, vector(*preference), vector(*confidence), reg))


def drawn_ials(rng: Generator, n: int, k: int, unclicked: tuple[float, float]) -> tuple[Any, ...]:
    """n films, the last two not clicked, with these confidences."""
    preference = (np.arange(n) < n - 2).astype(float)
    confidence = np.append(rng.integers(2, 9, n - 2).astype(float), unclicked)
    return halves(rng, n, k), preference, confidence, tenths(rng)


def ials_cases(seed: int) -> list[Case]:
    """One factor first; three drawn users last."""
    rng = np.random.default_rng(seed)
    return [
        ials_case("one factor", [1, 2], [1, 0], [3, 1], 0.5),
        ials_case("one factor", [1, 2, -1], [1, 0, 1], [3, 1, 5], 2.0),
        ials_case("every confidence 1", [1, 2, 1], [1, 0, 1], [1, 1, 1], 0.5),
        ials_case("every film clicked", [1, 2], [1, 1], [2, 5], 0.5),
        ials_case("a film not clicked, yet confident", [1, 2], [1, 0], [3, 4], 0.5),
        ials_case("two factors", [[1, 0], [1, 2], [2, 1]], [1, 0, 1], [3, 1, 2.5], 0.5),
        ials_case("two factors", [[1, -1], [1, 2], [0, 1]], [0, 1, 0], [1, 41, 1], 0.1),
        ials_case("fewer films than factors", [[1, 2]], [1], [3], 0.5),
        ials_case("nothing clicked", [[1, 0], [1, 2]], [0, 0], [1, 2], 0.5),
        Case("two factors", drawn_ials(rng, 4, 2, (1, 1))),
        Case("two factors", drawn_ials(rng, 5, 2, (1, 1))),
        Case("a film not clicked, yet confident", drawn_ials(rng, 5, 2, (3, 1))),
        Case("three factors", drawn_ials(rng, 6, 3, (1, 1))),
    ]


IALS_WRONG = (
    WrongAnswer(
        "only clicked films",
        ials_with(left=lambda confidence, preference: confidence * preference),
        "Your matrix adds up the clicked films only. A film without a click wants 0 and has a confidence of its own, "
        "so it belongs to QᵀCQ; left out, nothing keeps its score down.",
        "lesson 05, Eq. (5.14) and (5.15)",
    ),
    WrongAnswer(
        "unclicked films without confidence",
        ials_shaped(lambda confidence, preference: np.where(preference > 0, confidence, 1.0)),
        "You give every film without a click the confidence 1. That is what the Gram trick uses, and here it need not "
        "hold: `confidence` has a number for each film.",
        "the contract of task 05.4: confidence ≥ 1 for every film",
    ),
    WrongAnswer(
        "confidence ignored",
        ials_shaped(lambda confidence, preference: np.ones_like(confidence)),
        "`confidence` does nothing in your answer. Each film's squared error counts that many times: it weighs QᵀCQ "
        "and QᵀC·preference.",
        "lesson 05, Eq. (5.15)",
    ),
    WrongAnswer(
        "confidence missing on the right",
        ials_with(right=lambda confidence, preference: preference),
        "Your matrix is weighed with the confidence and your right side is not. Both come from the same weighted "
        "squares: QᵀC·preference.",
        "lesson 05, Eq. (5.15)",
    ),
    WrongAnswer(
        "confidence missing in the matrix",
        ials_with(left=lambda confidence, preference: np.ones_like(confidence)),
        "Your right side is weighed with the confidence and your matrix is not. That makes the confidence a rating "
        "to be reached. It is a weight, and weighs both: QᵀCQ and QᵀC·preference.",
        "lesson 05, Eq. (5.15)",
    ),
    WrongAnswer(
        "confidence as the target",
        ials_with(right=lambda confidence, preference: confidence**2 * preference),
        "Your films want their confidence. They want their preference, 0 or 1; the confidence is how many times the "
        "squared error counts.",
        "lesson 05, Eq. (5.14)",
    ),
    WrongAnswer(
        "everything wants 1",
        ials_with(right=lambda confidence, preference: confidence),
        "Your right side is QᵀC·1: every film wants 1, clicked or not. A film without a click wants 0; multiply by "
        "`preference`.",
        "lesson 05, Eq. (5.14) and (5.15)",
    ),
    WrongAnswer(
        "−1 for no click",
        ials_with(right=lambda confidence, preference: confidence * (2 * preference - 1)),
        "Your films without a click want −1. They want 0, as `preference` says.",
        "lesson 05, Eq. (5.14)",
    ),
    *ways(
        "Gram trick without the −1",
        "Your films count once too often: QᵀQ + QᵀCQ weighs each with 1 + c. QᵀQ has counted each film once already, "
        "so only C − I is added to it.",
        "lesson 05, Eq. (5.16)",
        {
            "all films": ials_with(left=lambda confidence, preference: 1 + confidence),
            "clicked films": ials_with(left=lambda confidence, preference: 1 + confidence * preference),
            "on both sides": ials_shaped(lambda confidence, preference: 1 + confidence),
        },
    ),
    *ways(
        "Gram trick without QᵀQ",
        "Your matrix is QᵀCQ less QᵀQ: weights of c − 1, in which a film of confidence 1 does not count. Add QᵀQ.",
        "lesson 05, Eq. (5.16)",
        {
            "in the matrix": ials_with(left=lambda confidence, preference: confidence - 1),
            "on both sides": ials_shaped(lambda confidence, preference: confidence - 1),
        },
    ),
    WrongAnswer(
        "confidence − 1 on the right",
        ials_with(right=lambda confidence, preference: (confidence - 1) * preference),
        "Your right side has C − I. The − I belongs to the matrix alone, where QᵀQ gives it back; the right side has "
        "the whole confidence: QᵀC·preference.",
        "lesson 05, Eq. (5.15) and (5.16)",
    ),
    WrongAnswer(
        "confidence squared",
        ials_shaped(lambda confidence, preference: confidence**2),
        "Your weights are the squares of the confidence: you multiply the rows of Q by c, and each row comes twice in "
        "a product. Scale by c once, or rows and targets by its root.",
        "lesson 05, Eq. (5.15)",
    ),
    WrongAnswer(
        "confidence squared in the matrix",
        ials_with(left=lambda confidence, preference: confidence**2),
        "In your matrix the confidence is squared: both factors of QᵀCQ hold it. It stands there once, Q.T @ (c[:, "
        "None] * Q).",
        "lesson 05, Eq. (5.15)",
    ),
    WrongAnswer(
        "root of the confidence",
        ials_shaped(lambda confidence, preference: np.sqrt(confidence)),
        "Your weights are the roots of the confidence. In least squares of scaled rows each row has the root, and both "
        "sides together the whole; in QᵀCQ stands c itself.",
        "lesson 05, Eq. (5.15)",
    ),
    WrongAnswer(
        "targets not scaled",
        ials_with(right=lambda confidence, preference: np.sqrt(confidence) * preference),
        "Your rows are scaled by the root of the confidence and your targets are not. Row and target are scaled "
        "alike, so that the squared error counts c times.",
        "lesson 05, Eq. (5.14)",
    ),
    WrongAnswer(
        "confidence divided by its mean",
        ials_shaped(lambda confidence, preference: confidence / confidence.mean()),
        "You divide the confidence by its mean. Then the penalty weighs more against it than it should: the weight is "
        "c itself.",
        "lesson 05, Eq. (5.14)",
    ),
    *ways(
        "no penalty",
        "`reg` is missing from your matrix. The penalty reg‖p‖² adds reg to its diagonal.",
        "lesson 05, Eq. (5.15)",
        {
            "least squares": ials_with(
                matrix=lambda gram, reg, confidence, preference: gram,
                solve=lambda left, right: np.linalg.lstsq(left, right)[0],
            ),
            "solve": ials_with(matrix=lambda gram, reg, confidence, preference: gram),
        },
    ),
    WrongAnswer(
        "penalty on every entry",
        ials_with(matrix=lambda gram, reg, confidence, preference: gram + reg),
        "You add reg to every entry of the matrix. reg I has it on the diagonal only: reg * np.eye(k).",
        "lesson 05, Eq. (5.15)",
    ),
    WrongAnswer(
        "identity of the wrong size",
        ials_with(matrix=lambda gram, reg, confidence, preference: gram + reg * np.eye(len(confidence))),
        "Your identity has a row for each film. QᵀCQ is k × k, one row for each factor, so the penalty needs "
        "np.eye(k), k = Q.shape[1].",
        "lesson 05, Eq. (5.15)",
    ),
    WrongAnswer(
        "penalty times the clicks",
        ials_with(matrix=times(lambda confidence, preference: preference.sum() if preference.any() else 1)),
        "You multiply reg by the number of clicked films. This task has the plain penalty, reg‖p‖², once.",
        "the contract of task 05.4",
    ),
    WrongAnswer(
        "penalty times the films",
        ials_with(matrix=times(lambda confidence, preference: len(confidence))),
        "You multiply reg by the number of films, or, which is the same, average the squares. Add them, do not "
        "average: the penalty is reg‖p‖², once.",
        "lesson 05, Eq. (5.14)",
    ),
    WrongAnswer(
        "penalty times the confidence",
        ials_with(matrix=times(lambda confidence, preference: confidence.sum())),
        "You multiply reg by the sum of the confidences, or, which is the same, divide each confidence by it. The "
        "penalty is reg‖p‖², once, and the weights are the confidences themselves.",
        "lesson 05, Eq. (5.14)",
    ),
    WrongAnswer(
        "penalty squared",
        ials_with(matrix=lambda gram, reg, confidence, preference: gram + reg**2 * np.eye(len(gram))),
        "Your penalty enters squared. In augmented least squares the k extra rows are squared with all others, so they "
        "hold the square root of reg.",
        "lesson 05, Eq. (5.15)",
    ),
    WrongAnswer(
        "penalty halved",
        ials_with(matrix=times(lambda confidence, preference: 0.5)),
        "Your penalty is half of what it should be. The 2 of its derivative cancels against that of the squared error, "
        "and reg is left.",
        "lesson 05, Eq. (5.15)",
    ),
    WrongAnswer(
        "penalty doubled",
        ials_with(matrix=times(lambda confidence, preference: 2)),
        "Your penalty is twice what it should be. The squared error has a 2 in its derivative too, and both cancel.",
        "lesson 05, Eq. (5.15)",
    ),
    WrongAnswer(
        "each factor alone",
        ials_with(matrix=lambda gram, reg, confidence, preference: np.diag(np.diag(gram) + reg)),
        "You divide each entry of the right side by its diagonal entry. What stands off the diagonal of QᵀCQ couples "
        "the factors: solve the system.",
        "lesson 05, Eq. (5.15)",
    ),
    WrongAnswer(
        "not solved",
        ials_with(solve=lambda left, right: left @ right),
        "You multiply by the matrix. Asked is the solution p of (QᵀCQ + reg I) p = QᵀC·preference: "
        "np.linalg.solve(matrix, right).",
        "lesson 05, Eq. (5.15)",
    ),
    WrongAnswer(
        "scores instead of the vector",
        lambda Q, preference, confidence, reg: Q @ als.implicit_update_row(Q, preference, confidence, reg),
        "You return the scores of all films, Q p. Asked is the user's vector p.",
        "the contract of task 05.4",
    ),
)

IALS = FunctionTask(
    id="05.4",
    title="One user's update from clicks",
    name="ials_user_update",
    objectives=("O5.7",),
    contract="ials_user_update(Q, preference, confidence, reg) → array of shape (k,), Eq. (5.15). Q: array (n, k), the "
    "film factors. preference: array (n,), what each film wants: 1 clicked, 0 not. confidence: array (n,), ≥ 1 for "
    "EVERY film, clicked or not. reg > 0. The p that minimizes the sum over all n films of confidence_i (preference_i "
    "− p·q_i)² plus reg‖p‖².",
    points=6,
    hints=(
        "Set the gradient of the weighted squares to zero, as in lesson 02. Which films does the sum run over, and "
        "where does each film's weight end up: in the matrix, on the right side, or in both?",
        "The system is (QᵀCQ + reg I) p = QᵀC·preference, with C diagonal. C need not be built: c[:, None] * Q scales "
        "row i of Q by c_i.",
        "np.linalg.solve(Q.T @ (confidence[:, None] * Q) + reg * np.eye(Q.shape[1]), Q.T @ (confidence * preference)).",
    ),
    reference=lambda Q, preference, confidence, reg: als.implicit_update_row(Q, preference, confidence, reg),
    cases=ials_cases,
    wrong=IALS_WRONG,
    right=(ials_by_rows, ials_by_gram, ials_by_diagonal, ials_with()),
)


# ---- 05.5 transfer: films with a bias --------------------------------------------------------------------------------

Five = tuple[Any, Any, Any, Any, Any]
OfBiases = Callable[[float, float], float]


def bias_gradient(
    p: Floats,
    qi: Floats,
    qj: Floats,
    bi: float,
    bj: float,
    reg: float,
    *,
    biases: OfBiases = lambda bi, bj: bi - bj,
    factors: Of3 = margin3,
    push: OfMargin = falling,
    slopes: tuple[float, float] = (1.0, -1.0),
    pull: Pull = twice,
    for_p: Of3 = lambda p, qi, qj: qi - qj,
    for_i: Of3 = lambda p, qi, qj: p,
    for_j: Of3 = lambda p, qi, qj: -p,
) -> Five:
    """The gradient of −ln σ(b_i − b_j + p·(q_i − q_j)) plus the penalty of all five, or one with a part replaced."""
    pushed = push(biases(bi, bj) + factors(p, qi, qj))
    return (
        pull(p, reg, "p") - pushed * for_p(p, qi, qj),
        pull(qi, reg, "i") - pushed * for_i(p, qi, qj),
        pull(qj, reg, "j") - pushed * for_j(p, qi, qj),
        pull(bi, reg, "bi") - pushed * slopes[0],  # type: ignore[arg-type]
        pull(bj, reg, "bj") - pushed * slopes[1],  # type: ignore[arg-type]
    )


def reference_bias_gradient(p: Floats, qi: Floats, qj: Floats, bi: float, bj: float, reg: float) -> Five:
    """The right one, with the parameters of the contract."""
    return bias_gradient(p, qi, qj, bi, bj, reg)


def biased_with(**parts: Any) -> Answer:
    """`bpr_bias_gradient` with parts replaced."""

    def bpr_bias_gradient(p: Floats, qi: Floats, qj: Floats, bi: float, bj: float, reg: float) -> Five:
        return bias_gradient(p, qi, qj, bi, bj, reg, **parts)

    return bpr_bias_gradient


def biases_penalized_together(p: Floats, qi: Floats, qj: Floats, bi: float, bj: float, reg: float) -> Five:
    """The penalty of (b_i − b_j)² in place of b_i² + b_j²."""
    dp, dqi, dqj, dbi, dbj = bias_gradient(p, qi, qj, bi, bj, reg, pull=pulling("p", "i", "j"))
    return dp, dqi, dqj, dbi + 2 * reg * (bi - bj), dbj - 2 * reg * (bi - bj)


def biased_by_two_pushes(p: Floats, qi: Floats, qj: Floats, bi: float, bj: float, reg: float) -> Five:
    """One push for the vectors, another for the biases."""
    dp, dqi, dqj = bpr.gradient(p, qi, qj, reg)
    return dp, dqi, dqj, 2 * reg * bi - expit(bj - bi), 2 * reg * bj + expit(bj - bi)


def biases_as_entries(p: Floats, qi: Floats, qj: Floats, bi: float, bj: float, reg: float) -> Five:
    """Right: a bias is one more entry of a film's vector, against a 1 in the user's."""
    one = np.ones(1)
    du, di, dj = bpr.gradient(np.append(p, one), np.append(qi, bi), np.append(qj, bj), reg)
    return du[:-1], di[:-1], dj[:-1], di[-1], dj[-1]


def bias_gradient_by_branches(p: Floats, qi: Floats, qj: Floats, bi: float, bj: float, reg: float) -> Five:
    """Right: scores first, exp only of what is negative."""
    x = float((bi + p @ qi) - (bj + p @ qj))
    pushed = exp(-x) / (1 + exp(-x)) if x > 0 else 1 / (1 + exp(x))
    return (
        2 * reg * p + pushed * (qj - qi),
        2 * reg * qi - pushed * p,
        2 * reg * qj + pushed * p,
        2 * reg * bi - pushed,
        2 * reg * bj + pushed,
    )


def bias_gradient_by_tanh(p: Floats, qi: Floats, qj: Floats, bi: float, bj: float, reg: float) -> Five:
    """Right: the derivative by the margin first; biases as arrays without axes."""
    by_margin = (np.tanh((bi - bj + np.sum(p * (qi - qj))) / 2) - 1) / 2
    vectors = (by_margin * direction + 2 * reg * own for direction, own in ((qi - qj, p), (p, qi), (-p, qj)))
    dp, dqi, dqj = vectors
    return dp, dqi, dqj, np.asarray(by_margin + 2 * reg * bi), np.asarray(2 * reg * bj - by_margin)


def drawn_bias(rng: Generator, k: int) -> tuple[Any, ...]:
    """Three vectors and two biases in halves, and a penalty."""
    bi, bj = (float(b) for b in rng.permutation([-1.5, -1.0, -0.5, 0.5, 1.0, 2.0])[:2])
    return halves(rng, k), halves(rng, k), halves(rng, k), bi, bj, tenths(rng)


def bias_cases(seed: int) -> list[Case]:
    """One factor first; three drawn triples last."""
    rng = np.random.default_rng(seed)
    two, near, far = vector(2), vector(1), vector(0.5)
    p, qi, qj = vector(1, 2), vector(0.5, 1), vector(-1, 0.5)
    return [
        Case("no penalty", (two, near, far, 0.5, -1.0, 0.0)),
        Case("biases of 0", (two, near, far, 0.0, 0.0, 0.1)),
        Case("a penalty", (two, near, far, 0.5, -1.0, 0.1)),
        Case("biases that turn the order round", (two, near, far, -1.0, 2.0, 0.1)),
        Case("two factors", (p, qi, qj, 0.5, 2.0, 0.5)),
        Case("factors of 0", (vector(0, 0), vector(0, 0), vector(0, 0), 1.0, -0.5, 0.1)),
        Case("a margin of 1000", (vector(2), vector(1), vector(1), 1000.5, 0.5, 0.1)),
        Case("a margin of −1000", (vector(2), vector(1), vector(1), 0.5, 1000.5, 0.1)),
        Case("two factors", drawn_bias(rng, 2)),
        Case("two factors", drawn_bias(rng, 2)),
        Case("three factors", drawn_bias(rng, 3)),
    ]


BIAS_WRONG = (
    WrongAnswer(
        "biases not in the margin",
        biased_with(biases=lambda bi, bj: 0.0),
        "Your push is taken at p·(q_i − q_j). The margin of this model has the biases too: b_i − b_j + p·(q_i − q_j).",
        "the contract of task 05.5",
    ),
    *ways(
        "biases added",
        "Your margin has b_i + b_j. It is the difference of two scores, so the other film's bias comes with a minus, "
        "and dbj has + push.",
        "the contract of task 05.5",
        {
            "in the margin": biased_with(biases=lambda bi, bj: bi + bj),
            "in dbj too": biased_with(biases=lambda bi, bj: bi + bj, slopes=(1.0, 1.0)),
        },
    ),
    WrongAnswer(
        "bias of the clicked film only",
        biased_with(biases=lambda bi, bj: bi),
        "Your margin has b_i and not b_j. The other film's score has a bias as well: b_i − b_j.",
        "the contract of task 05.5",
    ),
    WrongAnswer(
        "biases turned round",
        biased_with(biases=lambda bi, bj: bj - bi),
        "Your margin has b_j − b_i, against p·(q_i − q_j). The clicked film's bias is on its side: b_i − b_j.",
        "the contract of task 05.5",
    ),
    WrongAnswer(
        "factors not in the margin",
        biased_with(factors=lambda p, qi, qj: 0.0),
        "Your push is taken at b_i − b_j alone. The margin has p·(q_i − q_j) too.",
        "the contract of task 05.5",
    ),
    WrongAnswer(
        "two pushes",
        biased_by_two_pushes,
        "You take one push at p·(q_i − q_j) and another at b_i − b_j. A triple has one margin, the sum of both, and so "
        "one push for all five.",
        "the contract of task 05.5, and lesson 05, Eq. (5.5)",
    ),
    WrongAnswer(
        "both biases pushed up",
        biased_with(slopes=(1.0, 1.0)),
        "You push b_j the way of b_i. The margin is b_i − b_j + ...: its derivative by b_j is −1, so dbj has + push.",
        "the contract of task 05.5, and lesson 05, Eq. (5.8)",
    ),
    WrongAnswer(
        "the biases' pushes exchanged",
        biased_with(slopes=(-1.0, 1.0)),
        "The pushes of your biases have changed their signs: − push belongs to b_i, + push to b_j.",
        "the contract of task 05.5, and lesson 05, Eq. (5.7) and (5.8)",
    ),
    WrongAnswer(
        "biases not pushed",
        biased_with(slopes=(0.0, 0.0)),
        "Your biases have the penalty only. The margin holds b_i and b_j, with the derivatives 1 and −1, so the push "
        "moves them too.",
        "the contract of task 05.5, and lesson 05, Eq. (5.7) and (5.8)",
    ),
    WrongAnswer(
        "push times the bias",
        lambda p, qi, qj, bi, bj, reg: bias_gradient(p, qi, qj, bi, bj, reg, slopes=(bi, -bj)),
        "You multiply the push by the bias itself. The derivative of b_i by b_i is 1: − push for b_i, + push for b_j.",
        "the contract of task 05.5",
    ),
    WrongAnswer(
        "push times p",
        lambda p, qi, qj, bi, bj, reg: bias_gradient(p, qi, qj, bi, bj, reg, slopes=(p.sum(), -p.sum())),
        "You multiply the push of the biases by the entries of p. In the margin nothing stands before b_i and b_j: "
        "their derivatives are 1 and −1.",
        "the contract of task 05.5",
    ),
    WrongAnswer(
        "bias difference in dp",
        lambda p, qi, qj, bi, bj, reg: bias_gradient(p, qi, qj, bi, bj, reg, for_p=lambda p, qi, qj: qi - qj + bi - bj),
        "Your dp has the biases beside q_i − q_j. By p the margin's derivative is q_i − q_j; the biases do not contain "
        "p.",
        "lesson 05, Eq. (5.6)",
    ),
    WrongAnswer(
        "biases in the films' gradients",
        lambda p, qi, qj, bi, bj, reg: bias_gradient(
            p, qi, qj, bi, bj, reg, for_i=lambda p, qi, qj: p + 1, for_j=lambda p, qi, qj: -p - 1
        ),
        "Your dqi and dqj hold the derivative by the bias as well. Film i has two parameters: by q_i the margin's "
        "derivative is p, by b_i it is 1.",
        "the contract of task 05.5",
    ),
    *ways(
        "no penalty",
        "A penalty is missing. All five are penalized: p, q_i, q_j and also b_i and b_j, each by 2·reg times itself.",
        "the contract of task 05.5",
        {
            "anywhere": biased_with(pull=pulling()),
            "on the biases": biased_with(pull=pulling("p", "i", "j")),
            "on the vectors": biased_with(pull=pulling("bi", "bj")),
            "on b_j": biased_with(pull=pulling("p", "i", "j", "bi")),
        },
    ),
    WrongAnswer(
        "biases penalized together",
        biases_penalized_together,
        "You penalize the difference of the biases. The penalty has b_i² + b_j², each by itself: 2·reg·b_i and "
        "2·reg·b_j.",
        "the contract of task 05.5",
    ),
    WrongAnswer(
        "penalty without the 2",
        biased_with(pull=lambda own, reg, whose: reg * own),
        NO_TWO,
        "lesson 05, Eq. (5.6)",
    ),
    WrongAnswer(
        "2 missing from the biases' penalty",
        biased_with(pull=lambda own, reg, whose: (1 if whose[0] == "b" else 2) * reg * own),
        "The penalty of your biases lacks the 2: the derivative of reg·b² is 2·reg·b, as for the vectors.",
        "the contract of task 05.5",
    ),
    *ways(
        "penalty itself, not its slope",
        NO_SLOPE,
        "lesson 05, Eq. (5.6)",
        {
            "the square": biased_with(pull=lambda own, reg, whose: reg * np.dot(own, own)),
            "twice the square": biased_with(pull=lambda own, reg, whose: 2 * reg * np.dot(own, own)),
            "on the biases": biased_with(
                pull=lambda own, reg, whose: reg * own**2 if whose[0] == "b" else 2 * reg * own
            ),
        },
    ),
    WrongAnswer("the step instead of the gradient", negated(bias_gradient), ASCENT, "lesson 05, Eq. (5.6) to (5.9)"),
    WrongAnswer(
        "the paper's sign of the push",
        biased_with(push=lambda x: -falling(x)),
        UNLEARNING,
        "lesson 05, Eq. (5.5) and (5.6)",
    ),
    WrongAnswer(
        "the paper's sign of the penalty",
        biased_with(pull=lambda own, reg, whose: -2 * reg * own),
        GROWING,
        "lesson 05, Eq. (5.6)",
    ),
    WrongAnswer("σ′ in place of 1 − σ", biased_with(push=lambda x: expit(x) * expit(-x)), BELL, "lesson 05, Eq. (5.5)"),
    WrongAnswer("σ(x) in place of 1 − σ(x)", biased_with(push=expit), TURNED, "lesson 05, Eq. (5.5)"),
    WrongAnswer(
        "push forgotten",
        biased_with(push=lambda x: 1.0),
        "The push is missing: 1 − σ(x) multiplies all five derivatives of the margin, those of the biases too.",
        "lesson 05, Eq. (5.5)",
    ),
    WrongAnswer(
        "the other film pushed up",
        biased_with(for_j=lambda p, qi, qj: p),
        "You push q_j the way of q_i. In the margin it stands with a minus, so its gradient is + push · p.",
        "lesson 05, Eq. (5.7) and (5.8)",
    ),
    WrongAnswer(
        "dp with q_i alone",
        biased_with(for_p=lambda p, qi, qj: qi),
        "Your dp has only q_i beside the push. The margin's derivative by p is q_i − q_j.",
        "lesson 05, Eq. (5.6)",
    ),
    WrongAnswer(
        "dp turned round",
        biased_with(for_p=lambda p, qi, qj: qj - qi),
        "In your dp the push has q_j − q_i, which turns the user away from the clicked film. The margin's derivative "
        "by p is q_i − q_j.",
        "lesson 05, Eq. (5.6)",
    ),
    *ways(
        "another order",
        "The five gradients are right and stand in another order. Return (dp, dqi, dqj, dbi, dbj).",
        "the contract of task 05.5",
        {
            "biases exchanged": rearranged(bias_gradient, 0, 1, 2, 4, 3),
            "films exchanged": rearranged(bias_gradient, 0, 2, 1, 3, 4),
            "bias after its film": rearranged(bias_gradient, 0, 1, 3, 2, 4),
            "biases first": rearranged(bias_gradient, 3, 4, 0, 1, 2),
        },
    ),
    *ways("overflow", OVERFLOW, "lesson 05, Eq. (5.5)", {name: biased_with(push=f) for name, f in OVERFLOWING.items()}),
)

BIAS = FunctionTask(
    id="05.5",
    title="Transfer: films with a bias",
    name="bpr_bias_gradient",
    objectives=("O5.3", "O5.4"),
    contract="bpr_bias_gradient(p, qi, qj, bi, bj, reg) → (dp, dqi, dqj, dbi, dbj). p, qi, qj: arrays (k,) of floats; "
    "bi, bj: floats, the biases of the clicked and of the other film; reg ≥ 0. The gradient of −ln σ(x) + reg(‖p‖² + "
    "‖qi‖² + ‖qj‖² + bi² + bj²), where x = bi − bj + p·(qi − qj), by each of the five: what a descent step subtracts, "
    "with every factor 2. dbi and dbj are numbers. At margins of ±1000 it is finite, and no warning is left behind. "
    "The inputs stay as they were.",
    points=6,
    hints=(
        "Two things change against task 05.2: the number at which the push is taken, and two more parameters. What is "
        "the derivative of x by bi, and by bj?",
        "The push is 1 − σ(x) at the new x. Then everything from task 05.2 stays, and each bias has −push or +push, "
        "plus its penalty.",
        "push = scipy.special.expit(-(bi - bj + p @ (qi - qj))); dbi = 2 * reg * bi - push. Or: a bias is one more "
        "entry of a film's vector, which the user answers with a 1.",
    ),
    reference=reference_bias_gradient,
    cases=bias_cases,
    returns=("dp", "dqi", "dqj", "dbi", "dbj"),
    wrong=BIAS_WRONG,
    right=(biases_as_entries, bias_gradient_by_branches, bias_gradient_by_tanh, reference_bias_gradient),
)


# ---- 05.0 one triple by hand -----------------------------------------------------------------------------------------

CLICKS, FILMS = np.array([1, 3, 6]), 6  # clicks of each user, and how many films there are
USER, CLICKED, OTHER, REG = vector(2, -1), vector(1, 0.5), vector(0.5, 1.5), 0.1


def hand_numbers(
    x: float = float(margin3(USER, CLICKED, OTHER)),
    push: OfMargin = falling,
    gradient: Callable[..., Three] | None = None,
) -> dict[str, float]:
    """What task 05.0 asks of its triple, with this margin, push or gradient."""
    slopes = (gradient or gradient_with(push=push))(USER, CLICKED, OTHER, REG)
    return {
        "margin": x,
        "loss": float(lost(x)),
        "push": float(push(x)),
        "by_p": float(slopes[0][0]),
        "by_qj": float(slopes[2][1]),
    }


def triples_counted(of_user: Any) -> dict[str, float]:
    """The number of triples, added up over users."""
    return {"triples": float(np.sum(of_user))}


HAND = triples_counted(CLICKS * (FILMS - CLICKS)) | hand_numbers()


def carried_from_margin(x: float) -> dict[str, float]:
    """All numbers of the triple, computed rightly from this margin."""
    return hand_numbers(x, gradient=gradient_with(margin=lambda p, qi, qj: x))


def carried_from_push(pushed: float) -> dict[str, float]:
    """Both entries of the gradients, computed rightly from this push."""
    numbers = hand_numbers(push=lambda x: pushed)
    return {key: numbers[key] for key in ("by_p", "by_qj")}


def hand_at(x: float) -> dict[str, float]:
    """What comes out wrong where the margin is another one."""
    return differing(carried_from_margin(x))


def differing(numbers: dict[str, float]) -> dict[str, float]:
    """Those of the numbers that come out wrong."""
    return {key: value for key, value in numbers.items() if abs(value - HAND[key]) > 5e-4}


BY_HAND = NumbersTask(
    id="05.0",
    title="One triple by hand",
    name="answer_05_0",
    objectives=("O5.1", "O5.3"),
    contract="There are 6 films; three users have clicked 1, 3 and 6 of them. triples: how many triples (u, i, j) "
    "there are. Then one triple, k = 2: p = (2, −1), q_i = (1, 0.5), q_j = (0.5, 1.5), reg = 0.1. margin: x_uij. "
    "loss: −ln σ(x), without the penalty. push: 1 − σ(x). by_p: the first entry of the gradient by p. by_qj: the "
    "second entry of the gradient by q_j; both are gradients of −ln σ(x) + reg(‖p‖² + ‖q_i‖² + ‖q_j‖²), to subtract. "
    "Within 0.0005, so give four digits after the point.",
    points=6,
    hints=(
        "Each clicked film of a user is paired with each film the user has not clicked. For the triple: first the "
        "difference q_i − q_j, then its product with p.",
        "loss = ln(1 + e^−x) and push = 1/(1 + e^x). By p the margin's derivative is q_i − q_j, by q_j it is −p.",
        "x = 2 · 0.5 + (−1)(−1). by_p = 2 · 0.1 · 2 − push · 0.5; by_qj = 2 · 0.1 · 1.5 + push · (−1).",
    ),
    expected=HAND,
    carried=(
        Carried("margin", carried_from_margin, "lesson 05, Eq. (5.2)"),
        Carried("push", carried_from_push, "lesson 05, Eq. (5.5)"),
    ),
    wrong=(
        WrongAnswer(
            "all films as the other",
            triples_counted(CLICKS * FILMS),
            "You paired each click with every film. The other film of a triple is one that the user has not clicked.",
            "lesson 05, Eq. (5.1)",
        ),
        WrongAnswer(
            "every other film",
            triples_counted(CLICKS * (FILMS - 1)),
            "You paired each click with every film but itself. Two clicked films make no triple: nothing says which "
            "of them is liked more.",
            "lesson 05, Eq. (5.1)",
        ),
        WrongAnswer(
            "clicks counted",
            triples_counted(CLICKS),
            "This is the number of clicks. A click makes a triple with each film that its user has not clicked.",
            "lesson 05, Eq. (5.1)",
        ),
        WrongAnswer(
            "pairs of films",
            triples_counted([FILMS * (FILMS - 1) / 2] * len(CLICKS)),
            "You counted all pairs of films for each user. A triple has a clicked film and one that was not clicked.",
            "lesson 05, Eq. (5.1)",
        ),
        WrongAnswer(
            "users mixed",
            triples_counted(CLICKS.sum() * (FILMS - CLICKS).sum()),
            "You multiplied the sums over all users. Both films of a triple belong to the same user: multiply for "
            "each user, then add.",
            "lesson 05, Eq. (5.1)",
        ),
        WrongAnswer(
            "scores added",
            hand_at(float(USER @ (CLICKED + OTHER))),
            "You added the two scores. The margin is their difference, p·(q_i − q_j).",
            "lesson 05, Eq. (5.2)",
        ),
        WrongAnswer(
            "the clicked film's score",
            hand_at(float(USER @ CLICKED)),
            "This is the score of the clicked film, p·q_i. The margin is by how much it outscores the other one.",
            "lesson 05, Eq. (5.2)",
        ),
        WrongAnswer(
            "films exchanged",
            differing(hand_numbers(float(USER @ (OTHER - CLICKED)), gradient=exchanged)),
            "You subtracted the clicked film from the other one. The margin is above 0 where the order is right: "
            "p·(q_i − q_j).",
            "lesson 05, Eq. (5.2)",
        ),
        WrongAnswer(
            "logarithm of base 10",
            {"loss": float(lost(HAND["margin"]) / np.log(10))},
            "You took the logarithm of base 10. The loss has the natural one.",
            "lesson 05, Eq. (5.4)",
        ),
        WrongAnswer(
            "logarithm of base 2",
            {"loss": float(lost(HAND["margin"]) / np.log(2))},
            "You took the logarithm of base 2. The loss has the natural one.",
            "lesson 05, Eq. (5.4)",
        ),
        WrongAnswer(
            "logarithm with a plus",
            {"loss": -HAND["loss"]},
            "This is ln σ(x), which is maximized. The loss is its negative.",
            "lesson 05, Eq. (5.4)",
        ),
        WrongAnswer(
            "loss with the penalty",
            {"loss": bpr.loss([USER], [CLICKED, OTHER], [[0, 0, 1]], REG)},
            "This loss has the penalty in it. Asked is −ln σ(x) alone.",
            "the contract of task 05.0",
        ),
        WrongAnswer(
            "1 − σ as the loss",
            {"loss": HAND["push"]},
            "This is 1 − σ(x), the push. The loss is −ln σ(x).",
            "lesson 05, Eq. (5.4) and (5.5)",
        ),
        WrongAnswer(
            "σ(x) as the push",
            differing(hand_numbers(push=expit)),
            "Your push is σ(x). The derivative of ln σ is 1 − σ(x): small here, since the order is right already.",
            "lesson 05, Eq. (5.5)",
        ),
        WrongAnswer(
            "σ′ as the push",
            differing(hand_numbers(push=lambda x: expit(x) * expit(-x))),
            "Your push is σ(1 − σ), the derivative of σ. That of ln σ is 1 − σ(x).",
            "lesson 05, Eq. (5.5)",
        ),
        WrongAnswer(
            "σ′ as the push, and no 2",
            differing(
                hand_numbers(
                    push=lambda x: expit(x) * expit(-x),
                    gradient=gradient_with(push=lambda x: expit(x) * expit(-x), pull=lambda own, reg, whose: reg * own),
                )
            ),
            "Two things. Your push is σ(1 − σ), the derivative of σ; that of ln σ is 1 − σ(x). And the penalty's part "
            "of both gradients lacks the 2: the derivative of reg·p² is 2·reg·p.",
            "lesson 05, Eq. (5.5) and (5.6)",
        ),
        WrongAnswer(
            "wrong sign of the push in by_p",
            differing(hand_numbers(gradient=gradient_with(for_p=lambda p, qi, qj: qj - qi))),
            "In by_p the push's part has the wrong sign. It is − push · (q_i − q_j), and the first entry of q_i − q_j "
            "is 0.5.",
            "lesson 05, Eq. (5.6)",
        ),
        WrongAnswer(
            "wrong sign of the push in by_qj",
            differing(hand_numbers(gradient=gradient_with(for_j=lambda p, qi, qj: p))),
            "In by_qj the push's part has the wrong sign. It is + push · p, and the second entry of p is −1.",
            "lesson 05, Eq. (5.8)",
        ),
        WrongAnswer(
            "second entry of the difference in by_p",
            differing(hand_numbers(gradient=gradient_with(for_p=lambda p, qi, qj: (qi - qj)[1]))),
            "In by_p you take the second entry of q_i − q_j. The first entry of a gradient has the first entry of each "
            "vector in it: 0.5.",
            "lesson 05, Eq. (5.6)",
        ),
        WrongAnswer(
            "first entry of p in by_qj",
            differing(hand_numbers(gradient=gradient_with(for_j=lambda p, qi, qj: -p[0]))),
            "In by_qj you take the first entry of p. The second entry of a gradient has the second entry of each "
            "vector in it: −1.",
            "lesson 05, Eq. (5.8)",
        ),
        WrongAnswer(
            "second entry of the gradient by p",
            {"by_p": float(bpr.gradient(USER, CLICKED, OTHER, REG)[0][1])},
            "This is the second entry of the gradient by p. Asked is the first.",
            "the contract of task 05.0",
        ),
        WrongAnswer(
            "first entry of the gradient by q_j",
            {"by_qj": float(bpr.gradient(USER, CLICKED, OTHER, REG)[2][0])},
            "This is the first entry of the gradient by q_j. Asked is the second.",
            "the contract of task 05.0",
        ),
        WrongAnswer(
            "the step instead of the gradient",
            differing(hand_numbers(gradient=negated(bpr.gradient))),
            "These are what a step adds. Asked is the gradient, which a step subtracts: turn the signs round.",
            "lesson 05, Eq. (5.6) to (5.9)",
        ),
        WrongAnswer(
            "wrong sign of the penalty",
            differing(hand_numbers(gradient=gradient_with(pull=lambda own, reg, whose: -2 * reg * own))),
            "The penalty's part has the wrong sign. The gradient of reg‖p‖² is + 2·reg·p.",
            "lesson 05, Eq. (5.6)",
        ),
        WrongAnswer(
            "penalty without the 2",
            differing(hand_numbers(gradient=gradient_with(pull=lambda own, reg, whose: reg * own))),
            "The penalty's part lacks the 2: the derivative of reg·p² is 2·reg·p.",
            "lesson 05, Eq. (5.6)",
        ),
        WrongAnswer(
            "no penalty",
            differing(hand_numbers(gradient=gradient_with(pull=pulling()))),
            "The penalty is missing from your gradients: + 2·reg times the vector's own entry.",
            "lesson 05, Eq. (5.6)",
        ),
    ),
    right=(dict(HAND), tuple(HAND.values()), [round(value, 4) for value in HAND.values()]),
)


# ---- 05.6 to 05.9 four choices ---------------------------------------------------------------------------------------

NO_CLICK = ChoiceTask(
    id="05.6",
    title="What a missing click says",
    name="answer_05_6",
    objectives=("O5.1",),
    contract="A woman has clicked 3 of 240 films. She would love a fourth, but has never heard of it. What do BPR's "
    "triples say about that film?",
    points=3,
    hints=(
        "Write down one triple in which the fourth film occurs. In which place does it stand?",
        "D_S pairs each clicked film with each film that was not clicked. Does it know why a film was not clicked?",
        "The loss pushes the margin of (u, clicked film, fourth film) up. What does that say about the order of the "
        "two?",
    ),
    options={
        "a": "Nothing. It is missing from the data, as an unrated film is in lesson 02.",
        "b": "That she prefers each of the three clicked films to it, whatever the reason.",
        "c": "That she dislikes it: its score is pulled below 0, like that of each film without a click.",
        "d": "Nothing in the end: as other films are drawn at random, such mistakes average out.",
    },
    correct="b",
    wrong=(
        WrongAnswer(
            "missing",
            "a",
            "In lesson 02 an unrated cell took part in nothing. Here the film stands in three triples as the other "
            "film, once for each click: BPR takes a missing click for a lower place.",
            "lesson 05, Eq. (5.1)",
        ),
        WrongAnswer(
            "disliked",
            "c",
            "A triple compares two films and says nothing about 0. Add 7 to all scores of a user: every margin, and so "
            "the loss, stays.",
            "lesson 05, Eq. (5.2)",
        ),
        WrongAnswer(
            "averaged out",
            "d",
            "Drawing decides how often the film is the other one, not on which side of the triple it stands. Each draw "
            "pushes it the same way, below the clicked films.",
            "lesson 05, Eq. (5.1) and (5.12)",
        ),
    ),
    right=("b", "B"),
)

PRIOR = ChoiceTask(
    id="05.7",
    title="Which reg belongs to the prior",
    name="answer_05_7",
    objectives=("O5.2",),
    contract="Every entry of P and Q has the prior N(0, τ²), τ² being its variance. Minus the log posterior is "
    "−Σ ln σ(x) + reg(‖P‖² + ‖Q‖²) up to a constant. What is reg?",
    points=3,
    hints=(
        "Write down the density of one entry, and take minus its logarithm. Which parts contain the entry?",
        "The density is a constant times exp(−θ²/(2τ²)).",
        "A narrow prior, with a small τ², pulls harder. And the 2 in the exponent has gone nowhere.",
    ),
    options={
        "a": "τ², since the prior's covariance is reg · I",
        "b": "1/τ²",
        "c": "1/(2τ²)",
        "d": "1/(2τ²), divided by the number of triples",
    },
    correct="c",
    wrong=(
        WrongAnswer(
            "covariance",
            "a",
            "So the paper writes it, and it cannot be meant: a narrow prior, τ² near 0, would then penalize least. "
            "Minus the logarithm of exp(−θ²/(2τ²)) has τ² below.",
            "lesson 05, Eq. (5.4), and how it was derived",
        ),
        WrongAnswer(
            "2 lost",
            "b",
            "The Gaussian's exponent is −θ²/(2τ²), with a 2. It stays in the loss, and the gradient's 2 cancels it "
            "there.",
            "lesson 05, Eq. (5.4), and how it was derived",
        ),
        WrongAnswer(
            "mean",
            "d",
            "That would belong to the mean over the triples. Here they are added up, and the prior's logarithm stands "
            "beside the sum, once.",
            "lesson 05, Eq. (5.4)",
        ),
    ),
    right=("c", "C"),
)

UNCLICKED = ChoiceTask(
    id="05.8",
    title="Two conventions of confidence",
    name="answer_05_8",
    objectives=("O5.7",),
    contract="r is how often a film was played, 0 for never. Hu, Koren and Volinsky give a cell the confidence 1 + αr. "
    "The library implicit takes the stored entries αr of its matrix as the confidence, and starts from QᵀQ. What does "
    "a cell without a play weigh in the update of a user?",
    points=3,
    hints=(
        "Write the matrix as QᵀQ + Q_uᵀ(C_u − I)Q_u. Which cells does the second term touch?",
        "QᵀQ adds up all films, each with the same weight. Which one?",
        "The two conventions differ in what is stored. A cell without a play is not stored.",
    ),
    options={
        "a": "1 under both",
        "b": "1 for Hu, Koren and Volinsky, and 0 in implicit, as αr is 0 there",
        "c": "0 under both: what was not played is missing",
        "d": "α under both",
    },
    correct="a",
    wrong=(
        WrongAnswer(
            "0 in implicit",
            "b",
            "implicit never sees αr = 0: it stores the played cells only, and QᵀQ counts every film once. The "
            "conventions differ in the played cells: 1 + αr against αr.",
            "lesson 05, Eq. (5.13) and (5.16)",
        ),
        WrongAnswer(
            "missing",
            "c",
            "So it was with ratings, in lesson 02. Here every cell takes part and wants 0 or 1; QᵀQ holds a row of "
            "every film.",
            "lesson 05, Eq. (5.14) and (5.16)",
        ),
        WrongAnswer(
            "α",
            "d",
            "α multiplies r, and r is 0 here. What is left of 1 + αr is 1.",
            "lesson 05, Eq. (5.13)",
        ),
    ),
    right=("a", "A"),
)

POPULAR = ChoiceTask(
    id="05.9",
    title="Popular films as the other film",
    name="answer_05_9",
    objectives=("O5.6",),
    contract="Clicks are drawn as before, but the other film is now drawn in proportion to its clicks, where it was "
    "drawn from all unclicked films alike. Both trainings run to the end. What changes in the scores?",
    points=3,
    hints=(
        "Count for a popular film: how often is it the clicked one in a triple, how often the other one? And with the "
        "new draw?",
        "With uniform draws a popular film is pushed up often and down seldom, for whichever user. What happens to "
        "that advantage?",
        "The loss is a mean over the triples as they are drawn. Other probabilities, another mean, another minimum.",
    ),
    options={
        "a": "Nothing: other draws change how fast SGD gets there, not where it ends.",
        "b": "Popular films rise further, since they now occur in more triples than before.",
        "c": "Popular films lose the head start that their popularity alone gave them.",
        "d": "The AUC over all films rises, since the harder triples teach the model more.",
    },
    correct="c",
    wrong=(
        WrongAnswer(
            "same minimum",
            "a",
            "SGD minimizes the mean loss of the triples it draws. Draw other films, and it is another mean with "
            "another minimum; nothing weighs the triples back.",
            "lesson 05, Eq. (5.11) and (5.12)",
        ),
        WrongAnswer(
            "popular films rise",
            "b",
            "They occur more often, and as the OTHER film, which is pushed down. As the clicked film they occur as "
            "often as before.",
            "lesson 05, Eq. (5.8) and (5.12)",
        ),
        WrongAnswer(
            "better AUC",
            "d",
            "AUC counts all unclicked films alike, and so does the loss with uniform draws: that is the one that "
            "bounds it. With popular draws the loss bounds another share.",
            "lesson 05, Eq. (5.10) and (5.12)",
        ),
    ),
    right=("c", "C"),
)


# ---- 05.10 the proof -------------------------------------------------------------------------------------------------

PROOF = OrderTask(
    id="05.10",
    title="The loss bounds 1 − AUC",
    name="answer_05_10",
    objectives=("O5.5",),
    contract="Put the nine steps of the proof into an order in which each step comes after those it uses. Several "
    "orders are right. One user; the pairs are the user's clicked films i with the films j not clicked, and x is the "
    "margin of a pair.",
    points=4,
    hints=(
        "Four steps follow from definitions or from the curve ln(1 + e^−x) alone. Which five conclude something from "
        "other steps?",
        "The comparison of a single pair comes before the mean. It has two sides: pairs with x ≤ 0, where the curve "
        "must reach 1, and pairs with x > 0.",
        "b, then e; d, then g; with h they give a. With f comes i, and c takes the mean.",
    ),
    steps={
        "a": "For every pair m is at most ln(1 + e^−x) / ln 2.",
        "b": "AUC is the share of the pairs with x > 0, plus half the share with x = 0.",
        "c": "The mean over the pairs: 1 − AUC is at most the mean loss divided by ln 2.",
        "d": "ln(1 + e^−x) falls as x rises, and at x = 0 it is ln 2.",
        "e": "So 1 − AUC is the mean over the pairs of m, where m is 1 if x < 0, 1/2 if x = 0, and 0 if x > 0.",
        "f": "σ(x) = 1/(1 + e^−x), so a pair's loss −ln σ(x) is ln(1 + e^−x).",
        "g": "So ln(1 + e^−x) / ln 2 is at least 1 wherever x ≤ 0.",
        "h": "ln(1 + e^−x) is above 0 for every x, since 1 + e^−x is above 1.",
        "i": "So for every pair m is at most the pair's loss divided by ln 2.",
    },
    depends_on={  # b, d, f and h follow from definitions and from the curve
        "e": ("b",),
        "g": ("d",),
        "a": ("e", "g", "h"),
        "i": ("a", "f"),
        "c": ("e", "i"),
    },
    wrong=(
        WrongAnswer(
            "begins with the claim",
            tuple("cbedghafi"),
            "You begin with what is to be shown. The mean comes last, when the comparison holds for every single pair.",
            "lesson 05, Eq. (5.10)",
        ),
        WrongAnswer(
            "mean before the pairs",
            tuple("becdghafi"),
            "You take the mean before a single pair has been compared. A mean of numbers is at most another mean if "
            "each number is at most its partner, and that comes first.",
            "lesson 05, Eq. (5.10)",
        ),
        WrongAnswer(
            "pairs in order forgotten",
            tuple("bedgahfic"),
            "Your comparison of a pair looks at x ≤ 0 only. For x > 0 m is 0, and it takes a loss above 0 to be at "
            "least that.",
            "lesson 05, Eq. (5.10)",
        ),
        WrongAnswer(
            "loss not named",
            tuple("bedghaifc"),
            "You call ln(1 + e^−x) the pair's loss before it has been shown to be −ln σ(x).",
            "lesson 05, Eq. (5.3) and (5.4)",
        ),
        WrongAnswer(
            "m not defined",
            tuple("bdghaefic"),
            "You compare m with the curve before you have said what m is.",
            "lesson 05, Eq. (5.10)",
        ),
    ),
    right=(list("bedghafic"), "fdgbehaic", "hfbdegaic", "d, g, h, b, e, a, f, i, c"),
)


# ---- 05.11 to 05.13 find the fault -----------------------------------------------------------------------------------


def margin_after_steps_listing(
    p: ArrayLike, qi: ArrayLike, qj: ArrayLike, lr: float, reg: float, n_steps: int
) -> float:
    """The margin of one triple after some steps of gradient descent."""
    user, clicked, other = (np.array(part, dtype=float) for part in (p, qi, qj))
    for _ in range(n_steps):
        x = user @ (clicked - other)
        push = -expit(-x)
        by_user = 2 * reg * user - push * (clicked - other)
        by_clicked = 2 * reg * clicked - push * user
        by_other = 2 * reg * other + push * user
        user, clicked, other = user - lr * by_user, clicked - lr * by_clicked, other - lr * by_other
    return float(user @ (clicked - other))


def bpr_loss_listing(P: ArrayLike, Q: ArrayLike, triples: ArrayLike, reg: float) -> float:
    """BPR's loss. The 1e-10 keeps the logarithm finite."""
    P, Q = np.array(P, dtype=float), np.array(Q, dtype=float)
    users, positives, negatives = np.array(triples).T
    x = np.sum(P[users] * (Q[positives] - Q[negatives]), axis=1)
    return float(-np.log(expit(x) + 1e-10).sum() + reg * (np.sum(P**2) + np.sum(Q**2)))


def losses_of_steps_listing(
    p: ArrayLike, qi: ArrayLike, qj: ArrayLike, lr: float, reg: float, n_steps: int
) -> np.ndarray:
    """The loss of one triple before the first step and after the last, its penalty included."""
    user, clicked, other = (np.array(part, dtype=float) for part in (p, qi, qj))
    losses = []
    for _ in range(n_steps + 1):
        x = user @ (clicked - other)
        losses.append(np.logaddexp(0, -x) + reg * (user @ user + clicked @ clicked + other @ other))
        push = expit(-x)
        up_user = push * (clicked - other) + 2 * reg * user
        up_clicked = push * user + 2 * reg * clicked
        up_other = -push * user + 2 * reg * other
        user, clicked, other = user + lr * up_user, clicked + lr * up_clicked, other + lr * up_other
    return np.array([losses[0], losses[-1]])


def _steps_problem(p: ArrayLike, qi: ArrayLike, qj: ArrayLike, lr: float, reg: float, n_steps: int) -> str | None:
    """Why an input of the first or third listing is not allowed, or None."""
    vectors = [np.array(part, dtype=float) for part in (p, qi, qj)]
    shape = vectors[0].shape
    if len(shape) != 1 or not 1 <= shape[0] <= 5 or any(part.shape != shape for part in vectors):
        return f"p, qi and qj must be three lists of equal length, 1 to 5, got the shapes {[v.shape for v in vectors]}"
    if not all(np.all(np.abs(part) <= 3) for part in vectors):
        return "the entries of p, qi and qj go from −3 to 3"
    if not 0 < lr <= 0.1:
        return f"lr must lie above 0 and not above 0.1, got {lr:g}"
    if not 0 <= reg <= 1:
        return f"reg must lie from 0 to 1, got {reg:g}"
    return None if 1 <= n_steps <= 100 and n_steps == int(n_steps) else f"n_steps must be 1 to 100, got {n_steps:g}"


def _loss_problem(P: ArrayLike, Q: ArrayLike, triples: ArrayLike, reg: float) -> str | None:
    """Why an input of the second listing is not allowed, or None."""
    users, films, rows = np.array(P, dtype=float), np.array(Q, dtype=float), np.array(triples)
    if users.ndim != 2 or films.ndim != 2 or users.shape[1] != films.shape[1] or max(len(users), len(films)) > 5:
        return f"P and Q must be tables with equally many columns and at most 5 rows, got {users.shape}, {films.shape}"
    if not (np.all(np.abs(users) <= 100) and np.all(np.abs(films) <= 100)):
        return "the entries of P and Q go from −100 to 100"
    if rows.dtype.kind not in "iu" or rows.ndim != 2 or rows.shape[1] != 3 or not 1 <= len(rows) <= 10:
        return "triples must be 1 to 10 rows (u, i, j) of integers"
    if rows.min() < 0 or rows[:, 0].max() >= len(users) or rows[:, 1:].max() >= len(films):
        return "each row of triples is (u, i, j): a row of P and two rows of Q, counted from 0"
    if np.any(rows[:, 1] == rows[:, 2]):
        return "the two films of a triple must differ"
    return None if reg >= 0 else f"reg must be at least 0, got {reg:g}"


def moved(p: Floats, qi: Floats, qj: Floats, lr: float, reg: float) -> Three:
    """The three vectors after a right step."""
    dp, dqi, dqj = bpr.gradient(p, qi, qj, reg)
    return p - lr * dp, qi - lr * dqi, qj - lr * dqj


@wraps(margin_after_steps_listing)
def _right_margin(p: ArrayLike, qi: ArrayLike, qj: ArrayLike, lr: float, reg: float, n_steps: int) -> float:
    """The margin after the same steps with the right sign."""
    user, clicked, other = (np.array(part, dtype=float) for part in (p, qi, qj))
    for _ in range(n_steps):
        user, clicked, other = moved(user, clicked, other, lr, reg)
    return float(margin3(user, clicked, other))


def _start(p: ArrayLike, qi: ArrayLike, qj: ArrayLike) -> float:
    """The margin before the first step."""
    return float(margin3(*(np.array(part, dtype=float) for part in (p, qi, qj))))


def _unlearns(p: ArrayLike, qi: ArrayLike, qj: ArrayLike, lr: float, reg: float, n_steps: int) -> bool:
    """Whether the listing turns a right order into a wrong one."""
    return _start(p, qi, qj) > 0 > margin_after_steps_listing(p, qi, qj, lr, reg, n_steps)


def _order_kept(p: ArrayLike, qi: ArrayLike, qj: ArrayLike, lr: float, reg: float, n_steps: int) -> str:
    """What the margin does."""
    start, right = _start(p, qi, qj), _right_margin(p, qi, qj, lr, reg, n_steps)
    if start <= 0:
        return f"The margin starts at {start:.4f}. Asked is one that starts above 0 and ends below"
    return (
        f"The margin starts at {start:.4f}, where the push is {float(falling(start)):.4f}; with the right sign it "
        f"would be {right:.4f} after the same steps. Asked is one that ends below 0"
    )


@wraps(bpr_loss_listing)
def _right_loss(P: ArrayLike, Q: ArrayLike, triples: ArrayLike, reg: float) -> float:
    """What the second listing should compute."""
    return bpr.loss(P, Q, triples, reg)


def _margins_of(P: ArrayLike, Q: ArrayLike, triples: ArrayLike, reg: float) -> str:
    """How far the margins go."""
    x = bpr.margins(P, Q, triples)
    return (
        f"The margins go from {x.min():.4g} to {x.max():.4g}, so σ is at least {float(expit(x.min())):.3g}, and 1e-10 "
        "beside that does not show"
    )


@wraps(losses_of_steps_listing)
def _right_losses(p: ArrayLike, qi: ArrayLike, qj: ArrayLike, lr: float, reg: float, n_steps: int) -> Floats:
    """The loss before and after the same steps with the right sign of the penalty."""
    user, clicked, other = (np.array(part, dtype=float) for part in (p, qi, qj))
    losses = []
    for _ in range(n_steps + 1):
        losses.append(float(lost(margin3(user, clicked, other))) + reg * squares(user, clicked, other))
        user, clicked, other = moved(user, clicked, other, lr, reg)
    return np.array([losses[0], losses[-1]])


def _climbs(p: ArrayLike, qi: ArrayLike, qj: ArrayLike, lr: float, reg: float, n_steps: int) -> bool:
    """Whether the third listing's loss ends higher than it starts, by more than rounding."""
    first, last = losses_of_steps_listing(p, qi, qj, lr, reg, n_steps)
    return bool(last > first * (1 + 1e-6))


def _losses_fall(p: ArrayLike, qi: ArrayLike, qj: ArrayLike, lr: float, reg: float, n_steps: int) -> str:
    """What the loss consists of at the start."""
    vectors = [np.array(part, dtype=float) for part in (p, qi, qj)]
    loss, penalty = float(lost(margin3(*vectors))), reg * squares(*vectors)
    return (
        f"At the start −ln σ(x) is {loss:.4f} and the penalty {penalty:.4f}. While the push lowers the first by more "
        "than the second grows, the wrong sign does not show"
    )


STEPS_RULES = (
    "p, qi and qj are lists of equal length, 1 to 5, with entries from −3 to 3; 0 < lr ≤ 0.1; 0 ≤ reg ≤ 1; n_steps is "
    '1 to 100. The answer is a dict {"p": ..., "qi": ..., "qj": ..., "lr": ..., "reg": ..., "n_steps": ...}.'
)

UNLEARNED = CounterExampleTask(
    id="05.11",
    title="A step that un-learns",
    name="answer_05_11",
    objectives=("O5.3",),
    contract="The listing takes steps on one triple, with the sign of the push that the paper's formula of the "
    "gradient has, and returns the margin after the last step. Find an input whose margin is above 0 at the start and "
    "below 0 at the end. "
    f"Rules: {STEPS_RULES}",
    points=3,
    hints=(
        "Which of the two signs would you expect before the push? Follow one step for one factor, p = 1, qi = 1, "
        "qj = 0.",
        "Where the margin is large the push is almost 0, and a wrong sign does little. Where is the push large?",
        "Start with a small margin above 0, such as p = [1], qi = [1], qj = [0], the largest lr, reg 0, and enough "
        "steps.",
    ),
    listing=margin_after_steps_listing,
    reference=_right_margin,
    valid=_steps_problem,
    exposes=_unlearns,
    why_not=_order_kept,
    wrong=(
        WrongAnswer(
            "a large margin",
            {"p": [3, 3], "qi": [2, 2], "qj": [0, 0], "lr": 0.1, "reg": 0, "n_steps": 20},
            "The margin starts at 12, where the push is almost 0: a wrong sign of nothing. Start nearer to 0.",
            "lesson 05, Eq. (5.5)",
        ),
        WrongAnswer(
            "wrong from the start",
            {"p": [1], "qi": [0], "qj": [1], "lr": 0.1, "reg": 0, "n_steps": 20},
            "The margin falls, which is where to look. But it starts below 0: exchange the films, so that the order is "
            "right before the listing spoils it.",
            "lesson 05, Eq. (5.2)",
        ),
        WrongAnswer(
            "one step",
            {"p": [1], "qi": [1], "qj": [0], "lr": 0.1, "reg": 0, "n_steps": 1},
            "The margin has fallen from 1, though a step should raise it. One step is not enough to bring it below 0.",
            "lesson 05, Eq. (5.9)",
        ),
    ),
    right=(
        {"p": [1], "qi": [1], "qj": [0], "lr": 0.1, "reg": 0, "n_steps": 50},
        ([1, 0], [0.5, 1], [0.25, 1], 0.1, 0.01, 40),
        {"p": np.array([0.5]), "qi": np.array([1.0]), "qj": np.array([-1.0]), "lr": 0.05, "reg": 0.0, "n_steps": 100},
    ),
)

CAPPED = CounterExampleTask(
    id="05.12",
    title="A loss with a lid",
    name="answer_05_12",
    objectives=("O5.4",),
    contract="The listing computes BPR's loss with a small number beside σ. Find P, Q, triples and reg for which it is "
    "not the loss of task 05.1, to about six digits. Rules: P and Q have equally many columns, at most 5 rows, entries "
    "from −100 to 100; triples is 1 to 10 rows (u, i, j) with i ≠ j; reg ≥ 0. The answer is a dict "
    '{"P": ..., "Q": ..., "triples": ..., "reg": ...}.',
    points=3,
    hints=(
        "When does 1e-10 matter beside σ(x)?",
        "What is the largest number that −ln(σ + 1e-10) can give, and how large is −ln σ(x) at x = −50?",
        "One user, two films, one triple in the wrong order, by a margin of −30 or less.",
    ),
    listing=bpr_loss_listing,
    reference=_right_loss,
    valid=_loss_problem,
    why_not=_margins_of,
    wrong=(
        WrongAnswer(
            "a little wrong",
            {"P": [[1]], "Q": [[0], [5]], "triples": [[0, 0, 1]], "reg": 0},
            "The order is wrong, which is where to look, but by 5 only: σ is 0.0067, and 1e-10 beside that is nothing. "
            "Go further.",
            "lesson 05, Eq. (5.4)",
        ),
        WrongAnswer(
            "in order",
            {"P": [[1]], "Q": [[5], [0]], "triples": [[0, 0, 1]], "reg": 0.1},
            "σ is near 1 here. Beside a large number 1e-10 does nothing; look where σ is small.",
            "lesson 05, Eq. (5.3)",
        ),
    ),
    right=(
        {"P": [[10]], "Q": [[0], [5]], "triples": [[0, 0, 1]], "reg": 0},
        ([[100]], [[-5], [5]], [[0, 0, 1]], 0.01),
        {"P": np.array([[5.0, 1.0]]), "Q": np.array([[-4.0, 0], [4, 2]]), "triples": np.array([[0, 0, 1]]), "reg": 1},
        {"P": [[10]], "Q": [[5], [0]], "triples": [[0, 0, 1]], "reg": 0},  # below 0 where 0 is the least
    ),
)

GROWN = CounterExampleTask(
    id="05.13",
    title="A penalty that lets grow",
    name="answer_05_13",
    objectives=("O5.3",),
    contract="The listing takes steps on one triple as the paper's listing prints them, with 2 · reg for its λ, and "
    "returns the triple's loss before the first step and after the last. Find an input whose loss is higher at the "
    f"end, by more than rounding (a millionth of it). Rules: {STEPS_RULES}",
    points=3,
    hints=(
        "The paper writes its update for an objective to maximize. With which sign does that hold the penalty, and "
        "with which sign does the listing add its gradient?",
        "With reg = 0 the listing is right, and with a small reg the push hides the fault for a while. When is the "
        "push small?",
        "Start with a triple in order, by a margin of 5 or more, take reg = 0.5, and some ten steps.",
    ),
    listing=losses_of_steps_listing,
    reference=_right_losses,
    valid=_steps_problem,
    exposes=_climbs,
    why_not=_losses_fall,
    wrong=(
        WrongAnswer(
            "no penalty",
            {"p": [1], "qi": [1], "qj": [0], "lr": 0.1, "reg": 0, "n_steps": 50},
            "With reg = 0 there is no penalty, and so no wrong sign of it. The rest of the step is right.",
            "lesson 05, Eq. (5.9)",
        ),
        WrongAnswer(
            "push outweighs",
            {"p": [1], "qi": [0], "qj": [1], "lr": 0.1, "reg": 0.01, "n_steps": 20},
            "The triple starts in the wrong order, so the push lowers −ln σ(x) by more than the growing penalty adds. "
            "Take a triple that is in order, or a larger reg.",
            "lesson 05, Eq. (5.5) and (5.9)",
        ),
    ),
    right=(
        {"p": [2], "qi": [2], "qj": [-1], "lr": 0.1, "reg": 0.5, "n_steps": 10},
        ([1], [1], [0], 0.1, 1, 50),
        {"p": np.ones(2), "qi": np.ones(2), "qj": -np.ones(2), "lr": 0.05, "reg": 0.1, "n_steps": 100},
    ),
)


# ---- 05.14 and 05.15 what the product assumes, and what sampling minimizes -------------------------------------------

INDEPENDENT = ChoiceTask(
    id="05.14",
    title="What the product assumes",
    name="answer_05_14",
    objectives=("O5.2",),
    contract="A user has clicked film i, and neither j nor l; all three have the same score. If somebody shuffled the "
    "three films, i would come first with the probability 1/3. Which probability does BPR's product give to its two "
    "triples, (u, i, j) and (u, i, l), together?",
    points=3,
    hints=(
        "What is the margin of each triple, and what is σ of it?",
        "The likelihood multiplies the probabilities of the triples. When is that allowed?",
        "In a shuffle, i before j makes i before l more likely. What does a product know of that?",
    ),
    options={
        "a": "1/3, as for a shuffle",
        "b": "1/4, as if the two orders were independent",
        "c": "1/2, since the second triple tells nothing new at equal scores",
        "d": "1/6, as for any order of three films",
    },
    correct="b",
    wrong=(
        WrongAnswer(
            "shuffle",
            "a",
            "The shuffle knows that three films make one list: if i is before j, it is more often before l too. A "
            "product of σ's knows nothing of that; it is 1/2 · 1/2.",
            "lesson 05, Eq. (5.3) and (5.4)",
        ),
        WrongAnswer(
            "one triple",
            "c",
            "Each triple brings its own factor, 1/2 at a margin of 0. The loss adds ln 2 for each.",
            "lesson 05, Eq. (5.4)",
        ),
        WrongAnswer(
            "full order",
            "d",
            "1/6 is the probability of one order of all three. The triples do not say which of j and l comes first.",
            "lesson 05, Eq. (5.1) and (5.3)",
        ),
    ),
    right=("b", "B"),
)

SAMPLED = ChoiceTask(
    id="05.15",
    title="What sampling minimizes",
    name="answer_05_15",
    objectives=("O5.6",),
    contract="SGD draws triples, and each step subtracts lr times the gradient of task 05.2, its penalty included. One "
    "user is in 30 % of the drawn triples, another in 0.3 %. What does SGD minimize, on average?",
    points=3,
    hints=(
        "In how many of 1,000 steps does each of the two users' vectors occur, and so shrink?",
        "On average a step subtracts the mean of the triples' gradients. Of which function is that the gradient?",
        "The mean over the triples of reg‖p_u‖²: how often does one user's vector occur in it?",
    ),
    options={
        "a": "The mean loss plus reg(‖P‖² + ‖Q‖²): each vector is penalized alike.",
        "b": "The mean loss plus a penalty that is 100 times larger for the first user than for the second.",
        "c": "The mean loss alone: as the triples are drawn at random, the penalties cancel on average.",
        "d": "The mean loss plus a penalty that is 100 times larger for the second user, who has far less data.",
    },
    correct="b",
    wrong=(
        WrongAnswer(
            "alike",
            "a",
            "A step shrinks three vectors, not the tables. A vector in 30 % of the triples is shrunk 100 times as "
            "often as one in 0.3 %.",
            "lesson 05, Eq. (5.11)",
        ),
        WrongAnswer(
            "cancel",
            "c",
            "Every penalty points the same way, towards 0. The mean of such pulls is a pull.",
            "lesson 05, Eq. (5.11)",
        ),
        WrongAnswer(
            "less data, more penalty",
            "d",
            "With a plain penalty the second user, who has few triples against it, would be held nearer to 0. Here the "
            "penalty comes with the triples: few triples, few pulls.",
            "lesson 05, Eq. (5.11)",
        ),
    ),
    right=("b", "B"),
)


TASKS: tuple[Task, ...] = (
    BY_HAND,
    LOSS,
    GRADIENT,
    STEP,
    IALS,
    BIAS,
    NO_CLICK,
    PRIOR,
    UNCLICKED,
    POPULAR,
    PROOF,
    UNLEARNED,
    CAPPED,
    GROWN,
    INDEPENDENT,
    SAMPLED,
)
