package kernelfs

import (
	"fmt"
)

// patterns are the bytes that files and devices fill pages with, so that a byte tells whose it is. Zero is nobody's: it
// is what a new block reads as. With more than 127 of either, several have the same one.
type patterns struct {
	who           [256][]string
	files, device int
}

// half of the bytes are those of files, from 1 on; the upper half those of devices.
const half = 128

// next returns the byte of a new file or device.
func (p *patterns) next(who string, isDevice bool) (b byte) {
	if isDevice {
		b = byte(half + p.device%half)
		p.device++
	} else {
		b = byte(1 + p.files%(half-1))
		p.files++
	}
	p.who[b] = append(p.who[b], who)
	return b
}

// whose names who has written bytes.
func (p *patterns) whose(got []byte) string {
	if len(got) == 0 {
		return "nobody"
	}
	switch who := p.who[got[0]]; {
	case got[0] == 0:
		return "zeros, which nobody wrote"
	case len(who) == 0:
		return "nobody here"
	case len(who) == 1:
		return who[0]
	default:
		return fmt.Sprintf("%s, or one of %d others", who[0], len(who)-1)
	}
}

// maxShown is how many bytes a finding shows.
const maxShown = 8

// foreign returns the bytes of a page from the first on that is not the owner's; nil if all are.
func foreign(page []byte, own byte) []byte {
	for i, b := range page {
		if b != own {
			return page[i:min(len(page), i+maxShown)]
		}
	}
	return nil
}

// judgeBytes finds what the holder of a page got that is not of the file that it pinned.
func (s *subject) judgeBytes(c *call, h *hold, got []byte) {
	bad := foreign(got, h.file.fill)
	if bad == nil && int64(len(got)) == pageSize() {
		s.tell(c, "reads the bytes of %s", h.file.name)
		return
	}
	if bad == nil {
		s.tell(c, "reads %d bytes only", len(got))
		return
	}
	s.mu.Lock()
	who := s.patterns.whose(bad)
	s.mu.Unlock()
	s.find("U", "", "who reads the page that %s pins as page %d of %s gets % x: the bytes of %s", h.name, h.index, h.file.name, bad, who)
}
