//go:build !amd64

package kernel

func (l Level) multiplyTile(t *headTile) { multiplyTileTwin(t) }

func (l Level) powers(row []float32) float32 { return powersTwin(row) }

func (l Level) turn(panel, rows []float32, stride, dim int) bool { return false }

func (l Level) multiplyWords(t *wordTile) { multiplyWordsTwin(t) }

func (l Level) codeRows(r *wordRows) { codeRowsTwin(r) }

func (l Level) codeColumns(c *wordColumns) { codeColumnsTwin(c) }

func (l Level) powersOfWords(weights []int16, row []float32) float32 {
	return powersOfWordsTwin(weights, row)
}

func (l Level) turnPairs(panel []int32, rows []int16, n int) { turnPairsTwin(panel, rows, n) }
