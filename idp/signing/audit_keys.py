"""The audit key: a folder of its own, and Ed25519 signatures under statements about the log.

It is long-lived and apart from the keys that sign tokens: who checks a statement years later needs
its public half alone, and a leak of the one says nothing about the other.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry

from idp.audit.ports import NoAuditKey
from idp.kernel.clock import Clock
from idp.kernel.errors import StartError
from idp.kernel.files import replace_private, write_private

METADATA = "audit-keys.json"
TYP = "vuce-audit+jws"
# RFC 9864 §2.2; `EdDSA` is what older libraries call it.
ALG = "Ed25519"
_REGISTRY = JWSRegistry(algorithms=[ALG])
_MAX_BYTES = 65_536


@dataclass(frozen=True)
class AuditKey:
    """A row of audit-keys.json. state: `active` signs, `next` is about to, `retired` did. public:
    the JWK (RFC 8037 §2).
    """

    kid: str
    state: str
    created_at: datetime
    public: Mapping[str, Any]

    @property
    def file(self) -> str:
        """The name of its PEM."""
        return f"audit-{self.kid}.pem"


class AuditKeyFolder:
    """`audit.ports.CheckpointSigner` by the active key of a folder; read anew for each signature,
    which is rare, so that a rotation counts at once.
    """

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        self.folder = folder
        self._clock = clock

    def sign(self, payload: Mapping[str, Any]) -> str:
        """A compact JWS by the active key."""
        return self._sign(self._of("active"), payload)

    def records(self) -> tuple[AuditKey, ...]:
        """Every key, the oldest first. Raises NoAuditKey."""
        try:
            rows = json.loads((self.folder / METADATA).read_bytes()[:_MAX_BYTES])["keys"]
            return tuple(_key(row) for row in rows)
        except FileNotFoundError as error:
            raise NoAuditKey(f"{self.folder}: no hay; cree una con `idp audit key init`") from error
        except OSError as error:
            raise NoAuditKey(f"{self.folder}: no se puede leer ({error.strerror})") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise NoAuditKey(f"{self.folder / METADATA}: no tiene la forma esperada") from error

    def problems(self) -> list[str]:
        """What keeps the active key from signing, a line each, in Spanish."""
        try:
            self._private(self._of("active"))
        except NoAuditKey as error:
            return [error.detail]
        if self.folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            return [
                f"{self.folder}: otros usuarios pueden escribir en esta carpeta; "
                f"ejecute: chmod 700 {self.folder}"
            ]
        return []

    def generate(self) -> AuditKey:
        """Make the first key. Raises FileExistsError where there is one, StartError."""
        if (self.folder / METADATA).exists():
            raise FileExistsError(self.folder / METADATA)
        return self._make("active", ())

    def prepare(self) -> tuple[AuditKey, _One]:
        """The successor, made if it is not there yet, and what signs with it."""
        known = self.records()
        made = next((one for one in known if one.state == "next"), None)
        made = made or self._make("next", known)
        return made, _One(self, made)

    def succeed(self) -> AuditKey:
        """The successor signs from now on; it."""
        states = {"active": "retired", "next": "active"}
        changed = [
            AuditKey(one.kid, states.get(one.state, one.state), one.created_at, one.public)
            for one in self.records()
        ]
        self._write(changed)
        return self._of("active")

    def jwks(self) -> dict[str, Any]:
        """The public keys, the oldest first: what an auditor keeps."""
        return {"keys": [dict(one.public) for one in self.records()]}

    def _of(self, state: str) -> AuditKey:
        for one in self.records():
            if one.state == state:
                return one
        raise NoAuditKey(f"{self.folder / METADATA}: ninguna llave está activa")

    def _make(self, state: str, others: Sequence[AuditKey]) -> AuditKey:
        # The randomness is OpenSSL's own, as for the signing keys.
        native = ed25519.Ed25519PrivateKey.generate()
        kid = OKPKey.import_key(native).thumbprint()
        found = dict(OKPKey.import_key(native).as_dict(private=False))
        public = {"kty": "OKP", "crv": "Ed25519", "x": found["x"], "kid": kid, "alg": ALG}
        made = AuditKey(kid, state, self._clock.now(), {**public, "use": "sig"})
        pem = native.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # The PEM before its row: a row without one would sign nothing.
            write_private(self.folder / made.file, pem)
            self._write((*others, made))
        except OSError as error:
            raise StartError([f"{self.folder}: no se pudo escribir ({error.strerror})"]) from error
        return made

    def _write(self, keys: Iterable[AuditKey]) -> None:
        rows = [
            {
                "kid": one.kid,
                "state": one.state,
                "created_at": one.created_at.isoformat(),
                "public": dict(one.public),
            }
            for one in keys
        ]
        text = json.dumps({"keys": rows}, indent=2) + "\n"
        replace_private(self.folder / METADATA, text.encode())

    def _private(self, key: AuditKey) -> OKPKey:
        path = self.folder / key.file
        try:
            with path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                if mode & 0o077:
                    raise NoAuditKey(
                        f"{path}: otros usuarios pueden leer esta llave privada (modo "
                        f"{stat.S_IMODE(mode):04o}); ejecute: chmod 600 {path}"
                    )
                native = serialization.load_pem_private_key(file.read(_MAX_BYTES), password=None)
        except OSError as error:
            raise NoAuditKey(f"{path}: no se puede leer ({error.strerror})") from error
        except (ValueError, TypeError) as error:
            raise NoAuditKey(f"{path}: no es una llave privada PKCS#8 en PEM") from error
        if not isinstance(native, ed25519.Ed25519PrivateKey):
            raise NoAuditKey(f"{path}: no es una llave Ed25519")
        found = OKPKey.import_key(native)
        if found.thumbprint() != key.kid:
            raise NoAuditKey(f"{path}: no es la llave que {METADATA} nombra")
        return found

    def _sign(self, key: AuditKey, payload: Mapping[str, Any]) -> str:
        text = json.dumps(payload, sort_keys=True, separators=(",", ":"))
        header = {"alg": ALG, "kid": key.kid, "typ": TYP}
        return jws.serialize_compact(header, text, self._private(key), registry=_REGISTRY)


class _One:
    """Signs with one key of the folder, whatever its state."""

    def __init__(self, folder: AuditKeyFolder, key: AuditKey) -> None:
        self._folder = folder
        self._key = key

    def sign(self, payload: Mapping[str, Any]) -> str:
        """A compact JWS."""
        return self._folder._sign(self._key, payload)


class TrustedAuditKeys:
    """`audit.ports.CheckpointKeys`: those of a JWK set, and whom they name as their successors."""

    def __init__(self, jwks: Mapping[str, Any] | None = None) -> None:
        self._keys: dict[str, OKPKey] = {}
        for one in (jwks or {"keys": []})["keys"]:
            self.trust(one)

    @classmethod
    def read(cls, path: Path) -> TrustedAuditKeys:
        """Of a file with a JWK set or one JWK. Raises StartError."""
        try:
            found = json.loads(path.read_bytes()[:_MAX_BYTES])
            trusted = cls(found if "keys" in found else {"keys": [found]})
        except OSError as error:
            raise StartError([f"{path}: {error.strerror}"]) from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise StartError([f"{path}: no es una llave pública de auditoría (JWK)"]) from error
        if not trusted._keys:
            raise StartError([f"{path}: no hay ninguna llave"])
        return trusted

    def open(self, token: str) -> tuple[str, dict[str, Any]]:
        """The kid of who signed, and what."""
        try:
            # The algorithm and the key are ours to say, never the token's (RFC 8725 §3.1).
            found = jws.extract_compact(token.encode("ascii"))
            header = found.headers()
            if header.get("typ") != TYP or header.get("alg") != ALG:
                raise ValueError("another kind of statement")
            kid = str(header.get("kid"))
            if kid not in self._keys:
                raise ValueError("signed by a key that is not trusted")
            checked = jws.deserialize_compact(token, self._keys[kid], registry=_REGISTRY)
            payload = json.loads(checked.payload)
        except (JoseError, TypeError, AttributeError) as error:
            raise ValueError("the signature is not good") from error
        if not isinstance(payload, dict):
            raise ValueError("not a statement")
        return kid, payload

    def trust(self, jwk: Mapping[str, Any]) -> str:
        """Trust this key too; its kid, which is its thumbprint (RFC 7638)."""
        try:
            if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519" or "d" in jwk:
                raise ValueError("not a public Ed25519 key")
            found = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": jwk["x"]})
        except (JoseError, KeyError, TypeError, AttributeError) as error:
            raise ValueError("not a public Ed25519 key") from error
        kid = found.thumbprint()
        self._keys[kid] = found
        return kid


def _key(row: Mapping[str, Any]) -> AuditKey:
    at = datetime.fromisoformat(row["created_at"])
    return AuditKey(str(row["kid"]), str(row["state"]), at, dict(row["public"]))
