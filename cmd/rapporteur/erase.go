package main

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"rapporteur/qa"
	"rapporteur/store/codec"
	"rapporteur/upkeep"
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
		findings, err := svc.store.Purge(ctx, true)
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
func (c *eraseCommand) erase(ctx context.Context, svc *service, term terminal) (*upkeep.Traces, error) {
	traces := &upkeep.Traces{}
	before := func(qa.DocumentID) error { return nil }
	if c.Verify {
		vectors, err := svc.storedVectors(ctx)
		if err != nil {
			return nil, err
		}
		before = func(id qa.DocumentID) error { return traces.Remember(ctx, svc.store, vectors, id, codec.PackVector) }
	}
	for _, id := range c.IDs {
		if _, err := svc.remove(ctx, term, qa.DocumentID(id), c.Yes, before); err != nil {
			return nil, err
		}
	}
	return traces, nil
}

// storedVectors reads the vectors of the library, whichever encoder made them; nil where there are none.
func (s *service) storedVectors(ctx context.Context) (upkeep.Vectors, error) {
	used, err := s.store.Encoder(ctx)
	if err != nil || used.Fingerprint == "" {
		return nil, err
	}
	v, _, err := s.store.useEncoder(ctx, encoderUse{Encoder: used, index: indexDatabase})
	return v, err
}

// leftBehind looks for what removed documents left: in the database, and in the files that this machine can read.
func (s *service) leftBehind(ctx context.Context, set *settings, traces *upkeep.Traces) ([]qa.Finding, error) {
	out, err := s.store.Residue(ctx)
	if err != nil || traces.Len() == 0 {
		return out, err
	}
	if err := traces.ForgetKept(ctx, s.store); err != nil {
		return nil, err
	}
	found, err := traces.Look(ctx, s.places(ctx, set))
	return append(out, found...), err
}

// places lists the folders of this machine: data, originals, cache, what stands in the folder for temporary files,
// and the files of the database where they can be read.
func (s *service) places(ctx context.Context, set *settings) []string {
	out := []string{set.Data}
	if folder := folderOf(set.Originals); folder != "" {
		out = append(out, folder)
	}
	out = append(out, filepath.Join(set.cacheDir(), "pdf"), set.picturesDir())
	temporary, err := filepath.Glob(filepath.Join(os.TempDir(), "rapporteur*"))
	if err == nil { // no pattern of ours is malformed
		out = append(out, temporary...)
	}
	if dir := s.store.Files(ctx); dir != "" {
		out = append(out, dir)
	}
	return out
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
