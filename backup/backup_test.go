package backup_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rapporteur/backup"
	"rapporteur/internal/testkit/postgres"
	"rapporteur/qa"
	"rapporteur/store/files"
	pg "rapporteur/store/postgres"
	"rapporteur/store/sqlite"
	"rapporteur/store/storetest"
)

// onSQLite and onPostgres are the stores as the suite of the stores fills them.
type onSQLite struct{ *sqlite.Store }

func (s onSQLite) UseEncoder(ctx context.Context, e qa.Encoder) (storetest.Vectors, error) {
	return s.Store.UseEncoder(ctx, e)
}

func (s onSQLite) Rebuild(ctx context.Context, e qa.Encoder) (storetest.Vectors, error) {
	return s.Store.Rebuild(ctx, e)
}

type onPostgres struct{ *pg.Store }

func (s onPostgres) UseEncoder(ctx context.Context, e qa.Encoder) (storetest.Vectors, error) {
	return s.Store.UseEncoder(ctx, e)
}

func (s onPostgres) Rebuild(ctx context.Context, e qa.Encoder) (storetest.Vectors, error) {
	return s.Store.Rebuild(ctx, e)
}

func openSQLite(t testing.TB, now func() time.Time) storetest.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "library.db"))
	if err != nil {
		t.Fatal(err)
	}
	s.Now = now
	t.Cleanup(func() { _ = s.Close() })
	return onSQLite{s}
}

func openPostgres(t testing.TB, now func() time.Time) storetest.Store {
	t.Helper()
	s, err := pg.Open(t.Context(), postgres.Database(t), pg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Now = now
	t.Cleanup(func() { _ = s.Close() })
	return onPostgres{s}
}

func originals(t testing.TB, contents ...string) *files.Store {
	t.Helper()
	s, err := files.Open(filepath.Join(t.TempDir(), "originals"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range contents {
		stage, hash, _, err := s.Stage(t.Context(), strings.NewReader(c), 1<<20)
		if err == nil {
			err = s.Keep(t.Context(), stage, hash)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func hashOf(content string) string {
	h := sha256.Sum256([]byte(content))
	return hex.EncodeToString(h[:])
}

func options() backup.Options {
	return backup.Options{Program: "essai", Now: func() time.Time { return time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC) }}
}

// filled are the originals of storetest.Fill, but for one.
var filled = []string{"Premier\nDeuxième\nTroisième", "Premier\nAutre", "Pas encore lu", "Lu seulement"}

func write(t testing.TB, s backup.Source, o backup.Originals) ([]byte, backup.Summary) {
	t.Helper()
	var b bytes.Buffer
	sum, err := backup.Write(t.Context(), &b, options(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), sum
}

// TestFromDatabaseToDatabase goes from SQLite to PostgreSQL and back, and finds all as it was.
func TestFromDatabaseToDatabase(t *testing.T) {
	t.Parallel()
	first := storetest.Fill(t, openSQLite)
	kept := originals(t, filled...)
	from := first
	for _, open := range []storetest.Opener{openPostgres, openPostgres, openSQLite, openSQLite} {
		file, made := write(t, from, kept)
		if made.Documents != 4 || made.Versions != 5 || made.Vectors != 4 || made.Originals != 4 || len(made.Missing) != 1 || len(made.Removed) != 1 {
			t.Fatalf("made %+v", made)
		}
		to, restored := open(t, time.Now), originals(t)
		got, err := backup.Restore(t.Context(), bytes.NewReader(file), to, restored)
		if err != nil {
			t.Fatal(err)
		}
		if got.Documents != made.Documents || got.Chunks != made.Chunks || got.Originals != 4 || got.Bytes != made.Bytes || len(got.LeftOut) > 0 {
			t.Errorf("restored %+v of %+v", got, made)
		}
		storetest.SameContents(t, first, to)
		for _, content := range filled {
			f, err := restored.Open(t.Context(), hashOf(content))
			if err != nil {
				t.Fatal(err)
			}
			raw, err := io.ReadAll(f)
			if f.Close(); err != nil || string(raw) != content {
				t.Errorf("original %q, %v", raw, err)
			}
		}
		from, kept = to, restored
	}
}

// TestRemovedDocumentsStayAway restores an older backup where a document was removed since.
func TestRemovedDocumentsStayAway(t *testing.T) {
	t.Parallel()
	s := storetest.Fill(t, openSQLite)
	file, _ := write(t, s, originals(t, filled...))
	d, _, err := s.FindSource(t.Context(), qa.Scope{Everything: true}, qa.DefaultCollection, "a.txt")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC)
	to, restored := openSQLite(t, time.Now), originals(t)
	got, err := backup.Restore(t.Context(), bytes.NewReader(file), to, restored, []qa.Tombstone{{Document: d.ID, At: at}})
	if err != nil || len(got.LeftOut) != 1 || got.LeftOut[0] != d.ID || got.Documents != 3 || got.Originals != 2 {
		t.Fatalf("restored %+v, %v", got, err)
	}
	if _, _, err := to.Document(t.Context(), qa.Scope{Everything: true}, d.ID); qa.CodeOf(err) != "document_unknown" {
		t.Errorf("the removed document is back: %v", err)
	}
	for _, gone := range filled[:2] {
		if _, err := restored.Open(t.Context(), hashOf(gone)); qa.CodeOf(err) != "original_missing" {
			t.Errorf("its original is back: %v", err)
		}
	}
	if _, turns, err := to.Conversation(t.Context(), "k1", "c1"); err != nil || len(turns) != 2 || !turns[0].Erased || turns[0].Answer.Text != "" || len(turns[1].Answer.Citations) > 0 {
		t.Errorf("a conversation quotes the removed document: %+v, %v", turns, err)
	}
	opinions, err := to.Feedback(t.Context(), qa.FeedbackSearch{Limit: 9})
	if err != nil || len(opinions) != 2 || strings.Contains(fmt.Sprintf("%+v", opinions), quoteOf(d.ID)) || !opinions[1].Erased || opinions[1].Note != "" || opinions[1].Useful {
		t.Errorf("a feedback quotes the removed document: %+v, %v", opinions, err)
	}
	stones, err := to.Tombstones(t.Context())
	if err != nil || len(stones) != 2 || stones[1] != (qa.Tombstone{Document: d.ID, At: at}) {
		t.Errorf("tombstones %v, %v", stones, err)
	}
}

// quoteOf is what the conversation of storetest.Fill quotes of a document.
func quoteOf(id qa.DocumentID) string { return "Citation entière de " + string(id) }

// removing removes a document while a backup is written: after the records were read.
type removing struct {
	storetest.Store
	what qa.DocumentID
}

func (r removing) Export(ctx context.Context, to qa.RecordWriter) error {
	if err := r.Store.Export(ctx, to); err != nil {
		return err
	}
	_, err := r.DeleteDocument(ctx, qa.Scope{Everything: true}, r.what)
	return err
}

// TestRemovalDuringBackup: what was removed before the backup ended is not in its file.
func TestRemovalDuringBackup(t *testing.T) {
	t.Parallel()
	s := storetest.Fill(t, openSQLite)
	d, _, err := s.FindSource(t.Context(), qa.Scope{Everything: true}, qa.DefaultCollection, "a.txt")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "sauvegarde")
	sum, err := backup.Save(t.Context(), path, options(), removing{s, d.ID}, originals(t, filled...))
	if err != nil || sum.Documents != 3 || sum.Originals != 2 || len(sum.Removed) != 2 || len(sum.LeftOut) != 0 {
		t.Fatalf("saved %+v, %v", sum, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left %v, %v", entries, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v; want it for its owner only", info, err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if plain := unpacked(t, file); strings.Contains(plain, "Deuxième") || strings.Contains(plain, quoteOf(d.ID)) || !strings.Contains(plain, "Lu seulement") {
		t.Error("the words of the removed document are in the backup, or nothing is")
	}
	if got, err := backup.Verify(t.Context(), bytes.NewReader(file)); err != nil || got.Documents != 3 || len(got.Removed) != 2 {
		t.Errorf("verified %+v, %v", got, err)
	}
}

// TestDamaged alters a backup in every way: it is refused before anything is written.
func TestDamaged(t *testing.T) {
	t.Parallel()
	file, _ := write(t, storetest.Fill(t, openSQLite), originals(t, filled...))
	cases := map[string][]byte{
		"nothing": {}, "foreign": []byte("PK\x03\x04 some zip file"), "appended": append(bytes.Clone(file), 'x'),
		"twice": append(bytes.Clone(file), file...), "zeros after": append(bytes.Clone(file), make([]byte, 512)...),
	}
	for i := range 200 {
		at := i * (len(file) - 1) / 199
		cases[fmt.Sprintf("cut at %d", at)] = file[:at]
		flipped := bytes.Clone(file)
		flipped[at] ^= 1 << (i % 8)
		cases[fmt.Sprintf("bit of %d", at)] = flipped
	}
	for name, raw := range cases {
		_, err := backup.Verify(t.Context(), bytes.NewReader(raw))
		if err == nil && bytes.Equal(unzipped(t, raw), unzipped(t, file)) {
			continue // DEFLATE has bits that say nothing: what is restored is the same to the byte
		}
		if qa.CodeOf(err) != "backup_damaged" {
			t.Errorf("%s: %v, want backup_damaged", name, err)
		}
	}
	to := openSQLite(t, time.Now)
	if _, err := backup.Restore(t.Context(), bytes.NewReader(file[:len(file)-1]), to, originals(t)); qa.CodeOf(err) != "backup_damaged" {
		t.Errorf("restore: %v", err)
	}
	storetest.SameContents(t, openSQLite(t, time.Now), to)
	if _, err := backup.Verify(t.Context(), bytes.NewReader(file)); err != nil {
		t.Errorf("the sound one: %v", err)
	}
}

func unzipped(t *testing.T, raw []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// made is a library of many chunks with vectors of 384 dimensions.
type made struct{ documents, chunks int }

func (m made) Tombstones(context.Context) ([]qa.Tombstone, error) { return nil, nil }

func (m made) content(i int) string {
	return strings.Repeat(fmt.Sprintf("Le rapport %d décrit l’activité de la commune et son budget. ", i), 12*m.chunks)
}

func (m made) Export(_ context.Context, to qa.RecordWriter) error {
	if err := to.Library(qa.LibraryRecord{Encoder: qa.Encoder{Fingerprint: "essai", Dimensions: 384}}); err != nil {
		return err
	}
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range m.documents {
		text := m.content(i)
		size := len(text) / m.chunks
		v := qa.VersionRecord{Version: qa.Version{ID: qa.VersionID(fmt.Sprintf("v%d", i)), Document: qa.DocumentID(fmt.Sprintf("d%d", i)), Hash: hashOf(text), Size: int64(len(text)),
			MediaType: "text/plain", State: qa.StateLive, Rev: 3, Title: "Rapport", Verdict: qa.VerdictIngested, CreatedAt: at, PublishedAt: at},
			Source: fmt.Sprintf("%d.txt", i), Lives: []qa.Period{{Since: at}}, Text: &qa.Text{Content: text}}
		for k := range m.chunks {
			id := qa.ChunkID(i*m.chunks + k + 1)
			span := qa.Span{Start: k * size, End: (k + 1) * size}
			v.Chunks = append(v.Chunks, qa.Chunk{ID: id, Version: v.ID, Ordinal: k, Span: span, Text: text[span.Start:span.End]})
			v.Vectors = append(v.Vectors, qa.ChunkVector{Chunk: id, Vector: vector(random)})
			v.Sentences = append(v.Sentences, sentences(random, id, size))
		}
		d := qa.Document{ID: v.Document, Collection: qa.DefaultCollection, Source: v.Source, Live: v.ID, CreatedAt: at, UpdatedAt: at}
		if err := to.Document(qa.DocumentRecord{Document: d, Versions: []qa.VersionRecord{v}}); err != nil {
			return err
		}
	}
	return nil
}

func vector(r *rand.Rand) []float32 {
	out := make([]float32, 384)
	for i := range out {
		out[i] = float32(r.IntN(2048)-1024) / 16384 // a number of half precision
	}
	return out
}

func sentences(r *rand.Rand, id qa.ChunkID, size int) qa.ChunkSentences {
	out := qa.ChunkSentences{Chunk: id}
	for i := range 8 {
		s := qa.SentenceVector{Span: qa.Span{Start: i * size / 8, End: (i + 1) * size / 8}, Scale: 0.001, Codes: make([]int8, 384)}
		for k := range s.Codes {
			s.Codes[k] = int8(r.IntN(255) - 127)
		}
		out.Sentences = append(out.Sentences, s)
	}
	return out
}

// TestTenThousand backs up and restores 10,000 chunks with their vectors and prints how long it takes.
func TestTenThousand(t *testing.T) {
	m := made{documents: 200, chunks: 50}
	var contents []string
	for i := range m.documents {
		contents = append(contents, m.content(i))
	}
	kept := originals(t, contents...)
	for _, c := range []struct {
		name string
		open storetest.Opener
	}{{"SQLite", openSQLite}, {"PostgreSQL", openPostgres}} {
		t.Run(c.name, func(t *testing.T) {
			filled, restored := c.open(t, time.Now), c.open(t, time.Now)
			file, _ := write(t, m, kept)
			if _, err := backup.Restore(t.Context(), bytes.NewReader(file), filled, originals(t)); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "sauvegarde")
			start := time.Now()
			sum, err := backup.Save(t.Context(), path, options(), filled, kept)
			if err != nil || sum.Chunks != 10_000 || sum.Vectors != 10_000 || sum.Originals != m.documents {
				t.Fatalf("saved %+v, %v", sum, err)
			}
			saved := time.Since(start)
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			info, err := f.Stat()
			if err != nil {
				t.Fatal(err)
			}
			start = time.Now()
			if _, err := backup.Restore(t.Context(), f, restored, originals(t)); err != nil {
				t.Fatal(err)
			}
			t.Logf("%s: 10,000 chunks, %.1f MB in a file of %.1f MB: backed up in %.1f s, restored in %.1f s",
				c.name, float64(sum.Bytes)/1e6, float64(info.Size())/1e6, saved.Seconds(), time.Since(start).Seconds())
			storetest.SameContents(t, filled, restored)
		})
	}
}
