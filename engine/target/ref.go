package target

import (
	"fmt"
	"strconv"
)

// A Num is a number in a step: written as such, or the value of a parameter.
type Num struct {
	Param string // without the $; empty if the number was written
	N     int    // the value in force
}

// String returns the number as it is written in a scenario.
func (n Num) String() string {
	if n.Param != "" {
		return "$" + n.Param
	}
	return strconv.Itoa(n.N)
}

// A Ref names a thing or a task: one by itself ("F"), the i-th of many ("F.3",
// from 1), or all of many ("F*100"). The zero Ref names nothing.
type Ref struct {
	Name   string
	Member int // 0: not of a set, or all of one
	Count  Num // how many; zero unless all of a set are meant
}

// IsSet reports whether r stands for all members of a set.
func (r Ref) IsSet() bool { return r.Count != Num{} }

// N returns how many r stands for.
func (r Ref) N() int {
	if r.IsSet() {
		return r.Count.N
	}
	return 1
}

// At returns the i-th of those that r stands for, from 0; of one, that one.
func (r Ref) At(i int) Ref {
	if !r.IsSet() {
		return r
	}
	return Ref{Name: r.Name, Member: i + 1}
}

// String returns r as it is written in a scenario.
func (r Ref) String() string {
	switch {
	case r.IsSet():
		return r.Name + "*" + r.Count.String()
	case r.Member > 0:
		return fmt.Sprintf("%s.%d", r.Name, r.Member)
	}
	return r.Name
}
