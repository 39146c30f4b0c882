"""Addresses of the portal and of links in mails, and of staff pages."""

from django.urls import URLPattern, path

from suppliers.web import (
    buyer,
    dock,
    forecasts,
    links,
    mail,
    people,
    portal,
    sheet,
    shipping,
    staff,
    trust,
)
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
    path("dock/", dock.dock, name="dock"),
    path("dock/lines/<int:shipment_line_id>/", dock.dock_count, name="dock_count"),
    path("dock/receipts/<int:receipt_id>/", dock.dock_judge, name="dock_judge"),
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
    path("portal/people/", people.people_page, name="people"),
    path("portal/people/role/", people.role, name="people_role"),
    path("portal/people/cover/", people.cover, name="people_cover"),
    path(
        "portal/people/cover/<int:delegation_id>/end/",
        people.cover_end,
        name="people_cover_end",
    ),
    path("portal/people/settle/", people.settle, name="people_settle"),
    path("portal/language/", people.language, name="people_language"),
    path("portal/calendar/", people.calendar, name="people_calendar"),
    path("calendar/<str:token>.ics", people.calendar_feed, name="calendar_feed"),
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
    path("forecast/", forecasts.forecast, name="forecast"),
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
    path("commitments/<int:pk>/pull-in/", buyer.pull_in, name="pull_in"),
    path("expedite/", buyer.expedite, name="expedite"),
    path("expedite.csv", buyer.expedite_csv, name="expedite_csv"),
    path("golden-screws/", buyer.golden_screws, name="golden_screws"),
    path("golden-screws.csv", buyer.golden_screws_csv, name="golden_screws_csv"),
    path("mail/", mail.mail_log, name="mail_log"),
    path("mail.csv", mail.mail_csv, name="mail_csv"),
    path("mail/<int:pk>/withdraw/", mail.withdraw_mail, name="mail_withdraw"),
    path("reminders/", buyer.remind_lines, name="remind"),
    path("portal/trust/", trust.portal_trust, name="own_trust"),
    path(
        "portal/trust/<int:line_id>/dispute/",
        trust.portal_dispute,
        name="portal_dispute",
    ),
    path(
        "suppliers/<slug:code>/disputes/<int:pk>/answer/",
        trust.dispute_answer,
        name="dispute_answer",
    ),
    path("suppliers/", staff.suppliers, name="suppliers"),
    path("suppliers/<slug:code>/trust/", trust.supplier_trust, name="supplier_trust"),
    path("suppliers/<slug:code>/", staff.supplier, name="supplier"),
]
