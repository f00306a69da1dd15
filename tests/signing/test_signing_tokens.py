"""Signing and checking our own tokens (RFC 7515, RFC 8725)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, RSAKey
from signing_tokens import encoded, header_of, retire, signed_by_hmac, with_header

from idp.kernel.clock import FixedClock
from idp.signing.generate import generate
from idp.signing.keyring import HINT_LIFE, InvalidToken, Keyring, NoSigningKey

CLAIMS = {"iss": "http://localhost:8000", "sub": "per_ñandú", "aud": "a", "iat": 1, "exp": 2}
ALGORITHMS = ("RS256", "ES256")


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_sign_then_verify_gives_the_claims_back(keyring: Keyring, alg: str) -> None:
    token = keyring.sign(CLAIMS, alg=alg)
    assert keyring.verify(token) == CLAIMS
    assert header_of(token)["typ"] == "JWT"


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_sign_is_verified_by_a_stranger_with_the_published_keys(keyring: Keyring, alg: str) -> None:
    published = KeySet.import_key_set(keyring.jwks())
    token = jwt.decode(keyring.sign(CLAIMS, alg=alg), published, algorithms=[alg])
    assert token.claims == CLAIMS


def test_sign_without_an_active_key_of_the_algorithm_is_refused(
    keys_dir: Path, clock: FixedClock
) -> None:
    retire(keys_dir, "ES256", clock.now())
    keyring = Keyring.load(keys_dir, clock=clock)
    assert keyring.algorithms == ("RS256",)
    with pytest.raises(NoSigningKey):
        keyring.sign(CLAIMS, alg="ES256")
    with pytest.raises(NoSigningKey):
        keyring.sign(CLAIMS, alg="none")


TYPES = [
    # signed as, asked for, accepted
    (None, None, True),
    ("JWT", None, True),
    ("jwt", None, True),
    ("application/JWT", None, True),
    ("at+jwt", None, False),
    ("logout+jwt", None, False),
    ("application/at+jwt", None, False),
    ("at+jwt", "at+jwt", True),
    ("application/AT+JWT", "at+jwt", True),
    ("logout+jwt", "at+jwt", False),
    ("JWT", "at+jwt", False),
]


@pytest.mark.parametrize(("signed_as", "asked_for", "accepted"), TYPES)
def test_verify_takes_only_the_expected_kind(
    keyring: Keyring, signed_as: str | None, asked_for: str | None, accepted: bool
) -> None:
    token = keyring.sign(CLAIMS, alg="ES256", typ=signed_as)
    if accepted:
        assert keyring.verify(token, typ=asked_for) == CLAIMS
    else:
        with pytest.raises(InvalidToken):
            keyring.verify(token, typ=asked_for)


def _forgeries(keyring: Keyring) -> dict[str, str]:
    token = keyring.sign(CLAIMS, alg="RS256")
    elliptic = keyring.sign(CLAIMS, alg="ES256")
    head, body, signature = token.split(".")
    rsa = next(key for key in keyring.keys if key.record.alg == "RS256")
    unsigned = {"alg": "none", "typ": "JWT", "kid": rsa.record.kid}
    own = RSAKey.generate_key(2048, {"kid": rsa.record.kid})
    curve = ECKey.generate_key("P-256")
    return {
        "other claims": ".".join([head, encoded({**CLAIMS, "sub": "otra"}), signature]),
        "no signature": f"{head}.{body}.",
        "alg none": f"{encoded(unsigned)}.{body}.",
        "alg none, signed": f"{encoded(unsigned)}.{body}.{signature}",
        "HMAC by the public key": signed_by_hmac(token, rsa.jose.as_pem(private=False)),
        "HMAC by nothing": signed_by_hmac(token, b""),
        "HMAC by the kid": signed_by_hmac(token, rsa.record.kid.encode()),
        "another RSA algorithm": with_header(token, alg="PS256"),
        "algorithm of another key": with_header(token, alg="ES256"),
        "kid of another key": with_header(token, kid=header_of(elliptic)["kid"]),
        "no kid": with_header(token, kid=None),
        "kid a list": with_header(token, kid=[rsa.record.kid]),
        "kid a number": with_header(token, kid=5),
        "no alg": with_header(token, alg=None),
        "critical header": with_header(token, crit=["x"], x=1),
        "own key, our kid": jwt.encode({"alg": "RS256", "kid": rsa.record.kid}, CLAIMS, own),
        "key in the header": jwt.encode(
            {"alg": "ES256", "kid": "x", "jwk": curve.as_dict(private=False)}, CLAIMS, curve
        ),
        "four parts": token + ".x",
        "two parts": f"{head}.{body}",
        "empty": "",
        "not ascii": token + "ñ",
        "surrogate": token + "\ud800",
        "huge": token + "A" * 1_000_000,
    }


def test_verify_refuses_every_forgery(keyring: Keyring) -> None:
    for name, token in _forgeries(keyring).items():
        with pytest.raises(InvalidToken):
            pytest.fail(f"{name}: {keyring.verify(token)}")


def test_verify_refuses_a_token_of_another_installation(
    keyring: Keyring, tmp_path: Path, clock: FixedClock
) -> None:
    generate(tmp_path / "other", "ES256", clock=clock)
    other = Keyring.load(tmp_path / "other", clock=clock)
    with pytest.raises(InvalidToken):
        keyring.verify(other.sign(CLAIMS, alg="ES256"))


def test_verify_by_a_retired_key_holds_for_a_year(keys_dir: Path, clock: FixedClock) -> None:
    token = Keyring.load(keys_dir, clock=clock).sign(CLAIMS, alg="ES256")
    retire(keys_dir, "ES256", clock.now())
    keyring = Keyring.load(keys_dir, clock=clock)
    clock.advance(HINT_LIFE - 1)
    assert keyring.verify(token) == CLAIMS
    clock.advance(1)
    with pytest.raises(InvalidToken):
        keyring.verify(token)


@given(token=st.text(max_size=200) | st.from_regex(r"[\w-]{1,80}\.[\w-]{1,80}\.[\w-]{1,80}"))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_verify_any_text_raises_nothing_but_invalid_token(keyring: Keyring, token: str) -> None:
    with pytest.raises(InvalidToken):
        keyring.verify(token)


_JSON = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.lists(st.text())


@given(
    header=st.dictionaries(
        st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "jku", "x5c", "zip"]), _JSON
    )
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_verify_any_header_raises_nothing_but_invalid_token(keyring: Keyring, header: dict) -> None:
    token = keyring.sign(CLAIMS, alg="ES256")
    with pytest.raises(InvalidToken):
        keyring.verify(".".join([encoded(header), *token.split(".")[1:]]))


def test_sign_reads_no_file_and_parses_no_key(keyring: Keyring, keys_dir: Path) -> None:
    for path in keys_dir.iterdir():
        path.unlink()
    keys_dir.rmdir()
    assert keyring.verify(keyring.sign(CLAIMS, alg="RS256")) == CLAIMS
