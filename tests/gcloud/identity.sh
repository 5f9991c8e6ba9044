#!/bin/sh
# Drives gcloud through mlflow-setup-sim: projects, services, IAM, service accounts and keys, federation, secrets, buckets and objects:
# create, describe, list, update, delete; each leaves with 0 and prints what was asked for.
dir='' n='' # gcloud.sh sets them
. "${TOP_SRCDIR:-.}/tests/gcloud/gcloud.sh"

# Projects and their policy
g 'd["projectNumber"] == "123456789012" and d["lifecycleState"] == "ACTIVE"' projects describe demo-proj
g 'd[0]["projectId"] == "demo-proj"' projects list
g 'd[-1]["type"] == "organization"' projects get-ancestors demo-proj
g 'any("user:ann@example.com" in b["members"] for b in d["bindings"])' projects add-iam-policy-binding demo-proj \
	--member=user:ann@example.com --role=roles/run.viewer --condition=None
g 'any(b["role"] == "roles/run.viewer" for b in d["bindings"])' projects get-iam-policy demo-proj
g 'any(b.get("condition", {}).get("title") == "t" for b in d["bindings"])' projects add-iam-policy-binding demo-proj \
	--member=user:ann@example.com --role=roles/run.admin "--condition=expression=request.time<timestamp('2040-01-01T00:00:00Z'),title=t"
g 'not any(b["role"] == "roles/run.viewer" for b in d["bindings"])' projects remove-iam-policy-binding demo-proj \
	--member=user:ann@example.com --role=roles/run.viewer --condition=None
no 'does not exist' projects add-iam-policy-binding demo-proj --member=serviceAccount:nobody@demo-proj.iam.gserviceaccount.com \
	--role=roles/run.viewer --condition=None
g 'd[0]["displayName"] == "example.com"' organizations list

# Services
g 'any(s["config"]["name"] == "run.googleapis.com" for s in d)' services list --enabled
g '' services disable pubsub.googleapis.com --force
g 'not any(s["config"]["name"] == "pubsub.googleapis.com" for s in d)' services list --enabled
g '' services enable pubsub.googleapis.com
g '' services enable dns.googleapis.com pubsub.googleapis.com containerregistry.googleapis.com
g 'any(s["config"]["name"] == "iap.googleapis.com" for s in d)' services list --available
g '"@gcp-sa-iap.iam.gserviceaccount.com" in t' beta services identity create --service=iap.googleapis.com
g 'd["billingEnabled"] is True' billing projects describe demo-proj

# Service accounts, their keys, their policy
sa=app-sa@demo-proj.iam.gserviceaccount.com
g 'd["displayName"] == "App"' iam service-accounts create app-sa --display-name=App --description=test
g 'd["email"].startswith("app-sa@") and d["uniqueId"]' iam service-accounts describe $sa
g 'any(a["email"].startswith("app-sa@") for a in d)' iam service-accounts list
g '' iam service-accounts update $sa --display-name=Renamed
g 'd["displayName"] == "Renamed" and d["description"] == "test"' iam service-accounts describe $sa
g 'len(d) > 100' iam list-testable-permissions //cloudresourcemanager.googleapis.com/projects/demo-proj
g 'd["includedPermissions"] == ["run.services.get"] and d["stage"] == "GA"' iam roles create watcher --project=demo-proj --title=Watcher \
	--permissions=run.services.get --stage=GA
no 'Permission no.such.permission is not valid' iam roles create nobody --project=demo-proj --permissions=no.such.permission
g 'sorted(d["includedPermissions"]) == ["run.services.get", "run.services.list"]' iam roles update watcher --project=demo-proj \
	--add-permissions=run.services.list
g 'any(x["name"] == "projects/demo-proj/roles/watcher" for x in d)' iam roles list --project=demo-proj
g 'd["deleted"]' iam roles delete watcher --project=demo-proj
g 'not d.get("deleted")' iam roles undelete watcher --project=demo-proj
g 'd["bindings"][0]["role"] == "roles/iam.serviceAccountUser"' iam service-accounts add-iam-policy-binding $sa \
	--member=user:ann@example.com --role=roles/iam.serviceAccountUser
g 'd["bindings"][0]["members"] == ["user:ann@example.com"]' iam service-accounts get-iam-policy $sa
g '"bindings" not in d' iam service-accounts remove-iam-policy-binding $sa --member=user:ann@example.com --role=roles/iam.serviceAccountUser
g '' iam service-accounts disable $sa
g 'd["disabled"] is True' iam service-accounts describe $sa
g '' iam service-accounts enable $sa
g '' iam service-accounts keys create "$dir/key.json" --iam-account=$sa
key=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["private_key_id"])' "$dir/key.json")
g 'len(d) == 1 and d[0]["keyType"] == "USER_MANAGED"' iam service-accounts keys list --iam-account=$sa --managed-by=user
g '' iam service-accounts keys disable "$key" --iam-account=$sa
g '' iam service-accounts keys delete "$key" --iam-account=$sa
g 'd == []' iam service-accounts keys list --iam-account=$sa --managed-by=user
g 'any(r["name"] == "roles/run.invoker" for r in d)' iam roles list
g '"run.routes.invoke" in d["includedPermissions"]' iam roles describe roles/run.invoker

# Workload identity federation
g '' iam workload-identity-pools create github --location=global --display-name=GitHub
g 'd["state"] == "ACTIVE" and d["displayName"] == "GitHub"' iam workload-identity-pools describe github --location=global
g 'len(d) == 1' iam workload-identity-pools list --location=global
g '' iam workload-identity-pools update github --location=global --description=actions
g '' iam workload-identity-pools providers create-oidc actions --location=global --workload-identity-pool=github \
	--issuer-uri=https://token.actions.githubusercontent.com --attribute-mapping=google.subject=assertion.sub \
	"--attribute-condition=assertion.repository=='a/b'"
g 'd["oidc"]["issuerUri"] == "https://token.actions.githubusercontent.com"' iam workload-identity-pools providers describe actions \
	--location=global --workload-identity-pool=github
g 'len(d) == 1' iam workload-identity-pools providers list --location=global --workload-identity-pool=github
g '' iam workload-identity-pools providers delete actions --location=global --workload-identity-pool=github
g '' iam workload-identity-pools delete github --location=global

# Secrets
printf hello >"$dir/payload"
g 'd["name"].endswith("/secrets/s1")' secrets create s1 --replication-policy=automatic --labels=a=b
g 'd["labels"] == {"a": "b"}' secrets describe s1
g 'len(d) == 1' secrets list
g 'd["labels"] == {"a": "b", "c": "d"}' secrets update s1 --update-labels=c=d
g 'd["name"].endswith("/versions/1")' secrets versions add s1 --data-file="$dir/payload"
g 'd["payload"]["data"] == "aGVsbG8=" ' secrets versions access latest --secret=s1
g 'd["state"] == "ENABLED"' secrets versions describe 1 --secret=s1
g 'd["state"] == "DISABLED"' secrets versions disable 1 --secret=s1
g 'd["state"] == "ENABLED"' secrets versions enable 1 --secret=s1
g 'len(d) == 1' secrets versions list s1
g 'd["state"] == "DESTROYED"' secrets versions destroy 1 --secret=s1
g 'd["bindings"][0]["members"] == ["serviceAccount:'$sa'"]' secrets add-iam-policy-binding s1 --member=serviceAccount:$sa \
	--role=roles/secretmanager.secretAccessor
g 'd["bindings"]' secrets get-iam-policy s1
g '' secrets remove-iam-policy-binding s1 --member=serviceAccount:$sa --role=roles/secretmanager.secretAccessor
g '' secrets delete s1
no 'not found' secrets describe s1

# Buckets and objects
g '' storage buckets create gs://demo-b1 --location=us-central1 --uniform-bucket-level-access --public-access-prevention
g 'd["location"] == "US-CENTRAL1" and d["public_access_prevention"] == "enforced"' storage buckets describe gs://demo-b1
g 'any(b["name"] == "demo-b1" for b in d)' storage buckets list
g '' storage buckets update gs://demo-b1 --versioning --update-labels=a=b
g 'd["versioning_enabled"] is True and d["labels"] == {"a": "b"}' storage buckets describe gs://demo-b1
g 'any("serviceAccount:'$sa'" in b["members"] for b in d["bindings"])' storage buckets add-iam-policy-binding gs://demo-b1 \
	--member=serviceAccount:$sa --role=roles/storage.objectUser
g 'any(b["role"] == "roles/storage.objectUser" for b in d["bindings"])' storage buckets get-iam-policy gs://demo-b1
g '' storage buckets remove-iam-policy-binding gs://demo-b1 --member=serviceAccount:$sa --role=roles/storage.objectUser
g '' storage cp "$dir/payload" gs://demo-b1/dir/hello.txt
head -c 20000000 /dev/urandom >"$dir/big"
g '' storage cp "$dir/big" gs://demo-b1/dir/big.bin
g 'sorted(o["name"] for o in d) == ["dir/big.bin", "dir/hello.txt"]' storage objects list gs://demo-b1/dir/*
g 'd["size"] == 20000000 and d["crc32c_hash"]' storage objects describe gs://demo-b1/dir/big.bin
g 't.startswith("hello")' storage cat gs://demo-b1/dir/hello.txt
g '' storage cp gs://demo-b1/dir/big.bin "$dir/back"
n=$((n + 1)); if cmp "$dir/big" "$dir/back" >/dev/null 2>&1; then echo "ok $n - 20 MB came back as they went"; else echo "not ok $n - 20 MB came back as they went"; fi
g '' storage cp gs://demo-b1/dir/hello.txt gs://demo-b1/copy.txt
g '' storage objects update gs://demo-b1/copy.txt --content-type=text/html
g 'd["content_type"] == "text/html"' storage objects describe gs://demo-b1/copy.txt
g '' storage rm gs://demo-b1/copy.txt
g '' storage rm --recursive --all-versions 'gs://demo-b1/**'
g '' storage buckets delete gs://demo-b1
no '404' storage buckets describe gs://demo-b1
no '409' storage buckets create gs://mlflow

# The end of the account
g '' iam service-accounts delete $sa
no 'NOT_FOUND' iam service-accounts describe $sa
g 'd == []' org-policies list --project=demo-proj
echo "1..$n"
