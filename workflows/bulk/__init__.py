"""Bulk jobs as durable workflows."""
