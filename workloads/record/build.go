package record

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
)

// build fills in with which flags the program was built.
func (e *Environment) build() {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return
	}
	for key, value := range flags(info.Settings) {
		e.Build[key] = value
	}
	e.Race = e.Build["-race"] == "true"
}

// flags are those settings of a build that can change what is measured. Of the profile it is the name: with its folder, as Go
// has it without -trimpath, each checkout would be a build of its own.
func flags(settings []debug.BuildSetting) map[string]string {
	kept := map[string]string{}
	for _, s := range settings {
		switch {
		case s.Key == "-pgo":
			kept[s.Key] = filepath.Base(s.Value)
		case strings.HasPrefix(s.Key, "-"), s.Key == "GOAMD64", s.Key == "GOARM64", s.Key == "GOEXPERIMENT":
			kept[s.Key] = s.Value
		}
	}
	return kept
}

// Commit returns the commit that this program was built from: of the build, or, for go run and go test, of the working
// directory if that is a checkout of daxbench; else "".
func Commit() string {
	if commit := Stamped(); commit != "" {
		return commit
	}
	return shown(checkout())
}

// Stamped returns the commit that the build put into this program, "" if it did not. Unlike Commit it never guesses, so it
// is what one of several builds says of itself.
func Stamped() string {
	commit, dirty := "", false
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				commit = s.Value
			case "vcs.modified":
				dirty = s.Value == "true"
			}
		}
	}
	return shown(commit, dirty)
}

// shown is a commit as results have it.
func shown(commit string, dirty bool) string {
	const short = 12
	commit = commit[:min(len(commit), short)]
	if commit != "" && dirty {
		return commit + "-dirty"
	}
	return commit
}

// checkout asks git.
func checkout() (commit string, dirty bool) {
	git := func(args ...string) string {
		out, err := exec.Command("git", args...).Output()
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(out))
	}
	module, err := os.ReadFile(git("rev-parse", "--show-toplevel") + "/go.mod")
	if err != nil || !strings.HasPrefix(string(module), "module daxbench\n") {
		return "", false
	}
	return git("rev-parse", "HEAD"), git("status", "--porcelain", "--untracked-files=no") != ""
}
