//go:build unix

package encoder_test

import (
	"syscall"
	"time"
)

// used is the processor time that the process has taken: on a machine with other work, the better measure.
func used() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
