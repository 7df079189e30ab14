"""The numbers that IANA keeps for TLS, by their registered names. Hex where they travel as more than one byte.

Values that arrive from a peer stay plain ints (a peer may send any number); these names are for writing code and
for explaining. `name_of(NumberSpace, number)` gives the registered name, or the number in hex.
"""

from __future__ import annotations

from enum import IntEnum


class ContentType(IntEnum):
    """RFC 5246 section 6.2.1, and RFC 6520 for heartbeat."""

    change_cipher_spec = 20
    alert = 21
    handshake = 22
    application_data = 23
    heartbeat = 24


class HandshakeType(IntEnum):
    """RFC 5246 section 7.4, with RFC 5077 (new_session_ticket) and RFC 6066 (certificate_url, certificate_status)."""

    hello_request = 0
    client_hello = 1
    server_hello = 2
    new_session_ticket = 4
    certificate = 11
    server_key_exchange = 12
    certificate_request = 13
    server_hello_done = 14
    certificate_verify = 15
    client_key_exchange = 16
    finished = 20
    certificate_url = 21
    certificate_status = 22


class ProtocolVersion(IntEnum):
    """RFC 5246 section 6.2.1 and appendix E; the wire number is {major, minor}."""

    SSL_3_0 = 0x0300
    TLS_1_0 = 0x0301
    TLS_1_1 = 0x0302
    TLS_1_2 = 0x0303
    TLS_1_3 = 0x0304


class ExtensionType(IntEnum):
    """IANA, TLS ExtensionType Values; and below them the numbers that many hellos carry without being registered."""

    server_name = 0
    max_fragment_length = 1
    client_certificate_url = 2
    trusted_ca_keys = 3
    truncated_hmac = 4
    status_request = 5
    user_mapping = 6
    client_authz = 7
    server_authz = 8
    cert_type = 9
    supported_groups = 10
    ec_point_formats = 11
    srp = 12
    signature_algorithms = 13
    use_srtp = 14
    heartbeat = 15
    application_layer_protocol_negotiation = 16
    status_request_v2 = 17
    signed_certificate_timestamp = 18
    client_certificate_type = 19
    server_certificate_type = 20
    padding = 21
    encrypt_then_mac = 22
    extended_master_secret = 23
    token_binding = 24
    cached_info = 25
    tls_lts = 26
    compress_certificate = 27
    record_size_limit = 28
    pwd_protect = 29
    pwd_clear = 30
    password_salt = 31
    ticket_pinning = 32
    tls_cert_with_extern_psk = 33
    delegated_credential = 34
    session_ticket = 35
    TLMSP = 36
    TLMSP_proxying = 37
    TLMSP_delegate = 38
    supported_ekt_ciphers = 39
    pre_shared_key = 41
    early_data = 42
    supported_versions = 43
    cookie = 44
    psk_key_exchange_modes = 45
    certificate_authorities = 47
    oid_filters = 48
    post_handshake_auth = 49
    signature_algorithms_cert = 50
    key_share = 51
    transparency_info = 52
    connection_id_deprecated = 53
    connection_id = 54
    external_id_hash = 55
    external_session_id = 56
    quic_transport_parameters = 57
    ticket_request = 58
    dnssec_chain = 59
    sequence_number_encryption_algorithms = 60
    rrc = 61
    tls_flags = 62
    ech_outer_extensions = 0xFD00
    encrypted_client_hello = 0xFE0D
    renegotiation_info = 0xFF01

    next_protocol_negotiation = 0x3374
    application_settings_old = 0x4469
    application_settings = 0x44CD
    channel_id_old = 0x754F
    channel_id = 0x7550
    trust_anchors = 0xCA34
    quic_transport_parameters_draft = 0xFFA5
    encrypted_server_name_draft = 0xFFCE


class SignatureScheme(IntEnum):
    """RFC 8446 section 4.2.3; in TLS 1.2 the same two bytes are {hash, signature} (RFC 5246 section 7.4.1.4.1)."""

    rsa_pkcs1_md5 = 0x0101
    rsa_pkcs1_sha1 = 0x0201
    ecdsa_sha1 = 0x0203
    rsa_pkcs1_sha224 = 0x0301
    ecdsa_sha224 = 0x0303
    rsa_pkcs1_sha256 = 0x0401
    ecdsa_secp256r1_sha256 = 0x0403
    rsa_pkcs1_sha384 = 0x0501
    ecdsa_secp384r1_sha384 = 0x0503
    rsa_pkcs1_sha512 = 0x0601
    ecdsa_secp521r1_sha512 = 0x0603
    rsa_pss_rsae_sha256 = 0x0804
    rsa_pss_rsae_sha384 = 0x0805
    rsa_pss_rsae_sha512 = 0x0806
    ed25519 = 0x0807
    ed448 = 0x0808
    rsa_pss_pss_sha256 = 0x0809
    rsa_pss_pss_sha384 = 0x080A
    rsa_pss_pss_sha512 = 0x080B


class NamedGroup(IntEnum):
    """RFC 8446 section 4.2.7 and RFC 8422."""

    secp256r1 = 0x0017
    secp384r1 = 0x0018
    secp521r1 = 0x0019
    x25519 = 0x001D
    x448 = 0x001E
    ffdhe2048 = 0x0100
    ffdhe3072 = 0x0101
    ffdhe4096 = 0x0102
    X25519MLKEM768 = 0x11EC


class CompressionMethod(IntEnum):
    """RFC 5246 section 7.4.1.2 and RFC 3749."""

    null = 0
    DEFLATE = 1


class ClientCertificateType(IntEnum):
    """RFC 5246 section 7.4.4 and RFC 8422 section 5.5."""

    rsa_sign = 1
    dss_sign = 2
    rsa_fixed_dh = 3
    dss_fixed_dh = 4
    ecdsa_sign = 64


class ECPointFormat(IntEnum):
    """RFC 8422 section 5.1.2."""

    uncompressed = 0
    ansiX962_compressed_prime = 1
    ansiX962_compressed_char2 = 2


class CertificateStatusType(IntEnum):
    """RFC 6066 section 8."""

    ocsp = 1


class NameType(IntEnum):
    """RFC 6066 section 3."""

    host_name = 0


class ECCurveType(IntEnum):
    """RFC 8422 section 5.4."""

    named_curve = 3


#: RFC 6066 section 4: code on the wire to the largest plaintext fragment in bytes.
MAX_FRAGMENT_LENGTHS: dict[int, int] = {1: 2**9, 2: 2**10, 3: 2**11, 4: 2**12}

#: Signalling values in the list of cipher suites: RFC 5746 section 3.3 and RFC 7507 section 3.
TLS_EMPTY_RENEGOTIATION_INFO_SCSV = 0x00FF
TLS_FALLBACK_SCSV = 0x5600


def is_grease(number: int) -> bool:
    """Whether a two-byte number is one of RFC 8701's sixteen reserved values 0A0A, 1A1A, .. FAFA."""
    return number & 0x0F0F == 0x0A0A and number >> 8 == number & 0xFF


def name_of(space: type[IntEnum], number: int) -> str:
    """The registered name of `number`, ``GREASE``, or the number itself in hex."""
    try:
        return space(number).name
    except ValueError:
        return "GREASE" if number > 0xFF and is_grease(number) else f"0x{number:02x}"
