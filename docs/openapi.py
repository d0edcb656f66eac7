"""Writes docs/openapi.json anew from the application; the web app's client is generated from it.

With `--check` nothing is written, and the exit status says whether the file is current.
"""

import json
import sys
from pathlib import Path
from typing import cast

from pydantic import SecretStr

from api.app import create_app
from api.services import Services
from api.settings import ApiSettings

FILE = Path(__file__).parent / "openapi.json"


def main() -> int:
    """Write or check the file; the exit status."""
    app = create_app(ApiSettings(token=SecretStr("unused")), cast("Services", None))
    text = json.dumps(app.openapi(), indent=1, ensure_ascii=False) + "\n"
    if "--check" not in sys.argv:
        FILE.write_text(text, encoding="utf-8")
        return 0
    if FILE.exists() and FILE.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write("docs/openapi.json is stale; run `make client`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
