"""The tasks of lesson 05: mistakes as learners write them, and what is special to single tasks."""

import inspect
from itertools import permutations
from math import exp, log

import numpy as np
import pytest
from checking import TEXTS, each, every_seed, judged, mistakes
from scipy.optimize import minimize

import recmath_lib
from recmath_lib import als, bpr, checks, metrics
from recmath_lib.checks import bpr as tasks
from recmath_lib.checks.base import ChoiceTask
from recmath_lib.grading import grade

nan = np.nan


def sigmoid(x):
    """σ as a learner writes it first."""
    return 1 / (1 + np.exp(-x))


# ---- wrong answers ---------------------------------------------------------------------------------------------------


def loss_loop(P, Q, triples, reg, *, term=lambda x: np.logaddexp(0, -x), total=0.0, sign=1):
    for u, i, j in triples:
        total += sign * term(P[u] @ Q[i] - P[u] @ Q[j])
    return total + reg * ((P**2).sum() + (Q**2).sum())


def loss_returning_inside(P, Q, triples, reg):
    total = 0
    for u, i, j in triples:
        total += np.logaddexp(0, -(P[u] @ (Q[i] - Q[j])))
        return total + reg * (np.sum(P * P) + np.sum(Q * Q))
    return total


def loss_penalty_in_loop(P, Q, triples, reg):
    total = 0
    for u, i, j in triples:
        total += np.logaddexp(0, -(P[u] @ (Q[i] - Q[j]))) + reg * (P[u] @ P[u] + Q[i] @ Q[i] + Q[j] @ Q[j])
    return total


def loss_of_a_set(P, Q, triples, reg):
    return loss_loop(P, Q, {tuple(row) for row in triples.tolist()}, reg)


def loss_as_array(P, Q, triples, reg):
    u, i, j = triples.T
    return np.logaddexp(0, -np.sum(P[u] * (Q[i] - Q[j]), axis=1)) + reg * (np.sum(P**2) + np.sum(Q**2))


def loss_by_matmul(P, Q, triples, reg):
    u, i, j = triples.T
    return np.logaddexp(0, -P[u] @ (Q[i] - Q[j]).T).sum() + reg * (np.sum(P**2) + np.sum(Q**2))


def gradient(p, qi, qj, reg, *, push=None, two=2.0, sign=1):
    """What a learner has from task 05.2, with places for mistakes."""
    x = np.dot(p, qi - qj)
    s = (1 - tasks.expit(x)) if push is None else push(x)
    return sign * (two * reg * p - s * (qi - qj)), sign * (two * reg * qi - s * p), sign * (two * reg * qj + s * p)


def printed_push(x):
    """The paper's factor, overflow included."""
    return np.exp(-x) / (1 + np.exp(-x))


def listing_typed(p, qi, qj, reg):
    """The bracket of the paper's listing, letter by letter."""
    x = p @ (qi - qj)
    push = np.exp(-x) / (1 + np.exp(-x))
    return push * (qi - qj) + reg * p, push * p + reg * qi, push * -p + reg * qj


def gradient_copied(p, qi, qj, reg):
    dp, dqi, dqj = gradient(p, qi, qj, 0.0)
    return dp + 2 * reg * p, dqi + 2 * reg * qi, dqj + 2 * reg * qi


def gradient_of_moved_p(p, qi, qj, reg):
    s = tasks.expit(-(p @ (qi - qj)))
    dp = 2 * reg * p - s * (qi - qj)
    p = p - dp
    return dp, 2 * reg * qi - s * p, 2 * reg * qj + s * p


def loss_of_norms_overflowing(P, Q, triples, reg):
    total = reg * (np.linalg.norm(P) + np.linalg.norm(Q))
    for u, i, j in triples:
        total -= np.log(1 / (1 + np.exp(-(P[u] @ Q[i] - P[u] @ Q[j]))))
    return total


def step_as_listed(P, Q, u, i, j, lr, reg, sign=1, growing=1):
    """Θ + lr(push · derivative + λΘ), as the paper's listing has it, or with other signs."""
    new_P, new_Q = P.copy(), Q.copy()
    push = sign * printed_push(P[u] @ Q[i] - P[u] @ Q[j])
    new_P[u] += lr * (push * (Q[i] - Q[j]) + growing * reg * P[u])
    new_Q[i] += lr * (push * P[u] + growing * reg * Q[i])
    new_Q[j] += lr * (-push * P[u] + growing * reg * Q[j])
    return new_P, new_Q


def step_in_place_in_turn(P, Q, u, i, j, lr, reg):
    s = sigmoid(-(P[u] @ (Q[i] - Q[j])))
    P[u] += lr * (s * (Q[i] - Q[j]) - 2 * reg * P[u])
    Q[i] += lr * (s * P[u] - 2 * reg * Q[i])
    Q[j] += lr * (-s * P[u] - 2 * reg * Q[j])
    return P, Q


def step_with_views(P, Q, u, i, j, lr, reg):
    P, Q = P.copy(), Q.copy()
    p, qi, qj = P[u], Q[i], Q[j]
    s = sigmoid(-(p @ (qi - qj)))
    P[u] += lr * (s * (qi - qj) - 2 * reg * p)
    Q[i] += lr * (s * p - 2 * reg * qi)
    Q[j] += lr * (-s * p - 2 * reg * qj)
    return P, Q


def step_films_first(P, Q, u, i, j, lr, reg):
    P, Q = P.copy(), Q.copy()
    s = sigmoid(-(P[u] @ (Q[i] - Q[j])))
    Q[i] += lr * (s * P[u] - 2 * reg * Q[i])
    Q[j] += lr * (-s * P[u] - 2 * reg * Q[j])
    P[u] += lr * (s * (Q[i] - Q[j]) - 2 * reg * P[u])
    return P, Q


def step_without_copies(P, Q, u, i, j, lr, reg):
    dp, dqi, dqj = gradient(P[u], Q[i], Q[j], reg)
    P[u] -= lr * dp
    Q[i] -= lr * dqi
    Q[j] -= lr * dqj
    return P, Q


def step_with(P, Q, u, i, j, lr, reg, *, rate=1.0, sign=1, whole=False, **parts):
    dp, dqi, dqj = gradient(P[u], Q[i], Q[j], reg, **parts)
    P, Q = P.copy(), Q.copy()
    if whole:
        P -= lr * dp
    else:
        P[u] -= sign * rate * lr * dp
    Q[i] -= sign * rate * lr * dqi
    Q[j] -= sign * rate * lr * dqj
    return P, Q


def ials(Q, preference, confidence, reg, *, left=None, right=None, ridge=None):
    """The update of task 05.4, with places for mistakes."""
    C, k = np.diag(confidence if left is None else left), Q.shape[1]
    target = confidence * preference if right is None else right
    return np.linalg.inv(Q.T @ C @ Q + (reg * np.eye(k) if ridge is None else ridge)) @ (Q.T @ target)


def ials_of_clicks(Q, preference, confidence, reg):
    liked = preference == 1
    return ials(Q[liked], preference[liked], confidence[liked], reg)


def ials_gram(Q, preference, confidence, reg, *, less=1):
    liked = preference == 1
    own, sure = Q[liked], confidence[liked]
    left = Q.T @ Q + own.T @ np.diag(sure - less) @ own + reg * np.eye(Q.shape[1])
    return np.linalg.solve(left, own.T @ sure)


def ials_rows(Q, preference, confidence, reg, *, power=0.5, extra=None):
    rows = np.vstack([confidence[:, None] ** power * Q, (reg**0.5 if extra is None else extra) * np.eye(Q.shape[1])])
    return np.linalg.lstsq(rows, np.append(confidence**power * preference, np.zeros(Q.shape[1])))[0]


def biased(p, qi, qj, bi, bj, reg, *, bias=lambda bi, bj: bi - bj, up=1, down=1, two=2.0):
    """The gradient of task 05.5, with places for mistakes."""
    s = tasks.expit(-(bias(bi, bj) + p @ qi - p @ qj))
    dp, dqi, dqj = 2 * reg * p + s * (qj - qi), 2 * reg * qi - s * p, 2 * reg * qj + s * p
    return dp, dqi, dqj, two * reg * bi - up * s, two * reg * bj + down * s


def biased_twice(p, qi, qj, bi, bj, reg):
    s, t = sigmoid(-(p @ (qi - qj))), tasks.expit(bj - bi)
    return 2 * reg * p - s * (qi - qj), 2 * reg * qi - s * p, 2 * reg * qj + s * p, 2 * reg * bi - t, 2 * reg * bj + t


@every_seed
@pytest.mark.parametrize(
    ("task", "mistake", "answer"),
    [
        ("05.1", "the objective to maximize", lambda P, Q, t, reg: -loss_loop(P, Q, t, reg)),
        ("05.1", "logarithms with a plus", lambda *args: loss_loop(*args, sign=-1)),
        ("05.1", "penalty subtracted", lambda P, Q, t, reg: loss_loop(P, Q, t, -reg)),
        ("05.1", "mean of the triples", lambda P, Q, t, reg: loss_loop(P, Q, t, 0) / len(t) + loss_loop(P, Q, [], reg)),
        ("05.1", "logarithm of base 2", lambda *args: loss_loop(*args, term=lambda x: np.logaddexp2(0, -x / log(2)))),
        ("05.1", "1 − σ instead of −ln σ", lambda *args: loss_loop(*args, term=lambda x: tasks.expit(-x))),
        ("05.1", "overflow at −1000", lambda *args: loss_loop(*args, term=lambda x: -np.log(sigmoid(x)))),
        ("05.1", "overflow at −1000", lambda *args: loss_loop(*args, term=lambda x: log(1 + exp(-x)))),
        ("05.1", "loss capped", lambda *args: loss_loop(*args, term=lambda x: -np.log(tasks.expit(x) + 1e-10))),
        ("05.1", "loss capped", lambda *args: loss_loop(*args, term=lambda x: -np.log(max(tasks.expit(x), 1e-15)))),
        ("05.1", "margin cut", lambda *args: loss_loop(*args, term=lambda x: -np.log(sigmoid(np.clip(x, -500, 500))))),
        ("05.1", "one triple only", loss_returning_inside),
        ("05.1", "penalty once per triple", loss_penalty_in_loop),
        ("05.1", "a repeated triple counted once", loss_of_a_set),
        ("05.1", "terms not summed", loss_as_array),
        ("05.1", "every triple with every triple", loss_by_matmul),
        ("05.1", "rounded", lambda *args: np.round(loss_loop(*args), 4)),
        ("05.1", "hinge at 0", lambda *args: loss_loop(*args, term=lambda x: max(0, -x))),
        ("05.1", "penalty of norms", loss_of_norms_overflowing),
        ("05.1", "logarithms with a plus", lambda *args: loss_loop(*args, term=lambda x: -np.log(sigmoid(x)), sign=-1)),
        ("05.2", "the step instead of the gradient", lambda *args: gradient(*args, sign=-1)),
        ("05.2", "the step, without the 2", lambda *args: gradient(*args, sign=-1, two=1.0)),
        ("05.2", "wrong sign of the push", lambda *args: gradient(*args, push=lambda x: -tasks.expit(-x))),
        ("05.2", "wrong sign of the push", lambda *args: gradient(*args, push=lambda x: -sigmoid(-x))),
        ("05.2", "the paper's sign of the penalty", lambda *args: gradient(*args, two=-2.0)),
        ("05.2", "the paper's listing", listing_typed),
        ("05.2", "the paper's listing", lambda *args: gradient(*args, push=lambda x: -tasks.expit(-x), two=1.0)),
        (
            "05.2",
            "the paper's listing",
            lambda *args: gradient(*args, push=lambda x: -exp(-x) / (1 + exp(-x)), two=1.0),
        ),
        ("05.2", "the paper's gradient", lambda *args: gradient(*args, push=printed_push, two=-1.0)),
        ("05.2", "the paper's gradient", lambda *args: gradient(*args, two=-1.0)),
        ("05.2", "the paper's gradient", lambda *args: gradient(*args, push=lambda x: 1 - sigmoid(x), two=-1.0)),
        ("05.2", "the step instead of the gradient", lambda *args: gradient(*args, push=printed_push, sign=-1)),
        ("05.2", "the step, without the 2", lambda *args: gradient(*args, push=printed_push, sign=-1, two=1.0)),
        ("05.2", "penalty without the 2", lambda *args: gradient(*args, push=printed_push, two=1.0)),
        ("05.2", "no penalty", lambda *args: gradient(*args, push=lambda x: 1 / (1 + exp(x)), two=0.0)),
        ("05.2", "q_i in the penalty of q_j", gradient_copied),
        ("05.2", "p written before the films", gradient_of_moved_p),
        ("05.2", "penalty without the 2", lambda *args: gradient(*args, two=1.0)),
        ("05.2", "no penalty", lambda *args: gradient(*args, two=0.0)),
        ("05.2", "σ(x) in place of 1 − σ(x)", lambda *args: gradient(*args, push=tasks.expit)),
        (
            "05.2",
            "σ′ in place of 1 − σ",
            lambda *args: gradient(*args, push=lambda x: tasks.expit(x) * (1 - tasks.expit(x))),
        ),
        ("05.2", "overflow", lambda *args: gradient(*args, push=lambda x: 1 - sigmoid(x))),
        ("05.2", "overflow", lambda *args: gradient(*args, push=lambda x: sigmoid(-x))),
        ("05.2", "overflow", lambda *args: gradient(*args, push=lambda x: np.exp(-x) / (1 + np.exp(-x)))),
        ("05.2", "overflow", lambda *args: gradient(*args, push=lambda x: 1 / (1 + exp(x)))),
        ("05.3", "the new p for the films", step_in_place_in_turn),
        ("05.3", "the new p for the films", step_with_views),
        ("05.3", "the new films for p", step_films_first),
        ("05.3", "in place", step_without_copies),
        ("05.3", "step uphill", lambda *args: step_with(*args, sign=-1)),
        ("05.3", "twice the learning rate", lambda *args: step_with(*args, rate=2.0)),
        ("05.3", "every user moved", lambda *args: step_with(*args, whole=True)),
        ("05.3", "penalty without the 2", lambda *args: step_with(*args, two=1.0)),
        ("05.3", "the paper's sign of the penalty", lambda *args: step_with(*args, two=-2.0)),
        ("05.3", "the paper's sign of the penalty", step_as_listed),
        ("05.3", "the paper's sign of the push", lambda *args: step_as_listed(*args, sign=-1, growing=-1)),
        ("05.3", "step uphill", lambda *args: step_as_listed(*args, sign=-1)),
        ("05.4", "only clicked films", ials_of_clicks),
        ("05.4", "unclicked films without confidence", ials_gram),
        ("05.4", "Gram trick without the −1", lambda *args: ials_gram(*args, less=0)),
        ("05.4", "confidence squared", lambda *args: ials_rows(*args, power=1)),
        ("05.4", "penalty squared", lambda Q, wanted, sure, reg: ials_rows(Q, wanted, sure, reg, extra=reg)),
        (
            "05.4",
            "confidence missing on the right",
            lambda Q, wanted, sure, reg: ials(Q, wanted, sure, reg, right=wanted),
        ),
        ("05.4", "confidence − 1 on the right", lambda Q, w, sure, reg: ials(Q, w, sure, reg, right=(sure - 1) * w)),
        ("05.4", "Gram trick without QᵀQ", lambda Q, wanted, sure, reg: ials(Q, wanted, sure, reg, left=sure - 1)),
        ("05.4", "penalty on every entry", lambda Q, wanted, sure, reg: ials(Q, wanted, sure, reg, ridge=reg)),
        ("05.4", "confidence ignored", lambda Q, wanted, sure, reg: ials(Q, wanted, np.ones(len(Q)), reg)),
        ("05.5", "biases not in the margin", lambda *args: biased(*args, bias=lambda bi, bj: 0)),
        ("05.5", "biases added", lambda *args: biased(*args, bias=lambda bi, bj: bi + bj)),
        ("05.5", "biases added", lambda *args: biased(*args, bias=lambda bi, bj: bi + bj, down=-1)),
        ("05.5", "both biases pushed up", lambda *args: biased(*args, down=-1)),
        ("05.5", "the biases' pushes exchanged", lambda *args: biased(*args, up=-1, down=-1)),
        ("05.5", "no penalty", lambda *args: biased(*args, two=0.0)),
        ("05.5", "2 missing from the biases' penalty", lambda *args: biased(*args, two=1.0)),
        ("05.5", "two pushes", biased_twice),
        ("05.0", "all films as the other", {**tasks.HAND, "triples": 60}),
        ("05.0", "σ(x) as the push", {**tasks.HAND, "push": 0.8808, "by_p": -0.0404, "by_qj": -0.5808}),
        ("05.0", "penalty without the 2", [14, 2, 0.1269, 0.1192, 0.1404, 0.0308]),
        ("05.0", "wrong sign of the push in by_qj", [14, 2, 0.1269, 0.1192, 0.3404, 0.4192]),
        ("05.0", "wrong sign of the push in by_p", [14, 2, 0.1269, 0.1192, 0.4596, 0.1808]),
        ("05.0", "first entry of p in by_qj", [14, 2, 0.1269, 0.1192, 0.3404, 0.5384]),
        ("05.0", "second entry of the difference in by_p", [14, 2, 0.1269, 0.1192, 0.5192, 0.1808]),
        ("05.0", "first entry of the gradient by q_j", [14, 2, 0.1269, 0.1192, 0.3404, 0.3384]),
        ("05.0", "σ′ as the push, and no 2", [14, 2, 0.1269, 0.1050, 0.1475, 0.0450]),
        ("05.0", "margin carried on", [14, 0, 0.6931, 0.5, 0.15, -0.2]),
        ("05.0", "push carried on", [14, 2, 0.1269, 0.1353, 0.3324, 0.1647]),  # e^−2 alone
    ],
)
def test_a_mistake_is_named_as_learners_write_it(task, mistake, answer, seed):
    task = checks.find(task)
    assert judged(task, answer, seed).points < task.points
    assert mistakes(task, answer, seed) == [mistake]


@pytest.mark.parametrize(
    ("task", "answer", "said"),
    [
        ("05.1", lambda P, Q, triples: 0.0, "your function takes (P, Q, triples), the task asks for bpr_loss"),
        ("05.2", lambda *args: gradient(*args)[:2], "you gave 2 values, expected 3: dp, dqi, dqj"),
        ("05.2", lambda *args: np.array(gradient(*args)), "expected 3 values: dp, dqi, dqj"),
        ("05.3", lambda P, Q, u, i, j, lr, reg: (P[u], Q[i], Q[j]), "you gave 3 values, expected 2: P, Q"),
        ("05.4", lambda *args: ials(*args)[:, None], "expected an array of shape (2,)"),
        ("05.5", lambda *args: biased(*args)[:3], "you gave 3 values, expected 5: dp, dqi, dqj, dbi, dbj"),
        ("05.5", lambda *args: (*biased(*args)[:3], np.ones(1), np.ones(1)), "dbi: you gave an array of shape (1,)"),
    ],
)
def test_an_answer_of_another_form_is_told_so(task, answer, said):
    report = grade(task, answer)
    assert report.points == 0 and any(said in sentence for f in report.findings for sentence in f.sentences)


@pytest.mark.parametrize(
    ("task", "answer"),
    [
        ("05.1", lambda P, Q, t, reg: loss_loop(P.astype(np.longdouble), Q, t, reg)),
        ("05.2", lambda *args: [part.tolist() for part in gradient(*args)]),
        ("05.2", lambda *args: gradient(*args, push=lambda x: sigmoid(-np.clip(x, -500, 500)))),
        ("05.3", lambda *args: [part.tolist() for part in step_with(*args)]),
        ("05.4", ials_rows),
    ],
)
def test_other_types_and_ways_are_right(task, answer):
    assert grade(task, answer).points == checks.find(task).points


# ---- cases and references --------------------------------------------------------------------------------------------


def slopes(function, at, h=1e-6):
    """Central differences of a function of one array."""
    steps = h * np.eye(at.size)
    return np.array([(function(at + step) - function(at - step)) / (2 * h) for step in steps])


def softplus(z):
    """ln(1 + e^z), exact where e^z is beyond all numbers."""
    return z + np.log1p(exp(-z)) if z > 0 else np.log1p(exp(z))


@every_seed
def test_the_gradients_are_the_finite_differences_of_the_contract(seed):
    for case in tasks.GRADIENT.cases(seed):
        p, qi, qj, reg = case.args
        k, at = p.size, np.concatenate([p, qi, qj])

        def value(t, k=k, reg=reg):
            return softplus(-t[:k] @ (t[k : 2 * k] - t[2 * k :])) + reg * (t @ t)

        ours = np.concatenate(tasks.GRADIENT.reference(*case.args))
        assert ours == pytest.approx(slopes(value, at), rel=1e-5, abs=1e-6)


@every_seed
def test_the_gradients_with_biases_are_the_finite_differences_of_the_contract(seed):
    for case in tasks.BIAS.cases(seed):
        p, qi, qj, bi, bj, reg = case.args
        k, at = p.size, np.concatenate([p, qi, qj, [bi, bj]])

        def value(t, k=k, reg=reg):
            x = t[-2] - t[-1] + t[:k] @ (t[k : 2 * k] - t[2 * k : 3 * k])
            return softplus(-x) + reg * (t @ t)

        ours = np.concatenate([np.atleast_1d(part) for part in tasks.BIAS.reference(*case.args)])
        far = max(abs(bi), abs(bj)) > 100  # differences of 1e5 leave fewer digits
        assert ours == pytest.approx(slopes(value, at, 1e-4 if far else 1e-6), rel=1e-5, abs=1e-5)


@every_seed
def test_the_loss_is_minus_the_logarithm_of_a_product_of_probabilities(seed):
    for case in tasks.LOSS.cases(seed):
        P, Q, triples, reg = case.args
        x = np.array([sum(P[u, f] * (Q[i, f] - Q[j, f]) for f in range(P.shape[1])) for u, i, j in triples])
        expected = sum(map(softplus, -x)) if np.abs(x).max() > 100 else -log(np.prod(1 / (1 + np.exp(-x))))
        expected += reg * sum(value**2 for part in (P, Q) for value in part.ravel())
        assert tasks.LOSS.reference(*case.args) == pytest.approx(expected, rel=1e-12)


@every_seed
def test_a_short_step_lowers_the_loss_of_its_triple_and_moves_three_rows(seed):
    for case in tasks.STEP.cases(seed):
        P, Q, u, i, j, _, reg = case.args
        new_P, new_Q = tasks.STEP.reference(P, Q, u, i, j, 1e-4, reg)

        def value(P, Q, u=u, i=i, j=j, reg=reg):
            return softplus(-P[u] @ (Q[i] - Q[j])) + reg * (P[u] @ P[u] + Q[i] @ Q[i] + Q[j] @ Q[j])

        assert value(new_P, new_Q) < value(P, Q)
        assert np.flatnonzero((new_P != P).any(axis=1)).tolist() == [u]
        assert set(np.flatnonzero((new_Q != Q).any(axis=1))) == {i, j}


@every_seed
def test_no_other_vector_has_a_smaller_weighted_loss(seed):
    for case in tasks.IALS.cases(seed):
        Q, preference, confidence, reg = case.args

        def value(p, Q=Q, wanted=preference, sure=confidence, reg=reg):
            return sum(c * (y - q @ p) ** 2 for c, y, q in zip(sure, wanted, Q, strict=True)) + reg * (p @ p)

        p = tasks.IALS.reference(*case.args)
        found = minimize(value, np.ones_like(p), method="BFGS", options={"gtol": 1e-9})
        assert p == pytest.approx(found.x, abs=1e-5) and value(p) <= found.fun + 1e-12


@every_seed
def test_margins_of_a_thousand_are_among_the_cases(seed):
    for task in (tasks.LOSS, tasks.GRADIENT, tasks.BIAS):
        far = [case.kind for case in task.cases(seed)]
        assert "a margin of 1000" in far and "a margin of −1000" in far
    shown = [bpr.margins(*case.args[:3]) for case in tasks.LOSS.cases(seed)]
    assert max(x.max() for x in shown) == 1000 and min(x.min() for x in shown) == -1000


# ---- single tasks ----------------------------------------------------------------------------------------------------


def test_the_numbers_by_hand():
    triples = sum(clicks * (6 - clicks) for clicks in (1, 3, 6))
    x = 2 * 0.5 + (-1) * (-1)
    push = exp(-x) / (1 + exp(-x))
    expected = [triples, x, log(1 + exp(-x)), push, 2 * 0.1 * 2 - push * 0.5, 2 * 0.1 * 1.5 - push]
    assert list(tasks.HAND.values()) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (
            [14, 0.0, 0.6931, 0.5, 0.15, -0.2],
            "loss, push, by_p and by_qj follow rightly from your margin, 0.0. Mend margin, and work on from there.",
        ),
        ([14, 1.0, 0.3133, 0.1192, 0.3404, 0.1808], "loss follows rightly from your margin, 1.0."),
        ([14, 2, 0.1269, 0.9, -0.05, -0.6], "by_p and by_qj follow rightly from your push, 0.9."),
        ([14, 2, 0.1269, 0.1192, 0.3404, 0.4192], "In by_qj the push's part has the wrong sign. It is + push · p"),
    ],
)
def test_a_slip_is_told_from_what_follows_rightly(numbers, said):
    found = judged(tasks.BY_HAND, numbers).looks_like
    assert len(found) == 1 and found[0].misconception.startswith(said)


def test_a_slip_from_which_nothing_follows_is_left_alone():
    assert judged(tasks.BY_HAND, [14, 0.0, 0.1269, 0.1192, 0.3404, 0.1808]).looks_like == ()


@each(tasks.TASKS, ChoiceTask)
def test_the_right_option_is_not_the_longest(task):
    lengths = {key: len(option) for key, option in task.options.items()}
    assert lengths[task.correct] < max(lengths.values())


def test_a_cell_without_a_play_weighs_one_under_both_conventions():
    rng = np.random.default_rng(0)
    Q, plays, alpha, reg = rng.normal(size=(5, 2)), np.array([2.0, 0, 1, 0, 3]), 4.0, 0.3
    played = plays > 0
    for stored in (1 + alpha * plays[played], alpha * plays[played]):
        by_gram = Q.T @ Q + Q[played].T @ np.diag(stored - 1) @ Q[played] + reg * np.eye(2)
        everywhere = np.ones(5)
        everywhere[played] = stored
        ours = als.implicit_update_row(Q, played.astype(float), everywhere, reg)
        assert np.linalg.solve(by_gram, Q[played].T @ stored) == pytest.approx(ours, rel=1e-12)


def test_the_prior_with_variance_tau_squared_has_reg_of_half_its_inverse():
    tau, theta = 0.7, np.array([0.3, -1.2])
    density = np.exp(-(theta**2) / (2 * tau**2)) / np.sqrt(2 * np.pi * tau**2)
    at_zero = 1 / (2 * np.pi * tau**2)
    assert -log(density.prod() / at_zero) == pytest.approx(theta @ theta / (2 * tau**2), rel=1e-12)


def test_what_the_product_gives_to_two_triples_and_a_shuffle_to_one_list():
    product = np.prod(bpr.order_probability([0.0, 0.0]))
    shuffle = np.mean([order[0] == "i" for order in permutations("ijl")])
    assert product == 1 / 4 and shuffle == pytest.approx(1 / 3)


def test_the_sampled_penalty_counts_a_vector_as_often_as_it_occurs():
    P, Q = np.array([[1.0], [1.0]]), np.array([[0.0], [0.0]])
    triples = np.array([(0, 0, 1)] * 300 + [(1, 0, 1)] * 3)
    of_penalty = [
        bpr.sampled_objective(P * mask, Q, triples, 1.0) - bpr.sampled_objective(P * mask, Q, triples, 0.0)
        for mask in ([[1], [0]], [[0], [1]])
    ]
    assert of_penalty[0] / of_penalty[1] == pytest.approx(100)


def test_popular_draws_take_the_head_start_from_popular_films():
    # Everybody clicks alike: film 0 in 6 of 8, film 1 in 2 of 8. What margin between them minimizes the mean loss?
    clicked = np.array([0.75, 0.25])

    def best_margin(other):
        pairs = [(clicked[0] * other[1], 1), (clicked[1] * other[0], -1)]
        return minimize(lambda x: sum(w * softplus(-sign * x[0]) for w, sign in pairs), [0.0]).x[0]

    assert best_margin(np.array([0.5, 0.5])) == pytest.approx(log(3), abs=1e-4)
    assert best_margin(clicked) == pytest.approx(0, abs=1e-4)


def test_every_order_of_the_proof_that_keeps_the_dependences_is_right():
    task = tasks.PROOF
    orders = ["".join(order) for order in permutations("abdefghi") if task.missing(order) is None]
    # a after e, g and h, that is after b-e, d-g and h in any order: 5!/(2·2) = 30; then f anywhere before i, which is
    # last: 7 places among the six.
    assert len(orders) == 30 * 7
    assert all(task.missing((*order, "c")) is None for order in orders)
    for answer in ("bedghafic", "hdgbefaic", "fhbdgeaic"):
        assert grade(task, answer).points == task.points
    for answer in ("bedghaifc", "ebdghafic", "bedagfhic", "bedghafci"):
        assert grade(task, answer).points == 0


def test_the_steps_of_the_proof_hold():
    x = np.random.default_rng(0).normal(0, 3, 2000)
    x[:50] = 0
    curve, m = np.logaddexp(0, -x), np.where(x < 0, 1.0, np.where(x > 0, 0.0, 0.5))
    labels, scores = np.array([1, 0, 1, 0, 0]), np.array([0.3, 0.3, 2.0, -1.0, 0.9])
    pairs = [a - b for a in scores[labels == 1] for b in scores[labels == 0]]
    assert 1 - metrics.auc(labels, scores) == pytest.approx(
        np.mean([1 if x < 0 else 0.5 if x == 0 else 0 for x in pairs])
    )
    assert np.all(curve > 0) and np.all(curve[x <= 0] >= np.log(2) * (1 - 1e-12))
    assert np.all(m <= curve / np.log(2) + 1e-12) and np.log(1 + np.exp(-x)) == pytest.approx(-np.log(sigmoid(x)))
    assert m.mean() <= bpr.misordered_bound(x)


def test_the_listings_are_printed_with_a_harmless_example():
    text = TEXTS["05"].read_text(encoding="utf-8")
    assert "margin_after_steps_listing([3], [2], [-1], lr=0.1, reg=0, n_steps=10)" in text
    harmless = {"p": [3], "qi": [2], "qj": [-1], "lr": 0.1, "reg": 0, "n_steps": 10}
    assert grade("05.11", harmless).points == 0
    assert grade("05.12", {"P": [[2]], "Q": [[1], [0.5]], "triples": [[0, 0, 1]], "reg": 0.1}).points == 0
    assert grade("05.13", {"p": [1], "qi": [0], "qj": [1], "lr": 0.1, "reg": 0.01, "n_steps": 20}).points == 0


def test_right_steps_never_turn_a_right_order_and_lower_the_loss():
    rng = np.random.default_rng(0)
    for _ in range(300):
        p, qi, qj = rng.uniform(-3, 3, (3, 2))
        if p @ (qi - qj) < 0:
            qi, qj = qj, qi
        steps = (p, qi, qj, 0.05, float(rng.choice([0, 0.01, 0.3])), int(rng.integers(1, 100)))
        assert tasks.UNLEARNED.reference(*steps) > 0
        first, last = tasks.GROWN.reference(*steps)
        assert last < first


@pytest.mark.parametrize("answer", tasks.CAPPED.right[:2], ids=str)
def test_the_lid_is_where_the_logarithm_of_the_small_number_is(answer):
    arguments = dict(zip(("P", "Q", "triples", "reg"), answer, strict=True)) if isinstance(answer, tuple) else answer
    size = sum(np.sum(np.square(arguments[name])) for name in "PQ")
    assert tasks.bpr_loss_listing(**arguments) - arguments["reg"] * size == pytest.approx(-log(1e-10), abs=1e-6)


STEPS = {"p": [1], "qi": [1], "qj": [0], "lr": 0.1, "reg": 0, "n_steps": 1}
SMALL = {"P": [[1]], "Q": [[0], [5]], "triples": [[0, 0, 1]], "reg": 0}


@pytest.mark.parametrize(
    ("task", "answer", "said"),
    [
        ("05.11", STEPS, "The margin starts at 1.0000, where the push is 0.2689; with the right sign it would be 1.0"),
        ("05.11", {**STEPS, "qi": [0], "qj": [1]}, "The margin starts at -1.0000. Asked is one that starts above 0"),
        ("05.11", {**STEPS, "p": [4]}, "the entries of p, qi and qj go from −3 to 3"),
        ("05.11", {**STEPS, "p": [nan]}, "the entries of p, qi and qj go from −3 to 3"),
        ("05.11", {**STEPS, "p": [1, 2]}, "three lists of equal length, 1 to 5"),
        ("05.11", {**STEPS, "p": 1, "qi": 1, "qj": 0}, "three lists of equal length, 1 to 5"),
        ("05.11", {**STEPS, "lr": 0.5}, "lr must lie above 0 and not above 0.1, got 0.5"),
        ("05.11", {**STEPS, "reg": 2}, "reg must lie from 0 to 1, got 2"),
        ("05.11", {**STEPS, "n_steps": 101}, "n_steps must be 1 to 100, got 101"),
        ("05.11", {"p": [1], "qi": [1]}, "margin_after_steps_listing"),
        ("05.12", SMALL, "The margins go from -5 to -5, so σ is at least 0.00669"),
        ("05.12", {**SMALL, "P": [[101]]}, "the entries of P and Q go from −100 to 100"),
        ("05.12", {**SMALL, "P": [1]}, "P and Q must be tables with equally many columns"),
        ("05.12", {**SMALL, "triples": [[0, 0, 2]]}, "a row of P and two rows of Q, counted from 0"),
        ("05.12", {**SMALL, "triples": [[0, -1, 1]]}, "a row of P and two rows of Q, counted from 0"),
        ("05.12", {**SMALL, "triples": [[0, 1, 1]]}, "the two films of a triple must differ"),
        ("05.12", {**SMALL, "triples": [0, 0, 1]}, "triples must be 1 to 10 rows (u, i, j) of integers"),
        ("05.12", {**SMALL, "triples": []}, "triples must be 1 to 10 rows (u, i, j) of integers"),
        ("05.12", {**SMALL, "reg": -1}, "reg must be at least 0, got -1"),
        ("05.13", STEPS, "At the start −ln σ(x) is 0.3133 and the penalty 0.0000"),
        ("05.13", {**STEPS, "n_steps": 0}, "n_steps must be 1 to 100, got 0"),
    ],
)
def test_a_counter_example_keeps_the_rules_and_is_answered_with_evidence(task, answer, said):
    report = grade(task, answer)
    assert report.points == 0 and said in report.findings[0].sentences[0]


def test_the_transfer_task_is_answered_nowhere_in_the_library():
    modules = [module for module in vars(recmath_lib).values() if inspect.ismodule(module) and module is not checks]
    assert modules and not any(hasattr(module, tasks.BIAS.name) for module in modules)
    assert not any("bias" in name.lower() for name in vars(bpr))


@each([tasks.LOSS, tasks.GRADIENT, tasks.STEP, tasks.IALS, tasks.BIAS])
def test_the_first_case_is_an_ordinary_small_input(task):
    first = task.cases(0)[0]
    assert sum(np.size(part) for part in first.args) <= 9 and not first.kwargs
