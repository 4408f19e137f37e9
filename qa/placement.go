package qa

// Placement says where a quote stands on the picture of a page, in points from its upper left corner.
type Placement struct {
	Boxes         []Box   // one for each line or cell; none where the quote was not found
	Width, Height float64 // of the page as shown
}

// Box is an upright rectangle: its upper left corner and its size.
type Box struct{ X, Y, Width, Height float64 }

// Quote is some text of a page, with what stands before it there to choose among several places.
type Quote struct{ Before, Text string }
