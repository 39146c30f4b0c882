"""One object written by its external id, by PUT."""

from functools import cache
from typing import Any

from django.db import transaction
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from journal.api.contract import ETAG_HEADER, KEY_IN_PATH, Operation
from journal.api.fields import Flag, Strict
from journal.api.names import OURS
from journal.api.preconditions import ChangedSince, if_match
from journal.api.reading import DetailView, etag_of, names, query_of
from journal.api.views import Refused
from journal.api.writing import (
    FAILED,
    Read,
    Upsert,
    UpsertView,
    stating,
    write_items,
)
from journal.upserts import UpsertOutcome

OUTCOME_HEADER = "Rackline-Outcome"
IF_MATCH = if_match(
    "ETag the change was decided on; 412 if the object has changed since."
)


class PutOptions(Strict):
    """The switch of a single write."""

    dry_run = Flag(default=False, help_text="Try it, store nothing. Default: false.")


@cache
def single_of(upsert: Upsert) -> type[Strict]:
    """Return the serializer of one item whose external id stands in the address."""
    return type(
        f"{upsert.item.__name__}Put",
        (upsert.item,),
        {"__doc__": upsert.item.__doc__, "external_id": None},
    )


class ItemRefused(APIException):
    """The one item of a request cannot be stored."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY


def nested(pointer: str, sentence: str) -> dict[str, Any]:
    """Return a sentence at its place in the body, as DRF has faults."""
    place: Any = [sentence]
    for step in reversed(pointer.strip("/").split("/")):
        place = {step: place}
    faults: dict[str, Any] = place
    return faults


class DetailUpsertView(UpsertView, DetailView):
    """One object: read, and written by its external id."""

    query_parameters = frozenset({"dry_run"})

    def operation(self, method: str) -> Operation:
        """Describe both methods for the contract."""
        if method == "GET":
            return DetailView.operation(self, method)
        sent = {
            name: value
            for name, value in self.by.example.items()
            if name != "external_id"
        }
        return Operation(
            id=f"{self.of.member}_upsert",
            about=f"Create or change one {self.of.one} by its external id.",
            parameters=[KEY_IN_PATH, PutOptions, IF_MATCH, ETAG_HEADER],
            request=single_of(self.by),
            sent=sent,
            responses={200: self.of.shape, 201: self.of.shape},
            answered={200: self.of.example, 201: self.of.example},
        )

    def put(self, request: Request, key: str) -> Response:
        """Bring one object to the state stated; the header tells what that did."""
        options = PutOptions(data=query_of(request))
        options.is_valid(raise_exception=True)
        body = single_of(self.by)(data=request.data)
        body.is_valid(raise_exception=True)
        item = body.validated_data | {"external_id": self._external_id(key)}
        with transaction.atomic():
            self._check_match(request, key)
            read = Read(external_id=item["external_id"], item=item)
            result = write_items(self.by, [read], stating(self.client))[0]
            if result["outcome"] == FAILED:
                fault = result["errors"][0]
                raise ItemRefused(
                    nested(fault["pointer"], fault["detail"]), fault["code"]
                )
            row = self.find(result["id"])
            shown = self.show([row], None)[0]
            if options.validated_data["dry_run"]:
                transaction.set_rollback(True)
        is_new = (
            result["outcome"] == UpsertOutcome.CREATED
            and not options.validated_data["dry_run"]
        )
        return Response(
            shown,
            status=status.HTTP_201_CREATED if is_new else status.HTTP_200_OK,
            headers={
                "ETag": etag_of(self.of, row, shown),
                OUTCOME_HEADER: result["outcome"],
            },
        )

    def _external_id(self, key: str) -> str:
        """Return the external id in an address of the client's own system.

        Raises:
            ItemRefused: If it is another system's, ours, or none.
        """
        system, _, external_id = key.partition(":")
        if system != self.client.system or system == OURS or not external_id:
            raise ItemRefused(
                {"key": [f"Write to {self.client.system}:… – your system's own ids."]},
                "other_system",
            )
        try:
            checked = self.by.item().fields["external_id"].run_validation(external_id)
        except ValidationError as error:
            raise ItemRefused({"key": error.detail}, "external_id") from error
        return str(checked)

    def _check_match(self, request: Request, key: str) -> None:
        """Hold the object against If-Match, if that was sent.

        Raises:
            ChangedSince: If it is another, or gone.
        """
        header = request.headers.get("If-Match")
        if header is None:
            return
        row = self.find(key)
        if not names(header, etag_of(self.of, row, self.show([row], None)[0])):
            raise ChangedSince


class RemovableView(DetailUpsertView):
    """One object that may also be deleted, as long as nothing rests on it."""

    def operation(self, method: str) -> Operation:
        """Describe the third method for the contract."""
        if method != "DELETE":
            return super().operation(method)
        return Operation(
            id=f"{self.of.member}_delete",
            about=(
                f"Delete one {self.of.one} that nothing rests on; the feed then has an "
                "event with `op` `delete`. 409 `in_use` names what rests on it."
            ),
            parameters=[KEY_IN_PATH, PutOptions, IF_MATCH],
            responses={204: None},
        )

    def delete(self, request: Request, key: str) -> Response:
        """Delete one object of the client's own system."""
        options = PutOptions(data=query_of(request))
        options.is_valid(raise_exception=True)
        remove = self.by.remove
        assert remove is not None  # noqa: S101 - the route is there for those alone
        self._external_id(key)
        with transaction.atomic():
            row = self.find(key)
            self._check_match(request, key)
            refusal = remove(row, self.actor)
            if refusal is not None:
                raise Refused(refusal.sentence, refusal.code)
            if options.validated_data["dry_run"]:
                transaction.set_rollback(True)
        return Response(status=status.HTTP_204_NO_CONTENT)
