"""`python -m local up` runs the local stack; `python -m local demo` shows the main job on it."""

from __future__ import annotations

import sys

USAGE = "usage: python -m local up|demo [--help]"
WRONG_USE = 2


def main(arguments: list[str]) -> int:
    """Runs the command that `arguments` name; returns its exit code."""
    match arguments:
        case ["up", *rest]:
            from local.up import main as up  # noqa: PLC0415  (only what the command needs)

            return up(rest)
        case ["demo", *rest]:
            from local.demo import main as demo  # noqa: PLC0415

            return demo(rest)
    print(USAGE, file=sys.stderr)
    return WRONG_USE


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Stopped.")
