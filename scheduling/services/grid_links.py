"""The life of a link to a utility's OpenADR server: asked, answered, lost, back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from journal.services import record
from scheduling.errors import VtnError
from scheduling.models import GridLink
from scheduling.openadr.client import Vtn
from scheduling.services.grid_openadr import Applied, Listener, apply_list

FAILURE_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What a server said.

    Attributes:
        bodies: Its events as parsed JSON; None if it could not be asked.
        failure: Why not, as a sentence; empty if it could.
        reported: Whether our reports were taken.
    """

    bodies: Sequence[object] | None
    failure: str = ""
    reported: bool = False


def vtn_of(link: GridLink) -> Vtn:
    """Return the server of a link, with this site's secret.

    Raises:
        VtnError: If the environment holds no secret for the site.
    """
    secret = settings.OPENADR_SECRETS.get(link.site.code, "")
    if not secret:
        raise VtnError(
            f"OPENADR_SECRETS has no secret for {link.site.code}: the VTN of "
            f"{link.site.name} cannot be asked."
        )
    return Vtn(url=link.vtn_url, client_id=link.client_id, secret=secret)


def due(now: datetime) -> list[GridLink]:
    """Return links whose server is to be asked. One query."""
    links = GridLink.objects.filter(is_on=True).select_related("site")
    return [
        link
        for link in links
        if link.asked_at is None
        or now - link.asked_at >= timedelta(seconds=link.poll_every_s)
    ]


def fetch(vtn: Vtn, program: str, reports: Sequence[dict[str, object]] = ()) -> Fetched:
    """Ask a server for its events and send it our reports. No database.

    Reports that are not taken do not make the events worth less.
    """
    try:
        bodies = vtn.events(program)
    except VtnError as error:
        return Fetched(bodies=None, failure=str(error)[:FAILURE_MOST])
    try:
        for report in reports:
            vtn.report(report)
    except VtnError as error:
        return Fetched(bodies=bodies, failure=str(error)[:FAILURE_MOST])
    return Fetched(bodies=bodies, reported=bool(reports))


def mark_asked(link: GridLink, now: datetime) -> None:
    """Note that a server is being asked, before it is. One UPDATE."""
    GridLink.objects.filter(pk=link.pk).update(asked_at=now)


@transaction.atomic
def note(link: GridLink, fetched: Fetched, now: datetime) -> list[Applied]:
    """Write down what a server said and bring the site's caps to it.

    Contact counts as lost once no answer has come for ``lost_after_s``: the
    subscription then holds. Both the loss and the return are events.
    """
    link = (
        GridLink.objects.select_for_update(of=("self",))
        .select_related("site")
        .get(pk=link.pk)
    )
    link.failure = fetched.failure
    found: list[Applied] = []
    if fetched.bodies is not None:
        listener = Listener(site=link.site, target=link.target, program=link.program)
        found = apply_list(fetched.bodies, listener=listener, actor="system", now=now)
        link.answered_at = now
    if fetched.reported:
        link.reported_at = now
    since = link.answered_at or link.asked_at or now
    is_lost = now - since > timedelta(seconds=link.lost_after_s)
    if is_lost != link.is_lost:
        link.is_lost = is_lost
        _record_contact(link)
    link.save(
        update_fields=["failure", "answered_at", "reported_at", "is_lost"],
    )
    return found


def _record_contact(link: GridLink) -> None:
    """Append that contact is lost, or back."""
    word = "lost" if link.is_lost else "back"
    record(
        kind=f"grid.contact_{word}",
        about=link,
        actor="system",
        scope=f"site:{link.site_id}",
        summary=f"Contact with the utility of {link.site.name} is {word}",
        after={"is_lost": link.is_lost, "failure": link.failure},
    )
