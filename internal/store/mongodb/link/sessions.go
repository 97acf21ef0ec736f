package link

import (
	"context"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"multivac/internal/store"
)

// Sessions is the collection of the sessions that have transactions.
const Sessions = "sessions"

const (
	sessionInterval = time.Second     // a process reports its sessions this often
	sessionTimeout  = 4 * time.Second // a session that was silent for so long is killed
)

// sessions keeps the list of this process's sessions, and kills those of
// processes that have died.
//
// A process that dies within a transaction leaves its changed rows locked, and
// also the end of the feed. MongoDB ends such a transaction after 60 seconds,
// and until then no process could publish anything. So each process lists the
// sessions of its transactions, and reports every second that they live. If a
// session is silent for 4 seconds, any process may kill it, and its transaction
// with it. If its process is still alive, the transaction fails there and is
// tried again. While the server is slow, nobody kills sessions: those of the
// living would have their transactions to do once more, which made it slower still.
//
// A process that signs in as another user cannot kill the session, and waits
// for MongoDB.
type sessions struct {
	conn *Conn
	stop context.CancelFunc
	done chan struct{}

	mu   sync.Mutex
	live map[*mongo.Session]bool // guarded by mu
}

type sessionRow struct {
	ID   bson.Binary `bson:"_id"`  // its UUID
	Seen int64       `bson:"seen"` // microseconds of Unix
}

func (s *sessions) begin(c *Conn) {
	ctx, stop := context.WithCancel(context.Background())
	s.conn, s.stop, s.done, s.live = c, stop, make(chan struct{}), make(map[*mongo.Session]bool)
	go s.run(ctx)
}

func (s *sessions) end() {
	s.stop()
	<-s.done
}

func (s *sessions) run(ctx context.Context) {
	defer close(s.done)
	tick := time.NewTicker(sessionInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := s.conn.Call(ctx, func(ctx context.Context, d *mongo.Database) error {
			begun := time.Now() // the refresh may take longer than sessionTimeout, and these sessions live
			if err := s.refresh(ctx, d); err != nil {
				return err
			}
			return killSilent(ctx, d, begun)
		})
		if err != nil {
			s.conn.log.Debug("MongoDB: cannot look after sessions", "error", err)
		}
	}
}

// sessionList is the collection of sessions. It may lose the last writes,
// because they are written again a second later.
func sessionList(d *mongo.Database) *mongo.Collection {
	return d.Collection(Sessions, options.Collection().SetWriteConcern(writeconcern.W1()))
}

func sessionID(s *mongo.Session) bson.Binary {
	subtype, data := s.ID().Lookup("id").Binary()
	return bson.Binary{Subtype: subtype, Data: data}
}

// add puts a session on the list, before its first transaction.
func (s *sessions) add(ctx context.Context, d *mongo.Database, session *mongo.Session) error {
	s.mu.Lock()
	s.live[session] = true
	s.mu.Unlock()
	err := writeSeen(ctx, d, []bson.Binary{sessionID(session)})
	if err != nil {
		s.mu.Lock()
		delete(s.live, session)
		s.mu.Unlock()
	}
	return err
}

// remove takes a session off the list. If it may still have a transaction, it
// stays on the list without being refreshed, so that it is killed.
func (s *sessions) remove(ctx context.Context, d *mongo.Database, session *mongo.Session, known bool) {
	s.mu.Lock()
	delete(s.live, session)
	s.mu.Unlock()
	if known {
		_, _ = sessionList(d).DeleteOne(ctx, bson.D{{Key: "_id", Value: sessionID(session)}}) // if that fails, it is killed, which does no harm
	}
}

// refresh reports that the sessions live.
func (s *sessions) refresh(ctx context.Context, d *mongo.Database) error {
	s.mu.Lock()
	var ids []bson.Binary
	for session := range s.live {
		ids = append(ids, sessionID(session))
	}
	s.mu.Unlock()
	return writeSeen(ctx, d, ids)
}

func writeSeen(ctx context.Context, d *mongo.Database, ids []bson.Binary) error {
	if len(ids) == 0 {
		return nil
	}
	var models []mongo.WriteModel
	for _, id := range ids {
		models = append(models, mongo.NewReplaceOneModel().SetFilter(bson.D{{Key: "_id", Value: id}}).
			SetReplacement(sessionRow{id, store.Micros(time.Now())}).SetUpsert(true))
	}
	_, err := sessionList(d).BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
	return err
}

// killSilent kills the sessions that were silent for sessionTimeout before now,
// when the caller began to report its own.
func killSilent(ctx context.Context, d *mongo.Database, now time.Time) error {
	silent := bson.D{{Key: "seen", Value: bson.D{{Key: "$lt", Value: store.Micros(now.Add(-sessionTimeout))}}}}
	cursor, err := sessionList(d).Find(ctx, silent)
	if err != nil {
		return err
	}
	var rows []sessionRow
	if err := cursor.All(ctx, &rows); err != nil || len(rows) == 0 {
		return err
	}
	if time.Since(now) > sessionInterval {
		return nil // the server is slow, and others may be late with their reports, too
	}
	for _, r := range rows {
		kill := bson.D{{Key: "killSessions", Value: bson.A{bson.D{{Key: "id", Value: r.ID}}}}}
		if err := d.Client().Database("admin").RunCommand(ctx, kill).Err(); err != nil {
			return err
		}
		if _, err := sessionList(d).DeleteOne(ctx, bson.D{{Key: "_id", Value: r.ID}, {Key: "seen", Value: r.Seen}}); err != nil {
			return err
		}
	}
	return nil
}
