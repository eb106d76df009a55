package vm

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"daxbench/engine/vm/line"
)

// parcels are how a guest sends what is in a folder: the last one when its command has ended, and some on the way. Each has all
// that is there. Of scenarios on two file systems that are 25 KB in the end, packed, for which an emulated guest's line takes a
// tenth of a second.
type parcels struct {
	port *port
	dir  string

	mu   sync.Mutex // guards what follows, and that one parcel goes after the other
	sent string     // what the folder looked like when the last one was sent
}

// sendNew sends a parcel, unless nothing has changed since the last one. If a file is being written just now, the next call may
// have better luck.
func (s *parcels) sendNew() {
	s.mu.Lock()
	defer s.mu.Unlock()
	looks := looksOf(s.dir)
	if looks == s.sent {
		return
	}
	if parcel, err := s.send(); err == nil {
		s.port.writeJSON(line.Sealed, line.SealOf(parcel))
		s.sent = looks
	}
}

// keepSending sends what a command leaves that does not speak of it.
func (s *parcels) keepSending() {
	for range time.Tick(time.Second) {
		s.sendNew()
	}
}

// sendLast sends the last parcel, and returns its seal.
func (s *parcels) sendLast() line.Seal {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = looksOf(s.dir) // nothing follows it
	parcel, err := s.send()
	if err != nil {
		s.port.say("packing results: %v", err)
	}
	return line.SealOf(parcel)
}

// send sends what is there and returns it; nothing, if it cannot be packed. The caller holds mu.
func (s *parcels) send() ([]byte, error) {
	var b bytes.Buffer
	if err := pack(&b, s.dir); err != nil {
		return nil, err
	}
	return b.Bytes(), s.port.write(line.Packed, b.Bytes())
}

// looksOf differs if files in a folder do.
func looksOf(dir string) string {
	var b strings.Builder
	tree := regular{os.DirFS(dir)}
	fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // what has gone meanwhile does not look like anything
		}
		if info, err := d.Info(); err == nil {
			fmt.Fprintf(&b, "%q %d %d\n", path, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return b.String()
}
