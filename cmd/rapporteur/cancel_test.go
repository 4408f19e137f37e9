package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"rapporteur/ingest/source"
	"rapporteur/qa"
	"rapporteur/server/wire"
)

// acceptOnly gives the library a document that nobody reads, and its id.
func acceptOnly(t *testing.T, svc *service, name, content string) string {
	t.Helper()
	r, err := svc.pipeline.Accept(t.Context(), qa.Upload{Source: name, Replace: true}, strings.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return string(r.Document.ID)
}

// TestCancel stops the reading of documents by command and by the API, on both databases, and puts versions back in
// force by the API.
func TestCancel(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, data, database string) {
		s := testSettings(t)
		s.Data, s.Database = data, database
		svc, err := open(t.Context(), s, logger(s, terminal{err: t.Output()}))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(svc.Close)
		flags := []string{"--data", data, "--language", "fr"}
		if database != "" {
			flags = append(flags, "--database", database)
		}
		do := func(want int, says string, args ...string) {
			t.Helper()
			if code, out, errs := program(t, "", append(args, flags...)...); code != want || !strings.Contains(out+errs, says) {
				t.Errorf("%v: exit %d, want %d and %q: %s%s", args, code, want, says, out, errs)
			}
		}
		id := acceptOnly(t, svc, "a.md", "# Un\n\nUn document.\n")
		do(0, "En attente de lecture", "documents", "show", id)
		do(0, "est arrêtée", "documents", "cancel", id)
		do(0, "a été annulée", "documents", "show", id)
		do(5, "rien à annuler", "documents", "cancel", id)
		do(3, "", "documents", "cancel", "inconnu")

		svc.role = roleWeb
		url := serveForTest(t, svc)
		call := func(status int, path, body string) (d wire.DocumentDetail) {
			t.Helper()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+path, strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/json")
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			var raw bytes.Buffer
			if _, err := raw.ReadFrom(res.Body); err != nil || res.StatusCode != status {
				t.Fatalf("%s: status %d, want %d: %s, %v", path, res.StatusCode, status, raw.String(), err)
			}
			if err := json.Unmarshal(raw.Bytes(), &d); err != nil {
				t.Fatal(err)
			}
			return d
		}
		acceptOnly(t, svc, "a.md", "# Un\n\nUn document, encore.\n")
		if d := call(200, "/documents/"+id+"/cancel", ""); d.State != "failed" || d.Verdict == nil || *d.Verdict != "canceled" || len(d.Versions) != 2 {
			t.Errorf("cancelled: %+v", d)
		}
		call(409, "/documents/"+id+"/cancel", "")
		do(0, "", "ingest", write(t, t.TempDir(), "a.md", "# Un\n\nUn document lu.\n"))
		do(0, "", "ingest", write(t, t.TempDir(), "a.md", "# Un\n\nUn document relu.\n"))
		_, versions, err := svc.store.Document(t.Context(), scopeOf(""), qa.DocumentID(id))
		if err != nil || len(versions) != 4 {
			t.Fatalf("%d versions, %v", len(versions), err)
		}
		if d := call(200, "/documents/"+id+"/rollback", `{"version":"`+string(versions[1].ID)+`"}`); d.Live == nil || *d.Live != string(versions[1].ID) {
			t.Errorf("rolled back: %+v", d)
		}
		call(409, "/documents/"+id+"/rollback", `{"version":"`+string(versions[3].ID)+`"}`)
		call(404, "/documents/"+id+"/rollback", `{"version":"inconnue"}`)
	})
}

// TestCancelWhileEncoding stops a new version while its vectors are made: the old one goes on answering, and who
// waits is told.
func TestCancelWhileEncoding(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, data, database string) {
		s := testSettings(t)
		s.Data, s.Database, s.Encoder = data, database, encoderBuiltin
		svc, err := open(t.Context(), s, logger(s, terminal{err: t.Output()}))
		if err != nil {
			t.Fatal(err)
		}
		defer svc.Close()
		var once sync.Once
		var id qa.DocumentID
		svc.pipeline.Embedder = &watchful{Embedder: svc.pipeline.Embedder, look: func() {
			if id == "" {
				return
			}
			once.Do(func() {
				if _, err := svc.Cancel(context.WithoutCancel(t.Context()), scopeOf(""), id); err != nil {
					t.Error(err)
				}
			})
		}}
		stop := svc.work(t.Context())
		defer stop()
		ingest := func(content string) (o outcome) {
			t.Helper()
			l, err := source.List([]string{write(t, t.TempDir(), "a.md", content)}, false)
			if err == nil {
				err = svc.ingest(t.Context(), qa.DefaultCollection, l.Items, func(got outcome) error { o = got; return nil })
			}
			if err == nil {
				err = svc.awaitVectors(t.Context(), terminal{err: t.Output(), language: "fr"})
			}
			if err != nil {
				t.Fatal(err)
			}
			return o
		}
		first := ingest("# Un\n\nUn document qui répond.\n")
		id = qa.DocumentID(first.Document)
		if o := ingest("# Un\n\nUne autre version, arrêtée.\n"); o.Verdict != "canceled" || !strings.Contains(o.sentence, "annulée") {
			t.Errorf("cancelled: %+v, %s", o, o.sentence)
		}
		d, versions, err := svc.store.Document(t.Context(), scopeOf(""), id)
		if err != nil || string(d.Live) != first.Version || versions[0].State != qa.StateFailed {
			t.Errorf("%s in force, want %s: %+v, %v", d.Live, first.Version, versions, err)
		}
		if o := ingest("# Un\n\nUne autre version, arrêtée.\n"); o.Verdict != "new_version" {
			t.Errorf("the same once more: %+v", o)
		}
	})
}
