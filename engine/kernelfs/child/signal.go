package child

import (
	"fmt"
	"os"
	"os/signal"
	"unsafe"

	"golang.org/x/sys/unix"

	"daxbench/engine/kernelfs/wire"
)

// A sigaction is what rt_sigaction(2) takes, where there is a restorer.
type sigaction struct {
	handler, flags, restorer uintptr
	mask                     uint64
}

// restart is SA_RESTART.
const restart = 0x10000000

// takeSignals lets wire.Signal end waits that signals end: with the runtime's handler, but calls are not made again
// after it. A terminal's interrupt is the controller's to answer: it ends what children have in flight, then them.
func takeSignals() error {
	signal.Ignore(unix.SIGINT)
	signal.Notify(make(chan os.Signal, 1), wire.Signal)
	var a sigaction
	if err := change(nil, &a); err != nil {
		return err
	}
	a.flags &^= restart
	return change(&a, nil)
}

// change sets what is done about wire.Signal, and gets what was done before. Either may be nil.
func change(set, was *sigaction) error {
	_, _, errno := unix.Syscall6(unix.SYS_RT_SIGACTION, uintptr(wire.Signal),
		uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(was)), unsafe.Sizeof(set.mask), 0, 0)
	if errno != 0 {
		return fmt.Errorf("sigaction: %w", errno)
	}
	return nil
}
