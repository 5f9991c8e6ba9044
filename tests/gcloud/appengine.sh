#!/bin/sh
# Drives gcloud through mlflow-setup-sim: App Engine: the application, services, flexible versions from images, traffic, IAP.
dir='' n='' # gcloud.sh sets them
. "${TOP_SRCDIR:-.}/tests/gcloud/gcloud.sh"

# The application
no 'does not contain an App Engine application' app describe
g 'any(x["region"] == "us-central" for x in d)' app regions list
g '' app create --region=us-central
g 'd["locationId"] == "us-central" and d["defaultHostname"] == "demo-proj.uc.r.appspot.com" and d["servingStatus"] == "SERVING"' app describe
no 'already contains an App Engine application' app create --region=us-central
g 'sorted(b["name"] for b in d) == ["demo-proj.appspot.com", "staging.demo-proj.appspot.com"]' storage buckets list
printf 'runtime: custom\nenv: flex\nservice: default\nmanual_scaling:\n  instances: 1\nreadiness_check:\n  path: /\n' >"$dir/app.yaml"
printf 'runtime: custom\nenv: flex\nservice: mlflow\nmanual_scaling:\n  instances: 1\n' >"$dir/other.yaml"
hello=us-docker.pkg.dev/cloudrun/container/hello
no "must be the 'default' service" app deploy "$dir/other.yaml" --image-url=$hello --version=v1
g 'd["versions"][0]["id"] == "v1"' app deploy "$dir/app.yaml" --image-url=$hello --version=v1
g '' app deploy "$dir/other.yaml" --image-url=$hello --version=v1
g 'sorted(s["id"] for s in d) == ["default", "mlflow"]' app services list
g 'd["split"]["allocations"] == {"v1": 1.0}' app services describe mlflow
g '' app deploy "$dir/other.yaml" --image-url=$hello --version=v2 --no-promote
g 'sorted(v["id"] for v in d) == ["v1", "v2"]' app versions list --service=mlflow
g 'd["env"] == "flexible" and d["servingStatus"] == "SERVING"' app versions describe v2 --service=mlflow
g '' app services set-traffic mlflow --splits=v1=0.5,v2=0.5
g 'd["split"]["allocations"] == {"v1": 0.5, "v2": 0.5}' app services describe mlflow
g '' app services set-traffic mlflow --splits=v2=1
g '' app services update mlflow --ingress=internal-and-cloud-load-balancing
g 'd["networkSettings"]["ingressTrafficAllowed"] == "INGRESS_TRAFFIC_ALLOWED_INTERNAL_AND_LB"' app services describe mlflow
g '' app versions stop v1 --service=mlflow
g 'd["servingStatus"] == "STOPPED"' app versions describe v1 --service=mlflow
g '' app versions start v1 --service=mlflow
g 'len(d) == 1' app instances list --service=mlflow --version=v2
g '' app versions delete v1 --service=mlflow
g '' app update --split-health-checks
g '' iap web enable --resource-type=app-engine --oauth2-client-id=c --oauth2-client-secret=s
g 'd["iap"]["enabled"] is True and "oauth2ClientSecret" not in d["iap"]' app describe
g '' iap web disable --resource-type=app-engine
g 'len(d) > 3' app operations list
g '' app services delete mlflow
no 'default' app services delete default

# From sources, by way of the application's own bucket
mkdir "$dir/app"
printf 'runtime: python312\nentrypoint: gunicorn main:app\n' >"$dir/app/app.yaml"
echo 'app = None' >"$dir/app/main.py"
g 'd["versions"][0]["id"] == "src"' app deploy "$dir/app/app.yaml" --version=src
echo "1..$n"
