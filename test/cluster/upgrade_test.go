package cluster

import (
	"context"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

var deployments = []string{"deployment/multivac-server", "deployment/multivac-worker", "deployment/multivac-cache"}

// upgrade upgrades from programs that knew an older form of the data, without
// the indexes, except one that the running programs cannot do without. Before
// that, a newer form than they know is tried, and refused.
func (s *stage) upgrade() {
	data, end := s.data()
	defer end()
	meta, documents := data.Collection("meta"), data.Collection("documents")
	known := s.schema(meta)
	set := func(version int) {
		s.t.Helper()
		_, err := meta.UpdateByID(s.t.Context(), "schema", bson.D{{Key: "$set", Value: bson.D{{Key: "version", Value: version}, {Key: "readable", Value: version}}}})
		must(s.t, err)
	}

	set(known + 1)
	s.kubectl(append([]string{"rollout", "restart"}, deployments[:2]...)...)
	for _, role := range []string{"web-server", "worker"} {
		took := s.until("a new "+role+" refuses data of a newer program", func() bool {
			return strings.Contains(s.try("logs", "-l", "app=multivac,role="+role, "-c", "multivac", "--tail=-1"), "use the newer program, or a backup from before it")
		})
		s.t.Logf("%s: refused data of a newer program after %s", role, took.Round(time.Second))
	}
	s.report("with data of a newer program", 0)

	before, err := documents.Indexes().ListSpecifications(s.t.Context())
	must(s.t, err)
	s.dropIndexes(documents)
	set(0)
	changes, err := meta.Watch(s.t.Context(), mongo.Pipeline{})
	must(s.t, err)
	s.restart()

	_, err = meta.InsertOne(s.t.Context(), bson.D{{Key: "_id", Value: "the last change"}})
	must(s.t, err)
	var steps []int
	for changes.Next(s.t.Context()) && changes.Current.Lookup("operationType").StringValue() != "insert" {
		if version, err := changes.Current.LookupErr("updateDescription", "updatedFields", "version"); err == nil {
			steps = append(steps, int(version.AsInt64()))
		}
	}
	must(s.t, changes.Err())
	if len(steps) != known || !slices.IsSorted(steps) || s.schema(meta) != known {
		s.t.Errorf("the data went to the versions %v, and are of version %d; want each one up to %d, once", steps, s.schema(meta), known)
	}
	after, err := documents.Indexes().ListSpecifications(s.t.Context())
	must(s.t, err)
	if len(after) != len(before) || len(after) < 2 {
		s.t.Errorf("the documents have %d indexes after the upgrade, and had %d", len(after), len(before))
	}
	s.t.Logf("the data went to the versions %v, and have %d indexes", steps, len(after))
}

// dropIndexes drops the indexes, for the upgrade to make again. The stand-in for
// the database begins no request while it waits for the readers of an index that it
// drops, for minutes under load: there it drops only those that are seldom read.
func (s *stage) dropIndexes(of *mongo.Collection) {
	if os.Getenv(standinsVariable) != "1" {
		must(s.t, of.Indexes().DropAll(s.t.Context()))
		return
	}
	for _, name := range []string{"replaced.replaced_1", "litter.id_1"} {
		must(s.t, of.Indexes().DropOne(s.t.Context(), name))
	}
}

// restart replaces every pod of the Deployments.
func (s *stage) restart() {
	for _, d := range deployments {
		s.kubectl("rollout", "restart", d)
	}
	s.rolledOut(deployments...)
	s.loaded(20)
	s.report("every Deployment restarted", 0)
}

// doctor checks every document, and finds nothing.
func (s *stage) doctor() {
	begun := time.Now()
	if out, err := s.multivac(s.forward("service/multivac-server", 5000), s.key, "doctor"); err != nil || !strings.Contains(out, "nothing is broken") {
		s.t.Errorf("doctor: %v\n%s", err, out)
	}
	s.t.Logf("the doctor found nothing in %s", time.Since(begun).Round(time.Second))
}

// data connects to the database as its administrator, until end is called.
func (s *stage) data() (data *mongo.Database, end func()) {
	address := strings.TrimPrefix(s.forward("service/multivac-db", 27017), "http://")
	root := url.UserPassword("root", string(s.secret("multivac-db", "root-password")))
	client, err := mongo.Connect(options.Client().ApplyURI("mongodb://" + root.String() + "@" + address + "/?directConnection=true").SetTimeout(time.Minute))
	must(s.t, err)
	return client.Database("multivac"), func() { _ = client.Disconnect(context.Background()) }
}

// schema is the version of the data.
func (s *stage) schema(meta *mongo.Collection) int {
	s.t.Helper()
	var schema struct{ Version int }
	must(s.t, meta.FindOne(s.t.Context(), bson.D{{Key: "_id", Value: "schema"}}).Decode(&schema))
	return schema.Version
}
