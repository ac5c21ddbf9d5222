"""Searching: expressions over versions, such as `stage=prod and metrics.auc>=0.9`.

`parse` makes a `Query` of a text, which then tells of each `SearchedVersion` whether it matches.
Nothing here reads a repository: whoever asks hands in the versions and their annotations.
"""

from __future__ import annotations

from mreg.search.parser import parse as parse
from mreg.search.query import Query as Query
from mreg.search.subject import SearchedVersion as SearchedVersion
