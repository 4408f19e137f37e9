//go:build !unix

package ocr

import "os/exec"

// ownGroup does nothing where processes have no groups: the end of the context ends the program alone.
func ownGroup(*exec.Cmd) {}
