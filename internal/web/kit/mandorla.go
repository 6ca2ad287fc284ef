package kit

import (
	"fmt"
	"math"
)

// Mandorla is the picture of a permission: two circles drawn from real counts,
// left what the client may do, right what the role may do, and the overlap.
type Mandorla struct {
	Client, Overlap, Role int
	// Labels; empty means "Client", "Overlap", "Your role".
	ClientLabel, OverlapLabel, RoleLabel string
	Unit                                 string // "models", "properties"; may be empty
	Small                                bool   // the picture and one number, for headings and cells
}

// Words says the picture in a sentence.
func (m Mandorla) Words() string {
	unit := m.Unit
	if unit != "" {
		unit = " " + unit
	}
	return fmt.Sprintf("%s %d%s, %s %d, %s %d", m.left(), m.Client, unit, m.right(), m.Role, m.middle(), m.Overlap)
}

func (m Mandorla) left() string   { return fallback(m.ClientLabel, "Client") }
func (m Mandorla) middle() string { return fallback(m.OverlapLabel, "Overlap") }
func (m Mandorla) right() string  { return fallback(m.RoleLabel, "Your role") }

// Left, Middle and Right are the labels.
func (m Mandorla) Left() string   { return m.left() }
func (m Mandorla) Middle() string { return m.middle() }
func (m Mandorla) Right() string  { return m.right() }

func fallback(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// Lens is the geometry of the picture, in a box of 160 × 96.
type Lens struct {
	X1, R1, X2, R2, Y string
	Path              string // the overlap; empty when there is none
}

const (
	lensWidth, lensHeight = 160.0, 96.0
	lensMinRadius         = 0.35 // of the larger circle, so that a small one is still a circle
	lensMinApart          = 0.3  // of the larger circle, so that two equal ones are still two
)

// Lens works out two circles whose areas are as the counts and whose overlap is
// as the overlap, then fits them into the box.
func (m Mandorla) Lens() Lens {
	r1, r2 := math.Sqrt(float64(max(m.Client, 0))), math.Sqrt(float64(max(m.Role, 0)))
	largest := max(r1, r2)
	if largest == 0 {
		r1, r2, largest = 1, 1, 1
	}
	r1, r2 = max(r1, largest*lensMinRadius), max(r2, largest*lensMinRadius)
	// The share of the smaller circle that is covered; the minimum radius may
	// have changed the areas, so the share is what is kept.
	share := 0.0
	if smaller := min(m.Client, m.Role); smaller > 0 {
		share = min(1, float64(m.Overlap)/float64(smaller))
	}
	d := distance(r1, r2, share)
	width := max(d+r1+r2, 2*r1, 2*r2)
	scale := min((lensWidth-4)/width, (lensHeight-4)/(2*max(r1, r2)))
	r1, r2, d = r1*scale, r2*scale, d*scale
	left := (lensWidth - (d + r1 + r2)) / 2
	x1 := left + r1
	x2 := x1 + d
	lens := Lens{X1: px(x1), R1: px(r1), X2: px(x2), R2: px(r2), Y: px(lensHeight / 2)}
	if share > 0 {
		lens.Path = lensPath(x1, r1, x2, r2, lensHeight/2)
	}
	return lens
}

// distance is found by halving: the covered area falls as the circles part.
func distance(r1, r2, share float64) float64 {
	small := min(r1, r2)
	apart, inside := r1+r2, math.Abs(r1-r2)
	least := lensMinApart * max(r1, r2)
	switch {
	case share <= 0:
		return apart + small*0.15
	case share >= 1:
		return max(inside*0.8, least)
	}
	want := share * math.Pi * small * small
	for range 40 {
		middle := (apart + inside) / 2
		if overlapArea(r1, r2, middle) > want {
			inside = middle
		} else {
			apart = middle
		}
	}
	return max((apart+inside)/2, least)
}

func overlapArea(r1, r2, d float64) float64 {
	if d >= r1+r2 {
		return 0
	}
	if d <= math.Abs(r1-r2) {
		return math.Pi * min(r1, r2) * min(r1, r2)
	}
	a1 := 2 * math.Acos((d*d+r1*r1-r2*r2)/(2*d*r1))
	a2 := 2 * math.Acos((d*d+r2*r2-r1*r1)/(2*d*r2))
	return r1*r1*(a1-math.Sin(a1))/2 + r2*r2*(a2-math.Sin(a2))/2
}

func lensPath(x1, r1, x2, r2, y float64) string {
	d := x2 - x1
	if d <= math.Abs(r1-r2) { // one inside the other: the smaller circle
		x, r := x1, r1
		if r2 < r1 {
			x, r = x2, r2
		}
		return fmt.Sprintf("M%s %sa%s %s 0 1 1 %s 0a%s %s 0 1 1 %s 0z", px(x-r), px(y), px(r), px(r), px(2*r), px(r), px(r), px(-2*r))
	}
	a := (d*d + r1*r1 - r2*r2) / (2 * d)
	h := math.Sqrt(max(0, r1*r1-a*a))
	large1, large2 := 0, 0
	if a < 0 {
		large1 = 1
	}
	if d-a < 0 {
		large2 = 1
	}
	top, bottom, x := px(y-h), px(y+h), px(x1+a)
	return fmt.Sprintf("M%s %sA%s %s 0 %d 1 %s %sA%s %s 0 %d 1 %s %sz", x, top, px(r1), px(r1), large1, x, bottom, px(r2), px(r2), large2, x, top)
}

func px(v float64) string { return fmt.Sprintf("%.2f", v) }
