"""`check` and `hint` for learners, `grade` and a command line for teachers.

In a notebook::

    check("04.1", dcg_at_k)     # right, not solved yet, or the simplest case that fails
    hint("04.1")                # one hint more each time

On the command line, one file at a time, in a child process that never sees an expected value::

    python -m recmath_lib.grading 04 notebook.ipynb [--seed N] [--json FILE] [--time-limit SECONDS]

A cell that failed is told by its first line and its place in the notebook, counting all cells from 1, text too.
The exit code is 0 if the file was graded, whatever the points, and 2 if it could not be.
"""

import argparse
import importlib.metadata
import json
import platform
import re
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recmath_lib import __version__, checks
from recmath_lib._judge import Finding, Verdict, judge, observe_patiently, requested, suspecting
from recmath_lib._sandbox import Answer, Cell, NotGradableError, Request, Run, read_cells, run, sandbox
from recmath_lib._sandbox_answers import Outcome, names_used, outcomes, shown
from recmath_lib.checks.base import FunctionTask, NumbersTask, Task, WrongAnswer

WIDTH = 100
MOST_LINES = 20
MOST_KINDS = 3
LAST_HINT = "That was the last hint. The way there stands in the lesson; a full answer lies in solutions/."


@dataclass(frozen=True)
class Report:
    """Points for one answer.

    Attributes:
        points: what it earned, each case an equal share of max_points.
        max_points: full marks.
        findings: one per case; `passed`, `kind`, `problem` and `sentences` say what happened.
    """

    points: float
    max_points: int
    findings: tuple[Finding, ...]


@dataclass
class Progress:
    """What one learner has seen of one task in this kernel."""

    failures: int = 0
    hints: int = 0
    looks_like: tuple[WrongAnswer, ...] = ()


_progress: dict[str, Progress] = {}


def check(task: str | Task, answer: Any) -> None:
    """Print whether an answer is right, and if not, the simplest case that shows it.

    Never raises, prints at most a screen, and leaves the answer's arguments, stdout and the random generators as they
    were. A function gets five seconds per case, where the system has timers (not on Windows).

    Args:
        task: the task's id, such as "04.1".
        answer: the function, or the value, as the task asks for it.
    """
    stdout = sys.stdout
    try:
        text = _checked(_found(task), answer)
    except LookupError as error:
        text = str(error.args[0])
    except BaseException as error:
        text = _screen([f"{_id(task)}  cannot be checked: {type(error).__name__}: {shown(error, str)}"])
    sys.stdout = stdout  # an answer may have put something else there
    print(text)


def hint(task: str | Task) -> None:
    """Print the next of the three hints, and what the last wrong answer looks like. Never raises."""
    try:
        text = _hinted(_found(task))
    except LookupError as error:
        text = str(error.args[0])
    except BaseException as error:
        text = _screen([f"{_id(task)}  has no hint: {type(error).__name__}: {shown(error, str)}"])
    print(text)


def grade(task: str | Task, answer: Any, seed: int = 0) -> Report:
    """Points for an answer that is trusted to run in this process (the command line takes the others).

    Args:
        task: the task's id, such as "04.1".
        answer: the function, or the value.
        seed: draws the random cases.

    Raises:
        LookupError: no such task.
        ValueError: a seed that is no integer >= 0.
    """
    verdict = _verdict(_found(task), answer, _seed(seed))
    return Report(verdict.points, verdict.task.points, verdict.findings)


def _seed(seed: int | str) -> int:
    """The seed, if cases can be drawn from it."""
    if not str(seed).isdecimal():
        raise ValueError(f"seed must be an integer >= 0, got {seed!r}")
    return int(seed)


def _seed_option(text: str) -> int:
    """The seed, or argparse's own kind of error, whose sentence it prints."""
    try:
        return _seed(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _seconds(text: str) -> float:
    """A time limit, if something can be done in it."""
    if not 0 < (seconds := float(text)) < float("inf"):
        raise argparse.ArgumentTypeError(f"time limit must be a number of seconds above 0, got {text}")
    return seconds


def _found(task: str | Task) -> Task:
    """The task itself, or the one with this id."""
    return task if isinstance(task, Task) else checks.find(task)


def _id(task: str | Task) -> str:
    """The id, for a sentence about something that went wrong with the task itself."""
    return task.id if isinstance(task, Task) else shown(task, str)


def _verdict(task: Task, answer: Any, seed: int) -> Verdict:
    """Run an answer here and judge it."""
    calls = requested(task, seed)
    if calls is None:
        return judge(task, [observe_patiently(lambda: answer, (), {})], seed)
    return judge(task, outcomes(answer, calls, observe_patiently), seed)


def _checked(task: Task, answer: Any) -> str:
    """What `check` prints; counts failures."""
    verdict = _verdict(task, answer, seed=0)
    verdict = verdict if verdict.right else suspecting(verdict, _suspects(task, answer))
    progress = _progress.setdefault(task.id, Progress())
    if verdict.unsolved:
        return told(verdict)
    progress.failures = 0 if verdict.right else progress.failures + 1
    progress.looks_like = verdict.looks_like
    return told(verdict, name_mistake=verdict.at_once or progress.failures > 1)


def _suspects(task: Task, answer: Any) -> dict[str, str]:
    """The failing functions of other tasks that a function calls, as they stand now: name and id."""
    names = names_used(answer)
    namespace = answer.__globals__ if names else {}
    called = [other for other in _functions(checks.all_tasks(), task) if other.name in names & namespace.keys()]
    return {other.name: other.id for other in called if not _verdict(other, namespace[other.name], seed=0).right}


def _functions(tasks: Iterable[Task], besides: Task) -> list[FunctionTask]:
    """The functions that are asked for in the lesson of a task, besides its own."""
    functions = [task for task in tasks if isinstance(task, FunctionTask)]
    return [task for task in functions if task.lesson == besides.lesson and task.name != besides.name]


def _hinted(task: Task) -> str:
    """What `hint` prints; counts hints. What an answer looks like is said once, until the next check."""
    progress = _progress.setdefault(task.id, Progress())
    number = min(progress.hints, 2)
    lines = [f"{task.id}  hint {number + 1} of 3: {task.hints[number]}", *_mistake_lines(progress.looks_like)]
    progress.hints, progress.looks_like = progress.hints + 1, ()
    return _screen([*lines, LAST_HINT] if number == 2 else lines)


# ---------------------------------------------------------------- sentences


def told(verdict: Verdict, name_mistake: bool = False) -> str:
    """A verdict as a learner reads it."""
    task_id, first = verdict.task.id, verdict.findings[0]
    if verdict.unsolved:
        return _screen([f"{task_id}  {first.sentences[0] if len(verdict.findings) == 1 else 'not solved yet'}"])
    if verdict.right:
        return f"{task_id}  {_all_right(verdict)}"
    lines = [f"{task_id}  not yet{_summary(verdict)}", *_evidence(verdict)]
    lines += _mistake_lines(verdict.looks_like) if name_mistake else []
    return _screen([*lines, f'hint("{task_id}") for more.'])


def _all_right(verdict: Verdict) -> str:
    """The sentence for full marks."""
    counted = {FunctionTask: "cases", NumbersTask: "numbers"}.get(type(verdict.task))
    number = len(verdict.findings)
    return f"right on all {number} {counted}" if counted and number > 1 else "right"


def _evidence(verdict: Verdict) -> list[str]:
    """The simplest failing case of a function; what is wrong with each number, choice or order."""
    if isinstance(verdict.task, FunctionTask):
        simplest = _simplest(verdict)
        return [*_call_lines(simplest.call), *simplest.sentences]
    return [finding.sentences[0] for finding in verdict.findings if not finding.passed]


def _call_lines(arguments: Sequence[str]) -> list[str]:
    """Arguments in as few lines as they need; one that fits on a line is not broken over two."""
    lines: list[str] = []
    for argument in [*(f"{argument}," for argument in arguments[:-1]), *arguments[-1:]]:
        if lines and len(lines[-1]) + 1 + len(argument) <= WIDTH - 6:
            lines[-1] += f" {argument}"
        else:
            lines.append(argument)
    return lines


def _simplest(verdict: Verdict) -> Finding:
    """The failing case to show."""
    return min((finding for finding in verdict.findings if not finding.passed), key=_telling)


def _telling(finding: Finding) -> tuple[bool, bool, tuple[bool, int, int]]:
    """Sort key: what keeps all cases from running, then the smallest input; never a case that was not tried."""
    stops = finding.problem in {"signature", "timeout", "crash", "damaged"}
    return finding.problem == "not run", not stops, finding.size


def _summary(verdict: Verdict) -> str:
    """Which sorts of cases pass and which fail."""
    passed, total = sum(finding.passed for finding in verdict.findings), len(verdict.findings)
    left = sum(finding.problem == "not run" for finding in verdict.findings)
    if total == 1:
        return ""
    if isinstance(verdict.task, NumbersTask):
        return f": {passed} of {total} numbers are right"
    if left:
        return f": stopped at case {total - left} of {total}"
    if not passed:
        return f": wrong on all {total} cases"
    return _by_kind(verdict, passed, total)


def _by_kind(verdict: Verdict, passed: int, total: int) -> str:
    """The sorts that pass if these are few and tell everything, else the sorts that fail or the simplest of them."""
    counts = {kind: _counted(verdict, kind) for kind in dict.fromkeys(finding.kind for finding in verdict.findings)}
    clean = [kind for kind, (right, of) in counts.items() if right == of]
    failing = [
        f"{kind} ({of - right} of {of})" if right else kind for kind, (right, of) in counts.items() if right < of
    ]
    if sum(counts[kind][0] for kind in clean) == passed and len(clean) < min(len(failing), MOST_KINDS + 1):
        return f": right only on {_listed(clean)}, wrong on the other {total - passed} of {total} cases"
    if 2 * passed < total:
        return f": right on {passed} of {total} cases; the simplest that fails, {_simplest(verdict).kind}:"
    return f": right on {passed} of {total} cases, wrong only on {_listed(failing)}"


def _counted(verdict: Verdict, kind: str) -> tuple[int, int]:
    """How many cases of a sort passed, and how many there are."""
    passed = [finding.passed for finding in verdict.findings if finding.kind == kind]
    return sum(passed), len(passed)


def _listed(kinds: Sequence[str]) -> str:
    """Some sorts of cases in a row."""
    more = len(kinds) - MOST_KINDS
    return "; ".join(kinds[:MOST_KINDS]) + (f" and {more} more sort{'s' * (more > 1)}" if more > 0 else "")


def _mistake_lines(looks_like: Sequence[WrongAnswer]) -> list[str]:
    """The misconceptions, those that cannot be told apart as rivals, and where to read again."""
    groups = _rivals(looks_like)
    lines = [line for group in groups for line in _group_lines(group, with_keys=len(groups) > 1)]
    places = dict.fromkeys(wrong.read_again for wrong in looks_like)
    return [*lines, *([f"Read again: {'; '.join(places)}"] if places else [])]


def _rivals(looks_like: Sequence[WrongAnswer]) -> list[list[WrongAnswer]]:
    """Mistakes in groups: those that explain one number are rivals, those about different numbers all hold."""
    groups: list[list[WrongAnswer]] = []
    for wrong in looks_like:
        touching = [any(_keys(wrong) & _keys(other) for other in group) for group in groups]
        apart = [group for group, touches in zip(groups, touching, strict=True) if not touches]
        joined = [other for group, touches in zip(groups, touching, strict=True) if touches for other in group]
        groups = [*apart, [*joined, wrong]]
    return groups


def _keys(wrong: WrongAnswer) -> set[str]:
    """The numbers a mistake is about; one and the same for mistakes that are about a whole answer."""
    return set(wrong.answer) if isinstance(wrong.answer, Mapping) else {""}


def _group_lines(group: Sequence[WrongAnswer], with_keys: bool) -> list[str]:
    """One misconception, or some of which one must be it."""
    keys = ", ".join(dict.fromkeys(key for wrong in group for key in wrong.answer)) if with_keys else ""
    first = ("Looks like this" if len(group) == 1 else "Either") + (f" ({keys})" if keys else "")
    words = [first, *["or"] * (len(group) - 1)]
    return [f"{word}: {wrong.misconception}" for word, wrong in zip(words, group, strict=True)][:MOST_KINDS]


def _screen(lines: Iterable[str]) -> str:
    """Lines wrapped to the width, indented below the first, cut at a screen."""
    wrapped = [part for line in lines for part in textwrap.wrap(line, WIDTH - 6) or [""]]
    head, *rest = wrapped[:MOST_LINES]
    return "\n".join([head, *(f"      {line}" for line in rest)])


# ---------------------------------------------------------------- command line


@dataclass(frozen=True)
class Submission:
    """One graded file."""

    path: Path
    seed: int
    verdicts: tuple[Verdict, ...]
    ran: Run

    @property
    def points(self) -> float:
        """The sum over tasks."""
        return sum(verdict.points for verdict in self.verdicts)

    @property
    def max_points(self) -> int:
        """Full marks of the lesson."""
        return sum(verdict.task.points for verdict in self.verdicts)


def grade_notebook(
    lesson: str, path: Path, seed: int = 0, time_limit: float = 10.0, use_bwrap: bool = True
) -> Submission:
    """Grade one file in a child process that gets the inputs of the cases and nothing else.

    Args:
        lesson: the lesson's digits, "04".
        path: the notebook; it is read, and never written or handed to the child as a file.
        seed: draws the random cases.
        time_limit: seconds for all cells together, and for each task.
        use_bwrap: whether to look for bubblewrap.

    Raises:
        LookupError: no such lesson.
        NotGradableError: not a readable notebook.
    """
    tasks = checks.lesson(lesson)
    cells = read_cells(path)
    with sandbox(use_bwrap) as box:
        ran = run(cells, [Request(task.name, requested(task, seed)) for task in tasks], time_limit, box)
    verdicts = [judge(t, _found_in(ran, t, a), seed) for t, a in zip(tasks, ran.answers, strict=True)]
    return Submission(path, seed, _with_suspects(verdicts, ran.answers), ran)


def _found_in(ran: Run, task: Task, answer: Answer) -> list[Outcome]:
    """The outcomes; for an answer that is not there, with the error of the cell that should have made it."""
    if answer.outcomes[0].sort != "missing":
        return answer.outcomes
    return [Outcome("missing", text=next((c.error for c in ran.cells if c.error and _makes(c, task.name)), ""))]


def _makes(cell: Cell, name: str) -> bool:
    """Whether a cell defines a function or sets a variable of this name."""
    gap = "[ \t]"
    made = rf"^{gap}*((async{gap}+)?def{gap}+{name}\b|{name}{gap}*(:[^=\n]+)?=(?!=))"
    return re.search(made, cell.source, re.MULTILINE) is not None


def _with_suspects(verdicts: Sequence[Verdict], answers: Sequence[Answer]) -> tuple[Verdict, ...]:
    """The verdicts, each naming the failing functions of other tasks that its answer calls."""
    failing = [verdict.task for verdict in verdicts if not verdict.right]
    calls = [
        {other.name: other.id for other in _functions(failing, verdict.task) if other.name in answer.uses}
        for verdict, answer in zip(verdicts, answers, strict=True)
    ]
    return tuple(map(suspecting, verdicts, calls))


def table(submission: Submission) -> str:
    """A graded file as text: a line per task, what failed, what its cells raised."""
    lines = [f"{submission.path.name}   seed {submission.seed}   sandbox: {submission.ran.sandbox}", ""]
    for verdict in submission.verdicts:
        points = f"{verdict.points:5.2f} / {verdict.task.points}"
        lines += [
            f"{points:>10}  {line}" if not n else f"{'':10}  {line}" for n, line in enumerate(_for_teacher(verdict))
        ]
    lines += [f"{submission.points:5.2f} / {submission.max_points}  total", ""]
    failed = [cell for cell in submission.ran.cells if cell.error]
    lines += ["cells that failed, all cells counted, text too:"] if failed else []
    lines += [f"cell {cell.number} ({cell.begins}): {cell.error}" for cell in failed]
    return "\n".join(lines if submission.ran.cells else [*lines, "the notebook has no code cells"]).rstrip()


def _for_teacher(verdict: Verdict) -> list[str]:
    """The learner's message without the invitation to a hint."""
    return [line for line in told(verdict, name_mistake=True).split("\n") if not line.strip().startswith("hint(")]


def as_data(submission: Submission) -> dict[str, Any]:
    """A graded file as what JSON can hold."""
    return {
        "notebook": submission.path.name,
        "seed": submission.seed,
        "points": round(submission.points, 4),
        "max_points": submission.max_points,
        "tasks": [_task_data(verdict) for verdict in submission.verdicts],
        "cells": [{"cell": c.number, "begins": c.begins, "error": c.error} for c in submission.ran.cells if c.error],
        "sandbox": submission.ran.sandbox,
        "versions": versions(),
    }


def _task_data(verdict: Verdict) -> dict[str, Any]:
    """One task of a graded file."""
    task = verdict.task
    cases = [
        {"kind": f.kind, "passed": f.passed, "problem": f.problem, "told": list(f.sentences)} for f in verdict.findings
    ]
    return {
        "id": task.id,
        "title": task.title,
        "points": round(verdict.points, 4),
        "max_points": task.points,
        "looks_like": [wrong.name for wrong in verdict.looks_like],
        "cases": cases,
    }


def versions() -> dict[str, str]:
    """What graded."""
    libraries = {name: importlib.metadata.version(name) for name in ("numpy", "scipy")}
    return {"recmath_lib": __version__, "python": platform.python_version(), **libraries}


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 0 if the file was graded, 2 if it could not be."""
    parser = argparse.ArgumentParser(prog="python -m recmath_lib.grading", description="Grade one notebook.")
    parser.add_argument("lesson", help="the lesson's number, such as 04")
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--seed", type=_seed_option, default=0, help="draws the random cases (default 0)")
    parser.add_argument("--json", type=Path, help="also write points, findings and versions to this file")
    parser.add_argument("--time-limit", type=_seconds, default=10.0, help="seconds for all cells, for each task (10)")
    options = parser.parse_args(arguments)
    try:
        if options.json and options.json.resolve() == options.notebook.resolve():
            parser.error(f"argument --json: {options.json} is the notebook; the report needs a file of its own")
        submission = grade_notebook(options.lesson, options.notebook, options.seed, options.time_limit)
        print(table(submission))
        if options.json:
            options.json.write_text(json.dumps(as_data(submission), indent=1) + "\n", "utf-8")
    except (NotGradableError, LookupError, OSError) as error:
        print(error.args[0] if isinstance(error, LookupError) else error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
