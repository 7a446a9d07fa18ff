"""What the local stack tells its parts: the file, other ports, and the real environment over both."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from local.configuration import azurite_connection_string, stack_environment
from local.parts import analyzer_part, storage_part
from shared.errors import WrongSetting

if TYPE_CHECKING:
    from pathlib import Path

DEVELOPMENT = "UseDevelopmentStorage=true"
CLOUD = "DefaultEndpointsProtocol=https;AccountName=forms;AccountKey=a2V5;EndpointSuffix=core.windows.net"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project folder with local settings like the example's."""
    values = {"AzureWebJobsStorage": DEVELOPMENT, "DOCUMENTS_STORAGE": DEVELOPMENT}
    values |= {"FORM_RECOGNIZER_ENDPOINT": "http://127.0.0.1:10003", "FORM_RECOGNIZER_KEY": "local"}
    (tmp_path / "local.settings.json").write_text(json.dumps({"Values": values}))
    return tmp_path


def test_the_example_serves_until_there_is_a_file(root: Path) -> None:
    """A fresh clone starts."""
    (root / "local.settings.json").rename(root / "local.settings.json.example")

    assert stack_environment(root, None, {})["FORM_RECOGNIZER_KEY"] == "local"


def test_other_ports_move_what_the_file_says_is_here(root: Path) -> None:
    """The storage of the host too."""
    environment = stack_environment(root, 20000, {})

    assert environment["FORM_RECOGNIZER_ENDPOINT"] == "http://127.0.0.1:20003"
    assert environment["DOCUMENTS_STORAGE"] == azurite_connection_string(20000)
    assert environment["AzureWebJobsStorage"] == azurite_connection_string(20000)


def test_the_real_environment_beats_both(root: Path) -> None:
    """A service of Azure in the environment stays."""
    real = {"FORM_RECOGNIZER_ENDPOINT": "https://forms.cognitiveservices.azure.com", "FORM_RECOGNIZER_KEY": "real"}

    environment = stack_environment(root, 20000, real)

    assert {name: environment[name] for name in real} == real


@pytest.mark.parametrize(
    "account",
    [
        {"": CLOUD},
        {f"__{name}ServiceUri": f"https://forms.{name}.core.windows.net" for name in ("blob", "queue", "table")},
    ],
)
def test_the_host_keeps_its_own_data_where_the_documents_are(root: Path, account: dict[str, str]) -> None:
    """Unless `AzureWebJobsStorage` is set as well; nothing of the file's account remains."""
    real = {f"DOCUMENTS_STORAGE{name}": value for name, value in account.items()}

    environment = stack_environment(root, None, real)

    for prefix in ("DOCUMENTS_STORAGE", "AzureWebJobsStorage"):
        found = {name.removeprefix(prefix): value for name, value in environment.items() if name.startswith(prefix)}
        assert found == account


def test_what_is_elsewhere_is_not_started(root: Path, tmp_path: Path) -> None:
    """Storage and analyzer are started only for addresses of this machine at the ports of this stack."""
    here = stack_environment(root, 20000, {})
    elsewhere = {
        **here,
        "DOCUMENTS_STORAGE": CLOUD,
        "FORM_RECOGNIZER_ENDPOINT": "https://a.cognitiveservices.azure.com",
    }

    assert storage_part(here, 20000, tmp_path)
    assert analyzer_part(here, 20000, tmp_path)
    assert storage_part(here, 20010, tmp_path) is None
    assert analyzer_part(here, 20010, tmp_path) is None
    assert storage_part(elsewhere, 20000, tmp_path) is None
    assert analyzer_part(elsewhere, 20000, tmp_path) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"Values": []}'])
def test_a_broken_settings_file_is_named(root: Path, text: str) -> None:
    """One sentence, not a traceback."""
    (root / "local.settings.json").write_text(text)

    with pytest.raises(WrongSetting, match=r"local\.settings\.json is not a settings file"):
        stack_environment(root, None, {})
