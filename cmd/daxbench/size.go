package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// bytesValue is a flag for sizes: 64M, 1GiB, 4096.
type bytesValue int64

func (v *bytesValue) Type() string { return "size" }

func (v *bytesValue) String() string { return strconv.FormatInt(int64(*v), 10) }

func (v *bytesValue) Set(text string) error {
	n, err := parseBytes(text)
	*v = bytesValue(n)
	return err
}

// bytesList is the value of a flag that takes sizes, separated by commas. Given again, it takes more.
type bytesList []int64

func (v *bytesList) Type() string { return "sizes" }

func (v *bytesList) String() string {
	list := make([]string, len(*v))
	for i, n := range *v {
		list[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(list, ",")
}

func (v *bytesList) Set(text string) error {
	for part := range strings.SplitSeq(text, ",") {
		n, err := parseBytes(part)
		if err != nil {
			return err
		}
		*v = append(*v, n)
	}
	return nil
}

// parseBytes reads a number of bytes with an optional unit, K, M, G or T, which are powers of 1024; an i, a B or both
// may follow.
func parseBytes(text string) (int64, error) {
	bad := fmt.Errorf("%q is no size: want a number of bytes such as 64M or 1G", text)
	word := strings.TrimSuffix(strings.TrimSuffix(strings.ToUpper(text), "B"), "I")
	shift := 0
	if word != "" {
		if i := strings.IndexByte("KMGT", word[len(word)-1]); i >= 0 {
			shift, word = 10*(i+1), word[:len(word)-1]
		}
	}
	n, err := strconv.ParseFloat(word, 64)
	if err != nil || math.IsNaN(n) || strings.ContainsAny(word, "EXPN_+") {
		return 0, bad
	}
	n = math.Ldexp(n, shift)
	if n < 0 || n > 1<<50 || n != math.Trunc(n) {
		return 0, fmt.Errorf("%q is no size: want a whole number of bytes from 0 to 1024T", text)
	}
	return int64(n), nil
}

// formatBytes writes a size with the unit that leaves a small number: "92 MiB".
func formatBytes(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	v, i := float64(n), 0
	for v >= 1024 && i < len(units)-1 {
		v, i = v/1024, i+1
	}
	return strconv.FormatFloat(v, 'g', 4, 64) + " " + units[i]
}
