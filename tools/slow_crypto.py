"""Hashes, ciphers and signatures as the standards print them, slow and with the standard library alone: for verify_code.py."""
import hashlib


class Refused(Exception):
    pass


def need(condition, code="malformed"):
    if not condition:
        raise Refused(code)


# SM3 (GB/T 32905), HMAC over it, SM4 (GB/T 32907).
def rotl(x, n):
    n %= 32
    return (x << n | x >> (32 - n)) & 0xFFFFFFFF


def sm3(message):
    state = [0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E]
    padded = message + b"\x80" + bytes(-(len(message) + 9) % 64) + (8 * len(message)).to_bytes(8, "big")
    for at in range(0, len(padded), 64):
        w = [int.from_bytes(padded[at + i:at + i + 4], "big") for i in range(0, 64, 4)]
        for j in range(16, 68):
            x = w[j - 16] ^ w[j - 9] ^ rotl(w[j - 3], 15)
            w.append(x ^ rotl(x, 15) ^ rotl(x, 23) ^ rotl(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = state
        for j in range(64):
            t = 0x79CC4519 if j < 16 else 0x7A879D8A
            ss1 = rotl((rotl(a, 12) + e + rotl(t, j)) & 0xFFFFFFFF, 7)
            ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
            gg = e ^ f ^ g if j < 16 else (e & f) | (~e & g)
            tt1 = (ff + d + (ss1 ^ rotl(a, 12)) + (w[j] ^ w[j + 4])) & 0xFFFFFFFF
            tt2 = (gg + h + ss1 + w[j]) & 0xFFFFFFFF
            a, b, c, d = tt1, a, rotl(b, 9), c
            e, f, g, h = tt2 ^ rotl(tt2, 9) ^ rotl(tt2, 17), e, rotl(f, 19), g
        state = [x ^ y for x, y in zip(state, (a, b, c, d, e, f, g, h))]
    return b"".join(x.to_bytes(4, "big") for x in state)


def hmac_sm3(key, message):
    key = key.ljust(64, b"\0")
    return sm3(bytes(x ^ 0x5C for x in key) + sm3(bytes(x ^ 0x36 for x in key) + message))


SBOX = bytes.fromhex(
    "d690e9fecce13db716b614c228fb2c052b679a762abe04c3aa441326498606999c4250f491ef987a33540b43edcfac62"
    "e4b31ca9c908e89580df94fa758f3fa64707a7fcf37317ba83593c19e6854fa8686b81b27164da8bf8eb0f4b70569d35"
    "1e240e5e6358d1a225227c3b01217887d40046579fd327524c3602e7a0c4c89eeabf8ad240c738b5a3f7f2cef96115a1"
    "e0ae5da49b341a55ad933230f58cb1e31df6e22e8266ca60c02923ab0d534e6fd5db3745defd8e2f03ff6a726d6c5b51"
    "8d1baf92bbddbc7f11d95c411f105ad80ac13188a5cd7bbd2d74d012b8e5b4b08969974a0c96777e65b9f109c56ec684"
    "18f07dec3adc4d2079ee5f3ed7cb3948")


def sm4(key, block):
    def tau(x): return int.from_bytes(bytes(SBOX[y] for y in x.to_bytes(4, "big")), "big")
    fk = [0xA3B1BAC6, 0x56AA3350, 0x677D9197, 0xB27022DC]
    k = [int.from_bytes(key[i:i + 4], "big") ^ fk[i // 4] for i in range(0, 16, 4)]
    x = [int.from_bytes(block[i:i + 4], "big") for i in range(0, 16, 4)]
    for i in range(32):
        ck = int.from_bytes(bytes((4 * i + j) * 7 % 256 for j in range(4)), "big")
        b = tau(k[i + 1] ^ k[i + 2] ^ k[i + 3] ^ ck)
        k.append(k[i] ^ b ^ rotl(b, 13) ^ rotl(b, 23))
        b = tau(x[i + 1] ^ x[i + 2] ^ x[i + 3] ^ k[i + 4])
        x.append(x[i] ^ b ^ rotl(b, 2) ^ rotl(b, 10) ^ rotl(b, 18) ^ rotl(b, 24))
    return b"".join(y.to_bytes(4, "big") for y in reversed(x[32:]))


# Elliptic curves y^2 = x^3 - 3x + b in affine coordinates; infinity is None.

class Curve:
    def __init__(self, p, b, n, gx, gy):
        self.p, self.b, self.n, self.g = p, b, n, (gx, gy)

    def add(self, one, other):
        if one is None or other is None:
            return one or other
        (x1, y1), (x2, y2), p = one, other, self.p
        if x1 == x2:
            if (y1 + y2) % p == 0:
                return None
            slope = 3 * (x1 * x1 - 1) * pow(2 * y1, -1, p) % p
        else:
            slope = (y2 - y1) * pow(x2 - x1, -1, p) % p
        x = (slope * slope - x1 - x2) % p
        return x, (slope * (x1 - x) - y1) % p

    def times(self, k, point):
        total = None
        for bit in bin(k)[2:]:
            total = self.add(total, total)
            total = self.add(total, point) if bit == "1" else total
        return total

    def point(self, sec1):
        need(len(sec1) == 65 and sec1[0] == 4)
        x, y = int.from_bytes(sec1[1:33], "big"), int.from_bytes(sec1[33:], "big")
        need(x < self.p and y < self.p and (y * y - x ** 3 + 3 * x - self.b) % self.p == 0)
        return x, y


SM2 = Curve(2 ** 256 - 2 ** 224 - 2 ** 96 + 2 ** 64 - 1,
            0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93,
            0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123,
            0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
            0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0)
P256 = Curve(2 ** 256 - 2 ** 224 + 2 ** 192 + 2 ** 96 - 1,
             0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
             0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
             0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
             0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)


def sm2_digest(key, e, signature):
    (r, s), n = (int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")), SM2.n
    t = (r + s) % n
    if not (0 < r < n and 0 < s < n and t):
        return False
    point = SM2.add(SM2.times(s, SM2.g), SM2.times(t, SM2.point(key)))
    return point is not None and (int.from_bytes(e, "big") + point[0]) % n == r


def sm2(key, message, signature):
    curve = b"".join(x.to_bytes(32, "big") for x in (SM2.p - 3, SM2.b, *SM2.g))
    z = sm3(b"\0\x80" + b"1234567812345678" + curve + key[1:])
    return sm2_digest(key, sm3(z + message), signature)


def p256(key, message, signature):
    (r, s), n = (int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")), P256.n
    if not (0 < r < n and 0 < s <= n // 2):  # the low s only
        return False
    w, e = pow(s, -1, n), int.from_bytes(hashlib.sha256(message).digest(), "big")
    point = P256.add(P256.times(e * w % n, P256.g), P256.times(r * w % n, P256.point(key)))
    return point is not None and point[0] % n == r


# Ed25519 (RFC 8032), strict: canonical encodings, no point of small order, s below the order.

Q = 2 ** 255 - 19
L = 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, Q) % Q


def ed_add(one, other):
    (x1, y1), (x2, y2) = one, other
    k = D * x1 * x2 * y1 * y2 % Q
    return ((x1 * y2 + x2 * y1) * pow(1 + k, -1, Q) % Q, (y1 * y2 + x1 * x2) * pow(1 - k, -1, Q) % Q)


def ed_times(k, point):
    total = (0, 1)
    for bit in bin(k)[2:]:
        total = ed_add(total, total)
        total = ed_add(total, point) if bit == "1" else total
    return total


def ed_point(encoded):
    number = int.from_bytes(encoded, "little")
    y, sign = number & (2 ** 255 - 1), number >> 255
    need(y < Q)
    square = (y * y - 1) * pow(D * y * y + 1, -1, Q) % Q
    x = pow(square, (Q + 3) // 8, Q)
    if x * x % Q != square:
        x = x * pow(2, (Q - 1) // 4, Q) % Q
    need(x * x % Q == square and not (x == 0 and sign))
    point = (Q - x if x & 1 != sign else x, y)
    need(ed_times(8, point) != (0, 1))
    return point


ED_BASE = ed_point((4 * pow(5, -1, Q) % Q).to_bytes(32, "little"))


def ed25519(key, message, signature):
    s = int.from_bytes(signature[32:], "little")
    try:
        a, r = ed_point(key), ed_point(signature[:32])
    except Refused:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return s < L and ed_times(s, ED_BASE) == ed_add(r, ed_times(h, a))


VERIFY = [sm2, ed25519, p256]
HASH = [sm3, lambda m: hashlib.sha256(m).digest(), lambda m: hashlib.sha256(m).digest()]
