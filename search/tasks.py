from celery import shared_task

from photoapp.outbox import offer
from photoapp.remember import remember
from search import suggestions, trends

SUGGEST_AGAIN_SECONDS = 6 * 3600


@shared_task(name="search.compute_trends", expires=300)
def compute_trends() -> dict[str, int]:
    return trends.compute()


@shared_task(name="search.compute_suggestions", expires=600)
def compute_suggestions(user_id: int) -> int:
    return suggestions.compute(user_id)


def suggest_soon(user_id: int) -> None:
    """Whom others follow changes, too: now and then, for who looks."""

    def ask() -> bool:
        return offer(compute_suggestions, user_id, queue="search")

    remember(f"suggested:{user_id}", ask, ttl=SUGGEST_AGAIN_SECONDS)
