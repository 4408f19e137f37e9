package locale

// sourceSentences are those of what the name of this file says.
var sourceSentences = map[string]entry{}
