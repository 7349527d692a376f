"""Time an epoch of BPR beside its peers, on two cores, and see how good a ranking each reaches, by the second.

    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE benchmarks/.venv/bin/python -m benchmarks.bpr [section ...]

The sections are speed, parts and accuracy; without one, all of them run. The first two use the pairs of
`benchmarks.als.synthetic`, each a click: 20,000 users, 5,000 films, 1,000,000 clicks, in float32 with k = 32.

An epoch takes as many triples as there are clicks. Ours counts all that an epoch does: it draws the other films (never
one that the user clicked), shuffles the clicks and steps through them in batches of 8,192. The clock of the second line
also runs while `bpr.epochs` computes the objective after the epoch, which no peer does. Data are converted before the
clock starts, both sides are warmed up and take turns.

`accuracy` is on MovieLens: a rating of 3.5 stars or more is a click, the last 20 % of each user's clicks are the test
part, the last 12.5 % of the others the validation part. Each model tries eight settings and nine numbers of epochs on
the validation part; the best of them learns all but the test part, from three seeds, and is tested. The table, and
the picture in benchmarks/results/, have NDCG@10 against the seconds spent in training. There are few users: the last
line has the interval of the difference, too.
"""

import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from importlib.metadata import version
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix, csr_array, csr_matrix

from benchmarks.als import synthetic
from benchmarks.timing import HEAD, Run, compare, seconds, spread, turns
from recmath_lib import bpr, metrics
from recmath_lib.datasets import load_movielens
from recmath_lib.ratings import rows_of, split, with_data

K, LR, REG, BATCH, THREADS = 32, 0.05, 0.01, 8192, 2
LIGHTFM_TARGET, IMPLICIT_TARGET, ACCURACY_TARGET = 1.8, 0.3, 0.98
SNAPSHOTS, SEEDS = (2, 4, 8, 16, 24, 32, 48, 64, 96), (0, 1, 2)
RESULTS = Path(__file__).parent / "results"

Tables = tuple[np.ndarray, np.ndarray, np.ndarray | float]  # P, Q and item biases: scores are P Q^T + biases


def only(matrix: csr_array, keep: np.ndarray, values: np.ndarray) -> csr_array:
    counts = np.bincount(rows_of(matrix)[keep], minlength=matrix.shape[0])
    offsets = np.append(0, np.cumsum(counts)).astype(np.int32)
    return csr_array((values[keep], matrix.indices[keep].astype(np.int32), offsets), shape=matrix.shape)


# ---- speed -----------------------------------------------------------------------------------------------------------


def million() -> csr_array:
    pairs = synthetic()
    return with_data(pairs, np.ones(pairs.nnz, np.float32))


def our_epoch(clicks: csr_array) -> Run:
    """The epoch alone, from the same tables each time."""
    rng = np.random.default_rng(0)
    P, Q = (rng.normal(0, 0.1, (size, K)).astype(np.float32) for size in clicks.shape)
    usable = bpr._usable(clicks, "uniform")
    return lambda: bpr._epoch(clicks, usable, P, Q, LR, REG, BATCH, "uniform", rng)


def our_state(clicks: csr_array) -> Run:
    states = bpr.epochs(clicks, K, REG, LR, n_epochs=1000, batch_size=BATCH, seed=0)
    next(states)
    return lambda: next(states)


def lightfm_epoch(clicks: csr_array) -> Run:
    model, table = lightfm_model(K, LR, 0.0, seed=0), coo_matrix(csr_matrix(clicks))
    return lambda: model.fit_partial(table, epochs=1, num_threads=THREADS)


def implicit_epoch(clicks: csr_array) -> Run:
    model, table = implicit_model(K, LR, REG, seed=0), csr_matrix(clicks)
    model.iterations = 1
    return lambda: model.fit(table, show_progress=False)


def lightfm_model(n_factors: int, lr: float, reg: float, seed: int) -> Any:
    from lightfm import LightFM

    options = {"learning_rate": lr, "item_alpha": reg, "user_alpha": reg, "random_state": seed}
    return LightFM(no_components=n_factors, loss="bpr", **options)


def implicit_model(n_factors: int, lr: float, reg: float, seed: int) -> Any:
    from implicit.cpu.bpr import BayesianPersonalizedRanking

    rng = np.random.default_rng(seed)
    return BayesianPersonalizedRanking(
        n_factors, learning_rate=lr, regularization=reg, num_threads=THREADS, random_state=rng
    )


def speed() -> None:
    clicks = million()
    peers = {
        f"LightFM {version('rectools-lightfm')}, {lightfm_threads()}": (lightfm_epoch(clicks), LIGHTFM_TARGET),
        f"implicit {version('implicit')}, {THREADS} threads": (implicit_epoch(clicks), IMPLICIT_TARGET),
    }
    ours = {"": our_epoch(clicks), "  with our objective": our_state(clicks)}
    print(f"an epoch of {clicks.nnz:,} triples, k = {K}\n{HEAD}")
    for (name, (peer, least)), (note, epoch) in product(peers.items(), ours.items()):
        mine, its = turns(epoch, peer)
        print(compare(note or name, mine, its, least))
        rates = (f"{clicks.nnz / np.median(times):,.0f}" for times in (its, mine))
        print("    triples per second: the peer {}, ours {}".format(*rates), flush=True)


def lightfm_threads() -> str:
    """A wheel without OpenMP has one thread, whatever it is told."""
    import lightfm._lightfm_fast as fast

    return f"{THREADS} threads" if hasattr(fast, "fit_bpr") and "_openmp" in fast.fit_bpr.__module__ else "1 thread"


def parts() -> None:
    """Where the time of our epoch goes."""
    clicks, rng = million(), np.random.default_rng(0)
    users = rows_of(clicks)
    print(f"{clicks.nnz:,} triples, k = {K}, seconds")
    for negatives in ("uniform", "popular", "unchecked"):
        times = [seconds(lambda: bpr.draw_negatives(clicks, users, negatives, rng)) for _ in range(5)]  # noqa: B023
        print(f"    other films, {negatives:12}{spread(times, 3):>26}")
    print(f"    order{'':20}{spread([seconds(lambda: rng.permutation(users.size)) for _ in range(5)], 3):>26}")
    P, Q = (rng.normal(0, 0.1, (size, K)).astype(np.float32) for size in clicks.shape)
    usable = bpr._usable(clicks, "uniform")
    for size in (256, 1024, 4096, 16384):
        times = [
            seconds(lambda: bpr._epoch(clicks, usable, P, Q, LR, REG, size, "uniform", rng))  # noqa: B023
            for _ in range(3)
        ]
        print(f"    epoch, batches of {size:<7}{spread(times, 3):>26}", flush=True)


# ---- accuracy --------------------------------------------------------------------------------------------------------


def movielens() -> tuple[csr_array, csr_array, csr_array, csr_array]:
    """(learn, validation, train, test): train is learn and validation together."""
    data = load_movielens(show_terms=False)
    liked = data.ratings.data >= 3.5
    clicks = only(data.ratings, liked, np.ones(liked.size, np.float32))
    times = only(data.ratings, liked, data.times.data)
    train, test = split(clicks, 0.2, by="time", times=times)
    of_train = np.isin(cells(clicks), cells(train))
    learn, validation = split(train, 0.125, by="time", times=only(times, of_train, times.data))
    return learn, validation, train, test


def cells(matrix: csr_array) -> np.ndarray:
    return rows_of(matrix) * np.int64(matrix.shape[1]) + matrix.indices


def steps() -> Iterator[int]:
    """Epochs from one snapshot to the next."""
    return iter(np.diff(SNAPSHOTS, prepend=0).tolist())


def ours(clicks: csr_array, seed: int, n_factors: int, lr: float, reg: float) -> Iterator[Tables]:
    states = bpr.epochs(clicks, n_factors, reg, lr, n_epochs=SNAPSHOTS[-1], batch_size=1024, seed=seed, average=True)
    for state in states:
        if state.step in SNAPSHOTS:
            yield state.user_factors, state.item_factors, 0.0


def implicit(clicks: csr_array, seed: int, n_factors: int, lr: float, reg: float) -> Iterator[Tables]:
    model, table = implicit_model(n_factors, lr, reg, seed), csr_matrix(clicks)
    for model.iterations in steps():
        model.fit(table, show_progress=False)
        yield model.user_factors, model.item_factors, 0.0  # its biases are a column of them


def lightfm(clicks: csr_array, seed: int, n_factors: int, lr: float, reg: float) -> Iterator[Tables]:
    model, table = lightfm_model(n_factors, lr, reg, seed), coo_matrix(csr_matrix(clicks))
    for n_epochs in steps():
        model.fit_partial(table, epochs=n_epochs, num_threads=THREADS)
        yield model.user_embeddings, model.item_embeddings, model.item_biases


def cornac(clicks: csr_array, seed: int, n_factors: int, lr: float, reg: float) -> Iterator[Tables]:
    import cornac as library

    rows = zip(rows_of(clicks).tolist(), clicks.indices.tolist(), clicks.data.tolist(), strict=True)
    data = library.data.Dataset.from_uir(list(rows), seed=seed)
    numbered = (np.array(list(data.uid_map)), np.array(list(data.iid_map)))  # it numbers them anew, as they come
    start: dict[str, np.ndarray] = {}
    for part, n_epochs in enumerate(steps()):
        options = {"learning_rate": lr, "lambda_reg": reg, "init_params": start, "seed": 1000 * seed + part}
        model = library.models.BPR(k=n_factors, max_iter=n_epochs, **options).fit(data)
        start = {"U": model.u_factors, "V": model.i_factors, "Bi": model.i_biases}
        P, Q = (np.zeros((size, n_factors), np.float32) for size in clicks.shape)
        biases = np.full(clicks.shape[1], -1e6, np.float32)  # a film that it has not met comes last
        P[numbered[0]], Q[numbered[1]], biases[numbered[1]] = model.u_factors, model.i_factors, model.i_biases
        yield P, Q, biases


Model = Callable[..., Iterator[Tables]]
FACTORS = (32, 64)
MODELS: dict[str, tuple[Model, dict[str, tuple[float, ...]]]] = {
    "ours": (ours, {"n_factors": FACTORS, "lr": (0.04, 0.08), "reg": (0.004, 0.012)}),
    "implicit": (implicit, {"n_factors": FACTORS, "lr": (0.01, 0.03), "reg": (0.003, 0.02)}),
    "LightFM": (lightfm, {"n_factors": FACTORS, "lr": (0.02, 0.05), "reg": (0.0, 1e-5)}),
    "cornac": (cornac, {"n_factors": FACTORS, "lr": (0.02, 0.05), "reg": (0.003, 0.01)}),
}


def ndcg(tables: Tables, seen: csr_array, hidden: csr_array) -> np.ndarray:
    """NDCG@10 of each user who has a hidden click, films that the user has clicked before left out."""
    P, Q, biases = tables
    users = np.flatnonzero(np.diff(hidden.indptr))
    scores = P[users] @ Q.T + biases
    scores[rows_of(seen[users]), seen[users].indices] = -np.inf
    return metrics.ndcg_scores(hidden[users].toarray(), scores, k=10)


def curve(run: Iterator[Tables], seen: csr_array, hidden: csr_array) -> tuple[np.ndarray, np.ndarray]:
    """Seconds in training up to each snapshot, and NDCG@10 of each user there, shape (snapshots, users)."""
    spent, times, scores = 0.0, [], []
    for _ in SNAPSHOTS:
        start = time.perf_counter()
        tables = next(run)
        spent += time.perf_counter() - start
        times.append(spent)
        scores.append(ndcg(tables, seen, hidden))
    return np.array(times), np.array(scores)


def accuracy() -> None:
    learn, validation, train, test = movielens()
    print(f"MovieLens, {train.nnz + test.nnz:,} clicks; NDCG@10 on {np.count_nonzero(np.diff(test.indptr))} users\n")
    curves, tested = {}, {}
    for name, (model, grid) in MODELS.items():
        settings = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
        runs = [curve(model(learn, 0, **chosen), learn, validation) for chosen in settings]
        tried = np.array([scores.mean(axis=1) for _, scores in runs])
        setting, snapshot = np.unravel_index(np.argmax(tried), tried.shape)
        runs = [curve(model(train, seed, **settings[setting]), train, test) for seed in SEEDS]
        times, scores = (np.mean(part, axis=0) for part in zip(*runs, strict=True))
        curves[name], tested[name] = (times, scores.mean(axis=1)), scores[snapshot]
        print(f"{name:10}validation {tried.max():.4f}  test {tested[name].mean():.4f}  ", end="")
        print(f"{settings[setting]}, {SNAPSHOTS[snapshot]} epochs", flush=True)
    popular = np.bincount(train.indices, minlength=train.shape[1])[:, None].astype(float)
    print(f"popularity{'':19}test {ndcg((np.ones((len(learn.indptr) - 1, 1)), popular, 0.0), train, test).mean():.4f}")
    show(curves)
    verdict(tested)


def verdict(tested: dict[str, np.ndarray]) -> None:
    """Ours beside the best peer, and the difference of the same users in both."""
    best = max((name for name in tested if name != "ours"), key=lambda name: tested[name].mean())
    share, gaps = tested["ours"].mean() / tested[best].mean(), tested["ours"] - tested[best]
    width = 1.96 * gaps.std(ddof=1) / gaps.size**0.5
    print(f"ours / {best}, the best peer: {share:.3f}, at least {ACCURACY_TARGET} {met(share >= ACCURACY_TARGET)}")
    print(f"    difference {gaps.mean():+.4f}, 95 % interval {gaps.mean() - width:+.4f} to {gaps.mean() + width:+.4f}")


def met(reached: bool) -> str:
    return "met" if reached else "MISSED"


def show(curves: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    """The mean of the seeds by seconds, as a table and a picture."""
    print("\nNDCG@10 on the test part (seconds in training), mean of three seeds, by the number of epochs")
    print(f"{'':10}" + "".join(f"{n_epochs:>15}" for n_epochs in SNAPSHOTS))
    for name, (times, scores) in curves.items():
        print(f"{name:10}" + "".join(f"{s:>8.4f} ({t:4.1f})" for t, s in zip(times, scores, strict=True)))
    print(f"picture: {picture(curves)}")


def picture(curves: dict[str, tuple[np.ndarray, np.ndarray]]) -> Path:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    looks = zip(curves.items(), ("#0072B2", "#D55E00", "#009E73", "#CC79A7"), "os^D", strict=True)
    for (name, (times, scores)), colour, marker in looks:
        axes.plot(times, scores, color=colour, marker=marker, label=name)
    axes.set(xscale="log", xlabel="seconds in training", ylabel="NDCG@10 on the test part")
    axes.set_title("BPR on MovieLens: ranking quality by training time")
    axes.legend()
    RESULTS.mkdir(exist_ok=True)
    figure.savefig(RESULTS / "bpr.png", dpi=120)
    return RESULTS / "bpr.png"


SECTIONS: dict[str, Run] = {"speed": speed, "parts": parts, "accuracy": accuracy}


def main(*chosen: str) -> None:
    unknown = set(chosen) - set(SECTIONS)
    if unknown:
        raise SystemExit(f"sections are {', '.join(SECTIONS)}, got {', '.join(sorted(unknown))}")
    warnings.filterwarnings("ignore", module="cornac|implicit|lightfm")
    print(f"NumPy {version('numpy')}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for name in chosen or SECTIONS:
        print(f"\n[{name}]", flush=True)
        SECTIONS[name]()


if __name__ == "__main__":
    main(*sys.argv[1:])
