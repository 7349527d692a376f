"""What the tests of all exercises share: how an answer is handed in, and how an exercise is run."""

import pickle
from pathlib import Path
from unittest.mock import patch

import build
import pytest

from recmath_lib._judge import judge, requested
from recmath_lib._sandbox_answers import Outcome, observe, outcomes, plain
from recmath_lib.checks.base import NumbersTask

TEXTS = {path.stem[:2]: path for path in sorted((Path(__file__).parents[1] / "text/exercises").glob("*.py"))}
SEEDS = (0, 1, 2)
every_seed = pytest.mark.parametrize("seed", SEEDS)


def each(tasks, *kinds):
    """One test for each task, or for each of these kinds."""
    wanted = [task for task in tasks if not kinds or isinstance(task, kinds)]
    return pytest.mark.parametrize("task", wanted, ids=lambda task: task.id)


_known = {}


def observed_once(function, args, kwargs):
    """`observe`, which calls a known wrong answer or a reference only once on the same input: it is minutes faster."""
    key = function, pickle.dumps((args, dict(kwargs)))
    if key not in _known:
        _known[key] = observe(function, args, kwargs)
    return _known[key]


def judged(task, answer, seed=0):
    """The engine's verdict on an answer."""
    calls = requested(task, seed)
    found = [Outcome("value", plain(answer))] if calls is None else outcomes(answer, calls)
    with patch("recmath_lib._judge.observe", observed_once):
        return judge(task, found, seed)


def mistakes(task, answer, seed=0):
    """The names of the mistakes that an answer looks like, without the way it is programmed."""
    return [found.name.partition(": ")[0] for found in judged(task, answer, seed).looks_like]


def handed_in(task, wrong):
    """A wrong answer as a learner hands it in: for numbers by hand, the other numbers are right."""
    return {**task.expected, **wrong.answer} if isinstance(task, NumbersTask) else wrong.answer


def notebook(lesson, folder):
    """The code of an exercise or of its solution, run; what check and hint say is not looked at."""
    cells = [cell.source for cell in build.from_text(TEXTS[lesson], folder).cells if cell.cell_type == "code"]
    namespace = {}
    exec("\n\n".join(cells), namespace)
    return namespace
