package edge

import (
	"io"
	"mime"
	"net/http"
	"net/url"

	"rapporteur/qa"
)

// ReadFields reads the fields of a form of the page without files.
func ReadFields(w http.ResponseWriter, r *http.Request, l BodyLimits) (url.Values, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, qa.E(qa.Unsupported, "content_type_unsupported", "application/x-www-form-urlencoded")
	}
	if r.ContentLength > l.Bytes {
		return nil, qa.E(qa.TooLarge, "body_too_large", l.Bytes)
	}
	raw, err := io.ReadAll(newSteadyBody(w, http.MaxBytesReader(w, r.Body, l.Bytes), l.Idle))
	if err != nil {
		return nil, err
	}
	fields, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, qa.E(qa.Invalid, "form_invalid").Because(err)
	}
	return fields, nil
}
