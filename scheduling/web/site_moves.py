"""Several sites: what another could build sooner, and the hand that moves it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from factory.access import OFFICE, Audience, allow, audience_of, granted
from factory.models import Site, SiteLane
from journal.wording import counted
from scheduling.errors import SchedulingError
from scheduling.models import Quote, SiteMove
from scheduling.services import site_moves as services
from scheduling.web.order_changes import signed
from scheduling.web.shell import site_of

PLANNERS = (Audience.PLANNER,)
LISTED = 50


@allow(*OFFICE, writers=PLANNERS)
def site_move_list(request: HttpRequest) -> HttpResponse:
    """Show what other sites could build sooner; a POST asks them."""
    site = site_of(request)
    if request.method == "POST":
        asked = services.look_elsewhere(site=site, actor=f"user:{request.user.pk}")
        words = counted(len(asked), "question")
        said = f"{words} asked; the answers come in seconds."
        if nowhere := services.built_nowhere_else(site):
            names = ", ".join(one.number for one in nowhere)
            said += f" No other site has a bay for {names}."
        messages.info(request, said)
        return redirect("site_moves")
    found = list(services.moves_of(site)[:LISTED])
    rows = [_row(one, site) for one in found]
    context = {
        "rows": rows,
        "urgent": services.urgent_orders(site),
        "most": services.MOST_ORDERS,
        "lanes": SiteLane.objects.filter(origin=site).select_related("target"),
        "is_planner": audience_of(request.user) in granted(PLANNERS),
        "is_waiting": any(row["is_waiting"] for row in rows),
    }
    return render(request, "scheduling/site_moves.html", context)


def _row(move: SiteMove, site: Site) -> dict[str, Any]:
    """Return one question with its answer; what comes no sooner is not offered."""
    arrives, gain = services.arrives_on(move), services.gain_days(move)
    return {
        "move": move,
        "arrives": arrives,
        "gain": gain,
        "may_move": arrives is not None and (gain is None or gain > 0),
        "is_waiting": move.quote.state == Quote.State.REQUESTED,
        "is_open": move.state == SiteMove.State.OPEN and move.origin_id == site.pk,
        "is_ours": move.order.site_id == site.pk,
    }


@allow(*OFFICE, writers=PLANNERS)
@require_POST
def site_move_decide(request: HttpRequest, move_id: int) -> HttpResponse:
    """Move an order to the other site, or leave it."""
    move = get_object_or_404(
        SiteMove.objects.select_related("order", "target"),
        pk=move_id,
        origin=site_of(request),
    )
    try:
        if request.POST.get("verb") == "move":
            services.confirm_move(move=move, by=signed(request))
            messages.success(
                request, f"{move.order.number} is built at {move.target.name}."
            )
        else:
            services.leave(move=move, by=signed(request))
    except SchedulingError as error:
        messages.error(request, str(error))
    return redirect("site_moves")
