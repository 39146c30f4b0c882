"""A worker's part in a bulk operation: from the items sent to a result each."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from journal import operations
from journal.api.writing import (
    CHUNK,
    FAILED,
    Read,
    Stating,
    Upsert,
    counted,
    external_id_of,
    read_items,
    stating,
    write_items,
)
from journal.errors import OperationFencedOutError
from journal.models import BulkOperation
from journal.operations import Claim
from journal.wording import counted as in_words

HOLD_S_AN_ITEM = 0.01
"""All or nothing says nothing until its end, and is given so long an item."""

Results = list[dict[str, Any]]


def work(claimed: Claim, upserts: Mapping[str, Upsert]) -> None:
    """Take a claimed operation to its end.

    Args:
        claimed: The right to write to it.
        upserts: How each resource is written, by its name.

    Raises:
        Exception: What nobody expected; the next attempt follows at once.
    """
    operation = BulkOperation.objects.select_related("client").get(
        pk=claimed.operation_id
    )
    try:
        if not operation.client.is_active:
            refusal = "client_is_off", f"{operation.client.name} was switched off."
            operations.finish(claimed, stored=operation.items_done > 0, refusal=refusal)
            return
        writer = _Writer(claimed, operation, upserts[operation.resource])
        if operation.is_atomic or operation.is_dry_run:
            writer.write_whole()
        else:
            writer.write_on()
    except OperationFencedOutError:
        return
    except Exception:
        operations.give_back(claimed)
        raise


class _Writer:
    """One attempt at an operation."""

    def __init__(
        self, claimed: Claim, operation: BulkOperation, upsert: Upsert
    ) -> None:
        """Read what was sent."""
        self.claimed = claimed
        self.operation = operation
        self.upsert = upsert
        self.sent = operations.items_of(operation)
        self.by: Stating = stating(operation.client)

    def write_on(self) -> None:
        """Store chunk by chunk, from where an earlier attempt was lost.

        A chunk, its results and the place reached are one transaction, so that each
        item is stored once however often workers are killed.
        """
        done = self.operation.items_done
        seen = {external_id_of(one) for one in self.sent[:done]} - {""}
        while done < len(self.sent) and not operations.is_cancel_requested(
            self.claimed
        ):
            with transaction.atomic():
                items = self._read(self.sent[done : done + CHUNK])
                results = self._store(done, items, seen)
                self._keep(results)
            done += len(results)
        operations.finish(self.claimed, stored=done > 0)

    def write_whole(self) -> None:
        """Store all or nothing, in one transaction; a dry run always nothing.

        Everything is looked at before, so that there is something to see of it: what
        one transaction has stored so far nobody sees.
        """
        items = self._look()
        operations.hold(self.claimed, seconds=HOLD_S_AN_ITEM * len(self.sent))
        results: Results = []
        seen: set[str] = set()
        with transaction.atomic():
            with transaction.atomic():
                for at in range(0, len(items), CHUNK):
                    if operations.is_cancel_requested(self.claimed):
                        results = []
                        break
                    results += self._store(at, items[at : at + CHUNK], seen)
                failed = sum(one["outcome"] == FAILED for one in results)
                is_refused = self.operation.is_atomic and failed > 0
                is_stored = bool(results) and not (
                    is_refused or self.operation.is_dry_run
                )
                if not is_stored:
                    transaction.set_rollback(True)
            self._keep(results)
            refusal = _refused(failed, len(results)) if is_refused else ("", "")
            operations.finish(self.claimed, stored=is_stored, refusal=refusal)

    def _look(self) -> list[Read]:
        """Look at every item by itself, and say how far that is; none if cancelled."""
        items: list[Read] = []
        while len(items) < len(self.sent):
            if operations.is_cancel_requested(self.claimed):
                return []
            items += self._read(self.sent[len(items) : len(items) + CHUNK])
            operations.keep_checked(self.claimed, len(items))
        return items

    def _read(self, sent: Sequence[object]) -> list[Read]:
        """Look at some items; a malformed one is a result like any other."""
        return read_items(self.upsert, sent)

    def _store(self, first: int, items: Sequence[Read], seen: set[str]) -> Results:
        """Store some items that were looked at."""
        return write_items(self.upsert, items, self.by, first=first, seen=seen)

    def _keep(self, results: Results) -> None:
        """Keep results beside what they tell of."""
        operations.keep_results(self.claimed, results, counted(results))


def _refused(failed: int, total: int) -> tuple[str, str]:
    """Return code and sentence of an operation that was all or nothing."""
    sentence = (
        f"{in_words(failed, 'item')} of {total:,} failed and all or nothing was asked "
        "for: nothing is stored. The results name each."
    )
    return "items_failed", sentence
