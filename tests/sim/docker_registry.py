#!/usr/bin/env python3
"""docker_registry: a tag of a remote repository resolves to a digest by the registry API, as container runtimes ask it."""
import json
import os
import sys
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cases"))
from harness import Home, Sim, done, ok, wait_for  # noqa: E402


class Client:
    def __init__(self, sim):
        self.opener = sim.opener()
        self.token = sim.ready["token"]

    def ask(self, method, url, body=None, token=True):
        """Status, headers and body."""
        request = urllib.request.Request(url, method=method, data=json.dumps(body).encode() if body is not None else None)
        request.add_header("Content-Type", "application/json")
        request.add_header("Accept", "application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.v2+json, */*")
        if token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            with self.opener.open(request, timeout=20) as reply:
                return reply.status, reply.headers, reply.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers, refused.read()


def main():
    with Home() as home, Sim(home) as sim:
        client = Client(sim)
        project = sim.ready["project"]
        client.ask("POST", f"https://serviceusage.googleapis.com/v1/projects/{project}/services/artifactregistry.googleapis.com:enable", {})
        parent = f"https://artifactregistry.googleapis.com/v1/projects/{project}/locations/us-central1/repositories"
        quay = {"format": "DOCKER", "mode": "REMOTE_REPOSITORY",
                "remoteRepositoryConfig": {"dockerRepository": {"customRepository": {"uri": "https://quay.io"}}}}
        wait_for(lambda: client.ask("POST", f"{parent}?repositoryId=quay", quay)[0] in (200, 409), "the API to be on")
        wait_for(lambda: client.ask("GET", f"{parent}/quay")[0] == 200, "the repository")
        images = f"https://us-central1-docker.pkg.dev/v2/{project}/quay/oauth2-proxy/oauth2-proxy/manifests"
        status, headers, body = client.ask("GET", f"{images}/v7.15.3")
        digest = headers.get("Docker-Content-Digest", "")
        ok(status == 200 and digest.startswith("sha256:"), "a tag resolves to a digest", status, headers, body[:500])
        status, headers, _ = client.ask("HEAD", f"{images}/{digest}")
        ok(status == 200 and headers.get("Docker-Content-Digest") == digest, "the digest names the same image", status, headers)
        status, _, body = client.ask("GET", f"{images}/no-such-tag")
        ok(status == 404, "an unknown tag is 404", status, body[:500])
        status, headers, _ = client.ask("GET", f"{images}/v7.15.3", token=False)
        ok(status == 401, "a stranger is told to sign in", status, headers)
    done()


main()
