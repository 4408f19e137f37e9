package langchain

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"rapporteur/qa"
)

// conditions are the values that keys must have, as JSON.
type conditions map[string]string

func filter(filters any) (conditions, error) {
	m, ok := filters.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w, not %T", ErrFilters, filters)
	}
	out := conditions{}
	for key, value := range m {
		text, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrFilters, err)
		}
		out[key] = string(text)
	}
	return out, nil
}

// hold reports whether metadata has all the values.
func (c conditions) hold(metadata map[string]any) bool {
	for key, want := range c {
		value, there := metadata[key]
		if !there {
			return false
		}
		if text, err := json.Marshal(value); err != nil || !same(string(text), want) {
			return false
		}
	}
	return true
}

// same compares two values in JSON; numbers may be written in several ways.
func same(a, b string) bool {
	if a == b {
		return true
	}
	var x, y float64
	return json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil && x == y
}

// catalogue knows the metadata of all documents, so that filters become a scope before anything is ranked. It is
// filled at the first filter and then follows the change feed.
type catalogue struct {
	library Library

	mu        sync.Mutex
	listed    bool
	since     qa.Revision
	documents map[qa.DocumentID]entry
}

// entry is a document: what it carries, or how it is described.
type entry struct {
	collection qa.CollectionID
	metadata   map[string]any
	described  bool
}

func entryOf(d qa.Document) entry {
	metadata, carried := unpack(d.Source)
	if !carried {
		metadata = described(d.ID, d.Title, d.Source)
	}
	return entry{collection: d.Collection, metadata: metadata, described: !carried}
}

// matching gives the documents of a collection that meet the conditions, in the order of their arrival.
func (c *catalogue) matching(ctx context.Context, collection qa.CollectionID, wanted conditions) ([]qa.DocumentID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.sync(ctx); err != nil {
		return nil, fmt.Errorf("read metadata: %w", err)
	}
	var out []qa.DocumentID
	for _, id := range slices.Sorted(maps.Keys(c.documents)) {
		if e := c.documents[id]; e.collection == collection && wanted.hold(e.metadata) {
			out = append(out, id)
		}
	}
	return out, nil
}

// page is how many lines are read at a time.
const page = 1000

var everything = qa.Scope{Everything: true}

// sync applies what changed. The whole list is read once; a document that the feed names later is read alone.
func (c *catalogue) sync(ctx context.Context) error {
	if !c.listed {
		if err := c.list(ctx); err != nil {
			return err
		}
		c.listed = true
	}
	for {
		changes, err := c.library.Changes(ctx, c.since, page)
		if err != nil {
			return err
		}
		for _, change := range changes {
			if err := c.apply(ctx, change); err != nil {
				return err
			}
			c.since = change.Revision
		}
		if len(changes) < page {
			return nil
		}
	}
}

func (c *catalogue) list(ctx context.Context) error {
	for after := qa.DocumentID(""); ; {
		listed, err := c.library.Documents(ctx, everything, after, page)
		if err != nil {
			return err
		}
		for _, d := range listed {
			c.documents[d.ID] = entryOf(d.Document)
			after = d.ID
		}
		if len(listed) < page {
			return nil
		}
	}
}

// apply follows one line of the feed: a new document, another title, or one that has gone.
func (c *catalogue) apply(ctx context.Context, change qa.Change) error {
	known, held := c.documents[change.Document]
	switch {
	case change.Kind == qa.ChangeRemoved:
		delete(c.documents, change.Document)
	case change.Kind != qa.ChangePublished:
	case held:
		if known.described {
			known.metadata["title"] = change.Title
		}
	default:
		d, _, err := c.library.Document(ctx, everything, change.Document)
		if qa.KindOf(err) == qa.NotFound {
			return nil // a later line says so
		}
		if err != nil {
			return err
		}
		c.documents[d.ID] = entryOf(d)
	}
	return nil
}
