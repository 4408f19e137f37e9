package server

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"rapporteur/qa"
	"rapporteur/server/edge"
	"rapporteur/server/wire"
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

// maxTitles is how many documents are looked at for the years that their titles name, the newest first.
const maxTitles = 20000

// scope gives the part of what a principal may read that a request asks for. The year that titles must name is made
// into the documents that do; none gives the zero Scope.
func (s *Server) scope(ctx context.Context, p qa.Principal, collection string, asked *wire.ScopeRequest) (qa.Scope, error) {
	scope, err := wire.Narrow(p.Read, collection, asked)
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

// mayWrite reports whether the principal may change or remove the document.
func mayWrite(p qa.Principal, d qa.Document) bool {
	return p.Write.Holds(d.Collection) && (len(p.Write.Documents) == 0 || slices.Contains(p.Write.Documents, d.ID))
}

// mayAdd reports whether the principal may put new documents into the collection.
func mayAdd(p qa.Principal, c qa.CollectionID) bool {
	return p.Write.Holds(c) && len(p.Write.Documents) == 0
}
