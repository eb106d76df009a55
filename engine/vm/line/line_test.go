package line

import (
	"bytes"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// written is what a guest sends that says these things.
func written(t testing.TB, frames ...Frame) []byte {
	t.Helper()
	var b bytes.Buffer
	w := NewWriter(&b)
	for _, f := range frames {
		if err := w.Write(f.Kind, f.Payload); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// readAll reads frames until the end of the stream.
func readAll(t testing.TB, r io.Reader) (frames []Frame, reader *Reader) {
	t.Helper()
	reader = NewReader(r)
	for {
		f, err := reader.Read()
		if err == io.EOF {
			return frames, reader
		}
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, f)
	}
}

func texts(frames []Frame) string {
	var all []string
	for _, f := range frames {
		all = append(all, string(f.Kind)+":"+string(f.Payload))
	}
	return strings.Join(all, " ")
}

func TestFrames(t *testing.T) {
	one := written(t, Frame{Out, []byte("one")}, Frame{Err, []byte("two")}, Frame{Out, nil}, Frame{Last, []byte("end")})
	const all = "o:one e:two o: z:end"
	first := headSize + len("one")
	broken := bytes.Clone(one)
	broken[first+headSize] ^= 1 // in "two"
	long := bytes.Clone(one)
	long[first+9] = 0x7f // the length of the second
	for name, tt := range map[string]struct {
		stream        []byte
		want          string
		lost, garbage int
	}{
		"whole":                     {one, all, 0, 0},
		"nothing":                   {nil, "", 0, 0},
		"garbage before and after":  {slices.Concat([]byte("BIOS\xda"), one, []byte("more\xdaDX")), all, 0, 12},
		"garbage between":           {slices.Concat(one[:first], []byte("\xdaDX\xadprintk: "), one[first:]), all, 0, 12},
		"torn at the end":           {one[:len(one)-1], "o:one e:two o:", 0, headSize + 2},
		"torn in the head":          {one[:first+headSize-1], "o:one", 0, headSize - 1},
		"one with a flipped bit":    {broken, "o:one o: z:end", 1, headSize + 3},
		"one that says to be huge":  {long, "o:one o: z:end", 1, headSize + 3},
		"one is missing":            {slices.Concat(one[:first], one[first+headSize+3:]), "o:one o: z:end", 1, 0},
		"a false beginning in one":  {written(t, Frame{Out, []byte(magic)}), "o:" + magic, 0, 0},
		"half of one, then another": {slices.Concat(one[:first-1], one[first:]), "e:two o: z:end", 1, first - 1},
	} {
		t.Run(name, func(t *testing.T) {
			for how, r := range map[string]io.Reader{"at once": bytes.NewReader(tt.stream), "byte by byte": iotest.OneByteReader(bytes.NewReader(tt.stream))} {
				got, reader := readAll(t, r)
				if texts(got) != tt.want || reader.Lost != tt.lost || reader.Garbage != tt.garbage {
					t.Errorf("%s: got %q, %d lost, %d bytes of garbage; want %q, %d, %d", how, texts(got), reader.Lost, reader.Garbage, tt.want, tt.lost, tt.garbage)
				}
			}
		})
	}
}

// TestFramesLong sends more than fits into a frame.
func TestFramesLong(t *testing.T) {
	payload := make([]byte, 3*MaxPayload+5)
	rand.NewChaCha8([32]byte{1}).Read(payload)
	frames, reader := readAll(t, bytes.NewReader(written(t, Frame{Packed, payload})))
	var got []byte
	for _, f := range frames {
		got = append(got, f.Payload...)
	}
	if len(frames) != 4 || !bytes.Equal(got, payload) || reader.Garbage != 0 {
		t.Errorf("got %d frames, %d bytes, %d of garbage", len(frames), len(got), reader.Garbage)
	}
}

// FuzzFrames: whatever comes in front of a frame, and wherever a stream is hurt, what is read is what was written.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("x"), []byte("\xdaDX\xad"), uint16(3), byte(1))
	f.Add([]byte(""), []byte("\xdaDX\xado\x00\x00\x00\x00\x00\x00\x00\x03"), uint16(40), byte(0))
	f.Fuzz(func(t *testing.T, before, payload []byte, at uint16, flip byte) {
		payload = payload[:min(len(payload), MaxPayload)]
		stream := slices.Concat(before, written(t, Frame{Out, payload}, Frame{Err, []byte("second")}))
		stream[int(at)%len(stream)] ^= flip
		got, _ := readAll(t, bytes.NewReader(stream))
		for _, g := range got {
			if want := map[Kind]string{Out: string(payload), Err: "second"}; want[g.Kind] != string(g.Payload) {
				t.Fatalf("%q was never written", texts([]Frame{g}))
			}
		}
		if flip == 0 && !strings.HasSuffix(texts(got), "e:second") {
			t.Fatalf("the last frame did not come: %q", texts(got))
		}
	})
}
