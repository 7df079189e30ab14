// Your TLS 1.2, function by function. Fill one in, run `minitls vectors grade -- node mine.js`, watch the score grow.
//
// Each function gets one object of inputs: bytes are Buffers, numbers numbers, names and labels strings. It returns a
// Buffer unless its comment says otherwise. node:crypto has all the primitives you need.
"use strict";
const readline = require("node:readline");

class NotYet extends Error {}
class Refused extends Error {} // throw new Refused("bad_record_mac") for input that must be refused

const operations = {
  // RFC 5246 section 5. hash is "sha256" or "sha384", label text, length a number of bytes.
  prf({ hash, secret, label, seed, length }) { throw new NotYet(); },

  // RFC 8017 section 7.2.1 around RFC 5246 section 7.4.7.1. client_version is a number, random its 46 bytes, padding
  // the bytes without zero to pad with.
  premaster_block({ client_version, random, padding }) { throw new NotYet(); },

  // RFC 5246 section 8.1: 48 bytes.
  master_secret({ hash, pre_master_secret, client_random, server_random }) { throw new NotYet(); },

  // RFC 7627 section 4: 48 bytes.
  extended_master_secret({ hash, pre_master_secret, session_hash }) { throw new NotYet(); },

  // RFC 5246 section 6.3: length bytes.
  key_block({ hash, master_secret, client_random, server_random, length }) { throw new NotYet(); },

  // RFC 5246 section 7.4.9: 12 bytes. sender is "client" or "server"; the messages are joined, not yet hashed.
  verify_data({ hash, master_secret, sender, handshake_messages }) { throw new NotYet(); },

  // RFC 5246 section 6.2.3: the whole record, header included. iv is the IV of a CBC record (16 bytes) or the explicit
  // nonce of a GCM record (8); encrypt_then_mac (RFC 7366) is true or false, sequence and type are numbers.
  // A sequence number above 2^53 arrives inexact in JavaScript; the grader sends none to seal.
  seal({ suite, encrypt_then_mac, mac_key, key, fixed_iv, iv, sequence, type, plaintext }) { throw new NotYet(); },

  // The plaintext of a record. Refused("bad_record_mac") for whatever is wrong with it.
  open({ suite, encrypt_then_mac, mac_key, key, fixed_iv, sequence, record }) { throw new NotYet(); },

  // RFC 5246 section 7.4.1.2: the whole handshake message. Suites and methods are arrays of numbers, extensions is null
  // or an array of [number, Buffer].
  encode_client_hello({ client_version, random, session_id, cipher_suites, compression_methods, extensions }) {
    throw new NotYet();
  },

  // RFC 5246 section 7.4.1.3: an object of server_version, random, session_id, cipher_suite, compression_method,
  // extensions (null, or an array of [number, Buffer]). Refused("decode_error") if it is malformed.
  parse_server_hello({ message }) { throw new NotYet(); },

  // RFC 5280 section 6: true, or Refused("unknown_ca") and so on. chain and roots are arrays of DER, the leaf first.
  verify_chain({ chain, roots, time, name, needs }) { throw new NotYet(); },
};

// What follows reads requests and writes answers; there is nothing to be done here.

const text = new Set(["id", "operation", "hash", "label", "sender", "suite", "time", "name", "needs"]);

function decoded(name, value) {
  if (Array.isArray(value)) return value.map((item) => decoded(name, item));
  return typeof value === "string" && !text.has(name) ? Buffer.from(value, "hex") : value;
}

function encoded(value) {
  if (Buffer.isBuffer(value)) return value.toString("hex");
  if (Array.isArray(value)) return value.map(encoded);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, encoded(item)]));
}

function answer(request) {
  const operation = operations[request.operation];
  if (!operation) return { unsupported: true };
  const inputs = Object.fromEntries(Object.entries(request).map(([name, value]) => [name, decoded(name, value)]));
  try {
    return { result: encoded(operation(inputs)) };
  } catch (thrown) {
    if (thrown instanceof NotYet) return { unsupported: true };
    if (thrown instanceof Refused) return { error: thrown.message };
    throw thrown;
  }
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const request = JSON.parse(line);
  process.stdout.write(JSON.stringify({ id: request.id, ...answer(request) }) + "\n");
});
