"""`python -m intruder --releases 10000 --seed 1`: how many drawn releases tell too much."""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random

from intruder.attack import Breach, attack
from intruder.censuses import draw_request
from intruder.gate import draw_thresholds, package_gate
from intruder.unsafe import for_counts

SHOWN = 10


def main() -> int:
    parser = argparse.ArgumentParser(prog="intruder", description=__doc__)
    parser.add_argument("--releases", type=int, default=10_000, help="how many (10000)")
    parser.add_argument("--seed", type=int, default=1, help="the first of them (1)")
    parser.add_argument("--folders", action="store_true", help="run and carry out each of them")
    chosen = parser.parse_args()
    if chosen.folders:
        return attack_folders(range(chosen.seed, chosen.seed + chosen.releases))
    attacked, broken = Counter[str](), Counter[str]()
    unsafe, opened = 0, 0
    for seed in range(chosen.seed, chosen.seed + chosen.releases):
        shape, breaches, names, asked = attack_once(seed)
        attacked[shape] += 1
        unsafe += asked
        opened += names
        if breaches:
            broken[shape] += 1
            if sum(broken.values()) <= SHOWN:
                print(f"seed {seed}: {len(breaches)} breaches, the first {breaches[0]}", flush=True)
        if (seed - chosen.seed + 1) % 100 == 0:
            print(f"{sum(attacked.values())} releases, {sum(broken.values())} broken", flush=True)
    for shape, count in sorted(attacked.items()):
        print(f"{shape:<12}{count:>7} releases{broken[shape]:>7} broken")
    print(f"{asked_share(opened, unsafe)} of the sums asked for left")
    return 1 if broken else 0


def attack_folders(seeds: range) -> int:
    """Attack folders that the package carries out; 1 where one tells too much."""
    from intruder.carried import attack_drawn
    from tradegains.engines.start import start_engine

    told = Counter[str]()
    with start_engine("embedded", threads=1, memory="1g") as engine:
        for seed in seeds:
            with tempfile.TemporaryDirectory() as folder:
                reader, breaches = attack_drawn(engine, seed, Path(folder))
            told += Counter(releases=len(reader.economies), leave=reader.numbers,
                            stay=reader.withheld, broken=bool(breaches))  # fmt: skip
            for each in breaches[:SHOWN]:
                print(f"seed {seed}: {each}", flush=True)
    print(", ".join(f"{count:,} {name}" for name, count in sorted(told.items())))
    return 1 if told["broken"] else 0


def attack_once(seed: int) -> tuple[str, list[Breach], int, int]:
    """Shape, breaches, and how many of how many sums left, for one drawn release."""
    random = Random(seed)
    request, thresholds = draw_request(random), draw_thresholds(random)
    asked_thresholds = thresholds
    if request.counts:
        thresholds = for_counts(thresholds)
    gate = package_gate(asked_thresholds, counts=request.counts)
    left = 0

    def counted(*question: object) -> set[str]:
        nonlocal left
        names = gate(*question)  # type: ignore[arg-type]
        left = len(names)
        return names

    breaches = attack(request, counted, thresholds, random)
    return request.shape, breaches, left, len(request.sums)


def asked_share(opened: int, asked: int) -> str:
    return f"{opened / max(asked, 1):.0%}"


if __name__ == "__main__":
    sys.exit(main())
