package main

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"rapporteur/access"
	"rapporteur/answer"
	"rapporteur/answer/unread"
	"rapporteur/encoder"
	"rapporteur/ingest"
	"rapporteur/ingest/chunk"
	"rapporteur/ingest/extract"
	"rapporteur/ingest/extract/ocr"
	"rapporteur/ingest/extract/pdf"
	"rapporteur/ingest/extract/raw"
	"rapporteur/internal/safehttp"
	"rapporteur/jobs"
	"rapporteur/model"
	"rapporteur/pictures"
	"rapporteur/prompts"
	"rapporteur/qa"
	"rapporteur/retrieval"
	"rapporteur/retrieval/lexical"
	"rapporteur/server"
	"rapporteur/server/feedback"
)

// service is the whole product on one library.
type service struct {
	language      string
	role          string // what serve does of all that it could; "" is roleAll
	dir           string
	log           *slog.Logger
	store         database
	originals     originals
	readers       *pdf.Pool
	reader        *ocr.Tesseract // nil when the setting ocr is off
	pipeline      *ingest.Pipeline
	queue         queue
	index         *lexical.Index
	retriever     *retrieval.Retriever
	answerer      *answer.Answerer
	guard         *access.Guard
	writer        *model.Generator     // nil when no model is set
	writerTimeout time.Duration        // of a whole written answer
	talks         server.Conversations // nil where none are kept
	retention     time.Duration        // of conversations without a new turn; 0 is for ever
	opinions      feedback.Journal     // nil where no feedback is taken
	opinionsKept  time.Duration        // how long feedback is kept; 0 is for ever
	album         *pictures.Album      // its drawers are no readers: who looks never waits for a long file being read

	vectors vectors // nil without an encoder
	follows []follower
	closers []io.Closer
}

// open joins all parts on the library in s.Data. Nothing runs yet: work starts the workers, and the
// index is empty until it is synchronised.
func open(ctx context.Context, s *settings, log *slog.Logger) (*service, error) {
	maxBytes := s.MaxUpload << 20
	outside, err := safehttp.New(safehttp.Options{Allow: s.AllowHosts, MaxBytes: maxBytes})
	if err != nil {
		return nil, err
	}
	writer, err := generator(s)
	if err != nil {
		return nil, err
	}
	templates, err := prompts.Load(s.Model.Prompts)
	if err != nil {
		return nil, err
	}
	loading := startLoading(s)
	store, err := openDatabase(ctx, s)
	if err != nil {
		return nil, err
	}
	originals, err := openOriginals(ctx, s)
	if err != nil {
		return nil, closing(store, err)
	}
	reading := pdf.Options{MaxBytes: maxBytes, PageLimit: s.PDFPage, TotalLimit: s.PDFTimeout}
	readers, drawers := pdf.New(pdfReader(s), reading), pdf.New(pdfReader(s), reading)
	album := pictures.New(originals, drawers, s.picturesDir(), pictures.Options{})
	originals = illustrated{originals, album}
	reader := pictureReader(s)
	loaded := <-loading
	if loaded.err != nil {
		return nil, closing(store, loaded.err)
	}
	pipeline := &ingest.Pipeline{
		Library:   store,
		Originals: originals,
		Extractor: &extract.Extractor{PDF: readers, Recognition: recognition(s, readers, reader, log), Limits: raw.Limits{MaxInput: maxBytes}},
		Splitter:  splitter(s.chunks, loaded.encoder),
		Fetcher:   outside,
		Earlier:   store,
		Options:   ingest.Options{MaxBytes: maxBytes, Log: log},
	}
	var svc *service
	unfinished := func(ctx context.Context) ([]qa.VersionID, error) { return svc.unfinished(ctx) }
	queue, err := store.openQueue(ctx, pipeline, jobs.Options{
		Workers: s.Workers, Timeout: jobTimeout(s), Unfinished: unfinished, Log: log})
	if err != nil {
		return nil, closing(store, err)
	}
	index := lexical.New(store, lexical.Options{Wake: store.Subscribe(), Failed: func(err error) { log.Error("index", "err", err) }})
	retriever := &retrieval.Retriever{Lexical: index, Passages: store, Terms: index.Terms, Count: index.Documents}
	answerer := &answer.Answerer{Retriever: retriever, Reader: store, Prompts: templates, Now: time.Now, NewID: rand.Text}
	if writer != nil {
		answerer.Generator, answerer.Options.ContextBytes = writer, s.Model.PassageBytes()
	}
	svc = &service{
		language: s.Language, dir: s.Data, log: log,
		store: store, originals: originals, readers: readers, reader: reader, pipeline: pipeline, queue: queue,
		index: index, follows: []follower{index}, retriever: retriever,
		answerer: answerer,
		guard:    &access.Guard{Keys: store},
		writer:   writer, writerTimeout: s.Model.Timeout,
		closers: []io.Closer{outside, drawers},
		album:   album,
	}
	if s.Conversations == conversationsOn {
		svc.talks = store
	}
	svc.retention = time.Duration(s.ConversationRetention) * 24 * time.Hour
	if s.Feedback == feedbackOn {
		svc.opinions = store
	}
	svc.opinionsKept = time.Duration(s.FeedbackRetention) * 24 * time.Hour
	if err := svc.join(ctx, s, loaded.encoder); err != nil {
		svc.Close()
		return nil, err
	}
	return svc, nil
}

// splitter counts in the tokens of an encoder of this process; without one it estimates them.
func splitter(sizes chunk.Splitter, enc textEncoder) chunk.Splitter {
	if own, ok := enc.(*encoder.Encoder); ok {
		sizes.Count = own.Count
	}
	return sizes
}

// jobTimeout is the longest that one step of a document may take: reading it twice, because the PDF
// reader is replaced once where it fails, and recognising its pictures.
func jobTimeout(s *settings) time.Duration {
	if s.OCR == ocrOff {
		return 2 * s.PDFTimeout
	}
	return 2*s.PDFTimeout + s.OCRTimeout
}

// ocrOff is the value of the setting ocr that leaves pictures alone.
const ocrOff = "off"

// pictureReader gives the program that reads pictures of pages, nil where it is not wanted. It may be
// missing on the machine.
func pictureReader(s *settings) *ocr.Tesseract {
	if s.OCR == ocrOff {
		return nil
	}
	return ocr.New(ocr.Options{})
}

func recognition(s *settings, readers *pdf.Pool, reader *ocr.Tesseract, log *slog.Logger) *extract.Recognition {
	if reader == nil {
		return nil
	}
	return &extract.Recognition{Renderer: readers, Recogniser: reader, Time: s.OCRTimeout,
		Failed: func(page int, err error) { log.Warn("page not recognised", "page", page, "err", err) }}
}

// closing closes the store after err, which is the error worth telling.
func closing(store io.Closer, err error) error {
	_ = store.Close()
	return err
}

// unfinished lists the versions that need a job.
func (s *service) unfinished(ctx context.Context) ([]qa.VersionID, error) {
	if s.vectors != nil {
		return s.vectors.Unfinished(ctx)
	}
	return s.store.Unfinished(ctx)
}

// with opens the library for one command that neither reads documents nor searches, and closes it afterwards.
func with(ctx context.Context, s *settings, term terminal, do func(svc *service) error) error {
	own := *s
	own.Encoder = encoderNone
	svc, err := open(ctx, &own, logger(s, term))
	if err != nil {
		return err
	}
	defer svc.Close()
	return do(svc)
}

// openToRead opens the library with its indexes up to date, for one command that asks or searches.
func openToRead(ctx context.Context, s *settings, term terminal) (*service, error) {
	svc, err := open(ctx, s, logger(s, term))
	if err != nil {
		return nil, err
	}
	if err := svc.sync(ctx); err != nil {
		svc.Close()
		return nil, err
	}
	return svc, nil
}

// Close stops the PDF readers and closes the library; the workers must have stopped.
func (s *service) Close() {
	if err := s.readers.Close(); err != nil {
		s.log.Warn("closing the PDF readers", "err", err)
	}
	for _, c := range append(s.closers, s.store) {
		if err := c.Close(); err != nil {
			s.log.Error("closing the library", "err", err)
		}
	}
}

// work runs the jobs of the library as soon as no other process does, until stop is called.
func (s *service) work(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.workWhenFree(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("working", "err", err)
		}
	}()
	return func() { cancel(); <-done }
}

func (s *service) workWhenFree(ctx context.Context) error {
	release, err := s.store.mayWork(ctx)
	if err != nil {
		return err
	}
	defer func() {
		if err := release(); err != nil {
			s.log.Warn("giving the right to work back", "err", err)
		}
	}()
	if err := s.pipeline.Sweep(ctx); err != nil {
		s.log.Warn("sweeping leftovers", "err", err)
	}
	if err := s.queue.Start(ctx); err != nil {
		return err
	}
	s.tend(ctx)
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return s.queue.Stop(stopping)
}

// The values of settings that keep what users want kept, and take what readers think of answers.
const (
	conversationsOn = "on"
	feedbackOn      = "on"
)

// forgetEvery is how often conversations and feedback that are too old are looked for.
const forgetEvery = time.Hour

// forget erases the conversations and the feedback that outlived their time.
func (s *service) forget(ctx context.Context) {
	s.forgetOld(ctx, "conversations", s.retention, s.store.ForgetConversations)
	s.forgetOld(ctx, "feedback", s.opinionsKept, s.store.ForgetFeedback)
}

func (s *service) forgetOld(ctx context.Context, what string, age time.Duration, erase func(context.Context, time.Time) (int, error)) {
	if age <= 0 {
		return
	}
	n, err := erase(ctx, time.Now().Add(-age))
	if err != nil && ctx.Err() == nil {
		s.log.Warn("erasing what is too old", "what", what, "err", err)
	}
	if n > 0 {
		s.log.Info("erased what was too old", "what", what, "count", n)
	}
}

// tend does what is due from time to time until ctx ends.
func (s *service) tend(ctx context.Context) {
	var forgot time.Time
	for {
		if time.Since(forgot) >= forgetEvery {
			s.forget(ctx)
			forgot = time.Now()
		}
		if err := s.store.tend(ctx, s.vectors); err != nil && ctx.Err() == nil {
			s.log.Warn("tending the library", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(tendEvery):
		}
	}
}

// server makes the HTTP side of the service.
func (s *service) server(o server.Options) *server.Server {
	return &server.Server{
		Asker: s.asker(), Searcher: s.retriever, Ingester: s.pipeline, Versions: s, Library: s.store,
		Originals: s.originals, Pictures: s.album, Guard: s.guard, Conversations: s.talks, Feedback: s.opinions, Titler: s.titler(), Log: s.log, Options: o,
	}
}

// pdfReader gives the command that starts this same program as a reader of PDF files.
func pdfReader(s *settings) func(ctx context.Context) *exec.Cmd {
	args := []string{"pdf-reader", "--cache", s.cacheDir(),
		"--pdf-memory", itoa(s.PDFMemory), "--max-upload", itoa(int(s.MaxUpload))}
	return func(ctx context.Context) *exec.Cmd {
		self, err := os.Executable()
		if err != nil {
			self = os.Args[0]
		}
		return exec.CommandContext(ctx, self, args...)
	}
}

type pdfReaderCommand struct{}

// Run is the child's side of a PDF reader: it ends when its parent does.
func (*pdfReaderCommand) Run(ctx context.Context, s *settings, term terminal) error {
	return pdf.Serve(ctx, term.in, term.out, pdf.ServeOptions{
		CacheDir: filepath.Join(s.cacheDir(), "pdf"), MemoryMiB: s.PDFMemory, MaxBytes: s.MaxUpload << 20})
}

// asker answers questions, and names in its refusals what could not be read.
func (s *service) asker() unread.Completed {
	return unread.Completed{Asker: s.answerer, Library: s.store}
}

// titler names conversations with the model, where one is set.
func (s *service) titler() server.Titler {
	if s.writer == nil {
		return nil
	}
	return s.answerer
}
