#!/usr/bin/env python3
"""The weaknesses that MLflow guides teach, E-01 to E-32: none of them is in what a run sends, nor in the files that it writes. dev/matrix holds each
combination against `found`; run by itself, this file shows that each rule would see its weakness, in requests as those guides make them, and that two
whole stacks have none."""
import base64
import json
import os
import re

from harness import Home, Sim, done, ok, result_of

RULES = {}


def rule(name):
    def add(function):
        RULES[name] = function
        return function
    return add


class Run:
    """What was sent that may change something, and what `render` writes (name: text)."""

    def __init__(self, writes, files):
        self.writes, self.files = writes, files

    def bodies(self, api, path=""):
        """The requests to an API whose path matches, with their bodies."""
        for x in self.writes:
            if f"//{api}.googleapis.com" in x["url"] and re.search(path, x["url"]) and isinstance(x.get("request"), dict):
                yield x, x["request"]

    def instances(self):
        for x, body in self.bodies("sqladmin", r"/instances(/[^/?:]+)?(\?|$)"):
            yield x, body.get("settings", {})

    def bindings(self):
        """(what, role, member) of each policy that was set."""
        for x in self.writes:
            body = x.get("request")
            policy = body.get("policy", body) if isinstance(body, dict) else {}
            for b in policy.get("bindings", []) if isinstance(policy, dict) else []:
                for member in b.get("members", []):
                    yield x["url"].split("?")[0], b["role"], member

    def payloads(self):
        """(name of the secret, what was put into it)."""
        for x, body in self.bodies("secretmanager", ":addVersion"):
            yield x["url"].split("/secrets/")[1].split(":")[0], base64.b64decode(body["payload"]["data"]).decode("utf-8", "replace")

    def containers(self):
        """Each container that was sent, of whatever target."""
        for x in self.writes:
            for node in nodes(x.get("request")):
                for c in list_of(node.get("containers")) + list_of(node.get("initContainers")):
                    if isinstance(c, dict):
                        yield x, c

    def texts(self):
        """All that may hold a value in the clear: requests but for secrets' and passwords' own places, and files."""
        for x in self.writes:
            if ":addVersion" not in x["url"] and not re.search(r"sqladmin.*/users", x["url"]) and isinstance(x.get("request"), dict):
                yield x["url"], json.dumps(x["request"])
        yield from self.files.items()


SERVERS = {"MLFLOW_SERVER_ALLOWED_HOSTS", "MLFLOW_BACKEND_STORE_URI"} # a container with one of these is MLflow's


def list_of(value):
    return value if isinstance(value, list) else []


def nodes(value):
    """Each object within a JSON value."""
    if isinstance(value, dict):
        yield value
        for v in value.values():
            yield from nodes(v)
    elif isinstance(value, list):
        for v in value:
            yield from nodes(v)


def ours(member):
    """Google's own agents stand in a policy that is written back as it was read."""
    agent = "gcp-sa-" in member or re.match(r"serviceAccount:service-\d+@", member)
    return re.search(r"^serviceAccount:[^@]+@[^.]+\.iam\.gserviceaccount\.com$", member) and not agent


def env_of(container):
    return {e.get("name"): e for e in list_of(container.get("env")) if isinstance(e, dict)}


@rule("E-01")
def open_networks(run):
    """Cloud SQL that takes connections from anywhere."""
    return [x["url"] for x, s in run.instances() if s.get("ipConfiguration", {}).get("authorizedNetworks")]


@rule("E-02")
def public_address(run):
    """A public address of the database that more than connectors may use."""
    return [x["url"] for x, s in run.instances()
            if s.get("ipConfiguration", {}).get("ipv4Enabled", x["method"] == "POST") and s.get("connectorEnforcement") != "REQUIRED"]


@rule("E-03")
def weak_password(run):
    """A guessable password, or the engine's own administrator."""
    return [body.get("name", "") for _, body in run.bodies("sqladmin", "/users")
            if body.get("name") in ("postgres", "root") or ("password" in body and len(body["password"]) < 24)]


KEY_FILE = "GOOGLE_APPLICATION_CREDENTIALS"


def exchanges(text):
    """Does this file only say how a cluster's own token is exchanged? Then it holds no secret."""
    try:
        file = json.loads(text)
    except ValueError:
        return False
    return isinstance(file, dict) and file.get("type") == "external_account" and "subject_token_type" in file and "private_key" not in file


def mounted(run):
    """(folder/file of a container, its text, or None where it is no ConfigMap's of this run) for all that pods mount by projected volumes."""
    data = {n.get("metadata", {}).get("name"): n.get("data", {}) for x in run.writes for n in nodes(x.get("request")) if n.get("kind") == "ConfigMap"}
    for x in run.writes:
        for pod in nodes(x.get("request")):
            volumes = {v.get("name"): v for v in list_of(pod.get("volumes")) if isinstance(v, dict)}
            for c in list_of(pod.get("containers")) + list_of(pod.get("initContainers")):
                for m in list_of(c.get("volumeMounts")):
                    for source in list_of(volumes.get(m.get("name"), {}).get("projected", {}).get("sources")):
                        named = source.get("configMap", {})
                        for item in list_of(named.get("items")):
                            yield id(c), f"{m['mountPath']}/{item['path']}", data.get(named.get("name"), {}).get(item["key"], "")


@rule("E-04")
def key_files(run):
    """A service account's key: made, stored, mounted. What names a file has to name one that only says how a cluster's own token is exchanged."""
    made = [x["url"] for x in run.writes if re.search(r"/serviceAccounts/[^/]+/keys$", x["url"])]
    texts = list(run.texts()) + list(run.payloads())
    there = {(c, path) for c, path, text in mounted(run) if exchanges(text)}
    good = [env_of(c)[KEY_FILE] for _, c in run.containers() if KEY_FILE in env_of(c) and (id(c), env_of(c)[KEY_FILE].get("value")) in there]
    paths = {e["value"] for e in good}
    named = [x["url"] for x, c in run.containers() if KEY_FILE in env_of(c) and (id(c), env_of(c)[KEY_FILE].get("value")) not in there]
    keys = [w for w, t in texts if "BEGIN PRIVATE KEY" in t or re.search(r'\\?"private_key\\?"', t)]
    loose = [w for w, t in run.files.items() if KEY_FILE in t and not any(path in t for path in paths)]
    return made + named + keys + loose


@rule("E-05")
def keys_in_workflows(run):
    """A workflow that signs in with a key."""
    return [n for n, t in run.files.items() if "credentials_json" in t or ("google-github-actions/auth" in t and "id-token: write" not in t)]


@rule("E-06")
def one_account_for_all(run):
    """The account that builds or proves is the one that runs."""
    builds = {body.get("serviceAccount", "").rsplit("/", 1)[-1] for _, body in run.bodies("cloudbuild", "/builds")}
    runs = {n["serviceAccount"] for x in run.writes if "cloudbuild" not in x["url"] for n in nodes(x.get("request")) if isinstance(n.get("serviceAccount"), str)}
    return sorted((builds & runs) - {""})


WIDE = re.compile(r"roles/(owner|editor|viewer|cloudsql\.(editor|admin)|storage\.(admin|objectAdmin)|artifactregistry\.admin|cloudfunctions\.admin|clouddeploy"
                  r"\.serviceAgent|containerregistry\.ServiceAgent|secretmanager\.(admin|secretAccessor)|iam\.serviceAccountTokenCreator)$")


@rule("E-07")
def wide_grants(run):
    """More than is needed, on the whole project; who plans or applies the stack itself in CI needs what an operator does."""
    return [f"{role} {member}" for what, role, member in run.bindings() if not re.search(r"-(planner|deployer)@", member) and re.search(r"/projects/[^/]+:setIamPolicy", what) and ours(member) and WIDE.match(role)]


@rule("E-08")
def home_made_wall(run):
    """Basic authentication by a wrapper of our own, one user for all."""
    return [n for n, t in run.files.items() if "wsgi_auth" in t.lower() or "wsgi-basic-auth" in t.lower()]


@rule("E-09")
def everybody(run):
    """Everybody may invoke, or an open invoker where IAP stands."""
    all_ = [f"{role} {m}" for _, role, m in run.bindings() if m in ("allUsers", "allAuthenticatedUsers")]
    return all_ + [x["url"] for x, body in run.bodies("run", "/services/") if body.get("iapEnabled") and body.get("invokerIamDisabled")]


@rule("E-10")
def open_service(run):
    """A Kubernetes Service that the Internet reaches without TLS."""
    services = [(x["url"], x["request"]) for x in run.writes if isinstance(x.get("request"), dict) and x["request"].get("kind") == "Service"]
    return [url for url, body in services if body.get("spec", {}).get("type") in ("LoadBalancer", "NodePort")]


@rule("E-11")
def proxy_for_everybody(run):
    """Cloud SQL Auth Proxy that listens beyond its pod or machine."""
    args = [" ".join(str(a) for a in list_of(c.get("args")) + list_of(c.get("command"))) for _, c in run.containers()]
    return [a for a in args if "sql-proxy" in a and "0.0.0.0" in a] + [n for n, t in run.files.items() if re.search(r"cloud-sql-proxy[^\n]*0\.0\.0\.0", t)]


@rule("E-12")
def server_beside_its_gate(run):
    """MLflow that others than the oauth2-proxy before it can reach. Cloud Run leads nobody but to the front container; in a cluster the network does not,
    once a NetworkPolicy says so."""
    if "oauth2-proxy.cfg" not in run.files:
        return []
    closed = any(isinstance(x.get("request"), dict) and x["request"].get("kind") == "NetworkPolicy" for x in run.writes)
    found = [x["url"] for x, c in run.containers() if env_of(c).get("SERVER_ADDRESS", {}).get("value") == "0.0.0.0"
             and "run.googleapis.com" not in x["url"] and not closed]
    found += [x["url"] for x, body in run.bodies("appengine", "/versions") if body.get("envVariables", {}).get("SERVER_ADDRESS") == "0.0.0.0"]
    return found + [n for n, t in run.files.items() if re.search(r"SERVER_ADDRESS=\"?0\.0\.0\.0", t)]


SECRET_NAME = re.compile(r"PASS(WORD)?$|PWD$|_SECRET$|SECRET_KEY$|_TOKEN$|PASSPHRASE$|KEK")


@rule("E-13")
def secrets_in_variables(run):
    """A secret as a plain variable of a container, App Engine version or machine."""
    found = [f"{c.get('name')}: {n}" for _, c in run.containers() for n, e in env_of(c).items() if SECRET_NAME.search(n or "") and e.get("value")]
    for x, body in run.bodies("appengine", "/versions"):
        # "sm://" is where a secret is, not what it is: the image's start asks for it.
        found += [n for n, v in body.get("envVariables", {}).items() if SECRET_NAME.search(n) and v and not str(v).startswith("sm://")]
    return found


@rule("E-14")
def addresses_with_passwords(run):
    """A database address with its password in the clear."""
    return [w for w, t in run.texts() if re.search(r"(postgresql|mysql)(\+\w+)?://[^:/@\s\"]+:[^@\s\"${%]+@", t)]


@rule("E-15")
def careless_buckets(run):
    """A bucket without versions, soft delete, or a ban on public access."""
    return [body.get("name", "") for x, body in run.bodies("storage", r"/b\?")
            if body.get("iamConfiguration", {}).get("publicAccessPrevention") != "enforced"
            or not body.get("iamConfiguration", {}).get("uniformBucketLevelAccess", {}).get("enabled")
            or not body.get("versioning", {}).get("enabled") or int(body.get("softDeletePolicy", {}).get("retentionDurationSeconds", 0)) < 86400]


@rule("E-16")
def no_host_check(run):
    """A server that asks neither for which host nor from which origin."""
    envs = [env_of(c) for _, c in run.containers() if SERVERS & set(env_of(c))]
    asked = [e.get(n, {}).get("value") for e in envs for n in ("MLFLOW_SERVER_ALLOWED_HOSTS", "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS")]
    text = run.files.get("server.env", "")
    asked += re.findall(r"MLFLOW_SERVER_(?:ALLOWED_HOSTS|CORS_ALLOWED_ORIGINS)=\"?([^\"\n]+)", text)
    return [str(a) for a in asked if not a or a == "*"] + ([] if asked else ["no variable says it"])


def pinned(image):
    return "@sha256:" in image or re.search(r":[0-9a-f]{24}$", image) # what we built is named by its content


@rule("E-17")
def floating_images(run):
    """An image without a version, or one that is too old."""
    images = [c["image"] for _, c in run.containers() if isinstance(c.get("image"), str)]
    images += [i for t in run.files.values() for i in re.findall(r"(?m)^FROM +(\S+)", t)]
    old = [t for t in run.files.values() if re.search(r"mlflow==(1\.|2\.|3\.[0-9]\.|3\.1[0-5]\.)", t) or re.search(r"gce-proxy|oauth2-proxy:v7\.(\d|1[0-4])\.", t)]
    return [i for i in images if not pinned(i) and not re.search(r":v?\d+\.\d+(\.\d+)?([-.\w]*)$", i)] + [t[:80] for t in old]


@rule("E-18")
def unsigned_downloads(run):
    """A binary that a Dockerfile or a machine fetches without looking at it."""
    return [n for n, t in run.files.items() if re.search(r"(curl|wget)[^\n]*(github\.com|\.tar\.gz|\.sh\b)", t) and "sha256sum" not in t]


@rule("E-19")
def shared_audience(run):
    """Tokens that gcloud makes for everybody are let in."""
    return [w for w, t in list(run.texts()) + list(run.payloads()) if "32555940559.apps.googleusercontent.com" in t]


@rule("E-20")
def domain_alone(run):
    """Bearer tokens are taken from anybody of a domain."""
    return [n for n, t in run.payloads() if re.search(r"skip_jwt_bearer_tokens *= *true", t) and not re.search(r"(?m)^authenticated_emails_file *=", t)]


@rule("E-21")
def mixed_artifacts(run):
    """The server passes artifacts on and clients write to the bucket as well."""
    if any("--no-serve-artifacts" in t for t in run.files.values()):
        return []
    roots = [r for t in run.files.values() for r in re.findall(r"MLFLOW_DEFAULT_ARTIFACT_ROOT=\"?(gs://\S+)", t)]
    return roots + [e["MLFLOW_DEFAULT_ARTIFACT_ROOT"].get("value") for _, c in run.containers() for e in [env_of(c)] if "MLFLOW_DEFAULT_ARTIFACT_ROOT" in e]


@rule("E-22")
def short_passwords(run):
    """An administrator's password or a key of less than sixteen characters."""
    return [n for n, t in run.payloads() if re.search(r"password|cookie|key|admin", n) and "oauth-client" not in n and len(t) < 16]


@rule("E-23")
def key_on_disk(run):
    """A script that writes a credential where others read."""
    return [n for n, t in run.files.items() if re.search(r">\s*/tmp/|/tmp/credentials", t) and "umask 077" not in t]


@rule("E-24")
def latest(run):
    """Whatever is newest: an image's tag, a secret's version."""
    found = [c["image"] for _, c in run.containers() if str(c.get("image", "")).endswith(":latest")]
    return found + [w for w, t in run.texts() if re.search(r"versions/latest|\"(version|key)\": \"latest\"|:latest\b", t)]


@rule("E-25")
def goes_on_without(run):
    """A client that goes on without signing in."""
    return [n for n, t in run.files.items() if n.endswith(".py") and re.search(r"except( Exception)?[^\n]*:\s*\n\s*(pass|continue)\b", t)]


@rule("E-26")
def wide_nodes(run):
    """Nodes with an account that may do all, or a cluster without Workload Identity."""
    found = []
    for x, body in run.bodies("container", r"/clusters(\?|$)"):
        c = body.get("cluster", body)
        if not c.get("autopilot", {}).get("enabled"):
            found.append("no Autopilot: " + str(c.get("name")))
        if not json.dumps(c).count("serviceAccount"):
            found.append("default node account: " + str(c.get("name")))
    return found


@rule("E-27")
def foreign_ids(run):
    """A project or an account that is not the operator's, in a file."""
    return [n for n, t in run.files.items() if re.search(r"getindata|example-mlflow\.iam|gcc-mlflow", t)]


@rule("E-28")
def default_secrets(run):
    """A secret that ships with the software."""
    return [n for n, t in list(run.payloads()) + list(run.texts()) if re.search(r"supersafepassword|password1234|letsencrypt-staging|changeme", t)]


@rule("E-29")
def default_account(run):
    """The default compute account, the middleware off, every ingress and nobody who asks."""
    text = [(w, t) for w, t in run.texts()]
    found = [w for w, t in text if "DISABLE_SECURITY_MIDDLEWARE\", \"value\": \"true" in t or "--disable-security-middleware" in t]
    for x, body in run.bodies("run", r"/(services|jobs)/[^/:?]+(\?|$)"):
        account = [n["serviceAccount"] for n in nodes(body) if "containers" in n and isinstance(n.get("serviceAccount"), str)]
        found += [x["url"]] if not account or any("-compute@developer" in a for a in account) else []
    return found + [x["url"] for x, body in run.bodies("compute", r"/instances(\?|$)") if not body.get("serviceAccounts") or "-compute@developer" in json.dumps(body)]


@rule("E-30")
def no_source_guard(run):
    """Model versions whose source may be any address."""
    envs = [env_of(c) for _, c in run.containers() if SERVERS & set(env_of(c))]
    name = "MLFLOW_CREATE_MODEL_VERSION_SOURCE_VALIDATION_REGEX"
    there = [bool(e.get(name)) for e in envs] + [name in run.files["server.env"]] if "server.env" in run.files else [bool(e.get(name)) for e in envs]
    return [] if any(there) else [name + " is not set"]


@rule("E-31")
def client_secret_on_a_line(run):
    """An OAuth client's secret where a command or a file shows it."""
    return [w for w, t in run.texts() if "GOCSPX-" in t and not re.search(r"//(compute|iap)\.googleapis", w)]


@rule("E-32")
def unprotected_data(run):
    """A database that one call deletes, with nothing kept."""
    return [x["url"] for x, s in run.instances() if x["method"] == "POST"
            and not (s.get("deletionProtectionEnabled") and s.get("backupConfiguration", {}).get("enabled"))]


def rendered(sim, home, answers):
    """What `render` writes, by name."""
    folder = os.path.join(home.path, "weaknesses-files")
    run = sim.run("render", answers, "--out", folder, timeout=120)
    if run.returncode:
        raise RuntimeError(run.stderr)
    files = {}
    for top, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(top, name), encoding="utf-8", errors="replace") as f:
                files[os.path.relpath(os.path.join(top, name), folder)] = unfolded(name, f.read())
    return files


def unfolded(name, text):
    """Terraform's strings hold whole scripts in one line: told as the lines that the machine gets, or no rule that looks at lines says the truth."""
    if not name.endswith(".tf"):
        return text
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), text)


def written(sim, since=0):
    """What a run sent that may change something: to Google, and to a cluster's own API server."""
    cluster = [x for x in sim.exchanges()[since:]
               if x["method"] not in ("GET", "HEAD") and (".gke.goog/" in x["url"] or re.match(r"https://127\.0\.0\.1(:\d+)?/apis?/", x["url"]))]
    return sim.writes(since) + cluster


def found(writes, files):
    """The weaknesses of a run: (rule, where)."""
    run = Run(writes, files)
    return [(name, where) for name, look in sorted(RULES.items()) for where in look(run)]


def sent(url, body, method="POST"):
    return {"method": method, "url": "https://" + url, "request": body}


def secret(name, text):
    return sent(f"secretmanager.googleapis.com/v1/projects/p/secrets/{name}:addVersion", {"payload": {"data": base64.b64encode(text.encode()).decode()}})


def container(**fields):
    return sent("run.googleapis.com/v2/projects/p/locations/l/services/s", {"template": {"serviceAccount": "a@p.iam.gserviceaccount.com", "containers": [fields]}})


def instance(**settings):
    return sent("sqladmin.googleapis.com/v1/projects/p/instances", {"name": "mlflow", "settings": settings})


def granted(role, member, on="cloudresourcemanager.googleapis.com/v1/projects/p:setIamPolicy"):
    return sent(on, {"policy": {"bindings": [{"role": role, "members": [member]}]}})


SA = "serviceAccount:mlflow-sa@p.iam.gserviceaccount.com"
# Each weakness as the guides make it.
SEEDS = {
    "E-01": ([instance(ipConfiguration={"authorizedNetworks": [{"value": "0.0.0.0/0"}]})], {}),
    "E-02": ([instance(ipConfiguration={"privateNetwork": "n"})], {}),
    "E-03": ([sent("sqladmin.googleapis.com/v1/projects/p/instances/i/users", {"name": "postgres", "password": "test"})], {}),
    "E-04": ([sent("iam.googleapis.com/v1/projects/p/serviceAccounts/s/keys", {})], {}),
    "E-05": ([], {".github/workflows/deploy.yml": "uses: google-github-actions/auth@v1\nwith:\n  credentials_json: ${{ secrets.KEY }}\n"}),
    "E-06": ([sent("cloudbuild.googleapis.com/v1/projects/p/builds", {"serviceAccount": "projects/p/serviceAccounts/a@p.iam.gserviceaccount.com"}),
              container(image="i:1.0")], {}),
    "E-07": ([granted("roles/cloudsql.editor", SA)], {}),
    "E-08": ([], {"server.sh": 'export WSGI_AUTH_CREDENTIALS="me:me"'}),
    "E-09": ([granted("roles/run.invoker", "allUsers", "run.googleapis.com/v2/projects/p/locations/l/services/s:setIamPolicy")], {}),
    "E-10": ([sent("gke-1.us-central1.gke.goog/api/v1/namespaces/mlflow/services/mlflow", {"kind": "Service", "spec": {"type": "LoadBalancer"}}, "PATCH")], {}),
    "E-11": ([container(image="gce-proxy:1.31.2", command=["/cloud-sql-proxy", "-instances=i=tcp:0.0.0.0:5432"])], {}),
    "E-12": ([sent("appengine.googleapis.com/v1/apps/p/services/mlflow/versions", {"envVariables": {"SERVER_ADDRESS": "0.0.0.0"}})], {"oauth2-proxy.cfg": ""}),
    "E-13": ([sent("appengine.googleapis.com/v1/apps/p/services/mlflow/versions", {"envVariables": {"DB_PASSWORD": "x"}})], {}),
    "E-14": ([], {"main.tf": "postgresql://mlflow:s3cret@10.0.0.3/mlflow"}),
    "E-15": ([sent("storage.googleapis.com/storage/v1/b?project=p", {"name": "b", "iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}}})], {}),
    "E-16": ([container(image="m:1.0", env=[{"name": "MLFLOW_SERVER_ALLOWED_HOSTS", "value": "*"}])], {}),
    "E-17": ([], {"Dockerfile": "FROM gcr.io/getindata-images-public/mlflow\n"}),
    "E-18": ([], {"Dockerfile": "RUN curl -LO https://github.com/oauth2-proxy/oauth2-proxy/releases/download/v6.1.1/oauth2-proxy.tar.gz\n"}),
    "E-19": ([secret("proxy", 'extra_jwt_issuers="https://accounts.google.com=32555940559.apps.googleusercontent.com"')], {}),
    "E-20": ([secret("proxy", 'email_domains = ["example.com"]\nskip_jwt_bearer_tokens = true\n')], {}),
    "E-21": ([], {"server.env": "MLFLOW_DEFAULT_ARTIFACT_ROOT=gs://b\nMLFLOW_SERVE_ARTIFACTS=true\n"}),
    "E-22": ([secret("admin-password", "me")], {}),
    "E-23": ([], {"build.sh": 'echo "$KEY" > /tmp/credentials.json'}),
    "E-24": ([container(image="i:latest")], {}),
    "E-25": ([], {"auth.py": "try:\n    refresh()\nexcept Exception as e:\n    pass\n"}),
    "E-26": ([sent("container.googleapis.com/v1/projects/p/locations/l/clusters", {"cluster": {"name": "gcc-mlflow", "initialNodeCount": 3}})], {}),
    "E-27": ([], {"deploy.yml": "SERVICE_ACCOUNT: mlflow@example-mlflow.iam.gserviceaccount.com"}),
    "E-28": ([secret("admin", "supersafepassword")], {}),
    "E-29": ([sent("run.googleapis.com/v2/projects/p/locations/l/services/s", {"template": {"containers": [{"image": "i:1.0"}]}})], {}),
    "E-30": ([container(image="m:1.0", env=[{"name": "MLFLOW_BACKEND_STORE_URI", "value": "sqlite:///x"}])], {}),
    "E-31": ([], {"terraform.tfvars": 'oauth2_client_secret = "GOCSPX-abcdefgh"'}),
    "E-32": ([instance(backupConfiguration={"enabled": True})], {}),
}


def rules_see():
    ok(sorted(RULES) == sorted(SEEDS) == [f"E-{n:02}" for n in range(1, 33)], "each weakness has a rule, and an example", sorted(RULES))
    for name, (writes, files) in sorted(SEEDS.items()):
        ok(RULES[name](Run(writes, files)), f"{name} is seen: {RULES[name].__doc__}", writes, files)
    for what, write in (("a file that is mounted", container(image="m:1.0", env=[{"name": KEY_FILE, "value": "/key/key.json"}])),
                        ("what stands in a ConfigMap", sent("h/api/v1/namespaces/n/configmaps/c", {"kind": "ConfigMap", "data": {"k": '{"private_key": "x"}'}}))):
        ok(RULES["E-04"](Run([write], {})), f"E-04 is seen: {what}")
    for text, seen in (('{"type": "external_account", "subject_token_type": "t"}', False), ('{"type": "service_account"}', True)):
        config = sent("h/api/v1/namespaces/n/configmaps/c", {"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"k": text}})
        pod = sent("h/apis/apps/v1/namespaces/n/deployments/d", {"spec": {
            "containers": [{"image": "m:1.0", "env": [{"name": KEY_FILE, "value": "/g/f"}], "volumeMounts": [{"name": "g", "mountPath": "/g"}]}],
            "volumes": [{"name": "g", "projected": {"sources": [{"configMap": {"name": "c", "items": [{"key": "k", "path": "f"}]}}]}}]}})
        ok(bool(RULES["E-04"](Run([config, pod], {}))) == seen, f"E-04: a container's file is judged by what stands in it: {text}")
    for what, script, seen in (("a question to the machine's metadata", r"curl http://metadata/a\nbash /etc/mlflow/report.sh", []),
                               ("a download", r"bash /etc/mlflow/report.sh\ncurl -LO https://github.com/x/y.tar.gz", ["main.tf"])):
        got = RULES["E-18"](Run([], {"main.tf": unfolded("main.tf", f'"user-data" = "{script}"\nimage = "i@sha256:0"\n')}))
        ok(got == seen, f"{what} in a string of Terraform's is taken for what it is", got)


def stack_has_none(what, *options):
    with Home() as home, Sim(home) as sim:
        answers = home.example("mlflow.json", auth__client_secret="env:CLIENT_SECRET")
        run = sim.run("apply", answers, "--json", *options, timeout=400)
        ok(run.returncode == 0, f"{what} is built", result_of(run.stdout), run.stderr)
        seen = found(written(sim), rendered(sim, home, answers))
        ok(not seen, f"{what} has none of the weaknesses", *seen)


if __name__ == "__main__":
    rules_see()
    stack_has_none("the reference stack")
    stack_has_none("a machine", "--set", "target=vm", "--set", "exposure=internal", "--set", "auth.mode=iap")
    done()
