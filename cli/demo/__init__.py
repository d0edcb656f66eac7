"""`perdure demo`: the refunds example on the whole of Perdure, as a person would run it."""
