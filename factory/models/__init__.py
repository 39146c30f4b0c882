"""The factory's models, listed for Django's registry."""

from factory.models.calendar import Calendar, CalendarException, Outage, Shift
from factory.models.order import Customer, Order, OrderChange
from factory.models.outlook import DemandOutlook
from factory.models.part import BomLine, Part, PartAlternate
from factory.models.power import CoolingLoop, PowerBay, PowerNode
from factory.models.record import MeasuredResult, StepRecord
from factory.models.routing import FixedLag, RackModel, RoutingStep
from factory.models.site import Crew, Place, Site, StaffProfile, WorkCentre
from factory.models.stock import StockIssue, StockLot
from factory.models.unit import Unit

__all__ = [
    "BomLine",
    "Calendar",
    "CalendarException",
    "CoolingLoop",
    "Crew",
    "Customer",
    "DemandOutlook",
    "FixedLag",
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
    "StaffProfile",
    "StepRecord",
    "StockIssue",
    "StockLot",
    "Unit",
    "WorkCentre",
]
