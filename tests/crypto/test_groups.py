"""The groups against RFC 7748, NIST's and Wycheproof's vectors, and against the arithmetic of SEC 1 written out."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import cryptography_vectors
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitls.crypto.groups import BY_CODE, GROUPS, Group, KeyPair, group_named, names_of
from minitls.errors import AlertDescription, IllegalParameter
from tests.peers import shared

EACH = pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
MONTGOMERY = [group for group in GROUPS if group.name.startswith("x")]
PRIME = [group for group in GROUPS if group not in MONTGOMERY]
#: SEC 2 version 2 sections 2.4.2, 2.5.1 and 2.6.1: p, n and the base point. In all three a is -3.
CURVES = {
    "secp256r1": (
        2**256 - 2**224 + 2**192 + 2**96 - 1,
        0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        (
            0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
            0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
        ),
    ),
    "secp384r1": (
        2**384 - 2**128 - 2**96 + 2**32 - 1,
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
        (
            0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
            0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
        ),
    ),
    "secp521r1": (
        2**521 - 1,
        2**521 - 0x5AE79787C40D069948033FEB708F65A2FC44A36477663B851449048E16EC79BF7,
        (
            int(
                "C6858E06B70404E9CD9E3ECB662395B4429C648139053FB521F828AF606B4D3DBAA14B5E77EFE75928FE1DC127A2FFA8DE3348B3C185"
                "6A429BF97E7E31C2E5BD66",
                16,
            ),
            int(
                "11839296A789A3BC0045C8A5FB42C7D1BD998F54449579B446817AFBD17273E662C97EE72995EF42640C550B9013FAD0761353C7086A"
                "272C24088BE94769FD16650",
                16,
            ),
        ),
    ),
}
Point = tuple[int, int] | None


def added(curve: str, one: Point, other: Point) -> Point:
    """SEC 1 version 2 section 2.2.1, as it stands there."""
    p = CURVES[curve][0]
    if one is None or other is None:
        return one or other
    (x, y), (u, v) = one, other
    if x == u and (y + v) % p == 0:
        return None
    slope = (3 * x * x - 3) * pow(2 * y, -1, p) if one == other else (v - y) * pow(u - x, -1, p)
    third = (slope * slope - x - u) % p
    return third, (slope * (x - third) - y) % p


def times(curve: str, number: int, point: Point) -> Point:
    product: Point = None
    while number:
        if number & 1:
            product = added(curve, product, point)
        point, number = added(curve, point, point), number >> 1
    return product


def encoded(group: Group, point: Point) -> bytes:
    assert point is not None
    return b"\x04" + b"".join(each.to_bytes(group.size, "big") for each in point)


def source(seed: object) -> Callable[[int], bytes]:
    return random.Random(str(seed)).randbytes


def drawn(group: Group, seed: object) -> KeyPair:
    return group.key_pair(group.private_key(source(seed)))


def refusal(group: Group, public: bytes) -> str:
    """What is said of a peer's public key that is refused; any other exception is the test's failure."""
    with pytest.raises(IllegalParameter) as refused:
        drawn(group, "refusal").shared_secret(public)
    assert refused.value.alert is AlertDescription.illegal_parameter
    return str(refused.value)


def test_the_registered_numbers() -> None:
    """RFC 8422 section 5.1.1."""
    numbers = {"x25519": 0x1D, "secp256r1": 0x17, "secp384r1": 0x18, "secp521r1": 0x19, "x448": 0x1E}
    assert {group.name: group.code for group in GROUPS} == numbers
    assert {name: BY_CODE[number].name for name, number in numbers.items()} == {name: name for name in numbers}


@pytest.mark.parametrize(
    ("name", "mine", "my_public", "theirs", "their_public", "secret"),
    [
        (
            "x25519",
            "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
            "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
            "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
            "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
            "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742",
        ),
        (
            "x448",
            "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28d"
            "d9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b",
            "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c"
            "22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0",
            "1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d"
            "6927c120bb5ee8972b0d3e21374c9c921b09d1b0366f10b65173992d",
            "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b430"
            "27d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609",
            "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282b"
            "b60c0b56fd2464c335543936521c24403085d59a449a5037514a879d",
        ),
    ],
)
def test_the_exchanges_of_rfc_7748(
    name: str, mine: str, my_public: str, theirs: str, their_public: str, secret: str
) -> None:
    """Sections 6.1 and 6.2."""
    group = group_named(name)
    for private, public, other in ((mine, my_public, their_public), (theirs, their_public, my_public)):
        pair = group.key_pair(bytes.fromhex(private))
        assert pair.public.hex() == public
        assert pair.shared_secret(bytes.fromhex(other)).hex() == secret


@pytest.mark.parametrize("group", MONTGOMERY, ids=lambda group: group.name)
def test_the_products_of_rfc_7748(group: Group) -> None:
    """Section 5.2. Its second u-coordinate of X25519 has the top bit set, which is to be ignored."""
    file = Path(cryptography_vectors.__file__).parent / "asymmetric" / group.name.upper() / "rfc7748.txt"
    lines = [line.partition(" = ") for line in file.read_text().splitlines() if " = " in line]
    values = [value for name, _, value in lines if name != "COUNT"]
    assert len(values) == 9
    for scalar, u, product in zip(*[iter(values)] * 3, strict=True):
        assert group.key_pair(bytes.fromhex(scalar)).shared_secret(bytes.fromhex(u)).hex() == product


NIST_VALUES = ("dsIUT", "QsCAVSx", "QsCAVSy", "Z")


def nist() -> Iterator[tuple[str, dict[str, str]]]:
    """The curve and the values of each case of NIST's CAVS 11.0."""
    folder = Path(cryptography_vectors.__file__).parent / "asymmetric" / "ECDH"
    curve, case = "", dict[str, str]()
    for line in (folder / "KASValidityTest_ECCStaticUnified_NOKC_ZZOnly_init.fax").read_text().splitlines():
        name, _, value = line.partition(" = ")
        if line.startswith("["):
            curve = {"[EC": "secp256r1", "[ED": "secp384r1", "[EE": "secp521r1"}.get(line[:3], "")
        elif name == "COUNT":
            case = {}
        else:
            case[name] = value
        if name == "Result" and curve:
            yield curve, case


def test_what_nist_computes() -> None:
    """Z is the x-coordinate, as long as the curve's prime; a point that NIST moved off its curve is refused."""
    results: dict[str, int] = defaultdict(int)
    for name, case in nist():
        group, result = group_named(name), case["Result"].partition(" - ")[0]
        d, x, y, z = (case[each].zfill(2 * group.size)[-2 * group.size :] for each in NIST_VALUES)
        if result in ("P (0", "P (13"):
            assert group.key_pair(bytes.fromhex(d)).shared_secret(bytes.fromhex("04" + x + y)).hex() == z
        elif result in ("F (1", "F (2"):
            assert "not on the curve" in refusal(group, bytes.fromhex("04" + x + y))
        results[result] += 1
    # 13 are those with a leading zero, which has to be kept.
    assert results["P (0"] > 40 and results["P (13"] == results["F (1"] == results["F (2"] == 6


@pytest.mark.parametrize("group", PRIME, ids=lambda group: group.name)
class TestByHand:
    def test_public_keys_and_secrets(self, group: Group) -> None:
        """Numbers at both ends of the range, and one that gives a secret with leading zeros."""
        _, order, base = CURVES[group.name]
        other = drawn(group, "other")
        point = (
            int.from_bytes(other.public[1 : 1 + group.size], "big"),
            int.from_bytes(other.public[1 + group.size :], "big"),
        )
        for number in (1, 2, order - 1, order // 3):
            pair = group.key_pair(number.to_bytes(group.size, "big"))
            assert pair.public == encoded(group, times(group.name, number, base))
            product = times(group.name, number, point)
            assert product is not None
            assert pair.shared_secret(other.public) == product[0].to_bytes(group.size, "big")

    @given(drawn=st.binary(min_size=200, max_size=200))
    def test_a_private_key_is_what_fips_186_5_makes_of_the_bytes(self, group: Group, drawn: bytes) -> None:
        """Appendix A.2.1: d = (c mod (n - 1)) + 1, of at least 64 bits more than n has."""
        order = CURVES[group.name][1]
        asked: list[int] = []

        def draw(size: int) -> bytes:
            asked.append(size)
            return drawn[:size]

        number = int.from_bytes(group.private_key(draw), "big")
        (size,) = asked
        assert 8 * size >= order.bit_length() + 64
        assert number == int.from_bytes(drawn[:size], "big") % (order - 1) + 1

    @pytest.mark.parametrize("ones", [False, True])
    def test_the_ends_of_the_range(self, group: Group, ones: bool) -> None:
        number = int.from_bytes(group.private_key(lambda size: bytes([255 * ones]) * size), "big")
        assert 0 < number < CURVES[group.name][1]
        group.key_pair(number.to_bytes(group.size, "big"))

    @pytest.mark.parametrize("number", [0, "order"])
    def test_what_is_no_private_key(self, group: Group, number: object) -> None:
        value = CURVES[group.name][1] if number else 0
        with pytest.raises(ValueError, match=r"."):
            group.key_pair(value.to_bytes(group.size, "big"))

    def test_points_that_are_none(self, group: Group) -> None:
        good = drawn(group, "other").public
        compressed = bytes([2 + good[-1] % 2]) + good[1 : 1 + group.size]
        hybrid = bytes([6 + good[-1] % 2]) + good[1:]
        for wrong in (b"\x00", b"\x04", good[:-1], good + b"\x00", good[1:], compressed, hybrid, b"\x05" + good[1:]):
            assert "04 and x and y" in refusal(group, wrong)
        flipped = good[:-1] + bytes([good[-1] ^ 1])
        above = encoded(group, (CURVES[group.name][0], int.from_bytes(good[1 + group.size :], "big")))
        for off in (flipped, b"\x04" + bytes(2 * group.size), above):
            assert "not on the curve" in refusal(group, off)


@pytest.mark.parametrize("group", MONTGOMERY, ids=lambda group: group.name)
class TestMontgomery:
    @given(drawn=st.binary(min_size=56, max_size=56))
    def test_a_private_key_is_decoded_as_a_scalar(self, group: Group, drawn: bytes) -> None:
        """RFC 7748 section 5: decodeScalar25519 and decodeScalar448."""
        number = int.from_bytes(group.private_key(lambda size: drawn[:size]), "little")
        bits, cofactor = (255, 8) if group.size == 32 else (448, 4)
        assert number % cofactor == 0 and number.bit_length() == bits
        assert number == int.from_bytes(drawn[: group.size], "little") % 2 ** (bits - 1) // cofactor * cofactor + 2 ** (
            bits - 1
        )

    def test_every_length_but_one_is_refused(self, group: Group) -> None:
        for size in {*range(70), 255} - {group.size}:
            assert f"{group.size} bytes, this one has {size}" in refusal(group, bytes(size))

    def test_points_of_small_order_make_zero(self, group: Group) -> None:
        """RFC 7748 sections 6.1 and 6.2 leave the check to the protocol; RFC 8422 section 5.11 wants it."""
        p = 2**255 - 19 if group.size == 32 else 2**448 - 2**224 - 1
        for u in (0, 1, p - 1, p, p + 1):
            assert "small order" in refusal(group, u.to_bytes(group.size, "little"))


@EACH
class TestEvery:
    def test_both_sides_come_to_the_same(self, group: Group) -> None:
        one, other = drawn(group, 1), drawn(group, 2)
        assert one.shared_secret(other.public) == other.shared_secret(one.public)
        assert len(one.shared_secret(other.public)) == len(one.private) == group.size
        assert one.group is group

    @given(public=st.binary(max_size=140))
    def test_arbitrary_bytes_agree_or_are_refused(self, group: Group, public: bytes) -> None:
        try:
            assert len(drawn(group, 0).shared_secret(public)) == group.size
        except IllegalParameter:
            return

    def test_it_is_found_by_any_of_its_names(self, group: Group) -> None:
        for name in group.names:
            assert group_named(name.lower()) is group_named(name.upper()) is group


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="unknown group 'sect163k1'; minitls speaks x25519, secp256r1, secp384r1"):
        group_named("sect163k1")


def test_names_for_an_error_message() -> None:
    assert names_of((0x1D, 0x17, 0x0A0A, 0x9999)) == "x25519, secp256r1, GREASE, 0x9999"
    assert names_of(tuple(range(0x17, 0x27)), limit=2) == "secp256r1, secp384r1, ..."


@pytest.mark.parametrize(
    ("name", "file"), [("x25519", "x25519_test.json"), ("secp256r1", "ecdh_secp256r1_ecpoint_test.json")]
)
def test_wycheproof(name: str, file: str) -> None:
    """Every secret it gives is ours; what it calls invalid is refused, and so are zeros and compressed points."""
    seen = {"secret": 0, "refused": 0}
    group = group_named(name)
    for cases in json.loads(shared(f"vectors/wycheproof/{file}").read_text())["testGroups"]:
        for case in cases["tests"]:
            private = int(case["private"], 16).to_bytes(group.size, "big")
            zero = not int(case["shared"] or "0", 16)
            compressed = {"CompressedPublic", "CompressedPoint"} & set(case["flags"])
            try:
                secret = group.key_pair(private).shared_secret(bytes.fromhex(case["public"]))
            except IllegalParameter:
                assert case["result"] == "invalid" or zero or compressed, case
                seen["refused"] += 1
            else:
                assert case["result"] != "invalid" and secret.hex() == case["shared"], case
                seen["secret"] += 1
    assert seen["secret"] > 200 and seen["refused"] > 20, seen
