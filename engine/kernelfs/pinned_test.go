package kernelfs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestIsHeld: a pin ends when what keeps it does, whoever knows of it.
func TestIsHeld(t *testing.T) {
	for _, tt := range []struct {
		holder string
		end    func(h *hold) error // by itself, as far as the subject knows
	}{
		{"vmsplice", func(h *hold) error { _, err := h.pipe.Read(make([]byte, pageSize())); return err }},
		{"msg-zerocopy", func(h *hold) error { h.peer.drain(); return nil }},
		{"libaio", func(h *hold) error { return h.device.Release() }},
		{"io_uring-write", func(h *hold) error { return h.device.Release() }},
	} {
		t.Run(tt.holder, func(t *testing.T) {
			m := home(t)
			if m.slow == nil && strings.Contains(tt.holder, "io") {
				t.Skip(m.noSlow)
			}
			s, all := play(t, m, scenario(t, "T1: create F\nT1: map F\nT1: fault F 0\nT1: pin F 0 as p by "+tt.holder+"\n"))
			if err := all[len(all)-1].Err; err != nil {
				if tt.holder == "msg-zerocopy" {
					t.Skip(err) // loopback copies
				}
				t.Fatal(err)
			}
			h := s.pins["p"]
			if is, err := s.isHeld(h); err != nil || !is {
				t.Fatalf("a pin that was taken: %v, %v", is, err)
			}
			if err := tt.end(h); err != nil {
				t.Fatal(err)
			}
			is, err := s.isHeld(h)
			for began := time.Now(); is && time.Since(began) < completeLimit; is, err = s.isHeld(h) {
				time.Sleep(tick)
			}
			if err != nil || is {
				t.Errorf("a pin whose I/O has ended: %v, %v", is, err)
			}
			if is, err := s.isHeld(h); err != nil || is {
				t.Errorf("asked again: %v, %v", is, err)
			}
			began := time.Now()
			s.letGoOf(h, "test") // which must not wait for a completion that was told already
			if d := time.Since(began); d >= completeLimit {
				t.Errorf("it takes %v to release it", d)
			}
			if is, err := s.isHeld(h); err != nil || is {
				t.Errorf("a pin that was released: %v, %v", is, err)
			}
		})
	}
}

func TestUnacknowledged(t *testing.T) {
	p, end, err := connect()
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	defer end.Close()
	if n, err := unacknowledged("/", p.conn); err != nil || n == 0 {
		t.Errorf("%d, %v: the window is full", n, err)
	}
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "proc/net"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "proc/net/tcp"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := unacknowledged(root, p.conn); err == nil {
		t.Error("a connection that is not there has a queue")
	}
	p.drain()
	if n, err := unacknowledged("/", p.conn); err != nil || n != 0 {
		t.Errorf("%d, %v: all was read", n, err)
	}
}
