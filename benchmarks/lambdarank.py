"""Time the lambdas of many queries beside the two ways that everybody writes first, on one core.

    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE OPENBLAS_NUM_THREADS=1 \\
        benchmarks/.venv/bin/python -m benchmarks.lambdarank [section ...]

The sections are lambdas and trainers; without one, both run. The process is held to one core where the system lets it.

lambdas: 2,000 queries of 100 documents, grades 0 to 4, k = 10. `lambda_gradients_batch` beside
    * the double loop over pairs as everybody writes it first: Eq. (6.5) to (6.7) on the arrays that the functions of
      the lesson take, ranks and ideal DCG found once for each query;
    * the same loop on Python floats in lists, with `math` in place of NumPy: told, not judged;
    * that loop with gains and discounts looked up in lists, which spares it two logarithms a pair: told, not judged;
    * NumPy with n x n tables, a query at a time: `lambda_gradients` in a loop.
Both sides are warmed up and take turns, and all lambdas must be the same to 1e-12. A loop takes seconds, so in its
rounds ours is run several times and the median taken.

trainers: what an epoch of `lambdarank.epochs` and a tree of `lambdarank.boosting_rounds` take, objective included.
"""

import math
import os
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version

import numpy as np

from benchmarks.timing import HEAD, Run, compare, seconds, spread
from recmath_lib import lambdarank, metrics

QUERIES, DOCUMENTS, CUT = 2_000, 100, 10
LOOP_TARGET, TABLES_TARGET = 280.0, 7.0
EPOCH_TARGET, TREE_TARGET = 20.0, 60.0  # milliseconds
Lambdas = Callable[[list[float], list[float], int], list[float]]


# ---- the peers -------------------------------------------------------------------------------------------------------


def ranks_and_ideal(scores: list[float], labels: list[float], k: int) -> tuple[list[int], float]:
    ranks = [0] * len(scores)
    for rank, i in enumerate(sorted(range(len(scores)), key=lambda i: -scores[i]), start=1):
        ranks[i] = rank
    best = sorted(labels, reverse=True)[:k]
    return ranks, sum((2**label - 1) / math.log2(rank + 1) for rank, label in enumerate(best, start=1))


def discount(rank: int, k: int) -> float:
    return 1 / math.log2(rank + 1) if rank <= k else 0.0


def double_loop(scores: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """As the equations read, on arrays."""
    n, ranks = len(scores), lambdarank.ranks(scores)
    ideal = metrics.dcg_at_k(np.sort(labels)[::-1], k)
    lambdas = np.zeros(n)
    for i in range(n):
        for j in range(n):
            if labels[i] > labels[j]:
                fall = array_discount(ranks[i], k) - array_discount(ranks[j], k)
                swap = (2 ** labels[i] - 2 ** labels[j]) * fall
                force = abs(swap) / ideal / (1 + np.exp(scores[i] - scores[j]))
                lambdas[i] -= force
                lambdas[j] += force
    return lambdas


def array_discount(rank: np.integer, k: int) -> float:
    return 1 / np.log2(rank + 1) if rank <= k else 0.0


def double_loop_on_floats(scores: list[float], labels: list[float], k: int) -> list[float]:
    """The same on Python floats."""
    n = len(scores)
    ranks, ideal = ranks_and_ideal(scores, labels, k)
    lambdas = [0.0] * n
    for i in range(n):
        for j in range(n):
            if labels[i] > labels[j]:
                swap = (2 ** labels[i] - 2 ** labels[j]) * (discount(ranks[i], k) - discount(ranks[j], k))
                force = abs(swap) / ideal / (1 + math.exp(scores[i] - scores[j]))
                lambdas[i] -= force
                lambdas[j] += force
    return lambdas


def double_loop_with_lists(scores: list[float], labels: list[float], k: int) -> list[float]:
    """Gains and discounts are looked up."""
    n = len(scores)
    ranks, ideal = ranks_and_ideal(scores, labels, k)
    gains, discounts = [2**label - 1 for label in labels], [discount(rank, k) for rank in ranks]
    lambdas = [0.0] * n
    for i in range(n):
        for j in range(n):
            if labels[i] > labels[j]:
                swap = (gains[i] - gains[j]) * (discounts[i] - discounts[j])
                force = abs(swap) / ideal / (1 + math.exp(scores[i] - scores[j]))
                lambdas[i] -= force
                lambdas[j] += force
    return lambdas


def tables(scores: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    return lambdarank.lambda_gradients(scores, labels, k=k)


# ---- side by side ----------------------------------------------------------------------------------------------------


def graded(queries: int = QUERIES, documents: int = DOCUMENTS, seed: int = 0) -> tuple[np.ndarray, ...]:
    rng, size = np.random.default_rng(seed), queries * documents
    offsets = np.arange(0, size + 1, documents)
    return rng.normal(size=size), rng.integers(0, 5, size).astype(float), offsets


def lambdas() -> None:
    scores, labels, offsets = graded()
    queries = list(zip(*(np.split(values, offsets[1:-1]) for values in (scores, labels)), strict=True))
    lists = [(s.tolist(), y.tolist()) for s, y in queries]
    expected = lambdarank.lambda_gradients_batch(scores, labels, offsets, k=CUT)

    def ours() -> None:
        lambdarank.lambda_gradients_batch(scores, labels, offsets, k=CUT)

    print(f"{QUERIES:,} queries of {DOCUMENTS} documents, k = {CUT}\n{HEAD}")
    peers = {
        "double loop": (double_loop, queries, LOOP_TARGET, 3),
        "double loop, floats": (double_loop_on_floats, lists, None, 3),
        "double loop, looked up": (double_loop_with_lists, lists, None, 3),
        "n x n tables, NumPy": (tables, queries, TABLES_TARGET, 7),
    }
    for name, (way, given, least, rounds) in peers.items():
        its = np.concatenate([way(*query, CUT) for query in given])
        far = float(np.abs(its - expected).max())
        assert far < 1e-12, f"{name}: lambdas differ by {far:.1e}"
        mine, theirs = turns(ours, lambda: [way(*query, CUT) for query in given], rounds)  # noqa: B023
        print(compare(name, mine, theirs, least), f"  largest difference {far:.0e}", flush=True)


def turns(ours: Run, peer: Run, rounds: int, repeats: int = 9) -> tuple[list[float], list[float]]:
    """Seconds of both sides, turn by turn. The peer was warmed up when its lambdas were compared."""
    mine, its = [], []
    for _ in range(rounds):
        mine.append(float(np.median([seconds(ours) for _ in range(repeats)])))
        its.append(seconds(peer))
    return mine, its


# ---- the trainers ----------------------------------------------------------------------------------------------------


def step_times(states: Iterator[object], steps: int) -> list[float]:
    """Milliseconds a state, the first two not counted."""
    next(states), next(states)
    return [1000 * seconds(lambda: next(states)) for _ in range(steps)]


def trainers(steps: int = 15) -> None:
    _, labels, offsets = graded(queries=200)
    features = np.random.default_rng(1).normal(size=(labels.size, 10))
    print(f"200 queries of {DOCUMENTS} documents with 10 features, milliseconds")
    for loss in ("pointwise", "softmax", "ranknet", "lambdarank"):
        states = lambdarank.epochs(features, labels, offsets, loss=loss, n_epochs=steps + 1)
        told(f"an epoch, {loss}", step_times(states, steps), EPOCH_TARGET)
    cut = lambdarank.epochs(features, labels, offsets, k=CUT, n_epochs=steps + 1)
    told(f"an epoch, lambdarank, k = {CUT}", step_times(cut, steps), EPOCH_TARGET)
    grown = lambdarank.boosting_rounds(features, labels, offsets, k=CUT, n_trees=steps + 1)
    told(f"a tree, lambdarank, k = {CUT}", step_times(grown, steps), TREE_TARGET)


def told(name: str, times: list[float], most: float) -> None:
    verdict = "met" if np.median(times) <= most else "MISSED"
    print(f"    {name:32}{spread(times, 1):>28}  at most {most:.0f} {verdict}", flush=True)


SECTIONS: dict[str, Run] = {"lambdas": lambdas, "trainers": trainers}


def main(*chosen: str) -> None:
    unknown = set(chosen) - set(SECTIONS)
    if unknown:
        raise SystemExit(f"sections are {', '.join(SECTIONS)}, got {', '.join(sorted(unknown))}")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(f"NumPy {version('numpy')}, one core of {os.cpu_count()}, load {os.getloadavg()[0]:.1f}")
    for name in chosen or SECTIONS:
        print(f"\n[{name}]", flush=True)
        SECTIONS[name]()


if __name__ == "__main__":
    main(*sys.argv[1:])
