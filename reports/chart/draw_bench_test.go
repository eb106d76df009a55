package chart

import (
	"io"
	"math/rand/v2"
	"testing"
)

func BenchmarkDraw(b *testing.B) {
	c := latency(rand.New(rand.NewPCG(1, 1)), names)
	for b.Loop() {
		if err := Draw(io.Discard, c.Size(1280), c); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSVG(b *testing.B) {
	c := latency(rand.New(rand.NewPCG(1, 1)), names)
	for b.Loop() {
		if err := SVG(io.Discard, 760, c); err != nil {
			b.Fatal(err)
		}
	}
}
