package kernel

//go:noescape
func multiplyTileAVX2(t *headTile)

//go:noescape
func multiplyTileAVX512(t *headTile)

// powersAVX2 takes n in multiples of 8.
//
//go:noescape
func powersAVX2(row *float32, n int) float32

// powersAVX512 takes n in multiples of 16.
//
//go:noescape
func powersAVX512(row *float32, n int) float32

// turnAVX2 takes dim in multiples of 8; stride and width are in figures.
//
//go:noescape
func turnAVX2(panel, rows *float32, stride, dim, width int)

func (l Level) multiplyTile(t *headTile) {
	switch {
	case l >= AVX512:
		multiplyTileAVX512(t)
	case l >= AVX2:
		multiplyTileAVX2(t)
	default:
		multiplyTileTwin(t)
	}
}

// powers takes rows as long as whole panels.
func (l Level) powers(row []float32) float32 {
	switch {
	case l >= AVX512:
		return powersAVX512(&row[0], len(row))
	case l >= AVX2:
		return powersAVX2(&row[0], len(row))
	}
	return powersTwin(row)
}

// turn is false where the level has no kernel for it.
func (l Level) turn(panel, rows []float32, stride, dim int) bool {
	if l < AVX2 {
		return false
	}
	_, width := l.tileSize()
	turnAVX2(&panel[0], &rows[0], stride, dim, width)
	return true
}

//go:noescape
func multiplyWordsVNNI(t *wordTile)

// codeRowsVNNI takes dim in multiples of 16.
//
//go:noescape
func codeRowsVNNI(r *wordRows)

// codeColumnsVNNI takes 16 columns.
//
//go:noescape
func codeColumnsVNNI(c *wordColumns)

// powersOfWordsVNNI takes n in multiples of 16.
//
//go:noescape
func powersOfWordsVNNI(weights *int16, row *float32, n int) float32

func (l Level) multiplyWords(t *wordTile) {
	if l >= VNNI {
		multiplyWordsVNNI(t)
	} else {
		multiplyWordsTwin(t)
	}
}

func (l Level) codeRows(r *wordRows) {
	if l >= VNNI {
		codeRowsVNNI(r)
	} else {
		codeRowsTwin(r)
	}
}

func (l Level) codeColumns(c *wordColumns) {
	if l >= VNNI {
		codeColumnsVNNI(c)
	} else {
		codeColumnsTwin(c)
	}
}

// powersOfWords gives the sum of the weights.
func (l Level) powersOfWords(weights []int16, row []float32) float32 {
	if l >= VNNI {
		return powersOfWordsVNNI(&weights[0], &row[0], len(row))
	}
	return powersOfWordsTwin(weights, row)
}

func (l Level) turnPairs(panel []int32, rows []int16, n int) {
	if l >= VNNI {
		_, width := l.tileSize()
		turnAVX2(asFloats(panel), asFloats(rows), n, n, width)
	} else {
		turnPairsTwin(panel, rows, n)
	}
}
