"""Orders over the API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from factory.api.serializers import OrderPushRequest, order_push
from factory.services.orders import OrderRefusedError, push_order
from journal.api.bulk import (
    BULK_PARAMETERS,
    BulkResult,
    ItemRefusedError,
    Written,
    write_request,
)
from journal.api.views import ClientView, once


class OrderUpsertView(ClientView):
    """Create and change orders by the ERP's own ids."""

    capabilities = {"POST": "sensitive_data"}
    query_parameters = frozenset({"atomic", "dry_run"})

    @extend_schema(
        operation_id="orders_bulk_upsert",
        parameters=BULK_PARAMETERS,
        request=OrderPushRequest,
        responses={200: BulkResult, 422: BulkResult},
    )
    @once
    def post(self, request: Request) -> Response:
        """Bring orders to the state the ERP states."""
        return write_request(
            request, serializer=OrderPushRequest, key="orders", write=self._write
        )

    def _write(self, values: dict[str, Any]) -> Written:
        """Store one item."""
        try:
            order, outcome = push_order(
                push=order_push(values), system=self.client.system, actor=self.actor
            )
        except OrderRefusedError as error:
            raise ItemRefusedError(error.field, error.code, str(error)) from error
        return Written(id=order.number, outcome=outcome.value)
