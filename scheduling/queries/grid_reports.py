"""What a site tells its utility: the import it will take, and what it could shed."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from scheduling.blobs import load_problem, load_schedule
from scheduling.clock import SiteClock
from scheduling.engine.errors import InvalidProblemError
from scheduling.engine.shedding import available
from scheduling.errors import DamagedBlobError
from scheduling.models import GridEvent, GridLink, Publication

HOURS = 24
MINUTES_PER_HOUR = 60
FORECAST = "USAGE_FORECAST"
SHEDDABLE = "LOAD_SHED_DELTA_AVAILABLE"


def reports_of(link: GridLink, now: datetime) -> list[dict[str, Any]]:
    """Return one report for each OpenADR event that is not over, hour by hour.

    Nothing where no plan is in force, for then nothing is known. Four queries.
    """
    events = GridEvent.objects.filter(
        site=link.site_id,
        source=GridEvent.Source.OPENADR,
        state=GridEvent.State.ANNOUNCED,
        ends_at__gt=now,
    ).order_by("starts_at", "pk")
    keys = {
        row.external_id.removeprefix("openadr:").rpartition("#")[0]: row.program
        for row in events
    }
    forecast = forecast_of(link.site_id, now) if keys else None
    if forecast is None:
        return []
    return [_report(link, key, program, forecast) for key, program in keys.items()]


def forecast_of(
    site_id: int, now: datetime
) -> tuple[datetime, list[int], list[int]] | None:
    """Return the present hour, and watts of import and sheddable import by the hour.

    Of the plan in force, each the mean over the hour; None where there is none.
    """
    publication = (
        Publication.objects.filter(site=site_id)
        .select_related("plan")
        .order_by("-number")
        .first()
    )
    if publication is None:
        return None
    try:
        problem = load_problem(publication.plan)
        schedule = load_schedule(publication.plan)
    except (DamagedBlobError, InvalidProblemError):
        return None
    clock = SiteClock(epoch=publication.plan.epoch, zone=ZoneInfo(problem.zone))
    hour = now.replace(minute=0, second=0, microsecond=0)
    first = max(0, clock.minute(hour))
    window = (first, first + HOURS * MINUTES_PER_HOUR)
    load, sheddable = available(problem, schedule, window=window)
    return (
        clock.moment(first),
        [int(row.mean()) for row in load.reshape(HOURS, MINUTES_PER_HOUR)],
        [int(row.mean()) for row in sheddable.reshape(HOURS, MINUTES_PER_HOUR)],
    )


def _report(
    link: GridLink,
    key: str,
    program: str,
    forecast: tuple[datetime, list[int], list[int]],
) -> dict[str, Any]:
    """Return one report in OpenADR's form, in kilowatts."""
    start, load, sheddable = forecast
    return {
        "objectType": "REPORT",
        "programID": program,
        "eventID": key,
        "clientName": link.client_id,
        "reportName": f"{link.site.code} forecast",
        "payloadDescriptors": [
            {
                "objectType": "REPORT_PAYLOAD_DESCRIPTOR",
                "payloadType": kind,
                "readingType": "FORECAST",
                "units": "KW",
            }
            for kind in (FORECAST, SHEDDABLE)
        ],
        "resources": [
            {
                "resourceName": link.target or link.site.code,
                "intervalPeriod": {
                    "start": _written(start),
                    "duration": "PT1H",
                },
                "intervals": [
                    {
                        "id": number,
                        "payloads": [
                            {"type": FORECAST, "values": [round(taken / 1_000, 1)]},
                            {"type": SHEDDABLE, "values": [round(free / 1_000, 1)]},
                        ],
                    }
                    for number, (taken, free) in enumerate(
                        zip(load, sheddable, strict=True)
                    )
                ],
            }
        ],
    }


def _written(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
