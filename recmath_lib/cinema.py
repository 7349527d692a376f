"""How the course's cinema was invented: read it from top to bottom, then you know the truth behind every number.

    python -m recmath_lib.cinema          draws the cinema and writes recmath_lib/data/cinema.npz

800 people, 240 films, three taste axes. People have tastes, films have places on the same axes, and a rating is

    mean + user bias + film bias + taste . place + noise,   rounded to half stars and kept within 0.5..5.

Then the world gets in the way: people rate what they like and what is popular, click what stands on top, and watch
again what they love. `recmath_lib.datasets.Cinema` lists every field of the result.

Only `Generator.random` and `Generator.standard_normal` are drawn, each step has a generator of its own, and truths
are rounded to hundredths before anything is computed from them. So another machine draws the same cinema.
"""

from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit

from recmath_lib.datasets import attraction, rating_propensity

SEED = 7
N_PEOPLE, N_FILMS, N_DAYS = 800, 240, 730
N_LISTS, LIST_LENGTH = 4000, 10
N_QUERIES, N_CANDIDATES = 500, 40

AXES = ("explosions <-> conversations", "laughter <-> shivers", "close to home <-> far worlds")

# Where the average film of a genre lies on the three axes, and the words its titles are made of.
GENRES = {
    "action": (-1.3, 0.2, -0.4),
    "comedy": (0.2, -1.3, -0.6),
    "documentary": (0.7, 0.1, -1.1),
    "drama": (1.1, 0.6, -0.2),
    "family": (0.2, -0.9, 1.0),
    "horror": (-0.6, 1.3, 0.2),
    "romance": (0.8, -0.6, -0.2),
    "science fiction": (-0.1, 0.4, 1.4),
}
OPENINGS = {
    "action": (
        "Runaway, Blazing, Reckless, Turbo, Rooftop, Armoured, Dynamite, Screeching, Exploding, Full-Throttle, "
        "Bulletproof, Airborne, Unstoppable, Thundering, Smoking"
    ),
    "comedy": (
        "My Uncle's, The Wrong, Grandma's Second, An Awkward, Nobody's, The Accidental, A Borrowed, Half a, "
        "Somebody's, The Overdue, A Suspicious, Our Neighbour's, The Reluctant, Auntie's, One Unlucky"
    ),
    "documentary": (
        "A Short History of, The Secret Life of, Counting, In Praise of, Who Invented, The Last Makers of, "
        "Forty Years of, Inside the World of, The Science of, Notes on, Saving, The Trouble with, A Year among, "
        "Measuring, The Quiet Economy of"
    ),
    "drama": (
        "What We Owe, Letters to, The Winter of, A Chair for, After, The Patience of, Forgiving, Nothing Left for, "
        "The Grief of, Waiting for, All the Debts of, Goodbye to, The Long Illness of, A Lawyer for, The Daughters of"
    ),
    "family": (
        "The Smallest, The Brave Little, The Singing, The Seasick, Grandpa's Flying, The Very Polite, The Giggling, "
        "The Moonlit, The Enchanted, Seven Friends of the, The Secret Birthday of the, The Great Adventure of the, "
        "The Homework of the, The Sleepy, The Princess and the"
    ),
    "horror": (
        "The Whispering, It Waits in the, Blood on the, The Hungry, Don't Open the, The Thing in the, "
        "Nobody Leaves the, Teeth of the, The Howling, Screams from the, Beneath the, The Haunted, Knocking in the, "
        "The Bleeding, Curse of the"
    ),
    "romance": (
        "Kisses at the, Love at the, A Kiss behind the, Falling for the, Two Hearts at the, Roses for the, "
        "Married to the, Dancing with the, Honeymoon at the, A Valentine for the, Sweetheart of the, Engaged to the, "
        "Love Letters to the, Sighing for the, The Bride of the"
    ),
    "science fiction": (
        "Beyond the, Android of the, Signals from the, The Last Colony of the, Escape from the, The Clone of the, "
        "Lost in the, Starship to the, Gravity of the, Robots of the, A Wormhole to the, Return to the, "
        "Mutiny at the, Engineers of the, First Contact at the"
    ),
}
ENDINGS = {
    "action": (
        "Convoy, Ferry, Helicopter, Motorcade, Getaway, Bridge, Tanker, Ambush, Locomotive, Showdown, Cable Car, "
        "Harbour, Payload, Tow Truck, Pursuit"
    ),
    "comedy": (
        "Wedding Cake, Toupee, Bagpipe, Parking Ticket, Llama, Karaoke Night, Honeymoon, Trombone, Mayor, Casserole, "
        "Moustache, Alibi, Bathrobe, Poodle, Banana Stand"
    ),
    "documentary": (
        "Lighthouses, Moss, Salt, Bicycle Bells, Roundabouts, Snails, Tides, Bus Timetables, Sourdough, Paper, "
        "Glaciers, Buttons, Pigeons, Elevators, Cheese"
    ),
    "drama": (
        "the River, Our Father, the Clockmaker, November, the Old Mill, My Brother, the Schoolteacher, "
        "the Silent Piano, the Widow's Garden, the Third Son, Harbour Street, the Ferryman, the Unsent Letter, "
        "the Last Witness, the Grey Coat"
    ),
    "family": (
        "Hedgehog, Tugboat, Dragon, Teapot, Snow Castle, Penguin, Gnome, Umbrella, Bumblebee, Balloon, Unicorn, "
        "Pancake, Puppy, Treehouse, Mermaid"
    ),
    "horror": (
        "Cellar, Attic, Well, Nursery, Wallpaper, Mirror, Crypt, Scarecrow, Swamp, Doll House, Staircase, Morgue, Fog, "
        "Asylum, Graveyard"
    ),
    "romance": (
        "Bakery, Garden Gate, Lighthouse, Flower Stall, Bookshop, Rose Garden, Chocolate Shop, Violin Shop, Vineyard, "
        "Gondola, Post Office, Perfume Shop, Ballroom, Harvest Ball, Orchard"
    ),
    "science fiction": (
        "Ninth Moon, Glass Nebula, Copper Planet, Outer Ring, Quantum Sea, Silent Galaxy, Plasma Belt, Twin Suns, "
        "Frozen Asteroid, Time Station, Antimatter Mine, Crimson Comet, Photon Desert, Binary Star, Andromeda Gate"
    ),
}

# The sorts of people and the taste of the average one on the three axes.
ARCHETYPES = {
    "thrill seeker": (-1.0, 0.2, 0.0),
    "quiet listener": (1.0, 0.1, 0.0),
    "laugher": (0.0, -1.0, 0.0),
    "night owl": (-0.1, 1.0, 0.1),
    "star gazer": (0.0, 0.1, 1.0),
    "stay-at-home": (0.1, -0.1, -1.0),
    "easy-going": (0.0, 0.0, 0.0),
}


def draw(seed: int = SEED) -> dict[str, np.ndarray]:
    """The whole cinema as compact arrays: half stars, hundredths, counts; `datasets.cinema_from` unfolds them."""
    films = draw_films(_generator(seed, "films"))
    people = draw_people(_generator(seed, "people"))
    half_stars = draw_half_stars(_generator(seed, "stars"), people, films)
    habits = draw_habits(_generator(seed, "habits"), films)
    rated = draw_observed(_generator(seed, "observed"), half_stars, habits)
    return {
        **films,
        **people,
        **habits,
        "mean": np.array(MEAN, dtype=np.int16),
        "half_stars": half_stars,
        "days": draw_days(_generator(seed, "days"), rated, films["premieres"]),
        "plays": draw_plays(_generator(seed, "plays"), rated, half_stars, habits["popularity"]),
        **draw_clicks(_generator(seed, "clicks"), half_stars, habits),
        **draw_queries(_generator(seed, "queries")),
    }


def _generator(seed: int, step: str) -> np.random.Generator:
    # A generator for each step: drawing one number more in a step leaves the later steps as they are.
    return np.random.default_rng([seed, *step.encode()])


# ---------------------------------------------------------------- what is true: films, people, stars

MEAN = 310  # hundredths of a star, as are the biases and axes below


def draw_films(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Titles, years, genres, places on the axes and biases of the films, in an order that tells nothing."""
    genre = _shuffled(rng, np.arange(N_FILMS) % len(GENRES))
    second = _second_genre(rng, genre)
    centres = np.array(list(GENRES.values()))
    places = 0.7 * centres[genre] + 0.3 * centres[second] + 0.35 * rng.standard_normal((N_FILMS, len(AXES)))
    return {
        "titles": _titles(genre),
        "years": (2025 - 60 * rng.random(N_FILMS) ** 2).astype(np.int16),
        "premieres": _premieres(rng),
        "genre_names": np.array(list(GENRES)),
        "genre": genre.astype(np.uint8),
        "genres": np.eye(len(GENRES), dtype=bool)[genre] | np.eye(len(GENRES), dtype=bool)[second],
        "axis_names": np.array(AXES),
        "item_axes": _hundredths(places - places.mean(axis=0)),
        "item_bias": _hundredths(0.35 * rng.standard_normal(N_FILMS)),
    }


def draw_people(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Archetype, taste and bias of the people."""
    archetype = np.floor(len(ARCHETYPES) * rng.random(N_PEOPLE)).astype(np.uint8)
    centres = np.array(list(ARCHETYPES.values()))
    tastes = centres[archetype] + 0.3 * rng.standard_normal((N_PEOPLE, len(AXES)))
    return {
        "archetype_names": np.array(list(ARCHETYPES)),
        "archetype": archetype,
        "user_axes": _hundredths(tastes - tastes.mean(axis=0)),
        "user_bias": _hundredths(0.3 * rng.standard_normal(N_PEOPLE)),
    }


def draw_half_stars(
    rng: np.random.Generator, people: dict[str, np.ndarray], films: dict[str, np.ndarray]
) -> np.ndarray:
    """What everybody would rate every film, in half stars 1..10, shape (N_PEOPLE, N_FILMS)."""
    # Whole numbers and no matrix product: sums of a matrix product depend on the machine in the last digit.
    user_axes, item_axes = people["user_axes"].astype(int), films["item_axes"].astype(int)
    liking = (user_axes[:, None, :] * item_axes).sum(axis=2) / 10_000
    biases = (MEAN + people["user_bias"][:, None] + films["item_bias"]) / 100
    stars = biases + liking + 0.55 * rng.standard_normal(liking.shape)
    return np.clip(np.rint(2 * stars), 1, 10).astype(np.uint8)


# ---------------------------------------------------------------- what is seen: ratings, days, plays, clicks, queries


def draw_habits(rng: np.random.Generator, films: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """How many films a person rates, how popular a film is (both log odds), and who looks how far down a list."""
    # Good films are talked about, so popularity leans on the bias of the film.
    popularity = films["item_bias"] / 100 + 0.6 * rng.standard_normal(N_FILMS)
    return {
        "activity": _hundredths(ACTIVITY + 0.5 * rng.standard_normal(N_PEOPLE)),
        "popularity": _hundredths(popularity),
        "examination": np.rint(100 / np.sqrt(np.arange(1, LIST_LENGTH + 1))).astype(np.uint8),
    }


ACTIVITY = -2.1  # log odds that give about 27,000 ratings


def draw_observed(rng: np.random.Generator, half_stars: np.ndarray, habits: dict[str, np.ndarray]) -> np.ndarray:
    """Which ratings are given: each with its own propensity, independently of the others."""
    propensity = rating_propensity(half_stars / 2, habits["activity"] / 100, habits["popularity"] / 100)
    return rng.random(half_stars.shape) < propensity


def draw_days(rng: np.random.Generator, rated: np.ndarray, premieres: np.ndarray) -> np.ndarray:
    """Day of each rating, 1..N_DAYS; 0 where there is none. Nobody rates before joining or before the premiere."""
    joined = np.floor(1 + 0.8 * N_DAYS * rng.random(N_PEOPLE))
    first = np.maximum(joined[:, None], premieres)
    # The square makes people rate most in their first weeks.
    later = np.floor((N_DAYS + 1 - first) * rng.random(rated.shape) ** 2)
    return np.where(rated, first + later, 0).astype(np.uint16)


def draw_plays(
    rng: np.random.Generator, rated: np.ndarray, half_stars: np.ndarray, popularity: np.ndarray
) -> np.ndarray:
    """How often each film was watched: by all who rate it, and by others who do not, most of whom would love it."""
    keen = expit(-2.5 + popularity / 100 + 1.5 * (half_stars / 2 - 3))
    watched = rated | (rng.random(rated.shape) < keen)
    # Another evening follows with this chance, at most nine times: 0.06 at half a star, 0.6 at five.
    again = 0.06 * half_stars
    streak = np.cumprod(rng.random((9, *rated.shape)) < again, axis=0).sum(axis=0)
    return np.where(watched, 1 + streak, 0).astype(np.uint8)


def draw_clicks(
    rng: np.random.Generator, half_stars: np.ndarray, habits: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Lists of ten films, popular ones mostly on top, and the clicks: a film is clicked if seen and attractive."""
    shown_to = np.floor(N_PEOPLE * rng.random(N_LISTS)).astype(np.uint16)
    noise = rng.standard_normal((N_LISTS, N_FILMS))
    shown = np.argsort(-(habits["popularity"] / 100 + noise), axis=1, kind="stable")[:, :LIST_LENGTH]
    looked_at = rng.random(shown.shape) < habits["examination"] / 100
    liked = rng.random(shown.shape) < attraction(half_stars[shown_to[:, None], shown] / 2)
    return {"shown_to": shown_to, "shown": shown.astype(np.uint8), "clicked": looked_at & liked}


def draw_queries(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """For the ranking lessons: some people, each with a list of candidate films in random order."""
    people = np.sort(_shuffled(rng, np.arange(N_PEOPLE))[:N_QUERIES])
    films = np.argsort(rng.random((N_QUERIES, N_FILMS)), axis=1, kind="stable")[:, :N_CANDIDATES]
    return {"query_users": people.astype(np.uint16), "candidates": films.astype(np.uint8)}


# ---------------------------------------------------------------- small tools


def _hundredths(values: np.ndarray) -> np.ndarray:
    return np.rint(100 * values).astype(np.int16)


def _shuffled(rng: np.random.Generator, values: np.ndarray) -> np.ndarray:
    return values[np.argsort(rng.random(values.size), kind="stable")]


def _second_genre(rng: np.random.Generator, genre: np.ndarray) -> np.ndarray:
    """Another genre for four films in ten, the same one for the rest."""
    other = (genre + 1 + np.floor((len(GENRES) - 1) * rng.random(N_FILMS)).astype(int)) % len(GENRES)
    return np.where(rng.random(N_FILMS) < 0.4, other, genre)


def _premieres(rng: np.random.Generator) -> np.ndarray:
    """Two films in three are there on opening day, the others come one by one."""
    later = np.floor(2 + 0.9 * (N_DAYS - 1) * rng.random(N_FILMS))
    return np.where(rng.random(N_FILMS) < 2 / 3, 1, later).astype(np.uint16)


def _titles(genre: np.ndarray) -> np.ndarray:
    """A title for each film from the words of its genre; within a genre no pair of words comes twice."""
    number_in_genre = [int((genre[:film] == which).sum()) for film, which in enumerate(genre)]
    names = list(GENRES)
    return np.array([_title(names[which], number) for which, number in zip(genre, number_in_genre, strict=True)])


def _title(genre: str, number: int) -> str:
    openings, endings = OPENINGS[genre].split(", "), ENDINGS[genre].split(", ")
    around, step = divmod(number, len(openings))
    return f"{openings[step]} {endings[(4 * step + around) % len(endings)]}"


def main(path: Path = Path(__file__).parent / "data" / "cinema.npz") -> None:
    """Draw the cinema and write it, by default next to this module."""
    arrays: dict[str, Any] = {**draw()}
    np.savez_compressed(path, **arrays)
    print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
