#include "textflag.h"

// func distancesPopcnt(dst *uint16, blocks *block, n int, code *block)
TEXT ·distancesPopcnt(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ blocks+8(FP), SI
	MOVQ n+16(FP), CX
	MOVQ code+24(FP), AX
	MOVQ 0(AX), R8
	MOVQ 8(AX), R9
	MOVQ 16(AX), R10
	MOVQ 24(AX), R11
	MOVQ 32(AX), R12
	MOVQ 40(AX), R13
	TESTQ CX, CX
	JZ   done

row:
	MOVQ 0(SI), AX
	MOVQ 8(SI), BX
	MOVQ 16(SI), DX
	XORQ R8, AX
	XORQ R9, BX
	XORQ R10, DX
	POPCNTQ AX, AX
	POPCNTQ BX, BX
	POPCNTQ DX, DX
	ADDQ BX, AX
	ADDQ DX, AX
	MOVQ 24(SI), BX
	MOVQ 32(SI), DX
	MOVQ 40(SI), R15
	XORQ R11, BX
	XORQ R12, DX
	XORQ R13, R15
	POPCNTQ BX, BX
	POPCNTQ DX, DX
	POPCNTQ R15, R15
	ADDQ BX, AX
	ADDQ DX, AX
	ADDQ R15, AX
	MOVW AX, (DI)
	ADDQ $48, SI
	ADDQ $2, DI
	DECQ CX
	JNZ  row

done:
	RET
