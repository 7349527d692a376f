#!/usr/bin/env python3
"""Set up the course and open it: python3 course.py COMMAND

  lab        open the lessons in JupyterLab; what you add (--no-browser, --port 8899) goes to JupyterLab
  test       run every test and every notebook; what you add goes to pytest
             --no-skips  a skipped test is a failure (so it is where CI=true)
             --blas      only the notebooks, once under each of three kernels of OpenBLAS
  build      build the notebooks from text/; --check only says whether they are up to date
  equations  list every equation with its lesson, function and test
  doctor     say what is there, what is missing and what to do

The first start makes .venv beside this file and installs the pinned packages into it; doctor never does.
With --here a command uses the Python that runs this file, as it is (for conda).
"""

import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 14):  # before anything that an older Python cannot read
    sys.exit(
        "The course needs Python 3.11 to 3.14 and this is Python {}.{}: "
        "start it with one of those, for example python3.12 course.py lab.".format(*sys.version_info)
    )

import hashlib
import json
import os
import platform
import shutil
import subprocess
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent
PIN_FILES = ("pyproject.toml", "constraints.txt")
EXTRAS = ("course", "real", "test")
COPIED = ("notebooks", "exercises")
EXECUTED = ("notebooks", "exercises", "solutions")
NBVAL = (
    "--nbval",
    "--nbval-current-env",
    "--nbval-cell-timeout=120",
    "--nbval-sanitize-with=tests/nbval.cfg",
)
KERNELS = ("Haswell", "SkylakeX", "Prescott")
START = "python3 course.py"
FOR_DEBIAN = " (Debian and Ubuntu: apt-get install python3-venv)"


class SetUpError(Exception):
    """What stopped the set-up, in words that say what to do."""


def say(text: str) -> None:
    print(f"recmath: {text}", flush=True)


# Child processes


def surroundings(**more: str) -> dict[str, str]:
    """The environment of every child process: this one's, without what would mix another Python into .venv."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    return {**kept, "PYTHONUTF8": "1", **more}  # one encoding for what is read and printed, on Windows too


def works(command: list[str], **more: str) -> bool:
    """Whether a command can be run and succeeds; what it prints is not shown."""
    quiet = subprocess.DEVNULL
    try:
        return subprocess.call(command, env=surroundings(**more), stdin=quiet, stdout=quiet, stderr=quiet) == 0
    except OSError:
        return False


def become(command: list[str], root: Path) -> int:
    """Go on as another program, so that signals and the exit code are its own."""
    if os.name != "nt":  # there exec gives the prompt back at once
        os.chdir(root)
        os.execve(command[0], command, surroundings())
    return subprocess.call(command, cwd=root, env=surroundings())


# Set-up


def venv_python(root: Path, windows: bool = os.name == "nt") -> Path:
    return root / ".venv" / ("Scripts/python.exe" if windows else "bin/python")


def stamp_file(root: Path) -> Path:
    return root / ".venv" / "recmath.json"


def base_python() -> str:
    """The Python outside any virtual environment, which is still there when .venv has been removed."""
    return getattr(sys, "_base_executable", None) or sys.executable


def wanted_stamp(root: Path) -> dict[str, str]:
    """What a finished set-up of this checkout has in its stamp."""
    pins = b"\0".join((root / name).read_bytes() for name in PIN_FILES)
    return {"pins": hashlib.sha256(pins).hexdigest(), "python": platform.python_version(), "place": str(root)}


def read_json(path: Path) -> dict[str, str]:
    """The strings stored in a file; empty if it is missing, cut short or not ours."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}


def next_step(root: Path) -> str:
    """What the set-up has to do here: "make" .venv (anew), "update" it, or "nothing"."""
    if not (root / ".venv" / "pyvenv.cfg").exists():
        return "make"  # nothing there, or half removed
    if not stamp_file(root).exists():
        return "update"  # somebody else's .venv: add to it, never delete it
    stamp, wanted = read_json(stamp_file(root)), wanted_stamp(root)
    other = any(stamp.get(key) != wanted[key] for key in ("python", "place"))
    if other or not works([str(venv_python(root)), "-c", ""]):
        return "make"  # half made, moved, or of another Python
    return "nothing" if stamp == wanted else "update"


def make_venv(root: Path) -> None:
    """Make .venv anew; its empty stamp says that it is ours and not finished."""
    say(f"making .venv with Python {platform.python_version()}")
    remove_venv(root / ".venv")
    (root / ".venv").mkdir()
    stamp_file(root).write_text("{}", encoding="utf-8")
    command = [base_python(), "-m", "venv", str(root / ".venv")]
    if not works(command) and not works([*command, "--without-pip"]):
        raise SetUpError(f"this Python cannot make a virtual environment: install its venv module{FOR_DEBIAN}.")


def remove_venv(venv: Path) -> None:
    """Remove .venv, first the file that makes it one: half removed, it must not pass for whole."""
    try:
        if venv.exists():
            (venv / "pyvenv.cfg").unlink(missing_ok=True)
            shutil.rmtree(venv)
    except OSError as error:
        raise SetUpError(f"cannot remove .venv ({error}): close what uses it, delete it and start again.") from error


def pip_of(root: Path) -> list[str]:
    """The pip of .venv, or the one outside where this Python has no ensurepip to bring one in."""
    python = str(venv_python(root))
    if not works([python, "-c", ""]):
        raise SetUpError("the Python in .venv does not run: delete .venv and start again.")
    for command in ([python, "-m", "pip"], [base_python(), "-m", "pip", "--python", python]):
        if works([*command, "--version"]):
            return command
    raise SetUpError(f"this Python has neither ensurepip nor a pip of 22.3 or later: install one of them{FOR_DEBIAN}.")


def pip_install(root: Path, *what: str) -> None:
    """Install under the pins; pip is silent but for errors."""
    # Compiling every module takes two thirds of the time; what is imported is compiled then.
    command = [*pip_of(root), "install", "-qq", "--no-compile", "-c", "constraints.txt", *what]
    if subprocess.call(command, cwd=root, env=surroundings()) != 0:
        raise SetUpError(f"pip could not install the packages; it says why above. Then start again: {START} lab")


def install(root: Path) -> None:
    """Install the course and its pinned packages into .venv."""
    if stamp_file(root).exists():
        stamp_file(root).write_text("{}", encoding="utf-8")
    say("installing the pinned packages, 1 to 3 minutes on a good line")
    pip_install(root, "pip", "flit_core")  # first and pinned, so that pip fetches no other build backend
    pip_install(root, "--no-build-isolation", "-e", f".[{','.join(EXTRAS)}]")
    relative_link(root)


def relative_link(root: Path) -> None:
    """Point from .venv to the checkout in ASCII: before Python 3.13 a .pth file is read in the locale's encoding."""
    for link in (root / ".venv").glob("**/site-packages/recmath_lib.pth"):
        link.write_text(os.path.relpath(root, link.parent), encoding="ascii")


def set_up(root: Path) -> Path:
    """Bring .venv up to date and return its Python; nothing is done where the stamp fits."""
    step, start = next_step(root), time.monotonic()
    if step == "make":
        make_venv(root)
    if step != "nothing":
        install(root)
        stamp_file(root).write_text(json.dumps(wanted_stamp(root)), encoding="utf-8")  # last: now it is whole
        say(f"set up in {time.monotonic() - start:.0f} s; from here on no network is needed")
    return venv_python(root)


# lab


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def copy_lessons(root: Path) -> tuple[list[str], list[str]]:
    """Copy what my_work lacks; return the names copied, and those kept although the course has a newer version."""
    work, record = root / "my_work", root / "my_work" / ".copied.json"
    shipped = {f"{path.parent.name}/{path.name}": path for folder in COPIED for path in (root / folder).glob("*.ipynb")}
    missing = sorted(name for name in shipped if not (work / name).exists())
    for name in missing:
        copy_whole(shipped[name], work / name)
    alike = {name: digest(path) for name, path in shipped.items() if digest(work / name) == digest(path)}
    copied = read_json(record) | alike
    kept = sorted(name for name, path in shipped.items() if copied.get(name) != digest(path))
    work.mkdir(exist_ok=True)
    record.write_text(json.dumps(copied, indent=1), encoding="utf-8")
    return missing, kept


def copy_whole(source: Path, target: Path) -> None:
    """Copy under another name first: an interrupted copy must not pass for the learner's notebook."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    shutil.copyfile(source, partial)
    partial.replace(target)


def lab(root: Path, python: Path, args: list[str]) -> int:
    """Fill my_work and open it in JupyterLab."""
    copied, kept = copy_lessons(root)
    if copied:
        say(f"copied to my_work: {', '.join(copied)}")
    if kept:
        say(f"kept yours, though the course has a newer version (rename yours to get it): {', '.join(kept)}")
    say("opening JupyterLab; Ctrl-C here ends it")
    return become([str(python), "-m", "jupyterlab", *lab_options(root), *args], root)


def lab_options(root: Path) -> list[str]:
    options = [
        f"--ServerApp.root_dir={root / 'my_work'}",
        "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    administrator = hasattr(os, "geteuid") and os.geteuid() == 0  # in containers; Jupyter refuses without the option
    return [*options, "--allow-root"] if administrator else options


# test


def in_ci() -> bool:
    return os.environ.get("CI", "").lower() in ("1", "true")


def pytest_command(root: Path, python: Path, args: list[str], folders: tuple[str, ...]) -> list[str]:
    """One run of pytest over the folders, or over the files that the arguments name."""
    wanted = [arg for arg in args if arg != "--no-skips"]
    strict = ["-p", "no_skips"] if in_ci() or "--no-skips" in args else []
    named = any((root / arg.partition("::")[0]).exists() for arg in wanted if not arg.startswith("-"))
    places = [] if named else [folder for folder in folders if (root / folder).is_dir()]
    return [str(python), "-m", "pytest", "-rfEs", *NBVAL, *strict, *wanted, *places]


def test(root: Path, python: Path, args: list[str]) -> int:
    """Run every test and every notebook, or with --blas the notebooks under each kernel."""
    if "--blas" in args:
        return test_blas(root, python, [arg for arg in args if arg != "--blas"])
    return become(pytest_command(root, python, args, ("tests", *EXECUTED)), root)


USES_KERNEL = """
import sys, numpy, scipy.linalg, threadpoolctl
scipy.linalg.lu(numpy.eye(64) @ numpy.eye(64))
names = {lib["architecture"] for lib in threadpoolctl.threadpool_info() if lib["internal_api"] == "openblas"}
sys.exit({{"Katmai": "Prescott"}.get(name, name) for name in names} != {sys.argv[1]})  # one kernel, two names
"""


def test_blas(root: Path, python: Path, args: list[str]) -> int:
    """Run the notebooks once under each kernel that this processor can run; the worst exit code of them."""
    command, codes = pytest_command(root, python, args, EXECUTED), []
    for kernel in KERNELS:
        if works([str(python), "-c", USES_KERNEL, kernel], OPENBLAS_CORETYPE=kernel):
            say(f"the notebooks under OpenBLAS {kernel}")
            codes.append(subprocess.call(command, cwd=root, env=surroundings(OPENBLAS_CORETYPE=kernel)))
        else:
            say(f"skipped OpenBLAS {kernel}: this processor, or this build of NumPy and SciPy, cannot run it")
    if not codes:
        say("nothing was compared: none of the three kernels runs here")
    return max(codes, default=1)


# build, equations


def build(root: Path, python: Path, args: list[str]) -> int:
    return become([str(python), "tools/build.py", *args], root)


def equations(root: Path, python: Path, args: list[str]) -> int:
    return become([str(python), "tools/equations.py", *args], root)


# doctor


@dataclass(frozen=True)
class Finding:
    """One line of the doctor; without a remedy all is well."""

    text: str
    remedy: str = ""
    needed: bool = True

    def line(self) -> str:
        state = "ok" if not self.remedy else "missing" if self.needed else "optional"
        return f"{state:9} {self.text}" + (f"\n          -> {self.remedy}" if self.remedy else "")


def setup_finding(root: Path) -> Finding:
    texts = {
        "make": "set-up: there is no finished .venv for this Python in this place",
        "update": "set-up: .venv is not the one of today's pins",
        "nothing": "set-up: .venv is up to date",
    }
    step = next_step(root)
    return Finding(texts[step], "" if step == "nothing" else f"{START} lab (or test)")


def direct_names(root: Path) -> list[str]:
    """The packages that pyproject.toml asks for by name."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(line for extra in EXTRAS for line in extras[extra])]
    return [normal(line.translate(str.maketrans("<>=!~;[", "       ")).split()[0]) for line in wanted]


def normal(name: str) -> str:
    return name.lower().replace("_", "-")


def pinned_versions(root: Path) -> dict[str, set[str]]:
    """The pinned versions of each package; some have one for older and one for newer Pythons."""
    pins: dict[str, set[str]] = {}
    for line in (root / "constraints.txt").read_text(encoding="utf-8").splitlines():
        name, found, version = line.partition(";")[0].partition("==")
        if found:
            pins.setdefault(normal(name), set()).add(version.strip())
    return pins


INSTALLED = """
import importlib.metadata, json
print(json.dumps({found.metadata["Name"]: found.version for found in importlib.metadata.distributions()}))
"""


def ask(python: Path, program: str) -> tuple[bool, str]:
    """Whether a short program ran through, and what it printed, or the last line of its complaint."""
    try:
        done = subprocess.run(
            [str(python), "-c", program], env=surroundings(), capture_output=True, text=True, encoding="utf-8"
        )
    except OSError as error:
        return False, str(error)
    complaint = (done.stderr.strip().splitlines() or ["no message"])[-1]
    return (True, done.stdout) if done.returncode == 0 else (False, complaint)


def package_findings(root: Path, python: Path) -> list[Finding]:
    ran, printed = ask(python, INSTALLED)
    installed = {normal(name): version for name, version in json.loads(printed).items()} if ran else {}
    pins = pinned_versions(root)
    return [package_finding(name, installed.get(name), pins.get(name, set())) for name in direct_names(root)]


def package_finding(name: str, version: str | None, pins: set[str]) -> Finding:
    pinned = " or ".join(sorted(pins)) or "no version"
    if version in pins:
        return Finding(f"{name} {version}")
    have = f"{name} {version}" if version else f"{name} is not installed"
    return Finding(f"{have}, pinned is {pinned}", f"delete .venv, then {START} lab")


def data_finding(python: Path, loader: str, what: str) -> Finding:
    ran, printed = ask(python, f"from recmath_lib import datasets; datasets.{loader}()")
    return Finding(f"{what} loads") if ran else Finding(f"{what} does not load: {printed}", f"{START} lab mends .venv")


BROWSERS = [[name, "--version"] for name in ("chromium", "chromium-browser", "google-chrome")]
SANDBOXES = [["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"]]


def program_finding(package: str, trials: list[list[str]], lost: str) -> Finding:
    found = next((trial[0] for trial in trials if works(trial)), None)
    if found:
        return Finding(f"{found} runs")
    remedy = f"install it from your system's packages (Debian: apt-get install {package})"
    return Finding(f"{package} is not installed or cannot run here: {lost}", remedy, needed=False)


def doctor(root: Path, python: Path, args: list[str]) -> int:
    """Print what is there and what is missing; 1 if something needed is missing."""
    findings = [
        Finding(f"Python {platform.python_version()}"),
        setup_finding(root),
        *package_findings(root, python),
        data_finding(python, "load_cinema", "the cinema"),
        data_finding(python, "load_movielens", "MovieLens (file and checksum)"),
        program_finding("chromium", BROWSERS, "browser tests are skipped"),
        program_finding("bubblewrap", SANDBOXES, "submissions are graded in a child process without a sandbox"),
    ]
    print("\n".join(finding.line() for finding in findings))
    missing = sum(bool(finding.remedy) and finding.needed for finding in findings)
    say(f"{missing} of the things needed are missing; each line above says what to do" if missing else "all is well")
    return 1 if missing else 0


COMMANDS: dict[str, Callable[[Path, Path, list[str]], int]] = {
    "lab": lab,
    "test": test,
    "build": build,
    "equations": equations,
    "doctor": doctor,
}


def main(argv: list[str], root: Path = ROOT) -> int:
    """Run one command and return its exit code."""
    command, *args = argv or ["--help"]
    wants_help = bool({"-h", "--help", "help"} & {command, *args})
    if wants_help or command not in COMMANDS:
        print(__doc__)
        return 0 if wants_help else 2
    here = "--here" in args
    try:
        python = Path(sys.executable) if here else venv_python(root) if command == "doctor" else set_up(root)
        return COMMANDS[command](root, python, [arg for arg in args if arg != "--here"])
    except (SetUpError, OSError) as error:  # OSError: a full disk, a folder that may not be written
        print(f"recmath: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nrecmath: interrupted; the next start goes on from here", file=sys.stderr)
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
