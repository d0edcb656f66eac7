"""A client of servers that speak the Model Context Protocol (https://modelcontextprotocol.io, version 2025-06-18)."""
