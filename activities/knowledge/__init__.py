"""Knowledge bases and memories: documents taken in, and found again."""
