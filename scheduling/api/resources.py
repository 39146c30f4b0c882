"""Every resource of the API, in the order of the contract."""

from factory.api.orders import ORDER_CHANGES, ORDERS
from factory.api.parts import PARTS
from suppliers.api.purchase_orders import PURCHASE_ORDERS

RESOURCES = (
    PARTS,
    ORDERS,
    ORDER_CHANGES,
    PURCHASE_ORDERS,
)
