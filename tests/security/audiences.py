"""Who may do what at each address: the table the access matrix holds the code to.

Every named address of ours is listed; one that is not fails the build. The first set
may GET, the second POST. Pages of libraries are listed by prefix, with their readers.
"""

from factory.access import Audience

PLANNER = Audience.PLANNER
BUYER = Audience.BUYER
ENERGY = Audience.ENERGY_DESK
TECHNICIAN = Audience.TECHNICIAN
QUALITY = Audience.QUALITY
ADMINISTRATOR = Audience.ADMINISTRATOR
SUPPLIER = Audience.SUPPLIER

NOBODY: frozenset[Audience] = frozenset()
OFFICE = frozenset({PLANNER, BUYER, ENERGY, QUALITY, ADMINISTRATOR})
STAFF = OFFICE | {TECHNICIAN}
ADMINISTRATORS = frozenset({ADMINISTRATOR})
PLANNERS = frozenset({PLANNER, ADMINISTRATOR})
GRID_DESK = frozenset({PLANNER, ENERGY, ADMINISTRATOR})
BUYERS = frozenset({PLANNER, BUYER, ADMINISTRATOR})
FLOOR = frozenset({TECHNICIAN, PLANNER, QUALITY, ADMINISTRATOR})
TECHNICIANS = frozenset({TECHNICIAN, ADMINISTRATOR})
DOCK = frozenset({TECHNICIAN, BUYER, ADMINISTRATOR})
QUALITIES = frozenset({QUALITY, ADMINISTRATOR})
SUPPLIERS = frozenset({SUPPLIER})

ANSWERS = ("accept", "promise", "cannot-say", "withdraw", "reject", "seen", "undo")

PEOPLE = (
    "role",
    "cover",
    "cover_end",
    "settle",
    "mail_days",
    "language",
    "calendar",
)
"""What a supplier's people change among themselves."""

PAGES: dict[str, tuple[frozenset[Audience], frozenset[Audience]]] = {
    "control": (OFFICE, NOBODY),
    "plan": (OFFICE, NOBODY),
    "plan_data": (OFFICE, NOBODY),
    "plan_rack": (OFFICE, NOBODY),
    "plan_move": (OFFICE, NOBODY),
    "plan_limits": (OFFICE, NOBODY),
    "plan_news": (OFFICE, NOBODY),
    "plan_shown": (OFFICE, NOBODY),
    "move": (PLANNERS, PLANNERS),
    "plan_steps": (PLANNERS, PLANNERS),
    "pin_release": (PLANNERS, PLANNERS),
    "grid": (OFFICE, GRID_DESK),
    "grid_room": (OFFICE, GRID_DESK),
    "grid_call_off": (OFFICE, GRID_DESK),
    "commitments": (OFFICE, NOBODY),
    "commitments_csv": (OFFICE, NOBODY),
    "publish": (OFFICE, PLANNERS),
    "orders": (OFFICE, NOBODY),
    "order": (OFFICE, NOBODY),
    "scenarios": (OFFICE, PLANNERS),
    "scenario": (OFFICE, NOBODY),
    "scenario_compare": (OFFICE, NOBODY),
    **{
        f"scenario_{verb}": (OFFICE, PLANNERS)
        for verb in ("add", "remove", "run", "copy", "archive", "propose")
    },
    "light": (OFFICE, NOBODY),
    "light_order": (OFFICE, NOBODY),
    "light_rack": (OFFICE, NOBODY),
    "clear_to_build": (OFFICE, NOBODY),
    "kit_list": (OFFICE, NOBODY),
    "shortage_report": (OFFICE, NOBODY),
    "pegging_order": (OFFICE, NOBODY),
    "pegging_rack": (OFFICE, NOBODY),
    "pegging_line": (OFFICE, NOBODY),
    "download_table": (STAFF, STAFF),
    "find": (OFFICE, NOBODY),
    "find_data": (OFFICE, NOBODY),
    "views": (OFFICE, OFFICE),
    "view_remove": (OFFICE, OFFICE),
    "inbox_snooze": (OFFICE, PLANNERS),
    "risks": (OFFICE, NOBODY),
    "risk_edit": (OFFICE, OFFICE),
    "publications": (OFFICE, NOBODY),
    "publication_back": (OFFICE, PLANNERS),
    "quotes": (OFFICE, PLANNERS),
    "quote": (OFFICE, NOBODY),
    "quote_book": (OFFICE, PLANNERS),
    "outages": (OFFICE, PLANNERS | {ENERGY}),
    "outage_end": (OFFICE, PLANNERS | {ENERGY}),
    "recalls": (OFFICE, PLANNERS | {QUALITY}),
    "recall": (OFFICE, NOBODY),
    "recall_end": (OFFICE, PLANNERS | {QUALITY}),
    "repair_policy": (OFFICE, PLANNERS),
    "site_moves": (OFFICE, PLANNERS),
    "site_move_decide": (OFFICE, PLANNERS),
    "changes": (OFFICE, BUYERS),
    "order_change": (OFFICE, NOBODY),
    "order_change_grant": (OFFICE, PLANNERS),
    "order_change_refuse": (OFFICE, PLANNERS),
    "order_change_look": (OFFICE, BUYERS),
    "runs": (OFFICE, PLANNERS),
    "run": (OFFICE, NOBODY),
    "run_progress": (OFFICE, NOBODY),
    "run_cancel": (OFFICE, PLANNERS),
    "clients": (ADMINISTRATORS, ADMINISTRATORS),
    "client": (ADMINISTRATORS, ADMINISTRATORS),
    **{
        f"client_{verb}": (ADMINISTRATORS, ADMINISTRATORS)
        for verb in ("rotate", "revoke", "switch", "endpoint")
    },
    "webhook": (ADMINISTRATORS, ADMINISTRATORS),
    **{
        f"webhook_{verb}": (ADMINISTRATORS, ADMINISTRATORS)
        for verb in ("ping", "again", "replay", "secret", "switch")
    },
    "components": (STAFF, NOBODY),
    "commitment": (OFFICE, NOBODY),
    "forecast": (OFFICE, NOBODY),
    "needs_ahead": (SUPPLIERS, SUPPLIERS),
    "needs_ahead_seen": (SUPPLIERS, SUPPLIERS),
    "capacity": (SUPPLIERS, SUPPLIERS),
    "pull_in": (OFFICE, BUYERS),
    "expedite": (OFFICE, NOBODY),
    "expedite_csv": (OFFICE, NOBODY),
    "golden_screws": (OFFICE, NOBODY),
    "golden_screws_csv": (OFFICE, NOBODY),
    "mail_log": (OFFICE, NOBODY),
    "mail_csv": (OFFICE, NOBODY),
    "mail_withdraw": (BUYERS, BUYERS),
    "remind": (BUYERS, BUYERS),
    "suppliers": (OFFICE, NOBODY),
    "supplier_trust": (OFFICE, NOBODY),
    "supplier_people": (OFFICE, BUYERS),
    "supplier_login_end": (BUYERS, BUYERS),
    "dispute_answer": (OFFICE, BUYERS),
    "own_trust": (SUPPLIERS, NOBODY),
    "portal_dispute": (SUPPLIERS, SUPPLIERS),
    "supplier": (OFFICE, NOBODY),
    "floor": (FLOOR, TECHNICIANS),
    "floor_rack": (FLOOR, TECHNICIANS),
    "portal": (SUPPLIERS, NOBODY),
    "portal_line": (SUPPLIERS, NOBODY),
    "people": (SUPPLIERS, NOBODY),
    **{f"people_{name}": (SUPPLIERS, SUPPLIERS) for name in PEOPLE},
    "portal_shipments": (SUPPLIERS, NOBODY),
    "portal_ship": (SUPPLIERS, SUPPLIERS),
    "portal_shipment": (SUPPLIERS, NOBODY),
    "portal_shipment_cancel": (SUPPLIERS, SUPPLIERS),
    "dock": (DOCK | {PLANNER, QUALITY}, NOBODY),
    "dock_count": (DOCK | {PLANNER, QUALITY}, DOCK),
    "dock_judge": (frozenset({PLANNER, QUALITY, ADMINISTRATOR}), QUALITIES),
    "portal_sheet": (SUPPLIERS, SUPPLIERS),
    "portal_sheet_file": (SUPPLIERS, NOBODY),
    "portal_upload": (SUPPLIERS, NOBODY),
    "portal_upload_progress": (SUPPLIERS, NOBODY),
    "portal_upload_apply": (SUPPLIERS, SUPPLIERS),
    **{f"portal_{verb}": (SUPPLIERS, SUPPLIERS) for verb in ANSWERS},
    **{f"commitment_{verb}": (OFFICE, BUYERS) for verb in ANSWERS},
}

READ = (
    "parts",
    "orders",
    "order-changes",
    "purchase-orders",
    "boms",
    "sites",
    "power-nodes",
    "power-bays",
    "racks",
    "stock",
    "suppliers",
    "commitments",
    "shipments",
    "plans",
    "scenarios",
    "grid-events",
    "outages",
    "recalls",
    "forecasts",
    "promise-dates",
)
"""Resources with a list and details that need ``sensitive_data``."""

WRITTEN = (
    "parts",
    "boms",
    "sites",
    "power-nodes",
    "power-bays",
    "orders",
    "stock",
    "suppliers",
    "purchase-orders",
    "grid-events",
)
"""Those of them that clients write by external id."""

REMOVED = (
    "parts",
    "boms",
    "sites",
    "power-nodes",
    "power-bays",
    "stock",
    "suppliers",
)
"""Those that clients delete by external id."""

NAMED = {
    "racks": "sensitive_data",
    "order-changes": "sensitive_data",
    "shipments": "sensitive_data",
    "receipts": "sensitive_data",
    "forecasts": "sensitive_data",
    "plans": "sensitive_data",
    "scenarios": "sensitive_data",
    "outages": "sensitive_data",
    "recalls": "sensitive_data",
    "runs": "code_execution",
    "quotes": "code_execution",
    "change-previews": "code_execution",
}
"""Those that clients do not write by external id, and may give one."""

API: dict[str, dict[str, str]] = {
    **{f"api-{name}": {"GET": "sensitive_data"} for name in READ},
    **{f"api-{name}-one": {"GET": "sensitive_data"} for name in READ},
    "api-scenarios": {"GET": "sensitive_data", "POST": "sensitive_data"},
    **{f"api-{name}-name": {"POST": needed} for name, needed in NAMED.items()},
    "api-shipments": {"GET": "sensitive_data", "POST": "sensitive_data"},
    "api-shipments-change": {"POST": "sensitive_data"},
    "api-shipments-cancel": {"POST": "sensitive_data"},
    "api-forecasts-answer": {"POST": "sensitive_data"},
    "api-receipts": {"GET": "sensitive_data", "POST": "sensitive_data"},
    "api-receipts-one": {"GET": "sensitive_data"},
    "api-orders-upsert": {"POST": "sensitive_data"},
    "api-purchase-orders-upsert": {"POST": "sensitive_data"},
    "api-promise-dates-ack": {"PUT": "sensitive_data"},
    **{
        f"api-{name}-one": {"GET": "sensitive_data", "PUT": "sensitive_data"}
        | ({"DELETE": "sensitive_data"} if name in REMOVED else {})
        for name in WRITTEN
    },
    **{f"api-{name}-upsert": {"POST": "sensitive_data"} for name in WRITTEN},
    **{
        f"api-commitments-{verb}": {"POST": "sensitive_data"}
        for verb in (
            "accept",
            "promise",
            "cannot-say",
            "withdraw",
            "reject",
            "seen",
            "undo",
        )
    },
    "api-outages": {"GET": "sensitive_data", "POST": "sensitive_data"},
    "api-outages-end": {"POST": "sensitive_data"},
    "api-recalls": {"GET": "sensitive_data", "POST": "sensitive_data"},
    "api-recalls-end": {"POST": "sensitive_data"},
    "api-recalls-trace": {"GET": "sensitive_data"},
    "api-promise-dates": {"GET": "sensitive_data"},
    "api-operations": {"GET": "sensitive_data"},
    "api-operations-one": {"GET": "sensitive_data"},
    "api-operations-results": {"GET": "sensitive_data"},
    "api-operations-cancel": {"POST": "sensitive_data"},
    "api-runs": {"GET": "code_execution", "POST": "code_execution"},
    "api-runs-one": {"GET": "code_execution"},
    "api-runs-cancel": {"POST": "code_execution"},
    "api-openadr": {"POST": "sensitive_data"},
    "api-events": {"GET": "sensitive_data code_execution"},
    "api-events-one": {"GET": "sensitive_data code_execution"},
    "api-events-baseline": {"GET": "sensitive_data code_execution"},
    "api-plans-check-move": {"POST": "sensitive_data"},
    "api-plans-savings": {"GET": "sensitive_data"},
    "api-plans-study": {"POST": "code_execution"},
    "api-orders-lateness": {"GET": "sensitive_data"},
    "api-plans-preview": {"GET": "sensitive_data"},
    "api-plans-publish": {"POST": "sensitive_data"},
    "api-quotes": {"GET": "code_execution", "POST": "code_execution"},
    "api-quotes-one": {"GET": "code_execution"},
    "api-quotes-book": {"POST": "code_execution"},
    "api-orders-change": {"POST": "sensitive_data"},
    "api-order-changes-grant": {"POST": "sensitive_data"},
    "api-order-changes-refuse": {"POST": "sensitive_data"},
    "api-change-previews": {"GET": "code_execution", "POST": "code_execution"},
    "api-change-previews-one": {"GET": "code_execution"},
}

LINKS = {
    "calendar_feed",
    "link",
    "link_line",
    "link_opened",
    "link_renew",
    *(f"link_{verb}" for verb in ANSWERS),
}
"""Opened by a token in the address and by nothing else; it says whose rows."""

OPEN = {"healthz", "readyz", "api-schema", "api-docs", "api-problem", "api-problems"}
"""Open to everybody: they hold no row of ours."""

LIBRARIES = {"accounts/": "everybody, for signing in", "admin/": "administrators"}
