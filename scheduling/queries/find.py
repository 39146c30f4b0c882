"""Finding by a few letters: orders, racks, suppliers, lines, parts, scenarios."""

from dataclasses import dataclass

from django.db.models import Q
from django.urls import reverse

from factory.models import Order, Part, Site, Unit
from scheduling.models import Scenario
from suppliers.models import PurchaseOrderLine, Supplier

EACH = 6
LONGEST = 80
SHORTEST = 2
"""Fewer letters find pages and actions alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One thing that was found.

    Attributes:
        kind: What it is, such as ``Order``.
        name: As people call it.
        detail: A few words more.
        url: Where it is.
    """

    kind: str
    name: str
    detail: str
    url: str


def find(site: Site, text: str) -> list[Hit]:
    """Return what holds a text, at most six of a kind. Six queries."""
    text = text.replace("\0", "").strip()[:LONGEST]
    if len(text) < SHORTEST:
        return []
    return [
        *_orders(site, text),
        *_racks(site, text),
        *_suppliers(text),
        *_lines(site, text),
        *_parts(text),
        *_scenarios(site, text),
    ]


def _orders(site: Site, text: str) -> list[Hit]:
    rows = (
        Order.objects.filter(site=site)
        .filter(Q(number__icontains=text) | Q(customer__name__icontains=text))
        .order_by("-requested_date", "number")
        .values_list("number", "customer__name", "state")[:EACH]
    )
    return [
        Hit(
            kind="Order",
            name=number,
            detail=f"{customer}, {state}",
            url=reverse("order", args=[number]),
        )
        for number, customer, state in rows
    ]


def _racks(site: Site, text: str) -> list[Hit]:
    rows = (
        Unit.objects.racks()
        .filter(site=site, serial__icontains=text)
        .order_by("serial")
        .values_list("serial", "order__number", "state")[:EACH]
    )
    return [
        Hit(
            kind="Rack",
            name=serial,
            detail=f"{order or 'no order'}, {state}",
            url=f"{reverse('plan')}?rack={serial}",
        )
        for serial, order, state in rows
    ]


def _suppliers(text: str) -> list[Hit]:
    rows = (
        Supplier.objects.filter(Q(name__icontains=text) | Q(code__icontains=text))
        .order_by("name", "code")
        .values_list("name", "code")[:EACH]
    )
    return [
        Hit(
            kind="Supplier",
            name=name,
            detail=code,
            url=reverse("supplier", args=[code]),
        )
        for name, code in rows
    ]


def _lines(site: Site, text: str) -> list[Hit]:
    rows = (
        PurchaseOrderLine.objects.for_staff()
        .filter(purchase_order__site=site, purchase_order__number__icontains=text)
        .order_by("purchase_order__number", "number")
        .values_list("pk", "purchase_order__number", "number", "part__code")[:EACH]
    )
    return [
        Hit(
            kind="Order line",
            name=f"{order} / {number}",
            detail=part,
            url=reverse("pegging_line", args=[pk]),
        )
        for pk, order, number, part in rows
    ]


def _parts(text: str) -> list[Hit]:
    rows = (
        Part.objects.filter(Q(code__icontains=text) | Q(name__icontains=text))
        .order_by("code")
        .values_list("code", "name")[:EACH]
    )
    return [
        Hit(
            kind="Part",
            name=code,
            detail=name,
            url=f"{reverse('expedite')}?part={code}",
        )
        for code, name in rows
    ]


def _scenarios(site: Site, text: str) -> list[Hit]:
    rows = Scenario.objects.filter(
        site=site, name__icontains=text, is_base=False, archived_at__isnull=True
    ).order_by("-pk")[:EACH]
    return [
        Hit(
            kind="Scenario",
            name=row.name,
            detail="what-if",
            url=reverse("scenario", args=[row.pk]),
        )
        for row in rows
    ]
