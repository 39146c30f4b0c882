"""The living style sheet and its shells, open to anyone, for the tests of the look."""

from datetime import UTC, datetime

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest
from django.template import engines
from django.template.response import TemplateResponse
from django.urls import include, path

from config.urls import account_patterns
from scheduling.web.components import ComponentsPage

NAV = [
    {
        "title": "Plan",
        "items": [
            {
                "label": "Control",
                "url": "/",
                "icon": "control",
                "count": 7,
                "phone": True,
            },
            {"label": "Runs", "url": "/runs/", "icon": "play", "current": True},
        ],
    }
]
STAMP = {
    "site": "Harrow Creek",
    "plan": "Plan 412",
    "plan_url": "/plan/",
    "published_at": datetime(2026, 11, 30, 14, 42, tzinfo=UTC),
    "stale_facts": 3,
}


@login_not_required
def portal(request: HttpRequest) -> TemplateResponse:
    """Show the light shell with nothing in it."""
    links = [{"label": "Orders", "url": "/portal/", "current": True}]
    context = {"portal": {"name": "Tessaline Sensors", "links": links}}
    template = engines["django"].from_string(
        '{% extends "base_portal.html" %}'
        "{% block content %}<h1>Nothing needs you now</h1>{% endblock content %}"
    )
    return TemplateResponse(request, template, context)


urlpatterns = [
    path(
        "components/",
        login_not_required(
            ComponentsPage.as_view(extra_context={"nav": NAV, "stamp": STAMP})
        ),
    ),
    path("portal/", portal),
    path("accounts/", include(account_patterns)),
]
