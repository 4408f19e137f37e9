package qa

// Finding is what an examination of one place or property of a library found.
type Finding struct {
	Code string // of its sentence in package locale, which says what to do where Bad
	Args []any  // fill the placeholders of the sentence: numbers and names, never words of documents
	Bad  bool   // something is to be done
}
