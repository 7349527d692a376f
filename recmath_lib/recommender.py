"""Lesson 00: from a handful of ratings to a taste vector, to a score for every film, to a list.

The item factors are given here: a model was trained before (or planted, as in the cinema), and a new viewer arrives.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recmath_lib._arguments import floats, ids, integer_list, is_between, whole

Floats = NDArray[np.floating]
Ints = NDArray[np.intp]


def fold_in(rated_factors: ArrayLike, ratings: ArrayLike, reg: float) -> Floats:
    """Taste vector of a new viewer from a few ratings, by one ridge solve, Eq. (0.1).

    Args:
        rated_factors: Q_u, the vectors of the films rated, shape (n_rated, k), finite.
        ratings: r_u, what the ratings exceed each film's baseline by, in stars, shape (n_rated,).
        reg: penalty weight lambda > 0; it pulls the vector to zero, an average viewer's taste.

    Returns:
        The vector p_u, shape (k,); zero without a rating.

    Raises:
        ValueError: factors that are no table, unequal lengths, nan or infinity, or reg <= 0.

    Source: Hoerl and Kennard (1970), Ridge regression.
    """
    factors, left_over = _table(rated_factors, "rated_factors"), _vector(ratings, "ratings")
    if len(factors) != len(left_over):
        raise ValueError(f"ratings must have {len(factors)} entries like the films, got {len(left_over)}")
    if not is_between(reg, 0, np.inf):
        raise ValueError(f"reg must be a positive number, got {reg!r}")
    gram = factors.T @ factors
    return np.linalg.solve(gram + reg * np.eye(len(gram)), factors.T @ left_over)


def predicted_ratings(user_factor: ArrayLike, item_factors: ArrayLike, baseline: ArrayLike = 0.0) -> Floats:
    """Score of every film for one viewer: the film's baseline plus taste times film, Eq. (0.2).

    Args:
        user_factor: the viewer's vector p_u, shape (k,), finite.
        item_factors: vectors of all films, Q, shape (n, k), finite.
        baseline: what an average viewer would give, mu + b_i, in stars, shape (n,) or one number, finite.

    Returns:
        Scores in stars, shape (n,). They may leave the scale of the ratings; an order needs no scale.

    Raises:
        ValueError: shapes that do not fit each other, or a number that is nan or infinite.
    """
    taste, factors = _vector(user_factor, "user_factor"), _table(item_factors, "item_factors")
    if factors.shape[1] != len(taste):
        raise ValueError(f"user_factor must have {factors.shape[1]} entries like each film, got {len(taste)}")
    start = _finite(baseline, "baseline")
    if start.shape not in ((), (len(factors),)):
        raise ValueError(f"baseline must be a number or have shape ({len(factors)},), got shape {start.shape}")
    return start + factors @ taste


def best_films(scores: ArrayLike, n: int = 10, exclude: Iterable[int] = ()) -> Ints:
    """Numbers of the n films with the highest scores, best first; equal scores keep the order of the films.

    Args:
        scores: one score per film, finite, shape (n_films,).
        n: how many films to list, at least 1. The list is shorter if fewer films are left.
        exclude: numbers of films not to be listed, such as those the viewer has rated; integers, no mask.

    Raises:
        TypeError: an exclude that holds no integers.
        ValueError: a score that is nan or infinite, an n below 1, or a film to exclude that does not exist.
    """
    worth = _vector(scores, "scores")
    hidden = ids(_film_numbers(exclude), "exclude", len(worth))
    order = np.argsort(-worth, kind="stable")
    return order[~np.isin(order, hidden)][: whole(n, "n")]


def _film_numbers(exclude: Iterable[int]) -> Ints:
    if not isinstance(exclude, Iterable):
        raise TypeError(f"exclude must be a list of numbers, got {exclude!r}")
    return integer_list(list(exclude), "exclude")


def _finite(values: ArrayLike, name: str) -> Floats:
    array = floats(values, name)
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite numbers, got {array[~np.isfinite(array)][0]} among them")
    return array


def _vector(values: ArrayLike, name: str) -> Floats:
    array = _finite(values, name)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one row of numbers, got shape {array.shape}")
    return array


def _table(values: ArrayLike, name: str) -> Floats:
    array = _finite(values, name)
    if array.ndim != 2:
        raise ValueError(f"{name} must be a table with a row per film, got shape {array.shape}")
    return array
