package qa

import "time"

// Citation is a quote and where it stands: Quote equals the bytes [Start, End) of the version's text.
type Citation struct {
	Number    int // 1-based, as printed in the answer
	Document  DocumentID
	Version   VersionID
	Title     string
	Source    string
	Page      int    // 1-based physical page, 0 where the format has none
	PageLabel string // printed on the page, "" when unknown
	PageUnit  PageUnit
	Place     string // where the format names places of its own: "Budget!A12:E12"; "" elsewhere
	Section   []string
	// Header is the header row of the table that Quote is a row of, "" elsewhere: exact bytes of the
	// version's text like Quote.
	Header     string
	Recognised float64 // confidence, 0 to 1, of the optical recognition that gave Quote; 0: it came with the file
	Span
	Quote string
}

// SentenceVerdict says whether a sentence of an answer is proved by its citations.
type SentenceVerdict string

// The verdicts of a sentence.
const (
	SentenceSupported   SentenceVerdict = "supported"
	SentencePartly      SentenceVerdict = "partly"
	SentenceUnsupported SentenceVerdict = "unsupported"
)

// Sentence is one sentence of an answer with the numbers of the citations that prove it.
type Sentence struct {
	Text      string
	Citations []int
	Verdict   SentenceVerdict
}

// RefusalReason is the stable code that says why there is no answer.
type RefusalReason string

// The reasons of a refusal.
const (
	NotInDocuments      RefusalReason = "not_in_documents"
	PremiseNotSupported RefusalReason = "premise_not_supported"
	NeedsPrecision      RefusalReason = "needs_precision"
	NoDocuments         RefusalReason = "no_documents"
	UnreadableDocuments RefusalReason = "unreadable_documents"
)

// Refusal says why there is no answer and what came nearest.
type Refusal struct {
	Reason  RefusalReason
	Nearest []Citation // best first; quotes verified like all others
	// Unreadable are documents searched of which some text could not be read: the answer may stand there.
	Unreadable []Listed
}

// Timings are durations of the steps of an answer.
type Timings struct{ Embed, Search, Answer, Total time.Duration }

// Answer is what the user reads. Answered is false when the documents do not say; Refusal is then set.
type Answer struct {
	ID             string
	Answered       bool
	Text           string
	Mode           Mode
	Degraded       bool
	DegradedReason string // stable code, "" when not degraded
	Confidence     float64
	Language       string // "fr" or "en"
	Sentences      []Sentence
	Dropped        int  // sentences that a language model wrote and that nothing proved: they are not shown
	Partial        bool // the model stopped before its end: what is shown is proved, and not all there was to say
	Citations      []Citation
	Refusal        *Refusal
	Asked          string
	Standalone     string // the question as it was searched
	Documents      int    // documents searched
	Passages       int    // passages read
	Timings        Timings
	Conversation   ConversationID // where it is kept, "" when it is not
	Turn           int            // its number there
}

// Event is one step of an answer as it is made: exactly one field is set.
type Event struct {
	Step     *Step
	Sentence *SentenceEvent
}

// Step says what is being done, by stable code: "understanding", "searching", "reading", "writing", "checking".
type Step struct {
	Code  string
	Count int // documents searched or passages read, when the code counts something
}

// SentenceEvent is a sentence already checked, with its citations whole.
type SentenceEvent struct {
	Sentence
	Sources []Citation
}
