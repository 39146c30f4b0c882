"""Promise dates to read."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from journal.api.views import ClientView
from scheduling.api.serializers import PageOptions, PromiseDatePage
from scheduling.models import CustomerPromise


class PromiseDateView(ClientView):
    """The outward ledger, oldest first: what an ERP writes back."""

    capabilities = {"GET": "sensitive_data"}
    query_parameters = frozenset({"cursor", "limit"})

    @extend_schema(
        operation_id="promise_dates_list",
        parameters=[PageOptions],
        responses={200: PromiseDatePage},
    )
    def get(self, request: Request) -> Response:
        """Return promise dates made after the cursor. Two queries."""
        options = PageOptions(data=request.query_params.dict())
        options.is_valid(raise_exception=True)
        cursor, limit = (
            options.validated_data["cursor"],
            options.validated_data["limit"],
        )
        rows = list(
            CustomerPromise.objects.filter(pk__gt=cursor)
            .select_related("order", "publication")
            .order_by("pk")[: limit + 1]
        )
        shown = rows[:limit]
        page = PromiseDatePage(
            {
                "items": shown,
                "next_cursor": shown[-1].pk if shown else cursor,
                "has_more": len(rows) > limit,
            }
        )
        return Response(page.data)
