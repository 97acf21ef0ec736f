#!/bin/sh
# Starts Redis with the users that its Secret gives. No password is ever in a
# command line: Redis reads their hashes from a file in memory.
#   default   of no client: may only ping, for the probes
#   multivac  what MultiVAC signs in as
#   tend      for the container tend; a new password for each pod
#   exporter  for the container that measures; a new password for each pod
set -eu
umask 077
for user in tend exporter; do
	[ -s /run/redis/$user ] || head -c 32 /dev/urandom | sha256sum | cut -c 1-64 >/run/redis/$user
done
hash() { tr -d '\r\n' <"$1" | sha256sum | cut -c 1-64; }
hash /run/secrets/redis/password >/run/redis/password # the container tend compares with it
cat >/run/redis/users.conf <<END
user default on nopass resetkeys resetchannels -@all +ping
user multivac on #$(cat /run/redis/password) ~* &* +@all -@admin -@dangerous +info +config|get
user tend on #$(hash /run/redis/tend) resetkeys resetchannels -@all +acl|setuser +config|set
user exporter on #$(hash /run/redis/exporter) resetkeys resetchannels -@all +ping +info +config|get +slowlog|len +slowlog|get +latency|latest +latency|histogram +client|setname
END
printf '{"unix:///run/redis/redis.sock": "%s"}\n' "$(cat /run/redis/exporter)" >/run/redis/exporter.json
# shellcheck disable=SC2086 # several words
exec redis-server /etc/redis/redis.conf ${REDIS_FLAGS:-}
