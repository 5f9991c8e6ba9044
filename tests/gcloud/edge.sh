#!/bin/sh
# Drives gcloud through mlflow-setup-sim: DNS zones and records, Certificate Manager, Identity-Aware Proxy.
dir='' n='' # gcloud.sh sets them
. "${TOP_SRCDIR:-.}/tests/gcloud/gcloud.sh"

# DNS
g '' dns managed-zones create z1 --dns-name=example.net. --description=test
g 'd["dnsName"] == "example.net." and len(d["nameServers"]) == 4' dns managed-zones describe z1
g 'len(d) == 1' dns managed-zones list
g '' dns managed-zones update z1 --description=changed
g 'd["description"] == "changed"' dns managed-zones describe z1
g '"203.0.113.7" in t' dns record-sets create mlflow.example.net. --zone=z1 --type=A --ttl=300 --rrdatas=203.0.113.7
g 'any(r["name"] == "mlflow.example.net." and r["rrdatas"] == ["203.0.113.7"] for r in d)' dns record-sets list --zone=z1
g 'd["type"] == "A"' dns record-sets describe mlflow.example.net. --zone=z1 --type=A
g '' dns record-sets update mlflow.example.net. --zone=z1 --type=A --ttl=60 --rrdatas=203.0.113.8
g 'any(r["rrdatas"] == ["203.0.113.8"] and r["ttl"] == 60 for r in d)' dns record-sets list --zone=z1 --name=mlflow.example.net.
no 'not empty\|cannot be deleted\|containerNotEmpty' dns managed-zones delete z1
g '' dns record-sets delete mlflow.example.net. --zone=z1 --type=A
run dns record-sets transaction start --zone=z1 --transaction-file="$dir/t.yaml"
run dns record-sets transaction add --zone=z1 --name=b.example.net. --ttl=300 --type=A 203.0.113.9 --transaction-file="$dir/t.yaml"
g 'd["id"]' dns record-sets transaction execute --zone=z1 --transaction-file="$dir/t.yaml"
g 'len(d) >= 1' dns record-sets changes list --zone=z1
g '' dns record-sets delete b.example.net. --zone=z1 --type=A
g '' dns managed-zones delete z1
g 'd["number"] == "123456789012"' dns project-info describe demo-proj

# Certificate Manager
g '' certificate-manager dns-authorizations create a1 --domain=mlflow.example.net
g 'd["dnsResourceRecord"]["type"] == "CNAME"' certificate-manager dns-authorizations describe a1
g 'len(d) == 1' certificate-manager dns-authorizations list
g '' certificate-manager certificates create c1 --domains=mlflow.example.net --dns-authorizations=a1
g 'd["managed"]["domains"] == ["mlflow.example.net"]' certificate-manager certificates describe c1
g 'len(d) == 1' certificate-manager certificates list
g '' certificate-manager certificates update c1 --description=changed
g '' certificate-manager maps create m1
g 'd["name"].endswith("/certificateMaps/m1")' certificate-manager maps describe m1
g '' certificate-manager maps entries create e1 --map=m1 --certificates=c1 --hostname=mlflow.example.net
g 'd["hostname"] == "mlflow.example.net"' certificate-manager maps entries describe e1 --map=m1
g 'len(d) == 1' certificate-manager maps entries list --map=m1
g '' certificate-manager maps update m1 --description=changed
no 'FAILED_PRECONDITION\|referenced' certificate-manager certificates delete c1
g '' certificate-manager maps entries delete e1 --map=m1
g '' certificate-manager maps delete m1
g '' certificate-manager certificates delete c1
g '' certificate-manager dns-authorizations delete a1

# Identity-Aware Proxy
g '' compute health-checks create http hc1 --port=80 --global
g '' compute backend-services create be1 --global --load-balancing-scheme=EXTERNAL_MANAGED --health-checks=hc1 --global-health-checks
g '' iap web add-iam-policy-binding --resource-type=backend-services --service=be1 \
	--member=user:ann@example.com --role=roles/iap.httpsResourceAccessor
g 'd["bindings"][0]["members"] == ["user:ann@example.com"]' iap web get-iam-policy --resource-type=backend-services --service=be1
g '' iap web remove-iam-policy-binding --resource-type=backend-services --service=be1 --member=user:ann@example.com \
	--role=roles/iap.httpsResourceAccessor
g '"bindings" not in d' iap web get-iam-policy --resource-type=backend-services --service=be1
echo '{"applicationSettings":{"cookieDomain":".example.net"}}' >"$dir/iap.json"
g '' iap settings set "$dir/iap.json" --project=demo-proj --resource-type=iap_web
g 'd["applicationSettings"]["cookieDomain"] == ".example.net"' iap settings get --project=demo-proj --resource-type=iap_web
echo "1..$n"
