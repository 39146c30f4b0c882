"""The speed of light: of the site, an order, a rack; and who holds the rest."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from factory.access import OFFICE, allow
from factory.models import Order, Unit
from journal.templatetags.rackline import limit_mark
from journal.wording import (
    UNKNOWN,
    counted,
    duration,
    grouped,
    limit_look,
    money_short,
)
from scheduling.charts import ceilings, tornado, waterfall
from scheduling.charts.table import Column, Table
from scheduling.models import LimitSaving, Plan, PlannedRack
from scheduling.queries import light as queries
from scheduling.queries.light import Light, Pace, Share
from scheduling.queries.savings import (
    PartSaving,
    PlanSavings,
    savings_of_order,
    savings_of_plan,
    savings_of_rack,
)
from scheduling.web.shell import site_of, standing

FULL = 100
LEVERS_DRAWN = 10
SENTENCES = 12
SAVINGS_SHOWN = 30
WAITS_DRAWN = 8


@allow(*OFFICE)
@require_safe
def light_of_site(request: HttpRequest) -> HttpResponse:
    """Show where a mean rack's time goes, and what holds the site's pace."""
    plan = _plan(request)
    if plan is None:
        return render(request, "scheduling/light/empty.html", {})
    light = queries.light_of(plan)
    subject = f"mean of {counted(light.racks, 'rack')}"
    context = (
        _shown(light, subject)
        | _pace(request, plan)
        | _proved(plan)
        | {
            "kicker": "Speed of light · the whole site",
            "plan": plan,
            "scope": _scope("site", plan),
        }
    )
    return render(request, "scheduling/light/light.html", context)


@allow(*OFFICE)
@require_safe
def light_of_order(request: HttpRequest, number: str) -> HttpResponse:
    """Show where an order's time goes; its last rack decides."""
    plan = _plan(request)
    order = (
        None
        if "\0" in number
        else Order.objects.filter(site=site_of(request), number=number)
        .select_related("customer", "rack_model")
        .first()
    )
    if order is None:
        return _gone(request, f"There is no order {number[:40]}.")
    racks = _racks(plan, order)
    if plan is None or not racks:
        return render(request, "scheduling/light/empty.html", {"order": order})
    last = racks[0]
    light = queries.light_of(plan, [last.rack_id])
    helps = _helps(savings_of_order(order, plan), plan)
    context = (
        _shown(light, order.number)
        | helps
        | {
            "kicker": f"Speed of light · order {order.number}, {order.customer.name}, "
            f"{counted(len(racks), 'rack')} of {order.rack_model.code}",
            "note": f"{last.rack.serial} ships last, so it decides.",
            "plan": plan,
            "order": order,
            "racks": racks,
            "scope": _scope("order", plan, order=order),
        }
    )
    return render(request, "scheduling/light/light.html", context)


@allow(*OFFICE)
@require_safe
def light_of_rack(request: HttpRequest, serial: str) -> HttpResponse:
    """Show where one rack's time goes."""
    plan = _plan(request)
    rack = (
        None
        if "\0" in serial
        else Unit.objects.racks()
        .filter(site=site_of(request), serial=serial)
        .select_related("order__customer")
        .first()
    )
    if rack is None:
        return _gone(request, f"There is no rack {serial[:40]}.")
    light = queries.light_of(plan, [rack.pk]) if plan else None
    if plan is None or light is None or not light.racks:
        return render(request, "scheduling/light/empty.html", {"order": rack.order})
    helps = _helps(savings_of_rack(rack, plan), plan)
    context = (
        _shown(light, rack.serial)
        | helps
        | {
            "kicker": f"Speed of light · rack {rack.serial}",
            "plan": plan,
            "order": rack.order,
            "scope": _scope("rack", plan, order=rack.order, rack=rack),
        }
    )
    return render(request, "scheduling/light/light.html", context)


def _shown(light: Light, subject: str) -> dict[str, Any]:
    """Return the waterfall, its sentences, and the caps of every lever."""
    names = _names(light)
    segments = [
        waterfall.Segment(
            limit="physics" if one.is_physics else one.limit,
            name=names[one.limit, one.owner] if not one.is_physics else "Physics",
            minutes=one.minutes,
            owner=one.owner,
        )
        for one in light.shares
    ]
    levers = _levers(light)
    return {
        "light": light,
        "lede": f"Quoted {duration(light.lead_min)}. "
        f"Physics needs {duration(light.physics_min)}.",
        "rest": _rest(light),
        "plot": waterfall.both(_drawn(segments), subject),
        "table": waterfall.table(segments, subject),
        "title": f"{duration(light.lead_min)}, wait by wait",
        "levers_plot": tornado.both(levers) if levers else "",
        "levers_table": tornado.table(levers) if levers else None,
        "sentences": [_sentence(one, light) for one in light.waits[:SENTENCES]],
    }


def _drawn(segments: list[waterfall.Segment]) -> list[waterfall.Segment]:
    """Return the segments with the smallest waits as one; the table has them all."""
    work = [one for one in segments if one.limit == "physics"]
    waits = [one for one in segments if one.limit != "physics"]
    rest = waits[WAITS_DRAWN:]
    if len(rest) < 2:  # noqa: PLR2004 - one alone keeps its name
        return segments
    smaller = waterfall.Segment(
        limit="waiting",
        name=f"{len(rest)} smaller waits",
        minutes=sum(one.minutes for one in rest),
        owner="see the table",
    )
    return [*waits[:WAITS_DRAWN], smaller, *work]


def _names(light: Light) -> dict[tuple[str, str], str]:
    """Return what each wait is called: its limit, and its owner where two share it."""
    owners: dict[str, set[str]] = {}
    for one in light.waits:
        owners.setdefault(one.limit, set()).add(one.owner)
    return {
        (one.limit, one.owner): limit_look(one.limit).word
        if len(owners[one.limit]) == 1
        else f"{limit_look(one.limit).word}, {one.owner}"
        for one in light.waits
    }


def _rest(light: Light) -> str:
    """Return who holds the rest."""
    rest = light.lead_min - light.physics_min
    if not light.waits:
        return "Nothing waits."
    first = light.waits[0]
    return (
        f"The other {duration(rest)} have owners, and "
        f"{limit_look(first.limit).word.lower()} has {duration(first.minutes)} of them."
    )


def _sentence(one: Share, light: Light) -> dict[str, Any]:
    """Return one limit's part of the answer to why it is not physics alone."""
    word = limit_look(one.limit).word
    share = one.minutes * FULL / max(light.lead_min, 1)
    return {
        "limit": one.limit,
        "word": word,
        "owner": one.owner,
        "minutes": one.minutes,
        "share": f"{grouped(share)} %",
        "racks": one.racks,
        "text": f"It holds {duration(one.minutes)}, {grouped(share)} % of the lead "
        f"time{_of_racks(one, light)}. {one.owner or 'Nobody yet'} owns it.",
    }


def _of_racks(one: Share, light: Light) -> str:
    """Return how many racks wait, where there are several."""
    if light.racks == 1:
        return ""
    verb = "waits" if one.racks == 1 else "wait"
    return f"; {counted(one.racks, 'rack')} of {grouped(light.racks)} {verb}"


def _levers(light: Light) -> list[tornado.Lever]:
    """Return each limit's cap, as Amdahl's rule gives it."""
    names = _names(light)
    return [
        tornado.Lever(
            name=names[one.limit, one.owner],
            limit=one.limit,
            owner=one.owner,
            twice=None,
            lifted=None,
            cap=one.minutes,
            factor=light.lead_min / max(light.lead_min - one.minutes, 1),
            words=f"Even without it {duration(light.lead_min - one.minutes)} stay.",
        )
        for one in light.waits[:LEVERS_DRAWN]
    ]


def _proved(plan: Plan) -> dict[str, Any]:
    """Return what lifting and widening limits saves the whole plan, as proved."""
    found = savings_of_plan(plan)
    rows = [_saving(one) for one in (*found.savings, *found.levers)[:SAVINGS_SHOWN]]
    context: dict[str, Any] = {"proof": _proof(found), "proved": None}
    if rows:
        context["proved"] = Table(
            label="What lifting a limit saves",
            head=[
                Column(label="Change"),
                Column(label="Saves", num=True),
                Column(label="Less late", num=True),
                Column(label="Ships earlier", num=True),
                Column(label="Holds", num=True),
                Column(label="Could give at most", num=True),
                Column(label="Owner"),
            ],
            rows=rows,
        )
        levers = _tried(found, plan)
        if levers:
            context["levers_plot"] = tornado.both(levers)
            context["levers_table"] = tornado.table(levers)
    return context


def _saving(one: LimitSaving) -> list[str]:
    """Return one change as cells; what chance may explain is not claimed."""
    name = limit_mark(one.limit, one.change)
    held = [duration(one.held_min), duration(one.cap_min), one.owner]
    if not one.is_distinguishable:
        return [name, "not distinguishable", UNKNOWN, UNKNOWN, *held]
    return [
        name,
        money_short(one.saved_cents),
        duration(one.late_min),
        duration(one.ship_min),
        *held,
    ]


def _proof(found: PlanSavings) -> str:
    """Return how far the proof is."""
    if found.study is None:
        return "not asked for yet"
    if found.is_proving:
        return "more is being proved"
    return found.study.sentence or "proved by re-solve"


def _tried(found: PlanSavings, plan: Plan) -> list[tornado.Lever]:
    """Return each limit with what twice of it, and all of it, gives a mean rack."""
    twice = {
        (one.limit, one.resource): one for one in found.levers if one.code == "twice"
    }
    racks = max(1, plan.racks - plan.unplannable_racks)
    levers = []
    for one in sorted(found.savings, key=lambda one: -one.held_min)[:LEVERS_DRAWN]:
        double = twice.get((one.limit, one.resource))
        share = min(one.share_permille, 999)
        levers.append(
            tornado.Lever(
                name=one.label[:28],
                limit=one.limit,
                owner=one.owner,
                twice=_given(double, racks),
                lifted=_given(one, racks),
                cap=one.held_min / racks,
                factor=1_000 / (1_000 - share),
                words=_said(one, racks),
            )
        )
    return levers


def _given(one: LimitSaving | None, racks: int) -> float | None:
    """Return the minutes a change gives a mean rack; None where nothing is claimed."""
    if one is None or not one.is_distinguishable:
        return None
    return max(0, one.ship_min) / racks


def _said(one: LimitSaving, racks: int) -> str:
    """Return one limit's saving in a sentence."""
    if not one.is_distinguishable:
        return "What lifting it saves cannot be told from chance."
    return (
        f"Lifting it ships a rack {duration(max(0, one.ship_min) / racks)} earlier on "
        f"average and saves {money_short(one.saved_cents)}."
    )


def _helps(parts: Sequence[PartSaving], plan: Plan) -> dict[str, Any]:
    """Return the limits whose lifting would ship an order or a rack earlier."""
    found = savings_of_plan(plan)
    context: dict[str, Any] = {"proof": _proof(found), "proved": None}
    if parts:
        context["proved"] = Table(
            label="What would ship it earlier",
            head=[
                Column(label="Without"),
                Column(label="Owner"),
                Column(label="Less late", num=True),
                Column(label="Ships earlier", num=True),
            ],
            rows=[
                [
                    limit_mark(one.saving.limit, one.saving.label),
                    one.saving.owner,
                    duration(one.late_min),
                    duration(one.ship_min),
                ]
                for one in parts
            ],
        )
    return context


def _pace(request: HttpRequest, plan: Plan) -> dict[str, Any]:
    """Return what each limit could carry a week, and Little's law."""
    pace = queries.pace_of(plan)
    limits = [
        ceilings.Ceiling(
            name=one.label, limit=one.limit, racks=one.racks_a_week, owner=one.owner
        )
        for one in queries.weekly_limits(site_of(request), plan)
    ]
    if pace is None or not limits:
        return {"pace": None}
    return {
        "pace": pace,
        "little": _little(pace),
        "ceiling": _ceiling(limits, pace),
        "ceilings_plot": ceilings.both(limits, pace.racks_a_week),
        "ceilings_table": ceilings.table(limits, pace.racks_a_week),
    }


def _little(pace: Pace) -> str:
    """Return Little's law with the plan's numbers."""
    return (
        f"{grouped(pace.racks_a_week, 1)} racks a week × {duration(pace.floor_min)} on "
        f"the floor = {grouped(pace.in_work, 1)} racks in work at once "
        f"({grouped(pace.counted, 1)} counted)."
    )


def _ceiling(limits: Sequence[ceilings.Ceiling], pace: Pace) -> str:
    """Return which limit is the tightest."""
    first = limits[0]
    owner = f" {first.owner} owns it." if first.owner else ""
    return (
        f"{first.name} could carry {grouped(first.racks, 1)} racks a week; the plan "
        f"ships {grouped(pace.racks_a_week, 1)} over the next four.{owner}"
    )


def _racks(plan: Plan | None, order: Order) -> list[PlannedRack]:
    """Return an order's planned racks, the last to ship first."""
    if plan is None:
        return []
    return list(
        PlannedRack.objects.filter(plan=plan, rack__order=order, ships_at__isnull=False)
        .select_related("rack")
        .order_by("-ships_at", "rack__serial")
    )


def _scope(
    current: str, plan: Plan, *, order: Order | None = None, rack: Unit | None = None
) -> list[dict[str, Any]]:
    """Return the switch between rack, order and site."""
    query = "?" + urlencode({"plan": plan.pk})
    links = [("site", "Whole site", reverse("light") + query)]
    if order is not None:
        url = reverse("light_order", args=[order.number])
        links.append(("order", f"Order {order.number}", url + query))
    if rack is not None:
        url = reverse("light_rack", args=[rack.serial])
        links.append(("rack", rack.serial, url + query))
    return [
        {"label": label, "url": url, "current": name == current}
        for name, label, url in links
    ]


def _plan(request: HttpRequest) -> Plan | None:
    """Return the plan the query string asks for, else the one in force."""
    text = request.GET.get("plan", "")
    if text.isascii() and text.isdigit() and len(text) < 19:  # noqa: PLR2004
        asked = Plan.objects.filter(
            run__scenario__site=site_of(request), pk=int(text)
        ).first()
        if asked is not None and asked.attributions.exists():
            return asked
        messages.info(
            request, "The plan of this link is gone or kept no reasons; this is now."
        )
    return standing(request).plan


def _gone(request: HttpRequest, sentence: str) -> HttpResponse:
    """Lead from what is not there to the whole site."""
    messages.info(request, f"{sentence} This is the whole site.")
    return redirect("light")
