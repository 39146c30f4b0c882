"""Addresses that open without a log-in: the link of an order, and a calendar."""

from django.urls import URLPattern, path

from suppliers.web import links, people
from suppliers.web.forms import FORMS

urlpatterns: list[URLPattern] = [
    path("answer/<str:token>/", links.link, name="link"),
    path("answer/<str:token>/opened/", links.link_opened, name="link_opened"),
    path("answer/<str:token>/renew/", links.link_renew, name="link_renew"),
    path("answer/<str:token>/lines/<int:line_id>/", links.link_line, name="link_line"),
    *(
        path(
            f"answer/<str:token>/lines/<int:line_id>/{verb}/",
            links.link_answer,
            {"verb": verb},
            name=f"link_{verb}",
        )
        for verb in FORMS
    ),
    path("calendar/<str:token>.ics", people.calendar_feed, name="calendar_feed"),
]
