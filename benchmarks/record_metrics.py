"""Record what other libraries report for the same ranked lists: python -m benchmarks.record_metrics

Run by hand in the environment of benchmarks/requirements.txt, from the root of the repository. It rewrites
recmath_lib/data/metric_zoo.json, which the lesson shows and the tests explain number by number.
"""

import contextlib
import json
import platform
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import ir_measures
import lightgbm
import numpy as np
import pytrec_eval
import ranx
import xgboost
from sklearn.metrics import average_precision_score, ndcg_score

TARGET = Path(__file__).parents[1] / "recmath_lib" / "data" / "metric_zoo.json"
PACKAGES = {"pytrec_eval": "pytrec-eval-terrier", "XGBoost": "xgboost", "LightGBM": "lightgbm"}
LISTS = {
    "exercise": {"labels": [3, 2, 3, 0, 1], "scores": [5, 4, 3, 2, 1], "unranked": []},
    "exercise, all tied": {"labels": [3, 2, 3, 0, 1], "scores": [1, 1, 1, 1, 1], "unranked": []},
    "partly tied": {"labels": [0, 2, 3, 1, 3], "scores": [2, 2, 1, 1, 1], "unranked": []},
    "binary": {"labels": [1, 0, 1, 0, 0, 1], "scores": [6, 5, 4, 3, 2, 1], "unranked": []},
    "nothing relevant": {"labels": [0, 0, 0], "scores": [3, 2, 1], "unranked": []},
    "shorter than k": {"labels": [1, 3], "scores": [2, 1], "unranked": []},
    "not all found": {"labels": [1, 0, 1], "scores": [3, 2, 1], "unranked": [1, 1, 1]},
    "fractions": {"labels": [0.5, 2.25, 0, 1], "scores": [4, 3, 2, 1], "unranked": []},
}
CUTS = [2, 5]
Report = Iterator[tuple[str, str, int | None, float, str]]  # call, metric, k, value, convention


def scikit_learn(labels: list[float], scores: list[float], unranked: list[float]) -> Report:
    if unranked:
        return  # it knows only the films that have a score
    for k in (None, *CUTS):
        yield "ndcg_score", "NDCG", k, ndcg_score([labels], [scores], k=k), "linear, ties averaged"
        if len(set(scores)) == len(scores):  # else its sort is not stable, and the number depends on the processor
            value = ndcg_score([labels], [scores], k=k, ignore_ties=True)
            yield "ndcg_score ignore_ties=True", "NDCG", k, value, "linear, no ties allowed"
    with warnings.catch_warnings(action="ignore"):  # it warns of a query without a relevant film
        area = average_precision_score(np.array(labels) > 0, scores)
    yield "average_precision_score", "AP", None, area, "steps of tied scores"


def trec_input(labels: list[float], scores: list[float], unranked: list[float]) -> tuple[dict, dict]:
    judged = {f"film {i}": int(label) for i, label in enumerate(labels + unranked)}
    return {"query": judged}, {"query": {f"film {i}": float(score) for i, score in enumerate(scores)}}


def whole_numbers(report: Callable[..., Report]) -> Callable[..., Report]:
    """Libraries that take only whole labels are not asked about fractions."""

    def asked(labels: list[float], scores: list[float], unranked: list[float]) -> Report:
        whole = all(float(label).is_integer() for label in labels)
        return report(labels, scores, unranked) if whole else iter(())

    return asked


@whole_numbers
def pytrec(labels: list[float], scores: list[float], unranked: list[float]) -> Report:
    judged, run = trec_input(labels, scores, unranked)
    for call, metric, convention in (("ndcg", "NDCG", "linear, ties"), ("map", "AP", "all relevant, ties")):
        for k in (None, *CUTS):
            name = call if k is None else f"{call}_cut.{k}"
            (value,) = pytrec_eval.RelevanceEvaluator(judged, {name}).evaluate(run)["query"].values()
            yield call if k is None else f"{call}_cut", metric, k, value, f"{convention} backwards"


@whole_numbers
def ir(labels: list[float], scores: list[float], unranked: list[float]) -> Report:
    judged, run = trec_input(labels, scores, unranked)
    for measure, metric, convention in (
        (ir_measures.nDCG, "NDCG", "linear, ties"),
        (ir_measures.AP, "AP", "all relevant, ties"),
    ):
        for k in (None, *CUTS):
            asked = measure if k is None else measure @ k
            value = ir_measures.calc_aggregate([asked], judged, run)[asked]
            yield str(measure), metric, k, value, f"{convention} backwards"


@whole_numbers
def ranx_evaluate(labels: list[float], scores: list[float], unranked: list[float]) -> Report:
    """Ties keep their input order in lists as short as these; in longer ones its sort is not stable."""
    judged, run = trec_input(labels, scores, unranked)
    for call, metric, convention in (
        ("ndcg", "NDCG", "linear"),
        ("ndcg_burges", "NDCG", "exponential"),
        ("map", "AP", "all relevant"),
    ):
        for k in (None, *CUTS):
            asked = call if k is None else f"{call}@{k}"
            value = ranx.evaluate(ranx.Qrels(judged), ranx.Run(run), asked)
            yield call, metric, k, value, f"{convention}, ties in order"


@whole_numbers
def lightgbm_eval(labels: list[float], scores: list[float], unranked: list[float]) -> Report:
    """No tree is grown: the scores are the start from which LightGBM would learn."""
    if unranked:
        return
    tiny = {"verbose": -1, "min_data_in_bin": 1, "min_data_in_leaf": 1, "num_threads": 1, "eval_at": CUTS}
    column = np.arange(len(labels), dtype=float)[:, None]
    train = lightgbm.Dataset(column, labels, group=[len(labels)], params=tiny)
    valid = lightgbm.Dataset(column, labels, group=[len(labels)], init_score=scores, reference=train, params=tiny)
    for call, metric, convention in (
        ("ndcg", "NDCG", "exponential, ties in order, empty 1"),
        ("map", "AP", "min(k, relevant), empty 1"),
    ):
        booster = lightgbm.Booster({"objective": "lambdarank", "metric": call, **tiny}, train)
        booster.add_valid(valid, "valid")
        for k, (_, _, value, _) in zip(CUTS, booster.eval_valid(), strict=True):
            yield call, metric, k, value, convention


def xgboost_eval(labels: list[float], scores: list[float], unranked: list[float]) -> Report:
    """No tree is grown: the scores are the margin from which XGBoost would learn."""
    if unranked:
        return
    whole, relevant = all(float(label).is_integer() for label in labels), [float(label > 0) for label in labels]
    asked = [("ndcg", "ndcg_exp_gain=False", labels, "linear, ties in order, empty 1")]
    if whole:
        asked += [
            ("ndcg", "", labels, "exponential, ties in order, empty 1"),
            ("ndcg-", "", labels, "exponential, ties in order"),
            ("map", "", relevant, "min(k, relevant), empty 1"),  # it takes only labels 0 and 1
            ("map-", "", relevant, "min(k, relevant)"),
        ]
    for call, setting, y, convention in asked:
        for k in (None, *CUTS):
            name = call.rstrip("-") + (f"@{k}" if k else "") + "-" * call.endswith("-")
            metric = "NDCG" if call.startswith("ndcg") else "AP"
            yield f"{call} {setting}".strip(), metric, k, xgboost_value(y, scores, name, not setting), convention


def xgboost_value(labels: list[float], scores: list[float], name: str, exp_gain: bool) -> float:
    data = xgboost.DMatrix(np.zeros((len(labels), 1)), labels, base_margin=scores, group=[len(labels)])
    objective = "rank:map" if name.startswith("map") else "rank:ndcg"
    settings = {"objective": objective, "eval_metric": name, "ndcg_exp_gain": exp_gain, "nthread": 1}
    return float(xgboost.Booster(settings, [data]).eval(data).rpartition(":")[2])


LIBRARIES = {
    "scikit-learn": scikit_learn,
    "pytrec_eval": pytrec,
    "ir_measures": ir,
    "ranx": ranx_evaluate,
    "LightGBM": lightgbm_eval,
    "XGBoost": xgboost_eval,
}


def rows() -> Iterator[dict[str, Any]]:
    for list_name, ranked in LISTS.items():
        for library, report in LIBRARIES.items():
            for call, metric, k, value, convention in report(**ranked):
                name = metric if k is None else f"{metric}@{k}"
                yield {
                    "library": library,
                    "call": call,
                    "metric": name,
                    "k": k,
                    "list_name": list_name,
                    "value": float(value),
                    "convention": convention,
                }


def main() -> None:
    versions = {library: version(PACKAGES.get(library, library)) for library in LIBRARIES}
    with contextlib.redirect_stdout(None):
        recorded = list(rows())
    lines = ",\n  ".join(json.dumps(row) for row in recorded)
    TARGET.write_text(
        "{\n"
        f' "recorded_by": "benchmarks/record_metrics.py, Python {platform.python_version()}",\n'
        f' "versions": {json.dumps(versions)},\n'
        f' "lists": {json.dumps(LISTS)},\n'
        f' "rows": [\n  {lines}\n ]\n}}\n',
        encoding="utf-8",
    )
    print(f"{len(recorded)} rows in {TARGET.name}: {versions}")


if __name__ == "__main__":
    main()
