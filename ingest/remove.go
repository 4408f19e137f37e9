package ingest

import (
	"context"

	"rapporteur/qa"
)

// Remove erases a document that the scope holds: its rows and texts, then the originals that
// nothing else refers to. NotFound document_unknown otherwise. If it is cut short after the rows
// are gone, Sweep drops the originals.
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
	return nil
}

// Sweep drops originals that no version refers to and leftovers of uploads that were cut short.
// It is meant for the start of a process and may run beside uploads, also of other processes.
func (p *Pipeline) Sweep(ctx context.Context) error {
	return p.Originals.Sweep(ctx, p.Library.Unreferenced)
}
