"""The fold-in against least squares on a longer table, the scores against a double loop, the list against sorting."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recmath_lib import recommender

seeds = st.integers(0, 2**32 - 1)
penalties = st.floats(1e-3, 1e3)


def films_and_ratings(seed: int, n: int = 5, k: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, k)), rng.normal(size=n)


# ---- Eq. (0.1) -------------------------------------------------------------------------------------------------------


@pytest.mark.equation("0.1")
@given(seeds, penalties, st.integers(1, 8))
def test_fold_in_is_least_squares_with_k_made_up_ratings_of_zero(seed, reg, n):
    factors, ratings = films_and_ratings(seed, n)
    longer = np.vstack([factors, np.sqrt(reg) * np.eye(3)])
    expected, *_ = np.linalg.lstsq(longer, np.append(ratings, np.zeros(3)), rcond=None)
    np.testing.assert_allclose(recommender.fold_in(factors, ratings, reg), expected, rtol=1e-8, atol=1e-11)


@pytest.mark.equation("0.1")
@given(seeds, penalties)
def test_no_step_away_from_the_fold_in_lowers_the_penalized_error(seed, reg):
    factors, ratings = films_and_ratings(seed)

    def error(p):
        return np.sum((ratings - factors @ p) ** 2) + reg * p @ p

    best = recommender.fold_in(factors, ratings, reg)
    for step in 1e-3 * np.vstack([np.eye(3), -np.eye(3)]):
        assert error(best + step) > error(best)


@pytest.mark.equation("0.1")
def test_one_film_by_hand():
    """A film at (1, 2) rated 3 stars above its baseline: p = 3 q / (q·q + reg) = 3 (1, 2) / (5 + 1)."""
    np.testing.assert_allclose(recommender.fold_in([[1, 2]], [3], reg=1), [0.5, 1.0], rtol=1e-14)


@given(seeds, penalties)
def test_a_stronger_penalty_gives_a_shorter_vector(seed, reg):
    factors, ratings = films_and_ratings(seed)
    weak, strong = (recommender.fold_in(factors, ratings, weight) for weight in (reg, 2 * reg))
    assert strong @ strong < weak @ weak


@given(seeds)
def test_a_taste_that_explains_all_ratings_is_found_as_the_penalty_vanishes(seed):
    factors, taste = films_and_ratings(seed, n=8)[0], np.array([1.0, -2.0, 0.5])
    np.testing.assert_allclose(recommender.fold_in(factors, factors @ taste, 1e-9), taste, rtol=1e-5)


def test_the_order_of_the_ratings_does_not_matter_and_nothing_is_changed():
    factors, ratings = films_and_ratings(1)
    factors.setflags(write=False)
    ratings.setflags(write=False)
    forward = recommender.fold_in(factors, ratings, 0.5)
    np.testing.assert_allclose(recommender.fold_in(factors[::-1], ratings[::-1], 0.5), forward, rtol=1e-12)


def test_without_a_rating_you_are_an_average_viewer():
    assert recommender.fold_in(np.empty((0, 3)), [], reg=1).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("factors", "ratings", "reg", "message"),
    [
        ([1.0, 2.0], [1.0], 1, r"rated_factors must be a table .* got shape \(2,\)"),
        ([[1.0, np.nan]], [1.0], 1, "rated_factors must be finite numbers, got nan"),
        ([[1.0, 2.0]], [np.inf], 1, "ratings must be finite numbers, got inf"),
        ([[1.0, 2.0]], [[1.0]], 1, r"ratings must be one row of numbers, got shape \(1, 1\)"),
        ([[1.0, 2.0]], [1.0, 2.0], 1, "ratings must have 1 entries like the films, got 2"),
        ([[1.0, 2.0]], [1.0], 0, "reg must be a positive number, got 0"),
        ([[1.0, 2.0]], [1.0], np.nan, "reg must be a positive number, got nan"),
        ([[1.0, 2.0]], [1.0], "a", "reg must be a positive number, got 'a'"),
        ([[1.0, 2.0]], ["good"], 1, r"ratings must be numbers, got \['good'\]"),
        ([[1.0, 2.0], [1.0]], [1.0], 1, "rated_factors must be numbers, got "),
    ],
)
def test_fold_in_says_which_argument_is_wrong(factors, ratings, reg, message):
    with pytest.raises(ValueError, match=message):
        recommender.fold_in(factors, ratings, reg)


# ---- Eq. (0.2) -------------------------------------------------------------------------------------------------------


@pytest.mark.equation("0.2")
@given(seeds)
def test_a_score_is_the_baseline_plus_one_product_per_axis(seed):
    rng = np.random.default_rng(seed)
    factors, taste, baseline = rng.normal(size=(6, 3)), rng.normal(size=3), rng.normal(3.5, 0.5, size=6)
    expected = [baseline[i] + sum(taste[axis] * factors[i, axis] for axis in range(3)) for i in range(6)]
    np.testing.assert_allclose(
        recommender.predicted_ratings(taste, factors, baseline), expected, rtol=1e-10, atol=1e-12
    )


@pytest.mark.equation("0.2")
def test_an_average_viewer_gets_the_baseline():
    assert recommender.predicted_ratings([0, 0], [[1, 2], [3, 4]], [3.0, 4.0]).tolist() == [3.0, 4.0]


def test_one_baseline_may_serve_all_films():
    assert recommender.predicted_ratings([1, 1], [[1, 2], [3, 4]], 0.5).tolist() == [3.5, 7.5]


@pytest.mark.parametrize(
    ("taste", "factors", "baseline", "message"),
    [
        ([1.0], [[1.0, 2.0]], 0, "user_factor must have 2 entries like each film, got 1"),
        ([1.0, 2.0], [[1.0, 2.0]], [1.0, 2.0], r"baseline must be a number or have shape \(1,\), got shape \(2,\)"),
        ([1.0, np.nan], [[1.0, 2.0]], 0, "user_factor must be finite"),
        ([1.0, 2.0], [[1.0, 2.0]], np.nan, "baseline must be finite"),
    ],
)
def test_predicted_ratings_says_which_argument_is_wrong(taste, factors, baseline, message):
    with pytest.raises(ValueError, match=message):
        recommender.predicted_ratings(taste, factors, baseline)


# ---- the list --------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=20), st.integers(1, 25), st.data())
def test_best_films_are_the_first_of_a_sorted_list(scores, n, data):
    seen = data.draw(st.sets(st.integers(0, len(scores) - 1)))
    expected = sorted((i for i in range(len(scores)) if i not in seen), key=lambda i: (-scores[i], i))[:n]
    assert recommender.best_films(scores, n, exclude=seen).tolist() == expected


@pytest.mark.parametrize(
    ("scores", "n", "exclude", "error", "message"),
    [
        ([1.0, np.nan], 1, (), ValueError, "scores must be finite"),
        ([1.0, 2.0], 0, (), ValueError, "n must be an integer >= 1, got 0"),
        ([1.0, 2.0], 1.5, (), ValueError, "n must be an integer >= 1, got 1.5"),
        ([1.0, 2.0], 1, [2], ValueError, "exclude must lie in 0..1, got 2 at position 0"),
        ([1.0, 2.0], 1, {-1}, ValueError, "exclude must lie in 0..1, got -1 at position 0"),
        ([1.0, 2.0], 1, [[1]], ValueError, r"exclude must be a list of numbers, got shape \(1, 1\)"),
        ([1.0, 2.0], 1, 1, TypeError, "exclude must be a list of numbers, got 1"),
        ([1.0, 2.0], 1, [1.7], TypeError, "exclude must be integers, got float64"),
        ([1.0, 2.0], 1, np.array([False, True]), TypeError, "exclude must be integers, got bool"),
        ([1.0, 2.0], 1, [False, True], TypeError, "exclude must be integers, got bool"),
    ],
)
def test_best_films_says_which_argument_is_wrong(scores, n, exclude, error, message):
    with pytest.raises(error, match=message):
        recommender.best_films(scores, n, exclude)


@pytest.mark.parametrize("exclude", [[1], {1}, (1,), np.array([1], np.uint8), iter([1]), {1: "seen"}.keys()])
def test_films_to_exclude_come_in_any_collection(exclude):
    assert recommender.best_films([1.0, 3.0, 2.0], exclude=exclude).tolist() == [2, 0]
