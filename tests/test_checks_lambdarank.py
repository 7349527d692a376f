"""The tasks of lesson 06: mistakes as learners write them, and what is special to single tasks."""

import inspect
from itertools import permutations, product

import numpy as np
import pytest
from checking import TEXTS, each, every_seed, judged, mistakes
from scipy.optimize import approx_fprime
from scipy.special import expit

import recmath_lib
from recmath_lib import checks, lambdarank, metrics
from recmath_lib.checks import lambdarank as tasks
from recmath_lib.checks.base import FunctionTask
from recmath_lib.grading import grade

all_functions = each(tasks.TASKS, FunctionTask)
gradients = each([tasks.RANKNET, tasks.LAMBDAS, tasks.AP_LAMBDAS])


# ---- wrong answers ---------------------------------------------------------------------------------------------------


def delta(scores, labels, k=None):
    """What a learner has from task 06.2."""
    n = len(scores)
    worth = np.zeros(n)
    worth[np.argsort(-scores, kind="stable")] = [
        1 / np.log2(r + 1) if k is None or r <= k else 0 for r in range(1, n + 1)
    ]
    gains = 2.0**labels - 1
    ideal = sum(g * w for g, w in zip(sorted(gains, reverse=True), sorted(worth, reverse=True), strict=True))
    return np.abs(np.subtract.outer(gains, gains) * np.subtract.outer(worth, worth)) / (ideal or 1)


def pull(x, slope):
    return -slope * expit(-slope * x)


def gathered(scores, labels, slope, force=pull, weights=1.0, down=1.0, either=False):
    """Pair by pair, as a learner writes it, with places for mistakes."""
    sums, table = np.zeros(len(scores)), np.broadcast_to(weights, (len(scores), len(scores)))
    for i in range(len(scores)):
        for j in range(len(scores)):
            if labels[i] > labels[j] or (either and i != j):
                value = force(scores[i] - scores[j], slope) * table[i, j]
                sums[i] += value
                sums[j] -= down * value
    return sums


def in_the_type_of_the_labels(scores, labels, slope=1.0):
    sums = np.zeros_like(labels)
    for i, j in product(range(len(scores)), repeat=2):
        if labels[i] > labels[j]:
            sums[i] += pull(scores[i] - scores[j], slope)
            sums[j] -= pull(scores[i] - scores[j], slope)
    return sums


def two_labels_differ(scores, labels, slope=1.0):
    table = np.where(labels[:, None] != labels, pull(scores[:, None] - scores, slope), 0)
    return table.sum(axis=1) - table.sum(axis=0)


def paper(scores, labels, slope=1.0):
    """Burges' sigma (½ (1 − S_ij) − 1 / (1 + e^(sigma (s_i − s_j)))) over all pairs i < j."""
    sums = np.zeros(len(scores))
    for i in range(len(scores)):
        for j in range(i + 1, len(scores)):
            value = slope * ((1 - np.sign(labels[i] - labels[j])) / 2 - expit(-slope * (scores[i] - scores[j])))
            sums[i] += value
            sums[j] -= value
    return sums


def naive_table(scores, labels, slope=1.0):
    x = scores.reshape(-1, 1) - scores.reshape(1, -1)
    table = (labels.reshape(-1, 1) > labels) * (-slope / (1 + np.exp(slope * x)))
    return table.sum(1) - table.sum(0)


def note(x, slope):
    """The note's formula, slope left out."""
    sigma = expit(x)
    return -sigma * (1 - sigma) * expit(-x)


def ranked_by_argsort(scores, labels, k=None):
    ranks = np.argsort(scores)[::-1]
    worth = 1 / np.log2(2 + ranks)
    worth[ranks >= (len(ranks) if k is None else k)] = 0
    gains = 2.0**labels - 1
    ideal = metrics.dcg_at_k(sorted(labels)[::-1], k)
    return np.abs(np.subtract.outer(gains, gains) * np.subtract.outer(worth, worth)) / (ideal or 1)


def from_discounts(scores, labels, worth, cut=None, k=None):
    """|ΔNDCG| with these discounts by rank, also in the ideal, cut there or (cut) in the order of the input."""
    worth = np.array(worth, dtype=float)
    if cut is None and k is not None:
        worth[k:] = 0
    discounts = worth[metrics.ranks(scores) - 1]
    if cut is not None and k is not None:
        discounts[k:], worth[k:] = 0, 0
    gains = 2.0**labels - 1
    table = np.abs(np.subtract.outer(gains, gains) * np.subtract.outer(discounts, discounts))
    return table / (np.sort(gains)[::-1] @ worth or 1)


def in_binary_log(n, first):
    return 1 / np.log2(np.arange(n) + first)


def swapped_scores(scores, labels, k=None):
    n, table = len(scores), np.zeros((len(scores), len(scores)))
    for i, j in product(range(n), repeat=2):
        other = scores.copy()
        other[i], other[j] = scores[j], scores[i]
        table[i, j] = abs(metrics.ndcg_from_scores(labels, other, k) - metrics.ndcg_from_scores(labels, scores, k))
    return table


def without_a_guard(scores, labels, k=None):
    table = delta(scores, labels, k)
    return table if labels.any() else table / 0.0


def signed(scores, labels, k=None):
    n, table = len(scores), np.zeros((len(scores), len(scores)))
    for i, j in product(range(n), repeat=2):
        other = labels.copy()
        other[[i, j]] = other[[j, i]]
        table[i, j] = metrics.ndcg_from_scores(other, scores, k) - metrics.ndcg_from_scores(labels, scores, k)
    return table


def two_in_the_top(scores, labels, k=None):
    top = metrics.ranks(scores) <= (k or len(scores))
    return delta(scores, labels, k) * top[:, None] * top


def better_in_the_top(scores, labels, k=None):
    return delta(scores, labels, k) * (metrics.ranks(scores) <= (k or len(scores)))[:, None]


def softmax_by_hand(scores, labels, shift=0.0, small=0.0):
    powers = np.exp(scores - shift * scores.max())
    return -np.sum(labels * np.log(powers / powers.sum() + small)) / labels.sum() if labels.sum() else 0.0


def cao(scores, labels):
    target = np.exp(labels) / np.exp(labels).sum()
    return np.logaddexp.reduce(scores) - target @ scores


def top_film_only(scores, labels):
    return np.logaddexp.reduce(scores) - scores[np.argmax(labels)] if labels.any() else 0.0


def precisions(hits):
    return sum(hits[: r + 1].sum() / (r + 1) for r in range(len(hits)) if hits[r])


def ap_weights(scores, labels, over="relevant", places=None, keep=abs):
    """|ΔAP| of each pair by swaps, with places for mistakes."""
    place = metrics.ranks(scores) if places is None else places
    hits, n = np.zeros(len(scores)), len(scores)
    hits[place - 1] = labels > 0
    divisor = {"relevant": hits.sum(), "films": n, "nothing": 1}[over] or 1
    table = np.zeros((n, n))
    for i, j in product(range(n), repeat=2):
        swapped = hits.copy()
        swapped[[place[i] - 1, place[j] - 1]] = hits[[place[j] - 1, place[i] - 1]]
        table[i, j] = keep((precisions(swapped) - precisions(hits)) / divisor)
    return table


def ap_in_closed_form(scores, labels, own, between=True):
    """|ΔAP| of a hit h and another film f from terms: what h's own hits are before and after, and the films between."""
    place, table = metrics.ranks(scores), np.zeros((len(scores), len(scores)))
    hits = np.zeros(len(scores))
    hits[place - 1] = labels > 0
    found = np.cumsum(hits)
    for h, f in product(range(len(scores)), repeat=2):
        if labels[h] > 0 >= labels[f]:
            here, there = place[h], place[f]
            inner = slice(min(here, there), max(here, there) - 1)
            before, after = own(found, here, there, hits[inner].sum())
            change = abs(before / here - after / there)
            if between:
                change += np.sum(hits[inner] / np.arange(inner.start + 1, inner.stop + 1))
            table[h, f] = table[f, h] = change / hits.sum()
    return table


def count_kept(found, here, there, inside):
    return found[here - 1], found[here - 1]


def count_of_the_higher(found, here, there, inside):
    above = found[here - 1] - (inside if there < here else 0)
    return above, above


def count_anew(found, here, there, inside):
    return found[here - 1], found[here - 1] + (inside if there > here else -inside)


def graded_hits(scores, labels):
    """|ΔAP| with grades where hits belong."""
    films = np.argsort(-scores, kind="stable")

    def measured(order):
        y = labels[order].astype(float)
        return np.sum(y * np.cumsum(y) / np.arange(1, len(y) + 1)) / max(y.sum(), 1)

    return swapped_places(films, measured)


def swapped_places(films, measured):
    table = np.zeros((len(films), len(films)))
    for a, b in product(range(len(films)), repeat=2):
        other = films.copy()
        other[[a, b]] = films[[b, a]]
        table[films[a], films[b]] = abs(measured(other) - measured(films))
    return table


def ap_ranked_anew(scores, labels):
    """|ΔAP| by swapping two scores, pairs of a relevant and an irrelevant film only."""
    table = np.zeros((len(scores), len(scores)))
    for i, j in product(range(len(scores)), repeat=2):
        if (labels[i] > 0) != (labels[j] > 0):
            other = scores.copy()
            other[[i, j]] = scores[[j, i]]
            orders = [np.argsort(-s, kind="stable") for s in (other, scores)]
            after, before = (metrics.average_precision(labels[order]) for order in orders)
            table[i, j] = abs(after - before)
    return table


def ap_of_two_terms(scores, labels):
    """Only the precision at both ranks, before the swap."""
    place, n = metrics.ranks(scores), len(scores)
    hits = np.zeros(n)
    hits[place - 1] = labels > 0
    precision = (np.cumsum(hits) / np.arange(1, n + 1))[place - 1]
    relevant = labels > 0
    return np.abs(np.subtract.outer(precision, precision)) * (relevant[:, None] != relevant) / max(hits.sum(), 1)


def xor_gains(scores, labels, k=None):
    gains = 2 ^ labels - 1
    worth = np.where(np.arange(len(labels)) < (k or len(labels)), 1 / np.log2(np.arange(len(labels)) + 2), 0)
    discounts = worth[metrics.ranks(scores) - 1]
    ideal = np.sort(gains)[::-1] @ worth
    return np.abs(np.subtract.outer(gains, gains) * np.subtract.outer(discounts, discounts)) / ideal


def sorted_first(scores, labels, slope=1.0, k=None):
    order = np.argsort(-scores, kind="stable")
    return gathered(scores[order], labels[order], slope, weights=delta(scores[order], labels[order], k))


def with_weights(weights, **parts):
    """LambdaRank from a table of weights."""
    return lambda scores, labels, slope=1.0, k=None: gathered(
        scores, labels, slope, weights=weights(scores, labels, *([] if k is None else [k])), **parts
    )


@every_seed
@pytest.mark.parametrize(
    ("task", "mistake", "answer"),
    [
        ("06.1", "sign turned", lambda s, y, slope=1.0: -gathered(s, y, slope)),
        ("06.1", "all pairs", lambda s, y, slope=1.0: gathered(s, y, slope, either=True)),
        ("06.1", "all pairs", lambda s, y, slope=1.0: gathered(s, y, slope, either=True, down=0.0)),
        ("06.1", "equal labels pulled together", paper),
        ("06.1", "overflow", naive_table),
        ("06.1", "overflow", lambda s, y, slope=1.0: gathered(s, y, slope, lambda x, b: -b / (1 + np.exp(b * x)))),
        ("06.1", "σ′ in place of the slope", lambda s, y, slope=1.0: gathered(s, y, slope, note)),
        ("06.1", "slope ignored", lambda s, y, slope=1.0: gathered(s, y, 1.0)),
        ("06.1", "only the better film", lambda s, y, slope=1.0: gathered(s, y, slope, down=0.0)),
        ("06.1", "both films alike", lambda s, y, slope=1.0: gathered(s, y, slope, down=-1.0)),
        ("06.1", "pairs counted twice", lambda s, y, slope=1.0: 2 * gathered(s, y, slope)),
        ("06.1", "whole numbers", in_the_type_of_the_labels),
        ("06.1", "every unequal pair", two_labels_differ),
        ("06.2", "argsort taken for ranks", ranked_by_argsort),
        ("06.2", "cut in input order", lambda s, y, k=None: from_discounts(s, y, in_binary_log(len(s), 2), "input", k)),
        ("06.2", "one place late", lambda s, y, k=None: from_discounts(s, y, in_binary_log(len(s), 3), k=k)),
        (
            "06.2",
            "1 / log2(rank)",
            lambda s, y, k=None: from_discounts(s, y, np.append(1, in_binary_log(len(s) - 1, 2)), k=k),
        ),
        ("06.2", "^ for a power", lambda s, y, k=None: xor_gains(s, y, k)),
        ("06.2", "scores swapped", swapped_scores),
        ("06.2", "nan without a gain", without_a_guard),
        ("06.2", "signed", signed),
        ("06.2", "both in the top k", two_in_the_top),
        ("06.2", "k ignored", lambda s, y, k=None: delta(s, y)),
        ("06.3", "a factor ln 2", lambda s, y, slope=1.0, k=None: with_weights(delta)(s, y, slope, k) / np.log(2)),
        ("06.3", "argsort taken for ranks", with_weights(ranked_by_argsort)),
        ("06.3", "both in the top k", with_weights(two_in_the_top)),
        ("06.3", "in rank order", sorted_first),
        ("06.3", "better film in the top k", with_weights(better_in_the_top)),
        ("06.3", "signed", with_weights(signed)),
        ("06.3", "all pairs", with_weights(delta, either=True)),
        ("06.3", "σ′ in place of the slope", with_weights(delta, force=note)),
        ("06.3", "no weights", lambda s, y, slope=1.0, k=None: gathered(s, y, slope)),
        ("06.3", "k ignored", lambda s, y, slope=1.0, k=None: with_weights(delta)(s, y, slope)),
        ("06.3", "slope ignored", lambda s, y, slope=1.0, k=None: with_weights(delta)(s, y, 1.0, k)),
        ("06.4", "softmax of the labels", cao),
        ("06.4", "the gradient", lambda s, y: np.exp(s - np.logaddexp.reduce(s)) - y / (y.sum() or 1)),
        ("06.4", "overflow", softmax_by_hand),
        ("06.4", "overflow", lambda s, y: softmax_by_hand(s, y, 1.0)),
        ("06.4", "a small number in the logarithm", lambda s, y: softmax_by_hand(s, y, 1.0, 1e-10)),
        ("06.4", "the best film only", top_film_only),
        ("06.5", "films between left out", with_weights(ap_of_two_terms)),
        ("06.5", "films between left out", with_weights(lambda s, y: ap_in_closed_form(s, y, count_anew, False))),
        ("06.5", "own hits not counted anew", with_weights(lambda s, y: ap_in_closed_form(s, y, count_kept, False))),
        ("06.5", "own hits not counted anew", with_weights(lambda s, y: ap_in_closed_form(s, y, count_kept))),
        ("06.5", "own hits not counted anew", with_weights(lambda s, y: ap_in_closed_form(s, y, count_of_the_higher))),
        ("06.5", "scores swapped", with_weights(ap_ranked_anew)),
        ("06.5", "labels as weights", with_weights(graded_hits)),
        ("06.5", "divided by all films", with_weights(lambda s, y: ap_weights(s, y, "films"))),
        ("06.5", "not divided by the relevant films", with_weights(lambda s, y: ap_weights(s, y, "nothing"))),
        ("06.5", "signed", with_weights(lambda s, y: ap_weights(s, y, keep=float))),
        (
            "06.5",
            "input order taken for ranks",
            with_weights(lambda s, y: ap_weights(s, y, places=np.arange(1, len(s) + 1))),
        ),
        ("06.5", "|ΔNDCG|", with_weights(lambda s, y: delta(s, np.minimum(y, 1)))),
        ("06.0", "slope ignored", [0.1192, -0.7311, 0.4131, -0.3020, -0.0184]),
        ("06.0", "slope missing in front", [0.1192, -0.8808, 0.4131, -0.7277, -0.0215]),  # in one number alone
        ("06.0", "slope missing in the exponent", [0.1192, -1.4621, 0.4131, -0.6040, -0.0215]),
        ("06.0", "linear gain", [0.1192, -1.7616, 0.3801, -0.6696, -0.0215]),
        ("06.0", "1 / log2(rank)", [0.1192, -1.7616, 0.2768, -0.4876, 0.2698]),
        ("06.0", "both forces added", [0.1192, -1.7616, 0.4131, -0.7277, -0.2541]),
    ],
)
def test_a_mistake_is_named_as_learners_write_it(task, mistake, answer, seed):
    task = checks.find(task)
    assert judged(task, answer, seed).points < task.points
    assert mistakes(task, answer, seed) == [mistake]


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        ([0.2689, -0.7311, 0.4131, -0.3020, -0.0184], ["slope missing in the probability", "slope ignored"]),
        ([0.1192, -0.8808, 0.3801, -0.3348, 0.5], ["slope missing in front", "linear gain"]),
        ([0.2689, 1.7616, 0.4131, 0.7277, 0.0215], ["slope missing in the probability", "sign turned"]),
        ([0.1192, -1.7616, 0.5, -0.8808, 0.1], ["change carried on"]),
        ([0.1192, -1.5, 0.4131, -0.6197, -0.0215], ["gradient carried on"]),
    ],
)
def test_numbers_by_hand_are_judged_one_by_one(answer, named):
    assert mistakes(tasks.BY_HAND, answer) == named


# ---- cases and references --------------------------------------------------------------------------------------------


@all_functions
@every_seed
def test_the_first_case_is_two_films(task, seed):
    first = task.cases(seed)[0]
    assert len(first.args[0]) == 2 and not first.kwargs


@all_functions
@every_seed
def test_scores_come_unsorted_and_tied_and_labels_graded(task, seed):
    cases = task.cases(seed)
    assert sum((np.diff(case.args[0]) > 0).any() for case in cases) >= len(cases) // 3
    assert any(len(set(case.args[0])) < len(case.args[0]) for case in cases)
    assert {0, 1, 2, 3} <= {label for case in cases for label in case.args[1].tolist()}


def loss_of(task, case):
    """The loss whose gradient a task asks for, the weights held at the case's scores; pair by pair."""
    scores, labels = case.args
    slope, k = case.kwargs.get("slope", 1.0), case.kwargs.get("k")
    weights = {
        "06.1": lambda: np.ones((len(scores), len(scores))),
        "06.3": lambda: np.abs(signed(scores, labels, k)),
        "06.5": lambda: brute_force_ap(scores, labels),
    }[task.id]()
    pairs = [(i, j) for i, j in product(range(len(scores)), repeat=2) if labels[i] > labels[j]]
    return lambda s: sum(weights[i, j] * np.logaddexp(0, -slope * (s[i] - s[j])) for i, j in pairs)


def brute_force_ap(scores, labels):
    """|ΔAP| by the library's average precision of each swapped list."""
    films, n = np.argsort(-scores, kind="stable"), len(scores)
    table = np.zeros((n, n))
    for a, b in product(range(n), repeat=2):
        swapped = films.copy()
        swapped[[a, b]] = films[[b, a]]
        change = metrics.average_precision(labels[swapped]) - metrics.average_precision(labels[films])
        table[films[a], films[b]] = abs(change)
    return table


@gradients
@every_seed
def test_a_reference_is_the_gradient_of_the_loss_with_frozen_weights(task, seed):
    for case in task.cases(seed):
        expected = np.asarray(task.reference(*case.args, **case.kwargs))
        found = approx_fprime(case.args[0], loss_of(task, case), 1e-7) if len(set(case.args[1])) > 1 else 0 * expected
        assert expected == pytest.approx(found, abs=1e-5), case
        assert expected.sum() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("n", [2, 3, 5, 7])
def test_the_closed_form_of_ap_is_what_swaps_change(n):
    rng = np.random.default_rng(n)
    for _ in range(50):
        scores, labels = rng.integers(0, n, n) / 2, rng.integers(0, 3, n)
        change = tasks.RIGHT_AP(scores, labels.astype(float), None)
        assert change == pytest.approx(brute_force_ap(scores, labels), rel=1e-12, abs=1e-15)
        assert np.array_equal(change > 0, (labels[:, None] > 0) != (labels > 0))


@every_seed
def test_the_reference_of_the_swaps_is_what_swaps_change(seed):
    for case in tasks.CHANGE.cases(seed):
        expected = np.abs(signed(*case.args))
        assert tasks.CHANGE.reference(*case.args) == pytest.approx(expected, rel=1e-12, abs=1e-15)


# ---- single tasks ----------------------------------------------------------------------------------------------------


def test_the_five_numbers_of_three_films():
    second = 1 / np.log2(3)
    ideal = 3 + second
    gradient, half = -2 / (1 + np.exp(-2)), -2 / (1 + np.exp(-1))
    change = 1.5 / ideal
    lambda_c = half * (1 - second) / ideal - half * 2 * (second - 0.5) / ideal
    expected = [1 / (1 + np.exp(2)), gradient, change, gradient * change, lambda_c]
    assert list(tasks.HAND.values()) == pytest.approx(expected, rel=1e-12)


def test_the_pairs_of_the_choice_are_counted():
    ranks = np.arange(1, 1001)
    discounts = np.where(ranks <= 10, 1 / np.log2(ranks + 1), 0)
    differing = np.triu(discounts[:, None] != discounts).sum()
    assert differing == 9945 == 45 + 9900 and 1000 * 999 // 2 == 499_500


def test_the_same_leaf_from_doubled_second_derivatives():
    first, second = np.array([-0.4, 0.1, -0.2]), np.array([0.2, 0.1, 0.15])
    light = 0.1 * lambdarank.newton_leaf(first, second, reg=1.0)
    assert 0.2 * lambdarank.newton_leaf(first, 2 * second, reg=2.0) == pytest.approx(light, rel=1e-12)
    for lr, reg in ((0.1, 1.0), (0.2, 1.0), (0.05, 1.0)):
        assert abs(lr * lambdarank.newton_leaf(first, 2 * second, reg=reg) / light - 1) > 0.05


def test_a_small_softmax_loss_is_a_floor_and_a_large_one_no_ceiling():
    assert 0.44 < np.exp(-0.8) < 0.45 and 0.13 < np.exp(-2) < 0.14
    second, one = np.log([0.5, np.exp(-0.8), 0.5 - np.exp(-0.8)]), np.array([0, 1, 0])
    assert lambdarank.softmax_loss(second, one) == pytest.approx(0.8, rel=1e-9)
    assert metrics.ndcg_from_scores(one, second) == pytest.approx(0.6309, abs=5e-5)
    level, seven = np.log(np.append(np.full(7, np.exp(-2)), 1 - 7 * np.exp(-2))), np.append(np.ones(7), 0)
    assert lambdarank.softmax_loss(level, seven) == pytest.approx(2, rel=1e-9)
    assert metrics.ndcg_from_scores(seven, level) == 1.0


def test_one_film_costs_nothing_and_no_minus_shows():
    alone = tasks.SOFTMAX.reference(np.array([3.0]), np.array([2]))
    assert alone == 0 and not np.signbit(alone)


def test_the_example_of_the_messages_on_ap():
    before, after = metrics.average_precision([0, 1, 1]), metrics.average_precision([1, 1, 0])
    assert (before, after) == pytest.approx((7 / 12, 1), rel=1e-12)
    told = [wrong.misconception for wrong in tasks.AP_LAMBDAS.wrong if "7/12" in wrong.misconception]
    assert len(told) == 6 and all("(0, 1, 1)" in text and "to 1." in text for text in told)


def test_a_small_step_can_lower_ndcg():
    """What choice 06.6 denies: three grades, one step along the lambdas, and a worse order."""
    rng, fallen = np.random.default_rng(0), 0
    for _ in range(2000):
        scores, labels = rng.normal(size=5) / 10, rng.integers(0, 4, 5)
        after = scores - 0.05 * lambdarank.lambda_gradients(scores, labels)
        fallen += metrics.ndcg_from_scores(labels, after) < metrics.ndcg_from_scores(labels, scores) - 1e-9
    assert fallen > 0


def dependent_orders(task, steps):
    """Every right order of these steps, the others left out."""
    needs = {step: [n for n in task.depends_on.get(step, ()) if n in steps] for step in steps}
    return {
        "".join(order)
        for order in permutations(steps)
        if all(order.index(n) < order.index(step) for step in steps for n in needs[step])
    }


def test_every_order_of_the_proof_that_keeps_the_dependences_is_right():
    task = tasks.PROOF
    orders = dependent_orders(task, "gcidah")
    assert len(orders) == 2 * 20  # c and i in any order after g; d, a, h in this order; the two woven together
    assert all(task.missing((*order, "e", "b", "j", "f")) is None for order in orders)
    assert all(task.missing(("b", *order, "j", "e", "f")) is None for order in orders)
    for answer in ("gcidahebjf", "bjdahgicef", "dahgciebjf"):
        assert grade(task, answer).points == task.points
    for answer in ("cgidahebjf", "gcidaehbjf", "gcidhaebjf", "gcidahefbj", "gcidahejbf", "gcdahebijf"):
        assert grade(task, answer).points == 0


def test_the_steps_of_the_proof_hold():
    rng, discounts = np.random.default_rng(0), 1 / np.log2(np.arange(8) + 2)
    for _ in range(300):
        labels = rng.integers(0, 4, 8)  # in rank order
        gains = 2.0**labels - 1
        steps = {t: 2.0 ** (t - 1) for t in (1, 2, 3)}
        layers = {t: (labels >= t).astype(float) for t in steps}
        assert gains == pytest.approx(sum(c * layers[t] for t, c in steps.items()))  # g

        def shortfall(values):
            return np.sort(values)[::-1] @ discounts - values @ discounts

        def cost(values):
            return sum(
                (values[i] - values[j]) * (discounts[j] - discounts[i])
                for i, j in product(range(8), repeat=2)
                if values[i] > values[j] and j < i
            )

        assert shortfall(gains) == pytest.approx(sum(c * shortfall(layers[t]) for t, c in steps.items()))  # c
        assert cost(gains) == pytest.approx(sum(c * cost(layers[t]) for t, c in steps.items()))  # i
        for hits in layers.values():
            relevant = int(hits.sum())
            inside, outside = np.flatnonzero(hits[:relevant] == 0), relevant + np.flatnonzero(hits[relevant:])
            assert len(inside) == len(outside) and all(inside < outside)  # d
            assert shortfall(hits) == pytest.approx(np.sum(discounts[inside] - discounts[outside]), abs=1e-12)  # a
            assert shortfall(hits) <= cost(hits) + 1e-12  # h


def test_the_listings_share_a_right_helper_as_printed():
    assert inspect.getsource(tasks.swap_changes) in TEXTS["06"].read_text(encoding="utf-8")
    rng = np.random.default_rng(3)
    for n in (2, 4, 8):
        scores, labels = rng.integers(0, 4, n), np.append(rng.integers(0, 5, n - 1), 4)
        assert tasks.swap_changes(scores, labels) == pytest.approx(lambdarank.delta_ndcg(scores, labels), abs=1e-12)


def test_summed_over_all_pairs_the_labels_cancel():
    scores, labels = np.array([0.3, -0.2, 1.1, 0.4]), np.array([2, 0, 1, 3])
    x = scores[:, None] - scores
    expected = np.sum(lambdarank.delta_ndcg(scores, labels) * np.tanh(x / 2), axis=1)
    assert tasks.all_pairs_listing(scores, labels) == pytest.approx(expected, rel=1e-9)


CLOSE = {"scores": [0, 1], "labels": [1, 0]}


@pytest.mark.parametrize(
    ("task", "answer", "said"),
    [
        ("06.11", CLOSE, "The film that should rise most is due 0.2698 and gets 0.0530, a share of 0.1966"),
        ("06.11", {"scores": [9, 0], "labels": [1, 0]}, "No film should rise by 0.01 or more here"),
        ("06.11", {"scores": [0, 60], "labels": [1, 0]}, "scores go from −50 to 50"),
        ("06.11", {"scores": [0, np.nan], "labels": [1, 0]}, "scores go from −50 to 50"),
        ("06.11", {"scores": [0, 1], "labels": [1, 1]}, "two labels must differ"),
        ("06.11", {"scores": [0, 1], "labels": [0.5, 1]}, "labels are 0, 1, 2, 3 or 4"),
        ("06.11", {"scores": [0, 1, 2], "labels": [1, 0]}, "two lists of equal length, 2 to 8, got the shapes (3,)"),
        ("06.11", {"scores": [0, 1]}, "labels is missing: give a dict with scores and labels, as shy_lambdas_listing"),
        ("06.12", CLOSE, "film 0 is due -0.2698 and gets -0.1706"),
        ("06.12", {"scores": [30, 0], "labels": [1, 0]}, "the scores are so far apart"),
        ("06.12", {"scores": [0] * 9, "labels": [1] + [0] * 8}, "2 to 8, got the shapes (9,)"),
    ],
)
def test_a_counter_example_keeps_the_rules_and_is_answered_with_evidence(task, answer, said):
    report = grade(task, answer)
    assert report.points == 0 and said in report.findings[0].sentences[0]


def test_the_transfer_task_is_answered_nowhere_in_the_library():
    modules = [module for module in vars(recmath_lib).values() if inspect.ismodule(module) and module is not checks]
    assert modules and not any(hasattr(module, tasks.AP_LAMBDAS.name) for module in modules)
