"""Questions to helpers, and their answers, as bytes.

A helper makes a first plan by a dispatch rule, or searches a part of a plan.
"""

import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from io import BytesIO
from struct import Struct
from typing import Any

import numpy as np
import numpy.typing as npt

from scheduling.engine.decode.board import Board, Seats
from scheduling.engine.kernels import memory as t
from scheduling.engine.spread.part import Part

BY_RULE, IN_PART = b"r", b"p"
"""What a question begins with."""
WINDOW = Struct("<qq")
FAST = 1
"""Level of compression: a tenth larger than the best, in a tenth of the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a message asks.

    Attributes:
        left_out: Racks left out from the beginning.
        unread: Racks not looked at.
        asked: The dispatch rule to make a first plan by, or what part of which plan to
            search.
    """

    left_out: tuple[str, ...]
    unread: tuple[str, ...]
    asked: "str | Standing"

    @classmethod
    def from_bytes(cls, data: bytes) -> "Question":
        """Return what ``rule_question`` or ``part_questions`` wrote."""
        kind, data = data[:1], data[1:]
        asked: str | Standing
        if kind == IN_PART:
            arrays = _unpacked(data[WINDOW.size :])
            window = WINDOW.unpack_from(data)
            asked = Standing(window=window, seats=_seats(arrays)[1])
        else:
            arrays = _unpacked(data)
            asked = str(arrays["rule"])
        return cls(
            left_out=tuple(arrays["left_out"].tolist()),
            unread=tuple(arrays["unread"].tolist()),
            asked=asked,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A plan, and the window whose racks may move.

    Attributes:
        window: First minute of the part and first minute after it.
        seats: The plan.
    """

    window: tuple[int, int]
    seats: Seats


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Where racks are better, or are in a first plan.

    Attributes:
        racks: Rows of the racks.
        seats: Where they are, a row for each; with the price of the whole plan.
        moves: Made to find this.
    """

    racks: t.Wide
    seats: Seats
    moves: int

    def to_bytes(self) -> bytes:
        """Return it as a message."""
        moves = np.array(self.moves, np.int64)
        return _packed(moves=moves, **_plain(self.seats, self.racks))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Answer":
        """Return it from a message."""
        arrays = _unpacked(data)
        racks, seats = _seats(arrays)
        return cls(racks=racks, seats=seats, moves=int(arrays["moves"]))


def rule_question(rule: str, without: tuple[Collection[str], Collection[str]]) -> bytes:
    """Return the message that asks for a first plan.

    Args:
        rule: Name of a dispatch rule.
        without: Racks left out from the beginning, and racks not looked at.
    """
    return BY_RULE + _packed(rule=np.array(rule), **_without(*without))


def part_questions(board: Board, parts: Sequence[Part]) -> list[bytes]:
    """Return a message for each part: its window, and the plan all are of."""
    plan = _packed(
        **_without(*board.without), **_plain(board.seats(), np.arange(board.racks))
    )
    return [IN_PART + WINDOW.pack(part.start, part.end) + plan for part in parts]


def _without(
    left_out: Collection[str], unread: Collection[str]
) -> dict[str, npt.NDArray[np.str_]]:
    return {
        "left_out": np.array(sorted(left_out), np.str_),
        "unread": np.array(sorted(unread), np.str_),
    }


def _plain(seats: Seats, racks: t.Wide) -> dict[str, t.Wide]:
    """Return rows of a plan as arrays that compress well: minutes as differences."""
    time = seats.time.reshape(len(racks), 2 * seats.time.shape[1])
    return {
        "racks": racks,
        "shape": np.array(seats.time.shape, np.int64),
        "time": np.diff(time, axis=1, prepend=0),
        "soak": seats.soak,
        "seat": seats.seat,
        "price": np.array(seats.price, np.int64),
    }


def _seats(arrays: dict[str, Any]) -> tuple[t.Wide, Seats]:
    """Return rows and seats that ``_plain`` made plain."""
    time = np.cumsum(arrays["time"], axis=1).reshape(arrays["shape"])
    return arrays["racks"], Seats(
        time=time,
        soak=arrays["soak"],
        seat=arrays["seat"],
        price=int(arrays["price"]),
    )


def _packed(**arrays: npt.NDArray[Any]) -> bytes:
    target = BytesIO()
    np.savez(target, allow_pickle=False, **arrays)
    return zlib.compress(target.getvalue(), FAST)


def _unpacked(data: bytes) -> dict[str, Any]:
    with np.load(BytesIO(zlib.decompress(data)), allow_pickle=False) as arrays:
        return dict(arrays)
