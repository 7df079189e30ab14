"""The two hellos without their extensions, and the header that every handshake message has."""

from __future__ import annotations

from .entry import Explanation as E

HELLOS: dict[str, E] = {
    "Handshake.msg_type": E(
        "Which handshake message this is.",
        "It selects the struct of the body; the state machine decides whether it may come now.",
        "A peer that takes messages in any order can be talked out of the key exchange (SMACK and FREAK, 2015).",
        "RFC 5246 section 7.4",
    ),
    "Handshake.length": E(
        "The number of bytes of the body, in 3 bytes: the header's own 4 are not counted.",
        "Messages and records have different borders, so a message has a length of its own.",
        "Counting the header in is a favourite first mistake: the next message then starts 4 bytes too late.",
        "RFC 5246 section 7.4",
    ),
    "ClientHello.client_version": E(
        "The highest version that the client speaks; 0303 is TLS 1.2.",
        "The server answers with this one or an older one. TLS 1.3 clients say 0303 too and add an extension.",
        "A client that retries with a lower version lets an attacker choose it; TLS_FALLBACK_SCSV tells the server.",
        "RFC 5246 section 7.4.1.2 and appendix E.1",
    ),
    "ClientHello.random": E(
        "32 bytes drawn anew for this connection, in the clear.",
        "They enter every key, so no two connections share keys, even with the same pre-master secret.",
        "Old messages could be replayed: their MACs would fit again. (The first 4 bytes were once a clock.)",
        "RFC 5246 section 7.4.1.2",
    ),
    "ClientHello.session_id": E(
        "The session that the client would like to take up again; empty for a new one.",
        "Resumption saves the key exchange: one round trip and all of the RSA.",
        "A server that resumed a session for somebody else's name would confuse its virtual hosts.",
        "RFC 5246 section 7.4.1.2",
    ),
    "ClientHello.cipher_suites": E(
        "One suite on offer: key exchange, cipher and hash in one number.",
        "The client lists what it can do, most wanted first; the server chooses one.",
        "An attacker who cuts the strong ones off the list is caught by Finished, which covers this message.",
        "RFC 5246 section 7.4.1.2 and appendix A.5",
    ),
    "ClientHello.compression_methods": E(
        "A way to compress records; 0 is none, which every client must offer.",
        "Compression was meant to save bytes. Today only 0 is used.",
        "Compression leaks the content through its length: the CRIME attack (2012) read cookies that way.",
        "RFC 5246 section 7.4.1.2, RFC 3749",
    ),
    "ClientHello.extensions": E(
        "The list of extensions.",
        "It was added at the end of the hello (2003), so that older peers could stop reading before it.",
        "A hello without this list is legal; a list of length 0 is not the same as no list.",
        "RFC 5246 section 7.4.1.4",
    ),
    "ServerHello.server_version": E(
        "The version that both will speak.",
        "It is the lower of the client's best and the server's best.",
        "A client must refuse one that it does not speak, or it would follow a downgrade.",
        "RFC 5246 section 7.4.1.3",
    ),
    "ServerHello.random": E(
        "32 bytes drawn anew by the server, independent of the client's.",
        "Both sides give freshness of their own, so neither has to trust the other's random generator.",
        "A recorded handshake could be replayed to the server. (TLS 1.3 servers mark a downgrade in the last 8 bytes.)",
        "RFC 5246 section 7.4.1.3",
    ),
    "ServerHello.session_id": E(
        "Equal to the client's: the session is taken up again. Another one: a new session, which may be resumed by it.",
        "The echo is the whole of the server's yes to resumption.",
        "A client that took any other value for a yes would go on without having seen a certificate.",
        "RFC 5246 section 7.4.1.3",
    ),
    "ServerHello.cipher_suite": E(
        "The one suite that will be used.",
        "It fixes the key exchange, the cipher, the MAC and the hash of the PRF.",
        "A client must refuse a suite that it did not offer, or an attacker could choose a weak one (Logjam, 2015).",
        "RFC 5246 section 7.4.1.3",
    ),
    "ServerHello.compression_method": E(
        "The compression in use: 0, none.",
        "The server chooses one of the client's list.",
        "Compression leaks the content through its length: the CRIME attack (2012).",
        "RFC 5246 section 7.4.1.3",
    ),
    "ServerHello.extensions": E(
        "The list of the server's answers to the client's extensions.",
        "An answer says that the server understood and agrees; silence says that it did not.",
        "An extension that the client did not ask for must end the connection with unsupported_extension.",
        "RFC 5246 section 7.4.1.4",
    ),
}
