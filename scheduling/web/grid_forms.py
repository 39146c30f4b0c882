"""What the energy desk fills in to announce a cap that no machine told us."""

from typing import Any

from django import forms

from factory.models import Site
from scheduling.engine.units import WATTS_PER_KILOWATT
from scheduling.models import GridEvent, GridSeries
from scheduling.web.client_forms import PRINTABLE

KW_MOST = 10**6
FULL_PERCENT = 100
FILE_BYTES_MAX = 5_000_000
"""Twenty years of hours."""


class AnnounceForm(forms.Form):
    """A cap on the whole import: a share of the contract, or kilowatts."""

    name = forms.CharField(
        label="What the utility calls it", max_length=80, validators=[PRINTABLE]
    )
    starts_at = forms.DateTimeField(
        label="From",
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
    )
    ends_at = forms.DateTimeField(
        label="Until",
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
    )
    cap_percent = forms.IntegerField(
        label="Cap, % of the contract",
        required=False,
        min_value=0,
        max_value=FULL_PERCENT,
    )
    cap_kw = forms.IntegerField(
        label="or in kW", required=False, min_value=0, max_value=KW_MOST
    )
    is_emergency = forms.BooleanField(label="Grid emergency", required=False)

    def clean(self) -> dict[str, Any]:
        """Take one cap, not two and not none."""
        found: dict[str, Any] = super().clean() or {}
        percent, kilowatts = found.get("cap_percent"), found.get("cap_kw")
        is_said = not self.errors.keys() & {"cap_percent", "cap_kw"}
        if is_said and (percent is None) == (kilowatts is None):
            self.add_error("cap_percent", "Say a share or kilowatts, one of the two.")
        return found

    def event(self, site: Site) -> GridEvent:
        """Return what a valid form announces, unsaved."""
        said = self.cleaned_data
        kilowatts = said["cap_kw"]
        cap_w = (
            site.contracted_import_w * said["cap_percent"] // FULL_PERCENT
            if kilowatts is None
            else kilowatts * WATTS_PER_KILOWATT
        )
        return GridEvent(
            site=site,
            name=said["name"],
            starts_at=said["starts_at"],
            ends_at=said["ends_at"],
            cap_w=cap_w,
            is_emergency=said["is_emergency"],
            source=GridEvent.Source.PAGE,
        )


class SeriesForm(forms.Form):
    """An hourly series of the grid, as a file."""

    kind = forms.ChoiceField(
        label="What it holds",
        choices=[
            (GridSeries.Kind.LOAD, "Load, MW"),
            (GridSeries.Kind.PRICE, "Price, cents a MWh"),
            (GridSeries.Kind.CARBON, "Carbon, g CO₂ a kWh"),
        ],
    )
    file = forms.FileField(
        label="CSV: a heading, then hour and number",
        help_text="2026-01-01T00:00,32802; hours of the site's clock, or with offset.",
        widget=forms.FileInput(attrs={"accept": ".csv,.txt"}),
    )

    def clean_file(self) -> Any:  # noqa: ANN401 - Django's
        """Take no more than is read."""
        file = self.cleaned_data["file"]
        if file.size > FILE_BYTES_MAX:
            raise forms.ValidationError(
                f"The file has {file.size:,} bytes; {FILE_BYTES_MAX:,} are read."
            )
        return file
