"""Which middleware a process loads: what the app sets that it serves cannot do without (`APP_SETS`)."""

from collections.abc import Iterable

from config.app_sets import APP_SETS

EVERY = frozenset(APP_SETS)
WRITING = EVERY - {"search"}  # sets that take forms or bodies; search is asked, and changes nothing
ACCOUNTS = frozenset({"accounts"})

# The outermost first. Every set answers members and visitors with pages and the API, so most of it is everybody's.
LAYERS: tuple[tuple[str, frozenset[str]], ...] = (
    ("django_prometheus.middleware.PrometheusBeforeMiddleware", EVERY),  # starts the clock of RequestMetrics
    ("django.middleware.security.SecurityMiddleware", EVERY),
    # Static files. A proxy has them itself; what it does not know it asks this set for (config/routes.py).
    ("whitenoise.middleware.WhiteNoiseMiddleware", ACCOUNTS),
    ("photoapp.replicas.ReadYourWritesMiddleware", EVERY),  # outside of all that writes, sessions among it
    ("photoapp.middleware.CompressMiddleware", EVERY),
    ("photoapp.middleware.LanguageMiddleware", EVERY),
    ("photoapp.middleware.WordlessRefusalMiddleware", EVERY),
    ("photoapp.middleware.WholeBodyMiddleware", WRITING),
    ("photoapp.middleware.CacheControlMiddleware", EVERY),
    ("csp.middleware.CSPMiddleware", EVERY),
    ("django.contrib.sessions.middleware.SessionMiddleware", EVERY),  # pages and the API's answers depend on who asks
    ("django.middleware.common.CommonMiddleware", EVERY),
    ("photoapp.middleware.FetchMetadataCsrfMiddleware", WRITING),
    ("django.contrib.auth.middleware.AuthenticationMiddleware", EVERY),
    # A note is left by one set ("The post is deleted.") and shown by the next page, whose ever that is.
    ("django.contrib.messages.middleware.MessageMiddleware", EVERY),
    ("django.middleware.clickjacking.XFrameOptionsMiddleware", EVERY),
    ("allauth.account.middleware.AccountMiddleware", ACCOUNTS),  # the steps of a log-in; nobody logs in elsewhere
    ("users.middleware.LastSeenMiddleware", EVERY),  # a device was in use, whatever it asked for
    ("photoapp.middleware.RequestMetricsMiddleware", EVERY),
)


def middleware_of(app_sets: Iterable[str]) -> list[str]:
    served = frozenset(app_sets)
    return [name for name, needed_by in LAYERS if needed_by & served]
