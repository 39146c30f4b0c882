"""The suppliers' models, listed for Django's registry."""

from suppliers.models.commitment import Commitment, CommitRevision, Tranche
from suppliers.models.need import LineNeed
from suppliers.models.purchase_order import PurchaseOrder, PurchaseOrderLine
from suppliers.models.receipt import Receipt
from suppliers.models.supplier import Source, Supplier, SupplierUser

__all__ = [
    "CommitRevision",
    "Commitment",
    "LineNeed",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "Receipt",
    "Source",
    "Supplier",
    "SupplierUser",
    "Tranche",
]
