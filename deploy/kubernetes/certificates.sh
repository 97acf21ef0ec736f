#!/usr/bin/env bash
# certificates.sh [NAMESPACE [FOLDER]]: signs a certificate for each service
# with an authority of one's own, which it makes in FOLDER (./multivac-ca), and
# puts them into Secrets. Run it again before DAYS (90) are over: everything
# but mongod takes the new ones without a restart. The authority's key stays in
# FOLDER; keep it from the cluster. With cert-manager, let that make Secrets of the
# same names, with tls.crt, tls.key and ca.crt.
set -euo pipefail
namespace=${1:-multivac} authority=${2:-multivac-ca} days=${DAYS:-90}

umask 077
mkdir -p "$authority"
if [ ! -f "$authority/ca.key" ]; then
	openssl ecparam -name prime256v1 -genkey -noout -out "$authority/ca.key"
	openssl req -x509 -new -key "$authority/ca.key" -subj "/CN=MultiVAC of $namespace" -days 3650 -out "$authority/ca.crt" \
		-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for name in server cache queue db; do
	service=multivac-$name
	names=DNS:$service,DNS:$service.$namespace,DNS:$service.$namespace.svc,DNS:$service.$namespace.svc.cluster.local,DNS:localhost,IP:127.0.0.1
	if [ $name = db ]; then names+=,DNS:*.$service,DNS:*.$service.$namespace.svc.cluster.local; fi
	if [ $name = server ] && [ -n "${HOST:-}" ]; then names+=,DNS:$HOST; fi
	openssl ecparam -name prime256v1 -genkey -noout -out "$work/tls.key"
	openssl req -new -key "$work/tls.key" -subj "/CN=$service" -out "$work/csr" 2>/dev/null
	printf 'extendedKeyUsage=serverAuth,clientAuth\nsubjectAltName=%s\n' "$names" >"$work/ext"
	openssl x509 -req -in "$work/csr" -CA "$authority/ca.crt" -CAkey "$authority/ca.key" -CAcreateserial -days "$days" -extfile "$work/ext" -out "$work/tls.crt" 2>/dev/null
	kubectl -n "$namespace" create secret generic "$service-tls" --from-file="$work/tls.crt" --from-file="$work/tls.key" --from-file="$authority/ca.crt" \
		--dry-run=client -o yaml | kubectl -n "$namespace" apply -f -
done
