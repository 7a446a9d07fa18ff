"""A worker's steps, one at a time, each with the calls that it makes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shared.messages import Operation, Result
from shared.steps.poll import poll_operation
from shared.steps.store import store_fields

if TYPE_CHECKING:
    from tests.stack.app import App
    from tests.stack.wire import Call, Wire


def standing_still(app: App) -> App:
    """The same worker; its clock stands, so that no time passes between its steps."""
    now = app.services.now()
    return replace(app, services=replace(app.services, now=lambda: now))


def warm(app: App, name: str) -> None:
    """Has the worker know the trained model, as one does that saw it less than fifteen seconds ago."""
    model = app.services.models.recent(name, app.services.now())
    assert model is not None
    app.services.timings.typical(name, model.model_id)
    app.services.timings.learn(name, model.model_id, 3)


def submitting(wire: Wire, app: App, path: str) -> list[Call]:
    """The calls of `submit_document`."""
    with wire.watched() as calls:
        app.submit(path)
    return calls


def polling(wire: Wire, app: App, path: str) -> list[Call]:
    """The calls of `poll_operation`."""
    document = app.document(path)
    message = Operation(path, document.etag, document.operation_url or "", document.polls)
    with wire.watched() as calls:
        poll_operation(app.services, message)
    return calls


def finished(wire: Wire, app: App, path: str) -> list[Call]:
    """The calls of the `poll_operation` that brought the result; none while it is "not yet"."""
    calls = polling(wire, app, path)
    return calls if app.document(path).status == "storing" else []


def storing(wire: Wire, app: App, path: str) -> list[Call]:
    """The calls of `store_fields`."""
    message = Result(path, app.document(path).etag)
    with wire.watched() as calls:
        store_fields(app.services, message)
    return calls
