"""The factory's models, listed for Django's registry."""

from factory.models.calendar import Calendar, CalendarException, Outage, Shift
from factory.models.lane import SiteLane
from factory.models.order import ChangeDecision, Customer, Order, OrderChange
from factory.models.outlook import DemandOutlook
from factory.models.part import BomLine, Part, PartAlternate
from factory.models.power import CoolingLoop, PowerBay, PowerNode
from factory.models.recall import LotRecall
from factory.models.record import MeasuredResult, StepRecord
from factory.models.routing import FixedLag, RackModel, RoutingStep
from factory.models.site import Crew, Place, Site, StaffProfile, WorkCentre
from factory.models.stock import StockIssue, StockLot
from factory.models.unit import Unit

__all__ = [
    "BomLine",
    "Calendar",
    "CalendarException",
    "ChangeDecision",
    "CoolingLoop",
    "Crew",
    "Customer",
    "DemandOutlook",
    "FixedLag",
    "LotRecall",
    "MeasuredResult",
    "Order",
    "OrderChange",
    "Outage",
    "Part",
    "PartAlternate",
    "Place",
    "PowerBay",
    "PowerNode",
    "RackModel",
    "RoutingStep",
    "Shift",
    "Site",
    "SiteLane",
    "StaffProfile",
    "StepRecord",
    "StockIssue",
    "StockLot",
    "Unit",
    "WorkCentre",
]
