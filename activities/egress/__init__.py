"""The one way out: every HTTP request that a step makes leaves through `Egress`."""

from activities.egress.client import Egress
from activities.egress.messages import EgressRequest, EgressResponse
from activities.egress.settings import EgressSettings

__all__ = ["Egress", "EgressRequest", "EgressResponse", "EgressSettings"]
