"""Spans for OpenTelemetry: off by default, and needs the extra `telemetry`.

A span has the route, the status and the number of rows; never a customer's words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from models.errors import DataError
from serve.exchange import exchange_of

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer


class Traced:
    """Opens a span for each request, a child of the client's `traceparent`.

    Args:
        app: The layers inside.
        tracer: Makes spans.
    """

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self._app = app
        self._tracer = tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        exchange = exchange_of(scope)
        carrier = {n.decode("latin-1"): v.decode("latin-1") for n, v in scope["headers"]}
        parent = TraceContextTextMapPropagator().extract(carrier)
        method = str(scope["method"])
        with self._tracer.start_as_current_span(method, parent, SpanKind.SERVER) as span:
            context = span.get_span_context()
            exchange.trace_id = f"{context.trace_id:032x}"
            exchange.span_id = f"{context.span_id:016x}"

            async def send_noted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            await self._app(scope, receive, send_noted)
            route = getattr(scope.get("route"), "path", "other")
            span.update_name(f"{method} {route}")
            span.set_attribute("http.request.method", method)
            span.set_attribute("http.route", route)
            span.set_attribute("huiyin.rows", exchange.n_rows)


def add_telemetry(app: FastAPI, exporter: Any = None) -> None:
    """Send spans to where `OTEL_EXPORTER_OTLP_*` says.

    Args:
        app: The application; add this layer just inside the outermost.
        exporter: Takes spans; None makes the OTLP one.

    Raises:
        DataError: If OpenTelemetry is not installed.
    """
    try:
        from opentelemetry.sdk.resources import SERVICE_NAME, Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        if exporter is None:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            exporter = OTLPSpanExporter()
    except ImportError as error:
        raise DataError(
            "HUIYIN_TELEMETRY needs OpenTelemetry; pip install 'huiyin[telemetry]'"
        ) from error
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: "huiyin"}))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    app.state.tracer_provider = provider
    app.add_middleware(Traced, tracer=provider.get_tracer("huiyin"))
