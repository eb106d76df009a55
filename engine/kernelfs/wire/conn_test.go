package wire

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"daxbench/engine/target"
)

// ends returns both ends of a socket.
func ends(t *testing.T) (a, b *Conn) {
	t.Helper()
	a, file, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = file.Close()
	}
	if err == nil {
		b, err = New(fd)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

func TestConn(t *testing.T) {
	a, b := ends(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	sent := Call{ID: 7, Task: "T1", Verb: target.Pin, File: "F", Holder: "vmsplice", Offset: 1 << 40, PFN: 1<<55 - 1, Fds: 1}
	if err := a.Send(sent, int(w.Fd())); err != nil {
		t.Fatal(err)
	}
	w.Close()
	var got Call
	fds, err := b.Receive(&got)
	if err != nil || got != sent || len(fds) != 1 {
		t.Fatalf("%v, %+v, %d descriptors", err, got, len(fds))
	}
	if flags, err := unix.FcntlInt(uintptr(fds[0]), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("%v: a descriptor that stays open across an exec", err)
	}
	if _, err := unix.Write(fds[0], []byte("x")); err != nil {
		t.Error(err)
	}
	Close(fds)
	if text, err := io.ReadAll(r); err != nil || string(text) != "x" {
		t.Errorf("%v, %q: the pipe came with the call", err, text)
	}

	a.Close()
	if _, err := b.Receive(&got); !errors.Is(err, io.EOF) {
		t.Errorf("after the other end was closed: %v", err)
	}
	if b.Send(Answer{}) == nil {
		t.Error("sent to nobody")
	}
}

// TestConnBad has what is no message, or too long, between two that are good.
func TestConnBad(t *testing.T) {
	a, b := ends(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	good := func() {
		t.Helper()
		var got Answer
		if err := a.Send(Answer{ID: 3, Foreign: []byte("\x00\xff")}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Receive(&got); err != nil || got.ID != 3 || string(got.Foreign) != "\x00\xff" {
			t.Fatalf("%v, %+v", err, got)
		}
	}
	good()
	for _, packet := range []string{"{", `{"id":"x"}`, "null x", strings.Repeat("x", maxPacket+1)} {
		if _, _, err := a.sock.WriteMsgUnix([]byte(packet), unix.UnixRights(int(w.Fd())), nil); err != nil {
			t.Fatal(err)
		}
		var got Answer
		if fds, err := b.Receive(&got); err == nil || errors.Is(err, io.EOF) || fds != nil {
			t.Errorf("%.20q: %v, %d descriptors", packet, err, len(fds))
		}
		good()
	}
	w.Close()
	if text, err := io.ReadAll(r); err != nil || len(text) > 0 { // ends: no descriptor of a bad message was kept
		t.Error(err, text)
	}
	if err := a.Send(Call{Path: strings.Repeat("x", maxPacket)}); err == nil || !strings.Contains(err.Error(), "the limits are") {
		t.Errorf("too long: %v", err)
	}
	if err := a.Send(Call{}, make([]int, maxFds+1)...); err == nil || !strings.Contains(err.Error(), "the limits are") {
		t.Errorf("too many descriptors: %v", err)
	}
}

// TestConnPaths has the longest paths there are, each byte of which JSON writes with six.
func TestConnPaths(t *testing.T) {
	long := strings.Repeat("\x01", unix.PathMax)
	text, err := json.Marshal(Call{Path: long, Other: long})
	if err != nil || len(text) > maxPacket {
		t.Errorf("%v, %d bytes", err, len(text))
	}
}

// TestConnShared has many send at once: each packet stays whole.
func TestConnShared(t *testing.T) {
	a, b := ends(t)
	const senders, each = 8, 200
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			for k := range each {
				if err := a.Send(Answer{ID: i*each + k, Failed: strings.Repeat("x", i*100)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	seen := make(map[int]bool)
	for range senders * each {
		var got Answer
		if _, err := b.Receive(&got); err != nil || seen[got.ID] || len(got.Failed) != got.ID/each*100 {
			t.Fatalf("%v, %+v", err, got)
		}
		seen[got.ID] = true
	}
	wg.Wait()
}

func TestNew(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	fd, err := unix.FcntlInt(w.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []int{-1, 1 << 20, fd} {
		if c, err := New(bad); err == nil {
			t.Errorf("%d became %v", bad, c)
		}
	}
	if err := unix.Close(fd); err == nil {
		t.Error("New has not taken the descriptor over")
	}
}
