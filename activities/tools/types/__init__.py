"""One module per type of tools; see `activities.tools.tool_behaviours`."""
