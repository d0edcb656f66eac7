"""How long a search in an index takes, for Prometheus."""

from typing import Final

from prometheus_client import Histogram

SEARCH_SECONDS: Final = Histogram(
    "perdure_vector_search_seconds",
    "Time of one search in the index of a knowledge base.",
    ["index"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 5),
)
