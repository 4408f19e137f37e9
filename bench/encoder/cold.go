package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// starts of each process are timed.
const starts = 7

// cold prints the time from the start of a process to its first vector, files being in the page cache.
func (s settings) cold(commands []command, q request) error {
	rows := [][]string{{"", "process start to first vector, ms"}}
	times := make([][]float64, len(commands))
	var embed []float64
	for range starts {
		for i, c := range commands {
			ms, err := firstVector(c, q)
			if err != nil {
				return err
			}
			times[i] = append(times[i], ms)
		}
		if s.binary != "" {
			ms, err := firstLine(s.binary, q.Texts[0])
			if err != nil {
				return err
			}
			embed = append(embed, ms)
		}
	}
	for i, c := range commands {
		rows = append(rows, []string{c.name, fmt.Sprintf("%.0f", median(times[i]))})
	}
	if s.binary != "" {
		rows = append(rows, []string{"rapporteur embed", fmt.Sprintf("%.0f", median(embed))})
	}
	return table(os.Stdout, rows)
}

func firstVector(c command, q request) (float64, error) {
	begun := time.Now()
	p, err := start(c.env, c.args...)
	if err != nil {
		return 0, err
	}
	_, err = p.embed(q)
	ms := 1000 * seconds(begun)
	if err != nil {
		return 0, err
	}
	return ms, p.stop()
}

// firstLine times `rapporteur embed` from its start to its first line.
func firstLine(binary, text string) (float64, error) {
	line, err := json.Marshal(struct {
		Text string `json:"text"`
		Kind kind   `json:"kind"`
	}{text, query})
	if err != nil {
		return 0, err
	}
	begun := time.Now()
	c := exec.Command(binary, "embed")
	c.Stdin, c.Stderr = strings.NewReader(string(line)+"\n"), os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := c.Start(); err != nil {
		return 0, err
	}
	_, err = bufio.NewReader(out).ReadBytes('\n')
	ms := 1000 * seconds(begun)
	if err != nil {
		return 0, fmt.Errorf("rapporteur embed said nothing: %w", err)
	}
	return ms, c.Wait()
}
