"""The worker process: where activities and workflows are put together."""
