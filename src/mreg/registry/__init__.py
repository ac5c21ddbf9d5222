"""The facade: a registry opened at a path, asked and written through one object.

`Registry` has a short method for each question and each request. What a method does stands in the
parts of the house below, or in the module of this package that is called after it; it is loaded
when it is asked. `documents` makes of an answer what `--json` prints.
"""

from __future__ import annotations

from mreg.registry.registry import Registry as Registry
