"""Both systems and a connector between them, for tests that cut the wires."""

from datetime import timedelta
from pathlib import Path

from journal.sequencing import sequence
from suppliers.connectors.tryton import Report, Settings, run_once
from tests.builders.api import Caller, to_rackline
from tests.builders.factory import a_part, a_site
from tests.builders.suppliers import a_supplier
from tests.builders.tryton import FakeTryton, Wire


class Rig:
    """Both systems, the wires between, and a book in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        """Make a site, a supplier and a part both systems know."""
        a_site(code="MTY", zone="America/Monterrey")
        a_supplier(code="tessaline")
        a_part(code="SENSOR")
        self.there = FakeTryton()
        self.erp = Caller(sensitive_data=True)
        self.book = folder / "book" / "tryton.json"
        self.waits: list[float] = []
        self.renew()

    def renew(self) -> None:
        """Start a new process of the connector: new wires, the same book."""
        self.to_tryton = Wire(self.there.transport)
        self.to_rackline = Wire(to_rackline())

    def cycle(self) -> Report:
        """Number what happened here, as the dispatcher does, and do one cycle."""
        sequence(limit=10_000)
        return run_once(
            Settings(
                tryton_url="http://tryton.example/erp",
                tryton_key="secret",
                company=1,
                rackline_url="http://testserver",
                rackline_key=self.erp.key,
                system=self.erp.client.system,
                book=self.book,
                back=timedelta(days=30),
            ),
            tryton=self.to_tryton,
            rackline=self.to_rackline,
            sleep=self.waits.append,
        )
