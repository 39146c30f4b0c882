"""What a technician sends: one thing that happened to one rack."""

from typing import Any

from django import forms

from factory.models import StepRecord
from factory.standing import Verb


class FloorForm(forms.Form):
    """What happened, and what the technician saw before.

    ``seen`` is the version of the rack's standing on the page that was looked at.
    """

    verb = forms.ChoiceField(choices=[(verb.value, verb.value) for verb in Verb])
    seen = forms.IntegerField(min_value=0)
    step = forms.CharField(max_length=20, required=False)
    bay = forms.CharField(max_length=20, required=False)
    reason = forms.CharField(max_length=20, required=False)
    note = forms.CharField(max_length=300, required=False)
    record = forms.IntegerField(min_value=0, required=False)


class FailForm(forms.Form):
    """Why a step failed, as the page asks it."""

    reason = forms.ChoiceField(
        label="Why it failed",
        choices=[("", "Choose a reason"), *StepRecord.FailReason.choices],
    )
    note = forms.CharField(
        label="What you saw",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class StartForm(forms.Form):
    """Which step begins, at which bay, as the page asks it."""

    step = forms.ChoiceField(label="Step")
    bay = forms.ChoiceField(label="Bay")

    def __init__(
        self, steps: list[tuple[str, str]], bays: list[tuple[str, str]], **given: Any
    ) -> None:
        """Offer the steps that may start and the bays that are free.

        Args:
            steps: Code and name; a single one is not asked for.
            bays: Code and name; none if the step needs no choice.
            given: As every Django form takes.
        """
        super().__init__(**given)
        fields: dict[str, Any] = self.fields
        fields["step"].choices = steps
        fields["bay"].choices = [("", "Choose the bay"), *bays]
        if len(steps) == 1:
            fields["step"].widget = forms.HiddenInput()
            self.initial["step"] = steps[0][0]
        # Sent back to a step before the bay, a rack needs none yet.
        fields["bay"].required = len(steps) == 1
        if not bays:
            del fields["bay"]
