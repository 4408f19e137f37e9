package main

import (
	"strconv"
	"time"
)

const (
	// hits wanted of each question.
	hits = 10
	// perDocument is how many chunks make a document.
	perDocument = 500
	// collections are what the documents are dealt out to, so that each holds 1 % of the chunks.
	collections = 100
	// filtered is the collection that is searched alone.
	filtered = "c07"
	// batch is how many rows go to the database at a time, but for a document of ours.
	batch = 1000
)

// rows are what is stored: chunk i has a text, a vector, a document and a collection. Questions have vectors.
type rows struct {
	texts     []string
	vectors   [][]float32
	questions []string
	queries   [][]float32
}

// documents is how many there are.
func (r rows) documents() int { return (len(r.texts) + perDocument - 1) / perDocument }

// span gives the chunks of a document.
func (r rows) span(document int) (from, to int) {
	return document * perDocument, min((document+1)*perDocument, len(r.texts))
}

// collection names the collection of a document.
func collection(document int) string {
	n := strconv.Itoa(document % collections)
	return "c" + "00"[len(n):] + n
}

// inFiltered reports whether a chunk is in the collection that is searched alone.
func inFiltered(chunk int) bool { return collection(chunk/perDocument) == filtered }

// per gives how many a second.
func per(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }
