"""What Prometheus is told, and what people are shown."""

from __future__ import annotations

from pathlib import Path

from fastapi.testclient import TestClient

from tests.serve.serving import POISON, serving


def test_requests_rows_and_labels_are_counted(tmp_path: Path) -> None:
    """The names are what dashboards and alerts are built on."""
    with serving(tmp_path) as client:
        items = [{"text": "好"}, {"text": "坏"}, {"text": POISON}, {"text": ""}]
        client.post("/v1/classify", json={"items": items})
        text = client.get("/metrics").text
    for line in (
        'huiyin_requests_total{path="/v1/classify",status="200"} 1.0',
        'huiyin_request_seconds_count{path="/v1/classify"} 1.0',
        'huiyin_rows_total{type="product"} 2.0',
        'huiyin_urgency_rows_total{urgency="low"} 2.0',
        "huiyin_failed_rows_total 2.0",
        "huiyin_review_rows_total 0.0",
        "huiyin_batch_rows_sum 3.0",
        "huiyin_queued_rows 0.0",
        'huiyin_model_workers{model_version="constant-1"} 1.0',
    ):
        assert line in text


def test_addresses_that_do_not_exist_share_one_label(tmp_path: Path) -> None:
    """A scanner must not fill the memory with one counter for each guess."""
    with serving(tmp_path) as client:
        for i in range(5):
            client.get(f"/guess/{i}")
        text = client.get("/metrics").text
    assert 'huiyin_requests_total{path="other",status="404"} 5.0' in text


def test_two_applications_count_for_themselves(tmp_path: Path) -> None:
    """Nothing is shared through a global registry."""
    with serving(tmp_path) as one, serving(tmp_path) as two:
        one.post("/v1/classify", json={"text": "好"})
        assert 'path="/v1/classify"' not in two.get("/metrics").text


def test_the_documentation_page_needs_no_other_host(client: TestClient) -> None:
    """It works inside a company's network, and runs no script from elsewhere."""
    page = client.get("/docs")
    assert "https://" not in page.text
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js"):
        assert f"docs/{name}" in page.text
        assert client.get(f"/docs/{name}").status_code == 200
    assert "script-src 'self';" in page.headers["content-security-policy"]
