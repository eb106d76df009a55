package vm

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"syscall"
)

// A frame is a piece of what the guest sends, over a line that may be torn and that others may have written to:
//
//	magic 4 | kind 1 | sequence 4 | length 4 | sum 4, CRC-32C of all but magic and itself | payload
//
// All numbers are big-endian.
type frame struct {
	kind    frameKind
	payload []byte
}

type frameKind byte

const (
	frameHello  frameKind = 'h' // the first: hello as JSON
	frameOut    frameKind = 'o' // standard output of the command
	frameErr    frameKind = 'e' // standard error, and what the guest has to say itself
	framePacked frameKind = 'p' // results, as tar.gz
	frameEnd    frameKind = 'z' // the last: end as JSON
)

const (
	frameMagic = "\xdaDX\xad"
	headSize   = len(frameMagic) + 1 + 4 + 4 + 4
	maxPayload = 32 << 10
)

// A hello is the first sign of life.
type hello struct {
	Release string `json:"release"`
	Guest   int64  `json:"guest_ns"` // since the kernel began
}

// An end says what became of the command, and what must have come over.
type end struct {
	Status int    `json:"status"`
	Guest  int64  `json:"guest_ns"`
	Packed int    `json:"packed_bytes"`
	Sum    string `json:"packed_sha256"`
	Failed string `json:"failed,omitempty"` // why there is no status
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A frameWriter writes frames. It is not safe for several goroutines.
type frameWriter struct {
	w    io.Writer
	next uint32
}

// write sends payload in as many frames as it takes.
func (f *frameWriter) write(kind frameKind, payload []byte) error {
	for {
		part := payload[:min(len(payload), maxPayload)]
		payload = payload[len(part):]
		if _, err := f.w.Write(encodeFrame(kind, f.next, part)); err != nil {
			return err
		}
		f.next++
		if len(payload) == 0 {
			return nil
		}
	}
}

func encodeFrame(kind frameKind, sequence uint32, payload []byte) []byte {
	b := append(make([]byte, 0, headSize+len(payload)), frameMagic...)
	b = append(b, byte(kind))
	b = binary.BigEndian.AppendUint32(b, sequence)
	b = binary.BigEndian.AppendUint32(b, uint32(len(payload)))
	b = binary.BigEndian.AppendUint32(b, frameSum(b[len(frameMagic):], payload))
	return append(b, payload...)
}

func frameSum(head, payload []byte) uint32 {
	return crc32.Update(crc32.Checksum(head, castagnoli), castagnoli, payload)
}

// A frameReader finds frames in a stream and counts what is none, and which frames are missing.
type frameReader struct {
	r       *bufio.Reader
	next    uint32
	lost    int // frames that did not come, by their sequence
	garbage int // bytes between frames
}

func newFrameReader(r io.Reader) *frameReader {
	return &frameReader{r: bufio.NewReaderSize(r, 2*(headSize+maxPayload))}
}

// read returns the next whole frame; io.EOF at the end of the stream, whatever is left of a torn one.
func (f *frameReader) read() (frame, error) {
	for {
		if err := f.seek(); err != nil {
			return frame{}, err
		}
		fr, ok, err := f.decode()
		if err != nil {
			return frame{}, err
		}
		if ok {
			return fr, nil
		}
		// What looked like a frame is none; the next one may begin in it.
		f.skip(1)
	}
}

// seek skips to where a magic begins, or may begin.
func (f *frameReader) seek() error {
	for {
		if _, err := f.r.Peek(len(frameMagic)); err != nil {
			f.skip(f.r.Buffered())
			return eof(err)
		}
		b, _ := f.r.Peek(f.r.Buffered())
		switch i := bytes.Index(b, []byte(frameMagic)); {
		case i == 0:
			return nil
		case i > 0:
			f.skip(i)
		default:
			f.skip(len(b) - len(frameMagic) + 1)
		}
	}
}

// decode takes the frame that begins here, if it is one.
func (f *frameReader) decode() (fr frame, ok bool, err error) {
	head, err := f.r.Peek(headSize)
	if err != nil {
		return frame{}, false, tornAt(err)
	}
	kind := frameKind(head[4])
	sequence, length := binary.BigEndian.Uint32(head[5:]), binary.BigEndian.Uint32(head[9:])
	if length > maxPayload {
		return frame{}, false, nil
	}
	whole, err := f.r.Peek(headSize + int(length))
	if err != nil {
		return frame{}, false, tornAt(err)
	}
	payload := whole[headSize:]
	if frameSum(whole[len(frameMagic):headSize-4], payload) != binary.BigEndian.Uint32(whole[headSize-4:]) {
		return frame{}, false, nil
	}
	fr = frame{kind, bytes.Clone(payload)}
	f.r.Discard(len(whole))
	if sequence > f.next {
		f.lost += int(sequence - f.next)
	}
	f.next = max(f.next, sequence+1)
	return fr, true, nil
}

func (f *frameReader) skip(n int) {
	n, _ = f.r.Discard(n)
	f.garbage += n
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
