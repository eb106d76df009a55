package target

import "time"

// A Step is one thing that one task, or each of a set of tasks, does. Which
// fields count depends on the verb; the others are zero.
type Step struct {
	Task Ref
	Verb Verb

	File   Ref           // what it is done to
	Other  Ref           // the file that rename replaces, that reflink makes, that dedupe pairs
	Name   Ref           // the pin, lease or memory that it makes or uses
	Index  Num           // page of the file, its new size, or how many inodes
	Count  Num           // pages; zero: one
	Stride Num           // pages from one pin to the next; zero: one
	Holder string        // of a pin
	For    time.Duration // to wait, between releases, until a recall is answered
	Whom   Ref           // the task that is meant
	Flags  Flag

	Together bool // the next step starts at the same moment

	Note   []string // remark lines that stand above it
	Remark string   // remark behind it
	Line   int      // in the text it was parsed from; Format ignores it
}

// Pages returns how many pages a step that can name a number is about.
func (s *Step) Pages() int { return max(1, s.Count.N) }

// Every returns the distance in pages from one pin of a set to the next.
func (s *Step) Every() int { return max(1, s.Stride.N) }

// Has reports whether flag f was given.
func (s *Step) Has(f Flag) bool { return s.Flags&f != 0 }

// N returns how many single actions the step consists of: the largest number
// that stands in it.
func (s *Step) N() int { return max(s.Task.N(), s.File.N(), s.Other.N(), s.Name.N(), s.Whom.N()) }

// Tasks returns how many tasks make the step, each its own share.
func (s *Step) Tasks() int { return s.Task.N() }

// Share returns the actions that the i-th task of the step makes, one after the
// other: each names single things.
func (s *Step) Share(i int) []Step {
	first, n := 0, s.N()
	if s.Tasks() > 1 {
		first, n = i, 1
	}
	list := make([]Step, n)
	for k := range list {
		at := first + k
		if s.Has(LastFirst) {
			at = first + n - 1 - k
		}
		one := *s
		one.Task, one.File, one.Other, one.Name, one.Whom = s.Task.At(i), s.File.At(at), s.Other.At(at), s.Name.At(at), s.Whom.At(at)
		if s.Verb == Pin && !s.File.IsSet() && s.Name.IsSet() && !s.Task.IsSet() {
			one.Index = Num{N: s.Index.N + at*s.Every()}
		}
		for _, n := range one.nums() {
			n.Param = "" // one of many is told with its number
		}
		list[k] = one
	}
	return list
}

// A Flag is a word that can stand in a step.
type Flag uint32

// The words.
const (
	NoDAX Flag = 1 << iota
	Dir
	FollGet
	FollPin
	LastFirst
	IgnoreRecall
	Notify
	Shared
	Exclusive
	On
	Off
	GFPKernel
	GFPNoFS
	GFPNoWait
	IsBlocked
	HasReturned
	HasFailed
	Reading
	flagEnd
)

var flagNames = map[Flag]string{
	NoDAX: "nodax", Dir: "dir", FollGet: "get", FollPin: "pin", LastFirst: "last-first", IgnoreRecall: "ignore-recall",
	Notify: "notify", Shared: "shared", Exclusive: "exclusive", On: "on", Off: "off", GFPKernel: "kernel", GFPNoFS: "nofs",
	GFPNoWait: "nowait", IsBlocked: "blocked", HasReturned: "returned", HasFailed: "failed", Reading: "read",
}

func lookupFlag(word string) (Flag, bool) {
	for f := Flag(1); f < flagEnd; f <<= 1 {
		if flagNames[f] == word {
			return f, true
		}
	}
	return 0, false
}

// Expected returns what an Expect step wants: blocked, returned or failed.
func (s *Step) Expected() string { return flagNames[s.Flags&(IsBlocked|HasReturned|HasFailed)] }
