"""Record what other libraries find for the same small problems: python -m benchmarks.record_factorization

Run by hand in the environment of benchmarks/requirements.txt (Spark wants Java 17), from the root of the repository. It
rewrites recmath_lib/data/factorization_peers.json, which the tests of lessons 01 to 03 explain number by number. The
file holds lists and numbers only, the inputs too; `json.loads` is all that a test needs:

    recorded_by, platform, versions   who made it
    ratings        {shape, users, items, values}: one list entry per rating, sorted by user, then item
    item_factors   (n, k): what the half-steps below start from
    ridge          scikit-learn: the half-step for all users under both penalties, float64, (m, k) each
    lenskit        the half-step of its explicit ALS, float32, (m, k), with its own reg
    spark          user and item factors of MLlib's explicit ALS after n_sweeps, float32, with its own reg
    surprise       user and item factors before and after one epoch of its SGD (biased=False), in the order of ratings
    nuclear        convex solver: {matrix, observed, tau, value, minimizer} for a full and an incomplete matrix,
                   minimizing ||P_Omega(R - X)||^2 + 2 tau ||X||_*
"""

import json
import platform
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cvxpy
import numpy as np
import surprise
from lenskit._accel import als as lenskit_als
from lenskit.data.matrix import SparseRowArray
from lenskit.logging import item_progress
from pyspark.ml.recommendation import ALS
from pyspark.sql import SparkSession
from scipy.sparse import csr_array
from sklearn.linear_model import Ridge

TARGET = Path(__file__).parents[1] / "recmath_lib" / "data" / "factorization_peers.json"
PACKAGES = ["scikit-learn", "lenskit", "pyspark", "scikit-surprise", "cvxpy", "clarabel", "numpy"]
USERS, ITEMS, FACTORS, REG, SWEEPS = 8, 6, 2, 0.1, 100


def small_ratings(rng: np.random.Generator) -> csr_array:
    """One to five stars; everybody has rated at least two films, not all as many."""
    observed = rng.random((USERS, ITEMS)) < np.linspace(0.3, 0.9, USERS)[:, None]
    observed[np.arange(USERS), np.arange(USERS) % ITEMS] = True
    observed[np.arange(USERS), (np.arange(USERS) + 2) % ITEMS] = True
    return csr_array(np.where(observed, rng.integers(1, 6, observed.shape), 0).astype(float))


def rows_of(ratings: csr_array) -> np.ndarray:
    return np.repeat(np.arange(ratings.shape[0]), np.diff(ratings.indptr))


def ridge(ratings: csr_array, item_factors: np.ndarray) -> dict[str, Any]:
    found: dict[str, Any] = {"reg": REG}
    for name, weighted in (("plain", False), ("weighted", True)):
        rows = []
        for u in range(ratings.shape[0]):
            rated = slice(*ratings.indptr[u : u + 2])
            model = Ridge(alpha=REG * (ratings.indptr[u + 1] - ratings.indptr[u] if weighted else 1))
            model.set_params(fit_intercept=False, solver="cholesky")
            rows.append(model.fit(item_factors[ratings.indices[rated]], ratings.data[rated]).coef_.tolist())
        found[name] = rows
    return found


def lenskit(ratings: csr_array, item_factors: np.ndarray) -> dict[str, Any]:
    solved, given = np.zeros((ratings.shape[0], FACTORS), np.float32), item_factors.astype(np.float32)
    matrix = SparseRowArray.from_scipy(ratings.astype(np.float32))
    with item_progress("users", ratings.shape[0]) as progress:
        lenskit_als.train_explicit_matrix(matrix, solved, given, REG, progress)
    return {"reg": REG, "user_factors": solved.tolist()}


def spark(ratings: csr_array) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", False).getOrCreate()
        session.sparkContext.setCheckpointDir(folder)  # else the plan of so many sweeps overflows its stack
        triplets = zip(rows_of(ratings).tolist(), ratings.indices.tolist(), ratings.data.tolist(), strict=True)
        frame = session.createDataFrame(list(triplets), ["user", "item", "rating"])
        trainer = ALS(rank=FACTORS, regParam=REG, maxIter=SWEEPS, checkpointInterval=5, seed=0).setNumBlocks(1)
        model = trainer.fit(frame)
        sides = [
            [row.features for row in side.orderBy("id").collect()] for side in (model.userFactors, model.itemFactors)
        ]
        session.stop()
    return {"reg": REG, "n_sweeps": SWEEPS, "nonnegative": False, "user_factors": sides[0], "item_factors": sides[1]}


def surprise_epoch(ratings: csr_array) -> dict[str, Any]:
    triplets = list(zip(rows_of(ratings), ratings.indices, ratings.data, [None] * ratings.nnz, strict=True))
    data = surprise.Dataset(surprise.Reader(rating_scale=(1, 5)))
    train = data.construct_trainset(triplets)
    order = [train.to_raw_iid(item) for item in range(train.n_items)]  # it numbers the items as they come
    states = {}
    for name, epochs in (("before", 0), ("after", 1)):
        model = surprise.SVD(FACTORS, epochs, biased=False, lr_all=0.01, reg_all=REG, init_std_dev=0.5, random_state=0)
        model.fit(train)
        states[name] = {"user_factors": model.pu.tolist(), "item_factors": model.qi[np.argsort(order)].tolist()}
    return {"reg": REG, "lr": 0.01, **states}


def nuclear(matrix: np.ndarray, observed: np.ndarray, tau: float) -> dict[str, Any]:
    guess = cvxpy.Variable(matrix.shape)
    errors = cvxpy.multiply(observed, matrix - guess)
    problem = cvxpy.Problem(cvxpy.Minimize(cvxpy.sum_squares(errors) + 2 * tau * cvxpy.normNuc(guess)))
    precise = {"tol_gap_abs": 1e-10, "tol_gap_rel": 1e-10, "tol_feas": 1e-10}
    value = problem.solve(solver=cvxpy.CLARABEL, **precise)
    return {
        "matrix": matrix.tolist(),
        "observed": observed.tolist(),
        "tau": tau,
        "status": problem.status,
        "value": float(value),
        "minimizer": guess.value.tolist(),
    }


def recorded() -> dict[str, Any]:
    rng = np.random.default_rng(0)
    ratings, item_factors = small_ratings(rng), np.round(rng.normal(0, 1, (ITEMS, FACTORS)), 3)
    matrix, observed = np.round(rng.normal(0, 2, (6, 5)), 2), rng.random((6, 5)) < 0.7
    full = np.ones((6, 5), dtype=bool)
    return {
        "recorded_by": f"benchmarks/record_factorization.py, Python {platform.python_version()}",
        "platform": platform.platform(),
        "versions": {package: version(package) for package in PACKAGES},
        "ratings": {
            "shape": ratings.shape,
            "users": rows_of(ratings).tolist(),
            "items": ratings.indices.tolist(),
            "values": ratings.data.tolist(),
        },
        "item_factors": item_factors.tolist(),
        "ridge": ridge(ratings, item_factors),
        "lenskit": lenskit(ratings, item_factors),
        "spark": spark(ratings),
        "surprise": surprise_epoch(ratings),
        "nuclear": {"full": nuclear(matrix, full, 1.5), "incomplete": nuclear(matrix, observed, 1.5)},
    }


def main() -> None:
    found = recorded()
    lines = ",\n ".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in found.items())
    TARGET.write_text(f"{{\n {lines}\n}}\n", encoding="utf-8")
    print(f"{TARGET.name}: {TARGET.stat().st_size} bytes, {found['versions']}")


if __name__ == "__main__":
    main()
