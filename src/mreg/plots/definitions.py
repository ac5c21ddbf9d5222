"""What a dvc.yaml says of plots: `plots:` at its top and of its stages.

Source of the format: https://dvc.org/doc/user-guide/project-structure/dvcyaml-files#plots; what it
means in detail is what DVC 3.67 makes of it (dvc/repo/plots and dvc/render).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from mreg.annotations import dvc
from mreg.annotations.entry import from_root
from mreg.plots.values import Kind

DVCLIVE = "dvclive/plots"
"""Where DVCLive puts the data of a run's plots, beside the dvc.yaml, unless told otherwise."""

IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg")
"""How the names of images end."""

_KINDS: dict[str, Kind] = {
    "confusion": "confusion",
    "confusion_normalized": "confusion",
    "scatter": "scatter",
    "scatter_jitter": "scatter",
    "bar_horizontal": "bars",
    "bar_horizontal_sorted": "bars",
}
_LINES = ("", "linear", "simple", "smooth")


class PlotColumn(NamedTuple):
    """A column of a file; the file is empty where it is the one that the plot is called by."""

    file: str
    field: str


class Definition(NamedTuple):
    """A plot as a dvc.yaml defines it.

    Attributes:
        id: its name; of what shows one file, or each file of a folder, that path.
        source: the dvc.yaml that says so.
        of_stage: whether a stage says so, whose output it is.
        path: the file or folder that it shows; empty if its columns name their files.
        x: what its points are above: a column of the same file as each of `y`, by name, or one
            column for all of them, or one for each; None: they are counted.
        y: what its points are; none: the last column of the file.
        template: as in `mreg.plots.values.Plot`.
        title: likewise; empty if it has none.
        x_label: likewise.
        y_label: likewise.
        header: whether the first row of a CSV or TSV file says what the columns are called.
        expected: whether something is missing where there is no such file.
    """

    id: str
    source: str
    of_stage: bool = False
    path: str = ""
    x: str | tuple[PlotColumn, ...] | None = None
    y: tuple[PlotColumn, ...] = ()
    template: str = ""
    title: str = ""
    x_label: str = ""
    y_label: str = ""
    header: bool = True
    expected: bool = True

    @property
    def kind(self) -> Kind:
        """How it is drawn."""
        if self.path.lower().endswith(IMAGES):
            return "image"
        return _KINDS.get(self.template, "lines")

    @property
    def has_own_template(self) -> bool:
        """Whether its template is not one of DVC's, but the project's."""
        return self.template not in _KINDS and self.template not in _LINES

    @property
    def files(self) -> tuple[str, ...]:
        """The files that its data stand in."""
        across = self.x if isinstance(self.x, tuple) else ()
        named = [it.file for it in (*self.y, *across) if it.file]
        return tuple(dict.fromkeys([self.path, *named] if self.path else named))

    def of_file(self, path: str) -> Definition:
        """Return the same of one file of its folder."""
        return self._replace(id=path, path=path)


class Defined(NamedTuple):
    """What a dvc.yaml defines, and what of it cannot be understood, in sentences."""

    plots: tuple[Definition, ...]
    complaints: tuple[str, ...] = ()


def read(
    content: Mapping[str, Any], source: str, rivals: Iterable[str], path: str | None
) -> Defined:
    """Return the plots that a dvc.yaml defines, without those of other artifacts' stages.

    Args:
        content: what it holds, with its templates filled in.
        source: where it is, from the repository's root.
        rivals: where other artifacts are.
        path: where the artifact is.
    """
    folder = source.rpartition("/")[0]
    complaints: list[str] = []
    pipeline = dvc.read(dict(content)).at(folder)
    foreign = dvc.foreign(pipeline, path, rivals)
    found = [*_listed(content.get("plots"), source, folder, complaints)]
    found = [it for it in found if not (it.files and all(map(foreign.touch, it.files)))]
    for name, stage, wdir in dvc.stages(dict(content)):
        if not stage.get("plots"):
            continue
        if wdir is None:
            complaints.append(f"the stage {name} has a working folder that only DVC can resolve")
            continue
        inner = from_root(wdir, folder)
        plots = _listed(stage["plots"], source, inner, complaints)
        found += (
            it._replace(of_stage=True)
            for it in plots
            if not any(map(foreign.touch, (it.path, *dvc.paths(stage.get("outs"), inner))))
        )
    return Defined(tuple(found), tuple(complaints))


def of_dvclive(folder: str) -> tuple[Definition, ...]:
    """Return the plots of DVCLive's folder where no dvc.yaml names it, as it would write them."""
    base = from_root(DVCLIVE, folder)
    return (
        Definition(f"{base}/metrics", "", path=f"{base}/metrics", x="step", expected=False),
        Definition(f"{base}/images", "", path=f"{base}/images", expected=False),
    )


def identified(found: Sequence[Definition]) -> list[Definition]:
    """Return definitions with names of their own, as DVC gives them: with the file before it.

    One of a stage that is there twice is the same.
    """
    named = {(it.id, "" if it.of_stage else it.source): it for it in reversed(found)}
    times = Counter(name for name, _ in named)
    kept = dict.fromkeys((it.id, "" if it.of_stage else it.source) for it in found)
    return [
        named[key]._replace(id=f"{key[1]}::{key[0]}")
        if times[key[0]] > 1 and key[1]
        else named[key]
        for key in kept
    ]


def nearest(found: Definition, file: str, listed: Iterable[Definition]) -> bool:
    """Tell whether no other plot of the same dvc.yaml names a file of a folder more closely."""
    others = (
        it.path
        for it in listed
        if it.path and (it.source, it.of_stage) == (found.source, found.of_stage)
    )
    return not any(
        len(it) > len(found.path) and (file == it or file.startswith(f"{it}/")) for it in others
    )


def _listed(said: Any, source: str, folder: str, complaints: list[str]) -> Iterator[Definition]:
    """Iterate over the plots of a list, or mapping, whose items are names or have one as key."""
    if said is None:
        return
    if not isinstance(said, list | dict):
        complaints.append("plots is not a list")
        return
    for item in said if isinstance(said, list) else [said]:
        for name, props in item.items() if isinstance(item, dict) else ((item, None),):
            if not isinstance(name, str) or not isinstance(props, dict | None):
                complaints.append(f"its plot {str(name)[:80]!r} is not a name with properties")
            elif "${" in name:
                complaints.append(f"the plot {name} has a name that only DVC can resolve")
            else:
                yield from _plot(name, props or {}, source, folder, complaints)


def _plot(
    name: str, props: Mapping[str, Any], source: str, folder: str, complaints: list[str]
) -> Iterator[Definition]:
    try:
        y = _columns(props.get("y"), folder)
        x = props.get("x")
        across = x if isinstance(x, str | None) else _columns(x, folder)
        words = ("template", "title", "x_label", "y_label")
        template, title, below, beside = (_text(props.get(it), it) for it in words)
    except ValueError as error:
        complaints.append(f"in the plot {name}, {error}")
        return
    path = "" if isinstance(props.get("y"), dict) else from_root(name, folder)
    header = props.get("header") is not False
    yield Definition(
        path or name, source, False, path, across, y, template, title, below, beside, header
    )


def _columns(said: Any, folder: str) -> tuple[PlotColumn, ...]:
    """Read the columns of an axis: a name, several, or those of files."""
    if said is None:
        return ()
    if isinstance(said, dict):
        return tuple(
            PlotColumn(from_root(str(file), folder), field)
            for file, fields in said.items()
            for field in _fields(fields)
        )
    return tuple(PlotColumn("", it) for it in _fields(said))


def _fields(said: Any) -> tuple[str, ...]:
    found = said if isinstance(said, list) else [said]
    if not all(isinstance(it, str) for it in found):
        raise ValueError("x or y is neither a column nor a mapping of files to columns")
    return tuple(found)


def _text(said: Any, name: str) -> str:
    if said is not None and not isinstance(said, str | int | float):
        raise ValueError(f"{name} is not a string")
    return "" if said is None else str(said)
