package locale

// commandSentences are what package command says. [replace this comment by the true one]
var commandSentences = map[string]entry{}
