"""Habits of the workspace: finding, saved views, causes put off."""

import hashlib
import json

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from factory.access import OFFICE, Audience, allow, audience_of, granted
from scheduling.errors import ViewError
from scheduling.models import SavedView
from scheduling.queries.find import LONGEST, Hit, find
from scheduling.services import workspace as services
from scheduling.web.shell import NAV, site_of

PLANNERS = (Audience.PLANNER,)
ACTIONS = (
    ("Optimize the live data", "control", "", PLANNERS),
    ("Publish the proposal", "publish", "", PLANNERS),
    ("Make a scenario", "scenarios", "", PLANNERS),
    ("Compare scenarios", "scenarios", "", OFFICE),
    ("Go back to an earlier plan", "publications", "", PLANNERS),
    ("See what is late", "orders", "?show=late", OFFICE),
    ("Send reminders to suppliers", "expedite", "", OFFICE),
    ("Keep this view", "views", "", OFFICE),
)
"""What the palette offers to do: words, page, query, and who may."""


@allow(*OFFICE)
@require_safe
def find_page(request: HttpRequest) -> HttpResponse:
    """Show what holds the words of ``?q=``: pages and actions among it."""
    text = request.GET.get("q", "")[:LONGEST]
    hits = [*_places(request, text), *find(site_of(request), text)]
    context = {"text": text, "hits": hits}
    return render(request, "scheduling/workspace/find.html", context)


@allow(*OFFICE)
@require_safe
def find_data(request: HttpRequest) -> HttpResponse:
    """Return the same as JSON, for the palette; 304 while nothing has changed."""
    text = request.GET.get("q", "")[:LONGEST]
    hits = [*_places(request, text), *find(site_of(request), text)]
    data = [
        {"kind": one.kind, "name": one.name, "detail": one.detail, "url": one.url}
        for one in hits
    ]
    digest = hashlib.sha256(json.dumps(data).encode()).hexdigest()
    etag = f'"{digest[:20]}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers={"ETag": etag})
    return JsonResponse({"hits": data}, headers={"ETag": etag})


@allow(*OFFICE, writers=OFFICE)
def views(request: HttpRequest) -> HttpResponse:
    """Show saved views, one's own and shared ones; a POST keeps one."""
    user, site = _person(request), site_of(request)
    if request.method == "POST":
        try:
            view = services.save_view(
                site=site,
                owner=user,
                name=request.POST.get("name", "").replace("\0", ""),
                address=request.POST.get("address", ""),
                is_shared=bool(request.POST.get("is_shared")),
            )
        except ViewError as error:
            messages.error(request, str(error))
            return redirect("views")
        messages.success(request, f"{view.name} is kept.")
        return redirect(view.address)
    rows = (
        SavedView.objects.filter(site=site)
        .filter(Q(owner=user) | Q(is_shared=True))
        .select_related("owner")
        .order_by("name", "pk")
    )
    context = {
        "own": [row for row in rows if row.owner_id == user.pk],
        "shared": [row for row in rows if row.owner_id != user.pk],
        "address": _here(request),
    }
    return render(request, "scheduling/workspace/views.html", context)


@allow(*OFFICE, writers=OFFICE)
@require_POST
def view_remove(request: HttpRequest, view_id: int) -> HttpResponse:
    """Forget one of the reader's own views."""
    gone, _ = SavedView.objects.filter(
        pk=view_id, site=site_of(request), owner=_person(request)
    ).delete()
    said = "The view is forgotten." if gone else "That view is not yours, or is gone."
    messages.info(request, said)
    return redirect("views")


@allow(*OFFICE, writers=PLANNERS)
@require_POST
def inbox_snooze(request: HttpRequest) -> HttpResponse:
    """Put one cause of the inbox off for some days, or take it back."""
    services.put_off(
        site=site_of(request),
        cause=request.POST.get("cause", "").replace("\0", ""),
        messages=_number(request.POST.get("messages", "")),
        days=_number(request.POST.get("days", "")),
        by=_person(request),
        now=timezone.now(),
    )
    return redirect(reverse("control") + "#inbox")


def _places(request: HttpRequest, text: str) -> list[Hit]:
    """Return pages and actions whose words hold a text; all of them for none."""
    audience = audience_of(request.user)
    wanted = text.strip().lower()
    pages = [
        Hit(kind="Page", name=item.label, detail=item.title, url=reverse(item.view))
        for item in NAV
        if audience in granted(item.readers)
    ]
    actions = [
        Hit(kind="Action", name=words, detail="", url=reverse(view) + query)
        for words, view, query, may in ACTIONS
        if audience in granted(may)
    ]
    return [one for one in (*pages, *actions) if wanted in one.name.lower()]


def _here(request: HttpRequest) -> str:
    """Return the page the reader comes from, as a view keeps it."""
    given = request.GET.get("from", "")
    if given:
        return given[:1_000]
    came = request.headers.get("Referer", "")
    head = f"{request.scheme}://{request.get_host()}"
    return came.removeprefix(head)[:1_000] if came.startswith(head) else "/"


def _person(request: HttpRequest) -> User:
    """Return who asks.

    Raises:
        PermissionDenied: If nobody has signed in.
    """
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def _number(text: str) -> int:
    """Return a form's number, or 0 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0  # noqa: PLR2004
