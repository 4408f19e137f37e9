package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed static/*
var staticFiles embed.FS

// StaticPath is where Static must be mounted.
const StaticPath = "/static/"

// Static gives the style, scripts and icon, as they are in the repository.
func Static() fs.FS {
	sub, err := fs.Sub(staticFiles, "static")
	if err != nil {
		panic(err) // the folder is embedded: it cannot be missing
	}
	return sub
}

// assets holds the static files and the hash of all of them. The hash is a folder of their
// address, so that modules importing each other by relative names never mix two releases.
type assets struct {
	files map[string][]byte
	hash  string
}

// themeFile is the style sheet of the service's own, after ours.
const themeFile = "theme.css"

// MaxTheme bounds it, in bytes.
const MaxTheme = 64 << 10

func loadAssets(theme []byte) (*assets, error) {
	a := &assets{files: map[string][]byte{}}
	sum := sha256.New()
	add := func(name string, content []byte) {
		a.files[name] = content
		fmt.Fprintf(sum, "%s %d\n", name, len(content))
		sum.Write(content)
	}
	if len(theme) > 0 {
		add(themeFile, theme)
	}
	err := fs.WalkDir(Static(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(Static(), name)
		if err != nil {
			return err
		}
		add(name, content)
		return nil
	})
	a.hash = hex.EncodeToString(sum.Sum(nil))[:12]
	return a, err
}

// url fails for a name that does not exist, so that a wrong name in a template fails its test.
func (a *assets) url(name string) (string, error) {
	if _, ok := a.files[name]; !ok {
		return "", fmt.Errorf("no static file %q", name)
	}
	return StaticPath + a.hash + "/" + name, nil
}

// Handler serves the static files under StaticPath: for a year at their hashed address, and
// checked at each use at any other, so that a page of an older release still loads. theme is a style sheet of the
// service's own, nil for none.
func Handler(theme []byte) (http.Handler, error) {
	a, err := loadAssets(theme)
	if err != nil {
		return nil, fmt.Errorf("web: read static files: %w", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hash, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, StaticPath), "/")
		content, ok := a.files[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", contentType(name))
		h.Set("ETag", `"`+a.hash+`"`)
		h.Set("Cache-Control", "no-cache")
		if hash == a.hash {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		if r.Header.Get("If-None-Match") == `"`+a.hash+`"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Write(content) //nolint:errcheck // the client went away
	}), nil
}

// contentType is fixed here because the table of the system's types differs between machines.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return "application/octet-stream"
}
