package answer

// The weights were fitted on the development halves of PIAF, XQuAD and NoMIRACL, on the development questions over the
// reports and on questions of Mintaka, and on nothing else. This command writes this file anew, and prints how good they
// are out of fold:
//
//	go test ./cmd/rapporteur -run TestRefit -refit -refit.vectors DIR -refit.write ../../answer/weights.go -v -timeout 2h

var rankWeights = features{
	ownExact:        0.758,
	ownStem:         0.234,
	ownNear:         2.178,
	fromContext:     4.473,
	fromBefore:      2.474,
	fromAfter:       0.219,
	fromPassage:     0.162,
	pairs:           0.466,
	passageRank:     1.376,
	passageSquared:  1.610,
	passageWords:    -0.076,
	passageMeans:    -1.575,
	meansPlace:      0.450,
	meansSquared:    1.106,
	meansBelow:      -0.835,
	belowSquared:    0.529,
	wordsAndMeans:   1.232,
	wordsSquared:    0.852,
	wordsAndRank:    2.404,
	numberGone:      -1.804,
	dateGone:        -0.875,
	nameGone:        -0.524,
	typeGoneWords:   -0.334,
	listGone:        -0.321,
	senseGone:       -2.962,
	focusGone:       -1.250,
	focusGoneWords:  0.181,
	posed:           -1.352,
	yearOther:       -1.877,
	oneRow:          -0.207,
	isItem:          -0.308,
	isList:          1.410,
	fromContextItem: 0.307,
	leansOn:         0.404,
	isTwo:           -0.242,
	logLength:       0.050,
	isShort:         0.706,
}

var confidenceWeights = logistic{
	ruleSays:      0.235,
	ruleLog:       1.087,
	passageCovers: 1.027,
	passageMeant:  0.685,
	nearestMeans:  0.684,
	nearestStands: 1.436,
	passageStands: 0.760,
	marginOther:   0.136,
	yearGone:      -2.689,
	namesGone:     -0.368,
	listAsked:     0.640,
	termsAsked:    0.961,
	signalCount:   -3.727,
}

var wordConfidenceWeights = logistic{
	ruleSays:      0.858,
	ruleLog:       1.241,
	passageCovers: 1.760,
	passageMeant:  0.000,
	nearestMeans:  0.000,
	nearestStands: 0.000,
	passageStands: 0.000,
	marginOther:   0.781,
	yearGone:      -0.957,
	namesGone:     -0.362,
	listAsked:     0.785,
	termsAsked:    1.572,
	signalCount:   -2.976,
}
