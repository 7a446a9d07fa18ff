"""The functions host of the local stack: it runs the triggers that `function_app.py` declares, as Azure's host would.

What is kept of the real host: `host.json`, one lease for each message, dequeue counts, the delay after a failure,
`<queue>-poison`, blob receipts by ETag, immediate tries of blobs and `webjobs-blobtrigger-poison`, timers.

What differs, on purpose: a message is leased for 30 seconds and renewed every 10, instead of 10 minutes and 5, so that
a restart after a crash goes on at once. Blobs with the Event Grid source are found by listing as well, because there is
no Event Grid on this machine. A message that an app sends wakes nobody: queues are asked at least once in
`maxPollingInterval`. It is a development tool and never deployed.
"""
