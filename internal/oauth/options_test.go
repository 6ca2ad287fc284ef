package oauth_test

import (
	"net/http"
	"testing"
	"time"

	"mandorla/internal/oauth"
)

// TestOptions: a service is made of good options only, and where little is said the defaults hold.
func TestOptions(t *testing.T) {
	w := newWorld(t, openStore(t, "sqlite"))
	try := func(change func(*oauth.Options)) (*oauth.Service, error) {
		o := oauth.Options{Store: w.store, Identity: w.ids, Registry: w.reg, Origin: origin, Now: w.clock.Now, Rand: w.as.Rand, NewID: newID}
		change(&o)
		return oauth.New(o)
	}
	const minute, hour, day = time.Minute, time.Hour, 24 * time.Hour
	for what, change := range map[string]func(*oauth.Options){
		"no store":     func(o *oauth.Options) { o.Store = nil },
		"no people":    func(o *oauth.Options) { o.Identity = nil },
		"no registry":  func(o *oauth.Options) { o.Registry = nil },
		"no clock":     func(o *oauth.Options) { o.Now = nil },
		"no random":    func(o *oauth.Options) { o.Rand = nil },
		"no ids":       func(o *oauth.Options) { o.NewID = nil },
		"no origin":    func(o *oauth.Options) { o.Origin = "" },
		"no scheme":    func(o *oauth.Options) { o.Origin = "crm.test" },
		"no host":      func(o *oauth.Options) { o.Origin = "https://" },
		"a path":       func(o *oauth.Options) { o.Origin = "https://crm.test/" },
		"ftp":          func(o *oauth.Options) { o.Origin = "ftp://crm.test" },
		"no address":   func(o *oauth.Options) { o.Origin = "https://%zz" },
		"short access": func(o *oauth.Options) { o.AccessLifetime = 10*minute - 1 },
		"long access":  func(o *oauth.Options) { o.AccessLifetime = day + 1 },
		"short idle":   func(o *oauth.Options) { o.RefreshIdle = hour - 1 },
		"long idle":    func(o *oauth.Options) { o.RefreshIdle = 365*day + 1 },
		"short end":    func(o *oauth.Options) { o.RefreshAbsolute = hour - 1 },
		"long end":     func(o *oauth.Options) { o.RefreshAbsolute = 5*365*day + 1 },
	} {
		if _, err := try(change); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
	for what, change := range map[string]func(*oauth.Options){
		"http":  func(o *oauth.Options) { o.Origin = "http://localhost:8080" },
		"least": func(o *oauth.Options) { o.AccessLifetime, o.RefreshIdle, o.RefreshAbsolute = 10*minute, hour, hour },
		"most":  func(o *oauth.Options) { o.AccessLifetime, o.RefreshIdle, o.RefreshAbsolute = day, 365*day, 5*365*day },
	} {
		if _, err := try(change); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	as, err := try(func(*oauth.Options) {})
	if err != nil || as.AccessLifetime != 8*hour || as.RefreshIdle != 90*day || as.RefreshAbsolute != 365*day {
		t.Fatalf("%+v, %v", as, err)
	}
	as.Log.Info("nobody listens")
	for addr, want := range map[string]string{"192.0.2.1:80": "192.0.2.1", "[2001:db8::1]:80": "2001:db8::1", "": "", "@": ""} {
		if got := as.ClientIP(&http.Request{RemoteAddr: addr}); got != want {
			t.Errorf("%s is %q", addr, got)
		}
	}
	if as, err = try(func(o *oauth.Options) {
		o.Log, o.ClientIP = w.as.Log, func(*http.Request) string { return "192.0.2.7" }
	}); err != nil || as.Log != w.as.Log || as.ClientIP(nil) != "192.0.2.7" {
		t.Errorf("%+v, %v", as, err)
	}
}
