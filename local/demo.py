"""`python -m local demo`: the main job, whole, on this machine and without a network.

Starts a stack of its own, trains a model on each kind of sample form, drops the new forms, shows what becomes of them,
and compares the rows with what the forms really say.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError
from rich.console import Console
from rich.table import Table

from local.configuration import ENDPOINT, HOST_CONNECTION, azurite_connection_string
from shared.fields.records import column_name
from shared.names import CONNECTION, RECORDS_TABLE
from shared.services import make_services
from shared.settings import read_settings
from shared.storage.clients import table_service
from shared.storage.tables import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shared.services import Services

ROOT = Path(__file__).parents[1]
FIRST_PORT, LAST_PORT = 10100, 10990
DONE_WITHIN = 180
LOOK_EVERY = 0.2
NEEDED = {"PDFs": 1.0, "scans": 0.95, "photos": 0.95}
"""The share of the values of each medium that must be right: ink on paper is not always legible."""


class DemoFailed(Exception):
    """The demo can't go on; `str(error)` is a sentence."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demo plays: its samples, and the environment of its own stack."""

    samples: Path
    state: Path
    port_base: int
    environment: dict[str, str]
    console: Console


def main(arguments: Sequence[str]) -> int:
    """Returns 0 when the tables say what stands on the forms: all of it for PDFs, nearly all for scans and photos."""
    options = _parser().parse_args(arguments)
    console = Console(highlight=False)
    try:
        return 0 if _play(_stage(options.seed, console)) else 1
    except (DemoFailed, AzureError) as error:
        console.print(f"The demo failed: {error}", style="red", soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("Stopped.")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m local demo", description="The main job on sample forms.")
    parser.add_argument("--seed", type=int, help="fill the forms anew with other values")
    return parser


def _stage(seed: int | None, console: Console) -> Stage:
    state = ROOT / ".local" / "demo"
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True)
    samples = ROOT / "samples"
    if seed is not None:
        samples = state / "samples"
        subprocess.run([sys.executable, "-m", "samples", "--seed", str(seed), "--to", samples], cwd=ROOT, check=True)
    port_base = _free_port_base()
    storage = azurite_connection_string(port_base)
    settings = {
        CONNECTION: storage,
        HOST_CONNECTION: storage,
        ENDPOINT: f"http://127.0.0.1:{port_base + 3}",
        "FORM_RECOGNIZER_KEY": "demo",
    }
    return Stage(samples, state, port_base, {**os.environ, **settings}, console)


def _play(stage: Stage) -> bool:
    if not _forms(stage):
        raise DemoFailed(f"there are no sample forms in {stage.samples}; `git checkout samples` brings them back.")
    services = make_services(read_settings(stage.environment))
    with _stack(stage):
        for form in _forms(stage):
            _train(stage, form)
        paths = _drop(stage, services)
        _follow(stage, services, paths)
        counts = Counter[tuple[str, bool]]()
        for form in _forms(stage):
            counts += _compare(stage, services, form)
    stage.console.print()
    verdicts = [_judge(stage, counts, medium) for medium in NEEDED]
    return all(verdicts)


def _forms(stage: Stage) -> list[str]:
    """The kinds of form there are samples of; each gives its name to a model and to the folder that it reads."""
    return sorted(truth.parent.name for truth in stage.samples.glob("*/truth.json"))


@contextmanager
def _stack(stage: Stage) -> Iterator[None]:
    """A stack of the demo's own; it ends with the block."""
    stage.console.print("Starting storage, the analyzer and the functions host on this machine ...")
    log = stage.state / "stack.log"
    command = [sys.executable, "-m", "local", "up", "--state", str(stage.state), "--port-base", str(stage.port_base)]
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            command, cwd=ROOT, env=stage.environment, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            if process.stdout is None or process.stdout.readline().strip() != "ready":
                last = log.read_text(errors="replace").strip().splitlines()[-1:]
                raise DemoFailed(f"the local stack did not start. {' '.join(last)} The whole log is {log}.")
            yield
        finally:
            process.terminate()
            process.wait()


def _train(stage: Stage, form: str) -> None:
    folder = stage.samples / form / "train"
    stage.console.print(f"\n[bold]python -m cli train {form} {_shown(folder)}[/bold]")
    command = [sys.executable, "-m", "cli", "train", form, str(folder)]
    if subprocess.run(command, cwd=ROOT, env=stage.environment, check=False).returncode != 0:
        raise DemoFailed(f"the model {form} could not be trained; the log is {stage.state / 'stack.log'}.")


def _drop(stage: Stage, services: Services) -> list[str]:
    """Drops the new forms, each into the folder of its model; returns the blobs' names."""
    files = {
        f"{form}/{file.name}": file
        for form in _forms(stage)
        for file in sorted((stage.samples / form / "read").iterdir())
    }
    stage.console.print(f"\nDropping {len(files)} new forms into the container documents ...")
    for path, file in files.items():
        services.files.upload_blob(path, file.read_bytes())
    return list(files)


def _follow(stage: Stage, services: Services, paths: list[str]) -> None:
    """Prints each document's states as they come, until all are final."""
    begun, seen, waiting = time.monotonic(), dict.fromkeys(paths, ""), set(paths)
    while waiting:
        if time.monotonic() - begun > DONE_WITHIN:
            raise DemoFailed(f"{', '.join(sorted(waiting))} did not end in {DONE_WITHIN} s.")
        time.sleep(LOOK_EVERY)
        for path in sorted(waiting):
            document = services.documents.read(path)
            if document is None or document.status == seen[path]:
                continue
            seen[path] = document.status
            reason = f"  {document.error_message}" if document.error_message else ""
            stage.console.print(f"{time.monotonic() - begun:5.1f} s  {path}  {document.status}{reason}", soft_wrap=True)
            if document.is_final:
                waiting.remove(path)


def _compare(stage: Stage, services: Services, form: str) -> Counter[tuple[str, bool]]:
    """Prints the records of one kind of form; counts the values of each medium that are right and that are not."""
    with table_service(services.settings.storage) as tables:
        found = tables.get_table_client(RECORDS_TABLE).query_entities(f"PartitionKey eq {quoted(form)}")
        records = {str(record["Path"]).rpartition("/")[2]: dict(record) for record in found}
    truth = json.loads((stage.samples / form / "truth.json").read_text(encoding="utf-8"))
    names = list(dict.fromkeys(name for values in truth.values() for name in values))
    table = Table(title=f"\ntable Records, PartitionKey {form}", title_justify="left")
    table.add_column("column", no_wrap=True)
    for file in truth:
        table.add_column(file, overflow="fold")
    counts = Counter[tuple[str, bool]]()
    for name in names:
        cells = {file: _cell(records.get(file, {}), name, values.get(name, "")) for file, values in truth.items()}
        counts.update((_medium(file), right) for file, (_, right) in cells.items())
        table.add_row(column_name(name), *(text for text, _ in cells.values()))
    stage.console.print(table)
    return counts


def _medium(file: str) -> str:
    """What a sample is, by its name."""
    return next((f"{medium}s" for medium in ("scan", "photo") if f"-{medium}." in file), "PDFs")


def _judge(stage: Stage, counts: Counter[tuple[str, bool]], medium: str) -> bool:
    """Says how many values of a medium are right, and whether these are enough."""
    right = counts[medium, True]
    total = right + counts[medium, False]
    enough = right >= NEEDED[medium] * total
    verdict = "" if enough else f" [red]At least {NEEDED[medium]:.0%} of them must be.[/red]"
    stage.console.print(f"{medium}: {right} of {total} values are what stands on the forms.{verdict}")
    return enough


def _cell(record: dict[str, object], name: str, true_value: str) -> tuple[str, bool]:
    """What is shown of a value, and whether it is right."""
    read = str(record.get(column_name(name), ""))
    return (read, True) if read == true_value else (f"[red]{read or 'nothing'}[/red], should be {true_value}", False)


def _free_port_base() -> int:
    for port in range(FIRST_PORT, LAST_PORT, 10):
        if all(_is_free(port + offset) for offset in range(4)):
            return port
    raise DemoFailed(f"no four free ports in a row between {FIRST_PORT} and {LAST_PORT}.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT))
