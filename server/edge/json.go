package edge

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"rapporteur/qa"
)

// maxDepth bounds the nesting of a body; ours needs 4.
const maxDepth = 32

// BodyLimits bound the reading of a body: its bytes, and the time until the next of them come.
type BodyLimits struct {
	Bytes int64
	Idle  time.Duration
}

// ReadJSON reads the body of r into dst. Only application/json is taken: a form of another web
// site cannot send that without asking first.
func ReadJSON(w http.ResponseWriter, r *http.Request, l BodyLimits, dst any) error {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := params["charset"]
	if err != nil || kind != "application/json" || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return qa.E(qa.Unsupported, "content_type_unsupported", "application/json")
	}
	if r.ContentLength > l.Bytes {
		return qa.E(qa.TooLarge, "body_too_large", l.Bytes)
	}
	body := newSteadyBody(w, http.MaxBytesReader(w, r.Body, l.Bytes), l.Idle)
	raw, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	return DecodeJSON(raw, dst)
}

// DecodeJSON is strict on the form of JSON (RFC 8259, UTF-8) and lenient on unknown fields.
func DecodeJSON(raw []byte, dst any) error {
	if !utf8.Valid(raw) {
		return qa.E(qa.Invalid, "json_invalid")
	}
	if deeperThan(raw, maxDepth) {
		return qa.E(qa.Invalid, "json_too_deep", maxDepth)
	}
	err := json.Unmarshal(raw, dst)
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrongType) && wrongType.Field != "":
		return qa.E(qa.Invalid, "field_invalid", wrongType.Field).Because(err)
	}
	return qa.E(qa.Invalid, "json_invalid").Because(err)
}

// deeperThan reports whether arrays and objects nest deeper than limit, before anything recurses.
func deeperThan(raw []byte, limit int) bool {
	var depth int
	var inString, escaped bool
	for _, b := range raw {
		switch {
		case escaped:
			escaped = false
		case inString:
			escaped, inString = b == '\\', b != '"'
		case b == '"':
			inString = true
		case b == '[' || b == '{':
			depth++
		case b == ']' || b == '}':
			depth--
		}
		if depth > limit {
			return true
		}
	}
	return false
}
