package vm

import (
	"fmt"
	"strconv"
	"strings"
)

// A device is a piece of the guest's memory that its kernel takes for persistent memory: /dev/pmem0, pmem1, … in their order.
type device struct {
	at, size int // MiB, physical address
}

// Where QEMU's machine "pc" puts memory, in MiB: all of it in one piece up to 3.5 GiB; of more, 3 GiB stay below 4 GiB.
const (
	onePiece = 3584
	below    = 3072
	above    = 4096
)

// tables is more than QEMU's firmware takes for its own, at the end of the memory below 4 GiB, MiB. A region of pmem that it takes
// a piece of is refused by the kernel.
const tables = 128

// layOut finds a place for devices behind memory, and says how much memory QEMU must be given. All are MiB.
func layOut(memory int, sizes []int) (ram int, devices []device) {
	total := memory + tables
	for _, s := range sizes {
		total += s
	}
	at := memory
	if ram = total; total >= onePiece {
		// Devices do not lie across the hole, so the guest gets all that is below it, asked for or not.
		low := max(memory, below)
		ram, at = total-memory-tables+low, above+low-below
	}
	for _, s := range sizes {
		devices = append(devices, device{at, s})
		at += s
	}
	return ram, devices
}

// Descriptors that QEMU inherits; the first of exec.Cmd.ExtraFiles is 3.
const (
	consoleFD = 3
	framesFD  = 4
	initrdFD  = 5
)

// A wiring is where QEMU finds the initramfs and what is at the other end of the serial ports.
type wiring struct{ initrd, console, frames string }

// inherited is what Run gives it. Sockets, since what is written to them waits when the reader is slow; of a file QEMU drops it.
var inherited = wiring{
	initrd:  fmt.Sprintf("/dev/fd/%d", initrdFD),
	console: fmt.Sprintf("socket,id=console,fd=%d", consoleFD),
	frames:  fmt.Sprintf("socket,id=frames,fd=%d", framesFD),
}

// byHand is for a terminal.
var byHand = wiring{initrd: keptImage, console: "stdio,id=console", frames: "file,id=frames,path=frames.bin"}

// qemuArgs is QEMU's command line. accel is not Auto.
func qemuArgs(k Kernel, m Machine, accel Accel, sizes []int, w wiring) []string {
	ram, devices := layOut(m.memory(), sizes)
	args := []string{
		// The guest has what stands here, and nothing that a default or a user's file adds.
		"-nodefaults", "-no-user-config", "-display", "none",
		// A kernel that panics restarts at once (panic=-1 below), which ends QEMU.
		"-no-reboot",
		"-machine", "pc",
	}
	args = append(args, processor(accel)...)
	return append(args,
		// With two processors in parallel, QEMU 7.2 hangs in the kernel's live patching of its own code, as soon as a
		// tracepoint is enabled.
		"-smp", "1",
		"-m", strconv.Itoa(ram),
		"-kernel", k.Image,
		"-initrd", w.initrd,
		"-append", strings.Join(commandLine(m, accel, devices), " "),
		// ttyS0 and ttyS1.
		"-chardev", w.console, "-serial", "chardev:console",
		"-chardev", w.frames, "-serial", "chardev:frames",
	)
}

// processor are the options for it.
func processor(accel Accel) []string {
	// cx16=off: QEMU 7.2 spoils flags beside cmpxchg16b, and kernel 6.12 then crashes. la57=off: page tables of five levels
	// cost emulation time and serve nothing here.
	const emulated = "max,la57=off,cx16=off"
	switch accel {
	case KVM:
		return []string{"-accel", "kvm", "-cpu", "host"}
	case Counted:
		// shift=1 is 2 ns an instruction; sleep=off skips the time in which nobody runs.
		return []string{"-accel", "tcg", "-icount", "shift=1,sleep=off", "-cpu", emulated}
	}
	return []string{"-accel", "tcg", "-cpu", emulated}
}

// commandLine is that of the kernel.
func commandLine(m Machine, accel Accel, devices []device) []string {
	words := []string{
		"console=ttyS0",
		// A panic ends the guest. An oops does not: which process hit it is for the command to find out.
		"panic=-1",
		// Addresses in stacks are alike in all boots, and mitigations cost emulation time.
		"nokaslr", "mitigations=off",
		// Else the first who wants random numbers waits for the emulated machine to be unpredictable.
		"random.trust_cpu=on",
	}
	if m.Console == nil && accel != KVM {
		words = append(words, "quiet") // each line on the console is some milliseconds of emulation
	}
	for _, d := range devices {
		words = append(words, fmt.Sprintf("memmap=%dM!%dM", d.size, d.at))
	}
	return words
}

func (m Machine) memory() int {
	if m.Memory == 0 {
		return DefaultMemory
	}
	return m.Memory
}

// Clocks, as the guest's file of facts names them.
func clock(accel Accel) string {
	if accel == Counted {
		return "counted instructions, 2 ns each"
	}
	return "real"
}

func machineName(accel Accel) string {
	if accel == KVM {
		return "kvm"
	}
	return "tcg"
}
