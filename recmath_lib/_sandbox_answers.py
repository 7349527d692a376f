"""What an answer does when it is called, as plain data. Stands alone: it is also copied into the sandbox.

Whatever an answer returns, raises, prints, changes or warns about ends up in an `Outcome` that holds numbers, strings,
arrays and containers of these, and nothing that could run.
"""

import base64
import contextlib
import copy
import dis
import inspect
import io
import linecache
import random
import re
import traceback
import types
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

LONGEST_TEXT = 300
MOST_NUMBERS = 200_000
DEEPEST = 8
# The global generators are set to this state before each call: an answer that seeds them cannot hit it by chance.
UNLIKELY_SEED = 20_240_229


class TimeUp(BaseException):
    """The soft time limit of a check. Not an Exception, so that `except Exception` in an answer does not swallow it."""


@dataclass(frozen=True)
class Other:
    """Stands for something that is neither a number nor text nor a container of these."""

    name: str


@dataclass(frozen=True)
class Outcome:
    """What one call did.

    Attributes:
        sort: "value", "unsolved", "exception", "timeout", "signature" (cannot be called like this), "not callable",
            "missing" (no such name), "crash" (the process ended) or "damaged" (unreadable report from the sandbox).
        value: what came back, as plain data.
        text: type and message of the exception, the function's own signature, or what happened to the process.
        where: the line of the answer that raised.
        changed: the arguments it changed, by position ("0") or name.
        touched: the global random generators it touched, "numpy" or "random".
        warning: the first warning it left behind.
        printed: the beginning of what it printed.
    """

    sort: str
    value: Any = None
    text: str = ""
    where: str = ""
    changed: tuple[str, ...] = ()
    touched: tuple[str, ...] = ()
    warning: str = ""
    printed: str = ""


Call = tuple[tuple[Any, ...], Mapping[str, Any]]


def outcomes(answer: Any, calls: Sequence[Call], observer: "Callable[..., Outcome] | None" = None) -> list[Outcome]:
    """One outcome per call; only one if the answer is not a function, and none after a time-out."""
    if not callable(answer):
        return [Outcome("not callable", plain(answer))]
    found: list[Outcome] = []
    for args, kwargs in calls:
        found.append((observer or observe)(answer, args, kwargs))
        if found[-1].sort == "timeout":
            break
    return found


def observe(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Outcome:
    """Call a function on fresh copies and tell what it did. Raises nothing, whatever the function does."""
    if (own := misfit(function, args, kwargs)) is not None:
        return Outcome("signature", text=own)
    used_args, used_kwargs = copy.deepcopy((args, dict(kwargs)))
    watch = Watch()
    try:
        with watch:
            outcome = _valued(function, function(*used_args, **used_kwargs), watch.printed)
    except BaseException as error:
        outcome = _raised(function, error)
    pairs = [*zip(map(str, range(len(args))), args, used_args, strict=True)]
    pairs += [(name, kwargs[name], used_kwargs[name]) for name in kwargs]
    changed = tuple(name for name, before, after in pairs if not _kept(before, after))
    return Outcome(outcome.sort, outcome.value, outcome.text, outcome.where, changed, **watch.seen())


def _valued(function: Any, returned: Any, printed: "Capture") -> Outcome:
    """The outcome of a call that returned. Conversion happens here, while what it prints or warns is still watched."""
    value = plain(returned)
    if hasattr(returned, "close") and inspect.iscoroutine(returned):
        returned.close()  # or Python warns later that it was never awaited
    stub = value is Ellipsis or (value is None and (only_returns_none(function) or left_open(function, printed)))
    return Outcome("unsolved" if stub else "value", value)


def _raised(function: Any, error: BaseException) -> Outcome:
    """The outcome of a call that raised."""
    if isinstance(error, TimeUp):
        return Outcome("timeout")
    sort = "unsolved" if isinstance(error, NotImplementedError) else "exception"
    message = shown(error, str)
    return Outcome(
        sort, text=type(error).__name__ + (f": {message}" if message else ""), where=line_of(function, error)
    )


def misfit(function: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str | None:
    """None if the function can be called like this (or cannot tell); else its own parameter list."""
    try:
        signature = inspect.signature(function)
    except BaseException:  # builtins have none, and an answer's own __signature__ may do anything
        return None
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        bare = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
        return shown(signature.replace(parameters=bare, return_annotation=signature.empty), str)
    return None


def only_returns_none(function: Any) -> bool:
    """Whether the function's body is empty: `...`, `pass`, a docstring."""
    code = getattr(function, "__code__", None)
    if not inspect.iscode(code):
        return False
    idle = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST", "COPY_FREE_VARS"}
    steps = list(dis.get_instructions(code))
    constants = {step.argval for step in steps if step.opname in {"LOAD_CONST", "RETURN_CONST"}}
    return {step.opname for step in steps} <= idle and constants <= {None}


def names_used(function: Any) -> frozenset[str]:
    """The global names and attributes in a function's code. Looks, and runs nothing."""
    return _names_in(function.__code__) if type(function) is types.FunctionType else frozenset()


def _names_in(code: types.CodeType) -> frozenset[str]:
    """The names in a piece of code and in the functions inside it."""
    inner = [_names_in(constant) for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return frozenset(code.co_names).union(*inner)


def left_open(function: Any, printed: "Capture") -> bool:
    """Whether a function that returned None, and printed nothing, still holds the `...` of the stub."""
    try:
        return not printed.kept and re.search(r"^\s*\.\.\.\s*(#.*)?$", inspect.getsource(function), re.M) is not None
    except (OSError, TypeError):
        return False


def line_of(function: Any, error: BaseException) -> str:
    """The last line of the answer's own file that the exception went through: "line 3: return a / b"."""
    path = getattr(getattr(function, "__code__", None), "co_filename", None)
    numbers = [number for frame, number in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == path]
    if not numbers:
        return ""
    text = linecache.getline(str(path), numbers[-1]).strip()
    return f"line {numbers[-1]}" + (f": {text[:LONGEST_TEXT]}" if text else "")


def shown(value: object, how: Callable[[Any], str] = repr) -> str:
    """Text of an object whose own `str` or `repr` may raise or be huge."""
    try:
        text = how(value)
    except TimeUp:
        raise
    except BaseException as error:
        return f"a {type(value).__name__} whose text cannot be shown ({type(error).__name__})"
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 4] + " ..."


class Capture(io.TextIOBase):
    """A stdout that keeps the beginning and drops the rest."""

    def __init__(self) -> None:
        """Start empty."""
        self.kept = ""

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, text: str) -> int:
        """Keep what still fits."""
        self.kept += text[: LONGEST_TEXT - len(self.kept)]
        return len(text)


@dataclass
class Watch:
    """Context in which prints, warnings and uses of the global random generators are noticed and then undone."""

    printed: Capture = field(default_factory=Capture)
    warned: list[warnings.WarningMessage] = field(default_factory=list)
    touched: tuple[str, ...] = ()

    def __enter__(self) -> "Watch":
        """Redirect, record, and put the generators into a known state."""
        self._stack = contextlib.ExitStack()
        self._stack.enter_context(contextlib.redirect_stdout(self.printed))
        self._stack.enter_context(contextlib.redirect_stderr(self.printed))
        self.warned = self._stack.enter_context(warnings.catch_warnings(record=True))
        self._stack.enter_context(np.errstate(divide="warn", over="warn", under="ignore", invalid="warn"))
        warnings.simplefilter("always")
        self._states = generator_states()
        _SEED_PYTHON(UNLIKELY_SEED)
        _SEED_NUMPY(UNLIKELY_SEED)
        self._known = fingerprints(generator_states())
        return self

    def __exit__(self, *_: object) -> None:
        """Compare and restore."""
        now = fingerprints(generator_states())
        self.touched = tuple(name for name in now if self._known[name] != now[name])
        _SET_PYTHON(self._states["random"])
        _SET_NUMPY(self._states["numpy"])
        self._stack.close()

    def seen(self) -> dict[str, Any]:
        """What was noticed, as fields of an outcome."""
        quiet = (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning)
        loud = [w for w in self.warned if not issubclass(w.category, quiet)]
        text = f"{loud[0].category.__name__}: {shown(loud[0].message, str)}" if loud else ""
        return {"touched": self.touched, "warning": text, "printed": self.printed.kept.strip()}


# Kept from the start, so that an answer that replaces them does not blind the watch. The legacy functions are the ones
# whose use is to be noticed.
_SEED_PYTHON, _GET_PYTHON, _SET_PYTHON = random.seed, random.getstate, random.setstate
_SEED_NUMPY, _GET_NUMPY, _SET_NUMPY = np.random.seed, np.random.get_state, np.random.set_state


def generator_states() -> dict[str, Any]:
    """The states of the two global generators."""
    return {"random": _GET_PYTHON(), "numpy": _GET_NUMPY()}


def fingerprints(states: dict[str, Any]) -> dict[str, Any]:
    """The states as what can be compared with ==, arrays as bytes."""
    name, words, *rest = states["numpy"]
    return {"random": states["random"], "numpy": (name, words.tobytes(), rest)}


def identical(before: Any, after: Any) -> bool:
    """Whether two pieces of plain data are the same in type, shape and every bit (nan is the same as nan)."""
    if type(before) is not type(after):
        return False
    if isinstance(before, np.ndarray):
        return bool(before.dtype == after.dtype and before.shape == after.shape and before.tobytes() == after.tobytes())
    if isinstance(before, (list, tuple)):
        return len(before) == len(after) and all(map(identical, before, after))
    if isinstance(before, dict):
        return list(before) == list(after) and all(identical(before[key], after[key]) for key in before)
    return bool(before == after or (before != before and after != after))


def _kept(before: Any, after: Any) -> bool:
    """`identical`, where what an answer put into its argument may refuse to be compared."""
    try:
        return identical(before, after)
    except TimeUp:
        raise
    except BaseException:
        return False


def plain(value: Any) -> Any:
    """Any object as plain data; what cannot be converted becomes an `Other` that names it."""
    try:
        return _plain(value, DEEPEST)
    except TimeUp:
        raise
    except BaseException as error:
        return Other(f"{type(value).__name__} that cannot be read ({type(error).__name__})")


def _plain(value: Any, depth: int) -> Any:
    """`plain`, which may raise whatever the object's conversions raise."""
    if value is None or value is Ellipsis or isinstance(value, (bool, str)):
        return value if not isinstance(value, str) else str(value)[:LONGEST_TEXT]
    if isinstance(value, (int, float)) and not isinstance(value, np.generic):
        return int(value) if isinstance(value, int) and abs(value) < 2**62 else float(value)
    if isinstance(value, (list, tuple, dict)):
        return _plain_container(value, depth)
    if hasattr(type(value), "__array__"):
        return _plain_array(np.asarray(value))
    return Other(type(value).__name__)


def _plain_container(value: Any, depth: int) -> Any:
    """A list, tuple or dict of plain data."""
    if not depth or len(value) > MOST_NUMBERS:
        return Other(f"{type(value).__name__} too large or too deep")
    if isinstance(value, dict):
        return {_plain(key, 0): _plain(item, depth - 1) for key, item in value.items()}
    items = [_plain(item, depth - 1) for item in value]
    return tuple(items) if isinstance(value, tuple) else items


def _plain_array(array: np.ndarray) -> Any:
    """A numeric array as bool, int64 or float64; a 0-d array as a number."""
    if array.size > MOST_NUMBERS:
        return Other(f"array of {array.size} numbers")
    if array.dtype.kind not in "biufO":
        return Other(f"array of {array.dtype.name}")
    array = array.astype({"b": bool, "i": np.int64}.get(array.dtype.kind, np.float64))
    return array.item() if array.ndim == 0 else np.ascontiguousarray(array)


def pack(value: Any) -> Any:
    """Plain data as what JSON can hold; arrays keep their dtype."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
        return {"is": "array", "dtype": value.dtype.str, "shape": list(value.shape), "data": data}
    if isinstance(value, (list, tuple)):
        return {"is": "tuple" if isinstance(value, tuple) else "list", "items": [pack(item) for item in value]}
    if isinstance(value, Mapping):
        return {"is": "dict", "items": [[pack(key), pack(item)] for key, item in value.items()]}
    return {"is": "ellipsis"} if value is Ellipsis else {"is": "other", "name": value.name}


def unpack(packed: Any) -> Any:
    """The inverse of `pack`. It runs nothing that the packed text could name.

    Raises:
        ValueError, TypeError, KeyError: not something `pack` makes.
    """
    if not isinstance(packed, dict):
        return packed if packed is None or isinstance(packed, (bool, int, float, str)) else Other("unknown thing")
    if packed["is"] == "array":
        return _unpack_array(str(packed["dtype"]), [int(n) for n in packed["shape"]], packed["data"])
    if packed["is"] in {"list", "tuple"}:
        items = [unpack(item) for item in packed["items"]]
        return tuple(items) if packed["is"] == "tuple" else items
    if packed["is"] == "dict":
        return {unpack(key): unpack(item) for key, item in packed["items"]}
    return Ellipsis if packed["is"] == "ellipsis" else Other(printable(str(packed["name"])[:LONGEST_TEXT]))


def _unpack_array(dtype: str, shape: list[int], data: str) -> np.ndarray:
    """An array of plain numbers from its bytes."""
    if not re.fullmatch(r"[<|>=]?[biuf][1248]", dtype):
        raise ValueError(f"dtype must be a plain number type, got {dtype!r}")
    return np.frombuffer(base64.b64decode(data), dtype=dtype).reshape(shape).copy()


def pack_outcome(outcome: Outcome) -> dict[str, Any]:
    """An outcome as what JSON can hold."""
    return {**vars(outcome), "value": pack(outcome.value)}


def printable(text: str) -> str:
    """Text without what could steer a terminal."""
    return "".join(letter if letter.isprintable() or letter in "\n\t" else "?" for letter in text)


def unpack_outcome(packed: Mapping[str, Any]) -> Outcome:
    """The inverse of `pack_outcome`; whatever it is given, the fields have their types.

    Raises:
        ValueError, TypeError, KeyError, RecursionError: not something `pack_outcome` makes.
    """
    texts = {
        name: printable(str(packed[name])[: 2 * LONGEST_TEXT])
        for name in ("sort", "text", "where", "warning", "printed")
    }
    lists = {name: tuple(str(item)[:40] for item in packed[name][:20]) for name in ("changed", "touched")}
    return Outcome(value=unpack(packed["value"]), **texts, **lists)  # type: ignore[arg-type]
