"""Addresses of the staff's pages about suppliers, and of the dock."""

from django.urls import URLPattern, path

from suppliers.web import buyer, dock, forecasts, logins, mail, staff, trust
from suppliers.web.forms import FORMS

urlpatterns: list[URLPattern] = [
    path("dock/", dock.dock, name="dock"),
    path("dock/lines/<int:shipment_line_id>/", dock.dock_count, name="dock_count"),
    path("dock/receipts/<int:receipt_id>/", dock.dock_judge, name="dock_judge"),
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
    path(
        "suppliers/<slug:code>/disputes/<int:pk>/answer/",
        trust.dispute_answer,
        name="dispute_answer",
    ),
    path("suppliers/", staff.suppliers, name="suppliers"),
    path("suppliers/<slug:code>/trust/", trust.supplier_trust, name="supplier_trust"),
    path(
        "suppliers/<slug:code>/people/", logins.supplier_people, name="supplier_people"
    ),
    path(
        "suppliers/<slug:code>/people/<int:pk>/end/",
        logins.supplier_login_end,
        name="supplier_login_end",
    ),
    path("suppliers/<slug:code>/", staff.supplier, name="supplier"),
]
