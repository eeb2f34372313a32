#!/usr/bin/env python3
"""Checks a Tongma receipt with its proof, offline: an independent second to `tongma audit check`.

    check_receipt.py RECEIPT.json [CHECKPOINT] [--key KEY]

Standard library only. SM3 is GB/T 32905, SM2 is GB/T 32918.2 with the recommended curve of GB/T 32918.5, the tree is
RFC 9162 section 2 with SM3, the checkpoint is C2SP tlog-checkpoint. Ends with 0 when everything holds, else with 1.
"""
import base64
import json
import sys

# ---- SM3

IV = (0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E)
WORD = 0xFFFFFFFF


def turn(word, by):
    by %= 32
    return ((word << by) | (word >> (32 - by))) & WORD


def sm3(data):
    state = list(IV)
    padded = data + b"\x80" + b"\0" * ((55 - len(data)) % 64) + (8 * len(data)).to_bytes(8, "big")
    for start in range(0, len(padded), 64):
        w = [int.from_bytes(padded[start + 4 * i : start + 4 * i + 4], "big") for i in range(16)]
        for i in range(16, 68):
            x = w[i - 16] ^ w[i - 9] ^ turn(w[i - 3], 15)
            w.append((x ^ turn(x, 15) ^ turn(x, 23)) ^ turn(w[i - 13], 7) ^ w[i - 6])
        a, b, c, d, e, f, g, h = state
        for i in range(64):
            constant = 0x79CC4519 if i < 16 else 0x7A879D8A
            ss1 = turn((turn(a, 12) + e + turn(constant, i)) & WORD, 7)
            ss2 = ss1 ^ turn(a, 12)
            ff = a ^ b ^ c if i < 16 else (a & b) | (a & c) | (b & c)
            gg = e ^ f ^ g if i < 16 else (e & f) | (~e & g & WORD)
            tt1 = (ff + d + ss2 + (w[i] ^ w[i + 4])) & WORD
            tt2 = (gg + h + ss1 + w[i]) & WORD
            d, c, b, a = c, turn(b, 9), a, tt1
            h, g, f, e = g, turn(f, 19), e, tt2 ^ turn(tt2, 9) ^ turn(tt2, 17)
        state = [old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h))]
    return b"".join(word.to_bytes(4, "big") for word in state)


# ---- SM2, verification only

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
USER_ID = b"1234567812345678"


def add(one, other):
    if one is None or other is None:
        return one or other
    if one[0] == other[0]:
        if (one[1] + other[1]) % P == 0:
            return None
        slope = (3 * one[0] * one[0] + A) * pow(2 * one[1], -1, P)
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, P)
    x = (slope * slope - one[0] - other[0]) % P
    return x, (slope * (one[0] - x) - one[1]) % P


def times(scalar, point):
    out = None
    while scalar:
        if scalar & 1:
            out = add(out, point)
        point, scalar = add(point, point), scalar >> 1
    return out


def number(value):
    return value.to_bytes(32, "big")


def sm2_holds(key, message, signature):
    if len(key) != 65 or key[0] != 4 or len(signature) != 64:
        return False
    point = int.from_bytes(key[1:33], "big"), int.from_bytes(key[33:], "big")
    x, y = point
    if max(point) >= P or (y * y - x * x * x - A * x - B) % P:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    t = (r + s) % N
    if not (0 < r < N and 0 < s < N and t):
        return False
    parts = [(8 * len(USER_ID)).to_bytes(2, "big"), USER_ID, *map(number, (A, B, *G)), key[1:]]
    e = int.from_bytes(sm3(sm3(b"".join(parts)) + message), "big")
    found = add(times(s, G), times(t, point))
    return found is not None and (e + found[0]) % N == r


# ---- the tree and the checkpoint

TYPE = b"\xffsm2-with-sm3"


def root_of(leaf, index, size, path):
    """RFC 9162 section 2.1.3.2."""
    if not 0 <= index < size:
        raise ValueError("no such place")
    node, last, found = index, size - 1, leaf
    for step in path:
        if last == 0:
            raise ValueError("the path is too long")
        if node & 1 or node == last:
            found = sm3(b"\x01" + step + found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = sm3(b"\x01" + found + step)
        node, last = node >> 1, last >> 1
    if last:
        raise ValueError("the path is too short")
    return found


def read_key(text):
    name, ident, body = text.strip().split("+", 2)
    raw = base64.b64decode(body, validate=True)
    key = raw[len(TYPE) :]
    if not raw.startswith(TYPE) or sm3(name.encode() + b"\n" + TYPE + key)[:4].hex() != ident:
        raise ValueError("this is no log key")
    return name, bytes.fromhex(ident), key


def read_checkpoint(text, name, ident, key):
    body, signatures = text.split("\n\n", 1)
    origin, size, root = body.split("\n")
    if origin != name:
        raise ValueError("the checkpoint is another log's")
    for line in signatures.splitlines():
        dash, signer, value = line.split(" ")
        raw = base64.b64decode(value, validate=True)
        if dash == "\u2014" and signer == name and raw[:4] == ident:
            if sm2_holds(key, b"tongma/checkpoint/v0\0" + body.encode() + b"\n", raw[4:]):
                return int(size), base64.b64decode(root, validate=True)
    raise ValueError("the checkpoint is not signed by this key")


def check(saved, checkpoint=None, key=None):
    """The line a receipt is about; raises ValueError when anything does not hold."""
    if saved["format"] != "tongma-receipt-proof-1":
        raise ValueError("an unknown format")
    name, ident, point = read_key(key or saved["key"])
    size, root = read_checkpoint(checkpoint or saved["checkpoint"], name, ident, point)
    text, signature = saved["receipt"]["text"], bytes.fromhex(saved["receipt"]["signature"])
    if not sm2_holds(point, b"tongma/receipt/v0\0" + text.encode(), signature):
        raise ValueError("the receipt's signature is bad")
    said = json.loads(text)
    if said["leaf"] != saved["leaf"]:
        raise ValueError("the receipt names another leaf")
    if size != saved["size"]:
        raise ValueError("the checkpoint has another size than the proof")
    path = [bytes.fromhex(step) for step in saved["path"]]
    if root_of(bytes.fromhex(said["leaf"]), saved["index"], size, path) != root:
        raise ValueError("the leaf is not in the log")
    return said


def main(arguments):
    key = None
    if "--key" in arguments:
        place = arguments.index("--key")
        key = arguments[place + 1]
        del arguments[place : place + 2]
        if "+" not in key:
            key = open(key, encoding="utf-8").read()
    if not arguments:
        print(__doc__)
        return 2
    saved = json.load(open(arguments[0], encoding="utf-8"))
    checkpoint = open(arguments[1], encoding="utf-8").read() if len(arguments) > 1 else None
    try:
        said = check(saved, checkpoint, key)
    except (ValueError, KeyError, TypeError) as error:
        print(f"does not hold: {error}")
        return 1
    print(f"holds: {said['at']} {said['what']['zh']} ({saved['index']} of {saved['size']})")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
