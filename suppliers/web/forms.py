"""The answers a page takes: each form checks its fields and calls one service.

The rules of the ledger are the services'; what they refuse comes back as a sentence at
the field it is about.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.conf import settings
from django.forms import BaseFormSet, formset_factory
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from factory.models import Part
from suppliers.errors import AnswerRefusedError
from suppliers.ledger import Delivery, Promise
from suppliers.models import Commitment, CommitRevision
from suppliers.services import commitments
from suppliers.services.author import Author

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LARGEST = 2**31 - 1
ISO_DATES = ["%Y-%m-%d"]
DATE_HELP = _("Give the date as year-month-day, such as 2026-12-09.")
BLANKS = 1
ROWS = "deliveries"
INCOMPLETE = _("This page is incomplete. Open the line again.")


class _DateInput(forms.DateInput):
    """The browser's own date picker; its value is year-month-day in every language."""

    input_type = "date"

    def __init__(self, **options: Any) -> None:
        """Write values the way the picker reads them."""
        super().__init__(format=ISO_DATES[0], **options)


def date_field(label: "StrOrPromise") -> forms.DateField:
    """Return a date that is never guessed: year-month-day or nothing."""
    return forms.DateField(
        label=label,
        input_formats=ISO_DATES,
        widget=_DateInput(),
        error_messages={"invalid": DATE_HELP, "required": DATE_HELP},
    )


class AnswerForm(forms.Form):
    """One answer to one line, made on one version of it."""

    version = forms.IntegerField(
        widget=forms.HiddenInput,
        min_value=1,
        max_value=LARGEST,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            INCOMPLETE,
        ),
    )
    service: ClassVar[str]

    def send(self, *, line_id: int, author: Author, now: datetime) -> Commitment | None:
        """Hand the answer to its service; None if it was refused, with the reason.

        Raises:
            SuppliersError: If the line moved on or takes no such answer.
        """
        if not self.is_valid():
            return None
        try:
            sent: Commitment = getattr(commitments, self.service)(
                line_id=line_id,
                expected_version=self.cleaned_data["version"],
                author=author,
                now=now,
                **self.said(),
            )
        except AnswerRefusedError as error:
            field = error.field if error.field in self.fields else None
            self.add_error(field, str(error))
            return None
        return sent

    def said(self) -> dict[str, Any]:
        """Return what the service takes besides line, version and author."""
        return {}


class AcceptForm(AnswerForm):
    """As asked."""

    service = "accept"


class SeenForm(AnswerForm):
    """Seen, nothing promised."""

    service = "acknowledge"


class UndoForm(AnswerForm):
    """Take the last answer back."""

    service = "undo"


class ReasonForm(AnswerForm):
    """An answer with a reason and a note."""

    reason_code = forms.ChoiceField(
        label=_("Why"),
        choices=[
            ("", _("Pick the nearest")),
            *(
                (reason.value, reason.label)
                for reason in CommitRevision.Reason
                if reason.value
            ),
        ],
        required=False,
    )
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

    def said(self) -> dict[str, Any]:
        """Return reason and note."""
        return {
            "reason_code": self.cleaned_data["reason_code"],
            "note": self.cleaned_data["note"],
        }


class WithdrawForm(ReasonForm):
    """Nothing is promised any more."""

    service = "decommit"


class RejectForm(ReasonForm):
    """Not us."""

    service = "reject"


class CannotSayForm(ReasonForm):
    """Not yet, but by a day."""

    service = "cannot_say"
    word_by = date_field(_("When will you know more?"))
    field_order = ("version", "word_by", "reason_code", "note")

    def said(self) -> dict[str, Any]:
        """Return the day as well."""
        return {**super().said(), "word_by": self.cleaned_data["word_by"]}


class DeliveryForm(forms.Form):
    """Pieces on a day; a row left empty is none."""

    quantity = forms.IntegerField(
        label=_("Pieces"),
        min_value=1,
        max_value=LARGEST,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "num"}),
        error_messages={
            "invalid": _("Give a whole number of pieces."),
            "min_value": _("Give 1 piece or more."),
            "max_value": _("Give 2,147,483,647 pieces or fewer."),
        },
    )
    on = date_field(_("Arrives"))


if TYPE_CHECKING:
    DeliveryRows = BaseFormSet[DeliveryForm]
else:
    DeliveryRows = BaseFormSet


class _Deliveries(DeliveryRows):
    """The rows of a promise. A row that is emptied is taken out."""

    def initial_form_count(self) -> int:
        """Return 0: no row is owed an answer."""
        return 0

    def clean(self) -> None:
        """Refuse a promise without a delivery."""
        if not any(form.has_changed() for form in self.forms):
            raise forms.ValidationError(_("Give at least one delivery."))


def _rows(rows: list[dict[str, Any]], blanks: int) -> DeliveryRows:
    """Return filled rows and some blank ones."""
    limit = settings.PROMISE_TRANCHES_MAX
    return _formset(min(len(rows) + blanks, limit))(initial=rows, prefix=ROWS)


def _formset(count: int) -> type[DeliveryRows]:
    """Return the class of a formset of so many rows."""
    return formset_factory(
        DeliveryForm,
        formset=_Deliveries,
        extra=count,
        max_num=settings.PROMISE_TRANCHES_MAX,
        absolute_max=settings.PROMISE_TRANCHES_MAX,
        validate_max=True,
    )


class PromiseForm(ReasonForm):
    """Pieces on one or several days.

    ``deliveries`` are its rows; ``more`` in the data asks for another blank row and
    sends nothing. ``substitute`` is the code of the part that comes; the field is shown
    where alternates are approved, and one that is left out keeps what stands.
    """

    service = "commit"
    substitute = forms.CharField(
        label=_("Which part comes"), max_length=40, required=False, widget=forms.Select
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        stands: Promise = (),
        asked: Delivery | None = None,
        **options: Any,
    ) -> None:
        """Fill the rows with what stands, else with what is asked."""
        super().__init__(data, **options)
        self.deliveries: DeliveryRows
        if data is not None:
            self.deliveries = _formset(0)(
                data,
                prefix=ROWS,
                error_messages={"missing_management_form": str(INCOMPLETE)},
            )
        else:
            shown = stands or ((asked,) if asked else ())
            self.deliveries = _rows(
                [{"quantity": row.quantity, "on": row.on} for row in shown], BLANKS
            )

    def offer(self, alternates: Sequence[Part]) -> None:
        """Let the supplier choose among approved alternates, where there are any."""
        if not alternates and "substitute" not in self.errors:
            del self.fields["substitute"]
            return
        control = self.fields["substitute"].widget
        control.choices = [
            ("", _("The part ordered")),
            *((part.code, f"{part.code}, {part.name}") for part in alternates),
        ]

    def is_valid(self) -> bool:
        """Check the rows as well, and show what they refuse as a whole."""
        fits = self.deliveries.is_valid()
        if not super().is_valid():
            return False
        for message in self.deliveries.non_form_errors():
            self.add_error(None, message)
        return fits

    def with_another_row(self) -> "PromiseForm":
        """Return the form with the same rows and a blank one more, unchecked."""
        rows = [
            {"quantity": form["quantity"].value(), "on": form["on"].value()}
            for form in self.deliveries.forms
            if form["quantity"].value() or form["on"].value()
        ]
        again = PromiseForm(
            initial={
                name: self.data.get(name, "")
                for name in ("version", "reason_code", "note", "substitute")
            }
        )
        again.deliveries = _rows(rows, BLANKS + 1)
        return again

    def said(self) -> dict[str, Any]:
        """Return the deliveries as well."""
        rows = [
            form.cleaned_data for form in self.deliveries.forms if form.cleaned_data
        ]
        is_chosen = "substitute" in self.data
        return {
            **super().said(),
            "deliveries": [Delivery(row["on"], row["quantity"]) for row in rows],
            "substitute": self.cleaned_data["substitute"] if is_chosen else None,
        }


FORMS: dict[str, type[AnswerForm]] = {
    "accept": AcceptForm,
    "promise": PromiseForm,
    "cannot-say": CannotSayForm,
    "withdraw": WithdrawForm,
    "reject": RejectForm,
    "seen": SeenForm,
    "undo": UndoForm,
}
"""The answers by the last word of their address."""
