"""A real Tryton server for the tests of this folder, where it is installed."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from config.env import BASE_DIR

HERE = Path(__file__).parent
PYTHON = Path(
    os.environ.get("RACKLINE_ERP_PYTHON", BASE_DIR / ".venv-erp" / "bin" / "python")
)
CACHE = Path(os.environ.get("XDG_CACHE_HOME", BASE_DIR / "var")) / "rackline-erp"
NOT_INSTALLED = f"no Tryton at {PYTHON}; `make erp` installs one and runs these tests"

CODES = {"site": ["MTY"], "suppliers": ["tessaline"], "parts": ["SENSOR", "TRAY"]}
"""What both systems call the same."""

DATABASE = "erp"
CONFIG = (
    "[database]\nuri = sqlite://\npath = {folder}\n[web]\nlisten = 127.0.0.1:{port}"
)


@dataclass
class Tryton:
    """A running server and a clerk at its desk."""

    url: str
    key: str
    _clerk: "subprocess.Popen[str]"

    def ask(self, verb: str, *arguments: Any) -> Any:
        """Let the clerk do something and return what it sees."""
        desk = self._clerk
        assert desk.stdin is not None
        assert desk.stdout is not None
        desk.stdin.write(json.dumps([verb, *arguments]) + "\n")
        desk.stdin.flush()
        answer = desk.stdout.readline()
        assert answer, f"the clerk could not {verb} {arguments}"
        return json.loads(answer)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs Tryton where there is none, and keep the rest in one process."""
    for item in items:
        if "erp" in item.keywords:
            item.add_marker(pytest.mark.xdist_group("erp"))
            if not PYTHON.exists():
                item.add_marker(pytest.mark.skip(reason=NOT_INSTALLED))


def _configure(folder: Path, port: int = 8000) -> Path:
    """Write a configuration for a database in a folder; an empty file must be there."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "trytond.conf"
    config.write_text(CONFIG.format(folder=folder, port=port))
    return config


def _seeded() -> Path:
    """Return a folder with a filled database and its key, made once for this seed."""
    made_of = [(HERE / "seed.py").read_bytes(), json.dumps(CODES).encode()]
    made_of.append((BASE_DIR / "requirements-erp.txt").read_bytes())
    name = hashlib.sha256(b"\0".join(made_of)).hexdigest()[:16]
    folder = CACHE / name
    if not (folder / "key").exists():
        shutil.rmtree(folder, ignore_errors=True)
        config = _configure(folder)
        (folder / f"{DATABASE}.sqlite").touch()
        seed = [PYTHON, HERE / "seed.py", config, DATABASE, json.dumps(CODES)]
        made = subprocess.run(seed, check=True, capture_output=True, text=True)
        (folder / "key").write_text(made.stdout.split()[-1])
    return folder


@pytest.fixture(scope="session")
def tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tryton]:
    """Run a server on a copy of the filled database."""
    folder = tmp_path_factory.mktemp("tryton")
    seeded = _seeded()
    shutil.copy(seeded / f"{DATABASE}.sqlite", folder)
    key = (seeded / "key").read_text()
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    config = _configure(folder, port)
    url = f"http://127.0.0.1:{port}/{DATABASE}"
    serve = [PYTHON.with_name("trytond"), "-c", config, "-d", DATABASE]
    sit = [PYTHON, HERE / "clerk.py", url, key]
    pipe = subprocess.PIPE
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(serve, stdout=log, stderr=log) as server,
        subprocess.Popen(sit, stdin=pipe, stdout=pipe, stderr=log, text=True) as clerk,
    ):
        try:
            _wait(port, server)
            yield Tryton(url, key, clerk)
        finally:
            clerk.terminate()
            server.terminate()


def _wait(port: int, server: "subprocess.Popen[bytes]") -> None:
    """Wait until the server takes connections, at most a minute."""
    for _ in range(600):
        assert server.poll() is None, "the server ended"
        with closing(socket.socket()) as probe:
            probe.settimeout(0.1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        try:
            server.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
    pytest.fail("Tryton takes no connections after a minute.")
