package office

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

// hue is a colour: "" where nothing is said, six hexadecimal digits in upper case, or a word below.
type hue string

const (
	noHue      hue = "none" // said to be transparent
	unknownHue hue = "?"    // a pattern, a picture, a colour of the theme: nothing is concluded from it
	white      hue = "FFFFFF"
)

// hueOf reads the value of a colour, with or without the sign before its digits. Any other word is a
// colour that nothing is concluded from.
func hueOf(value string) hue {
	value = strings.ToUpper(strings.TrimPrefix(value, "#"))
	switch value {
	case "":
		return ""
	case "AUTO", "TRANSPARENT", "NONE":
		return noHue
	}
	if _, err := strconv.ParseUint(value, 16, 32); err != nil || len(value) != 6 {
		return unknownHue
	}
	return hue(value)
}

func (h hue) under(o hue) hue { // o wins where it is set
	if o != "" {
		return o
	}
	return h
}

// paints reports a colour that covers what is behind it.
func (h hue) paints() bool { return h != "" && h != noHue }

// lostOn reports letters of the colour that cannot be told from the ground.
func (h hue) lostOn(ground hue) bool {
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

// maybe is a number that may be absent: the zero maybe is.
type maybe struct {
	n   int
	set bool
}

func some(n int) maybe     { return maybe{n, true} }
func (m maybe) is() bool   { return m.set }
func (m maybe) value() int { return m.n }
func (m maybe) under(o maybe) maybe { // o wins where it is set
	if o.set {
		return o
	}
	return m
}

// look is what decides whether letters can be seen, and whether they are bold.
type look struct {
	hidden maybe   // 1 where they are not displayed
	bold   maybe   // 1 where they are bold
	points float64 // their height, 0 where nothing is said
	scale  float64 // their height as a part of what it would be, 0 where nothing is said
	ink    hue
	fill   hue // behind them
}

func (l look) under(o look) look { // o wins where it says something
	out := look{hidden: l.hidden.under(o.hidden), bold: l.bold.under(o.bold), points: l.points, scale: o.scale,
		ink: l.ink.under(o.ink), fill: l.fill.under(o.fill)}
	switch {
	case o.points > 0:
		out.points = o.points
	case o.scale > 0 && l.points > 0:
		out.points, out.scale = l.points*o.scale, 0
	case o.scale > 0 && l.scale > 0:
		out.scale = l.scale * o.scale
	case o.scale == 0:
		out.scale = l.scale
	}
	return out
}

// hiddenOn says how letters are hidden from the reader of the page, "" where they can be seen. The
// ground is what lies behind where they have none of their own.
func (l look) hiddenOn(ground hue) qa.HiddenMeans {
	if l.fill.paints() {
		ground = l.fill
	}
	switch {
	case l.hidden.value() == 1:
		return qa.HiddenNotDisplayed
	case l.points > 0 && l.points < tinyPoints, l.scale > 0 && l.scale*usualPoints < tinyPoints:
		return qa.HiddenTiny
	case l.ink.lostOn(ground):
		return qa.HiddenColour
	}
	return ""
}

// usualPoints is the height of letters that a part of is taken where no height is said: the default
// of both office suites.
const usualPoints = 12.0
