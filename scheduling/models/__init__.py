"""The scheduling app's models, listed for Django's registry."""

from scheduling.models.acknowledgement import PromiseAcknowledgement
from scheduling.models.grid import GridEvent
from scheduling.models.plan import (
    Blob,
    LimitAttribution,
    Pegging,
    Plan,
    PlannedRack,
    PlannedStep,
)
from scheduling.models.publication import CustomerPromise, Publication
from scheduling.models.quote import Booking, Quote
from scheduling.models.run import Run
from scheduling.models.scenario import Scenario

__all__ = [
    "Blob",
    "Booking",
    "CustomerPromise",
    "GridEvent",
    "LimitAttribution",
    "Pegging",
    "Plan",
    "PlannedRack",
    "PlannedStep",
    "PromiseAcknowledgement",
    "Publication",
    "Quote",
    "Run",
    "Scenario",
]
