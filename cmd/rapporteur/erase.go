package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rapporteur/erasure"
	"rapporteur/qa"
	"rapporteur/store/codec"
)

type eraseCommand struct {
	IDs    []string `arg:"" optional:"" name:"id" help:"${help_erase_ids}"`
	Verify bool     `help:"${help_erase_verify}"`
	Yes    bool     `short:"y" help:"${help_yes}"`
	JSON   bool     `help:"${help_json}"`
}

// Run removes documents for good, and says where it looked for what they may have left.
func (c *eraseCommand) Run(ctx context.Context, s *settings, term terminal) error {
	if len(c.IDs) == 0 && !c.Verify {
		return qa.E(qa.Invalid, "erase_nothing")
	}
	return with(ctx, s, term, func(svc *service) error {
		traces, err := c.erase(ctx, svc, term)
		if err != nil {
			return err
		}
		findings, err := svc.store.purge(ctx, true)
		if err != nil {
			return err
		}
		if c.Verify {
			more, err := svc.leftBehind(ctx, s, traces)
			if err != nil {
				return err
			}
			findings = append(findings, more...)
		}
		report := &checkup{term: term, json: c.JSON}
		report.add(findings...)
		return report.verdict()
	})
}

// erase removes the documents after asking, and gives their traces where they are to be looked for.
func (c *eraseCommand) erase(ctx context.Context, svc *service, term terminal) (*erasure.Traces, error) {
	traces := &erasure.Traces{}
	for _, id := range c.IDs {
		d, versions, err := svc.store.Document(ctx, scopeOf(""), qa.DocumentID(id))
		if err != nil {
			return nil, err
		}
		if !c.Yes && !confirmed(term, "confirm_remove", d.Title, len(versions)) {
			continue
		}
		if c.Verify {
			if err := svc.remember(ctx, traces, d, versions); err != nil {
				return nil, err
			}
		}
		if err := svc.pipeline.Remove(ctx, scopeOf(""), d.ID); err != nil {
			return nil, err
		}
		term.say("removed", d.Title)
	}
	return traces, nil
}

// remember notes what would betray a document.
func (s *service) remember(ctx context.Context, traces *erasure.Traces, d qa.Document, versions []qa.Version) error {
	traces.AddText(d.Title)
	traces.AddText(d.Source)
	vectors, err := s.storedVectors(ctx)
	if err != nil {
		return err
	}
	for _, v := range versions {
		t, _, err := s.store.Text(ctx, scopeOf(""), d.ID, v.ID)
		if qa.KindOf(err) == qa.NotFound {
			continue // not read
		}
		if err != nil {
			return err
		}
		traces.AddText(t.Content)
		if vectors == nil {
			continue
		}
		list, err := vectors.Vectors(ctx, v.ID)
		if err != nil {
			return err
		}
		for _, c := range list {
			traces.AddVector(codec.PackVector(c.Vector))
		}
	}
	return nil
}

// vectorReader reads stored vectors.
type vectorReader interface {
	Vectors(ctx context.Context, id qa.VersionID) ([]qa.ChunkVector, error)
}

// storedVectors reads the vectors of the library, whichever encoder made them; nil where there are none.
func (s *service) storedVectors(ctx context.Context) (vectorReader, error) {
	used, err := s.store.Encoder(ctx)
	if err != nil || used.Fingerprint == "" {
		return nil, err
	}
	v, _, err := s.store.useEncoder(ctx, used, false, func(error) {})
	if err != nil {
		return nil, err
	}
	r, ok := v.(vectorReader)
	if !ok {
		return nil, fmt.Errorf("the vectors of this database cannot be read")
	}
	return r, nil
}

// leftBehind looks for what removed documents left: in the database, in the queue, and in the files that this
// machine can read.
func (s *service) leftBehind(ctx context.Context, set *settings, traces *erasure.Traces) ([]qa.Finding, error) {
	out, err := s.store.residue(ctx)
	if err != nil {
		return nil, err
	}
	if traces.Len() == 0 {
		return out, nil
	}
	if err := s.forgetKept(ctx, traces); err != nil {
		return nil, err
	}
	for _, place := range s.places(ctx, set) {
		var found erasure.Search
		if err := traces.Below(ctx, place, &found); err != nil {
			return nil, err
		}
		switch {
		case len(found.Found) > 0:
			out = append(out, qa.Finding{Code: "erase_files_bad", Args: []any{place, len(found.Found), strings.Join(names(found.Found), ", ")}, Bad: true})
		case found.Files > 0 || len(found.Closed) == 0:
			out = append(out, qa.Finding{Code: "erase_files", Args: []any{place, found.Files, float64(found.Bytes) / 1e6}})
		}
		if len(found.Closed) > 0 {
			out = append(out, qa.Finding{Code: "erase_closed", Args: []any{place, len(found.Closed)}})
		}
	}
	return append(out, qa.Finding{Code: "erase_elsewhere"}), nil
}

// names are the last parts of paths, a few of them.
func names(paths []string) (out []string) {
	const shown = 5
	for _, p := range paths[:min(shown, len(paths))] {
		out = append(out, filepath.Base(p))
	}
	return out
}

// forgetKept drops traces that documents of the library hold too.
func (s *service) forgetKept(ctx context.Context, traces *erasure.Traces) error {
	for after := qa.DocumentID(""); ; {
		page, err := s.store.Documents(ctx, scopeOf(""), after, listStep)
		if err != nil {
			return err
		}
		for _, d := range page {
			after = d.ID
			_, versions, err := s.store.Document(ctx, scopeOf(""), d.ID)
			if err != nil {
				return err
			}
			traces.Forget(d.Title + "\n" + d.Source)
			for _, v := range versions {
				t, _, err := s.store.Text(ctx, scopeOf(""), d.ID, v.ID)
				if qa.KindOf(err) == qa.NotFound {
					continue
				}
				if err != nil {
					return err
				}
				traces.Forget(t.Content)
			}
		}
		if len(page) < listStep {
			return nil
		}
	}
}

// places lists the folders of this machine: data, originals, cache, what stands in the folder for temporary files,
// and the files of the database where they can be read.
func (s *service) places(ctx context.Context, set *settings) []string {
	out := []string{set.Data}
	if folder := folderOf(set.Originals); folder != "" {
		out = append(out, folder)
	}
	out = append(out, filepath.Join(set.cacheDir(), "pdf"))
	temporary, err := filepath.Glob(filepath.Join(os.TempDir(), "rapporteur*"))
	if err == nil { // no pattern of ours is malformed
		out = append(out, temporary...)
	}
	if dir := s.store.files(ctx); dir != "" {
		out = append(out, dir)
	}
	return slices.Compact(out)
}

// folderOf gives the folder of originals that are kept in one beside the data, "" for those in a bucket elsewhere.
func folderOf(setting string) string {
	u, err := url.Parse(setting)
	switch {
	case err == nil && u.Scheme == "file":
		return u.Path
	case strings.Contains(setting, "://"):
		return ""
	}
	return setting
}
