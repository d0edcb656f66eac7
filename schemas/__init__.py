"""The language of Perdure: documents, plans, node specs, messages, errors. Pure data, no I/O."""
