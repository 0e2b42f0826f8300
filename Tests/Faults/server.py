"""A server process of our own, and how to talk to it while it may die at any instant.

Here lives whatever touches a process or a socket. What is said is in shop.py.
"""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import tempfile
import threading
import time
from collections import deque
from pathlib import Path
from typing import Deque, Dict, List, Mapping, Optional, Sequence

from shop import ROOT, Command, Stream, patron

PROGRAM = ROOT / ".build" / "release" / "patron"
SHUTTING_DOWN, LOADING, NO_SPACE, TASK_FAILED = 10, 12, 13, 34


class Unstarted(Exception):
    """The server ended before it was ready."""

    def __init__(self, code: int, said: str) -> None:
        self.code = code
        self.said = said
        super().__init__(f"the server ended with {code} at its start: {said.strip()}")


class Server:
    """One process. It is ended by its own number and never by name."""

    def __init__(
        self, directory: Path, options: Sequence[str] = (), *, program: Path = PROGRAM,
        environment: Optional[Mapping[str, str]] = None, prefix: Sequence[str] = (),
    ) -> None:
        self.errors = tempfile.TemporaryFile()
        self.address = ""
        self.process = subprocess.Popen(
            [*prefix, str(program), "serve", "--data", str(directory), "--listen", "127.0.0.1:0",
             *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors,
            env={**os.environ, "SWIFT_BACKTRACE": "enable=no", **(environment or {})},
            close_fds=False)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.errors.close()

    def ready(self, seconds: float = 30.0) -> Server:
        """Waits until requests are answered."""
        until = time.monotonic() + seconds
        line = self._line(until)
        match = re.search(r"listening on (\S+)", line)
        if match is None:
            raise Unstarted(self.ended(seconds), self.said())
        self.address = match[1]
        while True:
            try:
                patron.Patron(self.address, timeout=10).close()
                return self
            except patron.PatronRefused as refusal:
                if refusal.status != LOADING:
                    raise
            except patron.PatronConnectionError:
                if self.process.poll() is not None:
                    raise Unstarted(self.process.returncode, self.said()) from None
            if time.monotonic() > until:
                raise TimeoutError(f"the server was not ready within {seconds} s")
            time.sleep(0.002)

    def _line(self, until: float) -> str:
        assert self.process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            if not selector.select(until - time.monotonic()):
                raise TimeoutError("the server said nothing")
        return self.process.stdout.readline().decode()

    def said(self) -> str:
        """What it has written to standard error."""
        self.errors.seek(0)
        return self.errors.read().decode(errors="replace")

    def kill(self) -> None:
        """SIGKILL, and waits."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def terminate(self) -> None:
        """SIGTERM."""
        self.process.send_signal(signal.SIGTERM)

    def ended(self, seconds: float) -> int:
        """Waits for its end and gives its exit code."""
        return self.process.wait(seconds)


class Connection(patron.Patron):
    """The client with its pipeline laid open, which gives out all that came before its end."""

    _is_draining = False

    def submit(self, verb: str, body: bytes) -> int:
        """Sends a request and gives its tag."""
        return self._submit(verb, body, self._timeout)

    def reply(self, tag: int) -> bytes:
        """The body of its reply; raises what was refused."""
        return self._reply(tag, self._timeout)

    def has_reply(self, tag: int) -> bool:
        """Whether `reply` would give or raise it at once."""
        return tag in self._replies

    def _broken(self, sentence: str) -> patron.PatronConnectionError:
        # What the server sent before it died counts: it was acknowledged.
        if not self._is_draining:
            self._is_draining = True
            size = -1
            try:
                while self._open and size != len(self._inbox) + len(self._replies):
                    size = len(self._inbox) + len(self._replies)
                    self._receive()
            except patron.PatronError:
                pass
        return super()._broken(sentence)


class Writer(threading.Thread):
    """Sends a stream's commands, `depth` of them ahead of their replies, until it is told to end
    or the connection breaks."""

    def __init__(
        self, address: str, stream: Stream, *, depth: int = 8, count: Optional[int] = None,
        pause: float = 0.0, bearable: Sequence[int] = (SHUTTING_DOWN,),
    ) -> None:
        super().__init__(daemon=True)
        self.address = address
        self.stream = stream
        self.depth = depth
        self.count = count
        self.pause = pause
        self.bearable = bearable
        self.sent: List[Command] = []
        self.refusals: Dict[int, int] = {}  # how often which status was said
        self.is_ending = False  # send nothing more, read what is owed
        self.is_frozen = False  # what is read from now on does not count
        self.problem: Optional[BaseException] = None
        self.broke: Optional[str] = None

    def run(self) -> None:
        try:
            self._run()
        except patron.PatronConnectionError as error:
            self.broke = str(error)
        except BaseException as error:  # noqa: B902 - the main thread raises it again.
            self.problem = error

    def _run(self) -> None:
        under_way: Deque[tuple] = deque()
        with Connection(self.address, timeout=20, client="writer") as connection:
            try:
                while True:
                    while len(under_way) < self.depth and not self.is_ending:
                        if self.count is not None and len(self.sent) >= self.count:
                            break
                        command = self.stream.next()
                        self.sent.append(command)
                        under_way.append((None, command))
                        under_way[-1] = (connection.submit(command.verb, command.body), command)
                        if self.pause:
                            time.sleep(self.pause)
                    if not under_way:
                        return
                    self._take(connection, *under_way[0])
                    under_way.popleft()
            except patron.PatronConnectionError:
                for tag, command in under_way:
                    if tag is not None and connection.has_reply(tag):
                        self._take(connection, tag, command)
                raise

    def _take(self, connection: Connection, tag: int, command: Command) -> None:
        try:
            answer = connection.reply(tag)
            if not self.is_frozen:
                command.answer = answer
        except patron.PatronRefused as refusal:
            if refusal.status not in self.bearable:
                raise
            if not self.is_frozen:
                command.refusal = refusal.status
                self.refusals[refusal.status] = self.refusals.get(refusal.status, 0) + 1
