package driver

import (
	"maps"
	"strconv"

	"daxbench/engine/vfs"
)

// kernelKnobs adds to what is set the values of knobs that a kernel has.
func kernelKnobs(kernel vfs.Preset, set map[string][]string) map[string][]string {
	if kernel.Name == "" {
		return set
	}
	out := map[string][]string{KnobLRU: {LRUAny}, KnobStripes: {strconv.Itoa(kernel.Stripes())}}
	if kernel.LRU() == vfs.EntriesKeepOff {
		out[KnobLRU] = []string{LRUShrinkable}
	}
	maps.Copy(out, set)
	return out
}

// switches puts the kernel's switches into the options of a storm's engine. A
// knob of the storm has its say: it came from the kernel unless it was set.
func (env Env) switches(o vfs.Options) vfs.Options {
	out := env.Kernel.Apply(o)
	out.Scan &^= vfs.MappedOnly // who has a reference here has the file mapped
	if env.Values.Has(KnobLRU) {
		out.LRU = o.LRU
	}
	if env.Values.Has(KnobStripes) {
		out.Stripes = o.Stripes
	}
	return out
}
