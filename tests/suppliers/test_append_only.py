"""What was said cannot be edited or erased: the database itself refuses."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from suppliers.models import CommitRevision, Tranche
from tests.builders.suppliers import a_commitment, a_finding

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("model", [CommitRevision, Tranche])
def test_what_was_said_is_never_changed(model):
    a_commitment()
    row = model.objects.for_staff().get()

    with (
        pytest.raises(IntegrityError, match="is append-only"),
        transaction.atomic(),
    ):
        model.objects.for_staff().update(quantity=1)

    assert model.objects.for_staff().get().quantity == row.quantity


def test_a_promised_date_is_not_moved_by_hand():
    a_commitment()
    tranche = Tranche.objects.for_staff().get()
    tranche.dock_date += timedelta(days=1)

    with (
        pytest.raises(IntegrityError, match="suppliers_tranche is append-only"),
        transaction.atomic(),
    ):
        tranche.save()


@pytest.mark.parametrize(
    "table", ["suppliers_commitrevision", "suppliers_tranche", "suppliers_finding"]
)
def test_what_was_said_is_never_erased_even_by_raw_sql(table):
    line = a_commitment().line
    a_finding(line)

    with (
        pytest.raises(IntegrityError, match=f"{table} is append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"DELETE FROM {table}")  # noqa: S608 - one of two names above
