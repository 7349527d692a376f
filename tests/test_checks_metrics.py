"""The tasks of lesson 04: mistakes as learners write them, and what is special to single tasks."""

from itertools import pairwise, permutations, product

import numpy as np
import pytest
from checking import each, every_seed, judged, mistakes
from hypothesis import given
from hypothesis import strategies as st

from recmath_lib import checks, metrics
from recmath_lib.checks import metrics as tasks
from recmath_lib.checks.base import FunctionTask
from recmath_lib.grading import check, grade

SHORT, LONGEST = 12, 80  # entries of a case that fits on a line, and of the one long list

all_functions = each(tasks.TASKS, FunctionTask)


# ---- wrong answers ---------------------------------------------------------------------------------------------------


def ndcg(labels, k):
    """What a learner has from task 04.2."""
    return metrics.ndcg_at_k(labels, k)


def turned_by_argsort(y_true, y_score, k=None):
    return ndcg(np.asarray(y_true)[np.argsort(y_score)[::-1]], k)


def minus_by_argsort(y_true, y_score, k=None):
    return ndcg(np.asarray(y_true)[np.argsort(-np.asarray(y_score))], k)


def minus_float_by_argsort(y_true, y_score, k=None):
    return ndcg(np.array(y_true)[np.argsort([-float(score) for score in y_score])], k)


def upwards_by_argsort(y_true, y_score, k=None):
    return ndcg(np.take(y_true, np.argsort(y_score)), k)


def cut_then_turned(y_true, y_score, k=None):
    top, scores = np.array(y_true[:k]), np.array(y_score[:k])
    return ndcg(top[np.argsort(scores)[::-1]], k)


def turned_then_cut(y_true, y_score, k=None):
    return ndcg(np.array(y_true)[np.argsort(y_score)[::-1][:k]], k)


def sorted_dict(y_true, y_score, k=None):
    label_of = dict(zip(y_score, y_true, strict=True))
    return ndcg([label for _, label in sorted(label_of.items(), reverse=True)], k)


def looked_up_in_a_dict(y_true, y_score, k=None):
    label_of = dict(zip(y_score, y_true, strict=True))
    return ndcg([label_of[score] for score in sorted(y_score)[::-1]], k)


def pool_cut_first(ranked_rels, k=None, all_rels=None, gain="exp"):
    pool = ranked_rels if all_rels is None else all_rels
    ideal = metrics.dcg_at_k(sorted(pool[:k], reverse=True), k, gain)
    return metrics.dcg_at_k(ranked_rels, k, gain) / ideal if ideal else 0.0


def discounted(rels, k, gain, log=np.log2):
    labels = np.array(rels, dtype=float)[:k]
    return (2**labels - 1 if gain == "exp" else labels) / log(np.arange(len(labels)) + 2)


def xor(rels, k=None, gain="exp"):
    labels = np.asarray(rels, dtype=float)[:k]
    gains = 2 ^ labels - 1 if gain == "exp" else labels
    return np.sum(gains / np.log2(np.arange(len(labels)) + 2))


def xor_in_a_loop(rels, k=None, gain="exp"):
    return sum((2 ^ y - 1 if gain == "exp" else y) / np.log2(i + 2) for i, y in enumerate(rels[:k]))


def returns_at_once(rels, k=None, gain="exp"):
    total = 0
    for term in discounted(rels, k, gain):
        total += term
        return total
    return None


def relevance(rels, n_relevant, k):
    hits = np.array(rels, dtype=float) > 0
    best = hits.sum() if n_relevant is None else n_relevant
    return hits[:k], max(best if k is None else min(k, best), 1)


def weighted_precision(rels, n_relevant=None, k=None):
    hits, best = relevance(rels, n_relevant, k)
    return np.sum(np.array(rels)[:k] * np.cumsum(hits) / np.arange(1, len(hits) + 1)) / best


def area_by_trapezoids(rels, n_relevant=None, k=None):
    hits, best = relevance(rels, n_relevant, k)
    found, ranks = np.cumsum(hits), np.arange(1, len(hits) + 1)
    recall, precision = np.append(0, found / best), np.append(1, found / ranks)
    return np.sum(np.diff(recall) * (precision[1:] + precision[:-1]) / 2)


def label_by_rank(rels, k=None):
    return next((y / rank for rank, y in enumerate(rels[:k], 1) if y > 0), 0.0)


def gives_up(rels, k=None):
    for rank, label in enumerate(rels[:k], 1):
        if label > 0:
            return 1 / rank
        return 0.0
    return None


def block_means_over_ranks(y_true, y_score, k=None):
    hits, scores = np.array(y_true) > 0, np.array(y_score)
    ranked = np.sort(scores)[::-1][:k]
    return sum(hits[scores == score].mean() / rank for rank, score in enumerate(ranked, 1))


@every_seed
@pytest.mark.parametrize(
    ("task", "mistake", "answer"),
    [
        ("04.3", "ties reversed", turned_by_argsort),
        ("04.3", "minus an unsigned score, ties in any order", minus_by_argsort),
        ("04.3", "ties in any order", minus_float_by_argsort),
        ("04.3", "lowest score first", upwards_by_argsort),
        ("04.3", "cut before ranking", cut_then_turned),
        ("04.3", "ideal from the first k", turned_then_cut),
        ("04.3", "one film per score", sorted_dict),
        ("04.3", "looked up by score", looked_up_in_a_dict),
        ("04.2", "pool cut before sorting", pool_cut_first),
        ("04.1", "logarithm to base 10", lambda rels, k=None, gain="exp": sum(discounted(rels, k, gain, np.log10))),
        ("04.1", "^ for a power", xor),
        ("04.1", "^ for a power", xor_in_a_loop),
        ("04.1", "mean over places", lambda rels, k=None, gain="exp": np.mean(discounted(rels, k, gain))),
        ("04.1", "return inside the loop", returns_at_once),
        ("04.4", "labels as weights", weighted_precision),
        ("04.4", "trapezoids", area_by_trapezoids),
        ("04.6", "label over rank", label_by_rank),
        ("04.6", "the first film decides", gives_up),
        ("04.18", "a sum over places", block_means_over_ranks),
        ("04.7", "AUC over 15", [1 / 2, 2 / 5, 1 / 3, 2.5 / 15]),
        ("04.7", "tied pair left out", [1 / 2, 2 / 5, 1 / 3, 2 / 8]),
        ("04.13", "the four means equally likely", [0.25, 0.25, 0, 1]),
    ],
)
def test_a_mistake_is_named_as_learners_write_it(task, mistake, answer, seed):
    task = checks.find(task)
    assert judged(task, answer, seed).points < task.points
    assert mistakes(task, answer, seed) == [mistake]


# ---- right answers ---------------------------------------------------------------------------------------------------


def test_the_natural_logarithm_passes_where_it_cancels():
    natural = tasks.dcg_with(discount=lambda rank: 1 / np.log(rank + 1))
    assert grade("04.2", tasks.ndcg_with(dcg=natural, ideal_dcg=natural)).points == tasks.NDCG.points
    assert grade("04.1", natural).points < 1


# ---- cases -----------------------------------------------------------------------------------------------------------


@all_functions
@every_seed
def test_cases_are_small_and_some_are_drawn(task, seed):
    sizes = [np.concatenate([np.ravel(part) for part in case.args[0]] or [[]]).size for case in task.cases(seed)]
    assert sum(size > SHORT for size in sizes) <= 1 and max(sizes) <= LONGEST
    assert repr(task.cases(seed)) == repr(task.cases(seed)) != repr(task.cases(seed + 1))


@all_functions
@every_seed
def test_the_first_case_is_an_ordinary_small_list(task, seed):
    first = task.cases(seed)[0]
    assert 2 <= np.concatenate([np.ravel(part) for part in first.args[0]]).size <= 6 and not first.kwargs
    assert task.reference(*first.args) > 0


# ---- single tasks ----------------------------------------------------------------------------------------------------


def test_the_three_numbers_are_those_of_the_sums():
    gains, ideal = [7, 3, 7, 0, 1], [7, 7, 3, 1, 0]
    dcg = sum(gain / np.log2(rank) for gain, rank in zip(gains, range(2, 7), strict=True))
    best = sum(gain / np.log2(rank) for gain, rank in zip(ideal, range(2, 7), strict=True))
    assert tasks.BY_HAND.expected == pytest.approx({"dcg": dcg, "ideal": best, "ndcg": dcg / best}, rel=1e-12)


def test_the_published_number_is_the_ideals(capsys):
    check("04.0", (13.35, 13.35, 1.0))
    said = " ".join(capsys.readouterr().out.split())
    assert "it is the ideal's" in said and "1 of 3 numbers are right" in said


def test_four_numbers_by_counting():
    relevant, irrelevant = [7, 5, 2], [9, 7, 3]
    pairs = [(s > t) + (s == t) / 2 for s, t in product(relevant, irrelevant)]
    by_hand = {"precision": 2 / 4, "recall": 2 / 5, "reciprocal_rank": 1 / 3, "auc": sum(pairs) / 9}
    assert tasks.FOUR.expected == pytest.approx(by_hand, rel=1e-12)


def test_three_users_resampled():
    expected = tasks.THREE_RESAMPLED.expected
    assert expected == pytest.approx({"all_0": (2 / 3) ** 3, "all_1": (1 / 3) ** 3, "low": 0.0, "high": 1.0})
    drawn = metrics.bootstrap_interval(tasks.THREE_USERS, n_resamples=20_000, seed=0)
    assert drawn == pytest.approx((expected["low"], expected["high"]))


def test_every_order_of_the_argument_that_keeps_the_dependences_is_right():
    task, free = tasks.EXCHANGE, "acbh"
    orders = ["".join(order) for order in permutations("abcefgh") if task.missing(order) is None]
    assert len(orders) == 12 and {order[-1] for order in orders} == {"g"} and set(free) <= set(orders[0])
    assert all(grade(task, order + "id").points == task.points for order in orders)


tied = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=6)


@given(tied, st.none() | st.integers(1, 7))
def test_the_formulas_of_the_transfer_task_are_means_over_all_orders(films, k):
    labels, scores = [label for label, _ in films], [score for _, score in films]
    allowed = [o for o in permutations(films) if all(a[1] >= b[1] for a, b in pairwise(o))]
    by_hand = np.mean([metrics.reciprocal_rank([label for label, _ in order], k) for order in allowed])
    for answer in (tasks.TIED.reference, *tasks.TIED.right):
        assert answer(labels, scores, k) == pytest.approx(by_hand, rel=1e-12, abs=1e-15)


def test_the_transfer_task_is_answered_nowhere_in_the_library():
    assert not hasattr(metrics, tasks.TIED.name)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"ranked_rels": [4], "k": 2, "all_rels": [1]}, "all_rels must contain"),
        ({"ranked_rels": [1], "k": 0, "all_rels": [1, 1]}, "k must be an integer >= 1"),
        ({"ranked_rels": [1], "k": 2, "all_rels": [1] * 21}, "at most 20 films"),
        ({"ranked_rels": [1], "k": 2}, "ndcg_at_k_listing"),  # as the exercise prints it
    ],
)
def test_a_counter_example_keeps_the_rules(answer, said):
    report = grade(tasks.SHORT_LIST, answer)
    assert report.points == 0 and said in report.findings[0].sentences[0]
