"""Time `ndcg_scores` beside its peers, on one core, all in one run.

    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE benchmarks/.venv/bin/python -m benchmarks.metrics [queries]

Every peer gets its own kind of input, built before the clock starts, and computes NDCG@10 of the same queries. Ours and
the peer take turns, so that each ratio compares the same moment of the machine. The clock counts the processor time of
the whole process: what other programs use meanwhile is not in it, and a second thread would not help.
"""

import gc
import os
import sys
import time
import tracemalloc
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import ir_measures
import numba
import numpy as np
import pytrec_eval
import ranx
from sklearn.metrics import ndcg_score
from threadpoolctl import threadpool_limits

from recmath_lib.metrics import ndcg_scores

ITEMS, K, ROUNDS = 100, 10, 5
TARGETS = {"scikit-learn": 1.5, "pytrec-eval-terrier": 14, "ranx": 16, "ir-measures": 22}
FILMS = [f"film {i:02d}" for i in range(ITEMS)]


def trec_input(matrix: np.ndarray) -> dict[str, dict[str, Any]]:
    return {f"query {q}": dict(zip(FILMS, row.tolist(), strict=True)) for q, row in enumerate(matrix)}


def scikit_learn(labels: np.ndarray, scores: np.ndarray) -> Callable[[], Any]:
    gains = (1 << labels) - 1  # it knows only the linear gain
    return lambda: ndcg_score(gains, scores, k=K, ignore_ties=True)


def pytrec(labels: np.ndarray, scores: np.ndarray) -> Callable[[], Any]:
    evaluator = pytrec_eval.RelevanceEvaluator(trec_input((1 << labels) - 1), {f"ndcg_cut.{K}"})
    run = trec_input(scores)
    return lambda: evaluator.evaluate(run)


def ranx_evaluate(labels: np.ndarray, scores: np.ndarray) -> Callable[[], Any]:
    judged, run = ranx.Qrels(trec_input(labels)), ranx.Run(trec_input(scores))
    return lambda: ranx.evaluate(judged, run, f"ndcg_burges@{K}")


def ir(labels: np.ndarray, scores: np.ndarray) -> Callable[[], Any]:
    evaluator = ir_measures.evaluator([ir_measures.nDCG @ K], trec_input((1 << labels) - 1))
    run = trec_input(scores)
    return lambda: evaluator.calc_aggregate(run)


PEERS = {"scikit-learn": scikit_learn, "pytrec-eval-terrier": pytrec, "ranx": ranx_evaluate, "ir-measures": ir}


def mean_of(answer: Any) -> float:
    """The mean NDCG, however deep a library hides it."""
    if isinstance(answer, dict):
        return float(np.mean([mean_of(value) for value in answer.values()]))
    return float(np.mean(answer))


def microseconds(run: Callable[[], Any], queries: int) -> float:
    gc.collect()
    start = time.process_time()
    run()
    return 1e6 * (time.process_time() - start) / queries


def spread(values: list[float]) -> str:
    return f"{np.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def compare(library: str, ours: Callable[[], Any], peer: Callable[[], Any], queries: int) -> str:
    """A row of the table. Both have run before: the check that they agree is the warm-up."""
    assert abs(mean_of(peer()) - mean_of(ours())) < 1e-5, f"{library} computes something else"
    pairs = [(microseconds(ours, queries), microseconds(peer, queries)) for _ in range(ROUNDS)]
    mine, its = map(list, zip(*pairs, strict=True))
    ratios = [theirs / our for our, theirs in pairs]
    verdict = "met" if np.median(ratios) >= TARGETS[library] else "MISSED"
    name = f"{library} {version(library)}"
    return f"{name:27}{spread(its):>28}{spread(mine):>24}{spread(ratios):>26}  {TARGETS[library]:>4} {verdict}"


def peak_megabytes(run: Callable[[], Any]) -> float:
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def main(queries: int = 100_000) -> None:
    rng = np.random.default_rng(0)
    labels, scores = rng.integers(0, 5, (queries, ITEMS)), rng.random((queries, ITEMS), dtype=np.float32)

    def ours() -> np.ndarray:
        return ndcg_scores(labels, scores, K)

    print(
        f"NDCG@{K}, {queries} queries x {ITEMS} films, float32 scores; {ROUNDS} rounds, load {os.getloadavg()[0]:.1f}"
    )
    print("median (least to most)      us a query: the peer, ours in the same rounds      ratio, least wanted")
    for library, peer in PEERS.items():
        print(compare(library, ours, peer(labels, scores), queries), flush=True)
    print(f"peak memory beyond the input: {peak_megabytes(ours):.1f} MB; the input has {scores.nbytes / 2**20:.0f} MB")


if __name__ == "__main__":
    numba.set_num_threads(1)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with threadpool_limits(1):
        main(*map(int, sys.argv[1:]))
