//go:build !race

#include "textflag.h"

// func skipClearAVX(p *Uint32, n int, mask uint32) int
//
// SI is the first word, DX how many were clear, CX how many can be looked at. The first loop takes 128 bytes at a time; the
// second takes 16, at the end and to find where in the 128 a bit is set.
TEXT ·skipClearAVX(SB), NOSPLIT, $0-32
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), CX
	VBROADCASTSS mask+16(FP), X0
	XORL DX, DX
	MOVQ CX, BX
	ANDQ $~31, BX
	JEQ  few

lines:
	VMOVDQA (SI)(DX*4), X1
	VMOVDQA 16(SI)(DX*4), X2
	VMOVDQA 32(SI)(DX*4), X3
	VMOVDQA 48(SI)(DX*4), X4
	VMOVDQA 64(SI)(DX*4), X5
	VMOVDQA 80(SI)(DX*4), X6
	VMOVDQA 96(SI)(DX*4), X7
	VMOVDQA 112(SI)(DX*4), X8
	VPOR    X1, X2, X1
	VPOR    X3, X4, X3
	VPOR    X5, X6, X5
	VPOR    X7, X8, X7
	VPOR    X1, X3, X1
	VPOR    X5, X7, X5
	VPOR    X1, X5, X1
	VPTEST  X0, X1
	JNE     few
	ADDQ    $32, DX
	CMPQ    DX, BX
	JCS     lines

few:
	ANDQ $~3, CX

four:
	CMPQ    DX, CX
	JCC     done
	VMOVDQA (SI)(DX*4), X1
	VPTEST  X0, X1
	JNE     done
	ADDQ    $4, DX
	JMP     four

done:
	MOVQ DX, ret+24(FP)
	RET
