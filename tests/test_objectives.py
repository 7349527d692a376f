"""Every objective of a lesson is graded by a task, and every task grades an objective.

A lesson without exercises (00, 09) may state objectives; nothing grades them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import jupytext
import pytest

from recmath_lib.checks import all_tasks

ROOT = Path(__file__).resolve().parents[1]
LESSONS = {path.stem: path for path in sorted((ROOT / "text/lessons").glob("*.py"))}
GRADED = sorted(path.stem for path in (ROOT / "text/exercises").glob("*.py"))


def objectives(stem: str) -> list[str]:
    """The numbers of what a lesson promises, as its text lists them: `- **O4.1** compute ...`."""
    markdown = [cell.source for cell in jupytext.read(LESSONS[stem]).cells if cell.cell_type == "markdown"]
    return re.findall(r"^- \*\*(O[\d.]+)\*\* \S", "\n".join(markdown), re.MULTILINE)


def problems(promised: Sequence[str], graded: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """What is wrong between the objectives that exercises grade and the tasks, each with the objectives it names."""
    for objective in promised:
        if not any(objective in names for names in graded.values()):
            yield f"objective {objective}: no task grades it"
    for task, names in graded.items():
        if not names:
            yield f"task {task}: grades no objective"
        yield from (f"task {task}: no lesson has objective {name}" for name in names if name not in promised)


def test_objectives_and_tasks_meet():
    promised = [objective for stem in GRADED for objective in objectives(stem)]
    assert not list(problems(promised, {task.id: task.objectives for task in all_tasks()}))


@pytest.mark.parametrize("stem", GRADED)
def test_a_lesson_with_exercises_opens_with_four_to_seven_objectives(stem):
    assert 4 <= len(objectives(stem)) <= 7


@pytest.mark.parametrize("stem", LESSONS)
def test_objectives_count_from_one_in_their_lesson(stem):
    found = objectives(stem)
    assert found == [f"O{int(stem[:2])}.{number}" for number in range(1, len(found) + 1)]


@pytest.mark.parametrize(
    ("promised", "graded", "problem"),
    [
        (["O1.1", "O1.2"], {"01.1": ["O1.1"]}, "objective O1.2: no task grades it"),
        (["O1.1"], {"01.1": ["O1.1"], "01.2": ["O1.3"]}, "task 01.2: no lesson has objective O1.3"),
        (["O1.1"], {"01.1": ["O1.1"], "01.2": []}, "task 01.2: grades no objective"),
    ],
)
def test_a_broken_promise_is_found(promised, graded, problem):
    assert list(problems(promised, graded)) == [problem]


def test_a_kept_promise_is_no_problem():
    assert not list(problems(["O1.1", "O1.2"], {"01.1": ["O1.1", "O1.2"], "01.2": ["O1.1"]}))
