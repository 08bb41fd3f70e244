from rest_framework.throttling import UserRateThrottle


class SearchThrottle(UserRateThrottle):
    """Of pages and API together, by member or address. With the cache away it lets everything pass."""

    scope = "search"
