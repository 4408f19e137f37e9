#include "go_asm.h"
#include "textflag.h"

// Registers of the kernels, which make 4 rows by 32 outputs in two halves of 16: R8 to R11 are the rows of the
// activations, SI the panel, DI its scales, DX the sums, BX the steps left, R12 the bytes of the half at hand
// in a row of 32. Y0 to Y7 are the sums, two vectors a row; Y8 and Y9 hold weights.

#define LOAD \
	MOVQ t+0(FP), AX \
	MOVQ tile_rows+0(AX), R8 \
	MOVQ tile_rows+8(AX), R9 \
	MOVQ tile_rows+16(AX), R10 \
	MOVQ tile_rows+24(AX), R11 \
	MOVQ tile_panel(AX), SI \
	MOVQ tile_scales(AX), DI \
	MOVQ tile_sums(AX), DX \
	MOVQ tile_steps(AX), BX \
	ADDQ R12, SI \
	ADDQ R12, DI \
	ADDQ R12, DX

#define WEIGHTS(at) \
	VMOVDQU (at)(SI), Y8 \
	VMOVDQU (at+32)(SI), Y9

// FIRST sets the sums of a row to those of two products, of which four make a weight's byte; PAIRS adds the
// next ones. Eight times 15·127·2 fits 16 bits.
#define FIRST(row, left, right) \
	VPBROADCASTD row, Y10 \
	VPMADDUBSW Y10, Y8, left \
	VPMADDUBSW Y10, Y9, right

#define PAIRS(row, left, right) \
	VPBROADCASTD row, Y10 \
	VPMADDUBSW Y10, Y8, Y11 \
	VPMADDUBSW Y10, Y9, Y12 \
	VPADDW Y11, left, left \
	VPADDW Y12, right, right

// PAIRS4 also fetches the next panel (R13 bytes further on), which the next tiles need: a model's weights come
// from memory. A fetch beyond the end does nothing.
#define PAIRS4(at, weights) \
	WEIGHTS(weights) \
	PREFETCHT1 (weights)(SI)(R13*1) \
	PAIRS((at)(R8), Y0, Y1) \
	PAIRS((at)(R9), Y2, Y3) \
	PAIRS((at)(R10), Y4, Y5) \
	PAIRS((at)(R11), Y6, Y7)

// SCALE adds the sums of a block, times its scales, to the sums in memory. Y13 and Y14 are the scales of the
// weights, Y15 holds ones. A power of two is multiplied by in their exponents.
#define SCALE(row, at, left, right) \
	VPBROADCASTD codes_correction(row), Y10 \
	VPBROADCASTD codes_exponent(row), Y11 \
	VPMADDWD Y15, left, left \
	VPMADDWD Y15, right, right \
	VPADDD Y10, left, left \
	VPADDD Y10, right, right \
	VCVTDQ2PS left, left \
	VCVTDQ2PS right, right \
	VPADDD Y11, Y13, Y12 \
	VPADDD Y11, Y14, Y11 \
	VFMADD213PS (at)(DX), Y12, left \
	VFMADD213PS (at+32)(DX), Y11, right \
	VMOVUPS left, (at)(DX) \
	VMOVUPS right, (at+32)(DX)

#define ZERO(at) \
	VMOVUPS Y0, (at)(DX) \
	VMOVUPS Y0, (at+32)(DX)

// func multiplyCodes4AVX2(t *tile)
TEXT ·multiplyCodes4AVX2(SB), NOSPLIT, $0-8
	VPCMPEQW Y15, Y15, Y15
	VPSRLW $15, Y15, Y15
	XORQ R12, R12

half:
	LOAD
	MOVQ BX, R13
	SHLQ $10, R13
	VPXOR Y0, Y0, Y0
	ZERO(0)
	ZERO(128)
	ZERO(256)
	ZERO(384)

block:
	WEIGHTS(0)
	PREFETCHT1 (SI)(R13*1)
	FIRST((R8), Y0, Y1)
	FIRST((R9), Y2, Y3)
	FIRST((R10), Y4, Y5)
	FIRST((R11), Y6, Y7)
	PAIRS4(4, 128)
	PAIRS4(8, 256)
	PAIRS4(12, 384)
	PAIRS4(16, 512)
	PAIRS4(20, 640)
	PAIRS4(24, 768)
	PAIRS4(28, 896)
	VMOVUPS (DI), Y13
	VMOVUPS 32(DI), Y14
	SCALE(R8, 0, Y0, Y1)
	SCALE(R9, 128, Y2, Y3)
	SCALE(R10, 256, Y4, Y5)
	SCALE(R11, 384, Y6, Y7)
	ADDQ $codes__size, R8
	ADDQ $codes__size, R9
	ADDQ $codes__size, R10
	ADDQ $codes__size, R11
	ADDQ $1024, SI
	ADDQ $128, DI
	DECQ BX
	JNZ block
	ADDQ $64, R12
	CMPQ R12, $128
	JNE half
	VZEROUPPER
	RET

#define MUL(row, left, right) \
	VBROADCASTSS row, Y10 \
	VFMADD231PS Y8, Y10, left \
	VFMADD231PS Y9, Y10, right

#define MUL4(at, weights) \
	WEIGHTS(weights) \
	MUL((at)(R8), Y0, Y1) \
	MUL((at)(R9), Y2, Y3) \
	MUL((at)(R10), Y4, Y5) \
	MUL((at)(R11), Y6, Y7)

#define CLEAR(left, right) \
	VPXOR left, left, left \
	VPXOR right, right, right

#define KEEP(at, left, right) \
	VMOVUPS left, (at)(DX) \
	VMOVUPS right, (at+32)(DX)

// func multiplyFloats4AVX2(t *tile)
TEXT ·multiplyFloats4AVX2(SB), NOSPLIT, $0-8
	XORQ R12, R12

floatHalf:
	LOAD
	SHRQ $2, BX
	CLEAR(Y0, Y1)
	CLEAR(Y2, Y3)
	CLEAR(Y4, Y5)
	CLEAR(Y6, Y7)

step:
	MUL4(0, 0)
	MUL4(4, 128)
	MUL4(8, 256)
	MUL4(12, 384)
	ADDQ $16, R8
	ADDQ $16, R9
	ADDQ $16, R10
	ADDQ $16, R11
	ADDQ $512, SI
	DECQ BX
	JNZ step
	KEEP(0, Y0, Y1)
	KEEP(128, Y2, Y3)
	KEEP(256, Y4, Y5)
	KEEP(384, Y6, Y7)
	ADDQ $64, R12
	CMPQ R12, $128
	JNE floatHalf
	VZEROUPPER
	RET
