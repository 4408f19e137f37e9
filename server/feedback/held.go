package feedback

import (
	"sync"
	"time"

	"rapporteur/qa"
)

const (
	// keepFor is how long an answer that no conversation keeps can be judged.
	keepFor = time.Hour
	// most is how many answers are remembered, all readers together; past it the oldest go.
	most = 500
)

// holding is an answer that is remembered; of one that a conversation keeps, only which.
type holding struct {
	answer      qa.Answer
	collections []qa.CollectionID
}

type heldKey struct{ owner, answer string }

// held are the answers made lately. The zero value is ready.
type held struct {
	mu    sync.Mutex
	all   map[heldKey]holding
	order []heldEntry // oldest first
}

type heldEntry struct {
	heldKey
	at time.Time
}

func (h *held) add(owner, answer string, x holding, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(now)
	if h.all == nil {
		h.all = map[heldKey]holding{}
	}
	key := heldKey{owner, answer}
	if _, known := h.all[key]; !known {
		h.order = append(h.order, heldEntry{key, now})
	}
	h.all[key] = x
	if len(h.order) > most {
		delete(h.all, h.order[0].heldKey)
		h.order = h.order[1:]
	}
}

func (h *held) find(owner, answer string, now time.Time) (holding, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(now)
	x, ok := h.all[heldKey{owner, answer}]
	return x, ok
}

// drop forgets what is too old; h.mu is held.
func (h *held) drop(now time.Time) {
	for len(h.order) > 0 && now.Sub(h.order[0].at) > keepFor {
		delete(h.all, h.order[0].heldKey)
		h.order = h.order[1:]
	}
}
