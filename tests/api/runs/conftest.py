"""Beside the API alone: Perdure with a worker, for the modules that ask for it."""

from tests.support.perdure import model_server, perdure, plumbing, worker

__all__ = ["model_server", "perdure", "plumbing", "worker"]
