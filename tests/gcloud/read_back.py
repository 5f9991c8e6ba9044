#!/usr/bin/env python3
"""What apply built, read back by gcloud: an independent client finds what the plan said."""
import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cases"))
from harness import Home, Sim, done, ok, skip  # noqa: E402


class Gcloud:
    """gcloud with an empty configuration, through the simulated cloud's proxy."""

    def __init__(self, home, sim):
        config = home.file("gcloud")
        os.makedirs(config, exist_ok=True)
        proxy = sim.ready["proxy"].rsplit("/", 1)[-1].rsplit(":", 1)
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": home.path, "TZ": "UTC", "CLOUDSDK_CONFIG": config,
            "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": home.file("token", sim.ready["token"]), "CLOUDSDK_CORE_PROJECT": sim.ready["project"],
            "CLOUDSDK_CORE_DISABLE_PROMPTS": "1", "CLOUDSDK_CORE_CHECK_GCE_METADATA": "false", "CLOUDSDK_PROXY_TYPE": "http",
            "CLOUDSDK_PROXY_ADDRESS": proxy[0], "CLOUDSDK_PROXY_PORT": proxy[1], "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE": sim.ready["ca"],
            "CLOUDSDK_SURVEY_DISABLE_PROMPTS": "1", "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
        }

    def read(self, command):
        """The JSON that a command prints; None when it fails, with its words as a TAP note."""
        r = subprocess.run(["gcloud", *command.split(), "--format=json"], env=self.environment, capture_output=True, text=True, timeout=120,
                           stdin=subprocess.DEVNULL)
        if ok(r.returncode == 0, f"gcloud {command}", r.stderr[-1500:]):
            return json.loads(r.stdout)
        return None


def planned(home, sim, answers):
    """The plan's resources by id."""
    r = sim.run("plan", answers, "--json")
    plan = json.loads(r.stdout)
    return {x["id"]: x for x in plan["resources"]}, plan


def of_kind(resources, kind):
    return [x["name"] for x in resources.values() if x["kind"] == kind]


def service(gcloud, name, url):
    found = gcloud.read(f"run services describe {name} --region us-central1")
    if not found:
        return
    template = found["spec"]["template"]["spec"]
    names = sorted(c.get("name", "") for c in template["containers"])
    ok(names == ["mlflow", "oauth2-proxy"], "the service has MLflow beside oauth2-proxy", names)
    images = {c.get("name"): c["image"] for c in template["containers"]}
    ok("@sha256:" in images.get("mlflow", ""), "the image that was built is named by its digest", images)
    ok(re.search(r"-quay/oauth2-proxy/oauth2-proxy@sha256:[0-9a-f]{64}$", images.get("oauth2-proxy", "")), "T14: and so is oauth2-proxy's", images)
    ports = [c["name"] for c in template["containers"] if c.get("ports")]
    ok(ports == ["oauth2-proxy"], "only oauth2-proxy has a port", ports)
    ok(url in json.dumps(found["metadata"]) or url == found["status"].get("url"), "its URL is the planned one", found["status"])


def database(gcloud, name):
    found = gcloud.read(f"sql instances describe {name}")
    if not found:
        return
    settings = found["settings"]
    ok(settings["edition"] == "ENTERPRISE" and settings["tier"] == "db-custom-1-3840", "edition and tier are the planned ones", settings)
    ok(not settings["ipConfiguration"].get("ipv4Enabled") and settings["ipConfiguration"]["privateNetwork"], "only a private address")
    backups = settings["backupConfiguration"]
    ok(backups["enabled"] and backups["pointInTimeRecoveryEnabled"], "backups and point-in-time recovery are on", backups)
    ok(settings["deletionProtectionEnabled"], "deletion protection is on")


def bucket(gcloud, name):
    found = gcloud.read(f"storage buckets describe gs://{name}")
    if not found:
        return
    ok(found["uniform_bucket_level_access"] and found["public_access_prevention"] == "enforced", f"{name} is closed to the public", found)


def alerts(gcloud, host):
    checks, channels = gcloud.read("monitoring uptime list-configs") or [], gcloud.read("beta monitoring channels list") or []
    ok(len(checks) == 1 and checks[0]["monitoredResource"]["labels"]["host"] == host, "one uptime check, of the planned host", checks)
    ok(checks and checks[0]["httpCheck"]["acceptedResponseStatusCodes"] == [{"statusValue": 401}] and checks[0]["httpCheck"]["validateSsl"],
       "it takes the gate's refusal alone for health, and looks at the certificate", checks)
    ok([c["labels"]["email_address"] for c in channels] == ["oncall@example.com"], "mail goes to whom the answers name", channels)
    policies = gcloud.read("alpha monitoring policies list") or []
    ok(len(policies) == 1 and policies[0]["notificationChannels"] == [c["name"] for c in channels]
       and checks[0]["name"].rsplit("/", 1)[-1] in policies[0]["conditions"][0]["conditionThreshold"]["filter"], "one policy joins them", policies)


def main():
    if not shutil.which("gcloud"):
        skip("gcloud reads back what was planned", "gcloud is not installed")
        done()
    with Home() as home, Sim(home) as sim:
        answers = home.example(auth__client_secret="env:CLIENT_SECRET", alerts__addresses=["oncall@example.com"], stack__labels=["team=ml"])
        r = sim.run("apply", answers)
        if not ok(r.returncode == 0, "apply", r.stdout, r.stderr, sim.complaints()):
            done()
        resources, plan = planned(home, sim, answers)
        gcloud = Gcloud(home, sim)
        for name in of_kind(resources, "run.service"):
            service(gcloud, name, plan["url"])
        for name in of_kind(resources, "sqladmin.instance"):
            database(gcloud, name)
        for name in of_kind(resources, "storage.bucket"):
            bucket(gcloud, name)
        alerts(gcloud, plan["url"].removeprefix("https://"))
        listed = gcloud.read("secrets list") or []
        ok(listed and all(x["labels"].get("team") == "ml" for x in listed), "secrets carry the operator's label", listed)
        wanted = set(of_kind(resources, "secretmanager.secret"))
        ok(wanted and wanted <= {x["name"].rsplit("/", 1)[1] for x in listed}, "every planned secret is listed", wanted)
    done()


if __name__ == "__main__":
    main()
