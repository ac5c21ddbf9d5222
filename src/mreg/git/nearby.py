"""Whether a repository that a `file://` URL names is as it was, told without starting Git.

Only files are read, and only of a repository of the user's own: Git asks safe.directory about
others, and refuses them.
"""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote

from mreg.git import ref_files
from mreg.git.refs import PREFIX
from mreg.git.repository import Repository
from mreg.git.session import Session
from mreg.net.urls import Url

_FILE = "file://"


def standing(url: Url) -> str:
    """Return a digest of HEAD, all tags and the settings of a repository on this machine.

    It is empty where Git has to be asked.
    """
    folder = Path(unquote(url.secret.removeprefix(_FILE)))
    if url.transport != "file" or not folder.is_absolute():
        return ""
    found = next((it for it in (folder / ".git", folder) if (it / "HEAD").is_file()), None)
    if found is None or os.name != "posix" or found.stat().st_uid != os.geteuid():
        return ""
    repo = Repository(folder, Session(), variables={"GIT_DIR": str(found)})
    common, branch = repo.plain_dir(), repo.branch()
    if common is None or branch is None:
        return ""
    parts = [(found / "HEAD").read_bytes(), (common / "config").read_bytes()]
    for start in filter(None, (PREFIX, branch)):
        if (refs := ref_files.fingerprint(repo, start)) is None:
            return ""
        parts.append(refs)
    from mreg.system.digest import blake2b

    return blake2b(b"\0".join(parts), digest_size=16).hexdigest()
