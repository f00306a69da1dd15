"""What makes a SUNAT token acceptable."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import RSAKey
from tokens_fakes import (
    CLIENT,
    EXPECTED,
    EXTRANET,
    ISSUER,
    NOW,
    Payload,
    Spoil,
    company,
    drop,
    jwt,
    official,
    person,
    put,
    spoilt,
    without_ruc,
)

from idp.federation.clientessol import access_token
from idp.federation.driver import ProofRefused, Refusal, UpstreamFailed
from idp.federation.token import Expected, facts_of, pinned_keys
from idp.kernel.identity import Identifier
from idp.kernel.ports import HttpResponse

EPOCH = int(NOW.timestamp())
KID = "api.sunat.gob.pe.kid001"
DEEP = "[" * 30_000


def refusal_of(token: str, expected: Expected = EXPECTED) -> Refusal:
    with pytest.raises(ProofRefused) as caught:
        facts_of(token, expected, NOW)
    return caught.value.reason


def test_facts_of_company_strips_padding_and_takes_the_razon_social() -> None:
    facts = facts_of(jwt(company()), EXPECTED, NOW)
    assert facts.identifier == Identifier("sol", "20504774288:IMPORTA1")
    assert (facts.realm, facts.ruc, facts.usuario) == ("sol", "20504774288", "IMPORTA1")
    assert facts.name == "IMPORTADORA DE PRUEBA S.A.C."
    assert (facts.given_name, facts.family_name) == ("ROSA ELENA", "PRUEBA QUISPE")
    assert facts.tipo_usuario == "0"
    assert dict(facts.extras) == {"ddp_numruc": "20504774288", "ddp_estado": "00"}


def test_facts_of_person_puts_names_before_surnames() -> None:
    facts = facts_of(jwt(person()), EXPECTED, NOW)
    assert facts.name == "ROSA ELENA PRUEBA QUISPE"
    assert facts.identifier == Identifier("sol", "10123456781:PERSONA1")


@pytest.mark.parametrize(("payload", "ruc"), [(official(), "20131312955"), (without_ruc(), None)])
def test_facts_of_official_is_identified_by_the_extranet_user(
    payload: Payload, ruc: str | None
) -> None:
    facts = facts_of(jwt(payload), EXTRANET, NOW)
    assert facts.identifier == Identifier("extranet", "EXT0042")
    assert (facts.ruc, facts.usuario, facts.name) == (ruc, "EXT0042", "ROSA ELENA PRUEBA QUISPE")


REFUSED: list[tuple[str, Spoil, Refusal]] = [
    ("other issuer", put("iss", "https://evil.test/token/"), Refusal.ISSUER),
    ("issuer without its slash", put("iss", ISSUER[:-1]), Refusal.ISSUER),
    ("issuer in a list", put("iss", [ISSUER]), Refusal.ISSUER),
    ("no issuer", drop("iss"), Refusal.ISSUER),
    ("other client", put("clientId", "other"), Refusal.CLIENT),
    ("client in a list", put("clientId", [CLIENT]), Refusal.CLIENT),
    ("no client", drop("clientId"), Refusal.CLIENT),
    ("expired beyond the leeway", put("exp", EPOCH - 60), Refusal.EXPIRED),
    ("no exp", drop("exp"), Refusal.EXPIRED),
    ("exp is a text", put("exp", str(EPOCH + 9)), Refusal.EXPIRED),
    ("exp is true", put("exp", True), Refusal.EXPIRED),
    ("exp is infinite", put("exp", float("inf")), Refusal.EXPIRED),
    ("exp is not a number", put("exp", float("nan")), Refusal.EXPIRED),
    ("exp is absurd", put("exp", 10**400), Refusal.EXPIRED),
    ("nbf beyond the leeway", put("nbf", EPOCH + 61), Refusal.NOT_YET),
    ("iat beyond the leeway", put("iat", EPOCH + 61), Refusal.NOT_YET),
    ("iat is a text", put("iat", "now"), Refusal.NOT_YET),
    ("aud does not parse", put("aud", "[{"), Refusal.AUDIENCE),
    ("aud is plain", put("aud", "https://api.sunat.gob.pe"), Refusal.AUDIENCE),
    ("aud holds a number", put("aud", "7"), Refusal.AUDIENCE),
    ("aud is bottomless", put("aud", DEEP), Refusal.AUDIENCE),
    ("extranet's origin", put("userdata.map.tipOrigen", "ET"), Refusal.ORIGIN),
    ("intranet's origin", put("userdata.map.tipOrigen", "IA"), Refusal.ORIGIN),
    ("no origin", drop("userdata.map"), Refusal.ORIGIN),
    ("no userdata", drop("userdata"), Refusal.ORIGIN),
    ("userdata is a list", put("userdata", []), Refusal.ORIGIN),
    ("other sub", put("sub", "20131312955"), Refusal.SUBJECT),
    ("altered RUC", put("userdata.numRUC", "20131312955"), Refusal.SUBJECT),
    ("sub is a number", put("sub", 20504774288), Refusal.SUBJECT),
    ("no sub", drop("sub"), Refusal.SUBJECT),
    ("other login", put("userdata.login", "20504774288OTRO"), Refusal.LOGIN),
    ("login of another RUC", put("userdata.login", "20131312955IMPORTA1"), Refusal.LOGIN),
    ("no login", drop("userdata.login"), Refusal.LOGIN),
    ("other user", put("userdata.usuarioSOL", "IMPORTA2"), Refusal.LOGIN),
    ("letters that look alike", put("userdata.usuarioSOL", "ıMPORTA1"), Refusal.LOGIN),
]


@pytest.mark.parametrize(
    ("spoil", "reason"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_facts_of_spoilt_token_is_refused_with_its_reason(spoil: Spoil, reason: Refusal) -> None:
    assert refusal_of(jwt(spoilt(company(), spoil))) is reason


@pytest.mark.parametrize("ruc", ["20512333798", "2050477428", "99999999999", "2050477428A", ""])
def test_facts_of_invalid_ruc_everywhere_is_refused(ruc: str) -> None:
    payload = company()
    payload["sub"] = payload["userdata"]["numRUC"] = ruc
    payload["userdata"]["login"] = f"{ruc}IMPORTA1"
    assert refusal_of(jwt(payload)) is Refusal.RUC


@pytest.mark.parametrize("user", ["", "AB CD", "A:B", "X" * 21])
def test_facts_of_malformed_user_is_refused(user: str) -> None:
    payload = company()
    payload["userdata"] |= {"usuarioSOL": user, "login": f"20504774288{user}"}
    assert refusal_of(jwt(payload)) is Refusal.USER


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (put("userdata.usuarioSOL", "EXT0043"), Refusal.SUBJECT),
        (put("sub", "EXT0043"), Refusal.SUBJECT),
        (put("userdata.login", "EXT0043"), Refusal.LOGIN),
        (put("userdata.map.tipOrigen", "IT"), Refusal.ORIGIN),
    ],
    ids=["user", "sub", "login", "origin"],
)
def test_facts_of_official_without_ruc_must_name_one_user(spoil: Spoil, reason: Refusal) -> None:
    assert refusal_of(jwt(spoilt(without_ruc(), spoil)), EXTRANET) is reason


def test_facts_of_official_with_a_sol_user_is_refused() -> None:
    payload = official()
    payload["userdata"] |= {"usuarioSOL": "ADMIN", "login": "20131312955ADMIN"}
    assert refusal_of(jwt(payload), EXTRANET) is Refusal.USER


@pytest.mark.parametrize(
    ("name", "value", "seconds"),
    [("exp", EPOCH, 59), ("nbf", EPOCH, -60), ("iat", EPOCH, -60)],
)
def test_facts_of_within_the_leeway_is_accepted(name: str, value: int, seconds: int) -> None:
    token = jwt(spoilt(company(), put(name, value)))
    moment = NOW + timedelta(seconds=seconds)
    assert facts_of(token, EXPECTED, moment).usuario == "IMPORTA1"


@pytest.mark.parametrize("aud", [None, [], [{"api": "x"}], {}])
def test_facts_of_singly_encoded_audience_is_tolerated(aud: object) -> None:
    assert facts_of(jwt(spoilt(company(), put("aud", aud))), EXPECTED, NOW).usuario


def test_facts_of_unprintable_name_is_cleaned() -> None:
    payload = spoilt(company(), put("userdata.nombreCompleto", "A\x00\ud800\u202eB\r\n C"))
    assert facts_of(jwt(payload), EXPECTED, NOW).name == "AB C"


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b", "a.b.c.d", "é.é.é", "e30.W10.x", "W10.e30.x", "!!.!!.!!",
     "A" * 70_000, f"{jwt({})[:-4]}{'x' * 66_000}",
     "e30." + base64.urlsafe_b64encode(DEEP.encode()).decode().rstrip("=")[:60_000] + ".x",
     "e30." + base64.urlsafe_b64encode(b'{"iss":1,"iss":2}').decode().rstrip("=") + ".x"],
)  # fmt: skip
def test_facts_of_what_is_no_jwt_is_malformed(token: str) -> None:
    assert refusal_of(token) is Refusal.MALFORMED


@pytest.fixture(scope="module")
def key() -> RSAKey:
    return RSAKey.generate_key(2048, private=True)


def signed(key: RSAKey, payload: bytes, alg: str = "RS256", kid: str = KID) -> str:
    return jws.serialize_compact({"alg": alg, "kid": kid}, payload, key, algorithms=[alg])


def _payload() -> bytes:
    part = jwt(company()).split(".")[1]
    return base64.urlsafe_b64decode(part + "==")


def pinned(key: RSAKey) -> Expected:
    pem = key.as_pem(private=False).decode()
    return replace(EXPECTED, pinned=pinned_keys({KID: pem}))


def test_facts_of_pinned_key_accepts_its_signature(key: RSAKey) -> None:
    assert facts_of(signed(key, _payload()), pinned(key), NOW).usuario == "IMPORTA1"


def test_facts_of_pinned_key_refuses_other_signatures(key: RSAKey) -> None:
    other = RSAKey.generate_key(2048, private=True)
    expected, good = pinned(key), signed(key, _payload())
    head, body, signature = good.split(".")
    changed = jwt(spoilt(company(), put("sub", "x"))).split(".")[1]
    assert refusal_of(signed(other, _payload()), expected) is Refusal.SIGNATURE
    assert refusal_of(f"{head}.{changed}.{signature}", expected) is Refusal.SIGNATURE
    assert refusal_of(f"{head}.{body}.", expected) is Refusal.SIGNATURE
    assert refusal_of(signed(key, _payload(), alg="PS256"), expected) is Refusal.SIGNATURE
    assert refusal_of(jwt(company(), {"alg": "none", "kid": KID}, ""), expected) is (
        Refusal.SIGNATURE
    )


@pytest.mark.parametrize("header", [{}, {"kid": "other"}, {"kid": None}, {"kid": [KID]}])
def test_facts_of_pinned_key_refuses_an_unknown_kid(key: RSAKey, header: dict[str, object]) -> None:
    assert refusal_of(jwt(company(), {"alg": "RS256", **header}), pinned(key)) is Refusal.KEY


@pytest.mark.parametrize("pem", ["", "not a key", "-----BEGIN PUBLIC KEY-----\nAA==\n"])
def test_pinned_keys_unusable_pem_raises(pem: str) -> None:
    with pytest.raises(ValueError, match="pinned key k"):
        pinned_keys({"k": pem})


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def survives(body: bytes, status: int = 200) -> None:
    try:
        facts = facts_of(access_token(HttpResponse(status, body)), EXPECTED, NOW)
    except (ProofRefused, UpstreamFailed) as refused:
        assert refused.reason
    else:
        assert facts.identifier.realm == "sol"


@given(st.binary(max_size=400), st.sampled_from([200, 204, 302, 400, 401, 404, 500]))
def test_answer_arbitrary_bytes_raise_only_our_errors(body: bytes, status: int) -> None:
    survives(body, status)


@given(st.text(max_size=200))
def test_answer_arbitrary_token_raises_only_our_errors(token: str) -> None:
    try:
        facts_of(token, EXPECTED, NOW)
    except ProofRefused as refused:
        assert refused.reason
    else:
        raise AssertionError("accepted")


@given(_JSON, st.sampled_from(
    ["iss", "exp", "nbf", "iat", "aud", "sub", "clientId", "userdata", "userdata.map",
     "userdata.numRUC", "userdata.usuarioSOL", "userdata.login", "userdata.nombreCompleto",
     "userdata.nombres", "userdata.map.tipOrigen", "userdata.map.tipUsuario",
     "userdata.map.ddpData", "userdata.map.ddpData.ddp_estado"]))  # fmt: skip
def test_facts_of_any_value_in_any_place_raises_only_our_error(value: object, path: str) -> None:
    token = jwt(spoilt(company(), put(path, value)))
    try:
        facts = facts_of(token, EXPECTED, NOW)
    except ProofRefused as refused:
        assert refused.reason
    else:
        assert facts.identifier.value == "20504774288:IMPORTA1"
        facts.name.encode()
