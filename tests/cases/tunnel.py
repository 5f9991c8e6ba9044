#!/usr/bin/env python3
"""A machine without an address, reached by IAP's tunnel alone: the proof goes through it on a real connection, what `connect` says, and what a run tells
when nothing answers: the lines of the machine's console. And whatever is said to the simulated cloud's front, however it is cut off, never ends it."""
import json
import os
import random
import socket
import ssl
import struct

from harness import Home, Sim, done, ok, result_of

SETS = [w for s in ("target=vm", "exposure=internal", "auth.mode=iap") for w in ("--set", s)]
NOWHERE = "quay.io/none/mlflow@sha256:" + "0" * 64
CONNECT = "https://tunnel.cloudproxy.app/v4/connect"


def tunnels(sim, since=0):
    return [x for x in sim.exchanges()[since:] if x["url"].startswith(CONNECT)]


def proven(sim, answers):
    run = sim.run("apply", answers, "--json", "--yes", *SETS, timeout=200)
    ok(run.returncode == 0 and result_of(run.stdout).get("outcome") == "proven", "an internal machine is proven", run.stdout[-1500:], run.stderr)
    statuses = [x["status"] for x in tunnels(sim)]
    ok(401 in statuses and 101 in statuses and set(statuses) <= {101, 401}, "through the tunnel, strangers refused at its entrance", statuses)
    with_path = "project=demo-proj&port=5000&newWebsocket=True&zone=us-central1-b&instance=mlflow&interface=nic0"
    ok(all(x["url"] == f"{CONNECT}?{with_path}" for x in tunnels(sim)), "as Google's client asks for it", tunnels(sim)[0]["url"])
    lines = sim.run("connect", answers).stdout
    ok("export MLFLOW_TRACKING_URI=http://localhost:5000\n" in lines and
       "gcloud compute start-iap-tunnel mlflow 5000 --local-host-port=localhost:5000 --zone=us-central1-b --project=demo-proj\n" in lines,
       "connect says the line that opens it", lines)
    ok("TOKEN" not in lines, "and no token, since the tunnel has asked", lines)


class Line:
    """A connection to a host through the proxy, or to the proxy itself by TLS, on which anything may be said."""
    def __init__(self, sim, host):
        self.socket = socket.create_connection(("127.0.0.1", int(sim.ready["proxy"].rsplit(":", 1)[1])), timeout=20)
        if not host:
            return
        context = ssl.create_default_context(cafile=sim.ready["ca"])
        self.socket.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        self.hear()
        self.socket = context.wrap_socket(self.socket, server_hostname=host)

    def say(self, data):
        self.socket.sendall(data if isinstance(data, bytes) else data.encode("latin-1"))

    def hear(self):
        """What is said next; nothing once the other side is gone."""
        try:
            return self.socket.recv(65536)
        except OSError:
            return b""

    def cut(self, how):
        """Ends it: in order, or as if the machine were gone."""
        if how:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


PATH = "/v4/connect?project=demo-proj&port=5000&newWebsocket=True&zone=us-central1-b&instance=mlflow&interface=nic0"
HEADERS = {"Host": "tunnel.cloudproxy.app", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Origin": "bot:iap-tunneler",
           "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": "relay.tunnel.cloudproxy.app"}
ODD = ["", " ", "0", "x" * 24, "=" * 24, "SPDY/3.1", "h2c", "websocket, websocket", "\xff\xfe", "13, 8", "-1", "keep-alive, Upgrade", "a" * 9000, "%s%n", "{}", "100-continue"]


def handshake(headers, path=PATH, method="GET"):
    return f"{method} {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers) + "\r\n"


def framed(message, first=0x82):
    """A message as a client sends it, masked by zeros."""
    return bytes([first, 128 | len(message)]) + bytes(4) + message if len(message) < 126 else bytes([first, 254]) + struct.pack(">H", len(message)) + bytes(4) + message


def tunnel_data(text):
    return struct.pack(">HI", 4, len(text)) + text


def cut_tunnel(sim, bearer, draw):
    """A tunnel that was opened is left in the midst of something: its session is kept for who comes back."""
    line = Line(sim, HEADERS["Host"])
    line.say(handshake([*HEADERS.items(), ("Authorization", bearer)]))
    opened = line.hear().startswith(b"HTTP/1.1 101 ")
    asked = framed(tunnel_data(b"GET / HTTP/1.1\r\nHost: localhost:5000\r\n\r\n"))
    said = draw.choice([b"", asked, asked + asked[:9], framed(b"\0\4\0\0\1\0abc"), b"\x82\xff" + b"\x7f" * 8, framed(b"\x03\xe8", 0x88), framed(draw.randbytes(90)), draw.randbytes(50)])
    line.say(said)
    if draw.random() < 0.5 and said:
        line.hear()
    line.cut(draw.random() < 0.5)
    return opened


def odd_handshake(sim, bearer, draw):
    """Headers left out, twice, or of no sense, at any of the hosts; then perhaps bytes of no protocol."""
    headers = [*HEADERS.items(), ("Authorization", bearer)]
    for _ in range(draw.randint(1, 3)):
        at = draw.randrange(len(headers))
        name = headers[at][0]
        headers[at:at + 1] = draw.choice([[], [(name, draw.choice(ODD))], [headers[at], (name, draw.choice(ODD))], [(name.lower(), headers[at][1])]]) or [("X-None", "1")]
    path = draw.choice([PATH, PATH.replace("connect", "reconnect"), "/v4/reconnect?sid=" + "f" * 32 + "&ack=99999999999999999999", PATH.replace("5000", draw.choice(["-1", "0", "70000", "x"])),
                        PATH.split("&port")[0], "/", "*", "/v4/connect", "/v4/connect?" + "&" * 500])
    line = Line(sim, draw.choice([HEADERS["Host"], HEADERS["Host"], "container.googleapis.com", "compute.googleapis.com", "mlflow.example.com"]))
    whole = handshake(headers, path, draw.choice(["GET", "GET", "GET", "POST", "HEAD", "OPTIONS", "PRI"])).encode("latin-1")
    line.say(whole[:draw.randrange(len(whole))] if draw.random() < 0.3 else whole + draw.choice([b"", framed(b"\0\1"), draw.randbytes(40)]))
    if draw.random() < 0.3:
        line.hear()
    line.cut(draw.random() < 0.5)


def half_body(sim, bearer, draw):
    """A body that is not there to its end, or whose length is told in two ways."""
    told = draw.choice([["Content-Length: 900"], ["Transfer-Encoding: chunked"], ["Content-Length: 5", "Transfer-Encoding: chunked"], ["Content-Length: 5", "Content-Length: 6"],
                        ["Content-Length: 900", "Expect: 100-continue"], ["Transfer-Encoding: gzip, chunked"], ["Content-Length: 99999999999999999999"], ["Content-Range: bytes 0-9/900", "Content-Length: 900"]])
    path = draw.choice(["/compute/v1/projects/demo-proj/global/networks", "/upload/storage/v1/b/x/o?uploadType=resumable", "/upload/storage/v1/b/x/o?uploadType=multipart", "/batch", "/token"])
    host = "compute.googleapis.com" if "compute" in path else "storage.googleapis.com"
    line = Line(sim, host)
    line.say("\r\n".join([f"POST {path} HTTP/1.1", f"Host: {host}", f"Authorization: {bearer}", "Content-Type: " + draw.choice(["application/json", "multipart/related; boundary=", "x", ""]), *told, "", ""]))
    line.say(draw.choice([b"", b'{"name":"x', b"5\r\n{}", b"ffffffffffffffff\r\n", b"-1\r\n", b"0\r\n\r\n", b"--\r\n--", draw.randbytes(30)]))
    line.cut(draw.random() < 0.5)


def odd_connect(sim, _bearer, draw):
    """What is said to the proxy itself, and what stands in a tunnel that leads nowhere."""
    line = Line(sim, None)
    target = draw.choice(["a:443", ":", "", "a", "[::1]:443", "[", "[]:1", "u@h:443", "a:0", "a:99999999", "a" * 5000 + ":443", "/x", "*", "http://a/", "https://tunnel.cloudproxy.app/", "a:443:443", "%00:1"])
    said = draw.choice([f"CONNECT {target} HTTP/1.{draw.choice('01')}\r\n", f"CONNECT {target} HTTP/2.0\r\n", f"GET {target} HTTP/1.1\r\n", f"CONNECT {target}\r\n"])
    line.say(said + draw.choice(["\r\n", "Host: b\r\n\r\n", "Content-Length: 9\r\n\r\nabc", "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n5\r\n", ""]))
    line.say(draw.choice([b"", b"CONNECT a:443 HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\xff\x01", b"\x16\x03\x01\xff\xff" + draw.randbytes(60), draw.randbytes(60)]))
    line.cut(draw.random() < 0.5)


def battered(sim):
    """The simulated cloud's front, drawn from a seed: after each the next still finds it there."""
    bearer, draw = "Bearer " + sim.ready["token"], random.Random(7)
    kinds, opened = [cut_tunnel, odd_handshake, half_body, odd_connect], 0
    tries = 4000 if os.environ.get("MLFLOW_SETUP_ALL") else 160
    for i in range(tries):
        kind, before = kinds[i % len(kinds)], draw.getstate()
        try:
            opened += bool(kind(sim, bearer, draw))
        except OSError as e:  # it may hang up on us in the midst
            if sim.process.poll() is not None:
                ok(False, f"{kind.__name__} did not end the simulated cloud at {i}", hash(before), e, sim.complaints()[-500:])
                return
    ok(opened == tries // len(kinds), f"{tries // len(kinds)} tunnels were opened and cut", opened)
    line = Line(sim, "compute.googleapis.com")
    line.say(f"GET /compute/v1/projects/demo-proj/zones HTTP/1.1\r\nHost: compute.googleapis.com\r\nAuthorization: {bearer}\r\n\r\n")
    ok(line.hear().startswith(b"HTTP/1.1 200 ") and sim.process.poll() is None, f"{tries} upgrades, halves and oddities do not end the simulated cloud", sim.complaints()[-500:])
    line.cut(False)


def silent(home):
    """In virtual time: it waits for minutes before it gives up."""
    run = home.run("apply", home.example("silent.json", auth__client_secret="env:CLIENT_SECRET"), "--rehearse", "--json", "--yes", *SETS, "--set", "image.source=digest", "--set",
                   f"image.digest={NOWHERE}", "--world", home.file("nowhere.json", {"missingImages": ["quay.io/none/mlflow"]}), timeout=120)
    logged = [e for e in (json.loads(x) for x in run.stdout.splitlines() if x.startswith("{")) if e.get("event") == "log" and e.get("id") == "machine"]
    result = result_of(run.stdout)
    ok(result.get("outcome") == "partly" and "takes no connection" in result.get("message", ""), "a machine that does not answer is not proven", result)
    ok(any("mlflow" in e["line"] and "manifest unknown" in e["line"] for e in logged), "its console tells why in its step's log", *[e["line"] for e in logged])
    ok(any("exit-code, exited 125" in e["line"] for e in logged), "and its unit how it ended, by a guest attribute", *[e["line"] for e in logged])


def main():
    with Home() as home:
        world = home.file("world.json", {"projects": [{"services": ["compute.googleapis.com"]}]})
        with Sim(home, "--world", world) as sim:
            answers = home.example()
            proven(sim, answers)
            battered(sim)
        silent(home)
    done()


if __name__ == "__main__":
    main()
