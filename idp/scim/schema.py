"""A person as a SCIM User (RFC 7643 §4.1): what of the core schema we keep, and our extension.

Where each attribute comes from is in the tables of `people`; a test holds those and these models
together.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from scim2_models import (
    URN,
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Extension,
    External,
    Filter,
    Mutability,
    Pagination,
    Patch,
    Reference,
    Required,
    Resource,
    ResourceType,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)

from idp.people.profile import DOCUMENT_TYPES
from idp.people.scim_paths import EXTENSION

MAX_OPERATIONS = 100
MAX_PAGE, USUAL_PAGE = 200, 100
PHONE_TYPES = ("work", "mobile", "fax", "other")
_Text = str | None
_ReadOnly = Annotated[str | None, Mutability.read_only]
_ReadOnlyMoment = Annotated[datetime | None, Mutability.read_only]


class Name(ComplexAttribute):
    """What a person is called, by parts."""

    family_name: _ReadOnly = None
    """Apellidos, as SUNAT says."""

    given_name: _ReadOnly = None
    """Nombres, as SUNAT says."""

    middle_name: _Text = None
    """Another name."""


class Email(ComplexAttribute):
    """The contact address."""

    value: _Text = None
    """The address."""

    type: _Text = Field(None, examples=["work"])
    """Always work."""

    primary: bool | None = None
    """Always true: there is one address."""


class PhoneNumber(ComplexAttribute):
    """A telephone number."""

    value: _Text = None
    """The number; of type other, with its + and country."""

    type: _Text = Field(None, examples=list(PHONE_TYPES))
    """At most one number of each type; work where none is said."""

    primary: bool | None = None
    """True for the only number; not kept otherwise."""


class Photo(ComplexAttribute):
    """A picture."""

    value: _Text = None
    """Its address, https."""

    type: _Text = Field(None, examples=["photo"])
    """Always photo."""

    primary: bool | None = None
    """Always true: there is one."""


class Address(ComplexAttribute):
    """A postal address as components are told it; the one of our form is in the extension."""

    street_address: _Text = None
    """Street and number."""

    locality: _Text = None
    """Town."""

    region: _Text = None
    """Region."""

    postal_code: _Text = None
    """Postal code."""

    country: _Text = None
    """Country."""

    type: _Text = Field(None, examples=["work"])
    """Always work."""

    primary: bool | None = None
    """Always true: there is one."""


class User(Resource[Any]):
    """A person who uses VUCE."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Mutability.immutable, Required.true, Uniqueness.server] = None
    """RUC and usuario SOL with a colon between them, or the Extranet user (EXT…)."""

    display_name: _Text = None
    """Razón social or full name; SUNAT's word once the person has logged in there."""

    name: Name | None = None
    """The name by parts."""

    user_type: _ReadOnly = Field(None, examples=["sol", "extranet"])
    """sol: a user of Clave SOL; extranet: an official."""

    nick_name: _Text = None
    """What they like to be called."""

    profile_url: _Text = None
    """The address of a page about them, https."""

    locale: _Text = None
    """A language such as es-PE."""

    timezone: _Text = None
    """A zone such as America/Lima."""

    active: Annotated[bool | None, Required.true] = None
    """Whether VUCE counts them among its users: contingency is closed to who is not."""

    emails: list[Email] | None = None
    """One contact address at most: the one proved last, or else the one written down last."""

    phone_numbers: list[PhoneNumber] | None = None
    """At most one of each type."""

    photos: list[Photo] | None = None
    """One picture at most."""

    addresses: list[Address] | None = None
    """One postal address at most."""


class Document(ComplexAttribute):
    """An identity document."""

    type: _Text = Field(None, examples=list(DOCUMENT_TYPES))
    """Kind of document."""

    number: _Text = None
    """Its number."""


class Person(Extension):
    """What VUCE and SUNAT know of a person beside the core schema."""

    __schema__ = URN(EXTENSION)

    ruc: _Text = None
    """RUC: eleven digits. That of a user of Clave SOL is in userName, and stays."""

    tipo_usuario: _ReadOnly = None
    """SUNAT's kind of user: 0 is the principal."""

    document: Document | None = None
    """Identity document; SUNAT vouches for that of a natural person's RUC."""

    website: _Text = None
    """Web site, https."""

    gender: _Text = None
    """Gender."""

    birthdate: _Text = None
    """1990-12-31, 0000-12-31 (without the year) or 1990."""

    phone_number_verified: bool | None = None
    """Whether the number of type other was verified."""

    ubigeo: _Text = None
    """District, by INEI's code of six digits."""

    street: _Text = None
    """Dirección, of the form."""

    reference: _Text = None
    """Referencia, of the form."""

    area: _Text = None
    """Área, of officials."""

    sub_area: _Text = None
    """Sub-área, of officials."""

    consent_at: datetime | None = None
    """When they accepted notifications; without it they did not."""

    email_verified_at: _ReadOnlyMoment = None
    """When its owner proved the address."""

    email_counts_from: _ReadOnlyMoment = None
    """From when the address counts for contingency."""

    email_undeliverable_at: _ReadOnlyMoment = None
    """When mail to the address was refused for good."""


PersonUser: Any = User.__class_getitem__(Person)

CONFIG = ServiceProviderConfig(
    patch=Patch(supported=True),
    # Any body of ours is at most so long (app.create.MAX_BODY).
    bulk=Bulk(supported=True, max_operations=MAX_OPERATIONS, max_payload_size=262_144),
    filter=Filter(supported=True, max_results=MAX_PAGE),
    change_password=ChangePassword(supported=False),
    sort=Sort(supported=True),
    etag=ETag(supported=True),
    pagination=Pagination(
        cursor=True,
        index=True,
        default_pagination_method=Pagination.DefaultPaginationMethod.index,
        default_page_size=USUAL_PAGE,
        max_page_size=MAX_PAGE,
    ),
    authentication_schemes=[
        AuthenticationScheme(
            type=AuthenticationScheme.Type.oauthbearertoken,
            name="OAuth 2.0 Bearer Token",
            description="client_credentials with the scopes scim:read and scim:write.",
            spec_uri=Reference[External]("https://www.rfc-editor.org/info/rfc6750"),
            primary=True,
        )
    ],
)
PROVIDER = ScimProvider(
    models=[User, Person],
    resource_types=[ResourceType.from_resource(PersonUser)],
    config=CONFIG,
)
