package vector

import "golang.org/x/sys/cpu"

//go:noescape
func distancesPopcnt(dst *uint16, blocks *block, n int, code *block)

// distances sets dst[i] to the number of bits in which blocks[i] and code differ. Compiled for any amd64, Go
// asks before each count whether the processor counts bits; here it is asked once for all rows.
func distances(dst []uint16, blocks []block, code *block) {
	if len(blocks) == 0 {
		return
	}
	if !cpu.X86.HasPOPCNT {
		distancesTwin(dst, blocks, code)
		return
	}
	distancesPopcnt(&dst[:len(blocks)][0], &blocks[0], len(blocks), code)
}
