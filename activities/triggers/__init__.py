"""What triggers do outside: starts of schedules, callbacks."""
