package office

import (
	"encoding/xml"
	"io"
	"strings"

	"rapporteur/ingest/extract/raw"
)

// Kind tells which of the formats that are read an archive is, "" where it is none of them. An archive
// that contradicts itself is what its own declaration says.
func Kind(a *raw.Archive) (mediaType string, err error) {
	kind, err := declared(a)
	switch {
	case err != nil:
		return "", err
	case kind == raw.MediaEPUB:
		return raw.MediaEPUB, nil
	case strings.HasPrefix(kind, "application/vnd.oasis.opendocument.") && (a.Has("content.xml") || a.Has("META-INF/manifest.xml")):
		if strings.HasPrefix(kind, raw.MediaODT) { // its templates have a longer name
			return raw.MediaODT, nil
		}
		return "", nil
	}
	for _, f := range []struct{ folder, usual, media string }{
		{"word/", docxMain, raw.MediaDOCX},
		{"ppt/", pptxMain, raw.MediaPPTX},
		{"xl/", "xl/workbook.xml", raw.MediaXLSX},
	} {
		if mainPart(a, f.folder, f.usual) != "" {
			return f.media, nil
		}
	}
	return "", nil
}

// mainPart finds the main part of an Office document that lies in the folder, "" where the archive has
// none. It believes the relationships of the package when they name such a part, else the usual place.
func mainPart(a *raw.Archive, folder, usual string) string {
	found := ""
	_ = a.Scan("_rels/.rels", false, func(s *raw.Scanner) error { // unreadable: the usual place decides
		return s.Walk(func(e xml.StartElement) error {
			if strings.HasSuffix(raw.Attr(e, "Type"), "/officeDocument") && raw.Attr(e, "TargetMode") != "External" {
				found = strings.TrimPrefix(raw.Attr(e, "Target"), "/")
			}
			return nil
		})
	})
	if strings.HasPrefix(strings.ToLower(found), folder) && a.Has(found) {
		return found
	}
	if a.Has(usual) {
		return usual
	}
	return ""
}

// declared gives the media type that an OpenDocument or EPUB archive says it has, "" where it says none.
func declared(a *raw.Archive) (string, error) {
	if !a.Has("mimetype") {
		return "", nil
	}
	rc, err := a.Open("mimetype")
	if err != nil {
		return "", err
	}
	defer rc.Close()
	kind, err := io.ReadAll(io.LimitReader(rc, 200))
	if err != nil {
		return "", raw.AsVerdict(err)
	}
	return strings.TrimSpace(string(kind)), nil
}

// Encrypted is an error when the manifest of an OpenDocument archive says that a part is encrypted.
func Encrypted(a *raw.Archive) error {
	found := false
	err := a.Scan("META-INF/manifest.xml", false, func(s *raw.Scanner) error {
		return s.Walk(func(e xml.StartElement) error {
			found = found || e.Name.Local == "encryption-data"
			return nil
		})
	})
	if found {
		return raw.Encrypted()
	}
	return unlessDamaged(err) // a broken manifest loses nothing that is read here
}
