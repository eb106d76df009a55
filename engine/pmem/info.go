package pmem

import "fmt"

// Backing is what a region is mapped from.
type Backing uint8

const (
	Memfd   Backing = iota // memory of this process only
	File                   // a file that needs msync
	DAXFile                // a file mapped with MAP_SYNC
	DevDAX                 // a device-dax node
)

// WriteBack is how a region makes stores durable.
type WriteBack uint8

const (
	Auto       WriteBack = iota // in Options: the best there is. Never in Info
	CLWB                        // writes a line back and may keep it
	CLFLUSHOPT                  // writes a line back and drops it
	CLFLUSH                     // the same, and each waits for the one before
	Msync                       // the kernel does it, at the fence
	Portable                    // nothing is written back: stores are ordered, and no more
)

// PageCopy is how CopyNT moves whole cache lines.
type PageCopy uint8

const (
	CopyFlush PageCopy = iota // an ordinary copy, then a Flush
	NTStore                   // stores that go round the cache
)

// Info says what a region is and which paths it takes. It goes into every result.
type Info struct {
	Backing    Backing   `json:"backing"`
	Path       string    `json:"path,omitempty"`
	FileSystem string    `json:"filesystem,omitempty"` // of Path: ext4, xfs, tmpfs …, or its magic number
	Size       int64     `json:"size"`                 // bytes of this region
	Align      int64     `json:"align,omitempty"`      // bytes, devdax only: what its mapping is rounded up to
	Flush      WriteBack `json:"flush"`
	PageCopy   PageCopy  `json:"pageCopy"`
	MapSync    bool      `json:"mapSync"`   // metadata is durable before a store can land: a fence is enough
	HugePages  bool      `json:"hugePages"` // the kernel had mapped huge pages when Open returned
	HugeNote   string    `json:"hugeNote"`  // why there are huge pages or none, in words
	Populated  bool      `json:"populated"` // every page was present when Open returned
}

var (
	backingNames   = []string{Memfd: "memfd", File: "file", DAXFile: "dax-file", DevDAX: "devdax"}
	writeBackNames = []string{Auto: "auto", CLWB: "clwb", CLFLUSHOPT: "clflushopt", CLFLUSH: "clflush", Msync: "msync",
		Portable: "none(portable)"}
	pageCopyNames = []string{CopyFlush: "copy+flush", NTStore: "nt-store"}
)

func (b Backing) String() string   { return backingNames[b] }
func (w WriteBack) String() string { return writeBackNames[w] }
func (c PageCopy) String() string  { return pageCopyNames[c] }

func (b Backing) MarshalText() ([]byte, error)   { return []byte(b.String()), nil }
func (w WriteBack) MarshalText() ([]byte, error) { return []byte(w.String()), nil }
func (c PageCopy) MarshalText() ([]byte, error)  { return []byte(c.String()), nil }

func (b *Backing) UnmarshalText(text []byte) error   { return parse(b, backingNames, text) }
func (w *WriteBack) UnmarshalText(text []byte) error { return parse(w, writeBackNames, text) }
func (c *PageCopy) UnmarshalText(text []byte) error  { return parse(c, pageCopyNames, text) }

// parse sets v to the index of text among names.
func parse[T ~uint8](v *T, names []string, text []byte) error {
	for i, name := range names {
		if name == string(text) {
			*v = T(i)
			return nil
		}
	}
	return fmt.Errorf("pmem: %q is none of %q", text, names)
}
