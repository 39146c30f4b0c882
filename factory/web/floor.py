"""The technician's pages: the racks at my place, and what happened to one of them.

Planned times are not known here; a template that extends these pages may add them in
the block ``planned``.
"""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from factory.access import SAFE_METHODS, Audience, allow, audience_of, granted
from factory.errors import FactoryError
from factory.models import Place, Site, StepRecord, Unit
from factory.queries import Board, board_of, free_bays, home_site, places, standing_of
from factory.services.floor import (
    Hand,
    correct_record,
    fail_step,
    pass_step,
    start_step,
)
from factory.standing import Standing, Verb
from factory.web.forms import FailForm, FloorForm, StartForm
from journal.wording import counted

READERS = (Audience.PLANNER, Audience.QUALITY)
WRITERS = (Audience.TECHNICIAN,)
ALL_PLACES = "all"


@allow(*READERS, writers=WRITERS)
def floor(request: HttpRequest) -> HttpResponse:
    """Show the racks at one place; the technician's own unless another is asked for."""
    if request.method not in SAFE_METHODS:
        raise Http404
    site = _site(request)
    place = _place(request)
    board = board_of(site)
    here = board.at(place)
    context = {
        "board": here,
        "groups": [
            {"title": "Waiting for the next step", "standings": here.ready},
            {"title": "Under way", "standings": here.running},
            {"title": "Not begun", "standings": here.new},
        ],
        "tabs": _tabs(board, place),
        "place_name": Place(place).label if place else "The whole floor",
        "lede": f"{counted(len(here.ready), 'rack')} waiting for the next step, "
        f"{counted(len(here.running), 'step')} under way.",
    }
    return _page(request, "factory/floor.html", site, context)


@allow(*READERS, writers=WRITERS)
def floor_rack(request: HttpRequest, serial: str) -> HttpResponse:
    """Show one rack and take what happened to it; a POST leads back by a redirect."""
    site = _site(request)
    rack = _rack(site, serial)
    if request.method == "POST":
        return _record(request, rack)
    standing = standing_of(rack)
    now = timezone.now()
    last = standing.last
    bays = []
    if standing.bay is None and any(
        step.place == Place.BAY for step in standing.may_start
    ):
        bays = [(bay.code, bay.code) for bay in free_bays(standing, now)]
    steps = [(step.code, step.name) for step in standing.may_start]
    context = {
        "standing": standing,
        "history": standing.records[::-1],
        "can": {verb.value for verb in standing.moves},
        "needs_bay": bool(bays),
        "no_bay": standing.bay is None and not bays and _is_at_bay(standing),
        "start_form": StartForm(steps, bays) if steps else None,
        "fail_form": FailForm(),
        "undo": last if last and _may_undo(last) else None,
    }
    return _page(request, "factory/floor_rack.html", site, context)


def _record(request: HttpRequest, rack: Unit) -> HttpResponse:
    """Hand one thing that happened to the services and say what came of it."""
    form = FloorForm(request.POST)
    back = redirect("floor_rack", serial=rack.serial)
    if not form.is_valid():
        messages.error(request, "That could not be read. Nothing was recorded.")
        return back
    given = form.cleaned_data
    by = request.user if isinstance(request.user, User) else None
    hand = Hand(now=timezone.now(), by=by, seen=given["seen"])
    try:
        said = _do(rack, given, hand)
    except FactoryError as error:
        messages.error(request, str(error))
        return back
    messages.success(request, said)
    return back


def _do(rack: Unit, given: dict[str, Any], hand: Hand) -> str:
    """Record one thing; return the sentence that confirms it.

    Raises:
        FactoryError: If it is refused; says why.
    """
    verb = Verb(given["verb"])
    if verb == Verb.START:
        row = start_step(
            rack_id=rack.pk, step_code=given["step"], hand=hand, bay_code=given["bay"]
        )
        where = f" at bay {row.bay}" if row.bay else ""
        return f"{row.step.name} has begun{where}."
    if verb == Verb.PASS:
        row = pass_step(rack_id=rack.pk, hand=hand)
        return f"{row.step.name} is finished."
    if verb == Verb.FAIL:
        row = fail_step(
            rack_id=rack.pk, reason_code=given["reason"], note=given["note"], hand=hand
        )
        return f"{row.step.name} has failed. Try again, or send the rack back."
    record = rack.step_records.filter(pk=given["record"] or 0).first()
    if record is None:
        raise Http404
    row = correct_record(record_id=record.pk, hand=hand)
    if row.outcome == StepRecord.Outcome.RUNNING:
        return f"Taken back: {row.step.name} is under way."
    return f"Taken back: {row.step.name} has not begun."


def _site(request: HttpRequest) -> Site:
    """Return the reader's site.

    Raises:
        PermissionDenied: If there is none.
    """
    user = request.user
    site = home_site(user) if isinstance(user, User) else None
    if site is None:
        raise PermissionDenied("There is no site yet. Import one, or load the demo.")
    return site


def _tabs(board: Board, place: str) -> list[dict[str, Any]]:
    """Return a tab for each place, the one shown first: a phone shows three of them."""
    choices = sorted(
        [*places(), ("", "Everywhere")], key=lambda choice: choice[0] != place
    )
    return [
        {
            "label": label,
            "url": f"?{urlencode({'place': value or ALL_PLACES})}",
            "count": board.at(value).count,
            "current": value == place,
        }
        for value, label in choices
    ]


def _place(request: HttpRequest) -> str:
    """Return the place asked for, else the reader's own; empty for the whole floor."""
    asked = request.GET.get("place", "")
    if asked == ALL_PLACES:
        return ""
    if asked in dict(places()):
        return asked
    profile = getattr(request.user, "staff_profile", None)
    return str(profile.place) if profile else ""


def _rack(site: Site, serial: str) -> Unit:
    """Return a rack of the site.

    Raises:
        Http404: If the site has no such rack.
    """
    racks = Unit.objects.racks().filter(site=site)
    # A zero byte is no text to PostgreSQL.
    rack = None
    if "\0" not in serial:
        rack = (
            racks.filter(serial=serial)
            .select_related("order__customer", "rack_model", "site")
            .first()
        )
    if rack is None:
        raise Http404
    return rack


def _is_at_bay(standing: Standing) -> bool:
    """Return whether the rack's turn is a step at a bay."""
    return bool(standing.may_start and standing.may_start[0].place == Place.BAY)


def _may_undo(record: StepRecord) -> bool:
    """Return whether a record can still be taken back."""
    window = timedelta(seconds=settings.FLOOR_UNDO_WINDOW_S)
    said_at: datetime = record.ended_at or record.recorded_at
    return timezone.now() - said_at <= window


def _page(
    request: HttpRequest, template: str, site: Site, context: dict[str, Any]
) -> HttpResponse:
    """Render a page in the site's time zone."""
    shell = {
        "portal": {"name": f"{site.name} floor", "home_url": reverse("floor")},
        "may_write": audience_of(request.user) in granted(WRITERS),
    }
    with timezone.override(ZoneInfo(site.zone)):
        return render(request, template, context | shell)
