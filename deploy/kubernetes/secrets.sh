#!/usr/bin/env bash
# secrets.sh [NAMESPACE [single]]: makes the Secrets that MultiVAC's pods read,
# one for each service, and the namespace, where they are not there yet; for the
# overlay single the admin's key only. What is there stays as it is, so that it
# can be run again. Passwords are random and not shown; kubectl gets them
# on its standard input.
set -euo pipefail
namespace=${1:-multivac}
here=$(dirname "${BASH_SOURCE[0]}")

random() { head -c "$1" /dev/urandom | base64 | tr -d '=+/\n'; }

# key prints a key: mvk_, ten letters that name it, fifty-two that nobody
# can guess, and seven of a checksum, the CRC-32 at the end of a gzip file.
key() {
	local text bytes
	letters() { base32 -w 0 | tr -d = | tr '[:upper:]' '[:lower:]'; }
	text=mvk_$(head -c 6 /dev/urandom | letters)_$(head -c 32 /dev/urandom | letters)
	read -ra bytes < <(printf %s "$text" | gzip -c | tail -c 8 | head -c 4 | od -An -tx1)
	printf %s "$text"
	printf '%b' "\\x${bytes[3]}\\x${bytes[2]}\\x${bytes[1]}\\x${bytes[0]}" | letters # the highest first
}

# secret NAME KEY=COMMAND...: of what each command prints.
secret() {
	local name=$1 item
	shift
	if kubectl -n "$namespace" get secret "$name" >/dev/null 2>&1; then
		echo "secret/$name is there"
		return
	fi
	{
		printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: %s}\nstringData:\n' "$name"
		for item in "$@"; do printf '  %s: "%s"\n' "${item%%=*}" "$(${item#*=})"; done
	} | kubectl -n "$namespace" create -f -
}

kubectl get namespace "$namespace" >/dev/null 2>&1 || sed "s/name: multivac/name: $namespace/" "$here/components/namespace/namespace.yaml" | kubectl apply -f -
secret multivac-admin "admin.key=key"
if [ "${2:-}" = single ]; then exit; fi
secret multivac-cache "password=random 24"
secret multivac-queue "password=random 24"
secret multivac-db "password=random 24" "root-password=random 24" "key-file=random 384"
