"""A process whose threads all ask for one key at the same moment: `python -m tests.faults.herd NAME THREADS`.

What the threads have in common with those of other processes is in Redis: they wait for `<name>:go`, computations are
counted in `<name>:runs` and wait for `<name>:gate`. Prints what the threads got, with how often, as JSON.
"""

import json
import os
import sys
import threading
import time
from collections import Counter


def main(name: str, threads: int) -> None:
    import django

    django.setup()
    import redis

    from photoapp.remember import remember

    shared = redis.Redis.from_url(os.environ["BROKER_URL"], decode_responses=True, max_connections=2 * threads)

    def await_key(key: str) -> None:
        while not shared.exists(f"{name}:{key}"):
            time.sleep(0.01)

    def compute() -> str:
        run = shared.incr(f"{name}:runs")
        await_key("gate")
        return f"value {run}"

    got: list[str] = []
    barrier = threading.Barrier(threads + 1)

    def ask() -> None:
        barrier.wait()
        try:
            got.append(remember(f"{name}:key", compute, ttl=60))
        except Exception as error:
            got.append(type(error).__name__)
        shared.incr(f"{name}:answered")

    for _ in range(threads):
        threading.Thread(target=ask).start()
    shared.incr(f"{name}:ready")
    await_key("go")
    barrier.wait()
    while len(got) < threads:
        time.sleep(0.01)
    print(json.dumps(Counter(got)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
