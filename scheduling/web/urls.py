"""Addresses of the planner's pages."""

from django.urls import URLPattern, path

from factory.access import STAFF, allow
from scheduling.web import (
    clear,
    clients,
    commitments,
    control,
    downloads,
    grid,
    light,
    moving,
    order_changes,
    orders,
    pegging,
    plan,
    publications,
    publish,
    quotes,
    risks,
    runs,
    scenarios,
    site_events,
    site_moves,
    webhooks,
    workspace,
)
from scheduling.web.components import ComponentsPage

urlpatterns: list[URLPattern] = [
    path("", control.control, name="control"),
    path("plan/", plan.plan_page, name="plan"),
    path("plan/<int:plan_id>/data.json", plan.plan_data, name="plan_data"),
    path("plan/<int:plan_id>/move.json", moving.plan_move, name="plan_move"),
    path("plan/<int:plan_id>/move/", moving.move, name="move"),
    path("plan/<int:plan_id>/limits/", plan.plan_limits, name="plan_limits"),
    path("plan/<int:plan_id>/news.json", plan.plan_news, name="plan_news"),
    path("plan/<int:plan_id>/shown.<str:kind>", plan.plan_shown, name="plan_shown"),
    path("plan/steps/", moving.plan_steps, name="plan_steps"),
    path("plan/pins/<int:pin_id>/release/", moving.pin_release, name="pin_release"),
    path("plan/<int:plan_id>/rack/", plan.plan_rack, name="plan_rack"),
    path("grid/", grid.grid_page, name="grid"),
    path("grid/room/", grid.grid_room, name="grid_room"),
    path("grid/<int:event_id>/call-off/", grid.grid_call_off, name="grid_call_off"),
    path("commitments/", commitments.board, name="commitments"),
    path("commitments.csv", commitments.board_csv, name="commitments_csv"),
    path("publish/", publish.publish_page, name="publish"),
    path("publications/", publications.publication_list, name="publications"),
    path(
        "publications/<int:publication_number>/back/",
        publications.publication_back,
        name="publication_back",
    ),
    path("speed-of-light/", light.light_of_site, name="light"),
    path(
        "speed-of-light/order/<str:number>/", light.light_of_order, name="light_order"
    ),
    path("speed-of-light/rack/<str:serial>/", light.light_of_rack, name="light_rack"),
    path("clear-to-build/", clear.clear_to_build, name="clear_to_build"),
    path("clear-to-build/kits.<slug:kind>", clear.kit_list, name="kit_list"),
    path(
        "clear-to-build/shortages.<slug:kind>",
        clear.shortage_report,
        name="shortage_report",
    ),
    path("pegging/order/<str:number>/", pegging.pegging_order, name="pegging_order"),
    path("pegging/rack/<str:serial>/", pegging.pegging_rack, name="pegging_rack"),
    path("pegging/line/<int:line_id>/", pegging.pegging_line, name="pegging_line"),
    path("download.<slug:kind>", downloads.download_table, name="download_table"),
    path("find/", workspace.find_page, name="find"),
    path("find.json", workspace.find_data, name="find_data"),
    path("views/", workspace.views, name="views"),
    path("views/<int:view_id>/remove/", workspace.view_remove, name="view_remove"),
    path("inbox/snooze/", workspace.inbox_snooze, name="inbox_snooze"),
    path("risks/", risks.risk_register, name="risks"),
    path("risks/<int:risk_id>/", risks.risk_edit, name="risk_edit"),
    path("orders/", orders.order_list, name="orders"),
    path("orders/<str:number>/", orders.order_page, name="order"),
    path("scenarios/", scenarios.scenario_list, name="scenarios"),
    path("scenarios/compare/", scenarios.scenario_compare, name="scenario_compare"),
    path("scenarios/<int:scenario_id>/", scenarios.scenario_page, name="scenario"),
    path(
        "scenarios/<int:scenario_id>/add/", scenarios.scenario_add, name="scenario_add"
    ),
    path(
        "scenarios/<int:scenario_id>/remove/",
        scenarios.scenario_remove,
        name="scenario_remove",
    ),
    path(
        "scenarios/<int:scenario_id>/run/", scenarios.scenario_run, name="scenario_run"
    ),
    path(
        "scenarios/<int:scenario_id>/copy/",
        scenarios.scenario_copy,
        name="scenario_copy",
    ),
    path(
        "scenarios/<int:scenario_id>/archive/",
        scenarios.scenario_archive,
        name="scenario_archive",
    ),
    path(
        "scenarios/<int:scenario_id>/propose/",
        scenarios.scenario_propose,
        name="scenario_propose",
    ),
    path("orders/<str:number>/changes/", order_changes.change_list, name="changes"),
    path(
        "orders/<str:number>/changes/<int:change_id>/",
        order_changes.change_page,
        name="order_change",
    ),
    *(
        path(
            f"orders/<str:number>/changes/<int:change_id>/{verb}/",
            view,
            name=f"order_change_{verb}",
        )
        for verb, view in (
            ("grant", order_changes.change_grant),
            ("refuse", order_changes.change_refuse),
            ("look", order_changes.change_look),
        )
    ),
    path("quotes/", quotes.quote_list, name="quotes"),
    path("quotes/<int:quote_id>/", quotes.quote_page, name="quote"),
    path("quotes/<int:quote_id>/book/", quotes.quote_book, name="quote_book"),
    path("outages/", site_events.outage_list, name="outages"),
    path("outages/<int:outage_id>/end/", site_events.outage_end, name="outage_end"),
    path("recalls/", site_events.recall_list, name="recalls"),
    path("recalls/<int:recall_id>/", site_events.recall_page, name="recall"),
    path("recalls/<int:recall_id>/end/", site_events.recall_end, name="recall_end"),
    path("repairs/", site_events.repair_policy, name="repair_policy"),
    path("sites/", site_moves.site_move_list, name="site_moves"),
    path(
        "sites/moves/<int:move_id>/",
        site_moves.site_move_decide,
        name="site_move_decide",
    ),
    path("runs/", runs.run_list, name="runs"),
    path("runs/<int:run_id>/", runs.run_page, name="run"),
    path("runs/<int:run_id>/progress.json", runs.run_progress, name="run_progress"),
    path("runs/<int:run_id>/cancel/", runs.run_cancel, name="run_cancel"),
    path("clients/", clients.client_list, name="clients"),
    path("clients/<int:client_id>/", clients.client_page, name="client"),
    path(
        "clients/<int:client_id>/rotate/", clients.client_rotate, name="client_rotate"
    ),
    path(
        "clients/<int:client_id>/switch/", clients.client_switch, name="client_switch"
    ),
    path(
        "clients/<int:client_id>/webhooks/",
        clients.client_endpoint,
        name="client_endpoint",
    ),
    path(
        "clients/<int:client_id>/keys/<int:key_id>/revoke/",
        clients.client_revoke,
        name="client_revoke",
    ),
    path("webhooks/<int:endpoint_id>/", webhooks.webhook_page, name="webhook"),
    path(
        "webhooks/<int:endpoint_id>/ping/", webhooks.webhook_ping, name="webhook_ping"
    ),
    path(
        "webhooks/<int:endpoint_id>/replay/",
        webhooks.webhook_replay,
        name="webhook_replay",
    ),
    path(
        "webhooks/<int:endpoint_id>/secret/",
        webhooks.webhook_secret,
        name="webhook_secret",
    ),
    path(
        "webhooks/<int:endpoint_id>/switch/",
        webhooks.webhook_switch,
        name="webhook_switch",
    ),
    path(
        "webhooks/<int:endpoint_id>/deliveries/<int:delivery_id>/again/",
        webhooks.webhook_again,
        name="webhook_again",
    ),
    path("components/", allow(*STAFF)(ComponentsPage.as_view()), name="components"),
]
