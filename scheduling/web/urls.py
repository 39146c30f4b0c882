"""Addresses of the planner's pages."""

from django.urls import URLPattern, path

from factory.access import STAFF, allow
from scheduling.web import commitments, control, orders, plan, publish, runs
from scheduling.web.components import ComponentsPage

urlpatterns: list[URLPattern] = [
    path("", control.control, name="control"),
    path("plan/", plan.plan_page, name="plan"),
    path("plan/<int:plan_id>/data.json", plan.plan_data, name="plan_data"),
    path("plan/<int:plan_id>/rack/", plan.plan_rack, name="plan_rack"),
    path("commitments/", commitments.board, name="commitments"),
    path("commitments.csv", commitments.board_csv, name="commitments_csv"),
    path("publish/", publish.publish_page, name="publish"),
    path("orders/", orders.order_list, name="orders"),
    path("orders/<str:number>/", orders.order_page, name="order"),
    path("runs/", runs.run_list, name="runs"),
    path("runs/<int:run_id>/", runs.run_page, name="run"),
    path("runs/<int:run_id>/progress.json", runs.run_progress, name="run_progress"),
    path("runs/<int:run_id>/cancel/", runs.run_cancel, name="run_cancel"),
    path("components/", allow(*STAFF)(ComponentsPage.as_view()), name="components"),
]
