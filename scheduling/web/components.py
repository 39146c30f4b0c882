"""The living style sheet: every component in every state, with made-up data.

Shown to staff; reads no rows. What looks right here looks right everywhere.
"""

from datetime import date

from django import forms
from django.views.generic import TemplateView

from journal.wording import LIMITS, STATUSES
from scheduling.charts import burn_up, dumbbell, load_strip, sparkline, waterfall
from scheduling.web import components_sample as sample

_REFUSAL = (
    "Site power: 3,835 kW needed, 3,600 kW allowed until Wed 20:00. "
    "First free start is Thu 05:00. Tomás Reyes owns this limit."
)


class _MoveForm(forms.Form):
    """A form with every kind of field, bound to values of which one is refused."""

    bay = forms.ChoiceField(label="Move R-0412 to bay", choices=[("D09", "D09")])
    start = forms.CharField(label="Start", help_text="The site's time.")
    reason = forms.CharField(label="Why", required=False, widget=forms.Textarea)
    pin = forms.BooleanField(label="Pin it there", required=False)

    def clean_start(self) -> str:
        """Refuse the start, to show how a refusal reads."""
        raise forms.ValidationError(_REFUSAL)


class ComponentsPage(TemplateView):
    """Show every component in every state."""

    template_name = "components_page.html"

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """Add the made-up data; no SQL."""
        form = _MoveForm({"bay": "D09", "start": "Wed 2 Dec, 16:00", "pin": "on"})
        moves = sample.moves()
        return super().get_context_data(
            **kwargs,
            moods=sample.MOODS,
            statuses=STATUSES,
            limits=LIMITS,
            form=form,
            kpis=sample.kpis(),
            inbox=sample.INBOX,
            tabs=sample.tabs(),
            facts=[("Serial", "R-0412"), ("Model", "VR200"), ("Customer", None)],
            lines=sample.lines(),
            waterfall=waterfall.both(sample.SEGMENTS, "R-0412"),
            waterfall_rows=waterfall.rows(sample.SEGMENTS, "R-0412"),
            waterfall_table=waterfall.table(sample.SEGMENTS, "R-0412"),
            dumbbells=dumbbell.both(moves, sample.ZONE),
            dumbbell_table=dumbbell.table(moves, sample.ZONE, date(2026, 12, 1)),
            burn_up=burn_up.both(sample.BURN_UP),
            burn_up_table=burn_up.table(sample.BURN_UP),
            load_strip=sample.strips(),
            load_table=load_strip.table(sample.load(), sample.ZONE),
            sparkline=sparkline.sparkline([9, 11, 8, 14, 16, 15], "Broken a week"),
            gantt=sample.gantt(),
            plan_rows=sample.plan_rows(),
            run=sample.run(),
            promised=date(2026, 12, 5),
            planned=date(2026, 12, 7),
        )
