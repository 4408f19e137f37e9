package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"rapporteur/qa"
	"rapporteur/store/codec"
)

// channel is what the database notifies when the feed has moved.
const channel = "rapporteur_changes"

// tell appends lines to the feed. It comes last in a transaction: until that ends, nobody else appends, so that
// a line is never seen before one with a smaller number.
func tell(ctx context.Context, tx pgx.Tx, lines ...qa.Change) error {
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(lockFeed)); err != nil {
		return err
	}
	for _, c := range lines {
		_, err := tx.Exec(ctx, "INSERT INTO changes (kind, collection, document, version, at) VALUES ($1, $2, $3, $4, $5)",
			c.Kind, c.Collection, c.Document, c.Version, stored(c.At))
		if err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, "SELECT pg_notify($1, '')", channel)
	return err
}

// Changes gives up to n lines of the feed after since, in order. The lines of one publication follow
// each other; a reader that wants them together reads until it gets fewer than n.
func (s *Store) Changes(ctx context.Context, since qa.Revision, n int) (out []qa.Change, err error) {
	err = s.read(ctx, func(ctx context.Context, q querier) error {
		rows, err := q.Query(ctx, `SELECT c.revision, c.kind, c.collection, c.document, c.version, coalesce(t.name, ''), coalesce(v.language, ''), c.at
			FROM changes c LEFT JOIN versions v ON v.id = c.version LEFT JOIN texts t ON t.version = v.seq
			WHERE c.revision > $1 ORDER BY c.revision LIMIT $2`, int64(since), n)
		return each(rows, err, func(r scanner) error {
			var c qa.Change
			err := r.Scan(&c.Revision, &c.Kind, &c.Collection, &c.Document, &c.Version, &c.Title, &c.Language, &c.At)
			c.At = c.At.UTC()
			out = append(out, c)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Tombstones lists the documents that were removed, oldest first.
func (s *Store) Tombstones(ctx context.Context) (out []qa.Tombstone, err error) {
	err = s.read(ctx, func(ctx context.Context, q querier) (err error) {
		out, err = tombstones(ctx, q)
		return err
	})
	return out, err
}

func tombstones(ctx context.Context, q querier) (out []qa.Tombstone, err error) {
	rows, err := q.Query(ctx, "SELECT document, at FROM changes WHERE kind = 'removed' ORDER BY revision")
	err = each(rows, err, func(r scanner) error {
		var t qa.Tombstone
		err := r.Scan(&t.Document, &t.At)
		t.At = t.At.UTC()
		out = append(out, t)
		return err
	})
	return out, err
}

const chunkFields = "c.id, c.ordinal, c.start, c.stop, c.pages, c.section, c.text, c.blocks, c.header"

// chunkTargets are where chunkFields are read to; done completes the chunk.
func chunkTargets(c *qa.Chunk) (targets []any, done func() error) {
	var pages, section, blocks string
	return []any{&c.ID, &c.Ordinal, &c.Start, &c.End, &pages, &section, &c.Text, &blocks, &c.Header}, func() (err error) {
		if c.Pages, err = codec.UnpackPages(pages); err != nil {
			return err
		}
		if c.Blocks, err = codec.UnpackBlocks(blocks); err != nil || section == "[]" {
			return err
		}
		return json.Unmarshal([]byte(section), &c.Section)
	}
}

// Chunks gives all chunks of a version in order; none when it has no text or is gone.
func (s *Store) Chunks(ctx context.Context, version qa.VersionID) (out []qa.Chunk, err error) {
	err = s.read(ctx, func(ctx context.Context, q querier) error {
		rows, err := q.Query(ctx, "SELECT "+chunkFields+` FROM chunks c
			JOIN versions v ON v.seq = c.version WHERE v.id = $1 ORDER BY c.ordinal`, version)
		out, err = scanChunks(rows, err, version)
		return err
	})
	return out, err
}

// scanChunks reads rows of chunkFields that are all of one version.
func scanChunks(rows pgx.Rows, err error, version qa.VersionID) (out []qa.Chunk, _ error) {
	err = each(rows, err, func(r scanner) error {
		c := qa.Chunk{Version: version}
		targets, done := chunkTargets(&c)
		if err := r.Scan(targets...); err != nil {
			return err
		}
		err := done()
		out = append(out, c)
		return err
	})
	return out, err
}

// Subscribe gives a channel that receives after each commit that changed the feed, of whatever process. It holds
// one signal. While the database does not answer nothing comes; then everybody is woken once.
func (s *Store) Subscribe() <-chan struct{} {
	c := make(chan struct{}, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subs = append(s.subs, c)
	if s.stop == nil {
		var ctx context.Context
		ctx, s.stop = context.WithCancel(context.Background())
		s.listener.Go(func() { s.listen(ctx) })
	}
	return c
}

const (
	// listenAgain is the pause before the connection that listens is made again.
	listenAgain = time.Second
	// listenPing is after how long without a word the database is asked whether it is still there.
	listenPing = 5 * time.Second
)

// listen wakes the subscribers until ctx ends.
func (s *Store) listen(ctx context.Context) {
	for ctx.Err() == nil {
		if err := s.listenOnce(ctx); err == nil {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(listenAgain):
		}
	}
}

// listenOnce wakes the subscribers until the connection is lost; nil when ctx ended.
func (s *Store) listenOnce(ctx context.Context) error {
	conn, err := s.listening(ctx)
	if err != nil {
		return err
	}
	defer hangUp(conn)
	s.wake() // for what came while nobody listened
	for {
		err := heard(ctx, conn)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			s.wake()
		case !errors.Is(err, context.DeadlineExceeded):
			return err
		default: // a connection of which the other end is gone is as silent as one on which nothing happens
			if err := s.answers(ctx, conn); err != nil {
				return err
			}
		}
	}
}

// listening makes the connection that listens.
func (s *Store) listening(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := s.reading(ctx)
	defer cancel()
	pooled, err := s.pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	conn := pooled.Hijack() // it never goes back: a connection that listens is like no other
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		hangUp(conn)
		return nil, err
	}
	return conn, nil
}

// heard waits for a notification, no longer than listenPing.
func heard(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, listenPing)
	defer cancel()
	_, err := conn.WaitForNotification(ctx)
	return err
}

func (s *Store) answers(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := s.reading(ctx)
	defer cancel()
	return conn.Ping(ctx)
}

// hangUp closes a connection, whether or not the other end hears of it.
func hangUp(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx) // it is given up in any case
}

func (s *Store) wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.subs {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}
