#!/usr/bin/env python3
"""A machine without an address, reached by IAP's tunnel alone: the proof goes through it on a real connection, what `connect` says, and what a run tells
when nothing answers: the lines of the machine's console."""
import json

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
        silent(home)
    done()


if __name__ == "__main__":
    main()
