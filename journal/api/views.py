"""What every API view has in common: client keys, capabilities, repeated requests."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from journal.api.authentication import ClientKeyAuthentication
from journal.api.idempotency import Replay, begin, keep
from journal.api.permissions import HasCapability
from journal.api.throttles import ClientRate
from journal.models import ApiClient
from journal.rates import Allowance

DRY_RUN = "dry_run"
LEADING_ON = ("Location", "Operation-Location", "Retry-After")
"""What an answer has no use for when nothing was stored."""


class ClientView(APIView):
    """Base of the API's views.

    Subclasses name one of ``sensitive_data``, ``code_execution`` and
    ``external_communication`` for each method they serve.
    """

    authentication_classes = (ClientKeyAuthentication,)
    permission_classes = (HasCapability,)
    throttle_classes = (ClientRate,)
    capabilities: ClassVar[dict[str, str]] = {}
    scope: ClassVar[str] = ""
    """Name in scopes; empty: the resource's."""
    query_parameters: ClassVar[frozenset[str]] = frozenset()
    allowance: Allowance | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse query parameters the view does not know, after the key is checked."""
        super().initial(request, *args, **kwargs)
        known = set(self.query_parameters)
        if can_be_tried(self, request.method or ""):
            known.add(DRY_RUN)
        unknown = sorted(set(request.query_params) - known)
        if unknown:
            raise ValidationError(
                {name: ["This parameter is not known here."] for name in unknown[:10]}
            )

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """Tell every answer's reader how many requests are left."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        if self.allowance is not None:
            for name, value in self.allowance.headers.items():
                answer.headers[name] = value
        return answer

    @property
    def client(self) -> ApiClient:
        """Return the calling client."""
        return self.request.auth  # type: ignore[return-value]  # HasCapability saw to it

    @property
    def actor(self) -> str:
        """Return the client as the journal names actors."""
        return f"client:{self.client.pk}"


def can_be_tried(view: object, method: str) -> bool:
    """Say whether ``once`` takes ``?dry_run=true`` for a method of a view."""
    handler = getattr(view, method.lower(), None)
    is_own = DRY_RUN in getattr(view, "query_parameters", ())
    return bool(getattr(handler, "is_once", False)) and not is_own


def _is_tried(view: ClientView, request: Request) -> bool:
    """Say whether a request is a dry run that ``once`` has to undo.

    Raises:
        ValidationError: If the flag is neither true nor false, or given twice.
    """
    said = request.query_params.getlist(DRY_RUN)
    if not said or not can_be_tried(view, request.method or ""):
        return False
    if said not in (["true"], ["false"]):
        raise ValidationError({DRY_RUN: ["Say true or false, once."]})
    return said == ["true"]


def once(
    handler: Callable[..., Response],
) -> Callable[..., HttpResponseBase]:
    """Make a POST handler safe to repeat with the same ``Idempotency-Key``.

    The key, the change and the answer are one transaction: a crash leaves all or none.
    An answer of 400 or above changes nothing and is not kept. Nor is a dry run's, of
    handlers that do not look at ``dry_run`` themselves: everything is done, and undone.
    """

    def handle(
        view: ClientView, request: Request, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Answer from the book, or do the work and write the answer down."""
        is_tried = _is_tried(view, request)
        with transaction.atomic():
            started = begin(view.client, request)
            if isinstance(started, Replay):
                replayed = HttpResponse(
                    started.body,
                    status=started.status,
                    content_type="application/json",
                )
                for name, value in started.headers.items():
                    replayed.headers[name] = value
                replayed["Idempotency-Replayed"] = "true"
                return replayed
            response = handler(view, request, *args, **kwargs)
            if is_tried:
                for name in LEADING_ON:
                    response.headers.pop(name, None)
            view.response = view.finalize_response(request, response, *args, **kwargs)
            rendered = view.response.render()
            if is_tried or response.status_code >= 400:  # noqa: PLR2004
                transaction.set_rollback(True)
            else:
                keep(started, rendered)
        return view.response

    handle.__doc__ = handler.__doc__
    handle.__name__ = handler.__name__
    handle.is_once = True  # type: ignore[attr-defined]  # a mark on a function
    return handle


class UnprocessableError(ValidationError):
    """A well-formed request that names what is not there, by field."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY


class Refused(APIException):
    """What a service refuses, in its own code and sentence."""

    status_code = status.HTTP_409_CONFLICT
