//go:build unix

package upkeep

import "golang.org/x/sys/unix"

// roomOn gives the bytes that this user may still write on the disk of a folder.
func roomOn(folder string) (int64, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(folder, &fs); err != nil {
		return 0, err
	}
	return int64(fs.Bavail) * int64(fs.Bsize), nil
}
