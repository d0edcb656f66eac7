"""The delivery of messages as durable workflows."""
