package sheet

import (
	"bytes"
	"errors"
	"io"

	"github.com/xuri/excelize/v2"

	"rapporteur/ingest/extract/raw"
)

// encryptedStream is the name, as it is stored, of the stream that holds an Office file under a password.
const encryptedStream = "E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00"

// Decrypt opens an Office file under a password (DOCX, PPTX or XLSX in an OLE container) and gives the
// archive in it. The errors are encrypted where no password is given, bad_password, too_large, damaged,
// and unsupported_type for what is no such file or is encrypted in a way that is not read. None of them
// holds the password.
func Decrypt(o raw.Limits, r io.ReadSeeker, password string) ([]byte, error) {
	found, err := raw.Count(r, encryptedStream, 1)
	switch {
	case err != nil:
		return nil, err
	case found == 0:
		return nil, raw.UnsupportedType()
	case password == "":
		return nil, raw.Encrypted()
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	data, err := raw.ReadAll(r, o.MaxInput)
	if err != nil {
		return nil, err
	}
	archive, err := open(data, password)
	switch {
	case errors.Is(err, excelize.ErrUnsupportedEncryptMechanism), errors.Is(err, excelize.ErrUnknownEncryptMechanism):
		return nil, raw.UnsupportedType().Because(err)
	case err != nil:
		return nil, raw.Damaged().Because(err)
	case !bytes.HasPrefix(archive, []byte("PK\x03\x04")):
		return nil, raw.BadPassword() // a wrong key gives noise, never an error
	}
	return archive, nil
}

// errBroken stands for what the library ran into: its own words may quote the file.
var errBroken = errors.New("the encryption of the file is broken")

// open calls the library, whose faults on broken files are errors here.
func open(data []byte, password string) (archive []byte, err error) {
	defer func() {
		if recover() != nil {
			archive, err = nil, errBroken
		}
	}()
	return excelize.Decrypt(data, &excelize.Options{Password: password})
}
