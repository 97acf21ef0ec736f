"""Takes the place of mongosh where the documentation calls it. It knows the
statements that the pages use, and fails at any other."""
import argparse, json, re, sys, time

import pymongo

p = argparse.ArgumentParser(prog="mongosh", allow_abbrev=False)
p.add_argument("--quiet", action="store_true")
p.add_argument("--port", required=True)
p.add_argument("--eval")
p.add_argument("file", nargs="?")
o = p.parse_args()


def connect(**login):
    return pymongo.MongoClient("127.0.0.1", int(o.port), directConnection=True, serverSelectionTimeoutMS=1000, **login)


def read(name):
    with open(name) as f:
        return f.read().strip()


def arguments(text):
    text = re.sub(r'read\("([^"]*)"\)', lambda m: json.dumps(read(m[1])), text)
    return json.loads("[" + re.sub(r"([{,]\s*)(\w+):", r'\1"\2":', text) + "]")


client = connect()


def initiate(config):
    hello = client.admin.command("hello")
    got, want = (hello["setName"], hello["hosts"]), (config["_id"], [m["host"] for m in config["members"]])
    if got != want:
        sys.exit("rs.initiate: %s, but the server is %s" % (want, got))


def wait():
    while not client.admin.command("hello")["isWritablePrimary"]:
        time.sleep(0.1)


def create(user):
    client.admin.command("createUser", user.pop("user"), **user)


def auth(user, password):
    global client
    client = connect(username=user, password=password)
    client.admin.command("ping")


known = [
    (r'const read = name => require\("fs"\)\.readFileSync\(name, "utf8"\)\.trim\(\)', lambda: None),
    (r"rs\.initiate\((.*)\)", initiate),
    (r"while \(!db\.hello\(\)\.isWritablePrimary\) sleep\(100\)", wait),
    (r'db = db\.getSiblingDB\("admin"\)', lambda: None),
    (r"db\.createUser\((.*)\)", create),
    (r"db\.auth\((.*)\)", auth),
    (r"db\.changeUserPassword\((.*)\)", lambda user, password: client.admin.command("updateUser", user, pwd=password)),
    (r"db\.dropUser\((.*)\)", lambda user: client.admin.command("dropUser", user)),
    (r"db\.hello\(\)\.ok", lambda: print(int(client.admin.command("hello")["ok"]))),
]
script = o.eval if o.eval is not None else read(o.file)
try:
    for statement in re.split(r";\s*(?:\n|$)", script):
        statement = re.sub(r"(?m)^\s*//.*$", "", statement).strip()
        if not statement:
            continue
        for pattern, act in known:
            if m := re.fullmatch(pattern, statement, re.DOTALL):
                act(*arguments(m[1]) if m.groups() else ())
                break
        else:
            sys.exit("this stand-in does not know: " + statement)
except pymongo.errors.PyMongoError as e:
    sys.exit("mongosh: %s" % e)
