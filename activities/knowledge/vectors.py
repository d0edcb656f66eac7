"""Vectors as they are stored: 32-bit floats, little endian, of length one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def packed(vector: Sequence[float]) -> bytes:
    """A vector as bytes, scaled to length one."""
    import numpy as np

    array = np.asarray(vector, dtype="<f4")
    length = float(np.linalg.norm(array))
    return (array / length if length else array).tobytes()


def unpacked(data: bytes) -> "NDArray[np.float32]":
    """The vector of stored bytes."""
    import numpy as np

    return np.frombuffer(data, dtype="<f4")
