"""Who gets through to the review page, and what an outsider's page can do: nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.responses import JSONResponse
from starlette.websockets import WebSocketDisconnect

from serve.keys import KeyRing, create_key, revoke_key
from serve.review.doors import Doors
from serve.review.gate import ReviewGate
from serve.review.person import person_of
from serve.review.sessions import Sessions, read_secret
from serve.settings import ServeSettings
from tests.serve.serving import BASE_URL, LOCAL

OURS = {"origin": BASE_URL, "sec-fetch-site": "same-origin"}
FORM = {**OURS, "content-type": "application/x-www-form-urlencoded"}


async def inner(scope: Any, receive: Any, send: Any) -> None:
    """Say who came through."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": person_of(scope).name})
        await send({"type": "websocket.close", "code": 1000})
        return
    person = person_of(scope) if scope["path"].startswith("/review/") else None
    shown = {"name": person.name, "role": person.role} if person else {}
    await JSONResponse(shown)(scope, receive, send)


class House:
    """A gate with its keys and a clock that can be turned."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.keys_file = folder / "keys.json"
        self.now = 1_000_000.0
        self.settings = ServeSettings(keys_file=self.keys_file, **settings)
        self.sessions = Sessions(read_secret(folder / "secret"), 3600)

    def client(self, peer: tuple[str, int] = LOCAL, base_url: str = BASE_URL) -> TestClient:
        """Open a browser somewhere."""
        doors = Doors(self.settings, KeyRing(self.keys_file), self.sessions, clock=lambda: self.now)
        return TestClient(ReviewGate(inner, doors), base_url, follow_redirects=False, client=peer)

    def key(self, *scopes: Any, name: str = "产品组") -> str:
        """Make a key."""
        return create_key(self.keys_file, name, scopes)


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A gate with nothing configured."""
    return House(tmp_path)


def sign_in(client: TestClient, **fields: str) -> Any:
    """Fill in the form."""
    return client.post("/review/sign-in?next=/review/themes", data=fields, headers=FORM)


def me(client: TestClient) -> Any:
    """Ask who the page thinks we are."""
    answer = client.get("/review/themes", headers=OURS)
    return answer.json() if answer.status_code == 200 else answer.status_code


def test_a_stranger_is_sent_to_the_form_and_back(house: House) -> None:
    """The way back keeps the query, so that a link in a mail leads where it says."""
    answer = house.client().get("/review/themes?week=2026-W47", headers=OURS)
    assert answer.status_code == 303
    assert answer.headers["location"].endswith("next=%2Freview%2Fthemes%3Fweek%3D2026-W47")


def test_without_keys_this_machine_enters_with_a_name(house: House) -> None:
    """The demo needs no set-up, and every edit is signed all the same."""
    client = house.client()
    assert "您的姓名" in client.get("/review/sign-in").text
    answer = sign_in(client, name="  李\u202e晓\n雯 ")
    assert answer.headers["location"] == "/review/themes"
    assert me(client) == {"name": "李 晓 雯", "role": "editor"}


def test_without_a_name_nobody_enters(house: House) -> None:
    """An edit signed by nobody is worth nothing."""
    assert sign_in(house.client(), name=" \u200b ").status_code == 403


def test_without_keys_other_machines_stay_outside(house: House) -> None:
    """Neither by their own address nor as a forwarded one."""
    assert sign_in(house.client(("10.0.0.7", 5)), name="某人").status_code == 403
    client = house.client()
    answer = client.post(
        "/review/sign-in", data={"name": "某人"}, headers={**FORM, "x-forwarded-for": "8.8.8.8"}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("scopes", "role"), [(["review"], "editor"), (["admin"], "editor"), (["view"], "viewer")]
)
def test_a_key_opens_by_its_scope(house: House, scopes: list[str], role: str) -> None:
    """The name of the key stays beside the typed one."""
    client_key = house.key(*scopes)
    client = house.client(("10.0.0.7", 5))
    sign_in(client, key=client_key, name="小王")
    assert me(client) == {"name": "小王(产品组)", "role": role}


def test_a_key_for_classifying_opens_nothing(house: House) -> None:
    """An intake system's key in the wrong hands shows no feedback."""
    key = house.key("classify")
    answer = sign_in(house.client(), key=key)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_once_there_is_a_key_a_name_is_not_enough(house: House) -> None:
    """Also not with a cookie from before."""
    client = house.client()
    sign_in(client, name="李晓雯")
    house.key("review")
    client_after = house.client()
    client_after.cookies = client.cookies
    assert me(client_after) == 303


def test_a_revoked_key_ends_its_sessions(house: House) -> None:
    """Somebody who left must not stay inside for the rest of the day."""
    key = house.key("review")
    client = house.client()
    sign_in(client, key=key)
    assert me(client)["role"] == "editor"
    revoke_key(house.keys_file, key.split("_")[1])
    later = house.client()
    later.cookies = client.cookies
    assert me(later) == 303


def test_a_session_ends(house: House) -> None:
    """The cookie's own age is only the browser's word."""
    client = house.client()
    sign_in(client, name="李晓雯")
    house.now += 3599
    assert me(client)["name"] == "李晓雯"
    house.now += 2
    assert me(client) == 303


def test_a_changed_cookie_is_worth_nothing(house: House) -> None:
    """Whatever is changed in it."""
    client = house.client()
    sign_in(client, name="李晓雯")
    token = client.cookies["huiyin_session"]
    for forged in (token[:-1] + "0", "e30." + token.split(".")[1], "", "x", token.replace(".", "")):
        stranger = house.client()
        stranger.cookies.set("huiyin_session", forged, path="/review")
        assert me(stranger) == 303


def test_the_cookie_is_for_the_server_alone(house: House) -> None:
    """No script reads it, no other site sends it, and it leaves the machine only for this page."""
    cookie = sign_in(house.client(), name="李晓雯").headers["set-cookie"]
    for part in ("HttpOnly", "SameSite=strict", "Path=/review", "Max-Age=3600"):
        assert part in cookie
    assert "Secure" not in cookie
    secure = house.client(base_url="https://127.0.0.1:8000")
    answer = secure.post(
        "/review/sign-in",
        data={"name": "李"},
        headers={**FORM, "origin": "https://127.0.0.1:8000"},
    )
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": BASE_URL, "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {},
    ],
)
def test_another_sites_form_changes_nothing(house: House, headers: dict[str, str]) -> None:
    """Neither signing in as somebody else nor signing out."""
    client = house.client()
    for path in ("sign-in", "sign-out", "preferences"):
        answer = client.post(f"/review/{path}", data={"name": "x"}, headers=headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


def test_the_socket_asks_the_same_questions(house: House) -> None:
    """All edits come through it: a session and our own origin, or nothing."""
    client = house.client()
    address = "ws://127.0.0.1:8000/review/_nicegui_ws/socket.io/"
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(address, headers=OURS):
        pass
    sign_in(client, name="李晓雯")
    cookie = {"cookie": f"huiyin_session={client.cookies['huiyin_session']}"}
    evil = {**cookie, "origin": "https://evil.example"}
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(address, headers=evil):
        pass
    with client.websocket_connect(address, headers={**OURS, **cookie}) as socket:
        assert socket.receive_text() == "李晓雯"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/review/\\evil", "/v1/model", ""]
)
def test_the_way_back_leads_nowhere_else(house: House, target: str) -> None:
    """A link with our name must not end on another site."""
    client = house.client()
    answer = client.post(
        "/review/sign-in", params={"next": target}, data={"name": "李"}, headers=FORM
    )
    assert answer.headers["location"] == "/review/"


def test_a_link_in_a_mail_does_not_ask_to_sign_in_again(house: House) -> None:
    """A strict cookie does not come with the first request from outside, but with the second."""
    client = house.client()
    answer = client.get("/review/themes?week=1", headers={"sec-fetch-site": "cross-site"})
    assert "refresh" in answer.text
    assert "again=1" in answer.text


def test_a_proxy_names_the_person(tmp_path: Path) -> None:
    """In UTF-8; the list says who may edit."""
    house = House(tmp_path, review_proxy_header="X-User", review_editors="王芳, 赵强")
    client = house.client()
    for name, role in (("王芳", "editor"), ("访客", "viewer")):
        answer = client.get("/review/x", headers={"x-user": name.encode()})
        assert answer.json() == {"name": name, "role": role}


def test_only_the_proxy_is_believed(tmp_path: Path) -> None:
    """Anybody can send a header; and without the setting nobody is believed."""
    house = House(tmp_path, review_proxy_header="X-User", review_proxy_peers="10.1.0.0/16")
    header = {"x-user": "admin"}
    assert house.client(("10.2.0.1", 5)).get("/review/x", headers=header).status_code == 303
    assert house.client(("10.1.2.3", 5)).get("/review/x", headers=header).status_code == 200
    off = House(tmp_path)
    assert off.client().get("/review/x", headers=header).status_code == 303


def test_other_addresses_are_left_alone(house: House) -> None:
    """The API has its own guard and policy."""
    answer = house.client().get("/v1/model")
    assert answer.json() == {}
    assert "content-security-policy" not in answer.headers


def test_pages_reach_no_other_host(house: House) -> None:
    """Whatever a customer wrote, a browser has nowhere to send it."""
    policy = house.client().get("/review/sign-in").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy


def test_language_and_light_are_remembered(house: House) -> None:
    """Before signing in too; a value that we do not know is not."""
    client = house.client()
    client.post("/review/preferences", data={"lang": "en"}, headers=FORM)
    assert "Sign in to the review page" in client.get("/review/sign-in").text
    answer = client.post("/review/preferences", data={"lang": "<script>"}, headers=FORM)
    assert "set-cookie" not in answer.headers


def test_signing_out_ends_it(house: House) -> None:
    """On this browser."""
    client = house.client()
    sign_in(client, name="李晓雯")
    client.post("/review/sign-out", headers=FORM)
    assert me(client) == 303


def test_the_secret_is_made_once_and_private(tmp_path: Path) -> None:
    """A second process signs with the same one."""
    file = tmp_path / "new" / "secret"
    assert read_secret(file) == read_secret(file)
    assert file.stat().st_mode & 0o077 == 0
