#include "go_asm.h"
#include "textflag.h"

// Registers of the kernels: R8 and so on are rows of the activations, CX the bytes from a row to the next, SI
// the panel, DI its scales, DX the sums, BX the steps left. Z24 and Z25 hold weights. The sums of a tile are the
// first registers of Z0 to Z23, two a row.

#define LOAD4 \
	MOVQ t+0(FP), AX \
	MOVQ tile_rows+0(AX), R8 \
	MOVQ tile_rows+8(AX), R9 \
	MOVQ tile_rows+16(AX), R10 \
	MOVQ tile_rows+24(AX), R11 \
	MOVQ tile_panel(AX), SI \
	MOVQ tile_scales(AX), DI \
	MOVQ tile_sums(AX), DX \
	MOVQ tile_steps(AX), BX

#define WEIGHTS(at) \
	VMOVDQU64 (at)(SI), Z24 \
	VMOVDQU64 (at+64)(SI), Z25

#define CLEAR(left, right) \
	VPXORD left, left, left \
	VPXORD right, right, right

#define KEEP(at, left, right) \
	VMOVUPS left, (at)(DX) \
	VMOVUPS right, (at+64)(DX)

// BEGIN sets the integer sums of a row to the correction.
#define BEGIN(row, left, right) \
	VPBROADCASTD row, left \
	VMOVDQA64 left, right

// DOT adds four products to each integer sum of a row.
#define DOT(row, left, right) \
	VPDPBUSD.BCST row, Z24, left \
	VPDPBUSD.BCST row, Z25, right

// ADD adds the integer sums of a block of 32 products, times its scales, to the sums of a row. Z26 and Z27 are
// the scales of the weights. Those of activations are powers of two: they are multiplied by in the exponents,
// which keeps the units of the products free.
#define ADD(row, left, right, sumLeft, sumRight) \
	VPADDD.BCST row, Z26, Z28 \
	VPADDD.BCST row, Z27, Z29 \
	VCVTDQ2PS left, left \
	VCVTDQ2PS right, right \
	VFMADD231PS Z28, left, sumLeft \
	VFMADD231PS Z29, right, sumRight

// Weights come from memory when a model's turn comes: DOT6 fetches the next panel (R13 bytes further on), which
// the next tiles need, DOT4 what it needs itself 8 KiB later, as it goes through a panel fast. A fetch beyond
// the end does nothing.
#define DOT6(at, weights) \
	WEIGHTS(weights) \
	PREFETCHT1 (weights)(SI)(R13*1) \
	PREFETCHT1 (weights+64)(SI)(R13*1) \
	DOT((at)(R8), Z0, Z1) \
	DOT((at)(R8)(CX*1), Z2, Z3) \
	DOT((at)(R8)(CX*2), Z4, Z5) \
	DOT((at)(R9), Z6, Z7) \
	DOT((at)(R9)(CX*1), Z8, Z9) \
	DOT((at)(R9)(CX*2), Z10, Z11)

#define DOT4(at, weights) \
	WEIGHTS(weights) \
	PREFETCHT0 (weights+8192)(SI) \
	PREFETCHT0 (weights+8192+64)(SI) \
	DOT((at)(R8), Z0, Z1) \
	DOT((at)(R9), Z2, Z3) \
	DOT((at)(R10), Z4, Z5) \
	DOT((at)(R11), Z6, Z7)

// func multiplyCodes12VNNI(t *tile)
//
// Twice 6 rows, so that integer sums (Z0 to Z11) and sums (Z12 to Z23) both stay in registers: R8 and R9 are
// rows 0 and 3 of the six, R10 counts the times. With 12 rows and the sums in memory a tenth is lost.
TEXT ·multiplyCodes12VNNI(SB), NOSPLIT, $0-8
	MOVQ t+0(FP), AX
	MOVQ tile_rows(AX), R8
	MOVQ tile_stride(AX), CX
	LEAQ (CX)(CX*2), R12
	MOVQ tile_sums(AX), DX
	MOVQ tile_steps(AX), R13
	SHLQ $10, R13
	MOVQ $2, R10

six:
	LEAQ (R8)(R12*1), R9
	LEAQ (R9)(R12*1), R11
	MOVQ tile_panel(AX), SI
	MOVQ tile_scales(AX), DI
	MOVQ tile_steps(AX), BX
	CLEAR(Z12, Z13)
	CLEAR(Z14, Z15)
	CLEAR(Z16, Z17)
	CLEAR(Z18, Z19)
	CLEAR(Z20, Z21)
	CLEAR(Z22, Z23)

block6:
	BEGIN(codes_correction(R8), Z0, Z1)
	BEGIN(codes_correction(R8)(CX*1), Z2, Z3)
	BEGIN(codes_correction(R8)(CX*2), Z4, Z5)
	BEGIN(codes_correction(R9), Z6, Z7)
	BEGIN(codes_correction(R9)(CX*1), Z8, Z9)
	BEGIN(codes_correction(R9)(CX*2), Z10, Z11)
	DOT6(0, 0)
	DOT6(4, 128)
	DOT6(8, 256)
	DOT6(12, 384)
	DOT6(16, 512)
	DOT6(20, 640)
	DOT6(24, 768)
	DOT6(28, 896)
	VMOVUPS (DI), Z26
	VMOVUPS 64(DI), Z27
	ADD(codes_exponent(R8), Z0, Z1, Z12, Z13)
	ADD(codes_exponent(R8)(CX*1), Z2, Z3, Z14, Z15)
	ADD(codes_exponent(R8)(CX*2), Z4, Z5, Z16, Z17)
	ADD(codes_exponent(R9), Z6, Z7, Z18, Z19)
	ADD(codes_exponent(R9)(CX*1), Z8, Z9, Z20, Z21)
	ADD(codes_exponent(R9)(CX*2), Z10, Z11, Z22, Z23)
	ADDQ $codes__size, R8
	ADDQ $codes__size, R9
	ADDQ $1024, SI
	ADDQ $128, DI
	DECQ BX
	JNZ block6
	KEEP(0, Z12, Z13)
	KEEP(128, Z14, Z15)
	KEEP(256, Z16, Z17)
	KEEP(384, Z18, Z19)
	KEEP(512, Z20, Z21)
	KEEP(640, Z22, Z23)
	ADDQ $768, DX
	MOVQ R11, R8
	DECQ R10
	JNZ six
	VZEROUPPER
	RET

// func multiplyCodes4VNNI(t *tile)
//
// Z0 to Z7 are the integer sums, Z8 to Z15 the sums.
TEXT ·multiplyCodes4VNNI(SB), NOSPLIT, $0-8
	LOAD4
	CLEAR(Z8, Z9)
	CLEAR(Z10, Z11)
	CLEAR(Z12, Z13)
	CLEAR(Z14, Z15)

block4:
	BEGIN(codes_correction(R8), Z0, Z1)
	BEGIN(codes_correction(R9), Z2, Z3)
	BEGIN(codes_correction(R10), Z4, Z5)
	BEGIN(codes_correction(R11), Z6, Z7)
	DOT4(0, 0)
	DOT4(4, 128)
	DOT4(8, 256)
	DOT4(12, 384)
	DOT4(16, 512)
	DOT4(20, 640)
	DOT4(24, 768)
	DOT4(28, 896)
	VMOVUPS (DI), Z26
	VMOVUPS 64(DI), Z27
	ADD(codes_exponent(R8), Z0, Z1, Z8, Z9)
	ADD(codes_exponent(R9), Z2, Z3, Z10, Z11)
	ADD(codes_exponent(R10), Z4, Z5, Z12, Z13)
	ADD(codes_exponent(R11), Z6, Z7, Z14, Z15)
	ADDQ $codes__size, R8
	ADDQ $codes__size, R9
	ADDQ $codes__size, R10
	ADDQ $codes__size, R11
	ADDQ $1024, SI
	ADDQ $128, DI
	DECQ BX
	JNZ block4
	KEEP(0, Z8, Z9)
	KEEP(128, Z10, Z11)
	KEEP(256, Z12, Z13)
	KEEP(384, Z14, Z15)
	VZEROUPPER
	RET

// MUL adds one product to each of the sums of a row.
#define MUL(row, left, right) \
	VFMADD231PS.BCST row, Z24, left \
	VFMADD231PS.BCST row, Z25, right

#define MUL12(at, weights) \
	WEIGHTS(weights) \
	MUL((at)(R8), Z0, Z1) \
	MUL((at)(R8)(CX*1), Z2, Z3) \
	MUL((at)(R8)(CX*2), Z4, Z5) \
	MUL((at)(R9), Z6, Z7) \
	MUL((at)(R9)(CX*1), Z8, Z9) \
	MUL((at)(R9)(CX*2), Z10, Z11) \
	MUL((at)(R10), Z12, Z13) \
	MUL((at)(R10)(CX*1), Z14, Z15) \
	MUL((at)(R10)(CX*2), Z16, Z17) \
	MUL((at)(R11), Z18, Z19) \
	MUL((at)(R11)(CX*1), Z20, Z21) \
	MUL((at)(R11)(CX*2), Z22, Z23)

#define MUL4(at, weights) \
	WEIGHTS(weights) \
	MUL((at)(R8), Z0, Z1) \
	MUL((at)(R9), Z2, Z3) \
	MUL((at)(R10), Z4, Z5) \
	MUL((at)(R11), Z6, Z7)

// func multiplyFloats12AVX512(t *tile)
//
// R8, R9, R10 and R11 are rows 0, 3, 6 and 9.
TEXT ·multiplyFloats12AVX512(SB), NOSPLIT, $0-8
	MOVQ t+0(FP), AX
	MOVQ tile_rows(AX), R8
	MOVQ tile_stride(AX), CX
	LEAQ (CX)(CX*2), R12
	LEAQ (R8)(R12*1), R9
	LEAQ (R9)(R12*1), R10
	LEAQ (R10)(R12*1), R11
	MOVQ tile_panel(AX), SI
	MOVQ tile_sums(AX), DX
	MOVQ tile_steps(AX), BX
	SHRQ $2, BX
	CLEAR(Z0, Z1)
	CLEAR(Z2, Z3)
	CLEAR(Z4, Z5)
	CLEAR(Z6, Z7)
	CLEAR(Z8, Z9)
	CLEAR(Z10, Z11)
	CLEAR(Z12, Z13)
	CLEAR(Z14, Z15)
	CLEAR(Z16, Z17)
	CLEAR(Z18, Z19)
	CLEAR(Z20, Z21)
	CLEAR(Z22, Z23)

step12:
	MUL12(0, 0)
	MUL12(4, 128)
	MUL12(8, 256)
	MUL12(12, 384)
	ADDQ $16, R8
	ADDQ $16, R9
	ADDQ $16, R10
	ADDQ $16, R11
	ADDQ $512, SI
	DECQ BX
	JNZ step12
	KEEP(0, Z0, Z1)
	KEEP(128, Z2, Z3)
	KEEP(256, Z4, Z5)
	KEEP(384, Z6, Z7)
	KEEP(512, Z8, Z9)
	KEEP(640, Z10, Z11)
	KEEP(768, Z12, Z13)
	KEEP(896, Z14, Z15)
	KEEP(1024, Z16, Z17)
	KEEP(1152, Z18, Z19)
	KEEP(1280, Z20, Z21)
	KEEP(1408, Z22, Z23)
	VZEROUPPER
	RET

// func multiplyFloats4AVX512(t *tile)
TEXT ·multiplyFloats4AVX512(SB), NOSPLIT, $0-8
	LOAD4
	SHRQ $2, BX
	CLEAR(Z0, Z1)
	CLEAR(Z2, Z3)
	CLEAR(Z4, Z5)
	CLEAR(Z6, Z7)

step4:
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
	JNZ step4
	KEEP(0, Z0, Z1)
	KEEP(128, Z2, Z3)
	KEEP(256, Z4, Z5)
	KEEP(384, Z6, Z7)
	VZEROUPPER
	RET
