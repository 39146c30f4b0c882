"""Moving by hand: the form behind every drag, steps back and forth, pins released."""

from dataclasses import asdict
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from factory.access import OFFICE, Audience, allow
from factory.models import PowerBay
from scheduling.engine.errors import EngineError
from scheduling.engine.moving import UnknownMoveError
from scheduling.errors import DamagedBlobError, SchedulingError
from scheduling.models import Pin, Plan
from scheduling.queries.moves import MoveAnswer, check_move, steps_ahead
from scheduling.services import moves as services
from scheduling.web.plan import plan_of_site
from scheduling.web.shell import site_of, standing

PLANNERS = (Audience.PLANNER,)
LONGEST_REASON = 300
REFUSED = 409
MOST_STEPS = 100


class AskForm(forms.Form):
    """Which step, and when and where it is wanted."""

    rack = forms.CharField(max_length=40)
    step = forms.CharField(max_length=20)
    starts_at = forms.DateTimeField()
    bay = forms.CharField(max_length=40, required=False)

    @property
    def sentence(self) -> str:
        """Return what is wrong, field by field."""
        return " ".join(
            f"{name}: {error}"
            for name, errors in self.errors.items()
            for error in errors
        )


class MoveForm(forms.Form):
    """A move as a planner writes it: the way that needs no dragging."""

    rack = forms.CharField(max_length=40, widget=forms.HiddenInput)
    step = forms.ChoiceField(label="Step")
    starts_at = forms.DateTimeField(
        label="Start",
        widget=forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M"),
        error_messages={"invalid": "Say day and time, such as 2026-12-02 16:00."},
    )
    bay = forms.ChoiceField(label="Bay", required=False)
    reason = forms.CharField(
        label="Why",
        max_length=LONGEST_REASON,
        error_messages={"required": "Say why: whoever reads the plan will ask."},
    )
    may_push = forms.BooleanField(label="Others may give way", required=False)
    may_move_frozen = forms.BooleanField(
        label="May move inside the frozen fence", required=False
    )

    def __init__(
        self, *args: Any, steps: list[tuple[str, str]], bays: list[str], **kwargs: Any
    ) -> None:
        """Offer a rack's steps ahead and the site's bays."""
        super().__init__(*args, **kwargs)
        cast("forms.ChoiceField", self.fields["step"]).choices = steps
        cast("forms.ChoiceField", self.fields["bay"]).choices = [
            ("", "The one it has"),
            *((bay, bay) for bay in bays),
        ]


@allow(*OFFICE)
@require_safe
def plan_move(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Return whether a step may start at another time, as JSON; changes nothing.

    Asked by ``?rack=&step=&starts_at=&bay=``.
    """
    plan = plan_of_site(request, plan_id)
    asked = AskForm(request.GET)
    if not asked.is_valid():
        return JsonResponse({"error": asked.sentence}, status=400)
    try:
        answer = check_move(plan, **asked.cleaned_data)
    except (EngineError, DamagedBlobError) as error:
        return JsonResponse({"error": str(error)}, status=REFUSED)
    return JsonResponse(asdict(answer))


@allow(Audience.PLANNER, writers=PLANNERS)
def move(request: HttpRequest, plan_id: int) -> HttpResponse:
    """Show the form of a move, with the answer to it; a POST moves.

    ``?rack=&step=&starts_at=&bay=`` fill it in. Asked by a script, only the form comes.
    """
    plan = plan_of_site(request, plan_id)
    serial = (request.POST or request.GET).get("rack", "").replace("\0", "")
    try:
        ahead = steps_ahead(plan, serial)
    except (UnknownMoveError, DamagedBlobError) as error:
        messages.error(request, str(error))
        return redirect(_plan_url(plan.pk))
    bays = PowerBay.objects.filter(site=site_of(request)).values_list("code", flat=True)
    choices: dict[str, Any] = {
        "steps": [(one.step, one.label) for one in ahead],
        "bays": list(bays.order_by("code")),
    }
    if request.method != "POST":
        form = MoveForm(initial=_initial(request, ahead), **choices)
        return _shown(request, plan, serial, form, _asked(plan, dict(form.initial)))
    form = MoveForm(request.POST, **choices)
    if not form.is_valid():
        return _shown(request, plan, serial, form, None, status=REFUSED)
    if "check" in request.POST:
        return _shown(request, plan, serial, form, _asked(plan, form.cleaned_data))
    try:
        edit = services.move(
            plan=plan,
            wanted=services.Wanted(**form.cleaned_data),
            by=cast("User", request.user),
        )
    except (EngineError, SchedulingError) as error:
        asked = _asked(plan, form.cleaned_data)
        if asked != str(error):
            form.add_error(None, str(error))
        return _shown(request, plan, serial, form, asked, status=REFUSED)
    messages.success(
        request, f"{serial} is pinned. The plan is being mended from there."
    )
    return _mending(edit.run_id, plan, serial)


@allow(Audience.PLANNER, writers=PLANNERS)
@require_POST
def plan_steps(request: HttpRequest) -> HttpResponse:
    """Undo or redo own steps until ``to`` of them stand."""
    wanted = request.POST.get("to", "")
    if not wanted.isascii() or not wanted.isdigit() or int(wanted[:9]) > MOST_STEPS:
        messages.error(request, "Say how many of your steps shall stand, 0 to 100.")
        return redirect("plan")
    now = standing(request)
    newest = now.proposal or now.plan
    try:
        run = services.go_to(
            site=now.site, by=cast("User", request.user), steps=int(wanted)
        )
    except SchedulingError as error:
        messages.error(request, str(error))
        return redirect(_plan_url(newest.pk if newest else None))
    messages.success(request, "The plan of that step is being taken up again.")
    return _mending(run.pk, newest, "")


@allow(Audience.PLANNER, writers=PLANNERS)
@require_POST
def pin_release(request: HttpRequest, pin_id: int) -> HttpResponse:
    """Release a pin; the plan is mended without it."""
    pin = get_object_or_404(
        Pin.objects.select_related("rack"), pk=pin_id, rack__site=site_of(request)
    )
    now = standing(request)
    newest = now.proposal or now.plan
    if newest is None:
        messages.error(request, "There is no plan yet.")
        return redirect("plan")
    try:
        edit = services.unpin(plan=newest, pin=pin, by=cast("User", request.user))
    except SchedulingError as error:
        messages.error(request, str(error))
        return redirect(_plan_url(newest.pk))
    messages.success(
        request, f"{pin.rack.serial} is no longer pinned. The plan is being mended."
    )
    return _mending(edit.run_id, newest, pin.rack.serial)


def _initial(request: HttpRequest, ahead: list[Any]) -> dict[str, Any]:
    """Return what the address fills in, else where the step stands."""
    codes = {one.step: one for one in ahead}
    default = next((one for one in ahead if one.bay), ahead[0])
    chosen = codes.get(request.GET.get("step", ""), default)
    asked = AskForm(request.GET.dict() | {"step": chosen.step})
    asked.full_clean()
    starts_at = asked.cleaned_data.get("starts_at") or chosen.starts_at
    return {
        "rack": asked.cleaned_data.get("rack", ""),
        "step": chosen.step,
        "starts_at": starts_at,
        "bay": asked.cleaned_data.get("bay") or chosen.bay,
    }


def _asked(plan: Plan, wanted: dict[str, Any]) -> MoveAnswer | str:
    """Return the answer to a move, or why there is none."""
    fields = {name: wanted[name] for name in ("rack", "step", "starts_at", "bay")}
    try:
        return check_move(plan, **fields)
    except (EngineError, DamagedBlobError) as error:
        return str(error)


def _shown(
    request: HttpRequest,
    plan: Plan,
    serial: str,
    form: MoveForm,
    answer: MoveAnswer | str | None,
    *,
    status: int = 200,
) -> HttpResponse:
    """Return the form with the answer; only the form where a script asks."""
    is_fragment = request.headers.get("X-Requested-With") == "fetch"
    name = "_move_form" if is_fragment else "move"
    context = {
        "plan": plan,
        "serial": serial,
        "form": form,
        "answer": None if isinstance(answer, str) else answer,
        "refusal": answer if isinstance(answer, str) else "",
        "action": reverse("move", args=[plan.pk]),
        "back_url": _plan_url(plan.pk, serial),
        "zone": timezone.get_current_timezone_name(),
    }
    return render(request, f"scheduling/{name}.html", context, status=status)


def _plan_url(plan_id: int | None, serial: str = "") -> str:
    """Return the plan page of a plan with a rack chosen."""
    query = {"plan": plan_id, "rack": serial}
    return f"{reverse('plan')}?" + urlencode({k: v for k, v in query.items() if v})


def _mending(run_id: int, plan: Plan | None, serial: str) -> HttpResponseRedirect:
    """Return to the plan, which waits for its mending."""
    query: dict[str, Any] = {"mending": run_id}
    if plan is not None:
        query["plan"] = plan.pk
    if serial:
        query["rack"] = serial
    return HttpResponseRedirect(f"{reverse('plan')}?{urlencode(query)}")
