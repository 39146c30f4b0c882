"""The buyer's pages: what to expedite, golden screws, reminders, pull-ins."""

from collections.abc import Iterable

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from factory.access import OFFICE, Audience, allow, audience_of, granted
from journal.export import csv_answer
from journal.wording import counted
from suppliers.errors import SuppliersError
from suppliers.queries import expedite as queries
from suppliers.queries import mail as mails
from suppliers.queries.expedite import Wanted
from suppliers.queries.standing import Standing
from suppliers.sentences import line_name, promise_words
from suppliers.services.hold import standing_promise
from suppliers.services.mail import Reminded, remind
from suppliers.services.requests import ask_earlier
from suppliers.web.exports import (
    EXPEDITE_HEAD,
    SCREW_HEAD,
    expedite_cells,
    screw_cells,
)
from suppliers.web.forms import LARGEST, date_field
from suppliers.web.staff import site_of_staff, today_at

BUYERS = (Audience.BUYER, Audience.PLANNER)
LINES_MAX = 500
CODE_MAX = 40
STANDINGS = {
    Standing.NOT_ANSWERED: "Not answered",
    Standing.CANNOT_SAY: "Cannot say yet",
    Standing.ON_COURSE: "Committed",
    Standing.MOVED: "Moved",
    Standing.BROKEN: "Broken",
    Standing.REJECTED: "Rejected",
}


class RemindForm(forms.Form):
    """Lines to be asked about, and why a second mail today."""

    lines = forms.TypedMultipleChoiceField(coerce=int, choices=())
    reason = forms.CharField(max_length=200, required=False)

    def __init__(self, data: QueryDict) -> None:
        """Take any line keys; the service leaves out those it cannot ask about."""
        super().__init__(data)
        keys = [key for key in data.getlist("lines")[:LINES_MAX] if is_key(key)]
        field = self.fields["lines"]
        field.choices = [(key, key) for key in keys]  # type: ignore[attr-defined]


class PullInForm(forms.Form):
    """The day asked for, on the version looked at."""

    need_by = date_field("Dock date asked for")
    version = forms.IntegerField(
        widget=forms.HiddenInput, min_value=1, max_value=LARGEST
    )
    tell = forms.BooleanField(
        label="Mail the supplier now, unless it had its mail today", required=False
    )


def is_key(text: str) -> bool:
    """Say whether a text is a row's key."""
    return text.isascii() and text.isdigit() and int(text) <= LARGEST


@allow(*OFFICE)
@require_safe
def expedite(request: HttpRequest) -> HttpResponse:
    """List lines that hold racks up, by the rack-days their pieces would save."""
    site, now = site_of_staff(request), timezone.now()
    today, wanted = today_at(site), _wanted(request)
    rows = queries.to_expedite(site, wanted, today=today)
    totals = queries.expedite_totals(site, wanted, today=today)
    page = Paginator(range(totals.lines), queries.PAGE_ROWS).get_page(
        request.GET.get("page")
    )
    start = max(0, page.start_index() - 1)
    return render(
        request,
        "suppliers/expedite.html",
        {
            "rows": queries.expedite_rows(rows[start : page.end_index()], now=now),
            "first": start + 1,
            "page": page,
            "totals": totals,
            "wanted": wanted,
            "standings": STANDINGS.items(),
            "alarms": mails.alarms(site, now=now),
            "may_ask": may_ask(request),
            "here": request.get_full_path(),
        },
    )


@allow(*OFFICE)
@require_safe
def expedite_csv(request: HttpRequest) -> HttpResponse:
    """Give the whole list that is shown as CSV."""
    site = site_of_staff(request)
    rows = queries.expedite_rows(
        queries.to_expedite(site, _wanted(request), today=today_at(site)),
        now=timezone.now(),
    )
    return csv_answer("expedite", EXPEDITE_HEAD, map(expedite_cells, rows))


@allow(*OFFICE)
@require_safe
def golden_screws(request: HttpRequest) -> HttpResponse:
    """Rank parts by the value of the racks they hold up."""
    rows = queries.golden_screws(site_of_staff(request))
    return render(request, "suppliers/golden_screws.html", {"rows": rows})


@allow(*OFFICE)
@require_safe
def golden_screws_csv(request: HttpRequest) -> HttpResponse:
    """Give the parts that are shown as CSV."""
    rows = queries.golden_screws(site_of_staff(request))
    return csv_answer("golden-screws", SCREW_HEAD, map(screw_cells, rows))


@allow(writers=BUYERS)
@require_POST
def remind_lines(request: HttpRequest) -> HttpResponse:
    """Mail the contacts of the lines that were ticked."""
    form = RemindForm(request.POST)
    reason = request.POST.get("reason", "").strip()
    if "reason" in form.errors:
        messages.error(request, "The reason has more than 200 characters.")
        return back(request)
    lines = mails.lines_of(site_of_staff(request), form.cleaned_data.get("lines", []))
    try:
        done = remind(
            line_ids=lines, by=person_of(request), now=timezone.now(), reason=reason
        )
    except SuppliersError as error:
        messages.error(request, str(error))
    else:
        for level, sentence in _said(done):
            messages.add_message(request, level, sentence)
    return back(request)


@allow(*OFFICE, writers=BUYERS)
def pull_in(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the supplier of one line for an earlier day."""
    commitment = queries.one_commitment(site_of_staff(request), pk)
    if commitment is None:
        raise Http404
    line = commitment.line
    status, form = 200, PullInForm(initial={"version": commitment.version})
    if request.method == "POST":
        form = PullInForm(request.POST)
        if form.is_valid() and _ask(request, form, line.pk):
            return redirect("expedite")
        status = 422
    today = today_at(line.purchase_order.site)
    promise = standing_promise(commitment, line)
    context = {
        "form": form,
        "commitment": commitment,
        "line": line,
        "need": getattr(line, "need", None),
        "promised": promise_words(promise, today),
        "may_ask": may_ask(request),
    }
    return render(request, "suppliers/pull_in.html", context, status=status)


def _ask(request: HttpRequest, form: PullInForm, line_id: int) -> bool:
    """Send one request; say whether it was kept, with the refusal at its field."""
    now, person = timezone.now(), person_of(request)
    try:
        line = ask_earlier(
            line_id=line_id,
            need_by=form.cleaned_data["need_by"],
            expected_version=form.cleaned_data["version"],
            actor=f"user:{person.pk}",
            now=now,
        )
    except SuppliersError as error:
        form.add_error("need_by", str(error))
        return False
    supplier = line.purchase_order.supplier.name
    day = form.cleaned_data["need_by"]
    messages.success(
        request, f"{line_name(line)}: {supplier} is asked for {day:%-d %b %Y}."
    )
    if form.cleaned_data["tell"]:
        for level, sentence in _said(remind(line_ids=[line_id], by=person, now=now)):
            messages.add_message(request, level, sentence)
    return True


def _said(done: Reminded) -> Iterable[tuple[int, str]]:
    """Yield what a reminder came to, as messages."""
    if done.mails:
        about = counted(done.lines, "line")
        yield messages.SUCCESS, f"{counted(done.mails, 'mail')} queued about {about}."
    if done.had_mail:
        names = sorted({contact.supplier.name for contact in done.had_mail})
        yield (
            messages.WARNING,
            f"Had their mail today: {_list(names)}. A reason sends them another.",
        )
    if done.without_contact:
        names = sorted(done.without_contact)
        yield messages.ERROR, f"Nobody can be mailed at {_list(names)}."


def _list(names: list[str]) -> str:
    """Return the first names and how many more there are."""
    shown = ", ".join(names[:5])
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown  # noqa: PLR2004


def person_of(request: HttpRequest) -> User:
    """Return who has signed in; ``allow`` has seen to that."""
    assert isinstance(request.user, User)  # noqa: S101
    return request.user


def may_ask(request: HttpRequest) -> bool:
    """Say whether the reader may ask suppliers for something."""
    return audience_of(request.user) in granted(BUYERS)


def _wanted(request: HttpRequest) -> Wanted:
    """Return the filter the address holds; what cannot be one leaves nothing out."""
    standing = request.GET.get("standing", "")
    return Wanted(
        supplier=_code(request, "supplier"),
        part=_code(request, "part"),
        standing=standing if standing in set(STANDINGS) else "",
    )


def _code(request: HttpRequest, name: str) -> str:
    """Return a code from the address."""
    return request.GET.get(name, "").replace("\0", "").strip()[:CODE_MAX]


def back(request: HttpRequest) -> HttpResponse:
    """Return to the page a form came from, if it is ours."""
    given = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(given, allowed_hosts=None):
        given = reverse("expedite")
    return redirect(given)
