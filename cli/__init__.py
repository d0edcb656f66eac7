"""The `perdure` command."""

import sys

# jsonschema would build a grammar of international addresses at import, which is half of the time that a worker takes
# to start; no format of ours uses it.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
