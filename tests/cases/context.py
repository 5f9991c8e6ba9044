#!/usr/bin/env python3
"""A stack in a cluster that is not Google's, by a context of a kubeconfig file: whoever asks signs in there with what the file says and with nothing of Google's,
the pods are somebody for Google by the cluster's own keys, and the whole life of the stack goes as elsewhere. What keeps it out is said before the first write."""
import base64
import json
import os
import re
import shutil
import stat
import subprocess
import time

from cloud_hand import ask
from harness import ALL_DATA, HASTE, Home, Sim, done, ok, read, result_of, skip, wait_for

CHOICES = {"target": "gke", "exposure": "internal", "auth__mode": "iam", "gke__cluster": "context", "gke__context": "elsewhere", "database__path": "public"}
HOST = "127.0.0.1"


def to_cluster(sim, since=0):
    return [x for x in sim.exchanges()[since:] if x["url"].startswith(f"https://{HOST}")]


def kubectl(home, sim, *arguments, context="elsewhere", file=None):
    environment = {"PATH": os.environ["PATH"], "HOME": home.path, "TZ": "UTC", "KUBECONFIG": file or sim.ready["kubeconfig"]}
    return subprocess.run(["kubectl", f"--context={context}", *arguments], env=environment, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


def lives(home, sim, answers):
    """Made, proven, looked at, changed."""
    run = sim.run("plan", answers)
    ok(run.returncode == 2 and re.search(r"holds for\s+an\s+hour", run.stdout), "the plan says that the token which images are pulled by does not last", run.stdout)
    run = sim.run("apply", answers, "--json", timeout=400)
    ok(run.returncode == 0 and result_of(run.stdout).get("outcome") == "proven", "a stack in a cluster elsewhere is made and proven", run.returncode, run.stdout[-1500:],
       run.stderr)
    seen = len(sim.exchanges())
    before = read(answers)
    run = sim.run("apply", answers, "--json", timeout=400)
    wrote = [x["url"] for x in sim.writes(seen)] + [x["url"] for x in to_cluster(sim, seen) if x["method"] not in ("GET", "HEAD") and "/proxy/" not in x["url"]]
    ok(run.returncode == 0 and not wrote and read(answers) == before, "run again it writes nothing, here or there", run.returncode, *wrote)
    run = sim.run("plan", answers, "--set", "server.workers=1")
    changed = [line for line in run.stdout.splitlines() if re.match(r"[~+!-] ", line)]
    ok(run.returncode == 2 and len(changed) == 2 and "job/migrate" in changed[0] and "deployment/mlflow" in changed[1],
       "a setting changes the Deployment and the Job before it alone", run.returncode, changed)
    run = sim.run("apply", answers, "--json", "--set", "server.workers=1", timeout=400)
    ok(run.returncode == 0, "and is applied", run.stdout[-800:])


def keeps_apart(sim):
    """Google's token is not shown to the cluster, nor the cluster's to Google; no key of anybody's is in a log."""
    token = json.loads(read(sim.ready["kubeconfig"]))["users"][0]["user"]["token"]
    log = read(sim.path("log.jsonl")).decode()
    ok(token not in log and to_cluster(sim), "the cluster's token stands in no log")
    tokens = [x["url"] for x in sim.exchanges() if "container.googleapis.com" in x["url"] or ".gke.goog" in x["url"]]
    ok(not tokens, "nothing of GKE's is asked", *tokens)


def connects(home, sim, answers):
    run = sim.run("connect", answers)
    line = f"kubectl --kubeconfig {sim.ready['kubeconfig']} --context elsewhere --namespace="
    ok(run.returncode == 0 and line in run.stdout, "connect says kubectl's line with file and context", run.stdout, run.stderr)
    if not shutil.which("kubectl"):
        skip("kubectl reads the objects back", "kubectl is not installed")
        return
    for context in ("elsewhere", "elsewhere-certificate"):
        run = kubectl(home, sim, "get", "deployments", "--all-namespaces", "-o", "name", context=context)
        ok(run.returncode == 0 and "deployment.apps/mlflow" in run.stdout, f"kubectl reads the objects back as {context}", run.stdout, run.stderr)


def new_keys(home, sim, answers):
    """A provider that knows other keys lets nobody in: apply writes the cluster's own there again."""
    run = json.loads(read(answers))["resolved"]
    name = f"projects/demo-proj/locations/global/workloadIdentityPools/mlflow-{run['suffix']}/providers/kubernetes"
    url = f"https://iam.googleapis.com/v1/{name}"
    good = ask(sim, "GET", url)["oidc"]["jwksJson"]
    other = good.replace(json.loads(good)["keys"][0]["n"][:8], "AAAAAAAA")
    ask(sim, "PATCH", f"{url}?updateMask=oidc", {"oidc": {"issuerUri": "https://kubernetes.default.svc.cluster.local", "jwksJson": other}})
    wait_for(lambda: ask(sim, "GET", url)["oidc"]["jwksJson"] == other, "other keys")
    run = sim.run("apply", answers, "--json", timeout=400)
    ok(run.returncode == 0 and ask(sim, "GET", url)["oidc"]["jwksJson"] == good, "keys that are not the cluster's are put right", run.stdout[-800:])


def refused(home, sim, name, words, config=None, **more):
    """Apply ends before the first write, with these words."""
    if config:
        more["gke__kubeconfig"] = home.file(f"{name.replace(' ', '-')}.yaml", config)
        os.chmod(more["gke__kubeconfig"], stat.S_IRUSR | stat.S_IWUSR)
    seen = len(sim.exchanges())
    run = sim.run("apply", home.example("refused.json", **CHOICES | {"stack__name": "other", "gke__kubeconfig": sim.ready["kubeconfig"]} | more), "--json",
                  timeout=200)
    result = result_of(run.stdout)
    said = json.dumps(result) + run.stdout[-3000:]
    wrote = [x["url"] for x in sim.writes(seen)]
    ok(run.returncode in (77, 78) and words in said and not wrote, f"{name}: refused before the first write, with the reason", run.returncode, said[-1500:], *wrote)


def keeps_out(home, sim):
    good = json.loads(read(sim.ready["kubeconfig"]))

    def other(**changes):
        """The file with something else in its user or cluster."""
        config = json.loads(json.dumps(good))
        config["users"][0]["user"] = changes.get("user", config["users"][0]["user"])
        config["clusters"][0]["cluster"].update(changes.get("cluster", {}))
        if changes.get("without"):
            del config["clusters"][0]["cluster"][changes["without"]]
        return config

    refused(home, sim, "no such context", 'there is no context', gke__context="nowhere")
    refused(home, sim, "another token", "auth whoami", other(user={"token": "another"}))
    refused(home, sim, "a token of Google", "auth whoami", other(user={"token": sim.ready["token"]}))
    refused(home, sim, "a password", "1.19", other(user={"username": "a", "password": "b"}))
    refused(home, sim, "no TLS check", "insecure-skip-tls-verify", other(cluster={"insecure-skip-tls-verify": True}))
    refused(home, sim, "another name", "the connection is not safe", other(cluster={"tls-server-name": "elsewhere.example.com"}))
    refused(home, sim, "no program", "cannot be run", other(user={"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-program-anywhere",
                                                                                "interactiveMode": "Never", "installHint": "Get it there."}}))


def forbidden(home):
    """An API server that knows who asks and lets nobody look: its own words, and what tells which rights there are."""
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": 'User "dev" cannot get path "/version"', "reason": "Forbidden", "code": 403}
    with Sim(home, "--faults", home.file("forbidden.json", [{"host": HOST + "*", "status": 403, "body": status}])) as sim:
        refused(home, sim, "forbidden", 'cannot get path')
        refused(home, sim, "forbidden, with its cure", "kubectl --context=elsewhere auth can-i --list")


def failing(home):
    """An API server that gives no good answer, only failures or a byte now and then: that ends within a minute with what it answers and what helps."""
    for name, rule, words in (("fails", {"status": 503}, "nothing but failures"), ("trickles", {"slow": 5}, "no whole reply came")):
        with Sim(home, "--faults", home.file("failing.json", [{"host": HOST + "*", **rule}])) as sim:
            began = time.monotonic()
            run = sim.run("apply", home.example("failing.json", **CHOICES | {"gke__kubeconfig": sim.ready["kubeconfig"]}), "--json", timeout=300)
            result, took = result_of(run.stdout), time.monotonic() - began
            wrote = [x["url"] for x in sim.writes(0)]
            ok(run.returncode == 78 and words in run.stdout and "Does the cluster run" in run.stdout and not wrote,
               f"an API server that {name} is given up with its answer and the cure", run.returncode, json.dumps(result)[-1500:], run.stdout[-1500:], *wrote)
            ok(took < 60, f"one that {name} is given up soon", took)


def other_ways_in(home, sim, answers):
    """A program's token, a token's file, a certificate, and the name on the server's certificate that is not its address."""
    good = json.loads(read(sim.ready["kubeconfig"]))
    token = good["users"][0]["user"]["token"]
    made = home.file("made.json", {"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": {"token": token}})
    ways = {
        "exec": ({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "cat", "args": [made], "interactiveMode": "IfAvailable"}}, {}),
        "a token's file": ({"tokenFile": "token"}, {}),
        "a certificate": (good["users"][1]["user"], {}),
        "another name": ({"token": token}, {"tls-server-name": "kubernetes.elsewhere.test", "server": good["clusters"][0]["cluster"]["server"]}),
        "a proxy": ({"token": token}, {"proxy-url": sim.ready["proxy"]}),
    }
    home.file("token", token + "\n")
    for name, (user, cluster) in ways.items():
        config = json.loads(json.dumps(good))
        config["users"][0]["user"] = user
        config["clusters"][0]["cluster"].update(cluster)
        path = home.file("way.yaml", config)
        os.chmod(path, 0o600)
        run = sim.run("plan", answers, "--set", f"gke.kubeconfig={path}", timeout=200)
        ok(run.returncode == 0, f"{name} signs in", run.returncode, run.stdout[-800:], run.stderr)


def as_kubectl(home, sim, answers):
    """The same files are let in by kubectl and by this program, or by neither."""
    if not shutil.which("kubectl"):
        skip("the same files are let in as by kubectl", "kubectl is not installed")
        return
    good = json.loads(read(sim.ready["kubeconfig"]))
    token, pair, api = good["users"][0]["user"]["token"], good["users"][1]["user"], "client.authentication.k8s.io/"
    home.file("token", token + "\n")
    for name, key in (("pair.crt", "client-certificate-data"), ("pair.key", "client-key-data"), ("ca.crt", "certificate-authority-data")):
        home.file(name, base64.b64decode((pair | good["clusters"][0]["cluster"])[key]).decode())

    def program(version, says, **more):
        made = home.file(f"{version}-{says}.json", {"kind": "ExecCredential", "apiVersion": api + says, "status": {"token": token}})
        return {"exec": {"apiVersion": api + version, "command": "cat", "args": [made], **more}}

    rows = {
        "a token's file that is missing": ({"tokenFile": "none"}, {}), "the same with a token beside": ({"tokenFile": "none", "token": token}, {}),
        "a file's token before another": ({"tokenFile": "token", "token": "another"}, {}),
        "a certificate's files": ({"client-certificate": "pair.crt", "client-key": "pair.key"}, {}), "a certificate without its key": ({"client-certificate": "pair.crt"}, {}),
        "a program of v1": (program("v1", "v1", interactiveMode="Never"), {}), "one that does not say whether it asks": (program("v1", "v1"), {}),
        "one of v1beta1": (program("v1beta1", "v1beta1"), {}), "one that speaks another version": (program("v1", "v1beta1", interactiveMode="Never"), {}),
        "another name": ({"token": token}, {"tls-server-name": "other.example.com"}),
        "an authority's file": ({"token": token}, {"certificate-authority": "ca.crt", "certificate-authority-data": ""}), "nobody": ({}, {}),
    }
    for what, (user, cluster) in rows.items():
        config = json.loads(json.dumps(good))
        config["users"][0]["user"] = user
        config["clusters"][0]["cluster"].update(cluster)
        path = home.file("row.yaml", config)
        os.chmod(path, 0o600)
        theirs = kubectl(home, sim, "get", "namespaces", file=path)
        ours = sim.run("plan", answers, "--set", f"gke.kubeconfig={path}", timeout=200)
        ok((theirs.returncode == 0) == (ours.returncode in (0, 2)), f"{what}: as with kubectl, which ends with {theirs.returncode}", theirs.stderr, ours.returncode, ours.stderr)


def unanswered(home, sim, answers, path):
    """A cluster whose address takes no connection: within seconds each verb says so with the cure, and nothing is changed. No proxy of the environment's leads there."""
    good = json.loads(read(path))
    bad = json.loads(read(path))
    bad["clusters"][0]["cluster"]["server"] = f"https://{HOST}:1"
    home.file(os.path.basename(path), bad)
    env = sim.environment() | {"HTTPS_PROXY": sim.ready["proxy"]}
    for verb, more in (("plan", []), ("apply", ["--set", "server.workers=1"]), ("destroy", ALL_DATA)):
        seen, began = len(sim.exchanges()), time.monotonic()
        run = home.run(verb, answers, *more, "--cloud-ca", sim.ready["ca"], *HASTE, env=env, timeout=300)
        took, said = time.monotonic() - began, re.sub(r"\s+", " ", run.stdout + run.stderr)
        wrote = [f"{x['method']} {x['url']}" for x in sim.writes(seen)]
        ok(run.returncode == 78 and "Does the cluster run" in said and ("--leave-out cluster/context" in said) == (verb == "destroy") and not wrote,
           f"{verb} with a cluster that takes no connection says so, with the cure", run.returncode, run.stdout[-1200:], run.stderr[-600:], *wrote)
        ok(took < 60, f"{verb} does so within seconds", took)
        if verb == "plan":
            lines = run.stdout.splitlines()
            inside = [line for line in lines if "deployment/mlflow" in line]
            instance = [line for line in lines if "Cloud SQL instance" in line]
            ok(inside and all(line.startswith("? ") for line in inside) and instance and instance[0].startswith("= ") and "nothing is known of it" in said
               and "APIs are off" not in said, "what stands in it is listed as not looked at, what was seen as it is", *lines)
    home.file(os.path.basename(path), good)
    os.chmod(path, 0o600)


def gone_for_good(home, sim):
    """A cluster that is not found any more holds up a destroy, which says how to go on without it; then it is not asked, and Google's part goes."""
    path = home.file("gone.yaml", json.loads(read(sim.ready["kubeconfig"])))
    os.chmod(path, 0o600)
    answers = home.example("gone.json", **CHOICES | {"gke__kubeconfig": path})
    run = sim.run("apply", answers, "--json", timeout=400)
    ok(run.returncode == 0, "a stack is made whose cluster is lost", run.stdout[-800:])
    unanswered(home, sim, answers, path)
    os.unlink(path)
    seen = len(sim.exchanges())
    run = sim.run("destroy", answers, "--json", *ALL_DATA, timeout=400)
    deleted = [x["url"] for x in sim.writes(seen) if x["method"] == "DELETE"]
    ok(run.returncode not in (0, 2) and not deleted and "--leave-out cluster/context" in run.stdout, "without its answer nothing goes, and the way on is said", run.returncode,
       run.stdout[-1500:], *deleted)
    run = sim.run("destroy", answers, "--json", *ALL_DATA, "--leave-out", "sql", timeout=400)
    ok(run.returncode == 64 and "and nothing else" in run.stdout + run.stderr, "nothing else may be left out of it", run.returncode, run.stdout[-600:], run.stderr)
    seen = len(sim.exchanges())
    run = sim.run("destroy", answers, "--json", *ALL_DATA, "--leave-out", "cluster/context", timeout=400)
    ok(run.returncode == 0 and result_of(run.stdout).get("outcome") == "destroyed" and not to_cluster(sim, seen), "a cluster that is said to be gone is not asked", run.returncode,
       run.stdout[-1500:], run.stderr)
    left = ask(sim, "GET", "https://sqladmin.googleapis.com/v1/projects/demo-proj/instances").get("items", [])
    ok(not left, "and Google's part is gone", *left)


def main():
    with Home() as home, Sim(home) as sim:
        keeps_out(home, sim)
        answers = home.example(**CHOICES | {"gke__kubeconfig": sim.ready["kubeconfig"]})
        lives(home, sim, answers)
        connects(home, sim, answers)
        other_ways_in(home, sim, answers)
        as_kubectl(home, sim, answers)
        new_keys(home, sim, answers)
        run = sim.run("plan", answers, "--set", "gke.context=elsewhere-certificate")
        ok(run.returncode == 65 and "does not move" in run.stderr + run.stdout, "the stack does not move to another context", run.returncode, run.stderr)
        keeps_apart(sim)
        run = sim.run("destroy", answers, "--json", *ALL_DATA, timeout=400)
        left = kubectl(home, sim, "get", "namespaces", "-o", "name").stdout.split() if shutil.which("kubectl") else []
        ok(run.returncode == 0 and not any("mlflow" in name for name in left), "destroy leaves nothing of it in the cluster", run.stdout[-800:], *left)
        gone_for_good(home, sim)
    with Home() as home:
        forbidden(home)
        failing(home)
    done()


if __name__ == "__main__":
    main()
