package server

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"rapporteur/qa"
)

// mountHealth adds what watches over the process: whether it lives, whether it can work, its figures.
func (s *Server) mountHealth(engine *gin.Engine) {
	engine.GET("/healthz", func(c *gin.Context) { writeJSON(c, http.StatusOK, statusBody{Status: "ok"}) })
	engine.GET("/readyz", s.handleReady)
	engine.GET("/metrics", s.authenticated, gin.WrapH(s.metrics.handler()))
}

// mountAPI adds every other route of the API. Typed operations go through huma, which writes their
// OpenAPI from the types; streams and files are plain gin, described by hand in openapi.go.
func (s *Server) mountAPI(engine *gin.Engine) error {
	known := engine.Group("", s.authenticated)
	known.POST("/documents", s.handleUpload)
	known.PUT("/documents/:id", s.handleNewVersion)
	known.GET("/documents/:id/text", s.handleText)
	known.GET("/documents/:id/original", s.handleOriginal)

	api := humagin.NewWithGroup(engine, known, apiConfig())
	typed(s, api, askOperation(api), s.handleAsk)
	typed(s, api, searchOperation(), s.handleSearch)
	typed(s, api, get("/collections", "list-collections", "Collections that can be read"), s.handleCollections)
	typed(s, api, get("/documents", "list-documents", "Documents that can be read, with their newest version"), s.handleDocuments)
	typed(s, api, get("/documents/{id}", "show-document", "One document with all its versions"), s.handleDocument)
	typed(s, api, get("/documents/{id}/reading", "show-reading", "What was found while the file was read, page by page"), s.handleReading)
	typed(s, api, removeOperation(), s.handleRemove)
	typed(s, api, rollbackOperation(), s.handleRollback)
	typed(s, api, cancelOperation(), s.handleCancel)
	s.mountConversations(known, api)
	s.mountFeedback(api)

	document, err := openAPI(api)
	if err != nil {
		return err
	}
	engine.GET("/openapi.json", func(c *gin.Context) {
		c.Data(http.StatusOK, "application/openapi+json", document)
	})
	return nil
}

// typed registers an operation of huma whose errors are our problems.
func typed[I, O any](s *Server, api huma.API, op huma.Operation, handle func(context.Context, *I) (*O, error)) {
	op.SkipValidateParams = true // huma would answer in words and codes of its own
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	op.Responses["default"] = problemResponse(api)
	huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, s.problem(ctx, err)
		}
		return out, nil
	})
}

type statusBody struct {
	Status string `json:"status"`
}

// handleReady says whether questions can be answered now: also without the model that writes, but less well.
func (s *Server) handleReady(c *gin.Context) {
	if s.Ready != nil {
		if err := s.Ready(); err != nil {
			s.fail(c, qa.E(qa.Unavailable, "not_ready").Because(err))
			return
		}
	}
	status := "ready"
	if s.Model != nil && s.Model().Degraded {
		status = "degraded"
	}
	writeJSON(c, http.StatusOK, statusBody{Status: status})
}

// schemaOf names the schema of T in the OpenAPI document.
func schemaOf[T any](api huma.API) *huma.Schema {
	return api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, "")
}

// openAPI completes the document of the typed operations with the plain ones, and prints it.
func openAPI(api huma.API) ([]byte, error) {
	for _, op := range plainOperations(api) {
		api.OpenAPI().AddOperation(op)
	}
	// Set only now: an operation registered with a body is read and checked by huma, in its own words.
	api.OpenAPI().Paths["/ask"].Post.RequestBody = jsonBody[AskRequest](api)
	api.OpenAPI().Paths["/search"].Post.RequestBody = jsonBody[SearchRequest](api)
	api.OpenAPI().Paths["/documents/{id}/rollback"].Post.RequestBody = jsonBody[RollbackRequest](api)
	api.OpenAPI().Paths["/conversations/{id}"].Patch.RequestBody = jsonBody[RenameRequest](api)
	api.OpenAPI().Paths["/feedback"].Post.RequestBody = jsonBody[FeedbackRequest](api)
	schemas := api.OpenAPI().Components.Schemas.Map()
	delete(schemas, "ErrorModel") // huma's own errors, which no operation of ours gives
	delete(schemas, "ErrorDetail")
	nullable(schemas["Answer"], "refusal")
	raw, err := api.OpenAPI().MarshalJSON()
	if err != nil {
		return nil, err
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, raw, "", "  "); err != nil {
		return nil, err
	}
	pretty.WriteByte('\n')
	return pretty.Bytes(), nil
}

// nullable lets a property that refers to another schema be null, which huma's tags cannot say.
func nullable(s *huma.Schema, property string) {
	s.Properties[property] = &huma.Schema{OneOf: []*huma.Schema{s.Properties[property], {Type: "null"}}}
}
