package analysis

import "github.com/kljensen/snowball/english"

// stemEnglish gives the Porter2 (Snowball) stem of a lower-case word.
func stemEnglish(word string) string { return english.Stem(word, false) }
