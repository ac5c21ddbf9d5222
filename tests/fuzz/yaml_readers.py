"""The readers of YAML, held against each other over generated and mutated documents.

    python tests/fuzz/yaml_readers.py [--documents 1000000] [--seed 0]

A document is a number's, so that one that is told can be had again: `--documents 1 --seed NUMBER`.
The exit code is 1 if there is any about which they disagree, or at which one of them fails.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from pathlib import Path
from random import Random

sys.path.extend(str(Path(__file__).resolve().parents[1] / it) for it in ("", "support"))

from yaml_documents import generated, judge

_MOST_SHOWN = 20


def main() -> int:
    """Judge so many documents, and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    fast = full = wrong = 0
    for seed in range(asked.seed, asked.seed + asked.documents):
        text = generated(Random(seed))
        try:
            verdict = judge(text)
        except Exception:
            why = traceback.format_exc(limit=-1)
        else:
            fast, full, why = fast + verdict.fast, full + verdict.full, verdict.wrong
        if why:
            wrong += 1
            if wrong <= _MOST_SHOWN:
                print(f"document {seed}: {text!r}\n    {why}", flush=True)
    print(
        f"{asked.documents:,} documents from number {asked.seed}: {full:,} are read,"
        f" {fast:,} of them by the fast reader; {wrong:,} are judged differently, or fail;"
        f" {time.process_time():,.0f} s of CPU"
    )
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
