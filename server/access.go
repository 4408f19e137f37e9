package server

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"rapporteur/qa"
	"rapporteur/server/edge"
)

// maxToken bounds what is handed to the Guard; keys are far shorter.
const maxToken = 4096

// CheckListen refuses to listen beyond this machine while there is no key: keys is how many exist.
func CheckListen(addr string, keys int) error {
	name, _ := edge.SplitHost(addr)
	ip, err := netip.ParseAddr(name)
	loopback := name == "localhost" || err == nil && ip.Unmap().IsLoopback()
	if loopback || keys > 0 {
		return nil
	}
	return qa.E(qa.Invalid, "key_required")
}

// local is who asks without a key from this machine.
func local() qa.Principal {
	all := qa.Scope{Everything: true}
	return qa.Principal{ID: "local", Read: all, Write: all, Admin: true}
}

// ownRequests refuses what another web site could make a browser send here.
func (s *Server) ownRequests(c *gin.Context) {
	site := edge.Site{Listen: s.Listen, PublicHosts: s.PublicHosts}
	if err := site.Check(c.Request); err != nil {
		s.fail(c, err)
		return
	}
	c.Next()
}

// authenticated lets through only requests whose principal is known.
func (s *Server) authenticated(c *gin.Context) {
	if _, err := s.principal(c); err != nil {
		s.fail(c, err)
		return
	}
	c.Next()
}

// principal says who sent the request: the owner of the key, or the local user. It asks the Guard
// once per request. The error is Unauthenticated, or that of the Guard.
func (s *Server) principal(c *gin.Context) (qa.Principal, error) {
	x := exchangeOf(c.Request.Context())
	if x.principal != nil {
		return *x.principal, nil
	}
	p, err := s.identify(c.Request)
	if err != nil {
		return qa.Principal{}, err
	}
	x.principal = &p
	return p, nil
}

func (s *Server) identify(r *http.Request) (qa.Principal, error) {
	headers := r.Header.Values("Authorization")
	if len(headers) == 0 {
		if !s.KeyOnLoopback && edge.FromThisMachine(r) {
			return local(), nil
		}
		return qa.Principal{}, qa.E(qa.Unauthenticated, "key_missing")
	}
	token := keyOf(r)
	if len(headers) != 1 || token == "" || len(token) > maxToken || s.Guard == nil {
		return qa.Principal{}, qa.E(qa.Unauthenticated, "bad_key")
	}
	return s.Guard.Authenticate(r.Context(), token)
}

// keyOf finds the key of a request: a program's bearer token (RFC 6750), or the password that a browser
// asked its user for, whatever the name beside it (RFC 7617). It is "" where there is none.
func keyOf(r *http.Request) string {
	if _, password, ok := r.BasicAuth(); ok {
		return password
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// principalOf is the principal that authenticated put into the request; the zero Principal, which
// may read and write nothing, where there is none.
func principalOf(ctx context.Context) qa.Principal {
	if x := exchangeOf(ctx); x.principal != nil {
		return *x.principal
	}
	return qa.Principal{}
}

// ScopeRequest is the part of a request that narrows what may be read. It never widens it.
type ScopeRequest struct {
	Documents []string `json:"documents,omitempty" doc:"only these documents"`
	Versions  []string `json:"versions,omitempty" doc:"these versions instead of the live ones"`
	Year      string   `json:"year,omitempty" doc:"only documents whose title names this year, as in « Bilan 2024 »"`
	AsOf      string   `json:"as_of,omitempty" doc:"versions that were live at the end of this day (2024-12-31, UTC) or at this time (RFC 3339)"`
}

// maxScopeIDs bounds the documents and the versions that one request may name.
const maxScopeIDs = 1000

// narrow gives the part of granted that a request asks for. What lies outside gives the zero
// Scope, so that asking about another's collection looks like asking about one that is not there.
func narrow(granted qa.Scope, collection string, asked *ScopeRequest) (qa.Scope, error) {
	scope := granted
	if collection != "" {
		id := qa.CollectionID(collection)
		if !granted.Holds(id) {
			return qa.Scope{}, nil
		}
		scope.Everything, scope.Collections = false, []qa.CollectionID{id}
	}
	if asked == nil {
		return scope, nil
	}
	if len(asked.Documents) > maxScopeIDs || len(asked.Versions) > maxScopeIDs {
		return qa.Scope{}, qa.E(qa.Invalid, "field_invalid", "scope")
	}
	at, err := asOf(asked.AsOf)
	if err != nil {
		return qa.Scope{}, err
	}
	if !at.IsZero() && (scope.AsOf.IsZero() || at.Before(scope.AsOf)) {
		scope.AsOf = at
	}
	var ok bool
	if scope.Documents, ok = within(granted.Documents, asked.Documents); !ok {
		return qa.Scope{}, nil
	}
	if scope.Versions, ok = within(granted.Versions, asked.Versions); !ok {
		return qa.Scope{}, nil
	}
	return scope, nil
}

// maxTitles is how many documents are looked at for the years that their titles name, the newest first.
const maxTitles = 20000

// scope gives the part of what a principal may read that a request asks for. The year that titles must name is made
// into the documents that do; none gives the zero Scope.
func (s *Server) scope(ctx context.Context, p qa.Principal, collection string, asked *ScopeRequest) (qa.Scope, error) {
	scope, err := narrow(p.Read, collection, asked)
	if err != nil || asked == nil || asked.Year == "" {
		return scope, err
	}
	if !qa.IsYear(asked.Year) {
		return qa.Scope{}, qa.E(qa.Invalid, "field_invalid", "year")
	}
	titled, err := s.Library.Titles(ctx, scope, maxTitles)
	if err != nil {
		return qa.Scope{}, err
	}
	if scope.Documents = qa.OfYear(titled, asked.Year); len(scope.Documents) == 0 {
		return qa.Scope{}, nil
	}
	return scope, nil
}

// within gives the asked identifiers that are granted; no grant list grants all, and ok is false
// when nothing asked for is granted.
func within[ID ~string](granted []ID, asked []string) (ids []ID, ok bool) {
	if len(asked) == 0 {
		return granted, true
	}
	for _, a := range asked {
		if len(granted) == 0 || slices.Contains(granted, ID(a)) {
			ids = append(ids, ID(a))
		}
	}
	return ids, len(ids) > 0
}

func asOf(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day.AddDate(0, 0, 1).Add(-time.Nanosecond), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, qa.E(qa.Invalid, "field_invalid", "as_of").Because(err)
	}
	return at, nil
}

// mayWrite reports whether the principal may change or remove the document.
func mayWrite(p qa.Principal, d qa.Document) bool {
	return p.Write.Holds(d.Collection) && (len(p.Write.Documents) == 0 || slices.Contains(p.Write.Documents, d.ID))
}

// mayAdd reports whether the principal may put new documents into the collection.
func mayAdd(p qa.Principal, c qa.CollectionID) bool {
	return p.Write.Holds(c) && len(p.Write.Documents) == 0
}
