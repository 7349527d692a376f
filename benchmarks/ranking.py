"""Rank two graded sets by nine methods with equal budgets, and record the table: python -m benchmarks.ranking

Run by hand in the environment of benchmarks/requirements.txt, from the root of the repository. It rewrites
recmath_lib/data/ranking_table.json, which lesson 06 shows.

The people are dealt into five parts. Each part is the test once, the next one the validation, the other three are
learned from; so every query is tested once. A method has six settings and at most fifty epochs or trees for each.
NDCG@10 on the validation queries chooses the setting and where to stop; it is looked at after every fifth step, and
two looks without a better one end the run. Equal scores count as the mean over their orders, so a method gains
nothing from the order of the files. Every method runs on one thread; the folds run on two processes.
"""

import os

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import json
import platform
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from itertools import islice, product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import xgboost

from recmath_lib import lambdarank
from recmath_lib.datasets import load_cinema, load_movielens
from recmath_lib.graded import GradedQueries, cinema_queries, movielens_queries, split_queries
from recmath_lib.metrics import bootstrap_interval

TARGET = Path(__file__).parents[1] / "recmath_lib" / "data" / "ranking_table.json"
PACKAGES = ("numpy", "scipy", "scikit-learn", "lightgbm", "xgboost")
CUT, N_SETTINGS, N_FOLDS, STEPS, EVERY, PATIENCE, SEED = 10, 6, 5, 50, 5, 2, 0
DATASETS, REFERENCE = ("cinema", "movielens"), "LambdaRank"

Scorer = Callable[[np.ndarray], np.ndarray]
Setting = dict[str, Any]
Fold = dict[str, tuple[Setting, np.ndarray, float]]
Scorers = Callable[[GradedQueries, Setting], Iterator[Scorer]]  # one scorer after each step, the untrained one first


def mean_ndcg(data: GradedQueries, scores: np.ndarray) -> float:
    return float(data.ndcg(scores, CUT, ties="average").mean())


# ---- the methods -----------------------------------------------------------------------------------------------------


def linear(train: GradedQueries, setting: Setting) -> Iterator[Scorer]:
    states = lambdarank.epochs(train.features, train.labels, train.queries, k=CUT, n_epochs=STEPS, **setting)
    return (state.predict for state in states)


def lambdamart(train: GradedQueries, setting: Setting) -> Iterator[Scorer]:
    states = lambdarank.boosting_rounds(train.features, train.labels, train.queries, k=CUT, n_trees=STEPS, **setting)
    return (state.predict for state in states)


def lightgbm_trees(train: GradedQueries, setting: Setting) -> Iterator[Scorer]:
    fixed = {"objective": "lambdarank", "lambdarank_truncation_level": CUT, "lambda_l2": 1.0, "verbose": -1}
    fixed |= {"num_threads": 1, "deterministic": True, "force_col_wise": True, "seed": SEED}
    data = lightgbm.Dataset(train.features, train.labels, group=train.sizes)
    model = lightgbm.train(fixed | setting, data, STEPS)
    return (partial(lightgbm_scores, model, n_trees) for n_trees in range(STEPS + 1))


def lightgbm_scores(model: lightgbm.Booster, n_trees: int, features: np.ndarray) -> np.ndarray:
    return model.predict(features, num_iteration=n_trees) if n_trees else np.zeros(len(features))


def xgboost_trees(train: GradedQueries, setting: Setting) -> Iterator[Scorer]:
    fixed = {"objective": "rank:ndcg", "lambdarank_pair_method": "topk", "lambdarank_num_pair_per_sample": CUT}
    fixed |= {"grow_policy": "lossguide", "max_depth": 0, "tree_method": "hist", "nthread": 1, "seed": SEED}
    data = xgboost.DMatrix(train.features, train.labels, group=train.sizes)
    model = xgboost.train(fixed | setting, data, STEPS)
    return (partial(xgboost_scores, model, n_trees) for n_trees in range(STEPS + 1))


def xgboost_scores(model: xgboost.Booster, n_trees: int, features: np.ndarray) -> np.ndarray:
    if not n_trees:  # (0, 0) would ask it for all trees
        return np.zeros(len(features))
    return model.predict(xgboost.DMatrix(features), iteration_range=(0, n_trees), output_margin=True)


def grid(**values: tuple) -> list[Setting]:
    return [dict(zip(values, chosen, strict=True)) for chosen in product(*values.values())]


def linear_grid(loss: str, rates: tuple[float, ...]) -> list[Setting]:
    """The rates differ, because the losses do: sums over 40 films, over hundreds of pairs, or shares of 1."""
    return grid(loss=(loss,), lr=rates, reg=(0.0, 1e-2))


LEAVES, RATES, FEWEST = (4, 8, 16), (0.1, 0.3), (50,)
METHODS: dict[str, tuple[Scorers, list[Setting]]] = {
    "pointwise": (linear, linear_grid("pointwise", (0.001, 0.002, 0.004))),
    "RankNet": (linear, linear_grid("ranknet", (0.0005, 0.001, 0.002))),
    REFERENCE: (linear, linear_grid("lambdarank", (0.05, 0.15, 0.4))),
    "softmax": (linear, linear_grid("softmax", (0.1, 0.2, 0.4))),
    "LambdaMART": (lambdamart, grid(n_leaves=LEAVES, lr=RATES, min_leaf=FEWEST)),
    "LightGBM": (lightgbm_trees, grid(num_leaves=LEAVES, learning_rate=RATES, min_data_in_leaf=FEWEST)),
    "XGBoost": (xgboost_trees, grid(max_leaves=LEAVES, eta=RATES, min_child_weight=(0.1,))),
}


# ---- one fold --------------------------------------------------------------------------------------------------------


def best_stop(scorers: Iterator[Scorer], validation: GradedQueries) -> tuple[float, int, Scorer]:
    """NDCG@10 on the validation queries, the step and the scorer where it is best before patience ends."""
    best: tuple[float, int, Scorer] | None = None
    try:
        for look, scorer in enumerate(islice(scorers, 0, None, EVERY)):
            value = mean_ndcg(validation, scorer(validation.features))
            if best is None or value > best[0]:
                best = (value, look * EVERY, scorer)
            elif look - best[1] // EVERY >= PATIENCE:
                break
    except ValueError as error:  # a rate that is too large for this set: what came before it counts
        if "lr must be smaller" not in str(error):
            raise
    assert best is not None
    return best


def learned(method: str, parts: tuple[GradedQueries, ...]) -> tuple[Setting, np.ndarray]:
    scorers, settings = METHODS[method]
    train, validation, test = parts
    runs = [best_stop(scorers(train, setting), validation) for setting in settings]
    chosen = int(np.argmax([value for value, _, _ in runs]))
    value, steps, scorer = runs[chosen]
    told = {"settings": settings[chosen], "steps": steps, "validation": round(value, 4)}
    return told, scorer(test.features)


def best_feature(parts: tuple[GradedQueries, ...]) -> tuple[Setting, np.ndarray]:
    """One column, upwards or downwards, chosen on the training queries."""
    train, validation, test = parts
    sides = list(product(range(len(train.feature_names)), (1, -1)))
    column, sign = sides[int(np.argmax([mean_ndcg(train, sign * train.features[:, c]) for c, sign in sides]))]
    settings = {"feature": train.feature_names[column], "sign": sign}
    value = mean_ndcg(validation, sign * validation.features[:, column])
    return {"settings": settings, "steps": 0, "validation": round(value, 4)}, sign * test.features[:, column]


def random_order(parts: tuple[GradedQueries, ...]) -> tuple[Setting, np.ndarray]:
    """All scores equal: with ties averaged that is the mean over all orders, without any draw."""
    _, validation, test = parts
    value = mean_ndcg(validation, np.zeros(validation.labels.size))
    return {"settings": {}, "steps": 0, "validation": round(value, 4)}, np.zeros(test.labels.size)


def run_fold(task: tuple[str, int]) -> Fold:
    """For each method: what was chosen, NDCG@10 of each test query, and the seconds it took."""
    dataset, fold = task
    parts = split_queries(load(dataset), SEED, fold, N_FOLDS)
    parts = tuple(part.standardized(parts[0]) for part in parts)
    runs: dict[str, Callable[[], tuple[Setting, np.ndarray]]] = {
        "random": partial(random_order, parts),
        "best feature": partial(best_feature, parts),
        **{method: partial(learned, method, parts) for method in METHODS},
    }
    results = {}
    for method, run in runs.items():
        start = time.process_time()
        told, scores = run()
        values = parts[2].ndcg(scores, CUT, ties="average")
        told["test"] = round(float(values.mean()), 4)
        results[method] = (told, values, time.process_time() - start)
    return results


def load(dataset: str) -> GradedQueries:
    return cinema_queries(load_cinema()) if dataset == "cinema" else movielens_queries(load_movielens(False))


# ---- the table -------------------------------------------------------------------------------------------------------


def table_rows(dataset: str, folds: list[Fold]) -> Iterator[dict[str, Any]]:
    values = {method: np.concatenate([fold[method][1] for fold in folds]) for method in folds[0]}
    for method, ours in values.items():
        differences = ours - values[REFERENCE]
        yield {
            "dataset": dataset,
            "method": method,
            "mean": round(float(ours.mean()), 4),
            "interval": rounded(bootstrap_interval(ours, seed=SEED)),
            "difference": round(float(differences.mean()), 4),
            "difference_interval": rounded(bootstrap_interval(differences, seed=SEED)),
            "folds": [fold[method][0] for fold in folds],
        }
        seconds = sum(fold[method][2] for fold in folds)
        print(f"{dataset:10}{method:14}{ours.mean():.4f}   {differences.mean():+.4f}   {seconds:6.1f} s", flush=True)


def rounded(interval: tuple[float, float]) -> list[float]:
    return [round(end, 4) for end in interval]


def main() -> None:
    start = time.perf_counter()
    tasks = list(product(DATASETS, range(N_FOLDS)))
    with get_context("spawn").Pool(2) as pool:
        results = dict(zip(tasks, pool.imap(run_fold, tasks), strict=True))
    record({dataset: [results[dataset, fold] for fold in range(N_FOLDS)] for dataset in DATASETS})
    print(f"after {time.perf_counter() - start:.0f} s")


def record(folds: dict[str, list[Fold]]) -> None:
    print(f"{'set':10}{'method':14}NDCG@10  to {REFERENCE}   time of the processor")
    rows = [row for dataset, runs in folds.items() for row in table_rows(dataset, runs)]
    budget = {
        "k": CUT,
        "folds": N_FOLDS,
        "settings": N_SETTINGS,
        "steps": STEPS,
        "look_every": EVERY,
        "patience": PATIENCE,
    }
    lines = ",\n  ".join(json.dumps(row) for row in rows)
    TARGET.write_text(
        "{\n"
        f' "recorded_by": "benchmarks/ranking.py, Python {platform.python_version()}",\n'
        f' "versions": {json.dumps({name: version(name) for name in PACKAGES})},\n'
        f' "budget": {json.dumps(budget)},\n'
        f' "rows": [\n  {lines}\n ]\n}}\n',
        encoding="utf-8",
    )
    print(f"{len(rows)} rows in {TARGET.name}")


if __name__ == "__main__":
    assert all(len(settings) == N_SETTINGS for _, settings in METHODS.values())
    main()
