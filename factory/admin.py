"""Master data for administrators; what happened is shown and never edited here.

Only superusers get in. Orders, units, stock and records change through services alone,
so that their events and balances hold; here they can be looked up.
"""

from typing import Any

from django.contrib import admin

from factory.models import (
    BomLine,
    Calendar,
    CalendarException,
    ChangeDecision,
    CoolingLoop,
    Crew,
    Customer,
    DemandOutlook,
    FixedLag,
    MeasuredResult,
    Order,
    OrderChange,
    Outage,
    Part,
    PartAlternate,
    PowerBay,
    PowerNode,
    RackModel,
    RoutingStep,
    Shift,
    Site,
    StaffProfile,
    StepRecord,
    StockIssue,
    StockLot,
    Unit,
    WorkCentre,
)
from journal.admin import LookUpAdmin, MasterAdmin, Rows, Values
from journal.models import Event
from journal.services import event_of
from journal.telling import Did, plain


class WorkCentreRows(Rows):
    """A site's work centres."""

    model = WorkCentre
    extra = 0


class CrewRows(Rows):
    """A site's crews."""

    model = Crew
    extra = 0


@admin.register(Site)
class SiteAdmin(MasterAdmin):
    """Sites with their places and people."""

    list_display = ["name", "code", "zone", "contracted_import_w", "partner"]
    search_fields = ["name", "code"]
    inlines = [WorkCentreRows, CrewRows]


@admin.register(PowerNode)
class PowerNodeAdmin(MasterAdmin):
    """The power tree."""

    list_display = ["code", "kind", "parent", "limit_w", "owner", "site"]
    list_filter = ["site", "kind"]
    search_fields = ["code", "owner"]
    list_select_related = ["parent", "site"]


@admin.register(CoolingLoop)
class CoolingLoopAdmin(MasterAdmin):
    """Cooling loops."""

    list_display = ["name", "code", "limit_w", "owner", "site"]
    list_filter = ["site"]
    search_fields = ["name", "code", "owner"]


@admin.register(PowerBay)
class PowerBayAdmin(MasterAdmin):
    """Power bays."""

    list_display = ["code", "node", "loop", "limit_w", "site"]
    list_filter = ["site", "node", "supported_models"]
    search_fields = ["code"]
    list_select_related = ["node", "loop", "site"]
    filter_horizontal = ["supported_models"]


class ShiftRows(Rows):
    """A calendar's week."""

    model = Shift
    extra = 0


class ExceptionRows(Rows):
    """A calendar's dated exceptions."""

    model = CalendarException
    extra = 0


@admin.register(Calendar)
class CalendarAdmin(MasterAdmin):
    """Calendars with shifts and exceptions."""

    list_display = ["name", "code", "site"]
    list_filter = ["site"]
    search_fields = ["name", "code"]
    inlines = [ShiftRows, ExceptionRows]


@admin.register(Outage)
class OutageAdmin(MasterAdmin):
    """Outages; each one saved is an event, so that plans know of it."""

    list_display = ["reason", "site", "starts_at", "ends_at", "remaining"]
    list_filter = ["site", "starts_at"]
    search_fields = ["reason"]
    date_hierarchy = "starts_at"

    def event(
        self,
        row: Any,  # noqa: ANN401 - an outage
        did: Did,
        actor: str,
        before: Values | None,
        after: Values | None,
    ) -> Event:
        """Return the event that plans look at."""
        if did == Did.DELETED:
            return super().event(row, did, actor, before, after)
        return event_of(
            kind="outage.recorded",
            about=row,
            actor=actor,
            summary=f"Outage: {row.reason}",
            after={
                "starts_at": row.starts_at.isoformat(),
                "ends_at": row.ends_at.isoformat(),
                "remaining": row.remaining,
            },
        )


class StepRows(Rows):
    """A model's routing."""

    model = RoutingStep
    extra = 0


class LagRows(Rows):
    """A model's fixed lags."""

    model = FixedLag
    extra = 0


@admin.register(RackModel)
class RackModelAdmin(MasterAdmin):
    """Rack models with routing and lags."""

    list_display = ["code", "name", "liquid_permille", "net_kg"]
    search_fields = ["code", "name"]
    inlines = [StepRows, LagRows]


APPROVALS = {
    Did.CREATED: "approved",
    Did.CHANGED: "changed",
    Did.DELETED: "withdrawn",
}
"""What becomes of an alternate, as quality says it."""


class AlternateRows(Rows):
    """A part's approved stand-ins."""

    model = PartAlternate
    fk_name = "part"
    extra = 0
    autocomplete_fields = ["alternate"]


@admin.register(Part)
class PartAdmin(MasterAdmin):
    """Parts with their alternates."""

    list_display = ["code", "name", "revision", "trace", "owner", "buyer"]
    list_filter = ["trace", "owner", "buyer"]
    search_fields = ["code", "name"]
    inlines = [AlternateRows]

    def event(
        self,
        row: Any,  # noqa: ANN401 - a part, or an alternate of it
        did: Did,
        actor: str,
        before: Values | None,
        after: Values | None,
    ) -> Event:
        """Return the event; an approval is the part's, and plans and floor go by it."""
        if not isinstance(row, PartAlternate):
            return super().event(row, did, actor, before, after)
        verb = APPROVALS[did]
        return event_of(
            kind=f"alternate.{verb}",
            about=row.part,
            actor=actor,
            summary=f"{row.alternate.code} in place of {row.part.code}: {verb}",
            before=plain(before) if before else None,
            after={
                "alternate": row.alternate.code,
                "valid_from": row.valid_from.isoformat(),
            },
        )


@admin.register(BomLine)
class BomLineAdmin(MasterAdmin):
    """What goes into what."""

    list_display = ["rack_model", "part", "parent", "quantity", "consumed_at"]
    list_filter = ["rack_model"]
    search_fields = ["part__code", "parent__code"]
    list_select_related = ["rack_model", "part", "parent", "consumed_at"]
    autocomplete_fields = ["part", "parent"]

    def event(
        self,
        row: Any,  # noqa: ANN401 - a line
        did: Did,
        actor: str,
        before: Values | None,
        after: Values | None,
    ) -> Event:
        """Return the event about the whole bill, as the API shows it."""
        return event_of(
            kind="bom.changed",
            about=row.rack_model,
            actor=actor,
            summary=f"Bill of material of {row.rack_model.code}: a line {did}",
            before=plain(before) if before else None,
            after=plain(after) if after else None,
        )


@admin.register(Customer)
class CustomerAdmin(MasterAdmin):
    """Customers."""

    list_display = ["name", "code", "transit_min", "owner"]
    search_fields = ["name", "code"]


@admin.register(DemandOutlook)
class DemandOutlookAdmin(MasterAdmin):
    """What is expected before it is ordered."""

    list_display = ["site", "rack_model", "starts_on", "racks"]
    list_filter = ["site", "rack_model"]
    list_select_related = ["site", "rack_model"]


@admin.register(StaffProfile)
class StaffProfileAdmin(MasterAdmin):
    """Who works here as what."""

    list_display = ["user", "role", "site", "place"]
    list_filter = ["role", "site", "place"]
    search_fields = ["user__username", "user__last_name"]
    list_select_related = ["user", "site"]
    raw_id_fields = ["user"]


@admin.register(Order)
class OrderAdmin(LookUpAdmin):
    """Orders, to look up."""

    list_display = [
        "number",
        "customer",
        "rack_model",
        "quantity",
        "service_class",
        "state",
        "requested_date",
    ]
    list_filter = ["site", "state", "service_class", "rack_model"]
    search_fields = ["number", "external_id", "customer__name"]
    list_select_related = ["customer", "rack_model"]
    date_hierarchy = "requested_date"


@admin.register(OrderChange)
class OrderChangeAdmin(LookUpAdmin):
    """Changes of orders, to look up."""

    list_display = ["order", "kind", "state", "author", "at"]
    list_filter = ["kind"]
    search_fields = ["order__number", "author"]
    list_select_related = ["order", "decision"]


@admin.register(ChangeDecision)
class ChangeDecisionAdmin(LookUpAdmin):
    """What became of changes, to look up."""

    list_display = ["change", "kind", "is_granted", "granted_date", "author", "at"]
    list_filter = ["kind", "is_granted"]
    search_fields = ["change__order__number", "author"]
    list_select_related = ["change__order"]


@admin.register(Unit)
class UnitAdmin(LookUpAdmin):
    """Racks, trays and traced parts, to look up."""

    list_display = ["serial", "kind", "state", "order", "part", "parent"]
    list_filter = ["kind", "state", "site", "rack_model"]
    search_fields = ["serial", "lot", "order__number", "part__code"]
    list_select_related = ["order", "part", "parent"]


@admin.register(StepRecord)
class StepRecordAdmin(LookUpAdmin):
    """What the floor recorded, to look up."""

    list_display = [
        "rack",
        "step",
        "attempt",
        "outcome",
        "bay",
        "started_at",
        "ended_at",
        "reason_code",
    ]
    list_filter = ["outcome", "reason_code", "bay__node"]
    search_fields = ["rack__serial", "note"]
    list_select_related = ["rack", "step", "bay"]
    date_hierarchy = "started_at"


@admin.register(MeasuredResult)
class MeasuredResultAdmin(LookUpAdmin):
    """Measured values, to look up."""

    list_display = ["record", "name", "value", "unit", "limits", "is_pass"]
    list_filter = ["is_pass", "name"]
    search_fields = ["record__rack__serial", "name"]
    list_select_related = ["record"]


@admin.register(StockLot)
class StockLotAdmin(LookUpAdmin):
    """Lots, to look up."""

    list_display = [
        "part",
        "lot",
        "quantity",
        "issued",
        "is_on_hold",
        "consigned_by",
        "received_at",
    ]
    list_filter = ["site", "is_on_hold", "consigned_by"]
    search_fields = ["part__code", "lot", "source"]
    list_select_related = ["part", "consigned_by"]


@admin.register(StockIssue)
class StockIssueAdmin(LookUpAdmin):
    """What was taken from lots, to look up."""

    list_display = ["lot", "rack", "step", "quantity", "at"]
    search_fields = ["rack__serial", "lot__lot", "lot__part__code"]
    list_select_related = ["lot__part", "rack", "step"]
    date_hierarchy = "at"
