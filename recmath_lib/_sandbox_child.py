"""The program inside the sandbox: runs a notebook's cells, calls its answers on given inputs, reports plain data.

It knows no expected value and no reference, and it counts nothing: points are made by the parent. It reads one JSON job
from stdin and writes one JSON line per step: "ready", one per cell, and per task the names its answer uses, one per
call, "done". The parent knows how many to expect.
"""

import builtins
import contextlib
import importlib.abc
import importlib.machinery
import json
import linecache
import os
import re
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

HERE = os.path.dirname(os.path.abspath(__file__))
ALLOWED = {"numpy", "scipy"}
# Pictures and controls earn nothing: these modules are replaced by ones that accept every call and do nothing.
SILENT = {"matplotlib", "IPython", "ipywidgets", "tqdm"}
OURS = {"recmath_lib", "recmath_lib.grading"}
# Cell magics whose body is Python.
PYTHON_MAGICS = {"time", "timeit", "capture", "prun"}


class Silent(types.ModuleType):
    """A module, function or object that accepts everything: `plt.subplots()`, `ax.plot(x)[0].set_color("k")`."""

    __path__: list[str] = []  # noqa: RUF012  (what makes the import system accept submodules)

    def __init__(self, name: str = "silent", length: int = 0) -> None:
        """Unpacks into `length` more of its kind."""
        super().__init__(name)
        self.__dict__["length"] = length

    def __getattr__(self, name: str) -> Any:
        """Another one; special names do not exist."""
        if name.startswith("__"):
            raise AttributeError(name)
        return _subplots if name == "subplots" else Silent(name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Do nothing; as a decorator or progress bar, hand back what was given."""
        return args[0] if self.__name__ in {"tqdm", "trange", "interact"} and args else Silent()

    def __getitem__(self, key: Any) -> Any:
        """Another one."""
        return Silent()

    def __iter__(self) -> Iterator[Any]:
        """As many as it unpacks into."""
        return (Silent() for _ in range(self.__dict__["length"]))

    def __enter__(self) -> Any:
        """Usable in `with`."""
        return self

    def __exit__(self, *_: object) -> None:
        """Usable in `with`."""


def _subplots(nrows: int = 1, ncols: int = 1, **_: Any) -> tuple[Any, Any]:
    """A silent figure and as many silent axes as asked for."""
    return Silent("figure"), Silent("axes", length=nrows if nrows > 1 else ncols)


class ImportRule(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Lets through numpy, scipy, the standard library, and `check` and `hint` that do nothing."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        """Our own stand-ins, nothing (another finder's matter), or the refusal."""
        root = name.partition(".")[0]
        if name in OURS or root in SILENT:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        if root in ALLOWED or root in sys.stdlib_module_names or root.startswith("_sysconfigdata"):
            return None
        # Not ModuleNotFoundError for the course: `from recmath_lib import metrics` would swallow the sentence.
        refusal = ImportError if root == "recmath_lib" else ModuleNotFoundError
        raise refusal(f"{name} may not be imported here: an answer stands on numpy, scipy and Python", name=name)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        """An empty stand-in for the course, a silent module for pictures."""
        return types.ModuleType(spec.name) if spec.name in OURS else Silent(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Give the grading module its two names."""
        if module.__name__ == "recmath_lib.grading":
            vars(module).update(check=nothing, hint=nothing)


def nothing(*_: Any, **__: Any) -> None:
    """What `check`, `hint` and `display` do while grading."""


def python_lines(source: str) -> str:
    """A cell without its magics: `%`, `!` and `?` lines become `pass`, `%time f()` keeps `f()`.

    Raises:
        ValueError: a cell magic whose body is not Python, such as `%%bash`.
    """
    lines = source.split("\n")
    if magic := re.match(r"\s*%%(\w*)", source):
        if magic[1] not in PYTHON_MAGICS:
            raise ValueError(f"%%{magic[1]} cells are not run")
        lines[source[: magic.end()].count("\n")] = ""
    return "\n".join(_python_line(line) for line in lines)


def _python_line(line: str) -> str:
    """One line without its magic."""
    timed = re.match(r"(\s*)(?:(\w+\s*=)\s*)?%(?:time|timeit|prun)\s+(?![\s-])(.*)", line)
    if timed:
        return f"{timed[1]}{timed[2] or ''} {timed[3]}" if timed[2] else f"{timed[1]}{timed[3]}"
    if re.match(r"\s*([%!?]|[\w.]+\?\??\s*$|[\w, ]+=\s*[%!])", line):
        return line[: len(line) - len(line.lstrip())] + "pass"
    return line


def compiled(source: str, name: str) -> types.CodeType:
    """A cell's code; magics are looked at only if it is not Python as it stands."""
    try:
        return compile(source, name, "exec", dont_inherit=True)
    except SyntaxError:
        source = python_lines(source)
        return compile(source, name, "exec", dont_inherit=True)


def run_cell(source: str, name: str, namespace: dict[str, Any]) -> str:
    """Run one cell; the text of what it raised, or an empty text."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    try:
        exec(compiled(source, name), namespace)
    except BaseException as error:  # a cell may raise anything, SystemExit included, and the next one still runs
        return _told(error)
    return ""


def _told(error: BaseException) -> str:
    """Type and message of an exception whose own text may raise."""
    try:
        return f"{type(error).__name__}: {error}"[:300]
    except BaseException:
        return type(error).__name__


def limit_resources(limits: dict[str, int]) -> None:
    """Bound memory, processor time, file size and processes, where the system can."""
    with contextlib.suppress(ImportError):
        import resource

        for name, value in limits.items():
            with contextlib.suppress(ValueError, OSError, AttributeError):
                resource.setrlimit(getattr(resource, name), (value, value))


def lone_channel() -> tuple[dict[str, Any], Callable[[Any], None]]:
    """The job from stdin, and the way to report; afterwards stdin and stdout lead nowhere."""
    job = json.loads(sys.stdin.buffer.read())
    channel = os.dup(1)
    empty = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(empty, standard)
    owner = os.getpid()

    def report(message: Any) -> None:
        """Write one line; a forked copy of this process must not."""
        if os.getpid() != owner:
            os._exit(1)
        data = json.dumps(message).encode() + b"\n"
        while data:
            data = data[os.write(channel, data) :]

    return job, report


def fresh_namespace() -> dict[str, Any]:
    """A new `__main__`, as a notebook's kernel has."""
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    vars(main).update(__builtins__=builtins, display=nothing, get_ipython=Silent)
    return vars(main)


def answer_calls(task: dict[str, Any], namespace: dict[str, Any], answers: types.ModuleType) -> Iterator[Any]:
    """One outcome per call of the task's answer; a single one if it is no function or is not there."""
    if task["name"] not in namespace:
        yield answers.Outcome("missing")
    elif task["calls"] is None or not callable(namespace[task["name"]]):
        sort = "value" if task["calls"] is None else "not callable"
        yield answers.Outcome(sort, answers.plain(namespace[task["name"]]))
    else:
        for args, kwargs in task["calls"]:
            yield answers.observe(namespace[task["name"]], answers.unpack(args), answers.unpack(kwargs))


def run(cells: Sequence[Any], tasks: Sequence[dict[str, Any]], answers: types.ModuleType, report: Callable) -> None:
    """Every cell, then every task; a cell that is None was a time-out or crash before and is left out."""
    namespace = fresh_namespace()
    sys.stdout = sys.stderr = answers.Capture()
    for number, source in cells:
        report({"cell": run_cell(source, f"<cell {number}>", namespace) if source is not None else ""})
    for task in tasks:
        report({"uses": sorted(answers.names_used(namespace.get(task["name"])))})
        for outcome in answer_calls(task, namespace, answers):
            report({"outcome": answers.pack_outcome(outcome)})
        report({"done": True})


def main() -> NoReturn:
    """Set the rules, run the job, leave without running anything of the submission's at exit."""
    job, report = lone_channel()
    sys.path[:0] = [HERE]
    sys.path += job["site"]
    answers = __import__("_sandbox_answers")
    sys.path.remove(HERE)
    sys.meta_path.insert(0, ImportRule())
    limit_resources(job["limits"])
    report({"ready": True})
    run(job["cells"], job["tasks"], answers, report)
    os._exit(0)


if __name__ == "__main__":
    main()
