"""The public families: three named instances of each, or all that have a best known."""

import csv
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scheduling.engine.command.convert import convert
from scheduling.engine.network.problem import Network
from scheduling.engine.network.readers.formats import READERS

SCALE_SIZES = (100, 500, 1_000, 3_000)
NEUTRAL_SIZES = (100, 500, 1_000, 2_000, 5_000, 10_000)
MOST_FOR_PEERS = 600
"""Racks above which the peer found no plan in these times (0 of 3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One problem to measure.

    Attributes:
        name: Its path, or what a generator is asked for.
        format: How it is read.
        arguments: For a generator's script: what follows its size and file.
        size: Racks, for a generator.
        best: What to measure the gap to, where no list says it.
        is_for_peers: Whether the peer runs too.
    """

    name: str
    format: str
    size: int = 0
    arguments: tuple[str, ...] = ()
    best: int | None = None
    is_for_peers: bool = True

    def problem(self, folder: Path) -> Network:
        """Return the problem."""
        if not self.size:
            return convert(self.format, folder / self.name)
        return READERS[self.format](generated(self, folder))


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Instances that are reported together.

    Attributes:
        name: What the table calls it.
        format: How its files are read.
        listed: Its name in the list of best known; empty for generators.
        named: Three instances for the short bench.
        seconds: Of each run.
    """

    name: str
    format: str
    listed: str
    named: tuple[str, ...]
    seconds: float = 10.0

    def instances(self, folder: Path, *, is_full: bool) -> list[Instance]:
        """Return the instances: the named ones, or all."""
        if not self.listed:
            return _racks(self.format, folder, is_full=is_full)
        names = self.named
        if is_full:
            with (folder / "best_known.csv").open(encoding="utf-8", newline="") as rows:
                names = tuple(
                    row["path"]
                    for row in csv.DictReader(rows)
                    if row["family"] == self.listed
                )
        return [Instance(name=name, format=self.format) for name in names]


def _racks(name: str, folder: Path, *, is_full: bool) -> list[Instance]:
    """Return the generated instances; the scale test's gap is to its energy bound."""
    if name == "neutral-racks":
        sizes = NEUTRAL_SIZES if is_full else NEUTRAL_SIZES[:3]
        found = [
            Instance(
                name=f"{name} {size}, seed 7",
                format=name,
                size=size,
                arguments=("7",),
                is_for_peers=size <= MOST_FOR_PEERS,
            )
            for size in sizes
        ]
        tight = Instance(
            name=f"{name} 100, seed 7, feeder share 0.6",
            format=name,
            size=100,
            arguments=("7", "0.6"),
        )
        return [*found, tight]
    found = []
    for size in SCALE_SIZES if is_full else SCALE_SIZES[:3]:
        asked = Instance(
            name=f"{name} {size}",
            format=name,
            size=size,
            is_for_peers=size <= MOST_FOR_PEERS,
        )
        bound = json.loads(generated(asked, folder))["lower_bound"]
        found.append(
            Instance(
                name=asked.name,
                format=name,
                size=size,
                best=bound,
                is_for_peers=asked.is_for_peers,
            )
        )
    return found


def generated(instance: Instance, folder: Path) -> str:
    """Return what the folder's generator writes."""
    script = folder / f"{instance.format.replace('-', '_')}.py"
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "racks.json"
        subprocess.run(
            [
                sys.executable,
                str(script),
                str(instance.size),
                str(path),
                *instance.arguments,
            ],
            check=True,
            capture_output=True,
        )
        return path.read_text(encoding="utf-8")


def _paths(folder: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}" for name in names)


FAMILIES = (
    Family(
        name="J30",
        format="psplib",
        listed="j30",
        named=_paths("psplib/j30", "j3013_1.sm", "j3029_1.sm", "j3045_1.sm"),
    ),
    Family(
        name="J60",
        format="psplib",
        listed="j60",
        named=_paths("psplib/j60", "j6013_1.sm", "j6029_1.sm", "j6045_1.sm"),
    ),
    Family(
        name="J120",
        format="psplib",
        listed="j120",
        named=_paths("psplib/j120", "j12051_4.sm", "j12016_1.sm", "j12021_1.sm"),
    ),
    Family(
        name="RG300",
        format="psplib",
        listed="rg300",
        named=_paths("rg300", "RG300_168.rcp", "RG300_384.rcp", "RG300_336.rcp"),
    ),
    Family(
        name="RCPSP-t",
        format="rcpsp-t",
        listed="rcpsp_t_derived",
        named=_paths(
            "rcpsp_t_derived",
            "j1206_1__grid50__2.json",
            "j6013_2__h10f50__1.json",
            "j12051_4__h05f50__1.json",
        ),
    ),
    Family(
        name="multi-mode",
        format="mmlib",
        listed="mmrcpsp",
        named=_paths(
            "mmlib", "MMLIB50/J50100_1.mm", "MMLIB50/J5013_1.mm", "MMLIB100/J1006_1.mm"
        ),
    ),
    Family(
        name="RCPSP/max",
        format="rcpsp-max",
        listed="rcpsp_max",
        named=_paths(
            "rcpsp_max", "ubo50/psp13.sch", "ubo100/psp37.sch", "ubo200/psp57.sch"
        ),
    ),
    Family(
        name="multi-project",
        format="mplib",
        listed="rcmpsp",
        named=_paths(
            "rcmpsp_mplib1_set3",
            "MPLIB1_Set3_90.txt",
            "MPLIB1_Set3_360.txt",
            "MPLIB1_Set3_540.txt",
        ),
    ),
    Family(
        name="FJSP",
        format="fjsp",
        listed="fjsp",
        named=_paths(
            "fjsp",
            "Brandimarte1993/mk07.txt",
            "Hurink1994/rdata/la25.txt",
            "BehnkeGeiger2012/behnke28.txt",
        ),
    ),
    Family(
        name="job shop",
        format="jsp",
        listed="jsp",
        named=_paths("jsp/Taillard1993", "ta09js.txt", "ta33js.txt", "ta57js.txt"),
    ),
    Family(
        name="hybrid flow shop",
        format="hfsp",
        listed="hfsp",
        named=_paths("hfsp_ruben", "36.txt", "396.txt", "900.txt"),
    ),
    Family(name="neutral racks", format="neutral-racks", listed="", named=()),
    Family(name="scale racks", format="scale-racks", listed="", named=(), seconds=30.0),
)
