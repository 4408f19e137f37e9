package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"rapporteur/answer"
	"rapporteur/encoder"
	"rapporteur/encoder/gguf"
	"rapporteur/encoder/weights"
	"rapporteur/eval"
	"rapporteur/model"
	"rapporteur/qa"
)

// The values of the setting encoder that name no file.
const (
	encoderBuiltin = "builtin"
	encoderNone    = "none"   // questions are matched by their words alone
	encoderRemote  = "remote" // a model on another machine, of the section [models.embedder]
)

// textEncoder makes vectors of texts, in this process or on another machine.
type textEncoder interface {
	eval.Embedder
	Fingerprint() string
	Dimensions() int
	DocumentTokens(text string) int
	QueryTokens(text string) int
}

// loadEncoder gives the encoder that the settings name, nil for none.
func loadEncoder(s *settings) (textEncoder, error) {
	switch s.Encoder {
	case encoderNone:
		return nil, nil
	case encoderRemote:
		return embedder(s)
	case encoderBuiltin:
		return encoder.Load(weights.Model(), encoder.Options{Fingerprint: weights.Fingerprint,
			QueryPrefix: weights.QueryPrefix, DocumentPrefix: weights.DocumentPrefix})
	}
	file, err := os.ReadFile(s.Encoder)
	if err != nil {
		return nil, qa.E(qa.Invalid, "path_missing", s.Encoder).Because(err)
	}
	enc, err := encoder.Load(file, prefixes(file))
	if err != nil {
		return nil, qa.E(qa.Invalid, "encoder_refused", filepath.Base(s.Encoder), err.Error()).Because(err)
	}
	return enc, nil
}

// prefixes are what the texts of a model begin with: e5 models were trained with two words, the others
// of the BERT family take texts as they are. A file that cannot be read is refused by its loading.
func prefixes(file []byte) encoder.Options {
	f, err := gguf.Parse(file)
	if err != nil {
		return encoder.Options{}
	}
	if name, err := f.String("general.name"); err == nil && strings.Contains(strings.ToLower(name), "e5") {
		return encoder.Options{QueryPrefix: weights.QueryPrefix, DocumentPrefix: weights.DocumentPrefix}
	}
	return encoder.Options{}
}

// loading is an encoder on its way: it loads while the library is opened.
type loading chan loaded

type loaded struct {
	encoder textEncoder
	err     error
}

func startLoading(s *settings) loading {
	c := make(loading, 1)
	go func() {
		enc, err := loadEncoder(s)
		c <- loaded{enc, err}
	}()
	return c
}

// join gives the service what the encoder brings: vectors of what is ingested and a ranking by meaning.
// Without an encoder it leaves the service as it is.
func (s *service) join(ctx context.Context, set *settings, enc textEncoder) error {
	if enc == nil {
		return nil
	}
	if err := s.learn(ctx, enc); err != nil {
		return err
	}
	var embedder eval.Embedder = enc
	if set.vectorCache != "" {
		cache, err := eval.OpenVectorCache(set.vectorCache, enc.Fingerprint(), enc)
		if err != nil {
			return qa.E(qa.Invalid, "path_missing", set.vectorCache).Because(err)
		}
		s.closers = append(s.closers, cache)
		embedder = cache
	}
	used := qa.Encoder{Fingerprint: enc.Fingerprint(), Dimensions: enc.Dimensions()}
	vectors, ranking, err := s.store.useEncoder(ctx, encoderUse{Encoder: used, rebuild: set.rebuild, index: set.vectorIndex,
		failed: func(err error) { s.log.Error("vector index", "err", err) }})
	if err != nil {
		return err
	}
	s.vectors = vectors
	s.pipeline.Vectors, s.pipeline.Embedder, s.pipeline.Sentences = vectors, embedder, answer.Sentences
	s.retriever.Semantic, s.retriever.Embedder, s.retriever.Sentences = ranking, embedder, ranking
	if index, ok := ranking.(follower); ok {
		s.follows = append(s.follows, index)
	}
	if set.Encoder != encoderBuiltin {
		// The weights of fusion and of trust hold for the encoder that they were tuned with.
		s.retriever.Options.Fusion.Ranks = true
		s.answerer.Options.Uncalibrated = true
	}
	s.retriever.Failed = func(err error) { s.log.Warn("search by meaning", "err", err) }
	return nil
}

// learn has a remote encoder find out the dimension of its vectors, by which it is known.
func (s *service) learn(ctx context.Context, enc textEncoder) error {
	remote, ok := enc.(*model.Embedder)
	if !ok {
		return nil
	}
	used, err := s.store.Encoder(ctx)
	if err != nil {
		return err
	}
	return remote.Learn(ctx, used)
}

// sync brings the indexes up to date.
func (s *service) sync(ctx context.Context) error {
	errs := make([]error, len(s.follows))
	var all sync.WaitGroup
	for i, f := range s.follows {
		all.Go(func() { errs[i] = f.Sync(ctx) })
	}
	all.Wait()
	return errors.Join(errs...)
}

// follow keeps the indexes up to date until ctx ends; failures on the way are logged.
func (s *service) follow(ctx context.Context) (done <-chan struct{}) {
	ended := make(chan struct{})
	var all sync.WaitGroup
	for _, f := range s.follows {
		all.Go(func() { _ = f.Follow(ctx) })
	}
	go func() { all.Wait(); close(ended) }()
	return ended
}
