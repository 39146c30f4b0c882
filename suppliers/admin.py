"""The suppliers in the admin: master data can be edited, the ledger only read."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from journal.admin import LookUpAdmin, MasterAdmin
from suppliers.models import (
    AnswerLink,
    Commitment,
    CommitRevision,
    Dispute,
    DisputeAnswer,
    Finding,
    Message,
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    RequestChange,
    Shipment,
    ShipmentLine,
    ShipmentSerial,
    Source,
    Supplier,
    SupplierUser,
    Tranche,
    Upload,
    UploadRow,
)
from suppliers.models.tenant import TenantManager


class StaffRows(MasterAdmin):
    """Every supplier's rows, since only administrators come here."""

    ordering = ("-pk",)

    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows, with what the list shows of others joined."""
        manager = self.model._default_manager  # noqa: SLF001 - as the base class does
        if not isinstance(manager, TenantManager):
            return super().get_queryset(request)
        return manager.for_staff().order_by(*self.get_ordering(request))


class ReadOnly(LookUpAdmin, StaffRows):
    """Rows that are written by services alone."""

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        """Show every column as it stands; a form would ask for other tables' rows."""
        return [field.name for field in self.model._meta.fields]  # noqa: SLF001


@admin.register(Supplier)
class SupplierAdmin(StaffRows):
    """Companies."""

    list_display = ("name", "code", "region", "zone", "language", "buyer", "is_active")
    list_filter = ("region", "is_active")
    search_fields = ("name", "code")


@admin.register(SupplierUser)
class SupplierUserAdmin(StaffRows):
    """Their people."""

    list_display = ("user", "supplier", "role")
    list_select_related = ("user", "supplier")
    search_fields = ("user__username", "supplier__name")
    autocomplete_fields = ("user", "supplier")


@admin.register(Source)
class SourceAdmin(StaffRows):
    """What they are approved for."""

    list_display = (
        "supplier",
        "part",
        "lead_time_p50_days",
        "lead_time_p90_days",
        "share_percent",
    )
    list_select_related = ("supplier", "part")
    search_fields = ("supplier__name", "part__code")
    autocomplete_fields = ("supplier",)
    raw_id_fields = ("part",)


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(ReadOnly):
    """Orders, as an ERP pushed them."""

    list_display = ("number", "supplier", "site", "state", "ordered_at", "external_id")
    list_select_related = ("supplier", "site")
    search_fields = ("number", "external_id")


@admin.register(PurchaseOrderLine)
class PurchaseOrderLineAdmin(ReadOnly):
    """Their lines."""

    list_display = ("purchase_order", "number", "part", "quantity", "received", "state")
    list_select_related = ("purchase_order", "part")
    search_fields = ("purchase_order__number", "part__code")


@admin.register(Commitment)
class CommitmentAdmin(ReadOnly):
    """Where each ledger stands."""

    list_display = ("line", "state", "version", "original", "current", "changed_at")
    list_select_related = ("line__purchase_order", "original", "current")
    search_fields = ("line__purchase_order__number",)


@admin.register(CommitRevision)
class CommitRevisionAdmin(ReadOnly):
    """The ledger itself."""

    list_display = ("commitment", "number", "kind", "actor", "door", "made_at")
    list_select_related = ("commitment",)
    search_fields = ("commitment__line__purchase_order__number",)


@admin.register(Tranche)
class TrancheAdmin(ReadOnly):
    """Quantities and dates of the ledger."""

    list_display = ("revision", "number", "quantity", "dock_date")
    list_select_related = ("revision",)


@admin.register(Receipt)
class ReceiptAdmin(ReadOnly):
    """What came."""

    list_display = ("line", "quantity", "received_on", "lot")
    list_select_related = ("line__purchase_order", "lot")
    search_fields = ("line__purchase_order__number",)


@admin.register(RequestChange)
class RequestChangeAdmin(ReadOnly):
    """What the buyer changed."""

    list_display = ("line", "number", "quantity_after", "need_by_after", "asked_at")
    list_select_related = ("line__purchase_order",)
    search_fields = ("line__purchase_order__number",)


@admin.register(Dispute)
class DisputeAdmin(ReadOnly):
    """What suppliers contest."""

    list_display = ("line", "measure", "actor", "made_at")
    list_select_related = ("line__purchase_order",)
    search_fields = ("line__purchase_order__number",)


@admin.register(DisputeAnswer)
class DisputeAnswerAdmin(ReadOnly):
    """What the buyer answered."""

    list_display = ("dispute", "is_upheld", "actor", "made_at")
    list_select_related = ("dispute",)


@admin.register(Finding)
class FindingAdmin(ReadOnly):
    """What was found about what came."""

    list_display = ("line", "kind", "quantity", "reason", "actor", "at")
    list_select_related = ("line__purchase_order",)
    list_filter = ("kind",)


@admin.register(Shipment)
class ShipmentAdmin(ReadOnly):
    """What has left."""

    list_display = ("number", "supplier", "site", "carrier", "expected_on", "state")
    list_select_related = ("supplier", "site")
    list_filter = ("state",)
    search_fields = ("number", "tracking_number")


@admin.register(ShipmentLine)
class ShipmentLineAdmin(ReadOnly):
    """What is in it."""

    list_display = ("shipment", "line", "quantity", "received", "state")
    list_select_related = ("shipment", "line__purchase_order")
    search_fields = ("shipment__number",)


@admin.register(ShipmentSerial)
class ShipmentSerialAdmin(ReadOnly):
    """The serial numbers in it."""

    list_display = ("serial", "supplier", "shipment_line", "is_live")
    list_select_related = ("supplier", "shipment_line")
    search_fields = ("serial",)


@admin.register(Message)
class MessageAdmin(ReadOnly):
    """What was mailed."""

    list_display = ("to", "contact", "purpose", "day", "sent_at", "bounced_at")
    list_select_related = ("contact__user", "contact__supplier")
    list_filter = ("purpose",)
    search_fields = ("to", "mail_id")


@admin.register(AnswerLink)
class AnswerLinkAdmin(ReadOnly):
    """Which links were mailed; their tokens are nowhere."""

    list_display = ("purchase_order", "contact", "expires_at", "revoked_at", "uses")
    list_select_related = ("purchase_order", "contact__user", "contact__supplier")
    search_fields = ("purchase_order__number",)


@admin.register(Upload)
class UploadAdmin(ReadOnly):
    """Spreadsheets suppliers sent."""

    list_display = ("name", "supplier", "mode", "state", "rows_total", "made_at")
    list_select_related = ("supplier",)
    list_filter = ("state",)
    exclude = ("content",)


@admin.register(UploadRow)
class UploadRowAdmin(ReadOnly):
    """Their rows."""

    list_display = ("upload", "number", "name", "outcome", "sentence")
    list_select_related = ("upload",)
    list_filter = ("outcome",)
