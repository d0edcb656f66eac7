"""Privacy of a workspace: masking, retention, holds, keys, export, erasure."""
