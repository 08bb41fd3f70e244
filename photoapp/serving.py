"""granian, with time to leave: `python -m photoapp.serving`, with granian's options and variables.

After SIGTERM it goes on serving for DRAIN_SECONDS, and its processes say at /readyz that they are about to end: a load
balancer that asks there has time to send requests elsewhere. Then granian ends as it always does: nothing new is taken,
what was begun is finished. A second signal ends the wait.
"""

import os
import sys
import threading
from contextlib import suppress
from typing import Any

from granian import cli
from granian.server import MPServer

from photoapp import draining


class LeavingServer(MPServer):
    drain_seconds = 0.0
    leaving: threading.Timer | None = None

    def signal_handler_interrupt(self, *args: Any, **kwargs: Any) -> None:
        end = super().signal_handler_interrupt
        if self.leaving is not None or not self.drain_seconds:
            end()
            return
        self.leaving = threading.Timer(self.drain_seconds, end)
        self.leaving.daemon = True
        self.leaving.start()
        for worker in self.wrks:
            with suppress(ProcessLookupError):
                os.kill(worker.inner.pid, draining.SIGNAL)


def main() -> None:
    try:
        LeavingServer.drain_seconds = float(os.environ.get("DRAIN_SECONDS") or 0)
    except ValueError:
        sys.exit(f"photoapp: DRAIN_SECONDS is {os.environ['DRAIN_SECONDS']!r}; it must be a number of seconds")
    cli.Server = LeavingServer
    cli.entrypoint()


if __name__ == "__main__":
    main()
