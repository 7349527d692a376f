"""recmath_lib.cinema: the facts that lessons build on hold in the committed cinema."""

import sys
from pathlib import Path

import numpy as np
import pytest
import scipy
from numpy.typing import NDArray
from packaging.requirements import Requirement
from scipy.sparse import csr_array

from recmath_lib import cinema as generator
from recmath_lib import datasets
from recmath_lib.datasets import Cinema, attraction, load_cinema
from recmath_lib.ratings import remove_biases, split

ROOT = Path(__file__).parents[1]
DATA = Path(datasets.__file__).parent / "data" / "cinema.npz"


@pytest.fixture(scope="module")
def cinema() -> Cinema:
    return load_cinema()


# ---------------------------------------------------------------- it is what the generator draws


def pinned_set() -> bool:
    """Whether NumPy and SciPy are the pinned ones, on the system where the cinema was drawn."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line.startswith(("numpy==", "scipy=="))]
    here = [pin for pin in pins if pin.marker is None or pin.marker.evaluate()]
    assert len(here) == 2
    installed = {"numpy": np.__version__, "scipy": scipy.__version__}
    return sys.platform == "linux" and all(pin.specifier.contains(installed[pin.name]) for pin in here)


def test_drawing_it_again_gives_the_committed_cinema():
    drawn = generator.draw()
    with np.load(DATA) as stored:
        assert set(stored.files) == set(drawn)
        pairs = [(stored[name], drawn[name]) for name in stored.files]
    assert all(one.dtype == other.dtype and one.shape == other.shape for one, other in pairs)
    differing = sum(np.count_nonzero(one != other) for one, other in pairs) / sum(one.size for one, _ in pairs)
    assert differing == 0 if pinned_set() else differing <= 0.001


def test_the_command_writes_the_committed_file(tmp_path, capsys):
    generator.main(tmp_path / "cinema.npz")
    assert capsys.readouterr().out.startswith("cinema.npz: ")
    with np.load(tmp_path / "cinema.npz") as written, np.load(DATA) as stored:
        assert written.files == stored.files


def test_the_file_is_small():
    assert DATA.stat().st_size <= 600_000


# ---------------------------------------------------------------- films and people


def test_titles_are_unique_and_tell_the_genre(cinema):
    assert len(set(cinema.titles)) == len(cinema.titles) == 240
    for title, genre in zip(cinema.titles, cinema.genre, strict=True):
        told = [name for name, words in generator.ENDINGS.items() if title.endswith(tuple(words.split(", ")))]
        assert told == [cinema.genre_names[genre]], title


def test_thirty_films_of_each_genre_and_some_have_a_second(cinema):
    assert np.bincount(cinema.genre).tolist() == [30] * 8
    assert cinema.genres[np.arange(240), cinema.genre].all()
    assert set(cinema.genres.sum(axis=1).tolist()) == {1, 2}


def test_the_order_of_the_films_tells_nothing(cinema):
    assert abs(np.corrcoef(np.arange(240), cinema.item_bias)[0, 1]) < 0.2
    assert np.count_nonzero(np.diff(cinema.genre) == 0) < 60


def test_archetypes_and_genres_lie_where_the_axes_say(cinema):
    """On each axis, the two most extreme genres and archetypes are those that the generator puts there."""
    for labels, centres, places in (
        (cinema.genre, generator.GENRES, cinema.item_axes),
        (cinema.archetype, generator.ARCHETYPES, cinema.user_axes),
    ):
        planted = np.array(list(centres.values()))
        means = np.array([places[labels == label].mean(axis=0) for label in range(len(centres))])
        assert means.argmax(axis=0).tolist() == planted.argmax(axis=0).tolist()
        assert means.argmin(axis=0).tolist() == planted.argmin(axis=0).tolist()


def test_axes_are_centred_so_that_biases_mean_what_they_say(cinema):
    assert np.abs(cinema.user_axes.mean(axis=0)).max() < 1e-3
    assert np.abs(cinema.item_axes.mean(axis=0)).max() < 1e-3


# ---------------------------------------------------------------- stars


def test_stars_are_truth_plus_noise_in_half_stars(cinema):
    assert set(np.unique(cinema.would_rate)) == set(np.arange(1, 11) / 2)
    biases = cinema.mean + cinema.user_bias[:, None] + cinema.item_bias
    truth = biases + cinema.user_axes @ cinema.item_axes.T
    inside = (truth > 2) & (truth < 3.5)  # where the ends of the scale are more than two standard deviations away
    error = (cinema.would_rate - truth)[inside]
    assert abs(error.mean()) < 0.01
    # The noise of the generator and the rounding to half stars, whose variance is 0.5 ** 2 / 12.
    assert error.std() == pytest.approx(np.sqrt(0.55**2 + 0.5**2 / 12), rel=0.01)


def test_behind_the_stars_are_three_tastes_and_noise(cinema):
    stars = cinema.would_rate
    centred = stars - stars.mean(axis=1, keepdims=True) - stars.mean(axis=0) + stars.mean()
    singular_values = np.linalg.svd(centred, compute_uv=False)
    assert singular_values[2] > 4 * singular_values[3]
    assert singular_values[3] < 1.05 * singular_values[4]


def test_about_27_000_ratings_and_everybody_has_some(cinema):
    assert 26_500 <= cinema.ratings.nnz <= 27_500
    assert np.diff(cinema.ratings.indptr).min() >= 5
    assert np.bincount(cinema.ratings.indices, minlength=240).min() >= 10
    rated = cinema.ratings.nonzero()
    assert np.array_equal(cinema.ratings.data, cinema.would_rate[rated])


# ---------------------------------------------------------------- what a recommender can find


def als(
    residuals: csr_array, rank: int, reg: float = 1.0, sweeps: int = 25
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """User and item factors by alternating ridge regressions, all rows at once."""
    item_factors = np.random.default_rng(0).normal(0, 0.1, (residuals.shape[1], rank))
    by_user, by_item = residuals.tocsr(), residuals.T.tocsr()
    for _ in range(sweeps):
        user_factors = ridge_rows(by_user, item_factors, reg)
        item_factors = ridge_rows(by_item, user_factors, reg)
    return user_factors, item_factors


def ridge_rows(targets: csr_array, factors: NDArray[np.float64], reg: float) -> NDArray[np.float64]:
    rank = factors.shape[1]
    seen = csr_array((np.ones(targets.nnz), targets.indices, targets.indptr), shape=targets.shape)
    squares = (seen @ (factors[:, :, None] * factors[:, None, :]).reshape(-1, rank * rank)).reshape(-1, rank, rank)
    return np.linalg.solve(squares + reg * np.eye(rank), (targets @ factors)[:, :, None])[:, :, 0]


def held_out_rmse(cinema: Cinema, rank: int, seed: int) -> float:
    """Error on held-out ratings, in stars, of biases plus a fit of this rank."""
    train, test = split(cinema.ratings, 0.2, seed=seed)
    residuals, biases = remove_biases(train)
    users, items = np.repeat(np.arange(test.shape[0]), np.diff(test.indptr)), test.indices
    predicted = biases.predict(users, items)
    if rank:
        user_factors, item_factors = als(residuals, rank)
        predicted = predicted + np.sum(user_factors[users] * item_factors[items], axis=1)
    return float(np.sqrt(np.mean((test.data - predicted) ** 2)))


@pytest.mark.parametrize("seed", range(5))
def test_three_factors_predict_best(cinema, seed):
    errors = [held_out_rmse(cinema, rank, seed) for rank in range(7)]
    others = errors[:3] + errors[4:]
    assert errors[3] < 0.99 * min(others), np.round(errors, 4)


def test_the_true_axes_are_recovered(cinema):
    residuals, _ = remove_biases(cinema.ratings)
    _, item_factors = als(residuals, 3)
    design = np.column_stack([np.ones(240), item_factors])
    left = cinema.item_axes - design @ np.linalg.lstsq(design, cinema.item_axes, rcond=None)[0]
    assert np.all(1 - left.var(axis=0) / cinema.item_axes.var(axis=0) >= 0.9)


# ---------------------------------------------------------------- missing not at random


def test_the_observed_mean_is_too_high_and_weighting_repairs_it(cinema):
    truth, observed = cinema.would_rate.mean(), cinema.ratings.data.mean()
    weighted = np.sum(cinema.ratings.data / cinema.propensities[cinema.ratings.nonzero()]) / cinema.would_rate.size
    assert observed - truth > 0.2
    assert abs(weighted - truth) < 0.1 * (observed - truth)


def test_ratings_are_observed_with_their_propensities(cinema):
    """In ten groups of like propensity, as many are observed as the propensities say, within four deviations."""
    chance, seen = cinema.propensities.ravel(), cinema.ratings.toarray().ravel() > 0
    for group in np.array_split(np.argsort(chance), 10):
        deviation = np.sqrt(np.sum(chance[group] * (1 - chance[group])))
        assert abs(seen[group].sum() - chance[group].sum()) < 4 * deviation


def test_no_rating_is_out_of_reach(cinema):
    assert cinema.propensities.min() > 0.002
    assert cinema.propensities.max() < 1


# ---------------------------------------------------------------- days, plays, clicks, queries


def test_days_lie_between_premiere_and_the_end(cinema):
    assert np.array_equal(cinema.days.indptr, cinema.ratings.indptr)
    assert np.array_equal(cinema.days.indices, cinema.ratings.indices)
    assert np.all(cinema.days.data >= cinema.premieres[cinema.days.indices])
    assert cinema.days.data.max() <= 730
    assert np.mean(cinema.premieres == 1) == pytest.approx(2 / 3, abs=0.1)


def test_who_rates_has_watched_and_loved_films_are_watched_again(cinema):
    plays = cinema.plays.toarray()
    assert plays[cinema.ratings.nonzero()].min() >= 1
    assert cinema.plays.nnz > 1.5 * cinema.ratings.nnz
    loved, disliked = cinema.would_rate >= 4.5, cinema.would_rate <= 1.5
    assert plays[loved & (plays > 0)].mean() > 1.5 * plays[disliked & (plays > 0)].mean()
    assert np.mean(plays[loved] > 0) > 5 * np.mean(plays[disliked] > 0)


def test_clicks_are_examination_times_attraction(cinema):
    """At every place and for every attraction, clicks are as frequent as the product says."""
    clicks = cinema.clicks
    drawn_to = attraction(cinema.would_rate[clicks.user, clicks.item])
    for place in range(1, 11):
        for strength in np.unique(drawn_to):
            here = (clicks.position == place) & (drawn_to == strength)
            chance = cinema.examination[place - 1] * strength
            assert abs(clicks.clicked[here].mean() - chance) < 4 * np.sqrt(chance * (1 - chance) / here.sum())


def test_each_list_shows_one_person_ten_films(cinema):
    clicks = cinema.clicks
    lists = clicks.item.reshape(4000, 10)
    assert all(len(set(films)) == 10 for films in lists.tolist())
    assert np.array_equal(clicks.position.reshape(4000, 10), np.tile(np.arange(1, 11), (4000, 1)))
    assert np.all(clicks.user.reshape(4000, 10) == clicks.user[::10, None])
    assert np.all(clicks.session.reshape(4000, 10) == np.arange(4000)[:, None])


def test_popular_films_stand_on_top(cinema):
    popularity = cinema.popularity[cinema.clicks.item].reshape(4000, 10).mean(axis=0)
    assert popularity[0] > popularity[9] > cinema.popularity.mean()


def test_queries_are_lists_of_different_films_with_every_grade(cinema):
    assert len(set(cinema.query_users.tolist())) == 500
    assert all(len(set(films)) == 40 for films in cinema.candidates.tolist())
    shares = np.bincount(cinema.relevance.ravel(), minlength=5) / cinema.relevance.size
    assert shares.size == 5
    assert shares.min() > 0.1
    stars = cinema.would_rate[cinema.query_users[:, None], cinema.candidates]
    assert np.array_equal(cinema.relevance, sum((stars >= step).astype(int) for step in (2.5, 3, 4, 4.5)))
