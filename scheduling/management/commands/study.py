"""``manage.py study``: prove what lifting each limit of a plan would save."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from scheduling.models import LimitSaving, Plan, Study
from scheduling.queries.savings import savings_of_plan
from scheduling.services.studies import SYSTEM, claim, request_study
from scheduling.studying import execute

MINUTES_A_DAY = 1_440


class Command(BaseCommand):
    """Ask for the savings and levers of a plan; with ``--now`` work them out here."""

    help = "Prove what lifting each limit of a plan would save."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the plan and whether to work here."""
        parser.add_argument("--plan", type=int, help="Number; the newest if not given.")
        parser.add_argument("--now", action="store_true", help="Work it out here.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, work if wanted, and list what is known.

        Raises:
            CommandError: If there is no such plan, or the study has failed.
        """
        plans = Plan.objects.select_related("run__scenario").order_by("-pk")
        if options["plan"] is not None:
            plans = plans.filter(pk=options["plan"])
        plan = plans.first()
        if plan is None:
            raise CommandError("There is no such plan.")
        study = request_study(plan=plan, actor=SYSTEM)
        if options["now"] and (lease := claim(study.pk)):
            execute(lease)
        study.refresh_from_db()
        if study.state == Study.State.FAILED:
            raise CommandError(study.sentence)
        self._tell(plan)

    def _tell(self, plan: Plan) -> None:
        """List savings, then levers."""
        found = savings_of_plan(plan)
        if found.study is not None:
            self.stdout.write(f"{plan}: {found.study.get_state_display().lower()}.")
        for row in (*found.savings, *found.levers):
            self.stdout.write(_line(row))


def _line(row: LimitSaving) -> str:
    """Say in one line what a change would save, in rack-days and whole dollars."""
    if not row.is_distinguishable:
        return f"{row.change}: not distinguishable."
    late, ship = row.late_min / MINUTES_A_DAY, row.ship_min / MINUTES_A_DAY
    return (
        f"{row.change}: ${row.saved_cents // 100:,}, {late:.1f} rack-days less late, "
        f"{ship:.1f} shipped earlier (at most {row.cap_min / MINUTES_A_DAY:.1f})."
    )
