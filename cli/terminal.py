"""What goes to a terminal: tables on standard output, progress on standard error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress

if TYPE_CHECKING:
    from rich.progress import ProgressColumn

WIDE = 200


def stdout_console() -> Console:
    """Standard output, wide where nobody looks, so that few lines are broken; texts are shown as they are."""
    width = None if Console().is_terminal else WIDE
    return Console(width=width, markup=False, emoji=False, highlight=False)


def progress_on_stderr(*columns: ProgressColumn) -> Progress:
    """Lines that move while something is done and are gone after it; none where standard error is no terminal."""
    console = Console(stderr=True)
    return Progress(
        *columns,
        console=console,
        disable=not console.is_terminal,
        transient=True,
        # What is printed meanwhile stands above the lines, unless it goes elsewhere.
        redirect_stdout=sys.stdout.isatty(),
    )
