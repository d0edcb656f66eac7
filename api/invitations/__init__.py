"""Invitations into a workspace: made, seen, accepted once."""
