"""What infra/ deploys is what the Python side expects: read from the snapshots, which the Bicep compiler wrote.

Only the last tests need the compiler, and are skipped where it is not on the PATH.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from shared import names
from shared.settings import read_settings
from shared.versions import API_VERSIONS

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
SNAPSHOTS = {
    "default": "main",
    "private": "variants/private-network",
    "own servers": "variants/own-servers",
}
OPERATOR = "11111111-1111-1111-1111-111111111111"
"""The operator's principal id in the private variant."""

ROLES = {
    name.strip(): identifier
    for identifier, name in re.findall(
        r"^var \w+ = '([0-9a-f-]{36})' // (.+)$", (INFRA / "modules/roles.bicep").read_text(), re.MULTILINE
    )
}
AS_PUBLISHED = {
    "Storage Blob Data Owner": "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    "Storage Blob Data Contributor": "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    "Storage Blob Data Reader": "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    "Storage Blob Delegator": "db58b8e5-c6ad-4a2a-8342-4190687cbf4a",
    "Storage Queue Data Contributor": "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "Storage Table Data Contributor": "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
    "Storage Account Contributor": "17d1049b-9a84-46fb-8f53-869881c3d3ab",
    "Cognitive Services User": "a97b65f3-24c7-4388-baec-2e87135dc908",
    "Monitoring Metrics Publisher": "3913510d-42f4-4e42-8a64-420c390055eb",
}
"""https://learn.microsoft.com/azure/role-based-access-control/built-in-roles"""

FOR_THE_APP = {
    ("identity", "Storage Blob Data Owner", "storage"),
    ("identity", "Storage Queue Data Contributor", "storage"),
    ("identity", "Storage Table Data Contributor", "storage"),
    ("identity", "Cognitive Services User", "recognizer"),
    ("identity", "Monitoring Metrics Publisher", "logs"),
}
FOR_THE_TOPIC = {("topic", "Storage Blob Data Contributor", "undelivered-events")}
FOR_THE_OPERATOR = {
    ("operator", "Storage Blob Data Contributor", "documents"),
    ("operator", "Storage Blob Data Reader", "results"),
    ("operator", "Storage Blob Data Reader", "undelivered-events"),
    ("operator", "Storage Blob Data Contributor", "training"),
    ("operator", "Storage Blob Delegator", "storage"),
    ("operator", "Storage Queue Data Contributor", "storage"),
    ("operator", "Storage Table Data Contributor", "storage"),
    ("operator", "Cognitive Services User", "recognizer"),
}


def snapshot(which: str) -> dict[str, Any]:
    """What a deployment makes, with the addresses of storage written out as they are in Azure's public cloud."""
    text = (INFRA / f"{SNAPSHOTS[which]}.snapshot.json").read_text()
    address = r"\[format\('https://\{0\}\.(\w+)\.\{1\}', '(\w+)', environment\(\)\.suffixes\.storage\)\]"
    return dict(json.loads(re.sub(address, r"https://\2.\1.core.windows.net", text)))


def resources(which: str, kind: str) -> list[dict[str, Any]]:
    """The resources of one type."""
    return [resource for resource in snapshot(which)["predictedResources"] if resource["type"] == f"Microsoft.{kind}"]


def last_names(which: str, kind: str) -> set[str]:
    """The last part of the name of each resource of one type."""
    return {resource["name"].rpartition("/")[2] for resource in resources(which, kind)}


def app_settings(which: str) -> dict[str, str]:
    """The settings of the function app."""
    (settings,) = resources(which, "Web/sites/config")
    return dict(settings["properties"])


def grants(which: str) -> set[tuple[str, str, str]]:
    """Who is given which role on what."""
    roles = {identifier: name for name, identifier in ROLES.items()}
    return {
        (_who(role), roles[role["properties"]["roleDefinitionId"].rpartition("/")[2]], _what(role["id"]))
        for role in resources(which, "Authorization/roleAssignments")
    }


def _who(role: dict[str, Any]) -> str:
    principal = role["properties"]["principalId"]
    if principal == OPERATOR:
        return "operator"
    (module,) = re.findall(r"format\('(identity|topic|formRecognizer)-", principal)
    return str(module)


def _what(identifier: str) -> str:
    scope = identifier.partition("'Microsoft.Authorization")[0].partition("/providers/Microsoft.Authorization")[0]
    for kind, name in (("/containers/", ""), ("/accounts/", "recognizer"), ("/components/", "logs")):
        if kind in scope:
            return name or scope.partition(kind)[2].rstrip("', ")
    assert "/storageAccounts/" in scope
    return "storage"


@pytest.mark.parametrize("which", SNAPSHOTS)
def test_storage_has_what_the_app_names(which: str) -> None:
    """Each container, queue and table of shared/names.py; besides them only what the platform needs."""
    for_the_platform = {"app-package", "undelivered-events"}

    containers = last_names(which, "Storage/storageAccounts/blobServices/containers")
    assert containers == set(names.CONTAINERS) | for_the_platform
    assert last_names(which, "Storage/storageAccounts/queueServices/queues") == set(names.QUEUES)
    assert last_names(which, "Storage/storageAccounts/tableServices/tables") == set(names.TABLES)


def test_results_are_never_deleted_unless_asked_for() -> None:
    """A result that is gone would be paid for again."""
    actions = {}
    for which in ("default", "private"):
        (policy,) = resources(which, "Storage/storageAccounts/managementPolicies")
        (rule,) = [rule for rule in policy["properties"]["policy"]["rules"] if rule["name"] == names.RESULTS_CONTAINER]
        assert rule["definition"]["filters"]["prefixMatch"] == [f"{names.RESULTS_CONTAINER}/"]
        actions[which] = set(rule["definition"]["actions"]["baseBlob"])

    assert actions == {"default": {"tierToCool"}, "private": {"tierToCool", "delete"}}


@pytest.mark.parametrize("which", SNAPSHOTS)
def test_the_app_starts_with_its_settings(which: str) -> None:
    """They are read as the app reads them: by identity, with the defaults that docs/settings.md promises."""
    given = app_settings(which)
    settings = read_settings(given)
    defaults = read_settings(
        {"DOCUMENTS_STORAGE": "UseDevelopmentStorage=true", "FORM_RECOGNIZER_ENDPOINT": "https://a"}
    )

    assert settings.key is None
    assert settings.storage.client_id
    assert settings.endpoint.endswith(".cognitiveservices.azure.com")
    assert settings.trigger_source == ("LogsAndContainerScan" if which == "own servers" else "EventGrid")
    for name in ("api_version", "tier", "submissions_per_second", "default_model", "confidence_threshold"):
        assert getattr(settings, name) == getattr(defaults, name)
    assert settings.analysis_deadline == defaults.analysis_deadline
    assert settings.reuse_results == defaults.reuse_results


@pytest.mark.parametrize("which", SNAPSHOTS)
def test_every_setting_is_set_but_the_key(which: str) -> None:
    """Each of docs/settings.md; `FORM_RECOGNIZER_KEY` is the one secret, and there is none."""
    table = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/settings.md").read_text(), re.MULTILINE))
    given = app_settings(which)

    assert {name for name in table if not any(each.split("__")[0] == name for each in given)} == {"FORM_RECOGNIZER_KEY"}
    assert not [value for value in given.values() if re.search(r"listKeys|AccountKey|SharedAccessSignature", value)]


@pytest.mark.parametrize("which", SNAPSHOTS)
def test_both_connections_are_by_the_identity(which: str) -> None:
    """The host's own storage and ours: three addresses and whose identity."""
    given = app_settings(which)
    parts = ("credential", "clientId", "blobServiceUri", "queueServiceUri", "tableServiceUri")

    for connection in ("AzureWebJobsStorage", names.CONNECTION):
        assert {name for name in given if name.startswith(connection)} == {f"{connection}__{part}" for part in parts}
        assert given[f"{connection}__credential"] == "managedidentity"


def test_threads_are_as_many_as_on_a_laptop() -> None:
    """The number was worked out from host.json once."""
    local = json.loads((ROOT / "local.settings.json.example").read_text())["Values"]

    assert app_settings("default")["PYTHON_THREADPOOL_THREAD_COUNT"] == local["PYTHON_THREADPOOL_THREAD_COUNT"]


def test_flex_consumption_is_not_told_what_it_refuses() -> None:
    """The runtime stands in functionAppConfig there, and among the settings elsewhere."""
    refused = re.compile(r"FUNCTIONS_WORKER_RUNTIME|FUNCTIONS_EXTENSION_VERSION|WEBSITE_|SCM_|ENABLE_ORYX_BUILD")
    (flex,) = resources("default", "Web/sites")
    (server,) = resources("own servers", "Web/sites")

    assert not [name for name in app_settings("default") if refused.match(name)]
    assert flex["properties"]["functionAppConfig"]["runtime"] == {"name": "python", "version": "3.13"}
    assert app_settings("own servers")["FUNCTIONS_WORKER_RUNTIME"] == "python"
    assert server["properties"]["siteConfig"]["linuxFxVersion"] == "PYTHON|3.13"


def test_what_is_always_ready_and_what_is_woken_are_functions() -> None:
    """`poll_operation` and `submit_document` are spelled as in function_app.py."""
    functions = set(re.findall(r"^def (\w+)", (ROOT / "function_app.py").read_text(), re.MULTILINE))
    (flex,) = resources("default", "Web/sites")
    (ready,) = flex["properties"]["functionAppConfig"]["scaleAndConcurrency"]["alwaysReady"]
    woken = re.findall(r"Host\.Functions\.(\w+)", (INFRA / "events.bicep").read_text())

    assert ready == {"name": "function:poll_operation", "instanceCount": 1}
    assert {"poll_operation", *woken} <= functions
    assert woken == ["submit_document"]


def test_only_files_that_are_whole_and_in_documents_raise_an_event() -> None:
    """Not results, which would be read as documents."""
    subscription = (INFRA / "modules/event-subscription.bicep").read_text()

    assert f"subjectBeginsWith: '/blobServices/default/containers/{names.DOCUMENTS_CONTAINER}/blobs/'" in subscription
    assert "includedEventTypes: ['Microsoft.Storage.BlobCreated']" in subscription
    assert "['PutBlob', 'PutBlockList', 'CopyBlob', 'FlushWithClose']" in subscription


def test_role_names_stand_beside_their_ids() -> None:
    """The ids are what Azure calls by these names."""
    assert ROLES == AS_PUBLISHED


def test_who_may_do_what() -> None:
    """All of it: a role more or less is seen here."""
    trains_in_private = {("formRecognizer", "Storage Blob Data Reader", "training")}
    polls = {("identity", "Storage Account Contributor", "storage")}

    assert grants("default") == FOR_THE_APP | FOR_THE_TOPIC
    assert grants("private") == FOR_THE_APP | FOR_THE_TOPIC | FOR_THE_OPERATOR | trains_in_private
    assert grants("own servers") == FOR_THE_APP | polls


@pytest.mark.parametrize("which", SNAPSHOTS)
def test_every_role_says_why(which: str) -> None:
    """The reason is shown in Azure, too."""
    assert all(role["properties"]["description"] for role in resources(which, "Authorization/roleAssignments"))


def test_a_form_recognizer_that_was_there_is_only_used() -> None:
    """None is made; the app's role is given where it stands."""
    (role,) = [
        role
        for role in resources("own servers", "Authorization/roleAssignments")
        if role["properties"]["roleDefinitionId"].endswith(AS_PUBLISHED["Cognitive Services User"])
    ]

    assert not resources("own servers", "CognitiveServices/accounts")
    assert "/resourceGroups/shared/providers/Microsoft.CognitiveServices/accounts/reader" in role["id"]
    assert app_settings("own servers")["FORM_RECOGNIZER_ENDPOINT"] == "https://reader.cognitiveservices.azure.com"


@pytest.mark.parametrize("which", SNAPSHOTS)
def test_the_command_line_runs_on_the_outputs(which: str) -> None:
    """They are settings under the app's own names, with the app's own values."""
    outputs, given = snapshot(which)["outputs"], app_settings(which)
    others = {"FUNCTION_APP_NAME", "STORAGE_ACCOUNT_NAME", "EVENT_TOPIC_NAME", "UNDELIVERED_CONTAINER"}

    read_settings(outputs)
    assert {name: outputs[name] for name in outputs.keys() - others} == {
        name: given[name] for name in outputs.keys() - others
    }
    assert resources(which, "Web/sites")[0]["name"] == outputs["FUNCTION_APP_NAME"]
    assert resources(which, "Storage/storageAccounts")[0]["name"] == outputs["STORAGE_ACCOUNT_NAME"]
    assert [topic["name"] for topic in resources(which, "EventGrid/systemTopics")] == (
        [outputs["EVENT_TOPIC_NAME"]] if outputs["EVENT_TOPIC_NAME"] else []
    )


@pytest.mark.parametrize("which", SNAPSHOTS)
def test_there_are_no_keys(which: str) -> None:
    """Storage, Form Recognizer and logs take identities only; no blob is public; TLS 1.2."""
    (storage,) = resources(which, "Storage/storageAccounts")
    (workspace,) = resources(which, "OperationalInsights/workspaces")
    publishing = resources(which, "Web/sites/basicPublishingCredentialsPolicies")
    (logs,) = resources(which, "Insights/components")

    assert storage["properties"]["allowSharedKeyAccess"] is False
    assert storage["properties"]["allowBlobPublicAccess"] is False
    assert storage["properties"]["minimumTlsVersion"] == "TLS1_2"
    assert all(
        each["properties"]["disableLocalAuth"] is True for each in resources(which, "CognitiveServices/accounts")
    )
    assert workspace["properties"]["features"]["disableLocalAuth"] is True
    assert logs["properties"]["DisableLocalAuth"] is True
    assert [each["properties"]["allow"] for each in publishing] == [False, False]


def test_a_private_network_is_private() -> None:
    """Four private endpoints with their zones, no public way to data, and only Event Grid may call the app."""
    (storage,) = resources("private", "Storage/storageAccounts")
    (recognizer,) = resources("private", "CognitiveServices/accounts")
    (app,) = resources("private", "Web/sites")
    reached = [
        connection["properties"]["groupIds"]
        for endpoint in resources("private", "Network/privateEndpoints")
        for connection in endpoint["properties"]["privateLinkServiceConnections"]
    ]

    assert storage["properties"]["publicNetworkAccess"] == recognizer["properties"]["publicNetworkAccess"] == "Disabled"
    assert storage["properties"]["networkAcls"] == {"bypass": "AzureServices", "defaultAction": "Deny"}
    assert reached == [["blob"], ["queue"], ["table"], ["account"]]
    assert len(resources("private", "Network/privateDnsZones")) == len(reached)
    assert app["properties"]["virtualNetworkSubnetId"].endswith("/subnets/app")
    assert app["properties"]["siteConfig"]["ipSecurityRestrictionsDefaultAction"] == "Deny"
    assert [rule["ipAddress"] for rule in app["properties"]["siteConfig"]["ipSecurityRestrictions"]] == [
        "AzureEventGrid"
    ]
    assert not resources("default", "Network/virtualNetworks")


@pytest.mark.parametrize("which", SNAPSHOTS)
def test_the_workbook_asks_the_apps_own_log(which: str) -> None:
    """It is the file as it is, but for the Application Insights that it stands under."""
    (workbook,) = resources(which, "Insights/workbooks")
    (logs,) = resources(which, "Insights/components")
    written = (INFRA / "workbooks/documents.json").read_text(encoding="utf-8")

    assert workbook["kind"] == "shared"
    assert workbook["properties"]["sourceId"] == logs["id"]
    assert workbook["properties"]["serializedData"] == written.replace("##applicationInsightsId##", logs["id"])


def test_parameters_are_described_and_offer_what_the_app_takes() -> None:
    """Each parameter says what it is; a choice is the app's own."""
    parameters = json.loads((INFRA / "main.json").read_text())["parameters"]

    assert not [name for name, each in parameters.items() if not each.get("metadata", {}).get("description")]
    assert not [name for name, each in parameters.items() if "defaultValue" not in each]
    assert parameters["formRecognizerApiVersion"]["allowedValues"] == list(API_VERSIONS)
    for tier in parameters["formRecognizerTier"]["allowedValues"]:
        read_settings({**app_settings("default"), "FORM_RECOGNIZER_TIER": tier})


def test_readme_deploys_the_compiled_template() -> None:
    """The link of *Deploy to Azure*."""
    assert "%2Finfra%2Fmain.json" in (ROOT / "README.md").read_text()


AZ = """#!/bin/sh
echo "$@" >> "$AZ_CALLS"
case "$1" in
    functionapp) [ "$(grep -c functionapp "$AZ_CALLS")" -ge "$AZ_READY_AT" ] && echo true ;;
    deployment) [ "$(grep -c deployment "$AZ_CALLS")" -ge 2 ] ;;
esac
"""
"""An `az` for which the key is there at the n-th question, and whose first deployment fails."""


def wire_events(folder: Path, *, ready_at: int, topic: str = "topic") -> tuple[int, list[str], str]:
    """Runs the script with that `az`: exit code, what it called, what it said."""
    az, calls = folder / "az", folder / "calls"
    az.write_text(AZ)
    az.chmod(0o755)
    calls.touch()
    given = {
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "AZ_CALLS": str(calls),
        "AZ_READY_AT": str(ready_at),
        "AZURE_RESOURCE_GROUP": "group",
        "FUNCTION_APP_NAME": "app",
        "STORAGE_ACCOUNT_NAME": "account",
        "EVENT_TOPIC_NAME": topic,
        "WIRE_EVENTS_TRIES": "5",
        "WIRE_EVENTS_PAUSE": "0",
    }
    script = INFRA / "scripts/wire-events.sh"
    ran = subprocess.run([script], env=given, capture_output=True, text=True, timeout=60, check=False)
    return ran.returncode, [line.split()[0] for line in calls.read_text().splitlines()], ran.stderr


def test_wiring_waits_for_the_key_and_for_the_webhook(tmp_path: Path) -> None:
    """The code makes the key when it is loaded, and Event Grid asks the webhook before it takes the subscription."""
    code, calls, said = wire_events(tmp_path, ready_at=3)

    assert code == 0, said
    assert calls == ["functionapp", "functionapp", "functionapp", "deployment", "functionapp", "deployment"]
    assert f"--template-file {INFRA / 'events.bicep'}" in (tmp_path / "calls").read_text()


def test_wiring_gives_up_with_a_sentence(tmp_path: Path) -> None:
    """An app without code never has the key."""
    code, calls, said = wire_events(tmp_path, ready_at=99)

    assert code == 1
    assert calls == ["functionapp"] * 5
    assert "Is the code published" in said


def test_there_is_nothing_to_wire_where_the_app_looks_itself(tmp_path: Path) -> None:
    """On its own servers it polls, and there is no topic."""
    code, calls, _ = wire_events(tmp_path, ready_at=1, topic="")

    assert (code, calls) == (0, [])


FROM_OUTSIDE = {"FORMS_PREFIX", "AZURE_PRINCIPAL_ID", "AZURE_PRINCIPAL_TYPE", "ALERT_EMAIL"}
"""What main.bicepparam reads from the environment."""

BY_AZ = Path.home() / ".azure" / "bin" / "bicep"
COMPILER = shutil.which("bicep") or (str(BY_AZ) if shutil.which("az") and BY_AZ.exists() else None)
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="neither bicep nor az bicep is on the PATH")


def compiler(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs the Bicep compiler, with nothing of this machine's environment in the parameters."""
    environment = {name: value for name, value in os.environ.items() if name not in FROM_OUTSIDE}
    command = [str(COMPILER), *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def without_generator(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """A template without the compiler's version and the hashes that hold it."""
    if isinstance(value, dict):
        return {key: without_generator(each) for key, each in value.items() if key != "_generator"}
    return [without_generator(each) for each in value] if isinstance(value, list) else value


@needs_compiler
def test_the_compiled_template_is_fresh() -> None:
    """Otherwise *Deploy to Azure* makes something else; `bicep build infra/main.bicep` mends it."""
    ran = compiler("build", INFRA / "main.bicep", "--stdout")

    assert ran.returncode == 0, ran.stderr
    assert without_generator(json.loads(ran.stdout)) == without_generator(json.loads((INFRA / "main.json").read_text()))


@needs_compiler
@pytest.mark.parametrize("which", SNAPSHOTS)
def test_the_snapshots_are_fresh(which: str) -> None:
    """Otherwise a reviewer sees something else; CONTRIBUTING.md has the command."""
    where = ["--subscription-id", "00000000-0000-0000-0000-000000000000", "--resource-group", "forms"]
    parameters = INFRA / f"{SNAPSHOTS[which]}.bicepparam"
    ran = compiler("snapshot", parameters, "--mode", "validate", *where, "--location", "westeurope")

    assert ran.returncode == 0, ran.stdout + ran.stderr
