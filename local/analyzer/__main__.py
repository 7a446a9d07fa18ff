"""`python -m local.analyzer --port N --state DIR`: the offline analyzer as a process.

The key it accepts is in the environment variable FORM_RECOGNIZER_KEY. SIGTERM, SIGINT and, with --stop-with-stdin, the
end of its standard input stop it.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from local.analyzer.counts import Counts
from local.analyzer.faults import Faults
from local.analyzer.jobs import Jobs
from local.analyzer.quota import TIERS, Quota
from local.analyzer.server import AnalyzerServer
from local.analyzer.service import Service
from local.analyzer.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser("python -m local.analyzer", description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, required=True, help="on 127.0.0.1; 0 takes any free one")
    parser.add_argument("--state", type=Path, required=True, help="folder for models and operations, made if missing")
    parser.add_argument("--tier", choices=sorted(TIERS), default="S0", help="quotas; F0 reads two pages")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long an analysis takes at least")
    parser.add_argument("--spread", type=float, default=0.2, help="how much more or less, as a share of --seconds")
    parser.add_argument("--seed", type=int, default=0, help="of the jitter of --seconds, and of faults with a share")
    parser.add_argument("--no-reading", action="store_true", help="answer every analysis with a small fixed form")
    parser.add_argument("--no-quota", action="store_true", help="never answer 429")
    parser.add_argument("--stop-with-stdin", action="store_true", help="stop when standard input ends")
    return parser.parse_args(arguments)


def make_service(options: argparse.Namespace, key: str) -> Service:
    """A service on the state folder, going on with what was accepted earlier."""
    tier = TIERS[options.tier]
    store = Store(options.state)
    jobs = Jobs(store, tier, time.time, options.seconds, options.seed, not options.no_reading, options.spread)
    quota = None if options.no_quota else Quota(tier, time.monotonic)
    counts = Counts(operation.content for operation in store.operations())
    jobs.resume()
    return Service(key, jobs, quota, Faults(options.seed), counts)


def main() -> int:
    """Serves until told to stop; 3 when there is no key."""
    options = parse()
    key = os.environ.get("FORM_RECOGNIZER_KEY", "")
    if not key:
        sys.stderr.write("analyzer: FORM_RECOGNIZER_KEY is not set; it holds the key that the analyzer accepts.\n")
        return 3
    service = make_service(options, key)
    with AnalyzerServer(options.port, service) as server:
        _stop_on_request(server, with_stdin=options.stop_with_stdin)
        sys.stderr.write(f"analyzer: listening on http://127.0.0.1:{server.server_port}\n")
        sys.stderr.flush()
        server.serve_forever(poll_interval=0.1)
    service.jobs.stop()
    return 0


def _stop_on_request(server: AnalyzerServer, *, with_stdin: bool) -> None:
    def stop(*_: object) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    def wait_for_end() -> None:
        while os.read(sys.stdin.fileno(), 1024):
            pass
        stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if with_stdin:
        threading.Thread(target=wait_for_end, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
