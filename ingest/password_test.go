package ingest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"rapporteur/ingest"
	"rapporteur/ingest/extract"
	"rapporteur/qa"
)

const secret = "Sésame7ouvretoi"

// safe reads files that begin with "locked:" only with the secret, and says it aloud where it can: in
// the causes of its errors and in its panics. Those that begin with "sealed:" do not even show their
// type without it.
type safe struct{ extract.Extractor }

func (s *safe) content(f qa.File) (string, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	b, err := io.ReadAll(f)
	return string(b), err
}

func (s *safe) Sniff(f qa.File) (string, error) {
	text, err := s.content(f)
	if err == nil && strings.HasPrefix(text, "sealed:") {
		err = s.unlock(f.Password)
	}
	return "text/plain", err
}

func (s *safe) unlock(password string) error {
	switch password {
	case secret:
		return nil
	case "":
		return qa.E(qa.Unprocessable, "encrypted")
	}
	return qa.E(qa.Unprocessable, "bad_password").Because(fmt.Errorf("%q does not open it", password))
}

func (s *safe) Extract(_ context.Context, f qa.File) (qa.Text, error) {
	text, err := s.content(f)
	if err != nil {
		return qa.Text{}, err
	}
	kind, rest, protected := strings.Cut(text, ":")
	if !protected {
		return paged(text), nil
	}
	if kind == "empty" {
		return qa.Text{}, qa.E(qa.Unprocessable, "no_text")
	}
	if err := s.unlock(f.Password); err != nil {
		return qa.Text{}, err
	}
	switch strings.TrimSpace(rest) {
	case "panic":
		panic("cannot read with " + f.Password)
	case "damaged":
		return qa.Text{}, qa.E(qa.Unprocessable, "damaged").Because(errors.New("with " + f.Password))
	}
	return paged(rest), nil
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, content, password string
		code                    string // of the error of Accept
		accepted, end           qa.State
		failure                 string
	}{
		{"protected", "locked: Une phrase lue.", secret, "", qa.StateExtracted, qa.StateLive, ""},
		{"type hidden too", "sealed: Une phrase lue.", secret, "", qa.StateExtracted, qa.StateLive, ""},
		{"wrong password", "locked: Une phrase lue.", secret + "x", "bad_password", "", "", ""},
		{"wrong password, type hidden too", "sealed: Une phrase lue.", secret + "x", "bad_password", "", "", ""},
		{"no password", "locked: Une phrase lue.", "", "", qa.StateQueued, qa.StateFailed, "encrypted"},
		{"no password, type hidden too", "sealed: Une phrase lue.", "", "encrypted", "", "", ""},
		{"not protected", "Une phrase lue.", secret, "", qa.StateExtracted, qa.StateLive, ""},
		{"not protected, nothing to read", "empty: ", secret, "", qa.StateQueued, qa.StateFailed, "no_text"},
		{"protected and damaged", "locked: damaged", secret, "damaged", "", "", ""},
		{"protected, panic", "locked: panic", secret, "damaged", "", "", ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			l := newLibrary(t, &safe{}, false)
			l.pipeline.Options.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			r, err := l.pipeline.Accept(t.Context(), qa.Upload{Source: "a.txt", Password: c.password}, strings.NewReader(c.content))
			if c.code != "" {
				if qa.CodeOf(err) != c.code || qa.KindOf(err) != qa.Unprocessable || len(l.kept(t)) > 0 {
					t.Errorf("%v, kept %v; want %s and nothing", err, l.kept(t), c.code)
				}
			} else if err != nil || r.Version.State != c.accepted {
				t.Fatalf("receipt %+v, %v; want it %s", r, err, c.accepted)
			} else if v := l.finish(t, r.Version.ID); v.State != c.end || v.Failure != c.failure {
				t.Errorf("version %+v, want it %s %s", v, c.end, c.failure)
			}
			if said := fmt.Sprintf("%v %s", err, log.String()); strings.Contains(said, secret) {
				t.Errorf("the password is told: %s", said)
			}
			l.everyByte(t, func(name string, raw []byte) {
				if bytes.Contains(raw, []byte(secret)) {
					t.Errorf("%s holds the password", name)
				}
			})
		})
	}
}

// TestPasswordAfterAFailure: a file that could not be read for want of its password is read when it
// comes again with it, also by jobs of another process that never see the password.
func TestPasswordAfterAFailure(t *testing.T) {
	t.Parallel()
	l := newLibrary(t, &safe{}, true)
	first := l.accept(t, qa.Upload{Source: "a.txt"}, "locked: Une phrase lue.")
	if v := l.wait(t, first.Version.ID); v.Failure != "encrypted" {
		t.Fatalf("version %+v, want it encrypted", v)
	}
	again := l.accept(t, qa.Upload{Source: "a.txt", Password: secret}, "locked: Une phrase lue.")
	if v := l.wait(t, again.Version.ID); v.State != qa.StateLive || again.Document.ID != first.Document.ID {
		t.Errorf("version %+v of %s, want the first document live", v, again.Document.ID)
	}
	if r := l.accept(t, qa.Upload{Source: "a.txt"}, "locked: Une phrase lue."); r.Outcome != qa.VerdictUnchanged {
		t.Errorf("the same bytes without the password: %+v", r)
	}
}

var _ ingest.Extractor = (*safe)(nil)
