"""`python -m cli`: runs a command; Ctrl-C ends it with a word, also while it is being loaded."""

from __future__ import annotations

import sys

if __name__ == "__main__":
    try:
        from cli.commands import main

        main()
    except KeyboardInterrupt:
        sys.exit("Stopped.")
