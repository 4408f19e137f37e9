package locale

// queueSentences are those of what the name of this file says.
var queueSentences = map[string]entry{}
