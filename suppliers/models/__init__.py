"""The suppliers' models, listed for Django's registry."""

from suppliers.models.calendar_feed import CalendarFeed
from suppliers.models.commitment import Commitment, CommitRevision, Tranche
from suppliers.models.delegation import Delegation
from suppliers.models.derived import ArrivalHabit, Score
from suppliers.models.dispute import Dispute, DisputeAnswer
from suppliers.models.forecast import (
    DeclaredCapacity,
    ForecastBucket,
    ForecastLook,
    ForecastResponse,
    ForecastRevision,
)
from suppliers.models.mail import AnswerLink, Message, MessageLine
from suppliers.models.need import LineNeed
from suppliers.models.purchase_order import PurchaseOrder, PurchaseOrderLine
from suppliers.models.quiet_day import QuietDay
from suppliers.models.receipt import Finding, Receipt
from suppliers.models.request_change import RequestChange
from suppliers.models.shipment import Shipment, ShipmentLine, ShipmentSerial
from suppliers.models.supplier import Source, Supplier, SupplierUser
from suppliers.models.upload import Upload, UploadRow

__all__ = [
    "AnswerLink",
    "ArrivalHabit",
    "CalendarFeed",
    "CommitRevision",
    "Commitment",
    "DeclaredCapacity",
    "Delegation",
    "Dispute",
    "DisputeAnswer",
    "Finding",
    "ForecastBucket",
    "ForecastLook",
    "ForecastResponse",
    "ForecastRevision",
    "LineNeed",
    "Message",
    "MessageLine",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "QuietDay",
    "Receipt",
    "RequestChange",
    "Score",
    "Shipment",
    "ShipmentLine",
    "ShipmentSerial",
    "Source",
    "Supplier",
    "SupplierUser",
    "Tranche",
    "Upload",
    "UploadRow",
]
