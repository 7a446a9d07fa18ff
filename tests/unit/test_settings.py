"""Settings: their defaults, one sentence for each wrong value, and no secret in any of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from shared.errors import Misconfigured, WrongSetting
from shared.settings import Settings, StorageConnection, read_settings, storage_connection

KEY = "0123456789abcdef-the-key"
ACCOUNT_KEY = "c2VjcmV0LW9mLXRoZS1hY2NvdW50"
CONNECTION_STRING = (
    f"DefaultEndpointsProtocol=https;AccountName=forms;AccountKey={ACCOUNT_KEY};EndpointSuffix=core.windows.net"
)
ENDPOINT = "https://forms.cognitiveservices.azure.com"
LEAST = {"DOCUMENTS_STORAGE": CONNECTION_STRING, "FORM_RECOGNIZER_ENDPOINT": ENDPOINT}
BY_IDENTITY = {
    "DOCUMENTS_STORAGE__blobServiceUri": "https://forms.blob.core.windows.net",
    "DOCUMENTS_STORAGE__queueServiceUri": "https://forms.queue.core.windows.net",
    "DOCUMENTS_STORAGE__tableServiceUri": "https://forms.table.core.windows.net",
}


ROOT = Path(__file__).parents[2]


def documented() -> dict[str, str]:
    """The settings of the table in docs/settings.md, with their defaults."""
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|", (ROOT / "docs/settings.md").read_text(encoding="utf-8"), re.MULTILINE)
    return {name: default.strip("`") for name, default in rows}


class Watched(dict[str, str]):
    """An environment that remembers what it was asked for."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, key: str, default: object = None) -> Any:  # noqa: ANN401
        """As a dictionary does."""
        self.asked.add(key)
        return super().get(key, default)


def test_the_table_of_settings_has_all_that_are_read() -> None:
    """And besides them only the host's own storage. An identity's addresses are told with `DOCUMENTS_STORAGE`."""
    environ = Watched(LEAST)
    read_settings(environ)

    assert {name for name in environ.asked if "__" not in name} == documented().keys() - {"AzureWebJobsStorage"}


def test_the_defaults_of_the_table_are_those_of_the_code() -> None:
    """Each given explicitly changes nothing."""
    defaults = {name: value for name, value in documented().items() if value not in ("required", "none")}

    assert len(defaults) == 8
    assert read_settings({**LEAST, **defaults}) == read_settings(LEAST)


def test_two_settings_are_enough() -> None:
    """Everything else has the default that is promised."""
    assert read_settings(LEAST) == Settings(
        storage=StorageConnection(connection_string=CONNECTION_STRING),
        endpoint=ENDPOINT,
        key=None,
        api_version="2.1",
        tier="S0",
        submissions_per_second=15,
        default_model="prebuilt-layout",
        confidence_threshold=0.8,
        analysis_deadline=86_400,
        reuse_results=True,
        trigger_source="LogsAndContainerScan",
    )


@pytest.mark.parametrize(
    "name",
    [
        "FORM_RECOGNIZER_KEY",
        "FORM_RECOGNIZER_API_VERSION",
        "FORM_RECOGNIZER_TIER",
        "SUBMISSIONS_PER_SECOND",
        "DEFAULT_MODEL",
        "CONFIDENCE_THRESHOLD",
        "ANALYSIS_DEADLINE",
        "REUSE_RESULTS",
        "DOCUMENTS_TRIGGER_SOURCE",
    ],
)
def test_an_empty_setting_is_one_that_is_not_set(name: str) -> None:
    """A portal that keeps a cleared setting as an empty text changes nothing."""
    assert read_settings({**LEAST, name: ""}) == read_settings(LEAST)


@pytest.mark.parametrize(
    ("name", "value", "attribute", "expected"),
    [
        pytest.param("FORM_RECOGNIZER_KEY", KEY, "key", KEY, id="key"),
        pytest.param("FORM_RECOGNIZER_TIER", "f0", "tier", "F0", id="tier in lower case"),
        pytest.param("SUBMISSIONS_PER_SECOND", "0.5", "submissions_per_second", 0.5, id="a pace below one"),
        pytest.param("DEFAULT_MODEL", "invoices", "default_model", "invoices", id="a trained default model"),
        pytest.param("CONFIDENCE_THRESHOLD", "0", "confidence_threshold", 0.0, id="nothing needs review"),
        pytest.param("CONFIDENCE_THRESHOLD", "1", "confidence_threshold", 1.0, id="everything needs review"),
        pytest.param("ANALYSIS_DEADLINE", "60", "analysis_deadline", 60, id="a minute"),
        pytest.param("REUSE_RESULTS", "False", "reuse_results", False, id="any case"),
        pytest.param("DOCUMENTS_TRIGGER_SOURCE", "eventgrid", "trigger_source", "EventGrid", id="Flex Consumption"),
        pytest.param("FORM_RECOGNIZER_ENDPOINT", ENDPOINT + "/", "endpoint", ENDPOINT, id="trailing slash"),
        pytest.param("FORM_RECOGNIZER_ENDPOINT", f" {ENDPOINT}// ", "endpoint", ENDPOINT, id="spaces and slashes"),
        pytest.param(
            "FORM_RECOGNIZER_ENDPOINT",
            "http://127.0.0.1:10003",
            "endpoint",
            "http://127.0.0.1:10003",
            id="this machine",
        ),
        pytest.param(
            "FORM_RECOGNIZER_ENDPOINT", "http://localhost:10003/", "endpoint", "http://localhost:10003", id="localhost"
        ),
        pytest.param("FORM_RECOGNIZER_ENDPOINT", "http://[::1]:10003", "endpoint", "http://[::1]:10003", id="IPv6"),
    ],
)
def test_a_setting_takes_effect(name: str, value: str, attribute: str, expected: object) -> None:
    """Each setting reaches its place, in its own type."""
    assert getattr(read_settings({**LEAST, name: value}), attribute) == expected


@pytest.mark.parametrize(
    ("environ", "pace"),
    [
        pytest.param({"FORM_RECOGNIZER_TIER": "F0"}, 1, id="F0"),
        pytest.param({"FORM_RECOGNIZER_TIER": "S0"}, 15, id="S0"),
        pytest.param({"FORM_RECOGNIZER_TIER": "F0", "SUBMISSIONS_PER_SECOND": "3"}, 3, id="F0, told otherwise"),
    ],
)
def test_the_free_tier_has_the_pace_of_its_quota(environ: dict[str, str], pace: float) -> None:
    """One call a second on F0, fifteen on S0, unless it is set."""
    assert read_settings({**LEAST, **environ}).submissions_per_second == pace


@pytest.mark.parametrize(
    ("name", "value", "may"),
    [
        pytest.param("FORM_RECOGNIZER_ENDPOINT", "http://example.com", "https://", id="http to another machine"),
        pytest.param("FORM_RECOGNIZER_ENDPOINT", "http://127.0.0.1.example.com", "https://", id="a look-alike"),
        pytest.param("FORM_RECOGNIZER_ENDPOINT", "forms.cognitiveservices.azure.com", "https://", id="no scheme"),
        pytest.param("FORM_RECOGNIZER_ENDPOINT", "ftp://example.com", "https://", id="another scheme"),
        pytest.param("FORM_RECOGNIZER_ENDPOINT", "https:", "https://", id="no host"),
        pytest.param("FORM_RECOGNIZER_ENDPOINT", "https://example.com:99999", "https://", id="no such port"),
        pytest.param("FORM_RECOGNIZER_ENDPOINT", "https://[::1", "https://", id="not a URL"),
        pytest.param("FORM_RECOGNIZER_ENDPOINT", ENDPOINT + "#a", "https://", id="with a fragment"),
        pytest.param("FORM_RECOGNIZER_API_VERSION", "1.0", "2.1", id="a version this app does not speak"),
        pytest.param("FORM_RECOGNIZER_TIER", "S1", "S0 or F0", id="no such tier"),
        pytest.param("SUBMISSIONS_PER_SECOND", "fast", "0.1 to 1000", id="a pace that is no number"),
        pytest.param("SUBMISSIONS_PER_SECOND", "0", "0.1 to 1000", id="no pace"),
        pytest.param("SUBMISSIONS_PER_SECOND", "-1", "0.1 to 1000", id="a negative pace"),
        pytest.param("SUBMISSIONS_PER_SECOND", "inf", "0.1 to 1000", id="an endless pace"),
        pytest.param("CONFIDENCE_THRESHOLD", "80", "0 to 1", id="per cent"),
        pytest.param("CONFIDENCE_THRESHOLD", "nan", "0 to 1", id="not a number"),
        pytest.param("CONFIDENCE_THRESHOLD", "0,8", "0 to 1", id="a comma"),
        pytest.param("ANALYSIS_DEADLINE", "0", "1 to 604800", id="no time"),
        pytest.param("ANALYSIS_DEADLINE", "24h", "1 to 604800", id="a unit"),
        pytest.param("REUSE_RESULTS", "yes", "true or false", id="yes"),
        pytest.param("DOCUMENTS_TRIGGER_SOURCE", "Polling", "LogsAndContainerScan or EventGrid", id="no such source"),
    ],
)
def test_a_wrong_value_ends_the_start_with_one_sentence(name: str, value: str, may: str) -> None:
    """It names the setting, what it holds and what it may hold."""
    with pytest.raises(WrongSetting) as caught:
        read_settings({**LEAST, name: value})
    sentence = str(caught.value)
    assert caught.value.setting == name
    assert sentence.startswith(f"{name} is {value!r}")
    assert may in sentence
    assert re.fullmatch(r"[^\n]+\.", sentence)


def test_a_limit_is_named_as_a_person_writes_it() -> None:
    """A deadline of up to a week is said in digits, not in scientific notation."""
    with pytest.raises(WrongSetting, match=r"it may be a number from 1 to 604800\.$"):
        read_settings({**LEAST, "ANALYSIS_DEADLINE": "soon"})


@pytest.mark.parametrize("missing", sorted(LEAST))
def test_a_missing_setting_is_named(missing: str) -> None:
    """Without one of the two that are required nothing starts, and the sentence says which."""
    with pytest.raises(WrongSetting, match=rf"^{missing} is not set; it may hold .*\.$") as caught:
        read_settings({name: value for name, value in LEAST.items() if name != missing})
    assert caught.value.setting == missing


@pytest.mark.parametrize(
    "connection",
    [
        pytest.param("forms", id="the account's name"),
        pytest.param(ACCOUNT_KEY, id="only the key"),
        pytest.param(f"AccountKey={ACCOUNT_KEY}", id="no account"),
        pytest.param("AccountName=forms", id="no key"),
        pytest.param("https://forms.blob.core.windows.net/?sv=2024&sig=c2ln", id="a SAS URL"),
    ],
)
def test_a_connection_string_that_no_client_takes_ends_the_start(connection: str) -> None:
    """It is found before any document is touched, and none of it is shown."""
    with pytest.raises(WrongSetting, match=r"^DOCUMENTS_STORAGE ") as caught:
        read_settings({**LEAST, "DOCUMENTS_STORAGE": connection})
    assert caught.value.setting == "DOCUMENTS_STORAGE"
    assert connection not in str(caught.value)


@pytest.mark.parametrize(
    "connection",
    [
        pytest.param("UseDevelopmentStorage=true", id="the emulator, as in the example"),
        pytest.param("UseDevelopmentStorage=true;", id="the emulator, with a semicolon"),
        pytest.param(CONNECTION_STRING, id="from the portal"),
        pytest.param(f"{CONNECTION_STRING};", id="with a semicolon at the end"),
        pytest.param(
            f"AccountName=a;AccountKey={ACCOUNT_KEY};BlobEndpoint=http://127.0.0.1:1/a;QueueEndpoint=http://127.0.0.1:2/a;"
            "TableEndpoint=http://127.0.0.1:3/a",
            id="an emulator elsewhere",
        ),
        pytest.param(
            "BlobEndpoint=https://a.blob.example;QueueEndpoint=https://a.queue.example;"
            "TableEndpoint=https://a.table.example;SharedAccessSignature=sv=2024&sig=c2ln",
            id="with a signature",
        ),
    ],
)
def test_every_kind_of_connection_string_is_taken(connection: str) -> None:
    """What the storage clients take is no wrong setting, and it reaches them whole."""
    found = storage_connection("DOCUMENTS_STORAGE", {"DOCUMENTS_STORAGE": connection})
    assert found == StorageConnection(connection_string=connection.rstrip(";"))


def test_storage_can_be_reached_by_identity() -> None:
    """Three addresses stand in for a connection string; a client id chooses the identity."""
    environ = {
        **BY_IDENTITY,
        "DOCUMENTS_STORAGE__clientId": "an-id",
        "DOCUMENTS_STORAGE__credential": "managedidentity",
    }
    assert storage_connection("DOCUMENTS_STORAGE", environ) == StorageConnection(
        connection_string="",
        blob_uri="https://forms.blob.core.windows.net",
        queue_uri="https://forms.queue.core.windows.net",
        table_uri="https://forms.table.core.windows.net",
        client_id="an-id",
    )


@pytest.mark.parametrize("missing", sorted(BY_IDENTITY))
def test_identity_needs_all_three_addresses(missing: str) -> None:
    """Two addresses of three are no connection."""
    with pytest.raises(WrongSetting, match="__blobServiceUri, __queueServiceUri and __tableServiceUri"):
        storage_connection("DOCUMENTS_STORAGE", {name: uri for name, uri in BY_IDENTITY.items() if name != missing})


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"FORM_RECOGNIZER_ENDPOINT": "nowhere"}, id="endpoint"),
        pytest.param({"FORM_RECOGNIZER_API_VERSION": "9"}, id="version"),
        pytest.param({"CONFIDENCE_THRESHOLD": "high"}, id="threshold"),
    ],
)
def test_no_secret_is_ever_shown(wrong: dict[str, str]) -> None:
    """Neither the settings printed nor the sentence about a wrong one holds a key."""
    environ = {**LEAST, "FORM_RECOGNIZER_KEY": KEY, **wrong}
    try:
        shown = repr(read_settings(environ))
    except Misconfigured as error:
        shown = f"{error} {error!r} {vars(error)}"
    assert not [secret for secret in (KEY, ACCOUNT_KEY, CONNECTION_STRING) if secret in shown]


@pytest.mark.parametrize(
    "url", ["https://me:hunter2@forms.example", "https://:hunter2@forms.example", ENDPOINT + "?code=hunter2"]
)
def test_a_password_in_the_endpoint_is_refused_and_not_shown(url: str) -> None:
    """A secret pasted in the wrong place does not end in a log."""
    with pytest.raises(WrongSetting) as caught:
        read_settings({**LEAST, "FORM_RECOGNIZER_ENDPOINT": url})
    assert "hunter2" not in str(caught.value)


def test_a_key_loses_the_line_end_it_was_copied_with() -> None:
    """As from a file; in a request's header it would be an error that quotes the key."""
    assert read_settings({**LEAST, "FORM_RECOGNIZER_KEY": " secret\n"}).key == "secret"


@pytest.mark.parametrize("key", ["se\ncret", "s\u00e9cret", "se\x00cret"])
def test_a_key_that_no_header_can_carry_is_refused_unseen(key: str) -> None:
    """The sentence names the setting and hides the key."""
    with pytest.raises(WrongSetting, match="FORM_RECOGNIZER_KEY") as error:
        read_settings({**LEAST, "FORM_RECOGNIZER_KEY": key})
    assert "cret" not in str(error.value)
