#!/usr/bin/env python3
"""An independent verifier of docs/code.md, to check docs/vectors/code.json with the standard library alone.

    python3 tools/verify_code.py docs/vectors/code.json

It shares no line with the product and is slow.
"""
import json
import re
import sys

from slow_crypto import HASH, VERIFY, Refused, hmac_sm3, need, sm2_digest, sm4

EPOCH, SKEW = 1735689600, 10
LIVES, STEPS = [5, 10, 15, 30, 60], [10, 15, 20, 30]


# CBOR (RFC 8949) as far as lists use it: definite lengths, shortest integers.

def cbor(data):
    value, rest = cbor_item(data)
    need(not rest)
    return value


def cbor_item(data):
    need(data)
    major, info, data = data[0] >> 5, data[0] & 31, data[1:]
    if major == 7:
        need(info in (20, 21))
        return info == 21, data
    number = info
    if info >= 24:
        need(info <= 27)
        size = 1 << (info - 24)
        need(len(data) >= size)
        number, data = int.from_bytes(data[:size], "big"), data[size:]
        need(number >= (24 if size == 1 else 1 << (4 * size)))
    if major < 2:
        return (-1 - number if major else number), data
    if major in (2, 3):
        need(len(data) >= number)
        return (data[:number] if major == 2 else data[:number].decode()), data[number:]
    if major == 6:
        inner, data = cbor_item(data)
        return ("tag", number, inner), data
    items = []
    for _ in range(number * (2 if major == 5 else 1)):
        item, data = cbor_item(data)
        items.append(item)
    return (dict(zip(items[::2], items[1::2])) if major == 5 else items), data


def cbor_head(major, number):
    for info, size in ((24, 1), (25, 2), (26, 4)):
        if number < 24:
            return bytes([major << 5 | number])
        if number < 1 << (8 * size):
            return bytes([major << 5 | info]) + number.to_bytes(size, "big")
    raise ValueError(number)


ALGORITHMS = {-10197501: 0, -8: 1, -7: 2}


def open_list(data, kind, seen_seq, key_of):
    outer = cbor(data)
    need(isinstance(outer, tuple) and outer[1] == 18 and len(outer[2]) == 4)
    protected, unprotected, payload, signature = outer[2]
    need(unprotected == {} and len(signature) == 64)
    header = cbor(protected)
    need(list(header) == [1, 3, 4] and header[1] in ALGORITHMS and len(header[4]) == 1)
    need(header[3] == f"application/tongma-{kind}-list+cbor")
    suite = ALGORITHMS[header[1]]
    key = key_of(header[4][0], suite)
    structure = b"\x84\x6aSignature1" + cbor_head(2, len(protected)) + protected + b"\x40"
    structure += cbor_head(2, len(payload)) + payload
    need(VERIFY[suite](key, b"tongma/list/v0\0" + structure, signature))
    content = cbor(payload)
    seq, iat, _, exp = content[:4]
    need(iat < exp and (seen_seq is None or seq >= seen_seq))
    return content


def key_list(data, roots, seen_seq=None):
    def key_of(root, suite):
        need(suite == 0 and root < 2)
        return roots[root]
    content = open_list(data, "key", seen_seq, key_of)
    need(len(content) == 5)
    need([entry[0] for entry in content[4]] == sorted({entry[0] for entry in content[4]}))
    return content, {entry[0]: entry for entry in content[4] if not entry[6]}


def deny_list(data, keys, seen_seq=None):
    def key_of(index, suite):
        need(index in keys and keys[index][1] == suite and keys[index][2] & 16)
        return keys[index][3]
    content = open_list(data, "deny", seen_seq, key_of)
    need(len(content) == 6 and len(content[4]) % 8 == 0)
    prefixes = [content[4][i:i + 8] for i in range(0, len(content[4]), 8)]
    need(prefixes == sorted(set(prefixes)))
    return content, set(prefixes)


# The codes.

def digits_to_bytes(text, count):
    need(text[:3] == "860", "code_damaged")
    out, text = b"", text[3:]
    while len(out) < count:
        size = min(7, count - len(out))
        width = len(str(256 ** size - 1))
        value, text = int(text[:width]), text[width:]
        need(value < 256 ** size, "code_damaged")
        out += value.to_bytes(size, "big")
    need(not text, "code_damaged")
    return out


def link(suite, prefix, name, index, value):
    return HASH[suite](bytes([prefix]) + name + bytes([index]) + value)[:12]


def anchor_of(suite, prefix, name, index, value):
    for j in range(index, -1, -1):
        value = link(suite, prefix, name, j, value)
    return value


def window_of(code):
    need(code >> 4 < 5 and code & 15 < 4, "code_window_wrong")
    life, step = LIVES[code >> 4] * 60, STEPS[code & 15]
    need(life // step <= 240, "code_window_wrong")
    return life, step


def check_time(start, life, step, index, now):
    need(index < life // step, "code_step_wrong")
    if start + index * step - SKEW <= now < start + (index + 1) * step + SKEW:
        return
    need(now >= start - SKEW, "code_not_yet")
    need(now < start + life + SKEW, "code_expired")
    raise Refused("code_ahead" if now < start + index * step else "code_stale")


def listed(world, index, use, suite=None):  # uses: 1 ticket, 4 paper, 8 point, 16 list
    need(index in world.keys, "key_unknown")
    entry = world.keys[index]
    need(entry[2] & use and suite in (None, entry[1]), "key_use_wrong")
    return entry


def ticket(world, case):
    text, now = case["text"], case["now_s"]
    need(len(text) == 254 and re.fullmatch("[0-9]+", text), "code_damaged")
    code = digits_to_bytes(text, 103)
    version, suite, profile = code[0] >> 5, code[0] >> 3 & 3, code[0] & 7
    need(version == 0, "code_version_unknown")
    need(suite < 3, "code_suite_unknown")
    need(profile == 0, "code_profile_wrong")
    life, step = window_of(code[21])
    need(now < world.key_list[3], "key_list_expired")
    need(now < world.deny_list[3], "deny_list_expired")
    entry = listed(world, code[1], 1, suite)
    start, handle, index = EPOCH + 60 * int.from_bytes(code[18:21], "big"), code[2:18], code[90]
    need(entry[4] <= start < entry[5], "key_period_wrong")
    check_time(start, life, step, index, now)
    need(case["highest_step"] is None or index > case["highest_step"], "code_used")
    anchor = anchor_of(suite, 0x5C, handle, index, code[91:])
    need(VERIFY[suite](entry[3], b"tongma/T1/v0\0" + code[:26] + anchor, code[26:90]), "code_forged")
    need(handle[:8] not in world.denied, "code_denied")
    doubts = []
    for name, made in (("key_list_stale", world.key_list), ("deny_list_stale", world.deny_list)):
        doubts += [name] if now > made[1] + made[2] or now < made[1] - SKEW else []
    doubts += ["reserve_ticket"] if life == 3600 else []
    return " ".join(["amber"] + doubts) if doubts else "good"


def paper(world, case):
    text, now = case["text"], case["now_s"]
    need(len(text) == 222 and re.fullmatch("[0-9]+", text), "code_damaged")
    code = digits_to_bytes(text, 90)
    version, suite, profile, days = code[0] >> 5, code[0] >> 3 & 3, code[0] & 7, code[21]
    need(version == 0, "code_version_unknown")
    need(suite < 3, "code_suite_unknown")
    need(profile == 2, "code_profile_wrong")
    need(1 <= days <= 180, "code_window_wrong")
    need(now < world.key_list[3], "key_list_expired")
    _, iat, ttl, exp = world.deny_list[:4]
    need(now < exp and iat - SKEW <= now <= iat + ttl, "deny_list_expired")
    entry = listed(world, code[1], 4, suite)
    start = EPOCH + 60 * int.from_bytes(code[18:21], "big")
    need(entry[4] <= start < entry[5], "key_period_wrong")
    need(now >= start - SKEW, "code_not_yet")
    need(now < start + 86400 * days + SKEW, "code_expired")
    need(VERIFY[suite](entry[3], b"tongma/paper/v0\0" + code[:26], code[26:]), "code_forged")
    need(code[2:10] not in world.denied, "code_denied")
    return "good"


POINT = re.compile(
    r"((https?://[a-z0-9.:-]+)/p\?v=0&k=(0|[1-9][0-9]{0,2})&p=([0-9a-f]{32})&o=[0-9a-f]{32}&l=[a-z0-9_-]{1,40}"
    r"&u=[a-z0-9_-]{1,40}&f=(0|[1-9][0-9]{0,7})&t=(0|[1-9][0-9]{0,7})"
    r"(?:&s=(0|[1-9][0-9]{0,7})&w=([0-9a-f]{2})&a=([0-9a-f]{24}))?)"
    r"&sig=([0-9a-f]{128})(?:&i=(0|[1-9][0-9]{0,2})&c=([0-9a-f]{24}))?")


def point(world, case):
    found, now = POINT.fullmatch(case["text"]), case["now_s"]
    need(found, "code_damaged")
    signed, origin, key, name, since, until, start, window, anchor, signature, index, value = found.groups()
    need((start is None) == (index is None), "code_damaged")
    need(origin in case["origins"], "point_origin_unknown")
    need(now < world.key_list[3], "key_list_expired")
    entry = listed(world, int(key), 8)
    need(entry[4] <= EPOCH + 60 * int(since) < entry[5], "key_period_wrong")
    need(now >= EPOCH + 60 * int(since), "code_not_yet")
    need(now < EPOCH + 60 * int(until), "code_expired")
    if start is not None:
        life, step = window_of(int(window, 16))
        check_time(EPOCH + 60 * int(start), life, step, int(index), now)
        reached = anchor_of(entry[1], 0x5D, bytes.fromhex(name), int(index), bytes.fromhex(value))
        need(reached.hex() == anchor, "code_forged")
    message = b"tongma/point/v0\0" + signed.encode()
    need(VERIFY[entry[1]](entry[3], message, bytes.fromhex(signature)), "code_forged")
    return "good"


def short(_world, case):
    text, now = case["text"], case["now_s"]
    need(re.fullmatch("86[0-9]{22}", text), "code_damaged")
    need(98 - int(text[:22]) * 100 % 97 == int(text[22:]), "code_damaged")
    value = int(text[2:22])
    need(value < 2 ** 66, "code_damaged")
    life, step = window_of(case["window"])
    start, proved = EPOCH + 60 * case["start_minute"], None
    for index in range(life // step):
        if start + index * step - SKEW <= now < start + (index + 1) * step + SKEW:
            mac = hmac_sm3(bytes.fromhex(case["ticket_key"]), b"tongma/N1/v0" + bytes([index]))
            if int.from_bytes(mac[:4], "big") == value % 2 ** 32:
                proved = index
    need(proved is not None, "number_unproved")
    return proved


def feistel(key, tag, bits, value):
    left, right = value >> bits, value % 2 ** bits
    for number in range(10):
        block = sm4(key, tag + bytes([number]) + right.to_bytes(4, "big"))
        left, right = right, left ^ int.from_bytes(block[:4], "big") >> (32 - bits)
    return left << bits | right


def keys_case(case):
    master, scope, day = bytes.fromhex(case["master"]), case["scope"].to_bytes(2, "big"), case["day"].to_bytes(2, "big")
    k_scope = hmac_sm3(master, b"tongma/scope/v0\0" + scope)

    def derive(label):
        return hmac_sm3(k_scope, b"tongma/kdf/v0\0" + label + b"\0" + scope + day)
    subject = case["bucket"] << 52 | case["person"]
    if case["scope"]:
        pair_key = hmac_sm3(master, b"tongma/subject/v0\0" + scope)[:16]
        subject = feistel(pair_key, b"tongma/subj", 32, subject)
    subject = subject.to_bytes(8, "big")
    who = subject + bytes([case["actor"], case["device"]])
    nonce = hmac_sm3(derive(b"nonce"), who + case["ticket_number"].to_bytes(2, "big"))[:6]
    handle = sm4(derive(b"handle")[:16], who + nonce)
    mask = int.from_bytes(sm4(derive(b"claims")[:16], handle)[:2], "big")
    alias = case["bucket"] << 22 | case["person"] << 6 | case["alias_ticket"]
    return {
        "subject": subject.hex(), "handle_key": derive(b"handle")[:16].hex(), "claim_key": derive(b"claims")[:16].hex(),
        "nonce": nonce.hex(), "handle": handle.hex(), "masked_claims": f"{case['claims'] ^ mask:04x}",
        "ticket_key": hmac_sm3(derive(b"N1"), b"tongma/N1-key/v0\0" + handle).hex(),
        "sealed_alias": feistel(derive(b"alias")[:16], b"tongma/N1/a", 17, alias),
    }


def chain_case(case):
    suite, handle, seed = case["suite"], bytes.fromhex(case["handle"]), bytes.fromhex(case["seed"])
    last, value = case["steps"] - 1, seed
    for j in range(last, 100, -1):
        value = link(suite, 0x5C, handle, j, value)
    anchors = [anchor_of(suite, prefix, handle, last, seed).hex() for prefix in (0x5C, 0x5D)]
    return {"value_100": value.hex(), "anchor": anchors[0], "point_anchor": anchors[1]}


class World:
    def __init__(self, vectors):
        self.roots = [bytes.fromhex(key) for key in vectors["roots_sm2"]]
        self.key_list, self.keys = key_list(bytes.fromhex(vectors["key_list"]), self.roots)
        self.deny_list, self.denied = deny_list(bytes.fromhex(vectors["deny_list"]), self.keys)


def judge(world, case):
    """What this verifier says, and what the case expects."""
    kind = case["kind"]
    if kind in ("ticket", "paper", "point", "short"):
        try:
            return {"ticket": ticket, "paper": paper, "point": point, "short": short}[kind](world, case), case["expected"]
        except Refused as refusal:
            return str(refusal), case["expected"]
    if kind in ("keys", "chain"):
        derived = keys_case(case) if kind == "keys" else chain_case(case)
        return derived, {name: case[name] for name in derived}
    if kind == "sm2_digest":
        key, e, signature = (bytes.fromhex(case[name]) for name in ("key", "e", "signature"))
        return sm2_digest(key, e, signature), case["good"]
    try:
        if kind == "key_list":
            key_list(bytes.fromhex(case["hex"]), world.roots, case["seen_seq"])
        else:
            deny_list(bytes.fromhex(case["hex"]), world.keys, case["seen_seq"])
        return True, case["good"]
    except (Refused, UnicodeDecodeError):
        return False, case["good"]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__.strip())
    with open(sys.argv[1], encoding="utf-8") as file:
        vectors = json.load(file)
    world, passed, failed = World(vectors), 0, 0
    for case in vectors["cases"]:
        said, expected = judge(world, case)
        good = said == expected and type(said) is type(expected)
        passed, failed = passed + good, failed + (not good)
        if not good:
            print(f"{case['kind']}: {case['name']}: {said} instead of {expected}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
