"""What an ERP calls objects that it does not write itself."""

from django.db import IntegrityError, models, transaction

from journal.errors import NameTakenError
from journal.models import Reference
from journal.services import record


@transaction.atomic
def name_object(
    *, about: models.Model, one: str, system: str, external_id: str, actor: str
) -> bool:
    """Let an object go by an ERP's own id; return whether that is new. Three queries.

    Each system has one id of an object; another one takes its place.

    Args:
        about: Saved.
        one: What it is, in sentences: ``shipment``.
        system: The ERP's name.
        external_id: Its id of the object, not empty.
        actor: ``client:3``.

    Raises:
        NameTakenError: If another object of the kind goes by that id.
    """
    kind = about._meta.model_name or ""  # noqa: SLF001 - Django's documented door
    ours = Reference.objects.filter(system=system, object_type=kind)
    known = ours.select_for_update().filter(object_id=about.pk).first()
    before = known.external_id if known else None
    if before == external_id:
        return False
    row = known or Reference(system=system, object_type=kind, object_id=about.pk)
    row.external_id = external_id
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise NameTakenError(one, f"{system}:{external_id}") from error
    record(
        kind=f"{one.replace(' ', '_')}.named",
        about=about,
        actor=actor,
        summary=f"{one.capitalize()} {str(about)[:100]} is {system}:{external_id}",
        before={"system": system, "external_id": before} if before else None,
        after={"system": system, "external_id": external_id},
    )
    return True
