"""What the API answers, as the nouns of an attempt."""

from powens_flow import attempt as a
from powens_flow.api import models as m
from powens_flow.handlers import shapes

READ = m.Connector(
    id=40,
    uuid="u-40",
    name="Banque",
    auth_mechanism="credentials",
    capabilities=("bank",),
    sources=(
        m.Source(1, "directaccess", priority=None),
        m.Source(
            2,
            "openapi",
            auth_mechanism="webauth",
            disabled=True,
            priority=3,
            account_types=("checking",),
        ),
    ),
    fields=(
        m.Field("login"),
        m.Field(
            "website",
            "list",
            label="Espace",
            required=True,
            values=(m.FieldValue("1", "Particuliers"), m.FieldValue("2")),
            connector_sources=("openapi",),
            auth_mechanisms=("webauth",),
        ),
    ),
)


def test_a_connector_keeps_what_planning_needs() -> None:
    made = shapes.connector(READ)
    assert (made.id, made.uuid, made.name, made.mechanism) == (40, "u-40", "Banque", "credentials")
    assert made.capabilities == ("bank",)


def test_a_source_without_a_mechanism_has_its_connectors() -> None:
    first, second = shapes.connector(READ).sources
    assert (first.mechanism, first.priority, first.disabled) == ("credentials", 0, False)
    assert (second.mechanism, second.priority, second.disabled) == ("webauth", 3, True)
    assert second.account_types == ("checking",)


def test_a_mechanism_that_nobody_names_is_none() -> None:
    bare = m.Connector(id=1, uuid="u", name="n", sources=(m.Source(1, "x"),))
    made = shapes.connector(bare)
    assert (made.mechanism, made.sources[0].mechanism) == ("", "")


def test_fields_show_their_names_where_they_have_no_label() -> None:
    login, website = shapes.connector(READ).fields
    assert login == a.AskedField("login", label="login", required=False)
    assert website.values == (a.Choice("Particuliers", "1"), a.Choice("2", "2"))
    assert (website.sources, website.mechanisms) == (("openapi",), ("webauth",))


def test_an_account_has_the_banks_name_where_it_has_no_other() -> None:
    read = m.Account(
        1, original_name="CPT", number="N", iban="F", type="checking", usage="PRIV", balance=1.5
    )
    assert shapes.account(read) == a.Account(
        1, "CPT", "N", "F", "checking", "PRIV", 1.5, None, disabled=False
    )
    euro = m.Account(2, name="Mine", original_name="CPT", currency=m.Currency("EUR"), disabled=True)
    assert shapes.account(euro) == a.Account(2, "Mine", currency="EUR")


def test_a_subscription() -> None:
    read = m.Subscription(9, "Contract", "S", "Camille", disabled=True)
    assert shapes.subscription(read) == a.Subscription(9, "Contract", "S", "Camille")
