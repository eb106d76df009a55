package folder

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// UniqueKeys refuses an object that has a key twice: of two values json keeps the last, without a word. data is valid.
func UniqueKeys(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	type level struct {
		keys map[string]bool // nil in an array
		key  bool            // a key comes next
	}
	var open []level
	for {
		token, err := d.Token()
		if err != nil {
			return nil // the end: there is nothing wrong with its syntax
		}
		at := len(open) - 1
		if at >= 0 && open[at].key {
			if key, ok := token.(string); ok {
				// json matches the names of fields whatever their case.
				folded := strings.ToLower(key)
				if open[at].keys[folded] {
					return fmt.Errorf("byte %d: the key %.80q stands twice", d.InputOffset(), key)
				}
				open[at].keys[folded], open[at].key = true, false
				continue
			}
		}
		switch token {
		case json.Delim('{'):
			open = append(open, level{keys: make(map[string]bool), key: true})
			continue
		case json.Delim('['):
			open = append(open, level{})
			continue
		case json.Delim('}'), json.Delim(']'):
			open = open[:at]
			at--
		}
		if at >= 0 && open[at].keys != nil {
			open[at].key = true // a value has ended
		}
	}
}
