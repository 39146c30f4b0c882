"""A process that lives says so, by the database's clock."""

from datetime import timedelta

import pytest
from django.utils import timezone

from journal.beats import beat
from journal.models import ProcessBeat


@pytest.mark.django_db
def test_the_first_sign_of_life_makes_the_row():
    beat("dispatch")

    row = ProcessBeat.objects.get(name="dispatch")
    assert abs(timezone.now() - row.at) < timedelta(seconds=30)


@pytest.mark.django_db
def test_a_later_sign_of_life_moves_the_same_row():
    long_ago = timezone.now() - timedelta(days=1)
    ProcessBeat.objects.create(name="dispatch", at=long_ago)

    beat("dispatch")

    row = ProcessBeat.objects.get()
    assert row.at - long_ago > timedelta(hours=23)
