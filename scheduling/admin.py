"""Scheduling in the admin: grid events can be entered, everything else only read."""

from django.contrib import admin
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest

from journal.admin import LookUpAdmin, MasterAdmin, PlainAdmin
from scheduling.models import (
    CustomerPromise,
    GridContract,
    GridEvent,
    GridLink,
    MeteredPeak,
    Plan,
    Publication,
    Run,
    Scenario,
)
from scheduling.services.grid import announce
from scheduling.services.scenarios import plan_on


class ReadOnly(LookUpAdmin):
    """Rows that services alone write."""

    list_per_page = 50
    show_full_result_count = False


@admin.register(GridContract)
class GridContractAdmin(MasterAdmin):
    """What a site's utility contract allows."""

    list_display = ("site", "interruptible_w", "curtailed_hours", "emergency_percent")
    list_select_related = ("site",)


@admin.register(MeteredPeak)
class MeteredPeakAdmin(MasterAdmin):
    """Peaks of the months before: the ratchet bills a share of the highest."""

    list_display = ("site", "month", "peak_w")
    list_select_related = ("site",)
    list_filter = ("site",)


@admin.register(GridLink)
class GridLinkAdmin(MasterAdmin):
    """Which OpenADR server a site's events are fetched from."""

    list_display = ("site", "vtn_url", "program", "is_on", "answered_at", "failure")
    list_select_related = ("site",)
    readonly_fields = ("asked_at", "answered_at", "reported_at", "failure", "is_lost")


@admin.register(GridEvent)
class GridEventAdmin(PlainAdmin):
    """What the grid asks, entered where no machine tells us."""

    list_display = ("name", "site", "starts_at", "ends_at", "cap_w", "state")
    list_select_related = ("site",)
    list_filter = ("site", "state")

    def save_model(
        self,
        request: HttpRequest,
        obj: GridEvent,
        form: ModelForm,  # type: ignore[type-arg]  # not at run time
        change: bool,  # noqa: FBT001 - the framework's own
    ) -> None:
        """Save it with its entry in the journal."""
        announce(event=obj, actor=f"user:{request.user.pk}")

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """What was asked stays; it is called off by its state."""
        return False


@admin.register(Scenario)
class ScenarioAdmin(ReadOnly):
    """What runs start from; which day of promises they count on can be chosen."""

    list_display = ("name", "site", "is_base", "arrivals", "created_at")
    list_select_related = ("site",)
    readonly_fields = (
        "site",
        "name",
        "is_base",
        "adjustments",
        "event_seq",
        "created_by",
        "created_at",
    )

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Administrators choose the arrivals; the form shows nothing else to change."""
        return request.user.is_superuser

    def save_model(
        self,
        request: HttpRequest,
        obj: Scenario,
        form: ModelForm,  # type: ignore[type-arg]  # not at run time
        change: bool,  # noqa: FBT001 - the framework's own
    ) -> None:
        """Save the choice with its entry in the journal."""
        plan_on(
            scenario=obj,
            arrivals=Scenario.Arrivals(obj.arrivals),
            actor=f"user:{request.user.pk}",
        )


@admin.register(Run)
class RunAdmin(ReadOnly):
    """Optimizations."""

    list_display = ("id", "scenario", "state", "requested_at", "attempt", "best_cents")
    list_select_related = ("scenario",)
    list_filter = ("state",)


@admin.register(Plan)
class PlanAdmin(ReadOnly):
    """Refereed plans."""

    list_display = ("id", "run", "made_at", "objective_cents", "racks", "late_racks")
    list_select_related = ("run",)


@admin.register(Publication)
class PublicationAdmin(ReadOnly):
    """Plans put in force."""

    list_display = ("number", "site", "at", "actor", "moved_racks", "promises_broken")
    list_select_related = ("site",)


@admin.register(CustomerPromise)
class CustomerPromiseAdmin(ReadOnly):
    """The outward ledger."""

    list_display = ("order", "number", "kind", "date", "publication", "made_at")
    list_select_related = ("order", "publication")
    search_fields = ("order__number",)
