"""Values as YAML that every reader takes for the same, whichever version of YAML it knows.

Whoever imports this loads ruamel.yaml.
Sources: https://yaml.org/spec/1.2.2/#103-core-schema and https://yaml.org/type/ for YAML 1.1.
"""

from __future__ import annotations

import io
import re
import sys
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

# What is a text in all versions without quotes, but for the words below.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*")
_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))


def dumps(value: Any) -> str:
    """Return mappings, lists, texts, finite numbers, booleans and None as a YAML document.

    A text that some reader could take for anything else is quoted; beyond ASCII it is escaped.
    """
    yaml = YAML()
    yaml.Representer = _Representer
    yaml.width = sys.maxsize
    yaml.allow_unicode = False
    sink = io.StringIO()
    yaml.dump(_quoted(value), sink)
    return sink.getvalue()


class _Representer(RoundTripRepresenter):
    """Writes numbers in a form that YAML 1.1 knows as well: there 1e-05 is a text."""

    def represent_float(self, data: float) -> ScalarNode:
        """Return a number's node."""
        mantissa, mark, exponent = repr(data).partition("e")
        point = ".0" if mark and "." not in mantissa else ""
        text = f"{mantissa}{point}{mark}{exponent}"
        return self.represent_scalar("tag:yaml.org,2002:float", text)


_Representer.add_representer(float, _Representer.represent_float)


def _quoted(value: Any) -> Any:
    if isinstance(value, dict):
        return {_quoted(key): _quoted(it) for key, it in value.items()}
    if isinstance(value, list | tuple):
        return [_quoted(it) for it in value]
    if not isinstance(value, str) or (_PLAIN.fullmatch(value) and value.lower() not in _WORDS):
        return value
    return DoubleQuotedScalarString(value)
