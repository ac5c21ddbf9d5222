"""A site's folder: what is written, what is taken out, and what is left alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mreg.errors import Refused
from mreg.render import json as json_
from mreg.web import folder
from mreg.web.folder import BESIDE, MARK, SiteFolder


def site(path: Path, **files: str) -> SiteFolder:
    found = SiteFolder(path)
    names = {it.replace("__", "/") for it in files}
    for name, content in files.items():
        found.write(name.replace("__", "/"), content)
    found.clean(names)
    found.keep({"files": sorted(it for it in names if "/" not in it)})
    return found


def test_what_is_there_already_is_not_written(tmp_path: Path) -> None:
    first = site(tmp_path, index="a", m__x="b")
    second = site(tmp_path, index="a", m__x="c")
    assert first.written == ["index", "m/x", MARK]
    assert second.written == ["m/x", MARK]  # what it stands for is taken back meanwhile


def test_what_the_site_no_longer_has_is_removed(tmp_path: Path) -> None:
    site(tmp_path, index="a", feed="b", m__one__x="c", m__two__x="d")
    (tmp_path / "CNAME").write_text("models.example.com")
    (tmp_path / "m" / "stray").write_text("x")
    found = site(tmp_path, index="a", m__two__x="d")
    assert found.removed == ["feed", "m/one/x", "m/stray"]
    assert {it.name for it in tmp_path.iterdir()} == {"index", "m", "CNAME", MARK, BESIDE}
    assert [it.name for it in (tmp_path / "m").iterdir()] == ["two"]


def test_what_a_killed_build_left_half_written_is_removed(tmp_path: Path) -> None:
    site(tmp_path, index="a", m__x="b")
    left = [f".{it}-0123456789abcdef" for it in ("index", MARK, BESIDE)]
    others = [".htaccess-0123456789abcdef", ".index-2026", ".notes"]
    for it in (*left, *others):
        (tmp_path / it).write_text("x")
    found = site(tmp_path, index="a", m__x="b")
    assert found.removed == sorted(left)
    assert {*others} < {it.name for it in tmp_path.iterdir()}


@pytest.mark.parametrize("name", ["notes.txt", "index.html", "m"])
def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(Refused, match="not part of an mreg site"):
        SiteFolder(tmp_path)
    assert [it.name for it in tmp_path.iterdir()] == [name]


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("mine")
    with pytest.raises(Refused):
        SiteFolder(tmp_path / "x")


def test_what_a_host_or_git_keeps_there_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "CNAME").write_text("models.example.com")
    assert site(tmp_path, index="a").written == ["index", MARK]


@pytest.mark.parametrize("damage", ["", "{", '{"sha256": "x",\n"kept": {}}\n', "\xff\x00"])
def test_a_damaged_mark_is_nothing_kept_and_the_folder_a_site(tmp_path: Path, damage: str) -> None:
    site(tmp_path, index="a")
    (tmp_path / MARK).write_text(damage, "latin-1")
    assert SiteFolder(tmp_path).kept == {}


def test_a_damaged_mark_is_made_anew_where_nothing_else_changed(tmp_path: Path) -> None:
    folder = SiteFolder(tmp_path)
    folder.keep({"files": [], "models": {}, "seal": "x"})
    mark = (tmp_path / MARK).read_bytes()
    assert SiteFolder(tmp_path).stands("x") == 0
    (tmp_path / MARK).write_bytes(mark[:20])
    assert SiteFolder(tmp_path).stands("x") is None


def test_what_is_kept_of_a_model_is_written_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {"a": {"x": {"row": "1"}, "y": {"row": "\n,2"}}, "b": {}, "c": {"x": {"row": "3"}}}
    SiteFolder(tmp_path).keep({"plan": "p", "models": kept, "files": ["index"]})
    again = SiteFolder(tmp_path)
    assert again.kept == {"plan": "p", "models": kept, "files": ["index"]}
    models = again.kept["models"]
    models["a"]["y"] = {"row": "4"}
    written: list[Any] = []

    def line(value: Any, line: Callable[[Any], str] = json_.line) -> str:
        written.append(value)
        return line(value)

    monkeypatch.setattr(json_, "line", line)
    again.keep({"models": models, "files": []})
    assert [it["row"] for it in written if isinstance(it, dict) and "row" in it] == ["4"]
    now = {**kept, "a": {"x": {"row": "1"}, "y": {"row": "4"}}}
    assert SiteFolder(tmp_path).kept == {"models": now, "files": []}


def test_of_a_mark_with_other_lines_none_is_taken(tmp_path: Path) -> None:
    text = json_.line({"models": {"a": {"x": {"row": "1"}}}})
    digest = hashlib.sha256(text.encode()).hexdigest()
    mark = f'{{"sha256": "{digest}",\n"kept": {text}}}\n'
    (tmp_path / MARK).write_text(mark)
    again = SiteFolder(tmp_path)
    again.keep({"models": {"a": {"x": again.kept["models"]["a"]["x"]}}})
    assert SiteFolder(tmp_path).kept == {"models": {"a": {"x": {"row": "1"}}}}


def test_files_are_as_kept_where_none_is_gone_and_the_mark_is_the_same(tmp_path: Path) -> None:
    assert not SiteFolder(tmp_path).is_as_kept
    site(tmp_path, m__x="a", m__y="b")
    assert SiteFolder(tmp_path).is_as_kept
    mark = (tmp_path / MARK).read_bytes()
    (tmp_path / MARK).write_bytes(mark + b" ")
    assert not SiteFolder(tmp_path).is_as_kept
    (tmp_path / MARK).write_bytes(mark)
    (tmp_path / "m/y").unlink()
    assert not SiteFolder(tmp_path).is_as_kept


def test_what_was_changed_in_it_is_not_relied_on(tmp_path: Path) -> None:
    site(tmp_path, index="a")
    mark = tmp_path / MARK
    assert SiteFolder(tmp_path).kept == {"files": ["index"]}
    assert json.loads(mark.read_text())["kept"] == {"files": ["index"]}
    mark.write_text(mark.read_text().replace("index", "other"))
    assert SiteFolder(tmp_path).kept == {}


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "m/../../outside", "", "a\0b"])
def test_nothing_outside_is_touched(tmp_path: Path, name: str) -> None:
    place = tmp_path / "site"
    (tmp_path / "outside").write_text("mine")
    found = site(place, index="a")
    with pytest.raises(ValueError, match="outside the site"):
        found.write(name, "x")
    found.keep({"files": [name]})
    again = SiteFolder(place)
    again.clean({"index"})
    assert (tmp_path / "outside").read_text() == "mine"


def test_two_builds_do_not_write_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder, "SECONDS", 0)
    place = tmp_path / "site"
    refused = pytest.raises(Refused, match="another mreg")
    with SiteFolder.held(place), refused, SiteFolder.held(place):
        raise AssertionError
    assert list(place.iterdir()) == []


def test_links_that_lead_out_are_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x").write_text("mine")
    place = tmp_path / "site"
    site(place, index="a")
    (place / "m").symlink_to(outside)
    (place / "index").unlink()
    (place / "index").symlink_to(outside / "x")
    site(place, index="a", m__x="b")
    assert (outside / "x").read_text() == "mine"
    assert not (place / "m").is_symlink()
    assert (place / "index").read_text() == "a"
