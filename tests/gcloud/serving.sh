#!/bin/sh
# Drives gcloud through mlflow-setup-sim: Artifact Registry, Cloud Build, Cloud Run, Cloud Logging: create, describe, list, update, delete; each
# leaves with 0 and prints what was asked for.
dir='' n='' # gcloud.sh sets them
. "${TOP_SRCDIR:-.}/tests/gcloud/gcloud.sh"
at=--region=us-central1
in=--location=us-central1
hello=us-docker.pkg.dev/cloudrun/container/hello

# Artifact Registry
g '' artifacts repositories create images --repository-format=docker $in --labels=a=b --description=ours
g 'd["format"] == "DOCKER" and d["labels"] == {"a": "b"} and d["mode"] == "STANDARD_REPOSITORY"' artifacts repositories describe images $in
g '' artifacts repositories create quay --repository-format=docker $in --mode=remote-repository --remote-docker-repo=https://quay.io
g 'd["remoteRepositoryConfig"] and d["mode"] == "REMOTE_REPOSITORY"' artifacts repositories describe quay $in
g 'len(d) == 2' artifacts repositories list $in
g 'd["description"] == "theirs"' artifacts repositories update images $in --description=theirs
g 'd["bindings"][0]["role"] == "roles/artifactregistry.reader"' artifacts repositories add-iam-policy-binding images $in \
	--member=user:ann@example.com --role=roles/artifactregistry.reader
g 'len(d["bindings"]) == 1' artifacts repositories get-iam-policy images $in
g '"bindings" not in d' artifacts repositories remove-iam-policy-binding images $in --member=user:ann@example.com \
	--role=roles/artifactregistry.reader
g 'any(x["name"] == "us-central1" for x in d)' artifacts locations list
g 'd == []' artifacts files list --repository=images $in
g 'd == []' artifacts rules list --repository=images $in
g 'd["action"] == "DENY"' artifacts rules create deny --repository=images $in --action=DENY --operation=DOWNLOAD
g 'd["name"].endswith("/rules/deny")' artifacts rules describe deny --repository=images $in
g '' artifacts rules delete deny --repository=images $in
g 'd["vpcscPolicy"] == "ALLOW"' artifacts vpcsc-config describe $in
no 'ALREADY_EXISTS: the repository already exists' artifacts repositories create images --repository-format=docker $in
no 'NOT_FOUND' artifacts repositories describe absent $in

# Cloud Build
mkdir "$dir/src"
printf 'FROM python:3.11-slim-bookworm\nCOPY requirements.txt /app/\nRUN pip install -r /app/requirements.txt\n' >"$dir/src/Dockerfile"
echo 'mlflow==3.17.2' >"$dir/src/requirements.txt"
g 'any(b["role"] == "roles/storage.admin" for b in d["bindings"])' projects add-iam-policy-binding demo-proj --condition=None \
	--member=serviceAccount:123456789012-compute@developer.gserviceaccount.com --role=roles/storage.admin
g '' projects add-iam-policy-binding demo-proj --condition=None \
	--member=serviceAccount:123456789012-compute@developer.gserviceaccount.com --role=roles/artifactregistry.writer
sleep 1
i=0
tag=us-central1-docker.pkg.dev/demo-proj/images/app
while ! run builds submit "$dir/src" --tag=$tag:v1 $at --async --format=json && test $i -lt 5; do i=$((i + 1)); done
id=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["id"])' "$dir/out")
g 'd["status"] == "SUCCESS" and d["results"]["images"][0]["digest"].startswith("sha256:")' builds describe "$id" $at
g 'd[0]["id"] == "'"$id"'"' builds list $at
g 'd[0]["package"].endswith("/app") and d[0]["version"].startswith("sha256:")' artifacts docker images list us-central1-docker.pkg.dev/demo-proj/images
g 'd["image_summary"]["digest"].startswith("sha256:")' artifacts docker images describe $tag:v1
g 'd[0]["tag"].endswith("v1")' artifacts docker tags list us-central1-docker.pkg.dev/demo-proj/images/app
g 'd[0]["name"] == "app"' artifacts packages list --repository=images $in
g 'len(d) == 1' artifacts versions list --package=app --repository=images $in
g '' artifacts docker tags add $tag:v1 $tag:v2
g '' artifacts docker tags delete $tag:v2
# U22: the log in Google's own bucket
g '"Successfully tagged" in t and "SUCCESS" in t' builds submit "$dir/src" --tag=$tag:v2 $at
g 'd["discovery_summary"]["discovery"][0]["discovery"]["analysisStatus"] == "FINISHED_SUCCESS"' artifacts docker images describe $tag:v1 --show-all-metadata
g '"Successfully tagged" in t and "SUCCESS" in t' builds submit "$dir/src" --tag=$tag:v3 $at --gcs-log-dir=gs://demo-proj_cloudbuild/logs
id=$(sed -n 's/^starting build "\(.*\)"/\1/p' "$dir/out")
g '"Successfully built" in t and "DONE" in t' builds log "$id" $at

# Cloud Run: services
g 'd["status"]["conditions"][0]["status"] == "True"' run deploy web --image=$hello $at --no-allow-unauthenticated
g 'd["status"]["url"].startswith("https://web-") and d["status"]["latestReadyRevisionName"] == d["status"]["latestCreatedRevisionName"]' \
	run services describe web $at
g 'len(d) == 1 and d[0]["metadata"]["name"] == "web"' run services list $at
g 'len(d) == 1' run services list
g '[e for e in d["spec"]["template"]["spec"]["containers"][0]["env"] if e["name"] == "A"][0]["value"] == "b"' \
	run services update web $at --update-env-vars=A=b --memory=1Gi --cpu=2 --max-instances=3 --concurrency=10 --timeout=60
g 'd["spec"]["template"]["metadata"]["annotations"]["autoscaling.knative.dev/maxScale"] == "3" and d["spec"]["template"]["spec"]["containerConcurrency"] == 10' \
	run services describe web $at
g 'len(d) == 2' run revisions list --service=web $at
rev=$(python3 -c 'import json, sys; print(sorted(r["metadata"]["name"] for r in json.load(open(sys.argv[1])))[0])' "$dir/out")
g 'd["status"]["conditions"][0]["type"] == "Ready"' run revisions describe "$rev" $at
g '' run services update-traffic web $at --to-revisions="$rev=40,LATEST=60"
g 'sorted(x["percent"] for x in d["spec"]["traffic"]) == [40, 60]' run services describe web $at
g '' run services update-traffic web $at --to-latest
g '' run services update-traffic web $at --set-tags="old=$rev"
g 'any(x.get("tag") == "old" for x in d["spec"]["traffic"])' run services describe web $at
g '' run services update-traffic web $at --remove-tags=old
g '' run revisions delete "$rev" $at
g 'd["bindings"][0]["role"] == "roles/run.invoker"' run services add-iam-policy-binding web $at --member=user:ann@example.com --role=roles/run.invoker
g 'd["bindings"]' run services get-iam-policy web $at
g '"bindings" not in d' run services remove-iam-policy-binding web $at --member=user:ann@example.com --role=roles/run.invoker
g 'd["metadata"]["annotations"]["run.googleapis.com/ingress"] == "internal-and-cloud-load-balancing"' \
	run services update web $at --ingress=internal-and-cloud-load-balancing
g 'd["metadata"]["annotations"]["run.googleapis.com/invoker-iam-disabled"] == "true"' run services update web $at --no-invoker-iam-check
g 'd["metadata"]["labels"]["k"] == "v"' run services update web $at --update-labels=k=v
run run services describe web $at --format=export && sed 's/concurrency: .*/&/' "$dir/out" >"$dir/web.yaml"
g '' run services replace "$dir/web.yaml" $at
no 'Expected an image path like' run deploy bad --image=quay.io/oauth2-proxy/oauth2-proxy:v7.15.3 $at --no-allow-unauthenticated
no "Image 'us-central1-docker.pkg.dev/demo-proj/images/none:1' not found" run deploy bad --image=us-central1-docker.pkg.dev/demo-proj/images/none:1 $at \
	--no-allow-unauthenticated
g 'd["status"]["conditions"][0]["status"] == "False"' run services describe bad $at
g '' secrets create s1 --replication-policy=automatic
printf x >"$dir/payload"
g '' secrets versions add s1 --data-file="$dir/payload"
no 'Permission denied on secret: projects/123456789012/secrets/s1/versions/1 for Revision service account' run deploy bad --image=$hello $at \
	--set-secrets=A=s1:1 --no-allow-unauthenticated
g '' compute networks create net --subnet-mode=custom
g '' compute networks subnets create sub --network=net $at --range=10.0.0.0/24
g '"sub" in d["spec"]["template"]["metadata"]["annotations"]["run.googleapis.com/network-interfaces"]' run deploy bad --image=$hello $at --network=net \
	--subnet=sub --vpc-egress=private-ranges-only --clear-secrets --add-cloudsql-instances=demo-proj:us-central1:db --no-allow-unauthenticated
g 'd["spec"]["template"]["metadata"]["annotations"]["run.googleapis.com/cloudsql-instances"] == "demo-proj:us-central1:db"' run services describe bad $at
n=$((n + 1)); if run run deploy two $at --no-allow-unauthenticated --container=front --image=$hello --port=8080 --depends-on=back --container=back \
	--image=$hello --startup-probe=tcpSocket.port=8080; then echo "not ok $n - two containers on one port are taken"
else echo "ok $n - two containers cannot listen on one port"; fi
g 'len(d["spec"]["template"]["spec"]["containers"]) == 2' run services describe two $at
g '' run services delete two $at
g '' beta run deploy iap --image=$hello $at --iap --no-allow-unauthenticated
g 'any("gcp-sa-iap" in m for b in d["bindings"] for m in b["members"])' run services get-iam-policy iap $at
g '' run services delete iap $at
g '' run services delete bad $at
g '' run services delete web $at
no 'Cannot find service' run services describe web $at
g 'any(x["locationId"] == "us-central1" for x in d)' run regions list

# Cloud Run: jobs
g 'd["status"]["conditions"][0]["status"] == "True"' run jobs create job --image=us-docker.pkg.dev/cloudrun/container/job $at --tasks=1 --max-retries=1
g 'd["spec"]["template"]["spec"]["template"]["spec"]["maxRetries"] == 1' run jobs describe job $at
g 'len(d) == 1' run jobs list $at
g '' run jobs update job $at --update-env-vars=A=b --task-timeout=5m
g '' run jobs execute job $at --wait
g 'len(d) == 1 and d[0]["status"]["succeededCount"] == 1' run jobs executions list --job=job $at
e=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[0]["metadata"]["name"])' "$dir/out")
g 'd["status"]["completionTime"]' run jobs executions describe "$e" $at
g 'len(d) == 1' run jobs executions tasks list --execution="$e" $at
g '' run jobs executions delete "$e" $at
g 'd["bindings"]' run jobs add-iam-policy-binding job $at --member=user:ann@example.com --role=roles/run.invoker
g '' run jobs delete job $at
no 'Cannot find job' run jobs describe job $at

# Logging
g '' logging write demo 'a line' --severity=ERROR
g 'd[0]["textPayload"] == "a line" and d[0]["severity"] == "ERROR"' logging read 'severity>=ERROR AND logName:demo' --limit=5
g 'any(x.endswith("/logs/demo") for x in (y if isinstance(y, str) else y["name"] for y in d))' logging logs list
g '' logging logs delete demo

# The end
g '' artifacts docker images delete $tag --delete-tags
g '' artifacts repositories delete images $in
g '' artifacts repositories delete quay $in
g 'd == []' artifacts repositories list $in
echo "1..$n"
