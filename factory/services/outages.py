"""Outages: a bay, feeder, loop, work centre or crew gives less for a time."""

from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction
from django.utils import timezone

from factory.errors import OutageRefusedError
from factory.models import (
    CoolingLoop,
    Crew,
    Outage,
    PowerBay,
    PowerNode,
    Site,
    WorkCentre,
)
from factory.reach import is_in_reach, out_of_reach
from journal.services import record

REASON_MOST = 160
TARGETS: dict[str, type[models.Model]] = {
    "bay": PowerBay,
    "node": PowerNode,
    "loop": CoolingLoop,
    "work_centre": WorkCentre,
    "crew": Crew,
}
"""Columns of an outage, each with what it names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is said of an outage.

    Attributes:
        target: The thing that gives less, of the site.
        remaining: What is left in its own unit: watts, places, people; 0 for a bay.
        starts_at: Aware.
        ends_at: When it is expected to be over; later than it starts.
        reason: Why, 1 to 160 characters.
    """

    target: models.Model
    remaining: int
    starts_at: datetime
    ends_at: datetime
    reason: str


@transaction.atomic
def declare_outage(*, site: Site, told: Told, actor: str) -> Outage:
    """Write an outage down; plans know of it from the next one on.

    Raises:
        OutageRefusedError: If it ends before it starts, is over, lies further off than
            three years, leaves as much as there is, or says no reason.
    """
    reason = told.reason.strip()
    if not reason or len(reason) > REASON_MOST or "\0" in reason:
        raise OutageRefusedError(
            "reason", f"Say why, in 1 to {REASON_MOST} characters of plain text."
        )
    now = timezone.now()
    if told.ends_at <= told.starts_at or told.ends_at <= now:
        raise OutageRefusedError(
            "ends_at", "An outage ends after it starts, and is not over yet."
        )
    for field, at in (("starts_at", told.starts_at), ("ends_at", told.ends_at)):
        if not is_in_reach(at, now):
            raise OutageRefusedError(
                field,
                f"{out_of_reach('An outage')} What never comes back is taken out of "
                "the site.",
            )
    full = capacity_of(told.target)
    if not 0 <= told.remaining < full:
        raise OutageRefusedError(
            "remaining",
            f"{told.target} gives {full:,}; an outage leaves less than that.",
        )
    outage = Outage.objects.create(
        site=site,
        starts_at=told.starts_at,
        ends_at=told.ends_at,
        remaining=told.remaining,
        reason=reason,
        **{column_of(told.target): told.target},
    )
    record(
        kind="outage.recorded",
        about=outage,
        actor=actor,
        scope=f"site:{site.pk}",
        summary=f"Outage of {told.target}: {reason}"[:300],
        after=_facts(outage),
    )
    return outage


@transaction.atomic
def end_outage(*, outage: Outage, actor: str) -> None:
    """End an outage now; one that has not begun is taken back.

    Raises:
        OutageRefusedError: If it is over.
    """
    outage = Outage.objects.select_for_update(of=("self",)).get(pk=outage.pk)
    now = timezone.now()
    before = _facts(outage)
    if outage.ends_at <= now:
        raise OutageRefusedError("ends_at", f"{outage.reason}: this outage is over.")
    if outage.starts_at >= now:
        record(
            kind="outage.ended",
            about=outage.site,
            actor=actor,
            scope=f"site:{outage.site_id}",
            summary=f"Outage taken back: {outage.reason}",
            before=before,
        )
        outage.delete()
        return
    outage.ends_at = now
    outage.save(update_fields=["ends_at"])
    record(
        kind="outage.ended",
        about=outage,
        actor=actor,
        scope=f"site:{outage.site_id}",
        summary=f"Outage over: {outage.reason}",
        before=before,
        after=_facts(outage),
    )


def capacity_of(target: models.Model) -> int:
    """Return what a thing gives when it is whole, in its own unit; 1 for a bay."""
    if isinstance(target, WorkCentre):
        return target.count
    if isinstance(target, Crew):
        return target.people
    if isinstance(target, PowerNode | CoolingLoop):
        return target.limit_w
    return 1


def column_of(target: models.Model) -> str:
    """Return the column of an outage that names a thing."""
    return next(name for name, kind in TARGETS.items() if isinstance(target, kind))


def target_of(outage: Outage) -> models.Model | None:
    """Return what an outage is about."""
    found = (getattr(outage, name) for name in TARGETS)
    return next((one for one in found if one is not None), None)


def _facts(outage: Outage) -> dict[str, object]:
    return {
        "starts_at": outage.starts_at.isoformat(),
        "ends_at": outage.ends_at.isoformat(),
        "remaining": outage.remaining,
        "reason": outage.reason,
    }
