"""The folder of keys: made private, refused when it is not, and every refusal says how to mend."""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from idp.kernel.clock import FixedClock
from idp.signing import store
from idp.signing.generate import ensure_generated, generate
from idp.signing.key import KeyState
from idp.signing.keyring import Keyring
from idp.signing.store import METADATA, KeyringError


@pytest.fixture(params=[0o000, 0o022, 0o077, 0o277], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_generate_leaves_nothing_to_others_whatever_the_umask(
    tmp_path: Path, clock: FixedClock, umask: int
) -> None:
    made = generate(tmp_path / "keys", "ES256", clock=clock)
    assert _mode(tmp_path / "keys") == 0o700
    assert _mode(tmp_path / "keys" / made.file) & 0o077 == 0
    assert _mode(tmp_path / "keys" / METADATA) & 0o077 == 0


def test_generate_writes_pkcs8_named_by_thumbprint(keys_dir: Path, clock: FixedClock) -> None:
    for record in store.read_records(keys_dir):
        pem = (keys_dir / record.file).read_bytes()
        assert pem.startswith(b"-----BEGIN PRIVATE KEY-----")
        assert record.file == f"{record.alg.lower()}-{record.kid}.pem"
        assert (record.state, record.created_at) == (KeyState.ACTIVE, clock.now())
        assert record.activated_at == clock.now()
    assert not list(keys_dir.glob(".*"))


def test_generate_rsa_3072_can_be_asked_for(tmp_path: Path, clock: FixedClock) -> None:
    generate(tmp_path / "keys", "RS256", clock=clock, bits=3072)
    keyring = Keyring.load(tmp_path / "keys", clock=clock)
    assert keyring.verify(keyring.sign({"sub": "a"}, alg="RS256")) == {"sub": "a"}


@pytest.mark.parametrize(
    ("alg", "bits", "state"),
    [("HS256", 2048, None), ("RS256", 1024, None), ("ES256", 2048, KeyState.ACTIVE),
     ("ES256", 2048, KeyState.RETIRED)],
)  # fmt: skip
def test_generate_what_makes_no_sense_is_refused_and_leaves_no_trace(
    keys_dir: Path, clock: FixedClock, alg: str, bits: int, state: KeyState | None
) -> None:
    before = sorted(one.name for one in keys_dir.iterdir())
    with pytest.raises(ValueError, match=r"\w"):
        generate(keys_dir, alg, clock=clock, bits=bits, state=state)
    assert sorted(one.name for one in keys_dir.iterdir()) == before


def test_ensure_generated_makes_only_what_is_missing(tmp_path: Path, clock: FixedClock) -> None:
    keys_dir = tmp_path / "deep" / "keys"
    assert [one.alg for one in ensure_generated(keys_dir, clock=clock)] == ["RS256", "ES256"]
    assert ensure_generated(keys_dir, clock=clock) == ()
    assert len(list(keys_dir.glob("*.pem"))) == 2


def test_ensure_generated_by_many_at_once_makes_one_key_each(
    tmp_path: Path, clock: FixedClock
) -> None:
    made: list[object] = []
    threads = [
        threading.Thread(
            target=lambda: made.extend(
                ensure_generated(tmp_path / "keys", clock=clock, algorithms=("ES256",))
            )
        )
        for _ in range(8)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(made) == 1
    assert len(store.read(tmp_path / "keys")) == 1


def _pem(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes | None = None
) -> bytes:
    locked = serialization.BestAvailableEncryption(password) if password else None
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        locked or serialization.NoEncryption(),
    )


def _file(keys_dir: Path, alg: str) -> Path:
    return next(keys_dir.glob(f"{alg.lower()}-*.pem"))


def _rewrite(keys_dir: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = keys_dir / METADATA
    found = json.loads(path.read_text(encoding="utf-8"))
    change(found)
    path.write_text(json.dumps(found), encoding="utf-8")


def _set(name: str, value: object) -> Callable[[Path], None]:
    return lambda keys_dir: _rewrite(keys_dir, lambda all_: all_["keys"][0].update({name: value}))


def _both_active(keys_dir: Path) -> None:
    generate(keys_dir, "ES256", clock=FixedClock(store.read_records(keys_dir)[0].created_at))
    _rewrite(keys_dir, lambda all_: all_["keys"][2].update({"state": "active"}))


SPOILED: dict[str, tuple[Callable[[Path], object], tuple[str, ...]]] = {
    "no keyring.json": (lambda d: (d / METADATA).unlink(), ("no existe", "idp keys generate")),
    "broken keyring.json": (
        lambda d: (d / METADATA).write_bytes(b"\xff{"),
        ("forma esperada", "respaldo"),
    ),
    "keyring.json a list": (lambda d: (d / METADATA).write_bytes(b"[]"), ("forma esperada",)),
    "deep keyring.json": (
        lambda d: (d / METADATA).write_bytes(b"[" * 100_000),
        ("forma esperada",),
    ),
    "unknown state": (_set("state", "nueva"), ("forma esperada", "nueva")),
    "unknown alg": (_set("alg", "HS256"), ("forma esperada", "HS256")),
    "file elsewhere": (_set("file", "../x.pem"), ("forma esperada", "file")),
    "time without zone": (_set("created_at", "2026-01-01T00:00:00"), ("zone",)),
    "retired without a time": (_set("state", "retired"), ("retired_at",)),
    "no active key": (
        lambda d: _rewrite(d, lambda a: [one.update({"state": "next"}) for one in a["keys"]]),
        ("ninguna", "idp keys generate"),
    ),
    "two active": (_both_active, ("más de una", "ES256")),
    "another's kid": (_set("kid", "abc"), ("kid",)),
    "PEM missing": (lambda d: _file(d, "RS256").unlink(), ("rs256-", "no se puede leer")),
    "PEM not listed": (
        lambda d: (d / "otra.pem").write_bytes(b""),
        ("otra.pem", "no la nombra"),
    ),
    "readable by the group": (lambda d: _file(d, "RS256").chmod(0o640), ("0640", "chmod 600")),
    "readable by all": (lambda d: _file(d, "ES256").chmod(0o604), ("0604", "chmod 600")),
    "folder writable by all": (lambda d: d.chmod(0o777), ("chmod 700",)),
    "not a key": (lambda d: _file(d, "RS256").write_bytes(b"hola"), ("PKCS#8",)),
    "with a password": (
        lambda d: _file(d, "ES256").write_bytes(
            _pem(ec.generate_private_key(ec.SECP256R1()), b"x")
        ),
        ("sin contraseña",),
    ),
    "another curve": (
        lambda d: _file(d, "ES256").write_bytes(_pem(ec.generate_private_key(ec.SECP384R1()))),
        ("P-256",),
    ),
    "short RSA": (
        lambda d: _file(d, "RS256").write_bytes(_pem(rsa.generate_private_key(65537, 1024))),
        ("2048",),
    ),
    "EC as RSA": (
        lambda d: _file(d, "RS256").write_bytes(_file(d, "ES256").read_bytes()),
        ("RSA de 2048",),
    ),
    "replaced key": (
        lambda d: _file(d, "ES256").write_bytes(_pem(ec.generate_private_key(ec.SECP256R1()))),
        ("kid",),
    ),
}


@pytest.mark.parametrize("case", SPOILED.values(), ids=SPOILED.keys())
def test_load_spoiled_folder_is_refused_with_what_to_do(
    keys_dir: Path, clock: FixedClock, case: tuple[Callable[[Path], object], tuple[str, ...]]
) -> None:
    spoil, words = case
    spoil(keys_dir)
    with pytest.raises(KeyringError) as caught:
        Keyring.load(keys_dir, clock=clock)
    assert len(caught.value.problems) == 1, caught.value.problems
    for word in words:
        assert word in caught.value.problems[0]


def test_load_tells_every_problem_at_once(keys_dir: Path, clock: FixedClock) -> None:
    keys_dir.chmod(0o777)
    for path in keys_dir.glob("*.pem"):
        path.chmod(0o644)
    with pytest.raises(KeyringError) as caught:
        Keyring.load(keys_dir, clock=clock)
    assert len(caught.value.problems) == 3


def test_refusals_never_show_a_key(keys_dir: Path, clock: FixedClock) -> None:
    keyring = Keyring.load(keys_dir, clock=clock)
    assert "PRIVATE" not in repr(keyring.keys)
    number = keyring.keys[0].jose.as_dict(private=True)["d"]
    assert str(number) not in repr(keyring.keys)
