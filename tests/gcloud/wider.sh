#!/bin/sh
# Drives gcloud through mlflow-setup-sim: keys, triggers and builds that fail, machines of custom types, dashboards, organisation policies as the older
# commands have them, a service of two containers that is exported and replaced.
dir='' n='' # gcloud.sh sets them
# Whoever sets organisation policies is more than an owner of the project.
# shellcheck disable=SC2034 # gcloud.sh reads it
world='{"projects":[{"id":"demo-proj","number":"123456789012","services":["*"],"roles":["roles/owner","roles/orgpolicy.policyAdmin"]}]}'
. "${TOP_SRCDIR:-.}/tests/gcloud/gcloud.sh"
at=--region=us-central1
in=--location=us-central1
z=--zone=us-central1-a
hello=us-docker.pkg.dev/cloudrun/container/hello

# Keys
g '' kms keyrings create kr $in
g 'd[0]["primary"]["state"] == "ENABLED"' kms keys create k1 --keyring=kr $in --purpose=encryption --rotation-period=90d --next-rotation-time=2040-01-01T00:00:00Z
g 'len(d) == 1' kms keys list --keyring=kr $in
g '' kms keys versions create --key=k1 --keyring=kr $in --primary
printf hi >"$dir/plain"
g '' kms encrypt --key=k1 --keyring=kr $in --plaintext-file="$dir/plain" --ciphertext-file="$dir/sealed"
g '' kms decrypt --key=k1 --keyring=kr $in --plaintext-file="$dir/back" --ciphertext-file="$dir/sealed"
n=$((n + 1)); if cmp "$dir/plain" "$dir/back" >/dev/null 2>&1; then echo "ok $n - what was encrypted came back"; else echo "not ok $n - what was encrypted came back"; fi
g 'd["state"] == "DISABLED"' kms keys versions disable 1 --key=k1 --keyring=kr $in
g 'd["state"] == "DESTROY_SCHEDULED"' kms keys versions destroy 1 --key=k1 --keyring=kr $in
no 'already exists' kms keyrings create kr $in
no 'Permission denied on Cloud KMS key' storage buckets create gs://demo-kept $in \
	--default-encryption-key=projects/demo-proj/locations/us-central1/keyRings/kr/cryptoKeys/k1
g '' storage service-agent
g 'd["bindings"][0]["role"] == "roles/cloudkms.cryptoKeyEncrypterDecrypter"' kms keys add-iam-policy-binding k1 --keyring=kr $in \
	--member=serviceAccount:service-123456789012@gs-project-accounts.iam.gserviceaccount.com --role=roles/cloudkms.cryptoKeyEncrypterDecrypter
g '' storage buckets create gs://demo-kept $in --default-encryption-key=projects/demo-proj/locations/us-central1/keyRings/kr/cryptoKeys/k1
g 'd["default_kms_key"].endswith("/cryptoKeys/k1")' storage buckets describe gs://demo-kept
no "not available for use with GCS region" storage buckets create gs://demo-kept-2 --location=europe-west1 \
	--default-encryption-key=projects/demo-proj/locations/us-central1/keyRings/kr/cryptoKeys/k1

# Triggers
printf 'steps:\n- name: ubuntu\n  args: [echo, hi]\noptions: {logging: CLOUD_LOGGING_ONLY}\n' >"$dir/build.yaml"
g 'd["name"] == "t1"' builds triggers create pubsub --name=t1 $at --topic=projects/demo-proj/topics/t --inline-config="$dir/build.yaml"
no 'Repository mapping does not exist' builds triggers create github --name=t2 $at --repo-owner=o --repo-name=r --branch-pattern='^main$' \
	--build-config=cloudbuild.yaml
g 'd["build"]["steps"][0]["name"] == "ubuntu"' builds triggers describe t1 $at
g '' builds triggers run t1 $at
g 'len(d) == 1' builds triggers list $at
g '' builds triggers delete t1 $at

# Machines
g 'd["memoryMb"] == 4096' compute machine-types describe e2-custom-2-4096 $z
g 'len(d) == 5' compute machine-types list --filter='zone:us-central1-a AND name:e2-standard*'
no 'Memory should be a multiple of 256MiB' compute machine-types describe n1-custom-1-921 $z
no 'was not found' compute machine-types describe a2-highgpu-1g --zone=africa-south1-a
g 'd[0]["machineType"].endswith("/n2-custom-4-8192")' compute instances create vm1 $z --custom-cpu=4 --custom-memory=8GB --custom-vm-type=n2 \
	--image-family=debian-12 --image-project=debian-cloud
g '' compute instances suspend vm1 $z
g 'd["status"] == "SUSPENDED"' compute instances describe vm1 $z
g '' compute instances resume vm1 $z
g '' compute instances delete vm1 $z

# Dashboards, log buckets
echo '{"displayName":"MLflow","gridLayout":{"columns":"2","widgets":[{"title":"a","text":{"content":"x","format":"MARKDOWN"}}]}}' >"$dir/board.json"
g 'd["displayName"] == "MLflow"' monitoring dashboards create --config-from-file="$dir/board.json"
g 'len(d) == 1' monitoring dashboards list
board=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[0]["name"])' "$dir/out")
g 'd["etag"]' monitoring dashboards describe "$board"
g '' monitoring dashboards delete "$board"

# Organisation policies
g 'd == []' resource-manager org-policies list --project=demo-proj
g 'd["booleanPolicy"]["enforced"]' resource-manager org-policies enable-enforce compute.requireOsLogin --project=demo-proj
g 'd["spec"]["rules"][0]["enforce"]' org-policies describe compute.requireOsLogin --project=demo-proj
g '' resource-manager org-policies delete compute.requireOsLogin --project=demo-proj
g '"booleanPolicy" in d and not d["booleanPolicy"].get("enforced")' resource-manager org-policies describe compute.requireOsLogin --project=demo-proj --effective

# A container beside the one that requests come to listens where its own PORT says; what was exported goes back as it is
n=$((n + 1)); if run run deploy two $at --no-allow-unauthenticated --container=front --image=$hello --port=8080 --depends-on=back --container=back \
	--image=$hello --set-env-vars=PORT=9000 --startup-probe=tcpSocket.port=9000; then echo "ok $n - a container beside has a PORT of its own"
else echo "not ok $n - a container beside has a PORT of its own"; sed 's/^/# /' "$dir/errors" | tail -12; fi
run run services describe two $at --format=export && cp "$dir/out" "$dir/two.yaml"
g 'len(d["spec"]["template"]["spec"]["containers"]) == 2' run services replace "$dir/two.yaml" $at
no 'reserved env names were provided: PORT' run deploy one --image=$hello $at --no-allow-unauthenticated --set-env-vars=PORT=9000
echo "1..$n"
