package main

import (
	"archive/zip"
	"bytes"
	"hash/crc32"
	"strings"
)

// part is one file of a DOCX or ODT package.
type part struct{ name, content string }

// pack stores the parts without compression, whose bytes would change with the release of Go, and
// without dates or extra fields: readers find an ODT's type at a fixed place of its first part.
func pack(parts []part) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, p := range parts {
		f, err := w.CreateRaw(&zip.FileHeader{
			Name:               p.name,
			Method:             zip.Store,
			CRC32:              crc32.ChecksumIEEE([]byte(p.content)),
			CompressedSize64:   uint64(len(p.content)),
			UncompressedSize64: uint64(len(p.content)),
		})
		if err != nil {
			return nil, err
		}
		if _, err := f.Write([]byte(p.content)); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

var xmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", shy, "")

func escape(s string) string { return xmlEscaper.Replace(s) }
