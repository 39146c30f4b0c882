"""Rows that belong to one supplier, out of reach until somebody says whose.

``PurchaseOrderLine.objects.all()`` raises. A page for suppliers says
``objects.for_supplier(...)``; everything else says ``objects.for_staff()``, and means
every supplier's rows.
"""

from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from django.db import models

from suppliers.errors import UnscopedQueryError

if TYPE_CHECKING:
    from suppliers.models.supplier import Supplier


class _Owned(Protocol):
    """A model that says how to get from its rows to their supplier."""

    SUPPLIER_PATH: str


Row_co = TypeVar("Row_co", bound=models.Model, covariant=True)


class TenantManager(models.Manager[Row_co]):
    """The two doors to rows of one model, and the refusal of every other way.

    The model names the way to its supplier in ``SUPPLIER_PATH``. A manager that hangs
    on a row (``line.receipts``) is open, since the row was reached through a door.
    """

    def get_queryset(self) -> models.QuerySet[Row_co]:
        """Return the rows that hang on one row already reached.

        Raises:
            UnscopedQueryError: If nobody said whose rows are meant.
        """
        if getattr(self, "instance", None) is None:
            raise UnscopedQueryError(self.model.__name__)
        return super().get_queryset()

    def for_supplier(self, supplier: "Supplier") -> models.QuerySet[Row_co]:
        """Return one supplier's rows and nobody else's."""
        path = cast("_Owned", self.model).SUPPLIER_PATH
        return super().get_queryset().filter(**{path: supplier})

    def for_staff(self) -> models.QuerySet[Row_co]:
        """Return every supplier's rows: for staff, planning, ERP and imports only."""
        return super().get_queryset()

    def create(self, **values: Any) -> Row_co:
        """Insert one row; the caller says whose it is by what it hangs on."""
        return super().get_queryset().create(**values)

    def bulk_create(self, *args: Any, **options: Any) -> list[Row_co]:
        """Insert many rows, as Django's own does."""
        return super().get_queryset().bulk_create(*args, **options)
