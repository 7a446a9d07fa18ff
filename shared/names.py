"""The names of everything that stands in storage; `local/storage.py` makes all of it on a laptop."""

from __future__ import annotations

CONNECTION = "DOCUMENTS_STORAGE"
"""The app setting, or the prefix of settings, that says where documents, queues and tables are."""

DOCUMENTS_CONTAINER = "documents"
RESULTS_CONTAINER = "results"
TRAINING_CONTAINER = "training"
CONTAINERS = (DOCUMENTS_CONTAINER, RESULTS_CONTAINER, TRAINING_CONTAINER)

SUBMISSIONS_QUEUE = "submissions"
OPERATIONS_QUEUE = "operations"
RESULTS_QUEUE = "results"
QUEUES = (SUBMISSIONS_QUEUE, OPERATIONS_QUEUE, RESULTS_QUEUE)

SUBMISSIONS_POISON_QUEUE = "submissions-poison"
OPERATIONS_POISON_QUEUE = "operations-poison"
RESULTS_POISON_QUEUE = "results-poison"
BLOB_TRIGGER_POISON_QUEUE = "webjobs-blobtrigger-poison"
"""Where the host moves what failed five times; it makes these queues and chose their names."""

DOCUMENTS_TABLE = "Documents"
FIELDS_TABLE = "Fields"
RECORDS_TABLE = "Records"
MODELS_TABLE = "Models"
CONTENTS_TABLE = "Contents"
TABLES = (DOCUMENTS_TABLE, FIELDS_TABLE, RECORDS_TABLE, MODELS_TABLE, CONTENTS_TABLE)
