"""Which passwords are taken, and how they are kept."""

from __future__ import annotations

import threading

import pytest

from idp.admin import passwords
from idp.admin.password_rules import problem
from idp.admin.passwords import COST, Cost, Passwords
from idp.kernel.errors import IdpError
from idp.kernel.random import SystemRandom
from tests.support.world import CHEAP


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery", "cuatro nubes verdes corren", "8472913048576", "xK9#mQ2$vL7p",
        "tres gatos en la luna", "        a b c d e f       h", "ñandúes sobre Ancón",
    ],
)  # fmt: skip
def test_long_password_that_nobody_would_try_is_taken(password: str) -> None:
    assert problem(password, ["ana.quispe", "consola", "vuce", "gob", "pe"]) is None


@pytest.mark.parametrize(
    "password",
    [
        "P4ssw0rd2024!", "Administrador.2026", "Contraseña12345", "vuceVUCE2026!!", "Sol2026Lima2026",
        "mi clave de sunat", "ana.quispe2026!", "Quispe-2026-Ana", "123456789012", "abcdefghijkl",
        "qwertyuiop12", "zxcvbnmasdfgh", "aaaaaaaaaaaa", "abcabcabcabc", "            ",
        "Mincetur*Peru*2026", "CONTINGENCIA2026", "ｐａｓｓｗｏｒｄ２０２６",
    ],
)  # fmt: skip
def test_password_that_is_tried_first_is_not_taken(password: str) -> None:
    assert "primeras que alguien probaría" in str(problem(password, ["ana.quispe"]))


@pytest.mark.parametrize(
    ("password", "said"), [("once letra", "12"), ("x y" * 43, "128"), ("", "12")]
)
def test_length_is_from_12_to_128(password: str, said: str) -> None:
    assert said in str(problem(password))


def made(threads: int = 8) -> Passwords:
    return Passwords(random=SystemRandom(), cost=CHEAP, threads=threads)


def test_password_is_kept_as_argon2id_and_known_again() -> None:
    found = made()
    kept = found.hash("una frase muy larga")
    assert kept.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert found.hash("una frase muy larga") != kept
    assert found.matches(kept, "una frase muy larga")
    assert not found.matches(kept, "una frase muy larg")
    assert not found.matches(None, "una frase muy larga")


def test_password_is_the_same_whichever_keyboard_typed_it() -> None:
    found = made()
    assert found.matches(found.hash("camio\u0301n de pin\u0303as"), "camión de piñas")


def test_cost_is_the_rfcs_and_a_kept_password_outlives_another() -> None:
    assert Cost(memory=65_536, passes=3, lanes=4) == COST
    dearer = Passwords(random=SystemRandom(), cost=Cost(memory=16, passes=2, lanes=1))
    kept = made().hash("una frase muy larga")
    assert dearer.matches(kept, "una frase muy larga")
    assert dearer._nobodys.startswith("$argon2id$v=19$m=16,t=2,p=1$")
    assert dearer.outdated(kept)
    assert not dearer.outdated(dearer.hash("una frase muy larga"))
    # Which begins as another does.
    assert Passwords(random=SystemRandom(), cost=Cost(memory=1, passes=2, lanes=1)).outdated(
        dearer.hash("una frase muy larga")
    )


def test_hashing_is_few_at_a_time_and_says_when_it_is_too_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = made(threads=4)  # of which one hashes, and one waits
    begun, over = threading.Event(), threading.Event()

    class Slow:
        @staticmethod
        def verify_phc_encoded(password: bytes, kept: str) -> None:
            begun.set()
            assert over.wait(20)

    monkeypatch.setattr(passwords, "Argon2id", Slow)
    monkeypatch.setattr(passwords, "_QUEUE_SECONDS", 20.0)
    answers: list[bool] = []
    threads = [
        threading.Thread(target=lambda: answers.append(found.matches("x", "y"))) for _ in range(2)
    ]
    threads[0].start()
    assert begun.wait(20)
    threads[1].start()
    while found._places.acquire(blocking=False):  # until the second one waits
        found._places.release()
    with pytest.raises(IdpError) as busy:
        found.matches("x", "y")
    assert (busy.value.code, busy.value.status, busy.value.retry_after) == ("console_busy", 503, 5)
    over.set()
    for one in threads:
        one.join(20)
    assert answers == [True, True]
