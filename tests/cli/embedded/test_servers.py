"""The embedded servers keep their data and address over every kind of end."""

import os
import signal
import socket
from pathlib import Path

import asyncpg
import psutil
import pytest

from cli.embedded import postgres, temporal
from cli.embedded.processes import EmbeddedServerError, find_by_command

pytestmark = pytest.mark.faults


async def query(url: str, sql: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_postgres_is_reused_and_recovers_from_a_kill(tmp_path: Path) -> None:
    first = postgres.start(tmp_path)
    try:
        await query(first.url, "create table kept (id int)")
        await query(first.url, "insert into kept values (7)")
        assert postgres.start(tmp_path) == first
        os.kill(first.pid, signal.SIGKILL)
        second = postgres.start(tmp_path)
        assert second.pid != first.pid
        assert second.url == first.url
        assert await query(second.url, "select id from kept") == 7
        assert await query(second.url, "show max_connections") == "200"
        assert await query(second.url, "show fsync") == "on"
    finally:
        postgres.start(tmp_path).stop("immediate")
    assert not find_by_command(str(tmp_path / "postgres"))


async def test_postgres_ignores_a_pid_file_that_names_a_stranger(tmp_path: Path) -> None:
    postgres.start(tmp_path).stop()
    (tmp_path / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{tmp_path}\n0\n5432\n/tmp\n\n0 0\nready\n")
    server = postgres.start(tmp_path)
    try:
        assert server.pid != os.getpid()
        assert await query(server.url, "select 1") == 1
    finally:
        server.stop()


async def test_postgres_in_a_folder_with_a_long_and_odd_name(tmp_path: Path) -> None:
    folder = tmp_path / ("long name's " + "x" * 100)
    server = postgres.start(folder)
    try:
        assert await query(server.url, "select 1") == 1
    finally:
        server.stop("immediate")


def test_postgres_leaves_foreign_data_alone(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "letter.txt").write_text("mine")
    with pytest.raises(EmbeddedServerError, match="move it away"):
        postgres.start(tmp_path)
    assert (tmp_path / "postgres" / "letter.txt").read_text() == "mine"


def test_temporal_is_reused_and_keeps_its_address(tmp_path: Path) -> None:
    first = temporal.start(tmp_path)
    try:
        assert temporal.start(tmp_path) == first
        os.kill(first.pid, signal.SIGKILL)
        second = temporal.start(tmp_path)
        assert second.pid != first.pid
        assert second.address == first.address
        assert second.ui_url == first.ui_url
        headless = temporal.start(tmp_path, ui=False)  # other settings: replaced, same address
        assert headless.pid != second.pid
        assert headless.address == first.address
        assert not psutil.pid_exists(second.pid)
    finally:
        temporal.start(tmp_path, ui=False).stop()
    assert not find_by_command(str(tmp_path / "temporal" / "temporal.db"))


def test_temporal_moves_when_a_stranger_has_its_port(tmp_path: Path) -> None:
    first = temporal.start(tmp_path, ui=False)
    first.stop()
    host, port = first.address.split(":")
    with socket.create_server((host, int(port))):
        second = temporal.start(tmp_path, ui=False)
    second.stop()
    assert second.address != first.address
