package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"daxbench/engine/vm"
	"daxbench/engine/vm/debian"
)

// A kernelSpec is a kernel as it was asked for.
type kernelSpec struct {
	text    string // without the label
	label   string // empty: to be made up
	debian  string // version of Debian's kernel
	debs    []string
	image   string
	modules string
}

// parseKernels reads the values of -kernel.
func parseKernels(given []string) (list []kernelSpec, err error) {
	for _, value := range given {
		for text := range strings.SplitSeq(value, ",") {
			s, err := parseKernel(strings.TrimSpace(text))
			if err != nil {
				return nil, err
			}
			list = append(list, s)
		}
	}
	if len(list) == 0 {
		return nil, usagef("which kernel? Such as -kernel debian:newest, or -kernel bzImage+DIR/lib/modules/VERSION")
	}
	return list, nil
}

// labelled finds LABEL= at the beginning. A label is part of the name of a folder.
var labelled = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._-]{0,63})=(.*)$`)

func parseKernel(text string) (s kernelSpec, err error) {
	s.text = text
	if m := labelled.FindStringSubmatch(text); m != nil {
		s.label, s.text = m[1], m[2]
	}
	version, ok := strings.CutPrefix(s.text, "debian:")
	switch {
	case s.text == "":
		return s, usagef("-kernel %q: an empty name", text)
	case ok && version == "":
		return s, usagef("-kernel %s: want a version, such as debian:6.12 or debian:newest", text)
	case ok:
		s.debian = version
		return s, nil
	case strings.HasSuffix(s.text, ".deb"):
		s.debs = splitDebs(s.text)
		for _, deb := range s.debs {
			if err := isFile(deb); err != nil {
				return s, err
			}
		}
		return s, nil
	}
	s.image, s.modules, err = splitImage(s.text)
	return s, err
}

// seriesLike is how the number of a Linux release looks: 6.12, 6.12.107.
var seriesLike = regexp.MustCompile(`^\d{1,3}(\.\d{1,4}){1,2}$`)

// splitDebs splits FILE.deb+FILE.deb. Names of Debian's files have a + in them too.
func splitDebs(text string) []string {
	parts := strings.SplitAfter(text, ".deb+")
	for i := range parts[:len(parts)-1] {
		parts[i] = strings.TrimSuffix(parts[i], "+")
	}
	return parts
}

// splitImage splits IMAGE+MODULES. Names of both may have a + in them, so what is there counts.
func splitImage(text string) (image, modules string, err error) {
	if isFile(text) == nil {
		return text, "", nil
	}
	for i := range len(text) {
		if text[i] != '+' || isFile(text[:i]) != nil {
			continue
		}
		modules = text[i+1:]
		info, err := os.Stat(modules)
		switch {
		case err != nil && strings.Contains(modules, "+"):
			continue // it may be part of the image's name
		case err != nil:
			return "", "", err
		case !info.IsDir():
			return "", "", usagef("-kernel %s: %s is no folder of modules", text, modules)
		}
		return text[:i], modules, nil
	}
	if err := isFile(text); !strings.Contains(text, "+") {
		if seriesLike.MatchString(text) || text == "newest" {
			return "", "", usagef("-kernel %s: there is no such file; did you mean debian:%[1]s?", text)
		}
		return "", "", fmt.Errorf("-kernel %s: %w; a kernel is %s", text, err, kernelForms)
	}
	return "", "", usagef("-kernel %s: want an image that is there, and, joined to it by +, its folder lib/modules/VERSION; an image alone will do if all it needs is built in", text)
}

// kernelForms is what a kernel may be given as.
const kernelForms = "debian:VERSION, FILE.deb, IMAGE+MODULES, or an IMAGE alone that has all it needs built in"

func isFile(name string) error {
	info, err := os.Stat(name)
	if err == nil && info.IsDir() {
		err = usagef("%s is a folder; a kernel is %s", name, kernelForms)
	}
	return err
}

// resolveKernels finds all kernels, and gets those that are Debian's.
func resolveKernels(ctx context.Context, asked []kernelSpec, say func(string)) (kernels []vm.Kernel, err error) {
	used := make(map[string]bool)
	for _, s := range asked {
		k, err := s.resolve(ctx, say)
		if err != nil {
			return nil, err
		}
		base := k.Label
		for n := 2; used[k.Label]; n++ {
			if s.label != "" {
				return nil, usagef("-kernel: two kernels are called %s", s.label)
			}
			k.Label = fmt.Sprintf("%s-%d", base, n)
		}
		used[k.Label] = true
		kernels = append(kernels, k)
	}
	return kernels, nil
}

func (s *kernelSpec) resolve(ctx context.Context, say func(string)) (k vm.Kernel, err error) {
	k = vm.Kernel{Name: s.text, Label: s.label, Image: s.image, Modules: s.modules}
	var tree *debian.Tree
	switch {
	case s.debian != "" || s.debs != nil:
		if tree, err = s.tree(ctx, say); err != nil {
			return k, s.kindOf(err)
		}
		k.Image, k.Modules, k.Package = tree.Image, tree.Modules, tree.Package
		k.Name = s.nameOf()
		if k.Label == "" {
			k.Label = seriesOf(tree.Release)
		}
	case k.Label == "" && s.modules != "":
		k.Label = cleanLabel(filepath.Base(filepath.Clean(s.modules)))
	case k.Label == "":
		k.Label = cleanLabel(filepath.Base(s.image))
	}
	return k, nil
}

func (s *kernelSpec) tree(ctx context.Context, say func(string)) (*debian.Tree, error) {
	cache, err := debian.CacheDir()
	if err != nil {
		return nil, err
	}
	if s.debs != nil {
		return debian.Unpack(ctx, cache, s.debs...)
	}
	p, err := debian.Resolve(ctx, s.debian, cache, say)
	if err != nil {
		return nil, err
	}
	return p.Tree(ctx, say)
}

// nameOf is what a kernel is called in messages: of files, without their folders.
func (s *kernelSpec) nameOf() string {
	if s.debs == nil {
		return s.text
	}
	var names []string
	for _, deb := range s.debs {
		names = append(names, filepath.Base(deb))
	}
	return strings.Join(names, "+")
}

// kindOf says whose an error is: a version that cannot be one is the user's, all else the machine's.
func (s *kernelSpec) kindOf(err error) error {
	var signal signalError
	switch {
	case errors.As(err, &signal):
		return err
	case errors.Is(err, debian.ErrSpec):
		return usagef("-kernel %s: %w", s.text, err)
	}
	return inputError{fmt.Errorf("-kernel %s: %w", s.text, err)}
}

// seriesOf is the first two numbers of a release: 6.12 of 6.12.107+deb13-cloud-amd64.
func seriesOf(release string) string {
	if m := regexp.MustCompile(`^\d+\.\d+`).FindString(release); m != "" {
		return m
	}
	return cleanLabel(release)
}

// cleanLabel makes a label of any name.
func cleanLabel(name string) string {
	label := regexp.MustCompile(`[^A-Za-z0-9._-]+`).ReplaceAllString(name, "-")
	label = strings.TrimLeft(label, ".-_")
	if label == "" {
		return "kernel"
	}
	return label[:min(len(label), 64)]
}
