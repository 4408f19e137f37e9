// Package shelf puts a list of documents in the order a reader wants, and keeps what they look for.
package shelf

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rapporteur/analysis"
	"rapporteur/qa"
)

// The most documents that are looked at, and how many are read at once.
const (
	maxDocuments = 20_000
	step         = 1000
)

// Arrangement is how the reader wants the list: what titles, sources and collections hold, the order, and the
// number of the first document to show, from 0.
type Arrangement struct {
	Words, Order string
	From         int
}

// Orders are the values of ?sort=; without one the list is in the order of the library.
func Orders() []string { return []string{"title", "newest", "oldest", "attention"} }

// Parse reads ?filter=, ?sort= and ?from=; what it does not know it leaves out.
func Parse(query url.Values) Arrangement {
	a := Arrangement{Words: strings.TrimSpace(query.Get("filter"))}
	if order := query.Get("sort"); slices.Contains(Orders(), order) {
		a.Order = order
	}
	if from, err := strconv.Atoi(query.Get("from")); err == nil {
		a.From = max(0, from)
	}
	return a
}

// Plain reports that the list is wanted as the library gives it.
func (a Arrangement) Plain() bool { return a.Words == "" && a.Order == "" }

// Query is the part of an address that Parse reads, for the list from another document on.
func (a Arrangement) Query(from int) url.Values {
	query := url.Values{}
	for name, value := range map[string]string{"filter": a.Words, "sort": a.Order} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if from > 0 {
		query.Set("from", strconv.Itoa(from))
	}
	return query
}

// List gives at most n documents after the given one, by growing identifier.
type List func(ctx context.Context, after qa.DocumentID, n int) ([]qa.Listed, error)

// Read reads the whole list and gives n documents of it as the reader wants them, and how many there are in all.
// attention tells how much a document wants to be looked at, the smallest first.
func (a Arrangement) Read(ctx context.Context, list List, n int, attention func(qa.Listed) int) ([]qa.Listed, int, error) {
	var all []entry
	words := strings.Fields(analysis.Fold(a.Words))
	for after, more := qa.DocumentID(""), true; more && len(all) < maxDocuments; {
		some, err := list(ctx, after, step)
		if err != nil {
			return nil, 0, err
		}
		for _, d := range some {
			if holds(d, words) {
				all = append(all, entry{d, analysis.Fold(d.Title)})
			}
			after = d.ID
		}
		more = len(some) == step
	}
	a.sort(all, attention)
	from := min(a.From, len(all))
	var out []qa.Listed
	for _, e := range all[from:min(len(all), from+n)] {
		out = append(out, e.Listed)
	}
	return out, len(all), nil
}

// entry is a document with its title as it is compared.
type entry struct {
	qa.Listed
	title string
}

// holds reports whether every word stands in the title, the source or the collection.
func holds(d qa.Listed, words []string) bool {
	if len(words) == 0 {
		return true
	}
	text := analysis.Fold(d.Title + " " + d.Source + " " + string(d.Collection))
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
}

func (a Arrangement) sort(all []entry, attention func(qa.Listed) int) {
	compare := map[string]func(x, y entry) int{
		"title":     func(x, y entry) int { return 0 },
		"newest":    func(x, y entry) int { return y.Newest.CreatedAt.Compare(x.Newest.CreatedAt) },
		"oldest":    func(x, y entry) int { return x.Newest.CreatedAt.Compare(y.Newest.CreatedAt) },
		"attention": func(x, y entry) int { return cmp.Compare(attention(x.Listed), attention(y.Listed)) },
	}[a.Order]
	if compare == nil {
		return
	}
	slices.SortStableFunc(all, func(x, y entry) int { return cmp.Or(compare(x, y), cmp.Compare(x.title, y.title)) })
}
