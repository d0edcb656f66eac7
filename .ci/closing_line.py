"""Adds up the closing lines of several pytest runs into one line of the same form, below what was skipped and why."""

import argparse
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

OUTCOMES = ("failed", "passed", "skipped", "xfailed", "xpassed", "errors", "error", "warnings", "warning")
COUNT = re.compile(rf"(\d+) ({'|'.join(OUTCOMES)})\b")
SKIPPED = re.compile(r"^SKIPPED \[(\d+)\] \S+: (.+)$", re.MULTILINE)
FAILED = re.compile(r"^(?:FAILED|ERROR) (\S.*?)(?: - .*)?$", re.MULTILINE)
CLOSING = re.compile(r"^=* ?((?:\d+ [a-z]+(?:, )?)+|no tests ran) in ([\d.]+)s")


def closing(text: str) -> tuple[Counter[str], float]:
    """Outcomes and seconds of the last closing line of a pytest run; a run that broke off is an error."""
    for line in reversed(text.splitlines()):
        if found := CLOSING.match(re.sub(r"\x1b\[[\d;]*m", "", line)):
            counts = {
                word.rstrip("s") if word in ("errors", "warnings") else word: int(n) for n, word in COUNT.findall(line)
            }
            return Counter(counts), float(found[2])
    return Counter({"error": 1}), 0.0


def left_out(text: str) -> Counter[str]:
    """How many tests were skipped, by the reason that `pytest -rs` tells."""
    reasons: Counter[str] = Counter()
    for count, why in SKIPPED.findall(text):
        reasons[why] += int(count)
    return reasons


def failures(counts: Counter[str]) -> int:
    """How many tests did not pass that should have."""
    return counts["failed"] + counts["error"]


def mended(total: Counter[str], again: Counter[str]) -> Counter[str]:
    """The outcomes when what failed was run again."""
    kept = {outcome: count for outcome, count in total.items() if outcome not in ("failed", "error")}
    return Counter(kept) + Counter({outcome: again[outcome] for outcome in ("failed", "error", "passed")})


def unsteady(texts: Iterable[str], again: str) -> list[str]:
    """Tests that failed at first and not again."""
    still = set(FAILED.findall(again))
    return [test for text in texts for test in FAILED.findall(text) if test not in still]


def main() -> None:
    """Print what was left out, what passed only by itself, and the sum; or, if asked so, the number of failures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("outputs", nargs="+", type=Path, help="what the passes printed")
    asked.add_argument("--again", type=Path, help="what a pass printed that ran the failures once more")
    asked.add_argument("--failures", action="store_true", help="print the number of failures, and nothing else")
    wanted = asked.parse_args()
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in wanted.outputs]
    passes = [closing(text) for text in texts]
    total = sum((counts for counts, _ in passes), Counter())
    if wanted.failures:
        print(failures(total))
        return
    seconds = sum(took for _, took in passes)
    for why, count in sum(map(left_out, texts), Counter()).most_common():
        print(f"· {count} skipped: {why}")
    if wanted.again:
        again = wanted.again.read_text(encoding="utf-8", errors="replace")
        counts, took = closing(again)
        total, seconds = mended(total, counts), seconds + took
        for test in unsteady(texts, again):
            print(f"· passed only when it was run again: {test}")
    words = ", ".join(f"{total[o]} {o}" for o in OUTCOMES if total[o]) or "no tests ran"
    print(f"===== {words} in {seconds:.2f}s =====")


if __name__ == "__main__":
    main()
