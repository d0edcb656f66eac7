"""One stack per module; every test finds all of it alive."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.stack import Stack, running


@pytest.fixture(scope="module")
def shared_stack() -> Iterator[Stack]:
    with (
        tempfile.TemporaryDirectory(prefix="perdure-faults-", ignore_cleanup_errors=True) as folder,
        running(Path(folder)) as stack,
    ):
        yield stack


@pytest.fixture
def stack(shared_stack: Stack) -> Stack:
    """The stack, all alive."""
    shared_stack.up()
    return shared_stack
