"""Why an unfinished run waits: one sentence, and the facts in it."""
