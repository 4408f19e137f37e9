package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"rapporteur/encoder"
)

const (
	passageTokens = 256  // of each passage, prefix and special tokens included
	queryTokens   = 16   // the same for a question
	longest       = 4096 // bytes of a text that are looked at
)

// tokens is how long texts of a kind are.
func (k kind) tokens() int {
	if k == query {
		return queryTokens
	}
	return passageTokens
}

// readTexts gives the field "text" of each line of a file of JSON lines.
func readTexts(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []string
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var line struct{ Text string }
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		out = append(out, line.Text)
	}
	return out, lines.Err()
}

// workload cuts texts to the length of their kind and packs the first of them into requests of size texts.
func workload(e *encoder.Encoder, texts []string, k kind, size, requests int) ([]request, error) {
	var out []request
	r := request{Kind: k}
	for _, t := range texts {
		if len(out) == requests {
			break
		}
		cut, ids, ok := cutTo(e, t, k)
		if !ok {
			continue
		}
		r.Texts, r.IDs = append(r.Texts, cut), append(r.IDs, ids)
		if len(r.Texts) == size {
			out, r = append(out, r), request{Kind: k}
		}
	}
	if len(out) < requests {
		return nil, fmt.Errorf("the texts make %d of %d requests of %d texts of %d tokens", len(out), requests, size, k.tokens())
	}
	return out, nil
}

// cutTo gives the start of a text that is as long as its kind with prefix and special tokens, and those tokens.
func cutTo(e *encoder.Encoder, text string, k kind) (string, []int32, bool) {
	n := k.tokens()
	text = strings.TrimSpace(strings.ToValidUTF8(text[:min(len(text), longest)], ""))
	tokens := e.Tokens(text)
	for last := min(n, len(tokens)) - 1; last >= max(0, n-8); last-- {
		cut := strings.TrimSpace(text[:tokens[last].End])
		ids := tokenIDs(e, string(k)+": "+cut)
		if len(ids) == n {
			return cut, ids, true
		}
	}
	return "", nil, false
}

// tokenIDs gives the tokens of a text between <s> (0) and </s> (2), as the model wants them.
func tokenIDs(e *encoder.Encoder, text string) []int32 {
	ids := []int32{0}
	for _, t := range e.Tokens(text) {
		ids = append(ids, t.ID)
	}
	return append(ids, 2)
}
