package model

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tmc/langchaingo/embeddings"
	"github.com/tmc/langchaingo/llms/ollama"
	"github.com/tmc/langchaingo/llms/openai"

	"rapporteur/qa"
)

// Embedder makes vectors with an embedding model on another machine. It is safe for concurrent use. Its vectors have
// the length 1 and are all of one dimension: an answer with any other is refused whole.
type Embedder struct {
	options    EmbedderOptions
	client     *client
	remote     embeddings.Embedder
	dimensions atomic.Int64
}

// NewEmbedder makes an Embedder that calls through outside; nothing is called yet. Errors as NewGenerator.
func NewEmbedder(o EmbedderOptions, outside *http.Client) (*Embedder, error) {
	o.setDefaults()
	base, err := o.address()
	if err != nil {
		return nil, err
	}
	e := &Embedder{options: o, client: newClient(o.Server, outside, o.Concurrency, o.Wait)}
	e.dimensions.Store(int64(o.Dimensions))
	var remote embeddings.EmbedderClient
	switch o.Kind {
	case "", OpenAI, Albert, Mistral:
		remote, err = openai.New(openai.WithBaseURL(base.String()), openai.WithModel(o.Model), openai.WithEmbeddingModel(o.Model),
			openai.WithToken(noToken), openai.WithHTTPClient(e.client.http))
	case Ollama:
		remote, err = ollama.New(ollama.WithServerURL(base.String()), ollama.WithModel(o.Model), ollama.WithHTTPClient(e.client.http))
	default:
		err = qa.E(qa.Invalid, "model_kind_unknown", string(o.Kind))
	}
	if err != nil {
		return nil, err
	}
	e.remote, err = embeddings.NewEmbedder(remote, embeddings.WithStripNewLines(false), embeddings.WithBatchSize(o.Batch))
	return e, err
}

// EmbedDocuments gives one vector for each text, in their order; nil for no texts. All are there or none. A server
// that fails is asked again a few times. Errors are those of Generator.Generate.
func (e *Embedder) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	var all [][]float32
	for len(texts) > 0 {
		batch := texts[:min(len(texts), e.options.Batch)]
		texts = texts[len(batch):]
		vectors, err := e.embed(ctx, batch, e.options.DocumentPrefix, e.options.Documents, maxRetries)
		if err != nil {
			return nil, err
		}
		all = append(all, vectors...)
	}
	return all, nil
}

// EmbedQuery gives the vector of a question. It asks once: who searches waits, and has the words to search by.
func (e *Embedder) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	vectors, err := e.embed(ctx, []string{text}, e.options.QueryPrefix, e.options.Query, 0)
	if err != nil {
		return nil, err
	}
	return vectors[0], nil
}

// embed makes one call, and up to retries others within limit.
func (e *Embedder) embed(ctx context.Context, texts []string, prefix string, limit time.Duration, retries int) ([][]float32, error) {
	prefixed := make([]string, len(texts))
	for i, t := range texts {
		prefixed[i] = prefix + t
	}
	within, cancel := context.WithTimeoutCause(ctx, limit, errTooSlow)
	defer cancel()
	var vectors [][]float32
	err := e.client.do(ctx, retries, e.client.now().Add(limit), func() *failure {
		c := &call{}
		var err error
		vectors, err = e.remote.EmbedDocuments(c.in(within), prefixed)
		return e.judge(within, c, err, vectors)
	})
	if err != nil {
		return nil, err
	}
	return vectors, nil
}

// judge says what became of a call. The first dimension that comes is the one that all others must have.
func (e *Embedder) judge(ctx context.Context, c *call, err error, vectors [][]float32) *failure {
	switch {
	case errors.Is(context.Cause(ctx), errTooSlow):
		return slow(errTooSlow)
	case c.failure != nil:
		return c.failure
	case err != nil:
		return broken("langchaingo: " + clip(e.options.Key.hide(err.Error())))
	}
	for _, v := range vectors {
		e.dimensions.CompareAndSwap(0, int64(len(v)))
		if want := e.dimensions.Load(); int64(len(v)) != want {
			return broken(fmt.Sprintf("vectors of %d dimensions in place of %d", len(v), want))
		}
	}
	return nil
}

// Learn finds out the dimension of the vectors where it is not known: from used, the encoder of a library, when that
// was this model, or else by one call. A service so starts while the server of its embedder is down.
func (e *Embedder) Learn(ctx context.Context, used qa.Encoder) error {
	if e.Dimensions() > 0 {
		return nil
	}
	if used.Dimensions > 0 && strings.HasPrefix(used.Fingerprint, e.name()) {
		e.dimensions.CompareAndSwap(0, int64(used.Dimensions))
		return nil
	}
	_, err := e.EmbedDocuments(ctx, []string{"dimension"})
	return err
}

// Dimensions is the number of dimensions, 0 when it is not known yet.
func (e *Embedder) Dimensions() int { return int(e.dimensions.Load()) }

// Fingerprint names what the vectors depend on: kind, model, what is put before texts, and dimension. Vectors of
// another fingerprint cannot be compared with them.
func (e *Embedder) Fingerprint() string { return e.name() + strconv.Itoa(e.Dimensions()) }

func (e *Embedder) name() string {
	kind := e.options.Kind
	if kind == "" || kind == Albert || kind == Mistral {
		kind = OpenAI // the same model behind another gate gives the same vectors
	}
	return fmt.Sprintf("%s:%s:%q:%q:", kind, e.options.Model, e.options.QueryPrefix, e.options.DocumentPrefix)
}

// State tells how the model is; its tokens are not counted.
func (e *Embedder) State() qa.ModelState { return e.client.state(qa.TokenUsage{}) }

// DocumentTokens estimates how many tokens the model makes of a passage: it alone could tell.
func (e *Embedder) DocumentTokens(text string) int {
	return int(estimate(e.options.DocumentPrefix + text))
}

// QueryTokens estimates how many tokens the model makes of a question.
func (e *Embedder) QueryTokens(text string) int { return int(estimate(e.options.QueryPrefix + text)) }
