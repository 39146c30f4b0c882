"""A rig for every test of the connectors."""

from pathlib import Path

import pytest

from tests.suppliers.connectors.rig import Rig


@pytest.fixture
def rig(db: None, tmp_path: Path) -> Rig:
    """Return both systems with nothing ordered yet."""
    return Rig(tmp_path)
