"""Telling suppliers what will be needed, and taking what they answer to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext, override

from factory.models import Part, Site
from factory.quarters import quarter_of
from journal.services import record
from journal.setwise import update_rows
from journal.wording import column_date, counted, grouped
from suppliers.errors import (
    ForecastClosedError,
    NoSuchBucketError,
    NotAMondayError,
    PiecesRangeError,
)
from suppliers.horizon import week_of
from suppliers.models import (
    DeclaredCapacity,
    ForecastBucket,
    ForecastLook,
    ForecastResponse,
    ForecastRevision,
    Source,
    Supplier,
    SupplierUser,
)
from suppliers.services.author import Author
from suppliers.services.checks import check_day, check_words

Span = ForecastBucket.Span
LARGEST = 2**31 - 1
CHUNK = 1_000
CAPACITY_AHEAD_DAYS = 3_653
"""Ten years: a new line of chips is announced years before it makes one."""


@dataclass(frozen=True, slots=True, order=True)
class BucketKey:
    """Which bucket of one site's forecast is meant; supplier and part by key."""

    supplier: int
    part: int
    span: Span
    starts_on: date


@transaction.atomic
def tell(
    *,
    site: Site,
    needs: Mapping[BucketKey, int],
    publication: str,
    today: date,
    now: datetime,
    cause: str = "",
) -> int:
    """Write what a site needs, and return how many buckets changed. Eight queries.

    Buckets that are still to come and are not among the needs fall to 0. What was told
    before stays as a revision.

    Args:
        site: Who needs.
        needs: Pieces of each bucket, from 0.
        publication: Number of the publication it follows from.
        today: Date at the site.
        now: The moment, aware.
        cause: What led to it, for the event.
    """
    known = {
        BucketKey(row.supplier_id, row.part_id, Span(row.span), row.starts_on): row
        for row in ForecastBucket.objects.for_staff()
        .select_for_update(no_key=True)
        .filter(site=site, starts_on__gte=quarter_of(today))
        if row.starts_on >= _first(Span(row.span), today)
    }
    fresh = ForecastBucket.objects.bulk_create(
        [
            ForecastBucket(
                supplier_id=key.supplier,
                part_id=key.part,
                site=site,
                span=key.span,
                starts_on=key.starts_on,
                quantity=quantity,
                changed_at=now,
            )
            for key, quantity in sorted(needs.items())
            if key not in known and quantity
        ],
        batch_size=CHUNK,
    )
    changed = []
    for key, row in known.items():
        quantity = needs.get(key, 0)
        if row.quantity != quantity:
            row.quantity, row.number, row.changed_at = quantity, row.number + 1, now
            changed.append(row)
    update_rows(changed, ["quantity", "number", "changed_at"])
    ForecastRevision.objects.bulk_create(
        [
            ForecastRevision(
                bucket=row,
                number=row.number,
                quantity=row.quantity,
                publication=publication,
                made_at=now,
            )
            for row in (*fresh, *changed)
        ],
        batch_size=CHUNK,
    )
    count = len(fresh) + len(changed)
    if count:
        told = {row.supplier_id for row in (*fresh, *changed)}
        record(
            kind="forecast.told",
            about=site,
            actor="system",
            cause=cause,
            summary=f"Forecast of {site.name}: {counted(len(told), 'supplier')} told",
            after={"buckets": count, "suppliers": len(told)},
        )
    return count


def _first(span: Span, today: date) -> date:
    """Return the first bucket of a span that is not over."""
    return week_of(today) if span == Span.WEEK else quarter_of(today)


@transaction.atomic
def answer(
    *,
    supplier: Supplier,
    quantities: Mapping[int, int],
    author: Author,
    now: datetime,
) -> int:
    """Keep what a supplier can deliver of buckets; return how many answers are new.

    The same quantity to the same forecast is no new answer. All or none. Six queries.

    Args:
        supplier: Who answers; other suppliers' buckets are not there.
        quantities: Pieces by the bucket's key.
        author: Who says so, through which door.
        now: The moment, aware.

    Raises:
        NoSuchBucketError: If a bucket is not this supplier's.
        ForecastClosedError: If a bucket is over.
        PiecesRangeError: If a quantity can not be kept.
    """
    rows = {
        row.pk: row
        for row in ForecastBucket.objects.for_supplier(supplier)
        .select_for_update(no_key=True, of=("self",))
        .select_related("part", "site")
        .filter(pk__in=quantities)
    }
    answers = {
        row.pk: row
        for row in ForecastResponse.objects.for_supplier(supplier).filter(
            pk__in=[row.response_id for row in rows.values() if row.response_id]
        )
    }
    made = []
    for key, quantity in quantities.items():
        row = rows.get(key)
        if row is None:
            raise NoSuchBucketError(key)
        _check_bucket(row, quantity, now)
        before = answers.get(row.response_id or 0)
        said = (before.quantity, before.forecast_quantity) if before else None
        if said == (quantity, row.quantity):
            continue
        made.append(
            ForecastResponse(
                bucket=row,
                number=before.number + 1 if before else 1,
                forecast_quantity=row.quantity,
                quantity=quantity,
                door=author.door,
                by_id=author.user_id,
                actor=author.actor,
                made_at=now,
            )
        )
    ForecastResponse.objects.bulk_create(made, batch_size=CHUNK)
    for response in made:
        response.bucket.response = response
    update_rows([response.bucket for response in made], ["response"])
    if made:
        gap = sum(max(0, row.forecast_quantity - row.quantity) for row in made)
        short = f", {grouped(gap)} short" if gap else ""
        with override("en"):
            buckets = counted(len(made), "bucket")
        record(
            kind="forecast.answered",
            about=supplier,
            actor=author.actor,
            scope=supplier.scope,
            summary=f"{supplier.name} answered {buckets}{short}",
            after={
                "buckets": len(made),
                "short": gap,
                "cause": str(author.cause),
            },
            request_id=author.request_id,
        )
    return len(made)


def _check_bucket(row: ForecastBucket, quantity: int, now: datetime) -> None:
    """Refuse what can not be kept of one bucket."""
    today = now.astimezone(ZoneInfo(row.site.zone)).date()
    name = gettext("%(part)s from %(day)s") % {
        "part": row.part.code,
        "day": column_date(row.starts_on, today),
    }
    if row.starts_on < _first(Span(row.span), today):
        raise ForecastClosedError(name)
    if not 0 <= quantity <= LARGEST:
        raise PiecesRangeError(name, quantity, LARGEST)


@transaction.atomic
def declare_capacity(
    *,
    supplier: Supplier,
    part: Part,
    per_week: int | None,
    valid_from: date,
    author: Author,
    now: datetime,
    note: str = "",
) -> DeclaredCapacity:
    """Keep how many pieces a supplier can make a week from a Monday on.

    What was declared before stays on record; plans made from now on believe no more.

    Args:
        supplier: Who says so.
        part: One it is approved for.
        per_week: Pieces, from 0; None lifts the limit from that day on.
        valid_from: A Monday, this week's or later.
        author: Who says so, through which door.
        now: The moment, aware.
        note: Up to 300 characters.

    Raises:
        NoSuchBucketError: If the supplier is not approved for the part.
        PiecesRangeError: If the number can not be kept.
        NotAMondayError: If weeks do not begin on that day.
        AnswerRefusedError: If the day is out of range or the note too long.
    """
    Supplier.objects.select_for_update(no_key=True).get(pk=supplier.pk)
    if not Source.objects.for_supplier(supplier).filter(part=part).exists():
        raise NoSuchBucketError(part.pk)
    if per_week is not None and not 0 <= per_week <= LARGEST:
        raise PiecesRangeError(f"{part.code} a week", per_week, LARGEST)
    if valid_from.weekday():
        raise NotAMondayError(valid_from)
    today = week_of(now.astimezone(ZoneInfo(supplier.zone)).date())
    check_day("valid_from", valid_from, today, CAPACITY_AHEAD_DAYS)
    check_words("", note)
    said = DeclaredCapacity.objects.for_supplier(supplier).filter(part=part)
    newest = said.aggregate(newest=Max("number"))["newest"] or 0
    row = DeclaredCapacity.objects.create(
        supplier=supplier,
        part=part,
        number=newest + 1,
        per_week=per_week,
        valid_from=valid_from,
        note=note,
        door=author.door,
        by_id=author.user_id,
        actor=author.actor,
        made_at=now,
    )
    words = "no limit" if per_week is None else f"{grouped(per_week)} a week"
    with override("en"):
        first_day = column_date(valid_from, today)
    record(
        kind="capacity.declared",
        about=row,
        actor=author.actor,
        scope=supplier.scope,
        summary=f"{supplier.name}, {part.code}: {words} from {first_day}",
        after=_facts(row),
        request_id=author.request_id,
    )
    return row


def _facts(row: DeclaredCapacity) -> dict[str, Any]:
    return {
        "part": row.part.code,
        "per_week": row.per_week,
        "valid_from": row.valid_from.isoformat(),
    }


def look(*, person: SupplierUser, now: datetime) -> None:
    """Note that a person has seen the forecast as it stands. One query."""
    ForecastLook.objects.for_supplier(person.supplier).update_or_create(
        person=person, defaults={"seen_at": now}
    )
