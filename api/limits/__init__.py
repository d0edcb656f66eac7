"""How many requests a caller may send, and how answers tell what is left."""
