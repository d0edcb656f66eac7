"""Adds up the closing lines of several pytest runs into one line of the same form, below what was skipped and why."""

import re
import sys
from collections import Counter
from pathlib import Path

OUTCOMES = ("failed", "passed", "skipped", "xfailed", "xpassed", "errors", "error", "warnings", "warning")
COUNT = re.compile(rf"(\d+) ({'|'.join(OUTCOMES)})\b")
SKIPPED = re.compile(r"^SKIPPED \[(\d+)\] \S+: (.+)$", re.MULTILINE)
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


def main() -> None:
    """Print what was left out, and the sum."""
    total: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    seconds = 0.0
    for path in sys.argv[1:]:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
        counts, took = closing(text)
        reasons += left_out(text)
        total += counts
        seconds += took
    for why, count in reasons.most_common():
        print(f"· {count} skipped: {why}")
    words = ", ".join(f"{total[o]} {o}" for o in OUTCOMES if total[o]) or "no tests ran"
    print(f"===== {words} in {seconds:.2f}s =====")


if __name__ == "__main__":
    main()
