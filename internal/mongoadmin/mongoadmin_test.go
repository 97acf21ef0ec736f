package mongoadmin

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"multivac/internal/servers"
)

func TestUserHasTheNewPassword(t *testing.T) {
	s := servers.Mongo(t, servers.MongoOptions{Users: []servers.MongoUser{{Name: "root", Password: "top"}}})
	password := "one"
	m := Member{Local: s.Addr, Host: "db-0.db:27017", Set: "secantus", Database: "multivac", Log: slog.New(slog.DiscardHandler),
		Admin: func() (string, string) { return "root", "top" }, User: func() (string, string) { return "multivac", password }}
	signsIn := func(password string) bool {
		db, end, err := dialer{m, nil}.direct(t.Context(), s.Addr, func() (string, string) { return "multivac", password })
		if err != nil {
			t.Fatal(err)
		}
		defer end()
		return run(t.Context(), db.Client().Database("multivac"), bson.D{{Key: "count", Value: "x"}}, nil) == nil
	}
	for _, password = range []string{"one", "one", "two"} {
		if err := m.Init(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !signsIn(password) {
			t.Errorf("the user may not read its database with the password %q", password)
		}
	}
	if signsIn("one") {
		t.Error("the old password is still taken")
	}
}

func TestMemberIsToldHowToBeNamed(t *testing.T) {
	m := Member{Host: "db.example:27017"}
	if _, _, err := m.others(t.Context()); err == nil || !strings.Contains(err.Error(), "ends in no number") {
		t.Errorf("a host without a number: %v", err)
	}
}

func TestMemberIsAddedOnce(t *testing.T) {
	config := func() replicaSet {
		return replicaSet{bson.M{"_id": "multivac", "version": int32(3), "members": bson.A{
			bson.D{{Key: "_id", Value: int32(0)}, {Key: "host", Value: "db-0.db:27017"}},
			bson.D{{Key: "_id", Value: int32(4)}, {Key: "host", Value: "db-2.db:27017"}},
		}}}
	}
	if _, known := config().with("db-2.db:27017"); !known {
		t.Error("a member is not known")
	}
	got, known := config().with("db-1.db:27017")
	want := bson.M{"_id": "multivac", "version": int64(4), "members": append(config().Config["members"].(bson.A),
		bson.D{{Key: "_id", Value: int64(5)}, {Key: "host", Value: "db-1.db:27017"}})}
	if diff := cmp.Diff(want, got); known || diff != "" {
		t.Errorf("known: %v (-want +got)\n%s", known, diff)
	}
}
