"""Studies of a plan's savings: asked for, claimed, written limit by limit, ended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from factory.models import Order, Unit
from scheduling.errors import FencedOutError
from scheduling.models import (
    ChangePreview,
    LimitSaving,
    OrderSaving,
    Plan,
    Quote,
    RackSaving,
    Run,
    Study,
)
from scheduling.reasons import PLANNING
from scheduling.services.runs import stop_improving

if TYPE_CHECKING:
    # Their modules load the solver, which the web process does without.
    from scheduling.engine.conflict import Conflict
    from scheduling.engine.levers import Lever

SYSTEM = "system"
"""Who asks where nobody waits."""
CLAIM_FOR = timedelta(seconds=120)
"""A worker that has written nothing by then is taken for lost."""
WORKER_LOST = "The worker stopped each time it worked on this study; its log says why."
CHANGE_MOST, LABEL_MOST, OWNER_MOST, RESOURCE_MOST = 200, 160, 80, 80


@dataclass(frozen=True, slots=True)
class StudyLease:
    """The right to write to one study, until a newer claim of it."""

    study_id: int
    token: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Primary keys by what the engine calls a thing."""

    racks: Mapping[str, int]
    orders: Mapping[str, int]


@transaction.atomic
def request_study(*, plan: Plan, actor: str) -> Study:
    """Ask for a plan's savings, once; the dispatcher sends it to a worker.

    Questions about older proposals of the same scenario that nobody has answered yet
    are dropped: their plans are no longer looked at. Asked again after it has failed,
    a study starts anew. Where somebody asks, searches that only improve a waiting
    proposal make way.
    """
    study, is_new = Study.objects.get_or_create(plan=plan, defaults={"actor": actor})
    if not is_new and study.state == Study.State.FAILED:
        study.delete()
        study = Study.objects.create(plan=plan, actor=actor)
    Study.objects.filter(
        plan__run__scenario=plan.run.scenario_id,
        plan__publication__isnull=True,
        plan__lt=plan.pk,
        state=Study.State.REQUESTED,
    ).delete()
    if actor != SYSTEM and study.state == Study.State.REQUESTED:
        stop_improving(site=plan.run.scenario.site, actor=actor)
    return study


def claim(study_id: int) -> StudyLease | None:
    """Take a study that nobody works on; None when it is not there to be taken."""
    rows = Study.objects.filter(pk=study_id, state=Study.State.REQUESTED).exclude(
        claimed_until__gte=Now()
    )
    claimed = rows.filter(attempt__lt=Study.MAX_ATTEMPTS).update(
        claimed_until=Now() + CLAIM_FOR,
        attempt=F("attempt") + 1,
        fencing_token=F("fencing_token") + 1,
    )
    if not claimed:
        rows.update(
            state=Study.State.FAILED,
            ended_at=Now(),
            claimed_until=None,
            sentence=WORKER_LOST,
        )
        return None
    token = Study.objects.values_list("fencing_token").get(pk=study_id)[0]
    return StudyLease(study_id, token)


def mark_sent(study_id: int) -> None:
    """Note that the broker has taken a study's message. One UPDATE."""
    Study.objects.filter(pk=study_id).update(sent_at=Now())


def is_somebody_waiting() -> bool:
    """Return whether a run, quote or look waits for a worker: all go before a study.

    At most three queries.
    """
    unclaimed = Q(claimed_until__isnull=True) | Q(claimed_until__lt=Now())
    return (
        Run.objects.filter(state=Run.State.QUEUED).exists()
        or ChangePreview.objects.filter(
            unclaimed, state=ChangePreview.State.REQUESTED
        ).exists()
        or Quote.objects.filter(unclaimed, state=Quote.State.REQUESTED).exists()
    )


def let_others_first(lease: StudyLease) -> bool:
    """Give a study back if somebody waits for a worker; say whether it was.

    Raises:
        FencedOutError: If the study is no longer this worker's.
    """
    if not is_somebody_waiting():
        return False
    _write(lease, claimed_until=None, sent_at=None, attempt=F("attempt") - 1)
    return True


@transaction.atomic
def write_lever(
    lease: StudyLease, lever: "Lever", *, sequence: int, keys: Keys
) -> None:
    """Store what one change would save, and renew the claim.

    Per rack and order it is kept for limits that are lifted; levers are asked of the
    whole plan. About five queries.

    Raises:
        FencedOutError: If the study is no longer this worker's; nothing is written.
    """
    _write(lease, claimed_until=Now() + CLAIM_FOR)
    saving, limit = lever.saving, lever.saving.limit
    row = LimitSaving.objects.create(
        study_id=lease.study_id,
        sequence=sequence,
        code=lever.code,
        change=lever.label[:CHANGE_MOST],
        limit=limit.word,
        resource=limit.key[:RESOURCE_MOST],
        label=limit.label[:LABEL_MOST],
        owner=(limit.owner or PLANNING)[:OWNER_MOST],
        saved_cents=saving.cents,
        spread_cents=saving.spread_cents,
        late_min=saving.late_min,
        ship_min=saving.ship_min,
        pairs=saving.pairs,
        is_distinguishable=saving.is_distinguishable,
        held_min=limit.minutes,
        held_racks=len(limit.racks),
        share_permille=lever.share_permille,
        cap_min=lever.cap_min,
    )
    if lever.code == LimitSaving.Code.WITHOUT:
        _write_parts(row, lever, keys)


def _write_parts(row: LimitSaving, lever: "Lever", keys: Keys) -> None:
    RackSaving.objects.bulk_create(
        [
            RackSaving(
                saving=row,
                rack_id=keys.racks[one.rack],
                late_min=one.late_min,
                ship_min=one.ship_min,
                is_planned_only_so=one.is_planned_only_so,
            )
            for one in lever.saving.racks
            if one.rack in keys.racks
        ]
    )
    OrderSaving.objects.bulk_create(
        [
            OrderSaving(
                saving=row,
                order_id=keys.orders[one.order],
                late_min=one.late_min,
                ship_min=one.ship_min,
            )
            for one in lever.saving.orders
            if one.order in keys.orders
        ]
    )


def write_conflicts(lease: StudyLease, conflicts: Iterable["Conflict"]) -> None:
    """Store why racks have no plan, and renew the claim.

    Raises:
        FencedOutError: If the study is no longer this worker's; nothing is written.
    """
    rows = [
        {
            "rack": one.rack,
            "sentence": one.sentence,
            "is_proved": one.is_proved,
            "limits": [
                {
                    "limit": str(limit.word),
                    "resource": limit.key,
                    "label": limit.label,
                    "owner": limit.owner or PLANNING,
                }
                for limit in one.limits
            ],
        }
        for one in conflicts
    ]
    _write(lease, conflicts=rows, claimed_until=Now() + CLAIM_FOR)


def note_savings(lease: StudyLease) -> None:
    """Note that every binding limit has its saving; levers follow.

    Raises:
        FencedOutError: If the study is no longer this worker's.
    """
    _write(lease, savings_at=Now(), claimed_until=Now() + CLAIM_FOR)


def finish(lease: StudyLease) -> None:
    """End a study.

    Raises:
        FencedOutError: If the study is no longer this worker's.
    """
    _write(lease, state=Study.State.DONE, ended_at=Now(), claimed_until=None)


def fail(lease: StudyLease, sentence: str) -> None:
    """End a study that cannot be made, with the reason.

    Raises:
        FencedOutError: If the study is no longer this worker's.
    """
    _write(
        lease,
        state=Study.State.FAILED,
        ended_at=Now(),
        claimed_until=None,
        sentence=sentence,
    )


def keys_of(plan: Plan) -> Keys:
    """Return the racks and orders a study's rows may name. Two queries."""
    site = plan.run.scenario.site_id
    racks = Unit.objects.filter(site=site, order__isnull=False)
    return Keys(
        racks=dict(racks.values_list("serial", "pk")),
        orders=dict(Order.objects.filter(site=site).values_list("number", "pk")),
    )


def _write(lease: StudyLease, **values: Any) -> None:
    """Write columns if the token is still the newest.

    Raises:
        FencedOutError: If it is not, or the study is gone.
    """
    written = Study.objects.filter(
        pk=lease.study_id,
        state=Study.State.REQUESTED,
        fencing_token=lease.token,
        claimed_until__isnull=False,
    ).update(**values)
    if not written:
        newest = Study.objects.filter(pk=lease.study_id).values_list("fencing_token")
        known = newest.first()
        raise FencedOutError(lease.study_id, lease.token, known[0] if known else 0)
