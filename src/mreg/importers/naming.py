"""What models, versions and stages of another registry are called here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from mreg.core import versions
from mreg.errors import UsageError


def safe(name: str) -> str:
    """Return the name that is taken for another registry's: "Churn model" is "Churn-model".

    Accents are left out, each run of other characters than letters, digits and "_" is a "-", and
    the name begins and ends with a letter or a digit. Upper case stays.

    Returns:
        nothing where no letter or digit is left.
    """
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(it for it in plain if not unicodedata.combining(it))
    return re.sub(r"[^A-Za-z0-9_]+", "-", plain).strip("-_")


def version(number: str, tags: Mapping[str, str], tag: str) -> str:
    """Return the version that an integer becomes: v3.0.0; or what a tag says, if that is SemVer."""
    said = tags.get(tag, "").strip()
    prefixed = said if said.startswith("v") else f"v{said}"
    return prefixed if versions.is_version(prefixed) else f"v{number}.0.0"


def mapping(said: Iterable[str], option: str) -> dict[str, str]:
    """Read what was typed as OLD=NEW; the old name may hold a "=".

    Raises:
        UsageError: it has no "=", or says two things of one name.
    """
    found: dict[str, str] = {}
    for it in said:
        old, equals, new = it.rpartition("=")
        if not (equals and old):
            raise UsageError(f"{option} {it!r} is not in the form OLD=NEW", hint="OLD=NEW")
        if found.setdefault(old, new) != new:
            raise UsageError(f"{option} maps {old!r} to both {found[old]!r} and {new!r}")
    return found
