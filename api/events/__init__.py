"""Events from outside that runs wait for."""
