"""Pages of jobs of privacy: retention, export, erasure of a person or of a workspace."""
