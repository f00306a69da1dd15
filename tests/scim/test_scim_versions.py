"""Versions: If-None-Match, If-Match, and of two who change one User at once exactly one wins."""

from __future__ import annotations

import threading
from typing import Any

from scim_systems import PATCH, USER, System, person_of, replace


def test_version_is_weak_and_of_what_the_system_sees(vuce: System, manda: System) -> None:
    made = vuce.create(displayName="LUIS", externalId="A")
    version = made["meta"]["version"]
    assert version.startswith('W/"')
    assert manda.get(made["id"])["meta"]["version"] != version  # it does not see externalId
    vuce.world.clock.advance(60)
    people = vuce.world.services.people
    people.set_profile(made["id"], {"area": "Origen"})
    changed = vuce.get(made["id"])["meta"]
    assert changed["version"] != version
    assert changed["lastModified"] > made["meta"]["lastModified"]
    people.set_profile(made["id"], {})
    assert vuce.get(made["id"])["meta"]["version"] == version


def test_user_who_did_not_change_is_not_sent_again(vuce: System) -> None:
    made = vuce.create()
    path, version = f"/Users/{made['id']}", made["meta"]["version"]
    for known in (version, version.removeprefix("W/"), f'"x", {version}', "*"):
        answer = vuce.call("GET", path, If_None_Match=known)
        assert (answer.status_code, answer.data) == (304, b""), known
        assert answer.headers["ETag"] == version
    assert vuce.call("GET", path, If_None_Match='W/"x"').status_code == 200


def test_change_of_what_changed_meanwhile_is_refused(vuce: System) -> None:
    """RFC 7644 §3.14, for every way to change."""
    made = vuce.create()
    path, old = f"/Users/{made['id']}", made["meta"]["version"]
    put = {"schemas": [USER], "userName": made["userName"], "active": True}
    patch = {"schemas": [PATCH], "Operations": [replace("nickName", "b")]}
    assert vuce.call("PATCH", path, patch, If_Match=old).status_code == 200
    for method, body in [("PATCH", patch), ("PUT", put), ("DELETE", None)]:
        answer = vuce.call(method, path, body, If_Match=old)
        assert (answer.status_code, answer.json["status"]) == (412, "412"), method
    assert vuce.call("PUT", path, put, If_Match="*").status_code == 200
    assert vuce.call("DELETE", path, None, If_Match=vuce.get(made["id"])["meta"]["version"])


def test_condition_that_names_no_version_is_not_met(vuce: System) -> None:
    made = vuce.create()
    for empty in ("", ",", " , "):
        answer = vuce.patch(made["id"], replace("nickName", "b"), If_Match=empty)
        assert answer.status_code == 412, empty
        assert vuce.call("GET", f"/Users/{made['id']}", If_None_Match=empty).status_code == 200


def test_of_many_who_change_one_version_exactly_one_wins(vuce: System) -> None:
    made = vuce.create()
    token, version = vuce.token(), made["meta"]["version"]
    ready, answers = threading.Barrier(6), []

    def change(number: int) -> None:
        body: dict[str, Any] = {
            "schemas": [PATCH], "Operations": [replace("nickName", f"n{number}")]
        }  # fmt: skip
        ready.wait()
        answers.append(
            vuce.call("PATCH", f"/Users/{made['id']}", body, token=token, If_Match=version)
        )

    threads = [threading.Thread(target=change, args=(number,)) for number in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(one.status_code for one in answers) == [200, 412, 412, 412, 412, 412]
    (won,) = [one for one in answers if one.status_code == 200]
    assert person_of(vuce.world, made).standard["nickname"] == won.json["nickName"]
