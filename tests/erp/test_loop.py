"""The whole loop against a real Tryton, both systems over HTTP."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from suppliers.models import PurchaseOrderLine
from tests.builders.api import Caller
from tests.builders.factory import a_part, a_site
from tests.builders.suppliers import a_supplier
from tests.erp.conftest import CODES, Tryton

pytestmark = [pytest.mark.erp, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cycle(live_server: Any, settings: Any, tryton: Tryton, tmp_path: Path) -> Any:
    """Return what runs ``connect_tryton --once`` and what it says."""
    a_site(code="MTY", zone="America/Monterrey")
    a_supplier(code="tessaline")
    for code in CODES["parts"]:
        a_part(code=code)
    settings.PUBLIC_URL = live_server.url
    settings.TRYTON_URL = tryton.url
    settings.TRYTON_KEY = tryton.key
    settings.TRYTON_RACKLINE_KEY = Caller(sensitive_data=True).key
    settings.TRYTON_BOOK = tmp_path / "tryton.json"

    def run() -> str:
        """Do one cycle."""
        said = StringIO()
        call_command("connect_tryton", "--once", stdout=said, stderr=said)
        return said.getvalue()

    return run


def test_an_order_confirmed_in_tryton_asks_the_supplier(
    cycle: Any, tryton: Tryton
) -> None:
    order = tryton.ask("order", "tessaline", "2026-12-14", ["SENSOR", 144])

    cycle()

    line = PurchaseOrderLine.objects.for_staff().get(
        external_id=str(order["lines"][0]["id"])
    )
    assert (line.quantity, line.need_by.isoformat()) == (144, "2026-12-14")
