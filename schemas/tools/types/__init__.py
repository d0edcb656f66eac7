"""One module per type of tools; see `schemas.tools.tool_specs`."""
