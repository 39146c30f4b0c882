"""The control page: how the site stands, in one sentence, seven numbers and a list."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from factory.access import OFFICE, Audience, allow, audience_of, granted
from journal.wording import (
    JOINT,
    column_date,
    counted,
    duration,
    grouped,
    kw,
    limit_look,
    megawatts,
    money_short,
    percent,
)
from scheduling.charts import burn_up
from scheduling.inbox import Item, inbox_of
from scheduling.models import Plan
from scheduling.outlook import outlook_of
from scheduling.queries.alarms import alarms
from scheduling.queries.control import (
    CLEAR_DAYS,
    Kpis,
    LateLimit,
    kpis_of,
    late_limit_of,
    late_orders,
    limits_of,
)
from scheduling.queries.standing import Standing
from scheduling.web.runs import OptimizeForm
from scheduling.web.shell import facts, standing

FULL_PERMILLE = 1000
INBOX = {"open": "Open", "mine": "Mine", "snoozed": "Snoozed"}


@allow(*OFFICE)
def control(request: HttpRequest) -> HttpResponse:
    """Show how the site stands. About fifteen queries however many racks."""
    now = standing(request)
    plan = now.plan
    context: dict[str, Any] = {
        "now": timezone.now(),
        "standing": now,
        "plan": plan,
        "form": OptimizeForm(),
        "facts": facts(request),
        "alarms": alarms(timezone.now()),
    }
    if plan is None:
        return render(request, "scheduling/control_empty.html", context)
    kpis = kpis_of(now.site, plan)
    show = request.GET.get("inbox", "open")
    items = inbox_of(now.site, plan, facts(request), context["alarms"], timezone.now())
    late, late_count = late_orders(now.site, plan)
    limits = limits_of(plan)
    context |= {
        "kpis": _strip(kpis, now),
        "lede": _lede(kpis, now),
        "rest": _rest(late_limit_of(plan), plan),
        "late": late,
        "late_count": late_count,
        "limits": limits,
        **_inbox(items, show if show in INBOX else "open", _name(request)),
        **_burn_up(now, plan),
        "is_planner": audience_of(request.user) in granted((Audience.PLANNER,)),
        "inherited": plan.inherited_breaches,
    }
    return render(request, "scheduling/control.html", context)


def _name(request: HttpRequest) -> str:
    """Return the reader's name, as owners are named."""
    return str(getattr(request.user, "get_full_name", str)())


def _inbox(items: list[Item], show: str, name: str) -> dict[str, Any]:
    """Return the causes of one tab, and the tabs with their counts."""
    those = {
        "open": [one for one in items if one.until is None],
        "mine": [one for one in items if one.until is None and one.owner == name],
        "snoozed": [one for one in items if one.until is not None],
    }
    return {
        "items": those[show],
        "heard": sum(one.messages for one in those[show]),
        "inbox_tabs": [
            {
                "label": f"{label} {len(those[key])}",
                "url": "?" + urlencode({"inbox": key}) + "#inbox",
                "current": key == show,
            }
            for key, label in INBOX.items()
        ],
    }


def _burn_up(now: Standing, plan: Plan) -> dict[str, Any]:
    """Return racks shipped, promised and planned, by week."""
    look = outlook_of(now.site, plan, timezone.now())
    weeks = [
        datetime.combine(day, time(), tzinfo=look.now.tzinfo) for day in look.weeks
    ]

    def at(moment: datetime) -> float:
        return (moment - weeks[0]) / timedelta(days=7)

    ahead = len(look.weeks) - len(look.p50)
    data = burn_up.BurnUp(
        labels=[column_date(day, day) for day in look.weeks],
        demand=look.demand,
        promised=look.promised,
        actual=look.shipped,
        now=at(look.now),
        now_count=look.shipped_now,
        planned=[(ahead + number, count) for number, count in enumerate(look.p50)],
        likely=[
            (ahead + number, low, high)
            for number, (low, high) in enumerate(zip(look.p90, look.p50, strict=True))
        ],
        events=[(at(start), at(end)) for start, end in look.curtailments],
        rack_w=look.rack_w,
    )
    return {
        "burn_up": burn_up.both(data),
        "burn_up_table": burn_up.table(data),
        "burn_note": f"1 rack ≈ {kw(look.rack_w)}" if look.rack_w else "",
    }


def _lede(kpis: Kpis, now: Standing) -> str:
    """Return the page's answer."""
    which = f"plan {now.publication.number}" if now.publication else "the proposal"
    if not kpis.late_racks:
        return f"Every rack ships on time in {which}."
    verb = "ships" if kpis.late_racks == 1 else "ship"
    return f"{counted(kpis.late_racks, 'rack')} {verb} late in {which}."


def _rest(late: LateLimit | None, plan: Plan) -> str:
    """Return the second sentence: what makes most racks late, and who owns that."""
    sentences = []
    if late:
        owner = f"; {late.owner} owns it" if late.owner else ""
        sentences.append(
            f"{limit_look(late.limit).word} is the limit for "
            f"{grouped(late.racks)} of them{owner}."
        )
    if plan.unplannable_racks:
        sentences.append(
            f"{counted(plan.unplannable_racks, 'rack')} cannot be planned."
        )
    return " ".join(sentences)


def _strip(kpis: Kpis, now: Standing) -> list[dict[str, str]]:
    """Return the seven numbers with their change since the publication before."""
    before = _before(now)
    rows = (
        _kpi(
            "Promises kept",
            _of_permille(kpis.promises_kept_permille),
            "" if kpis.promises_kept_permille is None else "%",
            _change(kpis, before, "promises_kept_permille", _points, good="up"),
            reverse("commitments") + "?side=out",
        ),
        _kpi(
            "Racks late",
            grouped(kpis.late_racks),
            f"of {grouped(kpis.racks)}",
            _change(kpis, before, "late_racks", grouped, good="down"),
            reverse("orders") + "?show=late",
        ),
        _kpi(
            "Cost of lateness",
            money_short(kpis.late_cents),
            "",
            _change(kpis, before, "late_cents", money_short, good="down"),
            reverse("orders") + "?show=late",
        ),
        _kpi(
            "Lead time, median",
            duration(kpis.lead_min),
            f"physics {duration(kpis.physics_min)}",
            _change(kpis, before, "lead_min", duration, good="down"),
            reverse("orders"),
        ),
        _kpi(
            f"Clear to build, {CLEAR_DAYS} d",
            grouped(kpis.clear_racks),
            f"of {grouped(kpis.starting_racks)}",
            _change(kpis, before, "clear_racks", grouped, good="up"),
            reverse("commitments"),
        ),
        _kpi(
            "Power at peak",
            percent(kpis.peak_w / kpis.contract_w).removesuffix(f"{JOINT}%"),
            f"% of {kw(kpis.contract_w)}",
            _change(kpis, before, "peak_w", kw, good=""),
            reverse("plan"),
        ),
        _kpi(
            f"Ships in {CLEAR_DAYS} d",
            grouped(kpis.shipping_racks),
            f"racks, {megawatts(kpis.shipping_w)}",
            _change(kpis, before, "shipping_racks", grouped, good="up"),
            reverse("orders"),
        ),
    )
    previous = now.publication.previous if now.publication else None
    since = f"since plan {previous.number}" if previous else ""
    return [row | {"since": since} for row in rows]


def _before(now: Standing) -> dict[str, Any]:
    """Return the numbers of the publication before the one in force."""
    published = now.publication
    if published is None or published.previous is None:
        return {}
    kept: dict[str, Any] = published.previous.kpis
    return kept


def _kpi(
    label: str, value: str, unit: str, change: dict[str, str], url: str
) -> dict[str, str]:
    """Return one number as ``components/kpi.html`` takes it."""
    return {"label": label, "value": value, "unit": unit, "url": url} | change


def _change(
    kpis: Kpis,
    before: dict[str, Any],
    field: str,
    worded: Callable[[int], str],
    *,
    good: str,
) -> dict[str, str]:
    """Return change, direction and mood of a number against the publication before.

    ``worded`` puts a size into words; ``good`` is the direction that is good, empty
    where neither is.
    """
    was, is_now = before.get(field), asdict(kpis)[field]
    if was is None or is_now is None or was == is_now:
        return {"change": "", "way": "", "mood": ""}
    way = "up" if is_now > was else "down"
    mood = "" if not good else "good" if way == good else "bad"
    return {"change": worded(abs(is_now - was)), "way": way, "mood": mood}


def _points(permille: int) -> str:
    """Return a change of a share, given per mille, in percentage points."""
    return f"{grouped(permille / 10, 1)}{JOINT}pt"


def _of_permille(share: int | None) -> str:
    """Return a share in per cent with one decimal, without its sign."""
    if share is None:
        return grouped(None)
    return grouped(share * 100 / FULL_PERMILLE, 1)
