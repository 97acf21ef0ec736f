#!/bin/sh
# Has Redis take a new password or certificate without a restart, and without
# ending a connection. The password before is taken for $GRACE seconds more,
# until everyone has the new one.
set -eu
hash() { tr -d '\r\n' <"$1" | sha256sum | cut -c 1-64; }
certificate() { cat /run/tls/tls.crt /run/tls/tls.key 2>/dev/null | sha256sum; }
redis() { REDISCLI_AUTH=$(cat /run/redis/tend) redis-cli -s /run/redis/redis.sock --no-auth-warning --user tend "$@"; }
# set HASH...: these are the passwords, and no others.
set_passwords() {
	if answer=$(redis ACL SETUSER multivac resetpass "$@" 2>&1) && [ "$answer" = OK ]; then return; fi
	echo "the passwords could not be set: $answer"
	return 1
}

trap 'exit 0' TERM INT
certified=$(certificate) before='' since=0
while :; do
	sleep 2 & wait $!
	now=$(cat /run/redis/password) read=$(hash /run/secrets/redis/password)
	if [ "$read" != "$now" ]; then
		if set_passwords "#$read" "#$now"; then
			echo "$read" >/run/redis/password
			before=$now since=$(date +%s)
			echo "a new password; the one before is taken for $GRACE seconds more"
		fi
	elif [ -n "$before" ] && [ $(($(date +%s) - since)) -ge "$GRACE" ]; then
		if set_passwords "#$now"; then
			before=''
			echo "the password before is not taken any more"
		fi
	fi
	read=$(certificate)
	if [ "$read" != "$certified" ]; then
		answer=$(redis CONFIG SET tls-cert-file /run/tls/tls.crt tls-key-file /run/tls/tls.key tls-ca-cert-file /run/tls/ca.crt 2>&1) || true
		if [ "$answer" = OK ]; then certified=$read; fi
		echo "a new certificate: $answer"
	fi
done
