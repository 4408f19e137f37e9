package server

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"rapporteur/qa"
	"rapporteur/server/edge"
	"rapporteur/server/wire"
)

// Bounds of a page of the list of documents.
const (
	defaultDocuments = 100
	maxDocuments     = 1000
)

// maxID bounds identifiers in addresses; ours are shorter. A longer one is of no document.
const maxID = 200

type collectionsOutput struct {
	Body struct {
		Collections []wire.Collection `json:"collections" nullable:"false"`
	}
}

func (s *Server) handleCollections(ctx context.Context, _ *struct{}) (*collectionsOutput, error) {
	all, err := s.Library.Collections(ctx, principalOf(ctx).Read)
	if err != nil {
		return nil, err
	}
	var out collectionsOutput
	out.Body.Collections = wire.Each(all, func(c qa.Collection) wire.Collection {
		return wire.Collection{ID: string(c.ID), Documents: c.Documents}
	})
	return &out, nil
}

// listInput has text fields only: huma would answer a wrong number in its own words.
type listInput struct {
	After      string `query:"after" doc:"identifier of the last document of the page before"`
	Limit      string `query:"limit" doc:"documents wanted, 1 to 1000; 100 by default"`
	Collection string `query:"collection"`
}

type documentsOutput struct {
	Body struct {
		Documents []wire.Document `json:"documents" nullable:"false"`
		Next      *string         `json:"next" doc:"value of after for the next page; null on the last one"`
	}
}

func (s *Server) handleDocuments(ctx context.Context, in *listInput) (*documentsOutput, error) {
	n := defaultDocuments
	if in.Limit != "" {
		var err error
		if n, err = strconv.Atoi(in.Limit); err != nil || n < 1 || n > maxDocuments {
			return nil, qa.E(qa.Invalid, "field_invalid", "limit")
		}
	}
	scope, err := wire.Narrow(principalOf(ctx).Read, in.Collection, nil)
	if err != nil {
		return nil, err
	}
	listed, err := s.Library.Documents(ctx, scope, qa.DocumentID(in.After), n+1) // one more tells whether a page follows
	if err != nil {
		return nil, err
	}
	var out documentsOutput
	if len(listed) > n {
		listed = listed[:n]
		out.Body.Next = wire.OrNull(string(listed[n-1].ID))
	}
	out.Body.Documents = wire.Each(listed, func(l qa.Listed) wire.Document { return wire.NewDocument(l.Document, l.Newest) })
	return &out, nil
}

type documentInput struct {
	ID string `path:"id"`
}

type documentOutput struct{ Body wire.DocumentDetail }

func (s *Server) handleDocument(ctx context.Context, in *documentInput) (*documentOutput, error) {
	d, versions, err := s.document(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &documentOutput{Body: wire.NewDocumentDetail(d, versions)}, nil
}

type readingInput struct {
	ID      string `path:"id"`
	Version string `query:"version" doc:"the live version, or the newest where none is live, by default"`
}

type readingOutput struct{ Body wire.Reading }

func (s *Server) handleReading(ctx context.Context, in *readingInput) (*readingOutput, error) {
	_, v, r, err := s.reading(ctx, in.ID, in.Version)
	if err != nil {
		return nil, err
	}
	return &readingOutput{Body: wire.NewReading(v, r)}, nil
}

// reading finds a version of a document and its ingestion report.
func (s *Server) reading(ctx context.Context, id, version string) (qa.Document, qa.Version, qa.Reading, error) {
	d, versions, err := s.document(ctx, id)
	if err != nil {
		return d, qa.Version{}, qa.Reading{}, err
	}
	v, ok := d.Choose(versions, qa.VersionID(version))
	if !ok {
		return d, v, qa.Reading{}, qa.E(qa.NotFound, "version_unknown")
	}
	r, err := s.Library.Reading(ctx, principalOf(ctx).Read, v.ID)
	return d, v, r, unknownDocument(err)
}

// document reads a document inside what the principal may read.
func (s *Server) document(ctx context.Context, id string) (qa.Document, []qa.Version, error) {
	if id == "" || len(id) > maxID {
		return qa.Document{}, nil, qa.E(qa.NotFound, "document_unknown")
	}
	d, versions, err := s.Library.Document(ctx, principalOf(ctx).Read, qa.DocumentID(id))
	return d, versions, unknownDocument(err)
}

// unknownDocument makes one answer of all that is not found, so that a document of others looks
// like one that does not exist.
func unknownDocument(err error) error {
	if err != nil && qa.KindOf(err) == qa.NotFound && qa.CodeOf(err) != "version_unknown" {
		return qa.E(qa.NotFound, "document_unknown").Because(err)
	}
	return err
}

// removeTimeout is how long who removes a document waits for a library that does not answer.
const removeTimeout = 9 * time.Second

func (s *Server) handleRemove(ctx context.Context, in *documentInput) (*struct{}, error) {
	ctx, cancel := context.WithTimeout(ctx, removeTimeout)
	defer cancel()
	d, _, err := s.document(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	p := principalOf(ctx)
	if !mayWrite(p, d) {
		return nil, qa.E(qa.Forbidden, "read_only_key")
	}
	return nil, unknownDocument(s.Ingester.Remove(ctx, p.Write, d.ID))
}

// handleText gives the text of a version as it was read: offsets of citations count its bytes.
func (s *Server) handleText(c *gin.Context) {
	ctx := c.Request.Context()
	id, version := c.Param("id"), c.Query("version")
	if len(id) > maxID || len(version) > maxID {
		s.fail(c, qa.E(qa.NotFound, "document_unknown"))
		return
	}
	text, v, err := s.Library.Text(ctx, principalOf(ctx).Read, qa.DocumentID(id), qa.VersionID(version))
	if err != nil {
		s.fail(c, unknownDocument(err))
		return
	}
	h := c.Writer.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(text.Content)))
	h.Set("Content-Location", "/documents/"+url.PathEscape(id)+"/text?version="+url.QueryEscape(string(v.ID)))
	c.Status(http.StatusOK)
	_, _ = io.WriteString(c.Writer, text.Content) // a client that went away cannot be told
}

// handleOriginal gives the uploaded bytes as a download: an HTML or SVG file shown here would run as part of
// this site. Only a PDF may be shown by the browser, with ?inline=1, so that it opens at a page.
func (s *Server) handleOriginal(c *gin.Context) {
	ctx := c.Request.Context()
	d, versions, err := s.document(ctx, c.Param("id"))
	if err != nil {
		s.fail(c, err)
		return
	}
	v, ok := d.Choose(versions, qa.VersionID(c.Query("version")))
	if !ok {
		s.fail(c, qa.E(qa.NotFound, "version_unknown"))
		return
	}
	file, err := s.Originals.Open(ctx, v.Hash)
	if err != nil {
		s.fail(c, err)
		return
	}
	defer func() { _ = file.Close() }() // only read from
	h := c.Writer.Header()
	h.Set("Content-Type", downloadType(v.MediaType))
	h.Set("Content-Disposition", edge.Attachment(d.Source))
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	if v.MediaType == mediaPDF && c.Query("inline") != "" { // the browser's own reader, which no sandboxed page has
		h.Set("Content-Disposition", "inline")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	}
	h.Set("ETag", strconv.Quote(v.Hash))
	http.ServeContent(c.Writer, c.Request, "", v.CreatedAt, file)
}

// downloadType names the type of files that programs open and browsers never run as a page.
func downloadType(mediaType string) string {
	switch mediaType {
	case "application/pdf",
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		"application/vnd.openxmlformats-officedocument.presentationml.presentation",
		"application/vnd.oasis.opendocument.text", "application/epub+zip", "application/rtf":
		return mediaType
	}
	return "application/octet-stream"
}
