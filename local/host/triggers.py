"""What an app's decorators declare, as plain values; a trigger or binding this host can't run is refused by name."""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

from azure.storage.blob import BlobClient

from shared.errors import WrongSetting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import azure.functions as func
    from azure.functions.decorators.function_app import Function


QUEUE = "queueTrigger"
BLOB = "blobTrigger"
TIMER = "timerTrigger"
KINDS = (QUEUE, BLOB, TIMER)

log = logging.getLogger("local.host")


class FunctionFailed(Exception):
    """A function ended with an exception; the log has it."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """A function and what starts it; `settings` is the trigger's binding as function.json would hold it."""

    name: str
    run: Callable[..., Any]
    argument: str
    kind: str
    settings: Mapping[str, str]


def declared(app: func.FunctionApp, environ: Mapping[str, str]) -> list[Trigger]:
    """Every function of the app; raises `WrongSetting` for one that can't be run here. An app is read only once."""
    return [_trigger(function, environ) for function in app.get_functions()]


def invoke(trigger: Trigger, value: object, cause: str) -> None:
    """Runs the function on what triggered it, and says in one line how it ended; raises `FunctionFailed`."""
    started = time.monotonic()
    try:
        _call(trigger, value)
    except (Exception, SystemExit) as error:
        log.exception("%s failed in %.2f s (%s)", trigger.name, time.monotonic() - started, cause)
        raise FunctionFailed(trigger.name) from error
    log.info("%s succeeded in %.2f s (%s)", trigger.name, time.monotonic() - started, cause)


def _call(trigger: Trigger, value: object) -> None:
    if trigger.run(**{trigger.argument: value}) is not None:
        raise TypeError(f"{trigger.name} returned a value, but has no binding that takes one")


def _trigger(function: Function, environ: Mapping[str, str]) -> Trigger:
    name = str(function.get_function_name())
    binding, *others = function.get_bindings_dict()["bindings"]
    kind = str(binding["type"])
    if others or kind not in KINDS:
        kinds = " and ".join(str(one["type"]) for one in (binding, *others))
        raise WrongSetting(
            name, f"{name} is bound to {kinds}; the local host runs one trigger each: {', '.join(KINDS)}."
        )
    settings = {key: _resolved(str(value), environ) for key, value in binding.items()}
    trigger = Trigger(name, function.get_user_function(), str(binding["name"]), kind, settings)
    if kind == BLOB:
        _check_that_it_takes_a_client(trigger)
    return trigger


def _check_that_it_takes_a_client(trigger: Trigger) -> None:
    hint = get_type_hints(trigger.run).get(trigger.argument)
    if not (isinstance(hint, type) and issubclass(hint, BlobClient)):
        raise WrongSetting(
            trigger.name, f"{trigger.name} takes a blob as {hint}; the local host hands over a BlobClient only."
        )


def _resolved(text: str, environ: Mapping[str, str]) -> str:
    """The text with each `%SETTING%` replaced, as the real host does."""
    return re.sub(r"%(\w+)%", lambda match: environ.get(match[1], match[0]), text)
