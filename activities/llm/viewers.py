"""Passes the text of an answer to whoever watches the run."""

import structlog

from activities.llm.call import OnText
from activities.text import clean_text

RESTART_MARK = "\n\n--- the text above is discarded ---\n\n"
"""Streamed between an answer that cannot be used and the next one; never part of a result."""

_log = structlog.get_logger(__name__)


class Viewers:
    """The receiving end of a stream, which may fail without harm: a paid answer is not thrown away for its viewers."""

    def __init__(self, on_text: OnText) -> None:
        self._on_text = on_text
        self._sent = False
        self._lost = False

    async def send(self, text: str) -> None:
        """Pass a piece of text on."""
        self._sent = True
        await self._pass_on(clean_text(text))

    async def restart(self) -> None:
        """Say that what was passed on is void."""
        if self._sent:
            await self._pass_on(RESTART_MARK)
        self._sent = False

    async def _pass_on(self, text: str) -> None:
        if self._lost:
            return
        try:
            await self._on_text(text)
        except Exception as error:
            self._lost = True
            _log.warning("answer_not_streamed", error_type=type(error).__name__, exc_info=error)
