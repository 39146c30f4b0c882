"""Rules of the house that no linter knows."""

import ast
import re

import pytest

from config.env import BASE_DIR
from tests.architecture.source import (
    APPS,
    PACKAGES,
    imported_names,
    kept_files,
    python_files,
    shown,
    tree,
)

# In two halves, so that this file does not name what it forbids.
REGISTRY_HOSTS = [
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "npmjs" + ".org",
    "npmjs" + ".com",
    "deb.debian" + ".org",
    "proxy.golang" + ".org",
]
# A field's help text is written in the code, and Django's own holds lists.
UNESCAPED = ["templates/components/field_notes.html"]
MACHINE_PATHS = ["/" + "work/", "/" + "root/", "/" + "Users/", "/" + "home/"]


def test_an_init_file_is_empty_unless_it_lists_models():
    filled = [
        shown(path)
        for path in python_files(*PACKAGES, "tests")
        if path.name == "__init__.py"
        and path.parent.name != "models"
        and path.read_text(encoding="utf-8").strip()
    ]

    assert filled == []


def test_no_file_is_named_for_what_did_not_fit_elsewhere():
    names = {"utils.py", "helpers.py", "common.py", "misc.py"}

    assert [shown(p) for p in python_files(*PACKAGES, "tests") if p.name in names] == []


def test_every_module_says_its_place():
    silent = [
        shown(path)
        for path in python_files(*PACKAGES, "tests")
        if path.name != "__init__.py" and ast.get_docstring(tree(path)) is None
    ]

    assert silent == []


def test_no_file_names_a_registry_or_a_path_of_one_machine():
    pattern = re.compile("|".join(map(re.escape, REGISTRY_HOSTS + MACHINE_PATHS)))
    found = []
    for path in kept_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{shown(path)}: {match}" for match in pattern.findall(text)]

    assert found == []


def test_a_serializer_lists_its_fields():
    open_lists = [
        f"{shown(path)}:{node.lineno}"
        for path in python_files(*APPS)
        if "/api/" in shown(path)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
        and (
            target.id == "exclude"
            or (
                target.id in {"fields", "ordering_fields", "filterset_fields"}
                and isinstance(node.value, ast.Constant)
            )
        )
    ]

    assert open_lists == []


def test_no_text_skips_escaping():
    in_code = [
        shown(path)
        for path in python_files(*PACKAGES)
        if any(name.endswith(".mark_safe") for name in imported_names(path))
    ]
    in_templates = [
        shown(path)
        for path in sorted((BASE_DIR / "templates").rglob("*.html"))
        if re.search(r"\|\s*safe\b|autoescape off", path.read_text(encoding="utf-8"))
    ]

    assert in_code + in_templates == UNESCAPED


def test_no_template_holds_script_or_style_without_nonce():
    inline = []
    for path in sorted((BASE_DIR / "templates").rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        for tag in re.findall(r"<script\b[^>]*>|<style\b[^>]*>", text):
            allowed = "src=" in tag or "nonce=" in tag or "application/json" in tag
            if not allowed:
                inline.append(f"{shown(path)}: {tag}")
        inline += [
            f"{shown(path)}: {attribute}"
            for attribute in re.findall(r"<[^>]*\s(on[a-z]+=|style=)", text)
        ]

    assert inline == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_of_code_is_a_package(package):
    bare = {
        shown(path.parent)
        for path in python_files(package)
        if not (path.parent / "__init__.py").exists()
    }

    assert bare == set()
