"""Try whether a check can fail: multiply what a function returns by 1.001 and run the tests of its equation.

`problems(root)` does this in a child process for every equation and every function that says it computes it. Scaled are
floats, also in arrays, tuples, lists, dicts and dataclasses, and all that a generator yields. The test must call the
function while it runs: a result kept from import time is not scaled.
"""

import contextlib
import dataclasses
import importlib
import inspect
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import hypothesis
import pytest
from contract import PACKAGE, Code, Contract, read

FACTOR = 1.001
OPTIONS = ("-q", "-x", "--assert=plain", "-p", "no:cacheprovider", "--hypothesis-profile=bite")


def scaled(value: Any) -> Any:
    """The value with every float in it multiplied by FACTOR."""
    if isinstance(value, float | complex) or getattr(getattr(value, "dtype", None), "kind", None) in ("f", "c"):
        return value * FACTOR
    if isinstance(value, Iterator):
        return map(scaled, value)
    if isinstance(value, dict):
        return {key: scaled(entry) for key, entry in value.items()}
    if isinstance(value, tuple | list):
        entries = [scaled(entry) for entry in value]
        return type(value)(*entries) if hasattr(value, "_fields") else type(value)(entries)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value) if field.init}
        return dataclasses.replace(value, **scaled(fields))
    return value


@contextlib.contextmanager
def scaling(function: FunctionType) -> Iterator[list[bool]]:
    """Let a function return scaled results, whoever holds it; the list grows with every call.

    Its code is exchanged, not its name: tests may have imported it, put it in a table or taken it as a parameter.
    """
    twin = FunctionType(function.__code__, function.__globals__, closure=function.__closure__)
    twin.__defaults__, twin.__kwdefaults__ = function.__defaults__, function.__kwdefaults__
    calls: list[bool] = []

    def call(*args: Any, **kwargs: Any) -> Any:
        calls.append(True)
        return scaled(twin(*args, **kwargs))

    function.__code__, function.__kwdefaults__ = _stand_in.__code__, {"_call": call}
    try:
        yield calls
    finally:
        function.__code__, function.__kwdefaults__ = twin.__code__, twin.__kwdefaults__


def _stand_in(*args: Any, _call: Any, **kwargs: Any) -> Any:
    return _call(*args, **kwargs)


class Only:
    """The pytest plugin that keeps the tests of one equation, or of all equations."""

    def __init__(self, number: str | None) -> None:
        self.number = number

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the marked tests."""
        items[:] = [item for item in items if self.keeps([n for m in item.iter_markers("equation") for n in m.args])]

    def keeps(self, numbers: list[str]) -> bool:
        """Whether a test with these numbers is one of them."""
        return bool(numbers) if self.number is None else self.number in numbers


def run(tests: list[str], number: str | None = None) -> tuple[int, str]:
    """The exit code of pytest (0 green, 1 red) on an equation's tests, and what it printed."""
    files = sorted({test.split("::")[0] for test in tests})
    with contextlib.redirect_stdout(io.StringIO()) as said:
        code = pytest.main([*OPTIONS, *files], plugins=[Only(number)])
    return int(code), said.getvalue()


def verdict(code: Code, tests: list[str]) -> str:
    """Why the tests of the code's equation do not bite; empty if they do."""
    head = f"{PACKAGE}.{code.name}, Eq. ({code.number}): "
    module, _, name = code.name.rpartition(".")
    decorated = getattr(importlib.import_module(f"{PACKAGE}.{module}"), name)
    function = inspect.unwrap(decorated)
    if not isinstance(function, FunctionType) or function.__closure__:
        return f"{head}cannot be scaled; make it a plain function, or decorate it with functools.wraps"
    with scaling(function) as calls:
        getattr(decorated, "cache_clear", int)()  # what functools.cache remembers is not scaled
        result, said = run(tests, code.number)
    if result == 0:
        reason = (
            f"its tests stay green at {FACTOR} times the result; make one exact"
            if calls
            else "none of its tests calls it"
        )
        return f"{head}{reason}: {', '.join(tests)}"
    return "" if result == 1 else f"{head}its tests do not run\n{said}"


def verdicts(course: Contract) -> Iterator[str]:
    """What is wrong with the checks of all equations: red as they are, or green with a scaled function."""
    hypothesis.settings.register_profile(
        "bite",
        derandomize=True,
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    )
    everything = [check.place for check in course.checks]
    result, said = run(everything) if everything else (0, "")
    if result:
        yield f"the tests of the equations must be green before they are tried\n{said}"
        return
    numbers = {equation.number for equation in course.equations}
    for code in course.codes:
        tests = course.tests_for(code.number)
        if code.number in numbers and tests:
            yield verdict(code, tests)


def problems(root: Path) -> list[str]:
    """The equations of the course in this folder whose checks do not bite, each with the function and the tests."""
    child = [sys.executable, __file__, str(root)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(child, cwd=root, env=environment, capture_output=True, text=True, encoding="utf-8")
    said = [done.stderr] if done.returncode else []
    return [line for line in done.stdout.split("\0") if line.strip()] + said


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    print("\0".join(verdicts(read(Path(sys.argv[1])))), end="")
