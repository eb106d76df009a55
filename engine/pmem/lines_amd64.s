#include "textflag.h"

// func cpuid(leaf, sub uint32) (eax, ebx, ecx, edx uint32)
TEXT ·cpuid(SB), NOSPLIT, $0-24
	MOVL leaf+0(FP), AX
	MOVL sub+4(FP), CX
	CPUID
	MOVL AX, eax+8(FP)
	MOVL BX, ebx+12(FP)
	MOVL CX, ecx+16(FP)
	MOVL DX, edx+20(FP)
	RET

// The three loops below differ in one instruction. AX is the line, BX the first byte beyond the range.

// func clwb(p unsafe.Pointer, n uintptr)
TEXT ·clwb(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), AX
	MOVQ n+8(FP), BX
	ADDQ AX, BX
	ANDQ $~63, AX

clwbLine:
	CLWB (AX)
	ADDQ $64, AX
	CMPQ AX, BX
	JCS  clwbLine
	RET

// func clflushopt(p unsafe.Pointer, n uintptr)
TEXT ·clflushopt(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), AX
	MOVQ n+8(FP), BX
	ADDQ AX, BX
	ANDQ $~63, AX

clflushoptLine:
	CLFLUSHOPT (AX)
	ADDQ $64, AX
	CMPQ AX, BX
	JCS  clflushoptLine
	RET

// func clflush(p unsafe.Pointer, n uintptr)
TEXT ·clflush(SB), NOSPLIT, $0-16
	MOVQ p+0(FP), AX
	MOVQ n+8(FP), BX
	ADDQ AX, BX
	ANDQ $~63, AX

clflushLine:
	CLFLUSH (AX)
	ADDQ $64, AX
	CMPQ AX, BX
	JCS  clflushLine
	RET

// func storeFence()
TEXT ·storeFence(SB), NOSPLIT, $0-0
	SFENCE
	RET

// func copyLines(dst, src unsafe.Pointer, n uintptr)
//
// A whole line is stored at once, so that it leaves the write-combining buffer in one piece.
TEXT ·copyLines(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX

copyLine:
	MOVOU (SI), X0
	MOVOU 16(SI), X1
	MOVOU 32(SI), X2
	MOVOU 48(SI), X3
	MOVNTO X0, (DI)
	MOVNTO X1, 16(DI)
	MOVNTO X2, 32(DI)
	MOVNTO X3, 48(DI)
	ADDQ  $64, SI
	ADDQ  $64, DI
	SUBQ  $64, CX
	JNE   copyLine
	RET
