package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"rapporteur/eval"
	"rapporteur/ingest/extract"
	"rapporteur/ingest/extract/pdf"
	"rapporteur/ingest/source"
	"rapporteur/qa"
)

// readerTask as first argument makes this program a reader of PDF files, as it starts itself for each.
const readerTask = "pdf-reader"

// document is one text to be found, under the name that the set calls it by.
type document struct {
	source string
	text   qa.Text
}

// texts gives the documents that the questions are about: the records of the set, or the reports, read as we read
// them, so that nothing but what is made of the texts is compared.
func (s settings) texts(ctx context.Context, set eval.Set, log io.Writer) ([]document, error) {
	if len(set.Records) > 0 {
		return fromRecords(set.Records), nil
	}
	if s.reports == "" {
		return nil, errors.New("the set brings no documents: --reports is needed")
	}
	listing, err := source.List(split(s.reports), false)
	if err != nil {
		return nil, err
	}
	compiled := cmp.Or(s.compiled, filepath.Join(s.cache, "pdf"))
	pool := pdf.New(func(ctx context.Context) *exec.Cmd { return exec.CommandContext(ctx, os.Args[0], readerTask, compiled) },
		pdf.Options{StartLimit: 5 * time.Minute})
	defer pool.Close()
	x := &extract.Extractor{PDF: pool}
	var out []document
	for _, item := range listing.Items {
		t, err := read(ctx, x, item)
		switch {
		case qa.CodeOf(err) == string(qa.VerdictNoText):
			fmt.Fprintf(log, "%s: no text\n", item.Source)
		case err != nil:
			return nil, fmt.Errorf("%s: %w", item.Source, err)
		default:
			out = append(out, document{source: item.Source, text: t})
		}
	}
	return out, nil
}

// fromRecords puts the title before the text, as readers of BEIR sets do: it helps a record that speaks of « he ».
func fromRecords(records []eval.Record) []document {
	out := make([]document, len(records))
	for i, r := range records {
		content := r.Text
		if r.Title != "" {
			content = r.Title + "\n\n" + r.Text
		}
		out[i] = document{source: r.ID, text: qa.Text{Content: content}}
	}
	return out
}

func read(ctx context.Context, x *extract.Extractor, item source.Item) (qa.Text, error) {
	r, err := item.Open()
	if err != nil {
		return qa.Text{}, err
	}
	raw, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		return qa.Text{}, err
	}
	f := qa.File{ReadSeeker: bytes.NewReader(raw), Name: item.Source, MediaType: item.MediaType}
	if f.MediaType == "" {
		if f.MediaType, err = x.Sniff(f); err != nil {
			return qa.Text{}, err
		}
	}
	return x.Extract(ctx, f)
}

// serveReader is the child's side of the reader of PDF files; compiled is the folder of its compiled code.
func serveReader(ctx context.Context, compiled string) error {
	return pdf.Serve(ctx, os.Stdin, os.Stdout, pdf.ServeOptions{CacheDir: compiled})
}
