package main

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"strconv"
)

var (
	trailerRoot = regexp.MustCompile(`/Root (\d+) 0 R`)
	trailerInfo = regexp.MustCompile(`/Info \d+ 0 R`)
	trailerSize = regexp.MustCompile(`/Size (\d+)`)
	startXref   = regexp.MustCompile(`startxref\s+(\d+)\s+%%EOF\s*$`)
)

// addPageLabels gives a PDF the printed numbers of its pages, which fpdf cannot write: an
// incremental update (ISO 32000-1, 7.5.6) with a new catalogue that has a /PageLabels entry.
func addPageLabels(pdf []byte, labels string) ([]byte, error) {
	start := startXref.FindSubmatch(pdf)
	at := bytes.LastIndex(pdf, []byte("trailer"))
	if start == nil || at < 0 {
		return nil, errors.New("page labels: no trailer")
	}
	trailer := pdf[at:]
	root, size, info := trailerRoot.FindSubmatch(trailer), trailerSize.FindSubmatch(trailer), trailerInfo.Find(trailer)
	if root == nil || size == nil || info == nil {
		return nil, errors.New("page labels: a trailer without /Root, /Size or /Info")
	}
	number, err := strconv.Atoi(string(root[1]))
	if err != nil {
		return nil, err
	}
	object := fmt.Appendf(nil, "\n%d 0 obj\n", number)
	begin := bytes.Index(pdf, object)
	if begin < 0 {
		return nil, errors.New("page labels: no catalogue")
	}
	length := bytes.Index(pdf[begin:], []byte(">>\nendobj"))
	if length < 0 {
		return nil, errors.New("page labels: the catalogue has no end")
	}
	out := bytes.Clone(pdf)
	offset := len(out)
	out = append(out, pdf[begin+1:begin+length]...)
	out = fmt.Appendf(out, "/PageLabels %s\n>>\nendobj\n", labels)
	xref := len(out)
	out = fmt.Appendf(out, "xref\n%d 1\n%010d 00000 n \n", number, offset)
	out = fmt.Appendf(out, "trailer\n<<\n/Size %s\n/Root %d 0 R\n%s\n/Prev %s\n>>\nstartxref\n%d\n%%%%EOF\n",
		size[1], number, info, start[1], xref)
	return out, nil
}
