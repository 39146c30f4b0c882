"""What a client may learn of the journal, by capability and scopes, and by wish.

The change feed and the webhooks read the same tables, so that a client is never sent
what it could not read.
"""

import re
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Final

from django.db.models import Q

from journal.errors import KindsRefusedError
from journal.models import ApiClient, Event
from journal.scopes import by_comma, types_read

OWN_AFFAIRS: Final = ("api_client.*", "integration.*", "webhook.*")
"""What concerns keys and endpoints; for administrators, on their page."""

PLANNING: Final = ("plan.*", "run.*")
"""All that a client learns that starts runs and may not read orders."""

KINDS_MOST = 20
KIND = r"[a-z_]+(\.[a-z_]+)+|[a-z_]+\.\*"
_PATTERN = re.compile(KIND)


def kinds_of(text: str) -> tuple[str, ...]:
    """Return kinds of event from a list by comma, each whole or ending in ``.*``.

    Raises:
        KindsRefusedError: If one is neither, or there are too many; names it.
    """
    kinds = by_comma(text)
    if len(kinds) > KINDS_MOST:
        raise KindsRefusedError(f"Name at most {KINDS_MOST} kinds of event.")
    for kind in kinds:
        if not _PATTERN.fullmatch(kind):
            raise KindsRefusedError(
                f"{kind[:60]!r} is no kind of event: write it whole, such as "
                "commitment.changed, or commitment.* for all of an object."
            )
    return kinds


def is_of(kind: str, kinds: Sequence[str]) -> bool:
    """Tell whether a kind is one of some patterns."""
    return any(
        kind.startswith(wanted[:-1]) if wanted.endswith(".*") else kind == wanted
        for wanted in kinds
    )


def of_kinds(kinds: Sequence[str]) -> Q:
    """Return the condition on events to be of some patterns; at least one."""
    return reduce(
        or_,
        (
            Q(kind__startswith=wanted[:-1]) if wanted.endswith(".*") else Q(kind=wanted)
            for wanted in kinds
        ),
    )


def may_learn(client: ApiClient, event: Event) -> bool:
    """Tell whether a client may learn of an event."""
    types = types_read(client.scopes)
    if types is not None and event.object_type not in types:
        return False
    if client.sensitive_data:
        return not is_of(event.kind, OWN_AFFAIRS)
    return client.code_execution and is_of(event.kind, PLANNING)


def learnt_by(client: ApiClient) -> Q:
    """Return the condition on events that a client may learn of them."""
    types = types_read(client.scopes)
    within = Q() if types is None else Q(object_type__in=sorted(types))
    if client.sensitive_data:
        return within & ~of_kinds(OWN_AFFAIRS)
    return within & of_kinds(PLANNING) if client.code_execution else Q(pk__in=())
