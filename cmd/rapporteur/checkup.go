package main

import (
	"encoding/json"
	"fmt"

	"rapporteur/locale"
	"rapporteur/qa"
)

// errUnwell ends `doctor` and `erase --verify` with exit code 1 after the findings were printed.
var errUnwell = qa.E(qa.Internal, "unwell")

// checkup collects findings and shows them as they come, or at the end as JSON.
type checkup struct {
	term  terminal
	json  bool
	lines []line
	bad   bool
}

// line is a finding as --json prints it.
type line struct {
	Code string `json:"code"`
	OK   bool   `json:"ok"`
	Text string `json:"text"`
}

// add takes findings, and prints them unless they are wanted as JSON.
func (c *checkup) add(findings ...qa.Finding) {
	for _, f := range findings {
		for i, arg := range f.Args {
			if v, ok := arg.(qa.Version); ok {
				f.Args[i] = locale.Verdict(c.term.language, string(v.Verdict), v.Pages, v.PagesWithoutText)
			}
		}
		text := locale.Sentence(c.term.language, f.Code, f.Args...)
		c.lines = append(c.lines, line{f.Code, !f.Bad, text})
		c.bad = c.bad || f.Bad
		if c.json {
			continue
		}
		frame := "doctor_ok"
		if f.Bad {
			frame = "doctor_bad"
		}
		fmt.Fprintln(c.term.out, locale.Sentence(c.term.language, frame, text))
	}
}

// say adds one finding.
func (c *checkup) say(ok bool, code string, args ...any) {
	c.add(qa.Finding{Code: code, Args: args, Bad: !ok})
}

// verdict ends a command: with exit code 1 when a finding is bad.
func (c *checkup) verdict() error {
	if c.json {
		if err := json.NewEncoder(c.term.out).Encode(c.lines); err != nil {
			return err
		}
	}
	if c.bad {
		return errUnwell
	}
	return nil
}
