"""What lifting a limit would save a plan or an order, as proved by solving again."""

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from journal.api.contract import KEY_IN_PATH, Operation
from journal.api.idempotency import KEY_PARAMETER
from journal.api.ids import OpaqueId, opaque
from journal.api.reading import ResourceView
from journal.api.views import once
from scheduling.models import LimitSaving, Study
from scheduling.queries.savings import lateness_of, savings_of_plan
from scheduling.queries.standing import standing_of
from scheduling.services.studies import request_study

EXAMPLE: Mapping[str, Any] = {
    "code": "without",
    "change": "Without the limit of NVL-CART",
    "limit": "material",
    "resource": "NVL-CART",
    "name": "NVL-CART",
    "owner": "Ines Duarte",
    "saved_cents": 4_120_000,
    "spread_cents": 310_000,
    "late_min": 9_870,
    "ship_min": 12_300,
    "is_distinguishable": True,
    "pairs": 5,
    "held_min": 14_400,
    "held_racks": 9,
    "share_permille": 31,
    "cap_min": 14_400,
}


class LimitSavingShape(serializers.Serializer[Any]):
    """One change of one limit; minutes are rack-minutes, money is US cents."""

    code = serializers.ChoiceField(choices=LimitSaving.Code.choices)
    change = serializers.CharField()
    limit = serializers.CharField()
    resource = serializers.CharField()
    name = serializers.CharField(source="label")
    owner = serializers.CharField()
    saved_cents = serializers.IntegerField()
    spread_cents = serializers.IntegerField()
    late_min = serializers.IntegerField()
    ship_min = serializers.IntegerField()
    is_distinguishable = serializers.BooleanField()
    pairs = serializers.IntegerField()
    held_min = serializers.IntegerField()
    held_racks = serializers.IntegerField()
    share_permille = serializers.IntegerField()
    cap_min = serializers.IntegerField()


class ConflictLimitShape(serializers.Serializer[Any]):
    """A limit that, with the others, leaves a rack no room."""

    limit = serializers.CharField()
    resource = serializers.CharField()
    name = serializers.CharField(source="label")
    owner = serializers.CharField()


class ConflictShape(serializers.Serializer[Any]):
    """Why a rack has no plan: a smallest set of limits, each needed."""

    rack = serializers.CharField()
    sentence = serializers.CharField()
    is_proved = serializers.BooleanField()
    limits = ConflictLimitShape(many=True)


class PlanSavingsShape(serializers.Serializer[Any]):
    """A plan's savings and levers; ``state`` is null before anybody asked."""

    state = serializers.ChoiceField(
        choices=Study.State.choices, source="study.state", default=None, allow_null=True
    )
    are_savings_whole = serializers.BooleanField()
    savings = LimitSavingShape(many=True)
    levers = LimitSavingShape(many=True)
    conflicts = ConflictShape(many=True)


class PlanSavingsView(ResourceView):
    """What lifting each limit of a plan would save; savings do not add up."""

    def operation(self, method: str) -> Operation:
        """Describe the answer for the contract."""
        return Operation(
            id="plans_savings",
            about="Read what lifting or widening each limit of a plan would save, "
            "proved by solving again from the plan. Savings overlap and do not add "
            "up; one within its spread is not distinguishable from chance.",
            parameters=[KEY_IN_PATH],
            responses={200: PlanSavingsShape},
            answered={
                200: {
                    "state": "done",
                    "are_savings_whole": True,
                    "savings": [EXAMPLE],
                    "levers": [
                        {
                            **EXAMPLE,
                            "code": "week_earlier",
                            "change": "Meridian a week earlier",
                            "resource": "Meridian",
                            "name": "Meridian",
                            "saved_cents": 2_050_000,
                        }
                    ],
                    "conflicts": [
                        {
                            "rack": "MTY-0412",
                            "sentence": "NVL-CART (Ines Duarte) alone leaves MTY-0412 "
                            "no room in 56 days.",
                            "is_proved": True,
                            "limits": [
                                {
                                    "limit": "material",
                                    "resource": "NVL-CART",
                                    "name": "NVL-CART",
                                    "owner": "Ines Duarte",
                                }
                            ],
                        }
                    ],
                }
            },
        )

    def get(self, request: Request, key: str) -> Response:
        """Read a plan's savings."""
        return Response(PlanSavingsShape(savings_of_plan(self.find(key))).data)


class StudyShape(serializers.Serializer[Any]):
    """A plan's study: asked for, under way or ended."""

    plan = OpaqueId("plan", source="plan_id")
    state = serializers.ChoiceField(choices=Study.State.choices)
    requested_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    sentence = serializers.CharField()


class PlanStudiesView(ResourceView):
    """The proof of a plan's savings and levers, asked for."""

    scope = "studies"

    def operation(self, method: str) -> Operation:
        """Describe the request for the contract."""
        return Operation(
            id="plans_study",
            about="Ask for a plan's savings and levers to be proved; 202 with the "
            "address of what is known. Asked again it goes on, or starts anew where "
            "it has failed.",
            parameters=[KEY_PARAMETER, KEY_IN_PATH],
            responses={202: StudyShape},
            answered={
                202: {
                    "plan": "plan_9",
                    "state": "requested",
                    "requested_at": "2026-11-23T14:00:00Z",
                    "ended_at": None,
                    "sentence": "",
                }
            },
        )

    @once
    def post(self, request: Request, key: str) -> Response:
        """Ask for a plan's savings and levers to be proved."""
        plan = self.find(key)
        study = request_study(plan=plan, actor=self.actor)
        where = reverse("api-plans-savings", args=[opaque(self.of.prefix, plan.pk)])
        return Response(
            StudyShape(study).data,
            status=status.HTTP_202_ACCEPTED,
            headers={"Operation-Location": where, "Retry-After": "5"},
        )


class ExplainedShape(serializers.Serializer[Any]):
    """A limit whose lifting would ship the order earlier, and what proves it."""

    limit = serializers.CharField(source="saving.limit")
    resource = serializers.CharField(source="saving.resource")
    name = serializers.CharField(source="saving.label")
    owner = serializers.CharField(source="saving.owner")
    late_min = serializers.IntegerField()
    ship_min = serializers.IntegerField()
    proof = serializers.CharField()


class LatenessShape(serializers.Serializer[Any]):
    """How late an order is in the plan in force, and what would help."""

    plan = OpaqueId("plan", source="plan.pk")
    late_min = serializers.IntegerField()
    unplannable_racks = serializers.IntegerField(source="unplannable")
    explained = ExplainedShape(many=True)
    unexplained_min = serializers.IntegerField()
    is_proving = serializers.BooleanField()


class OrderLatenessView(ResourceView):
    """Why an order is late: limits proved to be worth days to it."""

    def operation(self, method: str) -> Operation:
        """Describe the answer for the contract."""
        return Operation(
            id="orders_lateness",
            about="Read how late an order is in the plan in force (before the first "
            "publication, in the newest proposal) and which limits, lifted one at a "
            "time, would make it less late. Their minutes overlap; unexplained_min is "
            "what no single limit takes away.",
            parameters=[KEY_IN_PATH],
            responses={200: LatenessShape},
            answered={
                200: {
                    "plan": "plan_9",
                    "late_min": 6_480,
                    "unplannable_racks": 0,
                    "explained": [
                        {
                            "limit": "material",
                            "resource": "NVL-CART",
                            "name": "NVL-CART",
                            "owner": "Ines Duarte",
                            "late_min": 4_320,
                            "ship_min": 4_320,
                            "proof": "study:7/2",
                        }
                    ],
                    "unexplained_min": 2_160,
                    "is_proving": False,
                }
            },
        )

    def get(self, request: Request, key: str) -> Response:
        """Read an order's lateness.

        Raises:
            NotFound: If its site has no plan yet.
        """
        order = self.find(key)
        plan = standing_of(order.site).plan
        if plan is None:
            raise NotFound("The site of this order has no plan yet.")
        return Response(LatenessShape(lateness_of(order, plan)).data)
