#!/usr/bin/env python3
"""The installer itself against a real kube-apiserver: a stack in a standing cluster of the simulated cloud whose API server is the real one, with RBAC that lets the
operator do what the manual lists and nothing else, and `restricted` enforced. Its own port-forward leads to a real MLflow, by which it is proven. What the real
server answered is held against what the simulated one answers to the same run; conflicts name both managers; who is let in no more is bound no more; destroy leaves nothing.
The objects of a load balancer, which nobody makes here, are tried by manifests.py."""
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cases"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import apiserver  # noqa: E402
import compare  # noqa: E402
import parts  # noqa: E402
from cloud_hand import ask, make_cluster  # noqa: E402
from surroundings import Bridge, Forwarder, Reviewer, mlflow  # noqa: E402

from harness import ALL_DATA, SOURCE, Home, Sim, done, ok, read, result_of, skip  # noqa: E402

CLUSTER = "https://container.googleapis.com/v1/projects/demo-proj/locations/us-central1-a/clusters/shared"
CHOICES = {"target": "gke", "exposure": "internal", "auth__mode": "iam", "gke__cluster": "existing", "gke__name": "shared", "gke__location": "us-central1-a",
           "database__path": "public", "database__deletion_protection": False}
OPERATOR = "operator@example.com"
# The body of every answer, and nothing of what the parts of Kubernetes say to each other.
AUDIT = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived", "ResponseStarted"],
         "rules": [{"level": "RequestResponse", "users": [OPERATOR]}, {"level": "None"}]}


def documented():
    """The ClusterRole that the manual says is enough."""
    import yaml
    text = read(f"{SOURCE}/man/mlflow-setup-targets.7").decode()
    return yaml.safe_load(re.search(r"^(apiVersion: rbac.*?)^\.Ed", text, re.M | re.S).group(1))


class Real:
    """A cluster of the simulated cloud with a real API server in it."""

    def __init__(self, home, sim, server, bridge):
        self.home, self.sim, self.server = home, sim, server
        self.authorities = home.file("authorities.pem", read(sim.ready["ca"]).decode() + server.ca)
        self.proxy = f"http://127.0.0.1:{bridge.port}"

    def run(self, *arguments, authorities=None, timeout=300):
        options = ["--cloud-proxy", self.proxy, "--cloud-ca", authorities or self.authorities, "--speed", "20"]
        return self.home.run(*arguments, *options, env=self.sim.environment(), timeout=timeout)

    def get(self, path, method="GET", body=None, kind="application/json"):
        status, _, said = self.server.get(path, method, body, kind)
        return status, json.loads(said)

    def heard(self):
        """What the operator asked of the real server, in order, as audit events; the test's own token is an administrator's."""
        with open(f"{self.server.folder}/audit", encoding="utf-8") as f:
            events = [json.loads(line) for line in f if line.endswith("\n")]
        return [e for e in events if "system:masters" not in e["user"].get("groups", [])]


def permit(real):
    role = documented()
    binding = {"apiVersion": role["apiVersion"], "kind": "ClusterRoleBinding", "metadata": {"name": "operator"},
               "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role["metadata"]["name"]},
               "subjects": [{"kind": "User", "name": OPERATOR, "apiGroup": "rbac.authorization.k8s.io"}]}
    base = "/apis/rbac.authorization.k8s.io/v1"
    made = [real.get(f"{base}/clusterroles", "POST", role), real.get(f"{base}/clusterrolebindings", "POST", binding)]
    ok(all(status == 201 for status, _ in made), "the manual's role is one, and binds the operator", made)


def applied_for_real(exchanges):
    """Path of each object that was set, and the answer to the first time: status and body."""
    out = {}
    for event in exchanges:
        if event["verb"] in ("patch", "create") and "fieldManager" in event["requestURI"]:
            out.setdefault(event["requestURI"].split("?")[0], (event["responseStatus"]["code"], event.get("responseObject")))
    return out


def applied_in_simulation(exchanges):
    out = {}
    for x in exchanges:
        if x["method"] == "PATCH" and "fieldManager" in x["url"]:
            out.setdefault(re.sub(r"https://[^/]+|\?.*", "", x["url"]), (x["status"], x["reply"]))
    return out


def settled(answer):
    """An answer without what no two clusters share; the image is built, and a Secret's data drawn, in each run anew."""
    status, body = answer
    body = json.loads(json.dumps(body or {}))
    for name in body.get("data") or {}:
        body["data"][name] = "DATA"
    return {"status": status, "body": re.sub(r"sha256:[0-9a-f]{64}", "DIGEST", json.dumps(compare.evened(body, None)))}


def held_against_each_other(real, simulated):
    ok(set(real) == set(simulated) and len(real) >= 10, "the same objects are set in both clusters", sorted(set(real) ^ set(simulated)))
    for path in sorted(set(real) & set(simulated)):
        left = compare.differences("engine", settled(real[path]), settled(simulated[path]), (None, None), [])
        ok(not left, f"both answer alike to the apply of {path.split('/')[-2]}/{path.split('/')[-1]}", "\n".join(left[:60]))


def rights_were_used(role, events):
    """Each right of the manual's role was asked for by the runs, but for those on what only a web address or a clean-up has."""
    asked = {(e["objectRef"].get("apiGroup", ""), "/".join(filter(None, (e["objectRef"]["resource"], e["objectRef"].get("subresource")))), e["verb"])
             for e in events if "objectRef" in e}
    names = {resource for _, resource, _ in asked}
    for_web = {"ingresses", "backendconfigs", "frontendconfigs", "managedcertificates"}
    for_clean_up = {"cronjobs"}
    on_trouble, handed_on = {"events", "pods/log"}, {"services"}
    idle = [r for rule in role["rules"] for r in rule["resources"] if r not in names | for_web | for_clean_up | on_trouble | handed_on]
    ok(not idle, "no right of it is idle", idle)
    refused = [e["requestURI"] for e in events if e["responseStatus"].get("code") == 403]
    ok(not refused, "and nothing else was asked for", *refused)


def conflicts(real, answers, ns):
    """Another manager takes a field: the next run that wants it says whose it is, and changes nothing."""
    path = f"/apis/apps/v1/namespaces/{ns}/deployments/mlflow"
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "mlflow"}, "spec": {"progressDeadlineSeconds": 77}}
    status, said = real.get(path + "?fieldManager=another&force=true", "PATCH", body, "application/apply-patch+yaml")
    ok(status == 200, "another manager takes a field over", said)
    run = real.run("apply", answers, "--json")
    result = result_of(run.stdout)
    words = json.dumps(result) + run.stderr
    ok(run.returncode != 0 and "another" in words and "mlflow-setup" in words and "progressDeadlineSeconds" in words, "a conflict names the field and both managers",
       run.returncode, json.dumps(result)[:1500])
    status, said = real.get(path)
    ok(said["spec"]["progressDeadlineSeconds"] == 77, "and nothing is taken back by force")
    # The other one lets it go again.
    status, said = real.get(path + "?fieldManager=another", "PATCH", {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "mlflow"}},
                            "application/apply-patch+yaml")
    run = real.run("apply", answers, "--json")
    ok(run.returncode == 0 and real.get(path)[1]["spec"]["progressDeadlineSeconds"] == 900, "once it is let go, it is ours again", run.stdout[-1500:])


def again(real, answers):
    before = len(real.heard())
    run = real.run("apply", answers, "--json")
    wrote = [e["requestURI"] for e in real.heard()[before:] if e["verb"] not in ("get", "list", "watch") and "portforward" not in e["requestURI"]]
    ok(run.returncode == 0 and not wrote, "a second run changes nothing", run.stdout[-1500:], *wrote)


def let_go(real, answers, ns):
    """Who is not let in any more loses the binding, and what others put beside it stays."""
    real.get(f"/api/v1/namespaces/{ns}/configmaps", "POST", {"metadata": {"name": "of-others"}, "data": {"a": "b"}})
    base = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{ns}"
    run = real.run("apply", answers, "--json", "--set", "auth.users=other@example.com")
    bound = real.get(f"{base}/rolebindings/port-forward")[1].get("subjects", [])
    ok(run.returncode == 0 and [s["name"] for s in bound] == ["other@example.com"], "who is not listed any more is not bound any more", run.stdout[-1500:], bound)
    ok(real.get(f"/api/v1/namespaces/{ns}/configmaps/of-others")[0] == 200, "what others made stays")


def restricted(real, ns):
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "loose", "namespace": ns}, "spec": {"containers": [{"name": "c", "image": "busybox"}]}}
    status, said = real.get(f"/api/v1/namespaces/{ns}/pods", "POST", pod)
    ok(status == 403 and 'violates PodSecurity "restricted:latest"' in said["message"], "the namespace enforces restricted", said)


def walk(home, real, forwarder, alone):
    answers = home.example("real.json", **CHOICES)
    plain = real.run("apply", answers, "--json", authorities=real.sim.ready["ca"])
    ok(plain.returncode != 0 and "not safe" in plain.stdout and not real.heard(), "a server that nobody vouches for is told nothing", plain.returncode, plain.stdout[-800:])
    run = real.run("apply", answers, "--json")
    ok(run.returncode == 0 and result_of(run.stdout).get("outcome") == "proven", "the stack stands in a real API server and is proven through its port-forward",
       run.stdout[-2500:], run.stderr, *forwarder.asked[-3:])
    with open(answers, encoding="utf-8") as f:
        ns = "mlflow-" + json.load(f)["resolved"]["suffix"]
    ok(any(f"/portForward/{ns}/mlflow-" in path for path in forwarder.asked), "by a pod of its own", *forwarder.asked[:3])
    first = real.heard()
    held_against_each_other(applied_for_real(first), applied_in_simulation(alone))
    restricted(real, ns)
    again(real, answers)
    conflicts(real, answers, ns)
    let_go(real, answers, ns)
    run = real.run("destroy", answers, "--json", *ALL_DATA)
    gone = real.get(f"/api/v1/namespaces/{ns}")[0]
    ok(run.returncode == 0 and gone == 404, "destroy takes the namespace away", run.stdout[-1500:], gone)
    rights_were_used(documented(), real.heard())


def simulated(home, world):
    """The same run in the simulated cluster: its exchanges with the API server."""
    with Sim(home, "--world", world) as sim:
        make_cluster(sim, "shared", "us-central1-a", controlPlaneEndpointsConfig={})
        run = sim.run("apply", home.example("simulated.json", **CHOICES), "--json", timeout=300)
        ok(run.returncode == 0, "the same run in the simulated cluster", run.stdout[-1500:])
        return [x for x in sim.exchanges() if ".googleapis.com" not in x["url"]]


def main():
    why = apiserver.missing() or parts.mlflow_missing()
    if why:
        skip("the installer on a real API server", why)
        done()
    with Home() as home, tempfile.TemporaryDirectory(prefix="surroundings-") as folder:
        world = home.file("world.json", {"projects": [{"services": ["compute.googleapis.com", "container.googleapis.com"]}]})
        alone = simulated(home, world)
        port, arguments = mlflow(f"{parts.MLFLOW}/mlflow", folder)
        environment = {"PATH": f"{parts.MLFLOW}:/usr/bin:/bin", "HOME": folder, "TZ": "UTC", "LC_ALL": "C.UTF-8", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        policy = home.file("audit-policy", AUDIT)
        with Sim(home, "--world", world) as sim, Reviewer(sim, folder) as reviewer, Forwarder(folder, port) as forwarder, \
                parts.Process("MLflow", arguments, environment, home.file("mlflow.log"), folder) as server:
            make_cluster(sim, "shared", "us-central1-a", controlPlaneEndpointsConfig={})
            host = ask(sim, "GET", CLUSTER)["endpoint"]
            audit = f"{folder}/audit"
            flags = [*reviewer.flags(), f"--audit-policy-file={policy}", f"--audit-log-path={audit}", "--kubelet-preferred-address-types=InternalIP"]
            with apiserver.Apiserver(names=[host], more=flags) as real_server:
                os.symlink(audit, f"{real_server.folder}/audit")
                port_of = int(real_server.url.rsplit(":", 1)[1])
                with Bridge(sim.ready["proxy"], {host: port_of}) as bridge:
                    real = Real(home, sim, real_server, bridge)
                    node = real.get("/api/v1/nodes", "POST", forwarder.node())
                    ok(node[0] == 201, "a node", node)
                    real.get("/api/v1/nodes/node-1/status", "PATCH", {"status": forwarder.node()["status"]}, "application/merge-patch+json")
                    permit(real)
                    up = server.until(lambda: parts.answers(f"http://127.0.0.1:{port}/health", headers={"Host": "localhost"}), "MLflow", 120)
                    if ok(up, "a real MLflow runs", server.said()[-2000:]):
                        walk(home, real, forwarder, alone)
    done()


if __name__ == "__main__":
    main()
