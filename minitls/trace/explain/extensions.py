"""The extensions of both hellos."""

from __future__ import annotations

from .entry import Explanation as E

EXTENSIONS: dict[str, E] = {
    "extensions.extension_type": E(
        "Which extension follows.",
        "Extensions are numbered by IANA; each may come once.",
        "Two of a kind could be read differently by two readers, so the second one is refused.",
        "RFC 5246 section 7.4.1.4",
    ),
    "extensions.server_name": E(
        "The host that the client wants to reach; from the server an empty one says that it was used.",
        "Several hosts share one address, and each has its own certificate, which must be chosen now.",
        "The client gets some other host's certificate. It travels in the clear: eavesdroppers see the name.",
        "RFC 6066 section 3",
    ),
    "extensions.server_name.server_name_list": E(
        "The host name, in ASCII, without a final dot. IP addresses are never sent.",
        "It names the virtual host before HTTP can, whose Host header comes only after encryption starts.",
        "A server with many names can only guess.",
        "RFC 6066 section 3",
    ),
    "extensions.server_name.server_name_list.type": E(
        "What kind of name follows; 0 is a DNS host name, and nothing else was ever defined.",
        "It was meant to make room for other kinds of names.",
        "The room could not be used in the end, because so many servers broke on any other value.",
        "RFC 6066 section 3",
    ),
    "extensions.max_fragment_length": E(
        "A wish for shorter records.",
        "Small devices cannot keep 16 KiB before they check a MAC.",
        "A peer with little memory could not take part.",
        "RFC 6066 section 4",
    ),
    "extensions.max_fragment_length.max_fragment_length": E(
        "1 to 4: at most 512, 1024, 2048 or 4096 bytes of plaintext in a record, both ways.",
        "Both sides must cut to it, from the hellos on.",
        "A server that chose another value than it was asked for must be refused.",
        "RFC 6066 section 4",
    ),
    "extensions.status_request": E(
        "A request to send proof that the certificate is not revoked (OCSP stapling).",
        "Otherwise the client would have to ask the CA, which is slow and tells the CA who visits whom.",
        "A stolen key whose certificate is revoked would still be believed.",
        "RFC 6066 section 8",
    ),
    "extensions.status_request.request": E(
        "The request itself, in a form that only the status type defines.",
        "Only OCSP was ever defined.",
        "An unknown form is passed over.",
        "RFC 6066 section 8",
    ),
    "extensions.status_request.request.type": E(
        "1: OCSP, the only kind there is.",
        "It makes room for other kinds of proof.",
        "A server passes over kinds that it does not know.",
        "RFC 6066 section 8",
    ),
    "extensions.status_request.request.responder_id_list": E(
        "OCSP responders that the client trusts; empty in practice, which means: any that the CA named.",
        "A client could insist on its own responder.",
        "Nothing: nobody fills it.",
        "RFC 6066 section 8",
    ),
    "extensions.status_request.request.request_extensions": E(
        "Extensions of the OCSP request; empty in practice.",
        "They could hold a nonce, against replayed answers.",
        "Nothing: a stapled answer is made before the client asks.",
        "RFC 6066 section 8",
    ),
    "extensions.supported_groups": E(
        "The elliptic curves that the client can use.",
        "Needed for ECDHE; with RSA key exchange the server does not look at it.",
        "A server could choose a curve that the client does not know.",
        "RFC 8422 section 5.1.1",
    ),
    "extensions.supported_groups.named_group_list": E(
        "One curve or group.",
        "The client's favourites come first.",
        "A server could choose one that the client does not know.",
        "RFC 8422 section 5.1.1",
    ),
    "extensions.ec_point_formats": E(
        "How points of a curve may be encoded.",
        "Kept for old peers; everybody sends uncompressed points.",
        "Nothing today, but RFC 8422 demands that uncompressed is in the list.",
        "RFC 8422 section 5.1.2",
    ),
    "extensions.ec_point_formats.ec_point_format_list": E(
        "One form: 0 is uncompressed, the only one that may be used.",
        "Compressed points save half the bytes and were patented once.",
        "A server must refuse a list in which 0 is missing.",
        "RFC 8422 section 5.1.2",
    ),
    "extensions.signature_algorithms": E(
        "The hash and signature pairs that the client can verify.",
        "TLS 1.2 lets the two sides agree on the hash, where older versions fixed MD5 and SHA-1.",
        "A server without it must assume SHA-1, which can be forged; many refuse.",
        "RFC 5246 section 7.4.1.4.1",
    ),
    "extensions.signature_algorithms.supported_signature_algorithms": E(
        "One pair: first byte the hash, second the signature; RFC 8446 calls the two together a scheme.",
        "The favourite comes first.",
        "A signature of a kind that was not offered must be refused, or a weak hash slips in (SLOTH, 2016).",
        "RFC 5246 section 7.4.1.4.1, RFC 8446 section 4.2.3",
    ),
    "extensions.signature_algorithms_cert": E(
        "The same list for the signatures inside certificates.",
        "A client may accept an older algorithm in a certificate than in the handshake.",
        "Then signature_algorithms counts for both.",
        "RFC 8446 section 4.2.3",
    ),
    "extensions.signature_algorithms_cert.supported_signature_algorithms": E(
        "One signature scheme that is accepted inside certificates.",
        "The favourite comes first.",
        "A chain signed in another way cannot be checked.",
        "RFC 8446 section 4.2.3",
    ),
    "extensions.application_layer_protocol_negotiation": E(
        "The protocols that may be spoken inside the connection; the server answers with one.",
        "It settles between HTTP/1.1 and HTTP/2 without another round trip.",
        "One server's FTP could be taken for another's HTTP: cross-protocol attacks (ALPACA, 2021).",
        "RFC 7301 section 3.1",
    ),
    "extensions.application_layer_protocol_negotiation.protocol_name_list": E(
        "One protocol's registered name, in ASCII: http/1.1, h2, ...",
        "The client's favourite comes first, but the server decides.",
        "If they have none in common, the server ends with no_application_protocol.",
        "RFC 7301 section 3.1",
    ),
    "extensions.encrypt_then_mac": E(
        'Empty: "let us authenticate the ciphertext, not the plaintext."',
        "The older order (MAC, then encrypt) makes the receiver decrypt before it knows that a record is genuine.",
        "Padding oracles become possible: Lucky Thirteen (2013). It has no meaning for GCM suites.",
        "RFC 7366 section 2",
    ),
    "extensions.extended_master_secret": E(
        'Empty: "let us bind the master secret to the whole handshake."',
        "The master secret then depends on every message so far, certificates included, and not only on the randoms.",
        "A server in the middle can make two connections with equal master secrets: triple handshake attack (2014).",
        "RFC 7627 section 5.1",
    ),
    "extensions.record_size_limit": E(
        "The most plaintext that its sender is willing to receive in one protected record.",
        "It replaces max_fragment_length: each side states its own limit.",
        "A peer with little memory could not take part.",
        "RFC 8449 section 4",
    ),
    "extensions.record_size_limit.record_size_limit": E(
        "Bytes, at least 64.",
        "The peer must cut its records to it.",
        "Below 64 the protocol itself would not fit, so that is refused.",
        "RFC 8449 section 4",
    ),
    "extensions.session_ticket": E(
        'The ticket of an earlier session, or empty: "I would like one". Empty from the server: "one will follow".',
        "The server need not remember sessions: the client carries them, sealed.",
        "A server has to keep every session in memory or in a shared store.",
        "RFC 5077 section 3.2",
    ),
    "extensions.session_ticket.ticket": E(
        "The session, encrypted and authenticated with a key that only the server has.",
        "The client cannot read it; it just gives it back.",
        "Whoever steals the server's ticket key reads every session: the key must change often.",
        "RFC 5077 sections 3.2 and 4",
    ),
    "extensions.supported_versions": E(
        "The versions that the client speaks, where TLS 1.3 negotiates them.",
        "Servers broke on a hello of version 0304, so TLS 1.3 hides in an extension that older servers step over.",
        "For a TLS 1.2 server nothing: it looks at client_version alone.",
        "RFC 8446 section 4.2.1",
    ),
    "extensions.supported_versions.versions": E(
        "One version, the favourite first.",
        "Unlike client_version it can leave out versions in the middle.",
        "A server may choose only one of these.",
        "RFC 8446 section 4.2.1",
    ),
    "extensions.supported_versions.selected_version": E(
        "The version that the server chose: 0304 makes this a TLS 1.3 ServerHello.",
        "The field server_version stays 0303 for the sake of boxes in the middle.",
        "A client that offered only TLS 1.2 must refuse it.",
        "RFC 8446 section 4.2.1",
    ),
    "extensions.renegotiation_info": E(
        "Ties a renegotiation to the connection that it renews; in a first handshake it is empty.",
        "Its presence says that its sender knows of the attack and will not be fooled.",
        "An attacker could put his own request in front of the client's (Ray and Dispensa, 2009).",
        "RFC 5746 section 3.2",
    ),
    "extensions.renegotiation_info.renegotiated_connection": E(
        "The verify_data of the handshake before; nothing in a first one.",
        "It proves that both sides mean the same earlier handshake.",
        "In a first handshake anything but empty must be refused.",
        "RFC 5746 section 3.2",
    ),
}
