"""Only workers load the solver: pages, API and dispatcher start quickly without it."""

import os
import subprocess
import sys

import pytest

from config.env import BASE_DIR

LOOK = """
import importlib, sys
import django
django.setup()
importlib.import_module({module!r})
print(sorted({{"numba", "ortools"}} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    "module",
    [
        "config.urls",
        "config.wsgi",
        "scheduling.management.commands.dispatch",
        "scheduling.management.commands.optimize",
    ],
)
def test_the_solver_stays_outside(module):
    done = subprocess.run(
        [sys.executable, "-c", LOOK.format(module=module)],
        cwd=BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\n"
