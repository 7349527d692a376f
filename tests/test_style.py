"""ruff and mypy over the whole tree, and one version number."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import course

CHECKS = (("ruff", "check"), ("ruff", "format", "--check"), ("mypy",))


@pytest.mark.parametrize("check", CHECKS, ids=" ".join)
def test_is_clean(check: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-m", *check], cwd=course.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(check)} says\n{done.stdout}{done.stderr}"


def test_the_version_is_written_once() -> None:
    project = tomllib.loads((course.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "version" in project["dynamic"] and "version" not in project
    ours = [path for folder in ("recmath_lib", "tools", "tests", "benchmarks") for path in sources(folder)]
    saying = [path for path in ours if re.search(r"^__version__\s*=", path.read_text(encoding="utf-8"), re.MULTILINE)]
    assert saying == [course.ROOT / "recmath_lib" / "__init__.py"]


def sources(folder: str) -> list[Path]:
    """The Python files of a folder; not those of a virtual environment in it."""
    return [
        path for path in (course.ROOT / folder).rglob("*.py") if ".venv" not in path.parts[len(course.ROOT.parts) :]
    ]
