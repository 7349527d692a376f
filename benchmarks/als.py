"""Time a sweep of ALS beside its peers, on two cores, and say what it costs.

    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE benchmarks/.venv/bin/python -m benchmarks.als [section ...]

The sections are naive, lenskit, spark, implicit, floor, memory, linear and accuracy; without one, all of them run. All
but the last use ratings that `synthetic` makes: 20,000 users, 5,000 films and 1,000,000 ratings in float32, as uneven
as real ones. Half of the users gave 33 or fewer, the busiest 829; half of the films have 73 or fewer, the best known
7,906. `implicit` takes their sizes as plays and minimizes the objective over all cells.

A sweep is a half-step for all users and one for all films, through `als.half_step` with the plan that `als.fit` makes
once. Every peer minimizes the same weighted objective, its data are converted before the clock starts, both sides are
warmed up and take turns. Start, number of sweeps and reg are the same, so the objectives must be too.
"""

import os
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from itertools import product

import numpy as np
from scipy.sparse import csr_array, csr_matrix
from threadpoolctl import threadpool_limits

from benchmarks.timing import HEAD, Run, compare, seconds, spread, turns
from recmath_lib import als, kernels
from recmath_lib.factorization import objective, rmse
from recmath_lib.ratings import remove_biases, rows_of, split, with_data

RATINGS, USERS, FILMS = 1_000_000, 20_000, 5_000
REG, RANKS = 0.05, (10, 32, 64, 128)
NAIVE_TARGETS = {10: 3.5, 32: 2.2, 64: 1.8, 128: 1.8}
LENSKIT_TARGETS = {10: 1.0, 32: 1 / 1.2, 64: 1 / 1.2, 128: 1.0}  # level is within 20 %
SPARK_TARGET, FLOOR_TARGET, MEGABYTE = 5.0, 12.0, 2**20
IMPLICIT_TARGET, ALPHA, IMPLICIT_REG = 2.1, 2.0, 5.0


# ---- the problem -----------------------------------------------------------------------------------------------------


def synthetic(n_ratings: int = RATINGS, m: int = USERS, n: int = FILMS, seed: int = 0) -> csr_array:
    """Ratings of eight tastes plus noise, of pairs drawn by activity times popularity, both log-normal."""
    rng = np.random.default_rng(seed)
    activity, popularity = rng.lognormal(0, 1, m), rng.lognormal(0, 1.5, n)
    pairs = np.empty(0, dtype=np.int64)
    while pairs.size < n_ratings:
        drawn = rng.choice(m, n_ratings, p=activity / activity.sum()) * np.int64(n)
        pairs = np.unique(np.append(pairs, drawn + rng.choice(n, n_ratings, p=popularity / popularity.sum())))
    users, films = np.divmod(np.sort(rng.choice(pairs, n_ratings, replace=False)), n)
    tastes, axes = rng.normal(size=(m, 8)), rng.normal(size=(n, 8))
    values = sum(tastes[users, axis] * axes[films, axis] for axis in range(8)) / 8**0.5 + rng.normal(0, 0.8, n_ratings)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(users, minlength=m))]).astype(np.int32)
    return csr_array((values.astype(np.float32), films.astype(np.int32), offsets), shape=(m, n))


@dataclass(frozen=True, eq=False)
class Problem:
    """Ratings seen from both sides, their plans, and item factors to start from."""

    ratings: csr_array
    columns: csr_array
    by_user: kernels.Plan
    by_item: kernels.Plan
    start: np.ndarray


def problem(ratings: csr_array, n_factors: int) -> Problem:
    columns = ratings.T.tocsr()
    plans = [kernels.prepare(side, n_factors, np.float32) for side in (ratings, columns)]
    start = np.random.default_rng(0).normal(0, 0.1, (ratings.shape[1], n_factors)).astype(np.float32)
    return Problem(ratings, columns, *plans, start)


Sides = tuple[np.ndarray, np.ndarray]


def our_sweep(given: Problem, item_factors: np.ndarray) -> Sides:
    P = als.half_step(given.ratings, item_factors, REG, weighted=True, plan=given.by_user)
    return P, als.half_step(given.columns, P, REG, weighted=True, plan=given.by_item)


def objective_after(sweep: Callable[[np.ndarray], Sides], given: Problem, n_sweeps: int) -> float:
    Q = given.start
    for _ in range(n_sweeps):
        P, Q = sweep(Q)
    return objective(given.ratings, P, Q, REG, weighted=True)


def agreement(peer: Callable[[np.ndarray], Sides], given: Problem) -> str:
    """Both objectives after three sweeps from the same start."""
    mine, its = (objective_after(side, given, 3) for side in (lambda Q: our_sweep(given, Q), peer))
    return told(mine, its)


def told(mine: float, its: float) -> str:
    assert abs(mine - its) < 0.01 * mine, f"objectives differ by more than 1 %: ours {mine:.6g}, the peer's {its:.6g}"
    return f"    objective: ours {mine:.6g}, the peer's {its:.6g}, {100 * (its / mine - 1):+.4f} %"


# ---- peers -----------------------------------------------------------------------------------------------------------


def naive_half_step(ratings: csr_array, factors: np.ndarray) -> np.ndarray:
    """The loop that everybody writes first. One BLAS thread: with two, matrices as small as these take longer."""
    solutions, identity = np.zeros((ratings.shape[0], factors.shape[1]), factors.dtype), np.eye(factors.shape[1])
    penalties = (REG * np.diff(ratings.indptr)[:, None, None] * identity).astype(factors.dtype)
    for u in np.flatnonzero(np.diff(ratings.indptr)):
        rated = slice(ratings.indptr[u], ratings.indptr[u + 1])
        own = factors[ratings.indices[rated]]
        solutions[u] = np.linalg.solve(own.T @ own + penalties[u], own.T @ ratings.data[rated])
    return solutions


def naive() -> None:
    ratings = synthetic()
    print("np.linalg.solve in a loop over the rows\n" + HEAD)
    for k in RANKS:
        given = problem(ratings, k)

        def sweep(Q: np.ndarray, given: Problem = given) -> Sides:
            with threadpool_limits(1):
                P = naive_half_step(given.ratings, Q)
                return P, naive_half_step(given.columns, P)

        against(f"naive loop, k = {k}", sweep, given, NAIVE_TARGETS[k], rounds=3)


def against(name: str, sweep: Callable[[np.ndarray], Sides], given: Problem, least: float, rounds: int = 5) -> None:
    mine, its = turns(lambda: our_sweep(given, given.start), lambda: sweep(given.start), rounds)
    print(compare(name, mine, its, least), flush=True)
    print(agreement(sweep, given), flush=True)


def lenskit() -> None:
    from lenskit._accel import als as rust
    from lenskit._accel import thread_count
    from lenskit.data.matrix import SparseRowArray
    from lenskit.logging import item_progress
    from lenskit.parallel import ensure_parallel_init

    ensure_parallel_init()
    ratings = synthetic()
    sides = [SparseRowArray.from_scipy(side) for side in (ratings, ratings.T.tocsr())]

    def half_step(side: SparseRowArray, factors: np.ndarray) -> np.ndarray:
        solved = np.zeros((side.shape[0], factors.shape[1]), np.float32)
        with item_progress("rows", side.shape[0]) as progress:
            rust.train_explicit_matrix(side, solved, factors, REG, progress)
        return solved

    def sweep(Q: np.ndarray) -> Sides:
        P = half_step(sides[0], Q)
        return P, half_step(sides[1], P)

    print(f"the Rust half-steps of LensKit {version('lenskit')}, without its biases; {thread_count()} threads\n{HEAD}")
    for k in RANKS:
        against(f"LensKit, k = {k}", sweep, problem(ratings, k), LENSKIT_TARGETS[k], rounds=7)


def spark(k: int = 64, few: int = 1, many: int = 5) -> None:
    """Its time for one sweep is a difference of two fits, so that starting and reading the data are in neither."""
    import pandas as pd
    from pyspark.ml.recommendation import ALS
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]").config("spark.driver.memory", "4g")
    builder = builder.config("spark.ui.enabled", False).config("spark.ui.showConsoleProgress", False)
    session = builder.config("spark.log.level", "ERROR").getOrCreate()
    given = problem(synthetic(), k)
    table = {"user": rows_of(given.ratings), "item": given.ratings.indices, "rating": given.ratings.data}
    with tempfile.TemporaryDirectory() as folder:
        pd.DataFrame(table).to_parquet(f"{folder}/ratings.parquet")
        frame = session.read.parquet(f"{folder}/ratings.parquet").repartition(2).cache()
        frame.count()
        trainer = ALS(rank=k, regParam=REG, seed=0, checkpointInterval=-1).setNumBlocks(4)
        models = {}

        def fit(n_sweeps: int) -> None:
            models[n_sweeps] = trainer.setMaxIter(n_sweeps).fit(frame)

        fit(many)
        our_sweep(given, given.start)
        mine, its = [], []
        for _ in range(3):
            mine.append(seconds(lambda: our_sweep(given, given.start)))
            its.append((seconds(lambda: fit(many)) - seconds(lambda: fit(few))) / (many - few))
        print(f"Spark MLlib {version('pyspark')}, local[2]: a sweep, from fits of {few} and {many}\n{HEAD}")
        print(compare(f"Spark, k = {k}", mine, its, SPARK_TARGET))
        P = spark_factors(models[many].userFactors, USERS, k)
        Q = spark_factors(models[many].itemFactors, FILMS, k)
    session.stop()
    ours = objective_after(lambda Q: our_sweep(given, Q), given, many)
    print(told(ours, objective(given.ratings, P, Q, REG, weighted=True)), f"(after {many} sweeps, its own start)")


def spark_factors(side, size: int, k: int) -> np.ndarray:
    """It leaves out who has no rating."""
    table, factors = side.toPandas(), np.zeros((size, k), np.float32)
    factors[table["id"]] = np.stack(table["features"])
    return factors


def implicit(k: int = 64) -> None:
    """The exact solver of implicit, which minimizes the same objective over all cells from confidences as they are."""
    from implicit.cpu._als import least_squares

    pairs = synthetic()
    confidence = als.confidence(with_data(pairs, np.abs(pairs.data)), ALPHA)
    given = problem(confidence, k)
    tables = [csr_matrix(side) for side in (given.ratings, given.columns)]

    def our_implicit_sweep(Q: np.ndarray) -> Sides:
        P = als.implicit_half_step(given.ratings, Q, IMPLICIT_REG, plan=given.by_user)
        return P, als.implicit_half_step(given.columns, P, IMPLICIT_REG, plan=given.by_item)

    def sweep(Q: np.ndarray) -> Sides:
        P, Q = np.zeros((USERS, k), np.float32), Q.copy()
        with threadpool_limits(1):
            least_squares(tables[0], P, Q, IMPLICIT_REG, num_threads=2)
            least_squares(tables[1], Q, P, IMPLICIT_REG, num_threads=2)
        return P, Q

    print(f"the exact solver (use_cg=False, use_native=True) of implicit {version('implicit')}, 2 threads\n{HEAD}")
    mine, its = turns(lambda: our_implicit_sweep(given.start), lambda: sweep(given.start), rounds=5)
    print(compare(f"implicit, k = {k}", mine, its, IMPLICIT_TARGET), flush=True)
    print(told(*(implicit_objective_after(side, given, 3) for side in (our_implicit_sweep, sweep))))


def implicit_objective_after(sweep: Callable[[np.ndarray], Sides], given: Problem, n_sweeps: int) -> float:
    Q = given.start
    for _ in range(n_sweeps):
        P, Q = sweep(Q)
    return als.implicit_objective(given.ratings, P, Q, IMPLICIT_REG)


# ---- what a sweep costs ----------------------------------------------------------------------------------------------


def floor(k: int = 64) -> None:
    """Beside the time that its additions and multiplications would take at the speed of one large product."""
    given, size = problem(synthetic(), k), 3000
    square = np.random.default_rng(0).random((size, size), dtype=np.float32)
    mine, products = turns(lambda: our_sweep(given, given.start), lambda: square @ square)
    least = als.flops(given.ratings.nnz, sum(given.ratings.shape), k)
    times = [our / (least * its / (2 * size**3)) for our, its in zip(mine, products, strict=True)]
    rate = 2 * size**3 / np.median(products) / 1e9
    verdict = "met" if np.median(times) <= FLOOR_TARGET else "MISSED"
    print(f"k = {k}: {least / 1e9:.1f} Gflop a sweep, {rate:.0f} Gflop/s in a product of two {size} x {size} matrices")
    print(
        f"    a sweep takes {spread(mine, 3)} s, {spread(times, 1)} times the floor; at most {FLOOR_TARGET} {verdict}"
    )


def memory(k: int = 64) -> None:
    """The most that `als.fit` holds beyond the ratings it is given; users and films grow with the ratings."""
    print(f"k = {k}: the most that als.fit holds beyond the ratings; allowed are plan, factors and 64 MB")
    for n_ratings in (RATINGS, 10 * RATINGS):
        ratings = synthetic(n_ratings, n_ratings // 50, n_ratings // 200)
        tracemalloc.start()
        als.fit(ratings, k, REG, weighted=True, n_sweeps=2, seed=0)
        peak = tracemalloc.get_traced_memory()[1] / MEGABYTE
        tracemalloc.stop()
        allowed = (16 * n_ratings + 4 * k * sum(ratings.shape)) / MEGABYTE + 64
        verdict = "met" if peak <= allowed else "MISSED"
        print(f"    {n_ratings:>10,} ratings: {peak:.0f} MB, allowed {allowed:.0f} {verdict}", flush=True)


def linear(k: int = 64) -> None:
    """Users and films grow with the ratings, so every size has equally long rows."""
    print(f"k = {k}: time of a sweep, and of preparing both sides, by the number of ratings")
    for n_ratings in (RATINGS // 10, RATINGS, 10 * RATINGS):
        ratings = synthetic(n_ratings, n_ratings // 50, n_ratings // 200)
        once, given = seconds(lambda: problem(ratings, k)), problem(ratings, k)  # noqa: B023
        our_sweep(given, given.start)
        times = [1e6 * seconds(lambda: our_sweep(given, given.start)) / n_ratings for _ in range(3)]  # noqa: B023
        print(f"    {n_ratings:>10,} ratings: {spread(times)} us a rating, prepared in {1e6 * once / n_ratings:.2f} us")


# ---- what it predicts ------------------------------------------------------------------------------------------------


def accuracy() -> None:
    """Test RMSE on real ratings: twelve settings each, chosen on a validation part, tried on the test part once."""
    from recmath_lib.datasets import load_movielens

    train, test = split(load_movielens().ratings, test=0.2, seed=0)
    learn, validation = split(train, test=0.125, seed=1)
    print("\nRMSE on MovieLens, 20 % held out")
    print(f"{'':24}{'validation':>12}{'test':>8}  settings")
    for name, (fit, grid) in MODELS.items():
        settings = [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
        errors = [rmse(validation, fit(learn, **chosen)) for chosen in settings]
        best = settings[int(np.argmin(errors))]
        print(f"{name:24}{min(errors):>12.4f}{rmse(test, fit(train, **best)):>8.4f}  {best}", flush=True)


class Predictor:
    """Predictions for pairs, held to the scale of half a star to five."""

    def __init__(self, score: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> None:
        self.score = score

    def predict(self, users: np.ndarray, items: np.ndarray) -> np.ndarray:
        return np.clip(self.score(users, items), 0.5, 5)


def fit_als(ratings: csr_array, n_factors: int, reg: float, n_sweeps: int) -> Predictor:
    residuals, biases = remove_biases(ratings)
    state = als.fit(residuals, n_factors, reg, weighted=True, n_sweeps=n_sweeps, seed=0)
    return Predictor(lambda users, items: biases.predict(users, items) + state.predict(users, items))


def fit_surprise(ratings: csr_array, n_factors: int, reg: float, n_epochs: int) -> Predictor:
    import surprise

    rows = zip(rows_of(ratings), ratings.indices, ratings.data, [None] * ratings.nnz, strict=True)
    data = surprise.Dataset(surprise.Reader(rating_scale=(0.5, 5))).construct_trainset(list(rows))
    model = surprise.SVD(n_factors, n_epochs, lr_all=0.01, reg_all=reg, random_state=0).fit(data)
    return Predictor(
        lambda users, items: np.array([model.predict(u, i).est for u, i in zip(users, items, strict=True)])
    )


def fit_cornac(ratings: csr_array, n_factors: int, reg: float, n_epochs: int) -> Predictor:
    import cornac

    rows = zip(rows_of(ratings).tolist(), ratings.indices.tolist(), ratings.data.tolist(), strict=True)
    data = cornac.data.Dataset.from_uir(list(rows), seed=0)
    model = cornac.models.MF(k=n_factors, max_iter=n_epochs, learning_rate=0.01, lambda_reg=reg, use_bias=True, seed=0)
    model.fit(data)
    users_of, items_of = data.uid_map, data.iid_map  # it numbers them anew, as they come

    def score(u: int, i: int) -> float:
        user, item = users_of.get(u), items_of.get(i)
        known = user is not None and item is not None
        taste = model.u_factors[user] @ model.i_factors[item] if known else 0.0
        bias = (model.u_biases[user] if user is not None else 0) + (model.i_biases[item] if item is not None else 0)
        return data.global_mean + bias + taste

    return Predictor(lambda users, items: np.array([score(u, i) for u, i in zip(users, items, strict=True)]))


SGD_GRID = {"n_factors": (16, 64), "reg": (0.05, 0.1, 0.15), "n_epochs": (50, 100)}
MODELS = {
    "ALS": (fit_als, {"n_factors": (16, 64), "reg": (0.1, 0.15, 0.2), "n_sweeps": (5, 20)}),
    "Surprise SVD": (fit_surprise, SGD_GRID),
    "cornac MF": (fit_cornac, SGD_GRID),
}

SECTIONS: dict[str, Run] = {
    "naive": naive,
    "lenskit": lenskit,
    "spark": spark,
    "implicit": implicit,
    "floor": floor,
    "memory": memory,
    "linear": linear,
    "accuracy": accuracy,
}


def main(*chosen: str) -> None:
    unknown = set(chosen) - set(SECTIONS)
    if unknown:
        raise SystemExit(f"sections are {', '.join(SECTIONS)}, got {', '.join(sorted(unknown))}")
    print(f"NumPy {version('numpy')}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for name in chosen or SECTIONS:
        print(f"\n[{name}]", flush=True)
        SECTIONS[name]()


if __name__ == "__main__":
    main(*sys.argv[1:])
