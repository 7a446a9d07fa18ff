"""The files that a person names, and the names they get in the container `documents`."""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shared.storage.tables import utf16_units

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NAME_UNITS, NAME_PARTS = 1024, 254
"""https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata"""

_NOT_IN_A_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Drop:
    """A local file and its name in the container."""

    file: Path
    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A local file that is not dropped, and why: a sentence. `size` is 0 where it was not looked at."""

    file: Path
    path: str
    code: str
    reason: str
    size: int = 0


def drops(paths: Iterable[Path], folder: str) -> Iterator[Drop | Refusal]:
    """Each file of `paths`, by name; a folder keeps its structure below itself.

    In a folder hidden files are left out, and links to folders are refused, as they may lead in circles.
    """
    prefix = f"{folder}/" if folder else ""
    taken: dict[str, Path] = {}
    for file, name in _found(paths):
        drop = _looked_at(file, prefix + name)
        there = taken.get(drop.path)
        if there is None:
            taken[drop.path] = file
            yield drop
        elif not _is_same(there, file):
            reason = f"Its name would be {drop.path}, as that of {there}; rename one, or drop it with another --to."
            yield Refusal(file, drop.path, "NameTaken", reason)


def name_problem(path: str) -> str:
    """Why no blob can be called `path`, as the end of a sentence; empty when one can."""
    parts = path.split("/")
    problems = {
        "it is not Unicode": any("\ud800" <= one <= "\udfff" for one in path),
        "it has a control character": _NOT_IN_A_NAME.search(path) is not None,
        f"with its folders it has more than {NAME_UNITS} characters": utf16_units(path) > NAME_UNITS,
        f"it is more than {NAME_PARTS} folders deep": len(parts) > NAME_PARTS,
        "it has a backslash, which storage takes for a folder": "\\" in path,
        "it has a part without a name": "" in parts,
        "a part of it ends with a dot": any(part.endswith(".") for part in parts),
    }
    return next((problem for problem, is_so in problems.items() if is_so), "")


def _found(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    for path in paths:
        if not path.is_dir():
            yield path, path.name
            continue
        closed: list[OSError] = []
        for here, folders, files in os.walk(path, onerror=closed.append):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            linked = [name for name in folders if (Path(here) / name).is_symlink()]
            for name in sorted([*(name for name in files if not name.startswith(".")), *linked]):
                file = Path(here) / name
                yield file, file.relative_to(path).as_posix()
        for error in closed:
            yield Path(error.filename), Path(error.filename).relative_to(path).as_posix()


def _looked_at(file: Path, path: str) -> Drop | Refusal:
    if problem := name_problem(path):
        return Refusal(file, path, "BadName", f"Azure can't hold a file of this name: {problem}; rename it.")
    try:
        seen = file.stat()
    except OSError as error:
        return Refusal(file, path, "Unreadable", f"It can't be read: {error.strerror}.")
    if stat.S_ISDIR(seen.st_mode):
        if file.is_symlink():
            return Refusal(file, path, "FolderLink", "It is a link to a folder; name that as a PATH of its own.")
        return Refusal(file, path, "Unreadable", "It is a folder that this user may not look into.")
    if not stat.S_ISREG(seen.st_mode):
        return Refusal(file, path, "NoFile", "It is no regular file.")
    return Drop(file, path, seen.st_size)


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
