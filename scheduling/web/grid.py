"""The grid pages: what is asked, what is shed for it, and when the grid has room."""

from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from factory.access import OFFICE, Audience, allow, audience_of, granted
from factory.models import Site
from journal.wording import counted, kw, moment
from scheduling.charts import load_strip
from scheduling.errors import GridEventRefusedError, GridSeriesError
from scheduling.models import GridEvent, GridLink, GridSeries
from scheduling.queries import grid as queries
from scheduling.queries.grid import Preview
from scheduling.queries.grid_suggestions import Favour
from scheduling.queries.metered import metered_of
from scheduling.queries.repairs import answer_to_grid
from scheduling.services.grid import announce, call_off, contract_of, refuse_nonsense
from scheduling.services.grid_series import keep_series
from scheduling.web.grid_forms import AnnounceForm, SeriesForm
from scheduling.web.grid_room import page_of
from scheduling.web.shell import site_of, standing

DESK = (Audience.PLANNER, Audience.ENERGY_DESK)


@allow(*OFFICE, writers=DESK)
def grid_page(request: HttpRequest) -> HttpResponse:
    """Show events, load and what was shed; preview a cap, or announce one."""
    said = request.POST if request.method == "POST" else request.GET
    if request.method != "POST" and "preview" not in said:
        return _show(request, AnnounceForm(initial=_usual()), None)
    form = AnnounceForm(said)
    if "preview" in said:
        preview = _preview(request, form) if form.is_valid() else None
        return _show(request, form, preview, status=422 if form.errors else 200)
    if form.is_valid() and _announced(request, form):
        return redirect("grid")
    return _show(request, form, None, status=422)


@allow(*OFFICE, writers=DESK)
def grid_call_off(request: HttpRequest, event_id: int) -> HttpResponse:
    """Call off a grid event; a GET leads back to the page."""
    event = get_object_or_404(GridEvent, pk=event_id, site=site_of(request))
    if request.method == "POST":
        try:
            call_off(event=event, actor=f"user:{request.user.pk}")
        except GridEventRefusedError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{event.name} is called off.")
    return redirect("grid")


@allow(*OFFICE, writers=DESK)
def grid_room(request: HttpRequest) -> HttpResponse:
    """Show when the grid has room; a POST reads an hourly series of it."""
    now = standing(request)
    form = SeriesForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and _kept(request, form, now.site):
        return redirect("grid_room")
    page = page_of(now.site, now.plan, favour=_favour(request))
    is_desk = audience_of(request.user) in granted(DESK)
    return render(
        request,
        "scheduling/grid_room.html",
        {"site": now.site, "form": form, "is_desk": is_desk} | page,
        status=422 if form.errors else 200,
    )


def _favour(request: HttpRequest) -> Favour:
    """Return what shifts are to save first; money if nothing known is said."""
    said = request.GET.get("saves", "")
    return Favour(said) if said in set(Favour) else Favour.MONEY


def _kept(request: HttpRequest, form: SeriesForm, site: Site) -> bool:
    """Keep the series of a form, or put the refusal beside its file."""
    file = form.cleaned_data["file"]
    try:
        series = keep_series(
            site=site,
            kind=GridSeries.Kind(form.cleaned_data["kind"]),
            name=PurePath(file.name).stem,
            lines=file.read().decode("utf-8-sig").splitlines(),
            zone=ZoneInfo(site.zone),
            actor=f"user:{request.user.pk}",
        )
    except UnicodeDecodeError:
        form.add_error("file", "The file is no text in UTF-8.")
        return False
    except GridSeriesError as error:
        form.add_error("file", str(error))
        return False
    hours = counted(len(series.values), "hour")
    messages.success(request, f"{series.get_kind_display()}: {hours} read.")
    return True


def _show(
    request: HttpRequest,
    form: AnnounceForm,
    preview: Preview | None,
    *,
    status: int = 200,
) -> HttpResponse:
    """Render the page."""
    here, now = standing(request), timezone.now()
    site, zone = here.site, ZoneInfo(here.site.zone)
    known = queries.known_of(here.plan)
    events = queries.events_of(site, now)
    contract = contract_of(site)
    link = queries.link_of(site)
    holding = _holding(events, link)
    strip = queries.strip_of(known, now, holding) if known else None
    audience = audience_of(request.user)
    context: dict[str, Any] = {
        "now": now,
        "site": site,
        "plan": here.plan,
        "form": form,
        "preview": preview,
        "events": events,
        "base_w": max(site.base_load_day_w, site.base_load_night_w),
        "answer": answer_to_grid(site),
        "coming": [one.pk for one in events if _is_coming(one, now)],
        "sheds": queries.sheds_of(site),
        "link": link,
        "contract": contract,
        "tiers": queries.tiers_of(site, contract, known),
        "metered": metered_of(site, now.astimezone(zone).date()),
        "is_desk": audience in granted(DESK),
        "is_planner": audience in granted((Audience.PLANNER,)),
        "lede": _lede(holding, now, zone),
        "rest": _rest(preview),
        "strip": load_strip.load_strip(strip, zone) if strip else "",
        "strip_table": load_strip.table(strip, zone) if strip else None,
    }
    return render(request, "scheduling/grid.html", context, status=status)


def _announced(request: HttpRequest, form: AnnounceForm) -> bool:
    """Announce what a form says, or put the refusal beside its field."""
    event = form.event(site_of(request))
    try:
        refuse_nonsense(event, now=timezone.now())
    except GridEventRefusedError as error:
        form.add_error(_field(form, error.field), str(error))
        return False
    announce(event=event, actor=f"user:{request.user.pk}")
    messages.success(
        request, f"{event.name} is announced; a repair of the plan is on its way."
    )
    return True


def _preview(request: HttpRequest, form: AnnounceForm) -> Preview | None:
    """Return what a form's cap would shed, or put the refusal beside its field."""
    here = standing(request)
    event = form.event(here.site)
    try:
        refuse_nonsense(event, now=timezone.now())
    except GridEventRefusedError as error:
        form.add_error(_field(form, error.field), str(error))
        return None
    known = queries.known_of(here.plan)
    if known is None:
        return None
    return queries.preview_of(
        known,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        cap_w=event.cap_w,
        may_cut=contract_of(here.site).cuts_function_tests,
    )


def _field(form: AnnounceForm, name: str) -> str:
    """Return the form's field that a refusal is about."""
    if name == "cap_w":
        return "cap_percent" if form.cleaned_data.get("cap_kw") is None else "cap_kw"
    return name


def _usual() -> dict[str, Any]:
    """Return what the grid asks most: 80 % for four hours, from the next hour on."""
    start = timezone.localtime() + timedelta(hours=1)
    start = start.replace(minute=0, second=0, microsecond=0)
    return {
        "name": "Grid asks for 80 %",
        "starts_at": start,
        "ends_at": start + timedelta(hours=4),
        "cap_percent": 80,
    }


def _is_coming(event: GridEvent, now: datetime) -> bool:
    return event.ends_at > now and event.state == GridEvent.State.ANNOUNCED


def _holding(events: list[GridEvent], link: GridLink | None) -> list[GridEvent]:
    """Return events that hold: some do only while contact is lost."""
    is_lost = link is not None and link.is_lost
    return [one for one in events if is_lost or one.kind == GridEvent.Kind.CURTAILMENT]


def _lede(events: list[GridEvent], now: datetime, zone: ZoneInfo) -> str:
    """Return the page's answer."""
    coming = [one for one in events if _is_coming(one, now)]
    if not coming:
        return "The grid asks for nothing."
    first = coming[0]
    when = "now" if first.starts_at <= now else moment(first.starts_at, now, zone)
    more = f", and {len(coming) - 1} more" if len(coming) > 1 else ""
    until = moment(first.ends_at, now, zone)
    return f"{first.name}: {kw(first.cap_w)} from {when} to {until}{more}."


def _rest(preview: Preview | None) -> str:
    """Return the second sentence: what the cap in the form would come to."""
    if preview is None:
        return ""
    if not preview.touched and not preview.over_w:
        return "The cap in the form sheds nothing: the plan stays below it."
    racks = counted(len(preview.touched), "rack")
    promises = counted(preview.promises, "promise")
    return (
        f"The cap in the form sheds {kw(preview.saved_w)}: {racks} give way, "
        f"{promises} may be touched."
    )
