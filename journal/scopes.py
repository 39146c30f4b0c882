"""Scopes: to which requests a client is held within what its capabilities open."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from django.urls import URLPattern, get_resolver

from journal.errors import ScopesRefusedError

if TYPE_CHECKING:
    from journal.api.resources import Resource

EVERY = "*"
READ, WRITE = "read", "write"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
SCOPES_MOST = 60
_PATTERN = re.compile(rf"(?:[a-z]+(?:-[a-z]+)*|\*):(?:{READ}|{WRITE})")


def scope_of(view: object, resource: "Resource | None", method: str) -> str:
    """Return the scope a request needs: ``purchase-orders:write``.

    Args:
        view: A view or its class; it may go by another name than its resource's.
        resource: What the view's address serves, if it serves one.
        method: Of the request.
    """
    name = getattr(view, "scope", "") or (resource.name if resource else "")
    return f"{name}:{READ if method in SAFE else WRITE}"


def by_comma(text: str) -> tuple[str, ...]:
    """Return the words of a list by comma, without spaces around them."""
    return tuple(filter(None, (word.strip() for word in text.split(","))))


def scopes_in(text: str) -> tuple[str, ...]:
    """Return the scopes in a list by comma, each ``parts:read`` or ``*:read``.

    Raises:
        ScopesRefusedError: If one is none, or there are too many; names it.
    """
    scopes = by_comma(text)
    if len(scopes) > SCOPES_MOST:
        raise ScopesRefusedError(f"Name at most {SCOPES_MOST} scopes.")
    for scope in scopes:
        if not _PATTERN.fullmatch(scope):
            raise ScopesRefusedError(
                f"{scope[:60]!r} is no scope: write purchase-orders:write, or *:read "
                "for every resource."
            )
    return scopes


def allows(text: str, scope: str) -> bool:
    """Say whether a list of scopes allows one; an empty list allows all."""
    given = scopes_in(text)
    act = scope.partition(":")[2]
    return not given or scope in given or f"*:{act}" in given


def checked_scopes(text: str) -> str:
    """Return a list of scopes as it is kept.

    Raises:
        ScopesRefusedError: If one is none of ours; names it.
    """
    scopes = scopes_in(text)
    for scope in scopes:
        if not scope.startswith(EVERY) and scope not in capabilities_by_scope():
            raise ScopesRefusedError(f"There is no scope {scope[:60]}.")
    return ", ".join(scopes)


def types_read(text: str) -> frozenset[str] | None:
    """Return the types of object that a list of scopes lets a client read.

    They are named as the journal names them. None: of every type, also of those that
    no resource shows.
    """
    given = scopes_in(text)
    if not given or f"{EVERY}:{READ}" in given:
        return None
    return frozenset(
        object_type
        for object_type, name in names_by_type().items()
        if f"{name}:{READ}" in given
    )


@cache
def names_by_type() -> Mapping[str, str]:
    """Return the resource that shows each type of object, read off the addresses."""
    resources = (given.get("resource") for _, given in _views())
    return {
        object_type: one.name
        for one in resources
        if one is not None
        for object_type in (one.object_type, *one.parts)
    }


@cache
def capabilities_by_scope() -> Mapping[str, str]:
    """Return the capability each scope needs, or several of which each will do.

    Read off the addresses: a view names its capabilities by method.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for view, given in _views():
        needed = given.get("capabilities", getattr(view, "capabilities", {}))
        for method, capability in needed.items():
            scope = scope_of(view, given.get("resource"), method)
            found[scope] |= set(capability.split())
    return {scope: " ".join(sorted(needed)) for scope, needed in sorted(found.items())}


def _views() -> Iterator[tuple[object, Mapping[str, Any]]]:
    """Yield the class of the view behind every address, and what its route gives."""
    for pattern in _addresses(get_resolver().url_patterns):
        callback = pattern.callback
        yield getattr(callback, "cls", None), getattr(callback, "initkwargs", {})


def _addresses(patterns: list[Any]) -> Iterator[URLPattern]:
    """Yield every address below some patterns."""
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        else:
            yield from _addresses(pattern.url_patterns)
