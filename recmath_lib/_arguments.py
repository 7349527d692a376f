"""What several modules ask of their arguments: each check returns what it was given, ready to use, or names it."""

import reprlib
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.intp]


def array(values: ArrayLike, name: str) -> NDArray[Any]:
    """Anything that NumPy can lay out in rows of equal length."""
    try:
        return np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name} must have rows of equal length, got {reprlib.repr(values)}") from error


def floats(values: ArrayLike, name: str) -> NDArray[np.float64]:
    """Numbers of any shape, nan and infinity too."""
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be numbers, got {reprlib.repr(values)}") from error


def ids(numbers: ArrayLike, name: str, size: int) -> Ints:
    """Integers from 0 to size - 1, of any shape."""
    whole = integers(numbers, name)
    bad = np.flatnonzero((whole < 0) | (whole >= size))
    if bad.size:
        raise ValueError(f"{name} must lie in 0..{size - 1}, got {whole.flat[bad[0]]} at position {bad[0]}")
    return whole


def integers(numbers: ArrayLike, name: str) -> Ints:
    """Integers of any shape. Not booleans: a mask would be read as the numbers 0 and 1."""
    given = array(numbers, name)
    # An empty list has no integer type of its own.
    if given.size and not np.issubdtype(given.dtype, np.integer):
        raise TypeError(f"{name} must be integers, got {given.dtype}")
    return given.astype(np.intp)


def integer_list(numbers: ArrayLike, name: str) -> Ints:
    """Integers in a row, shape (N,)."""
    row = integers(numbers, name)
    if row.ndim != 1:
        raise ValueError(f"{name} must be a list of numbers, got shape {row.shape}")
    return row


def whole(value: Any, name: str, least: int = 1) -> int:
    """One integer from `least` on."""
    if not is_whole(value, least):
        raise ValueError(f"{name} must be an integer >= {least}, got {value!r}")
    return int(value)


def at_least_zero(value: Any, name: str) -> float:
    """One finite number, not negative."""
    if not isinstance(value, Real) or isinstance(value, bool) or not 0 <= float(value) < np.inf:
        raise ValueError(f"{name} must be a finite number >= 0, got {value!r}")
    return float(value)


def above_zero(value: Any, name: str) -> float:
    """One finite number, positive."""
    if not is_between(value, 0, np.inf):
        raise ValueError(f"{name} must be a finite number > 0, got {value!r}")
    return float(value)


def offset_list(numbers: ArrayLike, name: str, size: int) -> Ints:
    """Where lists begin that lie one after another, and where the last one ends: rising from 0 to size."""
    given = integer_list(numbers, name)
    if given.size < 1 or given[0] != 0 or given[-1] != size or (np.diff(given) < 0).any():
        raise ValueError(f"{name} must be offsets that rise from 0 to {size}, got {reprlib.repr(given.tolist())}")
    return given


def rank(n_factors: Any, shape: tuple[int, int]) -> int:
    """A number of factors that a matrix of this shape can have."""
    if not is_whole(n_factors, 1) or n_factors > min(shape):
        raise ValueError(f"n_factors must be an integer from 1 to min(m, n) = {min(shape)}, got {n_factors!r}")
    return int(n_factors)


def factor_table(factors: ArrayLike, name: str, rows: int | None) -> NDArray[np.floating]:
    """A finite table with a row per user or item; float32 stays float32, all else becomes float64."""
    given = array(factors, name)
    table = given if given.dtype == np.float32 else floats(given, name)
    if table.ndim != 2 or rows not in (None, len(table)):
        wanted = f"shape ({rows}, k)" if rows is not None else "two dimensions, a row for each vector"
        raise ValueError(f"{name} must have {wanted}, got shape {table.shape}")
    if not np.isfinite(table).all():
        raise ValueError(f"{name} must be finite, got {table[~np.isfinite(table)][0]}")
    return table


def is_whole(value: Any, least: int = 0) -> bool:
    """Whether it is an integer from `least` on; True and False are not."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def is_between(value: Any, low: float, high: float) -> bool:
    """Whether it is a number strictly between low and high; True and False are none."""
    return isinstance(value, Real) and not isinstance(value, bool) and low < float(value) < high


def generator(seed: Any) -> np.random.Generator:
    """Where the random numbers come from: a Generator as it is, or a new one from an integer."""
    if isinstance(seed, np.random.Generator):
        return seed
    if not is_whole(seed):
        raise ValueError(f"seed must be an integer >= 0 or a Generator, got {seed!r}")
    return np.random.default_rng(seed)
