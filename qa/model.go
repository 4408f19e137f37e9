package qa

// TokenUsage counts the tokens of a model on one day, as its server gave them or, where it did not, estimated.
type TokenUsage struct {
	Day        string // 2006-01-02 in the time zone of the process
	Prompt     int64
	Completion int64
	Estimated  int64 // of both, the tokens that no server counted
	Limit      int64 // 0 is none
}

// Total is what counts against the limit.
func (u TokenUsage) Total() int64 { return u.Prompt + u.Completion }

// The states of the breaker that leaves a failing model alone.
const (
	BreakerClosed   = "closed"    // the model is called
	BreakerOpen     = "open"      // it is not
	BreakerHalfOpen = "half_open" // one call tries
)

// ModelState is how the model that writes answers is.
type ModelState struct {
	Breaker  string // one of the states above
	Degraded bool   // questions are answered without it now, or its server refuses the key or the model
	Usage    TokenUsage
}
