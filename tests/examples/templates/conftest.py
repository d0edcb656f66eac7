"""A whole Perdure in this process, to run templates on."""

from tests.support.perdure import model_server, perdure, plumbing, worker

__all__ = ["model_server", "perdure", "plumbing", "worker"]
