"""Taking documents into knowledge bases, and searches that the API asks for."""
