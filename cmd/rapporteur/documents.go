package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"rapporteur/locale"
	"rapporteur/qa"
	"rapporteur/server/wire"
	"rapporteur/upkeep"
)

type documentsCommand struct {
	List     documentsListCommand     `cmd:"" help:"${help_documents_list}"`
	Show     documentsShowCommand     `cmd:"" help:"${help_documents_show}"`
	Remove   documentsRemoveCommand   `cmd:"" help:"${help_documents_remove}"`
	Rollback documentsRollbackCommand `cmd:"" help:"${help_rollback}"`
	Cancel   documentsCancelCommand   `cmd:"" help:"${help_cancel}"`
}

type documentsListCommand struct {
	Collection string `help:"${help_collection}"`
	JSON       bool   `help:"${help_json}"`
}

// Run lists the documents with the state of their newest version.
func (c *documentsListCommand) Run(ctx context.Context, s *settings, term terminal) error {
	return with(ctx, s, term, func(svc *service) error {
		w := tabwriter.NewWriter(term.out, 0, 4, 2, ' ', 0)
		enc := json.NewEncoder(term.out)
		n := 0
		err := upkeep.Each(ctx, svc.store, scopeOf(c.Collection), func(d qa.Listed) error {
			n++
			if c.JSON {
				return enc.Encode(wire.NewDocument(d.Document, d.Newest))
			}
			_, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", d.ID, d.Newest.State, d.Newest.Verdict, d.Source, d.Title)
			return err
		})
		if err != nil {
			return err
		}
		if n == 0 && !c.JSON {
			term.say("nothing_here")
		}
		return w.Flush()
	})
}

type documentsShowCommand struct {
	ID      string `arg:"" help:"${help_document}"`
	Pages   bool   `help:"${help_pages}"`
	Version string `help:"${help_version_of}"`
	JSON    bool   `help:"${help_json}"`
}

// Run shows one document with its versions, newest first, or what was read on the pages of one.
func (c *documentsShowCommand) Run(ctx context.Context, s *settings, term terminal) error {
	return with(ctx, s, term, func(svc *service) error {
		d, versions, err := svc.store.Document(ctx, scopeOf(""), qa.DocumentID(c.ID))
		if err != nil {
			return err
		}
		switch {
		case c.Pages:
			return c.pages(ctx, svc, term, d, versions)
		case c.JSON:
			return json.NewEncoder(term.out).Encode(wire.NewDocumentDetail(d, versions))
		}
		w := bufio.NewWriter(term.out)
		fmt.Fprintf(w, "%s\n%s (%s)\n", d.Title, d.Source, d.Collection)
		for _, v := range versions {
			fmt.Fprintf(w, "  %s  %s  %s%s%s  %s\n", v.ID, minute(v.CreatedAt), v.State, force(term.language, v), progressOf(term.language, v), saidOf(term.language, v))
		}
		return w.Flush()
	})
}

// progressOf says how much of a version is ready, "" when all is or when nothing more is to come.
func progressOf(language string, v qa.Version) string {
	if v.Embedded >= 1 || v.State != qa.StateExtracted && v.State != qa.StateLive {
		return ""
	}
	return "  " + locale.Sentence(language, "progress_share", locale.Sentence(language, "progress_vectors"), int(100*v.Embedded))
}

// saidOf is the verdict on a version, or what is known of one that has none yet.
func saidOf(language string, v qa.Version) string {
	switch {
	case v.Verdict != "":
		return locale.Verdict(language, string(v.Verdict), v.Pages, v.PagesWithoutText)
	case v.State == qa.StateQueued:
		return locale.Sentence(language, "waits_to_be_read")
	}
	return locale.Sentence(language, "read_so_far", v.Pages, v.Chunks)
}

// force says when a version was in force, "" when it never was.
func force(language string, v qa.Version) string {
	switch {
	case v.PublishedAt.IsZero():
		return ""
	case v.SupersededAt.IsZero():
		return "  " + locale.Sentence(language, "in_force_since", minute(v.PublishedAt))
	}
	return "  " + locale.Sentence(language, "in_force_until", minute(v.PublishedAt), minute(v.SupersededAt))
}

// minute writes a time as it is on this machine's clock.
func minute(t time.Time) string { return t.Local().Format("2006-01-02 15:04") }

// pages shows the ingestion report of a version: the one asked for, else the live one, else the newest.
func (c *documentsShowCommand) pages(ctx context.Context, svc *service, term terminal, d qa.Document, versions []qa.Version) error {
	v, ok := d.Choose(versions, qa.VersionID(c.Version))
	if !ok {
		return qa.E(qa.NotFound, "version_unknown")
	}
	r, err := svc.store.Reading(ctx, scopeOf(""), v.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(term.out).Encode(wire.NewReading(v, r))
	}
	return writeReading(term, d, v, r)
}

// writeReading prints an ingestion report: what could not be read first, then a line a page and their sum.
func writeReading(term terminal, d qa.Document, v qa.Version, r qa.Reading) error {
	say := func(code string, args ...any) string { return locale.Sentence(term.language, code, args...) }
	b := bufio.NewWriter(term.out)
	fmt.Fprintf(b, "%s\n%s (%s)  %s\n", d.Title, d.Source, d.Collection, v.ID)
	fmt.Fprintln(b, locale.Verdict(term.language, string(v.Verdict), v.Pages, v.PagesWithoutText))
	for _, f := range []struct{ code, value string }{
		{"language", v.Language}, {"created", day(r.Created)}, {"modified", day(r.Modified)},
		{"attachments", strings.Join(r.Attachments, ", ")},
	} {
		if f.value != "" {
			fmt.Fprintln(b, say("named", say("reading_"+f.code), f.value))
		}
	}
	if unread := locale.Pages(r.Unread()); unread != "" {
		fmt.Fprintln(b, say("reading_unread", unread))
	}
	total := r.Total()
	if hidden := locale.Hidden(term.language, wire.HiddenCounts(total)); hidden != "" {
		fmt.Fprintln(b, say("reading_hidden_why", hidden))
	}
	w := tabwriter.NewWriter(b, 0, 4, 2, ' ', tabwriter.AlignRight)
	for _, code := range []string{"page", "characters", "tables", "images", "recognised", "confidence", "hidden", "repeated"} {
		fmt.Fprintf(w, "%s\t", say("reading_"+code))
	}
	fmt.Fprintf(w, "  %s\n", say("reading_state"))
	for _, p := range r.Pages {
		if p.Number > 0 {
			writePageReading(w, strconv.Itoa(p.Number), p, say)
		}
	}
	writePageReading(w, say("reading_total"), total, say)
	if err := w.Flush(); err != nil {
		return err
	}
	return b.Flush()
}

// day writes a date as 2024-05-31, "" where it is unknown.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func writePageReading(w io.Writer, name string, p qa.PageReading, say func(string, ...any) string) {
	sure, state := "", "ok"
	if p.Recognised > 0 {
		sure, state = say("reading_percent", int(math.Round(100*p.Confidence))), "is_recognised"
	}
	state = say("reading_" + cmp.Or(p.Unread, state))
	if p.Number == 0 {
		state = ""
	}
	fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%s\t%d\t%d\t  %s\n", name, p.Characters, p.Tables, p.Images, p.Recognised, sure, p.HiddenTotal(), p.Repeated, state)
}

type documentsRemoveCommand struct {
	ID  string `arg:"" help:"${help_document}"`
	Yes bool   `short:"y" help:"${help_yes}"`
}

// Run removes a document after asking.
func (c *documentsRemoveCommand) Run(ctx context.Context, s *settings, term terminal) error {
	return with(ctx, s, term, func(svc *service) error {
		removed, err := svc.remove(ctx, term, qa.DocumentID(c.ID), c.Yes, func(qa.DocumentID) error { return nil })
		if err != nil || !removed {
			return err
		}
		left, err := svc.store.Purge(ctx, false)
		if err != nil {
			return err
		}
		for _, f := range left {
			if f.Bad {
				term.say(f.Code, f.Args...)
			}
		}
		return nil
	})
}

// remove removes a document, after asking unless yes is set; before is called in between. It reports whether it did.
func (s *service) remove(ctx context.Context, term terminal, id qa.DocumentID, yes bool, before func(qa.DocumentID) error) (bool, error) {
	d, versions, err := s.store.Document(ctx, scopeOf(""), id)
	if err != nil {
		return false, err
	}
	if !yes && !confirmed(term, "confirm_remove", d.Title, len(versions)) {
		return false, nil
	}
	if err := before(d.ID); err != nil {
		return false, err
	}
	if err := s.pipeline.Remove(ctx, scopeOf(""), d.ID); err != nil {
		return false, err
	}
	term.say("removed", d.Title)
	return true, nil
}

func confirmed(term terminal, code string, args ...any) bool {
	fmt.Fprint(term.err, locale.Sentence(term.language, code, args...))
	line, _ := bufio.NewReader(term.in).ReadString('\n') // no line means no
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "o", "oui", "y", "yes":
		return true
	}
	return false
}

type documentsRollbackCommand struct {
	ID      string `arg:"" help:"${help_document}"`
	Version string `arg:"" help:"${help_version_id}"`
}

// Run makes an earlier version live again.
func (c *documentsRollbackCommand) Run(ctx context.Context, s *settings, term terminal) error {
	return with(ctx, s, term, func(svc *service) error {
		if _, err := svc.Rollback(ctx, scopeOf(""), qa.DocumentID(c.ID), qa.VersionID(c.Version)); err != nil {
			return err
		}
		term.say("rolled_back", c.Version)
		return nil
	})
}

// Rollback makes an earlier version of a document live again; it is for the API too.
func (s *service) Rollback(ctx context.Context, scope qa.Scope, d qa.DocumentID, v qa.VersionID) (qa.Document, error) {
	return s.store.Rollback(ctx, scope, d, v)
}

// Cancel ends the work on the newest version of a document. What the library says counts: whoever works on the
// version finds it ended at the next step. The queue is told so that the step itself is not waited for.
func (s *service) Cancel(ctx context.Context, scope qa.Scope, d qa.DocumentID) (qa.VersionID, error) {
	v, err := s.store.Cancel(ctx, scope, d)
	if err != nil {
		return "", err
	}
	if err := s.queue.Cancel(ctx, v); err != nil {
		s.log.Warn("telling the queue of a cancellation", "err", err)
	}
	return v, nil
}

type documentsCancelCommand struct {
	ID string `arg:"" help:"${help_document}"`
}

// Run stops the reading of a document.
func (c *documentsCancelCommand) Run(ctx context.Context, s *settings, term terminal) error {
	return with(ctx, s, term, func(svc *service) error {
		v, err := svc.Cancel(ctx, scopeOf(""), qa.DocumentID(c.ID))
		if err != nil {
			return err
		}
		term.say("reading_stopped", string(v))
		return nil
	})
}
