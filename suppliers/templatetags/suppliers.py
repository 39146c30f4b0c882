"""Filters and tags for the ledger's templates: promises in words, who said it."""

from django import template
from django.utils import timezone

from suppliers import sentences
from suppliers.ledger import Promise
from suppliers.models import CommitRevision
from suppliers.queries.portal import OwnLine
from suppliers.web.cards import title_of
from suppliers.web.places import Place

register = template.Library()


@register.filter
def promise_words(promise: Promise) -> str:
    """Word a promise: "87 on 3 Dec, 87 on 9 Dec"."""
    return sentences.promise_words(promise, timezone.localdate())


register.filter("pieces", sentences.pieces)
register.filter("lines", sentences.lines)
register.filter("line_words", sentences.line_words)


@register.filter
def author(revision: CommitRevision) -> str:
    """Name who said it: the person, else the client or the system."""
    if revision.by is None:
        return revision.actor
    return revision.by.get_full_name() or revision.by.get_username()


@register.filter
def card_title(own: OwnLine) -> str:
    """Say in one sentence why a line is shown, or how it stands."""
    return title_of(own)


@register.simple_tag
def answer_url(address: str | Place, verb: str, key: int) -> str:
    """Return where an answer is sent: a place, or its prefix, and the verb."""
    place = address if isinstance(address, Place) else Place(address)
    return place.url(verb, key)


@register.simple_tag
def place_url(place: Place, name: str = "", *keys: int) -> str:
    """Return an address of the door the reader came in by: ``line`` and its key."""
    return place.url(name, *keys)
