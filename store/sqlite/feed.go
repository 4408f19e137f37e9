package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"

	"rapporteur/qa"
	"rapporteur/store/codec"
)

func tell(ctx context.Context, tx *sql.Tx, c qa.Change) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO changes (kind, collection, document, version, at) VALUES (?, ?, ?, ?, ?)",
		c.Kind, c.Collection, c.Document, c.Version, micros(c.At))
	return err
}

// Changes gives up to n lines of the feed after since, in order. The lines of one publication follow
// each other; a reader that wants them together reads until it gets fewer than n.
func (s *Store) Changes(ctx context.Context, since qa.Revision, n int) ([]qa.Change, error) {
	var out []qa.Change
	rows, err := s.readers.QueryContext(ctx, `SELECT c.revision, c.kind, c.collection, c.document, c.version, coalesce(t.name, ''), coalesce(v.language, ''), c.at
		FROM changes c LEFT JOIN versions v ON v.id = c.version LEFT JOIN texts t ON t.version = v.seq
		WHERE c.revision > ? ORDER BY c.revision LIMIT ?`, since, n)
	err = each(rows, err, func(r scanner) error {
		var c qa.Change
		var at sql.NullInt64
		err := r.Scan(&c.Revision, &c.Kind, &c.Collection, &c.Document, &c.Version, &c.Title, &c.Language, &at)
		c.At = fromMicros(at)
		out = append(out, c)
		return err
	})
	return out, public(err)
}

// Tombstones lists the documents that were removed, oldest first.
func (s *Store) Tombstones(ctx context.Context) ([]qa.Tombstone, error) {
	out, err := tombstones(ctx, s.readers)
	return out, public(err)
}

func tombstones(ctx context.Context, q querier) ([]qa.Tombstone, error) {
	var out []qa.Tombstone
	rows, err := q.QueryContext(ctx, "SELECT document, at FROM changes WHERE kind = 'removed' ORDER BY revision")
	err = each(rows, err, func(r scanner) error {
		var t qa.Tombstone
		var at sql.NullInt64
		err := r.Scan(&t.Document, &at)
		t.At = fromMicros(at)
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
func (s *Store) Chunks(ctx context.Context, version qa.VersionID) ([]qa.Chunk, error) {
	rows, err := s.readers.QueryContext(ctx, "SELECT "+chunkFields+` FROM chunks c
		JOIN versions v ON v.seq = c.version WHERE v.id = ? AND c.text != '' ORDER BY c.ordinal`, version)
	out, err := scanChunks(rows, err, version)
	return out, public(err)
}

// scanChunks reads rows of chunkFields that are all of one version.
func scanChunks(rows *sql.Rows, err error, version qa.VersionID) (out []qa.Chunk, _ error) {
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
