"""What holds for every exercise: each wrong answer loses points and is named, each right one keeps full marks."""

import inspect
import re
from functools import cache
from importlib import import_module

import numpy as np
import pytest
from checking import SEEDS, TEXTS, each, every_seed, handed_in, judged, notebook

from recmath_lib import checks
from recmath_lib._judge import requested
from recmath_lib._sandbox_answers import outcomes
from recmath_lib.checks.base import ChoiceTask, CounterExampleTask, FunctionTask, OrderTask
from recmath_lib.grading import grade

TASKS = checks.all_tasks()
SHORT, LONGEST = 30, 80  # entries of a case that fits on a line or two, and of the one long case
MODULES = {lesson: import_module(f"recmath_lib.checks.{path.stem[3:]}") for lesson, path in TEXTS.items()}

all_tasks = each(TASKS)
all_functions = each(TASKS, FunctionTask)
every_exercise = pytest.mark.parametrize("lesson", MODULES)


# ---- wrong answers ---------------------------------------------------------------------------------------------------


@all_tasks
@every_seed
def test_each_wrong_answer_loses_points_and_is_named_alone(task, seed):
    for wrong in task.wrong:
        verdict = judged(task, handed_in(task, wrong), seed)
        assert verdict.points < task.points, wrong.name
        assert [found.name for found in verdict.looks_like] == [wrong.name]  # no "either ... or ..." anywhere


@all_functions
def test_a_wrong_answer_returns_a_value_every_time(task):
    raising = getattr(MODULES[task.lesson], "RAISING", set())  # mistakes that some inputs turn into an error
    for wrong in task.wrong:
        sorts = {outcome.sort for outcome in outcomes(wrong.answer, requested(task, 0))}
        assert sorts == {"value"} or (wrong.name in raising and sorts == {"value", "exception"}), wrong.name


@all_tasks
def test_misconceptions_are_short_and_say_where_to_read(task):
    for wrong in task.wrong:
        assert 40 <= len(wrong.misconception) <= 320 and wrong.misconception[-1] in ".?)", wrong.name
        place = rf"lesson 0[0-{task.lesson[1]}]\b|the contract of task {task.lesson}\.\d"
        assert re.match(place, wrong.read_again), wrong.name
    mistakes = {wrong.name.partition(": ")[0] for wrong in task.wrong}  # one mistake in several ways has one message
    assert len({wrong.misconception for wrong in task.wrong}) == len(mistakes)
    assert len({wrong.name for wrong in task.wrong}) == len(task.wrong)


@every_exercise
def test_there_are_enough_kinds_of_tasks_and_answers(lesson):
    tasks = MODULES[lesson].TASKS
    for task in tasks:
        if isinstance(task, FunctionTask):
            assert len(task.wrong) >= 8 and len(task.right) >= 3, task.id
        few = 1 if isinstance(task, CounterExampleTask) else 3
        assert len(task.wrong) >= few and len(task.right) >= 2 - isinstance(task, ChoiceTask), task.id
    kinds = [type(task) for task in tasks]
    assert kinds.count(ChoiceTask) >= 3 and kinds.count(OrderTask) + kinds.count(CounterExampleTask) >= 1


# ---- right answers ---------------------------------------------------------------------------------------------------


@all_tasks
@every_seed
def test_right_answers_written_differently_keep_full_marks(task, seed):
    for answer in task.right:
        report = grade(task, answer, seed)
        assert report.points == task.points, [finding for finding in report.findings if not finding.passed]


# ---- cases -----------------------------------------------------------------------------------------------------------


def entries(case):
    """How many numbers a case hands over."""
    return sum(np.size(part) if not isinstance(part, list) else count(part) for part in case.args)


def count(nested):
    """How many entries lists of lists hold."""
    return sum(map(count, nested)) if isinstance(nested, list) else 1


@all_functions
def test_the_sorts_of_cases_do_not_depend_on_the_seed(task):
    kinds = [[case.kind for case in task.cases(seed)] for seed in (*SEEDS, 17)]
    assert all(kind == kinds[0] for kind in kinds) and len(set(kinds[0])) >= 6


@all_functions
@every_seed
def test_cases_are_small_and_some_are_drawn(task, seed):
    sizes = [entries(case) for case in task.cases(seed)]
    assert sum(size > SHORT for size in sizes) <= max(1, len(sizes) // 3) and max(sizes) <= LONGEST
    assert repr(task.cases(seed)) == repr(task.cases(seed)) != repr(task.cases(seed + 1))


@all_functions
def test_an_answer_that_always_says_zero_earns_nothing(task):
    zero = task.reference(*task.cases(0)[0].args, **task.cases(0)[0].kwargs)
    several = isinstance(zero, tuple)
    nothing = tuple(np.zeros_like(part) for part in zero) if several else np.zeros_like(zero)[()]
    assert grade(task, lambda *args, **kwargs: nothing).points == 0


# ---- the exercise as it is printed ----------------------------------------------------------------------------------


@cache
def solved(lesson):
    """What the solution of a lesson's exercise defines."""
    return notebook(lesson, "solutions")


@all_tasks
@every_seed
def test_the_solution_has_full_marks(task, seed):
    assert grade(task, solved(task.lesson)[task.name], seed).points == task.points


@every_exercise
def test_the_exercise_is_not_solved_yet(lesson):
    namespace = notebook(lesson, "exercises")
    for task in MODULES[lesson].TASKS:
        findings = grade(task, namespace[task.name]).findings
        assert {finding.problem for finding in findings} == {"unsolved"}, task.id


@all_tasks
def test_the_exercise_shows_the_task_and_checks_it(task):
    text = TEXTS[task.lesson].read_text(encoding="utf-8")
    assert f"{task.id} " in text and f'check("{task.id}", {task.name})' in text
    if isinstance(task, FunctionTask):
        ours = list(inspect.signature(solved(task.lesson)[task.name]).parameters)
        assert ours == list(inspect.signature(task.right[0]).parameters)
    if isinstance(task, CounterExampleTask):
        assert inspect.getsource(task.listing) in text


@each(TASKS, ChoiceTask, OrderTask)
def test_the_exercise_prints_every_option_and_step(task):
    plain_text = TEXTS[task.lesson].read_text(encoding="utf-8").replace("$", "").replace(" - ", " − ")
    for key, sentence in (task.options if isinstance(task, ChoiceTask) else task.steps).items():
        assert f"- **{key}** {sentence}\n".replace(" - ", " − ").replace("$", "") in plain_text.replace("−∞", "")


@every_exercise
def test_the_table_names_every_objective(lesson):
    text = TEXTS[lesson].read_text(encoding="utf-8")
    row = rf"^\| ({lesson}\.\d+)(?:(?:–|, )({lesson}\.\d+))? \|.*\| ([O\d., ]+) \|$"
    promised = {}
    for first, last, objectives in re.findall(row, text, re.MULTILINE):
        numbers = range(int(first[3:]), int((last or first)[3:]) + 1)
        promised |= {f"{lesson}.{number}": set(objectives.split(", ")) for number in numbers}
    assert promised.keys() == {task.id for task in MODULES[lesson].TASKS}
    for task in MODULES[lesson].TASKS:
        assert set(task.objectives) <= promised[task.id]


@every_exercise
def test_a_lesson_finds_its_tasks(lesson):
    assert checks.lesson(lesson) == tuple(MODULES[lesson].TASKS)
