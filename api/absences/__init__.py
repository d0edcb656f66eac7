"""Who is away, and who answers in their place."""
