"""What a database holds as one digest, the same for the same rows in every database."""

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db import models

UNSTABLE = frozenset({"password", "last_login"})
"""Salted, or set by use."""
ACTOR = re.compile(r"user:(\d+)")
"""Text that names a user by key."""


def digest_of(classes: Iterable[type[models.Model]]) -> str:
    """Return the SHA-256 of every row of some models, in order of primary key.

    A primary key counts as the row's place among its model's rows, so that a sequence
    that has lost numbers to a rollback does not matter.
    """
    places: dict[type[models.Model], dict[Any, int]] = {}
    digest = hashlib.sha256()
    for model in classes:
        for line in _lines(model, places):
            digest.update(json.dumps(line, default=str).encode())
    return digest.hexdigest()


def _lines(model, places):
    """Yield the rows of one model as plain values."""
    yield model._meta.label
    fields = [f for f in model._meta.concrete_fields if f.name not in UNSTABLE]
    for row in model._base_manager.order_by("pk"):
        yield [_value(row, field, places) for field in fields]
    for field in model._meta.many_to_many:
        through = field.remote_field.through
        ends = [f for f in through._meta.concrete_fields if f.is_relation]
        pairs = [
            [_value(row, end, places) for end in ends] for row in through.objects.all()
        ]
        yield from sorted(pairs)


def _value(row, field, places):
    """Return one value; a key becomes a place."""
    value = getattr(row, field.attname)
    if field.is_relation:
        return None if value is None else _place(field.related_model, value, places)
    if field.primary_key:
        return _place(type(row), value, places)
    if isinstance(value, str) and (actor := ACTOR.fullmatch(value)):
        return f"user:{_place(User, int(actor[1]), places)}"
    return value


def _place(model, pk, places):
    """Return a row's place among the rows of its model."""
    if model not in places:
        keys = model._base_manager.order_by("pk").values_list("pk", flat=True)
        places[model] = {key: place for place, key in enumerate(keys)}
    return places[model][pk]
