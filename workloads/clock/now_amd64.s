#include "funcdata.h"
#include "textflag.h"

// func Now() Ticks
//
// It is not NOSPLIT, so that each call looks for a request to preempt the goroutine. The signal that preempts Go code has no
// effect inside assembly, and a loop that spins on Now is hardly ever anywhere else: it kept its P for seconds.
TEXT ·Now(SB), 0, $8-8
	NO_LOCAL_POINTERS
	CMPL ·counterTrusted(SB), $1
	JNE  slow
	RDTSC
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, ret+0(FP)
	RET
slow:
	CALL ·slowNow(SB)
	MOVQ 0(SP), AX
	MOVQ AX, ret+0(FP)
	RET

// func counter() int64
TEXT ·counter(SB), NOSPLIT|NOFRAME, $0-8
	RDTSC
	SHLQ $32, DX
	ORQ  DX, AX
	MOVQ AX, ret+0(FP)
	RET

// func cpuid(leaf uint32) (eax, ebx, ecx, edx uint32)
TEXT ·cpuid(SB), NOSPLIT|NOFRAME, $0-24
	MOVL leaf+0(FP), AX
	XORL CX, CX
	CPUID
	MOVL AX, eax+8(FP)
	MOVL BX, ebx+12(FP)
	MOVL CX, ecx+16(FP)
	MOVL DX, edx+20(FP)
	RET
