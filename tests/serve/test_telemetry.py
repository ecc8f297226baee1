"""Spans: a child of the caller's, without a customer's words."""

from __future__ import annotations

from pathlib import Path

from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from serve import app as app_module
from serve import telemetry
from tests.serve.serving import serving

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_a_request_is_a_span_of_the_callers_trace(tmp_path: Path, monkeypatch: object) -> None:
    """One click leads from the intake system's trace to ours."""
    exporter = InMemorySpanExporter()
    add = telemetry.add_telemetry
    monkeypatch.setattr(app_module, "add_telemetry", lambda app: add(app, exporter))  # type: ignore[attr-defined]
    with serving(tmp_path, telemetry=True) as client:
        answer = client.post("/v1/classify", json={"text": "张三"}, headers={"traceparent": PARENT})
        provider = client.app.state.tracer_provider  # type: ignore[attr-defined]
        provider.force_flush()
        provider.shutdown()
    (span,) = [s for s in exporter.get_finished_spans() if s.name == "POST /v1/classify"]
    assert span.parent is not None and f"{span.parent.span_id:016x}" == "b7ad6b7169203331"
    assert answer.headers["traceparent"].split("-")[1:3] == [
        "0af7651916cd43dd8448eb211c80319c",
        f"{span.context.span_id:016x}",
    ]
    assert span.attributes == {
        "http.response.status_code": 200,
        "http.request.method": "POST",
        "http.route": "/v1/classify",
        "huiyin.rows": 1,
    }
