package feedback

import (
	"context"
	"strconv"
	"strings"
	"time"

	"rapporteur/qa"
)

// Bounds of a page of the list of feedback.
const (
	defaultPage = 50
	maxPage     = 1000
)

// Query is what a client asks of the list, as it came.
type Query struct {
	Useful     string `query:"useful" doc:"true or false; either by default"`
	Collection string `query:"collection"`
	Since      string `query:"since" doc:"sent since this day (2024-12-31, UTC) or this time (RFC 3339)"`
	After      string `query:"after" doc:"value of next of the page before"`
	Limit      string `query:"limit" doc:"wanted at most, 1 to 1000; 50 by default"`
}

// Page gives an administrator a page of what all readers sent, newest first, and where the next begins, "" on the last.
// Forbidden admin_only; NotFound feedback_off; Invalid field_invalid.
func (d *Desk) Page(ctx context.Context, p qa.Principal, q Query) (list []qa.Feedback, next string, err error) {
	switch {
	case !p.Admin:
		return nil, "", qa.E(qa.Forbidden, "admin_only")
	case d == nil:
		return nil, "", qa.E(qa.NotFound, "feedback_off")
	}
	search, err := q.search()
	if err != nil {
		return nil, "", err
	}
	n := search.Limit
	search.Limit++ // one more tells that a page follows
	list, err = d.journal.Feedback(ctx, search)
	if len(list) > n {
		list = list[:n]
		last := list[n-1]
		next = strconv.FormatInt(last.At.UnixMicro(), 10) + "." + string(last.ID)
	}
	return list, next, err
}

func (q Query) search() (out qa.FeedbackSearch, err error) {
	if q.Useful != "" {
		useful, err := strconv.ParseBool(q.Useful)
		if err != nil {
			return out, qa.E(qa.Invalid, "field_invalid", "useful")
		}
		out.Useful = &useful
	}
	if !sound(q.Collection) {
		return out, qa.E(qa.Invalid, "field_invalid", "collection")
	}
	out.Collection, out.Limit = qa.CollectionID(q.Collection), defaultPage
	if q.Since != "" {
		if out.Since, err = Since(q.Since); err != nil {
			return out, qa.E(qa.Invalid, "field_invalid", "since").Because(err)
		}
	}
	if q.Limit != "" {
		if out.Limit, err = strconv.Atoi(q.Limit); err != nil || out.Limit < 1 || out.Limit > maxPage {
			return out, qa.E(qa.Invalid, "field_invalid", "limit")
		}
	}
	if q.After != "" {
		micros, id, _ := strings.Cut(q.After, ".")
		at, err := strconv.ParseInt(micros, 10, 64)
		if err != nil || id == "" || !sound(id) {
			return out, qa.E(qa.Invalid, "field_invalid", "after")
		}
		out.After = qa.FeedbackMark{At: time.UnixMicro(at).UTC(), ID: qa.FeedbackID(id)}
	}
	return out, nil
}

// Since reads the time from which feedback is wanted: the start of a day (2024-12-31, UTC), or a time (RFC 3339).
func Since(text string) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day, nil
	}
	return time.Parse(time.RFC3339, text)
}
