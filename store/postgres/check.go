package postgres

import (
	"context"
	"fmt"

	"rapporteur/qa"
)

// Check looks whether the library is whole: every live version has its text and its chunks, each chunk is the bytes
// of its span, vectors are counted rightly and indexes can be used, but for those of vectors, which Tend makes
// again. Internal database_damaged if not.
func (s *Store) Check(ctx context.Context) error {
	checks := []struct{ what, query string }{
		{"documents whose live version is none of theirs", `SELECT count(*) FROM documents d
			WHERE d.live IS NOT NULL AND NOT EXISTS (SELECT 1 FROM versions v WHERE v.seq = d.live AND v.document = d.seq AND v.state = 'live')`},
		{"live versions without a document that says so", `SELECT count(*) FROM versions v
			WHERE v.state = 'live' AND NOT EXISTS (SELECT 1 FROM documents d WHERE d.live = v.seq)`},
		{"versions in force without a text", `SELECT count(*) FROM versions v
			WHERE v.state IN ('extracted', 'live', 'superseded') AND NOT EXISTS (SELECT 1 FROM texts t WHERE t.version = v.seq)`},
		{"versions with more or fewer chunks than they say", `SELECT count(*) FROM versions v
			WHERE v.chunks <> (SELECT count(*) FROM chunks c WHERE c.version = v.seq)`},
		{"chunks that are not the bytes of their span", `SELECT count(*) FROM chunks c JOIN texts t ON t.version = c.version
			WHERE substring(convert_to(t.content, 'UTF8') FROM c.start + 1 FOR c.stop - c.start) <> convert_to(c.text, 'UTF8')`},
		{"indexes that cannot be used", `SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
			WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace AND c.relname NOT LIKE '%\_hnsw'`},
	}
	ids, err := encoders(ctx, s.pool)
	if err != nil {
		return public(err)
	}
	for _, id := range ids {
		v := Vectors{encoder: id}
		checks = append(checks, struct{ what, query string }{"versions with more or fewer vectors than are counted", fmt.Sprintf(`SELECT count(*) FROM progress p
			WHERE p.encoder = %d AND (p.chunks <> (SELECT count(*) FROM %s x WHERE x.version = p.version)
			OR p.sentences <> (SELECT count(*) FROM %s x JOIN chunks c ON c.id = x.chunk WHERE c.version = p.version))`, id, v.chunks(), v.sentences())})
	}
	for _, c := range checks {
		var n int64
		if err := s.pool.QueryRow(ctx, c.query).Scan(&n); err != nil {
			return public(err)
		}
		if n > 0 {
			return qa.E(qa.Internal, "database_damaged").Because(fmt.Errorf("%d %s", n, c.what))
		}
	}
	return nil
}
