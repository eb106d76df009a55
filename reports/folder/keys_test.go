package folder

import (
	"fmt"
	"strings"
	"testing"
)

func TestUniqueKeys(t *testing.T) {
	var many strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&many, `"k%d":%d,`, i, i)
	}
	for _, tt := range []struct{ data, want string }{
		{`{}`, ""}, {`[]`, ""}, {`"a"`, ""}, {`3`, ""}, {``, ""},
		{`{"a":1,"b":{"a":2,"b":[{"a":3},{"a":4}]}}`, ""},
		{`{"a":"a","b":"a","c":["a","a","a"],"d":{"a":"a"}}`, ""},
		{`{"a":"} , \" {","b":"\\","c":1}`, ""},
		{`{"a":1,"a":2}`, `byte 10: the key "a" stands twice`},
		{`{"a":1, "A" :2}`, `byte 11: the key "A" stands twice`},
		{`{"é":1,"É":2}`, `byte 12: the key "É" stands twice`},
		{`{"a":1,"\u0061":2}`, `byte 15: the key "a" stands twice`},
		{`{"a\"":1,"a\"":2}`, `byte 14: the key "a\"" stands twice`},
		{`{"":1,"":2}`, `byte 8: the key "" stands twice`},
		{`{"x":[1,{"y":{"a":[1,2],"b":3,"a":4}}]}`, `byte 33: the key "a" stands twice`},
		{`{"x":{"q":1},"y":[{}],"x":3}`, `byte 25: the key "x" stands twice`},
		{`{` + many.String() + `"last":1}`, ""},
		{`{` + many.String() + `"K7":1}`, `the key "K7" stands twice`},
		{`{` + many.String() + `"k999":1}`, `the key "k999" stands twice`},
		{`[{` + many.String() + `"z":1},{"k999":1}]`, ""}, // another object
		{`}{"a`, ""}, {`{"a`, ""}, {`{"a\`, ""}, // not valid, which others say
	} {
		err := UniqueKeys([]byte(tt.data))
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.60s: %v, want %q", tt.data, err, tt.want)
		}
	}
}
