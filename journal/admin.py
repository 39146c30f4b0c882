"""The two kinds of table in the admin: master data that is told, and the record.

Master data may be edited by administrators; each row they create, change or delete is
an event in the same transaction, rows inside another's form too. The record is what
services alone write, so that events and balances hold; it can only be looked up.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import BaseModelForm, BaseModelFormSet, ModelForm
from django.http import HttpRequest

from journal.models import Event
from journal.services import append_events
from journal.telling import Did, told, values_of

if TYPE_CHECKING:
    PlainAdmin = admin.ModelAdmin[Any]
    Rows = admin.TabularInline[Any, Any]
else:
    # Django's classes take type arguments only for the type checker.
    PlainAdmin = admin.ModelAdmin
    Rows = admin.TabularInline

Values = Mapping[str, Any]


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
            self._tell(request, form, Did.CHANGED if change else Did.CREATED)

    def save_formset(
        self,
        request: HttpRequest,
        form: Any,  # noqa: ANN401 - of the row the others are in
        formset: "BaseModelFormSet[Any, Any]",
        change: bool,  # noqa: FBT001 - as the admin calls it
    ) -> None:
        """Save the rows inside another's form, and say so of each."""
        gone = [one for one in formset.deleted_forms if one.instance.pk]
        for one in gone:
            self._tell(request, one, Did.DELETED)
        super().save_formset(request, form, formset, change)
        for one in formset.forms:
            if one in gone or not one.has_changed():
                continue
            is_new = one.instance in formset.new_objects
            self._tell(request, one, Did.CREATED if is_new else Did.CHANGED)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        """Delete a row and say so; the event is the change feed's tombstone."""
        with transaction.atomic():
            event = self.event(obj, Did.DELETED, _actor(request), values_of(obj), None)
            append_events([event])
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete rows one by one, each with its event."""
        with transaction.atomic():
            for obj in queryset:
                self.delete_model(request, obj)

    def event(
        self,
        row: Any,  # noqa: ANN401 - of the model, or of one inside its form
        did: Did,
        actor: str,
        before: Values | None,
        after: Values | None,
    ) -> Event:
        """Return the event about a row; where plans look for another, it says so."""
        return told(row, did, actor=actor, before=before, after=after)

    def _tell(self, request: HttpRequest, form: "BaseModelForm[Any]", did: Did) -> None:
        """Append the event about the row of a form."""
        row = form.instance
        before: Values | None = None
        after: Values | None = None
        if did == Did.CHANGED:
            changed = form.changed_data
            before = {name: form.initial.get(name) for name in changed}
            after = {name: form.cleaned_data.get(name) for name in changed}
        elif did == Did.CREATED:
            after = values_of(row)
        else:
            before = values_of(row)
        append_events([self.event(row, did, _actor(request), before, after)])


def _actor(request: HttpRequest) -> str:
    """Return the administrator as the journal names actors."""
    return f"user:{request.user.pk}"


class LookUpAdmin(PlainAdmin):
    """Rows to look up: services write them, nobody edits them."""

    def has_add_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Refuse."""
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Refuse."""
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Refuse."""
        return False
