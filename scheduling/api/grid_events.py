"""Grid events over the API: what the utility's system announces."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from factory.models import Site
from journal.api.fields import WATTS_MAX, Flag, Text
from journal.api.ids import OpaqueId
from journal.api.names import ByReference, ExternalIds
from journal.api.resources import Resource, choice, flag, text
from journal.api.statements import StatedItem
from journal.api.writing import Item, Stating, Upsert
from journal.models import Reference
from journal.upserts import Done, Refusal, Result, UpsertOutcome
from scheduling.errors import GridEventRefusedError
from scheduling.models import GridEvent
from scheduling.services.grid import announce, refuse_nonsense

OBJECT_TYPE = "gridevent"


class GridEventShape(serializers.Serializer[Any]):
    """A curtailment: most watts the whole site may import for a time."""

    id = OpaqueId("grid")
    external_ids = ExternalIds()
    site = serializers.CharField(source="site.code")
    name = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    cap_w = serializers.IntegerField()
    is_emergency = serializers.BooleanField()
    kind = serializers.ChoiceField(choices=GridEvent.Kind.choices)
    source = serializers.ChoiceField(  # type: ignore[assignment]  # DRF's too
        choices=GridEvent.Source.choices
    )
    priority = serializers.IntegerField(allow_null=True)
    state = serializers.ChoiceField(choices=GridEvent.State.choices)
    received_at = serializers.DateTimeField()


GRID_EVENTS = Resource(
    name="grid-events",
    one="grid event",
    prefix="grid",
    shape=GridEventShape,
    rows=lambda: GridEvent.objects.select_related("site"),
    naming=ByReference(code=("site__code", "external_id")),
    filters={
        "site": text("site__code"),
        "state": choice("state", GridEvent.State.choices),
        "is_emergency": flag("is_emergency"),
    },
    example={
        "id": "grid_2",
        "external_ids": {"utility": "77"},
        "site": "MTY",
        "name": "Evening peak",
        "starts_at": "2026-11-24T00:00:00Z",
        "ends_at": "2026-11-24T03:00:00Z",
        "cap_w": 3_600_000,
        "is_emergency": False,
        "kind": "curtailment",
        "source": "api",
        "priority": None,
        "state": "announced",
        "received_at": "2026-11-23T16:00:00Z",
    },
)


class GridEventItem(StatedItem):
    """A curtailment as announced: most watts, or a share of the contracted import."""

    site = Text(max_length=20)
    name = Text(max_length=80)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    cap_w = serializers.IntegerField(
        min_value=0, max_value=WATTS_MAX, required=False, allow_null=True
    )
    cap_percent = serializers.IntegerField(
        min_value=0, max_value=100, required=False, allow_null=True
    )
    is_emergency = Flag(default=False)
    cancelled = Flag(default=False)


def _check(item: Item) -> Refusal | None:
    """Refuse an event that ends before it starts, or has no cap or two."""
    if item["ends_at"] <= item["starts_at"]:
        return Refusal(
            field="ends_at",
            code="ends_before_start",
            sentence="A grid event ends after it starts.",
        )
    if (item.get("cap_w") is None) == (item.get("cap_percent") is None):
        return Refusal(
            field="cap_w",
            code="one_cap",
            sentence="Say cap_w or cap_percent, one of the two.",
        )
    return None


def _push(items: Sequence[Item], by: Stating) -> list[Result]:
    """Store grid events one by one; there are few."""
    return [_push_one(item, by) for item in items]


def _push_one(item: Item, by: Stating) -> Result:
    """Announce, change or call off one event."""
    if refusal := _check(item):
        return refusal
    site = Site.objects.filter(code=item["site"]).first()
    if site is None:
        return Refusal(
            field="site",
            code="unknown_code",
            sentence=f"There is no site {item['site'][:40]}.",
        )
    reference = (
        Reference.objects.select_for_update()
        .filter(
            system=by.system,
            object_type=OBJECT_TYPE,
            external_id=item["external_id"],
        )
        .first()
    )
    if reference is None:
        event = _with(GridEvent(external_id=item["external_id"]), site, item)
        if refusal := _nonsense(event):
            return refusal
        announce(event=event, actor=by.actor)
        Reference.objects.create(
            system=by.system,
            object_type=OBJECT_TYPE,
            external_id=item["external_id"],
            object_id=event.pk,
            revision=item["revision"],
        )
        return Done(key=event.pk, outcome=UpsertOutcome.CREATED)
    event = GridEvent.objects.select_for_update().get(pk=reference.object_id)
    return _change(event, reference, site, item, by)


def _change(
    event: GridEvent, reference: Reference, site: Site, item: Item, by: Stating
) -> Result:
    """Bring a known event to what is stated."""
    if item["revision"] < reference.revision:
        return Done(key=event.pk, outcome=UpsertOutcome.STALE)
    before = _stated(event)
    is_changed = _stated(_with(event, site, item)) != before
    if is_changed and (refusal := _nonsense(event)):
        return refusal
    Reference.objects.filter(pk=reference.pk).update(revision=item["revision"])
    if not is_changed:
        return Done(key=event.pk, outcome=UpsertOutcome.UNCHANGED)
    announce(event=event, actor=by.actor)
    return Done(key=event.pk, outcome=UpsertOutcome.UPDATED)


def _nonsense(event: GridEvent) -> Refusal | None:
    """Return why nobody can be asked to keep a cap; one called off asks nothing."""
    if event.is_cancelled:
        return None
    try:
        refuse_nonsense(event, now=timezone.now())
    except GridEventRefusedError as error:
        return Refusal(field=error.field, code=error.code, sentence=str(error))
    return None


def _with(event: GridEvent, site: Site, item: Item) -> GridEvent:
    """Write what is stated on an event, in memory."""
    cap_w = item.get("cap_w")
    if cap_w is None:
        cap_w = site.contracted_import_w * item["cap_percent"] // 100
    stands = event.state_until(item["ends_at"])
    event.site = site
    event.name = item["name"]
    event.starts_at = item["starts_at"]
    event.ends_at = item["ends_at"]
    event.cap_w = cap_w
    event.is_emergency = item["is_emergency"]
    event.state = GridEvent.State.CANCELLED if item["cancelled"] else stands
    return event


def _stated(event: GridEvent) -> tuple[object, ...]:
    """Return what a statement can change."""
    return (
        event.site_id,
        event.name,
        event.starts_at,
        event.ends_at,
        event.cap_w,
        event.is_emergency,
        event.state,
    )


GRID_EVENT_UPSERT = Upsert(
    resource=GRID_EVENTS,
    item=GridEventItem,
    write=_push,
    example={
        "external_id": "77",
        "revision": 1,
        "site": "MTY",
        "name": "Evening peak",
        "starts_at": "2026-11-24T00:00:00Z",
        "ends_at": "2026-11-24T03:00:00Z",
        "cap_percent": 80,
    },
)
