package folder

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// UniqueKeys refuses an object that has a key twice: of two values json keeps the last, without a word. data is valid; of what
// is not, it says nothing.
//
// Note: a json.Decoder that hands out tokens does the same in ten times the time, half of what reading a run took.
func UniqueKeys(data []byte) error {
	var open []level // around the place; those beyond its length are used again
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{', '[':
			if len(open) == cap(open) {
				open = append(open, level{})
			} else {
				open = open[:len(open)+1]
			}
			top := &open[len(open)-1]
			top.reset()
			top.object, top.key = data[i] == '{', data[i] == '{'
		case '}', ']':
			if len(open) == 0 {
				return nil
			}
			open = open[:len(open)-1]
		case ',':
			if len(open) > 0 {
				open[len(open)-1].key = open[len(open)-1].object
			}
		case '"':
			end := closing(data, i)
			if end < 0 {
				return nil
			}
			if len(open) > 0 && open[len(open)-1].key {
				top := &open[len(open)-1]
				top.key = false
				if key := unquoted(data[i : end+1]); !top.take(folded(key)) {
					return fmt.Errorf("byte %d: the key %.80q stands twice", end+1, key)
				}
			}
			i = end
		}
	}
	return nil
}

// level is an object or an array that is open.
type level struct {
	object bool
	key    bool     // of an object: a key comes next
	few    [][]byte // keys
	many   map[string]bool
}

// fewKeys is up to how many keys are looked for one by one: those of a record.
const fewKeys = 40

func (l *level) reset() {
	l.few, l.many = l.few[:0], nil
}

// take adds a key; ok is false if it is there.
func (l *level) take(key []byte) (ok bool) {
	if l.many[string(key)] {
		return false
	}
	for _, k := range l.few {
		if bytes.Equal(k, key) {
			return false
		}
	}
	if len(l.few) < fewKeys {
		l.few = append(l.few, key)
		return true
	}
	if l.many == nil {
		l.many = make(map[string]bool)
	}
	l.many[string(key)] = true
	return true
}

// closing is the place of the quote that ends the string that begins at from; −1 if there is none.
func closing(data []byte, from int) int {
	for i := from + 1; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

// unquoted is a string without its quotes and escapes.
func unquoted(quoted []byte) []byte {
	var s string
	if bytes.IndexByte(quoted, '\\') >= 0 && json.Unmarshal(quoted, &s) == nil {
		return []byte(s)
	}
	return quoted[1 : len(quoted)-1]
}

// folded is a key in lower case: json matches the names of fields whatever their case.
func folded(key []byte) []byte {
	for _, c := range key {
		if 'A' <= c && c <= 'Z' || c >= utf8.RuneSelf {
			return bytes.ToLower(key)
		}
	}
	return key
}
