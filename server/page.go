package server

import "github.com/gin-gonic/gin"

// mountPages adds the routes of the chat page.
func (s *Server) mountPages(r gin.IRouter) error { return nil }
