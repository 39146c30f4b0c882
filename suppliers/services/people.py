"""What a supplier's people settle among themselves: rights, cover, language, zone.

Everybody names their own cover and reads in their own language. Rights, zone and the
supplier's language are changed by those who may answer.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from journal.services import record
from journal.wording import full_date
from suppliers.errors import PeopleRefusedError
from suppliers.models import Delegation, QuietDay, Supplier, SupplierUser
from suppliers.models.supplier import known_zone
from suppliers.queries.people import today_of
from suppliers.tenancy import Role, Tenant

AWAY_MAX_DAYS = 366
"""Who is away for longer has left."""
DAYS_A_WEEK = 7


@transaction.atomic
def give_role(*, tenant: Tenant, person_id: int, role: str) -> SupplierUser:
    """Let a colleague do more or less from now on.

    Raises:
        PermissionDenied: If the reader may not answer.
        PeopleRefusedError: If there is no such colleague or role, or nobody who may
            answer would be left.
    """
    tenant.must_answer()
    if role not in Role.values:
        raise PeopleRefusedError("role", _("There is no such right."))
    people = {row.pk: row for row in _locked(tenant.supplier)}
    person = people.get(person_id)
    if person is None:
        raise PeopleRefusedError("person", _("There is no such colleague."))
    before = person.role
    if before == role:
        return person
    others = [row for row in people.values() if row.pk != person_id]
    if role != Role.ANSWER and not any(row.role == Role.ANSWER for row in others):
        raise PeopleRefusedError(
            "role", _("Somebody has to be able to answer. Let a colleague do so first.")
        )
    person.role = role
    person.save(update_fields=["role"])
    _tell(tenant, person, "role_given", f"{person.name} may now {role}", before, role)
    return person


@transaction.atomic
def delegate(
    *,
    tenant: Tenant,
    delegate_id: int,
    starts_on: date,
    ends_on: date,
    now: datetime,
) -> Delegation:
    """Name the colleague who covers for the reader, both days included.

    Raises:
        PeopleRefusedError: If the colleague or the days cannot be; names the field.
    """
    people = {row.pk: row for row in _locked(tenant.supplier)}
    me = next((row for row in people.values() if row.user_id == tenant.person.pk), None)
    other = people.get(delegate_id)
    if me is None or other is None or me == other:
        raise PeopleRefusedError("delegate", _("Pick a colleague who covers for you."))
    _check_days(starts_on, ends_on, today_of(tenant.supplier, now))
    overlapping = me.delegations.filter(starts_on__lte=ends_on, ends_on__gte=starts_on)
    if (known := overlapping.first()) is not None:
        raise PeopleRefusedError(
            "starts_on",
            _("You are covered from %(first)s to %(last)s already. End that first.")
            % {"first": full_date(known.starts_on), "last": full_date(known.ends_on)},
        )
    found = Delegation.objects.create(
        person=me, delegate=other, starts_on=starts_on, ends_on=ends_on, made_at=now
    )
    words = f"{other.name} covers for {me.name} from {starts_on} to {ends_on}"
    _tell(tenant, me, "delegated", words, None, other.pk)
    return found


@transaction.atomic
def end_delegation(*, tenant: Tenant, delegation_id: int) -> None:
    """Take back a cover of the reader's own; what the delegate did stays.

    Raises:
        PeopleRefusedError: If the reader has no such cover.
    """
    found = (
        Delegation.objects.for_supplier(tenant.supplier)
        .select_for_update(of=("self",))
        .select_related("person__user", "delegate__user")
        .filter(pk=delegation_id, person__user=tenant.person)
        .first()
    )
    if found is None:
        raise PeopleRefusedError("delegation", _("You have no such cover."))
    words = f"{found.delegate.name} no longer covers for {found.person.name}"
    _tell(tenant, found.person, "delegation_ended", words, found.delegate_id, None)
    found.delete()


@transaction.atomic
def speak(*, tenant: Tenant, language: str) -> None:
    """Show pages to the reader in a language; empty is the supplier's.

    Raises:
        PeopleRefusedError: If pages are not written in it.
    """
    if language and language not in dict(settings.LANGUAGES):
        raise PeopleRefusedError("language", _("Pages are not written in it yet."))
    SupplierUser.objects.for_supplier(tenant.supplier).filter(
        user=tenant.person
    ).update(language=language)


@transaction.atomic
def settle(*, tenant: Tenant, zone: str, language: str) -> Supplier:
    """Set the zone a supplier's clock shows and the language its people read in.

    Promised dates are dates: no zone moves them.

    Raises:
        PermissionDenied: If the reader may not answer.
        PeopleRefusedError: If there is no such zone or language.
    """
    tenant.must_answer()
    try:
        known_zone(zone)
    except ValidationError as error:
        raise PeopleRefusedError("zone", error.messages[0]) from error
    if language not in dict(settings.LANGUAGES):
        raise PeopleRefusedError("language", _("Pages are not written in it yet."))
    supplier = Supplier.objects.select_for_update().get(pk=tenant.supplier.pk)
    before = {"zone": supplier.zone, "language": supplier.language}
    after = {"zone": zone, "language": language}
    if before == after:
        return supplier
    supplier.zone, supplier.language = zone, language
    supplier.save(update_fields=["zone", "language"])
    record(
        kind="supplier.settled",
        about=supplier,
        actor=f"user:{tenant.person.pk}",
        scope=supplier.scope,
        summary=f"{supplier.name} reads in {language}, in the zone {zone}",
        before=before,
        after=after,
    )
    return supplier


@transaction.atomic
def choose_mail_days(*, tenant: Tenant, days: Collection[tuple[str, int]]) -> None:
    """Set on which weekdays the reader gets mail about which kind of line.

    Args:
        tenant: The reader.
        days: Reason and weekday, 0 for Monday, of every day with mail.

    Raises:
        PeopleRefusedError: If a kind of line would never be mailed about: its supplier
            could not be reached any more.
    """
    about = QuietDay.About
    wanted = set(days)
    for kind in about:
        if not any((kind, weekday) in wanted for weekday in range(DAYS_A_WEEK)):
            raise PeopleRefusedError(
                "days",
                _("%(kind)s: keep at least one day with mail.") % {"kind": kind.label},
            )
    person = (
        SupplierUser.objects.for_supplier(tenant.supplier)
        .select_for_update(of=("self",))
        .get(user=tenant.person)
    )
    kept = QuietDay.objects.for_supplier(tenant.supplier).filter(person=person)
    before = set(kept.values_list("about", "weekday"))
    after = {
        (kind.value, weekday)
        for kind in about
        for weekday in range(DAYS_A_WEEK)
        if (kind, weekday) not in wanted
    }
    if before == after:
        return
    kept.delete()
    QuietDay.objects.bulk_create(
        QuietDay(person=person, about=kind, weekday=weekday)
        for kind, weekday in sorted(after)
    )
    _tell(
        tenant,
        person,
        "mail_days_chosen",
        f"{person.name} chose the days with mail",
        len(before),
        len(after),
    )


def _check_days(starts_on: date, ends_on: date, today: date) -> None:
    """Refuse a period that is over, turned round or too long."""
    last = today + timedelta(days=AWAY_MAX_DAYS)
    if not today <= ends_on <= last:
        raise PeopleRefusedError(
            "ends_on",
            _("The last day can be from %(first)s to %(last)s.")
            % {"first": full_date(today), "last": full_date(last)},
        )
    if starts_on > ends_on or starts_on < today - timedelta(days=AWAY_MAX_DAYS):
        raise PeopleRefusedError(
            "starts_on", _("The first day comes before the last one.")
        )


def _locked(supplier: Supplier) -> list[SupplierUser]:
    """Lock a supplier's people who can sign in. One query."""
    return list(
        SupplierUser.objects.for_supplier(supplier)
        .select_for_update(of=("self",))
        .filter(user__is_active=True)
        .select_related("user")
        .order_by("pk")
    )


def _tell(
    tenant: Tenant,
    person: SupplierUser,
    verb: str,
    words: str,
    *change: str | int | None,
) -> None:
    """Append the event about a person; ``change`` is what was and what is."""
    before, after = change
    record(
        kind=f"supplier_person.{verb}",
        about=person,
        actor=f"user:{tenant.person.pk}",
        scope=tenant.supplier.scope,
        summary=f"{tenant.supplier.name}: {words}",
        before={"value": before},
        after={"value": after},
    )
