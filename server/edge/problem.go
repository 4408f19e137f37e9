package edge

import (
	"errors"
	"net/http"
	"strconv"

	"rapporteur/locale"
	"rapporteur/qa"
)

// StatusClientClosed is logged for requests whose client went away; nobody receives it.
const StatusClientClosed = 499

// retryAfterSeconds is what 429 and 503 ask a client to wait: a question takes far less.
const retryAfterSeconds = 5

// statusOfKind is the table of docs/errors.md: what HTTP says of each kind of error.
func statusOfKind(k qa.Kind) int {
	switch k {
	case qa.Invalid:
		return http.StatusBadRequest
	case qa.TooLarge:
		return http.StatusRequestEntityTooLarge
	case qa.Unsupported:
		return http.StatusUnsupportedMediaType
	case qa.Unprocessable:
		return http.StatusUnprocessableEntity
	case qa.NotFound:
		return http.StatusNotFound
	case qa.Unauthenticated:
		return http.StatusUnauthorized
	case qa.Forbidden:
		return http.StatusForbidden
	case qa.Conflict:
		return http.StatusConflict
	case qa.Exhausted:
		return http.StatusTooManyRequests
	case qa.Unavailable:
		return http.StatusServiceUnavailable
	case qa.NoSpace:
		return http.StatusInsufficientStorage
	case qa.Canceled:
		return StatusClientClosed
	case qa.Internal:
		return http.StatusInternalServerError
	}
	return http.StatusInternalServerError
}

// StatusOf is what HTTP says of err: the table, except for what HTTP has a closer word for.
func StatusOf(err error) int {
	switch qa.CodeOf(err) {
	case "foreign_host":
		return http.StatusMisdirectedRequest
	case "method_not_allowed":
		return http.StatusMethodNotAllowed
	case "url_unreachable": // the service itself is well
		return http.StatusBadGateway
	case "url_timeout":
		return http.StatusGatewayTimeout
	}
	return statusOfKind(qa.KindOf(err))
}

// Problem is the body of every error: RFC 9457 with a stable code.
type Problem struct {
	Type      string `json:"type"`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail" doc:"what happened and what to do, in the language of Accept-Language"`
	Code      string `json:"code" doc:"stable; scripts compare this"`
	RequestID string `json:"request_id"`
}

// NewProblem tells a client about err. What is not an error of ours, or is an internal one, shows
// only the generic sentence: the log has the rest.
func NewProblem(err error, language, requestID string) *Problem {
	status, code := StatusOf(err), qa.CodeOf(err)
	var known *qa.Error
	var args []any
	if errors.As(err, &known) {
		args = known.Args
	}
	if status == http.StatusInternalServerError || !locale.Known(code) {
		code, args = "internal", nil
	}
	return &Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Detail: locale.Sentence(language, code, args...), Code: code, RequestID: requestID,
	}
}

// Error makes Problem an error that huma writes as it is.
func (p *Problem) Error() string { return p.Code }

// GetStatus is read by huma.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is read by huma.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders is read by huma.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	switch p.Status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		h.Set("Retry-After", strconv.Itoa(retryAfterSeconds))
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	}
	return h
}
