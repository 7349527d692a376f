"""The tasks of all exercises: one module per lesson, each with a tuple `TASKS` of what `base` defines."""

import difflib
import importlib
import pkgutil
from functools import cache

from recmath_lib.checks.base import Task


def find(task_id: str) -> Task:
    """The task with this id, such as "04.1".

    Raises:
        LookupError: no such task; the sentence names the nearest ids.
    """
    tasks = {task.id: task for task in all_tasks()}
    if task_id not in tasks:
        raise LookupError(_unknown("task", task_id, list(tasks)))
    return tasks[task_id]


def lesson(number: str) -> tuple[Task, ...]:
    """All tasks of a lesson, such as "04", in the order of their numbers.

    Raises:
        LookupError: no task belongs to that lesson.
    """
    tasks = tuple(task for task in all_tasks() if task.lesson == number)
    if not tasks:
        raise LookupError(_unknown("lesson", number, sorted({task.lesson for task in all_tasks()})))
    return tasks


@cache
def all_tasks() -> tuple[Task, ...]:
    """Every task of every module in this package, in the order of ids."""
    names = (info.name for info in pkgutil.iter_modules(__path__) if info.name != "base")
    modules = [importlib.import_module(f"{__name__}.{name}") for name in names]
    tasks = sorted((task for module in modules for task in module.TASKS), key=_number)
    ids = [task.id for task in tasks]
    if repeated := {task_id for task_id in ids if ids.count(task_id) > 1}:
        raise ValueError(f"two tasks share an id: {', '.join(sorted(repeated))}")
    return tuple(tasks)


def _number(task: Task) -> tuple[int, int]:
    """Sort key: 04.10 comes after 04.9."""
    lesson_number, _, number = task.id.partition(".")
    return int(lesson_number), int(number)


def _unknown(what: str, wanted: str, known: list[str]) -> str:
    """The sentence for an id that does not exist."""
    nearest = difflib.get_close_matches(str(wanted), known, n=3, cutoff=0.0) or ["none yet"]
    return f"there is no {what} {wanted!r}; the nearest are {', '.join(nearest)}"
