"""Lesson 06: two sets of graded queries with features, one of the cinema and one of MovieLens, to learn rankings from.

A query is a person with some films to rank, its candidates. Each candidate has a grade 0..4 and a row of features.
Everything the features are made of is the history: what people rated and played, without the candidates of the
queries. So no feature knows any grade, neither of its own film nor of another candidate.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array

from recmath_lib import metrics
from recmath_lib._arguments import floats, generator, ids, integer_list, offset_list, whole
from recmath_lib.datasets import Cinema, MovieLens, relevance_grade
from recmath_lib.ratings import from_triplets, rows_of, with_data

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
DAMPING = 5.0
"""A damped mean counts this many more ratings, equal to the mean of all."""


@dataclass(frozen=True, eq=False)
class GradedQueries:
    """q queries with N candidates in all, one query after another.

    Attributes:
        features: X, one row for each candidate, finite, shape (N, d).
        labels: grades y >= 0, shape (N,).
        queries: offsets: query q holds the rows queries[q] to queries[q + 1] − 1, shape (q + 1,), from 0 to N.
        users: the person of each query, shape (q,).
        items: the film of each candidate, shape (N,).
        feature_names: d names.

    Raises:
        TypeError: offsets, people or films that are not integers.
        ValueError: sizes that do not fit together, offsets that do not rise from 0 to N, or a feature that is not
            finite.
    """

    features: Floats
    labels: Floats
    queries: Ints
    users: Ints
    items: Ints
    feature_names: tuple[str, ...]

    def __post_init__(self) -> None:
        _check_table(self.features, len(self.feature_names))
        size = len(self.features)
        offsets = offset_list(self.queries, "queries", size)
        for name in ("users", "items"):
            integer_list(getattr(self, name), name)
        if not (np.isfinite(self.labels).all() and (np.asarray(self.labels) >= 0).all()):
            raise ValueError("labels must be finite and >= 0")
        lengths = {"labels": (self.labels, size), "items": (self.items, size), "users": (self.users, offsets.size - 1)}
        for name, (values, length) in lengths.items():
            if np.shape(values) != (length,):
                raise ValueError(f"{name} must have shape ({length},), got {np.shape(values)}")

    @property
    def sizes(self) -> Ints:
        """How many candidates each query has, shape (q,)."""
        return np.diff(self.queries)

    def part(self, rows: ArrayLike) -> "GradedQueries":
        """Some of the queries, in the order in which they are asked for.

        Args:
            rows: numbers of queries, 0..q-1, shape (p,).

        Raises:
            TypeError: numbers that are not integers.
            ValueError: a number out of range.
        """
        chosen = ids(integer_list(rows, "rows"), "rows", self.sizes.size)
        ranges = [np.arange(self.queries[row], self.queries[row + 1]) for row in chosen]
        kept = np.concatenate([np.empty(0, dtype=np.intp), *ranges])
        offsets = _offsets(self.sizes[chosen])
        return GradedQueries(
            self.features[kept], self.labels[kept], offsets, self.users[chosen], self.items[kept], self.feature_names
        )

    def standardized(self, by: "GradedQueries") -> "GradedQueries":
        """The same queries with each feature minus its mean and over its standard deviation, both taken from `by`.

        Args:
            by: queries with the same features, usually the training part. A feature that is constant there is only
                centred.

        Raises:
            ValueError: other features, or no candidate to take a mean of.
        """
        if by.feature_names != self.feature_names or not by.labels.size:
            raise ValueError(f"by must have candidates with the features {self.feature_names}, got {by.feature_names}")
        spread = by.features.std(axis=0)
        scale = np.where(spread > 0, spread, 1)
        return replace(self, features=(self.features - by.features.mean(axis=0)) / scale)

    def ndcg(self, scores: ArrayLike, k: int | None = 10, ties: metrics.Ties = "order") -> Floats:
        """NDCG@k of each query, its candidates ranked by descending score, see Eq. (4.10).

        Args:
            scores: of all candidates, finite, shape (N,).
            k: how many places count; None for all.
            ties: as in `metrics.ndcg_scores`.

        Returns:
            Floats in [0, 1], shape (q,); 0.0 for a query without a grade above 0.

        Raises:
            ValueError: scores of another shape or not finite, or a k that is no integer >= 1.
        """
        s = floats(scores, "scores")
        if s.shape != self.labels.shape or not np.isfinite(s).all():
            raise ValueError(f"scores must be {self.labels.size} finite numbers, got shape {s.shape}")
        values = np.zeros(self.sizes.size)
        for chosen, rows in _rectangles(self.queries):
            values[chosen] = metrics.ndcg_scores(self.labels[rows], s[rows], k, ties=ties)
        return values


def split_queries(
    data: GradedQueries, seed: int | np.random.Generator = 0, fold: int = 0, n_folds: int = 5
) -> tuple[GradedQueries, GradedQueries, GradedQueries]:
    """Queries shared out into a part to learn from, one to choose settings on and one to test on; by person.

    People are shuffled and dealt into n_folds parts as equal as possible. Part `fold` is the test, the part after it
    (after the last comes the first) the validation, and all others are the training. So over all folds with one seed,
    every query is tested once.

    Args:
        data: the queries.
        seed: of the shuffle, an integer or a Generator to draw from.
        fold: which part is the test, 0..n_folds-1.
        n_folds: how many parts, from 3 to the number of people.

    Returns:
        (train, validation, test); no person is in two of them.

    Raises:
        ValueError: a fold, n_folds or seed out of range.
    """
    people = np.unique(data.users)
    if whole(n_folds, "n_folds", 3) > people.size:
        raise ValueError(f"n_folds must be at most the number of people, {people.size}, got {n_folds!r}")
    if whole(fold, "fold", 0) >= n_folds:
        raise ValueError(f"fold must lie in 0..{n_folds - 1}, got {fold!r}")
    place = np.empty(people.size, dtype=np.intp)
    place[generator(seed).permutation(people.size)] = np.arange(people.size) % n_folds
    of_query = (place[np.searchsorted(people, data.users)] - fold) % n_folds
    test, validation = of_query == 0, of_query == 1
    train, validation, test = (data.part(np.flatnonzero(mask)) for mask in (~(test | validation), validation, test))
    return train, validation, test


# ---- the two sets ----------------------------------------------------------------------------------------------------


def cinema_queries(cinema: Cinema) -> GradedQueries:
    """The cinema's 500 queries with 40 candidates each.

    The history is every rating and every play of the cinema, without those that a query's person gave its candidates.
    Nothing is taken from the truth fields but the grades, which are the labels.

    Args:
        cinema: see `datasets.load_cinema`.

    Returns:
        Labels 0..4. The features of `movielens_queries`, then two of plays: how often those who watched the film
        watched it on average, and the logarithm of how often the person watched films that share a genre with it.
    """
    q, size = cinema.candidates.shape
    users, items = cinema.query_users, cinema.candidates.ravel()
    asked = _Asked(users, items, _offsets(np.full(q, size)), cinema.years, cinema.genres, cinema.genre_names)
    history, plays = (_without(matrix, asked.people, items) for matrix in (cinema.ratings, cinema.plays))
    return asked.labelled(_features(asked, history) | _play_features(asked, plays), cinema.relevance.ravel())


def movielens_queries(films: MovieLens, most: int = 60) -> GradedQueries:
    """MovieLens with each person as a query: the films rated last are to be ranked, those before are the history.

    The candidates are the last half of a person's ratings, at most `most` of them; of ratings given at the same second
    the film with the larger number counts as later. One person's history may be later than another's candidates.

    Args:
        films: see `datasets.load_movielens`.
        most: most candidates of a query, at least 1.

    Returns:
        Labels 0..4, see `datasets.relevance_grade`. Features: the film's damped mean, the logarithm of its number of
        ratings and its year; the person's damped mean and the logarithm of their number of ratings; how the person
        liked films that share a genre with it, relative to their mean, and the logarithm of how many there are; the
        distance to the mean year of what they rated; how the person liked films that other people like or dislike
        together with it; and a 0 or 1 for each genre.

    Raises:
        ValueError: a `most` that is no integer >= 1.
    """
    later = _later(films, whole(most, "most"))
    people, items = rows_of(films.ratings)[later], films.ratings.indices[later].astype(np.intp)
    users, sizes = np.unique(people, return_counts=True)
    names = tuple(sorted({name for genres in films.genres for name in genres}))
    genres = np.array([[name in of_film for name in names] for of_film in films.genres])
    asked = _Asked(users, items, _offsets(sizes), films.years, genres, names)
    columns = _features(asked, _without(films.ratings, people, items))
    return asked.labelled(columns, relevance_grade(films.ratings.data[later]))


# ---- the recorded table ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RankingRow:
    """How well one method ranks one set: NDCG@10 of the test queries of all folds, recorded by benchmarks/ranking.py.

    Attributes:
        dataset: "cinema" or "movielens".
        method: its name.
        mean: mean NDCG@10.
        interval: 95 % bootstrap interval of the mean over queries.
        difference: mean minus that of LambdaRank, query by query.
        difference_interval: 95 % bootstrap interval of the difference.
        folds: for each fold the settings chosen on the validation queries, NDCG@10 there and on the test queries.
    """

    dataset: str
    method: str
    mean: float
    interval: tuple[float, float]
    difference: float
    difference_interval: tuple[float, float]
    folds: tuple[dict[str, Any], ...]


def ranking_table(dataset: str) -> tuple[RankingRow, ...]:
    """The recorded rows of one set, in the order of the table.

    Args:
        dataset: "cinema" or "movielens".

    Raises:
        ValueError: another name.
    """
    rows = tuple(_row(stored) for stored in recorded_ranking()["rows"] if stored["dataset"] == dataset)
    if not rows:
        raise ValueError(f"dataset must be 'cinema' or 'movielens', got {dataset!r}")
    return rows


def recorded_ranking() -> dict[str, Any]:
    """All that benchmarks/ranking.py recorded: "recorded_by", "versions", "budget" and "rows"."""
    return json.loads(files("recmath_lib").joinpath("data/ranking_table.json").read_text(encoding="utf-8"))


# ---------------------------------------------------------------- how it is done


def _row(stored: dict[str, Any]) -> RankingRow:
    pairs = {name: tuple(stored[name]) for name in ("interval", "difference_interval", "folds")}
    return RankingRow(**(stored | pairs))


def _check_table(features: Floats, n_names: int) -> None:
    shape = np.shape(features)
    if len(shape) != 2 or shape[1] != n_names:
        raise ValueError(f"features must have shape (N, {n_names}), a column for each name, got {shape}")
    if not np.isfinite(features).all():
        raise ValueError("features must be finite")


def _offsets(sizes: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp)


def _rectangles(queries: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Queries of equal length together: their numbers, shape (b,), and their rows, shape (b, length)."""
    sizes = np.diff(queries)
    for length in np.unique(sizes[sizes > 0]):
        chosen = np.flatnonzero(sizes == length)
        yield chosen, queries[chosen, None] + np.arange(length)


def _without(matrix: csr_array, users: Ints, items: Ints) -> csr_array:
    """The matrix without the cells of these pairs."""
    rows, n = rows_of(matrix), matrix.shape[1]
    keep = ~np.isin(rows * n + matrix.indices, users * n + items)
    return from_triplets(rows[keep], matrix.indices[keep], matrix.data[keep], matrix.shape)


def _later(films: MovieLens, most: int) -> NDArray[np.bool_]:
    """Which of the stored ratings are candidates: the last half of each person's, at most `most`."""
    people, counts = rows_of(films.ratings), np.diff(films.ratings.indptr)
    order = np.lexsort((films.ratings.indices, films.times.data, people))
    place = np.empty(people.size, dtype=np.intp)
    place[order] = np.arange(people.size) - films.ratings.indptr[people]
    return place >= (counts - np.minimum(most, counts // 2))[people]


@dataclass(frozen=True, eq=False)
class _Asked:
    """Who is asked about what: the people, their candidates, and what is known of the films."""

    users: Ints
    items: Ints
    offsets: Ints
    years: NDArray
    genres: NDArray[np.bool_]
    genre_names: tuple[str, ...]

    @property
    def people(self) -> Ints:
        """The person of each candidate."""
        return np.repeat(self.users, np.diff(self.offsets))

    def meetings(self, matrix: csr_array) -> Iterator[tuple[Ints, Ints, Floats]]:
        """For each query the candidates, the films the person has in the matrix, and what is stored of these."""
        for user, start, end in zip(self.users, self.offsets[:-1], self.offsets[1:], strict=True):
            own = slice(matrix.indptr[user], matrix.indptr[user + 1])
            yield self.items[start:end], matrix.indices[own], matrix.data[own]

    def labelled(self, columns: dict[str, Floats], labels: NDArray) -> GradedQueries:
        features, y = np.column_stack(list(columns.values())), labels.astype(float)
        return GradedQueries(features, y, self.offsets, self.users, self.items, tuple(columns))


def _features(asked: _Asked, history: csr_array) -> dict[str, Floats]:
    """The columns that both sets have, by name, each of shape (N,)."""
    film_mean, film_count = _damped_means(history.T.tocsr())
    person_mean, person_count = _damped_means(history)
    year = np.where(asked.years > 0, asked.years, asked.years[asked.years > 0].mean())
    above_own_mean = with_data(history, history.data - person_mean[rows_of(history)])
    beyond_film = with_data(history, above_own_mean.data - (film_mean - history.data.mean())[history.indices])
    people, items = asked.people, asked.items
    columns = {
        "film mean": film_mean[items],
        "film log count": np.log1p(film_count[items]),
        "film year": year[items],
        "person mean": person_mean[people],
        "person log count": np.log1p(person_count[people]),
        **_by_genre(asked, above_own_mean),
        "distance in years": _distances(asked, history, year),
        "liking of films near it": _liking_of_near_films(beyond_film, people, items),
    }
    return columns | {f"genre {name}": asked.genres[items, g].astype(float) for g, name in enumerate(asked.genre_names)}


def _damped_means(matrix: csr_array) -> tuple[Floats, Ints]:
    """Mean of each row's entries, drawn towards the mean of all by `DAMPING` more entries; and their number."""
    counts, mean = np.diff(matrix.indptr), matrix.data.mean()
    return (matrix.sum(axis=1) + DAMPING * mean) / (counts + DAMPING), counts


def _by_genre(asked: _Asked, above_own_mean: csr_array) -> dict[str, Floats]:
    """How a person liked the films that share a genre with the candidate, and how many there were."""
    sums, counts = [], []
    for candidates, seen, liking in asked.meetings(above_own_mean):
        alike = _share_a_genre(asked.genres, candidates, seen)
        sums.append(alike @ liking)
        counts.append(alike.sum(axis=1))
    n_alike = np.concatenate(counts)
    return {
        "liking of its genres": np.concatenate(sums) / (n_alike + DAMPING),
        "log count of its genres": np.log1p(n_alike),
    }


def _distances(asked: _Asked, history: csr_array, year: Floats) -> Floats:
    """How many years the candidate is from the mean year of the person's history; of all films, if there is none."""
    rated = with_data(history, np.ones(history.nnz))
    counts = np.diff(history.indptr)
    usual = np.where(counts > 0, rated @ year / np.maximum(counts, 1), year.mean())
    return np.abs(year[asked.items] - usual[asked.people])


def _liking_of_near_films(surprise: csr_array, people: Ints, items: Ints) -> Floats:
    """How the person liked films that others find as good or as bad: Σ_j cos(i, j) e_uj over (n_u + damping).

    e_uj is by how much u's stars for j are above what u and j have on average, and cos(i, j) is the cosine of the
    columns of i and j in e. Person by person first: Σ_j cos(i, j) e_uj = d_i·(Σ_j d_j e_uj) with columns d of length 1.
    """
    directions = _unit_columns(surprise)
    tastes = (surprise @ directions).toarray()
    sums = directions[items].multiply(tastes[people]).sum(axis=1)
    return sums / (np.diff(surprise.indptr) + DAMPING)[people]


def _unit_columns(matrix: csr_array) -> csr_array:
    """Each column as a row of length almost 1; a column of few or small numbers is left shorter."""
    by_film = matrix.T.tocsr()
    lengths = np.sqrt(by_film.multiply(by_film).sum(axis=1) + DAMPING)
    return with_data(by_film, by_film.data / lengths[rows_of(by_film)])


def _share_a_genre(genres: NDArray[np.bool_], candidates: Ints, seen: Ints) -> Floats:
    """1 where a candidate and a film of the history have a genre in common, shape (candidates, seen)."""
    in_common = genres[candidates].astype(np.float32) @ genres[seen].T.astype(np.float32)
    return (in_common > 0).astype(float)


def _play_features(asked: _Asked, plays: csr_array) -> dict[str, Floats]:
    film_mean, _ = _damped_means(plays.T.tocsr())
    meetings = asked.meetings(plays)
    of_genres = [_share_a_genre(asked.genres, candidates, seen) @ n for candidates, seen, n in meetings]
    return {"film plays": film_mean[asked.items], "log plays of its genres": np.log1p(np.concatenate(of_genres))}
