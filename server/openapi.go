package server

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"rapporteur/server/edge"
	"rapporteur/server/wire"
)

// apiVersion is that of the contract: it grows when a field or a route is renamed or removed.
const apiVersion = "1"

// keyScheme is the name of the bearer key in the OpenAPI document.
const keyScheme = "key"

// apiConfig sets huma up without its documentation page, which loads scripts from a public site,
// and without its hooks, which repeat the Host header of the request.
func apiConfig() huma.Config {
	c := huma.DefaultConfig("Rapporteur", apiVersion)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath, c.CreateHooks = "", "", "", nil
	c.AllowAdditionalPropertiesByDefault = true // requests may, and answers will, have more fields
	c.Info.Description = "Questions to a library of documents, answered with exact quotes. " +
		"From another machine every request needs a key; errors are problem+json with a stable code."
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		keyScheme: {Type: "http", Scheme: "bearer", Description: "made by: rapporteur key create"},
	}
	c.Security = []map[string][]string{{}, {keyScheme: {}}}
	return c
}

func problemResponse(api huma.API) *huma.Response {
	return &huma.Response{
		Description: "Error",
		Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schemaOf[edge.Problem](api)}},
	}
}

func jsonBody[T any](api huma.API) *huma.RequestBody {
	return &huma.RequestBody{
		Required: true,
		Content:  map[string]*huma.MediaType{"application/json": {Schema: schemaOf[T](api)}},
	}
}

func get(path, id, summary string) huma.Operation {
	return huma.Operation{Method: http.MethodGet, Path: path, OperationID: id, Summary: summary}
}

func askOperation(api huma.API) huma.Operation {
	schemaOf[StepEvent](api) // named for the readers of the event stream
	schemaOf[SentenceEvent](api)
	return huma.Operation{
		Method: http.MethodPost, Path: "/ask", OperationID: "ask", Summary: "Answer a question with exact quotes",
		Description: "The status is 200 also when the documents do not say: answered is then false. With " +
			"Accept: text/event-stream the answer comes as the events step (StepEvent), sentence (SentenceEvent), " +
			"done (Answer) or error (Problem), each with its JSON in one data line.",
		Responses: map[string]*huma.Response{"200": {
			Description: "The answer",
			Content: map[string]*huma.MediaType{
				"application/json":  {Schema: schemaOf[wire.Answer](api)},
				"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}},
			},
		}},
	}
}

func searchOperation() huma.Operation {
	return huma.Operation{Method: http.MethodPost, Path: "/search", OperationID: "search", Summary: "Find passages"}
}

func removeOperation() huma.Operation {
	return huma.Operation{
		Method: http.MethodDelete, Path: "/documents/{id}", OperationID: "remove-document",
		Summary: "Erase a document, its versions and its original", DefaultStatus: http.StatusNoContent,
	}
}

// plainOperations describes the routes that stream bytes, which huma does not serve.
func plainOperations(api huma.API) []*huma.Operation {
	text := &huma.Schema{Type: huma.TypeString}
	add := huma.Operation{
		Method: http.MethodPost, Path: "/documents", OperationID: "add-document", Summary: "Add a document",
		Description: "The same bytes again give 200 and the existing version. A source that exists with other " +
			"bytes gives 409 source_exists unless replace is true. Instead of a file, a web address may be given, as " +
			"JSON or as the field url: the document is fetched, and again when the same address is added again. ",
	}
	renew := huma.Operation{
		Method: http.MethodPut, Path: "/documents/{id}", OperationID: "add-version",
		Summary: "Add a version of a document", Parameters: []*huma.Param{idParam()},
	}
	read := get("/documents/{id}/text", "document-text", "Text of a version; offsets of citations count its bytes")
	read.Parameters = []*huma.Param{idParam(), versionParam()}
	download := get("/documents/{id}/original", "document-original", "Uploaded file, as a download")
	download.Parameters = []*huma.Param{idParam(), versionParam()}
	saved := get("/conversations/{id}/export", "export-conversation", "A conversation as a file, with its quotes and pages")
	saved.Parameters = []*huma.Param{idParam(), {Name: "format", In: "query", Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"md", "html", "json"}}}}
	return []*huma.Operation{
		giving(api, saved, "text/markdown", text),
		fetching(api, uploading(api, add)),
		uploading(api, renew),
		giving(api, read, "text/plain; charset=utf-8", text),
		giving(api, download, "application/octet-stream", text),
		giving(api, get("/healthz", "alive", "Whether the process is alive"), "application/json", schemaOf[statusBody](api)),
		giving(api, get("/readyz", "ready", "Whether questions can be answered"), "application/json", schemaOf[statusBody](api)),
		giving(api, get("/metrics", "metrics", "Figures for Prometheus"), "text/plain", text),
	}
}

func idParam() *huma.Param {
	return &huma.Param{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}
}

func versionParam() *huma.Param {
	return &huma.Param{
		Name: "version", In: "query", Description: "the live version by default",
		Schema: &huma.Schema{Type: huma.TypeString},
	}
}

// giving completes op: it gives one media type.
func giving(api huma.API, op huma.Operation, mediaType string, schema *huma.Schema) *huma.Operation {
	op.Responses = map[string]*huma.Response{
		"200":     {Description: "OK", Content: map[string]*huma.MediaType{mediaType: {Schema: schema}}},
		"default": problemResponse(api),
	}
	return &op
}

// uploading completes op: it takes the form of an upload.
func uploading(api huma.API, op huma.Operation) *huma.Operation {
	text := func(doc string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: doc} }
	form := &huma.Schema{
		Type: huma.TypeObject, Required: []string{edge.FileField},
		Properties: map[string]*huma.Schema{
			"collection":   text("“default” by default"),
			"title":        text("by default the title found in the file"),
			"source":       text("relative path that names the document in its collection; by default the name of the file"),
			"password":     text("opens a protected file: used once, never kept"),
			"replace":      {Type: huma.TypeBoolean, Description: "make it a new version where the source exists"},
			edge.FileField: {Type: huma.TypeString, Format: "binary", Description: "last field of the form"},
		},
	}
	receipt := map[string]*huma.MediaType{"application/json": {Schema: schemaOf[wire.Receipt](api)}}
	op.Description += "The file is the last field of the form; the other fields come before it or in the query."
	op.RequestBody = &huma.RequestBody{
		Required: true,
		Content:  map[string]*huma.MediaType{"multipart/form-data": {Schema: form}},
	}
	op.Responses = map[string]*huma.Response{
		"200":     {Description: "The same bytes were there already", Content: receipt},
		"202":     {Description: "Stored for good and queued for reading", Content: receipt},
		"default": problemResponse(api),
	}
	return &op
}

// fetching completes an operation that takes the form of an upload: an address may stand for the file.
func fetching(api huma.API, op *huma.Operation) *huma.Operation {
	form := op.RequestBody.Content["multipart/form-data"].Schema
	form.Required = nil
	form.Properties[edge.URLField] = &huma.Schema{Type: huma.TypeString, Format: "uri", Description: "web address of the document, instead of the file"}
	op.RequestBody.Content["application/json"] = &huma.MediaType{Schema: schemaOf[AddRequest](api)}
	return op
}
