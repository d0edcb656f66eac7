"""A small mail server under full control of a test: it speaks real SMTP, keeps what it is given, and can misbehave."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

Reply = str | None
"""What is answered instead; None: the connection is cut."""


@dataclass(frozen=True)
class Delivered:
    """A mail that was accepted."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        """The mail, parsed."""
        parsed = message_from_bytes(self.raw, policy=default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def part(self, kind: str) -> str:
        """Its `plain` or `html` part."""
        body = self.mail.get_body((kind,))
        assert body is not None
        content: str = body.get_content()
        return content


@dataclass
class SmtpSink:
    """A running server and what it has accepted."""

    port: int = 0
    mails: list[Delivered] = field(default_factory=list)
    answers: dict[str, list[Reply]] = field(default_factory=dict)
    """Replies to the next commands: `RCPT`, or `.` for the end of a mail; for one address, `RCPT ada@example.com`."""
    hold: dict[str, Callable[[], Awaitable[object]]] = field(default_factory=dict)
    """Awaited before the answer to a command."""
    commands: list[str] = field(default_factory=list)
    password: str | None = None

    def to(self, address: str) -> list[Delivered]:
        """Mails for an address."""
        return [mail for mail in self.mails if address in mail.recipients]


@asynccontextmanager
async def smtp_sink(port: int = 0) -> AsyncIterator[SmtpSink]:
    """Serves until the block ends; connections that are still open are then dropped."""
    sink, tasks = SmtpSink(), set[asyncio.Task[None]]()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await _Session(sink, reader, writer).run()
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", port)
    sink.port = server.sockets[0].getsockname()[1]
    try:
        yield sink
    finally:
        server.close()
        for task in tasks:
            task.cancel()


class _Session:
    def __init__(self, sink: SmtpSink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._sink, self._reader, self._writer = sink, reader, writer
        self._sender, self._recipients = "", list[str]()

    async def run(self) -> None:
        """One connection."""
        await self._say("220 sink ESMTP")
        while line := (await self._reader.readline()).decode().rstrip("\r\n"):
            name = line.split(" ")[0].upper()
            self._sink.commands.append(line)
            if not await self._answer(name, line):
                return

    async def _answer(self, name: str, line: str) -> bool:
        if (hold := self._sink.hold.get(name)) is not None:
            await hold()
        if planned := self._planned(name, line):
            return await self._plan(planned.pop(0))
        if name in ("MAIL", "RCPT"):
            self._note(name, line)
        if name == "DATA":
            return await self._take()
        await self._say(self._reply(name, line))
        return name != "QUIT"

    def _planned(self, name: str, text: str) -> list[Reply]:
        """Replies to a command, of all or of one address."""
        for key, replies in self._sink.answers.items():
            command, _, address = key.partition(" ")
            if command == name and address in text and replies:
                return replies
        return []

    async def _plan(self, reply: Reply) -> bool:
        if reply is not None:
            await self._say(reply)
        return reply is not None

    def _note(self, name: str, line: str) -> None:
        address = line.partition("<")[2].partition(">")[0]
        if name == "MAIL":
            self._sender, self._recipients = address, []
        else:
            self._recipients.append(address)

    async def _take(self) -> bool:
        await self._say("354 go on")
        raw = (await self._reader.readuntil(b"\r\n.\r\n")).removesuffix(b".\r\n")
        raw = raw.replace(b"\r\n..", b"\r\n.")
        self._sink.commands.append(".")
        if (hold := self._sink.hold.get(".")) is not None:
            await hold()
        planned = self._planned(".", " ".join(self._recipients))
        reply: Reply = planned.pop(0) if planned else "250 taken"
        if reply is None or reply.startswith("2"):
            # Cut off after it was taken: nobody but the server knows.
            self._sink.mails.append(Delivered(self._sender, tuple(self._recipients), raw))
        return await self._plan(reply)

    def _reply(self, name: str, line: str) -> str:
        if name == "EHLO":
            return "250-sink\r\n250-8BITMIME\r\n250 AUTH PLAIN" if self._sink.password else "250-sink\r\n250 8BITMIME"
        if name == "AUTH":
            given = base64.b64decode(line.split(" ")[-1]).decode().split("\0")[-1]
            return "235 welcome" if given == self._sink.password else "535 who are you"
        return "221 bye" if name == "QUIT" else "250 ok"

    async def _say(self, text: str) -> None:
        self._writer.write(text.encode() + b"\r\n")
        await self._writer.drain()
