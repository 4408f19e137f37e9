package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"rapporteur/ingest/source"
	"rapporteur/locale"
	"rapporteur/qa"
)

type ingestCommand struct {
	Paths      []string `arg:"" help:"${help_paths}"`
	Collection string   `default:"default" help:"${help_collection}"`
	Format     string   `enum:"auto,jsonl" default:"auto" help:"${help_format}"`
	Prune      bool     `help:"${help_prune}"`
	JSON       bool     `help:"${help_json}"`
	// PasswordFile keeps the password out of the list of processes and the history of the shell.
	PasswordFile string `name:"password-file" placeholder:"FILE" help:"${help_password_file}"`
}

// outcome is what became of one item: the line that is printed for it.
type outcome struct {
	Source           string `json:"source"`
	Document         string `json:"document"`
	Version          string `json:"version"`
	State            string `json:"state"`
	Verdict          string `json:"verdict"`
	Pages            int    `json:"pages"`
	PagesWithoutText int    `json:"pages_without_text"`
	Chunks           int    `json:"chunks"`
	Bytes            int64  `json:"bytes"`
	MS               int64  `json:"ms"`
	sentence         string
}

// readable reports whether the file behind the outcome can be asked about.
func (o outcome) readable() bool { return qa.Verdict(o.Verdict).Readable() }

// errNotAllRead ends `ingest` with exit code 2 after the verdicts were printed.
var errNotAllRead = qa.E(qa.Unprocessable, "not_all_read")

// Run ingests every path, prints one verdict a file and ends when all that was read can be asked about, and what is
// gone from a folder is told, or removed.
func (c *ingestCommand) Run(ctx context.Context, s *settings, term terminal) error {
	listing, err := source.List(c.Paths, c.Format == "jsonl")
	if err != nil {
		return err
	}
	if c.Prune && len(listing.Folders) == 0 {
		return qa.E(qa.Invalid, "prune_without_folder")
	}
	items := listing.Items
	if err := c.protect(items, term.in); err != nil {
		return err
	}
	svc, err := open(ctx, s, logger(s, term))
	if err != nil {
		return err
	}
	defer svc.Close()
	stop := svc.work(ctx)
	defer stop()
	bar := newProgress(term, "progress_reading", len(items))
	read, unchanged := 0, 0
	err = svc.ingest(ctx, qa.CollectionID(c.Collection), items, func(o outcome) error {
		bar.add(1)
		if o.readable() {
			read++
		}
		if o.Verdict == string(qa.VerdictUnchanged) {
			unchanged++
		}
		return c.print(term, o)
	})
	bar.done()
	if err == nil {
		err = svc.awaitVectors(ctx, term)
	}
	gone := absence{svc: svc, collection: qa.CollectionID(c.Collection), prune: c.Prune}
	if err == nil {
		err = gone.tell(ctx, listing, term, func(o outcome) error { return c.print(term, o) })
	}
	if err != nil {
		return err
	}
	if !c.JSON {
		term.say("summary", len(items), read-unchanged, unchanged, len(items)-read)
		gone.summary(term)
	}
	if read < len(items) {
		return errNotAllRead
	}
	return nil
}

func (c *ingestCommand) print(term terminal, o outcome) error {
	if c.JSON {
		return json.NewEncoder(term.out).Encode(o)
	}
	detail := ""
	if o.Pages > 0 {
		detail = fmt.Sprintf(" (%d p.)", o.Pages)
	}
	_, err := fmt.Fprintf(term.out, "%-18s %s%s\n", o.Verdict, o.Source, detail)
	if err == nil && o.Verdict != string(qa.VerdictIngested) && o.Verdict != string(qa.VerdictUnchanged) {
		_, err = fmt.Fprintf(term.out, "%18s %s\n", "", o.sentence)
	}
	return err
}

// maxPassword is the longest password, in bytes: Office takes 255 characters.
const maxPassword = 1024

// protect gives the items the password of the command. It is the first line of a file, or of the standard
// input for « - ».
func (c *ingestCommand) protect(items []source.Item, in io.Reader) error {
	if c.PasswordFile == "" {
		return nil
	}
	if c.PasswordFile != "-" {
		f, err := os.Open(c.PasswordFile)
		if err != nil {
			return qa.E(qa.Invalid, "path_missing", c.PasswordFile).Because(err)
		}
		defer f.Close()
		in = f
	}
	line, err := bufio.NewReader(io.LimitReader(in, maxPassword)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return qa.E(qa.Invalid, "password_missing").Because(err)
	}
	password := strings.TrimRight(line, "\r\n")
	if password == "" {
		return qa.E(qa.Invalid, "password_missing")
	}
	for i := range items {
		items[i].Password = password
	}
	return nil
}

// accepted is an item on its way: acknowledged, or refused at once.
type accepted struct {
	outcome
	version qa.VersionID // "" when nothing is to be waited for
	start   time.Time
}

// ingest accepts the items and reports each in order, once it has reached its last state. Accepting
// runs ahead of reading, so that the workers never wait.
func (s *service) ingest(ctx context.Context, collection qa.CollectionID, items []source.Item, report func(outcome) error) error {
	ctx, cancel := context.WithCancel(ctx)
	queue, failed := make(chan accepted, 256), make(chan error, 1)
	defer func() {
		cancel()
		for range queue { // the library may be closed once nothing is accepted any more
		}
	}()
	go func() {
		defer close(queue)
		for _, it := range items {
			a, err := s.accept(ctx, collection, it)
			if err != nil {
				failed <- err
				return
			}
			select {
			case queue <- a:
			case <-ctx.Done():
				return
			}
		}
	}()
	for a := range queue {
		if err := s.await(ctx, &a); err != nil {
			return err
		}
		if err := report(a.outcome); err != nil {
			return err
		}
	}
	select {
	case err := <-failed:
		return err
	default:
		return ctx.Err()
	}
}

// accept gives one item to the pipeline. An error about the file is its verdict; others end the command.
func (s *service) accept(ctx context.Context, collection qa.CollectionID, it source.Item) (accepted, error) {
	a := accepted{start: time.Now(), outcome: outcome{Source: it.Source}}
	receipt, err := s.send(ctx, collection, it)
	var refused *qa.Error
	if errors.As(err, &refused) && aboutItem(it, refused) {
		a.State, a.Verdict, a.sentence = string(qa.StateFailed), refused.Code, locale.Sentence(s.language, refused.Code, refused.Args...)
		a.MS = time.Since(a.start).Milliseconds()
		return a, nil
	}
	if err != nil {
		return a, err
	}
	a.Document, a.version = string(receipt.Document.ID), receipt.Version.ID
	if receipt.Outcome == qa.VerdictUnchanged {
		a.Verdict = string(qa.VerdictUnchanged)
	}
	return a, nil
}

// aboutItem tells what is wrong with one item from what is wrong with the library.
func aboutItem(it source.Item, err *qa.Error) bool {
	return slices.Contains([]qa.Kind{qa.TooLarge, qa.Unsupported, qa.Unprocessable}, err.Kind) || it.URL != "" && strings.HasPrefix(err.Code, "url_")
}

// send opens or fetches one item and gives it to the pipeline.
func (s *service) send(ctx context.Context, collection qa.CollectionID, it source.Item) (qa.Receipt, error) {
	if it.URL != "" {
		return s.pipeline.AcceptURL(ctx, qa.Upload{Collection: collection, Title: it.Title, Password: it.Password}, it.URL)
	}
	r, err := it.Open()
	var refused *qa.Error
	switch {
	case errors.As(err, &refused):
		return qa.Receipt{}, err
	case err != nil:
		return qa.Receipt{}, qa.E(qa.Invalid, "path_missing", it.Source).Because(err)
	}
	defer r.Close()
	return s.pipeline.Accept(ctx, qa.Upload{Collection: collection, Title: it.Title, Source: it.Source,
		MediaType: it.MediaType, Password: it.Password, Origin: it.Origin, Replace: true}, r)
}

// await waits until the version of a reached its last state and fills the line with what was found.
func (s *service) await(ctx context.Context, a *accepted) error {
	if a.version == "" {
		return nil
	}
	for pause := 5 * time.Millisecond; ; pause = min(2*pause, 100*time.Millisecond) {
		_, v, err := s.store.Version(ctx, a.version)
		if err != nil {
			return err
		}
		if !v.State.Pending() {
			a.fill(v, s.language)
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (a *accepted) fill(v qa.Version, language string) {
	a.Version, a.State, a.Bytes = string(v.ID), string(v.State), v.Size
	a.Pages, a.PagesWithoutText, a.Chunks = v.Pages, len(v.PagesWithoutText), v.Chunks
	a.MS = time.Since(a.start).Milliseconds()
	if a.Verdict == "" || v.State == qa.StateFailed {
		a.Verdict = string(v.Verdict)
	}
	a.sentence = locale.Verdict(language, a.Verdict, v.Pages, v.PagesWithoutText)
}
