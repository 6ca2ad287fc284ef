package picture

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"time"

	"mandorla/internal/fault"
)

// drawn is a picture with a red upper half and a blue lower one.
func drawn(w, h int) *image.Paletted {
	m := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.RGBA{0xff, 0, 0, 0xff}, color.RGBA{0, 0, 0xff, 0xff}})
	for y := h / 2; y < h; y++ {
		for x := range w {
			m.SetColorIndex(x, y, 1)
		}
	}
	return m
}

func encoded(t *testing.T, format string, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "png":
		err = png.Encode(&b, m)
	case "jpeg":
		err = jpeg.Encode(&b, m, nil)
	case "gif":
		err = gif.Encode(&b, m, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// webp is a lossless WebP of one red pixel.
func webp(t *testing.T) []byte {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString("UklGRhwAAABXRUJQVlA4TA8AAAAvAAAAAAcQ/Y/+ByKi/wEA")
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestSquare(t *testing.T) {
	m := NewMaker(1)
	for _, c := range []struct {
		name, format string
		w, h, side   int
	}{
		{"wide", "png", 1000, 500, 256}, {"tall", "jpeg", 300, 600, 256}, {"small stays small", "png", 20, 10, 20}, {"a line", "gif", 2000, 1, 256},
	} {
		out, err := m.Square(t.Context(), encoded(t, c.format, drawn(c.w, c.h)), 256)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, err := png.Decode(bytes.NewReader(out))
		if err != nil || got.Bounds() != image.Rect(0, 0, c.side, c.side) {
			t.Errorf("%s: %v, %v", c.name, got.Bounds(), err)
			continue
		}
		if _, _, _, a := got.At(0, 0).RGBA(); c.w != c.h && a != 0 {
			t.Errorf("%s: the corner is not transparent", c.name)
		}
		if r, _, b, a := got.At(c.side/2, (c.side-1)/2).RGBA(); a == 0 || r+b == 0 {
			t.Errorf("%s: the middle is empty", c.name)
		}
	}
	if _, err := m.Square(t.Context(), webp(t), 256); err != nil {
		t.Errorf("webp: %v", err)
	}
}

// bomb is a PNG that says it is as large as that and holds nothing.
func bomb(w, h uint32) []byte {
	head := append([]byte("IHDR"), make([]byte, 13)...)
	binary.BigEndian.PutUint32(head[4:], w)
	binary.BigEndian.PutUint32(head[8:], h)
	head[12], head[13] = 8, 6
	out := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	return binary.BigEndian.AppendUint32(append(out, head...), crc32.ChecksumIEEE(head))
}

// What is no picture, or too much of one, is refused in one sentence, and before it is decoded where it is too large.
func TestRefused(t *testing.T) {
	ok := encoded(t, "png", drawn(10, 10))
	for name, c := range map[string]struct {
		file []byte
		kind fault.Kind
	}{
		"nothing":        {nil, fault.Invalid},
		"svg":            {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>`), fault.Invalid},
		"html":           {[]byte("<!doctype html><script>alert(1)</script>"), fault.Invalid},
		"cut":            {ok[:len(ok)/2], fault.Invalid},
		"only the magic": {[]byte("\x89PNG\r\n\x1a\n"), fault.Invalid},
		"bomb":           {bomb(50_000, 50_000), fault.TooLarge},
		"bomb, 2³¹-1":    {bomb(1<<31-1, 1<<31-1), fault.Invalid},
		"one row":        {bomb(MaxPixels+1, 1), fault.TooLarge},
		"many bytes":     {append(bytes.Clone(ok), make([]byte, MaxBytes)...), fault.TooLarge},
		"bmp":            {[]byte("BM" + strings.Repeat("\x00", 100)), fault.Invalid},
	} {
		out, err := NewMaker(1).Square(t.Context(), c.file, 256)
		if !fault.Is(err, c.kind) || out != nil {
			t.Errorf("%s: %v, want %v", name, err, c.kind)
		}
		if msg, _ := fault.Safe(err); strings.Count(msg, "\n") > 0 || len(msg) < 20 {
			t.Errorf("%s says %q", name, msg)
		}
	}
}

// Nothing of the file is left but the picture: what is behind its end, text chunks, and what a camera wrote.
func TestNothingIsLeft(t *testing.T) {
	const canary = "canary-<script>alert(1)</script>"
	var comment bytes.Buffer
	plain := encoded(t, "jpeg", drawn(30, 30))
	comment.Write(plain[:2])
	exif := "Exif\x00\x00" + canary
	comment.Write([]byte{0xff, 0xe1, 0, byte(len(exif) + 2)})
	comment.WriteString(exif)
	comment.Write(plain[2:])
	for name, file := range map[string][]byte{
		"exif":           comment.Bytes(),
		"behind the end": append(encoded(t, "png", drawn(30, 30)), canary...),
		"gif and more":   append(encoded(t, "gif", drawn(30, 30)), canary...),
	} {
		if !bytes.Contains(file, []byte("canary")) {
			t.Fatalf("%s: the file does not hold it", name)
		}
		out, err := NewMaker(1).Square(t.Context(), file, 256)
		if err != nil || bytes.Contains(out, []byte("canary")) || bytes.Contains(out, []byte("Exif")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Of ten thousand pictures that move, one is decoded.
func TestMovingPicture(t *testing.T) {
	var b bytes.Buffer
	anim := &gif.GIF{}
	for range 200 {
		anim.Image, anim.Delay = append(anim.Image, drawn(16, 16)), append(anim.Delay, 1)
	}
	if err := gif.EncodeAll(&b, anim); err != nil {
		t.Fatal(err)
	}
	if out, err := NewMaker(1).Square(t.Context(), b.Bytes(), 256); err != nil || len(out) == 0 {
		t.Error(err)
	}
}

// So many are drawn at once and no more: the next waits, and gives up with its request.
func TestTurns(t *testing.T) {
	m := NewMaker(1)
	m.turns <- struct{}{}
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer stop()
	file := encoded(t, "png", drawn(10, 10))
	if _, err := m.Square(ctx, file, 256); !fault.Is(err, fault.Unavailable) {
		t.Errorf("while another is drawn: %v", err)
	}
	<-m.turns
	if _, err := m.Square(t.Context(), file, 256); err != nil || len(m.turns) != 0 {
		t.Errorf("afterwards: %v, %d turns are taken", err, len(m.turns))
	}
}

func FuzzSquare(f *testing.F) {
	f.Add(bomb(1, 1))
	f.Add([]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"))
	m := NewMaker(4)
	f.Fuzz(func(t *testing.T, file []byte) {
		out, err := m.Square(t.Context(), file, 64)
		if err != nil {
			return
		}
		got, err := png.Decode(bytes.NewReader(out))
		if err != nil || got.Bounds().Dx() != got.Bounds().Dy() || got.Bounds().Dx() > 64 {
			t.Errorf("%v, %v", got, err)
		}
	})
}
