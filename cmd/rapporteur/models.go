package main

import (
	"context"
	"net/http"
	"os"

	"rapporteur/model"
	"rapporteur/qa"
)

// modelOptions are those of the settings' model, with the client that reaches it; both are nil when none is set.
func modelOptions(s *settings) (*model.Options, *http.Client, error) {
	m := s.Model
	if m.Name == "" && m.BaseURL == "" {
		return nil, nil, nil
	}
	o := &model.Options{Server: model.Server{Kind: model.Kind(m.Kind), BaseURL: m.BaseURL, Model: m.Name}, FirstToken: m.FirstToken,
		Whole: m.Timeout, Concurrency: m.Concurrency, MaxTokens: m.MaxTokens, Context: m.Context, DailyTokens: m.TokensPerDay}
	outside, err := o.Connect(s.AllowHosts, m.KeyFile, os.Getenv(m.KeyEnv))
	return o, outside, err
}

// generator gives the model that writes answers, nil when none is set.
func generator(s *settings) (*model.Generator, error) {
	o, outside, err := modelOptions(s)
	if err != nil || o == nil {
		return nil, err
	}
	return model.NewGenerator(*o, outside)
}

// embedderOptions are those of the remote encoder, with the client that reaches it.
func embedderOptions(s *settings) (model.EmbedderOptions, *http.Client, error) {
	m := s.Embedder
	o := model.EmbedderOptions{Server: model.Server{Kind: model.Kind(m.Kind), BaseURL: m.BaseURL, Model: m.Name},
		Dimensions: m.Dimensions, QueryPrefix: m.QueryPrefix, DocumentPrefix: m.DocumentPrefix}
	outside, err := o.Connect(s.AllowHosts, m.KeyFile, os.Getenv(m.KeyEnv))
	return o, outside, err
}

// embedder gives the remote encoder of the settings.
func embedder(s *settings) (textEncoder, error) {
	o, outside, err := embedderOptions(s)
	if err != nil {
		return nil, err
	}
	return model.NewEmbedder(o, outside)
}

type modelsCommand struct {
	Check modelsCheckCommand `cmd:"" help:"${help_models_check}"`
}

type modelsCheckCommand struct {
	Embedder bool `help:"${help_models_embedder}"`
	JSON     bool `help:"${help_json}"`
}

// Run calls the model of the settings once, and says how it answers or what is wrong.
func (m *modelsCheckCommand) Run(ctx context.Context, s *settings, term terminal) error {
	report, err := m.call(ctx, s)
	if err != nil {
		return err
	}
	if report.Wrong != nil {
		return report.Wrong
	}
	c := &checkup{term: term, json: m.JSON}
	c.add(report.Findings...)
	return c.verdict()
}

func (m *modelsCheckCommand) call(ctx context.Context, s *settings) (model.Report, error) {
	if m.Embedder {
		o, outside, err := embedderOptions(s)
		if err != nil {
			return model.Report{}, err
		}
		return model.CheckEmbedder(ctx, o, outside), nil
	}
	o, outside, err := modelOptions(s)
	if err == nil && o == nil {
		err = qa.E(qa.NotFound, "model_none")
	}
	if err != nil {
		return model.Report{}, err
	}
	return model.Check(ctx, *o, outside), nil
}
