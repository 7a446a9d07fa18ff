"""Queue triggers: each function has a queue of its own and sees a message as `azure.functions.QueueMessage`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from azure.functions.queue import QueueMessage

from local.host.listener import QueueListener
from local.host.triggers import invoke

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from azure.storage.queue import QueueMessage as StoredMessage
    from azure.storage.queue import QueueServiceClient

    from local.host.options import QueueOptions
    from local.host.triggers import Trigger

POISON_SUFFIX = "-poison"
LONGEST_QUEUE_NAME = 63


def queue_listener(
    trigger: Trigger, queues: QueueServiceClient, options: QueueOptions, workers: ThreadPoolExecutor
) -> QueueListener:
    """What runs the function for each message of its queue."""
    name = trigger.settings["queueName"]
    poison = queues.get_queue_client(name + POISON_SUFFIX) if _has_poison_queue(name) else None
    return QueueListener(queues.get_queue_client(name), poison, options, partial(_run, trigger), workers)


def _has_poison_queue(name: str) -> bool:
    return not name.endswith(POISON_SUFFIX) and len(name + POISON_SUFFIX) <= LONGEST_QUEUE_NAME


def _run(trigger: Trigger, stored: StoredMessage, body: bytes) -> None:
    message = QueueMessage(  # type: ignore[no-untyped-call]
        id=stored.id,
        body=body,
        dequeue_count=stored.dequeue_count,
        expiration_time=stored.expires_on,
        insertion_time=stored.inserted_on,
        time_next_visible=stored.next_visible_on,
        pop_receipt=stored.pop_receipt,
    )
    invoke(trigger, message, f"message {stored.id}, try {stored.dequeue_count}")
