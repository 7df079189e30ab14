"""The handshake messages after the hellos."""

from __future__ import annotations

from .entry import Explanation as E

_SIGNED_WITH = E(
    "The hash and signature algorithm of what follows.",
    "It must be one that the verifier offered.",
    "A weak hash could slip in (SLOTH, 2016).",
    "RFC 5246 section 4.7",
)

MESSAGES: dict[str, E] = {
    "NewSessionTicket.ticket_lifetime_hint": E(
        "For how many seconds the server thinks the ticket will be good; 0 says nothing.",
        "The client knows when to stop offering it.",
        "Nothing worse than a full handshake: the server decides again when the ticket comes back.",
        "RFC 5077 section 3.3",
    ),
    "NewSessionTicket.ticket": E(
        "The session, sealed with a key that only the server has.",
        "The client keeps it with the master secret and shows it next time.",
        "In TLS 1.2 it is sent before the keys change, so an eavesdropper can recognise it when it comes back.",
        "RFC 5077 sections 3.3 and 4",
    ),
    "Certificate.certificate_list": E(
        "One certificate, DER-encoded (X.509): a public key, a name, and a signature by whoever vouches for both.",
        "The sender's own comes first, each next one certifies the one before, up to a root that the receiver knows.",
        "Anybody could stand in the middle: encryption to the wrong key protects from nobody.",
        "RFC 5246 section 7.4.2, RFC 5280",
    ),
    "CertificateRequest.certificate_types": E(
        "A kind of key that the client may prove itself with.",
        "The client must know which of its certificates could do.",
        "It would send one that the server cannot check.",
        "RFC 5246 section 7.4.4",
    ),
    "CertificateRequest.supported_signature_algorithms": E(
        "A hash and signature pair that the server can verify.",
        "CertificateVerify must use one of these.",
        "The client could sign with a hash that the server does not know, or that is weak.",
        "RFC 5246 section 7.4.4",
    ),
    "CertificateRequest.certificate_authorities": E(
        "The name of a CA whose certificates the server accepts (a DER-encoded distinguished name).",
        "A client with several certificates can choose.",
        "It would have to guess, and show a certificate that says more about it than needed.",
        "RFC 5246 section 7.4.4",
    ),
    "ClientKeyExchange.encrypted_pre_master_secret": E(
        "The pre-master secret, padded (PKCS#1 v1.5) and encrypted to the RSA key in the server's certificate.",
        "Only the owner of the certified key can go on: this is what authenticates the server.",
        "No forward secrecy: who gets the key later reads recorded connections. Bleichenbacher's attack aims here.",
        "RFC 5246 section 7.4.7.1",
    ),
    "CertificateVerify.algorithm": _SIGNED_WITH,
    "CertificateVerify.signature": E(
        "The client's signature over all handshake messages so far.",
        "It proves that the certificate shown is the client's own, in this very handshake.",
        "Anybody could show anybody's certificate: certificates are public.",
        "RFC 5246 section 7.4.8",
    ),
    "Finished.verify_data": E(
        "12 bytes: PRF(master_secret, finished_label, Hash(all handshake messages before)).",
        "Who could compute it has the master secret and saw the same handshake, byte for byte.",
        "An attacker could have changed any message before: versions, suites, names, randoms.",
        "RFC 5246 section 7.4.9",
    ),
    "ServerKeyExchange.curve_params": E(
        "The curve that the server chose.",
        "It must be one of the client's supported_groups.",
        "A weak or unknown group would make the secret guessable.",
        "RFC 8422 section 5.4",
    ),
    "ServerKeyExchange.curve_params.type": E(
        "3: a named curve. Curves with parameters of one's own (1, 2) may not be used any more.",
        "A name is shorter than parameters and cannot hide a weak curve.",
        "Self-made parameters would have to be checked, which nobody did.",
        "RFC 8422 section 5.4",
    ),
    "ServerKeyExchange.public": E(
        "The server's ephemeral public key on that curve, made for this connection and then forgotten.",
        "Both sides multiply the other's public key with their own private one, and get the same pre-master secret.",
        "With RSA key exchange instead, a key stolen later opens old recordings; this is forward secrecy.",
        "RFC 8422 section 5.4",
    ),
    "ServerKeyExchange.dh_p": E(
        "The prime of the Diffie-Hellman group.",
        "In TLS 1.2 the server just states it; the client can only look at its size.",
        "512-bit primes were accepted for years: Logjam (2015).",
        "RFC 5246 section 7.4.3",
    ),
    "ServerKeyExchange.dh_g": E(
        "The generator of the group.",
        "All public values are powers of it.",
        "A generator of a small subgroup gives secrets that can be searched.",
        "RFC 5246 section 7.4.3",
    ),
    "ServerKeyExchange.dh_Ys": E(
        "The server's ephemeral public value, g^x mod p.",
        "Both sides raise the other's value to their own secret power.",
        "Used for many connections, it is not ephemeral any more: the Raccoon attack (2020).",
        "RFC 5246 section 7.4.3",
    ),
    "ServerKeyExchange.algorithm": _SIGNED_WITH,
    "ServerKeyExchange.signature": E(
        "The server's signature over both randoms and the parameters.",
        "It ties the ephemeral key to the certificate: here the server proves who it is.",
        "Anybody in the middle could put in a key of his own.",
        "RFC 5246 section 7.4.3, RFC 8422 section 5.4",
    ),
    "ClientKeyExchange.ecdh_Yc": E(
        "The client's ephemeral public key.",
        "With it the server computes the same pre-master secret.",
        "A point that is not on the curve can leak the server's private key, so it must be checked.",
        "RFC 8422 section 5.7",
    ),
    "ClientKeyExchange.dh_Yc": E(
        "The client's Diffie-Hellman public value.",
        "With it the server computes the same pre-master secret.",
        "A value of a small subgroup can leak the server's secret, so it must be checked.",
        "RFC 5246 section 7.4.7.2",
    ),
    "CertificateStatus.response": E(
        "An OCSP response, signed by the CA: this certificate was good at this time.",
        "The server fetches it now and then and staples it, so clients need not ask the CA.",
        "A revoked certificate would go unnoticed until it expires.",
        "RFC 6066 section 8",
    ),
    "CertificateStatus.response.type": E(
        "1: OCSP, the only kind there is.",
        "It says how to read what follows.",
        "A client that did not ask for this kind must refuse it.",
        "RFC 6066 section 8",
    ),
    "CertificateURL.url_and_hash_list": E(
        "Where the client's certificates can be fetched.",
        "It was meant to save bytes on slow links.",
        "A server that follows addresses given by strangers can be sent anywhere; nobody speaks this.",
        "RFC 6066 section 5",
    ),
    "Data.unread": E(
        "Bytes that could not be read as what they should be.",
        "They are shown, so that the fault can be found; the message above says what is wrong with them.",
        "A reader that guesses on would let two readers see two different things.",
        "RFC 5246 section 7.2.2 (decode_error)",
    ),
}
