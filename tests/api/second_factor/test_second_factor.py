"""Setting up a second factor, signing in with it, losing it."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update

from api.services import Services
from db.tables import Throttle, User
from schemas.errors import PerdureError
from tests.api.second_factor.conftest import BASE, Phone, begin, challenge, second_step, set_up
from tests.api.test_gate import check_problem
from tests.support.people import Member, new_member, signed_in


async def audited(api: httpx.AsyncClient, person: Member) -> list[str]:
    query = {"subject_kind": "user", "subject_id": str(person.id)}
    return [entry["action"] for entry in (await api.get("/v1/audit", params=query)).json()["items"]]


async def test_it_counts_once_it_was_confirmed(
    as_ada: httpx.AsyncClient, stranger: httpx.AsyncClient, ada: Member, api: httpx.AsyncClient
) -> None:
    off = {"enabled": False, "confirmed_at": None, "recovery_codes_left": 0, "required": False}
    assert (await as_ada.get(BASE)).json() == off
    begun = await begin(as_ada, ada)
    assert begun["secret"] in begun["uri"]
    assert (await as_ada.get(BASE)).json() == off
    assert (await stranger.post("/v1/auth/login", json=ada.credentials)).json()["second_factor_required"] is False
    phone = Phone((await begin(as_ada, ada))["secret"], [])
    assert phone.secret != begun["secret"]
    old = Phone(begun["secret"], [])
    check_problem(await as_ada.post(f"{BASE}/confirm", json={"code": old.code()}), 422, "invalid_request")
    answer = await as_ada.post(f"{BASE}/confirm", json={"code": phone.code()})
    assert len(set(answer.json()["recovery_codes"])) == 10
    state = (await as_ada.get(BASE)).json()
    assert (state["enabled"], state["recovery_codes_left"]) == (True, 10)
    assert (await as_ada.get("/v1/me")).json()["second_factor"] is True
    assert await audited(api, ada) == ["second_factor.enabled", "second_factor.begun", "second_factor.begun"]
    log = (await api.get("/v1/audit/export")).text
    assert phone.secret not in log
    assert answer.json()["recovery_codes"][0] not in log


async def test_a_second_one_is_refused(as_ada: httpx.AsyncClient, ada: Member, phone: Phone) -> None:
    for path, body in (("begin", {"password": ada.password}), ("confirm", {"code": phone.code(1)})):
        check_problem(await as_ada.post(f"{BASE}/{path}", json=body), 409, "conflict")


async def test_nothing_is_confirmed_that_was_not_begun(as_ada: httpx.AsyncClient) -> None:
    check_problem(await as_ada.post(f"{BASE}/confirm", json={"code": "123456"}), 409, "conflict")


@pytest.mark.parametrize("body", [{}, {"password": None}, {"password": "wrong wrong wrong"}])
async def test_a_stolen_session_cannot_set_it_up(as_ada: httpx.AsyncClient, body: dict[str, Any]) -> None:
    problem: Any = check_problem(await as_ada.post(f"{BASE}/begin", json=body), 422, "invalid_request")
    assert [error["field"] for error in problem["errors"]] == ["body.password"]


async def test_sessions_without_it_end(app: FastAPI, as_ada: httpx.AsyncClient, ada: Member) -> None:
    async with signed_in(app, ada) as elsewhere:
        await set_up(as_ada, ada)
        check_problem(await elsewhere.get("/v1/me"), 401, "unauthenticated")
    assert (await as_ada.get("/v1/me")).status_code == 200


async def test_a_code_signs_in_once(stranger: httpx.AsyncClient, ada: Member, phone: Phone) -> None:
    check_problem(await second_step(stranger, ada, phone.code()), 401, "unauthenticated")  # confirmed the set-up
    code = phone.code(1)
    answer = await second_step(stranger, ada, f" {code[:3]} {code[3:]} ")
    assert answer.status_code == 200, answer.text
    assert answer.json()["user"]["id"] == str(ada.id)
    check_problem(await second_step(stranger, ada, code), 401, "unauthenticated")
    check_problem(await second_step(stranger, ada, phone.code()), 401, "unauthenticated")


@pytest.mark.parametrize("pick", [lambda phone: phone.code(1), lambda phone: phone.recovery_codes[0]])
async def test_of_many_who_use_one_code_one_gets_in(
    stranger: httpx.AsyncClient, ada: Member, phone: Phone, pick: Callable[[Phone], str]
) -> None:
    body = {"challenge": await challenge(stranger, ada), "code": pick(phone)}
    answers = await asyncio.gather(
        *(stranger.post("/v1/auth/login/second-factor", json=body) for _ in range(5)),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401, 401]


async def test_each_recovery_code_signs_in_once(
    stranger: httpx.AsyncClient, as_ada: httpx.AsyncClient, ada: Member, phone: Phone, api: httpx.AsyncClient
) -> None:
    first, second = phone.recovery_codes[:2]
    assert (await second_step(stranger, ada, first.upper())).status_code == 200
    check_problem(await second_step(stranger, ada, first), 401, "unauthenticated")
    assert (await second_step(stranger, ada, second.replace("-", " "))).status_code == 200
    assert (await as_ada.get(BASE)).json()["recovery_codes_left"] == 8
    entry = (await api.get("/v1/audit", params={"action": "session.started"})).json()["items"][0]
    assert entry["after"]["how"] == "recovery code"


async def test_a_recovery_code_is_of_one_person(
    app: FastAPI, stranger: httpx.AsyncClient, ada: Member, phone: Phone, services: Services
) -> None:
    bob = await new_member(services.database, services.workspace_id)
    async with signed_in(app, bob) as as_bob:
        await set_up(as_bob, bob)
    check_problem(await second_step(stranger, bob, phone.recovery_codes[0]), 401, "unauthenticated")


async def test_new_recovery_codes_replace_the_old(
    stranger: httpx.AsyncClient, as_ada: httpx.AsyncClient, ada: Member, phone: Phone
) -> None:
    body = {"password": ada.password, "code": phone.code(1)}
    renewed = (await as_ada.post(f"{BASE}/recovery-codes", json=body)).json()["recovery_codes"]
    assert not set(renewed) & set(phone.recovery_codes)
    check_problem(await second_step(stranger, ada, phone.recovery_codes[0]), 401, "unauthenticated")
    assert (await second_step(stranger, ada, renewed[0])).status_code == 200


@pytest.mark.parametrize("path", ["disable", "recovery-codes"])
async def test_changes_need_both_factors(as_ada: httpx.AsyncClient, ada: Member, phone: Phone, path: str) -> None:
    for body, field in (
        ({"password": "wrong wrong wrong", "code": phone.code(1)}, "password"),
        ({"code": phone.code(1)}, "password"),
        ({"password": ada.password, "code": phone.wrong_code()}, "code"),
    ):
        problem: Any = check_problem(await as_ada.post(f"{BASE}/{path}", json=body), 422, "invalid_request")
        assert [error["field"] for error in problem["errors"]] == [f"body.{field}"]
    # A wrong password has not used the code up.
    right = {"password": ada.password, "code": phone.code(1)}
    assert (await as_ada.post(f"{BASE}/{path}", json=right)).is_success


async def test_without_it_the_password_is_enough_again(
    stranger: httpx.AsyncClient, as_ada: httpx.AsyncClient, ada: Member, phone: Phone, api: httpx.AsyncClient
) -> None:
    body = {"password": ada.password, "code": phone.recovery_codes[3]}
    assert (await as_ada.post(f"{BASE}/disable", json=body)).status_code == 204
    assert (await stranger.post("/v1/auth/login", json=ada.credentials)).json()["second_factor_required"] is False
    state = (await as_ada.get(BASE)).json()
    assert (state["enabled"], state["recovery_codes_left"]) == (False, 0)
    check_problem(await as_ada.post(f"{BASE}/disable", json=body), 409, "conflict")
    assert (await audited(api, ada))[0] == "second_factor.disabled"


async def fail_often(services: Services, person: Member) -> None:
    """As if many codes had been guessed before: the next wrong one is followed by the longest wait."""
    async with services.database.identity() as session:
        changed = update(Throttle).where(Throttle.key == f"second-factor:{person.id}").values(failures=50)
        assert (await session.execute(changed.returning(Throttle.key))).all()


async def test_guessing_is_slowed_down(
    stranger: httpx.AsyncClient, services: Services, ada: Member, phone: Phone
) -> None:
    body = {"challenge": await challenge(stranger, ada), "code": phone.wrong_code()}
    check_problem(await stranger.post("/v1/auth/login/second-factor", json=body), 401, "unauthenticated")
    await fail_often(services, ada)
    check_problem(await stranger.post("/v1/auth/login/second-factor", json=body), 401, "unauthenticated")
    for code in (phone.code(1), phone.recovery_codes[0]):
        answer = await stranger.post("/v1/auth/login/second-factor", json={**body, "code": code})
        check_problem(answer, 429, "rate_limited")
        assert 600 < int(answer.headers["retry-after"]) <= 900


async def test_guesses_at_once_are_counted_like_guesses_in_a_row(
    stranger: httpx.AsyncClient, ada: Member, phone: Phone
) -> None:
    body = {"challenge": await challenge(stranger, ada), "code": phone.wrong_code()}
    answers = await asyncio.gather(
        *(stranger.post("/v1/auth/login/second-factor", json=body) for _ in range(30)),
    )
    # Five are free; a few more only if the machine takes seconds for all of them.
    assert 5 <= [answer.status_code for answer in answers].count(401) <= 8


async def test_guessing_from_a_session_is_slowed_down_too(
    as_ada: httpx.AsyncClient, services: Services, ada: Member, phone: Phone
) -> None:
    body = {"password": ada.password, "code": phone.wrong_code()}
    check_problem(await as_ada.post(f"{BASE}/disable", json=body), 422, "invalid_request")
    await fail_often(services, ada)
    check_problem(await as_ada.post(f"{BASE}/disable", json=body), 422, "invalid_request")
    check_problem(await as_ada.post(f"{BASE}/disable", json={**body, "code": phone.code(1)}), 429, "rate_limited")


async def test_the_secret_is_kept_encrypted_for_one_person(services: Services, ada: Member, phone: Phone) -> None:
    bob = await new_member(services.database, services.workspace_id)
    async with services.database.identity() as session:
        sealed = await session.scalar(select(User.totp_secret_encrypted).where(User.id == ada.id))
        assert phone.secret.encode() not in sealed
        await session.execute(update(User).where(User.id == bob.id).values(totp_secret_encrypted=sealed))
    assert services.encryption.decrypt("second-factor", None, ada.id, sealed).decode() == phone.secret
    with pytest.raises(PerdureError):
        services.encryption.decrypt("second-factor", None, bob.id, sealed)


async def test_recovery_codes_work_when_the_secret_cannot_be_read(
    stranger: httpx.AsyncClient, services: Services, ada: Member, phone: Phone
) -> None:
    async with services.database.identity() as session:
        await session.execute(update(User).where(User.id == ada.id).values(totp_secret_encrypted=b"damaged"))
    check_problem(await second_step(stranger, ada, phone.code(1)), 424, "missing_credential")
    assert (await second_step(stranger, ada, phone.recovery_codes[0])).status_code == 200


async def test_it_is_about_people_only(api: httpx.AsyncClient, stranger: httpx.AsyncClient) -> None:
    check_problem(await api.get(BASE), 403, "forbidden")
    check_problem(await api.post(f"{BASE}/begin", json={}), 403, "forbidden")
    check_problem(await stranger.get(BASE), 401, "unauthenticated")


async def test_the_operator_helps_who_has_lost_everything(
    api: httpx.AsyncClient, stranger: httpx.AsyncClient, as_ada: httpx.AsyncClient, ada: Member, phone: Phone
) -> None:
    check_problem(await as_ada.post("/v1/second-factor/reset", json={"email": ada.email}), 403, "forbidden")
    check_problem(await api.post("/v1/second-factor/reset", json={"email": "nobody@example.com"}), 404, "not_found")
    assert (await api.post("/v1/second-factor/reset", json={"email": ada.email.upper()})).status_code == 204
    check_problem(await as_ada.get("/v1/me"), 401, "unauthenticated")
    assert (await stranger.post("/v1/auth/login", json=ada.credentials)).json()["second_factor_required"] is False
    assert (await audited(api, ada))[0] == "second_factor.reset"
