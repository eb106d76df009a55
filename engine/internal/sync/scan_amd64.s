//go:build !race && !daxshort

#include "textflag.h"

// BLOCK loads the 32 words from SI + 4·DX on, and leaves them or-ed together in X1.
#define BLOCK \
	VMOVDQA (SI)(DX*4), X1    \
	VMOVDQA 16(SI)(DX*4), X2  \
	VMOVDQA 32(SI)(DX*4), X3  \
	VMOVDQA 48(SI)(DX*4), X4  \
	VMOVDQA 64(SI)(DX*4), X5  \
	VMOVDQA 80(SI)(DX*4), X6  \
	VMOVDQA 96(SI)(DX*4), X7  \
	VMOVDQA 112(SI)(DX*4), X8 \
	VPOR    X1, X2, X1        \
	VPOR    X3, X4, X3        \
	VPOR    X5, X6, X5        \
	VPOR    X7, X8, X7        \
	VPOR    X1, X3, X1        \
	VPOR    X5, X7, X5        \
	VPOR    X1, X5, X1

// func skipClearAVX(p *Uint32, n int, mask uint32) int
//
// SI is the first word, DX how many were clear, CX how many are to be looked at. First come whole blocks, then the last 32
// words once more as one block; by fours goes who has fewer than a block, or looks where in it a bit is set.
TEXT ·skipClearAVX(SB), NOSPLIT, $0-32
	MOVQ p+0(FP), SI
	MOVQ n+8(FP), CX
	VBROADCASTSS mask+16(FP), X0
	XORL DX, DX
	ANDQ $~3, CX
	MOVQ CX, BX
	SUBQ $32, BX // where the last block begins
	JCS  four

block:
	BLOCK
	VPTEST X0, X1
	JNE    four
	ADDQ   $32, DX
	CMPQ   DX, BX
	JLS    block

	CMPQ   DX, CX
	JEQ    done
	MOVQ   DX, AX
	MOVQ   BX, DX
	BLOCK
	MOVQ   AX, DX
	VPTEST X0, X1
	JNE    four
	MOVQ   CX, DX
	JMP    done

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
