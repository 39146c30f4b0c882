"""The life of a supplier's spreadsheet: taken in, checked, shown, applied.

A small one is dealt with at once; a larger one by a worker that claims the row. Who
writes to an upload at work shows the attempt it claimed, so that a worker thought dead
that comes back changes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as _noop
from django.utils.translation import override

from journal.services import record
from journal.setwise import insert_rows
from journal.wording import counted, grouped
from suppliers.errors import SuppliersError
from suppliers.languages import written_for
from suppliers.ledger import Delivery
from suppliers.models import (
    PurchaseOrderLine,
    Supplier,
    SupplierUser,
    Upload,
    UploadRow,
)
from suppliers.sentences import promise_words
from suppliers.services.author import Author, Door
from suppliers.services.bulk import (
    BATCH,
    Answer,
    Verdict,
    hold_many,
    judge,
    keep_many,
)
from suppliers.sheet.errors import SheetRefusedError
from suppliers.sheet.table import Row, read_file

ATTEMPTS_MAX = 3
SILENT_S = 120
NAME_MAX = 120
SENTENCE_MAX = 400
NOT_YOURS = _noop("That is not one of your lines.")

LineKey = tuple[str, int]
"""Order and number of a line; no order and the row's number where none is named."""

_STATE = Upload.State
_OUTCOME = UploadRow.Outcome


class UploadOverError(SuppliersError):
    """Say that an upload waits for no word."""

    code = "upload_over"

    def __init__(self, name: str, state: str) -> None:
        """Name the file and its state."""
        super().__init__(
            _("%(file)s is %(state)s; there is nothing to apply.")
            % {"file": name, "state": state}
        )


class FencedOutError(SuppliersError):
    """Say that another worker has this upload; nothing more is written."""

    code = "fenced_out"


class RowsRefusedError(SuppliersError):
    """Say that all-or-nothing came to nothing."""

    code = "rows_refused"

    def __init__(self, refused: int, total: int) -> None:
        """Count what was refused."""
        super().__init__(
            _("%(refused)s of %(rows)s can not be kept, so nothing was changed.")
            % {"refused": grouped(refused), "rows": counted(total, "row")}
        )


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write to one upload, until a newer claim of it."""

    upload_id: int
    attempt: int


def take_upload(
    *, supplier: Supplier, by: int | None, name: str, content: bytes, mode: Upload.Mode
) -> Upload:
    """Keep a file to be checked, and applied if the mode says so; nothing is read yet.

    Args:
        supplier: Whose lines it may answer for.
        by: Key of the user who sends it.
        name: The file's name, cut to what can be kept.
        content: Its bytes.
        mode: Whether to show it first, or to apply it at once and how.
    """
    printable = "".join(sign for sign in name if sign.isprintable())
    return Upload.objects.create(
        supplier=supplier,
        by_id=by,
        actor=f"user:{by}" if by else "system",
        name=printable[-NAME_MAX:] or "pasted rows",
        content=content,
        mode=mode,
    )


@transaction.atomic
def ask_to_apply(*, upload: Upload, mode: Upload.Mode) -> Upload:
    """Have a checked upload applied, all or nothing or row by row.

    Raises:
        UploadOverError: If it is not waiting for that word.
    """
    moved = (
        Upload.objects.for_staff()
        .filter(pk=upload.pk, state=_STATE.READY)
        .update(state=_STATE.QUEUED, mode=mode, sent_at=None, rows_done=0, attempt=0)
    )
    upload.refresh_from_db()
    if not moved:
        raise UploadOverError(upload.name, upload.get_state_display().lower())
    return upload


def claim(upload_id: int, *, now: datetime) -> Claim | None:
    """Take a queued upload to work on; None if it is not to be had."""
    moved = (
        Upload.objects.for_staff()
        .filter(pk=upload_id, state=_STATE.QUEUED)
        .update(state=_STATE.RUNNING, attempt=F("attempt") + 1, heartbeat_at=now)
    )
    if not moved:
        return None
    attempt = Upload.objects.for_staff().values_list("attempt", flat=True)
    return Claim(upload_id, attempt.get(pk=upload_id))


def reap(now: datetime) -> int:
    """Queue uploads again whose worker fell silent; the third time they fail."""
    silent = Upload.objects.for_staff().filter(
        state=_STATE.RUNNING, heartbeat_at__lt=now - timedelta(seconds=SILENT_S)
    )
    failed = silent.filter(attempt__gte=ATTEMPTS_MAX).update(
        state=_STATE.FAILED,
        finished_at=now,
        content=None,
        error=_noop("The file could not be dealt with. Send it again, or in pieces."),
    )
    return failed + silent.update(state=_STATE.QUEUED, sent_at=None)


def work(claimed: Claim) -> None:
    """Take a claimed upload to its end, or to where the supplier must say a word."""
    upload = (
        Upload.objects.for_staff().select_related("supplier").get(pk=claimed.upload_id)
    )
    with override(_language(upload)):
        _work(upload, claimed)


def _language(upload: Upload) -> str:
    """Return the language its sender reads: the rows' sentences are kept with it."""
    person = (
        SupplierUser.objects.for_supplier(upload.supplier)
        .select_related("supplier")
        .filter(user=upload.by_id)
        .first()
    )
    return settings.LANGUAGE_CODE if person is None else written_for(person)


def _work(upload: Upload, claimed: Claim) -> None:
    """Take an upload to its end, in the language that is active."""
    try:
        if upload.content is not None:
            _check(upload, claimed, bytes(upload.content))
        if upload.mode == Upload.Mode.CHECK:
            _finish(claimed, _STATE.READY)
        else:
            _apply(upload, claimed)
    except (SheetRefusedError, RowsRefusedError) as error:
        _finish(claimed, _STATE.REFUSED, error=str(error))
    except FencedOutError:
        return


def _write(claimed: Claim, **values: object) -> None:
    """Write to an upload at work.

    Raises:
        FencedOutError: If another worker has claimed it since.
    """
    written = (
        Upload.objects.for_staff()
        .filter(pk=claimed.upload_id, attempt=claimed.attempt, state=_STATE.RUNNING)
        .update(heartbeat_at=timezone.now(), **values)
    )
    if not written:
        raise FencedOutError(f"Upload {claimed.upload_id} is another worker's.")


@transaction.atomic
def _finish(claimed: Claim, state: Upload.State, *, error: str = "") -> None:
    """End an upload's work, with its counts; applying is an event."""
    rows = UploadRow.objects.for_staff().filter(upload=claimed.upload_id)
    counts = {outcome: rows.filter(outcome=outcome).count() for outcome in _OUTCOME}
    _write(
        claimed,
        state=state,
        error=error,
        phase="",
        content=None,
        rows_done=F("rows_total"),
        changed=counts[_OUTCOME.CHANGED],
        unchanged=counts[_OUTCOME.UNCHANGED],
        refused=counts[_OUTCOME.REFUSED],
        finished_at=timezone.now(),
    )
    if state == _STATE.APPLIED:
        _tell(
            Upload.objects.for_staff()
            .select_related("supplier")
            .get(pk=claimed.upload_id)
        )


def _tell(upload: Upload) -> None:
    """Append the event about an upload that was applied."""
    with override("en"):
        changed = counted(upload.changed, "row")
    record(
        kind="upload.applied",
        about=upload,
        actor=upload.actor,
        scope=upload.supplier.scope,
        summary=(
            f"{upload.supplier.name} sent {upload.name}: "
            f"{changed} changed, {grouped(upload.unchanged)} as "
            f"before, {grouped(upload.refused)} refused"
        ),
        after={
            "mode": str(upload.mode),
            "changed": upload.changed,
            "unchanged": upload.unchanged,
            "refused": upload.refused,
        },
    )


def _check(upload: Upload, claimed: Claim, content: bytes) -> None:
    """Read a file and keep its rows, each with what it would do."""
    _write(claimed, phase=_noop("Reading the file"))
    rows = read_file(content)
    upload.rows.all().delete()
    upload.rows_total = len(rows)
    _write(claimed, phase=_noop("Checking rows"), rows_total=len(rows), rows_done=0)
    author = _author(upload)
    groups = _by_line(rows)
    keys = _own_lines(upload.supplier, groups)
    names = list(groups)
    done = 0
    for start in range(0, len(names), BATCH):
        batch = names[start : start + BATCH]
        helds = hold_many(
            [keys[name] for name in batch if name in keys],
            timezone.now(),
            is_locked=False,
        )
        found: list[UploadRow] = []
        for name in batch:
            held = helds.get(keys.get(name, 0))
            verdict, refusal = None, _refusal_of(groups[name])
            if held is None:
                refusal = refusal or _(NOT_YOURS)
            elif not refusal and (answer := _answer(held.line.pk, groups[name])):
                verdict = judge(held, answer, author)
            found += _told(upload, groups[name], keys.get(name), verdict, refusal)
        with transaction.atomic():
            insert_rows(found)
            done += len(found)
            _write(claimed, rows_done=done)
    _write(claimed, content=None)


def _apply(upload: Upload, claimed: Claim) -> None:
    """Put a checked upload's changes into the ledger.

    Raises:
        RowsRefusedError: If it is all or nothing, and a row is refused.
    """
    rows = upload.rows.all()
    is_all = upload.mode == Upload.Mode.ALL
    refused = rows.filter(outcome=_OUTCOME.REFUSED).count()
    if is_all and refused:
        raise RowsRefusedError(refused, upload.rows_total)
    _write(claimed, phase=_noop("Writing the ledger"), rows_done=0)
    author = _author(upload)
    wanted = rows.filter(outcome=_OUTCOME.CHANGES)
    keys = sorted(set(wanted.order_by().values_list("line", flat=True)))
    batches = [keys[at : at + BATCH] for at in range(0, len(keys), BATCH)]
    if is_all:
        with transaction.atomic():
            for batch in batches:
                if _apply_batch(claimed, batch, author):
                    raise RowsRefusedError(1, upload.rows_total)
    else:
        for batch in batches:
            with transaction.atomic():
                _apply_batch(claimed, batch, author)
    _finish(claimed, _STATE.APPLIED)


def _apply_batch(claimed: Claim, keys: Sequence[int], author: Author) -> int:
    """Decide one batch again under lock and keep it; return how many are refused."""
    rows = UploadRow.objects.for_staff().filter(upload=claimed.upload_id)
    wanted = _read_back(rows.filter(line__in=keys, outcome=_OUTCOME.CHANGES))
    helds = hold_many(keys, timezone.now(), is_locked=True)
    verdicts = [
        judge(helds[key], answer, author)
        for key in keys
        if (answer := _answer(key, wanted[key]))
    ]
    keep_many(verdicts, author)
    kept = [one.held.line.pk for one in verdicts if not one.refusal]
    rows.filter(line__in=kept, outcome=_OUTCOME.CHANGES).update(
        outcome=_OUTCOME.CHANGED
    )
    refused = [one for one in verdicts if one.refusal]
    for one in refused:
        rows.filter(line=one.held.line).update(
            outcome=_OUTCOME.REFUSED, sentence=one.refusal[:SENTENCE_MAX]
        )
    _write(claimed, rows_done=F("rows_done") + sum(len(wanted[key]) for key in keys))
    return len(refused)


def _read_back(rows: QuerySet[UploadRow]) -> dict[int, list[Row]]:
    """Return what the check has kept, by the key of the line. One query."""
    found: dict[int, list[Row]] = defaultdict(list)
    said = ("number", "version", "quantity", "dock_date", "reason_code", "note")
    for line_id, *values in rows.values_list("line", *said):
        row = Row(order="", **dict(zip(said, values, strict=True)))
        found[line_id].append(row)
    return found


def _author(upload: Upload) -> Author:
    """Return who answers by a spreadsheet."""
    return Author(
        actor=upload.actor,
        door=Door.SPREADSHEET,
        user_id=upload.by_id,
        supplier_id=upload.supplier_id,
    )


def _by_line(rows: Iterable[Row]) -> dict[LineKey, list[Row]]:
    """Return rows by the line they name, in the order of the file.

    A row that names none stands alone.
    """
    groups: dict[LineKey, list[Row]] = defaultdict(list)
    for row in rows:
        key = ("", row.number) if row.line is None else (row.order, row.line)
        groups[key].append(row)
    return groups


def _own_lines(
    supplier: Supplier, groups: dict[LineKey, list[Row]]
) -> dict[LineKey, int]:
    """Return the keys of the supplier's lines that a file names."""
    orders = sorted({rows[0].order for rows in groups.values()})
    keys: dict[LineKey, int] = {}
    for start in range(0, len(orders), BATCH):
        lines = PurchaseOrderLine.objects.for_supplier(supplier).filter(
            purchase_order__number__in=orders[start : start + BATCH],
            commitment__isnull=False,
        )
        for key, order, number in lines.values_list(
            "pk", "purchase_order__number", "number"
        ):
            keys[order, number] = key
    return keys


def _refusal_of(rows: Sequence[Row]) -> str:
    """Return why a line's rows cannot be read together; empty if they can."""
    for row in rows:
        if row.refusal:
            return row.refusal
    said = [row for row in rows if row.quantity is not None]
    for field, word in (
        ("version", _noop("versions")),
        ("reason_code", _noop("reasons")),
        ("note", _noop("notes")),
    ):
        values = {getattr(row, field) for row in said} - {"", None}
        if len(values) > 1:
            numbers = ", ".join(str(row.number) for row in said)
            return _(
                "Rows %(rows)s are one line and give different %(what)s. Give the "
                "same in each, or in one."
            ) % {"rows": numbers, "what": _(word)}
    return ""


def _answer(line_id: int, rows: Sequence[Row]) -> Answer | None:
    """Return what a line's rows promise; None if they say nothing."""
    said = [row for row in rows if row.quantity is not None]
    if not said:
        return None
    return Answer(
        line_id=line_id,
        expected_version=said[0].version or 0,
        deliveries=tuple(
            Delivery(row.dock_date, row.quantity)
            for row in said
            if row.dock_date is not None and row.quantity is not None
        ),
        reason_code=next((row.reason_code for row in said if row.reason_code), ""),
        note=next((row.note for row in said if row.note), ""),
    )


def _told(
    upload: Upload,
    rows: Sequence[Row],
    line_id: int | None,
    verdict: Verdict | None,
    refusal: str,
) -> Iterable[UploadRow]:
    """Yield unsaved rows of one line, each with what became of it."""
    refusal = refusal or (verdict.refusal if verdict else "")
    sentence, outcome = "", _OUTCOME.UNCHANGED
    if refusal:
        outcome = _OUTCOME.REFUSED
    elif verdict is not None and verdict.decision is not None:
        outcome, sentence = _OUTCOME.CHANGES, _change_words(verdict)
    first_wrong = next((row.number for row in rows if row.refusal), None)
    for row in rows:
        words = sentence
        if refusal:
            words = row.refusal or refusal
            if first_wrong is not None and not row.refusal:
                words = _("Row %(row)s of the same line can not be read.") % {
                    "row": first_wrong
                }
        is_silent = row.quantity is None and not refusal
        yield UploadRow(
            upload=upload,
            number=row.number,
            name=row.name,
            line_id=line_id,
            version=row.version,
            quantity=row.quantity,
            dock_date=row.dock_date,
            reason_code=row.reason_code,
            note=row.note,
            outcome=_OUTCOME.UNCHANGED if is_silent else outcome,
            sentence="" if is_silent else words[:SENTENCE_MAX],
        )


def _change_words(verdict: Verdict) -> str:
    """Say what an answer changes: "60 on 14 Dec instead of 90 on 7 Dec"."""
    held, decision = verdict.held, verdict.decision
    if decision is None:
        return ""
    said = promise_words(decision.promise, held.today)
    stood = promise_words(held.promise, held.today)
    if not stood:
        return said
    return _("%(said)s instead of %(stood)s") % {"said": said, "stood": stood}
