package web

import (
	"fmt"
	"io/fs"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"rapporteur/locale"
)

func TestTemplatesSayOnlyKnownSentences(t *testing.T) {
	t.Parallel()
	call := regexp.MustCompile(`[({ ](t|n) "(\w+)"`)
	entries, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil || len(entries) == 0 {
		t.Fatal(err, len(entries))
	}
	for _, name := range entries {
		body, err := fs.ReadFile(templateFiles, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range call.FindAllStringSubmatch(string(body), -1) {
			codes := []string{m[2]}
			if m[1] == "n" {
				codes = []string{m[2] + "_one", m[2] + "_many"}
			}
			for _, code := range codes {
				if !locale.Known(code) {
					t.Errorf("%s says %q, which has no sentence", name, code)
				}
			}
		}
		for _, bad := range []string{" style=", "<style", "javascript:", "http://", "https://"} {
			if strings.Contains(string(body), bad) {
				t.Errorf("%s holds %s", name, bad)
			}
		}
		if m := regexp.MustCompile(`\son[a-z]+=`).Find(body); m != nil {
			t.Errorf("%s holds the inline handler %s", name, m)
		}
	}
}

func TestScriptsSayOnlyWhatTheyAreGiven(t *testing.T) {
	t.Parallel()
	given := scriptTexts("fr")
	for code := range given {
		if _, bare, tagged := strings.Cut(code, ":"); tagged {
			code = bare
		}
		if !locale.Known(code) {
			t.Errorf("scripts are given %q, which has no sentence", code)
		}
	}
	call := regexp.MustCompile(`\b(t|count)\("(page_\w+)"`)
	for _, name := range staticNames(t, "*.js") {
		body := staticText(t, name)
		for _, m := range call.FindAllStringSubmatch(body, -1) {
			codes := []string{m[2]}
			if m[1] == "count" {
				codes = []string{m[2] + "_one", m[2] + "_many"}
			}
			for _, code := range codes {
				if _, ok := given[code]; !ok && !strings.HasSuffix(code, "_") {
					t.Errorf("%s says %q, which it is not given", name, code)
				}
			}
		}
		for _, bad := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "setAttribute(\"style\"", "http://", "https://"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s holds %s", name, bad)
			}
		}
	}
}

func TestStaticFilesAreLight(t *testing.T) {
	t.Parallel()
	for pattern, limit := range map[string]int{"*.js": 60_000, "*.css": 30_000} {
		var sum int
		for _, name := range staticNames(t, pattern) {
			sum += len(staticText(t, name))
		}
		if sum == 0 || sum > limit {
			t.Errorf("%s: %d bytes, want at most %d", pattern, sum, limit)
		}
		t.Logf("%s: %d bytes", pattern, sum)
	}
}

// TestScriptsHaveTypes checks the types that the comments of the scripts give, with the compiler that RAPPORTEUR_TSC
// names: test.sh installs it.
func TestScriptsHaveTypes(t *testing.T) {
	t.Parallel()
	tsc := os.Getenv("RAPPORTEUR_TSC")
	if tsc == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("RAPPORTEUR_TSC names no compiler, and CI needs it")
		}
		t.Skip("skipped: RAPPORTEUR_TSC names no compiler (npm install typescript)")
	}
	args := []string{"--allowJs", "--checkJs", "--noEmit", "--strict", "--target", "es2023", "--module", "esnext",
		"--moduleResolution", "bundler", "--lib", "es2023,dom,dom.iterable", "--types", ""}
	for _, name := range staticNames(t, "*.js") {
		if body := staticText(t, name); !strings.HasPrefix(body, "// @ts-check\n") {
			t.Errorf("%s does not ask editors to check it", name)
		}
		args = append(args, filepath.Join("static", name))
	}
	if out, err := exec.CommandContext(t.Context(), tsc, args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func staticNames(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := fs.Glob(Static(), pattern)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func staticText(t *testing.T, name string) string {
	t.Helper()
	body, err := fs.ReadFile(Static(), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestHandler(t *testing.T) {
	t.Parallel()
	h, err := Handler(nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := loadAssets(nil)
	if err != nil {
		t.Fatal(err)
	}
	hashed, err := a.url("page.css")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.url("missing.css"); err == nil {
		t.Error("a missing file has an address")
	}
	get := func(path, etag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("If-None-Match", etag)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	first := get(hashed, "")
	if first.Code != 200 || !strings.Contains(first.Header().Get("Cache-Control"), "immutable") || !strings.HasPrefix(first.Header().Get("Content-Type"), "text/css") {
		t.Errorf("%d %v", first.Code, first.Header())
	}
	if again := get(hashed, first.Header().Get("ETag")); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("a known file gives %d with %d bytes", again.Code, again.Body.Len())
	}
	if old := get(StaticPath+"0123/page.css", ""); old.Code != 200 || old.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("an older address gives %d %v", old.Code, old.Header())
	}
	for _, path := range []string{StaticPath + "x/../web.go", StaticPath + "page.css", StaticPath + a.hash + "/", StaticPath + a.hash + "/none.js"} {
		if w := get(path, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s gives %d", path, w.Code)
		}
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want string }{
		{Number("fr", 1234567), "1\u202f234\u202f567"}, {Number("en", 1234), "1,234"}, {Number("fr", 999), "999"}, {Number("fr", -1000), "-1\u202f000"},
		{Count("fr", "page_pages", 0), "0 page"}, {Count("en", "page_pages", 0), "0 pages"}, {Count("fr", "page_pages", 1), "1 page"}, {Count("fr", "page_pages", 1500), "1\u202f500 pages"},
		{Seconds("fr", 84*time.Millisecond), "0,1\u00a0s"}, {Seconds("en", 2340*time.Millisecond), "2.3\u00a0s"},
		{Date("fr", time.Date(2025, 8, 1, 0, 0, 0, 0, time.UTC)), "1er\u00a0août\u00a02025"},
		{Date("en", time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)), "31\u00a0December\u00a02025"},
		{LanguageName("fr", "fr"), "français"}, {LanguageName("en", "de"), "German"}, {LanguageName("fr", ""), ""}, {LanguageName("fr", "?"), "?"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

// TestFrenchTypography keeps the spaces that French wants before its double marks.
func TestFrenchTypography(t *testing.T) {
	t.Parallel()
	wrong := regexp.MustCompile(`[ ][;:!?»]| %%|« |[^\s\x{202f}\x{a0}][;!?»]|'`)
	checked := 0
	for _, code := range scriptCodes() {
		if s := locale.Sentence("fr", code); strings.HasPrefix(code, "page_") {
			checked++
			if m := wrong.FindString(s); m != "" {
				t.Errorf("%s: %q in %q", code, m, s)
			}
		}
	}
	if checked < 30 {
		t.Errorf("only %d sentences were checked", checked)
	}
}

// TestContrasts measures the tokens of both themes as WCAG 2.2 does: 4.5 for text, 3 for the borders
// of controls and the focus ring.
func TestContrasts(t *testing.T) {
	t.Parallel()
	css := staticText(t, "page.css")
	light := tokens(css[:strings.Index(css, "@media")])
	dark := tokens(css[strings.Index(css, "@media"):strings.Index(css, "/* Ground */")])
	pairs := []struct {
		front, backs string
		least        float64
	}{
		{"ink", "paper surface sunken mark accent-soft", 4.5}, {"ink-2", "paper surface sunken", 4.5}, {"ink-3", "paper surface sunken", 4.5},
		{"accent", "paper surface sunken accent-soft", 4.5}, {"accent-ink", "accent", 4.5}, {"ok", "ok-soft", 4.5},
		{"warn", "warn-soft paper surface", 4.5}, {"ink", "ok-soft warn-soft", 4.5}, {"danger", "paper surface", 4.5},
		{"line-strong", "paper surface sunken", 3}, {"focus", "paper surface sunken", 3},
	}
	for theme, values := range map[string]map[string]string{"light": light, "dark": dark} {
		for _, p := range pairs {
			for back := range strings.FieldsSeq(p.backs) {
				if got := contrast(t, values[p.front], values[back]); got < p.least {
					t.Errorf("%s: %s on %s has %.2f, want %.1f", theme, p.front, back, got, p.least)
				}
			}
		}
	}
}

func tokens(css string) map[string]string {
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`--([\w-]+):\s*(#[0-9a-f]{6})`).FindAllStringSubmatch(css, -1) {
		out[m[1]] = m[2]
	}
	return out
}

// contrast is the ratio of WCAG 2.2 between two colours written as #rrggbb.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	if len(colour) != 7 {
		t.Fatalf("colour %q", colour)
	}
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(colour[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func TestFailingTemplateSendsNothing(t *testing.T) {
	t.Parallel()
	templates, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := templates.render(&b, "fr", "no such template", nil); err == nil || b.Len() > 0 {
		t.Errorf("error %v, %d bytes sent", err, b.Len())
	}
	for _, language := range []string{"fr", "en", "xx"} {
		b.Reset()
		if err := templates.Failure(&b, FailureView{Frame: Frame{Language: language}, Problem: Problem{Detail: "<b>"}}); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), "&lt;b&gt;") || !strings.Contains(b.String(), fmt.Sprintf("lang=%q", language)) {
			t.Errorf("%s: %s", language, b.String())
		}
	}
}
