"""Bills of material as an ERP states them: whole, by the rules of the import."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from factory.boms import line_facts, line_faults
from factory.models import BomLine, Order, Part, RackModel, RoutingStep
from factory.validation import circle_of
from journal.models import Event, Reference
from journal.services import append_events, event_of
from journal.setwise import update_rows
from journal.upserts import Done, Refusal, Result, UpsertOutcome
from journal.wording import counted

OBJECT_TYPE = "rackmodel"
FAULT = "bom_refused"
TO_BUILD = (Order.State.OPEN, Order.State.PAUSED)

Key = tuple[str, str]
"""Part and the part it goes into; empty: the rack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BomLinePush:
    """Pieces of a part in one rack, or in another part of it."""

    part: str
    quantity: int
    parent: str = ""
    consumed_at: str = ""

    @property
    def key(self) -> Key:
        """Return what a line is told apart by."""
        return self.part, self.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class BomPush:
    """The bill of one rack model; a line that is left out is no longer in it."""

    external_id: str
    revision: int
    rack_model: str
    lines: tuple[BomLinePush, ...]


@transaction.atomic
def push_boms(*, pushes: Sequence[BomPush], system: str, actor: str) -> list[Result]:
    """Bring bills of material to the state an ERP states. At most twelve queries.

    A bill that cannot hold is refused as a whole, and the others are stored. Racks that
    have been given their parts keep them.

    Args:
        pushes: Each about another external id.
        system: The ERP's name.
        actor: ``client:3``.
    """
    batch = _Batch(known=_load(pushes, system), system=system, actor=actor)
    results = [batch.judge(push) for push in pushes]
    batch.write()
    return results


@transaction.atomic
def remove_bom(model: RackModel, actor: str) -> Refusal | None:
    """Delete the bill of a rack model that nobody is to be built of.

    Racks that have been given their parts keep them. The event is the feed's tombstone.

    Args:
        model: Whose bill it is; it stays, and takes another bill.
        actor: ``client:3``.

    Returns:
        Why it stays, or None once it is gone.
    """
    RackModel.objects.select_for_update().get(pk=model.pk)
    waiting = Order.objects.filter(rack_model=model, state__in=TO_BUILD).count()
    if waiting:
        return Refusal(
            field="",
            code="in_use",
            sentence=f"The bill of {model.code} is used by "
            f"{counted(waiting, 'order to build')}.",
        )
    named = Reference.objects.filter(object_type=OBJECT_TYPE, object_id=model.pk)
    lines = model.bom_lines.select_related("part", "parent", "consumed_at")
    event = event_of(
        kind="bom.deleted",
        about=model,
        actor=actor,
        summary=f"Bill of material of {model.code} deleted",
        before={
            "rack_model": model.code,
            "lines": [line_facts(line) for line in lines],
            "external_ids": dict(named.values_list("system", "external_id")),
        },
    )
    named.delete()
    model.bom_lines.all().delete()
    append_events([event])
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What is stored about a batch of pushes."""

    models: Mapping[str, RackModel]
    lines: Mapping[int, Mapping[Key, BomLine]]
    steps: Mapping[int, Mapping[str, int]]
    parts: Mapping[str, int]
    references: dict[str, Reference]
    named: dict[int, str]


def _load(pushes: Sequence[BomPush], system: str) -> _Known:
    """Read and lock what a batch is about. Six queries."""
    models = {
        model.code: model
        for model in RackModel.objects.select_for_update()
        .filter(code__in={push.rack_model for push in pushes})
        .order_by("pk")
    }
    keys = [model.pk for model in models.values()]
    lines: dict[int, dict[Key, BomLine]] = defaultdict(dict)
    for line in BomLine.objects.filter(rack_model__in=keys).select_related(
        "part", "parent", "consumed_at"
    ):
        lines[line.rack_model_id][_key_of(line)] = line
    steps: dict[int, dict[str, int]] = defaultdict(dict)
    for model, code, pk in RoutingStep.objects.filter(rack_model__in=keys).values_list(
        "rack_model", "code", "pk"
    ):
        steps[model][code] = pk
    codes = {code for push in pushes for line in push.lines for code in line.key}
    ours = Reference.objects.filter(system=system, object_type=OBJECT_TYPE)
    return _Known(
        models=models,
        lines=lines,
        steps=steps,
        parts=dict(Part.objects.filter(code__in=codes).values_list("code", "pk")),
        references={
            one.external_id: one
            for one in ours.select_for_update().filter(
                external_id__in=[push.external_id for push in pushes]
            )
        },
        named=dict(
            ours.filter(object_id__in=keys).values_list("object_id", "external_id")
        ),
    )


def _key_of(line: BomLine) -> Key:
    """Return what a stored line is told apart by."""
    return line.part.code, line.parent.code if line.parent else ""


@dataclass(slots=True, kw_only=True)
class _Batch:
    """A batch of bills on its way into the database."""

    known: _Known
    system: str
    actor: str
    new: list[BomLine] = field(default_factory=list)
    changed: list[BomLine] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    linked: list[Reference] = field(default_factory=list)
    revised: list[Reference] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def judge(self, push: BomPush) -> Result:
        """Plan one push, or refuse it."""
        model = self.known.models.get(push.rack_model)
        if model is None:
            return Refusal(
                field="rack_model",
                code="unknown_object",
                sentence=f"There is no rack model {push.rack_model[:40]}; "
                "a push makes none.",
            )
        reference = self.known.references.get(push.external_id)
        refusal = self._named_otherwise(push, model, reference)
        if refusal is not None:
            return refusal
        if reference is not None and push.revision < reference.revision:
            return Done(key=model.pk, outcome=UpsertOutcome.STALE)
        fault = next(self._faults(push, model), None)
        if fault is not None:
            return Refusal(field=fault[0], code=FAULT, sentence=fault[1])
        self._link(push, model, reference)
        is_changed = self._change(push, model)
        outcome = UpsertOutcome.UPDATED if is_changed else UpsertOutcome.UNCHANGED
        if not self.known.lines.get(model.pk):
            outcome = UpsertOutcome.CREATED
        return Done(key=model.pk, outcome=outcome)

    def _named_otherwise(
        self, push: BomPush, model: RackModel, reference: Reference | None
    ) -> Refusal | None:
        """Refuse a second name for one bill, and a second bill for one name."""
        holder = self.known.named.get(model.pk, push.external_id)
        if reference is not None and reference.object_id != model.pk:
            sentence = f"{push.external_id} is the bill of another rack model."
        elif holder != push.external_id:
            sentence = f"The bill of {model.code} is {self.system}:{holder} already."
        else:
            return None
        return Refusal(field="rack_model", code="code_taken", sentence=sentence)

    def _faults(self, push: BomPush, model: RackModel) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with a bill: a field and a sentence."""
        seen: set[Key] = set()
        for place, line in enumerate(push.lines):
            at = f"lines/{place}"
            for column, code in (("part", line.part), ("parent", line.parent)):
                if code and code not in self.known.parts:
                    yield f"{at}/{column}", f"There is no part {code[:40]}."
            if line.key in seen:
                yield f"{at}/part", f"{line.part} is given twice at one place."
            seen.add(line.key)
            for column, words in line_faults(
                model=model.code,
                part=line.part,
                parent=line.parent,
                consumed_at=line.consumed_at,
                steps=self.known.steps[model.pk],
            ):
                yield f"{at}/{column}", f"{line.part}, {column}: {words}."
        circle = circle_of(
            (line.parent, line.part) for line in push.lines if line.parent
        )
        if circle:
            way = " → ".join(circle)
            yield "lines", f"The BOM of {model} goes round in a circle: {way}."

    def _link(self, push: BomPush, model: RackModel, known: Reference | None) -> None:
        """Keep the system's name for a bill, and the revision it stated."""
        if known is None:
            self.known.named[model.pk] = push.external_id
            self.linked.append(
                Reference(
                    system=self.system,
                    object_type=OBJECT_TYPE,
                    external_id=push.external_id,
                    object_id=model.pk,
                    revision=push.revision,
                )
            )
        elif push.revision > known.revision:
            known.revision = push.revision
            self.revised.append(known)

    def _change(self, push: BomPush, model: RackModel) -> bool:
        """Plan what differs; say whether anything does."""
        stored = self.known.lines.get(model.pk, {})
        before: list[dict[str, Any]] = []
        after: list[dict[str, Any]] = []
        for line in push.lines:
            kept = stored.get(line.key)
            step = self.known.steps[model.pk].get(line.consumed_at)
            if kept is None:
                self.new.append(self._line(line, model, step))
            elif (kept.quantity, kept.consumed_at_id) != (line.quantity, step):
                before.append(line_facts(kept))
                kept.quantity, kept.consumed_at_id = line.quantity, step
                self.changed.append(kept)
            else:
                continue
            after.append(
                {
                    "part": line.part,
                    "parent": line.parent or None,
                    "quantity": line.quantity,
                    "consumed_at": line.consumed_at or None,
                }
            )
        wanted = {line.key for line in push.lines}
        gone = [line for key, line in stored.items() if key not in wanted]
        self.gone += [line.pk for line in gone]
        before += [line_facts(line) for line in gone]
        if before or after:
            self.events.append(
                event_of(
                    kind="bom.changed",
                    about=model,
                    actor=self.actor,
                    summary=f"Bill of material of {model.code} changed",
                    before={"lines": before},
                    after={"lines": after},
                )
            )
        return bool(before or after)

    def _line(self, line: BomLinePush, model: RackModel, step: int | None) -> BomLine:
        """Return an unsaved line."""
        return BomLine(
            rack_model=model,
            part_id=self.known.parts[line.part],
            parent_id=self.known.parts.get(line.parent),
            quantity=line.quantity,
            consumed_at_id=step,
        )

    def write(self) -> None:
        """Store everything that was planned."""
        if self.gone:
            BomLine.objects.filter(pk__in=self.gone).delete()
        update_rows(self.changed, ["quantity", "consumed_at"])
        BomLine.objects.bulk_create(self.new, batch_size=1_000)
        Reference.objects.bulk_create(self.linked)
        update_rows(self.revised, ["revision"])
        append_events(self.events)
