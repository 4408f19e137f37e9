package encoder

// special is how many tokens stand around those of a text: <s> and </s>.
const special = 2

// QueryTokens is how many tokens EmbedQuery reads of a text: its prefix and the special ones included, and no
// more than the model's positions.
func (e *Encoder) QueryTokens(text string) int { return e.read(e.options.QueryPrefix, text) }

// DocumentTokens is QueryTokens for EmbedDocuments.
func (e *Encoder) DocumentTokens(text string) int { return e.read(e.options.DocumentPrefix, text) }

func (e *Encoder) read(prefix, text string) int {
	return min(e.Count(prefix+text), e.Longest()) + special
}
