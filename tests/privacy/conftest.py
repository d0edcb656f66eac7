"""A whole Perdure, whose payloads are encrypted, with a worker that can read secrets."""

from tests.support.perdure import model_server, perdure, plumbing
from tests.triggers.conftest import worker

__all__ = ["model_server", "perdure", "plumbing", "worker"]
