"""Sending to the queues, with a delay: what the queue output binding cannot do (azure-webjobs-sdk#1040)."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from shared.names import OPERATIONS_QUEUE, RESULTS_QUEUE, SUBMISSIONS_QUEUE

if TYPE_CHECKING:
    from azure.storage.queue import QueueClient, QueueServiceClient

    from shared.messages import Operation, Result, Submission

LONGEST_DELAY = 7 * 24 * 3600 - 1
"""A message can be hidden for seven days at most."""

FOR_EVER = -1


class Queues:
    """The three queues between the steps. A delay is in whole seconds; a message never expires."""

    def __init__(self, service: QueueServiceClient) -> None:
        self._service = service

    def send_submission(self, message: Submission, *, delay: int) -> None:
        """Has `resubmit_document` run on `message` after `delay`."""
        _send(self._submissions, message, delay)

    def send_operation(self, message: Operation, *, delay: int) -> None:
        """Has `poll_operation` run on `message` after `delay`."""
        _send(self._operations, message, delay)

    def send_result(self, message: Result) -> None:
        """Has `store_fields` run on `message` now."""
        _send(self._results, message, 0)

    @cached_property
    def _submissions(self) -> QueueClient:
        return self._service.get_queue_client(SUBMISSIONS_QUEUE)

    @cached_property
    def _operations(self) -> QueueClient:
        return self._service.get_queue_client(OPERATIONS_QUEUE)

    @cached_property
    def _results(self) -> QueueClient:
        return self._service.get_queue_client(RESULTS_QUEUE)


def _send(queue: QueueClient, message: Submission | Operation | Result, delay: int) -> None:
    hidden = max(0, min(delay, LONGEST_DELAY))
    queue.send_message(message.encode(), visibility_timeout=hidden, time_to_live=FOR_EVER)
