"""The audit key's folder, and whom a verifier trusts."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey
from joserfc.jws import JWSRegistry

from idp.audit.ports import NoAuditKey
from idp.kernel.clock import FixedClock
from idp.kernel.errors import StartError
from idp.signing.audit_keys import METADATA, TYP, AuditKeyFolder, TrustedAuditKeys

CLOCK = FixedClock(datetime(2026, 11, 23, 15, tzinfo=UTC))


@pytest.fixture
def folder(tmp_path: Path) -> AuditKeyFolder:
    found = AuditKeyFolder(tmp_path / "audit", clock=CLOCK)
    found.generate()
    return found


def pem(folder: AuditKeyFolder) -> Path:
    (found,) = folder.folder.glob("*.pem")
    return found


def test_what_the_key_signs_is_read_by_its_public_half_alone(folder: AuditKeyFolder) -> None:
    token = folder.sign({"n": 1})
    (key,) = folder.records()
    assert TrustedAuditKeys(folder.jwks()).open(token) == (key.kid, {"n": 1})
    assert "d" not in folder.jwks()["keys"][0]


def test_key_is_for_its_owner_alone(folder: AuditKeyFolder) -> None:
    assert pem(folder).stat().st_mode & 0o777 == 0o600
    assert folder.problems() == []


def test_first_key_is_made_once(folder: AuditKeyFolder) -> None:
    before = pem(folder).read_bytes()
    with pytest.raises(FileExistsError):
        folder.generate()
    assert pem(folder).read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_key_that_others_may_read_signs_nothing(folder: AuditKeyFolder, mode: int) -> None:
    pem(folder).chmod(mode)
    with pytest.raises(NoAuditKey, match="chmod 600"):
        folder.sign({"n": 1})
    assert "chmod 600" in folder.problems()[0]


def test_folder_that_others_may_write_in_is_told(folder: AuditKeyFolder) -> None:
    folder.folder.chmod(0o777)
    assert "chmod 700" in folder.problems()[0]


@pytest.mark.parametrize("damage", ["no folder", "no pem", "no key", "another key", "no json"])
def test_folder_that_cannot_be_used_says_why(
    folder: AuditKeyFolder, tmp_path: Path, damage: str
) -> None:
    if damage == "no folder":
        folder = AuditKeyFolder(tmp_path / "none", clock=CLOCK)
    elif damage == "no pem":
        pem(folder).unlink()
    elif damage == "no key":
        pem(folder).write_text("nonsense")
    elif damage == "another key":
        other = AuditKeyFolder(tmp_path / "other", clock=CLOCK)
        other.generate()
        pem(folder).write_bytes(pem(other).read_bytes())
    else:
        (folder.folder / METADATA).write_text("{")
    with pytest.raises(NoAuditKey):
        folder.sign({"n": 1})
    assert len(folder.problems()) == 1


def test_successor_is_made_once_and_signs_after_it_took_over(folder: AuditKeyFolder) -> None:
    (first,) = folder.records()
    made, prove = folder.prepare()
    assert folder.prepare()[0].kid == made.kid != first.kid
    trusted = TrustedAuditKeys(folder.jwks())
    assert trusted.open(prove.sign({}))[0] == made.kid
    assert trusted.open(folder.sign({}))[0] == first.kid
    folder.succeed()
    assert trusted.open(folder.sign({}))[0] == made.kid
    assert [one.state for one in folder.records()] == ["retired", "active"]


def test_token_of_another_kind_or_algorithm_is_refused(folder: AuditKeyFolder) -> None:
    trusted = TrustedAuditKeys(folder.jwks())
    (key,) = folder.records()
    native = OKPKey.import_key(pem(folder).read_bytes())
    registry = JWSRegistry(algorithms=["Ed25519", "HS256", "ES256", "none"])

    def signed(header: dict[str, str], by: object = native) -> str:
        return jws.serialize_compact(header, b"{}", by, registry=registry)  # type: ignore[arg-type]

    good = {"alg": "Ed25519", "kid": key.kid, "typ": TYP}
    assert trusted.open(signed(good)) == (key.kid, {})
    elliptic = ECKey.generate_key("P-256")
    none = ".".join(
        base64.urlsafe_b64encode(one).rstrip(b"=").decode()
        for one in (json.dumps({**good, "alg": "none"}).encode(), b"{}", b"")
    )
    for token in (
        signed({**good, "typ": "JWT"}),
        signed({"alg": "Ed25519", "kid": key.kid}),
        signed({**good, "kid": "other"}),
        signed({**good, "alg": "ES256"}, elliptic),
        none,
        signed(good)[:-3] + "AAA",
        "a.b.c",
        "",
        "ñ.ñ.ñ",
    ):
        with pytest.raises(ValueError):
            trusted.open(token)


@pytest.mark.parametrize(
    "jwk",
    [{}, {"kty": "EC"}, {"kty": "OKP", "crv": "X25519", "x": "a"}, {"kty": "OKP", "crv": "Ed25519"},
     {"kty": "OKP", "crv": "Ed25519", "x": "a" * 43, "d": "a" * 43}],
)  # fmt: skip
def test_key_of_another_kind_is_not_trusted(jwk: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        TrustedAuditKeys().trust(jwk)


def test_public_key_is_read_from_a_file_with_one_or_a_set(
    folder: AuditKeyFolder, tmp_path: Path
) -> None:
    file, token = tmp_path / "key.json", folder.sign({"n": 1})
    for found in (folder.jwks(), folder.jwks()["keys"][0]):
        file.write_text(json.dumps(found))
        assert TrustedAuditKeys.read(file).open(token)[1] == {"n": 1}
    for text in ("", "[]", "{}", '{"keys": []}', '{"keys": [{"kty": "RSA"}]}'):
        file.write_text(text)
        with pytest.raises(StartError):
            TrustedAuditKeys.read(file)
    with pytest.raises(StartError):
        TrustedAuditKeys.read(tmp_path / "none")
