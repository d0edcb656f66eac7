"""The Temporal side that the API and the workers share: client, data conversion, dispatch, repair."""
