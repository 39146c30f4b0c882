"""Plans and scenarios over the API."""

from typing import Any

from rest_framework import serializers

from journal.api.ids import OpaqueId
from journal.api.names import ByReference, ExternalIds
from journal.api.resources import Resource, flag, text
from scheduling.models import Plan, Scenario


class PlanShape(serializers.Serializer[Any]):
    """A plan as shown; costs are US cents, ``published_as`` its publication."""

    id = OpaqueId("plan")
    external_ids = ExternalIds()
    site = serializers.CharField(source="run.scenario.site.code")
    run = OpaqueId("run", source="run_id")
    published_as = serializers.IntegerField(
        source="publication.number", default=None, allow_null=True
    )
    epoch = serializers.DateTimeField()
    made_at = serializers.DateTimeField()
    racks = serializers.IntegerField()
    late_racks = serializers.IntegerField()
    unplannable_racks = serializers.IntegerField()
    peak_w = serializers.IntegerField()
    rise_w = serializers.IntegerField(allow_null=True)
    fall_w = serializers.IntegerField(allow_null=True)
    objective_cents = serializers.IntegerField()
    bound_cents = serializers.IntegerField()
    late_cents = serializers.IntegerField()
    wip_cents = serializers.IntegerField()
    moved_cents = serializers.IntegerField()
    broken_cents = serializers.IntegerField()
    demand_cents = serializers.IntegerField()
    energy_cents = serializers.IntegerField()
    is_proved_optimal = serializers.BooleanField()


PLANS = Resource(
    name="plans",
    one="plan",
    prefix="plan",
    shape=PlanShape,
    rows=lambda: Plan.objects.select_related("run__scenario__site", "publication"),
    naming=ByReference(),
    filters={
        "site": text("run__scenario__site__code"),
        "is_proved_optimal": flag("is_proved_optimal"),
    },
    parts=("publication",),
    example={
        "id": "plan_9",
        "external_ids": {},
        "site": "MTY",
        "run": "run_c",
        "published_as": 118,
        "epoch": "2026-11-23T14:00:00Z",
        "made_at": "2026-11-23T14:01:04Z",
        "racks": 120,
        "late_racks": 17,
        "unplannable_racks": 0,
        "peak_w": 2_310_000,
        "rise_w": 296_800,
        "fall_w": 257_334,
        "objective_cents": 9_322_200,
        "bound_cents": 5_101_400,
        "late_cents": 6_020_000,
        "wip_cents": 2_900_000,
        "moved_cents": 102_200,
        "broken_cents": 0,
        "demand_cents": 200_000,
        "energy_cents": 100_000,
        "is_proved_optimal": False,
    },
)


class ScenarioShape(serializers.Serializer[Any]):
    """What a run starts from: live data, or live data with adjustments."""

    id = OpaqueId("sc")
    external_ids = ExternalIds()
    site = serializers.CharField(source="site.code")
    name = serializers.CharField()
    is_base = serializers.BooleanField()
    adjustments = serializers.ListField(child=serializers.DictField())
    arrivals = serializers.ChoiceField(choices=Scenario.Arrivals.choices)
    created_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()
    archived_at = serializers.DateTimeField(allow_null=True)


SCENARIOS = Resource(
    name="scenarios",
    one="scenario",
    prefix="sc",
    shape=ScenarioShape,
    rows=lambda: Scenario.objects.select_related("site"),
    naming=ByReference(),
    filters={"site": text("site__code"), "is_base": flag("is_base")},
    example={
        "id": "sc_1",
        "external_ids": {},
        "site": "MTY",
        "name": "Tessaline slips",
        "is_base": False,
        "adjustments": [
            {"kind": "supplier_late", "supplier": "Tessaline Sensors", "days": 5}
        ],
        "arrivals": "promised",
        "created_at": "2026-11-23T13:40:00Z",
        "changed_at": "2026-11-23T13:40:00Z",
        "archived_at": None,
    },
)
