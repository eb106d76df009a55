// Package line is the line between a guest and its host: frames on a serial port that
// may be torn and that others may write to. What is read was written; what is missing
// is counted. It knows nothing of what is said, but for its first and last words.
package line

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"syscall"
)

// A Frame is a piece of what the guest says. On the line it is
//
//	magic 4 | kind 1 | sequence 4 | length 4 | sum 4, CRC-32C of all but magic and itself | payload
//
// with all numbers big-endian.
type Frame struct {
	Kind    Kind
	Payload []byte
}

// A Kind says what a frame is.
type Kind byte

// The kinds.
const (
	First  Kind = 'h' // the first frame: Hello as JSON
	Out    Kind = 'o' // standard output of the command
	Err    Kind = 'e' // standard error, and what the guest has to say itself
	Packed Kind = 'p' // results, as tar.gz: a parcel
	Sealed Kind = 's' // the parcel is whole, and not the last: Seal as JSON
	Last   Kind = 'z' // the last frame: End as JSON
)

const (
	magic    = "\xdaDX\xad"
	headSize = len(magic) + 1 + 4 + 4 + 4

	// MaxPayload is how much is in one frame: as much as a pipe is read at once, some 0.1 s of an emulated serial port.
	MaxPayload = 32 << 10
)

// A Hello is the first sign of life.
type Hello struct {
	Release string `json:"release"`
	Guest   int64  `json:"guest_ns"` // since the kernel began
}

// A Seal says what must have come over of a parcel.
type Seal struct {
	Packed int    `json:"packed_bytes"`
	Sum    string `json:"packed_sha256"`
}

// SealOf is that of a parcel.
func SealOf(parcel []byte) Seal {
	sum := sha256.Sum256(parcel)
	return Seal{len(parcel), hex.EncodeToString(sum[:])}
}

// An End says what became of the command, and seals the last parcel.
type End struct {
	Status int   `json:"status"`
	Guest  int64 `json:"guest_ns"`
	Seal
	Failed string `json:"failed,omitempty"` // why there is no status
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A Writer writes frames. It is not safe for several goroutines.
type Writer struct {
	out  io.Writer
	next uint32
}

// NewWriter returns one that writes to w.
func NewWriter(w io.Writer) *Writer { return &Writer{out: w} }

// Write sends payload in as many frames as it takes.
func (w *Writer) Write(kind Kind, payload []byte) error {
	for {
		part := payload[:min(len(payload), MaxPayload)]
		payload = payload[len(part):]
		if _, err := w.out.Write(encode(kind, w.next, part)); err != nil {
			return err
		}
		w.next++
		if len(payload) == 0 {
			return nil
		}
	}
}

func encode(kind Kind, sequence uint32, payload []byte) []byte {
	b := append(make([]byte, 0, headSize+len(payload)), magic...)
	b = append(b, byte(kind))
	b = binary.BigEndian.AppendUint32(b, sequence)
	b = binary.BigEndian.AppendUint32(b, uint32(len(payload)))
	b = binary.BigEndian.AppendUint32(b, checksum(b[len(magic):], payload))
	return append(b, payload...)
}

func checksum(head, payload []byte) uint32 {
	return crc32.Update(crc32.Checksum(head, castagnoli), castagnoli, payload)
}

// A Reader finds frames in a stream and counts what is none, and which frames are missing.
type Reader struct {
	Lost    int // frames that did not come, by their sequence
	Garbage int // bytes that belong to none

	in   *bufio.Reader
	next uint32
}

// NewReader returns one that reads from r.
func NewReader(r io.Reader) *Reader {
	return &Reader{in: bufio.NewReaderSize(r, 2*(headSize+MaxPayload))}
}

// Read returns the next whole frame; io.EOF at the end of the stream, whatever is left of a torn one.
func (r *Reader) Read() (Frame, error) {
	for {
		if err := r.seek(); err != nil {
			return Frame{}, err
		}
		fr, ok, err := r.decode()
		if err != nil {
			return Frame{}, err
		}
		if ok {
			return fr, nil
		}
		// What looked like a frame is none; the next one may begin in it.
		r.skip(1)
	}
}

// seek skips to where a magic begins, or may begin.
func (r *Reader) seek() error {
	for {
		if _, err := r.in.Peek(len(magic)); err != nil {
			r.skip(r.in.Buffered())
			return eof(err)
		}
		b, _ := r.in.Peek(r.in.Buffered())
		switch i := bytes.Index(b, []byte(magic)); {
		case i == 0:
			return nil
		case i > 0:
			r.skip(i)
		default:
			r.skip(len(b) - len(magic) + 1)
		}
	}
}

// decode takes the frame that begins here, if it is one.
func (r *Reader) decode() (fr Frame, ok bool, err error) {
	head, err := r.in.Peek(headSize)
	if err != nil {
		return Frame{}, false, tornAt(err)
	}
	kind := Kind(head[4])
	sequence, length := binary.BigEndian.Uint32(head[5:]), binary.BigEndian.Uint32(head[9:])
	if length > MaxPayload {
		return Frame{}, false, nil
	}
	whole, err := r.in.Peek(headSize + int(length))
	if err != nil {
		return Frame{}, false, tornAt(err)
	}
	payload := whole[headSize:]
	if checksum(whole[len(magic):headSize-4], payload) != binary.BigEndian.Uint32(whole[headSize-4:]) {
		return Frame{}, false, nil
	}
	fr = Frame{kind, bytes.Clone(payload)}
	r.in.Discard(len(whole))
	if sequence > r.next {
		r.Lost += int(sequence - r.next)
	}
	r.next = max(r.next, sequence+1)
	return fr, true, nil
}

func (r *Reader) skip(n int) {
	n, _ = r.in.Discard(n)
	r.Garbage += n
}

// tornAt says nothing of the end of the stream: in what stands before it there may yet be frames.
func tornAt(err error) error {
	if eof(err) == io.EOF {
		return nil
	}
	return err
}

// eof is what err is if the other side is gone.
func eof(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, syscall.ECONNRESET) {
		return io.EOF
	}
	return err
}
