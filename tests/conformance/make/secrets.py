"""Makes the vector files of derived values from published ones and from recorded handshakes.

    python -m tests.conformance.make.secrets

The published values are read from the collection described in vectors/README.md (../shared/vectors beside the
repository); intermediates are computed by `independent.py`, which must reproduce the published result first.
"""

from __future__ import annotations

import json
from typing import Any

from . import independent
from .files import ROOT, write

PUBLISHED = ROOT.parent / "shared" / "vectors" / "prf" / "tls12_prf.json"
OPENSSL_FILE = "OpenSSL test/recipes/30-test_evp_data/evpkdf_tls12_prf.txt @32b43b9160cfcbb2940a0666869a680db827b892"
ACVP = "NIST ACVP, as in BoringSSL util/fipstools/acvp/acvptool/test @a0689af29e8e460f1e5380e0fb74cef1b342e810"
SOURCES = {
    "tls12_plain_sp800_135": f"{ACVP}, kdf-components",
    "tls12_ems_rfc7627": f"{ACVP}, TLS12",
    "botan_tls12_prf": "Botan src/tests/data/kdf/tls_prf.vec @081417e4eba70f27f946c115f3b555f63961c5f6",
    "nist_cavp_via_openssl": f"NIST CAVP, as in {OPENSSL_FILE}",
    "ietf_tls_list_msg03416": "IETF TLS working group, mailing list message 03416",
}
LICENCE = "Apache-2.0 (OpenSSL, BoringSSL), BSD-2-Clause (Botan); NIST data: public domain"
OBTAINED = (
    "The last value of each case is the published one. A(i) and P(i) come from tests/conformance/make/independent.py "
    "(the standard library's hmac), which reproduces every published value."
)


def main() -> None:
    published: dict[str, list[dict[str, Any]]] = json.loads(PUBLISHED.read_text())
    prf: dict[str, dict[str, Any]] = {}
    masters, blocks = [], []

    def add(id: str, source: str, hash_name: str, secret: str, label: str, seed: str, output: str) -> None:
        length = len(output) // 2
        values = independent.prf_values(hash_name, bytes.fromhex(secret), label.encode(), bytes.fromhex(seed), length)
        assert values["output"] == output.lower(), id
        given = {"hash": hash_name, "secret": secret.lower(), "label": label, "seed": seed.lower(), "length": length}
        same = next((name for name, case in prf.items() if case["given"] == given), None)
        if same is None:
            prf[id] = {"id": id, "source": source, "given": given, "expect": values}

    for group, cases in published.items():
        for number, case in enumerate(cases, 1):
            if case["hash"] not in ("sha256", "sha384"):
                continue
            source, id = SOURCES[group], f"{group}-{case.get('tcId', number)}"
            if "label" in case:
                add(id, source, case["hash"], case["secret"], case["label"], case["seed"], case["output"])
                continue
            hello_client = case.get("clientHelloRandom", case["clientRandom"])
            hello_server = case.get("serverHelloRandom", case["serverRandom"])
            secret, master, block = case["preMasterSecret"], case["masterSecret"], case["keyBlock"]
            if "sessionHash" in case:
                label, seed = "extended master secret", case["sessionHash"]
                own = {"session_hash": seed.lower()}
            else:
                label, seed = "master secret", hello_client + hello_server
                own = {"client_random": hello_client.lower(), "server_random": hello_server.lower()}
            add(f"{id}-master", source, case["hash"], secret, label, seed, master)
            add(
                f"{id}-key",
                source,
                case["hash"],
                master,
                "key expansion",
                case["serverRandom"] + case["clientRandom"],
                block,
            )
            given = {"hash": case["hash"], "pre_master_secret": secret.lower(), **own}
            if all(other["given"] != given for other in masters):
                masters.append(
                    {"id": id, "source": source, "given": given, "expect": {"master_secret": master.lower()}}
                )
            given = {
                "hash": case["hash"],
                "length": len(block) // 2,
                "master_secret": master.lower(),
                "client_random": case["clientRandom"].lower(),
                "server_random": case["serverRandom"].lower(),
            }
            if all(other["given"] != given for other in blocks):
                blocks.append({"id": id, "source": source, "given": given, "expect": {"key_block": block.lower()}})

    head = {"source": "Several, each case naming its own", "licence": LICENCE, "obtained": OBTAINED}
    write(
        "01-prf.json",
        {"area": "prf", "title": "The pseudorandom function (RFC 5246 section 5)", **head, "cases": list(prf.values())},
    )
    from_recordings(masters, blocks)


def from_recordings(masters: list[dict[str, Any]], blocks: list[dict[str, Any]]) -> None:
    """The same values out of connections that others had, whose Finished messages prove them right."""
    finished = []
    document = json.loads((ROOT / "vectors" / "90-handshakes-openssl.json").read_text())
    for case in document["cases"]:
        if "-mte-" in case["id"]:
            continue  # The order of MAC and encryption changes none of these values.
        given, expect = case["given"], case["expect"]
        records = [(side, bytes.fromhex(record)) for side, record in given["records"]]
        done = independent.decode(
            records, document["common"]["private_key"], bytes.fromhex(given.get("master_secret", ""))
        )
        randoms = {}
        for message in done.transcript:
            if message[0] in (1, 2):
                randoms["client_random" if message[0] == 1 else "server_random"] = message[6:38].hex()
        prf_hash = independent.SUITES[done.suite][5]
        if not given["resumed"]:
            to_key_exchange = done.transcript[: [m[0] for m in done.transcript].index(16) + 1]
            own = {"messages": [m.hex() for m in to_key_exchange]} if done.ems else randoms
            values = {name: expect[name] for name in ("session_hash", "master_secret") if name in expect}
            secret = expect["pre_master_secret"]
            masters.append(
                {"id": case["id"], "given": {"hash": prf_hash, "pre_master_secret": secret, **own}, "expect": values}
            )
        master = expect["master_secret"]
        values = {
            "key_block": expect["key_block"],
            **independent.slices(done.suite, bytes.fromhex(expect["key_block"])),
        }
        blocks.append(
            {"id": case["id"], "given": {"suite": done.suite, "master_secret": master, **randoms}, "expect": values}
        )
        for side, (messages, digest) in done.finished.items():
            given = {
                "suite": done.suite,
                "sender": side,
                "master_secret": master,
                "messages": [m.hex() for m in messages],
            }
            value = {"handshake_hash": digest, "verify_data": expect[f"{side}_verify_data"]}
            finished.append({"id": f"{case['id']}-{side}", "given": given, "expect": value})
    source = (
        "Published ones name their source; the others are connections of OpenSSL 3.0.19 with itself "
        "(90-handshakes-openssl.json)"
    )
    obtained = (
        "Published, or taken from connections in which both peers, which are not ours, verified the other's Finished; "
        "slices and hashes by tests/conformance/make/independent.py."
    )
    head = {"source": source, "licence": LICENCE, "obtained": obtained}
    write(
        "03-master-secret.json",
        {
            "area": "master_secret",
            "title": "The master secret, plain (RFC 5246 section 8.1) and extended (RFC 7627 section 4)",
            **head,
            "cases": masters,
        },
    )
    write(
        "04-key-block.json",
        {"area": "key_block", "title": "The key block and its slices (RFC 5246 section 6.3)", **head, "cases": blocks},
    )
    head |= {
        "source": "Connections of OpenSSL 3.0.19 with itself (90-handshakes-openssl.json)",
        "licence": "none needed: own data",
    }
    write(
        "05-finished.json",
        {"area": "finished", "title": "verify_data of Finished (RFC 5246 section 7.4.9)", **head, "cases": finished},
    )


if __name__ == "__main__":
    main()
