"""Record what other libraries find for the same small ranking problems: python -m benchmarks.record_ranking

Run by hand in the environment of benchmarks/requirements.txt, from the root of the repository. It rewrites
recmath_lib/data/ranking_peers.json, which tests/test_ranking_peers.py explains number by number. The file holds lists
and numbers only, the inputs too; `json.loads` is all that a test or a lesson needs:

    recorded_by, platform, versions   who made it
    torch          autograd in float64, minus the logarithm of a sigmoid as `-logsigmoid`
        triples    BPR: {reg, user_factors, positive_factors, negative_factors, margins, losses, by_user, by_positive,
                   by_negative}, one row for each triple, whose loss has the penalty of its own three vectors; margins
                   of +-800 are among them
        step       {reg, lr, triples, tables before and after}: torch.optim.SGD on the sum of such losses
        decay      one triple's vectors after torch.optim.SGD(lr, weight_decay) on the loss without a penalty
        pairs      [{scores, labels, slope, k, weights, ranknet, lambdas, hessians}]: RankNet's gradient; the gradient
                   and the diagonal of the Hessian of the same loss with each pair times |dNDCG@k|, held fixed.
                   `weights` are these, (n, n), from scikit-learn's ndcg_score before and after each swap
        softmax    [{scores, labels, loss, gradient}]
    queries        {scores, labels, offsets}: graded queries for both libraries below; every score is a float32
    lightgbm       [{options, gradients, hessians}]: of its objective at these scores, in the order of `queries`
    xgboost        the same
    two_films      queries of two films each, for XGBoost's sampled pairs, where only one pair can be sampled
    xgboost_mean   [{options, gradients, hessians}] at these

Neither library shows the gradients of its own objectives, so they are read from a tree. The scores are given as
margins to start from. One feature marks one film, and a stump is grown, learning rate 1: the leaf of the marked film
has the value -G / (H + l2), and the dump tells its H. Where G is 0 no split would pay, so the leaf is shared with a
probe, the better film of a query of its own; what the probe has alone is subtracted.
"""

import json
import platform
from collections.abc import Callable, Iterator
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import torch
import xgboost
from sklearn.metrics import ndcg_score
from torch.nn.functional import log_softmax, logsigmoid

TARGET = Path(__file__).parents[1] / "recmath_lib" / "data" / "ranking_peers.json"
PACKAGES = ["torch", "lightgbm", "xgboost", "scikit-learn", "numpy"]
L2 = 1.0  # penalty weight of a leaf
Found = dict[str, Any]
Leaf = tuple[float, float]  # sums of gradients and of Hessians


# ---- torch -----------------------------------------------------------------------------------------------------------


def tensor(values: Any, follow: bool = True) -> torch.Tensor:
    return torch.tensor(np.asarray(values), dtype=torch.float64, requires_grad=follow)


def triple_losses(p: torch.Tensor, q_i: torch.Tensor, q_j: torch.Tensor, reg: float) -> torch.Tensor:
    penalties = sum((part**2).sum(dim=1) for part in (p, q_i, q_j))
    return -logsigmoid((p * (q_i - q_j)).sum(dim=1)) + reg * penalties


def triples(rng: np.random.Generator, reg: float = 0.05) -> Found:
    tables = np.round(rng.normal(0, 1, (3, 6, 2)), 3)
    tables[:, 4], tables[:, 5] = [[20, 20], [20, 10], [0, -10]], [[20, 20], [0, -10], [20, 10]]  # +800 and -800
    parts = [tensor(table) for table in tables]
    losses = triple_losses(*parts, reg)
    losses.sum().backward()
    names = ("user", "positive", "negative")
    return {
        "reg": reg,
        **{f"{name}_factors": table.tolist() for name, table in zip(names, tables, strict=True)},
        "margins": np.sum(tables[0] * (tables[1] - tables[2]), axis=1).tolist(),
        "losses": losses.tolist(),
        **{f"by_{name}": part.grad.tolist() for name, part in zip(names, parts, strict=True)},
    }


def step(rng: np.random.Generator, reg: float = 0.1, lr: float = 0.25) -> Found:
    """User 0 and films 1 and 2 occur more than once, film 2 on both sides."""
    rows = np.array([[0, 1, 2], [0, 2, 3], [1, 1, 0], [2, 3, 1]])
    before = np.round(rng.normal(0, 1, (4, 2)), 3), np.round(rng.normal(0, 1, (5, 2)), 3)
    P, Q = tensor(before[0]), tensor(before[1])
    optimizer = torch.optim.SGD([P, Q], lr)
    triple_losses(P[rows[:, 0]], Q[rows[:, 1]], Q[rows[:, 2]], reg).sum().backward()
    optimizer.step()
    tables = {"before": [table.tolist() for table in before], "after": [P.tolist(), Q.tolist()]}
    return {"reg": reg, "lr": lr, "triples": rows.tolist(), **tables}


def decay(rng: np.random.Generator, weight_decay: float = 0.2, lr: float = 0.25) -> Found:
    before = np.round(rng.normal(0, 1, (3, 2)), 3)
    parts = [tensor(vector[None]) for vector in before]
    triple_losses(*parts, reg=0).sum().backward()
    torch.optim.SGD(parts, lr, weight_decay=weight_decay).step()
    after = [part[0].tolist() for part in parts]
    return {"weight_decay": weight_decay, "lr": lr, "before": before.tolist(), "after": after}


def swap_weights(scores: np.ndarray, labels: np.ndarray, k: int | None) -> np.ndarray:
    def ndcg(s: np.ndarray) -> float:
        return ndcg_score([2**labels - 1], [s], k=k)

    weights = np.zeros((scores.size, scores.size))
    for i, j in product(range(scores.size), repeat=2):
        swapped = scores.copy()
        swapped[[i, j]] = scores[[j, i]]
        weights[i, j] = abs(ndcg(swapped) - ndcg(scores))
    return weights


def pair_loss(s: torch.Tensor, better: torch.Tensor, weights: torch.Tensor, slope: float) -> torch.Tensor:
    return (-logsigmoid(slope * (s[:, None] - s)) * weights)[better].sum()


def pairs(scores: np.ndarray, labels: np.ndarray, slope: float, k: int | None) -> Found:
    weights, better = swap_weights(scores, labels, k), torch.tensor(labels[:, None] > labels)
    fixed, alike = tensor(weights, follow=False), tensor(np.ones_like(weights), follow=False)
    s = tensor(scores)
    (ranknet,) = torch.autograd.grad(pair_loss(s, better, alike, slope), s)
    (lambdas,) = torch.autograd.grad(pair_loss(s, better, fixed, slope), s)
    bends = torch.autograd.functional.hessian(lambda at: pair_loss(at, better, fixed, slope), s).diagonal()
    given = {"scores": scores.tolist(), "labels": labels.tolist(), "slope": slope, "k": k}
    found = {"ranknet": ranknet.tolist(), "lambdas": lambdas.tolist(), "hessians": bends.tolist()}
    return {**given, "weights": weights.tolist(), **found}


def softmax(scores: np.ndarray, labels: np.ndarray) -> Found:
    s = tensor(scores)
    loss = -(tensor(labels / labels.sum(), follow=False) * log_softmax(s, dim=0)).sum()
    loss.backward()
    return {"scores": scores.tolist(), "labels": labels.tolist(), "loss": loss.item(), "gradient": s.grad.tolist()}


def autograd(rng: np.random.Generator) -> Found:
    labels = np.array([0.0, 3, 1, 2, 0, 1, 4, 0])
    usual = np.round(rng.normal(0, 1, labels.size), 3)
    extreme = np.array([1000.0, -1000, 999.5, 0, 0.25, -999, 500, -500])
    settings = [(usual, 1.0, None), (usual, 0.5, 3), (usual, 2.0, 1), (extreme, 1.0, None), (extreme, 2.0, 3)]
    return {
        "triples": triples(rng),
        "step": step(rng),
        "decay": decay(rng),
        "pairs": [pairs(scores, labels, slope, k) for scores, slope, k in settings],
        "softmax": [softmax(scores, labels) for scores in (usual, extreme)],
    }


# ---- gradients read from stumps --------------------------------------------------------------------------------------

PROBE = {"scores": [0.0, 1.0], "labels": [1.0, 0.0]}  # its first film is pushed up


def graded_queries(rng: np.random.Generator) -> Found:
    """Five queries: one with equal scores, one with all labels equal, one of two films, two of the usual kind."""
    sizes = [9, 6, 4, 2, 12]
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    labels = rng.integers(0, 5, offsets[-1]).astype(float)
    scores = np.round(rng.normal(0, 1.5, offsets[-1]) * 64) / 64  # as many binary digits as a float32 has room for
    labels[offsets[2] : offsets[3]], scores[offsets[1] + 1 : offsets[2] - 1] = 2, 0.5
    labels[offsets[3] : offsets[4]] = [0, 3]
    return {"scores": scores.tolist(), "labels": labels.tolist(), "offsets": offsets.tolist()}


def two_films(rng: np.random.Generator, count: int = 4) -> Found:
    scores = np.round(rng.normal(0, 1.5, 2 * count) * 64) / 64
    labels = rng.permuted(np.tile([1.0, 3.0], (count, 1)), axis=1).ravel()
    return {"scores": scores.tolist(), "labels": labels.tolist(), "offsets": list(range(0, 2 * count + 1, 2))}


def marked(queries: Found) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Feature, labels, scores and query sizes with the probe added: alone in its leaf first, then with each film."""
    scores, labels = (np.array([*queries[name], *PROBE[name]]) for name in ("scores", "labels"))
    sizes = np.append(np.diff(queries["offsets"]), 2)
    for film in [-2, *range(scores.size - 2)]:
        mark = np.zeros((scores.size, 1))
        mark[[-2, film]] = 1
        yield mark, labels, scores, sizes


def lightgbm_leaf(mark: np.ndarray, labels: np.ndarray, scores: np.ndarray, sizes: np.ndarray, options: Found) -> Leaf:
    stump = {"num_leaves": 2, "learning_rate": 1.0, "lambda_l2": L2, "verbosity": -1, "num_threads": 1}
    free = {"min_data_in_leaf": 1, "min_sum_hessian_in_leaf": 0.0, "min_data_in_bin": 1, "feature_pre_filter": False}
    train = lightgbm.Dataset(mark, labels, group=sizes, init_score=scores)
    root = lightgbm.train(stump | free | options, train, 1).dump_model()["tree_info"][0]["tree_structure"]
    leaf = root["right_child"]
    return -leaf["leaf_value"] * (leaf["leaf_weight"] + L2), leaf["leaf_weight"]


def xgboost_leaf(mark: np.ndarray, labels: np.ndarray, scores: np.ndarray, sizes: np.ndarray, options: Found) -> Leaf:
    stump = {"max_depth": 1, "learning_rate": 1.0, "reg_lambda": L2, "min_child_weight": 0.0, "nthread": 1}
    train = xgboost.DMatrix(mark, labels, base_margin=scores)
    train.set_group(sizes)
    (dump,) = xgboost.train(stump | options, train, 1).get_dump(with_stats=True, dump_format="json")
    root = json.loads(dump)
    (leaf,) = (child for child in root["children"] if child["nodeid"] == root["no"])
    return -leaf["leaf"] * (leaf["cover"] + L2), leaf["cover"]


def read(leaf: Callable[..., Leaf], queries: Found, options: Found) -> Found:
    probe, *films = np.array([leaf(*given, options) for given in marked(queries)])
    gradients, hessians = (np.array(films) - probe).T
    return {"options": options, "gradients": gradients.tolist(), "hessians": hessians.tolist()}


def lightgbm_options() -> list[Found]:
    fixed = {"objective": "lambdarank", "lambdarank_norm": False}
    settings = product((0.5, 1.0, 2.0), (2, 3, 30))
    return [{**fixed, "sigmoid": slope, "lambdarank_truncation_level": k} for slope, k in settings]


def xgboost_options(objective: str, pair_method: str, count: int, **more: Any) -> Found:
    off = {"lambdarank_normalization": False, "lambdarank_score_normalization": False}
    pairing = {"lambdarank_pair_method": pair_method, "lambdarank_num_pair_per_sample": count}
    return {"objective": objective, **off, **pairing, **more}


# ----------------------------------------------------------------------------------------------------------------------


def recorded() -> Found:
    rng = np.random.default_rng(0)
    queries, two = graded_queries(rng), two_films(rng)
    ndcg = [xgboost_options("rank:ndcg", "topk", k, ndcg_exp_gain=True) for k in (2, 3, 30)]
    linear = [xgboost_options("rank:ndcg", "topk", 30, ndcg_exp_gain=False)]
    pairwise = [xgboost_options("rank:pairwise", "topk", k) for k in (2, 30)]
    mean = [xgboost_options(objective, "mean", 3) for objective in ("rank:ndcg", "rank:pairwise")]
    return {
        "recorded_by": f"benchmarks/record_ranking.py, Python {platform.python_version()}",
        "platform": platform.platform(),
        "versions": {package: version(package) for package in PACKAGES},
        "torch": autograd(rng),
        "queries": queries,
        "lightgbm": [read(lightgbm_leaf, queries, options) for options in lightgbm_options()],
        "xgboost": [read(xgboost_leaf, queries, options) for options in ndcg + linear + pairwise],
        "two_films": two,
        "xgboost_mean": [read(xgboost_leaf, two, options) for options in mean],
    }


def main() -> None:
    found = recorded()
    lines = ",\n ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in found.items())
    TARGET.write_text(f"{{\n {lines}\n}}\n", encoding="utf-8")
    print(f"{TARGET.name}: {TARGET.stat().st_size} bytes, {found['versions']}")


if __name__ == "__main__":
    main()
