"""What the API answers, as the nouns of an attempt."""

from powens_flow import attempt as a
from powens_flow.api import models as m


def connector(read: m.Connector) -> a.Connector:
    """The chosen connector, as the snapshot keeps it."""
    return a.Connector(
        id=read.id,
        uuid=read.uuid,
        name=read.name,
        mechanism=read.auth_mechanism or "",
        capabilities=read.capabilities,
        sources=tuple(_source(one, read) for one in read.sources),
        fields=fields(read.fields),
    )


def _source(read: m.Source, connector: m.Connector) -> a.Source:
    return a.Source(
        id=read.id,
        name=read.name,
        mechanism=read.auth_mechanism or connector.auth_mechanism or "",
        priority=read.priority or 0,
        disabled=read.disabled,
        capabilities=read.capabilities,
        account_types=read.account_types,
        account_usages=read.account_usages,
    )


def fields(read: tuple[m.Field, ...]) -> tuple[a.AskedField, ...]:
    """Fields to ask; a list's choice without a label shows its value."""
    return tuple(
        a.AskedField(
            name=one.name,
            type=one.type,
            label=one.label or one.name,
            description=one.description,
            required=one.required,
            regex=one.regex,
            values=tuple(a.Choice(v.label or v.value, v.value) for v in one.values),
            sources=one.connector_sources,
            mechanisms=one.auth_mechanisms,
        )
        for one in read
    )


def account(read: m.Account) -> a.Account:
    return a.Account(
        id=read.id,
        name=read.name or read.original_name,
        number=read.number,
        iban=read.iban,
        type=read.type,
        usage=read.usage,
        balance=read.balance,
        currency=read.currency.id if read.currency else None,
        disabled=read.disabled,
    )


def subscription(read: m.Subscription) -> a.Subscription:
    return a.Subscription(
        id=read.id,
        label=read.label,
        number=read.number,
        subscriber=read.subscriber,
        disabled=read.disabled,
    )
