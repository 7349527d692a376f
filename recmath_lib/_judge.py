"""Compares what an answer did with what the reference does, and says it in sentences.

`judge(task, outcomes, seed)` makes a `Verdict`; `grading` prints it or turns it into points.
"""

import contextlib
import inspect
import math
import re
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from recmath_lib._judge_values import (
    Measure,
    all_zero,
    as_input,
    as_numbers,
    clip,
    described,
    difference,
    finite,
    holds_empty,
    hundredfold,
    size,
)
from recmath_lib._sandbox_answers import Call, Outcome, TimeUp, identical, observe, plain
from recmath_lib.checks.base import (
    Carried,
    Case,
    ChoiceTask,
    CounterExampleTask,
    FunctionTask,
    NumbersTask,
    OrderTask,
    Task,
    WrongAnswer,
)

TIME_LIMIT = 5.0
# What the contract of every function forbids, whatever the value.
RULES = ("changed input", "random state", "warning")
PER_CENT = "Give fractions, not per cent."


@dataclass(frozen=True)
class Finding:
    """What one case showed.

    Attributes:
        kind: the sort of case, or the key of a number.
        passed: whether it earns its share.
        problem: "" if it passed, else "value", "shape", "type", "count", "nan", "none", "exception", "timeout",
            "signature", "changed input", "random state", "warning", "unsolved", "missing", "crash", "damaged",
            "not run".
        sentences: what to tell the learner, most important first.
        zero: whether the expected value is all zero, so that passing alone earns nothing.
        size: sort key; the failing case with the smallest is shown. Empty inputs come last, since special rules hold
            there that hide the fault; then the number of entries and the length of the text count.
        call: the arguments as text, one by one.
        per_cent: whether the value is a hundred times the expected one.
    """

    kind: str
    passed: bool
    problem: str = ""
    sentences: tuple[str, ...] = ()
    zero: bool = False
    size: tuple[bool, int, int] = (False, 0, 0)
    call: tuple[str, ...] = ()
    per_cent: bool = False


@dataclass(frozen=True)
class Verdict:
    """What is known about an answer.

    Attributes:
        task: the task.
        findings: one per case, key, or (choice, order, counter-example) a single one.
        looks_like: the known mistakes that explain the answer; several if nothing tells them apart.
        at_once: whether the mistake may be named at the first failure, because there is no counter-example to study.
    """

    task: Task
    findings: tuple[Finding, ...]
    looks_like: tuple[WrongAnswer, ...] = ()
    at_once: bool = True

    @property
    def right(self) -> bool:
        """Whether every case passed."""
        return all(finding.passed for finding in self.findings)

    @property
    def unsolved(self) -> bool:
        """Whether nothing has been handed in yet."""
        return all(finding.problem in {"unsolved", "missing"} for finding in self.findings)

    @property
    def points(self) -> float:
        """Each passed case earns its share; cases that expect zero earn only beside another that passed."""
        passed = [finding for finding in self.findings if finding.passed]
        if all(finding.zero for finding in passed):
            return 0.0
        return self.task.points * len(passed) / len(self.findings)


@contextlib.contextmanager
def soft_limit(seconds: float) -> Iterator[None]:
    """Raise TimeUp in what runs here for longer, again and again until it gives up.

    It takes the main thread and a system with interval timers (not Windows), and it waits for calls into C to come
    back; elsewhere there is no limit, and interrupting the kernel is the way out.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _time_up)
    timer = signal.setitimer(signal.ITIMER_REAL, seconds, 0.2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, before or signal.SIG_DFL)


def _time_up(*_: object) -> None:
    """What the timer calls."""
    raise TimeUp


def observe_patiently(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Outcome:
    """`observe` under the soft time limit."""
    try:
        with soft_limit(TIME_LIMIT):
            return observe(function, args, kwargs)
    except TimeUp:
        return Outcome("timeout")


def requested(task: Task, seed: int) -> list[Call] | None:
    """The calls to make of an answer; None if it is read as a value."""
    return [(case.args, case.kwargs) for case in task.cases(seed)] if isinstance(task, FunctionTask) else None


def judge(task: Task, found: Sequence[Outcome], seed: int) -> Verdict:
    """The verdict on an answer from what its calls did (or, for a value, from one outcome that holds it)."""
    if isinstance(task, FunctionTask):
        return _judge_function(task, found, seed)
    if found[0].sort != "value":
        return Verdict(task, (_lost(task, found[0]),))
    if found[0].value is Ellipsis or found[0].value is None:
        return Verdict(task, (_lost(task, Outcome("unsolved")),))
    return _JUDGES[type(task)](task, found[0].value)


# ---------------------------------------------------------------- functions


def _judge_function(task: FunctionTask, found: Sequence[Outcome], seed: int) -> Verdict:
    """One finding per case; known mistakes are tried on the same cases."""
    cases = list(task.cases(seed))
    if found[0].sort in {"missing", "not callable"} or all(outcome.sort == "unsolved" for outcome in found):
        return Verdict(task, (_lost(task, found[0]),), at_once=False)
    reported = [*found, *[Outcome("not run")] * (len(cases) - len(found))]
    findings = _in_per_cent([_finding(task, *pair) for pair in zip(cases, reported, strict=True)])
    verdict = Verdict(task, findings, at_once=False)
    if verdict.right or len(found) < len(cases):
        return verdict
    return Verdict(task, findings, _look_alikes(verdict, cases, found), at_once=False)


def _in_per_cent(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings, with the remark if all that fails is a hundred times too large."""
    percent = all(finding.passed or finding.per_cent for finding in findings)
    return remarked(findings, PER_CENT) if percent else tuple(findings)


def remarked(findings: Sequence[Finding], remark: str) -> tuple[Finding, ...]:
    """The findings with one more sentence for each that failed."""
    return tuple(f if f.passed else replace(f, sentences=(*f.sentences, remark)) for f in findings)


def suspecting(verdict: Verdict, suspects: Mapping[str, str]) -> Verdict:
    """The verdict, where failures name the functions that the answer calls and that fail tasks of their own.

    Args:
        verdict: on a function.
        suspects: the ids of the tasks that fail, by the name of their function.
    """
    if verdict.right or verdict.unsolved or not suspects:
        return verdict
    names = ", or ".join(f"your {name}, which fails {task_id}" for name, task_id in suspects.items())
    return replace(verdict, findings=remarked(verdict.findings, f"it may be {names}"))


def _look_alikes(verdict: Verdict, cases: Sequence[Case], found: Sequence[Outcome]) -> tuple[WrongAnswer, ...]:
    """The known wrong answers that give the same as this answer on every case.

    If there is none, the answer may make one mistake more, which shows in an error, a warning or nan. Then those are
    named that give the same on the other cases, provided these are at least half and one of them fails.
    """
    rows = list(zip(verdict.findings, cases, found, strict=True))
    if alike := tuple(_giving_the_same(verdict.task, rows)):
        return alike
    sound = [row for row in rows if row[0].passed or _sound(row[2])]
    if 2 * len(sound) < len(rows) or all(finding.problem in {"", *RULES} for finding, _, _ in sound):
        return ()
    once = {wrong.misconception: wrong for wrong in reversed(list(_giving_the_same(verdict.task, sound)))}
    return tuple(reversed(once.values()))


def _sound(outcome: Outcome) -> bool:
    """Whether a call returned finite numbers and left no warning behind."""
    return outcome.sort == "value" and not outcome.warning and finite(outcome.value)


def _giving_the_same(task: Task, rows: Sequence[tuple[Finding, Case, Outcome]]) -> Iterator[WrongAnswer]:
    """The known wrong answers that give the same on these cases.

    Where every value is right and only a rule is broken, a known wrong answer must break the same rule.
    """
    values_right = all(finding.problem in {"", *RULES} for finding, _, _ in rows)

    def alike(row: tuple[Finding, Case, Outcome], its: Outcome) -> bool:
        return _same(task, row[2], its) and (not values_right or _breaks_the_same(row[2], its))

    for wrong in task.wrong:
        # Lazily, and the last cases first: these are the richest, and most answers differ there at once.
        given = (observe(wrong.answer, case.args, case.kwargs) for _, case, _ in reversed(rows))
        if all(map(alike, reversed(rows), given)):
            yield wrong


def _same(task: Task, one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes agree in value, or in the type of exception."""
    if one.sort != other.sort or one.sort != "value":
        return one.sort == other.sort and one.text.partition(":")[0] == other.text.partition(":")[0]
    return not difference(_measure(task), one.value, other.value)


def _breaks_the_same(one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes broke the same rules."""
    return (one.changed, one.touched, bool(one.warning)) == (other.changed, other.touched, bool(other.warning))


def _measure(task: Task) -> Measure:
    """The tolerance of a task."""
    return Measure(task.rtol, task.atol, task.returns) if isinstance(task, FunctionTask) else Measure()


def _expected(task: FunctionTask, case: Case) -> Any:
    """What the reference gives."""
    outcome = observe(task.reference, case.args, case.kwargs)
    if outcome.sort != "value":
        raise RuntimeError(f"the reference of {task.id} fails on {case}: {outcome.sort} {outcome.text}")
    return outcome.value


def _finding(task: FunctionTask, case: Case, outcome: Outcome) -> Finding:
    """What one case shows."""
    expected = _expected(task, case)
    problems = [*_problems(task, outcome, expected)]
    names = inspect.signature(task.reference).bind(*case.args, **case.kwargs).arguments
    call = tuple(f"{name} = {as_input(value)}" for name, value in names.items())
    return Finding(
        kind=case.kind,
        passed=not problems,
        problem=problems[0][0] if problems else "",
        sentences=tuple(sentence for _, sentence in problems),
        zero=all_zero(expected),
        size=(any(map(holds_empty, names.values())), sum(map(size, names.values())), sum(map(len, call))),
        call=call,
        per_cent=outcome.sort == "value" and hundredfold(_measure(task), outcome.value, expected),
    )


def _problems(task: FunctionTask, outcome: Outcome, expected: Any) -> Iterator[tuple[str, str]]:
    """Problem and sentence for everything this case shows, the most important first."""
    if outcome.sort != "value":
        yield _lost_reason(task, outcome)
        return
    wrong = difference(_measure(task), outcome.value, expected)
    if outcome.value is None:
        yield "none", _returned_none(outcome)
    elif wrong:
        yield wrong
    yield from _broken_rules(task, outcome, also="also" if wrong else "the value is right, but")


def _returned_none(outcome: Outcome) -> str:
    """The sentence for a function that returned None."""
    if outcome.printed:
        return f"you printed {clip(outcome.printed)} and returned None; hand the value back with return"
    return "your function returned None: is a return missing?"


def _broken_rules(task: FunctionTask, outcome: Outcome, also: str) -> Iterator[tuple[str, str]]:
    """The rules of `RULES` that a call broke."""
    names = list(inspect.signature(task.reference).parameters)
    changed = [names[int(name)] if name.isdigit() and int(name) < len(names) else name for name in outcome.changed]
    if changed:
        yield "changed input", f"{also} your function changed its input {', '.join(changed)}; work on a copy"
    if outcome.touched:
        whose = " and ".join({"numpy": "NumPy's", "random": "Python's"}.get(name, name) for name in outcome.touched)
        yield "random state", f"{also} your function used or seeded {whose} global random generator"
    if outcome.warning:
        yield "warning", f"{also} a warning was left behind ({clip(outcome.warning)})"


def _lost(task: Task, outcome: Outcome) -> Finding:
    """The only finding where no case could be looked at."""
    problem, sentence = _lost_reason(task, outcome)
    return Finding(task.name, False, problem, (sentence,))


def _lost_reason(task: Task, outcome: Outcome) -> tuple[str, str]:
    """Problem and sentence for an outcome that holds no value."""
    if outcome.sort == "not callable":
        if outcome.value is None or outcome.value is Ellipsis:
            return _lost_reason(task, Outcome("unsolved"))
        return "type", f"{task.name} is {described(outcome.value)}, expected a function"
    if outcome.sort == "exception":
        where = f", in {outcome.where}" if outcome.where else ""
        return "exception", f"your function raised {clip(outcome.text, str)}{where}"
    return outcome.sort, {
        "unsolved": f"not solved yet: {task.name} is still open",
        "missing": f"its cell did not run: {outcome.text}"
        if outcome.text
        else f"there is no {task.name} in the notebook",
        "timeout": "your function did not finish in time: is there a loop that never ends?",
        "signature": f"your function takes {outcome.text}, the task asks for {task.name}{_own_parameters(task)}",
        "crash": f"your function never came back: {outcome.text}",
        "damaged": "the answer wrote into the grader's channel, and nothing in it can be read",
        "not run": "not tried, after the case above",
    }.get(outcome.sort, "the answer cannot be read")


def _own_parameters(task: Task) -> str:
    """The contract's parameter list."""
    return _parameters(task.reference) if isinstance(task, FunctionTask) else ""


def _parameters(function: Callable[..., Any]) -> str:
    """A parameter list without annotations."""
    signature = inspect.signature(function)
    bare = [parameter.replace(annotation=parameter.empty) for parameter in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=signature.empty))


# ---------------------------------------------------------------- numbers, choices, orders, counter-examples


def _judge_numbers(task: NumbersTask, value: Any) -> Verdict:
    """One finding per key."""
    given = _by_key(task, value)
    if isinstance(given, str):
        return Verdict(task, (Finding(task.name, False, "type", (given,)),))
    findings = tuple(_number_finding(task, key, given.get(key, Ellipsis)) for key in task.expected)
    failed = {finding.kind for finding in findings if finding.problem == "value"}
    known = [wrong for wrong in task.wrong if failed & set(wrong.answer) and _explains(task, wrong, given)]
    for carried in task.carried:
        if carried.key in failed.difference(*(wrong.answer for wrong in known)):
            known += _carried_on(task, carried, given, failed)
    return Verdict(task, findings, tuple(known))


def _carried_on(
    task: NumbersTask, carried: Carried, given: Mapping[str, Any], failed: set[str]
) -> Iterator[WrongAnswer]:
    """What to say where wrong numbers follow rightly from one wrong number."""
    first = given[carried.key]
    numbers = {key: number for key, number in carried.follow(float(first)).items() if key != carried.key}
    after = [
        key
        for key in task.expected
        if key in failed & numbers.keys() and abs(float(given[key]) - numbers[key]) <= task.within(key)
    ]
    if after:
        follow = f"{_all_of(after)} follow{'s' * (len(after) == 1)} rightly from your {carried.key}, {_short(first)}"
        yield WrongAnswer(
            f"{carried.key} carried on",
            {key: given[key] for key in (carried.key, *after)},
            f"{follow}. Mend {carried.key}, and work on from there.",
            carried.read_again,
        )


def _by_key(task: NumbersTask, value: Any) -> Mapping[str, Any] | str:
    """The numbers by key, or the sentence that says what is expected instead."""
    keys = list(task.expected)
    if isinstance(value, dict):
        spelled = {key.lower(): key for key in keys}
        unknown = [key for key in value if str(key).lower() not in spelled]
        if unknown:
            return f"{clip(unknown[0])} is not asked; the keys are {', '.join(keys)}"
        return {spelled[str(key).lower()]: number for key, number in value.items()}
    value = value.tolist() if isinstance(value, np.ndarray) else value
    items = list(value) if isinstance(value, (list, tuple)) else [value]
    if len(items) != len(keys):
        return f"you gave {described(value)}, expected {len(keys)} numbers: {', '.join(keys)}"
    return dict(zip(keys, items, strict=True))


def _number_finding(task: NumbersTask, key: str, given: Any) -> Finding:
    """Whether one number is right. The right number is not shown: it is the answer."""
    expected, zero = task.expected[key], task.expected[key] == 0
    if given is Ellipsis or given is None:
        return Finding(key, False, "unsolved", (f"{key} is still missing",), zero)
    number = as_numbers(given)
    if number is None or number.ndim:
        return Finding(key, False, "type", (f"{key}: you gave {described(given)}, expected one number",), zero)
    if np.isnan(number):
        return Finding(key, False, "nan", (f"{key} is nan, expected a number",), zero)
    if abs(number - expected) <= task.within(key):
        return Finding(key, True, zero=zero)
    return Finding(key, False, "value", (f"{key}: {_short(given)} is {_aside(task, key, number)}",), zero)


def _short(number: Any) -> str:
    """A number as it is told back: 0.1404, not 0.14040000000000002."""
    return clip(float(f"{number:.8g}") if isinstance(number, float) else number)


def _aside(task: NumbersTask, key: str, number: np.ndarray) -> str:
    """How a number misses the right one."""
    expected, room = task.expected[key], task.within(key)
    if abs(number / 100 - expected) <= min(room, abs(expected) / 10):
        return f"100 times too large. {PER_CENT}"
    digits = max(1, math.ceil(-math.log10(room))) if room else 1
    if number and any(abs(number - round(expected, few)) < room / 1000 for few in range(1, digits)):
        return f"rounded too early; give {digits} digits after the point"
    return f"too {'large' if number > expected else 'small'}; within {room:g} of the right number counts"


def _explains(task: NumbersTask, wrong: WrongAnswer, given: Mapping[str, Any]) -> bool:
    """Whether a known mistake gives the same numbers as the learner has, for every key that it names."""
    pairs = [(as_numbers(given.get(key)), number, task.within(key)) for key, number in wrong.answer.items()]
    return all(mine is not None and not mine.ndim and abs(mine - number) <= room for mine, number, room in pairs)


def _judge_choice(task: ChoiceTask, value: Any) -> Verdict:
    """Right or wrong."""
    key = value.strip() if isinstance(value, str) else value
    matching = [option for option in task.options if isinstance(key, str) and option.lower() == key.lower()]
    if not matching:
        keys = ", ".join(repr(option) for option in task.options)
        return Verdict(
            task, (Finding(task.name, False, "type", (f"you gave {described(value)}, expected one of {keys}",)),)
        )
    if matching[0] == task.correct:
        return Verdict(task, (Finding(task.name, True),))
    sentence = f"{matching[0]}: {task.options[matching[0]]}"
    chosen = tuple(wrong for wrong in task.wrong if wrong.answer == matching[0])
    return Verdict(task, (Finding(task.name, False, "value", (sentence,)),), chosen)


def _judge_order(task: OrderTask, value: Any) -> Verdict:
    """Right if every step comes after the steps it uses."""
    order = _steps(task, value)
    sentence = _order_sentence(task, order)
    if sentence is None:
        return Verdict(task, (Finding(task.name, True),))
    alike = tuple(wrong for wrong in task.wrong if identical(_steps(task, wrong.answer), order))
    return Verdict(task, (Finding(task.name, False, "value", (sentence,)),), alike)


def _steps(task: OrderTask, value: Any) -> Any:
    """The steps of ["b", "c", "a"], "b, c, a", "B C A" or "bca", spelled as the task does; else the value itself."""
    value = _letters(value) if isinstance(value, str) else value
    if not isinstance(value, (list, tuple)):
        return value
    spelled = {step.lower(): step for step in task.steps}
    return [spelled.get(step.strip().lower(), step) if isinstance(step, str) else step for step in value]


def _letters(text: str) -> list[str]:
    """What stands between the separators of a text, whatever these are; without any, its letters."""
    parts = re.findall(r"\w+", text)
    return parts if len(parts) > 1 else list("".join(parts))


def _order_sentence(task: OrderTask, order: Any) -> str | None:
    """What is wrong with an order, or None."""
    if not isinstance(order, list) or not all(isinstance(step, str) for step in order):
        return f"you gave {described(order)}, expected a list of the steps' letters"
    if unknown := [step for step in order if step not in task.steps]:
        return f"there is no step {clip(unknown[0])}; the steps are {', '.join(task.steps)}"
    for step in task.steps:
        if order.count(step) != 1:
            return f"step {step} must come once, and comes {order.count(step)} times"
    if (early := task.missing(order)) is None:
        return None
    return f"step {early[0]} ({task.steps[early[0]]}) uses step {early[1]}, which comes later in your order"


def _judge_counter_example(task: CounterExampleTask, value: Any) -> Verdict:
    """Right if the input is allowed and exposes the fault."""
    problem, sentence = _exposed(task, value)
    finding = Finding(task.name, not problem, problem, (sentence,) if problem else ())
    alike = tuple(
        w for w in task.wrong if problem and identical(_arguments(task, plain(w.answer)), _arguments(task, value))
    )
    return Verdict(task, (finding,), alike)


def _exposed(task: CounterExampleTask, value: Any) -> tuple[str, str]:
    """Problem and sentence about a counter-example; an empty problem for a right one."""
    args, kwargs = _arguments(task, value)
    if misfit := _misfit(task, args, kwargs):
        return "signature", misfit
    bound = inspect.signature(task.reference).bind(*args, **kwargs)
    allowed = observe_patiently(task.valid, args, kwargs)
    if allowed.sort == "value" and allowed.value is not None:
        return "value", f"this input is not allowed: {allowed.value}"
    right = observe_patiently(task.reference, args, kwargs)
    if allowed.sort != "value" or right.sort != "value":
        return "type", f"this input is not allowed: {allowed.text or right.text}"
    listed = observe_patiently(task.listing, args, kwargs)
    call = ", ".join(f"{name} = {as_input(given)}" for name, given in bound.arguments.items())
    if task.exposes is not None:
        exposed = observe_patiently(task.exposes, args, kwargs).value is True
    else:
        exposed = listed.sort != "value" or difference(Measure(), listed.value, right.value) is not None
    if exposed:
        return "", ""
    harmless = (
        "the listing does what it should"
        if task.exposes is None
        else "the fault does not show in what the listing gives"
    )
    why = observe_patiently(task.why_not, args, kwargs).value if task.why_not else None
    told = round(listed.value, 10) if isinstance(listed.value, float) else listed.value  # 1.7, not 1.7000000000000002
    return "value", f"on {clip(call, str)} {harmless}: {as_input(told)}" + (f". {why}." if why else "")


def _misfit(task: CounterExampleTask, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """The sentence about arguments that the listing cannot be called with; an empty one if it can."""
    parameters = inspect.signature(task.reference).parameters
    given = {*list(parameters)[: len(args)], *kwargs}
    missing = [name for name, parameter in parameters.items() if name not in given and parameter.default is _NO_DEFAULT]
    if len(args) > len(parameters):
        problem = f"you gave {len(args)} values"
    elif unknown := [name for name in kwargs if name not in parameters]:
        problem = f"{clip(unknown[0])} is not asked"
    elif missing:
        problem = f"{_all_of(missing)} {'is' if len(missing) == 1 else 'are'} missing"
    else:
        return ""
    return f"{problem}: give a dict with {_all_of(list(parameters))}, as {task.listing.__name__} takes them"


def _all_of(names: Sequence[str]) -> str:
    """Some names in a sentence: "a, b and c"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _arguments(task: CounterExampleTask, value: Any) -> Call:
    """A counter-example as positional and keyword arguments."""
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return (), value
    return (value, {}) if isinstance(value, tuple) else ((value,), {})


_NO_DEFAULT = inspect.Parameter.empty
_JUDGES: Mapping[type[Task], Callable[[Any, Any], Verdict]] = {
    NumbersTask: _judge_numbers,
    ChoiceTask: _judge_choice,
    OrderTask: _judge_order,
    CounterExampleTask: _judge_counter_example,
}
