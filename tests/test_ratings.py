"""recmath_lib.ratings: a stored entry is observed, and no function forgets one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array

from recmath_lib.ratings import Biases, from_dense, from_triplets, remove_biases, split

STARS = st.sampled_from([0.0, 0.5, 1.0, 3.5, 5.0])


@st.composite
def some_ratings(draw: st.DrawFn, least: int = 0) -> csr_array:
    """Ratings with true zeros, users without ratings and items without ratings."""
    m, n = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    pairs = draw(st.sets(st.tuples(st.integers(0, m - 1), st.integers(0, n - 1)), min_size=least))
    entries = [(user, item, draw(STARS)) for user, item in sorted(pairs)]
    users, items, values = zip(*entries, strict=True) if entries else ((), (), ())
    return from_triplets(users, items, values, shape=(m, n))


def entries_of(ratings: csr_array) -> dict[tuple[int, int], float]:
    """Pair -> value of every stored entry, read off the three arrays."""
    return {
        (user, int(ratings.indices[place])): float(ratings.data[place])
        for user in range(ratings.shape[0])
        for place in range(ratings.indptr[user], ratings.indptr[user + 1])
    }


def times_like(ratings: csr_array, times: NDArray) -> csr_array:
    return csr_array((times, ratings.indices, ratings.indptr), shape=ratings.shape)


# ---------------------------------------------------------------- from_dense, from_triplets


def test_from_dense_keeps_a_true_zero_and_ignores_what_was_not_observed():
    ratings = from_dense([[5, 0, np.nan], [np.inf, 3, 7]], [[True, True, False], [False, True, False]])
    assert entries_of(ratings) == {(0, 0): 5.0, (0, 1): 0.0, (1, 1): 3.0}
    assert ratings.shape == (2, 3)


@given(some_ratings())
def test_dense_and_triplets_make_the_same(ratings):
    users, items = np.repeat(np.arange(ratings.shape[0]), np.diff(ratings.indptr)), ratings.indices
    observed = np.zeros(ratings.shape, dtype=bool)
    observed[users, items] = True
    again = from_dense(np.where(observed, ratings.toarray(), np.nan), observed)
    assert entries_of(again) == entries_of(ratings)


@given(some_ratings(), st.randoms())
def test_the_order_of_triplets_does_not_matter(ratings, random):
    entries = list(entries_of(ratings).items())
    random.shuffle(entries)
    users, items = [pair[0] for pair, _ in entries], [pair[1] for pair, _ in entries]
    again = from_triplets(users, items, [value for _, value in entries], shape=ratings.shape)
    assert entries_of(again) == entries_of(ratings)
    assert again.has_canonical_format


def test_from_triplets_finds_the_shape():
    assert from_triplets([2, 0], [1, 4], [3, 0]).shape == (3, 5)
    assert from_triplets([], [], [], shape=(2, 2)).nnz == 0


def test_a_pair_given_twice_is_named_the_first_time_it_happens():
    with pytest.raises(ValueError, match="user 1, item 2 is given twice, the second time at position 3"):
        from_triplets([1, 0, 1, 1, 0], [2, 0, 0, 2, 0], [3, 4, 5, 3, 1])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([0], [0], [np.nan]), ValueError, "values must be finite, got nan for user 0, item 0"),
        (([0, 1], [0, 1], [1, np.inf]), ValueError, "values must be finite, got inf for user 1, item 1"),
        (([0, 1], [0], [1]), ValueError, "equally long"),
        (([[0]], [[0]], [[1]]), ValueError, "users must be a list"),
        (([0.0], [0], [1]), TypeError, "users must be integers, got float64"),
        (([[0], [1, 2]], [0], [1]), ValueError, "users must have rows of equal length, got "),
        (([0], [True], [1]), TypeError, "items must be integers, got bool"),
        (([0, -1], [0, 1], [1, 1]), ValueError, "users must lie in 0..0, got -1 at position 1"),
        (([0], [2], [1], (1, 2)), ValueError, "items must lie in 0..1, got 2 at position 0"),
        (([], [], []), ValueError, "shape must be given when users is empty"),
        (([0], [0], ["good"]), ValueError, r"values must be numbers, got \['good'\]"),
        (([0], [0], [1], 3), ValueError, r"shape must be two integers >= 0, \(users, items\), got 3"),
        (([0], [0], [1], (-1, 2)), ValueError, r"shape must be two integers >= 0, .*, got \(-1, 2\)"),
        (([0], [0], [1], (1.0, 2)), ValueError, r"shape must be two integers >= 0, .*, got \(1.0, 2\)"),
        (([0], [0], [1], (2, 2, 2)), ValueError, r"shape must be two integers >= 0, .*, got \(2, 2, 2\)"),
    ],
)
def test_from_triplets_says_which_argument_is_wrong(arguments, error, message):
    with pytest.raises(error, match=message):
        from_triplets(*arguments)


@pytest.mark.parametrize(
    ("R", "observed", "error", "message"),
    [
        ([[1, 2]], [[True]], ValueError, r"observed must have the shape of R, \(1, 2\), got \(1, 1\)"),
        ([1, 2], [True, True], ValueError, "R must have shape"),
        ("stars", [[True]], ValueError, "R must be numbers, got 'stars'"),
        ([[1, 2], [3]], [[True]], ValueError, "R must be numbers, got "),
        ([[1, 2]], [[True], [True, False]], ValueError, "observed must have rows of equal length, got "),
        ([[1, 2]], [[1, 0]], TypeError, "observed must hold booleans, got int64"),
        ([[1, np.nan]], [[True, True]], ValueError, "R must be finite, got nan for user 0, item 1"),
    ],
)
def test_from_dense_says_which_argument_is_wrong(R, observed, error, message):
    with pytest.raises(error, match=message):
        from_dense(R, observed)


# ---------------------------------------------------------------- split

SHARES = st.sampled_from([0.1, 0.2, 0.5, 0.75])


def split_by(ratings: csr_array, share: float, by: str, seed: int = 0) -> tuple[csr_array, csr_array]:
    times = times_like(ratings, np.random.default_rng(seed).integers(0, 4, ratings.nnz)) if by == "time" else None
    return split(ratings, share, by, seed, times)


@given(some_ratings(), SHARES, st.sampled_from(["random", "user", "time"]), st.integers(0, 3))
def test_every_entry_lands_in_exactly_one_part(ratings, share, by, seed):
    before = entries_of(ratings)
    train, test = split_by(ratings, share, by, seed)
    assert entries_of(train).keys().isdisjoint(entries_of(test))
    assert entries_of(train) | entries_of(test) == before
    assert train.shape == test.shape == ratings.shape
    assert entries_of(ratings) == before


@given(some_ratings(), SHARES)
def test_random_holds_out_the_share_of_all(ratings, share):
    assert split(ratings, share)[1].nnz == round(share * ratings.nnz)


@given(some_ratings(), SHARES, st.sampled_from(["user", "time"]))
def test_user_and_time_hold_out_the_share_of_every_user_and_leave_one(ratings, share, by):
    test_counts = np.diff(split_by(ratings, share, by)[1].indptr)
    for count, held_out in zip(np.diff(ratings.indptr), test_counts, strict=True):
        assert held_out == min(round(share * count), max(count - 1, 0))


@given(some_ratings(), SHARES)
def test_time_holds_out_the_last(ratings, share):
    times = times_like(ratings, np.random.default_rng(1).permutation(ratings.nnz))
    when = entries_of(times)
    train, test = split(ratings, share, "time", times=times)
    for user, item in entries_of(test):
        assert all(when[user, item] > when[pair] for pair in entries_of(train) if pair[0] == user)


def test_at_equal_times_the_larger_item_counts_as_later():
    ratings = from_dense([[1, 2, 3, 4]], [[True] * 4])
    _, test = split(ratings, 0.5, "time", times=times_like(ratings, np.full(4, 9)))
    assert set(entries_of(test)) == {(0, 2), (0, 3)}


@pytest.mark.parametrize("by", ["random", "user"])
def test_the_seed_decides_and_nothing_else(by):
    ratings = from_dense(np.ones((30, 20)), np.ones((30, 20), dtype=bool))
    first = entries_of(split(ratings, 0.3, by, seed=5)[1])
    assert entries_of(split(ratings, 0.3, by, seed=5)[1]) == first
    assert entries_of(split(ratings, 0.3, by, seed=6)[1]) != first


def test_every_entry_can_be_held_out():
    ratings = from_dense(np.ones((6, 5)), np.ones((6, 5), dtype=bool))
    for by in ("random", "user"):
        seen = set().union(*(entries_of(split(ratings, 0.4, by, seed=seed)[1]) for seed in range(40)))
        assert len(seen) == 30, by


def test_split_accepts_unsorted_entries():
    shuffled = csr_array(([1.0, 0.0, 2.0], [2, 0, 1], [0, 3]), shape=(1, 3))
    train, test = split(shuffled, 0.34, "user")
    assert entries_of(train) | entries_of(test) == {(0, 2): 1.0, (0, 0): 0.0, (0, 1): 2.0}
    assert shuffled.indices.tolist() == [2, 0, 1]


TWO = from_dense([[1, 2]], [[True, True]])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"test": 0}, ValueError, "test must lie strictly between 0 and 1, got 0"),
        ({"test": 1.0}, ValueError, "test must lie strictly between 0 and 1, got 1.0"),
        ({"test": np.nan}, ValueError, "test must lie strictly between 0 and 1, got nan"),
        ({"test": "a"}, ValueError, "test must lie strictly between 0 and 1, got 'a'"),
        ({"seed": -1}, ValueError, "seed must be an integer >= 0 or a Generator, got -1"),
        ({"seed": "a"}, ValueError, "seed must be an integer >= 0 or a Generator, got 'a'"),
        ({"by": "item"}, ValueError, "by must be one of .*, got 'item'"),
        ({"by": "time"}, ValueError, "times must be given for by='time', got None"),
        ({"by": "user", "times": TWO}, ValueError, "times is for by='time' only, got it with by='user'"),
        ({"by": "time", "times": TWO[:, :1]}, ValueError, "times must have the entries of ratings"),
        ({"by": "time", "times": [[1, 2]]}, TypeError, "times must be a scipy.sparse.csr_array, got list"),
        ({"ratings": np.ones((1, 2))}, TypeError, "ratings must be a scipy.sparse.csr_array, got ndarray"),
        ({"ratings": csr_array([[np.nan]])}, ValueError, "ratings must be finite, got nan"),
        ({"ratings": csr_array(([1.0, 2.0], [0, 0], [0, 2]), shape=(1, 1))}, ValueError, "user 0, item 0 is given tw"),
    ],
)
def test_split_says_which_argument_is_wrong(arguments, error, message):
    with pytest.raises(error, match=message):
        split(**{"ratings": TWO, **arguments})


# ---------------------------------------------------------------- remove_biases


def ridge_biases(ratings: csr_array, damping: float) -> NDArray[np.float64]:
    """User and item biases from the normal equations of the whole regression, written out densely."""
    m, n = ratings.shape
    entries = entries_of(ratings)
    design, target = np.zeros((len(entries), m + n)), np.array(list(entries.values()))
    for row, (user, item) in enumerate(entries):
        design[row, user] = design[row, m + item] = 1
    gram = design.T @ design + damping * np.eye(m + n)
    return np.linalg.pinv(gram, hermitian=True) @ design.T @ (target - target.mean())


@given(some_ratings(least=1), st.sampled_from([0.0, 0.5, 5.0, 100.0]))
def test_biases_solve_the_ridge_regression(ratings, damping):
    _, biases = remove_biases(ratings, damping)
    found = np.concatenate([biases.user_bias, biases.item_bias])
    np.testing.assert_allclose(found, ridge_biases(ratings, damping), atol=1e-8)
    assert biases.mean == pytest.approx(np.mean(list(entries_of(ratings).values())), rel=1e-12)


@given(some_ratings(least=1))
def test_residuals_and_biases_add_up_and_nothing_is_lost(ratings):
    before = entries_of(ratings)
    residuals, biases = remove_biases(ratings)
    assert entries_of(residuals).keys() == before.keys() == entries_of(ratings).keys()
    for (user, item), left in entries_of(residuals).items():
        assert left + biases.predict(user, item) == pytest.approx(before[user, item], abs=1e-12)
    assert entries_of(ratings) == before
    assert not np.shares_memory(residuals.indices, ratings.indices)


def test_a_residual_of_exactly_zero_stays_stored():
    residuals, _ = remove_biases(from_dense(np.full((3, 3), 4.0), np.eye(3, dtype=bool)))
    assert entries_of(residuals) == {(0, 0): 0.0, (1, 1): 0.0, (2, 2): 0.0}


def test_planted_biases_are_found_without_damping():
    rng = np.random.default_rng(0)
    user, item = rng.normal(size=40), rng.normal(size=30)
    truth = 3 + (user - user.mean())[:, None] + (item - item.mean())
    _, biases = remove_biases(from_dense(truth, np.ones(truth.shape, dtype=bool)), damping=0)
    np.testing.assert_allclose(biases.predict(np.arange(40)[:, None], np.arange(30)), truth, atol=1e-9)


def test_users_and_items_without_ratings_have_no_bias():
    _, biases = remove_biases(from_triplets([0, 0], [0, 1], [5, 1], shape=(3, 3)))
    assert biases.user_bias[1:].tolist() == [0, 0]
    assert biases.item_bias[2] == 0


def test_biases_predict_broadcasts():
    biases = Biases(3.0, np.array([0.5, -0.5]), np.array([1.0, 0.0, -1.0]))
    assert biases.predict(0, 2) == 2.5
    assert biases.predict([[0], [1]], [0, 1]).tolist() == [[4.5, 3.5], [3.5, 2.5]]


@pytest.mark.parametrize(
    ("users", "items", "error", "message"),
    [
        ([-1], [0], ValueError, "users must lie in 0..1, got -1 at position 0"),
        (0, 3, ValueError, "items must lie in 0..2, got 3 at position 0"),
        ([0, 1], [[0], [-1]], ValueError, "items must lie in 0..2, got -1 at position 1"),
        ([0.0], [0], TypeError, "users must be integers, got float64"),
        ([0], [True, False, True], TypeError, "items must be integers, got bool"),
    ],
)
def test_biases_predict_says_which_argument_is_wrong(users, items, error, message):
    biases = Biases(3.0, np.array([0.5, -0.5]), np.array([1.0, 0.0, -1.0]))
    with pytest.raises(error, match=message):
        biases.predict(users, items)


@pytest.mark.parametrize("damping", [-1.0, np.nan, np.inf, "a", None])
def test_damping_must_be_a_number_from_zero(damping):
    with pytest.raises(ValueError, match="damping must be a finite number >= 0"):
        remove_biases(TWO, damping)


def test_remove_biases_needs_ratings():
    with pytest.raises(ValueError, match="at least one stored entry"):
        remove_biases(csr_array((2, 2)))
