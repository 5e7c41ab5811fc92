"""The receiver shows what came, in order, until it is told to forget."""

from __future__ import annotations

from standins.services.webhooks import LARGEST_BODY, application


def test_what_is_posted_can_be_read_in_order_and_forgotten() -> None:
    client = application().test_client()

    client.post("/alerts/database", data='{"state": "down"}', headers={"X-Alert": "1"})
    client.post("/", data="second")
    received = client.get("/received").get_json()
    client.delete("/received")

    assert [(each["path"], each["body"]) for each in received] == [
        ("/alerts/database", '{"state": "down"}'),
        ("/", "second"),
    ]
    assert received[0]["headers"]["X-Alert"] == "1"
    assert client.get("/received").get_json() == []


def test_a_body_that_is_too_large_is_refused() -> None:
    client = application().test_client()

    answer = client.post("/", data=b"x" * (LARGEST_BODY + 1))

    assert answer.status_code == 413
    assert client.get("/received").get_json() == []
