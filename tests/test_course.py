"""course.py: the set-up, its stamp, what it mends, and what the commands hand on."""

import ast
import json
import os
import runpy
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import course

SOURCE = course.ROOT / "course.py"
PIP_CALLS = 2  # pip and the build backend, then the course


@dataclass
class Machine:
    """Stands in for venv and pip: makes the files they make, and counts what is asked of them."""

    ensurepip: bool = True
    pip_outside: bool = True
    stop_at: int = 0  # the call, counted from 1, during which the learner interrupts
    pip_code: int = 0
    commands: list[list[str]] = field(default_factory=list)

    def note(self, command: list[str]) -> None:
        self.commands.append(command)
        if len(self.commands) == self.stop_at:
            raise KeyboardInterrupt

    def works(self, command: list[str], **more: str) -> bool:
        if command[-1] == "--version":
            return self.ensurepip if command[0] != course.base_python() else self.pip_outside
        if "venv" not in command:
            return Path(command[0]).exists()
        self.note(command)
        return self.make_venv(Path(command[3])) and (self.ensurepip or "--without-pip" in command)

    def make_venv(self, venv: Path) -> bool:
        (venv / "pyvenv.cfg").touch()
        course.venv_python(venv.parent).parent.mkdir(exist_ok=True)
        course.venv_python(venv.parent).touch()
        return True

    def call(self, command: list[str], **more: object) -> int:
        self.note(command)
        return self.pip_code

    def install(self, monkeypatch: pytest.MonkeyPatch) -> "Machine":
        monkeypatch.setattr(course, "works", self.works)
        monkeypatch.setattr(subprocess, "call", self.call)
        return self


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout in a path with blanks and a letter outside ASCII."""
    folder = tmp_path / "a path with blänks"
    for name in course.COPIED:
        (folder / name).mkdir(parents=True)
    (folder / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    (folder / "constraints.txt").write_text("numpy==2.4.6\n", encoding="utf-8")
    return folder


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine().install(monkeypatch)


@pytest.fixture
def handed_on(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that would have replaced this process."""
    commands: list[list[str]] = []
    monkeypatch.setattr(course, "become", lambda command, root: commands.append(command) or 0)
    return commands


# Old Pythons


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 9, 18), (3, 10, 13), (3, 15, 0)])
def test_another_python_gets_one_sentence(version: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    monkeypatch.setitem(sys.modules, "tomllib", None)  # an old Python has none: the sentence must come before
    with pytest.raises(SystemExit, match=rf"needs Python 3.11 to 3.14 and this is Python 3.{version[1]}:") as stop:
        runpy.run_path(str(SOURCE), run_name="__main__")
    assert str(stop.value).count(". ") == 0


def test_an_old_python_can_read_the_file() -> None:
    ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 6))


def test_uses_the_standard_library_only() -> None:
    nodes = list(ast.walk(ast.parse(SOURCE.read_text(encoding="utf-8"))))
    imported = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    imported += [str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)]
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


# Set-up


def test_the_first_start_sets_up_and_the_second_does_no_pip_work(root: Path, machine: Machine) -> None:
    course.set_up(root)
    assert [("pip" in command, "venv" in command) for command in machine.commands] == [
        (False, True),
        (True, False),
        (True, False),
    ]
    before = list(machine.commands)
    assert course.set_up(root) == course.venv_python(root)
    assert machine.commands == before


def test_everything_is_installed_under_the_pins(root: Path, machine: Machine) -> None:
    course.set_up(root)
    backend, package = machine.commands[1:]
    for command in (backend, package):
        assert command[command.index("-c") + 1] == "constraints.txt"
        assert not any("://" in word or "index" in word for word in command)
    assert "flit_core" in backend
    assert "--no-build-isolation" in package and package[-1] == ".[course,real,test]"


@pytest.mark.parametrize("stop_at", [1, 2, 3])
def test_an_interrupted_first_set_up_is_done_again(stop_at: int, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Machine(stop_at=stop_at).install(monkeypatch)
    assert course.main(["test"], root) == 130
    mended = Machine().install(monkeypatch)
    course.set_up(root)
    assert course.next_step(root) == "nothing"
    assert len(mended.commands) == 1 + PIP_CALLS  # from scratch: a killed pip leaves packages half written


@pytest.mark.parametrize("stop_at", [1, 2])
def test_an_interrupted_update_is_done_again(stop_at: int, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Machine().install(monkeypatch)
    course.set_up(root)
    (root / "constraints.txt").write_text("numpy==2.5.5\n", encoding="utf-8")
    Machine(stop_at=stop_at).install(monkeypatch)
    assert course.main(["test"], root) == 130
    assert course.next_step(root) == "make"


def test_new_pins_update_what_is_there(root: Path, machine: Machine) -> None:
    course.set_up(root)
    (root / "constraints.txt").write_text("numpy==2.5.5\n", encoding="utf-8")
    assert course.next_step(root) == "update"
    course.set_up(root)
    assert len(machine.commands) == 1 + PIP_CALLS + PIP_CALLS
    assert course.next_step(root) == "nothing"


@pytest.mark.parametrize("change", [{"python": "3.10.1"}, {"place": "/elsewhere"}])
def test_another_python_or_place_starts_anew(change: dict[str, str], root: Path, machine: Machine) -> None:
    course.set_up(root)
    leftover = root / ".venv" / "leftover"
    leftover.touch()
    course.stamp_file(root).write_text(json.dumps(course.wanted_stamp(root) | change), encoding="utf-8")
    course.set_up(root)
    assert not leftover.exists() and course.next_step(root) == "nothing"


@pytest.mark.parametrize("stamp", ["", "{", "[]", "null", "{}"])
def test_a_stamp_cut_short_counts_as_none(stamp: str, root: Path, machine: Machine) -> None:
    course.set_up(root)
    course.stamp_file(root).write_text(stamp, encoding="utf-8")
    assert course.next_step(root) == "make"


def test_a_half_removed_venv_is_made_anew(root: Path, machine: Machine) -> None:
    course.set_up(root)
    (root / ".venv" / "pyvenv.cfg").unlink()
    assert course.next_step(root) == "make"


def test_a_python_that_is_gone_starts_anew(root: Path, machine: Machine) -> None:
    course.set_up(root)
    course.venv_python(root).unlink()
    assert course.next_step(root) == "make"


def test_a_venv_of_somebody_else_is_added_to_and_never_deleted(root: Path, machine: Machine) -> None:
    (root / ".venv").mkdir()
    machine.make_venv(root / ".venv")
    course.set_up(root)
    assert len(machine.commands) == PIP_CALLS
    assert course.next_step(root) == "nothing"


def test_without_ensurepip_the_pip_outside_is_used(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(ensurepip=False).install(monkeypatch)
    course.set_up(root)
    assert machine.commands[1][-1] == "--without-pip"
    expected = [course.base_python(), "-m", "pip", "--python", str(course.venv_python(root)), "install"]
    assert [command[:6] for command in machine.commands[2:]] == [expected] * PIP_CALLS


def test_without_any_pip_the_learner_is_told_what_to_install(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Machine(ensurepip=False, pip_outside=False).install(monkeypatch)
    assert course.main(["lab"], root) == 1
    assert "neither ensurepip nor a pip of 22.3 or later: install one of them" in capsys.readouterr().err


def test_when_pip_fails_nothing_is_stamped(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Machine(pip_code=1).install(monkeypatch)
    assert course.main(["lab"], root) == 1
    assert course.next_step(root) == "make"


def test_a_folder_that_may_not_be_written_is_said_in_one_line(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", ".venv")

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert course.main(["lab"], root) == 1
    assert capsys.readouterr().err == "recmath: [Errno 13] Permission denied: '.venv'\n"


@pytest.fixture
def bare_venvs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Real virtual environments, but without pip and without packages, which is what takes the time."""
    real = course.works
    monkeypatch.setattr(course, "works", lambda command, **more: command[2:-1] != ["venv"] and real(command, **more))
    monkeypatch.setattr(course, "install", lambda root: None)


@pytest.mark.usefixtures("bare_venvs")
def test_a_moved_checkout_gets_a_venv_that_works_there(root: Path) -> None:
    course.set_up(root)
    moved = root.rename(root.with_name("moved ünd away"))
    assert course.next_step(moved) == "make"
    ran, prefix = course.ask(course.set_up(moved), "import sys; print(sys.prefix)")
    assert ran and Path(prefix.strip()) == moved / ".venv"


@pytest.mark.usefixtures("bare_venvs")
def test_the_course_is_found_in_any_locale(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = course.set_up(root)
    (root / "recmath_lib.py").touch()
    packages = course.ask(python, "import sysconfig; print(sysconfig.get_path('purelib'))")[1].strip()
    Path(packages, "recmath_lib.pth").write_text(f"{root}\n", encoding="utf-8")  # as pip leaves it
    course.relative_link(root)
    for name, value in {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0"}.items():
        monkeypatch.setenv(name, value)
    assert course.ask(python, "import recmath_lib") == (True, "")


def test_children_do_not_see_packages_of_another_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy")
    assert "PYTHONPATH" not in course.surroundings()
    assert course.surroundings(LANG="C")["HTTPS_PROXY"] == "http://proxy"


def test_knows_where_windows_puts_python() -> None:
    assert course.venv_python(Path("here"), windows=True) == Path("here/.venv/Scripts/python.exe")
    assert course.venv_python(Path("here"), windows=False) == Path("here/.venv/bin/python")


# lab


def ship(root: Path, name: str, text: str) -> None:
    (root / name).write_text(text, encoding="utf-8")


def test_copies_what_is_missing_and_never_overwrites(root: Path) -> None:
    ship(root, "notebooks/00.ipynb", "lesson")
    ship(root, "exercises/04.ipynb", "stub")
    assert course.copy_lessons(root) == (["exercises/04.ipynb", "notebooks/00.ipynb"], [])
    ship(root, "my_work/exercises/04.ipynb", "my answer")
    assert course.copy_lessons(root) == ([], [])
    assert (root / "my_work/exercises/04.ipynb").read_text(encoding="utf-8") == "my answer"


@pytest.mark.parametrize("mine", ["stub", "my answer"])
def test_keeps_the_learners_file_when_the_course_has_a_newer_one(mine: str, root: Path) -> None:
    ship(root, "exercises/04.ipynb", "stub")
    course.copy_lessons(root)
    ship(root, "my_work/exercises/04.ipynb", mine)
    ship(root, "exercises/04.ipynb", "newer stub")
    assert course.copy_lessons(root) == ([], ["exercises/04.ipynb"])
    assert (root / "my_work/exercises/04.ipynb").read_text(encoding="utf-8") == mine
    (root / "my_work/exercises/04.ipynb").unlink()
    assert course.copy_lessons(root) == (["exercises/04.ipynb"], [])


def test_an_interrupted_copy_is_not_taken_for_a_notebook(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop_half_way(source: Path, target: Path) -> None:
        target.write_text("les", encoding="utf-8")
        raise KeyboardInterrupt

    ship(root, "notebooks/00.ipynb", "lesson")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(course.shutil, "copyfile", stop_half_way)
        course.copy_lessons(root)
    assert course.copy_lessons(root) == (["notebooks/00.ipynb"], [])
    assert (root / "my_work/notebooks/00.ipynb").read_text(encoding="utf-8") == "lesson"


def test_lab_opens_my_work_and_passes_options_on(
    root: Path, machine: Machine, handed_on: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    ship(root, "notebooks/00_start_here.ipynb", "lesson")
    assert course.main(["lab", "--no-browser", "--port", "8899"], root) == 0
    (command,) = handed_on
    assert command[:3] == [str(course.venv_python(root)), "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={root / 'my_work'}" in command
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb" in command
    assert command[-3:] == ["--no-browser", "--port", "8899"]
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["recmath"] * 5


def test_here_uses_this_python_and_sets_nothing_up(root: Path, machine: Machine, handed_on: list[list[str]]) -> None:
    assert course.main(["lab", "--here"], root) == 0
    assert machine.commands == [] and handed_on[0][0] == sys.executable
    assert "--here" not in handed_on[0]


# test


def run_test(root: Path, *args: str) -> None:
    assert course.main(["test", *args], root) == 0


def test_one_run_covers_tests_and_notebooks(root: Path, machine: Machine, handed_on: list[list[str]]) -> None:
    (root / "tests").mkdir()
    run_test(root, "-x")
    (command,) = handed_on
    assert command[1:3] == ["-m", "pytest"] and set(course.NBVAL) < set(command)
    assert command[-4:] == ["-x", "tests", "notebooks", "exercises"]  # solutions is missing in this checkout


def test_a_file_that_is_named_stands_alone(root: Path, machine: Machine, handed_on: list[list[str]]) -> None:
    ship(root, "notebooks/00.ipynb", "{}")
    run_test(root, "notebooks/00.ipynb")
    run_test(root, "notebooks/00.ipynb::Cell 3", "-k", "cell")
    assert [command[-1] for command in handed_on] == ["notebooks/00.ipynb", "cell"]


@pytest.mark.parametrize(("ci", "args", "strict"), [("true", (), True), ("", ("--no-skips",), True), ("", (), False)])
def test_a_skip_fails_in_ci_and_on_demand(
    ci: str,
    args: tuple[str, ...],
    strict: bool,
    root: Path,
    machine: Machine,
    handed_on: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CI", ci)
    run_test(root, *args)
    assert ("no_skips" in handed_on[0]) == strict and "--no-skips" not in handed_on[0]


SKIPS = """
import pytest
def test_runs(): pass
def test_skips(): pytest.skip("no chromium")
@pytest.mark.skipif(True, reason="no bwrap")
def test_is_skipped(): pass
@pytest.mark.xfail
def test_is_known_to_fail(): assert False
"""


@pytest.mark.parametrize(("options", "code", "said"), [([], 0, "2 skipped"), (["-p", "no_skips"], 1, "1 failed")])
def test_the_plugin_turns_skips_into_failures(options: list[str], code: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(SKIPS, encoding="utf-8")
    (tmp_path / "pytest.ini").touch()
    command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", *options, str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(course.ROOT / "tests"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == code, done.stdout
    assert said in done.stdout and "1 passed" in done.stdout and "1 xfailed" in done.stdout
    assert "no chromium" in done.stdout and "no bwrap" in done.stdout


def run_blas(root: Path, monkeypatch: pytest.MonkeyPatch, codes: dict[str, int]) -> int:
    """`test --blas` on a processor that has the kernels named in codes; pytest ends with their codes."""
    monkeypatch.setattr(course, "works", lambda command, **more: more.get("OPENBLAS_CORETYPE") in codes)
    monkeypatch.setattr(subprocess, "call", lambda command, env, **more: codes[env["OPENBLAS_CORETYPE"]])
    return course.test(root, Path(sys.executable), ["--blas"])


def test_blas_runs_each_kernel_and_ends_with_the_worst_code(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run_blas(root, monkeypatch, {"Haswell": 0, "SkylakeX": 1, "Prescott": 0}) == 1
    assert run_blas(root, monkeypatch, {"Haswell": 0, "SkylakeX": 0, "Prescott": 0}) == 0


def test_blas_says_which_kernel_it_skipped(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_blas(root, monkeypatch, {"Haswell": 0, "Prescott": 0}) == 0
    assert "skipped OpenBLAS SkylakeX: this processor" in capsys.readouterr().out
    assert run_blas(root, monkeypatch, {}) == 1
    assert "nothing was compared" in capsys.readouterr().out


def test_a_kernel_that_does_not_exist_is_not_run() -> None:
    assert not course.works([sys.executable, "-c", course.USES_KERNEL, "Nonesuch"], OPENBLAS_CORETYPE="Nonesuch")


# doctor and the rest


def test_doctor_names_what_is_missing_and_what_to_do(
    root: Path, machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = (course.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (root / "pyproject.toml").write_text(shipped, encoding="utf-8")
    assert course.main(["doctor"], root) == 1
    assert machine.commands == []
    said = capsys.readouterr().out
    for line in ("missing   set-up: there is no finished .venv", "missing   numpy is not installed, pinned is 2.4.6"):
        assert line in said
    assert "optional  bubblewrap is not installed or cannot run here" in said
    assert said.count("->") == said.count("missing ") + said.count("optional ")


def test_doctor_is_content_where_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    pins = {name: sorted(versions)[0] for name, versions in course.pinned_versions(course.ROOT).items()}
    monkeypatch.setattr(course, "ask", lambda python, program: (True, json.dumps(pins)))
    monkeypatch.setattr(course, "next_step", lambda root: "nothing")
    assert course.doctor(course.ROOT, Path(sys.executable), []) == 0


def test_doctor_sees_a_version_that_is_not_the_pinned_one() -> None:
    assert course.package_finding("numpy", "2.4.6", {"2.4.6", "2.5.5"}).line() == "ok        numpy 2.4.6"
    finding = course.package_finding("numpy", "1.26.0", {"2.4.6", "2.5.5"})
    assert finding.needed and finding.text == "numpy 1.26.0, pinned is 2.4.6 or 2.5.5"


def test_asking_returns_the_last_line_of_a_complaint() -> None:
    assert course.ask(Path(sys.executable), "raise ValueError('no such film')") == (False, "ValueError: no such film")
    assert course.ask(Path("/nowhere/python"), "")[0] is False


@pytest.mark.parametrize(("argv", "code"), [([], 0), (["--help"], 0), (["lab", "--help"], 0), (["lob"], 2)])
def test_help_lists_every_command_and_installs_nothing(
    argv: list[str], code: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(course, "set_up")
    assert course.main(argv) == code
    said = capsys.readouterr().out
    assert all(f"\n  {command}" in said for command in course.COMMANDS)


@pytest.mark.parametrize("command", ["build", "equations"])
def test_tools_get_the_arguments(command: str, root: Path, machine: Machine, handed_on: list[list[str]]) -> None:
    assert course.main([command, "--check"], root) == 0
    assert handed_on == [[str(course.venv_python(root)), f"tools/{command}.py", "--check"]]


def test_ci_runs_the_command_of_the_readme() -> None:
    last = (course.ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1]
    assert last.split("exec ")[1].split(" <")[0] == "python3 course.py test"
    assert "\npython3 course.py test\n" in (course.ROOT / "README.md").read_text(encoding="utf-8")
