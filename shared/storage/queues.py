"""Sending to the queues, with a delay: what the queue output binding cannot do (azure-webjobs-sdk#1040)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.messages import Operation, Result, Submission
from shared.names import OPERATIONS_QUEUE, RESULTS_QUEUE, SUBMISSIONS_QUEUE

if TYPE_CHECKING:
    from azure.storage.queue import QueueServiceClient

QUEUE_OF = {Submission: SUBMISSIONS_QUEUE, Operation: OPERATIONS_QUEUE, Result: RESULTS_QUEUE}
LONGEST_DELAY = 7 * 24 * 3600 - 1
"""A message can be hidden for seven days at most."""

FOR_EVER = -1


class Queues:
    """The three queues between the steps."""

    def __init__(self, service: QueueServiceClient) -> None:
        self._queues = {kind: service.get_queue_client(name) for kind, name in QUEUE_OF.items()}

    def send(self, message: Submission | Operation | Result, *, delay: int = 0) -> None:
        """Has the step that takes such a message run after `delay` whole seconds. A message never expires."""
        hidden = max(0, min(delay, LONGEST_DELAY))
        self._queues[type(message)].send_message(message.encode(), visibility_timeout=hidden, time_to_live=FOR_EVER)
