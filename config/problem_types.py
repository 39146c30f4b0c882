"""Every kind of problem the API answers with, as its page tells it.

Ours tell about themselves: the sentence is the error's own. What Django and its REST
framework refuse by themselves is told here.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from inspect import cleandoc

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework.exceptions import APIException

from factory.errors import FactoryError
from journal.errors import JournalError
from scheduling.errors import SchedulingError
from suppliers.errors import SuppliersError

OWN = (JournalError, FactoryError, SuppliersError, SchedulingError)
GENERAL: Mapping[str, str] = {
    "invalid": "Some values are wrong; errors names each with a pointer and a code.",
    "parse_error": "The body is not JSON as it should be; detail says where.",
    "bad_request": "The request cannot be understood at all.",
    "not_authenticated": "No key was sent: Authorization: Bearer rk_…",
    "authentication_failed": "The key is unknown, has expired or is switched off.",
    "permission_denied": "The client lacks the capability the request needs.",
    "scope_missing": "The client is held to scopes, and not to the one it needs here.",
    "not_found": "Nothing is at this address, or the object does not exist.",
    "method_not_allowed": "The address does not take this method.",
    "not_acceptable": "Answers are JSON alone.",
    "unsupported_media_type": "Bodies are application/json alone.",
    "content_too_large": "The body is over the limit the sentence names.",
    "throttled": "Too many requests; wait as Retry-After says.",
    "server_error": "A fault of ours; the log has it under request_id.",
    "error": "Something was refused; detail says what.",
    "given_twice": "Two items of one request are about the same external id.",
    "collides": "A name or code that only one object may have is taken.",
    "code_taken": "Our code belongs to another external id of the same system.",
    "unknown_object": "The object is set up here first; a push only changes it.",
    "unknown_code": "A code names an object that does not exist.",
    "purchase_order_refused": "A purchase order names what is not here, or asks for "
    "less than was received.",
    "unknown_zone": "The name is no time zone of the IANA list.",
    "bom_refused": "A bill of material names what is not there, a part twice, or goes "
    "round in a circle.",
    "fences_crossed": "The slushy fence of a site lies before its frozen one.",
    "in_use": "The object cannot be deleted: others rest on it, as the sentence says.",
    "items_failed": "All or nothing was asked for and some items failed.",
    "worker_lost": "Three workers were lost on the operation; its results say what is "
    "stored.",
    "ends_before_start": "A grid event must end after it starts.",
    "one_cap": "A grid event has one cap: watts, or a share of the contract.",
    "fewer_than_issued": "A lot cannot hold fewer pieces than were issued from it.",
}


@cache
def problem_types() -> Mapping[str, str]:
    """Return what each code means, sorted by code."""
    found: dict[str, list[str]] = defaultdict(list)
    for code, meaning in GENERAL.items():
        found[code].append(meaning)
    for kind in (one for base in OWN for one in (base, *_below(base))):
        _add(found, str(kind.code), kind)  # type: ignore[attr-defined]  # each has one
    for kind in _below(APIException):
        if not kind.__module__.startswith("rest_framework."):
            _add(found, str(kind.default_code), kind)  # type: ignore[attr-defined]
    return {code: " ".join(found[code]) for code in sorted(found)}


def _add(found: dict[str, list[str]], code: str, kind: type[Exception]) -> None:
    """Add an error's own sentence to its code's."""
    sentence = cleandoc(kind.__doc__ or "").partition("\n\n")[0].replace("\n", " ")
    if sentence not in found[code]:
        found[code].append(sentence)


def _below(base: type[Exception]) -> Iterator[type[Exception]]:
    """Yield every kind of an error, the kinds of its kinds included."""
    for kind in base.__subclasses__():
        yield kind
        yield from _below(kind)


@login_not_required
def problem_pages(request: HttpRequest) -> HttpResponse:
    """Show every kind of problem, each a link to its page."""
    return render(request, "problems.html", {"types": problem_types()})


@login_not_required
def problem_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show what one kind of problem means."""
    meaning = problem_types().get(code)
    if meaning is None:
        raise Http404
    return render(request, "problem.html", {"code": code, "meaning": meaning})
