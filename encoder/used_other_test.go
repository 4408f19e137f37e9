//go:build !unix

package encoder_test

import "time"

// used is not known here.
func used() time.Duration { return 0 }
