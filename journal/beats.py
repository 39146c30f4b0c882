"""Signs of life: each long-running process says in the database that it is there."""

from django.db.models.functions import Now

from journal.models import ProcessBeat


def beat(name: str) -> None:
    """Note that a process is alive now, by the database's clock. One UPDATE."""
    if not ProcessBeat.objects.filter(name=name).update(at=Now()):
        ProcessBeat.objects.update_or_create(name=name, defaults={"at": Now()})
