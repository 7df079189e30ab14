"""Everything below and around messages: records, alerts, encryption, and the blocks that keys are cut from."""

from __future__ import annotations

from .entry import Explanation as E

LAYERS: dict[str, E] = {
    "Record.type": E(
        "What the record carries: 20 ChangeCipherSpec, 21 alert, 22 handshake, 23 application data.",
        "Several conversations share one TCP connection; the type says whose bytes these are.",
        "Data could be taken for handshake messages. Under encryption the type stays readable, but the MAC covers it.",
        "RFC 5246 section 6.2.1",
    ),
    "Record.version": E(
        "The protocol version in use; 0303 is TLS 1.2, because it counts on from SSL 3.0 (0300).",
        "It lets the receiver choose the rules for this record. Before the version is agreed, any 03xx may stand here.",
        "Old servers broke on versions that they did not know, so the first hello often says 0301 to get through.",
        "RFC 5246 section 6.2.1 and appendix E.1",
    ),
    "Record.length": E(
        "The number of bytes of the fragment that follow: at most 16,384 in the clear, 2,048 more when protected.",
        "TCP delivers a stream without borders; the length cuts it into records.",
        "An unchecked length lets a peer make the receiver keep any amount of memory.",
        "RFC 5246 section 6.2.1",
    ),
    "Record.fragment": E(
        "What the record carries: messages or parts of them, or ciphertext once keys have changed.",
        "Borders of records mean nothing to what is inside: a message may straddle records, several may share one.",
        "A reader that expects one message to a record fails against the first peer that packs them differently.",
        "RFC 5246 section 6.2.1",
    ),
    "ChangeCipherSpec.type": E(
        'Always 01: "from my next record on, the keys that we have just agreed are in use."',
        "Both must change keys at the same record. It is a record type of its own, no handshake message.",
        "Accepted too early, it makes a peer use keys made of nothing: OpenSSL's CCS injection (CVE-2014-0224).",
        "RFC 5246 section 7.1",
    ),
    "Alert.level": E(
        "1 is a warning, 2 is fatal: the connection ends at once and its session must not be resumed.",
        "Not every remark ends a connection: close_notify is a warning.",
        "A peer would see TCP end and not know why, or whether an attacker had cut it.",
        "RFC 5246 section 7.2",
    ),
    "Alert.description": E(
        "What is the matter, as a number from a fixed list.",
        "The peer can log it, and a person can find the fault.",
        "Too exact a description helps an attacker: bad_record_mac stands for bad padding too.",
        "RFC 5246 section 7.2.2",
    ),
    "Record.data": E(
        "Application data: what the program above sent.",
        "This is what all the rest is for.",
        "In the clear here only because the trace holds the keys; on the wire it is inside the ciphertext.",
        "RFC 5246 section 10",
    ),
    "cbc.iv": E(
        "The initialisation vector: 16 fresh random bytes for this record, sent in the clear.",
        "It makes equal plaintexts give different ciphertexts. The first block is mixed with it before encryption.",
        "TLS 1.0 used the last block of the record before, which an attacker has seen: BEAST (2011).",
        "RFC 5246 section 6.2.3.2",
    ),
    "cbc.ciphertext": E(
        "Blocks of 16 bytes, each encrypted with AES after mixing with the ciphertext block before it.",
        "Only who has the key can read the content.",
        "CBC hides but does not protect: without the MAC, flipped bits here flip chosen bits of the next block.",
        "RFC 5246 section 6.2.3.2",
    ),
    "cbc.content": E(
        "The content of the record, in the clear after decryption.",
        "This is what the sender wanted to say.",
        "It may be believed only after the MAC is checked.",
        "RFC 5246 section 6.2.3.2",
    ),
    "cbc.mac": E(
        "HMAC over sequence number, type, version, length and content, with this direction's MAC key.",
        "It proves that who has the keys sent exactly this, at exactly this place in the stream.",
        "An attacker could change, replay, drop or reorder records unseen.",
        "RFC 5246 section 6.2.3.1",
    ),
    "cbc.outer_mac": E(
        "HMAC over sequence number, type, version, length, IV and ciphertext: encrypt first, then authenticate.",
        "The receiver checks it before it decrypts anything, so padding is never looked at in a forged record.",
        "The older order (MAC, then encrypt) allowed padding oracles: Vaudenay 2002, Lucky Thirteen 2013, POODLE 2014.",
        "RFC 7366 section 3",
    ),
    "cbc.padding": E(
        "Bytes that fill up the last block; each holds the number of padding bytes.",
        "AES-CBC takes whole blocks of 16 bytes only.",
        "All of them must be checked: SSL 3.0 left their values open, and POODLE (2014) read cookies through that.",
        "RFC 5246 section 6.2.3.2",
    ),
    "cbc.padding_length": E(
        "The last byte: how many padding bytes stand before it, 0 to 255.",
        "The receiver must know where the content ends.",
        "If the answer to a wrong value differs from that to a wrong MAC, an attacker decrypts byte by byte.",
        "RFC 5246 section 6.2.3.2",
    ),
    "gcm.explicit_nonce": E(
        "Eight bytes of the nonce that travel with the record; here simply the sequence number.",
        "Nonce = the secret 4 bytes from the key block + these 8. It must never repeat under one key.",
        "One repeated nonce gives away the authentication key, and with it forged records (Joux 2006).",
        "RFC 5288 section 3",
    ),
    "gcm.ciphertext": E(
        "The content, encrypted with AES in counter mode: as many bytes as the content has.",
        "Only who has the key can read it. There is no padding, so the length of the content shows.",
        "Counter mode alone protects nothing: a flipped bit here is the same bit flipped in the content.",
        "RFC 5288 section 3",
    ),
    "gcm.tag": E(
        "Sixteen bytes that authenticate the ciphertext and the additional data.",
        "It does what the MAC does in CBC suites, in one step with the encryption.",
        "An attacker could change the content bit by bit.",
        "RFC 5288 section 3, RFC 5246 section 6.2.3.3",
    ),
    "gcm.content": E(
        "The content of the record, in the clear after decryption.",
        "This is what the sender wanted to say.",
        "It may be believed only after the tag is checked, which decryption does in the same step.",
        "RFC 5246 section 6.2.3.3",
    ),
    "additional_data.seq_num": E(
        "How many records this sender has protected under these keys before, 8 bytes.",
        "It is never sent: both sides count. So a record that is lost, repeated or moved fails its MAC.",
        "An attacker could replay a record (pay again) or drop one unseen.",
        "RFC 5246 section 6.2.3.1",
    ),
    "additional_data.type": E(
        "The record's content type, once more, under the MAC.",
        "The type in the header is not encrypted; this keeps anybody from changing it.",
        "Data could be turned into an alert, or the other way round.",
        "RFC 5246 section 6.2.3.1",
    ),
    "additional_data.version": E(
        "The record's version, once more, under the MAC.",
        "What is in the header must not be changed on the way.",
        "A record of one version could be passed off as one of another.",
        "RFC 5246 section 6.2.3.1",
    ),
    "additional_data.length": E(
        "The length of what is authenticated: the plaintext, or for encrypt-then-MAC the IV and ciphertext.",
        "It fixes where the content ends. It is not the length in the record's header.",
        "Bytes could be moved between content and what follows it.",
        "RFC 5246 section 6.2.3.1, RFC 7366 section 3",
    ),
    "key_block.client_write_MAC_key": E(
        "With this the client authenticates what it sends, and the server checks it.",
        "Each direction has keys of its own, so a record cannot be sent back to who sent it.",
        "With one key for both directions, reflected records would verify.",
        "RFC 5246 section 6.3",
    ),
    "key_block.server_write_MAC_key": E(
        "With this the server authenticates what it sends, and the client checks it.",
        "Each direction has keys of its own, so a record cannot be sent back to who sent it.",
        "With one key for both directions, reflected records would verify.",
        "RFC 5246 section 6.3",
    ),
    "key_block.client_write_key": E(
        "With this the client encrypts, and the server decrypts.",
        "It is cut from the key block, so it depends on both randoms and is new for every connection.",
        "With one key for both directions, GCM nonces would repeat at once.",
        "RFC 5246 section 6.3",
    ),
    "key_block.server_write_key": E(
        "With this the server encrypts, and the client decrypts.",
        "It is cut from the key block, so it depends on both randoms and is new for every connection.",
        "With one key for both directions, GCM nonces would repeat at once.",
        "RFC 5246 section 6.3",
    ),
    "key_block.client_write_IV": E(
        "The secret four bytes in front of each nonce of the client.",
        "GCM wants a nonce of 12 bytes; only 8 of them travel.",
        "With a wrong one every record fails its tag. CBC in TLS 1.2 takes nothing here: its IVs are random.",
        "RFC 5288 section 3",
    ),
    "key_block.server_write_IV": E(
        "The secret four bytes in front of each nonce of the server.",
        "GCM wants a nonce of 12 bytes; only 8 of them travel.",
        "With a wrong one every record fails its tag. CBC in TLS 1.2 takes nothing here: its IVs are random.",
        "RFC 5288 section 3",
    ),
    "pkcs1_block.block type": E(
        "00 02: the zero keeps the number below the modulus, 02 says that this is padded for encryption.",
        "The receiver sees after decryption whether the block is one of these at all.",
        "Telling the sender that this was wrong is Bleichenbacher's oracle (1998): it opens recorded connections.",
        "RFC 8017 section 7.2.1",
    ),
    "pkcs1_block.padding": E(
        "Random bytes, at least 8 and none of them zero, up to the size of the modulus.",
        "Equal secrets give different ciphertexts, and nobody can try out guesses.",
        "Plain RSA of a guessable value can be searched; and a zero in here would end the padding too early.",
        "RFC 8017 section 7.2.1",
    ),
    "pkcs1_block.separator": E(
        "A zero byte: the padding ends here.",
        "It is found by looking for the first zero, which is why the padding may hold none.",
        "The receiver could not tell padding from message.",
        "RFC 8017 section 7.2.1",
    ),
    "pkcs1_block.client_version": E(
        "The version that the ClientHello *offered*, not the one agreed.",
        "If an attacker lowered the version in the hello, the server finds the true one here.",
        "A downgrade would go unnoticed. A server checks it in silence: an alert would be an oracle (Klima 2003).",
        "RFC 5246 section 7.4.7.1",
    ),
    "pkcs1_block.random": E(
        "46 random bytes of the client: all the secrecy of this connection.",
        "Every key is derived from them, and only the server's RSA key can uncover them.",
        "Whoever gets the server's key, even years later, reads every recorded connection: no forward secrecy.",
        "RFC 5246 section 7.4.7.1",
    ),
}
