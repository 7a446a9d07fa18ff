"""The local host treats queues and blobs as Azure's host does."""

from __future__ import annotations

import base64
import json
import threading
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import azure.functions as func
import azurefunctions.extensions.bindings.blob as blob_binding  # noqa: TC002  (the host reads the annotations)
import pytest
from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from local.host.options import HostOptions, QueueOptions
from local.host.running import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from azure.storage.blob import ContainerClient
    from azure.storage.queue import QueueClient

    from shared.settings import StorageConnection
    from tests.conftest import Eventually

QUICK = QueueOptions(batch_size=4, new_batch_threshold=2, max_polling_interval=0.2, encoding="none")
OPTIONS = HostOptions(queues=QUICK, blobs=replace(QUICK, encoding="base64"), scan_interval=0.2)


@pytest.fixture
def environ(storage: StorageConnection, unique: Callable[[str], str]) -> dict[str, str]:
    """The settings of a host that no other test shares."""
    account = {"AzureWebJobsStorage": storage.connection_string, "DOCUMENTS_STORAGE": storage.connection_string}
    return {**account, "AzureFunctionsWebHost__hostid": unique("host"), "PYTHON_THREADPOOL_THREAD_COUNT": "16"}


@pytest.fixture
def queues(storage: StorageConnection) -> Iterator[QueueServiceClient]:
    """The account's queues."""
    with QueueServiceClient.from_connection_string(storage.connection_string) as service:
        yield service


@pytest.fixture
def queue(queues: QueueServiceClient, unique: Callable[[str], str]) -> QueueClient:
    """An empty queue."""
    return queues.create_queue(unique("queue"))


@pytest.fixture
def container(storage: StorageConnection, unique: Callable[[str], str]) -> Iterator[ContainerClient]:
    """An empty container."""
    with BlobServiceClient.from_connection_string(storage.connection_string) as service:
        yield service.create_container(unique("container"))


def test_a_message_reaches_its_function_as_it_was_sent_and_is_gone_afterwards(
    environ: dict[str, str], queue: QueueClient, eventually: Eventually
) -> None:
    """Plain text, as `messageEncoding: none` says, XML's own characters and others too."""
    seen: list[func.QueueMessage] = []
    queue.send_message('{"path": "a/<&> é 漢 🙂"}')

    with running(_queue_app(queue, seen.append), OPTIONS, environ):
        eventually(lambda: seen, "a run")
        eventually(lambda: _length(queue) == 0, "the end of the message")

    assert json.loads(seen[0].get_body()) == {"path": "a/<&> é 漢 🙂"}
    assert seen[0].dequeue_count == 1
    assert len(seen) == 1


def test_a_base64_message_is_decoded(environ: dict[str, str], queue: QueueClient, eventually: Eventually) -> None:
    """The real host's default encoding."""
    seen: list[bytes] = []
    queue.send_message(base64.b64encode("é".encode()).decode())

    with running(_queue_app(queue, lambda message: seen.append(message.get_body())), _base64(OPTIONS), environ):
        eventually(lambda: seen, "a run")

    assert seen == ["é".encode()]


def test_a_message_that_does_not_decode_ends_as_poison_without_a_run(
    environ: dict[str, str], queue: QueueClient, queues: QueueServiceClient, eventually: Eventually
) -> None:
    """It counts as a failure each time."""
    seen: list[func.QueueMessage] = []
    queue.send_message("plain text!")

    with running(_queue_app(queue, seen.append), _base64(OPTIONS), environ):
        assert eventually(lambda: _poison(queues, queue), "a poison message") == ["plain text!"]

    assert not seen
    assert _length(queue) == 0


def test_a_message_may_be_delivered_twice_although_it_succeeded(
    environ: dict[str, str], queue: QueueClient, eventually: Eventually
) -> None:
    """As a queue may do that promises once at least; asked for with `deliveries`."""
    tries: list[int | None] = []
    twice = replace(OPTIONS, queues=replace(QUICK, deliveries=2))

    queue.send_message("x")
    with running(_queue_app(queue, lambda message: tries.append(message.dequeue_count)), twice, environ):
        eventually(lambda: _length(queue) == 0, "the end of the message")

    assert tries == [1, 2]


def test_a_failed_message_comes_back_after_the_visibility_timeout(
    environ: dict[str, str], queue: QueueClient, eventually: Eventually
) -> None:
    """Hidden meanwhile, then tried with a higher dequeue count."""
    tries: list[int | None] = []
    hidden: list[bool] = []

    def fails_once(message: func.QueueMessage) -> None:
        tries.append(message.dequeue_count)
        if len(tries) == 1:
            raise RuntimeError("not this time")

    queue.send_message("x")
    with running(_queue_app(queue, fails_once), _retried_after(2), environ):
        eventually(lambda: tries, "a first run")
        hidden.append(not queue.peek_messages())
        eventually(lambda: len(tries) == 2, "a second run")
        eventually(lambda: _length(queue) == 0, "the end of the message")

    assert tries == [1, 2]
    assert hidden == [True]


def test_a_message_that_fails_five_times_moves_to_the_poison_queue(
    environ: dict[str, str], queue: QueueClient, queues: QueueServiceClient, eventually: Eventually
) -> None:
    """The poison queue is made when it is needed; the body stays as it was."""
    tries: list[int | None] = []

    def fails(message: func.QueueMessage) -> None:
        tries.append(message.dequeue_count)
        raise RuntimeError("never")

    queue.send_message('{"a": 1}')
    with running(_queue_app(queue, fails), OPTIONS, environ):
        assert eventually(lambda: _poison(queues, queue), "a poison message") == ['{"a": 1}']
        eventually(lambda: _length(queue) == 0, "the end of the message")

    assert tries == [1, 2, 3, 4, 5]


def test_a_message_taken_too_often_is_poison_without_a_run(
    environ: dict[str, str], queue: QueueClient, queues: QueueServiceClient, eventually: Eventually
) -> None:
    """As after workers that died with it."""
    seen: list[func.QueueMessage] = []
    queue.send_message("x")
    for _ in range(5):
        taken = queue.receive_message(visibility_timeout=30)
        assert taken
        queue.update_message(taken.id, taken.pop_receipt, visibility_timeout=0)

    with running(_queue_app(queue, seen.append), OPTIONS, environ):
        eventually(lambda: _poison(queues, queue), "a poison message")

    assert not seen


def test_a_failure_in_a_poison_queue_makes_no_further_queue(
    environ: dict[str, str],
    queues: QueueServiceClient,
    unique: Callable[[str], str],
    eventually: Eventually,
) -> None:
    """The message stays hidden for its lease, and is tried again for ever."""
    queue = queues.create_queue(f"{unique('queue')}-poison")
    tries: list[int | None] = []

    def fails(message: func.QueueMessage) -> None:
        tries.append(message.dequeue_count)
        raise RuntimeError("never")

    queue.send_message("x")
    once = replace(OPTIONS, queues=replace(QUICK, max_dequeue_count=1, lease_seconds=1))
    with running(_queue_app(queue, fails), once, environ):
        eventually(lambda: len(tries) == 2, "a second try")

    assert not [found.name for found in queues.list_queues() if found.name.startswith(f"{queue.queue_name}-")]
    assert _length(queue) == 1


def test_a_function_may_delete_its_own_message(
    environ: dict[str, str],
    queue: QueueClient,
    eventually: Eventually,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The host's own delete then finds nothing, and says nothing."""
    seen: list[str] = []

    def deletes(message: func.QueueMessage) -> None:
        queue.delete_message(str(message.id), message.pop_receipt)
        seen.append(str(message.id))

    queue.send_message("x")
    with running(_queue_app(queue, deletes), OPTIONS, environ):
        eventually(lambda: seen, "a run")

    assert not [record for record in caplog.records if record.name == "local.host" and record.levelname == "WARNING"]


def test_a_long_run_keeps_its_message(environ: dict[str, str], queue: QueueClient, eventually: Eventually) -> None:
    """Its lease is renewed until it ends, and the message is deleted with the newest receipt."""
    tries: list[int | None] = []
    done = threading.Event()

    def runs_long(message: func.QueueMessage) -> None:
        tries.append(message.dequeue_count)
        done.wait(5)

    queue.send_message("x")
    with running(_queue_app(queue, runs_long), _leased_for(2), environ):
        eventually(lambda: tries, "a run")
        done.wait(5)
        eventually(lambda: _length(queue) == 0, "the end of the message")

    assert tries == [1]


def test_no_more_run_at_once_than_host_json_allows(
    environ: dict[str, str], queue: QueueClient, eventually: Eventually
) -> None:
    """A batch is taken when no more than `newBatchThreshold` run: at most both together."""
    now: set[str] = set()
    most: list[int] = []
    go_on = threading.Semaphore(0)

    def waits(message: func.QueueMessage) -> None:
        now.add(str(message.id))
        most.append(len(now))
        go_on.acquire(timeout=30)
        now.remove(str(message.id))

    for number in range(12):
        queue.send_message(str(number))
    with running(_queue_app(queue, waits), OPTIONS, environ):
        eventually(lambda: len(now) == 4, "a first batch")
        go_on.release(2)
        eventually(lambda: len(now) == 6, "a second batch beside the rest of the first")
        go_on.release(10)
        eventually(lambda: _length(queue) == 0, "an empty queue")

    assert max(most) == 6
    assert len(most) == 12


def test_a_function_that_returns_a_value_has_failed(
    environ: dict[str, str], queue: QueueClient, queues: QueueServiceClient, eventually: Eventually
) -> None:
    """Azure's worker refuses it as well."""
    queue.send_message("x")

    with running(_queue_app(queue, lambda _: 1), OPTIONS, environ):
        assert eventually(lambda: _poison(queues, queue), "a poison message") == ["x"]


def test_the_same_content_runs_once_however_often_the_host_starts(
    environ: dict[str, str], container: ContainerClient, eventually: Eventually
) -> None:
    """Its receipt says so; new content under the same name has a new ETag and runs again."""
    seen: list[str] = []

    def reads(client: blob_binding.BlobClient) -> None:
        seen.append(f"{client.blob_name}: {client.download_blob().readall().decode()}")

    container.upload_blob("folder/é #1.pdf", b"first")
    for _ in range(2):
        with running(_blob_app(container, reads), OPTIONS, environ):
            eventually(lambda: seen, "a run")
            container.upload_blob("marker", b"m", overwrite=True)
            eventually(lambda: seen[-1] == "marker: m", "a run of the marker")
            seen.pop()
    container.upload_blob("folder/é #1.pdf", b"second", overwrite=True)
    with running(_blob_app(container, reads), OPTIONS, environ):
        eventually(lambda: len(seen) == 2, "a run of the new content")

    assert seen == ["folder/é #1.pdf: first", "folder/é #1.pdf: second"]


def test_two_hosts_run_each_blob_once(
    environ: dict[str, str], container: ContainerClient, eventually: Eventually
) -> None:
    """Both list the container; the receipt's lease decides who sends the message."""
    seen: Counter[str] = Counter()
    names = [f"{number}.pdf" for number in range(15)]

    def counts(client: blob_binding.BlobClient) -> None:
        seen[client.blob_name] += 1

    with ExitStack() as hosts:
        for _ in range(2):
            hosts.enter_context(running(_blob_app(container, counts), OPTIONS, environ))
        for name in names:
            container.upload_blob(name, name.encode())
        eventually(lambda: len(seen) == len(names), "a run of every blob")

    assert seen == Counter(names)


def test_a_blob_that_fails_five_times_is_named_in_the_poison_queue(
    environ: dict[str, str],
    container: ContainerClient,
    queues: QueueServiceClient,
    eventually: Eventually,
) -> None:
    """At once, and in base64 whatever host.json says of messages."""
    tries: list[str] = []

    def fails(client: blob_binding.BlobClient) -> None:
        tries.append(client.blob_name)
        raise RuntimeError("never")

    uploaded = container.upload_blob("bad.pdf", b"x")
    slow_retries = replace(OPTIONS, queues=replace(QUICK, visibility_timeout=600))
    with running(_blob_app(container, fails), slow_retries, environ):
        message = eventually(lambda: _blob_poison(queues, container), "a poison message")

    assert tries == ["bad.pdf"] * 5
    assert message == {
        "Type": "BlobTrigger",
        "FunctionId": "Host.Functions.fails",
        "BlobType": "BlockBlob",
        "ContainerName": container.container_name,
        "BlobName": "bad.pdf",
        "ETag": uploaded.get_blob_properties().etag,
    }


def test_a_blob_that_is_gone_or_replaced_before_its_run_is_not_run_as_it_was(
    environ: dict[str, str], container: ContainerClient, queues: QueueServiceClient, eventually: Eventually
) -> None:
    """The message of the old content is dropped without a word."""
    seen: list[str] = []

    def reads(client: blob_binding.BlobClient) -> None:
        seen.append(f"{client.blob_name}: {client.download_blob().readall().decode()}")

    replaced = container.upload_blob("replaced.pdf", b"new")
    internal = queues.create_queue(f"azure-webjobs-blobtrigger-{environ['AzureFunctionsWebHost__hostid']}")
    for name in ("gone.pdf", "replaced.pdf"):
        message = {"FunctionId": "Host.Functions.reads", "ContainerName": container.container_name, "BlobName": name}
        internal.send_message(base64.b64encode(json.dumps({**message, "ETag": '"0x1"'}).encode()).decode())
    with running(_blob_app(container, reads), OPTIONS, environ):
        eventually(lambda: seen, "a run")
        eventually(lambda: _length(internal) == 0, "an empty internal queue")

    assert replaced
    assert seen == ["replaced.pdf: new"]


def test_a_timer_runs_again_and_again(environ: dict[str, str], eventually: Eventually) -> None:
    """Here once a second."""
    runs: list[bool] = []

    def ticks(timer: func.TimerRequest) -> None:
        runs.append(timer.past_due)

    with running(_timer_app(ticks, "* * * * * *"), OPTIONS, environ):
        eventually(lambda: len(runs) >= 2, "two runs")


def test_a_timer_may_run_when_the_host_starts(environ: dict[str, str], eventually: Eventually) -> None:
    """`run_on_startup`; a failure is logged and does not end the timer."""
    runs: list[bool] = []

    def fails(timer: func.TimerRequest) -> None:
        runs.append(timer.past_due)
        raise RuntimeError("not this time")

    with running(_timer_app(fails, "0 0 0 1 1 *", run_on_startup=True), OPTIONS, environ):
        eventually(lambda: runs, "a run")

    assert runs == [False]


def test_a_time_that_passed_while_no_host_ran_is_made_up_for_once(
    environ: dict[str, str], storage: StorageConnection, eventually: Eventually
) -> None:
    """Whichever of two hosts comes first, and the function is told."""
    runs: list[bool] = []
    status = f"timers/{environ['AzureFunctionsWebHost__hostid']}/Host.Functions.ticks/status"

    def ticks(timer: func.TimerRequest) -> None:
        runs.append(timer.past_due)

    with BlobServiceClient.from_connection_string(storage.connection_string) as service:
        records = service.get_container_client("azure-webjobs-hosts")
        with suppress(ResourceExistsError):
            records.create_container()
        records.upload_blob(status, json.dumps({"Last": "2020-01-01T00:00:00+00:00"}))
    with ExitStack() as hosts:
        for _ in range(2):
            hosts.enter_context(running(_timer_app(ticks, "0 0 0 1 1 *"), OPTIONS, environ))
        eventually(lambda: runs, "a run")

    assert runs == [True]


def _queue_app(queue: QueueClient, function: Callable[[func.QueueMessage], object]) -> func.FunctionApp:
    app = func.FunctionApp()

    def run(message: func.QueueMessage) -> object:
        return function(message)

    app.queue_trigger(arg_name="message", queue_name=queue.queue_name, connection="DOCUMENTS_STORAGE")(run)
    return app


def _blob_app(container: ContainerClient, function: Callable[[blob_binding.BlobClient], None]) -> func.FunctionApp:
    app = func.FunctionApp()
    path = f"{container.container_name}/{{name}}"
    app.blob_trigger(arg_name="client", path=path, connection="DOCUMENTS_STORAGE")(function)
    return app


def _timer_app(
    function: Callable[[func.TimerRequest], None], schedule: str, *, run_on_startup: bool = False
) -> func.FunctionApp:
    app = func.FunctionApp()
    app.timer_trigger(arg_name="timer", schedule=schedule, run_on_startup=run_on_startup)(function)
    return app


def _base64(options: HostOptions) -> HostOptions:
    return replace(options, queues=replace(options.queues, encoding="base64"))


def _retried_after(seconds: float) -> HostOptions:
    return replace(OPTIONS, queues=replace(QUICK, visibility_timeout=seconds))


def _leased_for(seconds: float) -> HostOptions:
    return replace(OPTIONS, queues=replace(QUICK, lease_seconds=seconds))


def _length(queue: QueueClient) -> int:
    return int(queue.get_queue_properties().approximate_message_count or 0)


def _poison(queues: QueueServiceClient, queue: QueueClient) -> list[str]:
    name = f"{queue.queue_name}-poison"
    if name not in [found.name for found in queues.list_queues()]:
        return []
    return [str(message.content) for message in queues.get_queue_client(name).peek_messages(10)]


def _blob_poison(queues: QueueServiceClient, container: ContainerClient) -> dict[str, str]:
    name = "webjobs-blobtrigger-poison"
    if name not in [found.name for found in queues.list_queues()]:
        return {}
    contents = [message.content for message in queues.get_queue_client(name).peek_messages(32)]
    messages: list[dict[str, str]] = [json.loads(base64.b64decode(content, validate=True)) for content in contents]
    return next((one for one in messages if one["ContainerName"] == container.container_name), {})
