package rtf

import (
	"bytes"
	"strconv"
)

// kind says what a token of the source is.
type kind int

const (
	end    kind = iota // of the file
	open               // of a group
	closed             // of a group
	word               // a control word or a control symbol
	hex                // one byte of text, written \'e9
	text               // bytes of text
)

// token is one piece of the source.
type token struct {
	kind   kind
	name   string // of a word, without its backslash
	number int    // its parameter, 0 where it has none
	given  bool   // it has a parameter
	data   []byte // text, or the byte of hex
}

// scanner cuts the source into tokens.
type scanner struct {
	data []byte
	at   int
}

func (s *scanner) next() token {
	for s.at < len(s.data) {
		switch c := s.data[s.at]; c {
		case '{':
			s.at++
			return token{kind: open}
		case '}':
			s.at++
			return token{kind: closed}
		case '\\':
			s.at++
			return s.control()
		case '\r', '\n', 0:
			s.at++ // line ends mean nothing
		default:
			n := bytes.IndexAny(s.data[s.at:], "{}\\\r\n\x00")
			if n < 0 {
				n = len(s.data) - s.at
			}
			t := token{kind: text, data: s.data[s.at : s.at+n]}
			s.at += n
			return t
		}
	}
	return token{}
}

// control reads what follows a backslash.
func (s *scanner) control() token {
	start := s.at
	for s.at < len(s.data) && isLetter(s.data[s.at]) {
		s.at++
	}
	if s.at == start {
		return s.symbol()
	}
	t := token{kind: word, name: string(s.data[start:min(s.at, start+32)])}
	start = s.at
	if s.at < len(s.data) && s.data[s.at] == '-' {
		s.at++
	}
	for s.at < len(s.data) && s.data[s.at] >= '0' && s.data[s.at] <= '9' {
		s.at++
	}
	if n, err := strconv.Atoi(string(s.data[start:min(s.at, start+11)])); err == nil {
		t.number, t.given = n, true
	}
	if s.at < len(s.data) && s.data[s.at] == ' ' {
		s.at++ // it ends the word and is no text
	}
	if t.name == "bin" {
		s.at += min(max(t.number, 0), len(s.data)-s.at) // bytes of a picture
	}
	return t
}

// symbol reads a control of one character that is no letter.
func (s *scanner) symbol() token {
	if s.at == len(s.data) {
		return token{}
	}
	c := s.data[s.at]
	s.at++
	if c != '\'' {
		return token{kind: word, name: string(rune(c))}
	}
	digits := string(s.data[s.at:min(s.at+2, len(s.data))])
	n, err := strconv.ParseUint(digits, 16, 8)
	if err != nil || len(digits) < 2 {
		return token{kind: text}
	}
	s.at += 2
	return token{kind: hex, data: []byte{byte(n)}}
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
