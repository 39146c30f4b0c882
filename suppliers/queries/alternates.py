"""Which parts may come in place of the one ordered."""

from datetime import date

from factory.models import Part, PartAlternate


def approved_alternates(part_id: int, *, by: date) -> list[Part]:
    """Return the alternates approved for a part by a day, by code. One query."""
    rows = (
        PartAlternate.objects.filter(part=part_id, valid_from__lte=by)
        .select_related("alternate")
        .order_by("alternate__code")
    )
    return [row.alternate for row in rows]
