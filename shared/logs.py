"""One line an event, a JSON object as the message: the Functions Python worker forwards the message and no `extra`."""

from __future__ import annotations

import json
import logging
from typing import Literal

# They write each request at INFO or DEBUG, with the URL: names of files, a SAS signature.
for _talkative in ("azure", "urllib3"):
    logging.getLogger(_talkative).setLevel(logging.WARNING)
_LOGGER = logging.getLogger("forms_to_tables")

Level = Literal["info", "warning", "error"]
_LEVELS: dict[Level, int] = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def log(event: str, path: str, etag: str, *, level: Level = "info", **details: object) -> None:
    """Writes the event, which document and which of its contents it is about, and details that are no secret."""
    line = {"event": event, "document": path, "etag": etag, **details}
    _LOGGER.log(_LEVELS[level], "%s", json.dumps(line, default=str))
