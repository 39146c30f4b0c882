"""What a rack takes from supplies, step by step."""

from scheduling.engine.problem import Rack, Template


def rack_needs(rack: Rack, template: Template) -> list[tuple[int, str, int]]:
    """Return ``(step index, part, quantity)`` a rack takes from supplies, in order.

    What is reserved serves the earliest remaining step first; steps finished or under
    way consume nothing.
    """
    begun = rack.progress.done + (rack.progress.running is not None)
    reserved: dict[str, int] = {}
    for part, quantity in rack.materials_reserved:
        reserved[part] = reserved.get(part, 0) + quantity
    index = {step.code: at for at, step in enumerate(template.steps)}
    listed = sorted(
        (
            (index[material.step], material.part, material.quantity)
            for material in template.materials
        ),
        key=lambda one: one[0],
    )
    found = []
    for step, part, quantity in listed:
        if step < begun:
            continue
        given = min(quantity, reserved.get(part, 0))
        if given:
            reserved[part] -= given
        if quantity > given:
            found.append((step, part, quantity - given))
    return found
