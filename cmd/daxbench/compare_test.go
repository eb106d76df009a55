package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"daxbench/reports/render"
	"daxbench/reports/versus"
)

// TestCompareStatus holds the exit status of what compare can end with.
func TestCompareStatus(t *testing.T) {
	other := errors.New("other")
	for _, c := range []struct {
		err  error
		want int
	}{
		{&versus.OptionError{}, statusUsage},
		{&versus.InputError{Path: "f", Line: 3, Why: "x"}, statusEnvironment},
		{other, statusBad},
	} {
		if got := statusOf(compareError(c.err)); got != c.want {
			t.Errorf("%T: %d, want %d", c.err, got, c.want)
		}
	}
	if err := compareError(&versus.InputError{Path: "f", Why: "x"}); strings.Contains(err.Error(), "-force") {
		t.Errorf("force does not help with all of a file: %v", err)
	}
	if compareError(other) != other {
		t.Error("an error of another kind is not left alone")
	}
}

func TestCommandLine(t *testing.T) {
	cmd := newCompare()
	var got string
	cmd.RunE = func(cmd *cobra.Command, args []string) error { got = commandLine(cmd, args); return nil }
	cmd.SetArgs([]string{"--filter", "/a:b .unit:ns/op", "a b.txt", "--all", "it's", "-o", "x", "\x1b[31m", "new=n.txt"})
	if err := cmd.Execute(); err != nil {
		t.Fatal(err)
	}
	if want := `daxbench compare -filter '/a:b .unit:ns/op' -all 'a b.txt' 'it'\''s' "\x1b[31m" new=n.txt`; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestCompareHelp holds that help names every format.
func TestCompareHelp(t *testing.T) {
	long := newCompare().Long
	for _, f := range render.AllVersus() {
		if !strings.Contains(long, "  "+f.Name) || !strings.Contains(long, f.About) {
			t.Errorf("help lacks %s", f.Name)
		}
	}
	for l := range strings.Lines(long) {
		if len([]rune(strings.TrimSuffix(l, "\n"))) > helpWidth {
			t.Errorf("a line of help is wider than %d: %s", helpWidth, l)
		}
	}
}
