"""Subscriptions: programs outside that hear of runs and approvals."""
