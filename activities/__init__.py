"""Everything with a side effect: the behaviours of action kinds and the services of the interpreter."""
