package jobs

import (
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"rapporteur/qa"
)

// lockFile stands in the data folder; the system drops the lock when its process ends, however it ends.
const lockFile = "worker.lock"

// Lock is the right to run the jobs of a data folder. One process holds it at a time.
type Lock struct{ f *flock.Flock }

// TryLock takes the lock of the folder at once, or returns false while another process holds it.
func TryLock(dir string) (*Lock, bool, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, false, qa.E(qa.Unavailable, "store_down").Because(err)
	}
	f := flock.New(filepath.Join(dir, lockFile), flock.SetPermissions(0o600))
	ok, err := f.TryLock()
	if err != nil {
		return nil, false, qa.E(qa.Unavailable, "store_down").Because(err)
	}
	if !ok {
		return nil, false, nil
	}
	return &Lock{f: f}, true, nil
}

// Unlock gives the lock back; stop the Runner first.
func (l *Lock) Unlock() error {
	if err := l.f.Unlock(); err != nil {
		return qa.E(qa.Unavailable, "store_down").Because(err)
	}
	return nil
}
