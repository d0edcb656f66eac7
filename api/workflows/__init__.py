"""Publishing and reading workflows."""
