package ingest

import (
	"cmp"
	"context"
	"net/url"
	"path"
	"strings"

	"rapporteur/qa"
)

// Fetcher gets documents from web addresses; internal/safehttp implements it. Its errors can be told to
// a user.
type Fetcher interface {
	// Normal gives the one spelling of an address that may be fetched: it becomes the source of its document.
	Normal(address string) (string, error)
	// Fetch gets what is at an address, unless the server says that it is what known was of. The errors
	// of the body can be told too.
	Fetch(ctx context.Context, address string, known qa.Validator) (qa.Fetched, error)
}

// AcceptURL fetches a document from the web and accepts it as Accept does. Its source is the address in
// its one spelling, so that the same address with other bytes is a new version; u.Replace is taken as
// set. A server that says that nothing changed since the newest readable version is believed, and
// nothing is downloaded: VerdictUnchanged.
//
// Errors: those of the Fetcher, and those of Accept.
func (p *Pipeline) AcceptURL(ctx context.Context, u qa.Upload, address string) (qa.Receipt, error) {
	source, err := p.Fetcher.Normal(address)
	if err != nil {
		return qa.Receipt{}, err
	}
	u.Source, u.Replace = source, true
	if u, err = clean(u); err != nil {
		return qa.Receipt{}, err
	}
	d, known, err := p.fetched(ctx, u)
	if err != nil {
		return qa.Receipt{}, err
	}
	f, err := p.Fetcher.Fetch(ctx, source, known.Validator)
	if err != nil {
		return qa.Receipt{}, err
	}
	if f.Unchanged {
		return qa.Receipt{Document: d, Version: known, Outcome: qa.VerdictUnchanged}, nil
	}
	defer f.Body.Close()
	u.Validator = f.Validator
	return p.Accept(ctx, u, f.Body)
}

// fetched finds the newest version of the source that could be read, or is still to be; the zero one where
// there is none. One that failed is fetched anew: it is tried again.
func (p *Pipeline) fetched(ctx context.Context, u qa.Upload) (qa.Document, qa.Version, error) {
	if u.Document != "" {
		return qa.Document{}, qa.Version{}, nil
	}
	scope := qa.Scope{Collections: []qa.CollectionID{u.Collection}}
	d, versions, err := p.Earlier.FindSource(ctx, scope, u.Collection, u.Source)
	if err != nil {
		if qa.KindOf(err) == qa.NotFound {
			err = nil
		}
		return qa.Document{}, qa.Version{}, err
	}
	for _, v := range versions {
		if v.State.Pending() || v.Verdict.Readable() {
			return d, v, nil
		}
	}
	return d, qa.Version{}, nil
}

// nameOf gives the name of the file of a source: the last part of a path, or of the path of a web address.
func nameOf(source string) string {
	if !strings.HasPrefix(source, "https://") && !strings.HasPrefix(source, "http://") {
		return path.Base(source)
	}
	u, err := url.Parse(source)
	if err != nil {
		return source
	}
	name := path.Base(u.Path)
	if name == "/" || name == "." {
		name = ""
	}
	return cmp.Or(printable(name), u.Host)
}
