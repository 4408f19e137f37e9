package server

import (
	"net/http"
	"strings"
	"testing"

	"rapporteur/qa"
	"rapporteur/server/web"
)

// TestPageTheme gives the pages a style sheet of the service's own: it comes after ours, from this server alone, and the
// rest of the page is left as it was.
func TestPageTheme(t *testing.T) {
	plain := pageServer(t, reportAsker(t), reportLibrary())
	if _, body := getPage(t, plain.Client(), plain.URL+"/"); strings.Contains(body, "theme.css") {
		t.Error("a page without theme asks for one")
	}
	const theme = `:root{--accent:rgb(1, 2, 3)}`
	server := pageServer(t, reportAsker(t), reportLibrary(), func(s *Server) { s.Theme = []byte(theme) })
	for _, path := range []string{"/", "/library", "/legal", "/documents/" + string(reportID) + "/pages/2"} {
		_, body := getPage(t, server.Client(), server.URL+path)
		ours, own := strings.Index(body, "/page.css"), strings.Index(body, "/theme.css")
		if ours < 0 || own < ours {
			t.Errorf("%s: page.css at %d, theme.css at %d", path, ours, own)
		}
	}
	b := openTab(t, server)
	b.visit("/")
	b.wait(`getComputedStyle(document.querySelector(".btn.primary")).backgroundColor === "rgb(1, 2, 3)"`)
	sheet := eval[string](b, `[...document.styleSheets].at(-1).href`)
	r, err := server.Client().Get(sheet)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("%s: %d %s", sheet, r.StatusCode, r.Header.Get("Content-Type"))
	}
	s := &Server{Asker: reportAsker(t), Library: reportLibrary(), Options: Options{Theme: make([]byte, web.MaxTheme+1)}}
	if _, err := s.Handler(); qa.CodeOf(err) != "theme_too_large" {
		t.Errorf("a theme that is too large: %v", err)
	}
}
