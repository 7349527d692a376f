"""The tasks of lesson 01: mistakes as learners write them, and what is special to single tasks."""

import math
from itertools import permutations

import numpy as np
import pytest
from checking import every_seed, judged, mistakes
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from recmath_lib import checks, factorization
from recmath_lib.checks import factorization as tasks
from recmath_lib.grading import check, grade

numbers = st.floats(-3, 3)


# ---- wrong answers ---------------------------------------------------------------------------------------------------


def norms(R, observed, P, Q, reg, weighted=False):
    errors = R[observed] - (P @ Q.T)[observed]
    by_user, by_item = (observed.sum(1), observed.sum(0)) if weighted else (np.ones(len(P)), np.ones(len(Q)))
    return np.sum(errors**2) + reg * (by_user @ np.linalg.norm(P, axis=1) + by_item @ np.linalg.norm(Q, axis=1))


def penalty_in_the_loop(R, observed, P, Q, reg, weighted=False):
    total = 0
    for u, i in np.argwhere(observed):
        total += (R[u, i] - P[u] @ Q[i]) ** 2 + reg * (np.sum(P[u] ** 2) + np.sum(Q[i] ** 2))
    return total


def penalty_beside_the_if(R, observed, P, Q, reg, weighted=False):
    total = 0 if weighted else reg * (np.sum(P**2) + np.sum(Q**2))
    for u in range(len(P)):
        for i in range(len(Q)):
            if observed[u, i]:
                total += (R[u, i] - P[u] @ Q[i]) ** 2
            if weighted:
                total += reg * (P[u] @ P[u] + Q[i] @ Q[i])
    return total


def lost_line(R, observed, P, Q, reg, weighted=False):  # noqa: RET503  (the mistake this answer makes)
    return np.sum((R - P @ Q.T)[observed] ** 2)
    +reg * (np.sum(P**2) + np.sum(Q**2))


def masked_by_product(R, observed, P, Q, reg, weighted=False):
    by_user, by_item = (observed.sum(1), observed.sum(0)) if weighted else (np.ones(len(P)), np.ones(len(Q)))
    squared = np.sum((observed * (R - P @ Q.T)) ** 2)
    return squared + reg * (by_user @ np.sum(P**2, axis=1) + by_item @ np.sum(Q**2, axis=1))


def nan_to_zero_in_place(R, observed, P, Q, reg, weighted=False):
    R[np.isnan(R)] = 0
    by_user, by_item = (observed.sum(1), observed.sum(0)) if weighted else (np.ones(len(P)), np.ones(len(Q)))
    squared = np.sum((observed * (R - P @ Q.T)) ** 2)
    return squared + reg * (by_user @ np.sum(P**2, axis=1) + by_item @ np.sum(Q**2, axis=1))


def counts_in_a_row(R, observed, P, Q, reg, weighted=False):
    squared = np.sum((R - P @ Q.T)[observed] ** 2)
    if weighted:
        return squared + reg * np.sum(observed.sum(1) * P**2) + reg * np.sum(observed.sum(0) * Q**2)
    return squared + reg * (np.linalg.norm(P) ** 2 + np.linalg.norm(Q) ** 2)


def objective_of(R, seen, P, Q, reg, weighted):
    by_user, by_item = (seen.sum(1), seen.sum(0)) if weighted else (np.ones(len(P)), np.ones(len(Q)))
    return np.sum((R - P @ Q.T)[seen] ** 2) + reg * (by_user @ np.sum(P**2, axis=1) + by_item @ np.sum(Q**2, axis=1))


def nan_to_num_as_mask(R, observed, P, Q, reg, weighted=False):
    R = np.nan_to_num(R)
    return objective_of(R, R != 0, P, Q, reg, weighted)


def mask_and_not_zero(R, observed, P, Q, reg, weighted=False):
    return objective_of(R, observed & (R != 0), P, Q, reg, weighted)


def written_over(mu, bu, bi, p, q, r, lr, reg):
    e = r - (mu + bu + bi + p @ q)
    p[:] = p + lr * (e * q - reg * p)
    q[:] = q + lr * (e * p - reg * q)
    return bu + lr * (e - reg * bu), bi + lr * (e - reg * bi), p, q


def added_in_place(mu, bu, bi, p, q, r, lr, reg):
    e = r - (mu + bu + bi + p @ q)
    bu += lr * (e - reg * bu)
    bi += lr * (e - reg * bi)
    p += lr * (e * q - reg * p)
    q += lr * (e * p - reg * q)
    return bu, bi, p, q


def alias_kept(mu, bu, bi, p, q, r, lr, reg):
    e, old_p = r - (mu + bu + bi + p @ q), p
    p += lr * (e * q - reg * p)
    q += lr * (e * old_p - reg * q)
    return bu + lr * (e - reg * bu), bi + lr * (e - reg * bi), p, q


def names_reused(mu, bu, bi, p, q, r, lr, reg):
    e = r - (mu + bu + bi + p @ q)
    p = p + lr * (e * q - reg * p)
    q = q + lr * (e * p - reg * q)
    return bu + lr * (e - reg * bu), bi + lr * (e - reg * bi), p, q


def copied_then_added(mu, bu, bi, p, q, r, lr, reg):
    e, old_p = r - (mu + bu + bi + np.dot(p, q)), p.copy()
    p += lr * (e * q - reg * p)
    q += lr * (e * old_p - reg * q)
    return bu + lr * (e - reg * bu), bi + lr * (e - reg * bi), p, q


def gradient_with_its_two(mu, bu, bi, p, q, r, lr, reg):
    e = r - (mu + bu + bi + p @ q)
    slopes = -2 * e + 2 * reg * bu, -2 * e + 2 * reg * bi, -2 * e * q + 2 * reg * p, -2 * e * p + 2 * reg * q
    return [value - lr * slope for value, slope in zip((bu, bi, p, q), slopes, strict=True)]


def bracket_forgotten(mu, bu, bi, p, q, r, lr, reg):
    e = r - mu + bu + bi + p @ q
    return bu + lr * (e - reg * bu), bi + lr * (e - reg * bi), p + lr * (e * q - reg * p), q + lr * (e * p - reg * q)


def q_line_copied(mu, bu, bi, p, q, r, lr, reg):
    e = r - (mu + bu + bi + p @ q)
    return bu + lr * (e - reg * bu), bi + lr * (e - reg * bi), p + lr * (e * q - reg * p), q + lr * (e * q - reg * q)


def filled_arrays(mu, bu, bi, p, q, r, lr, reg):
    e, new_p, new_q = r - (mu + bu + bi + p @ q), np.zeros_like(p), np.zeros_like(q)
    for f in range(len(p)):
        new_p[f] = p[f] + lr * (e * q[f] - reg * p[f])
        new_q[f] = q[f] + lr * (e * p[f] - reg * q[f])
    return bu + lr * (e - reg * bu), bi + lr * (e - reg * bi), new_p, new_q


def bounded(p, q, r, low, high, reg, *, slope=lambda s, r_hat, low, high: s * (1 - s) * (high - low), exp=np.exp):
    s = 1 / (1 + exp(-(p @ q)))
    r_hat = low + (high - low) * s
    pull = -2 * (r - r_hat) * slope(s, r_hat, low, high)
    return pull * q + 2 * reg * p, pull * p + 2 * reg * q


def quietly(**parts):
    """`bounded` with a part replaced and an exp that does not overflow."""
    return lambda *args: bounded(*args, exp=lambda x: np.exp(min(x, 700)), **parts)


@every_seed
@pytest.mark.parametrize(
    ("task", "mistake", "answer"),
    [
        ("01.1", "norms not squared", norms),
        ("01.1", "always weighted", penalty_in_the_loop),
        ("01.1", "all cells of the row", penalty_beside_the_if),
        ("01.1", "no penalty", lost_line),
        ("01.1", "nan times 0", masked_by_product),
        ("01.1", "zeros written into R", nan_to_zero_in_place),
        ("01.1", "counts along the factors", counts_in_a_row),
        ("01.1", "observed zeros lost", nan_to_num_as_mask),
        ("01.1", "observed zeros lost", mask_and_not_zero),
        ("01.2", "the new p in the step of q", added_in_place),
        ("01.2", "the new p in the step of q", written_over),
        ("01.2", "the new p in the step of q", alias_kept),
        ("01.2", "the new p in the step of q", names_reused),
        ("01.2", "written into p and q", copied_then_added),
        ("01.2", "factor 2 kept", gradient_with_its_two),
        ("01.2", "brackets of the prediction forgotten", bracket_forgotten),
        ("01.2", "pulled along itself", q_line_copied),
        ("01.2", "whole numbers stay whole", filled_arrays),
        ("01.3", "overflow at -1000", bounded),
        ("01.3", "overflow at -1000", lambda *args: bounded(*args, exp=math.exp)),
        ("01.3", "width too often", quietly(slope=lambda s, r_hat, low, high: (r_hat - low) * (high - r_hat))),
        ("01.3", "slope from the prediction", quietly(slope=lambda s, r_hat, low, high: r_hat * (1 - r_hat))),
        ("01.3", "width of the scale forgotten", quietly(slope=lambda s, r_hat, low, high: s * (1 - s))),
        ("01.3", "slope without σ", quietly(slope=lambda s, r_hat, low, high: (1 - s) * (high - low))),
        ("01.0", "penalty on P only", [8, 14.5, 28, -5]),
        ("01.0", "counts of the other user", [8, 25, 31, -5]),
        ("01.0", "cut to the scale", [5, 25, 28, -5]),
        ("01.0", "gaps counted as 0", [8, 93, 96, -5]),
        ("01.0", "slope of the weighted objective", [8, 25, 28, -3]),
    ],
)
def test_a_mistake_is_named_as_learners_write_it(task, mistake, answer, seed):
    task = checks.find(task)
    assert judged(task, answer, seed).points < task.points
    assert mistakes(task, answer, seed) == [mistake]


def test_a_change_in_place_is_told_beside_a_wrong_value(capsys):
    check(tasks.STEP, added_in_place)
    assert "also your function changed its input p, q" in " ".join(capsys.readouterr().out.split())


# ---- right answers and references ------------------------------------------------------------------------------------


def test_four_numbers_by_hand():
    errors, users, films = [1 - 4, 1 - 2, 2 - 1, 5 - 4], [2, 1], [2, 1, 4]
    squared = sum(error**2 for error in errors)
    by_hand = {
        "prediction": 2 * 4,
        "plain": squared + 0.5 * sum(x**2 for x in users + films),
        "weighted": squared + 0.5 * (1 * 2**2 + 3 * 1**2 + 2 * 2**2 + 1 * 1**2 + 1 * 4**2),
        "slope": -2 * sum(error * film for error, film in zip(errors[1:], films, strict=True)) + 2 * 0.5 * 1,
    }
    assert tasks.BY_HAND.expected == pytest.approx(by_hand, rel=1e-12)


vectors = arrays.arrays(float, st.integers(1, 3), elements=numbers)


@given(vectors, st.data(), numbers, st.floats(0.01, 1))
def test_the_bounded_gradient_agrees_with_finite_differences(p, data, r, reg):
    q = data.draw(arrays.arrays(float, p.size, elements=numbers))
    low, h = data.draw(st.floats(-2, 0)), 1e-5
    scale = r, low, low + data.draw(st.floats(0.5, 5)), reg
    for answer in (tasks.BOUNDED.reference, *tasks.BOUNDED.right):
        by_p, by_q = answer(p, q, *scale)
        for step, one, other in zip(h * np.eye(p.size), by_p, by_q, strict=True):
            of_p = tasks.bounded_loss(p + step, q, *scale) - tasks.bounded_loss(p - step, q, *scale)
            of_q = tasks.bounded_loss(p, q + step, *scale) - tasks.bounded_loss(p, q - step, *scale)
            assert (one, other) == pytest.approx((of_p / (2 * h), of_q / (2 * h)), rel=1e-6, abs=1e-6)


def test_the_transfer_task_is_answered_nowhere_in_the_library():
    assert not hasattr(factorization, tasks.BOUNDED.name)


# ---- single tasks ----------------------------------------------------------------------------------------------------


def test_fourteen_ratings_leave_two_directions():
    assert (tasks.NUMBERS, tasks.FREE, tasks.FREE - tasks.DEGREES["ratings"]) == (20, 16, 2)


def test_one_epoch_steps_along_the_weighted_gradient():
    """What task 01.4 says: with lr -> 0 an epoch is -lr/2 times the gradient of Eq. (1.3), and not of Eq. (1.2)."""
    rng = np.random.default_rng(0)
    R, observed, P, Q, reg = tasks.drawn_problem(rng, 4, 3, 2)
    given_ratings = tasks.ratings.from_dense(R, observed)
    new_P, new_Q, lr = P.copy(), Q.copy(), 1e-7
    for u, i in np.argwhere(observed):
        _, _, new_P[u], new_Q[i] = tasks.biased_mf_sgd_step(0.0, 0.0, 0.0, new_P[u], new_Q[i], R[u, i], lr, reg)
    moved = (new_P - P) / (-lr / 2)
    assert moved == pytest.approx(factorization.gradient(given_ratings, P, Q, reg, weighted=True)[0], rel=1e-4)
    assert moved != pytest.approx(factorization.gradient(given_ratings, P, Q, reg)[0], rel=1e-2)


def test_the_numbers_of_the_proof():
    """Steps a, b, d, e and g of task 01.8."""
    for reg in (0.1, 0.5, 0.9):
        t = np.sqrt(1 - reg)
        values = [(1 - p * q) ** 2 + reg * (p**2 + q**2) for p, q in ((t, t), (-t, -t), (0, 0))]
        assert values == pytest.approx([1 - (1 - reg) ** 2, 1 - (1 - reg) ** 2, 1.0], rel=1e-12)
        assert values[2] > (values[0] + values[1]) / 2
    grid = np.linspace(-3, 3, 61)
    p, q = np.meshgrid(grid, grid)  # what the solution says of a penalty that is too large
    assert np.min((1 - p * q) ** 2 + 1.0 * (p**2 + q**2)) == 1.0


def test_the_answer_to_the_last_question_of_the_proof():
    """Task 01.8, folded: no convexity at λ = 1.2 either."""
    values = [(1 - p * q) ** 2 + 1.2 * (p**2 + q**2) for p, q in ((3, 1), (1, 3), (2, 2))]
    assert values == pytest.approx([16, 16, 18.6], rel=1e-12)


def test_every_order_of_the_proof_that_keeps_the_dependences_is_right():
    task = tasks.NOT_CONVEX
    orders = ["".join(order) for order in permutations("abcdefgh") if task.missing(order) is None]
    assert len(orders) == 8 * 4 and all(grade(task, order + "i").points == task.points for order in orders)


@pytest.mark.parametrize(
    ("R", "Q", "why"),
    [
        ([[5, 3]], [[1], [2]], "23.0. It counts every rating of your table."),
        ([[5, np.nan]], [[1], [2]], "22.0. It counts every rating and leaves out what was not rated."),
        ([[0, np.nan]], [[0], [1]], "2.0. A rating is left out, but its error is 0."),
        ([[1.1]], [[1]], "2.01. It counts every rating of your table."),  # the float is 2.0100000000000002
    ],
)
def test_an_input_that_exposes_nothing_is_told_why(R, Q, why):
    finding = grade(tasks.LOST_ZERO, {"R": R, "P": [[1]], "Q": Q, "reg": 1}).findings[0]
    assert finding.sentences[0].endswith(f"the listing does what it should: {why}")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"R": [[0] * 21], "P": [[1]], "Q": [[1]] * 21, "reg": 0}, "at most 20 cells"),
        ({"R": [[np.inf]], "P": [[1]], "Q": [[1]], "reg": 0}, "a rating must be a finite number"),
        ({"R": [[0]], "P": [[1], [1]], "Q": [[1]], "reg": 0}, "user_factors must"),
        ({"R": [[0]], "P": [[1]], "Q": [[1]], "reg": -1}, "reg must"),
        (
            {"R": [[0]], "P": [[1]], "Q": [[1]]},
            "reg is missing: give a dict with R, P, Q and reg, as objective_listing",
        ),
    ],
)
def test_a_counter_example_keeps_the_rules(answer, said):
    report = grade(tasks.LOST_ZERO, answer)
    assert report.points == 0 and said in report.findings[0].sentences[0]
