package vm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"daxbench/engine/vm/line"
)

// playGuest and playCommand are environment variables that make the test binary PID 1's half of a guest, and its command.
const (
	playGuest   = "DAXBENCH_VM_TEST_GUEST"
	playCommand = "DAXBENCH_VM_TEST_COMMAND"
	playDir     = "DAXBENCH_VM_TEST_DIR" // the folder whose content goes over on the way
)

func TestMain(m *testing.M) {
	Guest() // this program is also that of a guest
	switch {
	case len(os.Args) > 2 && os.Args[1] == inGuest:
		os.Exit(look(os.Args[2]))
	case os.Getenv(playCommand) != "":
		os.Exit(command(os.Getenv(playCommand)))
	case os.Getenv(playGuest) != "":
		os.Setenv(playCommand, os.Getenv(playGuest))
		os.Exit(firstProcess())
	}
	os.Exit(m.Run())
}

// command is what a guest runs.
func command(what string) int {
	fmt.Println("out of", what, strings.Join(os.Args[1:], " "))
	fmt.Fprintln(os.Stderr, "err")
	switch what {
	case "killed":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		time.Sleep(time.Minute)
	case "orphan":
		// It ends while the command runs, and somebody must reap it.
		exec.Command("sh", "-c", "sh -c 'sleep 0.05' & exit").Run()
		time.Sleep(200 * time.Millisecond)
	case "parts":
		for n := range parts {
			if n == parts/2 { // in the middle of a file
				os.WriteFile(filepath.Join(os.Getenv(playDir), ".half"), []byte("half"), 0o666)
			}
			os.WriteFile(filepath.Join(os.Getenv(playDir), strconv.Itoa(n)), []byte("part"), 0o666)
			fmt.Println("part", n)
			time.Sleep(time.Millisecond)
		}
	case "stuck":
		stuck := exec.Command("sleep", "5")
		stuck.Stdout = os.Stdout // which it holds open
		stuck.Start()
	}
	return 7
}

// firstProcess does what PID 1 does with a command, frames on standard output.
func firstProcess() int {
	unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
	p := &port{frames: line.NewWriter(os.Stdout)}
	said := func() {}
	if dir := os.Getenv(playDir); dir != "" {
		said = (&parcels{port: p, dir: dir}).sendNew
	}
	status, err := runCommand([]string{"a", "b"}, p, said)
	p.say("status %d, %v", status, err)
	var ws unix.WaitStatus
	if pid, err := unix.Wait4(-1, &ws, unix.WNOHANG, nil); pid > 0 {
		p.say("%d was not reaped, %v", pid, err)
	}
	return 0
}

// TestRunCommand: a command's outputs and its status come over, whatever it leaves behind.
func TestRunCommand(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("the folder " + Work + " can be made by root only")
	}
	if _, err := os.Stat(Work); err != nil {
		defer os.Remove(Work)
	}
	for what, status := range map[string]string{"plain": "status 7, <nil>", "killed": "status 137, <nil>", "orphan": "status 7, <nil>", "stuck": "status 7, <nil>"} {
		t.Run(what, func(t *testing.T) {
			began := time.Now()
			c := exec.Command("/proc/self/exe")
			c.Env = append(os.Environ(), playGuest+"="+what)
			var out bytes.Buffer
			c.Stdout = &out
			c.WaitDelay = 100 * time.Millisecond
			if err := c.Run(); err != nil && what != "stuck" {
				t.Fatal(err)
			}
			said, reader := map[line.Kind]string{}, line.NewReader(&out)
			for {
				f, err := reader.Read()
				if err != nil {
					break
				}
				said[f.Kind] += string(f.Payload)
			}
			if said[line.Out] != "out of "+what+" a b\n" || !strings.HasPrefix(said[line.Err], "err\n") || !strings.HasSuffix(said[line.Err], "guest: "+status+"\n") {
				t.Errorf("%q", said)
			}
			if took := time.Since(began); reader.Lost+reader.Garbage > 0 || took > 4*time.Second || what == "stuck" && took < orphansLimit {
				t.Errorf("%d lost, %d of garbage, after %v", reader.Lost, reader.Garbage, time.Since(began))
			}
		})
	}
}

// parts is how many files a command leaves, one after the other.
const parts = 50

// TestParcels has what a command has told of have come before: whenever it stops to speak, all that it spoke of is there.
func TestParcels(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("the folder " + Work + " can be made by root only")
	}
	if _, err := os.Stat(Work); err != nil {
		defer os.Remove(Work)
	}
	c := exec.Command("/proc/self/exe")
	c.Env = append(os.Environ(), playGuest+"=parts", playDir+"="+t.TempDir())
	said, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	k := &talk{frames: line.NewReader(bytes.NewReader(said)), stdout: io.Discard, stderr: io.Discard, out: t.TempDir()}
	told, sent := 0, 0
	for {
		f, err := k.frames.Read()
		if err == io.EOF {
			break
		}
		if err = errors.Join(err, k.take(f)); err != nil {
			t.Fatal(err)
		}
		switch f.Kind {
		case line.Sealed:
			sent++
		case line.Out:
			told += bytes.Count(f.Payload, []byte("part "))
			if got := strings.Fields(files(t, k.out)); len(got) < told || slices.Contains(got, ".half") {
				t.Fatalf("%d parts were told of, and %q are there", told, got)
			}
		}
	}
	if told != parts || sent < 2 || sent > parts+2 || !k.left || k.frames.Lost+k.frames.Garbage > 0 {
		t.Errorf("told of %d parts in %d parcels", told, sent)
	}
}

// TestGuestIsNone: a process that is not PID 1 of a guest goes on.
func TestGuestIsNone(t *testing.T) { Guest() }

// TestOpenPort: a terminal changes no byte of what is written to a port.
func TestOpenPort(t *testing.T) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer master.Close()
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Skip(err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Skip(err)
	}
	port, err := openPort(fmt.Sprintf("/dev/pts/%d", n))
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	if _, err := port.Write(all); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 0, len(all))
	for len(got) < len(all) {
		b := make([]byte, len(all))
		n, err := master.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, b[:n]...)
	}
	if !bytes.Equal(got, all) {
		t.Errorf("got %q", got)
	}
}
