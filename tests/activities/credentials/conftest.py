"""Perdure in this process for every test here."""

from tests.support.perdure import model_server, perdure, plumbing, worker

__all__ = ["model_server", "perdure", "plumbing", "worker"]
