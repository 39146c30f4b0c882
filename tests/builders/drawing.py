"""A plan's drawing as the page reads it: differences added up again."""

from typing import Any


def pieces(flat: list[int]) -> list[tuple[int, int]]:
    """Return ``[gap, amount, ...]`` as moments and amounts."""
    found, now = [], 0
    for gap, amount in zip(flat[::2], flat[1::2], strict=True):
        now += gap
        found.append((now, amount))
    return found


def strip(data: dict[str, Any], kind: str) -> dict[str, Any]:
    """Return the first strip of a kind, its functions read."""
    one = next(one for one in data["strips"] if one["kind"] == kind)
    read = {name: pieces(one[name]) for name in ("limit", "use", "base") if name in one}
    return one | read


def at(steps: list[tuple[int, int]], minute: int) -> int:
    """Return a step function's amount in a minute."""
    return next(value for start, value in reversed(steps) if start <= minute)


def racks(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return every rack by serial, its steps and phases in minutes."""
    found = {}
    for serial, model, order, due, late, bay, pins, waits, flat, drawn in data["racks"]:
        routing = data["models"][model]["steps"]
        steps, now = {}, 0
        for index, gap, length in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
            start, now = now + gap, now + gap + length
            step = routing[index]
            steps[step["code"]] = (start, now, _phases(step, start, now, drawn, index))
        found[serial] = {
            "order": data["orders"][order],
            "due": due,
            "late": late,
            "bay": data["bays"][bay][0] if bay >= 0 else "",
            "pins": [routing[index]["code"] for index in pins],
            "waits": [
                (data["limits"][limit], minutes)
                for limit, minutes in zip(waits[::2], waits[1::2], strict=True)
            ],
            "steps": steps,
        }
    return found


def _phases(
    step: dict[str, Any], start: int, end: int, drawn: dict[str, list[int]], index: int
) -> list[tuple[int, int, int, int]]:
    """Return a step's phases: start, end, watts, kind."""
    flat = drawn.get(str(index))
    if flat is None:
        return [(start, end, step["draw"], step["kind"])]
    found, now = [], max(start, 0)
    for length, watts, kind in zip(flat[::3], flat[1::3], flat[2::3], strict=True):
        found.append((now, now + length, watts, kind))
        now += length
    return found
