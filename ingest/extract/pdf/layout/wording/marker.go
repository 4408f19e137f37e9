package wording

import "regexp"

// Marker finds the bullet or number that starts a list item.
var Marker = regexp.MustCompile(`^(?:([•●○◦▪■□▫➢➤►▶▸→⇒✓✔❖◆\x{2219}\x{00b7}‣⁃])|([–—-]|Æ)|(\(?\d{1,2}[.)°]|\d{1,2}(?:\.\d{1,2})+\.?|\(?[a-zA-Z][.)]|\(?[ivx]{1,4}[.)]))[  ]?`)

// ContentsEntry finds an entry of a table of contents; the one before ends with its page.
var ContentsEntry = regexp.MustCompile(`^\d{1,2}(\.\d{1,2})+\.? \p{Lu}`)

// Aside finds a dash that can open an aside.
var Aside = regexp.MustCompile(`^[–—] \p{Ll}`)
