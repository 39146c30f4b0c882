"""Answering for a line on its supplier's behalf: the portal's verbs, over the API."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from journal.api.contract import ETAG_HEADER, KEY_IN_PATH, Operation
from journal.api.fields import Strict, Text
from journal.api.idempotency import KEY_PARAMETER
from journal.api.preconditions import ChangedSince, decided_on, if_match
from journal.api.reading import ResourceView, etag_of, query_of
from journal.api.single import ItemRefused, PutOptions
from journal.api.views import Refused, once
from suppliers.api.commitments import COMMITMENTS, CommitmentShape, Said
from suppliers.errors import (
    AnswerRefusedError,
    StaleCommitmentError,
    SuppliersError,
)
from suppliers.ledger import Delivery
from suppliers.models import Commitment, CommitRevision
from suppliers.services import commitments
from suppliers.services.author import Author, Door
from suppliers.services.checks import NOTE_MAX

Reason = CommitRevision.Reason
Cause = CommitRevision.Cause
PIECES_MAX = 100_000_000

IF_MATCH = if_match(
    "ETag of the commitment the answer was decided on; 428 without it, 412 if somebody "
    "has answered since.",
    required=True,
)


class TrancheItem(Strict):
    """So many pieces on one dock date at the receiving site."""

    quantity = serializers.IntegerField(min_value=1, max_value=PIECES_MAX)
    dock_date = serializers.DateField()


class Explained(Said):
    """An answer with its reason; worse answers need one."""

    reason_code = serializers.ChoiceField(
        choices=Reason.choices, default=Reason.NONE, allow_blank=True
    )
    note = Text(max_length=NOTE_MAX, allow_blank=True, default="")


class PromiseAnswer(Explained):
    """Pieces on dock dates; what stood before decides what kind of answer it is."""

    tranches = serializers.ListField(child=TrancheItem(), min_length=1, max_length=100)


class CannotSayAnswer(Explained):
    """No date yet, and when the next word comes."""

    word_by = serializers.DateField()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One way to answer.

    Attributes:
        name: In the operation's name.
        about: For the contract.
        body: Serializer of what is sent.
        answer: The service.
        sent: An example of the body.
    """

    name: str
    about: str
    body: type[Said]
    answer: Callable[..., Commitment]
    sent: Mapping[str, Any] = field(default_factory=dict)


class AnswerView(ResourceView):
    """Base of the verbs on one commitment."""

    verb: ClassVar[Verb]
    query_parameters = frozenset({"dry_run"})

    def operation(self, method: str) -> Operation:
        """Describe the verb for the contract."""
        return Operation(
            id=f"commitments_{self.verb.name}",
            about=self.verb.about,
            parameters=[KEY_IN_PATH, KEY_PARAMETER, IF_MATCH, PutOptions, ETAG_HEADER],
            request=self.verb.body,
            sent=dict(self.verb.sent),
            responses={200: CommitmentShape},
            answered={200: COMMITMENTS.example},
        )

    @once
    def post(self, request: Request, key: str) -> Response:
        """Answer, and return the commitment as it is then."""
        options = PutOptions(data=query_of(request))
        options.is_valid(raise_exception=True)
        body = self.verb.body(data=request.data)
        body.is_valid(raise_exception=True)
        with transaction.atomic():
            found = self.find(key)
            self._answer(found, decided_on(request, found.version), body.validated_data)
            row = self.find(key)
            shown = self.show([row], None)[0]
            if options.validated_data["dry_run"]:
                transaction.set_rollback(True)
        return Response(shown, headers={"ETag": etag_of(self.of, row, shown)})

    def _answer(self, found: Commitment, version: int, said: dict[str, Any]) -> None:
        """Call the service and word what it refuses."""
        author = Author(actor=self.actor, door=Door.API, cause=Cause(said.pop("cause")))
        if "tranches" in said:
            said["deliveries"] = [
                Delivery(one["dock_date"], one["quantity"])
                for one in said.pop("tranches")
            ]
        try:
            self.verb.answer(
                line_id=found.line_id,
                expected_version=version,
                author=author,
                now=timezone.now(),
                **said,
            )
        except StaleCommitmentError as error:
            raise ChangedSince(str(error), error.code) from error
        except AnswerRefusedError as error:
            raise ItemRefused({error.field: [str(error)]}, error.code) from error
        except SuppliersError as error:
            raise Refused(str(error), error.code) from error


class AcceptView(AnswerView):
    """Promise what was asked, on the day asked."""

    verb = Verb(
        name="accept",
        about="Promise what is still to come as it was asked.",
        body=Said,
        answer=commitments.accept,
        sent={"cause": "supplier"},
    )


class PromiseView(AnswerView):
    """Promise pieces on dock dates."""

    verb = Verb(
        name="promise",
        about="Promise pieces on dock dates; later or less needs a reason.",
        body=PromiseAnswer,
        answer=commitments.commit,
        sent={
            "tranches": [
                {"quantity": 96, "dock_date": "2026-12-14"},
                {"quantity": 48, "dock_date": "2026-12-28"},
            ],
            "reason_code": "capacity",
            "cause": "supplier",
        },
    )


class CannotSayView(AnswerView):
    """Say when the next word comes."""

    verb = Verb(
        name="cannot_say",
        about="Answer that no date can be said yet, and when the next word comes.",
        body=CannotSayAnswer,
        answer=commitments.cannot_say,
        sent={"word_by": "2026-12-01", "reason_code": "tier2_material"},
    )


class WithdrawView(AnswerView):
    """Withdraw a promise."""

    verb = Verb(
        name="withdraw",
        about="Withdraw a promise without a new one; the reason is mandatory.",
        body=Explained,
        answer=commitments.decommit,
        sent={"reason_code": "yield", "note": "Lot scrapped."},
    )


class RejectView(AnswerView):
    """Refuse a line."""

    verb = Verb(
        name="reject",
        about="Refuse a line that was never promised; the reason is mandatory.",
        body=Explained,
        answer=commitments.reject,
        sent={"reason_code": "capacity"},
    )


class UndoView(AnswerView):
    """Take the last answer back."""

    verb = Verb(
        name="undo",
        about="Take the last answer back in its window; the one before holds again.",
        body=Said,
        answer=commitments.undo,
        sent={"cause": "supplier"},
    )


class SeenView(AnswerView):
    """Note that the supplier has seen the line."""

    verb = Verb(
        name="seen",
        about="Note that the supplier has seen the line; it promises nothing.",
        body=Said,
        answer=commitments.acknowledge,
        sent={"cause": "supplier"},
    )


ANSWERS: Mapping[str, type[AnswerView]] = {
    "accept": AcceptView,
    "promise": PromiseView,
    "cannot-say": CannotSayView,
    "withdraw": WithdrawView,
    "reject": RejectView,
    "seen": SeenView,
    "undo": UndoView,
}
"""The verbs, as the portal's addresses have them."""
