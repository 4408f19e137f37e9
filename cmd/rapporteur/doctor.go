package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"rapporteur/ingest/extract/ocr"
	"rapporteur/locale"
	"rapporteur/qa"
)

type doctorCommand struct {
	JSON bool `help:"${help_json}"`
}

// Run checks database, originals, PDF reader and keys, and says what to do about each fault.
func (d *doctorCommand) Run(ctx context.Context, s *settings, term terminal) error {
	return with(ctx, s, term, func(svc *service) error {
		c := &checkup{term: term, json: d.JSON}
		if err := svc.checkDatabase(ctx, s, c); err != nil {
			return err
		}
		if err := svc.checkDocuments(ctx, c); err != nil {
			return err
		}
		if err := svc.readers.Warm(ctx); err != nil {
			c.say(false, "check_pdf_bad")
		} else {
			c.say(true, "check_pdf")
		}
		svc.checkRecognition(ctx, c)
		if err := svc.checkEncoder(ctx, s, c); err != nil {
			return err
		}
		keys, err := svc.activeKeys(ctx)
		if err != nil {
			return err
		}
		c.say(true, "check_keys", keys)
		return c.verdict()
	})
}

// checkDatabase reads the whole library, and looks at its settings, its queue and the room on its disk.
func (s *service) checkDatabase(ctx context.Context, set *settings, c *checkup) error {
	if err := s.store.Check(ctx); err != nil {
		c.say(false, "check_store_bad")
	} else {
		c.say(true, "check_store")
	}
	found, err := s.store.health(ctx)
	if err != nil {
		return err
	}
	c.add(found...)
	residue, err := s.store.residue(ctx)
	if err != nil {
		return err
	}
	c.add(residue...)
	free, err := roomOn(set.Data)
	switch {
	case err != nil:
		s.log.Warn("room on the disk", "err", err) // not every system tells
	case free < leastRoom:
		c.say(false, "check_room_bad", free>>20)
	default:
		c.say(true, "check_room", free>>20)
	}
	return nil
}

// leastRoom is how many free bytes are too few: the largest upload, its text and vectors, and a library that is
// compacted need several times the size of an upload.
const leastRoom = 512 << 20

// checkRecognition says whether pictures of pages can be read. A machine without the program is no
// fault, but the user should know what would help.
func (s *service) checkRecognition(ctx context.Context, c *checkup) {
	if s.reader == nil {
		c.say(true, "check_ocr_off")
		return
	}
	languages, err := s.reader.Languages(ctx)
	switch {
	case errors.Is(err, ocr.ErrMissing), errors.Is(err, ocr.ErrLanguages):
		c.say(true, "check_ocr_missing")
	case err != nil:
		c.say(false, "check_ocr_bad")
	case !slices.Contains(languages, "fra"):
		c.say(true, "check_ocr_french", strings.Join(languages, ", "))
	default:
		c.say(true, "check_ocr", strings.Join(languages, ", "))
	}
}

// checkEncoder compares the encoder of the library with that of the settings.
func (s *service) checkEncoder(ctx context.Context, set *settings, c *checkup) error {
	used, err := s.store.Encoder(ctx)
	if err != nil {
		return err
	}
	enc, err := loadEncoder(set)
	var refused *qa.Error
	switch {
	case errors.As(err, &refused):
		c.say(false, refused.Code, refused.Args...)
	case err != nil:
		return err
	case used.Fingerprint == "":
		c.say(true, "check_encoder_none")
	case enc != nil && enc.Fingerprint() != used.Fingerprint:
		c.say(false, "check_encoder_bad")
	default:
		c.say(true, "check_encoder", excerpt(used.Fingerprint, 12))
	}
	return nil
}

// checkDocuments looks for the original of every version, and names what could not be read.
func (s *service) checkDocuments(ctx context.Context, c *checkup) error {
	all, live, present, waiting := 0, 0, 0, 0
	var missing []string
	for after := qa.DocumentID(""); ; {
		page, err := s.store.Documents(ctx, scopeOf(""), after, listStep)
		if err != nil {
			return err
		}
		for _, d := range page {
			after = d.ID
			all++
			if d.Live != "" {
				live++
			}
			if d.Newest.Embedded < 1 {
				waiting++
			}
			if d.Newest.State == qa.StateFailed {
				c.say(true, "check_failed", d.Source, locale.Verdict(c.term.language, string(d.Newest.Verdict), d.Newest.Pages, d.Newest.PagesWithoutText))
			}
			ok, err := s.originalsPresent(ctx, d.ID)
			if err != nil {
				return err
			}
			if ok {
				present++
			} else {
				missing = append(missing, d.Source)
			}
		}
		if len(page) < listStep {
			break
		}
	}
	c.say(true, "check_documents", all, live)
	c.say(true, "check_originals", present)
	if waiting > 0 {
		c.say(true, "check_vectors_late", waiting)
	}
	if len(missing) > 0 {
		c.say(false, "check_originals_bad", len(missing), strings.Join(missing, ", "))
	}
	return nil
}

func (s *service) originalsPresent(ctx context.Context, id qa.DocumentID) (bool, error) {
	_, versions, err := s.store.Document(ctx, scopeOf(""), id)
	if err != nil {
		return false, err
	}
	for _, v := range versions {
		f, err := s.originals.Open(ctx, v.Hash)
		var known *qa.Error
		if errors.As(err, &known) && known.Kind == qa.NotFound {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		f.Close()
	}
	return true, nil
}
