"""Imports and foreign keys run one way, also where import-linter cannot see it."""

import ast
import os
import subprocess
import sys
import tomllib

import pytest
from django.apps import apps
from django.db.models import ForeignObject, ManyToManyField

from config.env import BASE_DIR
from tests.architecture.source import (
    APPS,
    PACKAGES,
    imported_names,
    python_files,
    shown,
    tree,
)

RANK = {app: place for place, app in enumerate(APPS)}


def relations():
    """Yield (model, field) for each forward relation of our apps."""
    for app in APPS:
        for model in apps.get_app_config(app).get_models():
            fields = [*model._meta.local_fields, *model._meta.local_many_to_many]
            for field in fields:
                if isinstance(field, ForeignObject | ManyToManyField):
                    yield model, field


def test_a_foreign_key_never_points_downstream():
    upward = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model, field in relations()
        if RANK.get(field.related_model._meta.app_label, 0)
        > RANK[model._meta.app_label]
    ]

    assert upward == []


def test_a_foreign_key_across_apps_leaves_no_accessor_behind():
    leaking = [
        f"{model._meta.label}.{field.name}: related_name="
        f"{field.remote_field.related_name!r}"
        for model, field in relations()
        if field.related_model._meta.app_label in RANK
        and field.related_model._meta.app_label != model._meta.app_label
        and not field.remote_field.hidden
    ]

    assert leaking == []


def path_app(path):
    """Return the app a file belongs to."""
    return shown(path).partition("/")[0]


def test_a_foreign_key_across_apps_imports_its_class():
    by_name = [
        f"{shown(path)}:{node.lineno} {node.args[0].value}"
        for path in python_files(*APPS)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"ForeignKey", "OneToOneField", "ManyToManyField"}
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and str(node.args[0].value).partition(".")[0] in set(APPS) - {path_app(path)}
    ]

    assert by_name == []


def test_only_the_solver_imports_or_tools():
    importers = {
        shown(path)
        for path in python_files(*PACKAGES)
        if any(name.split(".")[0] == "ortools" for name in imported_names(path))
    }

    solvers = ("scheduling/engine/cpsat/", "scheduling/engine/network/cpsat/")
    strangers = {name for name in importers if not name.startswith(solvers)}
    assert strangers == set()


FRAMEWORKS = {"django", "celery", "kombu", "redis", "rest_framework"}


def modules_under(*names):
    """Return the dotted names of modules and of all modules below them."""
    found = []
    for name in names:
        place = BASE_DIR / name.replace(".", "/")
        paths = place.rglob("*.py") if place.is_dir() else [place.with_suffix(".py")]
        found += [
            shown(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            for path in sorted(paths)
        ]
    return found


def loaded_after_importing(modules):
    """Return the top-level names a bare interpreter has after some imports."""
    code = (
        "import importlib, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "print(*{name.partition('.')[0] for name in sys.modules})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=BASE_DIR,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_engine_loads_no_framework():
    loaded = loaded_after_importing(modules_under("scheduling.engine"))

    assert loaded & FRAMEWORKS == set()


def test_what_states_and_judges_a_plan_does_not_load_the_solver():
    pyproject = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = pyproject["tool"]["importlinter"]["contracts"]
    solver = next(contract for contract in contracts if contract["id"] == "solver")

    loaded = loaded_after_importing(modules_under(*solver["source_modules"]))

    assert "ortools" not in loaded


@pytest.mark.parametrize(
    "signals",
    ["django.dispatch", "django.db.models.signals", "django.core.signals"],
)
def test_nothing_happens_by_signal(signals):
    importers = [
        shown(path)
        for path in python_files(*PACKAGES)
        if any(name.startswith(signals) for name in imported_names(path))
    ]

    assert importers == []
