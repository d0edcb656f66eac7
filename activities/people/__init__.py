"""People and events from outside: the activities by which a run asks, waits, and stops waiting."""
