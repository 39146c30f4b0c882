"""Addresses of the portal, page by page."""

from django.urls import URLPattern, path

from suppliers.web import forecasts, people, portal, sheet, shipping, trust
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
    path("portal/shipments/", shipping.portal_shipments, name="portal_shipments"),
    path("portal/ship/", shipping.portal_ship, name="portal_ship"),
    path(
        "portal/shipments/<int:shipment_id>/",
        shipping.portal_shipment,
        name="portal_shipment",
    ),
    path(
        "portal/shipments/<int:shipment_id>/cancel/",
        shipping.portal_shipment_cancel,
        name="portal_shipment_cancel",
    ),
    path("portal/sheet/", sheet.portal_sheet, name="portal_sheet"),
    path(
        "portal/sheet/open-lines.<str:kind>",
        sheet.portal_sheet_file,
        name="portal_sheet_file",
    ),
    path("portal/uploads/<int:upload_id>/", sheet.portal_upload, name="portal_upload"),
    path(
        "portal/uploads/<int:upload_id>/progress/",
        sheet.portal_upload_progress,
        name="portal_upload_progress",
    ),
    path(
        "portal/uploads/<int:upload_id>/apply/",
        sheet.portal_upload_apply,
        name="portal_upload_apply",
    ),
    path("portal/people/", people.people_page, name="people"),
    path("portal/people/role/", people.role, name="people_role"),
    path("portal/people/cover/", people.cover, name="people_cover"),
    path(
        "portal/people/cover/<int:delegation_id>/end/",
        people.cover_end,
        name="people_cover_end",
    ),
    path("portal/people/settle/", people.settle, name="people_settle"),
    path("portal/people/mail-days/", people.mail_days, name="people_mail_days"),
    path("portal/language/", people.language, name="people_language"),
    path("portal/calendar/", people.calendar, name="people_calendar"),
    path("portal/forecast/", forecasts.needs_ahead, name="needs_ahead"),
    path(
        "portal/forecast/seen/",
        forecasts.needs_ahead_seen,
        name="needs_ahead_seen",
    ),
    path(
        "portal/capacity/<int:part_id>/",
        forecasts.capacity,
        name="capacity",
    ),
    path("portal/trust/", trust.portal_trust, name="own_trust"),
    path(
        "portal/trust/<int:line_id>/dispute/",
        trust.portal_dispute,
        name="portal_dispute",
    ),
]
