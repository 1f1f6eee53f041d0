"""Django settings; every value that a site may want to change comes from the environment."""

from typing import Any

import django_stubs_ext

from ragsite.embedded import valkey
from ragsite.settings import keys, rag
from ragsite.settings.console import *  # noqa: F403 -- UNFOLD and friends are settings
from ragsite.settings.rag import *  # noqa: F403 -- RAG_* are settings
from ragsite.settings.rag import BASE_DIR, RAG_BODY_BYTES, RAG_CORS_ORIGINS, RAG_DATA_DIR, RAG_HOST, RAG_PROCESS, env
from system.processes import connection_options

# Lets Django's generic classes be subscripted where they are used (`ModelAdmin[Task]`), not only in annotations.
django_stubs_ext.monkeypatch()

DEBUG: bool = env.bool("RAGSITE_DEBUG", default=False)
SECRET_KEY: str = env.str("RAGSITE_SECRET_KEY", default="") or keys.secret_key(RAG_DATA_DIR)
RAG_FIELD_KEYS: list[str] = env.list("RAGSITE_FIELD_KEYS", default=[]) or keys.field_keys(RAG_DATA_DIR)
ALLOWED_HOSTS: list[str] = env.list("RAGSITE_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", RAG_HOST])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("RAGSITE_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "ragsite.apps.RagsiteConfig",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "ragsite.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "axes",
    "django_rq",
    "pgtrigger",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "system",
    "knowledgebases",
    "documents",
]

MIDDLEWARE = [
    "system.measuring.Measured",
    "system.proxies.ForwardedFor",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "system.rest.paths.CollapseSlashes",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "ragsite.urls"
WSGI_APPLICATION = "ragsite.wsgi.application"
APPEND_SLASH = False  # the API ignores trailing slashes by rewriting, without redirects (contract A.4)

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- database ---------------------------------------------------------------------------------------------------------

RAG_EMBEDDED_DATABASE = not env.str("DATABASE_URL", default="")
if RAG_EMBEDDED_DATABASE:
    _database: dict[str, Any] = {"ENGINE": "ragsite.embedded.database", "NAME": "ragsite"}
else:
    _database = env.db("DATABASE_URL", engine="django.db.backends.postgresql")
# Web processes have many threads, most of which sleep (streams): their connections are in a pool, and bounded.
_POOL = {"min_size": 1, "max_size": rag.RAG_WEB_CONNECTIONS, "timeout": rag.RAG_CONNECTION_SECONDS}
_pooled: dict[str, Any] = {"pool": _POOL} if RAG_PROCESS == "web" else {}
_database["CONN_MAX_AGE"] = 0 if _pooled else 600
_database["CONN_HEALTH_CHECKS"] = True
_database["OPTIONS"] = {
    "connect_timeout": 10,  # seconds; psycopg would wait for more than two minutes
    **_pooled,
    **_database.get("OPTIONS", {}),
    **connection_options(RAG_PROCESS),
}
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- queue ------------------------------------------------------------------------------------------------------------

RAG_EMBEDDED_REDIS = not env.str("REDIS_URL", default="")
REDIS_URL: str = env.str("REDIS_URL", default="") or valkey.url(RAG_DATA_DIR)
RAG_QUEUE = "ragsite"
RQ_QUEUES = {
    "default": {"URL": REDIS_URL, "SERIALIZER": "rq.serializers.JSONSerializer"},
    RAG_QUEUE: {"URL": REDIS_URL, "SERIALIZER": "rq.serializers.JSONSerializer"},
}
RQ = {"WORKER_CLASS": "system.workers.WakeWorker"}

# --- files ------------------------------------------------------------------------------------------------------------

_DISK = {
    "BACKEND": "documents.storage.AtomicFileSystemStorage",
    "OPTIONS": {
        "location": str(RAG_DATA_DIR / "files"),
        "file_permissions_mode": 0o600,
        "directory_permissions_mode": 0o700,
    },
}
_BUCKET = {
    "BACKEND": "documents.object_storage.ObjectStorage",
    "OPTIONS": {
        "bucket_name": rag.RAG_S3_BUCKET,
        "endpoint_url": rag.RAG_S3_ENDPOINT or None,
        "region_name": rag.RAG_S3_REGION,
        "access_key": rag.RAG_S3_ACCESS_KEY or None,
        "secret_key": rag.RAG_S3_SECRET_KEY or None,
        "addressing_style": "path" if rag.RAG_S3_PATH_STYLE else "virtual",
    },
}
STORAGES: dict[str, dict[str, Any]] = {
    "default": _BUCKET if rag.RAG_S3_BUCKET else _DISK,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_ALLOW_ALL_ORIGINS = False

DATA_UPLOAD_MAX_MEMORY_SIZE = RAG_BODY_BYTES
DATA_UPLOAD_MAX_NUMBER_FILES = None  # the upload handler bounds them (RAG_FILES_PER_UPLOAD)
FILE_UPLOAD_HANDLERS = ["system.rest.uploads.SpoolHandler"]

# --- accounts ---------------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "system.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# W004: e-mail addresses are unique whatever their case, by the constraint `user_email`.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTH_PASSWORD_VALIDATORS = [{"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"}]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "system.web.users.attempted_name"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "new_password"]  # form fields that it keeps no copy of
AXES_VERBOSE = False  # no banner at the start of every command
AXES_LOCKOUT_CALLABLE = "system.web.users.lockout"
LOGIN_URL = "/admin/login/"
LOGIN_REDIRECT_URL = "/admin/"

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE: bool = env.bool("RAGSITE_HTTPS", default=False)
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# --- API --------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "system.rest.authentication.TokenAuthentication",
        "system.rest.authentication.ConsoleSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "system.rest.permissions.WithinScope",
    ],
    "DEFAULT_RENDERER_CLASSES": [
        "system.rest.envelope.EnvelopeRenderer",
        "system.rest.envelope.BrowsableRenderer",
    ],
    "DEFAULT_PARSER_CLASSES": [
        "system.rest.bodies.StrictJSONParser",
        "system.rest.uploads.UploadParser",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "system.rest.envelope.JSONUnlessAsked",
    "URL_FORMAT_OVERRIDE": None,  # `format` is a query parameter like any other
    "DEFAULT_PAGINATION_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "system.rest.schema.EnvelopeSchema",
    "EXCEPTION_HANDLER": "system.rest.envelope.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
# Scripts of these origins (`system.checks` looks at them) may use the APIs with tokens, never with cookies.
# The app `corsheaders` is not installed: all that it has are checks of these values.
CORS_ALLOWED_ORIGINS = RAG_CORS_ORIGINS
CORS_ALLOW_CREDENTIALS = False
CORS_URLS_REGEX = r"^/(?:api/)?v1/"
CORS_ALLOW_METHODS = ["GET", "POST", "PUT", "DELETE", "OPTIONS"]
CORS_ALLOW_HEADERS = ["accept", "authorization", "content-type", "last-event-id"]
CORS_EXPOSE_HEADERS = ["Authorization", "Content-Disposition", "Ragsite-Under-Way", "Retry-After"]
CORS_PREFLIGHT_MAX_AGE = 600  # seconds; a browser should soon notice that an origin is refused

SPECTACULAR_SETTINGS = {
    "TITLE": "Ragsite",
    "DESCRIPTION": "Datasets, documents, chunks and retrieval. Wire-compatible with RAGFlow v0.22.1.",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/(api/)?v1",  # routes are grouped by what follows it
    "POSTPROCESSING_HOOKS": [],  # choices are described where they stand: shared names for them would be guessed
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
}

# --- language, time, logs ---------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"secrets": {"()": "system.redaction.RedactSecrets"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["secrets"]}},
    "root": {"handlers": ["stderr"], "level": env.str("RAGSITE_LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"level": "INFO"},
        # The requests that `runserver` tells of: Django's own handler for them would show tokens in paths.
        "django.server": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "rq": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "elastic_transport": {"level": "ERROR"},  # what fails there is told by who asked
    },
}
