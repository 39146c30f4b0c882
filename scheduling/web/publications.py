"""Publications: what was put in force, by whom and why, and the way back to one."""

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from factory.access import OFFICE, Audience, allow, audience_of, granted
from journal.wording import counted
from scheduling.errors import SchedulingError
from scheduling.models import Publication
from scheduling.services import publish as services
from scheduling.web.shell import site_of, standing

PLANNERS = (Audience.PLANNER,)
A_PAGE = 50


@allow(*OFFICE)
@require_safe
def publication_list(request: HttpRequest) -> HttpResponse:
    """Show every publication of the site, newest first. Three queries."""
    rows = (
        Publication.objects.filter(site=site_of(request))
        .select_related("by")
        .order_by("-number")
    )
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    in_force = standing(request).publication
    context = {
        "page": page,
        "newest": in_force.pk if in_force else None,
        "lede": f"{counted(page.paginator.count, 'publication')}.",
        "is_planner": audience_of(request.user) in granted(PLANNERS),
    }
    return render(request, "scheduling/publications/list.html", context)


@allow(*OFFICE, writers=PLANNERS)
@require_POST
def publication_back(request: HttpRequest, publication_number: int) -> HttpResponse:
    """Ask for a proposal that goes back to an earlier publication's plan."""
    publication = Publication.objects.filter(
        site=site_of(request), number=publication_number
    ).first()
    if publication is None:
        messages.info(
            request, f"There is no publication {publication_number}. These are there."
        )
        return redirect("publications")
    try:
        run = services.roll_back(
            publication=publication,
            by=request.user if isinstance(request.user, User) else None,
            actor=f"user:{request.user.pk}",
        )
    except SchedulingError as error:
        messages.error(request, str(error))
        return redirect("publications")
    messages.success(
        request,
        f"Going back to plan {publication_number}, as far as today's facts allow. "
        "Publish it when you have seen what changes.",
    )
    return redirect("run", run.pk)
