"""Addresses of the portal, and of staff pages about suppliers and commitments."""

from django.urls import URLPattern, path

from suppliers.web import portal, staff
from suppliers.web.forms import FORMS

urlpatterns: list[URLPattern] = [
    path("portal/", portal.portal, name="portal"),
    path("portal/lines/<int:line_id>/", portal.portal_line, name="portal_line"),
    *(
        path(
            f"portal/lines/<int:line_id>/{verb}/",
            portal.portal_answer,
            {"verb": verb},
            name=f"portal_{verb}",
        )
        for verb in FORMS
    ),
    path("commitments/<int:pk>/", staff.commitment, name="commitment"),
    *(
        path(
            f"commitments/<int:pk>/{verb}/",
            staff.commitment_answer,
            {"verb": verb},
            name=f"commitment_{verb}",
        )
        for verb in FORMS
    ),
    path("suppliers/", staff.suppliers, name="suppliers"),
    path("suppliers/<slug:code>/", staff.supplier, name="supplier"),
]
