"""The formats that can be read, by name."""

from collections.abc import Callable

from scheduling.engine.network.problem import Network
from scheduling.engine.network.readers.mplib import mplib
from scheduling.engine.network.readers.psplib import mmlib, psplib
from scheduling.engine.network.readers.racks import neutral_racks, scale_racks
from scheduling.engine.network.readers.rcpsp_max import rcpsp_max
from scheduling.engine.network.readers.shops import fjsp, hfsp, jsp

READERS: dict[str, Callable[[str], Network]] = {
    "psplib": psplib,
    "mmlib": mmlib,
    "rcpsp-max": rcpsp_max,
    "mplib": mplib,
    "fjsp": fjsp,
    "jsp": jsp,
    "hfsp": hfsp,
    "neutral-racks": neutral_racks,
    "scale-racks": scale_racks,
}
OVERLAYS = ("rcpsp-t",)
"""Formats that need a second file."""
FORMATS = (*READERS, *OVERLAYS)
