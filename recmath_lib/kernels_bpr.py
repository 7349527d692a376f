"""The fast step of BPR: a batch of triples at once, in tables that it changes.

`bpr.sgd_step` shows the step and returns new tables; here the same step costs the rows of the batch only, however
large the tables are. What makes it fast:

* a gradient is a number per triple times a difference of rows, so the sums by row are one sparse product, without the
  gradients of the triples ever standing in memory;
* the product has a row for each row that the batch touches, not for each row of the table;
* the penalty shrinks a touched row once, by the number of triples that it is in;
* in a large batch the two tables move at the same time, each in a thread of its own.
"""

from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array
from scipy.special import expit

Floats = NDArray[np.floating]
Ints = NDArray[np.integer]
LARGE = 1 << 12  # triples: in a smaller batch a thread costs more than it brings


def steps_in_place(P: Floats, Q: Floats, triples: tuple[Ints, Ints, Ints], size: int, lr: float, reg: float) -> None:
    """All triples in their order, one batch of this size after another; arguments as in `step_in_place`."""
    with ThreadPoolExecutor(1) as helper:
        for start in range(0, len(triples[0]), size):
            users, positives, negatives = (rows[start : start + size] for rows in triples)
            step_in_place(P, Q, users, positives, negatives, lr, reg, helper if size >= LARGE else None)


def step_in_place(
    P: Floats,
    Q: Floats,
    users: Ints,
    positives: Ints,
    negatives: Ints,
    lr: float,
    reg: float,
    helper: Executor | None = None,
) -> None:
    """Move both tables by one step on a batch of triples, all gradients taken at the old tables; see Eq. (5.9).

    Args:
        P: user factors, shape (m, k), changed in place.
        Q: item factors of the same floating type, shape (n, k), changed in place.
        users, positives, negatives: the triples, shape (b,) each, rows of P, of Q and of Q.
        lr: learning rate.
        reg: penalty weight lambda, on the three vectors of each triple.
        helper: moves P meanwhile, if given. It changes no digit.
    """
    own, ahead = P.take(users, axis=0), Q.take(positives, axis=0)
    with np.errstate(over="ignore", invalid="ignore"):
        ahead -= Q.take(negatives, axis=0)
        pushes = lr * expit(-np.einsum("bk,bk->b", own, ahead))
    shrink = 2 * lr * reg
    items, signed = np.column_stack([positives, negatives]), np.column_stack([pushes, -pushes])
    move_users = partial(_move, P, users[:, None], pushes[:, None], ahead, shrink)
    _both(move_users, partial(_move, Q, items, signed, own, shrink), helper)


def _both(first: Callable[[], None], second: Callable[[], None], helper: Executor | None) -> None:
    if helper is None:
        first()
        second()
        return
    waiting = helper.submit(first)
    second()
    waiting.result()


def _move(table: Floats, rows: Ints, weights: Floats, values: Floats, shrink: float) -> None:
    """Add weights[t, s] times values[t] to row rows[t, s] of the table, and shrink that row, for all t, s at once."""
    touched, places = _numbered(rows.ravel(), len(table))
    ends = np.arange(0, rows.size + 1, rows.shape[1])
    kept = 1 - shrink * np.bincount(places)
    with np.errstate(over="ignore", invalid="ignore"):
        sums = csc_array((weights.ravel(), places, ends), shape=(touched.size, len(rows))) @ values
        table[touched] = kept.astype(table.dtype)[:, None] * table.take(touched, axis=0) + sums


def _numbered(rows: Ints, size: int) -> tuple[Ints, Ints]:
    """The distinct rows, rising, and for each of the given its place among them. np.unique would sort them."""
    is_touched = np.zeros(size, dtype=bool)
    is_touched[rows] = True
    touched = np.flatnonzero(is_touched)
    places = np.empty(size, dtype=np.intp)
    places[touched] = np.arange(touched.size)
    return touched, places[rows]
