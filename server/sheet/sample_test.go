package sheet

import "rapporteur/internal/testkit/report"

// The sample report under the names that the tests of this package know it by.
const (
	quoteAgents = report.QuoteAgents
	quotePublic = report.QuotePublic
	quoteBudget = report.QuoteBudget
)

var (
	spanOf     = report.SpanOf
	reportText = report.Text
)
