"""A model in the making and its row in `Models`: begun, waited for, resumed, and put in the place of the one before."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cli.train.explanations import explained, what_to_do
from cli.train.training import GONE, Making, delete_model, get_training
from shared import backoff
from shared.errors import FormsError, Later
from shared.models import Model

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from cli.train.answers import Training
    from shared.services import Services

LEAST_SECONDS = 1
"""The service recommends an interval of one second or more, and may itself name one."""

LONGEST_IN_ID = 64 - len("-yyyymmddhhmmss")
MOST_SECONDS = 15
STEP_FRACTION = 0.2
"""The next delay, as a fraction of the time already waited."""

MOST_FAULTS = 8
"""So many polls in a row that got no answer, over some ten minutes, end the wait."""


@dataclass(frozen=True, slots=True)
class Order:
    """A model to be made under `name`.

    `start` has the service begin, given the id that the model is to have where we choose it; `digest` tells whether two
    commands ask for the same; `documents` is how many it is made from, where the service does not say.
    """

    name: str
    api_version: str
    digest: str
    start: Callable[[str], Making]
    threshold: float | None = None
    documents: int = 0


def digest_of(*parts: object) -> str:
    """What tells whether two commands ask for the same: a SHA-256 of plain values."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def make_model(
    services: Services, order: Order, show: Callable[[Training], None], say: Callable[[str], None]
) -> Training:
    """Has the model made, or waits for the one that an earlier run of the same command began; registers it.

    `show` sees each answer of the service, `say` takes sentences for the person. What is returned is `ready` or
    `invalid`. An interrupted wait leaves a row by which the same command goes on.
    """
    before = services.models.read(order.name)
    making, note = _unfinished(services, before, order)
    if note:
        say(note)
    row = before
    if making is None or row is None:
        making = _start(services, order)
        row = begun(before, order.name, making, order.digest)
    asked = making
    try:
        if row is not before:
            services.models.write(row)
        with explained():
            training = wait_until_made(
                lambda: get_training(services.recognizer, asked), time.sleep, services.dice, show
            )
    except KeyboardInterrupt:
        say("The service goes on without us: run the same command again to wait for it.")
        raise
    if training.status == "invalid":
        services.models.write(not_made(row, "; ".join(reasons(training)) or "the service gave no reason"))
        _discard(services, making)
    else:
        services.models.write(made(row, training, order, services.now()))
    return training


def reasons(training: Training) -> list[str]:
    """Why a model could not be made, in the service's words."""
    of_documents = [f"{document.name}: {error}" for document in training.documents for error in document.errors]
    return [*map(str, training.errors), *of_documents]


def model_id_for(name: str, now: datetime) -> str:
    """The id that a model gets where the caller chooses it: up to 64 characters."""
    return f"{name[:LONGEST_IN_ID]}-{now:%Y%m%d%H%M%S}"


def _start(services: Services, order: Order) -> Making:
    """Begins; a call that the service surely refused for the moment is made again, one that found no service is not."""
    for tries in range(MOST_FAULTS):
        try:
            with explained():
                return order.start(model_id_for(order.name, services.now()))
        except Later as error:
            if not error.refused or error.code == "Unreachable" or tries + 1 == MOST_FAULTS:
                raise
            time.sleep(backoff.after_fault(tries, error.retry_after, services.dice))
    raise AssertionError("the last try returns or raises")  # pragma: no cover


def begun(before: Model | None, name: str, making: Making, request: str) -> Model:
    """The row once the service has accepted: a model that is ready goes on reading, any other makes documents wait."""
    waiting = Model(name, "", making.api_version, "creating", threshold=before.threshold if before else None)
    return replace(
        before if before is not None and before.status == "ready" else waiting,
        pending_model_id=making.model_id,
        pending_url=making.url,
        pending_request=request,
    )


def made(before: Model, training: Training, order: Order, now: datetime) -> Model:
    """The row of a model that is ready: from now on it reads."""
    names = [field.name for field in training.fields] or training.keys
    return Model(
        before.name,
        training.model_id,
        order.api_version,
        "ready",
        accuracy=training.accuracy,
        trained_at=now,
        training_documents=sum(one.status != "failed" for one in training.documents) or order.documents,
        field_names=", ".join(dict.fromkeys(names)),
        threshold=before.threshold if order.threshold is None else order.threshold,
    )


def not_made(before: Model, reason: str) -> Model:
    """The row after a training that failed: what was ready stays, a first one is `invalid`."""
    row = replace(before, pending_model_id=None, pending_url=None, pending_request=None)
    return row if row.status == "ready" else replace(row, status="invalid", error_message=reason)


def _unfinished(services: Services, row: Model | None, order: Order) -> tuple[Making | None, str]:
    """The training that an earlier run of the same command began and nobody saw the end of.

    With a sentence about it: None and why, when there was one that can't be gone on with; None and nothing, when there
    was none.
    """
    if row is None or not row.pending_url or not row.pending_model_id:
        return None, ""
    if row.pending_request != order.digest:
        return None, "The training begun earlier was for other files or options; training anew."
    making = Making(order.api_version, row.pending_model_id, row.pending_url)
    waiting = f"Waiting for the training of {row.name} that was begun earlier; nothing is trained twice."
    try:
        training = get_training(services.recognizer, making)
    except Later:
        return making, waiting
    except FormsError as error:
        if error.code not in GONE:
            raise
        return None, "The training begun earlier is no longer known to the service; training anew."
    if training.status == "invalid":
        _discard(services, making)
        return None, "The training begun earlier failed; training anew."
    return making, waiting


def _discard(services: Services, making: Making) -> None:
    """Deletes an invalid model, which would count against the resource's limit; that it stays is no harm."""
    try:
        delete_model(services.recognizer, making.api_version, making.model_id)
    except FormsError:
        return


def wait_until_made(
    ask: Callable[[], Training],
    sleep: Callable[[float], None],
    dice: backoff.Dice,
    show: Callable[[Training], None],
) -> Training:
    """Asks until the model is `ready` or `invalid`, as often as the service advises; `show` sees each answer.

    Raises `Later` when the service gave no answer for too long.
    """
    delay: float = LEAST_SECONDS
    waited, faults = 0.0, 0
    while True:
        sleep(delay)
        waited += delay
        try:
            training = ask()
        except Later as error:
            faults += 1
            if faults == MOST_FAULTS or what_to_do(error.code, str(error)):
                raise
            delay = backoff.after_fault(faults - 1, error.retry_after, dice)
            continue
        faults = 0
        show(training)
        if training.status != "creating":
            return training
        delay = max(LEAST_SECONDS, training.retry_after or min(waited * STEP_FRACTION, MOST_SECONDS))
