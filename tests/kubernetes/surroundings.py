"""What a real API server (apiserver.py) has around it in Google's cloud, for a run of the installer against it: the way to its host from a proxy that leads to the
simulated cloud for everything else, who is behind an access token, and a kubelet that forwards ports of its node's pods to a program on loopback."""
import base64
import hashlib
import http.server
import json
import os
import socket
import ssl
import struct
import subprocess
import threading
import urllib.parse

from parts import free_port, http as ask


def pipe(one, other):
    """Bytes from one socket to the other until either ends."""
    try:
        while data := one.recv(65536):
            other.sendall(data)
    except OSError:
        pass
    for s in (one, other):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def joined(one, other):
    back = threading.Thread(target=pipe, args=(other, one), daemon=True)
    back.start()
    pipe(one, other)
    back.join(10)
    one.close()
    other.close()


class Served:
    """A server on loopback, in threads, while the with block lasts; self.port."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.guarded, args=(client,), daemon=True).start()

    def guarded(self, client):
        try:
            self.serve(client)
        except OSError:
            pass
        finally:
            client.close()


def read_head(stream):
    """The head of an HTTP message, and what came after it."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = stream.recv(65536)
        if not more:
            raise ConnectionError("it ended before its head was whole")
        data += more
    head, rest = data.split(b"\r\n\r\n", 1)
    return head.decode("latin-1"), rest


class Bridge(Served):
    """A proxy for CONNECT: routes has ports of loopback by host, all else goes to the proxy of the simulated cloud."""

    def __init__(self, onward, routes):
        self.onward, self.routes = urllib.parse.urlsplit(onward), routes

    def serve(self, client):
        head, rest = read_head(client)
        host = head.split(" ")[1].rsplit(":", 1)[0]
        if host in self.routes:
            there = socket.create_connection(("127.0.0.1", self.routes[host]))
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            there.sendall(rest)
        else:
            there = socket.create_connection((self.onward.hostname, self.onward.port))
            there.sendall(head.encode("latin-1") + b"\r\n\r\n" + rest)
        joined(client, there)


class Reviewer:
    """Answers an API server's TokenReviews as Google does for its clusters: a token is its account's, known by its address. Asked is the simulated Google."""

    def __init__(self, sim, folder):
        self.sim, self.path = sim, f"{folder}/reviewer"

    def user(self, token):
        status, _, said = ask("GET", "https://oauth2.googleapis.com/tokeninfo?access_token=" + urllib.parse.quote(token), proxy=self.sim.ready["proxy"],
                              ca=self.sim.ready["ca"])
        return json.loads(said).get("email") if status == 200 else None

    def __enter__(self):
        reviewer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                user = reviewer.user(review["spec"]["token"])
                status = {"authenticated": True, "user": {"username": user}} if user else {"authenticated": False}
                body = json.dumps({"apiVersion": review["apiVersion"], "kind": "TokenReview", "status": status}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        config = {"apiVersion": "v1", "kind": "Config", "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                  "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{self.server.server_port}"}}], "users": [{"name": "u", "user": {}}]}
        with open(self.path, "w", encoding="utf-8") as f:
            json.dump(config, f)
        return self

    def flags(self):
        return [f"--authentication-token-webhook-config-file={self.path}", "--authentication-token-webhook-version=v1"]

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Forwarder(Served):
    """The kubelet's streaming server (k8s.io/kubelet, pkg/cri/streaming/portforward) for WebSockets of v4.channel.k8s.io: each message begins with its channel, the
    first of each has the port. Whatever pod and port are asked for, the connection is one to target, a port of loopback."""

    def __init__(self, folder, target):
        self.target = target
        self.certificate, key = f"{folder}/kubelet.crt", f"{folder}/kubelet.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=node-1",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", self.certificate], check=True, capture_output=True, timeout=60)
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(self.certificate, key)
        self.asked = []

    def node(self):
        """What it tells of itself to the API server."""
        return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"},
                "status": {"addresses": [{"type": "InternalIP", "address": "127.0.0.1"}], "daemonEndpoints": {"kubeletEndpoint": {"Port": self.port}}}}

    def serve(self, client):
        stream = self.context.wrap_socket(client, server_side=True)
        head, rest = read_head(stream)
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n")[1:])}
        self.asked.append(head.split(" ")[1])
        if fields.get("sec-websocket-protocol") != "v4.channel.k8s.io":
            stream.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        accept = base64.b64encode(hashlib.sha1((fields["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        stream.sendall(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: v4.channel.k8s.io\r\n"
                        f"Sec-WebSocket-Accept: {accept}\r\n\r\n").encode())
        port = struct.pack("<H", int(urllib.parse.parse_qs(urllib.parse.urlsplit(self.asked[-1]).query)["port"][0]))
        for channel in (b"\0", b"\1"):
            stream.sendall(frame(channel + port))
        self.forward(stream, rest)

    def forward(self, stream, data):
        with socket.create_connection(("127.0.0.1", self.target)) as server:
            lock = threading.Lock()

            def back():
                try:
                    while said := server.recv(16384):
                        with lock:
                            stream.sendall(frame(b"\0" + said))
                    with lock:
                        stream.sendall(frame(struct.pack(">H", 1000), 8))
                except OSError:
                    pass

            threading.Thread(target=back, daemon=True).start()
            while True:
                opcode, message, data = unframed(stream, data)
                if opcode == 8:
                    return
                if opcode == 2 and message[:1] == b"\0":
                    server.sendall(message[1:])


def frame(payload, opcode=2):
    length = len(payload)
    size = bytes([length]) if length < 126 else b"\x7e" + struct.pack(">H", length)
    return bytes([0x80 | opcode]) + size + payload


def unframed(stream, data):
    """The next message of a client: its opcode, its bytes, and what came after it."""
    def need(count):
        nonlocal data
        while len(data) < count:
            more = stream.recv(65536)
            if not more:
                raise ConnectionError("it ended within a message")
            data += more

    need(2)
    opcode, length, at = data[0] & 15, data[1] & 127, 2
    if length >= 126:
        at = 4 if length == 126 else 10
        need(at)
        length = int.from_bytes(data[2:at], "big")
    need(at + 4 + length)
    mask = data[at:at + 4]
    message = bytes(b ^ mask[i % 4] for i, b in enumerate(data[at + 4:at + 4 + length]))
    return opcode, message, data[at + 4 + length:]


def mlflow(program, folder):
    """MLflow's arguments and port for a server of its own on loopback."""
    port = free_port()
    return port, [program, "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--backend-store-uri", f"sqlite:///{folder}/mlflow.db",
                  "--artifacts-destination", os.path.join(folder, "artifacts"), "--serve-artifacts", "--allowed-hosts", "localhost,localhost:*", "--cors-allowed-origins",
                  "http://localhost:5000"]
