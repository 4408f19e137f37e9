package main

import (
	"context"

	"rapporteur/ingest"
	"rapporteur/ingest/source"
	"rapporteur/locale"
	"rapporteur/qa"
)

// absence tells, or removes, the documents that came from a folder and are not in it any more. Documents that also
// came otherwise (uploaded, given alone, from another folder) are never among them: see source.Folder.
type absence struct {
	svc        *service
	collection qa.CollectionID
	prune      bool

	gone, removed int
}

// tell reports each document that is gone, and removes it with prune. Of a folder that could not be listed whole
// nothing can be said. From a folder without any file nothing is removed: a disk that is not mounted looks so.
// Invalid prune_empty.
func (a *absence) tell(ctx context.Context, l source.Listing, term terminal, report func(outcome) error) error {
	present := make(map[string]bool, len(l.Items))
	for _, it := range l.Items {
		present[ingest.SourceOf(it.Source)] = true
	}
	told := map[string]bool{}
	empty := false
	for _, f := range l.Folders {
		if !f.Whole && a.prune {
			term.say("prune_not_whole")
		}
		if !f.Whole || told[f.Origin] {
			continue
		}
		told[f.Origin] = true
		list, err := a.svc.store.OnlyFrom(ctx, a.collection, f.Origin)
		if err != nil {
			return err
		}
		for _, d := range list {
			if present[d.Source] {
				continue
			}
			empty = empty || f.Files == 0
			if err := a.settle(ctx, d, a.prune && f.Files > 0, report); err != nil {
				return err
			}
		}
	}
	if a.prune && empty {
		return qa.E(qa.Invalid, "prune_empty")
	}
	return nil
}

// settle reports one document, and removes it first if asked.
func (a *absence) settle(ctx context.Context, d qa.Listed, remove bool, report func(outcome) error) error {
	o := outcome{Source: d.Source, Document: string(d.ID), Version: string(d.Newest.ID), State: string(d.Newest.State),
		Verdict: string(qa.VerdictGone), Pages: d.Newest.Pages, PagesWithoutText: len(d.Newest.PagesWithoutText),
		Chunks: d.Newest.Chunks, Bytes: d.Newest.Size, sentence: locale.Sentence(a.svc.language, "gone")}
	a.gone++
	if remove {
		err := a.svc.pipeline.Remove(ctx, qa.Scope{Collections: []qa.CollectionID{a.collection}}, d.ID)
		if err != nil && qa.KindOf(err) != qa.NotFound { // someone else was first
			return err
		}
		o.Verdict, o.sentence = string(qa.VerdictRemoved), locale.Sentence(a.svc.language, "gone_removed")
		a.removed++
	}
	return report(o)
}

// summary says how many there were.
func (a *absence) summary(term terminal) {
	if a.removed > 0 {
		term.say("summary_removed", a.removed)
	}
	if a.gone > a.removed {
		term.say("summary_gone", a.gone-a.removed)
	}
}
