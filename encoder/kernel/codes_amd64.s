#include "go_asm.h"
#include "textflag.h"

DATA order<>+0(SB)/4, $0
DATA order<>+4(SB)/4, $4
DATA order<>+8(SB)/4, $1
DATA order<>+12(SB)/4, $5
DATA order<>+16(SB)/4, $2
DATA order<>+20(SB)/4, $6
DATA order<>+24(SB)/4, $3
DATA order<>+28(SB)/4, $7
GLOBL order<>(SB), RODATA|NOPTR, $32

// func quantiseAVX2(q *quantisation)
//
// Registers: SI the figures, DI the blocks, CX blocks left. Y15 clears signs, Y14 holds ones in bytes, Y13 the
// negated offset in words, Y12 the order in which packing leaves the codes; X11 is 1/127, X10 the smallest peak,
// X9 the largest one, X8 the bits of 1.
TEXT ·quantiseAVX2(SB), NOSPLIT, $0-8
	MOVQ q+0(FP), AX
	MOVQ quantisation_figures(AX), SI
	MOVQ quantisation_blocks(AX), DI
	MOVQ quantisation_count(AX), CX
	VBROADCASTSS quantisation_inverse(AX), X11
	VBROADCASTSS quantisation_smallest(AX), X10
	VBROADCASTSS quantisation_largest(AX), X9
	VBROADCASTSS quantisation_one(AX), X8
	VPBROADCASTW quantisation_negated(AX), Y13
	VPCMPEQD Y15, Y15, Y15
	VPABSB Y15, Y14
	VPSRLD $1, Y15, Y15
	VMOVDQU order<>(SB), Y12

next:
	VMOVUPS (SI), Y0
	VMOVUPS 32(SI), Y1
	VMOVUPS 64(SI), Y2
	VMOVUPS 96(SI), Y3
	VANDPS Y15, Y0, Y4
	VANDPS Y15, Y1, Y5
	VANDPS Y15, Y2, Y6
	VANDPS Y15, Y3, Y7
	VMAXPS Y4, Y5, Y4
	VMAXPS Y6, Y7, Y6
	VMAXPS Y4, Y6, Y4
	VEXTRACTF128 $1, Y4, X5
	VMAXPS X4, X5, X4
	VPERMILPS $0x4e, X4, X5
	VMAXPS X4, X5, X4
	VPERMILPS $0xb1, X4, X5
	VMAXPS X4, X5, X4
	VMAXPS X4, X10, X4
	VMINPS X4, X9, X4
	VMULPS X11, X4, X4
	VPSRLD $8, X15, X5
	VPADDD X5, X4, X4
	VPANDN X4, X5, X4
	VPSUBD X8, X4, X6
	VMOVD X6, codes_exponent(DI)
	VPSUBD X6, X8, X5
	VPBROADCASTD X5, Y5
	VMULPS Y5, Y0, Y0
	VMULPS Y5, Y1, Y1
	VMULPS Y5, Y2, Y2
	VMULPS Y5, Y3, Y3
	VCVTPS2DQ Y0, Y0
	VCVTPS2DQ Y1, Y1
	VCVTPS2DQ Y2, Y2
	VCVTPS2DQ Y3, Y3
	VPACKSSDW Y1, Y0, Y0
	VPACKSSDW Y3, Y2, Y2
	VPACKSSWB Y2, Y0, Y0
	VPERMD Y0, Y12, Y0
	VMOVDQU Y0, codes_code(DI)
	VPMADDUBSW Y0, Y14, Y0
	VPMADDWD Y13, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDD X1, X0, X0
	VPSHUFD $0x4e, X0, X1
	VPADDD X1, X0, X0
	VPSHUFD $0xb1, X0, X1
	VPADDD X1, X0, X0
	VMOVD X0, codes_correction(DI)
	ADDQ $128, SI
	ADDQ $codes__size, DI
	DECQ CX
	JNZ next
	VZEROUPPER
	RET
