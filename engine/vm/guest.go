package vm

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"daxbench/engine/vm/line"
)

// framesPort is where frames leave the guest: the second serial port.
const framesPort = "/dev/ttyS1"

// A port is the guest's way out. It is safe for several goroutines.
type port struct {
	mu     sync.Mutex
	frames *line.Writer
}

func (p *port) write(kind line.Kind, payload []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.frames.Write(kind, payload)
}

func (p *port) writeJSON(kind line.Kind, v any) error {
	payload, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return p.write(kind, payload)
}

// say tells the user of the host, on standard error.
func (p *port) say(format string, args ...any) {
	p.write(line.Err, fmt.Appendf(nil, "guest: "+format+"\n", args...))
}

// guest is PID 1.
func guest() {
	if os.Getpid() != 1 {
		return
	}
	text, err := os.ReadFile(ordersPath)
	if err != nil {
		return
	}
	// Whatever happens, the machine must end: else the host waits for its limit.
	defer end()
	var o orders
	if err := json.Unmarshal(text, &o); err != nil {
		fmt.Fprintln(os.Stderr, "daxbench: orders:", err)
		return
	}
	if err := mountSystem(); err != nil {
		fmt.Fprintln(os.Stderr, "daxbench:", err)
		return
	}
	tty, err := openPort(framesPort)
	if err != nil {
		fmt.Fprintln(os.Stderr, "daxbench:", err)
		return
	}
	p := &port{frames: line.NewWriter(tty)}
	p.writeJSON(line.First, line.Hello{Release: release(), Guest: sinceBoot()})
	results := &parcels{port: p, dir: Out}
	status, err := obey(o, p, results)
	last := line.End{Status: status, Guest: sinceBoot()}
	if err != nil {
		last.Failed = err.Error()
	}
	last.Seal = results.sendLast()
	p.writeJSON(line.Last, last)
	unix.IoctlSetInt(int(tty.Fd()), unix.TCSBRK, 1) // tcdrain(3): the last bytes are on their way
}

// obey does what it was told.
func obey(o orders, p *port, results *parcels) (status int, err error) {
	if err := setUp(o, p); err != nil {
		return 0, err
	}
	mounted, err := makeFileSystems(o.FileSystems, p)
	if err != nil {
		return 0, err
	}
	if err := writeFacts(o.Facts); err != nil {
		return 0, err
	}
	targets := make([]string, len(mounted))
	for i, m := range mounted {
		targets[i] = "dir:" + m
	}
	args := make([]string, len(o.Args))
	for i, a := range o.Args {
		args[i] = strings.ReplaceAll(a, Mounts, strings.Join(targets, ","))
	}
	said := func() {}
	if o.OnTheWay {
		said = results.sendNew
		go results.keepSending()
	}
	return runCommand(args, p, said)
}

// openPort opens a serial port that changes no byte.
func openPort(name string) (*os.File, error) {
	fd, err := unix.Open(name, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: name, Err: err}
	}
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nil, os.NewSyscallError("tcgetattr", err)
	}
	// cfmakeraw(3), at the highest speed of a UART: QEMU sends at once, but the kernel waits by it.
	t.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	t.Oflag &^= unix.OPOST
	t.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	t.Cflag &^= unix.CSIZE | unix.PARENB | unix.CBAUD | unix.CRTSCTS
	t.Cflag |= unix.CS8 | unix.CLOCAL | unix.B115200
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, t); err != nil {
		return nil, os.NewSyscallError("tcsetattr", err)
	}
	return os.NewFile(uintptr(fd), name), nil
}

func writeFacts(f facts) error {
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(factsPath, append(text, '\n'), 0o644)
}

func release() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return ""
	}
	return unix.ByteSliceToString(u.Release[:])
}

// sinceBoot is the guest's time, in nanoseconds.
func sinceBoot() int64 {
	var t unix.Timespec
	unix.ClockGettime(unix.CLOCK_BOOTTIME, &t)
	return t.Nano()
}

// end ends the machine. File systems are not unmounted: somebody may hang in them, and nothing of them is kept.
func end() {
	if r := recover(); r != nil {
		fmt.Fprintln(os.Stderr, "daxbench:", r) // the console
	}
	// A restart is what QEMU ends at (-no-reboot). Power could be off only with ACPI, and a kernel without halts instead.
	unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
	time.Sleep(time.Hour)
}

var errNothing = errors.New("no file system could be mounted")
