"""A small payment service: orders, refunds, and a count of every request it was ever sent."""
