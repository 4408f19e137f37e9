package locale

// erasureSentences are those of what the name of this file says.
var erasureSentences = map[string]entry{}
