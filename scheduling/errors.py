"""Errors of scheduling: one base, each with a code that page and API share."""

from datetime import date


class SchedulingError(Exception):
    """Base of every refusal; the message is a sentence for people."""

    code = "scheduling_error"


class UnusableInputError(SchedulingError):
    """Say why a site's data cannot be planned at all.

    Attributes:
        sentences: One sentence a finding, naming object and limit.
    """

    code = "unusable_input"

    def __init__(self, sentences: tuple[str, ...]) -> None:
        """Keep the sentences and join them into one message."""
        super().__init__(" ".join(sentences))
        self.sentences = sentences


class ViewError(SchedulingError):
    """Refuse to keep a view; the message says what is wrong with it."""

    code = "view_refused"


class ScenarioError(SchedulingError):
    """Refuse what a scenario cannot be; the message names it."""

    code = "scenario_refused"


class BaseScenarioError(ScenarioError):
    """Refuse to change live data as if it were a what-if."""

    code = "base_scenario"

    def __init__(self) -> None:
        """Say where live data are changed."""
        super().__init__("Live data take no adjustments; make a scenario instead.")


class ArchivedScenarioError(ScenarioError):
    """Refuse to plan a scenario that was put away."""

    code = "scenario_archived"

    def __init__(self, name: str) -> None:
        """Name the scenario."""
        super().__init__(
            f"Scenario {name} has been put away. Copy it to go on with it."
        )


class NotProposableError(ScenarioError):
    """Say why a what-if plan cannot become a proposal, and what has to come first.

    Attributes:
        sentences: One sentence a reason.
    """

    code = "not_proposable"

    def __init__(self, sentences: tuple[str, ...]) -> None:
        """Keep the sentences and join them."""
        super().__init__(" ".join(sentences))
        self.sentences = sentences


class NothingToRepairError(SchedulingError):
    """Refuse to mend a plan where none is in force."""

    code = "nothing_to_repair"

    def __init__(self, name: str) -> None:
        """Name the scenario."""
        super().__init__(
            f"No plan of {name} is in force, so there is nothing to repair; optimize "
            "and publish one first."
        )


class FencedOutError(SchedulingError):
    """Say that a run has gone to another worker, so this one may not write."""

    code = "fenced_out"

    def __init__(self, run: int, token: int, newest: int) -> None:
        """Name the run and both fencing tokens."""
        super().__init__(
            f"Run {run} is no longer held with token {token}; the newest is {newest}."
        )


class PlanBreachesError(SchedulingError):
    """Refuse a schedule that breaks limits by its own decisions.

    Attributes:
        sentences: One sentence a breach, from the referee.
    """

    code = "plan_breaches"

    def __init__(self, sentences: tuple[str, ...]) -> None:
        """Count the breaches and quote the first."""
        count = len(sentences)
        noun = "limit" if count == 1 else "limits"
        super().__init__(f"The plan breaks {count:,} {noun}. {sentences[0]}")
        self.sentences = sentences


class DamagedBlobError(SchedulingError):
    """Say that a stored problem or schedule is not what it was."""

    code = "damaged_blob"

    def __init__(self, name: str) -> None:
        """Name the blob."""
        super().__init__(f"Stored data {name[:12]} is damaged: its digest differs.")


class PublishError(SchedulingError):
    """Base of the reasons why a plan is not put in force."""

    code = "not_publishable"


class AlreadyPublishedError(PublishError):
    """Say that a plan is in force already, or has been."""

    code = "already_published"

    def __init__(self, plan: int, number: int) -> None:
        """Name the plan and its publication."""
        super().__init__(f"Plan {plan} was already published as number {number}.")


class InForceError(PublishError):
    """Refuse to go back to the plan that is in force."""

    code = "already_in_force"

    def __init__(self, number: int) -> None:
        """Name the publication."""
        super().__init__(f"Plan {number} is in force; there is nothing to go back to.")


class NewerPublicationError(PublishError):
    """Say that somebody published since the preview was read."""

    code = "newer_publication"

    def __init__(self, expected: int, found: int) -> None:
        """Name both publications by number; 0 means none."""
        seen = f"number {expected}" if expected else "nothing published"
        super().__init__(
            f"Number {found} has been published since this preview, which compares "
            f"with {seen}. Look at the changes again."
        )


class OutdatedPlanError(PublishError):
    """Say that the plan was made before the one in force was published."""

    code = "outdated_plan"

    def __init__(self, plan: int, number: int) -> None:
        """Name the plan and the publication."""
        super().__init__(
            f"Plan {plan} was made before number {number} was published. "
            "Optimize again."
        )


class UnfinishedPlanError(PublishError):
    """Say that a plan's run may still replace it by a better one."""

    code = "plan_unfinished"

    def __init__(self, plan: int, run: int) -> None:
        """Name the plan and its run."""
        super().__init__(
            f"Run {run} is still improving plan {plan}. Wait for its end, or stop it."
        )


class NoBetterPlanError(SchedulingError):
    """Say that what was to improve a proposal does not, or comes too late."""

    code = "no_better_plan"


class ReplacedPlanError(PublishError):
    """Say that a plan is gone, or that another has taken its place as a proposal."""

    code = "plan_replaced"

    def __init__(self, plan: int) -> None:
        """Name the plan."""
        super().__init__(
            f"Plan {plan} has been replaced by a newer one. Look at the changes again."
        )


class PromisesNotAcknowledgedError(PublishError):
    """Refuse until each broken promise is acknowledged by its order's number.

    Attributes:
        orders: Numbers of the orders that wait for an acknowledgement, sorted.
    """

    code = "broken_promises_unacknowledged"

    def __init__(self, orders: tuple[str, ...]) -> None:
        """Count and name the orders."""
        noun = "promise" if len(orders) == 1 else "promises"
        super().__init__(
            f"{len(orders):,} broken {noun} not acknowledged: {', '.join(orders)}."
        )
        self.orders = orders


class NotLivePlanError(PublishError):
    """Refuse a plan of a what-if scenario."""

    code = "not_live_plan"

    def __init__(self, plan: int, scenario: str) -> None:
        """Name the plan and the scenario."""
        super().__init__(
            f"Plan {plan} is of scenario {scenario}; only plans of live data are "
            "published."
        )


class RunUnfinishedError(SchedulingError):
    """Refuse a second run of a scenario while its last one has not ended.

    Attributes:
        run: Primary key of the unfinished run, to go and look at it.
    """

    code = "run_unfinished"

    def __init__(self, run: int, state: str) -> None:
        """Name the run and its state."""
        super().__init__(f"Run {run} is still {state}. Wait for its end, or cancel it.")
        self.run = run


class RunFinishedError(SchedulingError):
    """Say that a run has ended already, so that it cannot be moved any more."""

    code = "run_finished"

    def __init__(self, run: int, state: str) -> None:
        """Name the run and how it ended."""
        super().__init__(f"Run {run} has already ended: it is {state}.")


class RunSettingError(SchedulingError):
    """Refuse a run's setting that is out of range."""

    code = "run_setting"

    def __init__(self, name: str, value: int, least: int, most: int) -> None:
        """Name the setting with its unit, the value and the range."""
        super().__init__(f"{name} is {value:,}; it must be {least:,} to {most:,}.")


class DatabaseInUseError(SchedulingError):
    """Refuse to load the demo where anything else is kept.

    Attributes:
        held: What the database holds, such as ``3 orders``.
    """

    code = "database_in_use"
    shown = 5

    def __init__(self, held: list[str]) -> None:
        """Name what is there, the first few kinds of it."""
        more = f" and {len(held) - self.shown} more kinds" * (len(held) > self.shown)
        super().__init__(
            f"This database is not a demo's: it holds {', '.join(held[: self.shown])}"
            f"{more}. Nothing was changed. Load the demo into an empty database."
        )
        self.held = held


class QuoteError(SchedulingError):
    """Base of the reasons why a quote is not asked for or booked."""

    code = "not_bookable"


class QuoteUnansweredError(QuoteError):
    """Refuse to book what has no date."""

    code = "quote_without_date"

    def __init__(self, quote: int, state: str) -> None:
        """Name the quote and its state."""
        super().__init__(
            f"Quote {quote} is {state} and has no date that could be booked."
        )


class QuoteOutdatedError(QuoteError):
    """Refuse a quote that no longer says how things are."""

    code = "quote_outdated"

    def __init__(self, quote: int, why: str) -> None:
        """Name the quote and what has changed."""
        super().__init__(f"Quote {quote} is out of date: {why}. Ask for a new one.")


class QuoteBookedError(QuoteError):
    """Refuse to book a quote twice."""

    code = "quote_booked"

    def __init__(self, quote: int, booking: int) -> None:
        """Name the quote and its booking."""
        super().__init__(f"Quote {quote} is booked already, as booking {booking}.")


class NotYourOrderError(SchedulingError):
    """Refuse a word about an order that another system keeps."""

    code = "not_your_order"

    def __init__(self, order: str, system: str) -> None:
        """Name the order and the client's system."""
        super().__init__(
            f"{order} is not kept in {system}, so its promise is not stored there."
        )


class PromiseMovedOnError(SchedulingError):
    """Say that a newer revision of a promise has come."""

    code = "promise_moved_on"

    def __init__(self, order: str) -> None:
        """Name the order and what to do."""
        super().__init__(
            f"The promise for {order} has another revision now: read it, store it, "
            "and acknowledge that one."
        )


class OpenAdrError(SchedulingError):
    """Refuse an OpenADR message that cannot be read or obeyed."""

    code = "openadr_refused"

    def __init__(self, field: str, value: object, allowed: str) -> None:
        """Name the field, the value as it came, and what is allowed."""
        shown = repr(value)[:60]
        super().__init__(f"OpenADR {field}: {shown} is not {allowed}.")
        self.field = field


class VtnError(SchedulingError):
    """Say that a utility's OpenADR server cannot be asked, and why."""

    code = "vtn_away"


class GridEventRefusedError(SchedulingError):
    """Refuse a grid event that makes no sense: its times, its cap or its state."""

    code = "grid_event_refused"

    def __init__(self, field: str, sentence: str) -> None:
        """Keep the field and the sentence that names the limit."""
        super().__init__(sentence)
        self.field = field


class RiskClosedError(SchedulingError):
    """Refuse to write on a risk whose limit no longer binds."""

    code = "risk_closed"

    def __init__(self, label: str) -> None:
        """Name the limit."""
        super().__init__(
            f"{label} no longer binds the plan in force; its risk is closed."
        )


class MoveError(SchedulingError):
    """Base of the reasons why nothing is moved."""

    code = "not_movable"


class SupersededPlanError(MoveError):
    """Say that a plan is no longer one to work on."""

    code = "superseded_plan"

    def __init__(self, plan: int, newest: int) -> None:
        """Name both plans."""
        super().__init__(
            f"Plan {plan} is no longer worked on: plan {newest} has replaced it. "
            "Look at the newest plan and move there."
        )


class RefusedMoveError(MoveError):
    """Refuse a move that breaks what nothing can give way to."""

    code = "refused_move"


class OthersGiveWayError(MoveError):
    """Ask before others have to move."""

    code = "others_give_way"

    def __init__(self, sentence: str, racks: tuple[str, ...]) -> None:
        """Quote the limit, and name who would have to give way."""
        who = f" {', '.join(racks)} would have to give way." if racks else ""
        super().__init__(f"{sentence}{who} Say that they may, or choose another place.")


class FrozenMoveError(MoveError):
    """Ask for permission to move what is frozen."""

    code = "frozen_move"


class UnfinishedMendingError(MoveError):
    """Say that the last change is still being worked in."""

    code = "mending"

    def __init__(self, run: int) -> None:
        """Name the run."""
        super().__init__(
            f"Run {run} is still at work on the plan. Wait for its end, or stop it."
        )


class NotReleasableError(MoveError):
    """Say that a pin is gone already."""

    code = "pin_released"


class NothingToUndoError(MoveError):
    """Say that there is no such step to go back or forward to."""

    code = "nothing_to_undo"


class PinChangedError(MoveError):
    """Say that somebody pinned otherwise meanwhile, so a step cannot be undone."""

    code = "pin_changed"

    def __init__(self, rack: str, step: str) -> None:
        """Name what was pinned."""
        super().__init__(
            f"{rack} {step} has been pinned or released by somebody else since. "
            "Look at its pin first."
        )


class GridSeriesError(SchedulingError):
    """Refuse a series of a grid that cannot be read, or say that one is missing."""

    code = "grid_series"


class ChangeNotPreviewedError(SchedulingError):
    """Refuse to grant a change whose effect nobody has seen on the plan in force."""

    code = "change_not_previewed"

    def __init__(self, order: str, why: str) -> None:
        """Name the order and what is missing."""
        super().__init__(
            f"{order}: {why}. Look at what the change does, then grant it."
        )


class GrantTooEarlyError(SchedulingError):
    """Refuse a date that physics does not allow."""

    code = "grant_too_early"

    def __init__(self, order: str, granted: date, bound: date) -> None:
        """Name the order, the date and the first one possible."""
        super().__init__(
            f"{order}: no plan ships it by {granted.isoformat()}; the first date that "
            f"physics allows is {bound.isoformat()}."
        )


class MoveRefusedError(SchedulingError):
    """Refuse to let another site build an order."""

    code = "site_move_refused"

    def __init__(self, order: str, why: str) -> None:
        """Name the order and the reason."""
        super().__init__(f"{order} is not moved: {why}.")
