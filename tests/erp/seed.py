"""Fill an empty Tryton: a company that buys racks' parts; run by Tryton's own Python.

``python seed.py CONFIG DATABASE CODES`` where CODES is JSON with the site, suppliers
and parts as Rackline names them. Prints the key of a REST application.
"""

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

from proteus import Model, config
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear
from trytond.modules.account_invoice.tests.tools import (
    set_fiscalyear_invoice_sequences,
)
from trytond.modules.company.tests.tools import create_company

MODULES = ("purchase", "stock_supply", "purchase_request", "production")


def make_database(settings: str, database: str) -> None:
    """Create the tables and activate the modules, about a minute."""
    with tempfile.NamedTemporaryFile("w", suffix=".password") as password:
        password.write("admin")
        password.flush()
        admin = [Path(sys.executable).with_name("trytond-admin"), "-c", settings]
        modules = ["-u", *MODULES, "--activate-dependencies"]
        subprocess.run(
            [*admin, "-d", database, *modules, "--email", "erp@example.com"],
            env=os.environ | {"TRYTONPASSFILE": password.name},
            check=True,
        )


def fill(codes: dict[str, list[str]]) -> str:
    """Create company, accounts, supplier parties and parts; return the key."""
    create_company()
    create_chart()
    today = dt.date.today()  # noqa: DTZ011 - the day Tryton itself takes
    year = set_fiscalyear_invoice_sequences(create_fiscalyear(today=today))
    year.click("create_period")
    for code in codes["suppliers"]:
        party = Model.get("party.party")(name=f"{code.capitalize()} Works", code=code)
        party.addresses[0].street = "Dock 1"
        party.save()
    category = Model.get("product.category")(name="Parts", accounting=True)
    account = Model.get("account.account")
    (category.account_expense,) = account.find([("type.expense", "=", True)], limit=1)
    category.save()
    (unit,) = Model.get("product.uom").find([("name", "=", "Unit")])
    for code in codes["parts"]:
        template = Model.get("product.template")(name=code, type="goods")
        template.default_uom = unit
        template.purchasable = True
        template.cost_price_method = "fixed"
        template.list_price = Decimal(9)
        template.account_category = category
        template.code = code
        template.save()
    location = Model.get("stock.location")
    (warehouse,) = location.find([("type", "=", "warehouse")], limit=1)
    warehouse.code = codes["site"][0]
    warehouse.save()
    application = Model.get("res.user.application")(application="rest")
    application.user = Model.get("res.user").find([("login", "=", "admin")])[0]
    application.save()
    if application.state != "validated":
        application.click("validate_")
    return str(application.key)


if __name__ == "__main__":
    _, settings, database, text = sys.argv
    make_database(settings, database)
    config.set_trytond(database, config_file=settings)
    print(fill(json.loads(text)))
