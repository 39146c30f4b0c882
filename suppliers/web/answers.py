"""Which answers a line takes now, as forms."""

from collections.abc import Sequence
from datetime import date

from factory.models import Part
from suppliers.ledger import MOVES, Delivery, Promise, State, Verb
from suppliers.models import Commitment, PurchaseOrderLine
from suppliers.web.forms import (
    AcceptForm,
    AnswerForm,
    CannotSayForm,
    PromiseForm,
    RejectForm,
    SeenForm,
    WithdrawForm,
)


def forms_for(
    commitment: Commitment,
    promise: Promise,
    today: date,
    given: dict[str, AnswerForm],
    alternates: Sequence[Part] = (),
) -> dict[str, AnswerForm]:
    """Return a form for each answer a line takes, by the name templates use.

    Args:
        commitment: With its line.
        promise: What stands and is still to come.
        today: At the receiving site.
        given: Forms that came back with a refusal, by address; they replace others.
        alternates: Parts that may come in place of the one ordered.
    """
    line, state = commitment.line, State(commitment.state)
    for came in given.values():
        if isinstance(came, PromiseForm):
            came.offer(alternates)
    back = {verb.replace("-", "_"): form for verb, form in given.items()}
    if line.state != PurchaseOrderLine.State.OPEN:
        return back
    initial = {"version": commitment.version}
    asked = Delivery(line.need_by, line.outstanding)
    found: dict[str, AnswerForm] = {}
    if state in MOVES[Verb.COMMIT]:
        shown = Delivery(max(asked.on, today), asked.quantity)
        form = PromiseForm(
            stands=promise,
            asked=shown,
            initial={**initial, "substitute": commitment.stands_in},
        )
        form.offer(alternates)
        found["promise"] = form
        is_said = promise == (asked,) and not commitment.stands_in
        if asked.on >= today and not is_said:
            found["accept"] = AcceptForm(initial=initial)
    if state in MOVES[Verb.ACKNOWLEDGE]:
        found["seen"] = SeenForm(initial=initial)
    if state in MOVES[Verb.CANNOT_SAY]:
        found["cannot_say"] = CannotSayForm(initial=initial)
    if state in MOVES[Verb.DECOMMIT]:
        found["withdraw"] = WithdrawForm(initial=initial)
    if state in MOVES[Verb.REJECT]:
        found["reject"] = RejectForm(initial=initial)
    return found | back
