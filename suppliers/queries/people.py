"""A supplier's people: who is away, who covers, and who is told instead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.contrib.auth.models import User
from django.db.models import QuerySet

from suppliers.models import Delegation, QuietDay, Supplier, SupplierUser

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleague:
    """One person of a supplier, as colleagues see it.

    Attributes:
        person: With its user.
        away: Periods from today on, with the delegate, the first to begin first.
        is_me: Whether it is the reader.
    """

    person: SupplierUser
    away: tuple[Delegation, ...]
    is_me: bool


def today_of(supplier: Supplier, now: datetime) -> date:
    """Return the date where a supplier is."""
    return now.astimezone(ZoneInfo(supplier.zone)).date()


def colleagues(supplier: Supplier, *, me: int, today: date) -> tuple[Colleague, ...]:
    """Return a supplier's people who can sign in, by name. Two queries."""
    people = (
        SupplierUser.objects.for_supplier(supplier)
        .filter(user__is_active=True)
        .select_related("user", "supplier")
        .order_by("user__first_name", "user__last_name", "pk")
    )
    periods: dict[int, list[Delegation]] = {}
    for row in delegations(supplier).filter(ends_on__gte=today):
        periods.setdefault(row.person_id, []).append(row)
    return tuple(
        Colleague(
            person=person,
            away=tuple(periods.get(person.pk, ())),
            is_me=person.user_id == me,
        )
        for person in people
    )


def delegations(supplier: Supplier) -> QuerySet[Delegation]:
    """Return a supplier's delegations with both people, the first to begin first."""
    return (
        Delegation.objects.for_supplier(supplier)
        .select_related("person__user", "delegate__user")
        .order_by("starts_on", "pk")
    )


def covered_by(person: SupplierUser, *, today: date) -> tuple[Delegation, ...]:
    """Return whom a person covers for on a day. One query."""
    rows = delegations(person.supplier).filter(
        delegate=person,
        starts_on__lte=today,
        ends_on__gte=today,
        person__user__is_active=True,
    )
    return tuple(rows)


def told_instead(
    contacts: Sequence[SupplierUser], *, now: datetime
) -> list[SupplierUser]:
    """Return contacts with whoever is away replaced by its delegate. One query.

    A delegate who cannot be mailed, or is away as well, replaces nobody: then the
    person is told after all. Nobody is named twice.
    """
    away = _away(contacts, now)
    told: dict[int, SupplierUser] = {}
    for contact in contacts:
        delegate = away.get(contact.pk)
        if delegate is None or delegate.pk in away:
            told.setdefault(contact.pk, contact)
        else:
            told.setdefault(delegate.pk, delegate)
    return list(told.values())


def own_quiet_days(supplier: Supplier, person: User) -> set[tuple[str, int]]:
    """Return reason and weekday without mail of one person. One query."""
    return set(
        QuietDay.objects.for_supplier(supplier)
        .filter(person__user=person)
        .values_list("about", "weekday")
    )


def _away(contacts: Sequence[SupplierUser], now: datetime) -> dict[int, SupplierUser]:
    """Return who can be told instead of whom, by the person's key. One query."""
    rows = (
        Delegation.objects.for_staff()
        .filter(
            person__in=contacts,
            delegate__user__is_active=True,
            # A day of room on either side: each supplier has a today of its own.
            starts_on__lte=now.date() + DAY,
            ends_on__gte=now.date() - DAY,
        )
        .exclude(delegate__user__email="")
        .select_related("delegate__user", "delegate__supplier")
    )
    return {
        row.person_id: row.delegate
        for row in rows
        if row.starts_on <= today_of(row.delegate.supplier, now) <= row.ends_on
    }
