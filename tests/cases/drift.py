#!/usr/bin/env python3
"""What changed since: answers changed by the operator, a stack changed by hand, things that are others'. Only what differs is mended, what others put
stays, and what is not ours is never touched."""
import json
import urllib.error
import urllib.request

from cloud_hand import ask
from harness import ALL_DATA, EXAMPLE, Home, Sim, done, ok, read, result_of, wait_for
from kill9 import load

SQL = "https://sqladmin.googleapis.com/v1/projects/demo-proj/instances"
STORAGE = "https://storage.googleapis.com/storage/v1/b"
RUN = "https://run.googleapis.com/v2/projects/demo-proj/locations/us-central1"
COMPUTE = "https://compute.googleapis.com/compute/v1/projects/demo-proj"
PROJECT = "https://cloudresourcemanager.googleapis.com/v1/projects/demo-proj"


def planned(sim, answers):
    """Exit code of plan, and verdict and changed paths of each resource that is not kept."""
    run = sim.run("plan", answers, "--json")
    text, plan, differ = run.stdout.strip(), {}, {}
    while text.startswith("{"):
        value, end = json.JSONDecoder().raw_decode(text)
        text = text[end:].strip()
        plan = value if isinstance(value.get("resources"), list) else plan
    for r in plan.get("resources", []):
        if r["verdict"] != "keep":
            differ[r["id"]] = (r["verdict"], sorted(d["path"] for d in r["differences"]))
    return run.returncode, differ


def names(answers):
    with open(answers, encoding="utf-8") as f:
        return json.load(f)["resolved"]


def change(answers, **values):
    with open(answers, encoding="utf-8") as f:
        whole = json.load(f)
    whole["answers"].update({key.replace("__", "."): value for key, value in values.items()})
    with open(answers, "w", encoding="utf-8") as f:
        json.dump(whole, f)


def by_the_operator(sim, answers):
    change(answers, auth__users=["operator@example.com", "ada@example.com"], server__max_instances=3, database__tier="db-custom-2-7680")
    code, differ = planned(sim, answers)
    ok(code == 2, "plan ends with 2", code)
    ok(differ == {"iam/prover": ("update", ["roles/iam.serviceAccountTokenCreator"]), "version/proxy-emails": ("update", ["payload"]), "sql": ("update", ["settings.tier"]),
                  "service": ("update", ["scaling.maxInstanceCount", "template.volumes.3.secret.items.0.version"])}, "T5: and names what the answers change", differ)
    before = len(sim.exchanges())
    run = sim.run("apply", answers, "--json")
    result = result_of(run.stdout)
    ok(run.returncode == 0 and result.get("outcome") == "proven", "apply mends it and proves the stack", run.stdout[-2000:], run.stderr)
    ok((result.get("created"), result.get("updated"), result.get("deleted")) == (0, 4, 0), "by four updates", result)
    writes = sim.writes(before)
    ok(len(writes) == 4, "with a request each", *[f"{w['method']} {w['url']} {w['status']}" for w in writes])
    ok(planned(sim, answers) == (0, {}), "then nothing differs")


def lost_password(sim, answers):
    """The database's password is deleted by hand: a new one is drawn, and the user and the instances that run get it."""
    before = names(answers)["database_password"]
    ask(sim, "DELETE", "https://secretmanager.googleapis.com/v1/projects/demo-proj/secrets/mlflow-db-password")
    code, differ = planned(sim, answers)
    ok(code == 2 and differ.get("user") == ("update", ["password"]) and differ.get("secret/db-password") == ("create", []),
       "a secret that is gone is seen, and what hangs on it", differ)
    run = sim.run("apply", answers)
    ok(run.returncode == 0 and names(answers)["database_password"] != before, "the user gets a new password, and the stack is proven", run.stderr)
    ok(planned(sim, answers) == (0, {}), "then nothing differs")


def other_choice(sim, answers):
    """The image that was built is given by its digest from now on: what only building needs goes, the repository that holds it stays."""
    digest = names(answers)["image_digest"]
    change(answers, image__source="digest", image__digest=f"us-central1-docker.pkg.dev/demo-proj/mlflow/server@{digest}")
    code, differ = planned(sim, answers)
    gone = {"sa/build", "bucket/build", "iam/build-bucket", "iam/repository"}
    ok(code == 2 and differ == {name: ("delete", []) for name in gone}, "another choice: plan lists what is not wanted any more", differ)
    run = sim.run("apply", answers, "--json")
    result = result_of(run.stdout)
    ok(run.returncode == 0 and result.get("outcome") == "proven" and result.get("deleted") == 4, "apply deletes it", run.stdout[-2000:], run.stderr)
    suffix = names(answers)["suffix"]
    buckets = [b["name"] for b in ask(sim, "GET", f"{STORAGE}?project=demo-proj").get("items", [])]
    ok(buckets == [f"demo-proj-mlflow-artifacts-{suffix}"], "and nothing else", buckets)
    before = len(sim.exchanges())
    ok(planned(sim, answers) == (0, {}), "then nothing differs")
    again = sim.run("apply", answers)
    ok(again.returncode == 0 and not sim.writes(before), "and apply writes nothing", again.stderr)
    change(answers, image__source="build", image__digest="")
    run = sim.run("apply", answers)
    ok(run.returncode == 0 and planned(sim, answers) == (0, {}), "the choice can be taken back", run.stderr)


def by_hand(sim, answers):
    suffix = names(answers)["suffix"]
    bucket = f"{STORAGE}/demo-proj-mlflow-artifacts-{suffix}"
    ask(sim, "PATCH", bucket, {"iamConfiguration": {"publicAccessPrevention": "inherited"}})
    ask(sim, "PATCH", f"{RUN}/services/mlflow?updateMask=scaling", {"scaling": {"maxInstanceCount": 9}})
    labels = ask(sim, "GET", f"{RUN}/services/mlflow")["labels"]
    ask(sim, "PATCH", f"{RUN}/services/mlflow?updateMask=labels", {"labels": labels | {"cost-center": "42"}})
    policy = ask(sim, "GET", f"{bucket}/iam?optionsRequestedPolicyVersion=3")
    policy["bindings"] = [b for b in policy["bindings"] if b["role"] != "roles/storage.objectUser"]
    policy["bindings"].append({"role": "roles/storage.objectViewer", "members": ["user:operator@example.com"]})
    ask(sim, "PUT", f"{bucket}/iam", policy)
    code, differ = planned(sim, answers)
    ok(code == 2 and {name: verdict for name, (verdict, _) in differ.items()} ==
       {"bucket/artifacts": "update", "iam/artifacts": "create", "service": "update"}, "a change by hand is seen", differ)
    run = sim.run("apply", answers)
    ok(run.returncode == 0, "and mended", run.stdout[-2000:], run.stderr)
    ok(ask(sim, "GET", bucket)["iamConfiguration"]["publicAccessPrevention"] == "enforced", "the bucket is private again")
    roles = {b["role"]: b["members"] for b in ask(sim, "GET", f"{bucket}/iam")["bindings"]}
    ok("roles/storage.objectUser" in roles, "the server may write again", roles)
    ok(roles.get("roles/storage.objectViewer") == ["user:operator@example.com"], "what somebody else was given stays", roles)
    labels = ask(sim, "GET", f"{RUN}/services/mlflow")["labels"]
    ok(labels.get("cost-center") == "42" and labels.get("stack") == "mlflow", "so does a label that somebody else put", labels)


def beside_the_file(sim, answers):
    """What apply is told beside the file is in it from then on; what only looks leaves it alone."""
    before, exchanges = read(answers), len(sim.exchanges())
    run = sim.run("plan", answers, "--set", "server.concurrency=40")
    ok(run.returncode == 2 and read(answers) == before and "concurrency" in run.stdout.lower() and not sim.writes(exchanges),
       "plan --set looks, says what would change, and saves nothing", run.returncode, run.stdout)
    run = sim.run("apply", answers, "--set", "region=europe-west4")
    ok(run.returncode == 78 and read(answers) == before, "nor does an apply --set that is refused", run.returncode, run.stderr)
    run = sim.run("apply", answers, "--set", "server.concurrency=40")
    with open(answers, encoding="utf-8") as f:
        saved = json.load(f)["answers"]["server.concurrency"]
    ok(run.returncode == 0 and saved == 40 and "saved" in run.stdout + run.stderr, "apply --set saves what it was told, and says so", saved, run.stdout, run.stderr)
    before = len(sim.exchanges())
    again = sim.run("apply", answers)
    ok(again.returncode == 0 and not sim.writes(before), "the next apply does not take it back", *[f"{w['method']} {w['url']}" for w in sim.writes(before)])


def gone(sim, answers):
    policy = ask(sim, "POST", f"{PROJECT}:getIamPolicy", {})
    policy["bindings"].append({"role": "roles/viewer", "members": ["user:ada@example.com"]})
    ask(sim, "POST", f"{PROJECT}:setIamPolicy", {"policy": policy})
    run = sim.run("destroy", answers, *ALL_DATA, "--json")
    result = result_of(run.stdout)
    ok(run.returncode == 0 and result.get("outcome") == "destroyed", "destroy removes the stack", run.stdout[-2000:], run.stderr)
    roles = {b["role"]: b["members"] for b in ask(sim, "POST", f"{PROJECT}:getIamPolicy", {})["bindings"]}
    ok(roles.get("roles/viewer") == ["user:ada@example.com"], "others' roles in the project stay", roles)
    ok(not any("mlflow-" in m and not m.startswith("deleted:") for ms in roles.values() for m in ms), "ours are gone", roles)
    code, differ = planned(sim, answers)
    ok(code == 2 and {verdict for verdict, _ in differ.values()} == {"create"}, "plan would make it again", code, differ)
    again = sim.run("destroy", answers, *ALL_DATA)
    ok(again.returncode == 0, "destroy again finds nothing to do", again.stdout, again.stderr)
    run = sim.run("apply", answers)
    ok(run.returncode == 0, "apply makes it again", run.stdout[-2000:], run.stderr)


def held(sim, answers):
    """Something holds the subnet, as Cloud Run does for an hour or two: it is left with a word of why, and goes later."""
    address = f"{COMPUTE}/regions/us-central1/addresses"
    ask(sim, "POST", address, {"name": "held", "addressType": "INTERNAL",
                               "subnetwork": "projects/demo-proj/regions/us-central1/subnetworks/mlflow-us-central1"})
    run = sim.run("destroy", answers, *ALL_DATA, "--json")
    left = " ".join(str(item) for item in result_of(run.stdout).get("left", []))
    ok(run.returncode == 0 and "mlflow-us-central1" in left and "run destroy again" in left, "what is held is left, and says why", left, run.stderr)
    ask(sim, "GET", f"{COMPUTE}/global/networks/mlflow")
    ask(sim, "DELETE", f"{address}/held")
    sim.let_pass(3 * 3600)  # Cloud Run's own addresses go an hour or two after the service
    left = [a for a in ask(sim, "GET", address).get("items", []) if a.get("purpose") == "SERVERLESS"]
    ok(not left, "Cloud Run has given back its addresses", left)
    run = sim.run("destroy", answers, *ALL_DATA)
    networks = ask(sim, "GET", f"{COMPUTE}/global/networks").get("items", [])
    ok(run.returncode == 0 and not [n for n in networks if n["name"] == "mlflow"], "and goes later", run.stdout, run.stderr)


def strangers(home):
    answers = home.example("stranger.json", auth__client_secret="env:CLIENT_SECRET")
    with Sim(home, "--world", home.file("world.json", {"services": ["*"]})) as sim:
        ask(sim, "POST", f"{COMPUTE}/global/networks", {"name": "mlflow", "autoCreateSubnetworks": False, "description": "made by hand"})
        run = sim.run("apply", answers)
        ok(run.returncode == 78 and "mlflow exists and does not carry the mark" in run.stdout + run.stderr,
           "a network of that name that is not ours is refused in so many words", run.stdout[-2000:], run.stderr)
        ok(not [w for w in sim.writes() if "/networks" not in w["url"]], "nothing is made beside it", sim.writes())
        ok(ask(sim, "GET", f"{COMPUTE}/global/networks/mlflow")["description"] == "made by hand", "and stays as it is")
        sim.run("destroy", answers, *ALL_DATA)
        touched = [w for w in sim.writes() if w["url"].startswith(f"{COMPUTE}/global/networks/mlflow")]
        ok(not touched, "destroy does not touch it either", touched)


def taken(home):
    """Bucket names are the whole world's."""
    answers = home.example("taken.json", auth__client_secret="env:CLIENT_SECRET")
    with open(answers, encoding="utf-8") as f:
        whole = json.load(f)
    whole["resolved"] = {"suffix": "taken", "project_number": "123456789012"}
    home.file("taken.json", whole)
    world = {"services": ["*"], "projects": [{}, {"id": "other-proj", "number": "210987654321", "name": "Other"}]}
    with Sim(home, "--world", home.file("two.json", world)) as sim:
        ask(sim, "POST", f"{STORAGE}?project=other-proj", {"name": "demo-proj-mlflow-artifacts-taken"})
        code, differ = planned(sim, answers)
        ok(code == 2 and differ.get("bucket/artifacts", ("", []))[0] == "refuse", "plan refuses a bucket that another project has", code, differ)
        run = sim.run("apply", answers)
        ok(run.returncode == 78 and "the bucket name demo-proj-mlflow-artifacts-taken is taken" in run.stdout + run.stderr,
           "apply says so", run.stdout[-2000:], run.stderr[-2000:])
        sim.run("destroy", answers, *ALL_DATA)
        mine = [w for w in sim.writes() if "demo-proj-mlflow-artifacts-taken" in w["url"] and w["status"] < 300]
        ok(not mine, "and nothing is done to it", mine)


def flags_of(sim, answers):
    return ask(sim, "GET", f"{SQL}/mlflow-{names(answers)['suffix']}")["settings"].get("databaseFlags", [])


def answers_somebody(sim, answers):
    """Does the server that stands find its database?"""
    token = sim.run("token", answers).stdout.strip()
    request = urllib.request.Request(names(answers)["url"] + "/api/2.0/mlflow/experiments/search?max_results=1", headers={"Authorization": "Bearer " + token})
    try:
        with sim.opener().open(request, timeout=30) as reply:
            return reply.status == 200
    except urllib.error.HTTPError:
        return False


def login_back(home):
    """From the server's account back to a password: the flag that the old server logs in by goes when the new one stands, and not before."""
    rules = home.file("login-rules.json", [])
    answers = home.example("login.json", auth__client_secret="env:CLIENT_SECRET", database__login="account")
    with Sim(home, "--faults", rules) as sim:
        run = sim.run("apply", answers)
        flags = flags_of(sim, answers)
        flag = {"name": "cloudsql.iam_authentication", "value": "on"}
        ok(run.returncode == 0 and flag in flags and answers_somebody(sim, answers), "a server logs in as its account", flags, run.stderr)
        load(sim, rules, [{"method": "PATCH", "path": "*/services/mlflow", "operation": {"error": {"code": 13, "message": "The revision is not ready."}}}])
        change(answers, database__login="password")
        code, differ = planned(sim, answers)
        ok(code == 2 and differ.get("flagless") == ("update", ["settings.databaseFlags"]) and "sql" not in differ, "plan says that the flag goes, by itself", differ)
        run = sim.run("apply", answers)
        ok(run.returncode == 3 and flags_of(sim, answers) == flags and answers_somebody(sim, answers), "the next server fails: the old one goes on", run.returncode, flags_of(sim, answers))
        settings = {"databaseFlags": [f for f in flags if f != flag]}
        ask(sim, "PATCH", f"{SQL}/mlflow-{names(answers)['suffix']}", {"settings": settings})
        wait_for(lambda: flags_of(sim, answers) == settings["databaseFlags"] and not answers_somebody(sim, answers), "without the flag it would not have")
        ask(sim, "PATCH", f"{SQL}/mlflow-{names(answers)['suffix']}", {"settings": {"databaseFlags": flags}})
        wait_for(lambda: flags_of(sim, answers) == flags, "the flag is on again")
        load(sim, rules, [])
        before = len(sim.exchanges())
        run = sim.run("apply", answers)
        wrote = [w["url"] for w in sim.writes(before) if w["method"] == "PATCH"]
        order = ["flag" if url.startswith(SQL) else "server" for url in wrote if url.startswith(SQL) or "/services/mlflow" in url]
        ok(run.returncode == 0 and order == ["server", "flag"] and flags_of(sim, answers) == settings["databaseFlags"],
           "once it stands the flag goes", order, flags_of(sim, answers), run.stderr)
        before = len(sim.exchanges())
        ok(planned(sim, answers) == (0, {}) and sim.run("apply", answers).returncode == 0 and not sim.writes(before), "then nothing differs")


def main():
    with Home() as home:
        answers = home.example(auth__client_secret="env:CLIENT_SECRET")
        with Sim(home) as sim:
            run = sim.run("apply", answers)
            if ok(run.returncode == 0, f"the stack of {EXAMPLE.rsplit('/', 1)[1]} stands", run.stdout[-2000:], run.stderr, sim.complaints()):
                by_the_operator(sim, answers)
                lost_password(sim, answers)
                other_choice(sim, answers)
                by_hand(sim, answers)
                beside_the_file(sim, answers)
                gone(sim, answers)
                held(sim, answers)
        strangers(home)
        taken(home)
        login_back(home)
    done()


if __name__ == "__main__":
    main()
