package main

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Flags are written as in the Go tools, with one dash: -workload. Two are accepted. Underneath there is pflag, which wants
// two for whole words, so arguments are rewritten on their way in, and help and errors on their way out.

// twoDashes gives a second dash to every argument that is a word with one, or a letter with a value (-o=x, which pflag
// would take for the value "=x"). A single letter stays, and so does what begins with a digit: that is a value.
func twoDashes(args []string) []string {
	out := slices.Clone(args)
	for i, a := range out {
		if a == "--" {
			break
		}
		if len(a) > 2 && a[0] == '-' && unicode.IsLetter(rune(a[1])) {
			out[i] = "-" + a
		}
	}
	return out
}

// longFlag finds flags in messages of pflag and cobra.
var longFlag = regexp.MustCompile(`(^|[\s"'\[])--([a-z])`)

// oneDash takes the second dash away again.
func oneDash(text string) string { return longFlag.ReplaceAllString(text, "$1-$2") }

// flagError says what is wrong with a flag and which flags there are.
func flagError(cmd *cobra.Command, err error) error {
	if strings.HasPrefix(err.Error(), "unknown") {
		var names []string
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) { names = append(names, "-"+f.Name) })
		return usagef("%s: %w; known: %s", cmd.Name(), err, strings.Join(names, ", "))
	}
	return usagef("%s: %w", cmd.Name(), err)
}

// goHelp makes help print flags as the Go tools do.
func goHelp(root *cobra.Command) {
	cobra.AddTemplateFunc("goFlags", goFlags)
	root.SetUsageTemplate(`Usage:{{if .Runnable}}
  {{.UseLine}}{{end}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} command [flags]

Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}{{with goFlags .LocalFlags}}

Flags:
{{.}}{{else}}
{{end}}{{if .HasExample}}
Examples:
{{.Example}}
{{end}}{{if .HasAvailableSubCommands}}
"daxbench help command" says more about a command.
{{end}}`)
}

// goFlags lists flags in the order of their definition, with their defaults; help says itself.
func goFlags(set *pflag.FlagSet) string {
	p := page{width: helpWidth}
	set.SortFlags = false
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" {
			return
		}
		kind, usage := pflag.UnquoteUsage(f)
		p.line(strings.TrimRight("  -"+f.Name+" "+kind, " "))
		if d := f.DefValue; !strings.Contains(usage, "(default") && !slices.Contains(nothings, d) {
			usage += " (default " + d + ")"
		}
		p.item(8, 0, "", usage)
	})
	return p.out.String()
}

// nothings are the defaults of flags that then do nothing.
var nothings = []string{"", "false", "[]"}

// helpWidth is how wide help is, whatever the terminal: no terminal is narrower.
const helpWidth = 80
