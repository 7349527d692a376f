"""Runs a notebook in a child process that gets inputs and nothing else, and reads back what its answers gave.

With a working `bwrap` the child sees Python, numpy and scipy, a /tmp of its own, no other file and no network. Without
it the child is held by the import rule, the time limit and resource limits only: enough against accidents and habits,
not against somebody who opens files by path.
"""

import contextlib
import importlib.util
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from recmath_lib._sandbox_answers import Call, Outcome, TimeUp, pack, printable, unpack_outcome

PACKAGE = Path(__file__).resolve().parent
PROGRAM = ("_sandbox_child.py", "_sandbox_answers.py")
START_LIMIT = 60.0
MOST_BYTES = 32 * 2**20
MOST_CRASHES = 5
LONGEST_LINE = 60
BUBBLEWRAP = "bubblewrap: no file of the course, no network, nothing to write but an empty /tmp"


# A cell's number and code; None for one that is to be left out.
Source = tuple[int, str | None]


class NotGradableError(Exception):
    """The file cannot be graded; the message says why."""


@dataclass(frozen=True)
class Request:
    """One answer to fetch: by its name in the notebook; called on inputs, or (None) read as a value."""

    name: str
    calls: Sequence[Call] | None


@dataclass(frozen=True)
class Cell:
    """One code cell.

    Attributes:
        number: its place in the notebook from 1, text cells counted too. Every file has it; the [n] that Jupyter shows
            may be missing, and depends on what was run when.
        source: its code.
        error: what it raised, or an empty text.
    """

    number: int
    source: str
    error: str = ""

    @property
    def begins(self) -> str:
        """Its first line, to find it by."""
        line = printable((self.source.strip().split("\n") or [""])[0].strip())
        return line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 4] + " ..."


@dataclass(frozen=True)
class Answer:
    """What one request brought.

    Attributes:
        outcomes: those of its calls, in order; fewer where a time-out or crash cut them off.
        uses: the names in the code of a function.
    """

    outcomes: list[Outcome]
    uses: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Run:
    """What a notebook did.

    Attributes:
        answers: one per request, in order.
        cells: its code cells.
        sandbox: what held the child.
    """

    answers: list[Answer]
    cells: list[Cell]
    sandbox: str


def read_cells(path: Path) -> list[Cell]:
    """A notebook's code cells, not yet run.

    Raises:
        NotGradableError: not a readable notebook of format 4.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        raise NotGradableError(f"{path} cannot be read: {_why(error)}") from None
    if not text.strip():
        raise NotGradableError(f"{path} is empty")
    try:
        numbered = enumerate(_cells(json.loads(text)), start=1)
        return [Cell(number, _source(cell)) for number, cell in numbered if cell["cell_type"] == "code"]
    except NotGradableError as error:
        raise NotGradableError(f"{path} is not a notebook that can be graded: {error}") from None
    except (ValueError, RecursionError, TypeError, KeyError, AttributeError):
        raise NotGradableError(f"{path} is not a notebook: an .ipynb file saved by Jupyter is expected") from None


def _why(error: Exception) -> str:
    """A reason without the path, which the sentence has already."""
    return getattr(error, "strerror", None) or "it is not UTF-8 text"


def _cells(notebook: Any) -> list[Any]:
    """The list of cells."""
    if "worksheets" in notebook:
        raise NotGradableError("its format is older than 4; open it in JupyterLab and save it")
    return list(notebook["cells"])


def _source(cell: Any) -> str:
    """A cell's source, which may be stored as one string or as lines."""
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


@dataclass
class Child:
    """One running child process."""

    process: "subprocess.Popen[bytes]"
    lines: "queue.Queue[bytes]" = field(default_factory=queue.Queue)
    last_words: str = ""

    def __post_init__(self) -> None:
        """Read its reports in a thread, since a pipe cannot be read with a time limit on every system."""
        self._reader = threading.Thread(target=self._pump, daemon=True)
        self._reader.start()

    def _pump(self) -> None:
        """Queue lines until the end or until there are too many; an empty line stands for the end."""
        stream, left = self.process.stdout, MOST_BYTES
        assert stream is not None
        with contextlib.suppress(ValueError, OSError):  # the pipe is closed when the child has been ended
            while left > 0 and (line := stream.readline(left)):
                self.lines.put(line)
                left -= len(line)
        self.lines.put(b"")

    def report(self, key: str, deadline: float) -> Any:
        """The next report's value under this key.

        Raises:
            TimeUp: none came before the deadline.
            EOFError: the process has ended.
            ValueError: it is not a report.
        """
        try:
            line = self.lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            raise TimeUp from None
        if not line.endswith(b"\n"):
            raise EOFError(self._end())
        try:
            return json.loads(line)[key]
        except (ValueError, RecursionError, TypeError, KeyError):
            raise ValueError("it wrote into the grader's channel") from None

    def _end(self) -> str:
        """How the process ended, in words."""
        try:
            code = self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return "it closed or flooded the grader's channel"
        number = -code if code < 0 else code - 128  # bwrap passes a signal on as 128 + its number
        with contextlib.suppress(ValueError):
            return f"it ended the Python process ({signal.Signals(number).name})"
        return f"it ended the Python process (exit code {code})"

    def end(self) -> None:
        """End the process and what it started, and close its pipes."""
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL) if hasattr(os, "killpg") else self.process.kill()
        self.process.wait()
        self._reader.join(timeout=1)
        if (
            not self._reader.is_alive()
        ):  # else something that escaped still holds the pipe, and closing would wait for it
            self._close()

    def _close(self) -> None:
        """Close both pipes; what is left on stderr is why it did not start."""
        assert self.process.stdout is not None and self.process.stderr is not None
        self.last_words = self.process.stderr.readline().decode(errors="replace").strip()
        self.process.stdout.close()
        self.process.stderr.close()


@dataclass
class Sandbox:
    """Starts children in the best enclosure that works here; keeps their program in a directory of its own."""

    directory: Path
    bwrap: str | None
    reason: str = "bwrap not found"

    @property
    def name(self) -> str:
        """What holds the children, in words."""
        return BUBBLEWRAP if self.bwrap else f"import rule, time and memory limits only ({self.reason})"

    @contextlib.contextmanager
    def child(self, cells: Sequence[Source], requests: Sequence[Request], time_limit: float) -> Iterator[Child]:
        """A child that has read its job and is about to run the first cell."""
        limits = resource_limits(time_limit * (len(requests) + 1))
        job = {"cells": cells, "tasks": [_packed(request) for request in requests], "limits": limits}
        child = self._started(job)
        try:
            yield child
        finally:
            child.end()

    def _started(self, job: dict[str, Any]) -> Child:
        """A child that has said it is ready; gives up on bwrap for good if that does not work."""
        child = self._launched(job)
        try:
            child.report("ready", time.monotonic() + START_LIMIT)
        except (TimeUp, EOFError, ValueError):
            child.end()
            self.reason = child.last_words or "the sandbox did not start"
            if not self.bwrap:
                raise NotGradableError(f"Python cannot be started to run the notebook: {self.reason}") from None
            self.bwrap = None
            return self._started(job)
        return child

    def _launched(self, job: dict[str, Any]) -> Child:
        """A process that has been sent its job."""
        packages = package_directories()
        command, home = [python(), "-I", "-S", "-B"], str(self.directory)
        if self.bwrap:
            command, home = [*bubblewrap(self.bwrap, self.directory, packages), *command], "/grader"
        site = ["/site"] if self.bwrap else sorted({str(package.parent) for package in packages})
        process = subprocess.Popen(
            [*command, f"{home}/{PROGRAM[0]}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.directory,
            env=environment(),
            start_new_session=True,
        )
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError), process.stdin as stdin:
            stdin.write(json.dumps({**job, "site": site}).encode())
        return Child(process)


@contextlib.contextmanager
def sandbox(use_bwrap: bool = True) -> Iterator[Sandbox]:
    """The sandbox of this machine, for as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix="recmath-grading-") as name:
        for program in PROGRAM:
            shutil.copy(PACKAGE / program, name)
        yield Sandbox(Path(name), shutil.which("bwrap") if use_bwrap else None)


def run(cells: Sequence[Cell], requests: Sequence[Request], time_limit: float, box: Sandbox) -> Run:
    """Run a notebook and fetch its answers.

    A cell or an answer that hangs or ends the process costs itself: the child is started again without that cell, or
    for the answers that are left. The second cell that hangs ends the run of cells, so that time-outs do not add up.
    """
    left: list[Source] = [(cell.number, cell.source) for cell in cells]
    errors, answers = [""] * len(cells), list[Answer]()
    failures = {"timeout": 0, "crash": 0}
    while True:
        with box.child(left, requests[len(answers) :], time_limit) as child:
            failed = _read_cells(child, left, errors, time_limit)
            if failed is None:
                if _read_answers(child, requests, answers, time_limit):
                    ran = [replace(cell, error=error) for cell, error in zip(cells, errors, strict=True)]
                    return Run(answers, ran, box.name)
                continue
        place, sort = failed
        failures[sort] += 1
        hopeless = failures["timeout"] > 1 or failures["crash"] > MOST_CRASHES
        end = len(left) if hopeless else place + 1
        left[place:end] = [(number, None) for number, _ in left[place:end]]


def _read_cells(child: Child, cells: Sequence[Source], errors: list[str], time_limit: float) -> tuple[int, str] | None:
    """Fill in what the cells raised; the place and sort of failure of the first cell that never came back."""
    deadline = time.monotonic() + time_limit
    for place, (_, source) in enumerate(cells):
        try:
            told = printable(str(child.report("cell", deadline))[:300])
        except TimeUp:
            errors[place] = f"did not finish within {time_limit:g} seconds, and was left out"
            return place, "timeout"
        except (EOFError, ValueError) as error:
            errors[place] = f"{error}, and was left out"
            return place, "crash"
        errors[place] = told if source is not None else errors[place]
    return None


def _read_answers(child: Child, requests: Sequence[Request], answers: list[Answer], time_limit: float) -> bool:
    """Append answers, task by task; False if the child is lost and another must go on."""
    while len(answers) < len(requests):
        found, lost = _read_answer(child, requests[len(answers)], time.monotonic() + time_limit)
        answers.append(found)
        if lost:
            return len(answers) == len(requests)
    return True


def _read_answer(child: Child, request: Request, deadline: float) -> tuple[Answer, bool]:
    """One answer, and whether the child was lost on the way."""
    found: list[Outcome] = []
    uses = frozenset[str]()
    try:
        uses = frozenset(map(str, child.report("uses", deadline)))
        for _ in range(1 if request.calls is None else len(request.calls)):
            found.append(unpack_outcome(child.report("outcome", deadline)))
            if found[-1].sort in {"missing", "not callable"}:
                break
        child.report("done", deadline)
    except TimeUp:
        return Answer([*found, Outcome("timeout")], uses), True
    except EOFError as error:
        return Answer([*found, Outcome("crash", text=str(error))], uses), True
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Answer([Outcome("damaged")]), True
    return Answer(found, uses), False


def _packed(request: Request) -> dict[str, Any]:
    """A request as what JSON can hold."""
    calls = None if request.calls is None else [[pack(tuple(args)), pack(kwargs)] for args, kwargs in request.calls]
    return {"name": request.name, "calls": calls}


def python() -> str:
    """The interpreter itself, not the virtual environment's link to it: what lies beside the link stays outside."""
    return os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)


def package_directories() -> list[Path]:
    """Where numpy and scipy lie, with the libraries their wheels bring."""
    found = []
    for name in ("numpy", "scipy"):
        spec = importlib.util.find_spec(name)
        assert spec is not None and spec.origin is not None
        package = Path(spec.origin).resolve().parent
        found += [package, *(libs for libs in [package.with_name(f"{name}.libs")] if libs.is_dir())]
    return found


def environment() -> dict[str, str]:
    """What the child inherits: what starting Python takes (Windows finds its libraries by PATH), and one thread."""
    names = ("SYSTEMROOT", "LD_LIBRARY_PATH", *(["PATH"] if os.name == "nt" else []))
    kept = {name: os.environ[name] for name in names if name in os.environ}
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return {**kept, **threads, "HOME": tempfile.gettempdir(), "LANG": "C.UTF-8"}


def resource_limits(seconds: float) -> Mapping[str, int]:
    """Backstops behind the time limit: 4 GB of memory, 64 MB a file, 64 processes and threads."""
    sizes = {"RLIMIT_AS": 4 * 2**30, "RLIMIT_FSIZE": 64 * 2**20, "RLIMIT_CORE": 0}
    return {**sizes, "RLIMIT_NPROC": 64, "RLIMIT_CPU": int(seconds) + 10}


def bubblewrap(bwrap: str, program: Path, packages: Sequence[Path]) -> list[str]:
    """The command that starts what follows it with Python, numpy, scipy and the child's program, and no other file."""
    bound = [Path("/usr"), Path(sys.base_prefix).resolve()]
    binds = [str(part) for path in bound for part in ("--ro-bind", path, path)]
    binds += [part for name in ("bin", "lib", "lib64") for part in _linked(Path("/", name))]
    binds += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]
    binds += [part for path in hidden(bound) for part in ("--tmpfs", str(path))]
    for package in packages:
        binds += ["--ro-bind", str(package), f"/site/{package.name}"]
    binds += ["--ro-bind", str(program), "/grader", "--dev", "/dev", *bounded(bwrap), "--tmpfs", "/tmp"]
    alone = [
        "--chdir",
        "/tmp",
        "--unshare-all",
        "--die-with-parent",
        "--new-session",
        "--cap-drop",
        "ALL",
        "--remount-ro",
        "/",
    ]
    return [bwrap, *binds, *alone, "--"]


@cache
def bounded(bwrap: str) -> tuple[str, ...]:
    """The option that bounds the tmpfs after it to 64 MB of memory, if this bwrap has it (0.7 and later)."""
    told = subprocess.run([bwrap, "--help"], capture_output=True, text=True, check=False)
    return ("--size", str(64 * 2**20)) if "--size" in told.stdout + told.stderr else ()


def _linked(path: Path) -> list[str]:
    """How to have /lib and its like in the sandbox: a link where it is one, bound where it is a directory."""
    if path.is_symlink():
        return ["--symlink", os.readlink(path), str(path)]
    return ["--ro-bind", str(path), str(path)] if path.is_dir() else []


def hidden(bound: Sequence[Path]) -> list[Path]:
    """The course's own directories that would show in what is bound: the package, and the checkout around it."""
    checkout = [PACKAGE.parent] if (PACKAGE.parent / "course.py").exists() else []
    return [path for path in [PACKAGE, *checkout] if any(path.is_relative_to(shown) for shown in bound)]
