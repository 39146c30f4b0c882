"""The OpenAPI file: operations described by their views, errors by one shape."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from journal.api.views import DRY_RUN, can_be_tried

API_ROOT = "/api/v1/"
ERRORS = ("400", "401", "403", "409", "413", "415", "429")
"""What any request may be answered with; others are added where they are meant."""

ETAG_HEADER = OpenApiParameter(
    "ETag",
    str,
    OpenApiParameter.HEADER,
    response=True,
    description="Of what is shown; send it back in If-None-Match or If-Match.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="ETag of the object as the caller has it; 304 if it is still so.",
)
DRY_RUN_PARAMETER = OpenApiParameter(
    DRY_RUN,
    bool,
    OpenApiParameter.QUERY,
    description="Try it: the same validation and answer, nothing stored.",
)
KEY_IN_PATH = OpenApiParameter(
    "key",
    str,
    OpenApiParameter.PATH,
    description="Our id, or `{system}:{external_id}`; system `rackline` has our codes.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What the contract says of one method of one view.

    Attributes:
        id: Unique name, of which generated clients make a function.
        about: One sentence.
        responses: Serializer by status.
        parameters: Of query, path and headers.
        request: Serializer of the body, if there is one.
        sent: An example of the body.
        answered: An example of the answer to each status that has one.
    """

    id: str
    about: str
    responses: Mapping[int, Any]
    parameters: Sequence[Any] = ()
    request: Any = None
    sent: Any = None
    answered: Mapping[int, Any] = field(default_factory=dict)


class Described(Protocol):
    """A view that tells the contract about itself."""

    def operation(self, method: str) -> Operation:
        """Return what the contract says of a method."""


class DescribedSchema(AutoSchema):
    """Read operations off the view."""

    @property
    def _said(self) -> Operation:
        """Return what the view says."""
        return cast("Described", self.view).operation(self.method)

    def get_operation_id(self) -> str:
        """Return the operation's name."""
        return self._said.id

    def get_description(self) -> str:  # type: ignore[override]  # the library's own
        """Return its sentence."""
        return self._said.about

    def get_override_parameters(self) -> list[Any]:
        """Return its parameters; what is done once can be tried first."""
        parameters = list(self._said.parameters)
        if can_be_tried(self.view, self.method):
            parameters.append(DRY_RUN_PARAMETER)
        return parameters

    def get_request_serializer(self) -> Any:  # noqa: ANN401 - as the library has it
        """Return the serializer of its body."""
        return self._said.request

    def get_response_serializers(self) -> Any:  # noqa: ANN401 - as the library has it
        """Return the serializers of its answers."""
        return {
            status: OpenApiResponse(serializer, description=PHRASES.get(status, ""))
            for status, serializer in self._said.responses.items()
        }

    def get_examples(self) -> list[OpenApiExample]:
        """Return an example of the body and of its answers."""
        said = self._said
        examples = [
            OpenApiExample(
                f"{said.id} {status}",
                value=value,
                response_only=True,
                status_codes=[str(status)],
            )
            for status, value in said.answered.items()
        ]
        if said.sent is not None:
            examples.append(OpenApiExample(said.id, value=said.sent, request_only=True))
        return examples


PHRASES = {
    200: "Done.",
    204: "It is no more.",
    202: "Taken on; Operation-Location tells how it goes.",
    304: "The caller has it as it is.",
    422: "All or none was asked for, and one failed: nothing is stored.",
}
"""What a status means, where its serializer does not say it."""

PROBLEM_CONTENT = {
    "application/problem+json": {
        "schema": {"$ref": "#/components/schemas/Problem"},
        "example": {
            "type": "/api/v1/problems/invalid",
            "title": "Bad Request",
            "status": 400,
            "code": "invalid",
            "detail": "The request is understood, but some of its values are wrong.",
            "request_id": "5e7f9c2b41f04f0f9a35f0b7a1c3d2e4",
            "errors": [
                {
                    "pointer": "/purchase_orders/0/lines/3/quantity",
                    "code": "min_value",
                    "detail": "Ensure this value is greater than or equal to 1.",
                }
            ],
        },
    }
}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; `type` is the address of its page.",
    "required": ["type", "title", "status", "code", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


def add_problems(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """Give every operation below the API's root the one shape of error."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components.setdefault("responses", {})["Problem"] = {
        "description": "Refused; nothing was changed.",
        "content": PROBLEM_CONTENT,
    }
    for address, methods in result["paths"].items():
        for method, operation in methods.items():
            if operation["operationId"].startswith("schema_"):
                continue
            refused = {
                code: {"$ref": "#/components/responses/Problem"}
                for code in _errors(address, method, operation)
            }
            # Verbs belong to their resource, also in a generated client's modules.
            operation["tags"] = re.findall(r"[a-z-]+", address.removeprefix(API_ROOT))[
                :1
            ]
            answers = refused | operation["responses"]
            if "422" in operation["responses"]:
                # Its own answer to some faults, a problem to the others.
                content = answers["422"]["content"]
                answers["422"] = answers["422"] | {"content": content | PROBLEM_CONTENT}
            operation["responses"] = dict(sorted(answers.items()))
    return result


def _errors(address: str, method: str, operation: Mapping[str, Any]) -> list[str]:
    """Return the statuses of refusal an operation may answer with."""
    codes = list(ERRORS)
    if "{" in address:
        codes.append("404")
    if method != "get":
        codes.append("422")
    for one in operation.get("parameters", ()):
        if one["name"] == "If-Match":
            codes += ["412", "428"] if one.get("required") else ["412"]
    return codes
