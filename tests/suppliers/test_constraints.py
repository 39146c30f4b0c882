"""What is always true is held by the database, by name."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from suppliers.models import (
    CalendarFeed,
    Commitment,
    CommitRevision,
    Delegation,
    LineNeed,
    PurchaseOrder,
    PurchaseOrderLine,
    QuietDay,
    Receipt,
    Source,
    Tranche,
)
from tests.builders.factory import NOW
from tests.builders.suppliers import (
    TODAY,
    a_commitment,
    a_line,
    a_line_need,
    a_purchase_order,
    a_receipt,
    a_source,
    a_supplier,
    a_supplier_user,
)

pytestmark = pytest.mark.django_db


def refused(name):
    """Expect a refusal by this constraint; SQLite names unique ones by columns."""
    return pytest.raises(IntegrityError, match=name)


def a_revision(commitment, **fields):
    return CommitRevision.objects.create(
        **{
            "commitment": commitment,
            "number": 9,
            "kind": "commit",
            "door": "portal",
            "actor": "system",
            "made_at": NOW,
            "requested_quantity": 90,
            "requested_date": TODAY,
            "quantity": 90,
            "last_dock_date": TODAY,
        }
        | fields
    )


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"number": 0}, "commit_revision_number_positive"),
        ({"kind": "push_out"}, "commit_revision_reason_when_worse"),
        (
            {"kind": "decommit", "quantity": 0, "last_dock_date": None},
            "commit_revision_reason_when_worse",
        ),
        (
            {"kind": "cannot_say", "quantity": 0, "last_dock_date": None},
            "commit_revision_cannot_say_has_date",
        ),
        ({"actor": ""}, "commit_revision_actor_given"),
        ({"quantity": 0}, "commit_revision_"),
        ({"last_dock_date": None}, "commit_revision_quantity_iff_date"),
        (
            {"kind": "undo"},
            "commit_revision_promise_iff_quantity",
        ),
        ({"received_quantity": 1}, "commit_revision_within_request"),
        ({"kind": "substitute"}, "commit_revision_substitute_has_part"),
    ],
)
def test_a_revision_that_cannot_be_is_refused(fields, name):
    commitment = a_line().commitment

    with refused(name), transaction.atomic():
        a_revision(commitment, **fields)

    assert not CommitRevision.objects.for_staff().exists()


def test_a_substitute_comes_with_a_promise():
    line = a_line()

    with refused("commit_revision_substitute_needs_promise"), transaction.atomic():
        a_revision(
            line.commitment,
            kind="reject",
            reason_code="yield",
            quantity=0,
            last_dock_date=None,
            substitute=line.part,
        )


def test_numbers_of_revisions_are_unique():
    commitment = a_line().commitment
    a_revision(commitment)

    with refused("commit_revision_number_unique|commitment_id.*number"):
        a_revision(commitment)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"number": 2, "quantity": 1}, "tranche_date_unique|dock_date"),
        (
            {"quantity": 1, "dock_date": TODAY},
            "tranche_number_unique|revision_id.*number",
        ),
        ({"number": 2, "quantity": 0, "dock_date": TODAY}, "tranche_quantity_positive"),
        ({"number": 0, "quantity": 1, "dock_date": TODAY}, "tranche_number_positive"),
    ],
)
def test_a_tranche_that_cannot_be_is_refused(fields, name):
    tranche = a_commitment().current.tranches.get()
    values = {
        "revision": tranche.revision,
        "number": tranche.number,
        "dock_date": tranche.dock_date,
    }

    with refused(name), transaction.atomic():
        Tranche.objects.create(**values | fields)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"state": "committed"}, "commitment_committed_has_revision"),
        ({"state": "acknowledged"}, "commitment_acknowledged_has_moment"),
        ({"version": 0}, "commitment_version_positive"),
    ],
)
def test_a_commitments_state_rests_on_its_facts(values, name):
    a_line()

    with refused(name), transaction.atomic():
        Commitment.objects.for_staff().update(**values)


def test_an_original_never_stands_without_a_current():
    a_commitment()

    with refused("commitment_original_iff_current"), transaction.atomic():
        Commitment.objects.for_staff().update(state="requested", original=None)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"quantity": 0, "received": -1}, "purchase_order_line|CHECK"),
        ({"received": 90}, "purchase_order_line_complete_iff_date"),
        ({"received_in_full_on": TODAY}, "purchase_order_line_complete_iff_date"),
    ],
)
def test_a_complete_line_says_since_when(values, name):
    a_line(quantity=90)

    with refused(name), transaction.atomic():
        PurchaseOrderLine.objects.for_staff().update(**values)


def test_an_erp_knows_an_order_once_and_by_its_system():
    a_purchase_order(system="erp", external_id="PO-1")

    with refused("purchase_order_external_id_unique|system"), transaction.atomic():
        a_purchase_order(system="erp", external_id="PO-1")
    with refused("purchase_order_external_id_needs_system"), transaction.atomic():
        PurchaseOrder.objects.for_staff().update(system="")


def test_a_receipt_brings_something():
    a_receipt(a_line(), 1)

    with refused("receipt_quantity_positive"), transaction.atomic():
        Receipt.objects.for_staff().update(quantity=0)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"lead_time_p50_days": 155}, "source_lead_times_order"),
        ({"minimum_lot": 0}, "source_minimum_lot_positive"),
        ({"share_percent": 101}, "source_share_range"),
    ],
)
def test_a_source_is_plausible(values, name):
    a_source()

    with refused(name), transaction.atomic():
        Source.objects.for_staff().update(**values)


def test_no_more_racks_are_blocked_than_use_a_line():
    a_line_need(a_line(), racks=6)

    with refused("line_need_blocked_within_racks"), transaction.atomic():
        LineNeed.objects.for_staff().update(blocked_racks=7)


def test_an_orders_lines_have_numbers_of_their_own():
    order = a_purchase_order()
    a_line(order, number=10)

    with refused("purchase_order_line_number_unique|number"), transaction.atomic():
        a_line(order, number=10, need_by=TODAY + timedelta(days=1))


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"ends_on": TODAY - timedelta(days=1)}, "delegation_days_order"),
        ({"delegate": "person"}, "delegation_to_somebody_else"),
    ],
)
def test_a_delegation_is_to_somebody_else_and_has_days(fields, name):
    supplier = a_supplier()
    person = a_supplier_user(supplier).supplier_user
    delegate = a_supplier_user(supplier).supplier_user
    if "delegate" in fields:
        fields = {"delegate": person}

    with refused(name), transaction.atomic():
        Delegation.objects.create(
            **{
                "person": person,
                "delegate": delegate,
                "starts_on": TODAY,
                "ends_on": TODAY,
            }
            | fields
        )


@pytest.mark.parametrize(
    ("weekday", "name"),
    [(7, "quiet_day_weekday_range"), (6, "quiet_day_unique|quietday.weekday")],
)
def test_a_quiet_day_is_one_of_the_week_and_there_once(weekday, name):
    person = a_supplier_user().supplier_user
    QuietDay.objects.create(person=person, about="new", weekday=6)

    with refused(name), transaction.atomic():
        QuietDay.objects.create(person=person, about="new", weekday=weekday)


def test_a_calendar_has_an_address():
    person = a_supplier_user().supplier_user

    with refused("calendar_feed_hash_given"), transaction.atomic():
        CalendarFeed.objects.create(person=person, token_hash="")
