package pdf

import (
	"encoding/binary"
	"unicode/utf16"

	"rapporteur/ingest/extract/pdf/layout"
)

// Limits of the walk through the structure of a page. The deepest of the reports measured has 12
// levels, the fullest page 900 elements.
const (
	maxTags     = 20_000
	maxTagDepth = 64
)

// structure is what a file declares of the elements of one page.
type structure struct {
	tags     []layout.Tag
	declared bool
	marked   map[int]int // index in tags by marked-content id
	artifact int         // index of the tag of all that belongs to no element, -1 until there is one
}

// read walks the structure tree of the page. PDFium maps the roles of the file to standard ones.
func (s *structure) read(p *page) {
	s.marked, s.artifact = map[int]int{}, -1
	tree := p.object("FPDF_StructTree_GetForPage", arg(p.ref))
	if tree == 0 {
		return
	}
	defer p.call("FPDF_StructTree_Close", arg(tree))
	s.declared = true
	count := p.integer("FPDF_StructTree_CountChildren", arg(tree))
	for i := 0; i < count && len(s.tags) < maxTags; i++ {
		if e := p.object("FPDF_StructTree_GetChildAtIndex", arg(tree), arg(i)); e != 0 {
			s.element(p, e, -1, 1)
		}
	}
}

// element takes an element and those under it. The limits also end circles.
func (s *structure) element(p *page, e pointer, parent, depth int) {
	if depth > maxTagDepth || len(s.tags) >= maxTags {
		return
	}
	role := p.wide(func(b, size uint64) uint64 { return p.call("FPDF_StructElement_GetType", arg(e), b, size) })
	index := len(s.tags)
	s.tags = append(s.tags, layout.Tag{Role: role, Parent: parent})
	count := min(p.integer("FPDF_StructElement_CountChildren", arg(e)), maxTags)
	for i := range count {
		if child := p.object("FPDF_StructElement_GetChildAtIndex", arg(e), arg(i)); child != 0 {
			s.element(p, child, index, depth+1)
		} else if id := p.integer("FPDF_StructElement_GetChildMarkedContentID", arg(e), arg(i)); id >= 0 {
			s.marked[id] = index
		}
	}
}

// of gives the tag of a text object, -1 where it has none. The ids within a form are those of the
// form, not of the page.
func (s *structure) of(p *page, o pointer, inForm, artifact bool) int {
	if !s.declared {
		return -1
	}
	if id := p.integer("FPDFPageObj_GetMarkedContentID", arg(o)); id >= 0 && !inForm {
		if index, ok := s.marked[id]; ok {
			return index
		}
	}
	if !artifact {
		return -1
	}
	if s.artifact < 0 {
		s.artifact = len(s.tags)
		s.tags = append(s.tags, layout.Tag{Role: "Artifact", Parent: -1})
	}
	return s.artifact
}

// The marks around an object that matter here (ISO 32000-1, 8.11.3.2 and 14.8.2.2).
const (
	markArtifact = "Artifact"
	markOptional = "OC" // belongs to a layer that can be switched off
)

// maxMarks is how many marks of one object are looked at.
const maxMarks = 16

// marks reports what the marks around an object say.
func (p *page) marks(o pointer) (artifact, optional bool) {
	count := min(p.integer("FPDFPageObj_CountMarks", arg(o)), maxMarks)
	for i := range count {
		m := p.object("FPDFPageObj_GetMark", arg(o), arg(i))
		if m == 0 {
			continue
		}
		switch p.markName(m) {
		case markArtifact:
			artifact = true
		case markOptional:
			optional = true
		}
	}
	return artifact, optional
}

// markName is the name of a mark, "" where it is longer than those that matter.
func (p *page) markName(m pointer) string {
	const room = 2 * (len(markArtifact) + 1)
	if p.integer("FPDFPageObjMark_GetName", arg(m), p.out(0, 4), arg(room), p.out(room/4+1, 4)) == 0 {
		return ""
	}
	size := int(p.uint32At(room/4 + 1))
	if size < 2 || size > room {
		return ""
	}
	units := make([]uint16, 0, len(markArtifact))
	for b := p.bytes(p.room, size-2); len(b) >= 2; b = b[2:] {
		units = append(units, binary.LittleEndian.Uint16(b))
	}
	return string(utf16.Decode(units))
}
