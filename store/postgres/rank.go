package postgres

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"rapporteur/qa"
)

const (
	// exactRows is up to how many rows of a scope are compared one by one: from about 2,500 rows of 100,000 on the
	// index is faster (measured with pgvector 0.8.0; docs/benchmarks.md).
	exactRows = 2500
	// exactShare is how that limit grows with the square root of all rows N: comparing n rows takes a time
	// proportional to n, and finding them through the index one proportional to N/n. 2,500² = exactShare × 100,000.
	exactShare = 62.5
	// sizesFor is how long the sizes of scopes are remembered. A wrong one costs time, never a hit.
	sizesFor = time.Second
	// maxSizes bounds how many scopes are remembered.
	maxSizes = 1000
)

// Rank gives the k chunks of the query's scope whose vectors are nearest to its Vector, best first; Score is the
// cosine, and equal scores stand in order of their id. The scope is applied before the k are chosen. Small scopes
// are compared one by one, others through the index of the vectors, which finds most of the nearest (docs/benchmarks.md).
func (v *Vectors) Rank(ctx context.Context, q qa.Query, k int) (hits []qa.Hit, err error) {
	if len(q.Vector) != v.dimensions {
		return nil, qa.E(qa.Internal, "internal").Because(fmt.Errorf("rank: a vector of %d numbers, not %d", len(q.Vector), v.dimensions))
	}
	err = v.store.read(ctx, func(ctx context.Context, db querier) error {
		exact, err := v.exactly(ctx, db, q.Scope)
		if err != nil {
			return err
		}
		var a args
		query := v.nearest(&a, q, k, exact)
		rows, err := db.Query(ctx, query, a...)
		hits = make([]qa.Hit, 0, k)
		return gone(each(rows, err, func(r scanner) error {
			var h qa.Hit
			var distance float64
			err := r.Scan(&h.Chunk, &distance)
			h.Score = 1 - distance
			hits = append(hits, h)
			return err
		}))
	})
	if err != nil {
		return nil, err
	}
	return hits, nil
}

// live is the condition of the versions in force.
func live(*args) string { return "v.state = 'live'" }

// nearest is the query of Rank. What the index finds comes nearly in order (relaxed_order), so it is sorted again.
func (v *Vectors) nearest(a *args, q qa.Query, k int, exact bool) string {
	distance := "embedding <=> " + a.add(pgvector.NewHalfVector(q.Vector))
	limit := a.add(k)
	switch {
	case exact:
		return fmt.Sprintf(`WITH scope AS MATERIALIZED (SELECT x.chunk, x.embedding FROM versions v JOIN documents d ON d.seq = v.document
			JOIN %s x ON x.version = v.seq WHERE %s)
			SELECT chunk, (%s)::float8 AS distance FROM scope ORDER BY distance, chunk LIMIT %s`, v.chunks(), covered(a, q.Scope, live), distance, limit)
	case q.Scope.Everything && len(q.Scope.Documents) == 0:
		// All current vectors but those of versions that wait to take another one's place.
		return v.throughIndex("version <> ALL (ARRAY(SELECT seq FROM versions WHERE state = 'extracted'))", distance, limit)
	}
	// « IS TRUE » keeps the planner from joining, which would read the whole scope: the list is hashed once, and
	// looked up as the index gives rows.
	filter := "(version IN (SELECT v.seq FROM versions v JOIN documents d ON d.seq = v.document WHERE " + covered(a, q.Scope, live) + ")) IS TRUE"
	return v.throughIndex(filter, distance, limit)
}

func (v *Vectors) throughIndex(filter, distance, limit string) string {
	return fmt.Sprintf(`WITH found AS MATERIALIZED (SELECT chunk, (%s)::float8 AS distance FROM %s WHERE current AND %s ORDER BY %s LIMIT %s)
		SELECT chunk, distance FROM found ORDER BY distance, chunk`, distance, v.chunks(), filter, distance, limit)
}

// exactly decides how a scope is ranked. The index holds vectors of current versions alone: other versions are
// always compared one by one.
func (v *Vectors) exactly(ctx context.Context, db querier, scope qa.Scope) (bool, error) {
	if len(scope.Versions) > 0 || !scope.AsOf.IsZero() {
		return true, nil
	}
	all, err := v.store.size(ctx, db, qa.Scope{Everything: true})
	if err != nil || all <= exactRows {
		return all <= exactRows, err
	}
	n, err := v.store.size(ctx, db, scope)
	return float64(n) <= max(exactRows, math.Sqrt(exactShare*float64(all))), err
}

// sizes remembers how many chunks scopes hold, for a moment.
type sizes struct {
	mu    sync.Mutex
	until time.Time
	known map[string]int64
}

// size counts the live chunks of a scope that names neither versions nor a time.
func (s *Store) size(ctx context.Context, db querier, scope qa.Scope) (int64, error) {
	key := sizeKey(scope)
	if n, ok := s.sizes.get(key); ok {
		return n, nil
	}
	var a args
	var n int64
	err := db.QueryRow(ctx, "SELECT coalesce(sum(v.chunks), 0) FROM documents d JOIN versions v ON v.seq = d.live WHERE "+documentsIn(&a, scope), a...).Scan(&n)
	if err == nil {
		s.sizes.set(key, n)
	}
	return n, err
}

func sizeKey(s qa.Scope) string {
	if s.Everything && len(s.Documents) == 0 {
		return ""
	}
	collections, documents := texts(s.Collections), texts(s.Documents)
	slices.Sort(collections)
	slices.Sort(documents)
	return fmt.Sprint(s.Everything, "\x00", strings.Join(collections, "\x01"), "\x00", strings.Join(documents, "\x01"))
}

func (z *sizes) get(key string) (n int64, ok bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if time.Now().After(z.until) {
		return 0, false
	}
	n, ok = z.known[key]
	return n, ok
}

func (z *sizes) set(key string, n int64) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if now := time.Now(); now.After(z.until) || len(z.known) >= maxSizes {
		z.until, z.known = now.Add(sizesFor), map[string]int64{}
	}
	z.known[key] = n
}

// Scores gives the cosine of a vector of length 1 with each of the chunks; not a number where there is no vector
// of a chunk.
func (v *Vectors) Scores(ctx context.Context, vector []float32, ids []qa.ChunkID) ([]float64, error) {
	found := make(map[qa.ChunkID]float64, len(ids))
	err := v.store.read(ctx, func(ctx context.Context, db querier) error {
		rows, err := db.Query(ctx, "SELECT chunk, (embedding <=> $1)::float8 FROM "+v.chunks()+" WHERE chunk = ANY($2)",
			pgvector.NewHalfVector(vector), numbers(ids))
		return gone(each(rows, err, func(r scanner) error {
			var id qa.ChunkID
			var distance float64
			err := r.Scan(&id, &distance)
			found[id] = 1 - distance
			return err
		}))
	})
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(ids))
	for i, id := range ids {
		cosine, ok := found[id]
		if !ok {
			cosine = math.NaN()
		}
		out[i] = cosine
	}
	return out, nil
}

// Pending counts the documents of which the scope covers a version that lacks vectors of chunks: Rank cannot find
// all of it yet.
func (v *Vectors) Pending(ctx context.Context, scope qa.Scope) (n int, err error) {
	err = v.store.read(ctx, func(ctx context.Context, db querier) error {
		if all, ok := v.store.sizes.get(pendingKey); ok && all == 0 {
			return nil
		}
		all, err := v.pendingIn(ctx, db, qa.Scope{Everything: true})
		if err != nil {
			return err
		}
		v.store.sizes.set(pendingKey, int64(all))
		if all > 0 {
			n, err = v.pendingIn(ctx, db, scope)
		}
		return err
	})
	return n, err
}

// pendingKey remembers among the sizes whether anything is pending at all: counting reads all live versions.
const pendingKey = "\x00pending"

func (v *Vectors) pendingIn(ctx context.Context, db querier, scope qa.Scope) (n int, err error) {
	var a args
	err = db.QueryRow(ctx, fmt.Sprintf(`SELECT count(DISTINCT d.seq) FROM versions v JOIN documents d ON d.seq = v.document
		LEFT JOIN progress p ON p.version = v.seq AND p.encoder = %d
		WHERE v.chunks > 0 AND coalesce(p.chunks, 0) < v.chunks AND %s`, v.encoder, covered(&a, scope, live)), a...).Scan(&n)
	return n, err
}

// markCurrent says whether the vectors of a version belong into the index of the vectors.
func markCurrent(ctx context.Context, tx pgx.Tx, version int64, current bool) error {
	all, err := encoders(ctx, tx)
	if err != nil {
		return err
	}
	for _, id := range all {
		v := Vectors{encoder: id}
		if _, err := tx.Exec(ctx, "UPDATE "+v.chunks()+" SET current = $1 WHERE version = $2 AND current <> $1", current, version); err != nil {
			return err
		}
	}
	return nil
}
