"""The processes of `onelot serve --workers N`: told to end a second time, they end without the grace, as one does."""

import os
import signal
from contextlib import suppress
from socket import socket

from uvicorn import Config
from uvicorn.supervisors import Multiprocess

ENDS = (signal.SIGINT, signal.SIGTERM)
LOOK_EACH_S = 0.1


class Processes(Multiprocess):
    """uvicorn's supervisor, which hears signals while it waits for its processes to end."""

    def __init__(self, config: Config, sockets: list[socket]) -> None:
        super().__init__(config, sockets)
        self._told = 0

    def handle_int(self) -> None:
        """Ctrl-C."""
        super().handle_int()
        self._told += 1

    def handle_term(self) -> None:
        """SIGTERM."""
        super().handle_term()
        self._told += 1

    def join_all(self) -> None:
        """Waits for the processes; a further signal goes on to those that are still ending."""
        passed_on = 1
        for process in self.processes:
            while process.exitcode is None:
                process.process.join(LOOK_EACH_S)
                self._told += sum(number in ENDS for number in self.signal_queue)
                self.signal_queue.clear()
                if self._told > passed_on:
                    passed_on = self._told
                    self._pass_on()

    def _pass_on(self) -> None:
        for process in self.processes:
            if process.exitcode is None and process.pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGTERM)
