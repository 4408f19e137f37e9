// Package server is the HTTP side of Rapporteur: the JSON API, its event streams and the chat page.
package server

// Server answers HTTP requests with the parts that wiring gave it.
type Server struct{}
