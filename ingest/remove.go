package ingest

import (
	"context"
	"slices"

	"rapporteur/qa"
)

// Remove erases a document that the scope holds: its rows and texts, then the originals that
// nothing else refers to, and leaves a tombstone beside the originals. NotFound document_unknown
// otherwise. If it is cut short after the rows are gone, Sweep does the rest.
func (p *Pipeline) Remove(ctx context.Context, s qa.Scope, id qa.DocumentID) error {
	hashes, err := p.Library.DeleteDocument(ctx, s, id)
	if err != nil {
		return err
	}
	for _, hash := range hashes {
		err := p.Library.Unreferenced(ctx, hash, func() error { return p.Originals.Delete(ctx, hash) })
		if err != nil {
			return err
		}
	}
	return p.bury(ctx, id)
}

// bury takes the tombstone of the library, so that both bear the same time.
func (p *Pipeline) bury(ctx context.Context, id qa.DocumentID) error {
	list, err := p.Library.Tombstones(ctx)
	if err != nil {
		return err
	}
	return p.Originals.Bury(ctx, slices.DeleteFunc(list, func(t qa.Tombstone) bool { return t.Document != id })...)
}

// Sweep drops originals that no version refers to and leftovers of uploads that were cut short, and
// buries what was removed when that was cut short. It is meant for the start of a process and may run beside
// uploads, also of other processes.
func (p *Pipeline) Sweep(ctx context.Context) error {
	list, err := p.Library.Tombstones(ctx)
	if err != nil {
		return err
	}
	if err := p.Originals.Bury(ctx, list...); err != nil {
		return err
	}
	return p.Originals.Sweep(ctx, p.Library.Unreferenced)
}
