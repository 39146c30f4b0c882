"""Filters and tags for the ledger's templates: promises in words, who said it."""

from django import template
from django.urls import reverse
from django.utils import timezone

from suppliers import sentences
from suppliers.ledger import Promise
from suppliers.models import CommitRevision

register = template.Library()


@register.filter
def promise_words(promise: Promise) -> str:
    """Word a promise: "87 on 3 Dec, 87 on 9 Dec"."""
    return sentences.promise_words(promise, timezone.localdate())


@register.filter
def author(revision: CommitRevision) -> str:
    """Name who said it: the person, else the client or the system."""
    if revision.by is None:
        return revision.actor
    return revision.by.get_full_name() or revision.by.get_username()


@register.simple_tag
def answer_url(address: str, verb: str, key: int) -> str:
    """Return where an answer is sent: ``portal`` or ``commitment``, and the verb."""
    return reverse(f"{address}_{verb}", args=[key])
