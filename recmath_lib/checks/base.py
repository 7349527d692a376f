"""What a task is made of. One module per exercise builds its tasks from these classes and lists them in `TASKS`.

A lesson's module looks like this::

    TASKS = (
        FunctionTask(
            id="00.1", title="Rank-biased precision", name="rank_biased_precision", objectives=("O0.1",), points=4,
            contract="rank_biased_precision(rels, persistence): Eq. (0.2), rels in [0, 1], best rank first.",
            hints=("Who looks at film 2?", "The weights are 1, p, p², ...", "Multiply the sum by 1 − p."),
            reference=metrics.rank_biased_precision,
            cases=rbp_cases,                                # seed -> list of Case
            wrong=(WrongAnswer("forgets the normalizer", unnormalized, "Your weights sum to 1/(1 − p).", "Eq. (0.2)"),),
            right=(with_a_loop, by_horner, with_cumprod),
        ),
    )

What you promise, and what the tests of your module hold you to: every wrong answer loses points and differs from right
by one idea; every right answer keeps full marks; the cases tell any two wrong answers apart, or the learner reads
"either ... or ...". Expected values are never written down: they come from `reference`.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """One call of the learner's function.

    Attributes:
        kind: what sort of case this is, a noun phrase that can follow "wrong only on": "a list shorter than k". Cases
            of one sort share the phrase; messages count and group by it.
        args: positional arguments: numbers, strings, None, arrays, and lists, tuples or dicts of these. The learner
            gets fresh copies.
        kwargs: keyword arguments, by the parameter names of the contract.
    """

    kind: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class WrongAnswer:
    """A plausible wrong answer that differs from right by one idea.

    Attributes:
        name: the mistake in a few words, for teachers and tests: "ideal from the retrieved list".
        answer: what a learner with this idea would hand in. For a `FunctionTask` a function; for a `NumbersTask` a
            mapping of only the keys that come out wrong; for the others the value itself.
        misconception: one or two sentences to the learner. They read "looks like this: ..." before it.
        read_again: where to look, such as "lesson 04, Eq. (4.10)".
    """

    name: str
    answer: Any
    misconception: str
    read_again: str


def ways(name: str, misconception: str, read_again: str, answers: Mapping[str, Any]) -> Iterator[WrongAnswer]:
    """One mistake, as different programs make it: they differ only where the mistake leaves a case open."""
    return (WrongAnswer(f"{name}: {way}", answer, misconception, read_again) for way, answer in answers.items())


@dataclass(frozen=True, kw_only=True)
class Task:
    """What every kind of task states.

    Attributes:
        id: lesson and number, "04.1".
        title: a short name, shown in the table of points.
        name: what the answer is called in the notebook: the function's name, else `answer_04_0`.
        objectives: the lesson's objectives this task grades, ("O4.1", "O4.3").
        contract: what is asked, complete: nothing is graded that is not said here.
        points: full marks.
        hints: exactly three, from a nudge to nearly the answer.
        wrong: plausible wrong answers, each named to the learner who gives it.
        right: right answers written differently, for the tests.
    """

    id: str
    title: str
    name: str
    objectives: tuple[str, ...]
    contract: str
    points: int
    hints: tuple[str, str, str]
    wrong: tuple[WrongAnswer, ...] = ()
    right: tuple[Any, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a task that could not be shown or graded."""
        _demand(re.fullmatch(r"\d\d\.\d+", self.id), "id must look like '04.1'", self.id)
        _demand(self.name.isidentifier(), "name must be a Python name", self.name)
        _demand(self.points > 0, "points must be positive", self.points)
        _demand(len(self.hints) == 3 and all(self.hints), "hints must be three sentences", self.hints)
        _demand(
            all(re.fullmatch(r"O\d+\.\d+", o) for o in self.objectives), "objectives look like 'O4.1'", self.objectives
        )

    @property
    def lesson(self) -> str:
        """The lesson's two digits."""
        return self.id.split(".")[0]


@dataclass(frozen=True, kw_only=True)
class FunctionTask(Task):
    """Write a function.

    Attributes:
        reference: the right answer; its parameter names are the contract's.
        cases: seed -> cases. Part of them may be fixed, part drawn from `numpy.random.default_rng(seed)`. The order and
            number must not depend on the seed. Points are shared equally among cases; cases whose expected value is
            all zero earn nothing unless another case passes.
        returns: names of the values when the reference returns a tuple, used in messages: ("P", "Q", "history").
        rtol, atol: a value passes if |got − expected| <= rtol·|expected| + atol·max|expected|.
    """

    reference: Callable[..., Any]
    cases: Callable[[int], Sequence[Case]]
    returns: tuple[str, ...] = ()
    rtol: float = 1e-6
    atol: float = 1e-9


@dataclass(frozen=True)
class Carried:
    """A number from which others follow, so that a slip in it goes on into them.

    Attributes:
        key: the number.
        follow: from what the learner has for it to the numbers that follow, by key.
        read_again: where the number comes from.
    """

    key: str
    follow: Callable[[float], Mapping[str, float]]
    read_again: str


@dataclass(frozen=True, kw_only=True)
class NumbersTask(Task):
    """Numbers by hand. The answer is a dict by key, a tuple or list in the order of `expected`, or one bare number.

    Attributes:
        expected: the right numbers by key, computed by the library. Points are shared equally among the keys.
        tolerance: largest accepted absolute difference, one for all keys or one per key.
        carried: numbers from which others follow, the first first. A slip that no wrong answer explains is told apart
            from what follows rightly from it; it earns nothing.
    """

    expected: Mapping[str, float]
    tolerance: float | Mapping[str, float] = 5e-4
    carried: tuple[Carried, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a tolerance or a wrong answer for a number that is not asked."""
        super().__post_init__()
        _demand(self.expected, "expected must not be empty", self.expected)
        if isinstance(self.tolerance, Mapping):
            _demand(
                self.tolerance.keys() == self.expected.keys(),
                "tolerance must have the keys of expected",
                self.tolerance,
            )
        for wrong in self.wrong:
            _demand(
                wrong.answer.keys() <= self.expected.keys(), "a wrong answer has the keys of expected", wrong.answer
            )
        for carried in self.carried:
            _demand(carried.key in self.expected, "what is carried on must be a key of expected", carried.key)

    def within(self, key: str) -> float:
        """The accepted difference of one number."""
        return self.tolerance[key] if isinstance(self.tolerance, Mapping) else self.tolerance


@dataclass(frozen=True, kw_only=True)
class ChoiceTask(Task):
    """Choose one of several statements. The answer is a key of `options`.

    Attributes:
        options: statement by key: {"a": "always", "b": "never"}.
        correct: the right key. Every other key has its `WrongAnswer`, whose misconception says why it is wrong.
    """

    options: Mapping[str, str]
    correct: str

    def __post_init__(self) -> None:
        """Refuse an option that nobody explains."""
        super().__post_init__()
        _demand(self.correct in self.options, "correct must be one of the options", self.correct)
        explained = sorted([self.correct, *(wrong.answer for wrong in self.wrong)])
        _demand(explained == sorted(self.options), "each wrong option needs exactly one WrongAnswer", explained)


@dataclass(frozen=True, kw_only=True)
class OrderTask(Task):
    """Put the steps of a proof or of an algorithm into an order. The answer is a list of the keys, or one string "bca".

    Attributes:
        steps: sentence by key, in the (scrambled) order in which the learner sees them.
        depends_on: for a step, the steps it uses; they must come before it. Every order that respects this is right.
    """

    steps: Mapping[str, str]
    depends_on: Mapping[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        """Refuse unknown steps and circles."""
        super().__post_init__()
        named = {*self.depends_on, *(step for needs in self.depends_on.values() for step in needs)}
        _demand(named <= set(self.steps), "depends_on names a step that does not exist", sorted(named))
        _demand(
            self.missing(tuple(self.any_order())) is None, "depends_on must not go in a circle", dict(self.depends_on)
        )

    def missing(self, order: Sequence[str]) -> tuple[str, str] | None:
        """The first step placed before a step it uses, and that step; None for a right order."""
        for place, step in enumerate(order):
            for needed in self.depends_on.get(step, ()):
                if needed not in order[:place]:
                    return step, needed
        return None

    def any_order(self) -> list[str]:
        """One right order (steps in a circle come last)."""
        order: list[str] = []
        for _ in self.steps:
            order += [s for s in self.steps if s not in order and set(self.depends_on.get(s, ())) <= set(order)]
        return order + [step for step in self.steps if step not in order]


@dataclass(frozen=True, kw_only=True)
class CounterExampleTask(Task):
    """Find an input on which a faulty function goes wrong.

    The answer is a dict of arguments by name, a tuple of positional arguments, or, for one argument, that argument.

    Attributes:
        listing: the faulty function, as printed in the exercise.
        reference: the right function, with the same parameters.
        valid: same parameters; None if the input is allowed, else the sentence that says why not.
        exposes: same parameters; whether the input exposes the fault. None: it does when listing and reference differ
            by more than the tolerance of functions, or when only the listing raises.
        why_not: same parameters; of an input that exposes nothing, a sentence (without its full stop) that says why.
    """

    listing: Callable[..., Any]
    reference: Callable[..., Any]
    valid: Callable[..., str | None]
    exposes: Callable[..., bool] | None = None
    why_not: Callable[..., str] | None = None


def _demand(condition: object, rule: str, value: object) -> None:
    """Raise the sentence an author needs."""
    if not condition:
        raise ValueError(f"{rule}, got {value!r}")
