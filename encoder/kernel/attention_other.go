//go:build !amd64

package kernel

func (l Level) multiplyTile(t *headTile) { multiplyTileTwin(t) }

func (l Level) powers(row []float32) float32 { return powersTwin(row) }

func (l Level) turn(panel, rows []float32, stride, dim int) bool { return false }
