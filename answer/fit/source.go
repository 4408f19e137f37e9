package fit

import (
	"bytes"
	"fmt"
	"go/format"
)

// Table is one set of weights as it stands in the source of package answer: an array of Type, named Name, with a weight
// for each of Keys.
type Table struct {
	Name, Type string
	Keys       []string
	Weights    []float64
}

// Source is the Go source of weights.go.
func Source(tables ...Table) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(`package answer

// The weights were fitted on the development halves of PIAF, XQuAD and NoMIRACL, on the development questions over the
// reports and over the examples, and on questions of Mintaka, and on nothing else. This command writes this file anew,
// and prints how good they are out of fold:
//
//	go test ./cmd/rapporteur -run TestRefit -refit -refit.vectors DIR -refit.write ../../answer/weights.go -v -timeout 2h
`)
	for _, t := range tables {
		if len(t.Keys) != len(t.Weights) {
			return nil, fmt.Errorf("%s: %d weights for %d keys", t.Name, len(t.Weights), len(t.Keys))
		}
		fmt.Fprintf(&b, "\nvar %s = %s{\n", t.Name, t.Type)
		for i, k := range t.Keys {
			fmt.Fprintf(&b, "%s: %.3f,\n", k, t.Weights[i])
		}
		b.WriteString("}\n")
	}
	return format.Source(b.Bytes())
}
