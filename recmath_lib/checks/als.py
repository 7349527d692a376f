"""The tasks of lesson 02: from one user's ridge update to the faults of an ALS listing.

A wrong answer is the right one with one part replaced: `update_with(penalty=...)` is `als_user_update` with another
penalty, `fit_with(items_from=...)` is `als_fit` whose items see other users. So each line shows one idea and no other.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from math import nan
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from recmath_lib import als
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
from recmath_lib.ratings import from_dense

Floats = NDArray[np.floating]
Mask = NDArray[np.bool_]
Answer = Callable[..., Any]
Solve = Callable[[Floats, Floats, float], Floats]  # rated factors, ratings, penalty -> the row's vector


# ---- what several tasks share ----------------------------------------------------------------------------------------

# How programs find out what was rated from the ratings alone. (A comparison with nan is false, except "not equal".)
MASKS_FROM_ZERO: dict[str, Callable[[Floats, Mask], Mask]] = {
    "r != 0": lambda r, observed: r != 0,
    "r > 0": lambda r, observed: r > 0,
    "observed and not 0": lambda r, observed: observed & (r != 0),
}
# How programs fill the unrated cells before they use them all.
FILLS: dict[str, Callable[[Floats, Mask], Floats]] = {
    "where observed": lambda r, observed: np.where(observed, r, 0.0),
    "nan_to_num": lambda r, observed: np.nan_to_num(r, nan=0.0),
}
MEAN_FILLS: dict[str, Callable[[Floats, Mask], Floats]] = {
    "of the rated": lambda r, observed: np.where(observed, r, r[observed].mean() if observed.any() else 0.0),
    "for nan": lambda r, observed: np.nan_to_num(r, nan=r[observed].mean() if observed.any() else 0.0),
}
NOT_CUT: dict[str, Callable[[Floats, Mask], Floats]] = {
    "as they are": lambda r, observed: r,
    "nan_to_num": FILLS["nan_to_num"],
}
FROM_ZERO = (
    "You decide from the ratings themselves what was rated: not 0, or above 0. A rating of 0 is a rating, and an "
    "unrated cell may hold anything. `observed` tells them apart."
)
FROM_NAN = (
    "You take every number for a rating, and only nan for a gap. An unrated cell may hold 0, nan or 99: only "
    "`observed` says what was rated."
)
POISONED = (
    "You multiply by the mask. 0 times nan is nan, so one unrated cell spoils everything it is added to. Pick the "
    "rated rows with Q[observed] and r[observed] instead."
)
MEAN_FILLED = (
    "You fill the unrated cells with a mean rating and fit all of them. Then ratings that nobody gave pull as hard as "
    "those that somebody did. Leave unrated items out of both QᵀQ and Qᵀr."
)
RIGHT_SIDE = (
    "Your matrix is built from the rated items and your right side from all of them. What stands in r where nothing "
    "was rated must not get in: Q[observed].T @ r[observed]."
)
ZERO_FILLED = (
    "You put 0 into the unrated cells and fit all of them. Then everything that nobody rated pulls towards a rating of "
    "0. Leave unrated items out of both QᵀQ and Qᵀr."
)


def solved(Q: Floats, r: Floats, penalty: float, pull: Floats | float = 0.0) -> Floats:
    """(QᵀQ + penalty I)⁻¹ (Qᵀr + pull)."""
    return np.linalg.solve(Q.T @ Q + penalty * np.eye(Q.shape[1]), Q.T @ r + pull)


def with_matrix(matrix: Callable[[Floats, float], Floats]) -> Solve:
    """A row's vector with another matrix in place of QᵀQ + penalty I."""
    return lambda Q, r, penalty: np.linalg.solve(matrix(Q.T @ Q, penalty), Q.T @ r)


def with_inverse(inverse: Callable[[Floats, float], Floats]) -> Solve:
    """A row's vector with another matrix in place of the inverse."""
    return lambda Q, r, penalty: inverse(Q.T @ Q, penalty) @ Q.T @ r


def inverted_first(inverse: Callable[[Floats], Floats], power: int) -> Solve:
    """A row's vector with the inverse of QᵀQ plus penalty I, or I/penalty."""
    return with_inverse(lambda gram, penalty: inverse(gram) + penalty**power * np.eye(len(gram)))


def each_factor_alone(Q: Floats, r: Floats, penalty: float) -> Floats:
    """Only the diagonal of QᵀQ."""
    return Q.T @ r / (np.sum(Q**2, axis=0) + penalty)


def least_squares(Q: Floats, r: Floats, penalty: float) -> Floats:
    """No penalty; the shortest vector where several fit."""
    return np.linalg.lstsq(Q, r)[0]


def halves(rng: Generator, *shape: int) -> Floats:
    """Numbers from −2 to 2 in halves: short to read, and no column of zeros."""
    numbers = rng.integers(-4, 5, shape) / 2
    numbers[0] = rng.choice([-1.5, 1.0, 2.0], shape[1:])
    return numbers


def stars(rng: Generator, *shape: int) -> Floats:
    """Ratings from 0 to 5."""
    return rng.integers(0, 6, shape).astype(float)


# ---- 02.1 als_user_update --------------------------------------------------------------------------------------------

Penalty = Callable[[float, int, int, bool], float]  # reg, rated items, all items, weighted -> factor of I


def once_or_per_rating(reg: float, rated: int, items: int, weighted: bool) -> float:
    """lambda c_u, see Eq. (2.1)."""
    return reg * rated if weighted else reg


def update_with(
    *,
    rated: Callable[[Floats, Mask], Mask] = lambda r, observed: observed,
    penalty: Penalty = once_or_per_rating,
    solve: Solve = als.update_row,
    at_nothing: Callable[[int], Floats] | None = np.zeros,
) -> Answer:
    """`als_user_update` with what counts as rated, the penalty, the system or the vector at nothing replaced.

    None for the last: no rule of its own for a user without ratings.
    """

    def als_user_update(Q: Floats, r: Floats, observed: Mask, reg: float, weighted: bool = False) -> Floats:
        chosen = rated(r, observed)
        if at_nothing and not chosen.any():
            return at_nothing(Q.shape[1])
        return solve(Q[chosen], r[chosen], penalty(reg, int(chosen.sum()), len(r), weighted))

    return als_user_update


def update_filled(fill: Callable[[Floats, Mask], Floats], count_all: bool) -> Answer:
    """All items, unrated ones with what `fill` gives them; the weighted penalty counts all items, or the rated ones."""

    def als_user_update(Q: Floats, r: Floats, observed: Mask, reg: float, weighted: bool = False) -> Floats:
        count = len(r) if count_all else max(int(observed.sum()), 1)
        return solved(Q, fill(r, observed), reg * count if weighted else reg)

    return als_user_update


def update_half_masked(fill: Callable[[Floats, Mask], Floats]) -> Answer:
    """The matrix from the rated items, the right side from all; what is not rated is what `fill` gives."""

    def als_user_update(Q: Floats, r: Floats, observed: Mask, reg: float, weighted: bool = False) -> Floats:
        if not observed.any():
            return np.zeros(Q.shape[1])
        penalty = once_or_per_rating(reg, int(observed.sum()), len(r), weighted)
        return solved(Q[observed], np.zeros(observed.sum()), penalty, Q.T @ fill(r, observed))

    return als_user_update


def update_counting_nonzeros(Q: Floats, r: Floats, observed: Mask, reg: float, weighted: bool = False) -> Floats:
    """The right items, but a rating of 0 does not count."""
    count = int(np.count_nonzero(r[observed])) if weighted else 1
    return als.update_row(Q[observed], r[observed], reg * count)


def update_masking_ratings_only(Q: Floats, r: Floats, observed: Mask, reg: float, weighted: bool = False) -> Floats:
    """r is cut to the rated items and Q is not."""
    if not observed.any():
        return np.zeros(Q.shape[1])
    return solved(Q, r[observed], once_or_per_rating(reg, int(observed.sum()), len(r), weighted))


def update_with_eye(size: Callable[[Mask], int]) -> Answer:
    """An identity of another size, which NumPy may stretch or refuse."""

    def als_user_update(Q: Floats, r: Floats, observed: Mask, reg: float, weighted: bool = False) -> Floats:
        if not observed.any():
            return np.zeros(Q.shape[1])
        penalty = once_or_per_rating(reg, int(observed.sum()), len(r), weighted)
        return np.linalg.solve(
            Q[observed].T @ Q[observed] + penalty * np.eye(size(observed)), Q[observed].T @ r[observed]
        )

    return als_user_update


def update_by_mask_product(Q: Floats, r: Floats, observed: Mask, reg: float, weighted: bool = False) -> Floats:
    """Multiplies what is not rated by 0; the penalty never is 0."""
    return update_multiplying(lambda count: max(count, 1))(Q, r, observed, reg, weighted)


def update_multiplying(counted: Callable[[int], int]) -> Answer:
    """Multiplies what is not rated by 0; the weighted penalty takes what `counted` makes of the count."""

    def als_user_update(Q: Floats, r: Floats, observed: Mask, reg: float, weighted: bool = False) -> Floats:
        penalty = reg * counted(int(observed.sum())) if weighted else reg
        left = (Q * observed[:, None]).T @ Q + penalty * np.eye(Q.shape[1])
        return np.linalg.solve(left, Q.T @ (r * observed))

    return als_user_update


def unless_nobody(update: Answer) -> Answer:
    """Zeros for a user without ratings, else the other function."""
    return lambda Q, r, observed, reg, weighted=False: (
        update(Q, r, observed, reg, weighted) if observed.any() else np.zeros(Q.shape[1])
    )


def update_predicting(Q: Floats, r: Floats, observed: Mask, reg: float, weighted: bool = False) -> Floats:
    """The predictions of all items, not the vector."""
    return Q @ update_with()(Q, r, observed, reg, weighted)


def update_by_augmented_rows(Q: Floats, r: Floats, observed: Mask, reg: float, weighted: bool = False) -> Floats:
    """Right: least squares with k more rows."""
    rated = np.flatnonzero(observed)
    factors, k = np.asarray(Q)[rated], np.shape(Q)[1]
    root = np.sqrt(reg * len(rated) if weighted else reg)
    more = np.concatenate([factors, root * np.eye(k)])
    return np.linalg.lstsq(more, np.concatenate([np.asarray(r)[rated], np.zeros(k)]))[0]


def update_by_kernel(Q: Floats, r: Floats, observed: Mask, reg: float, weighted: bool = False) -> Floats:
    """Right: one unknown per rating."""
    if not observed.any():
        return np.zeros(Q.shape[1])
    factors, penalty = Q[observed], reg * observed.sum() ** int(weighted)
    return factors.T @ np.linalg.solve(factors @ factors.T + penalty * np.eye(len(factors)), r[observed])


def update_by_loop(Q: Floats, r: Floats, observed: Mask, reg: float, weighted: bool = False) -> Floats:
    """Right: adds up one rated item after another."""
    k = Q.shape[1]
    left, right, rated = np.zeros((k, k)), np.zeros(k), 0
    for factor, rating, seen in zip(Q, r, observed, strict=True):
        if seen:
            left, right, rated = left + np.outer(factor, factor), right + rating * factor, rated + 1
    penalty = reg * rated if weighted else reg
    return np.linalg.inv(left + penalty * np.identity(k)) @ right if rated else right


def update_case(
    kind: str, Q: Any, r: Sequence[float], observed: Sequence[int], reg: float, weighted: bool = False
) -> Case:
    """One call, typed short: Q with one factor may be a plain list."""
    factors = np.array(Q, dtype=float).reshape(len(r), -1)
    arguments = (factors, np.array(r, dtype=float), np.array(observed, dtype=bool), reg)
    return Case(kind, arguments, {"weighted": True} if weighted else {})


def drawn_update(rng: Generator, n: int, k: int, unrated: float) -> tuple[Any, Any, Any, float]:
    """Factors, ratings and mask of n items, the last two of them unrated."""
    observed = np.arange(n) < n - 2
    return halves(rng, n, k), np.where(observed, stars(rng, n), unrated), observed, int(rng.integers(2, 9)) / 10


def update_cases(seed: int) -> list[Case]:
    """Small inputs first; three drawn ones last."""
    rng = np.random.default_rng(seed)
    return [
        update_case("one factor, all items rated", [1, 2], [4, 5], [1, 1], 0.5),
        update_case("an unrated item that holds 0", [1, 2, 3], [4, 5, 0], [1, 1, 0], 0.5),
        update_case("an unrated item that holds nan", [1, 2, 3], [4, nan, 3], [1, 0, 1], 0.5),
        update_case("an unrated item that holds 99", [1, 2, 3], [99, 5, 3], [0, 1, 1], 0.5),
        update_case("a true rating of 0", [1, 2, 3], [4, 0, nan], [1, 1, 0], 0.5),
        update_case("two factors", [[1, 0], [1, 2], [2, 1]], [4, 2, 5], [1, 1, 1], 0.5),
        update_case("the weighted penalty, all items rated", [1, 2], [4, 5], [1, 1], 0.5, True),
        update_case("the weighted penalty, an unrated item", [1, 2, 1, 3], [4, 5, 3, nan], [1, 1, 1, 0], 0.5, True),
        update_case("the weighted penalty, a true rating of 0", [1, 2], [4, 0], [1, 1], 0.5, True),
        update_case("fewer ratings than factors", [[1, 0], [1, 2], [2, 1]], [nan, 3, nan], [0, 1, 0], 0.5),
        update_case("a user without ratings, plain", [[1, 0], [2, 2], [0, 2]], [nan, 0, nan], [0, 0, 0], 0.5),
        update_case("a user without ratings, weighted", [[1, 0], [2, 2], [0, 2]], [nan, 0, nan], [0, 0, 0], 0.5, True),
        Case("two factors", drawn_update(rng, 5, 2, nan)),
        Case("two factors", drawn_update(rng, 5, 2, 99.0)),
        Case("the weighted penalty, an unrated item", drawn_update(rng, 6, 2, nan), {"weighted": True}),
        Case("three factors", drawn_update(rng, 6, 3, 0.0)),
    ]


RAISING = {
    "only one side cut",
    "identity of the wrong size: the rated items",
    "identity of the wrong size: all items",
    "mask not transposed",
    "no penalty: solve",
    "inverse of a sum: inv, reg",
    "inverse of a sum: inv, 1/reg",
    "nan times 0: nobody not looked for",
    "weighted by the ratings: no rule for nobody",
    "nobody: reg times 0",
}

UPDATE_WRONG = (
    WrongAnswer(
        "weighted ignored",
        update_with(penalty=lambda reg, rated, items, weighted: reg),
        "You add reg I whatever `weighted` says. With weighted=True the penalty counts once for each rating: reg times "
        "the number of rated items.",
        "lesson 02, Eq. (2.1), the count c_u",
    ),
    WrongAnswer(
        "always weighted",
        update_with(penalty=lambda reg, rated, items, weighted: reg * rated),
        "You multiply reg by the number of ratings, or, which is the same, average the squared error, though plain "
        "asks for neither. Only weighted=True multiplies.",
        "lesson 02, Eq. (2.1), the count c_u",
    ),
    WrongAnswer(
        "averaged error",
        update_with(penalty=lambda reg, rated, items, weighted: reg * rated * (rated if weighted else 1)),
        "You average the squared error over the ratings. That is as if reg were multiplied by their number: once where "
        "plain asks for none, twice where weighted asks for once. Add the squares, do not average.",
        "lesson 02, Eq. (2.1)",
    ),
    WrongAnswer(
        "plain and weighted exchanged",
        update_with(penalty=lambda reg, rated, items, weighted: reg if weighted else reg * rated),
        "Your two penalties have changed places: weighted=True multiplies reg by the number of rated items, "
        "weighted=False does not.",
        "lesson 02, Eq. (2.1), the count c_u",
    ),
    WrongAnswer(
        "all items counted",
        update_with(penalty=lambda reg, rated, items, weighted: reg * items if weighted else reg),
        "You multiply reg by the number of all items, as len(r) or len(Q) gives it. The penalty counts the items this "
        "user rated: observed.sum().",
        "lesson 02, Eq. (2.1), the count c_u",
    ),
    WrongAnswer(
        "zeros not counted",
        update_counting_nonzeros,
        "You count the ratings that are not 0, as np.count_nonzero(r) does. A rating of 0 counts too: take "
        "observed.sum().",
        "the contract of task 02.1: a true rating may be 0",
    ),
    *ways(
        "mask upside down",
        "You take the items that were not observed. True means that the user rated the item.",
        "the contract of task 02.1: observed is True where the user rated",
        {
            "as they are": update_with(rated=lambda r, observed: ~observed),
            "nan as 0": lambda Q, r, observed, reg, weighted=False: update_with()(
                Q, np.nan_to_num(r), ~observed, reg, weighted
            ),
        },
    ),
    WrongAnswer(
        "mask taken for places",
        lambda Q, r, observed, reg, weighted=False: update_with()(
            Q[observed.astype(int)], r[observed.astype(int)], np.full(len(r), True), reg, weighted
        ),
        "Your mask holds 0 and 1 as integers, and NumPy reads those as places: items 0 and 1, again and again. Index "
        "with the booleans, or with np.flatnonzero(observed).",
        "the contract of task 02.1: observed is boolean",
    ),
    WrongAnswer(
        "root of the count",
        update_with(penalty=lambda reg, rated, items, weighted: reg * rated**0.5 if weighted else reg),
        "You multiply reg by the square root of the number of ratings. The penalty itself gets the whole number; the "
        "root belongs into augmented rows, sqrt(reg n) I, which are squared.",
        "lesson 02, Eq. (2.2) and (2.3)",
    ),
    WrongAnswer(
        "share of the items",
        update_with(penalty=lambda reg, rated, items, weighted: reg * rated / items if weighted else reg),
        "You multiply reg by the share of items that were rated, as observed.mean() gives it. Asked is their number, "
        "observed.sum().",
        "lesson 02, Eq. (2.1), the count c_u",
    ),
    WrongAnswer(
        "number of factors",
        lambda Q, r, observed, reg, weighted=False: update_with()(
            Q, r, observed, reg * Q.shape[1] if weighted else reg
        ),
        "You multiply reg by the number of factors, Q.shape[1]. Asked is the number of items the user rated, "
        "observed.sum().",
        "lesson 02, Eq. (2.1), the count c_u",
    ),
    WrongAnswer(
        "divided by the count",
        update_with(penalty=lambda reg, rated, items, weighted: reg / rated if weighted else reg),
        "You divide reg by the number of ratings. The weighted penalty occurs once for each rating, so it is "
        "multiplied.",
        "lesson 02, Eq. (2.1)",
    ),
    *ways(
        "mask from zeros",
        FROM_ZERO,
        "the contract of task 02.1: a true rating may be 0",
        {name: update_with(rated=mask) for name, mask in MASKS_FROM_ZERO.items()},
    ),
    WrongAnswer(
        "mask from nan",
        update_with(rated=lambda r, observed: ~np.isnan(r)),
        FROM_NAN,
        "the contract of task 02.1: unrated entries of r may be anything",
    ),
    WrongAnswer(
        "observed ignored",
        update_with(rated=lambda r, observed: np.full(len(r), True)),
        "You use all items, whatever `observed` says. What stands in r where nothing was rated is no rating.",
        "the contract of task 02.1: unrated entries of r may be anything",
    ),
    *ways(
        "nan times 0",
        POISONED,
        "the contract of task 02.1: unrated entries of r may be anything",
        {
            "at least one counted": update_by_mask_product,
            "nobody not looked for": update_multiplying(int),
            "nobody first": unless_nobody(update_by_mask_product),
        },
    ),
    *ways(
        "unrated items filled with 0",
        ZERO_FILLED,
        "lesson 02, Eq. (2.1), the rows of Q_u",
        {
            f"{name}, {'all' if count_all else 'rated'} counted": update_filled(fill, count_all)
            for name, fill in FILLS.items()
            for count_all in (True, False)
        },
    ),
    *ways(
        "unrated items filled with a mean",
        MEAN_FILLED,
        "lesson 02, Eq. (2.1), the rows of Q_u",
        {
            f"{name}, {'all' if count_all else 'rated'} counted": update_filled(fill, count_all)
            for name, fill in MEAN_FILLS.items()
            for count_all in (True, False)
        },
    ),
    *ways(
        "right side from all items",
        RIGHT_SIDE,
        "lesson 02, Eq. (2.2)",
        {name: update_half_masked(fill) for name, fill in NOT_CUT.items()},
    ),
    WrongAnswer(
        "only one side cut",
        update_masking_ratings_only,
        "One of Q and r is cut to the rated items and the other is not, so their lengths differ. Cut both: "
        "Q[observed] and r[observed].",
        "lesson 02, Eq. (2.1), the rows of Q_u",
    ),
    *ways(
        "identity of the wrong size",
        "Your identity has a row for each item. QᵀQ is k × k, one row for each factor, so the penalty needs np.eye(k), "
        "k = Q.shape[1].",
        "lesson 02, Eq. (2.2)",
        {
            "the rated items": update_with_eye(lambda observed: int(observed.sum())),
            "all items": update_with_eye(len),
        },
    ),
    *ways(
        "no penalty",
        "Your vector is that of plain least squares: reg is missing. Without it the fit is closer, the vector longer, "
        "and a user with fewer ratings than factors has no unique answer.",
        "lesson 02, Eq. (2.2)",
        {
            "lstsq": update_with(solve=least_squares),
            "solve": update_with(solve=with_matrix(lambda gram, penalty: gram)),
        },
    ),
    WrongAnswer(
        "penalty on every entry",
        update_with(solve=with_matrix(lambda gram, penalty: gram + penalty)),
        "You add the penalty to every entry of QᵀQ. It belongs on the diagonal only: QᵀQ + reg * np.eye(k). With one "
        "factor you do not see it.",
        "lesson 02, Eq. (2.2)",
    ),
    WrongAnswer(
        "penalty subtracted",
        update_with(solve=with_matrix(lambda gram, penalty: gram - penalty * np.eye(len(gram)))),
        "You subtract the penalty. Bring all terms with p to one side of gradient = 0: there QᵀQ p and reg p have the "
        "same sign.",
        "lesson 02, Eq. (2.2)",
    ),
    WrongAnswer(
        "penalty halved",
        update_with(penalty=lambda *problem: once_or_per_rating(*problem) / 2),
        "Your penalty is half of what it should be. The derivative of reg‖p‖² is 2 reg p; its 2 cancels against the 2 "
        "of the squared error.",
        "lesson 02, Eq. (2.2)",
    ),
    WrongAnswer(
        "penalty doubled",
        update_with(penalty=lambda *problem: 2 * once_or_per_rating(*problem)),
        "Your penalty is twice what it should be. The squared error has a 2 in its derivative too, and both cancel.",
        "lesson 02, Eq. (2.2)",
    ),
    *ways(
        "penalty squared",
        "Your penalty enters squared. In augmented least squares the k extra rows are squared with all others, so they "
        "hold the square root: sqrt(reg) I, or sqrt(reg n) I.",
        "lesson 02, Eq. (2.3)",
        {
            "all of it": update_with(solve=lambda Q, r, penalty: als.update_row(Q, r, penalty**2)),
            "reg only": update_with(penalty=lambda reg, *counts: once_or_per_rating(reg**2, *counts)),
        },
    ),
    *ways(
        "inverse of a sum",
        "You invert QᵀQ first and add the penalty's part after. The inverse of a sum is not a sum of inverses: add "
        "reg I to QᵀQ, then invert, or better solve.",
        "lesson 02, Eq. (2.2)",
        {
            f"{name}, {added}": update_with(solve=inverted_first(inverse, power))
            for name, inverse in (("inv", np.linalg.inv), ("pinv", np.linalg.pinv))
            for added, power in (("reg", 1), ("1/reg", -1))
        },
    ),
    WrongAnswer(
        "each factor alone",
        update_with(solve=each_factor_alone),
        "You solve for each factor as if the others were not there: only the diagonal of QᵀQ is used. Factors explain "
        "the same ratings together, so k equations are solved at once.",
        "lesson 02, Eq. (2.2)",
    ),
    WrongAnswer(
        "ratings centred",
        update_with(solve=lambda Q, r, penalty: als.update_row(Q, r - r.mean(), penalty)),
        "You subtract the user's mean rating first. That is a good idea for another model; this objective has p·q "
        "alone, and takes the ratings as they are.",
        "lesson 02, Eq. (2.1)",
    ),
    WrongAnswer(
        "predictions returned",
        update_predicting,
        "You return predicted ratings, one per item. Asked is the user's vector p, one number per factor.",
        "lesson 02, Eq. (2.2)",
    ),
    *ways(
        "a guess for nobody",
        "A user without ratings gets a vector that is not zero. The plain penalty alone is smallest at zero, and the "
        "contract asks for zeros under both.",
        "lesson 02, section 2, a row without ratings",
        {
            "the items' mean": lambda Q, r, observed, reg, weighted=False: (
                update_with()(Q, r, observed, reg, weighted) if observed.any() else Q.mean(axis=0)
            ),
            "ones": update_with(at_nothing=np.ones),
        },
    ),
    WrongAnswer(
        "nobody: reg times 0",
        update_with(solve=with_matrix(lambda gram, penalty: gram + penalty * np.eye(len(gram))), at_nothing=None),
        "With weighted=True and no rating the penalty is reg times 0, and the matrix is all zeros: nothing to invert. "
        "Any vector would do then; the contract says zeros, so return them before you solve.",
        "lesson 02, section 2, a row without ratings",
    ),
)

UPDATE = FunctionTask(
    id="02.1",
    title="One user's update",
    name="als_user_update",
    objectives=("O2.1", "O2.2"),
    contract="als_user_update(Q, r, observed, reg, weighted=False) → array of shape (k,), Eq. (2.2). Q: array (n, k), "
    "the item factors. r: array (n,), the user's ratings. observed: boolean array (n,), True where the user rated. A "
    "rating may be 0; entries of r that were not observed are undefined (0, nan, 99, anything). reg > 0. The p that "
    "minimizes the sum of (r_i − p·q_i)² over the observed items plus reg‖p‖², or with weighted=True plus reg·n‖p‖², n "
    "being the number of observed items. Nobody observed: zeros.",
    points=6,
    hints=(
        "Set the gradient of the loss to zero. Which items does the sum run over, and what is left of it if the user "
        "rated one item only?",
        "Take the observed rows first: Q[observed] and r[observed]. The matrix is k × k, the penalty stands on its "
        "diagonal, and the right side is Q_uᵀ r_u.",
        "With Q_u = Q[observed], r_u = r[observed] and c = reg, or reg * len(r_u) if weighted: "
        "np.linalg.solve(Q_u.T @ Q_u + c * np.eye(k), Q_u.T @ r_u). Without a rating: np.zeros(k).",
    ),
    reference=lambda Q, r, observed, reg, weighted=False: als.update_row(
        Q[observed], r[observed], once_or_per_rating(reg, int(observed.sum()), len(r), weighted)
    ),
    cases=update_cases,
    wrong=UPDATE_WRONG,
    right=(update_by_augmented_rows, update_by_kernel, update_by_loop, update_with()),
)


# ---- 02.2 als_fit ----------------------------------------------------------------------------------------------------

Loss = Callable[..., float]  # R, observed, P, Q, reg, weighted -> a number for the history


def square(table: Floats) -> float:
    """The sum of squares."""
    return float(np.sum(table**2))


def errors(R: Floats, observed: Mask, P: Floats, Q: Floats) -> Floats:
    """The errors of the observed cells."""
    return (R - P @ Q.T)[observed]


def penalty_of(observed: Mask, P: Floats, Q: Floats, weighted: bool) -> float:
    """The two sums of squares, each row once, or once for each of its ratings."""
    if not weighted:
        return square(P) + square(Q)
    return float(observed.sum(axis=1) @ np.sum(P**2, axis=1) + observed.sum(axis=0) @ np.sum(Q**2, axis=1))


def loss_with(
    *,
    fit: Callable[..., float] = lambda R, observed, P, Q: square(errors(R, observed, P, Q)),
    penalty: Callable[..., float] = penalty_of,
) -> Loss:
    """The objective with its squared error or its penalty replaced."""
    return lambda R, observed, P, Q, reg, weighted: (
        fit(R, observed, P, Q) + reg * penalty(observed, P, Q, weighted=weighted)
    )


def all_rows(update: Answer, R: Floats, observed: Mask, factors: Floats, reg: float, weighted: bool) -> Floats:
    """Half an iteration with a function like `als_user_update`."""
    return np.array([update(factors, r, seen, reg, weighted) for r, seen in zip(R, observed, strict=True)])


def no_users(R: Floats, observed: Mask, Q0: Floats, *penalty: Any) -> Floats:
    """User factors that are there before the first half-step: zeros."""
    return np.zeros((len(R), Q0.shape[1]))


def fit_with(
    *,
    update: Answer = update_with(),  # noqa: B008  (a function that keeps no state)
    item_update: Answer | None = None,
    start: Callable[..., Floats] = no_users,
    users_from: Callable[[Floats, Floats], Floats] = lambda Q, Q0: Q,
    items_from: Callable[[Floats, Floats], Floats] = lambda old, new: new,
    rounds: Callable[[int], int] = int,
    cold_items_stay: bool = False,
    loss: Loss = loss_with(),  # noqa: B008
    first: Callable[[float], list[float]] = lambda loss: [],
    noted: Callable[[float, float], list[float]] = lambda half, whole: [whole],
    at_end: Callable[..., Any] = lambda P, Q, history: (P, Q, history),
) -> Answer:
    """`als_fit` with one of its parts replaced.

    `first` and `noted` say what the history gets: of the loss before the first iteration, and in each iteration of the
    losses after its first half and after the whole. `start` makes the user factors that are there before.
    """

    def als_fit(R: Floats, observed: Mask, Q0: Floats, reg: float, n_iters: int, weighted: bool = False) -> Any:
        P, Q = start(R, observed, Q0, reg, weighted), Q0.copy()
        history = first(loss(R, observed, P, Q, reg, weighted))
        for _ in range(rounds(n_iters)):
            old, P = P, all_rows(update, R, observed, users_from(Q, Q0), reg, weighted)
            half = loss(R, observed, P, Q, reg, weighted)
            kept = cold_items_stay & ~observed.any(axis=0, keepdims=True).T
            items = all_rows(item_update or update, R.T, observed.T, items_from(old, P), reg, weighted)
            Q = np.where(kept, Q, items)
            history += noted(half, loss(R, observed, P, Q, reg, weighted))
        return at_end(P, Q, np.array(history))

    return als_fit


def fit_seeing(mask: Callable[[Floats, Mask], Mask]) -> Answer:
    """`als_fit` with another mask everywhere."""
    return lambda R, observed, Q0, reg, n_iters, weighted=False: fit_with()(
        R, mask(R, observed), Q0, reg, n_iters, weighted
    )


def fit_reading(weighted_as: Callable[[bool], bool]) -> Answer:
    """`als_fit` that understands `weighted` in its own way, everywhere."""
    return lambda R, observed, Q0, reg, n_iters, weighted=False: fit_with()(
        R, observed, Q0, reg, n_iters, weighted_as(weighted)
    )


def fit_ending_with_users(
    R: Floats, observed: Mask, Q0: Floats, reg: float, n_iters: int, weighted: bool = False
) -> Any:
    """The users are updated once more after the last items."""
    _, Q, history = fit_with()(R, observed, Q0, reg, n_iters, weighted)
    return all_rows(update_with(), R, observed, Q, reg, weighted), Q, history


def fit_with_users_mask(R: Floats, observed: Mask, Q0: Floats, reg: float, n_iters: int, weighted: bool = False) -> Any:
    """Item i is given row i of the mask, not column i."""
    P, Q, history = no_users(R, observed, Q0), Q0, []
    for _ in range(n_iters):
        P = all_rows(update_with(), R, observed, Q, reg, weighted)
        Q = np.array([update_with()(P, R[:, i], observed[i], reg, weighted) for i in range(len(Q))])
        history.append(loss_with()(R, observed, P, Q, reg, weighted))
    return P, Q, history


def fit_items_then_users(
    R: Floats, observed: Mask, Q0: Floats, reg: float, n_iters: int, weighted: bool = False
) -> Any:
    """Users once from Q0, then items and users in each iteration."""
    P, Q, history = all_rows(update_with(), R, observed, Q0, reg, weighted), Q0, []
    for _ in range(n_iters):
        Q = all_rows(update_with(), R.T, observed.T, P, reg, weighted)
        P = all_rows(update_with(), R, observed, Q, reg, weighted)
        history.append(loss_with()(R, observed, P, Q, reg, weighted))
    return P, Q, history


def fit_counting_half_steps(
    R: Floats, observed: Mask, Q0: Floats, reg: float, n_iters: int, weighted: bool = False
) -> Any:
    """Users, items, users, ... until n_iters half-steps are done."""
    P, Q, history = no_users(R, observed, Q0), Q0, []
    for step in range(n_iters):
        if step % 2:
            Q = all_rows(update_with(), R.T, observed.T, P, reg, weighted)
        else:
            P = all_rows(update_with(), R, observed, Q, reg, weighted)
        history.append(loss_with()(R, observed, P, Q, reg, weighted))
    return P, Q, history


def fit_over_its_input(R: Floats, observed: Mask, Q0: Floats, reg: float, n_iters: int, weighted: bool = False) -> Any:
    """`Q = Q0` and then `Q[i] = ...`."""
    P, Q0[:], history = fit_with()(R, observed, Q0, reg, n_iters, weighted)
    return P, Q0, history


def weighted_or_not(seen: Mask, reg: float, weighted: bool) -> Floats:
    """lambda c of each row; 1 for a row without ratings, whose right side is 0."""
    counts = seen.sum(axis=1)
    return np.where(counts, reg * counts if weighted else reg, 1.0)


def fit_by_einsum(
    R: Floats, observed: Mask, Q0: Floats, reg: float, n_iters: int, weighted: bool = False
) -> tuple[Floats, Floats, list[float]]:
    """Right: all rows at once."""
    seen, Q = np.asarray(observed, float), np.array(Q0, float)
    filled = np.where(observed, R, 0.0)

    def half(values: Floats, mask: Floats, other: Floats) -> Floats:
        left = np.einsum("ui,ik,il->ukl", mask, other, other)
        left += weighted_or_not(mask > 0, reg, weighted)[:, None, None] * np.eye(other.shape[1])
        return np.linalg.solve(left, (values @ other)[:, :, None])[:, :, 0]

    history = []
    for _ in range(n_iters):
        P = half(filled, seen, Q)
        Q = half(filled.T, seen.T, P)
        rows, columns = (seen.sum(axis) if weighted else np.ones(seen.shape[1 - axis]) for axis in (1, 0))
        penalty = np.sum(rows[:, None] * P**2) + np.sum(columns[:, None] * Q**2)
        history.append(float(np.sum((filled - seen * (P @ Q.T)) ** 2) + reg * penalty))
    return P, Q, history


def fit_by_augmented_rows(
    R: Floats, observed: Mask, Q0: Floats, reg: float, n_iters: int, weighted: bool = False
) -> tuple[Floats, Floats, list[float]]:
    """Right: by least squares, the penalty inside the sum over ratings where it is weighted."""
    P, Q, history = np.zeros((len(R), Q0.shape[1])), np.array(Q0), []
    for _ in range(n_iters):
        for user in range(len(P)):
            P[user] = update_by_augmented_rows(Q, R[user], observed[user], reg, weighted)
        for item in range(len(Q)):
            Q[item] = update_by_augmented_rows(P, R[:, item], observed[:, item], reg, weighted)
        total = 0.0 if weighted else reg * float(np.vdot(P, P) + np.vdot(Q, Q))
        for user, item in np.argwhere(observed):
            p, q = P[user], Q[item]
            total += (R[user, item] - p @ q) ** 2 + (reg * (p @ p + q @ q) if weighted else 0.0)
        history.append(total)
    return P, Q, history


def reference_fit(
    R: Floats, observed: Mask, Q0: Floats, reg: float, n_iters: int, weighted: bool = False
) -> tuple[Floats, Floats, Floats]:
    """The library's sweeps from the same start."""
    ratings, k = from_dense(R, observed), Q0.shape[1]
    states = [*als.sweeps(ratings, k, reg, weighted=weighted, n_sweeps=n_iters, init=Q0)]
    history = np.array([state.objective for state in states])
    return np.asarray(states[-1].user_factors), np.asarray(states[-1].item_factors), history


def fit_case(kind: str, R: Any, Q0: Any, reg: float, n_iters: int, weighted: bool = False, hidden: Any = ()) -> Case:
    """One call: nan cells are unrated, and those listed in `hidden` too; Q0 with one factor may be a plain list."""
    ratings = np.array(R, dtype=float)
    observed = ~np.isnan(ratings)
    for cell in hidden:
        observed[cell] = False
    start = np.array(Q0, dtype=float).reshape(ratings.shape[1], -1)
    return Case(kind, (ratings, observed, start, reg, n_iters), {"weighted": True} if weighted else {})


def drawn_fit(rng: Generator, shape: tuple[int, int], k: int) -> tuple[Any, Any, float]:
    """Ratings with an unrated cell in two rows, a start and a penalty."""
    R = stars(rng, *shape)
    R[0, rng.integers(shape[1])] = R[1, rng.integers(shape[1])] = nan
    return R, halves(rng, shape[1], k), int(rng.integers(2, 9)) / 10


def fit_cases(seed: int) -> list[Case]:
    """Small inputs first; three drawn ones last."""
    rng = np.random.default_rng(seed)
    return [
        fit_case("one iteration", [[5, 1], [1, 4]], [1, 2], 0.5, 1),
        fit_case("several iterations", [[5, 1], [1, 4]], [1, 2], 0.5, 3),
        fit_case("unrated cells that hold 0", [[5, 0, 1], [1, 4, 2]], [1, 2, 1], 0.5, 2, hidden=[(0, 1)]),
        fit_case("unrated cells that hold nan", [[5, nan], [1, 4], [nan, 2]], [1, 2], 0.5, 2),
        fit_case("unrated cells that hold 99", [[5, 99], [1, 4], [3, 2]], [1, 2], 0.5, 2, hidden=[(0, 1)]),
        fit_case("a true rating of 0", [[5, 0], [1, 4], [nan, 2]], [1, 2], 0.5, 2),
        fit_case("the weighted penalty", [[5, nan], [0, 4], [3, 2]], [1, 2], 0.5, 3, True),
        fit_case("a user without ratings", [[5, 1], [nan, nan], [1, 4]], [1, 2], 0.5, 2),
        fit_case("an item without ratings", [[5, nan, 1], [1, nan, 4]], [1, 2, 1], 0.5, 2),
        fit_case("a user and an item without ratings, weighted", [[5, nan, 1], [nan] * 3], [1, 2, 1], 0.5, 2, True),
        fit_case("two factors", [[5, 1, 4], [1, 4, nan], [2, nan, 3]], [[1, 0], [1, 2], [2, 1]], 0.5, 2),
        fit_case("two factors", *drawn_fit(rng, (3, 3), 2), 2),
        fit_case("several iterations", *drawn_fit(rng, (4, 3), 1), 4),
        fit_case("the weighted penalty", *drawn_fit(rng, (4, 3), 1), 2, True),
    ]


def users_of_the_start(R: Floats, observed: Mask, Q0: Floats, reg: float, weighted: bool) -> Floats:
    """User factors that are there before the loop: those that fit Q0."""
    return all_rows(update_with(), R, observed, Q0, reg, weighted)


def ones_for_users(R: Floats, observed: Mask, Q0: Floats, *penalty: Any) -> Floats:
    """User factors that are there before the loop: ones."""
    return np.ones((len(R), Q0.shape[1]))


STARTS = {"zeros": no_users, "ones": ones_for_users, "from Q0": users_of_the_start}
HISTORY = "lesson 02, Eq. (2.5), and lesson 01, Eq. (1.2) and (1.3)"

FIT_WRONG = (
    *ways(
        "items from the old users",
        "Your items are computed from the users of the iteration before. They use the NEW users: the second half-step "
        "starts where the first one ended. Without that the loss can rise.",
        "lesson 02, Eq. (2.5)",
        {name: fit_with(items_from=lambda old, new: old, start=start) for name, start in STARTS.items()},
    ),
    WrongAnswer(
        "users from Q0 in every iteration",
        fit_with(users_from=lambda Q, Q0: Q0),
        "Your users are computed from Q0 in every iteration, so nothing changes after the first. They use the current "
        "Q, the one the last iteration left.",
        "lesson 02, Eq. (2.5)",
    ),
    *ways(
        "users last",
        "Your P comes from the items of the last half-step. An iteration is users, then items: P comes from the Q "
        "before that.",
        "lesson 02, Eq. (2.5)",
        {"once more at the end": fit_ending_with_users, "items, then users": fit_items_then_users},
    ),
    WrongAnswer(
        "half-steps counted as iterations",
        fit_counting_half_steps,
        "You do users in one iteration and items in the next. One iteration is both.",
        "lesson 02, Eq. (2.5)",
    ),
    WrongAnswer(
        "one iteration too few",
        fit_with(rounds=lambda n: n - 1),
        "You do one iteration less than asked: range(1, n_iters) ends at n_iters − 1.",
        "the contract of task 02.2: n_iters iterations",
    ),
    WrongAnswer(
        "one iteration too many",
        fit_with(rounds=lambda n: n + 1),
        "You do one iteration more than asked. The first one, from Q0, counts already.",
        "the contract of task 02.2: n_iters iterations",
    ),
    WrongAnswer(
        "history of the plain objective",
        fit_with(loss=loss_with(penalty=lambda observed, P, Q, weighted: square(P) + square(Q))),
        "Your history is the plain objective also where weighted=True minimizes the other one. Then it may rise though "
        "every half-step is right: each row's square counts once per rating.",
        HISTORY,
    ),
    WrongAnswer(
        "history of the weighted objective",
        fit_with(loss=loss_with(penalty=lambda observed, P, Q, weighted: penalty_of(observed, P, Q, True))),
        "Your history counts each row's square once per rating also where plain is asked. The updates minimize the "
        "plain objective then: each row once.",
        HISTORY,
    ),
    WrongAnswer(
        "weighted ignored",
        fit_reading(lambda weighted: False),
        "You ignore `weighted`: updates and history are plain. With weighted=True both count reg once per rating.",
        "lesson 02, Eq. (2.1), the count c_u",
    ),
    WrongAnswer(
        "always weighted",
        fit_reading(lambda weighted: True),
        "Your updates and your history count reg once per rating, whatever `weighted` says. Plain counts it once per "
        "row.",
        "lesson 02, Eq. (2.1), the count c_u",
    ),
    WrongAnswer(
        "weighted updates, plain history",
        fit_with(
            update=lambda Q, r, seen, reg, weighted: update_with()(Q, r, seen, reg, True),
            loss=loss_with(penalty=lambda observed, P, Q, weighted: square(P) + square(Q)),
        ),
        "Your updates always count reg once per rating, and your history always once per row: two different "
        "objectives. Let `weighted` decide, for both.",
        HISTORY,
    ),
    WrongAnswer(
        "weighted in the history only",
        fit_with(update=lambda Q, r, seen, reg, weighted: update_with()(Q, r, seen, reg)),
        "Your history follows `weighted`, your updates do not: they count reg once per row. Pass `weighted` on to "
        "als_user_update.",
        HISTORY,
    ),
    WrongAnswer(
        "users plain where items are weighted",
        fit_with(update=lambda Q, r, seen, reg, weighted: update_with()(Q, r, seen, reg), item_update=update_with()),
        "With weighted=True your items count reg once per rating and your users do not. Pass `weighted` on to both "
        "half-steps.",
        "lesson 02, Eq. (2.5)",
    ),
    WrongAnswer(
        "items plain where users are weighted",
        fit_with(item_update=lambda Q, r, seen, reg, weighted: update_with()(Q, r, seen, reg)),
        "With weighted=True your users count reg once per rating and your items do not. Pass `weighted` on to both "
        "half-steps.",
        "lesson 02, Eq. (2.5)",
    ),
    WrongAnswer(
        "all cells counted",
        fit_with(
            update=update_with(penalty=lambda reg, rated, items, weighted: reg * items if weighted else reg),
        ),
        "Your weighted updates multiply reg by the length of the row or column. They count its ratings: "
        "observed[u].sum(), observed[:, i].sum().",
        "lesson 02, Eq. (2.1), the count c_u",
    ),
    WrongAnswer(
        "zeros not counted",
        fit_with(update=update_counting_nonzeros),
        "Your weighted updates count the ratings that are not 0. A rating of 0 counts too: take the sum of `observed`.",
        "the contract of task 02.2: a true rating may be 0",
    ),
    WrongAnswer(
        "history after half an iteration",
        fit_with(noted=lambda half, whole: [half]),
        "You note the loss between the two halves, with the new users and the old items. It belongs after the items.",
        "the contract of task 02.2: history after each iteration",
    ),
    WrongAnswer(
        "history after each half",
        fit_with(noted=lambda half, whole: [half, whole]),
        "You note the loss after each half-step. That is a good way to test them; this history has one entry per "
        "iteration.",
        "the contract of task 02.2: history after each iteration",
    ),
    *ways(
        "history with the start",
        "Your history begins before the first iteration. It has n_iters entries, the first one after the first "
        "iteration.",
        "the contract of task 02.2: history after each iteration",
        {name: fit_with(start=start, first=lambda loss: [loss]) for name, start in STARTS.items()},
    ),
    *ways(
        "mean instead of sum",
        "Your history averages the squared errors. The objective is their sum: only then is reg the same reg as in the "
        "updates.",
        HISTORY,
        {
            "half of all of it": fit_with(
                loss=lambda R, observed, *rest: loss_with()(R, observed, *rest) / (2 * int(observed.sum()))
            ),
            "errors only": fit_with(loss=loss_with(fit=lambda *found: float(np.mean(errors(*found) ** 2)))),
            "all of it": fit_with(
                loss=lambda R, observed, *rest: loss_with()(R, observed, *rest) / int(observed.sum())
            ),
        },
    ),
    WrongAnswer(
        "history without the penalty",
        fit_with(loss=loss_with(penalty=lambda *found, weighted: 0.0)),
        "Your history is the squared error alone. What the half-steps lower is squared error plus penalty; the error "
        "by itself may rise.",
        HISTORY,
    ),
    *ways(
        "a half in front",
        "Your history has a factor ½. Some papers put it before the squared error, some before everything; this "
        "objective has none.",
        "lesson 01, Eq. (1.2)",
        {
            "of all": fit_with(loss=lambda *found: loss_with()(*found) / 2),
            "of the error": fit_with(loss=loss_with(fit=lambda *found: square(errors(*found)) / 2)),
            "of the penalty": fit_with(
                loss=loss_with(penalty=lambda observed, P, Q, weighted: penalty_of(observed, P, Q, weighted) / 2)
            ),
        },
    ),
    WrongAnswer(
        "absolute errors",
        fit_with(loss=loss_with(fit=lambda *found: float(np.sum(np.abs(errors(*found)))))),
        "Your history adds the errors' absolute values. The objective squares them.",
        "lesson 01, Eq. (1.2)",
    ),
    WrongAnswer(
        "penalty without reg",
        fit_with(
            loss=lambda R, observed, P, Q, reg, weighted: loss_with()(R, observed, P, Q, 1.0, weighted),
        ),
        "Your history has the sums of squares of P and Q, and not reg before them.",
        "lesson 01, Eq. (1.2)",
    ),
    WrongAnswer(
        "all ratings counted",
        fit_with(
            loss=loss_with(
                penalty=lambda observed, P, Q, weighted: (
                    (int(observed.sum()) if weighted else 1) * penalty_of(observed, P, Q, False)
                )
            )
        ),
        "Your weighted history multiplies the whole penalty by the number of all ratings. Each row counts its own: n_u "
        "for a user, n_i for an item.",
        "lesson 01, Eq. (1.3)",
    ),
    *ways(
        "one side counted once",
        "Your weighted history counts one side once per rating and the other once per row. Both the users' and the "
        "items' squares are counted once per rating.",
        "lesson 01, Eq. (1.3)",
        {
            "the items": fit_with(
                loss=loss_with(
                    penalty=lambda observed, P, Q, weighted: penalty_of(observed, P, 0 * Q, weighted) + square(Q)
                )
            ),
            "the users": fit_with(
                loss=loss_with(
                    penalty=lambda observed, P, Q, weighted: penalty_of(observed, 0 * P, Q, weighted) + square(P)
                )
            ),
        },
    ),
    WrongAnswer(
        "running total",
        fit_with(at_end=lambda P, Q, history: (P, Q, np.cumsum(history))),
        "Your history adds up over the iterations. Each entry is the objective after one of them: is `total = 0` above "
        "the loop?",
        "the contract of task 02.2: history after each iteration",
    ),
    WrongAnswer(
        "only the last loss",
        fit_with(at_end=lambda P, Q, history: (P, Q, history[-1])),
        "You return one number as the history. It has an entry for each iteration.",
        "the contract of task 02.2: history after each iteration",
    ),
    WrongAnswer(
        "mask not transposed",
        fit_with_users_mask,
        "An item is given a row of `observed`, as if it were a user. Its ratings are R[:, i], and what was rated of "
        "them is observed[:, i].",
        "lesson 02, Eq. (2.5)",
    ),
    WrongAnswer(
        "root mean squared error",
        fit_with(loss=lambda R, observed, P, Q, *_: float(np.sqrt(np.mean(errors(R, observed, P, Q) ** 2)))),
        "Your history is the RMSE. It says how well the ratings are met; what the half-steps lower is the objective, "
        "squared error plus penalty.",
        HISTORY,
    ),
    WrongAnswer(
        "mean squared error",
        fit_with(loss=lambda R, observed, P, Q, *_: float(np.mean(errors(R, observed, P, Q) ** 2))),
        "Your history is the mean squared error. What the half-steps lower is the objective: the sum of the squares, "
        "plus the penalty.",
        HISTORY,
    ),
    WrongAnswer(
        "penalty of the users only",
        fit_with(loss=loss_with(penalty=lambda observed, P, Q, weighted: penalty_of(observed, P, 0 * Q, weighted))),
        "Your history has the users' penalty and not the items'. The objective has both.",
        HISTORY,
    ),
    WrongAnswer(
        "norms not squared",
        fit_with(
            loss=loss_with(
                penalty=lambda observed, P, Q, weighted: (
                    penalty_of(observed, P, Q, weighted) if weighted else float(np.linalg.norm(P) + np.linalg.norm(Q))
                )
            )
        ),
        "Your penalty adds norms, as np.linalg.norm gives them. The objective has their squares: np.sum(P**2).",
        "lesson 01, Eq. (1.2)",
    ),
    *ways(
        "history over all cells",
        "Your history sums the errors of all cells, unrated ones too. Only observed cells have an error.",
        HISTORY,
        {
            "as they are": fit_with(loss=loss_with(fit=lambda R, observed, P, Q: square(R - P @ Q.T))),
            "nansum": fit_with(loss=loss_with(fit=lambda R, observed, P, Q: float(np.nansum((R - P @ Q.T) ** 2)))),
            "unrated as 0": fit_with(
                loss=loss_with(fit=lambda R, observed, P, Q: square(np.where(observed, R, 0.0) - P @ Q.T))
            ),
        },
    ),
    WrongAnswer(
        "cold items keep their start",
        fit_with(cold_items_stay=True),
        "An item without ratings keeps its row of Q0. Its best vector under a penalty is zero: nothing speaks for any "
        "other. Skipping it leaves the start in the model.",
        "lesson 02, section 2, a row without ratings",
    ),
    *ways(
        "mask from zeros",
        FROM_ZERO,
        "the contract of task 02.2: a true rating may be 0",
        {
            **{f"{name}, everywhere": fit_seeing(mask) for name, mask in MASKS_FROM_ZERO.items()},
            **{
                f"{name}, to update": fit_with(update=update_with(rated=mask)) for name, mask in MASKS_FROM_ZERO.items()
            },
        },
    ),
    *ways(
        "mask from nan",
        FROM_NAN,
        "the contract of task 02.2: unrated cells of R may be anything",
        {
            "everywhere": fit_seeing(lambda R, observed: ~np.isnan(R)),
            "to update": fit_with(update=update_with(rated=lambda r, observed: ~np.isnan(r))),
        },
    ),
    *ways(
        "nan times 0",
        POISONED,
        "the contract of task 02.2: unrated cells of R may be anything",
        {
            "in the updates": fit_with(update=update_by_mask_product),
            "in the history": fit_with(loss=loss_with(fit=lambda R, observed, P, Q: square(observed * (R - P @ Q.T)))),
        },
    ),
    *ways(
        "right side from all cells",
        RIGHT_SIDE,
        "lesson 02, Eq. (2.2)",
        {name: fit_with(update=update_half_masked(fill)) for name, fill in NOT_CUT.items()},
    ),
    *ways(
        "unrated cells filled with a mean",
        MEAN_FILLED,
        "lesson 02, Eq. (2.1), the rows of Q_u",
        {
            f"{name}, {'all' if count_all else 'rated'} counted": fit_with(update=update_filled(fill, count_all))
            for name, fill in MEAN_FILLS.items()
            for count_all in (True, False)
        },
    ),
    *ways(
        "unrated cells filled with 0",
        ZERO_FILLED,
        "lesson 02, Eq. (2.1), the rows of Q_u",
        {
            f"{name}, {'all' if count_all else 'rated'} counted": fit_with(update=update_filled(fill, count_all))
            for name, fill in FILLS.items()
            for count_all in (True, False)
        },
    ),
    WrongAnswer(
        "no penalty in the updates",
        fit_with(update=update_with(solve=least_squares)),
        "Your updates are plain least squares: reg is missing in them, though the history has it.",
        "lesson 02, Eq. (2.2)",
    ),
    WrongAnswer(
        "P and Q exchanged",
        fit_with(at_end=lambda P, Q, history: (Q, P, history)),
        "You return the items first. The order is P, Q, history.",
        "the contract of task 02.2: (P, Q, history)",
    ),
    WrongAnswer(
        "Q0 overwritten",
        fit_over_its_input,
        "Q = Q0 gives the array a second name, and Q[i] = ... then writes into the caller's start. Begin with a copy: "
        "Q = Q0.copy().",
        "the contract of task 02.2: Q0 stays as it is",
    ),
)

FIT = FunctionTask(
    id="02.2",
    title="Alternating least squares",
    name="als_fit",
    objectives=("O2.2", "O2.3"),
    contract="als_fit(R, observed, Q0, reg, n_iters, weighted=False) → (P, Q, history), Eq. (2.5). R: array (m, n) of "
    "ratings; observed: boolean array (m, n); a rating may be 0, cells that were not observed are undefined (0, nan, "
    "99, anything). Q0: array (n, k), the items' start; it stays as it is. reg > 0, n_iters ≥ 1. Each iteration "
    "updates all users from the current Q, then all items from the NEW P, both as in task 02.1. Rows without ratings "
    "are zero. history: n_iters numbers, after each iteration the objective that the updates minimize: squared error "
    "over the observed cells plus reg(‖P‖² + ‖Q‖²), or with weighted=True plus reg(Σ n_u‖p_u‖² + Σ n_i‖q_i‖²).",
    points=6,
    hints=(
        "What does the first half-step need, and what does the second? Which of the two could not be computed without "
        "the other?",
        "An item's update is a user's update with the roles exchanged: als_user_update(P, R[:, i], observed[:, i], "
        "...). Users have no start: the first half-step makes them from Q0.",
        "In the loop: P = np.array([als_user_update(Q, R[u], observed[u], reg, weighted) for u in range(m)]), then Q "
        "from P and the columns, then errors = (R - P @ Q.T)[observed] and the objective of both.",
    ),
    reference=reference_fit,
    returns=("P", "Q", "history"),
    cases=fit_cases,
    wrong=FIT_WRONG,
    right=(fit_by_einsum, fit_by_augmented_rows, fit_with(update=update_by_kernel), fit_with()),
)


# ---- 02.3 transfer: ridge towards a prior ----------------------------------------------------------------------------


def towards_prior(Q: Floats, r: Floats, observed: Mask, reg: float, prior: Floats) -> Floats:
    """The prior plus a ridge update that explains what the prior leaves."""
    rated = Q[observed]
    return prior + als.update_row(rated, r[observed] - rated @ prior, reg)


def prior_itself(prior: Floats) -> Floats:
    """What a user without ratings gets."""
    return prior


def prior_with(
    *,
    rated: Callable[[Floats, Mask], Mask] = lambda r, observed: observed,
    solve: Callable[[Floats, Floats, float, Floats], Floats] = lambda Q, r, reg, prior: solved(Q, r, reg, reg * prior),
    at_nothing: Callable[[Floats], Floats] | None = prior_itself,
) -> Answer:
    """`als_user_update_to_prior` with what counts as rated, the system or the vector at nothing replaced."""

    def als_user_update_to_prior(Q: Floats, r: Floats, observed: Mask, reg: float, prior: Floats) -> Floats:
        chosen = rated(r, observed)
        if at_nothing and not chosen.any():
            return at_nothing(prior)
        return solve(Q[chosen], r[chosen], reg, prior)

    return als_user_update_to_prior


def pulled(
    penalty: Callable[..., float],
    pull: Callable[..., float],
    at_nothing: Callable[[Floats], Floats] | None = prior_itself,
) -> Answer:
    """The system (QᵀQ + penalty I) p = Qᵀr + pull · prior; both get reg and the number of ratings."""
    return prior_with(
        solve=lambda Q, r, reg, prior: solved(Q, r, penalty(reg, len(r)), pull(reg, len(r)) * prior),
        at_nothing=at_nothing,
    )


RULES_FOR_NOBODY: dict[str, Callable[[Floats], Floats] | None] = {
    "the prior for nobody": prior_itself,
    "no rule for nobody": None,
}


def prior_filled(fill: Callable[[Floats, Mask], Floats]) -> Answer:
    """All items, unrated ones with what `fill` gives them."""
    return lambda Q, r, observed, reg, prior: solved(Q, fill(r, observed), reg, reg * prior)


def prior_by_mask_product(Q: Floats, r: Floats, observed: Mask, reg: float, prior: Floats) -> Floats:
    """Multiplies what is not rated by 0."""
    left = (Q * observed[:, None]).T @ Q + reg * np.eye(len(prior))
    return np.linalg.solve(left, Q.T @ (r * observed) + reg * prior)


def prior_half_masked(fill: Callable[[Floats, Mask], Floats]) -> Answer:
    """The matrix from the rated items, the right side from all; what is not rated is what `fill` gives."""
    return lambda Q, r, observed, reg, prior: solved(
        Q[observed], np.zeros(observed.sum()), reg, Q.T @ fill(r, observed) + reg * prior
    )


def correction(Q: Floats, r: Floats, reg: float, prior: Floats) -> Floats:
    """How far the ratings move the vector away from the prior."""
    return als.update_row(Q, r - Q @ prior, reg)


def mixed_by_counts(Q: Floats, r: Floats, reg: float, prior: Floats) -> Floats:
    """The least squares vector and the prior, n to reg."""
    return (len(r) * least_squares(Q, r, 0.0) + reg * prior) / (len(r) + reg)


def prior_by_augmented_rows(Q: Floats, r: Floats, observed: Mask, reg: float, prior: Floats) -> Floats:
    """Right: k more rows that ask for the prior."""
    root = np.sqrt(reg)
    rows = np.vstack([np.asarray(Q)[observed], root * np.eye(len(prior))])
    return np.linalg.lstsq(rows, np.hstack([np.asarray(r)[observed], root * np.asarray(prior)]))[0]


def prior_by_kernel(Q: Floats, r: Floats, observed: Mask, reg: float, prior: Floats) -> Floats:
    """Right: one unknown per rating, for what the prior leaves."""
    rated, left = Q[observed], (r - Q @ prior)[observed]
    return prior + rated.T @ np.linalg.inv(rated @ rated.T + reg * np.eye(len(rated))) @ left


def prior_by_loop(Q: Floats, r: Floats, observed: Mask, reg: float, prior: Floats) -> Floats:
    """Right: one rated item after another, each by a rank-one correction (recursive least squares)."""
    p, spread = np.array(prior, dtype=float), np.eye(len(prior)) / reg
    for item in np.flatnonzero(observed):
        along = spread @ Q[item]
        gain = along / (1 + Q[item] @ along)
        p, spread = p + gain * (r[item] - Q[item] @ p), spread - np.outer(gain, along)
    return p


def prior_case(
    kind: str, Q: Any, r: Sequence[float], observed: Sequence[int], reg: float, prior: Sequence[float]
) -> Case:
    """One call, typed short: Q with one factor may be a plain list."""
    factors = np.array(Q, dtype=float).reshape(len(r), -1)
    return Case(kind, (factors, np.array(r, float), np.array(observed, bool), reg, np.array(prior, float)))


def prior_cases(seed: int) -> list[Case]:
    """Small inputs first; three drawn ones last."""
    rng = np.random.default_rng(seed)
    return [
        prior_case("one factor, all items rated", [1, 2], [4, 5], [1, 1], 0.5, [1]),
        prior_case("an unrated item that holds 0", [1, 2, 3], [4, 5, 0], [1, 1, 0], 0.5, [2]),
        prior_case("an unrated item that holds nan", [1, 2, 3], [4, nan, 3], [1, 0, 1], 0.5, [2]),
        prior_case("an unrated item that holds 99", [1, 2, 3], [99, 5, 3], [0, 1, 1], 0.5, [2]),
        prior_case("a true rating of 0", [1, 2, 3], [4, 0, nan], [1, 1, 0], 0.5, [2]),
        prior_case("two factors", [[1, 0], [1, 2], [2, 1]], [4, 2, 5], [1, 1, 1], 2.0, [1, -1]),
        prior_case("a prior of 0", [[1, 0], [1, 2], [2, 1]], [4, 2, nan], [1, 1, 0], 0.5, [0, 0]),
        prior_case("fewer ratings than factors", [[1, 0], [1, 2]], [nan, 3], [0, 1], 0.5, [1, -1]),
        prior_case("a user without ratings", [[1, 0], [2, 2], [0, 1]], [nan, 0, nan], [0, 0, 0], 0.5, [1, -1]),
        prior_case("a user without ratings", [2, 1, 3, 1], [0, 99, 0, nan], [0, 0, 0, 0], 2.0, [3]),
        Case("two factors", (*drawn_update(rng, 5, 2, nan), halves(rng, 2) + 0.25)),
        Case("two factors", (*drawn_update(rng, 5, 2, 99.0), halves(rng, 2) + 0.25)),
        Case("three factors", (*drawn_update(rng, 6, 3, 0.0), halves(rng, 3) + 0.25)),
    ]


PRIOR_WRONG = (
    *ways(
        "prior ignored",
        "Your vector is pulled towards zero. Here the penalty is the distance from the prior: its gradient is "
        "2 reg (p − prior), and the part with the prior moves to the right side.",
        "the contract of task 02.3, and lesson 02, Eq. (2.2)",
        {
            "prior at nothing": pulled(lambda reg, n: reg, lambda reg, n: 0.0),
            "zeros at nothing": prior_with(solve=lambda Q, r, reg, prior: solved(Q, r, reg), at_nothing=np.zeros_like),
        },
    ),
    *ways(
        "wrong sign",
        "You subtract reg · prior from Qᵀr, which pulls towards −prior. In Qᵀ(r − Qp) = reg (p − prior) it comes to "
        "the right side with a plus.",
        "the contract of task 02.3, and lesson 02, Eq. (2.2)",
        {name: pulled(lambda reg, n: reg, lambda reg, n: -reg, rule) for name, rule in RULES_FOR_NOBODY.items()},
    ),
    *ways(
        "prior without reg",
        "You add the prior to Qᵀr without its weight. It comes from reg · (p − prior), so reg stands before both.",
        "the contract of task 02.3, and lesson 02, Eq. (2.2)",
        {name: pulled(lambda reg, n: reg, lambda reg, n: 1.0, rule) for name, rule in RULES_FOR_NOBODY.items()},
    ),
    WrongAnswer(
        "prior added on top",
        prior_with(solve=lambda Q, r, reg, prior: prior + als.update_row(Q, r, reg)),
        "You fit the ratings with a vector near zero and add the prior, so the prior's share is explained twice. Fit "
        "what the prior leaves: r − Q prior.",
        "the contract of task 02.3",
    ),
    *ways(
        "prior not added back",
        "You fit what the prior leaves, r − Q prior, and return the correction only. p is the prior plus that "
        "correction.",
        "the contract of task 02.3",
        {name: prior_with(solve=correction, at_nothing=rule) for name, rule in RULES_FOR_NOBODY.items()},
    ),
    WrongAnswer(
        "rest with a plus",
        prior_with(solve=lambda Q, r, reg, prior: prior + als.update_row(Q, r + Q @ prior, reg)),
        "You add Q prior to the ratings before you fit the correction. What the prior leaves is r − Q prior.",
        "the contract of task 02.3",
    ),
    WrongAnswer(
        "prior's rows not scaled",
        pulled(lambda reg, n: reg, lambda reg, n: reg**0.5),
        "In the augmented rows sqrt(reg) I asks for the bare prior. Row and target are scaled alike: sqrt(reg) I asks "
        "for sqrt(reg) · prior.",
        "lesson 02, Eq. (2.3)",
    ),
    *ways(
        "penalty squared",
        "Your penalty enters squared. In augmented least squares the k extra rows are squared with all others, so rows "
        "and targets hold the square root of reg.",
        "lesson 02, Eq. (2.3)",
        {
            "targets alike": pulled(lambda reg, n: reg**2, lambda reg, n: reg**2),
            "targets bare": pulled(lambda reg, n: reg**2, lambda reg, n: reg),
        },
    ),
    WrongAnswer(
        "penalty halved",
        pulled(lambda reg, n: reg / 2, lambda reg, n: reg / 2),
        "Your penalty is half of what it should be. The derivative of reg‖p − prior‖² is 2 reg (p − prior); its 2 "
        "cancels against that of the squared error.",
        "lesson 02, Eq. (2.2)",
    ),
    WrongAnswer(
        "penalty doubled",
        pulled(lambda reg, n: 2 * reg, lambda reg, n: 2 * reg),
        "Your penalty is twice what it should be. The squared error has a 2 in its derivative too, and both cancel.",
        "lesson 02, Eq. (2.2)",
    ),
    *ways(
        "a factor 2 left",
        "A factor 2 is left at the prior: both sides of Qᵀ(r − Qp) = reg (p − prior) lose theirs. reg stands before p "
        "and before the prior alike.",
        "lesson 02, Eq. (2.2)",
        {
            "twice the prior": pulled(lambda reg, n: reg, lambda reg, n: 2 * reg),
            "half the prior": pulled(lambda reg, n: reg, lambda reg, n: reg / 2),
        },
    ),
    *ways(
        "two penalties",
        "You penalize ‖p‖² and ‖p − prior‖² both. Here the second replaces the first: reg stands once on the diagonal.",
        "the contract of task 02.3",
        {
            "prior at nothing": pulled(lambda reg, n: 2 * reg, lambda reg, n: reg),
            "half of it at nothing": prior_with(
                solve=lambda Q, r, reg, prior: solved(Q, r, 2 * reg, reg * prior), at_nothing=None
            ),
        },
    ),
    *ways(
        "weighted by the ratings",
        "You multiply reg by the number of ratings. This task asks for the plain penalty, once.",
        "the contract of task 02.3",
        {name: pulled(lambda reg, n: reg * n, lambda reg, n: reg * n, rule) for name, rule in RULES_FOR_NOBODY.items()},
    ),
    WrongAnswer(
        "mixed by counts",
        prior_with(solve=mixed_by_counts),
        "You mix the least squares vector and the prior, n to reg. That holds for a mean of n numbers. Here the items "
        "differ in how much they say about each factor, and QᵀQ takes the place of n.",
        "lesson 02, Eq. (2.2)",
    ),
    WrongAnswer(
        "mixed by reg",
        prior_with(solve=lambda Q, r, reg, prior: (1 - reg) * least_squares(Q, r, 0.0) + reg * prior),
        "You mix the least squares vector and the prior, 1 − reg to reg. reg is no share: it may be above 1, and how "
        "far it pulls depends on what the rated items say.",
        "lesson 02, Eq. (2.2)",
    ),
    WrongAnswer(
        "reg · prior added to the solution",
        prior_with(solve=lambda Q, r, reg, prior: als.update_row(Q, r, reg) + reg * prior),
        "You solve first and add reg · prior to the solution. It belongs to the right side, Qᵀr + reg · prior, before "
        "you solve.",
        "lesson 02, Eq. (2.2)",
    ),
    WrongAnswer(
        "reg on the right side only",
        prior_with(solve=lambda Q, r, reg, prior: np.linalg.lstsq(Q.T @ Q, Q.T @ r + reg * prior)[0]),
        "reg · prior is on your right side, but reg is missing in the matrix: QᵀQ + reg I. The penalty's gradient is "
        "reg (p − prior), and both parts count.",
        "lesson 02, Eq. (2.2)",
    ),
    WrongAnswer(
        "penalty dropped",
        prior_with(solve=lambda Q, r, reg, prior: least_squares(Q, r, reg)),
        "With a rating or more your vector is that of plain least squares: neither reg nor the prior is in it.",
        "the contract of task 02.3",
    ),
    WrongAnswer(
        "zeros where nobody rated",
        prior_with(at_nothing=np.zeros_like),
        "You return zeros for a user without ratings. Then only the penalty is left, and it is smallest at the prior.",
        "the contract of task 02.3: nobody observed",
    ),
    *ways(
        "mask from zeros",
        FROM_ZERO,
        "the contract of task 02.3: a true rating may be 0",
        {name: prior_with(rated=mask) for name, mask in MASKS_FROM_ZERO.items()},
    ),
    WrongAnswer(
        "mask from nan",
        prior_with(rated=lambda r, observed: ~np.isnan(r)),
        FROM_NAN,
        "the contract of task 02.3: unrated entries of r may be anything",
    ),
    WrongAnswer(
        "nan times 0",
        prior_by_mask_product,
        POISONED,
        "the contract of task 02.3: unrated entries of r may be anything",
    ),
    *ways(
        "right side from all items",
        RIGHT_SIDE,
        "lesson 02, Eq. (2.2)",
        {name: prior_half_masked(fill) for name, fill in NOT_CUT.items()},
    ),
    *ways(
        "unrated items filled with a mean",
        MEAN_FILLED,
        "lesson 02, Eq. (2.1), the rows of Q_u",
        {name: prior_filled(fill) for name, fill in MEAN_FILLS.items()},
    ),
    *ways(
        "unrated items filled with 0",
        ZERO_FILLED,
        "lesson 02, Eq. (2.1), the rows of Q_u",
        {
            **{name: prior_filled(fill) for name, fill in FILLS.items()},
            "in what the prior leaves": lambda Q, r, observed, reg, prior: (
                prior + solved(Q, np.where(observed, r - Q @ prior, 0.0), reg)
            ),
        },
    ),
)

PRIOR = FunctionTask(
    id="02.3",
    title="Transfer: a user who starts from a guess",
    name="als_user_update_to_prior",
    objectives=("O2.1", "O2.2"),
    contract="als_user_update_to_prior(Q, r, observed, reg, prior) → array of shape (k,). Q, r, observed, reg as in "
    "task 02.1; prior: array (k,). The p that minimizes the sum of (r_i − p·q_i)² over the observed items plus "
    "reg‖p − prior‖². Nobody observed: the prior.",
    points=6,
    hints=(
        "Set the gradient to zero. Which term is new compared with task 02.1, and on which side of the equation does "
        "it end?",
        "Or put p = prior + d: what is the loss as a function of d? You have solved that one in task 02.1, with other "
        "ratings. Asked is p in the end, not d.",
        "The system is (Q_uᵀQ_u + reg I) p = Q_uᵀ r_u + reg · prior. Without a rating it reads reg p = reg · prior.",
    ),
    reference=towards_prior,
    cases=prior_cases,
    wrong=PRIOR_WRONG,
    right=(prior_by_augmented_rows, prior_by_kernel, prior_by_loop, prior_with()),
)


# ---- 02.0 one update by hand -----------------------------------------------------------------------------------------

RATED, NEW_ITEM = np.array([[1.0, 0.0], [1.0, 1.0]]), np.array([2.0, -1.0])
RATINGS, REG = np.array([4.0, 5.0]), 1.0
ALL_THREE, WITH_A_ZERO = np.vstack([RATED, NEW_ITEM]), np.append(RATINGS, 0.0)


def five_numbers(plain: Floats, weighted: Floats) -> dict[str, float]:
    """What task 02.0 asks, for these two vectors."""
    vectors = {"plain_1": plain[0], "plain_2": plain[1], "weighted_1": weighted[0], "weighted_2": weighted[1]}
    return {key: float(value) for key, value in {**vectors, "prediction": NEW_ITEM @ plain}.items()}


def differing(numbers: dict[str, float]) -> dict[str, float]:
    """Those of the five numbers that come out wrong."""
    return {key: value for key, value in numbers.items() if abs(value - HAND[key]) > 5e-4}


def hand_with(solve: Solve, Q: Floats = RATED, r: Floats = RATINGS) -> dict[str, float]:
    """What comes out wrong with this way to solve."""
    return differing(five_numbers(solve(Q, r, REG), solve(Q, r, REG * len(r))))


def adjugate(gram: Floats, penalty: float, off: float = -1.0) -> Floats:
    """The 2 × 2 matrix that is the inverse, but for the division by the determinant."""
    (a, b), (_, d) = gram + penalty * np.eye(2)
    return np.array([[d, off * b], [off * b, a]])


def determinant(gram: Floats, penalty: float) -> float:
    """Of the matrix of Eq. (2.2)."""
    return float(np.linalg.det(gram + penalty * np.eye(2)))


PLAIN, WEIGHTED = (als.update_row(RATED, RATINGS, REG * count) for count in (1, len(RATINGS)))
HAND = five_numbers(PLAIN, WEIGHTED)

BY_HAND = NumbersTask(
    id="02.0",
    title="One update by hand, under both penalties",
    name="answer_02_0",
    objectives=("O2.1",),
    contract="Two factors, reg = 1. A user gave 4 stars to a film with the factors (1, 0) and 5 stars to one with "
    "(1, 1); a third film, (2, −1), was not rated. plain_1 and plain_2: the user's vector under the plain penalty. "
    "weighted_1 and weighted_2: under the weighted one. prediction: the rating of the third film by the plain vector. "
    "Within 0.0005.",
    points=4,
    hints=(
        "Two rated films make a 2 × 2 matrix: QᵀQ adds up (1, 0)ᵀ(1, 0) and (1, 1)ᵀ(1, 1). The third film has no part "
        "in it.",
        "QᵀQ = [[2, 1], [1, 1]] and Qᵀr = (9, 5). Plain adds 1 to the diagonal; weighted adds 1 times the number of "
        "rated films.",
        "The matrices are [[3, 1], [1, 2]] with the determinant 5 and [[4, 1], [1, 3]] with the determinant 11. The "
        "inverse of [[a, b], [b, d]] is [[d, −b], [−b, a]] over ad − b².",
    ),
    expected=HAND,
    wrong=(
        WrongAnswer(
            "no penalty",
            hand_with(least_squares),
            "This vector meets both ratings exactly: it is least squares without a penalty. Add reg to the diagonal of "
            "QᵀQ first.",
            "lesson 02, Eq. (2.2)",
        ),
        WrongAnswer(
            "plain and weighted exchanged",
            differing({**five_numbers(WEIGHTED, PLAIN), "prediction": HAND["prediction"]}),
            "The two vectors have changed places. Plain adds reg to the diagonal, weighted adds reg times the number "
            "of rated films.",
            "lesson 02, Eq. (2.1), the count c_u",
        ),
        WrongAnswer(
            "unrated film as 0",
            hand_with(als.update_row, ALL_THREE, WITH_A_ZERO),
            "You took the third film as rated 0. Nobody rated it: it stays out of QᵀQ, and out of the count.",
            "lesson 02, Eq. (2.1), the rows of Q_u",
        ),
        WrongAnswer(
            "all films counted",
            differing(five_numbers(PLAIN, als.update_row(RATED, RATINGS, REG * len(ALL_THREE)))),
            "Your weighted penalty counts three films. The user rated two.",
            "lesson 02, Eq. (2.1), the count c_u",
        ),
        WrongAnswer(
            "penalty on every entry",
            hand_with(with_matrix(lambda gram, penalty: gram + penalty)),
            "You added the penalty to all four entries of QᵀQ. reg times I has it on the diagonal only.",
            "lesson 02, Eq. (2.2)",
        ),
        WrongAnswer(
            "each factor alone",
            hand_with(each_factor_alone),
            "You divided each entry of Qᵀr by its diagonal entry. The 1 off the diagonal couples the two factors: "
            "solve two equations at once.",
            "lesson 02, Eq. (2.2)",
        ),
        WrongAnswer(
            "inverse without minus signs",
            hand_with(with_inverse(lambda gram, c: adjugate(gram, c, off=1.0) / determinant(gram, c))),
            "The entries off the diagonal change their sign in the inverse: [[d, −b], [−b, a]] over ad − b².",
            "lesson 02, Eq. (2.2)",
        ),
        WrongAnswer(
            "inverse with the diagonal in place",
            hand_with(with_inverse(lambda gram, c: adjugate(gram, c)[::-1, ::-1] / determinant(gram, c))),
            "The entries on the diagonal change places in the inverse: [[d, −b], [−b, a]] over ad − b².",
            "lesson 02, Eq. (2.2)",
        ),
        WrongAnswer(
            "not divided by the determinant",
            hand_with(with_inverse(adjugate)),
            "You have not divided by the determinant, ad − b²: 5 for the plain matrix.",
            "lesson 02, Eq. (2.2)",
        ),
        WrongAnswer(
            "prediction from the weighted vector",
            {"prediction": float(NEW_ITEM @ WEIGHTED)},
            "This prediction comes from the weighted vector. The task asks for the plain one.",
            "lesson 01, Eq. (1.1)",
        ),
        WrongAnswer(
            "prediction with a plus",
            {"prediction": float(np.abs(NEW_ITEM) @ PLAIN)},
            "You took the third film's second factor as +1. It is −1: this film has less of what the second factor "
            "stands for.",
            "lesson 01, Eq. (1.1)",
        ),
    ),
    right=(dict(HAND), tuple(HAND.values()), [round(value, 3) for value in HAND.values()]),
)


# ---- 02.4 to 02.7 four choices ---------------------------------------------------------------------------------------

LIMIT = ChoiceTask(
    id="02.4",
    title="Where ALS ends",
    name="answer_02_4",
    objectives=("O2.4",),
    contract="reg > 0, and every half-step is solved exactly. What do the factors converge to?",
    points=3,
    hints=(
        "Start at Q = 0. What are the users after the first half-step, and the items after the second?",
        "P = Q = 0 does not move. Is it a minimum? Lesson 01 looked at (1 − pq)² there.",
        "The gradient is zero wherever neither half-step moves. What does a zero gradient say, and what does it leave "
        "open?",
    ),
    options={
        "a": "To the global minimum: each half-step finds the minimum of its block.",
        "b": "To a local minimum: the objective never rises.",
        "c": "Every limit point has gradient zero. Whether it is a minimum is not guaranteed.",
        "d": "Nothing is guaranteed: without a step size that shrinks, ALS may jump back and forth forever.",
    },
    correct="c",
    wrong=(
        WrongAnswer(
            "global minimum",
            "a",
            "Best in each block is not best in both: from P = Q = 0 no half-step moves, and all ratings are missed. "
            "Several starts can end in several minima, too.",
            "lesson 02, section 5, where it ends",
        ),
        WrongAnswer(
            "local minimum",
            "b",
            "That it never rises keeps ALS from nowhere in particular: at P = Q = 0 it stays, though a small step in P "
            "and Q together lowers the objective. That point is a saddle.",
            "lesson 02, section 5, where it ends",
        ),
        WrongAnswer(
            "no guarantee",
            "d",
            "ALS has no step size: each half-step goes to the minimum of its block, so the objective falls or stays. "
            "Being bounded below it converges, and limit points of the factors have gradient zero.",
            "lesson 02, Eq. (2.6)",
        ),
    ),
    right=("c", "C"),
)

WHICH_LOSS = ChoiceTask(
    id="02.5",
    title="Which loss belongs to this update?",
    name="answer_02_5",
    objectives=("O2.3", "O2.1"),
    contract="A library averages over a user's n_u ratings: p_u = (Q_uᵀQ_u / n_u + reg I)⁻¹ Q_uᵀr_u / n_u, and the "
    "items alike. Which of these falls in every half-step, for whatever ratings?",
    points=3,
    hints=(
        "Multiply the matrix and the right side by n_u. The vector stays the same.",
        "The system becomes (Q_uᵀQ_u + n_u reg I) p = Q_uᵀr_u. Whose gradient is that?",
        "A penalty of n_u reg‖p_u‖², summed over users and items, stands in one of the four.",
    ),
    options={
        "a": "Σ e² + reg (‖P‖² + ‖Q‖²)",
        "b": "Σ e² + reg (Σ n_u‖p_u‖² + Σ n_i‖q_i‖²)",
        "c": "Σ e² / N + reg (‖P‖² + ‖Q‖²), with N ratings in all",
        "d": "Σ e², the squared error alone",
    },
    correct="b",
    wrong=(
        WrongAnswer(
            "plain",
            "a",
            "Clear the denominators: the diagonal gets n_u reg, not reg. The plain objective is the one that many "
            "listings print beside this update, and it can rise.",
            "lesson 02, Eq. (2.1), the count c_u",
        ),
        WrongAnswer(
            "mean over all ratings",
            "c",
            "This one is plain with the penalty N reg, the same for every row. The update averages over the ratings of "
            "one user, so each row has its own n_u.",
            "lesson 02, Eq. (2.1), the count c_u",
        ),
        WrongAnswer(
            "squared error",
            "d",
            "A half-step trades error against penalty. It may raise the error if the penalty falls by more.",
            "lesson 02, Eq. (2.6)",
        ),
    ),
    right=("b", "B"),
)

BALANCE = ChoiceTask(
    id="02.6",
    title="What balance proves",
    name="answer_02_6",
    objectives=("O2.4",),
    contract="After a run with reg > 0 the imbalance of Eq. (2.7) is 0.0000. What may you conclude?",
    points=3,
    hints=(
        "Which way does the proof go: from a zero gradient to balance, or back?",
        "Take P and Q of any run and rescale them, PG and QG⁻ᵀ, until they are balanced. Has the fit improved?",
        "Balance is necessary. A test like that can only ever speak against convergence.",
    ),
    options={
        "a": "The run has reached a minimum.",
        "b": "The gradient is zero, so the run has converged.",
        "c": "P and Q are equal, up to a rotation.",
        "d": "Nothing yet: every stationary point is balanced, but so are other points. Only an imbalance above 0 "
        "proves something.",
    },
    correct="d",
    wrong=(
        WrongAnswer(
            "minimum",
            "a",
            "P = Q = 0 is balanced as well, and it is a saddle. Balance follows from a zero gradient, and not even a "
            "zero gradient makes a minimum.",
            "lesson 02, Eq. (2.7)",
        ),
        WrongAnswer(
            "stationary",
            "b",
            "The proof goes from a zero gradient to balance, not back. Any factors can be balanced by PG and QG⁻ᵀ "
            "without changing a prediction; measure the gradient itself to be sure.",
            "lesson 02, Eq. (2.7)",
        ),
        WrongAnswer(
            "equal factors",
            "c",
            "Balance compares PᵀP and QᵀQ, two k × k matrices. P has a row for each user and Q one for each item; they "
            "need not even have the same shape.",
            "lesson 02, Eq. (2.7)",
        ),
    ),
    right=("d", "D"),
)

NO_RATINGS = ChoiceTask(
    id="02.7",
    title="A row without ratings",
    name="answer_02_7",
    objectives=("O2.2",),
    contract="A user has no ratings; reg > 0. What vectors minimize the user's loss, Eq. (2.1)?",
    points=3,
    hints=(
        "Write down the loss of Eq. (2.1) for a user whose Q_u has no row.",
        "What is left is reg‖p‖² for one penalty. And for the other, where it is counted once per rating?",
        "0 · reg‖p‖² is the same for every p.",
    ),
    options={
        "a": "Plain: only zeros. Weighted: every vector, so zeros is a choice.",
        "b": "Under both penalties only zeros.",
        "c": "Under both penalties every vector, so the random start is as good as any.",
        "d": "None: the matrix of Eq. (2.2) cannot be inverted.",
    },
    correct="a",
    wrong=(
        WrongAnswer(
            "zeros under both",
            "b",
            "True for the plain penalty. The weighted one counts once per rating, so here it counts 0 times and "
            "nothing pulls the vector anywhere.",
            "lesson 02, Eq. (2.1)",
        ),
        WrongAnswer(
            "anything under both",
            "c",
            "Plain: the loss is reg‖p‖², and zeros is the only minimum. A random start that is kept adds to the loss, "
            "and turns into predictions from noise.",
            "lesson 02, Eq. (2.1)",
        ),
        WrongAnswer(
            "not invertible",
            "d",
            "Plain: the matrix is reg I, which has an inverse. Weighted: it is 0, and then not no vector but every "
            "vector solves 0 p = 0.",
            "lesson 02, Eq. (2.2)",
        ),
    ),
    right=("a", "A"),
)


# ---- 02.8 the proof --------------------------------------------------------------------------------------------------

PROOF = OrderTask(
    id="02.8",
    title="A half-step cannot raise the objective",
    name="answer_02_8",
    objectives=("O2.3",),
    contract="Put the nine steps of the proof into an order in which each step comes after those it uses. Several "
    "orders are right. reg > 0, A_u = Q_uᵀQ_u + λ c_u I, c_u > 0, and p_u⁺ is the vector of Eq. (2.2).",
    points=4,
    hints=(
        "Five steps follow from the definitions alone. Which four conclude something from other steps?",
        "What vanishes at p_u⁺, and why? That decides what the expansion about p_u⁺ looks like.",
        "a and e, then h; h and c, then g, all for one user. With d, f and g, b adds up the users; i turns to the "
        "items.",
    ),
    steps={
        "a": "At p_u⁺ the gradient of f_u is zero: that is how Eq. (2.2) was derived.",
        "b": "Summed over the users: J(P, Q) − J(P⁺, Q) is at least 0.",
        "c": "The matrix A_u is positive definite, since λ c_u > 0: the quadratic term is never negative.",
        "d": "Hold Q. Then J is a sum over the users of f_u(p_u), plus the penalty of Q, which does not change.",
        "e": "f_u is a quadratic function of p with the second derivatives 2 A_u.",
        "f": "No f_u contains another user's vector, so one user's new vector changes no other user's f_u.",
        "g": "So f_u(p_u) is at least f_u(p_u⁺).",
        "h": "Expand about p_u⁺, the linear term is zero: f_u(p) = f_u(p_u⁺) + (p − p_u⁺)ᵀ A_u (p − p_u⁺).",
        "i": "The same with the roles of users and items exchanged: no sweep raises J.",
    },
    depends_on={  # a, c, d, e and f follow from the definitions
        "h": ("a", "e"),
        "g": ("h", "c"),
        "b": ("d", "f", "g"),
        "i": ("b",),
    },
    wrong=(
        WrongAnswer(
            "begins with the claim",
            tuple("bdfeahcgi"),
            "You begin with what is to be shown. The sum over the users comes when each user's part has been shown not "
            "to rise.",
            "lesson 02, Eq. (2.6)",
        ),
        WrongAnswer(
            "expansion before the gradient",
            tuple("dfehacgbi"),
            "Your expansion has no linear term, but nothing has made it vanish yet: that needs the gradient at p_u⁺.",
            "lesson 02, Eq. (2.6)",
        ),
        WrongAnswer(
            "sign forgotten",
            tuple("dfeahgcbi"),
            "You conclude from the expansion alone. A quadratic term can be negative; that this one is not comes from "
            "A_u being positive definite.",
            "lesson 02, Eq. (2.6)",
        ),
        WrongAnswer(
            "users not separated",
            tuple("deahcgbfi"),
            "You add up the users before you know that they do not get in each other's way. If one user's move changed "
            "another's loss, the sum could rise.",
            "lesson 02, Eq. (2.4)",
        ),
    ),
    right=(list("deahcgfbi"), "eahcgdfbi", "adehcgfbi", "d, c, e, a, h, g, f, b, i"),
)


# ---- 02.9 to 02.13 find the fault ------------------------------------------------------------------------------------
#
# The listings call `ridge`, which is printed before them.


def ridge(factors: np.ndarray, ratings: np.ndarray, penalty: float) -> np.ndarray:
    """The vector of Eq. (2.3): least squares with sqrt(penalty) I as further rows, rated 0."""
    k = factors.shape[1]
    rows = np.vstack([factors, penalty**0.5 * np.eye(k)])
    return np.linalg.lstsq(rows, np.append(ratings, np.zeros(k)))[0]


def als_losses_listing(R: ArrayLike, Q0: ArrayLike, reg: float, n_iters: int) -> np.ndarray:
    """The loss after each iteration of ALS. A cell of R that is nan was not rated."""
    R, Q = np.array(R, dtype=float), np.array(Q0, dtype=float)
    rated = ~np.isnan(R)
    losses = []
    for _ in range(n_iters):
        P = np.array([ridge(Q[seen], r[seen], reg * seen.sum()) for r, seen in zip(R, rated, strict=True)])
        Q = np.array([ridge(P[seen], r[seen], reg * seen.sum()) for r, seen in zip(R.T, rated.T, strict=True)])
        errors = (R - P @ Q.T)[rated]
        losses.append(np.sum(errors**2) + reg * (np.sum(P**2) + np.sum(Q**2)))
    return np.array(losses)


def user_vector_listing(Q: ArrayLike, r: ArrayLike, observed: ArrayLike, reg: float) -> np.ndarray:
    """A user's vector. What was not rated is set to 0 first, so that no nan gets in."""
    Q, r = np.array(Q, dtype=float), np.where(observed, r, 0.0)
    rated = r != 0
    return ridge(Q[rated], r[rated], reg)


def random_start_listing(n_items: int) -> np.ndarray:
    """Item factors to start a fit from, the same ones in every run."""
    np.random.seed(42)
    return np.random.randn(n_items, 2) * 0.1


def same_test_set_listing(first_seed: int, second_seed: int) -> bool:
    """Whether two experiments hold out the same five of 100 ratings. Each sets its own seed before it fits."""
    held_out = []
    for seed in (first_seed, second_seed):
        np.random.seed(seed)
        random_start_listing(n_items=20)
        held_out.append(np.random.permutation(100)[:5])
    return bool(np.all(held_out[0] == held_out[1]))


def one_prediction_listing(R: ArrayLike, user: int, item: int) -> float:
    """A rating predicted by ALS with two factors. A cell of R that is nan was not rated."""
    R = np.array(R, dtype=float)
    rated, rng = ~np.isnan(R), np.random.default_rng(5)
    P, Q = rng.normal(size=(R.shape[0], 2)), rng.normal(size=(R.shape[1], 2))
    for _ in range(20):
        for u in np.flatnonzero(rated.any(axis=1)):
            P[u] = ridge(Q[rated[u]], R[u, rated[u]], 0.1)
        for i in np.flatnonzero(rated.any(axis=0)):
            Q[i] = ridge(P[rated[:, i]], R[rated[:, i], i], 0.1)
    return float(P[user] @ Q[item])


def all_predictions_listing(R: ArrayLike) -> np.ndarray:
    """All ratings predicted by ALS with one factor. A cell of R that is nan was not rated."""
    R = np.array(R, dtype=float)
    rated, Q = ~np.isnan(R), np.ones((R.shape[1], 1))
    for _ in range(20):
        P = np.array([ridge(Q[seen], r[seen], 0.1) for r, seen in zip(R, rated, strict=True)])
        Q = np.array([ridge(P[seen], r[seen], 0.1) for r, seen in zip(R.T, rated.T, strict=True)])
    return P @ Q.T


def _matrix_problem(R: ArrayLike, lowest: float = 0.0, cold_rows: bool = False) -> str | None:
    """Why these ratings are not allowed, or None."""
    table = np.array(R, dtype=float)
    if table.ndim != 2 or not table.size or max(table.shape) > 5:
        return f"R must be a matrix with at most 5 rows and 5 columns, got the shape {table.shape}"
    if not np.all(np.isnan(table) | ((table >= lowest) & (table <= 5))):
        return f"ratings go from {lowest:g} to 5, and nan stands for none"
    rated = ~np.isnan(table)
    if not cold_rows and not (rated.any(axis=0).all() and rated.any(axis=1).all()):
        return "every row and every column of R needs a rating"
    return None if rated.any() else "R needs a rating"


def _losses_problem(R: ArrayLike, Q0: ArrayLike, reg: float, n_iters: int) -> str | None:
    """Why an input of the first listing is not allowed, or None."""
    items = np.shape(R)[-1] if np.ndim(R) else 0
    if problem := _matrix_problem(R):
        return problem
    if np.ndim(Q0) != 2 or len(np.array(Q0)) != items or not np.all(np.isfinite(np.array(Q0, dtype=float))):
        return f"Q0 needs a row of numbers for each of the {items} items, got the shape {np.shape(Q0)}"
    if not 0 < reg <= 100:
        return f"reg must lie above 0 and not above 100, got {reg:g}"
    return None if 2 <= n_iters <= 50 and n_iters == int(n_iters) else f"n_iters must be 2 to 50, got {n_iters:g}"


def _vector_problem(Q: ArrayLike, r: ArrayLike, observed: ArrayLike, reg: float) -> str | None:
    """Why an input of the second listing is not allowed, or None."""
    ratings, seen = np.array(r, dtype=float), np.array(observed)
    if np.ndim(Q) != 2 or not ratings.shape == seen.shape == (len(np.array(Q)),):
        return "Q needs a row, r and observed an entry for each item"
    if len(ratings) > 10:
        return f"at most 10 items, please; you gave {len(ratings)}"
    if seen.dtype != bool:
        return "observed holds True and False"
    if not np.all((ratings[seen] >= 0) & (ratings[seen] <= 5)):
        return "observed ratings go from 0 to 5"
    return None if reg > 0 else f"reg must be above 0, got {reg:g}"


def _seeds_problem(first_seed: int, second_seed: int) -> str | None:
    """Why an input of the third listing is not allowed, or None."""
    good = all(isinstance(seed, int) and 0 <= seed < 2**32 for seed in (first_seed, second_seed))
    return None if good else "a seed is an integer from 0 to 2³² − 1"


def _pair_problem(R: ArrayLike, user: int, item: int) -> str | None:
    """Why an input of the fourth listing is not allowed, or None."""
    if problem := _matrix_problem(R, cold_rows=True):
        return problem
    (m, n), integers = np.shape(R), isinstance(user, int) and isinstance(item, int)
    good = integers and 0 <= user < m and 0 <= item < n
    return None if good else f"user must be an integer from 0 to {m - 1}, item from 0 to {n - 1}"


# A message about the arguments names the function that the learner sees: the listing.
@wraps(als_losses_listing)
def _matching_losses(R: ArrayLike, Q0: ArrayLike, reg: float, n_iters: int) -> Floats:
    """The objective that the first listing's updates minimize."""
    table = np.array(R, dtype=float)
    history: Floats = reference_fit(table, ~np.isnan(table), np.array(Q0, dtype=float), reg, n_iters, weighted=True)[2]
    return history


def _rises(R: ArrayLike, Q0: ArrayLike, reg: float, n_iters: int) -> bool:
    """Whether a printed loss is larger than the one before, by more than rounding."""
    losses = als_losses_listing(R, Q0, reg, n_iters)
    return bool(np.any(losses[1:] > losses[:-1] * (1 + 1e-6)))


def _meanwhile(R: ArrayLike, Q0: ArrayLike, reg: float, n_iters: int) -> str:
    """What the objective of the updates does while the printed loss falls."""
    first, *_, last = _matching_losses(R, Q0, reg, n_iters)
    return f"Meanwhile the objective that these updates minimize goes from {first:.4f} to {last:.4f}"


@wraps(user_vector_listing)
def _user_vector(Q: ArrayLike, r: ArrayLike, observed: ArrayLike, reg: float) -> Floats:
    """What the second listing should compute."""
    seen = np.array(observed)
    return als.update_row(np.array(Q, dtype=float)[seen], np.array(r, dtype=float)[seen], reg)


def _items_used(Q: ArrayLike, r: ArrayLike, observed: ArrayLike, reg: float) -> str:
    """Which items the second listing uses, and which it should."""
    seen = np.array(observed)
    used = seen & (np.where(seen, r, 0.0) != 0)
    right, its = (np.flatnonzero(mask).tolist() for mask in (seen, used))
    if right == its:
        return f"It uses the items {its}, counted from 0, and these were observed"
    return f"It uses the items {its} of {right}, counted from 0, and still finds the right vector"


@wraps(same_test_set_listing)
def _same_test_set(first_seed: int, second_seed: int) -> bool:
    """What the third listing should say: the experiments draw from generators of their own."""
    first, second = (np.random.default_rng(seed).permutation(100)[:5] for seed in (first_seed, second_seed))
    return bool(np.all(first == second))


@wraps(one_prediction_listing)
def _one_prediction(R: ArrayLike, user: int, item: int) -> float:
    """What the fourth listing should predict: 0 where a row or column without ratings takes part."""
    rated = ~np.isnan(np.array(R, dtype=float))
    known = rated[user].any() and rated[:, item].any()
    return one_prediction_listing(R, user, item) if known else 0.0


def _ratings_of_both(R: ArrayLike, user: int, item: int) -> str:
    """How much the fourth listing knows of a user and an item."""
    rated = ~np.isnan(np.array(R, dtype=float))
    return f"Ratings of this user: {rated[user].sum()}, of this item: {rated[:, item].sum()}"


def _range_of_predictions(R: ArrayLike) -> str:
    """How far the fifth listing's predictions go."""
    predictions = all_predictions_listing(R)
    return (
        f"The predictions go from {predictions.min():.2f} to {predictions.max():.2f}; asked is below 0.5 or above 5.5"
    )


@wraps(all_predictions_listing)
def _predictions_near_the_scale(R: ArrayLike) -> Floats:
    """The fifth listing's predictions, held within half a star of the scale."""
    return np.clip(all_predictions_listing(R), 0.5, 5.5)


RISING = CounterExampleTask(
    id="02.9",
    title="A loss that rises",
    name="answer_02_9",
    objectives=("O2.3", "O2.5"),
    contract="The listing does ALS and returns a loss after each iteration. Find R, Q0, reg and n_iters for which an "
    "entry is larger than the one before, by more than rounding (a millionth of it). Rules: R has at most 5 rows and 5 "
    "columns, ratings from 0 to 5, nan for none, a rating in every row and column; Q0 has a row of factors for each "
    'item; 0 < reg ≤ 100; 2 ≤ n_iters ≤ 50. The answer is a dict {"R": ..., "Q0": ..., "reg": ..., "n_iters": ...}.',
    points=4,
    hints=(
        "Which objective do the updates minimize, and which one is returned? Look at what multiplies reg.",
        "A tiny reg hides the difference: both are almost the squared error. One rating in every row and column hides "
        "it too.",
        "Two users, two items, all four rated as in the example, one factor, reg around 3, and ten iterations.",
    ),
    listing=als_losses_listing,
    reference=_matching_losses,
    valid=_losses_problem,
    exposes=_rises,
    why_not=_meanwhile,
    wrong=(
        WrongAnswer(
            "one rating a row",
            {"R": [[5, nan], [nan, 4]], "Q0": [[1], [1]], "reg": 1, "n_iters": 5},
            "Every row and column has one rating, so reg times the number of ratings is reg: both readings of the "
            "penalty are the same here, and this loss cannot rise.",
            "lesson 01, Eq. (1.2) and (1.3)",
        ),
        WrongAnswer(
            "tiny reg",
            {"R": [[5, 1], [1, 4]], "Q0": [[1], [2]], "reg": 0.01, "n_iters": 5},
            "With so small a reg both objectives are almost the squared error, and fall together. Make reg larger.",
            "lesson 02, Eq. (2.6)",
        ),
        WrongAnswer(
            "everything at zero",
            {"R": [[5, 1], [1, 4]], "Q0": [[1], [2]], "reg": 50, "n_iters": 5},
            "With so large a reg all factors shrink to zero at once, and both objectives fall to the sum of squared "
            "ratings. Make reg smaller.",
            "lesson 02, Eq. (2.6)",
        ),
    ),
    right=(
        {"R": [[5, 1], [1, 4]], "Q0": [[2], [1]], "reg": 2, "n_iters": 4},
        ([[5, 4], [4, 5]], [[1], [1]], 1, 5),
        {"R": np.array([[5, 4], [4, nan]]), "Q0": np.ones((2, 1)), "reg": 1.0, "n_iters": 5},
    ),
)

TRUE_ZERO = CounterExampleTask(
    id="02.10",
    title="A zero that was meant",
    name="answer_02_10",
    objectives=("O2.5",),
    contract="The listing computes one user's vector under the plain penalty. Find Q, r, observed and reg for which it "
    "is not the vector of task 02.1. Rules: at most 10 items, observed holds True and False, observed ratings from 0 "
    'to 5, reg > 0. The answer is a dict {"Q": ..., "r": ..., "observed": ..., "reg": ...}.',
    points=3,
    hints=(
        "The listing forgets `observed` after its first line. What does it go by instead?",
        "Which rating looks like no rating after the first line?",
        "Two items, both observed, one of them rated 0. The other must be rated above 0, or the vector is zero anyway.",
    ),
    listing=user_vector_listing,
    reference=_user_vector,
    valid=_vector_problem,
    why_not=_items_used,
    wrong=(
        WrongAnswer(
            "no zero",
            {"Q": [[1], [2]], "r": [4, 5], "observed": [True, True], "reg": 1},
            "No rating is 0, so the listing's mask is the right one.",
            "lesson 02, Eq. (2.1), the rows of Q_u",
        ),
        WrongAnswer(
            "an unrated zero",
            {"Q": [[1], [2]], "r": [4, 0], "observed": [True, False], "reg": 1},
            "This 0 was not observed, and leaving it out is right.",
            "lesson 02, Eq. (2.1), the rows of Q_u",
        ),
        WrongAnswer(
            "only zeros",
            {"Q": [[1], [2]], "r": [0, 0], "observed": [True, True], "reg": 1},
            "The listing drops both ratings, which is where to look. But a user who rates everything 0 has the vector "
            "zero, and a user without ratings has it too.",
            "lesson 02, Eq. (2.2)",
        ),
    ),
    right=(
        {"Q": [[1], [2]], "r": [4, 0], "observed": [True, True], "reg": 1},
        ([[1, 0], [1, 1]], [0, 5], [True, True], 0.1),
        {"Q": np.eye(2) + 1, "r": np.array([3.0, 0.0]), "observed": np.array([True, True]), "reg": 2.0},
    ),
)

GLOBAL_SEED = CounterExampleTask(
    id="02.11",
    title="A seed for everybody",
    name="answer_02_11",
    objectives=("O2.5",),
    contract="Two experiments set a seed of their own, start a fit, and then draw which ratings to hold out. The "
    "listing says whether both hold out the same ones. If the fit left the experiments' random numbers alone, only "
    "equal seeds would do that. Find two seeds for which the listing's answer is wrong. Rules: integers from "
    '0 to 2³² − 1. The answer is a dict {"first_seed": ..., "second_seed": ...}.',
    points=3,
    hints=(
        "Follow one experiment line by line: from which state does the permutation draw?",
        "np.random is one generator for the whole program. Who set its seed last before the permutation?",
        "After random_start_listing the state is the same whatever seed came before. So which two seeds should differ "
        "in what they hold out, and do not?",
    ),
    listing=same_test_set_listing,
    reference=_same_test_set,
    valid=_seeds_problem,
    why_not=lambda first_seed, second_seed: "Equal seeds should hold out the same ratings",
    wrong=(
        WrongAnswer(
            "the fit's seed twice",
            {"first_seed": 42, "second_seed": 42},
            "42 is the seed inside the fit, which is where to look. It need not be one of yours: after the fit the "
            "generator is where the fit left it, whatever you had set.",
            "lesson 02, section 6, the faults of the listing",
        ),
    ),
    right=({"first_seed": 0, "second_seed": 1}, (42, 7), {"second_seed": 2**32 - 1, "first_seed": 3}),
)

COLD_ROW = CounterExampleTask(
    id="02.12",
    title="Predicted from noise",
    name="answer_02_12",
    objectives=("O2.5", "O2.2"),
    contract="The listing fits ALS from a random start and predicts one rating. A row or column without ratings should "
    "have the vector zero, so its predictions are 0. Find R, user and item for which the listing predicts something "
    "else. Rules: R has at most 5 rows and 5 columns, at least one rating, ratings from 0 to 5, nan for none; user and "
    'item count from 0. The answer is a dict {"R": ..., "user": ..., "item": ...}.',
    points=3,
    hints=(
        "Which rows of P does the loop never write to?",
        "What stands in such a row after the last iteration?",
        "Give R a row of nan, and ask for that user and an item that was rated by somebody else.",
    ),
    listing=one_prediction_listing,
    reference=_one_prediction,
    valid=_pair_problem,
    why_not=_ratings_of_both,
    wrong=(
        WrongAnswer(
            "an unrated pair",
            {"R": [[5, 1], [4, nan]], "user": 1, "item": 1},
            "This pair was not rated, but the user and the item were: their vectors come from ratings. That is what "
            "the model is for.",
            "lesson 02, Eq. (2.5)",
        ),
        WrongAnswer(
            "somebody else is cold",
            {"R": [[5, 1], [nan, nan]], "user": 0, "item": 0},
            "User 1 has no ratings, which is where to look. But you ask for user 0, whose vector does not depend on "
            "user 1.",
            "lesson 02, section 2, a row without ratings",
        ),
    ),
    right=(
        {"R": [[5, 1], [nan, nan]], "user": 1, "item": 0},
        ([[5, nan], [3, nan]], 0, 1),
        {"R": np.array([[nan, nan], [nan, 2.0]]), "user": 0, "item": 0},
    ),
)

OFF_SCALE = CounterExampleTask(
    id="02.13",
    title="Eleven stars",
    name="answer_02_13",
    objectives=("O2.5",),
    contract="Ratings go from 1 to 5. The listing predicts all cells with one factor. Find an R for which a prediction "
    "leaves the scale by more than half a star: below 0.5 or above 5.5. Rules: R has at most 5 rows and 5 columns, "
    'ratings from 1 to 5, nan for none, a rating in every row and column. The answer is R, or a dict {"R": ...}.',
    points=3,
    hints=(
        "A prediction is p · q. What holds it between 1 and 5?",
        "A rated cell is held by its rating, so look at a cell that is not rated. With one factor, the rows of P Qᵀ "
        "are multiples of each other.",
        "Two users, two items, three ratings: user 0 says 1 and 5. What does user 1, who gives the first item 4, get "
        "for the second?",
    ),
    listing=all_predictions_listing,
    reference=_predictions_near_the_scale,
    valid=lambda R: _matrix_problem(R, lowest=1.0),
    why_not=_range_of_predictions,
    wrong=(
        WrongAnswer(
            "all rated",
            {"R": [[5, 5], [1, 1]]},
            "Every cell is rated here, and one factor can meet these ratings. Leave a cell unrated.",
            "lesson 02, section 6, the faults of the listing",
        ),
        WrongAnswer(
            "a mild extrapolation",
            {"R": [[5, 3], [4, nan]]},
            "A cell is unrated, which is where to look. The rule of three gives it 4 · 3 / 5 = 2.4, inside the scale. "
            "Choose ratings for which it does not.",
            "lesson 02, section 6, the faults of the listing",
        ),
    ),
    right=({"R": [[1, 5], [4, nan]]}, [[5, 1], [nan, 4]], {"R": np.array([[2, 5], [5, nan]])}),
)


# ---- 02.14 and 02.15 what it costs, and all items at once ------------------------------------------------------------

N_RATINGS, N_ROWS, SMALL, LARGE = 100_000, 10_000, 50, 100
COST_TOLERANCE = {"billions": 5e-3, "growth": 5e-3, "solving": 5e-4}


def cost_numbers(flops: Callable[[float, float, float], float]) -> dict[str, float]:
    """What task 02.14 asks, with this count."""
    small, large = (flops(N_RATINGS, N_ROWS, k) for k in (SMALL, LARGE))
    return {"billions": small / 1e9, "growth": large / small, "solving": flops(0, N_ROWS, LARGE) / large}


RIGHT_COST = cost_numbers(lambda ratings, rows, k: als.flops(int(ratings), int(rows), int(k)))


def wrong_cost(flops: Callable[[float, float, float], float]) -> dict[str, float]:
    """Those of the three numbers that come out wrong with this count."""
    numbers = cost_numbers(flops)
    return {key: value for key, value in numbers.items() if abs(value - RIGHT_COST[key]) > COST_TOLERANCE[key]}


COST = NumbersTask(
    id="02.14",
    title="What a sweep costs",
    name="answer_02_14",
    objectives=("O2.6",),
    contract=f"{N_RATINGS:,} ratings, {N_ROWS:,} users and items together. By Eq. (2.8): billions, the floating-point "
    f"operations of a sweep with {SMALL} factors, in billions; growth, the factor by which they grow with {LARGE} "
    f"factors; solving, the share of solving the systems (the second term) at {LARGE} factors. Within 0.005, 0.005 and "
    "0.0005.",
    points=3,
    hints=(
        "Two terms: one for adding up the matrices, once per rating and side, one for solving a system per row.",
        f"At k = {SMALL}: 2 · 100,000 · 50 · 51 and 10,000 · 50³ / 3. Do the same for k = {LARGE}.",
        "The terms are 0.51 and 0.4167 billion, then 2.02 and 3.3333 billion.",
    ),
    expected=RIGHT_COST,
    tolerance=COST_TOLERANCE,
    wrong=(
        WrongAnswer(
            "everything cubic",
            {"growth": (LARGE / SMALL) ** 3},
            "Only the systems grow with k³. The matrices are added up with k² per rating.",
            "lesson 02, Eq. (2.8)",
        ),
        WrongAnswer(
            "everything quadratic",
            {"growth": (LARGE / SMALL) ** 2},
            "Only adding up the matrices grows with k². Solving a system grows with k³.",
            "lesson 02, Eq. (2.8)",
        ),
        WrongAnswer(
            "not divided by 3",
            wrong_cost(lambda ratings, rows, k: 2 * ratings * k * (k + 1) + rows * k**3),
            "The matrices are symmetric and positive definite, so solving takes k³/3 (Cholesky), not k³.",
            "lesson 02, Eq. (2.8)",
        ),
        WrongAnswer(
            "solving left out",
            {"billions": als.flops(N_RATINGS, 0, SMALL) / 1e9},
            "This is the first term alone, adding up the matrices. Solving a system for each row comes on top.",
            "lesson 02, Eq. (2.8)",
        ),
        WrongAnswer(
            "one side only",
            wrong_cost(lambda ratings, rows, k: ratings * k * (k + 1) + rows * k**3 / 3),
            "You count each rating once. A sweep uses it twice: in its user's matrix and in its item's.",
            "lesson 02, Eq. (2.8)",
        ),
        WrongAnswer(
            "the other share",
            {"solving": 1 - RIGHT_COST["solving"]},
            "This is the share of adding up the matrices. Asked is that of solving the systems.",
            "lesson 02, Eq. (2.8)",
        ),
        WrongAnswer(
            "share at the smaller k",
            {"solving": als.flops(0, N_ROWS, SMALL) / als.flops(N_RATINGS, N_ROWS, SMALL)},
            f"This is the share at k = {SMALL}. Solving takes a larger part as k grows; asked is k = {LARGE}.",
            "lesson 02, Eq. (2.8)",
        ),
        WrongAnswer(
            "millions",
            {"billions": RIGHT_COST["billions"] * 1000},
            "This is in millions. A billion is 10⁹, a thousand millions.",
            "lesson 02, Eq. (2.8)",
        ),
    ),
    right=(dict(RIGHT_COST), tuple(RIGHT_COST.values()), [round(value, 4) for value in RIGHT_COST.values()]),
)

ALL_AT_ONCE = ChoiceTask(
    id="02.15",
    title="All items at once",
    name="answer_02_15",
    objectives=("O2.6",),
    contract="S is the (m, n) matrix of ones where a rating was observed and zeros elsewhere; R holds the ratings, 0 "
    "where nothing was observed; P is (m, k) and Q is (n, k). The items' half-step solves a system for each item i. "
    "Which product holds the right sides P_iᵀr_i of all items, one per row?",
    points=3,
    hints=(
        "P_iᵀr_i is a sum of user vectors, each times a number. Over which users, and times what?",
        "Row i of a product A @ P adds up the rows of P with the numbers in row i of A. So A has a row for each item.",
        "The numbers should be the ratings of item i: column i of R.",
    ),
    options={
        "a": "R @ Q",
        "b": "S.T @ P",
        "c": "R.T @ P",
        "d": "P.T @ R",
    },
    correct="c",
    wrong=(
        WrongAnswer(
            "the users' half",
            "a",
            "Row u of R @ Q is Q_uᵀr_u: these are the right sides of the users' half-step, one per user.",
            "lesson 02, Eq. (2.2) and (2.5)",
        ),
        WrongAnswer(
            "ratings missing",
            "b",
            "Row i of S.T @ P adds up the vectors of the users who rated item i, each once. In the right side each is "
            "multiplied by the rating.",
            "lesson 02, Eq. (2.2)",
        ),
        WrongAnswer(
            "one per column",
            "d",
            "The numbers are right, but P.T @ R has a column for each item and a row for each factor. Transpose it: "
            "then the first factor becomes R.T.",
            "lesson 02, Eq. (2.2)",
        ),
    ),
    right=("c", "C"),
)


TASKS: tuple[Task, ...] = (
    BY_HAND,
    UPDATE,
    FIT,
    PRIOR,
    LIMIT,
    WHICH_LOSS,
    BALANCE,
    NO_RATINGS,
    PROOF,
    RISING,
    TRUE_ZERO,
    GLOBAL_SEED,
    COLD_ROW,
    OFF_SCALE,
    COST,
    ALL_AT_ONCE,
)
