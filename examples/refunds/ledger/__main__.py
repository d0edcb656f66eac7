"""Start the ledger: `python -m examples.refunds.ledger --data FILE --port PORT`."""

import argparse
import json
from pathlib import Path

import uvicorn

from examples.refunds.ledger.app import create_app
from examples.refunds.ledger.store import Ledger


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description="A small payment service that counts what it is asked.")
    parser.add_argument("--data", type=Path, default=Path("ledger.sqlite"), help="SQLite file, created if missing")
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--lose-answers", type=int, default=0, help="booked refunds that are answered by 503")
    options = parser.parse_args()
    orders = json.loads((Path(__file__).parent / "orders.json").read_text(encoding="utf-8"))
    options.data.parent.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(options.data, orders)
    try:
        uvicorn.run(create_app(ledger, options.lose_answers), port=options.port, log_level="warning")
    finally:
        ledger.close()


if __name__ == "__main__":
    main()
