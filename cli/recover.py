"""`retry` and `reconcile`: documents that failed, or that no message speaks of any more, are sent on their way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from cli.environment import command_services, services_of_storage_that_answers
from cli.plain import json_line, plain, typed_name
from shared.documents import next_message, retried
from shared.errors import FormsError, RowChanged
from shared.messages import Operation, Result, Submission
from shared.steps.reconcile import reconcile_documents

if TYPE_CHECKING:
    from shared.documents import Document
    from shared.services import Services

EXAMPLES = (
    "python -m cli retry purchase-order/po-6.pdf  # one document",
    "python -m cli retry --failed  # all that failed",
    "python -m cli retry --failed --json  # for a program",
    "python -m cli retry --failed --again --yes  # pay anew for all, without asking first",
    "python -m cli reconcile --dry-run  # only look",
    "python -m cli reconcile --json  # for a program",
    "python -m cli reconcile  # send on what was lost",
)

WHAT = {
    "unseen": "was dropped and never seen",
    "replaced": "has new content that was never seen",
    "silent": "stopped on its way",
    "odd": "is a row in Documents that this app did not write; look at it, and delete it if it is not yours",
}

NEXT = {
    Result: "its stored result is stored again",
    Operation: "the service is asked again for the result that was paid for",
    Submission: "it is submitted",
}


def retry(
    path: Annotated[str, typer.Argument(help="The file's name inside `documents`.")] = "",
    *,
    failed: Annotated[bool, typer.Option("--failed", help="Every document that failed.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Pay for a new analysis, whatever is there.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Without asking before all are paid for anew.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON for each document.")] = False,
) -> None:
    """Sends documents on their way once more, from what was already paid for: the result, the operation, or a new call.

    A document that is waiting is tried at once. One that succeeded is read anew only with `--again`.
    """
    if bool(path) == failed:
        raise typer.BadParameter("Name one document, or give --failed.")
    services = command_services()
    if not failed:
        _retry(services, _document(services, typed_name(path)), again=again, as_json=as_json)
        return
    if again and not yes and (many := sum(1 for _ in services.documents.failed())):
        each = "the document" if many == 1 else f"each of the {many} documents"
        typer.confirm(f"Pay for a new analysis of {each} that failed?", abort=True, err=True)
    found = left = 0
    for found, document in enumerate(services.documents.failed(), 1):  # noqa: B007 - the last is how many
        try:
            _retry(services, document, again=again, as_json=as_json)
        except RowChanged as error:
            left += 1
            typer.echo(plain(error), err=True)
    if not found:
        typer.echo("No document has failed.", err=True)
    if left:
        raise FormsError("SomeLeft", f"{left} changed meanwhile and were left alone; look at them with `status`.")


def _retry(services: Services, document: Document, *, again: bool, as_json: bool) -> None:
    message = retry_document(services, document, again=again)
    row = {"Path": document.path, "ETag": document.etag, "Sent": type(message).__name__.lower()}
    print(json_line(row) if as_json else f"{plain(document.path)}: {NEXT[type(message)]}", flush=True)


def retry_document(services: Services, document: Document, *, again: bool) -> Submission | Operation | Result:
    """Sends one document on its way and returns the message that does it. Raises `RowChanged` when a run is at it."""
    if document.status == "succeeded" and not again:
        raise FormsError("Succeeded", f"{document.path} has succeeded; --again pays for reading it once more.")
    now = services.now()
    if document.is_final or (again and document.status in ("analyzing", "storing")):
        there = document.result_blob is not None and services.results.exists(document.result_blob)
        document = services.documents.write(retried(document, now, result_is_there=there, again=again))
    elif document.status == "waiting":
        document = services.documents.write(replace(document, next_try_at=now))
    message = next_message(document)
    if isinstance(message, Submission):
        message = replace(message, again=int(again))
    services.queues.send(message)
    return message


def _document(services: Services, path: str) -> Document:
    document = services.documents.read(path)
    if document is None:
        raise FormsError("UnknownDocument", f"There is no document {path}; `python -m cli status` lists them.")
    return document


def reconcile(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look, and send nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON for each finding.")] = False,
) -> None:
    """Finds files that were never seen and documents that stopped on their way, and sends them on.

    The app does so by itself, every hour.
    """
    found = 0
    for finding in reconcile_documents(services_of_storage_that_answers(), dry_run=dry_run):
        found += 1
        sent = finding.message is not None and not dry_run
        row = {"Path": finding.path, "ETag": finding.etag, "Found": finding.what, "Sent": sent}
        print(json_line(row) if as_json else f"{plain(finding.path)}: {WHAT[finding.what]}", flush=True)
    typer.echo(f"{found} found{', nothing sent' if dry_run else ''}.", err=True)
