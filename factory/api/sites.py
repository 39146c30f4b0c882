"""Sites, the power tree and its bays over the API."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from rest_framework import serializers

from factory.models import PowerBay, PowerNode, Site
from journal.api.fields import WATTS_MAX, Text
from journal.api.ids import Codes, OpaqueId
from journal.api.names import ByReference, ExternalIds
from journal.api.resources import Resource, choice, text
from journal.api.statements import Found, StatedItem, removing, writing
from journal.api.writing import Item, Upsert
from journal.upserts import Kind, Refusal, Statement


class SiteShape(serializers.Serializer[Any]):
    """A site as shown; watts are AC input, fences days from now, prices US cents."""

    id = OpaqueId("site")
    external_ids = ExternalIds()
    code = serializers.CharField()
    name = serializers.CharField()
    zone = serializers.CharField()
    partner = serializers.CharField()
    contracted_import_w = serializers.IntegerField()
    base_load_day_w = serializers.IntegerField()
    base_load_night_w = serializers.IntegerField()
    receiving_min = serializers.IntegerField()
    dock_usable_from = serializers.TimeField()
    frozen_days = serializers.IntegerField()
    slushy_days = serializers.IntegerField()
    power_owner = serializers.CharField()


SITES = Resource(
    name="sites",
    one="site",
    prefix="site",
    shape=SiteShape,
    rows=Site.objects.all,
    naming=ByReference(code=("code",)),
    filters={"code": text("code")},
    example={
        "id": "site_1",
        "external_ids": {"sap": "PL-MTY"},
        "code": "MTY",
        "name": "Monterrey",
        "zone": "America/Monterrey",
        "partner": "",
        "contracted_import_w": 4_500_000,
        "base_load_day_w": 320_000,
        "base_load_night_w": 210_000,
        "receiving_min": 240,
        "dock_usable_from": "17:00:00",
        "frozen_days": 7,
        "slushy_days": 28,
        "power_owner": "Energy desk",
    },
)


class PowerNodeShape(serializers.Serializer[Any]):
    """A node of the power tree as shown; limits are watts."""

    id = OpaqueId("node")
    external_ids = ExternalIds()
    site = serializers.CharField(source="site.code")
    code = serializers.CharField()
    parent = serializers.CharField(  # type: ignore[assignment]  # DRF's word too
        source="parent.code", default=None, allow_null=True
    )
    kind = serializers.ChoiceField(choices=PowerNode.Kind.choices)
    limit_w = serializers.IntegerField()
    power_factor_permille = serializers.IntegerField()
    ramp_w_per_min = serializers.IntegerField(allow_null=True)
    owner = serializers.CharField()


POWER_NODES = Resource(
    name="power-nodes",
    one="power node",
    prefix="node",
    shape=PowerNodeShape,
    rows=lambda: PowerNode.objects.select_related("site", "parent"),
    naming=ByReference(code=("site__code", "code")),
    filters={
        "site": text("site__code"),
        "code": text("code"),
        "kind": choice("kind", PowerNode.Kind.choices),
        "parent": text("parent__code"),
    },
    example={
        "id": "node_4",
        "external_ids": {"scada": "MTY/H1"},
        "site": "MTY",
        "code": "H1",
        "parent": "FEED",
        "kind": "hall",
        "limit_w": 1_600_000,
        "power_factor_permille": 980,
        "ramp_w_per_min": None,
        "owner": "Energy desk",
    },
)


class PowerBayShape(serializers.Serializer[Any]):
    """A bay as shown: where it gets power and loses heat, and what fits."""

    id = OpaqueId("bay")
    external_ids = ExternalIds()
    site = serializers.CharField(source="site.code")
    code = serializers.CharField()
    node = serializers.CharField(source="node.code")
    loop = serializers.CharField(source="loop.code")
    limit_w = serializers.IntegerField()
    supported_models = Codes()


POWER_BAYS = Resource(
    name="power-bays",
    one="power bay",
    prefix="bay",
    shape=PowerBayShape,
    rows=lambda: PowerBay.objects.select_related(
        "site", "node", "loop"
    ).prefetch_related("supported_models"),
    naming=ByReference(code=("site__code", "code")),
    filters={
        "site": text("site__code"),
        "code": text("code"),
        "node": text("node__code"),
        "loop": text("loop__code"),
        "rack_model": text("supported_models__code", spans=True),
    },
    example={
        "id": "bay_c",
        "external_ids": {},
        "site": "MTY",
        "code": "B12",
        "node": "H1-W2",
        "loop": "CDU-1",
        "limit_w": 142_000,
        "supported_models": ["GB300"],
    },
)


class LimitItem(StatedItem):
    """A limit as the energy desk's system states it; the object itself is set up."""

    site = Text(max_length=20)
    code = Text(max_length=20)
    limit_w = serializers.IntegerField(min_value=1, max_value=WATTS_MAX)


def _limit(item: Item, codes: Found) -> Statement:
    """Return an item as a statement about a node or a bay."""
    return Statement(
        external_id=item["external_id"],
        revision=item["revision"],
        code=(codes["site"][item["site"]], item["code"]),
        values={"limit_w": item["limit_w"]},
    )


POWER_NODE = Kind(
    model=PowerNode, code=("site_id", "code"), one="power node", may_create=False
)

POWER_NODE_UPSERT = Upsert(
    resource=POWER_NODES,
    item=LimitItem,
    write=writing(
        POWER_NODE,
        _limit,
        {"site": Site},
    ),
    remove=removing(POWER_NODE),
    example={
        "external_id": "MTY/H1",
        "revision": 3,
        "site": "MTY",
        "code": "H1",
        "limit_w": 1_600_000,
    },
)


class BayLimitItem(LimitItem):
    """A bay's limit as the energy desk's system states it; the bay itself is set up."""


POWER_BAY = Kind(
    model=PowerBay, code=("site_id", "code"), one="power bay", may_create=False
)

POWER_BAY_UPSERT = Upsert(
    resource=POWER_BAYS,
    item=BayLimitItem,
    write=writing(
        POWER_BAY,
        _limit,
        {"site": Site},
    ),
    remove=removing(POWER_BAY),
    example={
        "external_id": "MTY/B12",
        "revision": 1,
        "site": "MTY",
        "code": "B12",
        "limit_w": 142_000,
    },
)


DAYS_MAX = 365
MINUTES_MAX = 30 * 1_440


class SiteItem(StatedItem):
    """What an ERP knows of a site; a member left out stays as it is."""

    code = Text(max_length=20)
    name = Text(max_length=80, required=False)
    zone = Text(max_length=60, required=False)
    partner = Text(max_length=80, allow_blank=True, required=False)
    contracted_import_w = serializers.IntegerField(
        min_value=1, max_value=WATTS_MAX, required=False
    )
    base_load_day_w = serializers.IntegerField(
        min_value=0, max_value=WATTS_MAX, required=False
    )
    base_load_night_w = serializers.IntegerField(
        min_value=0, max_value=WATTS_MAX, required=False
    )
    receiving_min = serializers.IntegerField(
        min_value=0, max_value=MINUTES_MAX, required=False
    )
    dock_usable_from = serializers.TimeField(required=False)
    frozen_days = serializers.IntegerField(
        min_value=0, max_value=DAYS_MAX, required=False
    )
    slushy_days = serializers.IntegerField(
        min_value=0, max_value=DAYS_MAX, required=False
    )
    power_owner = Text(max_length=80, allow_blank=True, required=False)


def _check_site(item: Item) -> Refusal | None:
    """Refuse a time zone that is none."""
    zone = item.get("zone")
    if zone is None or zone in available_timezones():
        return None
    return Refusal(
        field="zone",
        code="unknown_zone",
        sentence=f"{zone} is no time zone; say one such as America/Monterrey.",
    )


def _state_site(item: Item, _codes: Found) -> Statement:
    """Return an item as a statement about a site."""
    told = {"external_id", "revision", "code"}
    return Statement(
        external_id=item["external_id"],
        revision=item["revision"],
        code=(item["code"],),
        values={name: value for name, value in item.items() if name not in told},
    )


def _refuse_site(row: Site, values: Mapping[str, Any]) -> Refusal | None:
    """Refuse a slushy fence before the frozen one."""
    frozen = values.get("frozen_days", row.frozen_days)
    slushy = values.get("slushy_days", row.slushy_days)
    if slushy >= frozen:
        return None
    return Refusal(
        field="slushy_days",
        code="fences_crossed",
        sentence=f"slushy_days is {slushy}; at least frozen_days, {frozen}, can be "
        "given.",
    )


SITE = Kind(
    model=Site, code=("code",), one="site", may_create=False, refuse=_refuse_site
)

SITE_UPSERT = Upsert(
    resource=SITES,
    item=SiteItem,
    write=writing(
        SITE,
        _state_site,
        check=_check_site,
    ),
    remove=removing(SITE),
    example={
        "external_id": "PL-MTY",
        "revision": 2,
        "code": "MTY",
        "contracted_import_w": 4_500_000,
        "frozen_days": 7,
        "slushy_days": 28,
    },
)
