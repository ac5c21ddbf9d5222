"""Registries whose versions say what they are: metrics, params, inputs, each at its own commit.

Teams share a repository. Each has a folder with ten models and an artifacts.yaml, which differs at
every commit. The models with odd numbers have their metrics in files. Model 0 is what the others
are made from: version N of each names version N of it. Every tenth version is promoted to prod.

    python tests/bench/teams.py VERSIONS FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import packs
import registries
from packs import Entry, Pack, Placed

from mreg.core import tagobject
from mreg.core.events import NO_PREVIOUS, PREVIOUS_TRAILER, VERSION_TRAILER

EDITION = 1
"""Changes with what is made here, so that registries kept from before are not used."""

MODELS, RELEASES = 10, 100
PROMOTED = 10
"""Every so many versions one is promoted."""

_ENTRY = """\
model-{number}:
  type: model
  path: models/{number}.pkl
  description: Predicts the demand of segment {number}, run {run}
  labels: [tabular, weekly]
  framework: {{name: scikit-learn, version: "1.5.{number}"}}
  license: MIT
  metrics: {metrics}
  params: {{depth: {number}, rate: 0.{run:07}}}
  inputs:
    - path: data/{number}.csv
      role: training
"""


def model_name(team: int, number: int) -> str:
    """Return the name of a team's model."""
    return f"team-{team:03}:model-{number}"


def version_name(release: int) -> str:
    """Return the name of a model's version; the first is 1."""
    return f"v0.{release // 10}.{release % 10}"


class _Team:
    """A team's folder as it is at the newest commit."""

    def __init__(self, pack: Pack, team: int) -> None:
        """Begin with the training data, which stay as they are."""
        self.name = f"team-{team:03}"
        self._pack = pack
        self._team = team
        self._entries: dict[int, str] = {}
        self._files: dict[str, dict[str, str]] = {"models": {}, "metrics": {}}
        text = {number: f"{team},{number}\n" for number in range(MODELS)}
        self._folders = {
            "data": pack.add_tree(
                Entry(f"{number}.csv", pack.add_file(it)) for number, it in text.items()
            )
        }

    def train(self, number: int, release: int, run: int) -> str:
        """Write what a new version is into the folder, and return the folder's id."""
        self._put("models", f"{number}.pkl", f"the weights of run {run}\n")
        numbers = f"{{accuracy: 0.{run:07}, f1: 0.8{number}}}"
        if number % 2:
            self._put("metrics", f"{number}.json", f'{{"accuracy": 0.{run:07}, "f1": 0.8}}\n')
            numbers = f"[metrics/{number}.json]"
        entry = _ENTRY.format(number=number, run=run, metrics=numbers)
        if number:
            entry += f"    - artifact: {model_name(self._team, 0)}@{version_name(release)}\n"
        self._entries[number] = entry
        text = "".join(entry for _, entry in sorted(self._entries.items()))
        return self._pack.add_tree(
            [
                Entry("artifacts.yaml", self._pack.add_file(text)),
                *(Entry(name, oid, folder=True) for name, oid in self._folders.items()),
            ]
        )

    def _put(self, folder: str, name: str, text: str) -> None:
        """Write a file of a folder anew."""
        files = self._files[folder]
        files[name] = self._pack.add_file(text)
        self._folders[folder] = self._pack.add_tree(Entry(*it) for it in files.items())


def make(versions: int, folder: Path) -> None:
    """Make a registry of so many versions, a multiple of `MODELS * RELEASES`."""
    teams = versions // (MODELS * RELEASES)
    # A version: artifacts.yaml, the model and its folder, the team's folder, the top, the commit,
    # the tag; and for every second one its metrics and their folder.
    count = teams * (MODELS + 1) + versions * 7 + versions // 2 * 2 + versions // PROMOTED
    packs.begun(folder)
    with Pack(folder, count) as pack:
        writer = _Writer(pack, [_Team(pack, team) for team in range(teams)])
        for release in range(1, RELEASES + 1):
            for team in range(teams):
                for number in range(MODELS):
                    writer.add(team, number, release)
    packs.finish(folder, writer.head, writer.tags)


class _Writer:
    """Writes versions into a pack: each a commit, and the tags on it."""

    def __init__(self, pack: Pack, teams: list[_Team]) -> None:
        self._pack = pack
        self._teams = teams
        self._top: dict[str, str] = {}
        self._runs = 0
        self._previous: dict[str, str] = {}
        self.head = ""
        self.tags: dict[str, Placed] = {}

    def add(self, team: int, number: int, release: int) -> None:
        """Write a model's next version, and promote it if it is its turn."""
        self._runs += 1
        here = self._teams[team]
        self._top[here.name] = here.train(number, release, self._runs)
        tree = self._pack.add_tree(Entry(it, oid, folder=True) for it, oid in self._top.items())
        who, name, version = self._person(), model_name(team, number), version_name(release)
        self.head = self._pack.add_commit(tree, self.head or None, who, f"Train {name}")
        artifact = name.replace(":", "=")
        self._tag(artifact, f"@{version}", f"Register {name} {version}", {})
        if release % PROMOTED == 0:
            says = {VERSION_TRAILER: version}
            place = f"#prod#{release // PROMOTED}"
            self._tag(artifact, place, f"Promote {name} {version} to prod", says)

    def _tag(self, artifact: str, tail: str, subject: str, says: dict[str, str]) -> None:
        previous = self._previous.get(artifact, NO_PREVIOUS)
        message = tagobject.compose(subject, "", {**says, PREVIOUS_TRAILER: previous})
        tag = f"{artifact}{tail}"
        oid = self._pack.add_tag(self.head, tag, self._person(), message)
        self._previous[artifact] = oid
        self.tags[tag] = Placed(oid, self.head)

    def _person(self) -> str:
        return registries.person(self._runs)


def registry(versions: int) -> Path:
    """Return a registry of so many versions; it is made at the first call and kept."""
    return registries.kept(f"teams-{versions}-{EDITION}", __file__, str(versions))


if __name__ == "__main__":
    make(int(sys.argv[1]), Path(sys.argv[2]))
