"""Where and how the API runs, from `HUIYIN_*` in the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

# Part of the contract that clients program against, so not to be set per installation.
MAX_BODY_BYTES = 1024 * 1024
MAX_ITEMS = 256
MAX_TEXT_CHARS = 2_000
MAX_LABEL_CHARS = 200


def _default_keys_file() -> Path:
    return Path.home() / ".config" / "huiyin" / "keys.json"


def _default_secret_file() -> Path:
    return Path.home() / ".config" / "huiyin" / "review-secret"


def _path_as_text(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


ModelRef = Annotated[str | None, BeforeValidator(_path_as_text)]


class ServeSettings(BaseSettings):
    """How one worker process serves; every limit counts per worker.

    Attributes:
        model: A model folder or `models:/huiyin@champion`; None takes the model that ships with the
            package. A promotion, or another model in the folder, is noticed and served.
        model_poll_s: How often a worker looks which model is wanted.
        shadow_model: A second model that scores a sample of the rows in silence; only where its
            labels differ is counted.
        shadow_share: Which share of the requests it sees.
        keys_file: API keys; without any key only this machine may call.
        window_ms: How long an idle worker waits for company before it scores a row. Rows that
            arrive while others are scored share the next batch anyway.
        inline_chars: A row of at most so many characters that comes alone is scored on the event
            loop; 0 leaves all to the thread.
        max_batch_rows: Rows scored in one go; a larger request takes turns with the others.
        max_queued_rows: Rows waiting or being scored; above it a request gets 503.
        max_concurrency: Classify requests at once; above it a request gets 503. More of them would
            only wait for one another.
        target_ms: How long a lone row may take under load. When even the quickest row of a tenth of
            a second took longer, fewer requests are let in, at least 8; 0 leaves it at
            `max_concurrency`.
        rate_per_s: Requests a second of one API key, also its burst; 0 sets no limit.
        body_timeout_s: How long a client may take to send its body.
        wait_for_model: Accept connections only with a model in service. Workers that share a
            socket need it: a caller must not get 503 from one while another is ready.
        telemetry: True sends spans by OpenTelemetry, set up by its own `OTEL_*` variables.
        log_requests: One log line a request; without it only errors are logged.
        store: URL of the store; without it the review page is off.
        review: False turns the review page off; it needs a process of its own, so more than one
            worker does that too.
        review_secret_file: Signs the page's sessions; made when missing.
        review_session_h: Hours until somebody has to sign in again.
        review_proxy_header: Header in which a reverse proxy names the person it let in; empty
            trusts no proxy.
        review_proxy_peers: Addresses or networks of that proxy, separated by commas.
        review_editors: Names behind the proxy who may change things, separated by commas; * is
            everybody.
        mlflow_url: Where people look at MLflow; the page links to it.
    """

    model_config = SettingsConfigDict(env_prefix="HUIYIN_", frozen=True)

    model: ModelRef = None
    model_poll_s: Annotated[float, Field(ge=0.1, le=5)] = 2.0
    shadow_model: ModelRef = None
    shadow_share: Annotated[float, Field(ge=0, le=1)] = 0.1
    keys_file: Path = Field(default_factory=_default_keys_file)
    window_ms: Annotated[float, Field(ge=0, le=2)] = 0.0
    inline_chars: Annotated[int, Field(ge=0, le=1_000)] = 500
    max_batch_rows: Annotated[int, Field(ge=1, le=MAX_ITEMS)] = 128
    max_queued_rows: Annotated[int, Field(ge=MAX_ITEMS)] = 2_048
    max_concurrency: Annotated[int, Field(ge=1)] = 64
    target_ms: Annotated[float, Field(ge=0, le=1_000)] = 0.0
    rate_per_s: Annotated[float, Field(ge=0)] = 500.0
    body_timeout_s: Annotated[float, Field(gt=0)] = 10.0
    wait_for_model: bool = False
    telemetry: bool = False
    log_requests: bool = True
    store: str | None = None
    review: bool = True
    review_secret_file: Path = Field(default_factory=_default_secret_file)
    review_session_h: Annotated[float, Field(gt=0)] = 12.0
    review_proxy_header: str = ""
    review_proxy_peers: str = "127.0.0.0/8,::1"
    review_editors: str = "*"
    mlflow_url: str = ""


class AlertSettings(BaseSettings):
    """Where rows of high urgency are pushed to, from `HUIYIN_ALERT_*`.

    Attributes:
        urls: Destinations, separated by blanks: `wecombot://`, `dingtalk://`, `feishu://`, `lark://`,
            `mailto://` or `mailtos://` as apprise writes them, or `https://` for a signed webhook.
        secret: Signs webhooks.
        allow_private: True lets webhooks and mail servers have private addresses, and plain http.
        per_minute: Messages to one destination in a minute; what is more goes into a digest.
        sender: True lets one of this machine's workers send; False leaves it to
            `python -m serve.outbox_sender`.
    """

    model_config = SettingsConfigDict(env_prefix="HUIYIN_ALERT_", frozen=True)

    urls: str = ""
    secret: SecretStr = SecretStr("")
    allow_private: bool = False
    per_minute: Annotated[int, Field(ge=1, le=1_000)] = 20
    sender: bool = True
