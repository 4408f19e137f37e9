package main

import (
	"context"

	"rapporteur/qa"
)

type reindexCommand struct{}

// Run computes the vectors of the whole library with the encoder of the settings, beside those in use, and
// then puts them in their place at once. A stopped run goes on where it was; questions are answered
// meanwhile. A server that runs on the library must be started again with the new encoder.
func (c *reindexCommand) Run(ctx context.Context, s *settings, term terminal) error {
	if s.Encoder == encoderNone {
		return qa.E(qa.Invalid, "encoder_none")
	}
	own := *s
	own.rebuild = true
	svc, err := open(ctx, &own, logger(s, term))
	if err != nil {
		return err
	}
	defer svc.Close()
	for all := 0; ; {
		n, err := svc.embedUnfinished(ctx, term)
		if err != nil {
			return err
		}
		all += n
		err = svc.vectors.Flip(ctx)
		if qa.CodeOf(err) == "reindex_unfinished" && n > 0 {
			continue // documents came meanwhile
		}
		if err == nil {
			term.say("reindexed", all)
		}
		return err
	}
}

// embedUnfinished gives every version its vectors, and tells how many lacked some.
func (s *service) embedUnfinished(ctx context.Context, term terminal) (int, error) {
	ids, err := s.vectors.Unfinished(ctx)
	if err != nil {
		return 0, err
	}
	bar := newProgress(term, "progress_vectors", len(ids))
	defer bar.done()
	for _, id := range ids {
		for more := true; more; {
			if more, err = s.pipeline.Embed(ctx, id); err != nil && qa.KindOf(err) != qa.NotFound {
				return 0, err
			}
		}
		bar.add(1)
	}
	return len(ids), nil
}
