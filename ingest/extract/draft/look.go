package draft

import (
	"strconv"
	"strings"

	"rapporteur/qa"
)

// tinyPoints is the height of letters under which nobody can read them.
const tinyPoints = 2.0

// near is how little two colours may differ in each of red, green and blue, of 255, for letters of one
// to be lost on a ground of the other.
const near = 12

// Hue is a colour: "" where nothing is said, six hexadecimal digits in upper case, or a word below.
type Hue string

// The hues that are no plain colour, and that of paper.
const (
	NoHue      Hue = "none" // said to be transparent
	UnknownHue Hue = "?"    // a pattern, a picture, a colour of the theme: nothing is concluded from it
	White      Hue = "FFFFFF"
)

// HueOf reads the value of a colour, with or without the sign before its digits. Any other word is a
// colour that nothing is concluded from.
func HueOf(value string) Hue {
	value = strings.ToUpper(strings.TrimPrefix(value, "#"))
	switch value {
	case "":
		return ""
	case "AUTO", "TRANSPARENT", "NONE":
		return NoHue
	}
	if _, err := strconv.ParseUint(value, 16, 32); err != nil || len(value) != 6 {
		return UnknownHue
	}
	return Hue(value)
}

// Under gives o, or h where o says nothing.
func (h Hue) Under(o Hue) Hue {
	if o != "" {
		return o
	}
	return h
}

// Paints reports a colour that covers what is behind it.
func (h Hue) Paints() bool { return h != "" && h != NoHue }

// lostOn reports letters of the colour that cannot be told from the ground.
func (h Hue) lostOn(ground Hue) bool {
	letters, err1 := strconv.ParseUint(string(h), 16, 32)
	behind, err2 := strconv.ParseUint(string(ground), 16, 32)
	if err1 != nil || err2 != nil || len(h) != 6 || len(ground) != 6 {
		return false
	}
	for shift := 0; shift <= 16; shift += 8 {
		difference := int(letters>>shift&0xFF) - int(behind>>shift&0xFF)
		if difference > near || difference < -near {
			return false
		}
	}
	return true
}

// Maybe is a number that may be absent: the zero Maybe is.
type Maybe struct {
	n   int
	set bool
}

// Some is a number that is there.
func Some(n int) Maybe { return Maybe{n, true} }

// Is reports that the number is there.
func (m Maybe) Is() bool { return m.set }

// Value gives the number, 0 where it is absent.
func (m Maybe) Value() int { return m.n }

// Under gives o, or m where o is absent.
func (m Maybe) Under(o Maybe) Maybe {
	if o.set {
		return o
	}
	return m
}

// Look is what decides whether letters can be seen, and whether they are bold.
type Look struct {
	Hidden Maybe   // 1 where they are not displayed
	Bold   Maybe   // 1 where they are bold
	Points float64 // their height, 0 where nothing is said
	Scale  float64 // their height as a part of what it would be, 0 where nothing is said
	Ink    Hue
	Fill   Hue // behind them
}

// Under gives what o says, and what l says where o says nothing.
func (l Look) Under(o Look) Look {
	out := Look{Hidden: l.Hidden.Under(o.Hidden), Bold: l.Bold.Under(o.Bold), Points: l.Points, Scale: o.Scale,
		Ink: l.Ink.Under(o.Ink), Fill: l.Fill.Under(o.Fill)}
	switch {
	case o.Points > 0:
		out.Points = o.Points
	case o.Scale > 0 && l.Points > 0:
		out.Points, out.Scale = l.Points*o.Scale, 0
	case o.Scale > 0 && l.Scale > 0:
		out.Scale = l.Scale * o.Scale
	case o.Scale == 0:
		out.Scale = l.Scale
	}
	return out
}

// HiddenOn says how letters are hidden from the reader of the page, "" where they can be seen. The
// ground is what lies behind where they have none of their own.
func (l Look) HiddenOn(ground Hue) qa.HiddenMeans {
	if l.Fill.Paints() {
		ground = l.Fill
	}
	switch {
	case l.Hidden.Value() == 1:
		return qa.HiddenNotDisplayed
	case l.Points > 0 && l.Points < tinyPoints, l.Scale > 0 && l.Scale*usualPoints < tinyPoints:
		return qa.HiddenTiny
	case l.Ink.lostOn(ground):
		return qa.HiddenColour
	}
	return ""
}

// usualPoints is the height of letters that a part of is taken where no height is said: the default
// of both office suites.
const usualPoints = 12.0
