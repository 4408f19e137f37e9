package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"rapporteur/locale"
	"rapporteur/qa"
	"rapporteur/server/wire"
)

type documentsCommand struct {
	List     documentsListCommand     `cmd:"" help:"${help_documents_list}"`
	Show     documentsShowCommand     `cmd:"" help:"${help_documents_show}"`
	Remove   documentsRemoveCommand   `cmd:"" help:"${help_documents_remove}"`
	Rollback documentsRollbackCommand `cmd:"" help:"${help_rollback}"`
}

type documentsListCommand struct {
	Collection string `help:"${help_collection}"`
	JSON       bool   `help:"${help_json}"`
}

// listStep is how many documents are read from the store at a time.
const listStep = 200

// Run lists the documents with the state of their newest version.
func (c *documentsListCommand) Run(ctx context.Context, s *settings, term terminal) error {
	return with(ctx, s, term, func(svc *service) error {
		w := tabwriter.NewWriter(term.out, 0, 4, 2, ' ', 0)
		enc := json.NewEncoder(term.out)
		n := 0
		for after := qa.DocumentID(""); ; {
			page, err := svc.store.Documents(ctx, scopeOf(c.Collection), after, listStep)
			if err != nil {
				return err
			}
			for _, d := range page {
				n++
				after = d.ID
				if c.JSON {
					err = enc.Encode(wire.NewDocument(d.Document, d.Newest))
				} else {
					_, err = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", d.ID, d.Newest.State, d.Newest.Verdict, d.Source, d.Title)
				}
				if err != nil {
					return err
				}
			}
			if len(page) < listStep {
				break
			}
		}
		if n == 0 && !c.JSON {
			term.say("nothing_here")
		}
		return w.Flush()
	})
}

type documentsShowCommand struct {
	ID   string `arg:"" help:"${help_document}"`
	JSON bool   `help:"${help_json}"`
}

// Run shows one document with its versions, newest first.
func (c *documentsShowCommand) Run(ctx context.Context, s *settings, term terminal) error {
	return with(ctx, s, term, func(svc *service) error {
		d, versions, err := svc.store.Document(ctx, scopeOf(""), qa.DocumentID(c.ID))
		if err != nil {
			return err
		}
		if c.JSON {
			return json.NewEncoder(term.out).Encode(wire.NewDocumentDetail(d, versions))
		}
		w := bufio.NewWriter(term.out)
		fmt.Fprintf(w, "%s\n%s (%s)\n", d.Title, d.Source, d.Collection)
		for _, v := range versions {
			fmt.Fprintf(w, "  %s  %s  %s  %s\n", v.ID, v.CreatedAt.Local().Format("2006-01-02 15:04"), v.State,
				locale.Verdict(term.language, string(v.Verdict), v.Pages, v.PagesWithoutText))
		}
		return w.Flush()
	})
}

type documentsRemoveCommand struct {
	ID  string `arg:"" help:"${help_document}"`
	Yes bool   `short:"y" help:"${help_yes}"`
}

// Run removes a document after asking.
func (c *documentsRemoveCommand) Run(ctx context.Context, s *settings, term terminal) error {
	return with(ctx, s, term, func(svc *service) error {
		d, versions, err := svc.store.Document(ctx, scopeOf(""), qa.DocumentID(c.ID))
		if err != nil {
			return err
		}
		if !c.Yes && !confirmed(term, "confirm_remove", d.Title, len(versions)) {
			return nil
		}
		if err := svc.pipeline.Remove(ctx, scopeOf(""), d.ID); err != nil {
			return err
		}
		term.say("removed", d.Title)
		return nil
	})
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
		if _, err := svc.store.Rollback(ctx, scopeOf(""), qa.DocumentID(c.ID), qa.VersionID(c.Version)); err != nil {
			return err
		}
		term.say("rolled_back", c.Version)
		return nil
	})
}
