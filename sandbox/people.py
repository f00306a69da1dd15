"""The people of the sandbox: synthetic, with RUCs whose check digits are right.

One list that the mock SUNAT lets in, the demo seeds and the tests walk through.
"""

from __future__ import annotations

from dataclasses import dataclass

SOL = "sol"
EXTRANET = "extranet"
PASSWORD = "sandbox"


@dataclass(frozen=True)
class SandboxPerson:
    """One person who can log in at the mock SUNAT.

    `key` is unique and equals `usuario`. `ruc` is the taxpayer's, or for an official the
    entity's. `seeded`: the demo's database knows the person from an earlier login;
    `email`, `verified` and `consent` are what it then knows, for so many `days`; `seen`: the last
    login was so many days ago. `note` is Spanish, for people.
    """

    key: str
    realm: str
    ruc: str
    usuario: str
    password: str
    nombres: str
    ape_paterno: str
    ape_materno: str
    razon_social: str | None
    email: str | None
    consent: bool
    verified: bool
    seeded: bool
    note: str
    days: int = 20
    seen: int = 2

    @property
    def name(self) -> str:
        """The company's name, else the person's in full (surnames first, as SUNAT writes)."""
        return self.razon_social or f"{self.ape_paterno} {self.ape_materno} {self.nombres}"

    @property
    def login(self) -> str:
        """SUNAT's own login name: RUC and user without a separator."""
        return self.ruc + self.usuario

    @property
    def eligible(self) -> bool:
        """Whether the person may enter by an e-mailed link while SUNAT is down."""
        return self.seeded and self.verified and self.consent and self.email is not None


def _person(
    realm: str,
    ruc: str,
    usuario: str,
    names: tuple[str, str, str],
    note: str,
    *,
    company: str | None = None,
    email: bool = True,
    consent: bool = True,
    verified: bool = True,
    seeded: bool = True,
    days: int = 20,
    seen: int = 2,
) -> SandboxPerson:
    return SandboxPerson(
        key=usuario,
        realm=realm,
        ruc=ruc,
        usuario=usuario,
        password=PASSWORD,
        nombres=names[0],
        ape_paterno=names[1],
        ape_materno=names[2],
        razon_social=company,
        email=f"{usuario.lower()}@example.com" if email else None,
        consent=consent,
        verified=verified,
        seeded=seeded,
        note=note,
        days=days,
        seen=seen,
    )


PEOPLE: tuple[SandboxPerson, ...] = (
    _person(
        SOL,
        "20504774288",
        "IMPORTA1",
        ("ROSA ELENA", "PRUEBA", "QUISPE"),
        "Empresa; puede ingresar en contingencia",
        company="IMPORTADORA DE PRUEBA S.A.C.",
    ),
    _person(
        SOL,
        "20131312955",
        "EXPORTA1",
        ("JORGE LUIS", "ENSAYO", "ÑAUPARI"),
        "Empresa; puede ingresar en contingencia",
        company="EXPORTADORA DE ENSAYO S.A.",
        days=11,
        seen=5,
    ),
    _person(
        SOL,
        "10123456781",
        "PERSONA1",
        ("MARÍA JOSÉ", "MUESTRA", "HUAMÁN"),
        "Persona natural; puede ingresar en contingencia",
        days=9,
        seen=9,
    ),
    _person(
        SOL,
        "20999999990",
        "NUEVO001",
        ("LUCÍA", "DEMO", "CÁRDENAS"),
        "Nunca ha ingresado a la VUCE",
        company="COMERCIAL NUEVA DE PRUEBA E.I.R.L.",
        email=False,
        consent=False,
        verified=False,
        seeded=False,
    ),
    _person(
        SOL,
        "15000000016",
        "SINCORRE",
        ("PEDRO", "EJEMPLO", "SALAS"),
        "Sin correo electrónico registrado",
        email=False,
        verified=False,
        seen=12,
    ),
    _person(
        SOL,
        "17000000019",
        "SINCONSE",
        ("CARMEN", "FICTICIA", "ROJAS"),
        "Correo verificado, sin aceptar las notificaciones",
        consent=False,
        seen=20,
    ),
    _person(
        SOL,
        "20000000001",
        "SINVERIF",
        ("RAÚL", "MODELO", "TORRES"),
        "Correo registrado, sin verificar",
        company="AGROINDUSTRIAS DE MUESTRA S.R.L.",
        verified=False,
        seen=45,
    ),
    _person(
        SOL,
        "20504774288",
        "ANTIGUO1",
        ("JULIA", "PRUEBA", "LOAYZA"),
        "Verificó su correo hace más de un año: se le pregunta si sigue siendo suyo",
        company="IMPORTADORA DE PRUEBA S.A.C.",
        days=400,
        seen=16,
    ),
    _person(
        EXTRANET,
        "20131312955",
        "EXT0001",
        ("ANA SOFÍA", "PRUEBA", "VILLANUEVA"),
        "Funcionaria; puede ingresar en contingencia",
        days=6,
        seen=1,
    ),
    _person(
        EXTRANET,
        "20131312955",
        "EXT0002",
        ("LUIS ALBERTO", "ENSAYO", "PAREDES"),
        "Funcionario sin correo electrónico registrado",
        email=False,
        verified=False,
        seen=60,
    ),
    _person(
        EXTRANET,
        "20131312955",
        "EXT0003",
        ("TERESA", "MUESTRA", "ÑÁÑEZ"),
        "Funcionaria; puede ingresar en contingencia",
        days=3,
        seen=3,
    ),
    _person(
        EXTRANET,
        "20131312955",
        "EXTNUEVO",
        ("DIEGO", "DEMO", "CASTILLO"),
        "Funcionario que nunca ha ingresado a la VUCE",
        email=False,
        consent=False,
        verified=False,
        seeded=False,
    ),
)


def person(key: str) -> SandboxPerson:
    """The person of that key. Raises KeyError when there is none."""
    for one in PEOPLE:
        if one.key == key:
            return one
    raise KeyError(key)


def of_realm(realm: str, people: tuple[SandboxPerson, ...] = PEOPLE) -> tuple[SandboxPerson, ...]:
    """The people of one realm, in the list's order."""
    return tuple(one for one in people if one.realm == realm)


def find(
    realm: str, usuario: str, ruc: str | None = None, people: tuple[SandboxPerson, ...] = PEOPLE
) -> SandboxPerson | None:
    """Whoever logs in as that user; an official is found without a RUC."""
    for one in of_realm(realm, people):
        if one.usuario == usuario and (ruc is None or one.ruc == ruc):
            return one
    return None


STANDARD_CLAIMS = (
    "middle_name", "nickname", "profile", "picture", "website", "gender", "birthdate", "zoneinfo",
    "locale", "phone_number", "phone_number_verified", "street_address", "locality", "region",
    "postal_code", "country",
)  # fmt: skip


def standard_claims(one: SandboxPerson) -> dict[str, str]:
    """What a file tells of a person beside their address, a value for each of STANDARD_CLAIMS.

    Everybody has all of them, so that a relying party can be tried with each.
    """
    page = f"https://example.com/personas/{one.key.lower()}"
    values = (
        one.nombres.split()[-1].title(), one.nombres.split()[0].title(), page, f"{page}.png", page,
        "no declarado", "1990-05-15", "America/Lima", "es-PE", "+5112071510", "true",
        "Avenida de Prueba 100", "San Isidro", "Lima", "15036", "PE",
    )  # fmt: skip
    return dict(zip(STANDARD_CLAIMS, values, strict=True))
