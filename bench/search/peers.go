package main

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/blevesearch/bleve/v2"
	_ "github.com/blevesearch/bleve/v2/analysis/lang/fr" // the analyser "fr"
	"github.com/blevesearch/bleve/v2/index/scorch"
	bleveapi "github.com/blevesearch/bleve_index_api"
	"github.com/philippgille/chromem-go"
	_ "modernc.org/sqlite"     // the driver "sqlite"
	_ "modernc.org/sqlite/vec" // vec0 in it

	"rapporteur/bench/corpus"
)

// version of a module in this program.
func version(path string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	i := slices.IndexFunc(info.Deps, func(m *debug.Module) bool { return m.Path == path })
	if i < 0 {
		return ""
	}
	return info.Deps[i].Version
}

// chromemDB is a collection of chromem-go in memory.
type chromemDB struct{ collection *chromem.Collection }

func (c *chromemDB) index(ctx context.Context, docs [][]float32) error {
	var err error
	if c.collection, err = chromem.NewDB().CreateCollection("bench", nil, nil); err != nil {
		return err
	}
	all := make([]chromem.Document, len(docs))
	for i, v := range docs {
		all[i] = chromem.Document{ID: strconv.Itoa(i), Embedding: v}
	}
	return c.collection.AddDocuments(ctx, all, runtime.NumCPU())
}

func (c *chromemDB) find(ctx context.Context, query []float32, k int) ([]int, error) {
	found, err := c.collection.QueryEmbedding(ctx, query, k, nil, nil)
	if err != nil {
		return nil, err
	}
	return numbers(len(found), func(i int) string { return found[i].ID })
}

func (c *chromemDB) close() error { return nil }

func numbers(n int, id func(int) string) ([]int, error) {
	out := make([]int, n)
	for i := range out {
		var err error
		if out[i], err = strconv.Atoi(id(i)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// open makes a database of its own whose pages all stay in memory, as warm as SQLite can be.
func open(file string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(off)&_pragma=synchronous(off)&_pragma=cache_size(-1000000)&_pragma=mmap_size(4000000000)")
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// insert runs a statement for each of n rows, in one transaction.
func insert(ctx context.Context, db *sql.DB, statement string, n int, value func(int) any) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // does nothing after the commit
	st, err := tx.PrepareContext(ctx, statement)
	if err != nil {
		return err
	}
	for i := range n {
		if _, err := st.ExecContext(ctx, i, value(i)); err != nil {
			return err
		}
	}
	return errors.Join(st.Close(), tx.Commit())
}

// rowIDs runs a prepared query that gives row identifiers.
func rowIDs(ctx context.Context, st *sql.Stmt, args ...any) ([]int, error) {
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []int
	for rows.Next() {
		var id int
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// sqliteVec is a vec0 table of float32 vectors.
type sqliteVec struct {
	file string
	db   *sql.DB
	st   *sql.Stmt
}

func (s *sqliteVec) index(ctx context.Context, docs [][]float32) error {
	var err error
	if s.db, err = open(s.file); err != nil {
		return err
	}
	create := fmt.Sprintf("CREATE VIRTUAL TABLE v USING vec0(embedding float[%d] distance_metric=cosine)", len(docs[0]))
	if _, err := s.db.ExecContext(ctx, create); err != nil {
		return err
	}
	if err := insert(ctx, s.db, "INSERT INTO v(rowid, embedding) VALUES (?, ?)", len(docs), func(i int) any { return blob(docs[i]) }); err != nil {
		return err
	}
	s.st, err = s.db.PrepareContext(ctx, "SELECT rowid FROM v WHERE embedding MATCH ? AND k = ? ORDER BY distance")
	return err
}

func (s *sqliteVec) find(ctx context.Context, query []float32, k int) ([]int, error) {
	return rowIDs(ctx, s.st, blob(query), k)
}

func (s *sqliteVec) close() error { return closeDB(s.db) }

func closeDB(db *sql.DB) error {
	if db == nil {
		return nil
	}
	return db.Close()
}

func blob(v []float32) []byte {
	out := make([]byte, 0, 4*len(v))
	for _, x := range v {
		out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
	}
	return out
}

// fts5 is a table of FTS5 without the texts; accents are folded, words are not stemmed.
type fts5 struct {
	file string
	db   *sql.DB
	st   *sql.Stmt
}

func (f *fts5) index(ctx context.Context, docs []string) error {
	var err error
	if f.db, err = open(f.file); err != nil {
		return err
	}
	if _, err := f.db.ExecContext(ctx, "CREATE VIRTUAL TABLE t USING fts5(text, content='', tokenize='unicode61 remove_diacritics 2')"); err != nil {
		return err
	}
	if err := insert(ctx, f.db, "INSERT INTO t(rowid, text) VALUES (?, ?)", len(docs), func(i int) any { return docs[i] }); err != nil {
		return err
	}
	if _, err := f.db.ExecContext(ctx, "INSERT INTO t(t) VALUES ('optimize')"); err != nil {
		return err
	}
	f.st, err = f.db.PrepareContext(ctx, "SELECT rowid FROM t WHERE t MATCH ? ORDER BY rank LIMIT ?")
	return err
}

func (f *fts5) find(ctx context.Context, query string, k int) ([]int, error) {
	return rowIDs(ctx, f.st, anyOf(corpus.Content(query)), k)
}

func (f *fts5) close() error { return closeDB(f.db) }

// anyOf writes the FTS5 query for texts that hold at least one of the words.
func anyOf(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = `"` + strings.ReplaceAll(w, `"`, `""`) + `"`
	}
	return strings.Join(quoted, " OR ")
}

// bleveIndex is a scorch index with the French analyser and BM25; texts and positions are not kept.
type bleveIndex struct {
	folder string
	x      bleve.Index
}

// page is a document as bleve sees it.
type page struct {
	Text string `json:"text"`
}

func (b *bleveIndex) index(_ context.Context, docs []string) error {
	text := bleve.NewTextFieldMapping()
	text.Analyzer, text.Store, text.IncludeTermVectors, text.IncludeInAll, text.DocValues = "fr", false, false, false, false
	m := bleve.NewIndexMapping()
	m.ScoringModel = bleveapi.BM25Scoring
	m.DefaultMapping.Dynamic = false
	m.DefaultMapping.AddFieldMappingsAt("text", text)
	var err error
	if b.x, err = bleve.NewUsing(b.folder, m, scorch.Name, scorch.Name, nil); err != nil {
		return err
	}
	for from := 0; from < len(docs); from += 1000 {
		batch := b.x.NewBatch()
		for i := from; i < min(from+1000, len(docs)); i++ {
			if err := batch.Index(strconv.Itoa(i), page{docs[i]}); err != nil {
				return err
			}
		}
		if err := b.x.Batch(batch); err != nil {
			return err
		}
	}
	return nil
}

func (b *bleveIndex) find(ctx context.Context, query string, k int) ([]int, error) {
	match := bleve.NewMatchQuery(query)
	match.SetField("text")
	found, err := b.x.SearchInContext(ctx, bleve.NewSearchRequestOptions(match, k, 0, false))
	if err != nil {
		return nil, err
	}
	return numbers(len(found.Hits), func(i int) string { return found.Hits[i].ID })
}

func (b *bleveIndex) close() error {
	if b.x == nil {
		return nil
	}
	return b.x.Close()
}
