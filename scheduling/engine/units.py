"""Units of the engine: integers whose meaning the type checker keeps apart."""

from typing import NewType

Minutes = NewType("Minutes", int)
"""Minutes since the problem's epoch, or a duration in minutes."""

Watts = NewType("Watts", int)
"""AC input watts at the bay, or watts of heat in a cooling loop."""

Cents = NewType("Cents", int)
"""US cents."""

Eighths = NewType("Eighths", int)
"""Eighths of a person."""

MINUTES_PER_HOUR = 60
MINUTES_PER_DAY = 1440
MINUTES_PER_WEEK = 10080
FULL_PERMILLE = 1000
WATTS_PER_KILOWATT = 1_000
