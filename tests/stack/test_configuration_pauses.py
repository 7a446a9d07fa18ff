"""A wrong setting pauses documents visibly, and they go on by themselves when it is mended: real analyzer, real key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from shared.messages import Submission
from shared.steps.poll import poll_operation
from shared.steps.submit import submit_document
from tests.stack import calling
from tests.stack.app import App, a_pdf, accepted_times, make_app
from tests.stack.scripted_service import ScriptedService, pairs, scripted_service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from shared.messages import Operation, Result
    from shared.settings import StorageConnection
    from tests.conftest import Eventually

NO_QUOTA = {"error": {"code": "403", "message": "Out of call volume quota for FormRecognizer F0 pricing tier."}}
DENIED = {"error": {"code": "401", "message": "Access denied."}}
THROTTLED = {"error": {"code": "429", "message": "Too many."}}
GONE = {"error": {"code": "410", "message": "This API version was retired."}}


@pytest.fixture
def path(unique: Callable[[str], str]) -> str:
    """A file that no other test drops."""
    return f"{unique('folder')}/a.pdf"


@pytest.fixture
def service() -> Iterator[ScriptedService]:
    """A service whose answers the test writes."""
    with scripted_service() as service:
        service.will_answer((200, pairs(("A", "1"))))
        yield service


@dataclass
class Line:
    """A worker that runs its own messages, each when its time has come, and nobody else's."""

    app: App
    waiting: list[tuple[Submission | Operation | Result, int]]
    seconds: float = 0

    def begin(self, path: str) -> None:
        """As the blob trigger does."""
        submit_document(self.app.services, Submission(path, ""))

    def goes_on(self) -> App:
        """Runs the next message after its delay; what the app is then."""
        message, delay = self.waiting.pop(0)
        self.seconds += delay + 1
        later = self.app.later(seconds=self.seconds)
        if isinstance(message, Submission):
            submit_document(later.services, message)
        else:
            poll_operation(later.services, message)  # type: ignore[arg-type]
        return later


@pytest.fixture
def line_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[App], Line]:
    """Makes lines of workers."""

    def make(app: App) -> Line:
        line = Line(app, [])

        def send(message: Any, delay: int = 0) -> None:  # noqa: ANN401
            line.waiting.append((message, delay))

        monkeypatch.setattr(app.services.queues, "send", send)
        return line

    return make


@pytest.mark.parametrize("asking", ["for an analysis", "for its result"])
def test_a_key_rotated_and_set_back_pauses_and_loses_nothing(
    storage: StorageConnection,
    path: str,
    line_of: Callable[[App], Line],
    free_ports: Callable[[int], int],
    eventually: Eventually,
    tmp_path: Path,
    asking: str,
) -> None:
    """The analyzer gets another key while a document is on its way, and then its old one again."""
    port, content = free_ports(1), a_pdf("rotated", path)
    line = line_of(make_app(storage, f"http://127.0.0.1:{port}", calling.KEY, REUSE_RESULTS="false"))
    line.app.drop(path, content)
    options = ("--seconds", "0.1", "--no-quota")
    if asking == "for its result":
        with calling.running(port, tmp_path, eventually, *options):
            line.begin(path)

    with calling.running(port, tmp_path, eventually, *options, key="another key"):
        if asking == "for its result":
            line.goes_on()
        else:
            line.begin(path)
        for _ in range(3):
            paused = line.goes_on().document(path)
            assert paused.status == ("analyzing" if asking == "for its result" else "waiting")
            assert "look at FORM_RECOGNIZER_KEY" in (paused.error_message or "")
            assert paused.next_try_at is not None
            assert paused.next_try_at > line.app.later(seconds=line.seconds).services.now()
            assert line.waiting[0][1] == 300

    with calling.running(port, tmp_path, eventually, *options) as (client, _):
        eventually(lambda: line.goes_on().document(path).status == "storing", "the result")
        assert (line.app.document(path).error_code, line.app.document(path).paid_submissions) == (None, 1)
        assert accepted_times(client.url, content) == 1


@pytest.mark.parametrize(
    ("status", "answer", "setting"),
    [
        (403, NO_QUOTA, "FORM_RECOGNIZER_TIER"),
        (429, NO_QUOTA, "FORM_RECOGNIZER_TIER"),
        (403, {}, "FORM_RECOGNIZER_KEY"),
        (410, GONE, "FORM_RECOGNIZER_API_VERSION"),
        (404, {"error": {"code": "404", "message": "Resource not found."}}, "FORM_RECOGNIZER_ENDPOINT"),
    ],
    ids=["month used up, 403", "month used up, 429", "role", "retired version", "wrong endpoint"],
)
def test_every_wrong_setting_pauses_and_names_itself(
    storage: StorageConnection, service: ScriptedService, path: str, line_of: Callable[[App], Line],
    status: int, answer: dict[str, Any], setting: str,
) -> None:  # fmt: skip
    """For a week nothing fails and nothing is paid; mended, the document goes on."""
    line = line_of(make_app(storage, service.url, "key", REUSE_RESULTS="false"))
    line.app.drop(path, a_pdf("paused", path))
    service.will_refuse(status, answer)
    line.begin(path)
    for _ in range(5):
        line.seconds += 36 * 3600
        paused = line.goes_on().document(path)
        assert (paused.status, paused.paid_submissions) == ("waiting", 0)
        assert setting in (paused.error_message or "")

    service.refusal = None
    assert line.goes_on().document(path).status == "analyzing"
    if status != 404:
        service.will_answer((status, answer), (200, pairs(("A", "1"))))
        paused = line.goes_on().document(path)
        assert paused.status == "analyzing"
        assert setting in (paused.error_message or "")
    assert line.goes_on().document(path).status == "storing"


def test_only_the_time_of_the_pause_does_not_count(
    storage: StorageConnection, service: ScriptedService, path: str, line_of: Callable[[App], Line]
) -> None:
    """Throttled for an hour, paused for days, and throttled again: it fails when it was throttled for its deadline."""
    line = line_of(make_app(storage, service.url, "key", ANALYSIS_DEADLINE="7200"))
    line.app.drop(path, a_pdf("throttled", path))
    service.will_refuse(429, THROTTLED)
    line.begin(path)
    while line.seconds < 3600:
        assert line.goes_on().document(path).status == "waiting"

    service.will_refuse(401, DENIED)
    line.goes_on()
    line.seconds += 3 * 86400
    paused = line.goes_on().document(path)
    assert (paused.status, paused.error_code) == ("waiting", "401")

    service.will_refuse(429, THROTTLED)
    begun = line.seconds
    while line.goes_on().document(path).status == "waiting":
        assert line.seconds - begun < 7200
    assert 3000 < line.seconds - begun < 4500
    assert line.app.document(path).error_code == "DeadlineExceeded"
    assert line.app.document(path).paid_submissions == 0
