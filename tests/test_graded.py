"""recmath_lib.graded: features against plain loops, no feature knows a grade, and the recorded table holds together."""

import dataclasses
import math
from itertools import chain
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_array

from recmath_lib import graded, lambdarank, metrics
from recmath_lib.datasets import MovieLens, load_cinema, load_movielens, relevance_grade
from recmath_lib.graded import GradedQueries, cinema_queries, movielens_queries, split_queries
from recmath_lib.ratings import from_triplets, rows_of, with_data

SEEN = "ratings days plays titles years premieres genre_names genre genres clicks query_users candidates relevance"
DAMPING = 5


@pytest.fixture(scope="module")
def cinema():
    return load_cinema()


@pytest.fixture(scope="module")
def movielens():
    return load_movielens(show_terms=False)


@pytest.fixture(scope="module")
def of_cinema(cinema):
    return cinema_queries(cinema)


@pytest.fixture(scope="module")
def of_movielens(movielens):
    return movielens_queries(movielens)


@pytest.fixture(scope="module")
def few(movielens):
    """Forty people of MovieLens, and the films they rated."""
    ratings, times = movielens.ratings[:40], movielens.times[:40]
    used = np.unique(ratings.indices)
    return MovieLens(
        ratings=csr_array(ratings[:, used]),
        times=csr_array(times[:, used]),
        titles=tuple(movielens.titles[i] for i in used),
        years=np.where(np.arange(used.size) % 50 == 0, 0, movielens.years[used]),
        genres=tuple(() if i % 70 == 0 else movielens.genres[i] for i in used),
        user_ids=movielens.user_ids[:40],
        item_ids=movielens.item_ids[used],
    )


def tiny(sizes=(3, 0, 1, 4, 3), seed=0):
    """Queries of unequal length, one of them empty, with a feature that never changes."""
    rng, size = np.random.default_rng(seed), sum(sizes)
    features = np.column_stack([rng.normal(5, 3, size), np.full(size, 2.0)])
    labels, items = rng.integers(0, 5, size).astype(float), rng.permutation(100)[:size]
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    return GradedQueries(features, labels, offsets, np.arange(len(sizes)) + 10, items, ("first", "constant"))


# ---------------------------------------------------------------- features, by loops over dictionaries


def stored(matrix, without=()):
    cells = zip(rows_of(matrix).tolist(), matrix.indices.tolist(), matrix.data.tolist(), strict=True)
    gone = set(without)
    return {(u, i): value for u, i, value in cells if (u, i) not in gone}


def damped(values, mean):
    return (sum(values) + DAMPING * mean) / (len(values) + DAMPING)


def by_loops(u, i, history, years, genres_of, names):
    """The features of one candidate, by name, from the history as {(person, film): stars}."""
    mean = sum(history.values()) / len(history)
    of_person, of_film = {}, {}
    for (v, j), stars in history.items():
        of_person.setdefault(v, {})[j] = stars
        of_film.setdefault(j, {})[v] = stars
    person_mean = {v: damped(row.values(), mean) for v, row in of_person.items()}
    film_mean = {j: damped(column.values(), mean) for j, column in of_film.items()}
    known = [int(year) for year in years if year > 0]
    year = [int(year) if year > 0 else sum(known) / len(known) for year in years]

    def column(j):
        return {v: s - person_mean[v] - (film_mean[j] - mean) for v, s in of_film.get(j, {}).items()}

    def length(values):
        return math.sqrt(sum(e * e for e in values.values()) + DAMPING)

    mine, its = of_person.get(u, {}), column(i)
    alike = [j for j in mine if set(genres_of[i]) & set(genres_of[j])]
    usual = sum(year[j] for j in mine) / len(mine) if mine else sum(year) / len(year)
    near = 0.0
    for j in mine:
        other = column(j)
        cosine = sum(its[v] * other[v] for v in its if v in other) / (length(its) * length(other))
        near += cosine * other[u]
    return {
        "film mean": film_mean.get(i, mean),
        "film log count": math.log1p(len(of_film.get(i, {}))),
        "film year": year[i],
        "person mean": person_mean.get(u, mean),
        "person log count": math.log1p(len(mine)),
        "liking of its genres": sum(mine[j] - person_mean[u] for j in alike) / (len(alike) + DAMPING),
        "log count of its genres": math.log1p(len(alike)),
        "distance in years": abs(year[i] - usual),
        "liking of films near it": near / (len(mine) + DAMPING),
        **{f"genre {name}": float(name in genres_of[i]) for name in names},
    }


def some_pairs(data, n=8):
    rows = np.random.default_rng(1).choice(data.labels.size, n, replace=False)
    people = np.repeat(data.users, data.sizes)
    return [(row, int(people[row]), int(data.items[row])) for row in rows]


def all_pairs(data):
    return list(zip(np.repeat(data.users, data.sizes).tolist(), data.items.tolist(), strict=True))


def row_of(data, row):
    return dict(zip(data.feature_names, data.features[row].tolist(), strict=True))


def test_cinema_features_equal_plain_loops(cinema, of_cinema):
    history, plays = (stored(matrix, without=all_pairs(of_cinema)) for matrix in (cinema.ratings, cinema.plays))
    genres_of = [[cinema.genre_names[g] for g in np.flatnonzero(row)] for row in cinema.genres]
    mean_plays = sum(plays.values()) / len(plays)
    for row, u, i in some_pairs(of_cinema):
        wanted = by_loops(u, i, history, cinema.years, genres_of, cinema.genre_names)
        own = {j: n for (v, j), n in plays.items() if v == u}
        wanted["film plays"] = damped([n for (_, j), n in plays.items() if j == i], mean_plays)
        wanted["log plays of its genres"] = math.log1p(sum(own[j] for j in own if {*genres_of[i]} & {*genres_of[j]}))
        assert row_of(of_cinema, row) == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def test_movielens_features_equal_plain_loops(few):
    data = movielens_queries(few, most=15)
    history = stored(few.ratings, without=all_pairs(data))
    names = sorted({name for genres in few.genres for name in genres})
    for row, u, i in some_pairs(data, 20):
        wanted = by_loops(u, i, history, few.years, few.genres, names)
        assert row_of(data, row) == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def test_a_person_without_history_gets_the_means(cinema):
    """All that the first person rated is taken away."""
    u = cinema.query_users[0]
    history = stored(cinema.ratings, without=[(u, i) for i in range(240)])
    cells = np.array(list(history))
    data = cinema_queries(dataclasses.replace(cinema, ratings=from_triplets(*cells.T, [*history.values()], (800, 240))))
    first = data.part([0])
    by_name = dict(zip(first.feature_names, first.features.T, strict=True))
    asked = set(all_pairs(data))
    kept = [stars for pair, stars in history.items() if pair not in asked]
    assert np.allclose(by_name["person mean"], sum(kept) / len(kept), rtol=1e-12)
    for name in ("person log count", "liking of its genres", "log count of its genres", "liking of films near it"):
        assert not by_name[name].any()
    assert np.allclose(by_name["distance in years"], np.abs(cinema.years[first.items] - cinema.years.mean()))


# ---------------------------------------------------------------- no feature knows a grade


def cells_of(matrix, pairs):
    keys = rows_of(matrix) * matrix.shape[1] + matrix.indices
    return np.isin(keys, [u * matrix.shape[1] + i for u, i in pairs])


@pytest.mark.parametrize("change", ["other stars", "not rated", "all rated"])
def test_no_cinema_feature_knows_what_a_person_gave_a_candidate(cinema, of_cinema, change):
    pairs = all_pairs(of_cinema)
    own = cells_of(cinema.ratings, pairs)
    assert own.sum() > 2000
    if change == "other stars":
        ratings = with_data(cinema.ratings, np.where(own, 5.5 - cinema.ratings.data, cinema.ratings.data))
    elif change == "not rated":
        ratings = cinema.ratings.copy()
        ratings.data[own] = 0
        ratings.eliminate_zeros()
    else:
        dense = cinema.ratings.toarray()
        dense[tuple(np.transpose(pairs))] = 4.5
        ratings = csr_array(dense)
    changed = cinema_queries(dataclasses.replace(cinema, ratings=ratings))
    assert np.array_equal(changed.features, of_cinema.features)


def test_no_cinema_feature_knows_how_often_a_person_played_a_candidate(cinema, of_cinema):
    own = cells_of(cinema.plays, all_pairs(of_cinema))
    plays = with_data(cinema.plays, np.where(own, 99, cinema.plays.data))
    assert np.array_equal(cinema_queries(dataclasses.replace(cinema, plays=plays)).features, of_cinema.features)


def test_no_cinema_feature_is_made_of_truth_or_grades(cinema, of_cinema):
    truth = {field.name for field in dataclasses.fields(cinema)} - set(SEEN.split())
    assert {"would_rate", "user_axes", "propensities"} < truth
    hidden = dict.fromkeys(truth) | {"relevance": 4 - cinema.relevance}
    blind = cinema_queries(dataclasses.replace(cinema, **hidden))
    assert np.array_equal(blind.features, of_cinema.features)
    assert np.array_equal(blind.labels, 4 - of_cinema.labels)


def test_cinema_features_do_know_the_history(cinema, of_cinema):
    """The other side of the tests above: what is no candidate counts."""
    other = ~cells_of(cinema.ratings, all_pairs(of_cinema))
    ratings = with_data(cinema.ratings, np.where(other, 5.5 - cinema.ratings.data, cinema.ratings.data))
    changed = cinema_queries(dataclasses.replace(cinema, ratings=ratings))
    apart = np.abs(changed.features - of_cinema.features).max(axis=0)
    moved = {name for name, most in zip(of_cinema.feature_names, apart, strict=True) if most > 0.01}
    assert moved == {"film mean", "person mean", "liking of its genres", "liking of films near it"}


def test_no_movielens_feature_knows_a_grade(few):
    data = movielens_queries(few)
    own = cells_of(few.ratings, all_pairs(data))
    ratings = with_data(few.ratings, np.where(own, 5.5 - few.ratings.data, few.ratings.data))
    changed = movielens_queries(dataclasses.replace(few, ratings=ratings))
    assert np.array_equal(changed.features, data.features)
    assert np.array_equal(changed.items, data.items)
    assert not np.array_equal(changed.labels, data.labels)


# ---------------------------------------------------------------- what the sets hold


def test_cinema_queries_are_the_cinemas(cinema, of_cinema):
    assert of_cinema.features.shape == (20_000, 19) and len(of_cinema.feature_names) == 19
    assert np.array_equal(of_cinema.queries, np.arange(0, 20_001, 40))
    assert np.array_equal(of_cinema.users, cinema.query_users)
    assert np.array_equal(of_cinema.items.reshape(500, 40), cinema.candidates)
    assert np.array_equal(of_cinema.labels.reshape(500, 40), cinema.relevance)


def test_movielens_queries_are_the_films_rated_last(movielens, of_movielens):
    assert of_movielens.features.shape == (24_989, 28) and of_movielens.users.size == 671
    assert of_movielens.sizes.min() == 10 and of_movielens.sizes.max() == 60
    for u in (0, 7, 100, 670):
        own = slice(*movielens.ratings.indptr[u : u + 2])
        rated = zip(movielens.times.data[own], movielens.times.indices[own], movielens.ratings.data[own], strict=True)
        in_time = sorted(rated)
        last = {i: stars for _, i, stars in in_time[len(in_time) - min(60, len(in_time) // 2) :]}
        query = of_movielens.part([u])
        assert dict(zip(query.items.tolist(), query.labels.tolist(), strict=True)) == {
            int(i): float(relevance_grade(stars)) for i, stars in last.items()
        }


def test_most_cuts_every_query(few):
    counts = np.diff(few.ratings.indptr)
    assert np.array_equal(movielens_queries(few, most=12).sizes, np.minimum(12, counts // 2))
    assert movielens_queries(few, most=1).sizes.tolist() == [1] * 40


def test_a_person_with_one_rating_is_no_query(few):
    lonely = few.ratings.toarray()
    lonely[0] = np.where(np.arange(lonely.shape[1]) == 3, 4.0, 0)
    ratings = csr_array(lonely)
    data = movielens_queries(dataclasses.replace(few, ratings=ratings, times=with_data(ratings, np.ones(ratings.nnz))))
    assert data.users.tolist() == list(range(1, 40))


def test_the_same_call_makes_the_same_queries_and_changes_no_input(cinema, of_cinema):
    before = cinema.ratings.data.copy(), cinema.plays.data.copy(), cinema.relevance.copy()
    again = cinema_queries(cinema)
    assert np.array_equal(again.features, of_cinema.features) and again.feature_names == of_cinema.feature_names
    for values, kept in zip((cinema.ratings.data, cinema.plays.data, cinema.relevance), before, strict=True):
        assert np.array_equal(values, kept)


@pytest.mark.parametrize("most", [0, -1, 2.5, True, "10"])
def test_refuses_a_most_that_is_no_count(few, most):
    with pytest.raises(ValueError, match="most must be an integer >= 1, got "):
        movielens_queries(few, most=most)


# ---------------------------------------------------------------- parts, scales and NDCG


def test_a_part_holds_its_queries_in_the_order_asked_for():
    data = tiny()
    part = data.part([3, 0])
    assert part.users.tolist() == [13, 10] and part.queries.tolist() == [0, 4, 7]
    assert np.array_equal(part.items, np.concatenate([data.items[4:8], data.items[:3]]))
    assert np.array_equal(part.labels, np.concatenate([data.labels[4:8], data.labels[:3]]))
    assert np.array_equal(part.features, np.concatenate([data.features[4:8], data.features[:3]]))


def test_a_part_can_be_empty_and_keeps_empty_queries():
    assert tiny().part([]).labels.size == 0
    assert tiny().part([1, 2]).sizes.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ([5], ValueError, r"rows must lie in 0\.\.4, got 5"),
        ([-1], ValueError, r"rows must lie in 0\.\.4, got -1"),
        ([True, False], TypeError, "rows must be integers, got bool"),
        ([[0, 1]], ValueError, "rows must be a list of numbers"),
    ],
)
def test_refuses_a_part_that_is_not_there(rows, error, message):
    with pytest.raises(error, match=message):
        tiny().part(rows)


def test_standardized_by_a_part_has_mean_0_and_deviation_1_there():
    data = tiny()
    train = data.part([0, 3])
    scaled = train.standardized(train)
    assert scaled.features.mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert scaled.features.std(axis=0) == pytest.approx([1, 0], abs=1e-12)
    others = data.standardized(train)
    first = train.features[:, 0]
    assert others.features[:, 0] == pytest.approx((data.features[:, 0] - first.mean()) / first.std(), rel=1e-12)
    assert np.array_equal(others.labels, data.labels) and data.features[:, 1].tolist() == [2.0] * 11


def test_refuses_to_standardize_by_other_features_or_by_nothing():
    data = tiny()
    with pytest.raises(ValueError, match="by must have candidates with the features"):
        data.standardized(dataclasses.replace(data, feature_names=("first", "other")))
    with pytest.raises(ValueError, match="by must have candidates"):
        data.standardized(data.part([1]))


@pytest.mark.parametrize("k", [1, 2, 10, None])
@pytest.mark.parametrize("ties", ["order", "average"])
def test_ndcg_is_that_of_each_query_alone(k, ties):
    data = tiny((3, 0, 1, 40, 17, 3))
    scores = np.random.default_rng(2).integers(0, 6, data.labels.size)
    alone = [
        metrics.ndcg_from_scores(data.labels[a:b], scores[a:b], k, ties=ties) if b > a else 0.0
        for a, b in zip(data.queries[:-1], data.queries[1:], strict=True)
    ]
    assert data.ndcg(scores, k, ties) == pytest.approx(alone, abs=1e-12)


def test_ndcg_at_10_unless_asked_otherwise(of_cinema):
    scores = of_cinema.features[:, 0]
    assert np.array_equal(of_cinema.ndcg(scores), of_cinema.ndcg(scores, 10))
    assert of_cinema.ndcg(of_cinema.labels).mean() == pytest.approx(1, abs=1e-12)
    assert not np.array_equal(of_cinema.ndcg(scores), of_cinema.ndcg(scores, 9))


@pytest.mark.parametrize("scores", [np.zeros(10), np.zeros((11, 1)), np.full(11, np.nan), np.full(11, -np.inf)])
def test_refuses_scores_that_do_not_fit(scores):
    with pytest.raises(ValueError, match="scores must be 11 finite numbers, got shape"):
        tiny().ndcg(scores)


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"labels": np.zeros(10)}, ValueError, r"labels must have shape \(11,\), got \(10,\)"),
        ({"items": np.zeros(12, int)}, ValueError, r"items must have shape \(11,\), got \(12,\)"),
        ({"users": np.zeros(4, int)}, ValueError, r"users must have shape \(5,\), got \(4,\)"),
        ({"feature_names": ("one",)}, ValueError, r"features must have shape \(N, 1\)"),
        ({"features": np.full((11, 2), np.inf)}, ValueError, "features must be finite"),
        ({"queries": np.array([0, 3, 3, 4, 8, 10])}, ValueError, "queries must be offsets that rise from 0 to 11"),
        ({"queries": np.array([0, 4, 3, 4, 8, 11])}, ValueError, "queries must be offsets that rise from 0 to 11"),
        ({"queries": np.array([0.0, 11.0])}, TypeError, "queries must be integers, got float64"),
        ({"users": np.full(5, 0.5)}, TypeError, "users must be integers, got float64"),
        ({"items": np.full(11, "a")}, TypeError, "items must be integers"),
        ({"labels": np.full(11, -1.0)}, ValueError, "labels must be finite and >= 0"),
        ({"labels": np.full(11, np.nan)}, ValueError, "labels must be finite and >= 0"),
    ],
)
def test_refuses_sizes_that_do_not_fit_together(wrong, error, message):
    with pytest.raises(error, match=message):
        dataclasses.replace(tiny(), **wrong)


# ---------------------------------------------------------------- train, validation, test


def test_over_all_folds_every_query_is_tested_once_and_nobody_is_in_two_parts():
    data = tiny([2] * 23)
    tested, validated = [], []
    for fold in range(5):
        parts = split_queries(data, seed=3, fold=fold)
        assert sorted(np.concatenate([part.users for part in parts])) == list(range(10, 33))
        assert {part.users.size for part in parts[1:]} <= {4, 5}
        validated.append(parts[1].users.tolist())
        tested.append(parts[2].users.tolist())
    assert sorted(chain(*tested)) == list(range(10, 33))
    assert validated == [*tested[1:], tested[0]]


def test_queries_of_one_person_stay_together():
    data = dataclasses.replace(tiny([2] * 24), users=np.repeat(np.arange(8), 3))
    train, validation, test = split_queries(data, n_folds=4)
    assert sorted(np.bincount(np.concatenate([validation.users, test.users]), minlength=8)) == [0] * 4 + [3] * 4
    assert not set(train.users) & (set(validation.users) | set(test.users))


def test_the_seed_decides_who_is_tested():
    data = tiny([1] * 50)
    first, same, other = (split_queries(data, seed)[2].users.tolist() for seed in (0, 0, 1))
    assert first == same and first != other
    assert split_queries(data, np.random.default_rng(0))[2].users.tolist() == first


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"fold": 5}, r"fold must lie in 0\.\.4, got 5"),
        ({"fold": -1}, "fold must be an integer >= 0, got -1"),
        ({"n_folds": 2}, "n_folds must be an integer >= 3, got 2"),
        ({"n_folds": 6}, "n_folds must be at most the number of people, 5, got 6"),
        ({"seed": -1}, "seed must be an integer >= 0 or a Generator"),
    ],
)
def test_refuses_a_split_that_cannot_be(wrong, message):
    with pytest.raises(ValueError, match=message):
        split_queries(tiny(), **wrong)


# ---------------------------------------------------------------- the recorded table

UNTRAINED, LINEAR = ("random", "best feature"), ("pointwise", "RankNet", "LambdaRank", "softmax")
METHODS = (*UNTRAINED, *LINEAR, "LambdaMART", "LightGBM", "XGBoost")
ROWS = [row for dataset in ("cinema", "movielens") for row in graded.ranking_table(dataset)]
BUDGET = SimpleNamespace(**graded.recorded_ranking()["budget"])


def sets(dataset, of_cinema, of_movielens):
    return of_cinema if dataset == "cinema" else of_movielens


def fold_of(data, fold):
    parts = split_queries(data, 0, fold, BUDGET.folds)
    return tuple(part.standardized(parts[0]) for part in parts)


def mean_ndcg(data, scores):
    return data.ndcg(scores, BUDGET.k, ties="average").mean()


def test_the_table_has_every_method_on_both_sets():
    assert [(row.dataset, row.method) for row in ROWS] == [(d, m) for d in ("cinema", "movielens") for m in METHODS]
    assert set(graded.recorded_ranking()["versions"]) >= {"lightgbm", "xgboost", "scikit-learn", "numpy"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.dataset} {row.method}")
def test_a_row_holds_together(row, of_cinema, of_movielens):
    reference = next(r for r in ROWS if (r.dataset, r.method) == (row.dataset, "LambdaRank"))
    assert row.interval[0] < row.mean < row.interval[1]
    assert row.difference == pytest.approx(row.mean - reference.mean, abs=1.01e-4)
    low, high = row.difference_interval
    assert low < row.difference < high or (row.method, low, high) == ("LambdaRank", 0, 0)
    data = sets(row.dataset, of_cinema, of_movielens)
    sizes = [split_queries(data, 0, fold, BUDGET.folds)[2].users.size for fold in range(BUDGET.folds)]
    assert np.average([fold["test"] for fold in row.folds], weights=sizes) == pytest.approx(row.mean, abs=1.01e-4)
    assert all(0 <= fold["steps"] <= BUDGET.steps for fold in row.folds)


@pytest.mark.parametrize("dataset", ["cinema", "movielens"])
def test_the_rows_without_training_can_be_computed_again(dataset, of_cinema, of_movielens):
    data = sets(dataset, of_cinema, of_movielens)
    chance, single = graded.ranking_table(dataset)[:2]
    for fold in range(BUDGET.folds):
        train, _, test = fold_of(data, fold)
        assert mean_ndcg(test, np.zeros(test.labels.size)) == pytest.approx(chance.folds[fold]["test"], abs=6e-5)
        sides = {
            (c, sign): mean_ndcg(train, sign * train.features[:, c])
            for c in range(len(train.feature_names))
            for sign in (1, -1)
        }
        column, sign = max(sides, key=sides.get)
        assert single.folds[fold]["settings"] == {"feature": train.feature_names[column], "sign": sign}
        assert mean_ndcg(test, sign * test.features[:, column]) == pytest.approx(single.folds[fold]["test"], abs=6e-5)


@pytest.mark.parametrize("method", LINEAR)
def test_a_linear_row_of_the_cinema_can_be_computed_again(method, of_cinema):
    """One fold, from the recorded settings."""
    recorded = next(row for row in graded.ranking_table("cinema") if row.method == method).folds[0]
    train, validation, test = fold_of(of_cinema, 0)
    options = {**recorded["settings"], "k": BUDGET.k, "n_epochs": recorded["steps"]}
    model = lambdarank.fit(train.features, train.labels, train.queries, **options)
    assert mean_ndcg(test, model.predict(test.features)) == pytest.approx(recorded["test"], abs=6e-5)
    assert mean_ndcg(validation, model.predict(validation.features)) == pytest.approx(recorded["validation"], abs=6e-5)


def test_learning_beats_chance_and_one_feature():
    """The recorded means say so for every method and both sets."""
    for dataset in ("cinema", "movielens"):
        chance, single, *learned = graded.ranking_table(dataset)
        assert chance.mean < single.mean < min(row.mean for row in learned)


def test_refuses_a_table_of_another_set():
    with pytest.raises(ValueError, match="dataset must be 'cinema' or 'movielens', got 'books'"):
        graded.ranking_table("books")
