package kept

import "testing"

// TestKept: what is asked for stays, what is not goes, and there is never more than the limit.
func TestKept(t *testing.T) {
	k := New[int, string](10)
	k.Put(0, "zero")
	for n := 1; n < 100; n++ {
		k.Put(n, "n")
		if v, ok := k.Get(0); !ok || v != "zero" {
			t.Fatalf("what is asked for is gone after %d more", n)
		}
		if got := len(k.fresh) + len(k.old); got > 10 {
			t.Fatalf("%d are kept", got)
		}
	}
	if _, ok := k.Get(1); ok {
		t.Error("what nobody asks for stays")
	}
	k.Put(0, "other")
	if v, _ := k.Get(0); v != "other" {
		t.Errorf("%q was not replaced", v)
	}
}
