"""The integrator's guide works as written, and so does a generated client."""

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from config.env import BASE_DIR
from journal.sequencing import sequence
from suppliers.ledger import Delivery
from suppliers.models import Commitment
from suppliers.services import commitments
from tests.builders.api import Caller
from tests.builders.factory import a_part, a_site
from tests.builders.suppliers import BY_SYSTEM, a_supplier

pytestmark = pytest.mark.django_db(transaction=True)

GUIDE = BASE_DIR / "docs" / "integrate.md"
STEP = re.compile(
    r"```(sh|python)\n(.*?)```\n(?:```text\n(.*?)```\n)?"
    r"|<!-- (the supplier answers) -->",
    re.DOTALL,
)
RUN = {"sh": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-c"]}


@pytest.fixture
def erp() -> Caller:
    """Return a client of a site that knows the guide's supplier and part."""
    a_site(code="harrow-creek", zone="America/Monterrey")
    a_supplier(code="tessaline-sensors")
    a_part(code="LEAKSNS")
    return Caller(sensitive_data=True)


def the_supplier_answers() -> None:
    """Promise what the guide says, and number the event as the dispatcher does."""
    commitment = Commitment.objects.for_staff().get(line__external_id="PO-3.1")
    sequence(limit=1_000)
    commitments.commit(
        line_id=commitment.line_id,
        expected_version=commitment.version,
        deliveries=[
            Delivery(date(2027, 3, 15), 96),
            Delivery(date(2027, 3, 29), 48),
        ],
        author=BY_SYSTEM,
        now=timezone.now(),
        reason_code="capacity",
    )
    sequence(limit=1_000)


def test_every_example_of_the_guide_prints_what_it_says(
    erp: Caller, live_server: Any, tmp_path: Path
) -> None:
    around = os.environ | {"RACKLINE": live_server.url, "KEY": erp.key}
    steps = STEP.findall(GUIDE.read_text(encoding="utf-8"))
    assert [kind for kind, *_ in steps] == ["sh"] * 5 + ["", "python"]

    for kind, code, said, _ in steps:
        if not kind:
            the_supplier_answers()
            continue
        done = subprocess.run(
            [*RUN[kind], code],
            cwd=tmp_path,
            env=around,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert done.stdout.strip() == said.strip(), code


CLIENT = """
import datetime, sys
from rackline_api_client import AuthenticatedClient
from rackline_api_client.api.purchase_orders import (
    purchase_orders_bulk_upsert, purchase_orders_read,
)
from rackline_api_client import models

url, key = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=key, raise_on_unexpected_status=True)
line = {"number": 1, "part": "LEAKSNS", "quantity": 144, "need_by": "2027-03-15"}
order = {
    "external_id": "PO-9", "revision": 1,
    "supplier": "tessaline-sensors", "site": "harrow-creek",
    "ordered_at": "2026-11-01T10:00:00+00:00", "lines": [line],
}
body = models.PurchaseOrdersPush.from_dict({"purchase_orders": [order]})
for number in (1, 2):
    answer = purchase_orders_bulk_upsert.sync(
        client=client, body=body, idempotency_key=f"generated-{number}"
    )
    print(answer.results[0].outcome.value)
read = purchase_orders_read.sync(key="erp:PO-9", client=client)
print(read.number, read.lines[0].quantity, read.lines[0].need_by.isoformat())
"""


@pytest.mark.slow
def test_a_generated_python_client_pushes_and_reads(
    erp: Caller, live_server: Any, tmp_path: Path
) -> None:
    tool = Path(sys.executable).with_name("openapi-python-client")
    made = subprocess.run(
        [tool, "generate", "--path", BASE_DIR / "docs" / "openapi.yaml", "--meta=none"],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{tool.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr

    used = subprocess.run(
        [sys.executable, "-c", CLIENT, live_server.url, erp.key],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert used.stderr == ""
    assert used.stdout.split("\n")[:3] == [
        "created",
        "unchanged",
        "PO-9 144 2027-03-15",
    ]
