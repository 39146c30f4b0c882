"""What every staff page shows around its content: navigation, and the plan meant."""

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse

from factory.access import OFFICE, Audience, audience_of, granted
from factory.models import Site
from scheduling.queries.standing import Standing, standing_of
from scheduling.staleness import facts_newer_than


@dataclass(frozen=True, slots=True)
class NavItem:
    """One place in the navigation and who may go there."""

    title: str
    label: str
    icon: str
    view: str
    readers: tuple[Audience, ...]
    phone: bool = False


NAV = (
    NavItem("Plan", "Control", "control", "control", OFFICE, phone=True),
    NavItem("Plan", "Plan", "plan", "plan", OFFICE, phone=True),
    NavItem("Plan", "Commitments", "commit", "commitments", OFFICE, phone=True),
    NavItem("Plan", "Speed of light", "light", "light", OFFICE),
    NavItem("Plan", "Risks", "bell", "risks", OFFICE),
    NavItem("Plan", "Clear to build", "check", "clear_to_build", OFFICE),
    NavItem("Plan", "Scenarios", "split", "scenarios", OFFICE),
    NavItem("Plan", "Capable to promise", "clock", "quotes", OFFICE),
    NavItem("Plan", "Grid", "power", "grid", OFFICE),
    NavItem("Plan", "Publish", "publish", "publish", OFFICE, phone=True),
    NavItem("Buy", "Expedite", "arrow", "expedite", OFFICE),
    NavItem("Buy", "Golden screws", "tools", "golden_screws", OFFICE),
    NavItem("Buy", "Mail", "mail", "mail_log", OFFICE),
    NavItem("What exists", "Orders", "orders", "orders", OFFICE),
    NavItem("What exists", "Needs ahead", "parts", "forecast", OFFICE),
    NavItem("What exists", "Suppliers", "suppliers", "suppliers", OFFICE),
    NavItem(
        "What exists",
        "Floor",
        "tools",
        "floor",
        (Audience.TECHNICIAN, Audience.PLANNER, Audience.QUALITY),
    ),
    NavItem(
        "What exists",
        "Dock",
        "racks",
        "dock",
        (Audience.TECHNICIAN, Audience.BUYER, Audience.PLANNER, Audience.QUALITY),
    ),
    NavItem("Site", "Outages", "stop", "outages", OFFICE),
    NavItem("Site", "Recalls", "search", "recalls", OFFICE),
    NavItem("Site", "Repairs", "tools", "repair_policy", OFFICE),
    NavItem("Site", "Other sites", "site", "site_moves", OFFICE),
    NavItem("Record", "Runs", "play", "runs", OFFICE),
    NavItem("Record", "Publications", "history", "publications", OFFICE),
    NavItem("Record", "API clients", "split", "clients", (Audience.ADMINISTRATOR,)),
    NavItem(
        "Record", "Master data", "settings", "admin:index", (Audience.ADMINISTRATOR,)
    ),
)


def site_of(request: HttpRequest) -> Site:
    """Return the site a member of staff works for; an administrator's is the first.

    Raises:
        PermissionDenied: If there is no site for this user.
    """
    profile = getattr(request.user, "staff_profile", None)
    if profile is not None:
        site: Site = profile.site
        return site
    first = Site.objects.order_by("pk").first()
    if first is None or not getattr(request.user, "is_superuser", False):
        raise PermissionDenied("There is no site yet. Import one, or load the demo.")
    return first


def standing(request: HttpRequest) -> Standing:
    """Return where the reader's site stands, read once a request."""
    kept: Standing | None = getattr(request, "standing", None)
    if kept is None:
        kept = standing_of(site_of(request))
        request.standing = kept  # type: ignore[attr-defined]  # once a request
    return kept


def shell(request: HttpRequest) -> dict[str, Any]:
    """Give templates ``nav`` and ``stamp``; nothing for those who are not staff."""
    user = getattr(request, "user", None)
    audience = audience_of(user) if user is not None else None
    if audience is None or audience == Audience.SUPPLIER:
        return {}
    return {
        "nav": _nav(request, audience),
        "stamp": _stamp(request),
        "can_find": audience in granted(OFFICE),
        "news_url": _news_url(request),
    }


def _news_url(request: HttpRequest) -> str:
    """Return where a page asks whether others have changed something."""
    try:
        plan = standing(request).plan
    except PermissionDenied:
        return ""
    return reverse("plan_news", args=[plan.pk]) if plan else ""


def _nav(request: HttpRequest, audience: Audience) -> list[dict[str, Any]]:
    """Return the groups of the navigation this reader may use."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for item in NAV:
        if audience not in granted(item.readers):
            continue
        url = reverse(item.view)
        is_current = request.path == url if url == "/" else request.path.startswith(url)
        groups.setdefault(item.title, []).append(
            {
                "label": item.label,
                "url": url,
                "icon": item.icon,
                "count": None,
                "current": is_current,
                "phone": item.phone,
            }
        )
    return [{"title": title, "items": items} for title, items in groups.items()]


def _stamp(request: HttpRequest) -> dict[str, Any]:
    """Return which truth the page shows."""
    try:
        now = standing(request)
    except PermissionDenied:
        return {}
    published = now.publication
    return {
        "site": now.site.name,
        "zone": now.site.zone,
        "plan": f"Plan {published.number}" if published else "",
        "plan_url": reverse("plan") if published else "",
        "published_at": published.at if published else None,
        "stale_facts": len(facts(request)) if published else 0,
    }


def facts(request: HttpRequest) -> list[Any]:
    """Return what happened since the published plan, read once a request."""
    kept: list[Any] | None = getattr(request, "newer_facts", None)
    if kept is None:
        now = standing(request)
        kept = list(facts_newer_than(now.plan)) if now.plan else []
        request.newer_facts = kept  # type: ignore[attr-defined]  # once a request
    return kept
