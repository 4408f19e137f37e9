//go:build unix

package ocr

import (
	"os/exec"
	"syscall"
)

// ownGroup makes the end of the context end the program with all that it started.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
