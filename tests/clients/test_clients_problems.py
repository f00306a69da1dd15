"""Every problem of clients.yaml: where it is told, and that it is told in words that help.

In the table, lines are those of `document(client(...))`: 2 client_id, 3 client_name,
4 redirect_uris, 5 scope, 6 secrets, then whatever else a row adds.
"""

from __future__ import annotations

import pytest
from clients_texts import HASH, OTHER_HASH, Load, client, document

from idp.clients.secrets import PLACEHOLDER

EXAMPLE = f"[{{hash: sha256:{PLACEHOLDER}}}]"
URI = "clients[0].redirect_uris[0]"

# id: (what the client's lines are, line, path, a word of the message, a word of the advice)
SHAPE = {
    "client_id missing": ({"client_id": None}, 2, "clients[0].client_id", "falta", "agregue"),
    "client_id with space": ({"client_id": "a b"}, 2, "clients[0].client_id", "no sirve", "letras"),
    "name is a number": ({"client_name": "5"}, 3, "clients[0].client_name", "texto", "comillas"),
    "name empty": ({"client_name": "''"}, 3, "clients[0].client_name", "vacío", "escriba"),
    "name without value": ({"client_name": ""}, 3, "clients[0].client_name", "vacío", "comillas"),
    "uris not a list": ({"redirect_uris": "https://a.pe/c"}, 4, "clients[0].redirect_uris",
                        "lista", "- valor"),
    "uris empty": ({"redirect_uris": "[]"}, 4, "clients[0].redirect_uris", "vacía", "al menos"),
    "uri twice": ({"redirect_uris": "[https://a.pe/c, https://a.pe/c]"}, 4,
                  "clients[0].redirect_uris[1]", "repetido", "una sola vez"),
    "unknown key near": ({"client_nam": "x"}, 7, "clients[0].client_nam", "desconocida",
                         "client_name"),
    "habit scopes": ({"scopes": "[openid]"}, 7, "clients[0].scopes", "desconocida", "`scope`"),
    "unknown key far": ({"zzzz": "x"}, 7, "clients[0].zzzz", "desconocida", "uno de"),
    "contingency key": ({"contingency": "{alowed: true}"}, 7, "clients[0].contingency.alowed",
                        "desconocida", "allowed"),
    "contingency not a map": ({"contingency": "false"}, 7, "clients[0].contingency", "bloque",
                              "clave: valor"),
    "contingency word": ({"contingency": "{allowed: 'no'}"}, 7, "clients[0].contingency.allowed",
                         "true o false", "sin comillas"),
    "nudge key": ({"nudge": "{yearli: true}"}, 7, "clients[0].nudge.yearli", "desconocida",
                  "yearly"),
    "nudge word": ({"nudge": "{missing: 'no'}"}, 7, "clients[0].nudge.missing", "true o false",
                   "sin comillas"),
    "on_recovery": ({"contingency": "{on_recovery: stop}"}, 7,
                    "clients[0].contingency.on_recovery", "«stop»", "keep"),
    "recovery_limit": ({"contingency": "{recovery_limit: -1}"}, 7,
                       "clients[0].contingency.recovery_limit", "fuera", "86400"),
    "recovery_limit of what is kept": (
        {"contingency": "{on_recovery: keep, recovery_limit: 60}"}, 7,
        "clients[0].contingency.recovery_limit", "solo sirve", "limit"),
    "logout without anybody to tell": (
        {"contingency": "{on_recovery: logout}"}, 7, "clients[0].contingency.on_recovery",
        "backchannel_logout_uri", "limit"),
    "max_session": ({"contingency": "{max_session: 5}"}, 7, "clients[0].contingency.max_session",
                    "fuera", "60"),
    "state_lifetime low": ({"state_lifetime": "59"}, 7, "clients[0].state_lifetime", "59",
                           "entre 60 y 3600"),
    "state_lifetime high": ({"state_lifetime": "3601"}, 7, "clients[0].state_lifetime", "3601",
                            "entre 60 y 3600"),
    "state_lifetime text": ({"state_lifetime": "'300'"}, 7, "clients[0].state_lifetime",
                            "entero", "sin comillas"),
    "alg": ({"id_token_signed_response_alg": "HS256"}, 7,
            "clients[0].id_token_signed_response_alg", "«HS256»", "RS256"),
    "alg none": ({"id_token_signed_response_alg": "none"}, 7,
                 "clients[0].id_token_signed_response_alg", "«none»", "RS256"),
    "auth method": ({"token_endpoint_auth_method": "client_secret_basi"}, 7,
                    "clients[0].token_endpoint_auth_method", "no está admitido",
                    "client_secret_basic"),
    "grant": ({"grant_types": "[implicit]"}, 7, "clients[0].grant_types[0]", "«implicit»",
              "authorization_code"),
    "response type": ({"response_types": "[token]"}, 7, "clients[0].response_types[0]",
                      "«token»", "code"),
    "require_pkce": ({"require_pkce": "si"}, 7, "clients[0].require_pkce", "true o false", "true"),
}  # fmt: skip

RULES = {
    "relative": ({"redirect_uris": "[/callback]"}, 4, URI, "absoluta", "https://"),
    "no host": ({"redirect_uris": "['https:///c']"}, 4, URI, "absoluta", "https://"),
    "fragment": ({"redirect_uris": "['https://a.pe/c#x']"}, 4, URI, "fragmento", "#"),
    "empty fragment": ({"redirect_uris": "['https://a.pe/c#']"}, 4, URI, "fragmento", "#"),
    "wildcard host": ({"redirect_uris": "['https://*.a.pe/c']"}, 4, URI, "comodines", "completa"),
    "wildcard path": ({"redirect_uris": "['https://a.pe/*']"}, 4, URI, "comodines", "completa"),
    "userinfo": ({"redirect_uris": "['https://u:p@a.pe/c']"}, 4, URI, "usuario", "@"),
    "http": ({"redirect_uris": "['http://a.pe/c']"}, 4, URI, "http", "https"),
    "http lookalike": ({"redirect_uris": "['http://localhost.a.pe/c']"}, 4, URI, "http", "https"),
    "script": ({"redirect_uris": "['javascript://a.pe/%0aalert(1)']"}, 4, URI, "javascript",
               "https"),
    "backslash": ({"redirect_uris": "['https://a.pe\\b.pe/c']"}, 4, URI, "caracteres", "%XX"),
    "space": ({"redirect_uris": "['https://a.pe/c d']"}, 4, URI, "espacios", "%XX"),
    "not ascii": ({"redirect_uris": "['https://ñandú.pe/c']"}, 4, URI, "caracteres", "punycode"),
    "bad port": ({"redirect_uris": "['https://a.pe:99999/c']"}, 4, URI, "válida", "https://"),
    "bad brackets": ({"redirect_uris": "['https://[a.pe/c']"}, 4, URI, "válida", "https://"),
    **{
        f"place {place}": ({"redirect_uris": f"['https://{place}/c']"}, 4, URI,
                           "el dominio o el puerto", "https://")
        for place in ("a..pe", ".a.pe", "a,b.pe", "%61.pe", "a.pe%2fmalo", "a.pe:", "a.pe:0",
                      "-a.pe", "a-.pe")
    },
    "name of two lines": ({"client_name": '"Uno\\nDos"'}, 3, "clients[0].client_name",
                          "saltos de línea", "Uno Dos"),
    "name that turns around": ({"client_name": '"Uno\\u202e"'}, 3, "clients[0].client_name",
                               "invisibles", "Uno"),
    "logout http": ({"post_logout_redirect_uris": "['http://a.pe/']"}, 7,
                    "clients[0].post_logout_redirect_uris[0]", "http", "https"),
    "initiate http": ({"initiate_login_uri": "http://a.pe/login"}, 7,
                      "clients[0].initiate_login_uri", "http", "https"),
    "client_uri relative": ({"client_uri": "inicio"}, 7, "clients[0].client_uri", "absoluta",
                            "https://"),
    "origin with its scheme's own port": (
        {"allowed_origins": "['https://a.pe:443']"}, 7, "clients[0].allowed_origins[0]",
        "solo esquema", "https://a.pe",
    ),
    "origin with an empty port": (
        {"allowed_origins": "['https://a.pe:']"}, 7, "clients[0].allowed_origins[0]",
        "el dominio o el puerto", "https://componente.vuce.gob.pe",
    ),
    "number beyond any use": (
        {"state_lifetime": "0x" + "f" * 5_000}, 7, "clients[0].state_lifetime", "no se entiende",
        "comillas",
    ),
    "origin with path": ({"allowed_origins": "['https://a.pe/']"}, 7,
                         "clients[0].allowed_origins[0]", "solo esquema", "https://a.pe"),
    "no openid": ({"scope": "profile"}, 5, "clients[0].scope", "openid", "openid profile"),
    "unknown scope": ({"scope": "openid profil"}, 5, "clients[0].scope", "«profil»", "profile"),
    "realm": ({"realms": "[sol, extrane]"}, 7, "clients[0].realms[1]", "«extrane»", "extranet"),
    "secret missing": ({"secrets": None}, 2, "clients[0].secrets", "falta un secreto",
                       "idp clients secret"),
    "secrets empty": ({"secrets": "[]"}, 6, "clients[0].secrets", "falta un secreto",
                      "idp clients secret"),
    "secrets three": ({"secrets": f"[{{hash: {HASH}}}, {{hash: {OTHER_HASH}}}, "
                                  f"{{hash: 'sha256:{'ef' * 32}'}}]"}, 6, "clients[0].secrets",
                      "más de dos", "quite"),
    "secret twice": ({"secrets": f"[{{hash: {HASH}}}, {{hash: {HASH}}}]"}, 6,
                     "clients[0].secrets[1].hash", "dos veces", "quite uno"),
    "secret in upper case": ({"secrets": f"[{{hash: sha256:{'AB' * 32}}}]"}, 6,
                             "clients[0].secrets[0].hash", "hash", "idp clients secret"),
    "not_after without zone": ({"secrets": f"[{{hash: {HASH}, not_after: '2027-01-31T10:00:00'}}]"},
                               6, "clients[0].secrets[0].not_after", "zona", "-05:00"),
    "not_after a date": ({"secrets": f"[{{hash: {HASH}, not_after: 2027-01-31}}]"}, 6,
                         "clients[0].secrets[0].not_after", "zona", "-05:00"),
    "not_after nonsense": ({"secrets": f"[{{hash: {HASH}, not_after: mañana}}]"}, 6,
                           "clients[0].secrets[0].not_after", "zona", "-05:00"),
    "none with secret": ({"token_endpoint_auth_method": "none"}, 6, "clients[0].secrets",
                         "no tiene secretos", "quite"),
    "none without pkce": ({"secrets": None, "token_endpoint_auth_method": "none",
                           "require_pkce": "false"}, 7, "clients[0].require_pkce", "PKCE", "true"),
}  # fmt: skip

ALL = SHAPE | RULES


@pytest.mark.parametrize("case", ALL.values(), ids=ALL.keys())
def test_load_one_mistake_is_the_only_problem_and_is_placed(load: Load, case: tuple) -> None:
    lines, line, path, message, instead = case
    result = load(document(client(**lines)))
    assert [(one.line, one.path) for one in result.problems] == [(line, path)]
    problem = result.problems[0]
    assert message in problem.message
    assert instead in problem.instead
    assert problem.column > 1
    assert problem.file.endswith("clients.yaml")
    assert not result.clients


CLEAR_TEXT = {
    "client_secret": ({"secrets": None, "client_secret": "Sup3rSecreto"}, 6),
    "item": ({"secrets": "[Sup3rSecreto]"}, 6),
    "hash": ({"secrets": "[{hash: Sup3rSecreto}]"}, 6),
    "hash with prefix": ({"secrets": "[{hash: 'sha256:Sup3rSecreto'}]"}, 6),
    "quoted number": ({"secrets": "[{hash: 123456}]"}, 6),
}


@pytest.mark.parametrize("case", CLEAR_TEXT.values(), ids=CLEAR_TEXT.keys())
def test_load_secret_in_clear_text_is_refused_without_repeating_it(load: Load, case: tuple) -> None:
    lines, line = case
    problems = load(document(client(**lines))).problems
    assert [one.line for one in problems] == [line]
    assert "no en claro" in problems[0].message
    assert "idp clients secret" in problems[0].instead
    assert "Sup3rSecreto" not in str(problems[0])
    assert "123456" not in str(problems[0])


PRODUCTION = {
    "loopback redirect": ({"redirect_uris": "['http://localhost:8001/c']"}, URI),
    "loopback IPv4": ({"redirect_uris": "['http://127.0.0.1/c']"}, URI),
    "loopback IPv6": ({"redirect_uris": "['http://[::1]:80/c']"}, URI),
    "loopback logout": ({"post_logout_redirect_uris": "['http://localhost/']"},
                        "clients[0].post_logout_redirect_uris[0]"),
    "loopback initiate": ({"initiate_login_uri": "http://localhost/login"},
                          "clients[0].initiate_login_uri"),
    "initiate of a native": ({"application_type": "native",
                              "initiate_login_uri": "http://localhost/login"},
                             "clients[0].initiate_login_uri"),
    "example secret": ({"secrets": EXAMPLE}, "clients[0].secrets[0].hash"),
}  # fmt: skip


@pytest.mark.parametrize("case", PRODUCTION.values(), ids=PRODUCTION.keys())
def test_load_development_convenience_is_refused_in_production_only(
    load: Load, case: tuple
) -> None:
    lines, path = case
    text = document(client(**lines))
    assert load(text).ok
    assert [one.path for one in load(text, production=True).problems] == [path]


def test_load_native_loopback_redirect_is_accepted_in_production(load: Load) -> None:
    lines = {"application_type": "native", "redirect_uris": "['http://127.0.0.1:7777/c']"}
    assert load(document(client(**lines)), production=True).problems == ()


def test_load_repeated_client_id_names_both_lines(load: Load) -> None:
    result = load(document(client("a"), client("b"), client("a")))
    assert [(one.line, one.path) for one in result.problems] == [(12, "clients[2].client_id")]
    assert "líneas 2 y 12" in result.problems[0].message


def test_load_repeated_key_names_both_lines(load: Load) -> None:
    result = load(document(client() + "    client_name: Dos\n"))
    assert [(one.line, one.path) for one in result.problems] == [(7, "clients[0].client_name")]
    assert "líneas 3 y 7" in result.problems[0].message


def test_load_many_mistakes_are_all_told_in_the_order_of_the_file(load: Load) -> None:
    bad = {"client_name": "''", "redirect_uris": "['/a#*']", "scope": "x", "secrets": "[clave]"}
    result = load(document(client(**bad), client("a b")))
    assert [(one.line, one.path) for one in result.problems] == [
        (3, "clients[0].client_name"),
        (4, "clients[0].redirect_uris[0]"),
        (4, "clients[0].redirect_uris[0]"),
        (4, "clients[0].redirect_uris[0]"),
        (5, "clients[0].scope"),
        (5, "clients[0].scope"),
        (6, "clients[0].secrets[0]"),
        (7, "clients[1].client_id"),
    ]


def test_problem_as_text_is_one_line_that_an_editor_can_jump_to(load: Load) -> None:
    problem = load(document(client(state_lifetime="5"))).problems[0]
    assert str(problem).endswith(
        "clients.yaml:7:21: clients[0].state_lifetime: «5» está fuera de lo admitido"
        " → entre 60 y 3600 segundos"
    )


def test_problem_with_control_characters_cannot_steer_a_terminal(load: Load) -> None:
    problem = load(document(client(scope='"openid \\e[2J"'))).problems[0]
    assert "\x1b" not in str(problem)
