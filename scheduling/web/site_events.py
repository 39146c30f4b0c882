"""What happens at the site: outages, lot recalls, and what follows by itself."""

from collections import Counter
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from factory.access import OFFICE, Audience, allow, audience_of, granted
from factory.errors import FactoryError, OutageRefusedError, StockRefusedError
from factory.models import CoolingLoop, LotRecall, Outage, Part, PowerNode, Site
from factory.services.outages import (
    TARGETS,
    Told,
    capacity_of,
    declare_outage,
    end_outage,
    target_of,
)
from factory.services.recalls import end_recall, recall_lot, trace
from journal.wording import grouped, kw
from scheduling.engine.units import WATTS_PER_KILOWATT
from scheduling.models import RepairPolicy
from scheduling.queries.repairs import repairs_of
from scheduling.services.auto_repair import policy_of, set_policy
from scheduling.web.order_changes import signed
from scheduling.web.shell import site_of

PLANNERS = (Audience.PLANNER,)
DECLARE = (Audience.PLANNER, Audience.ENERGY_DESK)
RECALL = (Audience.PLANNER, Audience.QUALITY)
LISTED = 50
LOCAL = "%Y-%m-%dT%H:%M"
POWERED = (PowerNode, CoolingLoop)
"""What is counted in watts, and shown in kilowatts."""


class OutageForm(forms.Form):
    """What gives less, how much is left, from when to when, and why."""

    target = forms.ChoiceField(label="What")
    remaining = forms.IntegerField(
        label="What is left",
        min_value=0,
        initial=0,
        help_text="kW of a feeder or loop, places, people; 0 of a bay.",
    )
    starts_at = forms.DateTimeField(
        label="From",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL),
    )
    ends_at = forms.DateTimeField(
        label="Expected to be over",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL),
    )
    reason = forms.CharField(label="Why", max_length=160)

    def __init__(self, site: Site, *given: Any, **named: Any) -> None:
        """Offer everything of a site that can fail."""
        now = timezone.localtime()
        named.setdefault(
            "initial",
            {
                "starts_at": now.strftime(LOCAL),
                "ends_at": (now + timedelta(hours=8)).strftime(LOCAL),
            },
        )
        super().__init__(*given, **named)
        self.things = {
            f"{column}:{one.pk}": one
            for column, model in TARGETS.items()
            for one in model._default_manager.filter(site=site).order_by("pk")  # noqa: SLF001 - Django's public name
        }
        fields: dict[str, Any] = self.fields
        fields["target"].choices = [
            ("", "Choose"),
            *(
                (key, f"{one} ({_amount(one, capacity_of(one))})")
                for key, one in self.things.items()
            ),
        ]

    def told(self) -> Told:
        """Return what is said of the outage."""
        data = self.cleaned_data
        target = self.things[data["target"]]
        unit = WATTS_PER_KILOWATT if isinstance(target, POWERED) else 1
        return Told(
            target=target,
            remaining=data["remaining"] * unit,
            starts_at=data["starts_at"],
            ends_at=data["ends_at"],
            reason=data["reason"],
        )


class RecallForm(forms.Form):
    """Which lot of which part is called back, and why."""

    part = forms.CharField(label="Part code", max_length=40)
    lot = forms.CharField(label="Lot", max_length=40)
    reason = forms.CharField(label="Why", max_length=160)
    holds_racks = forms.BooleanField(
        label="Hold racks in work that hold pieces of it",
        required=False,
        initial=True,
    )


class PolicyForm(forms.Form):
    """What the site does when facts overtake its plan."""

    mode = forms.ChoiceField(
        label="When facts overtake the plan", choices=RepairPolicy.Mode.choices
    )
    follows_grid = forms.BooleanField(
        label="A grid event starts a repair, whatever else does", required=False
    )
    quiet_s = forms.IntegerField(
        label="Start after so many seconds of quiet", min_value=1, max_value=600
    )
    wait_s = forms.IntegerField(
        label="At the latest after, in seconds", min_value=1, max_value=3_600
    )
    most_moved_racks = forms.IntegerField(
        label="Racks that may move in a plan that publishes itself",
        min_value=0,
        max_value=1_000,
    )
    most_late_usd = forms.IntegerField(
        label="Lateness it may add, in dollars", min_value=0, max_value=1_000_000_000
    )

    def clean(self) -> dict[str, Any]:
        """Let a storm end."""
        found = super().clean() or {}
        if found.get("quiet_s", 0) > found.get("wait_s", 3_600):
            self.add_error("wait_s", "At least as long as the quiet.")
        return found


def _amount(target: Model | None, amount: int) -> str:
    """Word how much of something there is: kilowatts, or so many."""
    return kw(amount) if isinstance(target, POWERED) else grouped(amount)


@allow(*OFFICE, writers=DECLARE)
def outage_list(request: HttpRequest) -> HttpResponse:
    """Show what is out of service and will be; a POST declares an outage."""
    site = site_of(request)
    form = OutageForm(site, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            outage = declare_outage(
                site=site, told=form.told(), actor=f"user:{request.user.pk}"
            )
        except OutageRefusedError as error:
            form.add_error(error.field, str(error))
        else:
            messages.success(
                request, f"{outage.reason}: written down. Plans know of it."
            )
            return redirect("outages")
    now = timezone.now()
    rows = (
        Outage.objects.filter(site=site, ends_at__gt=now)
        .select_related(*TARGETS)
        .order_by("starts_at", "pk")[:LISTED]
    )
    context = {
        "outages": [
            {
                "row": one,
                "target": target,
                "left": _amount(target, one.remaining),
                "is_on": one.starts_at <= now,
            }
            for one in rows
            for target in (target_of(one),)
        ],
        "form": form,
        "may_add": audience_of(request.user) in granted(DECLARE),
    }
    return render(request, "scheduling/outages.html", context)


@allow(*OFFICE, writers=DECLARE)
@require_POST
def outage_end(request: HttpRequest, outage_id: int) -> HttpResponse:
    """End an outage, or take back one that has not begun."""
    outage = get_object_or_404(Outage, pk=outage_id, site=site_of(request))
    try:
        end_outage(outage=outage, actor=f"user:{request.user.pk}")
    except OutageRefusedError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{outage.reason}: over.")
    return redirect("outages")


@allow(*OFFICE, writers=RECALL)
def recall_list(request: HttpRequest) -> HttpResponse:
    """Show lots called back; a POST calls one back."""
    form = RecallForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        recall = _recall(request, form)
        if recall is not None:
            return redirect("recall", recall.pk)
    context = {
        "recalls": LotRecall.objects.select_related("part", "site")[:LISTED],
        "form": form,
        "may_add": audience_of(request.user) in granted(RECALL),
    }
    return render(request, "scheduling/recalls.html", context)


def _recall(request: HttpRequest, form: RecallForm) -> LotRecall | None:
    """Call the form's lot back, or write the refusal on the form."""
    data = form.cleaned_data
    part = Part.objects.filter(code=data["part"].strip()).first()
    if part is None:
        form.add_error("part", f"There is no part {data['part']}.")
        return None
    try:
        return recall_lot(
            site=site_of(request),
            part=part,
            lot=data["lot"],
            reason=data["reason"],
            holds_racks=data["holds_racks"],
            by=signed(request),
        )
    except StockRefusedError as error:
        form.add_error(error.field, str(error))
        return None


@allow(*OFFICE)
def recall_page(request: HttpRequest, recall_id: int) -> HttpResponse:
    """Show where the pieces of a recalled lot are: in stock, in work, shipped."""
    recall = get_object_or_404(
        LotRecall.objects.select_related("part", "site"), pk=recall_id
    )
    found = trace(recall.part, recall.lot)
    told = Counter(
        one.rack.order.customer for one in found.shipped if one.rack.order is not None
    )
    context = {
        "recall": recall,
        "trace": found,
        "tells": sorted(told.items(), key=lambda pair: pair[0].name),
        "may_recall": audience_of(request.user) in granted(RECALL),
    }
    return render(request, "scheduling/recall.html", context)


@allow(*OFFICE, writers=RECALL)
@require_POST
def recall_end(request: HttpRequest, recall_id: int) -> HttpResponse:
    """End a recall: the lot proved good."""
    recall = get_object_or_404(LotRecall, pk=recall_id)
    try:
        end_recall(recall=recall, by=signed(request))
    except FactoryError as error:
        messages.error(request, str(error))
    return redirect("recall", recall.pk)


@allow(*OFFICE, writers=PLANNERS)
def repair_policy(request: HttpRequest) -> HttpResponse:
    """Show what follows facts by itself, and what did; a POST chooses."""
    site = site_of(request)
    policy = policy_of(site)
    form = PolicyForm(request.POST or None, initial=_chosen(policy))
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        by = signed(request)
        set_policy(
            site=site,
            mode=RepairPolicy.Mode(data.pop("mode")),
            most_late_cents=100 * data.pop("most_late_usd"),
            author=by.author,
            actor=by.actor,
            **data,
        )
        messages.success(request, "The policy is in force.")
        return redirect("repair_policy")
    context = {
        "policy": policy,
        "form": form,
        "repairs": repairs_of(site, LISTED),
        "is_planner": audience_of(request.user) in granted(PLANNERS),
    }
    return render(request, "scheduling/repair_policy.html", context)


def _chosen(policy: RepairPolicy) -> dict[str, Any]:
    """Return a policy as its form shows it."""
    return {
        "mode": policy.mode,
        "follows_grid": policy.follows_grid,
        "quiet_s": policy.quiet_s,
        "wait_s": policy.wait_s,
        "most_moved_racks": policy.most_moved_racks,
        "most_late_usd": policy.most_late_cents // 100,
    }
