package ingest

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"time"
)

// newID makes an identifier of 26 characters: 48 bits of the time in milliseconds, then 80 random
// bits, so that ids sort by age and lists by id are in the order of arrival.
func newID(now time.Time) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16)
	rand.Read(b[6:])
	const digits = "0123456789abcdefghijklmnopqrstuv" // sorts as the bits do
	return base32.NewEncoding(digits).WithPadding(base32.NoPadding).EncodeToString(b[:])
}
