"""`python -m local.host`: runs `function_app.py` of this folder until a signal, or until its launcher is gone."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path

from local.host.options import read_options
from local.host.running import FUNCTIONS_END_WITHIN, running
from shared.errors import WrongSetting

WRONG_CONFIGURATION = 3


def main(arguments: list[str]) -> int:
    """Writes the line `ready` when functions run; everything else, what functions print too, goes to standard error."""
    options = _parser().parse_args(arguments)
    ready = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    _log_to_standard_error()
    stopping = _stop_on_signals(ignore_interrupts=options.stop_with_stdin)
    if options.stop_with_stdin:
        threading.Thread(target=_stop_with_stdin, args=(stopping,), daemon=True).start()
    sys.path.insert(0, str(options.folder.absolute()))
    try:
        app = importlib.import_module("function_app").app
        host_options = read_options(options.folder / "host.json", os.environ, options.lease, options.deliveries)
        with running(app, host_options, os.environ, stopping):
            print("ready", file=ready, flush=True)
            stopping.wait()
    except WrongSetting as error:
        print(error, file=sys.stderr)
        return WRONG_CONFIGURATION
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local.host", description="Runs the functions of function_app.py.")
    parser.add_argument("--folder", type=Path, default=Path(), help="where function_app.py and host.json are (here)")
    parser.add_argument("--lease", type=float, default=30, help="seconds a message is hidden while it runs (30)")
    parser.add_argument("--deliveries", type=int, default=1, help="deliver what succeeds so many times, for tests (1)")
    parser.add_argument("--stop-with-stdin", action="store_true", help="end when standard input is closed")
    return parser


def _log_to_standard_error() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("azure").setLevel(logging.WARNING)
    # More functions at once than pooled connections: each still gets one, it is only not kept.
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)


def _stop_on_signals(*, ignore_interrupts: bool) -> threading.Event:
    """Ctrl-C reaches the whole process group; with a launcher, it is the launcher that says when we stop."""
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN if ignore_interrupts else lambda *_: stopping.set())
    return stopping


def _stop_with_stdin(stopping: threading.Event) -> None:
    sys.stdin.buffer.read()
    stopping.set()
    time.sleep(2 * FUNCTIONS_END_WITHIN)
    os._exit(1)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    logging.shutdown()
    # A function that does not end would hold the interpreter; its message comes back when its lease ends.
    os._exit(code)
