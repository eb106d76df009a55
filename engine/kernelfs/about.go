package kernelfs

import "strings"

// Series is the first two numbers of the release: "6.12".
func (k *Kernel) Series() string {
	parts := strings.SplitN(k.Release, ".", 3)
	if len(parts) < 2 {
		return k.Release
	}
	return parts[0] + "." + strings.TrimRight(parts[1], "-+abcdefghijklmnopqrstuvwxyz")
}
