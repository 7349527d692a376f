"""What torch, LightGBM and XGBoost find for the same scores, as `benchmarks/record_ranking.py` recorded it."""

import json
from importlib.resources import files

import numpy as np
import pytest

from recmath_lib import bpr, lambdarank

PEERS = json.loads(files("recmath_lib").joinpath("data/ranking_peers.json").read_text(encoding="utf-8"))
TORCH, QUERIES, TWO_FILMS = PEERS["torch"], PEERS["queries"], PEERS["two_films"]
PAIRS, SOFTMAX = TORCH["pairs"], TORCH["softmax"]
WHOLE = 30  # a truncation level beyond the longest query
LIBRARY = {"rtol": 0, "atol": 5e-5}  # both compute in float32, LightGBM looks its sigmoid up in a table

every_pair_case = pytest.mark.parametrize("case", PAIRS, ids=lambda case: f"slope {case['slope']}, k {case['k']}")


def near(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


# ---- torch: the loss and the three gradients of BPR ----


def triple_parts(case):
    return [np.array(case[f"{part}_factors"]) for part in ("user", "positive", "negative")]


def test_triples_reach_margins_of_800():
    x = TORCH["triples"]["margins"]
    assert min(x) == -800 and max(x) == 800 and 0 < np.abs(x[:4]).max() < 5


@pytest.mark.equation("5.4")
def test_the_loss_of_each_triple_equals_torchs():
    case = TORCH["triples"]
    for vectors, theirs in zip(zip(*triple_parts(case), strict=True), case["losses"], strict=True):
        p, q_i, q_j = vectors
        near(bpr.loss([p], [q_i, q_j], [[0, 0, 1]], case["reg"]), theirs)


@pytest.mark.equation("5.6", "5.7", "5.8")
def test_the_three_gradients_of_a_triple_equal_torchs():
    case = TORCH["triples"]
    ours = bpr.gradient(*triple_parts(case), case["reg"])
    for by, name in zip(ours, ("user", "positive", "negative"), strict=True):
        near(by, case[f"by_{name}"])


def test_without_a_penalty_a_settled_triple_pushes_no_more_and_a_lost_one_with_full_force():
    case = TORCH["triples"]
    p, q_i = triple_parts(case)[:2]
    pull = 2 * case["reg"]
    settled, lost = np.argmax(case["margins"]), np.argmin(case["margins"])
    assert np.array_equal(case["by_positive"][settled], pull * q_i[settled])
    near(case["by_positive"][lost], pull * q_i[lost] - p[lost])


@pytest.mark.equation("5.9")
def test_a_step_on_a_batch_equals_a_step_of_torchs_sgd():
    case = TORCH["step"]
    ours = bpr.sgd_step(*case["before"], case["triples"], case["lr"], case["reg"])
    for table, theirs, before in zip(ours, case["after"], case["before"], strict=True):
        near(table, theirs)
        assert np.abs(np.subtract(theirs, before)).max() > 0.1


def test_torchs_weight_decay_is_twice_our_reg():
    case = TORCH["decay"]
    pushes = bpr.gradient(*np.array(case["before"]), case["weight_decay"] / 2)
    near(np.array(case["before"]) - case["lr"] * np.array(pushes), case["after"])


# ---- torch: RankNet, the lambdas and the softmax loss ----


@every_pair_case
@pytest.mark.equation("6.4")
def test_ranknets_gradient_equals_torchs(case):
    near(lambdarank.ranknet_gradient(case["scores"], case["labels"], case["slope"]), case["ranknet"])


@every_pair_case
@pytest.mark.equation("6.5")
def test_delta_ndcg_equals_what_scikit_learn_measures_before_and_after_each_swap(case):
    near(lambdarank.delta_ndcg(case["scores"], case["labels"], case["k"]), case["weights"])


@every_pair_case
@pytest.mark.equation("6.7")
def test_lambdas_are_torchs_gradient_with_the_weights_held_fixed(case):
    scores, labels, slope, k = (case[name] for name in ("scores", "labels", "slope", "k"))
    near(lambdarank.lambda_gradients(scores, labels, slope, k), case["lambdas"])
    near(lambdarank.lambda_gradients_batch(scores, labels, [0, len(scores)], slope, k), case["lambdas"])


@every_pair_case
@pytest.mark.equation("6.8")
def test_hessians_are_the_diagonal_of_torchs(case):
    scores, labels, slope, k = (case[name] for name in ("scores", "labels", "slope", "k"))
    near(lambdarank.lambda_hessians(scores, labels, slope, k), case["hessians"])


def test_scores_of_1000_are_among_them_and_push_with_full_force():
    extreme = [case for case in PAIRS if np.abs(case["scores"]).max() == 1000]
    assert len(extreme) == 2 and all(np.isfinite(case["lambdas"]).all() for case in extreme)
    assert np.abs(extreme[0]["ranknet"]).max() > 5


@pytest.mark.parametrize("case", SOFTMAX, ids=["usual", "extreme"])
@pytest.mark.equation("6.11", "6.12")
def test_softmax_loss_and_gradient_equal_torchs(case):
    near(lambdarank.softmax_loss(case["scores"], case["labels"]), case["loss"])
    near(lambdarank.softmax_gradient(case["scores"], case["labels"]), case["gradient"])


# ---- LightGBM and XGBoost: their rule for which pairs count ----


def theirs_by_rule(scores, labels, slope=1.0, level=WHOLE, gain=lambda labels: 2**labels - 1, by_ndcg=True):
    """Gradients and Hessians of one query, with every pair that has at least one film in the first `level` places.

    Both libraries discount such a pair by the ranks of both its films, also of the one beyond the cut. Only the ideal
    stops at it. For us a place beyond the cut counts 0.
    """
    place = np.argsort(np.argsort(-scores, kind="stable"))
    discounts = 1 / np.log2(place + 2)
    ideal = np.sort(gain(labels))[::-1][:level] @ (1 / np.log2(np.arange(2, min(level, labels.size) + 2)))
    gradients, hessians = np.zeros(scores.size), np.zeros(scores.size)
    for i, j in np.argwhere(labels[:, None] > labels):
        if min(place[i], place[j]) < level:
            swap = abs((gain(labels[i]) - gain(labels[j])) * (discounts[i] - discounts[j])) / ideal
            weight, wrong = swap if by_ndcg else 1, 1 / (1 + np.exp(slope * (scores[i] - scores[j])))
            gradients[[i, j]] += slope * wrong * weight * np.array([-1, 1])
            hessians[[i, j]] += slope**2 * wrong * (1 - wrong) * weight
    return gradients, hessians


def each_query(queries):
    scores, labels, offsets = (np.array(queries[name]) for name in ("scores", "labels", "offsets"))
    return list(zip(*(np.split(values, offsets[1:-1]) for values in (scores, labels)), strict=True))


def gathered(queries, sums, **options):
    """Gradients and Hessians of all queries, one after another."""
    first, second = zip(*(sums(*query, **options) for query in each_query(queries)), strict=True)
    return np.concatenate(first), np.concatenate(second)


def ours(scores, labels, slope=1.0):
    return lambdarank.lambda_gradients(scores, labels, slope), lambdarank.lambda_hessians(scores, labels, slope)


def level_of(case):
    options = case["options"]
    return options.get("lambdarank_truncation_level", options.get("lambdarank_num_pair_per_sample"))


def told(case):
    return ", ".join(str(value) for name, value in case["options"].items() if "normalization" not in name)


LIGHTGBM, BY_NDCG = PEERS["lightgbm"], [case for case in PEERS["xgboost"] if case["options"].get("ndcg_exp_gain")]
PAIRWISE = [case for case in PEERS["xgboost"] if case["options"]["objective"] == "rank:pairwise"]
every_lightgbm = pytest.mark.parametrize("case", LIGHTGBM, ids=told)
every_ndcg = pytest.mark.parametrize("case", BY_NDCG, ids=told)
every_pairwise = pytest.mark.parametrize("case", PAIRWISE, ids=told)


def test_all_settings_are_there():
    assert {(case["options"]["sigmoid"], level_of(case)) for case in LIGHTGBM} == {
        (slope, level) for slope in (0.5, 1.0, 2.0) for level in (2, 3, WHOLE)
    }
    assert [level_of(case) for case in BY_NDCG] == [2, 3, WHOLE]
    assert [level_of(case) for case in PAIRWISE] == [2, WHOLE]
    switched_off = {value for case in PEERS["xgboost"] for name, value in case["options"].items() if "norm" in name}
    assert switched_off == {False} and not any(case["options"]["lambdarank_norm"] for case in LIGHTGBM)


def test_the_queries_have_equal_scores_equal_labels_and_more_films_than_the_cuts():
    queries = each_query(QUERIES)
    assert max(len(scores) for scores, _ in queries) > 3
    assert any(len(set(scores)) < len(scores) and len(set(labels)) > 1 for scores, labels in queries)
    assert any(len(set(labels)) == 1 for _, labels in queries)


@every_lightgbm
@pytest.mark.equation("6.7", "6.8")
def test_without_a_cut_lightgbm_has_our_gradients_and_hessians(case):
    """`sigmoid` is our slope: in front of the gradient, squared in front of the Hessian, and in the exponent."""
    first, second = gathered(QUERIES, ours, slope=case["options"]["sigmoid"])
    for mine, its in ((first, case["gradients"]), (second, case["hessians"])):
        assert np.allclose(mine, its, **LIBRARY) is (level_of(case) == WHOLE)


@every_lightgbm
def test_lightgbms_truncation_level(case):
    slope, level = case["options"]["sigmoid"], level_of(case)
    first, second = gathered(QUERIES, theirs_by_rule, slope=slope, level=level)
    np.testing.assert_allclose(case["gradients"], first, **LIBRARY)
    np.testing.assert_allclose(case["hessians"], second, **LIBRARY)
    assert np.abs(first).max() > 0.05 and np.abs(second).max() > 0.02


@every_ndcg
@pytest.mark.equation("6.7", "6.8")
def test_without_a_cut_xgboost_has_our_gradients_and_twice_our_hessians(case):
    first, second = gathered(QUERIES, ours)
    for mine, its in ((first, case["gradients"]), (2 * second, case["hessians"])):
        assert np.allclose(mine, its, **LIBRARY) is (level_of(case) == WHOLE)
    assert not np.allclose(second, case["hessians"], **LIBRARY)


@every_ndcg
def test_xgboosts_topk_pairs_are_lightgbms_truncation_level(case):
    first, second = gathered(QUERIES, theirs_by_rule, level=level_of(case))
    np.testing.assert_allclose(case["gradients"], first, **LIBRARY)
    np.testing.assert_allclose(case["hessians"], 2 * second, **LIBRARY)


def test_ndcg_exp_gain_off_puts_the_label_in_place_of_the_gain():
    (case,) = [case for case in PEERS["xgboost"] if case["options"].get("ndcg_exp_gain") is False]
    first, second = gathered(QUERIES, theirs_by_rule, level=level_of(case), gain=lambda labels: labels)
    np.testing.assert_allclose(case["gradients"], first, **LIBRARY)
    np.testing.assert_allclose(case["hessians"], 2 * second, **LIBRARY)
    assert np.abs(first - gathered(QUERIES, ours)[0]).max() > 0.01


@every_pairwise
@pytest.mark.equation("6.4")
def test_rank_pairwise_is_ranknet(case):
    by_ranknet = np.concatenate([lambdarank.ranknet_gradient(*query) for query in each_query(QUERIES)])
    assert np.allclose(by_ranknet, case["gradients"], **LIBRARY) is (level_of(case) == WHOLE)
    first, second = gathered(QUERIES, theirs_by_rule, level=level_of(case), by_ndcg=False)
    np.testing.assert_allclose(case["gradients"], first, **LIBRARY)
    np.testing.assert_allclose(case["hessians"], 2 * second, **LIBRARY)


@pytest.mark.parametrize("level", [2, 3])
@pytest.mark.parametrize("library", ["lightgbm", "xgboost"])
def test_a_cut_of_theirs_is_not_our_cut(library, level):
    """Ours is the change of NDCG@K. Theirs pushes some films harder, because the place beyond the cut counts."""
    cases = [case for case in PEERS[library] if level_of(case) == level and case["options"].get("sigmoid", 1) == 1]
    at_k = np.concatenate([lambdarank.lambda_gradients(*query, k=level) for query in each_query(QUERIES)])
    assert np.abs(at_k - cases[0]["gradients"]).max() > 0.05


def test_xgboosts_sampled_pairs_are_drawn_from_both_ends_and_added_up():
    """With the one pair there is, each film draws it as often as `lambdarank_num_pair_per_sample` says."""
    assert [case["options"]["objective"] for case in PEERS["xgboost_mean"]] == ["rank:ndcg", "rank:pairwise"]
    for case in PEERS["xgboost_mean"]:
        by_ndcg, draws = case["options"]["objective"] == "rank:ndcg", 2 * level_of(case)
        first, second = gathered(TWO_FILMS, theirs_by_rule, by_ndcg=by_ndcg)
        np.testing.assert_allclose(case["gradients"], draws * first, **LIBRARY)
        np.testing.assert_allclose(case["hessians"], draws * 2 * second, **LIBRARY)
