"""The tasks of lesson 02: mistakes as learners write them, and what is special to single tasks."""

import inspect
from itertools import permutations

import numpy as np
import pytest
from checking import TEXTS, each, every_seed, judged, mistakes
from scipy.optimize import approx_fprime, minimize

import recmath_lib
from recmath_lib import checks
from recmath_lib.checks import als as tasks
from recmath_lib.checks.base import FunctionTask
from recmath_lib.grading import grade

nan = np.nan
all_functions = each(tasks.TASKS, FunctionTask)


# ---- wrong answers ---------------------------------------------------------------------------------------------------


def ridge(Q, r, penalty):
    return np.linalg.inv(Q.T @ Q + penalty * np.eye(Q.shape[1])) @ Q.T @ r


def update(Q, r, observed, reg, weighted=False):
    """What a learner has from task 02.1."""
    count = int(np.sum(observed))
    return ridge(Q[observed], r[observed], reg * count if weighted else reg) if count else np.zeros(Q.shape[1])


def masked_by_product(Q, r, observed, reg, weighted=False):
    weights = observed.astype(float)
    penalty = reg * max(weights.sum(), 1) if weighted else reg
    left = sum(w * np.outer(q, q) for w, q in zip(weights, Q, strict=True)) + penalty * np.eye(Q.shape[1])
    return np.linalg.solve(left, sum(w * x * q for w, x, q in zip(weights, r, Q, strict=True)))


def rated_by_loop(Q, r, observed, reg, weighted=False):
    rated = [i for i in range(len(r)) if r[i] > 0]
    if not rated:
        return np.zeros(Q.shape[1])
    return ridge(Q[rated], r[rated], reg * len(rated) if weighted else reg)


def filled_with_zeros(Q, r, observed, reg, weighted=False):
    stars = r.copy()
    stars[~observed] = 0
    return ridge(Q, stars, reg * len(stars) if weighted else reg)


def with_augmented_reg(Q, r, observed, reg, weighted=False):
    k, count = Q.shape[1], observed.sum()
    rows = np.vstack([Q[observed], (reg * count if weighted else reg) * np.eye(k)])
    return np.linalg.lstsq(rows, np.append(r[observed], np.zeros(k)))[0]


def reg_on_all(Q, r, observed, reg, weighted=False):
    count = observed.sum()
    if count == 0:
        return np.zeros(Q.shape[1])
    left = Q[observed].T @ Q[observed] + (reg * count if weighted else reg)
    return np.linalg.solve(left, Q[observed].T @ r[observed])


def right_side_whole(Q, r, observed, reg, weighted=False):
    count = observed.sum()
    if count == 0:
        return np.zeros(Q.shape[1])
    left = Q[observed].T @ Q[observed] + (reg * count if weighted else reg) * np.eye(Q.shape[1])
    return np.linalg.solve(left, Q.T @ np.nan_to_num(r))


def eye_of_the_items(Q, r, observed, reg, weighted=False):
    rated, count = Q[observed], observed.sum()
    if not count:
        return np.zeros(Q.shape[1])
    return np.linalg.solve(rated.T @ rated + reg * (count if weighted else 1) * np.eye(count), rated.T @ r[observed])


def zeros_not_counted(Q, r, observed, reg, weighted=False):
    if not observed.any():
        return np.zeros(Q.shape[1])
    stars = r[observed]
    return ridge(Q[observed], stars, reg * np.count_nonzero(stars) if weighted else reg)


def no_case_for_nobody(Q, r, observed, reg, weighted=False):
    return ridge(Q[observed], r[observed], reg * observed.sum() if weighted else reg)


def multiplied_by_the_mask(Q, r, observed, reg, weighted=False):
    rows, stars, count = Q * observed[:, None], r * observed, observed.sum()
    return ridge(rows, stars, reg * count if weighted else reg)


def averaged(Q, r, observed, reg, weighted=False):
    rated, stars, count = Q[observed], r[observed], max(observed.sum(), 1)
    left = rated.T @ rated / count + (reg * count if weighted else reg) * np.eye(Q.shape[1])
    return np.linalg.solve(left, rated.T @ stars / count)


def fit(
    R, observed, Q0, reg, n_iters, weighted=False, *, users=update, items=update, jacobi=False, skip=False, loss=None
):
    """ALS as a learner writes it, with places for mistakes."""
    P, Q, history = np.zeros((len(R), Q0.shape[1])), Q0.copy(), []
    for _ in range(n_iters):
        old = P.copy()
        P = np.array([users(Q, R[u], observed[u], reg, weighted) for u in range(len(R))])
        for i in range(len(Q)):
            if observed[:, i].any() or not skip:
                Q[i] = items(old if jacobi else P, R[:, i], observed[:, i], reg, weighted)
        total = 0.0 if weighted else reg * (np.sum(P**2) + np.sum(Q**2))
        for u, i in zip(*np.nonzero(observed), strict=True):
            total += (R[u, i] - P[u] @ Q[i]) ** 2
            total += reg * (P[u] @ P[u] + Q[i] @ Q[i]) if weighted else 0.0
        history.append(loss(R, observed, P, Q, reg) if loss else total)
    return P, Q, history


def fit_plain_loss(R, observed, Q0, reg, n_iters, weighted=False):
    def loss(R, observed, P, Q, reg):
        return np.sum((R - P @ Q.T)[observed] ** 2) + reg * np.linalg.norm(P) ** 2 + reg * np.linalg.norm(Q) ** 2

    return fit(R, observed, Q0, reg, n_iters, weighted, loss=loss)


def fit_nansum(R, observed, Q0, reg, n_iters, weighted=False):
    users, items = (observed.sum(axis) if weighted else 1 for axis in (1, 0))

    def loss(R, observed, P, Q, reg):
        penalty = np.sum(users * np.sum(P**2, axis=1)) + np.sum(items * np.sum(Q**2, axis=1))
        return np.nansum((R - P @ Q.T) ** 2) + reg * penalty

    return fit(R, observed, Q0, reg, n_iters, weighted, loss=loss)


def fit_mean_squares(R, observed, Q0, reg, n_iters, weighted=False):
    def loss(R, observed, P, Q, reg):
        return np.mean((R - P @ Q.T)[observed] ** 2)

    return fit(R, observed, Q0, reg, n_iters, weighted, loss=loss)


def fit_in_place(R, observed, Q0, reg, n_iters, weighted=False):
    P, Q, history = fit(R, observed, Q0, reg, n_iters, weighted)
    Q0[...] = Q
    return P, Q0, history


def fit_note(R, observed, Q0, reg, n_iters, weighted=False):
    def always(Q, r, seen, reg, weighted):
        return update(Q, r, seen, reg, True)

    def loss(R, observed, P, Q, reg):
        return np.sum((R - P @ Q.T)[observed] ** 2) + reg * (np.sum(P**2) + np.sum(Q**2))

    return fit(R, observed, Q0, reg, n_iters, users=always, items=always, loss=loss)


def to_prior(Q, r, observed, reg, prior, *, pull=1.0, add=0.0):
    rated, stars = Q[observed], r[observed]
    if not len(stars):
        return prior.copy()
    return (
        np.linalg.solve(rated.T @ rated + reg * np.eye(len(prior)), rated.T @ stars + pull * reg * prior) + add * prior
    )


def to_prior_without_rules(Q, r, observed, reg, prior, *, pull=1.0, count=False, minus=0.0):
    rated, stars = Q[observed], r[observed]
    penalty = reg * len(stars) if count else reg
    right = rated.T @ stars + (penalty if pull is None else pull * reg) * prior
    return np.linalg.solve(rated.T @ rated + penalty * np.eye(len(prior)), right) - minus * prior


def prior_bare(Q, r, observed, reg, prior):
    rated = Q[observed]
    return np.linalg.solve(rated.T @ rated + reg * np.eye(len(prior)), rated.T @ r[observed] + prior)


def to_prior_or_zeros(Q, r, observed, reg, prior):
    return to_prior(Q, r, observed, reg, prior) if observed.any() else 0 * prior


def to_prior_in_rows(Q, r, observed, reg, prior):
    rows = np.vstack([Q[observed], np.sqrt(reg) * np.eye(len(prior))])
    target = np.append(r[observed], prior)
    return np.linalg.lstsq(rows, target)[0] if observed.any() else prior


@every_seed
@pytest.mark.parametrize(
    ("task", "mistake", "answer"),
    [
        ("02.1", "nan times 0", masked_by_product),
        ("02.1", "nan times 0", multiplied_by_the_mask),
        ("02.1", "averaged error", averaged),
        ("02.1", "mask from zeros", rated_by_loop),
        ("02.1", "unrated items filled with 0", filled_with_zeros),
        ("02.1", "penalty squared", with_augmented_reg),
        ("02.1", "penalty on every entry", reg_on_all),
        ("02.1", "right side from all items", right_side_whole),
        ("02.1", "identity of the wrong size", eye_of_the_items),
        ("02.1", "zeros not counted", zeros_not_counted),
        ("02.1", "nobody", no_case_for_nobody),
        ("02.1", "weighted ignored", lambda Q, r, observed, reg, weighted=False: update(Q, r, observed, reg)),
        ("02.2", "items from the old users", lambda *args, **kwargs: fit(*args, **kwargs, jacobi=True)),
        ("02.2", "cold items keep their start", lambda *args, **kwargs: fit(*args, **kwargs, skip=True)),
        ("02.2", "history of the plain objective", fit_plain_loss),
        ("02.2", "history over all cells", fit_nansum),
        ("02.2", "mean squared error", fit_mean_squares),
        ("02.2", "Q0 overwritten", fit_in_place),
        ("02.2", "weighted updates, plain history", fit_note),
        (
            "02.2",
            "mask from zeros",
            lambda *args, **kwargs: fit(*args, **kwargs, users=rated_by_loop, items=rated_by_loop),
        ),
        ("02.3", "wrong sign", lambda *args: to_prior(*args, pull=-1.0)),
        ("02.3", "wrong sign", lambda *args: to_prior_without_rules(*args, pull=-1.0)),
        ("02.3", "prior without reg", prior_bare),
        ("02.3", "weighted by the ratings", lambda *args: to_prior_without_rules(*args, pull=None, count=True)),
        ("02.3", "prior not added back", lambda *args: to_prior_without_rules(*args, minus=1.0)),
        ("02.3", "prior added on top", lambda *args: to_prior(*args, pull=0.0, add=1.0)),
        ("02.3", "zeros where nobody rated", to_prior_or_zeros),
        ("02.3", "prior's rows not scaled", to_prior_in_rows),
        ("02.0", "no penalty", [4, 1, 4, 1, 7]),
        ("02.0", "all films counted", [2.6, 1.2, 31 / 19, 16 / 19, 4]),
        ("02.14", "everything cubic", [0.9267, 8, 0.6227]),
    ],
)
def test_a_mistake_is_named_as_learners_write_it(task, mistake, answer, seed):
    task = checks.find(task)
    assert judged(task, answer, seed).points < task.points
    assert mistakes(task, answer, seed) == [mistake]


# ---- cases and references --------------------------------------------------------------------------------------------


@all_functions
@every_seed
def test_the_first_case_is_an_ordinary_small_input(task, seed):
    first = task.cases(seed)[0]
    assert sum(np.size(part) for part in first.args) <= 12 and not first.kwargs
    assert np.all(np.isfinite(first.args[0])) and np.all(first.args[tasks_mask(task)])


def tasks_mask(task):
    """The place of the mask among the arguments."""
    return list(inspect.signature(task.reference).parameters).index("observed")


@all_functions
def test_unrated_cells_hold_nan_zero_and_nonsense_and_a_rating_can_be_zero(task):
    hidden, shown = set(), set()
    for case in task.cases(0):
        place = tasks_mask(task)
        ratings, observed = case.args[place - 1], case.args[place]
        hidden |= {"nan" if np.isnan(value) else float(value) for value in ratings[~observed]}
        shown |= set(ratings[observed].tolist())
    assert {"nan", 0.0, 99.0} <= hidden and 0.0 in shown


def loss_of(p, case, prior):
    """What task 02.1 or 02.3 minimizes, term by term."""
    Q, r, observed, reg = case.args[:4]
    count = observed.sum() if case.kwargs.get("weighted") else 1
    fit_part = sum((rating - q @ p) ** 2 for q, rating, seen in zip(Q, r, observed, strict=True) if seen)
    return fit_part + reg * count * np.sum((p - prior) ** 2)


@each([tasks.UPDATE, tasks.PRIOR])
@every_seed
def test_no_other_vector_has_a_smaller_loss(task, seed):
    for case in task.cases(seed):
        p = task.reference(*case.args, **case.kwargs)
        prior = case.args[4] if task is tasks.PRIOR else np.zeros_like(p)
        if "weighted" in case.kwargs and not case.args[2].any():
            continue  # every vector has the loss 0
        found = minimize(loss_of, np.ones_like(p), (case, prior), method="BFGS", options={"gtol": 1e-9})
        assert p == pytest.approx(found.x, abs=1e-5)
        assert loss_of(p, case, prior) <= found.fun + 1e-12


@every_seed
def test_the_fit_ends_where_no_item_can_improve_and_its_history_is_the_objective(seed):
    for case in tasks.FIT.cases(seed):
        R, observed, _, reg, n_iters = case.args
        P, Q, history = tasks.FIT.reference(*case.args, **case.kwargs)
        expected = fit(*case.args, **case.kwargs)

        def objective(flat, case=case, P=P, R=R, observed=observed, reg=reg, shape=Q.shape):
            items, weighted, total = flat.reshape(shape), bool(case.kwargs), 0.0
            for u, i in zip(*np.nonzero(observed), strict=True):
                total += (R[u, i] - P[u] @ items[i]) ** 2
                total += reg * (P[u] @ P[u] + items[i] @ items[i]) if weighted else 0.0
            return total if weighted else total + reg * (np.sum(P**2) + np.sum(items**2))

        assert history[-1] == pytest.approx(objective(Q.ravel()), rel=1e-12) and len(history) == n_iters
        assert np.abs(approx_fprime(Q.ravel(), objective, 1e-7)).max() < 1e-4
        for ours, theirs in zip((P, Q, history), expected, strict=True):
            assert ours == pytest.approx(np.array(theirs), rel=1e-9, abs=1e-12)
        assert np.all(np.diff(history) <= 1e-12)


# ---- single tasks ----------------------------------------------------------------------------------------------------


def test_the_five_numbers_solve_the_two_systems():
    plain, weighted = np.array([13, 6]) / 5, np.array([22, 11]) / 11
    assert np.array([[3, 1], [1, 2]]) @ plain == pytest.approx([9, 5], rel=1e-12)
    assert np.array([[4, 1], [1, 3]]) @ weighted == pytest.approx([9, 5], rel=1e-12)
    expected = [*plain, *weighted, 2 * plain[0] - plain[1]]
    assert list(tasks.HAND.values()) == pytest.approx(expected, rel=1e-12)


def test_the_cost_is_counted():
    adding = [2 * 100_000 * sum(range(1, k + 1)) * 2 for k in (50, 100)]  # half a symmetric matrix, twice per rating
    solving = [10_000 * k**3 / 3 for k in (50, 100)]
    small, large = (a + s for a, s in zip(adding, solving, strict=True))
    expected = {"billions": small / 1e9, "growth": large / small, "solving": solving[1] / large}
    assert tasks.COST.expected == pytest.approx(expected, rel=1e-12)


def test_the_products_of_the_batched_question():
    rng = np.random.default_rng(0)
    S, P, Q = rng.integers(0, 2, (4, 3)).astype(float), rng.normal(size=(4, 2)), rng.normal(size=(3, 2))
    R = S * rng.integers(1, 6, (4, 3))
    for item, (ratings, seen) in enumerate(zip(R.T, S.T > 0, strict=True)):
        by_one = sum((rating * p for rating, p in zip(ratings[seen], P[seen], strict=True)), np.zeros(2))
        assert (R.T @ P)[item] == pytest.approx(by_one, abs=1e-12)
    assert not np.allclose(S.T @ P, R.T @ P) and (R @ Q).shape == (4, 2) and (P.T @ R).shape == (2, 3)


def test_the_averaging_library_minimizes_the_weighted_objective():
    rng = np.random.default_rng(1)
    Q, r, n = rng.normal(size=(5, 2)), rng.integers(1, 6, 5).astype(float), 5
    averaged = np.linalg.solve(Q.T @ Q / n + 0.3 * np.eye(2), Q.T @ r / n)
    assert tasks.UPDATE.reference(Q, r, np.full(5, True), 0.3, True) == pytest.approx(averaged, rel=1e-12)


def test_every_order_of_the_proof_that_keeps_the_dependences_is_right():
    task = tasks.PROOF
    orders = ["".join(order) for order in permutations("acdefgh") if task.missing(order) is None]
    assert len(orders) == 2 * 4 * 6 * 7  # aeh or eah; c at any of four places; g; d at six, then f at seven
    assert {"eahcgdf", "adehcgf", "dceahgf", "fdeahcg"} <= set(orders)
    assert all(task.missing((*order, "b", "i")) is None for order in orders)
    for answer in ("eahcgdfbi", "adehcgfbi", "dceahgfbi"):
        assert grade(task, answer).points == task.points
    for answer in ("deahcgbfi", "eahcgfbdi", "dehacgfbi", "deacghfbi", "deahcgfib"):
        assert grade(task, answer).points == 0


def test_the_listings_share_a_right_ridge_as_printed():
    text = TEXTS["02"].read_text(encoding="utf-8")
    assert inspect.getsource(tasks.ridge) in text and inspect.getsource(tasks.random_start_listing) in text
    Q, r = np.array([[1.0, 2.0], [0.0, 1.0], [3.0, 1.0]]), np.array([4.0, 1.0, 5.0])
    assert tasks.ridge(Q, r, 0.5) == pytest.approx(ridge(Q, r, 0.5), rel=1e-12)


def test_a_listing_leaves_the_callers_random_numbers_to_the_watch():
    np.random.seed(3)  # noqa: NPY002
    before = np.random.get_state()[1].tobytes()  # noqa: NPY002
    assert grade("02.11", (1, 2)).points == tasks.GLOBAL_SEED.points
    assert np.random.get_state()[1].tobytes() == before  # noqa: NPY002


def test_the_loss_that_rises_is_not_the_one_that_is_minimized():
    rising = tasks.RISING.right[0]
    assert np.all(np.diff(tasks.als_losses_listing(**rising)) > 0)
    assert np.all(np.diff(tasks.RISING.reference(**rising)) < 0)


FLAT = {"R": [[5, 3], [4, 1]], "Q0": [[1], [1]], "reg": 0.1, "n_iters": 10}


@pytest.mark.parametrize(
    ("task", "answer", "said"),
    [
        ("02.9", FLAT, "the fault does not show"),
        ("02.9", FLAT, "Meanwhile the objective that these updates minimize goes from 5.3157 to"),
        ("02.9", {**FLAT, "Q0": [1, 1]}, "Q0 needs a row of numbers for each of the 2 items, got the shape (2,)"),
        ("02.9", {**FLAT, "Q0": [[1], [nan]]}, "Q0 needs a row of numbers"),
        ("02.9", {**FLAT, "reg": 0}, "reg must lie above 0"),
        ("02.9", {**FLAT, "n_iters": 1}, "n_iters must be 2 to 50, got 1"),
        ("02.9", {**FLAT, "R": [[5, nan], [4, nan]]}, "every row and every column of R needs a rating"),
        ("02.9", {**FLAT, "R": [[5, 6], [4, 1]]}, "ratings go from 0 to 5"),
        ("02.9", {**FLAT, "R": np.ones((6, 2))}, "at most 5 rows and 5 columns, got the shape (6, 2)"),
        ("02.9", {"R": [[5]], "Q0": [[1]]}, "als_losses_listing"),
        ("02.10", ([[1], [2]], [4, 0], [1, 1], 1), "observed holds True and False"),
        ("02.10", ([[1], [2]], [4, nan], [True, True], 1), "observed ratings go from 0 to 5"),
        ("02.10", ([[1]], [4, 0], [True, True], 1), "Q needs a row"),
        ("02.10", ([[1]] * 11, [1] * 11, [True] * 11, 1), "at most 10 items"),
        ("02.10", ([[1], [2]], [4, 0], [True, True], 0), "reg must be above 0, got 0"),
        ("02.10", ([[1], [0]], [4, 0], [True, True], 1), "It uses the items [0] of [0, 1]"),
        ("02.10", ([[1], [2]], [4, 1], [True, True], 1), "It uses the items [0, 1], counted from 0, and these were"),
        ("02.11", (3, 3), "Equal seeds should hold out the same ratings"),
        ("02.11", (1.5, 3), "a seed is an integer"),
        ("02.12", ([[5, 1], [4, 2]], 2, 0), "user must be an integer from 0 to 1"),
        ("02.12", ([[nan]], 0, 0), "R needs a rating"),
        ("02.12", ([[5, 1], [4, nan]], 1, 0), "Ratings of this user: 1, of this item: 2"),
        ("02.13", [[1, 0], [4, nan]], "ratings go from 1 to 5"),
        ("02.13", [[5, 4], [4, nan]], "The predictions go from 3.11 to 4.99"),
        ("02.13", [1, 5], "R must be a matrix"),
    ],
)
def test_a_counter_example_keeps_the_rules_and_is_answered_with_evidence(task, answer, said):
    report = grade(task, answer)
    assert report.points == 0 and said in report.findings[0].sentences[0]


def test_the_transfer_task_is_answered_nowhere_in_the_library():
    modules = [module for module in vars(recmath_lib).values() if inspect.ismodule(module) and module is not checks]
    assert modules and not any(hasattr(module, tasks.PRIOR.name) for module in modules)
