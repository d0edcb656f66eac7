"""A child process ends when its parent does, however that happens.

The parent keeps the writing end of a pipe and never writes. When the parent is gone the kernel closes it, the child
reads the end of the file and sends itself a SIGTERM: the same way out as a clean stop.
"""

import os
import signal
import threading

PARENT_PIPE = "PERDURE_PARENT_PIPE"


def follow_parent() -> None:
    """Watch the pipe that the supervisor has passed on, if there is one."""
    descriptor = os.environ.pop(PARENT_PIPE, "")
    if descriptor.isdigit():
        threading.Thread(target=_end_with_parent, args=(int(descriptor),), name="parent", daemon=True).start()


def _end_with_parent(descriptor: int) -> None:
    while True:
        try:
            if not os.read(descriptor, 1):
                break
        except OSError:
            break
    os.kill(os.getpid(), signal.SIGTERM)
