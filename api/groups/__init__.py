"""Groups of members, such as those who may approve refunds."""
