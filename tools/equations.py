"""List every numbered equation with its lesson, its functions and its tests, and what breaks the contract between them.

python tools/equations.py           the table
python tools/equations.py --check   what breaks the contract (contract.py, bite.py); exit code 1 if anything does
python tools/equations.py --write   the equations with their code and tests, as site/equations.md
"""

import argparse
import sys
from itertools import zip_longest
from pathlib import Path

import bite
from contract import PACKAGE, Contract, Equation, problems, read

PAGE = "site/equations.md"
HEAD = """# The equations of the course

Each with the functions that compute it and the tests that check it. Every test has been seen to fail when its function
returns 1.001 times the result. What is not verified: the text of a formula is not parsed, so no program compares it
with the code. Verified is that a function and a test of it stand behind every number; whether the test computes the
result another way is for readers to judge. This page is written by `python tools/equations.py --write`.
"""


def table(course: Contract) -> str:
    """Equation, lesson, function and test, for a terminal."""
    rows = [("equation", "lesson", "function", "test")]
    for equation in course.in_order():
        names = [code.name for code in course.codes_for(equation.number)] or ["-"]
        tests = course.tests_for(equation.number) or ["-"]
        rows += zip_longest([f"({equation.number})"], [equation.lesson], names, tests, fillvalue="")
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def page(course: Contract) -> str:
    """Every equation with its code and its tests, in Markdown."""
    lessons = dict.fromkeys(equation.lesson for equation in course.in_order())
    return HEAD + "".join(chapter(course, lesson) for lesson in lessons)


def chapter(course: Contract, lesson: str) -> str:
    """The equations of a lesson, in Markdown."""
    entries = [entry(course, equation) for equation in course.in_order() if equation.lesson == lesson]
    return f"\n## [{lesson}](../notebooks/{lesson}.ipynb)\n" + "".join(entries)


def entry(course: Contract, equation: Equation) -> str:
    """An equation, what its functions compute, and which tests check it, in Markdown."""
    codes = [f"- `{PACKAGE}.{code.name}`: {code.sentence}." for code in course.codes_for(equation.number)]
    tests = [f"`{test.split('/')[-1]}`" for test in course.tests_for(equation.number)]
    return "\n".join(
        [f"\n### Eq. ({equation.number})\n", equation.formula, "", *codes, f"- checked by {', '.join(tests)}", ""]
    )


def main(root: Path, arguments: list[str]) -> int:
    """Print, check or write what the command line asks for; 0 if the contract holds."""
    parser = argparse.ArgumentParser(description="Every numbered equation with its lesson, function and test.")
    parser.add_argument("--check", action="store_true", help="list what breaks the contract")
    parser.add_argument("--write", action="store_true", help="write site/equations.md")
    options = parser.parse_args(arguments)
    course = read(root)
    broken = problems(course) + bite.problems(root) if options.check else []
    if options.write:
        (root / PAGE).parent.mkdir(exist_ok=True)
        (root / PAGE).write_text(page(course), encoding="utf-8", newline="\n")
    print("\n".join(broken or ["every equation has code and a check that bites"]) if options.check else table(course))
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parents[1], sys.argv[1:]))
