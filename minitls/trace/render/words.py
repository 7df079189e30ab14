"""One paragraph for each kind of step: what happens, why, and the section that says so.

Keyed by the name of a message or of a derived value, never by its place or its bytes, so nothing here can drift away
from what is shown. Fields have their own table (`trace.explain`), certificate rules theirs (`pki.rules`).
"""

from __future__ import annotations

from typing import NamedTuple

from ...errors import alert_name
from ...handshake.tls12.derivations import declared
from ...pki.verdict import Step as PkiStep
from ..step import Step


class Words(NamedTuple):
    """What a step does, and why it is there."""

    what: str
    why: str
    section: str


MESSAGES: dict[str, Words] = {
    "HelloRequest": Words(
        "The server asks for a new handshake.",
        "A client may pass over it; minitls does, because renegotiation has a history of attacks.",
        "RFC 5246 section 7.4.1.1",
    ),
    "ClientHello": Words(
        "The client opens the conversation: what it can do, and 32 bytes of randomness.",
        "Everything here is in the clear and unprotected. It is safe all the same, because Finished covers it.",
        "RFC 5246 section 7.4.1.2",
    ),
    "ServerHello": Words(
        "The server chooses: one version, one cipher suite, and randomness of its own.",
        "With both randoms on the table, no two connections will have the same keys.",
        "RFC 5246 section 7.4.1.3",
    ),
    "Certificate": Words(
        "Who is speaking: a certificate with a public key, and those that vouch for it.",
        "Anybody may copy a certificate. It proves nothing until its owner uses the private key that belongs to it.",
        "RFC 5246 sections 7.4.2 and 7.4.6",
    ),
    "CertificateStatus": Words(
        "A statement by the CA, stapled on, that the certificate has not been revoked.",
        "So the client need not ask the CA itself, which would be slow and tell the CA who visits whom.",
        "RFC 6066 section 8",
    ),
    "ServerKeyExchange": Words(
        "The server's half of a Diffie-Hellman exchange, made for this connection and signed.",
        "Its private half is thrown away afterwards: recordings stay closed even if the server's key is stolen.",
        "RFC 5246 section 7.4.3, RFC 8422 section 5.4",
    ),
    "CertificateRequest": Words(
        "The server would like to know who the client is, and says which certificates it would believe.",
        "Most servers never ask; users usually show who they are inside the connection, with a password.",
        "RFC 5246 section 7.4.4",
    ),
    "ServerHelloDone": Words(
        "That was all: it is the client's turn.",
        "Which messages come before it depends on the suite, so its end has to be said.",
        "RFC 5246 section 7.4.5",
    ),
    "ClientKeyExchange": Words(
        "The client sends the secret from which all keys will come, locked so that only the server can open it.",
        "With RSA it is encrypted to the certified key: to open it is the server's proof that the certificate is its "
        "own. It is also why whoever gets that key later can read every recording (no forward secrecy).",
        "RFC 5246 section 7.4.7",
    ),
    "CertificateVerify": Words(
        "The client signs everything said so far.",
        "That is its proof of the private key; a signature from another connection would not fit these messages.",
        "RFC 5246 section 7.4.8",
    ),
    "NewSessionTicket": Words(
        "The session, sealed so that only the server can read it, for the client to bring along next time.",
        "The server need not remember anything. It travels in the clear: the keys change only after it.",
        "RFC 5077 section 3.3",
    ),
    "ChangeCipherSpec": Words(
        "One byte: from the next record on, I use the new keys.",
        "It is no handshake message and not covered by Finished; to take it at another moment was a bug that let "
        "attackers in (CVE-2014-0224). TLS 1.3 has none.",
        "RFC 5246 section 7.1",
    ),
    "Finished": Words(
        "The first protected message: 12 bytes that depend on the master secret and on every message before.",
        "If somebody changed a byte on the way, or does not know the secret, it does not fit, and all ends here.",
        "RFC 5246 section 7.4.9",
    ),
    "Alert": Words(
        "One byte says how bad, one byte says what. close_notify is the polite end.",
        "Without close_notify an attacker could cut the connection, and the rest would never be missed.",
        "RFC 5246 section 7.2",
    ),
}

DERIVATIONS: dict[str, Words] = {
    "pkcs1_block": Words(
        "The pre-master secret is padded to the size of the RSA modulus: 00 02, random bytes without a zero, 00.",
        "RSA without padding gives equal ciphertexts for equal messages. This padding is older than the attacks on it: "
        "a server that tells whether it was right decrypts for the attacker (Bleichenbacher 1998).",
        "RFC 8017 section 7.2.1, RFC 5246 section 7.4.7.1",
    ),
    "encrypted_pre_master_secret": Words(
        "The block, as one large number, to the power of e, modulo n.",
        "Everybody can do this with the public key from the certificate; only the private key undoes it.",
        "RFC 8017 section 5.1.1, RFC 5246 section 7.4.7.1",
    ),
    "pre_master_secret": Words(
        "The server opens the ClientKeyExchange with its private key.",
        "If the padding is wrong it goes on with a random secret instead of saying so: Finished will fail, and the "
        "attacker learns nothing.",
        "RFC 5246 section 7.4.7.1",
    ),
    "session_hash": Words(
        "One hash over every message so far.",
        "The master secret will depend on it, so on both randoms, the certificate and the key exchange at once.",
        "RFC 7627 section 3",
    ),
    "master_secret": Words(
        "48 bytes that stand for this session. Both sides now have the same, and nobody else.",
        "The pre-master secret is not used again. A resumed session starts from this value.",
        "RFC 5246 section 8.1, RFC 7627 section 4",
    ),
    "key_block": Words(
        "The master secret, stretched to as many bytes as the suite needs, and cut: a set of keys for each direction.",
        "Two directions never share a key, so nobody's own record can be played back to him.",
        "RFC 5246 section 6.3",
    ),
    "client_verify_data": Words(
        "What the client's Finished must say: 12 bytes from the master secret and a hash of all messages before it.",
        "The label names the sender, so a Finished cannot be sent back as the answer.",
        "RFC 5246 section 7.4.9",
    ),
    "server_verify_data": Words(
        "What the server's Finished must say; it covers the client's Finished as well.",
        "After it both know that they saw the same handshake.",
        "RFC 5246 section 7.4.9",
    ),
    "certificate_verify": Words(
        "The client's private key signs all messages so far.",
        "The server checks it with the public key from the client's certificate.",
        "RFC 5246 section 7.4.8",
    ),
}

KINDS: dict[str, Words] = {
    "data": Words(
        "What all this was for: application data, in a protected record.",
        "A listener sees how much is sent and when, not what.",
        "RFC 5246 section 10",
    ),
    "keys": Words(
        "One direction changes to its new keys; sequence numbers start from 0 again.",
        "The number is never sent, but it enters every MAC: a record that was lost, repeated or moved does not fit.",
        "RFC 5246 sections 6.1 and 6.3",
    ),
    "verdict": Words(
        "The certificates are judged, rule by rule, up to a root that is trusted.",
        "Encryption to the wrong key protects nothing. This is where a man in the middle is found out.",
        "RFC 5280 section 6, RFC 9525",
    ),
    "record": Words(
        "A record of which no message came: part of one, or one that nobody who tells this could open.",
        "Its type, version and length are always in the clear.",
        "RFC 5246 section 6.2",
    ),
}

NOTES: dict[str, Words] = {
    "resumed": Words(
        "Both sides take up an earlier session: no certificate, no key exchange.",
        "It saves a round trip and all of the RSA. New randoms still give new keys.",
        "RFC 5246 figure 2 and appendix F.1.4",
    ),
    "failure": Words(
        "The connection ends here.",
        "After a fault nothing is sent any more but the alert that names it.",
        "RFC 5246 section 7.2.2",
    ),
    "capture": Words(
        "The connection was overheard: this is read from a capture.",
        "A listener sees both directions and takes part in none; his two state machines follow what he hears.",
        "RFC 5246 appendix F",
    ),
    "cannot_decrypt": Words(
        "From here on the records stay closed.",
        "What a listener can open depends on what he has: the server's RSA key, or a key log.",
        "RFC 5246 appendix F.1.1.2",
    ),
}
_NOTE = Words("Something worth knowing happened.", "It changes nothing in the protocol.", "RFC 5246")


def rule_words(step: PkiStep) -> Words:
    """What a certificate check says, what an attacker could do without it, and the section; any rule may be named."""
    from ...pki.checks import RULES

    rule = RULES.get(step.rule)
    if rule is None:
        return Words(f"{step.rule}: a rule that is not known here", "", "")
    return Words(rule.holds if step.ok else rule.fails, rule.attack, rule.section)


def words_for(step: Step) -> Words:
    """What to say of a step."""
    match step.kind:
        case "message":
            return MESSAGES.get(step.title, KINDS["record"])
        case "derive":
            return DERIVATIONS.get(step.title, KINDS["record"])
        case "note":
            return NOTES.get(step.title, _NOTE)
    return KINDS[step.kind]


def title_of(step: Step) -> str:
    """What a step is called."""
    if step.alert is not None:
        return f"Alert: {alert_name(step.alert.description)}"
    match step.kind:
        case "data":
            return "Application data"
        case "keys" if step.keys is not None:
            own = step.keys.direction == step.side
            return "New keys for sending" if own else "New keys for receiving"
        case "verdict":
            return "Is this certificate to be trusted?"
        case "record":
            return "A closed record"
        case "note":
            return step.title.replace("_", " ").capitalize()
    return step.title


def is_secret(name: str) -> bool:
    """Whether a derived value is one that a listener must not learn."""
    row = declared(name)
    return row is None or row.exposure == "secret"
