package pmem

// A Processor is what this CPU offers for making stores durable.
type Processor struct {
	CLWB       bool      `json:"clwb"`
	CLFLUSHOPT bool      `json:"clflushopt"`
	CLFLUSH    bool      `json:"clflush"`
	Flush      WriteBack `json:"flush"`    // the first of these three that is there, else Portable
	PageCopy   PageCopy  `json:"pageCopy"` // NTStore on amd64
}

// processor does not change while a process lives.
var processor = detect()

// Detect returns what CPUID said at start-up.
func Detect() Processor { return processor }

// Has reports whether the processor can write lines back by w. Portable needs nothing, and Auto always finds
// something; Msync is no affair of the processor.
func (p Processor) Has(w WriteBack) bool {
	switch w {
	case CLWB:
		return p.CLWB
	case CLFLUSHOPT:
		return p.CLFLUSHOPT
	case CLFLUSH:
		return p.CLFLUSH
	}
	return w == Auto || w == Portable
}

// best returns the preferred write-back.
func (p Processor) best() WriteBack {
	for _, w := range []WriteBack{CLWB, CLFLUSHOPT, CLFLUSH} {
		if p.Has(w) {
			return w
		}
	}
	return Portable
}
