"""Naming over the API: objects a client does not write go by its ids too."""

from django.db import models
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from journal.api.contract import ETAG_HEADER, KEY_IN_PATH, Operation
from journal.api.fields import LARGEST_ID, Strict, Text
from journal.api.idempotency import KEY_PARAMETER
from journal.api.reading import ResourceView, etag_of
from journal.api.resources import Resource
from journal.api.views import ClientView, Refused, once
from journal.errors import NameTakenError
from journal.naming import name_object

NAME_FIELD_HELP = "Your own id of it; it is then found as `{system}:{external_id}`."


def name_field(*, required: bool = False) -> serializers.CharField:
    """Return the member of a body in which a client says what it calls the object."""
    options = {} if required else {"allow_blank": True, "default": ""}
    return Text(max_length=LARGEST_ID, help_text=NAME_FIELD_HELP, **options)


class NameItem(Strict):
    """What the client's system calls the object."""

    external_id = name_field(required=True)


class NameView(ResourceView):
    """The client's own id for one object."""

    def operation(self, method: str) -> Operation:
        """Describe the request for the contract."""
        return Operation(
            id=f"{self.of.member}_name",
            about=(
                f"Let one {self.of.one} go by an id of the client's own system; a new "
                "one takes the place of the one before. 409 `name_taken` if another "
                f"{self.of.one} has it."
            ),
            parameters=[KEY_PARAMETER, KEY_IN_PATH, ETAG_HEADER],
            request=NameItem,
            sent={"external_id": "E-4711"},
            responses={200: self.of.shape},
            answered={200: self.of.example},
        )

    @once
    def post(self, request: Request, key: str) -> Response:
        """Keep the name, and return the object with it."""
        body = NameItem(data=request.data)
        body.is_valid(raise_exception=True)
        row = self.find(key)
        keep_name(self, self.of, row, body.validated_data["external_id"])
        shown = self.show([row], None)[0]
        return Response(shown, headers={"ETag": etag_of(self.of, row, shown)})


def keep_name(
    view: ClientView, resource: Resource, row: models.Model, external_id: str
) -> None:
    """Keep what a view's client calls an object; an empty name is none.

    Raises:
        Refused: If another object has the name.
    """
    if not external_id:
        return
    try:
        name_object(
            about=row,
            one=resource.one,
            system=view.client.system,
            external_id=external_id,
            actor=view.actor,
        )
    except NameTakenError as error:
        raise Refused(str(error), error.code) from error
