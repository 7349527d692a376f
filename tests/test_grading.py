"""The grading engine on small made-up tasks: what it says, what it survives, and what a hostile notebook gets."""

import contextlib
import io
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from recmath_lib import _judge, _sandbox, checks, grading
from recmath_lib._judge_values import Measure, as_input, difference, in_digits
from recmath_lib._sandbox_answers import (
    Outcome,
    generator_states,
    identical,
    names_used,
    observe,
    pack,
    pack_outcome,
    plain,
    unpack,
    unpack_outcome,
)
from recmath_lib._sandbox_child import python_lines
from recmath_lib.checks.base import (
    Carried,
    Case,
    ChoiceTask,
    CounterExampleTask,
    FunctionTask,
    NumbersTask,
    OrderTask,
    WrongAnswer,
)

COMMON = {"objectives": ("O90.1",), "contract": "as the test says", "hints": ("nudge", "push", "shove")}


def top_mean(values, k=None):
    """Mean of the k largest; 0 for an empty list. The made-up task."""
    best = sorted(values, reverse=True)[: len(values) if k is None else k]
    return sum(best) / len(best) if best else 0.0


def top_mean_cases(seed):
    drawn = np.sort(np.random.default_rng(seed).integers(1, 99, 6))
    return [
        Case("the empty list", ([],)),
        Case("a full list", ([3, 1, 2],)),
        Case("a list in falling order", ([3, 2, 1],), {"k": 2}),
        Case("k smaller than the list", ([1, 5, 2, 4],), {"k": 2}),
        Case("an array", (drawn,), {"k": 3}),
    ]


def first_k_mean(values, k=None):
    best = list(values)[: len(values) if k is None else k]
    return sum(best) / len(best) if best else 0.0


def top_sum(values, k=None):
    return sum(sorted(values, reverse=True)[: len(values) if k is None else k])


def sorting_in_place(values, k=None):
    result = top_mean(values, k)
    values.sort()
    return result


UNSORTED = WrongAnswer("does not sort", first_k_mean, "You took the first k, not the largest k.", "Eq. (90.1)")
SUM = WrongAnswer("forgets to divide", top_sum, "A sum is not a mean.", "Eq. (90.2)")
IN_PLACE = WrongAnswer("sorts in place", sorting_in_place, "list.sort changes the caller's list.", "Eq. (90.3)")
MEAN = FunctionTask(
    id="90.1",
    title="Mean of the best",
    name="top_mean",
    points=5,
    reference=top_mean,
    cases=top_mean_cases,
    wrong=(UNSORTED, SUM, IN_PLACE),
    **COMMON,
)
PAIR = FunctionTask(
    id="90.2",
    title="Scale and shift",
    name="scaled",
    points=2,
    reference=lambda x, factor=1.0: (x * factor, float(np.sum(x))),
    cases=lambda seed: [Case("a vector", (np.array([1.0, 2.0]),)), Case("with a factor", (np.array([1.0]), 3.0))],
    returns=("scaled", "total"),
    **COMMON,
)
ZERO = FunctionTask(
    id="90.3",
    title="Mostly zero",
    name="mostly_zero",
    points=4,
    reference=lambda x: float(max(x, 0)),
    cases=lambda seed: (
        [Case("a negative number", (value,)) for value in (-3, -2, -1)] + [Case("a positive number", (2,))]
    ),
    **COMMON,
)
NUMBERS = NumbersTask(
    id="90.4",
    title="By hand",
    name="answer_90_4",
    points=2,
    expected={"area": np.pi * 4, "edge": np.pi * 2 * 2.5},
    tolerance={"area": 0.005, "edge": 0.0005},
    wrong=(
        WrongAnswer("area from the diameter", {"area": np.pi * 16}, "That is the diameter's square.", "Eq. (90.4)"),
    ),
    **COMMON,
)
CHOICE = ChoiceTask(
    id="90.5",
    title="Choose",
    name="answer_90_5",
    points=1,
    options={"a": "always", "b": "never", "c": "only if sorted"},
    correct="c",
    wrong=(
        WrongAnswer("always", "a", "Try [1, 2].", "Eq. (90.1)"),
        WrongAnswer("never", "b", "Try [2, 1].", "Eq. (90.1)"),
    ),
    **COMMON,
)
ORDER = OrderTask(
    id="90.6",
    title="Proof",
    name="answer_90_6",
    points=1,
    steps={"a": "so it stops", "b": "it falls", "c": "it is bounded"},
    depends_on={"a": ("b", "c")},
    wrong=(WrongAnswer("conclusion first", "abc", "The conclusion needs both.", "the proof"),),
    **COMMON,
)
COUNTER = CounterExampleTask(
    id="90.7",
    title="Break it",
    name="answer_90_7",
    points=1,
    listing=first_k_mean,
    reference=top_mean,
    valid=lambda values, k=None: None if len(values) < 5 else "at most four values",
    wrong=(WrongAnswer("already sorted", ([2, 1], 1), "In falling order the first are the largest.", "Eq. (90.1)"),),
    **COMMON,
)
TASKS = (MEAN, PAIR, ZERO, NUMBERS, CHOICE, ORDER, COUNTER)


@pytest.fixture(autouse=True)
def fresh_start(monkeypatch):
    """Made-up tasks instead of the course's, and no memory of earlier checks."""
    monkeypatch.setattr(checks, "all_tasks", lambda: TASKS)
    monkeypatch.setattr(grading, "_progress", {})


def said(task, answer):
    """What check prints."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        grading.check(task, answer)
    return out.getvalue()


def hinted(task):
    """What hint prints."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        grading.hint(task)
    return out.getvalue()


# ---------------------------------------------------------------- what check says


def untouched(values, k=None):
    """What the stub looks like."""
    ...  # noqa: PIE790


def half_open(values, k=None):
    values = np.asarray(values)
    ...  # noqa: PIE790


def not_implemented(values, k=None):
    raise NotImplementedError


@pytest.mark.parametrize("stub", [..., None, untouched, half_open, not_implemented])
def test_an_untouched_stub_is_not_solved_yet_and_says_the_same_again(stub):
    assert said("90.1", stub) == "90.1  not solved yet: top_mean is still open\n" == said("90.1", stub)


def test_right_says_so_and_says_the_same_again():
    assert said("90.1", top_mean) == "90.1  right on all 5 cases\n" == said("90.1", top_mean)


def crashing(values, k=None):
    return values[99]


def printing(values, k=None):
    print(top_mean(values, k))


def seeding(values, k=None):
    np.random.seed(0)  # noqa: NPY002  (the mistake this answer makes)
    return top_mean(values, k)


def drawing(values, k=None):
    random.random()
    return top_mean(values, k)


def warning(values, k=None):
    np.log(np.zeros(1))
    return top_mean(values, k)


def endless(values, k=None):
    while True:
        with contextlib.suppress(Exception):
            pass


def one_path_without_return(values, k=None):  # noqa: RET503
    if k is None:
        return top_mean(values)


async def coroutine(values, k=None):
    return 1.0


def recursive(values, k=None):
    return recursive(values, k)


def interrupted(values, k=None):
    raise KeyboardInterrupt


def leaving(values, k=None):
    raise SystemExit(3)


SENTENCES = [
    (3, "top_mean is 3, expected a function"),
    ([1], "top_mean is a list with 1 entries: [1], expected a function"),
    (lambda values, k=None: "3", "you gave the text '3', expected one number"),
    (lambda values, k=None: {}, "you gave a dict with 0 entries: {}, expected one number"),
    (lambda values, k=None: object(), "you gave an object, expected one number"),
    (lambda values, k=None: top_mean, "you gave a function, expected one number"),
    (lambda values, k=None: 1j, "you gave a complex, expected one number"),
    (lambda values, k=None: np.ones(2), "you gave an array of shape (2,), expected one number"),
    (lambda values, k=None: [1.0], "you gave a list of 1 number, expected one number"),
    (lambda values, k=None: [], "you gave a list of 0 numbers, expected one number"),
    (lambda values, k=None: (1, 2), "you gave a tuple of 2 numbers, expected one number"),
    (lambda values, k=None: [[1, 2]], "you gave lists of shape (1, 2), expected one number"),
    (lambda values, k=None: (np.ones(2), np.ones(2)), "you gave a tuple of 2 arrays, expected one number"),
    (lambda values, k=None: float("nan"), "you gave nan, expected 2.0000"),
    (lambda values, k=None: None if values else 0.0, "your function returned None: is a return missing?"),
    (one_path_without_return, "your function returned None: is a return missing?"),
    (printing, "you printed '2.0' and returned None; hand the value back with return"),
    (sorting_in_place, "the value is right, but your function changed its input values; work on a copy"),
    (seeding, "the value is right, but your function used or seeded NumPy's global random generator"),
    (drawing, "the value is right, but your function used or seeded Python's global random generator"),
    (warning, "the value is right, but a warning was left behind ('RuntimeWarning: divide by zero"),
    (crashing, "your function raised IndexError: list index out of range, in line"),
    (crashing, "return values[99]"),
    (leaving, "your function raised SystemExit: 3"),
    (interrupted, "your function raised KeyboardInterrupt"),
    (recursive, "your function raised RecursionError"),
    (coroutine, "you gave a coroutine, expected one number"),
    (lambda values: top_mean(values), "your function takes (values), the task asks for top_mean(values, k=None)"),
    (lambda values, n=None: 1.0, "your function takes (values, n=None), the task asks for top_mean(values, k=None)"),
    (lambda: 1.0, "your function takes (), the task asks for top_mean(values, k=None)"),
]


@pytest.mark.parametrize(("answer", "sentence"), SENTENCES)
def test_each_way_to_be_wrong_has_its_own_sentence(answer, sentence):
    text = " ".join(said("90.1", answer).split())
    assert text.startswith("90.1 not yet") or "expected a function" in text
    assert sentence in text


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timers")
def test_a_loop_that_never_ends_is_stopped(monkeypatch):
    monkeypatch.setattr(_judge, "TIME_LIMIT", 0.2)
    handler = signal.getsignal(signal.SIGALRM)
    assert said("90.1", endless).split("\n")[:3] == [
        "90.1  not yet: stopped at case 1 of 5",
        "      values = []",
        "      your function did not finish in time: is there a loop that never ends?",
    ]
    assert signal.getsignal(signal.SIGALRM) is handler and signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_the_smallest_failing_case_is_shown_with_what_sort_of_case_fails():
    assert said("90.1", first_k_mean).split("\n") == [
        "90.1  not yet: right on 3 of 5 cases, wrong only on k smaller than the list; an array",
        "      values = [1, 5, 2, 4], k = 2",
        "      you gave 3.0000, expected 4.5000",
        '      hint("90.1") for more.',
        "",
    ]


def mean_of_all(values, k=None):
    return float(np.sum(values)) / len(values)


def test_an_empty_case_is_shown_only_if_nothing_else_fails():
    assert "values = [3, 2, 1], k = 2\n" in said("90.1", mean_of_all)
    assert said("90.1", lambda values, k=None: top_mean(values, k) if len(values) else 1.0).split("\n")[:3] == [
        "90.1  not yet: right on 4 of 5 cases, wrong only on the empty list",
        "      values = []",
        "      you gave 1.0000, expected 0.0000",
    ]


def test_an_empty_list_within_a_list_is_an_empty_case():
    flat_mean = lambda lists: float(np.mean([x for xs in lists for x in xs]))  # noqa: E731
    cases = [Case("one of them empty", ([[1], []],)), Case("both full", ([[1, 2], [3]],))]
    task = FunctionTask(**{**vars(MEAN), "reference": flat_mean, "cases": lambda seed: cases})
    assert "lists = [[1, 2], [3]]\n" in said(task, lambda lists: 0.0)


def test_few_right_cases_are_counted_and_the_simplest_failing_sort_is_named():
    cases = [Case(f"sort {kind}", (list(range(2, 9 - place)),)) for place, kind in enumerate("abcdefg")]
    cases += [Case("sort a", ([5],)), Case("sort b", ([6],))]
    task = FunctionTask(**{**vars(MEAN), "cases": lambda seed: cases})
    one_per_sort = lambda values, k=None: top_mean(values) if values[0] > 3 else -1.0  # noqa: E731
    assert said(task, one_per_sort).split("\n")[:3] == [
        "90.1  not yet: right on 2 of 9 cases; the simplest that fails, sort g:",
        "      values = [2]",
        "      you gave -1.0000, expected 2.0000",
    ]


def test_a_few_sorts_that_say_all_are_named():
    text = said("90.1", lambda values, k=None: top_mean(values, k) if len(values) == 6 else -1.0)
    assert text.startswith("90.1  not yet: right only on an array, wrong on the other 4 of 5 cases\n")


def test_values_a_hundred_times_too_large_are_per_cent():
    text = said("90.1", lambda values, k=None: 100 * top_mean(values, k))
    assert "you gave 200.0000, expected 2.0000\n      Give fractions, not per cent.\n" in text
    assert "per cent" not in said("90.1", lambda values, k=None: (100 if k else 99) * top_mean(values, k))
    assert "per cent" not in said("90.1", lambda values, k=None: 100 * top_mean(values, k) if values else 1.0)


def test_the_misconception_is_named_on_the_second_failure_only():
    assert "first k" not in said("90.1", first_k_mean)
    second = said("90.1", first_k_mean)
    assert "Looks like this: You took the first k, not the largest k.\n      Read again: Eq. (90.1)" in second


def test_success_resets_the_count_of_failures():
    for answer in (first_k_mean, top_mean, first_k_mean):
        text = said("90.1", answer)
    assert "first k" not in text


def test_a_mistake_on_no_list_is_shown_but_not_guessed():
    for _ in range(2):
        text = said("90.1", lambda values, k=None: 1.5 * top_mean(values, k))
    assert "you gave 3.0000, expected 2.0000" in text
    assert "Looks like" not in text and "Either" not in text


def test_a_broken_rule_is_named_only_if_the_known_answer_breaks_it_too():
    assert [w.name for w in grading._verdict(MEAN, sorting_in_place, 0).looks_like] == ["sorts in place"]
    assert grading._verdict(MEAN, seeding, 0).looks_like == ()


def dividing_nothing(values, k=None):
    return first_k_mean(values, k) if len(values) else np.nan


def warning_on_arrays(values, k=None):
    if isinstance(values, np.ndarray):
        warnings.warn("hm", stacklevel=2)
    return first_k_mean(values, k)


def failing_on_arrays(values, k=None):
    return first_k_mean([*values], k) if isinstance(values, list) else 1 / 0


@pytest.mark.parametrize("answer", [dividing_nothing, failing_on_arrays, warning_on_arrays])
def test_a_known_mistake_is_named_beside_nan_an_error_or_a_warning(answer):
    assert grading._verdict(MEAN, answer, 0).looks_like == (UNSORTED,)


@pytest.mark.parametrize(
    "answer",
    [
        lambda values, k=None: top_mean(values, k) if len(values) else np.nan,  # the other cases are right
        lambda values, k=None: first_k_mean(values, k) if len(values) == 4 else np.nan,  # too few cases are left
        lambda values, k=None: first_k_mean(values, k) if len(values) == 4 else 7.0,  # wrong elsewhere, and no nan
    ],
)
def test_no_mistake_is_guessed_from_too_little(answer):
    assert grading._verdict(MEAN, answer, 0).looks_like == ()


def test_one_mistake_in_several_ways_is_named_once_where_nan_hides_the_way():
    twin = WrongAnswer("unsorted: nan", lambda *args, k=None: 8.0, UNSORTED.misconception, "Eq. (90.1)")
    other = WrongAnswer("way", lambda v, k=None: first_k_mean(v, k) if len(v) else 5.0, UNSORTED.misconception, "there")
    task = FunctionTask(**{**vars(MEAN), "wrong": (UNSORTED, twin, other)})
    assert grading._verdict(task, dividing_nothing, 0).looks_like == (UNSORTED,)


def test_rivals_that_no_case_separates_are_both_named():
    twin = WrongAnswer("also unsorted", lambda values, k=None: first_k_mean(values, k), "Or so.", "Eq. (90.9)")
    task = FunctionTask(**{**vars(MEAN), "wrong": (UNSORTED, twin)})
    for _ in range(2):
        text = said(task, first_k_mean)
    assert (
        "Either: You took the first k, not the largest k.\n      or: Or so.\n      Read again: Eq. (90.1); Eq. (90.9)"
        in text
    )


def test_hints_come_one_at_a_time_and_the_last_one_says_so():
    said("90.1", first_k_mean)
    first, second, third, fourth = (hinted("90.1") for _ in range(4))
    assert first.startswith("90.1  hint 1 of 3: nudge\n      Looks like this: You took")
    assert "hint 2 of 3: push" in second and "hint 3 of 3: shove" in third
    assert "Looks like" not in second + third
    assert "last hint" in third and fourth == third


def test_an_unknown_id_names_the_nearest():
    assert said("90.11", top_mean) == "there is no task '90.11'; the nearest are 90.1, 90.7, 90.6\n" or "90.1" in said(
        "90.11", 1
    )
    assert "there is no task 'x'" in hinted("x")
    with pytest.raises(LookupError, match="there is no lesson '9'; the nearest are 90"):
        checks.lesson("9")


@pytest.mark.parametrize("convert", [int, float, np.float64, np.float32, np.array, lambda x: np.array(x, dtype=object)])
def test_any_sort_of_number_is_a_number(convert):
    whole = FunctionTask(**{**vars(ZERO), "id": "90.8"})
    assert grading.grade(whole, lambda x: convert(max(x, 0))).points == 4


def test_a_bool_is_a_number_and_a_list_is_a_vector_where_that_is_harmless():
    task = FunctionTask(**{**vars(ZERO), "reference": lambda x: float(x > 0)})
    assert grading.grade(task, lambda x: x > 0).points == 4
    assert grading.grade(PAIR, lambda x, factor=1.0: [[v * factor for v in x], sum(x)]).points == 2


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda x, factor=1.0: x * factor, "expected 2 values: scaled, total"),
        (lambda x, factor=1.0: (x * factor, 1.0, 2), "you gave 3 values, expected 2: scaled, total"),
        (
            lambda x, factor=1.0: (x[:1] * factor, sum(x)),
            "scaled: you gave an array of shape (1,), expected an array of shape (2,)",
        ),
        (lambda x, factor=1.0: (x * factor, 7.0), "total: you gave 7.0000, expected"),
        (lambda x, factor=1.0: (x + factor, sum(x)), "scaled: you gave ["),
        (
            lambda x, factor=1.0: ([[1], [1, 2]], 1),
            "scaled: you gave a list with 2 entries: [[1], [1, 2]], expected an array",
        ),
    ],
)
def test_several_values_are_compared_one_by_one_and_called_by_name(answer, sentence):
    assert sentence in " ".join(said("90.2", answer).split())


def test_numbers_by_hand_are_judged_one_by_one_without_showing_the_right_one():
    text = said("90.4", {"area": 50.27, "edge": 15.708})
    assert text.startswith("90.4  not yet: 1 of 2 numbers are right\n      area: 50.27 is too large; within 0.005")
    assert "Looks like this: That is the diameter's square." in text
    assert "12.5" not in text
    assert grading.grade("90.4", (12.57, 3)).points == 1


def test_a_number_a_hundred_times_too_large_is_per_cent():
    assert said("90.4", (1256.64, 15.708)).split("\n")[1] == (
        "      area: 1256.64 is 100 times too large. Give fractions, not per cent."
    )
    zero = NumbersTask(**{**vars(NUMBERS), "expected": {"area": 0.0, "edge": 1.0}, "wrong": ()})
    assert "area: 0.01 is too large; within 0.005" in said(zero, (0.01, 1.0))


def test_a_number_is_told_back_without_noise_and_a_rounded_one_asks_for_digits():
    assert "area: 0.1404 is too small" in said("90.4", (0.14040000000000002, 15.708))
    assert "area: 12.6 is rounded too early; give 3 digits after the point" in said("90.4", (12.6, 15.708))
    assert "edge: 15 is too small" in said("90.4", (12.57, 15))
    small = NumbersTask(**{**vars(NUMBERS), "expected": {"area": 0.03, "edge": 1.0}, "wrong": ()})
    assert "area: 0 is too small" in said(small, (0, 1.0))


def test_numbers_that_follow_rightly_from_a_wrong_one_are_told_apart():
    carried = Carried("area", lambda area: {"area": area, "edge": 5 * area / 4}, "Eq. (90.7)")
    task = NumbersTask(**{**vars(NUMBERS), "carried": (carried,)})
    text = said(task, (8.0, 10.0))
    assert "Looks like this: edge follows rightly from your area, 8.0. Mend area, and work on from there." in text
    assert "Read again: Eq. (90.7)" in text and grading.grade(task, (8.0, 10.0)).points == 0
    assert "rightly" not in said(task, (8.0, 11.0)) and "rightly" not in said(task, (np.pi * 16, np.pi * 20))
    with pytest.raises(ValueError, match="what is carried on must be a key of expected"):
        NumbersTask(**{**vars(NUMBERS), "carried": (Carried("height", carried.follow, "Eq. (90.7)"),)})


CIRCUMFERENCE = WrongAnswer("edge of a circle", {"edge": 4 * np.pi}, "A square's edge is no arc.", "Eq. (90.5)")
SQUARE_TOO = WrongAnswer("area of a square", {"area": np.pi * 16}, "Or of a square.", "Eq. (90.6)")


def test_mistakes_about_different_numbers_are_both_named_with_their_key():
    task = NumbersTask(**{**vars(NUMBERS), "wrong": (*NUMBERS.wrong, CIRCUMFERENCE)})
    text = said(task, (np.pi * 16, np.pi * 4))
    assert text.split("\n")[3:6] == [
        "      Looks like this (area): That is the diameter's square.",
        "      Looks like this (edge): A square's edge is no arc.",
        "      Read again: Eq. (90.4); Eq. (90.5)",
    ]
    assert "Looks like this (area): That" in hinted(task)


def test_rivals_about_one_number_stand_beside_a_mistake_about_another():
    task = NumbersTask(**{**vars(NUMBERS), "wrong": (*NUMBERS.wrong, CIRCUMFERENCE, SQUARE_TOO)})
    assert "Either: That is the diameter's square.\n      or: Or of a square." in said(task, (np.pi * 16, 15.708))
    text = said(task, (np.pi * 16, np.pi * 4))
    assert "Either (area): That is the diameter's square.\n      or: Or of a square." in text
    assert "Looks like this (edge): A square's edge is no arc." in text


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (..., "not solved yet: answer_90_4 is still open"),
        ({"area": ..., "edge": ...}, "not solved yet"),
        ({"area": 12.566}, "edge is still missing"),
        ({"size": 3}, "'size' is not asked; the keys are area, edge"),
        ((1, 2, 3), "expected 2 numbers: area, edge"),
        (12.566, "you gave 12.566, expected 2 numbers"),
        (("12.566", 15.708), "area: you gave the text '12.566', expected one number"),
        ([[1, 2], 15.708], "area: you gave a list with 2 entries: [1, 2], expected one number"),
        ({"area": float("nan"), "edge": 1}, "area is nan, expected a number"),
        (np.array([12.566, 15.708]), "right on all 2 numbers"),
        ({"Area": 12.566, "EDGE": 15.708}, "right on all 2 numbers"),
    ],
)
def test_numbers_are_taken_as_dict_tuple_list_or_array(answer, sentence):
    assert sentence in said("90.4", answer)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("c", "90.5  right"),
        (" C ", "90.5  right"),
        ("a", "a: always\n      Looks like this: Try [1, 2]."),
        ("d", "you gave the text 'd', expected one of 'a', 'b', 'c'"),
        (3, "you gave 3, expected one of"),
        (..., "not solved yet: answer_90_5"),
    ],
)
def test_a_choice_explains_the_option_taken(answer, sentence):
    assert sentence in said("90.5", answer)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ("bca", "90.6  right"),
        (["c", "b", "a"], "90.6  right"),
        ("c, b, a", "90.6  right"),
        ("BCA", "90.6  right"),
        (" c; B - a ", "90.6  right"),
        ("c->b->a", "90.6  right"),
        (["C ", "b", "A"], "90.6  right"),
        ("A, B, C", "Looks like this: The conclusion needs both."),
        ("b, C, ab", "there is no step 'ab'; the steps are a, b, c"),
        ("bac", "step a (so it stops) uses step c, which comes later in your order"),
        ("abc", "Looks like this: The conclusion needs both."),
        ("bc", "step a must come once, and comes 0 times"),
        ("bcaa", "step a must come once, and comes 2 times"),
        ("bcx", "there is no step 'x'; the steps are a, b, c"),
        (3, "you gave 3, expected a list of the steps' letters"),
        ([1, 2], "expected a list of the steps' letters"),
        (..., "not solved yet"),
    ],
)
def test_an_order_is_right_if_every_step_comes_after_what_it_uses(answer, sentence):
    assert sentence in said("90.6", answer)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (([1, 2], 1), "90.7  right"),
        ({"values": [1, 2], "k": 1}, "90.7  right"),
        ([2, 1], "on values = [2, 1] the listing does what it should: 1.5"),
        (([2, 1], 1), "Looks like this: In falling order the first are the largest."),
        ({"values": [1] * 9}, "this input is not allowed: at most four values"),
        ({"values": 3}, "this input is not allowed: TypeError"),
        ({}, "values is missing: give a dict with values and k, as first_k_mean takes them"),
        ({"value": [1], "k": 1}, "'value' is not asked: give a dict with values and k, as first_k_mean takes them"),
        (([1], 2, 3), "you gave 3 values: give a dict with values and k, as first_k_mean takes them"),
        (..., "not solved yet"),
    ],
)
def test_a_counter_example_must_be_allowed_and_expose_the_fault(answer, sentence):
    assert sentence in " ".join(said("90.7", answer).split("\n      "))


def test_an_input_that_exposes_nothing_is_told_why():
    explained = CounterExampleTask(**{**vars(COUNTER), "why_not": lambda values, k=None: f"all {k} lead"})
    assert said(explained, ([2, 1], 1)).split("\n")[1].endswith("the listing does what it should: 2.0. all 1 lead.")


def test_a_listing_that_raises_is_exposed():
    broken = CounterExampleTask(
        **{**vars(COUNTER), "listing": lambda values, k=None: sum(values) / len(values), "id": "90.9"}
    )
    assert "right" in said(broken, {"values": []})
    assert "does what it should" in said(broken, {"values": [1]})


def matrix_task(size):
    """The sum of two square matrices' products, on matrices of this size."""
    table = np.arange(1.0, size**2 + 1).reshape(size, size)
    return FunctionTask(
        id="90.9",
        title="Products",
        name="products",
        points=1,
        reference=lambda first, second, factor: float(factor * np.sum(first * second)),
        cases=lambda seed: [Case("two matrices", (table, table > 1, 2))],
        **COMMON,
    )


def test_an_argument_that_fits_on_a_line_stays_on_one():
    _, *lines = said(matrix_task(3), lambda first, second, factor: 0.0).split("\n")
    assert lines[:3] == [
        "      first = array([[1., 2., 3.], [4., 5., 6.], [7., 8., 9.]]),",
        "      second = array([[False, True, True], [True, True, True], [True, True, True]]), factor = 2",
        "      you gave 0.0000, expected 88.0000",
    ]


def test_an_array_is_shown_without_the_blanks_that_line_it_up():
    uneven, mask = np.array([[1, -0.25], [12, np.nan]]), np.array([[True, False]])
    shown = as_input(uneven), as_input(mask), as_input(np.array([3, 10], dtype=np.int8))
    assert shown == ("array([[1., -0.25], [12., nan]])", "array([[True, False]])", "array([3, 10], dtype=int8)")


def test_an_argument_longer_than_a_line_is_wrapped():
    text = said(matrix_task(6), lambda first, second, factor: 0.0)
    assert max(map(len, text.split("\n"))) <= grading.WIDTH and "36.]]),\n      second = array(" in text


# ---------------------------------------------------------------- points


def test_points_are_shared_by_the_cases():
    assert grading.grade("90.1", top_mean) == grading.Report(5.0, 5, grading.grade("90.1", top_mean).findings)
    assert grading.grade("90.1", first_k_mean).points == 3.0


def test_cases_that_expect_zero_earn_nothing_alone():
    assert grading.grade("90.3", lambda x: 0).points == 0
    assert grading.grade("90.3", lambda x: abs(x)).points == 1
    assert grading.grade("90.3", lambda x: max(x, 0)).points == 4


def test_nothing_handed_in_earns_nothing():
    for task in TASKS:
        assert grading.grade(task, ...).points == grading.grade(task, None).points == 0


def test_the_seed_draws_the_random_cases():
    memorized = {tuple(case.args[0]): top_mean(*case.args, **case.kwargs) for case in top_mean_cases(0)}
    answer = lambda values, k=None: memorized.get(tuple(values), -1)  # noqa: E731
    assert grading.grade("90.1", answer, seed=0).points > grading.grade("90.1", answer, seed=1).points


def test_grade_refuses_an_unknown_id():
    with pytest.raises(LookupError, match=r"there is no task '90\.0'"):
        grading.grade("90.0", top_mean)


def test_tolerance_is_relative_with_a_floor_from_the_largest_entry():
    expected = np.array([1e6, 1e-6, 1.0])
    assert difference(Measure(), expected * (1 + 9e-7), expected) is None
    assert difference(Measure(), expected * (1 + np.array([0, 0, 2e-3])), expected) is not None
    assert difference(Measure(), expected + np.array([0, 9e-4, 0]), expected) is None
    assert difference(Measure(), 1 + 2e-6, 1.0) == ("value", "you gave 1.000002, expected 1")
    assert difference(Measure(), 1e-9, 0.0) is not None and difference(Measure(), 1e-15, 0.0) is None
    assert difference(Measure(), np.inf, np.inf) is None and difference(Measure(), -np.inf, np.inf) is not None


def test_numbers_are_shown_with_enough_digits_to_differ():
    assert in_digits(0.3125, 0.625) == ("0.3125", "0.6250")
    assert in_digits(1.00001, 1.00002) == ("1.00001", "1.00002")
    assert in_digits(2.0, 2.0 + 1e-15)[0] != in_digits(2.0, 2.0 + 1e-15)[1]
    assert in_digits(1e-7, 0.0) == ("1e-07", "0")


# ---------------------------------------------------------------- never raises, leaves no trace


class Hostile:
    """Everything one can ask it raises."""

    def __getattribute__(self, name):
        raise RuntimeError("no")

    def __repr__(self):
        raise RuntimeError("no")

    def __eq__(self, other):
        raise RuntimeError("no")

    def __array__(self, *_, **__):
        raise SystemExit("no")

    def __float__(self):
        raise KeyboardInterrupt

    def __bool__(self):
        raise RuntimeError("no")

    def __hash__(self):
        raise RuntimeError("no")

    def __len__(self):
        raise RuntimeError("no")


class HostileError(Exception):
    def __str__(self):
        raise RuntimeError("no")


def raising_hostile(values, k=None):
    raise HostileError


def spoiling(values, k=None):
    values[:] = [Hostile()] * len(values)
    return 1.0


def flooding(values, k=None):
    for _ in range(20_000):
        print("x" * 100)
    return top_mean(values, k)


def nested(values, k=None):
    deep = []
    deep.append(deep)
    return deep


def stealing_stdout(values, k=None):
    sys.stdout = None
    return 1.0


def unsettling(values, k=None):
    warnings.simplefilter("error")
    np.seterr(all="raise")
    return np.float64(top_mean(values, k)) + 0 * np.float64(1e300) * np.float64(1e10)


class Callable:
    def __call__(self, values, k=None):
        return top_mean(values, k)


ODD = {
    "an object that refuses everything": Hostile,
    "a class of it": lambda: Hostile,
    "raises an unprintable error": lambda: raising_hostile,
    "spoils its input": lambda: spoiling,
    "returns a list that holds itself": lambda: nested,
    "takes stdout away": lambda: stealing_stdout,
    "returns an object that refuses everything": lambda: lambda values, k=None: Hostile(),
    "returns a list of it": lambda: lambda values, k=None: [Hostile()],
    "returns a long text": lambda: lambda values, k=None: "x" * 10**6,
    "returns a long list": lambda: lambda values, k=None: list(range(10**6)),
    "returns a large array": lambda: lambda values, k=None: np.ones((600, 600)),
    "returns a huge number": lambda: lambda values, k=None: 10**400,
    "returns an array of text": lambda: lambda values, k=None: np.array(["a"]),
    "returns a generator": lambda: lambda values, k=None: (v for v in values),
    "returns a dict with a set": lambda: lambda values, k=None: {1: {2}},
    "a masked array": lambda: np.ma.masked_all(3),
    "print": lambda: print,
    "dict": lambda: dict,
    "a class": lambda: SimpleNamespace,
}


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
@pytest.mark.parametrize("task", [task.id for task in TASKS])
def test_odd_answers_print_less_than_a_screen_and_never_raise(task, make):
    stdout = sys.stdout
    text = said(task, make())
    assert sys.stdout is stdout
    assert text.startswith(task)
    assert len(text.split("\n")) <= grading.MOST_LINES + 1
    assert max(map(len, text.split("\n"))) <= grading.WIDTH


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.complex_numbers())
    | hnp.arrays(st.sampled_from([float, int, bool, complex, object, "U3"]), hnp.array_shapes(min_dims=0, min_side=0)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3) | st.tuples(inner, inner),
    max_leaves=6,
)


@settings(max_examples=30, deadline=None)
@given(anything)
def test_any_value_is_answered_in_words(value):
    for task in TASKS:
        assert said(task, value).startswith(task.id)
        assert said(task, lambda *_, value=value, **__: value).startswith(task.id)


def test_prints_are_swallowed_and_do_not_matter():
    assert said("90.1", flooding) == "90.1  right on all 5 cases\n"


def test_a_callable_object_is_a_function():
    assert said("90.1", Callable()) == "90.1  right on all 5 cases\n"


def test_generators_filters_and_error_state_are_left_as_they_were():
    states = generator_states()
    filters, errors = list(warnings.filters), np.geterr()
    for answer in (seeding, drawing, warning, unsettling, top_mean):
        said("90.1", answer)
    assert identical(generator_states(), states)
    assert warnings.filters == filters and np.geterr() == errors


def test_the_inputs_of_one_case_do_not_leak_into_the_next():
    shared = [3, 1, 2]
    task = FunctionTask(**{**vars(MEAN), "cases": lambda seed: [Case("a", (shared,)), Case("b", (shared,))]})
    grading.grade(task, sorting_in_place)
    assert shared == [3, 1, 2]


def test_a_reference_that_fails_is_the_author_s_error_and_said_as_such():
    task = FunctionTask(**{**vars(MEAN), "reference": lambda values, k=None: 1 / 0})
    assert "cannot be checked: RuntimeError: the reference of 90.1 fails on" in " ".join(said(task, top_mean).split())


# ---------------------------------------------------------------- plain data


@settings(max_examples=100, deadline=None)
@given(anything)
def test_plain_data_survives_json(value):
    data = plain(value)
    assert identical(unpack(json.loads(json.dumps(pack(data)))), data)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.float32, np.float64, bool])
def test_inputs_keep_their_dtype(dtype):
    array = np.array([[0, 1], [1, 0]], dtype=dtype)
    assert identical(unpack(json.loads(json.dumps(pack(array)))), array)


@pytest.mark.parametrize("dtype", ["O", "|O8", "V8", "U4", "<M8[s]", "f8,f8"])
def test_no_other_dtype_is_unpacked(dtype):
    with pytest.raises((ValueError, TypeError)):
        unpack({"is": "array", "dtype": dtype, "shape": [1], "data": "AAAAAAAAAAA="})


def test_outcomes_survive_and_steer_no_terminal():
    outcome = observe(crashing, ([1],), {})
    assert unpack_outcome(json.loads(json.dumps(pack_outcome(outcome)))) == outcome
    forged = unpack_outcome({**pack_outcome(outcome), "text": "\x1b[2Jgone"})
    assert forged.text == "?[2Jgone"


# ---------------------------------------------------------------- tasks


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: FunctionTask(**{**vars(MEAN), "id": "1"}), "id must look like"),
        (lambda: FunctionTask(**{**vars(MEAN), "name": "top mean"}), "name must be a Python name"),
        (lambda: FunctionTask(**{**vars(MEAN), "points": 0}), "points must be positive"),
        (lambda: FunctionTask(**{**vars(MEAN), "hints": ("a", "b")}), "hints must be three"),
        (lambda: FunctionTask(**{**vars(MEAN), "objectives": ("4.1",)}), "objectives look like"),
        (lambda: NumbersTask(**{**vars(NUMBERS), "tolerance": {"area": 1}}), "tolerance must have the keys"),
        (
            lambda: NumbersTask(**{**vars(NUMBERS), "expected": {"edge": 1.0}, "tolerance": 1.0}),
            "a wrong answer has the keys",
        ),
        (lambda: ChoiceTask(**{**vars(CHOICE), "correct": "x"}), "correct must be one of the options"),
        (lambda: ChoiceTask(**{**vars(CHOICE), "wrong": ()}), "exactly one WrongAnswer"),
        (lambda: OrderTask(**{**vars(ORDER), "depends_on": {"a": ("x",)}}), "a step that does not exist"),
        (lambda: OrderTask(**{**vars(ORDER), "depends_on": {"a": ("b",), "b": ("a",)}}), "in a circle"),
    ],
)
def test_a_task_that_cannot_be_graded_is_refused(make, rule):
    with pytest.raises(ValueError, match=rule):
        make()


# ---------------------------------------------------------------- notebooks

RIGHT = """
def top_mean(values, k=None):
    best = sorted(values, reverse=True)[:len(values) if k is None else k]
    return sum(best) / len(best) if best else 0.0
"""
REST = """
import numpy as np
def scaled(x, factor=1.0): return x * factor, np.sum(x)
def mostly_zero(x): return max(x, 0)
answer_90_4 = {"area": 12.566, "edge": 15.708}
answer_90_5, answer_90_6, answer_90_7 = "c", "bca", ([1, 2], 1)
"""
FULL = sum(task.points for task in TASKS)


def bwrap_works():
    """Whether bubblewrap can make its namespaces here."""
    if not shutil.which("bwrap"):
        return False
    with _sandbox.sandbox() as box, box.child([], [], 1.0):
        return box.name == _sandbox.BUBBLEWRAP


needs_bwrap = pytest.mark.skipif(
    not bwrap_works(), reason="bubblewrap is not installed, or may not make namespaces here"
)
BOTH = [pytest.param(True, marks=needs_bwrap, id="bwrap"), pytest.param(False, id="plain")]


@pytest.fixture
def graded(tmp_path):
    """Grade a notebook made of these code cells."""

    def grade(*cells, use_bwrap=True, time_limit=5.0):
        path = tmp_path / "notebook.ipynb"
        parts = [{"cell_type": "markdown", "source": "text"}]
        parts += [{"cell_type": "code", "source": cell.splitlines(keepends=True)} for cell in cells]
        path.write_text(json.dumps({"cells": parts, "nbformat": 4}))
        before = path.read_bytes()
        submission = grading.grade_notebook("90", path, time_limit=time_limit, use_bwrap=use_bwrap)
        assert path.read_bytes() == before
        return submission

    return grade


def errors(submission):
    """What each code cell raised."""
    return [cell.error for cell in submission.ran.cells]


def points(submission):
    """Points by task id."""
    return {verdict.task.id: verdict.points for verdict in submission.verdicts}


@pytest.mark.parametrize("use_bwrap", BOTH)
def test_a_right_notebook_gets_full_marks(graded, use_bwrap):
    submission = graded(
        "from recmath_lib.grading import check, hint", RIGHT, 'check("90.1", top_mean)', REST, use_bwrap=use_bwrap
    )
    assert submission.points == submission.max_points == FULL
    assert not any(errors(submission))


def test_the_command_line_prints_a_table_and_writes_json(graded, tmp_path, capsys):
    graded(RIGHT.replace("sorted(values, reverse=True)", "list(values)"), REST, "1 / 0")
    report = tmp_path / "report.json"
    assert grading.main(["90", str(tmp_path / "notebook.ipynb"), "--seed", "3", "--json", str(report)]) == 0
    shown = capsys.readouterr().out
    assert "Looks like this: You took the first k" in shown
    assert shown.endswith("all cells counted, text too:\ncell 4 (1 / 0): ZeroDivisionError: division by zero\n")
    data = json.loads(report.read_text())
    assert data["points"] == FULL - 2 and data["max_points"] == FULL and data["seed"] == 3
    assert data["tasks"][0]["looks_like"] == ["does not sort"]
    assert data["cells"] == [{"cell": 4, "begins": "1 / 0", "error": "ZeroDivisionError: division by zero"}]
    assert data["versions"]["numpy"] == np.__version__ and data["sandbox"]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("missing.ipynb", None, "missing.ipynb cannot be read: No such file or directory"),
        ("empty.ipynb", "", "empty.ipynb is empty"),
        ("script.py", "def top_mean(): ...", "is not a notebook: an .ipynb file saved by Jupyter is expected"),
        ("list.ipynb", "[1, 2]", "is not a notebook"),
        ("number.ipynb", "3", "is not a notebook"),
        ("cut.ipynb", '{"cells": [{"cell_type": "co', "is not a notebook"),
        ("deep.ipynb", "[" * 100_000, "is not a notebook"),
        ("odd.ipynb", '{"cells": [{"cell_type": "code", "source": 3}]}', "is not a notebook"),
        (
            "old.ipynb",
            '{"worksheets": [{"cells": []}]}',
            "its format is older than 4; open it in JupyterLab and save it",
        ),
        ("latin.ipynb", b"\xff\xfe\x00", "cannot be read: it is not UTF-8 text"),
    ],
)
def test_a_file_that_cannot_be_graded_is_said_in_a_sentence(tmp_path, capsys, name, text, sentence):
    if text is not None:
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    assert grading.main(["90", str(tmp_path / name)]) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--seed", "-3"], "argument --seed: seed must be an integer >= 0, got '-3'"),
        (["--time-limit", "0"], "argument --time-limit: time limit must be a number of seconds above 0, got 0"),
        (["--time-limit", "nan"], "argument --time-limit: time limit must be a number of seconds above 0, got nan"),
        (["--json", "mine.ipynb"], "argument --json: mine.ipynb is the notebook; the report needs a file of its own"),
    ],
)
def test_an_option_that_makes_no_sense_is_said_in_a_sentence(tmp_path, monkeypatch, capsys, options, sentence):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.ipynb").write_text("the learner's work")
    with pytest.raises(SystemExit, match="2"):
        grading.main(["90", "mine.ipynb", *options])
    assert sentence in capsys.readouterr().err
    assert (tmp_path / "mine.ipynb").read_text() == "the learner's work"


def test_a_negative_seed_is_an_error_that_says_so():
    with pytest.raises(ValueError, match="seed must be an integer >= 0, got -1"):
        grading.grade(PAIR, None, seed=-1)


def test_an_unknown_lesson_is_said_in_a_sentence(tmp_path, capsys):
    assert grading.main(["9", str(tmp_path)]) == 2
    assert capsys.readouterr().err == "there is no lesson '9'; the nearest are 90\n"


def test_a_notebook_without_code_is_graded_with_nothing(graded):
    assert graded().points == 0
    assert "the notebook has no code cells" in grading.table(graded())


def test_names_that_are_missing_and_stubs_are_told_apart(graded):
    submission = graded("def top_mean(values, k=None):\n    'doc'\n    ...", "answer_90_5 = ...")
    told = [grading.told(verdict) for verdict in submission.verdicts]
    assert told[0] == "90.1  not solved yet: top_mean is still open"
    assert told[1] == "90.2  there is no scaled in the notebook"
    assert told[4] == "90.5  not solved yet: answer_90_5 is still open"


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("def scaled(x)\n    return x", "its cell did not run: SyntaxError: expected ':' (<cell 2>, line 1)"),
        ("1 / 0\nscaled = max", "its cell did not run: ZeroDivisionError: division by zero"),
        ("1 / 0\nscaled: object = max", "its cell did not run: ZeroDivisionError: division by zero"),
        ("while True: pass\ndef scaled(x): ...", "its cell did not run: did not finish within 1 seconds"),
        ("1 / 0\nscaled(3)", "there is no scaled in the notebook"),
        ("1 / 0\ndef scaled_2(x): ...", "there is no scaled in the notebook"),
        ("1 / 0\nscaled == max", "there is no scaled in the notebook"),
    ],
)
def test_an_answer_whose_cell_failed_says_how_it_failed(graded, cell, sentence):
    assert sentence in grading.told(graded(cell, time_limit=1.0).verdicts[1])


def test_a_failing_cell_is_called_by_its_first_line(graded):
    first = "a_very_long_name = " + " + ".join(["1"] * 40) + " + 1 / 0"
    shown = grading.table(graded("\n\n" + first, "x = 1", "\x1b[2J = 1"))
    assert f"cell 2 ({first[:56]} ...): ZeroDivisionError" in shown
    assert "cell 4 (?[2J = 1): SyntaxError" in shown


SHARED = """
def top_mean(values, k=None):
    return -1.0
def scaled(x, factor=1.0):
    return [top_mean(x)] * len(x), max([top_mean(v) for v in [x]])
"""


def test_a_failing_function_that_an_answer_calls_is_suspected(graded):
    suspicion = "it may be your top_mean, which fails 90.1"
    submission = graded(SHARED, REST.replace("def scaled", "def other"))
    assert suspicion in grading.table(submission)
    assert [suspicion in finding.sentences for finding in submission.verdicts[1].findings] == [True, True]
    assert suspicion in json.dumps(grading.as_data(submission))
    assert "it may be" not in grading.told(submission.verdicts[0])


def test_a_function_that_is_right_or_not_called_is_not_suspected(graded):
    assert "it may be" not in grading.table(graded(SHARED, RIGHT))
    assert "it may be" not in grading.table(graded(SHARED, "def scaled(x, factor=1.0): return 1, 2"))


def test_a_right_answer_suspects_nobody(graded):
    right = "import numpy as np\ndef scaled(x, factor=1.0): return x * factor, np.sum(x) + 0 * top_mean(x)"
    submission = graded(SHARED, right)
    assert grading.told(submission.verdicts[1]) == "90.2  right on all 2 cases"


def test_an_answer_that_hangs_in_another_suspects_it(graded):
    hanging = SHARED.replace("return -1.0", "while True: pass")
    assert "it may be your top_mean, which fails 90.1" in grading.table(graded(hanging, time_limit=0.5))


def test_check_suspects_a_failing_function_as_it_stands_now():
    namespace = {}
    exec(SHARED, namespace)
    assert "\n      it may be your top_mean, which fails 90.1\n" in said("90.2", namespace["scaled"])
    assert "it may be" not in said("90.1", namespace["top_mean"])
    namespace["top_mean"] = top_mean
    assert "it may be" not in said("90.2", namespace["scaled"])
    del namespace["top_mean"]
    assert "it may be" not in said("90.2", namespace["scaled"])


def test_names_used_looks_into_inner_functions_and_runs_nothing():
    assert names_used(lambda x: [len(y) for y in sorted(x, key=lambda z: abs(z))]) >= {"len", "sorted", "abs"}
    assert names_used(Hostile()) == names_used(print) == names_used(3) == frozenset()


def test_the_line_that_raised_is_shown(graded):
    submission = graded("def top_mean(values, k=None):\n    half = 2\n    return values[99]")
    assert "IndexError: list index out of range, in line 3: return values[99]" in grading.table(submission)


def test_magics_plots_and_failing_cells_do_not_stop_the_rest(graded):
    submission = graded(
        "%matplotlib inline\nimport numpy as np\n%time x = 3\ny = %time np.sum([1, 2])\n!ls\nnp.sum?",
        "from matplotlib import pyplot as plt\nfig, (left, right) = plt.subplots(1, 2)\nleft.plot([1])[0].remove()",
        "from IPython.display import display, Markdown\ndisplay(Markdown('x'))",
        "from tqdm.auto import tqdm\nz = list(tqdm([1]))",
        "assert (x, y, z) == (3, 3, [1])",
        "%%bash\nls",
        "%%time\ntimed = 1",
        "assert timed == 1",
        "print 3",
        "input('name?')",
        RIGHT,
        REST,
    )
    assert submission.points == FULL
    raised = {cell.number: cell.error for cell in submission.ran.cells if cell.error}
    assert raised.keys() == {7, 10, 11}
    assert raised[7] == "ValueError: %%bash cells are not run" and raised[10].startswith("SyntaxError")
    assert "(<cell 10>, line 1)" in raised[10]


def test_what_is_python_already_is_left_alone():
    assert python_lines("%load x\n  !ls\nf?\nvalue = 1 # %\n") == "pass\n  pass\npass\nvalue = 1 # %\n"


FORBIDDEN = [
    "from recmath_lib.metrics import ndcg_at_k",
    "from recmath_lib import metrics",
    "import recmath_lib.checks",
    "from recmath_lib.grading import grade",
    "import sys; sys.meta_path.clear(); sys.modules.pop('recmath_lib', None)\nimport recmath_lib.metrics",
    "import importlib; importlib.import_module('recmath_lib.checks.metrics')",
    "from sklearn.metrics import ndcg_score",
    "import pytest",
]


@pytest.mark.parametrize("use_bwrap", BOTH)
def test_no_import_leads_to_a_reference(graded, use_bwrap):
    submission = graded(RIGHT, *FORBIDDEN, use_bwrap=use_bwrap)
    raised = errors(submission)
    assert all(raised[1:])
    assert all("recmath_lib.metrics may not be imported here" in error for error in raised[1:3])
    assert points(submission)["90.1"] == 5


FORGING = r"""
import json, os, sys
sys.stdout = sys.__stdout__ = None
json.dumps = lambda *a, **k: '{"points": 99}'
for channel in range(3, 32):
    try: os.write(channel, b'{"outcome": {"sort": "right", "points": 99}}\n')
    except OSError: pass
"""
HARMFUL = {
    "leaves with os._exit": "import os; os._exit(0)",
    "crashes the interpreter": "import ctypes; ctypes.string_at(0)",
    "raises SystemExit": "raise SystemExit",
    "never ends": "while True: pass",
    "eats memory": "hog = bytearray(10**12)",
    "prints without end": "import os\nprint('x' * 10**7)\nfor _ in range(200): os.write(1, b'x' * 10**6)",
    "forks": "import os\nfor _ in range(4): os.fork()",
    "recurses": "def f(): return f()\nf()",
    "leaves threads": "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()",
    "registers an exit handler": "import atexit, time; atexit.register(time.sleep, 60)",
    "breaks NumPy": "import numpy\nnumpy.asarray = numpy.frombuffer = None",
    "closes every file": "import os; os.closerange(0, 256)",
    "forges reports": FORGING,
}


@pytest.mark.parametrize("use_bwrap", BOTH)
@pytest.mark.parametrize("attack", HARMFUL)
def test_harm_in_a_cell_earns_nothing_and_grading_goes_on(graded, attack, use_bwrap):
    began = time.monotonic()
    submission = graded(HARMFUL[attack], use_bwrap=use_bwrap, time_limit=1.0)
    assert submission.points == 0
    assert time.monotonic() - began < 20
    assert len(submission.verdicts) == len(TASKS)


SURVIVED = [
    "leaves with os._exit",
    "crashes the interpreter",
    "never ends",
    "prints without end",
    "raises SystemExit",
    "forks",
]


@pytest.mark.parametrize("attack", SURVIVED)
def test_harm_in_a_cell_leaves_the_other_cells_their_points(graded, attack):
    submission = graded(RIGHT, HARMFUL[attack], REST, time_limit=1.0)
    assert submission.points == FULL


@pytest.mark.parametrize("attack", ["leaves with os._exit", "crashes the interpreter", "never ends", "eats memory"])
def test_harm_in_one_answer_costs_that_answer_only(graded, attack):
    inside = "def top_mean(values, k=None):\n" + "".join(f"    {line}\n" for line in HARMFUL[attack].split("\n"))
    submission = graded(inside, REST, time_limit=1.0)
    assert submission.points == FULL - MEAN.points
    assert points(submission)["90.1"] == 0


def test_a_crash_keeps_what_was_earned_before_it(graded):
    cut = "import os\nseen = []\ndef top_mean(values, k=None):\n    seen.append(1)\n    if len(seen) > 3: os._exit(1)\n"
    submission = graded(
        cut
        + "    best = sorted(values)[::-1][:len(values) if k is None else k]\n    return sum(best) / max(len(best), 1)"
    )
    assert points(submission)["90.1"] == 3
    assert "it ended the Python process (exit code 1)" in grading.table(submission)


def test_a_loop_at_top_level_costs_one_time_out(graded):
    began = time.monotonic()
    submission = graded("while True: pass", RIGHT, REST, time_limit=1.5)
    assert submission.points == FULL
    assert time.monotonic() - began < 2 * 1.5 + 2
    assert errors(submission)[0] == "did not finish within 1.5 seconds, and was left out"


def test_many_loops_at_top_level_cost_two_time_outs_at_most(graded):
    began = time.monotonic()
    submission = graded(RIGHT, *["while True: pass"] * 5, time_limit=1.0)
    assert points(submission)["90.1"] == 5
    assert time.monotonic() - began < 5


SPYING = """
import gc, sys
seen, frame = [], sys._getframe()
while frame:
    seen += [repr(frame.f_locals)[:10**6], repr(frame.f_globals)[:10**6]]
    frame = frame.f_back
seen += [repr(thing)[:10**4] for thing in gc.get_objects() if isinstance(thing, (dict, list, tuple))]
text = "".join(seen)
assert "".join(["777", "01"]) in text, "the input is there"
assert "".join(["888", "02"]) not in text, "the expected value is not"
"""


def test_frames_and_objects_of_the_child_hold_inputs_and_no_expected_value(graded, monkeypatch):
    task = FunctionTask(
        **{**vars(MEAN), "reference": lambda values, k=None: 88802.0, "cases": lambda seed: [Case("one", ([77701],))]}
    )
    monkeypatch.setattr(checks, "all_tasks", lambda: (task,))
    assert errors(graded(SPYING)) == [""]


FILES = """
import os, socket
seen = [place for place in {hidden!r} if os.path.exists(place)]
for place in ("/written", "/usr/written", "/grader/written", "/site/written"):
    try: open(place, "w"); seen.append(place)
    except OSError: pass
for top in sorted(set(os.listdir("/")) - {{"usr", "bin", "sbin", "lib", "lib64", "dev"}}):
    for folder, _, files in os.walk("/" + top):
        seen += [folder + "/" + name for name in files if "recmath" in folder + name]
try: socket.create_connection(("127.0.0.1", {port}), 1); seen.append("network")
except OSError: pass
if os.getpid() > 10: seen.append("processes")
open("/tmp/fine", "w").write("x")
raise ValueError(seen)
"""


@needs_bwrap
def test_under_bubblewrap_neither_course_nor_notebook_nor_network_is_there(graded, tmp_path):
    hidden = [str(_sandbox.PACKAGE), str(_sandbox.PACKAGE.parent / "solutions"), str(tmp_path), "/etc/passwd", "/home"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        spy = FILES.format(hidden=hidden, port=server.getsockname()[1])
        assert errors(graded(spy)) == ["ValueError: []"]


@needs_bwrap
def test_under_bubblewrap_a_hidden_directory_is_empty_and_memory_is_bounded(graded, monkeypatch):
    would_show = Path(sys.base_prefix, "include").resolve()
    monkeypatch.setattr(_sandbox, "hidden", lambda bound: [would_show])
    looking = f"import os\nassert os.listdir({str(would_show)!r}) == []"
    filling = "for name in range(100): open(f'/tmp/{name}', 'wb').write(b'x' * 10**6)"
    seen = errors(graded(looking, filling))
    assert seen[0] == ""
    assert seen[1] == "OSError: [Errno 28] No space left on device" or not _sandbox.bounded(shutil.which("bwrap"))


@needs_bwrap
def test_without_namespaces_the_reason_is_reported(graded, tmp_path, monkeypatch):
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: no permission' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(_sandbox.shutil, "which", lambda name: str(broken))
    submission = graded(RIGHT, REST)
    assert submission.points == FULL
    assert submission.ran.sandbox == "import rule, time and memory limits only (bwrap: no permission)"


def test_a_hidden_directory_is_one_that_would_show(monkeypatch, tmp_path):
    monkeypatch.setattr(_sandbox, "PACKAGE", tmp_path / "site-packages" / "recmath_lib")
    assert _sandbox.hidden([tmp_path]) == [tmp_path / "site-packages" / "recmath_lib"]
    assert _sandbox.hidden([tmp_path / "elsewhere"]) == []


def test_the_child_program_holds_no_reference():
    for program in _sandbox.PROGRAM:
        assert "checks" not in (_sandbox.PACKAGE / program).read_text()


def test_outcomes_forged_by_the_child_are_only_values():
    verdict = _judge.judge(MEAN, [Outcome("right", 1), *[Outcome("value", 1.0)] * 4], 0)
    assert verdict.points == 0 and not verdict.findings[0].passed


def test_the_module_runs_as_a_command(tmp_path):
    environment = {**os.environ, "PYTHONWARNINGS": "error"}
    command = [sys.executable, "-m", "recmath_lib.grading", "04", str(tmp_path / "no.ipynb")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, cwd=Path.cwd())
    assert done.returncode == 2
    assert "no.ipynb cannot be read" in done.stderr
