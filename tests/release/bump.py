"""Write a new version everywhere it stands, before it is released.

    python tests/release/bump.py 0.2.0

That is `__version__`, each line of a document or an example that installs mreg, and the heading of
what is unreleased in docs/changelog.md, which gets the version and today's date.
"""

from __future__ import annotations

import re
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).parents[2]
_VERSION = re.compile(r'^__version__ = "(?P<version>[^"]+)"$', re.MULTILINE)


def main() -> int:
    """Write the version that is named, and print the files that changed."""
    try:
        wanted = str(Version(sys.argv[1]))
    except (IndexError, InvalidVersion):
        print("usage: python tests/release/bump.py VERSION, such as 0.2.0", file=sys.stderr)
        return 2
    for name in written(ROOT, wanted, datetime.now(UTC).date()):
        print(f"changed {name}")
    print(f"Next: read the diff, commit it, and make release; then git tag v{wanted}.")
    return 0


def written(root: Path, wanted: str, day: date) -> list[str]:
    """Write a version into a tree of mreg's sources, and return the files that changed."""
    home = root / "src/mreg/__init__.py"
    found = _VERSION.search(home.read_text())
    assert found, f"{home} has no version"
    before = found["version"]
    texts = [
        (home, f'__version__ = "{before}"', f'__version__ = "{wanted}"'),
        *((it, f"mreg.git@v{before}", f"mreg.git@v{wanted}") for it in documents(root)),
        (root / "docs/changelog.md", "## Unreleased\n", f"## {wanted} ({day})\n"),
    ]
    changed = []
    for file, old, new in texts:
        text = file.read_text()
        if old in text and old != new:
            file.write_text(text.replace(old, new, 1 if file == home else -1))
            changed.append(file.relative_to(root).as_posix())
    return list(dict.fromkeys(changed))


def documents(root: Path) -> list[Path]:
    """Return the texts that may say how mreg is installed; decisions say how it was."""
    folders = (root / "docs", root / "examples")
    pictures = (".png", ".svg", ".gif", ".webp", ".pyc")
    inside = (it for folder in folders for it in sorted(folder.rglob("*")) if it.is_file())
    texts = (it for it in inside if it.suffix not in pictures and it.parent.name != "adr")
    return [root / "README.md", *texts]


if __name__ == "__main__":
    sys.exit(main())
