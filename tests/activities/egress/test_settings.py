"""Settings of the egress client as an operator writes them."""

import pytest
from pydantic import ValidationError

from activities.egress import EgressSettings


def test_allowed_destinations_are_a_comma_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERDURE_EGRESS_ALLOW", "ledger:8080, 10.0.0.0/8 ,,[::1]:9000")
    assert EgressSettings().allow == ("ledger:8080", "10.0.0.0/8", "[::1]:9000")
    monkeypatch.setenv("PERDURE_EGRESS_ALLOW", "")
    assert EgressSettings().allow == ()


def test_a_bad_destination_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERDURE_EGRESS_ALLOW", "ledger:8080,*")
    with pytest.raises(ValidationError, match="no host, host:port or CIDR"):
        EgressSettings()
