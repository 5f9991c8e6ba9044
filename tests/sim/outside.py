#!/usr/bin/env python3
"""What `mlflow-setup-sim --outside` lists is what is answered with 501, and nothing else is: every method of Google's that reads is asked."""
import http.client
import os
import re
import ssl
import subprocess
import sys
import urllib.parse

SOURCE = os.environ.get("TOP_SRCDIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
sys.path.insert(0, os.path.join(SOURCE, "tests/cases"))
from harness import SIM, Home, Sim, done, ok  # noqa: E402

WORDS = {"projects": "demo-proj", "project": "demo-proj", "projectId": "demo-proj", "locations": "us-central1", "zones": "us-central1-a", "regions": "us-central1",
         "zone": "us-central1-a", "region": "us-central1", "apps": "demo-proj"}


def fill(template):
    """A URL of this form; what is named in it need not be there."""
    def variable(m):
        parts = (m.group(2) or "*").split("/")
        for i, part in enumerate(parts):
            if part in ("*", "**"):
                parts[i] = WORDS.get(parts[i - 1] if i else m.group(1), "any-name")
        return "/".join(parts)
    return re.sub(r"{([^}=]+)=?([^}]*)}", variable, template)


def readers():
    """(id, URL) of each method of the contract that is a GET."""
    folder = os.path.join(SOURCE, "sim/contract")
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            lines = [line.split() for line in f if line.startswith(("api ", "m "))]
        host = next((words[4] for words in lines if words[0] == "api"), None)
        for words in lines:
            if host and words[0] == "m" and words[2] == "GET":
                yield words[1], f"https://{host}/{words[3]}"


def says(sim, lines, url):
    """The method that the reply says is not simulated; "" where it says nothing of the kind."""
    parts = urllib.parse.urlsplit(fill(url))
    if parts.netloc not in lines:
        lines[parts.netloc] = http.client.HTTPSConnection("127.0.0.1", int(sim.ready["proxy"].rsplit(":", 1)[1]),
                                                          context=ssl.create_default_context(cafile=sim.ready["ca"]), timeout=30)
        lines[parts.netloc].set_tunnel(parts.netloc, 443)
    headers = {"Authorization": "Bearer " + sim.ready["token"]}
    try:
        lines[parts.netloc].request("GET", parts.path, headers=headers)
        reply = lines[parts.netloc].getresponse()
    except http.client.RemoteDisconnected:  # an old connection is closed now and then
        lines[parts.netloc].close()
        lines[parts.netloc].request("GET", parts.path, headers=headers)
        reply = lines[parts.netloc].getresponse()
    text = reply.read().decode("utf-8", "replace")
    said = re.search(r"The method (\S+) is not simulated", text)
    return said.group(1) if reply.status == 501 and said else ""


def main():
    listed = [line.split() for line in subprocess.run([SIM, "--outside"], capture_output=True, text=True, check=True).stdout.splitlines()]
    known = {(id_, url) for id_, verb, url in listed if verb == "GET"}
    every = [(id_, url) for id_, url in readers() if "**" not in url and "[" not in url]  # a form of any length, or told by a regular expression
    ok(len(listed) > 100 and len(every) > 300, "there are methods, and some are outside", len(listed), len(every))
    wrong, lines = [], {}
    with Home() as home, Sim(home, "--world", home.file("world.json", {"projects": [{"services": ["*"]}]})) as sim:
        for id_, url in every:
            outside, said = (id_, url) in known, says(sim, lines, url)
            if bool(said) != outside:
                wrong.append(f"{id_} {fill(url)}: {'is' if outside else 'is not'} listed, and the reply names {said or 'nothing'}")
        for line in lines.values():
            line.close()
    ok(not wrong, f"of {len(every)} methods those that are listed are answered with 501, and no others", *wrong[:40])
    done()


if __name__ == "__main__":
    main()
