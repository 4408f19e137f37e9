package edge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rapporteur/qa"
)

func TestEveryKindHasAStatus(t *testing.T) {
	t.Parallel()
	want := map[qa.Kind]int{
		qa.Internal: 500, qa.Invalid: 400, qa.TooLarge: 413, qa.Unsupported: 415, qa.Unprocessable: 422,
		qa.NotFound: 404, qa.Unauthenticated: 401, qa.Forbidden: 403, qa.Conflict: 409, qa.Exhausted: 429,
		qa.Unavailable: 503, qa.NoSpace: 507, qa.Canceled: 499,
	}
	for _, k := range qa.Kinds() {
		status, ok := want[k]
		if !ok {
			t.Errorf("kind %d is not in this table", k)
		}
		if got := statusOfKind(k); got != status {
			t.Errorf("kind %d: status %d, want %d", k, got, status)
		}
	}
}

func TestProblemsAreLocalisedAndKeepSecrets(t *testing.T) {
	t.Parallel()
	secret := errors.New("open /var/lib/rapporteur/secret.db: denied")
	for _, c := range []struct {
		name, language, code, in string
		err                      error
		status, retry            int
	}{
		{"known", "fr", "source_exists", "« rapport.pdf »", qa.E(qa.Conflict, "source_exists", "rapport.pdf", "d1").Because(secret), 409, 0},
		{"english", "en", "source_exists", "already has the name", qa.E(qa.Conflict, "source_exists", "rapport.pdf", "d1"), 409, 0},
		{"wrapped", "fr", "store_down", "ne répond pas", fmt.Errorf("list: %w", qa.E(qa.Unavailable, "store_down").Because(secret)), 503, 5},
		{"exhausted", "fr", "too_many_requests", "en cours", qa.E(qa.Exhausted, "too_many_requests"), 429, 5},
		{"timeout", "fr", "timeout", "trop de temps", context.DeadlineExceeded, 503, 5},
		{"foreign error", "fr", "internal", "erreur interne", secret, 500, 0},
		{"internal", "en", "internal", "internal error", qa.E(qa.Internal, "database_damaged").Because(secret), 500, 0},
		{"code without a sentence", "fr", "internal", "erreur interne", qa.E(qa.Invalid, "no_such_code", "x"), 400, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := NewProblem(c.err, c.language, "r1")
			detail := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(p.Detail)
			if p.Status != c.status || p.Code != c.code || !strings.Contains(detail, c.in) {
				t.Errorf("got %+v", p)
			}
			if strings.Contains(p.Detail, "/var") || strings.Contains(p.Detail, "%!") {
				t.Errorf("detail leaks or is malformed: %s", p.Detail)
			}
			if got := p.GetHeaders().Get("Retry-After") != ""; got != (c.retry > 0) {
				t.Errorf("Retry-After %v", p.GetHeaders())
			}
		})
	}
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ query, cookie, accept, want string }{
		{"", "", "", "fr"},
		{"", "", "en-GB,en;q=0.9", "en"},
		{"", "", "de,en;q=0.5,fr;q=0.4", "en"},
		{"", "", "fr;q=0.3,en;q=0.2", "fr"},
		{"", "", "de", "fr"},
		{"", "", "%%%%", "fr"},
		{"", "", strings.Repeat("a-", 3000), "fr"},
		{"", "en", "fr", "en"},
		{"lang=fr", "en", "en", "fr"},
		{"lang=xx", "", "en", "en"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/?"+c.query, nil)
		r.Header.Set("Accept-Language", c.accept)
		if c.cookie != "" {
			r.AddCookie(&http.Cookie{Name: LanguageCookie, Value: c.cookie})
		}
		if got := Language(r); got != c.want {
			t.Errorf("%+v: got %s", c, got)
		}
	}
}
