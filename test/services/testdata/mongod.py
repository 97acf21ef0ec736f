"""Takes the place of mongod where the documentation calls it: SecantusDB, with
those of mongod's options that the pages use, and its localhost exception: who
comes first makes the first user."""
import argparse, os, sys

import secantus.cli
from secantus.server import SecantusDBServer

p = argparse.ArgumentParser(prog="mongod", allow_abbrev=False)
for option in "--replSet", "--bind_ip", "--port", "--dbpath":
    p.add_argument(option, required=True)
p.add_argument("--keyFile")
o = p.parse_args()
if o.keyFile and os.stat(o.keyFile).st_mode & 0o077:
    sys.exit("permissions on " + o.keyFile + " are too open")
if not os.path.isdir(o.dbpath):
    sys.exit("there is no " + o.dbpath)

plain = SecantusDBServer.__init__


def start(self, **options):
    options["replica_set_name"] = o.replSet
    plain(self, **options)


def asks(self):
    self.asked = o.keyFile is not None and (getattr(self, "asked", False) or len(self.storage.list_users("admin")) > 0)
    return self.asked


SecantusDBServer.__init__ = start
SecantusDBServer.address = property(lambda _: (o.bind_ip, int(o.port)))
SecantusDBServer.require_auth = property(asks, lambda *_: None)
sys.exit(secantus.cli.main(["--host", "127.0.0.1", "--port", o.port, "--storage-path", o.dbpath, "--cache-size", "256M", "--sync-on-commit"]))
