package record

import (
	"maps"
	"runtime/debug"
	"testing"
)

// TestFlags: two checkouts of one commit are one build.
func TestFlags(t *testing.T) {
	want := map[string]string{"-pgo": "default.pgo", "-race": "true", "GOAMD64": "v3"}
	for _, dir := range []string{"/home/a/daxbench/cmd/daxbench/", "/srv/b/", ""} {
		got := flags([]debug.BuildSetting{
			{Key: "-pgo", Value: dir + "default.pgo"}, {Key: "-race", Value: "true"}, {Key: "GOAMD64", Value: "v3"},
			{Key: "vcs.revision", Value: "0123"}, {Key: "GOOS", Value: "linux"},
		})
		if !maps.Equal(got, want) {
			t.Errorf("from %q: %v, want %v", dir, got, want)
		}
	}
}
