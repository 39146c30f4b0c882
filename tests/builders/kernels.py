"""What compiled and plain kernels say of the same question."""

import json
import os
import subprocess
import sys
from typing import Any


def told_by_both(program: str) -> tuple[Any, Any]:
    """Run a program compiled and plain, each in a process of its own.

    Args:
        program: Prints JSON: whether its kernels are compiled, and what they found.

    Returns:
        What compiled kernels found, and what plain ones found.
    """
    compiled, plain = _told(program), _told(program, NUMBA_DISABLE_JIT="1")
    assert (compiled[0], plain[0]) == (True, False)
    return compiled[1], plain[1]


def _told(program: str, **environment: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": ".", **environment},
        text=True,
    )
    return json.loads(done.stdout)
