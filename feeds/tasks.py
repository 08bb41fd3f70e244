"""Work ahead of time: feeds and pages of members who were here lately. None of it has to be done: what is not there is
made when it is asked for, so a message that is lost loses nothing, and nobody waits for the broker."""

from collections.abc import Sequence

from celery import shared_task

from feeds import page_store, services
from feeds.first_page import renewed_page
from photoapp.outbox import offer

COMPOSE_CHUNK = 50


@shared_task(name="feeds.compose_pages", expires=60)
def compose_pages(user_ids: Sequence[int], newest: int | None = None) -> None:
    """`newest`: the post that has reached these members, if one has."""
    for user_id, language in page_store.taken_languages(user_ids, newest).items():
        renewed_page(user_id, language)


@shared_task(name="feeds.renew_pages", expires=60)
def renew_pages(looked_at: Sequence[tuple[int, str]]) -> None:
    """Of members who look at theirs again and again, with its language: one after the other, by a process that does
    nothing else, they cost half of what each would if it were missing when its reader comes."""
    for user_id, language in page_store.still_aging(looked_at):
        renewed_page(user_id, language)


@shared_task(name="feeds.build", expires=60)
def build(user_id: int) -> None:
    services.rebuild(user_id)
    compose_pages([user_id])


def compose_soon(user_ids: Sequence[int], newest: int | None = None) -> None:
    for start in range(0, len(user_ids), COMPOSE_CHUNK):
        offer(compose_pages, user_ids[start : start + COMPOSE_CHUNK], newest, queue="feeds")


def renew_soon(looked_at: Sequence[tuple[int, str]]) -> None:
    for start in range(0, len(looked_at), COMPOSE_CHUNK):
        offer(renew_pages, looked_at[start : start + COMPOSE_CHUNK], queue="feeds")


def build_soon(user_id: int) -> None:
    offer(build, user_id, queue="feeds")
