"""The settings a command works with."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from shared.errors import WrongSetting
from shared.settings import read_settings

if TYPE_CHECKING:
    from shared.services import Services

SECONDS_TO_CONNECT, SECONDS_TO_ANSWER = 5, 20
"""How long the first question to storage may take."""

LOCAL_SETTINGS = Path(__file__).parents[1] / "local.settings.json"


def command_services() -> Services:
    """The services by the environment, and by `local.settings.json` for what that lacks."""
    from shared.services import make_services  # noqa: PLC0415  (slow to import; --help does without)

    return make_services(read_settings({**_local_settings(LOCAL_SETTINGS), **os.environ}))


def services_of_storage_that_answers() -> Services:
    """The same, for commands that begin with files in storage."""
    services = command_services()
    storage_must_answer(services)
    return services


def storage_must_answer(services: Services) -> None:
    """Asks a first question without retries: otherwise it takes more than a minute until nobody is said to be there."""
    services.files.get_blob_client("-").exists(
        retry_total=0, connection_timeout=SECONDS_TO_CONNECT, read_timeout=SECONDS_TO_ANSWER
    )


def _local_settings(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        return {str(name): str(value) for name, value in json.loads(path.read_text(encoding="utf-8"))["Values"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "compare it with local.settings.json.example"
        raise WrongSetting(
            path.name, f"{path.name} is not a settings file ({type(error).__name__}); {hint}."
        ) from error
