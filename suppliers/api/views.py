"""Purchase orders over the API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from journal.api.bulk import (
    BULK_PARAMETERS,
    BulkResult,
    ItemRefusedError,
    Written,
    write_request,
)
from journal.api.views import ClientView, once
from suppliers.api.serializers import (
    PurchaseOrderPushRequest,
    purchase_order_push,
)
from suppliers.services.purchase_orders import (
    PurchaseOrderRefusedError,
    push_purchase_order,
)


class PurchaseOrderUpsertView(ClientView):
    """Create and change purchase orders by the ERP's own ids."""

    capabilities = {"POST": "sensitive_data"}
    query_parameters = frozenset({"atomic", "dry_run"})

    @extend_schema(
        operation_id="purchase_orders_bulk_upsert",
        parameters=BULK_PARAMETERS,
        request=PurchaseOrderPushRequest,
        responses={200: BulkResult, 422: BulkResult},
    )
    @once
    def post(self, request: Request) -> Response:
        """Bring purchase orders to the state the ERP states."""
        return write_request(
            request,
            serializer=PurchaseOrderPushRequest,
            key="purchase_orders",
            write=self._write,
        )

    def _write(self, values: dict[str, Any]) -> Written:
        """Store one item."""
        try:
            order, outcome = push_purchase_order(
                push=purchase_order_push(values),
                system=self.client.system,
                actor=self.actor,
            )
        except PurchaseOrderRefusedError as error:
            raise ItemRefusedError(error.field, error.code, str(error)) from error
        return Written(id=order.number, outcome=outcome.value)
