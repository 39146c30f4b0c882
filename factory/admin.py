"""Master data for administrators; what happened is shown and never edited here.

Only superusers get in. Orders, units, stock and records change through services alone,
so that their events and balances hold; here they can be looked up.
"""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

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
from journal.services import record

if TYPE_CHECKING:
    PlainAdmin = admin.ModelAdmin[Any]
    Rows = admin.TabularInline[Any, Any]
else:
    # Django's classes take type arguments only for the type checker.
    PlainAdmin = admin.ModelAdmin
    Rows = admin.TabularInline


class MasterAdmin(PlainAdmin):
    """Master data: what an administrator changes or deletes is told like any change."""

    def save_model(
        self,
        request: HttpRequest,
        obj: Model,
        form: "ModelForm[Any]",
        change: bool,  # noqa: FBT001 - as the admin calls it
    ) -> None:
        """Save a row and say so in the journal."""
        super().save_model(request, obj, form, change)
        if not change or form.changed_data:
            self.tell(
                f"user:{request.user.pk}", obj, "changed" if change else "created"
            )

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        """Delete a row and say so; the event is the change feed's tombstone."""
        with transaction.atomic():
            self.tell(f"user:{request.user.pk}", obj, "deleted")
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete rows one by one, each with its event."""
        with transaction.atomic():
            for obj in queryset:
                self.delete_model(request, obj)

    def tell(self, actor: str, obj: Any, verb: str) -> None:  # noqa: ANN401 - a row of its model
        """Append the event about a row created, changed, or about to be deleted."""
        one = str(obj._meta.verbose_name)  # noqa: SLF001 - Django's documented door
        record(
            kind=f"{one.replace(' ', '_')}.{verb}",
            about=obj,
            actor=actor,
            summary=f"{one.capitalize()} {str(obj)[:100]} {verb}",
        )


class LookUpAdmin(PlainAdmin):
    """Rows to look up: services write them, nobody edits them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        return False

    def has_change_permission(
        self,
        request: HttpRequest,
        obj: Model | None = None,
    ) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(
        self,
        request: HttpRequest,
        obj: Model | None = None,
    ) -> bool:
        """Refuse."""
        return False


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

    def tell(self, actor: str, obj: Outage, verb: str) -> None:
        """Append the event that plans look at."""
        if verb == "deleted":
            super().tell(actor, obj, verb)
            return
        record(
            kind="outage.recorded",
            about=obj,
            actor=actor,
            summary=f"Outage: {obj.reason}",
            after={
                "starts_at": obj.starts_at.isoformat(),
                "ends_at": obj.ends_at.isoformat(),
                "remaining": obj.remaining,
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

    def save_formset(
        self,
        request: HttpRequest,
        form: Any,  # noqa: ANN401 - as the admin calls it
        formset: Any,  # noqa: ANN401
        change: bool,  # noqa: FBT001
    ) -> None:
        """Save approvals, each with its event: plans and the floor go by them."""
        super().save_formset(request, form, formset, change)
        if formset.model is not PartAlternate:
            return
        told = (
            *((row, "approved") for row in formset.new_objects),
            *((row, "changed") for row, _ in formset.changed_objects),
            *((row, "withdrawn") for row in formset.deleted_objects),
        )
        for row, verb in told:
            record(
                kind=f"alternate.{verb}",
                about=row.part,
                actor=f"user:{request.user.pk}",
                summary=f"{row.alternate.code} in place of {row.part.code}: {verb}",
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

    def tell(self, actor: str, obj: BomLine, verb: str) -> None:
        """Append the event about the whole bill, as the API shows it."""
        record(
            kind="bom.changed",
            about=obj.rack_model,
            actor=actor,
            summary=f"Bill of material of {obj.rack_model.code}: a line {verb}",
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
class StaffProfileAdmin(PlainAdmin):
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
