"""The package as a wheel, installed outside the checkout and used from another directory."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from flit_core.wheel import make_wheel_in

import course
import recmath_lib


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_wheel_in(course.ROOT / "pyproject.toml", tmp_path_factory.mktemp("wheel")).file


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory outside the checkout with the package, installed by pip without a network."""
    target = tmp_path_factory.mktemp("a site with blänks")
    options = ["--quiet", "--no-deps", "--no-index", "--target", str(target)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(wheel)], check=True)
    return target


def run(installed: Path, *arguments: str) -> str:
    """What Python prints, started where the installed package is and the checkout is not."""
    environment = {**course.surroundings(), "PYTHONPATH": str(installed)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=installed, env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_has_every_module_data_file_and_licence(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    shipped = [path for path in (course.ROOT / "recmath_lib").rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert {path.relative_to(course.ROOT).as_posix() for path in shipped} <= names
    assert {"LICENSE", "LICENSE-lessons"} <= {Path(name).name for name in names if "/licenses/" in name}
    assert not [name for name in names if not name.startswith("recmath_lib")]


def test_the_wheel_has_the_version_of_the_package(wheel: Path) -> None:
    assert wheel.name == f"recmath_lib-{recmath_lib.__version__}-py3-none-any.whl"


def test_the_cinema_is_part_of_it(installed: Path) -> None:
    program = "import recmath_lib, recmath_lib.datasets as d; print(recmath_lib.__file__, d.load_cinema().ratings.nnz)"
    path, count = run(installed, "-c", program).rsplit(" ", 1)
    assert Path(path).parent == installed / "recmath_lib"
    assert int(count) > 20_000


CHECK = """
from recmath_lib.grading import check
from recmath_lib.metrics import dcg_at_k
check("04.1", dcg_at_k)
check("04.1", lambda rels, k=None, gain="exp": 2 * dcg_at_k(rels, k, gain))
"""


def test_a_check_tells_right_from_wrong(installed: Path) -> None:
    right, wrong = [line for line in run(installed, "-c", CHECK).splitlines() if line.startswith("04.1")]
    assert right.startswith("04.1  right on all")
    assert wrong.startswith("04.1  not yet")


ANSWER = """
from math import log2

def reciprocal_rank(rels, k=None):
    return next((1 / rank for rank, rel in enumerate(rels[:k], 1) if rel > 0), 0.0)
"""


def test_the_command_line_grades_a_notebook(installed: Path, tmp_path: Path) -> None:
    notebook, report = tmp_path / "submission.ipynb", tmp_path / "report.json"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(ANSWER)]), notebook)
    run(installed, "-m", "recmath_lib.grading", "04", str(notebook), "--json", str(report))
    tasks = {task["id"]: task for task in json.loads(report.read_text(encoding="utf-8"))["tasks"]}
    assert tasks["04.6"]["points"] == tasks["04.6"]["max_points"] > 0
    assert tasks["04.1"]["points"] == 0
