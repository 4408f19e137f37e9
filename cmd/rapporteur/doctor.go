package main

import (
	"context"
	"errors"
	"slices"
	"strings"

	"rapporteur/ingest/extract/ocr"
	"rapporteur/qa"
	"rapporteur/upkeep"
)

type doctorCommand struct {
	JSON bool `help:"${help_json}"`
}

// Run checks database, originals, PDF reader and keys, and says what to do about each fault.
func (d *doctorCommand) Run(ctx context.Context, s *settings, term terminal) error {
	return with(ctx, s, term, func(svc *service) error {
		c := &checkup{term: term, json: d.JSON}
		x := upkeep.Examination{Library: svc.store, Originals: svc.originals, Queue: svc.queue, Data: s.Data, Report: func(f qa.Finding) { c.add(f) }}
		if err := x.Run(ctx); err != nil {
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
	if err == nil && enc != nil {
		err = s.learn(ctx, enc)
	}
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
