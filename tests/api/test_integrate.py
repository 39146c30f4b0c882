"""The integrator's guide works as written, and so does a generated client."""

import json
import os
import re
import subprocess
import sys
from datetime import date, timedelta
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
from tests.builders.factory import NOW, a_part, a_site
from tests.builders.journal import an_event
from tests.builders.scheduling import a_base_scenario
from tests.builders.suppliers import BY_SYSTEM, a_line, a_supplier
from tests.builders.world import a_small_world

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
        now=NOW,
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
            timeout=600,
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


ANSWERING_CLIENT = """
import datetime, json, sys
from rackline_api_client import AuthenticatedClient, models
from rackline_api_client.api.commitments import (
    commitments_accept, commitments_list, commitments_read,
)
from rackline_api_client.api.events import events_list
from rackline_api_client.api.grid_events import grid_events_upsert
from rackline_api_client.api.orders import orders_read, orders_upsert
from rackline_api_client.api.quotes import quotes_create, quotes_read
from rackline_api_client.api.runs import runs_cancel, runs_create
from rackline_api_client.api.stock import stock_upsert

url, key, codes = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=key, raise_on_unexpected_status=True)
site, model, customer, part, today = json.loads(codes)
today = datetime.date.fromisoformat(today)
noon = datetime.datetime(today.year, today.month, today.day, 12, tzinfo=datetime.UTC)

order = models.OrderItemPut(
    revision=1, customer=customer, site=site, rack_model=model, quantity=2,
    requested_date=today + datetime.timedelta(days=60), received_at=noon,
)
orders_upsert.sync("erp:SO-9", client=client, body=order)
print(orders_read.sync("erp:SO-9", client=client).quantity)
lot = models.StockLotItemPut(
    revision=1, site=site, part=part, lot="L-1", quantity=7,
    received_at=noon - datetime.timedelta(days=1),
)
print(stock_upsert.sync("erp:L-1", client=client, body=lot).quantity)
cap = models.GridEventItemPut(
    revision=1, site=site, name="Peak", cap_percent=80,
    starts_at=noon + datetime.timedelta(days=1),
    ends_at=noon + datetime.timedelta(days=1, hours=3),
)
print(grid_events_upsert.sync("erp:77", client=client, body=cap).state.value)

requested = models.CommitmentsListState.REQUESTED
asked, *_ = commitments_list.sync(client=client, state=requested).items
seen = commitments_read.sync_detailed(asked.id, client=client)
for number, etag in enumerate(("W/\\"99\\"", seen.headers["ETag"])):
    answer = commitments_accept.sync(
        asked.id, client=client, if_match=etag, idempotency_key=f"answer-{number}",
        body=models.Said.from_dict({"cause": "supplier"}),
    )
    print(getattr(answer, "code", None) or answer.state.value)

asked_for = models.QuoteRequest(
    site=site, rack_model=model, quantity=1,
    wish_date=today + datetime.timedelta(days=60),
)
quote = quotes_create.sync(client=client, body=asked_for, idempotency_key="quote-1")
print(quotes_read.sync(quote.id, client=client).state.value)
run = runs_create.sync(
    client=client, body=models.RunRequest(site=site), idempotency_key="run-1"
)
stopped = runs_cancel.sync(run.id, client=client, idempotency_key="stop-1")
print(run.state.value, stopped.state.value)
page = events_list.sync(client=client, kind="supplier.*,part.*")
print([one.kind for one in page.items], page.has_more)
"""


def a_generated_client(folder: Path) -> None:
    """Make a client from the contract in a folder."""
    tool = Path(sys.executable).with_name("openapi-python-client")
    made = subprocess.run(
        [tool, "generate", "--path", BASE_DIR / "docs" / "openapi.yaml", "--meta=none"],
        cwd=folder,
        env=os.environ | {"PATH": f"{tool.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr


def run_with(folder: Path, program: str, *arguments: str) -> list[str]:
    """Return the lines a program prints that uses the client in a folder."""
    used = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert used.stderr == ""
    return used.stdout.splitlines()


@pytest.mark.slow
def test_a_generated_python_client_pushes_reads_answers_and_asks(
    erp: Caller, live_server: Any, tmp_path: Path
) -> None:
    world = a_small_world()
    a_base_scenario(world.site)
    today = timezone.now().date()
    need_by = today + timedelta(days=14)
    a_line(site=world.site, part=world.parts["SENSOR"], need_by=need_by)
    codes = [
        world.site.code,
        world.model.code,
        world.order.customer.code,
        world.parts["SENSOR"].code,
        str(today),
    ]
    key = Caller(sensitive_data=True, code_execution=True).key
    an_event(kind="supplier.created", object_type="supplier")
    sequence(limit=1_000)
    a_generated_client(tmp_path)

    pushed = run_with(tmp_path, CLIENT, live_server.url, erp.key)
    answered = run_with(
        tmp_path, ANSWERING_CLIENT, live_server.url, key, json.dumps(codes)
    )

    assert pushed == ["created", "unchanged", "PO-9 144 2027-03-15"]
    assert answered == [
        "2",
        "7",
        "announced",
        "changed_since",
        "committed",
        "requested",
        "queued cancelled",
        "['supplier.created'] False",
    ]
