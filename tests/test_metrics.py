"""Every metric against a second road to the same number: permutations, pair loops, sums written out, SciPy."""

import math
import tracemalloc
from fractions import Fraction
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from recmath_lib import metrics

EXERCISE = [3, 2, 3, 0, 1]
CUTS = [None, 1, 2, 3, 5, 9]
GAINS = ["exp", "linear"]
TIES = ["order", "average"]

grade = st.integers(0, 4)
fraction = st.floats(0, 8, allow_subnormal=False).map(lambda y: round(y, 3))
labels = st.lists(grade | fraction, max_size=9)
binary = st.lists(st.integers(0, 1), max_size=9)
cut = st.none() | st.integers(1, 12)
gain = st.sampled_from(GAINS)
score = st.integers(-3, 3) | st.sampled_from([-math.inf, -0.5, 0.5, math.inf])
judged = st.lists(st.tuples(grade, score), max_size=9)
few_judged = st.lists(st.tuples(grade, st.integers(0, 2)), max_size=6)


def columns(pairs):
    return [y for y, _ in pairs], [s for _, s in pairs]


def worth(y, gain):
    return 2.0**y - 1 if gain == "exp" else float(y)


def dcg_by_sum(rels, k, gain):
    return math.fsum(worth(y, gain) / math.log2(rank + 1) for rank, y in enumerate(rels[:k], start=1))


def best_dcg_by_trying(rels, k, gain):
    return max(dcg_by_sum(order, k, gain) for order in permutations(rels))


def orders(scores):
    """All orders by descending score: the permutations of every tied group."""
    return [p for p in permutations(range(len(scores))) if all(scores[a] >= scores[b] for a, b in pairwise(p))]


def ap_by_counting(rels, n_relevant, k):
    """Equation (4.7) in exact fractions, counting the hits above every hit afresh."""
    places = range(1, len(rels[:k]) + 1)
    precisions = [Fraction(sum(y > 0 for y in rels[:i]), i) for i in places if rels[i - 1] > 0]
    best = n_relevant if k is None else min(k, n_relevant)
    return float(sum(precisions) / best) if best else 0.0


def area_under_the_steps(rels):
    """Precision over recall: at every rank where recall moves, a rectangle as high as the precision there."""
    hits = [sum(rels[:rank]) for rank in range(len(rels) + 1)]
    return sum((now - before) / sum(rels) * (now / rank) for rank, (before, now) in enumerate(pairwise(hits), start=1))


# ---- (4.1) to (4.4) ----


@pytest.mark.equation("4.1")
@pytest.mark.parametrize(
    ("rels", "k", "expected"),
    [([1, 0, 1, 1], 2, 1 / 2), ([1, 0, 1, 1], 5, 3 / 5), ([1, 0, 2, 0.5], None, 3 / 4), ([0, 0], 1, 0), ([], None, 0)],
)
def test_precision_divides_by_k(rels, k, expected):
    assert metrics.precision_at_k(rels, k) == expected


@pytest.mark.equation("4.2")
@pytest.mark.parametrize(
    ("rels", "k", "n_relevant", "expected"),
    [
        ([1, 0, 1, 1], 2, None, 1 / 3),
        ([1, 0, 1, 1], 9, None, 1),
        ([1, 0, 1, 1], 3, 8, 1 / 4),
        ([0, 0], 1, 3, 0),
        ([], 4, None, 0),
    ],
)
def test_recall_divides_by_all_relevant_films(rels, k, n_relevant, expected):
    assert metrics.recall_at_k(rels, k, n_relevant) == expected


@pytest.mark.equation("4.1")
@pytest.mark.equation("4.2")
@given(binary.filter(any), st.integers(1, 12))
def test_precision_and_recall_count_the_same_hits(rels, k):
    hits = sum(rels[:k])
    assert metrics.precision_at_k(rels, k) * k == pytest.approx(hits, abs=1e-12)
    assert metrics.recall_at_k(rels, k) * sum(rels) == pytest.approx(hits, abs=1e-12)


@pytest.mark.equation("4.3")
@given(labels, cut)
def test_reciprocal_rank_looks_for_the_first_hit(rels, k):
    first = next((1 / rank for rank, y in enumerate(rels[:k], start=1) if y > 0), 0.0)
    assert metrics.reciprocal_rank(rels, k) == first


@pytest.mark.equation("4.3")
def test_reciprocal_rank_of_a_hit_at_three():
    assert metrics.reciprocal_rank([0, 0, 2, 1]) == 1 / 3
    assert metrics.reciprocal_rank([0, 0, 2, 1], k=2) == 0


@pytest.mark.equation("4.4")
@given(judged)
def test_auc_by_a_loop_over_all_pairs(pairs):
    good, bad = [s for y, s in pairs if y > 0], [s for y, s in pairs if y == 0]
    won = sum(1 if g > b else 0.5 if g == b else 0 for g in good for b in bad)
    expected = won / (len(good) * len(bad)) if good and bad else 0.5
    assert metrics.auc(*columns(pairs)) == pytest.approx(expected, rel=1e-12)


@pytest.mark.equation("4.4")
def test_auc_equals_the_mann_whitney_statistic():
    rng = np.random.default_rng(4)
    y, s = rng.random(200) < 0.3, rng.integers(0, 30, 200)
    u = stats.mannwhitneyu(s[y], s[~y]).statistic
    assert metrics.auc(y, s) == pytest.approx(u / (y.sum() * (~y).sum()), rel=1e-12)


@given(st.lists(st.tuples(grade, st.integers(-9, 9)), max_size=9))
def test_auc_of_the_reversed_scores_is_the_rest(pairs):
    y, s = columns(pairs)
    assert metrics.auc(y, s) + metrics.auc(y, [-v for v in s]) == pytest.approx(1, rel=1e-12)


# ---- (4.5) to (4.8) ----


@pytest.mark.equation("4.5")
@given(labels)
def test_average_precision_by_counting(rels):
    n_relevant = sum(y > 0 for y in rels)
    assert metrics.average_precision(rels) == pytest.approx(ap_by_counting(rels, n_relevant, None), rel=1e-12)


@pytest.mark.equation("4.5")
@pytest.mark.equation("4.6")
def test_the_j_th_hit_at_rank_r_adds_j_over_r():
    assert metrics.average_precision([1, 0, 1, 0, 0, 1]) == pytest.approx((1 / 1 + 2 / 3 + 3 / 6) / 3, rel=1e-12)
    assert metrics.average_precision([0, 1, 0, 1], n_relevant=5) == pytest.approx((1 / 2 + 2 / 4) / 5, rel=1e-12)


@pytest.mark.equation("4.6")
@given(binary.filter(any))
def test_average_precision_is_the_area_under_the_steps(rels):
    assert metrics.average_precision(rels) == pytest.approx(area_under_the_steps(rels), rel=1e-12)


@pytest.mark.equation("4.7")
@given(labels, cut, st.integers(0, 5))
def test_average_precision_at_k_by_counting(rels, k, unranked):
    n_relevant = sum(y > 0 for y in rels) + unranked
    expected = ap_by_counting(rels, n_relevant, k)
    assert metrics.average_precision(rels, n_relevant, k) == pytest.approx(expected, rel=1e-12)


@pytest.mark.equation("4.7")
@pytest.mark.parametrize(("k", "expected"), [(1, 1), (2, 1 / 2), (3, (1 + 2 / 3) / 3), (6, (1 + 2 / 3 + 1 / 2) / 3)])
def test_average_precision_at_k_divides_by_what_k_places_can_hold(k, expected):
    assert metrics.average_precision([1, 0, 1, 0, 0, 1], k=k) == pytest.approx(expected, rel=1e-12)


@pytest.mark.equation("4.5")
@pytest.mark.equation("4.7")
@given(few_judged, cut)
def test_average_precision_scores_over_all_tied_orders(pairs, k):
    y, s = columns(pairs)
    n_relevant = sum(v > 0 for v in y)
    each = [ap_by_counting([y[i] for i in order], n_relevant, k) for order in orders(s)]
    assert metrics.average_precision_scores([y], [s], k, "average")[0] == pytest.approx(np.mean(each), abs=1e-12)
    in_order = ap_by_counting([y[i] for i in sorted(range(len(s)), key=lambda i: -s[i])], n_relevant, k)
    assert metrics.average_precision_scores([y], [s], k)[0] == pytest.approx(in_order, abs=1e-12)


@pytest.mark.equation("4.5")
@pytest.mark.equation("4.7")
def test_average_precision_scores_of_two_films_that_tie():
    assert metrics.average_precision_scores([[0, 1], [0, 1]], [[5, 5], [1, 2]]).tolist() == [1 / 2, 1]
    assert metrics.average_precision_scores([[0, 1]], [[5, 5]], ties="average").tolist() == [3 / 4]


@pytest.mark.equation("4.8")
@given(st.lists(st.tuples(binary, st.integers(0, 2)), max_size=6))
def test_mean_average_precision_is_over_the_queries_that_have_a_relevant_film(queries):
    counts = [sum(rels) + unranked for rels, unranked in queries]
    each = [ap_by_counting(rels, n, None) for (rels, _), n in zip(queries, counts, strict=True) if n]
    expected = sum(each) / len(each) if each else 0.0
    assert metrics.mean_average_precision([rels for rels, _ in queries], counts) == pytest.approx(expected, rel=1e-12)


@pytest.mark.equation("4.8")
def test_mean_average_precision_leaves_the_empty_query_out():
    assert metrics.mean_average_precision([[1, 0, 1], [0, 0, 0]]) == pytest.approx(5 / 6, rel=1e-12)
    assert metrics.mean_average_precision([[1, 0, 1], [0, 0, 0]], [2, 1]) == pytest.approx(5 / 12, rel=1e-12)
    assert metrics.mean_average_precision([[0, 0]]) == metrics.mean_average_precision([]) == 0


# ---- (4.9) to (4.11) ----


@pytest.mark.equation("4.9")
@given(labels, cut, gain)
def test_dcg_by_the_sum_written_out(rels, k, gain):
    assert metrics.dcg_at_k(rels, k, gain) == pytest.approx(dcg_by_sum(rels, k, gain), rel=1e-12)


@pytest.mark.equation("4.9")
def test_dcg_of_the_exercise_in_natural_logarithms():
    gains = [7, 3, 7, 0, 1]
    by_hand = math.log(2) * sum(g / math.log(i + 2) for i, g in enumerate(gains))
    assert metrics.dcg_at_k(EXERCISE) == pytest.approx(by_hand, rel=1e-12)
    assert f"{metrics.dcg_at_k(EXERCISE):.6f} {metrics.dcg_at_k([3, 3, 2, 1, 0]):.6f}" == "12.779642 13.347185"


@pytest.mark.equation("4.10")
@pytest.mark.parametrize("k", CUTS)
@pytest.mark.parametrize("gain", GAINS)
@pytest.mark.parametrize("pool", [EXERCISE, [3, 2, 3, 0, 1, 4], [0.5, 3, 3, 2, 0, 1, 0]])
def test_ndcg_divides_by_the_best_of_all_orders(k, gain, pool):
    expected = dcg_by_sum(EXERCISE, k, gain) / best_dcg_by_trying(pool, k, gain)
    assert metrics.ndcg_at_k(EXERCISE, k, pool, gain) == pytest.approx(expected, rel=1e-12)


@pytest.mark.equation("4.10")
def test_the_ideal_is_cut_at_k_not_at_the_end_of_the_list():
    best = dcg_by_sum([3, 3], 2, "exp")
    assert metrics.ndcg_at_k([3], 2, [0, 3, 3]) == pytest.approx(7 / best, rel=1e-12)
    assert metrics.ndcg_at_k([3], None, [0, 3, 3]) == pytest.approx(7 / best, rel=1e-12)
    assert metrics.ndcg_at_k([3, 2], 2, EXERCISE) == pytest.approx((7 + 3 / math.log2(3)) / best, rel=1e-12)


def test_only_the_ideal_order_of_the_exercise_earns_one():
    values = {order: metrics.ndcg_at_k(order) for order in permutations(EXERCISE)}
    assert [order for order, value in values.items() if value == 1] == [(3, 3, 2, 1, 0)]
    assert len(values) == 60 and f"{min(values.values()):.6f} {values[tuple(EXERCISE)]:.6f}" == "0.588411 0.957478"


@pytest.mark.equation("4.10")
@given(judged, cut, gain)
def test_ndcg_from_scores_by_sorting_a_list_of_pairs(pairs, k, gain):
    y, s = columns(pairs)
    ranked = [y[i] for i in sorted(range(len(s)), key=lambda i: (-s[i], i))]
    ideal = dcg_by_sum(sorted(y, reverse=True), k, gain)
    expected = dcg_by_sum(ranked, k, gain) / ideal if ideal else 0.0
    assert metrics.ndcg_from_scores(y, s, k, gain) == pytest.approx(expected, rel=1e-12)
    assert metrics.ndcg_scores([y], [s], k, gain)[0] == pytest.approx(expected, rel=1e-12)


@pytest.mark.equation("4.10")
def test_scores_decide_the_order_of_the_exercise():
    by_rank, expected = [5, 4, 3, 2, 1], dcg_by_sum(EXERCISE, 5, "exp") / dcg_by_sum([3, 3, 2, 1, 0], 5, "exp")
    assert metrics.ndcg_from_scores(EXERCISE, by_rank) == pytest.approx(expected, rel=1e-12)
    assert metrics.ndcg_scores([EXERCISE] * 2, [by_rank, EXERCISE]) == pytest.approx([expected, 1], rel=1e-12)


@pytest.mark.equation("4.11")
@given(few_judged, cut, gain)
def test_tied_ndcg_is_the_mean_over_all_orders(pairs, k, gain):
    y, s = columns(pairs)
    ideal = dcg_by_sum(sorted(y, reverse=True), k, gain)
    each = [dcg_by_sum([y[i] for i in order], k, gain) / (ideal or 1) for order in orders(s)]
    assert metrics.ndcg_from_scores(y, s, k, gain, "average") == pytest.approx(np.mean(each), abs=1e-12)
    assert metrics.ndcg_scores([y], [s], k, gain, "average")[0] == pytest.approx(np.mean(each), abs=1e-12)


@pytest.mark.equation("4.11")
def test_a_constant_model_earns_what_a_shuffle_earns_on_average():
    discount = [1 / math.log2(rank + 1) for rank in range(1, 6)]
    ideal = dcg_by_sum([3, 3, 2, 1, 0], 5, "exp")
    shuffled = np.mean([7, 3, 7, 0, 1]) * sum(discount) / ideal
    assert metrics.ndcg_from_scores(EXERCISE, [1] * 5, ties="average") == pytest.approx(shuffled, rel=1e-12)
    assert metrics.ndcg_scores([EXERCISE], [[1] * 5], ties="average") == pytest.approx([shuffled], rel=1e-12)


# ---- (4.12) ----


@pytest.mark.equation("4.12")
@pytest.mark.parametrize(("n", "level", "n_resamples"), [(1, 0.95, 10), (7, 0.5, 999), (671, 0.95, 2000)])
def test_bootstrap_interval_equals_scipy_with_the_same_draws(n, level, n_resamples):
    values = np.random.default_rng(1).beta(0.5, 2, n)
    settings = {"confidence_level": level, "n_resamples": n_resamples, "method": "percentile"}
    if n == 1:  # SciPy wants two values; one value has one mean
        expected = values[0], values[0]
    else:
        expected = stats.bootstrap((values,), np.mean, rng=np.random.default_rng(5), **settings).confidence_interval
    low, high = metrics.bootstrap_interval(values, level, n_resamples, seed=5)
    assert (low, high) == pytest.approx(tuple(expected), rel=1e-12)
    assert (low, high) == metrics.bootstrap_interval(values, level, n_resamples, seed=np.random.default_rng(5))


@pytest.mark.equation("4.12")
def test_bootstrap_interval_of_two_values_by_counting_all_draws():
    low, high = metrics.bootstrap_interval([0, 1], level=0.2, n_resamples=500)
    assert (low, high) == (0.5, 0.5)  # the draws 00, 01, 10, 11: the middle 20 % of the means are one half
    low, high = metrics.bootstrap_interval([0, 1], level=0.9, n_resamples=500)
    assert (low, high) == (0, 1)


def test_blocks_do_not_change_the_draws(monkeypatch):
    values = np.random.default_rng(2).random(50)
    whole = metrics.bootstrap_interval(values)
    monkeypatch.setattr(metrics, "BLOCK_CELLS", 120)
    assert metrics.bootstrap_interval(values) == whole


# ---- properties ----


@given(labels, cut, gain)
def test_bounds(rels, k, gain):
    for value in (
        metrics.precision_at_k(rels, k),
        metrics.recall_at_k(rels, k),
        metrics.reciprocal_rank(rels, k),
        metrics.average_precision(rels, k=k),
        metrics.ndcg_at_k(rels, k, gain=gain),
    ):
        assert 0 <= value <= 1


@given(labels, labels, cut, gain, st.sampled_from([np.float32, np.float64]), st.randoms())
def test_ndcg_stays_within_its_bounds_when_more_films_were_judged(rels, unranked, k, gain, dtype, random):
    judged = [*rels, *unranked]
    random.shuffle(judged)
    assert 0 <= metrics.ndcg_at_k(rels, k, np.array(judged, dtype), gain) <= 1


@given(st.lists(st.tuples(fraction, st.integers(0, 2)), max_size=9), cut, gain, st.sampled_from(TIES))
def test_ndcg_and_ap_stay_within_their_bounds_in_tied_orders(pairs, k, gain, ties):
    y, s = columns(pairs)
    assert 0 <= metrics.ndcg_from_scores(y, s, k, gain, ties) <= 1
    for value in (metrics.ndcg_scores([y], [s], k, gain, ties), metrics.average_precision_scores([y], [s], k, ties)):
        assert 0 <= value[0] <= 1


@pytest.mark.parametrize("gain", GAINS)
def test_labels_that_differ_by_rounding_earn_no_more_than_one(gain):
    assert metrics.ndcg_at_k([3.0000001], all_rels=[3.0], gain=gain) == 1
    assert metrics.ndcg_from_scores([0.1] * 3, [5] * 3, gain=gain, ties="average") <= 1


@given(st.lists(grade, min_size=2, max_size=9), cut, gain, st.data())
def test_moving_a_better_film_up_never_costs(rels, k, gain, data):
    i, j = sorted(data.draw(st.lists(st.integers(0, len(rels) - 1), min_size=2, max_size=2)))
    better = list(rels)
    better[i], better[j] = max(rels[i], rels[j]), min(rels[i], rels[j])
    worse = list(rels)
    worse[i], worse[j] = better[j], better[i]
    for metric in (metrics.precision_at_k, metrics.recall_at_k, metrics.reciprocal_rank):
        assert metric(better, k) >= metric(worse, k)
    assert metrics.average_precision(better, k=k) >= metrics.average_precision(worse, k=k) - 1e-12
    assert metrics.ndcg_at_k(better, k, gain=gain) >= metrics.ndcg_at_k(worse, k, gain=gain) - 1e-12


@given(judged, cut, gain, st.sampled_from(TIES))
def test_a_monotone_map_of_the_scores_changes_nothing(pairs, k, gain, ties):
    y, s = columns(pairs)
    mapped = np.arctan(s) if pairs else s
    assert metrics.auc(y, mapped) == metrics.auc(y, s)
    assert metrics.ndcg_from_scores(y, mapped, k, gain, ties) == metrics.ndcg_from_scores(y, s, k, gain, ties)
    one, other = (metrics.average_precision_scores([y], [v], k, ties) for v in (mapped, s))
    assert one.tolist() == other.tolist()


@given(st.permutations(range(6)), st.lists(grade, min_size=6, max_size=6), cut)
def test_without_ties_both_tie_rules_agree(scores, rels, k):
    for many in (metrics.ndcg_scores, metrics.average_precision_scores):
        by_rule = [many([rels], [scores], k, ties=ties)[0] for ties in TIES]
        assert by_rule[0] == pytest.approx(by_rule[1], rel=1e-12)


@given(judged, st.integers(9, 20), gain)
def test_a_cut_beyond_the_list_is_the_whole_list(pairs, k, gain):
    y, s = columns(pairs)
    assert metrics.dcg_at_k(y, k, gain) == metrics.dcg_at_k(y, None, gain)
    assert metrics.ndcg_at_k(y, k, gain=gain) == metrics.ndcg_at_k(y, gain=gain)
    assert metrics.average_precision(y, k=k) == metrics.average_precision(y)
    assert metrics.ndcg_scores([y], [s], k) == metrics.ndcg_scores([y], [s])


@pytest.mark.parametrize("k", CUTS)
def test_a_query_with_nothing_relevant_or_no_film_earns_nothing(k):
    for rels in ([], [0, 0, 0]):
        for metric in (metrics.recall_at_k, metrics.reciprocal_rank, metrics.dcg_at_k, metrics.ndcg_at_k):
            assert metric(rels, k) == 0
        assert metrics.precision_at_k(rels, k) == metrics.average_precision(rels, k=k) == 0
        assert metrics.auc(rels, rels) == 0.5
        for ties in TIES:
            assert metrics.ndcg_from_scores(rels, rels, k, ties=ties) == 0
            assert metrics.ndcg_scores([rels] * 2, [rels] * 2, k, ties=ties).tolist() == [0, 0]
            assert metrics.average_precision_scores([rels] * 2, [rels] * 2, k, ties).tolist() == [0, 0]
    none = np.empty((0, 4))
    assert metrics.ndcg_scores(none, none, k).shape == metrics.average_precision_scores(none, none, k).shape == (0,)


@pytest.mark.parametrize("k", CUTS)
def test_a_query_with_everything_relevant_earns_everything(k):
    rels, scores = [1, 1, 1, 1, 1], [[3, 1, 2, 2, -math.inf]]
    assert metrics.recall_at_k(rels, k) == min(k or 5, 5) / 5
    assert metrics.average_precision(rels, k=k) == metrics.ndcg_at_k(rels, k) == metrics.reciprocal_rank(rels, k) == 1
    for ties in TIES:
        assert metrics.ndcg_scores([rels], scores, k, ties=ties) == pytest.approx(1, rel=1e-12)
        assert metrics.average_precision_scores([rels], scores, k, ties) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64, np.float16, np.float32])
def test_no_dtype_overflows_and_no_input_changes(dtype):
    rels = np.array([60, 0, 100, 9, 8], dtype)
    scores = np.array([0, 100, 100, 3, 0], dtype)
    before = rels.copy(), scores.copy()
    assert metrics.dcg_at_k(rels) == pytest.approx(dcg_by_sum([60, 0, 100, 9, 8], None, "exp"), rel=1e-12)
    assert metrics.ndcg_at_k(rels, 2, rels) == metrics.ndcg_at_k([60.0, 0, 100, 9, 8], 2)
    expected = metrics.ndcg_at_k([0, 100, 9, 60, 8])
    assert metrics.ndcg_from_scores(rels, scores) == pytest.approx(expected, rel=1e-12)
    assert metrics.ndcg_scores(rels[None], scores[None])[0] == pytest.approx(expected, rel=1e-12)
    assert metrics.average_precision_scores(rels[None], scores[None])[0] == metrics.average_precision([0, 1, 1, 1, 1])
    assert metrics.auc(rels, scores) == 1 / 8
    assert (before[0] == rels).all() and (before[1] == scores).all()


def test_bool_labels_and_bool_scores():
    liked, shown = np.array([True, False, True]), np.array([False, True, True])
    assert metrics.average_precision(liked) == metrics.average_precision([1, 0, 1])
    assert metrics.ndcg_from_scores(liked, shown) == metrics.ndcg_at_k([0, 1, 1])
    assert metrics.ndcg_scores([liked], [shown], 1).tolist() == [0]


def test_whole_number_scores_beyond_float64_are_told_apart():
    scores = np.array([2**60, 2**60 + 1])
    assert metrics.ndcg_from_scores([0, 1], scores) == metrics.auc([0, 1], scores) == 1
    assert metrics.ndcg_scores([[0, 1]], [scores], 1).tolist() == [1]


# ---- many queries at once ----


@pytest.mark.parametrize("k", CUTS)
@pytest.mark.parametrize("ties", TIES)
@pytest.mark.parametrize("levels", [2, 5, 1000])
def test_many_at_once_equals_one_by_one(monkeypatch, k, ties, levels):
    rng = np.random.default_rng(levels)
    y, s = rng.integers(0, 5, (60, 12)) * (rng.random((60, 1)) < 0.9), rng.integers(0, levels, (60, 12))
    monkeypatch.setattr(metrics, "BLOCK_CELLS", 100)
    for gain in GAINS:
        one_by_one = [metrics.ndcg_from_scores(a, b, k, gain, ties) for a, b in zip(y, s, strict=True)]
        for scores in (s, s.astype(np.float32), np.asfortranarray(s), s[:, ::-1][:, ::-1]):
            assert metrics.ndcg_scores(y, scores, k, gain, ties) == pytest.approx(one_by_one, rel=1e-12)
    if ties == "order":
        ranked = [a[np.argsort(-b, kind="stable")] for a, b in zip(y, s, strict=True)]
        one_by_one = [metrics.average_precision(a, k=k) for a in ranked]
        assert metrics.average_precision_scores(y, s, k) == pytest.approx(one_by_one, rel=1e-12)


def test_memory_is_bounded_by_blocks():
    rng = np.random.default_rng(0)
    y, s = rng.integers(0, 5, (20_000, 50)), rng.random((20_000, 50))
    for many in (metrics.ndcg_scores, metrics.average_precision_scores):
        tracemalloc.start()
        many(y, s, 10)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < s.nbytes / 2


# ---- what is refused ----

ONE_LIST = [
    metrics.precision_at_k,
    metrics.recall_at_k,
    metrics.reciprocal_rank,
    metrics.average_precision,
    metrics.dcg_at_k,
]
MANY = [metrics.ndcg_scores, metrics.average_precision_scores]


@pytest.mark.parametrize("metric", ONE_LIST)
@pytest.mark.parametrize(
    ("rels", "message"),
    [
        ([1, -2], "rels must be finite numbers >= 0, got -2"),
        ([1, math.nan], "rels must be finite numbers >= 0, got nan"),
        ([1, math.inf], "rels must be finite numbers >= 0, got inf"),
        ([None, 1], "rels must be an array of numbers, got "),
        (["good", "bad"], "rels must be an array of numbers, got "),
        ([[1, 0], [1]], "rels must be an array of numbers, got "),
        ([1 + 2j], "rels must be an array of numbers, got "),
        ([[1, 0]], r"rels must have shape \(n,\), got \(1, 2\)"),
        (3, r"rels must have shape \(n,\), got \(\)"),
    ],
)
def test_refuses_labels(metric, rels, message):
    with pytest.raises(ValueError, match=message):
        metric(rels)


@pytest.mark.parametrize("k", [0, -1, 2.0, "3", True, math.inf])
def test_refuses_a_cut_that_is_no_whole_number(k):
    calls = [lambda metric=metric: metric([1, 0], k=k) for metric in [*ONE_LIST, metrics.ndcg_at_k]]
    calls += [lambda metric=metric: metric([[1, 0]], [[1, 2]], k=k) for metric in MANY]
    for call in [*calls, lambda: metrics.ndcg_from_scores([1, 0], [1, 2], k=k)]:
        with pytest.raises(ValueError, match=f"k must be an integer >= 1, got {k!r}"):
            call()


@pytest.mark.parametrize("metric", [metrics.auc, metrics.ndcg_from_scores, *MANY])
@pytest.mark.parametrize(
    ("y", "s", "message"),
    [
        ([1, 0], [1, math.nan], "y_score must be numbers or .*, got nan"),
        ([1, math.nan], [1, 2], "y_true must be finite numbers >= 0, got nan"),
        ([1, -1], [1, 2], "y_true must be finite numbers >= 0, got -1"),
        ([1, 0], [1, 2, 3], "y_score must have the shape of y_true, "),
        ([1, 0], ["a", "b"], "y_score must be an array of numbers, got "),
    ],
)
def test_refuses_labels_and_scores(metric, y, s, message):
    rows = ([y], [s]) if metric in MANY else (y, s)
    with pytest.raises(ValueError, match=message):
        metric(*rows)


def test_refuses_one_list_where_many_are_expected():
    with pytest.raises(ValueError, match=r"y_true must have shape \(queries, items\), got \(2,\)"):
        metrics.ndcg_scores([1, 0], [1, 2])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.recall_at_k([1, 1], 1, n_relevant=1), "n_relevant must be an integer >= 2, got 1"),
        (lambda: metrics.average_precision([1, 1], n_relevant=1), "n_relevant must be an integer >= 2, got 1"),
        (lambda: metrics.average_precision([0], n_relevant=-1), "n_relevant must be an integer >= 0, got -1"),
        (lambda: metrics.average_precision([0], n_relevant=2.0), "n_relevant must be an integer >= 0, got 2.0"),
        (lambda: metrics.mean_average_precision(None), "ranked_lists must hold one list per query, got None"),
        (lambda: metrics.mean_average_precision([1, 0]), r"ranked_lists must hold one list per query, got \[1, 0\]"),
        (lambda: metrics.mean_average_precision([[1]], 3), "n_relevants must hold one count per query, got 3"),
        (lambda: metrics.mean_average_precision([[1], [0]], [1]), "n_relevants must have one entry per list"),
        (lambda: metrics.mean_average_precision([[1, 1]], [1]), "n_relevants must be an integer >= 2, got 1"),
        (lambda: metrics.mean_average_precision([[1, -1]]), "ranked_lists must be finite numbers >= 0, got -1"),
        (lambda: metrics.ndcg_at_k([1], all_rels=[-1]), "all_rels must be finite numbers >= 0, got -1"),
        (lambda: metrics.ndcg_at_k([-1]), "ranked_rels must be finite numbers >= 0, got -1"),
        (lambda: metrics.ndcg_at_k([2, 0], all_rels=[1, 1]), r"all_rels must contain .* \[2.0\], got \[1.0, 1.0\]"),
        (lambda: metrics.ndcg_at_k([1, 1], all_rels=[3]), "all_rels must contain the labels of the ranked films"),
        (lambda: metrics.dcg_at_k([2000]), 'rels must be at most 1000 with gain="exp", got 2000'),
        (lambda: metrics.ndcg_at_k([1], all_rels=[1, 2000]), "all_rels must be at most 1000"),
        (lambda: metrics.ndcg_from_scores([2000], [1]), "y_true must be at most 1000"),
        (lambda: metrics.ndcg_scores([[2000]], [[1]]), "y_true must be at most 1000"),
        (lambda: metrics.dcg_at_k([9e307] * 2, gain="linear"), r'rels must be at most 1.07.*e\+301 with gain="linear"'),
        (lambda: metrics.ndcg_at_k([1], all_rels=[1, 1e302], gain="linear"), "all_rels must be at most 1.07"),
        (lambda: metrics.ndcg_from_scores([1e302], [1], gain="linear"), "y_true must be at most 1.07"),
        (lambda: metrics.ndcg_scores([[1e302]], [[1]], gain="linear"), "y_true must be at most 1.07"),
        (lambda: metrics.dcg_at_k([1], gain="log"), "gain must be one of .*'exp', 'linear'.*, got 'log'"),
        (lambda: metrics.ndcg_at_k([1], gain="log"), "gain must be one of"),
        (lambda: metrics.ndcg_from_scores([1], [1], gain="log"), "gain must be one of"),
        (lambda: metrics.ndcg_scores([[]], [[]], gain="log"), "gain must be one of"),
        (lambda: metrics.ndcg_from_scores([1], [1], ties="best"), "ties must be one of .*'order', 'average'.*'best'"),
        (lambda: metrics.ndcg_scores([[1]], [[1]], ties="best"), "ties must be one of"),
        (lambda: metrics.average_precision_scores([[1]], [[1]], ties="best"), "ties must be one of"),
        (lambda: metrics.bootstrap_interval([]), "values must hold at least one number, got none"),
        (lambda: metrics.bootstrap_interval([1, math.nan]), "values must be finite numbers, got nan"),
        (lambda: metrics.bootstrap_interval([[1]]), r"values must have shape \(n,\), got \(1, 1\)"),
        (lambda: metrics.bootstrap_interval([1], level=1), r"level must lie in \(0, 1\), got 1"),
        (lambda: metrics.bootstrap_interval([1], level=math.nan), r"level must lie in \(0, 1\), got nan"),
        (lambda: metrics.bootstrap_interval([1], level="a"), r"level must lie in \(0, 1\), got 'a'"),
        (lambda: metrics.bootstrap_interval([1], n_resamples=0), "n_resamples must be an integer >= 1, got 0"),
        (lambda: metrics.bootstrap_interval([1], seed=-1), "seed must be an integer >= 0 or a Generator, got -1"),
        (lambda: metrics.bootstrap_interval([1], seed=None), "seed must be an integer >= 0 or a Generator, got None"),
    ],
)
def test_names_the_argument_that_is_wrong(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(("gain", "largest"), [("exp", 1000), ("linear", 2.0**1000)])
@pytest.mark.parametrize("ties", TIES)
def test_the_largest_labels_allowed_do_not_overflow(gain, largest, ties):
    rels, scores = [largest] * 300, [0, 1, 1] * 100
    assert metrics.dcg_at_k(rels, gain=gain) == pytest.approx(dcg_by_sum([1] * 300, None, "linear") * 2.0**1000)
    assert metrics.ndcg_at_k(rels, gain=gain) == metrics.ndcg_from_scores(rels, scores, None, gain, ties) == 1
    assert metrics.ndcg_scores([rels], [scores], None, gain, ties).tolist() == [1]


@pytest.mark.equation("4.9")
def test_the_gain_of_a_whole_label_is_exact():
    assert [metrics.dcg_at_k([y]) for y in range(1001)] == [float(2**y - 1) for y in range(1001)]


@pytest.mark.equation("4.9")
@given(st.floats(1e-14, 8))
def test_the_gain_of_a_fraction_is_as_exact_as_the_module_says(y):
    assert metrics.dcg_at_k([y]) == pytest.approx(math.expm1(y * math.log(2)), rel=1e-15 + 2e-16 / y, abs=0)


def test_the_same_fractions_in_two_dtypes_are_the_same_films():
    assert metrics.ndcg_at_k(np.float32([0.1, 0.7]), all_rels=[0.7, 0.1]) < 1


# ---- ranks ----


@given(st.lists(st.integers(0, 3), max_size=9))
def test_ranks_count_what_is_better_and_what_ties_and_came_first(scores):
    expected = [1 + sum(t > s or (t == s and j < i) for j, t in enumerate(scores)) for i, s in enumerate(scores)]
    assert metrics.ranks(np.array(scores, dtype=np.uint8)).tolist() == expected
    assert metrics.ranks(np.array(scores, dtype=float) - 1).tolist() == expected


@pytest.mark.parametrize("scores", [[1.0, np.nan], [[1.0], [2.0]], 1.0, ["a"]])
def test_ranks_want_a_list_of_numbers(scores):
    with pytest.raises(ValueError, match="y_score must be a list of numbers without nan"):
        metrics.ranks(scores)
