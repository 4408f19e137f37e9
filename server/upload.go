package server

import (
	"mime"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"rapporteur/qa"
	"rapporteur/server/edge"
	"rapporteur/server/wire"
)

// handleUpload takes a new document, as a file or as its web address: POST /documents.
func (s *Server) handleUpload(c *gin.Context) { s.answerUpload(c, "") }

// handleNewVersion takes a new version of a document: PUT /documents/{id}.
func (s *Server) handleNewVersion(c *gin.Context) {
	ctx := c.Request.Context()
	d, _, err := s.document(ctx, c.Param("id"))
	if err != nil {
		s.fail(c, err)
		return
	}
	if !mayWrite(principalOf(ctx), d) {
		s.fail(c, qa.E(qa.Forbidden, "read_only_key"))
		return
	}
	s.answerUpload(c, d.ID)
}

// answerUpload answers 202 for what is queued and 200 for bytes that are there already.
func (s *Server) answerUpload(c *gin.Context, id qa.DocumentID) {
	receipt, err := s.receive(c, id)
	if err != nil {
		s.fail(c, err)
		return
	}
	status := http.StatusAccepted
	if receipt.Outcome == qa.VerdictUnchanged {
		status = http.StatusOK
	}
	c.Header("Location", "/documents/"+url.PathEscape(string(receipt.Document.ID)))
	writeJSON(c, status, wire.NewReceipt(receipt))
}

// receive reads what c brings: the form of a file, which is streamed to the Ingester without holding it
// in memory, or a web address, which is fetched. id is the document that gets a new version, "" for a
// document of its own. The page uses it too.
func (s *Server) receive(c *gin.Context, id qa.DocumentID) (qa.Receipt, error) {
	p, err := s.principal(c)
	if err != nil {
		return qa.Receipt{}, err
	}
	form, err := s.openForm(c, id)
	if err != nil {
		return qa.Receipt{}, err
	}
	form.Upload.Document = id
	if id == "" && !mayAdd(p, form.Upload.Collection) {
		return qa.Receipt{}, qa.E(qa.Forbidden, "read_only_key")
	}
	ctx := c.Request.Context()
	leave, err := s.uploads.Enter(ctx, p.ID)
	if err != nil {
		return qa.Receipt{}, err
	}
	defer leave()
	if form.URL != "" {
		return s.Ingester.AcceptURL(ctx, form.Upload, form.URL)
	}
	file, err := form.File()
	if err != nil {
		return qa.Receipt{}, err
	}
	receipt, err := s.Ingester.Accept(ctx, form.Upload, file)
	if err != nil && form.Err() != nil {
		err = form.Err() // what went wrong with the body tells more than what came of it
	}
	return receipt, err
}

// openForm reads a form up to its file, or the JSON that gives an address instead, which adds a document
// of its own.
func (s *Server) openForm(c *gin.Context, id qa.DocumentID) (*edge.Form, error) {
	kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type"))
	if err == nil && kind == "application/json" && id == "" {
		var r AddRequest
		if err := s.readJSON(c, &r); err != nil {
			return nil, err
		}
		return edge.AddressForm(r.URL, r.Collection, r.Title)
	}
	form, err := edge.OpenForm(c.Writer, c.Request, edge.BodyLimits{Bytes: s.MaxUpload, Idle: s.ReadTimeout})
	if err == nil && form.URL != "" && id != "" {
		return nil, qa.E(qa.Invalid, "url_version")
	}
	return form, err
}
