"""The risk register: each limit that binds the plan, its owner, what is next."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from factory.access import OFFICE, allow
from journal.wording import counted
from scheduling.errors import SchedulingError
from scheduling.models import Risk
from scheduling.queries.risks import closed_risks, open_risks
from scheduling.services.risks import edit_risk
from scheduling.web.shell import site_of


class RiskForm(forms.Form):
    """Who owns a limit, what is done next, and by when."""

    owner = forms.CharField(max_length=80)
    next_step = forms.CharField(max_length=300)
    due = forms.DateField()


@allow(*OFFICE)
@require_safe
def risk_register(request: HttpRequest) -> HttpResponse:
    """Show the site's open risks and those that no longer bind. Two queries."""
    site = site_of(request)
    risks = open_risks(site)
    late = sum(one.late_racks for one in risks)
    context = {
        "risks": risks,
        "closed": closed_risks(site),
        "lede": f"{counted(len(risks), 'limit')} "
        f"{'binds' if len(risks) == 1 else 'bind'} the plan in force.",
        "rest": f"{counted(late, 'rack')} late by them. Each has an owner and a next "
        "step; the register opens and closes itself with each publication.",
    }
    return render(request, "scheduling/risks.html", context)


@allow(*OFFICE, writers=OFFICE)
@require_POST
def risk_edit(request: HttpRequest, risk_id: int) -> HttpResponse:
    """Write a better owner, next step or date."""
    risk = Risk.objects.filter(pk=risk_id, site=site_of(request)).first()
    form = RiskForm(request.POST)
    if risk is None:
        messages.info(request, "That risk is not there any more. These are.")
    elif not form.is_valid():
        field, problems = next(iter(form.errors.items()))
        messages.error(request, f"{form.fields[field].label or field}: {problems[0]}")
    else:
        try:
            edit_risk(risk=risk, actor=f"user:{request.user.pk}", **form.cleaned_data)
        except SchedulingError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{risk.label}: written down.")
    return redirect("risks")
