#!/usr/bin/env python3
"""What the engine may never do: delete what is protected, take what is another stack's, make a stack twice, move a standing server to other data."""
import json
import os
import pty
import select
import signal
import subprocess
import time

from cloud_hand import ask, ask_until
from harness import ALL_DATA, PROGRAM, Home, Sim, done, ok, result_of, wait_for

STORAGE = "https://storage.googleapis.com/storage/v1/b"
SQL = "https://sqladmin.googleapis.com/v1/projects/demo-proj/instances"
RUN = "https://run.googleapis.com/v2/projects/demo-proj/locations/us-central1/services"
SECRETS = "https://secretmanager.googleapis.com/v1/projects/demo-proj/secrets"


def databases(sim):
    return sorted(i["name"] for i in ask(sim, "GET", SQL).get("items", []))


def buckets(sim, what="artifacts"):
    return sorted(b["name"] for b in ask(sim, "GET", f"{STORAGE}?project=demo-proj").get("items", []) if f"-{what}-" in b["name"])


def said(run):
    return run.stdout + run.stderr


def change(answers, **values):
    with open(answers, encoding="utf-8") as f:
        whole = json.load(f)
    whole["answers"].update({key.replace("__", "."): value for key, value in values.items()})
    with open(answers, "w", encoding="utf-8") as f:
        json.dump(whole, f)


def typed(sim, arguments, lines):
    """The program on a terminal of its own, which types these lines; its exit code and what was shown."""
    master, slave = pty.openpty()
    process = subprocess.Popen([PROGRAM, *arguments, *sim.options()], stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                               env=sim.home.environment | sim.environment())
    os.close(slave)
    os.write(master, "".join(line + "\n" for line in lines).encode())
    shown = b""
    while True:
        ready, _, _ = select.select([master], [], [], 120)
        try:
            piece = os.read(master, 65536) if ready else b""
        except OSError:
            piece = b""
        if not piece:
            break
        shown += piece
    code = process.wait(60)
    os.close(master)
    return code, shown.decode("utf-8", "replace")


def protected(home):
    """S3: neither database nor bucket goes by --yes alone."""
    answers = home.example("protected.json", auth__client_secret="env:CLIENT_SECRET")
    with Sim(home) as sim:
        built = sim.run("apply", answers, "--json")
        members = {m for b in ask(sim, "GET", f"{STORAGE}/{buckets(sim)[0]}/iam")["bindings"] for m in b["members"]}
        ok(not [m for m in members if m.startswith(("projectViewer:", "projectEditor:"))], "S14: the project's viewers and editors read no artifacts", members)
        server = ask(sim, "GET", f"{RUN}/mlflow")["template"]["containers"]
        ok(all("@sha256:" in c["image"] for c in server), "T14: every image is named by its digest", [c["image"] for c in server])
        env = {e["name"]: e.get("value", "") for c in server for e in c.get("env", [])}
        ok(env.get("PGSSLMODE") == "verify-ca" and "BEGIN CERTIFICATE" in env.get("DATABASE_CA", ""), "S14: the database's certificate is checked", env)
        undo = result_of(built.stdout).get("undo", "")
        ok(built.returncode == 0 and "destroy" in undo and "--yes" not in undo and "--delete-data" not in undo,
           "S3: the line that undoes holds no consent", undo, said(built)[-1000:])
        headless = sim.run("destroy", answers)
        ok(headless.returncode == 64 and "--delete-data" in headless.stderr, "S3: without a terminal and --yes nothing is begun", said(headless))
        before = len(sim.exchanges())
        run = sim.run("destroy", answers, "--yes", "--json")
        result = result_of(run.stdout)
        left = "\n".join(result.get("left", []))
        ok(run.returncode == 0 and len(databases(sim)) == 1 and len(buckets(sim)) == 1, "S3: destroy --yes keeps what is protected", said(run)[-2000:])
        ok(not [w for w in sim.writes(before) if "sqladmin" in w["url"]], "S3: and does not touch its protection",
           *[w["url"] for w in sim.writes(before)])
        ok("--delete-data database" in left and "--delete-data artifacts" in left and "a month" in left,
           "S3: what is kept is listed with the word that deletes it, and its price", left)
        kept = {s["name"].rsplit("/", 1)[1] for s in ask(sim, "GET", SECRETS).get("secrets", [])}
        ok({"mlflow-db-password", "mlflow-gateway-key", "mlflow-webhook-key"} == kept, "S3: the keys of kept data are kept, and no others", kept)
        ok("services" not in ask(sim, "GET", RUN), "S3: the server goes")
        ok("VPC network mlflow: it is kept" in left and "mlflow-services: it is kept" in left, "S3: the network of the kept database stays, and is listed", left)

        names = databases(sim) + buckets(sim)
        again = sim.run("apply", answers, "--json")
        ok(again.returncode == 0 and result_of(again.stdout).get("outcome") == "proven" and databases(sim) + buckets(sim) == names,
           "S3: apply builds the server on the kept data again", said(again)[-2000:])

        run = sim.run("destroy", answers, "--yes", "--delete-data", "database", "--json")
        left = "\n".join(result_of(run.stdout).get("left", []))
        ok(run.returncode == 0 and not databases(sim) and len(buckets(sim)) == 1, "S3: each kind of data goes on its own word only", said(run)[-2000:])
        ok("final backup" in left and "$" in left, "S3: the final backup and its price are listed", left)
        wrong = sim.run("destroy", answers, "--yes", "--delete-data", "everything")
        ok(wrong.returncode == 64 and "database, artifacts" in wrong.stderr or "artifacts, database" in wrong.stderr,
           "S3: a word that is none is refused with those that are", said(wrong))


def answered(home):
    """S3: protection that was answered off and applied is off; one that was only answered is not."""
    answers = home.example("answered.json", auth__client_secret="env:CLIENT_SECRET")
    with Sim(home) as sim:
        sim.run("apply", answers)
        change(answers, database__deletion_protection=False)
        sim.run("destroy", answers, "--yes")
        ok(len(databases(sim)) == 1, "S3: an answer that was not applied changes nothing")
        sim.run("apply", answers)
        run = sim.run("destroy", answers, "--yes")
        ok(run.returncode == 0 and not databases(sim) and len(buckets(sim)) == 1, "S3: applied, --yes is enough for the database, never for the bucket",
           said(run)[-2000:])


def on_a_terminal(home):
    answers = home.example("typed.json", auth__client_secret="env:CLIENT_SECRET")
    with Sim(home) as sim:
        sim.run("apply", answers)
        before = len(sim.exchanges())
        code, shown = typed(sim, ["destroy", answers], ["yes"])
        ok(code == 64 and not sim.writes(before), "S3: on a terminal the stack's name is asked for; anything else changes nothing", code, shown)
        code, shown = typed(sim, ["destroy", answers], ["mlflow", "", ""])
        ok(code == 0 and len(databases(sim)) == 1 and len(buckets(sim)) == 1, "S3: an empty line keeps the data", code, shown[-2000:])
        code, shown = typed(sim, ["destroy", answers], ["mlflow", "database", "artifacts"] if shown.index('"database"') < shown.index('"artifacts"')
                            else ["mlflow", "artifacts", "database"])
        ok(code == 0 and not databases(sim) and not buckets(sim), "S3: the typed words delete them", code, shown[-2000:])


def forget(answers, name):
    """A copy of the answers as a checkout has them: nothing resolved."""
    with open(answers, encoding="utf-8") as f:
        whole = json.load(f)
    whole["resolved"] = {}
    return os.path.join(os.path.dirname(answers), name), whole


def resolved(answers):
    with open(answers, encoding="utf-8") as f:
        return json.load(f)["resolved"]


def identity(home):
    """S2: the stack that stands is found by its labels."""
    answers = home.example("first.json", auth__client_secret="env:CLIENT_SECRET")
    with Sim(home) as sim:
        sim.run("apply", answers)
        names, known = databases(sim) + buckets(sim) + buckets(sim, "build"), resolved(answers)
        _, whole = forget(answers, "checkout.json")
        checkout = home.file("checkout.json", whole)
        before = len(sim.exchanges())
        plan = sim.run("plan", checkout, env={"XDG_STATE_HOME": home.file("laptop")})
        ok(plan.returncode == 0, "S2: plan from a file without resolved finds nothing to change", said(plan)[-2000:])
        again = sim.run("apply", checkout, env={"XDG_STATE_HOME": home.file("laptop")})
        ok(again.returncode == 0 and not sim.writes(before), "S2: apply neither", said(again)[-2000:], *[w["url"] for w in sim.writes(before)])
        ok({k: resolved(checkout).get(k) for k in known} == known, "S2: what was resolved is found again", resolved(checkout), known)

        whole["resolved"] = {"suffix": "other", "project_number": known["project_number"]}
        moved = home.file("moved.json", whole)
        for verb in ("plan", "apply"):
            run = sim.run(verb, moved)
            ok(run.returncode == 78 and names[0] in said(run), f"S2: {verb} with another suffix than what stands: 78, named", said(run)[-1500:])
        gone = sim.run("destroy", moved, *ALL_DATA)
        ok(gone.returncode == 78 and names[0] in said(gone), "S2: destroy too", said(gone)[-1500:])
        ok(databases(sim) + buckets(sim) + buckets(sim, "build") == names and not sim.writes(before), "S2: and nothing is made or deleted")

        labels = {"managed-by": "mlflow-setup", "stack": "mlflow"}
        second = "demo-proj-mlflow-artifacts-other"
        ask(sim, "POST", f"{STORAGE}?project=demo-proj", {"name": second, "location": "US-CENTRAL1", "labels": labels})
        for verb in ("plan", "apply"):
            whole["resolved"] = {}
            run = sim.run(verb, home.file("several.json", whole))
            ok(run.returncode == 78 and second in said(run) and names[0] in said(run), f"S2: {verb} where several stand: 78, both named", said(run)[-1500:])
        run = sim.run("plan", moved)
        ok([line for line in run.stdout.splitlines() if line.startswith("x refuse") and "Cloud Run service" in line]
           and any(f" {name}, which is not what" in " ".join(run.stdout.split()) for name in names),
           "S2: plan refuses to move the standing server to another bucket", said(run)[-1500:])
        before = len(sim.exchanges())
        run = sim.run("apply", moved)
        ok(run.returncode == 78 and any(name in said(run) for name in names) and not sim.writes(before), "S2: so does apply, and changes nothing", said(run)[-1500:])

        run = sim.run("destroy", answers, *ALL_DATA, "--json")
        left = "\n".join(result_of(run.stdout).get("left", []))
        ok(run.returncode == 0 and second in left and not databases(sim), "S2: destroy names what is labelled and not these answers'", said(run)[-2000:])
        following = result_of(run.stdout).get("next", "")
        ok("run destroy again" in left and following.startswith("mlflow-setup destroy "), "S2: and the command that takes away what is held for hours", following, left)


def made_by(text):
    """The ids of what a run created, from its events."""
    events = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return {e["id"] for e in events if e["event"] == "step" and e.get("state") == "done" and e.get("verdict") == "create"}


def at_once(home):
    """S2: two machines at once never make two of anything."""
    with Sim(home, speed="60") as sim:
        files = [home.example(f"machine{i}.json", auth__client_secret="env:CLIENT_SECRET") for i in (1, 2)]
        runs = [subprocess.Popen([PROGRAM, "apply", file, "--json", *sim.options()], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True,
                                 env=home.environment | sim.environment() | {"XDG_STATE_HOME": home.file(f"state{i}")})
                for i, file in enumerate(files)]
        texts = [r.communicate(timeout=300)[0] for r in runs]
        codes = [r.returncode for r in runs]
        # The later one leaves where both want to make the same; where it comes so late that all stands, it has nothing to make.
        ok(all(code == 0 or (code in (3, 75) and "another run builds this stack" in text) for code, text in zip(codes, texts)),
           "S2: of two applies at once one leaves, or finds what the other made", codes, *[t[-800:] for t in texts])
        made = [made_by(t) for t in texts]
        ok(made[0] | made[1] and not made[0] & made[1] & {"sql", "bucket/artifacts", "service", "network"},
           "S2: and nothing that stands alone is made by both", *made)
        ok(len(databases(sim)) <= 1 and len(buckets(sim)) <= 1 and len(buckets(sim, "build")) <= 1, "S2: and there are not two of everything",
           databases(sim), buckets(sim))
        for i, file in enumerate(files):
            run = sim.run("apply", file, env={"XDG_STATE_HOME": home.file(f"state{i}")}, timeout=300)
            ok(run.returncode == 0, f"S2: machine {i + 1} goes on from what was made", said(run)[-1500:])
        ok(len(databases(sim)) == 1 and len(buckets(sim)) == 1, "S2: one database, one bucket", databases(sim), buckets(sim))


def versions(sim, secret):
    return {v["name"].rsplit("/", 1)[1]: v["state"] for v in ask(sim, "GET", f"{SECRETS}/{secret}/versions").get("versions", [])}


def overtaken(home):
    """S2: a password that somebody else drew between a run's look and its own is the stack's; this run takes its own back."""
    look = {"method": "GET", "path": "*mlflow-db-password/versions", "nth": 2, "slow": 0.02}
    world = home.file("overtaken-world.json", {"services": ["*"]})
    with Sim(home, "--world", world, "--faults", home.file("rules.json", [look])) as sim:
        answers = home.example("overtaken.json", auth__client_secret="env:CLIENT_SECRET")
        run = subprocess.Popen([PROGRAM, "apply", answers, "--json", *sim.options()], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, env=home.environment | sim.environment())
        wait_for(lambda: sum("mlflow-db-password/versions" in x["url"] for x in sim.exchanges()) >= 2, "its look at the versions", 60)
        ask(sim, "POST", f"{SECRETS}/mlflow-db-password:addVersion", {"payload": {"data": "c29tZWJvZHktZWxzZXM="}})
        text = run.communicate(timeout=300)[0]
        ok(run.returncode in (3, 75) and "another run builds this stack" in text, "S2: a run whose look was overtaken leaves", run.returncode, text[-1500:])
        ok(versions(sim, "mlflow-db-password") == {"1": "ENABLED", "2": "DESTROYED"}, "S2: and takes back what it drew itself", versions(sim, "mlflow-db-password"))
        again = sim.run("apply", answers, timeout=300)
        ok(again.returncode == 0 and versions(sim, "mlflow-db-password") == {"1": "ENABLED", "2": "DESTROYED"},
           "S2: the next goes on with the other's", said(again)[-1500:], versions(sim, "mlflow-db-password"))
        ask(sim, "POST", f"{SECRETS}/mlflow-proxy-config/versions/1:destroy", {})
        again = sim.run("apply", answers, timeout=300)
        ok(again.returncode == 0 and versions(sim, "mlflow-proxy-config") == {"1": "DESTROYED", "2": "ENABLED"}, "a file whose newest version was destroyed is written again",
           said(again)[-1500:], versions(sim, "mlflow-proxy-config"))


def named_things(home):
    """T6: what an answer names and is not there is told before the first write; a zone that is not, is no zone of the host, or private."""
    zones = "https://dns.googleapis.com/dns/v1/projects/demo-proj/managedZones"
    with Sim(home, "--world", home.file("world.json", {"services": ["*"]})) as sim:
        for name, domain, more in (("other", "example.org.", {}), ("inside", "example.com.", {"visibility": "private"})):
            ask_until(sim, "POST", zones, {"name": name, "dnsName": domain, "description": "x", **more})
        before = len(sim.exchanges())
        for zone, words in (("nope", "there is no zone nope"), ("other", "mlflow.example.com is none of them"), ("inside", "zone inside is private")):
            answers = home.example("zone.json", auth__client_secret="env:CLIENT_SECRET", exposure="domain", domain__host="mlflow.example.com", domain__zone=zone)
            plan, run = sim.run("plan", answers), sim.run("apply", answers)
            ok(run.returncode == 78 and words in " ".join(said(run).split()) and not sim.writes(before), f"T6: zone {zone}: 78, and nothing is written", said(run)[-800:],
               *[w["url"] for w in sim.writes(before)])
            ok(plan.returncode == 2 and words in " ".join(said(plan).split()), "T6: and plan says so", plan.returncode, said(plan)[-3800:])
        image = f"us-central1-docker.pkg.dev/demo-proj/own/mlflow@sha256:{'a' * 64}"
        for what, more, words in (("a service account", {"auth__service_accounts": ["nobody@demo-proj.iam.gserviceaccount.com"]}, "there is no service account nobody@"),
                                  ("an image", {"image__source": "digest", "image__digest": image}, "there is no image demo-proj/own/mlflow"),
                                  ("a role", {"server__roles": ["roles/bigquery.nobody"]}, "there is no role roles/bigquery.nobody"),
                                  ("a role of the project", {"server__roles": ["projects/demo-proj/roles/nobody"]}, "there is no role projects/demo-proj/roles/nobody"),
                                  ("a secret", {"auth__client_secret": "secret:projects/demo-proj/secrets/none/versions/7"}, "there is no projects/demo-proj/secrets/none/versions/7")):
            run = sim.run("apply", home.example("named.json", **{"auth__client_secret": "env:CLIENT_SECRET", **more}))
            ok(run.returncode == 78 and words in " ".join(said(run).split()) and not sim.writes(before), f"T6: {what} that is not there: 78, and nothing is written",
               said(run)[-800:])


def named_in_a_new_project(home):
    """T6: where the API is off that tells who is there, it is found out during the run: no policy is asked for with a member that is not."""
    with Sim(home) as sim:
        nobody = "nobody@demo-proj.iam.gserviceaccount.com"
        run = sim.run("apply", home.example("named.json", auth__mode="iam", artifacts__mode="direct", database__path="public", auth__service_accounts=[nobody]), timeout=300)
        asked = [x["url"] for x in sim.exchanges() if f"serviceAccount:{nobody}" in str(x.get("request"))]
        ok(run.returncode in (3, 78) and f"there is no service account {nobody}" in " ".join(said(run).split()), "T6: a new project: an account that is not there is named", run.returncode,
           said(run)[-1500:])
        ok(not asked, "T6: and no policy names it", *asked)


def reload_rules(sim, rules, content):
    with open(rules, "w", encoding="utf-8") as f:
        json.dump(content, f)
    told = sim.complaints().count("fault")
    sim.process.send_signal(signal.SIGUSR2)
    time.sleep(0.2)
    return told


def young(home):
    """S18: what an earlier run made is as young for the next one, whether the journal tells or only the cloud."""
    denied = [{"host": "secretmanager.*", "path": "*:setIamPolicy", "status": 403, "body": {"error": {
        "code": 403, "message": "Permission 'secretmanager.secrets.setIamPolicy' denied", "status": "PERMISSION_DENIED"}}}]
    unknown = [{"host": "secretmanager.*", "path": "*:setIamPolicy", "count": 4, "status": 400, "body": {"error": {
        "code": 400, "message": "Service account mlflow-server@demo-proj.iam.gserviceaccount.com does not exist.", "status": "INVALID_ARGUMENT"}}}]
    for who, state in (("the same machine", "state"), ("another machine", "elsewhere")):
        rules = home.file("rules.json", denied)
        with Sim(home, "--faults", rules) as sim:
            answers = home.example("young.json", auth__client_secret="env:CLIENT_SECRET")
            first = sim.run("apply", answers)
            ok(first.returncode == 3, "S18: a run that ends half-way", said(first)[-800:])
            reload_rules(sim, rules, unknown)
            again = sim.run("apply", answers, env={"XDG_STATE_HOME": home.file(state)})
            ok(again.returncode == 0, f"S18: the next one, on {who}, waits for what that made", said(again)[-1500:])


def first_things(home):
    """T6: what can be known before anything is made, is."""
    for reference, words in (("env:NOT_SET_ANYWHERE", "NOT_SET_ANYWHERE"), ("file:/nonexistent/secret", "/nonexistent/secret"),
                             ("file:" + home.file("empty", ""), "empty")):
        if reference.endswith("/empty"):
            os.chmod(home.file("empty"), 0o600)
        run = home.run("apply", "--rehearse", "--json", home.example("reference.json", auth__client_secret=reference))
        result = result_of(run.stdout)
        ok(run.returncode == 78 and result.get("created") == 0 and words in run.stdout, f"T6: {reference.split(':')[0]} that cannot be had: 78, nothing made",
           said(run)[-1500:])
    for answers, words in (({"stack__name": "google"}, "google"), ({"stack__name": "my-g00gle-x"}, "goog"), ({"region": "asia-northeast4"}, "asia-northeast4"),
                           ({"artifacts__location": "mars"}, "mars"), ({"artifacts__location": "EU", "region": "us-central1"}, "continent")):
        run = home.run("validate", home.example("names.json", **answers))
        ok(run.returncode == 65 and words in run.stderr, f"T6: {answers}: 65", said(run))
    for answers in ({"artifacts__location": "eu", "region": "europe-west3"}, {"artifacts__location": "us-east1"}, {"artifacts__location": "eur4", "region": "me-west1"}):
        run = home.run("validate", home.example("names.json", **answers))
        ok(run.returncode == 0, f"T6: {answers}: fine", said(run))
    message = "failed precondition: due to quota restrictions, cannot run builds in this region. Please contact support"
    faults = home.file("build.json", [{"method": "POST", "path": "*/builds", "status": 400,
                                       "body": {"error": {"code": 400, "message": message, "status": "FAILED_PRECONDITION"}}}])
    run = home.run("apply", "--rehearse", "--json", "--faults", faults, home.example("quota.json", auth__client_secret="prompt"))
    begun = [e["id"] for e in (json.loads(line) for line in run.stdout.splitlines()) if e.get("state") == "creating"]
    ok(run.returncode == 3 and "sql" not in begun and "image.source=digest" in result_of(run.stdout).get("fix", ""),
       "T6: a region that may not build is met before the database is begun, with its cure", run.returncode, begun, result_of(run.stdout))
    run = home.run("apply", "--rehearse", "--json", home.example("release.json", auth__client_secret="prompt", oauth2_proxy__version="7.99.0"))
    begun = [e["id"] for e in (json.loads(line) for line in run.stdout.splitlines()) if e.get("state") == "creating"]
    ok(run.returncode not in (0, 2) and "sql" not in begun and "v7.99.0" in run.stdout, "T6: and so is a release of oauth2-proxy that does not exist",
       run.returncode, begun, result_of(run.stdout))


def located(home):
    """T7: an organisation that allows one continent."""
    world = home.file("world.json", {"policies": {"gcp.resourceLocations": {"allow": ["in:eu-locations"]}}})
    run = home.run("apply", "--rehearse", "--json", "--world", world, home.example("located.json", region="europe-west1", artifacts__location="europe-west1",
                                                                                    auth__client_secret="prompt"))
    ok(run.returncode == 0 and result_of(run.stdout).get("outcome") == "proven", "T7: secrets stand in the stack's region", said(run)[-1500:])


def forbidden(home):
    """What an organisation forbids, said by an operation or without the policy's name: the policy is named, and who can help."""
    for policy, rule, step in (("compute.restrictVpcPeering", {"denyAll": True}, "peering"), ("run.managed.requireInvokerIam", True, "service"),
                               ("compute.requireVpcFlowLogs", {"allow": ["ESSENTIAL"]}, "subnet"), ("run.allowedIngress", {"allow": ["internal"]}, "service"),
                               ("gcp.restrictNonCmekServices", {"deny": ["sqladmin.googleapis.com"]}, "sql"),
                               ("gcp.restrictServiceUsage", {"deny": ["cloudbuild.googleapis.com"]}, "image"),
                               ("gcp.resourceLocations", {"allow": ["in:asia-locations"]}, "repository/quay")):
        # A project in which nothing was built yet: the API of organisation policies is off, and Resource Manager's tells of all but the managed ones.
        world = home.file("world.json", {"policies": {policy: rule}})
        run = home.run("apply", "--rehearse", "--json", "--world", world, home.example("forbidden.json", auth__client_secret="prompt"))
        result = result_of(run.stdout)
        if ".managed." in policy:
            ok(run.returncode == 3 and result.get("message", "").startswith(f"{step}: ") and f"constraints/{policy} forbids it" in result.get("fix", ""),
               f"T8: {policy} is named with its cure", run.returncode, result)
            ok("cannot be told before it is made" in run.stdout, f"T6: that {policy} cannot be read beforehand is said")
        else:
            ok(run.returncode == 78 and result.get("created") == 0 and policy in result.get("message", ""), f"T6: in a new project {policy} is told before anything is made",
               run.returncode, result)
        world = home.file("world.json", {"policies": {policy: rule}, "services": ["*"]})
        run = home.run("apply", "--rehearse", "--json", "--world", world, home.example("forbidden.json", auth__client_secret="prompt"))
        result = result_of(run.stdout)
        ok(run.returncode == 78 and result.get("created") == 0 and result.get("message", "").startswith(f"{step}: ") and policy in result.get("message", "")
           and "--project=demo-proj" in result.get("fix", ""), f"T6: {policy}, where it can be read, is told before anything is made", run.returncode, result)


def not_forbidden(home):
    """A group of locations that only Google can look into, and a key for disks that a stack without machines has none of, are in nobody's way."""
    for policy, rule, region in (("gcp.resourceLocations", {"allow": ["in:canada-locations"]}, "northamerica-northeast1"),
                                 ("gcp.restrictNonCmekServices", {"deny": ["compute.googleapis.com"]}, "us-central1")):
        world = home.file("world.json", {"policies": {policy: rule}})
        run = home.run("apply", "--rehearse", "--json", "--world", world, home.example("free.json", region=region, artifacts__location=region, auth__client_secret="prompt"))
        ok(run.returncode == 0, f"T6: {policy} {rule} forbids nothing of this", run.returncode, result_of(run.stdout))


def cured(home):
    """T8: what Google words without a cure, as its users reported it: the words and the cure."""
    def refusal(path, status, message, **more):
        return {"method": more.pop("method", "POST"), "path": path, "status": status, "body": {"error": {"code": status, "message": message, "status": "PERMISSION_DENIED", **more}}}
    perimeter = "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: MdZIaeqiC4dB"
    for rule, code, cure in ((refusal("/storage/v1/b", 403, "The billing account for the owning project is disabled in state absent"), 3, "billing projects link"),
                             (refusal("*/connections", 400, "Cannot modify allocated ranges in CreateConnection. Please use UpdateConnection."), 3, "vpc-peerings update"),
                             (refusal("*:batchEnable", 403, "Callers must accept Terms of Service"), 77, "accept the terms"),
                             (refusal("*/global/networks", 403, "Quota 'NETWORKS' exceeded.  Limit: 5.0 globally."), 3, "iam-admin/quotas"),
                             (refusal("*/projects/demo-proj/instances", 403, "Failed to create instance because the project has reached the max instance per project limit."), 3,
                              "Delete a Cloud SQL instance"),
                             (refusal("*/instances/*/users", 400, "Invalid request: INVALID_PASSWORD: password should contain at least one lowercase, one uppercase, "
                                      "one number and one non-alphanumeric characters."), 3, "password policy"),
                             (refusal("*/projects/demo-proj/instances", 400, "Value requested is not valid."), 3, "database.flags"),
                             (refusal("*/services/mlflow", 400, "Quota violated: MaxInstancesLimitPerRegion requested: 10 allowed: 5", method="PATCH"), 3, "server.max_instances"),
                             (refusal("*/services/mlflow", 403, "Google Cloud Run Service Agent service-1@serverless-robot-prod.iam.gserviceaccount.com must have permission to "
                                      "read the image, x.", method="PATCH"), 3, "roles/run.serviceAgent"),
                             (refusal("*:setIamPolicy", 400, "The number of members in the policy (1,501) is larger than the maximum allowed size 1,500."), 3, "by a group"),
                             (refusal("/storage/v1/b/*", 403, perimeter, method="GET"), 77, "administrator of the perimeter")):
        run = home.run("apply", "--rehearse", "--json", "--faults", home.file("cured.json", [rule]), home.example("cured-a.json", auth__client_secret="prompt"))
        result, words = result_of(run.stdout), rule["body"]["error"]["message"]
        ok(run.returncode == code and words.rstrip(".") in result.get("message", "") and cure in result.get("fix", ""), f"T8: {words[:50]}: and what to do",
           run.returncode, result.get("message"), result.get("fix"))


def between(home):
    """T8: what answers in Google's place is not taken for Google; and what Google says of a project is not replaced by a guess."""
    page = {"headers": {"Content-Type": "text/html"}, "body": "<html><title>Blocked by your company</title></html>"}
    for status, reply, code, words in ((403, page, 77, "A proxy or a firewall on the way"), (200, page, 69, "A proxy or a firewall on the way"),
                                       (403, {"body": {"error": {"code": 403, "message": "Project 'demo-proj' has been deleted.", "status": "PERMISSION_DENIED"}}}, 77, "has been deleted"),
                                       (403, {"body": {"error": {"code": 403, "message": "The caller does not have permission", "status": "PERMISSION_DENIED"}}}, 77, "who is signed in")):
        faults = home.file("faults.json", [{"method": "GET", "host": "cloudresourcemanager.*", "path": "/v1/projects/demo-proj", "status": status} | reply])
        run = home.run("apply", "--rehearse", "--faults", faults, home.example("between.json", auth__client_secret="prompt"))
        ok(run.returncode == code and words in run.stderr, f"T8: {status}, {str(reply['body'])[:60]}: {words}", run.returncode, run.stderr)


def not_asked_again(home):
    """T9: what an organisation forbids stays so, though Compute Engine and Cloud Storage say 412 of it: it is asked for once."""
    for path, words in (("*/global/networks", "Constraint constraints/compute.skipDefaultNetworkCreation violated for project projects/demo-proj."),
                        ("/storage/v1/b", "'us-central1' violates constraint 'constraints/gcp.resourceLocations'")):
        rule = {"method": "POST", "path": path, "status": 412, "body": {"error": {"code": 412, "message": words, "errors": [{"message": words, "domain": "global", "reason": "conditionNotMet"}]}}}
        with Sim(home, "--faults", home.file("faults.json", [rule])) as sim:
            run = sim.run("apply", home.example("forbidden.json", auth__client_secret="env:CLIENT_SECRET"))
            asked = [x["request"]["name"] for x in sim.exchanges() if x["method"] == "POST" and x["status"] == 412]
            ok(run.returncode == 3 and "forbids it" in said(run) and asked and len(asked) == len(set(asked)), f"T9: {words[:60]}: each is asked for once", asked, said(run)[-600:])


def mistyped(home):
    """T9, T8: somebody whom Google does not know is nobody that this run made a moment ago: it is told at once, and where to correct it."""
    words = "User ann@exmaple.com does not exist."
    rule = {"method": "POST", "host": "run.*", "path": "*:setIamPolicy", "status": 400, "body": {"error": {"code": 400, "message": words, "status": "INVALID_ARGUMENT"}}}
    with Sim(home, "--faults", home.file("faults.json", [rule])) as sim:
        run = sim.run("apply", home.example("mistyped.json", auth__mode="iam", auth__client_id="", auth__client_secret="", auth__users=["ann@exmaple.com"]), timeout=60)
        asked = [x for x in sim.exchanges() if x["method"] == "POST" and x["status"] == 400 and "setIamPolicy" in x["url"]]
        ok(run.returncode == 3 and words[:-1] in said(run) and "auth.users" in said(run) and len(asked) == 1, "T9: an address that nobody has is told at once", len(asked), said(run)[-900:])


def wrecked(home):
    """T8: of a database whose making failed, what is left has to be replaced: how is told at once, and works as it is told."""
    words = "Failed to create subnetwork. Couldn't find free blocks in allocated IP ranges. Please allocate new ranges for this service provider."
    faults = home.file("faults.json", [{"method": "POST", "host": "sqladmin.*", "path": "*/instances", "operation": {"error": {"code": "INTERNAL_ERROR", "message": words}}, "count": 1}])
    with Sim(home, "--faults", faults) as sim:
        answers = home.example("wrecked.json", auth__client_secret="env:CLIENT_SECRET")
        run = sim.run("apply", answers)
        ok(run.returncode == 3 and words[:-1] in said(run) and "apply again with --yes --delete-data database" in said(run), "T8: the flag that the next run needs is told by this one",
           run.returncode, said(run)[-900:])
        run = sim.run("apply", answers, "--yes", "--delete-data", "database")
        ok(run.returncode == 0 and len(databases(sim)) == 1, "T8: with it the database is made", run.returncode, said(run)[-900:])
        before = len(sim.exchanges())
        ok(sim.run("apply", answers).returncode == 0 and not sim.writes(before), "T8: and stays")


def refused(plan):
    """id -> reason of what a plan refuses."""
    return {c["id"]: c["reason"] for c in json.loads(plan.stdout)["resources"] if c["verdict"] == "refuse"}


def lost(home):
    """S2: a standing server is not given new, empty data for such as somebody deleted; T5, T8: what cannot be seen is neither gone nor an error of plan's."""
    services = "https://serviceusage.googleapis.com/v1/projects/demo-proj/services"
    with Sim(home) as sim:
        answers = home.example("lost.json", auth__client_secret="env:CLIENT_SECRET")
        sim.run("apply", answers)
        instance, bucket = f"{SQL}/{databases(sim)[0]}", f"{STORAGE}/{buckets(sim)[0]}"

        ask_until(sim, "PATCH", instance, {"settings": {"activationPolicy": "NEVER"}})
        wait_for(lambda: ask(sim, "GET", instance)["settings"]["activationPolicy"] == "NEVER", "the instance to stop")
        plan = sim.run("plan", answers, "--json")
        differ = {c["id"]: c["verdict"] for c in json.loads(plan.stdout)["resources"] if c["verdict"] != "keep"}
        ok(plan.returncode == 2 and differ == {"sql": "update"}, "T5: of an instance that somebody stopped, plan says that it is started, and no more", plan.returncode, differ,
           plan.stderr)
        run = sim.run("apply", answers)
        ok(run.returncode == 0, "T5: and apply does that", said(run)[-800:])

        def switch_off(api):
            ask(sim, "POST", f"{services}/{api}:disable", {"disableDependentServices": True, "checkIfServiceHasUsage": "SKIP"})
            wait_for(lambda: ask(sim, "GET", f"{services}/{api}")["state"] == "DISABLED", f"{api} to be off")

        switch_off("sqladmin.googleapis.com")
        run = sim.run("apply", answers)
        ok(run.returncode == 0 and databases(sim), "S2: with the database's API off, its data are not taken for gone", said(run)[-800:])

        switch_off("run.googleapis.com")
        before = len(sim.exchanges())
        run = sim.run("destroy", answers, *ALL_DATA)
        ok(run.returncode == 78 and "gcloud services enable run.googleapis.com --project=demo-proj" in said(run) and not sim.writes(before),
           "T8: with the server's API off, destroy does not say that it is gone, but what to switch on", run.returncode, said(run)[-1500:])
        run = home.run("destroy", "--rehearse", answers, *ALL_DATA)
        ok(run.returncode == 0, "T4: and a rehearsal of that, where nothing stood, hides nothing", said(run)[-800:])
        run = sim.run("apply", answers)
        ok(run.returncode == 0, "T8: and apply switches it on", said(run)[-800:])

        ask(sim, "POST", f"{SECRETS}/mlflow-webhook-key/versions/1:disable", {})
        plan, before = sim.run("plan", answers, "--json"), len(sim.exchanges())
        ok("mlflow-webhook-key" in refused(plan).get("service", ""), "S3: plan refuses a new key for what another closed", refused(plan))
        run = sim.run("apply", answers)
        ok(run.returncode == 78 and "mlflow-webhook-key" in said(run) and not sim.writes(before), "S3: so does apply", run.returncode, said(run)[-1500:])
        ask(sim, "POST", f"{SECRETS}/mlflow-webhook-key/versions/1:enable", {})
        run = sim.run("plan", answers)
        ok(run.returncode == 0, "S3: enabled again, nothing differs", said(run)[-800:])

        delete_bucket(sim, bucket)
        for what, gone in (("bucket", "Bucket demo-proj-mlflow-artifacts-"), ("database", "Cloud SQL instance mlflow-")):
            if what == "database":
                delete_instance(sim, instance)
            plan, before = sim.run("plan", answers, "--json"), len(sim.exchanges())
            ok(plan.returncode == 2 and any(gone in why for why in refused(plan).values()), f"S2: plan refuses a new {what} for the one that somebody deleted", refused(plan))
            run = sim.run("apply", answers)
            ok(run.returncode == 78 and gone in said(run) and "--yes" in said(run) and not sim.writes(before), f"S2: so does apply: {what}", said(run)[-1500:])
            run = sim.run("apply", answers, "--yes")
            ok(run.returncode == 0, f"S2: --yes makes a new {what}", said(run)[-1500:])


def delete_bucket(sim, bucket):
    """By hand, with all that it holds."""
    for o in ask(sim, "GET", f"{bucket}/o?versions=true").get("items", []):
        ask(sim, "DELETE", f"{bucket}/o/{o['name'].replace('/', '%2F')}?generation={o['generation']}")
    ask(sim, "DELETE", bucket)


def delete_instance(sim, instance):
    ask_until(sim, "PATCH", instance, {"settings": {"deletionProtectionEnabled": False}})
    wait_for(lambda: not ask(sim, "GET", instance)["settings"].get("deletionProtectionEnabled"), "the protection to be off")
    ask_until(sim, "DELETE", instance)
    wait_for(lambda: not databases(sim), "the database to be gone")


def renamed(home):
    """S2: of a stack of another name, which the answers are changed to, nothing ever stood: nothing of it is lost."""
    with Sim(home) as sim:
        answers = home.example("renamed.json", auth__client_secret="env:CLIENT_SECRET")
        ok(sim.run("apply", answers).returncode == 0, "S2: a stack is made")
        first = databases(sim)
        run = sim.run("apply", answers, "--set", "stack.name=second")
        ok(run.returncode == 0 and set(first) < set(databases(sim)), "S2: by another name a second one is made beside it", run.returncode, said(run)[-1500:])
        run = sim.run("plan", answers, "--set", "stack.name=mlflow", "--json")
        ok(run.returncode == 0 and not refused(run), "S2: and the first is found again by its own", run.returncode, said(run)[-1500:])


def lost_whole(home):
    """S2: where somebody deleted the server too, its data are not made anew unasked either; after a destroy of ours they are."""
    with Sim(home) as sim:
        answers = home.example("whole.json", auth__client_secret="env:CLIENT_SECRET")
        sim.run("apply", answers)
        instance = f"{SQL}/{databases(sim)[0]}"

        def server_goes():
            jobs = RUN.replace("services", "jobs")
            for name in [s["name"] for url in (RUN, jobs) for s in ask(sim, "GET", url).get(url.rpartition("/")[2], [])]:
                ask(sim, "DELETE", f"https://run.googleapis.com/v2/{name}")
            wait_for(lambda: not ask(sim, "GET", RUN).get("services") and not ask(sim, "GET", jobs).get("jobs"), "the server to be gone")

        server_goes()
        run = sim.run("apply", answers)
        ok(run.returncode == 0, "S2: a server that somebody deleted is made again, its data being there", said(run)[-800:])
        losses = (
            ("key", "mlflow-webhook-key", lambda: ask(sim, "DELETE", f"{SECRETS}/mlflow-webhook-key")),
            ("database of the instance", "Database mlflow", lambda: ask(sim, "DELETE", f"{instance}/databases/mlflow")),
            ("bucket", "Bucket demo-proj-mlflow-artifacts-", lambda: delete_bucket(sim, f"{STORAGE}/{buckets(sim)[0]}")),
            ("instance", "Cloud SQL instance mlflow-", lambda: delete_instance(sim, instance)))
        for what, gone, lose in losses:
            server_goes()
            lose()
            plan, before = sim.run("plan", answers, "--json"), len(sim.exchanges())
            ok(plan.returncode == 2 and any(gone in why for why in refused(plan).values()), f"S2: server and {what} gone: plan refuses", refused(plan))
            run = sim.run("apply", answers)
            ok(run.returncode == 78 and gone in said(run) and "--yes" in said(run) and not sim.writes(before), f"S2: so does apply: {what}", run.returncode, said(run)[-1500:])
            run = sim.run("apply", answers, "--yes")
            ok(run.returncode == 0, f"S2: --yes makes a new one: {what}", said(run)[-1500:])
        delete_bucket(sim, f"{STORAGE}/{buckets(sim)[0]}")
        delete_instance(sim, instance)
        plan = refused(sim.run("plan", answers, "--json"))
        ok(all(what in str(plan) for what in ("Cloud SQL instance mlflow-", "Bucket demo-proj-mlflow-artifacts-")), "S2: all that is gone is told at once", plan)
        run = sim.run("destroy", answers, *ALL_DATA)
        ok(run.returncode == 0 and not ask(sim, "GET", RUN).get("services"), "S2: destroy finds a server that refers to what is gone", run.returncode, said(run)[-1500:])
        again = sim.run("apply", answers)
        ok(run.returncode == 0 and again.returncode == 0, "S2: what destroy took away is made again unasked", run.returncode, again.returncode, said(run)[-500:], said(again)[-1000:])


def main():
    with Home() as home:
        protected(home)
        answered(home)
        on_a_terminal(home)
        identity(home)
        at_once(home)
        overtaken(home)
        named_things(home)
        named_in_a_new_project(home)
        young(home)
        first_things(home)
        located(home)
        forbidden(home)
        not_forbidden(home)
        cured(home)
        between(home)
        not_asked_again(home)
        mistyped(home)
        wrecked(home)
        lost(home)
        lost_whole(home)
        renamed(home)
    done()


if __name__ == "__main__":
    main()
