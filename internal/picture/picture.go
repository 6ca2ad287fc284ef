// Package picture owns what a stranger's picture must become before anybody sees it: a small square PNG that was drawn anew, with
// nothing of the file it came from but its colours.
//
// It knows neither what a picture is for nor where it is kept. Package oauth calls it for the logos of clients.
package picture

import (
	"bytes"
	"context"
	"fmt"
	"image"
	_ "image/gif" // what Square reads: the blank imports
	_ "image/jpeg"
	"image/png"
	"slices"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"

	"mandorla/internal/fault"
)

// Limits of a picture before it is drawn anew. The pixels bound the memory that decoding takes: at most 16 bytes for each.
const (
	MaxBytes  = 512 << 10
	MaxPixels = 2048 * 2048
)

// Accepted are the media types of the pictures that Square reads.
var Accepted = []string{"image/png", "image/jpeg", "image/gif", "image/webp"}

// Maker draws pictures anew, a few at a time, so that many uploads at once take no more memory than those few. Safe for concurrent use.
type Maker struct{ turns chan struct{} }

// NewMaker makes one that works on so many pictures at once.
func NewMaker(atOnce int) *Maker { return &Maker{turns: make(chan struct{}, atOnce)} }

// Square gives a square PNG of at most side pixels with the whole picture in its middle. What the file is, is told by its bytes and
// never by its name; of one that moves, the first picture is taken. fault.TooLarge for too many bytes or pixels, fault.Invalid for
// anything else that is no such picture, fault.Unavailable where ctx ends before its turn comes.
func (m *Maker) Square(ctx context.Context, file []byte, side int) ([]byte, error) {
	if len(file) > MaxBytes {
		return nil, fault.New(fault.TooLarge, "The picture is larger than %d kB. Make it smaller and try again; 256 pixels are shown at most.", MaxBytes>>10)
	}
	size, format, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil || !slices.Contains(Accepted, "image/"+format) || size.Width < 1 || size.Height < 1 {
		return nil, errNoPicture
	}
	if int64(size.Width)*int64(size.Height) > MaxPixels {
		return nil, fault.New(fault.TooLarge, "The picture has %d × %d pixels. Make it smaller and try again; 256 × 256 are shown at most.", size.Width, size.Height)
	}
	select {
	case m.turns <- struct{}{}:
		defer func() { <-m.turns }()
	case <-ctx.Done():
		return nil, fault.Wrap(fault.Unavailable, ctx.Err(), "The server is busy with other pictures. Try again in a moment.")
	}
	whole, _, err := image.Decode(bytes.NewReader(file))
	if err != nil || whole.Bounds().Empty() || !whole.Bounds().In(image.Rect(0, 0, size.Width, size.Height)) {
		return nil, errNoPicture
	}
	var out bytes.Buffer
	if err := png.Encode(&out, fit(whole, side)); err != nil {
		return nil, fmt.Errorf("write picture: %w", err)
	}
	return out.Bytes(), nil
}

var errNoPicture = fault.New(fault.Invalid, "This file is not a picture that can be read. Choose a PNG, JPEG, GIF or WebP picture.")

// fit draws a picture into the middle of a transparent square; a small one stays as small as it is.
func fit(from image.Image, side int) image.Image {
	b := from.Bounds()
	longer := max(b.Dx(), b.Dy())
	side = min(side, longer)
	w, h := max(1, b.Dx()*side/longer), max(1, b.Dy()*side/longer)
	to := image.NewNRGBA(image.Rect(0, 0, side, side))
	at := image.Rect(0, 0, w, h).Add(image.Pt((side-w)/2, (side-h)/2))
	draw.CatmullRom.Scale(to, at, from, b, draw.Src, nil)
	return to
}
