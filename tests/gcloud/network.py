#!/usr/bin/env python3
"""Networks, load balancing, machines, Cloud SQL and clusters, driven by gcloud through the simulated cloud: every command ends well and
its JSON is what was asked. Arguments choose groups: network, sql, balance, machine, cluster."""
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cases"))
from harness import Home, Sim, done, ok  # noqa: E402

R = "--region us-central1"
Z = "--zone us-central1-a"


class Gcloud:
    def __init__(self, home, sim):
        config = home.file("gcloud")
        os.makedirs(config, exist_ok=True)
        host, port = sim.ready["proxy"].rsplit("/", 1)[-1].rsplit(":", 1)
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": home.path, "TZ": "UTC", "CLOUDSDK_CONFIG": config,
            "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": home.file("token", sim.ready["token"]), "CLOUDSDK_CORE_PROJECT": sim.ready["project"],
            "CLOUDSDK_CORE_DISABLE_PROMPTS": "1", "CLOUDSDK_CORE_CHECK_GCE_METADATA": "false", "CLOUDSDK_PROXY_TYPE": "http",
            "CLOUDSDK_PROXY_ADDRESS": host, "CLOUDSDK_PROXY_PORT": port, "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE": sim.ready["ca"],
            "CLOUDSDK_SURVEY_DISABLE_PROMPTS": "1", "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
        }

    def __call__(self, command, refused=None, **wanted):
        """Runs it, which is refused where words of the refusal are given; each keyword is a path (with __ for a dot) in its JSON, or in the JSON's first element, and the value there. The command is
        a line, or a list of words where one holds blanks."""
        words = command.split() if isinstance(command, str) else command
        command = " ".join(words)
        r = subprocess.run(["gcloud", *words, "--format=json"], env=self.environment, capture_output=True, text=True, timeout=180,
                           stdin=subprocess.DEVNULL)
        if refused:
            return ok(r.returncode != 0 and refused in r.stderr, f"gcloud {command}: {refused}", r.stderr[-1200:])
        if not ok(r.returncode == 0, f"gcloud {command}", r.stderr[-1200:]):
            return None
        if not wanted:
            return r.stdout
        found = json.loads(r.stdout or "null")
        for path, value in wanted.items():
            at = found[0] if isinstance(found, list) and found and path != "size" else found
            if path == "size":
                at = len(found)
            else:
                for step in path.split("__"):
                    if isinstance(at, list):
                        at = at[int(step)] if step.isdigit() and int(step) < len(at) else None
                    else:
                        at = at.get(step) if isinstance(at, dict) else None
            if not (callable(value) and value(at) or at == value):
                ok(False, f"gcloud {command}: {path}", f"got {at!r}", f"wanted {value!r}")
        return found


def ends(text):
    return lambda value: isinstance(value, str) and value.endswith(text)


def network(g):
    g("compute networks create vpc1 --subnet-mode=custom", name="vpc1", autoCreateSubnetworks=False)
    g(f"compute networks subnets create sub1 --network=vpc1 {R} --range=10.10.0.0/24 --enable-private-ip-google-access",
      ipCidrRange="10.10.0.0/24", privateIpGoogleAccess=True)
    g("compute networks describe vpc1", subnetworks__0=ends("/regions/us-central1/subnetworks/sub1"))
    g("compute networks list --filter=name=vpc1", size=1, name="vpc1")
    g(f"compute networks subnets update sub1 {R} --no-enable-private-ip-google-access")
    g(f"compute networks subnets describe sub1 {R}", privateIpGoogleAccess=False, gatewayAddress="10.10.0.1")
    g("compute networks subnets list --network=vpc1", size=1)
    g("compute firewall-rules create fw1 --network=vpc1 --allow=tcp:8080 --source-ranges=130.211.0.0/22,35.191.0.0/16", name="fw1")
    g("compute firewall-rules update fw1 --allow=tcp:4180")
    g("compute firewall-rules describe fw1", allowed__0__ports=["4180"], direction="INGRESS")
    g("compute firewall-rules list --filter=name=fw1", size=1)
    g(f"compute routers create r1 --network=vpc1 {R}", name="r1")
    g(f"compute routers nats create nat1 --router=r1 {R} --auto-allocate-nat-external-ips --nat-all-subnet-ip-ranges")
    g(f"compute routers nats describe nat1 --router=r1 {R}", natIpAllocateOption="AUTO_ONLY")
    g(f"compute routers describe r1 {R}", nats__0__name="nat1")
    g(f"compute routers nats delete nat1 --router=r1 {R}")
    g(f"compute routers delete r1 {R}")
    g("compute addresses create psa --global --purpose=VPC_PEERING --prefix-length=20 --network=vpc1", purpose="VPC_PEERING", prefixLength=20)
    g(f"compute addresses create nat-ip {R}", addressType="EXTERNAL")
    g(f"compute addresses describe nat-ip {R}", status="RESERVED")
    g("compute addresses list", size=2)
    g(f"compute addresses delete nat-ip {R}")
    g("compute regions describe us-central1", status="UP")
    g("compute zones list --filter=region:us-central1", size=4)
    g("compute machine-types describe e2-medium --zone us-central1-a", guestCpus=2)
    g("compute project-info describe", name="demo-proj")
    g("services vpc-peerings connect --service=servicenetworking.googleapis.com --ranges=psa --network=vpc1")
    g("services vpc-peerings list --network=vpc1", peering="servicenetworking-googleapis-com", reservedPeeringRanges=["psa"])
    g("compute networks peerings list --network=vpc1", peerings__0__state="ACTIVE")


def sql(g):
    g(f"sql instances create db1 --database-version=POSTGRES_17 --edition=enterprise --tier=db-custom-1-3840 {R} --no-assign-ip "
      "--network=projects/demo-proj/global/networks/vpc1 --root-password=pw1234567890", state="RUNNABLE")
    g("sql instances describe db1", settings__tier="db-custom-1-3840", ipAddresses__0__type="PRIVATE", settings__edition="ENTERPRISE")
    g("sql instances list", size=1, name="db1")
    g("sql databases create appdb --instance=db1")
    g("sql databases describe appdb --instance=db1", charset="UTF8")
    g("sql databases list --instance=db1", size=2)
    g("sql users create app --instance=db1 --password=x1")
    g("sql users set-password app --instance=db1 --password=x2")
    g("sql users create sa1@demo-proj.iam --instance=db1 --type=cloud_iam_service_account")
    g("sql users list --instance=db1", size=3)
    g("sql instances patch db1 --backup-start-time=03:00 --retained-backups-count=7")
    g("sql instances describe db1", settings__backupConfiguration__enabled=True, settings__backupConfiguration__startTime="03:00")
    g("sql backups create --instance=db1")
    g("sql backups list --instance=db1", size=1)
    g("sql backups list")
    g("sql operations list --instance=db1 --limit=3", size=3)
    g("sql users delete app --instance=db1")
    g("sql databases delete appdb --instance=db1")
    g("sql tiers list", tier="db-f1-micro")
    g("sql flags list --database-version=POSTGRES_17", name="auto_explain.log_analyze")
    g("sql instances delete db1")
    g("compute networks peerings delete servicenetworking-googleapis-com --network=vpc1")
    g("compute addresses delete psa --global")
    g("compute firewall-rules delete fw1")
    g(f"compute networks subnets delete sub1 {R}")
    g("compute networks delete vpc1")


def balance(g):
    g("compute addresses create ip1 --global", ipVersion="IPV4")
    g("compute health-checks create http hc1 --port=8080 --request-path=/healthz", httpHealthCheck__requestPath="/healthz")
    g("compute health-checks update http hc1 --check-interval=10")
    g("compute health-checks describe hc1", checkIntervalSec=10)
    g(f"compute network-endpoint-groups create neg1 {R} --network-endpoint-type=serverless --cloud-run-service=svc1",
      networkEndpointType="SERVERLESS")
    g(f"compute network-endpoint-groups describe neg1 {R}", cloudRun__service="svc1")
    g("compute backend-services create be1 --global --load-balancing-scheme=EXTERNAL_MANAGED", loadBalancingScheme="EXTERNAL_MANAGED")
    g("compute backend-services add-backend be1 --global --network-endpoint-group=neg1 --network-endpoint-group-region=us-central1")
    g("compute backend-services update be1 --global --iap=enabled,oauth2-client-id=id1,oauth2-client-secret=secret1")
    g("compute backend-services describe be1 --global", iap__enabled=True, iap__oauth2ClientId="id1",
      iap__oauth2ClientSecretSha256=lambda h: len(h) == 64, backends__0__group=ends("/regions/us-central1/networkEndpointGroups/neg1"))
    g("compute url-maps create um1 --default-service=be1", defaultService=ends("/backendServices/be1"))
    g("compute ssl-certificates create cert1 --domains=app.example.com --global", managed__domains=["app.example.com"])
    g("compute target-https-proxies create tp1 --url-map=um1 --ssl-certificates=cert1", urlMap=ends("/urlMaps/um1"))
    g("compute forwarding-rules create fr1 --global --address=ip1 --target-https-proxy=tp1 --ports=443 "
      "--load-balancing-scheme=EXTERNAL_MANAGED", portRange="443-443")
    g("compute url-maps create um2 --default-service=be1")
    g("compute target-http-proxies create tp2 --url-map=um2", name="tp2")
    g("compute forwarding-rules create fr2 --global --address=ip1 --target-http-proxy=tp2 --ports=80 "
      "--load-balancing-scheme=EXTERNAL_MANAGED", portRange="80-80")
    g("compute addresses describe ip1 --global", status="IN_USE")
    g("compute target-https-proxies update tp1 --url-map=um2")
    g("compute target-https-proxies describe tp1", urlMap=ends("/urlMaps/um2"))
    g("compute forwarding-rules list", size=2)
    g("compute url-maps list", size=2)
    g("compute ssl-certificates describe cert1 --global", type="MANAGED")
    g("compute forwarding-rules delete fr1 fr2 --global")
    g("compute target-https-proxies delete tp1")
    g("compute target-http-proxies delete tp2")
    g("compute ssl-certificates delete cert1 --global")
    g("compute url-maps delete um1 um2 --global")
    g("compute backend-services delete be1 --global")
    g(f"compute network-endpoint-groups delete neg1 {R}")
    g("compute health-checks delete hc1")
    g("compute addresses delete ip1 --global")


def machine(g):
    g("compute images describe-from-family cos-stable --project=cos-cloud", family="cos-stable")
    g(f"compute instances create vm1 {Z} --machine-type=e2-small --image-family=cos-stable --image-project=cos-cloud --no-address "
      "--no-service-account --no-scopes --metadata=enable-oslogin=TRUE --tags=mlflow --labels=stack=s1", name="vm1", status="RUNNING")
    g(f"compute instances describe vm1 {Z}", machineType=ends("/machineTypes/e2-small"), labels__stack="s1")
    g(f"compute instances add-metadata vm1 {Z} --metadata=user-data=x")
    g(f"compute instances add-tags vm1 {Z} --tags=web")
    g(f"compute instances update vm1 {Z} --deletion-protection")
    g(f"compute instances describe vm1 {Z}", deletionProtection=True, tags__items=["mlflow", "web"])
    g(f"compute instances update vm1 {Z} --no-deletion-protection")
    g(f"compute instances get-serial-port-output vm1 {Z}")
    g(f"compute instance-groups unmanaged create ig1 {Z}", name="ig1")
    g(f"compute instance-groups unmanaged add-instances ig1 {Z} --instances=vm1")
    g(f"compute instance-groups unmanaged set-named-ports ig1 {Z} --named-ports=http:4180")
    g(f"compute instance-groups unmanaged list-instances ig1 {Z}", status="RUNNING")
    g(f"compute instances stop vm1 {Z}")
    g(f"compute instances set-machine-type vm1 {Z} --machine-type=e2-medium")
    g(f"compute instances start vm1 {Z}")
    g(f"compute instances reset vm1 {Z}")
    g("compute instances list", size=1)
    g(f"compute disks create d1 {Z} --size=20GB --type=pd-balanced", sizeGb="20")
    g("compute disks list", size=2)
    g(f"compute disks delete d1 {Z}")
    g(f"compute instance-groups unmanaged delete ig1 {Z}")
    g(f"compute instances delete vm1 {Z}")


def cluster(g):
    g("container get-server-config --region us-central1", defaultImageType="COS_CONTAINERD")
    g("container clusters create-auto ap1 --region us-central1")
    g("container clusters describe ap1 --region us-central1", status="RUNNING", autopilot__enabled=True)
    g("container clusters update ap1 --region us-central1 --update-labels=stack=s1")
    g(f"container clusters create std1 {Z} --num-nodes=1 --machine-type=e2-standard-2")
    g(f"container node-pools create p2 --cluster=std1 {Z} --num-nodes=1", name="p2")
    g(f"container node-pools list --cluster=std1 {Z}", size=2)
    g(f"container node-pools describe p2 --cluster=std1 {Z}", status="RUNNING")
    g(f"container clusters resize std1 --node-pool=p2 {Z} --num-nodes=2")
    g(f"container clusters update std1 {Z} --logging=SYSTEM --monitoring=SYSTEM,API_SERVER")
    g(f"container clusters update std1 {Z} --enable-master-authorized-networks --master-authorized-networks=10.0.0.0/8")
    g(f"container clusters update std1 {Z} --maintenance-window=03:00")
    g(f"container clusters update std1 {Z} --update-addons=HttpLoadBalancing=DISABLED")
    g(f"container clusters update std1 {Z} --node-pool=p2 --enable-autoscaling --min-nodes=1 --max-nodes=3")
    g(f"container clusters update std1 {Z} --enable-private-endpoint")
    g(f"container node-pools update p2 --cluster=std1 {Z} --tags=web")
    g(f"container clusters upgrade std1 {Z} --master")
    g(f"container clusters describe std1 {Z}", status="RUNNING", loggingConfig__componentConfig__enableComponents=["SYSTEM_COMPONENTS"],
      masterAuthorizedNetworksConfig__cidrBlocks__0__cidrBlock="10.0.0.0/8", privateClusterConfig__enablePrivateEndpoint=True,
      addonsConfig__httpLoadBalancing__disabled=True, maintenancePolicy__window__dailyMaintenanceWindow__duration="PT4H0M0S")
    g(f"container node-pools describe p2 --cluster=std1 {Z}", autoscaling__maxNodeCount=3, config__tags=["web"])
    g(f"container node-pools delete default-pool --cluster=std1 {Z}")
    g("container clusters list", size=2)
    g("container operations list", size=lambda n: n >= 6)
    g(f"container clusters delete std1 {Z}")
    g("container clusters delete ap1 --region us-central1")


def main():
    if not shutil.which("gcloud"):
        print("1..0 # SKIP gcloud is not installed")
        return
    groups = [network, sql, balance, machine, cluster]
    chosen = [f for f in groups if not sys.argv[1:] or f.__name__ in sys.argv[1:]]
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
