package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"rapporteur/qa"
)

type embedCommand struct{}

// embedLine is one text to embed.
type embedLine struct {
	Text string `json:"text"`
	Kind string `json:"kind"`
}

// embedded is the vector of one text, and how many tokens it was made of, special ones included.
type embedded struct {
	Tokens int       `json:"tokens"`
	Vector []float32 `json:"vector"`
}

const (
	// maxEmbedLine is the longest line of texts, in bytes: a text of 10 MB escaped.
	maxEmbedLine = 64 << 20
	// embedAtOnce is how many lines that have come already are encoded together.
	embedAtOnce = 64
)

// Run encodes JSON lines of the standard input, in order. A program that writes one line and waits gets its
// answer at once; lines that have come together are encoded together.
func (c *embedCommand) Run(ctx context.Context, s *settings, term terminal) error {
	enc, err := loadEncoder(s)
	if err != nil {
		return err
	}
	if enc == nil {
		return qa.E(qa.Invalid, "encoder_none")
	}
	in, out := bufio.NewReaderSize(term.in, 1<<20), bufio.NewWriter(term.out)
	for n := 1; ; {
		lines, err := nextLines(in, n)
		if len(lines) > 0 {
			if err := embedAll(ctx, enc, lines, out); err != nil {
				return err
			}
			if err := out.Flush(); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		n += len(lines)
	}
}

// nextLines reads one line, and those that have come with it. n is the number of the first.
func nextLines(in *bufio.Reader, n int) (lines []embedLine, err error) {
	for len(lines) == 0 || in.Buffered() > 0 && len(lines) < embedAtOnce {
		raw, err := in.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return lines, err
		}
		if strings.TrimSpace(raw) != "" {
			var line embedLine
			if uerr := json.Unmarshal([]byte(raw), &line); uerr != nil || len(raw) > maxEmbedLine || !line.known() {
				return lines, qa.E(qa.Invalid, "line_unreadable", n+len(lines)).Because(uerr)
			}
			lines = append(lines, line)
		}
		if err != nil {
			return lines, err
		}
	}
	return lines, nil
}

// known reports whether the line says what its text is for; nothing means a passage.
func (l embedLine) known() bool { return l.Kind == "" || l.Kind == "passage" || l.query() }

func (l embedLine) query() bool { return l.Kind == "query" }

func embedAll(ctx context.Context, enc textEncoder, lines []embedLine, out io.Writer) error {
	results := make([]embedded, len(lines))
	var passages []string
	var places []int
	for i, l := range lines {
		if !l.query() {
			passages, places = append(passages, l.Text), append(places, i)
			results[i].Tokens = enc.DocumentTokens(l.Text)
			continue
		}
		v, err := enc.EmbedQuery(ctx, l.Text)
		if err != nil {
			return err
		}
		results[i] = embedded{enc.QueryTokens(l.Text), v}
	}
	vectors, err := enc.EmbedDocuments(ctx, passages)
	if err != nil {
		return err
	}
	for i, v := range vectors {
		results[places[i]].Vector = v
	}
	e := json.NewEncoder(out)
	for _, r := range results {
		if err := e.Encode(r); err != nil {
			return err
		}
	}
	return nil
}
