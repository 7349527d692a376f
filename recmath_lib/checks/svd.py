"""The tasks of lesson 03: from five numbers by hand to a low rank that trusts some users more than others.

A wrong answer is the right one with one part replaced: `predictions_with(means=...)` is `svd_predict` with other means.
So each line below shows the one idea that the answer got wrong, and nothing else.
"""

from collections.abc import Callable, Sequence
from functools import partial, wraps
from itertools import repeat
from math import nan
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray
from scipy.sparse.linalg import svds

from recmath_lib import ratings, svd
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

Table = NDArray[Any]
Answer = Callable[..., Table]
Change = Callable[[Table], Table]

CLEAR_GAP = 1.25  # s_k over s_{k+1} in every case: the nearest table of rank k is then the only one


# ---- what several tasks share ----------------------------------------------------------------------------------------


def rebuilt(matrix: Table, change: Change) -> Table:
    """A diag(s) Bᵀ with other singular values."""
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    return (left * change(values)) @ right


def largest(k: int) -> Change:
    """Keeps the k largest values, puts 0 for the others."""
    return lambda s: np.where(np.arange(s.size) < k, s, 0)


def truncated(matrix: Table, k: int) -> Table:
    """The nearest table of rank k, Eq. (3.2)."""
    return rebuilt(matrix, largest(k))


def with_v_for_its_transpose(matrix: Table, k: int, *, full: bool) -> Table:
    """NumPy returns Bᵀ; whoever takes it for B transposes it once more and cuts the wrong side."""
    left, values, right = np.linalg.svd(matrix, full_matrices=full)
    return (left[:, :k] * values[:k]) @ right[:, :k].T


def by_gram(matrix: Table, k: int) -> Table:
    """The nearest table of rank k: projects the rows on k eigenvectors of XᵀX."""
    _, vectors = np.linalg.eigh(matrix.T @ matrix)
    basis = vectors[:, vectors.shape[1] - k :]
    return matrix @ basis @ basis.T


def by_svds(matrix: Table, k: int) -> Table:
    """The nearest table of rank k from SciPy, which leaves out the full rank."""
    if k == min(matrix.shape):
        return matrix
    left, values, right = svds(matrix, k=k, v0=np.linspace(1.0, 2.0, min(matrix.shape)))
    return (left * values) @ right


def by_turns(matrix: Table, k: int, weights: Table | None = None) -> Table:
    """The nearest table of rank k by alternating least squares to convergence, each row with its weight."""
    w = np.ones((len(matrix), 1)) if weights is None else weights[:, None]
    items: Table = np.random.default_rng(3).normal(size=(matrix.shape[1], k))
    for _ in range(80):
        users = np.linalg.lstsq(items, matrix.T)[0].T
        items = np.linalg.lstsq(np.sqrt(w) * users, np.sqrt(w) * matrix)[0].T
    return users @ items.T


def by_orthogonal_iteration(matrix: Table, k: int) -> Table:
    """The nearest table of rank k: k directions, multiplied by XᵀX and made orthogonal again and again."""
    basis = np.random.default_rng(3).normal(size=(matrix.shape[1], k))
    for _ in range(80):
        basis, _ = np.linalg.qr(matrix.T @ (matrix @ basis))
    return matrix @ basis @ basis.T


def has_a_gap(values: Table, k: int) -> bool:
    """Whether s_k stands clear of s_{k+1}."""
    return k == values.size or bool(values[k - 1] > CLEAR_GAP * values[k])


def singular_values(matrix: Table) -> Table:
    """All of them, falling."""
    return np.linalg.svd(matrix, compute_uv=False)


# ---- 03.1 svd_predict ------------------------------------------------------------------------------------------------


def means_over(values: Table, counted: Table, axis: int, at_nothing: float) -> Table:
    """The mean along an axis of what is counted; `at_nothing` where nothing is."""
    counts = counted.sum(axis=axis, keepdims=True)
    totals = np.where(counted, values, 0).sum(axis=axis, keepdims=True)
    return np.where(counts > 0, totals / np.maximum(counts, 1), at_nothing)


def of_users(R: Table, observed: Table) -> Table:
    """The mean of each user over the observed ratings, Eq. (3.4)."""
    return means_over(R, observed, 1, R[observed].mean())


def of_items(R: Table, observed: Table) -> Table:
    """The mean of each item over the observed ratings."""
    return means_over(R, observed, 0, R[observed].mean())


def of_users_and_items(R: Table, observed: Table) -> Table:
    """The user's mean plus what is left of the item on average."""
    means = of_users(R, observed)
    return means + means_over(R - means, observed, 0, 0.0)


def or_else(at_nothing: Callable[[Table, Table], float]) -> Callable[[Table, Table], Table]:
    """User means, with something else for a user without ratings."""
    return lambda R, observed: means_over(R, observed, 1, at_nothing(R, observed))


def flat_means_by_nanmean(R: Table, observed: Table) -> Table:
    """User means without an axis of their own, nan for a user without ratings."""
    return means_over(R, observed, 1, nan).ravel()


def mean_of_user_means(R: Table, observed: Table) -> float:
    """Each user who rated anything counts once."""
    return float(means_over(R, observed, 1, 0.0)[observed.any(axis=1)].mean())


def observed_deviations(R: Table, observed: Table, means: Table) -> Table:
    """Observed ratings minus the mean, 0 elsewhere."""
    return np.where(observed, R - means, 0)


def plus_means(low_rank: Table, means: Table, R: Table, observed: Table) -> Table:
    """The low-rank part plus the mean, Eq. (3.5)."""
    return low_rank + means


def without_means(low_rank: Table, means: Table, R: Table, observed: Table) -> Table:
    """The low-rank part alone."""
    return low_rank


def predictions_with(
    *,
    mask: Callable[[Table, Table], Table] = lambda R, observed: observed,
    means: Callable[[Table, Table], Table] = of_users,
    centred: Callable[[Table, Table, Table], Table] = observed_deviations,
    low_rank: Callable[[Table, int], Table] = truncated,
    finish: Callable[[Table, Table, Table, Table], Table] = plus_means,
) -> Answer:
    """`svd_predict` with its mask, its mean, its centring, its low rank or its last step replaced."""

    def svd_predict(R: ArrayLike, observed: ArrayLike, n_factors: int) -> Table:
        values, known = np.asarray(R, float), np.asarray(observed)
        known = mask(values, known)
        centre = means(values, known)
        return finish(low_rank(centred(values, known, centre), n_factors), centre, values, known)

    return svd_predict


def multiplied_by_the_mask(at_nothing: float | None) -> Answer:
    """`svd_predict` that multiplies by `observed`; None: the mean of all ratings for a user without any."""

    def svd_predict(R: ArrayLike, observed: ArrayLike, n_factors: int) -> Table:
        values, known = np.asarray(R, float), np.asarray(observed)
        overall = values[known].mean() if at_nothing is None else at_nothing
        counts = known.sum(axis=1, keepdims=True)
        means = np.where(counts > 0, (values * known).sum(axis=1, keepdims=True) / np.maximum(counts, 1), overall)
        return means + truncated((values - means) * known, n_factors)

    return svd_predict


def cut_with(change: Callable[[int], Change]) -> Answer:
    """`svd_predict` with other singular values kept."""
    return predictions_with(low_rank=lambda table, k: rebuilt(table, change(k)))


def clipped(low: float, high: float) -> Answer:
    """`svd_predict`, moved into a range."""
    return predictions_with(finish=lambda low_rank, means, R, observed: np.clip(low_rank + means, low, high))


def clipped_to_what_was_seen(low_rank: Table, means: Table, R: Table, observed: Table) -> Table:
    """The predictions, moved between the smallest and the largest rating."""
    return np.clip(low_rank + means, R[observed].min(), R[observed].max())


def only_missing(low_rank: Table, means: Table, R: Table, observed: Table, elsewhere: float) -> Table:
    """Predictions of the missing cells alone."""
    return np.where(observed, elsewhere, low_rank + means)


def predictions_filled_again(steps: int) -> Answer:
    """Fills the missing cells with the prediction and cuts again, until there were that many cuts."""

    def svd_predict(R: ArrayLike, observed: ArrayLike, n_factors: int) -> Table:
        values, known = np.asarray(R, float), np.asarray(observed)
        means = of_users(values, known)
        table = np.zeros_like(values)
        for _ in range(steps):
            table = truncated(np.where(known, values - means, table), n_factors)
        return means + table

    return svd_predict


def centred_in_the_ratings_own_type(R: ArrayLike, observed: ArrayLike, n_factors: int) -> Table:
    """A table made by zeros_like has the type of R: a whole-number table cuts off what stands behind the point."""
    values, known = np.asarray(R), np.asarray(observed)
    means = of_users(values.astype(float), known)
    centred = np.zeros_like(values)
    centred[known] = (values - means)[known]
    return means + truncated(centred.astype(float), n_factors)


def scaled_deviations(R: Table, observed: Table) -> Table:
    """The standard deviation of each user over the observed ratings; 1 where it is 0."""
    squares = means_over((R - of_users(R, observed)) ** 2, observed, 1, 1.0)
    return np.sqrt(np.where(squares > 0, squares, 1.0))


def with_z_scores(back: bool) -> Answer:
    """Divides each row by its spread, and multiplies at the end or not."""

    def svd_predict(R: ArrayLike, observed: ArrayLike, n_factors: int) -> Table:
        values, known = np.asarray(R, float), np.asarray(observed)
        means, spread = of_users(values, known), scaled_deviations(values, known)
        low_rank = truncated(np.where(known, (values - means) / spread, 0), n_factors)
        return means + (spread if back else 1) * low_rank

    return svd_predict


def item_means_where_missing(R: Table, observed: Table, means: Table) -> Table:
    """Fills missing cells with the item's mean before the user's is taken off."""
    return np.where(observed, R, of_items(R, observed)) - means


def with_the_global_mean(R: Table, observed: Table) -> Table:
    """The ratings, and where they are missing the mean of all of them."""
    return np.where(observed, R, R[observed].mean())


def reversed_values(k: int) -> Change:
    """The k largest values, attached to the vectors in the opposite order."""
    return lambda s: np.concatenate([s[:k][::-1], np.zeros(s.size - k)])


def smallest(k: int, beyond: int = 0) -> Change:
    """Keeps the k smallest values instead, or those before the last ones."""
    return lambda s: np.where((np.arange(s.size) >= s.size - beyond - k) & (np.arange(s.size) < s.size - beyond), s, 0)


def smallest_of_eigh(matrix: Table, k: int) -> Table:
    """Projects the rows on the first k eigenvectors of XᵀX, which eigh returns rising."""
    basis = np.linalg.eigh(matrix.T @ matrix)[1][:, :k]
    return matrix @ basis @ basis.T


SMALLEST = {
    "svd": lambda table, k: rebuilt(table, smallest(k)),
    "svds without the last": lambda table, k: rebuilt(table, smallest(k, beyond=1)),
    "eigh": smallest_of_eigh,
}


def rated(rows: Sequence[Sequence[float | None]], missing: float | Sequence[float] = 0.0) -> tuple[Table, Table]:
    """R and observed; None is a missing rating, and its cell holds `missing`, or what `missing` lists."""
    observed = np.array([[rating is not None for rating in row] for row in rows])
    fillers = iter(missing) if isinstance(missing, Sequence) else repeat(missing)
    return np.array([[next(fillers) if rating is None else rating for rating in row] for row in rows]), observed


def deviations(R: Table, observed: Table) -> Table:
    """The table that is decomposed."""
    return observed_deviations(R, observed, of_users(R, observed))


def drawn_ratings(rng: Generator, shape: tuple[int, int], k: int, missing: float) -> tuple[Table, Table, int]:
    """Half stars with some missing, nobody without two of them, drawn until s_k stands clear of s_{k+1}."""
    while True:
        observed = rng.random(shape) < 0.7
        R = np.where(observed, rng.integers(1, 11, shape) / 2, missing)
        values = singular_values(deviations(R, observed)) if observed.sum(axis=1).min() > 1 else np.zeros(k + 1)
        if values[k - 1] > 0.5 and has_a_gap(values, k):
            return R, observed, k


def prediction_cases(seed: int) -> list[Case]:
    """One that tells most mistakes apart, then one for each of the others; three drawn ones last."""
    rng = np.random.default_rng(seed)
    nobody: list[float | None] = [None, None, None]
    return [
        Case("missing ratings", (*rated([[5, 1, 2, None], [4, None, 1, 4], [None, 3, 4, 2], [1, 5, 4, 2]]), 2)),
        Case("a table without gaps", (*rated([[5, 3, 1], [3, 5, 1]]), 1)),
        Case("a table without gaps", (*rated([[5, 4, 1, 2], [1, 2, 5, 4], [4, 1, 2, 5]]), 2)),
        Case("missing ratings", (*rated([[5, 3, None], [4, 1, 2], [None, 4, 5]]), 1)),
        Case("missing cells that hold nan", (*rated([[4, 2, None], [5, None, 1]], nan), 1)),
        Case("missing cells that hold nan", (*rated([[4, 2, None], [5, None, 1], [2, 5, 4]], nan), 1)),
        Case(
            "missing cells that hold any number",
            (*rated([[4, None, 2], [None, 1, 5], [3, 5, 1]], (9.0, -7.0)), 1),
        ),
        Case("a true rating of 0", (*rated([[0, 4, None], [3, 0, 1], [5, 2, 0]]), 1)),
        Case("a user without ratings", (*rated([[5, 2, 4], nobody, [1, 4, None]]), 1)),
        Case("a user without ratings", (*rated([[5, 2, 4, None], [None] * 4, [1, 4, None, 3]], nan), 1)),
        Case("more items than users", (*rated([[5, 1, 2, None], [4, 1, None, 5]]), 1)),
        Case("more users than items", (*rated([[5, 1, 4], [4, 2, 2], [None, 3, 5], [1, 5, None]]), 1)),
        Case("the full rank, k = min(m, n)", (*rated([[5, 1, None, 4], [2, None, 5, 4]]), 2)),
        Case("integers", (np.array([[5, 4, 1], [1, 5, 4]]), np.full((2, 3), True), 1)),
        Case("predictions beyond the scale", (*rated([[0, 5, None, 0], [0, 5, 5, None], [5, 0, None, 0]]), 1)),
        Case("missing ratings", drawn_ratings(rng, (3, 5), 1, 0.0)),
        Case("missing cells that hold nan", drawn_ratings(rng, (5, 4), 2, nan)),
        Case("missing cells that hold any number", drawn_ratings(rng, (4, 5), 3, 9.0)),
    ]


PREDICTION_WRONG = (
    *ways(
        "missing ratings counted in the mean",
        "Your mean divides by the number of films, so what stands in missing cells counts as a rating. Divide the "
        "sum of the observed ratings by their number: someone who rated two of a thousand films has a mean too.",
        "lesson 03, Eq. (3.4)",
        {
            "as zeros": predictions_with(
                means=lambda R, observed: np.where(observed, R, 0).mean(axis=1, keepdims=True)
            ),
        },
    ),
    *ways(
        "missing cells read for the mean",
        "Cells that `observed` calls missing go into your mean. They may hold anything: 0, nan, 9. Sum R only where "
        "`observed` is True, and divide by the number of those cells.",
        "lesson 03, Eq. (3.4)",
        {
            "as they stand": predictions_with(means=lambda R, observed: R.mean(axis=1, keepdims=True)),
            "nan left out": predictions_with(means=lambda R, observed: np.nanmean(R, axis=1, keepdims=True)),
        },
    ),
    *ways(
        "observed read off R",
        "You look at R to find out what was rated. A missing cell may hold anything, and a rating may be 0: only "
        "`observed` tells them apart.",
        "the contract of task 03.1: missing cells of R",
        {
            "not zero": predictions_with(mask=lambda R, observed: R != 0),
            "positive": predictions_with(mask=lambda R, observed: R > 0),
            "not zero, nan to 0 before": predictions_with(mask=lambda R, observed: np.nan_to_num(R) != 0),
            "not zero, nan to 0 before, nan for nobody": predictions_with(
                mask=lambda R, observed: np.nan_to_num(R) != 0, means=or_else(lambda R, observed: nan)
            ),
            "not nan": predictions_with(mask=lambda R, observed: ~np.isnan(R)),
        },
    ),
    WrongAnswer(
        "a true 0 left out of the mean",
        predictions_with(means=lambda R, observed: of_users(R, observed & (R != 0))),
        "Your mean leaves out ratings of 0. Here 0 is a rating like any other; what is missing stands in `observed`.",
        "lesson 03, Eq. (3.4)",
    ),
    WrongAnswer(
        "item means",
        predictions_with(means=of_items),
        "You take off the mean of each film (axis 0). Asked is the mean of each user, along the row: axis 1.",
        "lesson 03, Eq. (3.4)",
    ),
    WrongAnswer(
        "the global mean for everybody",
        predictions_with(means=lambda R, observed: R[observed].mean()),
        "You take the same mean off everybody. A strict user and a generous one then differ in level, and the first "
        "direction is spent on that. The mean of all ratings is for users without any.",
        "lesson 03, Eq. (3.4)",
    ),
    WrongAnswer(
        "item means taken off too",
        predictions_with(means=of_users_and_items),
        "You take off the user's mean and then the item's. That is a good model, but another one: here only the user's "
        "mean goes.",
        "lesson 03, Eq. (3.5)",
    ),
    WrongAnswer(
        "median",
        predictions_with(
            means=lambda R, observed: np.array(
                [
                    [np.median(row[seen]) if seen.any() else R[observed].mean()]
                    for row, seen in zip(R, observed, strict=True)
                ]
            )
        ),
        "You take off the median of each user. The mean is the number that leaves the smallest squared error.",
        "lesson 03, Eq. (3.4)",
    ),
    WrongAnswer(
        "a user without ratings gets 0",
        predictions_with(means=or_else(lambda R, observed: 0.0)),
        "Someone who rated nothing gets a mean of 0, below every star there is. Take the mean of all observed ratings "
        "for such a user.",
        "lesson 03, Eq. (3.4)",
    ),
    WrongAnswer(
        "a user without ratings gets nan",
        predictions_with(means=or_else(lambda R, observed: nan)),
        "Someone who rated nothing has the mean 0/0, which is nan. Take the mean of all observed ratings for such a "
        "user.",
        "lesson 03, Eq. (3.4)",
    ),
    WrongAnswer(
        "a user without ratings gets the mean of all cells",
        predictions_with(means=or_else(lambda R, observed: np.where(observed, R, 0).mean())),
        "For someone who rated nothing you average all cells, missing ones as 0. Divide the sum of the observed "
        "ratings by their number: R[observed].mean().",
        "the contract of task 03.1: a user without ratings",
    ),
    WrongAnswer(
        "a user without ratings gets the mean of the means",
        predictions_with(means=or_else(mean_of_user_means)),
        "For someone who rated nothing you average the users' means, so each user counts once. Asked is the mean of "
        "all observed ratings: each rating counts once.",
        "the contract of task 03.1: a user without ratings",
    ),
    *ways(
        "missing cells centred too",
        "You take the mean off missing cells as well, so a film nobody rated looks hated. Only observed ratings are "
        "centred; a missing cell is 0 afterwards, which says: as this user's average.",
        "lesson 03, above Eq. (3.5)",
        {
            "as zeros": predictions_with(centred=lambda R, observed, means: np.where(observed, R, 0) - means),
            "as they stand": predictions_with(centred=lambda R, observed, means: R - means),
            "nan to 0 before": predictions_with(centred=lambda R, observed, means: np.nan_to_num(R) - means),
            "nan to 0 after": predictions_with(centred=lambda R, observed, means: np.nan_to_num(R - means)),
        },
    ),
    *ways(
        "missing cells left nan",
        "A nan is left in the table you decompose, and a single one makes svd fail. Put 0 into missing cells after "
        "centring. Note that nan times False is nan: choose with np.where(observed, ..., 0), do not multiply.",
        "the contract of task 03.1: missing cells",
        {
            "as they were": multiplied_by_the_mask(at_nothing=None),
            "as they were, nan for nobody": multiplied_by_the_mask(at_nothing=nan),
            "everywhere": predictions_with(centred=lambda R, observed, means: np.where(observed, R - means, nan)),
        },
    ),
    WrongAnswer(
        "not centred, zeros for the missing",
        predictions_with(centred=lambda R, observed, means: np.where(observed, R, 0), finish=without_means),
        "You decompose the ratings as they are, with 0 for the missing. Then each missing rating is an invented 0 "
        "stars, and predictions are drawn towards 0. Take the user means off first, and add them at the end.",
        "lesson 03, Eq. (3.4) and (3.5)",
    ),
    WrongAnswer(
        "not centred, means for the missing",
        predictions_with(centred=lambda R, observed, means: np.where(observed, R, means), finish=without_means),
        "You fill in the mean, but decompose without taking it off. So the rank is spent on levels that the means know "
        "already. Take them off first, and add them at the end.",
        "lesson 03, Eq. (3.4) and (3.5)",
    ),
    *ways(
        "mean added, but never taken off",
        "You add the mean to a low-rank part that contains the level already, so it counts twice. Take it off before "
        "you decompose.",
        "lesson 03, Eq. (3.5)",
        {
            "zeros for the missing": predictions_with(centred=lambda R, observed, means: np.where(observed, R, 0)),
            "means for the missing": predictions_with(centred=lambda R, observed, means: np.where(observed, R, means)),
        },
    ),
    WrongAnswer(
        "item means for the missing",
        predictions_with(centred=item_means_where_missing),
        "You fill a missing cell with the film's mean. It is one way to fill, but here a centred missing cell is 0.",
        "the contract of task 03.1: missing cells",
    ),
    WrongAnswer(
        "the global mean for the missing",
        predictions_with(centred=lambda R, observed, means: with_the_global_mean(R, observed) - means),
        "You fill a missing cell with the mean of all ratings, so a strict user seems to like what was not rated. A "
        "centred missing cell is 0: this user's own mean.",
        "the contract of task 03.1: missing cells",
    ),
    WrongAnswer(
        "the global mean filled in first",
        predictions_with(
            means=lambda R, observed: with_the_global_mean(R, observed).mean(axis=1, keepdims=True),
            centred=lambda R, observed, means: with_the_global_mean(R, observed) - means,
        ),
        "You fill missing cells with the mean of all ratings, and then take the mean of the filled row. So the fill "
        "counts as a rating. Take the mean over the observed ratings alone; a centred missing cell is 0.",
        "the contract of task 03.1: missing cells",
    ),
    *ways(
        "filled and cut again",
        "You fill the missing cells with the prediction and cut again. That is the repair, Eq. (3.6), and a better "
        "fit to what was observed; this task asks for one cut.",
        "the contract of task 03.1, and lesson 03, Eq. (3.6)",
        {f"{steps} cuts": predictions_filled_again(steps) for steps in (2, 10, 20, 50, 100)},
    ),
    *ways(
        "divided by the spread",
        "You divide each user's ratings by their standard deviation. That weighs quiet users more in what the "
        "decomposition is nearest to; here only the mean is taken off.",
        "lesson 03, Eq. (3.5)",
        {"and multiplied back": with_z_scores(back=True), "for good": with_z_scores(back=False)},
    ),
    WrongAnswer(
        "whole numbers stay whole",
        centred_in_the_ratings_own_type,
        "Your centred table has the integer type of R, so 0.67 becomes 0. Turn R into floats before you centre it.",
        "the contract of task 03.1: R of any numeric type",
    ),
    WrongAnswer(
        "one factor too many",
        cut_with(lambda k: largest(k + 1)),
        "You keep k + 1 singular values. The first k of them are s[:k].",
        "lesson 03, Eq. (3.2)",
    ),
    WrongAnswer(
        "one factor too few",
        cut_with(lambda k: largest(k - 1)),
        "You keep k − 1 singular values. The first k of them are s[:k]; range(1, k) has only k − 1 numbers.",
        "lesson 03, Eq. (3.2)",
    ),
    WrongAnswer(
        "rank not cut",
        predictions_with(low_rank=lambda table, k: table),
        "You keep all singular values, so every observed rating comes back unchanged and every missing one is the "
        "user's mean. It is the cut to k of them that predicts anything.",
        "lesson 03, Eq. (3.2)",
    ),
    *ways(
        "the smallest singular values",
        "You keep small singular values instead of the largest. Is the order the other way round? NumPy's svd returns "
        "them falling, SciPy's svds and eigh rising.",
        "lesson 03, Eq. (3.2)",
        {way: predictions_with(low_rank=low_rank) for way, low_rank in SMALLEST.items()},
    ),
    WrongAnswer(
        "only the last of the k factors",
        cut_with(lambda k: lambda s: largest(k)(s) - largest(k - 1)(s)),
        "You keep the term number k alone. Eq. (3.5) adds up the terms 1 to k: s[:k], not s[k - 1].",
        "lesson 03, Eq. (3.2) and (3.5)",
    ),
    WrongAnswer(
        "values and vectors in opposite orders",
        cut_with(reversed_values),
        "Your singular values stand beside the wrong vectors: the largest beside the last of the k. svds returns "
        "values and vectors in rising order, so turn all three or none.",
        "lesson 03, Eq. (3.1)",
    ),
    WrongAnswer(
        "singular values left out",
        cut_with(lambda k: lambda s: largest(k)(np.ones_like(s))),
        "You multiply the singular vectors without their values, so a strong direction counts no more than a weak one.",
        "lesson 03, Eq. (3.5)",
    ),
    WrongAnswer(
        "singular values squared",
        cut_with(lambda k: lambda s: largest(k)(s**2)),
        "Each singular value comes in twice. Did you multiply both sides by s, or take an eigenvalue of XᵀX, which is "
        "s²?",
        "lesson 03, Eq. (3.1)",
    ),
    WrongAnswer(
        "root of the singular values once",
        cut_with(lambda k: lambda s: largest(k)(np.sqrt(s))),
        "Only the root of each singular value arrives. If you split s between the two sides, both get a root.",
        "lesson 03, Eq. (3.1) and (3.8)",
    ),
    *ways(
        "V for its transpose",
        "You cut columns where the vectors are rows. NumPy's third result is Bᵀ: its first k rows belong to the k "
        "largest values. So Vt[:k], without another transpose.",
        "lesson 03, Eq. (3.1)",
        {
            "thin": predictions_with(low_rank=partial(with_v_for_its_transpose, full=False)),
            "full": predictions_with(low_rank=partial(with_v_for_its_transpose, full=True)),
        },
    ),
    WrongAnswer(
        "mean not added back",
        predictions_with(finish=without_means),
        "Your predictions are deviations from the user's mean. Add the mean, and they are stars.",
        "lesson 03, Eq. (3.5)",
    ),
    WrongAnswer(
        "the global mean added back",
        predictions_with(finish=lambda low_rank, means, R, observed: low_rank + R[observed].mean()),
        "You add the mean of all ratings to everybody. What was taken off each user comes back to each user: the "
        "user's own mean.",
        "lesson 03, Eq. (3.5)",
    ),
    *ways(
        "clipped",
        "You move predictions into the scale. That is done when you show them; here they stay as they are, and may lie "
        "above 5 or below 0.",
        "the contract of task 03.1: no clipping",
        {
            "1 to 5": clipped(1, 5),
            "half a star to 5": clipped(0.5, 5),
            "0 to 5": clipped(0, 5),
            "above only": clipped(-np.inf, 5),
            "what was seen": predictions_with(finish=clipped_to_what_was_seen),
        },
    ),
    WrongAnswer(
        "observed ratings put back",
        predictions_with(finish=lambda low_rank, means, R, observed: np.where(observed, R, low_rank + means)),
        "You put the observed ratings back into the table. Asked is what the model says everywhere, also where the "
        "answer is known: its error there is part of the story.",
        "lesson 03, Eq. (3.5)",
    ),
    *ways(
        "only missing cells predicted",
        "You fill in nothing where a rating was observed. Asked is what the model says everywhere, also where the "
        "answer is known.",
        "lesson 03, Eq. (3.5)",
        {
            "0 elsewhere": predictions_with(finish=partial(only_missing, elsewhere=0.0)),
            "nan elsewhere": predictions_with(finish=partial(only_missing, elsewhere=nan)),
        },
    ),
    *ways(
        "means along the wrong axis",
        "Your user means run along the columns: NumPy lines up a flat array with the last axis. Make it a column, "
        "means[:, None], or keep the axis with keepdims=True.",
        "lesson 03, Eq. (3.5)",
        {
            "added": predictions_with(finish=lambda low_rank, means, R, observed: low_rank + means.ravel()),
            "taken off": predictions_with(centred=lambda R, observed, means: np.where(observed, R - means.ravel(), 0)),
            "both": predictions_with(means=lambda R, observed: of_users(R, observed).ravel()),
            "both, nan for nobody": predictions_with(means=flat_means_by_nanmean),
            "both, nan to 0 after": predictions_with(
                means=flat_means_by_nanmean,
                centred=lambda R, observed, means: np.nan_to_num(np.where(observed, R - means, nan)),
            ),
        },
    ),
)


def _predict_all(R: ArrayLike, observed: ArrayLike, n_factors: int) -> Table:
    """The reference: the library on sparse ratings."""
    return svd.predict_all(ratings.from_dense(R, observed), n_factors)


def predictions_in_loops(R: ArrayLike, observed: ArrayLike, n_factors: int) -> Table:
    """Right, user by user and term by term."""
    values, known = np.array(R, dtype=float), np.array(observed)
    means = [row[seen].mean() if seen.any() else values[known].mean() for row, seen in zip(values, known, strict=True)]
    centred = np.zeros(values.shape)
    for user, item in np.argwhere(known):
        centred[user, item] = values[user, item] - means[user]
    left, strengths, right = np.linalg.svd(centred)
    predicted = np.repeat(np.array(means)[:, None], values.shape[1], axis=1)
    for term in range(n_factors):
        predicted += strengths[term] * np.outer(left[:, term], right[term])
    return predicted


PREDICT = FunctionTask(
    id="03.1",
    title="Predictions of a centred SVD",
    name="svd_predict",
    objectives=("O3.2", "O3.3"),
    contract="svd_predict(R, observed, n_factors) → array (m, n), Eq. (3.4), (3.2) and (3.5). R: ratings (m, n), any "
    "numeric type; a missing cell may hold anything (0, nan, 9), a rating may be 0. observed: booleans (m, n), at "
    "least one True. n_factors: k from 1 to min(m, n). Take off each user's mean over the observed ratings (a user "
    "without ratings: the mean of all observed ratings), put 0 for missing centred cells, take the nearest table of "
    "rank k, add the means back. No clipping; all cells are predicted, the observed ones too.",
    points=6,
    hints=(
        "Four steps, each a line or two: means, centred table, low rank, means back. Print the centred table of a 2 "
        "× 3 example: each row must sum to 0.",
        "np.where(observed, R, 0) makes missing cells harmless before you sum. Counts are observed.sum(axis=1); "
        "where a count is 0, the mean is R[observed].mean(). Keep the means as a column.",
        "U, s, Vt = np.linalg.svd(centred, full_matrices=False). The low rank is (U[:, :k] * s[:k]) @ Vt[:k], since "
        "the rows of Vt are the directions.",
    ),
    reference=_predict_all,
    cases=prediction_cases,
    wrong=PREDICTION_WRONG,
    right=(
        predictions_in_loops,
        predictions_with(low_rank=by_gram),
        predictions_with(low_rank=by_svds),
        predictions_with(low_rank=by_turns),
        predictions_with(low_rank=by_orthogonal_iteration),
    ),
)


# ---- 03.2 soft_threshold_svd -----------------------------------------------------------------------------------------


def shrunk_with(change: Callable[[Table, float], Table]) -> Answer:
    """`soft_threshold_svd` with something else done to the singular values."""

    def soft_threshold_svd(X: ArrayLike, tau: float) -> Table:
        return rebuilt(np.asarray(X, float), lambda s: change(s, tau))

    return soft_threshold_svd


def less_tau(s: Table, tau: float) -> Table:
    """Each value tau smaller, none below 0, Eq. (3.9)."""
    return np.maximum(s - tau, 0)


def entries_shrunk(X: ArrayLike, tau: float) -> Table:
    """Soft-thresholds the entries, as the lasso does with coefficients."""
    values = np.asarray(X, float)
    return np.sign(values) * np.maximum(np.abs(values) - tau, 0)


def shrunk_with_v(full: bool) -> Answer:
    """`soft_threshold_svd` with Bᵀ taken for B; thin, it does not fit a wide table."""

    def soft_threshold_svd(X: ArrayLike, tau: float) -> Table:
        left, values, right = np.linalg.svd(np.asarray(X, float), full_matrices=full)
        return (left[:, : values.size] * less_tau(values, tau)) @ right.T[: values.size]

    return soft_threshold_svd


def shrunk_eigenvalues(X: ArrayLike, tau: float) -> Table:
    """Takes eigenvalues for singular values; a table that is not square has none."""
    values, vectors = np.linalg.eig(np.asarray(X, float))
    return np.real(vectors @ np.diag(np.maximum(values.real - tau, 0)) @ np.linalg.inv(vectors))


def shrunk_on_one_side(X: ArrayLike, tau: float) -> Table:
    """Puts the right vectors on both sides."""
    _, values, right = np.linalg.svd(np.asarray(X, float), full_matrices=False)
    return (right.T * less_tau(values, tau)) @ right


def shrunk_after_centring(X: ArrayLike, tau: float) -> Table:
    """Takes the mean of each row off first, as task 03.1 does."""
    means = np.mean(np.asarray(X, float), axis=1, keepdims=True)
    return means + shrunk_with(less_tau)(np.asarray(X, float) - means, tau)


def without_negative_entries(X: ArrayLike, tau: float) -> Table:
    """Stops the entries of the result at 0, not only the singular values."""
    return np.maximum(shrunk_with(less_tau)(X, tau), 0)


def kept_in_its_own_type(X: ArrayLike, tau: float) -> Table:
    """Writes the result into a copy of X: a whole-number table cuts off what stands behind the point."""
    result = np.array(X)
    result[:] = shrunk_with(less_tau)(X, tau)
    return result


def shrunk_by_terms(X: ArrayLike, tau: float) -> Table:
    """Right, one term after the other, as long as there is something left."""
    left, values, right = np.linalg.svd(np.array(X, dtype=float))
    result = np.zeros(np.shape(X))
    for term, value in enumerate(values):
        if value > tau:
            result += (value - tau) * np.outer(left[:, term], right[term])
    return result


def shrunk_by_gram(X: ArrayLike, tau: float) -> Table:
    """Right, from the eigenvectors of XᵀX: each direction keeps the share 1 − tau/s."""
    values = np.array(X, dtype=float)
    squares, vectors = np.linalg.eigh(values.T @ values)
    lengths = np.sqrt(np.maximum(squares, 0))
    shares = np.where(lengths > tau, 1 - tau / np.where(lengths > tau, lengths, 1), 0)
    return values @ (vectors * shares) @ vectors.T


def less_what_is_capped(X: ArrayLike, tau: float) -> Table:
    """Right: takes off the nearest table without a singular value above tau."""
    return np.asarray(X, float) - shrunk_with(np.minimum)(X, tau)


def shrunk_by_turns(X: ArrayLike, tau: float) -> Table:
    """Right: alternating ridge regressions with reg = tau and all factors, to convergence."""
    values = np.asarray(X, float)
    k = min(values.shape)
    users, items = np.zeros((len(values), k)), np.random.default_rng(5).normal(size=(values.shape[1], k))
    for _ in range(400 if tau else 2):
        users = values @ items @ np.linalg.inv(items.T @ items + tau * np.eye(k))
        items = values.T @ users @ np.linalg.inv(users.T @ users + tau * np.eye(k))
    return users @ items.T


def drawn_for_shrinking(rng: Generator, shape: tuple[int, int]) -> tuple[Table, float]:
    """Numbers with one digit behind the point, and a tau between the two smallest singular values."""
    while True:
        X = rng.integers(-50, 51, shape) / 10
        values = singular_values(X)
        tau = round(float(values[-1] + values[-2]) / 2, 1)
        if values[-1] > 0.5 and values[-2] > values[-1] + 1:
            return X, tau


def shrinking_cases(seed: int) -> list[Case]:
    """One that tells most mistakes apart, then one for each of the others; three drawn ones last."""
    rng = np.random.default_rng(seed)
    return [
        Case("a singular value below tau", (np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 2.0], [2.0, 0.0, 1.0]]), 1.5)),
        Case("a diagonal table", (np.diag([5.0, 2.0]), 1.0)),
        Case("every singular value above tau", (np.array([[3.0, 1.0], [1.0, 3.0]]), 0.5)),
        Case("a singular value below tau", (np.array([[2.0, 1.0], [1.0, -1.5]]), 2.0)),
        Case("tau = 0", (np.array([[1.0, 2.0], [0.5, 4.0]]), 0.0)),
        Case("tau above every singular value", (np.array([[1.0, -1.0], [2.0, 0.5]]), 4.0)),
        Case("more columns than rows", (np.array([[3.0, 0.0, -1.0], [1.0, 2.0, 2.0]]), 0.7)),
        Case("more rows than columns", (np.array([[2.0, 1.0], [-1.0, 3.0], [0.0, 2.0]]), 2.5)),
        Case("integers", (np.array([[3, 1], [0, 2]]), 1)),
        Case("a table of zeros", (np.zeros((3, 3)), 1.0)),
        Case("a singular value below tau", drawn_for_shrinking(rng, (3, 3))),
        Case("more columns than rows", drawn_for_shrinking(rng, (3, 5))),
        Case("more rows than columns", drawn_for_shrinking(rng, (4, 2))),
    ]


SHRINKING_WRONG = (
    WrongAnswer(
        "tau / 2",
        shrunk_with(lambda s, tau: np.maximum(s - tau / 2, 0)),
        "You take off tau/2. That minimizes ‖X − Z‖² + tau ‖Z‖_*. Here the penalty is 2 tau ‖Z‖_*: the derivative of "
        "(s − z)² + 2 tau z is 0 at z = s − tau.",
        "lesson 03, Eq. (3.9)",
    ),
    WrongAnswer(
        "2 tau",
        shrunk_with(lambda s, tau: np.maximum(s - 2 * tau, 0)),
        "You take off 2 tau. The square brings a 2 too: the derivative of (s − z)² + 2 tau z is −2(s − z) + 2 tau, and "
        "it is 0 at z = s − tau.",
        "lesson 03, Eq. (3.9)",
    ),
    WrongAnswer(
        "hard threshold",
        shrunk_with(lambda s, tau: np.where(s > tau, s, 0)),
        "You keep large singular values as they are. That is the hard threshold, which a penalty on the rank gives. "
        "The nuclear norm charges each value for its size, so those that stay become smaller by tau.",
        "lesson 03, Eq. (3.9)",
    ),
    WrongAnswer(
        "no stop at 0",
        shrunk_with(lambda s, tau: s - tau),
        "You take off tau even where less than tau is there. A singular value cannot be negative: below tau it "
        "becomes 0.",
        "lesson 03, Eq. (3.9)",
    ),
    WrongAnswer(
        "absolute value of the difference",
        shrunk_with(lambda s, tau: np.abs(s - tau)),
        "Where less than tau is there, you bring it back as |s − tau|. It becomes 0: that is how the rank falls.",
        "lesson 03, Eq. (3.9)",
    ),
    WrongAnswer(
        "small values kept",
        shrunk_with(lambda s, tau: np.where(s > tau, s - tau, s)),
        "You leave singular values below tau as they are, so the small ones may end above the large ones. Below tau "
        "they become 0.",
        "lesson 03, Eq. (3.9)",
    ),
    *ways(
        "entries instead of singular values",
        "You shrink the entries of X. That answers the penalty Σ|z_ij|, the lasso's. The nuclear norm is the sum of "
        "the singular values, so those are what shrinks. On a diagonal table the two agree.",
        "lesson 03, Eq. (3.7) and (3.9)",
        {"both signs": entries_shrunk, "positive ones": lambda X, tau: np.maximum(np.asarray(X, float) - tau, 0)},
    ),
    WrongAnswer(
        "tau as a rank",
        shrunk_with(lambda s, tau: largest(int(tau))(s)),
        "You keep the first tau singular values. tau is no number of factors; it is a length that each singular value "
        "loses.",
        "lesson 03, Eq. (3.9)",
    ),
    WrongAnswer(
        "divided by 1 + tau",
        shrunk_with(lambda s, tau: s / (1 + tau)),
        "You divide by 1 + tau, so nothing ever becomes 0. That is ridge: the minimizer of ‖X − Z‖² + tau ‖Z‖². The "
        "nuclear norm is a sum of singular values, not of their squares.",
        "lesson 03, Eq. (3.9)",
    ),
    WrongAnswer(
        "the update's shares",
        shrunk_with(lambda s, tau: np.where(s > 0, s**2 / np.where(s > 0, s**2 + tau, 1), 0) * s),
        "You multiply each singular value by s²/(s² + tau), as one ridge regression on fixed factors does. Here both "
        "sides of the product are free, and the answer is s − tau.",
        "lesson 03, Eq. (3.9)",
    ),
    WrongAnswer(
        "threshold on the squares",
        shrunk_with(lambda s, tau: np.sqrt(np.maximum(s**2 - tau, 0))),
        "You take tau off s². Are your values eigenvalues of XᵀX? Their roots are the singular values; take tau off "
        "those.",
        "lesson 03, Eq. (3.1) and (3.9)",
    ),
    WrongAnswer(
        "tau squared",
        shrunk_with(lambda s, tau: np.maximum(s - tau**2, 0)),
        "You take off tau². The square in the objective is around X − Z; tau enters as it is.",
        "lesson 03, Eq. (3.9)",
    ),
    WrongAnswer(
        "eigenvalues for singular values",
        shrunk_eigenvalues,
        "You shrink eigenvalues. Only a square table has them, and they can be negative or complex; singular values "
        "are those of the SVD, at least 0.",
        "lesson 00, card 2: SVD",
    ),
    WrongAnswer(
        "right vectors on both sides",
        shrunk_on_one_side,
        "You put the right vectors on both sides, so the result is symmetric whatever X is. The left side needs the "
        "left vectors, a_l = X b_l / s_l.",
        "lesson 03, Eq. (3.1)",
    ),
    WrongAnswer(
        "centred first",
        shrunk_after_centring,
        "You take row means off first. Task 03.1 asks for that; here X is thresholded as it is.",
        "the contract of task 03.2",
    ),
    WrongAnswer(
        "no negative entries",
        without_negative_entries,
        "You stop the entries of the result at 0. It is the singular values that stop there; the entries of Z may be "
        "negative.",
        "lesson 03, Eq. (3.9)",
    ),
    WrongAnswer(
        "tau as a share of the largest",
        shrunk_with(lambda s, tau: np.maximum(s - tau * s[0], 0)),
        "You take off tau times the largest singular value. tau is in the units of the singular values already.",
        "lesson 03, Eq. (3.9)",
    ),
    WrongAnswer(
        "raised to tau",
        shrunk_with(np.maximum),
        "You take the larger of s and tau, so small values grow. Asked is the larger of s − tau and 0: np.maximum(s "
        "- tau, 0).",
        "lesson 03, Eq. (3.9)",
    ),
    WrongAnswer(
        "only the last term",
        shrunk_with(lambda s, tau: np.where(np.arange(s.size) == np.sum(s > tau) - 1, s - tau, 0)),
        "Only one term is left, the last above tau. Does each round of your loop overwrite the one before? Add them "
        "up: +=.",
        "lesson 03, Eq. (3.1)",
    ),
    WrongAnswer(
        "capped at tau",
        shrunk_with(np.minimum),
        "You keep what should go: your singular values are capped at tau, and what lies above is lost. Keep the part "
        "above tau.",
        "lesson 03, Eq. (3.9)",
    ),
    WrongAnswer(
        "only the largest value shrinks",
        shrunk_with(lambda s, tau: np.where(np.arange(s.size) == 0, less_tau(s, tau), s)),
        "You take tau off the largest singular value only. The nuclear norm is the sum of all of them, so each one "
        "pays.",
        "lesson 03, Eq. (3.7) and (3.9)",
    ),
    WrongAnswer(
        "singular values left out",
        shrunk_with(lambda s, tau: (s > tau).astype(float)),
        "You multiply the singular vectors without their values. Each term still needs its s − tau.",
        "lesson 03, Eq. (3.1) and (3.9)",
    ),
    *ways(
        "V for its transpose",
        "You transpose NumPy's third result, but it is Bᵀ already: U * s @ Vt gives X back, so the same with the "
        "shrunk values is the answer.",
        "lesson 03, Eq. (3.1)",
        {"thin": shrunk_with_v(full=False), "full": shrunk_with_v(full=True)},
    ),
    WrongAnswer(
        "whole numbers stay whole",
        kept_in_its_own_type,
        "Your result has the integer type of X, so what stands behind the point is cut off. Turn X into floats first.",
        "the contract of task 03.2: X of any numeric type",
    ),
)


SHRINK = FunctionTask(
    id="03.2",
    title="Soft-thresholding",
    name="soft_threshold_svd",
    objectives=("O3.4", "O3.5"),
    contract="soft_threshold_svd(X, tau) → array of the shape of X, Eq. (3.9): the table Z that minimizes "
    "‖X − Z‖² + 2 tau ‖Z‖_*, where ‖·‖² is the sum of squared entries and ‖Z‖_* the sum of the singular values of Z. "
    "X: numbers of any type, shape (m, n), wide or tall. tau ≥ 0.",
    points=5,
    hints=(
        "The minimizer has the singular vectors of X. So the question is one about numbers: which z ≥ 0 makes "
        "(s − z)² + 2 tau z smallest?",
        "The derivative is −2(s − z) + 2 tau. Where it is 0, z = s − tau. What if that is negative?",
        "U, s, Vt = np.linalg.svd(X, full_matrices=False), then replace s by np.maximum(s − tau, 0) and multiply the "
        "three again.",
    ),
    reference=lambda X, tau: svd.soft_threshold(X, tau),
    cases=shrinking_cases,
    wrong=SHRINKING_WRONG,
    right=(shrunk_by_terms, shrunk_by_gram, less_what_is_capped, shrunk_by_turns),
)


# ---- 03.3 transfer: users with weights -------------------------------------------------------------------------------


def weighted_with(
    *,
    before: Callable[[Table], Table] = np.sqrt,
    low_rank: Callable[[Table, int], Table] = truncated,
    after: Callable[[Table], Table] = np.sqrt,
) -> Answer:
    """`row_weighted_low_rank`, with what multiplies the rows, the low rank or what divides them replaced."""

    def row_weighted_low_rank(X: ArrayLike, weights: ArrayLike, n_factors: int) -> Table:
        column = np.asarray(weights, float)[:, None]
        return low_rank(np.asarray(X, float) * before(column), n_factors) / after(column)

    return row_weighted_low_rank


def row_weighted_low_rank(X: ArrayLike, weights: ArrayLike, n_factors: int) -> Table:
    """The table of rank k with the least weighted squared error: scale the rows, cut, scale back."""
    return weighted_with()(X, weights, n_factors)


def one(weights: Table) -> Table:
    """No weight at all."""
    return np.ones_like(weights)


def upside_down(weights: Table) -> Table:
    """1 over the root."""
    return 1 / np.sqrt(weights)


def roots_along_columns(back: bool) -> Answer:
    """A flat array of weights is lined up with the columns; afterwards too, or with the rows."""

    def row_weighted_low_rank(X: ArrayLike, weights: ArrayLike, n_factors: int) -> Table:
        roots = np.sqrt(np.asarray(weights, float))
        return truncated(np.asarray(X, float) * roots, n_factors) / (roots if back else roots[:, None])

    return row_weighted_low_rank


def weighted_after_centring(X: ArrayLike, weights: ArrayLike, n_factors: int) -> Table:
    """Takes the weighted mean row off, and adds it back."""
    centre = np.average(np.asarray(X, float), axis=0, weights=np.asarray(weights, float))
    return centre + row_weighted_low_rank(np.asarray(X, float) - centre, weights, n_factors)


def weighted_after_user_means(X: ArrayLike, weights: ArrayLike, n_factors: int) -> Table:
    """Takes the mean of each row off, as task 03.1 does."""
    means = np.asarray(X, float).mean(axis=1, keepdims=True)
    return means + row_weighted_low_rank(np.asarray(X, float) - means, weights, n_factors)


def on_left_vectors(X: ArrayLike, weights: ArrayLike, n_factors: int) -> Table:
    """Projects the columns of X on the left vectors of the weighted table."""
    values = np.asarray(X, float)
    left, _, _ = np.linalg.svd(np.sqrt(np.asarray(weights, float))[:, None] * values, full_matrices=False)
    return left[:, :n_factors] @ left[:, :n_factors].T @ values


def with_rows_repeated(X: ArrayLike, weights: ArrayLike, n_factors: int) -> Table:
    """Repeats each row int(weight) times, and projects X on the directions found there."""
    values = np.asarray(X, float)
    repeated = np.repeat(values, np.asarray(weights, float).astype(int), axis=0)
    basis = np.linalg.svd(np.vstack([repeated, np.zeros((n_factors, values.shape[1]))]), full_matrices=False)[2]
    return values @ basis[:n_factors].T @ basis[:n_factors]


def first_of_equals(weights: Table) -> Table:
    """User numbers, heaviest first, equal ones in their order."""
    return np.argsort(-weights, kind="stable")


def last_of_equals(weights: Table) -> Table:
    """User numbers, heaviest first, equal ones in the opposite order."""
    return np.argsort(weights, kind="stable")[::-1]


def heaviest_rows(order: Callable[[Table], Table], *, project: bool) -> Answer:
    """The rows of the k heaviest users; the others are projected on these, or 0."""

    def row_weighted_low_rank(X: ArrayLike, weights: ArrayLike, n_factors: int) -> Table:
        values, kept = np.asarray(X, float), order(np.asarray(weights, float))[:n_factors]
        if project:
            basis, _ = np.linalg.qr(values[kept].T)
            return values @ basis @ basis.T
        return np.where(np.isin(np.arange(len(values)), kept)[:, None], values, 0)

    return row_weighted_low_rank


def weighted_by_projection(X: ArrayLike, weights: ArrayLike, n_factors: int) -> Table:
    """Right: the rows of X, projected on the right vectors of the weighted table."""
    values, w = np.array(X, dtype=float), np.array(weights, dtype=float)
    _, vectors = np.linalg.eigh(values.T @ np.diag(w) @ values)
    basis = vectors[:, ::-1][:, :n_factors]
    return values @ (basis @ basis.T)


def weighted_by_turns(X: ArrayLike, weights: ArrayLike, n_factors: int) -> Table:
    """Right: weighted alternating least squares to convergence."""
    return by_turns(np.asarray(X, float), n_factors, np.asarray(weights, float))


def weighted_as_shares(X: ArrayLike, weights: ArrayLike, n_factors: int) -> Table:
    """Right: only the ratios of the weights matter."""
    w = np.asarray(weights, float) / np.sum(weights)
    return np.diag(1 / np.sqrt(w)) @ truncated(np.diag(np.sqrt(w)) @ np.asarray(X, float), n_factors)


def drawn_with_weights(rng: Generator, shape: tuple[int, int], k: int) -> tuple[Table, Table, int]:
    """Ratings and weights, drawn until s_k of the weighted table stands clear of s_{k+1}."""
    while True:
        X, weights = rng.integers(1, 11, shape) / 2, rng.integers(1, 41, shape[0]) / 4
        values = singular_values(np.sqrt(weights)[:, None] * X)
        if values[-1] > 0.3 and has_a_gap(values, k) and np.ptp(weights) > 2:
            return X, weights, k


def weighted_cases(seed: int) -> list[Case]:
    """One that tells most mistakes apart, then one for each of the others; three drawn ones last."""
    rng = np.random.default_rng(seed)
    return [
        Case(
            "two factors",
            (np.array([[5.0, 1, 2, 4], [4, 2, 1, 1], [1, 5, 4, 2], [2, 3, 5, 1]]), np.array([1.0, 8, 2, 0.5]), 2),
        ),
        Case("two users", (np.array([[1.0, 0.0], [1.0, 2.0]]), np.array([4.0, 1.0]), 1)),
        Case("equal weights", (np.array([[1.0, 3.0], [4.0, 1.0]]), np.array([2.0, 2.0]), 1)),
        Case("equal weights", (np.array([[5.0, 3.0], [4.0, 1.0], [1.0, 5.0]]), np.array([1.0, 1.0, 1.0]), 1)),
        Case("as many items as users", (np.array([[5, 1, 2], [4, 2, 1], [1, 5, 4.0]]), np.array([1.0, 4.0, 2.5]), 1)),
        Case("more items than users", (np.array([[5.0, 1.0, 2.0], [1.0, 4.0, 5.0]]), np.array([9.0, 1.0]), 1)),
        Case("more users than items", (np.array([[5.0, 1.0], [4.0, 2.0], [1.0, 5.0]]), np.array([1.0, 0.5, 3.0]), 1)),
        Case("weights far apart", (np.array([[5.0, 1.0], [1.0, 4.0], [2.0, 2.0]]), np.array([0.01, 100.0, 1.0]), 1)),
        Case("weights below 1", (np.array([[5.0, 1.0], [2.0, 4.0]]), np.array([0.25, 0.75]), 1)),
        Case("the full rank, k = min(m, n)", (np.array([[5.0, 1.0, 3.0], [2.0, 4.0, 4.0]]), np.array([3.0, 0.5]), 2)),
        Case("integers", (np.array([[5, 1, 3], [2, 4, 1]]), np.array([1, 3]), 1)),
        Case("as many items as users", drawn_with_weights(rng, (3, 3), 1)),
        Case("more items than users", drawn_with_weights(rng, (3, 5), 2)),
        Case("more users than items", drawn_with_weights(rng, (5, 3), 1)),
    ]


WEIGHTED_WRONG = (
    WrongAnswer(
        "weights ignored",
        weighted_with(before=one, after=one),
        "Your answer does not depend on the weights: it is the nearest table when all users count alike. A user with "
        "weight 9 should be met more closely than one with weight 1.",
        "the contract of task 03.3",
    ),
    WrongAnswer(
        "weights for their roots",
        weighted_with(before=np.asarray, after=np.asarray),
        "You multiply the rows by the weights. Then squaring gives w²: an error is weighted by the square of what was "
        "asked. Multiply by the root, since w ‖x − z‖² = ‖√w x − √w z‖².",
        "the contract of task 03.3",
    ),
    *ways(
        "not divided back",
        "You return the nearest table to the scaled X, so its rows are still scaled. Multiply each row by the root of "
        "its weight, and divide by the same root after the cut.",
        "the contract of task 03.3",
        {
            "the root": weighted_with(after=one),
            "the weight": weighted_with(before=np.asarray, after=one),
            "the share": weighted_with(before=lambda weights: weights / weights.sum(), after=one),
            "the root of the share": weighted_with(before=lambda weights: np.sqrt(weights / weights.sum()), after=one),
            "the share of the root": weighted_with(
                before=lambda weights: np.sqrt(weights) / np.sqrt(weights).sum(), after=one
            ),
        },
    ),
    *ways(
        "the k heaviest users",
        "You keep the rows of the k users with the largest weights. The best directions need not be anybody's row: "
        "every user pulls at them, by weight and by length. Scale all rows, and cut the decomposition.",
        "the contract of task 03.3",
        {
            "0 for the others": heaviest_rows(first_of_equals, project=False),
            "0 for the others, the last of equal ones": heaviest_rows(last_of_equals, project=False),
            "the others projected": heaviest_rows(first_of_equals, project=True),
            "the others projected, on the last of equal ones": heaviest_rows(last_of_equals, project=True),
        },
    ),
    WrongAnswer(
        "roots before, weights after",
        weighted_with(after=np.asarray),
        "You multiply rows by √w and divide by w. What you multiply with before, divide by after: √w.",
        "the contract of task 03.3",
    ),
    WrongAnswer(
        "weights before, roots after",
        weighted_with(before=np.asarray),
        "You multiply rows by w and divide by √w. Both must be the root, since w ‖x − z‖² = ‖√w x − √w z‖².",
        "the contract of task 03.3",
    ),
    WrongAnswer(
        "squares of the weights",
        weighted_with(before=np.square, after=np.square),
        "You multiply the rows by w². Squaring makes that w⁴. Multiply by the root, since w ‖x − z‖² = ‖√w x − √w z‖².",
        "the contract of task 03.3",
    ),
    WrongAnswer(
        "shares before, weights after",
        weighted_with(before=lambda weights: np.sqrt(weights / weights.sum())),
        "You make the weights sum to 1 before the cut, and divide by the roots of the old ones after it. What you "
        "multiply with before, divide by after.",
        "the contract of task 03.3",
    ),
    WrongAnswer(
        "multiplied again",
        weighted_with(after=upside_down),
        "You multiply by √w a second time at the end. To undo the scaling, divide.",
        "the contract of task 03.3",
    ),
    WrongAnswer(
        "weights upside down",
        weighted_with(before=upside_down, after=upside_down),
        "You divide by √w first and multiply at the end, so a user with a large weight counts least. That would be "
        "right for variances; weights multiply.",
        "the contract of task 03.3",
    ),
    *ways(
        "weights after the cut",
        "You cut the plain table to rank k, and bring the weights in afterwards. They must change which directions are "
        "kept, so scale the rows before the decomposition.",
        "the contract of task 03.3",
        {
            "times the root": weighted_with(before=one, after=upside_down),
            "times the weight": weighted_with(before=one, after=lambda weights: 1 / weights),
            "times the share": weighted_with(before=one, after=lambda weights: weights.sum() / weights),
            "over the root": weighted_with(before=one, after=np.sqrt),
            "over the weight": weighted_with(before=one, after=np.asarray),
        },
    ),
    *ways(
        "weights along the columns",
        "You weigh the films: NumPy lines up a flat array with the columns, and so does X @ np.diag(...). Make it a "
        "column, np.sqrt(weights)[:, None], that multiplies the rows.",
        "the contract of task 03.3",
        {"before and after": roots_along_columns(back=True), "before": roots_along_columns(back=False)},
    ),
    *ways(
        "centred first",
        "You take a mean off before you cut, and add it at the end. Then the result can have rank k + 1. Nothing is "
        "centred here.",
        "the contract of task 03.3",
        {"weighted mean row": weighted_after_centring, "user means": weighted_after_user_means},
    ),
    WrongAnswer(
        "left vectors of the scaled table",
        on_left_vectors,
        "You project the columns of X on the left vectors of √w X. These belong to scaled rows. The right vectors "
        "belong to the films, which were not scaled: project the rows on those, or divide the rows back.",
        "lesson 03, Eq. (3.1) and (3.2)",
    ),
    WrongAnswer(
        "weights cut to whole numbers",
        with_rows_repeated,
        "You repeat each row as often as its weight says. A good thought, and right for whole weights; but int(0.75) "
        "is 0 and int(2.5) is 2. A factor √w on the row does it for any weight.",
        "the contract of task 03.3",
    ),
    WrongAnswer(
        "one factor too many",
        weighted_with(low_rank=lambda table, k: truncated(table, k + 1)),
        "You keep k + 1 singular values. The first k of them are s[:k].",
        "lesson 03, Eq. (3.2)",
    ),
    WrongAnswer(
        "one factor too few",
        weighted_with(low_rank=lambda table, k: truncated(table, k - 1)),
        "You keep k − 1 singular values. The first k of them are s[:k]; range(1, k) has only k − 1 numbers.",
        "lesson 03, Eq. (3.2)",
    ),
    *ways(
        "the smallest singular values",
        "You keep small singular values instead of the largest. NumPy's svd returns them falling, SciPy's svds and "
        "eigh rising.",
        "lesson 03, Eq. (3.2)",
        {way: weighted_with(low_rank=low_rank) for way, low_rank in SMALLEST.items()},
    ),
    WrongAnswer(
        "singular values left out",
        weighted_with(low_rank=lambda table, k: rebuilt(table, lambda s: largest(k)(np.ones_like(s)))),
        "You multiply the singular vectors without their values, so a strong direction counts no more than a weak one.",
        "lesson 03, Eq. (3.2)",
    ),
    *ways(
        "V for its transpose",
        "You cut columns where the vectors are rows. NumPy's third result is Bᵀ: its first k rows belong to the k "
        "largest values. So Vt[:k], without another transpose.",
        "lesson 03, Eq. (3.1)",
        {
            "thin": weighted_with(low_rank=partial(with_v_for_its_transpose, full=False)),
            "full": weighted_with(low_rank=partial(with_v_for_its_transpose, full=True)),
        },
    ),
)

WEIGHTED = FunctionTask(
    id="03.3",
    title="Transfer: users with weights",
    name="row_weighted_low_rank",
    objectives=("O3.1", "O3.3"),
    contract="row_weighted_low_rank(X, weights, n_factors) → array (m, n): the table Z of rank at most k that "
    "minimizes Σ_u w_u ‖x_u − z_u‖², where x_u and z_u are the rows of X and Z. X: numbers of any type, shape (m, "
    "n), all of them known. weights: w_u > 0, shape (m,), whole or not. n_factors: k from 1 to min(m, n). Nothing is "
    "centred.",
    points=6,
    hints=(
        "Write w ‖x − z‖² as the squared length of one vector. Where does the root of w go?",
        "Let Y be X with row u multiplied by √w_u. The sum is then the plain squared error between Y and Z with its "
        "rows multiplied alike, which has the rank of Z. What do Eckart and Young say about Y?",
        "Cut Y to rank k, and divide row u of the result by √w_u. The roots must be a column: np.sqrt(weights)[:, "
        "None].",
    ),
    reference=row_weighted_low_rank,
    cases=weighted_cases,
    wrong=WEIGHTED_WRONG,
    right=(weighted_by_projection, weighted_by_turns, weighted_as_shares, weighted_with(low_rank=by_svds)),
)

# Mistakes that some inputs turn into an error.
RAISING = {
    "missing cells read for the mean: as they stand",
    "missing cells read for the mean: nan left out",
    "observed read off R: not zero",
    "missing cells centred too: as they stand",
    "means along the wrong axis: added",
    "means along the wrong axis: taken off",
    "means along the wrong axis: both",
    "means along the wrong axis: both, nan for nobody",
    "means along the wrong axis: both, nan to 0 after",
    "missing cells left nan: as they were",
    "missing cells left nan: as they were, nan for nobody",
    "missing cells left nan: everywhere",
    "eigenvalues for singular values",
    "weights along the columns: before and after",
    "weights along the columns: before",
}


# ---- 03.0 five numbers by hand ---------------------------------------------------------------------------------------

BY_HAND_TABLE = [[4, 3, 2], [3, 4, -2]]
GRAM = np.dot(BY_HAND_TABLE, np.transpose(BY_HAND_TABLE))
_VALUES = svd.decompose(BY_HAND_TABLE)[1]
FIVE = {
    "largest": float(_VALUES[0]),
    "second": float(_VALUES[1]),
    "error": svd.truncation_error(_VALUES, 1),
    "nuclear": svd.nuclear_norm(BY_HAND_TABLE),
    "soft": float(svd.decompose(svd.soft_threshold(BY_HAND_TABLE, 1))[1][0]),
}

BY_HAND = NumbersTask(
    id="03.0",
    title="Singular values by hand",
    name="answer_03_0",
    objectives=("O3.1", "O3.4"),
    contract=f"For the table {BY_HAND_TABLE}: its two singular values (largest, second), the squared error of its "
    "nearest table of rank 1, its nuclear norm, and the largest singular value of the Z that minimizes ‖X − Z‖² + 2 "
    "tau ‖Z‖_* at tau = 1. Within 0.0005.",
    points=5,
    hints=(
        "X has two rows, so X Xᵀ is 2 × 2. Its entries are the dot products of the rows with themselves and each "
        "other.",
        "X Xᵀ = [[29, 20], [20, 29]]. A table [[a, b], [b, a]] has the eigenvalues a + b and a − b. What are they to "
        "the singular values?",
        "The singular values are the roots of 49 and 9. The error is the square of the value left out, the nuclear "
        "norm the sum of both, and soft-thresholding takes tau off each.",
    ),
    expected=FIVE,
    wrong=(
        WrongAnswer(
            "eigenvalues of XXᵀ",
            {"largest": FIVE["largest"] ** 2, "second": FIVE["second"] ** 2},
            "These are the eigenvalues of X Xᵀ. They are the squares of the singular values: take the roots.",
            "lesson 00, card 2: SVD",
        ),
        WrongAnswer(
            "the two exchanged",
            {"largest": FIVE["second"], "second": FIVE["largest"]},
            "The two values are right, their order is not: singular values fall.",
            "lesson 03, Eq. (3.1)",
        ),
        WrongAnswer(
            "a negative value",
            {"second": -FIVE["second"]},
            "A singular value is a length, so it is never negative. A sign belongs to the vectors.",
            "lesson 03, Eq. (3.1)",
        ),
        WrongAnswer(
            "lengths of the rows",
            dict(zip(("largest", "second"), np.linalg.norm(BY_HAND_TABLE, axis=1).tolist(), strict=True)),
            "These are the lengths of the rows. They would be the singular values if the rows stood at right angles; "
            "here their dot product is 20.",
            "lesson 00, card 2: SVD",
        ),
        *ways(
            "entries of XXᵀ",
            "You use 29 and 20, the entries of X Xᵀ. Its eigenvalues count: [[a, b], [b, a]] has a + b and a − b. The "
            "singular values are their roots.",
            "lesson 00, card 2: SVD",
            {
                "as they stand": dict(zip(("largest", "second"), map(float, GRAM[0]), strict=True)),
                "their roots": dict(zip(("largest", "second"), np.sqrt(GRAM[0]).tolist(), strict=True)),
            },
        ),
        WrongAnswer(
            "squared twice",
            {"error": FIVE["second"] ** 4},
            "You square once too often. The eigenvalue of X Xᵀ is the square of the singular value already.",
            "lesson 03, Eq. (3.3)",
        ),
        WrongAnswer(
            "tau off the eigenvalue",
            {"soft": FIVE["largest"] ** 2 - 1},
            "You take tau off the eigenvalue of X Xᵀ. It comes off the singular value, the root.",
            "lesson 03, Eq. (3.9)",
        ),
        WrongAnswer(
            "error not squared",
            {"error": FIVE["second"]},
            "That is the singular value left out, so the length of the error. Asked is the squared error, its square.",
            "lesson 03, Eq. (3.3)",
        ),
        WrongAnswer(
            "what is kept",
            {"error": FIVE["largest"] ** 2},
            "That is what rank 1 keeps of the squared entries. The error is the square of the value it leaves out.",
            "lesson 03, Eq. (3.3)",
        ),
        WrongAnswer(
            "all squared entries",
            {"error": float(np.sum(np.square(BY_HAND_TABLE)))},
            "That is the sum of all squared entries, the error of rank 0. Rank 1 takes the square of the largest "
            "singular value off it.",
            "lesson 03, Eq. (3.3)",
        ),
        WrongAnswer(
            "error per entry",
            {"error": FIVE["error"] / 6},
            "You divide by the number of entries. The squared error is a sum, not a mean.",
            "lesson 03, Eq. (3.3)",
        ),
        WrongAnswer(
            "Frobenius norm",
            {"nuclear": float(np.linalg.norm(BY_HAND_TABLE))},
            "That is the Frobenius norm, the root of the sum of squares. The nuclear norm adds the singular values "
            "themselves.",
            "lesson 03, Eq. (3.7)",
        ),
        WrongAnswer(
            "sum of squares",
            {"nuclear": float(np.sum(np.square(BY_HAND_TABLE)))},
            "You add the squares of the singular values, which is the sum of all squared entries. The nuclear norm "
            "adds the values themselves.",
            "lesson 03, Eq. (3.7)",
        ),
        WrongAnswer(
            "largest value alone",
            {"nuclear": FIVE["largest"]},
            "That is the spectral norm, the largest singular value. The nuclear norm adds all of them.",
            "lesson 03, Eq. (3.7)",
        ),
        WrongAnswer(
            "half the sum",
            {"nuclear": FIVE["nuclear"] / 2},
            "You halve the sum. The ½ of Eq. (3.7) stands before ‖P‖² + ‖Q‖², and each of these two is the whole sum.",
            "lesson 03, Eq. (3.7) and (3.8)",
        ),
        WrongAnswer(
            "sum of absolute entries",
            {"nuclear": float(np.sum(np.abs(BY_HAND_TABLE)))},
            "You add the absolute entries. The nuclear norm adds the singular values.",
            "lesson 03, Eq. (3.7)",
        ),
        WrongAnswer(
            "tau / 2",
            {"soft": FIVE["largest"] - 0.5},
            "You take off half of tau. The derivative of (s − z)² + 2 tau z is 0 at z = s − tau.",
            "lesson 03, Eq. (3.9)",
        ),
        WrongAnswer(
            "2 tau",
            {"soft": FIVE["largest"] - 2},
            "You take off 2 tau. The derivative of the square has a 2 as well: (s − z)² + 2 tau z is smallest at z = "
            "s − tau.",
            "lesson 03, Eq. (3.9)",
        ),
        WrongAnswer(
            "hard threshold",
            {"soft": FIVE["largest"]},
            "You leave the large singular value as it is. The nuclear norm charges it too, so it becomes smaller by "
            "tau.",
            "lesson 03, Eq. (3.9)",
        ),
        WrongAnswer(
            "divided by 1 + tau",
            {"soft": FIVE["largest"] / 2},
            "You divide by 1 + tau, which is ridge on the entries. The nuclear norm takes tau off each singular value.",
            "lesson 03, Eq. (3.9)",
        ),
        WrongAnswer(
            "tau off the square",
            {"soft": float(np.sqrt(FIVE["largest"] ** 2 - 1))},
            "You take tau off the square and draw the root after. Draw the root first: tau comes off the singular "
            "value.",
            "lesson 03, Eq. (3.9)",
        ),
    ),
    right=(dict(FIVE), tuple(FIVE.values()), [round(value, 3) for value in FIVE.values()]),
)


# ---- 03.4 to 03.7 choices --------------------------------------------------------------------------------------------

BEST_AT = ChoiceTask(
    id="03.4",
    title="What is the truncated SVD best at?",
    name="answer_03_4",
    objectives=("O3.1", "O3.3"),
    contract="Both tables have rank 2. The truncated SVD of the centred, filled table misses the observed ratings by "
    "more than the table that filling and cutting again and again leads to. How does that go with Eckart and Young?",
    points=3,
    hints=(
        "Which table does the theorem speak of? Does anybody know that table?",
        "Two errors are printed for each method: one over the observed cells, one over all cells of the filled "
        "table. In which of them is the truncated SVD ahead?",
        "The filled table has zeros that nobody rated. The truncated SVD has to meet those too.",
    ),
    options={
        "a": "It does not: the theorem says that no table of rank 2 is nearer to the observed ratings than the "
        "truncated SVD. There must be an error in the second method.",
        "b": "The truncated SVD is nearest to the filled table, invented zeros included. On the observed cells alone "
        "another table of rank 2 can be nearer.",
        "c": "The theorem needs columns of mean 0. With item means taken off, the truncated SVD would be nearest on "
        "the observed cells as well.",
        "d": "The second table has the smaller error, so it will also predict the missing ratings better.",
    },
    correct="b",
    wrong=(
        WrongAnswer(
            "optimal for observed ratings",
            "a",
            "The theorem is about one complete table. Here that is the filled one: compare the errors over all "
            "cells, and the truncated SVD is ahead. About the observed cells alone it says nothing.",
            "lesson 03, section 3: optimal for what?",
        ),
        WrongAnswer(
            "another centring would do",
            "c",
            "Centring changes what stands for a missing rating, not that something stands for it. The SVD meets the "
            "filled cells as closely as the observed ones, whatever was taken off.",
            "lesson 03, section 3: optimal for what?",
        ),
        WrongAnswer(
            "small error here, small error there",
            "d",
            "The smaller error is on ratings the method was shown. 20 ratings against 18 free numbers leave room to "
            "fit noise: whether the missing ones are met, only held-out ratings tell.",
            "lesson 03, section 4: choose a rank",
        ),
    ),
    right=("b", "B", " b "),
)

RANK = ChoiceTask(
    id="03.5",
    title="Which rank?",
    name="answer_03_5",
    objectives=("O3.1",),
    contract="Ratings of 120 users and 60 films, 60 % of them to learn from, 15 % held out. The printed table shows, "
    "by rank, the error on both and the share of the squares that is kept. Which rank do you take for predictions?",
    points=3,
    hints=(
        "One of the columns has to improve with every rank. Which, and why?",
        "Which column speaks about ratings that the model has not seen?",
        "The column of held-out errors falls, turns, and rises.",
    ),
    options={
        "a": "60: the error is smallest, and by Eckart and Young a higher rank is never worse.",
        "b": "The rank at which 80 % of the squares are kept, so between 20 and 60.",
        "c": "2: the third factor adds only half as much to the squares kept as the second.",
        "d": "3, although ranks above 3 meet the ratings you have better.",
    },
    correct="d",
    wrong=(
        WrongAnswer(
            "smallest error on what was seen",
            "a",
            "Eckart and Young speak of the table that is decomposed, and that error falls to 0 by its nature. At "
            "rank 60 each missing rating is predicted as the fill, 0: on held-out ratings that is as good as no "
            "model.",
            "lesson 03, Eq. (3.3), and section 4: choose a rank",
        ),
        WrongAnswer(
            "a share of the squares",
            "b",
            "A share kept of the filled table says how well it is copied, noise and zeros included. Here 80 % needs "
            "more than 20 factors, and held-out ratings are met worse than with 3.",
            "lesson 03, section 4: choose a rank",
        ),
        WrongAnswer(
            "a bend in the spectrum",
            "c",
            "A bend in the spectrum can tell where to look. But the third factor, small as it is, lowers the error on "
            "held-out ratings once more, so there is something to predict in it.",
            "lesson 03, section 4: choose a rank",
        ),
    ),
    right=("d", "D", " d"),
)

READING = ChoiceTask(
    id="03.6",
    title="The same direction again?",
    name="answer_03_6",
    objectives=("O3.6",),
    contract="Two samples of the same tastes, singular values near 30, 10 and 10. The second direction of one sample "
    "looks like the third of the other, and one program returns the first direction with the opposite sign. What may "
    "you say?",
    points=3,
    hints=(
        "Change the sign of a column of A and of the same column of B. What happens to A diag(s) Bᵀ?",
        "If two singular values are equal, turn the two columns of A and of B by the same angle. What happens to the "
        "product?",
        "The last two lines of the output compare what does not change: the plane of the two directions, and the "
        "predictions.",
    ),
    options={
        "a": "Signs are free, and directions with close values turn into each other. Their plane and the predictions "
        "are what the data fix.",
        "b": "The three singular values are three genres; the second sample has found another third genre.",
        "c": "One of the two decompositions is wrong: the decomposition of a table is unique.",
        "d": "Directions 2 and 3 are noise, because they do not come back. Only the first should be kept.",
    },
    correct="a",
    wrong=(
        WrongAnswer(
            "values are genres",
            "b",
            "A singular value is a length, not a genre; directions are what one could name. And the two samples "
            "agree on the plane of directions 2 and 3: only the axes inside it have turned.",
            "lesson 03, section 7: reading factors",
        ),
        WrongAnswer(
            "the decomposition is unique",
            "c",
            "The singular values are unique, the vectors are not: each pair may change its sign together, and equal "
            "values leave a rotation open. Close values leave it almost open, so a little noise decides.",
            "lesson 03, Eq. (3.1), and Deeper: singular values that are nearly equal",
        ),
        WrongAnswer(
            "what turns is noise",
            "d",
            "Look at the plane: both samples find the same one, with cosines above 0.99. Noise would not come back "
            "like that. The two directions are real; which axes to draw in their plane is open.",
            "lesson 03, Deeper: singular values that are nearly equal",
        ),
    ),
    right=("a", "A", "a "),
)

ALS_AND_REG = ChoiceTask(
    id="03.7",
    title="What reg does to singular values",
    name="answer_03_7",
    objectives=("O3.4", "O3.5"),
    contract="A complete table has the singular values 5, 4, 3, 2 and 1. ALS with 5 factors and the plain penalty "
    "reg = 1.5 has reached the lowest objective there is. What are the singular values of P Qᵀ?",
    points=3,
    hints=(
        "The penalty reg (‖P‖² + ‖Q‖²) depends on P and Q. For a given product, what is the least it can be?",
        "The least is 2 reg ‖P Qᵀ‖_*. So ALS minimizes ‖R − Z‖² + 2 reg ‖Z‖_* over all tables Z.",
        "Eq. (3.9) with tau = reg.",
    ),
    options={
        "a": "2, 1.6, 1.2, 0.8, 0.4: each is divided by 1 + reg.",
        "b": "5, 4, 3, 2, 0: those below reg vanish, the others stay.",
        "c": "3.5, 2.5, 1.5, 0.5, 0: each is smaller by reg, or 0.",
        "d": "4.72, 3.66, 2.57, 1.45, 0.4: each is multiplied by s²/(s² + reg), as in the ridge update.",
    },
    correct="c",
    wrong=(
        WrongAnswer(
            "divided by 1 + reg",
            "a",
            "That is what a penalty reg ‖Z‖² on the product would do. Here P and Q are penalized, and the least of "
            "‖P‖² + ‖Q‖² for a product is twice the sum of its singular values, not of their squares.",
            "lesson 03, Eq. (3.7)",
        ),
        WrongAnswer(
            "hard threshold",
            "b",
            "That is what a price per factor would do. This penalty charges each singular value in proportion to its "
            "size, so the large ones become smaller too, by reg.",
            "lesson 03, Eq. (3.9)",
        ),
        WrongAnswer(
            "one ridge regression",
            "d",
            "That is one half-step with Q held at singular vectors times their values. ALS goes on: both sides "
            "shrink until neither gains, and then each value has lost reg.",
            "lesson 03, Eq. (3.9), and lesson 02, Eq. (2.2)",
        ),
    ),
    right=("c", "C", "c"),
)


# ---- 03.8 the nuclear norm -------------------------------------------------------------------------------------------

PLACE = "lesson 03, Eq. (3.7) and (3.8)"

NUCLEAR = OrderTask(
    id="03.8",
    title="The penalty is the nuclear norm",
    name="answer_03_8",
    objectives=("O3.4",),
    contract="Put the ten steps of the proof that the least ½(‖P‖² + ‖Q‖²) over all factors with P Qᵀ = X is the sum "
    "of the singular values of X into an order in which each step comes after those it uses. Several orders are "
    "right. P and Q have at least as many columns as X has rank.",
    points=4,
    hints=(
        "One step introduces the factors and the decomposition of X. Which steps speak of A, s or B?",
        "Two halves: no pair of factors is below Σ s_l, and one pair reaches it. The first half goes: trace, insert "
        "P Qᵀ, Cauchy-Schwarz, then the two facts that make its right-hand side simple.",
        "e, then h, b, j; c may stand anywhere after e, and g anywhere; then a. Step d needs only e. Then i, then f.",
    ),
    steps={
        "a": "So Σ s_l ≤ ½(‖P‖² + ‖Q‖²) for every pair of factors of X.",
        "b": "Put P Qᵀ in for X. The trace is now the dot product of the tables AᵀP and BᵀQ.",
        "c": "A and B have orthonormal columns, so ‖AᵀP‖ ≤ ‖P‖ and ‖BᵀQ‖ ≤ ‖Q‖.",
        "d": "The factors A diag(√s) and B diag(√s) have the product X, and half the sum of their squared entries is "
        "Σ s_l.",
        "e": "Let P Qᵀ = X be any factors of X, and A diag(s) Bᵀ = X its decomposition.",
        "f": "So in an objective, reg(‖P‖² + ‖Q‖²) may be replaced by 2 reg times the nuclear norm of the product.",
        "g": "(‖P‖ − ‖Q‖)² ≥ 0, so ‖P‖ ‖Q‖ ≤ ½(‖P‖² + ‖Q‖²).",
        "h": "AᵀA and BᵀB are the identity, so Aᵀ X B = diag(s), and its trace is Σ s_l.",
        "i": "So the least value of ½(‖P‖² + ‖Q‖²) is Σ s_l, the nuclear norm of X.",
        "j": "By Cauchy-Schwarz this dot product is at most ‖AᵀP‖ ‖BᵀQ‖.",
    },
    depends_on={
        "h": ("e",),
        "b": ("h",),
        "j": ("b",),
        "c": ("e",),
        "a": ("j", "c", "g"),
        "d": ("e",),
        "i": ("a", "d"),
        "f": ("i",),
    },
    wrong=(
        WrongAnswer(
            "one half is enough",
            tuple("ehbjcgaifd"),
            "You conclude from the inequality alone. That nothing lies below Σ s_l does not say that Σ s_l is "
            "reached: a smallest value needs a pair that has it. That is what d is for.",
            PLACE,
        ),
        WrongAnswer(
            "the example is the proof",
            tuple("ediahbjcgf"),
            "You show a pair of factors that reaches Σ s_l, and conclude that none does better. Another pair could, "
            "until the inequality rules it out.",
            PLACE,
        ),
        WrongAnswer(
            "begins with the claim",
            tuple("iehbjcgadf"),
            "You begin with what is to be shown. It follows from the inequality and from the pair that reaches it.",
            PLACE,
        ),
        WrongAnswer(
            "Cauchy-Schwarz before there is a product",
            tuple("ehjbcgadif"),
            "Cauchy-Schwarz bounds a dot product of two tables. There is none before P Qᵀ is put in for X.",
            "lesson 00, card 6: Trace and Cauchy-Schwarz",
        ),
        WrongAnswer(
            "the sum bounded too early",
            tuple("ehbjacgdif"),
            "You state the bound while its right-hand side still reads ‖AᵀP‖ ‖BᵀQ‖. Two facts turn that into ½(‖P‖² "
            "+ ‖Q‖²); they come first.",
            PLACE,
        ),
    ),
    right=(list("ehbjcgadif"), "edcghbjaif", "g, e, c, h, b, j, d, a, i, f"),
)


# ---- 03.9 find the fault ---------------------------------------------------------------------------------------------


def svd_predict_listing(R: list[list[float]], observed: list[list[bool]], n_factors: int) -> NDArray[np.float64]:
    """Predictions of a centred truncated SVD, for n_factors below the smaller side of the table."""
    stars, known = np.array(R, dtype=float), np.array(observed)
    counts = known.sum(axis=1)
    sums = np.where(known, stars, 0).sum(axis=1)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), stars[known].mean())
    centred = np.where(known, stars - means[:, None], 0)
    left, values, right = svds(centred, k=n_factors)
    values = np.sort(values)[::-1]  # svds returns them rising
    return means[:, None] + (left * values) @ right


# A message about the arguments names the function that the learner sees: the listing.
@wraps(svd_predict_listing)
def _as_printed(R: list[list[float]], observed: list[list[bool]], n_factors: int) -> NDArray[np.float64]:
    """What the listing should compute."""
    return _predict_all(R, observed, n_factors)


def _allowed(R: ArrayLike, observed: ArrayLike, n_factors: int) -> str | None:
    """The sentence for a table that is too large, a k that svds refuses, or nothing to decompose."""
    known = np.asarray(observed)
    _predict_all(R, observed, n_factors)  # has the sentences for nan, shapes and types
    if max(np.shape(R)) > 6:
        return f"at most 6 users and 6 films, please; your table is {np.shape(R)[0]} × {np.shape(R)[1]}"
    if not 1 <= n_factors < min(np.shape(R)):
        return f"n_factors must be at least 1 and below the smaller side, {min(np.shape(R))}; you gave {n_factors}"
    if singular_values(deviations(np.asarray(R, float), known))[n_factors - 1] < 1e-6:
        return (
            f"singular value number {n_factors} of the centred table is 0, so there are not {n_factors} factors to find"
        )
    return None


ALL_SEEN = [[True] * 3] * 3
TWO_EQUAL = [[4, 2, 3, 3], [3, 3, 4, 2], [3, 3, 3, 3]]
ORDER_OF_VALUES = CounterExampleTask(
    id="03.9",
    title="A listing with a fault",
    name="answer_03_9",
    objectives=("O3.2",),
    contract="The listing predicts ratings with a truncated SVD, and on some inputs it is right. Find R, observed "
    "and n_factors for which its predictions are not those of task 03.1. Rules: at most 6 users and 6 films, "
    "n_factors at least 1 and below the smaller side of the table, and the centred table has that many singular "
    "values above 0. The answer is a "
    'dict {"R": ..., "observed": ..., "n_factors": ...}.',
    points=4,
    hints=(
        "Means and centring are right: an empty user, a true 0 and nan in a missing cell will not help. Look at what "
        "happens to the three results of svds.",
        "svds returns values rising, and the columns of left and the rows of right in the same order. What does the "
        "listing turn round, and what does it leave?",
        "With one factor there is nothing to turn round. Take two factors and values that differ, so at least three "
        "users and three films.",
    ),
    listing=svd_predict_listing,
    reference=_as_printed,
    valid=_allowed,
    wrong=(
        WrongAnswer(
            "one factor",
            {"R": [[5, 1, 3], [4, 2, 1], [1, 5, 4]], "observed": ALL_SEEN, "n_factors": 1},
            "With one factor there is one singular value, and no order to get wrong.",
            "lesson 03, Eq. (3.1)",
        ),
        WrongAnswer(
            "two equal values",
            {"R": TWO_EQUAL, "observed": [[True] * 4] * 3, "n_factors": 2},
            "Two factors, which is where to look. But here both singular values are √2, so it does not matter which "
            "stands where.",
            "lesson 03, Eq. (3.1)",
        ),
        WrongAnswer(
            "an empty user",
            {"R": [[5, 1, 3], [0, 0, 0], [1, 5, 4]], "observed": [[True] * 3, [False] * 3, [True] * 3], "n_factors": 1},
            "A user without ratings gets the mean of all ratings, and the listing knows that. The fault comes later.",
            "lesson 03, Eq. (3.4)",
        ),
        WrongAnswer(
            "a true 0",
            {"R": [[5, 0, 3], [4, 2, 0], [0, 5, 4]], "observed": ALL_SEEN, "n_factors": 1},
            "The listing asks `observed`, not R, what was rated, so a rating of 0 counts. The fault comes later.",
            "lesson 03, Eq. (3.4)",
        ),
    ),
    right=(
        {"R": [[5, 1, 3], [4, 2, 1], [1, 5, 4]], "observed": ALL_SEEN, "n_factors": 2},
        ([[5, 1, 2, 4], [4, 0, 1, 4], [2, 3, 4, 2], [1, 5, 4, 2]], [[True] * 4] * 4, 3),
        {"R": np.diag([3.0, 2.0, 5.0]), "observed": np.full((3, 3), True), "n_factors": 2},
    ),
)


TASKS: tuple[Task, ...] = (
    BY_HAND,
    PREDICT,
    SHRINK,
    WEIGHTED,
    BEST_AT,
    RANK,
    READING,
    ALS_AND_REG,
    NUCLEAR,
    ORDER_OF_VALUES,
)
