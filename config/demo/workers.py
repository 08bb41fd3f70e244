"""The demo's long work, spread over processes: each paints, uploads and renders post after post."""

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing.process import BaseProcess

import django
from tqdm import tqdm

from config.demo.people import MEMBERS, Member
from config.demo.plan import PostPlan

Job = Member | PostPlan


def run_all(jobs: Sequence[Job], *, meanwhile: Callable[[], None], processes: int, quiet: bool) -> None:
    """Does the jobs, in the order given, and in this process what is to be done meanwhile; 0 processes: one by one."""
    pause = 0.1 if sys.stderr.isatty() else 5  # seconds: in a log each step is a line
    bar = tqdm(total=len(jobs), desc="Pictures", unit=" pictures", disable=quiet, mininterval=pause, ncols=90)
    with bar:
        if processes == 0:
            meanwhile()
            for job in jobs:
                do(job)
                bar.update()
            return
        # Spawned, not forked: libvips and open database connections do not survive a fork.
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(processes, mp_context=context, initializer=start) as pool:
            try:
                running = [pool.submit(do, job) for job in jobs]
                meanwhile()
                for done in as_completed(running):
                    done.result()
                    bar.update()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def end_with(parent: BaseProcess) -> None:
    """Killed, the parent cannot tell; a pool's process would wait for ever."""
    parent.join()
    os._exit(1)


def start() -> None:
    """In each process of the pool, before its first job."""
    parent = multiprocessing.parent_process()
    if parent:
        threading.Thread(target=end_with, args=[parent], daemon=True).start()
    os.environ["VIPS_CONCURRENCY"] = "1"  # read when libvips loads
    django.setup()
    from photoapp import outbox

    outbox.held_back().__enter__()


def do(job: Job) -> None:
    from config.demo import build
    from photoapp.shards import CONTENT

    if isinstance(job, Member):
        build.give_portrait(job)
    else:
        post = build.create_post(job, build.demo_users(MEMBERS))
        build.deliver(CONTENT, payload__post_id=post.id)
