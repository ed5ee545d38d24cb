"""Why the domain does not answer, and what to look at: by the name of what was met instead."""

from typing import Final

_KNOWN: Final = {
    "ClientConnectorDNSError": (
        "its name cannot be looked up",
        "check powens.domain letter by letter, and this machine's DNS",
    ),
    "ConnectionRefusedError": (
        "the connection is refused, nothing listens there",
        "check powens.domain, its port, and the firewalls on the way",
    ),
    "ClientConnectorCertificateError": (
        "its certificate is not trusted here",
        "check powens.domain, this machine's root certificates and clock, and whether a proxy "
        "that opens TLS stands between",
    ),
    "ClientConnectorSSLError": (
        "no TLS can be spoken with it",
        "check powens.domain and its port, and whether a proxy stands between",
    ),
    "ConnectionTimeoutError": (
        "no connection is made in time",
        "check the firewalls on the way: this machine may not be let out",
    ),
    "TimeoutError": (
        "it takes the call, and says nothing in time",
        "check whether a proxy stands between; if none does, Powens has trouble: try again later",
    ),
}


def why_unreached(met: str | None) -> tuple[str, str]:
    """What the class of that name means, and what to mend."""
    means, mend = _KNOWN.get(
        met or "", ("no answer comes", "check powens.domain, and that this machine reaches it")
    )
    return (f"{means} ({met})" if met else means), mend
