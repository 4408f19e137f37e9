package model

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
)

// vectors reads an answer with vectors, checks it whole and writes it anew in the order of the texts that were asked
// for: langchaingo takes the rows as they come, whatever their index says, and any length of them.
func (t *transport) vectors(body io.Reader, asked []byte) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxBody {
		return nil, broken("an answer of more than 32 MiB")
	}
	if looksLikeHTML(raw) {
		return nil, htmlFailure()
	}
	var answer struct {
		Error      json.RawMessage
		Data       []embeddingRow
		Embeddings [][]*float64
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, broken("vectors that are no JSON of numbers")
	}
	if present(answer.Error) {
		return nil, eventFailure(answer.Error)
	}
	for _, v := range answer.Embeddings {
		answer.Data = append(answer.Data, embeddingRow{Embedding: v})
	}
	rows, err := inOrder(answer.Data, count(asked))
	if err != nil {
		return nil, err
	}
	return t.render(rows)
}

// embeddingRow is a vector with the place of its text.
type embeddingRow struct {
	Index     *int
	Embedding []*float64
}

// inOrder checks that there is one good vector for each of n texts, of one length, and puts them in order.
func inOrder(data []embeddingRow, n int) ([][]float32, error) {
	if len(data) != n {
		return nil, broken("another number of vectors than of texts")
	}
	rows := make([][]float32, n)
	for i, row := range data {
		if (row.Index == nil) != (data[0].Index == nil) {
			return nil, broken("vectors of which some have an index")
		}
		if row.Index != nil {
			i = *row.Index
		}
		if i < 0 || i >= n || rows[i] != nil {
			return nil, broken("vectors with a wrong index")
		}
		if len(row.Embedding) != len(data[0].Embedding) {
			return nil, broken("vectors of different lengths")
		}
		v, err := normalised(row.Embedding)
		if err != nil {
			return nil, err
		}
		rows[i] = v
	}
	return rows, nil
}

// normalised gives a vector the length 1.
func normalised(v []*float64) ([]float32, error) {
	var sum float64
	for _, x := range v {
		if x == nil {
			return nil, broken("a vector with a missing number")
		}
		sum += *x * *x
	}
	norm := math.Sqrt(sum)
	if norm < 1e-12 || math.IsInf(norm, 0) || math.IsNaN(norm) {
		return nil, broken("a vector without a direction")
	}
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(*x / norm)
	}
	return out, nil
}

// count gives the number of texts in a request.
func count(asked []byte) int {
	var r struct{ Input json.RawMessage }
	if json.Unmarshal(asked, &r) != nil {
		return 0
	}
	var list []json.RawMessage
	if bytes.HasPrefix(bytes.TrimSpace(r.Input), []byte("[")) && json.Unmarshal(r.Input, &list) == nil {
		return len(list)
	}
	return 1
}

// render writes vectors in the protocol of the kind.
func (t *transport) render(rows [][]float32) ([]byte, error) {
	type row struct {
		Index     int       `json:"index"`
		Embedding []float32 `json:"embedding"`
	}
	if t.kind == Ollama {
		return json.Marshal(struct {
			Embeddings [][]float32 `json:"embeddings"`
		}{rows})
	}
	var answer struct {
		Data []row `json:"data"`
	}
	for i, v := range rows {
		answer.Data = append(answer.Data, row{i, v})
	}
	return json.Marshal(answer)
}
