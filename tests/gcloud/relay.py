#!/usr/bin/env python3
"""Our client of IAP's tunnel against a server made of gcloud's own code: what our client says is taken apart by gcloud's functions and sent on by gcloud's
client to the simulated cloud, and back the same way. Addresses, headers, messages and acknowledgements are what gcloud's own would be."""
import base64
import hashlib
import os
import shutil
import struct
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cases"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../attack"))
from harness import Home, Sim, done, ok, result_of, skip  # noqa: E402 (the path is set above)
import cloud  # noqa: E402

ENTRANCE = "tunnel.cloudproxy.app"
SETS = [w for s in ("target=vm", "exposure=internal", "auth.mode=iap") for w in ("--set", s)]


def parts_of_gcloud():
    """gcloud's tunnel: (messages, client, frames, proxies), or None where it is not to be had."""
    if not shutil.which("gcloud"):
        return None
    lib = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(shutil.which("gcloud")))), "lib")
    sys.path[1:1] = [lib, os.path.join(lib, "third_party")]
    try:
        from googlecloudsdk.api_lib.compute import iap_tunnel_websocket, iap_tunnel_websocket_utils
        from googlecloudsdk.core import properties
        import httplib2
        import websocket
    except ImportError as e:
        print(f"# {e}")
        return None
    return iap_tunnel_websocket_utils, iap_tunnel_websocket, websocket, httplib2, properties


class Seen:
    """What was found of our client, over all tunnels."""

    def __init__(self):
        self.addresses, self.headers, self.opened, self.sent, self.received, self.acks, self.faults, self.largest = [], [], 0, 0, 0, [], [], 0


class Relay(cloud.Connection):
    """One connection: others go on as they are, a tunnel's ends here."""

    def one(self, host, target, tls, message):
        first, headers, _, _ = message
        low = {n.lower(): v for n, v in headers}
        if host != ENTRANCE or "authorization" not in low:
            return super().one(host, target, tls, message)
        seen = self.server.seen
        seen.addresses.append(f"wss://{host}{first[1]}")
        seen.headers.append(low)
        self.tunnel(tls, low)
        return False

    def tunnel(self, tls, low):
        utils, client, websocket, httplib2, _ = self.server.parts
        seen, lock, sent = self.server.seen, threading.Lock(), [0]
        proxy = self.server.sim.ready["proxy"].split("://")[1].strip("/").rsplit(":", 1)
        goal = self.server.goal._replace(proxy_info=httplib2.ProxyInfo(httplib2.socks.PROXY_TYPE_HTTP, proxy[0], int(proxy[1])))

        def say(data, opcode=websocket.ABNF.OPCODE_BINARY):
            with lock:
                tls.sendall(websocket.ABNF(1, 0, 0, 0, opcode, 0, data).format())

        def back(data):
            sent[0] += len(data)
            say(utils.CreateSubprotocolDataFrame(data))

        def over():
            try:
                say(struct.pack(">H", 1000), websocket.ABNF.OPCODE_CLOSE)
            except OSError:
                pass

        far = client.IapTunnelWebSocket(goal, lambda: low["authorization"].split(" ", 1)[1], back, over, "tests")
        try:
            far.InitiateConnection()
        except client.ConnectionCreationError as e:  # the grant has not spread: the entrance says so
            status = "401 Unauthorized" if "401" in str(e) else "403 Forbidden"
            tls.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
            return
        accept = base64.b64encode(hashlib.sha1((low["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        tls.sendall(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n"
                    f"Sec-WebSocket-Protocol: {utils.SUBPROTOCOL_NAME}\r\n\r\n".encode())
        say(struct.pack(">HI7s", utils.SUBPROTOCOL_TAG_CONNECT_SUCCESS_SID, 7, b"session"))
        seen.opened += 1
        try:
            self.listen(tls, far, say, sent)
        except (OSError, websocket.WebSocketException, utils.IncompleteData) as e:
            if not isinstance(e, OSError):
                seen.faults.append(repr(e))
        seen.sent += sent[0]
        far.Close()

    def listen(self, tls, far, say, sent):
        utils, _, websocket, _, _ = self.server.parts
        seen, total = self.server.seen, 0

        def exactly(n):
            data = tls.recv(n)
            if not data:
                raise OSError("the other side is gone")
            return data

        frames = websocket._abnf.frame_buffer(exactly, True)
        while True:
            frame = frames.recv_frame()
            if frame.opcode == websocket.ABNF.OPCODE_CLOSE:
                return
            if frame.opcode == websocket.ABNF.OPCODE_PING:
                say(frame.data, websocket.ABNF.OPCODE_PONG)
            if frame.opcode not in (websocket.ABNF.OPCODE_BINARY, websocket.ABNF.OPCODE_CONT):
                continue
            tag, left = utils.ExtractSubprotocolTag(frame.data)
            if tag == utils.SUBPROTOCOL_TAG_DATA:
                data, more = utils.ExtractSubprotocolData(left)
                total, seen.received, seen.largest = total + len(data), seen.received + len(data), max(seen.largest, len(data))
                if more:
                    seen.faults.append("bytes after a message")
                far.Send(data)
                say(utils.CreateSubprotocolAckFrame(total))
            elif tag == utils.SUBPROTOCOL_TAG_ACK:
                got, _ = utils.ExtractSubprotocolAck(left)
                seen.acks.append(got)
                if got > sent[0]:
                    seen.faults.append(f"{got} bytes acknowledged of {sent[0]}")
            else:
                seen.faults.append(f"a message of kind {tag}")


def checked(seen, goal, parts):
    utils = parts[0]
    wanted = utils.CreateWebSocketConnectUrl(goal, True)
    # The order of parameters is nobody's promise; what they are is.
    same = [sorted(a.partition("?")[2].split("&")) == sorted(wanted.partition("?")[2].split("&")) and a.partition("?")[0] == wanted.partition("?")[0]
            for a in seen.addresses]
    ok(seen.addresses and all(same), "every address is the one that gcloud makes", wanted, *seen.addresses[:3])
    ok(all(h.get("sec-websocket-protocol") == utils.SUBPROTOCOL_NAME and h.get("origin") == "bot:iap-tunneler" for h in seen.headers),
       "with its protocol's name and its origin", *seen.headers[:1])
    ok(seen.opened > 0 and seen.received > 0 and seen.sent > 0, "requests went through gcloud's client, and replies came back", vars(seen))
    ok(seen.largest <= utils.SUBPROTOCOL_MAX_DATA_FRAME_SIZE, "no message is larger than gcloud's", seen.largest)
    ok(not seen.faults, "and gcloud's code finds nothing wrong with any", *seen.faults)


def main():
    parts = parts_of_gcloud()
    if not parts:
        skip("our tunnel against gcloud's code", "gcloud, or its tunnel, is not to be had")
        done()
    utils, _, _, _, properties = parts
    goal = utils.IapTunnelTargetInfo(project="demo-proj", zone="us-central1-b", instance="mlflow", interface="nic0", port=5000, url_override=None,
                                     proxy_info=None, network=None, region=None, host=None, dest_group=None)
    with Home() as home, Sim(home) as sim:
        properties.VALUES.core.custom_ca_certs_file.Set(sim.ready["ca"])
        with cloud.Hostile(sim, cloud.Authority(home.path)) as way:
            way.RequestHandlerClass, way.parts, way.goal, way.seen = Relay, parts, goal, Seen()
            run = home.run("apply", home.example(), "--json", "--yes", *SETS, *way.options(), env=sim.environment(), timeout=300)
            ok(run.returncode == 0 and result_of(run.stdout).get("outcome") == "proven", "a machine is proven through gcloud's own tunnel", run.stdout[-2500:], run.stderr)
            checked(way.seen, goal, parts)
    done()


if __name__ == "__main__":
    main()
