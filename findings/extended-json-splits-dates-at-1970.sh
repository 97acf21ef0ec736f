#!/bin/sh
# One expects: dates of one field are exported in one form: the readable form of Extended JSON writes ISO 8601.
# What happens: only dates from 1970 on are written so. A date before is a count of milliseconds, in a text, two
#   objects deep. So the births of one list have two shapes, by the year.
# Version and source: PyMongo 4.20.1, bson.json_util.dumps with its default options; MongoDB Extended JSON (v2),
#   table of conversions, "Date": relaxed format for years from 1970 to 9999.
# Why it matters: a reader of exports that was tried with recent records quotes "-157420800000" as the birthday
#   of people born before 1970, or loses it.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 -m venv "$tmp/venv"
"$tmp/venv/bin/pip" install -q --disable-pip-version-check pymongo==4.20.1
"$tmp/venv/bin/python" -W ignore - <<'E'
import datetime
import json
import sys
import pymongo
from bson import json_util

records = [{"name": name, "born": datetime.datetime(year, 1, 5)} for name, year in (("Ada", 1965), ("Ben", 1975))]
lines = [json_util.dumps(record) for record in records]
print("PyMongo", pymongo.version)
print("\n".join(lines))
forms = [json.loads(line)["born"]["$date"] for line in lines]
sys.exit(forms != [{"$numberLong": "-157420800000"}, "1975-01-05T00:00:00Z"])
E
