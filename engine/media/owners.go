package media

// stretchBits is the logarithm of the blocks in a stretch: 64 MiB, of which a region of 1 TiB has 16,384.
const stretchBits = 14

// owners says who owns each data block; 0 is nobody. A stretch of blocks that all have the same owner, as most of a large
// region has, takes no memory beyond its place in the list, and no time to walk over.
type owners struct {
	stretches []stretch
	n         uint32 // blocks
}

type stretch struct {
	all  Ino   // the owner of all, if each is nil
	each []Ino // by block
}

func newOwners(n uint32) owners {
	return owners{stretches: make([]stretch, (uint64(n)+1<<stretchBits-1)>>stretchBits), n: n}
}

// part returns the stretch that block i is in, and those of the blocks [i, end) that are in it too: [at, to) of its own.
func (o *owners) part(i, end uint32) (s *stretch, at, to uint32) {
	at = i & (1<<stretchBits - 1)
	return &o.stretches[i>>stretchBits], at, at + min(end-i, 1<<stretchBits-at)
}

// run returns the owner of block i, and up to where, but not beyond end, the blocks have that one.
func (o *owners) run(i, end uint32) (who Ino, next uint32) {
	s, at, to := o.part(i, end)
	if who = s.all; s.each != nil {
		who = s.each[at]
	}
	for {
		if s.each == nil {
			if s.all != who {
				return who, i
			}
			i += to - at
		}
		for ; s.each != nil && at < to; at++ {
			if s.each[at] != who {
				return who, i
			}
			i++
		}
		if i == end {
			return who, i
		}
		s, at, to = o.part(i, end)
	}
}

// set makes who the owner of the blocks [i, end).
func (o *owners) set(i, end uint32, who Ino) {
	for i < end {
		s, at, to := o.part(i, end)
		size := min(o.n-(i-at), 1<<stretchBits) // of the stretch: the last one is shorter
		i += to - at
		if to-at == size {
			*s = stretch{all: who}
			continue
		}
		if s.each == nil {
			s.each = make([]Ino, size)
			fill(s.each, s.all)
		}
		fill(s.each[at:to], who)
	}
}

func fill(list []Ino, who Ino) {
	for i := range list {
		list[i] = who
	}
}

// runs calls f for each run of blocks with the same owner, in order.
func (o *owners) runs(f func(i, end uint32, who Ino)) {
	for i := uint32(0); i < o.n; {
		who, next := o.run(i, o.n)
		f(i, next, who)
		i = next
	}
}
