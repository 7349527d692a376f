"""The tasks of lesson 01: from four numbers by hand to the gradient of a model that stays on the scale.

A wrong answer is the right one with one part replaced: `objective_with(penalty=...)` is `mf_objective` with another
penalty. So each line below shows the one idea that the answer got wrong, and nothing else.
"""

from collections.abc import Callable
from functools import wraps
from math import exp
from typing import Any, cast

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from recmath_lib import factorization, ratings
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

Answer = Callable[..., Any]
Floats = NDArray[np.floating]
Mask = NDArray[np.bool_]
Penalty = Callable[[Floats, Floats, Floats, Floats], float]

# Mistakes that raise an error on some inputs.
RAISING = {
    "Q not transposed",
    "counts of the other side: both",
    "counts of the other side: users by columns",
    "counts of the other side: items by rows",
    "counts of the other side: items by rows, in a loop",
    "counts along the factors",
    "overflow at -1000: math",
    "the new p in the step of q: in place",
    "the new q in the step of p: in place",
    "written into p and q",
}


# ---- 01.1 mf_objective -----------------------------------------------------------------------------------------------


def squares(errors: Floats) -> float:
    """The sum of squares."""
    return float(np.sum(errors**2))


def as_observed(R: Floats, observed: Mask) -> Mask:
    """The cells that count."""
    return observed


def once_per_rating(seen: Mask, weighted: bool) -> tuple[Floats, Floats]:
    """How often each user and each item is penalized, c_u and c_i of the lesson."""
    m, n = seen.shape
    return (seen.sum(axis=1) * 1.0, seen.sum(axis=0) * 1.0) if weighted else (np.ones(m), np.ones(n))


def both_tables(P: Floats, Q: Floats, by_user: Floats, by_item: Floats) -> float:
    """The squared norms of all rows, each as often as it counts."""
    return float(by_user @ np.sum(P**2, axis=1) + by_item @ np.sum(Q**2, axis=1))


def objective_with(
    *,
    seen: Callable[[Floats, Mask], Mask] = as_observed,
    counted: Callable[[Floats, Mask], Mask] | None = None,
    fit: Callable[[Floats], float] = squares,
    counts: Callable[[Mask, bool], tuple[Floats, Floats]] = once_per_rating,
    penalty: Penalty = both_tables,
    total: Callable[[float, float], float] = lambda fit, penalty: fit + penalty,
) -> Answer:
    """`mf_objective` with one of its parts replaced.

    `seen` marks the cells whose errors count, `counted` those that make up n_u and n_i (None: the same); `fit` sums the
    errors, `counts` tells how often each row is penalized, `penalty` adds up, `total` puts both parts together.
    """

    def mf_objective(R: Floats, observed: Mask, P: Floats, Q: Floats, reg: float, weighted: bool = False) -> float:
        errors = (R - P @ Q.T)[seen(R, observed)]
        by_user, by_item = counts((counted or seen)(R, observed), weighted)
        return float(total(fit(errors), reg * penalty(P, Q, by_user, by_item)))

    return mf_objective


def objective_from(cell_errors: Callable[[Floats, Mask, Floats], Floats]) -> Answer:
    """`mf_objective` with the squared errors of all cells, unobserved ones too, made in another way."""

    def mf_objective(R: Floats, observed: Mask, P: Floats, Q: Floats, reg: float, weighted: bool = False) -> float:
        penalty = both_tables(P, Q, *once_per_rating(observed, weighted))
        return float(np.sum(cell_errors(R, observed, P @ Q.T)) + reg * penalty)

    return mf_objective


def objective_that_writes(gaps: Callable[[Floats, Mask], Mask]) -> Answer:
    """The right value, and an R that is no longer the caller's: it holds 0 in the cells that `gaps` marks."""

    def mf_objective(R: Floats, observed: Mask, P: Floats, Q: Floats, reg: float, weighted: bool = False) -> float:
        R[gaps(R, observed)] = 0
        return cast(float, objective_with()(R, observed, P, Q, reg, weighted))

    return mf_objective


def objective_with_counts_along_factors(
    R: Floats, observed: Mask, P: Floats, Q: Floats, reg: float, weighted: bool = False
) -> float:
    """The counts in one row, multiplied with a table: they go along its columns, or do not fit."""
    by_user, by_item = once_per_rating(observed, True) if weighted else (np.ones(1), np.ones(1))
    penalty = np.sum(by_user * P**2) + np.sum(by_item * Q**2)
    return float(squares((R - P @ Q.T)[observed]) + reg * penalty)


def objective_with_weighted_errors(
    R: Floats, observed: Mask, P: Floats, Q: Floats, reg: float, weighted: bool = False
) -> float:
    """The counts before the errors, in place of before the penalty."""
    counts = observed.sum(axis=1, keepdims=True) if weighted else np.ones((len(P), 1))
    errors = (np.sqrt(counts) * (R - P @ Q.T))[observed]
    return float(squares(errors) + reg * both_tables(P, Q, *once_per_rating(observed, False)))


def mf_objective(R: Floats, observed: Mask, P: Floats, Q: Floats, reg: float, weighted: bool = False) -> float:
    """The library's objective, Eq. (1.2) and (1.3)."""
    return factorization.objective(ratings.from_dense(R, observed), P, Q, reg, weighted)


def objective_by_loop(R: Floats, observed: Mask, P: Floats, Q: Floats, reg: float, weighted: bool = False) -> float:
    """Right, one rating after another: the penalty of both rows belongs to each rating, or to none."""
    total = 0.0 if weighted else reg * sum(float(value) ** 2 for table in (P, Q) for value in np.ravel(table))
    for u, i in zip(*np.nonzero(observed), strict=True):
        total += (R[u, i] - P[u] @ Q[i]) ** 2
        total += reg * (P[u] @ P[u] + Q[i] @ Q[i]) if weighted else 0.0
    return float(total)


def objective_by_nansum(R: Floats, observed: Mask, P: Floats, Q: Floats, reg: float, weighted: bool = False) -> float:
    """Right: what was not observed becomes nan, and nan is left out."""
    by_user, by_item = (observed.sum(axis=1), observed.sum(axis=0)) if weighted else (1, 1)
    errors = np.where(observed, R, np.nan) - np.einsum("uk,ik->ui", P, Q)
    of_users, of_items = np.linalg.norm(P, axis=1) ** 2, np.linalg.norm(Q, axis=1) ** 2
    return float(np.nansum(errors**2) + reg * (np.sum(by_user * of_users) + np.sum(by_item * of_items)))


def objective_by_trace(R: Floats, observed: Mask, P: Floats, Q: Floats, reg: float, weighted: bool = False) -> float:
    """Right: unobserved cells are filled with their prediction, so that their error is 0."""
    prediction = np.matmul(P, np.transpose(Q))
    filled = np.where(observed, R, prediction)
    D_users, D_items = (np.diag(c) for c in once_per_rating(observed, weighted))
    return float(
        np.linalg.norm(filled - prediction) ** 2 + reg * (np.trace(P.T @ D_users @ P) + np.trace(Q.T @ D_items @ Q))
    )


def table(*rows: list[float]) -> Floats:
    """A matrix of floats."""
    return np.array(rows, dtype=float)


def told(*rows: str) -> Mask:
    """A mask, a row in a string: "10" is observed, not observed."""
    return np.array([[cell == "1" for cell in row] for row in rows])


def drawn_problem(rng: Generator, m: int, n: int, k: int) -> tuple[Floats, Mask, Floats, Floats, float]:
    """Half-star ratings with a gap in each row but the first; 0, nan or a 9 stands in the gaps."""
    observed = np.ones((m, n), dtype=bool)
    observed[np.arange(1, m), rng.integers(0, n, m - 1)] = False
    R = np.where(observed, rng.integers(1, 11, (m, n)) / 2, rng.choice([0, np.nan, 9], (m, n)))
    P, Q = (rng.normal(1, 0.8, (size, k)).round(1) for size in (m, n))
    return R, observed, P, Q, float(rng.integers(1, 6) / 10)


P1, Q1 = table([2], [1]), table([1.5], [0.5])
P2, Q2 = table([1, 2], [0.5, 1]), table([1, 1], [2, -0.5])
Q3 = table([1.5], [0.5], [2])
PER_RATING = {"weighted": True}


def objective_cases(seed: int) -> list[Case]:
    """Tables of four cells first; three drawn ones last."""
    rng = np.random.default_rng(seed)
    nan = np.nan
    return [
        Case("every cell observed", (table([5, 2], [3, 1]), told("11", "11"), P1, Q1, 0.1)),
        Case("0 in the unobserved cells", (table([5, 0], [3, 1]), told("10", "11"), P1, Q1, 0.1)),
        Case("nan in the unobserved cells", (table([nan, 2], [3, 1]), told("01", "11"), P1, Q1, 0.1)),
        Case("other numbers in the unobserved cells", (table([5, 9], [3, 1]), told("10", "11"), P1, Q1, 0.1)),
        Case("an observed rating of 0", (table([0, 2], [nan, 1]), told("11", "01"), P1, Q1, 0.5)),
        Case("an observed rating below 0", (table([-1, 2], [0, 1]), told("11", "01"), P1, Q1, 0.5)),
        Case("no penalty", (table([5, 2], [nan, 1]), told("11", "01"), P1, Q1, 0.0)),
        Case("two factors", (table([5, 2], [nan, 1]), told("11", "01"), P2, Q2, 0.2)),
        Case("the weighted penalty", (table([5, 3], [0, 1]), told("11", "01"), P1, Q1, 0.5), PER_RATING),
        Case("the weighted penalty", (table([4, nan, 2], [nan, 1, 5]), told("101", "011"), P1, Q3, 0.5), PER_RATING),
        Case(
            "the weighted penalty with a rating of 0",
            (table([0, 9], [2, 1]), told("10", "11"), P1, Q1, 1.0),
            PER_RATING,
        ),
        Case("the weighted penalty, two factors", (table([5, 2], [nan, 1]), told("11", "01"), P2, Q2, 0.2), PER_RATING),
        Case("a user without ratings", (table([0, 0], [3, 1]), told("00", "11"), P1, Q1, 0.5)),
        Case("a user without ratings", (table([nan, nan], [3, 1]), told("00", "11"), P1, Q1, 0.5), PER_RATING),
        Case("an item without ratings", (table([5, 0, 4], [3, 0, 1]), told("101", "101"), P1, Q3, 0.5)),
        Case("an item without ratings", (table([5, nan, 4], [3, 7, 1]), told("101", "101"), P1, Q3, 0.5), PER_RATING),
        Case("two factors", drawn_problem(rng, 3, 2, 2)),
        Case("the weighted penalty, two factors", drawn_problem(rng, 2, 3, 2), PER_RATING),
        Case("the weighted penalty", drawn_problem(rng, 3, 3, 1), PER_RATING),
    ]


def norm_of(table: Floats) -> float:
    """The Frobenius norm, not squared."""
    return float(np.linalg.norm(table))


def row_norms(P: Floats, Q: Floats, by_user: Floats, by_item: Floats) -> float:
    """The norms of the rows, not squared."""
    return float(by_user @ np.linalg.norm(P, axis=1) + by_item @ np.linalg.norm(Q, axis=1))


def of_whole_tables(
    norm: Callable[[Floats], float],
    together: Callable[[float], float] = lambda sum_of_both: sum_of_both,
    by_rows: Penalty = both_tables,
) -> Penalty:
    """A penalty of the two tables as a whole; where rows have weights, it goes by rows."""

    def penalty(P: Floats, Q: Floats, by_user: Floats, by_item: Floats) -> float:
        plain = np.all(by_user == 1) and np.all(by_item == 1)
        return together(norm(P) + norm(Q)) if plain else by_rows(P, Q, by_user, by_item)

    return penalty


def reweighted(change: Callable[[Floats, Mask, int], Floats]) -> Callable[[Mask, bool], tuple[Floats, Floats]]:
    """`once_per_rating` with other weights in place of the counts of users (side 0) and of items (side 1)."""

    def counts(seen: Mask, weighted: bool) -> tuple[Floats, Floats]:
        by_user, by_item = once_per_rating(seen, weighted)
        return (change(by_user, seen, 0), change(by_item, seen, 1)) if weighted else (by_user, by_item)

    return counts


def not_zero(R: Floats, observed: Mask) -> Mask:
    """The mask of code that takes 0 for "not observed"."""
    return R != 0


def not_zero_or_nan(R: Floats, observed: Mask) -> Mask:
    """The mask of code that turns nan into 0, and then takes 0 for "not observed"."""
    return np.nan_to_num(R) != 0


def observed_not_zero(R: Floats, observed: Mask) -> Mask:
    """The mask of code that asks twice, `observed` and R."""
    return observed & (R != 0)


def above_zero(R: Floats, observed: Mask) -> Mask:
    """The mask of code that takes ratings for positive."""
    return R > 0


def not_nan(R: Floats, observed: Mask) -> Mask:
    """The mask of code that takes nan for the only mark of a gap."""
    return ~np.isnan(R)


def rated(seen: Mask, weighted: bool) -> tuple[Floats, Floats]:
    """Rows without ratings are never penalized."""
    by_user, by_item = once_per_rating(seen, True)
    return (by_user, by_item) if weighted else (np.minimum(by_user, 1), np.minimum(by_item, 1))


def only_in_errors(mask: Callable[[Floats, Mask], Mask]) -> Answer:
    """Errors by another mask, counts by `observed`."""
    return objective_with(seen=mask, counted=as_observed)


OBJECTIVE_WRONG = (
    *ways(
        "R != 0 as the mask",
        "You take R != 0 for the observed cells. A true rating of 0 is lost, and a gap that holds nan or any number "
        "but 0 counts (nan != 0 is True). Which cells count stands in `observed`, nowhere else.",
        "lesson 01, Eq. (1.2), the set Ω under the sum",
        {"errors and counts": objective_with(seen=not_zero), "errors": only_in_errors(not_zero)},
    ),
    *ways(
        "observed zeros lost",
        "You leave out the cells of R that hold 0, or become 0 once nan is replaced. An observed 0 is a rating, and a "
        "gap may hold any number. Which cells count stands in `observed`, nowhere else.",
        "lesson 01, Eq. (1.2), the set Ω under the sum",
        {
            "nan made 0": objective_with(seen=not_zero_or_nan),
            "nan made 0, errors": only_in_errors(not_zero_or_nan),
            "beside observed": objective_with(seen=observed_not_zero),
            "beside observed, errors": only_in_errors(observed_not_zero),
        },
    ),
    *ways(
        "R > 0 as the mask",
        "You take R > 0 for the observed cells. A rating may be 0 or negative, and a gap may hold a positive number. "
        "Which cells count stands in `observed`.",
        "lesson 01, Eq. (1.2), the set Ω under the sum",
        {"errors and counts": objective_with(seen=above_zero), "errors": only_in_errors(above_zero)},
    ),
    *ways(
        "everything but nan",
        "You leave out nan and count the rest, as np.nansum over all cells does. A gap may hold 0 or any other number: "
        "only `observed` tells.",
        "lesson 01, Eq. (1.2), the set Ω under the sum",
        {"errors and counts": objective_with(seen=not_nan), "errors": only_in_errors(not_nan)},
    ),
    *ways(
        "mask turned round",
        "You sum the errors of the cells that were not observed. In `observed`, True means that a rating was given "
        "(in a NumPy masked array it is the other way round).",
        "the contract of task 01.1: observed",
        {
            "errors and counts": objective_with(seen=lambda R, observed: ~observed),
            "errors": only_in_errors(lambda R, observed: ~observed),
        },
    ),
    WrongAnswer(
        "prediction cut to 1..5",
        objective_from(lambda R, observed, prediction: np.where(observed, (R - np.clip(prediction, 1, 5)) ** 2, 0)),
        "You cut the predictions to the scale. Eq. (1.2) takes them as they are: a prediction of 7 for a 5 has the "
        "error −2, and that is what pulls it back.",
        "lesson 01, Eq. (1.1) and (1.2)",
    ),
    WrongAnswer(
        "all cells",
        objective_from(lambda R, observed, prediction: (R - prediction) ** 2),
        "You sum the errors of all cells. Only the observed ones count: the sum runs over Ω.",
        "lesson 01, Eq. (1.2), the set Ω under the sum",
    ),
    WrongAnswer(
        "nan times 0",
        objective_from(lambda R, observed, prediction: observed * (R - prediction) ** 2),
        "You multiply by the mask, and 0 · nan is nan: one gap spoils the sum. Pick the observed cells instead, as in "
        "`errors[observed]`, before you sum.",
        "the contract of task 01.1: unobserved cells may hold nan",
    ),
    *ways(
        "a gap as a rating of 0",
        "You put 0 where nothing was observed and count the error of it, which pulls the prediction there to 0. A gap "
        "is no rating: its error does not belong to the sum.",
        "lesson 01, Eq. (1.2), the set Ω under the sum",
        {
            "chosen": objective_from(lambda R, observed, prediction: (np.where(observed, R, 0) - prediction) ** 2),
            "multiplied": objective_from(lambda R, observed, prediction: (observed * R - prediction) ** 2),
            "nan only": objective_from(lambda R, observed, prediction: (np.nan_to_num(R) - prediction) ** 2),
        },
    ),
    WrongAnswer(
        "a gap filled with the mean",
        objective_from(lambda R, observed, prediction: (np.where(observed, R, R[observed].mean()) - prediction) ** 2),
        "You fill the gaps with the mean rating and count the error of it. Nobody gave that rating: its error does not "
        "belong to the sum.",
        "lesson 01, Eq. (1.2), the set Ω under the sum",
    ),
    WrongAnswer(
        "counts from R",
        objective_with(counted=not_zero),
        "Your errors are right, but n_u and n_i count the cells of R that are not 0. A rating of 0 is a rating, and "
        "nan is not 0: count the cells of `observed`.",
        "lesson 01, Eq. (1.3)",
    ),
    WrongAnswer(
        "mean instead of sum",
        objective_with(fit=lambda errors: squares(errors) / errors.size),
        "You take the mean of the squared errors. The objective has their sum; beside a mean, the same `reg` weighs "
        "|Ω| times as much.",
        "lesson 01, Eq. (1.2)",
    ),
    WrongAnswer(
        "all of it per rating",
        lambda R, observed, P, Q, reg, weighted=False: (
            mf_objective(R, observed, P, Q, reg, weighted) / np.count_nonzero(observed)
        ),
        "You divide everything by the number of ratings. That has the same minimum, but it is another number: Eq. "
        "(1.2) and (1.3) are sums.",
        "lesson 01, Eq. (1.2)",
    ),
    WrongAnswer(
        "root of the mean",
        objective_with(fit=lambda errors: (squares(errors) / errors.size) ** 0.5),
        "You take the RMSE, which is for reporting. The objective has the sum of the squared errors: no mean, no root.",
        "lesson 01, Eq. (1.2) beside Eq. (1.10)",
    ),
    WrongAnswer(
        "Q not transposed",
        lambda R, observed, P, Q, reg, weighted=False: float(
            np.sum((R - P @ Q)[observed] ** 2) + reg * both_tables(P, Q, *once_per_rating(observed, weighted))
        ),
        "P @ Q does not fit: P is (m, k) and Q is (n, k). The table of all predictions is P @ Q.T.",
        "lesson 01, Eq. (1.1)",
    ),
    WrongAnswer(
        "root of the errors",
        objective_with(fit=lambda errors: squares(errors) ** 0.5),
        "You take the root of the sum of squared errors, which is what np.linalg.norm gives. The objective has the sum "
        "itself: square the norm.",
        "lesson 01, Eq. (1.2)",
    ),
    WrongAnswer(
        "absolute errors",
        objective_with(fit=lambda errors: float(np.sum(np.abs(errors)))),
        "You add up the sizes of the errors. The objective squares each error first.",
        "lesson 01, Eq. (1.2)",
    ),
    WrongAnswer(
        "errors not squared",
        objective_with(fit=lambda errors: float(np.sum(errors))),
        "You add up the errors as they are, so one too high and one too low cancel. Square each before you add.",
        "lesson 01, Eq. (1.2)",
    ),
    WrongAnswer(
        "sum squared",
        objective_with(fit=lambda errors: float(np.sum(errors)) ** 2),
        "You square the sum of the errors, so one too high and one too low cancel. Square each error, then add.",
        "lesson 01, Eq. (1.2)",
    ),
    WrongAnswer(
        "half of everything",
        objective_with(total=lambda fit, penalty: (fit + penalty) / 2),
        "You have a factor 1/2 in front of the whole. Some papers do, to lose the 2 of the gradient; Eq. (1.2) and "
        "(1.3) have none.",
        "lesson 01, Eq. (1.2)",
    ),
    WrongAnswer(
        "half of the errors",
        objective_with(total=lambda fit, penalty: fit / 2 + penalty),
        "You have a factor 1/2 in front of the squared errors. Beside it, `reg` weighs twice as much; Eq. (1.2) and "
        "(1.3) have no such factor.",
        "lesson 01, Eq. (1.2)",
    ),
    WrongAnswer(
        "half of the penalty",
        objective_with(total=lambda fit, penalty: fit + penalty / 2),
        "You have a factor 1/2 in front of the penalty. In this course λ stands there alone.",
        "lesson 01, Eq. (1.2)",
    ),
    WrongAnswer(
        "penalty subtracted",
        objective_with(total=lambda fit, penalty: fit - penalty),
        "You subtract the penalty. What is minimized must grow with the factors, or the best factors are infinite.",
        "lesson 01, Eq. (1.2)",
    ),
    WrongAnswer(
        "no penalty",
        objective_with(total=lambda fit, penalty: fit),
        "The squared errors are right, the penalty is missing. If you wrote it: a line that begins with + does not go "
        "on from the return above it, unless brackets hold both.",
        "lesson 01, Eq. (1.2)",
    ),
    WrongAnswer(
        "λ forgotten",
        lambda R, observed, P, Q, reg, weighted=False: mf_objective(R, observed, P, Q, 1.0, weighted),
        "Your penalty is the sum of squares as it is: `reg` does nothing in your function. Multiply by it.",
        "lesson 01, Eq. (1.2)",
    ),
    WrongAnswer(
        "penalty on P only",
        objective_with(penalty=lambda P, Q, by_user, by_item: float(by_user @ np.sum(P**2, axis=1))),
        "You penalize the user factors only. Then P could shrink and Q grow for nothing: both tables are penalized.",
        "lesson 01, Eq. (1.2)",
    ),
    WrongAnswer(
        "penalty on Q only",
        objective_with(penalty=lambda P, Q, by_user, by_item: float(by_item @ np.sum(Q**2, axis=1))),
        "You penalize the item factors only. Then Q could shrink and P grow for nothing: both tables are penalized.",
        "lesson 01, Eq. (1.2)",
    ),
    *ways(
        "norms not squared",
        "Your penalty adds norms. It adds squared norms: np.linalg.norm takes a root that has to be undone, or sum the "
        "squared entries.",
        "lesson 01, Eq. (1.2)",
        {
            "tables": objective_with(penalty=of_whole_tables(norm_of, by_rows=row_norms)),
            "tables, plain only": objective_with(penalty=of_whole_tables(norm_of)),
            "rows": objective_with(penalty=row_norms),
            "rows, weighted only": objective_with(
                penalty=of_whole_tables(lambda F: norm_of(F) ** 2, by_rows=row_norms)
            ),
        },
    ),
    *ways(
        "norms of both tables added, then squared",
        "You square the sum of two norms. The penalty is the sum of two squares, ‖P‖² + ‖Q‖².",
        "lesson 01, Eq. (1.2)",
        {"plain only": objective_with(penalty=of_whole_tables(norm_of, together=lambda sum_of_both: sum_of_both**2))},
    ),
    WrongAnswer(
        "spectral norm",
        objective_with(penalty=of_whole_tables(lambda table: float(np.linalg.norm(table, 2)) ** 2)),
        "np.linalg.norm(P, 2) of a matrix is its largest singular value. ‖P‖² sums the squares of all entries "
        "(Frobenius); np.linalg.norm(P), without the 2, is its root.",
        "lesson 01, Eq. (1.2)",
    ),
    WrongAnswer(
        "sizes of the entries",
        objective_with(
            penalty=lambda P, Q, by_user, by_item: float(
                by_user @ np.abs(P).sum(axis=1) + by_item @ np.abs(Q).sum(axis=1)
            )
        ),
        "Your penalty adds the sizes of the entries, the L1 norm. ‖P‖² adds their squares.",
        "lesson 01, Eq. (1.2)",
    ),
    WrongAnswer(
        "rows summed, then squared",
        objective_with(
            penalty=lambda P, Q, by_user, by_item: float(by_user @ P.sum(axis=1) ** 2 + by_item @ Q.sum(axis=1) ** 2)
        ),
        "You add the entries of a row and square the sum. ‖p_u‖² squares each entry, then adds.",
        "lesson 01, Eq. (1.2)",
    ),
    WrongAnswer(
        "weighted ignored",
        objective_with(counts=lambda seen, weighted: once_per_rating(seen, False)),
        "You give the plain objective whatever `weighted` says. With weighted=True each row is penalized once for each "
        "of its ratings.",
        "lesson 01, Eq. (1.3)",
    ),
    WrongAnswer(
        "always weighted",
        objective_with(counts=lambda seen, weighted: once_per_rating(seen, True)),
        "You penalize once per rating whatever `weighted` says, as a penalty inside the loop over ratings does. "
        "Without `weighted`, each row counts once, a row without ratings too.",
        "lesson 01, Eq. (1.2) beside Eq. (1.3)",
    ),
    WrongAnswer(
        "the two readings exchanged",
        objective_with(counts=lambda seen, weighted: once_per_rating(seen, not weighted)),
        "The two objectives have changed places: weighted=True is the one that penalizes once per rating.",
        "lesson 01, Eq. (1.2) beside Eq. (1.3)",
    ),
    WrongAnswer(
        "both penalties",
        objective_with(counts=reweighted(lambda count, seen, side: count + 1)),
        "With weighted=True you add the weighted penalty to the plain one, so each row counts once too often. It takes "
        "its place.",
        "lesson 01, Eq. (1.3)",
    ),
    *ways(
        "counts of the other side",
        "You count along the wrong side of `observed`. n_u is the number of ratings in row u, its sum over axis 1; "
        "n_i is the number in column i, its sum over axis 0.",
        "lesson 01, Eq. (1.3)",
        {
            "both": objective_with(counts=reweighted(lambda count, seen, side: seen.sum(axis=side) * 1.0)),
            "users by columns": objective_with(counts=reweighted(lambda count, seen, side: seen.sum(axis=0) * 1.0)),
            "items by rows": objective_with(counts=reweighted(lambda count, seen, side: seen.sum(axis=1) * 1.0)),
            "items by rows, in a loop": objective_with(
                counts=reweighted(
                    lambda count, seen, side: np.array([seen[row].sum() * 1.0 for row in range(count.size)])
                )
            ),
        },
    ),
    WrongAnswer(
        "counts along the factors",
        objective_with_counts_along_factors,
        "NumPy lines up `counts * P**2` from the right: counts go along the factors, not along the rows. Write "
        "`counts[:, None] * P**2`, or `counts @ np.sum(P**2, axis=1)`.",
        "lesson 01, Eq. (1.3)",
    ),
    WrongAnswer(
        "all ratings for every row",
        objective_with(counts=reweighted(lambda count, seen, side: np.full(count.size, 1.0 * seen.sum()))),
        "You multiply the whole penalty by the number of all ratings. Each row has a count of its own: n_u for p_u, "
        "n_i for q_i.",
        "lesson 01, Eq. (1.3)",
    ),
    WrongAnswer(
        "all cells of the row",
        objective_with(counts=reweighted(lambda count, seen, side: np.full(count.size, 1.0 * seen.shape[1 - side]))),
        "You penalize once per cell, observed or not, as a line in the loop but outside its `if` does. Count only the "
        "observed cells of the row.",
        "lesson 01, Eq. (1.3)",
    ),
    WrongAnswer(
        "users weighted, items not",
        objective_with(counts=reweighted(lambda count, seen, side: count if side == 0 else np.ones(count.size))),
        "You weight the users and not the items. In the weighted objective ‖q_i‖² counts n_i times as well.",
        "lesson 01, Eq. (1.3)",
    ),
    WrongAnswer(
        "items weighted, users not",
        objective_with(counts=reweighted(lambda count, seen, side: count if side == 1 else np.ones(count.size))),
        "You weight the items and not the users. In the weighted objective ‖p_u‖² counts n_u times as well.",
        "lesson 01, Eq. (1.3)",
    ),
    *ways(
        "shares instead of counts",
        "You weight each row by a share, its ratings divided by some total. The weight is the count n_u itself.",
        "lesson 01, Eq. (1.3)",
        {
            "of all ratings": objective_with(counts=reweighted(lambda count, seen, side: count / seen.sum())),
            "of the row's cells": objective_with(
                counts=reweighted(lambda count, seen, side: count / seen.shape[1 - side])
            ),
        },
    ),
    WrongAnswer(
        "errors weighted",
        objective_with_weighted_errors,
        "You weight the errors of a user by n_u. The weights belong to the penalty; every rating's error counts once.",
        "lesson 01, Eq. (1.3)",
    ),
    WrongAnswer(
        "counts squared",
        objective_with(counts=reweighted(lambda count, seen, side: count**2)),
        "Your counts are squared: you multiply the rows by n_u before you take their squares. Square first: n_u "
        "‖p_u‖².",
        "lesson 01, Eq. (1.3)",
    ),
    WrongAnswer(
        "unrated rows once",
        objective_with(counts=reweighted(lambda count, seen, side: np.maximum(count, 1))),
        "You count a row without ratings once. With weighted=True it has n_u = 0, so it is not penalized at all.",
        "lesson 01, Eq. (1.3)",
    ),
    WrongAnswer(
        "unrated rows never",
        objective_with(counts=rated),
        "You leave out the rows without ratings. In the plain objective ‖P‖² and ‖Q‖² have all rows, whether they are "
        "rated or not.",
        "lesson 01, Eq. (1.2)",
    ),
    *ways(
        "zeros written into R",
        "Your value is right. But R belongs to the caller, and now it holds zeros that nobody gave. Work on a copy, or "
        "pick the cells with `R[observed]`.",
        "the contract of task 01.1: inputs stay as they were",
        {
            "in every gap": objective_that_writes(lambda R, observed: ~observed),
            "for nan": objective_that_writes(lambda R, observed: np.isnan(R)),
        },
    ),
)

OBJECTIVE = FunctionTask(
    id="01.1",
    title="Both objectives",
    name="mf_objective",
    objectives=("O1.2",),
    contract="mf_objective(R, observed, P, Q, reg, weighted=False) → float. R: ratings, an array (m, n) of floats; "
    "observed: booleans (m, n); P: user factors (m, k); Q: item factors (n, k). The sum over the observed cells of "
    "(R_ui − p_u·q_i)², plus reg·(‖P‖² + ‖Q‖²), Eq. (1.2); with weighted=True plus reg·(Σ n_u‖p_u‖² + Σ n_i‖q_i‖²), "
    "Eq. (1.3), where n_u and n_i are the numbers of observed cells in row u and in column i. Unobserved cells of R "
    "may hold 0, nan or any number; an observed 0 is a rating. Inputs stay as they were.",
    points=6,
    hints=(
        "Two sums that can be written and tried one after the other: the errors of the observed cells, and the "
        "penalty. Try reg=0 first.",
        "All predictions at once are P @ Q.T. An array indexed by a mask keeps only the chosen cells: "
        "(R - P @ Q.T)[observed]. (To multiply by the mask will not do: 0 · nan is nan.) For the penalty, np.sum(P**2, "
        "axis=1) holds ‖p_u‖² for each user.",
        "The weights of the users are observed.sum(axis=1), those of the items observed.sum(axis=0); without "
        "`weighted` they are all 1. The penalty is reg times the sum of weight times ‖row‖², over both tables.",
    ),
    reference=mf_objective,
    cases=objective_cases,
    wrong=OBJECTIVE_WRONG,
    right=(objective_by_loop, objective_by_nansum, objective_by_trace, objective_with()),
)


# ---- 01.2 biased_mf_sgd_step -----------------------------------------------------------------------------------------

Step = tuple[Any, Any, Any, Any]


def old_error(mu: float, bu: float, bi: float, p: Floats, q: Floats, r: float) -> Any:
    """The rating minus its prediction, Eq. (1.6)."""
    return r - (mu + bu + bi + p @ q)


def bias_moved(error: float, own: float, other: float, lr: float, reg: float) -> Any:
    """A bias after the step, Eq. (1.8)."""
    return own + lr * (error - reg * own)


def factor_moved(error: float, own: Floats, other: Floats, lr: float, reg: float) -> Any:
    """A factor after the step, Eq. (1.9)."""
    return own + lr * (error * other - reg * own)


def step_with(
    *,
    error: Callable[..., Any] = old_error,
    bias: Callable[..., Any] = bias_moved,
    factor: Callable[..., Any] = factor_moved,
) -> Answer:
    """`biased_mf_sgd_step` with its error, the step of its biases or that of its factors replaced."""

    def biased_mf_sgd_step(
        mu: float, bu: float, bi: float, p: Floats, q: Floats, r: float, lr: float, reg: float
    ) -> Step:
        e = error(mu, bu, bi, p, q, r)
        return bias(e, bu, bi, lr, reg), bias(e, bi, bu, lr, reg), factor(e, p, q, lr, reg), factor(e, q, p, lr, reg)

    return biased_mf_sgd_step


def biased_mf_sgd_step(mu: float, bu: float, bi: float, p: Floats, q: Floats, r: float, lr: float, reg: float) -> Step:
    """The library's step, Eq. (1.8) and (1.9)."""
    return factorization.sgd_step(mu, bu, bi, p, q, r, lr, reg)


def step_in_turn(order: str, anew: str = "", old_factors: bool = False) -> Answer:
    """The four updates one after another, each with what is new by then; the error is made anew before some of them.

    Args:
        order: of the four, "b" user bias, "c" item bias, "p" user factor, "q" item factor.
        anew: before which of them the error is computed again.
        old_factors: whether p and q at least move along the old q and p.
    """

    def biased_mf_sgd_step(
        mu: float, bu: float, bi: float, p: Floats, q: Floats, r: float, lr: float, reg: float
    ) -> Step:
        now: dict[str, Any] = {"b": bu, "c": bi, "p": p, "q": q}
        error = old_error(mu, bu, bi, p, q, r)
        for part in order:
            if part in anew:
                error = old_error(mu, now["b"], now["c"], now["p"], now["q"], r)
            beside = {"p": p, "q": q} if old_factors else now
            if part in "bc":
                now[part] = bias_moved(error, now[part], 0.0, lr, reg)
            else:
                now[part] = factor_moved(error, now[part], beside["q" if part == "p" else "p"], lr, reg)
        return now["b"], now["c"], now["p"], now["q"]

    return biased_mf_sgd_step


def in_place(step: Answer) -> Answer:
    """The same step, added to the caller's own arrays as `p += ...` does; on integers NumPy refuses."""

    def biased_mf_sgd_step(
        mu: float, bu: float, bi: float, p: Floats, q: Floats, r: float, lr: float, reg: float
    ) -> Step:
        new_bu, new_bi, new_p, new_q = step(mu, bu, bi, p, q, r, lr, reg)
        p += new_p - p
        q += new_q - q
        return new_bu, new_bi, p, q

    return biased_mf_sgd_step


def written_in_turn(mu: float, bu: float, bi: float, p: Floats, q: Floats, r: float, lr: float, reg: float) -> Step:
    """`p[:] = ...` first, so that the line of q sees what p has become in its own type."""
    e = old_error(mu, bu, bi, p, q, r)
    p[:] = factor_moved(e, p, q, lr, reg)
    q[:] = factor_moved(e, q, p, lr, reg)
    return bias_moved(e, bu, bi, lr, reg), bias_moved(e, bi, bu, lr, reg), p, q


def step_in_their_own_type(
    mu: float, bu: float, bi: float, p: Floats, q: Floats, r: float, lr: float, reg: float
) -> Step:
    """What a copy of an integer array keeps of the new factors."""
    bu, bi, new_p, new_q = step_with()(mu, bu, bi, p, q, r, lr, reg)
    return bu, bi, new_p.astype(p.dtype), new_q.astype(q.dtype)


def step_copied(mu: float, bu: float, bi: float, p: Floats, q: Floats, r: float, lr: float, reg: float) -> Step:
    """The line of the user bias, copied."""
    new_bu, _, new_p, new_q = step_with()(mu, bu, bi, p, q, r, lr, reg)
    return new_bu, new_bu, new_p, new_q


def step_left_out(mu: float, bu: float, bi: float, p: Floats, q: Floats, r: float, lr: float, reg: float) -> Step:
    """The old values."""
    return bu, bi, p, q


along_itself = step_with(factor=lambda error, own, other, lr, reg: own + lr * (error * own - reg * own))


def rearranged(order: tuple[int, int, int, int]) -> Answer:
    """The right four values in another order."""

    def biased_mf_sgd_step(*args: Any, **kwargs: Any) -> Step:
        step = step_with()(*args, **kwargs)
        return cast(Step, tuple(step[place] for place in order))

    return biased_mf_sgd_step


def mixed(wrong: Answer, *places: int) -> Answer:
    """The right four values, but those in these places from another answer."""

    def biased_mf_sgd_step(*args: Any, **kwargs: Any) -> Step:
        right, other = step_with()(*args, **kwargs), wrong(*args, **kwargs)
        return cast(Step, tuple(other[place] if place in places else value for place, value in enumerate(right)))

    return biased_mf_sgd_step


def both_moved(move: Callable[..., Any], *, of_bias: bool = True, of_factor: bool = True) -> Answer:
    """A step in which biases and factors are moved by one rule: `move(own, pull, lr, reg, other)`.

    The pull is the error for a bias, and error times the other vector for a factor.
    """
    return step_with(
        bias=lambda error, own, other, lr, reg: (
            move(own, error, lr, reg, other) if of_bias else bias_moved(error, own, other, lr, reg)
        ),
        factor=lambda error, own, other, lr, reg: (
            move(own, error * other, lr, reg, other) if of_factor else factor_moved(error, own, other, lr, reg)
        ),
    )


def step_by_shrinking(
    mu: float, bu: float, bi: float, p: ArrayLike, q: ArrayLike, r: float, lr: float, reg: float
) -> Step:
    """Right: first shrink, then pull, on copies."""
    new_p, new_q = np.array(p, dtype=float), np.array(q, dtype=float)
    pull = lr * (r - mu - bu - bi - sum(a * b for a, b in zip(new_p, new_q, strict=True)))
    keep = 1 - lr * reg
    return keep * bu + pull, keep * bi + pull, keep * new_p + pull * np.array(q), keep * new_q + pull * np.array(p)


def step_by_matrix(mu: float, bu: float, bi: float, p: Floats, q: Floats, r: float, lr: float, reg: float) -> list[Any]:
    """Right: biases as two more entries of the vectors, (b_u, 1, p)·(1, b_i, q)."""
    user, item = np.concatenate([[bu, 1], p]), np.concatenate([[1, bi], q])
    error = r - mu - user @ item
    new_user, new_item = user + lr * (error * item - reg * user), item + lr * (error * user - reg * item)
    return [new_user[0], new_item[1], new_user[2:], new_item[2:]]


def step_by_gradient(mu: float, bu: float, bi: float, p: Floats, q: Floats, r: float, lr: float, reg: float) -> Step:
    """Right: half the learning rate times the gradient of the rating's own term, subtracted."""
    error = r - (mu + bu + bi + np.dot(p, q))
    slopes = (-2 * error + 2 * reg * bu, -2 * error + 2 * reg * bi, -2 * error * q + 2 * reg * p)
    new = [old - lr / 2 * slope for old, slope in zip((bu, bi, p), slopes, strict=True)]
    return new[0], new[1], new[2], np.asarray(q) - lr / 2 * (-2 * error * np.asarray(p) + 2 * reg * np.asarray(q))


def drawn_step(rng: Generator, k: int) -> tuple[Any, ...]:
    """A rating, a model and a step, in round numbers."""
    bu, bi = rng.normal([0.1, -0.2], 0.5).round(1).tolist()
    p, q = rng.normal(0.6, 0.7, (2, k)).round(1)
    return 3.5, bu, bi, p, q, float(rng.integers(1, 11) / 2), 0.1, float(rng.integers(1, 5) / 10)


def step_cases(seed: int) -> list[Case]:
    """An ordinary step first; three drawn ones last."""
    rng = np.random.default_rng(seed)
    ones, zeros = np.array([1.0, 2.0]), np.zeros(2)
    return [
        Case("a prediction that is too low", (2.5, 0.5, -0.4, ones, np.array([0.5, 0.2]), 5.0, 0.1, 0.2)),
        Case("one factor", (3.0, 0.2, -0.1, np.array([0.5]), np.array([1.5]), 4.5, 0.1, 0.2)),
        Case(
            "a prediction that is too high", (3.5, 0.4, 0.2, np.array([0.5, 1.0]), np.array([1.0, -0.4]), 1.0, 0.1, 0.3)
        ),
        Case("a prediction equal to the rating", (3.0, 0.5, -0.5, ones, np.array([0.5, 0.25]), 4.0, 0.1, 0.2)),
        Case("no penalty", (2.5, 0.5, -0.5, ones, np.array([0.5, 0.2]), 5.0, 0.1, 0.0)),
        Case("factors of 0", (3.0, 0.5, -0.2, zeros, zeros, 5.0, 0.1, 0.2)),
        Case("biases of 0", (3.0, 0.0, 0.0, ones, np.array([0.2, 0.3]), 5.0, 0.2, 0.5)),
        Case("factors of whole numbers", (2.0, 0.5, -0.5, np.array([1, 2]), np.array([2, 1]), 4.0, 0.1, 0.2)),
        Case("a prediction beyond 5 stars", (4.0, 0.5, 0.4, ones, np.array([0.5, 0.6]), 5.0, 0.1, 0.2)),
        Case("a rating of 0", (2.0, 0.5, -0.4, np.array([0.6, 1.0]), np.array([0.5, -0.3]), 0.0, 0.1, 0.2)),
        Case("a large learning rate", (3.0, 0.5, -0.4, np.array([0.5, 1.0]), np.array([1.0, 0.4]), 2.0, 1.0, 0.2)),
        Case("three factors", drawn_step(rng, 3)),
        Case("three factors", drawn_step(rng, 3)),
        Case("one factor", drawn_step(rng, 1)),
    ]


STEP_WRONG = (
    *ways(
        "the new p in the step of q",
        "Your q moves with the p that has moved already. Both steps use the old values. (`old = p` makes no copy: "
        "after `p += ...` or `p[:] = ...` old is new too.)",
        "lesson 01, Eq. (1.9)",
        {
            "same error": step_in_turn("bcpq"),
            "error anew": step_in_turn("bcpq", "q"),
            "in place": in_place(step_in_turn("bcpq")),
            "written over": written_in_turn,
        },
    ),
    *ways(
        "the new q in the step of p",
        "Your p moves with the q that has moved already. Both steps use the old values. (`old = q` makes no copy: "
        "after `q += ...` old is new too.)",
        "lesson 01, Eq. (1.9)",
        {
            "same error": step_in_turn("bcqp"),
            "error anew": step_in_turn("bcqp", "p"),
            "in place": in_place(step_in_turn("bcqp")),
        },
    ),
    *ways(
        "the error computed again",
        "You compute the error again after something has moved. It is computed once, from the old values, and serves "
        "all four updates.",
        "lesson 01, Eq. (1.8)",
        {
            "for the item bias": step_in_turn("bcpq", "c", old_factors=True),
            "for the factors": step_in_turn("bcpq", "p", old_factors=True),
            "each time": step_in_turn("bcpq", "cpq", old_factors=True),
            "for the biases, after the factors": step_in_turn("pqbc", "b", old_factors=True),
            "for the factors, in turn": step_in_turn("bcpq", "p"),
            "each time, in turn": step_in_turn("bcpq", "cpq"),
            "for the biases, after the factors, in turn": step_in_turn("pqbc", "b"),
        },
    ),
    WrongAnswer(
        "written into p and q",
        in_place(step_with()),
        "Your values are right. But p and q belong to the caller, and `p += ...` changes them. Write `p = p + ...`, "
        "which makes a new array.",
        "the contract of task 01.2: new arrays",
    ),
    WrongAnswer(
        "error with the other sign",
        step_with(error=lambda *args: -old_error(*args)),
        "Your error is prediction minus rating. Then a step that adds it walks uphill; e is rating minus prediction.",
        "lesson 01, Eq. (1.8)",
    ),
    WrongAnswer(
        "step uphill",
        both_moved(lambda own, pull, lr, reg, other: own - lr * (pull - reg * own)),
        "Your signs are all turned round: this step goes uphill. The gradient's error term is negative, so subtracting "
        "the gradient adds lr·e·q.",
        "lesson 01, Eq. (1.9)",
    ),
    WrongAnswer(
        "penalty with the other sign",
        both_moved(lambda own, pull, lr, reg, other: own + lr * (pull + reg * own)),
        "Your penalty lets the parameters grow. It pulls towards 0: − reg · own value.",
        "lesson 01, Eq. (1.9)",
    ),
    WrongAnswer(
        "factor 2 kept",
        both_moved(lambda own, pull, lr, reg, other: own + 2 * lr * (pull - reg * own)),
        "You keep the 2 of the gradient, so your step is twice as long. In this course the learning rate has taken it "
        "in.",
        "lesson 01, above Eq. (1.8)",
    ),
    WrongAnswer(
        "factor 2 on the error only",
        both_moved(lambda own, pull, lr, reg, other: own + lr * (2 * pull - reg * own)),
        "You have a 2 before the error and none before the penalty. Both terms of the gradient have it, and the "
        "learning rate takes it in for both.",
        "lesson 01, above Eq. (1.8)",
    ),
    WrongAnswer(
        "factor 2 on the penalty only",
        both_moved(lambda own, pull, lr, reg, other: own + lr * (pull - 2 * reg * own)),
        "You have a 2 before the penalty and none before the error. Both terms of the gradient have it, and the "
        "learning rate takes it in for both.",
        "lesson 01, above Eq. (1.8)",
    ),
    *ways(
        "penalty outside the learning rate",
        "Your penalty is not multiplied by the learning rate: the bracket must hold both, lr · (e·q − reg·p).",
        "lesson 01, Eq. (1.8) and (1.9)",
        {
            "all": both_moved(lambda own, pull, lr, reg, other: own + lr * pull - reg * own),
            "biases": both_moved(lambda own, pull, lr, reg, other: own + lr * pull - reg * own, of_factor=False),
            "factors": both_moved(lambda own, pull, lr, reg, other: own + lr * pull - reg * own, of_bias=False),
        },
    ),
    *ways(
        "penalty without the value",
        "You subtract `reg` itself, however large the value is. The slope of reg · b² goes with b: − reg · own value, "
        "a larger value is pulled more.",
        "lesson 01, Eq. (1.8) and (1.9)",
        {
            "all": both_moved(lambda own, pull, lr, reg, other: own + lr * (pull - reg)),
            "biases": both_moved(lambda own, pull, lr, reg, other: own + lr * (pull - reg), of_factor=False),
            "factors": both_moved(lambda own, pull, lr, reg, other: own + lr * (pull - reg), of_bias=False),
        },
    ),
    WrongAnswer(
        "biases shrunk together",
        step_with(bias=lambda error, own, other, lr, reg: own + lr * (error - reg * (own + other))),
        "You shrink each bias by the sum of both. In Eq. (1.7) each is squared by itself, so each is pulled by its own "
        "value.",
        "lesson 01, Eq. (1.7) and (1.8)",
    ),
    WrongAnswer(
        "learning rate forgotten",
        both_moved(lambda own, pull, lr, reg, other: own + pull - reg * own),
        "Your step has the full length: `lr` is missing. Multiply each change by it.",
        "lesson 01, Eq. (1.9)",
    ),
    WrongAnswer(
        "penalty after the step",
        both_moved(lambda own, pull, lr, reg, other: (own + lr * pull) * (1 - lr * reg)),
        "You move first and shrink what has moved. The penalty belongs to the same gradient as the error, so it "
        "takes the old value: p + lr·(e·q − reg·p).",
        "lesson 01, Eq. (1.9)",
    ),
    WrongAnswer(
        "no penalty",
        both_moved(lambda own, pull, lr, reg, other: own + lr * pull),
        "Your step only follows the error: `reg` does nothing. Each of the four is also pulled towards 0.",
        "lesson 01, Eq. (1.8) and (1.9)",
    ),
    WrongAnswer(
        "biases not penalized",
        both_moved(lambda own, pull, lr, reg, other: own + lr * pull, of_factor=False),
        "Your biases follow the error only. In Eq. (1.7) they are penalized like the factors: − reg · b_u, − reg · "
        "b_i.",
        "lesson 01, Eq. (1.8)",
    ),
    WrongAnswer(
        "factors not penalized",
        both_moved(lambda own, pull, lr, reg, other: own + lr * pull, of_bias=False),
        "Your factors follow the error only. They are penalized like the biases: − reg · p, − reg · q.",
        "lesson 01, Eq. (1.9)",
    ),
    *ways(
        "penalty on the other one",
        "You shrink by the value of the other side. Each parameter is pulled towards 0 by its own value: p by reg · p, "
        "b_u by reg · b_u.",
        "lesson 01, Eq. (1.8) and (1.9)",
        {
            "all": both_moved(lambda own, pull, lr, reg, other: own + lr * (pull - reg * other)),
            "biases": both_moved(lambda own, pull, lr, reg, other: own + lr * (pull - reg * other), of_factor=False),
            "factors": both_moved(lambda own, pull, lr, reg, other: own + lr * (pull - reg * other), of_bias=False),
            "p": mixed(both_moved(lambda own, pull, lr, reg, other: own + lr * (pull - reg * other)), 2),
            "q": mixed(both_moved(lambda own, pull, lr, reg, other: own + lr * (pull - reg * other)), 3),
        },
    ),
    *ways(
        "pulled along itself",
        "A vector is moved along itself. The slope of p·q by p is q, and by q it is p: each moves along the other.",
        "lesson 01, Eq. (1.9)",
        {
            "both": along_itself,
            "p": mixed(along_itself, 2),
            "q": mixed(along_itself, 3),
        },
    ),
    WrongAnswer(
        "user bias twice",
        step_copied,
        "Both biases come out as the user's. The second line starts from `bi` and shrinks by `bi`; look for a `bu` "
        "that was copied into it.",
        "lesson 01, Eq. (1.8)",
    ),
    *ways(
        "only some are moved",
        "Some of the four values come back as they were. One rating moves all four: both biases and both vectors.",
        "lesson 01, Eq. (1.8) and (1.9)",
        {
            "no bias": mixed(step_left_out, 0, 1),
            "no user bias": mixed(step_left_out, 0),
            "no item bias": mixed(step_left_out, 1),
            "no factor": mixed(step_left_out, 2, 3),
            "no p": mixed(step_left_out, 2),
            "no q": mixed(step_left_out, 3),
        },
    ),
    WrongAnswer(
        "other vector forgotten",
        step_with(factor=lambda error, own, other, lr, reg: own + lr * (error - reg * own)),
        "You add the error to every entry of p and q, as to a bias. The error pulls p along q, and q along p: e · q "
        "and e · p.",
        "lesson 01, Eq. (1.9)",
    ),
    WrongAnswer(
        "biases not in the prediction",
        step_with(error=lambda mu, bu, bi, p, q, r: r - p @ q),
        "Your error is r − p·q. The prediction of this model has three parts more: the mean and both biases.",
        "lesson 01, Eq. (1.6)",
    ),
    WrongAnswer(
        "mean not in the prediction",
        step_with(error=lambda mu, bu, bi, p, q, r: r - (bu + bi + p @ q)),
        "The mean is missing from your prediction, so the biases would have to learn it.",
        "lesson 01, Eq. (1.6)",
    ),
    WrongAnswer(
        "factors not in the prediction",
        step_with(error=lambda mu, bu, bi, p, q, r: r - (mu + bu + bi)),
        "Your prediction ends with the biases. The product p·q belongs to it.",
        "lesson 01, Eq. (1.6)",
    ),
    WrongAnswer(
        "error of the factors without biases",
        step_with(
            error=lambda mu, bu, bi, p, q, r: np.array([old_error(mu, bu, bi, p, q, r), r - p @ q]),
            bias=lambda error, *rest: bias_moved(error[0], *rest),
            factor=lambda error, *rest: factor_moved(error[1], *rest),
        ),
        "Your biases are right, but the factors follow an error of their own, r − p·q. One error serves all four: what "
        "mean, biases and factors together get wrong.",
        "lesson 01, Eq. (1.9)",
    ),
    WrongAnswer(
        "brackets of the prediction forgotten",
        step_with(error=lambda mu, bu, bi, p, q, r: r - mu + bu + bi + p @ q),
        "You subtract the mean and add the rest. All four parts of the prediction are subtracted: r − (mu + bu + bi + "
        "p·q).",
        "lesson 01, Eq. (1.6)",
    ),
    WrongAnswer(
        "mean moved first",
        lambda mu, bu, bi, p, q, r, lr, reg: step_with()(
            mu + lr * old_error(mu, bu, bi, p, q, r), bu, bi, p, q, r, lr, reg
        ),
        "You move the mean and compute the error again. The mean is computed once, before training, and stays.",
        "lesson 01, Eq. (1.6)",
    ),
    WrongAnswer(
        "size of the error",
        step_with(error=lambda *args: abs(old_error(*args))),
        "You take the size of the error. Its sign says which way to go: down, if the prediction is too high.",
        "lesson 01, Eq. (1.8)",
    ),
    WrongAnswer(
        "error before the penalty too",
        step_with(
            bias=lambda error, own, other, lr, reg: own + lr * error * (1 - reg * own),
            factor=lambda error, own, other, lr, reg: own + lr * error * (other - reg * own),
        ),
        "You multiply the penalty by the error too, so a perfect prediction is not shrunk at all. The bracket is e·q − "
        "reg·p, not e·(q − reg·p).",
        "lesson 01, Eq. (1.9)",
    ),
    WrongAnswer(
        "error squared",
        step_with(error=lambda *args: old_error(*args) ** 2),
        "You put the squared error into the step. The slope of e² is proportional to e itself, and its sign says which "
        "way to go.",
        "lesson 01, Eq. (1.8)",
    ),
    WrongAnswer(
        "prediction cut to 1..5",
        step_with(error=lambda mu, bu, bi, p, q, r: r - np.clip(mu + bu + bi + p @ q, 1, 5)),
        "You cut the prediction to the scale of the ratings. The objective does not, so its gradient is taken where "
        "the prediction is.",
        "lesson 01, Eq. (1.6) and (1.7)",
    ),
    WrongAnswer(
        "entries multiplied, not summed",
        step_with(error=lambda mu, bu, bi, p, q, r: r - (mu + bu + bi + p * q)),
        "p * q multiplies entry by entry and gives k numbers. The prediction is one number: p @ q, the sum of these.",
        "lesson 01, Eq. (1.1)",
    ),
    WrongAnswer(
        "changes instead of values",
        both_moved(lambda own, pull, lr, reg, other: lr * (pull - reg * own)),
        "You return the changes. Asked are the new values: old value plus change.",
        "the contract of task 01.2",
    ),
    WrongAnswer(
        "factors returned first",
        rearranged((2, 3, 0, 1)),
        "The four values are right and stand in another order. Return them as (bu, bi, p, q).",
        "the contract of task 01.2",
    ),
    WrongAnswer(
        "user and item exchanged",
        rearranged((1, 0, 3, 2)),
        "The values of user and item have changed places. Return them as (bu, bi, p, q): user before item, twice.",
        "the contract of task 01.2",
    ),
    WrongAnswer(
        "whole numbers stay whole",
        step_in_their_own_type,
        "Your new factors are written into arrays of integers, which cut what stands behind the point. "
        "Let `p + lr * (...)` make the new array, or copy with dtype=float.",
        "the contract of task 01.2: factors of any numeric type",
    ),
)

STEP = FunctionTask(
    id="01.2",
    title="One step of SGD",
    name="biased_mf_sgd_step",
    objectives=("O1.6",),
    contract="biased_mf_sgd_step(mu, bu, bi, p, q, r, lr, reg) → (bu, bi, p, q). mu, bu, bi: mean and biases, floats; "
    "p, q: factors, arrays (k,) of any numeric type; r: the rating, on any scale; lr > 0; reg ≥ 0. With e = r − (mu + "
    "bu + bi + p·q): bu + lr(e − reg·bu), bi + lr(e − reg·bi), p + lr(e·q − reg·p), q + lr(e·p − reg·q), with old "
    "values on every right-hand side. The arrays are new; p and q stay as they were.",
    points=6,
    hints=(
        "Begin with the error: what does the model predict now, all four parts of it, and what is missing?",
        "Then four lines of one form: old value + lr · (pull − reg · old value). For the biases the pull is the error; "
        "for p it is the error times q.",
        "Compute e once. Put the new values under new names, `new_p = p + lr * (e * q - reg * p)`, so that the line "
        "for q still sees the old p.",
    ),
    reference=biased_mf_sgd_step,
    cases=step_cases,
    returns=("bu", "bi", "p", "q"),
    wrong=STEP_WRONG,
    right=(step_by_shrinking, step_by_matrix, step_by_gradient, step_with()),
)


# ---- 01.3 transfer: a prediction that stays on the scale -------------------------------------------------------------


def bounded_with(
    *,
    squashed: Callable[[Any], Any] = expit,
    product: Callable[[Floats, Floats], Any] = np.dot,
    value: Callable[[Any, float, float], Any] = lambda s, low, high: low + (high - low) * s,
    slope: Callable[[Any, float, float], Any] = lambda s, low, high: (high - low) * s * (1 - s),
    half: Callable[..., Any] = lambda pull, own, other, reg: -2 * pull * other + 2 * reg * own,
) -> Answer:
    """`bounded_gradient` with one step of the chain rule replaced.

    `product` gives x of p and q, `squashed` s of x; `value` and `slope` are the prediction and its derivative by x, of
    s; `half` is one of the two gradients, of error times slope.
    """

    def bounded_gradient(p: Floats, q: Floats, r: float, low: float, high: float, reg: float) -> tuple[Any, Any]:
        s = squashed(product(p, q))
        pull = (r - value(s, low, high)) * slope(s, low, high)
        return half(pull, p, q, reg), half(pull, q, p, reg)

    return bounded_gradient


def bounded_loss(p: Floats, q: Floats, r: float, low: float, high: float, reg: float) -> float:
    """What is differentiated."""
    return float((r - low - (high - low) * expit(p @ q)) ** 2 + reg * (p @ p + q @ q))


def bounded_gradient(p: Floats, q: Floats, r: float, low: float, high: float, reg: float) -> tuple[Floats, Floats]:
    """The gradient by the chain rule, with a logistic function that does not overflow."""
    width, s = high - low, expit(p @ q)
    pull = 2 * (r - low - width * s) * width * s * (1 - s)
    return 2 * reg * p - pull * q, 2 * reg * q - pull * p


def bounded_by_tanh(p: Floats, q: Floats, r: float, low: float, high: float, reg: float) -> tuple[Floats, Floats]:
    """Right: the logistic function is a tanh of half its argument, between -1 and 1."""
    middle, radius, t = (high + low) / 2, (high - low) / 2, np.tanh((p @ q) / 2)
    slope = radius * (1 - t**2) / 2
    error = middle + radius * t - r
    return 2 * (error * slope * q + reg * p), 2 * (error * slope * p + reg * q)


def bounded_by_branches(p: Floats, q: Floats, r: float, low: float, high: float, reg: float) -> list[Floats]:
    """Right: exp only of what is negative."""
    x = float(np.sum(p * q))
    small = np.exp(-abs(x))
    s = 1 / (1 + small) if x >= 0 else small / (1 + small)
    outer, inner = -2 * (r - (low * (1 - s) + high * s)), (high - low) * small / (1 + small) ** 2
    return [outer * inner * q + 2 * reg * p, outer * inner * p + 2 * reg * q]


def bounded_by_cut(p: Floats, q: Floats, r: float, low: float, high: float, reg: float) -> tuple[Floats, Floats]:
    """Right: beyond 500 nothing moves any more, so the argument may be cut there."""
    return cast(
        tuple[Floats, Floats],
        bounded_with(squashed=lambda x: 1 / (1 + np.exp(-np.clip(x, -500, 500))))(p, q, r, low, high, reg),
    )


def drawn_bounded(rng: Generator, k: int) -> tuple[Any, ...]:
    """A rating on a scale of stars, in round numbers."""
    p, q = rng.normal(0.5, 0.6, (2, k)).round(1)
    return p, q, float(rng.integers(2, 11) / 2), 0.5, 5.0, float(rng.integers(1, 5) / 10)


def bounded_cases(seed: int) -> list[Case]:
    """Ordinary ratings first; three drawn ones last."""
    rng = np.random.default_rng(seed)
    p, q, steep, flat = np.array([1.0, 2.0]), np.array([0.5, -0.4]), np.array([50.0, 1.0]), np.array([20.0, 0.0])
    return [
        Case("a rating above its prediction", (p, q, 5.0, 1.0, 5.0, 0.1)),
        Case("a rating below its prediction", (p, q, 1.0, 1.0, 5.0, 0.1)),
        Case("one factor", (np.array([1.0]), np.array([0.5]), 4.0, 1.0, 5.0, 0.2)),
        Case("no penalty", (p, q, 4.0, 1.0, 5.0, 0.0)),
        Case("a scale from 0 to 1", (p, q, 0.8, 0.0, 1.0, 0.1)),
        Case("a scale from -10 to 10", (p, q, -3.0, -10.0, 10.0, 0.1)),
        Case("p·q = 0", (p, np.zeros(2), 4.0, 1.0, 5.0, 0.1)),
        Case("a rating equal to its prediction", (p, np.array([1.0, -0.5]), 3.0, 1.0, 5.0, 0.1)),
        Case("p·q = 1000", (steep, flat, 2.0, 1.0, 5.0, 0.1)),
        Case("p·q = -1000", (-steep, flat, 2.0, 1.0, 5.0, 0.1)),
        Case("two factors", drawn_bounded(rng, 2)),
        Case("three factors", drawn_bounded(rng, 3)),
        Case("one factor", drawn_bounded(rng, 1)),
    ]


def naive(x: Any) -> Any:
    """The logistic function as it is written; exp overflows at -1000."""
    return 1 / (1 + np.exp(-x))


def naive_ratio(x: Any) -> Any:
    """The logistic function as a ratio that becomes inf/inf at 1000."""
    return np.exp(x) / (1 + np.exp(x))


def bounded_by_one_exp(p: Floats, q: Floats, r: float, low: float, high: float, reg: float) -> tuple[Any, Any]:
    """The derivative written with one exp, which becomes inf/inf at -1000."""
    z, width = np.exp(-(p @ q)), high - low
    pull = 2 * (r - low - width / (1 + z)) * width * z / (1 + z) ** 2
    return 2 * reg * p - pull * q, 2 * reg * q - pull * p


def bounded_by_clipping(p: Floats, q: Floats, r: float, low: float, high: float, reg: float) -> tuple[Any, Any]:
    """The model that cuts p·q at both ends of the scale."""
    x = p @ q
    pull = 2 * (r - np.clip(x, low, high)) * (low < x < high)
    return 2 * reg * p - pull * q, 2 * reg * q - pull * p


def turned_round(p: Floats, q: Floats, r: float, low: float, high: float, reg: float) -> tuple[Any, Any]:
    """(dq, dp)."""
    dp, dq = bounded_gradient(p, q, r, low, high, reg)
    return dq, dp


unpenalized = bounded_with(half=lambda pull, own, other, reg: -2 * pull * other)
bounded_along_itself = bounded_with(half=lambda pull, own, other, reg: -2 * pull * own + 2 * reg * own)

BOUNDED_WRONG = (
    WrongAnswer(
        "slope of the logistic function forgotten",
        bounded_with(slope=lambda s, low, high: high - low),
        "The inner derivative is missing: σ(x) changes with x by σ(x)(1 − σ(x)), which is at most 1/4.",
        "lesson 00, card 7: Logistic likelihood",
    ),
    WrongAnswer(
        "width of the scale forgotten",
        bounded_with(slope=lambda s, low, high: s * (1 - s)),
        "You differentiate σ, but the prediction is low + (high − low) σ: its slope is (high − low) times as large.",
        "the contract of task 01.3",
    ),
    WrongAnswer(
        "both inner derivatives forgotten",
        bounded_with(slope=lambda s, low, high: 1.0),
        "You multiply the error by q, as in Eq. (1.4). There the prediction is p·q itself; here p·q goes through σ and "
        "is stretched, and both have a slope.",
        "lesson 01, Eq. (1.4)",
    ),
    WrongAnswer(
        "slope without 1 - σ",
        bounded_with(slope=lambda s, low, high: (high - low) * s),
        "You take σ for its own derivative. That holds for exp; the slope of σ is σ(1 − σ).",
        "lesson 00, card 7: Logistic likelihood",
    ),
    WrongAnswer(
        "slope without σ",
        bounded_with(slope=lambda s, low, high: (high - low) * (1 - s)),
        "You have 1 − σ as the slope of σ. A factor is missing: the slope of σ is σ(1 − σ).",
        "lesson 00, card 7: Logistic likelihood",
    ),
    WrongAnswer(
        "slope at the wrong place",
        bounded_with(slope=lambda s, low, high: (high - low) * expit(s) * (1 - expit(s))),
        "You take the slope of σ at σ(p·q): the function is applied twice. The slope at x = p·q is σ(x)(1 − σ(x)).",
        "lesson 00, card 7: Logistic likelihood",
    ),
    WrongAnswer(
        "slope from the prediction",
        bounded_with(slope=lambda s, low, high: (low + (high - low) * s) * (1 - low - (high - low) * s)),
        "You put the prediction r̂ itself into s(1 − s). That formula is for σ, between 0 and 1; stretching comes "
        "after and multiplies the slope by high − low.",
        "lesson 00, card 7: Logistic likelihood",
    ),
    WrongAnswer(
        "width too often",
        bounded_with(slope=lambda s, low, high: (high - low) ** 2 * s * (1 - s)),
        "Your slope has the width of the scale twice: (r̂ − low)(high − r̂) is (high − low)² σ(1 − σ). Divide once by "
        "high − low.",
        "lesson 00, card 7: Logistic likelihood",
    ),
    WrongAnswer(
        "rating put on 0 to 1",
        bounded_with(slope=lambda s, low, high: s * (1 - s) / (high - low)),
        "You scale the rating to 0..1 and take the error there, which is (high − low) times too small. The squared "
        "error asked for is in the units of the ratings.",
        "the contract of task 01.3",
    ),
    WrongAnswer(
        "slope of tanh",
        bounded_with(slope=lambda s, low, high: (high - low) * (1 - s**2)),
        "1 − s² is the slope of tanh. The slope of the logistic function is s(1 − s).",
        "lesson 00, card 7: Logistic likelihood",
    ),
    WrongAnswer(
        "factor 2 missing",
        bounded_with(half=lambda pull, own, other, reg: -pull * other + reg * own),
        "The 2 is missing from both terms. In task 01.2 the learning rate takes it in; a gradient keeps it.",
        "lesson 01, Eq. (1.4)",
    ),
    WrongAnswer(
        "factor 2 missing from the error",
        bounded_with(half=lambda pull, own, other, reg: -pull * other + 2 * reg * own),
        "The slope of the squared error is −2 e times the slope of the prediction. The 2 is missing.",
        "lesson 01, Eq. (1.4)",
    ),
    WrongAnswer(
        "factor 2 missing from the penalty",
        bounded_with(half=lambda pull, own, other, reg: -2 * pull * other + reg * own),
        "The slope of reg·‖p‖² is 2·reg·p. The 2 is missing.",
        "lesson 01, Eq. (1.4)",
    ),
    WrongAnswer(
        "sign of the error",
        bounded_with(half=lambda pull, own, other, reg: 2 * pull * other + 2 * reg * own),
        "The prediction stands with a minus in the error, so its slope comes with a minus: −2 e times it.",
        "lesson 01, Eq. (1.4)",
    ),
    WrongAnswer(
        "sign of the penalty",
        bounded_with(half=lambda pull, own, other, reg: -2 * pull * other - 2 * reg * own),
        "The penalty grows with ‖p‖, so its gradient points along p: + 2·reg·p.",
        "lesson 01, Eq. (1.4)",
    ),
    WrongAnswer(
        "the step instead of the gradient",
        bounded_with(half=lambda pull, own, other, reg: 2 * pull * other - 2 * reg * own),
        "You return what a step adds. Asked is the gradient, which a step subtracts: turn both signs round.",
        "lesson 01, Eq. (1.4) beside Eq. (1.9)",
    ),
    *ways(
        "no penalty",
        "The error's part is right. The penalty has ‖p‖² and ‖q‖² in it, so both gradients have a part from it.",
        "lesson 01, Eq. (1.4) and (1.5)",
        {
            "in both": unpenalized,
            "in dp": lambda *args: (unpenalized(*args)[0], bounded_gradient(*args)[1]),
            "in dq": lambda *args: (bounded_gradient(*args)[0], unpenalized(*args)[1]),
        },
    ),
    *ways(
        "penalty itself, not its slope",
        "You add a number of the penalty to every entry. Its gradient is a vector: by the first entry of p, ‖p‖² has "
        "the slope 2 p₁, so all together 2·reg·p.",
        "lesson 01, Eq. (1.4)",
        {
            "the square": bounded_with(half=lambda pull, own, other, reg: -2 * pull * other + reg * (own @ own)),
            "twice the square": bounded_with(
                half=lambda pull, own, other, reg: -2 * pull * other + 2 * reg * (own @ own)
            ),
            "twice the norm": bounded_with(
                half=lambda pull, own, other, reg: -2 * pull * other + 2 * reg * np.linalg.norm(own)
            ),
        },
    ),
    WrongAnswer(
        "penalty on the other vector",
        bounded_with(half=lambda pull, own, other, reg: -2 * pull * other + 2 * reg * other),
        "The penalty has ‖p‖² and ‖q‖², each by itself. By p its slope is 2·reg·p; q does not occur in it.",
        "lesson 01, Eq. (1.4) and (1.5)",
    ),
    WrongAnswer(
        "other vector forgotten",
        bounded_with(half=lambda pull, own, other, reg: -2 * pull + 2 * reg * own),
        "The chain rule ends one step early: you have the slope by p·q. The slope of p·q by p is q, and by q it is p.",
        "lesson 01, Eq. (1.4) and (1.5)",
    ),
    *ways(
        "along itself",
        "The slope of p·q by p is q, and by q it is p. In your error's part a vector stands where the other belongs.",
        "lesson 01, Eq. (1.4) and (1.5)",
        {
            "both": bounded_along_itself,
            "dp": lambda *args: (bounded_along_itself(*args)[0], bounded_gradient(*args)[1]),
            "dq": lambda *args: (bounded_gradient(*args)[0], bounded_along_itself(*args)[1]),
        },
    ),
    WrongAnswer(
        "both gradients exchanged",
        turned_round,
        "The two gradients have changed places. Return (dp, dq): first the one by p.",
        "the contract of task 01.3",
    ),
    WrongAnswer(
        "σ not stretched",
        bounded_with(value=lambda s, low, high: s),
        "Your error is r − σ(p·q), a number between 0 and 1 against a rating in stars. The prediction is low + (high − "
        "low) σ(p·q).",
        "the contract of task 01.3",
    ),
    WrongAnswer(
        "scale begins at 0",
        bounded_with(value=lambda s, low, high: (high - low) * s),
        "`low` is missing from your prediction: it runs from 0 to high − low.",
        "the contract of task 01.3",
    ),
    *ways(
        "high in place of the width",
        "Your prediction runs from low to low + high. The logistic function is stretched by high − low, so that its "
        "end is high.",
        "the contract of task 01.3",
        {
            "prediction and slope": bounded_with(
                value=lambda s, low, high: low + high * s, slope=lambda s, low, high: high * s * (1 - s)
            ),
            "prediction": bounded_with(value=lambda s, low, high: low + high * s),
        },
    ),
    WrongAnswer(
        "error of the unbounded model",
        lambda p, q, r, low, high, reg: bounded_with(value=lambda s, low, high: p @ q)(p, q, r, low, high, reg),
        "Your error is r − p·q, that of Eq. (1.1). Here the prediction is low + (high − low) σ(p·q).",
        "the contract of task 01.3",
    ),
    WrongAnswer(
        "cut instead of bent",
        bounded_by_clipping,
        "You cut p·q at the ends of the scale. That is another model: its slope is 0 outside, so a vector that is off "
        "the scale is never pulled back. Here σ bends it.",
        "the contract of task 01.3",
    ),
    WrongAnswer(
        "entries multiplied, not summed",
        bounded_with(product=lambda p, q: p * q),
        "p * q multiplies entry by entry, and each entry then goes through σ by itself. p·q is one number: p @ q.",
        "lesson 01, Eq. (1.1)",
    ),
    *ways(
        "tanh for σ",
        "You take tanh, which runs from −1 to 1. The logistic function runs from 0 to 1: σ(x) = 1/(1 + exp(−x)).",
        "lesson 00, card 7: Logistic likelihood",
        {
            "slope of σ": bounded_with(squashed=np.tanh),
            "slope of tanh": bounded_with(squashed=np.tanh, slope=lambda s, low, high: (high - low) * (1 - s**2)),
        },
    ),
    WrongAnswer(
        "σ with the other sign",
        bounded_with(squashed=lambda x: expit(-x)),
        "Your logistic function falls: it has exp(x) where exp(−x) belongs. σ(x) = 1/(1 + exp(−x)) rises from 0 to 1.",
        "the contract of task 01.3",
    ),
    *ways(
        "overflow at -1000",
        "At p·q = −1000 your σ needs exp(1000), too large for a float: NumPy warns, math.exp raises an error. Take exp "
        "only of −|x|, which gives at most 1, or scipy.special.expit.",
        "lesson 00, card 7: Logistic likelihood",
        {"numpy": bounded_with(squashed=naive), "math": bounded_with(squashed=lambda x: 1 / (1 + exp(-x)))},
    ),
    WrongAnswer(
        "inf/inf at 1000",
        bounded_with(squashed=naive_ratio),
        "At p·q = 1000 your σ is inf/inf, which is nan. Take exp only of what is negative: exp(−|x|), or "
        "scipy.special.expit.",
        "lesson 00, card 7: Logistic likelihood",
    ),
    WrongAnswer(
        "inf/inf at -1000",
        bounded_by_one_exp,
        "At p·q = −1000 your slope is inf/inf, which is nan. σ(1 − σ) has the same value and no such trouble, once σ "
        "is computed without overflow.",
        "lesson 00, card 7: Logistic likelihood",
    ),
)

BOUNDED = FunctionTask(
    id="01.3",
    title="Transfer: a prediction that stays on the scale",
    name="bounded_gradient",
    objectives=("O1.3",),
    contract="bounded_gradient(p, q, r, low, high, reg) → (dp, dq). p, q: arrays (k,) of floats; low < high: the ends "
    "of the scale; reg ≥ 0. The gradient, by p and by q, of (r − (low + (high − low) σ(p·q)))² + reg(‖p‖² + ‖q‖²), "
    "where σ(x) = 1/(1 + exp(−x)). It is what a descent step subtracts, with every factor 2. At p·q = ±1000 it is "
    "finite and no warning is left behind. p and q stay as they were.",
    points=6,
    hints=(
        "Three functions stand inside one another: x = p·q, then the prediction of x, then the squared error. The "
        "chain rule multiplies their three slopes.",
        "The slopes are q, then (high − low) σ(x)(1 − σ(x)), then −2 e. The penalty adds its own gradient, 2·reg·p.",
        "s = scipy.special.expit(p @ q) is σ without overflow. With pull = 2 * e * (high - low) * s * (1 - s): dp = 2 "
        "* reg * p - pull * q. And dq?",
    ),
    reference=bounded_gradient,
    cases=bounded_cases,
    returns=("dp", "dq"),
    wrong=BOUNDED_WRONG,
    right=(bounded_by_tanh, bounded_by_branches, bounded_by_cut, bounded_with()),
)


# ---- 01.0 four numbers by hand ---------------------------------------------------------------------------------------

TOY_P, TOY_Q, TOY_REG = table([2], [1]), table([2], [1], [4]), 0.5
TOY_SEEN = told("100", "111")
TOY_R = table([1, 0, 0], [1, 2, 5])
SECOND = 1  # the user whose slope is asked


def toy_objectives(objective: Answer) -> dict[str, float]:
    """Both readings of an objective on the toy."""
    toy = (TOY_R, TOY_SEEN, TOY_P, TOY_Q, TOY_REG)
    return {"plain": objective(*toy), "weighted": objective(*toy, weighted=True)}


def toy_slope(weighted: bool = False, user: int = SECOND) -> float:
    """The slope of an objective by the factor of a user."""
    by_user, _ = factorization.gradient(ratings.from_dense(TOY_R, TOY_SEEN), TOY_P, TOY_Q, TOY_REG, weighted)
    return float(by_user[user, 0])


BY_HAND_NUMBERS = {
    "prediction": float(factorization.predict(TOY_P, TOY_Q, 0, 2)),
    **toy_objectives(mf_objective),
    "slope": toy_slope(),
}
TOY_ERRORS = TOY_R[SECOND] - (TOY_P @ TOY_Q.T)[SECOND]
PULL, PULL_OWN = float(TOY_ERRORS @ TOY_Q[:, 0]), float(TOY_ERRORS.sum() * TOY_P[SECOND, 0])
SHRINK = float(TOY_REG * TOY_P[SECOND, 0])


def users_only(P: Floats, Q: Floats, by_user: Floats, by_item: Floats) -> float:
    """The penalty without the films."""
    return float(by_user @ np.sum(P**2, axis=1))


def wrong_objectives(objective: Answer) -> dict[str, float]:
    """Those of the two objectives that come out wrong."""
    return {key: value for key, value in toy_objectives(objective).items() if abs(value - BY_HAND_NUMBERS[key]) > 1e-3}


BY_HAND = NumbersTask(
    id="01.0",
    title="Four numbers by hand",
    name="answer_01_0",
    objectives=("O1.1", "O1.2", "O1.3"),
    contract="Two users with the factors 2 and 1, three films with the factors 2, 1 and 4, λ = 0.5. User 0 gave film 0 "
    "a 1; user 1 gave the three films a 1, a 2 and a 5. prediction: user 0, film 2. plain: Eq. (1.2). weighted: Eq. "
    "(1.3). slope: of the plain objective by the factor of user 1, Eq. (1.4). Each within 0.0005.",
    points=4,
    hints=(
        "Write the prediction into each of the six cells first. Four cells have a rating, so four errors count.",
        "The four errors are −3, −1, 1 and 1; their squares sum to 12. ‖P‖² is 2² + 1², ‖Q‖² is 2² + 1² + 4². For the "
        "weighted one, write the number of ratings before each square.",
        "plain = 12 + 0.5 · (5 + 21). weighted = 12 + 0.5 · (1·4 + 3·1 + 2·4 + 1·1 + 1·16). For the slope, user 1 has "
        "the errors −1, 1, 1 at the film factors 2, 1, 4: −2 · (−2 + 1 + 4), and the penalty adds 2 · 0.5 · 1.",
    ),
    expected=BY_HAND_NUMBERS,
    wrong=(
        WrongAnswer(
            "cut to the scale",
            {"prediction": 5.0},
            "You cut the prediction at 5 stars. Eq. (1.1) does not: nothing keeps a product of two factors on the "
            "scale.",
            "lesson 01, Eq. (1.1)",
        ),
        WrongAnswer(
            "factors added",
            {"prediction": float(TOY_P[0, 0] + TOY_Q[2, 0])},
            "You added the two factors. The prediction is their product.",
            "lesson 01, Eq. (1.1)",
        ),
        WrongAnswer(
            "prediction of the other user",
            {"prediction": float(TOY_P[1, 0] * TOY_Q[2, 0])},
            "That is the prediction for user 1, who has rated the film. User 0 has the factor 2.",
            "lesson 01, Eq. (1.1)",
        ),
        WrongAnswer(
            "gaps counted as 0",
            wrong_objectives(
                objective_from(lambda R, observed, prediction: (np.where(observed, R, 0) - prediction) ** 2)
            ),
            "You counted the two empty cells as ratings of 0. They have no rating, so they have no error.",
            "lesson 01, Eq. (1.2), the set Ω under the sum",
        ),
        *(
            WrongAnswer(
                f"penalty on P only: {reading}",
                {reading: toy_objectives(objective_with(penalty=users_only))[reading]},
                "You penalized the users only. The films' factors belong to the penalty too.",
                "lesson 01, Eq. (1.2)",
            )
            for reading in ("plain", "weighted")
        ),
        WrongAnswer(
            "half of everything",
            wrong_objectives(objective_with(total=lambda fit, penalty: (fit + penalty) / 2)),
            "You have a factor 1/2 in front. Some papers do; Eq. (1.2) and (1.3) have none.",
            "lesson 01, Eq. (1.2)",
        ),
        WrongAnswer(
            "mean of the errors",
            wrong_objectives(objective_with(fit=lambda errors: squares(errors) / errors.size)),
            "You took the mean of the squared errors. The objective has their sum.",
            "lesson 01, Eq. (1.2)",
        ),
        WrongAnswer(
            "errors not squared",
            wrong_objectives(objective_with(fit=lambda errors: float(np.sum(np.abs(errors))))),
            "You added the sizes of the errors. Each is squared first: the −3 counts 9.",
            "lesson 01, Eq. (1.2)",
        ),
        *ways(
            "norms not squared",
            "You added norms in the penalty. It has their squares: 2² + 1² for the users, 2² + 1² + 4² for the films.",
            "lesson 01, Eq. (1.2)",
            {
                "of tables": wrong_objectives(objective_with(penalty=of_whole_tables(norm_of))),
                "of rows": wrong_objectives(objective_with(penalty=row_norms)),
            },
        ),
        WrongAnswer(
            "no penalty",
            wrong_objectives(objective_with(total=lambda fit, penalty: fit)),
            "That is the sum of the squared errors. The penalty is missing.",
            "lesson 01, Eq. (1.2)",
        ),
        WrongAnswer(
            "λ forgotten",
            wrong_objectives(objective_with(penalty=lambda *rows: both_tables(*rows) / TOY_REG)),
            "You added the squared norms as they are. The penalty multiplies them by λ = 0.5.",
            "lesson 01, Eq. (1.2)",
        ),
        WrongAnswer(
            "the two readings exchanged",
            {"plain": BY_HAND_NUMBERS["weighted"], "weighted": BY_HAND_NUMBERS["plain"]},
            "The two objectives have changed places. The plain one penalizes each row once, the weighted one once per "
            "rating.",
            "lesson 01, Eq. (1.2) and (1.3)",
        ),
        *(
            WrongAnswer(
                name,
                {"weighted": toy_objectives(objective_with(counts=reweighted(change)))["weighted"]},
                sentence,
                "lesson 01, Eq. (1.3)",
            )
            for name, change, sentence in (
                (
                    "penalty times all ratings",
                    lambda count, seen, side: np.full(count.size, 1.0 * seen.sum()),
                    "You multiplied the whole penalty by 4, the number of all ratings. Each row has a count of its "
                    "own.",
                ),
                (
                    "users weighted, films not",
                    lambda count, seen, side: count if side == 0 else np.ones(count.size),
                    "You counted the users by their ratings and the films once. Film 0 has two ratings, so its square "
                    "counts twice.",
                ),
                (
                    "films weighted, users not",
                    lambda count, seen, side: count if side == 1 else np.ones(count.size),
                    "You counted the films by their ratings and the users once. User 1 gave three ratings, so the "
                    "square counts three times.",
                ),
                (
                    "all cells of the row",
                    lambda count, seen, side: np.full(count.size, 1.0 * seen.shape[1 - side]),
                    "You counted the empty cells too. A row is penalized once for each rating that is there.",
                ),
                (
                    "counts of the other user",
                    lambda count, seen, side: count[::-1] if side == 0 else count,
                    "You exchanged the counts of the two users. User 0 gave one rating, user 1 gave three.",
                ),
                (
                    "counts squared",
                    lambda count, seen, side: count**2,
                    "You multiplied the factors by their counts before you squared. Square first: n_u ‖p_u‖².",
                ),
            )
        ),
        WrongAnswer(
            "slope of the error with the other sign",
            {"slope": 2 * PULL + 2 * SHRINK},
            "The errors come with a minus: a larger factor lowers an error r − p·q that is positive.",
            "lesson 01, Eq. (1.4)",
        ),
        WrongAnswer(
            "slope of the penalty with the other sign",
            {"slope": -2 * PULL - 2 * SHRINK},
            "The penalty grows with a positive factor, so its slope is positive: + 2 · λ · p.",
            "lesson 01, Eq. (1.4)",
        ),
        WrongAnswer(
            "the step instead of the slope",
            {"slope": 2 * PULL - 2 * SHRINK},
            "That is the direction of a descent step. The slope is its negative.",
            "lesson 01, Eq. (1.4)",
        ),
        WrongAnswer(
            "factor 2 missing",
            {"slope": -PULL + SHRINK},
            "The 2 of the squares is missing, from both terms.",
            "lesson 01, Eq. (1.4)",
        ),
        WrongAnswer(
            "factor 2 missing from the penalty",
            {"slope": -2 * PULL + SHRINK},
            "The slope of λ p² is 2 λ p. Your penalty has no 2.",
            "lesson 01, Eq. (1.4)",
        ),
        WrongAnswer(
            "factor 2 missing from the errors",
            {"slope": -PULL + 2 * SHRINK},
            "The slope of a squared error has a 2. Yours has it in the penalty only.",
            "lesson 01, Eq. (1.4)",
        ),
        WrongAnswer(
            "slope without penalty",
            {"slope": -2 * PULL},
            "That is the slope of the squared errors. The penalty has one too, 2 λ p.",
            "lesson 01, Eq. (1.4)",
        ),
        WrongAnswer(
            "slope of the weighted objective",
            {"slope": toy_slope(weighted=True)},
            "That is the slope of the weighted objective, with 3 times the pull of the penalty. Asked is the plain "
            "one.",
            "lesson 01, Eq. (1.4), c_u",
        ),
        WrongAnswer(
            "errors times the user's own factor",
            {"slope": -2 * PULL_OWN + 2 * SHRINK},
            "You multiplied the errors by the factor of the user. The slope of p·q by p is q: each error goes with the "
            "factor of its film.",
            "lesson 01, Eq. (1.4)",
        ),
        WrongAnswer(
            "slope by the other user",
            {"slope": toy_slope(user=0)},
            "That is the slope by the factor of user 0. Asked is user 1, who gave three ratings.",
            "lesson 01, Eq. (1.4)",
        ),
    ),
    right=(
        dict(BY_HAND_NUMBERS),
        tuple(BY_HAND_NUMBERS.values()),
        [round(value, 3) for value in BY_HAND_NUMBERS.values()],
    ),
)


# ---- 01.4 to 01.7 choices --------------------------------------------------------------------------------------------

WHICH_READING = ChoiceTask(
    id="01.4",
    title="Which objective is it?",
    name="answer_01_4",
    objectives=("O1.2", "O1.6"),
    contract="For each rating in turn, SGD sets p to p + lr(e·q − reg·p) and q to q + lr(e·p − reg·q). For a small lr, "
    "an epoch is nearly a step along the negative gradient of which objective?",
    points=3,
    hints=(
        "How often in one epoch does the row of a user with 50 ratings shrink? And that of a user with 2?",
        "Add up what one epoch does to p_u, with everything else held: a sum of e·q over the ratings of u, and reg·p_u "
        "how often?",
        "n_u times. Which of the two gradients has n_u in it? As to the factor 2: it is missing from both terms.",
    ),
    options={
        "a": "The plain one, Eq. (1.2): reg·p stands in the code once.",
        "b": "The weighted one, Eq. (1.3): a row shrinks every time one of its ratings comes up.",
        "c": "Eq. (1.3) with reg/2 in place of reg: the penalty's factor 2 is missing.",
        "d": "Neither: in an objective the penalty stands outside the sum over the ratings, and here it does not.",
    },
    correct="b",
    wrong=(
        WrongAnswer(
            "once in the code",
            "a",
            "It stands in the code once, and runs once per rating. In one epoch, the row of a user with 50 ratings "
            "shrinks 50 times.",
            "lesson 01, Deeper: why SGD has the weighted penalty",
        ),
        WrongAnswer(
            "half the penalty",
            "c",
            "The 2 is missing from the error's term as well. A factor of both terms makes a shorter step, which is "
            "what lr is for; it does not change the balance between them.",
            "lesson 01, above Eq. (1.8)",
        ),
        WrongAnswer(
            "no objective",
            "d",
            "A penalty inside the sum over Ω is an objective too: count how often ‖p_u‖² occurs in it. The lesson "
            "does, and n_u comes out.",
            "lesson 01, Eq. (1.3)",
        ),
    ),
    right=("b", " B "),
)

DEGREES = {"m": 5, "n": 5, "k": 2, "ratings": 14}
NUMBERS = DEGREES["k"] * (DEGREES["m"] + DEGREES["n"])
FREE = DEGREES["k"] * (DEGREES["m"] + DEGREES["n"] - DEGREES["k"])

FREEDOM = ChoiceTask(
    id="01.5",
    title="Fourteen ratings",
    name="answer_01_5",
    objectives=("O1.1",),
    contract=f"A table of 5 × 5 has {DEGREES['ratings']} ratings; P and Q with k = 2 hold {NUMBERS} numbers, and their "
    f"products have k(m + n − k) = {FREE} degrees of freedom. reg is 0. What follows, at nearly every P and Q?",
    points=3,
    hints=(
        "Compare the ratings with the degrees of freedom, not with the numbers in P and Q. What does the difference "
        "say?",
        f"{NUMBERS} directions to move in. {DEGREES['ratings']} conditions keep the rated cells as they are. "
        f"{NUMBERS - FREE} directions change no prediction at all. How many are left?",
        f"{NUMBERS} − {DEGREES['ratings']} − {NUMBERS - FREE} = {FREE - DEGREES['ratings']}: in these, something "
        "moves, and it is not a rated cell.",
    ),
    options={
        "a": "Nothing is fixed. With 20 ratings, one for each number in P and Q, everything would be.",
        "b": "Everything is fixed: that 14 ratings tell the other 11 cells is what a low rank is good for.",
        "c": "P and Q can move so that the 14 rated cells keep their predictions and others change.",
        "d": "Two ratings are missing. With any 16 cells rated, the other 9 would be fixed.",
    },
    correct="c",
    wrong=(
        WrongAnswer(
            "numbers instead of degrees of freedom",
            "a",
            f"P G and Q G⁻ᵀ give the same products for every invertible G: {NUMBERS - FREE} of the {NUMBERS} numbers "
            f"can never be told, and need not be. What counts is {FREE}.",
            "lesson 01, section 1, degrees of freedom",
        ),
        WrongAnswer(
            "low rank is enough",
            "b",
            f"A low rank is good for that if the ratings are more than the degrees of freedom. Here they are "
            f"{DEGREES['ratings']} against {FREE}.",
            "lesson 01, section 1, degrees of freedom",
        ),
        WrongAnswer(
            "any sixteen",
            "d",
            "Sixteen are needed, and not any sixteen will do: let one user have no rating at all, and whatever the "
            "others rate, that row stays open.",
            "lesson 01, section 1, degrees of freedom",
        ),
    ),
    right=("c", "C"),
)

GAUGE = ChoiceTask(
    id="01.6",
    title="Two runs, one minimum",
    name="answer_01_6",
    objectives=("O1.5",),
    contract="Two runs from different starts reach the smallest plain objective, with reg > 0; P and Q have full rank "
    "k. The predictions of both are the same in every cell; P and Q are not: P₂ = P₁G and Q₂ = Q₁G⁻ᵀ. What can G be?",
    points=3,
    hints=(
        "The errors are the same for every G. So what else in the objective could tell one G from another?",
        "Try G = 2I: P doubles, Q halves. What happens to ‖P‖² + ‖Q‖²? Then try a rotation.",
        "Whatever keeps lengths may stay: turns, mirrors, and what these contain.",
    ),
    options={
        "a": "Any invertible matrix: it cancels in the product.",
        "b": "Only the identity: at a minimum the factors are fixed.",
        "c": "Only a matrix that changes signs, as with singular vectors.",
        "d": "Any orthogonal matrix: turns, mirrors, other signs, factors in another order.",
    },
    correct="d",
    wrong=(
        WrongAnswer(
            "the penalty forgotten",
            "a",
            "It cancels in the errors, and that is all there is at reg = 0. But the penalty sees G: with G = 2I, ‖P‖² "
            "grows to four times its size. The smallest objective leaves only what keeps lengths.",
            "lesson 01, section 5: What stays free",
        ),
        WrongAnswer(
            "nothing left free",
            "b",
            "Turn P and Q by the same rotation: no product p·q changes, and no length. Nothing in the objective can "
            "tell the two apart.",
            "lesson 01, section 5: What stays free",
        ),
        WrongAnswer(
            "signs only",
            "c",
            "Singular vectors are ordered and orthogonal by agreement, so only their signs are left. Nothing asks that "
            "of P and Q: a turn by 30 degrees is as good.",
            "lesson 01, section 5: What stays free",
        ),
    ),
    right=("d", "D"),
)

WHEN_TO_STOP = ChoiceTask(
    id="01.7",
    title="When to stop",
    name="answer_01_7",
    objectives=("O1.6",),
    contract="The RMSE of the ratings trained on falls with every step; that of held-out ratings falls, then rises. "
    "Which step's model do you keep, and what do you report as its error?",
    points=3,
    hints=(
        "Which of the two curves says something about ratings that nobody has given yet?",
        "You compare many steps by the held-out ratings and take the best. What does a choice do to the number it was "
        "made by?",
        "The lowest of many noisy numbers is low by luck too. So the number you report must come from ratings that "
        "had no part in the choice.",
    ),
    options={
        "a": "The last step: the objective is smallest there. Report the RMSE of the ratings trained on.",
        "b": "The step where the two curves are closest: there is no overfitting. Report their mean.",
        "c": "The step with the lowest held-out RMSE. Report that RMSE: these ratings were never trained on.",
        "d": "The step with the lowest held-out RMSE. Report the RMSE of a third set: this one has made the choice.",
    },
    correct="d",
    wrong=(
        WrongAnswer(
            "the end",
            "a",
            "The objective says how well known ratings are fitted. Look at the held-out column: the last model is "
            "worse on new ratings than one long before it.",
            "lesson 01, section 6, above and below Eq. (1.10)",
        ),
        WrongAnswer(
            "the smallest gap",
            "b",
            "The curves are closest at step 0, before anything is learned. Both errors are large there. A gap is not "
            "an error.",
            "lesson 01, section 6, above and below Eq. (1.10)",
        ),
        WrongAnswer(
            "the choice reported as the error",
            "c",
            "The step is right. But it was chosen because this number is low, by luck in part, so it is a little too "
            "kind. It would be fair on ratings that had no say in the choice.",
            "lesson 01, section 6, above and below Eq. (1.10)",
        ),
    ),
    right=("d", "D"),
)


# ---- 01.8 not convex, but convex in each block -----------------------------------------------------------------------

NOT_CONVEX = OrderTask(
    id="01.8",
    title="Not convex, but convex in each block",
    name="answer_01_8",
    objectives=("O1.4",),
    contract="One rating of 1, one factor, 0 < λ < 1: J(p, q) = (1 − pq)² + λ(p² + q²). Put the nine steps of the "
    "proof into an order in which each step comes after those it uses. Several orders are right.",
    points=5,
    hints=(
        "Two threads: one about both unknowns together, by contradiction, and one about p alone. They meet in the last "
        "step.",
        "The contradiction needs three values of J: at two points and halfway between them. And before convexity can "
        "be used, somebody has to suppose it.",
        "One right order is h, b, a, f, d, g, c, e, i. Which steps could stand elsewhere?",
    ),
    steps={
        "a": "With the t of step b, the point (−t, −t) has the same J as (t, t): only the product and the squares "
        "enter.",
        "b": "Call this root t = √(1 − λ). Then J(t, t) = λ² + 2λ(1 − λ) = 1 − (1 − λ)².",
        "c": "But λ < 1, so (1 − λ)² > 0: a contradiction. J is not convex in p and q together.",
        "d": "So J(0, 0), halfway between (t, t) and (−t, −t), is at most the mean of J at these two.",
        "e": "Hold q: J is a quadratic in p with the second derivative 2q² + 2λ > 0, so it is convex in p alone. For "
        "q the same.",
        "f": "Suppose that J is convex: halfway between two points it is at most the mean of its two values.",
        "g": "Put the values into this inequality, with J(0, 0) = 1: 1 ≤ 1 − (1 − λ)².",
        "h": "λ lies between 0 and 1, so 1 − λ has a square root that is not 0.",
        "i": "So J is convex in each block but not jointly: each half of the problem has one solution, the whole need "
        "not.",
    },
    depends_on={
        "b": ("h",),
        "a": ("b",),
        "d": ("a", "f"),
        "g": ("d",),
        "c": ("g",),
        "i": ("c", "e"),
    },
    wrong=(
        WrongAnswer(
            "convexity used before it is supposed",
            tuple("hbadfgcei"),
            "You use the inequality of convex functions and suppose it afterwards. A proof by contradiction first "
            "says what it supposes.",
            "lesson 01, section 4: Not a bowl",
        ),
        WrongAnswer(
            "contradiction before the numbers",
            tuple("hbafdcgei"),
            "You have a contradiction before there is anything to contradict: first put the three values into the "
            "inequality.",
            "lesson 01, section 4: Not a bowl",
        ),
        WrongAnswer(
            "conclusion before both halves",
            tuple("hbafdgcie"),
            "The conclusion speaks of each block too. That J is convex in p alone has to be shown before.",
            "lesson 01, section 4, convex in each block",
        ),
        WrongAnswer(
            "begins with the claim",
            tuple("ihbafdgce"),
            "You begin with what is to be shown. It needs both threads: the contradiction, and the second derivative.",
            "lesson 01, section 4: Not a bowl",
        ),
    ),
    right=(list("hbafdgcei"), "efhbadgci", "h, e, b, f, a, d, g, c, i"),
)


# ---- 01.9 find the fault ---------------------------------------------------------------------------------------------


def objective_listing(R: list[list[float]], P: list[list[float]], Q: list[list[float]], reg: float) -> float:
    """Eq. (1.2) of a table with nan where nothing was rated."""
    ratings = np.nan_to_num(np.array(R, dtype=float))
    users, items = np.array(P, dtype=float), np.array(Q, dtype=float)
    errors = (ratings - users @ items.T)[ratings != 0]
    return float(np.sum(errors**2) + reg * (np.sum(users**2) + np.sum(items**2)))


# A message about the arguments names the function that the learner sees: the listing.
@wraps(objective_listing)
def _objective_of_table(R: list[list[float]], P: list[list[float]], Q: list[list[float]], reg: float) -> float:
    """What the listing should compute."""
    given = np.array(R, dtype=float)
    return factorization.objective(ratings.from_dense(given, ~np.isnan(given)), P, Q, reg)


def _small_table(R: list[list[float]], P: list[list[float]], Q: list[list[float]], reg: float) -> str | None:
    """The sentence for a table that breaks the rules; shapes that do not fit are named by the library."""
    if (cells := np.size(R)) > 20:
        return f"at most 20 cells, please; you gave {cells}"
    if np.isinf(np.array(R, dtype=float)).any():
        return "a rating must be a finite number, or nan where nothing was rated"
    return None


def _what_is_left_out(R: list[list[float]], P: list[list[float]], Q: list[list[float]], reg: float) -> str:
    """What the listing leaves out of a table on which it is right."""
    given = np.array(R, dtype=float)
    if np.any(given == 0):
        return "A rating is left out, but its error is 0"
    gaps = np.isnan(given).any()
    return "It counts every rating" + (" and leaves out what was not rated" if gaps else " of your table")


LOST_ZERO = CounterExampleTask(
    id="01.9",
    title="A listing with a fault",
    name="answer_01_9",
    objectives=("O1.2",),
    contract="The listing computes the plain objective, Eq. (1.2), of a table of ratings with nan where nothing was "
    "rated, and most of the time it is right. Find R, P, Q and reg for which it is not. Rules: at most 20 cells, one "
    "row of P for each row of R, one row of Q for each column, reg ≥ 0; a rating is a finite number, or nan where "
    "nothing was rated. The answer is a dict "
    '{"R": ..., "P": ..., "Q": ..., "reg": ...}.',
    points=4,
    hints=(
        "Follow a gap through the listing: what is it after the first line? What else could look like that then?",
        "After the first line a gap is a 0, and so is a rating of 0. The listing leaves out both.",
        "A table with one cell will do: a rating of 0, and factors whose product is not 0.",
    ),
    listing=objective_listing,
    reference=_objective_of_table,
    valid=_small_table,
    why_not=_what_is_left_out,
    wrong=(
        WrongAnswer(
            "a table with gaps",
            {"R": [[5, np.nan], [3, 1]], "P": [[2], [1]], "Q": [[2], [1]], "reg": 0.1},
            "The gap becomes 0 and is left out, as it should be. Which cell is left out that should not be?",
            "lesson 01, Eq. (1.2), the set Ω under the sum",
        ),
        WrongAnswer(
            "a zero predicted as 0",
            {"R": [[0]], "P": [[0]], "Q": [[1]], "reg": 0.1},
            "A rating of 0 is where to look. But this one is predicted as 0: its error is 0, and leaving it out "
            "changes nothing.",
            "lesson 01, Eq. (1.2), the set Ω under the sum",
        ),
        WrongAnswer(
            "a negative rating",
            {"R": [[-1]], "P": [[1]], "Q": [[1]], "reg": 0.1},
            "A negative rating is not 0, so the listing counts it.",
            "lesson 01, Eq. (1.2), the set Ω under the sum",
        ),
    ),
    right=(
        {"R": [[0]], "P": [[1]], "Q": [[1]], "reg": 0.1},
        ([[0, np.nan], [3, 1]], [[2], [1]], [[2], [1]], 0),
        {"R": np.array([[0.0, 2.0]]), "P": [[1, 1]], "Q": [[1, 0], [0, 2]], "reg": 1},
    ),
)


TASKS: tuple[Task, ...] = (
    BY_HAND,
    OBJECTIVE,
    STEP,
    BOUNDED,
    WHICH_READING,
    FREEDOM,
    GAUGE,
    WHEN_TO_STOP,
    NOT_CONVEX,
    LOST_ZERO,
)
