package qa

import "time"

// Key is an API key as it is stored and listed; the secret itself is shown once and kept nowhere.
type Key struct {
	ID          string
	Name        string
	Prefix      string         // first characters of the secret, to recognise it by
	Write       bool           // may add, replace and remove documents; every key may read
	Admin       bool           // may read the feedback of all readers
	Collections []CollectionID // when not empty, only these
	CreatedAt   time.Time
	RevokedAt   time.Time // zero while the key is good
}
