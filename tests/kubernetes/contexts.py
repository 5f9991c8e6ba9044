#!/usr/bin/env python3
"""Kubeconfig files side by side with kubectl, on a real kube-apiserver: each row is a folder of files, and kubectl and this program's floor net (whoami.c) are asked
the same of it: are they let in, and as whom? They agree, but for what is refused here on purpose, or taken although kubectl does not; each of those rows says why,
and fails once the two agree. Whatever keeps this program out is told with what to do about it."""
import contextlib
import base64
import concurrent.futures
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cases"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import apiserver  # noqa: E402
from surroundings import Served, joined, read_head  # noqa: E402

from harness import BUILD, done, ok  # noqa: E402

WHOAMI = os.path.join(BUILD, "tests/kubernetes/whoami")
API = "client.authentication.k8s.io/"
NAME = "kubernetes.elsewhere.test"  # on the server's certificate, beside its address
ALL = os.environ.get("MLFLOW_SETUP_ALL") == "1"  # without it, of the rows that are as kubectl one in four
BOTH, REFUSED, TAKEN = "as kubectl", "refused on purpose", "taken, although kubectl does not"


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True, timeout=60)


def authority(folder):
    """An authority for clients, a certificate of each kind that it made, and one of another authority's."""
    def signed(name, ca, subject, *key, ends=None):
        openssl(folder, "req", "-new", "-newkey", *(key or ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")), "-nodes", "-subj", subject, "-keyout", f"{name}.key", "-out",
                f"{name}.csr")
        if not ends:
            openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.crt", "-CAkey", f"{ca}.key", "-CAcreateserial", "-days", "2", "-out", f"{name}.crt")
            return
        with open(f"{folder}/ca.cnf", "w", encoding="utf-8") as f:
            f.write("[ca]\ndefault_ca=d\n[d]\ndatabase=index\nnew_certs_dir=.\nserial=serial\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
        for path, text in (("index", ""), ("serial", "01\n")):
            with open(f"{folder}/{path}", "w", encoding="utf-8") as f:
                f.write(text)
        openssl(folder, "ca", "-batch", "-config", "ca.cnf", "-cert", f"{ca}.crt", "-keyfile", f"{ca}.key", "-startdate", "20200101000000Z", "-enddate", ends, "-in",
                f"{name}.csr", "-out", f"{name}.crt", "-notext")

    for ca in ("ca", "other-ca"):
        openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={ca}", "-keyout", f"{ca}.key", "-out",
                f"{ca}.crt")
    signed("alice", "ca", "/O=team/CN=alice")
    signed("rsa", "ca", "/CN=rachel", "rsa:2048")
    signed("stranger", "other-ca", "/CN=stranger")
    signed("over", "ca", "/CN=alice", ends="20200102000000Z")
    openssl(folder, "rsa", "-in", "rsa.key", "-traditional", "-out", "pkcs1.key")


class Tunnels(Served):
    """A proxy, for CONNECT or, where the first byte says so, SOCKS 5 with the host's name; what is asked for is on loopback. Counts."""

    def __init__(self):
        self.asked = []

    def serve(self, client):
        if client.recv(1, socket.MSG_PEEK) == b"\5":
            client.recv(2 + 255)
            client.sendall(b"\5\0")
            request = client.recv(512)
            if request[3] == 3:  # by name
                host, port = request[5:5 + request[4]].decode(), int.from_bytes(request[5 + request[4]:][:2], "big")
            else:
                host, port = socket.inet_ntoa(request[4:8]), int.from_bytes(request[8:10], "big")
            self.asked.append(f"socks {host}")
            there = socket.create_connection(("127.0.0.1", port))
            client.sendall(b"\5\0\0\1\x7f\0\0\1\0\0")
        else:
            head, rest = read_head(client)
            target = head.split(" ")[1]
            self.asked.append("connect " + target.rsplit(":", 1)[0])
            there = socket.create_connection(("127.0.0.1", int(target.rsplit(":", 1)[1])))
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            there.sendall(rest)
        joined(client, there)


class Rows:
    """What the rows are made of: a server's facts, and the rows as (name, what is expected, why, files, more)."""

    def __init__(self, server, certs, proxy):
        self.server, self.certs, self.proxy = server, certs, proxy
        self.ca = server.ca
        self.rows = []

    def text(self, name):
        with open(f"{self.certs}/{name}", encoding="utf-8") as f:
            return f.read()

    def data(self, name):
        return base64.b64encode(self.text(name).encode()).decode()

    def config(self, user, cluster=None, current="c", **more):
        """One context of one user; None in cluster takes a field out."""
        body = {"server": self.server.url, "certificate-authority-data": base64.b64encode(self.ca.encode()).decode()} | (cluster or {})
        body = {k: v for k, v in body.items() if v is not None}
        made = {"apiVersion": "v1", "kind": "Config", "clusters": [{"name": "k", "cluster": body}], "users": [{"name": "u", "user": user}],
                "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}]} | more
        return made | ({"current-context": current} if current else {})

    def add(self, name, files, expected=BOTH, why="", **more):
        """files: one configuration, or {path: what stands there}; more: KUBECONFIG (a list), context, env, words of our refusal."""
        if not isinstance(files, dict) or "clusters" in files or "users" in files:
            files = {"config": files}
        self.rows.append((name, expected, why, files, more))

    def user(self, name, user, *rest, files=None, **more):
        self.add(name, {"config": self.config(user)} | (files or {}), *rest, **more)

    def cluster(self, name, cluster, *rest, files=None, **more):
        self.add(name, {"config": self.config({"token": self.server.token}, cluster)} | (files or {}), *rest, **more)

    def program(self, status, version="v1", says=None, **more):
        """An exec that prints this status."""
        made = json.dumps({"apiVersion": API + (says or version), "kind": "ExecCredential", "status": status})
        return {"exec": {"apiVersion": API + version, "command": "sh", "args": ["-c", f"cat <<'E'\n{made}\nE"], "interactiveMode": "Never"} | more}


def tokens(r):
    token = r.server.token
    r.user("a token", {"token": token})
    r.user("a token that the server does not know", {"token": "unknown"})
    r.user("a token's file", {"tokenFile": "t"}, files={"t": token + "\n"})
    r.user("a token's file with space around", {"tokenFile": "t"}, files={"t": f"  {token} \r\n"})
    r.user("a token's file in a folder", {"tokenFile": "deep/er/t"}, files={"deep/er/t": token})
    r.user("a token's file that is missing", {"tokenFile": "none"})
    r.user("a token's file before a token", {"tokenFile": "t", "token": "unknown"}, files={"t": token})
    r.user("another token's file before the token", {"tokenFile": "t", "token": token}, files={"t": "unknown"})
    r.user("a missing file beside a token", {"tokenFile": "none", "token": token})
    r.user("an empty file beside a token", {"tokenFile": "t", "token": token}, files={"t": ""})
    r.user("an empty token's file", {"tokenFile": "t"}, files={"t": "\n"})
    r.user("nobody", {})
    r.user("an empty token", {"token": ""})
    r.user("a name and a password", {"username": "a", "password": "b"})
    r.user("a token of two lines", {"token": token + "\n"})
    r.user("a token beside a name and a password", {"token": token, "username": "a", "password": "b"})
    r.user("acting as somebody else", {"token": token, "as": "bob"}, REFUSED, "what is made would be bob's, whom the file cannot show", words="acts as somebody else")
    r.user("groups without whom they are of", {"token": token, "as-groups": ["g"]})
    r.user("more of somebody without who", {"token": token, "as-user-extra": {"a": ["b"]}})
    r.user("GKE's provider of old", {"auth-provider": {"name": "gcp", "config": {"access-token": token, "expiry": "2999-01-01T00:00:00Z"}}})
    r.user("Azure's provider of old", {"auth-provider": {"name": "azure", "config": {}}})
    r.user("a provider of OpenID Connect", {"auth-provider": {"name": "oidc", "config": {
        "id-token": "e30." + base64.urlsafe_b64encode(b'{"exp":9999999999}').decode().rstrip("=") + ".x", "idp-issuer-url": "https://issuer.test", "client-id": "c"}}})
    r.user("a provider beside a token", {"token": token, "auth-provider": {"name": "gcp"}})


def certificates(r):
    pair = {"client-certificate-data": r.data("alice.crt"), "client-key-data": r.data("alice.key")}
    files = {name: r.text(name) for name in ("alice.crt", "alice.key", "rsa.crt", "pkcs1.key")}
    r.user("a certificate", pair)
    r.user("a certificate's files", {"client-certificate": "alice.crt", "client-key": "alice.key"}, files=files)
    r.user("its certificate's file and the key's data", {"client-certificate": "alice.crt", "client-key-data": pair["client-key-data"]}, files=files)
    r.user("its files above", {"client-certificate": "../up/alice.crt", "client-key": "./../up/alice.key"}, files={"../up/" + n: t for n, t in files.items()})
    r.user("a key of RSA in PKCS 1", {"client-certificate": "rsa.crt", "client-key": "pkcs1.key"}, files=files)
    r.user("a certificate without its key", {"client-certificate-data": pair["client-certificate-data"]})
    r.user("a key without its certificate", {"client-key-data": pair["client-key-data"]})
    r.user("the key of another", pair | {"client-key-data": r.data("rsa.key")})
    r.user("a certificate of another authority", {"client-certificate-data": r.data("stranger.crt"), "client-key-data": r.data("stranger.key")})
    r.user("a certificate beside a token", pair | {"token": r.server.token})
    r.user("a certificate beside a token that is unknown", pair | {"token": "unknown"})
    r.user("a certificate and no file of it", pair | {"client-certificate": "none"})
    r.user("a certificate and a file of it too", pair | {"client-certificate": "alice.crt"}, files=files)
    r.user("a key and a file of it too", pair | {"client-key": "alice.key"}, files=files)
    r.user("a certificate that is none", pair | {"client-certificate-data": base64.b64encode(b"none").decode()})
    r.user("a certificate that is no base64", pair | {"client-certificate-data": "%%%"})
    r.user("a certificate's file that is missing", {"client-certificate": "none.crt", "client-key": "none.key"})
    folded = "\n".join(re.findall(".{1,64}", pair["client-certificate-data"]))
    r.user("a certificate in lines", pair | {"client-certificate-data": folded + "\n"})
    r.user("a chain", pair | {"client-certificate-data": base64.b64encode((r.text("alice.crt") + r.text("ca.crt")).encode()).decode()})


def programs(r):
    token, soon = r.server.token, "2020-01-01T00:00:00Z"
    r.user("a program of v1", r.program({"token": token}))
    r.user("a program of v1beta1", r.program({"token": token}, "v1beta1"))
    r.user("one of v1beta1 that says no mode", {"exec": {k: v for k, v in r.program({"token": token}, "v1beta1")["exec"].items() if k != "interactiveMode"}})
    r.user("one of v1 that says no mode", {"exec": {k: v for k, v in r.program({"token": token})["exec"].items() if k != "interactiveMode"}})
    r.user("one of v1alpha1", r.program({"token": token}, "v1alpha1"))
    r.user("one of no version", r.program({"token": token}, "v1") | {"exec": r.program({"token": token})["exec"] | {"apiVersion": ""}})
    r.user("one that answers another version", r.program({"token": token}, "v1", "v1beta1"))
    r.user("one with a mode that is none", r.program({"token": token}, interactiveMode="Sometimes"))
    r.user("one that asks if it can", r.program({"token": token}, interactiveMode="IfAvailable"))
    r.user("one that has to ask", r.program({"token": token}, interactiveMode="Always"))
    r.user("a program's certificate", r.program({"clientCertificateData": r.text("alice.crt"), "clientKeyData": r.text("alice.key")}))
    r.user("its certificate without the key", r.program({"clientCertificateData": r.text("alice.crt")}))
    r.user("its certificate and token", r.program({"clientCertificateData": r.text("alice.crt"), "clientKeyData": r.text("alice.key"), "token": token}))
    r.user("neither", r.program({}))
    r.user("a credential that has expired by its own words", r.program({"token": token, "expirationTimestamp": soon}))
    r.user("one that holds", r.program({"token": token, "expirationTimestamp": "2999-01-01T00:00:00.25+01:00"}))
    r.user("one until a time that is none", r.program({"token": token, "expirationTimestamp": "soon"}))
    r.user("one that the server does not know", r.program({"token": "unknown"}))
    r.user("one beside a token", r.program({"token": "unknown"}) | {"token": token})
    r.user("one beside a token that is unknown", r.program({"token": token}) | {"token": "unknown"})
    r.user("one beside a token's file", r.program({"token": "unknown"}) | {"tokenFile": "t"}, files={"t": token})
    r.user("one beside a certificate", r.program({"token": token}) | {"client-certificate-data": r.data("alice.crt"), "client-key-data": r.data("alice.key")})
    r.user("one beside a provider of old", r.program({"token": token}) | {"auth-provider": {"name": "gcp"}})

    def shell(script, **more):
        return {"exec": {"apiVersion": API + "v1", "command": "sh", "interactiveMode": "Never", "args": ["-c", script]} | more}

    print_token = 'printf \'{"apiVersion":"%sv1","kind":"ExecCredential","status":{"token":"%%s"}}\' "$T"' % API
    r.user("its environment", shell(print_token, env=[{"name": "T", "value": token}]))
    r.user("its environment over ours", shell(print_token, env=[{"name": "T", "value": token}]), env={"T": "unknown"})
    r.user("ours", shell(print_token), env={"T": token})
    r.user("a variable twice", shell(print_token, env=[{"name": "T", "value": "unknown"}, {"name": "T", "value": token}]))
    r.user("a variable without a name", shell(print_token, env=[{"name": "", "value": token}]), env={"T": token})
    r.user("one that fails", shell("echo no; exit 3"))
    r.user("one that prints nothing", shell("true"))
    r.user("one that prints what is none", shell("echo hello"))
    r.user("one that prints YAML", shell(f"echo 'apiVersion: {API}v1'; echo 'kind: ExecCredential'; echo 'status: {{token: {token}}}'"))
    r.user("one that grumbles", shell("echo grumble >&2; " + print_token, env=[{"name": "T", "value": token}]))
    r.user("no such program", {"exec": {"apiVersion": API + "v1", "command": "no-such-program-anywhere", "interactiveMode": "Never", "installHint": "Get it there."}})
    r.user("no program", {"exec": {"apiVersion": API + "v1", "command": "", "interactiveMode": "Never"}})
    script = "#!/bin/sh\n" + print_token.replace("$T", token) + "\n"
    r.user("a program beside the file", {"exec": {"apiVersion": API + "v1", "command": "./bin/get", "interactiveMode": "Never"}}, files={"bin/get": script})
    r.user("one in a folder beside it", {"exec": {"apiVersion": API + "v1", "command": "bin/get", "interactiveMode": "Never"}}, files={"bin/get": script})
    # What it is told of the cluster is written beside the file, for tells().
    tell = 'printf "%s" "$KUBERNETES_EXEC_INFO" > told; ' + print_token
    extension = [{"name": API + "exec", "extension": {"audience": "a", "count": 3, "deep": {"flag": True, "none": None, "ratio": 0.5, "number": "7", "list": [1, "a"]}}}]
    for version in ("v1", "v1beta1"):
        for name, more in (("", {}), (" with the cluster", {"provideClusterInfo": True})):
            user = shell(tell.replace(API + "v1", API + version), apiVersion=API + version, env=[{"name": "T", "value": token}], **more)
            r.add(f"what a program of {version} is told{name}", {"config": r.config(user, {"tls-server-name": NAME, "extensions": extension})}, told=True)
    r.add("what it is told of an authority's file", {"config": r.config(shell(tell, env=[{"name": "T", "value": token}], provideClusterInfo=True), {
        "server": r.server.url + "/", "certificate-authority-data": None, "certificate-authority": "ca.crt"}), "ca.crt": r.ca}, told=True)


def clusters(r):
    port = r.server.url.rsplit(":", 1)[1]
    r.cluster("an authority's file", {"certificate-authority-data": None, "certificate-authority": "ca.crt"}, files={"ca.crt": r.ca})
    r.cluster("no authority", {"certificate-authority-data": None})
    r.cluster("an authority's data and file", {"certificate-authority": "ca.crt"}, files={"ca.crt": r.ca})
    r.cluster("an authority's file that is missing", {"certificate-authority-data": None, "certificate-authority": "none.crt"})
    r.cluster("another authority", {"certificate-authority-data": r.data("other-ca.crt")})
    r.cluster("one among others", {"certificate-authority-data": base64.b64encode((r.text("other-ca.crt") + "\n# the other\n" + r.ca).encode()).decode()})
    r.cluster("an authority that is none", {"certificate-authority-data": base64.b64encode(b"none").decode()})
    r.cluster("TLS that is not checked", {"certificate-authority-data": None, "insecure-skip-tls-verify": True}, REFUSED,
              "the credentials would be shown to whoever stands between", words="insecure-skip-tls-verify")
    r.cluster("TLS that is not checked, with an authority", {"insecure-skip-tls-verify": True})
    r.cluster("TLS that is checked", {"insecure-skip-tls-verify": False})
    r.cluster("another name", {"server": f"https://localhost:{port}", "tls-server-name": NAME})
    r.cluster("a name that is not its", {"tls-server-name": "other.test"})
    r.cluster("a host that is not its", {"server": f"https://localhost:{port}"})
    r.cluster("a slash at the end", {"server": r.server.url + "/"})
    r.cluster("a path at the end", {"server": r.server.url + "/clusters/c"})
    r.cluster("no server", {"server": None})
    r.cluster("an empty server", {"server": ""})
    r.cluster("no TLS", {"server": f"http://127.0.0.1:{port}"})
    r.cluster("no scheme", {"server": f"127.0.0.1:{port}"}, TAKEN, "kubectl would ask without TLS, and show nothing")
    r.cluster("a host that is not there", {"server": "https://nowhere.invalid:6443"})
    r.cluster("no address", {"server": "https://a b"})
    r.cluster("a proxy", {"proxy-url": f"http://127.0.0.1:{r.proxy.port}"}, asked="connect 127.0.0.1")
    r.cluster("a proxy of SOCKS", {"proxy-url": f"socks5://127.0.0.1:{r.proxy.port}", "server": f"https://{NAME}:{port}"}, asked=f"socks {NAME}")
    r.cluster("a proxy by a scheme that is none", {"proxy-url": f"gopher://127.0.0.1:{r.proxy.port}"})
    r.cluster("a proxy without a scheme", {"proxy-url": f"127.0.0.1:{r.proxy.port}"})
    r.cluster("a proxy without a host", {"proxy-url": "http://"})
    r.cluster("a proxy that is not there", {"proxy-url": "http://127.0.0.1:1"})
    for name in ("HTTPS_PROXY", "https_proxy"):
        r.cluster(f"{name}, which is for no host of this machine", {}, env={name: "http://127.0.0.1:1"})
        r.cluster(f"{name} for another", {"server": f"https://{NAME}:{port}"}, env={name: f"http://127.0.0.1:{r.proxy.port}"}, asked=f"connect {NAME}")
    r.cluster("NO_PROXY", {"server": f"https://{NAME}:{port}"}, env={"HTTPS_PROXY": f"http://127.0.0.1:{r.proxy.port}", "NO_PROXY": ".test"})
    r.cluster("the cluster's own proxy before the environment's", {"proxy-url": f"http://127.0.0.1:{r.proxy.port}"}, env={"HTTPS_PROXY": "http://127.0.0.1:1"},
              asked="connect 127.0.0.1")


def files(r):
    token, good = r.server.token, r.config({"token": r.server.token})
    bad, alice = r.config({"token": "unknown"}), r.config({"client-certificate": "alice.crt", "client-key": "alice.key"})
    part = {key: {key: good[key]} for key in ("clusters", "users", "contexts", "current-context")}
    r.add("one file of three", {"a": part["clusters"], "b": part["users"], "d": part["contexts"] | part["current-context"]}, kubeconfig=["a", "b", "d"])
    r.add("a list with what is missing and empty", {"b": good}, kubeconfig=["none", "", "b", ""])
    r.add("a list of nothing", {"b": good}, kubeconfig=["", ""])
    r.add("a list of what is missing", {"b": good}, kubeconfig=["none", "neither"])
    r.add("the first user counts", {"a": bad, "b": good}, kubeconfig=["a", "b"])
    r.add("the first user counts, the other way", {"a": good, "b": bad}, kubeconfig=["a", "b"])
    r.add("an entry is not joined", {"a": {"users": [{"name": "u", "user": {}}]}, "b": good}, kubeconfig=["a", "b"])
    r.add("the first current context counts", {"a": r.config({"token": token}, current="none"), "b": good}, kubeconfig=["a", "b"])
    r.add("a file that says none is passed over", {"a": r.config({"token": token}, current=None), "b": bad}, kubeconfig=["a", "b"])
    r.add("an empty current context is passed over", {"a": good | {"current-context": ""}, "b": good}, kubeconfig=["a", "b"])
    r.add("paths are beside the file that says them", {"x/a": alice, "x/alice.crt": r.text("alice.crt"), "x/alice.key": r.text("alice.key"), "b": bad}, kubeconfig=["x/a", "b"])
    r.add("and not beside another", {"x/a": alice, "alice.crt": r.text("alice.crt"), "alice.key": r.text("alice.key")}, kubeconfig=["x/a"])
    r.add("the same file twice", {"a": good}, kubeconfig=["a", "a"])
    r.add("one of a list that is no YAML", {"a": good, "b": "a: [1\n"}, kubeconfig=["a", "b"])
    r.add("a folder in a list", {"a": good, "d/x": ""}, kubeconfig=["a", "d"])
    r.add("a context by its name", {"config": r.config({"token": token}, current=None)}, context="c")
    r.add("a context by its name and not the current one", {"config": r.config({"token": token}, current="none")}, context="c")
    r.add("no current context", r.config({"token": token}, current=None))
    r.add("a current context that is not there", r.config({"token": token}, current="none"))
    r.add("a context by a name that is not there", good, context="none")
    r.add("a user that is not there", r.config({"token": token}, contexts=[{"name": "c", "context": {"cluster": "k", "user": "none"}}]))
    r.add("no user", r.config({"token": token}, contexts=[{"name": "c", "context": {"cluster": "k"}}]))
    r.add("a cluster that is not there", r.config({"token": token}, contexts=[{"name": "c", "context": {"cluster": "none", "user": "u"}}]))
    r.add("no cluster", r.config({"token": token}, contexts=[{"name": "c", "context": {"user": "u"}}]))
    r.add("a name twice", r.config({"token": token}, users=good["users"] * 2))
    r.add("a name twice, in what the context does not name", r.config({"token": token}, users=good["users"] + [{"name": "v", "user": {}}] * 2))
    r.add("a namespace", r.config({"token": token}, contexts=[{"name": "c", "context": {"cluster": "k", "user": "u", "namespace": "n"}}]))
    r.add("what is not known", r.config({"token": token, "new": {"a": 1}}, preferences={"colors": True}, extensions=[{"name": "e", "extension": {"b": 2}}], more=[1]))
    r.add("no apiVersion and kind", {k: v for k, v in good.items() if k not in ("apiVersion", "kind")})
    r.add("another apiVersion", good | {"apiVersion": "v2"})
    r.add("another kind", good | {"kind": "Secret"})
    r.add("an empty file", {"config": ""})
    r.add("a comment alone", {"config": "# nothing\n"})
    r.add("a list at the top", {"config": "- a\n"})
    r.add("no YAML", {"config": "clusters: [\n"})
    r.add("no text", {"config": b"\x7fELF\0\1\2"})
    r.add("lists that are null", {"config": {"apiVersion": "v1", "kind": "Config", "clusters": None, "users": None, "contexts": None}})
    r.add("a list that is none", good | {"users": {"u": {"token": token}}})
    r.add("a file that others may write", good, REFUSED, "whoever writes it has programs run", words="others can write", mode=0o666)
    r.add("a file that others may read", good, mode=0o644)


def yaml(r):
    token, ca = r.server.token, base64.b64encode(r.ca.encode()).decode()

    def text(user, cluster="", top=""):
        return (f"{top}apiVersion: v1\nkind: Config\ncurrent-context: c\nclusters:\n- name: k\n  cluster:\n    server: {r.server.url}\n    certificate-authority-data: {ca}\n{cluster}"
                f"contexts:\n- name: c\n  context: {{cluster: k, user: u}}\nusers:\n- name: u\n  user:\n{user}")

    plain = text(f"    token: {token}\n")
    r.add("YAML", {"config": plain})
    r.add("YAML with comments", {"config": plain.replace("\n", " # why\n", 2)})
    r.add("YAML with the lines of Windows", {"config": plain.replace("\n", "\r\n")})
    r.add("YAML with a mark of its bytes' order", {"config": "\ufeff" + plain})
    r.add("YAML with a document's ends", {"config": "---\n" + plain + "...\n"})
    r.add("YAML with its version", {"config": "%YAML 1.1\n---\n" + plain})
    r.add("YAML of two documents", {"config": plain + "---\na: b\n"})
    r.add("YAML with a tab", {"config": plain.replace("    token", "\ttoken")})
    r.add("an alias", {"config": text("    *who\n", top=f"more: &who {{token: {token}}}\n")})
    r.add("a merge", {"config": text("    <<: *who\n", top=f"more: &who {{token: {token}}}\n")})
    r.add("a merge that is overruled", {"config": text(f"    <<: *who\n    token: {token}\n", top="more: &who {token: unknown}\n")})
    r.add("a merge of several", {"config": text("    <<: [*a, *b]\n", top=f"more: [&a {{token: {token}}}, &b {{token: unknown}}]\n")})
    r.add("a tag of a text", {"config": text(f"    token: !!str {token}\n")})
    r.add("a tag of a program", {"config": text(f"    token: !!python/object:os.system {token}\n")}, REFUSED, "a configuration is plain data", words="plain data")
    r.add("a tag of bytes", {"config": text(f"    token: !!binary {base64.b64encode(token.encode()).decode()}\n")}, REFUSED, "a configuration is plain data",
          words="plain data")
    r.add("a merge before what it is overruled by", {"config": text(f"    token: {token}\n    <<: *who\n", top="more: &who {{tokenFile: none}}\n")})
    r.add("quoted keys", {"config": text(f"    \"token\": '{token}'\n")})
    r.add("a folded text", {"config": text(f"    token: >-\n      {token}\n")})
    r.add("a text with its line's end", {"config": text(f"    token: |\n      {token}\n")})
    r.add("a key twice", {"config": text(f"    token: unknown\n    token: {token}\n")})
    r.add("a key twice, the other way", {"config": text(f"    token: {token}\n    token: unknown\n")})
    r.add("another case", {"config": text(f"    Token: {token}\n")})
    for word in ("null", "~", "Null", "NULL", ""):
        r.add(f"a token that is {word or 'left out'}", {"config": text(f"    token: {word}\n    tokenFile: t\n"), "t": token})
    r.add("a token that is the text null", {"config": text("    token: 'null'\n    tokenFile: t\n"), "t": token})
    r.add("a number as a token", {"config": text("    token: 123456789\n")})
    r.add("a number as a name", {"config": plain.replace("user: u", "user: 7").replace("name: u", "name: 7")}, TAKEN, "a name is a text here, however it is written")
    r.add("a word of YAML as a name", {"config": plain.replace("user: u", "user: on").replace("name: u", "name: on")}, TAKEN, "a name is a text here, however it is written")
    for word in ("true", "True", "TRUE", "yes", "on", "y"):
        r.add(f"TLS that is not checked: {word}", {"config": plain.replace(f"certificate-authority-data: {ca}", f"insecure-skip-tls-verify: {word}")}, REFUSED,
              "the credentials would be shown to whoever stands between", words="insecure-skip-tls-verify")
    made = json.dumps({"apiVersion": API + "v1", "kind": "ExecCredential", "status": {"token": token}})
    r.add("a number in a program's environment", {"made": made, "config": text(
        f"    exec: {{apiVersion: {API}v1, command: sh, interactiveMode: Never, args: [-c, 'test $N = 010 && cat made'], env: [{{name: N, value: 010}}]}}\n")}, TAKEN,
        "a variable's value is a text here, however it is written")
    for word in ("false", "no", "off", "n", "'true'", "1"):
        r.add(f"TLS and {word}", {"config": text(f"    token: {token}\n", f"    insecure-skip-tls-verify: {word}\n")})


def unreached(r):
    """A server that is not reached, or lets nobody in: what is said, and how long it takes. All at once, for each has to wait."""
    mute = socket.create_server(("127.0.0.1", 0))
    listener = socket.create_server(("127.0.0.1", 0))
    strict = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    strict.load_cert_chain(f"{r.server.folder}/certs/apiserver.crt", f"{r.server.folder}/certs/apiserver.key")
    strict.verify_mode = ssl.CERT_REQUIRED
    strict.load_verify_locations(f"{r.certs}/ca.crt")

    def handshakes():
        while True:
            try:
                plain = listener.accept()[0]
            except OSError:
                return
            # A client that is refused may be gone before it is heard: the next one is asked all the same.
            with contextlib.suppress(OSError), strict.wrap_socket(plain, server_side=True) as stream:
                read_head(stream)

    threading.Thread(target=handshakes, daemon=True).start()
    stranger, token = {"client-certificate-data": r.data("stranger.crt"), "client-key-data": r.data("stranger.key")}, {"token": r.server.token}
    over = {"client-certificate-data": r.data("over.crt"), "client-key-data": r.data("over.key")}
    here = "https://127.0.0.1:"
    refusing = {"server": here + str(listener.getsockname()[1])}
    rows = {
        "a port that nobody listens on": (token, {"server": here + "1"}, "no connection", "Does the cluster run"),
        "a host that is not there": (token, {"server": "https://nowhere.invalid:6443"}, "resolve", "Does the cluster run"),
        "a port that takes a connection and says nothing": (token, {"server": here + str(mute.getsockname()[1])}, "no connection", "Does the cluster run"),
        "another authority": (token, {"certificate-authority-data": r.data("other-ca.crt")}, "not safe", "certificate-authority-data"),
        "a certificate that has run out": (over, {}, "Unauthorized", "held until 2020-01-02"),
        "a certificate that the server does not know": (stranger, {}, "Unauthorized", "auth whoami"),
        "one that it refuses by TLS": (stranger, refusing, "not safe", "takes no client certificate"),
        "one that it refuses by TLS before it is asked": (stranger, refusing, "not safe", "takes no client certificate"),
        "a token that it does not know": ({"token": "unknown"}, {}, "Unauthorized", "auth whoami"),
    }

    def ask(name):
        user, cluster, *_ = rows[name]
        with tempfile.TemporaryDirectory(prefix="contexts-") as folder:
            path = f"{folder}/config"
            with open(path, "w", encoding="utf-8", opener=lambda p, flags: os.open(p, flags, 0o600)) as f:
                json.dump(r.config(user, cluster), f)
            began = time.monotonic()
            ran = subprocess.run([WHOAMI, path, "", "late" if name.endswith("before it is asked") else "patient"], env={"PATH": os.environ["PATH"], "HOME": folder, "TZ": "UTC"}, capture_output=True, text=True, timeout=120,
                                 stdin=subprocess.DEVNULL)
            return time.monotonic() - began, ran

    with concurrent.futures.ThreadPoolExecutor(len(rows)) as pool:
        for (name, (_, _, what, fix)), (took, ran) in zip(rows.items(), pool.map(ask, rows)):
            said = json.loads(ran.stdout or "{}")
            ok(ran.returncode in (77, 78) and what in said.get("what", "") and fix in said.get("fix", ""), f"{name}: told, with the cure", ran.returncode, ran.stdout, ran.stderr)
            ok(took < 40, f"{name}: within seconds", took)
            if "no connection" not in what and "resolve" not in what:
                ok(said.get("tries") == 1, f"{name}: an answer that stands is asked for once", ran.stdout)
    mute.close()
    listener.close()


def told(folder):
    path = f"{folder}/told"
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as f:
        info = json.load(f)
    os.unlink(path)
    return info


def lay(folder, files, mode):
    for name, content in files.items():
        path = os.path.normpath(f"{folder}/here/{name}")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not isinstance(content, bytes):
            content = (content if isinstance(content, str) else json.dumps(content)).encode()
        with open(path, "wb") as f:
            f.write(content)
        os.chmod(path, 0o700 if content.startswith(b"#!") else mode)
    os.makedirs(f"{folder}/here", exist_ok=True)


def tells(name, theirs, ours):
    """A program is told the same, but for what it is told of by its absence."""
    ok(theirs and theirs == ours, f"{name}: the same", "kubectl: " + json.dumps(theirs, sort_keys=True), "ours:    " + json.dumps(ours, sort_keys=True))


def walk(r, row):
    name, expected, why, content, more = row
    folder = tempfile.mkdtemp(prefix="contexts-")
    here = f"{folder}/here"
    try:
        lay(folder, content, more.get("mode", 0o600))
        environment = {"PATH": os.environ["PATH"], "HOME": folder, "TZ": "UTC", "LC_ALL": "C.UTF-8", "KUBECONFIG": ":".join(more.get("kubeconfig", ["config"]))} | more.get("env", {})
        for variable in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if variable in os.environ:
                environment[variable] = os.environ[variable]
        context = more.get("context", "")

        def run(*words):
            before = len(r.proxy.asked)
            ran = subprocess.run(words, env=environment, cwd=here, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
            return ran, told(here), r.proxy.asked[before:]

        theirs, their_told, their_asked = run(KUBECTL, "auth", "whoami", "-o", "json", *(["--context", context] if context else []))
        ours, our_told, our_asked = run(WHOAMI, "", context)
        told_us = json.loads(ours.stdout) if ours.stdout.strip() else {}
        them = json.loads(theirs.stdout)["status"]["userInfo"] if theirs.returncode == 0 else None
        who = them and (them["username"], them["groups"])
        we = ours.returncode == 0 and (told_us["user"], told_us["groups"]) or None
        notes = f"kubectl: {who} {theirs.stderr[-600:]}", f"ours: {ours.returncode} {ours.stdout}{ours.stderr[-600:]}"
        if expected == REFUSED:
            ok(who and not we and more["words"] in told_us.get("what", ""), f"{name}: {expected}, since {why}", *notes)
        elif expected == TAKEN:
            ok(not who and we, f"{name}: {expected}, since {why}", *notes)
        else:
            ok(who == we, f"{name}: {'let in as ' + who[0] if who else 'kept out'}, {expected}", *notes)
        if not we:
            ok(told_us.get("what") and told_us.get("fix"), f"{name}: what keeps it out is told, with what to do", *notes)
        if more.get("told"):
            tells(name, their_told, our_told)
        if "asked" in more:
            ok(their_asked[-1:] == our_asked[-1:] == [more["asked"]], f"{name}: through the proxy, {more['asked']}", their_asked, our_asked)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def kubectl_here():
    found = shutil.which("kubectl") or os.path.join(apiserver.PARTS, "bin/kubectl")
    fixed = os.path.realpath(found) + ".1.32"  # gcloud's starts another version for each server
    return fixed if os.path.exists(fixed) else found if os.path.exists(found) else None


KUBECTL = kubectl_here()


def main():
    why = apiserver.missing() or (None if KUBECTL else "kubectl is not installed") or (None if os.path.exists(WHOAMI) else "whoami is not built: make check_PROGRAMS")
    if why:
        print(f"1..0 # SKIP {why}")
        return
    certs = tempfile.mkdtemp(prefix="contexts-ca-")
    try:
        authority(certs)
        with Tunnels() as proxy, apiserver.Apiserver([NAME], ["--client-ca-file", f"{certs}/ca.crt", "--anonymous-auth=false"]) as server:
            r = Rows(server, certs, proxy)
            for fill in (tokens, certificates, programs, clusters, files, yaml):
                fill(r)
            if not sys.argv[1:]:
                unreached(r)
            wanted = [row for row in r.rows if all(word in row[0] for word in sys.argv[1:])]
            for i, row in enumerate(wanted):
                if ALL or row[1] != BOTH or i % 4 == 0 or len(wanted) < 20:
                    walk(r, row)
    finally:
        shutil.rmtree(certs, ignore_errors=True)
    done()


if __name__ == "__main__":
    main()
