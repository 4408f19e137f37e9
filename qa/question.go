package qa

// Role says who wrote a message.
type Role string

// The roles of a conversation.
const (
	RoleSystem    Role = "system" // our own instructions to a model; never part of a history
	RoleUser      Role = "user"
	RoleAssistant Role = "assistant"
)

// Message is one turn of a conversation.
type Message struct {
	Role    Role
	Content string
}

// Mode says how an answer is or must be made.
type Mode string

// The modes of an answer. ModeAuto generates when a language model is configured.
const (
	ModeAuto       Mode = "auto"
	ModeExtractive Mode = "extractive"
	ModeGenerated  Mode = "generated"
)

// Question is what a user asks, with what was said before and where to look.
type Question struct {
	Text     string
	History  []Message
	Scope    Scope
	Language string // "fr" or "en"; "" lets the answer follow the question
	Mode     Mode
	Limit    int // passages wanted; 0 means the default of the callee
	Arm      Arm // which ranking to use; "" means all that there are
}

// Arm names a ranking.
type Arm string

// The arms of a search.
const (
	ArmHybrid   Arm = "hybrid"
	ArmLexical  Arm = "lexical"
	ArmSemantic Arm = "semantic"
)

// Query is what a Ranker receives.
type Query struct {
	Text   string
	Vector []float32 // L2-normalised, nil when there is no encoder
	Scope  Scope
	// Language is that of Text, "fr" or "en"; "" when unknown. It only chooses the stopwords.
	Language string
}

// Hit is one chunk found by a Ranker; a higher Score is better, and only comparable within one list.
type Hit struct {
	Chunk ChunkID
	Score float64
}

// Term is one content word of the question as the lexical index sees it.
type Term struct {
	Surface string  // as written in the question
	Stem    string  // folded stem, the key of the index
	Exact   string  // folded exact form
	IDF     float64 // of the stem over the searched library, natural logarithm (Lucene's BM25 idf)
	Known   bool    // at least one chunk holds the stem
	// Near is the folded form that stands in for a word that is not Known: the one it is a slip of, or a
	// number written in another way; "" where there is none.
	Near string
}

// Passage is a chunk retrieved for a question, with its document.
type Passage struct {
	Chunk
	Document Document
	Language string  // of the version, BCP 47, "" when unknown
	Score    float64 // fused, per query
	Lexical  float64 // score of the lexical arm, 0 when it did not find it
	Semantic float64 // score of the semantic arm, 0 when it did not find it
	// Sentences are the cosines of the question with sentences of Text, in order; empty while they have
	// no vectors, and for passages that were not looked at closely.
	Sentences []SentenceScore
}

// Evidence is all that retrieval found for a question.
type Evidence struct {
	Query      string
	Terms      []Term
	Passages   []Passage // best first
	Documents  int       // live documents in the scope
	Confidence float64   // 0 to 1, that the passages can answer
	Degraded   bool      // an arm that should have run did not, or not over all documents
	// DegradedReason is the stable code that says why: "vectors_pending" while some documents have no
	// vectors yet, "semantic_unavailable" when the encoder failed; "" when not degraded.
	DegradedReason string
	Timings        Timings // of the search: Embed and Search
}
