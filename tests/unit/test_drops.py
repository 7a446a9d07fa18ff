"""Which local files are dropped, under which names, and why others are not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.upload.drops import Drop, Refusal, drops, name_problem
from shared.storage.tables import route_of

if TYPE_CHECKING:
    from pathlib import Path


def made(folder: Path, *names: str) -> Path:
    """A folder with files of these names."""
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return folder


def test_a_folder_keeps_its_structure(tmp_path: Path) -> None:
    """Below itself, by name; hidden files and folders stay at home."""
    folder = made(tmp_path / "forms", "b.pdf", "a.pdf", "old/c.pdf", ".DS_Store", ".git/config")
    found = list(drops([folder, folder / "b.pdf"], "orders/2026"))
    assert found == [
        Drop(folder / "a.pdf", "orders/2026/a.pdf", 5),
        Drop(folder / "b.pdf", "orders/2026/b.pdf", 5),
        Drop(folder / "old/c.pdf", "orders/2026/old/c.pdf", 9),
    ]


def test_a_file_stands_at_the_root_without_a_folder(tmp_path: Path) -> None:
    """Its folder here means nothing there; a hidden file that is named is meant."""
    made(tmp_path, "deep/down/a.pdf", ".b.pdf")
    found = list(drops([tmp_path / "deep/down/a.pdf", tmp_path / ".b.pdf"], ""))
    assert [one.path for one in found] == ["a.pdf", ".b.pdf"]


def test_two_files_never_share_a_name(tmp_path: Path) -> None:
    """The second would silently take the place of the first."""
    made(tmp_path, "one/a.pdf", "two/a.pdf")
    first, second = drops([tmp_path / "one", tmp_path / "two"], "orders")
    assert isinstance(first, Drop)
    assert isinstance(second, Refusal)
    assert (second.code, str(tmp_path / "one/a.pdf") in second.reason) == ("NameTaken", True)


def test_links_lead_to_files_and_never_in_circles(tmp_path: Path) -> None:
    """A link to a file is that file; a link to a folder is not followed; one that leads nowhere can't be read."""
    folder = made(tmp_path / "forms", "a.pdf")
    (folder / "circle").symlink_to(folder)
    (folder / "linked.pdf").symlink_to(folder / "a.pdf")
    (folder / "lost.pdf").symlink_to(tmp_path / "nowhere")
    os.mkfifo(folder / "pipe")
    found = {one.path: one for one in drops([folder], "")}
    assert {path: getattr(one, "code", "") for path, one in found.items()} == {
        "a.pdf": "",
        "circle": "FolderLink",
        "linked.pdf": "",
        "lost.pdf": "Unreadable",
        "pipe": "NoFile",
    }


def test_a_closed_folder_keeps_nothing_else_from_being_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named at the end."""
    folder = made(tmp_path / "forms", "a.pdf", "closed/b.pdf", "z.pdf")
    real = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = [(one.path, getattr(one, "code", "")) for one in drops([folder], "")]
    assert found == [("a.pdf", ""), ("z.pdf", ""), ("closed", "Unreadable")]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        pytest.param("orders/a.pdf", "", id="fine"),
        pytest.param("Größe 100% #1?.pdf", "", id="signs"),
        pytest.param("\U0001f600" * 512, "", id="as long as it may be"),
        pytest.param("\U0001f600" * 513, "more than 1024 characters", id="too long"),
        pytest.param("/".join("a" * 254), "", id="as deep as it may be"),
        pytest.param("/".join("a" * 255), "folders deep", id="too deep"),
        pytest.param("a\nb.pdf", "control character", id="a line break"),
        pytest.param("a\x81b.pdf", "control character", id="C1"),
        pytest.param("caf\udce9.pdf", "not Unicode", id="bytes"),
        pytest.param("a\\b.pdf", "backslash", id="a backslash"),
        pytest.param("orders/a.", "ends with a dot", id="a dot"),
        pytest.param("../a.pdf", "ends with a dot", id="upwards"),
        pytest.param("orders//a.pdf", "without a name", id="an empty part"),
    ],
)
def test_names_that_azure_cannot_hold(name: str, problem: str) -> None:
    """Each is said before anything is sent."""
    assert problem in name_problem(name)
    assert bool(name_problem(name)) == bool(problem)


@given(st.text(st.characters(codec=None), max_size=40))
def test_a_name_that_is_allowed_has_a_route(name: str) -> None:
    """So that no file is dropped of which no row could speak."""
    if not name_problem(name):
        assert route_of(name)
        name.encode()
