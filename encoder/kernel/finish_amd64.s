#include "go_asm.h"
#include "textflag.h"

// Registers of finishAVX512: AX the tile, CX rows left, SI the sums, DI out, R8 the bias, R9 the residual
// (either may be 0), R10 the pitch, R11 not 0 for GELU. Z0 and Z1 are a row; Z16 to Z30 the constants in the
// order of erfTable.

// GELU sets x to gelu(x), using t, s, p and q; it follows the twin step by step.
#define GELU(x, t, s, p, q) \
	VMULPS Z28, x, t \
	VMINPS Z29, t, t \
	VMAXPS Z30, t, t \
	VMULPS t, t, s \
	VMOVAPS Z16, p \
	VMOVAPS Z23, q \
	VFMADD213PS Z17, s, p \
	VFMADD213PS Z24, s, q \
	VFMADD213PS Z18, s, p \
	VFMADD213PS Z25, s, q \
	VFMADD213PS Z19, s, p \
	VFMADD213PS Z26, s, q \
	VFMADD213PS Z20, s, p \
	VFMADD213PS Z27, s, q \
	VFMADD213PS Z21, s, p \
	VFMADD213PS Z22, s, p \
	VMULPS t, p, p \
	VDIVPS q, p, p \
	VMULPS Z31, x, x \
	VFMADD213PS x, p, x

// func finishAVX512(t *tile)
TEXT ·finishAVX512(SB), NOSPLIT, $0-8
	MOVQ t+0(FP), AX
	MOVQ tile_count(AX), CX
	MOVQ tile_sums(AX), SI
	MOVQ tile_out(AX), DI
	MOVQ tile_bias(AX), R8
	MOVQ tile_residual(AX), R9
	MOVQ tile_pitch(AX), R10
	MOVBLZX tile_gelu(AX), R11
	VPXORD Z14, Z14, Z14
	VPXORD Z15, Z15, Z15
	TESTQ R8, R8
	JZ unbiased
	VMOVUPS (R8), Z14
	VMOVUPS 64(R8), Z15
unbiased:
	TESTQ R11, R11
	JZ row
	LEAQ ·erfTable(SB), BX
	VBROADCASTSS 0(BX), Z16
	VBROADCASTSS 4(BX), Z17
	VBROADCASTSS 8(BX), Z18
	VBROADCASTSS 12(BX), Z19
	VBROADCASTSS 16(BX), Z20
	VBROADCASTSS 20(BX), Z21
	VBROADCASTSS 24(BX), Z22
	VBROADCASTSS 28(BX), Z23
	VBROADCASTSS 32(BX), Z24
	VBROADCASTSS 36(BX), Z25
	VBROADCASTSS 40(BX), Z26
	VBROADCASTSS 44(BX), Z27
	VBROADCASTSS 48(BX), Z28
	VBROADCASTSS 52(BX), Z29
	VBROADCASTSS 56(BX), Z30
	VBROADCASTSS 60(BX), Z31

row:
	VADDPS (SI), Z14, Z0
	VADDPS 64(SI), Z15, Z1
	TESTQ R11, R11
	JZ linear
	GELU(Z0, Z2, Z3, Z4, Z5)
	GELU(Z1, Z6, Z7, Z8, Z9)
linear:
	TESTQ R9, R9
	JZ alone
	VADDPS (R9), Z0, Z0
	VADDPS 64(R9), Z1, Z1
	ADDQ R10, R9
alone:
	VMOVUPS Z0, (DI)
	VMOVUPS Z1, 64(DI)
	ADDQ R10, DI
	ADDQ $128, SI
	DECQ CX
	JNZ row
	VZEROUPPER
	RET

// The registers of finishAVX2 are those of finishAVX512, but R12 counts the bytes of a row, which is done in
// two halves, and BX is erfTable: a constant is read as it is needed, for both vectors at once.

// NEXT does one step of Horner's rule on two vectors.
#define NEXT(at, s0, p0, s1, p1) \
	VBROADCASTSS (at)(BX), Y15 \
	VFMADD213PS Y15, s0, p0 \
	VFMADD213PS Y15, s1, p1

// func finishAVX2(t *tile)
TEXT ·finishAVX2(SB), NOSPLIT, $0-8
	MOVQ t+0(FP), AX
	MOVQ tile_count(AX), CX
	MOVQ tile_sums(AX), SI
	MOVQ tile_out(AX), DI
	MOVQ tile_bias(AX), R8
	MOVQ tile_residual(AX), R9
	MOVQ tile_pitch(AX), R10
	MOVBLZX tile_gelu(AX), R11
	LEAQ ·erfTable(SB), BX

row2:
	XORQ R12, R12
half2:
	VMOVUPS (SI)(R12*1), Y0
	VMOVUPS 32(SI)(R12*1), Y1
	TESTQ R8, R8
	JZ unbiased2
	VADDPS (R8)(R12*1), Y0, Y0
	VADDPS 32(R8)(R12*1), Y1, Y1
unbiased2:
	TESTQ R11, R11
	JZ linear2
	VBROADCASTSS 48(BX), Y15
	VMULPS Y15, Y0, Y2
	VMULPS Y15, Y1, Y3
	VBROADCASTSS 52(BX), Y15
	VMINPS Y15, Y2, Y2
	VMINPS Y15, Y3, Y3
	VBROADCASTSS 56(BX), Y15
	VMAXPS Y15, Y2, Y2
	VMAXPS Y15, Y3, Y3
	VMULPS Y2, Y2, Y4
	VMULPS Y3, Y3, Y5
	VBROADCASTSS 0(BX), Y6
	VMOVAPS Y6, Y7
	NEXT(4, Y4, Y6, Y5, Y7)
	NEXT(8, Y4, Y6, Y5, Y7)
	NEXT(12, Y4, Y6, Y5, Y7)
	NEXT(16, Y4, Y6, Y5, Y7)
	NEXT(20, Y4, Y6, Y5, Y7)
	NEXT(24, Y4, Y6, Y5, Y7)
	VBROADCASTSS 28(BX), Y8
	VMOVAPS Y8, Y9
	NEXT(32, Y4, Y8, Y5, Y9)
	NEXT(36, Y4, Y8, Y5, Y9)
	NEXT(40, Y4, Y8, Y5, Y9)
	NEXT(44, Y4, Y8, Y5, Y9)
	VMULPS Y2, Y6, Y6
	VMULPS Y3, Y7, Y7
	VDIVPS Y8, Y6, Y6
	VDIVPS Y9, Y7, Y7
	VBROADCASTSS 60(BX), Y15
	VMULPS Y15, Y0, Y0
	VMULPS Y15, Y1, Y1
	VFMADD213PS Y0, Y6, Y0
	VFMADD213PS Y1, Y7, Y1
linear2:
	TESTQ R9, R9
	JZ alone2
	VADDPS (R9)(R12*1), Y0, Y0
	VADDPS 32(R9)(R12*1), Y1, Y1
alone2:
	VMOVUPS Y0, (DI)(R12*1)
	VMOVUPS Y1, 32(DI)(R12*1)
	ADDQ $64, R12
	CMPQ R12, $128
	JNE half2
	ADDQ $128, SI
	ADDQ R10, DI
	TESTQ R9, R9
	JZ next2
	ADDQ R10, R9
next2:
	DECQ CX
	JNZ row2
	VZEROUPPER
	RET
