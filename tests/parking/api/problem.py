"""The document of a refusal, as every route writes it."""

from typing import Any

import httpx


def problem(response: httpx.Response, status: int, field: str | None = None) -> dict[str, Any]:
    """The problem document of a response that is refused with this status for this field."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = response.json()
    assert (said["status"], said.get("field")) == (status, field), said
    assert said["title"]
    assert said["detail"]
    assert "regex" not in said["detail"]
    return said
