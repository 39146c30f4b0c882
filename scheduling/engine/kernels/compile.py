"""Compiles the kernels with numba where it is installed; plain Python otherwise.

The two run the same source: the plain path is the reference of the compiled one.
"""

import hashlib
import inspect
import os
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

numba: Any
try:
    import numba
except ImportError:  # pragma: no cover - a few platforms have no wheel
    numba = None

Function = TypeVar("Function", bound=Callable[..., object])

HERE = Path(__file__).parent
KERNELS: list[Any] = []
"""Every kernel of this folder, each after those it calls."""
_lock = threading.Lock()


@cache
def _cache_directory(folder: Path) -> Path:
    """Return a place for the machine code of a folder's kernels as they stand.

    numba looks at a function's own file only to decide whether its cache is stale: a
    change in a kernel that another one calls would go unseen. It also files by path, so
    another checkout's kernels are not ours.
    """
    source = str(folder).encode()
    source += b"".join(path.read_bytes() for path in sorted(folder.glob("*.py")))
    digest = hashlib.sha256(source).hexdigest()[:16]
    return Path(os.environ.get("NUMBA_CACHE_DIR") or folder / "__pycache__") / digest


def is_compiled() -> bool:
    """Return whether the kernels run as machine code in this process."""
    return numba is not None and not numba.config.DISABLE_JIT


def compiled(function: Function) -> Function:
    """Mark a kernel; it lets go of the interpreter's lock while it runs.

    Those of a folder named as this one neither make nor copy arrays, so nobody counts
    who holds those they are given: in each call of each small kernel that took a third
    of a search.

    Kernels of another folder than this one have a cache of their own and are compiled
    when they are first called.
    """
    if not is_compiled():
        return function
    folder = Path(function.__code__.co_filename).parent
    # Read by numba when it wraps the function.
    numba.config.CACHE_DIR = str(_cache_directory(folder))
    kernel: Function = numba.njit(
        cache=True, nogil=True, error_model="numpy", _nrt=folder.name != HERE.name
    )(function)
    if folder == HERE:
        KERNELS.append(kernel)
    return kernel


def prepare(memory: type, entries: tuple[Any, ...]) -> None:
    """Compile all kernels, or load those that Python calls if that was done before.

    Each kernel gets one signature, read from its annotations; left to itself, numba
    compiles one for every constant that a caller passes.

    Args:
        memory: The named tuple of arrays that kernels take first.
        entries: The kernels that Python calls.
    """
    if not is_compiled():
        return
    with _lock:
        done = _cache_directory(HERE) / "complete"
        for kernel in entries if done.exists() else tuple(KERNELS):
            if not kernel.signatures:
                kernel.compile(_signature(kernel, memory))
                kernel.disable_compile()
        if done.parent.exists():
            done.touch()


def _signature(kernel: Any, memory: type) -> object:  # noqa: ANN401 - numba's
    types = numba.types
    wide, narrow = types.int64[::1], types.int32[::1]
    known = {
        int: types.int64,
        float: types.float64,
        bool: types.boolean,
        None: types.none,
        tuple[int, int]: types.UniTuple(types.int64, 2),
        memory: types.NamedTuple((wide, narrow), memory),
    }
    signature = inspect.signature(kernel.py_func)
    arguments = [
        known.get(parameter.annotation, wide)
        for parameter in signature.parameters.values()
    ]
    return known[signature.return_annotation](*arguments)
