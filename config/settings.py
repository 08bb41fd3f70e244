"""All settings, read from the environment; with an empty environment, the embedded default.

The embedded default (SQLite files, photos on disk, a Redis that `script/server` starts) and a real cluster run the
same code: only the URLs below differ.
"""

import logging
import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from environ.compat import ImproperlyConfigured as EnvironError

from config.app_sets import active_sets, needed_groups
from config.databases import databases_from, embedded_databases, followers_from
from config.logs import logging_config
from config.middleware import middleware_of
from config.storage import storages_from

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def stop(message: str) -> None:
    """A wrong value ends the start with one line that names it, not with a traceback."""
    sys.exit(f"photoapp: {message}")


def read_file(path: Path) -> str:
    return path.read_text().strip() if path.exists() else ""


DATA_DIR = Path(env.str("DATA_DIR", str(BASE_DIR / "var"))).resolve()
DEBUG = env.bool("DEBUG", False)
TESTING = env.bool("TESTING", False)

SECRET_KEY = env.str("SECRET_KEY", "") or read_file(DATA_DIR / "secret_key")
if not SECRET_KEY:
    # Kept, so that sessions survive a restart of the embedded default.
    SECRET_KEY = secrets.token_urlsafe(50)
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    (DATA_DIR / "secret_key").touch(mode=0o600)
    (DATA_DIR / "secret_key").write_text(SECRET_KEY)

SITE_URL = env.str("SITE_URL", "http://localhost:8000").rstrip("/")
_site = urlsplit(SITE_URL)
if _site.scheme not in ("http", "https") or not _site.hostname:
    stop(f"SITE_URL is {SITE_URL!r}; it must look like https://photos.example.org")
HTTPS = _site.scheme == "https"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[_site.hostname, "localhost", "127.0.0.1", "[::1]"])
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# --- Databases: one alias per server, three groups; FOLLOWERS are the read replicas of leaders --------------------

try:
    if "DATABASE_URL" in env.ENVIRON:
        DATABASES, SHARD_SERVERS = databases_from(env)
    else:
        DATABASES, SHARD_SERVERS = embedded_databases(DATA_DIR / "db")
    FOLLOWERS = followers_from(env, DATABASES, SHARD_SERVERS)
    STORAGES = storages_from(env.str("STORAGE_URL", f"file://{DATA_DIR / 'photos'}"))
    NEEDED_GROUPS = needed_groups()  # by APP_SETS: /readyz asks for no other
except (ImproperlyConfigured, EnvironError, ValueError) as error:
    stop(str(error))
PROXY_SENDS_PHOTOS = env.bool("PROXY_SENDS_PHOTOS", False)  # by X-Accel-Redirect, from the object store
if PROXY_SENDS_PHOTOS and "S3Store" not in STORAGES["default"]["BACKEND"]:
    stop("PROXY_SENDS_PHOTOS is set, but STORAGE_URL is no object store (s3://…)")
PROXY_PURGE_URLS = env.list("PROXY_PURGE_URLS", default=[])
DATABASE_ROUTERS = ["photoapp.router.ShardRouter"]
REPLICA_LAG_SECONDS = 5.0  # a follower that is further behind answers nobody
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS: list[str] = []

# --- Redis: three roles ------------------------------------------------------------------------------------------

_redis = read_file(DATA_DIR / "redis.url") or "redis://127.0.0.1:6379"
CACHE_URL = env.str("CACHE_URL", f"{_redis}/0")
FEEDS_URL = env.str("FEEDS_URL", f"{_redis}/1")
BROKER_URL = env.str("BROKER_URL", f"{_redis}/2")
for _name, _url in {"CACHE_URL": CACHE_URL, "FEEDS_URL": FEEDS_URL, "BROKER_URL": BROKER_URL}.items():
    if urlsplit(_url).scheme not in ("redis", "rediss", "unix"):
        stop(f"{_name} is {_url!r}; it must be a redis://, rediss:// or unix:// URL")

CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": CACHE_URL,
        "OPTIONS": {
            "SERIALIZER": "django_redis.serializers.json.JSONSerializer",
            "SOCKET_CONNECT_TIMEOUT": 0.5,
            "SOCKET_TIMEOUT": 0.5,
            "IGNORE_EXCEPTIONS": True,  # a cache that is away makes pages slower, never wrong
        },
    }
}
REDIS_QUICK_SECONDS = 1.0 if TESTING else 0.05  # for reads that can be had elsewhere (photoapp/redis_clients.py)
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True

CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 110
CELERY_TASK_SOFT_TIME_LIMIT = 100
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_PUBLISH_RETRY = False  # the outbox is the retry: a request never waits for a broker that is down
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 0.5,
    "socket_timeout": 5,
    "visibility_timeout": 300,
    "max_retries": 0,  # of a publish: the outbox comes again; waiting here would hold up a request for seconds
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_DB_REUSE_MAX = 1_000_000  # connections stay open between tasks; config/celery.py closes dead ones
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    "sweep-outbox": {"task": "photoapp.sweep_outbox", "schedule": 10.0, "options": {"expires": 10}},
    "sweep-deleted": {"task": "media.sweep_deleted", "schedule": 10.0, "options": {"expires": 10}},
    "sweep-uploads": {"task": "media.sweep_uploads", "schedule": 300.0, "options": {"expires": 300}},
    "compute-trends": {
        "task": "search.compute_trends",
        "schedule": 300.0,
        "options": {"queue": "search", "expires": 300},
    },
    "sweep-deletions": {"task": "users.sweep_deletions", "schedule": 3600.0, "options": {"expires": 3600}},
}

# --- Application -------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django_prometheus",
    "config",
    "feeds",
    "search",
    "media",
    "users",
    "photoapp",
    "photoapp.admin_config.PhotoappAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "allauth",
    "config.apps.AccountsConfig",  # allauth.account
    "allauth.mfa",
]

MIDDLEWARE = middleware_of(active_sets())
PROMETHEUS_LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # seconds

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEST_RUNNER = "config.test_runner.PytestRunner"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
LANGUAGES = [("en", "English"), ("de", "Deutsch")]  # as their readers call them
LOCALE_PATHS = [BASE_DIR / "photoapp" / "locale"]  # one catalog for the project: script/messages
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_SAMESITE = "Lax"
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"

# --- Members -----------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "/login/"  # a path: a process may serve only some of the app sets
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "users.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "signup": "users.forms.SignupForm",
    "login": "users.forms.LoginForm",
    "change_password": "users.forms.ChangePasswordForm",
    "set_password": "users.forms.SetPasswordForm",
    "reset_password": "users.forms.ResetPasswordForm",
    "reset_password_from_key": "users.forms.ResetPasswordKeyForm",
    "reauthenticate": "users.forms.ReauthenticateForm",
    "add_email": "users.forms.AddEmailForm",
}
ACCOUNT_RATE_LIMITS = {"report": "30/h/user"}  # beside allauth's own
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _site.scheme
ACCOUNT_EMAIL_SUBJECT_PREFIX = "photoapp: "
ACCOUNT_EMAIL_NOTIFICATIONS = True
MFA_ADAPTER = "users.adapter.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "photoapp"
if TRUSTED_PROXIES:
    ALLAUTH_TRUSTED_PROXY_COUNT = 1

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", f"photoapp <photoapp@{_site.hostname}>")

# --- API ---------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "photoapp.authentication.TokenAuthentication",
        "photoapp.authentication.FetchMetadataSessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticatedOrReadOnly"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "photoapp.api.exception_handler",
    "DEFAULT_THROTTLE_RATES": {
        "signup": "20/hour",
        "login": "30/min",
        "upload": "300/hour",
        "write": "120/min",
        "search": "240/min",
        "offers": "600/min",  # one for each key that is typed
    },
    "NUM_PROXIES": 1 if TRUSTED_PROXIES else 0,  # else X-Forwarded-For, which anybody may send, names the client
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
REST_KNOX = {"TOKEN_TTL": None, "AUTH_HEADER_PREFIX": "Token"}
SPECTACULAR_SETTINGS = {
    "TITLE": "photoapp",
    "DESCRIPTION": "Upload photos, follow people, read a feed. Ids are strings; lists are pages with a cursor.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "PATH_CONVERTER_OVERRIDES": {
        "decimal": {"type": "string", "pattern": "^[1-9][0-9]{0,18}$"},
        "username": {"type": "string", "pattern": "^[A-Za-z0-9_.]{1,30}$"},
    },
    "SWAGGER_UI_DIST": "SIDECAR",  # from our own static files, not from a CDN
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# --- Uploads -----------------------------------------------------------------------------------------------------

MAX_PHOTO_BYTES = 40 * 1024 * 1024
MAX_PHOTOS_PER_POST = 10
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # fields other than files
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024  # larger files go to a temporary file, not to memory
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 32

# --- Feeds: above this many followers an author is pulled when feeds are read, not pushed (docs/capacity.md) ---------

FANOUT_THRESHOLD = 10_000
FANOUT_CHUNK = 10_000  # followers that one worker brings a post to before another has its turn

# --- Search: what a server does not answer in this time is missing from what is found ---------------------------------

SEARCH_SECONDS = 5.0 if TESTING else 0.6

# --- Security ----------------------------------------------------------------------------------------------------

_prefix = "__Host-" if HTTPS else ""
SESSION_ENGINE = "users.sessions"
SESSION_COOKIE_NAME = f"{_prefix}session"
CSRF_COOKIE_NAME = f"{_prefix}csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 60 * 60 * 24 * 90
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "photoapp.views.csrf_failure"
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}

# --- Logs --------------------------------------------------------------------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", "INFO").upper()
if LOG_LEVEL not in logging.getLevelNamesMapping():
    stop(f"LOG_LEVEL is {LOG_LEVEL!r}; it must be DEBUG, INFO, WARNING or ERROR")
LOGGING = logging_config(LOG_LEVEL)
