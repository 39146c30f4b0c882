"""What can be checked of styles, scripts and templates without a browser."""

import hashlib
import re
from pathlib import Path

import pytest

from journal.wording import LIMITS, STATUSES

ROOT = Path(__file__).resolve().parents[2]
CSS = "\n".join(path.read_text() for path in sorted(ROOT.glob("static/css/*.css")))
SPRITE = (ROOT / "static/icons.svg").read_text()
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
COMPONENTS = sorted((ROOT / "templates/components").glob("*.html"))
VENDORED = [ROOT / "static/vendor", ROOT / "tests/look/vendor"]
SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>")


def symbols():
    """Return the names of the sprite's pictures."""
    return set(re.findall(r'<symbol id="([^"]+)"', SPRITE))


@pytest.mark.parametrize("folder", VENDORED, ids=str)
def test_vendored_files_are_what_their_makers_published(folder):
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    wanted = {name: digest for digest, name in (line.split("  ") for line in lines)}

    found = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }

    assert found == wanted


@pytest.mark.parametrize("folder", VENDORED, ids=str)
def test_every_vendored_library_brings_its_licence(folder):
    for library in folder.iterdir():
        assert not library.is_dir() or (library / "LICENSE").is_file()


def test_no_template_has_an_inline_style_or_script():
    for path in TEMPLATES:
        text = path.read_text()
        assert not re.search(r"\sstyle=", text), path
        assert not re.search(r"\son[a-z]+=\"", text), path
        assert "<style" not in text, path
        assert not SCRIPT.findall(text), path


def test_every_component_says_its_inputs_first():
    for path in COMPONENTS:
        first = path.read_text().splitlines()[0]
        assert first.startswith("{% comment %}"), path
        assert "{% endcomment %}" in first, path


def test_every_component_stands_in_the_documentation():
    text = (ROOT / "docs/components.md").read_text()
    internal = {
        "brand_mark",
        "field_notes",
        "kpi",
        "messages",
        "nav",
        "nav_item",
        "plan_steps_table",
        "plan_table",
        "sparkline",
        "stamp",
        "table_row",
        "textures",
        "theme_switch",
        "user_menu",
    }

    missing = {
        path.stem
        for path in COMPONENTS
        if path.stem not in internal and not re.search(rf"\b{path.stem}\b", text)
    }

    assert missing == set()


def test_every_icon_a_template_names_is_in_the_sprite():
    for path in TEMPLATES:
        for name in re.findall(r'{% icon "([^"]+)" %}', path.read_text()):
            assert name in symbols(), f"{path}: {name}"


def test_every_state_has_a_shape_and_a_colour():
    for look in STATUSES.values():
        assert f"status-{look.glyph}" in symbols()
        assert look.mood == "idle" or f'.status[data-status="{look.mood}"]' in CSS


def test_every_limit_has_a_colour_of_its_own_token():
    for look in LIMITS.values():
        assert f'[data-limit="{look.colour}"]' in CSS
        assert f"--limit-{look.colour}: " in CSS


def test_styles_use_no_token_that_is_not_defined():
    defined = set(re.findall(r"(--[\w-]+):", CSS))
    used = set(re.findall(r"var\((--[\w-]+)", CSS))

    assert used - defined == set()


def test_styles_fetch_nothing_from_elsewhere():
    addresses = re.findall(r"url\(\"?([^)\"]+)", CSS)

    assert {a for a in addresses if not a.startswith(("#", "../fonts/"))} == set()


def test_every_class_a_template_names_has_a_rule():
    styled = set(re.findall(r"\.([a-zA-Z][\w-]*)", CSS))
    for path in TEMPLATES:
        text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", path.read_text())
        named = {
            name
            for names in re.findall(r'class="([^"]*)"', text)
            for name in names.split()
        }
        assert {name for name in named if not name.endswith("-")} <= styled, path
