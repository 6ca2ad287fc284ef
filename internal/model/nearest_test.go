package model_test

import (
	"testing"

	"mandorla/internal/model"
)

func TestNearest(t *testing.T) {
	names := []string{"name", "owner", "renewalDate", "custom.Sector"}
	for written, want := range map[string]string{
		"Name": "name", "nmae": "name", "ownr": "owner", "renewal_date": "renewalDate", "custom.sector": "custom.Sector", "salary": "", "x": "",
	} {
		if got, ok := model.Nearest(written, names); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v; want %q", written, got, ok, want)
		}
	}
}
