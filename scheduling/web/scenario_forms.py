"""Forms of scenarios: a name, how long to look, and one assumption of any kind."""

from typing import Any, cast

from django import forms
from django.conf import settings

from factory.models import Site
from scheduling.engine.adjust.base import Adjustment, Asks, Question, questions_of
from scheduling.engine.units import WATTS_PER_KILOWATT
from scheduling.models import Scenario
from scheduling.queries.assumed import choices_of

SEARCHES = {20: "20 seconds", 60: "1 minute", 180: "3 minutes", 600: "10 minutes"}


class ScenarioForm(forms.Form):
    """A new what-if."""

    name = forms.CharField(label="Name", max_length=80)
    arrivals = forms.ChoiceField(
        label="Deliveries come on",
        choices=Scenario.Arrivals.choices,
        initial=Scenario.Arrivals.PROMISED,
    )


class SearchForm(forms.Form):
    """How long to look for a plan."""

    time_limit_s = forms.TypedChoiceField(
        label="Look for",
        coerce=int,
    )

    def __init__(self, *given: Any, live_s: int, **named: Any) -> None:
        """Offer what the live plan was searched for, and some other times.

        Args:
            given: As a form takes it.
            live_s: Seconds of search behind the plan to compare with.
            named: As a form takes it.
        """
        super().__init__(*given, **named)
        field = cast("forms.ChoiceField", self.fields["time_limit_s"])
        field.initial = live_s
        field.choices = [
            (one, _searched(one, is_live=one == live_s))
            for one in sorted({*SEARCHES, live_s})
            if one <= settings.RUN_TIME_LIMIT_MAX_S
        ]


def _searched(seconds: int, *, is_live: bool) -> str:
    """Return a time of search in words."""
    words = SEARCHES.get(seconds, f"{seconds} seconds")
    return f"{words}, as long as live" if is_live else words


class AdjustmentForm(forms.Form):
    """One assumption, its fields as the engine asks for them."""

    def __init__(
        self,
        kind: type[Adjustment],
        site: Site,
        data: Any = None,  # noqa: ANN401
    ) -> None:
        """Make a field for each question."""
        super().__init__(data)
        self.kind = kind
        self.questions = questions_of(kind)
        for name, question in self.questions.items():
            self.fields[name] = _field(question, site)

    @property
    def values(self) -> dict[str, Any]:
        """Return the assumption's fields as JSON keeps them."""
        found: dict[str, Any] = {}
        for name, question in self.questions.items():
            value = self.cleaned_data[name]
            if question.asks == Asks.WATTS:
                value *= WATTS_PER_KILOWATT
            elif question.asks == Asks.DAY:
                value = value.isoformat()
            elif question.asks == Asks.CLOCK:
                value = value.replace(tzinfo=None).isoformat(timespec="minutes")
            found[name] = value
        return found

    @property
    def sentence(self) -> str:
        """Return the first thing that is wrong."""
        for name, problems in self.errors.items():
            return f"{self.fields[name].label}: {problems[0]}"
        return ""


def _field(question: Question, site: Site) -> forms.Field:
    """Return the form field of one question."""
    label = question.label
    match question.asks:
        case Asks.COUNT:
            return forms.IntegerField(
                label=label, min_value=question.least, max_value=question.most
            )
        case Asks.WATTS:
            return forms.IntegerField(
                label=f"{label} in kW",
                min_value=question.least // WATTS_PER_KILOWATT,
                max_value=question.most // WATTS_PER_KILOWATT,
            )
        case Asks.DAY:
            return forms.DateField(
                label=label, widget=forms.DateInput(attrs={"type": "date"})
            )
        case Asks.CLOCK:
            return forms.DateTimeField(
                label=label,
                widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
            )
        case _:
            return forms.ChoiceField(
                label=label, choices=choices_of(site, question.asks)
            )
