"""`python -m stress`: attempts of every kind for some minutes, and a table of how they went."""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from stress.attempts import KINDS, Kind, open_for_attempts
from stress.output_state import Workshop
from tradegains.store.code_version import code_version

BEGIN, END = "<!-- figures of make stress -->", "<!-- end of figures -->"


@dataclass
class Tally:
    """How the attempts of a kind went."""

    kind: Kind
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def line(self) -> str:
        """The kind as a row of a Markdown table."""
        tries = self.outcomes.total() + len(self.failures)
        went = "; ".join(f"{count} {name}" for name, count in sorted(self.outcomes.items()))
        cells = (self.kind.name, self.kind.promise, self.kind.tried, f"{tries}: {went}",
                 str(len(self.failures)))  # fmt: skip
        return f"| {' | '.join(cells)} |"


def attempt_all(shop: Workshop, kinds: list[Kind], *, seconds: float, seed: int) -> list[Tally]:
    """Try each kind for its part of the time, at least once."""
    whole = sum(kind.share for kind in kinds)
    tallies = []
    for kind in kinds:
        tally, chance, number = Tally(kind), random.Random(f"{seed} {kind.name}"), 0
        ends = time.monotonic() + seconds * kind.share / whole
        while number == 0 or time.monotonic() < ends:
            try:
                went = kind.attempt(shop, chance, number)
                tally.outcomes.update([went] if isinstance(went, str) else went)
            except (AssertionError, OSError, ValueError, subprocess.SubprocessError) as error:
                told = f"{kind.name} {number}: {error}"
                tally.failures.append(told)
                print(told, file=sys.stderr)
                traceback.print_exc()
            number += 1
        print(tally.line(), flush=True)
        tallies.append(tally)
    return tallies


def page(tallies: list[Tally], seed: int) -> str:
    """The figures as Markdown."""
    head = "| what | promise | how it was tried | tries, and how they went | failures |"
    made = f"{datetime.now(UTC):%Y-%m-%d}, seed {seed}, tradegains {code_version()}"
    rows = [tally.line() for tally in tallies]
    return "\n".join([BEGIN, "", head, "| --- | --- | --- | --- | --- |", *rows, "", made, "", END])


def main() -> int:
    """Attempt for the time given; 1 where a promise did not hold."""
    parser = argparse.ArgumentParser(prog="make stress", description=__doc__)
    parser.add_argument("--minutes", type=float, default=13.0)
    parser.add_argument("--seed", type=int, default=1988)
    parser.add_argument("--only", default="", help="kinds, by the start of their names")
    parser.add_argument("--page", type=Path, help="Markdown page whose figures are replaced")
    chosen = parser.parse_args()
    wanted = tuple(filter(None, chosen.only.split(",")))
    kinds = [kind for kind in KINDS if not wanted or kind.name.startswith(wanted)]
    left_out = [kind.name for kind in kinds if kind.needs_root and os.geteuid() != 0]
    with tempfile.TemporaryDirectory(prefix="stress-") as folder:
        shop = open_for_attempts(Path(folder))
        tallies = attempt_all(
            shop,
            [kind for kind in kinds if kind.name not in left_out],
            seconds=60 * chosen.minutes,
            seed=chosen.seed,
        )
    for name in left_out:
        print(f"left out, for it needs root: {name}")
    if chosen.page:
        text = chosen.page.read_text(encoding="utf-8")
        before, after = text.partition(BEGIN)[0], text.partition(END)[2]
        chosen.page.write_text(before + page(tallies, chosen.seed) + after, encoding="utf-8")
    return 1 if any(tally.failures for tally in tallies) else 0


if __name__ == "__main__":
    sys.exit(main())
