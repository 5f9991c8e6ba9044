"""A hostile cloud: what stands between the program and the simulated cloud, ends TLS with an authority of its own, and changes what comes back.

A trial is (seed, mutation, nth, sticky): from the nth reply on, or for that one alone, the mutation's function gets the reply and says what is sent
instead. Whoever is asked for, and what is shown to them, is kept, so that a secret that goes to a foreign host is seen."""
import base64
import gzip
import json
import random
import re
import select
import socket
import socketserver
import ssl
import subprocess
import threading

from judge import TRICKS  # its path is harness's too

from harness import HASTE

GOOGLES = re.compile(r"([a-z0-9.-]+\.)?(googleapis\.com|run\.app|appspot\.com|cloudproxy\.app|google\.com|example\.com|goog|pkg\.dev|gcr\.io|docker\.io|docker\.com|sslip\.io)$")
EVIL = "evil.example.net"


class Authority:
    """An authority of its own, and a certificate for every host that is asked for."""

    def __init__(self, folder):
        self.folder, self.file, self.contexts, self.lock = folder, f"{folder}/ca.pem", {}, threading.Lock()
        self.openssl("req", "-x509", *self.curve("key.pem"), "-out", self.file, "-days", "3650", "-subj", "/CN=a hostile authority", "-addext", "keyUsage=critical,keyCertSign")

    def openssl(self, *words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=60, cwd=self.folder)

    @staticmethod
    def curve(key):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key]

    def context(self, host):
        """What a server of that name shows; all of googleapis.com share one."""
        name = "*.googleapis.com" if host.endswith(".googleapis.com") else host
        with self.lock:
            if name not in self.contexts:
                n = len(self.contexts)
                with open(f"{self.folder}/{n}.ext", "w", encoding="utf-8") as f:
                    f.write(f"subjectAltName={'IP' if re.fullmatch(r'[0-9.]+|.*:.*', name) else 'DNS'}:{name}\n")
                self.openssl("req", *self.curve(f"{n}.key"), "-out", f"{n}.csr", "-subj", "/CN=cloud")
                self.openssl("x509", "-req", "-in", f"{n}.csr", "-CA", self.file, "-CAkey", "key.pem", "-CAcreateserial", "-out", f"{n}.pem", "-days", "3650", "-extfile", f"{n}.ext")
                made = self.contexts[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                made.load_cert_chain(f"{self.folder}/{n}.pem", f"{self.folder}/{n}.key")
                made.set_alpn_protocols(["http/1.1"])
            return self.contexts[name]


class Reply:
    """One HTTP reply, to be changed: status, reason, headers (pairs), body; raw: these bytes instead; then close."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body, self.reason, self.raw, self.endless, self.tunnel = status, headers, body, "X", None, None, None

    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def put(self, value):
        self.body = value if isinstance(value, bytes) else json.dumps(value).encode(errors="replace") if not isinstance(value, str) else value.encode("utf-8", "surrogatepass")

    def fail(self, status, message):
        self.status = status
        self.put({"error": {"code": status, "message": message, "status": "INVALID_ARGUMENT", "errors": [{"reason": message, "message": message, "domain": message}],
                            "details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": message, "domain": message, "metadata": {message: message}}]}})


def leaves(node, path=()):
    """Every place in a tree."""
    yield path
    for key, child in (node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()):
        yield from leaves(child, (*path, key))


def replaced(tree, path, value):
    """The tree with another value there."""
    if not path:
        return value
    at = tree
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return tree


def text_places(tree):
    for path in leaves(tree):
        at = tree
        for key in path:
            at = at[key]
        if isinstance(at, str):
            yield path, at


# Mutations: (reply, request, random) -> None -------------------------------------------------------------------------------------------


def redirect(r, _, rnd):
    r.status = rnd.choice((301, 302, 303, 307, 308))
    r.headers.append(("Location", rnd.choice((f"https://{EVIL}/steal", f"http://{EVIL}/steal", "file:///etc/passwd", f"//{EVIL}/", "https://storage.googleapis.com@" + EVIL,
                                              "\x1b[2J", "/" * 60000))))


def bomb(r, _, rnd):
    what = rnd.choice(("gzip", "deep", "keys", "number", "digits", "string"))
    if what == "gzip":
        r.headers.append(("Content-Encoding", "gzip"))
        inner = gzip.compress(b"\0" * (48 << 20), 9)
        r.body = inner
    else:
        r.put({"deep": "[" * 400000, "keys": "{" + ",".join(f'"k{i}":{i}' for i in range(150000)) + "}", "number": '{"done":1e999999,"expires_in":-1e308,"items":[1e400]}',
               "digits": '{"fingerprint":' + "9" * 300000 + "}", "string": '{"name":"' + "A" * (8 << 20) + '"}'}[what].encode())


def flood(r, _, rnd):
    r.endless = rnd.choice(("body", "chunks", "headers", "continues", "trailers", "chunk-extension"))


def echo(r, request, rnd):
    shown = request["head"] + b"\n" + request["body"]
    how = rnd.choice((lambda b: b, base64.b64encode, base64.urlsafe_b64encode, lambda b: b.hex().encode(), lambda b: "".join(f"%{c:02x}" for c in b).encode(),
                      lambda b: "".join(f"&#{c};" for c in b).encode(), lambda b: b[7:], lambda b: b.replace(b"\n", b"")))
    text = how(shown).decode(errors="replace")
    if rnd.random() < 0.3:
        r.status, r.body = rnd.choice((400, 403, 500)), b"<html>" + how(shown)
    else:
        r.fail(rnd.choice((400, 403, 404, 409, 412)), "cannot take " + text)


def pages(r, _, rnd):
    tree = r.json()
    if isinstance(tree, dict):
        tree[rnd.choice(("nextPageToken", "nextPageToken", "pageToken"))] = rnd.choice(("again", "x" * 5000, "&a=b#\x1b", "..", "%"))
        r.put(tree)


STRANGE = (None, True, False, 0, -1, 1e300, 2 ** 63, "", "x", [], {}, [[]], [None], {"": None}, "9" * 400, "-1", "NaN", [{}], {"name": {}}, 0.5)


def types(r, _, rnd):
    tree = r.json()
    if tree is not None:
        places = list(leaves(tree))
        for path in rnd.sample(places, min(len(places), rnd.choice((1, 1, 2, 5)))):
            try:
                tree = replaced(tree, path, rnd.choice(STRANGE))
            except (KeyError, IndexError, TypeError):
                pass
        r.put(tree)


def swapped(r, _, rnd):
    """A list for an object, nothing at all, other encodings, keys twice."""
    r.put(rnd.choice((b"", b"null", b"[]", b"{}", b"0", b'""', b"true", b"{" + r.body + b"}", r.body + r.body, r.body[:len(r.body) // 2], r.body.decode(errors="replace").encode("utf-16"),
                      b"\xff\xfe" + r.body, r.body.replace(b"{", b'{"name":"other","name":"again",', 1), b"\0" * 40, b"<!DOCTYPE html><title>502</title>", b"\xed\xa0\x80", b'{"a":"\\ud800"}')))


FORGERIES = (f"https://{EVIL}/v1/operations/x", f"https://{EVIL}", f"http://{EVIL}:80/", f"https://compute.googleapis.com@{EVIL}/x", f"https://{EVIL}#.run.app", f"https://{EVIL}?.run.app",
             f"https://{EVIL}\\.run.app", "../../../../v1/projects/other/secrets/s", "projects/victim/locations/x/operations/1", "/etc/passwd", "a/b?c#d", "%2e%2e%2f", "169.254.169.254", "::1",
             "https://169.254.169.254/computeMetadata", "$(touch /tmp/owned)", "`id`", "'; touch /tmp/owned; '", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----", "${HOME}",
             f"{EVIL}", "x" * 70000)


def forged(r, _, rnd):
    tree = r.json()
    if not isinstance(tree, (dict, list)):
        return
    places = [p for p, text in text_places(tree) if "://" in text or "/" in text or re.search(r"\d+\.\d+\.\d+", text)] or [p for p, _ in text_places(tree)]
    for path in rnd.sample(places, min(len(places), rnd.choice((1, 2, 50)))):
        tree = replaced(tree, path, rnd.choice(FORGERIES))
    r.put(tree)


def operations(r, _, rnd):
    tree = r.json()
    if isinstance(tree, dict):
        tree |= rnd.choice(({"done": True, "response": {}}, {"done": True, "error": {"code": 13, "message": TRICKS[0]}}, {"done": "true"}, {"done": True}, {"status": "DONE"}, {"status": "RUNNING", "done": False},
                            {"status": "DONE", "error": {"errors": [{"code": "X", "message": rnd.choice(TRICKS)}]}}, {"name": rnd.choice(FORGERIES)}, {"selfLink": f"https://{EVIL}/op"},
                            {"targetLink": f"https://{EVIL}/x", "status": "DONE", "kind": "compute#operation"}, {"name": None}, {"metadata": []}))
        r.put(tree)


def texts(r, _, rnd):
    trick = "".join(rnd.sample(TRICKS, 3))
    if rnd.random() < 0.5:
        r.fail(rnd.choice((400, 401, 403, 404, 409, 429, 500)), trick)
    else:
        tree = r.json()
        for path, text in list(text_places(tree)) if tree is not None else []:
            if rnd.random() < 0.5:
                tree = replaced(tree, path, trick if rnd.random() < 0.5 else text + trick)
        r.put(tree if tree is not None else trick)
    r.reason = trick.replace("\n", "").replace("\r", "")


def statuses(r, _, rnd):
    r.status = rnd.choice((100, 101, 200, 201, 204, 205, 206, 226, 304, 400, 401, 402, 404, 407, 408, 409, 410, 412, 418, 429, 451, 499, 500, 501, 503, 504, 511, 599, 999, 0))
    r.headers.append(("Retry-After", rnd.choice(("99999999999", "-1", "x", "Fri, 31 Dec 9999 23:59:59 GMT", "1e9", "0"))))


def broken(r, _, rnd):
    body = r.body
    r.raw = rnd.choice((b"", b"\0", b"HTTP/9.9 200\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + body, b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n" + body,
                        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx",
                        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", b"HTTP/1.1 200 OK\r\n: \r\n\r\n", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n" + body,
                        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", rnd.randbytes(3000)))


def frame(payload, opcode=2, first=0x80):
    n = len(payload)
    return bytes([first | opcode]) + (bytes([n]) if n < 126 else b"\x7e" + n.to_bytes(2, "big") if n < 65536 else b"\x7f" + n.to_bytes(8, "big")) + payload


def data(payload):
    return frame(b"\0\4" + len(payload).to_bytes(4, "big") + payload)


SID, HELLO = frame(b"\0\1\0\0\0\3sid"), b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n"
# What a tunnel's relay says once; a pair: and what it then says for ever.
TUNNELS = (b"", b"\xff" * 5000, frame(b"x", first=0xf0), b"\x82\x85\0\0\0\0hello", b"\x82\x7f" + b"\xff" * 8, b"\x82\x7f\0\0\0\0\x7f\xff\xff\xff", frame(b""), frame(b"\0"), frame(b"\0\1\xff\xff\xff\xff"),
           SID + SID, data(b"early"), SID + frame(b"\0\7" + b"\xff" * 8), SID + frame(b"\0\2" + bytes(8)), SID + frame(b"\xff\xff?"), frame("\x1b[2J\u202e".encode(), 1), frame(b"x" * 126, 9),
           frame(b"", 9, 0), frame(b"\x10\x05\x1b[2J\r\nmlflow-setup: all is well\x9b\xff", 8), frame(b"\x0f", 8), frame(b"", 8), frame(b"", 0), frame(b"a", 2, 0) + frame(b"b", 2, 0),
           SID + data(HELLO + b"Content-Length: -1\r\n\r\n{}"), SID + data(HELLO + b"Content-Length: 99999999999999999999\r\n\r\n{}"), SID + data(HELLO + b"\r\n{}") + frame(b"\3\xe8", 8),
           SID + data(b"HTTP/1.0 302 X\r\nLocation: https://" + EVIL.encode() + b"/\r\n\r\n"), SID + data(b"\0" * 9000), SID + data(HELLO + b"A: \x1b[2J\r\n\r\n\xff\xfe"),
           (SID, frame(b"x" * 125, 9)), (SID, frame(b"", 10)), (SID, data(b"")), (SID, frame(b"\0\7" + bytes(8))), (SID, frame(b"\xff\xff")), (SID + data(HELLO + b"\r\n"), data(b"x")),
           (SID + data(b"HTTP/1.0 200 OK\r\n"), data(b"A: b\r\n")), (SID + data(b"HTTP/1.0 200 OK\r\nA: "), data(b"b" * 16000)), (frame(b"a", 2, 0), frame(b"", 0, 0)), (b"", frame(b"", 10)))


def tunnel(r, _, rnd):
    r.tunnel = rnd.choice(TUNNELS)


MUTATIONS = {"redirects": redirect, "bombs": bomb, "floods": flood, "echoes": echo, "pages": pages, "types": types, "bodies": swapped, "forged values": forged,
             "forged operations": operations, "texts": texts, "statuses": statuses, "broken HTTP": broken, "tunnels": tunnel}


# The proxy --------------------------------------------------------------------------------------------------------------------------------


def read_message(f):
    """(first line, headers, body, the head as it came) or None."""
    first = f.readline(65536)
    if not first.strip():
        return None
    head, headers = [first], []
    for line in iter(lambda: f.readline(65536), b"\r\n"):
        if not line:
            return None
        head.append(line)
        name, _, value = line.decode("latin-1").partition(":")
        headers.append((name.strip(), value.strip()))
    low = {n.lower(): v for n, v in headers}
    if "chunked" in low.get("transfer-encoding", ""):
        body = b""
        while size := int(f.readline(100).split(b";")[0] or b"0", 16):
            body += f.read(size)
            f.readline()
        f.readline()
    else:
        body = f.read(int(low.get("content-length", 0)))
    return first.decode("latin-1").split(" ", 2), headers, body, b"".join(head)


class Hostile(socketserver.ThreadingTCPServer):
    """The way to sim, for a with block. arm() says what happens next."""
    allow_reuse_address = daemon_threads = True

    def __init__(self, sim, authority):
        super().__init__(("127.0.0.1", 0), Connection)
        self.sim, self.authority, self.lock = sim, authority, threading.Lock()
        self.mutate, self.nth, self.sticky, self.count, self.asked, self.acted, self.random = None, 0, False, 0, [], 0, random.Random(0)
        self.client_side = ssl.create_default_context(cafile=sim.ready["ca"])
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def arm(self, mutate, nth, sticky, seed):
        with self.lock:
            self.mutate, self.nth, self.sticky, self.count, self.asked, self.acted, self.random = mutate, nth, sticky, 0, [], 0, random.Random(seed)

    def disarm(self):
        self.arm(None, 0, False, 0)

    def options(self):
        return ["--cloud-proxy", f"http://127.0.0.1:{self.server_address[1]}", "--cloud-ca", self.authority.file, *HASTE]

    def due(self, reply):
        """Is this reply one to be changed? With the random numbers of that one."""
        if self.mutate is tunnel and reply.status != 101:
            return None
        with self.lock:
            self.count += 1
            if not self.mutate or not (self.count == self.nth or (self.sticky and self.count > self.nth)):
                return None
            self.acted += 1
            return random.Random(self.random.random())

    def handle_error(self, *_):
        pass


class Connection(socketserver.StreamRequestHandler):
    def handle(self):
        first, *_ = read_message(self.rfile) or [None]
        if not first:
            return
        if first[0] != "CONNECT":
            self.server.asked.append((first[1], b""))
            return
        host = first[1].rsplit(":", 1)[0].strip("[]").lower()
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with self.server.authority.context(host).wrap_socket(self.connection, server_side=True) as tls, tls.makefile("rb") as f:
            tls.settimeout(60)
            self.upstream = None
            while (message := read_message(f)) and self.one(host, first[1], tls, message):
                pass
            if self.upstream:
                self.upstream[0].close()

    def forward(self, target, head, body):
        """The simulated cloud's reply, on a connection that is kept."""
        if not self.upstream:
            where = self.server.sim.ready["proxy"].split("://")[1].rsplit(":", 1)
            plain = socket.create_connection((where[0], int(where[1].strip("/"))), 60)
            plain.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
            while not plain.recv(4096).endswith(b"\r\n\r\n"):
                pass
            tls = self.server.client_side.wrap_socket(plain, server_hostname=target.rsplit(":", 1)[0])
            self.upstream = tls, tls.makefile("rb", 0 if b"pgrade: websocket" in head else -1)  # nothing of what follows a 101 may be held back
        self.upstream[0].sendall(head + b"\r\n" + body)
        answer = read_message(self.upstream[1])
        return Reply(int(answer[0][1]), [(n, v) for n, v in answer[1] if n.lower() not in ("content-length", "transfer-encoding") and (n.lower() != "connection" or answer[0][1] == "101")], answer[2])

    def one(self, host, target, tls, message):
        _, _, body, head = message
        self.server.asked.append((host, head + body))
        foreign = not GOOGLES.fullmatch(host)
        # What comes back is the sim's own; the name that it had in Accept-Encoding would have it packed.
        reply = Reply(200, [], b"{}") if foreign else self.forward(target, re.sub(rb"(?i)accept-encoding:[^\r]*\r\n", b"", head), body)
        rnd = self.server.due(reply)
        if rnd:
            self.server.mutate(reply, {"head": head, "body": body}, rnd)
        on = self.send(tls, reply)
        if on and reply.status == 101 and self.upstream:
            self.relay(tls, reply)
            return False
        return on

    def relay(self, tls, r):
        """What the other protocol's two sides say, or what is said in the place of one."""
        if r.tunnel is not None:
            once, ever = r.tunnel if isinstance(r.tunnel, tuple) else (r.tunnel, b"")
            tls.sendall(once)
            while ever:
                tls.sendall(ever * (1 + 60000 // len(ever)))
            tls.settimeout(3)
            while tls.recv(65536):  # a relay that says no more goes in the end
                pass
            return
        up, sides = self.upstream[0], {}
        sides = {up: tls, tls: up}
        while True:
            ready = [s for s in sides if s.pending()] or select.select(list(sides), [], [], 60)[0]
            for side in ready:
                got = side.recv(65536)
                if not got:
                    return
                sides[side].sendall(got)
            if not ready:
                return

    def send(self, tls, r):
        if r.endless:
            self.without_end(tls, r)
            return False
        if r.raw is not None:
            tls.sendall(r.raw)
            return False
        headers = "".join(f"{n}: {v}\r\n" for n, v in r.headers).encode("utf-8", "replace")
        tls.sendall(f"HTTP/1.1 {r.status:03d} {r.reason}\r\n".encode("utf-8", "replace") + headers + (b"" if r.status == 101 else f"Content-Length: {len(r.body)}\r\n".encode()) + b"\r\n" + (b"" if r.status == 101 else r.body))
        return True

    @staticmethod
    def without_end(tls, r):
        """Until the other side has enough."""
        start, more = {"body": (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536), "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"4\r\n    \r\n" * 8000),
                       "headers": (b"HTTP/1.1 200 OK\r\n", b"A: b\r\n" * 8000), "continues": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2000),
                       "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", b"A: b\r\n" * 8000),
                       "chunk-extension": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;", b"x" * 65536)}[r.endless]
        tls.sendall(start)
        while True:
            tls.sendall(more)


def foreign_fault(asked, secrets):
    """What is wrong with whom was asked, or None: a secret or a token that was shown to somebody else."""
    for host, shown in asked:
        if not GOOGLES.fullmatch(host) and (b"uthorization:" in shown or any(s.encode() in shown for s in secrets)):
            return f"a secret is sent to {host}: {shown[:200]!r}"
    return None
