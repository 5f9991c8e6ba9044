#!/usr/bin/env python3
"""Google's own tunnel client, `gcloud compute start-iap-tunnel`, through the simulated cloud: a local port that leads to a machine's, and what it says when
the role, the firewall or the machine is missing."""
import copy
import http.client
import os
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from network import Gcloud  # noqa: E402 (the path is set above)
from harness import Home, Sim, done, ok, wait_for  # noqa: E402

ACCOUNT = "somebody@demo-proj.iam.gserviceaccount.com"
ZONE = "--zone=us-central1-a"
USER_DATA = """#cloud-config
runcmd:
- docker run -d -p 8080:8080 us-docker.pkg.dev/cloudrun/container/hello
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Tunnel:
    """gcloud with an open local port, in a with block."""

    def __init__(self, g, instance, port):
        self.local = free_port()
        self.command = ["gcloud", "compute", "start-iap-tunnel", instance, str(port), f"--local-host-port=localhost:{self.local}", ZONE]
        self.environment = g.environment

    def __enter__(self):
        self.process = subprocess.Popen(self.command, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.said = self.process.communicate(timeout=30)[0]

    def listens(self):
        with socket.socket() as s:
            return s.connect_ex(("127.0.0.1", self.local)) == 0 or self.process.poll() is not None

    def get(self, path="/", body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.local, timeout=60)
        connection.request("POST" if body else "GET", path, body=body)
        reply = connection.getresponse()
        return reply.status, reply.read()


def refused(g, name, words):
    """It tries the way before it listens, and says why not."""
    with Tunnel(g, "vm1", 8080) as t:
        deadline = time.monotonic() + 60
        while t.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
    ok(t.process.returncode not in (0, None, -15) and words in t.said, name, t.process.returncode, t.said)


def somebody(owner):
    """gcloud as a service account that may look at machines and no more; the owner makes its tokens."""
    owner("iam service-accounts create somebody")
    for member, role in ((f"serviceAccount:{ACCOUNT}", "compute.viewer"), ("user:operator@example.com", "iam.serviceAccountTokenCreator")):
        owner(["projects", "add-iam-policy-binding", "demo-proj", f"--member={member}", f"--role=roles/{role}", "--condition=None"])
    g = copy.copy(owner)
    g.environment = owner.environment | {"CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT": ACCOUNT}
    wait_for(lambda: subprocess.run(["gcloud", "compute", "instances", "list"], env=g.environment, capture_output=True, stdin=subprocess.DEVNULL,
                                    timeout=60).returncode == 0, "its grants to spread", 120, 0.5)
    return g


def machine(g, home):
    g(f"compute instances create vm1 {ZONE} --machine-type=e2-small --image-family=cos-stable --image-project=cos-cloud --network=default "
      f"--tags=web --metadata-from-file=user-data={home.file('user-data', USER_DATA)}")


def main():
    if not shutil.which("gcloud"):
        print("1..0 # SKIP gcloud is not installed")
        return
    with Home() as home:
        with Sim(home, "--world", home.file("world.json", {"services": ["*"]})) as sim:
            owner = Gcloud(home, sim)
            machine(owner, home)
            g = somebody(owner)
            refused(g, "who has not the role is not let through", "4033")
            owner(["projects", "add-iam-policy-binding", "demo-proj", f"--member=serviceAccount:{ACCOUNT}", "--role=roles/iap.tunnelResourceAccessor",
                   "--condition=None"])
            wait_for(lambda: refusal_of(g) != "4033", "the grant to spread", 120, 0.5)
            refused(g, "without a firewall rule for the tunnel's addresses nothing is reached", "4003")
            owner("compute firewall-rules create tunnel --network=default --allow=tcp:8080 --source-ranges=35.235.240.0/20 --target-tags=web")
            with Tunnel(g, "vm1", 8080) as t:
                wait_for(t.listens, "gcloud to listen", 60)
                status, body = t.get()
                ok(status == 200 and body, "a request through it is answered", status, body[:200])
                status, again = t.get()
                ok(status == 200 and again == body, "and another one")
                status, _ = t.get("/", b"x" * 300000)
                ok(status == 200, "and one of many messages", status)
            owner(f"compute instances stop vm1 {ZONE}")
            refused(g, "a machine that is stopped", "4047")
        ok(sim.status == 0, "the simulated cloud ends well", sim.status, sim.path("errors"))
    done()


def refusal_of(g):
    with Tunnel(g, "vm1", 8080) as t:
        try:
            wait_for(lambda: t.process.poll() is not None, "gcloud to end", 15)
        except TimeoutError:
            return ""
    return next((code for code in ("4033", "4003") if code in t.said), "")


if __name__ == "__main__":
    main()
