package extract

import (
	"bytes"
	"io"

	"rapporteur/ingest/extract/raw"
	"rapporteur/ingest/extract/sheet"
	"rapporteur/qa"
)

// oleMark opens the containers of Office files under a password, and of Office before 2007.
const oleMark = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"

// opened gives the archive inside an Office file under a password, and any other file as it is. The
// errors are those of sheet.Decrypt.
func opened(o raw.Limits, f qa.File) (qa.File, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return f, err
	}
	head := make([]byte, len(oleMark))
	n, _ := io.ReadFull(f, head) // a shorter file is no container
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return f, err
	}
	if string(head[:n]) != oleMark {
		return f, nil
	}
	archive, err := sheet.Decrypt(o, f, f.Password)
	if err != nil {
		return f, err
	}
	f.ReadSeeker = bytes.NewReader(archive)
	return f, nil
}
