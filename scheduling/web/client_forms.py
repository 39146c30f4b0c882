"""What administrators fill in about API clients and their webhooks."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils import timezone

from journal.models import ApiClient
from journal.models.client import RATE_MOST
from journal.webhooks.addresses import LONGEST_URL

HOUR, DAY, WEEK = 3_600, 86_400, 604_800
OVERLAPS = [
    (0, "at once"),
    (HOUR, "in an hour"),
    (DAY, "in a day"),
    (WEEK, "in a week"),
]
EXPIRY_MOST_DAYS = 3_650

PRINTABLE = RegexValidator(
    r"^[^\x00-\x1f\x7f\ud800-\udfff]*$", "Leave out control characters."
)
"""A NUL or half a character cannot be stored."""


class CapabilitiesForm(forms.Form):
    """What a client may do; the third capability is refused by the database."""

    sensitive_data = forms.BooleanField(
        label="Sensitive data: read and write orders, prices, promises",
        required=False,
    )
    code_execution = forms.BooleanField(
        label="Code execution: start and stop runs", required=False
    )
    external_communication = forms.BooleanField(
        label="External communication: be sent webhooks", required=False
    )
    scopes = forms.CharField(
        label="Scopes",
        required=False,
        max_length=1_000,
        validators=[PRINTABLE],
        help_text="By comma, such as purchase-orders:write, *:read. Empty: all that "
        "the capabilities open.",
    )
    acknowledges_promises = forms.BooleanField(
        label="Stores promise dates: those it has not acknowledged are an alarm",
        required=False,
    )
    requests_per_min = forms.IntegerField(
        label="Requests a minute",
        required=False,
        min_value=1,
        max_value=RATE_MOST,
        help_text="Empty: as many as every client.",
    )


class ExpiryMixin(forms.Form):
    """Until when a key works."""

    expires_at = forms.DateField(
        label="The key's last day",
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Empty: it works until it is taken back.",
    )

    def clean_expires_at(self) -> Any:  # noqa: ANN401 - a moment, or nothing
        """Return the end of that day, in the reader's zone."""
        day = self.cleaned_data["expires_at"]
        if day is None:
            return None
        today = timezone.localdate()
        if not today <= day <= today + timedelta(days=EXPIRY_MOST_DAYS):
            raise forms.ValidationError(
                f"Choose a day from today on, at most {EXPIRY_MOST_DAYS:,} days away."
            )
        zone = timezone.get_current_timezone()
        return datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)


class NewClientForm(ExpiryMixin, CapabilitiesForm):
    """A client to be made."""

    name = forms.CharField(max_length=120, validators=[PRINTABLE])
    system = forms.SlugField(
        max_length=40,
        help_text="Name of the ERP in ids, such as sap in sap:4711.",
    )
    field_order = (
        "name",
        "system",
        "sensitive_data",
        "code_execution",
        "external_communication",
        "scopes",
        "acknowledges_promises",
        "requests_per_min",
        "expires_at",
    )


class RotateForm(ExpiryMixin):
    """A new key, and when the older ones end."""

    overlap_s = forms.TypedChoiceField(
        label="Older keys end", coerce=int, choices=OVERLAPS, initial=DAY
    )
    field_order = ("overlap_s", "expires_at")


class EndpointForm(forms.Form):
    """An endpoint to be made."""

    url = forms.CharField(
        label="Address",
        max_length=LONGEST_URL,
        widget=forms.URLInput(),
        validators=[PRINTABLE],
    )
    kinds = forms.CharField(
        label="Kinds of event",
        required=False,
        max_length=500,
        validators=[PRINTABLE],
        help_text="By comma, such as commitment.*, plan.published. Empty: all.",
    )


class KindsForm(forms.Form):
    """What an endpoint is sent."""

    kinds = EndpointForm.base_fields["kinds"]


class SecretForm(forms.Form):
    """A new secret, and when the older ones end."""

    overlap_s = forms.TypedChoiceField(
        label="Older secrets end", coerce=int, choices=OVERLAPS, initial=DAY
    )


class ReplayForm(forms.Form):
    """From when on everything is sent again."""

    since = forms.DateTimeField(
        label="Everything since",
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
    )

    def clean_since(self) -> datetime:
        """Refuse the last hours of 9999, which are no moment of UTC."""
        since: datetime = self.cleaned_data["since"]
        try:
            return since.astimezone(UTC)
        except OverflowError:
            raise forms.ValidationError("Enter a valid date and time.") from None


def capabilities_of(client: ApiClient) -> dict[str, Any]:
    """Return what the form of a client begins with."""
    return {name: getattr(client, name) for name in CapabilitiesForm.base_fields}
