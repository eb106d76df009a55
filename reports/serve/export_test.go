package serve

import (
	"io"

	"daxbench/reports/folder"
)

// MaxStreams is maxStreams, for tests.
const MaxStreams = maxStreams

// Streams are the places of open streams, for tests that count them.
func (s *Server) Streams() chan struct{} { return s.streams }

// Summary is what a head says, for tests that hold it against the reader of whole runs.
type Summary struct {
	Status           string
	Rounds, Of       int
	Storms, Policies []string
	Warned           int
	Machine          string
}

// ReadSummary is readHead.
func ReadSummary(r io.Reader) (Summary, error) {
	h, err := readHead(r)
	if err != nil {
		return Summary{}, err
	}
	return Summary{h.Status, h.Rounds, h.Of, h.Storms, h.Policies, h.Warned, h.Machine}, nil
}

// MachineOf is machine.
func MachineOf(m *folder.Manifest) string { return machine(m) }

// Cache is a cache of strings.
type Cache struct{ *cache[string] }

// NewCache is newCache.
func NewCache(most int) Cache { return Cache{newCache[string](most)} }

// Get is get.
func (c Cache) Get(key, stamp string) (string, bool) { return c.get(key, stamp) }

// Put is put, with the weight of the string.
func (c Cache) Put(key, stamp, v string) { c.put(key, stamp, v, len(v)) }

// Total is the weight of all.
func (c Cache) Total() int { return c.total }
