"""Publishing: what moves, whose promise breaks, and the hand that signs for it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from factory.access import OFFICE, Audience, allow
from scheduling.errors import SchedulingError
from scheduling.models import Plan
from scheduling.services import publish as services
from scheduling.web.shell import site_of, standing

LONGEST_NOTE = 300
RACKS_SHOWN = 200


@allow(*OFFICE, writers=(Audience.PLANNER,))
def publish_page(request: HttpRequest) -> HttpResponse:
    """Show what publishing the proposal changes; a POST publishes it."""
    now = standing(request)
    if request.method == "POST":
        return _publish(request)
    if now.proposal is None:
        return render(request, "scheduling/publish_empty.html", {"standing": now})
    context = {
        "standing": now,
        "plan": now.proposal,
        "diff": services.preview(now.proposal),
        "previous": now.publication,
        "racks_shown": RACKS_SHOWN,
    }
    return render(request, "scheduling/publish.html", context)


def _publish(request: HttpRequest) -> HttpResponse:
    """Publish the plan the form was made for, or say why not."""
    plan = get_object_or_404(
        Plan,
        pk=_number(request.POST.get("plan", "")),
        run__scenario__site=site_of(request),
    )
    try:
        publication = services.publish(
            plan=plan,
            by=request.user,
            actor=f"user:{request.user.pk}",
            acknowledged=tuple(request.POST.getlist("acknowledged")),
            note=request.POST.get("note", "").replace("\0", "")[:LONGEST_NOTE],
            expected_previous=_number(request.POST.get("previous", "")) or None,
        )
    except SchedulingError as error:
        messages.error(request, str(error))
        return redirect("publish")
    messages.success(request, f"Plan {publication.number} is in force.")
    return redirect("control")


def _number(text: str) -> int:
    """Return a form's number, or 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0  # noqa: PLR2004
