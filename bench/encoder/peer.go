package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// kind says which prefix the model wants before a text.
type kind string

const (
	query   kind = "query"
	passage kind = "passage"
)

// request is one batch to embed; it goes to a peer as a line of JSON. IDs are the tokens of the prefixed
// texts with the two special ones, for a peer that has no tokenizer of its own.
type request struct {
	Kind  kind      `json:"kind"`
	Texts []string  `json:"texts"`
	IDs   [][]int32 `json:"ids"`
}

// answer is what a peer gives for a request, and its greeting (the version alone), each a line of JSON.
type answer struct {
	Version string      `json:"version,omitempty"`
	Vectors [][]float32 `json:"vectors,omitempty"` // one a text, in order
	Seconds float64     `json:"seconds,omitempty"` // of the embedding call alone
}

// peer is one program under test.
type peer interface {
	embed(r request) (answer, error)
}

// child is a peer in a process of its own.
type child struct {
	process *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	version string
}

// start runs the command of a peer and waits for its greeting. env is added to the environment.
func start(env []string, command ...string) (*child, error) {
	c := &child{process: exec.Command(command[0], command[1:]...)}
	c.process.Env = append(os.Environ(), env...)
	c.process.Stderr = os.Stderr
	var err error
	if c.in, err = c.process.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.out = bufio.NewReaderSize(out, 1<<20)
	if err := c.process.Start(); err != nil {
		return nil, err
	}
	greeting, err := c.read()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s does not start: %w", command[0], err), c.stop())
	}
	c.version = greeting.Version
	return c, nil
}

func (c *child) read() (answer, error) {
	line, err := c.out.ReadBytes('\n')
	if err != nil {
		return answer{}, err
	}
	return parseAnswer(line)
}

// parseAnswer reads a line of a peer.
func parseAnswer(line []byte) (answer, error) {
	var a answer
	if err := json.Unmarshal(line, &a); err != nil {
		return answer{}, fmt.Errorf("a peer said %.80q: %w", line, err)
	}
	if a.Version == "" && a.Seconds <= 0 {
		return answer{}, fmt.Errorf("a peer said neither version nor time: %.80q", line)
	}
	return a, nil
}

func (c *child) embed(r request) (answer, error) {
	line, err := json.Marshal(r)
	if err != nil {
		return answer{}, err
	}
	if _, err := c.in.Write(append(line, '\n')); err != nil {
		return answer{}, err
	}
	a, err := c.read()
	if err == nil && len(a.Vectors) != len(r.Texts) {
		err = fmt.Errorf("%s gave %d vectors for %d texts", c.version, len(a.Vectors), len(r.Texts))
	}
	return a, err
}

// stop ends the process by closing its input.
func (c *child) stop() error { return errors.Join(c.in.Close(), c.process.Wait()) }

// serve makes this program a peer: it answers requests line by line until its input ends.
func serve(p peer, version string, in io.Reader, out io.Writer) error {
	enc, dec := json.NewEncoder(out), json.NewDecoder(bufio.NewReader(in))
	if err := enc.Encode(answer{Version: version}); err != nil {
		return err
	}
	for {
		var r request
		if err := dec.Decode(&r); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		a, err := p.embed(r)
		if err != nil {
			return err
		}
		if err := enc.Encode(a); err != nil {
			return err
		}
	}
}

// seconds is a duration as peers tell it.
func seconds(since time.Time) float64 { return time.Since(since).Seconds() }
