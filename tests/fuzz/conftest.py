"""The application on real databases with a worker behind it, for the fuzz tests."""

from tests.api.conftest import app, services, shared_services
from tests.support.perdure import model_server, worker

__all__ = ["app", "model_server", "services", "shared_services", "worker"]
