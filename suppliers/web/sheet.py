"""The portal's spreadsheet: down, edited, up again, shown, and only then applied."""

import hashlib
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotModified,
    JsonResponse,
)
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from factory.access import Audience, allow
from journal.export import CSV_TYPE, XLSX_TYPE, csv_bytes, xlsx_bytes
from journal.wording import counted, grouped
from suppliers.errors import SuppliersError
from suppliers.models import Upload, UploadRow
from suppliers.queries.sheet import open_rows
from suppliers.services.uploads import ask_to_apply, claim, take_upload, work
from suppliers.sheet.layout import COLUMNS
from suppliers.sheet.table import FILE_BYTES_MAX
from suppliers.tenancy import Tenant
from suppliers.web.portal import SUPPLIER, portal_page
from suppliers.web.tenant import for_tenant

ROWS_A_PAGE = 100
AT_ONCE_BYTES = 40_000
"""A file up to this size is dealt with in the request: some hundred rows."""
AT_ONCE_ROWS = 300
LATEST = 5


class SheetForm(forms.Form):
    """A file, or rows pasted from one, and what to do with them."""

    file = forms.FileField(
        label=_("Workbook or CSV"),
        required=False,
        allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.csv,.tsv,.txt"}),
    )
    rows = forms.CharField(
        label=_("Or paste rows from your spreadsheet, with or without the heading"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "wrap": "off"}),
    )
    mode = forms.ChoiceField(
        label=_("Then"),
        choices=Upload.Mode.choices,
        initial=Upload.Mode.CHECK,
        widget=forms.RadioSelect,
    )

    def clean(self) -> dict[str, Any]:
        """Take one of the two, and no more than is read."""
        cleaned = super().clean() or {}
        file, rows = cleaned.get("file"), cleaned.get("rows") or ""
        if bool(file) == bool(rows.strip()):
            raise forms.ValidationError(
                gettext("Choose a file, or paste rows; one of the two.")
            )
        if file and file.size > FILE_BYTES_MAX:
            raise forms.ValidationError(
                gettext("The file has %(given)s bytes; %(limit)s are read.")
                % {"given": grouped(file.size), "limit": grouped(FILE_BYTES_MAX)}
            )
        return cleaned

    def content(self) -> tuple[str, bytes]:
        """Return the name and the bytes of what was given."""
        file = self.cleaned_data["file"]
        if file:
            return file.name, file.read()
        return gettext("pasted rows"), self.cleaned_data["rows"].encode()


@allow(Audience.SUPPLIER, writers=SUPPLIER)
@for_tenant
def portal_sheet(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    """Offer the open lines as a file, and take a file back."""
    form = SheetForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        if form.is_valid():
            return redirect("portal_upload", _taken(tenant, form).pk)
        return _sheet_page(request, tenant, form, status=422)
    return _sheet_page(request, tenant, SheetForm())


@allow(Audience.SUPPLIER)
@require_safe
@for_tenant
def portal_sheet_file(_request: HttpRequest, tenant: Tenant, kind: str) -> HttpResponse:
    """Return the open lines as a workbook or as CSV."""
    if kind not in {"xlsx", "csv"}:
        raise Http404
    rows = open_rows(tenant, now=timezone.now())
    if kind == "xlsx":
        widths = [column.width for column in COLUMNS]
        content = xlsx_bytes(rows, title=gettext("Open lines"), widths=widths)
    else:
        content = csv_bytes(rows)
    day = timezone.localdate().isoformat()
    name = f"open-lines-{tenant.supplier.code}-{day}.{kind}"
    return HttpResponse(
        content,
        content_type=XLSX_TYPE if kind == "xlsx" else CSV_TYPE,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )


@allow(Audience.SUPPLIER)
@require_safe
@for_tenant
def portal_upload(request: HttpRequest, tenant: Tenant, upload_id: int) -> HttpResponse:
    """Show what a file does, row by row; the rows that need somebody first."""
    upload = _upload(tenant, upload_id)
    shown = request.GET.get("rows", "")
    outcomes = [outcome for outcome in UploadRow.Outcome if outcome == shown]
    counts = _counts(upload)
    if not outcomes:
        outcomes = [outcome for outcome in UploadRow.Outcome if outcome != "unchanged"]
    rows = upload.rows.filter(outcome__in=outcomes).order_by("number")
    page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
    return portal_page(
        request,
        tenant,
        "suppliers/portal_upload.html",
        {
            "upload": upload,
            "query": f"rows={shown}" if shown in counts else "",
            "words": _words(upload, counts),
            "error": gettext(upload.error) if upload.error else "",
            "page": page,
            "tabs": _tabs(upload, counts, shown),
            "counts": counts,
            "progress": _progress(upload),
            "progress_url": reverse("portal_upload_progress", args=[upload.pk]),
        },
    )


@allow(Audience.SUPPLIER)
@require_safe
@for_tenant
def portal_upload_progress(
    request: HttpRequest, tenant: Tenant, upload_id: int
) -> HttpResponse:
    """Return how far a file is, as JSON; 304 while nothing has changed. Two queries."""
    progress = _progress(_upload(tenant, upload_id))
    digest = hashlib.sha256(repr(sorted(progress.items())).encode()).hexdigest()
    etag = f'"{digest[:20]}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    return JsonResponse(progress, headers={"ETag": etag, "Cache-Control": "no-cache"})


@allow(Audience.SUPPLIER, writers=SUPPLIER)
@require_POST
@for_tenant
def portal_upload_apply(
    request: HttpRequest, tenant: Tenant, upload_id: int
) -> HttpResponse:
    """Apply a file that was shown, all or nothing or row by row."""
    upload = _upload(tenant, upload_id)
    mode = request.POST.get("mode")
    if mode not in {Upload.Mode.ALL, Upload.Mode.EACH}:
        messages.error(request, gettext("Say whether all or nothing, or row by row."))
        return redirect("portal_upload", upload.pk)
    try:
        ask_to_apply(upload=upload, mode=Upload.Mode(mode))
    except SuppliersError as error:
        messages.error(request, str(error))
        return redirect("portal_upload", upload.pk)
    if upload.rows_total <= AT_ONCE_ROWS:
        _work_now(upload)
    return redirect("portal_upload", upload.pk)


def _taken(tenant: Tenant, form: SheetForm) -> Upload:
    """Keep what was sent; a small file is dealt with at once."""
    name, content = form.content()
    upload = take_upload(
        supplier=tenant.supplier,
        by=tenant.person.pk,
        name=name,
        content=content,
        mode=Upload.Mode(form.cleaned_data["mode"]),
    )
    if len(content) <= AT_ONCE_BYTES:
        _work_now(upload)
    return upload


def _work_now(upload: Upload) -> None:
    """Deal with an upload in this request, unless a worker was faster."""
    claimed = claim(upload.pk, now=timezone.now())
    if claimed is not None:
        work(claimed)


def _upload(tenant: Tenant, upload_id: int) -> Upload:
    """Return one of the tenant's uploads; any other is not there."""
    upload = tenant.uploads().filter(pk=upload_id).defer("content").first()
    if upload is None:
        raise Http404
    return upload


def _counts(upload: Upload) -> dict[str, int]:
    """Return how many rows came to what. One query."""
    found = upload.rows.order_by().values_list("outcome").annotate(Count("pk"))
    return {outcome.value: 0 for outcome in UploadRow.Outcome} | dict(found)


def _tabs(upload: Upload, counts: dict[str, int], shown: str) -> list[dict[str, Any]]:
    """Return the tabs over the rows."""
    here = reverse("portal_upload", args=[upload.pk])
    return [
        {
            "label": gettext("Worth a look"),
            "url": here,
            "count": sum(counts.values()) - counts["unchanged"],
            "current": shown not in counts,
        },
        *(
            {
                "label": outcome.label,
                "url": f"{here}?rows={outcome.value}",
                "count": counts[outcome.value],
                "current": shown == outcome.value,
            }
            for outcome in UploadRow.Outcome
            if counts[outcome.value]
        ),
    ]


def _words(upload: Upload, counts: dict[str, int]) -> dict[str, str]:
    """Return what the page says about a file that nobody works on."""
    changes, refused = counts["changes"], counts["refused"]
    states = Upload.State
    said = {
        "rows": counted(changes, "row"),
        "changed": counted(upload.changed, "row"),
        "unchanged": grouped(upload.unchanged),
        "refused": grouped(refused),
        "unread": counted(refused, "row"),
    }
    lede, rest = gettext("Nothing was changed."), ""
    if upload.state == states.APPLIED:
        lede = gettext("%(changed)s changed.") % said
        rest = gettext("%(unchanged)s as before, %(refused)s refused.") % said
    elif upload.state == states.READY and changes:
        lede = gettext("%(rows)s would change.") % said
        rest = gettext("Nothing has changed yet.")
    elif upload.state == states.READY:
        lede = gettext("This file changes nothing.")
        rest = gettext("%(unread)s can not be read.") % said if refused else ""
    return {
        "lede": lede,
        "rest": rest,
        "all": gettext("Change %(rows)s") % said,
        "each": gettext("Change %(rows)s, leave %(refused)s refused") % said,
    }


def _progress(upload: Upload) -> dict[str, Any]:
    """Return the data contract of ``static/js/upload.js``."""
    return {
        "state": upload.state,
        "label": upload.get_state_display(),
        "phase": gettext(upload.phase) if upload.phase else "",
        "done": upload.rows_done,
        "total": upload.rows_total,
        "is_finished": upload.is_finished,
    }


def _sheet_page(
    request: HttpRequest, tenant: Tenant, form: SheetForm, status: int = 200
) -> HttpResponse:
    """Show the way down and the way up."""
    context = {
        "form": form,
        "latest": tenant.uploads().defer("content")[:LATEST],
        "columns": [column for column in COLUMNS if column.is_answer],
    }
    return portal_page(request, tenant, "suppliers/portal_sheet.html", context, status)
