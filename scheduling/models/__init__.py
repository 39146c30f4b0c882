"""The scheduling app's models, listed for Django's registry."""

from scheduling.models.acknowledgement import PromiseAcknowledgement
from scheduling.models.grid import (
    FlexibleCurve,
    GridContract,
    GridEvent,
    GridLink,
    GridSeries,
    MeteredPeak,
    Shed,
)
from scheduling.models.part import RunPart
from scheduling.models.pin import Pin, PlanEdit
from scheduling.models.plan import (
    Blob,
    LimitAttribution,
    Pegging,
    Plan,
    PlanDrawing,
    PlannedRack,
    PlannedStep,
)
from scheduling.models.policy import AutoRepair, RepairPolicy
from scheduling.models.preview import ChangePreview
from scheduling.models.publication import CustomerPromise, Publication
from scheduling.models.quote import Booking, Quote
from scheduling.models.risk import Risk
from scheduling.models.run import Run
from scheduling.models.scenario import Scenario
from scheduling.models.site_move import SiteMove
from scheduling.models.study import LimitSaving, OrderSaving, RackSaving, Study
from scheduling.models.workspace import SavedView, Snooze

__all__ = [
    "AutoRepair",
    "Blob",
    "Booking",
    "ChangePreview",
    "CustomerPromise",
    "FlexibleCurve",
    "GridContract",
    "GridEvent",
    "GridLink",
    "GridSeries",
    "LimitAttribution",
    "LimitSaving",
    "MeteredPeak",
    "OrderSaving",
    "Pegging",
    "Pin",
    "Plan",
    "PlanDrawing",
    "PlanEdit",
    "PlannedRack",
    "PlannedStep",
    "PromiseAcknowledgement",
    "Publication",
    "Quote",
    "RackSaving",
    "RepairPolicy",
    "Risk",
    "Run",
    "RunPart",
    "SavedView",
    "Scenario",
    "Shed",
    "SiteMove",
    "Snooze",
    "Study",
]
