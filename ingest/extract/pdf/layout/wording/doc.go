// Package wording knows the letters of a page's text: it cleans them, mends words at line ends, and
// tells by their words what can be a heading, a caption or the end of a sentence.
package wording
