"""Time `svd.fit` beside the solver it stands on, on two cores.

    env -u OPENBLAS_CORETYPE -u OPENBLAS_L2_SIZE benchmarks/.venv/bin/python -m benchmarks.svd

`scipy.sparse.linalg.svds` gets ratings that are centred already and the same start; `svd.fit` has to find the means,
centre, and sort and sign the vectors as well. It may take 1.2 times as long, and no dense m x n array.
"""

import os
import tracemalloc
from importlib.metadata import version

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.linalg import svds

from benchmarks.als import synthetic
from benchmarks.timing import HEAD, compare, turns
from recmath_lib import svd
from recmath_lib.ratings import rows_of, with_data

TARGET, MEGABYTE = 1 / 1.2, 2**20


def centred(ratings: csr_array) -> csr_array:
    return with_data(ratings, ratings.data - svd.user_means(ratings)[rows_of(ratings)])


def main() -> None:
    print(f"SciPy {version('scipy')}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n{HEAD}")
    for n_ratings, m, n in ((100_000, 2_000, 500), (1_000_000, 20_000, 5_000)):
        ratings = synthetic(n_ratings, m, n).astype(float)
        matrix, start = centred(ratings), np.random.default_rng(0).normal(size=min(m, n))
        for k in (3, 20):
            mine, its = turns(lambda: svd.fit(ratings, k), lambda: svds(matrix, k=k, v0=start))  # noqa: B023
            found, values = svd.fit(ratings, k).singular_values, svds(matrix, k=k, v0=start)[1]
            assert np.allclose(found, values[::-1], rtol=1e-8), "they find different singular values"
            print(compare(f"svds, {n_ratings:,} ratings, k = {k}", mine, its, TARGET), flush=True)
    tracemalloc.start()
    svd.fit(ratings, 20)
    peak = tracemalloc.get_traced_memory()[1] / MEGABYTE
    print(f"peak memory beyond the ratings: {peak:.0f} MB; a dense array would take {8 * m * n / MEGABYTE:.0f} MB")


if __name__ == "__main__":
    main()
