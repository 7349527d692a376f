"""Compares returned values, as plain data, and puts inputs, values and differences into words."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from recmath_lib._sandbox_answers import Other, identical, shown

LONGEST = 300
# An expected value of exactly zero leaves no scale to be relative to; only rounding error may remain.
ROUNDING = 1e-12
FEW = 8


@dataclass(frozen=True)
class Measure:
    """How near is near enough, and what the values of a returned tuple are called."""

    rtol: float = 1e-6
    atol: float = 1e-9
    names: tuple[str, ...] = ()


def difference(measure: Measure, got: Any, expected: Any) -> tuple[str, str] | None:
    """Problem and sentence where a returned value differs from the expected one; None if it does not."""
    if not isinstance(expected, tuple):
        return _difference(measure, got, expected)
    names = measure.names or tuple(f"value {place}" for place in range(1, len(expected) + 1))
    if not isinstance(got, (tuple, list)):
        return "type", f"you gave {described(got)}, expected {len(expected)} values: {', '.join(names)}"
    if len(got) != len(expected):
        return "count", f"you gave {len(got)} values, expected {len(expected)}: {', '.join(names)}"
    for name, mine, its in zip(names, got, expected, strict=True):
        if found := _difference(measure, mine, its):
            return found[0], f"{name}: {found[1]}"
    return None


def _difference(measure: Measure, got: Any, expected: Any) -> tuple[str, str] | None:
    """`difference` for what is not a tuple."""
    mine, its = as_numbers(got), as_numbers(expected)
    if its is None:  # text, or a container of it: only equality makes sense
        return None if identical(got, expected) else ("value", f"you gave {clip(got)}, expected {clip(expected)}")
    if mine is None:
        return "type", f"you gave {described(got)}, expected {_form(its, expected)}"
    if mine.shape != its.shape:
        return "shape", f"you gave {_form(mine, got)}, expected {_form(its, expected)}"
    far = ~_near(measure, mine, its)
    if not far.any():
        return None
    return ("nan" if np.isnan(mine[far]).any() else "value"), _apart(mine, its, far)


def _near(measure: Measure, got: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Entry by entry, whether got is within the tolerance of expected; infinities and nan must be the same."""
    size = np.abs(np.where(np.isfinite(expected), expected, 0.0))
    room = measure.rtol * size + (measure.atol * size.max(initial=0.0) or ROUNDING)
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(got - expected) <= room
    return near | (got == expected) | (np.isnan(got) & np.isnan(expected))


def as_numbers(value: Any) -> np.ndarray | None:
    """Plain data as an array of floats, 0-d for a number; None if it is not numbers, or ragged."""
    if not isinstance(value, (bool, int, float, list, tuple, np.ndarray)):
        return None
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    return array.astype(float) if array.dtype.kind in "biuf" else None


def finite(value: Any) -> bool:
    """Whether no number in a returned value is nan or infinite."""
    if isinstance(value, (list, tuple)):
        return all(map(finite, value))
    numbers = as_numbers(value)
    return numbers is None or bool(np.isfinite(numbers).all())


def hundredfold(measure: Measure, got: Any, expected: Any) -> bool:
    """Whether got is a hundred times expected, as per cent are."""
    its = as_numbers(expected)
    return its is not None and bool(its.any()) and difference(measure, got, 100 * its) is None


def all_zero(expected: Any) -> bool:
    """Whether an expected value consists of zeros, or of nothing."""
    arrays = [as_numbers(part) for part in (expected if isinstance(expected, tuple) else (expected,))]
    return all(array is not None and not array.any() for array in arrays)


def size(value: Any) -> int:
    """How many entries an input has."""
    if isinstance(value, np.ndarray):
        return int(value.size)
    if isinstance(value, dict):
        return sum(map(size, value.values()))
    return sum(map(size, value)) if isinstance(value, (list, tuple)) else 1


def holds_empty(value: Any) -> bool:
    """Whether an input is an empty list or array, or holds one."""
    if isinstance(value, (list, tuple)):
        return not value or any(map(holds_empty, value))
    return isinstance(value, np.ndarray) and not value.size


def _apart(got: np.ndarray, expected: np.ndarray, far: np.ndarray) -> str:
    """The sentence that shows both numbers: all of them if they are few, else the first that differ."""
    first = tuple(int(place[0]) for place in np.nonzero(far)) if far.ndim else ()
    mine, its = in_digits(float(got[first]), float(expected[first]))
    if not far.ndim:
        return f"you gave {mine}, expected {its}"
    if far.ndim == 1 and far.size <= FEW:
        pairs = [in_digits(float(m), float(e)) for m, e in zip(got, expected, strict=True)]
        return f"you gave [{', '.join(m for m, _ in pairs)}], expected [{', '.join(e for _, e in pairs)}]"
    where = f"entry {list(first)}" if len(first) > 1 else f"entry {first[0]}"
    return f"{where}: you gave {mine}, expected {its} ({int(far.sum())} of {far.size} entries differ)"


def in_digits(got: float, expected: float) -> tuple[str, str]:
    """Both numbers with four decimals, or with as many digits as it takes to tell them apart."""
    for form in (".4f", ".6g", ".10g"):
        texts = format(got, form), format(expected, form)
        readable = all(value == 0 or 1e-3 <= abs(value) < 1e6 or not np.isfinite(value) for value in (got, expected))
        if (readable or form != ".4f") and (got == expected or texts[0] != texts[1]):
            return texts
    return repr(got), repr(expected)


def as_input(value: Any) -> str:
    """An argument as a learner would type it, arrays shortened."""
    if not isinstance(value, np.ndarray):
        return clip(value)
    text = np.array2string(value, separator=", ", threshold=40, precision=6, floatmode="maxprec", suppress_small=True)
    usual = value.dtype in (np.dtype(np.int64), np.dtype(float), np.dtype(bool))
    return clip(f"array({_closed_up(text)}" + (")" if usual else f", dtype={value.dtype})"), str)


def _closed_up(text: str) -> str:
    """An array's text on one line, without the blanks that line its columns up."""
    return re.sub(r"\[ | (?=[,\]])", lambda blank: blank[0].strip(), " ".join(text.split()))


def clip(value: Any, how: Any = repr) -> str:
    """Text of bounded length, on one line."""
    text = " ".join(shown(value, how).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 4] + " ..."


def described(value: Any) -> str:
    """What a value is, for a learner who handed in something of another type."""
    numbers = as_numbers(value)
    if isinstance(value, Other):
        return f"{'an' if value.name[:1] in 'aeiouAEIOU' else 'a'} {value.name}"
    if isinstance(value, str):
        return f"the text {clip(value)}"
    if numbers is not None and (numbers.ndim == 0 or isinstance(value, np.ndarray)):
        return f"{clip(value)}" if numbers.ndim == 0 else _form(numbers, value)
    if isinstance(value, (list, tuple, dict)):
        text = clip(value)
        return f"a {type(value).__name__} with {len(value)} entries: {text if len(text) <= 80 else text[:76] + ' ...'}"
    return "..." if value is Ellipsis else clip(value)


def _form(numbers: np.ndarray, value: Any) -> str:
    """The shape of numbers in words, and whether they came as an array, a list or a tuple."""
    if isinstance(value, (list, tuple)):
        if any(isinstance(part, np.ndarray) for part in value):
            return f"a {type(value).__name__} of {len(value)} array{'s' * (len(value) != 1)}"
        several = f"{numbers.size} number{'s' * (numbers.size != 1)}"
        return f"a {type(value).__name__} of {several}" if numbers.ndim == 1 else f"lists of shape {numbers.shape}"
    return f"an array of shape {numbers.shape}" if numbers.ndim else "one number"
