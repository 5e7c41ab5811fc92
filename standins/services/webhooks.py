"""A receiver of webhooks: whatever is posted, on any path, can be read at /received; DELETE /received forgets it."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime

from flask import Flask, Response, jsonify, request

# Enough for any test, and the receiver never grows beyond it.
KEPT = 1000
LARGEST_BODY = 1024 * 1024


def application() -> Flask:
    """Make a receiver that has got nothing yet."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    received: deque[dict[str, object]] = deque(maxlen=KEPT)

    @app.get("/health")
    def health() -> Response:
        return jsonify(status="healthy")

    @app.get("/received")
    def shown() -> Response:
        return jsonify(list(received))

    @app.delete("/received")
    def forgotten() -> tuple[str, int]:
        received.clear()
        return "", 204

    @app.post("/")
    @app.post("/<path:path>")
    def recorded(path: str = "") -> tuple[str, int]:
        received.append(
            {
                "at": datetime.now(UTC).isoformat(),
                "path": f"/{path}",
                "headers": dict(request.headers),
                "body": request.get_data(as_text=True),
            }
        )
        return "", 202

    return app
