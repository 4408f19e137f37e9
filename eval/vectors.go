package eval

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"sync"
)

// Embedder makes vectors of texts; EmbedQuery is for questions.
type Embedder interface {
	EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error)
	EmbedQuery(ctx context.Context, text string) ([]float32, error)
}

// VectorCache is an Embedder that remembers, in a file, what another one made, so that a set that was
// measured once is measured again without encoding it. Its methods may be called at the same time.
//
// The file is a list of records: the SHA-256 of encoder, kind and text, the number of dimensions (uint16,
// little-endian), and as many float32. A record cut short by a crash is overwritten.
type VectorCache struct {
	embedder Embedder
	salt     string

	mu   sync.Mutex
	file *os.File
	size int64 // of whole records
	at   map[key]int64
}

type key [sha256.Size]byte

// headSize is the size of a record without its figures, in bytes.
const headSize = sha256.Size + 2

// OpenVectorCache opens the cache in a folder, which it makes if it is missing. The fingerprint names the
// encoder: vectors of another one in the same folder are left alone.
func OpenVectorCache(dir, fingerprint string, e Embedder) (*VectorCache, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, "vectors.bin"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	c := &VectorCache{embedder: e, salt: fingerprint, file: f, at: map[key]int64{}}
	if err := c.index(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return c, nil
}

// Close closes the file.
func (c *VectorCache) Close() error { return c.file.Close() }

// index finds the records of the file, up to the first that is not whole.
func (c *VectorCache) index() error {
	info, err := c.file.Stat()
	if err != nil {
		return err
	}
	r := bufio.NewReaderSize(c.file, 1<<20)
	var head [headSize]byte
	for {
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return ended(err)
		}
		body := 4 * int64(binary.LittleEndian.Uint16(head[sha256.Size:]))
		if c.size+headSize+body > info.Size() {
			return nil
		}
		if _, err := r.Discard(int(body)); err != nil {
			return ended(err)
		}
		c.at[key(head[:sha256.Size])] = c.size
		c.size += headSize + body
	}
}

// ended tells the end of a file, whole or in the middle of a record, from an error.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// EmbedDocuments gives the vectors of texts, from the file where it has them.
func (c *VectorCache) EmbedDocuments(ctx context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	var missing []string
	var places []int
	for i, t := range texts {
		v, err := c.read(c.key("document", t))
		if err != nil {
			return nil, err
		}
		if out[i] = v; v == nil {
			missing, places = append(missing, t), append(places, i)
		}
	}
	if len(missing) == 0 {
		return out, nil
	}
	made, err := c.embedder.EmbedDocuments(ctx, missing)
	if err != nil {
		return nil, err
	}
	if len(made) != len(missing) {
		return nil, fmt.Errorf("the encoder made %d vectors of %d texts", len(made), len(missing))
	}
	for i, v := range made {
		out[places[i]] = v
		if err := c.write(c.key("document", missing[i]), v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// EmbedQuery gives the vector of a question.
func (c *VectorCache) EmbedQuery(ctx context.Context, text string) ([]float32, error) {
	k := c.key("query", text)
	if v, err := c.read(k); v != nil || err != nil {
		return v, err
	}
	v, err := c.embedder.EmbedQuery(ctx, text)
	if err != nil {
		return nil, err
	}
	return v, c.write(k, v)
}

func (c *VectorCache) key(kind, text string) key {
	return sha256.Sum256([]byte(c.salt + "\x00" + kind + "\x00" + text))
}

// read gives the vector of a key, nil when there is none.
func (c *VectorCache) read(k key) ([]float32, error) {
	c.mu.Lock()
	at, ok := c.at[k]
	c.mu.Unlock()
	if !ok {
		return nil, nil
	}
	var n [2]byte
	if _, err := c.file.ReadAt(n[:], at+sha256.Size); err != nil {
		return nil, err
	}
	body := make([]byte, 4*int(binary.LittleEndian.Uint16(n[:])))
	if _, err := c.file.ReadAt(body, at+headSize); err != nil {
		return nil, err
	}
	v := make([]float32, len(body)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(body[4*i:]))
	}
	return v, nil
}

func (c *VectorCache) write(k key, v []float32) error {
	if len(v) > math.MaxUint16 {
		return fmt.Errorf("a vector of %d dimensions is too long for the cache", len(v))
	}
	record := append(make([]byte, 0, headSize+4*len(v)), k[:]...)
	record = binary.LittleEndian.AppendUint16(record, uint16(len(v)))
	for _, x := range v {
		record = binary.LittleEndian.AppendUint32(record, math.Float32bits(x))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.file.WriteAt(record, c.size); err != nil {
		return err
	}
	c.at[k] = c.size
	c.size += int64(len(record))
	return nil
}
