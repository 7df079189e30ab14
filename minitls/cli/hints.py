"""What the two sides are told of a hello that came to nothing: what a client may try, what a server was offered.

The fault says what was seen; here is what that usually means, by the alert or by the protocol that answered. The
sentences stand in `prose/en/hints.json`.
"""

from __future__ import annotations

from .. import prose
from ..errors import AlertDescription, NoCommonSuite, NotTLS, PeerAlert, TLSError, TLSTimeout, Truncated

_ALERTS = {
    AlertDescription.protocol_version: "other-version",
    AlertDescription.handshake_failure: "no-suite",
    AlertDescription.insufficient_security: "no-suite",
    AlertDescription.unrecognized_name: "unknown-name",
    AlertDescription.no_application_protocol: "no-protocol",
}


def hint(error: TLSError) -> str:
    """What to try after `error` came in answer to the ClientHello, "" if nobody knows."""
    key = _key(error)
    return prose.row("hints", key)["do"] if key else ""


def _key(error: TLSError) -> str:
    if isinstance(error, PeerAlert):
        return _ALERTS.get(AlertDescription(error.description), "") if error.description in _KNOWN else ""
    if isinstance(error, NotTLS):
        return error.protocol if error.protocol in prose.rows("hints") else "other-protocol"
    if isinstance(error, Truncated):
        return "closed"
    return "silent" if isinstance(error, TLSTimeout) else ""


def offered(error: NoCommonSuite) -> str:
    """What the client offers, by key exchange: "only TLS 1.3 and TLS_ECDHE_RSA suites"."""
    from ..trace.explain.registries import suite_name

    kinds = list(dict.fromkeys(_kind(suite_name(code), code) for code in error.offered))
    if not kinds:
        return "the client offers no suite at all"
    shown = [*kinds[:4], *(["other"] if len(kinds) > 4 else [])]
    listed = " and ".join((", ".join(shown[:-1]), shown[-1])) if len(shown) > 1 else shown[0]
    return f"the client offers only {listed} suites, and this server has others"


def _kind(name: str, code: int) -> str:
    return "TLS 1.3" if code >> 8 == 0x13 else name.partition("_WITH_")[0] if "_WITH_" in name else "unknown"


_KNOWN = frozenset(map(int, AlertDescription))
