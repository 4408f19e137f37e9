package model

import (
	"net"
	"net/http"
	"os"
	"slices"

	"rapporteur/internal/safehttp"
	"rapporteur/qa"
)

// Connect completes s by its key, from keyFile or else the one given, and makes the HTTP client that reaches it: the
// host of the server is allowed, private or not, since the operator named it, and beside it what allow lists. That
// holds for this client alone. Its connections end by themselves when they are idle. Errors: Invalid model_unset,
// model_url_invalid, model_key_file, allow_hosts_invalid.
func (s *Server) Connect(allow []string, keyFile, key string) (*http.Client, error) {
	s.Key = NewSecret(key)
	if keyFile != "" {
		content, err := os.ReadFile(keyFile)
		if s.Key = NewSecret(string(content)); err != nil || !s.Key.Set() {
			return nil, qa.E(qa.Invalid, "model_key_file").Because(err)
		}
	}
	host, err := s.host()
	if err != nil {
		return nil, err
	}
	outside, err := safehttp.New(safehttp.Options{Allow: append(slices.Clone(allow), host)})
	if err != nil {
		return nil, err
	}
	return outside.HTTP(), nil
}

// host gives the name and port of the server, as an allow-list wants them.
func (s *Server) host() (string, error) {
	u, err := s.address()
	if err != nil {
		return "", err
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(u.Hostname(), port), nil
}
