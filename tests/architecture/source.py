"""The project's own files, as the architecture tests read them."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from config.env import BASE_DIR

APPS = ("journal", "factory", "suppliers", "scheduling")
PACKAGES = (*APPS, "config")


def python_files(*folders: str) -> list[Path]:
    """Return the Python files under folders of the project, without migrations."""
    return [
        path
        for folder in folders
        for path in sorted((BASE_DIR / folder).rglob("*.py"))
        if "migrations" not in path.parts
    ]


@cache
def tree(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imported_names(path: Path) -> Iterator[str]:
    """Yield every dotted name a file imports, at whatever depth of the code."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def shown(path: Path) -> str:
    """Return a path as it is named inside the project."""
    return path.relative_to(BASE_DIR).as_posix()


def kept_files() -> list[Path]:
    """Return every file that belongs to the project: what git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=BASE_DIR,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    paths = (BASE_DIR / name for name in listed.split("\0") if name)
    return [path for path in paths if path.is_file()]
