"""A week in the life of a model, told by running the real commands: `make demo`.

Three models are trained on a real table (Fisher's irises), each a commit in a fresh Git
repository. Two are good; the third is not, reaches production all the same, and is rolled back.

    python examples/demo.py [FOLDER]

The story is set in March 2026, so that "what was in production on 3 March?" can be asked of it;
the dates go to Git by GIT_AUTHOR_DATE and GIT_COMMITTER_DATE. Nothing outside the new folder is
written, and no Git settings but the new repository's are read.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

IRIS = Path(__file__).parent / "iris"


class Demo:
    """A repository, and the commands that are run in it one after the other.

    Attributes:
        folder: where the repository is.
        now: the time in the story; a minute goes by with each command.
        environment: what the commands see of the world: this Python's `python` and `mreg`, and
            no Git settings from outside.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = datetime(2026, 3, 2, tzinfo=UTC)
        self.environment = {
            **{key: it for key, it in os.environ.items() if not key.startswith(("GIT_", "MREG_"))},
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_PAGER": "cat",
            "TZ": "UTC",
        }

    def at(self, day: int, hour: int, who: str) -> None:
        """Let somebody act at a time of March 2026: the commits and tags from here on say so."""
        self.now = self.now.replace(day=day, hour=hour, minute=0)
        self.quietly("git", "config", "user.name", who)
        self.quietly("git", "config", "user.email", f"{who.lower().replace(' ', '.')}@example.com")

    def run(self, *commands: str) -> None:
        """Show commands as they would be typed, and run just that."""
        for command in commands:
            print(f"$ {command}", flush=True)
            self.quietly(*shlex.split(command))
        print()

    def quietly(self, *arguments: str) -> None:
        """Run a command without showing it."""
        self.now += timedelta(minutes=1)
        moment = self.now.isoformat()
        dates = {"GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment}
        # Whatever a command says belongs to the story, in the order in which it is said.
        subprocess.run(
            arguments,
            cwd=self.folder,
            env={**self.environment, **dates},
            stderr=subprocess.STDOUT,
            check=True,
        )


def chapter(heading: str, text: str) -> None:
    """Begin a chapter of the story."""
    print(f"{heading}\n{'=' * len(heading)}\n")
    say(text)


def say(text: str) -> None:
    """Tell a part of the story."""
    print(f"{text}\n")


def monday(demo: Demo) -> None:
    """A first model is trained, registered and released."""
    chapter(
        "Monday, 2 March 2026: the first model",
        "A data scientist trains a classifier of iris species. It looks at the sepals\n"
        "only. Model, metrics and artifacts.yaml are committed beside the code.",
    )
    demo.at(2, 10, "Data Scientist")
    demo.run(
        "python train.py --measure sepal", "git add .", "git commit -q -m 'Train on the sepals'"
    )
    say("Registering gives the commit a version. It is an annotated Git tag.")
    demo.run("mreg register iris --bump minor -m 'Sepals only'")
    say("So are its places in staging and in production.")
    demo.run("mreg promote iris staging")
    say("Somebody else looks at it, and approves. That is a tag object, too.")
    demo.at(2, 14, "Quality Lead")
    demo.run("mreg approve iris prod -m 'Good enough for a start'")
    demo.at(2, 15, "Release Manager")
    demo.run("mreg promote iris#staging prod -m 'First release'")
    demo.run("mreg show")


def thursday(demo: Demo) -> None:
    """A better model follows it."""
    chapter(
        "Thursday, 5 March: a better one",
        "The petals tell more than the sepals. The second model looks at both.",
    )
    demo.at(5, 11, "Data Scientist")
    demo.run("python train.py", "git commit -q -a -m 'Train on all four measurements'")
    demo.run("mreg register iris --bump minor -m 'Sepals and petals'", "mreg promote iris staging")
    demo.at(5, 16, "Release Manager")
    demo.run("mreg promote iris#staging prod -m 'Accuracy 0.98, was 0.82'")
    say("The versions. A stage in brackets is one where another version took over since.")
    demo.run("mreg show iris")


def friday(demo: Demo) -> None:
    """A bad model slips through."""
    chapter(
        "Friday, 6 March: a bad release",
        "To save time, a nightly job trains on the first 100 rows. The table is sorted\n"
        "by species: the third never comes up. Nobody looks at the metrics, and the job\n"
        "registers and promotes in one go.",
    )
    demo.at(6, 23, "Nightly Job")
    demo.run("python train.py --rows 100", "git commit -q -a -m 'Train nightly'")
    demo.run("mreg promote iris prod --register -m 'Nightly release'")


def saturday(demo: Demo) -> None:
    """The bad release is found and taken back."""
    chapter(
        "Saturday, 7 March: rollback",
        "A third of the flowers is classified wrongly. What is in production, and who\n"
        "put it there?",
    )
    demo.at(7, 8, "Release Manager")
    demo.run("mreg history iris --stage prod")
    say("The tags are Git's own, so Git can compare two versions, metrics and all.")
    demo.run("git diff -U0 iris@v0.2.0 iris@v0.2.1 -- metrics.json")
    say("Back to what was there before:")
    demo.run("mreg rollback iris prod -m 'Does not know virginica'")
    say("Nobody should pick the bad version up again, so it is deregistered as well.")
    demo.run("mreg deregister iris@v0.2.1 -m 'Trained on two species of three'")
    demo.run("mreg show")
    demo.run("mreg show iris --all")


def later(demo: Demo) -> None:
    """Questions that come up later."""
    chapter(
        "Weeks later: the audit",
        "What was in production on 3 March, and who approved it?",
    )
    demo.run("mreg show iris#prod --at 2026-03-03")
    say("And what was it trained on? Its own commit tells.")
    demo.run("mreg describe iris@v0.1.0")
    say("A deployment script asks for one bare value:")
    demo.run("mreg show iris#prod --field commit")
    say("No server holds any of this. It is all in the repository's tags:")
    demo.run("git tag --list")
    demo.run("mreg doctor")


def wanted() -> Path:
    """Return the folder that was named, or a temporary one."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "folder", nargs="?", type=Path, help="an empty or new folder; without it, a temporary one"
    )
    named: Path | None = parser.parse_args().folder
    return (named or Path(tempfile.mkdtemp(prefix="mreg-demo-"))).resolve()


def main() -> None:
    """Tell the whole story, in the folder that was named or in a temporary one."""
    folder = wanted()
    if folder.exists() and any(folder.iterdir()):
        sys.exit(f"{folder} is not empty; the demo needs a folder of its own")
    shutil.copytree(IRIS, folder, dirs_exist_ok=True)
    demo = Demo(folder)
    demo.quietly("git", "init", "-q", "-b", "main")
    for part in (monday, thursday, friday, saturday, later):
        part(demo)
    mreg = Path(sys.executable).with_name("mreg")
    print(f"The repository is in {folder}\nLook around in it:\n")
    print(f"  cd {shlex.quote(str(folder))}\n  {shlex.quote(str(mreg))} show iris")


def is_closed() -> bool:
    """Tell whether nobody reads any longer what is printed, as behind `| head`."""
    try:
        print(flush=True)
    except BrokenPipeError:
        # Python would complain once more when it closes the output, so it gets another.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return False


if __name__ == "__main__":
    try:
        main()
        sys.stdout.flush()
    except (BrokenPipeError, subprocess.CalledProcessError):  # a command may notice it first
        if not is_closed():
            raise
