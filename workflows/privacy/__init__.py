"""Jobs of privacy, and the daily round that begins them."""
