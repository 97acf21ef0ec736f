#!/bin/sh
# One expects: where MongoDB refuses a password, each call of the Go driver fails with the server's error, of code 18
#   (AuthenticationFailed). So a program that looks for this code reads its password again, after it was rotated.
# What happens: of calls that wait for a connection at the same time, one gets that error. The others get an error that
#   the pool of connections was cleared "because another operation failed with", and the server's error follows as text
#   only: no code, and nothing for errors.As to find.
# Version and source: go.mongodb.org/mongo-driver/v2 2.10.0 (poolClearedError in x/mongo/driver/topology/pool.go has no
#   Unwrap), on secantusdb 0.7.0b3, which speaks MongoDB's wire protocol.
# Why it matters: after a rotation, a busy program recognizes one refusal and waits for the new password, and answers all
#   other requests of that moment with an error.
set -eu
tmp=$(mktemp -d)
server=
trap '[ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null; rm -rf "$tmp"' EXIT
cd "$tmp"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check secantusdb==0.7.0b3
cat > go.mod <<'END'
module calls
go 1.26
require go.mongodb.org/mongo-driver/v2 v2.10.0
END
cat > main.go <<'END'
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func check(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func main() {
	switch os.Args[1] {
	case "port":
		l, err := net.Listen("tcp", "127.0.0.1:0")
		check(err)
		fmt.Println(l.Addr().(*net.TCPAddr).Port)
		l.Close()
	case "user":
		client, err := mongo.Connect(options.Client().ApplyURI(os.Args[2]))
		check(err)
		check(client.Database("admin").RunCommand(context.Background(), bson.D{{Key: "createUser", Value: "ana"}, {Key: "pwd", Value: "new"},
			{Key: "roles", Value: bson.A{bson.D{{Key: "role", Value: "readWrite"}, {Key: "db", Value: "data"}}}}}).Err())
	case "calls":
		call(os.Args[2], "new", 1) // the server is there, and takes it
		coded, hidden := call(os.Args[2], "old", 64)
		fmt.Printf("64 calls with the old password: %d have the code 18, %d have it in their text only\n", coded, hidden)
		if coded < 1 || hidden < 1 || coded+hidden != 64 {
			fmt.Println("this has changed")
			os.Exit(1)
		}
	}
}

// call makes calls at the same time, and counts how they fail.
func call(uri, password string, calls int) (coded, hidden int) {
	client, err := mongo.Connect(options.Client().ApplyURI(uri).SetServerSelectionTimeout(10 * time.Second).
		SetAuth(options.Credential{Username: "ana", Password: password}))
	check(err)
	defer client.Disconnect(context.Background())
	failed := make(chan error, calls)
	for range calls {
		go func() {
			failed <- client.Database("data").RunCommand(context.Background(), bson.D{{Key: "connectionStatus", Value: 1}}).Err()
		}()
	}
	for range calls {
		err := <-failed
		var server mongo.ServerError
		switch {
		case err == nil:
		case errors.As(err, &server) && server.HasErrorCode(18):
			coded++
		default:
			if hidden++; hidden == 1 {
				fmt.Println("one of them:", err)
			}
		}
	}
	return coded, hidden
}
END
go mod tidy 2>/dev/null
go build -o calls .
port=$(./calls port)
uri="mongodb://127.0.0.1:$port/?directConnection=true"
venv/bin/secantusd-py --host 127.0.0.1 --port "$port" --storage-path "$tmp/data" >log 2>&1 &
server=$!
./calls user "$uri"
kill "$server" && wait "$server" || true
venv/bin/secantusd-py --host 127.0.0.1 --port "$port" --storage-path "$tmp/data" --auth >>log 2>&1 &
server=$!
echo "go.mongodb.org/mongo-driver/v2 $(go list -m -f '{{.Version}}' go.mongodb.org/mongo-driver/v2), $(venv/bin/pip list 2>/dev/null | grep -i secantusdb | tr -s ' ')"
./calls calls "$uri"
