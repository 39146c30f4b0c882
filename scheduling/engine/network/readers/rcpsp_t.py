"""Overlays that change the capacities of a PSPLIB project over time (JSON).

``base`` names the project's file, ``capacity`` gives each resource, counted from 0,
windows ``[from, to, units]`` in which it has other units than the project says.
"""

from dataclasses import replace
from typing import Any

from scheduling.engine.network.problem import Network, Resource
from scheduling.engine.network.readers.psplib import psplib
from scheduling.engine.network.readers.tokens import UnreadableFileError, json_object
from scheduling.engine.network.readers.windows import with_windows

NAME = "rcpsp-t"


def base_of(text: str) -> str:
    """Return the path of the project an overlay lies on.

    Raises:
        UnreadableFileError: If it names none.
    """
    base = json_object(NAME, text).get("base")
    if not isinstance(base, str):
        raise UnreadableFileError(f"{NAME}: base names no file.")
    return base


def rcpsp_t(text: str, base: str) -> Network:
    """Return a project under an overlay.

    Args:
        text: The overlay.
        base: The project's own file.
    """
    project = psplib(base)
    windows = json_object(NAME, text).get("capacity")
    if not isinstance(windows, dict):
        raise UnreadableFileError(f"{NAME}: capacity is missing.")
    strange = windows.keys() - {str(at) for at in range(len(project.resources))}
    if strange:
        raise UnreadableFileError(f"{NAME}: there is no resource {min(strange)}.")
    return replace(
        project,
        title=NAME,
        resources=tuple(
            _changed(one, windows.get(str(at), []))
            for at, one in enumerate(project.resources)
        ),
    )


def _changed(resource: Resource, windows: Any) -> Resource:  # noqa: ANN401 - JSON in
    """Return a resource with other capacity in some windows."""
    if not isinstance(windows, list) or not all(
        isinstance(one, list) and [type(part) for part in one] == [int, int, int]
        for one in windows
    ):
        raise UnreadableFileError(f"{NAME}: windows are three whole numbers each.")
    normal = resource.capacity.values[0]
    return replace(
        resource, capacity=with_windows(NAME, normal, [tuple(one) for one in windows])
    )
