package unit

import "testing"

func TestWords(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{Plural(1, "round"), "1 round"},
		{Plural(0, "round"), "0 rounds"},
		{Plural(1200, "round"), "1,200 rounds"},
		{Plural(int64(2), "policy"), "2 policies"},
		{Plural(1, "policy"), "1 policy"},
		{Plural(2, "set of parameters", "sets of parameters"), "2 sets of parameters"},
		{Plural(1, "set of parameters", "sets of parameters"), "1 set of parameters"},
		{List(nil), ""},
		{List([]string{"a"}), "a"},
		{List([]string{"a", "b"}), "a and b"},
		{List([]string{"a", "b", "c"}), "a, b and c"},
		{Capital("under none"), "Under none"},
		{Capital("dax-only waits"), "dax-only waits"},
		{Capital("dax=50 is dearer"), "dax=50 is dearer"},
		{Capital("évict"), "Évict"},
		{Capital("\xffx"), "\xffx"},
		{Capital(""), ""},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}
