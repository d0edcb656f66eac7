"""The interpreter of plans: a pure scheduler and the workflow that carries out its commands."""
