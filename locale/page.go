package locale

// pageSentences are what package page says. [replace this comment by the true one]
var pageSentences = map[string]entry{}
