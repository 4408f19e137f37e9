package edge

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"rapporteur/qa"
)

func TestSlowUploadsEndAfterAMinute(t *testing.T) {
	t.Parallel()
	b := &steadyBody{body: strings.NewReader(strings.Repeat("x", 1000)), control: http.NewResponseController(nil), start: time.Now().Add(-2 * time.Minute)}
	if _, err := io.ReadAll(b); qa.CodeOf(err) != "body_incomplete" {
		t.Errorf("8 bytes a second: %v", err)
	}
	b = &steadyBody{body: strings.NewReader(strings.Repeat("x", 1000)), control: http.NewResponseController(nil), start: time.Now()}
	if _, err := io.ReadAll(b); err != nil {
		t.Error(err)
	}
}
