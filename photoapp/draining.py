"""Whether this process is about to end: it serves for a moment more, and says at /readyz that it wants nothing new."""

import signal
import threading

SIGNAL = signal.SIGUSR1  # from the server that started this process (photoapp/serving.py)
draining = threading.Event()


def listen() -> None:
    """Signals come to the main thread alone; without one (an application that is made elsewhere) nobody drains."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(SIGNAL, lambda received, frame: draining.set())
