#!/usr/bin/env python3
"""A stack with a domain gets another host: a certificate of another name is made beside the first, the load balancer shows it, and only then does the first
go. Both ways of the certificate: by DNS authorization where the zone is ours, and by the load balancer where the record is somebody else's to write."""
import json

from cloud_hand import ask, ask_until, do_tasks
from harness import Home, Sim, done, ok, result_of

COMPUTE = "https://compute.googleapis.com/compute/v1/projects/demo-proj/global"
MANAGER = "https://certificatemanager.googleapis.com/v1/projects/demo-proj/locations/global"
HOSTS = ("mlflow.example.com", "models.example.com")


def moved(home, sim, **answers):
    path = home.path + "/mlflow.json"
    with open(path, encoding="utf-8") as f:
        whole = json.load(f)
    whole["answers"].update({key.replace("__", "."): value for key, value in answers.items()})
    home.file("mlflow.json", whole)
    since = len(sim.exchanges())
    run = sim.run("apply", path, "--json", "--wait", "0", timeout=400)
    if do_tasks(sim, result_of(run.stdout)):
        run = sim.run("apply", path, "--json", timeout=400)
    ok(run.returncode == 0 and result_of(run.stdout).get("outcome") == "proven", f"{answers} is applied", run.stdout[-1500:], run.stderr)
    return [(w["method"], w["url"]) for w in sim.writes(since)]


def managed(sim):
    return {c["name"].rsplit("/", 1)[1]: c["managed"]["domains"] for c in ask(sim, "GET", f"{MANAGER}/certificates").get("certificates", [])}


def classic(sim):
    return {c["name"]: c["managed"]["domains"] for c in ask(sim, "GET", f"{COMPUTE}/sslCertificates").get("items", [])}


def place(writes, method, *words):
    return next((i for i, (m, url) in enumerate(writes) if m == method and all(w in url for w in words)), None)


def change(home, sim, of, made, shown, **answers):
    home.example("mlflow.json", auth__client_secret="env:CLIENT_SECRET")
    moved(home, sim, exposure="domain", domain__host=HOSTS[0], **answers)
    before = of(sim)
    ok(list(before.values()) == [[HOSTS[0]]], "one certificate, of the first host", before)
    writes = moved(home, sim, domain__host=HOSTS[1])
    after = of(sim)
    ok(list(after.values()) == [[HOSTS[1]]] and not before.keys() & after.keys(), "another host has a certificate of another name", before, after)
    new, shows, gone = place(writes, "POST", made), place(writes, *shown), place(writes, "DELETE", made, *before)
    ok(None not in (new, shows, gone) and new < shows < gone, "made beside the first, which goes when the load balancer shows the other", *writes)


def main():
    with Home() as home, Sim(home) as sim:
        ask(sim, "POST", "https://serviceusage.googleapis.com/v1/projects/demo-proj/services/dns.googleapis.com:enable", {})
        ask_until(sim, "POST", "https://dns.googleapis.com/dns/v1/projects/demo-proj/managedZones", {"name": "example-com", "dnsName": "example.com.", "description": ""})
        change(home, sim, managed, "/certificates", ("POST", "/certificateMapEntries"), domain__zone="example-com")
    with Home() as home, Sim(home) as sim:
        change(home, sim, classic, "/sslCertificates", ("PATCH", "/targetHttpsProxies/"))
    done()


main()
