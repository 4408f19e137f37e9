// Package source lists what is to be ingested: files, folders, ZIP archives of documents, JSON lines and web
// addresses, each as items that are opened one by one. It reads no document.
package source

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"rapporteur/eval"
	"rapporteur/qa"
)

// Item is one thing to ingest: its identity in the collection and how to read it.
type Item struct {
	Source    string // relative path, name or address: what qa.Upload calls so
	Title     string // "" lets the text give it
	MediaType string // "" lets the content tell
	Password  string // opens the file if it is protected
	Origin    string // mark of the folder that holds it, "" where there is none
	URL       string // address to fetch it from; Open is nil then
	// Open reads it. An error with a code is the verdict on it.
	Open func() (io.ReadCloser, error)
}

// Folder is a folder that was listed.
type Folder struct {
	// Origin is the mark that the items below it bear: a hash of the name of this machine and of the real path
	// of the folder. Of another folder by the same relative paths, of another machine too, it is another
	// one: what is missing from a folder must never be looked for in what another one brought. It says no
	// word of the path, and it changes with it: a folder that moved is a new one.
	Origin string
	Files  int  // found below it, hidden ones left out
	Whole  bool // false where part of it could not be listed: what seems gone may be there
}

// Listing is what some paths name.
type Listing struct {
	Items   []Item
	Folders []Folder
}

// List lists what the paths name: files, folders with all below them, ZIP archives, addresses that begin with http://
// or https://, or with lines set files of JSON lines. Invalid path_missing for one that is not there, or cannot
// be read at all; what cannot be read below a folder is an item whose opening says so.
func List(paths []string, lines bool) (Listing, error) {
	var l Listing
	for _, p := range paths {
		if strings.HasPrefix(p, "http://") || strings.HasPrefix(p, "https://") {
			l.Items = append(l.Items, Item{Source: p, URL: p})
			continue
		}
		info, err := os.Stat(p)
		if err == nil {
			err = l.add(p, info.IsDir(), lines)
		}
		if err != nil {
			return Listing{}, qa.E(qa.Invalid, "path_missing", p).Because(err)
		}
	}
	return l, nil
}

func (l *Listing) add(p string, folder, lines bool) error {
	switch {
	case folder:
		origin, err := mark(p)
		if err != nil {
			return err
		}
		items, f, err := list(os.DirFS(p))
		for i := range items {
			items[i].Origin = origin
		}
		f.Origin = origin
		l.Items, l.Folders = append(l.Items, items...), append(l.Folders, f)
		return err
	case lines:
		items, err := lineItems(p)
		l.Items = append(l.Items, items...)
		return err
	}
	items, _ := fileItems(filepath.Base(p), func() (fs.File, error) { return os.Open(p) })
	l.Items = append(l.Items, items...)
	return nil
}

// mark makes the Origin of a folder.
func mark(folder string) (string, error) {
	place, err := filepath.Abs(folder)
	if err == nil {
		place, err = filepath.EvalSymlinks(place)
	}
	if err != nil {
		return "", err
	}
	machine, err := os.Hostname()
	if err != nil {
		return "", err
	}
	h := sha256.Sum256([]byte(machine + "\x00" + place))
	return hex.EncodeToString(h[:]), nil
}

// Files lists the files below a folder that is part of the program.
func Files(dir fs.FS) ([]Item, error) {
	items, _, err := list(dir)
	return items, err
}

// list lists the files below a folder, hidden ones left out, with their relative paths as sources.
func list(dir fs.FS) (items []Item, f Folder, err error) {
	f.Whole = true
	err = fs.WalkDir(dir, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && name == ".":
			return err
		case err != nil:
			f.Whole = false
			items = append(items, refusedItem(name, qa.E(qa.Unprocessable, "folder_unreadable").Because(err)))
			return fs.SkipDir
		case name != "." && strings.HasPrefix(d.Name(), "."):
			if d.IsDir() {
				return fs.SkipDir
			}
		case d.Type().IsRegular():
			more, listed := fileItems(name, func() (fs.File, error) { return dir.Open(name) })
			items = append(items, more...)
			f.Files++
			f.Whole = f.Whole && listed
		}
		return nil
	})
	return items, f, err
}

// fileItems makes the item of a file, or those of the documents in a ZIP archive; listed is false for an archive of
// which it cannot be told what it holds.
func fileItems(source string, open func() (fs.File, error)) (items []Item, listed bool) {
	if strings.EqualFold(path.Ext(source), ".zip") {
		return archiveItems(source, open)
	}
	return []Item{fileItem(source, open)}, true
}

func fileItem(source string, open func() (fs.File, error)) Item {
	return Item{Source: source, Open: func() (io.ReadCloser, error) {
		f, err := open()
		if err != nil {
			return nil, unreadable(err)
		}
		return f, nil
	}}
}

// unreadable is the verdict on a file that is there and cannot be opened.
func unreadable(err error) error { return qa.E(qa.Unprocessable, "file_unreadable").Because(err) }

func lineItems(file string) ([]Item, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	records, err := eval.Lines[eval.Record](f)
	if err != nil {
		return nil, err
	}
	return Records(records), nil
}

// Records makes an item of each record; its text is taken as it is, never guessed to be Markdown or HTML.
func Records(records []eval.Record) []Item {
	out := make([]Item, 0, len(records))
	for _, r := range records {
		out = append(out, Item{Source: r.ID, Title: r.Title, MediaType: "text/plain",
			Open: func() (io.ReadCloser, error) { return text{strings.NewReader(r.Text)}, nil }})
	}
	return out
}

// text is an opened record; unlike io.NopCloser it can be read twice.
type text struct{ *strings.Reader }

// Close does nothing.
func (text) Close() error { return nil }
