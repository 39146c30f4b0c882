"""What-if scenarios: made, changed, run, compared, and turned into a proposal."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from factory.access import OFFICE, Audience, allow, audience_of, granted
from factory.models import Site
from journal.wording import counted, money_short
from scheduling.charts import multiples
from scheduling.engine.adjust.base import Adjustment, AdjustmentError
from scheduling.engine.adjust.kinds import KINDS, adjustments_from
from scheduling.errors import SchedulingError
from scheduling.models import Plan, Scenario
from scheduling.queries.scenarios import (
    MOST_COMPARED,
    Column,
    columns_of,
    differing,
    scenarios_of,
)
from scheduling.services import scenarios as services
from scheduling.services.runs import request_run
from scheduling.web.comparison import by_week, comparison, orders_compared, uneven
from scheduling.web.scenario_forms import AdjustmentForm, ScenarioForm, SearchForm
from scheduling.web.shell import site_of, standing

PLANNERS = (Audience.PLANNER,)
ORDERS_COMPARED = 40
LONGEST_NUMBER = 18


@allow(*OFFICE, writers=PLANNERS)
def scenario_list(request: HttpRequest) -> HttpResponse:
    """Show the site's what-ifs; a POST makes one."""
    site = site_of(request)
    form = ScenarioForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_scenario(
                site=site,
                name=form.cleaned_data["name"],
                adjustments=[],
                arrivals=Scenario.Arrivals(form.cleaned_data["arrivals"]),
                by=_person(request),
                actor=_actor(request),
            )
        except (SchedulingError, AdjustmentError) as error:
            messages.error(request, str(error))
        else:
            return redirect("scenario", made.pk)
    columns = scenarios_of(site)
    base = services.base_scenario(site)
    context = {
        "columns": columns,
        "base": base,
        "form": form,
        "is_planner": _is_planner(request),
        "lede": counted(
            len(columns), "what-if over live data", "what-ifs over live data"
        ),
    }
    return render(request, "scheduling/scenarios/list.html", context)


@allow(*OFFICE)
@require_safe
def scenario_page(request: HttpRequest, scenario_id: int) -> HttpResponse:
    """Show one what-if: what it assumes, what follows, what it would take."""
    scenario = _scenario(request, scenario_id)
    if scenario is None:
        return _gone(request)
    if scenario.is_base:
        return redirect("control")
    mine, live = _beside_live(request, scenario)
    kind = KINDS.get(request.GET.get("add", ""))
    is_planner = _is_planner(request)
    context: dict[str, Any] = {
        "scenario": scenario,
        "column": mine,
        "live": live,
        "adjustments": _listed(scenario),
        "kinds": _kinds(request.GET.get("add", "")),
        "form": AdjustmentForm(kind, scenario.site) if kind and is_planner else None,
        # A class would be called by the template.
        "kind": {"name": kind.kind, "title": kind.title} if kind else None,
        "search": SearchForm(live_s=services.search_s(standing(request).plan)),
        "is_planner": is_planner,
        "reasons": services.not_proposable(scenario, mine.plan),
        "lede": _lede(mine, live),
        "rest": _rest(mine),
    }
    if mine.plan is not None and live.plan is not None:
        numbers, count = differing([live, mine], ORDERS_COMPARED)
        context |= {
            "table": comparison([live, mine]),
            "orders": orders_compared([live, mine], numbers) if numbers else None,
            "changed": count,
            "uneven": uneven([live, mine]),
        }
    return render(request, "scheduling/scenarios/scenario.html", context)


@allow(*OFFICE)
@require_safe
def scenario_compare(request: HttpRequest) -> HttpResponse:
    """Show two to four scenarios side by side, named by ``?s=``; the first measures."""
    site = site_of(request)
    wanted = [one for text in request.GET.getlist("s") if (one := _number(text))]
    wanted = list(dict.fromkeys(wanted))
    rows = {
        one.pk: one
        for one in Scenario.objects.filter(site=site, pk__in=wanted).select_related(
            "site"
        )
    }
    chosen = [rows[pk] for pk in wanted if pk in rows][:MOST_COMPARED]
    missing = len(wanted) - len(chosen)
    if len(chosen) == 1:
        base = services.base_scenario(site)
        chosen = [base, *chosen] if chosen[0].pk != base.pk else chosen
    context: dict[str, Any] = {"missing": missing, "columns": [], "table": None}
    if len(chosen) > 1:
        columns = columns_of(chosen, plans=_in_force(request))
        numbers, count = differing(columns, ORDERS_COMPARED)
        weeks = by_week(columns)
        context = {
            "missing": missing,
            "plot": multiples.both(weeks) if weeks else "",
            "plot_table": multiples.table(weeks) if weeks else None,
            "columns": columns,
            "uneven": uneven(columns),
            "table": comparison(columns),
            "orders": orders_compared(columns, numbers) if numbers else None,
            "changed": count,
            "lede": _verdict(columns),
            "others": _others(site, chosen),
        }
    return render(request, "scheduling/scenarios/compare.html", context)


@allow(*OFFICE, writers=PLANNERS)
@require_POST
def scenario_add(request: HttpRequest, scenario_id: int) -> HttpResponse:
    """Add one assumption of the kind in ``?kind=``."""
    scenario = _scenario(request, scenario_id)
    kind = KINDS.get(request.POST.get("kind", ""))
    if scenario is None or kind is None:
        return _gone(request)
    form = AdjustmentForm(kind, scenario.site, request.POST)
    back = f"{reverse('scenario', args=[scenario.pk])}?{urlencode({'add': kind.kind})}"
    if not form.is_valid():
        messages.error(request, form.sentence)
        return redirect(back)
    assumed = [*scenario.adjustments, {"kind": kind.kind} | form.values]
    return _change(request, scenario, assumed, back)


@allow(*OFFICE, writers=PLANNERS)
@require_POST
def scenario_remove(request: HttpRequest, scenario_id: int) -> HttpResponse:
    """Take one assumption away, named by its place in the list."""
    scenario = _scenario(request, scenario_id)
    if scenario is None:
        return _gone(request)
    place = _number(request.POST.get("place", ""))
    kept = [one for at, one in enumerate(scenario.adjustments, start=1) if at != place]
    return _change(request, scenario, kept, reverse("scenario", args=[scenario.pk]))


@allow(*OFFICE, writers=PLANNERS)
@require_POST
def scenario_run(request: HttpRequest, scenario_id: int) -> HttpResponse:
    """Ask for a plan of a what-if; it is made in the background."""
    scenario = _scenario(request, scenario_id)
    if scenario is None:
        return _gone(request)
    form = SearchForm(request.POST, live_s=services.search_s(standing(request).plan))
    if not form.is_valid():
        messages.error(request, "Choose how long to look.")
        return redirect("scenario", scenario.pk)
    try:
        run = request_run(
            scenario=scenario,
            by=_person(request),
            actor=_actor(request),
            time_limit_s=form.cleaned_data["time_limit_s"],
        )
    except SchedulingError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, f"Run {run.pk} plans {scenario.name}. You may leave; it goes on."
        )
    return redirect("scenario", scenario.pk)


@allow(*OFFICE, writers=PLANNERS)
@require_POST
def scenario_copy(request: HttpRequest, scenario_id: int) -> HttpResponse:
    """Make another what-if with the same assumptions, to go on from."""
    scenario = _scenario(request, scenario_id)
    if scenario is None:
        return _gone(request)
    try:
        made = services.create_scenario(
            site=scenario.site,
            name=f"{scenario.name[:70]}, copy",
            adjustments=scenario.adjustments,
            arrivals=Scenario.Arrivals(scenario.arrivals),
            by=_person(request),
            actor=_actor(request),
        )
    except (SchedulingError, AdjustmentError) as error:
        messages.error(request, str(error))
        return redirect("scenario", scenario.pk)
    return redirect("scenario", made.pk)


@allow(*OFFICE, writers=PLANNERS)
@require_POST
def scenario_archive(request: HttpRequest, scenario_id: int) -> HttpResponse:
    """Put a what-if away."""
    scenario = _scenario(request, scenario_id)
    if scenario is None:
        return _gone(request)
    try:
        services.archive_scenario(scenario=scenario, actor=_actor(request))
    except SchedulingError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{scenario.name} is put away; its link still works.")
    return redirect("scenarios")


@allow(*OFFICE, writers=PLANNERS)
@require_POST
def scenario_propose(request: HttpRequest, scenario_id: int) -> HttpResponse:
    """Turn a what-if's plan into a proposal for the live data, or say why not."""
    scenario = _scenario(request, scenario_id)
    if scenario is None:
        return _gone(request)
    try:
        run = services.propose(
            scenario=scenario, by=_person(request), actor=_actor(request)
        )
    except SchedulingError as error:
        messages.error(request, str(error))
        return redirect("scenario", scenario.pk)
    messages.success(request, "The live data are planned as this scenario has it.")
    return redirect("run", run.pk)


def _change(
    request: HttpRequest, scenario: Scenario, assumed: list[Any], back: str
) -> HttpResponse:
    """Change what a what-if assumes, or say why not."""
    try:
        services.adjust_scenario(
            scenario=scenario, adjustments=assumed, actor=_actor(request)
        )
    except (SchedulingError, AdjustmentError) as error:
        messages.error(request, str(error))
        return redirect(back)
    return redirect("scenario", scenario.pk)


def _beside_live(request: HttpRequest, scenario: Scenario) -> tuple[Column, Column]:
    """Return a what-if and the live data."""
    base = services.base_scenario(scenario.site)
    live, mine = columns_of([base, scenario], plans=_in_force(request))
    return mine, live


def _in_force(request: HttpRequest) -> dict[int, Plan]:
    """Return the plan the live data are shown by: the one in force, if there is one."""
    publication = standing(request).publication
    if publication is None:
        return {}
    return {publication.plan.run.scenario_id: publication.plan}


def _lede(mine: Column, live: Column) -> str:
    """Return the page's answer."""
    if mine.plan is None:
        if mine.run is not None and mine.run.error:
            return "This cannot be planned."
        return "Not planned yet."
    late = counted(mine.plan.late_racks, "rack")
    verb = "ships" if mine.plan.late_racks == 1 else "ship"
    if live.plan is None:
        return f"{late} {verb} late."
    change = mine.plan.late_racks - live.plan.late_racks
    if not change:
        return f"{late} {verb} late, as many as live."
    way = "more" if change > 0 else "fewer"
    return f"{late} {verb} late, {abs(change):,} {way} than live."


def _rest(mine: Column) -> str:
    """Return the second sentence."""
    if mine.run is not None and mine.run.error:
        return mine.run.error
    if mine.run is not None and not mine.run.is_finished:
        return f"Run {mine.run.pk} is on it."
    if mine.is_older:
        return "Its assumptions have changed since; run it again."
    if mine.plan is not None:
        return f"The plan costs {money_short(mine.plan.objective_cents)}."
    return "Say what differs from the live data, then run it."


def _verdict(columns: list[Column]) -> str:
    """Return which scenario costs least."""
    planned = [one for one in columns if one.plan is not None]
    if len(planned) < 2:  # noqa: PLR2004 - a comparison
        return "Fewer than two of these have a plan."
    best = min(planned, key=lambda one: (_cost(one), one.scenario.pk))
    dearest = max(planned, key=_cost)
    if _cost(best) == _cost(dearest):
        return "They cost the same."
    less = money_short(_cost(dearest) - _cost(best))
    return (
        f"{best.scenario.name} costs least, {less} less than {dearest.scenario.name}."
    )


def _cost(column: Column) -> int:
    return column.plan.objective_cents if column.plan else 0


def _listed(scenario: Scenario) -> list[tuple[int, str, Adjustment | None]]:
    """Return what a what-if assumes, numbered for taking away."""
    found: list[tuple[int, str, Adjustment | None]] = []
    for place, one in enumerate(scenario.adjustments, start=1):
        try:
            (adjustment,) = adjustments_from([one])
        except AdjustmentError as error:
            found.append((place, str(error), None))
        else:
            found.append((place, adjustment.words, adjustment))
    return found


def _kinds(current: str) -> list[dict[str, Any]]:
    """Return the kinds of assumptions as links."""
    return [
        {
            "label": kind.title,
            "url": "?" + urlencode({"add": name}) + "#add",
            "current": name == current,
        }
        for name, kind in KINDS.items()
    ]


def _others(site: Site, chosen: list[Scenario]) -> list[dict[str, str]]:
    """Return scenarios that could stand beside those compared."""
    if len(chosen) >= MOST_COMPARED:
        return []
    shown = [one.pk for one in chosen]
    rows = (
        Scenario.objects.filter(site=site, archived_at__isnull=True)
        .exclude(pk__in=shown)
        .order_by("-is_base", "-pk")[:8]
    )
    return [
        {
            "label": row.name,
            "url": "?" + urlencode({"s": [*shown, row.pk]}, doseq=True),
        }
        for row in rows
    ]


def _scenario(request: HttpRequest, scenario_id: int) -> Scenario | None:
    """Return a scenario of the reader's site, or None."""
    return (
        Scenario.objects.filter(pk=scenario_id, site=site_of(request))
        .select_related("site", "created_by")
        .first()
    )


def _gone(request: HttpRequest) -> HttpResponse:
    """Lead to the list with a sentence."""
    messages.info(request, "That scenario is not there any more. These are.")
    return redirect("scenarios")


def _is_planner(request: HttpRequest) -> bool:
    return audience_of(request.user) in granted(PLANNERS)


def _person(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _actor(request: HttpRequest) -> str:
    return f"user:{request.user.pk}"


def _number(text: str) -> int:
    """Return a query's number, or 0 for what is none."""
    is_number = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return int(text) if is_number else 0
