"""Adds up the closing lines of several pytest runs into one line of the same form."""

import re
import sys
from collections import Counter
from pathlib import Path

OUTCOMES = ("failed", "passed", "skipped", "xfailed", "xpassed", "errors", "error", "warnings", "warning")
COUNT = re.compile(rf"(\d+) ({'|'.join(OUTCOMES)})\b")
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


def main() -> None:
    """Print the sum."""
    total: Counter[str] = Counter()
    seconds = 0.0
    for path in sys.argv[1:]:
        counts, took = closing(Path(path).read_text(encoding="utf-8", errors="replace"))
        total += counts
        seconds += took
    words = ", ".join(f"{total[o]} {o}" for o in OUTCOMES if total[o]) or "no tests ran"
    print(f"===== {words} in {seconds:.2f}s =====")


if __name__ == "__main__":
    main()
