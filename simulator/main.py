"""The `python -m simulator` command and the simulator in a thread."""

import argparse
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from simulator.app import Options, create_app


def main() -> None:
    """Serve until interrupted; the first line of output is the URL."""
    arguments = _arguments()
    listener = _listen(arguments.host, arguments.port)
    print(f"http://{arguments.host}:{listener.getsockname()[1]}", flush=True)
    server(Options(arguments.latency, arguments.token_latency)).run(sockets=[listener])


def server(options: Options | None = None) -> uvicorn.Server:
    """A quiet server; broken answers are its purpose, so it does not report them."""
    config = uvicorn.Config(
        create_app(options), log_level="critical", access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )
    return uvicorn.Server(config)


@contextmanager
def in_thread(options: Options | None = None) -> Iterator[str]:
    """A simulator in a thread of this process for as long as the block runs; gives its URL."""
    listener = _listen("127.0.0.1", 0)
    running = server(options)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        # The socket listens already: a call that comes before the server has started waits in its backlog.
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        running.should_exit = True
        thread.join(timeout=10)
        listener.close()


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(512)
    return listener


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulator", description="A stand-in model server.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument(
        "--latency",
        type=float,
        default=float(os.environ.get("SIMULATOR_LATENCY", "0")),
        help="seconds before an answer begins (SIMULATOR_LATENCY)",
    )
    parser.add_argument(
        "--token-latency",
        type=float,
        default=float(os.environ.get("SIMULATOR_TOKEN_LATENCY", "0")),
        help="seconds before every streamed piece (SIMULATOR_TOKEN_LATENCY)",
    )
    return parser.parse_args()
