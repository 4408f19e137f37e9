package server

import (
	"context"
	"encoding/json"

	"github.com/gin-gonic/gin"

	"rapporteur/server/edge"
)

// problem turns err into what the client is told, and keeps err for the one line of the log.
func (s *Server) problem(ctx context.Context, err error) *edge.Problem {
	x := exchangeOf(ctx)
	x.err = err
	return edge.NewProblem(err, x.language, x.id)
}

// fail ends the request with the problem of err; a client that went away is written nothing.
func (s *Server) fail(c *gin.Context, err error) {
	p := s.problem(c.Request.Context(), err)
	c.Abort()
	if c.Writer.Written() {
		return
	}
	if p.Status == edge.StatusClientClosed {
		c.Status(p.Status)
		return
	}
	for name, values := range p.GetHeaders() {
		c.Writer.Header()[name] = values
	}
	c.Header("Content-Type", "application/problem+json")
	c.Status(p.Status)
	body, err := json.Marshal(p)
	if err != nil {
		return // strings and a number always marshal
	}
	_, _ = c.Writer.Write(body) // a client that went away cannot be told
}
