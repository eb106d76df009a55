package litmus

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"daxbench/engine/target"
)

const expectations = `# scenario            outcome
unlink-under-dio      blocked   # a remark
* umount-remount      violation A U
ext4 umount-remount   violation
pin.d rename-over     not-applicable
`

func TestParseExpectations(t *testing.T) {
	got, err := ParseExpectations("f", []byte(expectations))
	if err != nil {
		t.Fatal(err)
	}
	want := Expectations{
		{2, "", "unlink-under-dio", target.Blocked, ""},
		{3, "", "umount-remount", target.Violated, "UA"},
		{4, "ext4", "umount-remount", target.Violated, ""},
		{5, "pin.d", "rename-over", target.NotApplicable, ""},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestParseExpectationsRefuses has every mistake be said by line.
func TestParseExpectationsRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "f:1: nothing is expected",
		"# only a remark\n\n":       "f:2: nothing is expected",
		"unlink-under-dio\n":        `f:1: "unlink-under-dio" has no outcome; they are safe, refused, parked, blocked, hung, violation, not-applicable`,
		"a safe\nblocked\n":         "f:2: \"blocked\": want a scenario and an outcome",
		"x ext4 a safe\n":           "f:1: \"x ext4 a safe\": want a scenario",
		"a safe U\n":                "f:1: only a violation has letters; safe has not",
		"a violation R\n":           `f:1: "R": behind an outcome stand only letters of a violation, U A X`,
		"a violation U safe\n":      `f:1: "safe"`,
		"a safe\n# b\n* a safe\n":   "f:3: a stands on line 1 already",
		"x a safe\nx a blocked\n":   "f:2: x a stands on line 1 already",
		"a\xff safe\n":              "f:1: not UTF-8",
		strings.Repeat("a\n", 100):  "f:21: too many errors",
		strings.Repeat("#", 300000): "f:1: the text has 300000 bytes",
	} {
		list, err := ParseExpectations("f", []byte(text))
		if list != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %s", text, err, want)
		}
	}
}

func TestUnknownExpectations(t *testing.T) {
	list := must(ParseExpectations("f", []byte("unlink-under-dio safe\ns safe\n# x\nnever safe\n")))
	if err := list.Unknown("f", []Entry{scenario(t, unlink)}); err == nil || err.Error() != `f:4: unknown scenario "never"` {
		t.Errorf("%v", err)
	}
}

func TestMeet(t *testing.T) {
	k := playKernels(t)
	for name, tt := range map[string]struct {
		text        string
		as          int
		differences []string
		open        []string
		idle        []int
	}{
		"as it is":              {text: "xfs unlink violation U\next4 unlink blocked\n", as: 2, open: []string{"unlink on 6.1 xfs (2)"}},
		"any violation":         {text: "xfs unlink violation\n", as: 1, open: []string{"unlink on 6.1 xfs (2)"}},
		"other letters":         {text: "xfs unlink violation A\n", differences: []string{"unlink on 6.1 xfs: expected violation A (line 1), and it is violation U: block 7"}, open: []string{"unlink on"}},
		"better than expected":  {text: "ext4 unlink violation U\n", differences: []string{"unlink on 7.3 ext4: expected violation U (line 1), and it is blocked: T2 was in"}},
		"a name before a type":  {text: "* third blocked\next4 third safe\n", as: 1, differences: []string{"third on 6.1 xfs: expected blocked (line 1), and it is safe"}, open: []string{"third on"}},
		"nothing is about it":   {text: "btrfs unlink safe\nrename-over safe\n", idle: []int{1, 2}},
		"what cannot be played": {text: "ext4 third not-applicable\n", differences: []string{"expected not-applicable (line 1), and it is safe"}},
	} {
		m := must(ParseExpectations("f", []byte(tt.text))).Meet(k)
		if m.As != tt.as || !slices.EqualFunc(m.Differences, tt.differences, strings.Contains) || !slices.EqualFunc(m.Open, tt.open, strings.Contains) || !slices.Equal(m.Idle, tt.idle) {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

// TestWriteExpectations has what was found be what is expected, when it is read back.
func TestWriteExpectations(t *testing.T) {
	k := playKernels(t)
	var b bytes.Buffer
	if err := k.WriteExpectations(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "expect.txt", b.Bytes())
	k.Columns = k.Columns[:2]
	b.Reset()
	if err := k.WriteExpectations(&b); err != nil {
		t.Fatal(err)
	}
	list, err := ParseExpectations("f", b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	m := list.Meet(k)
	if m.As != 2*len(k.Scenarios) || len(m.Differences)+len(m.Open)+len(m.Idle) > 0 {
		t.Errorf("%+v\n%s", m, b.String())
	}
	k.Columns[1].Cells[0].Outcome.Kind = target.Safe
	if m := list.Meet(k); len(m.Differences) != 1 {
		t.Errorf("%+v", m)
	}
}

func FuzzParseExpectations(f *testing.F) {
	f.Add([]byte(expectations))
	f.Add([]byte("a violation U\nx a violation X A U\n#\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := ParseExpectations("f", text)
		if err != nil {
			if list != nil || !strings.HasPrefix(err.Error(), "f:") {
				t.Fatalf("%v, %q", list, err)
			}
			return
		}
		var b strings.Builder
		for _, x := range list {
			b.WriteString(x.String() + "\n")
		}
		again, err := ParseExpectations("f", []byte(b.String()))
		if err != nil {
			t.Fatalf("%v in\n%s", err, b.String())
		}
		for i := range list {
			list[i].Line, again[i].Line = 0, 0
		}
		if !reflect.DeepEqual(list, again) {
			t.Fatalf("read back otherwise:\n%+v\n%+v", list, again)
		}
	})
}
