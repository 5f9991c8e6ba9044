#!/usr/bin/env python3
"""What public stacks need beside our own APIs, driven by gcloud through the simulated cloud. Arguments choose groups."""
import json
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from network import R, Gcloud, ends  # noqa: E402 (the path is set above)
from harness import Home, Sim, done, ok  # noqa: E402


def connectors(g):
    g("compute networks create vpc1 --subnet-mode=custom")
    g(f"compute networks vpc-access connectors create c1 --network=vpc1 {R} --range=10.8.0.0/28")
    g(f"compute networks vpc-access connectors describe c1 {R}", state="READY", minInstances=2, maxInstances=10, network="vpc1")
    g(f"compute networks vpc-access connectors update c1 {R} --min-instances=3 --max-instances=6")
    g(f"compute networks vpc-access connectors list {R}", size=1, name=ends("/connectors/c1"), maxInstances=6)
    g(f"run deploy s1 {R} --image=us-docker.pkg.dev/cloudrun/container/hello --vpc-connector=c1 --no-allow-unauthenticated")
    g(f"run services delete s1 {R}")
    g(f"compute networks vpc-access connectors delete c1 {R}")
    g("compute networks delete vpc1")


def domains(g):
    """U24: a domain's mapping wants a domain of the caller's, in a region that has mappings."""
    g(f"run deploy s1 {R} --image=us-docker.pkg.dev/cloudrun/container/hello --no-allow-unauthenticated")
    g(f"beta run domain-mappings create {R} --service=s1 --domain=ml.example.com", rrdata="ghs.googlehosted.com.", name="ml")
    g(f"beta run domain-mappings describe {R} --domain=ml.example.com", spec__routeName="s1", status__mappedRouteName="s1")
    g(f"beta run domain-mappings list {R}", size=1, metadata__name="ml.example.com")
    g(f"beta run domain-mappings create {R} --service=s1 --domain=ml.example.com", "already exists in this region")
    g(f"beta run domain-mappings create {R} --service=s1 --domain=ml.example.net", "does not appear to be verified for the current account")
    g("beta run domain-mappings create --region=europe-west2 --service=s1 --domain=a.example.com", "not allowed in europe-west2")
    g(f"beta run domain-mappings delete {R} --domain=ml.example.com")
    g(f"beta run domain-mappings describe {R} --domain=ml.example.com", "of kind 'DOMAIN_MAPPING' in region")
    g(f"run services delete s1 {R}")


def scheduler(g):
    here = "--location=us-central1"
    g("iam service-accounts create caller")
    account = "caller@demo-proj.iam.gserviceaccount.com"
    g(["scheduler", "jobs", "create", "http", "j1", here, "--schedule=every 24 hours", "--uri=https://example.com/", "--message-body={}", "--time-zone=Europe/Berlin",
       "--headers=Content-Type=application/json,X-A=b", "--attempt-deadline=20m", "--max-retry-attempts=4", f"--oauth-service-account-email={account}"])
    g(f"scheduler jobs describe j1 {here}", state="ENABLED", schedule="every 24 hours", httpTarget__httpMethod="POST", attemptDeadline="1200s",
      httpTarget__oauthToken__scope="https://www.googleapis.com/auth/cloud-platform")
    g(["scheduler", "jobs", "update", "http", "j1", here, "--schedule=0 3 * * *", "--clear-message-body", "--http-method=put", "--clear-auth-token"],
      httpTarget__httpMethod="PUT", schedule="0 3 * * *", retryConfig__retryCount=4)
    g(f"scheduler jobs pause j1 {here}")
    g(f"scheduler jobs list {here}", size=1, state="PAUSED")
    g(f"scheduler jobs resume j1 {here}")
    g(f"scheduler jobs run j1 {here}")
    g(["scheduler", "jobs", "create", "pubsub", "j2", here, "--schedule=1st monday of month 09:00", "--topic=t1", "--message-body=hi"])
    g(f"scheduler jobs update pubsub j2 {here} --topic=t2", pubsubTarget__topicName="projects/demo-proj/topics/t2")
    g(f"scheduler jobs list {here} --page-size=1", size=2)
    for job in ("j1", "j2"):
        g(f"scheduler jobs delete {job} {here}")
    g("scheduler locations describe us-central1", locationId="us-central1")


def balancing(g):
    g("compute ssl-policies create tls --profile=MODERN --min-tls-version=1.2")
    g("compute ssl-policies describe tls", profile="MODERN", minTlsVersion="TLS_1_2")
    g("compute ssl-policies update tls --profile=RESTRICTED")
    g("compute ssl-policies delete tls")
    g("compute security-policies create armor")
    g("compute security-policies rules create 1000 --security-policy=armor --action=deny-403 --src-ip-ranges=9.9.9.0/24")
    g("compute security-policies rules update 1000 --security-policy=armor --action=allow")
    g("compute security-policies rules describe 1000 --security-policy=armor", action="allow")
    g("compute security-policies describe armor", type="CLOUD_ARMOR")
    g("compute backend-services create b1 --global --load-balancing-scheme=EXTERNAL_MANAGED")
    g("compute backend-services update b1 --global --security-policy=armor")
    g("compute backend-services describe b1 --global", securityPolicy=ends("/securityPolicies/armor"))
    g("compute backend-services update b1 --global --security-policy=")
    g("compute backend-services delete b1 --global")
    g("compute security-policies rules delete 1000 --security-policy=armor")
    g("compute security-policies delete armor")


def groups(g):
    g("compute instance-templates create t1 --machine-type=e2-small --image-family=debian-12 --image-project=debian-cloud --network=default")
    g("compute instance-templates describe t1", properties__machineType="e2-small")
    g("compute instance-groups managed create g1 --zone=us-central1-a --template=t1 --size=2 --base-instance-name=web")
    g("compute instance-groups managed list-instances g1 --zone=us-central1-a", size=2)
    g("compute instance-groups managed set-named-ports g1 --zone=us-central1-a --named-ports=http:8080")
    g("compute instance-groups managed resize g1 --zone=us-central1-a --size=1")
    g("compute instance-groups managed describe g1 --zone=us-central1-a", targetSize=1)
    g("compute instance-groups managed set-autoscaling g1 --zone=us-central1-a --min-num-replicas=2 --max-num-replicas=3 --target-cpu-utilization=0.7")
    g("compute instance-groups managed describe g1 --zone=us-central1-a", targetSize=2)
    g("compute instance-groups managed stop-autoscaling g1 --zone=us-central1-a")
    g("compute instance-groups managed create r1 --region=us-central1 --template=t1 --size=3")
    g("compute instance-groups managed list", size=2)
    g("compute instance-groups managed delete r1 --region=us-central1")
    g("compute instance-groups managed delete g1 --zone=us-central1-a")
    g("compute instance-templates delete t1")


def schedules(g):
    """U24: policies of time on disks and machines."""
    z = "--zone=us-central1-a"
    g(["compute", "resource-policies", "create", "snapshot-schedule", "nightly", "--region=us-central1", "--daily-schedule", "--start-time=03:00",
       "--max-retention-days=7", "--on-source-disk-delete=apply-retention-policy"])
    g(f"compute disks create d1 {z} --size=10GB")
    g(f"compute disks add-resource-policies d1 {z} --resource-policies=nightly")
    g(f"compute disks describe d1 {z}", resourcePolicies__0=ends("/resourcePolicies/nightly"))
    g(f"compute resource-policies delete nightly {R}", "is already being used by")
    g("compute resource-policies list", size=1, status="READY")
    g(f"compute disks remove-resource-policies d1 {z} --resource-policies=nightly")
    g(f"compute resource-policies delete nightly {R}")
    g("compute project-info add-metadata --metadata=enable-oslogin=TRUE")
    g("compute project-info describe", commonInstanceMetadata__items__0__value="TRUE")


def databases(g):
    g("sql instances create main --database-version=POSTGRES_17 --edition=enterprise --tier=db-custom-1-3840 --region=us-central1 --backup-start-time=03:00")
    g("sql databases create mlflow --instance=main")
    g("sql instances clone main copy")
    g("sql databases list --instance=copy", size=2)
    g("sql instances create r1 --master-instance-name=main --tier=db-custom-1-3840 --region=us-central1")
    g("sql instances describe main", replicaNames=["r1"])
    g("sql instances promote-replica r1")
    agents = {name: json.loads(g(f"sql instances describe {name}"))["serviceAccountEmailAddress"] for name in ("main", "copy")}
    g("storage buckets create gs://dumps-of-main --location=us-central1 --uniform-bucket-level-access")
    for agent in agents.values():
        g(f"storage buckets add-iam-policy-binding gs://dumps-of-main --member=serviceAccount:{agent} --role=roles/storage.objectAdmin")
    time.sleep(1)
    g("sql export sql main gs://dumps-of-main/a.sql --database=mlflow")
    g("sql import sql copy gs://dumps-of-main/a.sql --database=mlflow")
    key = os.path.join(g.environment["HOME"], "client-key.pem")
    g(f"sql ssl client-certs create laptop {key} --instance=main")
    with open(key, encoding="utf-8") as f:
        ok("PRIVATE KEY" in f.read(), "the client's key is written")
    g("sql ssl client-certs list --instance=main", size=1, commonName="laptop")
    g("sql ssl client-certs delete laptop --instance=main")


def observing(g):
    g(["logging", "metrics", "create", "errors", "--description=ours", "--log-filter=severity>=ERROR"])
    g("logging metrics describe errors", filter="severity>=ERROR", metricDescriptor__metricKind="DELTA")
    g("logging metrics update errors --description=theirs")
    g("logging metrics list", size=1)
    g("logging metrics delete errors")
    g("logging sinks create out storage.googleapis.com/some-bucket --log-filter=severity>=ERROR")
    g("logging sinks list", size=3)
    g("logging sinks delete out")
    g("logging buckets update _Default --location=global --retention-days=10")
    g("logging buckets list", size=2)
    g("monitoring uptime create up --resource-type=uptime-url --resource-labels=host=a.example.com,project_id=demo-proj --path=/health --port=443 --protocol=https")
    up = g("monitoring uptime list-configs", size=1, displayName="up", period="60s")[0]["name"].split("/")[-1]
    g(f"monitoring uptime describe {up}", httpCheck__path="/health")
    g(f"monitoring uptime update {up} --period=5")
    g(f"monitoring uptime delete {up}")
    g("monitoring uptime list-ips")
    g("beta monitoring channels create --display-name=me --type=email --channel-labels=email_address=operator@example.com")
    channel = g("beta monitoring channels list", size=1, type="email")[0]["name"]
    g("alpha monitoring policies list", size=0)
    policy = os.path.join(g.environment["HOME"], "policy.json")
    with open(policy, "w", encoding="utf-8") as f:
        json.dump({"displayName": "down", "combiner": "OR", "notificationChannels": [channel], "conditions": [{
            "displayName": "errors", "conditionThreshold": {"filter": 'resource.type="cloud_run_revision" AND metric.type="run.googleapis.com/request_count"',
                                                            "comparison": "COMPARISON_GT", "thresholdValue": 5, "duration": "300s"}}]}, f)
    g(f"alpha monitoring policies create --policy-from-file={policy}")
    name = g("alpha monitoring policies list", size=1, displayName="down")[0]["name"]
    g(f"alpha monitoring policies update {name} --no-enabled")
    g(f"alpha monitoring policies delete {name}")
    g(f"beta monitoring channels delete {channel}")


def main():
    if not shutil.which("gcloud"):
        print("1..0 # SKIP gcloud is not installed")
        return
    every = [connectors, domains, scheduler, balancing, groups, schedules, databases, observing]
    chosen = [f for f in every if not sys.argv[1:] or f.__name__ in sys.argv[1:]]
    with Home() as home:
        with Sim(home, "--world", home.file("world.json", {"services": ["*"]})) as sim:
            for group in chosen:
                group(Gcloud(home, sim))
        with open(sim.path("errors"), encoding="utf-8") as f:
            said = f.read()
        ok(sim.status == 0 and "ERROR" not in said, "the simulated cloud ends well", sim.status, said)
    done()


if __name__ == "__main__":
    main()
