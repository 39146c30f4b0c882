"""May a step of a plan start at another time? Asked before anything is moved."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from journal.api.contract import KEY_IN_PATH, Operation
from journal.api.fields import Strict, Text
from journal.api.reading import ResourceView
from journal.api.views import Refused
from scheduling.engine.moving import UnknownMoveError
from scheduling.errors import DamagedBlobError
from scheduling.queries.moves import check_move


class MoveRequest(Strict):
    """Which step, and when and where it is wanted."""

    rack = Text(max_length=40)
    step = Text(max_length=20)
    starts_at = serializers.DateTimeField()
    bay = Text(max_length=40, default="", allow_blank=True)


class BrokenLimitShape(serializers.Serializer[Any]):
    """A limit that the move would break."""

    rule = serializers.CharField()
    limit = serializers.CharField()
    object = serializers.CharField()
    amount = serializers.IntegerField()
    unit = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    owner = serializers.CharField()
    sentence = serializers.CharField()


class GivesWayShape(serializers.Serializer[Any]):
    """Who would have to give way."""

    rack = serializers.CharField()
    step = serializers.CharField()
    limit = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    is_frozen = serializers.BooleanField()


class MovedStepShape(serializers.Serializer[Any]):
    """Where a step of the moved rack would be."""

    step = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    bay = serializers.CharField()


class MoveAnswerShape(serializers.Serializer[Any]):
    """What the referee would say of the plan with the move made."""

    is_ok = serializers.BooleanField()
    is_possible = serializers.BooleanField()
    pushes_others = serializers.BooleanField()
    sentence = serializers.CharField()
    frozen = serializers.CharField()
    breaches = BrokenLimitShape(many=True)
    pushed = GivesWayShape(many=True)
    steps = MovedStepShape(many=True)
    pinned = MovedStepShape()


class PlanCheckMoveView(ResourceView):
    """The referee's word on one move; nothing is changed by asking."""

    def operation(self, method: str) -> Operation:
        """Describe the request for the contract."""
        return Operation(
            id="plans_check_move",
            about="Ask whether a step may start at another time; changes nothing.",
            parameters=[KEY_IN_PATH],
            request=MoveRequest,
            sent={
                "rack": "MTY-0412",
                "step": "SOAK",
                "starts_at": "2026-11-26T05:00:00Z",
                "bay": "B03",
            },
            responses={200: MoveAnswerShape},
            answered={
                200: {
                    "is_ok": False,
                    "is_possible": True,
                    "pushes_others": True,
                    "frozen": "",
                    "sentence": "Hall B: 1,310 kW needed, 1,250 kW allowed, Thu 05:00 "
                    "to Thu 11:00. Tomás Reyes owns this limit.",
                    "breaches": [
                        {
                            "rule": "power",
                            "limit": "Hall B",
                            "object": "node:B",
                            "amount": 60_000,
                            "unit": "W",
                            "starts_at": "2026-11-26T05:00:00Z",
                            "ends_at": "2026-11-26T11:00:00Z",
                            "owner": "Tomás Reyes",
                            "sentence": "Hall B: 1,310 kW needed, 1,250 kW allowed, "
                            "Thu 05:00 to Thu 11:00. Tomás Reyes owns this limit.",
                        }
                    ],
                    "pushed": [
                        {
                            "rack": "MTY-0398",
                            "step": "",
                            "limit": "Hall B",
                            "starts_at": "2026-11-26T03:00:00Z",
                            "ends_at": "2026-11-27T03:00:00Z",
                            "is_frozen": False,
                        }
                    ],
                    "steps": [
                        {
                            "step": "SOAK",
                            "starts_at": "2026-11-26T05:00:00Z",
                            "ends_at": "2026-11-27T09:48:00Z",
                            "bay": "B03",
                        }
                    ],
                    "pinned": {
                        "step": "SOAK",
                        "starts_at": "2026-11-26T05:00:00Z",
                        "ends_at": "2026-11-27T09:48:00Z",
                        "bay": "B03",
                    },
                }
            },
        )

    def post(self, request: Request, key: str) -> Response:
        """Ask whether a step may start at another time."""
        body = MoveRequest(data=request.data)
        body.is_valid(raise_exception=True)
        try:
            answer = check_move(self.find(key), **body.validated_data)
        except (UnknownMoveError, DamagedBlobError) as error:
            raise Refused(str(error), error.code) from error
        return Response(MoveAnswerShape(answer).data)
