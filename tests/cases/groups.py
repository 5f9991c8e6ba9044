#!/usr/bin/env python3
"""A Google group that is let in, by the walls that know groups: a member gets in and who is no member does not, on the
simulated cloud, with service accounts as the people, since those can make tokens; Identity-Aware Proxy and the invoker's check judge both by the same policies."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../real"))
from cloud import Google  # noqa: E402
from parts import http  # noqa: E402

from harness import Home, Sim, done, ok, result_of, wait_for  # noqa: E402

HOST = "https://mlflow-123456789012.us-central1.run.app"
SEARCH = HOST + "/api/2.0/mlflow/experiments/search"
MEMBER = "member@demo-proj.iam.gserviceaccount.com"


def visit(sim, token):
    return http("POST", SEARCH, {"Authorization": f"Bearer {token}"}, {"max_results": 1}, sim.ready["proxy"], sim.ready["ca"])[0]


def judged(mode):
    with Home() as home, Sim(home, "--world", home.file("world.json", {"groups": {"team@example.com": [MEMBER]}})) as sim:
        answers = home.example(auth__mode=mode, auth__users=["operator@example.com"], auth__groups=["team@example.com"], database__path="public",
                               auth__client_secret="env:CLIENT_SECRET")
        run = sim.run("apply", answers, "--json")
        ok(result_of(run.stdout).get("outcome") == "proven", f"{mode}: a stack that lets a group in stands", run.stdout[-1500:], run.stderr)
        google = Google(sim)

        def token(name):
            email = google.account(name)
            if mode == "iam":
                return google.token(email, HOST)
            return google.signed(email, HOST + "/*")

        member, other = token("member"), token("other-account")
        wait_for(lambda: visit(sim, member) == 200, f"{mode}: the member of the group", 30, 0.1)
        ok(True, f"{mode}: a member of the group gets in")
        status = visit(sim, other)
        ok(status == 403, f"{mode}: who is no member does not", status)


for wall in "iap", "iam":
    judged(wall)
done()
